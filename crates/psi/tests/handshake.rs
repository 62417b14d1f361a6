//! Attacks on the small messages: opening, acceptance, commitment, receipts. One attack a line, and the typed reason it
//! must end with.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use common::End::{Receiver, Sender};
use common::attack::Verdict::{self, Receipt, Refused, WaitsInVain};
use common::attack::{Attack, verdict};
use common::toy::Toy;
use common::{Session, Step, Transcript, naive, node_key, numbered};
use hefu_psi::wire::{Abort, Accept, Commit, Have, Open, ReceiptMessage};
use hefu_psi::{Possession, Ristretto255, Suite};

#[test]
fn openings() {
    let refused = |abort| Refused(Sender, abort);
    let attacks: Vec<(&str, fn(&mut Open), Abort)> = vec![
        (
            "version",
            |o| o.version = 1,
            Abort::Version { ours: 3, theirs: 1 },
        ),
        ("suite", |o| o.suite = "toy".into(), Abort::Suite),
        ("suite's case", |o| o.suite.make_ascii_uppercase(), Abort::Suite),
        ("agreement", |o| o.agreement[0] ^= 1, Abort::AgreementUnknown),
        (
            "parties swapped",
            |o| std::mem::swap(&mut o.receiver, &mut o.sender),
            Abort::AgreementMismatch,
        ),
        (
            "another receiver",
            |o| o.receiver = common::public(3),
            Abort::AgreementMismatch,
        ),
        (
            "another sender",
            |o| o.sender = common::public(3),
            Abort::AgreementMismatch,
        ),
        ("mode", |o| o.mode = 2, Abort::AgreementMismatch),
        ("kind of key", |o| o.key_kind = 2, Abort::AgreementMismatch),
        ("width", |o| o.width = 31, Abort::AgreementMismatch),
        ("label", |o| o.label = 1, Abort::AgreementMismatch),
        (
            "receiver's cap",
            |o| o.receiver_cap += 1,
            Abort::AgreementMismatch,
        ),
        ("sender's cap", |o| o.sender_cap += 1, Abort::AgreementMismatch),
        (
            "more than agreed",
            |o| o.elements = 20_001,
            Abort::SetTooLarge {
                announced: 20_001,
                cap: 20_000,
            },
        ),
        (
            "far more",
            |o| o.elements = u64::MAX,
            Abort::SetTooLarge {
                announced: u64::MAX,
                cap: 20_000,
            },
        ),
    ];
    for (name, change, abort) in attacks {
        let verdict = small().attacked::<Ristretto255>(Step::Open, &|_, _, m| {
            let mut open = Open::decode(&m[0]).unwrap();
            change(&mut open);
            m[0] = open.encode();
        });
        assert_eq!(verdict, refused(abort), "{name}");
    }
    // The other agreement that one end holds, rather than a changed message.
    let mut session = small();
    session.sender_terms.receiver_cap = 11;
    let cap = Abort::AgreementMismatch;
    assert_eq!(verdict(session.run::<Ristretto255>()), refused(cap));
    let mut session = small();
    session.receiver_terms.receiver_cap = 11;
    let cap = Abort::SetTooLarge {
        announced: 12,
        cap: 11,
    };
    assert_eq!(
        verdict(session.run::<Ristretto255>()),
        Refused(Receiver, cap),
        "one's own cap"
    );
    // Two suites never meet.
    let verdict = small().attacked::<Toy>(Step::Open, &|_, _, m| {
        let mut open = Open::decode(&m[0]).unwrap();
        open.suite = Ristretto255::NAME.into();
        m[0] = open.encode();
    });
    assert_eq!(verdict, refused(Abort::Suite));
}

/// What the sender cannot know to be wrong goes into the session's id, so the receiver sees that the sender heard
/// something else.
#[test]
fn openings_that_the_sender_takes() {
    let changes: [(&str, fn(&mut Open)); 3] = [
        ("nonce", |o| o.nonce[0] ^= 1),
        ("commitment", |o| o.input[0] ^= 1),
        ("fewer elements", |o| o.elements -= 1),
    ];
    for (name, change) in changes {
        let verdict = small().attacked::<Ristretto255>(Step::Open, &|_, _, m| {
            let mut open = Open::decode(&m[0]).unwrap();
            change(&mut open);
            m[0] = open.encode();
        });
        assert_eq!(verdict, Refused(Receiver, Abort::PublicKey), "{name}");
    }
}

#[test]
fn acceptances() {
    let key = || Refused(Receiver, Abort::PublicKey);
    let attacks: Vec<(&str, fn(&mut Accept), Verdict)> = vec![
        ("identity", |a| a.public = vec![0; 32], key()),
        ("non-canonical", |a| a.public = vec![0xff; 32], key()),
        ("short", |a| a.public.truncate(31), key()),
        ("long", |a| a.public.push(0), key()),
        ("none", |a| a.public.clear(), key()),
        (
            "another key",
            |a| a.public = Ristretto255::encode(&Ristretto255::generator()),
            key(),
        ),
        ("challenge", |a| a.challenge[0] ^= 1, key()),
        ("response", |a| a.response[0] ^= 1, key()),
        (
            "response beyond the order",
            |a| a.response = vec![0xff; 32],
            key(),
        ),
        ("no proof", |a| a.challenge.clear(), key()),
        ("signature", |a| a.signature[0] ^= 1, key()),
        ("a short signature", |a| a.signature.truncate(63), key()),
        ("no signature", |a| a.signature.clear(), key()),
        ("nonce", |a| a.nonce[0] ^= 1, key()),
        ("commitment", |a| a.input[0] ^= 1, key()),
        ("fewer elements", |a| a.elements -= 1, key()),
        (
            "more elements than agreed",
            |a| a.elements = 20_001,
            Refused(
                Receiver,
                Abort::SetTooLarge {
                    announced: 20_001,
                    cap: 20_000,
                },
            ),
        ),
    ];
    for (name, change, expected) in attacks {
        let verdict = small().attacked::<Ristretto255>(Step::Accept, &|_, _, m| {
            let mut accept = Accept::decode(&m[0]).unwrap();
            change(&mut accept);
            m[0] = accept.encode();
        });
        assert_eq!(verdict, expected, "{name}");
    }
    assert_eq!(
        small().attacked::<Ristretto255>(Step::Accept, &|session, _, m| {
            m[0] = session.another::<Ristretto255>().of(Step::Accept)[0].clone();
        }),
        key(),
        "the acceptance of another session"
    );
    assert_eq!(
        small().attacked::<Ristretto255>(Step::Accept, &|session, _, m| {
            let theirs = session.another::<Ristretto255>().accept();
            let mut accept = Accept::decode(&m[0]).unwrap();
            (accept.public, accept.challenge, accept.response) =
                (theirs.public, theirs.challenge, theirs.response);
            m[0] = accept.encode();
        }),
        key(),
        "a key with its proof from another session"
    );
    // b = 0 can be proven honestly, so only the check for the identity stands between it and a receiver whose
    // elements would all get one token.
    let zero_key = |session: &Session, seen: &Transcript, m: &mut Vec<Vec<u8>>| {
        let mut accept = Accept::decode(&m[0]).unwrap();
        accept.public = vec![0; 32];
        let sid = naive::session_id(&Open::decode(&seen.of(Step::Open)[0]).unwrap(), &accept);
        let zero = Ristretto255::reduce(&[0; 64]);
        let proof = Possession::prove::<Ristretto255>(&sid, &zero, &accept.public, &session.side("attack"));
        (accept.challenge, accept.response) = (proof.challenge, proof.response);
        accept.signature = naive::sign_accept(&sid, &node_key(2));
        m[0] = accept.encode();
    };
    assert_eq!(
        small().attacked::<Ristretto255>(Step::Accept, &zero_key),
        key(),
        "the identity, proven"
    );
}

#[test]
fn commits() {
    let root = || Refused(Sender, Abort::Root);
    let attacks: Vec<(&str, fn(&mut Commit), Verdict)> = vec![
        ("another root", |c| c.root[0] ^= 1, root()),
        ("another signature", |c| c.signature[0] ^= 1, root()),
        ("a short signature", |c| c.signature.truncate(63), root()),
        ("no signature", |c| c.signature.clear(), root()),
        (
            "fewer",
            |c| c.elements -= 1,
            Refused(
                Sender,
                Abort::Count {
                    announced: 12,
                    received: 11,
                },
            ),
        ),
        (
            "more",
            |c| c.elements += 1,
            Refused(
                Sender,
                Abort::Count {
                    announced: 12,
                    received: 12,
                },
            ),
        ),
    ];
    for (name, change, expected) in attacks {
        let verdict = small().attacked::<Ristretto255>(Step::Commit, &|_, _, m| {
            let mut commit = Commit::decode(&m[0]).unwrap();
            change(&mut commit);
            m[0] = commit.encode();
        });
        assert_eq!(verdict, expected, "{name}");
    }
    let attacks: Vec<(&str, Attack)> = vec![
        ("by a third node", |_, seen, m| {
            m[0] = naive::commit(&seen.call(), seen.of(Step::Blinded), 32, &node_key(3)).encode();
        }),
        ("for another session", |session, seen, m| {
            m[0] = naive::commit(
                &session.another::<Ristretto255>().call(),
                seen.of(Step::Blinded),
                32,
                &node_key(1),
            )
            .encode();
        }),
    ];
    for (name, attack) in attacks {
        assert_eq!(
            small().attacked::<Ristretto255>(Step::Commit, &attack),
            root(),
            "signed {name}"
        );
    }
}

/// A new session in which an end claims to hold what it can't have.
#[test]
fn claims() {
    let have = |chunks, tags| Have { chunks, tags }.encode();
    let chunk = |end, expected| Refused(end, Abort::Chunk { expected });
    let of_sender =
        |bytes: Vec<u8>| small().attacked::<Ristretto255>(Step::SenderHave, &|_, _, m| m[0] = bytes.clone());
    assert_eq!(
        of_sender(have(2, false)),
        chunk(Receiver, 1),
        "more than there are"
    );
    assert_eq!(of_sender(have(0, true)), chunk(Receiver, 1), "a sender with tags");
    // It claims a chunk that was never sent, does not get it, and misses it.
    let missed = Abort::Count {
        announced: 12,
        received: 0,
    };
    assert_eq!(of_sender(have(1, false)), Refused(Sender, missed));
    for (chunks, tags) in [(1, false), (1, true), (0, true), (u32::MAX, false)] {
        let verdict =
            small().attacked::<Ristretto255>(Step::ReceiverHave, &|_, _, m| m[0] = have(chunks, tags));
        assert_eq!(verdict, chunk(Sender, 0), "{chunks} {tags}: nothing was sent yet");
    }
}

#[test]
fn receipts() {
    let changes: Vec<(&str, fn(&mut ReceiptMessage))> = vec![
        ("digest", |r| r.digest[0] ^= 1),
        ("number of the log's head", |r| r.head_seq += 1),
        ("the log's head", |r| r.head[31] ^= 1),
        ("signature", |r| r.signature[0] ^= 1),
        ("short", |r| r.signature.truncate(63)),
        ("none", |r| r.signature.clear()),
        ("by a third node", |r| {
            r.signature = node_key(3).sign(&r.digest).as_ref().to_vec()
        }),
    ];
    for (step, end) in [(Step::ReceiverReceipt, Sender), (Step::SenderReceipt, Receiver)] {
        for (name, change) in &changes {
            let verdict = small().attacked::<Ristretto255>(step, &|_, _, m| {
                let mut receipt = ReceiptMessage::decode(&m[0]).unwrap();
                change(&mut receipt);
                m[0] = receipt.encode();
            });
            assert_eq!(verdict, Receipt(end), "{name}");
        }
        let verdict = small().attacked::<Ristretto255>(step, &|session, _, m| {
            m[0] = session.another::<Ristretto255>().of(step)[0].clone()
        });
        assert_eq!(verdict, Receipt(end), "of another session");
    }
    let reflected: Attack = |_, seen, m| m[0] = seen.of(Step::ReceiverReceipt)[0].clone();
    assert_eq!(
        small().attacked::<Ristretto255>(Step::SenderReceipt, &reflected),
        Receipt(Receiver)
    );
}

#[test]
fn messages_that_never_come() {
    for (step, end) in [
        (Step::Open, Sender),
        (Step::Accept, Receiver),
        (Step::SenderHave, Receiver),
        (Step::Commit, Sender),
        (Step::ReceiverHave, Sender),
        (Step::ReceiverReceipt, Sender),
        (Step::SenderReceipt, Receiver),
    ] {
        let verdict = small().attacked::<Ristretto255>(step, &|_, _, m| m.clear());
        assert_eq!(verdict, WaitsInVain(end), "{step:?}: no result without it");
    }
}

fn small() -> Session {
    Session::new(11, numbered(0..12), numbered(6..20))
}
