//! What an end sees can be computed from what it may know: with the sizes and the result fixed, everything else varied
//! (elements, their order, the seeds), nothing observable differs in number, length or order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::HashSet;

use common::toy::Toy;
use common::{Session, Step, Transcript, naive, numbered};
use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use hefu_psi::{Ristretto255, Suite};

/// Sets of these sizes with this many in common, each time of other people in another order.
fn worlds(x: u64, y: u64, common: u64) -> Vec<Session> {
    let spread = |from: u64, step: u64, count: u64| numbered((0..count).map(move |i| from + i * step));
    let world = |seed, from, step| {
        let x_set = spread(from, step, x);
        let mut y_set = x_set[..common as usize].to_vec();
        y_set.extend(spread(from + x * step, step, y - common));
        Session::new(seed, x_set, y_set)
    };
    let mut worlds = vec![world(1, 0, 1), world(2, 1 << 40, 7), world(3, 0, 1)];
    worlds[2].x.reverse();
    let middle = worlds[2].y.len() / 2;
    worlds[2].y.rotate_left(middle);
    // Those who match stand last in this one, and first in the others.
    let mut last = world(4, 99, 3);
    last.x.reverse();
    worlds.push(last);
    worlds
}

#[test]
fn lengths_and_counts_depend_on_sizes_alone() {
    for (x, y, common) in [
        (0, 9, 0),
        (9, 0, 0),
        (30, 60, 0),
        (30, 60, 17),
        (30, 60, 30),
        (4100, 8200, 1000),
    ] {
        let shapes: HashSet<Vec<(Step, Vec<usize>)>> = worlds(x, y, common)
            .iter()
            .map(|w| shape(&w.run::<Toy>().unwrap().transcript))
            .collect();
        assert_eq!(shapes.len(), 1, "{x} against {y}, {common} in common");
    }
    for (x, y) in [(30, 60), (300, 200)] {
        // The sender sees no result: even with other results, nothing that crosses has another length.
        let shapes: HashSet<Vec<(Step, Vec<usize>)>> = [0, 1, 25, 30]
            .iter()
            .flat_map(|common| worlds(x, y, *common))
            .map(|w| shape(&w.run::<Ristretto255>().unwrap().transcript))
            .collect();
        assert_eq!(shapes.len(), 1, "{x} against {y}, whatever is in common");
    }
}

#[test]
fn tags_ascend_strictly_and_keep_no_order() {
    for session in worlds(30, 8300, 17) {
        let outcome = session.run::<Toy>().unwrap();
        let tags: Vec<[u8; 16]> = outcome
            .transcript
            .of(Step::Tags)
            .iter()
            .flat_map(|m| m[4..].as_chunks().0.to_vec())
            .collect();
        assert_eq!(tags.len(), 8300);
        assert!(tags.is_sorted_by(|a, b| a < b));
    }
    // Nor do they follow the order of the set, in which neighbours descend half the time.
    let ranks = wire_ranks_of_own_tags();
    let descents = ranks.windows(2).filter(|w| w[0] > w[1]).count();
    assert!(
        (ranks.len() / 3..ranks.len() * 2 / 3).contains(&descents),
        "{descents} descents of {}",
        ranks.len()
    );
}

/// For each element of the sender's set in its own order, where its tag stands on the wire.
fn wire_ranks_of_own_tags() -> Vec<usize> {
    let session = Session::new(61, numbered(0..1), numbered(0..200));
    let seen = session.run::<Ristretto255>().unwrap().transcript;
    let b = Ristretto255::encode_scalar(&session.key::<Ristretto255>(&seen));
    let b = curve25519_dalek::Scalar::from_canonical_bytes(b.as_slice().try_into().unwrap()).unwrap();
    let tags = seen.of(Step::Tags)[0][4..].as_chunks::<16>().0;
    let four_b = b * curve25519_dalek::Scalar::from(4u8);
    session
        .y
        .iter()
        .map(|y| {
            let token = (naive::hash_to_group(&seen.call(), y) * four_b).compress();
            let (_, tag) = naive::prk_and_tag(&seen.sid(), y, token.as_bytes());
            tags.iter().position(|t| *t == tag).unwrap()
        })
        .collect()
}

#[test]
fn blinded_elements_are_in_no_order_of_the_register() {
    let session = Session::new(62, numbered(0..200), Vec::new());
    let order = wire_order(&session);
    let mut sorted = order.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..200).collect::<Vec<_>>(), "each crosses once");
    let descents = order.windows(2).filter(|w| w[0] > w[1]).count();
    assert!((67..134).contains(&descents), "{descents} descents");
    let mut again = session.clone();
    again.seed += 1;
    assert_ne!(wire_order(&again), order, "another session, another order");
}

/// The shuffle is uniform: each of five elements stands at each of five places equally often (chi-square, 16 degrees
/// of freedom; a uniform shuffle exceeds 45 about once in 7,000 seeds, and these seeds are fixed).
#[test]
fn the_order_is_uniform() {
    const ROUNDS: u32 = 1000;
    let mut seen = [[0u32; 5]; 5];
    for seed in 0..u64::from(ROUNDS) {
        let order = wire_order(&Session::new(seed, numbered(0..5), Vec::new()));
        for (place, element) in order.into_iter().enumerate() {
            seen[place][element] += 1;
        }
    }
    let expected = f64::from(ROUNDS) / 5.0;
    let chi: f64 = seen
        .as_flattened()
        .iter()
        .map(|n| (f64::from(*n) - expected).powi(2) / expected)
        .sum();
    assert!(chi < 45.0, "chi-square {chi}: {seen:?}");
}

/// Both bulk streams of points look the same whatever they hide: every bit that an encoding leaves free is set about
/// half the time, in blinded elements and in evaluations. (An encoding is even and below 2^255.)
#[test]
fn blinded_elements_show_no_bias() {
    for (step, header) in [(Step::Blinded, 4), (Step::Evaluated, 68)] {
        for elements in [numbered(0..2000), numbered((0..2000).map(|i| i << 32))] {
            let seen = Session::new(63, elements, Vec::new())
                .run::<Ristretto255>()
                .unwrap()
                .transcript;
            let units = seen.of(step)[0][header..].as_chunks::<32>().0;
            for bit in 1..254 {
                let set = units.iter().filter(|u| u[bit / 8] >> (bit % 8) & 1 == 1).count();
                // 2,000 flips, six standard deviations of 22.
                assert!(
                    (866..1134).contains(&set),
                    "{step:?}: bit {bit} is set {set} times of 2,000"
                );
            }
        }
    }
}

fn shape(transcript: &Transcript) -> Vec<(Step, Vec<usize>)> {
    let lengths = |messages: &Vec<Vec<u8>>| messages.iter().map(Vec::len).collect();
    transcript
        .messages
        .iter()
        .map(|(step, messages)| (*step, lengths(messages)))
        .collect()
}

/// For each position on the wire, the index in the receiver's set: found with the blinds, which the test can derive.
fn wire_order(session: &Session) -> Vec<usize> {
    let seen = session.run::<Ristretto255>().unwrap().transcript;
    let key = session.blind_key();
    let doubled: Vec<_> = session
        .x
        .iter()
        .map(|x| naive::hash_to_group(&seen.call(), x))
        .map(|h| h + h)
        .collect();
    let blinded = seen.of(Step::Blinded)[0][4..].as_chunks::<32>().0;
    (0..)
        .zip(blinded)
        .map(|(j, c)| {
            let rho = RistrettoPoint::mul_base(&naive::blind(&key, &seen.call(), j));
            let hash = CompressedRistretto(*c).decompress().unwrap() - (rho + rho);
            doubled.iter().position(|h| *h == hash).expect("C = 2H + 2ρG")
        })
        .collect()
}
