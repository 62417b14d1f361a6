//! Sets sealed, cut, carried and gathered, with what may become of a file on its way.

// Helpers stand outside test functions, where clippy does not see that a failure is the point.
#![allow(clippy::unwrap_used, clippy::panic)]

mod files;
mod gathering;
mod sets;
mod support;
mod vectors;
