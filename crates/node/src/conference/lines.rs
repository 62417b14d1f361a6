//! 工作台账: which lines of a conference's ledger are of matters here, and what they say.
//!
//! A line follows from what is on record here: the findings of legs that are done, and the letters and questions that went
//! to another member. Nobody writes one. The node's vault alone joins it to a person: its number is made of what it is
//! known by under the vault's key, so that to all others it is random.
//!
//! ```text
//! finding   lineage of the agreement, basis of the finding     the same in a later round is the same line
//! letter    kind, the other agency, the letter's number, the person
//! question  the number that both agencies have for it
//! ```

mod first;
mod gather;
mod own;
mod plan;
mod standing;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hefu_casework::conference::{ItemKind, Line, MAX_CHANGES, Parties, Private, Seat, State, Word};
use hefu_casework::note::Item;
use hefu_casework::{Hex, RuleId, canonical};
use hefu_store::StoredLine;
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};

use crate::{Error, Node, Result};

pub use own::{Again, Own, Revisited};

/// How often lines are brought up to date: what moves between two turns goes in one entry.
const PACE: Duration = Duration::from_secs(3);
/// How often it is looked whether anything moved, beside whenever a record has grown.
const LOOK: Duration = Duration::from_secs(5);

/// Lines under way, in memory.
#[derive(Default)]
pub(crate) struct Lines {
    /// Held by whoever brings them up to date.
    alone: Mutex<()>,
    /// How far log and record had come, by conference, when nothing was left to say.
    settled: Mutex<BTreeMap<Hex<32>, (u64, u64)>>,
}

/// Where the matter of a line stands here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// In a round.
    Finding {
        /// The round.
        round: Hex<32>,
        /// The finding's number in it, from 1.
        seq: u64,
    },
    /// In the ledger of people who are sent on or looked after.
    Matter {
        /// The matter's id.
        id: u64,
    },
    /// Among the questions to other agencies, under the line's own number.
    Inquiry {},
}

/// With what a line began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begun {
    kind: ItemKind,
    to: Hex<32>,
    round: Option<u32>,
    /// The annex, of what came of a round.
    annex: Option<Hex<32>>,
    rule: Option<RuleId>,
}

/// By what a line is known again. Its written form is keyed by the store.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum KnownBy<'a> {
    Finding {
        lineage: &'a Hex<32>,
        basis: &'a Hex<32>,
    },
    Letter {
        kind: ItemKind,
        to: &'a Hex<32>,
        letter: &'a str,
        person: Hex<16>,
    },
    Inquiry {
        item: &'a Item,
    },
}

/// A line of a matter here, read.
struct Kept {
    item: Item,
    subject: [u8; 16],
    begun: Begun,
    said: Option<Vec<u8>>,
    places: Vec<Place>,
}

/// A line's number, and the agency that owns it.
type OfOwner = (Item, Hex<32>);

/// What a conference's record has for its members' lines.
struct Table {
    conference: Hex<32>,
    me: Hex<32>,
    office: Hex<32>,
    /// The other members.
    seats: Vec<Seat>,
    /// The sessions of legs that are done, and of which round.
    done: Vec<(u32, [u8; 32])>,
    /// The ledger as it will be when all that this node has said is on record.
    ahead: BTreeMap<OfOwner, Line>,
    /// The ledger as on record.
    placed: BTreeMap<OfOwner, Line>,
}

/// Lines that were said and are not on record, in their written form.
#[derive(Default)]
struct RefusedLines {
    /// Each in an entry of its own.
    alone: BTreeSet<Vec<u8>>,
    /// In an entry with others.
    together: BTreeSet<Vec<u8>>,
}

impl Lines {
    fn alone(&self) -> MutexGuard<'_, ()> {
        self.alone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settled(&self) -> MutexGuard<'_, BTreeMap<Hex<32>, (u64, u64)>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn read(stored: StoredLine) -> Result<Kept> {
        let places = stored
            .places
            .iter()
            .map(|place| Ok(canonical::from_slice(place)?));
        Ok(Kept {
            item: Hex(stored.item),
            subject: stored.subject,
            begun: canonical::from_slice(&stored.begun)?,
            said: stored.said.map(|said| said.to_vec()),
            places: places.collect::<Result<_>>()?,
        })
    }

    fn parties(&self, me: Hex<32>) -> Parties {
        Parties {
            kind: self.begun.kind,
            from: me,
            to: self.begun.to,
            round: self.begun.round,
        }
    }
}

impl Node {
    /// Brings the lines of all conferences up to date until the node is dropped.
    pub(crate) async fn keep_lines(self: Arc<Self>) {
        let mut grown = self.record_grown();
        loop {
            let node = Arc::clone(&self);
            let turn = tokio::task::spawn_blocking(move || node.line_up_all()).await;
            if let Ok(Err(error)) = turn {
                tracing::error!(node = self.name(), code = error.code(), "lines are not kept");
            }
            sleep(PACE).await;
            let _ = timeout(LOOK, grown.changed()).await;
        }
    }

    fn line_up_all(&self) -> Result<()> {
        for conference in self.conferences()? {
            if conference.is_office || !conference.is_followed() {
                continue;
            }
            let now = (self.store.head()?.seq, conference.head.seq);
            if self.lines.settled().get(&conference.id) == Some(&now) {
                continue;
            }
            if self.line_up(&conference.id)? == 0 {
                self.lines.settled().insert(conference.id, now);
            }
        }
        Ok(())
    }

    /// Brings the lines of a conference up to date: makes those that are missing, and says what has changed. Says how many
    /// it said; again at once, it says none. Blocking.
    ///
    /// # Errors
    /// The record's and the store's.
    pub fn line_up(&self, conference: &Hex<32>) -> Result<usize> {
        let _alone = self.lines.alone();
        let Some(table) = self.table(conference)? else {
            return Ok(0);
        };
        self.gather(&table)?;
        let mut due: BTreeMap<Hex<32>, Vec<Line>> = BTreeMap::new();
        for line in self.moved(&table)? {
            due.entry(line.to).or_default().push(line);
        }
        for line in self.answers(&table)? {
            due.entry(line.from).or_default().push(line);
        }
        let mut said = 0;
        let refused = self.refused_lines(conference)?;
        for (other, mut lines) in due {
            // Their numbers are random, so that this order tells nothing of that of the findings.
            lines.sort_by_key(|line| line.item);
            lines.retain(|line| !refused.alone.contains(&canonical::to_vec(line)));
            let (apart, together): (Vec<Line>, Vec<Line>) = lines
                .into_iter()
                .partition(|line| refused.together.contains(&canonical::to_vec(line)));
            for batch in together.chunks(MAX_CHANGES).chain(apart.chunks(1)) {
                said += self.say_lines(&table, other, batch)?;
            }
        }
        Ok(said)
    }

    /// Says lines between this agency and one other. What can't stand on the ledger keeps no other line from it.
    fn say_lines(&self, table: &Table, other: Hex<32>, lines: &[Line]) -> Result<usize> {
        match self.say_between(table, other, lines, "node") {
            Ok(()) => Ok(lines.len()),
            Err(Error::Conference(_)) if lines.len() > 1 => {
                let (a, b) = lines.split_at(lines.len() / 2);
                Ok(self.say_lines(table, other, a)? + self.say_lines(table, other, b)?)
            }
            Err(Error::Conference(fault)) => {
                tracing::warn!(node = self.name(), code = fault.code(), "a line is not taken");
                Ok(0)
            }
            Err(error) => Err(error),
        }
    }

    /// What the record did not take, as it was said. Of an entry it takes all or nothing: what was said with other lines
    /// is said by itself, and what was refused so is not said again before there is something else to say of it.
    fn refused_lines(&self, conference: &Hex<32>) -> Result<RefusedLines> {
        let mut refused = RefusedLines::default();
        for said in self.store.said_refused(&conference.0)? {
            let Some(opened) = said.opened else { continue };
            let Private::Items(lines) = Private::parse(&opened)? else {
                continue;
            };
            let kept = match lines.len() {
                1 => &mut refused.alone,
                _ => &mut refused.together,
            };
            kept.extend(lines.iter().map(canonical::to_vec));
        }
        Ok(refused)
    }

    /// Whether there are lines that the record does not take, as far as nothing else was said of them since.
    pub(super) fn has_lines_aside(&self, conference: &Hex<32>) -> Result<bool> {
        let refused = self.refused_lines(conference)?;
        if refused.alone.is_empty() {
            return Ok(false);
        }
        let ahead = self.with_conference_ahead(conference, by_item)?;
        for line in &refused.alone {
            let line: Line = canonical::from_slice(line)?;
            let stands = ahead
                .get(&(line.item, line.from))
                .map_or(0, |known| known.revision);
            if stands < line.revision {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn say_between(&self, table: &Table, other: Hex<32>, lines: &[Line], actor: &str) -> Result<()> {
        let items = Private::Items(lines.to_vec());
        let to = vec![other, table.office];
        self.say(&table.conference, Word::Items {}, Some((items, to)), actor)?;
        Ok(())
    }

    /// Nothing where this node has no seat, or not any more.
    fn table(&self, conference: &Hex<32>) -> Result<Option<Table>> {
        let me = Hex(self.node_key());
        // Of a leg whose two ends are not on record and alike nothing is said.
        let mut done = Vec::new();
        let rounds = self.with_conference(conference, |state| {
            let numbers = state.rounds().map(|round| round.announced.round);
            numbers.collect::<Vec<_>>()
        })?;
        for round in rounds {
            let hold = self.legs_that_hold(conference, round)?.into_iter();
            done.extend(hold.map(|(_, session)| (round, session)));
        }
        let ahead = self.with_conference_ahead(conference, by_item)?;
        self.with_conference(conference, |state| {
            let office = state.office().filter(|_| state.is_seated(&me))?;
            let others = state
                .seats()
                .filter(|(key, _)| **key != me && state.is_seated(key));
            Some(Table {
                conference: *conference,
                me,
                office,
                seats: others.map(|(_, member)| member.seat.clone()).collect(),
                done,
                ahead,
                placed: by_item(state),
            })
        })
    }

    fn kept_lines(&self, conference: &Hex<32>) -> Result<Vec<Kept>> {
        let stored = self.store.lines(&conference.0)?;
        stored.into_values().map(Kept::read).collect()
    }
}

fn by_item(state: &State) -> BTreeMap<OfOwner, Line> {
    state
        .lines()
        .map(|line| ((line.item, line.from), line.clone()))
        .collect()
}
