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
use hefu_psi::wire::Accept;
use hefu_store::RoundState;
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude, draft};
use hefu_tests::proxy::Proxy;
use hefu_tests::search::{Searcher, forms_of_number, forms_of_secret};
use hefu_tests::secrets::{forms_of_key, of_seed, public, sender_key};
use hefu_tests::watch::Draws;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tempfile::TempDir;

/// How many people stand on the two registers, each paid in three months.
#[derive(Clone, Copy)]
struct Sizes {
    receiver: u64,
    sender: u64,
    both: u64,
}

/// Hardly more than what both say before and after their sets: cuts fall between any two messages.
const SMALL: Sizes = Sizes {
    receiver: 12,
    sender: 9,
    both: 5,
};
/// The receiver's elements are two chunks.
const TWO_CHUNKS: Sizes = Sizes {
    receiver: 1_400,
    sender: 200,
    both: 100,
};

/// Two agencies whose line can be cut.
struct Two {
    receiver: Agency,
    sender: Agency,
    proxy: Proxy,
    agreement: [u8; 32],
    sizes: Sizes,
    draws: Arc<Draws>,
    _dir: TempDir,
}

impl Two {
    async fn start(sizes: Sizes) -> Self {
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
        let receiver = start(
            "县民政局",
            AgencyRole::CivilAffairs,
            EXTREME_POVERTY,
            0..sizes.receiver,
        )
        .await;
        let first = sizes.receiver - sizes.both;
        let others = first..first + sizes.sender;
        let sender = start("县残联", AgencyRole::DisabledFederation, DISABLED_LIVING, others).await;
        let proxy = Proxy::to(sender.card.address().to_owned()).await;
        receiver.knows(&sender.node.card(&proxy.address.to_string()).unwrap());
        sender.knows(&receiver.card);
        let mut text = draft(receiver.party(), sender.party());
        text.rounds_a_month = 1_000;
        for party in &mut text.parties {
            party.max_elements = 10 * sizes.receiver;
        }
        let agreement = conclude(&text, [&receiver, &sender], &[&receiver, &sender]);
        Self {
            receiver,
            sender,
            proxy,
            agreement,
            sizes,
            draws,
            _dir: dir,
        }
    }

    /// Runs a round whose line is cut where `cuts` says; says how often it was taken up again.
    async fn round(&self, cuts: &[u64]) -> (Learned, usize) {
        let node = &self.receiver.node;
        let round = node.begin_round(&self.agreement, "test").await.unwrap();
        let mut cuts = cuts.iter();
        let mut interrupted = 0;
        loop {
            if let Some(cut) = cuts.next() {
                self.proxy.cut_after(*cut);
            }
            match node.go_on(&round).await {
                Ok(learned) => return (learned, interrupted),
                Err(error) => {
                    assert!(error.can_go_on(), "{error} ({})", error.code());
                    interrupted += 1;
                }
            }
        }
    }

    /// Whatever stands on either disk, no session's seed does, nothing that follows from one, and nobody's number. Says
    /// how many sender's keys were looked for.
    fn secrets_are_sealed(&self) -> usize {
        let mut secrets: Vec<Vec<u8>> = self.draws.taken().into_iter().flatten().collect();
        secrets.retain(|draw| draw.len() >= 32);
        let mut keys = 0;
        for seed in secrets.clone() {
            secrets.extend(of_seed(&seed));
            for round in self.sender.node.store().rounds().unwrap() {
                let session = self.sender.node.store().session(&round.id).unwrap().unwrap();
                let Some(accept) = session.accept else { continue };
                let accept = Accept::decode(&accept).unwrap();
                let key = sender_key(&seed, &session.open, &accept.input);
                if public(&key) == accept.public {
                    secrets.extend(forms_of_key(&key));
                    keys += 1;
                }
            }
        }
        let mut searcher = Searcher::default();
        for (what, bytes) in secrets.iter().flat_map(|secret| forms_of_secret(secret)) {
            searcher.add(what, &bytes);
        }
        for person in 0..self.sizes.receiver + self.sizes.sender {
            let number = String::from_utf8(number_at(1, person).to_vec()).unwrap();
            for (what, bytes) in forms_of_number(&number) {
                searcher.add(what, &bytes);
            }
        }
        let mut sealed = 0;
        for agency in [&self.receiver, &self.sender] {
            for file in files(agency.folder()) {
                // A file may go with the session's end while this test looks.
                let bytes = std::fs::read(&file).unwrap_or_default();
                assert_eq!(searcher.find(&bytes), None, "{}", file.display());
                sealed += bytes.len();
            }
        }
        assert!(sealed > 0);
        keys
    }

    /// The rows that a plain join finds: people of both registers. Row 1 is the heading, so person n stands in row n + 2.
    fn joined(&self, findings: &[Finding]) {
        let rows = findings.iter().flat_map(|finding| &finding.rows);
        let mut rows: Vec<u64> = rows.map(|row| row.row).collect();
        rows.sort_unstable();
        let Sizes { receiver, both, .. } = self.sizes;
        let expected: Vec<u64> = (receiver - both..receiver).map(|person| person + 2).collect();
        assert_eq!(rows, expected);
    }

    async fn both_have_ended(&self) {
        for agency in [&self.receiver, &self.sender] {
            let rounds = agency.ended_rounds().await;
            assert!(
                rounds.iter().all(|round| round.state == RoundState::Done),
                "{rounds:?}"
            );
            agency.keeps_no_chunks().await;
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

/// A round that is cut once, for each of these; none of them comes to another end.
async fn cut_anywhere(sizes: Sizes, cuts: usize) {
    let two = Two::start(sizes).await;
    let (whole, interrupted) = two.round(&[]).await;
    assert_eq!(interrupted, 0);
    two.joined(&whole.outcome.findings);
    let length = two.proxy.passed();

    let mut rng = StdRng::seed_from_u64(20_261_125);
    let mut total = 0;
    for number in 0..cuts {
        let cut = rng.random_range(0..length);
        let (learned, interrupted) = two.round(&[cut]).await;
        total += interrupted;
        let cut = format!("cut {number}, after {cut} of {length} bytes");
        assert!(learned.outcome.findings == whole.outcome.findings, "{cut}");
        assert_eq!(learned.peer_elements, whole.peer_elements, "{cut}");
    }
    // A cut behind the last message interrupts nothing.
    assert!(total > cuts * 4 / 5, "{total} rounds were interrupted");
    two.both_have_ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_round_cut_anywhere_gives_the_same_result() {
    cut_anywhere(SMALL, 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_of_two_chunks_cut_anywhere_gives_the_same_result() {
    cut_anywhere(TWO_CHUNKS, 20).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_cut_again_and_again_gives_the_same_result() {
    let two = Two::start(TWO_CHUNKS).await;
    let (whole, _) = two.round(&[]).await;
    let length = two.proxy.passed();
    assert_eq!(two.sender.node.store().debits(0, 100).unwrap().len(), 1);
    // More than a chunk each time, less than the whole.
    let (learned, interrupted) = two.round(&[141_000; 10]).await;
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

/// While it waits and when it has ended: a disk that is carried away gives nothing of a session.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_secret_is_nowhere_on_either_disk() {
    let two = Two::start(SMALL).await;
    let (whole, _) = two.round(&[]).await;
    let length = two.proxy.passed();
    assert_eq!(two.secrets_are_sealed(), 1);

    let node = &two.receiver.node;
    let round = node.begin_round(&two.agreement, "test").await.unwrap();
    // In the middle of the tags: both sides have all that they ever keep.
    two.proxy.cut_after(length - 400);
    assert!(node.go_on(&round).await.err().unwrap().can_go_on());
    assert_eq!(two.receiver.waiting_files(), 1, "its chunks wait");
    assert_eq!(two.sender.waiting_files(), 1, "its chunks wait");
    assert_eq!(two.secrets_are_sealed(), 2);

    let learned = node.go_on(&round).await.unwrap();
    assert!(learned.outcome.findings == whole.outcome.findings);
    two.both_have_ended().await;
    assert_eq!(two.secrets_are_sealed(), 2);
}

/// The search must be able to fail.
#[tokio::test(flavor = "multi_thread")]
#[should_panic(expected = "a secret")]
async fn a_secret_that_lies_about_is_found() {
    let two = Two::start(SMALL).await;
    two.round(&[]).await;
    let session = &two.sender.node.store().rounds().unwrap()[0];
    let session = two.sender.node.store().session(&session.id).unwrap().unwrap();
    let input = Accept::decode(session.accept.as_ref().unwrap()).unwrap().input;
    for seed in two.draws.taken().concat() {
        let key = sender_key(&seed, &session.open, &input);
        std::fs::write(two.sender.folder().join("left"), key.doubled().to_bytes()).unwrap();
        two.secrets_are_sealed();
    }
}
