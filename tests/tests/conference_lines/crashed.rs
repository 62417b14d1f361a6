use super::*;

/// The process ends when lines are said and before they went: they go, once.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_before_a_crash_goes_once() {
    let mut meeting = Meeting::begin().await;
    let [first, _] = meeting.round([7, 10], |receipt| receipt).await;
    assert_eq!(meeting.line_up(&meeting.poor), BOTH.count());
    meeting.poor = meeting.poor.close().await.open(surroundings()).await;
    introduce(&meeting.poor, &meeting.office);
    introduce(&meeting.poor, &meeting.disabled);
    introduce(&meeting.poor, &meeting.refers);
    assert_eq!(meeting.line_up(&meeting.poor), 0);
    meeting.sync().await;
    assert_eq!(meeting.lines(&meeting.office).len(), BOTH.count());
    let head = meeting.head();
    assert_eq!(meeting.line_up(&meeting.poor), 0);
    // The same where something moved.
    act(&meeting.poor, &first, 11, &[taken()]);
    assert_eq!(meeting.line_up(&meeting.poor), 1);
    assert_eq!(meeting.line_up(&meeting.poor), 0);
    meeting.sync().await;
    assert_eq!(meeting.line_up(&meeting.poor), 0);
    assert_eq!(meeting.head(), head + 1);
}

/// It ends when lines are made and before they are said: they are said, under the same numbers.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_before_a_crash_is_said() {
    let mut meeting = Meeting::begin().await;
    meeting.round([7, 10], |receipt| receipt).await;
    // Without the other's card nothing can be sealed for it.
    let other = meeting.disabled.node.node_key();
    meeting.poor.node.remove_peer(&other, "管理员").unwrap();
    let refused = tokio::task::block_in_place(|| meeting.poor.node.line_up(&meeting.id));
    assert!(refused.is_err());
    let made: Vec<_> = meeting
        .poor
        .node
        .store()
        .lines(&meeting.id.0)
        .unwrap()
        .into_keys()
        .collect();
    assert_eq!(made.len(), BOTH.count());

    meeting.poor = meeting.poor.close().await.open(surroundings()).await;
    introduce(&meeting.poor, &meeting.office);
    introduce(&meeting.poor, &meeting.disabled);
    introduce(&meeting.poor, &meeting.refers);
    assert_eq!(meeting.line_up(&meeting.poor), BOTH.count());
    meeting.sync().await;
    let there: Vec<_> = meeting
        .lines(&meeting.office)
        .into_keys()
        .map(|item| item.0)
        .collect();
    assert_eq!(there, made);
}
