//! A node, and a peer that holds its keys and keeps to nothing else.

use hefu_casework::{AgencyRole, Agreement};
use hefu_link::{Limits, Receiver, dial};
use hefu_node::Surroundings;
use hefu_psi::wire::{Abort, Accept, Kind, Open};
use hefu_psi::{AwaitAccept, CHUNK, Elements, Incoming, InputCommitter, Ristretto255, SessionSeed};
use hefu_store::RoundState::Failed;
use hefu_tests::agency::{
    Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, Rogue, SHORT, conclude_with, days_from_today, draft,
    opening, party,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use crate::{CIVIL_AFFAIRS, FEDERATION, Two, answer, limited, receiver, refused, surroundings, terms};

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
            open: |open| open.version = 3,
            hears: Abort::Version { ours: 2, theirs: 3 },
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
        // It hears what it would hear if there were no such agreement.
        assert_eq!(answer(&mut reading).await, Abort::AgreementUnknown);
    }
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "agreement_other_party")
    );
    assert_eq!(two.sender.has_nothing().await, []);
}

fn seed() -> SessionSeed {
    SessionSeed::generate(&mut StdRng::seed_from_u64(1))
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
        let (terms, seed) = (terms(&self.agreement), seed());
        let mut committer = InputCommitter::for_sender(&terms, &seed);
        committer.update(&vec![1; width], &[]);
        let incoming = Incoming::new::<Ristretto255>(terms, Open::decode(&payload).unwrap()).unwrap();
        let (_, _, mut accept) = incoming
            .accept::<Ristretto255>(committer.finish(), &seed, self.rogue.keys.signing_key())
            .unwrap();
        change(&mut accept);
        writing.send(Kind::Accept as u8, &accept.encode()).await.unwrap();
        writing.flush().await.unwrap();
        (writing, reading)
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
    // The sender had accepted: from then on nothing is called a refusal.
    assert_eq!(sending.receiver.has_nothing().await, [Failed]);
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
        let (_, open) = AwaitAccept::open::<Ristretto255>(terms(&self.agreement), elements, &seed()).unwrap();
        let (writing, mut reading) = self.rogue.open(&self.sender.card, &open).await;
        let mut payload = Vec::new();
        assert_eq!(reading.recv(&mut payload).await.unwrap().kind, Kind::Accept as u8);
        assert_eq!(reading.recv(&mut payload).await.unwrap().kind, Kind::Have as u8);
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
