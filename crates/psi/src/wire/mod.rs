//! The messages of the peer protocol, byte for byte as protocol-docs describes them.
//!
//! Small messages are framed by bincode with fixed integers in little-endian order, a hard limit, and the consumed
//! length checked; only this module knows it. Bulk messages (chunks of elements and tags) are raw bytes behind a
//! four-byte chunk number; documents are raw bytes behind one byte that says what they are.

mod abort;
mod bulk;
mod message;

pub use abort::Abort;
pub use bulk::{Blinded, Document, Evaluated, Tags};
pub use message::{Accept, Commit, Have, Open, ReceiptMessage, decode_abort, encode_abort};

/// The version of the protocol that this code speaks.
pub const PROTOCOL_VERSION: u16 = 3;

/// The most bytes of a message that is not bulk.
pub const MAX_MESSAGE_BYTES: usize = 4096;

/// The most bytes of a document.
pub const MAX_DOCUMENT_BYTES: usize = 128 * 1024;

/// What a frame carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// [`Open`], receiver to sender.
    Open = 1,
    /// [`Accept`], sender to receiver.
    Accept = 2,
    /// [`Blinded`], receiver to sender.
    Blinded = 3,
    /// [`Commit`], receiver to sender.
    Commit = 4,
    /// [`Evaluated`], sender to receiver.
    Evaluated = 5,
    /// [`Tags`], sender to receiver.
    Tags = 6,
    /// [`ReceiptMessage`], first receiver to sender, then back.
    Receipt = 7,
    /// [`Have`], sender to receiver right after [`Accept`], and receiver to sender right after [`Commit`].
    Have = 8,
    /// [`Document`]: what nodes say to each other outside of a session.
    Document = 9,
}

impl Kind {
    /// Every kind.
    pub const ALL: &[Kind] = &[
        Kind::Open,
        Kind::Accept,
        Kind::Blinded,
        Kind::Commit,
        Kind::Evaluated,
        Kind::Tags,
        Kind::Receipt,
        Kind::Have,
        Kind::Document,
    ];

    /// The kind of a frame's type byte.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| *kind as u8 == byte)
    }

    /// Its name in logs and in the reason of a refusal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Kind::Open => "open",
            Kind::Accept => "accept",
            Kind::Blinded => "blinded",
            Kind::Commit => "commit",
            Kind::Evaluated => "evaluated",
            Kind::Tags => "tags",
            Kind::Receipt => "receipt",
            Kind::Have => "have",
            Kind::Document => "document",
        }
    }
}
