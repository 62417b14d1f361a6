//! Rounds: as the receiver that asks and learns, and as the sender that answers a call.

mod active;
mod answer;
mod ask;
mod evidence;
mod journal;
mod keeper;

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use hefu_casework::{AidRecord, ElementSet, Hex, MonthRange, Outcome, Place, elements};
use hefu_psi::wire::encode_abort;
use hefu_psi::{Elements, SessionSeed, SignedReceipt};
use hefu_store::{DatasetId, Entry, HeadNews, LogHead, Role, Round, RoundState, SessionEnd, SessionOutcome};
use jiff::Timestamp;
use serde_json::json;
use zeroize::Zeroizing;

use crate::agreement::InForce;
use crate::node::today;
use crate::report::CannotFind;
use crate::runner::{Progress, Runner};
use crate::{Error, Node, Result};

pub(crate) use active::{Active, Turn};
pub use ask::Learned;
pub(crate) use ask::opened;
pub(crate) use evidence::{Proven, hex_at, signed_receipt};
pub(crate) use journal::Kept;

/// What a receiver keeps of what it learned. No evidence is not the same as none needed.
pub(crate) struct Learning<'a> {
    outcome: Option<&'a Outcome>,
    evidence: Option<Vec<Zeroizing<Vec<u8>>>>,
    /// Of a check, in place of findings.
    checked: Option<&'a [u8]>,
}

impl Default for Learning<'_> {
    fn default() -> Self {
        Self {
            outcome: None,
            evidence: Some(Vec::new()),
            checked: None,
        }
    }
}

impl Node {
    /// How far a round has come that is being worked on.
    #[must_use]
    pub fn progress(&self, round: &[u8; 32]) -> Option<Progress> {
        self.active.progress(round)
    }

    /// The code of what ended the last attempt at a round that goes on, unless it has come further since.
    #[must_use]
    pub fn interruption(&self, round: &[u8; 32]) -> Option<&'static str> {
        self.active.interruption(round)
    }

    /// What the node's own records break among themselves, without any peer, and what could not be found.
    ///
    /// # Errors
    /// When records can't be read.
    pub fn local_findings(&self, place: &Place, months: MonthRange) -> Result<Outcome> {
        let datasets = self.current_datasets()?;
        let aliases = self.aliases(&datasets);
        self.with_records(&datasets, |records| {
            Ok(hefu_casework::local_findings(
                &self.rules,
                place,
                months,
                &aliases,
                records,
                today(),
            )?)
        })
    }

    /// Lends what a session of this round needs.
    pub(crate) fn runner(self: &Arc<Self>, round: &[u8; 32]) -> Runner {
        let (node, round) = (Arc::clone(self), *round);
        Runner {
            pool: self.surroundings.pool.clone(),
            spool: self.folder.join("spool"),
            keys: Arc::clone(&self.keys),
            watcher: Arc::new(move |progress| {
                node.active.note(&round, progress);
                (node.surroundings.watcher)(progress);
            }),
        }
    }

    /// Where a round's chunks wait.
    fn spool_of(&self, round: &[u8; 32]) -> PathBuf {
        self.folder.join("spool").join(Hex(*round).to_string())
    }

    /// A new round over the agency's own registers, or over what was frozen for a round of a conference; it is not on record
    /// yet.
    fn begin(&self, in_force: &InForce, role: Role) -> Result<Round> {
        let receiver = match role {
            Role::Receiver => in_force.me,
            Role::Sender => in_force.peer,
        };
        let Some(mut leg) = self.open_leg(in_force, receiver)? else {
            return self.begin_with(in_force, role, self.current_datasets()?);
        };
        if role == Role::Sender {
            self.must_be_first(&leg)?;
        }
        let round = self.begin_with(in_force, role, std::mem::take(&mut leg.datasets))?;
        self.put_leg(&leg, round.id)?;
        Ok(round)
    }

    /// A new round over these datasets; it is not on record yet.
    pub(crate) fn begin_with(
        &self,
        in_force: &InForce,
        role: Role,
        datasets: Vec<DatasetId>,
    ) -> Result<Round> {
        let mut id = [0u8; 32];
        crate::runner::system_randomness().fill_bytes(&mut id);
        Ok(Round {
            id,
            agreement: in_force.digest,
            peer: in_force.agreement.party(in_force.peer)?.node_key.0,
            role,
            datasets,
            state: RoundState::Running,
            started_at: Timestamp::now(),
            ended_at: None,
            own_elements: None,
            peer_elements: None,
            matched: None,
            bytes_out: 0,
            bytes_in: 0,
            error: None,
            reason: None,
        })
    }

    /// The round, while its session is open.
    pub(crate) fn open_round(&self, round: &[u8; 32], role: Role) -> Result<Round> {
        let open = self
            .store
            .session(round)?
            .is_some_and(|session| session.end.is_none());
        self.store
            .round(round)?
            .filter(|record| open && record.role == role)
            .ok_or_else(|| Error::Missing {
                what: "round",
                name: Hex(*round).to_string(),
            })
    }

    pub(crate) fn seed(&self, round: &[u8; 32]) -> Result<SessionSeed> {
        let seed = self.store.session_seed(round)?.ok_or(Error::Internal {
            what: "a session's seed",
        })?;
        Ok(SessionSeed::from_bytes(seed))
    }

    /// The sender's end, with both receipts.
    pub(crate) fn end_answering(
        &self,
        round: &mut Round,
        signed: &SignedReceipt,
        theirs: &[u8],
        own: &[u8],
    ) -> Result<()> {
        round.state = RoundState::Done;
        let nothing = Learning::default();
        self.end_signed(round, signed, &nothing, [Some(theirs), Some(own)])
    }

    /// The receiver's end, with what it learned.
    fn end_asking(&self, round: &mut Round, signed: &SignedReceipt, learned: &Learning<'_>) -> Result<()> {
        round.state = RoundState::Done;
        self.end_signed(round, signed, learned, [None, None])
    }

    /// The receiver's end where the result can't be used: the round's error says why.
    fn end_in_vain(&self, round: &mut Round, signed: &SignedReceipt) -> Result<()> {
        round.state = RoundState::Failed;
        self.end_signed(round, signed, &Learning::default(), [None, None])
    }

    /// Both have signed. One entry, whatever came of it: its number stands in the next receipt.
    fn end_signed(
        &self,
        round: &mut Round,
        signed: &SignedReceipt,
        learned: &Learning<'_>,
        [peer_receipt, own_receipt]: [Option<&[u8]>; 2],
    ) -> Result<()> {
        round.ended_at.get_or_insert_with(Timestamp::now);
        let mut entry = receipt_entry(round, signed);
        entry["unusable"] = json!(round.error);
        entry["evidence"] = json!(learned.evidence.is_some());
        if let Some(outcome) = learned.outcome {
            // What could not be found must not pass for nothing found, also in a report of years later.
            let unfound = outcome.cannot_find.iter();
            entry["cannot_find"] = unfound.map(|each| json!(CannotFind::of(each))).collect();
        }
        tracing::info!(node = self.name(), role = round.role.code(), "round done");
        self.active.settled(&round.id);
        // The peer has signed for its log as well: one that grew shorter, or has another past, was restored or rewritten.
        let theirs = match round.role {
            Role::Receiver => &signed.sender_head,
            Role::Sender => &signed.receiver_head,
        };
        let head = LogHead {
            seq: theirs.seq,
            hash: theirs.hash,
        };
        let peer = self.peer_name(&round.peer);
        let news = self.store.end_session(&SessionOutcome {
            round,
            findings: learned.outcome.map_or(&[], |outcome| &outcome.findings),
            evidence: learned.evidence.as_deref().unwrap_or_default(),
            checked: learned.checked,
            end: SessionEnd {
                reason: Vec::new(),
                told: true,
            },
            own_receipt,
            peer_receipt,
            peer_head: Some((head, &peer)),
            entry: Entry {
                actor: "node",
                kind: "round_done",
                body: &entry,
            },
        })?;
        if let Some(alarm) = news.and_then(HeadNews::alarm) {
            tracing::warn!(node = self.name(), peer, "{alarm}");
        }
        self.after_end(round)
    }

    pub(crate) fn end_badly(&self, round: &mut Round, error: &Error) -> Result<()> {
        let reason = error.reason();
        round.error = Some(error.code().to_string());
        round.reason = Some(reason.code().to_string());
        round.state = if error.is_refusal() {
            RoundState::Refused
        } else {
            RoundState::Failed
        };
        round.ended_at = Some(Timestamp::now());
        if let Error::BrokenOff { traffic, .. } = error {
            ask::add_traffic(round, *traffic);
        }
        let entry = json!({ "round": Hex(round.id), "reason": reason.code() });
        let end = SessionEnd {
            reason: encode_abort(&reason),
            // The peer gave the reason, or hears it over the line that is still there.
            told: error.peer_knows(),
        };
        self.finish_session(round, end, "node", &entry)
    }

    /// Ends the session behind a round badly, or the round alone where it came to no session.
    pub(crate) fn finish_session(
        &self,
        round: &Round,
        end: SessionEnd,
        actor: &str,
        body: &serde_json::Value,
    ) -> Result<()> {
        self.active.settled(&round.id);
        if self.store.session(&round.id)?.is_none() {
            self.store.put_round(round)?;
        } else {
            self.store.end_session(&SessionOutcome {
                round,
                findings: &[],
                evidence: &[],
                checked: None,
                end,
                own_receipt: None,
                peer_receipt: None,
                peer_head: None,
                entry: Entry {
                    actor,
                    kind: "session_ended",
                    body,
                },
            })?;
        }
        self.after_end(round)
    }

    /// Secrets were erased with the session's end; its chunks go too.
    pub(crate) fn after_end(&self, round: &Round) -> Result<()> {
        match std::fs::remove_dir_all(self.spool_of(&round.id)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::Spool { source: error }),
            _ => Ok(()),
        }
    }

    /// Removes chunks that no open session waits for: a process was killed between its end and their removal.
    pub(crate) fn sweep_spool(&self) -> Result<()> {
        let spool = self.folder.join("spool");
        let failed = |source| Error::Spool { source };
        let open: Vec<String> = self
            .store
            .open_sessions()?
            .iter()
            .map(|session| Hex(session.round).to_string())
            .collect();
        for entry in std::fs::read_dir(&spool).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Uploads are swept by whoever takes them: they are exports, and overwritten first.
            if entry.file_name() == "uploads" || open.iter().any(|name| *entry.file_name() == **name) {
                continue;
            }
            let path = entry.path();
            if entry.file_type().map_err(failed)?.is_dir() {
                std::fs::remove_dir_all(path).map_err(failed)?;
            } else {
                std::fs::remove_file(path).map_err(failed)?;
            }
        }
        Ok(())
    }

    /// Makes the set that this node enters in a round, on a thread of its own; `held` is dropped when that has ended.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        in_force: InForce,
        round: &Round,
        held: impl Send + 'static,
    ) -> Result<(InForce, ElementSet)> {
        let node = Arc::clone(self);
        let (id, role, datasets) = (round.id, round.role, round.datasets.clone());
        let work = move || {
            let _held = held;
            let receiver = if role == Role::Receiver {
                in_force.me
            } else {
                in_force.peer
            };
            if in_force.checks(receiver) {
                let set = node.entered_in_check(&in_force, &id)?;
                return Ok((in_force, set));
            }
            let aliases = node.aliases(&datasets);
            let set = node.with_records(&datasets, |records| {
                Ok(elements(
                    &in_force.agreement,
                    &node.rules,
                    in_force.me,
                    receiver,
                    &aliases,
                    records,
                )?)
            })?;
            Ok((in_force, set))
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "the entering thread",
            }))
    }

    /// Streams the records of datasets through a small channel: they are unsealed on another thread than `work` runs on.
    pub(crate) fn with_records<T>(
        &self,
        datasets: &[DatasetId],
        work: impl FnOnce(&mut dyn Iterator<Item = AidRecord>) -> Result<T>,
    ) -> Result<T> {
        const WAITING: usize = 1024;
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(WAITING);
            let reading = scope.spawn(move || {
                for dataset in datasets {
                    self.store.records(*dataset, &mut |record| {
                        // A closed channel means that the work has failed; its error says more.
                        sender.send(record).map_err(|_| Error::Internal {
                            what: "reading records",
                        })
                    })?;
                }
                Ok::<_, Error>(())
            });
            let done = work(&mut receiver.into_iter());
            let read = reading.join().unwrap_or(Err(Error::Internal {
                what: "the reading thread",
            }));
            let done = done?;
            read?;
            Ok(done)
        })
    }

    /// The name on a peer's card; nothing once the card is gone.
    pub(crate) fn peer_name(&self, key: &[u8; 32]) -> String {
        self.book()
            .by_node_key(key)
            .map_or_else(String::new, |card| card.name().to_owned())
    }

    /// Both logs say why: the chained one, and the stream for the operators.
    pub(crate) fn note_failure(&self, kind: &'static str, peer: &str, error: &Error) {
        self.note_failure_with(kind, peer, error, 0);
    }

    pub(crate) fn note_failure_with(&self, kind: &'static str, peer: &str, error: &Error, untold: u64) {
        tracing::warn!(node = self.name(), peer, code = error.code(), "{kind}: {error}");
        let params: serde_json::Map<String, serde_json::Value> = error
            .params()
            .into_iter()
            .map(|(name, value)| (name.to_string(), value.into()))
            .collect();
        let body = json!({ "peer": peer, "code": error.code(), "params": params, "untold": untold });
        if let Err(failed) = self.log(kind, &body) {
            tracing::error!(
                node = self.name(),
                code = failed.code(),
                "the log can't be written"
            );
        }
    }
}

pub(crate) fn packed(set: &ElementSet) -> Result<Elements> {
    let mut bytes = set.bytes();
    Elements::new(set.width(), std::mem::take(&mut *bytes)).map_err(|_| Error::Internal {
        what: "packing elements",
    })
}

/// Everything that both signed, for the log.
fn receipt_entry(round: &Round, signed: &SignedReceipt) -> serde_json::Value {
    let receipt = &signed.receipt;
    json!({
        "round": Hex(round.id),
        "role": round.role.code(),
        "agreement": Hex(round.agreement),
        "session": Hex(receipt.sid.0),
        "receiver_elements": receipt.receiver_elements,
        "sender_elements": receipt.sender_elements,
        "blinded": Hex(receipt.blinded),
        "evaluated": Hex(receipt.evaluated),
        "tags": Hex(receipt.tags),
        "receiver_head": { "seq": signed.receiver_head.seq, "hash": Hex(signed.receiver_head.hash) },
        "by_receiver": Hex(signed.by_receiver),
        "sender_head": { "seq": signed.sender_head.seq, "hash": Hex(signed.sender_head.hash) },
        "by_sender": Hex(signed.by_sender),
    })
}
