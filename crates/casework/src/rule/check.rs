//! What makes a rule, and a set of them, right. What cannot be right is refused before anybody agrees to it.

use std::collections::{HashMap, HashSet};

use super::{Basis, Level, Reach, Rule, RuleKind, Window, read::Read};
use crate::{Catalogue, Error, Nature, ProgrammeCode, Wrong, text};

const MAX_TEXT_CHARS: usize = 1_000;
const MAX_GRACE_MONTHS: u8 = 24;

type Found = Option<(&'static str, Wrong)>;

/// Whether the rule is right in itself.
pub(super) fn alone(read: &Read) -> Result<(), Error> {
    let rule = &read.rule;
    let found = texts(rule)
        .or_else(|| sides(rule))
        .or_else(|| kind(rule))
        .or_else(|| reach(rule))
        .or_else(|| force(rule));
    found.map_or(Ok(()), |(field, wrong)| Err(read.wrong(field, wrong)))
}

/// Whether the rule may stand in a file of some place.
pub(super) fn local(read: &Read) -> Result<(), Error> {
    if read.rule.level == Level::National {
        return Err(read.wrong("level", Wrong::NotAllowed));
    }
    Ok(())
}

/// Whether the rules, in the order of their ids, are right together.
pub(super) fn together(all: &[Read]) -> Result<(), Error> {
    for pair in all.windows(2) {
        if let [a, b] = pair
            && a.rule.id == b.rule.id
        {
            return Err(b.wrong("id", Wrong::Repeated));
        }
    }
    all.iter().try_for_each(|read| replaced(all, read))?;
    contradictions(all)
}

fn texts(rule: &Rule) -> Found {
    let texts = [
        ("name", Some(&rule.name)),
        ("text", Some(&rule.text)),
        ("source", Some(&rule.source)),
        ("article", rule.article.as_ref()),
        ("why_local", rule.why_local.as_ref()),
    ];
    texts.into_iter().find_map(|(field, said)| {
        let wrong = text::check(said?, MAX_TEXT_CHARS).err()?;
        Some((field, wrong))
    })
}

fn sides(rule: &Rule) -> Found {
    let catalogue = Catalogue::shipped();
    let side = |field, side: &[ProgrammeCode]| {
        if side.is_empty() {
            return Some((field, Wrong::Missing));
        }
        if side.iter().collect::<HashSet<_>>().len() != side.len() {
            return Some((field, Wrong::Repeated));
        }
        let known = side.iter().all(|code| catalogue.get(code).is_some());
        (!known).then_some((field, Wrong::Unknown))
    };
    side("left", &rule.left)
        .or_else(|| side("right", &rule.right))
        .or_else(|| {
            let fit = if rule.symmetric {
                rule.left == rule.right
            } else {
                !rule.left.iter().any(|code| rule.right.contains(code))
            };
            (!fit).then_some(("symmetric", Wrong::NotAllowed))
        })
}

fn kind(rule: &Rule) -> Found {
    let limits = rule.kind == RuleKind::Limit;
    let by_kind = match rule.kind {
        RuleKind::Exclusive | RuleKind::Choose | RuleKind::LookOnly | RuleKind::Lawful => {
            by(rule, None, Basis::Month)
        }
        RuleKind::Limit => by(rule, Some(true), Basis::Month),
        RuleKind::Once => {
            by(rule, Some(true), Basis::Case).or_else(|| natures(rule, |n| n == Nature::OneOff))
        }
        RuleKind::Ends => by(rule, Some(false), Basis::Month)
            .or_else(|| natures(rule, |n| n == Nature::Monthly))
            .or_else(|| window(rule, rule.window.is_month())),
    };
    by_kind
        .or_else(|| window(rule, rule.basis == Basis::Month || rule.window.is_month()))
        .or_else(|| (rule.same_cause && !limits).then_some(("same_cause", Wrong::NotAllowed)))
        .or_else(|| grace(rule))
        .or_else(|| limit(rule, limits))
}

fn by(rule: &Rule, symmetric: Option<bool>, basis: Basis) -> Found {
    if symmetric.is_some_and(|symmetric| rule.symmetric != symmetric) {
        return Some(("symmetric", Wrong::NotAllowed));
    }
    (rule.basis != basis).then_some(("basis", Wrong::NotAllowed))
}

/// Programmes that pay in another way cannot break the rule.
fn natures(rule: &Rule, fits: impl Fn(Nature) -> bool) -> Found {
    let catalogue = Catalogue::shipped();
    let fit = |code| {
        catalogue
            .get(code)
            .is_some_and(|programme| fits(programme.nature))
    };
    (!rule.left.iter().all(fit)).then_some(("left", Wrong::NotAllowed))
}

fn window(rule: &Rule, allowed: bool) -> Found {
    let sound = match rule.window {
        Window::Months(months) => (2..=Window::MOST_MONTHS).contains(&months),
        _ => true,
    };
    if !allowed {
        return Some(("window", Wrong::NotAllowed));
    }
    (!sound).then_some(("window", Wrong::OutOfRange))
}

fn grace(rule: &Rule) -> Found {
    if rule.grace_months > 0 && rule.kind != RuleKind::Ends {
        return Some(("grace_months", Wrong::NotAllowed));
    }
    (rule.grace_months > MAX_GRACE_MONTHS).then_some(("grace_months", Wrong::OutOfRange))
}

fn limit(rule: &Rule, wanted: bool) -> Found {
    let Some(limit) = &rule.limit else {
        return wanted.then_some(("limit", Wrong::Missing));
    };
    if !wanted {
        return Some(("limit", Wrong::NotAllowed));
    }
    if limit.times.or(limit.standards).is_none() && limit.fen.is_none() {
        return Some(("limit", Wrong::Missing));
    }
    if limit.standard_fen.is_some() && limit.standards.is_none() {
        return Some(("limit", Wrong::NotAllowed));
    }
    let counts = [limit.times, limit.standards].into_iter().flatten();
    let amounts = [limit.fen, limit.standard_fen].into_iter().flatten();
    let positive = counts.into_iter().all(|count| count > 0) && amounts.into_iter().all(|fen| fen.0 > 0);
    if !positive || limit.standards.is_some() && limit.standard_fen.is_some() && limit.ceiling().is_none() {
        return Some(("limit", Wrong::OutOfRange));
    }
    None
}

/// Two sets can show that a payment has its like at the other agency; they can neither count on nor add up.
fn reach(rule: &Rule) -> Found {
    let once =
        |limit: &super::Limit| limit.times == Some(1) && limit.fen.is_none() && limit.standards.is_none();
    if rule.reach == Reach::Round && rule.limit.as_ref().is_some_and(|limit| !once(limit)) {
        return Some(("reach", Wrong::NotAllowed));
    }
    match (rule.reach, &rule.why_local) {
        (Reach::Local, None) => Some(("why_local", Wrong::Missing)),
        (Reach::Round, Some(_)) => Some(("why_local", Wrong::NotAllowed)),
        _ => None,
    }
}

fn force(rule: &Rule) -> Found {
    if rule.until.is_some_and(|until| until <= rule.from) {
        return Some(("until", Wrong::OutOfRange));
    }
    let place = rule.place.as_str();
    let level = if place == "000000" {
        Level::National
    } else if place.ends_with("0000") {
        Level::Province
    } else if place.ends_with("00") {
        Level::City
    } else {
        Level::County
    };
    (level != rule.level).then_some(("level", Wrong::NotAllowed))
}

/// A rule replaces others of wider places on the same programmes, and nothing else. The replaced rule holds there no more,
/// not for any of its pairs: each must stand in one of the rules that take its place.
fn replaced(all: &[Read], read: &Read) -> Result<(), Error> {
    let rule = &read.rule;
    let mut seen = HashSet::new();
    for id in &rule.replaces {
        if !seen.insert(id) {
            return Err(read.wrong("replaces", Wrong::Repeated));
        }
        let found = all.binary_search_by(|other| other.rule.id.cmp(id)).ok();
        let Some(other) = found.and_then(|found| all.get(found)) else {
            return Err(read.wrong("replaces", Wrong::Unknown));
        };
        let other = &other.rule;
        if other.place == rule.place || !other.place.covers(&rule.place) {
            return Err(read.wrong("replaces", Wrong::OutOfRange));
        }
        let common: HashSet<_> = pairs(other).collect();
        if !pairs(rule).any(|pair| common.contains(&pair)) {
            return Err(read.wrong("replaces", Wrong::NotAllowed));
        }
        if leaves_a_gap(all, rule, other) {
            return Err(read.wrong("replaces", Wrong::Partial));
        }
    }
    Ok(())
}

/// Whether, in a month in which `rule` is in force instead of `wide`, some pair of `wide` stands in no rule of that place
/// that replaces it.
fn leaves_a_gap(all: &[Read], rule: &Rule, wide: &Rule) -> bool {
    let instead: Vec<_> = all
        .iter()
        .map(|read| &read.rule)
        .filter(|other| other.place == rule.place && other.replaces.contains(&wide.id))
        .collect();
    pairs(wide).any(|pair| {
        let mut open = vec![rule.in_force().intersect(wide.in_force())];
        for other in &instead {
            if pairs(other).any(|other| other == pair) {
                open = open
                    .into_iter()
                    .flat_map(|range| range.without(other.in_force()))
                    .collect();
            }
        }
        open.iter().any(|range| !range.is_empty())
    })
}

/// Of two rules on one pair of programmes, in force at one time and one place, the narrower must replace the wider; two
/// of the same place contradict each other. Limits stand beside each other.
fn contradictions(all: &[Read]) -> Result<(), Error> {
    let mut by_pair: HashMap<_, Vec<&Read>> = HashMap::new();
    let verdicts = all
        .iter()
        .filter(|read| !matches!(read.rule.kind, RuleKind::Limit | RuleKind::Once));
    for read in verdicts {
        for pair in pairs(&read.rule) {
            let others = by_pair.entry(pair).or_default();
            for other in others.iter() {
                contradict(other, read)?;
            }
            if others.last().is_none_or(|last| last.rule.id != read.rule.id) {
                others.push(read);
            }
        }
    }
    Ok(())
}

fn contradict(a: &Read, b: &Read) -> Result<(), Error> {
    if a.rule.id == b.rule.id || a.rule.in_force().intersect(b.rule.in_force()).is_empty() {
        return Ok(());
    }
    if a.rule.place == b.rule.place {
        return Err(b.wrong("place", Wrong::Repeated));
    }
    let (wide, narrow) = if a.rule.place.covers(&b.rule.place) {
        (a, b)
    } else if b.rule.place.covers(&a.rule.place) {
        (b, a)
    } else {
        return Ok(());
    };
    if narrow.rule.replaces.contains(&wide.rule.id) {
        return Ok(());
    }
    Err(narrow.wrong("replaces", Wrong::Missing))
}

/// Its pairs of programmes, each in one order whichever side they stand on.
fn pairs(rule: &Rule) -> impl Iterator<Item = (&ProgrammeCode, &ProgrammeCode)> {
    let across = |left| rule.right.iter().map(move |right| (left, right));
    rule.left
        .iter()
        .flat_map(across)
        .map(|(a, b)| if a <= b { (a, b) } else { (b, a) })
}
