//! From positions that matched to findings on the receiver's own records. A finding is a 疑点: it is verified before
//! anything follows from it.

mod changeover;
mod local;
mod money;
mod name;
mod referral;

use std::{
    collections::{HashMap, HashSet},
    fmt, slice,
};

use hefu_identity::PersonKey;
use jiff::civil::Date;

use crate::{
    Agreement, CannotFind, Care, CaseNumber, ElementSet, Error, Feedback, Fen, HouseholdNo, KeyKind,
    LabelTerms, LetterNo, Month, MonthRange, NameAgreement, ProgrammeCode, Purpose, RowId, Rule, RuleId,
    RuleKind, Window,
    element::At,
    ledger::{Ledger, Line},
};
use changeover::Paid;
use money::Money;

pub use local::local_findings;
pub use money::total_to_verify;

/// What a receiver learns of one person, and of one case where the rule counts by case.
#[derive(Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// The rule that would be broken.
    pub rule: Option<RuleId>,
    /// The name of the other party; none for what was found inside one agency.
    pub peer: Option<String>,
    /// The person; for one with several numbers, the number that stands for them all.
    pub person: PersonKey,
    /// The receiver's own rows behind it, in order.
    pub rows: Vec<RowId>,
    /// The months in question, in order.
    pub months: Vec<Month>,
    /// Those of them in which, as far as the receiver can tell, one aid ended and the other began: perhaps days only,
    /// and a warning to whoever verifies.
    pub changeover: Vec<Month>,
    /// The case, where the rule counts by case.
    pub case: Option<CaseNumber>,
    /// The letter by which the person was referred.
    pub letter: Option<LetterNo>,
    /// What the other agency says of the person in that letter.
    pub feedback: Option<Feedback>,
    /// Whether the other agency knows the number under the same name; none where names are not compared.
    pub name: Option<NameAgreement>,
    /// The receiver's own programmes concerned, in order.
    pub programmes: Vec<ProgrammeCode>,
    /// 待核实金额: the sum of `payments`, of each no less than nothing ([`total_to_verify`]). None where the rows state
    /// no amount or nothing is in doubt.
    pub to_verify: Option<Fen>,
    /// What the receiver paid in those months or that case, each payment once, and what was taken back of it.
    pub payments: Vec<Payment>,
    /// With how much care the person is to be dealt with. No part of what the finding rests on.
    pub care: Care,
}

/// What a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FindingKind {
    /// 疑似重复: with a record of the peer's it would break the rule.
    Duplicate,
    /// The person is known to both, and no case number tells more.
    LookOnly,
    /// 疑似重复 between records of one agency.
    Local,
    /// 疑似应停未停: with an event that the peer, or the agency itself, has on record, the aid should have ended.
    ShouldEnd,
    /// 未见对应记录: the peer has no record of the person.
    NoCounterpart,
    /// 线索: the person is on the peer's list.
    Lead,
    /// 移送反馈: the peer says what has become of the person.
    Referral,
    /// 对方未登记: the peer has no such person under that letter.
    NoFeedback,
}

impl FindingKind {
    /// Every kind.
    pub const ALL: &[FindingKind] = &[
        FindingKind::Duplicate,
        FindingKind::LookOnly,
        FindingKind::Local,
        FindingKind::ShouldEnd,
        FindingKind::NoCounterpart,
        FindingKind::Lead,
        FindingKind::Referral,
        FindingKind::NoFeedback,
    ];

    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            FindingKind::Duplicate => "duplicate",
            FindingKind::LookOnly => "look_only",
            FindingKind::Local => "local",
            FindingKind::ShouldEnd => "should_end",
            FindingKind::NoCounterpart => "no_counterpart",
            FindingKind::Lead => "lead",
            FindingKind::Referral => "referral",
            FindingKind::NoFeedback => "no_feedback",
        }
    }
}

/// One payment that is in question.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Payment {
    /// Under which programme.
    pub programme: ProgrammeCode,
    /// For which month, or on which day; of what was taken back, that of the payment.
    pub when: When,
    /// To whom.
    pub payee: Payee,
    /// In which case, for a one-off payment.
    pub case: Option<CaseNumber>,
    /// How much; below nothing where it was taken back.
    pub fen: Fen,
}

/// When a payment was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum When {
    /// For this month.
    Month(Month),
    /// On this day.
    Day(Date),
}

/// To whom a payment was made.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Payee {
    /// The finding's person.
    Person,
    /// That person's household: findings on other members show the same money.
    Household(HouseholdNo),
}

/// What comes of a round, or of an agency's own records. A rule in `cannot_find` must be shown as such, never as "0 found".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// By rule, then by row.
    pub findings: Vec<Finding>,
    /// What could not be found.
    pub cannot_find: Vec<CannotFind>,
}

impl Outcome {
    /// For each finding, which of `matched` stand behind it, as indices into `matched`: what proves the one proves the
    /// other. Nothing stands behind what has no counterpart.
    pub fn behind(&self, set: &ElementSet, matched: &[u32]) -> Vec<Vec<usize>> {
        let mut by_row: HashMap<(Option<&RuleId>, RowId), usize> = HashMap::new();
        for (index, finding) in self.findings.iter().enumerate() {
            by_row.extend(
                finding
                    .rows
                    .iter()
                    .map(|row| ((finding.rule.as_ref(), *row), index)),
            );
        }
        let mut behind = vec![Vec::new(); self.findings.len()];
        for (index, position) in matched.iter().enumerate() {
            let Some(element) = set.elements.get(*position as usize) else {
                continue;
            };
            let rule = set.rules.get(usize::from(element.rule)).map(|(rule, _)| &rule.id);
            let row = set
                .lines(*position as usize)
                .first()
                .map(|line| set.ledger.lines[*line as usize].row);
            let finding = row.and_then(|row| by_row.get(&(rule, row)));
            if let Some(behind) = finding.and_then(|finding| behind.get_mut(*finding)) {
                behind.push(index);
            }
        }
        behind
    }
}

/// What party `me`, a receiver, learns on the day `on` from the positions of its set that matched, and from their
/// labels, one after another in the order of the positions; no bytes where the agreement has no labels.
///
/// # Errors
/// As [`Agreement::validate`]; [`Error::NotAReceiver`]; [`Error::NoSuchElement`] for a position beyond the set;
/// [`Error::LabelCount`] and [`Error::Label`] for labels that are not those of the matches; [`Error::AmountOverflow`].
pub fn findings(
    agreement: &Agreement,
    me: usize,
    set: &ElementSet,
    matched: &[u32],
    labels: &[u8],
    on: Date,
) -> Result<Outcome, Error> {
    agreement.validate()?;
    let own = agreement.party(me)?;
    if !agreement.may_receive(me) {
        return Err(Error::NotAReceiver {
            party: own.name.clone(),
        });
    }
    let peer = agreement.party(Agreement::facing(me))?.name.as_str();
    if agreement.purpose == Purpose::Referrals {
        return referral::outcome(set, peer, matched, labels, on);
    }
    let names = name::by_finding(set, matched, labels)?;
    let positions = positions(agreement.purpose, set, matched)?;
    let mut hits = Vec::new();
    for position in positions {
        let element = &set.elements[position];
        hits.extend(
            set.lines(position)
                .iter()
                .map(|line| Hit::new(&set.ledger, element.rule, element.at, *line)),
        );
    }
    let kind = |rule: Option<&Rule>, at| match (agreement.purpose, agreement.key_kind, rule, at) {
        (Purpose::Omissions, ..) => FindingKind::NoCounterpart,
        (Purpose::Leads, ..) => FindingKind::Lead,
        (_, KeyKind::Rule, Some(rule), At::Month(_) | At::Window(..) | At::Case(_)) => match rule.kind {
            RuleKind::LookOnly => FindingKind::LookOnly,
            RuleKind::Ends => FindingKind::ShouldEnd,
            _ => FindingKind::Duplicate,
        },
        _ => FindingKind::LookOnly,
    };
    let rules: Vec<_> = set
        .rules
        .iter()
        .map(|(rule, held)| (rule, held.as_slice()))
        .collect();
    let name = |hit: &Hit| names.get(&hit.finding()).copied();
    let findings = assemble(
        &set.ledger,
        &rules,
        Compared { peer: Some(peer), on },
        kind,
        changeover::met,
        name,
        hits,
    )?;
    Ok(Outcome {
        findings,
        cannot_find: set.cannot_find().to_vec(),
    })
}

/// Names the kind, the rule and the rows, and nothing that the rows say.
impl fmt::Debug for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Finding");
        shown
            .field("kind", &self.kind)
            .field("rule", &self.rule)
            .field("rows", &self.rows)
            .finish_non_exhaustive()
    }
}

/// One row behind one element that counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    rule: u16,
    person: u32,
    at: At,
    line: u32,
}

/// A finding is of one rule and one person, and of one case where the rule counts by case.
type Key = (u16, u32, Option<u32>);

impl Hit {
    fn new(ledger: &Ledger, rule: u16, at: At, line: u32) -> Hit {
        Hit {
            rule,
            person: ledger.lines[line as usize].person,
            at,
            line,
        }
    }

    fn finding(&self) -> Key {
        let case = match self.at {
            At::Case(case) => Some(case),
            At::Month(_) | At::Window(..) | At::Letter(_) | At::Nothing => None,
        };
        (self.rule, self.person, case)
    }
}

/// The positions of the set that give findings. A person with several numbers has a counterpart if any one matched.
fn positions(purpose: Purpose, set: &ElementSet, matched: &[u32]) -> Result<Vec<usize>, Error> {
    let mut positions = Vec::with_capacity(matched.len());
    for position in matched {
        positions.push(within(set, *position)?);
    }
    if purpose != Purpose::Omissions {
        return Ok(positions);
    }
    let person = |position: usize| {
        set.lines(position)
            .first()
            .map(|line| set.ledger.lines[*line as usize].person)
    };
    let seen: HashSet<_> = positions.into_iter().map(person).collect();
    Ok((0..set.len())
        .filter(|position| !seen.contains(&person(*position)))
        .collect())
}

/// A match and what the sender says of it.
struct Labelled<'a> {
    position: usize,
    terms: &'a LabelTerms,
    label: &'a [u8],
}

/// Each match with its label; nothing where labels are not agreed, and then there must be none.
fn each_label<'a>(
    set: &'a ElementSet,
    matched: &[u32],
    labels: &'a [u8],
) -> Result<Vec<Labelled<'a>>, Error> {
    let width = set.label.as_ref().map_or(0, |terms| usize::from(terms.max_bytes));
    if Some(labels.len()) != matched.len().checked_mul(width) {
        return Err(Error::LabelCount {
            bytes: labels.len(),
            matches: matched.len(),
        });
    }
    let Some(terms) = &set.label else {
        return Ok(vec![]);
    };
    let each = |(position, label): (&u32, _)| {
        Ok(Labelled {
            position: within(set, *position)?,
            terms,
            label,
        })
    };
    matched.iter().zip(labels.chunks_exact(width)).map(each).collect()
}

fn within(set: &ElementSet, position: u32) -> Result<usize, Error> {
    let index = position as usize;
    // One that stands for nobody is nobody's: who has it too does not keep to the protocol.
    if index >= set.elements.len() {
        return Err(Error::NoSuchElement {
            position,
            elements: set.elements.len(),
        });
    }
    Ok(index)
}

/// With whom records were compared, nobody for an agency's own among themselves, and on which day.
#[derive(Clone, Copy)]
struct Compared<'a> {
    peer: Option<&'a str>,
    on: Date,
}

fn assemble(
    ledger: &Ledger,
    rules: &[(&Rule, &[MonthRange])],
    compared: Compared<'_>,
    kind: impl Fn(Option<&Rule>, At) -> FindingKind,
    changeover: impl Fn(&Rule, &Paid<'_>, &[Hit]) -> Vec<Month>,
    name: impl Fn(&Hit) -> Option<NameAgreement>,
    mut hits: Vec<Hit>,
) -> Result<Vec<Finding>, Error> {
    hits.sort_unstable();
    hits.dedup();
    let money = Money::new(ledger);
    let paid = Paid::new(ledger, &hits);
    let mut findings = Vec::new();
    for hits in hits.chunk_by(|a, b| a.finding() == b.finding()) {
        let (rule, person, case) = hits[0].finding();
        let (known, held) = rules
            .get(usize::from(rule))
            .map_or((None, None), |(rule, held)| (Some(*rule), Some(*held)));
        let kind = kind(known, hits[0].at);
        let lines = || hits.iter().map(|hit| &ledger.lines[hit.line as usize]);
        // Under a window a row has months in which the rule did not hold.
        let held = |month: &Month| held.is_none_or(|held| held.iter().any(|held| held.contains(*month)));
        let months =
            |hit: &Hit, line: &Line| -> Vec<Month> { months(hit.at, line).iter().filter(held).collect() };
        let in_months = || {
            hits.iter()
                .zip(lines())
                .map(|(hit, line)| (months(hit, line), line))
        };
        let payments = match kind {
            FindingKind::Duplicate | FindingKind::Local | FindingKind::ShouldEnd => {
                let window = known.map_or(Window::Month, |rule| rule.window);
                money.payments(person, window, in_months())?
            }
            // Nothing is said against these payments.
            _ => vec![],
        };
        let mut finding = Finding {
            kind,
            rule: known.map(|rule| rule.id.clone()),
            peer: compared.peer.map(str::to_owned),
            person: ledger.numbers[person as usize].clone(),
            rows: in_order(lines().map(|line| line.row)),
            months: in_order(in_months().flat_map(|(months, _)| months)),
            changeover: known.map_or(vec![], |rule| changeover(rule, &paid, hits)),
            case: case.map(|case| ledger.cases[case as usize].clone()),
            letter: None,
            feedback: None,
            name: name(&hits[0]),
            programmes: in_order(lines().map(|line| ledger.programmes[line.programme as usize].clone())),
            to_verify: None,
            payments,
            care: ledger.care(lines(), compared.on),
        };
        if !finding.payments.is_empty() {
            finding.to_verify = Some(total_to_verify(slice::from_ref(&finding))?);
        }
        findings.push((rule, finding));
    }
    findings.sort_by(|(a_rule, a), (b_rule, b)| (a_rule, &a.rows).cmp(&(b_rule, &b.rows)));
    Ok(findings.into_iter().map(|(_, finding)| finding).collect())
}

/// The months of a row that are in question.
fn months(at: At, line: &Line) -> MonthRange {
    match at {
        At::Month(month) => MonthRange::single(month),
        At::Window(..) | At::Case(_) | At::Letter(_) | At::Nothing => line.paid,
    }
}

fn in_order<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}
