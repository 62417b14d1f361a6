//! Deletion: records, findings and whatever was made of them go, and a signed record of it stays.

use std::collections::HashSet;

use hefu_casework::{Finding, Hex, canonical};
use hefu_psi::wire::Abort;
use hefu_store::{DatasetId, Deleted, Deletion, Entry, Role, Round, RoundState};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::agreement::policy;
use crate::digest::sha256;
use crate::report::{DeletionRecord, DeletionTold};
use crate::{Error, Node, Result};

pub(crate) const LABEL: &[u8] = b"hefu/2 deletion\0";

/// For how many days at most deletion waits for open proceedings when the agreed retention is over.
pub(crate) const PUT_OFF_DAYS: u32 = 180;

impl Node {
    /// Deletes a snapshot with its records, what it told of people with two numbers, and the file of its refused rows.
    /// Rounds that used it keep its number.
    ///
    /// # Errors
    /// When an open round still needs it, or a round of a conference for which it is frozen; when there is no such
    /// snapshot, or the disk's.
    pub fn delete_dataset(&self, dataset: DatasetId, actor: &str) -> Result<()> {
        if !self.store.datasets()?.iter().any(|known| known.id == dataset) {
            return Err(Error::Missing {
                what: "dataset",
                name: dataset.0.to_string(),
            });
        }
        for session in self.store.open_sessions()? {
            let round = self.store.round(&session.round)?;
            // What is answered needs its records no more.
            let needed = session.answered_at.is_none();
            if needed && round.is_some_and(|round| round.datasets.contains(&dataset)) {
                return Err(Error::Missing {
                    what: "unused_dataset",
                    name: dataset.0.to_string(),
                });
            }
        }
        if self.is_frozen(dataset)? {
            return Err(policy("dataset_frozen", Abort::Policy));
        }
        let quarantined = self.remove_quarantine(dataset)?;
        self.forget_aliases(dataset)?;
        let what = json!({ "what": "dataset", "dataset": dataset.0, "quarantine_files": quarantined });
        let record = self.deletion(&what, actor);
        let entry = Entry {
            actor,
            kind: "deleted",
            body: &what,
        };
        Ok(self.store.delete_dataset(dataset, &record, &entry)?)
    }

    /// Deletes the findings of rounds whose agreed retention is over, as of `now`, what checks say, and what the other side
    /// asked for the sake of rounds in which it learned. Says of how many rounds. All findings of a round wait, for 180
    /// days at most, while somebody is in charge of one that is not decided, or an objection is not answered: whoever may
    /// still make a statement must not find that there is nothing to be heard about.
    ///
    /// # Errors
    /// The store's; [`hefu_store::Error::Damaged`] where a row of a deletion does not hold.
    pub fn delete_expired(&self, now: Timestamp) -> Result<usize> {
        let mut deleted = 0;
        for (round, kept) in self.expired(now)? {
            if self.waits_until(&round)?.is_some_and(|until| now < until) {
                continue;
            }
            let what = json!({
                "what": kept,
                "round": Hex(round.id),
                "retention_days": self.retention_days(&round)?,
            });
            let record = self.deletion(&what, "node");
            let entry = Entry {
                actor: "node",
                kind: "deleted",
                body: &what,
            };
            self.store.delete_findings(&round.id, &record, &entry)?;
            deleted += 1;
        }
        // Of a row that does not hold it is told when all the rest is done: what is due goes.
        self.deletions(|_| true)?;
        Ok(deleted)
    }

    /// The findings of a round. That they were deleted is believed of a record that holds, and of no other.
    pub(crate) fn findings(&self, round: &[u8; 32]) -> Result<Vec<Finding>> {
        self.unless_deleted(round, self.store.findings(round))
    }

    /// One finding of a round, from 0; nothing where there is none.
    pub(crate) fn finding(&self, round: &[u8; 32], seq: u64) -> Result<Option<Finding>> {
        self.unless_deleted(round, self.store.finding(round, seq))
    }

    fn unless_deleted<T>(&self, round: &[u8; 32], found: Result<T, hefu_store::Error>) -> Result<T> {
        if let Err(hefu_store::Error::Deleted { .. }) = found {
            self.deletions(|of| *of == Deleted::Findings(*round))?;
        }
        Ok(found?)
    }

    /// The deletions that `about` picks: each signed record, and what it says. A row counts only where its record was
    /// signed by this node, and about what the row names; whoever writes to the database could hide findings otherwise.
    pub(crate) fn deletions(
        &self,
        about: impl Fn(&Deleted) -> bool,
    ) -> Result<Vec<(DeletionRecord, DeletionTold)>> {
        let node_key = Hex(self.node_key());
        let held = |deletion: &Deletion| {
            let record: DeletionRecord = canonical::from_slice(&deletion.record).ok()?;
            let told = record.told(&node_key)?;
            (told.deleted == deletion.of.into()).then_some((record, told))
        };
        let each = self.store.deletions()?.into_iter();
        each.filter(|deletion| about(&deletion.of))
            .map(|deletion| {
                held(&deletion).ok_or_else(|| {
                    Error::Store(hefu_store::Error::Damaged {
                        what: "deletion",
                        id: deletion.seq.to_string(),
                    })
                })
            })
            .collect()
    }

    /// The rounds whose retention is over as of `now` and whose findings are kept for a proceeding, with the end of that.
    pub(crate) fn put_off(&self, now: Timestamp) -> Result<Vec<(Round, Timestamp)>> {
        let mut put_off = Vec::new();
        for (round, _) in self.expired(now)? {
            if let Some(until) = self.waits_until(&round)?.filter(|until| now < *until) {
                put_off.push((round, until));
            }
        }
        Ok(put_off)
    }

    /// The rounds of which something is still here though the agreed retention is over, and what.
    fn expired(&self, now: Timestamp) -> Result<Vec<(Round, &'static str)>> {
        let of_findings = |deletion: Deletion| match deletion.of {
            Deleted::Findings(round) => Some(round),
            Deleted::Dataset(_) => None,
        };
        let deletions = self.store.deletions()?.into_iter();
        let gone: HashSet<[u8; 32]> = deletions.filter_map(of_findings).collect();
        let mut asked = self.store.inquiries()?;
        asked.retain(|inquiry| inquiry.finding.is_none());
        let mut expired = Vec::new();
        for round in self.store.rounds()? {
            let Some(ended) = round.ended_at else {
                continue;
            };
            let check = self.store.check_of(&round.id)?.is_some();
            let kept = match round.role {
                Role::Receiver if check => "check",
                Role::Receiver => "findings",
                Role::Sender if asked.iter().any(|inquiry| inquiry.round == round.id) => "inquiries",
                Role::Sender => continue,
            };
            // What a check was about is on record whatever came of it.
            if gone.contains(&round.id) || !check && !self.both_signed(&round)? {
                continue;
            }
            if days_after(ended, self.retention_days(&round)?).is_some_and(|due| due <= now) {
                expired.push((round, kept));
            }
        }
        Ok(expired)
    }

    /// Until when the findings of a round are kept at most, where a proceeding on one of them is open. One whose acts
    /// can't be read, or are missing, may be: whoever took them away is not helped, and no other round waits for it.
    fn waits_until(&self, round: &Round) -> Result<Option<Timestamp>> {
        let under_way = self
            .reviews(&round.id)
            .map_or(true, |reviews| reviews.under_way());
        if !under_way {
            return Ok(None);
        }
        let days = self.retention_days(round)?.saturating_add(PUT_OFF_DAYS);
        Ok(round.ended_at.and_then(|ended| days_after(ended, days)))
    }

    fn retention_days(&self, round: &Round) -> Result<u32> {
        Ok(self.agreement(&round.agreement)?.agreement().retention_days)
    }

    /// Whether a round came to both receipts. One whose result can't be used is among them, though it has no finding: were
    /// no entry written for it, the sender would see so by the head of the next receipt.
    fn both_signed(&self, round: &Round) -> Result<bool> {
        let end = self.store.session(&round.id)?.and_then(|session| session.end);
        Ok(round.state == RoundState::Done || end.is_some_and(|end| end.reason.is_empty()))
    }

    /// The signed record: what is gone, with every place in which it stood.
    fn deletion(&self, what: &Value, actor: &str) -> Vec<u8> {
        let body = json!({
            "version": 1,
            "at": Timestamp::now(),
            "by": actor,
            "node_key": Hex(self.node_key()),
            "deleted": what,
            "covers": [
                "records", "aliases", "findings", "acts", "inquiries", "notes", "outcomes", "checks", "evidence", "spool",
                "checkpoint", "quarantine", "write-ahead log",
            ],
        });
        let digest = sha256(&canonical::to_vec(&body));
        let signature = self.sign_labelled(LABEL, &digest);
        canonical::to_vec(&json!({ "deletion": body, "signature": signature }))
    }

    fn remove_quarantine(&self, dataset: DatasetId) -> Result<usize> {
        let folder = self.folder.join("quarantine");
        let failed = |source| Error::folder(&self.folder, source);
        let prefix = format!("{}-", dataset.0);
        let mut removed = 0;
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                std::fs::remove_file(entry.path()).map_err(failed)?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

fn days_after(at: Timestamp, days: u32) -> Option<Timestamp> {
    at.checked_add((24 * i64::from(days)).hours()).ok()
}
