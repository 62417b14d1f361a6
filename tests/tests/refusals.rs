//! What a node refuses, or survives: each time with a typed reason on both sides and in both logs, and without any
//! result.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{AgencyRole, Agreement};
use hefu_link::{Card, Keys, Limits, Receiver, dial};
use hefu_node::{Error, Node, Surroundings};
use hefu_psi::wire::{Abort, Accept, Kind, Open};
use hefu_psi::{AwaitAccept, CHUNK, Elements, Incoming, InputCommitter, Mode, Ristretto255, Terms};
use hefu_store::RoundState::{Failed, Refused};
use hefu_tests::agency::{
    Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, Rogue, SHORT, conclude, conclude_with,
    days_from_today, draft, opening, party,
};
use hefu_tests::ends::POOL;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

const CIVIL_AFFAIRS: &str = "县民政局";
const FEDERATION: &str = "县残联";

/// Two agencies that know each other: the first receives.
struct Two {
    receiver: Agency,
    sender: Agency,
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        Self::with(surroundings(), surroundings()).await
    }

    async fn with(of_receiver: Surroundings, of_sender: Surroundings) -> Self {
        let two = Self::strangers(of_receiver, of_sender).await;
        two.receiver.knows(&two.sender.card);
        two.sender.knows(&two.receiver.card);
        two
    }

    async fn strangers(of_receiver: Surroundings, of_sender: Surroundings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let receiver = receiver(&dir, of_receiver).await;
        let role = AgencyRole::DisabledFederation;
        let sender = Agency::start(dir.path(), FEDERATION, role, DISABLED_LIVING, 5..15, of_sender).await;
        Self {
            receiver,
            sender,
            dir,
        }
    }

    fn draft(&self) -> Agreement {
        draft(self.receiver.party(), self.sender.party())
    }

    /// Both sign and both keep.
    fn conclude(&self, agreement: &Agreement) -> [u8; 32] {
        conclude(
            agreement,
            [&self.receiver, &self.sender],
            &[&self.receiver, &self.sender],
        )
    }
}

/// Ten people on the register.
async fn receiver(dir: &TempDir, surroundings: Surroundings) -> Agency {
    Agency::start(
        dir.path(),
        CIVIL_AFFAIRS,
        AgencyRole::CivilAffairs,
        EXTREME_POVERTY,
        0..10,
        surroundings,
    )
    .await
}

fn surroundings() -> Surroundings {
    limited(Limits {
        linger_seconds: 1,
        ..Limits::default()
    })
}

fn limited(limits: Limits) -> Surroundings {
    Surroundings {
        limits,
        ..Surroundings::new(POOL.clone())
    }
}

async fn refused(node: &Arc<Node>, agreement: &[u8; 32]) -> Error {
    let ended = tokio::time::timeout(Duration::from_secs(30), node.run_round(agreement)).await;
    match ended.expect("a round ends") {
        Ok(_) => panic!("the round went through"),
        Err(error) => error,
    }
}

/// The reason that the peer gave.
fn told(error: &Error) -> Option<&Abort> {
    match error {
        Error::Link(hefu_link::Error::PeerAborted { abort, .. }) => Some(abort),
        _ => None,
    }
}

/// What a rogue that has opened hears.
async fn answer(receiver: &mut Receiver) -> Abort {
    let mut payload = Vec::new();
    match receiver.recv(&mut payload).await {
        Err(hefu_link::Error::PeerAborted { abort, .. }) => abort,
        other => panic!("no reason, but {other:?}"),
    }
}

/// Without a refusal, the same two nodes find the five people who stand on both registers.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_refused_without_a_reason() {
    let two = Two::start().await;
    let digest = two.conclude(&two.draft());
    let learned = two.receiver.node.run_round(&digest).await.unwrap();
    assert_eq!(learned.outcome.findings.len(), 5);
    assert_eq!(
        two.receiver.node.store().findings(&learned.round).unwrap().len(),
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_shows_another_certificate() {
    let two = Two::strangers(surroundings(), surroundings()).await;
    let impostor = Agency::start(
        two.dir.path(),
        "冒名者",
        AgencyRole::DisabledFederation,
        DISABLED_LIVING,
        5..15,
        surroundings(),
    )
    .await;
    impostor.knows(&two.receiver.card);
    // The sender's own card, but whoever answers at the address is another.
    two.receiver
        .knows(&two.sender.node.card(impostor.card.address()).unwrap());
    let digest = two.conclude(&two.draft());

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(error.code(), "peer_wrong_key");
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "peer_wrong_key")
    );
    assert_eq!(
        impostor.failure().await,
        Failure::own("call_refused", "peer_refuses_us")
    );
    assert_eq!(two.receiver.has_nothing().await, [Failed]);
    assert_eq!(impostor.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_a_card() {
    let two = Two::strangers(surroundings(), surroundings()).await;
    two.receiver.knows(&two.sender.card);
    let digest = two.conclude(&two.draft());

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "peer_refuses_us"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "peer_refuses_us")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_refused", "peer_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, [Failed]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_the_sender_does_not_have() {
    let two = Two::start().await;
    let digest = conclude(&two.draft(), [&two.receiver, &two.sender], &[&two.receiver]);

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(told(&error), Some(&Abort::AgreementUnknown));
    assert_eq!(
        two.receiver.failure().await,
        Failure::told("round_failed", "abort_agreement_unknown")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "agreement_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, [Refused]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_the_receiver_does_not_have() {
    let two = Two::start().await;
    let digest = conclude(&two.draft(), [&two.receiver, &two.sender], &[&two.sender]);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "agreement_unknown"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "agreement_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, []);
}

/// Each keeps an agreement that both have signed, but with other caps: the digests differ.
#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_with_other_caps() {
    let two = Two::start().await;
    let parties = [&two.receiver, &two.sender];
    let mut other = two.draft();
    other.parties[0].max_elements += 1;
    let digest = conclude(&two.draft(), parties, &[&two.receiver]);
    assert_ne!(conclude(&other, parties, &[&two.sender]), digest);

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(told(&error), Some(&Abort::AgreementUnknown));
    assert_eq!(
        two.receiver.failure().await,
        Failure::told("round_failed", "abort_agreement_unknown")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "agreement_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, [Refused]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_has_expired() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.expires = days_from_today(-1);
    let digest = two.conclude(&agreement);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "agreement_not_in_force"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "agreement_not_in_force")
    );
    assert_eq!(two.receiver.has_nothing().await, []);
}

/// The second party may not learn: it may not even ask.
#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_may_not_receive() {
    let two = Two::start().await;
    let digest = two.conclude(&two.draft());

    assert_eq!(
        refused(&two.sender.node, &digest).await.code(),
        "agreement_not_receiver"
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("round_failed", "agreement_not_receiver")
    );
    assert_eq!(two.sender.has_nothing().await, []);
}

/// What a caller tries that keeps to no policy of its own: an opening, the reason it hears, and the node's code. No
/// round is begun for it.
struct Attempt {
    change: fn(&mut Agreement),
    open: fn(&mut Open),
    hears: Abort,
    code: &'static str,
}

const SOUND: Attempt = Attempt {
    change: |_| (),
    open: |_| (),
    hears: Abort::Internal,
    code: "",
};

#[tokio::test(flavor = "multi_thread")]
async fn openings_that_break_the_agreement() {
    let attempts = [
        Attempt {
            open: |open| open.version = 2,
            hears: Abort::Version { ours: 1, theirs: 2 },
            code: "abort_version",
            ..SOUND
        },
        Attempt {
            open: |open| open.agreement = [1; 32],
            hears: Abort::AgreementUnknown,
            code: "agreement_unknown",
            ..SOUND
        },
        Attempt {
            change: |agreement| agreement.expires = days_from_today(-1),
            hears: Abort::AgreementNotInForce,
            code: "agreement_not_in_force",
            ..SOUND
        },
        Attempt {
            change: |agreement| agreement.valid_from = days_from_today(2),
            hears: Abort::AgreementNotInForce,
            code: "agreement_not_in_force",
            ..SOUND
        },
        Attempt {
            change: |agreement| agreement.receivers = vec![1],
            hears: Abort::AgreementMismatch,
            code: "agreement_not_receiver",
            ..SOUND
        },
        Attempt {
            open: |open| open.receiver = [9; 32],
            hears: Abort::AgreementMismatch,
            code: "abort_agreement_mismatch",
            ..SOUND
        },
        Attempt {
            open: |open| open.suite = "p256".to_string(),
            hears: Abort::Suite,
            code: "abort_suite",
            ..SOUND
        },
        Attempt {
            open: |open| open.receiver_cap += 1,
            hears: Abort::AgreementMismatch,
            code: "abort_agreement_mismatch",
            ..SOUND
        },
        Attempt {
            open: |open| open.mode = 2,
            hears: Abort::AgreementMismatch,
            code: "abort_agreement_mismatch",
            ..SOUND
        },
        Attempt {
            open: |open| open.elements = 1_001,
            hears: Abort::SetTooLarge {
                announced: 1_001,
                cap: 1_000,
            },
            code: "abort_set_too_large",
            ..SOUND
        },
    ];
    for attempt in attempts {
        let dir = tempfile::tempdir().unwrap();
        let role = AgencyRole::DisabledFederation;
        let sender = Agency::start(
            dir.path(),
            FEDERATION,
            role,
            DISABLED_LIVING,
            0..9,
            surroundings(),
        )
        .await;
        let rogue = Rogue::start(CIVIL_AFFAIRS, AgencyRole::CivilAffairs, &[]).await;
        sender.knows(&rogue.card);
        let mut agreement = draft(party(&rogue.card, EXTREME_POVERTY), sender.party());
        (attempt.change)(&mut agreement);
        conclude_with(&agreement, &sender, &rogue);

        let mut open = opening(&agreement);
        (attempt.open)(&mut open);
        let (_writing, mut reading) = rogue.open(&sender.card, &open).await;
        assert_eq!(answer(&mut reading).await, attempt.hears);
        assert_eq!(sender.failure().await, Failure::own("call_failed", attempt.code));
        assert_eq!(sender.has_nothing().await, [], "{}", attempt.code);
    }
}

/// A third agency, whose card is known, has got hold of the agreement and its digest.
#[tokio::test(flavor = "multi_thread")]
async fn a_third_that_knows_the_digest() {
    let two = Two::start().await;
    let agreement = two.draft();
    two.conclude(&agreement);
    let third = Rogue::start("县法院", AgencyRole::Court, &[]).await;
    two.sender.knows(&third.card);

    for name in [agreement.parties[0].node_key.0, third.card.node_key()] {
        let open = Open {
            receiver: name,
            ..opening(&agreement)
        };
        let (_writing, mut reading) = third.open(&two.sender.card, &open).await;
        assert_eq!(answer(&mut reading).await, Abort::AgreementMismatch);
    }
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "agreement_other_party")
    );
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_larger_than_agreed_at_the_receiver() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.parties[0].max_elements = 9;
    let digest = two.conclude(&agreement);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "too_many_elements"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "too_many_elements")
    );
    assert_eq!(two.receiver.has_nothing().await, [Failed]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_larger_than_agreed_at_the_sender() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.parties[1].max_elements = 9;
    let digest = two.conclude(&agreement);

    // How large it is, is not the receiver's business.
    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(told(&error), Some(&Abort::Internal));
    assert_eq!(
        two.receiver.failure().await,
        Failure::told("round_failed", "abort_internal")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "too_many_elements")
    );
    assert_eq!(two.receiver.has_nothing().await, [Failed]);
    assert_eq!(two.sender.has_nothing().await, [Failed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_this_version_does_not_have() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.suite = "p256".to_string();
    assert_eq!(
        two.receiver.node.sign(&agreement).unwrap_err().code(),
        "suite_unknown"
    );
}

/// Between a node that receives and a rogue that sends.
struct Sending {
    receiver: Agency,
    rogue: Rogue,
    agreement: Agreement,
    digest: [u8; 32],
    _dir: TempDir,
}

impl Sending {
    async fn start(surroundings: Surroundings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let receiver = receiver(&dir, surroundings).await;
        let rogue = Rogue::start(FEDERATION, AgencyRole::DisabledFederation, &[&receiver.card]).await;
        receiver.knows(&rogue.card);
        let agreement = draft(receiver.party(), party(&rogue.card, DISABLED_LIVING));
        let digest = conclude_with(&agreement, &receiver, &rogue);
        Self {
            receiver,
            rogue,
            agreement,
            digest,
            _dir: dir,
        }
    }

    /// Takes the call and answers its opening with an acceptance, changed.
    async fn accept(&self, change: fn(&mut Accept)) -> (hefu_link::Sender, Receiver) {
        let (mut writing, mut reading) = self.rogue.listener.accept().await.unwrap().split();
        let mut payload = Vec::new();
        assert_eq!(reading.recv(&mut payload).await.unwrap().kind, Kind::Open as u8);
        let width = self.agreement.element_width();
        let mut rng = StdRng::seed_from_u64(1);
        let mut committer = InputCommitter::new(width, &mut rng);
        committer.update(&vec![1; width]);
        let incoming =
            Incoming::new::<Ristretto255>(terms(&self.agreement), Open::decode(&payload).unwrap()).unwrap();
        let (_, _, mut accept) = incoming
            .accept::<Ristretto255>(committer.finish(), &mut rng)
            .unwrap();
        change(&mut accept);
        writing.send(Kind::Accept as u8, &accept.encode()).await.unwrap();
        writing.flush().await.unwrap();
        (writing, reading)
    }
}

fn terms(agreement: &Agreement) -> Terms {
    let open = opening(agreement);
    Terms {
        agreement: open.agreement,
        receiver: open.receiver,
        sender: open.sender,
        mode: Mode::Members,
        key_kind: hefu_psi::KeyKind::Rule,
        width: open.width,
        receiver_cap: open.receiver_cap,
        sender_cap: open.sender_cap,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_announces_more_than_agreed() {
    let sending = Sending::start(surroundings()).await;
    let rogue = async {
        let (_writing, mut reading) = sending.accept(|accept| accept.elements = 1_001).await;
        answer(&mut reading).await
    };
    let (error, heard) = tokio::join!(refused(&sending.receiver.node, &sending.digest), rogue);
    assert_eq!(error.code(), "abort_set_too_large");
    assert_eq!(
        heard,
        Abort::SetTooLarge {
            announced: 1_001,
            cap: 1_000
        }
    );
    assert_eq!(
        sending.receiver.failure().await,
        Failure::own("round_failed", "abort_set_too_large")
    );
    assert_eq!(sending.receiver.has_nothing().await, [Refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_does_not_know_its_own_key() {
    let sending = Sending::start(surroundings()).await;
    let rogue = async {
        let (_writing, mut reading) = sending.accept(|accept| accept.response[0] ^= 1).await;
        answer(&mut reading).await
    };
    let (error, heard) = tokio::join!(refused(&sending.receiver.node, &sending.digest), rogue);
    assert_eq!((error.code(), heard), ("abort_public_key", Abort::PublicKey));
    assert_eq!(sending.receiver.has_nothing().await, [Failed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_falls_silent() {
    let sending = Sending::start(limited(SHORT)).await;
    let rogue = async {
        let (_writing, mut reading) = sending.rogue.listener.accept().await.unwrap().split();
        let mut payload = Vec::new();
        reading.recv(&mut payload).await.unwrap();
        answer(&mut reading).await
    };
    let (error, heard) = tokio::join!(refused(&sending.receiver.node, &sending.digest), rogue);
    assert_eq!(
        (error.code(), heard),
        ("peer_inactive", Abort::Inactive { seconds: 1 })
    );
    assert_eq!(
        sending.receiver.failure().await,
        Failure::own("round_failed", "peer_inactive")
    );
    assert_eq!(sending.receiver.has_nothing().await, [Failed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_cut_off() {
    let sending = Sending::start(surroundings()).await;
    let rogue = async {
        let line = sending.accept(|_| ()).await;
        drop(line);
    };
    let (error, ()) = tokio::join!(refused(&sending.receiver.node, &sending.digest), rogue);
    assert_eq!(error.code(), "peer_cut");
    assert_eq!(
        sending.receiver.failure().await,
        Failure::own("round_failed", "peer_cut")
    );
    assert_eq!(sending.receiver.has_nothing().await, [Failed]);
}

/// Between a rogue that receives and a node that sends.
struct Receiving {
    sender: Agency,
    rogue: Rogue,
    agreement: Agreement,
    _dir: TempDir,
}

impl Receiving {
    async fn start(limits: Limits) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let role = AgencyRole::DisabledFederation;
        let sender = Agency::start(
            dir.path(),
            FEDERATION,
            role,
            DISABLED_LIVING,
            0..9,
            limited(limits),
        )
        .await;
        let rogue = Rogue::start(CIVIL_AFFAIRS, AgencyRole::CivilAffairs, &[]).await;
        sender.knows(&rogue.card);
        let agreement = draft(party(&rogue.card, EXTREME_POVERTY), sender.party());
        conclude_with(&agreement, &sender, &rogue);
        Self {
            sender,
            rogue,
            agreement,
            _dir: dir,
        }
    }

    /// Opens as it should, and gets the sender's acceptance.
    async fn accepted(&self) -> (hefu_link::Sender, Receiver) {
        let width = self.agreement.element_width();
        let elements = Elements::new(width, vec![1; width * (CHUNK / 8)]).unwrap();
        let mut rng = StdRng::seed_from_u64(1);
        let (_, open) =
            AwaitAccept::open::<Ristretto255>(terms(&self.agreement), elements, &mut rng).unwrap();
        let (writing, mut reading) = self.rogue.open(&self.sender.card, &open).await;
        let mut payload = Vec::new();
        assert_eq!(reading.recv(&mut payload).await.unwrap().kind, Kind::Accept as u8);
        (writing, reading)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_never_opens() {
    let Receiving { sender, rogue, .. } = &Receiving::start(SHORT).await;
    let _connection = dial(&rogue.keys, &sender.card, &Limits::default(), None)
        .await
        .unwrap();
    assert_eq!(
        sender.failure().await,
        Failure::own("call_failed", "peer_inactive")
    );
    assert_eq!(sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_falls_silent() {
    let receiving = Receiving::start(SHORT).await;
    let (_writing, mut reading) = receiving.accepted().await;
    assert_eq!(answer(&mut reading).await, Abort::Inactive { seconds: 1 });
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "peer_inactive")
    );
    assert_eq!(receiving.sender.has_nothing().await, [Failed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_cut_off() {
    let receiving = Receiving::start(Limits::default()).await;
    drop(receiving.accepted().await);
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "peer_cut")
    );
    assert_eq!(receiving.sender.has_nothing().await, [Failed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_out_of_turn() {
    let receiving = Receiving::start(Limits {
        linger_seconds: 1,
        ..Limits::default()
    })
    .await;
    let (mut writing, mut reading) = receiving.accepted().await;
    writing.send(Kind::Receipt as u8, &[]).await.unwrap();
    writing.flush().await.unwrap();
    assert_eq!(
        answer(&mut reading).await,
        Abort::Unexpected {
            awaited: "blinded".to_string()
        }
    );
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "abort_unexpected")
    );
    assert_eq!(receiving.sender.has_nothing().await, [Failed]);
}

/// A sender whose generator repeats itself gives the same session key twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_key_that_comes_again() {
    let stuck = Surroundings {
        randomness: Arc::new(|| Box::new(StdRng::seed_from_u64(1))),
        ..surroundings()
    };
    let two = Two::with(surroundings(), stuck).await;
    let digest = two.conclude(&two.draft());
    let first = two.receiver.node.run_round(&digest).await.unwrap();
    assert_eq!(first.outcome.findings.len(), 5);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "abort_public_key"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "abort_public_key")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::told("call_failed", "abort_public_key")
    );
    for agency in [&two.receiver, &two.sender] {
        let second = agency.ended_rounds().await.remove(0);
        assert_eq!(second.state, Failed);
        assert!(agency.node.store().findings(&second.id).unwrap().is_empty());
    }
}

/// A card that its own agency has not signed is not taken into any book.
#[test]
fn a_forged_card() {
    let keys = Keys::generate().unwrap();
    let card = Card::new(&keys, FEDERATION, AgencyRole::DisabledFederation, "127.0.0.1:1").unwrap();
    let forged = String::from_utf8(card.to_bytes())
        .unwrap()
        .replace("127.0.0.1:1", "127.0.0.1:2");
    assert_eq!(
        Card::parse(forged.as_bytes()).unwrap_err().code(),
        "card_signature"
    );
}
