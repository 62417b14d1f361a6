//! One table over all parties and legs of a round, the same on every node that has read the record as far.

use hefu_casework::Hex;
use hefu_casework::MonthRange;
use hefu_casework::conference::{Head, LegState, Round, SetSize, State};
use jiff::Timestamp;
use jiff::civil::Date;

use super::joining::no_round;
use crate::{Node, Result};

/// A round as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The conference.
    pub conference: Hex<32>,
    /// How far the record was read.
    pub head: Head,
    /// The round's number.
    pub round: u32,
    /// How far it is: a code.
    pub stage: &'static str,
    /// How it ended: a code; none while it goes on.
    pub end: Option<&'static str>,
    /// Records of which months are entered, at most.
    pub months: MonthRange,
    /// Until when members freeze what they enter.
    pub freeze_by: Timestamp,
    /// Until when pairs may run.
    pub run_until: Timestamp,
    /// Until when findings are in review.
    pub review_until: Date,
    /// The members, by name.
    pub parties: Vec<BoardParty>,
    /// The legs, by annex, and then by who learns.
    pub legs: Vec<BoardLeg>,
}

/// A member in a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardParty {
    /// Its name.
    pub name: String,
    /// Its node key.
    pub node_key: Hex<32>,
    /// How far it is: a code.
    pub state: &'static str,
    /// Why it does not take part, in its own words.
    pub reason: Option<String>,
    /// Whether it has joined; who is absent may have, without freezing in time.
    pub joined: bool,
    /// Whether it froze after the round had begun.
    pub late: bool,
}

/// A leg of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoardLeg {
    /// The annex's code in the framework, such as `附件1`.
    pub annex: String,
    /// The annex's digest.
    pub annex_digest: Hex<32>,
    /// Its receiver's index.
    pub receiver: u8,
    /// Who learns.
    pub to: String,
    /// Of whom.
    pub from: String,
    /// How far it is: a code.
    pub state: &'static str,
    /// Why, where it is not done: a code.
    pub reason: Option<String>,
    /// Which run it is, from 1.
    pub run: u32,
    /// What the receiver has frozen for it.
    pub receiver_frozen: Option<u64>,
    /// What the sender has frozen for it.
    pub sender_frozen: Option<u64>,
    /// What both have signed, once it is done.
    pub receipt: Option<Hex<32>>,
}

impl Node {
    /// A round of a conference, or the last.
    ///
    /// # Errors
    /// When there is no such round; the store's.
    pub fn board(&self, conference: &Hex<32>, round: Option<u32>) -> Result<Board> {
        self.with_conference(conference, |state| {
            let known = match round {
                Some(number) => state.round(number),
                None => state.rounds().last(),
            };
            known
                .and_then(|known| board(state, known))
                .ok_or_else(|| no_round(round.unwrap_or_default()))
        })?
    }
}

fn board(state: &State, round: &Round) -> Option<Board> {
    let framework = &state.edition(&round.announced.framework)?.framework;
    let name = |key: &Hex<32>| {
        let seat = framework.members.iter().find(|seat| seat.node_key == *key);
        seat.map_or_else(String::new, |seat| seat.name.clone())
    };
    let mut parties: Vec<BoardParty> = round
        .parties
        .iter()
        .map(|(key, party)| BoardParty {
            name: name(key),
            node_key: *key,
            state: party.code().code(),
            reason: party
                .left
                .as_ref()
                .map(|gone| &gone.reason)
                .or(party.declined.as_ref())
                .map(|reason| reason.as_str().to_owned()),
            joined: party.joined.is_some(),
            late: party.late,
        })
        .collect();
    parties.sort_by(|a, b| a.name.cmp(&b.name));
    let frozen = |key: &Hex<32>, leg| {
        let sets = &round.parties.get(key)?.frozen.as_ref()?.sets;
        let set = sets.iter().find(|set: &&SetSize| set.leg == leg);
        set.map(|set| set.elements)
    };
    let mut legs = Vec::new();
    // In the order in which the framework has the annexes.
    for annex in &framework.annexes {
        let digest = annex.digest();
        for (leg, run) in round.legs.iter().filter(|(leg, _)| leg.annex == digest) {
            let receiver = annex.agreement.party(usize::from(leg.receiver)).ok()?;
            let sender = annex.agreement.party(usize::from(1 - leg.receiver.min(1))).ok()?;
            legs.push(BoardLeg {
                annex: annex.code.as_str().to_owned(),
                annex_digest: digest,
                receiver: leg.receiver,
                to: receiver.name.clone(),
                from: sender.name.clone(),
                state: run.state.code(),
                reason: run.state.reason().map(ToString::to_string),
                run: run.run,
                receiver_frozen: frozen(&receiver.node_key, *leg),
                sender_frozen: frozen(&sender.node_key, *leg),
                receipt: match &run.state {
                    LegState::Done(receipt) => Some(receipt.receipt),
                    _ => None,
                },
            });
        }
    }
    Some(Board {
        conference: state.conference(),
        head: state.head(),
        round: round.announced.round,
        stage: round.stage().code(),
        end: round.closed.as_ref().map(|closed| closed.end.code()),
        months: round.announced.months,
        freeze_by: round.announced.freeze_by,
        run_until: round.announced.run_until,
        review_until: round.announced.review_until,
        parties,
        legs,
    })
}
