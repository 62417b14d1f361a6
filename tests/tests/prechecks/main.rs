//! Checks before a payment, between whole nodes: the answering side cannot tell one person from twenty, the asking side
//! learns what a plain join says and no more, and neither keeps a number of anybody who was asked after.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod same;
mod silent;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use hefu_casework::precheck::{Authority, Checked, Intended, Request, Verdict, When};
use hefu_casework::{AgencyRole, Agreement, AidRecord, Hex, Month, Party, ProgrammeCode, Purpose, Text};
use hefu_fixtures::Agency;
use hefu_identity::{Kind, PersonKey, parse};
use hefu_node::precheck::{Answer, Precheck, read};
use hefu_node::{Node, Surroundings};
use hefu_store::{Role, RoundState};
use hefu_tests::bureau::{Bureau, agree, files, introduce, number, proposal, surroundings};
use hefu_tests::ferry::{by_files, carry};
use hefu_tests::proxy::Proxy;
use hefu_tests::search::{Searcher, forms_of_number};
use jiff::{Timestamp, ToSpan};
use serde_json::Value;

const CIVIL_AFFAIRS: &str = "县民政局";
const FEDERATION: &str = "县残疾人联合会";
const CASE_FILE: &str = "民低申〔2026〕第0731号";
const BATCH: u64 = 128;

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn month(number: i8) -> Month {
    Month::new(2026, number).unwrap()
}

fn intended(person: PersonKey, programme: &str, months: [i8; 2]) -> Intended {
    Intended {
        person,
        programme: ProgrammeCode::new(programme).unwrap(),
        when: When::Months {
            from: month(months[0]),
            until: month(months[1]),
        },
        case: None,
        cause: None,
    }
}

fn request(people: Vec<Intended>) -> Request {
    let authority = Authority::Consent {
        document: text("授权书〔2026〕第0731号"),
    };
    Request::new(people, authority, text(CASE_FILE)).unwrap()
}

/// Extreme poverty is meant for these invented people, from July to September.
fn of_people(people: impl IntoIterator<Item = u64>) -> Request {
    let key = |person| parse(Kind::Resident, &number(person)).unwrap().key;
    request(
        people
            .into_iter()
            .map(|person| intended(key(person), "extreme_poverty", [7, 9]))
            .collect(),
    )
}

fn agreement(number: &str, parties: [Party; 2], checks_a_day: u32) -> Agreement {
    let [mut own, peer] = parties;
    own.max_elements = BATCH;
    let mut agreement = proposal(Purpose::Precheck, number, [own, peer]);
    agreement.checks_a_day = Some(checks_a_day);
    agreement
}

/// Civil affairs, which has no register of anybody it asks after, and the federation, which pays persons 10 to 29.
struct Two {
    asking: Bureau,
    answering: Bureau,
    agreement: [u8; 32],
    dir: tempfile::TempDir,
}

impl Two {
    async fn start(asking: Surroundings, answering: Surroundings, checks_a_day: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let asking = Bureau::start(dir.path(), CIVIL_AFFAIRS, AgencyRole::CivilAffairs, asking).await;
        let answering =
            Bureau::start(dir.path(), FEDERATION, AgencyRole::DisabledFederation, answering).await;
        answering.pays("disabled_care", 10..30);
        introduce(&asking, &answering);
        let parties = [asking.party("extreme_poverty"), answering.party("disabled_care")];
        let agreement = agree(&asking, &answering, agreement("查重1号", parties, checks_a_day)).await;
        Self {
            asking,
            answering,
            agreement,
            dir,
        }
    }

    async fn usual() -> Self {
        Self::start(surroundings(), surroundings(), 20).await
    }

    async fn check(&self, people: impl IntoIterator<Item = u64>) -> Precheck {
        let check = self
            .asking
            .node
            .run_check(&[], of_people(people), "受理窗口")
            .await;
        self.asking
            .node
            .precheck_results(&check.unwrap(), "经办")
            .unwrap()
    }
}

/// What the only peer said of each person.
fn said(check: &Precheck) -> Vec<Checked> {
    let [peer] = &check.peers[..] else {
        panic!("one peer")
    };
    assert_eq!(peer.answer, Answer::Answered);
    peer.results.clone().unwrap()
}

fn verdicts(check: &Precheck) -> Vec<Verdict> {
    said(check).iter().map(|each| each.verdict).collect()
}

/// Twenty people of the county's registers, chosen by what they are, against a join written here.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_people_of_the_county_and_what_a_join_says_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let running = hefu::county::set_up(dir.path(), &surroundings(), &hefu_tests::agency::wording)
        .await
        .unwrap();
    let own = &running.nodes[&Agency::CivilAffairs];
    let peer = &running.nodes[&Agency::DisabledFederation];
    let programmes = [
        ["minimum_living", "extreme_poverty", "orphan", "injury_care"].as_slice(),
        ["disabled_living", "disabled_care"].as_slice(),
    ];
    let digest = running.agree_on_checks().unwrap();
    let [ours, theirs] = [(own, 0), (peer, 1)].map(|(node, side)| paid(node, programmes[side]));

    // 困难残疾人生活补贴, 重度残疾人护理补贴 beside 特困 (X3), 工伤护理 (X4), and the first of them beside orphans (X5).
    let broken = |programme: &str, other: &str| {
        matches!(
            (programme, other),
            ("extreme_poverty" | "injury_care", _) | ("orphan", "disabled_living")
        )
    };
    let months_of = |record: &AidRecord| -> BTreeSet<i8> {
        let months = record.period.months();
        (7..10)
            .filter(|number| months.from <= month(*number) && month(*number) < months.to)
            .collect()
    };
    let breaches = |person: &PersonKey, programme: &str, asked: &BTreeSet<i8>| -> BTreeSet<i8> {
        theirs
            .iter()
            .filter(|record| record.person == *person && broken(programme, record.programme.as_str()))
            .flat_map(&months_of)
            .filter(|month| asked.contains(month))
            .collect()
    };
    let listed = |person: &PersonKey| theirs.iter().any(|record| record.person == *person);

    // Whom to ask after: breaches, lawful overlaps, the same person in a month without one, and people on one list only.
    let (mut breaking, mut lawful, mut elsewhere, mut alone) = (vec![], vec![], vec![], vec![]);
    for record in &ours {
        let programme = record.programme.as_str();
        let months = months_of(record);
        let (Some(first), Some(last)) = (months.first(), months.last()) else {
            continue;
        };
        let meant = intended(record.person.clone(), programme, [*first, *last]);
        let met = breaches(&record.person, programme, &months);
        let all = breaches(&record.person, programme, &(7..10).collect());
        let free = (7..10).find(|month| !all.contains(month));
        if let Some(free) = free.filter(|_| !all.is_empty()) {
            elsewhere.push(intended(record.person.clone(), programme, [free, free]));
        }
        if !met.is_empty() {
            breaking.push(meant);
        } else if listed(&record.person) {
            lawful.push(meant);
        } else {
            alone.push(meant);
        }
    }
    let mut people: Vec<Intended> = Vec::new();
    for (some, count) in [(&breaking, 7), (&lawful, 7), (&elsewhere, 2), (&alone, 4)] {
        // A register may list one payment twice.
        let known = people.len();
        for meant in some {
            if people.len() < known + count && !people.contains(meant) {
                people.push(meant.clone());
            }
        }
        assert_eq!(people.len(), known + count, "the county has enough of each kind");
    }
    let expected: Vec<_> = people
        .iter()
        .map(|meant| {
            let When::Months { from, until } = meant.when else {
                panic!("months")
            };
            let asked = (from.month()..=until.month()).collect();
            breaches(&meant.person, meant.programme.as_str(), &asked)
        })
        .collect();
    assert_eq!(expected.iter().filter(|months| !months.is_empty()).count(), 7);

    let check = own
        .run_check(&[digest], request(people), "受理窗口")
        .await
        .unwrap();
    let check = own.precheck_results(&check, "经办").unwrap();
    for (said, expected) in said(&check).iter().zip(&expected) {
        let months: BTreeSet<i8> = said
            .hits
            .iter()
            .flat_map(|hit| hit.months.iter().map(|month| month.month()))
            .collect();
        assert_eq!(months, *expected, "person {}", said.person);
        let verdict = match expected.is_empty() {
            true => Verdict::NoRecord,
            false => Verdict::WouldBreak,
        };
        assert_eq!(said.verdict, verdict, "person {}", said.person);
    }
}

fn paid(node: &Arc<Node>, programmes: &[&str]) -> Vec<AidRecord> {
    let mut records = Vec::new();
    for dataset in node.store().datasets().unwrap() {
        node.store()
            .records(dataset.id, &mut |record| {
                if programmes.contains(&record.programme.as_str())
                    && record.status == hefu_casework::Status::Paid
                    && !record.is_recovery()
                {
                    records.push(record);
                }
                Ok::<_, hefu_store::Error>(())
            })
            .unwrap();
    }
    records
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_goes_on_after_a_cut_and_a_restart_and_enters_the_same() {
    let two = Two::usual().await;
    let proxy = Proxy::to(two.answering.card.address().to_owned()).await;
    let card = two.answering.card_at(&proxy.address.to_string());
    two.asking.node.add_peer(&card).unwrap();
    two.check([13]).await;
    let whole = proxy.passed();

    let node = &two.asking.node;
    let check = node
        .begin_check(&[two.agreement], of_people([12, 40]), "受理窗口")
        .await
        .unwrap();
    let round = node.precheck(&check).unwrap().peers[0].round;
    let error = node.precheck_results(&check, "经办").err().unwrap();
    assert_eq!(
        error.code(),
        "precheck_under_way",
        "what is awaited is not nothing"
    );
    proxy.cut_after(whole * 3 / 4);
    let cut = node.go_on(&round.0).await.err().unwrap();
    assert!(cut.can_go_on(), "{cut}");
    let begun = node.store().session(&round.0).unwrap().unwrap();
    assert!(begun.commit.is_some(), "all that it enters was sent");

    // A register comes in between that has one of them under another number; it is of a later time.
    let asking = two.asking.close().await.open(surroundings()).await;
    asking.pays("extreme_poverty", 0..5);
    let learned = asking.node.go_on(&round.0).await.unwrap();
    assert_eq!((learned.own_elements, learned.outcome.findings.len()), (BATCH, 0));
    let ended = asking.node.store().session(&round.0).unwrap().unwrap();
    assert_eq!((ended.open, ended.commit), (begun.open, begun.commit));
    let check = asking.node.precheck_results(&check, "经办").unwrap();
    assert_eq!(verdicts(&check), [Verdict::WouldBreak, Verdict::NoRecord]);
    assert!(asking.node.store().session_set(&round.0).unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_has_so_many_checks_and_the_next_one_calls_nobody() {
    let two = Two::start(surroundings(), surroundings(), 2).await;
    let left = |bureau: &Bureau| {
        let [today] = &bureau.node.checks_of_today().unwrap()[..] else {
            panic!("one agreement")
        };
        (today.asks, today.batch, today.limit - today.used)
    };
    assert_eq!(
        (left(&two.asking), left(&two.answering)),
        ((true, BATCH, 2), (false, BATCH, 2))
    );
    two.check([12]).await;
    two.check([13]).await;
    assert_eq!(
        (left(&two.asking), left(&two.answering)),
        ((true, BATCH, 0), (false, BATCH, 0))
    );
    let before = two.answering.node.store().head().unwrap();
    let rounds = two.asking.node.store().rounds().unwrap().len();
    let refused = two.asking.node.run_check(&[], of_people([14]), "受理窗口").await;
    assert_eq!(refused.err().unwrap().code(), "budget_checks_spent");
    assert_eq!(two.answering.node.store().head().unwrap(), before);
    assert_eq!(two.asking.node.store().rounds().unwrap().len(), rounds);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_or_is_not_agreed_on_is_refused_before_anybody_is_asked() {
    let two = Two::usual().await;
    let before = two.answering.node.store().head().unwrap();
    let node = &two.asking.node;
    let code = |result: hefu_node::Result<_>| result.err().unwrap().code();
    // Two people of three months each, where a check takes five elements: it says how many there are and how many fit.
    let key = |person| parse(Kind::Resident, &number(person)).unwrap().key;
    let mut narrow = agreement(
        "查重2号",
        [
            two.asking.party("extreme_poverty"),
            two.answering.party("disabled_care"),
        ],
        20,
    );
    narrow.parties[0].max_elements = 5;
    let narrow = agree(&two.asking, &two.answering, narrow).await;
    let asked = two.answering.node.store().head().unwrap();
    let error = node
        .run_check(&[narrow], of_people([1, 2]), "受理窗口")
        .await
        .err()
        .unwrap();
    assert_eq!(error.code(), "too_many_elements");
    assert_eq!(
        error.params(),
        [("elements", "6".to_owned()), ("max", "5".to_owned())]
    );
    // Of two agreements, one of which does not fit: none is asked.
    let both = node
        .run_check(&[two.agreement, narrow], of_people([1, 2]), "受理窗口")
        .await;
    assert_eq!(code(both), "too_many_elements");
    assert!(node.prechecks().unwrap().is_empty());
    // A programme that nobody agreed on; a round where checks were agreed on.
    let other = request(vec![intended(key(1), "orphan", [7, 7])]);
    assert_eq!(
        code(node.run_check(&[], other, "受理窗口").await),
        "precheck_no_agreement"
    );
    let round = node.run_round(&two.agreement).await;
    assert_eq!(round.err().unwrap().code(), "precheck_is_no_round");
    assert_eq!(two.answering.node.store().head().unwrap(), asked);
    assert_ne!(before, asked, "signing the second agreement was heard of");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agency_that_does_not_answer_is_not_said_to_have_nothing() {
    let two = Two::usual().await;
    let union = Bureau::start(two.dir.path(), "县总工会", AgencyRole::TradeUnion, surroundings()).await;
    union.pays("disabled_living", 40..50);
    introduce(&two.asking, &union);
    let parties = [
        two.asking.party("extreme_poverty"),
        union.party("disabled_living"),
    ];
    agree(&two.asking, &union, agreement("查重3号", parties, 20)).await;
    let away = union.close().await;

    let node = &two.asking.node;
    let check = node
        .run_check(&[], of_people([12, 41]), "受理窗口")
        .await
        .unwrap();
    let state = node.precheck(&check).unwrap();
    let answers: Vec<_> = state
        .peers
        .iter()
        .map(|peer| (peer.peer.as_str(), peer.answer))
        .collect();
    assert_eq!(
        answers,
        [("县总工会", Answer::Waiting), (FEDERATION, Answer::Answered)]
    );
    assert!(
        state.peers.iter().all(|peer| peer.results.is_none()),
        "nobody has asked for them"
    );
    assert_eq!(
        node.precheck_receipt(&check, "经办").err().unwrap().code(),
        "precheck_under_way"
    );
    node.cancel_round(&state.peers[0].round.0, "经办").await.unwrap();
    let ended = node.precheck_results(&check, "经办").unwrap();
    let [union, federation] = &ended.peers[..] else {
        panic!("two peers")
    };
    assert_eq!(union.answer, Answer::NotAnswered);
    assert_eq!(union.reason.as_deref(), Some("abort_cancelled"));
    assert!(union.results.is_none());
    assert_eq!(
        federation.results.as_ref().unwrap()[0].verdict,
        Verdict::WouldBreak
    );
    let receipt = read(&node.precheck_receipt(&check, "经办").unwrap())
        .unwrap()
        .precheck;
    assert!(!receipt.peers[0].answered && receipt.peers[0].receipt.is_none());
    for person in &receipt.people {
        assert_eq!(
            person.at[0].verdict, None,
            "nothing is said for who did not answer"
        );
    }
    drop(away);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_receipt_says_who_asked_of_whom_and_on_what_and_holds_by_itself() {
    let two = Two::usual().await;
    let node = &two.asking.node;
    let check = two.check([12, 40]).await;
    let first = node.precheck_receipt(&check.id, "归档").unwrap();
    let second = read(&node.precheck_receipt(&check.id, "归档").unwrap())
        .unwrap()
        .precheck;
    let receipt = read(&first).unwrap().precheck;
    assert_eq!((receipt.copy, second.copy), (1, 2));
    assert_eq!(
        (receipt.by.as_str(), receipt.asked_by.as_str()),
        (CIVIL_AFFAIRS, "受理窗口")
    );
    assert_eq!(receipt.case_file, CASE_FILE);
    assert!(
        matches!(&receipt.authority, Authority::Consent { document } if document.as_str() == "授权书〔2026〕第0731号")
    );
    assert_eq!(
        receipt.notices,
        [
            "不得仅凭比对结果停发或追缴。",
            "不得仅凭查重结果拒绝受理；是否受理、是否给付，由经办人核实后决定。"
        ]
    );
    let people: Vec<_> = receipt
        .people
        .iter()
        .map(|person| (person.person.clone(), person.at[0].verdict.unwrap()))
        .collect();
    let masked = |person| parse(Kind::Resident, &number(person)).unwrap().key.masked();
    assert_eq!(
        people,
        [(masked(12), Verdict::WouldBreak), (masked(40), Verdict::NoRecord)]
    );
    let looked: Vec<_> = second
        .looked
        .iter()
        .map(|entry| (entry.actor.as_str(), entry.kind.as_str()))
        .collect();
    assert_eq!(
        looked,
        [("经办", "precheck_seen"), ("归档", "precheck_receipt_made")]
    );
    let [peer] = &receipt.peers[..] else {
        panic!("one peer")
    };
    let answering = two
        .answering
        .newest_round(|round| round.state == RoundState::Done)
        .await;
    let there = two.answering.log_after(0).into_iter();
    let done = there
        .rev()
        .find(|entry| entry.kind == "round_done" && entry.body["round"] == Hex(answering.id).to_string());
    assert_eq!(
        done.unwrap().body["blinded"],
        peer.receipt.as_ref().unwrap().blinded.to_string(),
        "both have the same receipt"
    );
    // A byte anywhere.
    for at in (0..first.len()).step_by(97) {
        let mut changed = first.clone();
        changed[at] ^= 1;
        assert!(read(&changed).is_err(), "byte {at}");
    }
}

/// A check is no finding: what is asked of findings says so, rather than that there are none.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_has_no_findings_and_nobody_is_told_that_there_are_none() {
    let two = Two::usual().await;
    let check = two.check([12]).await;
    let round = check.peers[0].round;
    let node = &two.asking.node;
    assert!(node.store().findings(&round.0).unwrap().is_empty());
    let record = node.store().round(&round.0).unwrap().unwrap();
    assert_eq!((record.role, record.matched), (Role::Receiver, None));
    let report = node.report(&round.0, hefu_node::report::Form::Internal, "经办");
    assert_eq!(report.err().unwrap().code(), "precheck_has_no_findings");
}

#[tokio::test(flavor = "multi_thread")]
async fn by_files_a_check_is_one_round_more() {
    let two = Two::usual().await;
    let (asking, answering) = (&two.asking, &two.answering);
    by_files(asking, answering);
    let check = asking
        .node
        .run_check(&[], of_people([12, 40]), "受理窗口")
        .await
        .unwrap();
    assert!(asking.node.precheck(&check).unwrap().peers[0].by_files);
    while asking.node.precheck(&check).unwrap().is_waiting() {
        carry(asking, answering).await;
        carry(answering, asking).await;
    }
    let check = asking.node.precheck_results(&check, "经办").unwrap();
    assert_eq!(verdicts(&check), [Verdict::WouldBreak, Verdict::NoRecord]);
}

/// After it ended no number of those asked after is on either disk, in either log, or in what is given out; and when its
/// time is over, nothing of what it said.
#[tokio::test(flavor = "multi_thread")]
async fn numbers_are_nowhere_and_what_it_said_goes_when_its_time_is_over() {
    let two = Two::usual().await;
    // Who is not on the federation's roll is on no register at all.
    let check = two.check([12, 40, 41]).await;
    let receipt = two.asking.node.precheck_receipt(&check.id, "归档").unwrap();
    let mut searcher = Searcher::default();
    for person in [40, 41] {
        for (form, bytes) in forms_of_number(&number(person)) {
            searcher.add(form, &bytes);
        }
    }
    assert_eq!(searcher.find(&receipt), None);
    let nowhere = |folder: &Path| {
        let files = files(folder);
        assert!(files.len() > 3);
        for (path, bytes) in files {
            assert_eq!(searcher.find(&bytes), None, "{}", path.display());
        }
    };
    nowhere(two.asking.folder());
    nowhere(two.answering.folder());
    assert!(
        searcher.find(format!("x{}y", number(40)).as_bytes()).is_some(),
        "the search works"
    );
    // The case file and the authority stand in no log either.
    let log = format!("{:?}", two.asking.log_after(0));
    assert!(!log.contains(CASE_FILE) && !log.contains("授权书") && log.contains("precheck_begun"));

    let node = &two.asking.node;
    let days = |days: i64| Timestamp::now().checked_add((24 * days).hours()).unwrap();
    assert_eq!(node.delete_expired(days(364)).unwrap(), 0);
    assert_eq!(node.delete_expired(days(366)).unwrap(), 1);
    let gone = node.precheck(&check.id).unwrap();
    assert_eq!((gone.people, gone.peers[0].answer), (3, Answer::Deleted));
    assert!(gone.about.is_none());
    assert_eq!(
        node.precheck_receipt(&check.id, "归档").err().unwrap().code(),
        "precheck_was_deleted"
    );
    assert_eq!(node.delete_expired(days(400)).unwrap(), 0);
}
