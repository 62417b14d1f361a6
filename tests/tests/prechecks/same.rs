//! What the answering side has of a check is the same for one person and for twenty.

use std::sync::Mutex;

use hefu_link::{Direction, Tap};
use hefu_psi::wire::Kind as Frame;

use super::*;

/// Every frame at one node, by direction.
#[derive(Default)]
struct Seen {
    received: Mutex<Vec<(u8, Vec<u8>)>>,
    sent: Mutex<Vec<(u8, Vec<u8>)>>,
}

impl Tap for Seen {
    fn frame(&self, direction: Direction, _: &str, kind: u8, payload: &[u8]) {
        let frames = match direction {
            Direction::Received => &self.received,
            Direction::Sent => &self.sent,
        };
        frames.lock().unwrap().push((kind, payload.to_vec()));
    }
}

impl Seen {
    fn take(&self) -> Vec<(u8, Vec<u8>)> {
        let both = [&self.received, &self.sent].map(|frames| std::mem::take(&mut *frames.lock().unwrap()));
        both.concat()
    }
}

/// All that the answering side has of a check.
struct View {
    frames: Vec<(u8, Vec<u8>)>,
    log: Vec<(String, String, Value)>,
    records: Vec<String>,
}

/// A check of these people between two fresh nodes, as the answering side has it, and what the asking side learned.
async fn run(people: impl IntoIterator<Item = u64>) -> (Precheck, View) {
    let seen = Arc::new(Seen::default());
    let watched = Surroundings {
        tap: Some(seen.clone()),
        ..surroundings()
    };
    let two = Two::start(surroundings(), watched, 20).await;
    let before = two.answering.node.store().head().unwrap().seq;
    seen.take();
    let check = two.check(people).await;
    // Traffic is noted last.
    let round = two
        .answering
        .newest_round(|round| round.state == RoundState::Done && round.bytes_in > 0)
        .await;
    let session = two.answering.node.store().session(&round.id).unwrap().unwrap();
    let debits = two.answering.node.store().debits(0, 10).unwrap();
    let lengths = |bytes: Option<Vec<u8>>| bytes.map(|bytes| bytes.len());
    let records = [
        format!("{:?} {:?} {:?}", round.role, round.state, round.datasets),
        format!("{:?} {:?}", round.own_elements, round.peer_elements),
        format!("{} {}", round.bytes_in, round.bytes_out),
        format!("{} {:?}", session.open.len(), session.end),
        format!("{:?} {:?}", lengths(session.accept), lengths(session.commit)),
        format!(
            "{:?} {:?}",
            lengths(session.receipt),
            lengths(session.peer_receipt)
        ),
        format!(
            "{:?}",
            debits.iter().map(|debit| debit.elements).collect::<Vec<_>>()
        ),
    ];
    let log = two.answering.log_after(before).into_iter();
    let view = View {
        frames: seen.take(),
        log: log
            .map(|entry| (entry.kind, entry.actor, shape(&entry.body)))
            .collect(),
        records: records.to_vec(),
    };
    (check, view)
}

/// Hexadecimal digits stand for their number: keys, digests and signatures are other ones each time.
fn shape(body: &Value) -> Value {
    match body {
        Value::String(text) if text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{} digits", text.len()).into()
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), shape(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_and_twenty_look_the_same_to_who_answers() {
    let mut same = Vec::new();
    for _ in 0..4 {
        let (check, view) = run([12]).await;
        assert_eq!(verdicts(&check), [Verdict::WouldBreak]);
        same.push(view);
    }
    // Ten of the twenty are on the federation's roll.
    let (check, other) = run(0..20).await;
    let would_break = verdicts(&check)
        .iter()
        .filter(|verdict| **verdict == Verdict::WouldBreak)
        .count();
    assert_eq!((check.people, would_break), (20, 10));

    let lengths = |view: &View| -> Vec<(u8, usize)> {
        let frames = view.frames.iter();
        frames.map(|(kind, payload)| (*kind, payload.len())).collect()
    };
    let first = &same[0];
    for view in same.iter().chain([&other]) {
        assert_eq!(lengths(view), lengths(first));
        assert_eq!(view.log, first.log);
        assert_eq!(view.records, first.records);
    }
    assert!(
        first.log.len() >= 3 && first.frames.len() >= 8,
        "{:?}",
        lengths(first)
    );
    // A byte that four checks of one person have in common is not left to chance, and the check of twenty has it too.
    let (mut common, mut random) = (0, 0);
    for (index, (kind, payload)) in first.frames.iter().enumerate() {
        if *kind == Frame::Tags as u8 {
            // Its own, and sorted: the first byte of a tag is close to its rank, and often the same by chance.
            continue;
        }
        for (at, byte) in payload.iter().enumerate() {
            if same.iter().all(|view| view.frames[index].1[at] == *byte) {
                common += 1;
                assert_eq!(
                    other.frames[index].1[at], *byte,
                    "byte {at} of frame {index}, kind {kind}"
                );
            } else {
                random += 1;
            }
        }
    }
    assert!(common > 100 && random > 64 * BATCH as usize, "{common} {random}");
}
