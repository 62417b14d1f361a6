//! A line that the record does not take.

use hefu_casework::calendar::DayUnit;
use hefu_casework::conference::Escalation;
use hefu_casework::inquiry::Term;
use hefu_node::inquiry::Draft;

use super::*;

/// An agency that is asked knows the number of the question before it stands on the ledger. It takes that for a line of its
/// own, with somebody else: neither the question nor any other line that goes with it may be kept from the ledger by that.
#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_the_asked_agency_took_keeps_no_line_from_the_ledger() {
    let meeting = Meeting::begin().await;
    let [round, _] = meeting.round([7, 10], |receipt| receipt).await;
    let (asks, asked) = (&meeting.poor, &meeting.disabled);
    let draft = Draft {
        document: text("某民协〔2026〕5号"),
        question: None,
        term: Term {
            days: 10,
            unit: DayUnit::Natural,
            until: Some(days_from_today(12)),
        },
    };
    let seq = seq_of(asks, &round, 15);
    let item = asks.node.draft_inquiry(&round, seq, draft, "甲").unwrap().item;
    asks.node.approve_inquiry(&item, "甲").unwrap();
    asks.node.approve_inquiry(&item, "乙").unwrap();
    asks.node.deliver_notes(&asked.node.node_key()).await.unwrap();
    let [office, third, own] =
        [&meeting.office, &meeting.refers, asked].map(|bureau| Hex(bureau.node.node_key()));
    let squats = Line {
        item,
        kind: ItemKind::Inquiry,
        from: own,
        to: third,
        letter: None,
        round: None,
        opened: days_from_today(0),
        due: None,
        state: ItemState::Open,
        outcome: None,
        closed: None,
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    };
    let private = (Private::Items(vec![squats]), vec![office, third]);
    meeting.say(asked, Word::Items {}, Some(private));
    meeting.sync().await;
    let mut grown = Vec::new();
    for _ in 0..4 {
        let before = meeting.head();
        let said = meeting.line_up(asks);
        meeting.sync().await;
        grown.push((said, meeting.head() - before));
    }
    let lines = meeting.lines(&meeting.office);
    let own = Hex(asks.node.node_key());
    let of_findings = lines
        .values()
        .filter(|line| line.from == own && line.kind == ItemKind::Finding);
    assert_eq!(
        of_findings.count(),
        BOTH.count(),
        "at each turn it said and the record grew by: {grown:?}"
    );
    // A line is known by its number and its owner: all are taken at once, and the other's stands beside, in its own name.
    let many = BOTH.count() + 1;
    assert_eq!(grown, [(many, 1), (0, 0), (0, 0), (0, 0)]);
    let owners = meeting.office.node.with_conference(&meeting.id, |state| {
        let of_item = state.lines().filter(|line| line.item == item);
        of_item
            .map(|line| line.from)
            .collect::<std::collections::BTreeSet<_>>()
    });
    let both = [asks, asked].map(|bureau| Hex(bureau.node.node_key()));
    assert_eq!(owners.unwrap(), both.into());
    for at in [asks, asked] {
        let to_do = at.node.conference_standing(&meeting.id).unwrap().to_do;
        assert!(
            to_do.iter().all(|to_do| to_do.what.code() != "to_do_lines"),
            "{to_do:?}"
        );
    }
}
