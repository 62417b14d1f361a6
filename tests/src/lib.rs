//! Whole nodes over real sockets, an in-memory transport with faults, secrets, forbidden arrows.
