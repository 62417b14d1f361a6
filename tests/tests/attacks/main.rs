//! What a review with hostile eyes found, each as a test that once failed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod budgets;
mod papers;
mod resumed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, Hex, canonical};
use hefu_curve::Pool;
use hefu_link::{Card, Keys, Limits, dial};
use hefu_node::Surroundings;
use hefu_node::runner::{Forgetful, Runner, system_randomness};
use hefu_psi::wire::{Abort, Kind, decode_abort, encode_abort};
use hefu_psi::{Elements, KeyKind, Mode, Ristretto255, SessionSeed, Terms};
use hefu_store::RoundState;
use hefu_tests::agency::{
    Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, SHORT, conclude_with, draft, opening, party,
};
use hefu_tests::rogue::Rogue;
use ring::digest::{SHA256, digest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The bytes of a card that bears whatever its maker likes, signed by `sign`.
fn forged(node_key: [u8; 32], tls_key: [u8; 32], sign: impl Fn(&[u8]) -> [u8; 64]) -> Vec<u8> {
    let card = serde_json::json!({
        "address": "127.0.0.1:1", "name": "某局", "node_key": Hex(node_key), "role": "court", "tls_key": Hex(tls_key),
        "version": 1,
    });
    let message = [
        b"hefu/1 card\0".as_slice(),
        digest(&SHA256, &canonical::to_vec(&card)).as_ref(),
    ]
    .concat();
    canonical::to_vec(&serde_json::json!({ "card": card, "signature": Hex(sign(&message)) }))
}

async fn agency(dir: &std::path::Path, limits: Limits) -> Agency {
    let surroundings = Surroundings {
        limits,
        ..Surroundings::new(Pool::new(1).unwrap())
    };
    Agency::start(
        dir,
        "县残疾人联合会",
        AgencyRole::DisabledFederation,
        DISABLED_LIVING,
        0..9,
        surroundings,
    )
    .await
}

/// Under the identity as a key, R = sB and s fit every message.
#[test]
fn a_node_key_under_which_any_signature_fits_is_no_key() {
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut universal = [0; 64];
    universal[..32].copy_from_slice(&[0x66; 32]);
    universal[0] = 0x58; // the base point, encoded
    universal[32] = 1;
    let error = Card::parse(&forged(identity, [7; 32], |_| universal)).unwrap_err();
    assert_eq!(error.code(), "card_field");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_with_anothers_key_is_not_taken() {
    let dir = tempfile::tempdir().unwrap();
    let agency = agency(dir.path(), SHORT).await;
    let (honest, thief) = (Keys::generate().unwrap(), Keys::generate().unwrap());
    let card = Card::new(&honest, "县人民法院", AgencyRole::Court, "127.0.0.1:1").unwrap();
    agency.knows(&card);
    let sign = |message: &[u8]| thief.signing_key().sign(message).as_ref().try_into().unwrap();
    let copied = Card::parse(&forged(thief.node_key(), honest.tls_key(), sign)).unwrap();
    assert_eq!(
        agency.node.add_peer(&copied).unwrap_err().code(),
        "node_key_taken"
    );
    let own = agency.node.card("127.0.0.1:1").unwrap();
    assert_eq!(agency.node.add_peer(&own).unwrap_err().code(), "node_key_taken");
}

/// Saying "alive" for ever is not being there.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_only_says_that_it_is_alive_is_given_up() {
    let keys = Arc::new(Keys::generate().unwrap());
    let card = Card::new(&keys, "接收方", AgencyRole::Court, "127.0.0.1:1").unwrap();
    let rogue = Rogue::start("发送方", AgencyRole::CivilAffairs, &[&card]).await;
    let terms = Terms {
        agreement: [1; 32],
        receiver: keys.node_key(),
        sender: rogue.card.node_key(),
        mode: Mode::Members,
        key_kind: KeyKind::Person,
        width: 32,
        label: 0,
        receiver_cap: 10,
        sender_cap: 10,
    };
    let peer = rogue.card.clone();
    let sender = tokio::spawn(async move {
        let (mut sender, _receiver) = rogue.listener.accept().await.unwrap().split();
        let begun = Instant::now();
        while sender.alive().await.is_ok() && begun.elapsed() < Duration::from_secs(30) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        begun.elapsed()
    });
    let spool = tempfile::tempdir().unwrap();
    let runner = Runner::new(Pool::new(1).unwrap(), spool.path().to_path_buf(), keys.clone());
    let elements = Elements::new(32, vec![3; 32]).unwrap();
    let connection = dial(&keys, &peer, &SHORT, None).await.unwrap();
    let seed = SessionSeed::generate(&mut *system_randomness());
    let journal = Arc::new(Forgetful::new(spool.path()));
    let outcome = runner
        .receive::<Ristretto255>(connection, terms, elements, seed, journal, ())
        .await;
    assert_eq!(outcome.err().map(|error| error.code()), Some("peer_inactive"));
    assert!(
        sender.await.unwrap() < Duration::from_secs(15),
        "the line ends with the session"
    );
}

/// What a peer calls it does not count once the session was accepted: the sender's record must not say that nothing was
/// exchanged.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_breaks_off_cannot_call_it_a_refusal() {
    let dir = tempfile::tempdir().unwrap();
    let agency = agency(dir.path(), Limits::default()).await;
    let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[]).await;
    agency.knows(&rogue.card);
    let agreement = draft(party(&rogue.card, EXTREME_POVERTY), agency.party());
    conclude_with(&agreement, &agency, &rogue);

    let (sender, mut receiver) = rogue.open(&agency.card, &opening(&agreement)).await;
    let frame = receiver.recv(&mut Vec::new()).await.unwrap();
    assert_eq!(frame.kind, Kind::Accept as u8);
    sender.abort(&Abort::Policy).await.unwrap();

    assert_eq!(
        agency.failure().await,
        Failure::told("call_failed", "abort_policy")
    );
    let rounds = agency.ended_rounds().await;
    let [round] = rounds.as_slice() else {
        panic!("one round")
    };
    assert_eq!(round.state, RoundState::Failed);
    assert!(
        round.bytes_in > 0 && round.bytes_out > 0,
        "what went over the line is on record"
    );
}

/// The chained log only grows: who has no card must not be able to make it grow much.
#[tokio::test(flavor = "multi_thread")]
async fn strangers_cannot_fill_the_log() {
    let dir = tempfile::tempdir().unwrap();
    let agency = agency(dir.path(), Limits::default()).await;
    let before = agency.node.store().head().unwrap().seq;
    for _ in 0..100 {
        let mut stream = tokio::net::TcpStream::connect(agency.card.address())
            .await
            .unwrap();
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut Vec::new()).await;
    }
    assert_eq!(agency.failure().await.kind, "call_refused");
    let grown = agency.node.store().head().unwrap().seq - before;
    assert!(grown <= 2, "100 strangers made {grown} entries");
}

/// What a peer writes is shown on the other side's terminal.
#[test]
fn a_reason_carries_no_text_of_the_peers_own() {
    let honest = Abort::Malformed {
        step: "commit".into(),
    };
    assert_eq!(decode_abort(&encode_abort(&honest)), Some(honest));
    for text in ["\u{1b}[2J", "对方已确认 3 人", ""] {
        assert_eq!(
            decode_abort(&encode_abort(&Abort::Unexpected { awaited: text.into() })),
            None
        );
        assert_eq!(
            decode_abort(&encode_abort(&Abort::Malformed { step: text.into() })),
            None
        );
    }
}
