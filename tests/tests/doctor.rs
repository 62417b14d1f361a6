//! What the doctor says of each thing that can stand between two nodes: the step that fails, and no guess about those
//! behind it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::future::Future;

use hefu_casework::{AgencyRole, Purpose, canonical};
use hefu_link::{Card, Keys, Limits, Listener};
use hefu_node::{Check, Surroundings, Verdict};
use hefu_psi::wire::{Document, Kind};
use hefu_store::Vault;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, agree, agree_with_rogue, introduce, proposal, surroundings};
use hefu_tests::rogue::Rogue;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const GREETING: u8 = 1;
const OWN: [&str; 5] = ["log", "spool", "own_clock", "retention", "conference"];
const TOWARDS: [&str; 7] = ["name", "port", "tls", "card", "version", "clock", "agreement"];

/// One that does not wait long for who does not speak.
fn impatient() -> Surroundings {
    let limits = Limits {
        handshake_seconds: 2,
        linger_seconds: 1,
        ..Limits::default()
    };
    Surroundings {
        limits,
        ..surroundings()
    }
}

async fn bureau(dir: &TempDir, name: &str, role: AgencyRole) -> Bureau {
    Bureau::start(dir.path(), name, role, impatient()).await
}

async fn civil(dir: &TempDir) -> Bureau {
    bureau(dir, "县民政局", AgencyRole::CivilAffairs).await
}

/// Every step with its verdict, the node's own before those towards the peer.
fn verdicts(checks: &[Check]) -> Vec<Verdict> {
    let steps: Vec<&str> = checks.iter().map(|check| check.step).collect();
    assert_eq!(steps, [OWN.as_slice(), &TOWARDS].concat());
    let (own, towards) = checks.split_at(OWN.len());
    assert!(
        own.iter().all(|check| check.verdict == Verdict::Passed),
        "{own:?}"
    );
    towards.iter().map(|check| check.verdict).collect()
}

/// This step fails with this code; those before it hold, and those behind it are not looked at.
fn fails_at(checks: &[Check], step: &str, code: &str) {
    let at = TOWARDS.iter().position(|each| *each == step).unwrap();
    let expected: Vec<Verdict> = (0..TOWARDS.len())
        .map(|each| match each.cmp(&at) {
            std::cmp::Ordering::Less => Verdict::Passed,
            std::cmp::Ordering::Equal => Verdict::Failed,
            std::cmp::Ordering::Greater => Verdict::Skipped,
        })
        .collect();
    assert_eq!(verdicts(checks), expected, "{checks:?}");
    assert_eq!(failed(checks).code, code);
    has_words(checks);
}

fn failed(checks: &[Check]) -> &Check {
    checks
        .iter()
        .find(|check| check.verdict == Verdict::Failed)
        .unwrap()
}

fn has_words(checks: &[Check]) {
    let words = include_str!("../../crates/hefu/words.toml");
    for check in checks {
        let codes = [check.code.to_owned(), format!("doctor_step_{}", check.step)];
        for code in codes.iter().filter(|code| !code.is_empty()) {
            assert!(words.contains(&format!("\n[{code}]\n")), "{code}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_alone_checks_itself() {
    let dir = tempfile::tempdir().unwrap();
    let civil = civil(&dir).await;
    let steps: Vec<_> = civil
        .node
        .doctor(None)
        .await
        .into_iter()
        .map(|check| (check.step, check.verdict))
        .collect();
    assert_eq!(steps, OWN.map(|step| (step, Verdict::Passed)));
    // A spool folder that is gone is found out before a round needs it.
    std::fs::remove_dir(civil.folder().join("spool")).unwrap();
    let checks = civil.node.doctor(None).await;
    assert_eq!(
        (failed(&checks).step, failed(&checks).code),
        ("spool", "node_spool")
    );
    has_words(&checks);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, court) = (civil(&dir).await, bureau(&dir, "县法院", AgencyRole::Court).await);
    introduce(&civil, &court);
    // Without an agreement nothing could run; but the line is right.
    let checks = civil.node.doctor(Some(&court.card)).await;
    let last = checks.last().unwrap();
    assert_eq!((last.step, last.verdict), ("agreement", Verdict::Warning));
    assert_eq!(last.code, "doctor_no_agreement");
    has_words(&checks);

    let parties = [civil.party(EXTREME_POVERTY), court.party(DISABLED_LIVING)];
    agree(&civil, &court, proposal(Purpose::Duplicates, "1号", parties)).await;
    for (node, card) in [(&civil.node, &court.card), (&court.node, &civil.card)] {
        let checks = node.doctor(Some(card)).await;
        assert_eq!(verdicts(&checks), [Verdict::Passed; 7]);
        assert!(checks.iter().all(|check| check.code.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_differs() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, court) = (civil(&dir).await, bureau(&dir, "县法院", AgencyRole::Court).await);
    introduce(&civil, &court);
    let text = |number| {
        let parties = [civil.party(EXTREME_POVERTY), court.party(DISABLED_LIVING)];
        proposal(Purpose::Duplicates, number, parties)
    };
    agree(&civil, &court, text("1号")).await;
    // A draft that only this side has, then one that only the other side has signed.
    let digest = civil.node.draft(text("2号"), "经办").unwrap();
    let checks = civil.node.doctor(Some(&court.card)).await;
    fails_at(&checks, "agreement", "doctor_agreement_differs");
    let named = hefu_casework::Hex(digest).to_string();
    assert_eq!(failed(&checks).params, [("what", named.clone())]);
    let checks = court.node.doctor(Some(&civil.card)).await;
    assert_eq!(failed(&checks).params, [("what", named.clone())]);
    civil.node.exchange(&court.node.node_key()).await.unwrap();
    let checks = civil.node.doctor(Some(&court.card)).await;
    assert_eq!(verdicts(&checks), [Verdict::Passed; 7]);
    court.node.sign_agreement(&digest, "院长").unwrap();
    let checks = civil.node.doctor(Some(&court.card)).await;
    fails_at(&checks, "agreement", "doctor_agreement_differs");
    assert_eq!(failed(&checks).params, [("what", named)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_unknown_and_a_port_that_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, court) = (civil(&dir).await, bureau(&dir, "县法院", AgencyRole::Court).await);
    introduce(&civil, &court);
    // RFC 6761 section 6.4: names under "invalid" never resolve.
    let checks = civil
        .node
        .doctor(Some(&court.card_at("court.invalid:7443")))
        .await;
    fails_at(&checks, "name", "doctor_name_unknown");
    assert_eq!(
        failed(&checks).params,
        [("what", "court.invalid:7443".to_owned())]
    );

    let free = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let checks = civil.node.doctor(Some(&court.card_at(&free.to_string()))).await;
    fails_at(&checks, "port", "doctor_port_closed");
}

/// Answers each caller with `serve`; where it listens.
async fn listening<F>(serve: impl Fn(tokio::net::TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_listens_there() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, court) = (civil(&dir).await, bureau(&dir, "县法院", AgencyRole::Court).await);
    introduce(&civil, &court);
    let web = listening(|mut stream| async move {
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    });
    let checks = civil.node.doctor(Some(&court.card_at(&web.await))).await;
    fails_at(&checks, "tls", "peer_handshake");

    let silent = listening(|mut stream| async move {
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let checks = civil.node.doctor(Some(&court.card_at(&silent.await))).await;
    fails_at(&checks, "tls", "peer_handshake_timeout");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_the_cards_and_a_peer_that_does_not_know_this_node() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, court) = (civil(&dir).await, bureau(&dir, "县法院", AgencyRole::Court).await);
    let police = bureau(&dir, "县公安局", AgencyRole::Police).await;
    introduce(&civil, &police);
    civil.node.add_peer(&court.card).unwrap();
    // Under the court's card the police answers.
    let checks = civil
        .node
        .doctor(Some(&court.card_at(police.card.address())))
        .await;
    fails_at(&checks, "card", "peer_wrong_key");
    // The court has not added this node's card.
    let checks = civil.node.doctor(Some(&court.card)).await;
    fails_at(&checks, "card", "peer_refuses_us");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_speaks_another_version() {
    let dir = tempfile::tempdir().unwrap();
    let (civil, court) = (civil(&dir).await, bureau(&dir, "县法院", AgencyRole::Court).await);
    introduce(&civil, &court);
    // TLS that knows other protocols alone says so in an alert (RFC 8446 section 6, RFC 7301 section 3.2): fatal,
    // no_application_protocol. That comes before any key is shown.
    let later = listening(|mut stream| async move {
        let _ = stream.read(&mut [0; 4096]).await;
        let _ = stream.write_all(&[21, 3, 3, 0, 2, 2, 120]).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
    });
    let checks = civil.node.doctor(Some(&court.card_at(&later.await))).await;
    let expected = [
        Verdict::Passed,
        Verdict::Passed,
        Verdict::Passed,
        Verdict::Skipped,
        Verdict::Failed,
        Verdict::Skipped,
        Verdict::Skipped,
    ];
    assert_eq!(verdicts(&checks), expected);
    assert_eq!(
        (failed(&checks).step, failed(&checks).code),
        ("version", "peer_version")
    );
    has_words(&checks);

    // One that has the key, and greets in a way that this version does not know.
    let rogue = Rogue::start("县公安局", AgencyRole::Police, &[&civil.card]).await;
    civil.node.add_peer(&rogue.card).unwrap();
    let card = rogue.card.clone();
    let answering = tokio::spawn(async move { answer(&rogue.listener, &json!({ "hello": 3 })).await });
    let checks = civil.node.doctor(Some(&card)).await;
    fails_at(&checks, "version", "abort_malformed");
    answering.await.unwrap();
}

/// Takes one visit, and answers its greeting with this. The doctor knocks once before it comes in.
async fn answer(listener: &Listener, greeting: &Value) {
    let connection = loop {
        if let Ok(connection) = listener.accept().await {
            break connection;
        }
    };
    let (mut sender, mut receiver) = connection.split();
    let mut payload = Vec::new();
    let frame = receiver.recv(&mut payload).await.unwrap();
    assert_eq!(frame.kind, Kind::Document as u8);
    assert_eq!(Document::decode(&payload).unwrap().kind, GREETING);
    let bytes = canonical::to_vec(greeting);
    let paper = Document {
        kind: GREETING,
        bytes: &bytes,
    };
    let parts: [&[u8]; 2] = [&paper.header(), &bytes];
    sender.send_parts(Kind::Document as u8, &parts).await.unwrap();
    sender.close().await.unwrap();
}

/// What a peer would say that has the same agreements and this time.
fn greeting(of: &Bureau, at: Timestamp) -> Value {
    let agreements: Map<String, Value> = of
        .node
        .agreements()
        .unwrap()
        .into_iter()
        .map(|(digest, dossier)| {
            let standing = hefu_casework::Hex(dossier.standing());
            (hefu_casework::Hex(digest).to_string(), json!(standing))
        })
        .collect();
    json!({ "program": "0.1.0", "protocol": 2, "at": at, "agreements": agreements })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_wrong_is_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let civil = civil(&dir).await;
    let rogue = Rogue::start("县残联", AgencyRole::DisabledFederation, &[&civil.card]).await;
    civil.node.add_peer(&rogue.card).unwrap();
    let parties = [
        civil.party(EXTREME_POVERTY),
        hefu_tests::agency::party(&rogue.card, DISABLED_LIVING),
    ];
    agree_with_rogue(&civil, &rogue, &proposal(Purpose::Duplicates, "1号", parties));
    let (card, listener) = (rogue.card.clone(), std::sync::Arc::new(rogue.listener));
    for (wrong_by, verdict) in [
        (3 * 3600, Verdict::Warning),
        (-3 * 3600, Verdict::Warning),
        (120, Verdict::Passed),
    ] {
        let greeting = greeting(&civil, Timestamp::now() + wrong_by.seconds());
        let listener = std::sync::Arc::clone(&listener);
        let answering = tokio::spawn(async move { answer(&listener, &greeting).await });
        let checks = civil.node.doctor(Some(&card)).await;
        answering.await.unwrap();
        let mut expected = [Verdict::Passed; 7];
        expected[5] = verdict;
        assert_eq!(verdicts(&checks), expected, "the steps behind it are looked at");
        let clock = &checks[OWN.len() + 5];
        has_words(&checks);
        if verdict == Verdict::Warning {
            assert_eq!(clock.code, "doctor_clocks_differ");
            let seconds: i64 = clock.params[0].1.parse().unwrap();
            assert!((seconds - wrong_by).abs() <= 20, "{seconds}");
        }
    }
}

/// A peer is its key, whatever time it has: what it greeted with stands in no round's way.
#[tokio::test(flavor = "multi_thread")]
async fn rounds_run_with_a_peer_whose_clock_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let civil = civil(&dir).await;
    let disabled = bureau(&dir, "县残联", AgencyRole::DisabledFederation).await;
    introduce(&civil, &disabled);
    civil.pays(EXTREME_POVERTY, 0..4);
    disabled.pays(DISABLED_LIVING, 2..6);
    let parties = [civil.party(EXTREME_POVERTY), disabled.party(DISABLED_LIVING)];
    let digest = agree(&civil, &disabled, proposal(Purpose::Duplicates, "1号", parties)).await;

    // The same node, with a clock that is wrong: its keys, and a greeting of another hour.
    let closed = disabled.close().await;
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let part = |name: &str| {
        vault
            .open_file(
                &closed.folder.join(format!("keys/{name}.sealed")),
                &format!("{name} key"),
            )
            .unwrap()
    };
    let keys = Keys::from_parts(part("node"), part("tls"), part("seal")).unwrap();
    let book = std::sync::Arc::new(Only(civil.card.clone()));
    let listener = Listener::bind("127.0.0.1:0", &keys, book, Limits::default(), None)
        .await
        .unwrap();
    let address = listener.local_addr().to_string();
    let card = Card::new(&keys, "县残联", AgencyRole::DisabledFederation, &address).unwrap();
    civil.node.add_peer(&card).unwrap();
    let wrong = greeting(&civil, Timestamp::now() - 20.hours());
    let answering = tokio::spawn(async move { answer(&listener, &wrong).await });
    let theirs = civil.node.exchange(&card.node_key()).await.unwrap();
    answering.await.unwrap();
    assert!(theirs.ahead_seconds(Timestamp::now()) < -19 * 3600);

    let disabled = closed.open(impatient()).await;
    civil.node.add_peer(&disabled.card).unwrap();
    let learned = civil.node.run_round(&digest).await.unwrap();
    assert_eq!(learned.outcome.findings.len(), 2);
}

struct Only(Card);

impl hefu_link::PeerBook for Only {
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card> {
        (self.0.tls_key() == *key).then(|| self.0.clone())
    }
}
