//! A hostile sender's evaluations: under two keys, of other elements, with other proofs. Each ends with the chunk named.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use common::{End, Failure, Session, Step, Transcript, numbered, toy::Toy};
use hefu_psi::wire::{Abort, Blinded};
use hefu_psi::{ChunkProof, ChunkStatement, Error, Ristretto255, Suite};

type Attack<S> = fn(&Forger<S>, &mut Vec<Vec<u8>>);

#[test]
fn a_small_chunk_of_the_real_suite() {
    let proof = || Abort::Proof { chunk: 0 };
    let bad = |index| Abort::BadElement { chunk: 0, index };
    let attacks: Vec<(&str, Attack<Ristretto255>, Abort)> = vec![
        ("the identity", |_, m| unit(&mut m[0], 7).fill(0), bad(7)),
        ("not canonical", |_, m| unit(&mut m[0], 11).fill(0xff), bad(11)),
        ("two bad ones", |_, m| m[0][68..].fill(0xff), bad(0)),
        ("two swapped", |_, m| swap(&mut m[0], 2, 9), proof()),
        ("one repeated", |_, m| m[0].copy_within(68..100, 100), proof()),
        (
            "another element",
            |_, m| unit(&mut m[0], 3).copy_from_slice(&generator()),
            proof(),
        ),
        ("challenge changed", |_, m| m[0][4] ^= 1, proof()),
        ("response changed", |_, m| m[0][36] ^= 1, proof()),
        ("proof of zeros", |_, m| m[0][4..68].fill(0), proof()),
        (
            "challenge beyond the order",
            |_, m| m[0][4..36].fill(0xff),
            proof(),
        ),
        (
            "response beyond the order",
            |_, m| m[0][36..68].fill(0xff),
            proof(),
        ),
        (
            "another key throughout",
            |f, m| m[0] = f.message(0, &f.other, &f.other, 0..12),
            proof(),
        ),
        (
            "another key, proof for the right one",
            |f, m| m[0] = f.message(0, &f.other, &f.key, 0..12),
            proof(),
        ),
        (
            "another key for one, proof for the right one",
            |f, m| m[0] = f.message(0, &f.other, &f.key, 5..6),
            proof(),
        ),
        (
            "another key for one, proof for it",
            |f, m| m[0] = f.message(0, &f.other, &f.other, 5..6),
            proof(),
        ),
        (
            "of another session",
            |f, m| m[0] = f.other_session.clone(),
            proof(),
        ),
        (
            "proof of another session",
            |f, m| m[0][4..68].copy_from_slice(&f.other_session[4..68]),
            proof(),
        ),
        (
            "proof for another number",
            |f, m| m[0] = f.numbered(0, 1),
            proof(),
        ),
        (
            "one byte short",
            |_, m| m[0].truncate(4 + 64 + 12 * 32 - 1),
            Abort::Chunk { expected: 0 },
        ),
        ("one byte long", |_, m| m[0].push(0), Abort::Chunk { expected: 0 }),
        (
            "one element short",
            |_, m| m[0].truncate(4 + 64 + 11 * 32),
            Abort::Chunk { expected: 0 },
        ),
        (
            "no elements",
            |_, m| m[0].truncate(68),
            Abort::Chunk { expected: 0 },
        ),
        (
            "no whole proof",
            |_, m| m[0].truncate(67),
            Abort::Malformed {
                step: "evaluated".into(),
            },
        ),
        (
            "no number",
            |_, m| m[0].truncate(3),
            Abort::Malformed {
                step: "evaluated".into(),
            },
        ),
    ];
    run(&Session::new(21, numbered(0..12), numbered(6..20)), attacks);
}

#[test]
fn two_chunks_of_the_toy_suite() {
    let chunk = |expected| Abort::Chunk { expected };
    let attacks: Vec<(&str, Attack<Toy>, Abort)> = vec![
        ("last missing", |_, m| drop(m.pop()), chunk(1)),
        ("all missing", |_, m| m.clear(), chunk(0)),
        ("first missing", |_, m| drop(m.remove(0)), chunk(0)),
        ("twice", |_, m| m[1] = m[0].clone(), chunk(1)),
        ("out of order", |_, m| m.swap(0, 1), chunk(0)),
        (
            "one more",
            |_, m| m.push([&[0, 0, 0, 2], &m[1][4..]].concat()),
            chunk(2),
        ),
        (
            "proof of the first under the second",
            |_, m| {
                let proof = m[0][4..20].to_vec();
                m[1][4..20].copy_from_slice(&proof);
            },
            Abort::Proof { chunk: 1 },
        ),
        (
            "second chunk under another key, proven",
            |f, m| m[1] = f.message(1, &f.other, &f.other, 0..3),
            Abort::Proof { chunk: 1 },
        ),
        (
            "identity in the second",
            |_, m| m[1][20 + 16..].copy_from_slice(&1u64.to_be_bytes()),
            Abort::BadElement { chunk: 1, index: 2 },
        ),
        (
            "minus one in the first",
            |_, m| {
                m[0][20 + 4095 * 8..].copy_from_slice(&2_305_843_009_213_691_578u64.to_be_bytes());
            },
            Abort::BadElement {
                chunk: 0,
                index: 4095,
            },
        ),
    ];
    run(&Session::new(22, numbered(0..4099), numbered(6..20)), attacks);
}

fn run<S: Suite>(session: &Session, attacks: Vec<(&str, Attack<S>, Abort)>) {
    let mut elsewhere = session.clone();
    elsewhere.seed += 1000;
    let elsewhere = elsewhere.run::<S>().unwrap().transcript.of(Step::Evaluated)[0].clone();
    for (name, attack, expected) in attacks {
        let mut hook = |seen: &Transcript, step: Step, messages: &mut Vec<Vec<u8>>| {
            if step == Step::Evaluated {
                attack(&Forger::new(session, seen, elsewhere.clone()), messages);
            }
        };
        match session.run_with::<S>(&mut hook) {
            Err(Failure {
                end: End::Receiver,
                step: Step::Evaluated,
                error: Some(Error::Refused(abort)),
            }) => {
                assert_eq!(abort, expected, "{name}");
            }
            Err(other) => panic!("{name}: {other:?}"),
            Ok(_) => panic!("{name}: went through"),
        }
    }
    // The forger's own tools make what an honest sender makes.
    let honest = |forger: &Forger<S>, messages: &mut Vec<Vec<u8>>| messages[0] = forger.numbered(0, 0);
    let mut hook = |seen: &Transcript, step: Step, messages: &mut Vec<Vec<u8>>| {
        if step == Step::Evaluated {
            let elements = messages[0][4 + S::proof_bytes()..].to_vec();
            honest(&Forger::new(session, seen, Vec::new()), messages);
            assert!(messages[0].ends_with(&elements));
        }
    };
    // Only the proof differs (its nonce is fresh), so the session goes through.
    assert!(session.run_with::<S>(&mut hook).is_ok(), "the control");
}

/// A sender with its true key and another one.
struct Forger<'a, S: Suite> {
    session: &'a Session,
    seen: &'a Transcript,
    key: S::Scalar,
    other: S::Scalar,
    other_session: Vec<u8>,
}

impl<'a, S: Suite> Forger<'a, S> {
    fn new(session: &'a Session, seen: &'a Transcript, other_session: Vec<u8>) -> Self {
        Self {
            session,
            seen,
            key: session.key::<S>(seen),
            other: S::random(&mut session.rng("another key")),
            other_session,
        }
    }

    /// A chunk's message in which `evaluating` has evaluated the elements of `range` and the true key the others.
    fn message(
        &self,
        chunk: u32,
        evaluating: &S::Scalar,
        proving: &S::Scalar,
        range: std::ops::Range<usize>,
    ) -> Vec<u8> {
        let (blinded, points, mut evaluated) = self.evaluate(chunk, &self.key);
        let (_, _, forged) = self.evaluate(chunk, evaluating);
        let bytes = range.start * S::ELEMENT..range.end * S::ELEMENT;
        evaluated[bytes.clone()].copy_from_slice(&forged[bytes]);
        [
            &chunk.to_be_bytes()[..],
            &self.prove(chunk, &blinded, &points, &evaluated, proving),
            &evaluated,
        ]
        .concat()
    }

    /// An honest chunk whose proof was made for the number `proven`.
    fn numbered(&self, chunk: u32, proven: u32) -> Vec<u8> {
        let (blinded, points, evaluated) = self.evaluate(chunk, &self.key);
        [
            &chunk.to_be_bytes()[..],
            &self.prove(proven, &blinded, &points, &evaluated, &self.key),
            &evaluated,
        ]
        .concat()
    }

    fn evaluate(&self, chunk: u32, key: &S::Scalar) -> (Vec<u8>, S::Points, Vec<u8>) {
        let blinded = Blinded::decode(&self.seen.of(Step::Blinded)[chunk as usize])
            .unwrap()
            .elements
            .to_vec();
        let mut points = S::Points::default();
        S::decode_batch(&common::POOL, &blinded, &mut points).unwrap();
        let mut evaluated = vec![0; blinded.len()];
        S::multiply_batch(&common::POOL, &points, &S::halved(key), &mut evaluated);
        (blinded, points, evaluated)
    }

    fn prove(
        &self,
        chunk: u32,
        blinded: &[u8],
        points: &S::Points,
        evaluated: &[u8],
        key: &S::Scalar,
    ) -> Vec<u8> {
        let public = self.seen.accept().public;
        let sid = self.seen.sid();
        let statement = ChunkStatement {
            sid: &sid,
            chunk,
            public: &public,
            blinded,
            evaluated,
        };
        ChunkProof::prove::<S>(
            &common::POOL,
            &statement,
            points,
            key,
            &mut self.session.rng("forger"),
        )
        .unwrap()
        .to_bytes()
    }
}

fn generator() -> [u8; 32] {
    Ristretto255::encode(&Ristretto255::generator())
        .try_into()
        .unwrap()
}

fn unit(message: &mut [u8], index: usize) -> &mut [u8] {
    &mut message[68 + index * 32..][..32]
}

fn swap(message: &mut [u8], a: usize, b: usize) {
    let first: Vec<u8> = unit(message, a).to_vec();
    message.copy_within(68 + b * 32..68 + (b + 1) * 32, 68 + a * 32);
    unit(message, b).copy_from_slice(&first);
}
