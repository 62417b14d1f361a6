//! Who does not take part, and why: all see the same reason, and the others go on.

use hefu_casework::conference::{Consent, Fault, Joined};
use hefu_casework::{LocalPolicy, SignedAgreement};

use super::*;

/// One is absent in the first round, and is there in the second.
#[tokio::test(flavor = "multi_thread")]
async fn an_absent_member_does_not_keep_the_others() {
    let table = Table::laid(three()).await;
    let first = table.announce(8, 30);
    table.freeze(0, first).await;
    table.freeze(1, first).await;
    // The third has joined by itself and does not freeze.
    let legs = [table.leg_of(0, 0), table.leg_of(0, 1)];
    table
        .everywhere(first, "the others are done", |round| {
            legs.iter().all(|leg| is_done(round, *leg))
        })
        .await;
    table.everywhere(first, "the others report", all_reported).await;
    let board = table.one_board(first).await;
    let third = board.parties.iter().find(|party| party.name == NAMES[2]).unwrap();
    assert_eq!(third.state, "absent");
    let leg = board.legs.iter().find(|leg| leg.from == NAMES[2]).unwrap();
    assert_eq!(
        (leg.state, leg.reason.as_deref()),
        ("not_run", Some("not_frozen"))
    );
    assert_eq!(table.found(&table.members[0], first, table.leg_of(1, 0)), None);
    // It comes late, which the framework admits.
    table.freeze(2, first).await;
    table
        .everywhere(first, "the late one is done", |round| {
            is_done(round, table.leg_of(1, 0)) && all_reported(round)
        })
        .await;
    let lists = three().lists;
    assert_eq!(
        table.found(&table.members[0], first, table.leg_of(1, 0)),
        Some(both(&lists[0].1, &lists[2].1))
    );
    let board = table.one_board(first).await;
    assert!(
        board
            .parties
            .iter()
            .any(|party| party.name == NAMES[2] && party.late)
    );
}

/// Where the framework has it that who is late waits, it waits.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_late_waits_for_the_next_round() {
    let table = Table::laid(Laid {
        late: Late::NextRound,
        ..three()
    })
    .await;
    let first = table.announce(8, 20);
    table.freeze(0, first).await;
    table.freeze(1, first).await;
    table.everywhere(first, "the others report", all_reported).await;
    let late = &table.members[2].bureau.node;
    let refused = tokio::task::block_in_place(|| late.freeze_round(&table.id, first, "经办")).unwrap_err();
    assert_eq!(refused.code(), Fault::OutOfTime.code());
    // Nothing was fixed for a round that it can't enter any more.
    assert_eq!(late.store().frozen(&table.id.0, first).unwrap(), None);
    let over = table.round(&table.office, first).unwrap().announced.run_until;
    until("the time is over", || Timestamp::now() > over).await;
    let second = table.announce(60, 120);
    table.freeze_all(second).await;
    table.everywhere(second, "all report", all_reported).await;
    let lists = three().lists;
    assert_eq!(
        table.found(&table.members[0], second, table.leg_of(1, 0)),
        Some(both(&lists[0].1, &lists[2].1))
    );
}

/// One whose own policy does not bear it declines by itself, and all see why.
#[tokio::test(flavor = "multi_thread")]
async fn a_policy_declines_and_all_see_why() {
    let mut table = Table::laid(three()).await;
    let kept = table.members.remove(1);
    let narrow = Surroundings {
        policy: LocalPolicy {
            max_retention_days: 7,
            ..LocalPolicy::default()
        },
        ..around(ConferenceConfig {
            decline: ByWhom::Automatic,
            ..settings()
        })
    };
    let kept = Kept::of(kept.close().await.open(narrow).await);
    table.members.insert(1, kept);
    table.introduce();
    let round = table.announce(60, 120);
    let key = table.members[1].key();
    table
        .everywhere(round, "it declines", |round| {
            round.parties[&key].declined.is_some()
        })
        .await;
    table.freeze(0, round).await;
    table.freeze(2, round).await;
    // The round begins without it as soon as the others are ready.
    table.everywhere(round, "the others report", all_reported).await;
    let board = table.one_board(round).await;
    let declined = board.parties.iter().find(|party| party.name == NAMES[1]).unwrap();
    assert_eq!(
        (declined.state, declined.reason.as_deref()),
        ("declined", Some("policy_breach: max_retention_days"))
    );
    for leg in board.legs.iter().filter(|leg| leg.annex == "附件1") {
        assert_eq!((leg.state, leg.reason.as_deref()), ("not_run", Some("declined")));
    }
    assert!(is_done(
        &table.round(&table.office, round).unwrap(),
        table.leg_of(1, 0)
    ));
}

/// By hand, a breach is shown with the field of the policy, and nothing is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_breach_is_shown_to_who_decides() {
    let table = Table::laid(Laid {
        settings: ConferenceConfig {
            join: ByWhom::ByHand,
            ..settings()
        },
        ..three()
    })
    .await;
    let round = table.announce(60, 120);
    let node = &table.members[0].bureau.node;
    let undecided = || node.undecided_rounds(&table.id).unwrap();
    until("it hears of the round", || !undecided().is_empty()).await;
    assert_eq!(undecided()[0].hindrance, None);
    assert_eq!(
        node.conference_standing(&table.id).unwrap().to_do[0].round,
        Some(round)
    );
    // It is not joined before somebody does, and can't be frozen.
    let early = node.freeze_round(&table.id, round, "经办").unwrap_err();
    assert_eq!(early.code(), "conference_not_joined");
    node.join_round(&table.id, round, "主任").unwrap();
    assert!(undecided().is_empty());
    // A peer whose card was withdrawn meanwhile is nobody to sign with.
    let other = &table.members[1].bureau.node;
    until("it hears of the round", || {
        !other.undecided_rounds(&table.id).unwrap().is_empty()
    })
    .await;
    other.remove_peer(&node.node_key(), "经办").unwrap();
    let hindrance = other.undecided_rounds(&table.id).unwrap().remove(0).hindrance;
    assert_eq!(hindrance.unwrap().0, "node_missing");
    let refused = other.join_round(&table.id, round, "主任").unwrap_err();
    assert_eq!(refused.code(), "node_missing");
    let reason = Text::new("名片已撤回").unwrap();
    other.decline_round(&table.id, round, reason, "主任").unwrap();
    let key = table.members[1].key();
    table
        .everywhere(round, "it declines", |round| {
            let party: &PartyState = &round.parties[&key];
            party
                .declined
                .as_ref()
                .is_some_and(|reason| reason.as_str() == "名片已撤回")
        })
        .await;
}

/// A signature under another text than the record makes of the annex is not taken, and all see that and why.
#[tokio::test(flavor = "multi_thread")]
async fn another_text_is_not_signed() {
    let table = Table::laid(Laid {
        settings: ConferenceConfig {
            join: ByWhom::ByHand,
            ..settings()
        },
        ..three()
    })
    .await;
    let round = table.announce(60, 120);
    let member = &table.members[1];
    until("it hears of the round", || table.round(member, round).is_some()).await;
    let node = &member.bureau.node;
    let annex = table.annexes[0];
    let narrowed = node
        .with_conference(&table.id, |state| state.narrowed(round, &annex).unwrap())
        .unwrap();
    // A day more than was agreed.
    let wider = Agreement {
        retention_days: narrowed.retention_days + 1,
        ..narrowed.clone()
    };
    let consents = vec![Consent {
        annex,
        signature: node.sign(&wider).unwrap(),
    }];
    let word = Word::Joined(Joined { round, consents });
    let refused = node.say(&table.id, word, None, "主任").unwrap_err();
    assert_eq!(refused.code(), Fault::ConsentWrong.code());
    assert!(
        table.round(member, round).unwrap().parties[&member.key()]
            .joined
            .is_none()
    );
    // Nor can what is of a round be drafted, or come unsigned, outside of the record.
    assert_eq!(
        node.draft(narrowed.clone(), "经办").unwrap_err().code(),
        "agreement_of_a_conference"
    );
    // What both would have signed, but not on the record, is not what the round has: no session runs under it.
    let other = &table.members[0].bureau.node;
    let signatures = vec![other.sign(&wider).unwrap(), node.sign(&wider).unwrap()];
    let digest = node
        .conclude(&SignedAgreement::new(wider, signatures).unwrap())
        .unwrap();
    let refused = node.begin_round(&digest, "经办").await.unwrap_err();
    assert_eq!(refused.code(), "conference_other_text");
}
