//! 办理时限: whether agencies keep the time they have, by pair and step, from the ledger and from an agency's own matters.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{ItemKind, ItemState, Line, Past};
use crate::{Hex, codes::codes};

/// 中政委〔2014〕3号: judicial aid is decided within 10 working days of its acceptance.
pub const DECIDE_DAYS: u16 = 10;
/// The same: the person is told within 2 working days of the funds' arrival. How long the funds take no rule says.
pub const NOTIFY_DAYS: u16 = 2;
/// 最高人民检察院、国务院扶贫办 2019: each way within 5 working days.
pub const EACH_WAY_DAYS: u16 = 5;

codes! {
    /// What takes its time.
    TimedStep {
        /// 疑点：发现至办结
        Finding = "step_finding",
        /// 移送：移送至签收
        Acknowledgement = "step_acknowledgement",
        /// 移送：移送至反馈
        Feedback = "step_feedback",
        /// 协查：发函至答复
        Answer = "step_answer",
        /// 线索：移送至反馈
        Lead = "step_lead",
        /// 司法救助：受理至发放
        Money = "step_money",
    }
}

/// One step of one matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed<P> {
    /// The agency that began, and the other; the same where there is one only.
    pub pair: [P; 2],
    /// Which step.
    pub step: TimedStep,
    /// When it began.
    pub from: Date,
    /// The last day on which it is in time; none where it has none.
    pub due: Option<Date>,
    /// When it was done.
    pub done: Option<Date>,
}

/// How two agencies keep the time of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept<P> {
    /// The agency that began, and the other.
    pub pair: [P; 2],
    /// Which step.
    pub step: TimedStep,
    /// Done in time, or without a time set.
    pub in_time: u64,
    /// Done late.
    pub late: u64,
    /// Not done, and not late.
    pub open: u64,
    /// Not done, and late.
    pub overdue: u64,
    /// How many days it took, where it was done: half took no more. None where nothing was done.
    pub median_days: Option<u32>,
}

/// How all keep their time, as of a day, in the order of pairs and steps.
pub fn kept<P: Clone + Ord>(steps: impl IntoIterator<Item = Timed<P>>, on: Date) -> Vec<Kept<P>> {
    let mut by: BTreeMap<_, (Kept<P>, Vec<i32>)> = BTreeMap::new();
    for Timed {
        pair,
        step,
        from,
        due,
        done,
    } in steps
    {
        let (kept, days) = by.entry((pair.clone(), step)).or_insert_with(|| {
            let kept = Kept {
                pair,
                step,
                in_time: 0,
                late: 0,
                open: 0,
                overdue: 0,
                median_days: None,
            };
            (kept, Vec::new())
        });
        let after = |day: Date| due.is_some_and(|due| due < day);
        let count = match done {
            Some(done) if after(done) => &mut kept.late,
            Some(_) => &mut kept.in_time,
            None if after(on) => &mut kept.overdue,
            None => &mut kept.open,
        };
        *count += 1;
        days.extend(done.map(|done| (done - from).get_days().max(0)));
    }
    let all = by.into_values().map(|(mut kept, mut days)| {
        days.sort_unstable();
        let median = days.get(days.len().saturating_sub(1) / 2);
        kept.median_days = median.and_then(|days| u32::try_from(*days).ok());
        kept
    });
    all.collect()
}

/// The steps of a matter of the ledger, with how it came to where it is.
pub fn steps_of(line: &Line, past: &Past, due: impl Fn(Date, u16) -> Option<Date>) -> Vec<Timed<Hex<32>>> {
    let timed = |step, due, done| Timed {
        pair: [line.from, line.to],
        step,
        from: line.opened,
        due,
        done,
    };
    let reached = |states: &[ItemState]| {
        states
            .iter()
            .filter_map(|state| past.reached.get(state))
            .min()
            .copied()
    };
    let answered = line.closed.or_else(|| reached(&[ItemState::Answered]));
    match line.kind {
        ItemKind::Finding => vec![timed(TimedStep::Finding, past.due, line.closed)],
        ItemKind::Inquiry => vec![timed(TimedStep::Answer, past.due, answered)],
        ItemKind::Lead => vec![timed(TimedStep::Lead, past.due, answered)],
        ItemKind::Referral => {
            let taken = reached(&[
                ItemState::UnderWay,
                ItemState::Answered,
                ItemState::Settled,
                ItemState::Corrected,
            ]);
            let acknowledged = timed(TimedStep::Acknowledgement, due(line.opened, EACH_WAY_DAYS), taken);
            vec![acknowledged, timed(TimedStep::Feedback, past.due, answered)]
        }
    }
}
