//! A line that is cut at any byte changes nothing: the round goes on where it stopped, and ends as it would have.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hefu_casework::{AgencyRole, Finding, LocalPolicy};
use hefu_curve::Pool;
use hefu_fixtures::number_at;
use hefu_link::Limits;
use hefu_node::{Learned, Surroundings};
use hefu_store::RoundState;
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude, draft};
use hefu_tests::proxy::Proxy;
use hefu_tests::search::Searcher;
use hefu_tests::watch::Draws;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

/// People of each side: with three months each, more than one chunk each way.
const PEOPLE: u64 = 1_500;
const CUTS: usize = 50;

/// Two agencies whose line can be cut.
struct Two {
    receiver: Agency,
    sender: Agency,
    proxy: Proxy,
    agreement: [u8; 32],
    draws: Arc<Draws>,
    _dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let draws = Arc::new(Draws::new(7));
        let drawing = Arc::clone(&draws);
        let surroundings = Surroundings {
            limits: Limits {
                linger_seconds: 1,
                ..Limits::default()
            },
            randomness: Arc::new(move || drawing.next_session()),
            policy: LocalPolicy {
                max_elements_a_month_from_peer: 100_000_000,
                max_rounds_a_month: 1_000,
                ..LocalPolicy::default()
            },
            ..Surroundings::new(Pool::new(0).unwrap())
        };
        let start = |name, role, programme, people| {
            Agency::start(dir.path(), name, role, programme, people, surroundings.clone())
        };
        let receiver = start("县民政局", AgencyRole::CivilAffairs, EXTREME_POVERTY, 0..PEOPLE).await;
        let others = PEOPLE / 2..PEOPLE / 2 + PEOPLE;
        let sender = start("县残联", AgencyRole::DisabledFederation, DISABLED_LIVING, others).await;
        let proxy = Proxy::to(sender.card.address().to_owned()).await;
        receiver.knows(&sender.node.card(&proxy.address.to_string()).unwrap());
        sender.knows(&receiver.card);
        let mut text = draft(receiver.party(), sender.party());
        text.rounds_a_month = 1_000;
        for party in &mut text.parties {
            party.max_elements = 10 * PEOPLE;
        }
        let agreement = conclude(&text, [&receiver, &sender], &[&receiver, &sender]);
        Self {
            receiver,
            sender,
            proxy,
            agreement,
            draws,
            _dir: dir,
        }
    }

    /// Runs a round whose line is cut where `cuts` says; says how often it was taken up again.
    async fn round(&self, cuts: &[u64]) -> (Learned, usize) {
        let round = self
            .receiver
            .node
            .begin_round(&self.agreement, "test")
            .await
            .unwrap();
        let mut cuts = cuts.iter();
        let mut interrupted = 0;
        loop {
            if let Some(cut) = cuts.next() {
                self.proxy.cut_after(*cut);
            }
            match self.receiver.node.go_on(&round).await {
                Ok(learned) => return (learned, interrupted),
                Err(error) => {
                    assert!(error.can_go_on(), "{error} ({})", error.code());
                    self.secrets_are_sealed();
                    interrupted += 1;
                }
            }
        }
    }

    /// Whatever stands on either disk, no session's seed does, nor the number of anybody.
    fn secrets_are_sealed(&self) {
        let mut searcher = Searcher::default();
        for draw in self
            .draws
            .taken()
            .iter()
            .flatten()
            .filter(|draw| draw.len() >= 32)
        {
            searcher.add("seed", draw);
        }
        assert!(!searcher.is_empty());
        for person in 0..PEOPLE / 2 + PEOPLE {
            searcher.add("number", &number_at(1, person));
        }
        for agency in [&self.receiver, &self.sender] {
            for file in files(agency.folder()) {
                // A file may go with the session's end while this test looks.
                let bytes = std::fs::read(&file).unwrap_or_default();
                assert_eq!(searcher.find(&bytes), None, "{}", file.display());
            }
        }
    }

    async fn both_have_ended(&self) {
        for agency in [&self.receiver, &self.sender] {
            let rounds = agency.ended_rounds().await;
            assert!(
                rounds.iter().all(|round| round.state == RoundState::Done),
                "{rounds:?}"
            );
            assert_eq!(waiting(agency), 0, "chunks of a round that has ended");
            agency.node.store().verify().unwrap();
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .collect()
}

fn waiting(agency: &Agency) -> usize {
    std::fs::read_dir(agency.folder().join("spool")).unwrap().count()
}

/// The rows that a plain join finds: people of both registers.
fn joined(findings: &[Finding]) {
    let mut rows: Vec<u64> = findings
        .iter()
        .flat_map(|finding| &finding.rows)
        .map(|row| row.row)
        .collect();
    rows.sort_unstable();
    // Row 1 is the heading, so person n stands in row n + 2.
    let expected: Vec<u64> = (PEOPLE / 2..PEOPLE).map(|person| person + 2).collect();
    assert_eq!(rows, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_anywhere_gives_the_same_result() {
    let two = Two::start().await;
    let (whole, interrupted) = two.round(&[]).await;
    assert_eq!(interrupted, 0);
    joined(&whole.outcome.findings);
    let length = two.proxy.passed();

    let mut rng = StdRng::seed_from_u64(20_261_125);
    let mut total = 0;
    for number in 0..CUTS {
        let cut = rng.random_range(0..length);
        println!("cut {number} after {cut} of {length} bytes");
        let (learned, interrupted) = two.round(&[cut]).await;
        total += interrupted;
        assert!(learned.outcome.findings == whole.outcome.findings);
        assert_eq!(learned.peer_elements, whole.peer_elements);
    }
    // A cut behind the last message interrupts nothing.
    assert!(total > CUTS * 9 / 10, "{total} rounds were interrupted");
    two.both_have_ended().await;
    two.secrets_are_sealed();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_again_and_again_gives_the_same_result() {
    let two = Two::start().await;
    let (whole, _) = two.round(&[]).await;
    let length = two.proxy.passed();
    assert_eq!(two.sender.node.store().debits(0, 100).unwrap().len(), 1);
    // More than a chunk each time, less than the whole.
    let (learned, interrupted) = two.round(&[180_000; 10]).await;
    assert!(interrupted >= 2, "{interrupted}");
    assert!(learned.outcome.findings == whole.outcome.findings);
    two.both_have_ended().await;
    // However often it called, the receiver has spent its set once.
    let after = two.sender.node.store().debits(0, 100).unwrap();
    assert_eq!(after.len(), 2);
    assert_eq!(after[1].elements, whole.own_elements);
    // What came once does not come again, but for the tags and what was under way.
    let passed = two.proxy.passed() - length;
    assert!(passed < 2 * length, "{passed} bytes for {length}");
}
