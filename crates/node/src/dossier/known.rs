//! How each agreement stands, without reading it again: a dossier is up to 64 KiB of text under signatures, and whoever
//! greets this node must not make it read them all.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hefu_casework::{Dossier, Hex, Word};
use hefu_store::Store;
use jiff::{SignedDuration, Timestamp};

use crate::Result;

/// Texts that a peer may leave here for a person to decide on.
const UNDECIDED: usize = 32;
/// One that the peer has refused itself is decided, but counts so long: whoever drafts and refuses without end would
/// else fill the log.
const REFUSED_BY_PEER: SignedDuration = SignedDuration::from_hours(24);

/// How one agreement stands.
#[derive(Clone)]
pub(crate) struct Known {
    peer: [u8; 32],
    /// What [`Agreement::lineage`](hefu_casework::Agreement::lineage) says.
    lineage: Hex<32>,
    own: Word,
    theirs: Word,
    /// What [`Dossier::standing`] says.
    pub(crate) standing: [u8; 32],
    changed_at: Timestamp,
}

impl Known {
    /// Nothing where the node with this key is no party.
    fn of(dossier: &Dossier, node_key: &[u8; 32], changed_at: Timestamp) -> Option<Self> {
        let me = dossier.agreement().index_of(node_key)?;
        let other = 1 - me.min(1);
        let words = dossier.words();
        Some(Self {
            peer: dossier.agreement().parties.get(other)?.node_key.0,
            lineage: dossier.agreement().lineage(),
            own: *words.get(me)?,
            theirs: *words.get(other)?,
            standing: dossier.standing(),
            changed_at,
        })
    }

    /// Whether both have signed.
    pub(crate) fn is_signed(&self) -> bool {
        [self.own, self.theirs] == [Word::Signed; 2]
    }

    fn is_refused(&self) -> bool {
        [self.own, self.theirs].contains(&Word::Refused)
    }

    fn is_undecided(&self, now: Timestamp) -> bool {
        let long_ago = now.duration_since(self.changed_at) > REFUSED_BY_PEER;
        self.own == Word::Nothing && !(self.theirs == Word::Refused && long_ago)
    }
}

/// Every agreement of the store that can be read, by digest. Who changes one holds the lock from reading to writing.
pub(crate) struct Dossiers(Mutex<BTreeMap<[u8; 32], Known>>);

/// The right to change dossiers.
pub(crate) struct Changing<'a>(MutexGuard<'a, BTreeMap<[u8; 32], Known>>);

impl Dossiers {
    /// Reads each once.
    pub(crate) fn read(store: &Store, node_key: &[u8; 32]) -> Result<Self> {
        let mut all = BTreeMap::new();
        for stored in store.agreements()? {
            match Dossier::parse(&stored.signed) {
                Ok(dossier) => all.extend(
                    Known::of(&dossier, node_key, stored.changed_at).map(|known| (stored.digest, known)),
                ),
                Err(error) => tracing::error!(
                    agreement = %Hex(stored.digest),
                    code = error.code(),
                    "an agreement can't be read"
                ),
            }
        }
        Ok(Self(Mutex::new(all)))
    }

    pub(crate) fn change(&self) -> Changing<'_> {
        Changing(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// At most `limit` of those between this node and a peer; what is refused comes last.
    pub(crate) fn with(&self, peer: &[u8; 32], limit: usize) -> BTreeMap<[u8; 32], Known> {
        let all = self.change();
        let between = all.0.iter().filter(|(_, known)| known.peer == *peer);
        let (refused, others): (Vec<_>, Vec<_>) = between.partition(|(_, known)| known.is_refused());
        let listed = others.into_iter().chain(refused).take(limit);
        listed.map(|(digest, known)| (*digest, known.clone())).collect()
    }

    /// By what the matters under an agreement belong together with those under others; its own digest where it is not known.
    pub(crate) fn lineage(&self, digest: &[u8; 32]) -> Hex<32> {
        let all = self.change();
        all.0.get(digest).map_or(Hex(*digest), |known| known.lineage)
    }

    /// The agreements of one lineage.
    pub(crate) fn of_lineage(&self, lineage: &Hex<32>) -> Vec<[u8; 32]> {
        let all = self.change();
        let kin = all.0.iter().filter(|(_, known)| known.lineage == *lineage);
        kin.map(|(digest, _)| *digest).collect()
    }

    /// Whether there is such an agreement between this node and a peer.
    pub(crate) fn is_with(&self, digest: &[u8; 32], peer: &[u8; 32]) -> bool {
        self.change()
            .0
            .get(digest)
            .is_some_and(|known| known.peer == *peer)
    }
}

impl Changing<'_> {
    /// How many more texts a peer may leave here.
    pub(crate) fn room_for(&self, peer: &[u8; 32]) -> usize {
        let now = Timestamp::now();
        let of_peer = self.0.values().filter(|known| known.peer == *peer);
        UNDECIDED.saturating_sub(of_peer.filter(|known| known.is_undecided(now)).count())
    }

    /// Notes how a dossier that was just written stands.
    pub(crate) fn note(&mut self, dossier: &Dossier, node_key: &[u8; 32]) {
        if let Some(known) = Known::of(dossier, node_key, Timestamp::now()) {
            self.0.insert(dossier.agreement().digest(), known);
        }
    }
}
