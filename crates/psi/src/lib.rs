//! Private set intersection as state machines without I/O, and the messages that go over the wire.
//!
//! Bytes in, bytes out: elements are handed in by chunk, the seed is injected, whatever must be kept between two steps
//! (blinded chunks, tags) is handed to the caller and checked when it comes back. The crate knows nothing of people,
//! money, files, sockets or the clock.
//!
//! A session that was cut is resumed by replaying it: all secrets of a side derive from its [`SessionSeed`], so that the
//! same seed, set and messages of the other side lead to the same state and the same bytes.
//!
//! A session runs between a receiver with set X, who learns, and a sender with set Y, who does not:
//!
//! ```text
//! receiver                                   sender
//! Opening   --- sizes, input commitment -->  Incoming
//!   accept  <-- public key, possession ----  Tagging and Collecting
//!           <-- chunks already held -------
//! Blinding  ---- blinded chunks --------->   Collecting
//! Committed ---- signed root ------------>   Replying
//!           ---- chunks already held ---->
//! Evaluating <-- evaluated, proven -------
//! Merging   <--- tags, ascending ---------   TagSet
//!           ---- receipt ---------------->   ReceiptDue
//! AwaitReceipt <-- receipt ---------------
//! ```
//!
//! Nothing that the receiver sends before its receipt depends on the sender, and the sender's receipt does not depend on
//! the receiver's. So what a side has to say can also go by files, all of it at once: the receiver's part, the sender's
//! with its receipt signed ahead, and the receiver's receipt behind them.
//!
//! The algebra, with b the session's key: C = enc2(H(x) + ρG), D = enc2((b/2)·C), N = enc2(D − ρ·2B) = 4b·H(x), and
//! the sender's own N = enc2(2b·H(y)), where enc2(P) encodes 2P.

mod commitment;
mod element;
mod error;
mod evidence;
mod keys;
mod labels;
mod merkle;
mod proof;
mod reader;
mod receipt;
mod receiver;
mod seed;
mod sender;
mod session;
mod signing;
pub mod suite;
mod tags;
pub mod wire;

pub use commitment::{InputCommitment, InputCommitter};
pub use element::{Elements, ElementsError};
pub use error::Error;
pub use evidence::{Evidence, EvidenceBuilder, Place};
pub use hefu_curve::is_sound_signature_key;
pub use keys::TagKeys;
pub use labels::Labels;
pub use merkle::{Root, RootBuilder, element_root};
pub use proof::{ChunkProof, ChunkStatement, Possession};
pub use receipt::{Receipt, SignedReceipt};
pub use receiver::{Accepted, AwaitReceipt, Blinding, Committed, Evaluating, Matches, Merging, Opening};
pub use seed::SessionSeed;
pub use sender::{Collecting, Incoming, ReceiptDue, Replying, Tagging};
pub use session::{CallId, KeyKind, Mode, SessionId, Terms};
pub use signing::LogHead;
pub use suite::{Ristretto255, Suite};
pub use tags::{TAG_BYTES, Tag, TagSet};

/// Elements in one chunk: a power of two, so that roots of chunks are nodes of the tree over all elements.
pub const CHUNK: usize = 4096;

/// The most elements one side may announce: positions fit 32 bits with room to spare.
pub const MAX_ELEMENTS: u64 = 1 << 30;
