use super::*;
use crate::samples::{self, ENTRY, done, finding, outcome, unput_round};
use crate::session::SessionOutcome;
use crate::store::tests::{found, fresh, passphrase};
use crate::{AgreementState, Debit, Role, Round};

const ID: [u8; 16] = [6; 16];
const ABOUT_IT: &[u8] = b"on the authority of a paper, in the case file of somebody";
const LEARNED: &[u8] = b"what was learned of each of the people, masked";
const ENTERED: &[u8] = b"whom it asks after, by number, as long as it has to";

/// A round of a check with peer `n`, begun at this time.
fn of_peer(store: &Store, n: u8, started_at: &str) -> Round {
    Round {
        id: [40 + n; 32],
        peer: [n; 32],
        started_at: started_at.parse().unwrap(),
        ..unput_round(store, [])
    }
}

fn begin(store: &Store, id: &[u8; 16], rounds: &[Round]) -> Result<(), Error> {
    let opens: Vec<_> = rounds.iter().map(|round| [id[0], round.id[0]]).collect();
    let sessions: Vec<_> = rounds
        .iter()
        .zip(&opens)
        .map(|(round, open)| NewSession {
            entered: Some(ENTERED),
            ..samples::session(round, open, &[7; 32])
        })
        .collect();
    store.begin_check(&NewCheck {
        id,
        actor: "受理窗口",
        people: 3,
        about: ABOUT_IT,
        sessions: &sessions,
        entry: ENTRY,
    })
}

fn end(store: &Store, round: &Round, checked: Option<&[u8]>) {
    let round = done(round);
    let end = SessionOutcome {
        checked,
        ..outcome(&round)
    };
    store.end_session(&end).unwrap();
}

#[test]
fn a_check_is_on_record_with_each_of_its_peers_and_nobody_reads_it() {
    let (dir, store) = fresh();
    let rounds = [1, 2].map(|n| of_peer(&store, n, "2026-10-08T01:02:03Z"));
    begin(&store, &ID, &rounds).unwrap();
    assert_eq!(store.head().unwrap().seq, 3, "one entry a session, one for all");
    assert_eq!(
        store.session_set(&rounds[0].id).unwrap().unwrap().as_slice(),
        ENTERED
    );
    end(&store, &rounds[0], Some(LEARNED));
    drop(store);

    let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
    let check = store.check(&ID).unwrap();
    let [first, second] = &check[..] else {
        panic!("two peers")
    };
    assert_eq!((first.round, second.round), (rounds[0].id, rounds[1].id));
    assert_eq!((first.actor.as_str(), first.people), ("受理窗口", 3));
    for each in &check {
        assert_eq!(each.about.as_ref().unwrap().as_slice(), ABOUT_IT);
    }
    assert_eq!(first.results.as_ref().unwrap().as_slice(), LEARNED);
    assert!(
        second.results.is_none(),
        "one that has not ended has said nothing"
    );
    assert_eq!(store.check_of(&rounds[1].id).unwrap(), Some(ID));
    assert_eq!(store.check_of(&[9; 32]).unwrap(), None);
    assert_eq!(store.checks().unwrap(), [ID]);
    let plain = [ABOUT_IT, LEARNED, ENTERED].map(<[u8]>::to_vec);
    assert_eq!(found(dir.path(), &plain), 0);
}

#[test]
fn what_it_entered_goes_with_the_secrets_of_its_session() {
    let (dir, store) = fresh();
    let rounds = [1, 2].map(|n| of_peer(&store, n, "2026-10-08T01:02:03Z"));
    begin(&store, &ID, &rounds).unwrap();
    let sealed = store.column::<Vec<u8>>("SELECT entered FROM session_sets WHERE round = x'2929292929292929292929292929292929292929292929292929292929292929'");
    assert_ne!(found(dir.path(), &sealed), 0, "the search works");
    end(&store, &rounds[0], Some(LEARNED));
    assert_eq!(found(dir.path(), &sealed), 0);
    assert!(store.session_set(&rounds[0].id).unwrap().is_none());
    assert!(store.session_set(&rounds[1].id).unwrap().is_some());
    let late = format!(
        "INSERT INTO session_sets VALUES (x'{}', x'00')",
        hefu_casework::Hex(rounds[0].id)
    );
    assert!(matches!(store.raw(&late), Err(Error::Immutable { .. })));
    assert!(store.raw("UPDATE session_sets SET entered = x'00'").is_err());
}

#[test]
fn a_backup_has_the_check_and_not_whom_it_asks_after() {
    let (dir, store) = fresh();
    begin(&store, &ID, &[of_peer(&store, 1, "2026-10-08T01:02:03Z")]).unwrap();
    let sealed = store.column::<Vec<u8>>("SELECT entered FROM session_sets");
    let away = tempfile::tempdir().unwrap();
    store.backup(&away.path().join("backup")).unwrap();
    assert_ne!(found(dir.path(), &sealed), 0, "the node itself goes on");
    assert_eq!(found(away.path(), &sealed), 0);
    let about = store.column::<Vec<u8>>("SELECT about FROM checks");
    assert_ne!(found(away.path(), &about), 0);
}

#[test]
fn a_check_is_begun_whole_or_not_at_all() {
    let (_dir, store) = fresh();
    let rounds = [1, 2].map(|n| of_peer(&store, n, "2026-10-08T01:02:03Z"));
    // The second has the first one's call.
    let sessions = [&rounds[0], &rounds[1]].map(|round| samples::session(round, b"open", &[7; 32]));
    let failed = store.begin_check(&NewCheck {
        id: &ID,
        actor: "受理窗口",
        people: 1,
        about: ABOUT_IT,
        sessions: &sessions,
        entry: ENTRY,
    });
    assert!(failed.is_err());
    assert!(store.check(&ID).unwrap().is_empty() && store.rounds().unwrap().is_empty());
    assert_eq!(store.head().unwrap().seq, 0);
}

#[test]
fn what_it_says_stands_and_is_no_finding() {
    let (_dir, store) = fresh();
    let dataset = samples::dataset(&store, []);
    let round = of_peer(&store, 1, "2026-10-08T01:02:03Z");
    begin(&store, &ID, std::slice::from_ref(&round)).unwrap();
    let finished = done(&round);
    let findings = [finding(1)];
    let found = SessionOutcome {
        findings: &findings,
        ..outcome(&finished)
    };
    assert!(matches!(store.end_session(&found), Err(Error::Immutable { .. })));
    end(&store, &round, Some(LEARNED));
    for sql in [
        "UPDATE checks SET results = x'00'",
        "UPDATE checks SET results = NULL",
        "UPDATE checks SET about = NULL, results = NULL",
        "UPDATE checks SET about = x'00'",
        "UPDATE checks SET people = 4",
        "UPDATE checks SET actor = 'another'",
        "DELETE FROM checks",
    ] {
        assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
    }
    // Neither becomes the other.
    let ordinary = samples::round(&store, [dataset]);
    let late = format!(
        "INSERT INTO checks VALUES (x'{}', x'{}', 'a', 1, NULL, NULL)",
        hefu_casework::Hex(ordinary.id),
        hefu_casework::Hex(ID)
    );
    assert!(matches!(store.raw(&late), Err(Error::Immutable { .. })));
    let without = Round {
        id: [77; 32],
        datasets: vec![],
        ..ordinary
    };
    assert!(matches!(store.put_round(&without), Err(Error::Immutable { .. })));
    // An ordinary round has nothing to say as a check.
    let ordinary = Round {
        id: [4; 32],
        datasets: vec![dataset],
        ..without
    };
    store
        .begin_session(&samples::session(&ordinary, b"another", &[7; 32]))
        .unwrap();
    let finished = done(&ordinary);
    let checked = SessionOutcome {
        checked: Some(LEARNED),
        ..outcome(&finished)
    };
    assert!(matches!(
        store.end_session(&checked),
        Err(Error::Immutable { .. })
    ));
}

#[test]
fn when_its_time_is_over_that_it_was_made_stays_on_record() {
    let (dir, store) = fresh();
    let rounds = [1, 2].map(|n| of_peer(&store, n, "2026-10-08T01:02:03Z"));
    begin(&store, &ID, &rounds).unwrap();
    end(&store, &rounds[0], Some(LEARNED));
    let sealed: Vec<Vec<u8>> = ["about", "results"]
        .iter()
        .flat_map(|column| store.column(&format!("SELECT {column} FROM checks WHERE results IS NOT NULL")))
        .collect();
    assert!(found(dir.path(), &sealed) >= 2, "the search works");
    // One under way is waited for.
    assert!(matches!(
        store.delete_findings(&rounds[1].id, b"signed", &ENTRY),
        Err(Error::Immutable { .. })
    ));
    store.delete_findings(&rounds[0].id, b"signed", &ENTRY).unwrap();
    assert_eq!(found(dir.path(), &sealed), 0);
    let check = store.check(&ID).unwrap();
    assert!(check[0].about.is_none() && check[0].results.is_none());
    assert!(check[1].about.is_some(), "each peer's agreement has its own time");
    assert_eq!((check[0].people, check[0].actor.as_str()), (3, "受理窗口"));
    assert!(store.raw("UPDATE checks SET about = x'00'").is_err());
}

/// Midnight in Beijing is 16:00 UTC.
#[test]
fn a_day_is_one_of_beijing_on_both_sides() {
    let (_dir, store) = fresh();
    let day = |text: &str| text.parse::<Date>().unwrap();
    let times = [
        "2026-10-07T15:59:59.5Z",
        "2026-10-07T16:00:00Z",
        "2026-10-07T16:00:00.25Z",
        "2026-10-08T15:59:59Z",
        "2026-10-08T15:59:59.999Z",
        "2026-10-08T16:00:00Z",
    ];
    for (n, at) in (1..).zip(times) {
        begin(&store, &[n; 16], &[of_peer(&store, n, at)]).unwrap();
        let line = format!(
            "INSERT INTO debits (at, peer, month, agreement, purpose, elements, call)
             VALUES ('{at}', zeroblob(32), '2026-10', x'{}', 'precheck', 1, x'{}')",
            hefu_casework::Hex([3; 32]),
            hefu_casework::Hex([n; 32])
        );
        store.raw(&line).unwrap();
    }
    let counts = [
        ("2026-10-07", 1),
        ("2026-10-08", 4),
        ("2026-10-09", 1),
        ("2026-10-10", 0),
    ];
    for (date, expected) in counts {
        assert_eq!(
            store.checks_begun(&[3; 32], day(date)).unwrap(),
            expected,
            "{date}"
        );
        assert_eq!(store.checks_let(&[3; 32], day(date)).unwrap(), expected, "{date}");
        assert_eq!(store.checks_begun(&[8; 32], day(date)).unwrap(), 0);
    }
    assert_eq!(store.checks().unwrap()[0], [6; 16], "the last one first");
}

#[test]
fn a_peer_is_let_check_so_often_a_day_and_no_more() {
    let (_dir, store) = fresh();
    store
        .put_agreement(&[33; 32], b"another", &AgreementState::Signed)
        .unwrap();
    let dataset = samples::dataset(&store, []);
    let today = tz::offset(8).to_datetime(jiff::Timestamp::now()).date();
    let call = |n: u8, agreement: u8, day: Date| {
        let round = Round {
            id: [100 + n; 32],
            agreement: [agreement; 32],
            role: Role::Sender,
            ..unput_round(&store, [dataset])
        };
        let debit = Debit {
            month: "2026-10".parse().unwrap(),
            purpose: "precheck",
            elements: 1,
            limit: 100,
            rounds_limit: 100,
            kin: &[],
            checks: Some((day, 2)),
        };
        let open = [n];
        let mut session = samples::session(&round, &open, &[0; 32]);
        session.debit = Some(debit);
        store.begin_session(&session)
    };
    call(1, 3, today).unwrap();
    call(2, 3, today).unwrap();
    let head = store.head().unwrap();
    let third = call(3, 3, today);
    assert!(matches!(third, Err(Error::ChecksSpent { limit: 2 })));
    assert_eq!(store.head().unwrap(), head, "what is refused leaves nothing");
    // Another agreement, and the next day.
    call(3, 33, today).unwrap();
    call(4, 3, today.tomorrow().unwrap()).unwrap();
}
