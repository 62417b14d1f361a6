//! What a line says of the matter behind it. It follows from the acts on record by these rules alone, and has nothing of
//! what was written about the person: states, days, and the number of a paper.

use jiff::civil::Date;

use super::{Escalation, ItemKind, ItemOutcome, ItemState, Line};
use crate::clue::{Checked, Clue, ClueAct, ClueReason, ClueStage};
use crate::inquiry::{self, Inquiry, Reply, ReplyStage};
use crate::matter::{Act, Event, Matter};
use crate::note::{Answered, Found, Item, OutcomeCode};
use crate::review::{self, Review};
use crate::transfer::{self, Awaiting, Came, LeadAct, LeadStage, Transfer};
use crate::{Feedback, Hex, ReferralState, Text};

/// How far a matter is, as its line has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// 函号
    pub letter: Option<Text<100>>,
    /// When it was opened.
    pub opened: Date,
    /// Until when something is to be done.
    pub due: Option<Date>,
    /// How far it has come.
    pub state: ItemState,
    /// What came of it, or what the other agency says that it will.
    pub outcome: Option<ItemOutcome>,
    /// When it came to that; there if, and only if, it is settled or corrected.
    pub closed: Option<Date>,
}

/// What the addressed agency says of a matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// [`ItemState::UnderWay`] or [`ItemState::Answered`].
    pub state: ItemState,
    /// What comes of it, as far as it is answered.
    pub outcome: Option<ItemOutcome>,
}

/// Between which agencies a line is, and what of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parties {
    /// What it is about.
    pub kind: ItemKind,
    /// Whose it is, by node key.
    pub from: Hex<32>,
    /// The other agency.
    pub to: Hex<32>,
    /// The round that it came of, where it did.
    pub round: Option<u32>,
}

impl Standing {
    /// A matter with which nobody has begun.
    pub fn open(opened: Date, due: Option<Date>) -> Standing {
        Standing {
            letter: None,
            opened,
            due,
            state: ItemState::Open,
            outcome: None,
            closed: None,
        }
    }

    /// Of a finding that was made on `opened`, after these acts. A decision tells the number of its paper.
    pub fn of_review(opened: Date, review: &Review, events: &[review::Event], due: Option<Date>) -> Standing {
        let standing = Standing::open(opened, due);
        let last = |fits: fn(&review::Act) -> Option<&Text<100>>| {
            let acts = events.iter().rev();
            acts.filter_map(|event| fits(&event.act).map(|document| (event.on, document)))
                .next()
        };
        let (outcome, paper) = match review.stage() {
            review::Stage::Open => return standing,
            review::Stage::Corrected => (None, last(corrected)),
            _ => match review.decision() {
                None => return standing.at(ItemState::UnderWay),
                Some(decision) => (Some(decision.outcome()), last(decided)),
            },
        };
        let (on, document) = paper.unzip();
        let standing = standing.with_letter(document);
        let on = on.unwrap_or(opened);
        match outcome {
            Some(OutcomeCode::Lawful) => standing.ended(ItemOutcome::Lawful, on),
            Some(OutcomeCode::DataError) => standing.ended(ItemOutcome::DataError, on),
            Some(OutcomeCode::Stopped) => standing.ended(ItemOutcome::Stopped, on),
            Some(OutcomeCode::Recovered) => standing.ended(ItemOutcome::Recovered, on),
            Some(OutcomeCode::Referred) => standing.ended(ItemOutcome::Referred, on),
            Some(OutcomeCode::Reopened) => standing.at(ItemState::UnderWay),
            None => standing.corrected(on),
        }
    }

    /// Of a transfer, a lead or a clue; nothing before a letter about it went, and nothing of a notice, in which no other
    /// agency has part.
    pub fn of_matter(matter: &Matter, events: &[Event]) -> Option<Standing> {
        match matter {
            Matter::Transfer(transfer) => of_transfer(transfer, events),
            Matter::Lead(lead) => {
                let opening = lead.opening();
                let standing = Standing::open(opening.on, earliest(lead)).with_letter(Some(&opening.letter));
                let last = events.last().map_or(opening.on, |event| event.on);
                Some(match lead.stage() {
                    LeadStage::Sent => standing,
                    LeadStage::Acknowledged => standing.at(ItemState::UnderWay),
                    LeadStage::TakenUp | LeadStage::Rejected => standing.answered(of_lead(events)),
                    LeadStage::FedBack => standing.ended(of_lead(events), last),
                })
            }
            Matter::Clue(clue) => Some(of_clue(clue, events)),
            Matter::Notice(_) => None,
        }
    }

    /// Of a letter of which a round told this on the day `matched`, where it stands in no ledger here.
    pub fn of_feedback(matched: Date, feedback: Option<&Feedback>) -> Standing {
        let Some(feedback) = feedback else {
            return Standing::open(matched, None);
        };
        let on = feedback.date.unwrap_or(matched);
        let standing = Standing::open(on.min(matched), None);
        match feedback.state {
            ReferralState::Acknowledged | ReferralState::Accepted => standing.at(ItemState::UnderWay),
            ReferralState::Helped => standing.ended(ItemOutcome::Aided, on),
            ReferralState::Refused => standing.ended(ItemOutcome::NotEligible, on),
            ReferralState::AlreadyHelped => standing.ended(ItemOutcome::AlreadyAided, on),
            ReferralState::NotFound => standing.ended(ItemOutcome::NotFound, on),
        }
    }

    /// Of an own question; nothing before it was released.
    pub fn of_inquiry(inquiry: &Inquiry, events: &[inquiry::Event]) -> Option<Standing> {
        let released = events
            .iter()
            .find(|event| matches!(event.act, inquiry::Act::Released { .. }))?;
        let due = inquiry.due().map(|due| due.until());
        let standing = Standing::open(released.on, due).with_letter(Some(&inquiry.opening().document));
        let outcome = inquiry.answer().map(of_found);
        Some(match (inquiry.stage(), outcome) {
            (inquiry::Stage::Answered, Some(outcome)) => standing.answered(outcome),
            (inquiry::Stage::Closed, outcome) => standing.ended(
                outcome.unwrap_or(ItemOutcome::NotTaken),
                events.last().map_or(released.on, |event| event.on),
            ),
            _ => standing,
        })
    }

    /// Whichever of two accounts of one matter tells more.
    #[must_use]
    pub fn further(self, other: Standing) -> Standing {
        match other.state > self.state {
            true => Standing {
                letter: self.letter.or(other.letter),
                opened: self.opened.min(other.opened),
                ..other
            },
            false => self,
        }
    }

    /// The line with which the matter comes on the ledger.
    pub fn begin(&self, item: Item, parties: &Parties) -> Line {
        Line {
            item,
            kind: parties.kind,
            from: parties.from,
            to: parties.to,
            letter: self.letter.clone(),
            round: parties.round,
            opened: self.opened,
            due: self.due.map(|due| due.max(self.opened)),
            state: self.state,
            outcome: self.outcome,
            closed: self.closed.map(|closed| closed.max(self.opened)),
            escalation: Escalation::None,
            revisit: None,
            revision: 1,
        }
    }

    /// The line as it is to be from now on; nothing where it says so already. What the other agency has said is not taken
    /// back, what is settled is opened again by an act only, and what is corrected stays so.
    pub fn over(&self, line: &Line) -> Option<Line> {
        let untouched = self.state == ItemState::Open && line.state != ItemState::Open;
        if untouched || line.state == ItemState::Corrected {
            return None;
        }
        let other_said = line.state == ItemState::Answered && self.state < ItemState::Answered;
        let (state, outcome) = match other_said {
            true => (line.state, line.outcome),
            false => (self.state, self.outcome),
        };
        // A line has no day before its own.
        let after = |day: Date| day.max(line.opened);
        let next = Line {
            letter: self.letter.clone().or_else(|| line.letter.clone()),
            due: match line.escalation {
                // A consultation has set it.
                Escalation::Decided => line.due,
                // Whether it came in time is still to be seen when it is over.
                _ => self.due.map(after).or(line.due.filter(|_| self.closed.is_some())),
            },
            state,
            outcome,
            closed: self.closed.map(after),
            ..line.clone()
        };
        revised(line, next)
    }

    fn at(self, state: ItemState) -> Standing {
        Standing { state, ..self }
    }

    fn answered(self, outcome: ItemOutcome) -> Standing {
        Standing {
            state: ItemState::Answered,
            outcome: Some(outcome),
            ..self
        }
    }

    fn ended(self, outcome: ItemOutcome, on: Date) -> Standing {
        Standing {
            state: ItemState::Settled,
            outcome: Some(outcome),
            closed: Some(on),
            due: None,
            ..self
        }
    }

    fn corrected(self, on: Date) -> Standing {
        Standing {
            state: ItemState::Corrected,
            ..self.ended(ItemOutcome::DataError, on)
        }
    }

    /// A paper whose number tells a person's is not named.
    fn with_letter(self, letter: Option<&Text<100>>) -> Standing {
        Standing {
            letter: letter
                .filter(|letter| !hefu_identity::bears_number(letter.as_str()))
                .cloned(),
            ..self
        }
    }
}

impl Answer {
    /// What an agency says of a transfer or a lead that came to it, by its own acts; nothing where it has not begun.
    pub fn to_matter(matter: &Matter, events: &[Event]) -> Option<Answer> {
        let said = Standing::of_matter(matter, events)?;
        match (said.state, matter) {
            (ItemState::Open, _) | (_, Matter::Clue(_) | Matter::Notice(_)) => None,
            (ItemState::UnderWay, _) => Some(Answer::UNDER_WAY),
            // Whether the matter is over is for whoever opened it to say.
            (_, Matter::Transfer(_) | Matter::Lead(_)) => Some(Answer {
                state: ItemState::Answered,
                outcome: said.outcome,
            }),
        }
    }

    /// As [`Answer::to_matter`], to a question.
    pub fn to_question(reply: &Reply) -> Option<Answer> {
        match reply.stage() {
            ReplyStage::Received => None,
            ReplyStage::Taken | ReplyStage::Answered => Some(Answer::UNDER_WAY),
            ReplyStage::Sent => Some(Answer {
                state: ItemState::Answered,
                outcome: reply.answer().map(of_found),
            }),
        }
    }

    /// The line as it is to be from now on; nothing where it is as far, or the matter is over.
    pub fn over(&self, line: &Line) -> Option<Line> {
        if line.state >= self.state {
            return None;
        }
        let next = Line {
            state: self.state,
            outcome: self.outcome,
            ..line.clone()
        };
        revised(line, next)
    }

    const UNDER_WAY: Answer = Answer {
        state: ItemState::UnderWay,
        outcome: None,
    };
}

impl Line {
    /// Whether on this day something is late: its last day has passed, and it is neither answered nor over. On the last day
    /// it is in time.
    pub fn is_late(&self, on: Date) -> bool {
        self.state < ItemState::Answered && self.due.is_some_and(|due| due < on)
    }
}

/// The next revision of a line, where it changes anything.
pub fn revised(line: &Line, next: Line) -> Option<Line> {
    if next == *line {
        return None;
    }
    Some(Line {
        revision: line.revision.checked_add(1)?,
        ..next
    })
}

fn decided(act: &review::Act) -> Option<&Text<100>> {
    match act {
        review::Act::Decided(act) => Some(&act.document),
        review::Act::Reviewed(act) if !matches!(act.result, review::ReviewResult::Upheld {}) => {
            Some(&act.document)
        }
        _ => None,
    }
}

fn corrected(act: &review::Act) -> Option<&Text<100>> {
    match act {
        review::Act::Corrected(act) => Some(&act.document),
        _ => None,
    }
}

fn of_transfer(transfer: &Transfer, events: &[Event]) -> Option<Standing> {
    let sent = events.iter().find_map(|event| match &event.act {
        Act::Transfer(transfer::Act::Sent { letter, .. }) => Some((event.on, letter)),
        _ => None,
    });
    let (opened, letter) = sent?;
    let standing = Standing::open(opened, earliest(transfer)).with_letter(Some(letter));
    let last = |fits: fn(&transfer::Act) -> Option<ItemOutcome>| {
        let acts = events.iter().rev();
        acts.filter_map(|event| match &event.act {
            Act::Transfer(act) => fits(act).map(|outcome| (event.on, outcome)),
            _ => None,
        })
        .next()
    };
    let answered = last(of_answer).map(|(_, outcome)| outcome);
    let fed_back = events
        .iter()
        .find(|event| matches!(event.act, Act::Transfer(transfer::Act::FedBack { .. })));
    Some(match (transfer.stage(), fed_back, answered) {
        (_, Some(fed_back), _) => {
            let outcome = last(of_feedback).map(|(_, outcome)| outcome).or(answered);
            standing.ended(outcome.unwrap_or(ItemOutcome::Answered), fed_back.on)
        }
        (_, None, Some(outcome)) => standing.answered(outcome),
        (transfer::Stage::Acknowledged | transfer::Stage::Accepted, None, None) => {
            standing.at(ItemState::UnderWay)
        }
        _ => standing,
    })
}

/// An application that is accepted is under way.
fn of_answer(act: &transfer::Act) -> Option<ItemOutcome> {
    match act {
        transfer::Act::Answered { answer, .. } => match answer {
            transfer::Answer::Accepted {} => None,
            transfer::Answer::Refused { .. } => Some(ItemOutcome::NotEligible),
            transfer::Answer::AlreadyHelped {} => Some(ItemOutcome::AlreadyAided),
            transfer::Answer::NotFound {} => Some(ItemOutcome::NotFound),
        },
        _ => None,
    }
}

fn of_feedback(act: &transfer::Act) -> Option<ItemOutcome> {
    match act {
        transfer::Act::FedBack { came, .. } => came.map(|came| match came {
            Came::Helped {} => ItemOutcome::Aided,
            Came::Refused { .. } => ItemOutcome::NotEligible,
        }),
        _ => None,
    }
}

fn of_found(answer: &Answered) -> ItemOutcome {
    match answer.answer {
        Found::NoRecord => ItemOutcome::NotFound,
        Found::PaidThen | Found::NotPaidThen | Found::OtherPerson | Found::Unclear => ItemOutcome::Answered,
    }
}

fn of_lead(events: &[Event]) -> ItemOutcome {
    let rejected = |event: &Event| matches!(event.act, Act::Lead(LeadAct::Rejected { .. }));
    match events.iter().any(rejected) {
        true => ItemOutcome::NotTaken,
        false => ItemOutcome::Answered,
    }
}

fn of_clue(clue: &Clue, events: &[Event]) -> Standing {
    let opened = clue.opening().on;
    let standing = Standing::open(opened, earliest(clue));
    let last = events.last();
    let on = last.map_or(opened, |event| event.on);
    match clue.stage() {
        ClueStage::Found => standing,
        ClueStage::Taken | ClueStage::HandedOver => standing.at(ItemState::UnderWay),
        ClueStage::Accepted | ClueStage::Rejected | ClueStage::LedOn | ClueStage::Settled => {
            let outcome = match last.map(|event| &event.act) {
                Some(Act::Clue(ClueAct::Rejected { reason, .. })) => of_reason(*reason),
                Some(Act::Clue(ClueAct::Checked { result, .. })) => of_check(result),
                // 受理
                _ => ItemOutcome::Referred,
            };
            standing.ended(outcome, on)
        }
    }
}

fn of_reason(reason: ClueReason) -> ItemOutcome {
    match reason {
        ClueReason::AlreadyHelped => ItemOutcome::AlreadyAided,
        ClueReason::NotEligible | ClueReason::NoHardship => ItemOutcome::NotEligible,
        ClueReason::Declined | ClueReason::Gone | ClueReason::Other => ItemOutcome::NotTaken,
    }
}

fn of_check(result: &Checked) -> ItemOutcome {
    match result {
        Checked::NotEligible {} => ItemOutcome::NotEligible,
        Checked::Informed { .. } => ItemOutcome::Answered,
        Checked::Referred { .. } => ItemOutcome::Referred,
        Checked::HelpedElsewhere {} => ItemOutcome::AlreadyAided,
        Checked::Declined {} => ItemOutcome::NotTaken,
    }
}

fn earliest(matter: &impl Awaiting) -> Option<Date> {
    matter.awaited().into_iter().map(|(_, until)| until).min()
}

#[cfg(test)]
mod tests;
