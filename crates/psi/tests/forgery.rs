//! Why the weights of a chunk's proof hash the whole chunk. Weights that hash only their own (i, Cᵢ, Dᵢ) can be drawn
//! one by one, and a sender that draws enough of them finds false evaluations whose errors cancel in the weighted sum:
//! a generalised-birthday search (Wagner, CRYPTO 2002). The proof then holds for a chunk in which no evaluation is right.
//!
//! The search here runs against weights of 24 bits, so that it takes a moment. The same search against weights from
//! the whole chunk finds nothing, because each false evaluation changes every weight.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use std::collections::HashMap;

use common::{End, POOL, Session, Step, Transcript, naive, numbered};
use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::scalar::Scalar;
use hefu_psi::wire::Abort;
use hefu_psi::{ChunkProof, ChunkStatement, Error, Ristretto255, SessionId, Suite};

type Encoded = [u8; 32];

/// Positions that are forged; a chunk has 4,096, which makes the attacker's work only lighter.
const POSITIONS: usize = 4;

/// Candidates a position: a false evaluation bC + eG for each error e from 1.
const CANDIDATES: i64 = 1 << 12;

/// Bits of the sum that the first level of the search removes.
const LOW_BITS: u32 = 11;

/// A candidate: its error e, and the weighted error w·e, of which the sum must be zero.
type Candidate = (i64, i64);

#[test]
fn weights_that_hash_their_own_element_are_forged() {
    let chunk = Chunk::new();
    let forged = wagner(&chunk.candidates(|i, d| weak_weight(&chunk.public, i, &chunk.c[i], d)))
        .next()
        .expect("the search finds a forgery");
    let d = chunk.with_errors(&forged);
    for (d, honest) in d.iter().zip(&chunk.d) {
        assert_ne!(d, honest, "no evaluation is right");
    }
    let weights: Vec<u32> = (0..POSITIONS)
        .map(|i| weak_weight(&chunk.public, i, &chunk.c[i], &d[i]))
        .collect();
    assert!(weights.iter().all(|w| *w > 0));
    assert!(
        chunk.equation_holds(&d, |i| u128::from(weights[i])),
        "Z = b·M, which is all that the proof proves"
    );
}

/// The same search, as good as it can be: weights of as few bits, computed as if only one evaluation were false.
#[test]
fn the_same_search_fails_against_weights_from_the_whole_chunk() {
    let chunk = Chunk::new();
    let toy_weight = |d: &[Encoded], i: usize| {
        let seed = naive::chunk_seed(&chunk.sid, 0, &chunk.public, &chunk.c, d);
        (naive::weight(&seed, i) & 0xff_ffff) as u32
    };
    let candidates = chunk.candidates(|i, d| {
        let mut whole = chunk.d.clone();
        whole[i] = *d;
        toy_weight(&whole, i)
    });
    let mut tried = 0;
    for forged in wagner(&candidates).take(200) {
        let d = chunk.with_errors(&forged);
        assert!(
            !chunk.equation_holds(&d, |i| u128::from(toy_weight(&d, i))),
            "forged with errors {forged:?}"
        );
        tried += 1;
    }
    assert!(tried > 0, "the search did propose forgeries");
}

/// Weights that a sender knows before it chooses D need no search: errors w₁ and −w₀ cancel.
#[test]
fn weights_known_before_the_evaluations_are_forged_at_once() {
    let chunk = Chunk::new();
    let known_before = naive::chunk_seed(&chunk.sid, 0, &chunk.public, &chunk.c, &chunk.d);
    let weight = |i| naive::weight(&known_before, i);
    let mut d = chunk.d.clone();
    for (i, error) in [(0, Scalar::from(weight(1))), (1, -Scalar::from(weight(0)))] {
        d[i] = (point(&d[i]) + RistrettoPoint::mul_base(&error))
            .compress()
            .to_bytes();
        assert_ne!(d[i], chunk.d[i]);
    }
    assert!(
        chunk.equation_holds(&d, weight),
        "forged under the weights of the honest chunk"
    );
    assert!(
        !chunk.verifies(&d),
        "the false evaluations have changed the weights"
    );
}

/// Both searches against the protocol itself: the proof that the forger would make does not verify.
#[test]
fn forged_chunks_do_not_verify() {
    let chunk = Chunk::new();
    let weak = chunk.candidates(|i, d| weak_weight(&chunk.public, i, &chunk.c[i], d));
    let real = chunk.candidates(|i, d| {
        let mut whole = chunk.d.clone();
        whole[i] = *d;
        (naive::weight(
            &naive::chunk_seed(&chunk.sid, 0, &chunk.public, &chunk.c, &whole),
            i,
        ) & 0xff_ffff) as u32
    });
    assert!(chunk.verifies(&chunk.d), "the control: an honest chunk verifies");
    let mut tried = 0;
    for forged in wagner(&weak).take(20).chain(wagner(&real).take(20)) {
        let d = chunk.with_errors(&forged);
        assert!(!chunk.verifies(&d), "forged with errors {forged:?}");
        let verdict = chunk.session.run_with::<Ristretto255>(&mut |_, step, messages| {
            if step == Step::Evaluated {
                messages[0] = [&[0; 4][..], &chunk.prove(&d).to_bytes(), d.as_flattened()].concat();
            }
        });
        let failure = verdict.err().expect("a receiver refuses it");
        assert_eq!(failure.end, End::Receiver);
        assert!(matches!(
            failure.error,
            Some(Error::Refused(Abort::Proof { chunk: 0 }))
        ));
        tried += 1;
    }
    assert!(tried > 1, "both searches proposed forgeries");
}

/// The first chunk of a session, seen by its sender, who knows b.
struct Chunk {
    session: Session,
    sid: SessionId,
    b: Scalar,
    public: Vec<u8>,
    c: Vec<Encoded>,
    d: Vec<Encoded>,
}

impl Chunk {
    fn new() -> Self {
        let session = Session::new(51, numbered(0..POSITIONS as u64), numbered(0..3));
        let seen: Transcript = session.run::<Ristretto255>().unwrap().transcript;
        let b = Ristretto255::encode_scalar(&session.key::<Ristretto255>(&seen));
        let units = |step: Step, header: usize| seen.of(step)[0][header..].as_chunks().0.to_vec();
        Self {
            sid: seen.sid(),
            b: Scalar::from_canonical_bytes(b.as_slice().try_into().unwrap()).unwrap(),
            public: seen.accept().public,
            c: units(Step::Blinded, 4),
            d: units(Step::Evaluated, 68),
            session,
        }
    }

    /// For each position, the weighted error of each candidate under a weight that hashes that candidate.
    fn candidates(&self, weight: impl Fn(usize, &Encoded) -> u32) -> Vec<Vec<Candidate>> {
        (0..POSITIONS)
            .map(|i| {
                // Errors of both signs, so that sums can be zero.
                let sign = if i % 2 == 0 { 1 } else { -1 };
                let step = RistrettoPoint::mul_base(&error_scalar(sign));
                let mut d = point(&self.d[i]);
                (1..=CANDIDATES)
                    .map(|e| {
                        d += step;
                        (
                            sign * e,
                            sign * e * i64::from(weight(i, &d.compress().to_bytes())),
                        )
                    })
                    .collect()
            })
            .collect()
    }

    fn with_errors(&self, errors: &[i64]) -> Vec<Encoded> {
        self.d
            .iter()
            .zip(errors)
            .map(|(d, e)| {
                (point(d) + RistrettoPoint::mul_base(&error_scalar(*e)))
                    .compress()
                    .to_bytes()
            })
            .collect()
    }

    /// Σ wD = b · Σ wC.
    fn equation_holds(&self, d: &[Encoded], weight: impl Fn(usize) -> u128) -> bool {
        let sum = |points: &[Encoded]| -> RistrettoPoint {
            (0..)
                .zip(points)
                .map(|(i, p)| point(p) * Scalar::from(weight(i)))
                .sum()
        };
        sum(d) == sum(&self.c) * self.b
    }

    fn prove(&self, d: &[Encoded]) -> ChunkProof {
        let mut points = Default::default();
        Ristretto255::decode_batch(&POOL, self.c.as_flattened(), &mut points).unwrap();
        let key = Ristretto255::decode_scalar(self.b.as_bytes()).unwrap();
        ChunkProof::prove::<Ristretto255>(
            &POOL,
            &self.statement(d),
            &points,
            &key,
            &mut self.session.rng("forger"),
        )
        .unwrap()
    }

    fn verifies(&self, d: &[Encoded]) -> bool {
        let (mut blinded, mut evaluated) = Default::default();
        Ristretto255::decode_batch(&POOL, self.c.as_flattened(), &mut blinded).unwrap();
        Ristretto255::decode_batch(&POOL, d.as_flattened(), &mut evaluated).unwrap();
        let key = Ristretto255::decode(&self.public).unwrap();
        let proof = self.prove(d);
        proof
            .verify::<Ristretto255>(&POOL, &self.statement(d), &key, &blinded, &evaluated)
            .unwrap()
    }

    fn statement<'a>(&'a self, d: &'a [Encoded]) -> ChunkStatement<'a> {
        ChunkStatement {
            sid: &self.sid,
            chunk: 0,
            public: &self.public,
            blinded: self.c.as_flattened(),
            evaluated: d.as_flattened(),
        }
    }
}

/// RFC 9497's way, cut to 24 bits: the weight of an element hashes B, i, Cᵢ and Dᵢ.
fn weak_weight(public: &[u8], position: usize, c: &Encoded, d: &Encoded) -> u32 {
    let hash = naive::sha256(&[b"weak", public, &(position as u64).to_be_bytes(), c, d]);
    u32::from_be_bytes([0, hash[0], hash[1], hash[2]])
}

/// Wagner's tree over four lists: pairs whose low bits cancel, then pairs of pairs that cancel altogether.
fn wagner(lists: &[Vec<Candidate>]) -> impl Iterator<Item = [i64; POSITIONS]> {
    let left = cancelling_pairs(&lists[0], &lists[1]);
    let right = cancelling_pairs(&lists[2], &lists[3]);
    let mut by_sum: HashMap<i64, Vec<[i64; 2]>> = HashMap::new();
    for (errors, sum) in right {
        by_sum.entry(sum).or_default().push(errors);
    }
    left.into_iter().flat_map(move |([a, b], sum)| {
        let partners = by_sum.get(&-sum).cloned().unwrap_or_default();
        partners.into_iter().map(move |[c, d]| [a, b, c, d])
    })
}

fn cancelling_pairs(a: &[Candidate], b: &[Candidate]) -> Vec<([i64; 2], i64)> {
    let low = |value: i64| value & ((1 << LOW_BITS) - 1);
    let mut by_low: HashMap<i64, Vec<Candidate>> = HashMap::new();
    for candidate in b {
        by_low.entry(low(-candidate.1)).or_default().push(*candidate);
    }
    a.iter()
        .flat_map(|(e, value)| {
            let partners = by_low.get(&low(*value)).map_or(&[][..], Vec::as_slice);
            partners.iter().map(move |(f, other)| ([*e, *f], value + other))
        })
        .collect()
}

fn error_scalar(error: i64) -> Scalar {
    let magnitude = Scalar::from(error.unsigned_abs());
    if error < 0 { -magnitude } else { magnitude }
}

fn point(encoded: &Encoded) -> RistrettoPoint {
    CompressedRistretto(*encoded).decompress().unwrap()
}
