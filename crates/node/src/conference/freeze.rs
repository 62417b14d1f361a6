//! What this node enters in a round is fixed before the round begins, and committed to before anybody else's is known.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use hefu_casework::conference::{Fault, Frozen, Leg, Round, SetSize, Word};
use hefu_casework::{Hex, canonical, elements};
use hefu_psi::wire::Abort;
use hefu_store::{DatasetId, Entry, NewFrozen};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

use super::joining::{Narrowed, no_round};
use crate::agreement::policy;
use crate::config::ByWhom;
use crate::digest::sha256;
use crate::{Error, Node, Result};

/// SHA-256 over label ‖ nonce ‖ the digest of the entry that announced the round ‖ the digests of the datasets, by id.
const LABEL: &[u8] = b"hefu/3 conference frozen\0";

/// A node that freezes by itself does so this long before it has to: until then an export may come.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

impl Node {
    /// Fixes the newest snapshot of each register as what this node enters in a round, and says on the record how many
    /// elements that is in each leg. Its sessions of the round enter that and nothing else, whatever is imported later.
    ///
    /// # Errors
    /// [`Error::Missing`] where nothing was imported, or there is no such round; [`Error::Policy`] where this node has not
    /// joined it; [`hefu_casework::Error::TooManyElements`]; [`Error::Conference`] where the record does not take it.
    pub fn freeze_round(&self, conference: &Hex<32>, round: u32, actor: &str) -> Result<Hex<32>> {
        let freezing = &self.conferences.freezing;
        let _alone = freezing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.round_of(conference, round)?;
        let party = known.parties.get(&Hex(self.node_key()));
        if !party.is_some_and(|party| party.joined.is_some() && party.left.is_none()) {
            return Err(policy("conference_not_joined", Abort::Policy));
        }
        if self.store.frozen(&conference.0, round)?.is_none() {
            // Nothing is fixed for a round that can't be entered any more.
            if known.closed.is_some() || known.announced.run_until <= Timestamp::now() {
                return Err(policy("conference_run_over", Abort::Policy));
            }
            if !self.is_open_to_all(conference, &known)? {
                return Err(Error::Conference(Fault::OutOfTime));
            }
            self.fix_sets(conference, &known, actor)?;
        }
        self.say_frozen(conference, round, actor)
    }

    /// Shortly before it has to where the settings say so; and says what a crash kept back.
    pub(super) fn freeze_by_itself(&self, conference: &Hex<32>, round: &Round) -> Result<()> {
        let Some(party) = round.parties.get(&Hex(self.node_key())) else {
            return Ok(());
        };
        let awaited = party.joined.is_some() && party.left.is_none() && party.frozen.is_none();
        if !awaited || round.closed.is_some() {
            return Ok(());
        }
        let number = round.announced.round;
        let by_itself = round.announced.freeze_by - AHEAD <= Timestamp::now()
            && self.surroundings.conference.freeze == ByWhom::Automatic;
        if by_itself || self.store.frozen(&conference.0, number)?.is_some() {
            match self.freeze_round(conference, number, "node") {
                // Somebody freezes at this moment.
                Err(Error::Conference(Fault::SaidBefore)) => {}
                done => return done.map(drop),
            }
        }
        Ok(())
    }

    /// Whether a round that may still run enters this dataset.
    pub(crate) fn is_frozen(&self, dataset: DatasetId) -> Result<bool> {
        for frozen in self.store.all_frozen()? {
            if frozen.until <= Timestamp::now() || !frozen.datasets.contains(&dataset) {
                continue;
            }
            // A record that can't be read says nothing of an end.
            let ended = self.with_conference(&Hex(frozen.conference), |state| {
                state
                    .round(frozen.round)
                    .is_some_and(|round| round.closed.is_some())
            });
            if !ended.unwrap_or(false) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn fix_sets(&self, conference: &Hex<32>, round: &Round, actor: &str) -> Result<()> {
        let datasets = self.current_datasets()?;
        let aliases = self.aliases(&datasets);
        let mut sets = BTreeMap::new();
        for narrowed in self.narrowed_here(conference, round.announced.round)? {
            let Narrowed { annex, agreement, me } = &narrowed;
            for receiver in &agreement.receivers {
                let set = self.with_records(&datasets, |records| {
                    let receiver = usize::from(*receiver);
                    Ok(elements(
                        agreement,
                        &self.rules,
                        *me,
                        receiver,
                        &aliases,
                        records,
                    )?)
                })?;
                let leg = Leg {
                    annex: *annex,
                    receiver: *receiver,
                };
                sets.insert(leg, set.len() as u64);
            }
        }
        let sets: Vec<SetSize> = sets
            .into_iter()
            .map(|(leg, elements)| SetSize { leg, elements })
            .collect();
        let mut nonce = Zeroizing::new([0; 32]);
        crate::runner::system_randomness().fill_bytes(nonce.as_mut());
        let mut committed = Zeroizing::new([LABEL, nonce.as_ref(), &round.announced_by.0].concat());
        for dataset in &datasets {
            committed.extend_from_slice(&self.store.dataset(*dataset)?.digest);
        }
        let snapshot = sha256(&committed);
        let body = json!({
            "conference": conference,
            "round": round.announced.round,
            "snapshot": Hex(snapshot),
            "datasets": datasets.iter().map(|dataset| dataset.0).collect::<Vec<_>>(),
        });
        Ok(self.store.freeze(&NewFrozen {
            conference: &conference.0,
            round: round.announced.round,
            until: round.announced.run_until,
            nonce: &nonce,
            snapshot: &snapshot,
            sets: &json!(sets),
            datasets: &datasets,
            entry: Entry {
                actor,
                kind: "conference_frozen",
                body: &body,
            },
        })?)
    }

    fn say_frozen(&self, conference: &Hex<32>, round: u32, actor: &str) -> Result<Hex<32>> {
        let frozen = self.store.frozen(&conference.0, round)?;
        let frozen = frozen.ok_or_else(|| no_round(round))?;
        let sets: Vec<SetSize> = canonical::from_slice(&canonical::to_vec(&frozen.sets))?;
        let word = Word::Frozen(Frozen {
            round,
            snapshot: Hex(frozen.snapshot),
            sets,
        });
        self.say(conference, word, None, actor)
    }

    /// A round as it stands on the record, with what this node has said of it and is still on its way.
    pub(crate) fn round_of(&self, conference: &Hex<32>, round: u32) -> Result<Round> {
        let known = self.with_conference_ahead(conference, |state| state.round(round).cloned())?;
        known.ok_or_else(|| no_round(round))
    }
}

/// For a session of a round that this node has nothing fixed for.
pub(super) fn not_frozen() -> Error {
    policy("conference_not_frozen", Abort::Policy)
}
