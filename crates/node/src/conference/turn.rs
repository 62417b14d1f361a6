//! What a node does in its conferences by itself: it decides, freezes, runs its own legs, says what became of them, and
//! reports; the office begins rounds. All follows from the record and the store, so that a node that was killed at any
//! point goes on as if it had not been.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::Hex;
use hefu_casework::conference::{
    Begun, Leg, LegNews, LegRun, LegState, PartyState, Private, Round, Said, Stage, Word,
};
use hefu_psi::wire::Abort;
use hefu_store::{LegSession, Role, RoundState, Session};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use super::legs::{CONFERENCE_LEG_LOST, Had, RunOf, is_open, leg_of};
use crate::{Error, Node, Result};

/// How often it looks, beside whenever a record has grown.
const PACE: Duration = Duration::from_millis(1000);
/// A peer that does not know the round's agreement is called again after this time; it doubles with each call.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);
/// How often such a peer is called in one run. One that only reads late says so, and its session waits for it.
const MOST_CALLS: usize = 6;
/// A session that has come no further for so long keeps no other leg from its begin.
const STALLED: Duration = Duration::from_secs(180);

/// What is to be done at the end of a turn.
#[derive(Default)]
struct Turn {
    /// Sessions of legs that are over.
    over: Vec<[u8; 32]>,
    /// Legs that are to begin.
    due: Vec<Due>,
    /// What failed, and the code of why.
    failed: BTreeSet<(&'static str, &'static str)>,
}

/// A leg that is to begin.
struct Due {
    conference: Hex<32>,
    round: u32,
    leg: Leg,
    agreement: [u8; 32],
}

impl Turn {
    /// What was done, or nothing of it.
    fn must<T: Default>(&mut self, done: Result<T>, what: &'static str) -> T {
        done.unwrap_or_else(|error| {
            self.failed.insert((what, error.code()));
            T::default()
        })
    }
}

/// A leg in which this node has part.
struct OwnLeg {
    leg: Leg,
    agreement: [u8; 32],
    role: Role,
    run: LegRun,
    /// What this node has said of this run.
    said: Said,
}

impl Node {
    /// Follows rounds of conferences until it is dropped.
    pub(crate) async fn keep_conference_rounds(self: Arc<Self>) {
        let mut grown = self.record_grown();
        let mut known = BTreeSet::new();
        loop {
            let node = Arc::clone(&self);
            let turn = tokio::task::spawn_blocking(move || node.conference_turn()).await;
            let Turn {
                over,
                due,
                mut failed,
            } = turn.unwrap_or_default();
            for session in over {
                let ended = self.end_session_as(&session, &Abort::Cancelled, "node").await;
                failed.extend(
                    ended
                        .err()
                        .map(|error| ("a leg that is over is not ended", error.code())),
                );
            }
            for leg in due {
                let begun = self.begin_leg(leg).await;
                failed.extend(begun.err().map(|error| ("a leg does not begin", error.code())));
            }
            // What fails at every turn is told once.
            for (what, code) in failed.difference(&known) {
                tracing::warn!(node = self.name(), code, "{what}");
            }
            known = failed;
            let _ = timeout(PACE, grown.changed()).await;
        }
    }

    /// Begins a leg, or says why it never will.
    async fn begin_leg(self: &Arc<Self>, due: Due) -> Result<()> {
        let Err(error) = self.begin_round(&due.agreement, "node").await else {
            return Ok(());
        };
        if error.can_go_on() || passes(&error) {
            return Err(error);
        }
        let word = Word::Leg {
            round: due.round,
            leg: due.leg,
            news: LegNews::Failed {
                code: error.code().to_owned(),
            },
        };
        let node = Arc::clone(self);
        let saying = move || node.say(&due.conference, word, None, "node").map(drop);
        let said = tokio::task::spawn_blocking(saying).await;
        said.unwrap_or(Err(Error::Internal {
            what: "a conference's thread",
        }))?;
        Err(error)
    }

    /// One turn over all conferences, but for what has to be waited for. What fails in one round does not keep the others.
    fn conference_turn(&self) -> Turn {
        let mut turn = Turn::default();
        let conferences = turn.must(self.conferences(), "conferences are not kept");
        for conference in &conferences {
            if !conference.is_followed() {
                continue;
            }
            let rounds = self.open_rounds(&conference.id);
            for round in turn.must(rounds, "a conference is not kept") {
                let done = match conference.is_office {
                    true => self.lead_round(&conference.id, &round),
                    false => self.follow_round(&conference.id, &round, &mut turn),
                };
                turn.must(done, "a round of a conference is not kept");
            }
        }
        if !conferences.is_empty() {
            turn.over = turn.must(self.legs_over(), "legs that are over are not ended");
        }
        turn
    }

    /// The rounds of a conference that are not over, as they stand with what this node has said and is on its way.
    pub(super) fn open_rounds(&self, conference: &Hex<32>) -> Result<Vec<Round>> {
        self.with_conference_ahead(conference, |state| {
            let open = state.rounds().filter(|round| round.closed.is_none());
            open.cloned().collect()
        })
    }

    /// The office begins a round once all have answered or the time is up.
    fn lead_round(&self, conference: &Hex<32>, round: &Round) -> Result<()> {
        if round.begun.is_some() {
            return Ok(());
        }
        if round.stage() == Stage::Frozen || round.announced.freeze_by <= Timestamp::now() {
            self.begin_conference_round(conference, round.announced.round, "node")?;
        }
        Ok(())
    }

    /// Has the pairs run that are there. Where somebody is absent and the framework has it that there is no round then, this
    /// ends it.
    ///
    /// # Errors
    /// [`Error::Conference`] where the record does not take it.
    pub fn begin_conference_round(&self, conference: &Hex<32>, round: u32, actor: &str) -> Result<Hex<32>> {
        let known = self.round_of(conference, round)?;
        let there = known.parties.iter().filter(|(_, party)| party.is_there());
        let present: Vec<Hex<32>> = there.map(|(key, _)| *key).collect();
        let word = Word::Begun(Begun { round, present });
        self.say(conference, word, None, actor)
    }

    fn follow_round(&self, conference: &Hex<32>, round: &Round, turn: &mut Turn) -> Result<()> {
        self.decide_by_itself(conference, round)?;
        let number = round.announced.round;
        let round = self.round_of(conference, number)?;
        let party = round.parties.get(&Hex(self.node_key()));
        if !party.is_some_and(|party| party.joined.is_some() && party.left.is_none()) {
            return Ok(());
        }
        self.conclude_joined(conference, number)?;
        self.freeze_by_itself(conference, &round)?;
        if round.begun.is_none() {
            return Ok(());
        }
        let legs = self.own_legs(conference, &round)?;
        let sessions = self.store.leg_sessions(&conference.0, number)?;
        // What can't be said of one leg keeps no other, nor the report.
        for leg in &legs {
            let said = self.say_of_leg(conference, number, leg, &sessions);
            turn.must(said, "what became of a leg is not said");
        }
        let of = (*conference, number);
        let begins = self.legs_due(&round, &legs, &sessions);
        let begins = turn.must(begins, "legs that are to begin are not found");
        turn.due.extend(begins.into_iter().map(|(leg, agreement)| Due {
            conference: of.0,
            round: of.1,
            leg,
            agreement,
        }));
        self.report_once(conference, &round)
    }

    fn own_legs(&self, conference: &Hex<32>, round: &Round) -> Result<Vec<OwnLeg>> {
        let own = Hex(self.node_key());
        let narrowed = self.narrowed_here(conference, round.announced.round)?;
        let mut legs = Vec::new();
        for (leg, run) in round.legs_of(&own) {
            let Some(of) = narrowed.iter().find(|each| each.annex == leg.annex) else {
                continue;
            };
            legs.push(OwnLeg {
                leg: *leg,
                agreement: of.agreement.digest(),
                role: match run.receiver == own {
                    true => Role::Receiver,
                    false => Role::Sender,
                },
                said: run.said.get(&own).cloned().unwrap_or_default(),
                run: run.clone(),
            });
        }
        Ok(legs)
    }

    /// Says what became of a leg, unless it was said.
    fn say_of_leg(
        &self,
        conference: &Hex<32>,
        round: u32,
        own: &OwnLeg,
        sessions: &[LegSession],
    ) -> Result<()> {
        // What has ended once has ended, and of what is not run there is nothing to say.
        if own.said.end.is_some() || matches!(own.run.state, LegState::NotRun(_)) {
            return Ok(());
        }
        let Some(session) = self.last_session(own, sessions)? else {
            return self.say_if_lost(conference, round, own, sessions);
        };
        let news = match is_called_again(&session) && self.calls_in_vain(own, sessions)? >= MOST_CALLS {
            true => Some(LegNews::Failed {
                code: Abort::AgreementUnknown.code().to_owned(),
            }),
            false => self.news_of(&session)?,
        };
        match news {
            Some(LegNews::Began {}) if own.said.began => Ok(()),
            None => Ok(()),
            Some(news) => {
                let leg = own.leg;
                let word = Word::Leg { round, leg, news };
                self.say(conference, word, None, "node").map(drop)
            }
        }
    }

    /// Says of a run whose session this node has lost that it has failed, so that the office can have it run once more.
    fn say_if_lost(
        &self,
        conference: &Hex<32>,
        round: u32,
        own: &OwnLeg,
        sessions: &[LegSession],
    ) -> Result<()> {
        let of = RunOf {
            leg: own.leg,
            run: own.run.run,
            agreement: &own.agreement,
            receiver: &own.run.receiver.0,
            began: own.said.began,
        };
        if !matches!(self.had(&of, sessions)?, Had::Lost) {
            return Ok(());
        }
        let word = Word::Leg {
            round,
            leg: own.leg,
            news: LegNews::Failed {
                code: CONFERENCE_LEG_LOST.to_owned(),
            },
        };
        self.say(conference, word, None, "node").map(drop)
    }

    /// The last session of this node in the present run of a leg.
    fn last_session(&self, own: &OwnLeg, sessions: &[LegSession]) -> Result<Option<hefu_store::Round>> {
        let mut all = Vec::new();
        let mut of_run = Vec::new();
        for session in sessions.iter().filter(|session| leg_of(session) == own.leg) {
            // One that was about to begin when the node was killed is not there.
            let Some(known) = self.store.round(&session.session)? else {
                continue;
            };
            if session.run == own.run.run {
                of_run.push(known);
            } else {
                all.push(known);
            }
        }
        let last = of_run.into_iter().max_by_key(|round| round.started_at);
        if last.is_some() || own.role == Role::Receiver {
            return Ok(last);
        }
        // Whoever is called for a re-run of which it has not read yet takes it for the run before.
        let theirs = own
            .run
            .said
            .get(&own.run.receiver)
            .and_then(|said| said.end.as_ref());
        let Some(LegNews::Done(theirs)) = theirs else {
            return Ok(None);
        };
        for known in all {
            if self.leg_receipt(&known.id)?.as_ref() == Some(theirs) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    /// How many times in the present run of a leg its sender has said that it does not know the agreement.
    fn calls_in_vain(&self, own: &OwnLeg, sessions: &[LegSession]) -> Result<usize> {
        let mut in_vain = 0;
        let of_run = |session: &&LegSession| leg_of(session) == own.leg && session.run == own.run.run;
        for session in sessions.iter().filter(of_run) {
            let known = self.store.round(&session.session)?;
            in_vain += usize::from(known.is_some_and(|known| is_called_again(&known)));
        }
        Ok(in_vain)
    }

    /// What is to be said of a session; nothing where the peer is called again, or nothing may be told.
    fn news_of(&self, session: &hefu_store::Round) -> Result<Option<LegNews>> {
        match session.state {
            RoundState::Running => return Ok(Some(LegNews::Began {})),
            RoundState::Done | RoundState::Refused | RoundState::Failed => {}
        }
        // A result that can't be used was signed for as well: of that, nobody hears.
        if let Some(receipt) = self.leg_receipt(&session.id)? {
            return Ok(Some(LegNews::Done(receipt)));
        }
        if is_called_again(session) || self.has_signed(&session.id)? {
            return Ok(None);
        }
        let code = session.reason.clone().or_else(|| session.error.clone());
        Ok(code.map(|code| LegNews::Failed { code }))
    }

    /// Whether both sides have signed, though this one can't look at what came of it.
    fn has_signed(&self, session: &[u8; 32]) -> Result<bool> {
        let end = self.store.session(session)?.and_then(|session| session.end);
        Ok(end.is_some_and(|end| end.reason.is_empty()))
    }

    /// The agreements of this node's own legs that are to begin now: at most as many at a time as the settings allow, those
    /// of the peers that come after it in the ring of all first, so that not all call the same one.
    fn legs_due(
        &self,
        round: &Round,
        legs: &[OwnLeg],
        sessions: &[LegSession],
    ) -> Result<Vec<(Leg, [u8; 32])>> {
        let now = Timestamp::now();
        if round.announced.run_until <= now {
            return Ok(Vec::new());
        }
        let mut waiting = Vec::new();
        for own in legs {
            if own.role != Role::Receiver || !is_open(round, &own.run) {
                continue;
            }
            // It waits for a card that is replaced at this moment.
            if self.book().by_node_key(&own.run.sender.0).is_none() {
                continue;
            }
            let last = self.last_session(own, sessions)?;
            let due = match last {
                None => true,
                Some(last) if is_called_again(&last) => {
                    let pause = pause_after(self.calls_in_vain(own, sessions)?);
                    pause.is_some_and(|pause| last.ended_at.is_some_and(|ended| ended + pause <= now))
                }
                Some(_) => false,
            };
            if due {
                waiting.push((self.steps_to(round, &own.run.sender), own.leg, own.agreement));
            }
        }
        waiting.sort_unstable();
        let room = self
            .surroundings
            .conference
            .at_once
            .saturating_sub(self.under_way(STALLED)?);
        let begun = waiting.into_iter().take(room);
        Ok(begun.map(|(_, leg, agreement)| (leg, agreement)).collect())
    }

    /// How far a party stands behind this one, in the ring of all by node key.
    fn steps_to(&self, round: &Round, peer: &Hex<32>) -> usize {
        let place = |key: &Hex<32>| round.parties.keys().position(|known| known == key);
        let (me, other) = (place(&Hex(self.node_key())), place(peer));
        let all = round.parties.len().max(1);
        (other.unwrap_or_default() + all - me.unwrap_or_default()) % all
    }

    /// How many sessions of legs this node's own work goes into. One whose peer is away or answers a byte at a time, so that
    /// it has come no further for as long as `stalled`, or that waits for a carrier, keeps no other.
    fn under_way(&self, stalled: Duration) -> Result<usize> {
        let mut under_way = 0;
        for session in self.store.open_sessions()? {
            let works = |session: &Session| {
                session.role == Role::Receiver
                    && !session.by_files
                    && self.interruption(&session.round).is_none()
                    && !self.active.is_stalled(&session.round, stalled)
            };
            if works(&session) && self.store.leg_of_session(&session.round)?.is_some() {
                under_way += 1;
            }
        }
        Ok(under_way)
    }

    /// Sessions that nobody waits for any more: their round is closed, a party has left, this node, which learns in it, is to
    /// run the leg once more, or its record is not followed any more. What is answered by files waits for its receipt as ever.
    fn legs_over(&self) -> Result<Vec<[u8; 32]>> {
        let mut over = Vec::new();
        for session in self.store.open_sessions()? {
            let Some(of) = self.store.leg_of_session(&session.round)? else {
                continue;
            };
            let goes_on = self.with_conference(&Hex(of.conference), |state| {
                let round = state.round(of.round)?;
                let run = round.legs.get(&leg_of(&of))?;
                let there = |key| round.parties.get(key).is_some_and(PartyState::is_there);
                let both = [&run.receiver, &run.sender].into_iter().all(there);
                let anew = session.role == Role::Receiver && run.run != of.run;
                Some(round.closed.is_none() && both && !anew)
            })?;
            let ends = goes_on == Some(false) || self.conference(&Hex(of.conference))?.is_alarming();
            if ends && session.answered_at.is_none() && !session.is_heard() {
                over.push(session.round);
            }
        }
        Ok(over)
    }

    /// Says that all has ended here, with the counts for the office.
    ///
    /// # Errors
    /// [`Error::Conference`] where the record does not take it; the store's.
    pub fn report_round(&self, conference: &Hex<32>, round: u32, actor: &str) -> Result<Hex<32>> {
        let counts = Private::Counts(self.counts_of(conference, round)?);
        let office = self.with_conference(conference, |state| state.office())?;
        let to = office.into_iter().collect();
        self.say(conference, Word::Reported { round }, Some((counts, to)), actor)
    }

    /// Reports once all legs have ended, or the time is over.
    fn report_once(&self, conference: &Hex<32>, round: &Round) -> Result<()> {
        let (me, number) = (Hex(self.node_key()), round.announced.round);
        let party = round.parties.get(&me);
        if !party.is_some_and(|party| party.is_there() && !party.reported) {
            return Ok(());
        }
        // Counts are of legs that are done on the record: what is on its way there does not count yet.
        let ended = self.with_conference(conference, |state| {
            let round = state.round(number)?;
            Some(round.legs_of(&me).all(|(_, run)| run.state.has_ended()))
        })?;
        if ended == Some(true) || round.announced.run_until < Timestamp::now() {
            self.report_round(conference, number, "node")?;
        }
        Ok(())
    }
}

/// Whether a session was refused for the only reason that passes by itself: the peer had not read as far as this node.
fn is_called_again(session: &hefu_store::Round) -> bool {
    session.state == RoundState::Refused && session.reason.as_deref() == Some(Abort::AgreementUnknown.code())
}

/// How long a peer rests that has said so many times that it does not know the agreement; none where it is called no more.
fn pause_after(calls: usize) -> Option<SignedDuration> {
    let doubled = u32::try_from(calls.saturating_sub(1)).ok()?;
    AGAIN
        .checked_mul(1_i32.checked_shl(doubled)?)
        .filter(|_| calls < MOST_CALLS)
}

/// Whether a leg that does not begin now may begin at a later turn, though nothing was tried: somebody has begun it at this
/// very moment, or the peer's card is replaced.
fn passes(error: &Error) -> bool {
    matches!(
        error,
        Error::Policy {
            reason: "round_already_open",
            ..
        } | Error::Missing { what: "peer", .. }
    )
}

#[cfg(test)]
mod tests {
    use hefu_casework::AgencyRole;
    use hefu_curve::Pool;
    use hefu_identity::Kind;
    use hefu_store::{AgreementState, Costs, DatasetInfo, Entry, NewSession, Unlock, Vault};
    use serde_json::json;

    use super::*;
    use crate::agreement::policy;
    use crate::runner::{Progress, Step};
    use crate::{Profile, Surroundings};

    /// A node in whose store a leg's session is open that this node asks in.
    fn with_leg(folder: &std::path::Path) -> (Node, [u8; 32]) {
        let key_file = folder.join("key");
        Vault::create_key_file(&key_file).unwrap();
        let (costs, profile) = (
            Costs {
                memory_kib: 64,
                passes: 1,
                lanes: 1,
            },
            Profile {
                name: "县民政局".to_owned(),
                role: AgencyRole::CivilAffairs,
            },
        );
        let surroundings = Surroundings::new(Pool::new(1).unwrap());
        let node = Node::create(folder, &Unlock::KeyFile(key_file), costs, profile, surroundings).unwrap();
        node.store
            .put_agreement(&[3; 32], b"signed", &AgreementState::Signed)
            .unwrap();
        let info = DatasetInfo {
            name: "低保".to_owned(),
            files: vec!["低保.csv".to_owned()],
            first_file: node.store.next_file().unwrap(),
            mapping_digest: [9; 32],
            kind: Kind::Resident,
            case_scheme: None,
        };
        let dataset = node.store.begin_dataset(&info).unwrap().finish("{}").unwrap();
        let round = hefu_store::Round {
            id: [4; 32],
            agreement: [3; 32],
            peer: [5; 32],
            role: Role::Receiver,
            datasets: vec![dataset],
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
        };
        let leg = LegSession {
            session: round.id,
            conference: [6; 32],
            round: 1,
            annex: [7; 32],
            receiver: 0,
            run: 1,
        };
        let new = NewSession {
            round: &round,
            open: b"open",
            seed: &[8; 32],
            expires_at: Timestamp::now() + SignedDuration::from_hours(24),
            by_files: false,
            entered: None,
            debit: None,
            entry: Entry {
                actor: "node",
                kind: "session_opened",
                body: &json!({}),
            },
        };
        node.store.begin_session(&new).unwrap();
        node.store.put_leg_session(&leg).unwrap();
        (node, round.id)
    }

    /// A peer that stands still gives its place to the next one; one that is slow, and comes further, keeps it.
    #[tokio::test]
    async fn a_session_without_progress_keeps_no_place() {
        let folder = tempfile::tempdir().unwrap();
        let (node, id) = with_leg(folder.path());
        let stalled = Duration::from_secs(1);
        let progress = |done| Progress {
            step: Step::Evaluate,
            done,
            total: 10,
        };
        assert_eq!(node.under_way(stalled).unwrap(), 1, "it waits for its turn");
        let turn = node.active.turn(&id).unwrap();
        node.active.note(&id, progress(1));
        assert_eq!(node.under_way(stalled).unwrap(), 1);
        let still = stalled + Duration::from_millis(200);
        tokio::time::sleep(still).await;
        assert_eq!(node.under_way(stalled).unwrap(), 0, "it stands still");
        // The same once more is no progress.
        node.active.note(&id, progress(1));
        assert_eq!(node.under_way(stalled).unwrap(), 0);
        node.active.note(&id, progress(2));
        assert_eq!(
            node.under_way(Duration::from_secs(60)).unwrap(),
            1,
            "it has come further"
        );
        node.active.interrupt(&id, "peer_gone");
        assert_eq!(
            node.under_way(Duration::from_secs(60)).unwrap(),
            0,
            "its peer is away"
        );
        drop(turn);
    }

    /// Whoever claims not to know what it has signed is called five times more, within some five minutes.
    #[test]
    fn a_peer_that_never_knows_the_agreement_is_not_called_for_ever() {
        let pauses: Vec<Option<i64>> = (1..=7)
            .map(|calls| pause_after(calls).map(|pause| pause.as_secs()))
            .collect();
        let expected = [Some(10), Some(20), Some(40), Some(80), Some(160), None, None];
        assert_eq!(pauses, expected);
    }

    /// What is said to have failed has failed for good, and a re-run of three is spent.
    #[test]
    fn what_passes_by_itself_has_not_failed() {
        assert!(passes(&policy("round_already_open", Abort::Policy)));
        assert!(passes(&Error::Missing {
            what: "peer",
            name: "残联".to_owned()
        }));
        assert!(!passes(&policy("conference_frozen_otherwise", Abort::Policy)));
    }
}
