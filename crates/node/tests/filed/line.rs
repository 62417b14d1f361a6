//! Both carriers say the same.

use std::sync::{Arc, Mutex};

use hefu_casework::AgencyRole;
use hefu_link::{Card, Direction, Limits, Listener, PeerBook, Tap, dial};
use hefu_node::runner::{Call, Forgetful, Said};
use hefu_psi::wire::Kind;
use hefu_psi::{Mode, Ristretto255};

use crate::sides::{Frame, Sides, frames, kinds, randomness, seed};

/// Notes what goes over the line, seen from the receiver.
#[derive(Default)]
struct Noting(Mutex<[Vec<Frame>; 2]>);

impl Tap for Noting {
    fn frame(&self, direction: Direction, _: &str, kind: u8, payload: &[u8]) {
        if Kind::from_byte(kind).is_some() {
            let mut noted = self.0.lock().unwrap();
            noted[usize::from(direction == Direction::Received)].push((kind, payload.to_vec()));
        }
    }
}

struct OnePeer(Card);

impl PeerBook for OnePeer {
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card> {
        (self.0.tls_key() == *key).then(|| self.0.clone())
    }
}

/// What each side says over a line, with the same keys, sets, seeds and randomness.
async fn over_a_line(sides: &Sides) -> [Vec<Frame>; 2] {
    let (role, limits) = (AgencyRole::ConferenceOffice, Limits::default());
    let card = Card::new(&sides.receiver, "receiver", role, "127.0.0.1:1").unwrap();
    let book = Arc::new(OnePeer(card));
    let listener = Listener::bind("127.0.0.1:0", &sides.sender, book, limits, None)
        .await
        .unwrap();
    let address = listener.local_addr().to_string();
    let card = Card::new(&sides.sender, "sender", role, &address).unwrap();
    let tap = Arc::new(Noting::default());
    let journal = Arc::new(Forgetful::new(sides.spool.path()));
    let sender = async {
        let Said::Open(call) = Call::take(listener.accept().await.unwrap()).await.unwrap() else {
            panic!("no opening");
        };
        sides
            .runner(&sides.sender)
            .send::<Ristretto255>(
                call,
                sides.terms.clone(),
                sides.own(),
                seed(2),
                randomness(),
                journal.clone(),
                (),
            )
            .await
            .unwrap();
    };
    let receiver = async {
        let line = dial(&sides.receiver, &card, &limits, Some(tap.clone()))
            .await
            .unwrap();
        let received = sides
            .runner(&sides.receiver)
            .receive::<Ristretto255>(
                line,
                sides.terms.clone(),
                sides.entered(),
                seed(1),
                journal.clone(),
                (),
            )
            .await
            .unwrap();
        sides.check(received.concluded);
    };
    tokio::join!(sender, receiver);
    let noted = tap.0.lock().unwrap();
    noted.clone()
}

/// By files with sides that remember nothing, so that their logs end as they do on the line.
async fn by_files(sides: &Sides) -> [Vec<Frame>; 2] {
    let (receiver, sender) = (sides.disk(), sides.disk());
    receiver.without_a_log();
    sender.without_a_log();
    let asked = sides.ask(&receiver).await.unwrap();
    let (answer, receipt, own) = sides.answer(&sender, &asked).await.unwrap();
    let (concluded, theirs) = sides.hear(&receiver, answer.clone()).await.unwrap();
    let signed = sides.conclude(&receipt, &own, &theirs);
    assert_eq!(signed, concluded.signed);
    assert!(signed.verify(&sides.terms.receiver, &sides.terms.sender));
    sides.check(concluded);
    let mut said = frames(&asked);
    said.push((Kind::Receipt as u8, theirs));
    [said, frames(&answer)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_and_files_carry_the_same_bytes() {
    let nobody = Sides::new(Mode::Members, 0..0, 6..20);
    for sides in [Sides::small(), Sides::large(), nobody] {
        let [asked, answered] = by_files(&sides).await;
        let blinded = usize::try_from(sides.x.end).unwrap().div_ceil(hefu_psi::CHUNK);
        let tags = kinds(&answered).iter().filter(|kind| **kind == "tags").count();
        assert!(sides.y.end < 100 || tags > 1, "several chunks of tags");
        let expected = |first: &[&'static str], bulk: &[(&'static str, usize)], last: &[&'static str]| {
            let bulk = bulk.iter().flat_map(|(name, count)| vec![*name; *count]);
            let all = first.iter().copied().chain(bulk).chain(last.iter().copied());
            all.collect::<Vec<_>>()
        };
        assert_eq!(
            kinds(&asked),
            expected(&["open"], &[("blinded", blinded)], &["commit", "have", "receipt"])
        );
        assert_eq!(
            kinds(&answered),
            expected(
                &["accept", "have"],
                &[("evaluated", blinded), ("tags", tags)],
                &["receipt"]
            )
        );
        let line = over_a_line(&sides).await;
        assert!(line == [asked, answered], "byte for byte");
    }
}
