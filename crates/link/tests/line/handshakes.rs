//! Who gets in, who is refused, and what each side is told.

use hefu_casework::{AgencyRole, Hex};
use hefu_link::{Card, Error, Keys, Limits, dial};
use tokio::net::{TcpListener, TcpStream};

use crate::rogue::{Rogue, call_without_certificate};
use crate::support::{CIVIL, COURT, House, card, code, impatient};

fn keys() -> Keys {
    Keys::generate().unwrap()
}

fn court_at(listener: &TcpListener, keys: &Keys) -> Card {
    let address = listener.local_addr().unwrap().to_string();
    Card::new(keys, COURT, AgencyRole::Court, &address).unwrap()
}

#[tokio::test]
async fn each_side_knows_the_other_by_its_card() {
    let (court, civil) = (keys(), keys());
    let house = House::open(
        &court,
        vec![card(&keys(), "another"), card(&civil, CIVIL)],
        Limits::default(),
    )
    .await;
    let (caller, called) = house.call(&civil, &Limits::default()).await;
    assert_eq!(caller.unwrap().peer(), &house.card);
    assert_eq!(called.unwrap().peer().name(), CIVIL);
}

#[tokio::test]
async fn a_caller_on_no_card_is_refused_and_both_sides_are_told() {
    let (court, stranger) = (keys(), keys());
    let house = House::open(&court, vec![card(&keys(), CIVIL)], Limits::default()).await;
    let (caller, called) = house.call(&stranger, &Limits::default()).await;
    assert!(matches!(caller.err(), Some(Error::RefusedByPeer { peer }) if peer == COURT));
    assert!(
        matches!(called.err(), Some(Error::UnknownPeer { tls_key, .. }) if tls_key == Hex(stranger.tls_key()).to_string())
    );
}

#[tokio::test]
async fn a_listener_with_another_key_than_the_card_is_refused_and_both_sides_are_told() {
    let (court, civil) = (keys(), keys());
    let house = House::open(&court, vec![card(&civil, CIVIL)], Limits::default()).await;
    let other = Card::new(&keys(), COURT, AgencyRole::Court, house.card.address()).unwrap();
    let limits = Limits::default();
    let (caller, called) = tokio::join!(dial(&civil, &other, &limits, None), house.listener.accept());
    assert_eq!(code(caller), "peer_wrong_key");
    assert_eq!(code(called), "peer_refuses_us");

    let (caller, called) = house.call(&civil, &limits).await;
    assert_eq!((code(caller), code(called)), ("ok", "ok"), "the listener goes on");
}

#[tokio::test]
async fn a_known_certificate_without_its_key_does_not_open_the_door() {
    let (court, civil, thief) = (keys(), keys(), keys());
    let house = House::open(&court, vec![card(&civil, CIVIL)], Limits::default()).await;
    let rogue = Rogue {
        signs_with: &thief,
        ..Rogue::like(&civil)
    };
    let (_, called) = tokio::join!(rogue.call(house.card.address()), house.listener.accept());
    assert_eq!(code(called), "peer_handshake");
}

#[tokio::test]
async fn a_known_certificate_without_its_key_does_not_pass_for_a_listener() {
    let (court, civil, thief) = (keys(), keys(), keys());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = court_at(&listener, &court);
    let rogue = Rogue {
        signs_with: &thief,
        ..Rogue::like(&court)
    };
    let limits = Limits::default();
    let (_, caller) = tokio::join!(rogue.answer(&listener), dial(&civil, &peer, &limits, None));
    assert_eq!(code(caller), "peer_handshake");
}

#[tokio::test]
async fn a_caller_without_a_certificate_is_refused() {
    let house = House::open(&keys(), vec![card(&keys(), CIVIL)], Limits::default()).await;
    let (_, called) = tokio::join!(
        call_without_certificate(house.card.address()),
        house.listener.accept()
    );
    assert_eq!(code(called), "peer_handshake");
}

#[tokio::test]
async fn the_dates_of_a_pinned_certificate_do_not_matter() {
    let (court, civil) = (keys(), keys());
    let house = House::open(&court, vec![card(&civil, CIVIL)], Limits::default()).await;
    let rogue = Rogue {
        until: 1980,
        ..Rogue::like(&civil)
    };
    let (_, called) = tokio::join!(rogue.enter(house.card.address()), house.listener.accept());
    assert_eq!(code(called), "ok");
}

#[tokio::test]
async fn another_version_is_refused_by_the_listener() {
    let (court, civil) = (keys(), keys());
    let house = House::open(&court, vec![card(&civil, CIVIL)], Limits::default()).await;
    for alpn in [&[&b"hefu/1"[..]][..], &[]] {
        let rogue = Rogue {
            alpn,
            ..Rogue::like(&civil)
        };
        let (_, called) = tokio::join!(rogue.call(house.card.address()), house.listener.accept());
        assert_eq!(code(called), "peer_version", "{alpn:?}");
    }
}

#[tokio::test]
async fn another_version_is_refused_by_the_caller() {
    let (court, civil) = (keys(), keys());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = court_at(&listener, &court);
    for alpn in [&[&b"hefu/1"[..]][..], &[]] {
        let rogue = Rogue {
            alpn,
            ..Rogue::like(&court)
        };
        let limits = Limits::default();
        let (_, caller) = tokio::join!(rogue.answer(&listener), dial(&civil, &peer, &limits, None));
        assert_eq!(code(caller), "peer_version", "{alpn:?}");
    }
}

#[tokio::test]
async fn callers_that_say_nothing_hold_nobody_up_and_are_let_go() {
    let (court, civil) = (keys(), keys());
    let house = House::open(&court, vec![card(&civil, CIVIL)], impatient()).await;
    let mut silent = Vec::new();
    for _ in 0..3 {
        silent.push(TcpStream::connect(house.card.address()).await.unwrap());
    }
    // Were they served one after the other, the first arrival would be a time-out.
    let (caller, called) = house.call(&civil, &Limits::default()).await;
    assert_eq!((code(caller), code(called)), ("ok", "ok"));
    for _ in &silent {
        assert_eq!(code(house.listener.accept().await), "peer_handshake_timeout");
    }
}

#[tokio::test]
async fn a_listener_that_says_nothing_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peer = court_at(&listener, &keys());
    assert_eq!(
        code(dial(&keys(), &peer, &impatient(), None).await),
        "peer_handshake_timeout"
    );
}

#[tokio::test]
async fn nobody_at_the_address_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let peer = Card::new(&keys(), COURT, AgencyRole::Court, &address).unwrap();
    assert_eq!(
        code(dial(&keys(), &peer, &impatient(), None).await),
        "peer_unreachable"
    );
}

#[tokio::test]
async fn one_connection_too_many_is_told_to_come_later() {
    let (court, civil) = (keys(), keys());
    let limits = Limits {
        max_connections: 1,
        ..impatient()
    };
    let house = House::open(&court, vec![card(&civil, CIVIL)], limits).await;
    let (first, first_called) = house.call(&civil, &limits).await;
    let (second, second_called) = house.call(&civil, &limits).await;
    assert_eq!((code(second), code(second_called)), ("peer_busy", "link_full"));

    drop((first, first_called));
    let (third, third_called) = house.call(&civil, &limits).await;
    assert_eq!(
        (code(third), code(third_called)),
        ("ok", "ok"),
        "the place is free again"
    );
}
