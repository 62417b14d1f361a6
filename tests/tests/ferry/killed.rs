//! A node that is killed at any point goes on as if it had not been.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::Hex;
use hefu_node::ferry::{Folders, Matter, PartNews, WaitStep};
use hefu_store::RoundState;
use hefu_tests::bureau::{Bureau, files, surroundings};
use hefu_tests::ferry::{PEOPLE, Two, again, logged, out, parts, refusals, small, taken};
use rusqlite::Connection;

/// What every run must come to.
async fn ended_well(two: Two) {
    let two = two.again().await;
    for at in [&two.receiver, &two.sender] {
        assert_eq!(at.node.ferry_work().await.unwrap().sets, 0);
        at.node.store().verify().unwrap();
        assert_eq!(refusals(at), [""; 0]);
        assert_eq!(logged(at, "round_done").len(), 1);
    }
    let rounds = two.rounds();
    assert_eq!(rounds.clone().map(|round| round.state), [RoundState::Done; 2]);
    assert_eq!(rounds[0].matched, Some(PEOPLE / 2 * 3));
    assert_eq!(two.found().len() as u64, PEOPLE / 2);
    assert_eq!(Some(two.debited()), rounds[0].own_elements, "debited once");
    assert_eq!(rounds[0].bytes_in, rounds[1].bytes_out);
}

/// Carries a set, and closes the node on both sides between every two steps.
async fn carried(mut from: Bureau, mut to: Bureau) -> (Bureau, Bureau) {
    let set = out(&from, &to).await.unwrap();
    from = again(from).await;
    assert_eq!(out(&from, &to).await, None, "the set is made");
    let files = parts(&from, &set);
    from = again(from).await;
    assert_eq!(parts(&from, &set), files, "cut as before");
    for (file, left) in files.iter().zip((0..files.len()).rev()) {
        let news = taken(&to, file).await.news;
        assert_eq!(
            news,
            if left == 0 {
                PartNews::Complete
            } else {
                PartNews::New
            }
        );
        to = again(to).await;
        let status = to.node.ferry_status().unwrap();
        assert_eq!(status.coming[0].missing.len(), left);
    }
    assert_eq!(to.node.ferry_work().await.unwrap().sets, 1);
    to = again(to).await;
    assert_eq!(to.node.ferry_work().await.unwrap(), Default::default());
    (from, to)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_any_two_steps_changes_nothing() {
    let (two, agreement) = Two::agreed("1号").await;
    let two = two.again().await;
    two.receiver.node.begin_round(&agreement, "经办").await.unwrap();
    // On record, and no letter is made yet.
    let two = two.again().await;
    let worked = two.receiver.node.ferry_work().await.unwrap();
    assert_eq!(worked.made, 1);
    let Two {
        receiver,
        sender,
        dir,
    } = two.again().await;
    let (receiver, sender) = carried(receiver, sender).await;
    let (sender, receiver) = carried(sender, receiver).await;
    let (receiver, sender) = carried(receiver, sender).await;
    ended_well(Two {
        receiver,
        sender,
        dir,
    })
    .await;
}

/// The database of a node that does not run.
fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("hefu.db")).unwrap()
}

/// What a set's files were, to be put back as they lay before it was worked through.
fn coming(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(&folder.join("ferry/in"))
}

fn put_back(kept: &[(PathBuf, Vec<u8>)]) {
    for (path, bytes) in kept {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// How much of what a set brought a killed node had on record.
#[derive(Clone, Copy, Debug)]
enum Killed {
    /// The letters, and not that the set was worked through.
    SetOpen,
    /// What the last letter did, and not that it was taken.
    LetterOpen,
    /// All of it; the files were not removed.
    FilesLeft,
}

const KILLS: [Killed; 3] = [Killed::SetOpen, Killed::LetterOpen, Killed::FilesLeft];

/// Has a set worked through, and then takes the node back to a point before that was on record.
async fn worked_and_killed(at: Bureau, killed: Killed) -> Bureau {
    let kept = coming(at.folder());
    assert_eq!(at.node.ferry_work().await.unwrap().sets, 1);
    let closed = at.close().await;
    put_back(&kept);
    let database = database(&closed.folder);
    let last = "SELECT max(seq) FROM letters_taken";
    let last: i64 = database.query_row(last, [], |row| row.get(0)).unwrap();
    let undo = match killed {
        Killed::FilesLeft => String::new(),
        Killed::SetOpen => reopen_sets(),
        Killed::LetterOpen => format!(
            "{} {}",
            reopen_sets(),
            without_trigger(
                "letters_taken_stay",
                &format!("DELETE FROM letters_taken WHERE seq = {last}")
            )
        ),
    };
    database.execute_batch(&undo).unwrap();
    drop(database);
    closed.open(surroundings()).await
}

fn reopen_sets() -> String {
    let newest = "UPDATE sets_in SET done_at = NULL WHERE first_at = (SELECT max(first_at) FROM sets_in)";
    without_trigger("sets_in_are_done_once", newest)
}

fn without_trigger(name: &str, change: &str) -> String {
    // The trigger's own text is put back, so that the schema is what it was.
    let text = include_str!("../../../crates/store/src/migrations/0005_ferry.sql");
    let start = text.find(&format!("CREATE TRIGGER {name} ")).unwrap();
    let end = start + text[start..].find("END;").unwrap() + 4;
    format!("DROP TRIGGER {name}; {change}; {}", &text[start..end])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_a_set_is_worked_through_changes_nothing() {
    for killed in KILLS {
        println!("{killed:?}");
        let (two, agreement) = Two::agreed("1号").await;
        let Two {
            mut receiver,
            mut sender,
            dir,
        } = two;
        receiver.node.begin_round(&agreement, "经办").await.unwrap();
        for answering in [true, false, true] {
            let (from, to) = if answering {
                (&receiver, &sender)
            } else {
                (&sender, &receiver)
            };
            let set = out(from, to).await.unwrap();
            for file in parts(from, &set) {
                taken(to, &file).await;
            }
            if answering {
                sender = worked_and_killed(sender, killed).await;
            } else {
                receiver = worked_and_killed(receiver, killed).await;
            }
            let at = if answering { &sender } else { &receiver };
            let again = at.node.ferry_work().await.unwrap();
            let expected = match killed {
                Killed::FilesLeft => (0, 0),
                Killed::SetOpen => (1, 0),
                Killed::LetterOpen => (1, 1),
            };
            assert_eq!((again.sets, again.letters), expected);
            assert_eq!(coming(at.folder()), []);
        }
        ended_well(Two {
            receiver,
            sender,
            dir,
        })
        .await;
    }
}

/// A receiver that has signed for its answer, and is killed before it looks at the result: gives the kept answer too.
async fn signed(two: Two, agreement: &[u8; 32]) -> (Two, PathBuf) {
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    // Where folders are watched, the result waits until the outbox is filled.
    let folders = Folders {
        outbox: dir.path().join("out"),
        inbox: dir.path().join("in"),
        slips: dir.path().join("slips"),
        cut: small(),
    };
    let watching = tokio::spawn(Arc::clone(&receiver.node).watch_folders(folders, None));
    while !dir.path().join("in").exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    watching.abort();
    let _ = watching.await;
    let round = receiver.node.begin_round(agreement, "经办").await.unwrap();
    carry_on(&receiver, &sender).await;
    carry_on(&sender, &receiver).await;

    let [asked, _] = [&receiver, &sender].map(|at| at.node.store().rounds().unwrap().remove(0));
    assert_eq!((asked.id, asked.state), (round, RoundState::Running));
    let waiting = receiver.node.ferry_status().unwrap().waiting;
    assert_eq!((waiting[0].step, waiting[0].until), (WaitStep::Concluding, None));
    // Both have signed: it is too late to give it up.
    assert!(receiver.node.cancel_round(&round, "经办").await.is_err());
    let answer = receiver.folder().join("ferry/heard").join(Hex(round).to_string());
    assert!(answer.exists());
    let two = Two {
        receiver: again(receiver).await,
        sender,
        dir,
    };
    assert!(answer.exists(), "needed still");
    (two, answer)
}

/// Carries what is due, and does not wait for results.
async fn carry_on(from: &Bureau, to: &Bureau) {
    let set = out(from, to).await.unwrap();
    for file in parts(from, &set) {
        taken(to, &file).await;
    }
    assert_eq!(to.node.ferry_work_on().await.unwrap().letters, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_between_the_receipt_and_the_result_changes_neither() {
    for carried_before in [true, false] {
        let (two, agreement) = Two::agreed("1号").await;
        let (mut two, answer) = signed(two, &agreement).await;
        // The disk gives way: the receipt goes all the same.
        let kept = fs::read(&answer).unwrap();
        fs::remove_file(&answer).unwrap();
        fs::create_dir(&answer).unwrap();
        let failed = two.receiver.node.ferry_work().await.unwrap_err();
        assert!(failed.can_go_on(), "{failed}");
        if carried_before {
            carry_on(&two.receiver, &two.sender).await;
            let states = two.rounds().map(|round| round.state);
            assert_eq!(states, [RoundState::Running, RoundState::Done]);
        } else {
            // Nor is there a letter of it yet.
            let closed = two.receiver.close().await;
            let change = without_trigger("letters_stay", "DELETE FROM letters WHERE matter = 'receipt'");
            database(&closed.folder).execute_batch(&change).unwrap();
            two.receiver = closed.open(surroundings()).await;
            assert_eq!(
                two.receiver.node.ferry_work().await.unwrap_err().code(),
                failed.code()
            );
            let due = two.receiver.node.ferry_status().unwrap().due;
            assert_eq!(due[0].letters[0].matter, Matter::Receipt);
        }
        fs::remove_dir(&answer).unwrap();
        fs::write(&answer, kept).unwrap();
        two.receiver.node.ferry_work().await.unwrap();
        assert_eq!(two.rounds()[0].state, RoundState::Done);
        assert!(!answer.exists());
        if !carried_before {
            carry_on(&two.receiver, &two.sender).await;
        }
        ended_well(two).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_lost_takes_no_receipt_along() {
    let (two, agreement) = Two::agreed("1号").await;
    let (two, answer) = signed(two, &agreement).await;
    fs::remove_file(&answer).unwrap();
    two.receiver.node.ferry_work().await.unwrap();
    carry_on(&two.receiver, &two.sender).await;
    let rounds = two.rounds();
    assert_eq!(
        rounds.clone().map(|round| round.state),
        [RoundState::Failed, RoundState::Done]
    );
    assert_eq!(
        (rounds[0].error.as_deref(), rounds[0].reason.as_deref()),
        (Some("node_internal"), None)
    );
    assert_eq!(two.receiver.node.ferry_status().unwrap().waiting, []);
    assert_eq!(logged(&two.sender, "end_exchanged"), [], "and nothing is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_durable_before_it_is_on_record_is_made_again() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let set = out(&receiver, &sender).await.unwrap();
    for file in parts(&receiver, &set) {
        taken(&sender, &file).await;
    }
    // The folder as it stands before the set is worked through; then the answer's file, which comes next.
    let closed = sender.close().await;
    let before = files(&closed.folder);
    let sender = closed.open(surroundings()).await;
    sender.node.ferry_work().await.unwrap();
    let letters = files(&sender.folder().join("ferry/letters"));
    assert_eq!(letters.len(), 1);
    let closed = sender.close().await;
    fs::remove_dir_all(&closed.folder).unwrap();
    for folder in ["spool", "quarantine", "keys"] {
        fs::create_dir_all(closed.folder.join(folder)).unwrap();
    }
    put_back(&before);
    put_back(&letters);
    let sender = closed.open(surroundings()).await;
    // Nothing on record needs it, and it is not there any more.
    assert_eq!(files(&sender.folder().join("ferry/letters")), []);
    let again = sender.node.ferry_work().await.unwrap();
    assert_eq!((again.sets, again.letters), (1, 1));
    assert_eq!(files(&sender.folder().join("ferry/letters")).len(), 1);

    let (sender, receiver) = carried(sender, receiver).await;
    let (receiver, sender) = carried(receiver, sender).await;
    ended_well(Two {
        receiver,
        sender,
        dir,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_opened_and_not_answered_is_answered_after_a_kill() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let set = out(&receiver, &sender).await.unwrap();
    for file in parts(&receiver, &set) {
        taken(&sender, &file).await;
    }
    // The disk gives way once the session is begun: where its chunks go lies a file.
    let spool = sender.folder().join("spool");
    fs::remove_dir_all(&spool).unwrap();
    fs::write(&spool, b"").unwrap();
    let failed = sender.node.ferry_work().await.unwrap_err();
    assert!(failed.can_go_on(), "{failed}");
    assert_eq!(sender.node.ferry_status().unwrap().coming[0].opened_at, None);
    let [_, answering] = {
        let asked = receiver.node.store().rounds().unwrap().remove(0);
        [asked, sender.node.store().rounds().unwrap().remove(0)]
    };
    assert_eq!(answering.state, RoundState::Running);
    assert!(sender.node.store().session_seed(&answering.id).unwrap().is_some());
    fs::remove_file(&spool).unwrap();
    fs::create_dir(&spool).unwrap();

    let sender = again(sender).await;
    assert_eq!(sender.node.ferry_work().await.unwrap().letters, 1);
    assert!(sender.node.store().session_seed(&answering.id).unwrap().is_none());
    let opened = logged(&sender, "session_opened");
    assert_eq!(opened.len(), 1, "begun once");
    assert_eq!(opened[0].body["round"], Hex(answering.id).to_string().as_str());
    let (sender, receiver) = carried(sender, receiver).await;
    let (receiver, sender) = carried(receiver, sender).await;
    ended_well(Two {
        receiver,
        sender,
        dir,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_set_or_letter_of_a_killed_node_is_swept() {
    let (two, agreement) = Two::agreed("1号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = two;
    receiver.node.begin_round(&agreement, "经办").await.unwrap();
    let closed = receiver.close().await;
    let left = [
        "letters/00.half",
        "letters/11",
        "out/22",
        "out/33.half",
        "in/44-55/1",
        "opened/66-77",
    ];
    let left = left.map(|name| closed.folder.join("ferry").join(name));
    put_back(&left.clone().map(|path| (path, b"half".to_vec())));
    let receiver = closed.open(surroundings()).await;
    for path in &left {
        assert!(!path.exists(), "{}", path.display());
    }
    let (receiver, sender) = carried(receiver, sender).await;
    let (sender, receiver) = carried(sender, receiver).await;
    let (receiver, sender) = carried(receiver, sender).await;
    ended_well(Two {
        receiver,
        sender,
        dir,
    })
    .await;
}
