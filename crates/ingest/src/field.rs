//! What stands in single cells: money, months and days. Nothing is rounded and nothing guessed.

use std::collections::BTreeSet;

use hefu_casework::{Fen, Month};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::row::{Cell, is_invisible, serial_date};

/// Years in which aid can have been given; others are digits that only look like a date.
const YEARS: std::ops::RangeInclusive<i16> = 1950..=2199;
/// Serial numbers of the days of those years that a cell without a date's form may hold.
const SERIALS: std::ops::RangeInclusive<f64> = 18_264.0..=109_573.0;

/// The unit of a column of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Yuan, with at most two decimals.
    Yuan,
    /// Fen, whole.
    Fen,
}

/// A month, or a day in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Month(Month),
    Day(Date),
}

impl When {
    pub(crate) fn month(self) -> Month {
        match self {
            When::Month(month) => month,
            When::Day(day) => Month::of(day),
        }
    }

    /// Both are days, and this is the earlier one.
    pub(crate) fn is_before(self, other: When) -> bool {
        matches!((self, other), (When::Day(this), When::Day(other)) if this < other)
    }

    /// The day, the first one where only the month is known.
    pub(crate) fn day(self) -> Date {
        match self {
            When::Month(month) => month.first_day(),
            When::Day(day) => day,
        }
    }
}

/// The amount, or `None` where it is not exactly one.
pub(crate) fn amount(cell: Cell<'_>, unit: Unit) -> Option<Fen> {
    let text = half_width(&cell.exact_text()?);
    let text = text.trim_start_matches(['¥', '￥']);
    let text = match unit {
        Unit::Yuan => text.strip_suffix('元').unwrap_or(text),
        Unit::Fen => text.strip_suffix('分').unwrap_or(text),
    };
    let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let whole = ungrouped(whole)?;
    let decimals = decimals.trim_end_matches('0');
    if !is_digits(&whole) || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fen = match (unit, decimals.len()) {
        (Unit::Fen, 0) => whole,
        (Unit::Yuan, 0..=2) => {
            let cents: i64 = format!("{decimals:0<2}").parse().ok()?;
            whole.checked_mul(100)?.checked_add(cents)?
        }
        _ => return None,
    };
    Some(Fen(if negative { -fen } else { fen }))
}

/// The digits without the commas that group them by three, `None` where commas stand elsewhere.
fn ungrouped(digits: &str) -> Option<String> {
    let mut groups = digits.split(',');
    let first = groups.next()?;
    let mut whole = first.to_owned();
    for group in groups {
        if group.len() != 3 || first.is_empty() || first.len() > 3 {
            return None;
        }
        whole.push_str(group);
    }
    Some(whole)
}

/// The month or day: 2026-07-01, 2026/7/1, 2026.7.1, 2026年7月1日, 20260701, 2026-07, 2026年7月, 202607, a date of a
/// spreadsheet or its serial number, with or without a time of day.
pub(crate) fn when(cell: Cell<'_>) -> Option<When> {
    let text = match cell {
        Cell::Empty => return None,
        Cell::Date(date) => return in_years(date.year()).then_some(When::Day(date)),
        Cell::Number(serial) if SERIALS.contains(&serial) => {
            return Some(When::Day(serial_date(serial, false)?));
        }
        cell => cell.exact_text()?,
    };
    let text = half_width(without_time(text.trim()));
    let parts: Vec<&str> = text
        .trim_end_matches(['日', '号'])
        .trim_end_matches('月')
        .split(['-', '/', '.', '年', '月'])
        .collect();
    match *parts.as_slice() {
        [digits] if is_digits(digits) => match digits.len() {
            5 => Some(When::Day(serial_date(
                digits.parse().ok().filter(|serial| SERIALS.contains(serial))?,
                false,
            )?)),
            6 => month_of(digits.get(..4)?, digits.get(4..)?),
            8 => day_of(digits.get(..4)?, digits.get(4..6)?, digits.get(6..)?),
            _ => None,
        },
        [year, month] => month_of(year, month),
        [year, month, day] => day_of(year, month, day),
        _ => None,
    }
}

fn without_time(text: &str) -> &str {
    match text.split_once(|c: char| c == 'T' || c.is_whitespace()) {
        Some((date, time)) if time.contains(':') => date,
        _ => text,
    }
}

fn month_of(year: &str, month: &str) -> Option<When> {
    let (year, month) = (year_of(year)?, short(month)?);
    Some(When::Month(Month::new(year, month)?))
}

fn day_of(year: &str, month: &str, day: &str) -> Option<When> {
    Some(When::Day(
        Date::new(year_of(year)?, short(month)?, short(day)?).ok()?,
    ))
}

fn year_of(digits: &str) -> Option<i16> {
    let year = (digits.len() == 4 && is_digits(digits)).then(|| digits.parse().ok())??;
    in_years(year).then_some(year)
}

fn short(digits: &str) -> Option<i8> {
    (digits.len() <= 2 && is_digits(digits)).then(|| digits.parse().ok())?
}

fn in_years(year: i16) -> bool {
    YEARS.contains(&year)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The months that a title, a file's or a sheet's name speaks of; 7月 alone is one where the year is told.
pub(crate) fn months_in(text: &str, year: Option<i16>) -> BTreeSet<Month> {
    let text = half_width(text);
    let mut months = BTreeSet::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let from = rest.get(start..).unwrap_or_default();
        let (digits, after) = split_digits(from);
        rest = after;
        let found = match digits.len() {
            4 => after.strip_prefix(['年', '-', '.', '/', '_']).and_then(|after| {
                let (month, after) = split_digits(after);
                let found = month_of(digits, month)?;
                rest = after;
                Some(found)
            }),
            6 => month_of(
                digits.get(..4).unwrap_or_default(),
                digits.get(4..).unwrap_or_default(),
            ),
            8 => when(Cell::Text(digits)),
            1 | 2 if after.starts_with('月') => year
                .zip(short(digits))
                .and_then(|(year, month)| Some(When::Month(Month::new(year, month)?))),
            _ => None,
        };
        months.extend(found.map(When::month));
    }
    months
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

/// Full-width ASCII as ASCII, without white space and invisible characters.
pub(crate) fn half_width(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| match c {
            // Full-width ASCII stands at a fixed distance from ASCII.
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn month(text: &str) -> Month {
        text.parse().unwrap()
    }

    #[test]
    fn yuan_are_read_to_the_fen() {
        let yuan = |text| amount(Cell::Text(text), Unit::Yuan).map(|fen| fen.0);
        for (text, fen) in [
            ("1,234.50", 123_450),
            ("１，２３４．５０", 123_450),
            ("￥600", 60_000),
            ("600元", 60_000),
            ("0.07", 7),
            ("12.3", 1_230),
            ("12.3000", 1_230),
            ("-5.5", -550),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(yuan(text), Some(fen), "{text}");
        }
        for text in [
            "",
            "0.005",
            "1,23",
            "1234,567",
            ",123",
            "12.3.4",
            "六百",
            "1e3",
            "1万元",
            "+5",
            "--5",
            ".5",
            "1 2x",
            "92233720368547758.08",
            "5分",
        ] {
            assert_eq!(yuan(text), None, "{text}");
        }
    }

    #[test]
    fn fen_are_whole() {
        assert_eq!(amount(Cell::Text("12345"), Unit::Fen), Some(Fen(12_345)));
        assert_eq!(amount(Cell::Text("12345.00"), Unit::Fen), Some(Fen(12_345)));
        assert_eq!(amount(Cell::Text("12345.5"), Unit::Fen), None);
    }

    #[test]
    fn a_spreadsheets_number_is_what_it_shows() {
        assert_eq!(amount(Cell::Number(0.1 + 0.2), Unit::Yuan), Some(Fen(30)));
        assert_eq!(amount(Cell::Number(1_234.565), Unit::Yuan), None);
        assert_eq!(amount(Cell::Number(1e16), Unit::Yuan), None);
        assert_eq!(amount(Cell::Number(f64::NAN), Unit::Yuan), None);
    }

    #[test]
    fn days_and_months_in_every_form() {
        let day = Some(When::Day(date(2026, 7, 1)));
        for text in [
            "2026-07-01",
            "2026/7/1",
            "2026.7.1",
            "20260701",
            "2026年7月1日",
            "２０２６年７月１日",
            "2026-07-01 00:00:00",
            "2026-07-01T00:00:00.000",
            "46204",
            " 2026 年 7 月 1 日 ",
        ] {
            assert_eq!(when(Cell::Text(text)), day, "{text}");
        }
        // 2026-07-01 is day 46,204 of the 1900 system.
        assert_eq!(when(Cell::Number(46_204.0)), day);
        assert_eq!(when(Cell::Number(46_204.75)), day);
        assert_eq!(when(Cell::Number(20_260_701.0)), day);
        for text in [
            "2026-07",
            "202607",
            "2026年7月",
            "2026/7",
            "2026.07",
            "2026年07月份".trim_end_matches('份'),
        ] {
            assert_eq!(
                when(Cell::Text(text)),
                Some(When::Month(month("2026-07"))),
                "{text}"
            );
        }
        assert_eq!(when(Cell::Number(202_607.0)), Some(When::Month(month("2026-07"))));
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-02-30",
            "26-07-01",
            "07/01/2026",
            "202613",
            "260701",
            "2026-07-01-02",
            "至今",
            "2026-07至2026-09",
            "12345678",
            "1",
        ] {
            assert_eq!(when(Cell::Text(text)), None, "{text}");
        }
    }

    #[test]
    fn a_title_names_its_month() {
        let months = |text, year| {
            months_in(text, year)
                .iter()
                .map(Month::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(months("某县2026年7月份低保发放表(25559人)", None), ["2026-07"]);
        assert_eq!(months("低保_202607.xlsx", None), ["2026-07"]);
        assert_eq!(months("dibao-2026-07-31", None), ["2026-07"]);
        assert_eq!(months("2026年7月至2026年9月", None), ["2026-07", "2026-09"]);
        assert_eq!(months("7月", Some(2026)), ["2026-07"]);
        assert!(months("7月", None).is_empty());
        assert!(months("名册2026", None).is_empty());
    }
}
