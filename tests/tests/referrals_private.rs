//! People referred by letters, between two nodes: the referrer learns what a plain join says of them and nothing of
//! anybody else, and the answering side's whole view is the same for any list of that length.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use hefu::county;
use hefu_casework::{
    AgencyRole, Feedback, FindingKind, LabelField, LabelTerms, Purpose, ReasonCode, ReferralState,
    label_bytes,
};
use hefu_fixtures::{SEED, expected};
use hefu_link::{Direction, Tap};
use hefu_node::{Export, Learned, Surroundings};
use hefu_psi::wire::Kind;
use hefu_store::RoundState;
use hefu_tests::agency::wording;
use hefu_tests::bureau::{Bureau, agree, introduce, number, proposal, surroundings};
use hefu_tests::search::Searcher;
use jiff::civil::Date;
use serde_json::Value;

const SENT: &str = include_str!("../../fixtures/mappings/referrals.toml");
const RECEIVED: &str = include_str!("../../fixtures/mappings/referrals_received.toml");
const LETTERS: usize = 200;

const PROCURATORATE: &str = "县人民检察院";
const CIVIL_AFFAIRS: &str = "县民政局";

/// The six outcomes, in the words of the register and as they are told.
const OUTCOMES: [(&str, ReferralState); 6] = [
    ("已签收", ReferralState::Acknowledged),
    ("已受理", ReferralState::Accepted),
    ("已救助", ReferralState::Helped),
    ("不予救助", ReferralState::Refused),
    ("已在享受", ReferralState::AlreadyHelped),
    ("查无此人", ReferralState::NotFound),
];

/// The county's registers, from the files to what is stored at the procuratorate.
#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_people_of_the_county_and_what_became_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let county = hefu_fixtures::generate(SEED, &dir.path().join("exports")).unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let referrer = start(PROCURATORATE, AgencyRole::Procuratorate).await;
    let answering = start(CIVIL_AFFAIRS, AgencyRole::CivilAffairs).await;
    for (bureau, dataset) in [(&referrer, "referrals"), (&answering, "referrals_received")] {
        let import = county
            .imports
            .iter()
            .find(|import| import.dataset == dataset)
            .unwrap();
        let mapping = std::fs::read_to_string(&import.mapping).unwrap();
        let export = Export {
            name: dataset.to_owned(),
            files: import.files.clone(),
            mapping: hefu_ingest::Mapping::parse(&mapping).unwrap(),
            wording: wording(),
        };
        tokio::task::block_in_place(|| bureau.node.import(export)).unwrap();
    }
    let agreement = agreement(&referrer, &answering).await;
    let learned = referrer.node.run_round(&agreement).await.unwrap();

    let mut found: Vec<_> = referrer
        .node
        .store()
        .findings(&learned.round)
        .unwrap()
        .iter()
        .map(shown)
        .collect();
    found.sort();
    let expected = &county::expectation().unwrap().rounds["referrals:procuratorate<-civil_affairs"].findings;
    assert_eq!(&found, expected);
    // The county has each outcome, and people of whom civil affairs has no letter.
    let states: BTreeSet<_> = found
        .iter()
        .map(|finding| finding.feedback.as_ref().map(|feedback| feedback.state.clone()))
        .collect();
    assert_eq!(states.len(), OUTCOMES.len() + 1);
    assert!(found.len() >= LETTERS, "{}", found.len());
}

fn shown(finding: &hefu_casework::Finding) -> expected::Finding {
    expected::Finding {
        rows: finding
            .rows
            .iter()
            .map(|row| expected::Row {
                dataset: "referrals".into(),
                file: row.file,
                sheet: row.sheet,
                row: row.row,
            })
            .collect(),
        rule: None,
        kind: finding.kind.code().into(),
        months: finding.months.iter().map(ToString::to_string).collect(),
        changeover: Vec::new(),
        to_verify_fen: None,
        name: None,
        care: expected::Care {
            protected: finding.care.protected,
            minor: finding.care.minor.code().into(),
            disabled: finding.care.disabled.code().into(),
        },
        feedback: finding.feedback.map(|feedback| expected::Feedback {
            state: feedback.state.code().into(),
            date: feedback.date.map(|date| date.to_string()),
            reason: feedback.reason.map(|reason| reason.code().into()),
        }),
    }
}

/// One row of a register of letters: the person, and the agency at the letter's other end.
type Row = (u64, &'static str);

/// Whom the procuratorate refers to civil affairs in one list and in another, always so many; 150 of the first and 30
/// of the second are known there. Beside them those whom it refers to somebody else.
fn list(people: std::ops::Range<u64>) -> Vec<Row> {
    let to_civil_affairs = people.chain(BY_THE_COURT).map(|person| (person, CIVIL_AFFAIRS));
    let to_others = TO_THE_FEDERATION.map(|person| (person, "县残疾人联合会"));
    to_civil_affairs.chain(to_others).collect()
}

const FIRST: std::ops::Range<u64> = 0..190;
const SECOND: std::ops::Range<u64> = 120..310;
const KNOWN: std::ops::Range<u64> = 0..150;
/// They stand on civil affairs' register too, under a letter of the same number that came from the court.
const BY_THE_COURT: std::ops::Range<u64> = 3_000..3_010;
/// They stand on civil affairs' register too, under the procuratorate's letter, which went to the federation.
const TO_THE_FEDERATION: std::ops::Range<u64> = 2_000..2_020;

/// What civil affairs has on record, always the same.
fn answers() -> Vec<Row> {
    let ours = KNOWN
        .chain(TO_THE_FEDERATION)
        .map(|person| (person, PROCURATORATE));
    ours.chain(BY_THE_COURT.map(|person| (person, "县人民法院")))
        .collect()
}

fn letter(person: u64) -> String {
    format!("合检救助移〔2026〕{}号", person + 1)
}

fn answer(person: u64) -> Feedback {
    let (_, state) = OUTCOMES[person as usize % OUTCOMES.len()];
    Feedback {
        date: Some(day(person)),
        state,
        reason: (state == ReferralState::Refused).then_some(ReasonCode::Income),
    }
}

fn day(person: u64) -> Date {
    Date::new(2026, 9, 1 + (person % 28) as i8).unwrap()
}

fn register_of_letters_sent(rows: &[Row]) -> String {
    let rows = rows.iter().map(|(person, to)| {
        let (number, letter) = (number(*person), letter(*person));
        format!("{letter},某某某,{number},2026-08-03,{to},已移送\n")
    });
    std::iter::once("移送函号,被救助人,身份证号码,移送日期,接收单位,状态\n".to_owned())
        .chain(rows)
        .collect()
}

fn register_of_letters_received() -> String {
    let rows = answers().into_iter().map(|(person, from)| {
        let (number, letter, day) = (number(person), letter(person), day(person));
        let (words, state) = OUTCOMES[person as usize % OUTCOMES.len()];
        let why = if state == ReferralState::Refused {
            "家庭收入超标"
        } else {
            ""
        };
        format!("{letter},{from},某某某,{number},2026-08-05,{words},{day},{why}\n")
    });
    std::iter::once("函号,移送单位,姓名,公民身份号码,收函日期,办理结果,反馈日期,不予救助原因\n".to_owned())
        .chain(rows)
        .collect()
}

/// By row of the register of letters sent, what is said of it: a plain join over letter, person and both agencies.
fn joined(list: &[Row]) -> BTreeMap<u64, Option<Feedback>> {
    let known: BTreeSet<u64> = answers()
        .into_iter()
        .filter(|(_, from)| *from == PROCURATORATE)
        .map(|(person, _)| person)
        .collect();
    (2..)
        .zip(list)
        .filter(|(_, (_, to))| *to == CIVIL_AFFAIRS)
        .map(|(row, (person, _))| (row, known.contains(person).then(|| answer(*person))))
        .collect()
}

async fn agreement(referrer: &Bureau, answering: &Bureau) -> [u8; 32] {
    introduce(referrer, answering);
    let parties = [
        referrer.party("referral_sent"),
        answering.party("referral_received"),
    ];
    agree(referrer, answering, proposal(Purpose::Referrals, "1号", parties)).await
}

/// Frames with their kinds.
type Frames = Vec<(u8, Vec<u8>)>;

/// Every frame that comes in and that goes out, after decryption and before encryption.
#[derive(Default)]
struct Seen {
    received: Mutex<Frames>,
    sent: Mutex<Frames>,
}

impl Tap for Seen {
    fn frame(&self, direction: Direction, _: &str, kind: u8, payload: &[u8]) {
        let frames = match direction {
            Direction::Received => &self.received,
            Direction::Sent => &self.sent,
        };
        frames.lock().unwrap().push((kind, payload.to_vec()));
    }
}

impl Seen {
    fn take(&self) -> Frames {
        let both = [&self.received, &self.sent].map(|frames| std::mem::take(&mut *frames.lock().unwrap()));
        both.concat()
    }
}

/// All that the answering side has of a round: frames, in the order of each direction; its log; its records of the
/// round and the session.
struct View {
    frames: Frames,
    log: Vec<(String, String, Value)>,
    records: Vec<String>,
}

/// A round over this list between two fresh nodes.
async fn run(list: &[Row]) -> (Learned, View) {
    let dir = tempfile::tempdir().unwrap();
    let seen = Arc::new(Seen::default());
    let watched = Surroundings {
        tap: Some(seen.clone()),
        ..surroundings()
    };
    let referrer = Bureau::start(
        dir.path(),
        PROCURATORATE,
        AgencyRole::Procuratorate,
        surroundings(),
    )
    .await;
    let answering = Bureau::start(dir.path(), CIVIL_AFFAIRS, AgencyRole::CivilAffairs, watched).await;
    referrer.import("移送台账", SENT, &register_of_letters_sent(list));
    answering.import("移送接收台账", RECEIVED, &register_of_letters_received());
    let agreement = agreement(&referrer, &answering).await;
    let before = answering.node.store().head().unwrap().seq;
    seen.take();

    let learned = referrer.node.run_round(&agreement).await.unwrap();
    // Traffic is noted last.
    let round = answering
        .newest_round(|round| round.state == RoundState::Done && round.bytes_in > 0)
        .await;
    let session = answering.node.store().session(&round.id).unwrap().unwrap();
    let log = answering.log_after(before).into_iter();
    let records = [
        format!("{:?} {:?} {:?}", round.role, round.state, round.datasets),
        format!(
            "{:?} {:?} {:?}",
            round.own_elements, round.peer_elements, round.matched
        ),
        format!(
            "{} {} {:?} {:?}",
            round.bytes_in, round.bytes_out, round.error, round.reason
        ),
        format!("{} {:?}", session.open.len(), session.end),
        format!("{:?}", session.accept.map(|bytes| bytes.len())),
        format!("{:?}", session.commit.map(|bytes| bytes.len())),
        format!("{:?}", session.receipt.map(|bytes| bytes.len())),
        format!("{:?}", session.peer_receipt.map(|bytes| bytes.len())),
        format!(
            "{:?}",
            answering
                .node
                .store()
                .debits(0, 10)
                .unwrap()
                .iter()
                .map(|debit| debit.elements)
                .collect::<Vec<_>>()
        ),
    ];
    let view = View {
        frames: seen.take(),
        log: log
            .map(|entry| (entry.kind, entry.actor, shape(&entry.body)))
            .collect(),
        records: records.to_vec(),
    };
    (learned, view)
}

/// Hexadecimal digits stand for their number: keys, digests and signatures are other ones each time.
fn shape(body: &Value) -> Value {
    match body {
        Value::String(text) if text.len() >= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            format!("{} digits", text.len()).into()
        }
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), shape(value)));
            Value::Object(fields.collect())
        }
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_referrer_learns_of_its_own_letters_alone() {
    for (people, answered) in [(FIRST, 150), (SECOND, 30)] {
        let list = list(people);
        let (learned, view) = run(&list).await;
        let expected = joined(&list);
        assert_eq!(expected.len(), LETTERS);
        assert_eq!(expected.values().flatten().count(), answered);

        let findings = &learned.outcome.findings;
        let found: BTreeMap<u64, Option<Feedback>> = findings
            .iter()
            .map(|finding| (finding.rows[0].row, finding.feedback))
            .collect();
        assert_eq!(found, expected, "row by row");
        assert_eq!(findings.len(), LETTERS);
        for finding in findings {
            let row = &list[finding.rows[0].row as usize - 2];
            assert_eq!(finding.rows.len(), 1);
            assert_eq!(finding.person.canonical(), number(row.0).as_bytes());
            let kind = match finding.feedback {
                Some(_) => FindingKind::Referral,
                None => FindingKind::NoFeedback,
            };
            assert_eq!(finding.kind, kind);
        }
        // Letters to others are entered by neither side, so that none of them could meet.
        assert_eq!(learned.own_elements, LETTERS as u64);
        assert_eq!(
            learned.peer_elements,
            KNOWN.count() as u64 + TO_THE_FEDERATION.count() as u64,
            "the court's letters are not its business"
        );

        // No answer crosses the line in clear, not even one that the referrer may read.
        let terms = LabelTerms {
            fields: vec![LabelField::State, LabelField::Date, LabelField::Reason],
            max_bytes: 32,
        };
        let mut searcher = Searcher::default();
        for (person, _) in answers() {
            searcher.add("a label", &label_bytes(&terms, &answer(person)));
        }
        for (kind, payload) in &view.frames {
            assert_eq!(searcher.find(payload), None, "in a frame of kind {kind}");
        }
        let mut planted = view.frames.last().unwrap().1.clone();
        planted.extend(label_bytes(&terms, &answer(7)));
        assert!(searcher.find(&planted).is_some(), "the search works");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answering_side_cannot_tell_one_list_from_another() {
    let mut same = Vec::new();
    for _ in 0..4 {
        same.push(run(&list(FIRST)).await.1);
    }
    let (learned, other) = run(&list(SECOND)).await;
    assert_eq!(learned.own_elements, LETTERS as u64);

    let lengths = |view: &View| -> Vec<(u8, usize)> {
        view.frames
            .iter()
            .map(|(kind, payload)| (*kind, payload.len()))
            .collect()
    };
    let first = &same[0];
    for view in same.iter().chain([&other]) {
        assert_eq!(lengths(view), lengths(first));
        assert_eq!(view.log, first.log);
        assert_eq!(view.records, first.records);
    }
    assert!(
        first.log.len() >= 3 && first.frames.len() >= 8,
        "{:?}",
        lengths(first)
    );
    // A byte that four rounds over one list have in common is not left to chance (one in 2^24 would be, of random
    // ones), and the round over the other list has it too.
    let (mut common, mut random) = (0, 0);
    for (index, (kind, payload)) in first.frames.iter().enumerate() {
        if *kind == Kind::Tags as u8 {
            // Its own, and sorted: the first byte of a tag is close to its rank, and often the same by chance.
            continue;
        }
        for (at, byte) in payload.iter().enumerate() {
            if same.iter().all(|view| view.frames[index].1[at] == *byte) {
                common += 1;
                let there = other.frames[index].1[at];
                assert_eq!(there, *byte, "byte {at} of frame {index}, kind {kind}");
            } else {
                random += 1;
            }
        }
    }
    assert!(
        common > 50 && random > 64 * LETTERS,
        "{common} in common, {random} by chance"
    );
}

/// A longer list is told apart, so the comparison above can fail.
#[tokio::test(flavor = "multi_thread")]
async fn the_length_of_a_list_shows() {
    let (_, one) = run(&list(FIRST)).await;
    let (learned, other) = run(&list(0..191)).await;
    assert_eq!(learned.own_elements, LETTERS as u64 + 1);
    assert_ne!(one.records, other.records);
    let bytes = |view: &View| {
        view.frames
            .iter()
            .map(|(_, payload)| payload.len())
            .sum::<usize>()
    };
    assert_ne!(bytes(&one), bytes(&other));
}
