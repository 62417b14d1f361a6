//! Working days across the holidays of 2025 and 2026, counted by hand from the State Council's notices.

use hefu_casework::{
    Error,
    calendar::{Calendar, DayUnit},
};
use jiff::civil::Date;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn working_days_pass_over_holidays_and_count_days_worked_in_exchange() {
    let calendar = Calendar::national();
    for (start, days, last) in [
        // An ordinary week: Monday; Tue 1, Wed 2, Thu 3, Fri 4, Mon 5.
        ("2026-11-09", 5, "2026-11-16"),
        // National Day 2026, rest 1 to 7 October: Thu 8 1, Fri 9 2, Sat 10 (exchanged) 3, Mon 12 4, Tue 13 5.
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-09-30", 5, "2026-10-13"),
        // From a day of rest it is the same.
        ("2026-10-03", 5, "2026-10-13"),
        // Sun 20 September (exchanged) 1, Mon 21 2, … Thu 24 5; Mid-Autumn 25 to 27; Mon 28 6.
        ("2026-09-18", 1, "2026-09-20"),
        ("2026-09-18", 5, "2026-09-24"),
        ("2026-09-18", 6, "2026-09-28"),
        // Spring Festival 2026, rest 15 to 23 February: Sat 14 (exchanged) 1, Tue 24 2, … Fri 27 5, Sat 28 (exchanged)
        // 6, Mon 2 March 7.
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-13", 5, "2026-02-27"),
        ("2026-02-13", 6, "2026-02-28"),
        ("2026-02-13", 7, "2026-03-02"),
        // Spring Festival 2025, rest 28 January to 4 February: Sun 26 (exchanged) 1, Mon 27 2, Wed 5 3, Thu 6 4, Fri 7
        // 5, Sat 8 (exchanged) 6, Mon 10 7.
        ("2025-01-24", 1, "2025-01-26"),
        ("2025-01-24", 3, "2025-02-05"),
        ("2025-01-24", 6, "2025-02-08"),
        ("2025-01-24", 7, "2025-02-10"),
        // National Day and Mid-Autumn 2025, rest 1 to 8 October: Thu 9 1, Fri 10 2, Sat 11 (exchanged) 3, Mon 13 4.
        ("2025-09-30", 4, "2025-10-13"),
        // From one year into the next, rest 1 to 3 January 2026: Sun 4 (exchanged) 1, Mon 5 2.
        ("2025-12-31", 1, "2026-01-04"),
        ("2025-12-31", 2, "2026-01-05"),
        // The day itself is not counted, so it need not be known: New Year's Day 2025 rests, Thu 2 1.
        ("2024-12-31", 1, "2025-01-02"),
    ] {
        assert_eq!(
            calendar.due(day(start), days).unwrap(),
            day(last),
            "{start} and {days} working days"
        );
    }
}

#[test]
fn a_period_of_days_does_not_end_on_a_day_of_rest() {
    let calendar = Calendar::national();
    for (start, days, last) in [
        // Wednesday 11 November and 5 days is Monday 16.
        ("2026-11-11", 5, "2026-11-16"),
        // Monday 2 March and 5 days is Saturday: Monday 9.
        ("2026-03-02", 5, "2026-03-09"),
        // 25 September and 7 days is 2 October, in the holiday that ends on the 7th: Thursday 8.
        ("2026-09-25", 7, "2026-10-08"),
        // 9 February and 5 days is Saturday 14, which is worked.
        ("2026-02-09", 5, "2026-02-14"),
        // 15 days over the Spring Festival: 28 February is a Saturday, and worked.
        ("2026-02-13", 15, "2026-02-28"),
    ] {
        assert_eq!(
            calendar.due_days(day(start), days).unwrap(),
            day(last),
            "{start} and {days} days"
        );
    }
}

#[test]
fn what_no_notice_says_is_not_computed() {
    let calendar = Calendar::national();
    // Thursday 24 December 2026 is the last day that the notice for 2027 cannot move.
    assert_eq!(calendar.due(day("2026-12-23"), 1).unwrap(), day("2026-12-24"));
    for (unknown, asked) in [
        (calendar.due(day("2026-12-23"), 2), "2026-12-25"),
        (calendar.due_days(day("2026-12-20"), 30), "2027-01-19"),
        (calendar.due_days(day("2024-12-01"), 5), "2024-12-06"),
        (calendar.due(day("2024-12-30"), 1), "2024-12-31"),
        (calendar.due_days(Date::MAX, 1), "9999-12-31"),
        (calendar.due(Date::MAX, 1), "9999-12-31"),
    ] {
        match unknown.unwrap_err() {
            Error::CalendarUnknown {
                day: found,
                from,
                until,
            } => {
                assert_eq!(
                    (found, from, until),
                    (day(asked), day("2025-01-01"), day("2026-12-24"))
                );
            }
            other => panic!("{other}"),
        }
    }
    for days in [0, 367] {
        assert!(matches!(
            calendar.deadline(day("2026-11-02"), days, DayUnit::Working),
            Err(Error::Deadline { max_days: 366 })
        ));
    }
}

/// A later day is in favour of whoever has the time, but not for ever.
#[test]
fn a_stated_last_day_is_bounded_on_both_sides() {
    let calendar = Calendar::national();
    for (days, unit, until, taken) in [
        // 2 November and 5 working days is Monday 9; twice 5 days and 30 are 40: 12 December.
        (5, DayUnit::Working, "2026-11-08", false),
        (5, DayUnit::Working, "2026-11-09", true),
        (5, DayUnit::Natural, "2026-12-12", true),
        (5, DayUnit::Natural, "2026-12-13", false),
        // No notice is known for these; never more than 366 days: 3 November of the next year.
        (300, DayUnit::Working, "2027-08-28", false),
        (300, DayUnit::Working, "2027-11-03", true),
        (300, DayUnit::Working, "2027-11-04", false),
        (5, DayUnit::Working, "9999-12-31", false),
    ] {
        let stated = calendar.stated(day("2026-11-02"), days, unit, day(until));
        assert_eq!(stated.is_ok(), taken, "{days} {until}: {stated:?}");
        assert!(taken || matches!(stated, Err(Error::Deadline { max_days: 366 })));
    }
}

/// An invented notice, in the form of the file.
const NEXT: &str = r#"
[[year]]
year = 2027
notice = "测试用通知"
number = "测试〔2026〕1号"
dated = "2026-11-10"
holidays = [{ name = "元旦", from = "2026-12-31", to = "2027-01-02", days = 3 }]
workdays = ["2026-12-27", "2027-01-03"]
"#;

#[test]
fn the_next_year_is_made_known_without_a_release() {
    let calendar = Calendar::national()
        .with(&Calendar::parse(NEXT).unwrap())
        .unwrap();
    // Fri 25 1, Sun 27 (exchanged) 2, Mon 28 3, Tue 29 4, Wed 30 5; rest 31 to 2; Sun 3 (exchanged) 6.
    for (days, last) in [(2, "2026-12-27"), (5, "2026-12-30"), (6, "2027-01-03")] {
        assert_eq!(calendar.due(day("2026-12-24"), days).unwrap(), day(last));
    }
    // What is replaced is gone: the same year without that holiday.
    let again = NEXT
        .replace("2026-12-31", "2027-01-01")
        .replace("days = 3", "days = 2");
    let corrected = calendar.with(&Calendar::parse(&again).unwrap()).unwrap();
    assert!(corrected.is_working_day(day("2026-12-31")).unwrap());
    assert_eq!(calendar.years().count(), 3);

    let gap = NEXT
        .replace("year = 2027", "year = 2028")
        .replace("2027-", "2028-")
        .replace("2026-12-31", "2028-01-01")
        .replace("2026-12-27", "2027-12-26")
        .replace("2028-01-03", "2028-01-02")
        .replace("to = \"2028-01-02\"", "to = \"2028-01-01\"")
        .replace("days = 3", "days = 1");
    let alone = Calendar::parse(&gap).unwrap();
    assert!(matches!(
        Calendar::national().with(&alone),
        Err(Error::Holidays {
            year: 2028,
            field: "year"
        })
    ));
}

#[test]
fn a_notice_that_was_copied_wrongly_is_refused() {
    Calendar::parse(NEXT).unwrap();
    for (from, to, field) in [
        // The count of days does not fit the dates: one of them is mistyped.
        ("days = 3", "days = 4", "days"),
        ("to = \"2027-01-02\"", "to = \"2026-12-30\"", "days"),
        // A weekday in exchange, a day of another year, the same day twice or also a holiday.
        ("2026-12-27", "2026-12-28", "workdays"),
        ("2027-01-03", "2028-01-02", "workdays"),
        ("2026-12-27", "2027-01-03", "workdays"),
        ("2026-12-27", "2027-01-02", "workdays"),
        ("2026-12-31", "2025-12-31", "days"),
        ("测试〔2026〕1号", " ", "number"),
        ("测试用通知", "", "notice"),
        ("year = 2027", "year = 1", "year"),
    ] {
        match Calendar::parse(&NEXT.replace(from, to)).unwrap_err() {
            Error::Holidays { field: found, .. } => assert_eq!(found, field, "{from} → {to}"),
            other => panic!("{from} → {to}: {other}"),
        }
    }
    assert!(matches!(
        Calendar::parse(&NEXT.repeat(2)),
        Err(Error::Holidays { field: "year", .. })
    ));
    assert!(matches!(
        Calendar::parse("year = []"),
        Err(Error::Holidays { field: "year", .. })
    ));
    assert!(matches!(
        Calendar::parse(&NEXT.replace("2026-12-27", "2026-12-32")),
        Err(Error::Data { .. })
    ));
}
