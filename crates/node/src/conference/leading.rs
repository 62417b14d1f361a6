//! What the office says of rounds, and what either says when it goes: announcements, re-runs, ends.

use hefu_casework::conference::{Announced, Leg, RoundEnd, Word};
use hefu_casework::{Hex, Month, MonthRange, Text};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::node::today;
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
        if let Some(mut annexes) = wanted.annexes {
            annexes.sort_unstable();
            announced.annexes = annexes;
        }
        announced.freeze_by = wanted.freeze_by.unwrap_or(announced.freeze_by);
        announced.run_until = wanted.run_until.unwrap_or(announced.run_until);
        announced.review_until = wanted.review_until.unwrap_or(announced.review_until);
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
