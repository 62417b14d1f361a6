use super::*;

/// What the ledger has to have: of each kind, pair and state so many.
fn expected(
    counts: &[(&'static str, &'static str, ItemState, usize)],
) -> BTreeMap<(ItemKind, &'static str, &'static str, ItemState), usize> {
    counts
        .iter()
        .map(|(from, to, state, count)| ((ItemKind::Finding, *from, *to, *state), *count))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rounds_come_to_the_lines_that_a_plain_join_expects() {
    let meeting = Meeting::begin().await;
    let [first, there] = meeting.round([7, 10], |receipt| receipt).await;
    assert_eq!(meeting.follow().await, 2 * BOTH.count());
    let all = BOTH.count();
    assert_eq!(
        meeting.counts(),
        expected(&[
            (CIVIL_AFFAIRS, FEDERATION, ItemState::Open, all),
            (FEDERATION, CIVIL_AFFAIRS, ItemState::Open, all),
        ])
    );
    for line in meeting.lines(&meeting.office).values() {
        assert_eq!(
            (line.round, line.opened, line.revision),
            (Some(1), days_from_today(0), 1)
        );
        assert!(line.due.is_some_and(|due| due > line.opened));
        assert_eq!((&line.letter, line.outcome, line.closed), (&None, None, None));
    }

    // Acts move their lines, each once.
    act(&meeting.poor, &first, 10, &lawful());
    act(&meeting.poor, &first, 11, &[taken()]);
    act(&meeting.poor, &first, 12, &corrected(&meeting.poor, &first, 12));
    act(&meeting.disabled, &there, 13, &lawful());
    assert_eq!(meeting.follow().await, 4);
    let head = meeting.head();
    assert_eq!(meeting.follow().await, 0);
    assert_eq!(meeting.head(), head);
    let settled = meeting.line_of(&meeting.poor, 10);
    assert_eq!(settled.letter.as_ref().map(Text::as_str), Some("某决〔2026〕7号"));
    assert_eq!((settled.closed, settled.revision), (Some(days_from_today(0)), 2));
    let before = meeting.lines(&meeting.office);

    // A month later most is the same, and of those who go on there is one month more.
    meeting.a_month_later();
    let [second, _] = meeting.round([7, 11], |receipt| receipt).await;
    let more = GOES_ON.count();
    assert_eq!(meeting.follow().await, 2 * more);
    assert_eq!(
        meeting.counts(),
        expected(&[
            (CIVIL_AFFAIRS, FEDERATION, ItemState::Open, all - 3 + more),
            (CIVIL_AFFAIRS, FEDERATION, ItemState::UnderWay, 1),
            (CIVIL_AFFAIRS, FEDERATION, ItemState::Settled, 1),
            (CIVIL_AFFAIRS, FEDERATION, ItemState::Corrected, 1),
            (FEDERATION, CIVIL_AFFAIRS, ItemState::Open, all - 1 + more),
            (FEDERATION, CIVIL_AFFAIRS, ItemState::Settled, 1),
        ])
    );
    let after = meeting.lines(&meeting.office);
    for (item, line) in &before {
        assert_eq!(after.get(item), Some(line), "nothing that was there moved");
    }

    // The owner alone knows which follows which, and where each stands.
    for own in meeting.own(&meeting.poor) {
        let person = BOTH
            .into_iter()
            .find(|person| own.person == Some(key(*person)))
            .unwrap();
        let goes_on = GOES_ON.contains(&person);
        let is_new = own.line.round == Some(2);
        assert!(goes_on || !is_new);
        assert_eq!(own.follows.is_some(), is_new);
        if let Some(follows) = own.follows {
            assert_eq!(before[&follows].round, Some(1));
        }
        assert_eq!(own.places.len(), if goes_on { 1 } else { 2 });
        assert!(own.on_record);
    }

    // Somebody goes on with the finding of the second round: it is the line of the first.
    act(&meeting.poor, &second, 14, &[taken()]);
    assert_eq!(meeting.follow().await, 1);
    let line = meeting.line_of(&meeting.poor, 14);
    assert_eq!(
        (line.round, line.state, line.revision),
        (Some(1), ItemState::UnderWay, 2)
    );
}

/// Figures of two rounds are of different findings, also where those of the first are kept no more when the second runs.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_counted_once_is_not_new_when_it_was_deleted() {
    let meeting = Meeting::begin().await;
    let node = &meeting.poor.node;
    let counted = |round| {
        let cells = node.counts_of(&meeting.id, round).unwrap().cells;
        let findings: u64 = cells.iter().map(|cell| cell.findings).sum();
        usize::try_from(findings).unwrap()
    };
    meeting.round([7, 10], |receipt| receipt).await;
    assert_eq!(counted(1), BOTH.count());
    assert_eq!(node.delete_expired(Timestamp::MAX).unwrap(), 1);
    meeting.a_month_later();
    meeting.round([7, 11], |receipt| receipt).await;
    assert_eq!(counted(2), GOES_ON.count());
    assert_eq!(counted(2), GOES_ON.count(), "again at once, it is the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leg_whose_ends_differ_has_no_lines() {
    let meeting = Meeting::begin().await;
    meeting
        .round([7, 10], |receipt| LegReceipt {
            receipt: Hex([1; 32]),
            ..receipt
        })
        .await;
    assert_eq!(meeting.follow().await, 0);
    assert!(meeting.lines(&meeting.office).is_empty());
    assert!(meeting.own(&meeting.poor).is_empty());
}
