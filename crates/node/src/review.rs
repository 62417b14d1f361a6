//! What people do about findings. What may be done, and in which order, is [`hefu_casework::review`]'s to say; here it
//! is kept, and what was found to be wrong is kept from coming back.

use std::collections::{BTreeMap, BTreeSet};

use hefu_casework::clue::ClueKind;
use hefu_casework::note::Word;
use hefu_casework::review::{Contradiction, Event, Review, Stage, basis};
use hefu_casework::{Finding, Hex, NameAgreement};
use hefu_identity::AliasTable;
use hefu_store::{ACTED, Correction, Entry, Events, NewEvent, Round};
use jiff::civil::Date;
use serde_json::json;

use crate::node::day_of;
use crate::outcome::Outcomes;
use crate::{Error, Node, Result};

/// How far one finding is.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Its review; one of no acts where nobody has begun.
    pub review: Review,
    /// The acts, in order.
    pub events: Vec<Event>,
    /// The same was found before and corrected there; nothing has changed since, and nobody has to look at it again.
    pub corrected_before: Option<Before>,
    /// What the other agency told of the same matter.
    pub told: Outcomes,
}

/// A finding of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before {
    /// The round.
    pub round: Hex<32>,
    /// The finding's number in it, from 1.
    pub seq: u64,
}

/// How far the findings of a round are, by their numbers, from 1. What is in neither is open.
#[derive(Clone, Debug, Default)]
pub struct Reviews {
    /// Those that somebody has begun with.
    pub begun: BTreeMap<u64, Review>,
    /// Those that were found and corrected before.
    pub corrected_before: BTreeMap<u64, Before>,
    /// What the other agency told, of those of which it told anything.
    pub told: BTreeMap<u64, Outcomes>,
}

impl Reviews {
    /// Whether a finding counts: not once it is corrected, here or before.
    #[must_use]
    pub fn counts(&self, seq: u64) -> bool {
        !self.corrected_before.contains_key(&seq) && self.begun.get(&seq).is_none_or(Review::counts)
    }

    /// In what the decisions that stand here and at the other agency do not go together.
    #[must_use]
    pub fn contradiction(&self, seq: u64) -> Option<Contradiction> {
        self.told.get(&seq)?.contradiction(self.begun.get(&seq))
    }

    /// Whether anybody is in charge of a finding on which nothing is decided yet, or a person's objection waits for an answer.
    #[must_use]
    pub fn under_way(&self) -> bool {
        let open = |review: &Review| match review.stage() {
            Stage::Taken | Stage::Verified | Stage::Excepted | Stage::Told | Stage::Heard => true,
            Stage::Open | Stage::Decided | Stage::Reviewed | Stage::Corrected => false,
        };
        let waits = |review: &Review| open(review) || review.objected().is_some();
        self.begun.values().any(waits)
    }

    /// How many findings do not count.
    #[must_use]
    pub fn corrected(&self) -> u64 {
        let here = self.begun.iter().filter(|(_, review)| !review.counts());
        let all: BTreeSet<&u64> = here
            .map(|(seq, _)| seq)
            .chain(self.corrected_before.keys())
            .collect();
        all.len() as u64
    }
}

impl Node {
    /// The review of the finding with this number in its round, from 1.
    ///
    /// # Errors
    /// When there is no such finding, or not any more; the store's.
    pub fn review(&self, round: &[u8; 32], seq: u64) -> Result<Review> {
        Ok(self.standing(round, seq)?.review)
    }

    /// As [`Node::review`], with every act.
    ///
    /// # Errors
    /// As [`Node::review`].
    pub fn standing(&self, round: &[u8; 32], seq: u64) -> Result<Standing> {
        let (record, finding) = self.found(round, seq)?;
        self.standing_of(&record, seq, &finding)
    }

    /// Records one act more on a finding, where the law allows it here; the log says who did what. `event.by` is the
    /// person who acts.
    ///
    /// # Errors
    /// Those of [`Review::record`] for what may not be done; [`Error::IsClue`] for a lead or an omission, which say
    /// nothing against anybody; [`Error::CorrectedBefore`] for a finding that a correction
    /// keeps away; [`Error::LegUnsettled`] for what takes something from people, as long as the two ends of the round may
    /// differ; [`hefu_store::Error::ActedMeanwhile`] where somebody else was faster; as [`Node::review`].
    pub fn record_review(&self, round: &[u8; 32], seq: u64, event: &Event) -> Result<Standing> {
        self.record_review_after(round, seq, event, None)
    }

    /// As [`Node::record_review`], by somebody who has seen so many acts and no others.
    ///
    /// # Errors
    /// As [`Node::record_review`].
    pub fn record_review_after(
        &self,
        round: &[u8; 32],
        seq: u64,
        event: &Event,
        seen: Option<u64>,
    ) -> Result<Standing> {
        let (record, finding) = self.found(round, seq)?;
        if ClueKind::of(finding.kind).is_some() {
            return Err(Error::IsClue { seq });
        }
        let withdrawals = self.store.last_withdrawal()?;
        let mut standing = self.standing_of(&record, seq, &finding)?;
        if let Some(Before { round, seq }) = standing.corrected_before {
            return Err(Error::CorrectedBefore { round, seq });
        }
        if seen.is_some_and(|seen| seen != standing.events.len() as u64) {
            return Err(hefu_store::Error::ActedMeanwhile.into());
        }
        standing.review.record(event)?;
        if is_adverse(event) {
            self.must_hold(round)?;
        }
        let after = standing.events.len() as u64;
        let rests_on = self.basis(&finding);
        // Of what was written, the log has nothing.
        let body = json!({
            "round": Hex(*round),
            "finding": seq,
            "number": after + 1,
            "act": event.act.code(),
        });
        self.store.append_event(&NewEvent {
            round,
            finding: seq.saturating_sub(1),
            after,
            withdrawals,
            event: &event.to_bytes(),
            corrects: standing.review.keeps_away(&rests_on).then_some(&rests_on.0),
            entry: Entry {
                actor: event.by.as_str(),
                kind: ACTED,
                body: &body,
            },
        })?;
        standing.events.push(event.clone());
        if event.act.told_there(event.at).is_some()
            && let Err(error) = self.tell_of_act(round, seq)
        {
            // It is on record, and told at the keeper's next turn.
            tracing::warn!(
                node = self.name(),
                code = error.code(),
                "a note about a decision waits"
            );
        }
        Ok(standing)
    }

    /// How far the findings of a round are; nothing where they were deleted.
    ///
    /// # Errors
    /// When there is no such round; the store's.
    pub fn reviews(&self, round: &[u8; 32]) -> Result<Reviews> {
        let record = self.round_on_record(round)?;
        let findings = self.kept_findings(&record)?.unwrap_or_default();
        let mut reviews = self.reviews_of(&record, &findings)?;
        reviews.told = self.told_of_findings(&record, (1..).zip(&findings))?;
        Ok(reviews)
    }

    /// How far all findings of a round are, without what was told of them.
    pub(crate) fn reviews_of(&self, record: &Round, findings: &[Finding]) -> Result<Reviews> {
        let mut reviews = Reviews::default();
        if findings.is_empty() {
            return Ok(reviews);
        }
        let aliases = self.aliases(&record.datasets);
        let mut acts = self.store.reviews(&record.id)?;
        let any_corrected = self.store.has_corrections()?;
        for (seq, finding) in (1..).zip(findings) {
            if let Some(events) = acts.remove(&(seq - 1)) {
                let around = self.around(record, &aliases, finding)?;
                let events = parsed(&events)?;
                let review = Review::from_events(self.basis(finding), matched_on(record), around, &events)?;
                reviews.begun.insert(seq, review);
            } else if any_corrected
                && let Some(before) = self.corrected_elsewhere(&self.basis(finding), finding)?
            {
                reviews.corrected_before.insert(seq, before);
            }
        }
        Ok(reviews)
    }

    /// What a finding rests on, by which the same is known again: a digest that only this node can make.
    #[must_use]
    pub fn basis(&self, finding: &Finding) -> Hex<32> {
        basis(finding, &Hex(self.store.person_digest(&finding.person)))
    }

    pub(crate) fn standing_of(&self, record: &Round, seq: u64, finding: &Finding) -> Result<Standing> {
        let aliases = self.aliases(&record.datasets);
        let told = self.told_of_finding(record, seq, finding)?;
        self.standing_beside(record, &aliases, seq, finding, told)
    }

    /// The same, with the aliases of its round and what was told of it.
    pub(crate) fn standing_beside(
        &self,
        record: &Round,
        aliases: &AliasTable,
        seq: u64,
        finding: &Finding,
        told: Outcomes,
    ) -> Result<Standing> {
        let rests_on = self.basis(finding);
        let events = parsed(&self.store.events_of(&record.id, seq.saturating_sub(1))?)?;
        let corrected_before = match events.is_empty() {
            true => self.corrected_elsewhere(&rests_on, finding)?,
            false => None,
        };
        let around = self.around(record, aliases, finding)?;
        Ok(Standing {
            review: Review::from_events(rests_on, matched_on(record), around, &events)?,
            events,
            corrected_before,
            told,
        })
    }

    /// A finding with acts of its own is never asked after: those say how far it is. One whose names could not be compared
    /// says nothing new where the same was corrected with names that were.
    fn corrected_elsewhere(&self, rests_on: &Hex<32>, finding: &Finding) -> Result<Option<Before>> {
        let before = |correction: Correction| Before {
            round: Hex(correction.round),
            seq: correction.finding + 1,
        };
        let known = self.store.correction(&rests_on.0)?.map(before);
        if known.is_some() || !matches!(finding.name, None | Some(NameAgreement::Unknown)) {
            return Ok(known);
        }
        let mut compared = finding.clone();
        for name in [NameAgreement::Differs, NameAgreement::Same] {
            compared.name = Some(name);
            if let Some(correction) = self.store.correction(&self.basis(&compared).0)? {
                return Ok(Some(before(correction)));
            }
        }
        Ok(None)
    }

    /// The finding with this number, from 1, and its round.
    pub(crate) fn found(&self, round: &[u8; 32], seq: u64) -> Result<(Round, Finding)> {
        let record = self.round_on_record(round)?;
        let missing = || Error::Missing {
            what: "finding",
            name: seq.to_string(),
        };
        let index = seq.checked_sub(1).ok_or_else(missing)?;
        let finding = self.finding(round, index)?.ok_or_else(missing)?;
        Ok((record, finding))
    }
}

/// Whether it takes something from people.
fn is_adverse(event: &Event) -> bool {
    matches!(event.act.told_there(event.at), Some(Word::Outcome(outcome)) if outcome.decision.is_adverse())
}

fn parsed(events: &Events) -> Result<Vec<Event>> {
    let parse = |event: &zeroize::Zeroizing<Vec<u8>>| Ok(Event::parse(event)?);
    events.iter().map(parse).collect()
}

/// The day of the match, in Beijing time.
pub(crate) fn matched_on(record: &Round) -> Date {
    let ended = record.ended_at.unwrap_or(record.started_at);
    day_of(ended)
}
