//! What goes over an open line, and what may not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hefu_link::{
    Direction, Frame, HEADER_BYTES, Keys, Limits, MAX_KIND, Receiver, Sender, Tap, Traffic, dial,
};
use tokio::io::AsyncWriteExt as _;
use tokio::time::{sleep, timeout};

use crate::rogue::{Rogue, header};
use crate::support::{CIVIL, COURT, House, card, code, impatient, line};

/// Lengths around a TLS record (16 KiB), rustls's buffer (64 KiB) and a chunk of points.
const LENGTHS: [usize; 8] = [0, 1, 13, 16_384, 16_385, 65_536, 131_085, 200_000];

fn payload(seed: usize, length: usize) -> Vec<u8> {
    (0..length).map(|i| ((i * 31 + seed * 7) % 251) as u8).collect()
}

async fn send_all(mut sender: Sender, seed: usize) -> Sender {
    for round in 0..40 {
        let length = LENGTHS[round % LENGTHS.len()];
        sender
            .send(round as u8, &payload(seed + round, length))
            .await
            .unwrap();
    }
    sender.flush().await.unwrap();
    sender
}

async fn receive_all(mut receiver: Receiver, seed: usize) -> Receiver {
    let mut buffer = Vec::new();
    for round in 0..40 {
        let frame = receiver.recv(&mut buffer).await.unwrap();
        assert_eq!(frame.kind, round as u8);
        assert!(
            buffer == payload(seed + round, LENGTHS[round % LENGTHS.len()]),
            "frame {round}"
        );
    }
    receiver
}

#[tokio::test]
async fn many_frames_go_both_ways_at_once_and_are_counted() {
    let (caller, called) = line(Limits::default()).await;
    let ((a_sender, a_receiver), (b_sender, b_receiver)) = (caller.split(), called.split());
    let (a_sender, _b_sender, _a_receiver, b_receiver) = tokio::join!(
        tokio::spawn(send_all(a_sender, 1)),
        tokio::spawn(send_all(b_sender, 2)),
        tokio::spawn(receive_all(a_receiver, 2)),
        tokio::spawn(receive_all(b_receiver, 1)),
    );
    let bytes = 5 * LENGTHS.iter().sum::<usize>() as u64 + 40 * HEADER_BYTES as u64;
    // The listener's first frame, empty, says that the caller is let in.
    let ready = HEADER_BYTES as u64;
    let caller = Traffic {
        frames_sent: 40,
        bytes_sent: bytes,
        frames_received: 41,
        bytes_received: bytes + ready,
    };
    let called = Traffic {
        frames_sent: 41,
        bytes_sent: bytes + ready,
        frames_received: 40,
        bytes_received: bytes,
    };
    assert_eq!(a_sender.unwrap().traffic(), caller);
    assert_eq!(b_receiver.unwrap().traffic(), called);
}

#[tokio::test]
async fn parts_arrive_as_one_payload() {
    let (caller, called) = line(Limits::default()).await;
    let (mut sender, mut receiver) = (caller.split().0, called.split().1);
    sender
        .send_parts(3, &[b"", b"ab", b"", b"c", &[7; 100_000], b""])
        .await
        .unwrap();
    sender.send_parts(4, &[]).await.unwrap();
    sender.flush().await.unwrap();
    let mut buffer = Vec::new();
    assert_eq!(
        receiver.recv(&mut buffer).await.unwrap(),
        Frame { kind: 3, sequence: 0 }
    );
    assert_eq!(buffer, [&b"abc"[..], &[7; 100_000]].concat());
    assert_eq!(
        receiver.recv(&mut buffer).await.unwrap(),
        Frame { kind: 4, sequence: 1 }
    );
    assert_eq!(buffer, b"");
}

#[derive(Default)]
struct Recorder(Mutex<Vec<Seen>>);

type Seen = (Direction, String, u8, Vec<u8>);

impl Tap for Recorder {
    fn frame(&self, direction: Direction, peer: &str, kind: u8, payload: &[u8]) {
        self.0
            .lock()
            .unwrap()
            .push((direction, peer.to_owned(), kind, payload.to_vec()));
    }
}

#[tokio::test]
async fn a_tap_on_either_side_sees_each_frame_in_clear() {
    let (court, civil) = (Keys::generate().unwrap(), Keys::generate().unwrap());
    let (at_court, at_civil) = (Arc::new(Recorder::default()), Arc::new(Recorder::default()));
    let limits = Limits::default();
    let house = House::tapped(&court, vec![card(&civil, CIVIL)], limits, Some(at_court.clone())).await;
    let (caller, called) = tokio::join!(
        dial(&civil, &house.card, &limits, Some(at_civil.clone())),
        house.listener.accept()
    );
    let (mut sender, mut receiver) = (caller.unwrap().split().0, called.unwrap().split().1);
    sender.send_parts(9, &[b"half ", b"a tally"]).await.unwrap();
    sender.flush().await.unwrap();
    receiver.recv(&mut Vec::new()).await.unwrap();
    let text = b"half a tally".to_vec();
    assert_eq!(
        at_civil.0.lock().unwrap().last(),
        Some(&(Direction::Sent, COURT.to_owned(), 9, text.clone()))
    );
    assert_eq!(
        at_court.0.lock().unwrap().last(),
        Some(&(Direction::Received, CIVIL.to_owned(), 9, text))
    );
}

#[tokio::test]
async fn a_frame_too_long_or_of_a_reserved_type_is_not_sent() {
    let limits = Limits {
        max_frame_bytes: 100,
        ..Limits::default()
    };
    let (caller, called) = line(limits).await;
    let (mut sender, mut receiver) = (caller.split().0, called.split().1);
    assert_eq!(code(sender.send(1, &[0; 101]).await), "frame_too_large");
    assert_eq!(code(sender.send(MAX_KIND + 1, b"").await), "frame_kind");
    sender.send(MAX_KIND, &[0; 100]).await.unwrap();
    sender.flush().await.unwrap();
    let frame = receiver.recv(&mut Vec::new()).await.unwrap();
    assert_eq!(
        frame,
        Frame {
            kind: MAX_KIND,
            sequence: 0
        },
        "what was refused took no number"
    );
}

/// The code with which the listener's side ends when a known caller writes `bytes` and then, if `cut`, hangs up.
async fn reaction(bytes: &[u8], cut: bool, buffer: &mut Vec<u8>) -> &'static str {
    let (court, civil) = (Keys::generate().unwrap(), Keys::generate().unwrap());
    let house = House::open(&court, vec![card(&civil, CIVIL)], impatient()).await;
    let rogue = Rogue::like(&civil);
    let (mut caller, called) = tokio::join!(rogue.enter(house.card.address()), house.listener.accept());
    caller.write_all(bytes).await.unwrap();
    caller.flush().await.unwrap();
    let kept = (!cut).then_some(caller);
    let (_sender, mut receiver) = called.unwrap().split();
    loop {
        if let Err(error) = receiver.recv(buffer).await {
            drop(kept);
            return error.code();
        }
    }
}

#[tokio::test]
async fn a_length_beyond_the_limit_is_refused_before_there_is_room_for_it() {
    let max = Limits::default().max_frame_bytes;
    for announced in [max + 1, u32::MAX] {
        let mut buffer = Vec::new();
        assert_eq!(
            reaction(&header(announced, 1, 0), false, &mut buffer).await,
            "frame_too_large"
        );
        assert_eq!(buffer.capacity(), 0);
    }
}

#[tokio::test]
async fn a_frame_out_of_turn_ends_the_line() {
    for sequences in [&[1][..], &[0, 0], &[0, 2], &[0, 1, u64::MAX]] {
        let bytes: Vec<u8> = sequences
            .iter()
            .flat_map(|sequence| header(0, 1, *sequence))
            .collect();
        assert_eq!(
            reaction(&bytes, false, &mut Vec::new()).await,
            "frame_sequence",
            "{sequences:?}"
        );
    }
}

#[tokio::test]
async fn reserved_types_have_no_meaning_later_on() {
    for kind in [240, 251, 253, 254] {
        assert_eq!(
            reaction(&header(0, kind, 0), false, &mut Vec::new()).await,
            "frame_kind",
            "{kind}"
        );
    }
    let alive_with_payload = [header(1, 252, 0), vec![0]].concat();
    assert_eq!(
        reaction(&alive_with_payload, false, &mut Vec::new()).await,
        "frame_kind"
    );
    let abort_without_reason = header(0, 255, 0);
    assert_eq!(
        reaction(&abort_without_reason, false, &mut Vec::new()).await,
        "peer_aborted_unread"
    );
}

#[tokio::test]
async fn a_line_cut_anywhere_in_or_after_a_frame_is_noticed() {
    let whole = [header(5, 1, 0), b"hello".to_vec()].concat();
    for length in 0..=whole.len() {
        assert_eq!(
            reaction(&whole[..length], true, &mut Vec::new()).await,
            "peer_cut",
            "{length}"
        );
    }
}

#[tokio::test]
async fn silence_ends_the_line_inside_a_frame_too() {
    assert_eq!(reaction(b"", false, &mut Vec::new()).await, "peer_inactive");
    let begun = [header(5, 1, 0), b"hel".to_vec()].concat();
    assert_eq!(reaction(&begun, false, &mut Vec::new()).await, "peer_inactive");
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_given_up() {
    let (caller, _called) = line(impatient()).await;
    let mut sender = caller.split().0;
    let stuck = async {
        loop {
            sender.send(1, &[0; 100_000]).await?;
        }
    };
    let result: Result<(), _> = timeout(Duration::from_secs(20), stuck).await.unwrap();
    assert_eq!(code(result), "peer_inactive");
}

#[tokio::test]
async fn a_peer_at_work_keeps_the_line_with_signs_of_life() {
    let (caller, called) = line(impatient()).await;
    let (mut sender, mut receiver) = (caller.split().0, called.split().1);
    let busy = async {
        for _ in 0..8 {
            sleep(Duration::from_millis(250)).await;
            sender.alive().await.unwrap();
        }
        sender.send(8, b"done").await.unwrap();
        sender.flush().await.unwrap();
    };
    let mut buffer = Vec::new();
    let (frame, ()) = tokio::join!(receiver.recv(&mut buffer), busy);
    assert_eq!((frame.unwrap().kind, buffer.as_slice()), (8, &b"done"[..]));
}

#[tokio::test]
async fn a_wait_given_up_between_frames_does_no_harm() {
    let (caller, called) = line(Limits::default()).await;
    let (mut sender, mut receiver) = (caller.split().0, called.split().1);
    let mut buffer = Vec::new();
    assert!(
        timeout(Duration::from_millis(50), receiver.recv(&mut buffer))
            .await
            .is_err()
    );
    sender.send(1, b"late").await.unwrap();
    sender.flush().await.unwrap();
    receiver.recv(&mut buffer).await.unwrap();
    assert_eq!(buffer, b"late");
}

#[tokio::test]
async fn a_wait_given_up_inside_a_frame_is_not_taken_up_again() {
    let (court, civil) = (Keys::generate().unwrap(), Keys::generate().unwrap());
    let house = House::open(&court, vec![card(&civil, CIVIL)], Limits::default()).await;
    let rogue = Rogue::like(&civil);
    let (mut caller, called) = tokio::join!(rogue.enter(house.card.address()), house.listener.accept());
    caller
        .write_all(&[header(5, 1, 0), b"hel".to_vec()].concat())
        .await
        .unwrap();
    caller.flush().await.unwrap();
    let (_sender, mut receiver) = called.unwrap().split();
    let mut buffer = Vec::new();
    assert!(
        timeout(Duration::from_millis(200), receiver.recv(&mut buffer))
            .await
            .is_err()
    );
    assert_eq!(code(receiver.recv(&mut buffer).await), "link_out_of_step");
}
