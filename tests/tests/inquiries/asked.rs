//! What another agency asks is heard only where the agreement bears it, and answered only by what is here.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_agreement_does_not_bear_is_not_heard() {
    let two = Two::start().await;
    let node = &two.answers.node;
    let parties = [
        two.asks.party(EXTREME_POVERTY),
        two.answers.party(DISABLED_LIVING),
    ];
    let leads = agree(
        &two.asks,
        &two.answers,
        proposal(Purpose::Leads, "2号", parties.clone()),
    )
    .await;
    let unused = agree(
        &two.asks,
        &two.answers,
        proposal(Purpose::Duplicates, "3号", parties.clone()),
    )
    .await;
    // Under this one only the other side learns.
    let mut other_way = proposal(Purpose::Duplicates, "4号", parties);
    other_way.receivers = vec![1];
    let other_way = agree(&two.asks, &two.answers, other_way).await;

    let note = || question(&two, PERSON);
    let under = |agreement| Note {
        agreement: Hex(agreement),
        ..note()
    };
    let asking = |change: fn(&mut Asked)| {
        let mut note = note();
        if let Word::Inquiry(asked) = &mut note.word {
            change(asked);
        }
        note
    };
    for (note, expected) in [
        (under([5; 32]), "agreement_unknown"),
        (under(leads), "inquiry_purpose"),
        (under(unused), "inquiry_no_round"),
        (under(other_way), "inquiry_not_receiver"),
        (
            asking(|asked| asked.rule = Some("X1".parse().unwrap())),
            "inquiry_other_rule",
        ),
        (asking(|asked| asked.rule = None), "inquiry_other_rule"),
        (
            asking(|asked| asked.months = vec!["2026-06".parse().unwrap()]),
            "inquiry_other_months",
        ),
        (
            Note {
                on: days_from_today(1),
                ..note()
            },
            "inquiry_day",
        ),
    ] {
        let head = node.store().head().unwrap();
        assert_eq!(code(node.hear_note(&two.asks.card, &note)), expected);
        assert_eq!(node.store().head().unwrap(), head);
    }
    assert!(node.inquiries(days_from_today(0)).unwrap().is_empty());

    node.hear_note(&two.asks.card, &note()).unwrap();
    let changed = asking(|asked| asked.document = text("某民协查〔2026〕3号"));
    assert_eq!(
        code(node.hear_note(&two.asks.card, &changed)),
        "inquiry_item_taken"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_questions_of_one_peer_wait_and_not_one_more() {
    let two = Two::start().await;
    let node = &two.answers.node;
    let hear = |number: u8| {
        let mut note = question(&two, PERSON);
        note.item = Hex([number; 16]);
        node.hear_note(&two.asks.card, &note)
    };
    for number in 1..=64 {
        hear(number).unwrap();
    }
    assert_eq!(code(hear(65)), "inquiries_open");
    // One that is known is no new one.
    hear(64).unwrap();
    let first = Hex([1; 16]);
    node.take_inquiry(&first, "丙").unwrap();
    assert_eq!(code(hear(65)), "inquiries_open");
    node.answer_inquiry(&first, answered(Found::PaidThen), "丙")
        .unwrap();
    hear(65).unwrap();
    assert_eq!(code(hear(66)), "inquiries_open");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_whom_nothing_is_here_nothing_is_invented() {
    let two = Two::start().await;
    let node = &two.answers.node;
    // Somebody who is only on the asking side's register.
    node.hear_note(&two.asks.card, &question(&two, 1)).unwrap();
    let seen = node.inquiry(&Hex([7; 16])).unwrap();
    let Way::Answers { asked, .. } = &seen.way else {
        panic!("the other side answers")
    };
    let suggested = |node: &hefu_node::Node| node.records_asked_about(&seen).unwrap().suggested(asked);
    assert_eq!(suggested(node), Some(Found::NoRecord));
    assert_eq!(node.own_finding_of(&seen).unwrap(), None);
    // Where what was compared is gone, nobody can tell.
    for dataset in node.store().datasets().unwrap() {
        node.delete_dataset(dataset.id, "经办").unwrap();
    }
    assert_eq!(suggested(node), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_asked_agency_sees_its_own_finding_on_the_same_person() {
    let two = Two::start().await;
    let item = two.delivered().await;
    let node = &two.answers.node;
    assert_eq!(node.own_finding_of(&node.inquiry(&item).unwrap()).unwrap(), None);
    let own = node.run_round(&two.agreement).await.unwrap().round;
    let seq = of_person(&two.answers, &own, PERSON);
    let linked = node
        .own_finding_of(&node.inquiry(&item).unwrap())
        .unwrap()
        .unwrap();
    assert_eq!((linked.round, linked.seq), (Hex(own), seq));
    for finding in 1..=PEOPLE / 2 {
        let about = node.inquiries_of(&own, finding).unwrap();
        let items: Vec<_> = about.iter().map(|inquiry| inquiry.item).collect();
        assert_eq!(
            items,
            if finding == seq { vec![item] } else { vec![] },
            "{finding}"
        );
    }
    let about = two
        .asks
        .node
        .inquiries_of(&two.round, of_person(&two.asks, &two.round, PERSON))
        .unwrap();
    assert_eq!(about.len(), 1);
}
