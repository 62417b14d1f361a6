//! What the party that received letters says of each person in each letter.

use super::ElementSet;
use crate::{Error, Feedback, RowId};

/// One for each element, from the feedbacks by line. Registers keep a row for each step, so the latest day counts; rows
/// of one day that differ cannot both be told, and are refused rather than chosen from.
pub(super) fn answers(set: &ElementSet, feedbacks: &[Feedback]) -> Result<Vec<Feedback>, Error> {
    let said = |line: &u32| {
        let index = *line as usize;
        Some((*feedbacks.get(index)?, set.ledger.lines.get(index)?.row))
    };
    (0..set.len())
        .map(|position| latest(set.lines(position).iter().filter_map(said).collect()))
        .collect()
}

fn latest(mut said: Vec<(Feedback, RowId)>) -> Result<Feedback, Error> {
    let last = said.iter().map(|(feedback, _)| feedback.date).max();
    said.retain(|(feedback, _)| Some(feedback.date) == last);
    // There is no element without a line.
    let Some((first, _)) = said.first().copied() else {
        return Err(Error::Label);
    };
    if said.iter().all(|(feedback, _)| *feedback == first) {
        return Ok(first);
    }
    let mut rows: Vec<_> = said.into_iter().map(|(_, row)| row).collect();
    rows.sort_unstable();
    rows.dedup();
    Err(Error::ReferralContradiction { rows })
}
