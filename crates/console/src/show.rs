//! How values are written, and read again, the same on every page.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

use crate::{Lang, words};

/// China keeps one time all year, eight hours before UTC.
const BEIJING: Offset = Offset::constant(8);

/// A moment in Beijing, to the minute.
pub(crate) fn time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(BEIJING))
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}

/// The day in Beijing.
pub(crate) fn today() -> Date {
    day(Timestamp::now())
}

/// The day in Beijing of a moment.
pub(crate) fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(BEIJING)).date()
}

/// The moment that a clock in Beijing shows.
pub(crate) fn in_beijing(at: DateTime) -> Option<Timestamp> {
    let zoned = at.to_zoned(TimeZone::fixed(BEIJING)).ok()?;
    Some(zoned.timestamp())
}

/// `1,234,567.80` of 123456780 fen.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", count(fen / 100), fen % 100)
}

/// Fen of an amount in yuan as people type it: `1,234.5`. Nothing where it is none.
pub(crate) fn fen(text: &str) -> Option<i64> {
    let text = text.replace([',', '，'], "");
    let (yuan, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if yuan.is_empty() || yuan.len() > 12 || part.len() > 2 || !digits(yuan) || !digits(part) {
        return None;
    }
    format!("{yuan}{part:0<2}").parse().ok()
}

/// `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in a unit that fits.
pub(crate) fn bytes(bytes: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB"];
    let power = (bytes.max(1).ilog2() / 10).min(3);
    let scale = 1_u64 << (10 * power);
    let unit = units.get(power as usize).copied().unwrap_or_default();
    match power {
        0 => format!("{bytes} {unit}"),
        _ => format!("{}.{} {unit}", bytes / scale, bytes % scale * 10 / scale),
    }
}

/// The first digits of a digest, enough to tell it from others on a page.
pub(crate) fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

/// The class of a badge, and days left or gone in words.
pub(crate) fn deadline(lang: Lang, until: Date, today: Date) -> (&'static str, String) {
    let days = (until - today).get_days();
    let (class, key) = match days {
        ..0 => ("bad", "shell.deadline_gone"),
        0 => ("warn", "shell.deadline_today"),
        1..=3 => ("warn", "shell.deadline_left"),
        _ => ("calm", "shell.deadline_left"),
    };
    (class, words::say(lang, key, &[&days.unsigned_abs()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (typed, read) in [
            ("650.5", Some(65_050)),
            ("650.50", Some(65_050)),
            ("1,234", Some(123_400)),
            ("0.01", Some(1)),
            ("0", Some(0)),
            ("", None),
            (".5", None),
            ("-1", None),
            ("1.234", None),
            ("1e3", None),
            ("一百", None),
            ("9999999999999", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(fen(typed), read, "{typed}");
        }
    }

    #[test]
    fn values_are_written_as_people_read_them() {
        assert_eq!(yuan(123_456_780), "1,234,567.80");
        assert_eq!(yuan(-5), "-0.05");
        assert_eq!(count(999), "999");
        assert_eq!(count(1000), "1,000");
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(time("2026-07-01T16:30:59Z".parse().unwrap()), "2026-07-02 00:30");
    }

    #[test]
    fn a_deadline_says_how_many_days_are_left() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let of = |until: &str| deadline(Lang::En, day(until), day("2026-07-10"));
        assert_eq!(of("2026-07-10").0, "warn");
        assert_eq!(of("2026-07-09"), ("bad", "1 day(s) late".to_owned()));
        // Across months it is days, not a month and days.
        assert_eq!(of("2026-09-01"), ("calm", "53 days left".to_owned()));
    }
}
