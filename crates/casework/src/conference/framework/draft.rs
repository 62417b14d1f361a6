//! A framework as the office writes it down: who, what, when. What each purpose needs follows from it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Absent, Annex, Framework, Late, Schedule, Seat};
use crate::{
    Agreement, DraftRequest, Error, Hex, KeyKind, Month, MonthRange, Party, Place, ProgrammeCode, Purpose,
    RuleId, RuleSet, Template, Text, Wrong,
};

/// A framework to be drafted, in TOML. A key that is not known is an error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FrameworkDraft {
    /// Its number in the office's files.
    pub number: Text<100>,
    /// What stands above it.
    pub title: Text<100>,
    /// The members, by name.
    pub members: Vec<String>,
    /// The first day on which it may be used.
    pub valid_from: Date,
    /// The last day on which it may be used.
    pub expires: Date,
    /// k: no smaller count of findings is told.
    pub smallest: u64,
    /// What becomes of a round in which somebody is absent.
    pub absent: Absent,
    /// What becomes of whoever comes late.
    pub late: Late,
    /// When rounds are.
    pub schedule: Schedule,
    /// What pairs may do.
    pub annexes: Vec<AnnexDraft>,
}

/// What two members may do. What is left out follows from the purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnnexDraft {
    /// By what it is spoken of.
    pub code: Text<20>,
    /// Its number; that of the framework and its code otherwise.
    #[serde(default)]
    pub number: Option<String>,
    /// What the result is for.
    pub purpose: Purpose,
    /// The two parties.
    pub parties: Vec<PartyDraft>,
    /// Who learns, by name.
    #[serde(default)]
    pub receivers: Option<Vec<String>>,
    /// The articles on which the processing rests.
    #[serde(default)]
    pub legal_basis: Option<Vec<String>>,
    /// Where.
    pub place: Place,
    /// The first month.
    pub from: Month,
    /// The last month, included.
    pub until: Month,
    /// The rules.
    #[serde(default)]
    pub rules: Option<Vec<RuleId>>,
    /// Whether a receiver learns if both know a number under one name.
    #[serde(default)]
    pub compare_names: Option<bool>,
    /// What is compared.
    #[serde(default)]
    pub key_kind: Option<KeyKind>,
    /// How many rounds a month.
    #[serde(default)]
    pub rounds_a_month: Option<u32>,
    /// How long a session that was cut off waits.
    #[serde(default)]
    pub resume_hours: Option<u32>,
    /// How long findings are kept.
    #[serde(default)]
    pub retention_days: Option<u32>,
}

/// One party of an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartyDraft {
    /// The member's name.
    pub name: String,
    /// The programmes whose records it enters.
    pub programmes: Vec<ProgrammeCode>,
    /// The form of case number in its records, where it declares one.
    #[serde(default)]
    pub case_scheme: Option<String>,
    /// The most elements that it may enter.
    pub max_elements: u64,
}

/// Who has a seat, with what its card says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seated {
    /// The seat.
    pub seat: Seat,
    /// SHA-256 of the SubjectPublicKeyInfo of its TLS key.
    pub tls_key: Hex<32>,
}

impl FrameworkDraft {
    /// Reads a draft.
    ///
    /// # Errors
    /// The reader's, with line and column.
    pub fn parse(text: &str) -> Result<FrameworkDraft, toml::de::Error> {
        toml::from_str(text)
    }

    /// A text that can be signed, of the edition after the one that it `amends`. `seated` are all who have a seat.
    ///
    /// # Errors
    /// [`Error::Framework`] for a member without a seat, a party that is no member, and as [`Framework::validate`]; for
    /// an annex as [`Template::draft`].
    pub fn text(
        self,
        office: Seat,
        seated: &[Seated],
        amends: Option<&Framework>,
        suite: &str,
        rules: &RuleSet,
    ) -> Result<Framework, Error> {
        let of_name = |name: &String| seated.iter().find(|each| each.seat.name == *name);
        let members = self
            .members
            .iter()
            .map(|name| of_name(name).ok_or_else(|| wrong("members", Wrong::Unknown)))
            .collect::<Result<Vec<_>, _>>()?;
        let annexes = self.annexes.iter().map(|annex| {
            Ok(Annex {
                code: annex.code.clone(),
                agreement: self.agreement(annex, &members, suite, rules)?,
            })
        });
        let framework = Framework {
            version: Framework::VERSION,
            edition: amends.map_or(1, |amended| amended.edition.saturating_add(1)),
            amends: amends.map(Framework::digest),
            office,
            annexes: annexes.collect::<Result<_, Error>>()?,
            members: members.iter().map(|each| each.seat.clone()).collect(),
            number: self.number,
            title: self.title,
            schedule: self.schedule,
            absent: self.absent,
            late: self.late,
            smallest: self.smallest,
            valid_from: self.valid_from,
            expires: self.expires,
        };
        framework.validate()?;
        Ok(framework)
    }

    fn agreement(
        &self,
        annex: &AnnexDraft,
        members: &[&Seated],
        suite: &str,
        rules: &RuleSet,
    ) -> Result<Agreement, Error> {
        let party = |draft: &PartyDraft| {
            let member = members.iter().find(|each| each.seat.name == draft.name);
            let member = member.ok_or_else(|| wrong("annexes.parties", Wrong::Unknown))?;
            Ok(Party {
                name: member.seat.name.clone(),
                role: member.seat.role,
                node_key: member.seat.node_key,
                tls_key: member.tls_key,
                programmes: draft.programmes.clone(),
                case_scheme: draft.case_scheme.clone(),
                max_elements: draft.max_elements,
            })
        };
        let learns = |name: &String| {
            let at = annex.parties.iter().position(|party| party.name == *name);
            let at = at.and_then(|at| u8::try_from(at).ok());
            at.ok_or_else(|| wrong("annexes.receivers", Wrong::Unknown))
        };
        let receivers = annex.receivers.as_ref().map(|names| {
            let mut receivers = names.iter().map(learns).collect::<Result<Vec<_>, Error>>()?;
            receivers.sort_unstable();
            Ok::<_, Error>(receivers)
        });
        let number = annex.number.clone();
        let number = number.unwrap_or_else(|| format!("{}{}", self.number.as_str(), annex.code.as_str()));
        Template::for_purpose(annex.purpose)?.draft(
            DraftRequest {
                number,
                parties: annex.parties.iter().map(party).collect::<Result<_, Error>>()?,
                receivers: receivers.transpose()?,
                place: annex.place.clone(),
                months: MonthRange {
                    from: annex.from,
                    to: annex.until.next(),
                },
                key_kind: annex.key_kind,
                suite: suite.to_owned(),
                rules: annex.rules.clone(),
                name_label: annex.compare_names,
                legal_basis: annex.legal_basis.clone(),
                rounds_a_month: annex.rounds_a_month,
                checks_a_day: None,
                resume_hours: annex.resume_hours,
                valid_from: self.valid_from,
                expires: self.expires,
                retention_days: annex.retention_days,
            },
            rules,
        )
    }
}

fn wrong(field: &'static str, wrong: Wrong) -> Error {
    Error::Framework { field, wrong }
}
