//! Two monthly rounds of the county's conference, by five agencies and an office that are separate processes, from the
//! command line. Findings and the ledger are those that a plain computation expects; the office never has a person.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

#[path = "../common/mod.rs"]
mod common;
mod summed;
mod table;

use std::collections::{BTreeMap, BTreeSet};

use common::node::files_under;
use common::secret::{Names, Numbers};
use hefu::county;
use hefu_fixtures::conference::{self, ANNEXES, Item, Leg, Purpose, Round, Sitting};
use hefu_fixtures::{Agency, County, Record, SEED, all_numbers, expected};
use serde_json::Value;
use table::Table;

const LATE: Agency = Agency::DisabledFederation;
/// Of its findings one is dealt with to a decision.
const DECIDED: Leg = Leg {
    purpose: Purpose::Duplicates,
    receiver: Agency::Procuratorate,
    sender: Agency::Court,
};

#[test]
fn two_rounds_find_and_remember_what_a_plain_computation_does() {
    let dir = tempfile::tempdir().unwrap();
    let exports = |name: &str| dir.path().join(name);
    let first = hefu_fixtures::generate(SEED, &exports("first")).unwrap();
    let second = hefu_fixtures::generate_next(SEED, &exports("second")).unwrap();
    let expected = conference::rounds(&[
        Sitting {
            county: &first,
            absent: &[LATE],
        },
        Sitting {
            county: &second,
            absent: &[],
        },
    ]);
    let mut table = Table::laid(dir.path());
    table.founded();
    table.agreed();
    table.imported(&first);

    table.stops(LATE);
    table.starts("2026-07..2026-09", 45);
    for agency in Agency::ALL.into_iter().filter(|agency| *agency != LATE) {
        table.freezes(agency);
    }
    table.until("all report", || table.stage_is(1, "reported"));
    let board = table.one_board();
    assert_eq!(state_of(&board, LATE), "absent");
    legs_are(&board, |leg| leg.receiver != LATE && leg.sender != LATE);
    let lines = findings_and_lines(&table, 1, (&first, &expected[0]), &BTreeMap::new());
    let settled = decided(&table, &first, &expected, &lines);
    summed::figures(&table, 1, (&first, &expected[0]), &BTreeMap::new());
    summed::consultation(&table);
    summed::workbook(&table);
    close(&table);

    table.comes_back(LATE);
    table.imported(&second);
    table.starts("2026-07..2026-10", 45);
    for agency in Agency::ALL.into_iter().filter(|agency| *agency != LATE) {
        table.freezes(agency);
    }
    table.until("pairs run", || {
        table.stage_is(2, "running") || table.stage_is(2, "in_review")
    });
    table.freezes(LATE);
    table.until("all report", || table.stage_is(2, "reported"));
    let board = table.one_board();
    let late = table.party(&table.office, LATE);
    assert_eq!(late["late"], true, "{late}");
    legs_are(&board, |_| true);
    findings_and_lines(&table, 2, (&second, &expected[1]), &lines);
    // It was found again, and is as it was.
    let line = table.office.json(&["conference", "ledger", "show", &settled]);
    assert_eq!((&line["state"], &line["round"]), (&"settled".into(), &1.into()));
    summed::figures(&table, 2, (&second, &expected[1]), &lines);
    close(&table);

    no_person_is_at_the_office(&mut table, &[&first, &second]);
}

fn state_of(board: &Value, agency: Agency) -> &Value {
    let parties = board["parties"].as_array().unwrap();
    let its = parties.iter().find(|party| party["name"] == county::name(agency));
    &its.unwrap()["state"]
}

/// Every leg of these is done, and all others say why they are not.
fn legs_are(board: &Value, runs: impl Fn(Leg) -> bool) {
    let legs = board["legs"].as_array().unwrap();
    let all: Vec<_> = ANNEXES.iter().flat_map(|annex| annex.legs()).collect();
    assert_eq!(legs.len(), all.len());
    for leg in all {
        let is_its = |shown: &&Value| {
            shown["to"] == county::name(leg.receiver) && shown["from"] == county::name(leg.sender)
        };
        let its: Vec<_> = legs.iter().filter(is_its).collect();
        assert!(!its.is_empty());
        for shown in its {
            match runs(leg) {
                true => assert_eq!(
                    (&shown["state"], &shown["reason"]),
                    (&"done".into(), &Value::Null),
                    "{shown}"
                ),
                false => assert_eq!(shown["state"], "not_run", "{shown}"),
            }
            assert_eq!(shown["receipt"].is_string(), runs(leg));
        }
    }
}

/// The numbers of lines, by leg and what each is of.
type Lines = BTreeMap<(String, String), String>;

/// Compares each leg with what is expected of it, and the office's ledger with what follows from that. `before` are the
/// lines of earlier rounds; those of this one are given, with all before.
fn findings_and_lines(
    table: &Table,
    number: u32,
    (county, expected): (&County, &Round),
    before: &Lines,
) -> Lines {
    let today = jiff::tz::offset(8)
        .to_datetime(jiff::Timestamp::now())
        .date()
        .to_string();
    let mut known = before.clone();
    let mut new = BTreeMap::new();
    for leg in ANNEXES.iter().flat_map(|annex| annex.legs()) {
        let Some(items) = expected.legs.get(&leg.key()) else {
            continue;
        };
        let found = table.found(number, leg);
        let mut sorted = found.clone();
        sorted.sort();
        let wanted: Vec<_> = items.iter().map(|item| of_day(item, &today)).collect();
        assert_eq!(sorted, wanted, "{}", leg.key());
        let is_new = |item: &Item| is_new(leg, county, item, before);
        let count = items.iter().filter(|item| is_new(item)).count();
        *new.entry(pair_and_kind(leg)).or_insert(0) += count;

        let lines = lines_of(table, number, leg, items.len());
        for (finding, line) in found.iter().zip(lines) {
            let item = items
                .iter()
                .find(|item| of_day(item, &today) == *finding)
                .unwrap();
            let key = key_of(leg, county, item);
            match is_new(item) {
                true => assert!(
                    !before.values().any(|known| *known == line),
                    "{}: {finding:?}",
                    leg.key()
                ),
                false => assert_eq!(before.get(&key), Some(&line), "{}: {finding:?}", leg.key()),
            }
            known.insert(key, line);
        }
    }
    new.retain(|_, count| *count > 0);
    let at_office = || {
        let mut counts = BTreeMap::new();
        for line in table
            .lines(&table.office, false)
            .iter()
            .filter(|line| line["round"] == number)
        {
            let text = |name: &str| line[name].as_str().unwrap().to_owned();
            *counts
                .entry([text("from"), text("to"), text("kind")])
                .or_insert(0) += 1;
        }
        counts
    };
    table.until("the ledger", || {
        at_office().values().sum::<usize>() >= new.values().sum()
    });
    assert_eq!(at_office(), new);
    known
}

/// Whether an item gets a line of its own. A letter goes on under the line that it has, whatever is told of it.
fn is_new(leg: Leg, county: &County, item: &Item, before: &Lines) -> bool {
    match leg.purpose {
        Purpose::Referrals => !before.contains_key(&key_of(leg, county, item)),
        _ => item.new,
    }
}

/// A referred person goes by the letter, and everybody else by what was found.
fn key_of(leg: Leg, county: &County, item: &Item) -> (String, String) {
    let row = &item.finding.rows[0];
    let is_row = |record: &&Record| {
        let place = record.place;
        record.agency == leg.receiver
            && (place.dataset, place.file, place.sheet, place.row)
                == (row.dataset.as_str(), row.file, row.sheet, row.row)
    };
    let record = county.records.iter().find(is_row).unwrap();
    let of = match &record.claim.referral {
        Some(referral) => referral.letter.clone(),
        None => format!("{:?} {:?}", item.finding.rule, item.finding.months),
    };
    (leg.key(), format!("{} {of}", item.person))
}

fn of_day(item: &Item, day: &str) -> expected::Finding {
    expected::Finding {
        care: item.finding.care.clone().on(day),
        ..item.finding.clone()
    }
}

fn pair_and_kind(leg: Leg) -> [String; 3] {
    let kind = match leg.purpose {
        Purpose::Duplicates => "finding",
        Purpose::Omissions | Purpose::Leads => "lead",
        Purpose::Referrals => "referral",
    };
    [county::name(leg.receiver), county::name(leg.sender), kind].map(str::to_owned)
}

/// The lines of a leg's findings, in their order, as only the receiver can tell.
fn lines_of(table: &Table, number: u32, leg: Leg, count: usize) -> Vec<String> {
    let session = table.session(number, leg);
    let at = &table.agencies[&leg.receiver];
    let by_seq = || -> BTreeMap<u64, String> {
        let mut lines = BTreeMap::new();
        for own in table.lines(at, true) {
            for place in own["places"].as_array().unwrap() {
                if place["finding"]["round"] == session.as_str() {
                    let item = own["line"]["item"].as_str().unwrap().to_owned();
                    lines.insert(place["finding"]["seq"].as_u64().unwrap(), item);
                }
            }
        }
        lines
    };
    table.until("its lines", || by_seq().len() == count);
    by_seq().into_values().collect()
}

/// A finding that will be found again is dealt with: its line is settled, at the office too.
fn decided(table: &Table, county: &County, expected: &[Round], lines: &Lines) -> String {
    let [now, next] = [0, 1].map(|round| &expected[round].legs[&DECIDED.key()]);
    let today = jiff::tz::offset(8)
        .to_datetime(jiff::Timestamp::now())
        .date()
        .to_string();
    let again = |item: &&Item| next.iter().any(|later| !later.new && later.person == item.person);
    let item = now.iter().find(again).unwrap();
    let finding = of_day(item, &today);
    let seq = table
        .found(1, DECIDED)
        .iter()
        .position(|found| *found == finding)
        .unwrap()
        + 1;
    let (session, seq) = (table.session(1, DECIDED), seq.to_string());
    let node = &table.agencies[&DECIDED.receiver];
    let acts: [&[&str]; 3] = [
        &["take"],
        &["verify", "--result", "refuted", "--reason", "系统录入有误"],
        &[
            "decide",
            "--decision",
            "data-error",
            "--authority",
            "县人民检察院",
            "--document",
            "检决〔2026〕1号",
            "--reason",
            "核对案卷，系录入错误",
        ],
    ];
    for act in acts {
        let (verb, rest) = act.split_first().unwrap();
        node.json(&[&["finding", verb, &session, &seq], rest].concat());
    }
    let item = lines[&key_of(DECIDED, county, item)].clone();
    let line = || table.office.json(&["conference", "ledger", "show", &item]);
    table.until("it is settled", || line()["state"] == "settled");
    assert_eq!(line()["outcome"], "data_error");
    item
}

fn close(table: &Table) {
    table.office.json(&["conference", "close"]);
    assert_eq!(table.one_board()["end"], "completed");
}

/// Its folder, its log, what it printed, its audit log and its record: no number and no name of anybody.
fn no_person_is_at_the_office(table: &mut Table, counties: &[&County]) {
    let office = &table.office;
    let log = office.dir.join("log.jsonl");
    office.json(&["audit", "export", "--out", log.to_str().unwrap()]);
    assert_eq!(office.json(&["audit", "verify"])["intact"], true);
    office.json(&["conference", "record", "--limit", "1000"]);
    office.json(&["conference", "record", "--verify"]);
    table.all_stop();
    let numbers: BTreeSet<_> = counties.iter().flat_map(|county| all_numbers(county)).collect();
    let numbers = Numbers::new(numbers.iter().map(String::as_str));
    let people = counties.iter().flat_map(|county| &county.people);
    let names: BTreeSet<_> = people.map(|person| person.name.as_str()).collect();
    let names = Names::of(names);
    let nothing_of_anybody_in = |bytes: &[u8], what: &str| {
        numbers.are_not_in(bytes, what);
        names.are_not_in(bytes, what);
    };
    let office = &table.office;
    for file in files_under(&office.dir) {
        nothing_of_anybody_in(&std::fs::read(&file).unwrap(), &file.display().to_string());
    }
    assert!(office.logged().contains("serving"));
    nothing_of_anybody_in(office.said().as_bytes(), "what the office printed");
    // The search would find somebody: it does in an export that is plain text.
    let exports = counties[0].imports.iter().flat_map(|import| &import.files);
    let plain = exports
        .into_iter()
        .find(|file| file.extension().is_some_and(|kind| kind == "csv"));
    let plain = std::fs::read(plain.unwrap()).unwrap();
    assert!(std::panic::catch_unwind(|| nothing_of_anybody_in(&plain, "an export")).is_err());
}
