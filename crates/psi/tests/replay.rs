//! A session is resumed by replaying it: wherever the line is cut, both ends begin again from their disks and come to the
//! same result, the same receipts and the same bytes. What has changed on a disk is found out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use common::durable::{Ends, Line, Stop};
use common::toy::Toy;
use common::{Session, join, node_key, numbered, terms};
use hefu_psi::wire::{Abort, Accept, Blinded, Commit, Have, Open};
use hefu_psi::{Error, Incoming, InputCommitter, Matches, Ristretto255, Suite, TagSet, element_root};
use proptest::prelude::*;

/// Two chunks of elements and two of tags.
fn members() -> Session {
    Session::new(80, numbered(0..4099), numbered(4000..12_195))
}

/// The same with labels, of which fewer go into a chunk.
fn labels() -> Session {
    let y = numbered(4000..6050);
    let labels = y.iter().map(|y| y[..24].to_vec()).collect();
    Session::new(81, numbered(0..4099), y).labelled(24, labels)
}

/// What a session is when nothing is cut, and how many messages it takes.
fn whole<S: Suite>(session: &Session) -> (Matches, Vec<Vec<u8>>) {
    let mut ends = Ends::new(session);
    let mut line = Line::cut_after(usize::MAX);
    let matches = ends.connect::<S>(&mut line).unwrap();
    assert_eq!(matches.indices, join(&session.x, &session.y));
    // A session without disks sends the same.
    let plain = session.run::<S>().unwrap();
    assert_eq!(plain.matches.receipt, matches.receipt);
    (matches, line.sent)
}

fn same(session: &Session, ends: &Ends<'_>, matches: &Matches, expected: &Matches) {
    assert_eq!(matches.indices, expected.indices);
    assert_eq!(matches.places, expected.places);
    assert_eq!(matches.receipt, expected.receipt);
    assert_eq!(ends.sender.receipt.as_ref(), Some(&expected.receipt));
    for i in 0..session.labels.len() {
        assert_eq!(matches.labels.get(i), expected.labels.get(i));
    }
    assert_eq!(matches.input.root, expected.input.root);
    assert_eq!(matches.input.salt(), expected.input.salt());
}

fn cut_everywhere<S: Suite>(session: &Session, messages: usize) {
    let (expected, sent) = whole::<S>(session);
    assert_eq!(sent.len(), messages);
    for cut in 0..sent.len() {
        let mut ends = Ends::new(session);
        let stopped = ends.connect::<S>(&mut Line::cut_after(cut));
        assert!(matches!(stopped, Err(Stop::Cut)), "cut after {cut}");
        let mut line = Line::cut_after(usize::MAX);
        let matches = ends.connect::<S>(&mut line).unwrap();
        same(session, &ends, &matches, &expected);
        assert_eq!(line.sent[..2], sent[..2], "opening and acceptance, byte for byte");
    }
}

#[test]
fn cut_after_each_message() {
    cut_everywhere::<Toy>(&members(), 13);
    cut_everywhere::<Ristretto255>(&Session::new(87, numbered(0..9), numbered(5..40)), 10);
    cut_everywhere::<Ristretto255>(&Session::new(88, numbered(0..0), numbered(5..40)), 8);
    cut_everywhere::<Ristretto255>(&Session::new(89, numbered(0..9), numbered(0..0)), 9);
}

#[test]
fn cut_after_each_message_with_labels() {
    cut_everywhere::<Toy>(&labels(), 13);
    let small = Session::new(90, numbered(0..9), numbered(5..40));
    cut_everywhere::<Ristretto255>(&small.labelled(7, vec![vec![3; 7]; 35]), 10);
}

/// What each message after the cut need not carry again.
#[test]
fn what_is_held_is_not_sent_again() {
    let session = members();
    let (_, sent) = whole::<Toy>(&session);
    // Messages of a whole session: open, accept, have, 2 blinded, commit, have, 2 evaluated, 2 tags, 2 receipts.
    for (cut, left) in [
        (0, 13),
        (2, 13),
        (4, 12),
        (5, 11),
        (7, 11),
        (8, 10),
        (9, 9),
        (10, 9),
        (11, 7),
        (12, 7),
    ] {
        let mut ends = Ends::new(&session);
        let _ = ends.connect::<Toy>(&mut Line::cut_after(cut));
        let mut line = Line::cut_after(usize::MAX);
        ends.connect::<Toy>(&mut line).unwrap();
        assert_eq!(
            line.sent.len(),
            left,
            "after a cut behind message {cut} of {}",
            sent.len()
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// Cut again and again, anywhere.
    #[test]
    fn cut_again_and_again(seed in any::<u64>(), cuts in prop::collection::vec(0..14usize, 1..8)) {
        let mut session = Session::new(seed, numbered(0..4099), numbered(4090..4110));
        if seed % 2 == 0 {
            session = session.labelled(3, vec![vec![9; 3]; 20]);
        }
        let (expected, _) = whole::<Toy>(&session);
        let mut ends = Ends::new(&session);
        for cut in cuts {
            match ends.connect::<Toy>(&mut Line::cut_after(cut)) {
                Err(Stop::Cut) => (),
                Ok(matches) => same(&session, &ends, &matches, &expected),
                Err(Stop::Refused(error)) => panic!("{error}"),
            }
        }
        let matches = ends.connect::<Toy>(&mut Line::cut_after(usize::MAX)).unwrap();
        same(&session, &ends, &matches, &expected);
    }
}

/// Both ends cut after `cut` messages; then something changes on a disk.
fn changed<S: Suite>(cut: usize, change: impl FnOnce(&mut Ends<'_>)) -> Error {
    let session = Session::new(82, numbered(0..4099), numbered(4090..4110));
    let mut ends = Ends::new(&session);
    assert!(matches!(
        ends.connect::<S>(&mut Line::cut_after(cut)),
        Err(Stop::Cut)
    ));
    change(&mut ends);
    match ends.connect::<S>(&mut Line::cut_after(usize::MAX)) {
        Err(Stop::Refused(error)) => error,
        Err(Stop::Cut) => panic!("cut"),
        Ok(_) => panic!("went through"),
    }
}

fn assert_local(error: &Error, expected: &str) {
    match error {
        Error::Local { what } => assert_eq!(*what, expected),
        other => panic!("{other}, not {expected}"),
    }
}

#[test]
fn what_has_changed_on_the_receivers_disk() {
    // Set, order and seed all show in the opening, before anything else is sent.
    assert_local(&changed::<Toy>(6, |e| e.receiver.set[0][1] ^= 1), "opening");
    assert_local(&changed::<Toy>(6, |e| e.receiver.set.swap(0, 1)), "opening");
    assert_local(&changed::<Toy>(6, |e| drop(e.receiver.set.pop())), "opening");
    assert_local(&changed::<Toy>(6, |e| e.receiver.seed[0] ^= 1), "opening");
    assert_local(
        &changed::<Toy>(6, |e| e.receiver.blinded[1][0] ^= 1),
        "blinded chunk",
    );
    // A spooled message of the sender is checked as when it came.
    let flip = |at: usize| changed::<Toy>(9, move |e| e.receiver.evaluated[1][at] ^= 1);
    assert_eq!(flip(3).code(), "abort_chunk");
    assert_eq!(flip(5).code(), "abort_proof");
    let swapped = changed::<Toy>(9, |e| e.receiver.evaluated.swap(0, 1));
    assert_eq!(swapped.code(), "abort_chunk");
    // And so are its tags, once the receipt is signed, and that is the one that was signed.
    let tags = changed::<Toy>(11, |e| e.receiver.tags[0].truncate(40));
    assert_eq!(tags.code(), "abort_chunk");
    let tags = changed::<Toy>(11, |e| e.receiver.tags[0][4] ^= 1);
    assert_local(&tags, "receipt");
    let receipt = changed::<Toy>(11, |e| e.receiver.receipt.as_mut().unwrap()[40] ^= 1);
    assert_local(&receipt, "receipt");
}

/// Were the opening not compared, changed terms, a changed set, order or seed would still never meet the blinds of before: every chunk
/// is another.
#[test]
fn other_terms_another_set_order_or_seed_blind_otherwise() {
    let session = Session::new(83, numbered(0..20), numbered(0..3));
    let roots = |change: &dyn Fn(&mut Session)| {
        let mut session = session.clone();
        change(&mut session);
        let outcome = session.run::<Ristretto255>().unwrap().transcript;
        let blinded = outcome.of(common::Step::Blinded)[0][4..].to_vec();
        (outcome.call(), element_root(&blinded, 32))
    };
    let before = roots(&|_| ());
    assert_eq!(before, roots(&|_| ()), "the control");
    let changes: [(&str, &dyn Fn(&mut Session)); 6] = [
        ("another agreement", &|s| {
            s.receiver_terms.agreement[0] ^= 1;
            s.sender_terms.agreement[0] ^= 1;
        }),
        ("another cap", &|s| {
            s.receiver_terms.sender_cap += 1;
            s.sender_terms.sender_cap += 1;
        }),
        ("an element", &|s| s.x[7][3] ^= 1),
        ("the order", &|s| s.x.swap(0, 19)),
        ("one more", &|s| s.x.push(numbered(20..21).remove(0))),
        ("the seed", &|s| s.seed += 1),
    ];
    for (name, change) in changes {
        let (call, root) = roots(change);
        assert_ne!(call, before.0, "{name}");
        assert_ne!(root, before.1, "{name}");
    }
}

#[test]
fn what_has_changed_on_the_senders_disk() {
    // The key derives from the seed: with another the acceptance is another.
    assert_local(&changed::<Toy>(6, |e| e.sender.seed[0] ^= 1), "acceptance");
    let spooled = changed::<Toy>(6, |e| e.sender.blinded[0][5] ^= 1);
    assert_eq!(spooled.code(), "abort_chunk_changed");
    let tags = changed::<Toy>(6, |e| e.sender.tags.as_mut().unwrap().0[0] ^= 1);
    assert_local(&tags, "spooled tags");
    let cut_short = changed::<Toy>(6, |e| e.sender.tags.as_mut().unwrap().0.truncate(16));
    assert_local(&cut_short, "spooled tags");
}

/// The sender has lost chunks but not their roots: what the receiver sends again must be what it sent.
#[test]
fn a_chunk_that_comes_again_must_be_the_same() {
    let session = Session::new(82, numbered(0..4099), numbered(4090..4110));
    let mut ends = Ends::new(&session);
    assert!(ends.connect::<Toy>(&mut Line::cut_after(6)).is_err());
    ends.sender.blinded.truncate(1);
    let (expected, _) = whole::<Toy>(&session);
    let matches = ends.connect::<Toy>(&mut Line::cut_after(usize::MAX)).unwrap();
    same(&session, &ends, &matches, &expected);

    let (mut collecting, chunks) = collected(&session);
    collecting.expect(chunks.iter().map(|chunk| element_root(chunk, 8)).collect());
    let mut other = chunks[1].clone();
    other[..8].copy_from_slice(&chunks[0][..8]);
    let send = |collecting: &mut hefu_psi::Collecting<Toy>, chunk: u32, elements: &[u8]| {
        collecting.blinded(&Blinded { chunk, elements })
    };
    send(&mut collecting, 0, &chunks[0]).unwrap();
    let error = send(&mut collecting, 1, &other).unwrap_err();
    assert!(
        matches!(error, Error::Refused(Abort::ChunkChanged { chunk: 1 })),
        "{error}"
    );
    send(&mut collecting, 1, &chunks[1]).unwrap();
}

/// A sender that has accepted, and the blinded chunks of its receiver.
fn collected(session: &Session) -> (hefu_psi::Collecting<Toy>, Vec<Vec<u8>>) {
    let seen = session.run::<Toy>().unwrap().transcript;
    let open = Open::decode(&seen.of(common::Step::Open)[0]).unwrap();
    let seed = session.sender_seed();
    let mut committer = InputCommitter::for_sender(&session.sender_terms, &seed);
    committer.update(&session.y.concat(), &[]);
    let (collecting, _, accept) = Incoming::new::<Toy>(session.sender_terms.clone(), open)
        .unwrap()
        .accept::<Toy>(committer.finish(), &seed, &node_key(2))
        .unwrap();
    assert_eq!(
        accept,
        seen.accept(),
        "the acceptance is a function of seed, set and opening"
    );
    let blinded = seen.of(common::Step::Blinded);
    (collecting, blinded.iter().map(|m| m[4..].to_vec()).collect())
}

/// Whatever a receiver changes in its opening, it meets another key: evaluations under one key never answer two sets.
#[test]
fn another_opening_meets_another_key() {
    let session = Session::new(84, numbered(0..20), numbered(0..9));
    let seen = session.run::<Toy>().unwrap().transcript;
    let accept = |change: fn(&mut Open)| -> Accept {
        let mut open = Open::decode(&seen.of(common::Step::Open)[0]).unwrap();
        change(&mut open);
        let seed = session.sender_seed();
        let mut committer = InputCommitter::for_sender(&session.sender_terms, &seed);
        committer.update(&session.y.concat(), &[]);
        let incoming = Incoming::new::<Toy>(session.sender_terms.clone(), open).unwrap();
        incoming
            .accept::<Toy>(committer.finish(), &seed, &node_key(2))
            .unwrap()
            .2
    };
    assert_eq!(accept(|_| ()), seen.accept(), "the control");
    let changes: [fn(&mut Open); 3] = [
        |open| open.nonce[0] ^= 1,
        |open| open.input[31] ^= 1,
        |open| open.elements -= 1,
    ];
    for change in changes {
        assert_ne!(accept(change).public, seen.accept().public);
        assert_ne!(accept(change).nonce, seen.accept().nonce);
    }
}

#[test]
fn claims_to_hold_more_than_there_is() {
    let session = Session::new(85, numbered(0..4099), numbered(4090..4110));
    let expected = |error: Error, chunks: u32| match error {
        Error::Refused(Abort::Chunk { expected }) => assert_eq!(expected, chunks),
        other => panic!("{other}"),
    };
    let have = |chunks, tags| Have { chunks, tags };

    let (mut collecting, chunks) = collected(&session);
    for (chunk, elements) in (0..).zip(&chunks) {
        collecting.blinded(&Blinded { chunk, elements }).unwrap();
    }
    let seen = session.run::<Toy>().unwrap().transcript;
    let commit = Commit::decode(&seen.of(common::Step::Commit)[0]).unwrap();
    let mut replying = collecting.commit(&commit).unwrap();
    assert_eq!(replying.held(&have(0, false), 0).unwrap(), 0);
    assert_eq!(replying.held(&have(1, false), 1).unwrap(), 1);
    assert_eq!(replying.held(&have(2, true), 2).unwrap(), 2);
    expected(replying.held(&have(1, false), 0).unwrap_err(), 0); // more than it was sent
    expected(replying.held(&have(3, false), 9).unwrap_err(), 2); // more than there are
    expected(replying.held(&have(1, true), 2).unwrap_err(), 2); // tags before all chunks
    expected(replying.held(&have(u32::MAX, true), u32::MAX).unwrap_err(), 2);
    replying.skip([1; 32]).unwrap();
    replying.skip([2; 32]).unwrap();
    assert_local(&replying.skip([3; 32]).unwrap_err(), "evaluated chunks");

    let x = common::elements(32, &session.x);
    let (blinding, _) = hefu_psi::Blinding::<Toy>::open(terms(), x, &session.receiver_seed()).unwrap();
    assert_eq!(blinding.held(&have(2, false)).unwrap(), 2);
    expected(blinding.held(&have(3, false)).unwrap_err(), 2);
    expected(blinding.held(&have(0, true)).unwrap_err(), 2); // a sender has no tags of the receiver's
}

/// A receipt that tells of skipped chunks is the one of the whole session, or the ends do not agree.
#[test]
fn a_skipped_chunk_with_another_root_does_not_pass() {
    let error = changed::<Toy>(10, |e| e.sender.evaluated[0][0] ^= 1);
    assert!(matches!(error, Error::Receipt), "{error}");
}

#[test]
fn tags_are_spooled_as_a_whole() {
    let (session, packed) = (members(), numbered(0..4).concat());
    let leaves: Vec<u8> = packed.chunks(32).flat_map(|e| &e[8..24]).copied().collect();
    let root = element_root(&leaves[..48], 16);
    let terms = session.sender_terms;
    let error = TagSet::from_spooled(&terms, leaves[..47].to_vec(), &root)
        .err()
        .unwrap();
    assert_local(&error, "spooled tags");
    let ascending: Vec<u8> = (1..4u8).flat_map(|n| [n; 16]).collect();
    let root = element_root(&ascending, 16);
    let set = TagSet::from_spooled(&terms, ascending.clone(), &root).unwrap();
    assert_eq!((set.as_bytes(), set.len(), set.root()), (&ascending[..], 3, root));
    let descending: Vec<u8> = (1..4u8).rev().flat_map(|n| [n; 16]).collect();
    let root = element_root(&descending, 16);
    assert!(
        TagSet::from_spooled(&terms, descending, &root).is_err(),
        "not in order"
    );
    assert!(
        TagSet::from_spooled(&terms, ascending, &[0; 32]).is_err(),
        "others"
    );
}
