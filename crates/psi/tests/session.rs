//! Whole sessions against a plain join over the raw elements, in two suites.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use common::toy::Toy;
use common::{Outcome, Session, Step, join, numbered, public};
use hefu_psi::{Ristretto255, SignedReceipt, Suite, element_root};
use proptest::prelude::*;
use rand::RngExt;

#[test]
fn sizes_and_overlaps() {
    let cases = [
        ("empty, empty", 0..0, 0..0),
        ("empty, any", 0..0, 0..20),
        ("any, empty", 0..20, 0..0),
        ("one, itself", 5..6, 5..6),
        ("one, another", 5..6, 6..7),
        ("nothing in common", 0..50, 50..120),
        ("all in common", 0..70, 0..70),
        ("a part in common", 0..50, 40..120),
        ("within", 10..20, 0..100),
        ("around", 0..100, 10..20),
        ("one in many", 77..78, 0..3000),
        ("one not in many", 3000..3001, 0..3000),
        ("many around one", 0..3000, 77..78),
        ("many beside one", 0..3000, 3000..3001),
    ];
    for (seed, (name, x, y)) in (0..).zip(cases) {
        println!("{name}");
        check::<Ristretto255>(seed, numbered(x.clone()), numbered(y.clone()));
        check::<Toy>(seed, numbered(x), numbered(y));
    }
}

#[test]
fn chunk_boundaries() {
    // Elements cross in chunks of 4,096, tags in chunks of 8,192.
    for (x, y) in [(4095, 3), (4096, 3), (4097, 3), (3, 8191), (3, 8192), (3, 8193)] {
        let (x, y) = (numbered(0..x), numbered((0..y).map(|i| i * 2)));
        check::<Ristretto255>(1, x.clone(), y.clone());
        check::<Toy>(1, x, y);
    }
    check::<Toy>(2, numbered(0..8193), numbered(5000..13_193));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_sets(
        seed in any::<u64>(),
        x in prop::collection::hash_set(0..90u8, 0..60),
        y in prop::collection::hash_set(0..90u8, 0..60),
        width in prop::sample::select(vec![1u16, 2, 32, 96, 128]),
    ) {
        let elements = |set: std::collections::HashSet<u8>| -> Vec<Vec<u8>> {
            set.into_iter().map(|n| vec![n; usize::from(width)]).collect()
        };
        let mut session = Session::new(seed, elements(x), elements(y));
        session.receiver_terms.width = width;
        session.sender_terms.width = width;
        check_session::<Ristretto255>(&session);
        check_session::<Toy>(&session);
    }
}

#[test]
fn every_field_of_a_receipt_is_signed_by_both() {
    for signed in [
        check::<Ristretto255>(3, numbered(0..9), numbered(5..30)).at_sender,
        check::<Toy>(3, numbered(0..9), numbered(5..30)).at_sender,
    ] {
        let changes: [(&str, fn(&mut SignedReceipt)); 13] = [
            ("sid", |r| r.receipt.sid.0[0] ^= 1),
            ("agreement", |r| r.receipt.agreement[31] ^= 1),
            ("receiver_elements", |r| r.receipt.receiver_elements += 1),
            ("sender_elements", |r| r.receipt.sender_elements -= 1),
            ("blinded", |r| r.receipt.blinded[5] ^= 0x80),
            ("evaluated", |r| r.receipt.evaluated[5] ^= 0x80),
            ("tags", |r| r.receipt.tags[5] ^= 0x80),
            ("receiver_head.seq", |r| r.receiver_head.seq += 1),
            ("receiver_head.hash", |r| r.receiver_head.hash[0] ^= 1),
            ("sender_head.seq", |r| r.sender_head.seq += 1),
            ("sender_head.hash", |r| r.sender_head.hash[0] ^= 1),
            ("by_receiver", |r| r.by_receiver[0] ^= 1),
            ("by_sender", |r| r.by_sender[63] ^= 1),
        ];
        for (field, change) in changes {
            let mut changed = signed.clone();
            change(&mut changed);
            assert!(!changed.verify(&public(1), &public(2)), "{field}");
        }
        let mut swapped = signed.clone();
        std::mem::swap(&mut swapped.by_receiver, &mut swapped.by_sender);
        assert!(!swapped.verify(&public(1), &public(2)), "signatures swapped");
        assert!(
            !swapped.verify(&public(2), &public(1)),
            "a signature is bound to its side"
        );
        assert!(!signed.verify(&public(1), &public(3)), "another sender");
    }
}

#[test]
fn nothing_repeats_between_two_sessions_over_the_same_sets() {
    let (x, y) = (numbered(0..40), numbered(20..60));
    let [a, b] = [1, 2].map(|seed| check::<Ristretto255>(seed, x.clone(), y.clone()).transcript);
    assert_ne!(a.sid(), b.sid());
    for (step, width, header) in [
        (Step::Blinded, 32, 4),
        (Step::Evaluated, 32, 68),
        (Step::Tags, 16, 4),
    ] {
        let units = |t: &common::Transcript| -> std::collections::HashSet<Vec<u8>> {
            t.of(step)[0][header..]
                .chunks(width)
                .map(<[u8]>::to_vec)
                .collect()
        };
        assert_eq!(units(&a).len(), 40, "{step:?}: none twice");
        assert!(units(&a).is_disjoint(&units(&b)), "{step:?}");
    }
}

fn check<S: Suite>(seed: u64, mut x: Vec<Vec<u8>>, mut y: Vec<Vec<u8>>) -> Outcome {
    let mut session = Session::new(seed, Vec::new(), Vec::new());
    // The order of a register is not ascending either.
    let mut rng = session.rng("register order");
    for list in [&mut x, &mut y] {
        for i in (1..list.len()).rev() {
            list.swap(i, rng.random_range(0..=i));
        }
    }
    (session.x, session.y) = (x, y);
    check_session::<S>(&session)
}

fn check_session<S: Suite>(session: &Session) -> Outcome {
    let outcome = session.run::<S>().unwrap();
    let (matches, transcript) = (&outcome.matches, &outcome.transcript);
    assert_eq!(matches.indices, join(&session.x, &session.y), "{}", S::NAME);
    assert_eq!(matches.sender_elements, session.y.len() as u64);
    assert_eq!(matches.receipt, outcome.at_sender, "both hold the same receipt");
    assert!(outcome.at_sender.verify(&public(1), &public(2)));

    let receipt = &outcome.at_sender.receipt;
    assert_eq!(receipt.sid, transcript.sid());
    assert_eq!(receipt.agreement, session.receiver_terms.agreement);
    assert_eq!(receipt.receiver_elements, session.x.len() as u64);
    assert_eq!(receipt.sender_elements, session.y.len() as u64);
    for (root, step, width, header) in [
        (receipt.blinded, Step::Blinded, S::ELEMENT, 4),
        (
            receipt.evaluated,
            Step::Evaluated,
            S::ELEMENT,
            4 + S::proof_bytes(),
        ),
        (receipt.tags, Step::Tags, 16, 4),
    ] {
        let packed: Vec<u8> = transcript
            .of(step)
            .iter()
            .flat_map(|m| &m[header..])
            .copied()
            .collect();
        assert_eq!(root, element_root(&packed, width), "{step:?}");
    }
    outcome
}
