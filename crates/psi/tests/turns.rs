//! One crossing each way: what the receiver says before it is answered depends on no answer, and what each side signs
//! without having heard the other stands for nothing else than was exchanged.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::{POOL, Session, Step, head, naive, node_key, numbered, public};
use hefu_psi::wire::{Abort, Accept, Blinded, Commit, Evaluated, ReceiptMessage, Tags};
use hefu_psi::{
    Blinding, Committed, Error, Incoming, InputCommitter, LogHead, Opening, Receipt, ReceiptDue,
    Ristretto255, SessionSeed, Suite, TagSet,
};

type R = Ristretto255;

fn session(seed: u64) -> Session {
    Session::new(seed, numbered(0..12), numbered(6..20))
}

/// Everything that a receiver says before it is answered.
struct Asked {
    opening: Opening,
    committed: Committed<R>,
    blinded: Vec<u8>,
    commit: Commit,
}

fn ask(session: &Session) -> Asked {
    let x = common::elements(32, &session.x);
    let seed = session.receiver_seed();
    let (mut blinding, opening) = Blinding::<R>::open(session.receiver_terms.clone(), x, &seed).unwrap();
    let mut blinded = Vec::new();
    assert_eq!(blinding.next(&POOL, &mut blinded).unwrap().chunk, 0);
    let (committed, commit) = blinding.commit(&node_key(1)).unwrap();
    Asked {
        opening,
        committed,
        blinded,
        commit,
    }
}

/// Everything that a sender answers to it at once, and what it keeps.
struct Answered {
    accept: Accept,
    evaluated: Vec<u8>,
    tags: TagSet,
    due: ReceiptDue,
}

fn answer(session: &Session, asked: &Asked, seed: &SessionSeed) -> Result<Answered, Error> {
    let y = session.y.concat();
    let mut committer = InputCommitter::for_sender(&session.sender_terms, seed);
    committer.update(&y, &[]);
    let (mut collecting, mut tagging, accept) = Incoming::new::<R>(
        session.sender_terms.clone(),
        asked.opening.message().clone(),
    )?
    .accept::<R>(committer.finish(), seed, &node_key(2))?;
    collecting.blinded(&Blinded {
        chunk: 0,
        elements: &asked.blinded,
    })?;
    let mut replying = collecting.commit(&asked.commit)?;
    let mut evaluated = Vec::new();
    let mut rng = session.rng("sender replies");
    replying.evaluate(&POOL, &asked.blinded, &mut rng, &mut evaluated)?;
    tagging.tag(&POOL, &y, &[])?;
    let tags = tagging.finish()?;
    Ok(Answered {
        accept,
        evaluated,
        due: replying.finish(&tags)?,
        tags,
    })
}

/// The receiver hears a whole answer, and signs if the sender has signed the same.
fn hear(
    asked: Asked,
    answered: &Answered,
    by_sender: &ReceiptMessage,
) -> Result<(Vec<u32>, ReceiptMessage), Error> {
    let accepted = asked.opening.accept::<R>(&answered.accept)?;
    let mut evaluating = asked.committed.evaluating(accepted)?;
    let evaluated = Evaluated::decode(&answered.evaluated, R::proof_bytes())?;
    evaluating.evaluated(&POOL, &evaluated, &asked.blinded)?;
    let mut merging = evaluating.finish()?;
    for chunk in answered.tags.chunks() {
        merging.tags(&Tags {
            chunk: chunk.chunk,
            entries: chunk.entries,
        })?;
    }
    let (waiting, own) = merging.finish(&node_key(1), head(1))?;
    Ok((waiting.receipt(by_sender)?.indices, own))
}

#[test]
fn what_the_receiver_says_first_depends_on_no_answer() {
    let session = session(120);
    let asked = ask(&session);
    let mut accepts = Vec::new();
    // Whoever answers, with whichever key and set: the messages are those that were there before.
    for (name, first) in [("one sender", 6), ("another", 7)] {
        let mut other = session.clone();
        other.y = numbered(first..20);
        let outcome = other.run::<R>().unwrap();
        let seen = outcome.transcript;
        assert_eq!(seen.of(Step::Open)[0], asked.opening.message().encode(), "{name}");
        assert_eq!(seen.of(Step::Blinded)[0][4..], asked.blinded, "{name}");
        assert_eq!(seen.of(Step::Commit)[0], asked.commit.encode(), "{name}");
        assert_eq!(seen.call(), asked.opening.call(), "{name}");
        assert_eq!(outcome.matches.call, asked.opening.call(), "{name}");
        accepts.push(seen.accept());
    }
    assert_ne!(accepts[0].public, accepts[1].public, "the control");
}

/// The same session over a line and by files: one result, and the same two signatures.
#[test]
fn signed_ahead_or_after_the_receipt_is_one() {
    let session = session(121);
    let line = session.run::<R>().unwrap();
    let asked = ask(&session);
    let mut answered = answer(&session, &asked, &session.sender_seed()).unwrap();
    assert_eq!(answered.evaluated, line.transcript.of(Step::Evaluated)[0]);
    let (due, rest) = taken(&mut answered, &session, &asked);
    let (receipt, by_sender) = due.sign_ahead(&node_key(2), head(2));
    let kept = Receipt::from_bytes(&receipt.to_bytes()).unwrap();
    assert_eq!(kept, receipt);
    let (indices, by_receiver) = hear(asked, rest, &by_sender).unwrap();
    assert_eq!(indices, line.matches.indices);
    assert_eq!(by_sender.encode(), line.transcript.of(Step::SenderReceipt)[0]);
    assert_eq!(by_receiver.encode(), line.transcript.of(Step::ReceiverReceipt)[0]);
    let signed = kept
        .conclude(&by_sender, &by_receiver, &public(1), &public(2))
        .unwrap();
    assert_eq!(signed, line.at_sender);
    assert!(signed.verify(&public(1), &public(2)));
}

/// The receipt that is due, and the answer without it.
fn taken<'a>(answered: &'a mut Answered, session: &Session, asked: &Asked) -> (ReceiptDue, &'a Answered) {
    let again = answer(session, asked, &session.sender_seed()).unwrap();
    (std::mem::replace(&mut answered.due, again.due), answered)
}

/// A sender that has signed ahead joins nothing to its receipt but the receiver's signature over the same.
#[test]
fn a_receipt_is_concluded_by_its_two_sides_only() {
    let (session, other) = (session(122), session(123));
    let line = session.run::<R>().unwrap();
    let receipt = line.at_sender.receipt.clone();
    let message =
        |outcome: &common::Outcome, step| ReceiptMessage::decode(&outcome.transcript.of(step)[0]).unwrap();
    let own = message(&line, Step::SenderReceipt);
    let theirs = message(&line, Step::ReceiverReceipt);
    let conclude = |receipt: &Receipt, own: &ReceiptMessage, theirs: &ReceiptMessage| {
        receipt.conclude(own, theirs, &public(1), &public(2))
    };
    assert_eq!(conclude(&receipt, &own, &theirs).unwrap(), line.at_sender);
    let elsewhere = other.run::<R>().unwrap();
    let mut cases = vec![
        (
            "their own of another session",
            own.clone(),
            message(&elsewhere, Step::ReceiverReceipt),
        ),
        (
            "the own of another session",
            message(&elsewhere, Step::SenderReceipt),
            theirs.clone(),
        ),
        ("the sides swapped", theirs.clone(), own.clone()),
        ("the own twice", own.clone(), own.clone()),
    ];
    type Change = fn(&mut ReceiptMessage);
    let changes: [(&str, Change); 5] = [
        ("digest", |m| m.digest[0] ^= 1),
        ("number", |m| m.head_seq += 1),
        ("a number beyond all", |m| m.head_seq = 1 << 53),
        ("head", |m| m.head[0] ^= 1),
        ("signature", |m| m.signature[0] ^= 1),
    ];
    for (name, change) in changes {
        let (mut changed_own, mut changed_theirs) = (own.clone(), theirs.clone());
        change(&mut changed_own);
        change(&mut changed_theirs);
        cases.push((name, changed_own, theirs.clone()));
        cases.push((name, own.clone(), changed_theirs));
    }
    for (name, own, theirs) in cases {
        assert!(
            matches!(conclude(&receipt, &own, &theirs), Err(Error::Receipt)),
            "{name}"
        );
    }
    for place in 0..Receipt::BYTES {
        let mut bytes = receipt.to_bytes();
        bytes[place] ^= 1;
        let changed = Receipt::from_bytes(&bytes).unwrap();
        assert!(
            conclude(&changed, &own, &theirs).is_err(),
            "byte {place} of the receipt"
        );
    }
    let third = |receiver, sender| receipt.conclude(&own, &theirs, &public(receiver), &public(sender));
    assert!(
        third(3, 2).is_err() && third(1, 3).is_err() && third(2, 1).is_err(),
        "by others"
    );
}

#[test]
fn a_receipt_is_kept_in_one_form() {
    let receipt = session(124).run::<R>().unwrap().at_sender.receipt;
    let expected = [
        &receipt.sid.0[..],
        &receipt.agreement,
        &12u64.to_be_bytes(),
        &14u64.to_be_bytes(),
        &receipt.blinded,
        &receipt.evaluated,
        &receipt.tags,
    ]
    .concat();
    assert_eq!(receipt.to_bytes()[..], expected);
    for length in (0..Receipt::BYTES).chain([Receipt::BYTES + 1]) {
        let mut bytes = expected.clone();
        bytes.resize(length, 0);
        assert!(Receipt::from_bytes(&bytes).is_err(), "{length} bytes");
    }
}

/// An acceptance stands for one opening, also where the receiver has several that wait for theirs.
#[test]
fn an_acceptance_of_another_opening_is_refused() {
    let (one, other) = (session(125), session(126));
    let (asked, elsewhere) = (ask(&one), ask(&other));
    let answered = answer(&one, &asked, &one.sender_seed()).unwrap();
    let error = elsewhere.opening.accept::<R>(&answered.accept).err().unwrap();
    assert!(matches!(error, Error::Refused(Abort::PublicKey)), "{error}");
    let accepted = asked.opening.accept::<R>(&answered.accept).unwrap();
    let error = elsewhere.committed.evaluating(accepted).err().unwrap();
    assert!(
        matches!(
            error,
            Error::Local {
                what: "accepted opening"
            }
        ),
        "{error}"
    );
    // One terms' change is another opening, with the same seed and the same set.
    let mut changed = one.clone();
    changed.receiver_terms.receiver_cap += 1;
    let error = ask(&changed).opening.accept::<R>(&answered.accept).err().unwrap();
    assert!(matches!(error, Error::Refused(Abort::PublicKey)), "{error}");
}

/// The receiver's signature over what it has sent stands for one opening: not even over the same elements, by the same
/// node, does it serve another.
#[test]
fn a_commit_serves_one_opening() {
    let (one, other) = (session(127), session(128));
    let (asked, elsewhere) = (ask(&one), ask(&other));
    let chunk = [&[0; 4], asked.blinded.as_slice()].concat();
    let commits = [
        (
            "its own",
            naive::commit(
                &asked.opening.call(),
                std::slice::from_ref(&chunk),
                32,
                &node_key(1),
            ),
            true,
        ),
        (
            "another's",
            naive::commit(&elsewhere.opening.call(), &[chunk], 32, &node_key(1)),
            false,
        ),
        ("another's over its own elements", elsewhere.commit, false),
    ];
    for (name, commit, serves) in commits {
        let asked = Asked { commit, ..ask(&one) };
        match answer(&one, &asked, &one.sender_seed()) {
            Ok(_) => assert!(serves, "{name}"),
            Err(Error::Refused(Abort::Root)) => assert!(!serves, "{name}"),
            Err(error) => panic!("{name}: {error}"),
        }
    }
}

/// Two answers to one opening, by a sender that plays with its seed. Each is sound by itself, so the one that the receiver's
/// journal has noted goes on; parts of the other are refused, whatever is put together.
#[test]
fn two_answers_to_one_opening_do_not_mix() {
    let session = session(129);
    let answers =
        || ["one", "other"].map(|seed| answer(&session, &ask(&session), &session.side(seed)).unwrap());
    let sign = |due: ReceiptDue| due.sign_ahead(&node_key(2), LogHead::default()).1;
    let codes = |mix: fn(&mut Answered, Answered)| {
        let [mut one, other] = answers();
        let by_sender = sign(answers().into_iter().next().unwrap().due);
        mix(&mut one, other);
        hear(ask(&session), &one, &by_sender)
            .err()
            .map(|error| error.code())
    };
    assert_eq!(codes(|_, _| ()), None, "the control");
    assert_eq!(
        codes(|one, other| one.evaluated = other.evaluated),
        Some("abort_proof")
    );
    assert_eq!(codes(|one, other| one.accept = other.accept), Some("abort_proof"));
    assert_eq!(codes(|one, other| one.tags = other.tags), Some("psi_receipt"));
    assert_eq!(
        codes(|one, other| *one = other),
        Some("psi_receipt"),
        "signed for the first"
    );
}

/// What the store calls a session by.
#[test]
fn an_opening_is_known_by_its_bytes() {
    let session = session(130);
    let asked = ask(&session);
    let bytes = asked.opening.message().encode();
    assert_eq!(asked.opening.call(), naive::call(&bytes));
    assert_eq!(asked.opening.message().call(), naive::call(&bytes));
}
