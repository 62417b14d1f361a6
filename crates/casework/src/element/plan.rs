//! Which records are entered as what.

use std::collections::HashMap;

use super::{At, CannotFind, CannotFindReason, Element};
use crate::{
    Agreement, AidRecord, Basis, CaseMatching, Error, KeyKind, MonthRange, Party, ProgrammeCode, Rule,
    RuleId, RuleSet, Wrong, ledger::Intake,
};

/// The side of a rule that has the same programmes on both.
const SYMMETRIC: u8 = 0xFF;

/// Under which rules, on which side and in which months records of each programme are entered.
pub(super) struct Plan {
    standings: HashMap<ProgrammeCode, Vec<Standing>>,
    /// By rule; none with person keys.
    troubles: Vec<Trouble>,
}

#[derive(Clone, Copy)]
struct Standing {
    rule: u16,
    side: u8,
    by: By,
    months: MonthRange,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Person,
    Month,
    Case,
    CannotFind,
}

struct Trouble {
    rule: RuleId,
    by: By,
    rows: u64,
}

impl Plan {
    pub(super) fn new(agreement: &Agreement, rules: &RuleSet, me: usize) -> Result<Plan, Error> {
        let own = agreement.party(me)?;
        let mut plan = Plan {
            standings: HashMap::new(),
            troubles: Vec::new(),
        };
        if agreement.key_kind == KeyKind::Person {
            let standing = Standing {
                rule: 0,
                side: 0,
                by: By::Person,
                months: agreement.selection.months,
            };
            plan.standings
                .extend(own.programmes.iter().map(|code| (code.clone(), vec![standing])));
            return Ok(plan);
        }
        let other = 1 - me.min(1);
        for (id, index) in agreement.rules.iter().zip(0u16..) {
            let unusable = |wrong| Error::RuleUnusable {
                rule: id.clone(),
                wrong,
            };
            let rule = rules.get(id).ok_or_else(|| unusable(Wrong::Unknown))?;
            if !rule.place.covers(&agreement.place) {
                return Err(unusable(Wrong::OutOfRange));
            }
            let by = match (rule.basis, agreement.case_matching()) {
                (Basis::Month, _) => By::Month,
                (Basis::Case, CaseMatching::ByCase) => By::Case,
                (Basis::Case, CaseMatching::LookOnly) => By::Person,
                (Basis::Case, CaseMatching::CannotFind) => By::CannotFind,
            };
            let months = rule.in_force().intersect(agreement.selection.months);
            for code in &own.programmes {
                for side in sides(rule, code, agreement.party(other)?, me as u8, other as u8) {
                    let standing = Standing {
                        rule: index,
                        side,
                        by,
                        months,
                    };
                    plan.standings.entry(code.clone()).or_default().push(standing);
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

    pub(super) fn enter(
        &mut self,
        record: &AidRecord,
        selected: MonthRange,
        intake: &mut Intake<'_>,
        entered: &mut Vec<(Element, u32)>,
    ) -> Result<(), Error> {
        let Some(standings) = self.standings.get(&record.programme) else {
            return Ok(());
        };
        if record.paid_months(selected).is_empty() {
            return Ok(());
        }
        let line = intake.enter(record, selected)?;
        let case = intake.ledger.lines[line as usize].case;
        for standing in standings {
            let months = record.paid_months(standing.months);
            if months.is_empty() {
                continue;
            }
            let ats = match (standing.by, case) {
                (By::Month, _) => Ats::Months(months),
                (By::Person, _) => Ats::One(At::Nothing),
                (By::Case, Some(case)) => Ats::One(At::Case(case)),
                (By::Case, None) | (By::CannotFind, _) => {
                    if let Some(trouble) = self.troubles.get_mut(usize::from(standing.rule)) {
                        trouble.rows += 1;
                    }
                    continue;
                }
            };
            for number in intake.numbers(&record.person) {
                let number = number?;
                let element = |at| {
                    (
                        Element {
                            rule: standing.rule,
                            side: standing.side,
                            number,
                            at,
                        },
                        line,
                    )
                };
                match ats {
                    Ats::One(at) => entered.push(element(at)),
                    Ats::Months(months) => {
                        entered.extend(months.iter().map(|month| element(At::Month(month))))
                    }
                }
            }
        }
        Ok(())
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
            _ => None,
        };
        self.troubles.into_iter().filter_map(found).collect()
    }
}

#[derive(Clone, Copy)]
enum Ats {
    One(At),
    Months(MonthRange),
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
