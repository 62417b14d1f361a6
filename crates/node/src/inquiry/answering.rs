//! The side that answers.

use hefu_casework::inquiry::{Reply, ReplyAct};
use hefu_casework::note::{Answered, Asked, Found, Item, Note, Word};
use hefu_casework::{
    Agreement, AidRecord, Basis, Care, CaseMatching, Finding, Hex, KeyKind, Protection, RuleId, Text,
};
use hefu_identity::{AliasTable, PersonKey};
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{DatasetId, Entry, NewInquiry, Role, Round, RoundState};
use jiff::Timestamp;
use serde_json::json;

use super::{Inquiry, Way, is_met, is_retained, now_by, parsed};
use crate::agreement::policy;
use crate::conference::Weight;
use crate::node::day_of;
use crate::review::Before;
use crate::{Error, Node, Result};

/// The most questions of one peer that wait here for an answer: each is read, with all that was told in it, whenever a
/// finding of the agreement is.
const MANY_OPEN: usize = 64;

/// What this agency's own snapshots have of the person who is asked about.
pub enum Records {
    /// The snapshots that were compared were deleted: nobody can tell from them.
    CannotFind,
    /// The rows of the programmes that the agreement names, as they were compared; none where there is no record.
    Kept(Vec<AidRecord>),
}

impl Records {
    /// What they suggest to whoever answers; nothing where nothing can be told from them.
    #[must_use]
    pub fn suggested(&self, asked: &Asked) -> Option<Found> {
        match self {
            Records::CannotFind => None,
            Records::Kept(rows) => Some(Found::suggested(rows, &asked.months)),
        }
    }
}

/// By what a finding is known to be the one that is asked about.
pub(crate) struct AskedAbout {
    rule: Option<RuleId>,
    /// The person, and under a rule by case whoever stands in the person's place.
    persons: Vec<PersonKey>,
}

impl AskedAbout {
    /// Whether the finding is of that person and rule, and of a kind that can be asked about.
    pub(crate) fn is(&self, finding: &Finding) -> bool {
        is_met(finding.kind) && finding.rule == self.rule && self.persons.contains(&finding.person)
    }
}

impl Node {
    /// Whoever asks for it is in charge of the answer from now on.
    ///
    /// # Errors
    /// [`hefu_casework::Error::OutOfTurn`] once it is answered; as [`Node::inquiry`].
    pub fn take_inquiry(&self, item: &Item, actor: &str) -> Result<Inquiry> {
        self.act(&self.inquiry(item)?, &now_by(actor, ReplyAct::Taken {})?)
    }

    /// Answers a question, and sends the answer.
    ///
    /// # Errors
    /// [`hefu_casework::Error::NotInCharge`] for anybody but who took it; [`hefu_casework::Error::KeptBack`] for words
    /// about a person who may be protected; [`hefu_casework::Error::OutOfTurn`]; as [`Node::inquiry`].
    pub fn answer_inquiry(&self, item: &Item, answer: Answered, actor: &str) -> Result<Inquiry> {
        let inquiry = self.inquiry(item)?;
        self.must_keep_back_by_now(&inquiry.person, answer.text.as_ref())?;
        self.act(&inquiry, &now_by(actor, ReplyAct::Answered(answer))?)?;
        self.sent_now_or_later(item)
    }

    /// What this agency has of the person whom the other side asks about.
    ///
    /// # Errors
    /// Where the other side is asked; the store's.
    pub fn records_asked_about(&self, inquiry: &Inquiry) -> Result<Records> {
        match &inquiry.way {
            Way::Answers { asked, .. } => self.records_of(&inquiry.agreement.0, &inquiry.peer, asked),
            Way::Asks { .. } => inquiry.not_here(),
        }
    }

    /// The newest finding of this agency's own that speaks of the same person under the same rule and an agreement of the
    /// same lineage: then both sides have part in one matter, and both are to verify it.
    ///
    /// # Errors
    /// The store's.
    pub fn own_finding_of(&self, inquiry: &Inquiry) -> Result<Option<Before>> {
        if let Way::Asks { about, .. } = &inquiry.way {
            return Ok(Some(*about));
        }
        for round in self.rounds_of_lineage(&inquiry.agreement.0, &inquiry.peer, Role::Receiver)? {
            let Some(about) = self.asked_about(inquiry, &round, &self.aliases(&round.datasets))? else {
                continue;
            };
            let findings = self.kept_findings(&round)?.unwrap_or_default();
            if let Some((seq, _)) = (1..).zip(&findings).find(|(_, finding)| about.is(finding)) {
                return Ok(Some(Before {
                    round: Hex(round.id),
                    seq,
                }));
            }
        }
        Ok(None)
    }

    /// Whom and under which rule is asked about, as findings of this round know it; nothing where no finding of the round
    /// can be meant. The aliases are the round's.
    pub(crate) fn asked_about(
        &self,
        inquiry: &Inquiry,
        record: &Round,
        aliases: &AliasTable,
    ) -> Result<Option<AskedAbout>> {
        let [record_lineage, lineage] =
            [&record.agreement, &inquiry.agreement.0].map(|agreement| self.dossiers.lineage(agreement));
        if record_lineage != lineage {
            return Ok(None);
        }
        let mut persons = self.in_the_place(inquiry, record, aliases)?;
        persons.push(inquiry.person.clone());
        Ok(Some(AskedAbout {
            rule: inquiry.rule().cloned(),
            persons: persons
                .iter()
                .map(|person| aliases.principal(person).clone())
                .collect(),
        }))
    }

    /// Those who by the rows of this round stand in the place of whom is asked about: relatives of a victim, each of whom
    /// has a finding though the number that matched is the victim's.
    pub(crate) fn in_the_place(
        &self,
        inquiry: &Inquiry,
        record: &Round,
        aliases: &AliasTable,
    ) -> Result<Vec<PersonKey>> {
        let agreement = self.signed(&record.agreement)?.agreement;
        let mut relatives = Vec::new();
        if self.is_by_case(&agreement, inquiry.rule()) {
            for dataset in &record.datasets {
                for number in aliases.group(&inquiry.person) {
                    let rows = kept(self.store.records_in_place_of(*dataset, number))?;
                    relatives.extend(rows.into_iter().flatten().map(|row| row.person));
                }
            }
        }
        Ok(relatives)
    }

    pub(super) fn hear_question(&self, from: &Card, note: &Note, asked: &Asked) -> Result<()> {
        let bytes = note.to_bytes()?;
        if let Some(known) = self.store.inquiry(&note.item.0)? {
            let same = known.finding.is_none() && known.peer == from.node_key() && known.opening == bytes;
            return match same {
                true => Ok(()),
                false => Err(policy("inquiry_item_taken", Abort::AgreementMismatch)),
            };
        }
        let agreement = self.bears_inquiries(&note.agreement.0)?;
        must_fit(&agreement, &from.node_key(), asked)?;
        let now = Timestamp::now();
        if note.on > day_of(now) {
            return Err(policy("inquiry_day", Abort::AgreementMismatch));
        }
        // There is a reason to ask only where there was a round of which the other side learned something.
        let mut rounds = self.rounds_of_lineage(&note.agreement.0, &from.node_key(), Role::Sender)?;
        rounds.retain(|round| round.agreement == note.agreement.0);
        rounds.retain(|round| is_retained(&agreement, round, now));
        let round = self.newest_that_counts(&rounds)?;
        if self.open_questions_of(&from.node_key())? >= MANY_OPEN {
            return Err(policy("inquiries_open", Abort::Policy));
        }
        let body = json!({
            "item": note.item,
            "from": Hex(from.node_key()),
            "agreement": note.agreement,
            "round": Hex(round.id),
        });
        Ok(self.store.open_inquiry(&NewInquiry {
            item: &note.item.0,
            peer: &from.node_key(),
            agreement: &note.agreement.0,
            round: &round.id,
            finding: None,
            after: 0,
            opened_at: now,
            opening: &bytes,
            person: &asked.person,
            entry: Entry {
                actor: "node",
                kind: "inquiry_received",
                body: &body,
            },
        })?)
    }

    /// The first of these rounds that counts. A leg whose two ends do not say the same bears no question either.
    fn newest_that_counts<'a>(&self, rounds: &'a [Round]) -> Result<&'a Round> {
        let mut refusal = policy("inquiry_no_round", Abort::AgreementMismatch);
        for round in rounds {
            match self.weight_of(&round.id)? {
                Weight::Counts => return Ok(round),
                // Whoever asks may have read further: its note comes again.
                Weight::Open => {
                    refusal = Error::NotYet {
                        reason: "inquiry_leg_open",
                    };
                }
                Weight::None => {}
            }
        }
        Err(refusal)
    }

    /// How many questions of a peer nobody here has answered yet.
    fn open_questions_of(&self, peer: &[u8; 32]) -> Result<usize> {
        let mut open = 0;
        for known in self.store.inquiries()? {
            if known.finding.is_none() && known.peer == *peer {
                let events: Vec<hefu_casework::Event<ReplyAct>> = parsed(&known.events)?;
                let answered = events
                    .iter()
                    .any(|event| matches!(event.act, ReplyAct::Answered(_)));
                open += usize::from(!answered);
            }
        }
        Ok(open)
    }

    pub(super) fn read_asked(&self, stored: &hefu_store::Inquiry) -> Result<Way> {
        let note = Note::parse(&stored.opening)?;
        let Word::Inquiry(asked) = note.word else {
            return Err(Error::Internal {
                what: "an inquiry's note",
            });
        };
        let events = parsed(&stored.events)?;
        let (received, until) = (day_of(stored.opened_at), asked.due.until());
        let records = self.records_of(&stored.agreement, &stored.peer, &asked)?;
        let rows = match &records {
            Records::Kept(rows) => &rows[..],
            Records::CannotFind => &[],
        };
        let care = Care::of_rows(rows, &asked.person, received);
        let reply = Reply::from_events(received, until, care, &events)?;
        Ok(Way::Answers {
            on: note.on,
            asked,
            reply,
            events,
        })
    }

    /// From the newest round of the agreement's lineage in which the person was entered, or somebody in the person's place.
    fn records_of(&self, agreement: &[u8; 32], peer: &[u8; 32], asked: &Asked) -> Result<Records> {
        let terms = self.signed(agreement)?;
        let own = terms.agreement.party(terms.me)?;
        let by_case = self.is_by_case(&terms.agreement, asked.rule.as_ref());
        let mut all_deleted = true;
        for round in self.rounds_of_lineage(agreement, peer, Role::Sender)? {
            let aliases = self.aliases(&round.datasets);
            let mut rows = Vec::new();
            for dataset in &round.datasets {
                for number in aliases.group(&asked.person) {
                    let Some(mut found) = self.rows_of(*dataset, number)? else {
                        continue;
                    };
                    all_deleted = false;
                    if by_case {
                        found.extend(self.store.records_in_place_of(*dataset, number)?);
                    }
                    rows.extend(
                        found
                            .into_iter()
                            .filter(|row| own.programmes.contains(&row.programme)),
                    );
                }
            }
            if !rows.is_empty() {
                rows.sort_by_key(|row| row.row);
                rows.dedup_by_key(|row| row.row);
                return Ok(Records::Kept(rows));
            }
        }
        Ok(match all_deleted {
            true => Records::CannotFind,
            false => Records::Kept(Vec::new()),
        })
    }

    /// Whether under this rule a relative stands in the place of the victim of a case.
    fn is_by_case(&self, agreement: &Agreement, rule: Option<&RuleId>) -> bool {
        let rule = rule.and_then(|rule| self.rules.get(rule));
        rule.is_some_and(|rule| rule.basis == Basis::Case)
            && agreement.case_matching() == CaseMatching::ByCase
    }

    /// What the newest snapshots of all registers have of somebody, under all their numbers and of whatever programme.
    pub(crate) fn rows_by_now(&self, person: &PersonKey) -> Result<Vec<AidRecord>> {
        let datasets = match self.current_datasets() {
            Err(Error::Missing { .. }) => Vec::new(),
            datasets => datasets?,
        };
        let aliases = self.aliases(&datasets);
        let mut rows = Vec::new();
        for dataset in datasets {
            for number in aliases.group(person) {
                rows.extend(self.rows_of(dataset, number)?.unwrap_or_default());
            }
        }
        Ok(rows)
    }

    /// Whether a row that came since, or of another programme, says that the person is protected, or does not say.
    pub(crate) fn is_protected_by_now(&self, person: &PersonKey) -> Result<bool> {
        let rows = self.rows_by_now(person)?;
        Ok(rows.iter().any(|row| row.protection != Protection::No))
    }

    /// Refuses words about a person who is protected by now, whatever was known when the matter began.
    pub(super) fn must_keep_back_by_now(&self, person: &PersonKey, words: Option<&Text<500>>) -> Result<()> {
        match words {
            Some(_) if self.is_protected_by_now(person)? => Err(hefu_casework::Error::KeptBack.into()),
            _ => Ok(()),
        }
    }

    /// Nothing where the snapshot was deleted.
    pub(crate) fn rows_of(&self, dataset: DatasetId, number: &PersonKey) -> Result<Option<Vec<AidRecord>>> {
        kept(self.store.records_of(dataset, number))
    }

    /// The rounds that came to their end between the two under agreements of this one's lineage, the newest first.
    fn rounds_of_lineage(&self, agreement: &[u8; 32], peer: &[u8; 32], role: Role) -> Result<Vec<Round>> {
        let lineage = self.dossiers.lineage(agreement);
        let mut rounds = self.store.rounds()?;
        rounds.retain(|round| {
            self.dossiers.lineage(&round.agreement) == lineage
                && round.peer == *peer
                && round.role == role
                && round.state == RoundState::Done
        });
        rounds.sort_by_key(|round| std::cmp::Reverse(round.ended_at));
        Ok(rounds)
    }
}

/// Nothing where the snapshot was deleted.
fn kept<T>(rows: std::result::Result<T, hefu_store::Error>) -> Result<Option<T>> {
    match rows {
        Ok(rows) => Ok(Some(rows)),
        Err(hefu_store::Error::Deleted { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the other side can have such a finding under this agreement.
fn must_fit(agreement: &Agreement, from: &[u8; 32], asked: &Asked) -> Result<()> {
    let mismatch = |reason| Err(policy(reason, Abort::AgreementMismatch));
    match agreement.index_of(from) {
        Some(index) if agreement.may_receive(index) => {}
        _ => return mismatch("inquiry_not_receiver"),
    }
    let rule_fits = match (&asked.rule, agreement.key_kind) {
        (Some(rule), KeyKind::Rule) => agreement.rules.contains(rule),
        (None, KeyKind::Person) => true,
        _ => false,
    };
    if !rule_fits {
        return mismatch("inquiry_other_rule");
    }
    let selected = agreement.selection.months;
    if !asked.months.iter().all(|month| selected.contains(*month)) {
        return mismatch("inquiry_other_months");
    }
    Ok(())
}
