//! Taking part in a round, or not: what its agreements come to for this node, whether its own policy bears them, and
//! its signatures under them.

use hefu_casework::conference::{Consent, Joined, Late, PartyState, Round, Stage, State, Word};
use hefu_casework::{Agreement, Hex, Text};
use hefu_link::Card;
use jiff::Timestamp;

use crate::config::ByWhom;
use crate::{Error, Node, Result};

/// A round that this node has neither joined nor declined.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The round.
    pub round: u32,
    /// Why it can't be joined as it is: a code and its parameters, as of the error.
    pub hindrance: Option<(&'static str, Vec<(&'static str, String)>)>,
}

/// What an annex comes to in a round.
pub(crate) struct Narrowed {
    pub(crate) annex: Hex<32>,
    pub(crate) agreement: Agreement,
    /// This node's index.
    pub(crate) me: usize,
}

impl Node {
    /// Takes part in a round: signs what each of its annexes comes to, and says so on the record.
    ///
    /// # Errors
    /// Where one of the agreements goes beyond this node's policy, is with an agency whose card is not here, or can't be
    /// signed for another reason; [`Error::Conference`] where the record does not take it.
    pub fn join_round(&self, conference: &Hex<32>, round: u32, actor: &str) -> Result<Hex<32>> {
        let mut consents = Vec::new();
        for Narrowed { annex, agreement, .. } in self.narrowed_here(conference, round)? {
            self.may_take_part(&agreement)?;
            let (_, signature) = hefu_casework::sign(&agreement, self.keys.signing_key())?;
            consents.push(Consent { annex, signature });
        }
        self.say(conference, Word::Joined(Joined { round, consents }), None, actor)
    }

    /// Does not take part, for a reason that all are shown.
    ///
    /// # Errors
    /// [`Error::Conference`] where the record does not take it.
    pub fn decline_round(
        &self,
        conference: &Hex<32>,
        round: u32,
        reason: Text<200>,
        actor: &str,
    ) -> Result<Hex<32>> {
        self.say(conference, Word::Declined { round, reason }, None, actor)
    }

    /// Rounds of a conference on which this node has to decide.
    ///
    /// # Errors
    /// The store's.
    pub fn undecided_rounds(&self, conference: &Hex<32>) -> Result<Vec<Undecided>> {
        let mut undecided = Vec::new();
        for round in self.open_rounds(conference)? {
            if self.is_to_decide(conference, &round)? {
                let number = round.announced.round;
                let hindrance = self.hindrance(conference, number)?;
                undecided.push(Undecided {
                    round: number,
                    hindrance: hindrance.map(|error| (error.code(), error.params())),
                });
            }
        }
        Ok(undecided)
    }

    /// Joins where the settings say so and this node's policy bears it; declines what it does not bear where they say so.
    pub(super) fn decide_by_itself(&self, conference: &Hex<32>, round: &Round) -> Result<()> {
        let settings = &self.surroundings.conference;
        if !self.is_to_decide(conference, round)? {
            return Ok(());
        }
        let number = round.announced.round;
        match self.hindrance(conference, number)? {
            None if settings.join == ByWhom::Automatic => {
                self.join_round(conference, number, "node")?;
            }
            Some(Error::Breach(breach)) if settings.decline == ByWhom::Automatic => {
                // Which bound it is, all may know; how much this agency allows itself is its own business.
                let reason = Text::new(format!("{}: {}", breach.code(), breach.field))?;
                self.decline_round(conference, number, reason, "node")?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Keeps the agreements of a round that has begun, so that they can be used.
    pub(super) fn conclude_joined(&self, conference: &Hex<32>, round: u32) -> Result<()> {
        for Narrowed { annex, agreement, .. } in self.narrowed_here(conference, round)? {
            if self.store.agreement(&agreement.digest())?.is_some() {
                continue;
            }
            let signed = self.with_conference(conference, |state| state.signed_agreement(round, &annex))?;
            if let Some(signed) = signed {
                self.conclude_once(&signed)?;
            }
        }
        Ok(())
    }

    /// Refuses only for now what a peer calls for that is further in the record than this node: an agreement that is not
    /// kept here yet, and is what a round that this node has joined comes to between the two.
    pub(crate) fn must_not_be_awaited(&self, agreement: &[u8; 32], caller: &Card) -> Result<()> {
        let me = Hex(self.node_key());
        for conference in self.conferences()? {
            for round in self.open_rounds(&conference.id)? {
                let joined = |party: &PartyState| party.joined.is_some() && party.left.is_none();
                if !round.parties.get(&me).is_some_and(joined) {
                    continue;
                }
                let narrowed = self.narrowed_here(&conference.id, round.announced.round)?;
                let is_it = |each: &Narrowed| {
                    each.agreement.digest() == *agreement
                        && each.agreement.index_of(&caller.node_key()).is_some()
                };
                if narrowed.iter().any(is_it) {
                    return Err(Error::NotYet {
                        reason: "conference_not_begun",
                    });
                }
            }
        }
        Ok(())
    }

    /// What the annexes of a round come to in which this node is a party, in the order of the announcement.
    pub(crate) fn narrowed_here(&self, conference: &Hex<32>, round: u32) -> Result<Vec<Narrowed>> {
        let me = self.node_key();
        self.with_conference_ahead(conference, |state| {
            let known = state.round(round).ok_or_else(|| no_round(round))?;
            let narrowed = known.announced.annexes.iter().filter_map(|annex| {
                let agreement = state.narrowed(round, annex)?;
                let me = agreement.index_of(&me)?;
                Some(Narrowed {
                    annex: *annex,
                    agreement,
                    me,
                })
            });
            Ok(narrowed.collect())
        })?
    }

    /// Why this node can't join a round as it is; nothing where it can.
    fn hindrance(&self, conference: &Hex<32>, round: u32) -> Result<Option<Error>> {
        let narrowed = self.narrowed_here(conference, round)?;
        Ok(narrowed
            .iter()
            .find_map(|each| self.may_take_part(&each.agreement).err()))
    }

    fn may_take_part(&self, agreement: &Agreement) -> Result<()> {
        self.may_sign(agreement)?;
        // What is found has to be asked about and told.
        self.must_go_both_ways(&self.card_of_other(agreement)?)
    }

    /// Whether this node has said neither, and still may.
    fn is_to_decide(&self, conference: &Hex<32>, round: &Round) -> Result<bool> {
        let Some(party) = round.parties.get(&Hex(self.node_key())) else {
            return Ok(false);
        };
        let said = party.joined.is_some() || party.declined.is_some() || party.left.is_some();
        Ok(!said && self.is_open_to_all(conference, round)?)
    }

    /// Whether members may still come to a round: until pairs begin, and where the framework admits who is late as long as
    /// these run and no later round is at work.
    pub(super) fn is_open_to_all(&self, conference: &Hex<32>, round: &Round) -> Result<bool> {
        let late = |state: &State| {
            let edition = state.edition(&round.announced.framework);
            let mut later = state
                .rounds()
                .filter(|other| round.announced.round < other.announced.round);
            let busy =
                later.any(|other| matches!(other.stage(), Stage::Announced | Stage::Frozen | Stage::Running));
            !busy && edition.is_some_and(|edition| edition.framework.late == Late::Admitted)
        };
        if round.closed.is_some() {
            return Ok(false);
        }
        Ok(round.begun.is_none()
            || Timestamp::now() < round.announced.run_until && self.with_conference(conference, late)?)
    }
}

pub(super) fn no_round(round: u32) -> Error {
    Error::Missing {
        what: "round",
        name: round.to_string(),
    }
}
