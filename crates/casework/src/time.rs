//! Civil months. Assistance is granted by the month, so two monthly payments overlap by whole months or not at all.

use std::{fmt, str::FromStr};

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;

/// A civil month, written `2026-07`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The last month that a civil date can fall in; the far end of what exports write as "no end".
    pub const LAST: Month = Month {
        year: 9999,
        month: 12,
    };

    /// `None` unless the year is 1 to 9999 and the month 1 to 12.
    pub fn new(year: i16, month: i8) -> Option<Month> {
        ((1..=9999).contains(&year) && (1..=12).contains(&month)).then_some(Month { year, month })
    }

    /// The month in which `date` falls.
    pub fn of(date: Date) -> Month {
        Month {
            year: date.year(),
            month: date.month(),
        }
    }

    /// The year.
    pub fn year(self) -> i16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> i8 {
        self.month
    }

    /// The month after this one; [`Month::LAST`] is followed by itself.
    #[must_use]
    pub fn next(self) -> Month {
        match self {
            Month::LAST => Month::LAST,
            Month { year, month: 12 } => Month {
                year: year + 1,
                month: 1,
            },
            Month { year, month } => Month {
                year,
                month: month + 1,
            },
        }
    }

    /// The month so many later, or earlier where negative; the first or last there is where that lies beyond.
    #[must_use]
    pub(crate) fn plus(self, months: i32) -> Month {
        let first = Month { year: 1, month: 1 };
        let index = self
            .index()
            .saturating_add(months)
            .clamp(first.index(), Month::LAST.index());
        let year = i16::try_from(index.div_euclid(12));
        let month = i8::try_from(index.rem_euclid(12) + 1);
        year.ok()
            .zip(month.ok())
            .and_then(|(year, month)| Month::new(year, month))
            .unwrap_or(self)
    }

    /// The first day of this month.
    pub fn first_day(self) -> Date {
        jiff::civil::date(self.year, self.month, 1)
    }

    fn index(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }
}

impl From<Date> for Month {
    fn from(date: Date) -> Month {
        Month::of(date)
    }
}

impl FromStr for Month {
    type Err = Error;

    fn from_str(text: &str) -> Result<Month, Error> {
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        text.split_once('-')
            .filter(|(year, month)| year.len() == 4 && month.len() == 2 && digits(year) && digits(month))
            .and_then(|(year, month)| Month::new(year.parse().ok()?, month.parse().ok()?))
            .ok_or(Error::Month)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Month, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

/// Half-open: `from` belongs to it, `to` does not. Empty where `to` is not after `from`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthRange {
    /// The first month.
    pub from: Month,
    /// The month after the last one.
    pub to: Month,
}

impl MonthRange {
    /// One month.
    pub fn single(month: Month) -> MonthRange {
        MonthRange {
            from: month,
            to: month.next(),
        }
    }

    /// Every month that has a day from `first` to `last`, both included.
    pub fn covering(first: Date, last: Date) -> MonthRange {
        let from = Month::of(first);
        MonthRange {
            from,
            to: if last < first {
                from
            } else {
                Month::of(last).next()
            },
        }
    }

    /// Whether no month belongs to it.
    pub fn is_empty(self) -> bool {
        self.to <= self.from
    }

    /// How many months belong to it.
    pub fn len(self) -> usize {
        usize::try_from(self.to.index() - self.from.index()).unwrap_or(0)
    }

    /// Whether `month` belongs to it.
    pub fn contains(self, month: Month) -> bool {
        self.from <= month && month < self.to
    }

    /// The months that belong to both.
    #[must_use]
    pub fn intersect(self, other: MonthRange) -> MonthRange {
        MonthRange {
            from: self.from.max(other.from),
            to: self.to.min(other.to),
        }
    }

    /// What is left of it without the months of another: at most a piece before and a piece after, neither empty.
    pub(crate) fn without(self, other: MonthRange) -> impl Iterator<Item = MonthRange> {
        let other = self.intersect(other);
        let pieces = if other.is_empty() {
            [
                self,
                MonthRange {
                    to: self.from,
                    ..self
                },
            ]
        } else {
            [
                MonthRange {
                    to: other.from,
                    ..self
                },
                MonthRange {
                    from: other.to,
                    ..self
                },
            ]
        };
        pieces.into_iter().filter(|piece| !piece.is_empty())
    }

    /// The months in order.
    pub fn iter(self) -> impl Iterator<Item = Month> {
        std::iter::successors(Some(self.from), |month| Some(month.next())).take(self.len())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn a_month_is_read_as_it_is_written() {
        assert_eq!(month("2026-07").to_string(), "2026-07");
        assert_eq!(month("2026-12").next(), month("2027-01"));
        assert_eq!(Month::LAST.next(), Month::LAST);
        assert_eq!(Month::of(date(2024, 2, 29)), month("2024-02"));
        assert_eq!(month("2024-02").first_day(), date(2024, 2, 1));
        for text in [
            "",
            "2026",
            "2026-7",
            "2026-00",
            "2026-13",
            "26-07",
            "2026-07-01",
            "+026-07",
            "0000-01",
            "２０２６-07",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }

    fn range(from: &str, to: &str) -> MonthRange {
        MonthRange {
            from: month(from),
            to: month(to),
        }
    }

    #[test]
    fn ranges_are_half_open() {
        let summer = range("2026-07", "2026-10");
        assert_eq!(
            summer.iter().map(|m| m.to_string()).collect::<Vec<_>>(),
            ["2026-07", "2026-08", "2026-09"]
        );
        assert!(summer.contains(month("2026-09")) && !summer.contains(month("2026-10")));
        // One ends in June, the other begins in July: they touch and do not overlap.
        assert!(summer.intersect(range("2026-01", "2026-07")).is_empty());
        assert_eq!(summer.intersect(range("2026-09", "2027-01")).len(), 1);
        assert_eq!(range("2026-07", "2026-01").iter().count(), 0);
        assert_eq!(
            MonthRange::covering(date(2026, 7, 31), date(2026, 8, 1)),
            range("2026-07", "2026-09")
        );
        assert!(MonthRange::covering(date(2026, 7, 31), date(2026, 7, 1)).is_empty());
    }

    #[test]
    fn months_are_counted_over_years_and_not_beyond_the_calendar() {
        for (from, months, expected) in [
            ("2026-07", 6, "2027-01"),
            ("2026-07", -7, "2025-12"),
            ("2026-01", 0, "2026-01"),
            ("9999-11", 9, "9999-12"),
            ("0001-02", -9, "0001-01"),
        ] {
            assert_eq!(month(from).plus(months), month(expected), "{from} {months}");
        }
    }

    #[test]
    fn what_is_taken_out_leaves_a_piece_on_either_side() {
        let left = |from, to| -> Vec<_> { range("2026-03", "2026-09").without(range(from, to)).collect() };
        assert_eq!(
            left("2026-05", "2026-06"),
            [range("2026-03", "2026-05"), range("2026-06", "2026-09")]
        );
        assert_eq!(left("2026-01", "2026-04"), [range("2026-04", "2026-09")]);
        assert_eq!(left("2026-08", "2027-01"), [range("2026-03", "2026-08")]);
        assert_eq!(left("2026-09", "2027-01"), [range("2026-03", "2026-09")]);
        assert_eq!(left("2026-01", "2027-01"), []);
    }
}
