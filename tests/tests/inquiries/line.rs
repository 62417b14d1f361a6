//! Over a line, from the draft to the answer.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_number_leaves_after_two_people_and_an_answer_comes() {
    let two = Two::start().await;
    let (asks, answers) = (&two.asks.node, &two.answers.node);
    let before = two.asks.node.store().head().unwrap().seq;
    let item = two.drafted();
    asks.approve_inquiry(&item, "甲").unwrap();
    assert_eq!(code(asks.approve_inquiry(&item, "甲")), "same_approver");
    asks.send_inquiries().unwrap();
    deliver(&two.asks, &two.answers).await;
    assert_eq!(at(&two.asks, &item), "inquiry_stage_approved");
    assert!(answers.inquiries(days_from_today(0)).unwrap().is_empty());
    assert!(asks.disclosures(0, 9).unwrap().is_empty() && asks.notes_of(&item).unwrap().is_empty());
    assert_eq!(two.told(), 0);

    asks.approve_inquiry(&item, "乙").unwrap();
    assert_eq!(at(&two.asks, &item), "inquiry_stage_sent");
    assert_eq!(two.told(), 0, "on record, and not on the line yet");
    deliver(&two.asks, &two.answers).await;
    assert_eq!(two.told(), 1);

    // There: what the agreement lets the finding say, the number, and no amount.
    let seen = answers.inquiry(&item).unwrap();
    let Way::Answers { asked, on, .. } = &seen.way else {
        panic!("the other side answers")
    };
    let finding = asks.store().findings(&two.round).unwrap();
    let finding = &finding[of_person(&two.asks, &two.round, PERSON) as usize - 1];
    assert!(
        *asked
            == Asked {
                rule: finding.rule.clone(),
                months: finding.months.clone(),
                person: key(PERSON),
                document: draft().document,
                question: None,
                due: Deadline::stated(10, DayUnit::Natural, days_from_today(12)),
            }
    );
    assert_eq!(*on, days_from_today(0));

    // The ledger's line is what was sent.
    let ledger = asks.disclosures(0, 9).unwrap();
    let [line] = &ledger[..] else {
        panic!("{}", ledger.len())
    };
    assert_eq!((line.item, line.peer), (item.0, answers.node_key()));
    assert_eq!(
        (line.agreement, &*line.purpose, line.persons),
        (two.agreement, "duplicates", 1)
    );
    assert_eq!((&*line.approved_by, &*line.released_by), ("甲", "乙"));
    assert!(line.person == asked.person);
    assert_eq!(
        line.fields,
        ["number", "number_kind", "rule", "months", "document"]
    );
    assert!(answers.disclosures(0, 9).unwrap().is_empty());

    // Its own rows, and what they suggest.
    let records = answers.records_asked_about(&seen).unwrap();
    assert_eq!(records.suggested(asked), Some(Found::PaidThen));
    let answer = || answered(Found::OtherPerson);
    assert_eq!(code(answers.answer_inquiry(&item, answer(), "丁")), "out_of_turn");
    answers.take_inquiry(&item, "丁").unwrap();
    assert_eq!(
        code(answers.answer_inquiry(&item, answer(), "戊")),
        "not_in_charge"
    );
    let in_words = Answered {
        text: Some(text("户籍档案另有其人")),
        ..answer()
    };
    assert_eq!(code(answers.answer_inquiry(&item, in_words, "丁")), "kept_back");
    answers.answer_inquiry(&item, answer(), "丁").unwrap();
    deliver(&two.answers, &two.asks).await;
    assert_eq!(at(&two.answers, &item), "reply_stage_sent");
    let Way::Asks { inquiry, .. } = asks.inquiry(&item).unwrap().way else {
        panic!("this side asks")
    };
    assert_eq!(inquiry.answer(), Some(&answer()));
    assert_eq!(two.told(), 1, "an answer names nobody");
    asks.close_inquiry(&item, text("另行核实"), "甲").unwrap();

    // Both logs say who did what, and name nobody.
    let acts: Vec<_> = two
        .asks
        .log_after(before)
        .into_iter()
        .filter(|entry| entry.kind.starts_with("inquiry_") || entry.kind == "identity_disclosed")
        .map(|entry| {
            let act = entry.body["act"].as_str().unwrap_or(&entry.kind).to_owned();
            (entry.actor, act)
        })
        .collect();
    let expected = [
        ("甲", "inquiry_drafted"),
        ("甲", "inquiry_approved"),
        ("乙", "inquiry_released"),
        ("乙", "identity_disclosed"),
        ("node", "inquiry_sent"),
        ("node", "inquiry_answered"),
        ("甲", "inquiry_closed"),
    ];
    assert_eq!(acts, expected.map(|(by, act)| (by.to_owned(), act.to_owned())));
    let everyone = searcher(0..2 * PEOPLE);
    for bureau in [&two.asks, &two.answers] {
        for entry in bureau.log_after(0) {
            assert_eq!(
                everyone.find(entry.body.to_string().as_bytes()),
                None,
                "{}",
                entry.kind
            );
        }
        bureau.node.store().verify().unwrap();
        bureau.node.store().backup(&bureau.folder().join("copy")).unwrap();
        for (path, bytes) in hefu_tests::bureau::files(bureau.folder()) {
            assert_eq!(everyone.find(&bytes), None, "{}", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_again_changes_nothing() {
    let two = Two::start().await;
    let item = two.delivered().await;
    let [asks, answers] = [&two.asks, &two.answers];
    let heads = || [asks, answers].map(|bureau| bureau.node.store().head().unwrap());
    let now = heads();
    asks.node.send_inquiries().unwrap();
    deliver(asks, answers).await;
    let seen = answers.node.inquiry(&item).unwrap();
    let Way::Answers { asked, on, .. } = seen.way else {
        panic!("the other side answers")
    };
    let note = |word| Note {
        agreement: Hex(two.agreement),
        item,
        on,
        word,
    };
    answers
        .node
        .hear_note(&asks.card, &note(Word::Inquiry(asked.clone())))
        .unwrap();
    assert_eq!(heads(), now);

    answers.node.take_inquiry(&item, "丁").unwrap();
    answers
        .node
        .answer_inquiry(&item, answered(Found::NoRecord), "丁")
        .unwrap();
    deliver(answers, asks).await;
    let now = heads();
    let again = note(Word::Answer(answered(Found::NoRecord)));
    asks.node.hear_note(&answers.card, &again).unwrap();
    let other = note(Word::Answer(answered(Found::PaidThen)));
    assert_eq!(code(asks.node.hear_note(&answers.card, &other)), "out_of_turn");
    let unasked = Note {
        item: Hex([9; 16]),
        ..again
    };
    assert_eq!(
        code(asks.node.hear_note(&answers.card, &unasked)),
        "inquiry_not_asked"
    );
    // What this side asks is not asked of it.
    let back = note(Word::Inquiry(asked));
    assert_eq!(
        code(asks.node.hear_note(&answers.card, &back)),
        "inquiry_item_taken"
    );
    assert_eq!(heads(), now);
}

/// A crash between the release and the note, which is the same as a peer that is not there at that moment.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_released_goes_later_if_it_cannot_go_now() {
    let two = Two::start().await;
    let item = two.drafted();
    let node = &two.asks.node;
    node.approve_inquiry(&item, "甲").unwrap();
    node.remove_peer(&two.answers.node.node_key(), "主任").unwrap();
    node.approve_inquiry(&item, "乙").unwrap();
    assert_eq!(at(&two.asks, &item), "inquiry_stage_released");
    assert_eq!(node.disclosures(0, 9).unwrap().len(), 1, "said before it leaves");
    let why = || text("已电话核实");
    assert_eq!(code(node.withdraw_inquiry(&item, why(), "甲")), "out_of_turn");

    node.add_peer(&two.answers.card).unwrap();
    for _ in 0..2 {
        node.send_inquiries().unwrap();
        deliver(&two.asks, &two.answers).await;
    }
    assert_eq!(at(&two.answers, &item), "reply_stage_received");
    assert_eq!(node.disclosures(0, 9).unwrap().len(), 1);
    assert_eq!(two.told(), 1);
}
