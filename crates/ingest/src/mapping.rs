//! How one agency's export is to be read, as its officer wrote it down and confirmed it.

use std::collections::BTreeMap;

use hefu_casework::{
    AgencyRole, Catalogue, CauseCode, Month, Per, ProgrammeCode, REFERRAL_RECEIVED, ReasonCode,
    ReferralState, Status, is_referral,
};
use hefu_identity::Kind;
use serde::{Deserialize, Serialize};

use crate::care::CareMapping;
use crate::error::Error;
use crate::field::{self, Unit, When};
use crate::row::Cell;
use crate::table::Source;

/// A mapping, written in TOML. A key that is not known is an error.
///
/// ```toml
/// [columns]
/// number = "身份证号"
/// kind = "resident"
/// from = "起始日期"
/// to = "终止日期"
/// amount = "户月保障金额"
/// household = "户编号"
/// status = "状态"
///
/// [programme]
/// constant = "minimum_living"
///
/// [period]
/// until = "2026-09"
///
/// [amount]
/// unit = "yuan"
/// per = "household"
///
/// [status]
/// values = { "正常" = "paid", "停发" = "stopped" }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Where in the file to look, where that is not to be found out.
    #[serde(default)]
    pub source: SourceMapping,
    /// The headings.
    pub columns: ColumnMapping,
    /// Which programme the records belong to.
    #[serde(default)]
    pub programme: ProgrammeMapping,
    /// For when the records count.
    #[serde(default)]
    pub period: PeriodMapping,
    /// What the column of amounts holds; needed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<AmountMapping>,
    /// What the column of case numbers holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseMapping>,
    /// What the words in the column of states mean; needed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusMapping>,
    /// What the words in the column of causes mean; needed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<WordMapping<CauseCode>>,
    /// What the words in the column of linked agencies mean; needed with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<WordMapping<AgencyRole>>,
    /// What a register of letters says; needed for the programmes of referrals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<ReferralMapping>,
    /// Who is protected, and who is disabled.
    #[serde(default, skip_serializing_if = "CareMapping::is_unknown")]
    pub care: CareMapping,
}

/// Where in a file to look.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceMapping {
    /// The encoding of a text: `utf-8`, `gb18030`, `utf-16le`, `utf-16be`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The sheet; `*` stands for any characters, so that `*月` means a sheet a month.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// The row of the headings, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u64>,
    /// The delimiter of a text: `,`, `;` or a tab.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// A header without rows is meant, and no error.
    pub allow_empty: bool,
}

/// The headings over what is read. All of them must be in every table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnMapping {
    /// The document number.
    pub number: String,
    /// The kind of document: `resident`, `disability_certificate`, `foreign_resident`, `hong_kong_macao_permit`,
    /// `taiwan_permit`, `passport`.
    #[serde(with = "kind_code")]
    pub kind: Kind,
    /// The person's name, of which no more is kept than what can be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The programme, in the words of `programme.values` or of the catalogue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub programme: Option<String>,
    /// The month paid for, or the day of a payment made once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// The first day or month.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day or month; an empty cell is an open end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The household's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub household: Option<String>,
    /// The case's number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// The state of the payment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// Another number of the same person, of the same kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// For what temporary aid was granted, in the words of `cause.values`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The agency with which judicial aid was decided together, in the words of `linked.values`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked: Option<String>,
    /// The number, of the same kind, of the victim in whose stead a relative is aided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub victim: Option<String>,
}

/// Which programme: a constant, or by a column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProgrammeMapping {
    /// The code of the one programme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constant: Option<ProgrammeCode>,
    /// Words of the column to codes, beside the names that the catalogue knows.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, ProgrammeCode>,
}

/// For when, where no column says so, and how open ends are closed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeriodMapping {
    /// One month (`2026-07`), or one day (`2026-07-15`) for payments made once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constant: Option<String>,
    /// The first month for all records, with `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Month>,
    /// The last month, included: for all records with `from`, otherwise for those whose end is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Month>,
    /// Where the month is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<PeriodSource>,
    /// The year for a source that names the month alone: `7月`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub year: Option<i16>,
    /// Whether the month of the end is still paid for.
    pub end: PeriodEnd,
}

/// Where a table names its month. What was found is shown in [`crate::Reading::periods`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodSource {
    /// The file's name.
    FileName,
    /// The sheet's name.
    Sheet,
    /// The rows above the headings.
    Title,
}

impl PeriodSource {
    /// A stable name: `file_name`, `sheet`, `title`.
    pub fn code(self) -> &'static str {
        match self {
            PeriodSource::FileName => "file_name",
            PeriodSource::Sheet => "sheet",
            PeriodSource::Title => "title",
        }
    }
}

/// What the column of ends means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PeriodEnd {
    /// The month of the end is paid for.
    #[default]
    Included,
    /// Payment stopped with the month before.
    Excluded,
}

/// What the column of amounts holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountMapping {
    /// `yuan` or `fen`.
    pub unit: Unit,
    /// `person`, or `household` where each member's row repeats the amount of all.
    pub per: Per,
}

/// What the column of case numbers holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseMapping {
    /// The form of number, by the name that agreements use for it.
    pub scheme: String,
}

/// What the words in the column of states mean.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatusMapping {
    /// Words to `paid`, `suspended`, `stopped`, `cancelled`.
    pub values: BTreeMap<String, Status>,
    /// What an empty cell means; without it, the row is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Status>,
}

/// What the words of a column mean. An empty cell says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "T: Deserialize<'de>"))]
pub struct WordMapping<T> {
    /// Words to codes.
    pub values: BTreeMap<String, T>,
}

/// What a register of letters says. The day that a letter was sent or received is the record's period.
///
/// ```toml
/// [referral]
/// letter = "移送函号"
/// other = "移送单位"
/// others = { "县人民检察院" = "procuratorate", "县人民法院" = "court" }
/// state = "办理结果"
/// states = { "已签收" = "acknowledged", "已救助" = "helped", "不予救助" = "refused" }
/// date = "反馈日期"
/// reason = "原因"
/// reasons = { "收入超标" = "income", "其他" = "other" }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferralMapping {
    /// The heading over the letters' numbers.
    pub letter: String,
    /// The heading over the agency at the letter's other end; without it, all letters are to or from one agency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<String>,
    /// Its words to kinds of agency.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub others: BTreeMap<String, AgencyRole>,
    /// The heading over what has become of the person; needed for letters received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Its words to `acknowledged`, `accepted`, `helped`, `refused`, `already_helped`, `not_found`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub states: BTreeMap<String, ReferralState>,
    /// What an empty cell of states means; without it, the row is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<ReferralState>,
    /// The heading over the day of that state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// The heading over the reason why there is no help; needed where a state means `refused`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its words to `income`, `property`, `supporter`, `not_here`, `not_eligible`, `documents`, `declined`,
    /// `deceased`, `other`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<String, ReasonCode>,
}

impl Mapping {
    /// Reads a mapping and checks that it can be followed.
    ///
    /// # Errors
    /// [`Error::MappingSyntax`], [`Error::Mapping`].
    pub fn parse(text: &str) -> Result<Mapping, Error> {
        let mapping: Mapping = toml::from_str(text).map_err(|error| Error::MappingSyntax(Box::new(error)))?;
        mapping.validate()?;
        Ok(mapping)
    }

    /// Checks that it can be followed: each thing is said once, and nothing is missing.
    ///
    /// # Errors
    /// [`Error::Mapping`] names the field.
    pub fn validate(&self) -> Result<(), Error> {
        let columns = &self.columns;
        self.validate_programme()?;
        self.validate_period()?;
        if columns.amount.is_some() != self.amount.is_some() {
            return wrong("amount", "columns.amount and [amount] go together");
        }
        let per_household = self
            .amount
            .as_ref()
            .is_some_and(|amount| amount.per == Per::Household);
        if per_household && columns.household.is_none() {
            return wrong("columns.household", "needed where amounts are per household");
        }
        if self.case.is_some() && columns.case.is_none() {
            return wrong("columns.case", "needed with [case]");
        }
        if self
            .case
            .as_ref()
            .is_some_and(|case| case.scheme.trim().is_empty())
        {
            return wrong("case.scheme", "has no name");
        }
        let values = self.status.as_ref().map(|status| &status.values);
        match (columns.status.is_some(), values) {
            (true, Some(values)) if !values.is_empty() => {}
            (false, None) => {}
            _ => {
                return wrong(
                    "status",
                    "columns.status and [status] with its values go together",
                );
            }
        }
        goes_together("cause", columns.cause.as_ref(), self.cause.as_ref())?;
        goes_together("linked", columns.linked.as_ref(), self.linked.as_ref())?;
        self.validate_referral()?;
        self.care.validate()?;
        self.source.validate()
    }

    fn validate_programme(&self) -> Result<(), Error> {
        let programme = &self.programme;
        if programme.constant.is_some() == self.columns.programme.is_some() {
            return wrong("programme", "give either a constant or columns.programme");
        }
        let catalogue = Catalogue::national();
        let mut codes = programme.constant.iter().chain(programme.values.values());
        match codes.find(|code| catalogue.get(code).is_none()) {
            Some(code) => wrong("programme", &format!("{} is in no catalogue", code.as_str())),
            None => Ok(()),
        }
    }

    fn validate_referral(&self) -> Result<(), Error> {
        let programme = &self.programme;
        let mut named = programme.constant.iter().chain(programme.values.values());
        let Some(referral) = &self.referral else {
            return match named.find(|code| is_referral(code)) {
                Some(code) => wrong("referral", &format!("needed for {}", code.as_str())),
                None => Ok(()),
            };
        };
        if named.any(|code| code.as_str() == REFERRAL_RECEIVED) && referral.state.is_none() {
            return wrong("referral.state", "needed for letters received");
        }
        if referral.other.is_some() == referral.others.is_empty() {
            return wrong("referral.others", "referral.other and its words go together");
        }
        if referral.state.is_some() == referral.states.is_empty() {
            return wrong("referral.states", "referral.state and its words go together");
        }
        if referral.reason.is_some() == referral.reasons.is_empty() {
            return wrong("referral.reasons", "referral.reason and its words go together");
        }
        let states = || referral.states.values().chain(&referral.empty);
        if referral.empty.is_some() && referral.state.is_none() {
            return wrong("referral.empty", "stands only with referral.state");
        }
        if referral.date.is_some() && referral.state.is_none() {
            return wrong("referral.date", "stands only with referral.state");
        }
        let refuses = states().any(|state| *state == ReferralState::Refused);
        if refuses != referral.reason.is_some() {
            return wrong(
                "referral.reason",
                "stands where, and only where, a state means refused",
            );
        }
        Ok(())
    }

    fn validate_period(&self) -> Result<(), Error> {
        let (period, columns) = (&self.period, &self.columns);
        let ways = [
            period.constant.is_some(),
            period.from.is_some(),
            period.source.is_some(),
            columns.period.is_some(),
            columns.from.is_some(),
        ];
        if ways.iter().filter(|way| **way).count() != 1 {
            return wrong(
                "period",
                "give one of constant, from with until, source, columns.period, columns.from with columns.to",
            );
        }
        if columns.to.is_some() && columns.from.is_none() {
            return wrong("columns.from", "needed with columns.to");
        }
        if columns.from.is_some() && columns.to.is_none() && period.until.is_none() {
            return wrong("period.until", "needed where no column gives the end");
        }
        match (period.from, period.until) {
            (Some(_), None) => return wrong("period.until", "needed with period.from"),
            (Some(from), Some(until)) if until < from => {
                return wrong("period.until", "lies before period.from");
            }
            _ => {}
        }
        match &period.constant {
            Some(constant) if field::when(Cell::Text(constant)).is_none() => {
                wrong("period.constant", "write it as 2026-07 or 2026-07-15")
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn constant_period(&self) -> Option<When> {
        field::when(Cell::Text(self.period.constant.as_deref()?))
    }
}

impl SourceMapping {
    pub(crate) fn validate(&self) -> Result<(), Error> {
        match self.delimiter {
            None | Some(',' | ';' | '\t') => Ok(()),
            Some(_) => wrong("source.delimiter", "is a comma, a semicolon or a tab"),
        }
    }

    pub(crate) fn table_source(&self) -> Source {
        Source {
            encoding: self.encoding.clone(),
            sheet: self.sheet.clone(),
            header_row: self.header_row,
            delimiter: self.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok()),
            allow_empty: self.allow_empty,
        }
    }
}

fn goes_together<T>(
    field: &'static str,
    column: Option<&String>,
    words: Option<&WordMapping<T>>,
) -> Result<(), Error> {
    if column.is_some() == words.is_some_and(|words| !words.values.is_empty()) {
        return Ok(());
    }
    wrong(field, "the column and the table with its values go together")
}

pub(crate) fn wrong(field: &'static str, problem: &str) -> Result<(), Error> {
    Err(Error::Mapping {
        field,
        problem: problem.to_owned(),
    })
}

mod kind_code {
    use hefu_identity::Kind;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
