//! Which records are entered as what.

use std::collections::HashMap;

use super::{At, CannotFind, CannotFindReason, Element, Entered};
use crate::{
    AgencyRole, Agreement, AidRecord, Basis, CaseMatching, CauseCode, Error, Feedback, KeyKind, Month,
    MonthRange, NameCheck, Party, ProgrammeCode, Rule, RuleId, RuleKind, RuleSet, Window, Wrong,
    ledger::{Intake, Line},
};

/// The side of a rule that has the same programmes on both.
const SYMMETRIC: u8 = 0xFF;

/// Under which rules, on which side and in which months records of each programme are entered.
pub(super) struct Plan<'a> {
    standings: HashMap<ProgrammeCode, Vec<Standing<'a>>>,
    /// By rule; none with other keys.
    troubles: Vec<Trouble>,
    /// The months of which records are entered at all.
    pub(super) selected: MonthRange,
    /// Whether this party learns.
    receives: bool,
    /// The kind of agency that the other party is.
    other: AgencyRole,
    /// Which letters are between the two parties, where referrals are entered.
    letters: Option<Letters>,
    /// Whether the names beside the numbers are compared.
    names: bool,
    /// By line, where this party answers.
    pub(super) feedbacks: Vec<Feedback>,
}

struct Letters {
    other: AgencyRole,
    /// Whether this party says what has become of the people.
    answers: bool,
}

#[derive(Clone, Copy)]
struct Standing<'a> {
    /// Under which rule; none with other keys.
    rule: Option<&'a Rule>,
    index: u16,
    side: u8,
    by: By,
    months: MonthRange,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Person,
    Month,
    Window(Window, Cause),
    Case,
    CannotFind,
    Letter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cause {
    Any,
    Same,
}

struct Trouble {
    rule: RuleId,
    by: By,
    rows: u64,
}

impl Standing<'_> {
    fn months(&self, record: &AidRecord) -> MonthRange {
        match self.rule {
            Some(rule) => rule.months_of(record, self.months),
            None => record.paid_months(self.months),
        }
    }

    /// A part of an aid that was decided together is no second aid.
    fn allows(&self, record: &AidRecord, other: AgencyRole) -> bool {
        self.rule.is_some_and(|rule| rule.kind == RuleKind::Once)
            && record.circumstances.linked_with == Some(other)
    }
}

impl<'a> Plan<'a> {
    pub(super) fn new(
        agreement: &Agreement,
        rules: &'a RuleSet,
        me: usize,
        receiver: usize,
    ) -> Result<Plan<'a>, Error> {
        let own = agreement.party(me)?;
        let other = Agreement::facing(me);
        let mut plan = Plan {
            standings: HashMap::new(),
            troubles: Vec::new(),
            selected: agreement.selection.months,
            receives: me == receiver,
            other: agreement.party(other)?.role,
            letters: None,
            names: agreement.compares_names(),
            feedbacks: Vec::new(),
        };
        match agreement.key_kind {
            KeyKind::Rule => {}
            KeyKind::Person => {
                plan.stand_alone(own, By::Person);
                return Ok(plan);
            }
            KeyKind::Referral => {
                let answers = !agreement.may_receive(me);
                // A letter arrives after it was sent, perhaps in another month.
                if answers {
                    plan.selected.to = Month::LAST;
                }
                plan.letters = Some(Letters {
                    other: plan.other,
                    answers,
                });
                plan.stand_alone(own, By::Letter);
                return Ok(plan);
            }
        }
        for (id, index) in agreement.rules.iter().zip(0u16..) {
            let unusable = |wrong| Error::RuleUnusable {
                rule: id.clone(),
                wrong,
            };
            let rule = rules.get(id).ok_or_else(|| unusable(Wrong::Unknown))?;
            if !rule.in_rounds() {
                return Err(unusable(Wrong::Unsupported));
            }
            let held = rules.months_at(rule, &agreement.place);
            if held.is_empty() {
                return Err(unusable(Wrong::OutOfRange));
            }
            let by = by(rule, agreement.case_matching());
            for code in &own.programmes {
                for side in sides(rule, code, agreement.party(other)?, me as u8, other as u8) {
                    let standings = held.iter().map(|months| Standing {
                        rule: Some(rule),
                        index,
                        side,
                        by,
                        months: months.intersect(agreement.selection.months),
                    });
                    plan.standings.entry(code.clone()).or_default().extend(standings);
                }
            }
            plan.troubles.push(Trouble {
                rule: id.clone(),
                by,
                rows: 0,
            });
        }
        Ok(plan)
    }

    /// Every record of the party's programmes is entered in one way, under no rule.
    fn stand_alone(&mut self, own: &Party, by: By) {
        let standing = Standing {
            rule: None,
            index: 0,
            side: 0,
            by,
            months: self.selected,
        };
        self.standings
            .extend(own.programmes.iter().map(|code| (code.clone(), vec![standing])));
    }

    pub(super) fn enter(
        &mut self,
        record: &AidRecord,
        intake: &mut Intake<'_>,
        entered: &mut Vec<Entered>,
    ) -> Result<(), Error> {
        let Some(standings) = self.standings.get(&record.programme) else {
            return Ok(());
        };
        if standings
            .iter()
            .all(|standing| standing.months(record).is_empty())
        {
            return Ok(());
        }
        if record.is_recovery() {
            return intake.recover(record);
        }
        if let Some(letters) = &self.letters {
            let incomplete = Error::ReferralIncomplete {
                row: record.row,
                field: "letter",
            };
            let referral = record.referral.as_ref().ok_or(incomplete)?;
            if referral.other.is_some_and(|other| other != letters.other) {
                return Ok(());
            }
            if letters.answers {
                self.feedbacks.push(referral.feedback(record.row)?);
            }
        }
        let line = intake.enter(record)?;
        let entry = intake.ledger.lines[line as usize];
        for standing in standings {
            let months = standing.months(record);
            if months.is_empty() || standing.allows(record, self.other) {
                continue;
            }
            let Some(ats) = self.ats(standing.by, months, &entry) else {
                // A rule that counts by case or cause, and a record that has none.
                if let Some(trouble) = self.troubles.get_mut(usize::from(standing.index)) {
                    trouble.rows += 1;
                }
                continue;
            };
            let circumstances = &record.circumstances;
            let person = match standing.by {
                By::Case => circumstances.victim.as_ref().unwrap_or(&record.person),
                _ => &record.person,
            };
            // The name in a row is of the person, and not of the victim in whose place a relative stands.
            let name = record
                .name
                .as_ref()
                .filter(|_| self.names && intake.are_of_one(person, &record.person));
            for number in intake.numbers(person) {
                let (number, key) = number?;
                let name = name.map_or(NameCheck::UNKNOWN, |name| name.check(key));
                entered.extend(ats.iter().map(|at| Entered {
                    element: Element {
                        rule: standing.index,
                        side: standing.side,
                        number,
                        at: *at,
                    },
                    line,
                    name,
                }));
            }
        }
        Ok(())
    }

    /// In what a record is met; none where it lacks what it would be met by.
    fn ats(&self, by: By, months: MonthRange, line: &Line) -> Option<Vec<At>> {
        Some(match by {
            By::Month => months.iter().map(At::Month).collect(),
            By::Person => vec![At::Nothing],
            By::Case => vec![At::Case(line.case?)],
            // A referral without a letter was refused before.
            By::Letter => vec![At::Letter(line.letter?)],
            By::CannotFind => return None,
            By::Window(window, cause) => {
                let cause = match cause {
                    Cause::Any => None,
                    Cause::Same => Some(line.cause.filter(|cause| cause.is_definite())?),
                };
                let mut entered: Vec<_> = months
                    .iter()
                    .flat_map(|month| self.entered(window, month).iter())
                    .map(|month| At::Window(month, cause.map(CauseCode::number)))
                    .collect();
                entered.sort_unstable();
                entered.dedup();
                entered
            }
        })
    }

    /// A sender enters no month outside the selection, so a receiver needs none.
    fn entered(&self, window: Window, month: Month) -> MonthRange {
        let entered = window.entered(month, self.receives);
        match window {
            Window::Months(_) => entered.intersect(self.selected),
            _ => entered,
        }
    }

    pub(super) fn cannot_find(self) -> Vec<CannotFind> {
        let found = |Trouble { rule, by, rows }| match by {
            By::CannotFind => Some(CannotFind {
                rule,
                reason: CannotFindReason::CaseSchemesDiffer,
                rows,
            }),
            By::Case if rows > 0 => Some(CannotFind {
                rule,
                reason: CannotFindReason::CaseMissing,
                rows,
            }),
            By::Window(_, Cause::Same) if rows > 0 => Some(CannotFind {
                rule,
                reason: CannotFindReason::CauseMissing,
                rows,
            }),
            _ => None,
        };
        self.troubles.into_iter().filter_map(found).collect()
    }
}

fn by(rule: &Rule, cases: CaseMatching) -> By {
    match (rule.basis, cases) {
        (Basis::Month, _) if rule.window.is_month() && !rule.same_cause => By::Month,
        (Basis::Month, _) if rule.same_cause => By::Window(rule.window, Cause::Same),
        (Basis::Month, _) => By::Window(rule.window, Cause::Any),
        (Basis::Case, CaseMatching::ByCase) => By::Case,
        (Basis::Case, CaseMatching::LookOnly) => By::Person,
        (Basis::Case, CaseMatching::CannotFind) => By::CannotFind,
    }
}

/// The sides on which a record of `code` at party `me` can meet one of the other party's.
fn sides(
    rule: &Rule,
    code: &ProgrammeCode,
    other: &Party,
    me: u8,
    other_index: u8,
) -> impl Iterator<Item = u8> {
    let other_runs =
        |side: &[ProgrammeCode]| other.programmes.iter().any(|programme| side.contains(programme));
    let on_left = rule.left.contains(code) && other_runs(&rule.right);
    let on_right = rule.right.contains(code) && other_runs(&rule.left);
    let found = if rule.symmetric {
        [on_left.then_some(SYMMETRIC), None]
    } else {
        [on_left.then_some(me), on_right.then_some(other_index)]
    };
    found.into_iter().flatten()
}
