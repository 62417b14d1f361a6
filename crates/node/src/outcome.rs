//! 对方的处理: what two agencies tell each other of what they decided on one matter, and of what they found to be wrong.
//!
//! Which notes are to be written follows from the acts on record, so that one that a crash kept back is written at the
//! next turn; and they are told of matters only that the other agency knows by their number.

use std::collections::{BTreeMap, BTreeSet};

use hefu_casework::inquiry::Stage;
use hefu_casework::note::{Found, Item, Note, OutcomeCode, Word};
use hefu_casework::review::{Contradiction, Review, Surroundings, contradicts, subject};
use hefu_casework::{Finding, Hex, RuleId};
use hefu_identity::{AliasTable, PersonKey};
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{NewToldThere, Round, ToldThere};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use crate::agreement::policy;
use crate::doctor::CLOCK_TOLERANCE_SECONDS;
use crate::inquiry::{AskedAbout, Inquiry, Way, is_met};
use crate::node::day_of;
use crate::review::Before;
use crate::{Error, Node, Result};

/// One thing that the other agency told of a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct There {
    /// The matter.
    pub item: Item,
    /// What it decided; nothing where it has withdrawn its finding.
    pub decision: Option<OutcomeCode>,
    /// The number of its paper.
    pub document: String,
    /// The day of that.
    pub on: Date,
    /// When it was recorded there.
    pub at: Timestamp,
    /// When this node heard of it.
    pub heard_at: Timestamp,
}

impl There {
    /// A stable name of what it tells.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self.decision {
            Some(OutcomeCode::Lawful) => "decision_lawful",
            Some(OutcomeCode::DataError) => "decision_data_error",
            Some(OutcomeCode::Stopped) => "decision_stopped",
            Some(OutcomeCode::Recovered) => "decision_recovered",
            Some(OutcomeCode::Referred) => "decision_referred",
            Some(OutcomeCode::Reopened) => "result_returned",
            None => "stage_corrected",
        }
    }

    /// In what it does not go together with what stands here.
    #[must_use]
    pub fn contradicts(&self, own: &Review) -> Option<Contradiction> {
        contradicts(own.decision()?.outcome(), self.decision?)
    }
}

/// What was told of one finding, in the order in which it was recorded there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes(Vec<There>);

impl Outcomes {
    /// All of it.
    #[must_use]
    pub fn all(&self) -> &[There] {
        &self.0
    }

    /// What stands there now.
    #[must_use]
    pub fn last(&self) -> Option<&There> {
        self.0.last()
    }

    /// In what the decisions that stand here and there do not go together.
    #[must_use]
    pub fn contradiction(&self, own: Option<&Review>) -> Option<Contradiction> {
        self.last()?.contradicts(own?)
    }

    fn add(&mut self, told: &ToldThere) -> Result<()> {
        let note = Note::parse(&told.note)?;
        let (decision, document) = match note.word {
            Word::Outcome(outcome) => (Some(outcome.decision), outcome.document),
            Word::Correction(withdrawn) => (None, withdrawn.document),
            Word::Inquiry(_) | Word::Answer(_) => return Err(damaged()),
        };
        self.0.push(There {
            item: note.item,
            decision,
            document: document.as_str().to_owned(),
            on: note.on,
            at: told.at,
            heard_at: told.heard_at,
        });
        self.0.sort_by_key(|there| there.at);
        Ok(())
    }
}

impl Node {
    /// What the other agency told of the matter with this number.
    ///
    /// # Errors
    /// The store's.
    pub fn told_of(&self, item: &Item) -> Result<Outcomes> {
        let mut told = Outcomes::default();
        for one in self.store.outcomes(Some(&item.0))? {
            told.add(&one)?;
        }
        Ok(told)
    }

    /// What the other agency told of findings of a round, by their numbers, from 1; of those of which it told anything.
    pub(crate) fn told_of_findings<'a>(
        &self,
        record: &Round,
        findings: impl Iterator<Item = (u64, &'a Finding)> + Clone,
    ) -> Result<BTreeMap<u64, Outcomes>> {
        let aliases = self.aliases(&record.datasets);
        let mut all: BTreeMap<u64, Outcomes> = BTreeMap::new();
        for (inquiry, told) in self.told_under(&record.agreement)? {
            let asked = self.asked_about(&inquiry, record, &aliases)?;
            for (seq, finding) in findings.clone() {
                if is_about(&inquiry, asked.as_ref(), record, seq, finding) {
                    let of_finding = all.entry(seq).or_default();
                    told.iter().try_for_each(|one| of_finding.add(one))?;
                }
            }
        }
        Ok(all)
    }

    /// What the other agency told of one finding.
    pub(crate) fn told_of_finding(&self, record: &Round, seq: u64, finding: &Finding) -> Result<Outcomes> {
        let aliases = self.aliases(&record.datasets);
        let mut of_finding = Outcomes::default();
        for (inquiry, told) in self.told_under(&record.agreement)? {
            let asked = self.asked_about(&inquiry, record, &aliases)?;
            if is_about(&inquiry, asked.as_ref(), record, seq, finding) {
                told.iter().try_for_each(|one| of_finding.add(one))?;
            }
        }
        Ok(of_finding)
    }

    /// Each matter of an agreement's lineage of which something was told, and what. Each is read once, and those of other
    /// agreements are not.
    fn told_under(&self, agreement: &[u8; 32]) -> Result<Vec<(Inquiry, Vec<ToldThere>)>> {
        let mut by_item: BTreeMap<[u8; 16], Vec<ToldThere>> = BTreeMap::new();
        for one in self.store.outcomes(None)? {
            by_item.entry(one.item).or_default().push(one);
        }
        let lineage = self.dossiers.lineage(agreement);
        let mut under = Vec::new();
        for (item, told) in by_item {
            let stored = self.store.inquiry(&item)?.ok_or_else(damaged)?;
            if self.dossiers.lineage(&stored.agreement) == lineage {
                under.push((self.read_inquiry(stored)?, told));
            }
        }
        Ok(under)
    }

    /// What bears on the review of a finding; the aliases are those of its round.
    pub(crate) fn around(
        &self,
        record: &Round,
        aliases: &AliasTable,
        finding: &Finding,
    ) -> Result<Surroundings> {
        let rule = finding.rule.as_ref();
        let mut around = Surroundings {
            names_compared: self.store.names_compared(&record.peer, rule, &finding.person)?,
            ..Surroundings::of(finding)
        };
        if is_met(finding.kind) {
            let lineage = self.dossiers.lineage(&record.agreement);
            let subjects: Vec<_> = aliases
                .group(&finding.person)
                .map(|number| self.subject(&lineage, rule, number))
                .collect();
            around.corrected_there = self.store.withdrawals(&subjects)?;
        }
        Ok(around)
    }

    /// What the matter is about, once for each number by which a round of the agreement's lineage can know the person: so
    /// that it is known again when what told of those numbers was deleted.
    fn subjects(&self, inquiry: &Inquiry) -> Result<Vec<[u8; 32]>> {
        let lineage = self.dossiers.lineage(&inquiry.agreement.0);
        let subject = |number: &PersonKey| self.subject(&lineage, inquiry.rule(), number);
        let mut subjects = BTreeSet::from([subject(&inquiry.person)]);
        if let Way::Asks { about, .. } = &inquiry.way {
            subjects.insert(subject(&self.found(&about.round.0, about.seq)?.1.person));
        }
        for round in self.store.rounds()? {
            if self.dossiers.lineage(&round.agreement) == lineage {
                let aliases = self.aliases(&round.datasets);
                subjects.extend(aliases.group(&inquiry.person).map(subject));
                for relative in self.in_the_place(inquiry, &round, &aliases)? {
                    subjects.extend(aliases.group(&relative).map(subject));
                }
            }
        }
        Ok(subjects.into_iter().collect())
    }

    fn subject(&self, lineage: &Hex<32>, rule: Option<&RuleId>, number: &PersonKey) -> [u8; 32] {
        subject(lineage, rule, &Hex(self.store.person_digest(number))).0
    }

    /// Takes what another agency tells of a matter that it knows.
    pub(crate) fn hear_outcome(&self, from: &Card, note: &Note, at: Timestamp) -> Result<()> {
        // Whoever has no part in it is told what it would be told if there were no such matter.
        let unknown = || policy("inquiry_not_asked", Abort::AgreementMismatch);
        let known = self.store.inquiry(&note.item.0)?.ok_or_else(unknown)?;
        if known.peer != from.node_key() || known.agreement != note.agreement.0 {
            return Err(unknown());
        }
        // Nobody can have decided on a question that did not leave.
        let inquiry = self.read_inquiry(known)?;
        if inquiry.due().is_none() {
            return Err(unknown());
        }
        // It would stand over all that is told until then.
        let latest = Timestamp::now() + SignedDuration::from_secs(CLOCK_TOLERANCE_SECONDS as i64);
        if at > latest || note.on > day_of(latest) {
            return Err(policy("outcome_ahead", Abort::AgreementMismatch));
        }
        match self.store.put_outcome(&NewToldThere {
            item: &note.item.0,
            at,
            round: &inquiry.round.0,
            note: &note.to_bytes()?,
            corrects: matches!(note.word, Word::Correction(_)),
            subjects: &self.subjects(&inquiry)?,
        })? {
            true => Ok(()),
            false => Err(policy("outcome_changed", Abort::AgreementMismatch)),
        }
    }

    /// Writes the notes that are due about acts on record, as where a crash came between. What can't go now stays for the
    /// next time.
    ///
    /// # Errors
    /// The store's.
    pub fn send_outcomes(&self) -> Result<()> {
        for stored in self.store.inquiries()? {
            let inquiry = self.read_inquiry(stored)?;
            self.tell_or_wait(&inquiry);
        }
        Ok(())
    }

    /// After an act on a finding: tells whoever has part in the matter.
    pub(crate) fn tell_of_act(&self, round: &[u8; 32], seq: u64) -> Result<()> {
        for inquiry in self.inquiries_of(round, seq)? {
            self.tell_or_wait(&inquiry);
        }
        Ok(())
    }

    /// The act is on record: should the note not go now, it goes later.
    fn tell_or_wait(&self, inquiry: &Inquiry) {
        if let Err(error) = self.write_outcomes(inquiry) {
            tracing::warn!(
                node = self.name(),
                code = error.code(),
                "a note about a decision waits"
            );
        }
    }

    /// Writes a note for each act on the agency's own finding that the other agency does not have yet.
    fn write_outcomes(&self, inquiry: &Inquiry) -> Result<()> {
        if !is_told(inquiry) || self.is_refused_there(inquiry)? {
            return Ok(());
        }
        let Some(Before { round, seq }) = self.own_finding_of(inquiry)? else {
            return Ok(());
        };
        // It is told once the two ends agree.
        match self.must_hold(&round.0) {
            Err(Error::LegUnsettled { .. }) => return Ok(()),
            held => held?,
        }
        let standing = match self.standing(&round.0, seq) {
            // It went with the end of its retention.
            Err(Error::Store(hefu_store::Error::Deleted { .. })) => return Ok(()),
            standing => standing?,
        };
        for event in &standing.events {
            let Some(word) = event.act.told_there(event.at) else {
                continue;
            };
            let note = Note {
                agreement: inquiry.agreement,
                item: inquiry.item,
                on: event.on,
                word,
            };
            let id = self.note_id(&inquiry.peer, &note.to_bytes()?);
            if !self.store.has_note(&inquiry.peer, &id.0)? {
                self.post_note(&inquiry.peer, &note, event.by.as_str())?;
            }
        }
        Ok(())
    }

    /// The other node did not take the question: what follows from it would be refused as well.
    fn is_refused_there(&self, inquiry: &Inquiry) -> Result<bool> {
        let notes = self.store.notes_of(&inquiry.item.0)?;
        let asked = matches!(inquiry.way, Way::Asks { .. });
        let refused =
            |note: &hefu_store::NoteFacts| note.out && note.word == "note_inquiry" && note.refused.is_some();
        Ok(asked && notes.iter().any(refused))
    }
}

/// Whether the matter is that of this finding: it was asked about, or is of the same person and rule under an agreement
/// of the same lineage, in whatever round.
fn is_about(
    inquiry: &Inquiry,
    asked: Option<&AskedAbout>,
    record: &Round,
    seq: u64,
    finding: &Finding,
) -> bool {
    let own =
        matches!(&inquiry.way, Way::Asks { about, .. } if (about.round.0, about.seq) == (record.id, seq));
    own || asked.is_some_and(|asked| asked.is(finding))
}

/// Whether the other agency is told: it knows the matter by its number. What it asked itself an officer of this one has
/// answered before, and found the person; else whoever guesses a number could read from what it is told whose it is.
fn is_told(inquiry: &Inquiry) -> bool {
    match &inquiry.way {
        Way::Answers { reply, .. } => reply
            .answer()
            .is_some_and(|given| !matches!(given.answer, Found::NoRecord | Found::OtherPerson)),
        Way::Asks { inquiry, .. } => matches!(inquiry.stage(), Stage::Sent | Stage::Answered | Stage::Closed),
    }
}

fn damaged() -> Error {
    Error::Internal {
        what: "what another agency told",
    }
}
