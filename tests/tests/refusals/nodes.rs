//! Two nodes that keep to the rules, and cannot meet.

use std::sync::Arc;

use hefu_casework::AgencyRole;
use hefu_link::{Card, Keys};
use hefu_node::Surroundings;
use hefu_psi::wire::Abort;
use hefu_store::RoundState::{Failed, Refused};
use hefu_tests::agency::{Agency, DISABLED_LIVING, Failure, SHORT, conclude, days_from_today};
use hefu_tests::proxy::Proxy;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::{FEDERATION, Two, limited, refused, surroundings, told};

/// Without a refusal, the same two nodes find the five people who stand on both registers.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_refused_without_a_reason() {
    let two = Two::start().await;
    let digest = two.conclude(&two.draft());
    let learned = two.receiver.node.run_round(&digest).await.unwrap();
    assert_eq!(learned.outcome.findings.len(), 5);
    assert_eq!(
        two.receiver.node.store().findings(&learned.round).unwrap().len(),
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_shows_another_certificate() {
    let two = Two::strangers(surroundings(), surroundings()).await;
    let impostor = Agency::start(
        two.dir.path(),
        "冒名者",
        AgencyRole::DisabledFederation,
        DISABLED_LIVING,
        5..15,
        surroundings(),
    )
    .await;
    impostor.knows(&two.receiver.card);
    // The sender's own card, but whoever answers at the address is another.
    two.receiver
        .knows(&two.sender.node.card(impostor.card.address()).unwrap());
    let digest = two.conclude(&two.draft());

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(error.code(), "peer_wrong_key");
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "peer_wrong_key")
    );
    assert_eq!(
        impostor.failure().await,
        Failure::own("call_refused", "peer_refuses_us")
    );
    assert_eq!(two.receiver.has_nothing().await, [Failed]);
    assert_eq!(impostor.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_a_card() {
    let two = Two::strangers(surroundings(), surroundings()).await;
    two.receiver.knows(&two.sender.card);
    let digest = two.conclude(&two.draft());

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "peer_refuses_us"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "peer_refuses_us")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_refused", "peer_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, [Failed]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_the_sender_does_not_have() {
    let two = Two::start().await;
    let digest = conclude(&two.draft(), [&two.receiver, &two.sender], &[&two.receiver]);

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(told(&error), Some(&Abort::AgreementUnknown));
    assert_eq!(
        two.receiver.failure().await,
        Failure::told("round_failed", "abort_agreement_unknown")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "agreement_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, [Refused]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_the_receiver_does_not_have() {
    let two = Two::start().await;
    let digest = conclude(&two.draft(), [&two.receiver, &two.sender], &[&two.sender]);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "agreement_unknown"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "agreement_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, []);
}

/// Each keeps an agreement that both have signed, but with other caps: the digests differ.
#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_with_other_caps() {
    let two = Two::start().await;
    let parties = [&two.receiver, &two.sender];
    let mut other = two.draft();
    other.parties[0].max_elements += 1;
    let digest = conclude(&two.draft(), parties, &[&two.receiver]);
    assert_ne!(conclude(&other, parties, &[&two.sender]), digest);

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(told(&error), Some(&Abort::AgreementUnknown));
    assert_eq!(
        two.receiver.failure().await,
        Failure::told("round_failed", "abort_agreement_unknown")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "agreement_unknown")
    );
    assert_eq!(two.receiver.has_nothing().await, [Refused]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_that_has_expired() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.expires = days_from_today(-1);
    let digest = two.conclude(&agreement);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "agreement_not_in_force"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "agreement_not_in_force")
    );
    assert_eq!(two.receiver.has_nothing().await, []);
}

/// The second party may not learn: it may not even ask.
#[tokio::test(flavor = "multi_thread")]
async fn a_party_that_may_not_receive() {
    let two = Two::start().await;
    let digest = two.conclude(&two.draft());

    assert_eq!(
        refused(&two.sender.node, &digest).await.code(),
        "agreement_not_receiver"
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("round_failed", "agreement_not_receiver")
    );
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_larger_than_agreed_at_the_receiver() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.parties[0].max_elements = 9;
    let digest = two.conclude(&agreement);

    assert_eq!(
        refused(&two.receiver.node, &digest).await.code(),
        "too_many_elements"
    );
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "too_many_elements")
    );
    assert_eq!(two.receiver.has_nothing().await, [Refused]);
    assert_eq!(two.sender.has_nothing().await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_larger_than_agreed_at_the_sender() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.parties[1].max_elements = 9;
    let digest = two.conclude(&agreement);

    // How large it is, is not the receiver's business.
    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(told(&error), Some(&Abort::OwnSetTooLarge { cap: 9 }));
    assert_eq!(
        two.receiver.failure().await,
        Failure::told("round_failed", "abort_own_set_too_large")
    );
    assert_eq!(
        two.sender.failure().await,
        Failure::own("call_failed", "too_many_elements")
    );
    assert_eq!(two.receiver.has_nothing().await, [Refused]);
    assert_eq!(two.sender.has_nothing().await, [Refused]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_this_version_does_not_have() {
    let two = Two::start().await;
    let mut agreement = two.draft();
    agreement.suite = "p256".to_string();
    assert_eq!(
        two.receiver.node.sign(&agreement).unwrap_err().code(),
        "suite_unknown"
    );
}

/// All that is secret in a session derives from its seed: where the generator repeats itself, the opening does, and
/// nobody is called with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_seed_that_comes_again() {
    let stuck = Surroundings {
        randomness: Arc::new(|| Box::new(StdRng::seed_from_u64(1))),
        ..surroundings()
    };
    let two = Two::with(stuck, surroundings()).await;
    let digest = two.conclude(&two.draft());
    let first = two.receiver.node.run_round(&digest).await.unwrap();
    assert_eq!(first.outcome.findings.len(), 5);

    let error = refused(&two.receiver.node, &digest).await;
    assert_eq!(error.code(), "session_changed");
    assert_eq!(
        two.receiver.failure().await,
        Failure::own("round_failed", "session_changed")
    );
    let [second, _] = two.receiver.ended_rounds().await.try_into().unwrap();
    assert_eq!(second.state, Failed);
    let found = two.receiver.node.store().findings(&second.id).unwrap();
    assert!(found.is_empty());
    assert_eq!(two.sender.ended_rounds().await.len(), 1, "nobody was called");
}

/// Both sides find out by their own clocks. Nothing is lost by it: over a line that carries, the round goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_falls_silent() {
    let two = Two::strangers(limited(SHORT), limited(SHORT)).await;
    let proxy = Proxy::to(two.sender.card.address().to_owned()).await;
    two.receiver
        .knows(&two.sender.node.card(&proxy.address.to_string()).unwrap());
    two.sender.knows(&two.receiver.card);
    let digest = two.conclude(&two.draft());
    let silence = {
        let proxy = &proxy;
        async move {
            while proxy.passed() == 0 {
                tokio::task::yield_now().await;
            }
            proxy.fall_silent();
        }
    };
    let (error, ()) = tokio::join!(refused(&two.receiver.node, &digest), silence);
    assert!(error.can_go_on(), "{}", error.code());
    let round = two.receiver.interrupted().await;

    proxy.mend();
    let learned = two.receiver.node.go_on(&round.id).await.unwrap();
    assert_eq!(learned.outcome.findings.len(), 5);
}

/// A card that its own agency has not signed is not taken into any book.
#[test]
fn a_forged_card() {
    let keys = Keys::generate().unwrap();
    let card = Card::new(&keys, FEDERATION, AgencyRole::DisabledFederation, "127.0.0.1:1").unwrap();
    let forged = String::from_utf8(card.to_bytes())
        .unwrap()
        .replace("127.0.0.1:1", "127.0.0.1:2");
    assert_eq!(
        Card::parse(forged.as_bytes()).unwrap_err().code(),
        "card_signature"
    );
}
