//! Whatever a line does to a session, nobody ends with a wrong result.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};

use hefu_psi::{Elements, KeyKind};
use hefu_tests::ends::{self, Session};
use hefu_tests::faulty::{Fault, Line};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const WIDTH: usize = 32;

/// What a session over a faulty line came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// Both ends have finished, with the right result.
    Right,
    /// One end at least has failed.
    Failed,
}

#[test]
fn a_sound_line_gives_the_plain_join() {
    for (seed, receiver, sender) in [
        (1, 0, 0),
        (2, 0, 9),
        (3, 9, 0),
        (4, 1, 1),
        (5, 40, 30),
        (6, 5_000, 9_000),
    ] {
        let sets = Sets::new(seed, receiver, sender);
        let session = sets.run(seed, &mut Line::sound());
        assert_eq!(sets.judge(&session), End::Right, "{receiver} against {sender}");
    }
}

#[test]
fn each_fault_alone_gives_the_plain_join_or_an_error() {
    for fault in Fault::ALL {
        let mut ends = BTreeMap::new();
        for seed in 0..60 {
            println!("{fault:?}, seed {seed}");
            let sets = Sets::new(seed, 12, 9);
            let mut line = Line::new(seed, &[fault], 20);
            let end = sets.judge(&sets.run(seed, &mut line));
            if line.happened().is_empty() {
                assert_eq!(end, End::Right);
                continue;
            }
            *ends.entry(end).or_insert(0) += 1;
        }
        // A message can overtake another only where two are under way in one direction.
        assert!(ends.get(&End::Failed) > Some(&5), "{fault:?}: {ends:?}");
    }
}

#[test]
fn faults_together_give_the_plain_join_or_an_error() {
    let mut ends = BTreeMap::new();
    for seed in 1_000..1_400 {
        println!("seed {seed}");
        let mut rng = StdRng::seed_from_u64(seed);
        let sets = Sets::new(seed, rng.random_range(0..20), rng.random_range(0..20));
        let mut line = Line::new(seed, &Fault::ALL, rng.random_range(5..30));
        *ends.entry(sets.judge(&sets.run(seed, &mut line))).or_insert(0) += 1;
    }
    assert!(ends[&End::Right] > 20 && ends[&End::Failed] > 100, "{ends:?}");
}

/// Sets of several chunks in every direction, so that chunks are lost, repeated and reordered among each other.
#[test]
fn faults_between_chunks_give_the_plain_join_or_an_error() {
    let mut failed = 0;
    for seed in 2_000..2_010 {
        println!("seed {seed}");
        let sets = Sets::new(seed, 8_200, 8_200);
        let mut line = Line::new(
            seed,
            &[Fault::Loss, Fault::Repeat, Fault::Overtaking, Fault::Flip],
            15,
        );
        failed += u32::from(sets.judge(&sets.run(seed, &mut line)) == End::Failed);
    }
    assert!(failed > 3, "{failed}");
}

/// Two sets, and what a join of them in clear finds.
struct Sets {
    receiver: Vec<[u8; WIDTH]>,
    sender: Vec<[u8; WIDTH]>,
    joined: Vec<u32>,
}

impl Sets {
    /// Distinct elements, of which about half stand in both sets.
    fn new(seed: u64, receiver: usize, sender: usize) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let mut set = |count: usize| -> Vec<[u8; WIDTH]> {
            let most = 2 * receiver.max(sender).max(1) as u64;
            let mut seen = BTreeSet::new();
            while seen.len() < count {
                seen.insert(rng.random_range(0..most));
            }
            seen.into_iter().map(element).collect()
        };
        let (receiver, sender) = (set(receiver), set(sender));
        let known: HashSet<_> = sender.iter().collect();
        let joined = (0..)
            .zip(&receiver)
            .filter(|(_, element)| known.contains(element))
            .map(|(at, _)| at)
            .collect();
        Self {
            receiver,
            sender,
            joined,
        }
    }

    fn run(&self, seed: u64, line: &mut Line) -> Session {
        let packed = |set: &[[u8; WIDTH]]| Elements::new(WIDTH, set.concat()).unwrap();
        let terms = ends::terms(KeyKind::Person, WIDTH);
        ends::run(&terms, packed(&self.receiver), packed(&self.sender), seed, line)
    }

    /// A receiver that has a result has the right one, whatever became of the sender.
    fn judge(&self, session: &Session) -> End {
        if let Ok(matches) = &session.receiver {
            assert_eq!(matches.indices, self.joined);
            assert_eq!(matches.sender_elements, self.sender.len() as u64);
        }
        match (&session.receiver, &session.sender) {
            (Ok(_), Ok(())) => End::Right,
            _ => End::Failed,
        }
    }
}

fn element(number: u64) -> [u8; WIDTH] {
    let mut element = [0; WIDTH];
    element[0] = 8;
    element[1..9].copy_from_slice(&number.to_be_bytes());
    element
}
