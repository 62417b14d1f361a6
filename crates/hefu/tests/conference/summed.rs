//! What the office makes of a round: figures, a consultation and its minutes, and the ledger as a workbook.

use std::collections::BTreeMap;

use calamine::{Data, Reader as _, Xlsx};
use hefu::county;
use hefu_fixtures::conference::{ANNEXES, Round};
use hefu_fixtures::{Agency, County};
use serde_json::Value;

use crate::table::Table;
use crate::{Lines, is_new};

const SMALLEST: u64 = 5;

/// Exact at the office, and counts of findings that are new; for all others no count of few people.
pub(crate) fn figures(table: &Table, number: u32, (county, expected): (&County, &Round), before: &Lines) {
    let round = number.to_string();
    let mut wanted: BTreeMap<&str, u64> = BTreeMap::new();
    // What both of two find in each other is counted once.
    for leg in ANNEXES.iter().filter_map(|annex| annex.legs().next()) {
        if let Some(items) = expected.legs.get(&leg.key()) {
            let new = items.iter().filter(|item| is_new(leg, county, item, before));
            *wanted.entry(leg.purpose.code()).or_default() += new.count() as u64;
        }
    }
    let exact = table
        .office
        .json(&["conference", "figures", "--exact", "--round", &round]);
    let mut told: BTreeMap<&str, u64> = BTreeMap::new();
    for each in exact["tables"].as_array().unwrap() {
        let whole = each["rows"].as_array().unwrap().last().unwrap();
        assert_eq!(whole["pair"], Value::Null);
        *told.entry(each["purpose"].as_str().unwrap()).or_default() +=
            whole["total"]["findings"].as_u64().unwrap();
    }
    assert_eq!(told, wanted);

    let published = table
        .office
        .json(&["conference", "figures", "--publish", "--round", &round]);
    let counts: Vec<u64> = published["tables"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|each| each["rows"].as_array().unwrap())
        .flat_map(|row| row["months"].as_array().unwrap().iter().chain([&row["total"]]))
        .filter_map(|figure| figure["findings"].as_u64())
        .collect();
    assert!(!counts.is_empty());
    assert!(
        counts.iter().all(|count| *count == 0 || *count >= SMALLEST),
        "{counts:?}"
    );
    // A member reads the same on the record.
    let member = &table.agencies[&Agency::Police];
    table.until("the figures", || {
        let run = member.run(&["conference", "figures", "--round", &round, "--json"]);
        run.code == 0 && run.json() == published
    });
}

/// A matter that is put on the agenda, spoken about, and decided.
pub(crate) fn consultation(table: &Table) {
    let office = &table.office;
    let lines = table.lines(office, false);
    let open = lines
        .iter()
        .find(|line| line["state"] == "open" && line["kind"] == "finding");
    let (item, by) = {
        let open = open.unwrap();
        (open["item"].as_str().unwrap(), open["from"].as_str().unwrap())
    };
    office.json(&["conference", "escalate", item, "--consultation"]);
    let agenda = office.json(&["conference", "agenda"]);
    let topics = agenda["topics"].as_array().unwrap();
    assert!(
        topics.iter().any(|topic| topic["line"]["item"] == item),
        "{agenda}"
    );
    let decided = "由责任单位核实后书面反馈。";
    office.json(&[
        "conference",
        "decide",
        item,
        "--text",
        decided,
        "--by",
        by,
        "--minutes",
        "县联席纪〔2026〕1号",
    ]);
    let line = office.json(&["conference", "ledger", "show", item]);
    assert_eq!(line["escalation"], "decided");
    let paper = office.dir.join("minutes.docx");
    let minutes = office.json(&["conference", "minutes", "--out", paper.to_str().unwrap()]);
    assert_eq!(minutes["decisions"][0]["text"], decided);
    assert_eq!(minutes["decisions"].as_array().unwrap().len(), 1);
    assert!(std::fs::read(&paper).unwrap().starts_with(b"PK"));
    office.shown(&["conference", "monitor"]);
}

/// Every line is in the workbook, and nothing but lines.
pub(crate) fn workbook(table: &Table) {
    let file = table.office.dir.join("ledger.xlsx");
    let lines = table.lines(&table.office, false);
    let exported = table
        .office
        .json(&["conference", "ledger", "export", "--out", file.to_str().unwrap()]);
    assert_eq!(exported["lines"], lines.len());
    let mut book: Xlsx<_> = calamine::open_workbook(&file).unwrap();
    let mut cells = Vec::new();
    for (_, range) in book.worksheets() {
        cells.extend(
            range
                .rows()
                .flatten()
                .filter(|cell| **cell != Data::Empty)
                .map(ToString::to_string),
        );
    }
    for line in &lines {
        let item = line["item"].as_str().unwrap();
        assert!(cells.iter().any(|cell| cell == item), "{item}");
    }
    assert!(cells.iter().any(|cell| cell == county::name(Agency::Police)));
    std::fs::write(file.with_extension("txt"), cells.join("\n")).unwrap();
}
