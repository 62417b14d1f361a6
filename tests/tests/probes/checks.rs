//! Checks before a payment: what one peer can do to those with all the others.

use hefu_casework::precheck::{Authority, Intended, Request, When};
use hefu_casework::{Month, ProgrammeCode};

use super::*;

fn of_person(person: u64) -> Request {
    let month = |number| Month::new(2026, number).unwrap();
    let authority = Authority::Consent {
        document: text("授权书〔2026〕第0731号"),
    };
    let intended = Intended {
        person: key(person),
        programme: ProgrammeCode::new(EXTREME_POVERTY).unwrap(),
        when: When::Months {
            from: month(7),
            until: month(9),
        },
        case: None,
        cause: None,
    };
    Request::new(vec![intended], authority, text("民低申〔2026〕第0731号")).unwrap()
}

/// Two agencies are asked before a payment. One of them does not answer: the other is asked all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_silent_does_not_stop_checks_at_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let asking = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let silent = Bureau::start(
        dir.path(),
        "县残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    let other = Bureau::start(
        dir.path(),
        "市残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    for (number, with) in [("1号", &silent), ("2号", &other)] {
        with.pays(DISABLED_LIVING, 10..30);
        introduce(&asking, with);
        let mut own = asking.party(EXTREME_POVERTY);
        own.max_elements = 128;
        let mut text = proposal(Purpose::Precheck, number, [own, with.party(DISABLED_LIVING)]);
        text.checks_a_day = Some(20);
        agree(&asking, with, text).await;
    }
    let _closed = silent.close().await;
    let first = asking.node.run_check(&[], of_person(12), "窗口").await.unwrap();
    assert_eq!(asking.node.precheck(&first).unwrap().peers.len(), 2);
    // The next applicant, minutes later. The silent peer's check is still under way, for as many hours as were agreed.
    let second = asking.node.run_check(&[], of_person(13), "窗口").await;
    assert!(second.is_ok(), "{:?}", second.err().map(|error| error.code()));
}

/// What one agency has said is there for the officer, whatever another one has not said yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_silent_does_not_keep_what_the_others_said() {
    let dir = tempfile::tempdir().unwrap();
    let asking = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let silent = Bureau::start(
        dir.path(),
        "县残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    let other = Bureau::start(
        dir.path(),
        "市残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    for (number, with) in [("1号", &silent), ("2号", &other)] {
        with.pays(DISABLED_LIVING, 10..30);
        introduce(&asking, with);
        let mut own = asking.party(EXTREME_POVERTY);
        own.max_elements = 128;
        let mut text = proposal(Purpose::Precheck, number, [own, with.party(DISABLED_LIVING)]);
        text.checks_a_day = Some(20);
        agree(&asking, with, text).await;
    }
    let _closed = silent.close().await;
    let check = asking.node.run_check(&[], of_person(12), "窗口").await.unwrap();
    let results = asking.node.precheck_results(&check, "窗口");
    let code = results.as_ref().err().map(|error| error.code());
    assert!(results.is_ok(), "{code:?}");
}
