//! 协查: asking the other agency about the person of one finding, and answering it.
//!
//! How far either may be, and who may take which step, is [`hefu_casework::inquiry`]'s to say; here it is kept, and what
//! crosses is written as notes. A number leaves in one place only, [`Node::approve_inquiry`], and stands in the
//! disclosure ledger before the note about it is made.

mod answering;
mod asking;

use hefu_casework::calendar::Deadline;
use hefu_casework::inquiry::{Act, Opening, Reply, ReplyAct, Stage};
use hefu_casework::note::{Asked, Item, Note, Word};
use hefu_casework::{Agreement, Care, Event, FindingKind, Hex, Purpose, RuleId, Text};
use hefu_identity::PersonKey;
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{Disclosure, Entry, NewDisclosure, NewInquiryEvent, Round};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde_json::json;

use crate::agreement::policy;
use crate::node::day_of;
use crate::review::Before;
use crate::{Error, Node, Result};

pub(crate) use answering::AskedAbout;
pub use answering::Records;
pub use asking::Draft;

/// The log's entry about an act in an inquiry: of what was written, it has nothing.
const ACTED: &str = "inquiry_event";

/// One inquiry, of either side.
pub struct Inquiry {
    /// Its number, the same on both sides.
    pub item: Item,
    /// The other side's node key.
    pub peer: [u8; 32],
    /// The agreement, by digest.
    pub agreement: Hex<32>,
    /// The round that gives reason to ask, as this side has it.
    pub round: Hex<32>,
    /// When it was drafted, or came.
    pub opened_at: Timestamp,
    /// Whom it is about.
    pub person: PersonKey,
    /// Whose question it is, and how far it is.
    pub way: Way,
}

/// Whose question an inquiry is.
pub enum Way {
    /// This agency asks.
    Asks {
        /// The finding asked about.
        about: Before,
        /// How far it is.
        inquiry: hefu_casework::inquiry::Inquiry,
        /// The acts, in order.
        events: Vec<hefu_casework::inquiry::Event>,
    },
    /// The other agency asks.
    Answers {
        /// What it asks.
        asked: Asked,
        /// The day that its note bears.
        on: Date,
        /// How far the answer is.
        reply: Reply,
        /// The acts, in order.
        events: Vec<Event<ReplyAct>>,
    },
}

impl Inquiry {
    /// Until when an answer is asked for; nothing while the question is not released.
    #[must_use]
    pub fn due(&self) -> Option<Deadline> {
        match &self.way {
            Way::Asks { inquiry, .. } => inquiry.due(),
            Way::Answers { asked, .. } => Some(asked.due),
        }
    }

    /// The day on which the question was released, or came.
    #[must_use]
    pub fn released_on(&self) -> Option<Date> {
        match &self.way {
            Way::Asks { events, .. } => {
                let released = |event: &&Event<Act>| matches!(event.act, Act::Released { .. });
                events.iter().find(released).map(|event| event.on)
            }
            Way::Answers { .. } => Some(day_of(self.opened_at)),
        }
    }

    /// The rule under which the person is asked about, where the findings have one.
    #[must_use]
    pub fn rule(&self) -> Option<&RuleId> {
        match &self.way {
            Way::Asks { inquiry, .. } => inquiry.opening().rule.as_ref(),
            Way::Answers { asked, .. } => asked.rule.as_ref(),
        }
    }

    /// With how much care the person is to be dealt with, as this side's own rows say.
    #[must_use]
    pub fn care(&self) -> Care {
        match &self.way {
            Way::Asks { inquiry, .. } => inquiry.opening().care(),
            Way::Answers { reply, .. } => reply.care(),
        }
    }

    /// Who drafted the question, or took the answer to one.
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        match &self.way {
            Way::Asks { inquiry, .. } => Some(inquiry.opening().by.as_str()),
            Way::Answers { reply, .. } => reply.owner(),
        }
    }

    /// Whether something is still to be done or to come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match &self.way {
            Way::Asks { inquiry, .. } => inquiry.is_open(),
            Way::Answers { reply, .. } => reply.is_open(),
        }
    }

    /// Whether on this day an answer is late.
    #[must_use]
    pub fn is_overdue(&self, on: Date) -> bool {
        match &self.way {
            Way::Asks { inquiry, .. } => inquiry.is_overdue(on),
            Way::Answers { reply, .. } => reply.is_overdue(on),
        }
    }
}

impl Node {
    /// Every inquiry of either side: what is late on the day `on` first; within that key groups first, then by the day
    /// on which an answer is due; what is over comes last.
    ///
    /// # Errors
    /// The store's.
    pub fn inquiries(&self, on: Date) -> Result<Vec<Inquiry>> {
        let mut all = self
            .store
            .inquiries()?
            .into_iter()
            .map(|stored| self.read_inquiry(stored))
            .collect::<Result<Vec<_>>>()?;
        let until = |inquiry: &Inquiry| inquiry.due().map_or(Date::MAX, |due| due.until());
        all.sort_by_key(|inquiry| {
            (
                !inquiry.is_open(),
                !inquiry.is_overdue(on),
                inquiry.care().rank(),
                until(inquiry),
                inquiry.opened_at,
            )
        });
        Ok(all)
    }

    /// The inquiry with this number.
    ///
    /// # Errors
    /// When there is none, or not any more; the store's.
    pub fn inquiry(&self, item: &Item) -> Result<Inquiry> {
        match self.store.inquiry(&item.0)? {
            Some(stored) => self.read_inquiry(stored),
            None => Err(Error::Missing {
                what: "inquiry",
                name: item.to_string(),
            }),
        }
    }

    /// The inquiries that speak of the finding with this number in its round, from 1: those that ask about it, and those
    /// in which the other agency asks about the same person under the same rule and an agreement of the same lineage.
    ///
    /// # Errors
    /// When there is no such finding, or not any more; the store's.
    pub fn inquiries_of(&self, round: &[u8; 32], seq: u64) -> Result<Vec<Inquiry>> {
        let (record, finding) = self.found(round, seq)?;
        let aliases = self.aliases(&record.datasets);
        let lineage = self.dossiers.lineage(&record.agreement);
        let mut all = Vec::new();
        for stored in self.store.inquiries()? {
            let own = stored.finding == seq.checked_sub(1) && stored.round == record.id;
            if own || (stored.finding.is_none() && self.dossiers.lineage(&stored.agreement) == lineage) {
                let inquiry = self.read_inquiry(stored)?;
                let asked = self.asked_about(&inquiry, &record, &aliases)?;
                if own || asked.is_some_and(|asked| asked.is(&finding)) {
                    all.push(inquiry);
                }
            }
        }
        Ok(all)
    }

    /// Lines of the disclosure ledger after line `after`, at most `limit`.
    ///
    /// # Errors
    /// The store's.
    pub fn disclosures(&self, after: u64, limit: usize) -> Result<Vec<Disclosure>> {
        Ok(self.store.disclosures(after, limit)?)
    }

    /// Takes what another agency writes of an inquiry. The same note once more changes nothing.
    ///
    /// # Errors
    /// [`Error::Policy`] where the agreement does not bear it or the number is that of another matter; those of the
    /// state machines; the store's.
    pub fn hear_note(&self, from: &Card, note: &Note) -> Result<()> {
        match &note.word {
            Word::Inquiry(asked) => self.hear_question(from, note, asked),
            Word::Answer(answer) => self.hear_answer(from, note, answer),
            Word::Outcome(outcome) => self.hear_outcome(from, note, outcome.at),
            Word::Correction(withdrawn) => self.hear_outcome(from, note, withdrawn.at),
        }
    }

    /// Writes notes of what was released or answered and is not on its way, as where a crash came between. What can't go
    /// now stays for the next time.
    ///
    /// # Errors
    /// The store's.
    pub fn send_inquiries(&self) -> Result<()> {
        for stored in self.store.inquiries()? {
            let inquiry = self.read_inquiry(stored)?;
            self.sent_or_waits(&inquiry);
        }
        Ok(())
    }

    /// What was released or answered is on record: should it not go now, it goes later.
    fn sent_now_or_later(&self, item: &Item) -> Result<Inquiry> {
        let inquiry = self.inquiry(item)?;
        match self.sent_or_waits(&inquiry) {
            true => self.inquiry(item),
            false => Ok(inquiry),
        }
    }

    /// Whether something was sent.
    fn sent_or_waits(&self, inquiry: &Inquiry) -> bool {
        self.send_inquiry(inquiry).unwrap_or_else(|error| {
            let code = error.code();
            tracing::warn!(node = self.name(), code, "a note about an inquiry waits");
            false
        })
    }

    /// Whether there was something to send.
    fn send_inquiry(&self, inquiry: &Inquiry) -> Result<bool> {
        let (note, actor) = match &inquiry.way {
            Way::Asks {
                inquiry: own, events, ..
            } => match (own.stage(), events.last()) {
                (Stage::Released, Some(released)) => (inquiry.question(own, released)?, &released.by),
                _ => return Ok(false),
            },
            Way::Answers { events, .. } => match events.last() {
                Some(Event {
                    by,
                    on,
                    act: ReplyAct::Answered(answer),
                    ..
                }) => (inquiry.note(*on, Word::Answer(answer.clone())), by),
                _ => return Ok(false),
            },
        };
        self.post_note(&inquiry.peer, &note, actor.as_str())?;
        match &inquiry.way {
            Way::Asks { .. } => self.act(inquiry, &now_by("node", Act::Sent {})?)?,
            Way::Answers { .. } => self.act(inquiry, &now_by("node", ReplyAct::Sent {})?)?,
        };
        Ok(true)
    }

    /// Keeps one act more, after the state machine has taken it.
    fn keep_act<A: Acting>(
        &self,
        inquiry: &Inquiry,
        event: &Event<A>,
        discloses: Option<NewDisclosure<'_>>,
    ) -> Result<()> {
        let number = inquiry.acts() as u64 + 1;
        let body = json!({
            "item": inquiry.item,
            "round": inquiry.round,
            "number": number,
            "act": event.act.name(),
        });
        Ok(self.store.append_inquiry_event(&NewInquiryEvent {
            item: &inquiry.item.0,
            after: number - 1,
            event: &event.to_bytes(),
            entry: Entry {
                actor: event.by.as_str(),
                kind: ACTED,
                body: &body,
            },
            discloses,
        })?)
    }

    /// One act more, where the path has it here.
    fn act<A: Acting>(&self, inquiry: &Inquiry, event: &Event<A>) -> Result<Inquiry> {
        A::try_on(inquiry, event)?;
        self.keep_act(inquiry, event, None)?;
        self.inquiry(&inquiry.item)
    }

    pub(crate) fn read_inquiry(&self, stored: hefu_store::Inquiry) -> Result<Inquiry> {
        let way = match stored.finding {
            Some(finding) => {
                let opening: Opening = hefu_casework::canonical::from_slice(&stored.opening)?;
                let events = parsed(&stored.events)?;
                Way::Asks {
                    about: Before {
                        round: Hex(stored.round),
                        seq: finding + 1,
                    },
                    inquiry: hefu_casework::inquiry::Inquiry::from_events(opening, &events)?,
                    events,
                }
            }
            None => self.read_asked(&stored)?,
        };
        Ok(Inquiry {
            item: Hex(stored.item),
            peer: stored.peer,
            agreement: Hex(stored.agreement),
            round: Hex(stored.round),
            opened_at: stored.opened_at,
            person: stored.person,
            way,
        })
    }

    /// The agreement, where two agencies may ask each other under it.
    fn bears_inquiries(&self, digest: &[u8; 32]) -> Result<Agreement> {
        let agreement = self.signed(digest)?.agreement;
        match agreement.purpose {
            Purpose::Duplicates => Ok(agreement),
            _ => Err(policy("inquiry_purpose", Abort::AgreementMismatch)),
        }
    }
}

impl Inquiry {
    fn note(&self, on: Date, word: Word) -> Note {
        Note {
            agreement: self.agreement,
            item: self.item,
            on,
            word,
        }
    }

    fn acts(&self) -> usize {
        match &self.way {
            Way::Asks { events, .. } => events.len(),
            Way::Answers { events, .. } => events.len(),
        }
    }

    /// Another side's step.
    fn not_here<T>(&self) -> Result<T> {
        Err(policy("inquiry_other_side", Abort::Policy))
    }
}

/// What is done on one of the two sides.
trait Acting: serde::Serialize + serde::de::DeserializeOwned {
    fn name(&self) -> &'static str;
    /// Refuses what the path does not have.
    fn try_on(inquiry: &Inquiry, event: &Event<Self>) -> Result<()>;
}

impl Acting for Act {
    fn name(&self) -> &'static str {
        self.code()
    }

    fn try_on(inquiry: &Inquiry, event: &Event<Self>) -> Result<()> {
        match &inquiry.way {
            Way::Asks { inquiry, .. } => Ok(inquiry.clone().record(event)?),
            Way::Answers { .. } => inquiry.not_here(),
        }
    }
}

impl Acting for ReplyAct {
    fn name(&self) -> &'static str {
        self.code()
    }

    fn try_on(inquiry: &Inquiry, event: &Event<Self>) -> Result<()> {
        match &inquiry.way {
            Way::Answers { reply, .. } => Ok(reply.clone().record(event)?),
            Way::Asks { .. } => inquiry.not_here(),
        }
    }
}

/// Whether the agreed time is not over for which findings of this round may be kept, and so asked about.
fn is_retained(agreement: &Agreement, round: &Round, now: Timestamp) -> bool {
    let hours = 24 * i64::from(agreement.retention_days);
    let until = round
        .ended_at
        .and_then(|ended| ended.checked_add(hours.hours()).ok());
    until.is_some_and(|until| now < until)
}

/// An act of today in Beijing, recorded now.
fn now_by<A>(actor: &str, act: A) -> Result<Event<A>> {
    let at = Timestamp::now();
    Ok(Event {
        at,
        by: Text::new(actor)?,
        on: day_of(at),
        act,
    })
}

/// Whether a finding of this kind has a record of the other agency behind it.
pub(crate) fn is_met(kind: FindingKind) -> bool {
    matches!(
        kind,
        FindingKind::Duplicate | FindingKind::LookOnly | FindingKind::ShouldEnd
    )
}

fn parsed<A: Acting>(events: &hefu_store::Events) -> Result<Vec<Event<A>>> {
    let parse = |event: &zeroize::Zeroizing<Vec<u8>>| Ok(Event::parse(event)?);
    events.iter().map(parse).collect()
}
