//! When rounds are, in Beijing time, which has been eight hours ahead of UTC all year round since 1992.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz};

use super::{Framework, Schedule};

/// When a round is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// From when on it can be announced.
    pub announce: Timestamp,
    /// Until when members freeze what they enter.
    pub freeze_by: Timestamp,
    /// Until when pairs may run.
    pub run_until: Timestamp,
    /// Until when findings are in review.
    pub review_until: Date,
}

impl Framework {
    /// The round that comes next by the schedule, at this time: announced on the day that the schedule has of this month
    /// or, where that is over, of the next, and at once where that day is today. None where it would not end while the
    /// framework is valid.
    pub fn next_round(&self, now: Timestamp) -> Option<Times> {
        let today = beijing_day(now).max(self.valid_from);
        let day = i8::try_from(self.schedule.day).ok()?;
        let of_month = today.with().day(day).build().ok()?;
        let on = if of_month < today {
            of_month.checked_add(1.month()).ok()?
        } else {
            of_month
        };
        let begins = tz::offset(8).to_timestamp(on.at(0, 0, 0, 0)).ok()?;
        self.schedule
            .times(begins.max(now))
            .filter(|times| beijing_day(times.run_until) <= self.expires)
    }
}

impl Schedule {
    /// The times of a round that is announced then. Members freeze until the end of a minute. None beyond the calendar.
    pub fn times(&self, announce: Timestamp) -> Option<Times> {
        let hours = |hours: u32| SignedDuration::from_hours(hours.into());
        let freeze_by = to_minute(announce.checked_add(hours(self.freeze_hours)).ok()?)?;
        let run_until = freeze_by.checked_add(hours(self.run_hours)).ok()?;
        let review = i64::from(self.review_days).days();
        Some(Times {
            announce,
            freeze_by,
            run_until,
            review_until: beijing_day(run_until).checked_add(review).ok()?,
        })
    }
}

/// The day of a time in Beijing.
pub(in crate::conference) fn beijing_day(at: Timestamp) -> Date {
    tz::offset(8).to_datetime(at).date()
}

fn to_minute(at: Timestamp) -> Option<Timestamp> {
    let whole = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    let minutes = whole.div_euclid(60) + i64::from(whole.rem_euclid(60) > 0);
    Timestamp::from_second(minutes.checked_mul(60)?).ok()
}
