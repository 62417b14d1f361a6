//! Interrupted rounds: they are taken up again, ended where they have waited too long, and peers are told of what was
//! given up.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::Hex;
use hefu_psi::wire::{Abort, encode_abort};
use hefu_store::{Role, RoundState, Session, SessionEnd};
use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::{Error, Node, Result};

/// How often it looks.
const PACE: Duration = Duration::from_millis(500);
/// The first pause before a round is taken up again; it doubles with each failure.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

#[derive(Clone, Copy)]
struct Pause {
    until: Instant,
    next: Duration,
}

impl Node {
    /// Follows this node's rounds until it is dropped.
    pub(crate) async fn keep_rounds(self: Arc<Self>) {
        let mut pauses: HashMap<[u8; 32], Pause> = HashMap::new();
        let mut working: JoinSet<([u8; 32], bool, Duration)> = JoinSet::new();
        let mut under_way = std::collections::HashSet::new();
        loop {
            while let Some(Ok((round, settled, lasted))) = working.try_join_next() {
                under_way.remove(&round);
                let pause = pauses.entry(round).or_insert(Pause {
                    until: Instant::now(),
                    next: FIRST_PAUSE,
                });
                if lasted > pause.next {
                    // It got somewhere: a line that is cut again and again is not a peer that is away.
                    pause.next = FIRST_PAUSE;
                }
                pause.until = Instant::now() + pause.next;
                pause.next = (pause.next * 2).min(LONGEST_PAUSE);
                if settled {
                    pauses.remove(&round);
                }
            }
            match self.expire().await.and_then(|()| self.waiting()) {
                Ok(waiting) => {
                    for session in waiting {
                        let round = session.round;
                        let rests = pauses
                            .get(&round)
                            .is_some_and(|pause| pause.until > Instant::now());
                        if rests || !under_way.insert(round) {
                            continue;
                        }
                        let node = Arc::clone(&self);
                        working.spawn(async move {
                            let begun = Instant::now();
                            (round, node.take_up(&session).await, begun.elapsed())
                        });
                    }
                }
                Err(error) => tracing::error!(node = self.name(), code = error.code(), "rounds are not kept"),
            }
            let _ = timeout(PACE, self.active.begun()).await;
        }
    }

    /// Rounds that this node should go on with, and those whose end the peer does not know.
    fn waiting(&self) -> Result<Vec<Session>> {
        let mut waiting = self.store.untold_sessions()?;
        for session in self.store.open_sessions()? {
            if session.role == Role::Receiver && !session.by_files {
                waiting.push(session);
            }
        }
        Ok(waiting)
    }

    /// Whether nothing more is to be done about it.
    async fn take_up(self: &Arc<Self>, session: &Session) -> bool {
        if session.end.is_some() {
            let told = self.tell(session).await;
            if let Err(error) = &told {
                tracing::info!(
                    node = self.name(),
                    code = error.code(),
                    "the peer is not told yet"
                );
            }
            return told.is_ok();
        }
        match self.go_on(&session.round).await {
            Ok(_) => true,
            Err(error) => !error.can_go_on(),
        }
    }

    /// Ends what has waited longer than agreed. One that can't be ended does not keep the others.
    pub(crate) async fn expire(self: &Arc<Self>) -> Result<()> {
        let now = Timestamp::now();
        for session in self.store.open_sessions()? {
            // Once it is answered by files, its receiver may be done, and its receipt be on the way.
            if session.expires_at <= now
                && session.answered_at.is_none()
                && !session.is_heard()
                && let Err(error) = self.end_session_as(&session.round, &Abort::Expired, "node").await
            {
                tracing::error!(
                    node = self.name(),
                    code = error.code(),
                    "an expired round is not ended"
                );
            }
        }
        Ok(())
    }

    /// Gives a round up. The peer is told, now or when it can be reached.
    ///
    /// # Errors
    /// When it has ended already, or there is none.
    pub async fn cancel_round(self: &Arc<Self>, round: &[u8; 32], actor: &str) -> Result<()> {
        if self.end_session_as(round, &Abort::Cancelled, actor).await? {
            return Ok(());
        }
        Err(Error::Missing {
            what: "round",
            name: Hex(*round).to_string(),
        })
    }

    /// Stops whoever works on a session, and ends it for this reason; says whether it was open still.
    pub(crate) async fn end_session_as(
        self: &Arc<Self>,
        round: &[u8; 32],
        reason: &Abort,
        actor: &str,
    ) -> Result<bool> {
        // One that is heard is not waited for: who is at it looks at the result, and how long that takes is nobody's business.
        let may_end = || {
            let session = self.store.session(round)?;
            Ok::<_, Error>(session.is_some_and(|session| session.end.is_none() && !session.is_heard()))
        };
        if !may_end()? {
            return Ok(false);
        }
        let _turn = self.active.take_over(round).await;
        let open = may_end()?;
        let Some(mut record) = self.store.round(round)?.filter(|_| open) else {
            return Ok(false);
        };
        record.state = RoundState::Failed;
        record.error = Some(reason.code().to_owned());
        record.reason = Some(reason.code().to_owned());
        record.ended_at = Some(Timestamp::now());
        let end = SessionEnd {
            reason: encode_abort(reason),
            told: false,
        };
        let entry = json!({ "round": Hex(*round), "reason": reason.code() });
        self.finish_session(&record, end, actor, &entry)?;
        self.ferry.notify();
        Ok(true)
    }

    /// Calls the peer only to say how a round has ended.
    async fn tell(self: &Arc<Self>, session: &Session) -> Result<()> {
        let peer = self.store.round(&session.round)?.map(|round| round.peer);
        // A card that was withdrawn meanwhile leaves nobody to tell.
        if let Some(card) = peer.and_then(|peer| self.book().by_node_key(&peer))
            && let Some(end) = &session.end
        {
            let word = self.tell_ended(&session.call, &end.reason, &card.node_key());
            let heard = self.visit(&card).await?.say_ended(&word).await?;
            self.note_heard(&heard, &card)?;
        }
        Ok(self.store.mark_told(&session.round)?)
    }
}
