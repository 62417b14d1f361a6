//! Papers between nodes, from a peer that fills them in as it likes.

use hefu_casework::{AgencyRole, Agreement, Dossier};
use hefu_link::Card;
use hefu_psi::wire::{Abort, Document, Kind, encode_abort};
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, Failure, draft, party};
use hefu_tests::rogue::{Rogue, hear, hear_abort, send};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::resumed::{Receiving, surroundings};

const GREETING: u8 = 1;
const AGREEMENT: u8 = 2;
const ENDED: u8 = 4;
const HEARD: u8 = 5;

/// The end of a session as a party says it: call, signature, reason.
fn ended(by: &Rogue, to: &Card, open: &[u8], reason: &Abort) -> Vec<u8> {
    let (call, reason) = (digest(&SHA256, open), encode_abort(reason));
    let signed = [
        b"hefu/3 ended\0".as_slice(),
        &to.node_key(),
        call.as_ref(),
        &reason,
    ]
    .concat();
    let signature = by.keys.signing_key().sign(&signed);
    [call.as_ref(), signature.as_ref(), &reason].concat()
}

/// How it ended there, as the other side answers that under this label; its signature holds.
fn heard(answer: &[u8], label: &[u8], call: &[u8], by: &Card, to: &Card) -> Vec<u8> {
    let paper = Document::decode(answer).unwrap();
    assert_eq!(paper.kind, HEARD);
    let (said, rest) = paper.bytes.split_at(32);
    let (signature, reason) = rest.split_at(64);
    assert_eq!(said, call);
    UnparsedPublicKey::new(&ED25519, by.node_key())
        .verify(&[label, &to.node_key(), call, reason].concat(), signature)
        .unwrap();
    reason.to_vec()
}

/// Whoever has got hold of an opening could end the sessions of others.
#[tokio::test(flavor = "multi_thread")]
async fn a_third_can_not_end_a_session() {
    let receiving = Receiving::start(surroundings()).await;
    let Receiving { sender, rogue, .. } = &receiving;
    let open = receiving.opening(1);
    drop(rogue.open(&sender.card, &open).await);
    sender.interrupted().await;
    let third = Rogue::start("县法院", AgencyRole::Court, &[]).await;
    sender.knows(&third.card);
    let said = ended(&third, &sender.card, &open.encode(), &Abort::Cancelled);

    // It hears what it would hear of a session that there never was, and no word on how one ended.
    for said in [
        said,
        ended(&third, &sender.card, b"no session", &Abort::Cancelled),
    ] {
        let (_writing, mut reading) = third.hand(&sender.card, ENDED, &said).await;
        let answer = hear(&mut reading, Kind::Document).await;
        let unknown = heard(
            &answer,
            b"hefu/3 unknown\0",
            &said[..32],
            &sender.card,
            &third.card,
        );
        assert_eq!(unknown, b"");
        sender.interrupted().await;
    }

    // Nor does a word count that its own peer has not signed, or signed about another session.
    let mut unsigned = ended(rogue, &sender.card, &open.encode(), &Abort::Cancelled);
    unsigned[40] ^= 1;
    let mut other = ended(rogue, &sender.card, b"no session", &Abort::Cancelled);
    other[..32].copy_from_slice(digest(&SHA256, &open.encode()).as_ref());
    let to_another = ended(rogue, &third.card, &open.encode(), &Abort::Cancelled);
    for said in [
        unsigned,
        other,
        to_another,
        ended(&third, &sender.card, &open.encode(), &Abort::Cancelled),
    ] {
        let (_writing, mut reading) = rogue.hand(&sender.card, ENDED, &said).await;
        let step = Kind::Document.name().to_string();
        assert_eq!(hear_abort(&mut reading).await, Abort::Malformed { step });
        sender.interrupted().await;
    }

    // Its own peer can.
    let said = ended(rogue, &sender.card, &open.encode(), &Abort::Cancelled);
    let (_writing, mut reading) = rogue.hand(&sender.card, ENDED, &said).await;
    hear(&mut reading, Kind::Document).await;
    assert_eq!(sender.has_nothing().await, [RoundState::Failed]);
    let [round] = sender.ended_rounds().await.try_into().unwrap();
    assert_eq!(round.reason.as_deref(), Some("abort_cancelled"));
    // Once: what has ended does not end otherwise.
    let said = ended(rogue, &sender.card, &open.encode(), &Abort::Expired);
    let (_writing, mut reading) = rogue.hand(&sender.card, ENDED, &said).await;
    let answer = hear(&mut reading, Kind::Document).await;
    assert_eq!(
        heard(&answer, b"hefu/3 heard\0", &said[..32], &sender.card, &rogue.card),
        encode_abort(&Abort::Cancelled)
    );
    let [round] = sender.ended_rounds().await.try_into().unwrap();
    assert_eq!(round.reason.as_deref(), Some("abort_cancelled"));
}

/// "Come again" would stand in the record as the end, and both would wait for a session that is over.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_does_not_end_for_a_reason_that_ends_nothing() {
    let receiving = Receiving::start(surroundings()).await;
    let Receiving { sender, rogue, .. } = &receiving;
    let open = receiving.opening(1);
    drop(rogue.open(&sender.card, &open).await);
    sender.interrupted().await;
    for reason in [Abort::Interrupted, Abort::Inactive { seconds: 1 }, Abort::Label] {
        let said = ended(rogue, &sender.card, &open.encode(), &reason);
        let (_writing, mut reading) = rogue.hand(&sender.card, ENDED, &said).await;
        let step = Kind::Document.name().to_string();
        assert_eq!(hear_abort(&mut reading).await, Abort::Malformed { step });
        sender.interrupted().await;
    }
}

/// What a later version writes into a paper must not be passed over by this one, as if it had been agreed to.
#[tokio::test(flavor = "multi_thread")]
async fn papers_with_more_in_them_than_is_known() {
    let receiving = Receiving::start(surroundings()).await;
    let Receiving {
        sender,
        rogue,
        agreement,
        ..
    } = &receiving;
    let greeting = r#"{"agreements":{},"at":"2026-10-01T08:00:00Z","program":"0.1.0","protocol":2}"#;
    let (_writing, mut reading) = rogue.hand(&sender.card, GREETING, greeting.as_bytes()).await;
    let answer = hear(&mut reading, Kind::Document).await;
    assert_eq!(Document::decode(&answer).unwrap().kind, GREETING);

    let mut other = agreement.clone();
    other.number = "试协〔2026〕2号".into();
    let dossier = String::from_utf8(Dossier::draft(other).unwrap().to_bytes()).unwrap();
    let more = |text: &str, field: &str| {
        let at = text.rfind('}').unwrap();
        format!("{},\"{field}\":1}}", &text[..at])
    };
    let in_the_text = dossier.replacen("{\"agreement\":{", "{\"agreement\":{\"addendum\":1,", 1);
    let known = sender.node.agreements().unwrap().len();
    for (kind, paper) in [
        (GREETING, more(greeting, "wants")),
        (GREETING, "{}".to_string()),
        (AGREEMENT, more(&dossier, "urgent")),
        (AGREEMENT, in_the_text),
        (AGREEMENT, "{}".to_string()),
        (ENDED, "short".to_string()),
        (9, "{}".to_string()),
    ] {
        let (_writing, mut reading) = rogue.hand(&sender.card, kind, paper.as_bytes()).await;
        let step = Kind::Document.name().to_string();
        assert_eq!(
            hear_abort(&mut reading).await,
            Abort::Malformed { step },
            "{paper}"
        );
        let failure = sender.failure().await;
        assert_eq!((failure.kind.as_str(), failure.abort), ("call_failed", None));
    }
    assert_eq!(sender.node.agreements().unwrap().len(), known);
    assert_eq!(sender.has_nothing().await, []);
}

/// A paper between two others is nobody else's to hand over.
#[tokio::test(flavor = "multi_thread")]
async fn a_draft_between_two_others() {
    let receiving = Receiving::start(surroundings()).await;
    let third = Rogue::start("县法院", AgencyRole::Court, &[]).await;
    receiving.sender.knows(&third.card);
    let mut other = receiving.agreement.clone();
    other.number = "试协〔2026〕2号".into();
    let dossier = Dossier::draft(other).unwrap().to_bytes();
    let (_writing, mut reading) = third.hand(&receiving.sender.card, AGREEMENT, &dossier).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::AgreementMismatch);
    assert_eq!(receiving.sender.node.agreements().unwrap().len(), 1);
}

/// Drafts cost a peer nothing, and each is kept, shown and logged here.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_drafts() {
    const MANY: usize = 32;
    let receiving = Receiving::start(surroundings()).await;
    let Receiving {
        sender,
        rogue,
        agreement,
        ..
    } = &receiving;
    let log = || sender.node.store().head().unwrap().seq;
    let before = log();
    let draft = |number: usize| Agreement {
        number: format!("试协〔2026〕{}号", number + 2),
        ..agreement.clone()
    };
    let mut sent = 0;
    let mut refused = 0;
    while refused < 3 {
        assert!(sent < 2 * MANY, "a flood of drafts has no end");
        let paper = Dossier::draft(draft(sent)).unwrap().to_bytes();
        let (mut writing, mut reading) = rogue.hand(&sender.card, AGREEMENT, &paper).await;
        let mut payload = Vec::new();
        // One visit carries many.
        while reading.recv(&mut payload).await.is_ok() && sent < 2 * MANY {
            sent += 1;
            let bytes = Dossier::draft(draft(sent)).unwrap().to_bytes();
            let kind = AGREEMENT;
            let paper = [Document { kind, bytes: &bytes }.header().as_slice(), &bytes].concat();
            send(&mut writing, Kind::Document, &paper).await;
        }
        refused += 1;
    }
    assert_eq!(sent, MANY);
    assert_eq!(
        sender.failure().await,
        Failure::own("call_failed", "agreements_too_many")
    );
    assert_eq!(sender.node.agreements().unwrap().len(), MANY + 1);
    assert!(log() - before <= MANY as u64 + 3, "{} entries", log() - before);

    // Another peer has room of its own.
    let other = Rogue::start("县法院", AgencyRole::Court, &[]).await;
    sender.knows(&other.card);
    let text = draft_of(&other, sender);
    let paper = Dossier::draft(text).unwrap().to_bytes();
    let (_writing, mut reading) = other.hand(&sender.card, AGREEMENT, &paper).await;
    hear(&mut reading, Kind::Document).await;
}

fn draft_of(rogue: &Rogue, sender: &hefu_tests::agency::Agency) -> Agreement {
    draft(party(&rogue.card, DISABLED_LIVING), sender.party())
}
