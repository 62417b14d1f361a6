//! Evidence proves its own match in its own session, and nothing else.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use common::toy::Toy;
use common::{Outcome, POOL, Session, Step, join, naive, numbered};
use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use hefu_psi::wire::{Accept, Open};
use hefu_psi::{Error, Evidence, EvidenceBuilder, Place, Ristretto255, SignedReceipt, Suite};

/// A session that is over, and the evidence of all its matches.
struct Over {
    session: Session,
    outcome: Outcome,
    open: Open,
    accept: Accept,
    evidence: Vec<Evidence>,
}

impl Over {
    fn new<S: Suite>(session: Session) -> Self {
        let outcome = session.run::<S>().unwrap();
        let seen = &outcome.transcript;
        Self {
            open: Open::decode(&seen.of(Step::Open)[0]).unwrap(),
            accept: seen.accept(),
            evidence: build::<S>(&session, &outcome, &outcome.matches.places).unwrap(),
            session,
            outcome,
        }
    }

    fn element(&self, i: usize) -> &[u8] {
        &self.session.x[self.outcome.matches.indices[i] as usize]
    }

    fn verify<S: Suite>(&self, evidence: &Evidence, element: &[u8]) -> Option<Vec<u8>> {
        let signed = &self.outcome.at_sender;
        match evidence.verify::<S>(&POOL, element, &self.open, &self.accept, signed) {
            Ok(label) => Some(label.to_vec()),
            Err(Error::Evidence) => None,
            Err(other) => panic!("{other}"),
        }
    }
}

fn build<S: Suite>(session: &Session, outcome: &Outcome, places: &[Place]) -> Result<Vec<Evidence>, Error> {
    let (seen, receipt) = (&outcome.transcript, &outcome.at_sender.receipt);
    let mut builder = EvidenceBuilder::new::<S>(
        &session.receiver_terms,
        &session.receiver_seed(),
        seen.call(),
        receipt,
        places,
    );
    for message in seen.of(Step::Blinded) {
        builder.blinded(&message[4..]);
    }
    for message in seen.of(Step::Evaluated) {
        builder.evaluated(&message[4 + S::proof_bytes()..]);
    }
    for message in seen.of(Step::Tags) {
        builder.tags(&message[4..]);
    }
    builder.finish()
}

fn labelled(seed: u64, x: std::ops::Range<u64>, y: std::ops::Range<u64>) -> Session {
    let y = numbered(y);
    let labels = y.iter().map(|y| y[..20].to_vec()).collect();
    Session::new(seed, numbered(x), y).labelled(20, labels)
}

/// Paths within one chunk, and across several of elements and of tags.
#[test]
fn every_match_is_proven() {
    prove_all::<Ristretto255>(Session::new(90, numbered(0..1), numbered(0..1)));
    prove_all::<Ristretto255>(Session::new(91, numbered(0..37), numbered(20..90)));
    prove_all::<Ristretto255>(labelled(92, 0..37, 20..90));
    prove_all::<Ristretto255>(Session::new(93, numbered(0..4200), numbered(4150..12_400)));
    prove_all::<Toy>(Session::new(94, numbered(0..8300), numbered(8290..25_000)));
    prove_all::<Toy>(labelled(95, 0..4200, 4190..9000));
    prove_all::<Toy>(Session::new(96, numbered(0..9), numbered(9..20)));
}

fn prove_all<S: Suite>(session: Session) {
    let over = Over::new::<S>(session);
    assert_eq!(over.evidence.len(), join(&over.session.x, &over.session.y).len());
    for (i, evidence) in over.evidence.iter().enumerate() {
        let bytes = evidence.to_bytes();
        let read = Evidence::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes, "one form");
        assert_eq!(read.place(), over.outcome.matches.places[i]);
        let label = over
            .verify::<S>(&read, over.element(i))
            .expect("it proves its match");
        assert_eq!(label, over.outcome.matches.labels.get(i));
    }
}

/// The same by the protocol's description, with dalek and ring alone.
#[test]
fn evidence_says_what_the_description_says() {
    let over = Over::new::<Ristretto255>(Session::new(97, numbered(0..5), numbered(3..9)));
    let (call, sid) = (over.outcome.transcript.call(), over.outcome.transcript.sid());
    let public = CompressedRistretto(over.accept.public.clone().try_into().unwrap())
        .decompress()
        .unwrap();
    for (i, evidence) in over.evidence.iter().enumerate() {
        let bytes = evidence.to_bytes();
        let Place { position, entry } = evidence.place();
        let rest = bytes.strip_prefix(b"hefu/3 evidence\0").unwrap();
        assert_eq!(rest[..4], position.to_be_bytes());
        assert_eq!(rest[4..8], entry.to_be_bytes());
        let rho = curve25519_dalek::Scalar::from_bytes_mod_order_wide(rest[8..72].try_into().unwrap());
        let mut rest = &rest[72..];
        let mut leaf = || -> Vec<u8> {
            let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
            let (value, path) = rest[4..].split_at(length);
            rest = &path[1 + 32 * usize::from(path[0])..];
            value.to_vec()
        };
        let (c, d, tag) = (leaf(), leaf(), leaf());
        assert!(rest.is_empty());
        let point = |bytes: &[u8]| {
            CompressedRistretto(bytes.try_into().unwrap())
                .decompress()
                .unwrap()
        };
        let blinded = naive::hash_to_group(&call, over.element(i)) + RistrettoPoint::mul_base(&rho);
        assert_eq!(point(&c), blinded + blinded);
        let token = point(&d) - public * (rho + rho);
        let token = (token + token).compress();
        let (_, expected) = naive::prk_and_tag(&sid, over.element(i), token.as_bytes());
        assert_eq!(tag, expected);
    }
}

#[test]
fn every_single_byte_counts() {
    for session in [
        Session::new(98, numbered(0..9), numbered(5..19)),
        labelled(98, 0..9, 5..19),
    ] {
        let over = Over::new::<Ristretto255>(session);
        let bytes = over.evidence[1].to_bytes();
        assert!(
            over.verify::<Ristretto255>(&over.evidence[1], over.element(1))
                .is_some()
        );
        for at in 0..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] ^= change;
                let holds = Evidence::from_bytes(&changed)
                    .is_ok_and(|read| over.verify::<Ristretto255>(&read, over.element(1)).is_some());
                assert!(!holds, "byte {at} of {} changed by {change}", bytes.len());
            }
        }
        for to in 0..bytes.len() {
            assert!(Evidence::from_bytes(&bytes[..to]).is_err(), "cut to {to}");
        }
        assert!(
            Evidence::from_bytes(&[&bytes[..], &[0]].concat()).is_err(),
            "a byte more"
        );
    }
}

#[test]
fn evidence_is_for_its_own_element() {
    let over = Over::new::<Ristretto255>(Session::new(99, numbered(0..9), numbered(5..19)));
    for (i, evidence) in over.evidence.iter().enumerate() {
        for x in over.session.x.iter().chain(&over.session.y) {
            let proven = over.verify::<Ristretto255>(evidence, x).is_some();
            assert_eq!(proven, x == over.element(i));
        }
        for element in [&[][..], &over.element(i)[..31], &[over.element(i), &[0]].concat()] {
            assert!(
                over.verify::<Ristretto255>(evidence, element).is_none(),
                "another width"
            );
        }
    }
}

/// Openings, acceptance and receipt are those of one session, whole and signed.
#[test]
fn evidence_is_for_its_own_session() {
    let session = Session::new(100, numbered(0..9), numbered(5..19));
    let mut elsewhere = session.clone();
    elsewhere.seed += 1;
    let (over, other) = (
        Over::new::<Ristretto255>(session),
        Over::new::<Ristretto255>(elsewhere),
    );
    let (evidence, element) = (&over.evidence[0], over.element(0));
    let verify = |open: &Open, accept: &Accept, signed: &SignedReceipt| {
        evidence
            .verify::<Ristretto255>(&POOL, element, open, accept, signed)
            .is_ok()
    };
    let (open, accept, signed) = (&over.open, &over.accept, &over.outcome.at_sender);
    assert!(verify(open, accept, signed), "the control");
    assert!(!verify(&other.open, &other.accept, &other.outcome.at_sender));
    assert!(!verify(&other.open, accept, signed));
    assert!(!verify(open, &other.accept, signed));
    assert!(!verify(open, accept, &other.outcome.at_sender));

    let receipts: [(&str, fn(&mut SignedReceipt)); 9] = [
        ("sid", |r| r.receipt.sid.0[0] ^= 1),
        ("agreement", |r| r.receipt.agreement[0] ^= 1),
        ("receiver's elements", |r| r.receipt.receiver_elements += 1),
        ("sender's elements", |r| r.receipt.sender_elements += 1),
        ("blinded", |r| r.receipt.blinded[0] ^= 1),
        ("evaluated", |r| r.receipt.evaluated[0] ^= 1),
        ("tags", |r| r.receipt.tags[0] ^= 1),
        ("the receiver's signature", |r| r.by_receiver[0] ^= 1),
        ("the sender's signature", |r| r.by_sender[0] ^= 1),
    ];
    for (name, change) in receipts {
        let mut changed = signed.clone();
        change(&mut changed);
        assert!(!verify(open, accept, &changed), "{name}");
    }
    let openings: [(&str, fn(&mut Open)); 5] = [
        ("agreement", |o| o.agreement[0] ^= 1),
        ("receiver", |o| o.receiver = common::public(3)),
        ("label", |o| o.label = 1),
        ("nonce", |o| o.nonce[0] ^= 1),
        ("elements", |o| o.elements += 1),
    ];
    for (name, change) in openings {
        let mut changed = open.clone();
        change(&mut changed);
        assert!(!verify(&changed, accept, signed), "{name}");
    }
    let acceptances: [(&str, fn(&mut Accept)); 3] = [
        ("key", |a| a.public[1] ^= 1),
        ("no key", |a| a.public.clear()),
        ("commitment", |a| a.input[0] ^= 1),
    ];
    for (name, change) in acceptances {
        let mut changed = accept.clone();
        change(&mut changed);
        assert!(!verify(open, &changed, signed), "{name}");
    }
}

/// What has no partner can't be made to look as if it had one: evidence at its position does not hold.
#[test]
fn what_did_not_match_has_no_evidence() {
    let over = Over::new::<Ristretto255>(Session::new(101, numbered(0..9), numbered(5..19)));
    let places: Vec<Place> = (0..9)
        .flat_map(|position| (0..14).map(move |entry| Place { position, entry }))
        .collect();
    let forged = build::<Ristretto255>(&over.session, &over.outcome, &places).unwrap();
    for x in &over.session.x {
        let proven = forged
            .iter()
            .filter(|evidence| over.verify::<Ristretto255>(evidence, x).is_some())
            .count();
        assert_eq!(proven, usize::from(over.session.y.contains(x)));
    }
}

#[test]
fn evidence_is_made_from_what_was_exchanged() {
    let session = Session::new(102, numbered(0..9), numbered(5..19));
    let mut outcome = session.run::<Ristretto255>().unwrap();
    let places = outcome.matches.places.clone();
    for step in [Step::Blinded, Step::Evaluated, Step::Tags] {
        let at = |o: &Outcome| {
            o.transcript
                .messages
                .iter()
                .position(|(s, _)| *s == step)
                .unwrap()
        };
        let index = at(&outcome);
        let last = outcome.transcript.messages[index].1[0].len() - 1;
        outcome.transcript.messages[index].1[0][last] ^= 1;
        let error = build::<Ristretto255>(&session, &outcome, &places).err().unwrap();
        assert!(
            matches!(
                error,
                Error::Local {
                    what: "spooled chunks"
                }
            ),
            "{step:?}: {error}"
        );
        outcome.transcript.messages[index].1[0][last] ^= 1;
    }
    assert!(
        build::<Ristretto255>(&session, &outcome, &places).is_ok(),
        "the control"
    );
    for beyond in [
        Place {
            position: 9,
            entry: 0,
        },
        Place {
            position: 0,
            entry: 14,
        },
    ] {
        assert!(build::<Ristretto255>(&session, &outcome, &[beyond]).is_err());
    }
    assert!(build::<Ristretto255>(&session, &outcome, &[]).unwrap().is_empty());
}
