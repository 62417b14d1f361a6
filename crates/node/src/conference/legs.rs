//! Sessions as legs of a round: whether one may run now, what it enters, and whether what it found counts.

use hefu_casework::conference::{Leg, LegReceipt, LegRun, LegState, PartyState, Round, Under};
use hefu_casework::{Agreement, Hex};
use hefu_psi::wire::Abort;
use hefu_store::{DatasetId, LegSession, Role, RoundState};
use jiff::Timestamp;

use super::freeze::not_frozen;
use crate::agreement::{InForce, policy};
use crate::round::signed_receipt;
use crate::{Error, Node, Result};

/// How a session of a round stands on the record of its conference.
#[derive(Clone, Debug)]
pub struct LegStanding {
    /// The conference.
    pub conference: Hex<32>,
    /// The round's number there.
    pub round: u32,
    /// The leg.
    pub leg: Leg,
    /// What became of the leg, as all see it.
    pub state: LegState,
    /// What both sides of this session signed; none where they did not.
    pub receipt: Option<LegReceipt>,
}

impl LegStanding {
    /// Whether the leg is done on the record by this very session: its findings count.
    #[must_use]
    pub fn holds(&self) -> bool {
        matches!((&self.state, &self.receipt), (LegState::Done(done), Some(own)) if done == own)
    }
}

/// Of a run in which this node had a session that it has lost: the leg can be run once more.
pub(super) const CONFERENCE_LEG_LOST: &str = "conference_leg_lost";

/// A run of a leg, as far as it concerns which session this node had in it.
pub(super) struct RunOf<'a> {
    pub(super) leg: Leg,
    pub(super) run: u32,
    pub(super) agreement: &'a [u8; 32],
    /// Who learns in it, by node key.
    pub(super) receiver: &'a [u8; 32],
    /// Whether this node has said that it has begun.
    pub(super) began: bool,
}

/// What this node has of a run of a leg.
pub(super) enum Had {
    /// It had no session.
    Nothing,
    /// It has its session.
    Session,
    /// It had one, and does not know it any more.
    Lost,
}

/// Whether what came of a session counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It does.
    Counts,
    /// Not as far as the record has been read here: its other end may not have been heard yet.
    Open,
    /// It does not: the ends differ, one failed, or the round is closed without it.
    None,
}

/// A leg that may run now.
pub(crate) struct OpenLeg {
    conference: Hex<32>,
    round: u32,
    leg: Leg,
    run: u32,
    agreement: [u8; 32],
    receiver: [u8; 32],
    /// Whether this node has said of this run that it has begun.
    began: bool,
    /// How many elements whoever learns in it has frozen.
    asked: u64,
    /// What this node enters in it.
    pub(crate) datasets: Vec<DatasetId>,
}

impl OpenLeg {
    /// Whether the set that is asked about has as many elements as were frozen.
    pub(crate) fn must_be_of_size(&self, announced: u64) -> Result<()> {
        match announced == self.asked {
            true => Ok(()),
            false => Err(policy("conference_other_size", Abort::AgreementMismatch)),
        }
    }
}

impl Node {
    /// How the session behind a round of this node stands on the record of its conference; none for a session outside of
    /// any.
    ///
    /// # Errors
    /// When there is no such round; the store's.
    pub fn leg_of_round(&self, round: &[u8; 32]) -> Result<Option<LegStanding>> {
        let Some(session) = self.store.leg_of_session(round)? else {
            return Ok(None);
        };
        let (conference, leg) = (Hex(session.conference), leg_of(&session));
        let state = self.with_conference(&conference, |state| {
            let run = state.round(session.round)?.legs.get(&leg)?;
            Some(run.state.clone())
        })?;
        Ok(Some(LegStanding {
            conference,
            round: session.round,
            leg,
            state: state.ok_or_else(unknown)?,
            receipt: self.leg_receipt(round)?,
        }))
    }

    /// The sessions of a round in which this node learned and whose findings count, by leg.
    ///
    /// # Errors
    /// The store's.
    pub fn legs_that_hold(&self, conference: &Hex<32>, round: u32) -> Result<Vec<(Leg, [u8; 32])>> {
        let mut hold = Vec::new();
        for session in self.store.leg_sessions(&conference.0, round)? {
            let known = self.store.round(&session.session)?;
            if known.is_some_and(|known| known.role == Role::Receiver && known.state == RoundState::Done)
                && self
                    .leg_of_round(&session.session)?
                    .is_some_and(|standing| standing.holds())
            {
                hold.push((leg_of(&session), session.session));
            }
        }
        hold.sort_unstable();
        Ok(hold)
    }

    /// How a session of this node stands on the record: outside of a conference, it counts.
    pub(crate) fn weight_of(&self, round: &[u8; 32]) -> Result<Weight> {
        let Some(standing) = self.leg_of_round(round)? else {
            return Ok(Weight::Counts);
        };
        if standing.holds() {
            return Ok(Weight::Counts);
        }
        let over = self.with_conference(&standing.conference, |state| {
            let round = state.round(standing.round);
            round.is_none_or(|round| round.closed.is_some())
        })?;
        let unsettled = matches!(
            standing.state,
            LegState::Waiting | LegState::Running | LegState::OneSided
        );
        Ok(match unsettled && !over {
            true => Weight::Open,
            false => Weight::None,
        })
    }

    /// Refuses what rests on findings of a leg that is not done on the record: its two ends may differ still.
    pub(crate) fn must_hold(&self, round: &[u8; 32]) -> Result<()> {
        match self.leg_of_round(round)? {
            Some(standing) if !standing.holds() => Err(Error::LegUnsettled {
                round: standing.round,
                state: standing.state.code(),
            }),
            _ => Ok(()),
        }
    }

    /// The leg in which the party at `receiver` learns, if it may run now; none under an agreement of two agencies alone.
    ///
    /// # Errors
    /// [`Error::NotYet`] where it can't be now, as far as this node knows, and [`Error::Policy`] where it never will.
    pub(crate) fn open_leg(&self, in_force: &InForce, receiver: usize) -> Result<Option<OpenLeg>> {
        let Some(under) = &in_force.agreement.under else {
            return Ok(None);
        };
        let conference = self.conference_behind(&in_force.agreement, under)?;
        // With what this node has said itself: what it has ended is not begun again.
        let round = self.with_conference_ahead(&conference, |state| state.round(under.round).cloned())?;
        let round = round.ok_or_else(unknown)?;
        if round.closed.is_some() || round.announced.run_until <= Timestamp::now() {
            return Err(policy("conference_run_over", Abort::AgreementNotInForce));
        }
        if round.begun.is_none() {
            return Err(Error::NotYet {
                reason: "conference_not_begun",
            });
        }
        let leg = Leg {
            annex: under.annex,
            receiver: u8::try_from(receiver).map_err(|_| unknown())?,
        };
        let run = match round.legs.get(&leg) {
            Some(run) if is_open(&round, run) => run,
            // It may have been opened once more on a record that this node has not read yet.
            Some(_) => {
                return Err(Error::NotYet {
                    reason: "conference_leg_not_open",
                });
            }
            None => return Err(unknown()),
        };
        let committed = |key| round.parties.get(key).and_then(|party| party.frozen.as_ref());
        let frozen = self.store.frozen(&conference.0, under.round)?;
        let frozen = frozen.ok_or_else(not_frozen)?;
        // After a restore from a backup it may be another than the record has the commitment to.
        let me = Hex(self.node_key());
        let own = committed(&me).ok_or_else(not_frozen)?;
        if own.snapshot.0 != frozen.snapshot {
            return Err(policy("conference_frozen_otherwise", Abort::Policy));
        }
        let asked = committed(&run.receiver).ok_or_else(unknown)?;
        let asked = asked.sets.iter().find(|set| set.leg == leg).ok_or_else(unknown)?;
        Ok(Some(OpenLeg {
            conference,
            round: under.round,
            leg,
            run: run.run,
            agreement: in_force.digest,
            receiver: run.receiver.0,
            began: run.said.get(&me).is_some_and(|said| said.began),
            asked: asked.elements,
            datasets: frozen.datasets,
        }))
    }

    /// Of a run, one session is answered: whoever learns could put other questions in each, where the record has one set. A
    /// call for a run of which this node has not read yet is made again.
    pub(crate) fn must_be_first(&self, open: &OpenLeg) -> Result<()> {
        let sessions = self.store.leg_sessions(&open.conference.0, open.round)?;
        let of = RunOf {
            leg: open.leg,
            run: open.run,
            agreement: &open.agreement,
            receiver: &open.receiver,
            began: open.began,
        };
        let again = match self.had(&of, &sessions)? {
            Had::Nothing => return Ok(()),
            Had::Session => Error::NotYet {
                reason: "conference_leg_ran",
            },
            Had::Lost => Error::NotYet {
                reason: CONFERENCE_LEG_LOST,
            },
        };
        tracing::warn!(node = self.name(), conference = %open.conference, "a run of a leg is called twice");
        Err(again)
    }

    /// Whether this node has had a session in a run of a leg: also where its store was restored from a backup since, and has
    /// nothing of it. Then it has said so on the record, or what was merged of the old store tells that its peer called.
    pub(super) fn had(&self, of: &RunOf<'_>, sessions: &[LegSession]) -> Result<Had> {
        let mut named = false;
        for session in sessions {
            if leg_of(session) == of.leg && session.run == of.run {
                // One that never began is not there.
                if self.store.round(&session.session)?.is_some() {
                    return Ok(Had::Session);
                }
                named = true;
            }
        }
        let lost = of.began || (named && self.store.has_lost_call(of.receiver, of.agreement)?);
        Ok(if lost { Had::Lost } else { Had::Nothing })
    }

    /// Keeps that a session is a run of a leg, before it begins.
    pub(crate) fn put_leg(&self, open: &OpenLeg, session: [u8; 32]) -> Result<()> {
        Ok(self.store.put_leg_session(&LegSession {
            session,
            conference: open.conference.0,
            round: open.round,
            annex: open.leg.annex.0,
            receiver: open.leg.receiver,
            run: open.run,
        })?)
    }

    /// What both sides of a session signed, as both say it on the record; none where they did not.
    pub(super) fn leg_receipt(&self, round: &[u8; 32]) -> Result<Option<LegReceipt>> {
        let entry = self.entry_of(round, "round_done")?;
        if entry.is_null() {
            return Ok(None);
        }
        let receipt = signed_receipt(&entry)?.receipt;
        Ok(Some(LegReceipt {
            session: Hex(receipt.sid.0),
            receipt: Hex(receipt.digest()),
            receiver_elements: receipt.receiver_elements,
            sender_elements: receipt.sender_elements,
        }))
    }

    /// The conference for a round of which an agreement was narrowed, if it says what the record makes of it, and the record
    /// is followed here.
    fn conference_behind(&self, agreement: &Agreement, under: &Under) -> Result<Hex<32>> {
        for conference in self.conferences()? {
            let narrowed = self.with_conference(&conference.id, |state| {
                let round = state.round(under.round)?;
                (round.announced_by == under.announced)
                    .then(|| state.narrowed(under.round, &under.annex))
                    .flatten()
            })?;
            match narrowed {
                Some(narrowed) if narrowed == *agreement => {
                    return match conference.standing {
                        _ if conference.is_followed() => Ok(conference.id),
                        reason if conference.is_restored() => Err(Error::NotYet { reason }),
                        alarm => Err(policy(alarm, Abort::AgreementNotInForce)),
                    };
                }
                Some(_) => return Err(policy("conference_other_text", Abort::AgreementMismatch)),
                None => {}
            }
        }
        Err(unknown())
    }
}

/// Whether both have frozen what they enter, and the leg has not ended.
pub(super) fn is_open(round: &Round, run: &LegRun) -> bool {
    let there = |key| round.parties.get(key).is_some_and(PartyState::is_there);
    round.begun.is_some()
        && round.closed.is_none()
        && [&run.receiver, &run.sender].into_iter().all(there)
        && matches!(run.state, LegState::Waiting | LegState::Running)
}

pub(super) fn leg_of(session: &LegSession) -> Leg {
    Leg {
        annex: Hex(session.annex),
        receiver: session.receiver,
    }
}

/// Whoever names a round of which this node knows nothing is told what it would be told of an unknown agreement.
fn unknown() -> Error {
    policy("conference_round_not_here", Abort::AgreementUnknown)
}
