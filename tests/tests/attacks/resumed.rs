//! A session that can be gone on with can be gone on with dishonestly.

use std::sync::Arc;

use hefu_casework::{AgencyRole, Agreement};
use hefu_link::{Receiver, Sender};
use hefu_node::Surroundings;
use hefu_psi::wire::{Abort, Accept, Evaluated, Have, Kind, Open, Tags};
use hefu_psi::{Blinding, Incoming, InputCommitter, LogHead, Opening, Ristretto255, SessionSeed, Suite};
use hefu_store::RoundState;
use hefu_tests::agency::{
    Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, conclude_with, draft, opening, party,
};
use hefu_tests::ends::POOL;
use hefu_tests::rogue::{Rogue, hear, hear_abort, send, set, terms};
use hefu_tests::watch::Frames;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// Between a rogue that receives and a node that sends.
pub(crate) struct Receiving {
    pub(crate) sender: Agency,
    pub(crate) rogue: Rogue,
    pub(crate) agreement: Agreement,
    _dir: TempDir,
}

/// A line to the sender on which both have accepted.
struct Accepted {
    writing: Sender,
    reading: Receiver,
    blinding: Blinding<Ristretto255>,
    accepted: hefu_psi::Accepted<Ristretto255>,
    held: Have,
}

impl Receiving {
    pub(crate) async fn start(surroundings: Surroundings) -> Self {
        Self::under(surroundings, |_| ()).await
    }

    /// With a changed agreement between the two.
    pub(crate) async fn under(surroundings: Surroundings, change: fn(&mut Agreement)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sender = Agency::start(
            dir.path(),
            "县残联",
            AgencyRole::DisabledFederation,
            DISABLED_LIVING,
            0..9,
            surroundings,
        )
        .await;
        let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[]).await;
        sender.knows(&rogue.card);
        let mut agreement = draft(party(&rogue.card, EXTREME_POVERTY), sender.party());
        change(&mut agreement);
        conclude_with(&agreement, &sender, &rogue);
        Self {
            sender,
            rogue,
            agreement,
            _dir: dir,
        }
    }

    /// As an honest receiver with twelve people would open with this seed.
    fn blinding(&self, seed: u8) -> (Blinding<Ristretto255>, Opening) {
        let own = set(&self.agreement, 0, 4..16);
        Blinding::open(terms(&self.agreement), own, &session_seed(seed)).unwrap()
    }

    pub(crate) fn opening(&self, seed: u8) -> Open {
        self.blinding(seed).1.message().clone()
    }

    /// Calls and opens so; what was said on earlier lines is lost with them.
    pub(crate) async fn call(&self, seed: u8) -> (Sender, Receiver) {
        self.rogue.open(&self.sender.card, &self.opening(seed)).await
    }

    async fn accepted(&self, seed: u8) -> Accepted {
        let (blinding, opening) = self.blinding(seed);
        let (writing, mut reading) = self.rogue.open(&self.sender.card, opening.message()).await;
        let accept = Accept::decode(&hear(&mut reading, Kind::Accept).await).unwrap();
        let held = Have::decode(&hear(&mut reading, Kind::Have).await).unwrap();
        Accepted {
            blinding,
            accepted: opening.accept(&accept).unwrap(),
            writing,
            reading,
            held,
        }
    }

    /// The session was refused: the sender's round, and both the rogue and the log, say why.
    async fn refused_with(&self, line: &mut Accepted, reason: Abort) {
        assert_eq!(hear_abort(&mut line.reading).await, reason);
        assert_eq!(
            self.sender.failure().await,
            Failure::own("call_failed", reason.code())
        );
        assert_eq!(self.sender.has_nothing().await, [RoundState::Failed]);
        let [round] = self.sender.ended_rounds().await.try_into().unwrap();
        assert_eq!(round.reason.as_deref(), Some(reason.code()));
        // Opening it again changes nothing.
        let (_writing, mut reading) = self.rogue.open(&self.sender.card, &self.opening(1)).await;
        assert_eq!(hear_abort(&mut reading).await, reason);
        assert_eq!(self.sender.ended_rounds().await.len(), 1);
    }

    /// The sender holds the first chunk when the line is gone.
    async fn holds_the_chunk(&self) {
        let mut line = self.accepted(1).await;
        assert_eq!(line.held.chunks, 0);
        line.say_chunk(|_| ()).await;
        let round = self.sender.interrupted().await;
        let store = self.sender.node.store();
        for _ in 0..500 {
            if !store
                .chunks(&round.id, hefu_store::Direction::Blinded)
                .unwrap()
                .is_empty()
            {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("the chunk is not on record");
    }
}

impl Accepted {
    async fn say_chunk(&mut self, change: impl Fn(&mut [u8])) {
        let mut out = Vec::new();
        let header = self.blinding.next(&POOL, &mut out).unwrap().header();
        change(&mut out);
        send(
            &mut self.writing,
            Kind::Blinded,
            &[&header, out.as_slice()].concat(),
        )
        .await;
    }

    /// The chunk, the signature over it, and what the receiver says it has.
    async fn say_all(mut self, rogue: &Rogue, have: Have) -> (Sender, Receiver) {
        self.say_chunk(|_| ()).await;
        let (_, commit) = self.blinding.commit(rogue.keys.signing_key()).unwrap();
        send(&mut self.writing, Kind::Commit, &commit.encode()).await;
        send(&mut self.writing, Kind::Have, &have.encode()).await;
        (self.writing, self.reading)
    }
}

impl Accepted {
    /// Everything but the receipt, which comes with the line: that the session is as long as an honest one is what the
    /// state machines of the protocol say.
    async fn up_to_the_receipt(self, rogue: &Rogue, have: Have) -> (Sender, Receiver, Vec<u8>) {
        let Accepted {
            mut writing,
            mut reading,
            mut blinding,
            accepted,
            held,
        } = self;
        let mut chunk = Vec::new();
        let header = blinding.next(&POOL, &mut chunk).unwrap().header();
        if held.chunks == 0 {
            send(&mut writing, Kind::Blinded, &[&header, chunk.as_slice()].concat()).await;
        }
        let (committed, commit) = blinding.commit(rogue.keys.signing_key()).unwrap();
        let mut evaluating = committed.evaluating(accepted).unwrap();
        send(&mut writing, Kind::Commit, &commit.encode()).await;
        send(&mut writing, Kind::Have, &have.encode()).await;
        let payload = hear(&mut reading, Kind::Evaluated).await;
        let evaluated = Evaluated::decode(&payload, Ristretto255::proof_bytes()).unwrap();
        evaluating.evaluated(&POOL, &evaluated, &chunk).unwrap();
        let mut merging = evaluating.finish().unwrap();
        let payload = hear(&mut reading, Kind::Tags).await;
        merging.tags(&Tags::decode(&payload).unwrap()).unwrap();
        let (_, receipt) = merging
            .finish(rogue.keys.signing_key(), LogHead::default())
            .unwrap();
        (writing, reading, receipt.encode())
    }
}

fn session_seed(seed: u8) -> SessionSeed {
    SessionSeed::from_bytes(Zeroizing::new([seed; 32]))
}

pub(crate) fn surroundings() -> Surroundings {
    let mut surroundings = Surroundings::new(POOL.clone());
    surroundings.limits.linger_seconds = 1;
    surroundings
}

/// A receiver that could replace what it has asked about could ask about as many people as it likes on one debit. The
/// sender's own file is lost, so that it must take the chunk again; its record of it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_comes_again_changed() {
    let receiving = Receiving::start(surroundings()).await;
    receiving.holds_the_chunk().await;
    for session in std::fs::read_dir(receiving.sender.folder().join("spool")).unwrap() {
        std::fs::write(session.unwrap().path().join("blinded"), [0; 9]).unwrap();
    }
    let mut line = receiving.accepted(1).await;
    assert_eq!(line.held.chunks, 0, "the file is lost");
    line.say_chunk(|chunk| chunk[33] ^= 1).await;
    receiving
        .refused_with(&mut line, Abort::ChunkChanged { chunk: 0 })
        .await;
}

/// What the sender has, it does not take again.
#[tokio::test(flavor = "multi_thread")]
async fn a_chunk_that_comes_twice() {
    let receiving = Receiving::start(surroundings()).await;
    receiving.holds_the_chunk().await;
    let mut line = receiving.accepted(1).await;
    assert_eq!(line.held.chunks, 1);
    line.say_chunk(|chunk| chunk[33] ^= 1).await;
    let awaited = "commit".to_string();
    receiving
        .refused_with(&mut line, Abort::Unexpected { awaited })
        .await;
}

/// A peer that is told so says the same of its round.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_hears_that_its_chunk_changed() {
    let sending = Sending::start().await;
    let changed = Abort::ChunkChanged { chunk: 0 };
    let rogue = async {
        let (writing, _reading) = sending.accept().await;
        writing.abort(&changed).await.unwrap();
    };
    let (ended, ()) = tokio::join!(sending.receiver.node.run_round(&sending.digest), rogue);
    assert_eq!(ended.err().unwrap().code(), "peer_aborted");
    assert_eq!(
        sending.receiver.failure().await,
        Failure::told("round_failed", "abort_chunk_changed")
    );
    assert_eq!(sending.receiver.has_nothing().await, [RoundState::Failed]);
    let [round] = sending.receiver.ended_rounds().await.try_into().unwrap();
    assert_eq!(round.reason.as_deref(), Some("abort_chunk_changed"));
}

/// A third whose card is known has got hold of the very opening.
#[tokio::test(flavor = "multi_thread")]
async fn the_opening_of_another_peer() {
    let receiving = Receiving::start(surroundings()).await;
    receiving.holds_the_chunk().await;
    let third = Rogue::start("县法院", AgencyRole::Court, &[]).await;
    receiving.sender.knows(&third.card);
    let open = receiving.opening(1);
    let (_writing, mut reading) = third.open(&receiving.sender.card, &open).await;
    // As if there were no such session, and no such agreement.
    assert_eq!(hear_abort(&mut reading).await, Abort::AgreementUnknown);
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "agreement_unknown")
    );

    receiving.sender.interrupted().await;
    let line = receiving.accepted(1).await;
    assert_eq!(line.held.chunks, 1, "its own receiver goes on where it stopped");
}

/// Evaluations that were never sent would be left out of what both sign; tags that were never sent, too.
#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_claims_more_than_it_was_sent() {
    for have in [
        Have {
            chunks: 1,
            tags: false,
        },
        Have {
            chunks: 1,
            tags: true,
        },
        Have {
            chunks: 0,
            tags: true,
        },
        Have {
            chunks: u32::MAX,
            tags: false,
        },
    ] {
        let receiving = Receiving::start(surroundings()).await;
        let line = receiving.accepted(1).await;
        let (_writing, mut reading) = line.say_all(&receiving.rogue, have).await;
        assert_eq!(hear_abort(&mut reading).await, Abort::Chunk { expected: 0 });
        assert_eq!(
            receiving.sender.failure().await,
            Failure::own("call_failed", "abort_chunk")
        );
        assert_eq!(receiving.sender.has_nothing().await, [RoundState::Failed]);
    }
}

/// The receipt that a receiver signed in one session, in another.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_another_session() {
    let receiving = Receiving::start(surroundings()).await;
    let Receiving {
        sender,
        rogue,
        agreement,
        ..
    } = &receiving;
    let frames = Arc::new(Frames::default());
    let own = set(agreement, 0, 4..16);
    let received = rogue
        .receive(
            &sender.card,
            agreement,
            own,
            session_seed(2),
            Some(frames.clone()),
        )
        .await
        .unwrap();
    // Five people of three months each.
    assert_eq!(received.concluded.matches().unwrap().indices.len(), 15);
    let receipts = frames.taken().into_iter();
    let mut receipts = receipts.filter(|(kind, _)| *kind == Kind::Receipt as u8);
    let (_, receipt) = receipts.next().unwrap();

    let nothing = Have {
        chunks: 0,
        tags: false,
    };
    let line = receiving.accepted(1).await;
    let (mut writing, mut reading) = line.say_all(rogue, nothing).await;
    hear(&mut reading, Kind::Evaluated).await;
    hear(&mut reading, Kind::Tags).await;
    send(&mut writing, Kind::Receipt, &receipt).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::Receipt);
    assert_eq!(sender.failure().await, Failure::own("call_failed", "psi_receipt"));
    let [second, first] = sender.ended_rounds().await.try_into().unwrap();
    assert_eq!(
        (first.state, second.state),
        (RoundState::Done, RoundState::Failed)
    );
    assert_eq!(second.reason.as_deref(), Some("abort_receipt"));

    // Nor does it bring out again what was said at the end of its own session, without that session's receipt.
    let (mut blinding, opening) = receiving.blinding(2);
    let (mut writing, mut reading) = rogue.open(&sender.card, opening.message()).await;
    hear(&mut reading, Kind::Accept).await;
    hear(&mut reading, Kind::Have).await;
    blinding.next(&POOL, &mut Vec::new()).unwrap();
    let (_, commit) = blinding.commit(rogue.keys.signing_key()).unwrap();
    send(&mut writing, Kind::Commit, &commit.encode()).await;
    send(&mut writing, Kind::Have, &nothing.encode()).await;
    let mut other = receipt.clone();
    *other.last_mut().unwrap() ^= 1;
    send(&mut writing, Kind::Receipt, &other).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::Receipt);
    let [_, first] = sender.ended_rounds().await.try_into().unwrap();
    assert_eq!(first.state, RoundState::Done, "what is done stays done");
}

/// A receiver whose line was cut calls again at once, before the sender knows: once while its first call is being put
/// on record, and once while the end of the session is. Both calls are of one session, and it has one end.
#[tokio::test(flavor = "multi_thread")]
async fn two_calls_of_one_session_at_once() {
    let receiving = Receiving::start(surroundings()).await;
    let Receiving { sender, rogue, .. } = &receiving;
    let store = sender.node.store();
    let nothing = Have {
        chunks: 0,
        tags: false,
    };
    for seed in 1..=4 {
        let open = receiving.opening(seed);
        let first = rogue.open(&sender.card, &open);
        let second = rogue.open(&sender.card, &open);
        let ((_one, mut of_one), (_other, mut of_other)) = tokio::join!(first, second);
        let heard = [accepts(&mut of_one).await, accepts(&mut of_other).await];
        assert!(heard.contains(&true), "one of them goes on");
        assert_eq!(store.debits(0, 10).unwrap().len(), usize::from(seed));
        assert_eq!(store.rounds().unwrap().len(), usize::from(seed));

        let line = receiving.accepted(seed).await;
        let (mut writing, mut reading, receipt) = line.up_to_the_receipt(rogue, nothing).await;
        let again = async {
            let (_writing, mut reading) = rogue.open(&sender.card, &open).await;
            accepts(&mut reading).await
        };
        let concluding = async {
            send(&mut writing, Kind::Receipt, &receipt).await;
            let _ = reading.recv(&mut Vec::new()).await;
        };
        let (accepted, ()) = tokio::join!(again, concluding);
        assert!(accepted, "the session goes on, or its end is said again");
        // Whichever it was: with the receipt, it is done.
        while store.open_sessions().unwrap().len() == 1 {
            let line = receiving.accepted(seed).await;
            let (mut writing, mut reading, receipt) = line.up_to_the_receipt(rogue, nothing).await;
            send(&mut writing, Kind::Receipt, &receipt).await;
            let _ = reading.recv(&mut Vec::new()).await;
        }
        let rounds = sender.ended_rounds().await;
        assert!(
            rounds.iter().all(|round| round.state == RoundState::Done),
            "{rounds:?}"
        );
    }
}

/// Whether the call was accepted; else its line was given up for that of another call.
async fn accepts(reading: &mut Receiver) -> bool {
    let mut payload = Vec::new();
    match reading.recv(&mut payload).await {
        Ok(frame) => frame.kind == Kind::Accept as u8,
        Err(hefu_link::Error::PeerAborted { abort, .. }) => panic!("the session was ended: {abort:?}"),
        Err(_) => false,
    }
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
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let receiver = Agency::start(
            dir.path(),
            "县民政局",
            AgencyRole::CivilAffairs,
            EXTREME_POVERTY,
            0..10,
            surroundings(),
        )
        .await;
        let rogue = Rogue::start("县残联", AgencyRole::DisabledFederation, &[&receiver.card]).await;
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

    /// Takes the call, and accepts as it should.
    async fn accept(&self) -> (Sender, Receiver) {
        self.accept_with(1).await
    }

    async fn accept_with(&self, seed: u8) -> (Sender, Receiver) {
        let (mut writing, mut reading) = self.rogue.listener.accept().await.unwrap().split();
        let open = Open::decode(&hear(&mut reading, Kind::Open).await).unwrap();
        assert_eq!(open.elements, opening(&self.agreement).elements * 10);
        let (terms, seed) = (terms(&self.agreement), session_seed(seed));
        let mut committer = InputCommitter::for_sender(&terms, &seed);
        committer.update(set(&self.agreement, 1, 5..15).chunks(30).next().unwrap(), &[]);
        let incoming = Incoming::new::<Ristretto255>(terms, open).unwrap();
        let (_, _, accept) = incoming
            .accept::<Ristretto255>(committer.finish(), &seed, self.rogue.keys.signing_key())
            .unwrap();
        send(&mut writing, Kind::Accept, &accept.encode()).await;
        (writing, reading)
    }
}

/// A sender that claims chunks which it was never sent would have them signed for unseen.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_claims_more_than_it_was_sent() {
    for (have, expected) in [
        (
            Have {
                chunks: 1,
                tags: false,
            },
            0,
        ),
        (
            Have {
                chunks: 0,
                tags: true,
            },
            1,
        ),
        (
            Have {
                chunks: 2,
                tags: false,
            },
            1,
        ),
    ] {
        let sending = Sending::start().await;
        let rogue = async {
            let (mut writing, mut reading) = sending.accept().await;
            send(&mut writing, Kind::Have, &have.encode()).await;
            hear_abort(&mut reading).await
        };
        let (ended, heard) = tokio::join!(sending.receiver.node.run_round(&sending.digest), rogue);
        assert_eq!(ended.err().unwrap().code(), "abort_chunk");
        assert_eq!(heard, Abort::Chunk { expected });
        assert_eq!(
            sending.receiver.failure().await,
            Failure::own("round_failed", "abort_chunk")
        );
        assert_eq!(sending.receiver.has_nothing().await, [RoundState::Failed]);
    }
}

/// With two acceptances of one opening, a sender could have the same blinded elements evaluated under two keys.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_that_accepts_otherwise_when_it_is_called_again() {
    let sending = Sending::start().await;
    let node = &sending.receiver.node;
    let first = async { drop(sending.accept_with(1).await) };
    let (ended, ()) = tokio::join!(node.run_round(&sending.digest), first);
    assert!(ended.err().unwrap().can_go_on());
    let round = sending.receiver.interrupted().await;

    let second = async {
        let (_writing, mut reading) = sending.accept_with(2).await;
        hear_abort(&mut reading).await
    };
    let (ended, heard) = tokio::join!(node.go_on(&round.id), second);
    assert_eq!(ended.err().unwrap().code(), "session_changed");
    assert_eq!(heard, Abort::Voided);
    assert_eq!(sending.receiver.has_nothing().await, [RoundState::Failed]);
}
