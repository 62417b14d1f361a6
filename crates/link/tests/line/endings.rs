//! How a line ends when both sides mean it to.

use std::time::{Duration, Instant};

use hefu_link::{Error, Limits};
use hefu_psi::wire::Abort;

use crate::support::{CIVIL, code, impatient, line};

#[tokio::test]
async fn the_reason_of_an_abort_arrives_though_much_lies_unread() {
    let (caller, called) = line(Limits::default()).await;
    let (mut sender, mut receiver) = called.split();
    let flood = tokio::spawn(async move {
        while sender.send(1, &[0; 100_000]).await.is_ok() {}
        sender
    });
    let reason = Abort::SetTooLarge {
        announced: 600_000,
        cap: 550_000,
    };
    let (sender_of_caller, _unread) = caller.split();
    let abort = tokio::spawn({
        let reason = reason.clone();
        async move { sender_of_caller.abort(&reason).await }
    });
    let error = receiver.recv(&mut Vec::new()).await.err();
    assert!(
        matches!(&error, Some(Error::PeerAborted { peer, abort }) if peer == CIVIL && *abort == reason),
        "{error:?}"
    );
    let mut sender = flood.await.unwrap();
    assert_eq!(
        code(sender.send(1, b"").await),
        "peer_aborted",
        "the writing half knows it too"
    );
    drop((sender, receiver));
    abort.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_abort_returns_as_soon_as_the_peer_has_closed() {
    let (caller, called) = line(Limits {
        linger_seconds: 60,
        ..Limits::default()
    })
    .await;
    let begun = Instant::now();
    let peer = async {
        let (_sender, mut receiver) = called.split();
        code(receiver.recv(&mut Vec::new()).await)
    };
    let (aborted, seen) = tokio::join!(caller.split().0.abort(&Abort::Cancelled), peer);
    aborted.unwrap();
    assert_eq!(seen, "peer_aborted");
    assert!(begun.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn a_peer_that_never_closes_holds_an_abort_only_for_the_time_set() {
    let (caller, _called) = line(impatient()).await;
    let begun = Instant::now();
    caller.split().0.abort(&Abort::Internal).await.unwrap();
    assert!(
        begun.elapsed() >= Duration::from_millis(900),
        "gave the peer its time"
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_orderly_end_is_told_from_a_broken_line() {
    let (caller, called) = line(impatient()).await;
    let peer = async {
        let (sender, mut receiver) = called.split();
        let mut buffer = Vec::new();
        receiver.recv(&mut buffer).await.unwrap();
        let end = code(receiver.recv(&mut buffer).await);
        sender.close().await.unwrap();
        (buffer, end)
    };
    let (mut sender, _receiver) = caller.split();
    let close = async {
        sender.send(5, b"the last word").await.unwrap();
        sender.close().await
    };
    let (closed, (last, end)) = tokio::join!(close, peer);
    closed.unwrap();
    assert_eq!((last.as_slice(), end), (&b"the last word"[..], "peer_closed"));
}

#[tokio::test]
async fn a_line_dropped_without_a_word_is_cut() {
    let (caller, called) = line(impatient()).await;
    drop(caller);
    let (_sender, mut receiver) = called.split();
    assert_eq!(code(receiver.recv(&mut Vec::new()).await), "peer_cut");
}
