//! What a difference of names forbids is not undone by leaving the names out.

use hefu_casework::NameAgreement;
use hefu_tests::bureau::mapping;

use super::*;

fn pays_named(at: &Bureau, programme: &str, people: std::ops::Range<u64>, name: &str) {
    let mapping = mapping(programme).replacen("amount = \"金额\"", "amount = \"金额\"\nname = \"姓名\"", 1);
    let rows = people.map(|person| format!("{},2026-07,2026-09,100,{name}\n", number(person)));
    let register: String = std::iter::once("身份证号,起,止,金额,姓名\n".to_owned())
        .chain(rows)
        .collect();
    at.import(programme, &mapping, &register);
}

fn pay_under_two_names(two: &Two) {
    pays_named(&two.asks, EXTREME_POVERTY, 0..PEOPLE, "张三");
    pays_named(
        &two.answers,
        DISABLED_LIVING,
        PEOPLE / 2..PEOPLE / 2 + PEOPLE,
        "李四",
    );
}

/// What a round more says of the person's names, and where.
async fn name_in_a_round(two: &Two) -> ([u8; 32], u64, Option<NameAgreement>) {
    let round = two.asks.node.run_round(&two.agreement).await.unwrap().round;
    let seq = of_person(&two.asks, &round, PERSON);
    let mut findings = two.asks.node.store().findings(&round).unwrap();
    (round, seq, findings.swap_remove(seq as usize - 1).name)
}

/// The names differ, and nothing may be taken. A clerk imports the same register without its names and runs the round
/// again: it is not known any more whether they differ, and nobody has looked at who the person is.
#[tokio::test(flavor = "multi_thread")]
async fn names_that_differ_are_not_forgotten_by_a_register_without_names() {
    let two = Two::start().await;
    pay_under_two_names(&two);
    let name_in = || name_in_a_round(&two);
    let (_, _, name) = name_in().await;
    assert_eq!(name, Some(NameAgreement::Differs));
    two.asks.pays(EXTREME_POVERTY, 0..PEOPLE);
    let (round, seq, name) = name_in().await;
    assert_eq!(name, Some(NameAgreement::Unknown));
    let mut last = Ok(());
    for act in [
        json!({ "taken": {} }),
        json!({ "verified": { "result": "confirmed", "reason": "账目" } }),
        json!({ "excepted": { "legal_basis": "某法", "reason": "理由" } }),
        json!({ "decided": { "decision": { "stopped": {} }, "authority": "县局", "document": "1号", "reason": "理由" } }),
    ] {
        let act: Act = serde_json::from_value(act).unwrap();
        let event = Event {
            at: Timestamp::now(),
            by: text("甲"),
            on: days_from_today(0),
            act,
        };
        last = two.asks.node.record_review(&round, seq, &event).map(drop);
    }
    assert_eq!(last.err().map(|error| error.code()), Some("names_differ"));
}

/// Found to be another person's record, and corrected: a register without names does not bring it back.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_corrected_does_not_come_back_without_the_names() {
    let two = Two::start().await;
    pay_under_two_names(&two);
    let (round, _, name) = name_in_a_round(&two).await;
    assert_eq!(name, Some(NameAgreement::Differs));
    corrected_in(&two, &round);
    two.asks.pays(EXTREME_POVERTY, 0..PEOPLE);
    let (again, seq, name) = name_in_a_round(&two).await;
    assert_eq!(name, Some(NameAgreement::Unknown));
    let standing = two.asks.node.standing(&again, seq).unwrap();
    assert_eq!(
        standing.corrected_before.map(|before| before.round.0),
        Some(round)
    );
}
