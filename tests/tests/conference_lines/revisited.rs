use hefu_node::conference::Again;

use super::*;

fn again(meeting: &Meeting, person: u64) -> Option<Again> {
    let key = key(person);
    let own = meeting.own(&meeting.poor).into_iter();
    let mut of_person: Vec<_> = own.filter(|own| own.person.as_ref() == Some(&key)).collect();
    of_person.sort_by_key(|own| own.line.round);
    of_person[0].again
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_round_suggests_and_a_person_records() {
    let meeting = Meeting::begin().await;
    let [first, _] = meeting.round([7, 10], |receipt| receipt).await;
    meeting.follow().await;
    let node = &meeting.poor.node;
    let today = days_from_today(0);
    let item = |person| meeting.line_of(&meeting.poor, person).item;
    let set = |person, on| {
        let item = item(person);
        tokio::task::block_in_place(|| node.set_revisit(&meeting.id, &item, on, "甲"))
    };
    let revisited = |person, seen, on| {
        let item = item(person);
        tokio::task::block_in_place(|| node.record_revisit(&meeting.id, &item, seen, on, "甲"))
    };
    // A round of the day itself tells; one that is to come does not yet.
    set(10, Some(today)).unwrap();
    set(11, Some(days_from_today(30))).unwrap();
    assert_eq!(
        set(12, Some(days_from_today(-1))).unwrap_err().code(),
        "revisit_past"
    );
    assert_eq!(revisited(12, true, today).unwrap_err().code(), "revisit_not_set");
    meeting.sync().await;
    assert_eq!(meeting.line_of(&meeting.poor, 10).revisit, Some(today));
    assert_eq!(again(&meeting, 10), Some(Again::Found(Hex(first))));
    assert_eq!(again(&meeting, 11), Some(Again::Waits));
    assert_eq!(again(&meeting, 12), None);

    // The other agency's line it is not.
    let theirs = meeting.line_of(&meeting.disabled, 10).item;
    let refused = tokio::task::block_in_place(|| node.set_revisit(&meeting.id, &theirs, Some(today), "甲"));
    assert_eq!(refused.unwrap_err().code(), "node_missing");

    // Nothing is recorded by itself, and a person may see something else than the round did.
    assert!(
        meeting
            .own(&meeting.poor)
            .iter()
            .all(|own| own.revisited.is_empty())
    );
    assert_eq!(
        revisited(10, true, days_from_today(1)).unwrap_err().code(),
        "revisit_day"
    );
    revisited(10, false, today).unwrap();
    meeting.sync().await;
    let line = meeting.line_of(&meeting.poor, 10);
    assert_eq!((line.revisit, line.revision), (None, 3));
    let own = meeting.own(&meeting.poor);
    let of_person = own.iter().find(|own| own.line.item == line.item).unwrap();
    let seen: Vec<_> = of_person
        .revisited
        .iter()
        .map(|one| (one.on, one.seen, one.by.as_str()))
        .collect();
    assert_eq!(seen, [(today, false, "甲")]);
    // Lines that follow leave the day of a revisit where it is.
    act(&meeting.poor, &first, 11, &[taken()]);
    assert_eq!(meeting.follow().await, 1);
    assert_eq!(
        meeting.line_of(&meeting.poor, 11).revisit,
        Some(days_from_today(30))
    );
}

/// What somebody saw can't be said just then: it is said later, and recorded once.
#[tokio::test(flavor = "multi_thread")]
async fn a_revisit_that_could_not_be_said_is_said_later() {
    let mut meeting = Meeting::begin().await;
    meeting.round([7, 10], |receipt| receipt).await;
    meeting.follow().await;
    let today = days_from_today(0);
    let item = meeting.line_of(&meeting.poor, 10).item;
    let id = meeting.id;
    let set = |meeting: &Meeting| {
        tokio::task::block_in_place(|| meeting.poor.node.set_revisit(&id, &item, Some(today), "甲"))
    };
    let record = |meeting: &Meeting| {
        tokio::task::block_in_place(|| meeting.poor.node.record_revisit(&id, &item, true, today, "甲"))
    };
    set(&meeting).unwrap();
    meeting.sync().await;
    // Until it has heard from the office, a restored node says nothing.
    let backup = meeting.dir.path().join("backup");
    meeting.poor.node.backup(&backup, "甲").unwrap();
    let closed = meeting.poor.close().await;
    hefu_node::Node::restore(&backup, &closed.folder, &closed.unlock, "甲").unwrap();
    meeting.poor = closed.open(surroundings()).await;
    introduce(&meeting.poor, &meeting.office);
    introduce(&meeting.poor, &meeting.disabled);
    introduce(&meeting.poor, &meeting.refers);
    record(&meeting).unwrap();
    assert_eq!(record(&meeting).unwrap_err().code(), "revisit_not_set");
    meeting.sync().await;
    assert_eq!(meeting.line_up(&meeting.poor), 1);
    assert_eq!(meeting.line_up(&meeting.poor), 0);
    meeting.sync().await;
    assert_eq!(meeting.lines(&meeting.office)[&item].revisit, None);
    let own = meeting.own(&meeting.poor);
    let own = own.iter().find(|own| own.line.item == item).unwrap();
    assert_eq!(own.revisited.len(), 1);
    // That day is past.
    assert_eq!(set(&meeting).unwrap_err().code(), "revisit_past");
}
