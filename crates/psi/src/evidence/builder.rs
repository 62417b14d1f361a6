//! Makes the evidence of some matches from what was exchanged.

use hefu_curve::Blinds;
use zeroize::Zeroizing;

use super::{Evidence, Place};
use crate::keys::CallBlinds;
use crate::merkle::Paths;
use crate::receiver::CHUNK_HEIGHT;
use crate::tags::Layout;
use crate::{CallId, Error, Receipt, SessionSeed, Suite, Terms};

/// Takes everything that was exchanged once more, chunk by chunk, and keeps what the wanted matches need.
///
/// The three streams are independent of each other. Memory is about 2 KB a match, so a caller with very many asks for a
/// part of them at a time.
pub struct EvidenceBuilder {
    receipt: Receipt,
    blinds: CallBlinds,
    places: Vec<Place>,
    blinded: Paths,
    evaluated: Paths,
    entries: Paths,
}

impl EvidenceBuilder {
    /// For the matches at `places`, in this order. `seed` is the receiver's, `call` the id of its opening.
    #[must_use]
    pub fn new<S: Suite>(
        terms: &Terms,
        seed: &SessionSeed,
        call: CallId,
        receipt: &Receipt,
        places: &[Place],
    ) -> Self {
        let positions = || places.iter().map(|place| place.position);
        let layout = Layout::of(terms);
        Self {
            receipt: receipt.clone(),
            blinds: CallBlinds::new(seed, call),
            places: places.to_vec(),
            blinded: Paths::new(S::ELEMENT, CHUNK_HEIGHT, positions()),
            evaluated: Paths::new(S::ELEMENT, CHUNK_HEIGHT, positions()),
            entries: Paths::new(
                layout.entry,
                layout.height(),
                places.iter().map(|place| place.entry),
            ),
        }
    }

    /// The next blinded chunk's elements.
    pub fn blinded(&mut self, elements: &[u8]) {
        self.blinded.chunk(elements);
    }

    /// The next evaluated chunk's elements.
    pub fn evaluated(&mut self, elements: &[u8]) {
        self.evaluated.chunk(elements);
    }

    /// The next chunk's entries.
    pub fn tags(&mut self, entries: &[u8]) {
        self.entries.chunk(entries);
    }

    /// The evidence of each place.
    ///
    /// # Errors
    /// When what was handed in is not what the receipt says was exchanged.
    pub fn finish(self) -> Result<Vec<Evidence>, Error> {
        let leaves = |paths: Paths, root: &[u8; 32]| match paths.finish() {
            Some((over_all, leaves)) if over_all == *root => Ok(leaves),
            _ => Err(Error::Local {
                what: "spooled chunks",
            }),
        };
        let blinded = leaves(self.blinded, &self.receipt.blinded)?;
        let evaluated = leaves(self.evaluated, &self.receipt.evaluated)?;
        let entries = leaves(self.entries, &self.receipt.tags)?;
        let all = self.places.into_iter().zip(blinded).zip(evaluated).zip(entries);
        Ok(all
            .map(|(((place, blinded), evaluated), entry)| {
                let mut blind = Zeroizing::new([0; 64]);
                self.blinds.fill(u64::from(place.position), &mut blind);
                Evidence {
                    place,
                    blind,
                    blinded,
                    evaluated,
                    entry,
                }
            })
            .collect())
    }
}
