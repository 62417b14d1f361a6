//! Rubbish and damage in folders, and what one's trouble does to the files of others.

use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::AgencyRole;
use hefu_link::Card;
use hefu_link::ferry::{Cut, Form};
use hefu_node::ferry::Folders;
use hefu_tests::bureau::{Bureau, files, surroundings};
use hefu_tests::ferry::{Two, frame, logged, out};

use crate::{sends, third};

/// Who can write into the outbox has the node overwrite any file of its own.
#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_follows_no_links() {
    let (two, _) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = &two;
    two.receiver
        .node
        .begin_round(&two.agree("2号").await, "经办")
        .await
        .unwrap();
    let set = out(receiver, sender).await.unwrap();
    let name = receiver.node.ferry_part(&set.set, 1).unwrap().name;
    let folders = folders(receiver);
    std::fs::create_dir_all(&folders.outbox).unwrap();
    let victim = dir.path().join("a file of the node");
    std::fs::write(&victim, "precious").unwrap();
    symlink(&victim, folders.outbox.join(format!(".{name}"))).unwrap();
    let watching = tokio::spawn(Arc::clone(&receiver.node).watch_folders(folders, None));
    tokio::time::sleep(Duration::from_secs(3)).await;
    watching.abort();
    assert_eq!(std::fs::read(&victim).unwrap(), b"precious", "overwritten");
}

/// After a restore, a set that had not been written yet keeps all others out of the outbox.
#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_a_backup_lacks_keeps_no_other() {
    let (two, _) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    let parties = [
        receiver.party(hefu_tests::agency::EXTREME_POVERTY),
        sender.party(hefu_tests::agency::DISABLED_LIVING),
    ];
    let propose = |number: &str| {
        hefu_tests::bureau::proposal(hefu_casework::Purpose::Duplicates, number, parties.clone())
    };
    receiver.node.draft(propose("2号"), "经办").unwrap();
    out(&receiver, &sender).await.unwrap();
    let backup = dir.path().join("backup");
    receiver.node.backup(&backup, "经办").unwrap();
    let closed = receiver.close().await;
    hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "经办").unwrap();
    let receiver = closed.open(surroundings()).await;
    receiver.node.draft(propose("3号"), "经办").unwrap();
    let folders = folders(&receiver);
    std::fs::create_dir_all(&folders.outbox).unwrap();
    let watching = tokio::spawn(Arc::clone(&receiver.node).watch_folders(folders.clone(), None));
    tokio::time::sleep(Duration::from_secs(6)).await;
    watching.abort();
    let _ = watching.await;
    assert_eq!(
        receiver.node.store().sets_out().unwrap().len(),
        3,
        "the new set is made"
    );
    assert_ne!(
        files(&folders.outbox).len(),
        0,
        "nothing leaves this node any more"
    );
}

/// Rubbish in the inbox costs its square, with every look into it.
#[tokio::test(flavor = "multi_thread")]
async fn rubbish_in_the_inbox_costs_no_square() {
    let mut took = Vec::new();
    for many in [2_000, 16_000] {
        let two = Two::start().await;
        let folders = folders(&two.receiver);
        std::fs::create_dir_all(&folders.inbox).unwrap();
        for number in 0..many {
            std::fs::write(folders.inbox.join(format!("{number:06}")), "x").unwrap();
        }
        let watching = tokio::spawn(Arc::clone(&two.receiver.node).watch_folders(folders, None));
        while two.receiver.node.ferry_status().unwrap().refused.len() < many {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (began, before) = (Instant::now(), processor_seconds());
        tokio::time::sleep(Duration::from_secs(8)).await;
        took.push(processor_seconds() - before);
        watching.abort();
        println!(
            "{many} files: {:.2} s of {:?}",
            took.last().unwrap(),
            began.elapsed()
        );
    }
    assert!(took[1] < 16.0 * took[0].max(0.05), "{took:?}");
}

/// What this process has used of the processor.
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: f64 = [11, 12]
        .iter()
        .map(|at| fields[*at].parse::<f64>().unwrap())
        .sum();
    ticks / 100.0
}

/// A few bytes of rubbish in a set cost an entry of the log each, for ever.
#[tokio::test(flavor = "multi_thread")]
async fn rubbish_letters_cost_no_entry_each() {
    let two = Two::start().await;
    let at = &two.sender;
    let third = third(at).await;
    let before = at.log_after(0).len();
    let rubbish = vec![frame(0x80, b""); 1_000];
    let began = Instant::now();
    sends(&third, at, &[], &rubbish).await;
    let entries = at.log_after(0).split_off(before);
    let bytes: usize = entries.iter().map(|entry| entry.body.to_string().len()).sum();
    println!(
        "5,000 bytes: {} entries, {bytes} bytes of bodies, {:?}",
        entries.len(),
        began.elapsed()
    );
    assert!(entries.len() < 100);
}

/// One folder of one peer that can't be read keeps the sets of all others.
#[tokio::test(flavor = "multi_thread")]
async fn one_damaged_folder_keeps_nobody_elses_sets() {
    let (two, _) = Two::agreed("1号").await;
    let Two { receiver, sender, .. } = &two;
    let third = third(sender).await;
    let cut = Cut::new(Form::Binary, Some(4_096)).unwrap();
    let (head, files) = hefu_tests::ferry::forged_in(&third, &sender.card, &[0; 20_000], cut);
    sender.node.ferry_take(files[0].bytes.clone()).await.unwrap();
    // A sector is lost.
    let folder = sender.folder().join("ferry/in").join(head.folder_name());
    std::fs::write(folder.join("head.json"), "\0\0\0").unwrap();
    let text = hefu_tests::bureau::proposal(
        hefu_casework::Purpose::Duplicates,
        "2号",
        [
            receiver.party(hefu_tests::agency::EXTREME_POVERTY),
            sender.party(hefu_tests::agency::DISABLED_LIVING),
        ],
    );
    sender.node.draft(text, "经办").unwrap();
    let peer = receiver.node.node_key();
    let made = sender.node.ferry_out(&peer, cut, "经办").await;
    assert!(
        made.is_ok(),
        "{:?}",
        made.map(|_| ()).map_err(|error| error.code())
    );
}

/// An outsider whose card nobody has taken makes the log grow with each file.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_cards_cost_no_entry_each() {
    let two = Two::start().await;
    let keys = hefu_link::Keys::generate().unwrap();
    let cut = Cut::new(Form::Binary, None).unwrap();
    for number in 0..50_u8 {
        let name = format!("生人{}", number % 2);
        let card = Card::new(&keys, &name, AgencyRole::Court, "10.0.0.1:1").unwrap();
        let (head, bytes) =
            hefu_link::ferry::enclose_card(&keys, hefu_link::ferry::SetId::from([number; 16]), &card)
                .unwrap();
        let mut file = Vec::new();
        cut.of(&head)
            .unwrap()
            .write(&keys, 1, &mut std::io::Cursor::new(bytes), &mut file)
            .unwrap();
        two.receiver.node.ferry_take(file).await.unwrap();
    }
    let entries = logged(&two.receiver, "card_came").len();
    assert!(entries < 10, "{entries}");
}

fn folders(at: &Bureau) -> Folders {
    let beside = |name: &str| PathBuf::from(format!("{}.{name}", at.folder().display()));
    Folders {
        outbox: beside("out"),
        inbox: beside("in"),
        slips: beside("slips"),
        cut: Cut::new(Form::Binary, None).unwrap(),
    }
}
