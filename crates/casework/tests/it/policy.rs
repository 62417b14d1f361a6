//! What an agency allows itself stands above what it is asked for.

use crate::common::*;
use hefu_casework::{Agreement, AnyPinned, LabelField, LocalPolicy, Peers, PolicyBreach, Purpose};

fn breach(policy: &LocalPolicy, agreement: &Agreement, me: usize) -> Option<(&'static str, String, String)> {
    let breach = policy.check(agreement, me).err()?;
    assert!(PolicyBreach::FIELDS.contains(&breach.field));
    assert_eq!(breach.code(), "policy_breach");
    assert_eq!(breach.params()[0], ("field", breach.field.to_owned()));
    Some((breach.field, breach.asked, breach.allowed))
}

/// A county's agreement: its largest roll, the usual rounds, a year.
fn county() -> Agreement {
    let mut agreement = agreement(&["extreme_poverty"], &["disabled_care"], &["X3"]);
    agreement.retention_days = 365;
    for party in &mut agreement.parties {
        party.max_elements = 200_000;
    }
    agreement
}

#[test]
fn a_countys_agreements_pass_the_policy_that_nobody_changed() {
    let policy = LocalPolicy::default();
    for agreement in [
        county(),
        by_person(
            Purpose::Omissions,
            &["judicial_procuratorate"],
            &["minimum_living"],
        ),
        by_person(Purpose::Leads, &["case_victim"], &["disability_holder"]),
        referrals(),
    ] {
        let agreement = Agreement {
            retention_days: 365,
            ..agreement
        };
        for me in [0, 1] {
            assert_eq!(policy.check(&agreement, me), Ok(()));
        }
    }
}

#[test]
fn the_first_breach_is_named_with_what_was_asked_and_what_is_allowed() {
    let policy = LocalPolicy::default();
    type Change = fn(&mut LocalPolicy, &mut Agreement);
    let changes: &[(Change, &str, &str, &str)] = &[
        (
            |p, _| p.purposes = vec![Purpose::Leads, Purpose::Omissions],
            "purposes",
            "duplicates",
            "leads, omissions",
        ),
        (
            |p, _| p.peers = Peers::Named(vec!["县民政局".into()]),
            "peers",
            "某县残联",
            "县民政局",
        ),
        (
            |_, a| a.parties[0].max_elements = 200_001,
            "max_own_elements",
            "200001",
            "200000",
        ),
        (
            |_, a| a.parties[1].max_elements = 200_001,
            "max_peer_elements",
            "200001",
            "200000",
        ),
        (|_, a| a.rounds_a_month = 5, "max_rounds_a_month", "5", "4"),
        (|_, a| a.retention_days = 366, "max_retention_days", "366", "365"),
        (
            |p, _| p.max_elements_a_month_from_peer = 799_999,
            "max_elements_a_month_from_peer",
            "800000",
            "799999",
        ),
    ];
    for (change, field, asked, allowed) in changes {
        let (mut policy, mut agreement) = (policy.clone(), county());
        change(&mut policy, &mut agreement);
        let expected = (*field, (*asked).to_owned(), (*allowed).to_owned());
        assert_eq!(breach(&policy, &agreement, 0), Some(expected));
    }
    assert_eq!(breach(&policy, &county(), 2).unwrap().0, "party");
}

/// Only who gives labels is bound in what they tell, and only who asks uses up a budget.
#[test]
fn each_side_is_bound_by_its_own_part() {
    let policy = LocalPolicy {
        label_fields: vec![LabelField::State],
        max_elements_a_month_from_peer: 0,
        ..LocalPolicy::default()
    };
    let agreement = Agreement {
        retention_days: 30,
        ..referrals()
    };
    assert_eq!(policy.check(&agreement, 0), Ok(()));
    let expected = ("label_fields", "date".to_owned(), "state".to_owned());
    assert_eq!(breach(&policy, &agreement, 1), Some(expected));
    let tells_all = LocalPolicy {
        label_fields: LabelField::ALL.to_vec(),
        ..policy
    };
    let (field, asked, _) = breach(&tells_all, &agreement, 1).unwrap();
    assert_eq!(
        (field, asked.as_str()),
        ("max_elements_a_month_from_peer", "400000")
    );
}

/// A day bounds checks, and the month what they may come to.
#[test]
fn checks_are_bound_by_the_day() {
    let policy = LocalPolicy::default();
    let mut agreement = county();
    agreement.purpose = Purpose::Precheck;
    agreement.receivers = vec![0];
    agreement.parties[0].max_elements = 256;
    (agreement.checks_a_day, agreement.rounds_a_month) = (Some(50), 1550);
    assert_eq!(policy.check(&agreement, 0), Ok(()));
    assert_eq!(policy.check(&agreement, 1), Ok(()));
    agreement.checks_a_day = Some(51);
    let expected = ("max_checks_a_day", "51".to_owned(), "50".to_owned());
    assert_eq!(breach(&policy, &agreement, 1), Some(expected));
    agreement.checks_a_day = Some(50);
    agreement.parties[0].max_elements = 4096;
    let expected = (
        "max_elements_a_month_from_peer",
        (4096 * 1550).to_string(),
        "800000".to_owned(),
    );
    assert_eq!(breach(&policy, &agreement, 1), Some(expected));
    let without = LocalPolicy {
        purposes: vec![Purpose::Duplicates],
        ..policy
    };
    assert_eq!(breach(&without, &agreement, 1).unwrap().0, "purposes");
}

#[test]
fn it_is_written_in_a_table_of_the_settings() {
    let text = r#"
purposes = ["duplicates", "referrals"]
peers = ["某县民政局", "某县残联"]
label_fields = ["state"]
max_own_elements = 10
max_peer_elements = 20
max_rounds_a_month = 2
max_checks_a_day = 5
max_retention_days = 30
max_elements_a_month_from_peer = 40
"#;
    let policy: LocalPolicy = toml::from_str(text).unwrap();
    assert_eq!(
        policy.peers,
        Peers::Named(vec!["某县民政局".into(), "某县残联".into()])
    );
    assert_eq!(
        toml::from_str::<LocalPolicy>(&toml::to_string(&policy).unwrap()).unwrap(),
        policy
    );
    let rest: LocalPolicy = toml::from_str("peers = \"any_pinned\"").unwrap();
    assert_eq!(rest, LocalPolicy::default());
    assert_eq!(rest.peers, Peers::Pinned(AnyPinned::AnyPinned));
    for wrong in [
        "peers = \"anybody\"",
        "max_rounds = 3",
        "purposes = [\"everything\"]",
        "max_own_elements = -1",
    ] {
        assert!(toml::from_str::<LocalPolicy>(wrong).is_err(), "{wrong}");
    }
}
