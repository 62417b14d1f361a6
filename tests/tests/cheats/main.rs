//! What an attacker with fresh eyes found: each test says what should hold, and fails as long as it does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod folders;
mod key;
mod letters;
mod receipts;
mod words;

use hefu_casework::{AgencyRole, Hex};
use hefu_link::Card;
use hefu_node::Carrier;
use hefu_psi::wire::{Abort, encode_abort};
use hefu_tests::bureau::Bureau;
use hefu_tests::ferry::{Two, carry, forged, frame, take};
use hefu_tests::rogue::Rogue;
use ring::signature::{ED25519, UnparsedPublicKey};

pub(crate) fn header(matter: &str, id: [u8; 16], about: &[u8; 32]) -> String {
    format!(
        r#"{{"about":"{}","id":"{}","matter":"{matter}"}}"#,
        Hex(*about),
        Hex(id)
    )
}

/// A third agency that is a peer by files of this node.
pub(crate) async fn third(at: &Bureau) -> Rogue {
    let third = Rogue::start("县工会", AgencyRole::TradeUnion, &[&at.card]).await;
    at.node.add_peer(&third.card).unwrap();
    at.node
        .set_carrier(&third.card.node_key(), Carrier::Files, "经办")
        .unwrap();
    third
}

pub(crate) async fn sends(rogue: &Rogue, at: &Bureau, taken: &[[u8; 16]], letters: &[Vec<u8>]) {
    let content = [frame(0x81, taken.as_flattened()), letters.concat()].concat();
    take(at, &[forged(rogue, &at.card, &content)]).await;
}

pub(crate) fn ended(by: &Rogue, to: &Card, call: &[u8; 32], reason: &Abort) -> Vec<u8> {
    let reason = encode_abort(reason);
    let signed = [b"hefu/3 ended\0".as_slice(), &to.node_key(), call, &reason].concat();
    let signature = by.keys.signing_key().sign(&signed);
    [&[4], call.as_slice(), signature.as_ref(), &reason].concat()
}

/// Reasons that `by` has signed about this call under this label in letters that are due to a peer.
pub(crate) fn signed_words(
    at: &Bureau,
    peer: &Card,
    kind: u8,
    label: &[u8],
    call: &[u8; 32],
) -> Vec<Vec<u8>> {
    let due = at.node.store().letters_due(Some(&peer.node_key())).unwrap();
    due.iter()
        .filter_map(|letter| {
            let body = letter.body.as_ref()?;
            let paper = body.get(5..)?;
            let (first, rest) = paper.split_first()?;
            let (about, rest) = rest.split_first_chunk::<32>()?;
            let (signature, reason) = rest.split_first_chunk::<64>()?;
            if *first != kind || about != call {
                return None;
            }
            UnparsedPublicKey::new(&ED25519, at.card.node_key())
                .verify(&[label, &peer.node_key(), call, reason].concat(), signature)
                .ok()
                .map(|()| reason.to_vec())
        })
        .collect()
}

/// A sender has answered a round, and waits for the receipt: gives the call.
pub(crate) async fn answered() -> (Two, [u8; 32], [u8; 32]) {
    let (two, agreement) = Two::agreed("1号").await;
    two.receiver.node.begin_round(&agreement, "经办").await.unwrap();
    carry(&two.receiver, &two.sender).await;
    let session = two.sender.node.store().sessions_by_files().unwrap().remove(0);
    assert!(session.answered_at.is_some());
    (two, session.call, session.round)
}
