//! Working days, and the last day of a period.
//!
//! Offices work from Monday to Friday, but for the holidays and the days worked in exchange (调休) that the State
//! Council sets for each year in a notice, usually in November of the year before. A year whose notice is not known
//! here has no calendar: a date in it is refused, never guessed.
//!
//! The day on which a period begins is not counted (民法典 art. 201), and where its last day is one of rest, the next
//! working day takes its place (art. 203).

use std::collections::BTreeMap;

use jiff::{
    ToSpan,
    civil::{Date, Weekday, date},
};
use serde::{Deserialize, Serialize};

use crate::{Error, error::DataFile};

const NATIONAL: &str = include_str!("../data/holidays.toml");

/// The longest period that a deadline may have, in days of either unit, and how many days after its start it ends at most.
pub const MAX_DAYS: u16 = 366;

/// How much longer than twice its days a period may last whose last day is stated. Weekends less than double a period of
/// working days, and no holiday with its exchanged days is half as long as this.
const SPARE_DAYS: u16 = 30;

/// Until when days of a year are certain while the next year's notice is not known: that notice may still move the
/// days before New Year, as that for 2019 did with 29 to 31 December 2018.
const LAST_CERTAIN: (i8, i8) = (12, 24);

/// The years whose notices are known, without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i16, Year>,
    /// The days that are not what their weekday says: whether they are worked.
    days: BTreeMap<Date, bool>,
}

/// One year, as the State Council's notice arranges it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Year {
    /// The year.
    pub year: i16,
    /// The title of the notice.
    pub notice: String,
    /// Its document number.
    pub number: String,
    /// Its day.
    pub dated: Date,
    /// The holidays in order.
    pub holidays: Vec<Holiday>,
    /// The Saturdays and Sundays that are worked, in order.
    pub workdays: Vec<Date>,
}

/// Days of rest in a row.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    /// What it is called.
    pub name: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// How many days the notice says it has.
    pub days: u16,
}

/// In which days a period is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayUnit {
    /// 工作日
    Working,
    /// 日: every day counts.
    Natural,
}

/// A period and its last day, fixed when it began: a later change of the calendar moves no period that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    days: u16,
    unit: DayUnit,
    until: Date,
}

impl Deadline {
    /// A period whose last day somebody has reckoned, as where the notice of the next year is not known here. Whether it
    /// can end on that day, not too early and not too late, is checked when it begins, without a calendar;
    /// [`Calendar::stated`] asks that first.
    pub fn stated(days: u16, unit: DayUnit, until: Date) -> Deadline {
        Deadline { days, unit, until }
    }

    /// The last day on which what is due is in time.
    pub fn until(&self) -> Date {
        self.until
    }

    /// Refuses a deadline that no calendar gives for a period that begins on `start`: one that ends too early for its
    /// days, or so late that nobody would be waiting any more.
    pub(crate) fn must_begin_on(&self, start: Date) -> Result<(), Error> {
        let earliest = after(start, self.days).filter(|_| (1..=MAX_DAYS).contains(&self.days));
        let latest = after(start, most_days(self.days)).unwrap_or(Date::MAX);
        if earliest.is_some_and(|earliest| earliest <= self.until) && self.until <= latest {
            Ok(())
        } else {
            Err(Error::Deadline { max_days: MAX_DAYS })
        }
    }
}

impl Calendar {
    /// The years that were published when this version was made.
    pub fn national() -> Calendar {
        // Unwrap safety: the text is compiled in, and the test `the_notices_are_copied_whole` parses it.
        #[allow(clippy::unwrap_used)]
        Calendar::parse(NATIONAL).unwrap()
    }

    /// Reads years in the form of `data/holidays.toml`.
    ///
    /// # Errors
    /// [`Error::Data`] where it is not such a file; [`Error::Holidays`] with the year and the field that is wrong.
    pub fn parse(toml: &str) -> Result<Calendar, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            year: Vec<Year>,
        }
        let file: File = toml::from_str(toml).map_err(|e| Error::data(DataFile::Holidays, toml, &e))?;
        let mut years = BTreeMap::new();
        for year in file.year {
            let number = year.year;
            if years.insert(number, year).is_some() {
                return Err(wrong(number, "year"));
            }
        }
        Calendar::of(years)
    }

    /// This calendar with the years of `newer`, which replace those of the same number: how a notice that came out
    /// after this version is made known.
    ///
    /// # Errors
    /// [`Error::Holidays`] where a year between two others would be missing.
    pub fn with(&self, newer: &Calendar) -> Result<Calendar, Error> {
        let mut years = self.years.clone();
        years.extend(newer.years.clone());
        Calendar::of(years)
    }

    /// The years with their sources, in order.
    pub fn years(&self) -> impl Iterator<Item = &Year> {
        self.years.values()
    }

    /// Whether public offices work on this day.
    ///
    /// # Errors
    /// [`Error::CalendarUnknown`] for a day of a year whose notice is not known here.
    pub fn is_working_day(&self, day: Date) -> Result<bool, Error> {
        let (from, until) = self.known();
        if day < from || until < day {
            return Err(Error::CalendarUnknown { day, from, until });
        }
        let weekend = is_weekend(day);
        Ok(self.days.get(&day).copied().unwrap_or(!weekend))
    }

    /// The last day of a period of so many working days that begins on `start`, which is not counted itself.
    ///
    /// # Errors
    /// As [`Calendar::is_working_day`] for any day that is counted.
    pub fn due(&self, start: Date, working_days: u16) -> Result<Date, Error> {
        let mut day = start;
        for _ in 0..working_days {
            day = self.first_working_day(self.next(day)?)?;
        }
        Ok(day)
    }

    /// The last day of a period of so many days that begins on `start`, which is not counted itself: where that is a
    /// day of rest, the next working day.
    ///
    /// # Errors
    /// As [`Calendar::is_working_day`] for the last day.
    pub fn due_days(&self, start: Date, natural_days: u16) -> Result<Date, Error> {
        let last = after(start, natural_days).ok_or_else(|| self.unknown(Date::MAX))?;
        self.first_working_day(last)
    }

    /// The deadline of a period that begins on `start`.
    ///
    /// # Errors
    /// [`Error::Deadline`] for no days or more than [`MAX_DAYS`], and where it would end more than so many days after
    /// `start`; as [`Calendar::due`].
    pub fn deadline(&self, start: Date, days: u16, unit: DayUnit) -> Result<Deadline, Error> {
        if !(1..=MAX_DAYS).contains(&days) {
            return Err(Error::Deadline { max_days: MAX_DAYS });
        }
        let until = match unit {
            DayUnit::Working => self.due(start, days)?,
            DayUnit::Natural => self.due_days(start, days)?,
        };
        let deadline = Deadline { days, unit, until };
        deadline.must_begin_on(start)?;
        Ok(deadline)
    }

    /// As [`Calendar::deadline`], where somebody has reckoned the last day. A later day than this calendar gives is in
    /// favour of whoever has the time, within a month over twice the period and within a year of its start.
    ///
    /// # Errors
    /// [`Error::Deadline`] for a day before that which this calendar gives or after all that is allowed, and as
    /// [`Calendar::deadline`].
    pub fn stated(&self, start: Date, days: u16, unit: DayUnit, until: Date) -> Result<Deadline, Error> {
        match self.deadline(start, days, unit) {
            Ok(known) if until < known.until => Err(Error::Deadline { max_days: MAX_DAYS }),
            Ok(_) | Err(Error::CalendarUnknown { .. }) => {
                let stated = Deadline::stated(days, unit, until);
                stated.must_begin_on(start)?;
                Ok(stated)
            }
            Err(error) => Err(error),
        }
    }

    fn of(years: BTreeMap<i16, Year>) -> Result<Calendar, Error> {
        let mut days = BTreeMap::new();
        let mut before = None;
        for (number, year) in &years {
            if before.is_some_and(|before: i16| before.checked_add(1) != Some(*number)) {
                return Err(wrong(*number, "year"));
            }
            before = Some(*number);
            year.enter(&mut days)?;
        }
        if years.is_empty() {
            return Err(wrong(0, "year"));
        }
        Ok(Calendar { years, days })
    }

    /// The first and the last day that are certain.
    fn known(&self) -> (Date, Date) {
        let first = self.years.keys().next().map_or(1, |year| *year);
        let last = self.years.keys().next_back().map_or(1, |year| *year);
        let (month, day) = LAST_CERTAIN;
        (date(first, 1, 1), date(last, month, day))
    }

    fn unknown(&self, day: Date) -> Error {
        let (from, until) = self.known();
        Error::CalendarUnknown { day, from, until }
    }

    fn first_working_day(&self, mut day: Date) -> Result<Date, Error> {
        while !self.is_working_day(day)? {
            day = self.next(day)?;
        }
        Ok(day)
    }

    fn next(&self, day: Date) -> Result<Date, Error> {
        day.tomorrow().map_err(|_| self.unknown(day))
    }
}

impl Year {
    /// Puts its days into the calendar, once it is seen to be what a notice can say.
    fn enter(&self, days: &mut BTreeMap<Date, bool>) -> Result<(), Error> {
        // 2000 to 2999: a year in which every date of the notice, and the December before, is a date.
        let of_notice = (2000..3000).contains(&self.year);
        ensure(of_notice, self.year, "year")?;
        ensure(!self.notice.trim().is_empty(), self.year, "notice")?;
        ensure(!self.number.trim().is_empty(), self.year, "number")?;
        ensure(!self.holidays.is_empty(), self.year, "holidays")?;
        let first = date(self.year - 1, LAST_CERTAIN.0, LAST_CERTAIN.1);
        let last = date(self.year, 12, 31);
        let within = |day: Date| first < day && day <= last;
        for holiday in &self.holidays {
            let rest: Vec<Date> = holiday
                .from
                .series(1.day())
                .take_while(|day| *day <= holiday.to)
                .take(usize::from(MAX_DAYS))
                .collect();
            ensure(rest.len() == usize::from(holiday.days), self.year, "days")?;
            for day in rest {
                let alone = within(day) && days.insert(day, false).is_none();
                ensure(alone, self.year, "holidays")?;
            }
        }
        for day in &self.workdays {
            let exchanged = within(*day) && is_weekend(*day) && days.insert(*day, true).is_none();
            ensure(exchanged, self.year, "workdays")?;
        }
        Ok(())
    }
}

fn is_weekend(day: Date) -> bool {
    matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday)
}

/// The day before which no period that begins on `start` can end, in whichever days it is counted.
pub(crate) fn earliest_end(start: Date, days: u16) -> Option<Date> {
    after(start, days)
}

/// How many days after its start a period of so many days ends at most, in whichever days it is counted.
fn most_days(days: u16) -> u16 {
    days.saturating_mul(2).saturating_add(SPARE_DAYS).min(MAX_DAYS)
}

fn after(start: Date, days: u16) -> Option<Date> {
    start.checked_add(i64::from(days).days()).ok()
}

fn ensure(holds: bool, year: i16, field: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(wrong(year, field)) }
}

fn wrong(year: i16, field: &'static str) -> Error {
    Error::Holidays { year, field }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rest days and exchanged workdays counted in the two notices by hand: 1+8+3+5+3+8 and 3+9+3+5+3+3+7.
    #[test]
    fn the_notices_are_copied_whole() {
        let calendar = Calendar::parse(NATIONAL).unwrap();
        let found: Vec<_> = calendar
            .years()
            .map(|year| {
                let rest: u16 = year.holidays.iter().map(|holiday| holiday.days).sum();
                (year.year, year.number.as_str(), rest, year.workdays.len())
            })
            .collect();
        assert_eq!(
            found,
            [
                (2025, "国办发明电〔2024〕12号", 28, 5),
                (2026, "国办发明电〔2025〕7号", 33, 6)
            ]
        );
    }
}
