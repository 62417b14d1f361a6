//! A session's end: what it found is kept, what it could be resumed or decrypted with is gone.

use hefu_casework::{Finding, Hex};
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::json;
use zeroize::Zeroizing;

use super::{by_round, must_be_open, note, open};
use crate::conference;
use crate::error::Error;
use crate::evidence;
use crate::ferry;
use crate::finding;
use crate::log::{self, Entry, LogHead};
use crate::peer_head::{self, HeadNews};
use crate::precheck;
use crate::round::{self, Round, RoundState};
use crate::store::Store;

/// The code of a round whose node was restored from a backup while it ran.
const ROUND_VOIDED: &str = "round_voided";

/// How a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionEnd {
    /// The abort, as it goes over the wire; empty where the session ended as agreed.
    pub reason: Vec<u8>,
    /// Whether the peer knows.
    pub told: bool,
}

/// A session that ends, and what came of it.
#[derive(Clone)]
pub struct SessionOutcome<'a> {
    /// Its round, no longer running.
    pub round: &'a Round,
    /// What was found.
    pub findings: &'a [Finding],
    /// What proves each finding, in the same order; empty bytes, or none at the end, where there is no proof.
    pub evidence: &'a [Zeroizing<Vec<u8>>],
    /// What a check learned, in place of findings.
    pub checked: Option<&'a [u8]>,
    /// How it ended.
    pub end: SessionEnd,
    /// This side's receipt, unless noted before.
    pub own_receipt: Option<&'a [u8]>,
    /// The other side's receipt.
    pub peer_receipt: Option<&'a [u8]>,
    /// How far the peer has signed that its log has come, and the peer's name.
    pub peer_head: Option<(LogHead, &'a str)>,
    /// What the log says.
    pub entry: Entry<'a>,
}

impl Store {
    /// Ends a session and its round, keeps findings, evidence and receipts, writes the log entry and erases the
    /// session's key, seed, state and chunks, all or nothing; then empties the write-ahead log, so that no file holds
    /// the erased bytes. The same end again only does that last part. Gives what the peer's head says, where it ends now:
    /// where that is an alarm, it is in the log as well.
    ///
    /// # Errors
    /// [`Error::SessionChanged`] where it ended otherwise or has another receipt; [`Error::Unknown`]; those of [`Store::end_round`] and [`Store::append`].
    pub fn end_session(&self, outcome: &SessionOutcome<'_>) -> Result<Option<HeadNews>, Error> {
        let news = self.write(|connection| {
            let round = &outcome.round.id;
            match by_round(connection, round)?.map(|known| (known.end, known.receipt, known.peer_receipt)) {
                Some((Some(end), receipt, peer_receipt)) => {
                    let own = outcome.own_receipt.or(receipt.as_deref());
                    let same = end.reason == outcome.end.reason
                        && receipt.as_deref() == own
                        && peer_receipt.as_deref() == outcome.peer_receipt;
                    if same {
                        Ok(None)
                    } else {
                        Err(Error::changed("end"))
                    }
                }
                _ => self.end(connection, outcome),
            }
        })?;
        self.checkpoint()?;
        Ok(news)
    }

    pub(super) fn end(
        &self,
        connection: &Connection,
        outcome: &SessionOutcome<'_>,
    ) -> Result<Option<HeadNews>, Error> {
        let round = &outcome.round.id;
        if outcome.round.state == RoundState::Running {
            return Err(Error::immutable("a round ends with its session"));
        }
        must_be_open(connection, round)?;
        let by_files = by_round(connection, round)?.is_some_and(|session| session.by_files);
        if let Some(receipt) = outcome.own_receipt {
            note(connection, round, "receipt", receipt)?;
        }
        if let Some(receipt) = outcome.peer_receipt {
            note(connection, round, "peer_receipt", receipt)?;
        }
        connection.execute(
            "UPDATE sessions SET end_reason = ?2, told = ?3 WHERE round = ?1",
            params![round, outcome.end.reason, outcome.end.told],
        )?;
        round::put(connection, outcome.round)?;
        finding::put(self.vault(), connection, round, outcome.findings)?;
        evidence::put(self.vault(), connection, round, outcome.evidence)?;
        if let Some(checked) = outcome.checked {
            precheck::put_results(self.vault(), connection, round, checked)?;
        }
        erase_secrets(connection, Some(round))?;
        log::append(connection, &outcome.entry)?;
        let Some((head, name)) = &outcome.peer_head else {
            return Ok(None);
        };
        let news = peer_head::note(connection, &outcome.round.peer, head, by_files)?;
        if let Some(kind) = news.alarm() {
            let body = json!({ "peer": name, "seq": head.seq, "hash": Hex(head.hash), "round": Hex(*round) });
            let entry = Entry {
                actor: "node",
                kind,
                body: &body,
            };
            log::append(connection, &entry)?;
        }
        Ok(Some(news))
    }

    /// Notes that the peer knows how the session ended.
    ///
    /// # Errors
    /// [`Error::Unknown`]; [`Error::Immutable`] where it is under way; the database's.
    pub fn mark_told(&self, round: &[u8; 32]) -> Result<(), Error> {
        self.write(|connection| match must_be_open(connection, round) {
            Ok(()) => Err(Error::immutable("a session under way has no end to tell")),
            Err(Error::SessionEnded) => {
                connection.execute("UPDATE sessions SET told = 1 WHERE round = ?1", [round])?;
                Ok(())
            }
            Err(other) => Err(other),
        })
    }

    /// Makes a database that came from a backup what a node may run on: sessions that were open when the copy was
    /// made have lost their secrets and go on nowhere, save those that are answered by files and wait for a receipt. So each ends with `abort` (the bytes its peer will be told,
    /// and the name under which both sides show it). The log keeps all that the backup had and gains an entry
    /// `restored`. Gives how many sessions ended. To be called once, before [`Store::merge_ledger`] or
    /// [`Store::lock_budgets`].
    ///
    /// # Errors
    /// Those of [`Store::end_session`].
    pub fn restore_marks(&self, abort: &[u8], name: &str) -> Result<u64, Error> {
        let voided = self.write(|connection| {
            // One that is answered has no secrets to lose, and its receiver may be done.
            let mut sessions = open(connection)?;
            sessions.retain(|session| session.answered_at.is_none());
            // What lay in files is not in a backup.
            ferry::overtake_files(connection)?;
            ferry::forget_unfinished(connection)?;
            ferry::forget_made(connection)?;
            conference::mark_restored(connection)?;
            for session in &sessions {
                let id = Hex(session.round);
                let round = round::get(connection, &session.round)?;
                let round = Round {
                    state: RoundState::Failed,
                    ended_at: Some(Timestamp::now()),
                    error: Some(ROUND_VOIDED.to_owned()),
                    reason: Some(name.to_owned()),
                    ..round.ok_or_else(|| Error::damaged("session", id))?
                };
                let end = SessionEnd {
                    reason: abort.to_vec(),
                    told: false,
                };
                let outcome = SessionOutcome {
                    round: &round,
                    findings: &[],
                    evidence: &[],
                    checked: None,
                    end,
                    own_receipt: None,
                    peer_receipt: None,
                    peer_head: None,
                    entry: Entry {
                        actor: "node",
                        kind: ROUND_VOIDED,
                        body: &json!({ "round": id }),
                    },
                };
                self.end(connection, &outcome)?;
            }
            let entry = Entry {
                actor: "node",
                kind: "restored",
                body: &json!({ "voided": sessions.len() }),
            };
            log::append(connection, &entry)?;
            Ok(sessions.len() as u64)
        })?;
        self.checkpoint()?;
        Ok(voided)
    }
}

/// Of one round, or of all.
pub(crate) fn erase_secrets(connection: &Connection, round: Option<&[u8; 32]>) -> Result<(), Error> {
    for table in ["session_sets", "session_keys", "session_chunks"] {
        let sql = format!("DELETE FROM {table} WHERE ?1 IS NULL OR round = ?1");
        connection.execute(&sql, [round])?;
    }
    Ok(())
}
