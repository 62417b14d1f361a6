//! 受理查重: before an agency pays, it asks after the few people of one case file whether another agency's payment stands
//! in the way. Nothing was paid yet, so nothing that comes of it is a finding against a payment.

use std::fmt;

use hefu_identity::{AliasTable, PersonKey, Refusal};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    Agreement, AidRecord, CannotFindReason, CaseNumber, CauseCode, Circumstances, ElementSet, Error,
    FindingKind, Hex, Known, Month, MonthRange, Outcome, Period, ProgrammeCode, Protection, RowId, RuleId,
    RuleSet, Status, Text, Wrong, codes::codes, elements, findings,
};

/// The most people that one check is of: those of one case file.
pub const MAX_PEOPLE: usize = 20;
const MAX_CASE_CHARS: usize = 100;

/// On what a check rests. It goes into the case file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Authority {
    /// 授权书: the person has consented (个人信息保护法 art. 13).
    Consent {
        /// The number of the paper.
        document: Text<100>,
    },
    /// 法定职责: a law gives the agency the duty (个人信息保护法 art. 34).
    Duty {
        /// The law.
        law: Text<100>,
        /// Its article.
        article: Text<100>,
        /// The number of the application or of the case in which the duty is done.
        document: Text<100>,
    },
}

/// For when a payment is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// For each of these months.
    Months {
        /// The first.
        from: Month,
        /// The last, included.
        until: Month,
    },
    /// Once, on this day.
    Day {
        /// The day.
        day: Date,
    },
}

/// One payment that is meant, to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Intended {
    /// To whom.
    pub person: PersonKey,
    /// Under which programme.
    pub programme: ProgrammeCode,
    /// For when.
    pub when: When,
    /// In which case, for rules that count by case.
    pub case: Option<CaseNumber>,
    /// For what, for rules that ask for one cause.
    pub cause: Option<CauseCode>,
}

/// Whom a check is of, and on what it rests. It names people: no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    people: Vec<Intended>,
    authority: Authority,
    case_file: Text<100>,
}

/// What of a [`Request`] stays on record when its numbers are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// On what it rests.
    pub authority: Authority,
    /// The number of the case file.
    pub case_file: Text<100>,
    /// Who was asked after, in order.
    pub people: Vec<Masked>,
}

/// One person of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Masked {
    /// The number, masked.
    pub person: String,
    /// The programme.
    pub programme: ProgrammeCode,
    /// For when the payment is meant.
    pub when: When,
}

codes! {
    /// What a check says of one person at one agency.
    Verdict {
        /// 疑似重复: with what that agency pays, it would break a rule.
        WouldBreak = "would_break",
        /// The person is on that agency's roll, which says nothing of a rule.
        Listed = "listed",
        /// 未见对应记录, as far as was compared.
        NoRecord = "no_record",
        /// Nothing was compared.
        CannotFind = "cannot_find",
    }
}

/// What a check learned of one person at one agency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// Which person, from 1 in the order of the request.
    pub person: u64,
    /// In one word.
    pub verdict: Verdict,
    /// What stands in the way.
    pub hits: Vec<Hit>,
    /// What could not be compared. There may be some also where something else was.
    pub cannot_find: Vec<NotCompared>,
}

/// One thing that stands in the way of a payment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hit {
    /// [`Verdict::WouldBreak`] or [`Verdict::Listed`].
    pub verdict: Verdict,
    /// The rule; none where only the person was compared.
    pub rule: Option<RuleId>,
    /// In which months.
    pub months: Vec<Month>,
}

/// What could not be compared for one person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotCompared {
    /// Under which rule; none where the agreement holds nothing for this payment.
    pub rule: Option<RuleId>,
    /// Why, a code of [`CannotFindReason`].
    pub reason: String,
}

/// What is wrong with a request. None says a number.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// Nobody, or more than a check is for.
    #[error("a check is of 1 to {max} people, not of {people}; make several, or agree on a round")]
    People {
        /// How many there are.
        people: usize,
        /// How many there may be.
        max: usize,
    },
    /// A number that is none.
    #[error("person {person}: the document number can't be used ({refusal:?}); correct it")]
    Number {
        /// Which person, from 1.
        person: u64,
        /// Why not.
        refusal: Refusal,
    },
    /// Something else that is said of a person.
    #[error("person {person}: {field} {wrong}")]
    Person {
        /// Which person, from 1.
        person: u64,
        /// What.
        field: &'static str,
        /// In what way.
        wrong: Wrong,
    },
}

impl Mistake {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Mistake::People { .. } => "precheck_people",
            Mistake::Number { .. } => "precheck_number",
            Mistake::Person { .. } => "precheck_person",
        }
    }

    /// What the message is about, by name.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Mistake::People { people, max } => {
                vec![("people", people.to_string()), ("max", max.to_string())]
            }
            Mistake::Number { person, refusal } => {
                vec![
                    ("person", person.to_string()),
                    ("refusal", refusal.code().to_owned()),
                ]
            }
            Mistake::Person { person, field, wrong } => vec![
                ("person", person.to_string()),
                ("field", (*field).to_owned()),
                ("wrong", wrong.code().to_owned()),
            ],
        }
    }
}

impl When {
    /// As records have it.
    fn period(self) -> Period {
        match self {
            When::Months { from, until } => Period::Months(MonthRange {
                from,
                to: until.next(),
            }),
            When::Day { day } => Period::OneOff(day),
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::Months { from, until } if from == until => from.fmt(f),
            When::Months { from, until } => write!(f, "{from}..{until}"),
            When::Day { day } => day.fmt(f),
        }
    }
}

impl Request {
    /// # Errors
    /// [`Mistake::People`]; [`Mistake::Person`] for months that end before they begin, for a case number that is longer
    /// than any, and for a payment that is there twice.
    pub fn new(people: Vec<Intended>, authority: Authority, case_file: Text<100>) -> Result<Request, Error> {
        if !(1..=MAX_PEOPLE).contains(&people.len()) {
            return Err(Mistake::People {
                people: people.len(),
                max: MAX_PEOPLE,
            }
            .into());
        }
        for (index, intended) in people.iter().enumerate() {
            let wrong = |field, wrong| Mistake::Person {
                person: index as u64 + 1,
                field,
                wrong,
            };
            if intended.when.period().months().is_empty() {
                return Err(wrong("until", Wrong::OutOfRange).into());
            }
            let case = intended.case.as_ref().map(|case| case.as_str().chars().count());
            if case.is_some_and(|chars| chars > MAX_CASE_CHARS) {
                return Err(wrong("case", Wrong::TooLong).into());
            }
            if people.iter().take(index).any(|other| other == intended) {
                return Err(wrong("number", Wrong::Repeated).into());
            }
        }
        Ok(Request {
            people,
            authority,
            case_file,
        })
    }

    /// How many people it is of.
    pub fn people(&self) -> usize {
        self.people.len()
    }

    /// Under which programmes payments are meant.
    pub fn programmes(&self) -> impl Iterator<Item = &ProgrammeCode> {
        self.people.iter().map(|intended| &intended.programme)
    }

    /// What stays on record of it.
    pub fn about(&self) -> About {
        let masked = |intended: &Intended| Masked {
            person: intended.person.masked(),
            programme: intended.programme.clone(),
            when: intended.when,
        };
        About {
            authority: self.authority.clone(),
            case_file: self.case_file.clone(),
            people: self.people.iter().map(masked).collect(),
        }
    }

    /// The people and their payments in bytes, with the other numbers that `aliases` has of them: to be sealed for as long
    /// as a session may have to be repeated. The table may say something else by then.
    pub fn to_bytes(&self, aliases: &AliasTable) -> Zeroizing<Vec<u8>> {
        // As long as any: what it would grow out of is not wiped.
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
        let kept = self.people.iter().map(|intended| Kept::of(intended, aliases));
        let kept = (kept.collect::<Vec<_>>(), &self.authority, &self.case_file);
        // Nothing in it fails to be written, and a vector takes all.
        let _ = serde_json::to_writer(&mut *bytes, &kept);
        bytes
    }

    /// Reads what [`Request::to_bytes`] wrote; `None` for anything else. The same bytes make the same set each time.
    pub fn from_bytes(bytes: &[u8]) -> Option<(Request, AliasTable)> {
        let (kept, authority, case_file): (Vec<Kept>, _, _) = serde_json::from_slice(bytes).ok()?;
        let mut aliases = AliasTable::new();
        let mut people = Vec::with_capacity(kept.len());
        for kept in &kept {
            let intended = kept.intended()?;
            for other in &kept.others {
                aliases.add(&intended.person, &other.person()?);
            }
            people.push(intended);
        }
        Some((Request::new(people, authority, case_file).ok()?, aliases))
    }

    /// The payments as if they were made, one row a person. They are never stored.
    fn records(&self) -> impl Iterator<Item = AidRecord> {
        self.people.iter().zip(1..).map(|(intended, row)| AidRecord {
            row: RowId {
                file: 1,
                sheet: 1,
                row,
            },
            person: intended.person.clone(),
            name: None,
            protection: Protection::default(),
            disabled: Known::default(),
            programme: intended.programme.clone(),
            period: intended.when.period(),
            amount: None,
            household: None,
            case: intended.case.clone(),
            referral: None,
            circumstances: Circumstances {
                cause: intended.cause,
                ..Circumstances::default()
            },
            status: Status::Paid,
        })
    }
}

/// What party `me` enters in a check: the people's elements, as those of records would be, and as many beside them that
/// stand for nobody as make the agreed size. `randomness` as for [`ElementSet::filled`].
///
/// # Errors
/// As [`elements`]: [`Error::TooManyElements`] where the people alone make more than one check takes.
pub fn check_elements(
    agreement: &Agreement,
    rules: &RuleSet,
    me: usize,
    aliases: &AliasTable,
    request: &Request,
    randomness: impl FnOnce(&mut [u8]),
) -> Result<ElementSet, Error> {
    let set = elements(agreement, rules, me, me, aliases, &mut request.records())?;
    set.filled(agreement.party(me)?.max_elements, randomness)
}

/// What party `me` learns of each person from the positions that matched.
///
/// # Errors
/// As [`findings`]; [`Error::NoSuchElement`] also where an element that stands for nobody matched.
pub fn checked(
    agreement: &Agreement,
    rules: &RuleSet,
    me: usize,
    aliases: &AliasTable,
    request: &Request,
    set: &ElementSet,
    matched: &[u32],
) -> Result<Vec<Checked>, Error> {
    // Nothing is told of anybody's age here, so any day will do.
    let outcome = findings(agreement, me, set, matched, &[], agreement.valid_from)?;
    request
        .records()
        .map(|record| {
            let person = record.row.row;
            let alone = elements(agreement, rules, me, me, aliases, &mut std::iter::once(record))?;
            Ok(Checked::of(person, &outcome, &alone))
        })
        .collect()
}

impl Checked {
    /// `alone` is the set that this person alone would make.
    fn of(person: u64, outcome: &Outcome, alone: &ElementSet) -> Checked {
        let of_person = outcome
            .findings
            .iter()
            .filter(|finding| finding.rows.iter().any(|row| row.row == person));
        let hits: Vec<_> = of_person
            .map(|finding| Hit {
                verdict: match finding.kind {
                    FindingKind::LookOnly => Verdict::Listed,
                    _ => Verdict::WouldBreak,
                },
                rule: finding.rule.clone(),
                months: finding.months.clone(),
            })
            .collect();
        let mut cannot_find: Vec<_> = alone
            .cannot_find()
            .iter()
            .filter(|each| each.rows > 0)
            .map(|each| NotCompared {
                rule: Some(each.rule.clone()),
                reason: each.reason.code().to_owned(),
            })
            .collect();
        if alone.is_empty() && cannot_find.is_empty() {
            cannot_find.push(NotCompared {
                rule: None,
                reason: CannotFindReason::NotCovered.code().to_owned(),
            });
        }
        let gravest = hits.iter().map(|hit| hit.verdict).min();
        Checked {
            person,
            verdict: gravest.unwrap_or(match alone.is_empty() {
                true => Verdict::CannotFind,
                false => Verdict::NoRecord,
            }),
            hits,
            cannot_find,
        }
    }
}

/// Twenty people, each with the longest of everything.
const MOST_BYTES: usize = 1 << 16;

/// One person as kept while a session may have to be repeated.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    person: Wiped,
    /// The person's other numbers.
    others: Vec<Wiped>,
    programme: ProgrammeCode,
    when: When,
    case: Option<Wiped>,
    cause: Option<CauseCode>,
}

#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
struct Wiped(String);

impl Kept {
    fn of(intended: &Intended, aliases: &AliasTable) -> Kept {
        let others = aliases.group(&intended.person);
        Kept {
            person: Wiped::of(&intended.person),
            others: others
                .filter(|other| **other != intended.person)
                .map(Wiped::of)
                .collect(),
            programme: intended.programme.clone(),
            when: intended.when,
            case: intended.case.as_ref().map(|case| Wiped(case.as_str().to_owned())),
            cause: intended.cause,
        }
    }

    fn intended(&self) -> Option<Intended> {
        let case = self.case.as_ref().map(|case| CaseNumber::new(&case.0));
        Some(Intended {
            person: self.person.person()?,
            programme: self.programme.clone(),
            when: self.when,
            case: match case {
                Some(case) => Some(case?),
                None => None,
            },
            cause: self.cause,
        })
    }
}

impl Wiped {
    fn of(person: &PersonKey) -> Wiped {
        Wiped(Hex(*Zeroizing::new(person.stored())).to_string())
    }

    fn person(&self) -> Option<PersonKey> {
        let stored = Zeroizing::new(Hex::<{ size_of::<PersonKey>() }>::parse(&self.0)?.0);
        PersonKey::from_stored(&*stored)
    }
}
