//! Private set intersection as state machines without I/O, and their wire messages.
