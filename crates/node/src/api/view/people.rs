use hefu_casework::review::{Due, Late};
use hefu_casework::text::same_person;
use hefu_casework::{Care, Finding};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{FindingView, Hex32};
use crate::NOTICE;

/// With how much care a person is to be dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CareView {
    /// 受保护: unless every row says that the person is not. Case number and reasons are then shown to whoever is in
    /// charge and to nobody else.
    pub protected: bool,
    /// Whether the person was a minor on the day of the match: `yes`, `no` or `unknown`.
    pub minor: String,
    /// Whether the person is disabled, likewise.
    pub disabled: String,
    /// Whether the person is of a key group (重点人群), likewise; `unknown` is to be asked.
    pub key_group: String,
}

/// What a finding waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AwaitedView {
    /// For what, a code of the table of words.
    pub awaited: String,
    /// From this day on.
    #[schema(value_type = String, format = Date)]
    pub since: Date,
    /// For how many working days.
    pub days: u16,
    /// The last day; nothing where the holidays of that time are not known to the node.
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
    /// Whether it is late: `no`, `yes` or `cannot_tell`.
    pub late: String,
}

/// What is late on a day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OverdueList {
    /// What stands over every list of findings.
    pub notice: String,
    /// The day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// Key groups first; within, the longest late.
    pub findings: Vec<OverdueView>,
}

/// A finding in which something is late, or may be.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OverdueView {
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// As in the list of its round.
    pub finding: FindingView,
}

impl From<&Care> for CareView {
    fn from(care: &Care) -> Self {
        Self {
            protected: care.protected,
            minor: care.minor.code().to_owned(),
            disabled: care.disabled.code().to_owned(),
            key_group: care.key_group().code().to_owned(),
        }
    }
}

impl AwaitedView {
    pub(crate) fn of(due: &Due, late: Late) -> Self {
        Self {
            awaited: due.awaited.code().to_owned(),
            since: due.since,
            days: due.days,
            until: due.until,
            late: late.code().to_owned(),
        }
    }
}

impl OverdueList {
    pub(crate) fn of(on: Date, findings: Vec<OverdueView>) -> Self {
        Self {
            notice: NOTICE.to_owned(),
            on,
            findings,
        }
    }
}

/// Whether place, case number and free text may be shown to `asks`: of a protected person to nobody but `owner`.
pub(crate) fn may_tell(finding: &Finding, owner: Option<&str>, asks: Option<&str>) -> bool {
    let in_charge = owner
        .zip(asks)
        .is_some_and(|(owner, asks)| same_person(owner, asks));
    finding.care.may_tell_place() || in_charge
}
