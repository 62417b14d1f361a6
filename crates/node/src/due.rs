//! Until when findings wait for what, in which order they are looked at, and which of them are late. Key groups
//! (重点人群) come first, then those of whom it must be asked whether they are of one; within, the earliest due.

use hefu_casework::calendar::Calendar;
use hefu_casework::clue::ClueKind;
use hefu_casework::review::{Due, Late, Review, Surroundings};
use hefu_casework::{Care, Finding, FindingKind, Hex};
use hefu_store::{Role, Round, RoundState};
use jiff::civil::Date;

use crate::review::{Reviews, matched_on};
use crate::{Node, Result};

/// A finding in which something is late, or may be.
pub struct Overdue {
    /// The round.
    pub round: Hex<32>,
    /// The finding's number in it, from 1.
    pub seq: u64,
    /// The finding.
    pub finding: Finding,
    /// How far it is; nothing where nobody has begun.
    pub review: Option<Review>,
    /// What it waits for.
    pub due: Due,
    /// Never [`Late::No`].
    pub late: Late,
}

/// Where a finding stands in a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    rank: u8,
    /// Whose last day is known, then those whose is not, then those that wait for nothing.
    wait: u8,
    until: Option<Date>,
}

impl Order {
    pub(crate) fn of(care: &Care, due: Option<&Due>) -> Self {
        let until = due.and_then(|due| due.until);
        Self {
            rank: care.rank(),
            wait: match (due, until) {
                (Some(_), Some(_)) => 0,
                (Some(_), None) => 1,
                (None, _) => 2,
            },
            until,
        }
    }
}

impl Node {
    /// What the finding with this number, from 1, waits for in its round, and until when; nothing where it waits for
    /// nothing.
    ///
    /// # Errors
    /// When there is no such finding, or not any more; the store's.
    pub fn due(&self, round: &[u8; 32], seq: u64) -> Result<Option<Due>> {
        let (record, finding) = self.found(round, seq)?;
        let standing = self.standing_of(&record, seq, &finding)?;
        let waits = standing.corrected_before.is_none();
        Ok(self.due_of(&finding, &standing.review, waits, &Calendar::national()))
    }

    /// The findings of all rounds in which something is late on the day `on`, or in which that cannot be told, since the
    /// holidays of that time are not known here. Key groups first.
    ///
    /// # Errors
    /// The store's.
    pub fn overdue(&self, on: Date) -> Result<Vec<Overdue>> {
        let calendar = Calendar::national();
        let mut late = Vec::new();
        let learned = |round: &Round| round.role == Role::Receiver && round.state == RoundState::Done;
        for record in self.store.rounds()?.into_iter().filter(learned) {
            let findings = self.kept_findings(&record)?.unwrap_or_default();
            if findings.is_empty() {
                continue;
            }
            let reviews = self.reviews(&record.id)?;
            for (seq, finding) in (1..).zip(findings) {
                let Some(due) = self.due_in(&record, &reviews, seq, &finding, &calendar) else {
                    continue;
                };
                match due.late_on(on, &calendar) {
                    Late::No => {}
                    is_late => late.push(Overdue {
                        round: Hex(record.id),
                        seq,
                        review: reviews.begun.get(&seq).cloned(),
                        finding,
                        due,
                        late: is_late,
                    }),
                }
            }
        }
        late.sort_by_key(|each| Order::of(&each.finding.care, Some(&each.due)));
        Ok(late)
    }

    /// As [`Node::due`], of a finding of a round whose reviews were read.
    pub(crate) fn due_in(
        &self,
        record: &Round,
        reviews: &Reviews,
        seq: u64,
        finding: &Finding,
        calendar: &Calendar,
    ) -> Option<Due> {
        let waits = !reviews.corrected_before.contains_key(&seq);
        match reviews.begun.get(&seq) {
            Some(review) => self.due_of(finding, review, waits, calendar),
            None => {
                let around = Surroundings::of(finding);
                // Nothing is recorded in it, so nothing is asked of what it rests on.
                let review = Review::new(Hex([0; 32]), matched_on(record), around);
                self.due_of(finding, &review, waits, calendar)
            }
        }
    }

    pub(crate) fn due_of(
        &self,
        finding: &Finding,
        review: &Review,
        waits: bool,
        calendar: &Calendar,
    ) -> Option<Due> {
        // What a letter waits for is reckoned from the letter, and what a clue waits for from the clue: the ledger says
        // it.
        let of_letter = matches!(finding.kind, FindingKind::Referral | FindingKind::NoFeedback);
        if of_letter || ClueKind::of(finding.kind).is_some() || !waits {
            return None;
        }
        review.due(&finding.care, &self.surroundings.deadlines, calendar)
    }
}
