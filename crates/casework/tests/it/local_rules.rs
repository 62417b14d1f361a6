//! What a file of a place's own rules may say, and what it may not switch off.

use hefu_casework::{Error, Finding, Place, RuleSet, Wrong, local_findings};
use hefu_identity::AliasTable;

use crate::common::*;

fn local(rules: &RuleSet, records: &[hefu_casework::AidRecord]) -> Vec<Finding> {
    local_findings(
        rules,
        &Place::new("290101").unwrap(),
        months("2026-01", "2027-01"),
        &AliasTable::new(),
        &mut records.iter().cloned(),
        MATCHED,
    )
    .unwrap()
    .findings
}

/// They are printed on pages, in workbooks and on terminals, and two files that look alike are to have one digest.
#[test]
fn the_words_of_a_rule_look_like_what_they_are() {
    for unseen in ["\\u001b[2J", "\\n", "\\u202e", "\\u200b"] {
        let toml = format!(
            r#"
[[rule]]
id = "29-T"
name = "名{unseen}名"
text = "文"
kind = "lawful"
left = ["elderly_allowance"]
right = ["disabled_care"]
symmetric = false
basis = "month"
level = "county"
place = "290101"
from = "2026-01-01"
source = "某县文件"
evidence = "secondary"
"#
        );
        match RuleSet::parse(&toml) {
            Err(Error::Rule {
                line: 4,
                field: "name",
                wrong: Wrong::NotAllowed,
                ..
            }) => {}
            other => panic!("{unseen}: {other:?}"),
        }
    }
}

/// A county declares one pair of the
/// many of X3 lawful, and the others are not compared there any more: what is not found is read as "nothing there".
#[test]
fn a_local_rule_replaces_no_more_than_its_own_pairs() {
    let toml = r#"
[[rule]]
id = "29-X3"
name = "名"
text = "文"
kind = "lawful"
left = ["extreme_poverty_institutional"]
right = ["disabled_care"]
symmetric = false
basis = "month"
replaces = ["X3"]
level = "county"
place = "290101"
from = "2020-01-01"
source = "某县文件"
evidence = "secondary"
"#;
    let records = [
        record(2, 1, "extreme_poverty", "2026-07").fen(100),
        record(3, 1, "disabled_living", "2026-07").fen(50),
    ];
    assert_eq!(local(&RuleSet::national(), &records).len(), 1);
    // Either such a file is refused, or the pairs that it says nothing of are compared as before.
    if let Ok(rules) = RuleSet::national().with_local(toml) {
        assert_eq!(local(&rules, &records).len(), 1);
    }
}

/// A rule of this county on the pairs of these programmes.
fn instead(id: &str, kind: &str, left: &str, right: &str, from: &str, more: &str) -> String {
    format!(
        r#"
[[rule]]
id = "{id}"
name = "名"
text = "文"
kind = "{kind}"
left = [{left}]
right = [{right}]
symmetric = false
basis = "month"
replaces = ["X3"]
level = "county"
place = "290101"
from = "{from}"
{more}
source = "某县文件"
evidence = "secondary"
"#
    )
}

/// X3 has four pairs: extreme poverty at home and in an institution, living and care subsidy.
#[test]
fn a_replaced_rule_is_replaced_in_all_its_pairs_and_all_the_time() {
    let (home, both) = (
        r#""extreme_poverty""#,
        r#""extreme_poverty", "extreme_poverty_institutional""#,
    );
    let (care, subsidies) = (r#""disabled_care""#, r#""disabled_living", "disabled_care""#);
    let institution = r#""extreme_poverty_institutional""#;
    let living = r#""disabled_living""#;
    let since = "2026-01-01";
    let lawful = |from, more| instead("29-A", "lawful", institution, care, from, more);
    let home = |from| instead("29-B", "exclusive", home, subsidies, from, "");
    let rest = |from| instead("29-C", "exclusive", institution, living, from, "");
    for (toml, gap) in [
        (instead("29-A", "lawful", both, subsidies, since, ""), None),
        ([lawful(since, ""), home(since), rest(since)].concat(), None),
        ([lawful(since, ""), home(since)].concat(), Some("29-A")),
        // From April on nothing would stand for the others.
        (
            [lawful(since, ""), home("2026-04-01"), rest(since)].concat(),
            Some("29-A"),
        ),
        // Each stands while it is in force, and X3 before and after.
        (
            [
                lawful(since, "until = \"2026-07-01\""),
                home(since),
                rest("2025-01-01"),
            ]
            .concat(),
            Some("29-B"),
        ),
        (
            [lawful(since, ""), home(since), rest("2025-01-01")].concat(),
            Some("29-C"),
        ),
        // Of another place.
        (
            [
                lawful(since, ""),
                home(since),
                rest(since).replace("290101", "290102"),
            ]
            .concat(),
            Some("29-A"),
        ),
    ] {
        match (RuleSet::national().with_local(&toml), gap) {
            (Ok(_), None) => {}
            (
                Err(Error::Rule {
                    rule,
                    field: "replaces",
                    wrong: Wrong::Partial,
                    line,
                    ..
                }),
                Some(gap),
            ) => {
                assert_eq!(rule.as_str(), gap, "{toml}");
                let heading = toml
                    .lines()
                    .position(|line| line == format!("id = \"{gap}\""))
                    .unwrap();
                // The line of the field, eight below that of the id, from 1.
                assert_eq!(line, heading + 9, "{toml}");
            }
            (other, _) => panic!("{other:?} {toml}"),
        }
    }
}
