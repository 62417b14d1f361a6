//! What one peer's files may take up, and what keeps whom from going on.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hefu_casework::{AgencyRole, Hex};
use hefu_link::ferry::{Cut, Form, Matter as SetMatter, SetHead, SetId, seal};
use hefu_node::Carrier;
use hefu_node::ferry::Folders;
use hefu_node::runner::system_randomness;
use hefu_psi::wire::Kind;
use hefu_tests::bureau::Bureau;
use hefu_tests::ferry::{
    Two, carry, forged, forged_in, frame, header, letter, logged, out, parts, refusals, small, take,
};
use hefu_tests::rogue::Rogue;

/// A third agency that is a peer by files of this node.
async fn third(at: &Bureau) -> Rogue {
    let third = Rogue::start("县工会", AgencyRole::TradeUnion, &[&at.card]).await;
    at.node.add_peer(&third.card).unwrap();
    at.node
        .set_carrier(&third.card.node_key(), Carrier::Files, "经办")
        .unwrap();
    third
}

/// Takes the first file of a set that has more, or says why not.
async fn begun(at: &Bureau, rogue: &Rogue) -> Result<SetHead, &'static str> {
    let (head, files) = forged_in(rogue, &at.card, &[0; 20_000], small());
    let taken = at.node.ferry_take(files[0].bytes.clone()).await;
    taken.map(|_| head).map_err(|error| error.code())
}

/// The folder of its parts looks as if the last had come so long ago.
fn untouched_for(at: &Bureau, set: &SetHead, days: u64) {
    let folder = at.folder().join("ferry/in").join(set.folder_name());
    let then = SystemTime::now() - Duration::from_secs(days * 24 * 3600 + 60);
    File::open(folder).unwrap().set_modified(then).unwrap();
}

fn coming(at: &Bureau) -> Vec<[u8; 16]> {
    let sets = at.node.store().sets_coming().unwrap();
    sets.iter().map(|set| set.id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_of_which_nothing_comes_for_a_week_gives_way_and_no_other() {
    let two = Two::start().await;
    let at = &two.sender;
    let rogue = third(at).await;
    let mut sets = Vec::new();
    for _ in 0..64 {
        sets.push(begun(at, &rogue).await.unwrap());
    }
    // Others' sets give way to nobody but them.
    let other = Rogue::start("县法院", AgencyRole::Court, &[&at.card]).await;
    at.node.add_peer(&other.card).unwrap();
    let others = begun(at, &other).await.unwrap();
    untouched_for(at, &others, 30);
    untouched_for(at, &sets[9], 6);
    assert_eq!(begun(at, &rogue).await.unwrap_err(), "ferry_too_many_sets");
    assert_eq!(logged(at, "set_dropped"), []);

    untouched_for(at, &sets[20], 7);
    untouched_for(at, &sets[30], 8);
    begun(at, &rogue).await.unwrap();
    let dropped = logged(at, "set_dropped");
    let [entry] = dropped.as_slice() else {
        panic!("{dropped:?}");
    };
    assert_eq!(entry.actor, "node");
    assert_eq!(entry.body["set"], Hex(sets[20].set().bytes()).to_string());
    let left = coming(at);
    assert_eq!(left.len(), 65);
    assert!(!left.contains(&sets[20].set().bytes()));
    assert!(left.contains(&others.set().bytes()));
    assert!(!at.folder().join("ferry/in").join(sets[20].folder_name()).exists());
    // The other that is as old makes room for one more, and for no third.
    begun(at, &rogue).await.unwrap();
    assert_eq!(begun(at, &rogue).await.unwrap_err(), "ferry_too_many_sets");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_is_given_up_comes_again_from_its_first_part() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let peer = receiver.node.node_key();
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let set = out(receiver, sender).await.unwrap();
    let files = parts(receiver, &set);
    let (last, first) = files.split_last().unwrap();
    take(sender, first).await;
    assert_eq!(coming(sender), [set.set]);
    let stranger = sender.node.ferry_drop(&[7; 32], &set.set, "经办").await;
    assert_eq!(stranger.unwrap_err().code(), "node_missing");
    sender.node.ferry_drop(&peer, &set.set, "经办").await.unwrap();
    assert_eq!(logged(sender, "set_dropped")[0].actor, "经办");
    assert_eq!(coming(sender), [[0; 16]; 0]);
    assert_eq!(fs::read_dir(sender.folder().join("ferry/in")).unwrap().count(), 0);

    // The last file alone makes nothing whole any more.
    assert_eq!(take(sender, std::slice::from_ref(last)).await.sets, 0);
    assert_eq!(take(sender, first).await.sets, 1);
    let done = sender.node.ferry_drop(&peer, &set.set, "经办").await;
    assert_eq!(done.unwrap_err().code(), "store_immutable");
    carry(sender, receiver).await;
    carry(receiver, sender).await;
    assert!(
        two.rounds()
            .iter()
            .all(|round| round.state == hefu_store::RoundState::Done)
    );
}

/// A set of this number that holds these letters.
async fn sends(rogue: &Rogue, at: &Bureau, number: [u8; 16], letters: &[Vec<u8>]) {
    let content = [frame(0x81, b""), letters.concat()].concat();
    let mut sealed = Vec::new();
    let head = seal(
        &rogue.keys,
        &at.card,
        SetId::from(number),
        &[SetMatter::Ended],
        &mut content.as_slice(),
        &mut sealed,
        &mut *system_randomness(),
    )
    .unwrap();
    let mut file = Vec::new();
    let cutting = Cut::new(Form::Binary, None).unwrap().of(&head).unwrap();
    cutting
        .write(&rogue.keys, 1, &mut std::io::Cursor::new(sealed), &mut file)
        .unwrap();
    at.node.ferry_take(file).await.unwrap();
    at.node.ferry_work().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slip_is_found_by_its_sender_and_names_no_agreement_of_others() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let set = out(receiver, sender).await.unwrap();
    take(sender, &parts(receiver, &set)).await;
    let peer = receiver.node.node_key();
    let slip = || sender.node.ferry_slip(&set.set, Some(&peer)).unwrap();
    let true_slip = slip();
    assert_eq!(true_slip, receiver.node.ferry_slip(&set.set, None).unwrap());
    assert_eq!(true_slip.agreements[0].number, "1号");

    // A third gives its own set that number, and its letter that agreement.
    let third = third(sender).await;
    let head = header("receipt", 3, &[9; 32], &agreement);
    let lie = letter(&head, &[(Kind::Receipt as u8, b"nonsense")]);
    sends(&third, sender, set.set, &[lie]).await;
    assert_eq!(slip(), true_slip);
    let his = third.card.node_key();
    let other = sender.node.ferry_slip(&set.set, Some(&his)).unwrap();
    assert_eq!((other.from.node_key.0, other.letters.len()), (his, 1));
    assert_eq!(other.letters[0].agreement, None);
    assert!(other.agreements.is_empty());
    // Without a sender it is this node's own that is meant.
    assert_eq!(
        sender.node.ferry_slip(&set.set, None).unwrap_err().code(),
        "node_missing"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_letters_that_are_refused_cost_one_entry() {
    let two = Two::start().await;
    let at = &two.sender;
    let third = third(at).await;
    let letters: Vec<_> = (0..100)
        .map(|id| {
            letter(
                &header("receipt", id, &[9; 32], &[8; 32]),
                &[(Kind::Receipt as u8, b"nonsense")],
            )
        })
        .collect();
    sends(&third, at, [1; 16], &letters).await;
    sends(&third, at, [2; 16], &vec![frame(0x80, b"nonsense"); 100]).await;
    let entries = logged(at, "letter_refused");
    let codes: Vec<_> = entries
        .iter()
        .map(|entry| entry.body["refused"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["node_missing", "abort_malformed"]);
    // Each stands on record all the same; what can't be told apart, once.
    assert_eq!(refusals(at).len(), 101);
    let sets = logged(at, "set_taken");
    let unreadable: Vec<_> = sets.iter().map(|set| set.body["unreadable"].as_u64()).collect();
    assert_eq!(unreadable, [Some(0), Some(100)]);
}

/// Whoever is root can remove the files all the same: for others the folder's rights keep them.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_removed_keeps_none_behind_it() {
    let two = Two::start().await;
    let at = &two.sender;
    let rogue = third(at).await;
    let beside = |name: &str| PathBuf::from(format!("{}.{name}", at.folder().display()));
    let folders = Folders {
        outbox: beside("out"),
        inbox: beside("in"),
        slips: beside("slips"),
        cut: small(),
    };
    fs::create_dir_all(&folders.inbox).unwrap();
    for name in ["1", "2"] {
        let file = forged(&rogue, &at.card, &frame(0x81, b""));
        fs::write(folders.inbox.join(name), file.bytes).unwrap();
    }
    fs::set_permissions(&folders.inbox, Permissions::from_mode(0o500)).unwrap();
    let watching = tokio::spawn(Arc::clone(&at.node).watch_folders(folders.clone(), None));
    let began = std::time::Instant::now();
    while logged(at, "set_taken").len() < 2 {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "the second is not taken"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let left = fs::read_dir(&folders.inbox).unwrap().count();
    assert_eq!(at.node.ferry_status().unwrap().refused.len(), left);
    watching.abort();
    fs::set_permissions(&folders.inbox, Permissions::from_mode(0o700)).unwrap();
}
