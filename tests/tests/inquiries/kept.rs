//! About which findings may be asked, in which order lists stand, and when an inquiry goes.

use jiff::ToSpan;

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn of_one_finding_there_is_one_open_question() {
    let two = Two::start().await;
    let node = &two.asks.node;
    let seq = of_person(&two.asks, &two.round, PERSON);
    let ask = || node.draft_inquiry(&two.round, seq, draft(), "甲");
    let item = ask().unwrap().item;
    assert_eq!(code(ask()), "inquiry_open");
    let why = || text("理由不足");
    assert_eq!(code(node.refuse_inquiry(&item, why(), "甲")), "own_draft");
    assert_eq!(code(node.withdraw_inquiry(&item, why(), "乙")), "not_in_charge");
    node.refuse_inquiry(&item, why(), "乙").unwrap();
    assert_eq!(code(node.approve_inquiry(&item, "丙")), "out_of_turn");

    let second = ask().unwrap().item;
    assert_ne!(second, item);
    node.withdraw_inquiry(&second, why(), "甲").unwrap();
    let in_words = Draft {
        question: Some(text("请核对户籍")),
        ..draft()
    };
    let refused = node.draft_inquiry(&two.round, seq, in_words, "甲");
    assert_eq!(
        code(refused),
        "kept_back",
        "the register does not say that nobody is protected"
    );
    assert_eq!(
        code(node.draft_inquiry(&two.round, 999, draft(), "甲")),
        "node_missing"
    );
    assert_eq!(code(node.take_inquiry(&second, "甲")), "inquiry_other_side");
    assert!(node.disclosures(0, 9).unwrap().is_empty());

    // A finding that was wrong is nobody's business any more, also where it was to be asked about.
    let third = ask().unwrap().item;
    node.approve_inquiry(&third, "甲").unwrap();
    let finding = &node.store().findings(&two.round).unwrap()[seq as usize - 1];
    let basis = node.basis(finding);
    let paper = json!({ "authority": "县民政局", "document": "1号", "reason": "登记有误" });
    let with = |more: serde_json::Value| {
        let mut paper = paper.as_object().unwrap().clone();
        paper.extend(more.as_object().unwrap().clone());
        paper
    };
    for (by, act) in [
        ("甲", json!({ "taken": {} })),
        (
            "甲",
            json!({ "verified": { "result": "refuted", "reason": "登记有误" } }),
        ),
        (
            "甲",
            json!({ "decided": with(json!({ "decision": { "data_error": {} } })) }),
        ),
        ("乙", json!({ "corrected": with(json!({ "basis": basis })) })),
    ] {
        let act: Act = serde_json::from_value(act).unwrap();
        let event = Event {
            at: Timestamp::now(),
            by: text(by),
            on: days_from_today(0),
            act,
        };
        node.record_review(&two.round, seq, &event).unwrap();
    }
    assert_eq!(code(node.approve_inquiry(&third, "乙")), "inquiry_corrected");
    assert!(node.disclosures(0, 9).unwrap().is_empty());
    node.withdraw_inquiry(&third, why(), "甲").unwrap();
    assert_eq!(code(ask()), "inquiry_corrected");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_stands_first() {
    let two = Two::start().await;
    let ask = |person: u64, days: i32| {
        let mut draft = draft();
        draft.term = Term {
            days: 1,
            unit: DayUnit::Natural,
            until: Some(days_from_today(days)),
        };
        let seq = of_person(&two.asks, &two.round, person);
        let item = two
            .asks
            .node
            .draft_inquiry(&two.round, seq, draft, "甲")
            .unwrap()
            .item;
        two.asks.node.approve_inquiry(&item, "甲").unwrap();
        item
    };
    let release = |item: &Item| two.asks.node.approve_inquiry(item, "乙").unwrap();
    let [later, soon, not_yet, over] =
        [(10, 9), (11, 2), (12, 2), (13, 2)].map(|(person, days)| ask(person, days));
    release(&later);
    release(&soon);
    two.asks
        .node
        .withdraw_inquiry(&over, text("不再需要"), "甲")
        .unwrap();
    let listed = |day| {
        let all = two.asks.node.inquiries(days_from_today(day)).unwrap();
        let late = all
            .iter()
            .filter(|inquiry| inquiry.is_overdue(days_from_today(day)));
        (
            late.count(),
            all.iter().map(|inquiry| inquiry.item).collect::<Vec<_>>(),
        )
    };
    assert_eq!(listed(2), (0, vec![soon, later, not_yet, over]));
    assert_eq!(listed(3), (1, vec![soon, later, not_yet, over]));
    assert_eq!(listed(10).0, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inquiry_goes_with_its_findings_and_the_ledger_stays() {
    let two = Two::start().await;
    let item = two.delivered().await;
    let days = |days: i64| Timestamp::now().checked_add((24 * days).hours()).unwrap();
    let retention = i64::from(
        two.asks
            .node
            .agreement(&two.agreement)
            .unwrap()
            .agreement()
            .retention_days,
    );
    for bureau in [&two.asks, &two.answers] {
        assert_eq!(bureau.node.delete_expired(days(retention - 1)).unwrap(), 0);
        bureau.node.inquiry(&item).unwrap();
        assert_eq!(bureau.node.delete_expired(days(retention + 1)).unwrap(), 1);
        assert_eq!(code(bureau.node.inquiry(&item)), "node_missing");
        assert_eq!(bureau.node.delete_expired(days(retention + 1)).unwrap(), 0);
    }
    assert_eq!(two.asks.node.disclosures(0, 9).unwrap().len(), 1);
    assert!(two.asks.node.disclosures(0, 9).unwrap()[0].person == key(PERSON));
}

/// Released while the peer could not be reached, and never delivered: the finding is past its retention and deleted.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_does_not_leave_after_the_retention_of_its_finding() {
    let two = Two::start().await;
    let item = two.drafted();
    for by in ["甲", "乙"] {
        two.asks.node.approve_inquiry(&item, by).unwrap();
    }
    let agreement = two.asks.node.agreement(&two.agreement).unwrap();
    let days = i64::from(agreement.agreement().retention_days) + 1;
    let over = Timestamp::now().checked_add((24 * days).hours()).unwrap();
    assert_eq!(two.asks.node.delete_expired(over).unwrap(), 1);
    assert_eq!(code(two.asks.node.inquiry(&item)), "node_missing");
    let peer = two.answers.node.node_key();
    assert!(
        two.asks.node.store().notes_due(&peer, 9).unwrap().is_empty(),
        "the number is kept in a note, and goes"
    );
    let before = two.told();
    let _ = two.asks.node.deliver_notes(&peer).await;
    assert_eq!(two.told(), before, "the number went");
}

/// Released while the peer could not be reached; then the finding turns out to be wrong.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_does_not_leave_after_its_finding_was_corrected() {
    let two = Two::start().await;
    let item = two.drafted();
    for by in ["甲", "乙"] {
        two.asks.node.approve_inquiry(&item, by).unwrap();
    }
    corrected(&two);
    let before = two.told();
    deliver(&two.asks, &two.answers).await;
    assert_eq!(two.told(), before, "the number went");
    assert_eq!(code(two.answers.node.inquiry(&item)), "node_missing");
    let notes = two.asks.node.notes_of(&item).unwrap();
    let question = notes.iter().find(|note| note.word == "note_inquiry").unwrap();
    assert_eq!(question.refused.as_deref(), Some("note_withdrawn"));
}
