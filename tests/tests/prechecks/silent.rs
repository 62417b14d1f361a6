//! What one peer can do to the checks at all the others by not answering: nothing.

use super::*;

const OTHER: &str = "市残疾人联合会";

/// One agency that does not answer from now on, and another one that does; so many checks a day at either.
async fn with_a_silent_one(checks_a_day: [u32; 2]) -> (Two, Bureau, [u8; 32]) {
    let two = Two::start(surroundings(), surroundings(), checks_a_day[0]).await;
    let other = Bureau::start(
        two.dir.path(),
        OTHER,
        AgencyRole::DisabledFederation,
        surroundings(),
    )
    .await;
    other.pays("disabled_care", 10..30);
    introduce(&two.asking, &other);
    let parties = [two.asking.party("extreme_poverty"), other.party("disabled_care")];
    let second = agree(
        &two.asking,
        &other,
        agreement("查重2号", parties, checks_a_day[1]),
    )
    .await;
    (two, other, second)
}

fn not_asked(check: &Precheck) -> Vec<(&str, &str)> {
    let all = check.not_asked.iter();
    all.map(|not| (not.name.as_str(), not.reason.as_str())).collect()
}

fn asked(check: &Precheck) -> Vec<&str> {
    check.peers.iter().map(|peer| peer.peer.as_str()).collect()
}

/// Two agencies are asked before a payment. One of them does not answer: the other is asked all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_silent_does_not_stop_checks_at_the_others() {
    let (two, _other, _) = with_a_silent_one([20, 2]).await;
    let (node, silent) = (&two.asking.node, two.agreement);
    let _closed = two.answering.close().await;
    let first = node.run_check(&[], of_people([12]), "受理窗口").await.unwrap();
    let check = node.precheck(&first).unwrap();
    assert_eq!(asked(&check).len(), 2);
    assert!(check.not_asked.is_empty());
    // The next applicant, minutes later. The silent peer's check is still under way, for as many hours as were agreed.
    let second = node.run_check(&[], of_people([13]), "受理窗口").await.unwrap();
    let check = node.precheck_results(&second, "经办").unwrap();
    assert_eq!(asked(&check), [OTHER]);
    assert_eq!(not_asked(&check), [(FEDERATION, "precheck_busy")]);
    assert_eq!(said(&check)[0].verdict, Verdict::WouldBreak);
    // The receipt says so, and so does the log.
    let receipt = read(&node.precheck_receipt(&second, "经办").unwrap())
        .unwrap()
        .precheck;
    assert_eq!(receipt.not_asked, check.not_asked);
    let log = two.asking.log_after(0);
    let begun = log.iter().rfind(|entry| entry.kind == "precheck_begun").unwrap();
    assert_eq!(begun.body["agreements"].as_array().unwrap().len(), 1);
    assert_eq!(
        begun.body["not_asked"],
        serde_json::json!([{ "agreement": Hex(silent), "reason": "precheck_busy" }])
    );

    // Whoever names the agreement is told; and where nobody is left to be asked, nothing is begun.
    let named = node.run_check(&[silent], of_people([14]), "受理窗口").await;
    assert_eq!(named.err().unwrap().code(), "round_already_open");
    let before = node.prechecks().unwrap().len();
    let nobody = node.run_check(&[], of_people([14]), "受理窗口").await;
    assert!(nobody.is_err(), "the other one's day is spent");
    assert_eq!(node.prechecks().unwrap().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_whose_day_is_spent_does_not_stop_checks_under_the_others() {
    let (two, _other, second) = with_a_silent_one([1, 20]).await;
    let node = &two.asking.node;
    node.run_check(&[], of_people([12]), "受理窗口").await.unwrap();
    let check = node.run_check(&[], of_people([13]), "受理窗口").await.unwrap();
    let check = node.precheck(&check).unwrap();
    assert_eq!(asked(&check), [OTHER]);
    assert_eq!(check.peers[0].agreement, Hex(second));
    assert_eq!(not_asked(&check), [(FEDERATION, "precheck_spent")]);
}

/// What one agency has said is there for the officer, whatever another one has not said yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_is_silent_does_not_keep_what_the_others_said() {
    let (two, _other, _) = with_a_silent_one([20, 20]).await;
    let node = &two.asking.node;
    let _closed = two.answering.close().await;
    let check = node.run_check(&[], of_people([12]), "受理窗口").await.unwrap();
    let results = node.precheck_results(&check, "经办").unwrap();
    let said: Vec<_> = results
        .peers
        .iter()
        .map(|peer| {
            let verdict = peer.results.as_ref().map(|people| people[0].verdict);
            (peer.peer.as_str(), peer.answer, verdict)
        })
        .collect();
    assert!(said.contains(&(OTHER, Answer::Answered, Some(Verdict::WouldBreak))));
    assert!(said.contains(&(FEDERATION, Answer::Waiting, None)));
    let view = hefu_node::api::view::PrecheckView::from(results);
    assert_eq!(view.results[0].awaited, [FEDERATION]);
    assert!(view.results[0].unanswered.is_empty() && view.waiting);
    // The file for the case is made once, of the whole.
    let receipt = node.precheck_receipt(&check, "经办");
    assert_eq!(receipt.err().unwrap().code(), "precheck_under_way");
}
