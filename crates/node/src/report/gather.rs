//! From a node's record of a round to the facts of its report.

use hefu_casework::{Basis, CannotFindReason, CaseMatching, Finding, Hex, SignedAgreement, learns};
use hefu_psi::wire::{Accept, Open};
use hefu_store::{Deleted as DeletedOf, LogEntry, Role, Round, RoundState};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::deleted::Deleted;
use super::facts::{
    About, AgreementFacts, CannotFind, Cared, Export, Feedback, Form, Input, Inputs, Learns, Line, LogEnd,
    Protocol, ReceiptFacts, Results, Retention, Reviewed, RoundFacts, RuleFacts, Sections, Snapshot, There,
};
use super::tables::{Changed, tables};
use crate::deletion::PUT_OFF_DAYS;
use crate::node::day_of;
use crate::outcome::Outcomes;
use crate::review::Reviews;
use crate::round::{hex_at, signed_receipt};
use crate::{Error, NOTICE, Node, Result};

/// Years for which the record of a processing is kept (个人信息保护法 art. 56).
const RECORD_YEARS: i32 = 3;

impl Node {
    pub(super) fn facts(&self, round: &[u8; 32], form: Form, copy: u64) -> Result<Sections> {
        let head = self.store.head()?;
        let record = self.round_on_record(round)?;
        let entries = self.entries_about(round)?;
        let newest = |kind: &str| entries.iter().rev().find(|entry| entry.kind == kind);
        let signed = self.signed_agreement(&record.agreement)?;
        let agreement = signed.agreement();
        // As all have signed it: the node may be called otherwise by now.
        let me = agreement.index_of(&self.node_key());
        let party = me
            .and_then(|me| agreement.parties.get(me))
            .ok_or(Error::Internal {
                what: "a round's agreement",
            })?;
        let done = newest("round_done");
        let receipt = done.map(|entry| signed_receipt(&entry.body)).transpose()?;
        let committed = newest("session_committed");
        let findings = self.kept_findings(&record)?;
        let reviews = &self.reviews(round)?;
        let same_rules = self.rules.digest() == agreement.rules_digest.0;
        let told = findings.as_deref();
        Ok(Sections {
            about: About {
                notice: NOTICE.to_owned(),
                by: party.name.clone(),
                made_at: Timestamp::now(),
                copy,
            },
            round: RoundFacts {
                id: Hex(record.id),
                role: record.role.code().to_owned(),
                carrier: self.store.session(round)?.map(|session| {
                    let carrier = if session.by_files { "files" } else { "line" };
                    carrier.to_owned()
                }),
                state: record.state.code().to_owned(),
                error: record.error.clone(),
                reason: record.reason.clone(),
                started_at: record.started_at,
                ended_at: record.ended_at,
                unsettled: self.unsettled(&record)?,
            },
            agreement: AgreementFacts {
                digest: Hex(record.agreement),
                text: agreement.clone(),
                signatures: signed.signatures().to_vec(),
            },
            assessment: self.surroundings.assessment.clone(),
            rules: RuleFacts {
                digest: agreement.rules_digest,
                place: agreement.place.clone(),
                texts: same_rules.then(|| {
                    let text = |id| self.rules.get(id).cloned();
                    agreement.rules.iter().filter_map(text).collect()
                }),
            },
            inputs: self.inputs(&record, committed)?,
            protocol: Protocol {
                suite: agreement.suite.clone(),
                version: committed.and_then(opening).map(|open| open.version),
                mode: agreement.mode.code().to_owned(),
                key_kind: agreement.key_kind.code().to_owned(),
                open: committed.and_then(|entry| text(&entry.body, "open")),
                accept: committed.and_then(|entry| text(&entry.body, "accept")),
            },
            learns: self.learned_by_all(&signed),
            results: self.results(&record, told, &signed, done, form, reviews)?,
            findings: match form {
                Form::Internal => told.map(|findings| self.lines(&record, findings, reviews)),
                Form::Submission => None,
            },
            receipt: receipt.as_ref().map(ReceiptFacts::from),
            exports: entries.iter().filter_map(|entry| export(entry, form)).collect(),
            deleted: self.deleted(&record, form)?,
            log: LogEnd {
                seq: head.seq,
                hash: Hex(head.hash),
            },
            // That somebody is in charge of one finding is no number above the smallest.
            retention: retention(
                &record,
                agreement.retention_days,
                form == Form::Internal && reviews.under_way(),
            )?,
        })
    }

    /// How a leg stands on the record of its conference that is not done there by this session.
    fn unsettled(&self, record: &Round) -> Result<Option<String>> {
        let standing = self.leg_of_round(&record.id)?;
        let unsettled = standing.filter(|standing| record.state == RoundState::Done && !standing.holds());
        Ok(unsettled.map(|standing| standing.state.code().to_owned()))
    }

    pub(crate) fn round_on_record(&self, round: &[u8; 32]) -> Result<Round> {
        self.store.round(round)?.ok_or_else(|| Error::Missing {
            what: "round",
            name: Hex(*round).to_string(),
        })
    }

    /// The agreement of a round: nothing runs without one that all have signed.
    pub(crate) fn signed_agreement(&self, digest: &[u8; 32]) -> Result<SignedAgreement> {
        self.agreement(digest)?.signed().ok_or(Error::Internal {
            what: "a round's agreement",
        })
    }

    /// The findings of a round; nothing where they were deleted. What was deleted does not pass for nothing found.
    pub(crate) fn kept_findings(&self, record: &Round) -> Result<Option<Vec<Finding>>> {
        match self.findings(&record.id) {
            Ok(findings) => Ok(Some(findings)),
            Err(Error::Store(hefu_store::Error::Deleted { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn inputs(&self, record: &Round, committed: Option<&LogEntry>) -> Result<Inputs> {
        let snapshot = |dataset: hefu_store::Dataset| {
            let account: Value = serde_json::from_str(&dataset.reconciliation).unwrap_or_default();
            let count = |of: &str| account.get(of).and_then(Value::as_u64).unwrap_or_default();
            let rejected = account.get("rejected").and_then(Value::as_object);
            Snapshot {
                id: dataset.id.0,
                name: dataset.info.name,
                imported_at: dataset.finished_at,
                rows_read: count("rows_read"),
                accepted: count("accepted"),
                persons: dataset.counts.persons,
                blank: count("blank"),
                quarantined: rejected
                    .into_iter()
                    .flatten()
                    .filter_map(|(reason, rows)| Some((reason.clone(), rows.as_u64()?)))
                    .collect(),
            }
        };
        let open = committed.and_then(opening);
        let accept = committed.and_then(acceptance);
        let receivers = open.map(|open| Hex(open.input));
        let senders = accept.map(|accept| Hex(accept.input));
        let (own, peer) = match record.role {
            Role::Receiver => (receivers, senders),
            Role::Sender => (senders, receivers),
        };
        let input = |elements, commitment| Input { elements, commitment };
        Ok(Inputs {
            // The account of one whose records were deleted stays.
            snapshots: record
                .datasets
                .iter()
                .rev()
                .map(|id| Ok(snapshot(self.store.dataset(*id)?)))
                .collect::<Result<_>>()?,
            own: input(record.own_elements, own),
            peer: input(record.peer_elements, peer),
        })
    }

    pub(crate) fn learned_by_all(&self, signed: &SignedAgreement) -> Vec<Learns> {
        let agreement = signed.agreement();
        let parties = agreement.parties.iter().enumerate();
        let each = parties.flat_map(|(index, party)| {
            let learned = learns(agreement, &self.rules, index).into_iter();
            learned.map(|learning| Learns::of(&party.name, learning))
        });
        each.collect()
    }

    fn results(
        &self,
        record: &Round,
        findings: Option<&[Finding]>,
        signed: &SignedAgreement,
        done: Option<&LogEntry>,
        form: Form,
        reviews: &Reviews,
    ) -> Result<Results> {
        if record.role == Role::Sender {
            return Ok(Results::NotReceiver {});
        }
        if record.state != RoundState::Done {
            return Ok(Results::None {});
        }
        let Some(findings) = findings else {
            return Ok(Results::Deleted {});
        };
        // A correction takes a finding out of the counts.
        let counted: Vec<Finding> = (1..)
            .zip(findings)
            .filter(|(seq, _)| reviews.counts(*seq))
            .map(|(_, finding)| finding.clone())
            .collect();
        let cannot_find = self.cannot_find(signed, done);
        Ok(Results::Learned(tables(
            &counted,
            Changed::of(reviews),
            record.matched,
            cannot_find,
            form,
        )?))
    }

    /// What could not be found: by the agreement alone, or because the rows entered bore no case number.
    fn cannot_find(&self, signed: &SignedAgreement, done: Option<&LogEntry>) -> Vec<CannotFind> {
        let noted = done.and_then(|entry| entry.body.get("cannot_find"));
        if let Some(noted) = noted.and_then(|noted| serde_json::from_value(noted.clone()).ok()) {
            return noted;
        }
        // A round of before: its entry says nothing of it.
        let agreement = signed.agreement();
        if agreement.case_matching() != CaseMatching::CannotFind {
            return Vec::new();
        }
        let by_case = |id: &&_| self.rules.get(id).is_some_and(|rule| rule.basis == Basis::Case);
        let of = |id: &hefu_casework::RuleId| CannotFind {
            rule: id.clone(),
            reason: CannotFindReason::CaseSchemesDiffer.code().to_owned(),
            rows: Some(0),
        };
        agreement.rules.iter().filter(by_case).map(of).collect()
    }

    fn lines(&self, record: &Round, findings: &[Finding], reviews: &Reviews) -> Vec<Line> {
        let line = |(seq, finding): (u64, &Finding)| Line {
            item: self.item(&record.id, seq),
            seq,
            kind: finding.kind.code().to_owned(),
            rule: finding.rule.clone(),
            programmes: finding.programmes.clone(),
            peer: finding.peer.clone(),
            person: finding.person.masked(),
            months: finding.months.clone(),
            changeover: finding.changeover.clone(),
            to_verify_fen: finding.to_verify,
            feedback: finding.feedback.map(|feedback| Feedback {
                state: feedback.state.code().to_owned(),
                date: feedback.date,
                reason: feedback.reason.map(|reason| reason.code().to_owned()),
            }),
            name: finding.name,
            review: reviews.begun.get(&seq).map(Reviewed::of),
            corrected_before: reviews.corrected_before.contains_key(&seq),
            there: reviews
                .told
                .get(&seq)
                .and_then(Outcomes::last)
                .map(|there| There {
                    outcome: there.code().to_owned(),
                    document: there.document.clone(),
                    on: there.on,
                    contradiction: reviews.contradiction(seq).map(|how| how.code().to_owned()),
                }),
            care: Some(Cared {
                protected: finding.care.protected,
                key_group: finding.care.key_group().code().to_owned(),
            }),
        };
        (1..).zip(findings).map(line).collect()
    }

    /// The number by which two officers speak of a finding. It is keyed: it says nothing of the person, and without
    /// this node nobody can tell which finding it is.
    pub(crate) fn item(&self, round: &[u8; 32], seq: u64) -> Hex<8> {
        let place = [round.as_slice(), &seq.to_be_bytes()].concat();
        let digest = self.store.vault().lookup("finding item", &place);
        let mut item = [0; 8];
        item.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Hex(item)
    }

    /// A report for submission has not the signed records, since they name the officer who deleted.
    fn deleted(&self, record: &Round, form: Form) -> Result<Deleted> {
        let about = |of: &DeletedOf| match of {
            DeletedOf::Findings(round) => *round == record.id,
            DeletedOf::Dataset(dataset) => record.datasets.contains(dataset),
        };
        let (records, told): (Vec<_>, Vec<_>) = self.deletions(about)?.into_iter().unzip();
        let (records, told) = match form {
            Form::Internal => (records, Vec::new()),
            Form::Submission => (Vec::new(), told),
        };
        Ok(Deleted {
            session_secrets: self.store.session_seed(&record.id)?.is_none(),
            records,
            told,
        })
    }

    /// Every entry of the log about this round, in order.
    pub(crate) fn entries_about(&self, round: &[u8; 32]) -> Result<Vec<LogEntry>> {
        self.entries_with("round", &Hex(*round).to_string())
    }

    /// Every entry of the log that has this id in this field, in order.
    pub(crate) fn entries_with(&self, field: &str, id: &str) -> Result<Vec<LogEntry>> {
        const PAGE: usize = 1024;
        let (mut after, mut found) = (0, Vec::new());
        loop {
            let page = self.store.entries(after, PAGE)?;
            let Some(last) = page.last() else {
                return Ok(found);
            };
            after = last.seq;
            found.extend(page.into_iter().filter(|entry| entry.body[field] == id));
        }
    }
}

impl Reviewed {
    fn of(review: &hefu_casework::review::Review) -> Self {
        Self {
            stage: review.stage().code().to_owned(),
            reviewer: review.owner().map(str::to_owned),
            verdict: review.verdict().map(|verdict| verdict.code().to_owned()),
            outcome: review.decision().map(|decision| decision.code().to_owned()),
        }
    }
}

/// A report that was made before.
pub(super) fn export(entry: &LogEntry, form: Form) -> Option<Export> {
    if entry.kind != super::MADE {
        return None;
    }
    Some(Export {
        at: entry.at,
        form: Form::from_code(entry.body.get("form")?.as_str()?)?,
        copy: entry.body.get("copy")?.as_u64()?,
        actor: (form == Form::Internal).then(|| entry.actor.clone()),
    })
}

fn opening(entry: &LogEntry) -> Option<Open> {
    Open::decode(&hex_at(&entry.body, "/open").ok()?).ok()
}

fn acceptance(entry: &LogEntry) -> Option<Accept> {
    Accept::decode(&hex_at(&entry.body, "/accept").ok()?).ok()
}

fn text(body: &Value, field: &str) -> Option<String> {
    Some(body.get(field)?.as_str()?.to_owned())
}

fn retention(record: &Round, days: u32, under_way: bool) -> Result<Retention> {
    let out_of_range = || Error::Internal {
        what: "a date of retention",
    };
    let until = |days: u32| {
        let after = |at| day_of(at).checked_add(i64::from(days).days());
        let until = record.ended_at.map(after).transpose();
        until.map_err(|_| out_of_range())
    };
    let from = record.ended_at.unwrap_or(record.started_at);
    Ok(Retention {
        findings_until: until(days)?,
        put_off_until: match under_way {
            true => until(days.saturating_add(PUT_OFF_DAYS))?,
            false => None,
        },
        record_until: day_of(from)
            .checked_add(RECORD_YEARS.years())
            .map_err(|_| out_of_range())?,
    })
}
