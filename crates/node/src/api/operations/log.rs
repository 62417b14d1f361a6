//! The audit log, by what is asked of it.

use std::sync::Arc;

use hefu_store::{LogEntry, SECURITY_KINDS};

use super::{Operations, blocking};
use crate::api::error::Result;
use crate::api::routes::EntriesAsked;
use crate::api::view::EntryPage;
use crate::node::day_of;

/// How many entries are read at once.
const BATCH: u64 = 1000;

/// How many entries one question reads at most: what is rare is looked for in several.
const MAX_READ: u64 = 100_000;

impl Operations {
    pub(in crate::api) async fn entries(self: Arc<Self>, asked: EntriesAsked) -> Result<EntryPage> {
        blocking(move || match asked.before {
            Some(before) => self.entries_before(before, &asked),
            None => self.entries_after(&asked),
        })
        .await
    }

    fn entries_after(&self, asked: &EntriesAsked) -> Result<EntryPage> {
        let limit = asked.limit();
        let (mut at, mut found) = (asked.after, Vec::new());
        for _ in 0..MAX_READ / BATCH {
            let batch = self.node.store().entries(at, BATCH as usize)?;
            let last_batch = (batch.len() as u64) < BATCH;
            for entry in batch {
                at = entry.seq;
                if takes(asked, &entry) {
                    found.push(entry.into());
                }
                if found.len() == limit {
                    return Ok(EntryPage {
                        entries: found,
                        next: Some(at),
                    });
                }
            }
            if last_batch {
                return Ok(EntryPage {
                    entries: found,
                    next: None,
                });
            }
        }
        Ok(EntryPage {
            entries: found,
            next: Some(at),
        })
    }

    /// The newest first.
    fn entries_before(&self, before: u64, asked: &EntriesAsked) -> Result<EntryPage> {
        let limit = asked.limit();
        let end = self.node.store().head()?.seq.saturating_add(1);
        let mut before = match before {
            0 => end,
            before => before.min(end),
        };
        let mut found = Vec::new();
        for _ in 0..MAX_READ / BATCH {
            let after = before.saturating_sub(1 + BATCH);
            let size = before.saturating_sub(1 + after);
            let batch = self.node.store().entries(after, size as usize)?;
            for entry in batch.into_iter().rev() {
                before = entry.seq;
                if takes(asked, &entry) {
                    found.push(entry.into());
                }
                if found.len() == limit {
                    return Ok(EntryPage {
                        entries: found,
                        next: (before > 1).then_some(before),
                    });
                }
            }
            if after == 0 {
                return Ok(EntryPage {
                    entries: found,
                    next: None,
                });
            }
            before = after + 1;
        }
        Ok(EntryPage {
            entries: found,
            next: Some(before),
        })
    }
}

fn takes(asked: &EntriesAsked, entry: &LogEntry) -> bool {
    let on = day_of(entry.at);
    let is_of_security = || SECURITY_KINDS.contains(&entry.kind.as_str());
    asked.kind.as_ref().is_none_or(|kind| entry.kind == *kind)
        && asked.actor.as_ref().is_none_or(|actor| entry.actor == *actor)
        && (!asked.security || is_of_security())
        && asked.from.is_none_or(|from| from <= on)
        && asked.until.is_none_or(|until| on <= until)
}
