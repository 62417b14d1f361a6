//! The receipt: what both sides sign at the end over everything that was exchanged.

use ring::digest;
use ring::signature::Ed25519KeyPair;

use crate::keys::array;
use crate::reader::Reader;
use crate::signing::{Side, receipt_message, verify};
use crate::wire::ReceiptMessage;
use crate::{Error, LogHead, SessionId};

/// The highest number of a log entry: what canonical JSON can hold exactly.
const MAX_HEAD_SEQ: u64 = (1 << 53) - 1;

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
    /// Root over the tags, in the mode labels with their labels.
    pub tags: [u8; 32],
}

/// A receipt with both signatures, each over a label of its side and the head of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReceipt {
    /// What was exchanged.
    pub receipt: Receipt,
    /// The receiver's log when it signed.
    pub receiver_head: LogHead,
    /// Ed25519 by the receiver's node key.
    pub by_receiver: [u8; 64],
    /// The sender's log when it signed.
    pub sender_head: LogHead,
    /// Ed25519 by the sender's node key.
    pub by_sender: [u8; 64],
}

impl Receipt {
    /// Bytes of [`Self::to_bytes`].
    pub const BYTES: usize = 5 * 32 + 2 * 8;

    /// The digest that is signed.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"hefu/3 receipt\0");
        context.update(&self.sid.0);
        context.update(&self.agreement);
        context.update(&self.receiver_elements.to_be_bytes());
        context.update(&self.sender_elements.to_be_bytes());
        for root in [&self.blinded, &self.evaluated, &self.tags] {
            context.update(root);
        }
        array(context.finish().as_ref())
    }

    /// The facts one after another, integers in big-endian order: session, agreement, |X|, |Y|, the three roots.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut out = [0; Self::BYTES];
        let (elements_x, elements_y) = (
            self.receiver_elements.to_be_bytes(),
            self.sender_elements.to_be_bytes(),
        );
        let facts: [&[u8]; 7] = [
            &self.sid.0,
            &self.agreement,
            &elements_x,
            &elements_y,
            &self.blinded,
            &self.evaluated,
            &self.tags,
        ];
        for (to, from) in out.iter_mut().zip(facts.into_iter().flatten()) {
            *to = *from;
        }
        out
    }

    /// Reads what [`Self::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`Error::Local`] for any other number of bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Reader::after(&[], bytes)
            .and_then(read)
            .ok_or(Error::Local { what: "receipt" })
    }

    /// Joins both signatures over this receipt, for a sender that has signed ahead ([`crate::ReceiptDue::sign_ahead`]) and wiped its
    /// secrets: `own` is what it said then, `theirs` what the receiver says now.
    ///
    /// # Errors
    /// When either is signed over anything else, or by another key.
    pub fn conclude(
        &self,
        own: &ReceiptMessage,
        theirs: &ReceiptMessage,
        receiver_key: &[u8; 32],
        sender_key: &[u8; 32],
    ) -> Result<SignedReceipt, Error> {
        let by_sender = self.check(Side::Sender, sender_key, own)?;
        let by_receiver = self.check(Side::Receiver, receiver_key, theirs)?;
        Ok(SignedReceipt::new(self.clone(), by_receiver, by_sender))
    }

    pub(crate) fn sign(&self, side: Side, head: LogHead, key: &Ed25519KeyPair) -> Signature {
        let message = receipt_message(side, &self.digest(), &head);
        Signature {
            head,
            bytes: array(key.sign(&message).as_ref()),
        }
    }

    /// Checks the other side's signature over this very receipt.
    pub(crate) fn check(
        &self,
        side: Side,
        key: &[u8; 32],
        message: &ReceiptMessage,
    ) -> Result<Signature, Error> {
        let digest = self.digest();
        let head = LogHead {
            seq: message.head_seq,
            hash: message.head,
        };
        if message.digest != digest || message.head_seq > MAX_HEAD_SEQ {
            return Err(Error::Receipt);
        }
        verify(key, &receipt_message(side, &digest, &head), &message.signature)
            .map(|bytes| Signature { head, bytes })
            .ok_or(Error::Receipt)
    }
}

fn read(mut reader: Reader<'_>) -> Option<Receipt> {
    let receipt = Receipt {
        sid: SessionId(reader.array()?),
        agreement: reader.array()?,
        receiver_elements: u64::from_be_bytes(reader.array()?),
        sender_elements: u64::from_be_bytes(reader.array()?),
        blinded: reader.array()?,
        evaluated: reader.array()?,
        tags: reader.array()?,
    };
    reader.is_empty().then_some(receipt)
}

/// One side's signature over a receipt.
#[derive(Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) head: LogHead,
    pub(crate) bytes: [u8; 64],
}

impl Signature {
    /// As it goes over the wire.
    pub(crate) fn message(&self, receipt: &Receipt) -> ReceiptMessage {
        ReceiptMessage {
            digest: receipt.digest(),
            head_seq: self.head.seq,
            head: self.head.hash,
            signature: self.bytes.to_vec(),
        }
    }
}

impl SignedReceipt {
    pub(crate) fn new(receipt: Receipt, receiver: Signature, sender: Signature) -> Self {
        Self {
            receipt,
            receiver_head: receiver.head,
            by_receiver: receiver.bytes,
            sender_head: sender.head,
            by_sender: sender.bytes,
        }
    }

    /// Whether both signatures hold for these node keys: a third person can check it offline.
    #[must_use]
    pub fn verify(&self, receiver: &[u8; 32], sender: &[u8; 32]) -> bool {
        let digest = self.receipt.digest();
        let receiver_signed = receipt_message(Side::Receiver, &digest, &self.receiver_head);
        let sender_signed = receipt_message(Side::Sender, &digest, &self.sender_head);
        verify(receiver, &receiver_signed, &self.by_receiver).is_some()
            && verify(sender, &sender_signed, &self.by_sender).is_some()
    }
}
