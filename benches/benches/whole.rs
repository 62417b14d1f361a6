//! Whole matches from two CSV files over mutual TLS on loopback, at the sizes of the field. Each runs in a process of
//! its own, so that its peak memory is its own.
//!
//! `cargo bench -p hefu-benches --bench whole [-- 20x30000]`

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::expect_used)]

use std::process::Command;
use std::sync::Arc;

use hefu_curve::Pool;
use hefu_ingest::ReadOptions;
use hefu_node::matching::{Matching, Side, match_files};

/// County, city, province, and a balanced case: receiver × sender, with this many in common.
const SIZES: [(u64, u64, u64); 4] = [
    (20, 30_000, 5),
    (400, 50_000, 56),
    (1_500, 550_000, 300),
    (1 << 20, 1 << 20, 1 << 19),
];

const ONE: &str = "HEFU_BENCH_ONE";

fn main() {
    if let Ok(size) = std::env::var(ONE) {
        return one(&size);
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    println!(
        "{:>20} {:>9} {:>9} {:>14} {:>12} {:>12} {:>9}",
        "receiver x sender", "wall s", "core s", "el./core-s", "bytes ->", "bytes <-", "peak MB"
    );
    for (left, right, common) in SIZES {
        let name = format!("{left}x{right}");
        if !wanted.is_empty() && !wanted.contains(&name) {
            continue;
        }
        let status = Command::new(std::env::current_exe().unwrap())
            .env(ONE, format!("{name}x{common}"))
            .status()
            .unwrap();
        assert!(status.success(), "{name} failed");
    }
}

fn one(size: &str) {
    let sizes: Vec<u64> = size.split('x').map(|n| n.parse().unwrap()).collect();
    let [left, right, common] = sizes.try_into().expect("receiver x sender x common");
    let folder = tempfile::tempdir().unwrap();
    let pair = hefu_fixtures::write_pair(folder.path(), left, right, common, 1).unwrap();
    let matching = Matching {
        pool: Pool::new(0).unwrap(),
        spool: folder.path().to_path_buf(),
        watcher: Arc::new(|_| ()),
        tap: None,
        randomness: Arc::new(hefu_node::runner::system_randomness),
    };
    let side = |file: std::path::PathBuf| Side {
        files: vec![file],
        options: ReadOptions::default(),
    };
    let before = core_seconds();
    let matched = tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(match_files(side(pair.left), side(pair.right), &matching))
        .unwrap();
    let cores = core_seconds() - before;
    assert_eq!(matched.matched, common, "the match is exact");
    println!(
        "{:>20} {:>9.3} {:>9.2} {:>14.0} {:>12} {:>12} {:>9.0}",
        format!("{left} x {right}"),
        matched.elapsed.as_secs_f64(),
        cores,
        (left + right) as f64 / cores,
        matched.traffic.bytes_sent,
        matched.traffic.bytes_received,
        status_kib("VmHWM:") as f64 / 1024.0,
    );
}

/// User and system time of this process (Linux: fields 14 and 15 of stat, in hundredths).
fn core_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn status_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}
