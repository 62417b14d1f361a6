//! Everybody keeps to the rules.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::Text;
use hefu_casework::conference::{MeasureState, Plan, Private, Word};
use hefu_casework::{AgencyRole, Hex};
use hefu_node::Surroundings;
use hefu_store::Said;
use hefu_tests::agency::days_from_today;
use hefu_tests::bureau::{files, surroundings};
use hefu_tests::conference::{Table, line, readers, say};
use hefu_tests::ferry::{again, again_in, by_files, carry, logged};
use hefu_tests::search::Searcher;
use hefu_tests::watch::Frames;

/// A member by files: what it says goes there, and the record comes back.
async fn carry_round(table: &Table, member: usize) {
    let member = &table.members[member];
    carry(member, table.office()).await;
    carry(table.office(), member).await;
    carry(member, table.office()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_read_one_record_over_lines_and_by_files() {
    let table = Table::start(4).await;
    by_files(table.office(), &table.members[3]);
    let said: Vec<_> = [(0, 1), (1, 2), (2, 3), (3, 0), (3, 1)]
        .map(|(from, to)| (from, to, table.says(from, to, &format!("函{from}致{to}"))))
        .into();
    for member in &table.members[..3] {
        member.node.sync_conference(&table.id).await.unwrap();
    }
    let before = table.head(table.office());
    assert!(
        table.members[3].node.sync_conference(&table.id).await.is_err(),
        "no line leads there"
    );
    carry_round(&table, 3).await;
    assert_eq!(table.head(table.office()).seq, before.seq + 2);
    for member in &table.members[..3] {
        member.node.sync_conference(&table.id).await.unwrap();
    }
    let head = table.is_one();
    // The founding, four seats, five entries.
    assert_eq!(head.seq, 10);
    // Nothing is due any more: by files nobody goes on telling the other how far it has read.
    for _ in 0..2 {
        assert_eq!(carry(&table.members[3], table.office()).await, 0);
        assert_eq!(carry(table.office(), &table.members[3]).await, 0);
    }
    for (at, member) in table.members.iter().enumerate() {
        for (from, to, (entry, line)) in &said {
            let seen = member
                .node
                .with_conference(&table.id, |state| state.line(&line.item, &line.from).cloned())
                .unwrap();
            let reads = at == *from || at == *to;
            assert_eq!(seen.as_ref(), reads.then_some(line), "{from} to {to}, at {at}");
            if at == *from {
                let said = member.node.said(&table.id, entry).unwrap();
                assert!(matches!(said, Said::Placed(6..=10)), "{said:?}");
            }
        }
    }
    let of_office = table
        .office()
        .node
        .with_conference(&table.id, |state| state.lines().count());
    assert_eq!(of_office.unwrap(), 5);
    assert_eq!(logged(table.office(), "conference_entry_placed").len(), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_enclosed_opens_for_its_readers_alone() {
    let frames = Arc::new(Frames::default());
    let of_office = Surroundings {
        tap: Some(Arc::clone(&frames) as _),
        ..surroundings()
    };
    let table = Table::start_in(3, of_office).await;
    let (_, referral) = table.says(0, 1, "移送函一号");
    table.sync().await;
    let measure = "按月发放困难残疾人生活补贴";
    let plan = Plan {
        item: referral.item,
        from: referral.from,
        to: referral.to,
        agency: referral.from,
        role: AgencyRole::Court,
        measure: Text::new(measure).unwrap(),
        on: days_from_today(1),
        state: MeasureState::Planned,
    };
    let private = Some((Private::Plan(plan), vec![referral.to]));
    table.members[0]
        .node
        .say(&table.id, Word::Planned {}, private, "经办")
        .unwrap();
    table.sync().await;
    table.sync().await;
    table.is_one();
    let plans = |at: usize| {
        let node = &table.members[at].node;
        node.with_conference(&table.id, |state| {
            state.plans(&referral.item, &referral.from).len()
        })
        .unwrap()
    };
    assert_eq!([0, 1, 2].map(plans), [1, 1, 0]);
    let mut searcher = Searcher::default();
    searcher.add("measure", measure.as_bytes());
    // Both readers kept it, and yet no file has it in clear; the office and who has no part never had it at all.
    for (path, bytes) in files(table.dir.path()) {
        assert!(searcher.find(&bytes).is_none(), "{}", path.display());
    }
    let sent = frames.taken();
    assert!(
        sent.iter().any(|(_, payload)| payload.len() > 1000),
        "the office was listened to"
    );
    for (_, payload) in sent {
        assert!(searcher.find(&payload).is_none());
    }
    let enclosures = |at: &hefu_tests::bureau::Bureau| {
        let all = at
            .node
            .store()
            .conference_enclosures(&table.id.0, table.head(at).seq, None);
        all.unwrap().len()
    };
    assert_eq!(enclosures(table.office()), 2, "to hand them out");
    let of_members = [0, 1, 2].map(|at| enclosures(&table.members[at]));
    assert_eq!(of_members, [2, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_not_compared_a_card_seals_nothing_to_it() {
    let table = Table::start(2).await;
    let (one, other) = (&table.members[0], &table.members[1]);
    one.node.remove_peer(&other.node.node_key(), "经办").unwrap();
    let said = line(one, other, "函");
    let to = readers(one, &table.id, &said);
    let private = Some((Private::Items(vec![said]), to));
    let refused = one
        .node
        .say(&table.id, Word::Items {}, private, "经办")
        .unwrap_err();
    assert_eq!(refused.code(), "conference_not_pinned");
    assert_eq!(refused.params(), [("peer", "县检察院".to_owned())]);
    let directory = one.node.conference_directory(&table.id).unwrap();
    use hefu_node::conference::{Pinned, Sits};
    let seats: Vec<_> = directory
        .iter()
        .map(|seat| (seat.card.name(), seat.sits, seat.pinned))
        .collect();
    let expected = [
        ("联席会议办公室", Sits::Office, Pinned::Same),
        ("县检察院", Sits::Member, Pinned::None),
        ("县法院", Sits::Member, Pinned::Own),
    ];
    assert_eq!(seats, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_said_is_refused_at_once() {
    let table = Table::start(2).await;
    let member = &table.members[0];
    let seat = member
        .node
        .enrol(&table.id, &table.members[1].node.node_key(), "经办");
    assert_eq!(seat.unwrap_err().code(), "conference_not_the_office");
    let founded = member.node.found_conference("会", "127.0.0.1:1", "经办");
    assert_eq!(founded.unwrap_err().code(), "conference_office_only");
    assert_eq!(member.node.conference(&table.id).unwrap().waiting, 0);
    // The same line once more: the first is on its way still, and yet counts.
    let (_, line) = table.says(0, 1, "函");
    let to = readers(member, &table.id, &line);
    let again = Some((Private::Items(vec![line]), to));
    let again = member.node.say(&table.id, Word::Items {}, again, "经办");
    assert_eq!(again.unwrap_err().code(), "conference_line_wrong");
    let ahead = member
        .node
        .with_conference_ahead(&table.id, |state| state.lines().count());
    let read = member
        .node
        .with_conference(&table.id, |state| state.lines().count());
    assert_eq!((ahead.unwrap(), read.unwrap()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_reads_up_to_that_and_no_further() {
    let table = Table::start(2).await;
    let leaver = &table.members[0];
    let left = Word::Left {
        member: Hex(leaver.node.node_key()),
        reason: Text::new("机构改革").unwrap(),
    };
    table.office().node.say(&table.id, left, None, "主任").unwrap();
    let at = table.head(table.office());
    let after = Word::Left {
        member: Hex(table.members[1].node.node_key()),
        reason: Text::new("撤并").unwrap(),
    };
    table.office().node.say(&table.id, after, None, "主任").unwrap();
    for _ in 0..2 {
        leaver.node.sync_conference(&table.id).await.unwrap();
        assert_eq!(table.head(leaver), at);
    }
}

/// Nobody but the keepers carries anything.
#[tokio::test(flavor = "multi_thread")]
async fn nodes_carry_the_record_by_themselves() {
    let mut table = Table::start(2).await;
    let mut often = surroundings();
    often.conference.pace_seconds = 1;
    often.conference.running_pace_seconds = 1;
    let mut members = Vec::new();
    for member in table.members.drain(..) {
        members.push(again_in(member, often.clone()).await);
    }
    table.members = members;
    table.introduce();
    let keepers: Vec<_> = table
        .members
        .iter()
        .map(|member| tokio::spawn(Arc::clone(&member.node).keep()))
        .collect();
    let (entry, _) = table.says(0, 1, "函");
    let patience = Instant::now();
    while table.head(&table.members[1]).seq < 4 {
        assert!(patience.elapsed() < Duration::from_secs(30), "it does not arrive");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let said = table.members[0].node.said(&table.id, &entry).unwrap();
    assert_eq!(said, Said::Placed(4));
    for keeper in keepers {
        keeper.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_while_the_office_is_away_arrives_once() {
    let mut table = Table::start(2).await;
    let office = table.closes_office().await;
    let said: Vec<_> = (0..3)
        .map(|at| {
            let line = line(&table.members[0], &table.members[1], &format!("函{at}"));
            say(&table.members[0], &table.id, line)
        })
        .collect();
    assert!(table.members[0].node.sync_conference(&table.id).await.is_err());
    // It is closed with all of it, and says it from its folder.
    let first = again(table.members.remove(0)).await;
    table.members.insert(0, first);
    table.opens_office(office).await;
    for _ in 0..2 {
        table.sync().await;
        assert_eq!(table.is_one().seq, 6);
    }
    let places: Vec<_> = said
        .iter()
        .map(|entry| table.members[0].node.said(&table.id, entry).unwrap())
        .collect();
    assert_eq!(places, [4, 5, 6].map(Said::Placed));
}
