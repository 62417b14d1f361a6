//! Two ends over loopback sockets, and callers that do not keep to the protocol.

// Helpers stand outside test functions, where clippy does not see that a failure is the point.
#![allow(clippy::unwrap_used)]

mod cards;
mod endings;
mod frames;
mod handshakes;
mod places;
mod rogue;
mod support;
