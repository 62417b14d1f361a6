//! What a round came to for this node, of the legs in which it learned: counts, for the office alone.
//!
//! A finding counts in the round in which its line was opened. One that rests on the same as a finding of another round of
//! the conference has that one's line and was counted there, also where it goes on, and where what was found there is kept
//! no more; one that was corrected before is none. So counts of two rounds are of different findings, and corrections after
//! a report change no count of what was found.

use std::collections::BTreeMap;

use hefu_casework::conference::{Cell, Counts, Settled};
use hefu_casework::review::{Decision, Stage};
use hefu_casework::{Fen, Finding, Hex, Known, Month, RuleId, When};

use crate::review::Reviews;
use crate::{Node, Result};

/// By which findings are alike: rule, first month, key group, whether nothing is published of the person.
type Alike = (Option<RuleId>, Option<Month>, bool, bool);

impl Node {
    /// What a round came to: the findings of the legs that are done on the record and that were new in it, each counted
    /// once, and what has become of them so far.
    ///
    /// # Errors
    /// The store's; where sums do not fit.
    pub fn counts_of(&self, conference: &Hex<32>, round: u32) -> Result<Counts> {
        let first = self.first_found(conference)?;
        let mut cells = Vec::new();
        for (leg, session) in self.legs_that_hold(conference, round)? {
            let record = self.round_on_record(&session)?;
            let Some(findings) = self.kept_findings(&record)? else {
                continue;
            };
            let reviews = self.reviews(&session)?;
            let lines = self.lines_of(conference, &record, &findings)?;
            let mut alike: BTreeMap<Alike, Cell> = BTreeMap::new();
            for (seq, (finding, line)) in (1..).zip(findings.iter().zip(lines)) {
                let found_in = line.and_then(|line| first.get(&line));
                let is_old = found_in.is_some_and(|first| *first != round);
                if is_old || reviews.corrected_before.contains_key(&seq) {
                    continue;
                }
                let month = finding.months.first().copied();
                let key_group = finding.care.key_group() == Known::Yes;
                // Also of whom nobody has said that they are no minor and no victim.
                let withheld = finding.care.protected || finding.care.minor != Known::No;
                let key = (finding.rule.clone(), month, key_group, withheld);
                let cell = alike.entry(key).or_insert_with(|| Cell {
                    annex: leg.annex,
                    other: Hex(record.peer),
                    rule: finding.rule.clone(),
                    month,
                    key_group,
                    withheld,
                    findings: 0,
                    to_verify: Fen(0),
                    settled: Settled::default(),
                });
                count(cell, finding, seq, &reviews)?;
            }
            cells.extend(alike.into_values());
        }
        Ok(Counts { round, cells })
    }
}

fn count(cell: &mut Cell, finding: &Finding, seq: u64, reviews: &Reviews) -> Result<()> {
    let fen = finding.to_verify.unwrap_or_default();
    cell.findings += 1;
    cell.to_verify = sum(cell.to_verify, fen)?;
    let Some(review) = reviews.begun.get(&seq) else {
        return Ok(());
    };
    let settled = &mut cell.settled;
    if !matches!(review.stage(), Stage::Open | Stage::Taken) {
        settled.verified += 1;
        settled.verified_fen = sum(settled.verified_fen, fen)?;
    }
    if !review.counts() {
        settled.corrected += 1;
        settled.corrected_fen = sum(settled.corrected_fen, fen)?;
    }
    match review.decision() {
        Some(Decision::Stopped {}) => {
            settled.stopped += 1;
            settled.stopped_fen = sum(settled.stopped_fen, a_month(finding)?)?;
        }
        Some(Decision::Recovered { fen }) => {
            settled.recovered += 1;
            settled.recovered_fen = sum(settled.recovered_fen, *fen)?;
        }
        _ => {}
    }
    Ok(())
}

/// What was paid in the last month in question: that is not paid any more, where it is stopped.
fn a_month(finding: &Finding) -> Result<Fen> {
    let month = |when: When| match when {
        When::Month(month) => month,
        When::Day(day) => Month::of(day),
    };
    let last = finding.payments.iter().map(|payment| month(payment.when)).max();
    let of_last = finding
        .payments
        .iter()
        .filter(|payment| Some(month(payment.when)) == last);
    let paid = of_last.map(|payment| payment.fen).try_fold(Fen(0), sum)?;
    Ok(paid.max(Fen(0)))
}

fn sum(one: Fen, other: Fen) -> Result<Fen> {
    Ok(one
        .checked_add(other)
        .ok_or(hefu_casework::Error::AmountOverflow)?)
}
