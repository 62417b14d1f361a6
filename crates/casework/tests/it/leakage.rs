//! What each side learns, as protocol-docs/leakage.md has it: the tables of that page, row by row.

use std::collections::BTreeSet;

use crate::common::*;
use hefu_casework::{Agreement, KeyKind, LabelField, LabelTerms, Learning, Mode, Purpose, RuleSet, learns};

fn codes(agreement: &Agreement, party: usize) -> Vec<&'static str> {
    agreement.validate().unwrap();
    learns(agreement, &RuleSet::national(), party)
        .into_iter()
        .map(|learning| learning.code)
        .collect()
}

const ANY_RECEIVER: [&str; 4] = [
    "learn_peer_size",
    "learn_nothing_of_others",
    "learn_by_probing",
    "learn_if_key_broken",
];
const ANY_SENDER: [&str; 2] = ["learn_receiver_size", "learn_nothing_of_persons"];
const BOTH: [&str; 2] = ["learn_cadence", "learn_receipt"];
const BOTH_OF_CHECKS: [&str; 2] = ["learn_check_cadence", "learn_receipt"];

fn receiver(first: &[&'static str]) -> Vec<&'static str> {
    [first, &ANY_RECEIVER, &BOTH].concat()
}

#[test]
fn the_receiver_learns_what_it_asks_and_the_sender_only_sizes() {
    let sender = [ANY_SENDER.as_slice(), &BOTH].concat();
    let person = |purpose| by_person(purpose, &["minimum_living"], &["disability_holder"]);
    for (agreement, first) in [
        (
            person(Purpose::Omissions),
            vec!["learn_missing", "learn_list_meaning"],
        ),
        (person(Purpose::Leads), vec!["learn_listed", "learn_list_meaning"]),
        (
            person(Purpose::Duplicates),
            vec!["learn_overlap", "learn_list_meaning"],
        ),
        (
            referrals(),
            vec![
                "learn_label_fields",
                "learn_label_fields",
                "learn_label_fields",
                "learn_not_registered",
            ],
        ),
    ] {
        assert_eq!(codes(&agreement, 0), receiver(&first));
        assert_eq!(codes(&agreement, 1), sender);
    }
    assert!(learns(&referrals(), &RuleSet::national(), 2).is_empty());
}

fn named(agreement: Agreement) -> Agreement {
    Agreement {
        mode: Mode::Labels,
        label: Some(LabelTerms {
            fields: vec![LabelField::Name],
            max_bytes: 2,
        }),
        ..agreement
    }
}

/// Only who receives, and nothing of it in the words on referrals.
#[test]
fn that_names_are_compared_is_told() {
    let by_rule = named(agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]));
    let first = [
        "learn_rule_breaches",
        "learn_counterpart_span",
        "learn_name_agreement",
    ];
    let expected = [&first[..], &ANY_RECEIVER, &ANY_SENDER, &BOTH].concat();
    assert_eq!(codes(&by_rule, 0), expected);
    assert_eq!(codes(&by_rule, 1), expected);
    let leads = named(by_person(
        Purpose::Leads,
        &["case_victim"],
        &["disability_holder"],
    ));
    assert_eq!(
        codes(&leads, 0),
        receiver(&["learn_listed", "learn_list_meaning", "learn_name_agreement"])
    );
    assert_eq!(codes(&leads, 1), [ANY_SENDER.as_slice(), &BOTH].concat());
}

#[test]
fn under_rules_both_may_receive_and_cases_depend_on_their_form() {
    let by_rule = ["learn_rule_breaches", "learn_counterpart_span"];
    for (schemes, case) in [
        ([Some("a"), Some("a")], None),
        ([Some("a"), None], Some("learn_case_by_person")),
        ([Some("a"), Some("b")], Some("learn_case_cannot_find")),
    ] {
        let first: Vec<_> = by_rule.into_iter().chain(case).collect();
        for party in [0, 1] {
            let expected = [&first[..], &ANY_RECEIVER, &ANY_SENDER, &BOTH].concat();
            assert_eq!(codes(&judicial(schemes), party), expected);
        }
    }
}

/// The sender sees one size, whatever number of people is asked after, and on which day somebody was.
#[test]
fn in_checks_the_sender_sees_when_and_nothing_of_how_many() {
    let by_rule = ["learn_rule_breaches", "learn_counterpart_span"].as_slice();
    let by_person = ["learn_check_listed", "learn_list_meaning"].as_slice();
    for (key_kind, first) in [(KeyKind::Rule, by_rule), (KeyKind::Person, by_person)] {
        let agreement = checks(key_kind);
        let expected = [first, &ANY_RECEIVER, &BOTH_OF_CHECKS].concat();
        assert_eq!(codes(&agreement, 0), expected);
        let expected = [
            &["learn_check_size", "learn_nothing_of_persons"][..],
            &BOTH_OF_CHECKS,
        ]
        .concat();
        assert_eq!(codes(&agreement, 1), expected);
        let said = learns(&agreement, &RuleSet::national(), 1);
        let params: Vec<_> = said.into_iter().flat_map(|each| each.params).collect();
        assert_eq!(params, [("max", "256".to_owned()), ("checks", "20".to_owned())]);
    }
}

fn checks(key_kind: KeyKind) -> Agreement {
    let rules: &[&str] = if key_kind == KeyKind::Rule { &["X3"] } else { &[] };
    let mut agreement = agreement(&["extreme_poverty"], &["disabled_care"], rules);
    agreement.parties[0].max_elements = 256;
    Agreement {
        purpose: Purpose::Precheck,
        key_kind,
        receivers: vec![0],
        checks_a_day: Some(20),
        ..agreement
    }
}

/// What is no more than a reason to look shows what may be lawful.
#[test]
fn a_rule_to_look_only_is_told_apart() {
    let both = agreement(
        &["extreme_poverty_institutional"],
        &["housing_aid", "disabled_care"],
        &["F1", "X3"],
    );
    let said = learns(&both, &RuleSet::national(), 0);
    let look = said.iter().find(|each| each.code == "learn_look_only_rules");
    assert_eq!(look.unwrap().params, [("rules", "F1".to_owned())]);
}

/// A rule that counts by month says nothing of cases, whatever forms of case number the parties have.
#[test]
fn where_no_rule_counts_by_case_nothing_is_said_of_cases() {
    for schemes in [[None, None], [Some("a"), Some("b")]] {
        let mut agreement = judicial(schemes);
        agreement.rules = vec!["X3".parse().unwrap()];
        let said = codes(&agreement, 0);
        assert!(
            !said.iter().any(|code| code.starts_with("learn_case")),
            "{said:?}"
        );
    }
}

#[test]
fn statements_carry_the_numbers_and_names_of_the_agreement() {
    let mut agreement = referrals();
    agreement.parties[0].max_elements = 300;
    agreement.parties[1].max_elements = 7_000;
    agreement.rounds_a_month = 2;
    let said = |party: usize, code: &str| -> Vec<Vec<(&str, String)>> {
        let learned = learns(&agreement, &RuleSet::national(), party).into_iter();
        learned
            .filter(|each| each.code == code)
            .map(|each| each.params)
            .collect()
    };
    let one = |name: &'static str, value: &str| vec![(name, value.to_owned())];
    assert_eq!(said(0, "learn_peer_size"), [one("max", "7000")]);
    assert_eq!(said(1, "learn_receiver_size"), [one("max", "300")]);
    assert_eq!(
        said(0, "learn_by_probing"),
        [[one("max", "300"), one("rounds", "2")].concat()]
    );
    assert_eq!(
        said(0, "learn_label_fields"),
        ["state", "date", "reason"].map(|field| one("field", field))
    );
    let lists = by_person(
        Purpose::Leads,
        &["case_victim"],
        &["disability_holder", "disabled_care"],
    );
    let meaning = learns(&lists, &RuleSet::national(), 0)
        .into_iter()
        .find(|each| each.code == "learn_list_meaning")
        .unwrap();
    assert_eq!(
        meaning.params,
        one("programmes", "disability_holder, disabled_care")
    );
}

#[test]
fn every_code_is_said_by_some_agreement_and_no_other() {
    let mut said = BTreeSet::new();
    let person = |purpose| by_person(purpose, &["minimum_living"], &["disability_holder"]);
    for agreement in [
        person(Purpose::Omissions),
        person(Purpose::Leads),
        person(Purpose::Duplicates),
        named(person(Purpose::Leads)),
        referrals(),
        judicial([Some("a"), None]),
        judicial([Some("a"), Some("b")]),
        agreement(&["extreme_poverty_institutional"], &["housing_aid"], &["F1"]),
        checks(KeyKind::Person),
    ] {
        said.extend([0, 1].into_iter().flat_map(|party| codes(&agreement, party)));
    }
    assert_eq!(said, Learning::CODES.iter().copied().collect());
    assert_eq!(Learning::CODES.len(), said.len(), "none twice");
}
