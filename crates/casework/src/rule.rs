//! Rules as data: which programmes may not stand together, where, since when, and who says so.

mod check;
mod read;
#[cfg(test)]
mod tests;
mod window;

use jiff::civil::Date;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::{
    AidRecord, Fen, Month, MonthRange, Period, Place, ProgrammeCode, RuleId, Status, canonical, codes::codes,
};

pub use window::Window;

/// One combination of programmes, and what the law says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its short name, unique in a set.
    pub id: RuleId,
    /// A title in Chinese.
    pub name: String,
    /// What it forbids or allows, in plain Chinese.
    pub text: String,
    /// What it says.
    pub kind: RuleKind,
    /// The programmes on one side.
    pub left: Vec<ProgrammeCode>,
    /// The programmes on the other side; for a symmetric rule the same. Under a rule of the kind
    /// [`Ends`](RuleKind::Ends) these are the events.
    pub right: Vec<ProgrammeCode>,
    /// Whether one set of programmes stands on both sides, as where aid may be had once from any of several agencies.
    pub symmetric: bool,
    /// In what the two sides must coincide.
    pub basis: Basis,
    /// How near in time they must be, where they coincide by month.
    #[serde(default, skip_serializing_if = "Window::is_month")]
    pub window: Window,
    /// Whether they must have one cause as well.
    #[serde(default, skip_serializing_if = "is_false")]
    pub same_cause: bool,
    /// How much is allowed, under a rule of the kind [`Limit`](RuleKind::Limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// How many months after that of the event are still allowed, under a rule of the kind [`Ends`](RuleKind::Ends).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub grace_months: u8,
    /// Who can find a breach.
    #[serde(default, skip_serializing_if = "Reach::is_round")]
    pub reach: Reach,
    /// Why two nodes cannot find it between them, in plain Chinese; there if, and only if, `reach` is local.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_local: Option<String>,
    /// The rules of wider places that do not hold where and while this one does: this one and the others of its place
    /// that replace them say what holds of each of their pairs of programmes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<RuleId>,
    /// Who made it.
    pub level: Level,
    /// Where it holds.
    pub place: Place,
    /// The first day of its force.
    pub from: Date,
    /// The day on which it ceased, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The document that says so.
    pub source: String,
    /// The article of it, where its number is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article: Option<String>,
    /// How well the source is known.
    pub evidence: Evidence,
}

codes! {
    /// What a rule says of two programmes.
    RuleKind {
        /// 不得同享: never both.
        Exclusive = "exclusive",
        /// 择一享受: the person has the higher one, or chooses.
        Choose = "choose",
        /// 限次限额: so often, or so much, within a window.
        Limit = "limit",
        /// 一次为限: once for one person in one case.
        Once = "once",
        /// 应当终止: the aid ends with an event.
        Ends = "ends",
        /// 仅供核对: both together are no more than a reason to look.
        LookOnly = "look_only",
        /// 可以同享: both are lawful. It is recorded so that nobody takes the pair for a gap, and is never compared.
        Lawful = "lawful",
    }
}

/// In what two records must coincide to break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// One person, one month or one window of months.
    Month,
    /// One person, one case.
    Case,
}

/// How much is allowed within the window; what is absent is not limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// So many grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// So much money in all, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fen: Option<Fen>,
    /// So many times the monthly standard of the minimum living allowance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standards: Option<u32>,
    /// That standard in fen, which is each place's own: without it `standards` cannot be reckoned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_fen: Option<Fen>,
}

codes! {
    /// Who can find a breach of a rule.
    #[derive(Default)]
    Reach {
        /// Two nodes between them, and either by itself.
        #[default]
        Round = "round",
        /// An agency in its own records alone.
        Local = "local",
    }
}

/// Whose rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The nation's.
    National,
    /// A province's.
    Province,
    /// A city's.
    City,
    /// A county's.
    County,
}

/// How well a rule's source is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The law itself was read.
    FullText,
    /// Local texts or reprints that repeat it; to be checked against the original.
    Secondary,
}

impl Rule {
    /// The whole months in which it is in force: a month that it only partly covers does not count.
    pub fn in_force(&self) -> MonthRange {
        let first = Month::of(self.from);
        let from = if self.from.day() == 1 { first } else { first.next() };
        MonthRange {
            from,
            to: self.until.map_or(Month::LAST, Month::of),
        }
    }

    /// Whether two nodes compare records under it.
    pub fn in_rounds(&self) -> bool {
        self.reach == Reach::Round && self.kind != RuleKind::Lawful
    }

    /// Whether a record of this programme is the event with which the aid on the other side ends.
    pub(crate) fn is_event(&self, programme: &ProgrammeCode) -> bool {
        self.kind == RuleKind::Ends && self.right.contains(programme)
    }

    /// The months of `within` that a record has under this rule: those in which it was paid; of an event, those after
    /// its month and the months of grace, for ever after a day, to the end of a span.
    pub(crate) fn months_of(&self, record: &AidRecord, within: MonthRange) -> MonthRange {
        if !self.is_event(&record.programme) || record.status != Status::Paid {
            return record.paid_months(within);
        }
        let event = record.period.months();
        let after = MonthRange {
            from: event.from.plus(i32::from(self.grace_months) + 1),
            to: match record.period {
                Period::Months(range) => range.to,
                Period::OneOff(_) => Month::LAST,
            },
        };
        after.intersect(within)
    }
}

impl Limit {
    /// The most money that is allowed, where it can be reckoned.
    pub fn ceiling(&self) -> Option<Fen> {
        let by_standard = self
            .standards
            .zip(self.standard_fen)
            .and_then(|(times, fen)| fen.0.checked_mul(i64::from(times)).map(Fen));
        self.fen.into_iter().chain(by_standard).min()
    }

    /// Whether it is counted in standards that are not stated.
    pub(crate) fn lacks_standard(&self) -> bool {
        self.standards.is_some() && self.standard_fen.is_none()
    }
}

impl Reach {
    fn is_round(&self) -> bool {
        *self == Reach::Round
    }
}

/// The rules that a node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// All of them, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    pub fn get(&self, id: &RuleId) -> Option<&Rule> {
        let found = self.rules.binary_search_by(|rule| rule.id.cmp(id)).ok()?;
        self.rules.get(found)
    }

    /// The whole months in which a rule holds at a place, in order; none where it does not hold there, or never while
    /// the rule of a narrower place stands in its stead.
    pub fn months_at(&self, rule: &Rule, place: &Place) -> Vec<MonthRange> {
        if !rule.place.covers(place) {
            return vec![];
        }
        let mut months = vec![rule.in_force()];
        for other in &self.rules {
            if other.place.covers(place) && other.replaces.contains(&rule.id) {
                months = months
                    .into_iter()
                    .flat_map(|range| range.without(other.in_force()))
                    .collect();
            }
        }
        months.retain(|range| !range.is_empty());
        months
    }

    /// SHA-256 of the canonical JSON of the rules by id: equal on two nodes only where every word of every rule is.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&canonical::to_vec(&self.rules))
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u8) -> bool {
    *number == 0
}
