//! Sessions at once, and a great many one after another: each ends as it would alone, and nothing grows.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::{Duration, Instant};

use hefu_casework::{AgencyRole, Finding, LocalPolicy, Month, Purpose};
use hefu_node::Surroundings;
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, agree, introduce, proposal, surroundings};
use tokio::sync::Mutex;

/// What is measured is the process's, so the tests of this file run one at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

const SESSIONS: usize = 200;
/// By then whatever is kept for all sessions is there.
const WARM: usize = 50;
/// What may be added from then on, some 110 KB a session; 40 KB is what was seen. Two databases grow meanwhile, and their
/// page caches with them: log entries, findings and evidence on either side.
const GROWTH: u64 = 16 << 20;

fn generous() -> Surroundings {
    Surroundings {
        policy: LocalPolicy {
            max_rounds_a_month: 1_000,
            max_elements_a_month_from_peer: 100_000_000,
            ..LocalPolicy::default()
        },
        ..surroundings()
    }
}

/// The people behind findings: number `n` of a register that begins with `first` stands in row `n - first + 2`, below
/// the headings.
fn people(findings: &[Finding], first: u64) -> BTreeSet<u64> {
    let rows = findings.iter().flat_map(|finding| &finding.rows);
    rows.map(|row| row.row - 2 + first).collect()
}

/// A plain join.
fn on_both(one: &Range<u64>, other: &Range<u64>) -> BTreeSet<u64> {
    one.clone().filter(|person| other.contains(person)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_with_different_peers_at_once_end_rightly() {
    let _alone = ALONE.lock().await;
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, generous());
    let [here, there, elsewhere] = [0..1_200, 600..1_800, 1_000..1_400];
    let civil = start("县民政局", AgencyRole::CivilAffairs).await;
    let disabled = start("县残联", AgencyRole::DisabledFederation).await;
    let city = start("市残联", AgencyRole::DisabledFederation).await;
    civil.pays(EXTREME_POVERTY, here.clone());
    disabled.pays(DISABLED_LIVING, there.clone());
    city.pays(DISABLED_LIVING, elsewhere.clone());
    let mut agreements = Vec::new();
    for other in [&disabled, &city] {
        introduce(&civil, other);
        let parties = [civil.party(EXTREME_POVERTY), other.party(DISABLED_LIVING)];
        let mut text = proposal(Purpose::Duplicates, other.node.name(), parties);
        text.receivers = vec![0, 1];
        text.parties
            .iter_mut()
            .for_each(|party| party.max_elements = 10_000);
        agreements.push(agree(&civil, other, text).await);
    }
    // Three at once, in two of which the same node asks and in one of which it is asked.
    let (one, two, three) = tokio::join!(
        civil.node.run_round(&agreements[0]),
        civil.node.run_round(&agreements[1]),
        city.node.run_round(&agreements[1]),
    );
    let found = |learned: hefu_node::Result<hefu_node::Learned>, first| {
        people(&learned.unwrap().outcome.findings, first)
    };
    assert_eq!(found(one, here.start), on_both(&here, &there));
    assert_eq!(found(two, here.start), on_both(&here, &elsewhere));
    assert_eq!(found(three, elsewhere.start), on_both(&here, &elsewhere));
    for (bureau, rounds) in [(&civil, 3), (&disabled, 1), (&city, 2)] {
        done(bureau, rounds).await;
        let debited: u64 = debits(bureau).iter().sum();
        let asked = bureau.node.store().rounds().unwrap();
        let asked = asked
            .iter()
            .filter(|round| round.role == hefu_store::Role::Sender);
        assert_eq!(
            debited,
            asked.map(|round| round.peer_elements.unwrap()).sum::<u64>()
        );
        bureau.node.store().verify().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_sessions_leave_nothing_behind() {
    let _alone = ALONE.lock().await;
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, generous());
    let civil = start("县民政局", AgencyRole::CivilAffairs).await;
    let disabled = start("县残联", AgencyRole::DisabledFederation).await;
    let (here, there) = (0..8, 5..13);
    civil.pays(EXTREME_POVERTY, here.clone());
    disabled.pays(DISABLED_LIVING, there.clone());
    introduce(&civil, &disabled);
    let parties = [civil.party(EXTREME_POVERTY), disabled.party(DISABLED_LIVING)];
    let mut text = proposal(Purpose::Duplicates, "1号", parties);
    text.rounds_a_month = 1_000;
    let agreement = agree(&civil, &disabled, text).await;

    let expected = on_both(&here, &there);
    let mut warm = None;
    let mut elements = 0;
    for session in 1..=SESSIONS {
        let learned = civil.node.run_round(&agreement).await.unwrap();
        assert_eq!(people(&learned.outcome.findings, here.start), expected);
        elements += learned.own_elements;
        if session == WARM {
            done(&disabled, session).await;
            warm = Some((resident(), open_files()));
        }
    }
    done(&civil, SESSIONS).await;
    done(&disabled, SESSIONS).await;

    let (memory, files) = warm.unwrap();
    let grown = resident().saturating_sub(memory);
    println!("{memory} bytes after {WARM} sessions, {grown} more after {SESSIONS}");
    assert!(grown < GROWTH, "{grown} bytes more than after {WARM} sessions");
    // A closing side may wait a second for the other.
    let patience = Instant::now();
    while open_files() > files {
        assert!(
            patience.elapsed() < Duration::from_secs(20),
            "{} files are open, and {files} were after {WARM} sessions",
            open_files()
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for bureau in [&civil, &disabled] {
        let spool = bureau.folder().join("spool");
        assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0);
        let store = bureau.node.store();
        let head = store.verify().unwrap();
        let entries = store.entries(0, 100_000).unwrap();
        assert_eq!(entries.len() as u64, head.seq);
        let ended = entries.iter().filter(|entry| entry.kind == "round_done");
        assert_eq!(ended.count(), SESSIONS);
        assert!(store.open_sessions().unwrap().is_empty() && store.untold_sessions().unwrap().is_empty());
    }
    // Whoever asks is debited, once a session and to the element; whoever is asked is not.
    assert_eq!(elements, SESSIONS as u64 * 8 * 3, "three months of each person");
    assert_eq!(debits(&disabled), vec![8 * 3; SESSIONS]);
    assert!(debits(&civil).is_empty());
    let lines = disabled.node.store().debits(0, 10_000).unwrap();
    let months: BTreeSet<Month> = lines.iter().map(|line| line.month).collect();
    let peer = civil.node.node_key();
    let of_month = |month: &Month| disabled.node.store().debited(&peer, *month).unwrap();
    assert_eq!(months.iter().map(of_month).sum::<u64>(), elements);
}

/// Waits until the bureau has so many rounds and all have ended well.
async fn done(bureau: &Bureau, rounds: usize) {
    let patience = Instant::now();
    loop {
        let all = bureau.node.store().rounds().unwrap();
        if all.len() == rounds && all.iter().all(|round| round.state == RoundState::Done) {
            return;
        }
        assert!(patience.elapsed() < Duration::from_secs(20), "{all:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn debits(bureau: &Bureau) -> Vec<u64> {
    let lines = bureau.node.store().debits(0, 10_000).unwrap();
    lines.iter().map(|line| line.elements).collect()
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * PAGE
}

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}
