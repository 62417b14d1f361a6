//! The plain way: an agreement and a round by letters come to what they come to over a line.

use hefu_casework::{AgencyRole, Purpose};
use hefu_node::ferry::{LetterState, Matter, WaitStep};
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, agree, introduce, proposal, surroundings};
use hefu_tests::ferry::{PEOPLE, Two, carry, files_under, logged, out, parts, shown, take};

/// What the same registers come to over a line.
async fn over_a_line() -> (Vec<String>, u64) {
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let receiver = start("县民政局", AgencyRole::CivilAffairs).await;
    let sender = start("县残联", AgencyRole::DisabledFederation).await;
    receiver.pays(EXTREME_POVERTY, 0..PEOPLE);
    sender.pays(DISABLED_LIVING, PEOPLE / 2..PEOPLE / 2 + PEOPLE);
    introduce(&receiver, &sender);
    let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
    let agreement = agree(&receiver, &sender, proposal(Purpose::Duplicates, "1号", parties)).await;
    let learned = receiver.node.run_round(&agreement).await.unwrap();
    let month = hefu_casework::Month::of(hefu_tests::agency::days_from_today(0));
    let debited = sender.node.store().debited(&receiver.node.node_key(), month);
    (
        learned.outcome.findings.iter().map(shown).collect(),
        debited.unwrap(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_by_letters_finds_what_it_finds_over_a_line() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let step = |at: &Bureau| {
        let waiting = at.node.ferry_status().unwrap().waiting;
        waiting.iter().map(|waiting| waiting.step).collect::<Vec<_>>()
    };
    assert_eq!(step(receiver), [WaitStep::Carrying]);

    let opening = out(receiver, sender).await.unwrap();
    let matters: Vec<_> = opening
        .letters
        .iter()
        .map(|letter| letter.letter.matter)
        .collect();
    assert_eq!(matters, [Matter::Opening]);
    assert_eq!(step(receiver), [WaitStep::Answer]);
    assert_eq!(out(receiver, sender).await, None, "nothing is new");
    take(sender, &parts(receiver, &opening)).await;
    assert_eq!(step(sender), [WaitStep::Receipt]);
    assert!(
        sender
            .node
            .store()
            .session_seed(&two.rounds()[1].id)
            .unwrap()
            .is_none()
    );
    assert_eq!(files_under(sender.folder(), "spool"), 0);

    assert_eq!(carry(sender, receiver).await, 1);
    assert_eq!(step(receiver), []);
    let [asked, answered] = two.rounds();
    assert_eq!((asked.id, asked.state), (round, RoundState::Done));
    assert_eq!(answered.state, RoundState::Running);
    assert_eq!(carry(receiver, sender).await, 1);
    assert_eq!(step(sender), []);

    let [asked, answered] = two.rounds();
    assert_eq!([asked.state, answered.state], [RoundState::Done; 2]);
    assert_eq!(asked.matched, Some(PEOPLE / 2 * 3));
    let (findings, debited) = over_a_line().await;
    assert_eq!(findings.len() as u64, PEOPLE / 2);
    assert_eq!(two.found(), findings);
    assert_eq!(two.debited(), debited);
    assert_eq!(asked.own_elements, answered.peer_elements);
    assert_eq!(asked.peer_elements, answered.own_elements);

    // Both logs have the same receipt, and each finding can be proven.
    let done = [receiver, sender].map(|at| logged(at, "round_done").pop().unwrap().body);
    for place in [
        "session",
        "by_receiver",
        "by_sender",
        "blinded",
        "evaluated",
        "tags",
    ] {
        assert_eq!(done[0][place], done[1][place], "{place}");
    }
    assert_eq!(receiver.node.prove_finding(&round, 0).unwrap(), 3);

    // What has come is known to have come, and nothing waits on any disk but the receipt, which is not acknowledged.
    let status = receiver.node.ferry_status().unwrap();
    let opening = status.out.iter().find(|set| set.set == opening.set).unwrap();
    assert_eq!(opening.letters[0].state, LetterState::Acknowledged);
    for folder in ["ferry/letters", "ferry/in", "ferry/opened", "spool"] {
        for at in [receiver, sender] {
            assert_eq!(files_under(at.folder(), folder), 0, "{folder}");
        }
    }
    // The last receipt, and the sender's signature under the agreement, which the opening acknowledged.
    assert_eq!(files_under(receiver.folder(), "ferry/out"), 1);
    assert_eq!(files_under(sender.folder(), "ferry/out"), 0);
    for at in [receiver, sender] {
        at.node.store().verify().unwrap();
    }
}
