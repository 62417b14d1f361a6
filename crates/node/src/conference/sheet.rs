//! Lines of the ledger that come from a workbook.

use std::collections::BTreeMap;

use hefu_casework::Hex;
use hefu_casework::conference::{Line, MAX_CHANGES, Private, Word};

use crate::{Node, Result};

impl Node {
    /// Puts lines on the ledger, each new or the next revision of one that is there; in as many entries as that takes,
    /// since an entry is between two agencies. Where one entry is refused, what was said before it stays said: a
    /// workbook can be brought in again, and only what is still to be done is done.
    ///
    /// # Errors
    /// As [`Node::say`].
    pub fn put_lines(&self, id: &Hex<32>, lines: Vec<Line>, actor: &str) -> Result<()> {
        let mut between: BTreeMap<[Hex<32>; 2], Vec<Line>> = BTreeMap::new();
        for line in lines {
            let ends = [line.from.min(line.to), line.from.max(line.to)];
            between.entry(ends).or_default().push(line);
        }
        let me = Hex(self.node_key());
        for lines in between.into_values() {
            for some in lines.chunks(MAX_CHANGES) {
                let private = Private::Items(some.to_vec());
                let readers = self.with_conference(id, |state| state.readers(&me, &private))?;
                self.say(
                    id,
                    Word::Items {},
                    Some((private, readers.unwrap_or_default())),
                    actor,
                )?;
            }
        }
        Ok(())
    }
}
