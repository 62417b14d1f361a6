//! One row of an agency's own register, as every later step sees it.

use std::{fmt, str::FromStr};

use hefu_identity::PersonKey;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    AgencyRole, Amount, CaseNumber, Error, Known, Month, MonthRange, ProgrammeCode, Protection, Referral,
    codes::codes, fold::fold,
};

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
    /// What else some rules ask for.
    pub circumstances: Circumstances,
    /// Whether the person is protected.
    pub protection: Protection,
    /// Whether the person is disabled.
    pub disabled: Known,
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

impl AidRecord {
    /// Whether it is money that was taken back (追缴, 追偿): it lessens what was paid, and is no payment itself.
    pub fn is_recovery(&self) -> bool {
        self.amount.is_some_and(|amount| amount.fen.0 < 0)
    }
}

/// What an export tells of a grant beside when and how much. Nothing of it is needed, and it says more than an amount:
/// no `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// 救助事由: for what it was granted.
    pub cause: Option<CauseCode>,
    /// 联动救助: the kind of agency with which it was decided together, so that each gives a part of one aid
    /// (法发〔2019〕2号 art. 1).
    pub linked_with: Option<AgencyRole>,
    /// The victim in whose stead a relative is aided: all relatives of one victim are one case (法发〔2019〕2号 art. 4).
    pub victim: Option<PersonKey>,
}

codes! {
    /// 救助事由, as 社会救助暂行办法 art. 47 names them. The order is that of their numbers in elements: new ones come last.
    CauseCode {
        /// 火灾、交通事故等意外事件
        Accident = "accident",
        /// 家庭成员突发重大疾病
        Illness = "illness",
        /// 生活必需支出突然增加
        LivingCosts = "living_costs",
        /// 遭遇其他特殊困难. Two of these are not known to be one cause.
        Other = "other",
    }
}

impl CauseCode {
    /// Its number in elements and in sealed columns.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// Whether two grants for it have one cause.
    pub(crate) fn is_definite(self) -> bool {
        self != CauseCode::Other
    }
}

impl Circumstances {
    /// How many bytes [`Circumstances::stored`] has.
    pub const STORED: usize = 2 + size_of::<PersonKey>();

    /// Cause, agency and victim in bytes of one length, zeros where there is none; to be sealed by whoever keeps it.
    pub fn stored(&self) -> Zeroizing<[u8; Circumstances::STORED]> {
        let mut stored = Zeroizing::new([0; Circumstances::STORED]);
        stored[0] = self.cause.map_or(0, CauseCode::number);
        stored[1] = self.linked_with.map_or(0, |role| role as u8 + 1);
        if let Some(victim) = &self.victim {
            stored[2..].copy_from_slice(&*Zeroizing::new(victim.stored()));
        }
        stored
    }

    /// Reads what [`Circumstances::stored`] wrote; `None` for anything else.
    pub fn from_stored(stored: &[u8]) -> Option<Circumstances> {
        let &[cause, linked, ref victim @ ..] = stored else {
            return None;
        };
        fn numbered<T: Copy>(all: &[T], number: u8) -> Option<Option<T>> {
            match number.checked_sub(1) {
                None => Some(None),
                Some(index) => Some(Some(*all.get(usize::from(index))?)),
            }
        }
        let none = victim.len() == size_of::<PersonKey>() && victim.iter().all(|byte| *byte == 0);
        Some(Circumstances {
            cause: numbered(CauseCode::ALL, cause)?,
            linked_with: numbered(AgencyRole::ALL, linked)?,
            victim: if none {
                None
            } else {
                Some(PersonKey::from_stored(victim)?)
            },
        })
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
    fn circumstances_are_read_back_and_nothing_else_is() {
        let person = hefu_identity::parse(hefu_identity::Kind::Resident, "11010519491231002X").unwrap();
        for circumstances in [
            Circumstances::default(),
            Circumstances {
                cause: Some(CauseCode::Illness),
                linked_with: Some(AgencyRole::Court),
                victim: None,
            },
            Circumstances {
                victim: Some(person.key),
                ..Circumstances::default()
            },
        ] {
            let stored = circumstances.stored();
            assert!(Circumstances::from_stored(&*stored) == Some(circumstances));
            let mut wrong = stored.to_vec();
            wrong[0] = 5;
            assert!(Circumstances::from_stored(&wrong).is_none());
            assert!(Circumstances::from_stored(&stored[1..]).is_none());
        }
        let numbers: Vec<_> = CauseCode::ALL
            .iter()
            .map(|cause| (cause.code(), cause.number()))
            .collect();
        assert_eq!(
            numbers,
            [("accident", 1), ("illness", 2), ("living_costs", 3), ("other", 4)]
        );
    }

    #[test]
    fn status_codes_are_read_back() {
        for status in Status::ALL {
            assert_eq!(status.code().parse::<Status>().unwrap(), *status);
        }
        assert!("PAID".parse::<Status>().is_err());
    }
}
