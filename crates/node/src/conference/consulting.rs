//! 会商: what is to be spoken about, what the office puts there, what was decided, and whether time is kept.

use std::collections::BTreeMap;

use hefu_casework::calendar::Calendar;
use hefu_casework::clue::ClueAct;
use hefu_casework::conference::{
    DECIDE_DAYS, Decided, Decision, Escalation, ItemKind, Kept, Leg, Line, NOTIFY_DAYS, Private, Timed,
    TimedStep, Why, Word, agenda, kept, open_legs, steps_of,
};
use hefu_casework::matter::{Act, Opening};
use hefu_casework::note::Item;
use hefu_casework::transfer::{self, LeadAct};
use hefu_casework::{CaseNumber, Hex, Period, Text};
use jiff::civil::Date;

use crate::matter::Kept as Matter;
use crate::node::day_of;
use crate::{Error, Node, Result};

/// What is to be spoken about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agenda {
    /// Matters, pair by pair, the most urgent first.
    pub topics: Vec<AgendaTopic>,
    /// Legs of rounds whose findings do not count as they are.
    pub legs: Vec<AgendaLeg>,
}

/// A matter to be spoken about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgendaTopic {
    /// Its line.
    pub line: Line,
    /// Why, the most urgent first.
    pub why: Vec<Why>,
    /// For how many days it is late.
    pub days_late: u32,
}

/// A leg to be spoken about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgendaLeg {
    /// The round.
    pub round: u32,
    /// The leg.
    pub leg: Leg,
    /// Who learns in it, and the other, by node key.
    pub pair: [Hex<32>; 2],
    /// What it has come to.
    pub state: &'static str,
    /// Why, where there is a code of it.
    pub reason: Option<String>,
}

impl Node {
    /// What is to be spoken about on a day, as far as this node can read the ledger.
    ///
    /// # Errors
    /// When there is no such conference.
    pub fn agenda(&self, conference: &Hex<32>, on: Date) -> Result<Agenda> {
        self.with_conference(conference, |state| {
            let lines = state
                .lines()
                .filter_map(|line| Some((line, state.past(&line.item, &line.from)?)));
            let topic = |topic: hefu_casework::conference::Topic<'_>| AgendaTopic {
                line: topic.line.clone(),
                why: topic.why,
                days_late: topic.days_late,
            };
            let legs = open_legs(state.rounds()).into_iter().filter_map(|open| {
                let run = open.round.legs.get(&open.leg)?;
                Some(AgendaLeg {
                    round: open.round.announced.round,
                    leg: open.leg,
                    pair: [run.receiver, run.sender],
                    state: open.state.code(),
                    reason: open.state.reason().map(str::to_owned),
                })
            });
            Agenda {
                topics: agenda(lines, on).into_iter().map(topic).collect(),
                legs: legs.collect(),
            }
        })
    }

    /// Has agencies reminded of a matter (催办), puts it on the agenda (提交会商), or takes that back. The office's to do.
    ///
    /// # Errors
    /// [`Error::Missing`] where no line has this number; the record's.
    pub fn escalate(
        &self,
        conference: &Hex<32>,
        item: &Item,
        escalation: Escalation,
        actor: &str,
    ) -> Result<Line> {
        self.at_office(conference)?;
        let line = self.line_of(conference, item)?;
        let line = Line {
            escalation,
            revision: line.revision.saturating_add(1),
            ..line
        };
        let readers = vec![line.from, line.to];
        let private = Private::Items(vec![line.clone()]);
        self.say(conference, Word::Items {}, Some((private, readers)), actor)?;
        Ok(line)
    }

    /// Records what a consultation decided on a matter, for its two agencies. The office's to do.
    ///
    /// # Errors
    /// [`Error::Missing`] where no line has this number; the record's, as where a number of a document stands in the text.
    pub fn decide(
        &self,
        conference: &Hex<32>,
        minutes: Text<100>,
        decision: Decision,
        actor: &str,
    ) -> Result<Line> {
        self.at_office(conference)?;
        let (item, from) = (decision.item, decision.from);
        let placed = || self.with_conference(conference, |state| state.line(&item, &from).cloned());
        let line = placed()?.ok_or_else(|| missing(&item))?;
        let private = Private::Decided(vec![decision]);
        let readers = vec![line.from, line.to];
        self.say(
            conference,
            Word::Decided { minutes },
            Some((private, readers)),
            actor,
        )?;
        placed()?.ok_or_else(|| missing(&item))
    }

    /// What was decided on a day, in Beijing, or under a number of minutes: with the lines, in order.
    ///
    /// # Errors
    /// When there is no such conference.
    pub fn decided(
        &self,
        conference: &Hex<32>,
        on: Date,
        minutes: Option<&str>,
    ) -> Result<Vec<(Decided, Line)>> {
        self.with_conference(conference, |state| {
            let fits = |decided: &&Decided| match minutes {
                Some(minutes) => decided.minutes.as_str() == minutes,
                None => day_of(decided.at) == on,
            };
            let decided = state.decisions().iter().filter(fits);
            let line = |of: &Decision| state.line(&of.item, &of.from).cloned();
            decided
                .filter_map(|decided| Some((decided.clone(), line(&decided.decision)?)))
                .collect()
        })
    }

    /// What consultations decided on a matter, in order.
    ///
    /// # Errors
    /// When there is no such conference.
    pub fn decided_of(&self, conference: &Hex<32>, line: &Line) -> Result<Vec<Decided>> {
        self.with_conference(conference, |state| {
            let of_line = |decided: &&Decided| {
                let decision = &decided.decision;
                (decision.item, decision.from) == (line.item, line.from)
            };
            state.decisions().iter().filter(of_line).cloned().collect()
        })
    }

    /// How agencies keep their time, as of a day: from the ledger as far as it can be read here, and at a member from its
    /// own matters, which say more of it.
    ///
    /// # Errors
    /// When there is no such conference; the store's.
    pub fn time_kept(&self, conference: &Hex<32>, on: Date) -> Result<Vec<Kept<String>>> {
        let calendar = Calendar::national();
        let names = self.conference_names(conference)?;
        let name = |key: &Hex<32>| names.get(key).cloned().unwrap_or_else(|| key.to_string());
        let due = |from: Date, days: u16| calendar.due(from, days).ok();
        let is_office = self.conference(conference)?.is_office;
        let me = Hex(self.node_key());
        let mut steps: Vec<Timed<String>> = self.with_conference(conference, |state| {
            let lines = state
                .lines()
                .filter_map(|line| Some((line, state.past(&line.item, &line.from)?)));
            // Of its own letters a member has the acts themselves.
            let own =
                |line: &Line| line.from == me && matches!(line.kind, ItemKind::Referral | ItemKind::Lead);
            let lines = lines.filter(|(line, _)| is_office || !own(line));
            let timed = lines.flat_map(|(line, past)| steps_of(line, past, due));
            let named = timed.map(|timed| Timed {
                pair: timed.pair.each_ref().map(name),
                step: timed.step,
                from: timed.from,
                due: timed.due,
                done: timed.done,
            });
            named.collect()
        })?;
        if !is_office {
            let matters = self.matters()?;
            steps.extend(matters.iter().flat_map(own_steps));
            steps.extend(self.until_money(&matters, due)?);
        }
        Ok(kept(steps, on))
    }

    /// 司法救助受理至发放: from the acceptance of a clue to the first payment in its case, by this agency's own records.
    fn until_money(
        &self,
        matters: &[Matter],
        due: impl Fn(Date, u16) -> Option<Date>,
    ) -> Result<Vec<Timed<String>>> {
        let mut accepted: BTreeMap<String, Timed<String>> = BTreeMap::new();
        for event in matters.iter().flat_map(|matter| &matter.events) {
            if let Act::Clue(ClueAct::Accepted { case }) = &event.act
                && let Some(case) = CaseNumber::new(case.as_str())
            {
                let timed = Timed {
                    pair: [self.name().to_owned(), self.name().to_owned()],
                    step: TimedStep::Money,
                    from: event.on,
                    due: due(event.on, DECIDE_DAYS + NOTIFY_DAYS),
                    done: None,
                };
                accepted.insert(case.canonical().to_owned(), timed);
            }
        }
        let datasets = match self.current_datasets() {
            Ok(datasets) if !accepted.is_empty() => datasets,
            Ok(_) | Err(Error::Missing { .. }) => return Ok(accepted.into_values().collect()),
            Err(error) => return Err(error),
        };
        self.with_records(&datasets, |records| {
            for record in records.filter(|record| !record.is_recovery()) {
                let timed = record
                    .case
                    .as_ref()
                    .and_then(|case| accepted.get_mut(case.canonical()));
                if let (Some(timed), Period::OneOff(day)) = (timed, record.period)
                    && timed.from <= day
                {
                    timed.done = Some(timed.done.map_or(day, |done| done.min(day)));
                }
            }
            Ok(())
        })?;
        Ok(accepted.into_values().collect())
    }

    /// The line of this number: this agency's own, or the only one that it can read.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is none, or several agencies have taken the number.
    pub fn line_of(&self, conference: &Hex<32>, item: &Item) -> Result<Line> {
        let me = Hex(self.node_key());
        let line = self.with_conference(conference, |state| {
            let from = state.owner(item, &me)?;
            state.line(item, &from).cloned()
        })?;
        line.ok_or_else(|| missing(item))
    }
}

fn missing(item: &Item) -> Error {
    Error::Missing {
        what: "line",
        name: item.to_string(),
    }
}

/// The steps of a transfer or a lead of this agency's own, by its acts.
fn own_steps(matter: &Matter) -> Vec<Timed<String>> {
    let (from, to) = match &matter.opening {
        Opening::Transfer(opening) => (&opening.from, &opening.to),
        Opening::Lead(opening) => (&opening.from, &opening.to),
        Opening::Notice(_) | Opening::Clue(_) => return Vec::new(),
    };
    if matter.direction != hefu_casework::matter::Direction::Own {
        return Vec::new();
    }
    let mut sent = match &matter.opening {
        Opening::Lead(opening) => Some((opening.on, opening.due.until())),
        _ => None,
    };
    let (mut acknowledged, mut fed_back, mut feedback_due) = (None, None, None);
    for event in &matter.events {
        match &event.act {
            Act::Transfer(transfer::Act::Sent { due, .. }) => sent = Some((event.on, due.until())),
            Act::Transfer(transfer::Act::Acknowledged { .. }) | Act::Lead(LeadAct::Acknowledged { .. }) => {
                acknowledged = Some(event.on);
            }
            Act::Transfer(transfer::Act::Answered { due, .. })
            | Act::Lead(LeadAct::TakenUp { due } | LeadAct::Rejected { due, .. }) => {
                feedback_due = Some(due.until());
            }
            Act::Transfer(transfer::Act::FedBack { .. }) | Act::Lead(LeadAct::FedBack { .. }) => {
                fed_back = Some(event.on);
            }
            _ => {}
        }
    }
    let Some((on, due)) = sent else {
        return Vec::new();
    };
    let timed = |step, due, done| Timed {
        pair: [from, to].map(|office| office.name.as_str().to_owned()),
        step,
        from: on,
        due,
        done,
    };
    let came = match &matter.opening {
        Opening::Lead(_) => TimedStep::Lead,
        _ => TimedStep::Feedback,
    };
    vec![
        timed(TimedStep::Acknowledgement, Some(due), acknowledged),
        timed(came, feedback_due, fed_back),
    ]
}
