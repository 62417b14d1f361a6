//! The receipt: what both sides sign at the end over everything that was exchanged.

use ring::digest;
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};

use crate::keys::array;
use crate::wire::{Commit, ReceiptMessage};
use crate::{Error, SessionId};

/// The facts of a session that both sides know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The session.
    pub sid: SessionId,
    /// The agreement's digest.
    pub agreement: [u8; 32],
    /// |X|.
    pub receiver_elements: u64,
    /// |Y|.
    pub sender_elements: u64,
    /// Root over the blinded elements.
    pub blinded: [u8; 32],
    /// Root over the evaluations.
    pub evaluated: [u8; 32],
    /// Root over the tags.
    pub tags: [u8; 32],
}

/// A receipt with both signatures, each over a label of its side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// What was exchanged.
    pub receipt: Receipt,
    /// Ed25519 by the receiver's node key.
    pub by_receiver: [u8; 64],
    /// Ed25519 by the sender's node key.
    pub by_sender: [u8; 64],
}

/// Which side signs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Side {
    Receiver,
    Sender,
}

impl Receipt {
    /// The digest that is signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"hefu/1 receipt\0");
        context.update(&self.sid.0);
        context.update(&self.agreement);
        context.update(&self.receiver_elements.to_be_bytes());
        context.update(&self.sender_elements.to_be_bytes());
        for root in [&self.blinded, &self.evaluated, &self.tags] {
            context.update(root);
        }
        array(context.finish().as_ref())
    }

    pub(crate) fn sign(&self, side: Side, key: &Ed25519KeyPair) -> ReceiptMessage {
        let digest = self.digest();
        ReceiptMessage {
            digest,
            signature: key.sign(&message(side, &digest)).as_ref().to_vec(),
        }
    }

    /// Checks the other side's signature over this very receipt.
    pub(crate) fn check(
        &self,
        side: Side,
        key: &[u8; 32],
        message: &ReceiptMessage,
    ) -> Result<[u8; 64], Error> {
        if message.digest != self.digest() {
            return Err(Error::Receipt);
        }
        verify(key, &self::message(side, &message.digest), &message.signature).ok_or(Error::Receipt)
    }
}

impl SignedReceipt {
    /// Whether both signatures hold for these node keys: a third person can check it offline.
    #[must_use]
    pub fn verify(&self, receiver: &[u8; 32], sender: &[u8; 32]) -> bool {
        let digest = self.receipt.digest();
        verify(receiver, &message(Side::Receiver, &digest), &self.by_receiver).is_some()
            && verify(sender, &message(Side::Sender, &digest), &self.by_sender).is_some()
    }
}

/// The receiver's signature over what it has sent, before it sees an answer.
pub(crate) fn sign_commit(sid: &SessionId, root: [u8; 32], elements: u64, key: &Ed25519KeyPair) -> Commit {
    let signature = key.sign(&commit_message(sid, &root, elements)).as_ref().to_vec();
    Commit {
        root,
        elements,
        signature,
    }
}

pub(crate) fn check_commit(sid: &SessionId, commit: &Commit, receiver: &[u8; 32]) -> bool {
    verify(
        receiver,
        &commit_message(sid, &commit.root, commit.elements),
        &commit.signature,
    )
    .is_some()
}

fn commit_message(sid: &SessionId, root: &[u8; 32], elements: u64) -> Vec<u8> {
    [
        b"hefu/1 blinded\0".as_slice(),
        &sid.0,
        root,
        &elements.to_be_bytes(),
    ]
    .concat()
}

fn message(side: Side, digest: &[u8; 32]) -> Vec<u8> {
    let label: &[u8] = match side {
        Side::Receiver => b"hefu/1 receipt by receiver\0",
        Side::Sender => b"hefu/1 receipt by sender\0",
    };
    [label, digest].concat()
}

fn verify(key: &[u8; 32], message: &[u8], signature: &[u8]) -> Option<[u8; 64]> {
    UnparsedPublicKey::new(&ED25519, key)
        .verify(message, signature)
        .ok()?;
    signature.try_into().ok()
}
