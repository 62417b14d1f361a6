use hefu_casework::precheck::{Authority, Checked, Intended, Mistake, Request, When};
use hefu_casework::{CaseNumber, CauseCode, Month, ProgrammeCode, Text, Wrong};
use hefu_identity::Kind;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Hex16, Hex32};
use crate::precheck::{Answer, AtPeer, DayBudget, NOTICES, NotAsked, Precheck};
use crate::{Error, Result};

/// People to be checked before they are paid.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartPrecheck {
    /// Who, 1 to 20. It is never stored but sealed, until every agency has answered.
    pub people: Vec<PersonRequest>,
    /// On what it rests; without that nothing is asked.
    pub authority: AuthorityRequest,
    /// The number of the case file, up to 100 characters.
    pub case_file: String,
    /// The digests of the agreements to check under; all in force that fit where there are none.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    pub agreements: Vec<Hex32>,
}

/// One person and the payment that is meant: for the months from `from` to `until`, or once, on `day`.
#[derive(Serialize, Deserialize, ToSchema, Zeroize, ZeroizeOnDrop)]
#[serde(deny_unknown_fields)]
pub struct PersonRequest {
    /// The kind of document; a resident's identity card where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    pub kind: Option<String>,
    /// The document number.
    pub number: String,
    /// The programme, a code of the catalogue.
    #[zeroize(skip)]
    pub programme: String,
    /// The first month, `2026-07`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    pub from: Option<String>,
    /// The last month, included; the first one where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    pub until: Option<String>,
    /// The day of a payment that is made once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    #[zeroize(skip)]
    pub day: Option<Date>,
    /// The number of the case, for rules that count by case; up to 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// For what it is paid, for rules that ask for one cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[zeroize(skip)]
    pub cause: Option<String>,
}

/// On what a check rests. Texts are of one line, of up to 100 characters.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum AuthorityRequest {
    /// The person has consented.
    Consent {
        /// The number of the paper.
        document: String,
    },
    /// A law gives the agency the duty.
    Duty {
        /// The law.
        law: String,
        /// Its article.
        article: String,
        /// The number of the application or of the case.
        document: String,
    },
}

/// A check that was begun.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckStarted {
    /// Its id.
    #[schema(value_type = String)]
    pub check: Hex16,
}

/// Checks, and what is left of them today.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckList {
    /// The one begun last first.
    pub prechecks: Vec<PrecheckView>,
    /// By agreement.
    pub today: Vec<PrecheckBudgetView>,
}

/// What is left today, in Beijing time, under one agreement on checks.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckBudgetView {
    /// The agreement's digest.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// Its number.
    pub number: String,
    /// The other party.
    pub peer: String,
    /// Whether this agency asks; otherwise it answers.
    pub asks: bool,
    /// How many elements every check enters.
    pub batch: u64,
    /// Checks a day.
    pub limit: u64,
    /// Checks of today.
    pub used: u64,
    /// Checks left today.
    pub left: u64,
}

/// A check of a few people before they are paid.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckView {
    /// Its id.
    #[schema(value_type = String)]
    pub check: Hex16,
    /// What stands over every result.
    pub notices: Vec<String>,
    /// When it was begun.
    pub begun_at: Timestamp,
    /// Who had it begun.
    pub actor: String,
    /// How many people it is of.
    pub people: u64,
    /// Whether an answer is still awaited.
    pub waiting: bool,
    /// On what it rests; nothing once that was deleted.
    #[schema(value_type = Option<Object>)]
    pub authority: Option<Value>,
    /// The number of the case file; nothing once that was deleted.
    pub case_file: Option<String>,
    /// Who was asked.
    pub peers: Vec<PrecheckPeerView>,
    /// Who might have been asked, and could not be then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<PrecheckNotAskedView>,
    /// What was learned of each person; only where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<PrecheckPersonView>,
}

/// A check at one agency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckPeerView {
    /// The agency.
    pub peer: String,
    /// The agreement's number.
    pub number: String,
    /// The agreement's digest.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// Whether it goes by files.
    pub by_files: bool,
    /// How far it is: `precheck_waiting`, `precheck_answered`, `precheck_not_answered`, `precheck_deleted`. Without an
    /// answer nothing is said of anybody.
    pub state: String,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Why there is no answer, or not yet: a code of the table of words.
    pub reason: Option<String>,
}

/// An agency that a check might have asked, and did not. Nothing is said of anybody for it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckNotAskedView {
    /// The agency.
    pub peer: String,
    /// The agreement's number.
    pub number: String,
    /// The agreement's digest.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// Why, a code of the table of words.
    pub reason: String,
}

/// What was learned of one person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckPersonView {
    /// Which, from 1 in the order of the request.
    pub number: u64,
    /// The document number, masked.
    pub person: String,
    /// The programme of the payment that is meant.
    pub programme: String,
    /// For when it is meant: a month, `2026-07..2026-09` with the last month included, or a day.
    pub when: String,
    /// What was learned, at each agency that answered.
    pub at: Vec<PrecheckResultView>,
    /// The agencies that did not answer.
    pub unanswered: Vec<String>,
    /// The agencies whose answer is still awaited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<String>,
    /// The agencies that were not asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_asked: Vec<String>,
}

/// What was learned of one person at one agency.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckResultView {
    /// The agency.
    pub peer: String,
    /// `would_break`, `listed`, `no_record` or `cannot_find`, which is not the same as the one before.
    pub verdict: String,
    /// What stands in the way.
    pub hits: Vec<PrecheckHitView>,
    /// What could not be compared.
    pub cannot_find: Vec<PrecheckUnfoundView>,
}

/// One thing that stands in the way of a payment.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckHitView {
    /// `would_break` or `listed`.
    pub verdict: String,
    /// The rule.
    pub rule: Option<String>,
    /// In which months.
    pub months: Vec<String>,
}

/// What could not be compared.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PrecheckUnfoundView {
    /// Under which rule.
    pub rule: Option<String>,
    /// Why, a code of the table of words.
    pub reason: String,
}

impl StartPrecheck {
    pub(in crate::api) fn request(&self) -> Result<Request> {
        let people = (1..)
            .zip(&self.people)
            .map(|(number, person)| person.intended(number));
        let people = people.collect::<Result<Vec<_>, Mistake>>().map_err(casework)?;
        let authority = match &self.authority {
            AuthorityRequest::Consent { document } => Authority::Consent {
                document: Text::new(document)?,
            },
            AuthorityRequest::Duty {
                law,
                article,
                document,
            } => Authority::Duty {
                law: Text::new(law)?,
                article: Text::new(article)?,
                document: Text::new(document)?,
            },
        };
        Ok(Request::new(people, authority, Text::new(&self.case_file)?)?)
    }
}

impl PersonRequest {
    fn intended(&self, person: u64) -> Result<Intended, Mistake> {
        let wrong = |field, wrong| Mistake::Person { person, field, wrong };
        let kind = match &self.kind {
            Some(kind) => kind.parse().map_err(|_| wrong("kind", Wrong::Unknown))?,
            None => Kind::Resident,
        };
        let parsed = hefu_identity::parse(kind, &self.number);
        let parsed = parsed.map_err(|refusal| Mistake::Number { person, refusal })?;
        let month = |field, text: &str| text.parse::<Month>().map_err(|_| wrong(field, Wrong::OutOfRange));
        let when = match (&self.from, &self.until, self.day) {
            (Some(from), until, None) => {
                let from = month("from", from)?;
                let until = until.as_ref().map_or(Ok(from), |until| month("until", until))?;
                When::Months { from, until }
            }
            (None, None, Some(day)) => When::Day { day },
            (_, _, Some(_)) => return Err(wrong("day", Wrong::NotAllowed)),
            (None, _, None) => return Err(wrong("from", Wrong::Missing)),
        };
        let cause = |code: &String| CauseCode::from_code(code).ok_or_else(|| wrong("cause", Wrong::Unknown));
        Ok(Intended {
            person: parsed.key,
            programme: ProgrammeCode::new(&self.programme).map_err(|_| wrong("programme", Wrong::Unknown))?,
            when,
            case: self.case.as_deref().and_then(CaseNumber::new),
            cause: self.cause.as_ref().map(cause).transpose()?,
        })
    }
}

fn casework(mistake: Mistake) -> Error {
    hefu_casework::Error::from(mistake).into()
}

impl From<Precheck> for PrecheckView {
    fn from(check: Precheck) -> Self {
        let about = check.about.as_ref();
        let with_results = check.peers.iter().any(|peer| peer.results.is_some());
        let people = about.into_iter().flat_map(|about| (1..).zip(&about.people));
        let without = |is: fn(Answer) -> bool| -> Vec<String> {
            let peers = check.peers.iter();
            peers
                .filter(|peer| peer.results.is_none() && is(peer.answer))
                .map(|peer| peer.peer.clone())
                .collect()
        };
        let person = |(number, masked): (u64, &hefu_casework::precheck::Masked)| PrecheckPersonView {
            number,
            person: masked.person.clone(),
            programme: masked.programme.to_string(),
            when: masked.when.to_string(),
            at: check
                .peers
                .iter()
                .filter_map(|peer| PrecheckResultView::of(peer, number))
                .collect(),
            unanswered: without(|answer| answer != Answer::Waiting),
            awaited: without(|answer| answer == Answer::Waiting),
            not_asked: check.not_asked.iter().map(|not| not.name.clone()).collect(),
        };
        Self {
            check: check.id,
            notices: NOTICES.map(str::to_owned).to_vec(),
            begun_at: check.begun_at,
            actor: check.actor.clone(),
            people: check.people,
            waiting: check.is_waiting(),
            authority: about.and_then(|about| serde_json::to_value(&about.authority).ok()),
            case_file: about.map(|about| about.case_file.as_str().to_owned()),
            peers: check.peers.iter().map(PrecheckPeerView::from).collect(),
            not_asked: check.not_asked.iter().map(PrecheckNotAskedView::from).collect(),
            results: people.filter(|_| with_results).map(person).collect(),
        }
    }
}

impl From<&AtPeer> for PrecheckPeerView {
    fn from(peer: &AtPeer) -> Self {
        Self {
            peer: peer.peer.clone(),
            number: peer.number.clone(),
            agreement: peer.agreement,
            round: peer.round,
            by_files: peer.by_files,
            state: peer.answer.code().to_owned(),
            ended_at: peer.ended_at,
            reason: peer.reason.clone(),
        }
    }
}

impl From<&NotAsked> for PrecheckNotAskedView {
    fn from(not: &NotAsked) -> Self {
        Self {
            peer: not.name.clone(),
            number: not.agreement.clone(),
            agreement: not.digest,
            reason: not.reason.clone(),
        }
    }
}

impl PrecheckResultView {
    fn of(peer: &AtPeer, person: u64) -> Option<Self> {
        let mut of_person = peer.results.iter().flatten();
        let checked: &Checked = of_person.find(|checked| checked.person == person)?;
        let rule = |rule: &Option<hefu_casework::RuleId>| rule.as_ref().map(ToString::to_string);
        Some(Self {
            peer: peer.peer.clone(),
            verdict: checked.verdict.code().to_owned(),
            hits: checked
                .hits
                .iter()
                .map(|hit| PrecheckHitView {
                    verdict: hit.verdict.code().to_owned(),
                    rule: rule(&hit.rule),
                    months: hit.months.iter().map(ToString::to_string).collect(),
                })
                .collect(),
            cannot_find: checked
                .cannot_find
                .iter()
                .map(|each| PrecheckUnfoundView {
                    rule: rule(&each.rule),
                    reason: each.reason.clone(),
                })
                .collect(),
        })
    }
}

impl From<DayBudget> for PrecheckBudgetView {
    fn from(budget: DayBudget) -> Self {
        Self {
            agreement: budget.agreement,
            number: budget.number,
            peer: budget.peer,
            asks: budget.asks,
            batch: budget.batch,
            limit: budget.limit,
            used: budget.used,
            left: budget.limit.saturating_sub(budget.used),
        }
    }
}
