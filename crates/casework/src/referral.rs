//! Referrals (移送): who was referred by which letter, and what the agency that received the letter says of it.

use jiff::civil::Date;

use crate::{AgencyRole, Error, LetterNo, ProgrammeCode, RowId, codes::codes};

/// The programme under which letters that an agency has sent are entered.
pub const REFERRAL_SENT: &str = "referral_sent";
/// The programme under which letters that an agency has received are entered.
pub const REFERRAL_RECEIVED: &str = "referral_received";

/// Whether records of this programme are referrals.
pub fn is_referral(programme: &ProgrammeCode) -> bool {
    matches!(programme.as_str(), REFERRAL_SENT | REFERRAL_RECEIVED)
}

/// One person in one letter.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Referral {
    /// The letter.
    pub letter: LetterNo,
    /// The kind of agency at the letter's other end: to which it went, or from which it came. None where the register
    /// is of one other agency alone.
    pub other: Option<AgencyRole>,
    /// What has become of the person. None in a register of letters sent.
    pub state: Option<ReferralState>,
    /// The day of that state.
    pub date: Option<Date>,
    /// Why the agency does not help, where it does not.
    pub reason: Option<ReasonCode>,
}

codes! {
    /// What has become of somebody who was referred. The order is that of their numbers in labels: new ones come last.
    ReferralState {
        /// 已签收
        Acknowledged = "acknowledged",
        /// 已受理
        Accepted = "accepted",
        /// 已救助
        Helped = "helped",
        /// 不予救助; the reason is told.
        Refused = "refused",
        /// 已在享受
        AlreadyHelped = "already_helped",
        /// 查无此人
        NotFound = "not_found",
    }
}

codes! {
    /// Why an agency does not help. A code and no text, so that nothing about the person slips in. The order is that
    /// of their numbers in labels: new ones come last.
    ReasonCode {
        /// 家庭收入超过标准
        Income = "income",
        /// 家庭财产超过标准
        Property = "property",
        /// 有法定赡养、抚养、扶养义务人且有能力
        Supporter = "supporter",
        /// 不属于本地管辖
        NotHere = "not_here",
        /// 不符合对象范围
        NotEligible = "not_eligible",
        /// 材料不全
        Documents = "documents",
        /// 本人放弃
        Declined = "declined",
        /// 已死亡
        Deceased = "deceased",
        /// 其他
        Other = "other",
    }
}

/// What one agency says of one person in one letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Feedback {
    /// Of which day it is. None is earlier than any.
    pub date: Option<Date>,
    /// What has become of the person.
    pub state: ReferralState,
    /// Why the agency does not help, where it does not and where that is told.
    pub reason: Option<ReasonCode>,
}

impl Referral {
    /// What a received letter's row says.
    ///
    /// # Errors
    /// [`Error::ReferralIncomplete`] with the field that is not filled in: a row of a register of received letters has
    /// a state, and a refusal has a reason.
    pub fn feedback(&self, row: RowId) -> Result<Feedback, Error> {
        let missing = |field| Error::ReferralIncomplete { row, field };
        let state = self.state.ok_or_else(|| missing("state"))?;
        let reason = match (state, self.reason) {
            (ReferralState::Refused, None) => return Err(missing("reason")),
            (ReferralState::Refused, reason) => reason,
            _ => None,
        };
        Ok(Feedback {
            date: self.date,
            state,
            reason,
        })
    }
}

/// State, day and reason in six bytes, whatever is said: sealed, they tell nothing by their length.
impl Referral {
    /// To be sealed by whoever keeps it.
    pub fn stored(&self) -> [u8; 6] {
        stored(self.state, self.date, self.reason)
    }

    /// Reads what [`Referral::stored`] wrote; `None` for anything else.
    pub fn from_stored(letter: LetterNo, other: Option<AgencyRole>, stored: &[u8]) -> Option<Referral> {
        let (state, date, reason) = read_stored(stored)?;
        Some(Referral {
            letter,
            other,
            state,
            date,
            reason,
        })
    }
}

impl Feedback {
    /// To be sealed by whoever keeps it.
    pub fn stored(&self) -> [u8; 6] {
        stored(Some(self.state), self.date, self.reason)
    }

    /// Reads what [`Feedback::stored`] wrote; `None` for anything else.
    pub fn from_stored(stored: &[u8]) -> Option<Feedback> {
        let (state, date, reason) = read_stored(stored)?;
        Some(Feedback {
            date,
            state: state?,
            reason,
        })
    }
}

fn stored(state: Option<ReferralState>, date: Option<Date>, reason: Option<ReasonCode>) -> [u8; 6] {
    let state = state.map_or(0, ReferralState::number);
    let [a, b, c, d] = date_bytes(date);
    [state, a, b, c, d, reason.map_or(0, ReasonCode::number)]
}

type Stored = (Option<ReferralState>, Option<Date>, Option<ReasonCode>);

fn read_stored(stored: &[u8]) -> Option<Stored> {
    let &[state, ref date @ .., reason] = stored else {
        return None;
    };
    let state = match state {
        0 => None,
        number => Some(ReferralState::from_number(number)?),
    };
    let reason = match reason {
        0 => None,
        number => Some(ReasonCode::from_number(number)?),
    };
    Some((state, read_date(date)?, reason))
}

/// The year, big-endian, month and day; zeros where there is none.
pub(crate) fn date_bytes(date: Option<Date>) -> [u8; 4] {
    let Some(date) = date else { return [0; 4] };
    let [high, low] = date.year().to_be_bytes();
    [
        high,
        low,
        date.month().to_be_bytes()[0],
        date.day().to_be_bytes()[0],
    ]
}

/// `None` for bytes that are no day; `Some(None)` where there is none.
pub(crate) fn read_date(bytes: &[u8]) -> Option<Option<Date>> {
    let &[high, low, month, day] = bytes else {
        return None;
    };
    if bytes == [0; 4] {
        return Some(None);
    }
    let year = i16::from_be_bytes([high, low]);
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Some(Some(date.ok()?))
}

impl ReferralState {
    /// Its number in labels and in sealed columns.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The state with this number.
    pub fn from_number(number: u8) -> Option<ReferralState> {
        ReferralState::ALL
            .get(usize::from(number.checked_sub(1)?))
            .copied()
    }
}

impl ReasonCode {
    /// Its number in labels and in sealed columns.
    pub fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The reason with this number.
    pub fn from_number(number: u8) -> Option<ReasonCode> {
        ReasonCode::ALL.get(usize::from(number.checked_sub(1)?)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are part of the protocol.
    #[test]
    fn numbers_are_those_of_the_protocol() {
        let states = [
            "acknowledged",
            "accepted",
            "helped",
            "refused",
            "already_helped",
            "not_found",
        ];
        for (code, number) in states.into_iter().zip(1..) {
            let state = ReferralState::from_code(code).unwrap();
            assert_eq!(
                (state.number(), ReferralState::from_number(number)),
                (number, Some(state))
            );
        }
        let reasons = [
            "income",
            "property",
            "supporter",
            "not_here",
            "not_eligible",
            "documents",
            "declined",
            "deceased",
            "other",
        ];
        for (code, number) in reasons.into_iter().zip(1..) {
            let reason = ReasonCode::from_code(code).unwrap();
            assert_eq!(
                (reason.number(), ReasonCode::from_number(number)),
                (number, Some(reason))
            );
        }
        for none in [0, 200, 255] {
            assert_eq!(ReferralState::from_number(none), None);
            assert_eq!(ReasonCode::from_number(none), None);
        }
        assert_eq!(ReferralState::ALL.len(), states.len());
        assert_eq!(ReasonCode::ALL.len(), reasons.len());
    }
}
