//! Notes between agencies: on either carrier, across crashes, answered once and for all, and in no file in clear.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::calendar::{DayUnit, Deadline};
use hefu_casework::note::{Asked, Note, Word};
use hefu_casework::{AgencyRole, Hex, Purpose, RuleId, Text};
use hefu_identity::{Kind as Document, parse};
use hefu_link::ferry::{Assembly, Part, disclose, open};
use hefu_node::{Carrier, NoteFacts};
use hefu_psi::SessionSeed;
use hefu_psi::wire::Kind;
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, Rogue, days_from_today};
use hefu_tests::bureau::{
    Bureau, agree, agree_with_rogue, files, hand_over, introduce, number, proposal, sha256, surroundings,
};
use hefu_tests::ferry::{Two, again, carry, forged, frame, letter, logged, out, parts, refusals};
use hefu_tests::rogue::set;
use hefu_tests::search::{Searcher, forms_of_number};
use ring::signature::{ED25519, UnparsedPublicKey};
use tempfile::TempDir;

const NOTE: u8 = 6;
const NOTED: u8 = 7;

/// A question about an invented person.
fn question(agreement: [u8; 32], item: u8, person: u64) -> Note {
    let today = days_from_today(0);
    Note {
        agreement: Hex(agreement),
        item: Hex([item; 16]),
        on: today,
        word: Word::Inquiry(Asked {
            rule: Some(RuleId::new("X3").unwrap()),
            months: vec!["2026-07".parse().unwrap(), "2026-08".parse().unwrap()],
            person: parse(Document::Resident, &number(person)).unwrap().key,
            document: Text::new("县民协查〔2026〕1号").unwrap(),
            question: None,
            due: Deadline::stated(10, DayUnit::Natural, days_from_today(20)),
        }),
    }
}

/// Two over a line, with a round behind them.
async fn on_line() -> (TempDir, Bureau, Bureau, [u8; 32]) {
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let asks = start("县民政局", AgencyRole::CivilAffairs).await;
    let answers = start("县残联", AgencyRole::DisabledFederation).await;
    asks.pays(EXTREME_POVERTY, 0..20);
    answers.pays(DISABLED_LIVING, 5..25);
    introduce(&asks, &answers);
    let parties = [asks.party(EXTREME_POVERTY), answers.party(DISABLED_LIVING)];
    let text = proposal(Purpose::Duplicates, "公函1号", parties);
    let agreement = agree(&asks, &answers, text).await;
    asks.node.run_round(&agreement).await.unwrap();
    answers
        .newest_round(|round| round.state == RoundState::Done)
        .await;
    (dir, asks, answers, agreement)
}

/// Two by files, with a round behind them.
async fn on_files(number: &str) -> (Two, [u8; 32]) {
    let (two, agreement) = Two::agreed(number).await;
    two.receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&two.receiver, &two.sender).await;
    carry(&two.sender, &two.receiver).await;
    carry(&two.receiver, &two.sender).await;
    (two, agreement)
}

fn facts(at: &Bureau, item: u8) -> Vec<NoteFacts> {
    at.node.notes_of(&Hex([item; 16])).unwrap()
}

/// The one note about a matter, which was taken.
fn is_taken(at: &Bureau, item: u8, out: bool) {
    let notes = facts(at, item);
    let [note] = &notes[..] else { panic!("{notes:?}") };
    assert_eq!((note.out, note.word.as_str()), (out, "note_inquiry"));
    assert!(note.answered_at.is_some(), "not answered");
    assert_eq!(note.refused, None);
}

/// No file of either, and nothing that either logs, has the person's number.
fn nowhere_in_clear(dir: &TempDir, bureaus: [&Bureau; 2], person: u64) {
    let mut searcher = Searcher::default();
    for (what, bytes) in forms_of_number(&number(person)) {
        searcher.add(what, &bytes);
    }
    for (path, bytes) in files(dir.path()) {
        let register = path.extension().is_some_and(|end| end == "csv");
        assert!(register || searcher.find(&bytes).is_none(), "{}", path.display());
    }
    for at in bureaus {
        let log = at.log_after(0);
        let log: String = log.iter().map(|entry| entry.body.to_string()).collect();
        assert!(searcher.find(log.as_bytes()).is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_goes_over_a_line_and_is_wiped_when_it_is_answered() {
    let (dir, asks, answers, agreement) = on_line().await;
    let peer = answers.node.node_key();
    let note = question(agreement, 1, 7);
    let id = asks.node.post_note(&peer, &note, "经办").unwrap();
    assert!(asks.node.store().note_due(&id.0).unwrap().is_some());
    nowhere_in_clear(&dir, [&asks, &answers], 7);
    assert_eq!(asks.node.deliver_notes(&peer).await.unwrap(), 1);
    is_taken(&asks, 1, true);
    is_taken(&answers, 1, false);
    assert!(asks.node.store().note_due(&id.0).unwrap().is_none());
    nowhere_in_clear(&dir, [&asks, &answers], 7);

    // It is one note, however often it is posted.
    let heads = [&asks, &answers].map(|at| at.node.store().head().unwrap());
    assert_eq!(asks.node.post_note(&peer, &note, "经办").unwrap(), id);
    assert_eq!(asks.node.deliver_notes(&peer).await.unwrap(), 0);
    assert_eq!([&asks, &answers].map(|at| at.node.store().head().unwrap()), heads);
    let kinds = ["note_sent", "note_answered", "note_taken", "note_refused"];
    let logged = |at: &Bureau| kinds.map(|kind| logged(at, kind).len());
    assert_eq!((logged(&asks), logged(&answers)), ([1, 1, 0, 0], [0, 0, 1, 0]));
    let entries = asks.log_after(0);
    let sent = entries.iter().find(|entry| entry.kind == "note_sent").unwrap();
    assert_eq!(sent.actor, "经办");
    assert_eq!(sent.body["item"], "01".repeat(16));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_goes_by_files_and_stands_in_none_of_them() {
    let (two, agreement) = on_files("公函2号").await;
    let Two {
        receiver,
        sender,
        dir,
    } = &two;
    let peer = sender.node.node_key();
    let id = receiver
        .node
        .post_note(&peer, &question(agreement, 2, 8), "经办")
        .unwrap();
    let set = out(receiver, sender).await.unwrap();
    nowhere_in_clear(dir, [receiver, sender], 8);
    for file in parts(receiver, &set) {
        sender.node.ferry_take(file.bytes).await.unwrap();
    }
    nowhere_in_clear(dir, [receiver, sender], 8);
    let worked = sender.node.ferry_work().await.unwrap();
    assert_eq!((worked.sets, worked.letters), (1, 1));
    is_taken(sender, 2, false);
    assert!(
        receiver.node.store().note_due(&id.0).unwrap().is_some(),
        "not heard yet"
    );
    assert_eq!(carry(sender, receiver).await, 1);
    is_taken(receiver, 2, true);
    assert!(receiver.node.store().note_due(&id.0).unwrap().is_none());
    assert_eq!((refusals(receiver), refusals(sender)), (vec![], vec![]));
    // The answer is acknowledged with whatever goes next; the note's letter is settled.
    let due = |at: &Bureau| at.node.store().letters_due(None).unwrap();
    assert_eq!(due(receiver), []);
    assert_eq!(
        due(sender)
            .iter()
            .map(|letter| letter.matter.code())
            .collect::<Vec<_>>(),
        ["noted"]
    );
    nowhere_in_clear(dir, [receiver, sender], 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_waits_for_a_peer_that_is_down() {
    let (_dir, asks, answers, agreement) = on_line().await;
    let closed = answers.close().await;
    let keeping = tokio::spawn(Arc::clone(&asks.node).keep());
    asks.node
        .post_note(&peer_of(&asks), &question(agreement, 3, 9), "经办")
        .unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(facts(&asks, 3)[0].answered_at.is_none());
    let answers = closed.open(surroundings()).await;
    introduce(&asks, &answers);
    let patience = Instant::now();
    while facts(&asks, 3)[0].answered_at.is_none() {
        assert!(patience.elapsed() < Duration::from_secs(20), "never delivered");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    keeping.abort();
    is_taken(&asks, 3, true);
    is_taken(&answers, 3, false);
}

fn peer_of(at: &Bureau) -> [u8; 32] {
    at.node.peers()[0].node_key()
}

/// Killed after it was posted; killed after it was taken and before the answer arrived; on another carrier afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn a_note_outlives_crashes_and_a_change_of_carrier() {
    let (two, agreement) = on_files("公函3号").await;
    let peer = two.sender.node.node_key();
    let post = |two: &Two, item| {
        let note = question(agreement, item, 10);
        two.receiver.node.post_note(&peer, &note, "经办").unwrap()
    };
    let id = post(&two, 4);
    let two = two.again().await;
    assert_eq!(post(&two, 4), id);
    assert_eq!(carry(&two.receiver, &two.sender).await, 1);
    let two = Two {
        sender: again(two.sender).await,
        ..two
    };
    is_taken(&two.sender, 4, false);
    // The answer is lost with its set: it goes with the next one, too.
    out(&two.sender, &two.receiver).await.unwrap();
    post(&two, 5);
    assert_eq!(carry(&two.receiver, &two.sender).await, 1, "the second note");
    assert_eq!(carry(&two.sender, &two.receiver).await, 2, "both answers");
    is_taken(&two.receiver, 4, true);
    is_taken(&two.receiver, 5, true);

    // A letter was carried and not answered when a line was laid.
    post(&two, 6);
    out(&two.receiver, &two.sender).await.unwrap();
    let Two { receiver, sender, .. } = &two;
    for (at, to) in [(receiver, sender), (sender, receiver)] {
        at.node
            .set_carrier(&to.node.node_key(), Carrier::Line, "经办")
            .unwrap();
    }
    introduce(receiver, sender);
    assert_eq!(receiver.node.deliver_notes(&peer).await.unwrap(), 1);
    is_taken(receiver, 6, true);
    is_taken(sender, 6, false);
    let mut due = receiver.node.store().letters_due(None).unwrap();
    due.retain(|letter| letter.matter == hefu_store::Matter::Note);
    assert_eq!(due, [], "no letter brings it any more");
}

/// A node, and somebody with keys who has an agreement with it and a round behind it.
async fn with_rogue() -> (TempDir, Bureau, Rogue, [u8; 32]) {
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        "县残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&at.card]).await;
    at.node.add_peer(&rogue.card).unwrap();
    let parties = [
        hefu_tests::agency::party(&rogue.card, EXTREME_POVERTY),
        at.party(DISABLED_LIVING),
    ];
    let text = proposal(Purpose::Duplicates, "公函4号", parties);
    let agreement = agree_with_rogue(&at, &rogue, &text);
    at.pays(DISABLED_LIVING, 0..20);
    let seed = SessionSeed::generate(&mut *hefu_node::runner::system_randomness());
    let own = set(&text, 0, 0..20);
    rogue.receive(&at.card, &text, own, seed, None).await.unwrap();
    at.newest_round(|round| round.state == RoundState::Done).await;
    (dir, at, rogue, agreement)
}

/// A note as the page of papers has it.
fn paper(rogue: &Rogue, to: &[u8; 32], id: u8, body: &[u8]) -> Vec<u8> {
    let signed = [b"hefu/3 note\0".as_slice(), to, &sha256(body).0].concat();
    let signature = rogue.keys.signing_key().sign(&signed);
    [&[id; 16], signature.as_ref(), body].concat()
}

/// What the node answers to a paper: its bytes, or the code of the abort.
async fn answer(rogue: &Rogue, at: &Bureau, paper: &[u8]) -> Result<Vec<u8>, String> {
    let limits = hefu_link::Limits::default();
    let (mut sender, mut receiver) = hefu_link::dial(&rogue.keys, &at.card, &limits, None)
        .await
        .unwrap()
        .split();
    match hand_over(&mut sender, &mut receiver, NOTE, paper).await {
        Ok((kind, answer)) => {
            assert_eq!(kind, NOTED);
            Ok(answer)
        }
        Err(hefu_link::Error::PeerAborted { abort, .. }) => Err(abort.code().to_owned()),
        Err(other) => panic!("{other}"),
    }
}

/// The code in an answer, whose signature must hold.
fn code(rogue: &Rogue, at: &Bureau, body: &[u8], answer: &[u8]) -> String {
    let (id, rest) = answer.split_at(16);
    let (signature, code) = rest.split_at(64);
    let (to, digest) = (rogue.card.node_key(), sha256(body));
    let signed = [b"hefu/3 noted\0".as_slice(), &to, id, &digest.0, code].concat();
    UnparsedPublicKey::new(&ED25519, at.node.node_key())
        .verify(&signed, signature)
        .unwrap();
    String::from_utf8(code.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_comes_again_is_answered_alike_and_heard_once() {
    let (_dir, at, rogue, agreement) = with_rogue().await;
    let body = question(agreement, 1, 11).to_bytes().unwrap();
    let paper = paper(&rogue, &at.node.node_key(), 1, &body);
    let first = answer(&rogue, &at, &paper).await.unwrap();
    assert_eq!(first[..16], [1; 16]);
    assert_eq!(code(&rogue, &at, &body, &first), "");
    let head = at.node.store().head().unwrap();
    assert_eq!(answer(&rogue, &at, &paper).await.unwrap(), first);
    let at = again(at).await;
    assert_eq!(answer(&rogue, &at, &paper).await.unwrap(), first);
    assert_eq!(at.node.store().head().unwrap(), head);
    is_taken(&at, 1, false);
    // Another note under its id is none.
    let other = question(agreement, 2, 11).to_bytes().unwrap();
    let other = self::paper(&rogue, &at.node.node_key(), 1, &other);
    assert_eq!(
        answer(&rogue, &at, &other).await,
        Err("abort_malformed".to_owned())
    );
    assert_eq!(facts(&at, 2), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_note_of_the_peers_to_this_node_is_not_answered() {
    let (_dir, at, rogue, agreement) = with_rogue().await;
    let (me, they) = (at.node.node_key(), rogue.card.node_key());
    let body = question(agreement, 1, 12).to_bytes().unwrap();
    let head = at.node.store().head().unwrap();
    let mut forged = paper(&rogue, &me, 1, &body);
    forged[20] ^= 1;
    let mut changed = paper(&rogue, &me, 1, &body);
    *changed.last_mut().unwrap() ^= 1;
    for (what, paper) in [
        ("a forged signature", forged),
        ("a changed text", changed),
        ("for another", paper(&rogue, &they, 1, &body)),
        ("too large", paper(&rogue, &me, 1, &[b' '; 8193])),
        ("cut off", paper(&rogue, &me, 1, &[])[..79].to_vec()),
    ] {
        let answered = answer(&rogue, &at, &paper).await;
        assert_eq!(answered, Err("abort_malformed".to_owned()), "{what}");
    }
    let after = at.log_after(head.seq);
    assert!(
        after.iter().all(|entry| !entry.kind.starts_with("note")),
        "{after:?}"
    );
    assert_eq!(
        at.node
            .store()
            .notes_taken_since(&they, jiff::Timestamp::UNIX_EPOCH)
            .unwrap(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_not_taken_is_refused_with_a_signed_code() {
    let (dir, at, rogue, agreement) = with_rogue().await;
    let me = at.node.node_key();
    // Signed by the node and a third, and not by this peer.
    let third = Rogue::start("县教育局", AgencyRole::Education, &[]).await;
    at.node.add_peer(&third.card).unwrap();
    let parties = [
        hefu_tests::agency::party(&third.card, EXTREME_POVERTY),
        at.party(DISABLED_LIVING),
    ];
    let others = agree_with_rogue(&at, &third, &proposal(Purpose::Duplicates, "公函5号", parties));
    // Drafted by this node, and signed by nobody.
    let parties = [
        hefu_tests::agency::party(&rogue.card, EXTREME_POVERTY),
        at.party(DISABLED_LIVING),
    ];
    let draft = at
        .node
        .draft(proposal(Purpose::Duplicates, "公函6号", parties), "经办")
        .unwrap();
    let note = |agreement, item| question(agreement, item, 13).to_bytes().unwrap().to_vec();
    let mut later = String::from_utf8(note(agreement, 4)).unwrap();
    later = later.replacen(r#""version":1"#, r#""version":2"#, 1);
    for (id, body, expected) in [
        (1, note([9; 32], 1), "note_agreement"),
        (2, note(others, 2), "note_agreement"),
        (3, note(draft, 3), "note_agreement"),
        (4, later.into_bytes(), "note_unreadable"),
    ] {
        let paper = paper(&rogue, &me, id, &body);
        let answered = answer(&rogue, &at, &paper).await.unwrap();
        assert_eq!(code(&rogue, &at, &body, &answered), expected);
        assert_eq!(
            answer(&rogue, &at, &paper).await.unwrap(),
            answered,
            "and so it stays"
        );
    }
    assert_eq!(facts(&at, 1)[0].refused.as_deref(), Some("note_agreement"));
    // Of many refusals of one kind the log says so once a minute.
    assert_eq!(logged(&at, "note_refused").len(), 2);
    nowhere_in_clear(&dir, [&at, &at], 13);
    for agreement in [[9; 32], others, draft] {
        let refused = at
            .node
            .post_note(&rogue.card.node_key(), &question(agreement, 5, 13), "经办");
        assert_eq!(refused.unwrap_err().code(), "note_agreement");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_peer_brings_so_many_notes_a_day() {
    let (_dir, at, rogue, agreement) = with_rogue().await;
    let head = at.node.store().head().unwrap().seq;
    let me = at.node.node_key();
    let limits = hefu_link::Limits::default();
    let (mut sender, mut receiver) = hefu_link::dial(&rogue.keys, &at.card, &limits, None)
        .await
        .unwrap()
        .split();
    let body = question([9; 32], 1, 14).to_bytes().unwrap();
    for id in 0..200 {
        let paper = paper(&rogue, &me, id, &body);
        hand_over(&mut sender, &mut receiver, NOTE, &paper).await.unwrap();
    }
    let one_more = paper(&rogue, &me, 200, &body);
    assert_eq!(
        answer(&rogue, &at, &one_more).await,
        Err("abort_policy".to_owned())
    );
    // What is known is answered still.
    let known = paper(&rogue, &me, 7, &body);
    assert!(answer(&rogue, &at, &known).await.is_ok());
    let refused = at.log_after(head);
    assert!(refused.len() < 10, "{} entries", refused.len());

    for item in 0..200 {
        let note = question(agreement, item, 14);
        at.node.post_note(&rogue.card.node_key(), &note, "经办").unwrap();
    }
    let one_more = at
        .node
        .post_note(&rogue.card.node_key(), &question(agreement, 200, 14), "经办");
    assert_eq!(one_more.unwrap_err().code(), "notes_too_many");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_files_a_note_is_sealed_once_more_and_nobody_answers_for_another() {
    let (dir, at, rogue, agreement) = with_rogue().await;
    let peer = rogue.card.node_key();
    at.node.set_carrier(&peer, Carrier::Files, "经办").unwrap();
    let note = question(agreement, 1, 15);
    let body = note.to_bytes().unwrap();
    let id = at.node.post_note(&peer, &note, "经办").unwrap();
    let cut = hefu_link::ferry::Cut::new(hefu_link::ferry::Form::Binary, None).unwrap();
    let set = at.node.ferry_out(&peer, cut, "经办").await.unwrap().unwrap();
    let [file] = &parts_of(&at, &set)[..] else {
        panic!("one file")
    };
    let folder = dir.path().join("opened");
    let mut assembly = Assembly::open(&folder).unwrap();
    assembly.take(Part::read(&file[..], 1 << 20).unwrap()).unwrap();
    let (head, mut sealed) = (assembly.head().unwrap().clone(), assembly.sealed().unwrap());
    let mut content = Vec::new();
    open(&rogue.keys, &head, &mut sealed, &mut content).unwrap();
    let mut searcher = Searcher::default();
    for (what, bytes) in forms_of_number(&number(15)) {
        searcher.add(what, &bytes);
    }
    assert!(searcher.find(&content).is_none());
    // Its last frame is the document: kind, id, enclosure.
    let enclosed = 1 + 16 + 32 + 64 + body.len() + 16;
    let document = &content[content.len() - enclosed..];
    assert_eq!((document[0], &document[1..17]), (NOTE, id.0.as_slice()));
    let me = at.node.node_key();
    let said = disclose(&rogue.keys, &me, NOTE, &id.0, &document[17..]).unwrap();
    assert_eq!(said[64..], body[..]);
    let signed = [b"hefu/3 note\0".as_slice(), &peer, &sha256(&body).0].concat();
    UnparsedPublicKey::new(&ED25519, me)
        .verify(&signed, &said[..64])
        .unwrap();

    // In clear, without an enclosure, it is no letter; an answer that another signed is none.
    let plain = [&[NOTE], paper(&rogue, &me, 9, &body).as_slice()].concat();
    let header = |id: u8, matter: &str| format!(r#"{{"id":"{}","matter":"{matter}"}}"#, Hex([id; 16]));
    let rogues = rogue.keys.signing_key().sign(b"something else");
    let noted = hefu_link::ferry::enclose(
        &rogue.keys,
        &at.card,
        NOTED,
        &id.0,
        rogues.as_ref(),
        &mut *hefu_node::runner::system_randomness(),
    )
    .unwrap();
    let noted = [&[NOTED], id.0.as_slice(), &noted].concat();
    let document = Kind::Document as u8;
    let content = [
        frame(0x81, &[]),
        letter(&header(1, "note"), &[(document, &plain)]),
        letter(&header(2, "noted"), &[(document, &noted)]),
    ]
    .concat();
    let file = forged(&rogue, &at.card, &content);
    at.node.ferry_take(file.bytes).await.unwrap();
    at.node.ferry_work().await.unwrap();
    assert_eq!(refusals(&at), ["abort_malformed", "abort_malformed"]);
    assert!(facts(&at, 1)[0].answered_at.is_none());
}

fn parts_of(at: &Bureau, set: &hefu_node::ferry::SetOut) -> Vec<Vec<u8>> {
    let part = |number| at.node.ferry_part(&set.set, number).unwrap().bytes;
    (1..=set.parts).map(part).collect()
}
