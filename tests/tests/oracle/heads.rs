//! Where a peer says that its log ends: what can't be is refused, what should not be is on record, and neither gets in the
//! way of the rounds that follow.

use hefu_casework::{AgencyRole, Agreement, LocalPolicy};
use hefu_node::Surroundings;
use hefu_psi::{LogHead, SessionSeed};
use hefu_store::RoundState;
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, conclude_with, draft, party};
use hefu_tests::bureau::surroundings;
use hefu_tests::rogue::{Rogue, set};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// What canonical JSON can't hold exactly (RFC 8785, section 3.2.2.3).
const TOO_HIGH: u64 = 1 << 53;

/// As many sessions as a test likes.
const ROUNDS: u32 = 20;

/// Which side of the sessions the rogue is.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Receiver,
    Sender,
}

/// A node, and a rogue whose log ends where it likes.
struct Meeting {
    node: Agency,
    rogue: Rogue,
    rogue_is: Side,
    agreement: Agreement,
    digest: [u8; 32],
    _dir: TempDir,
}

impl Meeting {
    async fn start(rogue_is: Side) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (civil, federation) = (
            (AgencyRole::CivilAffairs, EXTREME_POVERTY),
            (AgencyRole::DisabledFederation, DISABLED_LIVING),
        );
        let ((role, programme), (its, others)) = match rogue_is {
            Side::Receiver => (federation, civil),
            Side::Sender => (civil, federation),
        };
        let surroundings = Surroundings {
            policy: LocalPolicy {
                max_rounds_a_month: ROUNDS,
                ..LocalPolicy::default()
            },
            ..surroundings()
        };
        let node = Agency::start(dir.path(), "县局", role, programme, 0..10, surroundings).await;
        let rogue = Rogue::start("对方", its, &[&node.card]).await;
        node.knows(&rogue.card);
        let it = party(&rogue.card, others);
        let mut agreement = match rogue_is {
            Side::Receiver => draft(it, node.party()),
            Side::Sender => draft(node.party(), it),
        };
        agreement.rounds_a_month = ROUNDS;
        let digest = conclude_with(&agreement, &node, &rogue);
        Self {
            node,
            rogue,
            rogue_is,
            agreement,
            digest,
            _dir: dir,
        }
    }

    /// A session at whose end the rogue signs for this head; the state of the node's round.
    async fn session(&self, seq: u64, hash: u8) -> RoundState {
        let Self {
            node,
            rogue,
            agreement,
            ..
        } = self;
        rogue.claims(LogHead {
            seq,
            hash: [hash; 32],
        });
        let before = node.ended_rounds().await.len();
        // Another seed each time, so that it is another session.
        let seed = SessionSeed::from_bytes(Zeroizing::new([before as u8 + 1; 32]));
        match self.rogue_is {
            Side::Receiver => {
                let own = set(agreement, 0, 5..15);
                let _ = rogue.receive(&node.card, agreement, own, seed, None).await;
            }
            Side::Sender => {
                let answered = rogue.answer(agreement, set(agreement, 1, 5..15), seed);
                let (_, ended) = tokio::join!(answered, node.node.run_round(&self.digest));
                if let Ok(learned) = ended {
                    assert_eq!(learned.outcome.findings.len(), 5);
                }
            }
        }
        let rounds = node.ended_rounds().await;
        assert_eq!(rounds.len(), before + 1);
        node.node.store().verify().unwrap();
        rounds[0].state
    }

    /// How often the log tells of this.
    fn told(&self, kind: &str) -> usize {
        let entries = self.node.node.store().entries(0, 10_000).unwrap();
        entries.iter().filter(|entry| entry.kind == kind).count()
    }

    fn furthest(&self) -> Option<u64> {
        let head = self.node.node.store().peer_head(&self.rogue.card.node_key());
        head.unwrap().map(|head| head.seq)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_longer_than_can_be_written_is_refused() {
    for (side, kind) in [(Side::Receiver, "call_failed"), (Side::Sender, "round_failed")] {
        let meeting = Meeting::start(side).await;
        for seq in [TOO_HIGH, u64::MAX] {
            assert!(meeting.session(seq, 1).await == RoundState::Failed);
            let round = meeting.node.ended_rounds().await.remove(0);
            assert_eq!(round.reason.as_deref(), Some("abort_receipt"));
            assert!(meeting.node.node.store().findings(&round.id).unwrap().is_empty());
            assert_eq!(meeting.node.failure().await, Failure::own(kind, "psi_receipt"));
            assert_eq!(meeting.furthest(), None);
        }
        // The longest that there may be, and nothing is left of the others.
        assert!(meeting.session(TOO_HIGH - 1, 1).await == RoundState::Done);
        assert_eq!(meeting.furthest(), Some(TOO_HIGH - 1));
        assert_eq!(meeting.told("round_done"), 1);
        meeting.node.keeps_no_chunks().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_went_back_or_forked_is_told_of_once_and_the_round_is_done() {
    for side in [Side::Receiver, Side::Sender] {
        let meeting = Meeting::start(side).await;
        for (seq, hash, went_back, forked, furthest) in [
            (10, 1, 0, 0, 10),
            (5, 2, 1, 0, 10),
            (10, 3, 1, 1, 10),
            (10, 1, 1, 1, 10),
            (11, 4, 1, 1, 11),
        ] {
            assert!(
                meeting.session(seq, hash).await == RoundState::Done,
                "{seq} {hash}"
            );
            assert_eq!(meeting.told("peer_log_went_back"), went_back, "{seq} {hash}");
            assert_eq!(meeting.told("peer_log_forked"), forked, "{seq} {hash}");
            assert_eq!(meeting.furthest(), Some(furthest), "{seq} {hash}");
        }
        assert_eq!(meeting.told("round_done"), 5);
        // Together with the end of its round: nothing comes back to it after.
        let entries = meeting.node.node.store().entries(0, 10_000).unwrap();
        for pair in entries
            .windows(2)
            .filter(|pair| pair[1].kind.starts_with("peer_log_"))
        {
            assert_eq!(pair[0].kind, "round_done");
            assert_eq!(pair[0].body["round"], pair[1].body["round"]);
        }
    }
}
