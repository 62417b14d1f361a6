//! By files: the same, and the number stands in no file that is carried.

use hefu_tests::ferry::{self, carry, out, parts, take};

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_and_its_answer_go_by_files() {
    let (two, agreement) = ferry::Two::agreed("1号").await;
    let ferry::Two { receiver, sender, .. } = &two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    for (from, to) in [(receiver, sender), (sender, receiver), (receiver, sender)] {
        carry(from, to).await;
    }
    let person = ferry::PEOPLE / 2 + 3;
    let seq = of_person(receiver, &round, person);
    let item = receiver
        .node
        .draft_inquiry(&round, seq, draft(), "甲")
        .unwrap()
        .item;
    receiver.node.approve_inquiry(&item, "乙").unwrap();
    carry(receiver, sender).await;
    assert!(sender.node.inquiries(days_from_today(0)).unwrap().is_empty());
    receiver.node.approve_inquiry(&item, "甲").unwrap();

    let set = out(receiver, sender).await.unwrap();
    let files = parts(receiver, &set);
    let searcher = searcher([person]);
    for file in &files {
        assert_eq!(searcher.find(&file.bytes), None);
    }
    take(sender, &files).await;
    let seen = sender.node.inquiry(&item).unwrap();
    assert!(seen.person == key(person));
    sender.node.take_inquiry(&item, "丁").unwrap();
    sender
        .node
        .answer_inquiry(&item, answered(Found::NotPaidThen), "丁")
        .unwrap();
    carry(sender, receiver).await;
    assert_eq!(at(receiver, &item), "inquiry_stage_answered");
    for bureau in [receiver, sender] {
        bureau.node.store().verify().unwrap();
        for (path, bytes) in hefu_tests::bureau::files(bureau.folder()) {
            assert_eq!(searcher.find(&bytes), None, "{}", path.display());
        }
    }
}
