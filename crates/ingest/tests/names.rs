//! Of a name no more is kept than what can be compared.
#![allow(clippy::unwrap_used, reason = "a failed expectation is the report")]

use hefu_casework::{AidRecord, NameDigest};
use hefu_ingest::{Mapping, Reading, read_records};

const MAPPING: &str = r#"
[columns]
number = "身份证号"
kind = "resident"
name = "姓名"
period = "日期"

[programme]
constant = "temporary"
"#;

/// The published example of GB 11643-1999.
const NUMBER: &str = "11010519491231002X";

fn read(mapping: &str, names: &[&str]) -> (Vec<AidRecord>, Reading) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.csv");
    let rows: String = names
        .iter()
        .map(|name| format!("{NUMBER},{name},2026-07-03\n"))
        .collect();
    std::fs::write(&file, format!("身份证号,姓名,日期\n{rows}")).unwrap();
    let mut found = Vec::new();
    let mut sink = |record| {
        found.push(record);
        Ok(())
    };
    let mapping = Mapping::parse(mapping).unwrap();
    let reading = read_records(&[file], &mapping, &mut sink, None).unwrap();
    (found, reading)
}

#[test]
fn a_name_is_read_where_it_is_mapped_and_there_and_whole() {
    let names = ["张三", " 张　三 ", "", "无", "张*", "李四"];
    let (records, reading) = read(MAPPING, &names);
    let [zhang, li] = ["张三", "李四"].map(NameDigest::of);
    let expected = [zhang.clone(), zhang, None, None, None, li];
    assert!(records.iter().map(|record| &record.name).eq(&expected));
    // Such rows count; that the name cannot be compared is said.
    assert_eq!(reading.reconciliation.accepted, 6);
    assert_eq!(reading.reconciliation.warnings.get("name_missing"), Some(&3));
}

#[test]
fn a_name_that_is_not_mapped_is_not_read() {
    let (records, reading) = read(&MAPPING.replace("name = \"姓名\"\n", ""), &["张三", ""]);
    assert!(records.iter().all(|record| record.name.is_none()));
    assert_eq!(reading.reconciliation.warnings.get("name_missing"), None);
}
