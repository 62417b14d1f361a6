//! What the record says holds for sessions too: one a run, of the sizes and data that were frozen, and nothing gets out of
//! one whose leg is not done.

use hefu_casework::calendar::{DayUnit, Deadline};
use hefu_casework::conference::{Fault, LegNews};
use hefu_casework::inquiry::Term;
use hefu_casework::note::{Asked, Note, Word as NoteWord};
use hefu_link::{Limits, dial};
use hefu_node::Node;
use hefu_node::inquiry::Draft;
use hefu_node::report::Form;
use hefu_psi::wire::{Kind as Frame, Open};
use hefu_psi::{KeyKind, Mode};
use hefu_store::Entry;
use hefu_tests::agency::opening;
use hefu_tests::conference::keys_of;
use hefu_tests::rogue::send;
use serde_json::json;

use super::*;

/// A round that has begun, with the first member at rest from before: it has read all, and nothing runs by itself.
async fn begun_without_the_first(table: &Table) -> (u32, Agreement) {
    begun_after(table, || {}).await
}

/// The same, with something done between the first two's freezing and the third's.
async fn begun_after(table: &Table, between: impl FnOnce()) -> (u32, Agreement) {
    let round = table.announce(60, 240);
    table.freeze(0, round).await;
    table.freeze(1, round).await;
    let first = &table.members[0];
    let narrowed = first
        .bureau
        .node
        .with_conference(&table.id, |state| {
            state.narrowed(round, &table.annexes[0]).unwrap()
        })
        .unwrap();
    until("the office knows", || {
        let round = table.round(&table.office, round).unwrap();
        let frozen = |at: &Kept| round.parties[&at.key()].frozen.is_some();
        frozen(first) && frozen(&table.members[1])
    })
    .await;
    first.keeper.abort();
    between();
    table.freeze(2, round).await;
    let second = &table.members[1];
    let digest = narrowed.digest();
    until("it begins", || {
        let store = second.bureau.node.store();
        store.agreement(&digest).unwrap().is_some()
    })
    .await;
    first.bureau.node.sync_conference(&table.id).await.unwrap();
    let signed = first.bureau.node.with_conference(&table.id, |state| {
        state.signed_agreement(round, &table.annexes[0]).unwrap()
    });
    first.bureau.node.conclude(&signed.unwrap()).unwrap();
    (round, narrowed)
}

/// The opening of a session in which the first learns.
fn asks(narrowed: &Agreement, elements: u64) -> Open {
    Open {
        elements,
        mode: match narrowed.label {
            Some(_) => Mode::Labels,
            None => Mode::Members,
        } as u8,
        label: narrowed.label_width(),
        key_kind: match narrowed.key_kind {
            hefu_casework::KeyKind::Person => KeyKind::Person,
            hefu_casework::KeyKind::Rule => KeyKind::Rule,
            hefu_casework::KeyKind::Referral => KeyKind::Referral,
        } as u8,
        ..opening(narrowed)
    }
}

/// Opens a session with the keys of the first, and says how it is answered.
async fn opens(table: &Table, closed: &Closed, open: &Open) -> hefu_link::Result<u8> {
    let keys = keys_of(closed);
    let card = &table.members[0].bureau.card;
    let connection = dial(&keys, card, &Limits::default(), None).await?;
    let (mut sender, mut receiver) = connection.split();
    send(&mut sender, Frame::Open, &open.encode()).await;
    let mut payload = Vec::new();
    Ok(receiver.recv(&mut payload).await?.kind)
}

/// A receiver that leaves one session before it signs and opens another, of another set, runs one leg several times:
/// the record has one run.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_a_leg_is_one_session() {
    let mut table = Table::laid(three()).await;
    let (round, narrowed) = begun_without_the_first(&table).await;
    let frozen = table.round(&table.office, round).unwrap().parties[&table.members[0].key()]
        .frozen
        .clone()
        .unwrap();
    let leg = table.leg_of(0, 0);
    let size = frozen.sets.iter().find(|set| set.leg == leg).unwrap().elements;
    let closed = table.members.remove(0).close().await;
    let mut open = asks(&narrowed, size);
    let first = opens(&table, &closed, &open).await;
    assert_eq!(first.unwrap(), Frame::Accept as u8);
    let mut taken = 1;
    for another in 1..4 {
        (open.nonce, open.input) = ([another; 32], [another; 32]);
        taken += usize::from(
            opens(&table, &closed, &open)
                .await
                .is_ok_and(|kind| kind == Frame::Accept as u8),
        );
    }
    let store = table.members[0].bureau.node.store();
    let sessions = store.leg_sessions(&table.id.0, round).unwrap();
    let of_run = |session: &&hefu_store::LegSession| {
        (session.annex, session.receiver, session.run) == (leg.annex.0, leg.receiver, 1)
    };
    assert_eq!((taken, sessions.iter().filter(of_run).count()), (1, 1));
    // The one that it has left does not stay open.
    let ended =
        |session: &hefu_store::LegSession| store.session(&session.session).unwrap().unwrap().end.is_some();
    assert!(sessions.iter().filter(of_run).all(ended));
}

/// A sender that was put back to before it answered knows of no session, and has said on the record that there was one. A
/// second list in the same run would be answered with the same set.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_from_a_backup_answers_no_second_list_in_a_run() {
    let mut table = Table::laid(three()).await;
    let backup = table._dir.path().join("backup");
    let second = Arc::clone(&table.members[1].bureau.node);
    let between = || tokio::task::block_in_place(|| second.backup(&backup, "经办")).unwrap();
    let (round, narrowed) = begun_after(&table, between).await;
    drop(second);
    let (first, second) = (table.members[0].key(), table.members[1].key());
    let leg = table.leg_of(0, 0);
    let frozen = table.round(&table.office, round).unwrap().parties[&first]
        .frozen
        .clone()
        .unwrap();
    let size = frozen.sets.iter().find(|set| set.leg == leg).unwrap().elements;
    let rogue = table.members.remove(0).close().await;
    let mut open = asks(&narrowed, size);
    // Told to wait, it calls again, as a peer does.
    let patience = Instant::now();
    while opens(&table, &rogue, &open).await.ok() != Some(Frame::Accept as u8) {
        assert!(patience.elapsed() < PATIENCE, "it is never let in");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let began = |at: &Kept| {
        let round = table.round(at, round).unwrap();
        round.legs[&leg].said.get(&second).is_some_and(|said| said.began)
    };
    until("it is on record", || began(&table.office)).await;

    let closed = table.members.remove(0).close().await;
    // The disk is lost: nothing is merged.
    std::fs::remove_dir_all(&closed.folder).unwrap();
    tokio::task::block_in_place(|| Node::restore(&backup, &closed.folder, &closed.unlock, "经办")).unwrap();
    let kept = Kept::of(closed.open(around(settings())).await);
    table.members.insert(0, kept);
    table.introduce();
    let at = &table.members[0];
    let node = &at.bureau.node;
    until("it has caught up", || {
        let round = table.round(at, round);
        let said = round.is_some_and(|round| round.legs[&leg].said.contains_key(&second));
        said && !node.conference(&table.id).unwrap().is_restored()
    })
    .await;
    let month = node.store().budget_locks().unwrap()[0].month;
    node.store().unlock_budgets(month, "已核对").unwrap();

    (open.nonce, open.input) = ([9; 32], [9; 32]);
    let again = opens(&table, &rogue, &open).await;
    assert_ne!(again.ok(), Some(Frame::Accept as u8));
    let lost = LegState::Failed("conference_leg_lost".to_owned());
    until("the leg can be run once more", || {
        table.leg(&table.office, round, leg) == lost
    })
    .await;
}

/// Whoever learns and then says that the leg has failed, once both have signed, asks after nobody by what it has learned.
#[tokio::test(flavor = "multi_thread")]
async fn a_leg_that_is_not_done_bears_no_question() {
    let table = Table::laid(three()).await;
    let (round, narrowed) = begun_without_the_first(&table).await;
    let (first, second) = (&table.members[0].bureau, &table.members[1].bureau);
    let leg = table.leg_of(0, 0);
    let learned = first.node.run_round(&narrowed.digest()).await.unwrap();
    let finding = learned.outcome.findings.into_iter().next().unwrap();
    until("the second has signed too", || {
        table.leg(&table.office, round, leg) == LegState::OneSided
    })
    .await;
    let asked = Note {
        agreement: Hex(narrowed.digest()),
        item: Hex([7; 16]),
        on: days_from_today(0),
        word: NoteWord::Inquiry(Asked {
            rule: finding.rule,
            months: finding.months,
            person: finding.person,
            document: Text::new("协查函〔2026〕1号").unwrap(),
            question: None,
            due: Deadline::stated(10, DayUnit::Natural, days_from_today(12)),
        }),
    };
    let hears = || {
        let heard = second.node.hear_note(&first.card, &asked);
        heard.map_err(|error| (error.code(), error.can_go_on()))
    };
    // The first may have said so where the second has not read it yet: the question comes again.
    assert_eq!(hears(), Err(("inquiry_leg_open", true)));
    let code = "abort_internal".to_owned();
    let news = LegNews::Failed { code };
    let failed = Word::Leg { round, leg, news };
    first.node.say(&table.id, failed, None, "node").unwrap();
    first.node.sync_conference(&table.id).await.unwrap();
    let differs = |round: &Round| matches!(round.legs[&leg].state, LegState::Differs(_));
    table.everywhere(round, "the ends differ", differs).await;
    assert_eq!(hears(), Err(("inquiry_no_round", false)));
    assert!(second.node.store().inquiries().unwrap().is_empty());
}

/// What is announced is not what was frozen: the sender has both in its hands before it says anything.
#[tokio::test(flavor = "multi_thread")]
async fn another_size_than_was_frozen_is_not_let_in() {
    let mut table = Table::laid(three()).await;
    let (_, narrowed) = begun_without_the_first(&table).await;
    let closed = table.members.remove(0).close().await;
    let open = asks(&narrowed, 3);
    let refused = opens(&table, &closed, &open).await.unwrap_err();
    assert_eq!(refused.code(), "peer_aborted");
    until("it is on record why", || {
        let entries = table.members[0].bureau.node.store().entries(0, 10_000).unwrap();
        entries
            .iter()
            .any(|entry| entry.kind == "call_failed" && entry.body["code"] == "conference_other_size")
    })
    .await;
}

/// A record that is not followed any more: nothing runs by it either.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_runs_on_a_record_that_was_forked() {
    let table = Table::laid(three()).await;
    let (_, narrowed) = begun_without_the_first(&table).await;
    let second = &table.members[1].bureau.node;
    let entry = Entry {
        actor: "node",
        kind: "conference_alarm",
        body: &json!({}),
    };
    second
        .store()
        .raise_alarm(&table.id.0, "conference_forked", None, &entry)
        .unwrap();
    assert!(second.conference(&table.id).unwrap().is_alarming());
    let first = &table.members[0].bureau.node;
    let learned = first.run_round(&narrowed.digest()).await;
    let learned = learned.map(|learned| learned.outcome.findings.len());
    assert_eq!(learned.map_err(|error| error.code()), Err("peer_aborted"));
}

/// Restored from a backup of before it froze, a member fixes other data than the record has its commitment to.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_member_does_not_freeze_once_more() {
    let mut table = Table::laid(three()).await;
    let round = table.announce(120, 240);
    let key = table.members[0].key();
    until("it joins", || {
        table
            .round(&table.members[0], round)
            .is_some_and(|round| round.parties[&key].joined.is_some())
    })
    .await;
    let backup = table._dir.path().join("backup");
    tokio::task::block_in_place(|| table.members[0].bureau.node.backup(&backup, "经办")).unwrap();
    table.freeze(0, round).await;
    until("it is on record", || {
        table.round(&table.office, round).unwrap().parties[&key]
            .frozen
            .is_some()
    })
    .await;
    let closed = table.members.remove(0).close().await;
    tokio::task::block_in_place(|| Node::restore(&backup, &closed.folder, &closed.unlock, "经办")).unwrap();
    let kept = Kept::of(closed.open(around(settings())).await);
    table.members.insert(0, kept);
    table.introduce();
    let at = &table.members[0];
    until("it has caught up", || {
        table
            .round(at, round)
            .is_some_and(|round| round.parties[&key].frozen.is_some())
            && !at.bureau.node.conference(&table.id).unwrap().is_restored()
    })
    .await;
    // As many others.
    at.bureau.pays(EXTREME_POVERTY, 100..140);
    let again = tokio::task::block_in_place(|| at.bureau.node.freeze_round(&table.id, round, "经办"));
    assert_eq!(again.unwrap_err().code(), Fault::SaidBefore.code());
    assert_eq!(at.bureau.node.store().frozen(&table.id.0, round).unwrap(), None);
}

/// Past the node: what it has here is under another commitment than the one on record.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_entered_that_the_record_has_no_commitment_to() {
    let mut table = Table::laid(three()).await;
    let leg = table.leg_of(0, 0);
    let round = table.announce(90, 150);
    table.freeze(0, round).await;
    let closed = table.members.remove(0).close().await;
    let database = rusqlite::Connection::open(closed.folder.join("hefu.db")).unwrap();
    let sql = "SELECT sql FROM sqlite_schema WHERE name = 'frozen_stands'";
    let trigger: String = database.query_row(sql, [], |row| row.get(0)).unwrap();
    let other = "DROP TRIGGER frozen_stands; UPDATE frozen SET snapshot = randomblob(32);";
    database.execute_batch(&format!("{other}{trigger}")).unwrap();
    drop(database);
    table
        .members
        .insert(0, Kept::of(closed.open(around(settings())).await));
    table.introduce();
    table.freeze(1, round).await;
    table.freeze(2, round).await;
    let failed = LegState::Failed("conference_frozen_otherwise".to_owned());
    table
        .everywhere(round, "it does not run", |round| round.legs[&leg].state == failed)
        .await;
}

/// Before it has caught up, the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_said_is_not_frozen() {
    let table = Table::laid(three()).await;
    let round = table.announce(120, 240);
    let at = &table.members[0];
    let key = at.key();
    until("it joins", || {
        table
            .round(at, round)
            .is_some_and(|round| round.parties[&key].joined.is_some())
    })
    .await;
    at.keeper.abort();
    let entry = Entry {
        actor: "node",
        kind: "conference_behind",
        body: &json!({}),
    };
    let node = &at.bureau.node;
    node.store()
        .set_conference_restored(&table.id.0, Some(1), &entry)
        .unwrap();
    let refused = tokio::task::block_in_place(|| node.freeze_round(&table.id, round, "经办")).unwrap_err();
    assert_eq!(refused.code(), "conference_restored");
    assert_eq!(
        node.store().frozen(&table.id.0, round).unwrap(),
        None,
        "what may be frozen otherwise on the record by now is fixed for good"
    );
}

/// No number goes into a question, no clue and no act into a ledger, and whoever reads a report is told.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_gets_out_of_a_leg_that_differs() {
    let mut table = Table::laid(three()).await;
    let leg = table.leg_of(0, 0);
    let round = table.announce(120, 240);
    table.freeze(1, round).await;
    let other = table.members[1].bureau.pays(DISABLED_LIVING, 20..50).dataset;
    let closed = table.members.remove(1).close().await;
    super::differing::enter_instead(&closed, other.0);
    let kept = Kept::of(closed.open(around(settings())).await);
    table.members.insert(1, kept);
    table.introduce();
    table.freeze(0, round).await;
    table.freeze(2, round).await;
    let differs = |round: &Round| matches!(round.legs[&leg].state, LegState::Differs(_));
    table.everywhere(round, "the leg is flagged", differs).await;
    let node = &table.members[0].bureau.node;
    let sessions = node.store().leg_sessions(&table.id.0, round).unwrap();
    let of_leg =
        |session: &&hefu_store::LegSession| (session.annex, session.receiver) == (leg.annex.0, leg.receiver);
    let held = sessions.iter().find(of_leg).unwrap().session;
    assert!(!node.leg_of_round(&held).unwrap().unwrap().holds());
    let draft = Draft {
        document: Text::new("协查函〔2026〕1号").unwrap(),
        question: None,
        term: Term {
            days: 10,
            unit: DayUnit::Natural,
            until: Some(days_from_today(12)),
        },
    };
    let drafted = node.draft_inquiry(&held, 1, draft, "甲");
    assert_eq!(
        drafted.err().map(|error| error.code()),
        Some("node_leg_unsettled")
    );
    let number = Text::new("线索2026-001").unwrap();
    let clue = node.take_clue(&held, 1, number, days_from_today(0), "甲");
    assert_eq!(clue.unwrap_err().code(), "node_leg_unsettled");
    let confirmed = node.confirm_referrals(&held, 10, "甲");
    assert_eq!(confirmed.unwrap_err().code(), "node_leg_unsettled");
    // Its reports say so, and may be read for all that.
    for form in Form::ALL {
        let report = node.report(&held, *form, "甲").unwrap();
        let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
        assert_eq!(report["sections"]["round"]["unsettled"], "differs");
    }
    let settled = sessions
        .iter()
        .find(|session| session.annex == table.leg_of(1, 0).annex.0);
    let settled = settled.unwrap().session;
    until("another leg is done", || {
        node.leg_of_round(&settled).unwrap().unwrap().holds()
    })
    .await;
    let report = node.report(&settled, Form::Internal, "甲").unwrap();
    let report: serde_json::Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(report["sections"]["round"].get("unsettled"), None);
}
