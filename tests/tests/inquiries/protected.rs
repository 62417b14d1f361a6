//! Words about a person cross only where every row of the side that writes says that the person is not protected.

use hefu_casework::{
    AidRecord, Circumstances, Known, Month, MonthRange, Period, ProgrammeCode, Protection, RowId, Status,
};
use hefu_store::DatasetInfo;

use super::*;

/// The register of this programme, of the people who are paid by it.
fn registers(at: &Bureau, programme: &str, people: std::ops::Range<u64>, protection: Protection) {
    let store = at.node.store();
    let first_file = store.next_file().unwrap();
    let mut import = store
        .begin_dataset(&DatasetInfo {
            name: programme.to_owned(),
            files: vec![programme.to_owned()],
            first_file,
            mapping_digest: [0; 32],
            kind: Kind::Resident,
            case_scheme: None,
        })
        .unwrap();
    for (person, row) in people.zip(2..) {
        import
            .add(AidRecord {
                row: RowId {
                    file: first_file,
                    sheet: 1,
                    row,
                },
                person: key(person),
                name: None,
                protection,
                disabled: Known::No,
                programme: ProgrammeCode::new(programme).unwrap(),
                period: Period::Months(MonthRange {
                    from: Month::new(2026, 7).unwrap(),
                    to: Month::new(2026, 10).unwrap(),
                }),
                amount: None,
                household: None,
                case: None,
                referral: None,
                circumstances: Circumstances::default(),
                status: Status::Paid,
            })
            .unwrap();
    }
    import.finish("{}").unwrap();
}

const THEIRS: std::ops::Range<u64> = PEOPLE / 2..PEOPLE / 2 + PEOPLE;

/// A round in which nobody is protected; then this month's registers come, in which everybody is.
async fn since_protected() -> (Two, [u8; 32]) {
    let two = Two::start().await;
    registers(&two.asks, EXTREME_POVERTY, 0..PEOPLE, Protection::No);
    registers(&two.answers, DISABLED_LIVING, THEIRS, Protection::No);
    let round = two.asks.node.run_round(&two.agreement).await.unwrap().round;
    (two, round)
}

fn in_words() -> Draft {
    Draft {
        question: Some(text("是否住在某镇")),
        ..draft()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_do_not_go_with_a_question_about_somebody_who_is_protected_by_now() {
    let (two, round) = since_protected().await;
    let seq = of_person(&two.asks, &round, PERSON);
    let node = &two.asks.node;
    // Drafted while nobody was protected.
    let item = node.draft_inquiry(&round, seq, in_words(), "甲").unwrap().item;
    node.approve_inquiry(&item, "甲").unwrap();
    registers(&two.asks, EXTREME_POVERTY, 0..PEOPLE, Protection::Yes);
    let released = node.approve_inquiry(&item, "乙");
    assert_eq!(released.err().map(|error| error.code()), Some("kept_back"));
}

#[tokio::test(flavor = "multi_thread")]
async fn words_do_not_go_with_an_answer_about_somebody_who_is_protected_by_now() {
    let (two, round) = since_protected().await;
    let seq = of_person(&two.asks, &round, PERSON);
    let item = two
        .asks
        .node
        .draft_inquiry(&round, seq, draft(), "甲")
        .unwrap()
        .item;
    for by in ["甲", "乙"] {
        two.asks.node.approve_inquiry(&item, by).unwrap();
    }
    deliver(&two.asks, &two.answers).await;
    registers(&two.answers, DISABLED_LIVING, THEIRS, Protection::Yes);
    let node = &two.answers.node;
    node.take_inquiry(&item, "丙").unwrap();
    let answer = Answered {
        text: Some(text("现住在某镇")),
        ..answered(Found::PaidThen)
    };
    let sent = node.answer_inquiry(&item, answer, "丙");
    assert_eq!(sent.err().map(|error| error.code()), Some("kept_back"));
}
