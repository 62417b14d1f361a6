//! The receiver has its result, and shows it only once the sender has signed the receipt.

use zeroize::Zeroizing;

use crate::keys::LABEL_KEY_BYTES;
use crate::labels::{self, Labels};
use crate::reader::Reader;
use crate::receipt::Signature;
use crate::signing::Side;
use crate::wire::{Abort, ReceiptMessage};
use crate::{Error, InputCommitment, LogHead, Mode, Place, Receipt, SessionId, SignedReceipt, Terms};

/// The receiver has signed the receipt and waits for the sender's signature.
///
/// It can be sealed and taken up again by itself ([`AwaitReceipt::to_bytes`]), so that the tags need not come twice.
pub struct AwaitReceipt {
    terms: Terms,
    receipt: Receipt,
    signed: Signature,
    input: InputCommitment,
    matched: Vec<Matched>,
}

/// An element that both have.
pub(super) struct Matched {
    /// Its index in the set that was handed in.
    pub(super) index: u32,
    pub(super) place: Place,
    /// In the mode labels.
    pub(super) label: Option<Box<SealedLabel>>,
}

/// A label and what opens it.
pub(super) struct SealedLabel {
    pub(super) key: Zeroizing<[u8; LABEL_KEY_BYTES]>,
    /// The tag and the sealed label.
    pub(super) entry: Vec<u8>,
}

/// Stands before the bytes of the state.
const FORM: &[u8] = b"hefu/2 await receipt\0";

/// The result.
pub struct Matches {
    /// The matched elements, as indices into the set that was handed in, ascending.
    pub indices: Vec<u32>,
    /// Where each of them stood on the wire, for its [`crate::Evidence`].
    pub places: Vec<Place>,
    /// In the mode labels, the label of each.
    pub labels: Labels,
    /// How many elements the sender has.
    pub sender_elements: u64,
    /// What both sides signed.
    pub receipt: SignedReceipt,
    /// What opens the commitment to the receiver's input in an audit.
    pub input: InputCommitment,
}

impl AwaitReceipt {
    pub(super) fn new(
        terms: Terms,
        receipt: Receipt,
        signed: Signature,
        input: InputCommitment,
        matched: Vec<Matched>,
    ) -> Self {
        Self {
            terms,
            receipt,
            signed,
            input,
            matched,
        }
    }

    /// This side's receipt, as often as it has to be sent.
    #[must_use]
    pub fn message(&self) -> ReceiptMessage {
        self.signed.message(&self.receipt)
    }

    /// What both have signed, once the sender's signature is here: it stands whether labels open or not.
    ///
    /// # Errors
    /// When the sender signed something else.
    pub fn signed(&self, message: &ReceiptMessage) -> Result<SignedReceipt, Error> {
        let by_sender = self.receipt.check(Side::Sender, &self.terms.sender, message)?;
        Ok(SignedReceipt::new(self.receipt.clone(), self.signed, by_sender))
    }

    /// Takes the sender's signature, opens the labels and gives the result.
    ///
    /// Labels are opened only now, when nothing more is sent: neither whether they open nor how long it takes can tell
    /// the sender which element matched.
    ///
    /// # Errors
    /// When the sender signed something else, or a matched label does not open ([`Abort::Label`]). The sender must not be
    /// told of the latter: [`Error::abort`] gives nothing to tell, and the line ends as after a success.
    pub fn receipt(self, message: &ReceiptMessage) -> Result<Matches, Error> {
        let receipt = self.signed(message)?;
        let mut labels = Labels::with_capacity(usize::from(self.terms.label), self.matched.len());
        for label in self.matched.iter().filter_map(|matched| matched.label.as_ref()) {
            let opened = labels::open(&self.receipt.sid, &label.key, &label.entry).ok_or(Abort::Label)?;
            labels.push(&opened);
        }
        Ok(Matches {
            indices: self.matched.iter().map(|matched| matched.index).collect(),
            places: self.matched.iter().map(|matched| matched.place).collect(),
            labels,
            sender_elements: self.receipt.sender_elements,
            receipt,
            input: self.input,
        })
    }
}

impl AwaitReceipt {
    /// The state's bytes, to be sealed: they tell which elements match, and hold what opens labels.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let Receipt {
            sid,
            agreement,
            receiver_elements,
            sender_elements,
            blinded,
            evaluated,
            tags,
        } = &self.receipt;
        let of_matched = 12
            + match self.terms.mode {
                Mode::Members => 0,
                Mode::Labels => LABEL_KEY_BYTES + self.terms.entry_bytes(),
            };
        // As long as it will be, so that no copy is left behind where it grew.
        let mut out = Zeroizing::new(Vec::with_capacity(512 + self.matched.len() * of_matched));
        for part in [
            FORM,
            &sid.0,
            agreement,
            &receiver_elements.to_be_bytes(),
            &sender_elements.to_be_bytes(),
            blinded,
            evaluated,
            tags,
            &self.signed.head.seq.to_be_bytes(),
            &self.signed.head.hash,
            &self.signed.bytes,
            &self.input.root,
            self.input.salt(),
            &(self.matched.len() as u64).to_be_bytes(),
        ] {
            out.extend_from_slice(part);
        }
        for matched in &self.matched {
            out.extend_from_slice(&matched.index.to_be_bytes());
            out.extend_from_slice(&matched.place.position.to_be_bytes());
            out.extend_from_slice(&matched.place.entry.to_be_bytes());
            if let Some(label) = &matched.label {
                out.extend_from_slice(label.key.as_slice());
                out.extend_from_slice(&label.entry);
            }
        }
        out
    }

    /// The state whose bytes were sealed.
    ///
    /// # Errors
    /// When the bytes are not those of a session under these terms, signed by this receiver.
    pub fn from_bytes(terms: Terms, bytes: &[u8]) -> Result<Self, Error> {
        Self::read(terms, bytes)
            .filter(|waiting| {
                let key = &waiting.terms.receiver;
                let signed = waiting.receipt.check(Side::Receiver, key, &waiting.message());
                signed.is_ok()
            })
            .ok_or(Error::Local {
                what: "receipt under way",
            })
    }

    fn read(terms: Terms, bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::after(FORM, bytes)?;
        let receipt = Receipt {
            sid: SessionId(reader.array()?),
            agreement: reader.array()?,
            receiver_elements: reader.u64()?,
            sender_elements: reader.u64()?,
            blinded: reader.array()?,
            evaluated: reader.array()?,
            tags: reader.array()?,
        };
        let signed = Signature {
            head: LogHead {
                seq: reader.u64()?,
                hash: reader.array()?,
            },
            bytes: reader.array()?,
        };
        let root = reader.array()?;
        let salt = Zeroizing::new(reader.array()?);
        let input = InputCommitment::from_parts(root, receipt.receiver_elements, salt);
        let mut matched: Vec<Matched> = Vec::new();
        for _ in 0..reader.u64()? {
            let index = reader.u32()?;
            let place = Place {
                position: reader.u32()?,
                entry: reader.u32()?,
            };
            let ascends = matched.last().is_none_or(|last| last.index < index);
            let inside = u64::from(index.max(place.position)) < receipt.receiver_elements
                && u64::from(place.entry) < receipt.sender_elements;
            if !ascends || !inside {
                return None;
            }
            let label = match terms.mode {
                Mode::Members => None,
                Mode::Labels => Some(Box::new(SealedLabel {
                    key: Zeroizing::new(reader.array()?),
                    entry: reader.take(terms.entry_bytes())?.to_vec(),
                })),
            };
            matched.push(Matched { index, place, label });
        }
        let whole = reader.is_empty() && receipt.agreement == terms.agreement;
        whole.then(|| Self::new(terms, receipt, signed, input, matched))
    }
}
