//! Which records are entered as what.

use std::collections::HashMap;

use super::{At, CannotFind, CannotFindReason, Element};
use crate::{
    AgencyRole, Agreement, AidRecord, Basis, CaseMatching, Error, Feedback, KeyKind, Month, MonthRange,
    Party, ProgrammeCode, Rule, RuleId, RuleSet, Wrong,
    ledger::{Intake, Line},
};

/// The side of a rule that has the same programmes on both.
const SYMMETRIC: u8 = 0xFF;

/// Under which rules, on which side and in which months records of each programme are entered.
pub(super) struct Plan {
    standings: HashMap<ProgrammeCode, Vec<Standing>>,
    /// By rule; none with other keys.
    troubles: Vec<Trouble>,
    /// The months of which records are entered at all.
    selected: MonthRange,
    /// Which letters are between the two parties, where referrals are entered.
    letters: Option<Letters>,
    /// By line, where this party answers.
    pub(super) feedbacks: Vec<Feedback>,
}

struct Letters {
    other: AgencyRole,
    /// Whether this party says what has become of the people.
    answers: bool,
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
    Letter,
}

struct Trouble {
    rule: RuleId,
    by: By,
    rows: u64,
}

impl Plan {
    pub(super) fn new(agreement: &Agreement, rules: &RuleSet, me: usize) -> Result<Plan, Error> {
        let own = agreement.party(me)?;
        let other = Agreement::facing(me);
        let mut plan = Plan {
            standings: HashMap::new(),
            troubles: Vec::new(),
            selected: agreement.selection.months,
            letters: None,
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
                    other: agreement.party(other)?.role,
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

    /// Every record of the party's programmes is entered in one way, under no rule.
    fn stand_alone(&mut self, own: &Party, by: By) {
        let standing = Standing {
            rule: 0,
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
        entered: &mut Vec<(Element, u32)>,
    ) -> Result<(), Error> {
        let Some(standings) = self.standings.get(&record.programme) else {
            return Ok(());
        };
        if record.paid_months(self.selected).is_empty() {
            return Ok(());
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
        let line = intake.enter(record, self.selected)?;
        let Line { case, letter, .. } = intake.ledger.lines[line as usize];
        for standing in standings {
            let months = record.paid_months(standing.months);
            if months.is_empty() {
                continue;
            }
            let ats = match (standing.by, case, letter) {
                (By::Month, ..) => Ats::Months(months),
                (By::Person, ..) => Ats::One(At::Nothing),
                (By::Case, Some(case), _) => Ats::One(At::Case(case)),
                (By::Letter, _, Some(letter)) => Ats::One(At::Letter(letter)),
                // A referral without a letter was refused above.
                (By::Letter, _, None) => continue,
                (By::Case, None, _) | (By::CannotFind, ..) => {
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
