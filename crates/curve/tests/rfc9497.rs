//! RFC 9497's functions for ristretto255-SHA512, built from this crate's interface with the RFC's own labels, against
//! the RFC's vectors (appendix A.1). Hefu's session is another protocol; this shows that its parts are the RFC's.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::{pools, unhex, unhex_array};
use hefu_curve::batch::hash_multiply_encode;
use hefu_curve::{Hasher, Point, Points, Scalar, expand_message_xmd};
use serde_json::Value;
use sha2::{Digest, Sha512};

const VECTORS: &str = include_str!("rfc9497-ristretto255.json");

/// Section 3.1: the modes are numbered so.
const VERIFIABLE: u64 = 1;
const PARTIALLY_OBLIVIOUS: u64 = 2;

#[test]
fn keys_are_derived_as_the_rfc_has_them() {
    for mode in modes() {
        let key = mode.derive_key(
            &unhex(text(&mode.json, "seed")),
            &unhex(text(&mode.json, "keyInfo")),
        );
        assert_eq!(
            *key.to_bytes(),
            unhex_array(text(&mode.json, "skSm")),
            "mode {}",
            mode.number
        );
        if mode.number != 0 {
            assert_eq!(
                Point::base(&key).encode(),
                unhex_array(text(&mode.json, "pkSm")),
                "mode {}",
                mode.number
            );
        }
    }
}

#[test]
fn elements_are_blinded_evaluated_and_finalized_as_the_rfc_has_them() {
    let mut checked = 0;
    for mode in modes() {
        for vector in mode.vectors() {
            let key = mode.evaluation_key(&vector);
            for item in items(&vector) {
                let blind = Scalar::from_canonical(&unhex_array(&item.blind)).unwrap();
                let blinded = mode.hash_to_group(&item.input).multiply(&blind);
                assert_eq!(blinded.encode(), item.blinded);
                // POPRF multiplies by the inverse of the tweaked key (section 3.3.3), the others by the key.
                let factor = if mode.number == PARTIALLY_OBLIVIOUS {
                    key.inverted()
                } else {
                    key.clone()
                };
                let evaluated = Point::decode(&item.blinded).unwrap().multiply(&factor);
                assert_eq!(evaluated.encode(), item.evaluated);
                let unblinded = evaluated.multiply(&blind.inverted());
                assert_eq!(mode.finalize(&vector, &item.input, &unblinded), item.output);
                checked += 1;
            }
        }
    }
    assert_eq!(checked, 2 + 4 + 4, "the RFC's vectors");
}

/// The batch functions encode doubles, so they get half of each scalar.
#[test]
fn batches_blind_and_evaluate_as_the_rfc_has_it() {
    for pool in pools() {
        let mut checked = 0;
        for mode in modes() {
            for vector in mode.vectors() {
                let key = mode.evaluation_key(&vector);
                for item in items(&vector) {
                    let blind = Scalar::from_canonical(&unhex_array(&item.blind)).unwrap();
                    let hasher = Hasher::new(&mode.label(b"HashToGroup-"), b"");
                    let mut out = [0; 32];
                    let width = item.input.len();
                    hash_multiply_encode(&pool, &hasher, &item.input, width, &blind.halved(), &mut out);
                    assert_eq!(out, item.blinded);
                    let factor = if mode.number == PARTIALLY_OBLIVIOUS {
                        key.inverted()
                    } else {
                        key.clone()
                    };
                    let mut points = Points::default();
                    points.decode(&pool, &item.blinded).unwrap();
                    points.multiply_encode(&pool, &factor.halved(), &mut out);
                    assert_eq!(out, item.evaluated);
                    checked += 1;
                }
            }
        }
        assert_eq!(checked, 2 + 4 + 4, "the RFC's vectors");
    }
}

#[test]
fn proofs_are_made_and_checked_as_the_rfc_has_them() {
    let mut checked = 0;
    for mode in modes() {
        for vector in mode.vectors() {
            let Some(proof) = vector.get("Proof") else {
                continue;
            };
            let key = mode.evaluation_key(&vector);
            let nonce = Scalar::from_canonical(&unhex_array(text(proof, "r"))).unwrap();
            let expected: [u8; 64] = unhex_array(text(proof, "proof"));
            let (c, d) = mode.proven(&vector);
            let public = Point::base(&key);
            assert_eq!(mode.prove(&key, &public, &c, &d, &nonce), expected);
            assert!(mode.verify(&public, &c, &d, &expected));

            let mut false_proof = expected;
            false_proof[40] ^= 1;
            assert!(!mode.verify(&public, &c, &d, &false_proof), "a changed response");
            let mut false_d = d.clone();
            false_d[0] = false_d[0].doubled();
            assert!(
                !mode.verify(&public, &c, &false_d, &expected),
                "a changed evaluation"
            );
            checked += 1;
        }
    }
    assert_eq!(checked, 3 + 3, "the RFC's proofs, the batches among them");
}

/// One of the RFC's three modes with its labels.
struct Mode {
    number: u64,
    context: Vec<u8>,
    json: Value,
}

struct Item {
    input: Vec<u8>,
    blind: String,
    blinded: [u8; 32],
    evaluated: [u8; 32],
    output: [u8; 64],
}

impl Mode {
    fn vectors(&self) -> Vec<Value> {
        self.json["vectors"].as_array().unwrap().clone()
    }

    fn label(&self, prefix: &[u8]) -> Vec<u8> {
        [prefix, &self.context].concat()
    }

    fn hash_to_group(&self, input: &[u8]) -> Point {
        Hasher::new(&self.label(b"HashToGroup-"), b"").hash(input)
    }

    fn hash_to_scalar(&self, input: &[u8], label: &[u8]) -> Scalar {
        Scalar::from_wide(
            &expand_message_xmd(input, &self.label(label), 64)
                .try_into()
                .unwrap(),
        )
    }

    /// `DeriveKeyPair`, section 3.2.1; the first counter gives a key that is not zero for every vector.
    fn derive_key(&self, seed: &[u8], info: &[u8]) -> Scalar {
        let input = [seed, &with_length(info), &[0]].concat();
        self.hash_to_scalar(&input, b"DeriveKeyPair")
    }

    /// The key, tweaked by the public info in the partially oblivious mode (section 3.3.3).
    fn evaluation_key(&self, vector: &Value) -> Scalar {
        let key = Scalar::from_canonical(&unhex_array(text(&self.json, "skSm"))).unwrap();
        if self.number != PARTIALLY_OBLIVIOUS {
            return key;
        }
        let framed = [b"Info".as_slice(), &with_length(&unhex(text(vector, "Info")))].concat();
        key.plus(&self.hash_to_scalar(&framed, b"HashToScalar-"))
    }

    fn finalize(&self, vector: &Value, input: &[u8], unblinded: &Point) -> [u8; 64] {
        let mut hash = Sha512::new().chain_update(with_length(input));
        if self.number == PARTIALLY_OBLIVIOUS {
            hash.update(with_length(&unhex(text(vector, "Info"))));
        }
        hash.chain_update(with_length(&unblinded.encode()))
            .chain_update(b"Finalize")
            .finalize()
            .into()
    }

    /// The pairs of a proof: from blinded to evaluated, or the other way round where the key is inverted.
    fn proven(&self, vector: &Value) -> (Vec<Point>, Vec<Point>) {
        let (blinded, evaluated) = items(vector)
            .iter()
            .map(|i| {
                (
                    Point::decode(&i.blinded).unwrap(),
                    Point::decode(&i.evaluated).unwrap(),
                )
            })
            .unzip();
        match self.number {
            VERIFIABLE => (blinded, evaluated),
            PARTIALLY_OBLIVIOUS => (evaluated, blinded),
            other => panic!("mode {other} has no proofs"),
        }
    }

    /// `GenerateProof`, section 2.2.1.
    fn prove(&self, key: &Scalar, public: &Point, c: &[Point], d: &[Point], nonce: &Scalar) -> [u8; 64] {
        let weights = self.weights(public, c, d);
        let m = sum(&weights, c);
        let z = m.multiply(key);
        let challenge = self.challenge(public, &m, &z, &Point::base(nonce), &m.multiply(nonce));
        let response = nonce.respond(&challenge, key);
        [*challenge.to_bytes(), *response.to_bytes()]
            .concat()
            .try_into()
            .unwrap()
    }

    /// `VerifyProof`, section 2.2.2.
    fn verify(&self, public: &Point, c: &[Point], d: &[Point], proof: &[u8; 64]) -> bool {
        let (challenge, response) = proof.split_at(32);
        let (Some(challenge), Some(response)) = (
            Scalar::from_canonical(challenge.try_into().unwrap()),
            Scalar::from_canonical(response.try_into().unwrap()),
        ) else {
            return false;
        };
        let weights = self.weights(public, c, d);
        let (m, z) = (sum(&weights, c), sum(&weights, d));
        let t2 = Point::vartime_sum(&response, &Point::generator(), &challenge, public);
        let t3 = Point::vartime_sum(&response, &m, &challenge, &z);
        self.challenge(public, &m, &z, &t2, &t3).to_bytes() == challenge.to_bytes()
    }

    /// The scalars d_i of `ComputeComposites`, section 2.2.1.
    fn weights(&self, public: &Point, c: &[Point], d: &[Point]) -> Vec<Scalar> {
        let seed = Sha512::new()
            .chain_update(with_length(&public.encode()))
            .chain_update(with_length(&self.label(b"Seed-")))
            .finalize();
        (0u16..)
            .zip(c.iter().zip(d))
            .map(|(i, (c, d))| {
                let input = [
                    with_length(&seed).as_slice(),
                    &i.to_be_bytes(),
                    &with_length(&c.encode()),
                    &with_length(&d.encode()),
                    b"Composite",
                ]
                .concat();
                self.hash_to_scalar(&input, b"HashToScalar-")
            })
            .collect()
    }

    fn challenge(&self, public: &Point, m: &Point, z: &Point, t2: &Point, t3: &Point) -> Scalar {
        let mut input: Vec<u8> = [public, m, z, t2, t3]
            .iter()
            .flat_map(|p| with_length(&p.encode()))
            .collect();
        input.extend_from_slice(b"Challenge");
        self.hash_to_scalar(&input, b"HashToScalar-")
    }
}

fn modes() -> Vec<Mode> {
    let modes: Vec<Value> = serde_json::from_str(VECTORS).unwrap();
    modes
        .into_iter()
        .map(|json| {
            let number = json["mode"].as_u64().unwrap();
            assert_eq!(text(&json, "identifier"), "ristretto255-SHA512");
            // `contextString`, section 3.1.
            let context = [b"OPRFV1-".as_slice(), &[number as u8], b"-ristretto255-SHA512"].concat();
            assert_eq!(
                [b"HashToGroup-".as_slice(), &context].concat(),
                unhex(text(&json, "groupDST"))
            );
            Mode {
                number,
                context,
                json,
            }
        })
        .collect()
}

/// A vector's fields hold one value an input, separated by commas.
fn items(vector: &Value) -> Vec<Item> {
    let column = |name| text(vector, name).split(',').map(str::to_string);
    column("Input")
        .zip(column("Blind"))
        .zip(column("BlindedElement").zip(column("EvaluationElement")))
        .zip(column("Output"))
        .map(|(((input, blind), (blinded, evaluated)), output)| Item {
            input: unhex(&input),
            blind,
            blinded: unhex_array(&blinded),
            evaluated: unhex_array(&evaluated),
            output: unhex_array(&output),
        })
        .collect()
}

fn sum(weights: &[Scalar], points: &[Point]) -> Point {
    let one = Scalar::from_u128(1);
    let mut terms = weights.iter().zip(points).map(|(w, p)| p.multiply(w));
    let first = terms.next().unwrap();
    terms.fold(first, |sum, term| Point::vartime_sum(&one, &sum, &one, &term))
}

fn with_length(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

fn text<'a>(json: &'a Value, name: &str) -> &'a str {
    json[name].as_str().unwrap()
}
