//! Whatever ends a round while the two sides can't meet, they say the same of it once they have met.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use hefu_casework::AgencyRole;
use hefu_link::{Direction, Limits, Tap};
use hefu_node::{Node, Surroundings};
use hefu_psi::wire::Kind;
use hefu_store::{Debited, Round, RoundState};
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude, draft};
use hefu_tests::ends::POOL;
use hefu_tests::proxy::Proxy;
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Two agencies with five people on both registers, between which a line runs each way that can be torn.
struct Two {
    receiver: Agency,
    sender: Agency,
    /// By which the receiver calls.
    there: Arc<Proxy>,
    /// By which the sender calls.
    back: Proxy,
    agreement: [u8; 32],
    _dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        Self::with(surroundings()).await
    }

    async fn with(of_sender: Surroundings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (civil, federation) = (AgencyRole::CivilAffairs, AgencyRole::DisabledFederation);
        let receiver = Agency::start(
            dir.path(),
            "县民政局",
            civil,
            EXTREME_POVERTY,
            0..10,
            surroundings(),
        );
        let receiver = receiver.await;
        let sender = Agency::start(
            dir.path(),
            "县残联",
            federation,
            DISABLED_LIVING,
            5..15,
            of_sender,
        );
        let sender = sender.await;
        let (there, back) = lines(&receiver, &sender).await;
        let text = draft(receiver.party(), sender.party());
        let agreement = conclude(&text, [&receiver, &sender], &[&receiver, &sender]);
        Self {
            receiver,
            sender,
            there: Arc::new(there),
            back,
            agreement,
            _dir: dir,
        }
    }

    /// A round whose line is torn when both sides have it on record; nobody can call anybody after that.
    async fn interrupted(&self) -> [u8; 32] {
        let node = &self.receiver.node;
        let round = node.begin_round(&self.agreement, "test").await.unwrap();
        let tearing = async {
            while self.sender.node.store().open_sessions().unwrap().is_empty() {
                tokio::task::yield_now().await;
            }
            self.there.tear();
            self.back.tear();
        };
        let (ended, ()) = tokio::join!(node.go_on(&round), tearing);
        let error = ended.err().expect("the line is torn before it ends");
        assert!(error.can_go_on(), "{error}");
        self.sender.interrupted().await;
        self.receiver.interrupted().await;
        round
    }

    fn mend(&self) {
        self.there.mend();
        self.back.mend();
    }

    /// Both have one round, and it has failed for this reason; nothing is left of it but the record.
    async fn both_say(&self, reason: &str) {
        for agency in [&self.receiver, &self.sender] {
            assert_eq!(agency.has_nothing().await, [RoundState::Failed]);
            let [round] = agency.node.store().rounds().unwrap().try_into().unwrap();
            assert_eq!(round.reason.as_deref(), Some(reason));
            let store = agency.node.store();
            assert!(store.session_seed(&round.id).unwrap().is_none());
        }
        // The way is free for another.
        let learned = self.receiver.node.run_round(&self.agreement).await.unwrap();
        assert_eq!(learned.outcome.findings.len(), 5);
    }

    /// That the peer knows is noted too, so that it is not told for ever.
    async fn all_is_told(&self) {
        let mut patience = 500;
        while !self.receiver.node.store().untold_sessions().unwrap().is_empty() {
            assert!(patience > 0, "there is something to tell still");
            patience -= 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn surroundings() -> Surroundings {
    Surroundings {
        limits: Limits {
            linger_seconds: 1,
            ..Limits::default()
        },
        ..Surroundings::new(POOL.clone())
    }
}

/// Lines by which the two know each other.
async fn lines(receiver: &Agency, sender: &Agency) -> (Proxy, Proxy) {
    let there = Proxy::to(sender.card.address().to_owned()).await;
    let back = Proxy::to(receiver.card.address().to_owned()).await;
    receiver.knows(&sender.node.card(&there.address.to_string()).unwrap());
    sender.knows(&receiver.node.card(&back.address.to_string()).unwrap());
    (there, back)
}

/// What a daemon does beside answering.
struct Keeping(JoinHandle<()>);

impl Keeping {
    fn of(node: &Arc<Node>) -> Self {
        Self(tokio::spawn(Arc::clone(node).keep()))
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_round_goes_on_by_itself() {
    let two = Two::start().await;
    two.interrupted().await;
    let _keeping = Keeping::of(&two.receiver.node);
    tokio::time::sleep(Duration::from_millis(700)).await;
    two.receiver.interrupted().await;
    two.mend();
    for agency in [&two.receiver, &two.sender] {
        let [round] = agency.ended_rounds().await.try_into().unwrap();
        assert_eq!(round.state, RoundState::Done);
    }
    let [round] = two.receiver.node.store().rounds().unwrap().try_into().unwrap();
    let findings = two.receiver.node.store().findings(&round.id).unwrap();
    assert_eq!(findings.len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_cancels_while_the_sender_is_out_of_reach() {
    let two = Two::start().await;
    let round = two.interrupted().await;
    let _keeping = Keeping::of(&two.receiver.node);
    two.receiver.node.cancel_round(&round, "officer").await.unwrap();
    assert_eq!(two.receiver.has_nothing().await, [RoundState::Failed]);
    two.sender.interrupted().await;

    two.mend();
    two.both_say("abort_cancelled").await;
    two.all_is_told().await;
}

/// The receiver calls in order to go on, and hears it in answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_cancels_and_is_called() {
    let two = Two::start().await;
    let round = two.interrupted().await;
    let of_sender = two.sender.interrupted().await;
    two.sender
        .node
        .cancel_round(&of_sender.id, "officer")
        .await
        .unwrap();
    two.receiver.interrupted().await;

    two.mend();
    let error = two.receiver.node.go_on(&round).await.err().unwrap();
    assert_eq!(error.code(), "peer_aborted");
    two.both_say("abort_cancelled").await;
}

/// A receiver that serves calls by itself, and so hears it as soon as the line carries.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_cancels_while_the_receiver_is_out_of_reach() {
    let two = Two::start().await;
    two.interrupted().await;
    let _keeping = [&two.receiver, &two.sender].map(|agency| Keeping::of(&agency.node));
    let of_sender = two.sender.interrupted().await;
    let node = &two.sender.node;
    node.cancel_round(&of_sender.id, "officer").await.unwrap();
    assert_eq!(two.sender.has_nothing().await, [RoundState::Failed]);
    two.receiver.interrupted().await;
    two.mend();
    two.both_say("abort_cancelled").await;
}

/// As if the agreed hours were over.
fn let_expire(folder: &Path) {
    let database = Connection::open(folder.join("hefu.db")).unwrap();
    let guard = "SELECT sql FROM sqlite_master WHERE name = 'sessions_keep_what_was_said'";
    let guard: String = database.query_row(guard, [], |row| row.get(0)).unwrap();
    database
        .execute_batch(&format!(
            "BEGIN; DROP TRIGGER sessions_keep_what_was_said;
             UPDATE sessions SET expires_at = '2026-01-01T00:00:00Z';
             {guard}; COMMIT;"
        ))
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_expires_at_the_receiver() {
    let mut two = Two::start().await;
    two.interrupted().await;
    let stopped = two.receiver.stop().await;
    let_expire(stopped.folder());
    two.receiver = stopped.start().await;
    (two.there, two.back) = {
        let (there, back) = lines(&two.receiver, &two.sender).await;
        (Arc::new(there), back)
    };
    let _keeping = Keeping::of(&two.receiver.node);
    two.both_say("abort_expired").await;
    two.all_is_told().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_expires_at_the_sender() {
    let mut two = Two::start().await;
    two.interrupted().await;
    let stopped = two.sender.stop().await;
    let_expire(stopped.folder());
    two.sender = stopped.start().await;
    (two.there, two.back) = {
        let (there, back) = lines(&two.receiver, &two.sender).await;
        (Arc::new(there), back)
    };
    let _keeping = [&two.receiver, &two.sender].map(|agency| Keeping::of(&agency.node));
    two.both_say("abort_expired").await;
}

/// Tears a line the moment the sender has signed, once, before its receipt leaves.
#[derive(Default)]
struct Tearing(OnceLock<Arc<Proxy>>, OnceLock<()>);

impl Tap for Tearing {
    fn frame(&self, direction: Direction, _: &str, kind: u8, _: &[u8]) {
        if direction == Direction::Sent
            && kind == Kind::Receipt as u8
            && let Some(line) = self.0.get()
            && self.1.set(()).is_ok()
        {
            line.tear();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_was_lost_is_said_again() {
    let tearing = Arc::new(Tearing::default());
    let two = Two::with(Surroundings {
        tap: Some(tearing.clone()),
        ..surroundings()
    })
    .await;
    assert!(tearing.0.set(Arc::clone(&two.there)).is_ok());
    let node = &two.receiver.node;
    let round = node.begin_round(&two.agreement, "test").await.unwrap();
    let error = node.go_on(&round).await.err().unwrap();
    assert!(error.can_go_on(), "{error}");
    two.receiver.interrupted().await;
    let before = two.of_sender().await;
    assert_eq!(before.round.state, RoundState::Done);
    assert_eq!(
        (before.round.own_elements, before.round.peer_elements),
        (Some(30), Some(30))
    );

    two.mend();
    let learned = node.go_on(&round).await.unwrap();
    assert_eq!(learned.outcome.findings.len(), 5);
    assert_eq!(two.of_sender().await, before);
    // Both logs bear the very same signatures.
    let [signed, other] = [&two.receiver, &two.sender].map(signatures);
    assert_eq!(signed, other);
}

/// What stands on the sender's side of its only round.
#[derive(Debug, PartialEq)]
struct OfSender {
    round: Round,
    debits: Vec<Debited>,
    receipt: Option<Vec<u8>>,
    log: u64,
}

impl Two {
    async fn of_sender(&self) -> OfSender {
        let [mut round] = self.sender.ended_rounds().await.try_into().unwrap();
        let store = self.sender.node.store();
        // Bytes are counted once its line is closed, in whichever way it is.
        (round.bytes_in, round.bytes_out) = (0, 0);
        OfSender {
            debits: store.debits(0, 10).unwrap(),
            receipt: store.session(&round.id).unwrap().unwrap().receipt,
            log: store.head().unwrap().seq,
            round,
        }
    }
}

/// Session and signatures of the only round that was done.
fn signatures(agency: &Agency) -> Vec<String> {
    let entries = agency.node.store().entries(0, 1_000).unwrap();
    let done: Vec<_> = entries
        .iter()
        .filter(|entry| entry.kind == "round_done")
        .collect();
    assert_eq!(done.len(), 1);
    let of = |name: &str| done[0].body[name].as_str().unwrap().to_owned();
    ["session", "by_receiver", "by_sender"].map(of).to_vec()
}

/// The receiver calls again before the sender has heard that the line is gone, or while it concludes: both calls are of
/// one session, which is debited once.
#[tokio::test(flavor = "multi_thread")]
async fn who_calls_again_at_once_goes_on_with_the_same_session() {
    let two = Two::start().await;
    let node = &two.receiver.node;
    for step in [Kind::Open, Kind::Accept, Kind::Commit, Kind::Receipt] {
        let rounds = two.sender.node.store().rounds().unwrap().len();
        let round = node.begin_round(&two.agreement, "test").await.unwrap();
        for _ in 0..10 {
            let passed = two.there.passed();
            // Somewhere behind the handshake, and each time a little later.
            let more = 2_000 + 500 * step as u64;
            let tearing = async {
                while two.there.passed() < passed + more {
                    tokio::task::yield_now().await;
                }
                two.there.tear();
                two.there.mend();
                std::future::pending::<()>().await;
            };
            tokio::select! {
                ended = node.go_on(&round) => match ended {
                    Ok(_) => break,
                    Err(error) => assert!(error.can_go_on(), "{error} ({})", error.code()),
                },
                () = tearing => {}
            }
        }
        if node.store().session(&round).unwrap().unwrap().end.is_none() {
            assert_eq!(node.go_on(&round).await.unwrap().outcome.findings.len(), 5);
        }
        let ended = two.sender.ended_rounds().await;
        assert_eq!(ended.len(), rounds + 1, "one session");
        assert!(
            ended.iter().all(|round| round.state == RoundState::Done),
            "{ended:?}"
        );
        assert_eq!(two.sender.node.store().debits(0, 10).unwrap().len(), rounds + 1);
    }
}
