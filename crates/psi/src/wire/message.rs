//! The small messages, and the one place that knows bincode.

use bincode::config::{Configuration, Fixint, Limit, LittleEndian};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{Abort, Kind, MAX_MESSAGE_BYTES, PROTOCOL_VERSION};

/// The receiver opens a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// The protocol's version.
    pub version: u16,
    /// The suite's name.
    pub suite: String,
    /// SHA-256 of the agreement's canonical bytes.
    pub agreement: [u8; 32],
    /// The receiver's node key.
    pub receiver: [u8; 32],
    /// The sender's node key.
    pub sender: [u8; 32],
    /// [`crate::Mode`].
    pub mode: u8,
    /// [`crate::KeyKind`].
    pub key_kind: u8,
    /// Bytes of an element.
    pub width: u16,
    /// Bytes of a label before it is sealed; 0 in the mode members.
    pub label: u16,
    /// The most elements the receiver may enter.
    pub receiver_cap: u64,
    /// The most elements the sender may enter.
    pub sender_cap: u64,
    /// Fresh random bytes.
    pub nonce: [u8; 32],
    /// |X|, after folding.
    pub elements: u64,
    /// The commitment to X.
    pub input: [u8; 32],
}

/// The sender accepts, with the session's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accept {
    /// Fresh random bytes.
    pub nonce: [u8; 32],
    /// B = bG.
    pub public: Vec<u8>,
    /// |Y|, after folding.
    pub elements: u64,
    /// The commitment to Y.
    pub input: [u8; 32],
    /// The challenge of the Schnorr proof that the sender knows b.
    pub challenge: Vec<u8>,
    /// Its response.
    pub response: Vec<u8>,
    /// Ed25519 by the sender's node key over the session id.
    pub signature: Vec<u8>,
}

/// The receiver fixes what it has sent, before the sender answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The root over all blinded elements in the order of the wire.
    pub root: [u8; 32],
    /// How many they are.
    pub elements: u64,
    /// Ed25519 by the receiver's node key over the opening's id, the root and the number.
    pub signature: Vec<u8>,
}

/// What a side already holds of a session, so that the other need not send it again after the line was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Have {
    /// From the sender, blinded chunks; from the receiver, evaluated ones. Always the first ones.
    pub chunks: u32,
    /// From the receiver: whether it has all tags, so that only the receipt is missing. Never from the sender.
    pub tags: bool,
}

/// One side's signature over the receipt that both computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptMessage {
    /// The receipt's digest.
    pub digest: [u8; 32],
    /// The number of the last entry of the signer's own log.
    pub head_seq: u64,
    /// The hash of that entry.
    pub head: [u8; 32],
    /// Ed25519 by the sending side's node key over all of it.
    pub signature: Vec<u8>,
}

type Config = Configuration<LittleEndian, Fixint, Limit<MAX_MESSAGE_BYTES>>;

const CONFIG: Config = bincode::config::standard()
    .with_fixed_int_encoding()
    .with_limit::<MAX_MESSAGE_BYTES>();

macro_rules! message {
    ($($name:ident => $kind:expr;)*) => {$(
        impl $name {
            /// The message's bytes.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                encode(self)
            }

            /// Reads a message.
            ///
            /// # Errors
            /// [`Abort::Malformed`] for anything but exactly one message.
            pub fn decode(bytes: &[u8]) -> Result<Self, Abort> {
                decode(bytes).ok_or_else(|| Abort::Malformed { step: $kind.name().to_string() })
            }
        }
    )*};
}

message! {
    Accept => Kind::Accept;
    Commit => Kind::Commit;
    Have => Kind::Have;
    ReceiptMessage => Kind::Receipt;
}

impl Open {
    /// The message's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        encode(self)
    }

    /// Reads a message. Its version comes first and is read first: another version may lay out the rest differently.
    ///
    /// # Errors
    /// [`Abort::Version`] for another version, [`Abort::Malformed`] for anything but exactly one message.
    pub fn decode(bytes: &[u8]) -> Result<Self, Abort> {
        match bytes.first_chunk() {
            Some(version) if u16::from_le_bytes(*version) != PROTOCOL_VERSION => Err(Abort::Version {
                ours: PROTOCOL_VERSION,
                theirs: u16::from_le_bytes(*version),
            }),
            _ => decode(bytes).ok_or_else(|| Abort::Malformed {
                step: Kind::Open.name().to_string(),
            }),
        }
    }
}

/// The bytes of an abort.
#[must_use]
pub fn encode_abort(abort: &Abort) -> Vec<u8> {
    encode(abort)
}

/// Reads an abort; `None` for anything else, or one that this version does not know. Its text is shown to people, so
/// it can only be the name of a step.
#[must_use]
pub fn decode_abort(bytes: &[u8]) -> Option<Abort> {
    decode(bytes).filter(|abort| match abort {
        Abort::Unexpected { awaited: step } | Abort::Malformed { step } => {
            Kind::ALL.iter().any(|kind| kind.name() == step)
        }
        _ => true,
    })
}

/// Structs of integers, arrays and strings always encode; nothing, which no decoder takes, would stand for a failure.
fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(message, CONFIG).unwrap_or_default()
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    if bytes.len() > MAX_MESSAGE_BYTES {
        return None;
    }
    let (message, consumed) = bincode::serde::decode_from_slice(bytes, CONFIG).ok()?;
    (consumed == bytes.len()).then_some(message)
}
