//! What the command line and the tests of whole nodes share: the county of the fixtures, run through.

pub mod county;
