//! Attacks on the bulk: chunks of blinded elements, of tags, and what lies on a disk in between. One attack a line, and
//! the typed reason it must end with. `mutations.rs` adds what nobody thought of.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::type_complexity,
    reason = "tests"
)]

mod common;

use common::End::{Receiver, Sender};
use common::attack::Verdict::{Local, Receipt, Refused};
use common::attack::{Attack, Verdict, malformed, verdict};
use common::toy::Toy;
use common::{Session, Step, naive, node_key, numbered};
use hefu_psi::wire::Abort;
use hefu_psi::{CHUNK, Ristretto255};

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
        ("one byte short", |_, _, m| m[1].truncate(4 + 3 * 8 - 1), chunk(1)),
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
                m[0] = naive::commit(&seen.call(), seen.of(Step::Blinded), 8, &node_key(1)).encode();
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
                m[0] = naive::commit(&seen.call(), seen.of(Step::Blinded), 32, &node_key(1)).encode();
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

fn small() -> Session {
    Session::new(11, numbered(0..12), numbered(6..20))
}

/// One full chunk and three elements more.
fn two_chunks() -> Session {
    Session::new(12, numbered(0..4099), numbered(6..20))
}

fn swap_units(message: &mut [u8], header: usize, width: usize, a: usize, b: usize) {
    for i in 0..width {
        message.swap(header + a * width + i, header + b * width + i);
    }
}
