//! The text of a conference among whole nodes: drafted by the office, signed by whom it binds, never against one's own
//! policy; and lines that come onto the ledger from a workbook.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

use hefu_casework::conference::{Escalation, Fault, FrameworkDraft, ItemState, Line};
use hefu_casework::{Hex, LocalPolicy, PolicyBreach};
use hefu_node::{Error, Surroundings};
use hefu_tests::agency::days_from_today;
use hefu_tests::bureau::surroundings;
use hefu_tests::conference::{MEMBERS, Table, line};

const PROCURATORATE: usize = 1;
const CIVIL_AFFAIRS: usize = 2;
const FEDERATION: usize = 3;

/// The sample with the names of these members, valid from today.
fn draft() -> String {
    include_str!("../../crates/hefu/samples/framework.toml")
        .replace("县人民法院", "县法院")
        .replace("县人民检察院", "县检察院")
        .replace("县残疾人联合会", "县残联")
        .replace("2026-10-01", &days_from_today(0).to_string())
        .replace("2027-09-30", &days_from_today(300).to_string())
}

fn drafted(table: &Table, text: &str, amends: Option<&Hex<32>>) -> Result<Hex<32>, Error> {
    let draft = FrameworkDraft::parse(text).unwrap();
    table
        .office()
        .node
        .draft_framework(&table.id, draft, amends, "主任")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_binds_who_signs_it_and_nobody_signs_against_their_policy() {
    let mut table = Table::start(MEMBERS.len()).await;
    // The federation lets nobody have more than it says here: the first annex asks for 50,000.
    let closed = table.members.remove(FEDERATION).close().await;
    let strict = Surroundings {
        policy: LocalPolicy {
            max_own_elements: 1_000,
            ..LocalPolicy::default()
        },
        ..surroundings()
    };
    table.members.push(closed.open(strict).await);
    table.introduce();

    let text = drafted(&table, &draft(), None).unwrap();
    table.sync().await;
    let id = table.id;
    for at in [PROCURATORATE, CIVIL_AFFAIRS] {
        table.members[at].node.sign_framework(&id, &text, "经办").unwrap();
    }
    let federation = &table.members[FEDERATION].node;
    let refused = federation.sign_framework(&id, &text, "经办");
    let Err(Error::Breach(PolicyBreach {
        field,
        asked,
        allowed,
    })) = refused
    else {
        panic!("signed against its own policy")
    };
    assert_eq!(
        (field, asked.as_str(), allowed.as_str()),
        ("max_own_elements", "50000", "1000")
    );
    let shown = federation.edition(&id, &text, |_, edition| {
        let annexes = edition.framework.annexes.iter();
        annexes
            .map(|annex| federation.annex_breach(&annex.agreement).is_some())
            .collect::<Vec<_>>()
    });
    // It has no part in the second.
    assert_eq!(shown.unwrap(), [true, false]);
    federation
        .refuse_framework(&id, &text, "数量超出本单位规定", "经办")
        .unwrap();
    let scan = Hex([0x5c; 32]);
    let civil = &table.members[CIVIL_AFFAIRS].node;
    civil
        .stamp_framework(&id, &text, "县民〔2026〕8号", scan, "经办")
        .unwrap();
    // The court has not signed: its paper is nobody's word. Whoever has refused, has.
    let early = table.members[0]
        .node
        .stamp_framework(&id, &text, "县法〔2026〕8号", scan, "经办");
    assert!(
        matches!(early, Err(Error::Conference(Fault::FrameworkNotOpen))),
        "{early:?}"
    );
    let changed = table.members[FEDERATION].node.sign_framework(&id, &text, "经办");
    assert!(changed.is_err());
    table.sync().await;
    table.sync().await;
    table.is_one();
    let keys: Vec<_> = table
        .members
        .iter()
        .map(|member| Hex(member.node.node_key()))
        .collect();
    for node in table
        .members
        .iter()
        .map(|member| &member.node)
        .chain([&table.office().node])
    {
        node.edition(&id, &text, |state, edition| {
            assert!(
                edition
                    .signed
                    .keys()
                    .all(|key| [keys[PROCURATORATE], keys[CIVIL_AFFAIRS]].contains(key))
            );
            assert_eq!(edition.signed.len(), 2);
            assert_eq!(edition.refused[&keys[FEDERATION]].as_str(), "数量超出本单位规定");
            let stamp = &edition.stamped[&keys[CIVIL_AFFAIRS]];
            assert_eq!((stamp.document.as_str(), stamp.scan), ("县民〔2026〕8号", scan));
            assert_eq!(state.in_force(days_from_today(0)).unwrap().digest, text);
        })
        .unwrap();
    }

    // An amendment is the next edition of it, and is signed anew.
    let less = draft().replace("50_000", "1_000");
    let amended = drafted(&table, &less, Some(&text)).unwrap();
    table.sync().await;
    table.members[FEDERATION]
        .node
        .sign_framework(&id, &amended, "经办")
        .unwrap();
    table.members[FEDERATION]
        .node
        .edition(&id, &amended, |_, edition| {
            assert_eq!(
                (edition.framework.edition, edition.framework.amends),
                (2, Some(text))
            );
            assert_eq!(edition.signed.len(), 1);
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_office_drafts_and_only_for_its_members() {
    let table = Table::start(MEMBERS.len()).await;
    let draft_of = |text: &str| FrameworkDraft::parse(text).unwrap();
    let member = &table.members[0].node;
    let refused = member.draft_framework(&table.id, draft_of(&draft()), None, "经办");
    assert_eq!(refused.unwrap_err().code(), "conference_office_only");
    for (from, to) in [
        ("members = [\"县检察院\"", "members = [\"县医保局\""),
        ("name = \"县残联\"", "name = \"县教育局\""),
        ("smallest = 5", "smallest = 2"),
        ("day = 5", "day = 29"),
        ("purpose = \"referrals\"", "purpose = \"statistics\""),
        ("until = \"2027-06\"", "until = \"2026-01\""),
    ] {
        let wrong = draft().replace(from, to);
        assert_ne!(wrong, draft(), "{to}");
        assert!(drafted(&table, &wrong, None).is_err(), "{to}");
    }
    let unknown = drafted(&table, &draft(), Some(&Hex([9; 32])));
    assert_eq!(unknown.unwrap_err().code(), "node_missing");
    drafted(&table, &draft(), None).unwrap();
    // Twice the same text is one.
    assert!(matches!(
        drafted(&table, &draft(), None),
        Err(Error::Conference(Fault::SaidBefore))
    ));
}

/// The office brings in what there was before; the owner goes on with it, as many lines at once as there are.
#[tokio::test(flavor = "multi_thread")]
async fn lines_of_a_workbook_come_onto_the_ledger_of_whom_they_concern() {
    let table = Table::start(MEMBERS.len()).await;
    let id = table.id;
    let members = &table.members;
    let mut old = Vec::new();
    for number in 0..520 {
        old.push(line(&members[0], &members[1], &format!("旧〔2025〕{number}号")));
    }
    old.push(line(&members[2], &members[3], "旧〔2025〕521号"));
    tokio::task::block_in_place(|| table.office().node.put_lines(&id, old.clone(), "主任")).unwrap();
    table.sync().await;
    let read = |at: usize| {
        members[at]
            .node
            .with_conference(&id, |state| state.lines().count())
            .unwrap()
    };
    assert_eq!([0, 1, 2, 3].map(read), [520, 520, 1, 1]);

    let changed: Vec<_> = old[..510]
        .iter()
        .map(|line| Line {
            state: ItemState::UnderWay,
            due: Some(days_from_today(30)),
            revision: 2,
            ..line.clone()
        })
        .collect();
    tokio::task::block_in_place(|| members[0].node.put_lines(&id, changed.clone(), "经办")).unwrap();
    // What is not its own, nobody takes.
    let escalated = Line {
        escalation: Escalation::Reminded,
        revision: 2,
        ..old[515].clone()
    };
    let refused = tokio::task::block_in_place(|| members[0].node.put_lines(&id, vec![escalated], "经办"));
    assert!(
        matches!(refused, Err(Error::Conference(Fault::LineWrong))),
        "{refused:?}"
    );
    table.sync().await;
    table.sync().await;
    for node in [&members[0].node, &members[1].node, &table.office().node] {
        let stands = node.with_conference(&id, |state| {
            let is = |line: &Line| state.line(&line.item, &line.from) == Some(line);
            (changed.iter().all(is), old[510..520].iter().all(is))
        });
        assert_eq!(stands.unwrap(), (true, true));
    }
}
