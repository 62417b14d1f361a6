//! What an attacker with fresh eyes found: each test says what should hold, and fails as long as it does not.

use crate::common::*;
use hefu_casework::{Fen, Finding, Place, RuleSet, Text, local_findings, total_to_verify};
use hefu_identity::AliasTable;

/// Finding R2 (texts that are not seen, in names, reasons and articles of law).
#[test]
fn a_text_that_nobody_sees_is_no_text() {
    // HANGUL FILLERs, BRAILLE PATTERN BLANK, SOFT HYPHEN: general categories Lo, So and Cf, and nothing is shown.
    let blanks = [
        "\u{3164}",
        "\u{115f}\u{1160}",
        "\u{ffa0}",
        "\u{2800}",
        "\u{ad}",
        "\u{ad} \u{ad}",
    ];
    let passed: Vec<_> = blanks
        .into_iter()
        .filter(|blank| Text::<200>::new(*blank).is_ok())
        .collect();
    assert!(passed.is_empty(), "as the article of an exception: {passed:?}");
}

/// Finding R2, second part: UAX #9's ARABIC LETTER MARK, line and paragraph separators, deprecated format characters,
/// tags, and two code points that XML 1.0 does not allow at all (a letter with one is a DOCX that no program opens).
#[test]
fn a_text_has_no_character_that_is_not_seen() {
    let unseen = [
        '\u{ad}',
        '\u{61c}',
        '\u{180e}',
        '\u{2028}',
        '\u{2029}',
        '\u{206a}',
        '\u{fff9}',
        '\u{fffe}',
        '\u{ffff}',
        '\u{e0041}',
    ];
    let passed: Vec<_> = unseen
        .into_iter()
        .filter(|unseen| Text::<200>::new(format!("甲{unseen}乙")).is_ok())
        .collect();
    assert!(passed.is_empty(), "{passed:?}");
}

/// Finding M1 (what was taken back of one grant is taken from another).
#[test]
fn what_was_taken_back_of_another_year_lessens_nothing() {
    let mut agreement = agreement(&["national_scholarship"], &["encouragement_scholarship"], &["X7"]);
    agreement.selection.months = months("2025-09", "2027-01");
    let own = [
        // The school year 2025: granted and taken back.
        record(2, 1, "national_scholarship", "2025-12-10").fen(800_000),
        record(3, 1, "national_scholarship", "2025-12-20").fen(-800_000),
        // The school year 2026: granted, and nothing was taken back.
        record(4, 1, "national_scholarship", "2026-10-15").fen(800_000),
    ];
    let other = [record(2, 1, "encouragement_scholarship", "2026-11-15")];
    let found = learn(&agreement, 0, [&own, &other]).findings;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].rows, [own[2].row]);
    assert_eq!(found[0].to_verify, Some(Fen(800_000)));
}

fn windowed(window: &str, from: &str) -> RuleSet {
    let toml = format!(
        r#"
[[rule]]
id = "29-W"
name = "名"
text = "文"
kind = "exclusive"
left = ["elderly_allowance"]
right = ["disabled_care"]
symmetric = false
basis = "month"
window = {window}
level = "county"
place = "290101"
from = "{from}"
source = "某县文件"
evidence = "full_text"
"#
    );
    RuleSet::parse(&toml).unwrap()
}

fn local(rules: &RuleSet, records: &[hefu_casework::AidRecord]) -> Vec<Finding> {
    local_findings(
        rules,
        &Place::new("290101").unwrap(),
        months("2026-01", "2027-01"),
        &AliasTable::new(),
        &mut records.iter().cloned(),
    )
    .unwrap()
}

/// Finding M1, second part: under a window, months that are not in question are taken back from one that is, down to
/// less than nothing.
#[test]
fn what_was_taken_back_of_other_months_lessens_nothing() {
    let paid = (1..7).map(|m| record(1 + m, 1, "elderly_allowance", &format!("2026-0{m}")).fen(100));
    let mut records: Vec<_> = paid.collect();
    records.push(record(8, 1, "disabled_care", "2026-07").fen(50));
    let rules = windowed("{ months = 2 }", "2020-01-01");
    let without = local(&rules, &records);
    assert_eq!(without[0].months, [month("2026-06"), month("2026-07")]);
    assert_eq!(without[0].to_verify, Some(Fen(150)));
    // All six months of the one were taken back: of what is in question, that is June.
    records.push(record(9, 1, "elderly_allowance", "2026-01..2026-07").fen(-100));
    assert_eq!(local(&rules, &records)[0].to_verify, Some(Fen(50)));
}

/// Finding M1, third part: more was taken back than was paid, as where an export states a whole debt in one month. Of this
/// payment nothing is to be verified; of another person's, all of it still is.
#[test]
fn what_was_taken_back_beyond_what_was_paid_lessens_nothing() {
    let rules = windowed("\"month\"", "2020-01-01");
    let both = |row, who| {
        [
            record(row, who, "elderly_allowance", "2026-07").fen(100),
            record(row + 1, who, "disabled_care", "2026-07").fen(50),
        ]
    };
    let mut records = [both(2, 1), both(4, 2)].concat();
    assert_eq!(total_to_verify(&local(&rules, &records)).unwrap(), Fen(300));
    records.push(record(6, 1, "elderly_allowance", "2026-07").fen(-1_000_000));
    let found = local(&rules, &records);
    assert_eq!(found.len(), 2);
    let least = found.iter().filter_map(|finding| finding.to_verify).min();
    assert!(least >= Some(Fen(0)), "{least:?}");
    let total = total_to_verify(&found).unwrap();
    assert!(total >= Fen(150), "{total}");
}

/// Finding M2 (under a window, months are in question in which the rule was not in force).
#[test]
fn months_before_a_rule_came_into_force_are_not_in_question() {
    let records = [
        record(2, 1, "elderly_allowance", "2026-01..2027-01").fen(100),
        record(3, 1, "disabled_care", "2026-08").fen(50),
    ];
    let found = local(&windowed("\"calendar_year\"", "2026-07-01"), &records);
    let [found] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert!(
        found.months.iter().all(|each| month("2026-07") <= *each),
        "{:?}",
        found.months
    );
    // Six months of the one, one of the other.
    assert_eq!(found.to_verify, Some(Fen(650)));
}
