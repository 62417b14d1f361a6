//! The end of a receiver's round by files, in two steps. First the answer is verified and signed for, and the receipt is
//! due: how long that takes, and whether it comes to pass, depends on nothing that is in both lists. Then the result is
//! looked at, which takes longer the more it holds, and which nothing waits for that goes out.

use std::fs::File;
use std::io::{Read, copy};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hefu_casework::{ElementSet, Hex};
use hefu_link::Card;
use hefu_psi::Ristretto255;
use hefu_psi::wire::Kind;
use hefu_store::{Matter, Round, RoundState, Session, SessionEnd};
use jiff::Timestamp;
use serde_json::json;

use super::content::one_frame;
use super::folder::{Half, disk, gone};
use crate::agreement::InForce;
use crate::round::{Kept, packed};
use crate::runner::Concluded;
use crate::{Error, Node, Result};

/// An answer that is verified and signed for.
pub(super) struct Heard {
    round: [u8; 32],
    in_force: InForce,
    set: ElementSet,
    concluded: Concluded,
    /// How long the answer is that was read for this.
    bytes: u64,
}

impl Node {
    /// Keeps the answer, verifies it and signs for it.
    pub(super) async fn hear(
        self: &Arc<Self>,
        round: &Round,
        frames: impl Read + Send + 'static,
        place: impl Clone + Send + 'static,
    ) -> Result<()> {
        self.keep_answer(&round.id, frames, place.clone()).await?;
        let kept = File::open(self.heard_file(&round.id)).map_err(disk)?;
        let heard = self.hear_kept(round, kept, place).await;
        if heard.is_err() && !self.recorded(&round.id)?.0.is_heard() {
            gone(std::fs::remove_file(self.heard_file(&round.id)))?;
        }
        // One at most: each holds a whole list.
        *self.heard_last() = Some(heard?);
        Ok(())
    }

    async fn keep_answer(
        &self,
        round: &[u8; 32],
        mut frames: impl Read + Send + 'static,
        held: impl Send + 'static,
    ) -> Result<()> {
        let path = self.heard_file(round);
        let keeping = move || {
            let _held = held;
            let half = Half::begin(&path)?;
            copy(&mut frames, &mut half.writer()?).map_err(disk)?;
            half.keep().map(drop)
        };
        tokio::task::spawn_blocking(keeping)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "an answer's thread",
            }))
    }

    async fn hear_kept(
        self: &Arc<Self>,
        round: &Round,
        kept: File,
        place: impl Clone + Send + 'static,
    ) -> Result<Heard> {
        let bytes = kept.metadata().map_err(disk)?.len();
        let in_force = self.signed(&round.agreement)?;
        let seed = self.seed(&round.id)?;
        let (in_force, set) = self.enter(in_force, round, place.clone()).await?;
        let journal = Arc::new(Kept::new(Arc::clone(self), round.id)?);
        let (concluded, _) = self
            .runner(&round.id)
            .hear_by_file::<Ristretto255>(
                in_force.terms(in_force.me)?,
                packed(&set)?,
                seed,
                journal,
                kept,
                place,
            )
            .await?;
        Ok(Heard {
            round: round.id,
            in_force,
            set,
            concluded,
            bytes,
        })
    }

    /// The letter with the receipt of an answer that was signed for, unless it is there. Says whether it was not.
    pub(super) fn put_receipt(&self, card: &Card, session: &Session) -> Result<bool> {
        let (peer, call) = (card.node_key(), session.call);
        let Some(receipt) = session.receipt.as_deref() else {
            return Ok(false);
        };
        if self.store.newest_letter(&peer, Matter::Receipt, &call)?.is_some() {
            return Ok(false);
        }
        let frames = one_frame(Kind::Receipt, &[receipt])?;
        self.put_small(card, Matter::Receipt, session, &frames)?;
        Ok(true)
    }

    /// Looks at all results that wait, in a task of its own.
    pub(super) fn conclude_later(self: &Arc<Self>) {
        let node = Arc::clone(self);
        tokio::spawn(async move {
            if let Err(error) = node.conclude_heard().await {
                tracing::error!(
                    node = node.name(),
                    code = error.code(),
                    "a round is not concluded"
                );
            }
        });
    }

    /// As [`Node::conclude_later`], unless folders are watched: then it begins when what was due lies in the outbox.
    pub(super) fn conclude_unless_watched(self: &Arc<Self>) {
        if !self.ferry.watched.load(Ordering::Relaxed) {
            self.conclude_later();
        }
    }

    /// Looks at all results that wait. One that can't be kept now does not keep the others.
    pub(super) async fn conclude_heard(self: &Arc<Self>) -> Result<()> {
        let _alone = self.ferry.concluding.lock().await;
        let mut failed = Ok(());
        let mut sessions = self.store.open_sessions()?;
        sessions.retain(Session::is_heard);
        for session in sessions {
            if let Err(error) = self.conclude_one(&session.round).await {
                self.active.interrupt(&session.round, error.code());
                failed = failed.and(Err(error));
            }
        }
        failed
    }

    async fn conclude_one(self: &Arc<Self>, id: &[u8; 32]) -> Result<()> {
        let (place, _) = self.active.take_over(id).await.split();
        let place = Arc::new(place);
        let (session, mut round) = self.recorded(id)?;
        if !session.is_heard() {
            return Ok(());
        }
        let path = self.heard_file(id);
        // What is counted and what is read is one file, whatever lies there under its name by then.
        let concluded = match File::open(&path) {
            Ok(kept) => self.look(&mut round, kept, place).await,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(Error::Internal {
                what: "an answer that was signed for",
            }),
            Err(error) => Err(disk(error)),
        };
        match concluded {
            // It is on record, and nothing is told.
            Ok(()) | Err(Error::InVain { .. }) => {}
            Err(error) if error.can_go_on() => return Err(error),
            Err(error) => self.end_unlooked(&mut round, &error)?,
        }
        gone(std::fs::remove_file(path))
    }

    async fn look(
        self: &Arc<Self>,
        round: &mut Round,
        kept: File,
        place: impl Clone + Send + 'static,
    ) -> Result<()> {
        let last = self.heard_last().take_if(|heard| heard.round == round.id);
        let heard = match last {
            Some(heard) => heard,
            None => self.hear_kept(round, kept, place.clone()).await?,
        };
        round.bytes_in = heard.bytes;
        let (node, mut record) = (Arc::clone(self), round.clone());
        let looking = move || {
            let _held = place;
            let Heard {
                in_force,
                set,
                concluded,
                ..
            } = heard;
            let journal = Kept::new(Arc::clone(&node), record.id)?;
            node.conclude_asking(&mut record, &in_force, &set, concluded, &journal)
                .map(drop)
        };
        tokio::task::spawn_blocking(looking)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "the concluding thread",
            }))
    }

    /// Both have signed, and this node can't look at the result any more: the sender hears nothing of that either.
    fn end_unlooked(&self, round: &mut Round, error: &Error) -> Result<()> {
        round.state = RoundState::Failed;
        round.error = Some(error.code().to_owned());
        round.ended_at = Some(Timestamp::now());
        let end = SessionEnd {
            reason: Vec::new(),
            told: true,
        };
        let entry = json!({ "round": Hex(round.id), "reason": error.code() });
        self.finish_session(round, end, "node", &entry)
    }

    fn heard_last(&self) -> std::sync::MutexGuard<'_, Option<Heard>> {
        let last = self.ferry.heard_last.lock();
        last.unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
