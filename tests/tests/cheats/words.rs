//! Signed words on how a session ended: false ones, those of others, and those that are never told.

use hefu_casework::{AgencyRole, Hex};
use hefu_link::ferry::{Cut, Form};
use hefu_psi::wire::{Abort, Kind, encode_abort};
use hefu_store::{Matter, RoundState};
use hefu_tests::bureau::{Bureau, surroundings};
use hefu_tests::ferry::{Two, carry, forged, frame, letter, logged};
use hefu_tests::rogue::Rogue;
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::{answered, ended, header, sends, signed_words, third};

/// An `answer` to nobody makes the sender of a session sign that it gave that session up.
#[tokio::test(flavor = "multi_thread")]
async fn a_sender_does_not_sign_that_it_voided_what_it_has_answered() {
    let (two, call, round) = answered().await;
    let third = third(&two.sender).await;
    let lie = letter(
        &header("answer", [1; 16], &call),
        &[(255, &encode_abort(&Abort::Cancelled))],
    );
    sends(&third, &two.sender, &[], &[lie]).await;
    let state = two.sender.node.store().session(&round).unwrap().unwrap();
    assert!(state.end.is_none(), "its session stands");
    let words = signed_words(&two.sender, &third.card, 4, b"hefu/3 ended\0", &call);
    assert_eq!(
        words,
        Vec::<Vec<u8>>::new(),
        "the sender has signed \"hefu/3 ended\" about a session that it has not ended"
    );
}

/// A third's acknowledgement silences the true word of a cancellation.
#[tokio::test(flavor = "multi_thread")]
async fn a_third_does_not_keep_a_cancellation_from_being_told() {
    let (two, call, round) = answered().await;
    let Two { receiver, sender, .. } = &two;
    let third = third(sender).await;
    // A letter about the call that the sender has for the third: the refusal of an opening that is not the third's.
    let open = sender.node.store().session(&round).unwrap().unwrap().open;
    let agreement = sender.node.store().round(&round).unwrap().unwrap().agreement;
    let lie = letter(
        &hefu_tests::ferry::header("opening", 1, &call, &agreement),
        &[(Kind::Open as u8, &open)],
    );
    sends(&third, sender, &[], &[lie]).await;
    sender
        .node
        .ferry_out(
            &third.card.node_key(),
            Cut::new(Form::Binary, None).unwrap(),
            "经办",
        )
        .await
        .unwrap()
        .unwrap();
    let ours = sender
        .node
        .store()
        .newest_letter(&third.card.node_key(), Matter::Answer, &call)
        .unwrap()
        .unwrap();
    // The third acknowledges as soon as the sender has given the round up.
    let content = frame(0x81, [ours.id].as_flattened());
    let file = forged(&third, &sender.card, &content);
    sender.node.ferry_take(file.bytes).await.unwrap();
    sender.node.cancel_round(&round, "经办").await.unwrap();
    while carry(sender, receiver).await + carry(receiver, sender).await > 0 {}
    assert_eq!(
        logged(receiver, "end_exchanged").len() + logged(sender, "end_exchanged").len(),
        2,
        "neither log proves the cancellation"
    );
}

/// Whoever asks gets a signed word that a session of others ended as he says.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_hears_of_a_session_that_is_not_his() {
    let (two, call, _) = answered().await;
    carry(&two.sender, &two.receiver).await;
    carry(&two.receiver, &two.sender).await;
    assert_eq!(two.rounds().map(|round| round.state), [RoundState::Done; 2]);
    for at in [&two.sender, &two.receiver] {
        let third = third(at).await;
        let lie = letter(
            &header("ended", [2; 16], &call),
            &[(
                Kind::Document as u8,
                &ended(&third, &at.card, &call, &Abort::Cancelled),
            )],
        );
        sends(&third, at, &[], &[lie]).await;
        let words = signed_words(at, &third.card, 5, b"hefu/3 heard\0", &call);
        assert_ne!(
            words,
            [encode_abort(&Abort::Cancelled)],
            "both have signed for this round, and now it is signed that it was cancelled"
        );
    }
}

/// A receiver has it signed that its round was cancelled, and then runs it to its end.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_heard_to_be_given_up_is_not_begun() {
    use hefu_psi::{Blinding, Ristretto255, SessionSeed};
    use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, draft, party};
    use hefu_tests::rogue::{hear, set, terms};
    let dir = tempfile::tempdir().unwrap();
    let at = Bureau::start(
        dir.path(),
        "县残联",
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    at.pays(DISABLED_LIVING, 0..40);
    let rogue = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[&at.card]).await;
    at.node.add_peer(&rogue.card).unwrap();
    let agreement = draft(party(&rogue.card, EXTREME_POVERTY), at.party(DISABLED_LIVING));
    hefu_tests::bureau::agree_with_rogue(&at, &rogue, &agreement);
    let seed = || SessionSeed::from_bytes(zeroize::Zeroizing::new([7; 32]));
    let (_, opening) =
        Blinding::<Ristretto255>::open(terms(&agreement), set(&agreement, 0, 4..16), &seed()).unwrap();
    let call = opening.call().0;
    let said = ended(&rogue, &at.card, &call, &Abort::Cancelled);
    let (_writing, mut reading) = rogue.hand(&at.card, 4, &said[1..]).await;
    let heard = hear(&mut reading, Kind::Document).await;
    let (signature, reason) = heard[33..].split_first_chunk::<64>().unwrap();
    let signed = [b"hefu/3 unknown\0".as_slice(), &rogue.card.node_key(), &call].concat();
    UnparsedPublicKey::new(&ED25519, at.card.node_key())
        .verify(&signed, signature)
        .unwrap();
    assert_eq!(
        reason, b"",
        "of what it does not know it does not say why it ended"
    );
    let [entry] = logged(&at, "end_exchanged").try_into().unwrap();
    let logged = entry.body["heard"]["signature"].as_str().unwrap();
    assert_eq!(
        logged,
        Hex(*signature).to_string(),
        "its own log knows of that word"
    );
    // Said once more, it is no news.
    let (_writing, mut reading) = rogue.hand(&at.card, 4, &said[1..]).await;
    assert_eq!(hear(&mut reading, Kind::Document).await, heard);
    let received = rogue
        .receive(&at.card, &agreement, set(&agreement, 0, 4..16), seed(), None)
        .await;
    let matched = received.map(|received| received.concluded.matches().unwrap().indices.len());
    assert!(
        matched.is_err(),
        "the node has signed that it knows nothing of this round; {matched:?} matches, both receipts"
    );
}
