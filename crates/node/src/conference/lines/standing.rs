//! What lines say: of this agency's own matters as they stand, and of those of others as far as they are answered here.

use std::collections::{BTreeMap, BTreeSet};

use hefu_casework::calendar::Calendar;
use hefu_casework::conference::{Answer, ItemKind, Line, Standing, revised};
use hefu_casework::matter::{Direction, Matter, Opening};
use hefu_casework::review::{Act, Event};
use hefu_casework::{Finding, Hex, LetterNo, canonical};
use hefu_store::Round;
use jiff::Timestamp;

use super::{Kept, Place, Table};
use crate::inquiry::Way;
use crate::review::{Reviews, matched_on};
use crate::{Node, Result, matter};

/// A letter that came: of what kind, from whom, and its number.
type OfLetter = (ItemKind, Hex<32>, String);

/// A round as lines need it.
struct Sitting {
    record: Round,
    findings: Vec<Finding>,
    reviews: Reviews,
}

/// What is read once for all lines.
struct Desk {
    calendar: Calendar,
    /// Nothing of rounds whose findings are deleted.
    rounds: BTreeMap<Hex<32>, Option<Sitting>>,
    /// By session, the findings that somebody has begun with.
    acted: BTreeMap<Hex<32>, BTreeSet<u64>>,
    matters: BTreeMap<u64, matter::Kept>,
    /// Clues, by the finding of which they were made.
    clues: BTreeMap<(Hex<32>, u64), u64>,
}

impl Node {
    /// The own lines that are to be said, as they are from now on. What the record has by now is kept as said.
    pub(super) fn moved(&self, table: &Table) -> Result<Vec<Line>> {
        let mut desk = self.desk()?;
        let (mut moved, mut said) = (Vec::new(), Vec::new());
        let looked = self.looked(&table.conference)?;
        for kept in self.kept_lines(&table.conference)? {
            // Somebody looked again, and the record does not know yet.
            let own = table.own(&kept.item).filter(|line| line.revisit.is_some());
            if let Some(line) = own.filter(|line| looked.get(&kept.item) == line.revisit.as_ref()) {
                let revisit = None;
                moved.extend(revised(
                    line,
                    Line {
                        revisit,
                        ..line.clone()
                    },
                ));
                continue;
            }
            if kept.said.is_some() && self.rests(&mut desk, &kept)? {
                continue;
            }
            let Some(standing) = self.standing_of_line(&mut desk, &kept)? else {
                continue;
            };
            let begin = standing.begin(kept.item, &kept.parties(table.me));
            let now = canonical::to_vec(&begin);
            if kept.said.as_ref() == Some(&now) {
                continue;
            }
            let stands = |line: &&Line| standing.over(line).is_none();
            let own = (kept.item, table.me);
            match table.ahead.get(&own) {
                None => moved.push(begin),
                Some(line) => moved.extend(standing.over(line)),
            }
            if table.placed.get(&own).filter(stands).is_some() {
                said.push((kept.item.0, now));
            }
        }
        if !said.is_empty() {
            self.store.put_line_said(&table.conference.0, &said)?;
        }
        Ok(moved)
    }

    /// The lines of others that this agency has answered by its own acts, as they are from now on.
    pub(super) fn answers(&self, table: &Table) -> Result<Vec<Line>> {
        let asked = |line: &&Line| line.to == table.me && line.closed.is_none();
        let asked: Vec<&Line> = table.ahead.values().filter(asked).collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let received = self.received(table)?;
        let letter_of = |line: &Line| Some((line.kind, line.from, folded(line.letter.as_ref()?.as_str())?));
        let mut with_letter: BTreeMap<_, usize> = BTreeMap::new();
        let own = table.ahead.values().filter(|line| line.to == table.me);
        for letter in own.filter_map(letter_of) {
            *with_letter.entry(letter).or_default() += 1;
        }
        let mut answers = Vec::new();
        for line in asked {
            let answer = match line.kind {
                ItemKind::Inquiry => self.replied(line)?,
                // Which of several people of one letter a line is of, only its owner can tell: all go the same way, or it
                // is not said.
                ItemKind::Referral | ItemKind::Lead => letter_of(line)
                    .and_then(|letter| Some((received.get(&letter)?, with_letter.get(&letter)?)))
                    .filter(|(answers, lines)| answers.len() == **lines)
                    .and_then(|(answers, _)| same(answers)),
                ItemKind::Finding => None,
            };
            answers.extend(answer.and_then(|answer| answer.over(line)));
        }
        Ok(answers)
    }

    fn replied(&self, line: &Line) -> Result<Option<Answer>> {
        let stored = self.store.inquiry(&line.item.0)?;
        let Some(stored) = stored.filter(|stored| stored.peer == line.from.0) else {
            return Ok(None);
        };
        Ok(match self.read_inquiry(stored)?.way {
            Way::Answers { reply, .. } => Answer::to_question(&reply),
            Way::Asks { .. } => None,
        })
    }

    /// What is said here of letters that came from other members, of each person.
    fn received(&self, table: &Table) -> Result<BTreeMap<OfLetter, Vec<Option<Answer>>>> {
        let mut received: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for kept in self.matters()? {
            if kept.direction != Direction::Received {
                continue;
            }
            let (kind, from, letter) = match (&kept.opening, &kept.matter) {
                (Opening::Transfer(opening), Matter::Transfer(transfer)) => {
                    (ItemKind::Referral, &opening.from, transfer.letter())
                }
                (Opening::Lead(opening), _) => (ItemKind::Lead, &opening.from, Some(opening.letter.as_str())),
                _ => continue,
            };
            let letter = letter.and_then(folded);
            let answer = Answer::to_matter(&kept.matter, &kept.events);
            if let (Some(from), Some(letter)) = (table.seat_of(from), letter) {
                received.entry((kind, from, letter)).or_default().push(answer);
            }
        }
        Ok(received)
    }

    fn desk(&self) -> Result<Desk> {
        let mut desk = Desk {
            calendar: Calendar::national(),
            rounds: BTreeMap::new(),
            acted: BTreeMap::new(),
            matters: BTreeMap::new(),
            clues: BTreeMap::new(),
        };
        for kept in self.matters()? {
            if let Opening::Clue(opening) = &kept.opening {
                desk.clues.insert((opening.round, opening.finding), kept.id);
            }
            desk.matters.insert(kept.id, kept);
        }
        Ok(desk)
    }

    /// Whether nothing can have moved since the record had all there was to say: nobody has begun with it anywhere.
    fn rests(&self, desk: &mut Desk, kept: &Kept) -> Result<bool> {
        for place in &kept.places {
            let Place::Finding { round, seq } = place else {
                return Ok(false);
            };
            if !desk.acted.contains_key(round) {
                let acts = self.store.reviews(&round.0)?;
                desk.acted
                    .insert(*round, acts.keys().map(|seq| seq + 1).collect());
            }
            let acted = desk.acted.get(round).is_some_and(|acted| acted.contains(seq));
            if acted || desk.clues.contains_key(&(*round, *seq)) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Nothing where what it is of is not kept any more.
    fn standing_of_line(&self, desk: &mut Desk, kept: &Kept) -> Result<Option<Standing>> {
        match kept.begun.kind {
            ItemKind::Finding => self.standing_of_findings(desk, kept),
            ItemKind::Lead | ItemKind::Referral => self.standing_of_people(desk, kept),
            ItemKind::Inquiry => Ok(match self.store.inquiry(&kept.item.0)? {
                Some(stored) => match self.read_inquiry(stored)?.way {
                    Way::Asks { inquiry, events, .. } => Standing::of_inquiry(&inquiry, &events),
                    Way::Answers { .. } => None,
                },
                None => None,
            }),
        }
    }

    /// Of the findings of several rounds the one on which somebody acted last says how far it is, and where nobody has
    /// begun, the first.
    fn standing_of_findings(&self, desk: &mut Desk, kept: &Kept) -> Result<Option<Standing>> {
        let mut last: Option<(Timestamp, Standing)> = None;
        let mut first: Option<(Timestamp, Standing)> = None;
        for place in &kept.places {
            let Place::Finding { round, seq } = place else {
                continue;
            };
            let Desk { rounds, calendar, .. } = desk;
            let Some((sitting, finding)) = self.sitting(rounds, round)?.and_then(|sitting| sitting.at(*seq))
            else {
                continue;
            };
            let (record, reviews) = (&sitting.record, &sitting.reviews);
            let opened = matched_on(record);
            let due = self.due_in(record, reviews, *seq, finding, calendar);
            let due = due.and_then(|due| due.until);
            let events = self.acts_on(record, *seq)?;
            // An objection changes nothing by itself: a line goes by the finding on which an agency acted last.
            let acted = events
                .iter()
                .rfind(|event| !matches!(event.act, Act::Objected(_)));
            if let (Some(review), Some(event)) = (reviews.begun.get(seq), acted) {
                if last.as_ref().is_none_or(|(at, _)| *at < event.at) {
                    last = Some((event.at, Standing::of_review(opened, review, &events, due)));
                }
            } else if first.as_ref().is_none_or(|(at, _)| record.started_at < *at) {
                first = Some((record.started_at, Standing::open(opened, due)));
            }
        }
        Ok(last.or(first).map(|(_, standing)| standing))
    }

    /// Of clues, letters, and what rounds tell of letters.
    fn standing_of_people(&self, desk: &mut Desk, kept: &Kept) -> Result<Option<Standing>> {
        let mut known: Option<Standing> = None;
        let mut told: Option<(Timestamp, Standing)> = None;
        for place in &kept.places {
            let matter = match place {
                Place::Matter { id } => Some(*id),
                Place::Finding { round, seq } => desk.clues.get(&(*round, *seq)).copied(),
                Place::Inquiry {} => None,
            };
            if let Some(matter) = matter.and_then(|id| desk.matters.get(&id)) {
                known = Standing::of_matter(&matter.matter, &matter.events).or(known);
                continue;
            }
            let Place::Finding { round, seq } = place else {
                continue;
            };
            if let Some((sitting, finding)) = self
                .sitting(&mut desk.rounds, round)?
                .and_then(|sitting| sitting.at(*seq))
            {
                let record = &sitting.record;
                let opened = matched_on(record);
                let standing = match kept.begun.kind {
                    ItemKind::Referral => Standing::of_feedback(opened, finding.feedback.as_ref()),
                    _ => Standing::open(opened, None),
                };
                if told.as_ref().is_none_or(|(at, _)| *at < record.started_at) {
                    told = Some((record.started_at, standing));
                }
            }
        }
        let told = told.map(|(_, standing)| standing);
        Ok(match (known, told) {
            (Some(known), Some(told)) => Some(known.further(told)),
            (known, told) => known.or(told),
        })
    }

    fn sitting<'a>(
        &self,
        rounds: &'a mut BTreeMap<Hex<32>, Option<Sitting>>,
        round: &Hex<32>,
    ) -> Result<Option<&'a Sitting>> {
        if !rounds.contains_key(round) {
            let record = self.round_on_record(&round.0)?;
            let sitting = match self.kept_findings(&record)? {
                Some(findings) => Some(Sitting {
                    reviews: self.reviews(&round.0)?,
                    record,
                    findings,
                }),
                None => None,
            };
            rounds.insert(*round, sitting);
        }
        Ok(rounds.get(round).and_then(Option::as_ref))
    }

    fn acts_on(&self, record: &Round, seq: u64) -> Result<Vec<Event>> {
        let events = self.store.events_of(&record.id, seq.saturating_sub(1))?;
        events.iter().map(|event| Ok(Event::parse(event)?)).collect()
    }
}

impl Sitting {
    fn at(&self, seq: u64) -> Option<(&Sitting, &Finding)> {
        let index = usize::try_from(seq.checked_sub(1)?).ok()?;
        Some((self, self.findings.get(index)?))
    }
}

/// A letter's number as numbers are compared.
fn folded(letter: &str) -> Option<String> {
    LetterNo::new(letter).map(|letter| letter.canonical().to_owned())
}

/// What all of them say.
fn same(answers: &[Option<Answer>]) -> Option<Answer> {
    let (first, others) = answers.split_first()?;
    (*first).filter(|_| others.iter().all(|other| other == first))
}
