//! A state does not go on before its work is done, and what a caller hands in a second time must be the same.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::{POOL, WIDTH, node_key, numbered, terms};
use hefu_psi::wire::{Accept, Blinded, Evaluated, Open, Tags};
use hefu_psi::{
    Blinding, Collecting, Elements, Error, Evaluating, Incoming, InputCommitter, Opening, Replying,
    Ristretto255, SessionSeed, TagSet, Tagging, element_root,
};
use rand::SeedableRng;
use rand::rngs::StdRng;

type Suite = Ristretto255;

/// Both ends after the acceptance; the receiver has three elements, the sender two.
struct Ends {
    receiver: Blinding<Suite>,
    opening: Opening,
    collecting: Collecting<Suite>,
    tagging: Tagging<Suite>,
    accept: Accept,
    rng: StdRng,
}

fn packed(numbers: std::ops::Range<u64>) -> Vec<u8> {
    numbered(numbers).concat()
}

fn ends() -> Ends {
    let mut rng = StdRng::seed_from_u64(31);
    let set = Elements::new(WIDTH, packed(0..3)).unwrap();
    let [receiver_seed, sender_seed] = [(); 2].map(|()| SessionSeed::generate(&mut rng));
    let (receiver, opening) = Blinding::<Suite>::open(terms(), set, &receiver_seed).unwrap();
    let mut committer = InputCommitter::for_sender(&terms(), &sender_seed);
    committer.update(&packed(2..4), &[]);
    let incoming = Incoming::new::<Suite>(terms(), opening.message().clone()).unwrap();
    assert_eq!(
        incoming.announced(),
        3,
        "what a budget is debited by, before anything is computed"
    );
    let (collecting, tagging, accept) = incoming
        .accept::<Suite>(committer.finish(), &sender_seed, &node_key(2))
        .unwrap();
    Ends {
        receiver,
        opening,
        collecting,
        tagging,
        accept,
        rng,
    }
}

/// Both ends after the commitment, with the chunk between them.
fn committed() -> (
    Evaluating<Suite>,
    Replying<Suite>,
    Tagging<Suite>,
    Vec<u8>,
    StdRng,
) {
    let Ends {
        receiver: mut blinding,
        opening,
        mut collecting,
        tagging,
        accept,
        rng,
    } = ends();
    let accepted = opening.accept::<Suite>(&accept).unwrap();
    assert_eq!(accepted.sid(), collecting.sid());
    let mut chunk = Vec::new();
    let message = blinding.next(&POOL, &mut chunk).unwrap();
    collecting.blinded(&message).unwrap();
    assert!(blinding.next(&POOL, &mut Vec::new()).is_none());
    let (committed, commit) = blinding.commit(&node_key(1)).unwrap();
    (
        committed.evaluating(accepted).unwrap(),
        collecting.commit(&commit).unwrap(),
        tagging,
        chunk,
        rng,
    )
}

#[test]
fn a_receiver_commits_only_to_all() {
    assert_local(ends().receiver.commit(&node_key(1)).err(), "unblinded chunks");
}

#[test]
fn tags_wait_for_the_last_evaluation() {
    let (evaluating, ..) = committed();
    assert_eq!(evaluating.remaining(), 1);
    let error = evaluating.finish().err().unwrap();
    assert_eq!(error.code(), "abort_chunk");
}

#[test]
fn a_receipt_waits_for_the_last_evaluation_and_for_all_tags() {
    let (_, replying, mut tagging, ..) = committed();
    assert_eq!(replying.remaining(), 1);
    tagging.tag(&POOL, &packed(2..4), &[]).unwrap();
    let tags = tagging.finish().unwrap();
    assert_eq!((tags.len(), tags.is_empty()), (2, false));
    assert_local(replying.finish(&tags).err(), "unfinished session");

    let (_, mut replying, _, chunk, mut rng) = committed();
    replying
        .evaluate(&POOL, &chunk, &mut rng, &mut Vec::new())
        .unwrap();
    let too_few = TagSet::from_spooled(&terms(), vec![0; 16], &element_root(&[0; 16], 16)).unwrap();
    assert_local(replying.finish(&too_few).err(), "unfinished session");
}

#[test]
fn nothing_is_evaluated_twice_or_beyond_the_end() {
    let (mut evaluating, mut replying, _, chunk, mut rng) = committed();
    let mut out = Vec::new();
    replying.evaluate(&POOL, &chunk, &mut rng, &mut out).unwrap();
    let again = replying.evaluate(&POOL, &chunk, &mut rng, &mut Vec::new());
    assert_local(again.err(), "blinded chunk");

    let message = Evaluated::decode(&out, 64).unwrap();
    evaluating.evaluated(&POOL, &message, &chunk).unwrap();
    let again = evaluating.evaluated(&POOL, &message, &chunk).err().unwrap();
    assert_eq!(again.code(), "abort_chunk");
}

#[test]
fn a_sender_tags_what_it_committed_to() {
    let sets: [(&str, Vec<Vec<u8>>); 6] = [
        ("another element", vec![packed(3..5)]),
        ("another order", vec![packed(3..4), packed(2..3)]),
        ("one less", vec![packed(2..3)]),
        ("one more", vec![packed(2..5)]),
        ("nothing", vec![]),
        ("a part of an element more", vec![packed(2..4), vec![8]]),
    ];
    for (name, chunks) in sets {
        let mut tagging = ends().tagging;
        for chunk in &chunks {
            tagging.tag(&POOL, chunk, &[]).unwrap();
        }
        println!("{name}");
        assert_local(tagging.finish().err(), "own set");
    }
    // However it is cut, the same set is the same.
    let mut tagging = ends().tagging;
    for chunk in [packed(2..3), packed(3..4)] {
        tagging.tag(&POOL, &chunk, &[]).unwrap();
    }
    assert!(tagging.finish().is_ok());
}

#[test]
fn sets_larger_than_agreed_are_not_entered() {
    let seed = SessionSeed::generate(&mut StdRng::seed_from_u64(32));
    let mut small = terms();
    small.sender_cap = 1;
    let set = Elements::new(WIDTH, packed(0..3)).unwrap();
    let (_, opening) = Blinding::<Suite>::open(small.clone(), set, &seed).unwrap();
    let mut committer = InputCommitter::for_sender(&small, &seed);
    committer.update(&packed(0..2), &[]);
    let incoming = Incoming::new::<Suite>(small, opening.message().clone()).unwrap();
    let error = incoming
        .accept::<Suite>(committer.finish(), &seed, &node_key(2))
        .err();
    assert_local(error, "own set larger than agreed");

    let narrow = Elements::new(WIDTH - 1, vec![0; WIDTH - 1]).unwrap();
    assert_local(
        Blinding::<Suite>::open(terms(), narrow, &seed).err(),
        "element width",
    );
}

#[test]
fn elements_have_one_width() {
    for (width, length) in [(0, 0), (129, 129), (32, 31), (32, 33), (5, 1)] {
        let error = Elements::new(width, vec![0; length]).err().unwrap();
        assert_eq!((error.width, error.length), (width, length));
    }
    let set = Elements::new(3, vec![1, 1, 1, 2, 2, 2]).unwrap();
    assert_eq!((set.len(), set.get(1), set.get(2)), (2, &[2u8; 3][..], &[][..]));
}

/// Types that hold keys, elements or tokens have no `Debug`: what can't be formatted can't be logged.
#[test]
fn secrets_cannot_be_formatted() {
    use std::fmt::Debug;
    use std::marker::PhantomData;
    struct Probe<T: ?Sized>(PhantomData<T>);
    trait Otherwise {
        fn formats(&self) -> bool {
            false
        }
    }
    impl<T: ?Sized> Otherwise for Probe<T> {}
    impl<T: ?Sized + Debug> Probe<T> {
        fn formats(&self) -> bool {
            true
        }
    }
    macro_rules! none_formats {
        ($($type:ty),* $(,)?) => {$(
            assert!(!Probe::<$type>(PhantomData).formats(), stringify!($type));
        )*};
    }
    assert!(
        Probe::<Open>(PhantomData).formats(),
        "the probe sees a Debug where there is one"
    );
    none_formats![
        hefu_curve::Scalar,
        hefu_curve::Point,
        hefu_curve::Points,
        hefu_curve::Table,
        hefu_curve::Hasher,
        Elements,
        hefu_psi::InputCommitment,
        SessionSeed,
        hefu_psi::Labels,
        hefu_psi::Evidence,
        hefu_psi::EvidenceBuilder,
        InputCommitter,
        TagSet,
        Blinding<Suite>,
        hefu_psi::Committed<Suite>,
        hefu_psi::Accepted<Suite>,
        Evaluating<Suite>,
        hefu_psi::Merging,
        hefu_psi::AwaitReceipt,
        hefu_psi::Matches,
        Incoming,
        Collecting<Suite>,
        Tagging<Suite>,
        Replying<Suite>,
        hefu_psi::ReceiptDue,
        Blinded<'static>,
        Evaluated<'static>,
        Tags<'static>,
    ];
}

fn assert_local(error: Option<Error>, expected: &str) {
    match error {
        Some(Error::Local { what }) => assert_eq!(what, expected),
        Some(other) => panic!("{other}"),
        None => panic!("went on, though {expected}"),
    }
}
