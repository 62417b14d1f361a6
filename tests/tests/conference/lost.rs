//! Folders that are lost, restored, or put back.

use std::path::Path;

use hefu_casework::conference::{Enrolled, Entry, Placed, Private, Seat, State, Word};
use hefu_casework::{Hex, Text};
use hefu_node::{Node, Verdict};
use hefu_store::{NewConferenceEntry, Said};
use hefu_tests::bureau::Bureau;
use hefu_tests::conference::{Table, keys_of, line, readers};
use hefu_tests::ferry::logged;
use jiff::Timestamp;

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

fn put_back(kept: &Path, folder: &Path) {
    std::fs::remove_dir_all(folder).unwrap();
    copy(kept, folder);
}

/// A process that was killed after the office had its word, and before it had the answer, says the same once more.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_was_lost_comes_again() {
    let mut table = Table::start(2).await;
    let (entry, _) = table.says(0, 1, "函");
    let kept = table.dir.path().join("kept");
    table.reopens(0, |closed| copy(&closed.folder, &kept)).await;
    table.members[0].node.sync_conference(&table.id).await.unwrap();
    let head = table.head(table.office());
    table.reopens(0, |closed| put_back(&kept, &closed.folder)).await;
    assert_eq!(
        table.members[0].node.said(&table.id, &entry).unwrap(),
        Said::Waiting
    );
    table.sync().await;
    assert_eq!(table.is_one(), head);
    assert_eq!(
        table.members[0].node.said(&table.id, &entry).unwrap(),
        Said::Placed(4)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_from_an_old_backup_catches_up_before_it_speaks() {
    let mut table = Table::start(2).await;
    let (before, _) = table.says(0, 1, "备份之前说的");
    let backup = table.dir.path().join("backup");
    table.members[0].node.backup(&backup, "经办").unwrap();
    table.members[0].node.sync_conference(&table.id).await.unwrap();
    let (_, after) = table.says(0, 1, "备份之后说的");
    table.sync().await;
    assert_eq!(table.head(table.office()).seq, 5);
    table
        .reopens(0, |closed| {
            let (folder, unlock) = (&closed.folder, &closed.unlock);
            Node::restore(&backup, folder, unlock, "经办").unwrap();
        })
        .await;
    let member = &table.members[0];
    assert_eq!(
        table.head(member).seq,
        3,
        "the backup was made before either came on record"
    );
    let third = line(member, &table.members[1], "恢复之后说的");
    let to = readers(member, &table.id, &third);
    let private = || Some((Private::Items(vec![third.clone()]), to.clone()));
    let early = member
        .node
        .say(&table.id, Word::Items {}, private(), "经办")
        .unwrap_err();
    assert_eq!(early.code(), "conference_restored");
    assert!(member.node.conference(&table.id).unwrap().is_restored());
    member.node.sync_conference(&table.id).await.unwrap();
    let lines = |at: &Bureau| {
        at.node
            .with_conference(&table.id, |state| state.lines().count())
            .unwrap()
    };
    assert_eq!(lines(member), 2);
    let read = member
        .node
        .with_conference(&table.id, |state| state.line(&after.item, &after.from).cloned());
    assert_eq!(
        read.unwrap(),
        Some(after),
        "what it had forgotten is its own still"
    );
    assert_eq!(member.node.said(&table.id, &before).unwrap(), Said::Placed(4));
    let said = member
        .node
        .say(&table.id, Word::Items {}, private(), "经办")
        .unwrap();
    table.sync().await;
    assert_eq!(table.is_one().seq, 6);
    assert_eq!(member.node.said(&table.id, &said).unwrap(), Said::Placed(6));
    assert_eq!(lines(table.office()), 3);
}

/// What a backup had on its way may stand otherwise on record by now, under its number.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_a_backup_is_numbered_after_what_was_said_since() {
    let mut table = Table::start(2).await;
    let kept = table.dir.path().join("kept");
    table.reopens(0, |closed| copy(&closed.folder, &kept)).await;
    table.says(0, 1, "另一件事");
    table.sync().await;
    // The folder is put back to where nothing of that was said, and says something else under the same number.
    table.reopens(0, |closed| put_back(&kept, &closed.folder)).await;
    let (entry, _) = table.says(0, 1, "同一个编号");
    table.sync().await;
    assert_eq!(table.is_one().seq, 5);
    assert_eq!(
        table.members[0].node.said(&table.id, &entry).unwrap(),
        Said::Placed(5)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_from_an_old_backup_takes_back_what_it_signed() {
    let mut table = Table::start(3).await;
    let backup = table.dir.path().join("backup");
    table.office().node.backup(&backup, "主任").unwrap();
    // The third member reads nothing of this: what is enclosed for it would be lost with the office.
    let (_, for_third) = table.says(0, 2, "给第三家");
    table.says(1, 0, "给第一家");
    for _ in 0..2 {
        for member in &table.members[..2] {
            member.node.sync_conference(&table.id).await.unwrap();
        }
    }
    let head = table.head(table.office());
    assert_eq!(head.seq, 6);
    let closed = table.closes_office().await;
    Node::restore(&backup, &closed.folder, &closed.unlock, "主任").unwrap();
    table.opens_office(closed).await;
    assert_eq!(table.head(table.office()).seq, 4);
    let seat = Word::Left {
        member: Hex(table.members[2].node.node_key()),
        reason: Text::new("撤并").unwrap(),
    };
    let early = table
        .office()
        .node
        .say(&table.id, seat.clone(), None, "主任")
        .unwrap_err();
    assert_eq!(early.code(), "conference_restored");

    // Who comes first gives all back; until the last has come, nothing is placed on top.
    let (waits, _) = table.says(1, 0, "恢复期间");
    for member in &table.members[..2] {
        member.node.sync_conference(&table.id).await.unwrap();
        assert_eq!(table.head(table.office()), head);
        assert!(table.office().node.conference(&table.id).unwrap().is_restored());
    }
    assert_eq!(
        table.members[1].node.said(&table.id, &waits).unwrap(),
        Said::Waiting
    );
    table.members[2].node.sync_conference(&table.id).await.unwrap();
    assert!(!table.office().node.conference(&table.id).unwrap().is_restored());
    table.sync().await;
    table.sync().await;
    assert_eq!(table.is_one().seq, 7);
    assert_eq!(
        table.members[1].node.said(&table.id, &waits).unwrap(),
        Said::Placed(7)
    );
    let third = table.members[2].node.with_conference(&table.id, |state| {
        state.line(&for_third.item, &for_third.from).cloned()
    });
    assert_eq!(
        third.unwrap(),
        Some(for_third),
        "handed out from what its author gave back"
    );
    let office = table
        .office()
        .node
        .with_conference(&table.id, |state| state.lines().count());
    assert_eq!(office.unwrap(), 3);
    assert_eq!(logged(table.office(), "conference_resumed").len(), 1);
    table.office().node.say(&table.id, seat, None, "主任").unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_does_not_wait_for_ever() {
    let mut table = Table::start(2).await;
    let backup = table.dir.path().join("backup");
    table.office().node.backup(&backup, "主任").unwrap();
    let closed = table.closes_office().await;
    Node::restore(&backup, &closed.folder, &closed.unlock, "主任").unwrap();
    table.opens_office(closed).await;
    table.members[0].node.sync_conference(&table.id).await.unwrap();
    assert!(table.office().node.conference(&table.id).unwrap().is_restored());
    let resumed = table.office().node.resume_conference(&table.id, "主任").unwrap();
    assert!(!resumed.is_restored());
    table.says(0, 1, "函");
    table.sync().await;
    table.sync().await;
    assert_eq!(table.is_one().seq, 4);
}

/// Its folder was put back without a word, and it went on from there.
#[tokio::test(flavor = "multi_thread")]
async fn an_office_that_signed_two_records_is_found_out() {
    let mut table = Table::start(2).await;
    let kept = table.dir.path().join("kept");
    let closed = table.closes_office().await;
    copy(&closed.folder, &kept);
    table.opens_office(closed).await;
    table.says(0, 1, "一份记录");
    table.members[0].node.sync_conference(&table.id).await.unwrap();
    assert_eq!(table.head(&table.members[0]).seq, 4);

    let closed = table.closes_office().await;
    put_back(&kept, &closed.folder);
    table.opens_office(closed).await;
    table.says(1, 0, "另一份记录");
    table.members[1].node.sync_conference(&table.id).await.unwrap();
    let refused = table.members[0]
        .node
        .sync_conference(&table.id)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "conference_forked");
    for at in [&table.members[0], table.office()] {
        let stands = at.node.conference(&table.id).unwrap();
        assert!(stands.is_alarming());
        assert_eq!(stands.standing, "conference_forked");
        assert_eq!(logged(at, "conference_alarm").len(), 1);
        let said = line(&table.members[0], &table.members[1], "函");
        let to = readers(at, &table.id, &said);
        let private = Some((Private::Items(vec![said]), to));
        let said = at.node.say(&table.id, Word::Items {}, private, "经办");
        assert_eq!(said.unwrap_err().code(), "conference_forked");
        let checks = at.node.doctor(None).await;
        let check = checks.iter().find(|check| check.step == "conference").unwrap();
        assert_eq!(check.verdict, Verdict::Failed);
        assert_eq!(check.code, "conference_forked");
    }
    // It stays so, whoever is asked and however often it is opened.
    table.reopens(0, |_| ()).await;
    let refused = table.members[0]
        .node
        .sync_conference(&table.id)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "conference_forked");
    assert_eq!(logged(&table.members[0], "conference_alarm").len(), 1);
    let stored = table.members[0]
        .node
        .store()
        .conference(&table.id.0)
        .unwrap()
        .unwrap();
    assert!(stored.proof.is_some(), "both signatures are kept");
}

/// More than a paper holds, several times over, are read again when the node is opened, and by whoever lacks them.
#[tokio::test(flavor = "multi_thread")]
async fn thousands_of_entries_are_there_again_at_once() {
    const ENTRIES: u16 = 2_000;
    let mut table = Table::start(2).await;
    let closed = table.closes_office().await;
    let keys = keys_of(&closed);
    table.opens_office(closed).await;
    let mut state = table
        .office()
        .node
        .with_conference(&table.id, State::clone)
        .unwrap();
    let office = Hex(table.office().node.node_key());
    let mut entries = Vec::new();
    for port in 1..=ENTRIES {
        let member = &table.members[usize::from(port % 2)];
        let card = member.node.card(&format!("127.0.0.1:{port}")).unwrap();
        let entry = Entry {
            version: Entry::VERSION,
            conference: table.id,
            author: office,
            number: state.next_number(&office),
            seen: state.head(),
            at: Timestamp::now(),
            word: Word::Enrolled(Enrolled {
                seat: Seat {
                    name: card.name().to_owned(),
                    role: card.role(),
                    node_key: Hex(card.node_key()),
                },
                card: String::from_utf8(card.to_bytes()).unwrap(),
            }),
            enclosed: None,
        };
        let signed = entry.sign(keys.signing_key()).unwrap();
        let seq = state.head().seq + 1;
        let placed = Placed { seq, signed };
        state.apply(&placed, None).unwrap();
        entries.push(NewConferenceEntry {
            seq,
            author: office.0,
            number: placed.signed.entry.number,
            digest: placed.signed.digest().0,
            hash: state.head().hash.0,
            bytes: placed.signed.to_bytes(),
            opened: None,
            enclosures: Vec::new(),
        });
    }
    let store = table.office().node.store();
    store.place_entries(&table.id.0, &entries, None, &[]).unwrap();
    let closed = table.closes_office().await;
    table.opens_office(closed).await;
    assert_eq!(table.head(table.office()), state.head());
    table.sync().await;
    assert_eq!(table.is_one(), state.head());
}
