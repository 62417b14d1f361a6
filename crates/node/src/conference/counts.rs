//! What a round came to for this node, of the legs in which it learned: counts, for the office alone.

use std::collections::BTreeMap;

use hefu_casework::conference::{Cell, Counts, Settled};
use hefu_casework::review::{Decision, Review, Stage};
use hefu_casework::{Fen, Finding, Hex, Known};

use crate::review::Reviews;
use crate::{Error, Node, Result};

/// By which findings are alike: rule, first month, key group, whether nothing is published of the person.
type Alike = (Option<String>, Option<String>, bool, bool);

impl Node {
    /// What a round came to: the findings of the legs that are done on the record, each counted once, and what has become
    /// of them so far.
    ///
    /// # Errors
    /// The store's; [`Error::Internal`] where sums do not fit.
    pub fn counts_of(&self, conference: &Hex<32>, round: u32) -> Result<Counts> {
        let mut cells = Vec::new();
        for (leg, session) in self.legs_that_hold(conference, round)? {
            let record = self.round_on_record(&session)?;
            let Some(findings) = self.kept_findings(&record)? else {
                continue;
            };
            let reviews = self.reviews(&session)?;
            let mut alike: BTreeMap<Alike, Cell> = BTreeMap::new();
            for (seq, finding) in (1..).zip(&findings) {
                let key = (
                    finding.rule.as_ref().map(ToString::to_string),
                    finding.months.first().map(ToString::to_string),
                    finding.care.key_group() == Known::Yes,
                    finding.care.protected || finding.care.minor != Known::No,
                );
                let cell = alike.entry(key.clone()).or_insert_with(|| Cell {
                    annex: leg.annex,
                    other: Hex(record.peer),
                    rule: finding.rule.clone(),
                    month: finding.months.first().copied(),
                    key_group: key.2,
                    withheld: key.3,
                    findings: 0,
                    to_verify: Fen(0),
                    settled: Settled::default(),
                });
                add(cell, finding, seq, &reviews)?;
            }
            cells.extend(alike.into_values());
        }
        Ok(Counts { round, cells })
    }
}

fn add(cell: &mut Cell, finding: &Finding, seq: u64, reviews: &Reviews) -> Result<()> {
    let fen = finding.to_verify.unwrap_or(Fen(0));
    cell.findings += 1;
    cell.to_verify = sum(cell.to_verify, fen)?;
    let settled = &mut cell.settled;
    let review = reviews.begun.get(&seq);
    let verified = |review: &Review| !matches!(review.stage(), Stage::Open | Stage::Taken);
    if review.is_some_and(verified) {
        settled.verified += 1;
        settled.verified_fen = sum(settled.verified_fen, fen)?;
    }
    if !reviews.counts(seq) {
        settled.corrected += 1;
        settled.corrected_fen = sum(settled.corrected_fen, fen)?;
        return Ok(());
    }
    match review.and_then(Review::decision) {
        Some(Decision::Stopped {}) => settled.stopped += 1,
        Some(Decision::Recovered { fen }) => {
            settled.recovered += 1;
            settled.recovered_fen = sum(settled.recovered_fen, *fen)?;
        }
        _ => {}
    }
    Ok(())
}

fn sum(one: Fen, other: Fen) -> Result<Fen> {
    one.checked_add(other).ok_or(Error::Internal {
        what: "a sum of counts",
    })
}
