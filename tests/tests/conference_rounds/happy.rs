use hefu_casework::conference::RoundEnd;

use super::*;

/// All are there, and every leg finds what a plain join finds.
#[tokio::test(flavor = "multi_thread")]
async fn a_round_finds_what_a_plain_join_finds() {
    let table = Table::laid(three()).await;
    let lists = three().lists;
    let round = table.announce(60, 120);
    table.freeze_all(round).await;
    table.everywhere(round, "all report", all_reported).await;

    let (first, second, third) = (&lists[0].1, &lists[1].1, &lists[2].1);
    for (at, leg, expected) in [
        (0, table.leg_of(0, 0), both(first, second)),
        (1, table.leg_of(0, 1), both(first, second)),
        (0, table.leg_of(1, 0), both(first, third)),
    ] {
        assert!(!expected.is_empty());
        assert_eq!(table.found(&table.members[at], round, leg), Some(expected));
    }
    let board = table.one_board(round).await;
    assert_eq!(board.stage, "reported");
    assert_eq!(board.legs.len(), 3);
    for leg in &board.legs {
        assert_eq!((leg.state, leg.run), ("done", 1));
        assert_eq!((leg.receiver_frozen, leg.sender_frozen), (Some(120), Some(120)));
    }
    assert!(board.parties.iter().all(|party| party.state == "reported"));

    let office = &table.office.bureau.node;
    // What a member found, it tells the office as counts: nobody else can open them.
    let told = office
        .with_conference(&table.id, |state| {
            let found = |at: usize| {
                let key = table.members[at].key();
                let (_, counts) = state.counts(round).find(|(who, _)| **who == key)?;
                Some(counts.cells.iter().map(|cell| cell.findings).sum::<u64>())
            };
            [0, 1, 2].map(found)
        })
        .unwrap();
    assert_eq!(told, [Some(20 + 10), Some(20), Some(0)]);

    office
        .close_round(&table.id, round, RoundEnd::Completed, "办公室")
        .unwrap();
    table
        .everywhere(round, "it is closed", |round| round.stage() == Stage::Closed)
        .await;
}

/// What was frozen is entered, whatever is imported later.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_frozen_is_entered_and_stays() {
    let table = Table::laid(three()).await;
    let round = table.announce(60, 120);
    table.freeze(0, round).await;
    let frozen = table.members[0].bureau.node.store().frozen(&table.id.0, round);
    let frozen = frozen.unwrap().unwrap();
    let later = table.members[0].bureau.pays(EXTREME_POVERTY, 500..540);
    // It can't be deleted as long as it may be entered; what is not frozen can.
    let node = &table.members[0].bureau.node;
    let refused = node.delete_dataset(frozen.datasets[0], "经办").unwrap_err();
    assert_eq!(refused.code(), "dataset_frozen");
    node.delete_dataset(later.dataset, "经办").unwrap();
    table.members[0].bureau.pays(EXTREME_POVERTY, 600..640);
    table.freeze(1, round).await;
    table.freeze(2, round).await;
    table.everywhere(round, "all report", all_reported).await;
    let lists = three().lists;
    assert_eq!(
        table.found(&table.members[0], round, table.leg_of(0, 0)),
        Some(both(&lists[0].1, &lists[1].1))
    );
    table
        .office
        .bureau
        .node
        .close_round(
            &table.id,
            round,
            hefu_casework::conference::RoundEnd::Completed,
            "办公室",
        )
        .unwrap();
    let member = &table.members[0];
    until("it reads of the end", || {
        table.round(member, round).unwrap().stage() == Stage::Closed
    })
    .await;
    member
        .bureau
        .node
        .delete_dataset(frozen.datasets[0], "经办")
        .unwrap();
}
