//! What the referrer learns: of each person in each of its letters, what the other agency says, or that it has said
//! nothing.

use jiff::civil::Date;

use super::{Finding, FindingKind, Outcome, in_order, within};
use crate::{
    Error, Feedback,
    element::{At, ElementSet},
    parse_label,
};

/// `labels` are those of the matches, one after another in their order.
pub(super) fn outcome(
    set: &ElementSet,
    peer: &str,
    matched: &[u32],
    labels: &[u8],
    on: Date,
) -> Result<Outcome, Error> {
    let mut known = Vec::new();
    for (position, feedback) in answered(set, matched, labels)? {
        known.extend(said(set, position, Some(feedback)));
    }
    for position in 0..set.len() {
        known.extend(said(set, position, None));
    }
    // A person with two numbers has two elements, and the other agency may answer for one of them or for both: the
    // latest answer comes first, and none after all.
    known.sort_unstable_by(|a, b| (a.person, a.letter, b.feedback).cmp(&(b.person, b.letter, a.feedback)));
    let together = |a: &Said, b: &Said| (a.person, a.letter) == (b.person, b.letter);
    let mut findings: Vec<_> = known
        .chunk_by(together)
        .map(|said| finding(set, peer, said, on))
        .collect();
    findings.sort_by(|a, b| a.rows.cmp(&b.rows));
    Ok(Outcome {
        findings,
        cannot_find: set.cannot_find().to_vec(),
    })
}

/// One own row, and what the other agency says of it under one of the person's numbers.
struct Said {
    person: u32,
    letter: u32,
    line: u32,
    feedback: Option<Feedback>,
}

fn said(set: &ElementSet, position: usize, feedback: Option<Feedback>) -> impl Iterator<Item = Said> {
    let letter = match set.elements[position].at {
        At::Letter(letter) => Some(letter),
        At::Nothing | At::Month(_) | At::Window(..) | At::Case(_) => None,
    };
    let lines = set.lines(position).iter();
    lines.filter_map(move |line| {
        Some(Said {
            person: set.ledger.lines[*line as usize].person,
            letter: letter?,
            line: *line,
            feedback,
        })
    })
}

fn answered(set: &ElementSet, matched: &[u32], labels: &[u8]) -> Result<Vec<(usize, Feedback)>, Error> {
    let miscounted = Error::LabelCount {
        bytes: labels.len(),
        matches: matched.len(),
    };
    let Some(terms) = &set.label else {
        return Err(miscounted);
    };
    let width = usize::from(terms.max_bytes);
    if Some(labels.len()) != matched.len().checked_mul(width) {
        return Err(miscounted);
    }
    let matches = matched.iter().zip(labels.chunks_exact(width));
    matches
        .map(|(position, label)| Ok((within(set, *position)?, parse_label(terms, label)?)))
        .collect()
}

fn finding(set: &ElementSet, peer: &str, said: &[Said], on: Date) -> Finding {
    let ledger = &set.ledger;
    let Said {
        person,
        letter,
        feedback,
        ..
    } = said[0];
    let lines = || said.iter().map(|each| &ledger.lines[each.line as usize]);
    Finding {
        kind: if feedback.is_some() {
            FindingKind::Referral
        } else {
            FindingKind::NoFeedback
        },
        rule: None,
        peer: Some(peer.to_owned()),
        person: ledger.numbers[person as usize].clone(),
        rows: in_order(lines().map(|line| line.row)),
        months: in_order(lines().flat_map(|line| line.paid.iter())),
        changeover: vec![],
        case: None,
        letter: Some(ledger.letters[letter as usize].clone()),
        feedback,
        programmes: in_order(lines().map(|line| ledger.programmes[line.programme as usize].clone())),
        to_verify: None,
        payments: vec![],
        care: ledger.care(lines(), on),
    }
}
