//! What rounds found of people who may be without help, taken up inside the agency.

use std::collections::BTreeMap;

use hefu_casework::Text;
use hefu_casework::clue::{ClueAct, ClueKind, ClueOpening};
use hefu_casework::matter::{Act, Direction, Event, Opening};
use hefu_casework::{Finding, Hex};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Kept, Person};
use crate::review::matched_on;
use crate::{Error, Node, Result};

impl Node {
    /// Takes up a lead or an omission that a round found: a clue with this number, in `actor`'s charge from `on`.
    ///
    /// # Errors
    /// [`Error::NotAClue`] for any other finding; [`hefu_store::Error::MatterExists`] where the same was taken up
    /// before, here or from another round, and for a number that the ledger has; [`Error::LegUnsettled`] where the two
    /// ends of the round may differ; those of the clue's first act; when there is no such finding, or not any more.
    pub fn take_clue(
        &self,
        round: &[u8; 32],
        seq: u64,
        number: Text<100>,
        on: Date,
        actor: &str,
    ) -> Result<Kept> {
        let (record, finding) = self.found(round, seq)?;
        self.must_hold(round)?;
        let opening = ClueOpening {
            number,
            on: matched_on(&record),
            kind: ClueKind::of(finding.kind).ok_or(Error::NotAClue { seq })?,
            round: Hex(*round),
            finding: seq,
        };
        let taken = Event {
            at: Timestamp::now(),
            by: Text::new(actor)?,
            on,
            act: Act::Clue(ClueAct::Taken {}),
        };
        self.open_resting_on(
            &Person {
                key: finding.person.clone(),
                care: finding.care,
            },
            Direction::Own,
            Opening::Clue(opening),
            vec![taken],
            Some(&self.basis(&finding).0),
            actor,
        )
    }

    /// The clues that were made of a round's findings, by the findings' numbers, from 1; also of what an earlier round
    /// found and this one again.
    ///
    /// # Errors
    /// The store's.
    pub fn clues_of(&self, findings: &[Finding]) -> Result<BTreeMap<u64, Kept>> {
        let mut clues = BTreeMap::new();
        for (seq, finding) in (1..).zip(findings) {
            if let Some(clue) = self.clue_of(finding)? {
                clues.insert(seq, clue);
            }
        }
        Ok(clues)
    }

    /// What was made of one finding, here or when an earlier round found the same; nothing of what is no clue.
    pub(crate) fn clue_of(&self, finding: &Finding) -> Result<Option<Kept>> {
        if ClueKind::of(finding.kind).is_none() {
            return Ok(None);
        }
        let id = self.store.matter_resting_on(&self.basis(finding).0)?;
        id.map(|id| self.matter(id)).transpose()
    }
}
