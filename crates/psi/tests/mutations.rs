//! What nobody thought of: arbitrary bytes into every decoder, and random damage to the messages of whole sessions.
//! Nothing panics, nothing reads two ways, and a session that goes through says what a plain join says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use common::attack::{Verdict, malformed};
use common::toy::Toy;
use common::{End, Session, Step, WIRE, join, numbered};
use hefu_psi::wire::{
    Abort, Accept, Blinded, Commit, Document, Evaluated, Have, Kind, Open, ReceiptMessage, Tags,
    decode_abort, encode_abort,
};
use hefu_psi::{Ristretto255, Suite};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{Rng, RngExt};

/// What fits a decoder's shape by chance is rare, so lengths are drawn around the messages' own as well.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..400),
        prop::collection::vec(prop::sample::select(vec![0u8, 1, 32, 64, 255]), 0..400),
        prop::collection::vec(any::<u8>(), 4090..4110),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// A message that decodes is exactly the one that its value encodes to.
    #[test]
    fn decoders_take_one_form_only(bytes in bytes()) {
        if let Ok(message) = Open::decode(&bytes) { prop_assert_eq!(&message.encode(), &bytes); }
        if let Ok(message) = Accept::decode(&bytes) { prop_assert_eq!(&message.encode(), &bytes); }
        if let Ok(message) = Commit::decode(&bytes) { prop_assert_eq!(&message.encode(), &bytes); }
        if let Ok(message) = ReceiptMessage::decode(&bytes) { prop_assert_eq!(&message.encode(), &bytes); }
        if let Ok(message) = Have::decode(&bytes) { prop_assert_eq!(&message.encode(), &bytes); }
        if let Ok(m) = Document::decode(&bytes) { prop_assert_eq!(&[&m.header(), m.bytes].concat(), &bytes); }
        if let Some(abort) = decode_abort(&bytes) { prop_assert_eq!(&encode_abort(&abort), &bytes); }
        if let Ok(m) = Blinded::decode(&bytes) { prop_assert_eq!(&[&m.header(), m.elements].concat(), &bytes); }
        if let Ok(m) = Tags::decode(&bytes) { prop_assert_eq!(&[&m.header(), m.entries].concat(), &bytes); }
        if let Ok(m) = Evaluated::decode(&bytes, 64) {
            prop_assert_eq!(&[&m.chunk.to_be_bytes(), m.proof, m.elements].concat(), &bytes);
        }
        if let Some(kind) = bytes.first().and_then(|b| Kind::from_byte(*b)) {
            prop_assert_eq!(kind as u8, bytes[0]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Arbitrary bytes in the place of any message end the session, whatever state they meet.
    #[test]
    fn states_take_no_arbitrary_bytes(
        seed in 0..4u64,
        step in prop::sample::select(WIRE.to_vec()),
        bytes in bytes(),
        toy in any::<bool>(),
    ) {
        let session = Session::new(seed, numbered(0..9), numbered(5..12));
        let attack = |_: &Session, _: &_, messages: &mut Vec<Vec<u8>>| messages[0] = bytes.clone();
        let verdict = if toy {
            session.attacked::<Toy>(step, &attack)
        } else {
            session.attacked::<Ristretto255>(step, &attack)
        };
        prop_assert!(matches!(verdict, Verdict::Refused(..)), "{verdict:?}");
    }

    /// Random damage to one message. A session through which it went unseen is a session that it did not change.
    #[test]
    fn damage_is_seen_or_harmless(seed in any::<u64>(), toy in any::<bool>()) {
        let session = Session::new(seed, numbered(0..9), numbered(5..12));
        if toy { damage::<Toy>(&session) } else { damage::<Ristretto255>(&session) }
    }
}

/// The same over more than one chunk, where order and numbers matter.
#[test]
fn damage_to_chunks_is_seen_or_harmless() {
    for seed in 0..24 {
        damage::<Toy>(&Session::new(seed, numbered(0..4100), numbered(4090..12_300)));
    }
}

fn damage<S: Suite>(session: &Session) {
    let mut rng = session.rng("damage");
    let at = [&WIRE[..], &[Step::SenderSpool, Step::ReceiverSpool]].concat()[rng.random_range(0..12)];
    let mut what = String::new();
    let mut untouched = false;
    let result = session.run_with::<S>(&mut |_, step, messages| {
        if step == at {
            let before = messages.clone();
            what = harm(&mut rng, messages);
            untouched = *messages == before;
        }
    });
    println!("{at:?}: {what}");
    match result {
        Ok(outcome) => {
            assert_eq!(outcome.matches.indices, join(&session.x, &session.y));
            // A second copy of a small message is never read, nor is a spool beyond the last chunk.
            let added = what.starts_with("twice") || what.starts_with("insert");
            let ignored = added && (messages_are_single(at) || at == Step::ReceiverSpool);
            assert!(untouched || ignored, "{what} at {at:?} was not seen");
        }
        Err(failure) => assert!(!untouched, "{failure:?} without damage"),
    }
}

fn harm(rng: &mut StdRng, messages: &mut Vec<Vec<u8>>) -> String {
    let i = rng.random_range(0..messages.len());
    let length = messages[i].len();
    match rng.random_range(0..9) {
        0 => {
            let at = rng.random_range(0..length);
            messages[i][at] ^= 1 << rng.random_range(0..8);
            format!("flip a bit of byte {at} of message {i}")
        }
        1 => {
            messages.remove(i);
            format!("drop {i}")
        }
        2 => {
            messages.insert(i, messages[i].clone());
            format!("twice {i}")
        }
        3 => {
            let j = rng.random_range(0..messages.len());
            messages.swap(i, j);
            format!("swap {i} and {j}")
        }
        4 => {
            let to = rng.random_range(0..length);
            messages[i].truncate(to);
            format!("cut {i} to {to} of {length}")
        }
        5 => {
            let mut more = vec![0; rng.random_range(1..70)];
            rng.fill_bytes(&mut more);
            messages[i].extend(&more);
            format!("append {} bytes to {i}", more.len())
        }
        6 => {
            let mut junk = vec![0; length];
            rng.fill_bytes(&mut junk);
            messages.insert(i + 1, junk);
            format!("insert junk behind {i}")
        }
        7 => {
            let at = rng.random_range(0..length);
            messages[i].remove(at);
            format!("take byte {at} out of message {i}")
        }
        _ => {
            let (a, b) = (rng.random_range(0..length), rng.random_range(0..length));
            messages[i].swap(a, b);
            format!("swap bytes {a} and {b} of message {i}")
        }
    }
}

fn messages_are_single(step: Step) -> bool {
    matches!(
        step,
        Step::Open
            | Step::Accept
            | Step::SenderHave
            | Step::Commit
            | Step::ReceiverHave
            | Step::ReceiverReceipt
            | Step::SenderReceipt
    )
}

/// A byte too many or too few, at every length of every message.
#[test]
fn every_truncation_and_a_trailing_byte() {
    let session = Session::new(41, numbered(0..3), numbered(1..4));
    let honest = session.run::<Toy>().unwrap().transcript;
    for step in WIRE {
        let (end, name) = match step {
            Step::Open => (End::Sender, "open"),
            Step::Accept => (End::Receiver, "accept"),
            Step::SenderHave => (End::Receiver, "have"),
            Step::ReceiverHave => (End::Sender, "have"),
            Step::Blinded => (End::Sender, "blinded"),
            Step::Commit => (End::Sender, "commit"),
            Step::Evaluated => (End::Receiver, "evaluated"),
            Step::Tags => (End::Receiver, "tags"),
            Step::ReceiverReceipt => (End::Sender, "receipt"),
            _ => (End::Receiver, "receipt"),
        };
        let header = match step {
            Step::Blinded | Step::Tags => 4,
            Step::Evaluated => 4 + Toy::proof_bytes(),
            _ => usize::MAX,
        };
        let length = honest.of(step)[0].len();
        for to in (0..length).chain([length + 1]) {
            let verdict = session.attacked::<Toy>(step, &|_, _, m| m[0].resize(to, 0));
            let expected = if to < header {
                malformed(name)
            } else {
                Abort::Chunk { expected: 0 }
            };
            assert_eq!(
                verdict,
                Verdict::Refused(end, expected),
                "{step:?} cut to {to} of {length}"
            );
        }
    }
}
