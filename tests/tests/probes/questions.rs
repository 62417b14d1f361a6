//! How many questions a peer may have open.

use super::*;

/// Of one finding there is one open question at a time: whoever is asked holds the other side to it. Each open one is read
/// whenever notes are looked for, with all that was told in all of them.
#[tokio::test(flavor = "multi_thread")]
async fn of_one_person_and_rule_a_peer_has_one_open_question() {
    let two = Two::start().await;
    let from = two.asks.card.clone();
    let ask = |number: u8| {
        let mut asked = question(&two, PERSON);
        asked.item = Hex([number; 16]);
        two.answers.node.hear_note(&from, &asked)
    };
    ask(1).unwrap();
    assert!(
        (2..30).any(|number| ask(number).is_err()),
        "thirty open questions about one person"
    );
}
