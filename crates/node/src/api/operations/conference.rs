//! Conferences; each part of them in a file of its own.

mod record;
mod text;
