//! One attack a line, and the typed reason it must end with. `mutations.rs` adds what nobody thought of.

mod common;

use common::End::{Receiver, Sender};
use common::toy::Toy;
use common::{End, Failure, Outcome, Session, Step, Transcript, naive, node_key, numbered};
use hefu_psi::wire::{Abort, Accept, Commit, Open, ReceiptMessage};
use hefu_psi::{CHUNK, Error, Possession, Ristretto255, Suite};

/// How a session must end.
#[derive(Debug, PartialEq)]
enum Verdict {
    Refused(End, Abort),
    Local(End, &'static str),
    Receipt(End),
    WaitsInVain(End),
    Through,
}
use Verdict::{Local, Receipt, Refused, WaitsInVain};

type Attack = fn(&Session, &Transcript, &mut Vec<Vec<u8>>);

#[test]
fn openings() {
    let refused = |abort| Refused(Sender, abort);
    let attacks: Vec<(&str, fn(&mut Open), Abort)> = vec![
        (
            "version",
            |o| o.version = 2,
            Abort::Version { ours: 1, theirs: 2 },
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
            m[0] = other(session).of(Step::Accept)[0].clone();
        }),
        key(),
        "the acceptance of another session"
    );
    assert_eq!(
        small().attacked::<Ristretto255>(Step::Accept, &|session, _, m| {
            let theirs = other(session).accept();
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
        let proof =
            Possession::prove::<Ristretto255>(&sid, &zero, &accept.public, &mut session.rng("attack"));
        (accept.challenge, accept.response) = (proof.challenge, proof.response);
        m[0] = accept.encode();
    };
    assert_eq!(
        small().attacked::<Ristretto255>(Step::Accept, &zero_key),
        key(),
        "the identity, proven"
    );
}

#[test]
fn blinded_chunks() {
    let chunk = |expected| Refused(Sender, Abort::Chunk { expected });
    let count = |received| {
        Refused(
            Sender,
            Abort::Count {
                announced: 4099,
                received,
            },
        )
    };
    let attacks: Vec<(&str, Attack, Verdict)> = vec![
        ("missing", |_, _, m| drop(m.pop()), count(4096)),
        ("all missing", |_, _, m| m.clear(), count(0)),
        ("first missing", |_, _, m| drop(m.remove(0)), chunk(0)),
        ("twice", |_, _, m| m.insert(1, m[0].clone()), chunk(1)),
        ("out of order", |_, _, m| m.swap(0, 1), chunk(0)),
        (
            "one more",
            |_, _, m| m.push([&[0, 0, 0, 2], &m[1][4..]].concat()),
            chunk(2),
        ),
        (
            "one element short",
            |_, _, m| m[0].truncate(4 + 4095 * 8),
            chunk(0),
        ),
        ("one element long", |_, _, m| m[1].extend([2; 8]), chunk(1)),
        ("one byte short", |_, _, m| drop(m[1].pop()), chunk(1)),
        ("one byte long", |_, _, m| m[1].push(0), chunk(1)),
        ("empty", |_, _, m| m[1].truncate(4), chunk(1)),
        (
            "no number",
            |_, _, m| m[1].truncate(3),
            Refused(Sender, malformed("blinded")),
        ),
        (
            "an element changed",
            |_, _, m| m[1][5] ^= 1,
            Refused(Sender, Abort::Root),
        ),
        (
            "two elements swapped",
            |_, _, m| swap_units(&mut m[0], 4, 8, 3, 9),
            Refused(Sender, Abort::Root),
        ),
    ];
    for (name, attack, expected) in attacks {
        assert_eq!(
            two_chunks().attacked::<Toy>(Step::Blinded, &attack),
            expected,
            "{name}"
        );
    }
}

/// The receiver itself is hostile: it signs what no honest one would.
#[test]
fn bad_elements_that_the_receiver_signed_for() {
    for (name, chunk, index, bad) in [
        ("the identity", 0, 0, 1u64),
        ("not a square", 0, 4095, 2_305_843_009_213_691_578), // −1
        ("zero", 1, 0, 0),
        ("not canonical", 1, 2, 2_305_843_009_213_691_579 + 4),
    ] {
        let verdict = two_chunks().attacked_by::<Toy>(&mut |_, seen, step, m| match step {
            Step::Blinded => m[chunk][4 + index * 8..][..8].copy_from_slice(&bad.to_be_bytes()),
            Step::Commit => {
                m[0] = naive::commit(&seen.sid(), seen.of(Step::Blinded), 8, &node_key(1)).encode();
            }
            _ => {}
        });
        let (chunk, index) = (chunk as u32, index as u32);
        assert_eq!(
            verdict,
            Refused(Sender, Abort::BadElement { chunk, index }),
            "{name}"
        );
    }
    for (name, bad) in [
        ("the identity", [0; 32]),
        ("not canonical", [0xff; 32]),
        ("negative", [1; 32]),
    ] {
        let verdict = small().attacked_by::<Ristretto255>(&mut |_, seen, step, m| match step {
            Step::Blinded => m[0][4 + 7 * 32..][..32].copy_from_slice(&bad),
            Step::Commit => {
                m[0] = naive::commit(&seen.sid(), seen.of(Step::Blinded), 32, &node_key(1)).encode();
            }
            _ => {}
        });
        assert_eq!(
            verdict,
            Refused(Sender, Abort::BadElement { chunk: 0, index: 7 }),
            "{name}"
        );
    }
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
            m[0] = naive::commit(&seen.sid(), seen.of(Step::Blinded), 32, &node_key(3)).encode();
        }),
        ("for another session", |session, seen, m| {
            m[0] = naive::commit(&other(session).sid(), seen.of(Step::Blinded), 32, &node_key(1)).encode();
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

#[test]
fn tags() {
    let chunk = |expected| Refused(Receiver, Abort::Chunk { expected });
    let order = |chunk| Refused(Receiver, Abort::TagOrder { chunk });
    let attacks: Vec<(&str, Attack, Verdict)> = vec![
        (
            "unsorted",
            |_, _, m| swap_units(&mut m[0], 4, 16, 0, 8191),
            order(0),
        ),
        (
            "neighbours swapped",
            |_, _, m| swap_units(&mut m[0], 4, 16, 50, 51),
            order(0),
        ),
        ("repeated", |_, _, m| m[0].copy_within(4..20, 20), order(0)),
        ("unsorted between chunks", |_, _, m| m[1][4..20].fill(0), order(1)),
        (
            "repeated between chunks",
            |_, _, m| m[1] = [&m[1][..4], &m[0][4 + 8191 * 16..]].concat(),
            order(1),
        ),
        ("missing", |_, _, m| drop(m[0].drain(4..20)), chunk(0)),
        ("surplus", |_, _, m| m[1].extend([0xff; 16]), chunk(1)),
        ("a byte over", |_, _, m| m[1].push(0), chunk(1)),
        ("chunk twice", |_, _, m| m[1] = m[0].clone(), chunk(1)),
        (
            "chunk after the last",
            |_, _, m| m.push([&[0, 0, 0, 2], &[0xff; 16][..]].concat()),
            chunk(2),
        ),
        (
            "an empty chunk after the last",
            |_, _, m| m.push(vec![0, 0, 0, 2]),
            chunk(2),
        ),
        ("chunks swapped", |_, _, m| m.swap(0, 1), chunk(0)),
        (
            "no number",
            |_, _, m| m[0].truncate(2),
            Refused(Receiver, malformed("tags")),
        ),
        (
            "chunk missing",
            |_, _, m| drop(m.pop()),
            Refused(
                Receiver,
                Abort::Count {
                    announced: 8193,
                    received: 8192,
                },
            ),
        ),
        // In order, as many as announced, but not what the sender sent: the receipts differ.
        (
            "one changed on the way",
            |_, _, m| m[0][4..20].fill(0),
            Receipt(Sender),
        ),
    ];
    let session = Session::new(4, numbered(0..3), numbered(0..8193));
    for (name, attack, expected) in attacks {
        assert_eq!(session.attacked::<Toy>(Step::Tags, &attack), expected, "{name}");
    }
}

#[test]
fn receipts() {
    let changes: Vec<(&str, fn(&mut ReceiptMessage))> = vec![
        ("digest", |r| r.digest[0] ^= 1),
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
        let verdict = small()
            .attacked::<Ristretto255>(step, &|session, _, m| m[0] = other(session).of(step)[0].clone());
        assert_eq!(verdict, Receipt(end), "of another session");
    }
    let reflected: Attack = |_, seen, m| m[0] = seen.of(Step::ReceiverReceipt)[0].clone();
    assert_eq!(
        small().attacked::<Ristretto255>(Step::SenderReceipt, &reflected),
        Receipt(Receiver)
    );
}

#[test]
fn what_lies_on_a_disk() {
    let attacks: Vec<(&str, Attack)> = vec![
        ("a bit", |_, _, m| m[1][3] ^= 1),
        ("chunks swapped", |_, _, m| m.swap(0, 1)),
        ("chunk repeated", |_, _, m| m[1] = m[0].clone()),
        ("shorter", |_, _, m| m[0].truncate(CHUNK * 8 - 8)),
        ("longer", |_, _, m| m[1].extend([2; 8])),
        ("lost", |_, _, m| m[1].clear()),
    ];
    for (step, end) in [(Step::SenderSpool, Sender), (Step::ReceiverSpool, Receiver)] {
        for (name, attack) in &attacks {
            assert_eq!(
                two_chunks().attacked::<Toy>(step, attack),
                Local(end, "blinded chunk"),
                "{name}"
            );
        }
    }
}

#[test]
fn own_elements_entered_twice() {
    let mut session = small();
    session.x.push(session.x[0].clone());
    assert_eq!(
        verdict(session.run::<Ristretto255>()),
        Local(Receiver, "an element entered twice")
    );
    let mut session = small();
    session.y.push(session.y[7].clone());
    assert_eq!(
        verdict(session.run::<Ristretto255>()),
        Local(Sender, "an element entered twice")
    );
}

#[test]
fn messages_that_never_come() {
    for (step, end) in [
        (Step::Open, Sender),
        (Step::Accept, Receiver),
        (Step::Commit, Sender),
        (Step::ReceiverReceipt, Sender),
        (Step::SenderReceipt, Receiver),
    ] {
        let verdict = small().attacked::<Ristretto255>(step, &|_, _, m| m.clear());
        assert_eq!(verdict, WaitsInVain(end), "{step:?}: no result without it");
    }
}

trait Attacked {
    fn attacked<S: Suite>(
        &self,
        at: Step,
        attack: &dyn Fn(&Session, &Transcript, &mut Vec<Vec<u8>>),
    ) -> Verdict;
    fn attacked_by<S: Suite>(
        &self,
        attack: &mut dyn FnMut(&Session, &Transcript, Step, &mut Vec<Vec<u8>>),
    ) -> Verdict;
}

impl Attacked for Session {
    fn attacked<S: Suite>(
        &self,
        at: Step,
        attack: &dyn Fn(&Session, &Transcript, &mut Vec<Vec<u8>>),
    ) -> Verdict {
        self.attacked_by::<S>(&mut |session, seen, step, messages| {
            if step == at {
                attack(session, seen, messages);
            }
        })
    }

    fn attacked_by<S: Suite>(
        &self,
        attack: &mut dyn FnMut(&Session, &Transcript, Step, &mut Vec<Vec<u8>>),
    ) -> Verdict {
        verdict(self.run_with::<S>(&mut |seen, step, messages| attack(self, seen, step, messages)))
    }
}

fn verdict(result: Result<Outcome, Failure>) -> Verdict {
    match result {
        Ok(_) => Verdict::Through,
        Err(Failure { end, error, .. }) => match error {
            None => WaitsInVain(end),
            Some(Error::Refused(abort)) => Refused(end, abort),
            Some(Error::Local { what }) => Local(end, what),
            Some(Error::Receipt) => Receipt(end),
            Some(other) => panic!("a new kind of error: {other}"),
        },
    }
}

fn small() -> Session {
    Session::new(11, numbered(0..12), numbered(6..20))
}

/// One full chunk and three elements more.
fn two_chunks() -> Session {
    Session::new(12, numbered(0..4099), numbered(6..20))
}

/// What crossed in another session between the same two over the same sets.
fn other(session: &Session) -> Transcript {
    let mut other = session.clone();
    other.seed += 1000;
    other.run::<Ristretto255>().unwrap().transcript
}

fn swap_units(message: &mut [u8], header: usize, width: usize, a: usize, b: usize) {
    for i in 0..width {
        message.swap(header + a * width + i, header + b * width + i);
    }
}

fn malformed(step: &str) -> Abort {
    Abort::Malformed { step: step.into() }
}
