//! The node's embedded database: sealed columns, migrations, an append-only chained log.
