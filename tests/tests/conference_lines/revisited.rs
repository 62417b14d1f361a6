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
