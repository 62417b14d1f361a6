//! What an export says of the people in it: whether they are protected, and whether they are disabled.

use std::collections::BTreeMap;

use hefu_casework::Known;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::records::look_up;

/// Who in an export is to be dealt with more carefully. What is not declared is not known: then people count as
/// protected, and it is asked whether they are disabled.
///
/// ```toml
/// [care]
/// protected = "none"
/// disabled = { column = "是否残疾", values = { "是" = "yes", "否" = "no" } }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CareMapping {
    /// 受保护: place and contact must not become known. Somebody answers for a `"none"`.
    #[serde(skip_serializing_if = "Declared::is_unknown")]
    pub protected: Declared,
    /// 残疾. Programmes for disabled people say so by themselves, whatever stands here.
    #[serde(skip_serializing_if = "Declared::is_unknown")]
    pub disabled: Declared,
}

/// What a whole export says, or each of its rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "write \"none\", \"unknown\", or { column = …, values = … }"
)]
pub enum Declared {
    /// One word for all rows.
    All(OfAll),
    /// A column says it.
    Column(CareColumn),
}

/// One word for all rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfAll {
    /// Nobody in the export is.
    None,
    /// The agency does not know.
    Unknown,
}

/// A column that says it. An empty cell says nothing: unknown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CareColumn {
    /// The heading.
    pub column: String,
    /// Its words to `yes`, `no`, `unknown`.
    pub values: BTreeMap<String, Known>,
}

impl Default for Declared {
    fn default() -> Self {
        Self::All(OfAll::Unknown)
    }
}

impl Declared {
    fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    fn column(&self) -> Option<String> {
        match self {
            Self::All(_) => None,
            Self::Column(column) => Some(column.column.clone()),
        }
    }

    fn validate(&self, field: &'static str) -> Result<(), Error> {
        match self {
            Self::Column(column) if column.values.is_empty() => Err(Error::Mapping {
                field,
                problem: "say what the column's words mean".to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn read(&self, written: Option<String>, unknown: &'static str) -> Result<Known, &'static str> {
        match (self, written) {
            (Self::All(OfAll::None), _) => Ok(Known::No),
            (Self::All(OfAll::Unknown), _) => Ok(Known::Unknown),
            (Self::Column(_), None) => Ok(Known::Unknown),
            (Self::Column(_), Some(written)) if written.trim().is_empty() => Ok(Known::Unknown),
            (Self::Column(column), Some(written)) => {
                look_up(&column.values, &written).copied().ok_or(unknown)
            }
        }
    }
}

impl CareMapping {
    pub(crate) fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    pub(crate) fn validate(&self) -> Result<(), Error> {
        self.protected.validate("care.protected")?;
        self.disabled.validate("care.disabled")
    }
}

/// Where in [`crate::header::Columns::others`] each of the columns stands.
#[derive(Default)]
pub(crate) struct Slots {
    protected: Option<usize>,
    disabled: Option<usize>,
}

impl Slots {
    pub(crate) fn new(
        mapping: &CareMapping,
        mut slot: impl FnMut(&Option<String>) -> Option<usize>,
    ) -> Slots {
        Slots {
            protected: slot(&mapping.protected.column()),
            disabled: slot(&mapping.disabled.column()),
        }
    }
}

/// Codes of the reasons for which a row is refused.
mod reason {
    pub(super) const PROTECTED_UNKNOWN: &str = "protected_unknown";
    pub(super) const DISABLED_UNKNOWN: &str = "disabled_unknown";
}

/// Whether the person of a row is protected, and whether disabled.
pub(crate) fn read(
    mapping: &CareMapping,
    slots: &Slots,
    text: impl Fn(Option<usize>) -> Option<String>,
) -> Result<(Known, Known), &'static str> {
    Ok((
        mapping
            .protected
            .read(text(slots.protected), reason::PROTECTED_UNKNOWN)?,
        mapping
            .disabled
            .read(text(slots.disabled), reason::DISABLED_UNKNOWN)?,
    ))
}
