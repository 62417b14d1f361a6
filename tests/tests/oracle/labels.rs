//! A sender that spoils one label must not learn whether that person is in the receiver's set: not from the line, not
//! from a paper, and not from how far the receiver's log has come when they meet again.

use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{AgencyRole, Agreement, Hex, Purpose};
use hefu_link::Connection;
use hefu_psi::wire::{Document, Kind};
use hefu_store::{LogEntry, Round, RoundState};
use hefu_tests::agency::party;
use hefu_tests::bureau::{Bureau, agree_with_rogue, number, proposal, surroundings};
use hefu_tests::rogue::Rogue;
use jiff::{Timestamp, ToSpan};
use tempfile::TempDir;
use tokio::time::{Instant, timeout_at};

use crate::sender::{Seen, Sent, Spoilt, answer, letter};

const SENT: &str = include_str!("../../../fixtures/mappings/referrals.toml");

/// Whom the receiver refers, and whom the sender has letters about.
const REFERRED: std::ops::Range<u64> = 0..12;
const KNOWN: std::ops::Range<u64> = 5..20;
/// On both lists, and on the sender's alone.
const REFERRED_PERSON: u64 = 7;
const STRANGER: u64 = 15;

/// A paper by which a node tells that a round has ended.
const ENDED: u8 = 4;

/// All that the sender observes: of a session, of the second after it, and of the next session, when what was found in
/// the first may no longer be kept.
#[derive(Debug, PartialEq, Eq)]
struct Observed {
    first: Seen,
    /// Kinds of papers.
    papers: Vec<u8>,
    next: Seen,
    /// By how many entries the receiver's log has grown between the two receipts.
    grown: u64,
}

/// What the receiver has on record of the first session.
struct OnRecord {
    round: Round,
    findings: usize,
    /// The log's entry about the end.
    entry: LogEntry,
    signatures: [Hex<64>; 2],
}

struct Referring {
    receiver: Bureau,
    rogue: Rogue,
    agreement: Agreement,
    digest: [u8; 32],
    _dir: TempDir,
}

impl Referring {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let receiver = Bureau::start(
            dir.path(),
            "县人民检察院",
            AgencyRole::Procuratorate,
            surroundings(),
        )
        .await;
        let rows = REFERRED.map(|person| {
            let (number, letter) = (number(person), letter(person));
            format!("{letter},某某某,{number},2026-08-03,县民政局,已移送\n")
        });
        let heading = std::iter::once("移送函号,被救助人,身份证号码,移送日期,接收单位,状态\n".to_owned());
        receiver.import("移送台账", SENT, &heading.chain(rows).collect::<String>());
        let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&receiver.card]).await;
        receiver.node.add_peer(&rogue.card).unwrap();
        let parties = [
            receiver.party("referral_sent"),
            party(&rogue.card, "referral_received"),
        ];
        let agreement = proposal(Purpose::Referrals, "1号", parties);
        let digest = agree_with_rogue(&receiver, &rogue, &agreement);
        Self {
            receiver,
            rogue,
            agreement,
            digest,
            _dir: dir,
        }
    }

    /// A session; the code of what the receiver's round came to.
    async fn session(&self, seed: u8, spoilt: Option<Spoilt>) -> (Sent, Result<usize, &'static str>) {
        let (sent, ended) = tokio::join!(
            answer(&self.rogue, &self.agreement, KNOWN, seed, spoilt),
            self.receiver.node.run_round(&self.digest),
        );
        let ended = ended.map(|learned| {
            let answered = |finding: &&hefu_casework::Finding| finding.feedback.is_some();
            learned.outcome.findings.iter().filter(answered).count()
        });
        (sent, ended.map_err(|error| error.code()))
    }

    /// What papers the receiver brings in a second in which it follows its rounds.
    async fn papers_in_a_second(&self) -> Vec<u8> {
        let keeper = tokio::spawn(Arc::clone(&self.receiver.node).keep());
        let end = Instant::now() + Duration::from_secs(1);
        let mut papers = Vec::new();
        while let Ok(called) = timeout_at(end, self.rogue.listener.accept()).await {
            papers.push(paper(called.unwrap()).await);
        }
        keeper.abort();
        let _ = keeper.await;
        papers
    }

    fn on_record(&self, sent: &Sent) -> OnRecord {
        let store = self.receiver.node.store();
        store.verify().unwrap();
        let round = store.rounds().unwrap().remove(0);
        let mut entries = self.receiver.log_after(0);
        entries.retain(|entry| entry.kind == "round_done");
        OnRecord {
            findings: store.findings(&round.id).unwrap().len(),
            round,
            entry: entries.pop().unwrap(),
            signatures: [&sent.theirs, &sent.own]
                .map(|receipt| Hex(receipt.signature.as_slice().try_into().unwrap())),
        }
    }
}

/// The first paper that a caller brings; it is let go without an answer.
async fn paper(called: Connection) -> u8 {
    let (_writing, mut reading) = called.split();
    let mut payload = Vec::new();
    let frame = reading.recv(&mut payload).await.unwrap();
    assert_eq!(frame.kind, Kind::Document as u8);
    Document::decode(&payload).unwrap().kind
}

/// Two sessions, of which the first may be spoilt, and a second in between.
async fn run(spoilt: Option<Spoilt>) -> (Observed, Result<usize, &'static str>, OnRecord) {
    let referring = Referring::start().await;
    let (first, ended) = referring.session(1, spoilt).await;
    let record = referring.on_record(&first);
    let papers = referring.papers_in_a_second().await;
    let much_later = Timestamp::now() + (24 * 366 * 10).hours();
    let deleted = referring.receiver.node.delete_expired(much_later).unwrap();
    assert_eq!(deleted, 1, "retention ends for each session alike");
    let (next, well) = referring.session(2, None).await;
    assert_eq!(well, Ok(7), "the next one ends well");
    let observed = Observed {
        grown: next.theirs.head_seq - first.theirs.head_seq,
        first: first.seen,
        papers,
        next: next.seen,
    };
    (observed, ended, record)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spoilt_label_tells_the_sender_nothing() {
    let (honest, ended, record) = run(None).await;
    assert_eq!(ended, Ok(7));
    assert_eq!(record.round.state, RoundState::Done);
    assert_eq!(record.entry.body["unusable"], serde_json::Value::Null);
    assert!(honest.grown > 0 && !honest.papers.is_empty(), "{honest:?}");
    assert!(!honest.papers.contains(&ENDED));

    for (of_stranger, of_referred, code) in [
        (
            Spoilt::Seal(STRANGER),
            Spoilt::Seal(REFERRED_PERSON),
            "abort_label",
        ),
        (Spoilt::State(STRANGER), Spoilt::State(REFERRED_PERSON), "label"),
    ] {
        let (observed, ended, record) = run(Some(of_stranger)).await;
        assert_eq!(ended, Ok(7), "{of_stranger:?}: what does not match is not opened");
        assert_eq!(record.round.state, RoundState::Done);
        assert_eq!(observed, honest, "{of_stranger:?}");

        let (observed, ended, record) = run(Some(of_referred)).await;
        assert_eq!(ended, Err(code), "{of_referred:?}");
        assert_eq!(observed, honest, "{of_referred:?}");
        // The receiver itself knows what it was given, and by whom.
        assert_eq!(record.round.state, RoundState::Failed);
        assert_eq!(record.round.error.as_deref(), Some(code));
        assert_eq!((record.round.matched, record.findings), (None, 0));
        assert_eq!(record.entry.body["unusable"], code);
        let signed = ["by_receiver", "by_sender"].map(|side| record.entry.body[side].clone());
        assert_eq!(signed, record.signatures.map(|signature| signature.to_string()));
    }
}
