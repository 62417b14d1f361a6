use hefu_tests::bureau::files;
use hefu_tests::search::{Searcher, forms_of_number};

use super::*;

/// Everything that the office has: its folder, its log, and each line that it could open.
fn of_the_office(meeting: &Meeting) -> Vec<Vec<u8>> {
    let mut all: Vec<_> = files(meeting.office.folder())
        .into_iter()
        .map(|(_, bytes)| bytes)
        .collect();
    for entry in meeting.office.log_after(0) {
        all.push(entry.body.to_string().into_bytes());
    }
    for line in meeting.lines(&meeting.office).values() {
        all.push(serde_json::to_vec(line).unwrap());
    }
    let state = meeting
        .office
        .node
        .with_conference(&meeting.id, |state| format!("{state:?}"));
    all.push(state.unwrap().into_bytes());
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn the_office_holds_nothing_by_which_a_line_could_be_joined_to_a_person() {
    let meeting = Meeting::begin().await;
    let [first, there] = meeting.round([7, 10], |receipt| receipt).await;
    act(&meeting.poor, &first, 10, &lawful());
    answered::referred(&meeting, 40);
    meeting.follow().await;

    let mut searcher = Searcher::default();
    for person in POOR.chain(DISABLED).chain([40]) {
        for (what, bytes) in forms_of_number(&number(person)) {
            searcher.add(what, &bytes);
        }
        for member in meeting.members() {
            searcher.add(
                "a person's digest",
                &member.node.store().person_digest(&key(person)),
            );
        }
    }
    for (member, round) in [(&meeting.poor, first), (&meeting.disabled, there)] {
        for finding in member.node.store().findings(&round).unwrap() {
            searcher.add("a finding's basis", &member.node.basis(&finding).0);
            searcher.add(
                "a finding's basis in hex",
                member.node.basis(&finding).to_string().as_bytes(),
            );
        }
        for line in member.node.store().lines(&meeting.id.0).unwrap().values() {
            searcher.add("a line's subject", &line.subject);
        }
    }
    for haystack in of_the_office(&meeting) {
        assert_eq!(searcher.find(&haystack), None);
    }
    // It does hold the lines, or there would be nothing to look at; and the search finds what is there.
    assert_eq!(meeting.lines(&meeting.office).len(), 2 * BOTH.count() + 1);
    let shown = serde_json::to_vec(
        &meeting
            .poor
            .node
            .basis(&meeting.poor.node.store().findings(&first).unwrap()[0]),
    )
    .unwrap();
    assert!(searcher.find(&shown).is_some());
}

/// With a copy of the owner's folder and all that the office has, and without what opens the vault.
#[tokio::test(flavor = "multi_thread")]
async fn the_join_needs_the_owner_s_vault() {
    let meeting = Meeting::begin().await;
    let [first, there] = meeting.round([7, 10], |receipt| receipt).await;
    meeting.follow().await;

    // In what was said lines stand by number, and that order has nothing of the order of the findings.
    for (member, round) in [(&meeting.poor, first), (&meeting.disabled, there)] {
        let in_order: Vec<Item> = BOTH
            .map(|person| {
                (
                    seq_of(member, &round, person),
                    meeting.line_of(member, person).item,
                )
            })
            .collect::<BTreeMap<_, _>>()
            .into_values()
            .collect();
        assert!(!in_order.is_sorted(), "ten random numbers in order");
    }
    // The two lines of one person, one of each agency, have nothing in common.
    let items = |member: &Bureau| {
        BOTH.map(|person| meeting.line_of(member, person).item)
            .collect::<Vec<_>>()
    };
    let (ours, theirs) = (items(&meeting.poor), items(&meeting.disabled));
    assert!(ours.iter().all(|item| !theirs.contains(item)));
    let rank = |items: &[Item]| {
        let mut sorted = items.to_vec();
        sorted.sort_unstable();
        items
            .iter()
            .map(|item| sorted.binary_search(item).unwrap())
            .collect::<Vec<_>>()
    };
    assert_ne!(rank(&ours), rank(&theirs));

    // What the folder has of a line, beside its number, is sealed or keyed: no id of a round, no number of a finding.
    let copy = meeting.dir.path().join("copy.db");
    meeting.poor.node.store().backup(&copy).unwrap();
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let mut searcher = Searcher::default();
    searcher.add("a round", &first);
    searcher.add("a round in hex", Hex(first).to_string().as_bytes());
    let lineage = meeting.annex;
    searcher.add("an annex", &lineage.0);
    searcher.add("an annex in hex", lineage.to_string().as_bytes());
    searcher.add("what stands in a place", b"\"finding\"");
    let mut rows = 0;
    for sql in [
        "SELECT CAST(item || known_by || subject || begun || coalesce(said, x'') AS BLOB) FROM conference_lines",
        "SELECT CAST(item || known_by || place AS BLOB) FROM conference_places",
    ] {
        let mut all = connection.prepare(sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
        for row in all.query_map([], row).unwrap() {
            assert_eq!(searcher.find(&row.unwrap()), None);
            rows += 1;
        }
    }
    assert_eq!(rows, 2 * BOTH.count());
    // A session and how many lines were made is all that the log has.
    for entry in meeting.poor.log_after(0) {
        let body = entry.body.to_string();
        for item in &ours {
            assert!(!body.contains(&item.to_string()), "{}", entry.kind);
        }
    }
}
