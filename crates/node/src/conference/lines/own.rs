//! The lines that are this agency's, joined to what they are of. It is joined here and nowhere else.

use std::collections::BTreeMap;

use hefu_casework::conference::{Line, revised};
use hefu_casework::note::Item;
use hefu_casework::{Care, Hex, Text, canonical};
use hefu_identity::PersonKey;
use hefu_psi::wire::Abort;
use hefu_store::Entry;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Kept, Place, Table};
use crate::agreement::policy;
use crate::node::today;
use crate::report::CannotFind;
use crate::review::matched_on;
use crate::{Error, Node, Result};

/// The log's entry about a revisit: of what was seen, it has no more than whether the matter was.
const REVISITED: &str = "line_revisited";

/// One line of this agency's, and what it is of.
pub struct Own {
    /// The line, as it will be when all that this node has said is on record.
    pub line: Line,
    /// Whether the record has it so.
    pub on_record: bool,
    /// The earlier line of the same person under the same rule and annex, of which this one is of more, or of other
    /// payments.
    pub follows: Option<Item>,
    /// Where the matter stands here.
    pub places: Vec<Place>,
    /// Whose it is; nothing where what told so is not kept any more.
    pub person: Option<PersonKey>,
    /// With how much care the person is to be dealt with.
    pub care: Care,
    /// The matter's number in the ledger of people who are sent on, where it stands there.
    pub number: Option<String>,
    /// What somebody saw who looked again, in order.
    pub revisited: Vec<Revisited>,
    /// What rounds since the day of the revisit tell; nothing where none is set. A person looks, and says so.
    pub again: Option<Again>,
}

/// What somebody saw who looked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revisited {
    /// The day that was set for it.
    pub set: Date,
    /// On which day.
    pub on: Date,
    /// Whether the matter was still there.
    pub seen: bool,
    /// Who says so.
    pub by: Text<64>,
    /// When it was recorded.
    pub at: Timestamp,
}

/// What the first round since the day of a revisit tells of its person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// No round of the annex was done since.
    Waits,
    /// The same, or another finding of the same person under the same rule.
    Found(Hex<32>),
    /// None of that person under that rule.
    NotFound(Hex<32>),
    /// The round could not have found it.
    CannotFind(Hex<32>),
}

impl Again {
    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Again::Waits => "again_waits",
            Again::Found(_) => "again_found",
            Again::NotFound(_) => "again_not_found",
            Again::CannotFind(_) => "again_cannot_find",
        }
    }

    /// The round that tells it.
    #[must_use]
    pub fn round(self) -> Option<Hex<32>> {
        match self {
            Again::Waits => None,
            Again::Found(round) | Again::NotFound(round) | Again::CannotFind(round) => Some(round),
        }
    }
}

/// A session of a conference whose findings have lines.
struct Since {
    round: Hex<32>,
    annex: Hex<32>,
    day: Date,
}

impl Node {
    /// The lines that are this agency's, those that are due first.
    ///
    /// # Errors
    /// The record's and the store's.
    pub fn own_lines(&self, conference: &Hex<32>) -> Result<Vec<Own>> {
        let Some(table) = self.table(conference)? else {
            return Ok(Vec::new());
        };
        let mut kept = self.kept_lines(conference)?;
        kept.retain(|kept| table.own(&kept.item).is_some());
        let mut revisited = self.store.revisits(&conference.0)?;
        let since = self.since(&table)?;
        let mut own = Vec::new();
        let mut people = People::default();
        for one in &kept {
            let Some(line) = table.own(&one.item) else {
                continue;
            };
            let looked = revisited.remove(&one.item.0).unwrap_or_default();
            let told = people.of(self, one)?;
            own.push(Own {
                on_record: table.placed.get(&(one.item, table.me)) == Some(line),
                follows: followed(&table, &kept, one, line),
                places: one.places.clone(),
                person: told.person,
                care: told.care,
                number: told.number,
                revisited: looked
                    .iter()
                    .map(|revisit| Ok(canonical::from_slice(revisit)?))
                    .collect::<Result<_>>()?,
                again: match line.revisit {
                    Some(day) => Some(self.again(&kept, one, day, &since)?),
                    None => None,
                },
                line: line.clone(),
            });
        }
        own.sort_by_key(|own| {
            let line = &own.line;
            (
                line.closed.is_some(),
                line.due.is_none(),
                line.due,
                line.opened,
                line.item,
            )
        });
        Ok(own)
    }

    /// Sets the day on which somebody looks again, or none.
    ///
    /// # Errors
    /// [`Error::Missing`] where no line of this agency has this number; [`Error::Policy`] for a day that has passed, or on
    /// which somebody has looked; the record's.
    pub fn set_revisit(
        &self,
        conference: &Hex<32>,
        item: &Item,
        on: Option<Date>,
        actor: &str,
    ) -> Result<Line> {
        if on.is_some_and(|on| on < today()) {
            return Err(policy("revisit_past", Abort::Policy));
        }
        let _alone = self.lines.alone();
        let (table, line) = self.own_line(conference, item)?;
        let is_past = on.is_some() && self.looked(conference)?.get(item) == on.as_ref();
        if is_past {
            return Err(policy("revisit_past", Abort::Policy));
        }
        self.say_revisit(&table, line, on, actor)
    }

    /// Records what somebody saw who looked again on the day `on`: with it the line's day for it is past. Where that can't
    /// be said on the record now, it is said as soon as it can.
    ///
    /// # Errors
    /// As [`Node::set_revisit`]; [`Error::Policy`] where no day is set, or `on` is still to come or lies before the matter;
    /// the store's.
    pub fn record_revisit(
        &self,
        conference: &Hex<32>,
        item: &Item,
        seen: bool,
        on: Date,
        actor: &str,
    ) -> Result<Line> {
        let _alone = self.lines.alone();
        let (table, line) = self.own_line(conference, item)?;
        let looked = self.looked(conference)?;
        let is_open = |set: &Date| looked.get(item) != Some(set);
        let Some(set) = line.revisit.filter(is_open) else {
            return Err(policy("revisit_not_set", Abort::Policy));
        };
        if on > today() || on < line.opened {
            return Err(policy("revisit_day", Abort::Policy));
        }
        let revisited = Revisited {
            set,
            on,
            seen,
            by: Text::new(actor)?,
            at: Timestamp::now(),
        };
        let body = json!({ "conference": conference, "item": item, "seen": seen });
        self.store.append_revisit(
            &conference.0,
            &item.0,
            &canonical::to_vec(&revisited),
            &Entry {
                actor,
                kind: REVISITED,
                body: &body,
            },
        )?;
        match self.say_revisit(&table, line.clone(), None, actor) {
            // It is kept, and said with the other lines as soon as that can be.
            Err(Error::Policy { .. } | Error::Conference(_)) => Ok(line),
            said => said,
        }
    }

    /// The days that were set, of lines where somebody has looked again since: the last of each.
    pub(super) fn looked(&self, conference: &Hex<32>) -> Result<BTreeMap<Item, Date>> {
        let revisits = self.store.revisits(&conference.0)?;
        let last = revisits
            .iter()
            .filter_map(|(item, looked)| looked.last().map(|last| (item, last)));
        last.map(|(item, last)| {
            let revisited: Revisited = canonical::from_slice(last)?;
            Ok((Hex(*item), revisited.set))
        })
        .collect()
    }

    /// The line of this agency's with this number.
    fn own_line(&self, conference: &Hex<32>, item: &Item) -> Result<(Table, Line)> {
        let missing = || Error::Missing {
            what: "line",
            name: item.to_string(),
        };
        let table = self.table(conference)?.ok_or_else(missing)?;
        let line = table.own(item).cloned().ok_or_else(missing)?;
        Ok((table, line))
    }

    fn say_revisit(&self, table: &Table, line: Line, revisit: Option<Date>, actor: &str) -> Result<Line> {
        let next = Line {
            revisit,
            ..line.clone()
        };
        let Some(next) = revised(&line, next) else {
            return Ok(line);
        };
        self.say_between(table, next.to, std::slice::from_ref(&next), actor)?;
        Ok(next)
    }

    /// The sessions whose findings have lines, in the order of their days.
    fn since(&self, table: &Table) -> Result<Vec<Since>> {
        let mut since = Vec::new();
        for session in self.store.lined(&table.conference.0)? {
            let record = self.round_on_record(&session)?;
            since.push(Since {
                round: Hex(session),
                annex: self.signed(&record.agreement)?.agreement.lineage(),
                day: matched_on(&record),
            });
        }
        since.sort_by_key(|since| since.day);
        Ok(since)
    }

    /// What the first round of the same annex tells that was done on the day `on` or later.
    fn again(&self, all: &[Kept], one: &Kept, on: Date, since: &[Since]) -> Result<Again> {
        let of_annex = |since: &&Since| Some(since.annex) == one.begun.annex && since.day >= on;
        let Some(Since { round, .. }) = since.iter().find(of_annex) else {
            return Ok(Again::Waits);
        };
        let there = |kept: &Kept| {
            kept.subject == one.subject
                && kept
                    .places
                    .iter()
                    .any(|place| matches!(place, Place::Finding { round: of, .. } if of == round))
        };
        if all.iter().any(there) {
            return Ok(Again::Found(*round));
        }
        let unfound: Vec<CannotFind> = self
            .entries_about(&round.0)?
            .iter()
            .filter_map(|entry| entry.body.get("cannot_find"))
            .filter_map(|noted| serde_json::from_value::<Vec<CannotFind>>(noted.clone()).ok())
            .flatten()
            .collect();
        let could_not = unfound
            .iter()
            .any(|unfound| Some(&unfound.rule) == one.begun.rule.as_ref());
        Ok(match could_not {
            true => Again::CannotFind(*round),
            false => Again::NotFound(*round),
        })
    }
}

/// Whose lines are, each round read once.
#[derive(Default)]
struct People {
    rounds: BTreeMap<Hex<32>, Vec<(PersonKey, Care)>>,
}

#[derive(Default)]
struct Told {
    person: Option<PersonKey>,
    care: Care,
    number: Option<String>,
}

impl People {
    fn of(&mut self, node: &Node, kept: &Kept) -> Result<Told> {
        let mut told = Told::default();
        for place in &kept.places {
            match place {
                Place::Finding { round, seq } => {
                    if !self.rounds.contains_key(round) {
                        let record = node.round_on_record(&round.0)?;
                        let findings = node.kept_findings(&record)?.unwrap_or_default();
                        let people = findings
                            .iter()
                            .map(|finding| (finding.person.clone(), finding.care));
                        self.rounds.insert(*round, people.collect());
                    }
                    let index = seq.checked_sub(1).and_then(|index| usize::try_from(index).ok());
                    let known = self.rounds.get(round).zip(index);
                    if let Some((person, care)) = known.and_then(|(people, index)| people.get(index)) {
                        told.person = Some(person.clone());
                        told.care = *care;
                    }
                }
                Place::Matter { id } => {
                    let matter = node.matter(*id)?;
                    told.number = Some(matter.opening.number().to_owned());
                    told.person = Some(matter.person);
                    told.care = matter.care;
                }
                Place::Inquiry {} => {
                    if let Some(stored) = node.store.inquiry(&kept.item.0)? {
                        let inquiry = node.read_inquiry(stored)?;
                        told.care = inquiry.care();
                        told.person = Some(inquiry.person);
                    }
                }
            }
        }
        Ok(told)
    }
}

impl Table {
    pub(super) fn own(&self, item: &Item) -> Option<&Line> {
        self.ahead.get(&(*item, self.me))
    }
}

/// The latest earlier line of the same subject.
fn followed(table: &Table, all: &[Kept], one: &Kept, line: &Line) -> Option<Item> {
    let order = |line: &Line| (line.opened, line.round, line.item);
    all.iter()
        .filter(|kept| kept.subject == one.subject)
        .filter_map(|kept| table.own(&kept.item))
        .filter(|earlier| (earlier.opened, earlier.round) < (line.opened, line.round))
        .max_by_key(|earlier| order(earlier))
        .map(|earlier| earlier.item)
}
