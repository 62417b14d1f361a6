//! The line between two nodes: who the peer is, and frames that only that peer can read; and the files that stand in
//! for it where there is no line.
//!
//! Agencies exchange [`Card`]s out of band and read their fingerprints to each other. From then on a node talks to
//! the keys on the cards it holds and to nobody else: TLS 1.3 with both sides' certificates pinned, and inside it
//! frames of bounded length, in strict sequence, with a time-out on silence and a typed reason at an early end.
//!
//! Where two nodes have no line, the same cards say to which key a file is sealed and by which it is signed ([`ferry`]).
//!
//! This crate carries bytes. It must never see a document number, a name of a person or a row, never read an
//! agency's file, and never decide what a frame means; the one message it knows is the abort.

mod card;
mod connection;
mod error;
pub mod ferry;
mod frame;
mod keys;
mod limits;
mod listen;
mod tls;

pub use card::Card;
pub use connection::{Connection, Direction, Frame, Receiver, Sender, Tap, Traffic};
pub use error::{Error, Result};
pub use frame::{HEADER_BYTES, MAX_KIND};
pub use keys::Keys;
pub use limits::Limits;
pub use listen::{Listener, PeerBook, dial};
