//! What a row of a register of letters says beside the person and the day.

use hefu_casework::{LetterNo, ProgrammeCode, REFERRAL_RECEIVED, ReasonCode, Referral, ReferralState};
use jiff::civil::Date;

use crate::field::{self, When};
use crate::mapping::ReferralMapping;
use crate::records::look_up;
use crate::row::Cell;

/// Where in [`crate::header::Columns::others`] each of the columns stands.
#[derive(Default)]
pub(crate) struct Slots {
    letter: Option<usize>,
    other: Option<usize>,
    state: Option<usize>,
    date: Option<usize>,
    reason: Option<usize>,
}

impl Slots {
    pub(crate) fn new(
        mapping: Option<&ReferralMapping>,
        mut slot: impl FnMut(&Option<String>) -> Option<usize>,
    ) -> Slots {
        let Some(mapping) = mapping else {
            return Slots::default();
        };
        Slots {
            letter: slot(&Some(mapping.letter.clone())),
            other: slot(&mapping.other),
            state: slot(&mapping.state),
            date: slot(&mapping.date),
            reason: slot(&mapping.reason),
        }
    }
}

pub(crate) use reason::LETTER_MISSING;

/// Codes of the reasons for which a row is refused.
mod reason {
    pub(crate) const LETTER_MISSING: &str = "letter_missing";
    /// The agency at the letter's other end is missing, or none that the mapping names.
    pub(super) const LETTER_OTHER: &str = "letter_other";
    pub(super) const REFERRAL_STATE_MISSING: &str = "referral_state_missing";
    pub(super) const REFERRAL_STATE_UNKNOWN: &str = "referral_state_unknown";
    pub(super) const REFERRAL_DATE: &str = "referral_date";
    pub(super) const REFERRAL_REASON_MISSING: &str = "referral_reason_missing";
    pub(super) const REFERRAL_REASON_UNKNOWN: &str = "referral_reason_unknown";
}

/// Everything that is written is understood, or the row is refused.
pub(crate) fn read<'a>(
    mapping: &ReferralMapping,
    slots: &Slots,
    programme: &ProgrammeCode,
    cell: impl Fn(Option<usize>) -> Option<Cell<'a>>,
) -> Result<Referral, &'static str> {
    let text = |slot| cell(slot).map(Cell::shown).unwrap_or_default();
    let letter = LetterNo::new(&text(slots.letter)).ok_or(reason::LETTER_MISSING)?;
    let other = match cell(slots.other) {
        None => None,
        Some(other) => Some(*look_up(&mapping.others, &other.shown()).ok_or(reason::LETTER_OTHER)?),
    };
    let state = match cell(slots.state) {
        // A register of letters sent may note what was heard on the telephone; the other agency's word is asked for.
        _ if programme.as_str() != REFERRAL_RECEIVED => None,
        None | Some(Cell::Empty) => Some(mapping.empty.ok_or(reason::REFERRAL_STATE_MISSING)?),
        Some(state) => {
            let known = look_up(&mapping.states, &state.shown());
            Some(*known.ok_or(reason::REFERRAL_STATE_UNKNOWN)?)
        }
    };
    Ok(Referral {
        letter,
        other,
        state,
        date: match cell(slots.date).filter(|_| state.is_some()) {
            None | Some(Cell::Empty) => None,
            Some(date) => Some(day(date).ok_or(reason::REFERRAL_DATE)?),
        },
        reason: match state {
            Some(ReferralState::Refused) => Some(why(mapping, &text(slots.reason))?),
            Some(_) | None => None,
        },
    })
}

/// A month alone would not tell which of two steps was the later.
fn day(cell: Cell<'_>) -> Option<Date> {
    match field::when(cell)? {
        When::Day(day) => Some(day),
        When::Month(_) => None,
    }
}

fn why(mapping: &ReferralMapping, written: &str) -> Result<ReasonCode, &'static str> {
    if written.trim().is_empty() {
        return Err(reason::REFERRAL_REASON_MISSING);
    }
    let known = look_up(&mapping.reasons, written);
    known.copied().ok_or(reason::REFERRAL_REASON_UNKNOWN)
}
