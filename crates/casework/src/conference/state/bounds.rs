//! How much one member can put on the record.

use jiff::{Timestamp, ToSpan, civil::Date};

use super::Public;
use crate::{Hex, conference::framework::beijing_day};

/// How many entries of one member there can be on a day, with those that are rejected.
const MAX_A_DAY: u32 = 2_000;
/// How many days a member's clock counts ahead of the office's: it goes on where the office is silent for a month.
const MAX_AHEAD_DAYS: i32 = 31;

impl Public {
    pub(super) fn has_room(&self, member: &Hex<32>, at: Timestamp) -> bool {
        let (_, count) = self.day_of(member, at);
        count < MAX_A_DAY
    }

    pub(super) fn count(&mut self, member: &Hex<32>, at: Timestamp) {
        let (day, count) = self.day_of(member, at);
        self.came.insert(*member, (day, count.saturating_add(1)));
    }

    /// The day for which a refusal counts, and how many of its author's entries were refused on it since one was taken.
    pub(super) fn refused_in_a_row(&self, author: &Hex<32>, at: Timestamp) -> (Date, u32) {
        let (day, _) = self.day_of(author, at);
        match self.refusals.get(author) {
            Some((before, count)) if *before == day => (day, *count),
            _ => (day, 0),
        }
    }

    /// The day in Beijing for which an entry counts, and how many there are of it. No day comes back, and none is far from
    /// the office's: or clocks would be a way around the bound.
    fn day_of(&self, member: &Hex<32>, at: Timestamp) -> (Date, u32) {
        let day = beijing_day(at);
        let day = self.clock.map_or(day, |clock| {
            let today = beijing_day(clock);
            let last = today.saturating_add(MAX_AHEAD_DAYS.days());
            day.clamp(today, last)
        });
        match self.came.get(member) {
            Some((before, count)) if day <= *before => (*before, *count),
            _ => (day, 0),
        }
    }
}
