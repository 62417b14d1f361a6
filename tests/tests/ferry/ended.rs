//! A round by files is given up by either side at any stage, runs out of time, or is opened once more; both records say
//! the same, and either log proves it.

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_node::ferry::{Matter, WaitStep};
use hefu_psi::wire::{Abort, encode_abort};
use hefu_store::{LogEntry, RoundState};
use hefu_tests::bureau::Bureau;
use hefu_tests::ferry::{Two, carry, logged, out, parts, refusals, take};
use ring::signature::{ED25519, UnparsedPublicKey};
use rusqlite::Connection;

/// The newest round at a node: its state, and the reason that both sides show.
fn ended(at: &Bureau) -> (RoundState, Option<String>) {
    let round = at.node.store().rounds().unwrap().remove(0);
    (round.state, round.reason)
}

fn bytes(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

/// That both words in this entry are signed by whom it says, to the other: gives the two reasons.
fn proven(entry: &LogEntry, teller: &Card, hearer: &Card) -> [Vec<u8>; 2] {
    proven_as(entry, teller, hearer, "hefu/3 heard\0")
}

fn proven_as(entry: &LogEntry, teller: &Card, hearer: &Card, heard: &str) -> [Vec<u8>; 2] {
    let text = |place: &str| entry.body.pointer(place).unwrap().as_str().unwrap().to_owned();
    let call = bytes(&text("/call"));
    [
        ("ended", "hefu/3 ended\0", teller, hearer),
        ("heard", heard, hearer, teller),
    ]
    .map(|(word, label, by, to)| {
        assert_eq!(text(&format!("/{word}/by")), Hex(by.node_key()).to_string());
        let reason = bytes(&text(&format!("/{word}/reason")));
        let signed = [label.as_bytes(), &to.node_key(), &call, &reason].concat();
        UnparsedPublicKey::new(&ED25519, by.node_key())
            .verify(&signed, &bytes(&text(&format!("/{word}/signature"))))
            .unwrap();
        reason
    })
}

/// Letters go back and forth until nothing is due; then both logs have both words.
async fn settled(two: &Two, teller: &Bureau, hearer: &Bureau) -> [Vec<u8>; 2] {
    let Two { receiver, sender, .. } = two;
    while carry(receiver, sender).await + carry(sender, receiver).await > 0 {}
    let [one, other] = [teller, hearer].map(|at| {
        let [entry] = logged(at, "end_exchanged").try_into().unwrap();
        proven(&entry, &teller.card, &hearer.card)
    });
    assert_eq!(one, other);
    for at in [receiver, sender] {
        for folder in ["ferry/letters", "spool"] {
            assert_eq!(hefu_tests::ferry::files_under(at.folder(), folder), 0);
        }
        assert_eq!(at.node.ferry_status().unwrap().waiting, []);
        at.node.store().verify().unwrap();
    }
    one
}

fn cancelled() -> (RoundState, Option<String>) {
    (RoundState::Failed, Some("abort_cancelled".to_owned()))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_gives_up_what_nobody_has_heard_of() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    receiver.node.ferry_work().await.unwrap();
    receiver.node.cancel_round(&round, "经办").await.unwrap();
    assert_eq!(carry(receiver, sender).await, 0, "no word is needed");
    assert_eq!(ended(receiver), cancelled());
    assert_eq!(
        hefu_tests::ferry::files_under(receiver.folder(), "ferry/letters"),
        0
    );
    assert_eq!(sender.node.store().rounds().unwrap(), []);
    // And a new one can begin.
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    carry(sender, receiver).await;
    assert_eq!(ended(receiver).0, RoundState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_gives_up_what_is_on_its_way() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = out(receiver, sender).await.unwrap();
    receiver.node.cancel_round(&round, "经办").await.unwrap();
    // The word comes first, and then what it is about: nothing begins, and nothing is debited.
    let files = parts(receiver, &opening);
    assert_eq!(carry(receiver, sender).await, 1);
    assert_eq!(take(sender, &files).await.letters, 1);
    assert_eq!(refusals(sender), ["abort_cancelled"]);
    assert_eq!(sender.node.store().rounds().unwrap(), []);
    assert_eq!(two.debited(), 0);
    assert_eq!(carry(sender, receiver).await, 2);
    assert_eq!(ended(receiver), cancelled());
    for at in [receiver, sender] {
        let [entry] = logged(at, "end_exchanged").try_into().unwrap();
        let reasons = proven_as(&entry, &receiver.card, &sender.card, "hefu/3 unknown\0");
        assert_eq!(reasons, [encode_abort(&Abort::Cancelled), Vec::new()]);
    }
    assert_eq!(
        refusals(receiver),
        ["session_ended"],
        "an answer to what was given up"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receiver_gives_up_what_is_answered() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    let answer = out(sender, receiver).await.unwrap();
    let answer = parts(sender, &answer);
    receiver.node.cancel_round(&round, "经办").await.unwrap();
    take(receiver, &answer).await;
    assert_eq!(refusals(receiver), ["session_ended"]);
    assert_eq!(two.found(), [""; 0]);
    let reasons = settled(&two, receiver, sender).await;
    assert_eq!(reasons[0], reasons[1]);
    assert_eq!([receiver, sender].map(ended), [cancelled(), cancelled()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_gives_up_what_it_has_answered() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    let answered = two.rounds()[1].id;
    sender.node.cancel_round(&answered, "经办").await.unwrap();
    let word = out(sender, receiver).await.unwrap();
    let matters: Vec<_> = word.letters.iter().map(|letter| letter.letter.matter).collect();
    assert_eq!(matters, [Matter::Ended], "and no answer");
    take(receiver, &parts(sender, &word)).await;
    let reasons = settled(&two, sender, receiver).await;
    assert_eq!(reasons[0], reasons[1]);
    assert_eq!([receiver, sender].map(ended), [cancelled(), cancelled()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sender_gives_up_what_the_receiver_is_done_with() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    carry(sender, receiver).await;
    let receipt = parts(receiver, &out(receiver, sender).await.unwrap());
    let answered = two.rounds()[1].id;
    sender.node.cancel_round(&answered, "经办").await.unwrap();
    // The receipt comes too late: it is on record as that.
    take(sender, &receipt).await;
    assert_eq!(refusals(sender), ["session_ended"]);
    let [told, heard] = settled(&two, sender, receiver).await;
    assert!(
        !told.is_empty() && heard.is_empty(),
        "the one gave up, the other was done"
    );
    assert_eq!(ended(sender), cancelled());
    assert_eq!(ended(receiver).0, RoundState::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn both_give_up_and_each_says_so() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let round = receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    receiver.node.cancel_round(&round, "经办").await.unwrap();
    sender
        .node
        .cancel_round(&two.rounds()[1].id, "经办")
        .await
        .unwrap();
    let words = [
        parts(receiver, &out(receiver, sender).await.unwrap()),
        parts(sender, &out(sender, receiver).await.unwrap()),
    ];
    take(sender, &words[0]).await;
    take(receiver, &words[1]).await;
    while carry(receiver, sender).await + carry(sender, receiver).await > 0 {}
    for (at, other) in [(receiver, sender), (sender, receiver)] {
        let entry = &logged(at, "end_exchanged")[0];
        proven(entry, &other.card, &at.card);
        assert_eq!(ended(at), cancelled());
        assert_eq!(at.node.ferry_status().unwrap().due, []);
    }
}

/// Puts the end of a session's time into the past, as a clock that runs does.
fn let_time_run(folder: &std::path::Path) {
    let database = Connection::open(folder.join("hefu.db")).unwrap();
    let text = include_str!("../../../crates/store/src/migrations/0005_ferry.sql");
    let start = text.find("CREATE TRIGGER sessions_keep_what_was_said").unwrap();
    let end = start + text[start..].find("END;").unwrap() + 4;
    let change = "UPDATE sessions SET expires_at = '2026-01-01T00:00:00Z'";
    let change = format!(
        "DROP TRIGGER sessions_keep_what_was_said; {change}; {}",
        &text[start..end]
    );
    database.execute_batch(&change).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_in_time_at_the_receiver_and_never_at_a_sender_that_has_answered() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    carry(&sender, &receiver).await;
    let receipt = parts(&receiver, &out(&receiver, &sender).await.unwrap());
    // The sender's time is over long ago; the receiver is done.
    let closed = sender.close().await;
    let_time_run(&closed.folder);
    let sender = closed.open(hefu_tests::bureau::surroundings()).await;
    sender.node.ferry_work().await.unwrap();
    let waiting = sender.node.ferry_status().unwrap().waiting;
    assert_eq!((waiting[0].step, waiting[0].until), (WaitStep::Receipt, None));
    take(&sender, &receipt).await;
    assert_eq!(ended(&sender).0, RoundState::Done);

    // The next one: no answer comes in time.
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&receiver, &sender).await;
    let late = parts(&sender, &out(&sender, &receiver).await.unwrap());
    let before = receiver.node.ferry_status().unwrap().waiting;
    assert!(!before[0].remind && before[0].until.is_some());
    let closed = receiver.close().await;
    let_time_run(&closed.folder);
    let receiver = closed.open(hefu_tests::bureau::surroundings()).await;
    let reminded = receiver.node.ferry_status().unwrap().waiting;
    assert!(reminded[0].remind);
    receiver.node.ferry_work().await.unwrap();
    let expired = (RoundState::Failed, Some("abort_expired".to_owned()));
    assert_eq!(ended(&receiver), expired);
    take(&receiver, &late).await;
    assert_eq!(refusals(&receiver), ["session_ended"]);
    let two = Two {
        receiver,
        sender,
        dir,
    };
    settled(&two, &two.receiver, &two.sender).await;
    assert_eq!(ended(&two.sender), expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_after_the_end_hears_how_it_ended() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = parts(&receiver, &out(&receiver, &sender).await.unwrap());
    take(&sender, &opening).await;
    let answered = sender.node.store().rounds().unwrap()[0].id;
    sender.node.cancel_round(&answered, "经办").await.unwrap();
    // The word is lost, and the receiver's letter is made anew, as after a crash that took the first one with it.
    let closed = receiver.close().await;
    let database = Connection::open(closed.folder.join("hefu.db")).unwrap();
    let schema = include_str!("../../../crates/store/src/migrations/0005_ferry.sql");
    let trigger = |name: &str| {
        let start = schema.find(&format!("CREATE TRIGGER {name} ")).unwrap();
        let end = start + schema[start..].find("END;").unwrap() + 4;
        schema[start..end].to_owned()
    };
    let change = format!(
        "DROP TRIGGER letters_stay; DROP TRIGGER set_letters_stay;
         DELETE FROM set_letters WHERE letter IN (SELECT id FROM letters WHERE matter = 'opening');
         DELETE FROM letters WHERE matter = 'opening'; {} {}",
        trigger("letters_stay"),
        trigger("set_letters_stay"),
    );
    database.execute_batch(&change).unwrap();
    drop(database);
    let receiver = closed.open(hefu_tests::bureau::surroundings()).await;
    assert_eq!(carry(&receiver, &sender).await, 1);
    assert_eq!(refusals(&sender), ["session_ended"]);
    let answer = out(&sender, &receiver).await.unwrap();
    let matters: Vec<_> = answer.letters.iter().map(|letter| letter.letter.matter).collect();
    assert_eq!(matters, [Matter::Answer, Matter::Ended]);
    take(&receiver, &parts(&sender, &answer)).await;
    assert_eq!([&receiver, &sender].map(ended), [cancelled(), cancelled()]);
    assert_eq!(
        logged(&sender, "session_opened").len(),
        1,
        "it began once, and was debited once"
    );
    let two = Two {
        receiver,
        sender,
        dir,
    };
    settled(&two, &two.sender, &two.receiver).await;
}
