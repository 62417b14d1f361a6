//! A receiver that has signed its receipt, and is cut off before it has the sender's: it goes on from what lies on its
//! disk, and says the very same once more.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{AgencyRole, Hex, LocalPolicy};
use hefu_node::{Learned, Surroundings};
use hefu_psi::wire::{Kind, ReceiptMessage};
use hefu_store::RoundState;
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude, draft};
use hefu_tests::bureau::surroundings;
use hefu_tests::proxy::Proxy;
use hefu_tests::watch::Frames;
use serde_json::json;
use tempfile::TempDir;

/// As many sessions as a test likes.
const ROUNDS: u32 = 200;

/// Two agencies whose line can be cut, and all that the receiver has sent.
struct Two {
    receiver: Agency,
    sender: Agency,
    proxy: Proxy,
    sent: Arc<Frames>,
    agreement: [u8; 32],
    /// Bytes of a whole session.
    length: u64,
    _dir: TempDir,
}

/// How far the sender had come when the line was cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Sender {
    Waits,
    Done,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sent = Arc::new(Frames::default());
        let policy = LocalPolicy {
            max_rounds_a_month: ROUNDS,
            ..LocalPolicy::default()
        };
        let unwatched = Surroundings {
            policy,
            ..surroundings()
        };
        let watched = Surroundings {
            tap: Some(sent.clone()),
            ..unwatched.clone()
        };
        let receiver = Agency::start(
            dir.path(),
            "县民政局",
            AgencyRole::CivilAffairs,
            EXTREME_POVERTY,
            0..12,
            watched,
        )
        .await;
        let sender = Agency::start(
            dir.path(),
            "县残联",
            AgencyRole::DisabledFederation,
            DISABLED_LIVING,
            7..20,
            unwatched,
        )
        .await;
        let proxy = Proxy::to(sender.card.address().to_owned()).await;
        receiver.knows(&sender.node.card(&proxy.address.to_string()).unwrap());
        sender.knows(&receiver.card);
        let mut text = draft(receiver.party(), sender.party());
        text.rounds_a_month = ROUNDS;
        let agreement = conclude(&text, [&receiver, &sender], &[&receiver, &sender]);
        let mut two = Self {
            receiver,
            sender,
            proxy,
            sent,
            agreement,
            length: 0,
            _dir: dir,
        };
        let learned = two.receiver.node.run_round(&agreement).await.unwrap();
        assert_eq!(learned.outcome.findings.len(), 5);
        two.length = two.proxy.passed();
        two
    }

    /// A round that was cut after the receiver's receipt was signed, with the sender so far.
    async fn cut(&self, wanted: Sender) -> [u8; 32] {
        let node = &self.receiver.node;
        // The last messages are the two receipts, of some 200 bytes each.
        for back in (1..60).map(|step| 15 * step) {
            let round = node.begin_round(&self.agreement, "经办").await.unwrap();
            self.proxy.cut_after(self.length - back);
            let ended = node.go_on(&round).await;
            let signed = node.store().session(&round).unwrap().unwrap().receipt.is_some();
            if ended.is_err() && signed && self.sender_is().await == wanted {
                return round;
            }
            if ended.is_err() {
                node.go_on(&round).await.unwrap();
            }
        }
        panic!("the line is never cut there");
    }

    /// How far the sender has come, once it has heard that the line is gone.
    async fn sender_is(&self) -> Sender {
        // It concludes before it answers, and the cut line has been closed on both sides.
        tokio::time::sleep(Duration::from_millis(100)).await;
        match self.sender.node.store().rounds().unwrap()[0].state {
            RoundState::Running => Sender::Waits,
            RoundState::Done => Sender::Done,
            state => panic!("{state:?}"),
        }
    }

    /// The receipts that the receiver has sent since.
    fn receipts_after(&self, frames: usize) -> Vec<Vec<u8>> {
        let frames = self.sent.taken().into_iter().skip(frames);
        let receipts = frames.filter(|(kind, _)| *kind == Kind::Receipt as u8);
        receipts.map(|(_, payload)| payload).collect()
    }

    fn spooled(&self, round: &[u8; 32], name: &str) -> PathBuf {
        let folder = self.receiver.folder().join("spool").join(Hex(*round).to_string());
        folder.join(name)
    }

    /// Takes the round up once more; nobody waits for what does not come.
    async fn go_on(&self, round: &[u8; 32]) -> hefu_node::Result<Learned> {
        let going_on = self.receiver.node.go_on(round);
        tokio::time::timeout(Duration::from_secs(20), going_on)
            .await
            .expect("it ends")
    }

    /// Stops the receiver's node and starts it again.
    async fn restart(self) -> Self {
        let receiver = self.receiver.stop().await.start().await;
        Self { receiver, ..self }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_was_signed_is_said_again_as_it_was() {
    let mut two = Two::start().await;
    for sender in [Sender::Waits, Sender::Done] {
        let round = two.cut(sender).await;
        let store = two.receiver.node.store();
        let signed = store.session(&round).unwrap().unwrap().receipt.unwrap();
        let receipt = ReceiptMessage::decode(&signed).unwrap();
        two = two.restart().await;
        let node = Arc::clone(&two.receiver.node);
        node.store().append("管理员", "asked", &json!({})).unwrap();
        let entry = |number: u64| node.store().entries(number - 1, 1).unwrap().remove(0);
        assert_eq!(entry(receipt.head_seq).hash, receipt.head, "{sender:?}");
        assert!(node.store().head().unwrap().seq > receipt.head_seq);

        let frames = two.sent.taken().len();
        let learned = two.go_on(&round).await.unwrap();
        assert_eq!(learned.outcome.findings.len(), 5);
        assert_eq!(two.receipts_after(frames), [signed], "{sender:?}");
        for agency in [&two.receiver, &two.sender] {
            let newest = agency.ended_rounds().await.remove(0);
            assert_eq!(newest.state, RoundState::Done);
            agency.node.store().verify().unwrap();
        }
    }
}

/// Nothing comes from the sender any more, so what is lost here is lost.
#[tokio::test(flavor = "multi_thread")]
async fn what_lies_damaged_on_the_disk_ends_the_round_here() {
    for (name, sender) in [
        ("tags", Sender::Waits),
        ("tags", Sender::Done),
        ("evaluated", Sender::Done),
    ] {
        let two = Two::start().await;
        let round = two.cut(sender).await;
        let path = two.spooled(&round, name);
        let bytes = std::fs::read(&path).unwrap();
        assert!(bytes.len() > 64);
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();

        let error = two.go_on(&round).await.err().unwrap();
        assert_eq!(error.code(), "psi_local_changed", "{name} {sender:?}");
        assert!(!error.can_go_on());
        let ended = two.receiver.ended_rounds().await.remove(0);
        assert_eq!(ended.state, RoundState::Failed);
        assert_eq!(ended.error.as_deref(), Some("psi_local_changed"));
        assert!(two.receiver.node.store().findings(&round).unwrap().is_empty());
        two.receiver.keeps_no_chunks().await;
    }
}
