//! What both sides must agree on before anything is blinded, and the id that binds all of it.

use ring::digest;

use crate::labels::LABEL_OVERHEAD;
use crate::wire::{Abort, Accept, Open, PROTOCOL_VERSION};
use crate::{Error, MAX_ELEMENTS, Suite, TAG_BYTES};

/// The most bytes of entries in one chunk of tags.
const TAG_CHUNK_BYTES: usize = 128 * 1024;

/// What the receiver may learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Which of its own elements the sender has too, and how many elements the sender has.
    Members = 1,
    /// The same, and the sealed label of each element that both have.
    Labels = 2,
}

/// What an element is, which fixes its width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyKind {
    /// A person.
    Person = 1,
    /// A side of a rule, a person and a month or case.
    Rule = 2,
    /// A letter of referral and the person it names.
    Referral = 3,
}

/// The terms of a session, taken from the agreement that both sides have signed; each side builds them by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// SHA-256 of the agreement's canonical bytes.
    pub agreement: [u8; 32],
    /// The receiver's node key (Ed25519).
    pub receiver: [u8; 32],
    /// The sender's node key.
    pub sender: [u8; 32],
    /// What the receiver may learn.
    pub mode: Mode,
    /// What an element is.
    pub key_kind: KeyKind,
    /// Bytes of an element.
    pub width: u16,
    /// Bytes of every label before it is sealed; 0 in the mode members, and only there.
    pub label: u16,
    /// The most elements the receiver may enter.
    pub receiver_cap: u64,
    /// The most elements the sender may enter.
    pub sender_cap: u64,
}

/// The id of an opening: SHA-256 of its bytes. They have everything in them that the receiver enters and agrees to, and
/// nothing of the sender's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallId(pub [u8; 32]);

/// The id of a session: a digest over everything both sides agreed on and every value that makes this run unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionId(pub [u8; 32]);

impl Terms {
    /// Bytes of a tag with its sealed label.
    #[must_use]
    pub fn entry_bytes(&self) -> usize {
        TAG_BYTES
            + match self.mode {
                Mode::Members => 0,
                Mode::Labels => usize::from(self.label) + LABEL_OVERHEAD,
            }
    }

    /// Tags in one chunk: a power of two, so that roots of chunks are nodes of the tree over all tags.
    #[must_use]
    pub fn tags_in_chunk(&self) -> usize {
        // The largest entry has 65,567 bytes, so there is room for one at least.
        1 << (TAG_CHUNK_BYTES / self.entry_bytes()).max(1).ilog2()
    }

    /// Labels have a size where there are labels, and only there.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if (self.mode == Mode::Labels) != (self.label > 0) {
            return Err(Error::Local { what: "label size" });
        }
        Ok(())
    }

    /// The receiver's first message.
    pub(crate) fn open<S: Suite>(&self, nonce: [u8; 32], elements: u64, input: [u8; 32]) -> Open {
        Open {
            version: PROTOCOL_VERSION,
            suite: S::NAME.to_string(),
            agreement: self.agreement,
            receiver: self.receiver,
            sender: self.sender,
            mode: self.mode as u8,
            key_kind: self.key_kind as u8,
            width: self.width,
            label: self.label,
            receiver_cap: self.receiver_cap,
            sender_cap: self.sender_cap,
            nonce,
            elements,
            input,
        }
    }

    /// Compares an opening with these terms, field by field; anything unequal ends the session.
    ///
    /// # Errors
    /// Names what is unequal, or a set larger than agreed.
    pub fn check_open<S: Suite>(&self, open: &Open) -> Result<(), Abort> {
        if open.version != PROTOCOL_VERSION {
            return Err(Abort::Version {
                ours: PROTOCOL_VERSION,
                theirs: open.version,
            });
        }
        if open.suite != S::NAME {
            return Err(Abort::Suite);
        }
        if open.agreement != self.agreement {
            return Err(Abort::AgreementUnknown);
        }
        if *open != self.open::<S>(open.nonce, open.elements, open.input) {
            return Err(Abort::AgreementMismatch);
        }
        check_size(open.elements, self.receiver_cap)
    }
}

/// A size is checked before anything is computed for it.
pub(crate) fn check_size(announced: u64, cap: u64) -> Result<(), Abort> {
    if announced > cap.min(MAX_ELEMENTS) {
        return Err(Abort::SetTooLarge {
            announced,
            cap: cap.min(MAX_ELEMENTS),
        });
    }
    Ok(())
}

impl Open {
    /// What the receiver's part of the session is bound to: all that it sends follows from its own opening, whoever
    /// answers it and with which key.
    #[must_use]
    pub fn call(&self) -> CallId {
        CallId(crate::keys::array(
            digest::digest(&digest::SHA256, &self.encode()).as_ref(),
        ))
    }
}

impl SessionId {
    /// The id over both opening messages; the lengths of all fields are fixed or written before them.
    pub fn new(open: &Open, accept: &Accept) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"hefu/3 session\0");
        context.update(&open.version.to_be_bytes());
        update_bytes(&mut context, open.suite.as_bytes());
        for field in [&open.agreement, &open.receiver, &open.sender] {
            context.update(field);
        }
        context.update(&[open.mode, open.key_kind]);
        context.update(&open.width.to_be_bytes());
        context.update(&open.label.to_be_bytes());
        context.update(&open.receiver_cap.to_be_bytes());
        context.update(&open.sender_cap.to_be_bytes());
        context.update(&open.nonce);
        context.update(&open.elements.to_be_bytes());
        context.update(&open.input);
        context.update(&accept.nonce);
        update_bytes(&mut context, &accept.public);
        context.update(&accept.elements.to_be_bytes());
        context.update(&accept.input);
        Self(crate::keys::array(context.finish().as_ref()))
    }
}

fn update_bytes(context: &mut digest::Context, bytes: &[u8]) {
    context.update(&(bytes.len() as u64).to_be_bytes());
    context.update(bytes);
}
