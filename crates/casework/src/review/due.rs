//! What a finding waits for, and until when. No law sets these periods for all aid: the values here are this project's
//! own, and each agency sets its own in their place.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Act, Review, ReviewResult, Reviewed, State};
use crate::{
    Care, Known,
    calendar::{Calendar, MAX_DAYS, earliest_end},
    codes::codes,
};

codes! {
    /// What a finding waits for.
    Awaited {
        /// 认领
        Taking = "awaited_taking",
        /// 核实
        Verification = "awaited_verification",
        /// 决定, and before it whatever the law asks for.
        Decision = "awaited_decision",
    }
}

codes! {
    /// Whether something is late.
    Late {
        /// It is in time.
        No = "no",
        /// Its last day has passed.
        Yes = "yes",
        /// The notice that sets the holidays of that time is not known here.
        CannotTell = "cannot_tell",
    }
}

/// How many working days each step may take, from 1 to [`MAX_DAYS`], and fewer for key groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Periods {
    /// From the match until somebody is in charge.
    pub take_days: u16,
    /// From then until it is verified.
    pub verify_days: u16,
    /// From then until it is decided.
    pub decide_days: u16,
    /// As `take_days`, for key groups (重点人群).
    pub key_take_days: u16,
    /// As `verify_days`, for key groups.
    pub key_verify_days: u16,
    /// As `decide_days`, for key groups.
    pub key_decide_days: u16,
}

/// Until when a finding waits for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// For what.
    pub awaited: Awaited,
    /// From this day on, which is not counted.
    pub since: Date,
    /// For how many working days.
    pub days: u16,
    /// The last day; none where it lies in a time whose holidays are not known here.
    pub until: Option<Date>,
}

impl Default for Periods {
    fn default() -> Periods {
        Periods {
            take_days: 5,
            verify_days: 20,
            decide_days: 60,
            key_take_days: 2,
            key_verify_days: 10,
            key_decide_days: 30,
        }
    }
}

impl Periods {
    /// The field that is no period, or not shorter where it must be.
    pub fn wrong(&self) -> Option<&'static str> {
        let period = 1..=MAX_DAYS;
        [
            ("take_days", self.take_days, "key_take_days", self.key_take_days),
            (
                "verify_days",
                self.verify_days,
                "key_verify_days",
                self.key_verify_days,
            ),
            (
                "decide_days",
                self.decide_days,
                "key_decide_days",
                self.key_decide_days,
            ),
        ]
        .into_iter()
        .find_map(|(field, days, key_field, key_days)| {
            if !period.contains(&days) {
                Some(field)
            } else if !period.contains(&key_days) || key_days >= days {
                Some(key_field)
            } else {
                None
            }
        })
    }

    /// Those of a key group have the shorter period; of whom it is not known, the usual one.
    fn days(&self, awaited: Awaited, care: &Care) -> u16 {
        let is_key = care.key_group() == Known::Yes;
        match (awaited, is_key) {
            (Awaited::Taking, false) => self.take_days,
            (Awaited::Taking, true) => self.key_take_days,
            (Awaited::Verification, false) => self.verify_days,
            (Awaited::Verification, true) => self.key_verify_days,
            (Awaited::Decision, false) => self.decide_days,
            (Awaited::Decision, true) => self.key_decide_days,
        }
    }
}

impl Due {
    /// Whether it is late on `day`. What is due on the day itself is not.
    pub fn late_on(&self, day: Date, calendar: &Calendar) -> Late {
        match self.until {
            Some(until) if until < day => Late::Yes,
            Some(_) => Late::No,
            // However many days are worked, no period is over before so many days are.
            None if earliest_end(self.since, self.days).is_some_and(|earliest| day <= earliest) => Late::No,
            // All days between are known, and the period went on beyond them.
            None if [self.since, day]
                .iter()
                .all(|day| calendar.is_working_day(*day).is_ok()) =>
            {
                Late::No
            }
            None => Late::CannotTell,
        }
    }
}

impl Review {
    /// What the finding waits for, and until when; nothing once it is decided or corrected. Handing it over gives no
    /// new period, and a second review that sends it back gives one for verification.
    pub fn due(&self, care: &Care, periods: &Periods, calendar: &Calendar) -> Option<Due> {
        let awaited = match &self.state {
            State::Open => Awaited::Taking,
            State::Taken => Awaited::Verification,
            State::Verified(_) | State::Excepted(_) | State::Told { .. } | State::Heard(_) => {
                Awaited::Decision
            }
            State::Decided { .. } | State::Reviewed { .. } | State::Corrected => return None,
        };
        let days = periods.days(awaited, care);
        Some(Due {
            awaited,
            since: self.since,
            days,
            until: calendar.due(self.since, days).ok(),
        })
    }
}

/// Whether a period begins with the act.
pub(super) fn begins(act: &Act) -> bool {
    let returned = |reviewed: &Reviewed| matches!(reviewed.result, ReviewResult::Returned {});
    match act {
        Act::Taken {} | Act::Verified(_) => true,
        Act::Reviewed(reviewed) => returned(reviewed),
        _ => false,
    }
}
