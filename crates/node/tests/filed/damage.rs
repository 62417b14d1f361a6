//! Files that are not what they should be: each is refused with its reason, nothing is signed for it, and the right file
//! works afterwards.

use std::sync::Arc;

use hefu_node::Error;
use hefu_node::runner::filed::{ABORT, refusal, write_frame};
use hefu_psi::wire::{Abort, Accept, Have, Kind};
use ring::digest::{SHA256, digest};

use crate::disk::Disk;
use crate::sides::{Frame, Sides, code, filed, frames};

const HAVE: u8 = Kind::Have as u8;
const RECEIPT: u8 = Kind::Receipt as u8;

/// A session whose answer is there and not heard yet.
struct Answered {
    sides: Sides,
    receiver: Arc<Disk>,
    asked: Vec<u8>,
    answer: Vec<u8>,
}

impl Answered {
    async fn new(sides: Sides) -> Self {
        let (receiver, sender) = (sides.disk(), sides.disk());
        let asked = sides.ask(&receiver).await.unwrap();
        let (answer, ..) = sides.answer(&sender, &asked).await.unwrap();
        Self {
            sides,
            receiver,
            asked,
            answer,
        }
    }

    /// A wrong answer: its reason. Nothing is signed for it.
    async fn heard(&self, answer: Vec<u8>) -> &'static str {
        let code = code(self.sides.hear(&self.receiver, answer).await);
        assert!(
            self.receiver.kept().receipt.is_none(),
            "signed for what was refused"
        );
        code
    }

    /// A wrong question, at a sender that has heard nothing: its reason.
    async fn asked(&self, asked: &[u8]) -> &'static str {
        let disk = self.sides.disk();
        let code = code(self.sides.answer(&disk, asked).await);
        assert!(disk.kept().receipt.is_none(), "signed for what was refused");
        code
    }

    /// The right answer, after all.
    async fn goes_on(&self) {
        let (concluded, _) = self
            .sides
            .hear(&self.receiver, self.answer.clone())
            .await
            .unwrap();
        self.sides.check(concluded);
    }
}

/// Where the frames end.
fn boundaries(bytes: &[u8]) -> Vec<usize> {
    frames(bytes)
        .iter()
        .scan(0, |at, (_, payload)| {
            *at += 5 + payload.len();
            Some(*at)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_ends_early() {
    let answered = Answered::new(Sides::large()).await;
    let ends = boundaries(&answered.answer);
    assert_eq!(ends.last(), Some(&answered.answer.len()));
    let mut before = 0;
    for end in &ends {
        // Between two frames, within the header of one, and within its payload.
        let cuts = [
            (before, "abort_unexpected"),
            (before + 4, "abort_malformed"),
            (end - 1, "abort_malformed"),
        ];
        for (cut, expected) in cuts {
            assert_eq!(
                answered.heard(answered.answer[..cut].to_vec()).await,
                expected,
                "{cut}"
            );
        }
        before = *end;
    }
    answered.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_ends_early() {
    let answered = Answered::new(Sides::new(hefu_psi::Mode::Members, 0..4100, 4090..4100)).await;
    let ends = boundaries(&answered.asked);
    // The opening is read by whoever admits the session.
    let mut before = ends[0];
    for end in &ends[1..] {
        let cuts = [
            (before, "abort_unexpected"),
            (before + 3, "abort_malformed"),
            (end - 1, "abort_malformed"),
        ];
        for (cut, expected) in cuts {
            assert_eq!(answered.asked(&answered.asked[..cut]).await, expected, "{cut}");
        }
        before = *end;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_more_than_there_should_be() {
    let answered = Answered::new(Sides::small()).await;
    let (asked, answer) = (frames(&answered.asked), frames(&answered.answer));
    let extra: [Frame; 4] = [
        (HAVE, Vec::new()),
        (Kind::Tags as u8, vec![0; 20]),
        (ABORT, refusal(&Abort::Policy).unwrap()[5..].to_vec()),
        (0, Vec::new()),
    ];
    for frame in &extra {
        for at in 0..=answer.len() {
            let mut more = answer.clone();
            more.insert(at, frame.clone());
            let code = answered.heard(filed(&more)).await;
            let expected: &[_] = match (at, frame.0) {
                // After the acceptance a sender has claims to make, of which this is none.
                (1, HAVE) => &["abort_malformed"],
                // One more chunk of tags, before those that should come.
                (3, kind) if kind == Kind::Tags as u8 => &["abort_chunk", "abort_count"],
                (0, ABORT) => &["abort_malformed"],
                (at, _) if at == answer.len() => &["abort_malformed"],
                _ => &["abort_unexpected"],
            };
            assert!(expected.contains(&code), "{frame:?} at {at}: {code}");
        }
        for at in 1..=asked.len() {
            let mut more = asked.clone();
            more.insert(at, frame.clone());
            let code = answered.asked(&filed(&more)).await;
            let expected = match (at, frame.0) {
                (at, _) if at == asked.len() => "abort_malformed",
                (3, HAVE) => "abort_malformed",
                _ => "abort_unexpected",
            };
            assert_eq!(code, expected, "{frame:?} at {at}");
        }
    }
    for byte in [0, 255] {
        let mut longer = answered.answer.clone();
        longer.push(byte);
        assert_eq!(answered.heard(longer).await, "abort_malformed");
        let mut longer = answered.asked.clone();
        longer.push(byte);
        assert_eq!(answered.asked(&longer).await, "abort_malformed");
    }
    answered.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_in_another_order() {
    let answered = Answered::new(Sides::large()).await;
    let answer = frames(&answered.answer);
    for one in 0..answer.len() {
        for other in one + 1..answer.len() {
            let mut swapped = answer.clone();
            swapped.swap(one, other);
            let code = answered.heard(filed(&swapped)).await;
            let expected = match answer[one].0 == answer[other].0 {
                true => "abort_chunk",
                false => "abort_unexpected",
            };
            assert_eq!(code, expected, "{one} and {other}");
        }
    }
    let asked = frames(&answered.asked);
    for one in 1..asked.len() {
        for other in one + 1..asked.len() {
            let mut swapped = asked.clone();
            swapped.swap(one, other);
            let code = answered.asked(&filed(&swapped)).await;
            let expected = match asked[one].0 == asked[other].0 {
                true => "abort_chunk",
                false => "abort_unexpected",
            };
            assert_eq!(code, expected, "{one} and {other}");
        }
    }
    answered.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_say_something_else() {
    let answered = Answered::new(Sides::small()).await;
    let answer = frames(&answered.answer);
    for at in 0..answer.len() {
        for place in [0, answer[at].1.len() / 2, answer[at].1.len() - 1] {
            let mut changed = answer.clone();
            changed[at].1[place] ^= 1;
            let code = answered.heard(filed(&changed)).await;
            assert!(
                code.starts_with("abort_") || code == "psi_receipt",
                "frame {at}, byte {place}: {code}"
            );
        }
        let mut longer = answer.clone();
        longer[at].1.push(0);
        assert!(
            answered.heard(filed(&longer)).await.starts_with("abort_"),
            "frame {at}"
        );
    }
    let mut announced = answered.answer.clone();
    announced[1..5].copy_from_slice(&(1u32 << 20).to_be_bytes());
    assert_eq!(answered.heard(announced.clone()).await, "abort_malformed");
    announced[1..5].copy_from_slice(&u32::MAX.to_be_bytes());
    assert_eq!(answered.heard(announced).await, "abort_malformed");
    assert!(write_frame(&mut Vec::new(), 1, &[&vec![0; (1 << 20) + 1]]).is_err());
    let asked = frames(&answered.asked);
    for at in 1..asked.len() {
        for place in [0, asked[at].1.len() / 2, asked[at].1.len() - 1] {
            let mut changed = asked.clone();
            changed[at].1[place] ^= 1;
            let code = answered.asked(&filed(&changed)).await;
            assert!(code.starts_with("abort_"), "frame {at}, byte {place}: {code}");
        }
    }
    answered.goes_on().await;
}

/// Who files what it has to say files all of it: nobody can hold a part of it yet.
#[tokio::test(flavor = "multi_thread")]
async fn claims() {
    let answered = Answered::new(Sides::small()).await;
    for (chunks, tags) in [(1, false), (0, true), (1, true), (u32::MAX, true)] {
        let have = (HAVE, Have { chunks, tags }.encode());
        let mut answer = frames(&answered.answer);
        answer[1] = have.clone();
        assert_eq!(answered.heard(filed(&answer)).await, "abort_chunk");
        let mut asked = frames(&answered.asked);
        let last = asked.len() - 1;
        asked[last] = have;
        assert_eq!(answered.asked(&filed(&asked)).await, "abort_chunk");
    }
    answered.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal() {
    let answered = Answered::new(Sides::small()).await;
    for reason in [Abort::Policy, Abort::BudgetSpent { limit: 9 }] {
        let heard = answered
            .sides
            .hear(&answered.receiver, refusal(&reason).unwrap())
            .await;
        match heard.err().unwrap() {
            Error::Link(hefu_link::Error::PeerAborted { peer, abort }) => {
                let sender = answered.sides.terms.sender;
                let expected: String = sender[..4].iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!((peer, abort), (expected, reason));
            }
            other => panic!("{other}"),
        }
    }
    let mut unread = Vec::new();
    write_frame(&mut unread, ABORT, &[&[0xff; 9]]).unwrap();
    assert_eq!(answered.heard(unread).await, "peer_aborted_unread");
    let mut twice = refusal(&Abort::Policy).unwrap();
    twice.extend_from_slice(&twice.clone());
    assert_eq!(answered.heard(twice).await, "abort_malformed");
    // An answer that goes over into a refusal is neither.
    let mut answer = frames(&answered.answer);
    answer.truncate(2);
    let half = [filed(&answer), refusal(&Abort::Cancelled).unwrap()].concat();
    assert_eq!(answered.heard(half).await, "abort_unexpected");
    answered.goes_on().await;
}

/// Another answer to the same opening, sound in itself: by whoever has the sender's keys and plays with its seed. The one
/// that the journal has noted stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_acceptance_of_one_opening() {
    let mut answered = Answered::new(Sides::small()).await;
    answered.sides.y = 7..30;
    let (second, ..) = answered
        .sides
        .answer(&answered.sides.disk(), &answered.asked)
        .await
        .unwrap();
    answered.sides.y = 6..20;
    // The first is noted, though it comes to nothing yet.
    let cut = boundaries(&answered.answer)[1];
    assert_eq!(
        answered.heard(answered.answer[..cut].to_vec()).await,
        "abort_unexpected"
    );
    assert_eq!(answered.heard(second).await, "psi_local_changed");
    answered.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_of_another_opening() {
    let mut answered = Answered::new(Sides::small()).await;
    let sound = answered.answer.clone();
    answered.sides.terms.agreement[0] ^= 1;
    let other = Answered::new(answered.sides).await;
    assert_eq!(other.heard(sound.clone()).await, "abort_public_key");
    let mut mixed = frames(&other.answer);
    mixed[0] = frames(&sound)[0].clone();
    assert_eq!(other.heard(filed(&mixed)).await, "abort_public_key");
    assert!(other.receiver.kept().accept.is_none(), "nor is it noted");
    other.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_seen_before() {
    let answered = Answered::new(Sides::small()).await;
    let accept = Accept::decode(&frames(&answered.answer)[0].1).unwrap();
    let key = digest(&SHA256, &accept.public).as_ref().try_into().unwrap();
    answered.receiver.kept().seen.push(key);
    for _ in 0..2 {
        assert_eq!(answered.heard(answered.answer.clone()).await, "abort_public_key");
    }
}

/// The receipt signed ahead is of the very session, or this side signs nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_of_another_session() {
    let answered = Answered::new(Sides::small()).await;
    let mut other = Sides::small();
    (other.receiver, other.sender) = (answered.sides.receiver.clone(), answered.sides.sender.clone());
    other.terms = answered.sides.terms.clone();
    other.terms.agreement[0] ^= 1;
    let other = Answered::new(other).await;
    let mut mixed = frames(&answered.answer);
    let last = mixed.len() - 1;
    assert_eq!(mixed[last].0, RECEIPT);
    mixed[last] = frames(&other.answer)[last].clone();
    assert_eq!(answered.heard(filed(&mixed)).await, "psi_receipt");
    answered.goes_on().await;
}
