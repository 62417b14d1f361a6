//! The proof of one match, for later: it holds when all keys of the session are gone.
//!
//! It shows a third person, who holds both openings and the receipt with both signatures, that the receiver had entered
//! this element before it saw an answer, what the sender answered to it, and that the sender's tags have the tag which
//! follows from that answer. It has the element's blind, so whoever holds it can check document numbers against it: it is
//! kept sealed, with the finding it belongs to.

mod builder;
mod form;

use hefu_curve::{Blinds, Pool};
use zeroize::Zeroizing;

pub use builder::EvidenceBuilder;

use crate::keys::TagKeys;
use crate::labels;
use crate::merkle::Leaf;
use crate::suite::Packed;
use crate::tags::Tag;
use crate::wire::{Accept, Open};
use crate::{CallId, Error, SessionId, SignedReceipt, Suite};

/// Where a matched element stood on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Its position among the blinded elements and the evaluations.
    pub position: u32,
    /// The number of its tag among all tags.
    pub entry: u32,
}

/// The proof of one match.
pub struct Evidence {
    place: Place,
    /// The 512 bits behind ρ.
    blind: Zeroizing<[u8; 64]>,
    blinded: Leaf,
    evaluated: Leaf,
    /// The tag and, in the mode labels, its sealed label.
    entry: Leaf,
}

/// The one blind that the evidence opens.
struct OneBlind<'a>(&'a [u8; 64]);

impl Blinds for OneBlind<'_> {
    fn fill(&self, _: u64, wide: &mut [u8; 64]) {
        wide.copy_from_slice(self.0);
    }
}

impl Evidence {
    /// Where the element stood.
    #[must_use]
    pub fn place(&self) -> Place {
        self.place
    }

    /// Checks that `element` matched in the session of these openings and this receipt, and gives its label, which is
    /// empty in the mode members. Nothing else is needed, and no secret but the element and the evidence. Whose the keys
    /// in `open` are, the agreement says that it names.
    ///
    /// # Errors
    /// [`Error::Evidence`] when anything does not fit.
    pub fn verify<S: Suite>(
        &self,
        pool: &Pool,
        element: &[u8],
        open: &Open,
        accept: &Accept,
        signed: &SignedReceipt,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let sid = SessionId::new(open, accept);
        let receipt = &signed.receipt;
        let Place { position, entry } = self.place;
        let of_session = receipt.sid == sid
            && receipt.agreement == open.agreement
            && receipt.receiver_elements == open.elements
            && receipt.sender_elements == accept.elements
            && signed.verify(&open.receiver, &open.sender)
            && element.len() == usize::from(open.width);
        let exchanged = of_session
            && self.blinded.stands_at(position, open.elements, &receipt.blinded)
            && self
                .evaluated
                .stands_at(position, open.elements, &receipt.evaluated)
            && self.entry.stands_at(entry, accept.elements, &receipt.tags);
        if !exchanged || self.blind::<S>(pool, &open.call(), element) != self.blinded.bytes {
            return Err(Error::Evidence);
        }
        let token = self.token::<S>(pool, &accept.public).ok_or(Error::Evidence)?;
        let mut scratch = Zeroizing::new(Vec::with_capacity(element.len() + token.len()));
        let derived = TagKeys::new(&sid).derive(element, &token, &mut scratch);
        let (tag, label) = self.entry.bytes.split_first_chunk().ok_or(Error::Evidence)?;
        if derived.tag() != *tag as Tag {
            return Err(Error::Evidence);
        }
        if label.is_empty() {
            return Ok(Zeroizing::default());
        }
        labels::open(&sid, &derived.label_key(), &self.entry.bytes).ok_or(Error::Evidence)
    }

    /// C = enc2(H(x) + ρG).
    fn blind<S: Suite>(&self, pool: &Pool, call: &CallId, element: &[u8]) -> Vec<u8> {
        let mut blinded = vec![0; S::ELEMENT];
        let element = Packed {
            bytes: element,
            width: element.len(),
        };
        let hasher = S::hasher(&call.0);
        S::blind(pool, &hasher, element, &OneBlind(&self.blind), 0, &mut blinded);
        blinded
    }

    /// N = enc2(D − ρ·2B).
    fn token<S: Suite>(&self, pool: &Pool, public: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let table = S::table_of_doubled(&S::decode(public)?);
        let mut evaluated = S::Points::default();
        S::decode_batch(pool, &self.evaluated.bytes, &mut evaluated).ok()?;
        let mut token = Zeroizing::new(vec![0; S::ELEMENT]);
        S::unblind(pool, &evaluated, &table, &OneBlind(&self.blind), 0, &mut token);
        Some(token)
    }
}
