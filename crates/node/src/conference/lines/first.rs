//! In which round a finding was new: that in which its line was opened. A line stays when what was found is deleted, so
//! that nothing is new twice.

use std::collections::BTreeMap;

use hefu_casework::note::Item;
use hefu_casework::{Finding, Hex};
use hefu_store::Round;

use super::gather::kind_of;
use super::{Place, Table};
use crate::{Node, Result};

impl Node {
    /// For each line of a matter here the first round that found it, where one did. What has no line yet gets one, if it may
    /// have one. Nothing where this node has no seat.
    pub(in crate::conference) fn first_found(&self, conference: &Hex<32>) -> Result<BTreeMap<Item, u32>> {
        let _alone = self.lines.alone();
        let Some(table) = self.table(conference)? else {
            return Ok(BTreeMap::new());
        };
        self.gather(&table)?;
        let mut first = BTreeMap::new();
        for line in self.kept_lines(conference)? {
            // What went by letter before a round found it has a line of none.
            let found = line.places.iter().filter_map(|place| table.round_of(place));
            let round = line.begun.round.or_else(|| found.min());
            first.extend(round.map(|round| (line.item, round)));
        }
        Ok(first)
    }

    /// The line of each of these findings of a session, where it has one.
    pub(in crate::conference) fn lines_of(
        &self,
        conference: &Hex<32>,
        record: &Round,
        findings: &[Finding],
    ) -> Result<Vec<Option<Item>>> {
        let agreement = self.signed(&record.agreement)?.agreement;
        let Some(kind) = kind_of(agreement.purpose) else {
            return Ok(vec![None; findings.len()]);
        };
        let (lineage, to) = (agreement.lineage(), Hex(record.peer));
        let line = |finding| {
            let known_by = self.known_by(kind, &lineage, &to, finding);
            Ok(self.store.line_known_by(&conference.0, &known_by)?.map(Hex))
        };
        findings.iter().map(line).collect()
    }
}

impl Table {
    fn round_of(&self, place: &Place) -> Option<u32> {
        let Place::Finding { round: session, .. } = place else {
            return None;
        };
        let mut done = self.done.iter();
        done.find(|(_, done)| *done == session.0).map(|(round, _)| *round)
    }
}
