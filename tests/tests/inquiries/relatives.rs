//! Whose number leaves where a relative stands in the victim's place.

use hefu_casework::{
    AidRecord, CaseNumber, Circumstances, FindingKind, Known, Period, ProgrammeCode, Protection, RowId,
    Status,
};
use hefu_node::inquiry::Records;
use hefu_store::DatasetInfo;
use jiff::civil::date;

use super::*;

const SCHEME: &str = "criminal_case";

/// A relative is aided in this victim's place, in one case.
fn aids(at: &Bureau, programme: &str, relative: u64, victim: u64) {
    let store = at.node.store();
    let first_file = store.next_file().unwrap();
    let mut import = store
        .begin_dataset(&DatasetInfo {
            name: programme.to_owned(),
            files: vec![programme.to_owned()],
            first_file,
            mapping_digest: [0; 32],
            kind: Kind::Resident,
            case_scheme: Some(SCHEME.to_owned()),
        })
        .unwrap();
    import
        .add(AidRecord {
            row: RowId {
                file: first_file,
                sheet: 1,
                row: 2,
            },
            person: key(relative),
            name: None,
            protection: Protection::No,
            disabled: Known::No,
            programme: ProgrammeCode::new(programme).unwrap(),
            period: Period::OneOff(date(2026, 7, 15)),
            amount: None,
            household: None,
            case: CaseNumber::new("（2026）合2901刑初1号"),
            referral: None,
            circumstances: Circumstances {
                victim: Some(key(victim)),
                ..Circumstances::default()
            },
            status: Status::Paid,
        })
        .unwrap();
    import.finish("{}").unwrap();
}

/// The victim matched: both agencies have that number. The relative here is nobody whom the other agency knows.
#[tokio::test(flavor = "multi_thread")]
async fn the_number_that_leaves_is_the_one_that_matched() {
    let dir = tempfile::tempdir().unwrap();
    let asks = Bureau::start(dir.path(), "县检察院", AgencyRole::Procuratorate, surroundings()).await;
    let answers = Bureau::start(dir.path(), "县法院", AgencyRole::Court, surroundings()).await;
    aids(&asks, "judicial_procuratorate", 1, 3);
    aids(&answers, "judicial_court", 2, 3);
    introduce(&asks, &answers);
    let mut parties = [
        asks.party("judicial_procuratorate"),
        answers.party("judicial_court"),
    ];
    for party in &mut parties {
        party.case_scheme = Some(SCHEME.to_owned());
    }
    let mut terms = proposal(Purpose::Duplicates, "1号", parties);
    terms.receivers = vec![0, 1];
    let agreement = agree(&asks, &answers, terms).await;
    let own = answers.node.run_round(&agreement).await.unwrap().round;
    let round = asks.node.run_round(&agreement).await.unwrap().round;
    let findings = asks.node.store().findings(&round).unwrap();
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].kind, FindingKind::Duplicate);
    let item = asks.node.draft_inquiry(&round, 1, draft(), "甲").unwrap().item;
    for by in ["甲", "乙"] {
        asks.node.approve_inquiry(&item, by).unwrap();
    }
    let disclosed = asks.node.disclosures(0, 9).unwrap().swap_remove(0).person;
    assert!(
        disclosed != key(1),
        "the number of somebody who did not match has left"
    );
    assert!(disclosed == key(3));
    // The agency asked finds the relative whom it aids in that victim's place, by row and by finding.
    deliver(&asks, &answers).await;
    let asked = answers.node.inquiry(&item).unwrap();
    let Records::Kept(rows) = answers.node.records_asked_about(&asked).unwrap() else {
        panic!("the rows are there");
    };
    assert_eq!(rows.len(), 1);
    assert!(rows[0].person == key(2));
    let joined = answers.node.own_finding_of(&asked).unwrap().unwrap();
    assert_eq!((joined.round.0, joined.seq), (own, 1));
    let about: Vec<_> = answers.node.inquiries_of(&own, 1).unwrap();
    assert_eq!(about.iter().map(|about| about.item).collect::<Vec<_>>(), [item]);
}

/// What proves the match is gone: then nobody can tell whose number the other agency has.
#[tokio::test(flavor = "multi_thread")]
async fn no_number_leaves_where_nothing_proves_which_one_matched() {
    let two = Two::start().await;
    let seq = of_person(&two.asks, &two.round, PERSON);
    let Two {
        asks, round, _dir, ..
    } = two;
    let closed = asks.close().await;
    rusqlite::Connection::open(closed.folder.join("hefu.db"))
        .unwrap()
        .execute_batch("DROP TRIGGER evidence_stays; DELETE FROM evidence")
        .unwrap();
    let asks = closed.open(surroundings()).await;
    let refused = asks.node.draft_inquiry(&round, seq, draft(), "甲");
    assert_eq!(code(refused), "inquiry_number_unknown");
}
