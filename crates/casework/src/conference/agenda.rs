//! 会商议题: what two agencies have to speak about, from the ledger and from the legs of rounds.

use jiff::civil::Date;

use super::{Escalation, ItemOutcome, ItemState, Leg, LegState, Line, Past, Round};
use crate::{codes::codes, note::OutcomeCode, review::contradicts};

codes! {
    /// Why a matter is on the agenda, the most urgent first.
    Why {
        /// 提交会商: the office has put it there.
        Submitted = "agenda_submitted",
        /// 处理结果相互矛盾
        Contradictory = "agenda_contradictory",
        /// 逾期
        Overdue = "agenda_overdue",
        /// 已催办
        Reminded = "agenda_reminded",
    }
}

/// A matter to be spoken about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic<'a> {
    /// Its line.
    pub line: &'a Line,
    /// Why, the most urgent first; at least one.
    pub why: Vec<Why>,
    /// For how many days it is late; 0 where it is not.
    pub days_late: u32,
}

/// A leg whose two ends are not known to be one, or that has failed: nothing of it counts.
#[derive(Clone, Copy, Debug)]
pub struct OpenLeg<'a> {
    /// The round.
    pub round: &'a Round,
    /// The leg.
    pub leg: Leg,
    /// What it has come to.
    pub state: &'a LegState,
}

/// What is to be spoken about on a day: pair by pair, the most urgent first. What was decided comes back when it is late.
pub fn agenda<'a>(lines: impl IntoIterator<Item = (&'a Line, &'a Past)>, on: Date) -> Vec<Topic<'a>> {
    let mut topics: Vec<Topic<'a>> = lines
        .into_iter()
        .filter_map(|(line, past)| Topic::of(line, past, on))
        .collect();
    topics.sort_by_key(|topic| {
        let Line { from, to, item, .. } = topic.line;
        let pair = (from.min(to), from.max(to));
        let late = std::cmp::Reverse(topic.days_late);
        (pair, topic.why.first().copied(), late, *item)
    });
    topics
}

/// Legs of rounds that have to be spoken about, in order.
pub fn open_legs<'a>(rounds: impl IntoIterator<Item = &'a Round>) -> Vec<OpenLeg<'a>> {
    let of = |round: &'a Round| {
        let legs = round.legs.iter();
        legs.filter(|(_, run)| {
            matches!(
                run.state,
                LegState::OneSided | LegState::Differs(_) | LegState::Failed(_)
            )
        })
        .map(move |(leg, run)| OpenLeg {
            round,
            leg: *leg,
            state: &run.state,
        })
    };
    rounds.into_iter().flat_map(of).collect()
}

impl<'a> Topic<'a> {
    fn of(line: &'a Line, past: &Past, on: Date) -> Option<Topic<'a>> {
        let is_open = !line.state.is_final();
        let days_late = match line.due {
            Some(due) if is_open && due < on => u32::try_from((on - due).get_days()).unwrap_or(0),
            _ => 0,
        };
        let decided = line.escalation == Escalation::Decided;
        let contradictory = past.answered.is_some_and(|answered| contradict(line, answered));
        let is = |why: &Why| match why {
            Why::Submitted => line.escalation == Escalation::Consultation,
            Why::Contradictory => contradictory && !decided,
            Why::Overdue => days_late > 0,
            Why::Reminded => line.escalation == Escalation::Reminded && is_open,
        };
        let why: Vec<Why> = Why::ALL.iter().copied().filter(is).collect();
        (!why.is_empty()).then_some(Topic { line, why, days_late })
    }
}

/// Whether what the one agency has come to and what the other answered do not go together.
fn contradict(line: &Line, answered: ItemOutcome) -> bool {
    let own = match line.state {
        // What should not have been there takes nothing from anybody.
        ItemState::Corrected => Some(OutcomeCode::Lawful),
        _ => line.outcome.and_then(decision),
    };
    own.zip(decision(answered))
        .is_some_and(|(own, other)| contradicts(own, other).is_some())
}

/// The outcomes that are decisions on a payment.
fn decision(outcome: ItemOutcome) -> Option<OutcomeCode> {
    match outcome {
        ItemOutcome::Lawful => Some(OutcomeCode::Lawful),
        ItemOutcome::DataError => Some(OutcomeCode::DataError),
        ItemOutcome::Stopped => Some(OutcomeCode::Stopped),
        ItemOutcome::Recovered => Some(OutcomeCode::Recovered),
        ItemOutcome::Referred => Some(OutcomeCode::Referred),
        ItemOutcome::Aided
        | ItemOutcome::NotEligible
        | ItemOutcome::AlreadyAided
        | ItemOutcome::NotFound
        | ItemOutcome::Answered
        | ItemOutcome::NotTaken => None,
    }
}
