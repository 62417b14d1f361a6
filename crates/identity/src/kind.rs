//! The kinds of document that a mapping can declare, and the classes of number that keys have.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The kind of document that a mapping declares for a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 居民身份证: 18 or 15 digits, and what shares that column in practice: residence permits for Hong Kong,
    /// Macao and Taiwan residents (81, 82, 83) and new foreigners' cards (they alone begin with 9).
    Resident,
    /// 残疾人证: 20 digits, the holder's 18 followed by category and grade.
    DisabilityCertificate,
    /// 外国人永久居留身份证: new form (18, beginning with 9) or old form (3 letters and 12 digits).
    ForeignResident,
    /// 港澳居民来往内地通行证: H or M, 8 lifelong digits, sometimes 2 of the renewal.
    HongKongMacaoPermit,
    /// 台湾居民来往大陆通行证: 8 lifelong digits, in older permits 2 more and an office code in brackets.
    TaiwanPermit,
    /// A passport: 6 to 9 letters and digits. It changes at each renewal, and two states may use one number.
    Passport,
}

impl Kind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: &[Self] = &[
        Self::Resident,
        Self::DisabilityCertificate,
        Self::ForeignResident,
        Self::HongKongMacaoPermit,
        Self::TaiwanPermit,
        Self::Passport,
    ];

    /// The stable name used in mappings, options and reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::DisabilityCertificate => "disability_certificate",
            Self::ForeignResident => "foreign_resident",
            Self::HongKongMacaoPermit => "hong_kong_macao_permit",
            Self::TaiwanPermit => "taiwan_permit",
            Self::Passport => "passport",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Kind {
    type Err = UnknownKind;

    fn from_str(code: &str) -> Result<Self, UnknownKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.code() == code)
            .ok_or(UnknownKind)
    }
}

/// The name is that of no kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown kind of document; use resident, disability_certificate, foreign_resident, \
     hong_kong_macao_permit, taiwan_permit or passport"
)]
pub struct UnknownKind;

impl UnknownKind {
    /// The stable name of this error.
    pub fn code(&self) -> &'static str {
        "unknown_kind"
    }

    /// What the message needs beside its code: the kinds there are.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        let kinds: Vec<_> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        vec![("kinds", kinds.join(", "))]
    }
}

/// The class of a key's number: two keys meet only within one class. The values are part of
/// [`PersonKey::stored`](crate::PersonKey::stored) and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum KindClass {
    /// 18 characters in the citizen format: citizens, residence permits, holders of disability certificates.
    Resident = 1,
    /// A foreigner's permanent residence card, 18 characters (new) or 15 (old). No rule links the two forms.
    ForeignResident = 2,
    /// H or M and 8 digits.
    HongKongMacaoPermit = 3,
    /// 8 digits.
    TaiwanPermit = 4,
    /// 6 to 9 letters and digits.
    Passport = 5,
}

impl KindClass {
    /// The stable name used in reports.
    pub fn code(self) -> &'static str {
        self.kind().code()
    }

    pub(crate) fn from_stored(value: u8) -> Option<Self> {
        [
            Self::Resident,
            Self::ForeignResident,
            Self::HongKongMacaoPermit,
            Self::TaiwanPermit,
            Self::Passport,
        ]
        .into_iter()
        .find(|class| *class as u8 == value)
    }

    /// The kind under which a canonical number of this class is read again.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Resident => Kind::Resident,
            Self::ForeignResident => Kind::ForeignResident,
            Self::HongKongMacaoPermit => Kind::HongKongMacaoPermit,
            Self::TaiwanPermit => Kind::TaiwanPermit,
            Self::Passport => Kind::Passport,
        }
    }
}
