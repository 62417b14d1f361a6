//! Files in the place of the line: what one node has for another, sealed, cut into parts and carried by hand.
//!
//! What goes from one node to another at once is a *set*. Its content, bytes that this crate does not read, is sealed to
//! the recipient's seal key ([`seal`]) and cut into *parts* ([`Cut`]), each a file with a header signed by the sender.
//! The recipient checks each file by itself ([`Part`]), gathers them in any order ([`Assembly`]) and opens the set
//! ([`open`]). Nothing here holds more of a set in memory than a few records of 64 KiB.
//!
//! `protocol-docs/ferry.md` has the format byte for byte.

mod assembly;
mod cut;
mod enclosure;
mod hashed;
mod head;
mod part;
mod seal;
pub(crate) mod suite;

pub use assembly::{Assembly, Sealed, Taken};
pub use cut::{Cut, Cutting, Form};
pub use enclosure::{disclose, enclose};
pub use head::{Matter, SetHead, SetId};
pub use part::Part;
pub use seal::{enclose_card, enclosed_card, open, seal};
