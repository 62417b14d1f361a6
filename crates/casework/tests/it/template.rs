//! Drafts from templates can be signed as they are.

use crate::common::*;
use hefu_casework::{
    Agreement, DraftRequest, Error, KeyKind, LocalPolicy, Mode, Purpose, RuleId, RuleSet, Template, Wrong,
};

fn request(from: &Agreement) -> DraftRequest {
    DraftRequest {
        number: "某协〔2026〕2号".into(),
        parties: from.parties.clone(),
        receivers: None,
        place: from.place.clone(),
        months: from.selection.months,
        suite: from.suite.clone(),
        rules: None,
        name_label: None,
        legal_basis: None,
        key_kind: None,
        rounds_a_month: None,
        checks_a_day: None,
        resume_hours: None,
        valid_from: from.valid_from,
        expires: from.expires,
        retention_days: None,
    }
}

fn drafted(purpose: Purpose, left: &[&str], right: &[&str]) -> Result<Agreement, Error> {
    let mut request = request(&agreement(left, right, &["X1"]));
    let template = Template::for_purpose(purpose)?;
    if let Some(batch) = template.batch {
        request.parties[0].max_elements = batch;
    }
    template.draft(request, &RuleSet::national())
}

#[test]
fn every_purpose_that_is_run_has_a_draft_that_holds() {
    type Wanted<'a> = (Purpose, KeyKind, Mode, &'a [u8], &'a str, &'a str);
    let wanted: &[Wanted<'_>] = &[
        (
            Purpose::Duplicates,
            KeyKind::Rule,
            Mode::Labels,
            &[0, 1],
            "extreme_poverty",
            "disabled_care",
        ),
        (
            Purpose::Omissions,
            KeyKind::Person,
            Mode::Members,
            &[0],
            "judicial_procuratorate",
            "minimum_living",
        ),
        (
            Purpose::Leads,
            KeyKind::Person,
            Mode::Members,
            &[0],
            "case_victim",
            "disability_holder",
        ),
        (
            Purpose::Referrals,
            KeyKind::Referral,
            Mode::Labels,
            &[0],
            "referral_sent",
            "referral_received",
        ),
        (
            Purpose::Precheck,
            KeyKind::Rule,
            Mode::Members,
            &[0],
            "extreme_poverty",
            "disabled_care",
        ),
    ];
    for (purpose, key_kind, mode, receivers, left, right) in wanted {
        let draft = drafted(*purpose, &[left], &[right]).unwrap();
        assert_eq!((draft.key_kind, draft.mode), (*key_kind, *mode));
        assert_eq!(draft.receivers, *receivers);
        assert_eq!(draft.legal_basis.len(), 2);
        assert_eq!(draft.label.is_some(), draft.mode == Mode::Labels);
        draft
            .check_against(&RuleSet::national(), draft.valid_from)
            .unwrap();
        for me in [0, 1] {
            LocalPolicy::default().check(&draft, me).unwrap();
        }
    }
    assert!(matches!(
        drafted(Purpose::Statistics, &["a"], &["b"]),
        Err(Error::Agreement {
            field: "purpose",
            wrong: Wrong::Unsupported
        })
    ));
}

/// Two disability subsidies exclude extreme poverty (X3) and the injury fee (X4), one of them orphans (X5).
#[test]
fn the_rules_are_those_that_the_programmes_can_break() {
    let rules = |left: &[&str], right: &[&str]| {
        let draft = drafted(Purpose::Duplicates, left, right).unwrap();
        draft.rules.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let subsidies = ["disabled_living", "disabled_care"];
    let civil = ["minimum_living", "extreme_poverty", "orphan", "injury_care"];
    assert_eq!(rules(&civil, &subsidies), ["X3", "X4", "X5"]);
    assert_eq!(rules(&subsidies, &civil), ["X3", "X4", "X5"]);
    assert_eq!(rules(&["orphan"], &["disabled_living"]), ["X5"]);
    assert_eq!(rules(&["judicial_procuratorate"], &["judicial_court"]), ["X8"]);
    // No rule is no agreement, rather than one that finds nothing.
    for (left, right) in [
        (["orphan"], ["disabled_care"]),
        (["minimum_living"], ["disabled_living"]),
    ] {
        assert!(matches!(
            drafted(Purpose::Duplicates, &left, &right),
            Err(Error::Agreement {
                field: "rules",
                wrong: Wrong::Missing
            })
        ));
    }
}

#[test]
fn rules_that_did_not_hold_then_or_there_are_left_out() {
    let template = || Template::for_purpose(Purpose::Duplicates).unwrap();
    let mut before = request(&agreement(
        &["extreme_poverty"],
        &["disabled_care", "minimum_living"],
        &["X3"],
    ));
    before.months = months("2015-01", "2015-07");
    let draft = template().draft(before.clone(), &RuleSet::national()).unwrap();
    // X3 begins in 2016, X1 in May 2014.
    assert_eq!(draft.rules, [RuleId::new("X1").unwrap()]);
    before.rules = Some(vec![RuleId::new("X3").unwrap()]);
    assert!(matches!(
        template().draft(before, &RuleSet::national()),
        Err(Error::RuleUnusable {
            wrong: Wrong::OutOfRange,
            ..
        })
    ));
}

/// What bounds checks is the day: a month has as many as its days have.
#[test]
fn a_month_of_checks_has_room_for_every_day() {
    let draft = drafted(Purpose::Precheck, &["extreme_poverty"], &["disabled_care"]).unwrap();
    assert_eq!((draft.checks_a_day, draft.rounds_a_month), (Some(20), 620));
    assert_eq!(draft.parties[0].max_elements, 256);
    let mut asked = DraftRequest {
        checks_a_day: Some(3),
        key_kind: Some(KeyKind::Person),
        ..request(&agreement(&["extreme_poverty"], &["disabled_care"], &[]))
    };
    asked.parties[0].max_elements = 40;
    let template = Template::for_purpose(Purpose::Precheck).unwrap();
    let draft = template.draft(asked, &RuleSet::national()).unwrap();
    assert_eq!((draft.checks_a_day, draft.rounds_a_month), (Some(3), 93));
    assert_eq!((draft.key_kind, draft.rules.len()), (KeyKind::Person, 0));
}

#[test]
fn what_is_asked_for_stands() {
    let asked = DraftRequest {
        receivers: Some(vec![1]),
        legal_basis: Some(vec!["某省条例第一条".into()]),
        rounds_a_month: Some(1),
        checks_a_day: None,
        resume_hours: Some(5),
        retention_days: Some(30),
        ..request(&agreement(&["extreme_poverty"], &["disabled_care"], &["X3"]))
    };
    let template = Template::for_purpose(Purpose::Duplicates).unwrap();
    let draft = template.draft(asked, &RuleSet::national()).unwrap();
    assert_eq!(draft.receivers, [1]);
    assert_eq!(draft.legal_basis, ["某省条例第一条"]);
    assert_eq!(
        (draft.rounds_a_month, draft.resume_hours, draft.retention_days),
        (1, 5, 30)
    );
}
