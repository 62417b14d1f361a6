//! X2 was in force from 2017 until C1 took its place in 2021 (特困人员认定办法): records of 2020, as a node still has them
//! that looks back.

use crate::common::*;
use crate::kinds::both;
use hefu_casework::{Agreement, Fen, FindingKind, Selection};

fn of_2020(right: &[&str]) -> Agreement {
    let mut agreement = agreement(&["extreme_poverty"], right, &["X2"]);
    agreement.selection = Selection {
        months: months("2020-07", "2020-10"),
    };
    agreement
}

#[test]
fn extreme_poverty_beside_an_orphans_support_was_a_breach_in_2020() {
    let agreement = of_2020(&["orphan", "disabled_care"]);
    let support = |when| record(2, 1, "extreme_poverty", when).fen(90_000);
    let orphan = |who, when| record(7, who, "orphan", when).fen(140_000);
    let found = both(
        &agreement,
        &support("2020-01..2021-01"),
        &orphan(1, "2020-08..2020-10"),
    );
    assert_eq!(
        (found[0].kind, found[0].months.as_slice(), found[0].to_verify),
        (
            FindingKind::Duplicate,
            &[month("2020-08"), month("2020-09")][..],
            Some(Fen(180_000))
        )
    );
    // A month apart, another person, and an orphan's support before the months that are looked at.
    for (who, own, when) in [
        (1, "2020-01..2020-08", "2020-08..2021-01"),
        (2, "2020-01..2021-01", "2020-08..2020-10"),
        (1, "2020-01..2021-01", "2020-01..2020-07"),
    ] {
        assert!(
            both(&agreement, &support(own), &orphan(who, when)).is_empty(),
            "{own} {when}"
        );
    }
    // Lawful beside it: the rule names no care subsidy, and X3 was not agreed.
    let care = record(7, 1, "disabled_care", "2020-07..2020-10");
    assert!(both(&agreement, &support("2020-01..2021-01"), &care).is_empty());
}

/// July 2021 it covers only in part, and a rule holds in whole months.
#[test]
fn it_ends_with_june_2021_and_another_takes_its_place_in_august() {
    let mut agreement = of_2020(&["orphan"]);
    agreement.selection.months = months("2021-05", "2021-10");
    let (support, orphan) = (
        record(2, 1, "extreme_poverty", "2021-01..2022-01"),
        record(7, 1, "orphan", "2021-01..2022-01"),
    );
    let found = both(&agreement, &support, &orphan);
    assert_eq!(found[0].months, ["2021-05", "2021-06"].map(month));
    agreement.rules = vec![hefu_casework::RuleId::new("C1").unwrap()];
    let found = both(&agreement, &support, &orphan);
    assert_eq!(found[0].months, ["2021-08", "2021-09"].map(month));
}
