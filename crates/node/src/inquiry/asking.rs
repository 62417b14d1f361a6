//! The side that asks.

use hefu_casework::calendar::Calendar;
use hefu_casework::inquiry::{Act, Event, Opening, Stage, Term};
use hefu_casework::note::{Answered, Asked, Item, MAX_MONTHS, Note, Word};
use hefu_casework::{Care, Finding, Hex, Purpose, Text, canonical, number_in_element};
use hefu_identity::PersonKey;
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{Entry, NewDisclosure, NewInquiry, Role, Round};
use jiff::Timestamp;
use serde_json::json;

use super::{Inquiry, Way, is_met, is_retained, now_by};
use crate::agreement::policy;
use crate::node::day_of;
use crate::{Error, Node, Result};

/// What is to be asked about a finding.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The number of the letter (文号).
    pub document: Text<100>,
    /// What is asked, in words; none where the person may be protected.
    pub question: Option<Text<500>>,
    /// How long the other agency has for its answer, from the day of release.
    pub term: Term,
}

/// What is told of a person in a question, by name; the question in words where there is one.
const FIELDS: [&str; 6] = ["number", "number_kind", "rule", "months", "document", "question"];

/// The log's entry about a line of the disclosure ledger.
const DISCLOSED: &str = "identity_disclosed";

impl Node {
    /// Drafts a question about the finding with this number in its round, from 1. Nothing leaves.
    ///
    /// # Errors
    /// [`Error::Policy`] for a finding of which no other agency has a record, one that is corrected or past its
    /// retention, one that is asked about already, or one of which nothing proves which number matched;
    /// [`Error::LegUnsettled`] for one of a leg that is not done on the record; [`hefu_casework::Error::KeptBack`] for words
    /// about a person who may be protected; as [`Node::review`]; the store's.
    pub fn draft_inquiry(&self, round: &[u8; 32], seq: u64, draft: Draft, actor: &str) -> Result<Inquiry> {
        let (record, finding) = self.found(round, seq)?;
        self.must_be_askable(&record, seq, &finding)?;
        let about = self.store.inquiries_about(round, seq.saturating_sub(1))?;
        let after = about.len() as u64;
        for stored in about {
            if self.read_inquiry(stored)?.is_open() {
                return Err(policy("inquiry_open", Abort::Policy));
            }
        }
        if !(1..=MAX_MONTHS).contains(&finding.months.len()) {
            return Err(hefu_casework::Error::Months { max: MAX_MONTHS }.into());
        }
        let person = self.number_that_met(&record, seq, &finding)?;
        let care = Care {
            // Of a relative in a victim's place, the one is asked about and the other's number leaves.
            protected: finding.care.protected
                || self.is_protected_by_now(&finding.person)?
                || self.is_protected_by_now(&person)?,
            ..finding.care
        };
        let at = Timestamp::now();
        let opening = Opening {
            on: day_of(at),
            by: Text::new(actor)?,
            care: Hex(care.stored()),
            rule: finding.rule.clone(),
            months: finding.months.clone(),
            document: draft.document,
            question: draft.question,
            term: draft.term,
        };
        let bytes = canonical::to_vec(&opening);
        hefu_casework::inquiry::Inquiry::new(opening)?;
        let mut item = [0; 16];
        crate::runner::system_randomness().fill_bytes(&mut item);
        let body = json!({
            "item": Hex(item),
            "round": Hex(*round),
            "finding": seq,
            "to": Hex(record.peer),
        });
        self.store.open_inquiry(&NewInquiry {
            item: &item,
            peer: &record.peer,
            agreement: &record.agreement,
            round,
            finding: Some(seq.saturating_sub(1)),
            after,
            opened_at: at,
            opening: &bytes,
            person: &person,
            entry: Entry {
                actor,
                kind: "inquiry_drafted",
                body: &body,
            },
        })?;
        self.inquiry(&Hex(item))
    }

    /// Approves a question. The second of two different people releases it by that: the disclosure goes to the ledger, and
    /// then the question goes to the other agency.
    ///
    /// # Errors
    /// [`hefu_casework::Error::SameApprover`] where one person would be both; [`Error::Policy`] where the finding may not
    /// be asked about any more; [`Error::LegUnsettled`] as for the draft; [`hefu_casework::Error::CalendarUnknown`] where no last day is stated and none can be
    /// reckoned; [`hefu_casework::Error::KeptBack`] for words about a person who is protected by now; as [`Node::inquiry`].
    pub fn approve_inquiry(&self, item: &Item, actor: &str) -> Result<Inquiry> {
        let inquiry = self.inquiry(item)?;
        let Way::Asks {
            about, inquiry: own, ..
        } = &inquiry.way
        else {
            return inquiry.not_here();
        };
        let (record, finding) = self.found(&about.round.0, about.seq)?;
        self.must_be_askable(&record, about.seq, &finding)?;
        for person in [&finding.person, &inquiry.person] {
            self.must_keep_back_by_now(person, own.opening().question.as_ref())?;
        }
        if own.stage() != Stage::Approved {
            return self.act(&inquiry, &now_by(actor, Act::Approved {})?);
        }
        let mut event = now_by(actor, Act::Approved {})?;
        let due = own.opening().term.from(event.on, &Calendar::national())?;
        event.act = Act::Released { due };
        let mut released = own.clone();
        released.record(&event)?;
        // What would not be taken as a note is refused before anything is said to be disclosed.
        inquiry.question(&released, &event)?.to_bytes()?;
        let fields: Vec<&str> = FIELDS
            .into_iter()
            .filter(|field| *field != "question" || own.opening().question.is_some())
            .filter(|field| *field != "rule" || own.opening().rule.is_some())
            .collect();
        let approved_by = own.approvers().next().unwrap_or_default();
        let purpose = Purpose::Duplicates.code();
        let body = json!({
            "item": item,
            "to": Hex(inquiry.peer),
            "agreement": inquiry.agreement,
            "purpose": purpose,
            "fields": fields,
            "persons": 1,
            "approved_by": approved_by,
            "released_by": actor,
        });
        let disclosure = NewDisclosure {
            at: event.at,
            peer: &inquiry.peer,
            agreement: &inquiry.agreement.0,
            purpose,
            fields: &fields,
            approved_by,
            released_by: actor,
            person: &inquiry.person,
            entry: Entry {
                actor,
                kind: DISCLOSED,
                body: &body,
            },
        };
        self.keep_act(&inquiry, &event, Some(disclosure))?;
        self.sent_now_or_later(item)
    }

    /// Does not approve a question.
    ///
    /// # Errors
    /// [`hefu_casework::Error::OwnDraft`] for who drafted it; [`hefu_casework::Error::OutOfTurn`] once it is released; as
    /// [`Node::inquiry`].
    pub fn refuse_inquiry(&self, item: &Item, reason: Text<500>, actor: &str) -> Result<Inquiry> {
        self.act(&self.inquiry(item)?, &now_by(actor, Act::Refused { reason })?)
    }

    /// Takes one's own draft back.
    ///
    /// # Errors
    /// [`hefu_casework::Error::NotInCharge`] for another person's; [`hefu_casework::Error::OutOfTurn`] once it is
    /// released; as [`Node::inquiry`].
    pub fn withdraw_inquiry(&self, item: &Item, reason: Text<500>, actor: &str) -> Result<Inquiry> {
        self.act(&self.inquiry(item)?, &now_by(actor, Act::Withdrawn { reason })?)
    }

    /// Closes a question: the answer was read, or none came in time.
    ///
    /// # Errors
    /// [`hefu_casework::Error::AnswerAwaited`] until the last day for an answer; [`hefu_casework::Error::OutOfTurn`]; as
    /// [`Node::inquiry`].
    pub fn close_inquiry(&self, item: &Item, reason: Text<500>, actor: &str) -> Result<Inquiry> {
        self.act(&self.inquiry(item)?, &now_by(actor, Act::Closed { reason })?)
    }

    pub(super) fn hear_answer(&self, from: &Card, note: &Note, answer: &Answered) -> Result<()> {
        // Whoever was not asked is told what it would be told if there were no such question.
        let unknown = || policy("inquiry_not_asked", Abort::AgreementMismatch);
        let stored = self.store.inquiry(&note.item.0)?.ok_or_else(unknown)?;
        let inquiry = self.read_inquiry(stored)?;
        let Way::Asks { inquiry: own, .. } = &inquiry.way else {
            return Err(unknown());
        };
        if inquiry.peer != from.node_key() || inquiry.agreement != note.agreement {
            return Err(unknown());
        }
        if own.answer() == Some(answer) {
            return Ok(());
        }
        self.act(&inquiry, &now_by("node", Act::Answered(answer.clone()))?)?;
        Ok(())
    }

    /// Whether a question that was released may still go: not where its finding was corrected, is past its retention, or is of
    /// a leg that is not done.
    /// An inquiry that was deleted has taken its notes with it.
    pub(crate) fn is_askable(&self, item: &Item) -> Result<bool> {
        let Some(stored) = self.store.inquiry(&item.0)? else {
            return Ok(true);
        };
        let Some(seq) = stored.finding.map(|finding| finding + 1) else {
            return Ok(true);
        };
        let askable = self
            .found(&stored.round, seq)
            .and_then(|(record, finding)| self.must_be_askable(&record, seq, &finding));
        match askable {
            Ok(()) => Ok(true),
            Err(
                Error::Policy { .. }
                | Error::LegUnsettled { .. }
                | Error::Store(hefu_store::Error::Deleted { .. }),
            ) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether another agency may be asked about a finding: it is of a kind that has a record there behind it, nobody has
    /// found it to be wrong, it may still be kept, and the two ends of its leg do not differ.
    fn must_be_askable(&self, record: &Round, seq: u64, finding: &Finding) -> Result<()> {
        let agreement = self.bears_inquiries(&record.agreement)?;
        self.must_hold(&record.id)?;
        if !is_met(finding.kind) || record.role != Role::Receiver {
            return Err(policy("inquiry_kind", Abort::Policy));
        }
        if !is_retained(&agreement, record, Timestamp::now()) {
            return Err(policy("inquiry_too_late", Abort::Policy));
        }
        let standing = self.standing_of(record, seq, finding)?;
        if standing.corrected_before.is_some() || !standing.review.counts() {
            return Err(policy("inquiry_corrected", Abort::Policy));
        }
        Ok(())
    }

    /// The number that the other agency has: the one in an element that matched, whoever it is. Where a relative stands in a
    /// victim's place that is the victim's; of somebody with several numbers, the one that stands for them all where it
    /// matched.
    fn number_that_met(&self, record: &Round, seq: u64, finding: &Finding) -> Result<PersonKey> {
        let unknown = || policy("inquiry_number_unknown", Abort::Policy);
        let keys = self.signed(&record.agreement)?.agreement.key_kind;
        let proven = self.proven_elements(&record.id, seq.saturating_sub(1))?;
        let mut met = proven
            .iter()
            .map(|proven| number_in_element(&proven.element, keys).ok_or_else(unknown))
            .collect::<Result<Vec<_>>>()?;
        let first = met.iter().position(|number| *number == finding.person);
        match met.is_empty() {
            true => Err(unknown()),
            false => Ok(met.swap_remove(first.unwrap_or_default())),
        }
    }
}

impl Inquiry {
    /// The note in which the question goes.
    pub(super) fn question(&self, own: &hefu_casework::inquiry::Inquiry, released: &Event) -> Result<Note> {
        let opening = own.opening();
        let due = own.due().ok_or(Error::Internal {
            what: "a released inquiry",
        })?;
        Ok(self.note(
            released.on,
            Word::Inquiry(Asked {
                rule: opening.rule.clone(),
                months: opening.months.clone(),
                person: self.person.clone(),
                document: opening.document.clone(),
                question: opening.question.clone(),
                due,
            }),
        ))
    }
}
