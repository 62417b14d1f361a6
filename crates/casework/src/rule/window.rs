//! How near in time two payments must be to break a rule together.

use serde::{Deserialize, Serialize};

use crate::{Month, MonthRange};

/// A span of months.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    /// One month.
    #[default]
    Month,
    /// One calendar year.
    CalendarYear,
    /// One school year, September to August.
    SchoolYear,
    /// Fewer than so many months apart.
    Months(u8),
}

const SCHOOL_YEAR_BEGINS: i8 = 9;

impl Window {
    /// The most months that a rolling window may have.
    pub(crate) const MOST_MONTHS: u8 = 36;

    pub(crate) fn is_month(&self) -> bool {
        *self == Window::Month
    }

    /// The months under which a payment of `month` is entered, so that a receiver's payment and a sender's have one in
    /// common exactly where both lie in one window. A fixed year is entered as its first month: that the two lie in
    /// one year shows, and not when in it. For a rolling window the receiver enters every month that is near enough.
    pub(crate) fn entered(self, month: Month, receives: bool) -> MonthRange {
        let begun = |first: i8| {
            let year = if month.month() < first {
                month.year() - 1
            } else {
                month.year()
            };
            MonthRange::single(Month::new(year, first).unwrap_or(month))
        };
        match self {
            Window::CalendarYear => begun(1),
            Window::SchoolYear => begun(SCHOOL_YEAR_BEGINS),
            Window::Months(months) if receives => {
                let reach = i32::from(months).saturating_sub(1);
                MonthRange {
                    from: month.plus(-reach),
                    to: month.plus(reach + 1),
                }
            }
            Window::Month | Window::Months(_) => MonthRange::single(month),
        }
    }

    /// Whether payments of these two months lie in one window.
    pub(crate) fn holds(self, one: Month, other: Month) -> bool {
        let entered = |month| self.entered(month, false);
        match self {
            Window::Months(_) => self.entered(one, true).contains(other),
            _ => entered(one) == entered(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    /// By the calendar: whether two payments lie in one window.
    #[test]
    fn payments_meet_exactly_where_they_lie_in_one_window() {
        for (window, one, other, meet) in [
            (Window::Month, "2026-07", "2026-07", true),
            (Window::Month, "2026-07", "2026-08", false),
            (Window::CalendarYear, "2026-01", "2026-12", true),
            (Window::CalendarYear, "2025-12", "2026-01", false),
            (Window::SchoolYear, "2025-09", "2026-08", true),
            (Window::SchoolYear, "2026-08", "2026-09", false),
            (Window::SchoolYear, "2025-12", "2026-01", true),
            (Window::Months(12), "2026-01", "2026-12", true),
            (Window::Months(12), "2026-01", "2027-01", false),
            (Window::Months(12), "2025-03", "2026-02", true),
            (Window::Months(2), "2026-07", "2026-08", true),
            (Window::Months(2), "2026-07", "2026-09", false),
        ] {
            let (one, other) = (month(one), month(other));
            for (one, other) in [(one, other), (other, one)] {
                let sent: Vec<_> = window.entered(other, false).iter().collect();
                let met = window
                    .entered(one, true)
                    .iter()
                    .any(|month| sent.contains(&month));
                assert_eq!(met, meet, "{window:?} {one} {other}");
                assert_eq!(window.holds(one, other), meet, "{window:?} {one} {other}");
            }
        }
    }
}
