//! Two rounds: what was found and settled in the first stands in the second.

use hefu_casework::calendar::DayUnit;
use hefu_casework::inquiry::Term;
use hefu_casework::review::{Act, Event};
use hefu_node::Node;
use hefu_node::inquiry::Draft;
use serde_json::{Value, json};

use super::*;

/// Somebody who is on both lists.
const PERSON: u64 = 25;

fn of_person(node: &Node, round: &[u8; 32]) -> u64 {
    let all = node.store().findings(round).unwrap();
    let key = person(PERSON);
    1 + all.iter().position(|finding| finding.person == key).unwrap() as u64
}

fn record(node: &Node, round: &[u8; 32], seq: u64, by: &str, act: Value) {
    let act: Act = serde_json::from_value(act).unwrap();
    let event = Event {
        at: Timestamp::now(),
        by: Text::new(by).unwrap(),
        on: days_from_today(0),
        act,
    };
    node.record_review(round, seq, &event).unwrap();
}

impl Table {
    async fn run(&self) -> u32 {
        let round = self.announce(60, 120);
        self.freeze_all(round).await;
        self.everywhere(round, "all report", all_reported).await;
        round
    }

    /// The session of a leg that counts at who learns in it.
    fn session(&self, member: usize, round: u32, leg: Leg) -> [u8; 32] {
        let node = &self.members[member].bureau.node;
        let hold = node.legs_that_hold(&self.id, round).unwrap();
        hold.into_iter().find(|(known, _)| *known == leg).unwrap().1
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_settled_in_one_round_stands_in_the_next() {
    let table = Table::laid(three()).await;
    let [own, others] = [table.leg_of(0, 0), table.leg_of(0, 1)];
    let first = table.run().await;
    let (asks, answers) = (&table.members[0].bureau.node, &table.members[1].bureau.node);
    let session = table.session(0, first, own);
    let seq = of_person(asks, &session);
    let draft = Draft {
        document: Text::new("某民协查〔2026〕1号").unwrap(),
        question: None,
        term: Term {
            days: 10,
            unit: DayUnit::Natural,
            until: Some(days_from_today(12)),
        },
    };
    let item = asks.draft_inquiry(&session, seq, draft, "甲").unwrap().item;
    for by in ["甲", "乙"] {
        asks.approve_inquiry(&item, by).unwrap();
    }
    until("the question comes", || answers.inquiry(&item).is_ok()).await;
    let basis = asks.basis(&asks.store().findings(&session).unwrap()[seq as usize - 1]);
    let paper = json!({ "authority": "县民政局", "document": "1号", "reason": "登记有误" });
    let with = |name: &str, value: Value| {
        let mut paper = paper.clone();
        paper[name] = value;
        paper
    };
    let reason = json!({ "result": "refuted", "reason": "登记有误" });
    for (by, act) in [
        ("甲", json!({ "taken": {} })),
        ("甲", json!({ "verified": reason })),
        (
            "甲",
            json!({ "decided": with("decision", json!({ "data_error": {} })) }),
        ),
        ("乙", json!({ "corrected": with("basis", json!(basis)) })),
    ] {
        record(asks, &session, seq, by, act);
    }

    let second = table.run().await;
    let again = table.session(0, second, own);
    assert_ne!(again, session);
    let standing = asks.standing(&again, of_person(asks, &again)).unwrap();
    let before = standing.corrected_before.unwrap();
    assert_eq!((before.round, before.seq), (Hex(session), seq));
    // The other agency knows its finding of the second round for the matter of the first, and what was told of it.
    let theirs = table.session(1, second, others);
    let theirs_seq = of_person(answers, &theirs);
    let about: Vec<_> = answers
        .inquiries_of(&theirs, theirs_seq)
        .unwrap()
        .into_iter()
        .map(|inquiry| inquiry.item)
        .collect();
    assert_eq!(about, [item]);
    until("both notes come", || {
        let standing = answers.standing(&theirs, theirs_seq).unwrap();
        let told: Vec<_> = standing.told.all().iter().map(|there| there.code()).collect();
        told == ["decision_data_error", "stage_corrected"]
    })
    .await;
    // What is of one matter is of nobody else.
    let reviews = answers.reviews(&theirs).unwrap();
    assert_eq!(reviews.told.keys().collect::<Vec<_>>(), [&theirs_seq]);
}

/// An annex allows so many rounds a month, whatever each of them makes of it.
#[tokio::test(flavor = "multi_thread")]
async fn rounds_are_counted_over_all_that_an_annex_comes_to() {
    let table = Table::laid(Laid {
        rounds_a_month: 1,
        ..three()
    })
    .await;
    let first = table.run().await;
    assert!(
        table
            .round(&table.office, first)
            .unwrap()
            .legs
            .values()
            .all(|run| { matches!(run.state, LegState::Done(_)) })
    );
    // Every annex has had its round of this month.
    let refused = table.announced(60, 120).unwrap_err();
    assert_eq!(refused.code(), "conference_announcement_wrong");
}
