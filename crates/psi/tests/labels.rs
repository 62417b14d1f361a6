//! The mode labels against a plain join, and what its labels must not change or tell.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use std::collections::{HashMap, HashSet};

use common::End::{Receiver, Sender};
use common::attack::Verdict::{self, Local, Refused};
use common::attack::verdict;
use common::durable::{Ends, Line, Stop};
use common::toy::Toy;
use common::{Outcome, POOL, Session, Step, join, naive, numbered, public};
use hefu_psi::wire::{Abort, Accept, Open};
use hefu_psi::{Blinding, Error, Incoming, InputCommitter, Mode, Ristretto255, Suite, Tagging, element_root};
use proptest::prelude::*;

/// A label that tells its element from others.
fn label(element: &[u8], size: u16) -> Vec<u8> {
    let digest = naive::sha256(&[b"label of", element]);
    digest.iter().copied().cycle().take(usize::from(size)).collect()
}

fn labelled(seed: u64, x: Vec<Vec<u8>>, y: Vec<Vec<u8>>, size: u16) -> Session {
    let labels = y.iter().map(|y| label(y, size)).collect();
    Session::new(seed, x, y).labelled(size, labels)
}

/// What a plain join finds, with the labels that it would copy over.
fn check<S: Suite>(session: &Session) -> Outcome {
    let outcome = session.run::<S>().unwrap();
    let matches = &outcome.matches;
    let plain = join(&session.x, &session.y);
    assert_eq!(matches.indices, plain);
    let by_element: HashMap<_, _> = session.y.iter().zip(&session.labels).collect();
    for (i, index) in plain.iter().enumerate() {
        assert_eq!(matches.labels.get(i), by_element[&session.x[*index as usize]]);
    }
    assert_eq!(matches.labels.get(plain.len()), [0; 0], "and no label more");
    assert_eq!(matches.labels.size(), usize::from(session.receiver_terms.label));
    assert_eq!(matches.places.len(), plain.len());
    assert_eq!(matches.receipt, outcome.at_sender);
    assert!(outcome.at_sender.verify(&public(1), &public(2)));
    // Both have signed for the labels as they crossed.
    let entry = session.receiver_terms.entry_bytes();
    let crossed = outcome.transcript.of(Step::Tags);
    let packed: Vec<u8> = crossed.iter().flat_map(|m| &m[4..]).copied().collect();
    assert_eq!(packed.len(), session.y.len() * entry);
    assert_eq!(outcome.at_sender.receipt.tags, element_root(&packed, entry));
    outcome
}

#[test]
fn sizes_and_overlaps() {
    let cases = [
        ("empty, empty", 0..0, 0..0),
        ("empty, any", 0..0, 0..20),
        ("any, empty", 0..20, 0..0),
        ("one, itself", 5..6, 5..6),
        ("one, another", 5..6, 6..7),
        ("nothing in common", 0..30, 30..90),
        ("all in common", 0..70, 0..70),
        ("a part in common", 0..50, 40..120),
        ("one in many", 77..78, 0..3000),
        ("one not in many", 3000..3001, 0..3000),
        ("many around one", 0..3000, 77..78),
    ];
    for (seed, (name, x, y)) in (0..).zip(cases) {
        println!("{name}");
        check::<Ristretto255>(&labelled(seed, numbered(x.clone()), numbered(y.clone()), 24));
        check::<Toy>(&labelled(seed, numbered(x), numbered(y), 24));
    }
}

/// Chunks have the largest power of two of entries within 128 KiB.
#[test]
fn chunk_boundaries() {
    for (size, in_chunk) in [
        (1, 2048),
        (32, 2048),
        (33, 1024),
        (96, 1024),
        (4064, 32),
        (4065, 16),
    ] {
        let terms = labelled(1, vec![], vec![], size).sender_terms;
        assert_eq!(terms.tags_in_chunk(), in_chunk, "{size}");
        assert!(terms.entry_bytes() * in_chunk <= 128 * 1024);
        for more in [-1, 0, 1] {
            let y = (in_chunk as i64 + more) as u64;
            let session = labelled(1, numbered(0..50), numbered((0..y).map(|i| i * 3)), size);
            let outcome = check::<Toy>(&session);
            let chunks = outcome.transcript.of(Step::Tags);
            assert_eq!(chunks.len() as u64, y.div_ceil(in_chunk as u64));
        }
    }
    let terms = labelled(1, vec![], vec![], u16::MAX).sender_terms;
    assert_eq!((terms.entry_bytes(), terms.tags_in_chunk()), (65_567, 1));
    check::<Toy>(&labelled(2, numbered(0..3), numbered(1..5), u16::MAX));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_sets(
        seed in any::<u64>(),
        x in prop::collection::hash_set(0..90u64, 0..60),
        y in prop::collection::hash_set(0..90u64, 0..60),
        size in prop::sample::select(vec![1u16, 15, 16, 17, 64, 300]),
    ) {
        let session = labelled(seed, numbered(x), numbered(y), size);
        check::<Ristretto255>(&session);
        check::<Toy>(&session);
    }
}

/// Whatever labels say and whoever matches: number, length and place of all that crosses stay the same, in both directions.
#[test]
fn nothing_observable_depends_on_labels_or_result() {
    let shape = |session: &Session| -> Vec<(Step, Vec<usize>)> {
        let seen = session.run::<Ristretto255>().unwrap().transcript;
        let lengths = |messages: &Vec<Vec<u8>>| messages.iter().map(Vec::len).collect();
        seen.messages
            .iter()
            .map(|(step, m)| (*step, lengths(m)))
            .collect()
    };
    let mut shapes = HashSet::new();
    for common in [0, 1, 20] {
        for fill in [0, 0xff] {
            let y = numbered(20 - common..60 - common);
            let labels = vec![vec![fill; 40]; y.len()];
            shapes.insert(shape(&Session::new(1, numbered(0..20), y).labelled(40, labels)));
        }
    }
    assert_eq!(shapes.len(), 1);
}

/// Equal labels do not look equal, nor do they look like anything.
#[test]
fn sealed_labels_hide_that_they_are_equal() {
    let y = numbered(0..2000);
    let session = Session::new(3, numbered(0..1), y).labelled(32, vec![vec![0; 32]; 2000]);
    let seen = session.run::<Ristretto255>().unwrap().transcript;
    let entries: Vec<&[u8]> = seen
        .of(Step::Tags)
        .iter()
        .flat_map(|m| m[4..].chunks(64))
        .collect();
    let distinct: HashSet<&[u8]> = entries.iter().map(|e| &e[16..48]).collect();
    assert_eq!(distinct.len(), 2000);
    for bit in 0..256 {
        let set = entries
            .iter()
            .filter(|e| e[16 + bit / 8] >> (bit % 8) & 1 == 1)
            .count();
        // 2,000 flips, six standard deviations of 22.
        assert!(
            (866..1134).contains(&set),
            "bit {bit} is set {set} times of 2,000"
        );
    }
}

/// A sender that spoils its labels, signs for them as they are, and watches what comes back.
fn spoiled<S: Suite>(x: std::ops::Range<u64>, spoil: fn(&mut [u8])) -> (Verdict, Vec<Step>) {
    let session = labelled(4, numbered(x), numbered(0..9), 20);
    let entry = session.sender_terms.entry_bytes();
    let mut heard = Vec::new();
    let result = session.run_with::<S>(&mut |_, step, messages| match step {
        Step::TagSpool => messages[0].chunks_mut(entry).for_each(|e| spoil(&mut e[16..])),
        Step::ReceiverReceipt | Step::SenderReceipt => heard.push(step),
        _ => (),
    });
    (verdict(result), heard)
}

/// A tag fits and its label does not open. The receiver finds out only when all is signed, and tells nobody: were the
/// sender to hear of it, or to miss the receipt, it would know that one of these elements is in the receiver's set.
#[test]
fn a_label_that_does_not_open_is_the_receivers_secret() {
    let spoils: [(&str, fn(&mut [u8])); 4] = [
        ("first byte", |sealed| sealed[0] ^= 1),
        ("last byte of the text", |sealed| sealed[19] ^= 0x80),
        ("the seal", |sealed| sealed[35] ^= 1),
        ("all zeros", |sealed| sealed.fill(0)),
    ];
    for (name, spoil) in spoils {
        let [matched, not_matched] = [5..6, 50..51].map(|x| spoiled::<Ristretto255>(x, spoil));
        assert_eq!(matched.0, Refused(Receiver, Abort::Label), "{name}");
        assert_eq!(
            not_matched.0,
            Verdict::Through,
            "{name}: labels of others stay sealed"
        );
        assert_eq!(matched.1, not_matched.1, "{name}: the sender hears the same");
        assert_eq!(matched.1, [Step::ReceiverReceipt, Step::SenderReceipt]);
    }
    assert_eq!(Error::Refused(Abort::Label).abort(), None, "nothing is told");
    assert_eq!(
        Error::Refused(Abort::Root).abort(),
        Some(Abort::Root),
        "the control"
    );
}

/// What both have signed is there even so, and can be shown to whoever judges the sender.
#[test]
fn the_receipt_stands_whether_labels_open_or_not() {
    let session = labelled(4, numbered(5..6), numbered(0..9), 20);
    let entry = session.sender_terms.entry_bytes();
    for opens in [true, false] {
        let mut ends = Ends::new(&session);
        // The sender has its tags before it answers.
        let cut = ends.connect::<Toy>(&mut Line::cut_after(1));
        assert!(matches!(cut, Err(Stop::Cut)));
        let (entries, root) = ends.sender.tags.as_mut().unwrap();
        if !opens {
            entries.chunks_mut(entry).for_each(|entry| entry[16] ^= 1);
            *root = element_root(entries, entry);
        }
        let ended = ends.connect::<Toy>(&mut Line::cut_after(usize::MAX));
        let signed = ends.receiver.signed.unwrap();
        assert!(signed.verify(&public(1), &public(2)));
        assert_eq!(ends.sender.receipt.as_ref(), Some(&signed));
        match ended {
            Ok(matches) => assert!(opens && matches.receipt == signed),
            Err(Stop::Refused(error)) => assert!(!opens && error.code() == "abort_label", "{error}"),
            Err(Stop::Cut) => panic!("cut"),
        }
    }
}

/// A label can't be moved to another tag, nor to another session.
#[test]
fn a_label_belongs_to_its_tag_and_session() {
    let session = labelled(4, numbered(0..9), numbered(0..9), 20);
    let moved = session.attacked::<Ristretto255>(Step::TagSpool, &|_, _, m| {
        let (first, rest) = m[0].split_at_mut(52);
        first[16..].swap_with_slice(&mut rest[16..52]);
    });
    assert_eq!(moved, Refused(Receiver, Abort::Label));
    let from_elsewhere = session.attacked::<Ristretto255>(Step::TagSpool, &|session, _, m| {
        let other = session.another::<Ristretto255>().of(Step::TagSpool)[0].clone();
        m[0][16..52].copy_from_slice(&other[16..52]);
    });
    assert_eq!(from_elsewhere, Refused(Receiver, Abort::Label));
}

#[test]
fn a_sender_seals_what_it_committed_to() {
    for (name, labels, expected) in [
        ("one too few", 8, "labels"),
        ("one too many", 10, "labels"),
        ("none", 0, "labels"),
    ] {
        let mut session = labelled(5, numbered(0..3), numbered(0..9), 20);
        session.labels = vec![vec![7; 20]; labels];
        assert_eq!(verdict(session.run::<Toy>()), Local(Sender, expected), "{name}");
    }
    let session = labelled(5, numbered(0..3), numbered(0..9), 20);
    let mut tagging = accepted(&session).1;
    let mut changed = session.labels.concat();
    changed[33] ^= 1;
    tagging.tag(&POOL, &session.y.concat(), &changed).unwrap();
    let error = tagging.finish().err().unwrap();
    assert!(matches!(error, Error::Local { what: "own set" }), "{error}");
}

/// Another label makes another session: the same seed and opening, but another key, so that nothing is ever sealed twice
/// under one key.
#[test]
fn a_changed_label_changes_the_key() {
    let session = labelled(5, numbered(0..3), numbered(0..9), 20);
    let mut changed = session.clone();
    changed.labels[8][19] ^= 1;
    let [(before, _), (again, _), (after, _)] = [&session, &session, &changed].map(accepted);
    assert_eq!(before, again, "the control");
    assert_ne!(before.input, after.input);
    assert_ne!(before.public, after.public);
}

#[test]
fn labels_have_a_size_where_there_are_labels_and_only_there() {
    for (mode, label) in [(Mode::Members, 1), (Mode::Labels, 0)] {
        let mut session = Session::new(6, numbered(0..3), numbered(0..3));
        (session.receiver_terms.mode, session.receiver_terms.label) = (mode, label);
        assert_eq!(
            verdict(session.run::<Toy>()),
            Local(Receiver, "label size"),
            "{mode:?} {label}"
        );
        let sound = Session::new(6, numbered(0..3), numbered(0..3));
        let open = Open::decode(&sound.run::<Toy>().unwrap().transcript.of(Step::Open)[0]).unwrap();
        let error = Incoming::new::<Toy>(session.receiver_terms, open).err().unwrap();
        assert!(matches!(error, Error::Local { what: "label size" }), "{error}");
    }
    // The two ends must have one size: it stands in the opening and in the session's id.
    let mut session = labelled(6, numbered(0..3), numbered(0..3), 20);
    session.receiver_terms.label = 21;
    assert_eq!(
        verdict(session.run::<Toy>()),
        Refused(Sender, Abort::AgreementMismatch)
    );
}

/// A sender's acceptance of the opening that this session would have.
fn accepted(session: &Session) -> (Accept, Tagging<Ristretto255>) {
    let x = common::elements(32, &session.x);
    let (_, opening) =
        Blinding::<Ristretto255>::open(session.receiver_terms.clone(), x, &session.receiver_seed()).unwrap();
    let open = opening.message().clone();
    let seed = session.sender_seed();
    let mut committer = InputCommitter::for_sender(&session.sender_terms, &seed);
    committer.update(&session.y.concat(), &session.labels.concat());
    let (_, tagging, accept) = Incoming::new::<Ristretto255>(session.sender_terms.clone(), open)
        .unwrap()
        .accept(committer.finish(), &seed, &common::node_key(2))
        .unwrap();
    (accept, tagging)
}
