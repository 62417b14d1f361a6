//! What goes to peers and comes from them by files: letters, one behind the other in sealed sets.
//!
//! A letter that was made is due until it is settled: the peer has acknowledged it, or a later letter overtook it. What
//! came is remembered for good, so that an old file that comes again is known as such.

mod card;
mod incoming;
mod letter;
mod set;

pub use card::CardWaiting;
pub(crate) use card::forget as forget_card;
pub(crate) use incoming::forget_unfinished;
pub use incoming::{Coming, IncomingLimits, IncomingSet, TakenLetter};
pub use letter::{Letter, Matter, NewLetter};
pub(crate) use letter::{overtake_files, put as put_letter};
pub(crate) use set::forget_made;
pub use set::{NewSet, OutgoingSet};

#[cfg(test)]
mod tests;
