//! The receiver has its result, and shows it only once the sender has signed the receipt.

use zeroize::Zeroizing;

use crate::keys::LABEL_KEY_BYTES;
use crate::labels::{self, Labels};
use crate::receipt::Signature;
use crate::signing::Side;
use crate::wire::{Abort, ReceiptMessage};
use crate::{CallId, Error, InputCommitment, Place, Receipt, SignedReceipt, Terms};

/// The receiver has signed the receipt and waits for the sender's signature. To come here again after a cut it replays
/// the session, and signs for the same head.
pub struct AwaitReceipt {
    terms: Terms,
    call: CallId,
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
    /// The id of the opening, which its [`crate::EvidenceBuilder`] needs.
    pub call: CallId,
    /// What both sides signed.
    pub receipt: SignedReceipt,
    /// What opens the commitment to the receiver's input in an audit.
    pub input: InputCommitment,
}

impl AwaitReceipt {
    pub(super) fn new(
        terms: Terms,
        call: CallId,
        receipt: Receipt,
        signed: Signature,
        input: InputCommitment,
        matched: Vec<Matched>,
    ) -> Self {
        Self {
            terms,
            call,
            receipt,
            signed,
            input,
            matched,
        }
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
            call: self.call,
            receipt,
            input: self.input,
        })
    }
}
