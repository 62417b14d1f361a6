//! Two hundred people sent on from one agency to another around a public holiday, from the ledger over the registers and
//! a round to the ledger: what is recorded, what is left to people, and what is late on which day.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod ledger;

use std::collections::BTreeMap;

use hefu_casework::calendar::{Calendar, DayUnit, Deadline};
use hefu_casework::matter::{Act, Direction, Event, Matter, Opening};
use hefu_casework::transfer::{self, Answer, Office, Paper, Stage, Trigger};
use hefu_casework::{AgencyRole, Place, Purpose, ReasonCode, Text};
use hefu_identity::Kind;
use hefu_node::matter::{Confirmation, Person};
use hefu_tests::bureau::{Bureau, agree, introduce, number, proposal, surroundings};
use jiff::civil::{Date, Weekday, date};
use jiff::{Timestamp, ToSpan};

const SENT: &str = include_str!("../../../fixtures/mappings/referrals.toml");
const RECEIVED: &str = include_str!("../../../fixtures/mappings/referrals_received.toml");

const PROCURATORATE: &str = "县人民检察院";
const CIVIL_AFFAIRS: &str = "县民政局";

const PEOPLE: u64 = 200;

/// On civil affairs' imported register.
const IMPORTED: std::ops::Range<u64> = 0..170;
/// In civil affairs' ledger: ten of them stand on the imported register too, with an earlier answer.
const KEPT_THERE: std::ops::Range<u64> = 160..180;
/// Answered to the procuratorate by telephone before: 查无此人, on the day of sending.
const TOLD_BEFORE: std::ops::Range<u64> = 150..156;
/// Acknowledged later, as the procuratorate has it, than civil affairs says that it answered.
const ACKNOWLEDGED_LATE: std::ops::Range<u64> = 157..159;
/// On both imported registers, and in no ledger.
const NOT_IN_THE_LEDGER: u64 = 500;

fn day(month: i8, day: i8) -> Date {
    date(2026, month, day)
}

/// The days of sending, before National Day, and of what was told, around it.
fn sent_on(person: u64) -> Date {
    let days = [
        day(9, 14),
        day(9, 18),
        day(9, 21),
        day(9, 24),
        day(9, 28),
        day(9, 29),
        day(9, 30),
    ];
    days[person as usize % days.len()]
}

fn told_on(person: u64) -> Date {
    let days = [day(9, 30), day(10, 8), day(10, 9), day(10, 10), day(10, 12)];
    days[person as usize % days.len()]
}

/// The day on which civil affairs answered in its own ledger: later than anything that its register says.
fn answered_there() -> Date {
    day(10, 13)
}

/// Copied from 国办发明电〔2025〕7号: rest from 25 to 27 September and from 1 to 7 October, work on Sunday 20 September and
/// Saturday 10 October.
fn is_worked(on: Date) -> bool {
    let rests = (day(9, 25) <= on && on <= day(9, 27)) || (day(10, 1) <= on && on <= day(10, 7));
    let exchanged = on == day(9, 20) || on == day(10, 10);
    let weekend = matches!(on.weekday(), Weekday::Saturday | Weekday::Sunday);
    exchanged || !(rests || weekend)
}

/// The fifth day of work after this one.
fn five_after(mut on: Date) -> Date {
    let mut left = 5;
    while left > 0 {
        on = on.checked_add(1.day()).unwrap();
        left -= i32::from(is_worked(on));
    }
    on
}

/// What the register says: words, and what is awaited after it.
const OUTCOMES: [(&str, &str); 6] = [
    ("已签收", "awaited_answer"),
    ("已受理", "awaited_feedback"),
    ("已救助", "awaited_visit"),
    ("不予救助", "awaited_feedback"),
    ("已在享受", "awaited_feedback"),
    ("查无此人", "awaited_feedback"),
];

fn outcome(person: u64) -> (&'static str, &'static str) {
    OUTCOMES[person as usize % OUTCOMES.len()]
}

/// What each transfer waits for after the round, and until when.
fn expected(person: u64) -> (&'static str, Date) {
    if TOLD_BEFORE.contains(&person) {
        return ("awaited_feedback", five_after(sent_on(person)));
    }
    if ACKNOWLEDGED_LATE.contains(&person) {
        return ("awaited_answer", five_after(day(10, 12)));
    }
    if KEPT_THERE.contains(&person) {
        return ("awaited_feedback", five_after(answered_there()));
    }
    if IMPORTED.contains(&person) {
        return (outcome(person).1, five_after(told_on(person)));
    }
    // Nothing is known of it there.
    ("awaited_acknowledgement", five_after(sent_on(person)))
}

/// What is late on a day, by number.
fn late_on(on: Date) -> Vec<(String, &'static str, Date)> {
    let all = (0..PEOPLE).map(|person| (person, expected(person)));
    let mut late: Vec<_> = all
        .filter(|(_, (_, until))| *until < on)
        .map(|(person, (awaited, until))| (ledger_number(person), awaited, until))
        .collect();
    late.sort();
    late
}

fn ledger_number(person: u64) -> String {
    format!("合检移〔2026〕{person}号")
}

fn letter(person: u64) -> String {
    format!("合检救助移〔2026〕{}号", person + 1)
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn event(on: Date, act: transfer::Act) -> Event {
    Event {
        at: Timestamp::now(),
        by: text("王科长"),
        on,
        act: Act::Transfer(act),
    }
}

fn five(on: Date) -> Deadline {
    Calendar::national().deadline(on, 5, DayUnit::Working).unwrap()
}

fn opening(number: &str, on: Date) -> Opening {
    let office = |name, role| Office {
        name: text(name),
        role,
        place: Place::new("290101").unwrap(),
    };
    Opening::Transfer(transfer::Opening {
        number: text(number),
        on,
        trigger: Trigger::StillPoor,
        from: office(PROCURATORATE, AgencyRole::Procuratorate),
        to: office(CIVIL_AFFAIRS, AgencyRole::CivilAffairs),
        via: None,
    })
}

/// The three documents and the letter, all of one day.
fn sent(person: u64) -> Vec<Event> {
    let on = sent_on(person);
    let papers = [Paper::CaseFacts, Paper::AidGiven, Paper::Recommendation];
    let filed = papers.map(|paper| transfer::Act::Filed {
        paper,
        document: text("附件"),
    });
    let sent = transfer::Act::Sent {
        letter: text(&letter(person)),
        due: five(on),
    };
    filed
        .into_iter()
        .chain([sent])
        .map(|act| event(on, act))
        .collect()
}

fn person(person: u64) -> Person {
    let parsed = hefu_identity::parse(Kind::Resident, &number(person)).unwrap();
    Person::of_number(parsed.key)
}

/// The procuratorate's ledger; a snapshot of its letters stands beside an imported register.
fn send_all(referrer: &Bureau) {
    for each in 0..PEOPLE {
        let mut events = sent(each);
        let on = sent_on(each);
        if TOLD_BEFORE.contains(&each) {
            let due = five(on);
            let answer = Answer::NotFound {};
            events.push(event(on, transfer::Act::Acknowledged { due }));
            events.push(event(on, transfer::Act::Answered { answer, due }));
        }
        if ACKNOWLEDGED_LATE.contains(&each) {
            let (on, due) = (day(10, 12), five(day(10, 12)));
            events.push(event(on, transfer::Act::Acknowledged { due }));
        }
        let opening = opening(&ledger_number(each), on);
        let node = &referrer.node;
        node.open_matter(&person(each), Direction::Own, opening, events, "王科长")
            .unwrap();
    }
    referrer.node.register_matters("王科长").unwrap();
    let register = format!(
        "移送函号,被救助人,身份证号码,移送日期,接收单位,状态\n{},某某某,{},2026-09-14,{CIVIL_AFFAIRS},已移送\n",
        letter(NOT_IN_THE_LEDGER),
        number(NOT_IN_THE_LEDGER),
    );
    referrer.import("移送台账", SENT, &register);
}

/// Civil affairs' imported register and ledger.
fn receive_all(answering: &Bureau) {
    let rows = IMPORTED.chain([NOT_IN_THE_LEDGER]).map(|each| {
        let (number, letter, day, words) = (number(each), letter(each), told_on(each), outcome(each).0);
        let why = if words == "不予救助" {
            "家庭收入超标"
        } else {
            ""
        };
        format!("{letter},{PROCURATORATE},某某某,{number},2026-09-30,{words},{day},{why}\n")
    });
    let register: String = std::iter::once(
        "函号,移送单位,姓名,公民身份号码,收函日期,办理结果,反馈日期,不予救助原因\n".to_owned(),
    )
    .chain(rows)
    .collect();
    answering.import("移送接收台账", RECEIVED, &register);
    for each in KEPT_THERE {
        let (on, answered) = (sent_on(each), answered_there());
        let mut events = sent(each);
        events.push(event(on, transfer::Act::Acknowledged { due: five(on) }));
        let answer = Answer::Refused {
            reason: ReasonCode::Property,
        };
        let due = five(answered);
        events.push(event(answered, transfer::Act::Answered { answer, due }));
        let opening = opening(&format!("合民收〔2026〕{each}号"), on);
        let node = &answering.node;
        node.open_matter(&person(each), Direction::Received, opening, events, "李股长")
            .unwrap();
    }
    answering.node.register_matters("李股长").unwrap();
}

/// Why what does not fit does not, by the transfer's number.
fn unfit(confirmation: &Confirmation) -> BTreeMap<Option<String>, &'static str> {
    let each = |unfit: &hefu_node::matter::Unfit| (unfit.number.clone(), unfit.why);
    let unfit_ones: BTreeMap<_, _> = confirmation.unfit.iter().map(each).collect();
    assert_eq!(unfit_ones.len(), confirmation.unfit.len(), "one line each");
    unfit_ones
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_people_and_what_is_late_across_national_day() {
    let dir = tempfile::tempdir().unwrap();
    let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
    let referrer = start(PROCURATORATE, AgencyRole::Procuratorate).await;
    let answering = start(CIVIL_AFFAIRS, AgencyRole::CivilAffairs).await;
    tokio::task::block_in_place(|| {
        send_all(&referrer);
        receive_all(&answering);
    });
    introduce(&referrer, &answering);
    let parties = [
        referrer.party("referral_sent"),
        answering.party("referral_received"),
    ];
    let agreement = agree(
        &referrer,
        &answering,
        proposal(Purpose::Referrals, "1号", parties),
    )
    .await;
    let learned = referrer.node.run_round(&agreement).await.unwrap();
    assert_eq!(learned.outcome.findings.len() as u64, PEOPLE + 1);

    let node = &referrer.node;
    let confirmation = node.confirm_referrals(&learned.round, 5, "王科长").unwrap();
    let mut why: BTreeMap<_, _> = (180..PEOPLE)
        .map(|each| (Some(ledger_number(each)), "unfit_no_feedback"))
        .collect();
    why.insert(None, "unfit_unknown_letter");
    // Of the six who were said not to be found, one is not found and one is acknowledged: neither says anything else.
    for each in TOLD_BEFORE.filter(|each| !["已签收", "查无此人"].contains(&outcome(*each).0)) {
        why.insert(Some(ledger_number(each)), "unfit_contradicts");
    }
    for each in ACKNOWLEDGED_LATE {
        why.insert(Some(ledger_number(each)), "out_of_order");
    }
    assert_eq!(unfit(&confirmation), why);
    assert_eq!(why.len(), 20 + 1 + 4 + 2);
    assert_eq!(confirmation.unchanged, 2);
    assert_eq!(confirmation.recorded.len(), 200 - 20 - 4 - 2 - 2);
    // The procuratorate hears the later of the two answers.
    let told = node.matter_numbered(&ledger_number(163)).unwrap();
    let Matter::Transfer(transfer) = &told.matter else {
        panic!("a transfer")
    };
    let said = transfer.state().unwrap();
    assert_eq!(
        (transfer.stage(), said.date, said.reason),
        (Stage::Refused, Some(answered_there()), Some(ReasonCode::Property))
    );

    // Asked again, nothing more is recorded, and nobody's log grows.
    let head = node.store().head().unwrap();
    let again = node.confirm_referrals(&learned.round, 5, "王科长").unwrap();
    assert_eq!((again.recorded.len(), again.unchanged), (0, 2 + 172));
    assert_eq!(unfit(&again), why);
    assert_eq!(node.store().head().unwrap(), head);

    // From the last day before the holiday until everything is late.
    let mut lengths = Vec::new();
    for on in [
        day(9, 21),
        day(9, 22),
        day(9, 29),
        day(9, 30),
        day(10, 1),
        day(10, 8),
        day(10, 9),
        day(10, 10),
        day(10, 11),
        day(10, 12),
        day(10, 13),
        day(10, 14),
        day(10, 15),
        day(10, 16),
        day(10, 19),
        day(10, 20),
        day(10, 21),
        day(11, 2),
    ] {
        let late = node.overdue_matters(on).unwrap();
        let order: Vec<_> = late
            .iter()
            .map(|each| (each.kept.care.rank(), each.until))
            .collect();
        assert!(order.is_sorted(), "{on}");
        let mut found: Vec<_> = late
            .iter()
            .map(|each| {
                (
                    each.kept.opening.number().to_owned(),
                    each.awaited.code(),
                    each.until,
                )
            })
            .collect();
        found.sort();
        assert_eq!(found, late_on(on), "{on}");
        lengths.push(found.len());
    }
    // The days are well chosen: more and more is late, and nothing more on a day of rest.
    assert!(lengths.is_sorted() && lengths[0] < lengths[17], "{lengths:?}");
    assert_eq!(lengths[4], lengths[5], "1 to 7 October are days of rest");
    assert_eq!(lengths[17] as u64, PEOPLE);
}

/// The plain computation itself, by hand from the notice: from Thursday 24 September the days of work are Mon 28, Tue 29,
/// Wed 30, Thu 8, Fri 9; from Monday 28 September Tue 29, Wed 30, Thu 8, Fri 9, and Saturday 10 October.
#[test]
fn five_days_of_work_across_the_holidays() {
    assert_eq!(five_after(day(9, 24)), day(10, 9));
    assert_eq!(five_after(day(9, 28)), day(10, 10));
    assert_eq!(five_after(day(9, 14)), day(9, 20));
    assert_eq!(five_after(day(10, 8)), day(10, 14));
}
