//! What comes twice, late, in another order or in another cut does nothing more, and is called what it is.

use hefu_link::ferry::{Cut, Form};
use hefu_node::ferry::PartNews;
use hefu_store::RoundState;
use hefu_tests::bureau::files;
use hefu_tests::ferry::{PEOPLE, Two, carry, files_under, logged, out, parts, refusals, take, taken};

#[tokio::test(flavor = "multi_thread")]
async fn parts_in_any_order_and_twice_are_one_set() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = out(receiver, sender).await.unwrap();
    let mut files = parts(receiver, &opening);
    assert!(files.len() > 2, "{}", files.len());
    files.reverse();
    for (file, left) in files.iter().zip((0..files.len()).rev()) {
        let first = taken(sender, file).await;
        assert_eq!(first.missing.len(), left);
        assert_eq!(
            first.news,
            if left == 0 {
                PartNews::Complete
            } else {
                PartNews::New
            }
        );
        let again = taken(sender, file).await;
        assert_eq!(
            again.news,
            if left == 0 {
                PartNews::Complete
            } else {
                PartNews::Already
            }
        );
        assert_eq!(again.from, receiver.node.node_key());
    }
    assert_eq!(sender.node.ferry_work().await.unwrap().letters, 1);
    // The whole set once more, while its answer waits.
    for file in &files {
        assert_eq!(taken(sender, file).await.news, PartNews::Already);
    }
    assert_eq!(sender.node.ferry_work().await.unwrap(), Default::default());
    assert_eq!(files_under(sender.folder(), "ferry/in"), 0);
    assert_eq!(two.debited(), two.rounds()[0].own_elements.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn old_sets_are_no_news_after_the_end() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let mut carried = Vec::new();
    for (from, to) in [(receiver, sender), (sender, receiver), (receiver, sender)] {
        let set = out(from, to).await.unwrap();
        let files = parts(from, &set);
        take(to, &files).await;
        carried.push((to, files));
    }
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    let heads = [receiver, sender].map(|at| at.node.store().head().unwrap());
    for (to, files) in &carried {
        for file in files {
            assert_eq!(taken(to, file).await.news, PartNews::Already);
        }
        assert_eq!(to.node.ferry_work().await.unwrap(), Default::default());
    }
    assert_eq!(
        [receiver, sender].map(|at| at.node.store().head().unwrap()),
        heads
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_was_lost_goes_again_as_it_was_or_in_another_cut() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = out(receiver, sender).await.unwrap();
    let lost = parts(receiver, &opening);
    taken(sender, &lost[0]).await;

    let text = Cut::new(Form::Text, Some(4_200)).unwrap();
    let again = receiver.node.ferry_recut(&opening.set, text).unwrap();
    assert_eq!((again.digest, again.bytes), (opening.digest, opening.bytes));
    assert!(again.parts > opening.parts);
    let files = parts(receiver, &again);
    for file in &files {
        assert!(file.name.ends_with(".txt") && file.bytes.len() <= 4_200);
        assert!(file.bytes.is_ascii());
    }
    assert_eq!(take(sender, &files).await.letters, 1);
    assert_eq!(taken(sender, &lost[1]).await.news, PartNews::Already);
    assert_eq!(carry(sender, receiver).await, 1);
    assert_eq!(carry(receiver, sender).await, 1);
    assert_eq!(two.found().len() as u64, PEOPLE / 2);
    // It has come, so its sealed bytes are gone.
    let missing = receiver.node.ferry_recut(&opening.set, text).unwrap_err();
    assert_eq!(missing.code(), "node_missing");
    let missing = receiver.node.ferry_part(&opening.set, 1).unwrap_err();
    assert_eq!(missing.code(), "node_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn small_letters_go_again_until_they_have_come() {
    let (two, first) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&first, "经办").await.unwrap();
    carry(receiver, sender).await;
    carry(sender, receiver).await;
    // This receipt gets lost; the next set has it again.
    let lost = out(receiver, sender).await.unwrap();
    assert_eq!(lost.letters.len(), 1);
    receiver.node.begin_round(&first, "经办").await.unwrap();
    let next = out(receiver, sender).await.unwrap();
    let matters: Vec<_> = next
        .letters
        .iter()
        .map(|letter| letter.letter.matter.code())
        .collect();
    assert_eq!(matters, ["receipt", "opening"]);
    assert_eq!(take(sender, &parts(receiver, &next)).await.letters, 2);
    assert_eq!(carry(sender, receiver).await, 1);
    assert_eq!(carry(receiver, sender).await, 1);
    // The lost one turns up after all.
    let missing = receiver.node.ferry_part(&lost.set, 1).unwrap_err();
    assert_eq!(missing.code(), "node_missing", "what it brought has come");
    for at in [receiver, sender] {
        let states: Vec<_> = at
            .node
            .store()
            .rounds()
            .unwrap()
            .iter()
            .map(|round| round.state)
            .collect();
        assert_eq!(states, [RoundState::Done; 2]);
        assert_eq!(refusals(at), [""; 0]);
        assert_eq!(logged(at, "round_done").len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_taken_however_the_sets_come() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(receiver, sender).await;
    carry(sender, receiver).await;
    let receipt = out(receiver, sender).await.unwrap();
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let opening = out(receiver, sender).await.unwrap();
    // The later set first: the session that is answered is not given up for the new one.
    let [receipt, opening] = [receipt, opening].map(|set| parts(receiver, &set));
    assert_eq!(take(sender, &opening).await.letters, 2);
    assert_eq!(take(sender, &receipt).await.letters, 0);
    let states = |at: &hefu_tests::bureau::Bureau| {
        let rounds = at.node.store().rounds().unwrap();
        rounds.iter().map(|round| round.state).collect::<Vec<_>>()
    };
    assert_eq!(states(sender), [RoundState::Running, RoundState::Done]);
    carry(sender, receiver).await;
    carry(receiver, sender).await;
    for at in [receiver, sender] {
        assert_eq!(states(at), [RoundState::Done; 2]);
        assert_eq!(files(&at.folder().join("ferry/in")), []);
    }
}
