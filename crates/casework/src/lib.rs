//! Aid records, programmes, rules, agreements and findings, without I/O.
