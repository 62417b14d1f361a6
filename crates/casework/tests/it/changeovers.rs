//! What is known again, as what was found to be wrong before, of a month in which one aid ended and the other began.

use hefu_casework::{Finding, Hex, review::basis};

use crate::common::*;

/// What was corrected as a mere changeover does not hide a whole month that is paid twice later.
#[test]
fn a_month_that_was_a_changeover_and_is_none_any_more_rests_on_something_else() {
    let learned = |own: &str, other: &str| -> Finding {
        let agreement = agreement(&["extreme_poverty"], &["disabled_living"], &["X3"]);
        let own = [record(2, 1, "extreme_poverty", own).fen(10_000)];
        let other = [record(2, 1, "disabled_living", other)];
        learn(&agreement, 0, [&own, &other]).findings.swap_remove(0)
    };
    // The own aid ended in August, and the other began: perhaps on the next day.
    let before = learned("2026-07..2026-09", "2026-08..2026-10");
    assert_eq!(before.changeover, [month("2026-08")]);
    // By the next exports the own one went on, and August is paid twice as a whole.
    let after = learned("2026-07..2026-10", "2026-08..2026-09");
    assert!(after.changeover.is_empty());
    assert_eq!(
        (&after.months, &after.payments),
        (&before.months, &before.payments)
    );
    let rests_on = |finding| basis(finding, &Hex([1; 16]));
    assert_ne!(
        rests_on(&before),
        rests_on(&after),
        "corrected as a mere changeover, the second would be kept away"
    );
}

/// Without one the digest is of the same bytes as before: what was corrected then stays away.
#[test]
fn a_changeover_stands_in_the_basis_only_where_there_is_one() {
    use ring::digest::{SHA256, digest};
    let agreement = agreement(&["extreme_poverty"], &["disabled_living"], &["X3"]);
    let theirs = [record(2, 1, "disabled_living", "2026-08..2026-10")];
    for (own, months, changeover) in [
        ("2026-07..2026-09", r#""2026-08""#, r#""changeover":["2026-08"],"#),
        ("2026-08", r#""2026-08""#, ""),
    ] {
        let own = [record(2, 1, "extreme_poverty", own)];
        let found = learn(&agreement, 0, [&own, &theirs]).findings;
        let json = format!(
            r#"{{"case":null,{changeover}"feedback":null,"kind":"duplicate","letter":null,"months":[{months}],"payments":[],"peer":"某县残联","person":"01010101010101010101010101010101","programmes":["extreme_poverty"],"rule":"X3"}}"#
        );
        let inner = digest(&SHA256, json.as_bytes());
        let outer = digest(&SHA256, &[b"hefu/3 basis\0", inner.as_ref()].concat());
        assert_eq!(basis(&found[0], &Hex([1; 16])).0, outer.as_ref(), "{json}");
    }
}
