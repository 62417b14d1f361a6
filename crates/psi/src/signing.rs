//! What the node keys sign in a session, each under a label of its own.

use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};

use crate::wire::Commit;
use crate::{CallId, SessionId};

/// Which side signs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Receiver,
    Sender,
}

/// The end of a side's own log when it signed: whoever is shown the log later sees whether it still has this entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogHead {
    /// The number of the last entry; 0 when there is none.
    pub seq: u64,
    /// The hash of that entry.
    pub hash: [u8; 32],
}

/// The sender's signature over the session: over both openings, its key and its commitment.
pub(crate) fn sign_accept(sid: &SessionId, key: &Ed25519KeyPair) -> Vec<u8> {
    key.sign(&accept_message(sid)).as_ref().to_vec()
}

pub(crate) fn check_accept(sid: &SessionId, signature: &[u8], sender: &[u8; 32]) -> bool {
    verify(sender, &accept_message(sid), signature).is_some()
}

/// The receiver's signature over its opening and what it has sent, before it sees an answer.
pub(crate) fn sign_commit(call: &CallId, root: [u8; 32], elements: u64, key: &Ed25519KeyPair) -> Commit {
    let signature = key.sign(&commit_message(call, &root, elements)).as_ref().to_vec();
    Commit {
        root,
        elements,
        signature,
    }
}

pub(crate) fn check_commit(call: &CallId, commit: &Commit, receiver: &[u8; 32]) -> bool {
    let message = commit_message(call, &commit.root, commit.elements);
    verify(receiver, &message, &commit.signature).is_some()
}

/// What a side signs of a receipt with this digest.
pub(crate) fn receipt_message(side: Side, digest: &[u8; 32], head: &LogHead) -> Vec<u8> {
    let label: &[u8] = match side {
        Side::Receiver => b"hefu/3 receipt by receiver\0",
        Side::Sender => b"hefu/3 receipt by sender\0",
    };
    [label, digest, &head.seq.to_be_bytes(), &head.hash].concat()
}

/// The signature, if it is this key's over this message.
pub(crate) fn verify(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Option<[u8; 64]> {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .ok()?;
    signature.try_into().ok()
}

fn accept_message(sid: &SessionId) -> Vec<u8> {
    [b"hefu/3 accept\0".as_slice(), &sid.0].concat()
}

fn commit_message(call: &CallId, root: &[u8; 32], elements: u64) -> Vec<u8> {
    [
        b"hefu/3 blinded\0".as_slice(),
        &call.0,
        root,
        &elements.to_be_bytes(),
    ]
    .concat()
}
