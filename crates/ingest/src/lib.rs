//! Agencies' files as they really look, into records and a reconciliation.
