//! One row of an agency's own register, as every later step sees it.

use std::{fmt, str::FromStr};

use hefu_identity::PersonKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{Amount, CaseNumber, Error, Month, MonthRange, ProgrammeCode, Referral, fold::fold};

/// A payment, a grant, or a place on a roll, of one person.
#[derive(Clone)]
pub struct AidRecord {
    /// Where it stands in the agency's export.
    pub row: RowId,
    /// Whose it is.
    pub person: PersonKey,
    /// Under which programme.
    pub programme: ProgrammeCode,
    /// When.
    pub period: Period,
    /// How much, where the export says so.
    pub amount: Option<Amount>,
    /// The household it was reckoned for.
    pub household: Option<HouseholdNo>,
    /// The case it was granted in.
    pub case: Option<CaseNumber>,
    /// The letter that referred the person, and what became of it: for the programmes of referrals, and only there.
    pub referral: Option<Referral>,
    /// Only paid records count.
    pub status: Status,
}

impl AidRecord {
    /// The months of `within` in which this record was paid: none unless the status is [`Status::Paid`].
    pub fn paid_months(&self, within: MonthRange) -> MonthRange {
        let months = self.period.months().intersect(within);
        match self.status {
            Status::Paid => months,
            Status::Suspended | Status::Stopped | Status::Cancelled => MonthRange {
                to: months.from,
                ..months
            },
        }
    }
}

/// Names the row and nothing that the row says.
impl fmt::Debug for AidRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AidRecord")
            .field("row", &self.row)
            .finish_non_exhaustive()
    }
}

/// A row as the user sees it in the file; all three count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowId {
    /// Which of the files imported together.
    pub file: u32,
    /// Which sheet of it; 1 for files without sheets.
    pub sheet: u32,
    /// Which row of the sheet, the header included.
    pub row: u64,
}

/// When aid was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// Every month of the range. An open end is closed by whoever reads the export.
    Months(MonthRange),
    /// Once, on this day.
    OneOff(Date),
}

impl Period {
    /// The months it touches; one month for a one-off payment.
    pub fn months(self) -> MonthRange {
        match self {
            Period::Months(range) => range,
            Period::OneOff(date) => MonthRange::single(Month::of(date)),
        }
    }
}

/// Whether the agency was paying.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Paid, or on the roll.
    Paid,
    /// 缓发 or 暂停.
    Suspended,
    /// 停发 or 退出.
    Stopped,
    /// 撤销: granted in error and taken back.
    Cancelled,
}

impl Status {
    /// Every status.
    pub const ALL: &[Status] = &[
        Status::Paid,
        Status::Suspended,
        Status::Stopped,
        Status::Cancelled,
    ];

    /// The name used in mappings, files and messages.
    pub fn code(self) -> &'static str {
        match self {
            Status::Paid => "paid",
            Status::Suspended => "suspended",
            Status::Stopped => "stopped",
            Status::Cancelled => "cancelled",
        }
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Status, Error> {
        Status::ALL
            .iter()
            .copied()
            .find(|status| status.code() == text)
            .ok_or(Error::Status)
    }
}

/// The agency's number of a household. It identifies a family: masked in `Debug`, wiped when dropped.
#[derive(Clone, PartialEq, Eq, Hash, Zeroize, ZeroizeOnDrop)]
pub struct HouseholdNo(String);

impl HouseholdNo {
    /// `None` where nothing is written. Full-width forms and white space are folded away.
    pub fn new(written: &str) -> Option<HouseholdNo> {
        let folded = fold(written);
        (!folded.is_empty()).then_some(HouseholdNo(folded))
    }

    /// The number, folded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HouseholdNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HouseholdNo(****)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_says_nothing_of_the_household() {
        let shown = format!("{:?}", HouseholdNo::new("H-77").unwrap());
        assert!(!shown.contains("77"), "{shown}");
    }

    #[test]
    fn status_codes_are_read_back() {
        for status in Status::ALL {
            assert_eq!(status.code().parse::<Status>().unwrap(), *status);
        }
        assert!("PAID".parse::<Status>().is_err());
    }
}
