//! What an entry says to some only: sealed to each of them by the card that the record has, opened once and kept.

use hefu_casework::Hex;
use hefu_casework::conference::{Enclosed, Private, Recipient, State};
use hefu_link::Card;
use hefu_link::ferry::{disclose, enclose};
use hefu_store::Enclosure;
use zeroize::Zeroizing;

use super::wire::Parcel;
use crate::digest::sha256;
use crate::runner::system_randomness;
use crate::{Error, Node, Result};

/// As what an enclosure is sealed; its id is the first half of the commitment.
const ENCLOSURE: u8 = 10;

/// A private part, sealed.
pub(super) struct Sealed {
    pub(super) enclosed: Enclosed,
    pub(super) enclosures: Vec<Enclosure>,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

impl Node {
    /// Seals a private part to each of these and to this node itself. Whoever the card on record is of must be in this
    /// node's book, unless it is the office: somebody has compared its fingerprint.
    pub(super) fn enclose_private(&self, state: &State, private: &Private, to: &[Hex<32>]) -> Result<Sealed> {
        let mut nonce = [0; 16];
        system_randomness().fill_bytes(&mut nonce);
        let bytes = Zeroizing::new(private.to_bytes(&nonce));
        let commitment = Private::commitment(&bytes);
        let mut nodes = to.to_vec();
        nodes.push(Hex(self.node_key()));
        nodes.sort_unstable();
        nodes.dedup();
        let (mut to, mut enclosures) = (Vec::new(), Vec::new());
        for node in nodes {
            let card = self.card_on_record(state, &node)?;
            let sealed = enclose(
                &self.keys,
                &card,
                ENCLOSURE,
                &half(&commitment),
                &bytes,
                &mut *system_randomness(),
            )?;
            to.push(Recipient {
                node,
                digest: Hex(sha256(&sealed)),
            });
            enclosures.push(Enclosure {
                recipient: node.0,
                sealed,
            });
        }
        Ok(Sealed {
            enclosed: Enclosed { commitment, to },
            enclosures,
            bytes,
        })
    }

    fn card_on_record(&self, state: &State, node: &Hex<32>) -> Result<Card> {
        if node.0 == self.node_key() {
            return self.card("127.0.0.1:1");
        }
        let card = card_of(state, node).ok_or_else(|| Error::NotPinned {
            peer: node.to_string(),
        })?;
        let is_office = state.office() == Some(*node);
        if is_office || self.book().by_node_key(&node.0).is_some() {
            return Ok(card);
        }
        Err(Error::NotPinned {
            peer: card.name().to_owned(),
        })
    }

    /// What is enclosed for this node in an entry, as the record has it; none where it is for others, did not come, or is
    /// not what the record has.
    pub(super) fn open_private(&self, parcel: &Parcel) -> Option<Zeroizing<Vec<u8>>> {
        let enclosed = parcel.signed.entry.enclosed.as_ref()?;
        let me = self.node_key();
        let mut enclosures = parcel.enclosures.iter();
        let own = enclosures.find(|each| each.recipient == me)?;
        let author = parcel.signed.entry.author.0;
        let id = half(&enclosed.commitment);
        let opened = disclose(&self.keys, &author, ENCLOSURE, &id, &own.sealed)?;
        let fits = Private::commitment(&opened) == enclosed.commitment && Private::parse(&opened).is_ok();
        fits.then_some(opened)
    }
}

impl Parcel {
    /// Leaves the enclosures that the record has a digest of.
    pub(super) fn with_known_enclosures(mut self) -> Self {
        let enclosed = self.signed.entry.enclosed.as_ref();
        let to = enclosed
            .map(|enclosed| enclosed.to.as_slice())
            .unwrap_or_default();
        self.enclosures.retain(|each| {
            to.iter()
                .any(|known| known.node.0 == each.recipient && known.digest.0 == sha256(&each.sealed))
        });
        self
    }

    /// Whether there is one for each recipient.
    pub(super) fn has_all_enclosures(&self) -> bool {
        let enclosed = self.signed.entry.enclosed.as_ref();
        let to = enclosed
            .map(|enclosed| enclosed.to.as_slice())
            .unwrap_or_default();
        let recipients = self.enclosures.iter().map(|each| &each.recipient);
        to.iter().map(|known| &known.node.0).eq(recipients)
    }
}

/// The card that the record has of a party; none where it is not its holder's.
pub(super) fn card_of(state: &State, node: &Hex<32>) -> Option<Card> {
    let of_office = state.founded().filter(|founded| founded.office.node_key == *node);
    let card = match of_office {
        Some(founded) => &founded.card,
        None => &state.seat(node)?.card,
    };
    let card = Card::parse(card.as_bytes()).ok()?;
    (card.node_key() == node.0).then_some(card)
}

fn half(commitment: &Hex<32>) -> [u8; 16] {
    let mut id = [0; 16];
    id.iter_mut().zip(commitment.0).for_each(|(to, from)| *to = from);
    id
}
