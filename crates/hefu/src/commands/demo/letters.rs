//! One letter of each kind, from the samples, about people of the county whom its rounds have found.

use hefu::county::{self, Outcome};
use hefu_casework::letter::{Facts, Letter, LetterKind};
use hefu_casework::{Finding, Purpose, ReferralState};
use hefu_fixtures::{Agency, Person};
use hefu_identity::{Kind, parse};
use hefu_node::Error;
use toml::{Table, Value};

use super::papers::{node, session};
use crate::failure::Failure;
use crate::printer::yuan;

/// All of them with their kinds, in the order of those.
pub(super) fn all(outcome: &Outcome) -> Result<Vec<(LetterKind, Letter)>, Failure> {
    let referred = Referred::of(outcome)?;
    let suspected = Suspected::of(outcome)?;
    let letter = |kind: &LetterKind| {
        let known = match kind {
            LetterKind::Inquiry | LetterKind::Notice => suspected.facts(*kind),
            _ => referred.facts(*kind),
        };
        Ok((*kind, compose(*kind, known)?))
    };
    LetterKind::ALL.iter().map(letter).collect()
}

/// What is known of the case stands in the sample's place, where the kind has such a fact.
fn compose(kind: LetterKind, known: Vec<(&str, String)>) -> Result<Letter, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::internal("demo", &error.to_string());
    let mut facts: Table = kind
        .sample()
        .parse()
        .map_err(|error: toml::de::Error| failed(&error))?;
    for (name, said) in known {
        if let Some(fact) = facts.get_mut(name) {
            *fact = Value::String(said);
        }
    }
    let facts = Facts::read(kind, kind.code(), &facts.to_string()).map_err(Error::from)?;
    Ok(Letter::compose(&facts, None).map_err(Error::from)?)
}

/// Somebody whom the procuratorate has referred and civil affairs has helped.
struct Referred<'a> {
    person: &'a Person,
    letter: String,
}

impl<'a> Referred<'a> {
    fn of(outcome: &'a Outcome) -> Result<Self, Failure> {
        let helped = |finding: &Finding| {
            finding.letter.is_some()
                && finding
                    .feedback
                    .is_some_and(|feedback| feedback.state == ReferralState::Helped)
        };
        let agencies = [Agency::Procuratorate, Agency::CivilAffairs];
        let finding = first(outcome, Purpose::Referrals, agencies, helped)?;
        let letter = finding.letter.as_ref().map(|letter| letter.as_str().to_owned());
        Ok(Self {
            person: person(outcome, &finding)?,
            letter: letter.unwrap_or_default(),
        })
    }

    fn facts(&self, kind: LetterKind) -> Vec<(&'static str, String)> {
        let [from, to] = match kind {
            LetterKind::Acknowledgement | LetterKind::Feedback => {
                [Agency::CivilAffairs, Agency::Procuratorate]
            }
            _ => [Agency::Procuratorate, Agency::CivilAffairs],
        };
        let mut facts = about(from, to, self.person);
        facts.push(("letter", self.letter.clone()));
        if kind == LetterKind::Transfer {
            facts.push(("number", self.letter.clone()));
        }
        facts
    }
}

/// Somebody in whom X3 may be broken.
struct Suspected<'a> {
    person: &'a Person,
    period: String,
    amount: String,
}

const ASKING: [Agency; 2] = [Agency::CivilAffairs, Agency::DisabledFederation];

impl<'a> Suspected<'a> {
    fn of(outcome: &'a Outcome) -> Result<Self, Failure> {
        let broken = |finding: &Finding| {
            let of_rule = finding.rule.as_ref().is_some_and(|rule| rule.as_str() == "X3");
            of_rule && finding.to_verify.is_some() && finding.months.len() > 1
        };
        let finding = first(outcome, Purpose::Duplicates, ASKING, broken)?;
        let month = |month: Option<&hefu_casework::Month>| {
            month.map_or_else(String::new, |month| {
                format!("{}年{}月", month.year(), month.month())
            })
        };
        Ok(Self {
            person: person(outcome, &finding)?,
            period: [month(finding.months.first()), month(finding.months.last())].join("至"),
            amount: yuan(finding.to_verify.map_or(0, |fen| fen.0)).replace(',', ""),
        })
    }

    fn facts(&self, kind: LetterKind) -> Vec<(&'static str, String)> {
        let [asking, asked] = ASKING;
        let mut facts = about(asking, asked, self.person);
        facts.extend([("period", self.period.clone()), ("amount", self.amount.clone())]);
        if kind == LetterKind::Notice {
            let finding = "疑似重复：上述月份特困人员供养与残疾人两项补贴同时发放";
            facts.push(("finding", finding.to_owned()));
        }
        facts
    }
}

fn about(from: Agency, to: Agency, person: &Person) -> Vec<(&'static str, String)> {
    vec![
        ("from", county::name(from).to_owned()),
        ("to", county::name(to).to_owned()),
        ("person_name", person.name.clone()),
        ("person_number", person.number.clone()),
    ]
}

fn first(
    outcome: &Outcome,
    purpose: Purpose,
    [receiver, sender]: [Agency; 2],
    wanted: impl Fn(&Finding) -> bool,
) -> Result<Finding, Failure> {
    let session = session(outcome, purpose, receiver, sender)?;
    let findings = node(outcome, receiver)?.store().findings(&session.round);
    let findings = findings.map_err(Error::from)?;
    let found = findings.into_iter().find(|finding| wanted(finding));
    found.ok_or_else(|| Failure::internal("demo", &"a finding is missing"))
}

fn person<'a>(outcome: &'a Outcome, finding: &Finding) -> Result<&'a Person, Failure> {
    let is_of = |person: &&Person| {
        parse(Kind::Resident, &person.number).is_ok_and(|parsed| parsed.key == finding.person)
    };
    let found = outcome.people.iter().find(is_of);
    found.ok_or_else(|| Failure::internal("demo", &"a person is missing"))
}
