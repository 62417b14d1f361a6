//! What the office says of rounds, and what either says when it goes: announcements, re-runs, ends.

use hefu_casework::conference::{Announced, Leg, RoundEnd, Word};
use hefu_casework::{Hex, Month, MonthRange, Text};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::node::{day_of, today};
use crate::{Error, Node, Result};

/// What the office wants otherwise than the schedule has it.
#[derive(Clone, Debug, Default)]
pub struct Announcement {
    /// Records of which months are entered; the month before this one otherwise.
    pub months: Option<MonthRange>,
    /// Which annexes run; otherwise all whose two parties have signed.
    pub annexes: Option<Vec<Hex<32>>>,
    /// Until when members freeze what they enter.
    pub freeze_by: Option<Timestamp>,
    /// Until when pairs may run.
    pub run_until: Option<Timestamp>,
    /// Until when findings are in review.
    pub review_until: Option<Date>,
}

impl Node {
    /// Announces the next round under the framework that is in force today. Gives its number.
    ///
    /// # Errors
    /// [`Error::Missing`] where none is in force; [`Error::Conference`] where the record does not take it.
    pub fn announce_round(&self, conference: &Hex<32>, wanted: Announcement, actor: &str) -> Result<u32> {
        let months = match wanted.months {
            Some(months) => months,
            None => month_before(today())?,
        };
        let scheduled = self.with_conference(conference, |state| {
            let framework = state.in_force(today())?.digest;
            Some(state.announcement(&framework, months, Timestamp::now()))
        })?;
        let scheduled = scheduled.ok_or_else(|| Error::Missing {
            what: "framework",
            name: String::new(),
        })?;
        let mut announced: Announced = scheduled.map_err(Error::Conference)?;
        wanted.times(&mut announced);
        if let Some(mut annexes) = wanted.annexes {
            annexes.sort_unstable();
            announced.annexes = annexes;
        }
        let round = announced.round;
        self.say(conference, Word::Announced(announced), None, actor)?;
        Ok(round)
    }

    /// Has a leg run once more that failed, or whose two ends differ.
    ///
    /// # Errors
    /// [`Error::Conference`] where the record does not take it.
    pub fn rerun_leg(
        &self,
        conference: &Hex<32>,
        round: u32,
        leg: Leg,
        reason: Text<200>,
        actor: &str,
    ) -> Result<Hex<32>> {
        self.say(conference, Word::Rerun { round, leg, reason }, None, actor)
    }

    /// Ends a round.
    ///
    /// # Errors
    /// [`Error::Conference`] where the record does not take it.
    pub fn close_round(
        &self,
        conference: &Hex<32>,
        round: u32,
        end: RoundEnd,
        actor: &str,
    ) -> Result<Hex<32>> {
        self.say(conference, Word::Closed { round, end }, None, actor)
    }

    /// Leaves a conference, or has a member leave it.
    ///
    /// # Errors
    /// [`Error::Conference`] where the record does not take it.
    pub fn leave_conference(
        &self,
        conference: &Hex<32>,
        member: &Hex<32>,
        reason: Text<200>,
        actor: &str,
    ) -> Result<Hex<32>> {
        let left = Word::Left {
            member: *member,
            reason,
        };
        self.say(conference, left, None, actor)
    }
}

impl Announcement {
    /// What is asked for, and what is not asked for as much later as what it follows: members have the time that they
    /// agreed to.
    fn times(&self, announced: &mut Announced) {
        let scheduled_day = day_of(announced.run_until);
        if let Some(freeze_by) = self.freeze_by {
            let later = freeze_by.duration_since(announced.freeze_by);
            let run_until = announced.run_until.checked_add(later);
            announced.run_until = run_until.unwrap_or(announced.run_until);
            announced.freeze_by = freeze_by;
        }
        announced.run_until = self.run_until.unwrap_or(announced.run_until);
        let later = scheduled_day.until(day_of(announced.run_until));
        let review_until = later.and_then(|later| announced.review_until.checked_add(later));
        announced.review_until = self
            .review_until
            .or(review_until.ok())
            .unwrap_or(announced.review_until);
    }
}

/// The month before the one of this day.
fn month_before(day: Date) -> Result<MonthRange> {
    let this = Month::of(day);
    let before = Month::of(day.first_of_month().yesterday().map_err(|_| Error::Internal {
        what: "the month before",
    })?);
    Ok(MonthRange {
        from: before,
        to: this,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Announced at ten in Beijing: two hours to freeze, three to run, and no day for reviews.
    fn scheduled() -> Announced {
        let month = Month::new(2026, 7).unwrap();
        Announced {
            round: 1,
            framework: Hex([0; 32]),
            months: MonthRange {
                from: month,
                to: month,
            },
            annexes: Vec::new(),
            freeze_by: "2026-08-05T04:00:00Z".parse().unwrap(),
            run_until: "2026-08-05T07:00:00Z".parse().unwrap(),
            review_until: "2026-08-05".parse().unwrap(),
        }
    }

    fn times(wanted: &Announcement) -> [String; 3] {
        let mut announced = scheduled();
        wanted.times(&mut announced);
        let Announced {
            freeze_by,
            run_until,
            review_until,
            ..
        } = announced;
        [
            freeze_by.to_string(),
            run_until.to_string(),
            review_until.to_string(),
        ]
    }

    #[test]
    fn what_is_not_asked_for_follows_what_is() {
        assert_eq!(
            times(&Announcement::default()),
            ["2026-08-05T04:00:00Z", "2026-08-05T07:00:00Z", "2026-08-05"]
        );
        let longer = Announcement {
            run_until: Some("2026-08-06T07:00:00Z".parse().unwrap()),
            ..Announcement::default()
        };
        assert_eq!(
            times(&longer),
            ["2026-08-05T04:00:00Z", "2026-08-06T07:00:00Z", "2026-08-06"]
        );
        // Five in the afternoon, UTC, is the next day in Beijing.
        let later = Announcement {
            freeze_by: Some("2026-08-05T14:00:00Z".parse().unwrap()),
            ..Announcement::default()
        };
        assert_eq!(
            times(&later),
            ["2026-08-05T14:00:00Z", "2026-08-05T17:00:00Z", "2026-08-06"]
        );
        let all = Announcement {
            review_until: Some("2026-08-20".parse().unwrap()),
            ..longer
        };
        assert_eq!(times(&all)[2], "2026-08-20");
    }
}
