//! A node, and a peer that holds its keys and keeps to nothing else.

use std::time::Duration;

use hefu_casework::{AgencyRole, Agreement};
use hefu_link::{Limits, Receiver, dial};
use hefu_node::Surroundings;
use hefu_psi::wire::{Abort, Accept, Kind, Open};
use hefu_psi::{Blinding, Incoming, InputCommitter, Possession, Ristretto255, SessionSeed};
use hefu_store::RoundState::{Done, Failed};
use hefu_tests::agency::{
    Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, SHORT, conclude_with, days_from_today, draft, opening,
    party,
};
use hefu_tests::rogue::{Rogue, hear, hear_abort, send, session_id, set, terms};
use hefu_tests::secrets::{public, sender_key};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

use crate::{CIVIL_AFFAIRS, FEDERATION, Two, limited, receiver, refused, surroundings};

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
            hears: Abort::Version { ours: 3, theirs: 2 },
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
        assert_eq!(hear_abort(&mut reading).await, attempt.hears);
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
        assert_eq!(hear_abort(&mut reading).await, Abort::AgreementUnknown);
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
    async fn accept(&self, change: impl Fn(&Open, &mut Accept)) -> (hefu_link::Sender, Receiver) {
        let (mut writing, mut reading) = self.rogue.listener.accept().await.unwrap().split();
        let open = Open::decode(&hear(&mut reading, Kind::Open).await).unwrap();
        let (terms, seed) = (terms(&self.agreement), seed());
        let mut committer = InputCommitter::for_sender(&terms, &seed);
        committer.update(set(&self.agreement, 1, 5..15).chunks(30).next().unwrap(), &[]);
        let incoming = Incoming::new::<Ristretto255>(terms, open.clone()).unwrap();
        let (_, _, mut accept) = incoming
            .accept::<Ristretto255>(committer.finish(), &seed, self.rogue.keys.signing_key())
            .unwrap();
        change(&open, &mut accept);
        send(&mut writing, Kind::Accept, &accept.encode()).await;
        (writing, reading)
    }

    /// The receiver's round was interrupted: it goes on with a sender that keeps to the protocol, to the five people who
    /// stand on both registers.
    async fn goes_on(&self) {
        let round = self.receiver.interrupted().await;
        let (learned, sent) = tokio::join!(
            self.receiver.node.go_on(&round.id),
            self.rogue
                .answer(&self.agreement, set(&self.agreement, 1, 5..15), seed())
        );
        let found = learned.unwrap().outcome.findings;
        let mut rows: Vec<u64> = found.iter().map(|finding| finding.rows[0].row).collect();
        rows.sort_unstable();
        assert_eq!(rows, [7, 8, 9, 10, 11]);
        let (receiver, sender) = (self.receiver.card.node_key(), self.rogue.card.node_key());
        assert!(sent.unwrap().receipt.verify(&receiver, &sender));
        assert_eq!(self.receiver.ended_rounds().await[0].state, Done);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_announces_more_than_agreed() {
    let sending = Sending::start(surroundings()).await;
    let rogue = async {
        let (_writing, mut reading) = sending.accept(|_, accept| accept.elements = 1_001).await;
        hear_abort(&mut reading).await
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
        let (_writing, mut reading) = sending.accept(|_, accept| accept.response[0] ^= 1).await;
        hear_abort(&mut reading).await
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
        hear_abort(&mut reading).await
    };
    let (error, heard) = tokio::join!(refused(&sending.receiver.node, &sending.digest), rogue);
    assert_eq!(
        (error.code(), heard),
        ("peer_inactive", Abort::Inactive { seconds: 1 })
    );
    sending.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_is_cut_off() {
    let sending = Sending::start(surroundings()).await;
    let rogue = async {
        let line = sending.accept(|_, _| ()).await;
        drop(line);
    };
    let (error, ()) = tokio::join!(refused(&sending.receiver.node, &sending.digest), rogue);
    assert_eq!(error.code(), "peer_cut");
    sending.goes_on().await;
}

/// A key that was seen before would let two rounds be linked. It derives from the whole opening, so only a sender that
/// makes its own can bring one again; here it is proven and signed as it should be.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_whose_key_comes_again() {
    let sending = Sending::start(surroundings()).await;
    let (key, signer) = (sender_key(&[1; 32], &[], &[2; 32]), &sending.rogue.keys);
    let with_old_key = |open: &Open, accept: &mut Accept| {
        accept.public = public(&key);
        let sid = session_id(open, accept);
        let proof = Possession::prove::<Ristretto255>(&sid, &key, &accept.public, &seed());
        (accept.challenge, accept.response) = (proof.challenge, proof.response);
        let message = [b"hefu/3 accept\0".as_slice(), &sid.0].concat();
        accept.signature = signer.signing_key().sign(&message).as_ref().to_vec();
    };
    let first = async { drop(sending.accept(with_old_key).await) };
    let (error, ()) = tokio::join!(refused(&sending.receiver.node, &sending.digest), first);
    assert!(error.can_go_on(), "the key is new: {}", error.code());
    let round = sending.receiver.interrupted().await;
    sending
        .receiver
        .node
        .cancel_round(&round.id, "test")
        .await
        .unwrap();

    let second = async {
        let (_writing, mut reading) = sending.accept(with_old_key).await;
        hear_abort(&mut reading).await
    };
    let (error, heard) = tokio::join!(refused(&sending.receiver.node, &sending.digest), second);
    assert_eq!((error.code(), heard), ("abort_public_key", Abort::PublicKey));
    assert_eq!(
        sending.receiver.failure().await,
        Failure::own("round_failed", "abort_public_key")
    );
    assert_eq!(sending.receiver.has_nothing().await, [Failed, Failed]);
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
        let own = set(&self.agreement, 0, 4..20);
        let (_, opening) = Blinding::<Ristretto255>::open(terms(&self.agreement), own, &seed()).unwrap();
        let (writing, mut reading) = self.rogue.open(&self.sender.card, opening.message()).await;
        hear(&mut reading, Kind::Accept).await;
        hear(&mut reading, Kind::Have).await;
        (writing, reading)
    }

    /// The sender's round was interrupted: it goes on with a receiver that keeps to the protocol, to the five people, of
    /// three months each, who stand on both registers.
    async fn goes_on(&self) {
        let round = self.sender.interrupted().await;
        let own = set(&self.agreement, 0, 4..20);
        let received = self
            .rogue
            .receive(&self.sender.card, &self.agreement, own, seed(), None)
            .await
            .unwrap();
        assert_eq!(received.concluded.matches().unwrap().indices.len(), 5 * 3);
        let [ended] = self.sender.ended_rounds().await.try_into().unwrap();
        assert_eq!((ended.id, ended.state), (round.id, Done));
        assert_eq!(self.sender.node.store().debits(0, 10).unwrap().len(), 1);
    }
}

/// It is let go of, and leaves no trace in the chained log: a peer's bad line is no event.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_never_opens() {
    let receiving = Receiving::start(SHORT).await;
    let Receiving { sender, rogue, .. } = &receiving;
    let before = sender.node.store().head().unwrap();
    let (_writing, mut reading) = dial(&rogue.keys, &sender.card, &Limits::default(), None)
        .await
        .unwrap()
        .split();
    let mut payload = Vec::new();
    let waited = tokio::time::timeout(Duration::from_secs(10), reading.recv(&mut payload)).await;
    assert!(waited.expect("the line ends").is_err());
    assert_eq!(sender.has_nothing().await, []);
    assert_eq!(sender.node.store().head().unwrap(), before);
    drop(receiving.accepted().await);
    receiving.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_falls_silent() {
    let receiving = Receiving::start(SHORT).await;
    let (_writing, mut reading) = receiving.accepted().await;
    assert_eq!(hear_abort(&mut reading).await, Abort::Inactive { seconds: 1 });
    receiving.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_cut_off() {
    let receiving = Receiving::start(Limits::default()).await;
    drop(receiving.accepted().await);
    receiving.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_out_of_turn() {
    let receiving = Receiving::start(Limits {
        linger_seconds: 1,
        ..Limits::default()
    })
    .await;
    let (mut writing, mut reading) = receiving.accepted().await;
    send(&mut writing, Kind::Receipt, &[]).await;
    assert_eq!(
        hear_abort(&mut reading).await,
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
