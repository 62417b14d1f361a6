//! Records under a mapping: every field is read exactly, or refuses its row for a reason of its own.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails as they do")]

mod common;

use std::path::PathBuf;

use common::*;
use hefu_casework::{
    AgencyRole, AidRecord, Fen, Month, MonthRange, Per, Period, ReasonCode, ReferralState, Status,
};
use hefu_ingest::{Error, Mapping, Quarantine, ReadOptions, Reading, Stop, propose, read_records};
use jiff::civil::date;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

fn read(files: &[PathBuf], mapping: &str) -> Result<(Reading, Vec<AidRecord>), Error> {
    let mut records = Vec::new();
    let mut sink = |record| {
        records.push(record);
        Ok(())
    };
    let reading = read_records(files, &Mapping::parse(mapping)?, &mut sink, None)?;
    Ok((reading, records))
}

fn months(from: &str, to: &str) -> Period {
    Period::Months(MonthRange {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
    })
}

const MINIMUM_LIVING: &str = r#"
[columns]
number = "身份证号"
kind = "resident"
name = "姓名"
from = "起始日期"
to = "终止日期"
amount = "户月保障金额"
household = "户编号"
status = "状态"

[programme]
constant = "minimum_living"

[period]
until = "2026-09"

[amount]
unit = "yuan"
per = "household"

[status]
values = { "正常" = "paid", "停发" = "stopped" }
"#;

#[test]
fn a_roll_by_household() {
    let folder = tempfile::tempdir().unwrap();
    let [a, b, c] = [1, 2, 3].map(|sequence| citizen("19800101", sequence));
    let rows = [
        format!("H-1,某人,{a},2026-01-01,,\"1,234.50\",正常"),
        format!("H-1,某人,{b},2026年1月1日,2026/8/31,1234.5,正常"),
        format!("H-2,某人,{c},202607,长期,,停发"),
        format!("H-2,某人,{c},2026-10-01,,1,正常"),
        format!(",某人,{a},2026-01-01,,5,正常"),
        format!("H-3,某人,{a},2026-01-01,,5.005,正常"),
        format!("H-3,某人,{a},一月,,5,正常"),
        format!("H-3,某人,{a},,,5,正常"),
        format!("H-3,某人,{a},2026-08-02,2026-08-01,5,正常"),
        format!("H-3,某人,{a},2026-01-01,,5,在办"),
        format!("H-3,某人,{a},2026-01-01,,5,"),
        "H-3,某人,,2026-01-01,,5,正常".to_owned(),
    ];
    let text = format!(
        "户编号,姓名,身份证号,起始日期,终止日期,户月保障金额,状态\n{}\n",
        rows.join("\n")
    );
    let file = write(&folder, "低保.csv", format!("\u{feff}{text}"));

    let path = folder.path().join("quarantine.csv");
    let mut quarantine = Quarantine::create(&path, wording()).unwrap();
    let mut records = Vec::new();
    let mut sink = |record| {
        records.push(record);
        Ok(())
    };
    let mapping = Mapping::parse(MINIMUM_LIVING).unwrap();
    let reading = read_records(&[file], &mapping, &mut sink, Some(&mut quarantine)).unwrap();
    assert_eq!(quarantine.rows(), 8);
    quarantine.finish().unwrap();

    let account = &reading.reconciliation;
    assert_eq!(
        (account.rows_read, account.accepted, account.duplicates),
        (12, 4, 1)
    );
    assert_eq!(account.warnings.get("amount_missing"), Some(&1));
    let periods: Vec<Period> = records.iter().map(|record| record.period).collect();
    let expected = [
        months("2026-01", "2026-10"),
        months("2026-01", "2026-09"),
        months("2026-07", "2026-10"),
        // It begins after the end of what is looked at.
        months("2026-10", "2026-10"),
    ];
    assert_eq!(periods, expected);
    let amount = records[0].amount.unwrap();
    assert_eq!((amount.fen, amount.per), (Fen(123_450), Per::Household));
    assert_eq!(records[0].amount, records[1].amount);
    assert!(records[2].amount.is_none());
    assert_eq!(records[0].household, records[1].household);
    assert_eq!(
        (records[1].status, records[2].status),
        (Status::Paid, Status::Stopped)
    );
    assert_eq!(records[0].row.row, 2);

    let reasons: Vec<(u64, String)> = csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(|record| {
            record
                .map(|record| (record[2].parse().unwrap(), record[3].to_owned()))
                .unwrap()
        })
        .collect();
    let expected = [
        (6, "household_missing"),
        (7, "amount"),
        (8, "period"),
        (9, "period_missing"),
        (10, "period_reversed"),
        (11, "status_unknown"),
        (12, "status_missing"),
        (13, "missing"),
    ];
    assert_eq!(reasons, expected.map(|(row, reason)| (row, reason.to_owned())));
}

#[test]
fn payments_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    page.merge_range(0, 0, 0, 4, "某县检察院司法救助台账", &Format::new())
        .unwrap();
    for (column, heading) in ["案号", "被救助人", "身份证号", "发放日期", "救助金额(元)"]
        .iter()
        .enumerate()
    {
        page.write(1, column as u16, *heading).unwrap();
    }
    for (row, case) in [(2u32, "〔2026〕某检司救1号"), (3, "")] {
        page.write(row, 0, case).unwrap();
        page.write(row, 2, citizen("19800101", row)).unwrap();
        let paid = ExcelDateTime::from_ymd(2026, 8, 15).unwrap();
        page.write_with_format(row, 3, &paid, &day).unwrap();
        page.write(row, 4, 8000.4).unwrap();
    }
    let file = write(&folder, "台账.xlsx", book.save_to_buffer().unwrap());
    let mapping = r#"
        [columns]
        number = "身份证号"
        kind = "resident"
        period = "发放日期"
        amount = "救助金额（元）"
        case = "案号"
        [programme]
        constant = "judicial_procuratorate"
        [amount]
        unit = "yuan"
        per = "person"
        [case]
        scheme = "procuratorate-case"
    "#;
    let (reading, records) = read(&[file], mapping).unwrap();
    assert_eq!(records[0].period, Period::OneOff(date(2026, 8, 15)));
    assert_eq!(records[0].amount.unwrap().fen, Fen(800_040));
    assert_eq!(records[0].case.as_ref().unwrap().canonical(), "(2026)某检司救1号");
    assert!(records[1].case.is_none());
    assert_eq!(reading.reconciliation.warnings.get("case_missing"), Some(&1));
}

const SUBSIDIES: &str = r#"
    [columns]
    number = "残疾人证号"
    kind = "disability_certificate"
    programme = "补贴项目"
    amount = "金额"
    alias = "曾用证号"
    [programme.values]
    "生活补贴" = "disabled_living"
    [period]
    source = "sheet"
    year = 2026
    [amount]
    unit = "fen"
    per = "person"
"#;

fn subsidies(sheets: &[&str]) -> Vec<u8> {
    let mut book = Workbook::new();
    for sheet in sheets {
        let page = book.add_worksheet().set_name(*sheet).unwrap();
        for (column, heading) in ["残疾人证号", "补贴项目", "金额", "曾用证号"].iter().enumerate()
        {
            page.write(0, column as u16, *heading).unwrap();
        }
        let programmes = ["生活补贴", "重度残疾人护理补贴", "交通补贴", ""];
        for (row, programme) in (1u32..).zip(programmes) {
            page.write(row, 0, format!("{}43", citizen("19800101", row)))
                .unwrap();
            page.write(row, 1, programme).unwrap();
            page.write(row, 2, 8000).unwrap();
        }
        page.write(1, 3, format!("{}43", citizen("19810101", 1))).unwrap();
        page.write(2, 3, "不详").unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_a_month_and_a_programme_a_row() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&folder, "两项补贴.xlsx", subsidies(&["7月", "8月"]));
    let (reading, records) = read(&[file], SUBSIDIES).unwrap();
    let found: Vec<String> = reading
        .periods
        .iter()
        .map(|found| found.month.to_string())
        .collect();
    assert_eq!(found, ["2026-07", "2026-08"]);
    let found: Vec<_> = records
        .iter()
        .map(|record| (record.programme.as_str().to_owned(), record.period))
        .collect();
    let expected = [("2026-07", "2026-08"), ("2026-08", "2026-09")]
        .into_iter()
        .flat_map(|(from, to)| {
            ["disabled_living", "disabled_care"].map(|programme| (programme.to_owned(), months(from, to)))
        });
    assert_eq!(found, expected.collect::<Vec<_>>());
    assert_eq!(records[0].amount.unwrap().fen, Fen(8000));
    let account = &reading.reconciliation;
    assert_eq!(account.rejected.get("programme_unknown"), Some(&2));
    assert_eq!(account.rejected.get("programme_missing"), Some(&2));
    assert_eq!(account.warnings.get("alias_refused"), Some(&2));
    assert_eq!(reading.aliases.group(&records[0].person).count(), 2);
    assert_eq!(reading.aliases.group(&records[1].person).count(), 1);

    let file = write(&folder, "两项补贴.xlsx", subsidies(&["七月"]));
    assert_eq!(read(&[file], SUBSIDIES).err().unwrap().code(), "period_not_found");
}

#[test]
fn the_month_can_stand_in_the_title_or_the_files_name() {
    let folder = tempfile::tempdir().unwrap();
    let number = citizen("19800101", 12);
    let text = format!("某县2026年7月孤儿名册\n身份证号\n{number}\n");
    let by_file = write(&folder, "孤儿202608.csv", &text);
    let mapping = |source| {
        format!(
            "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n[programme]\nconstant = \"orphan\"\n\
             [period]\nsource = \"{source}\"\n"
        )
    };
    let files = [by_file];
    for (source, month) in [("title", "2026-07"), ("file_name", "2026-08")] {
        let (reading, records) = read(&files, &mapping(source)).unwrap();
        let month: Month = month.parse().unwrap();
        assert_eq!(records[0].period, Period::Months(MonthRange::single(month)));
        assert_eq!(reading.periods[0].month, month);
    }
    let two = write(&folder, "二.csv", text.replace("7月", "7月至2026年9月"));
    assert_eq!(
        read(&[two], &mapping("title")).err().unwrap().code(),
        "period_ambiguous"
    );
}

#[test]
fn a_missing_column_is_found_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(
        &folder,
        "a.csv",
        format!("姓名,身份证号,户编号\n某人,{},1\n", citizen("19800101", 1)),
    );
    match read(&[file], MINIMUM_LIVING).err().unwrap() {
        Error::ColumnMissing { wanted, found, .. } => {
            assert_eq!((wanted.as_str(), found.len()), ("起始日期", 3));
        }
        other => panic!("{other}"),
    }
}

#[test]
fn whoever_takes_the_records_can_stop() {
    let folder = tempfile::tempdir().unwrap();
    let rows = (1..=9)
        .map(|sequence| citizen("19800101", sequence))
        .collect::<Vec<_>>()
        .join("\n");
    let file = write(&folder, "a.csv", format!("身份证号\n{rows}\n"));
    let mapping = "[columns]\nnumber = \"身份证号\"\nkind = \"resident\"\n[programme]\nconstant = \"orphan\"\n\
                   [period]\nfrom = \"2026-07\"\nuntil = \"2026-09\"\n";
    let mut taken = Vec::new();
    let mut sink = |record: AidRecord| {
        taken.push(record.period);
        if taken.len() == 3 {
            Err(Stop("full".into()))
        } else {
            Ok(())
        }
    };
    let error = read_records(&[file], &Mapping::parse(mapping).unwrap(), &mut sink, None).unwrap_err();
    assert_eq!(error.code(), "stopped");
    assert_eq!(taken, [months("2026-07", "2026-10"); 3]);
}

#[test]
fn headings_are_proposed_and_doubts_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let text = "某县2026年7月低保\n户编号,姓名,身份证号,残疾人证号,保障金额(元),救助金,状态,备注\n";
    let file = write(
        &folder,
        "a.csv",
        format!("{text}1,某人,{},,5,6,正常,\n", citizen("19800101", 1)),
    );
    let proposal = propose(&[file], &ReadOptions::default()).unwrap();
    assert_eq!(proposal.number(), None);
    assert_eq!(proposal.numbers.len(), 2);
    assert_eq!(proposal.column("household"), Some("户编号"));
    assert_eq!(proposal.column("name"), Some("姓名"));
    assert_eq!(proposal.column("status"), Some("状态"));
    assert_eq!(proposal.column("case"), None);
    assert_eq!(proposal.column("amount"), None);
    let ambiguous: Vec<_> = proposal.ambiguous().collect();
    assert_eq!(
        ambiguous,
        [("amount", ["保障金额(元)", "救助金"].map(str::to_owned).as_slice())]
    );
    assert_eq!(proposal.titles, ["某县2026年7月低保"]);
    let toml = proposal.to_toml();
    assert!(
        toml.contains("\n# amount = \"救助金\"\n") && toml.contains("\nhousehold = \"户编号\"\n"),
        "{toml}"
    );
}

const RECEIVED: &str = r#"
[columns]
number = "身份证号"
kind = "resident"
period = "收函日期"

[programme]
constant = "referral_received"

[referral]
letter = "移送函号"
other = "移送单位"
others = { "县人民检察院" = "procuratorate", "县人民法院" = "court" }
state = "办理结果"
states = { "已签收" = "acknowledged", "已受理" = "accepted", "已救助" = "helped", "不予救助" = "refused" }
date = "办理日期"
reason = "原因"
reasons = { "收入超标" = "income", "其他" = "other" }
"#;

fn received(mapping: &str, rows: &[String]) -> (Vec<AidRecord>, Vec<(u64, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "身份证号,移送函号,移送单位,收函日期,办理结果,办理日期,原因\n{}\n",
        rows.join("\n")
    );
    let file = write(&folder, "移送.csv", text);
    let path = folder.path().join("quarantine.csv");
    let mut quarantine = Quarantine::create(&path, wording()).unwrap();
    let mut records = Vec::new();
    let mut sink = |record| {
        records.push(record);
        Ok(())
    };
    let mapping = Mapping::parse(mapping).unwrap();
    read_records(&[file], &mapping, &mut sink, Some(&mut quarantine)).unwrap();
    quarantine.finish().unwrap();
    let refused = csv::Reader::from_path(path)
        .unwrap()
        .into_records()
        .map(Result::unwrap);
    let refused = refused.map(|record| (record[2].parse().unwrap(), record[3].to_owned()));
    (records, refused.collect())
}

#[test]
fn a_register_of_letters_received() {
    let n = citizen("19800101", 1);
    let (records, refused) = received(
        RECEIVED,
        &[
            format!("{n},某检移〔2026〕1号,县人民检察院,2026-07-03,已签收,,"),
            format!("{n},某检移（２０２６）１ 号,县人民法院,2026/7/3, 已 救助 ,2026年8月1日,收入超标"),
            format!("{n},某检移〔2026〕2号,县人民检察院,2026-07-03,不予救助,20260801,收入超标"),
            // From here on refused.
            format!("{n},,县人民检察院,2026-07-03,已签收,,"),
            format!("{n},某检移〔2026〕3号,,2026-07-03,已签收,,"),
            format!("{n},某检移〔2026〕3号,县公安局,2026-07-03,已签收,,"),
            format!("{n},某检移〔2026〕3号,县人民检察院,2026-07-03,,,"),
            format!("{n},某检移〔2026〕3号,县人民检察院,2026-07-03,在办,,"),
            format!("{n},某检移〔2026〕3号,县人民检察院,2026-07-03,已救助,2026年8月,"),
            format!("{n},某检移〔2026〕3号,县人民检察院,2026-07-03,已救助,昨天,"),
            format!("{n},某检移〔2026〕3号,县人民检察院,2026-07-03,不予救助,2026-08-01,"),
            format!("{n},某检移〔2026〕3号,县人民检察院,2026-07-03,不予救助,2026-08-01,不符合"),
        ],
    );
    let expected = [
        (5, "letter_missing"),
        (6, "letter_other"),
        (7, "letter_other"),
        (8, "referral_state_missing"),
        (9, "referral_state_unknown"),
        (10, "referral_date"),
        (11, "referral_date"),
        (12, "referral_reason_missing"),
        (13, "referral_reason_unknown"),
    ];
    assert_eq!(refused, expected.map(|(row, reason)| (row, reason.to_owned())));
    let read: Vec<_> = records
        .into_iter()
        .map(|record| record.referral.unwrap())
        .collect();
    let [first, second, third] = &read[..] else {
        panic!("three rows")
    };
    assert_eq!(first.letter, second.letter);
    assert_eq!(second.letter.as_str(), "某检移（２０２６）１ 号");
    assert_eq!(first.other, Some(AgencyRole::Procuratorate));
    assert_eq!(
        (first.state, first.date),
        (Some(ReferralState::Acknowledged), None)
    );
    assert_eq!(second.other, Some(AgencyRole::Court));
    assert_eq!(second.state, Some(ReferralState::Helped));
    assert_eq!(second.date, Some(date(2026, 8, 1)));
    // What is no refusal has no reason, whatever was left in the cell.
    assert_eq!(second.reason, None);
    assert_eq!(
        (third.state, third.reason),
        (Some(ReferralState::Refused), Some(ReasonCode::Income))
    );
}

#[test]
fn an_empty_state_means_what_the_mapping_says() {
    let row = format!(
        "{},某检移〔2026〕1号,县人民检察院,2026-07-03,,,",
        citizen("19800101", 1)
    );
    let mapping = format!("{RECEIVED}empty = \"acknowledged\"\n");
    let (records, refused) = received(&mapping, &[row]);
    assert!(refused.is_empty());
    let referral = records[0].referral.as_ref().unwrap();
    assert_eq!(referral.state, Some(ReferralState::Acknowledged));
}

/// What the sender of a letter has heard on the telephone is not what is asked for.
#[test]
fn a_register_of_letters_sent_states_nothing() {
    let row = format!(
        "{},某检移〔2026〕1号,县人民检察院,2026-07-03,已救助,2026-08-01,",
        citizen("19800101", 1)
    );
    let mapping = RECEIVED.replace("referral_received", "referral_sent");
    let (records, refused) = received(&mapping, &[row]);
    assert!(refused.is_empty());
    let referral = records[0].referral.as_ref().unwrap();
    assert_eq!(
        (referral.state, referral.date, referral.reason),
        (None, None, None)
    );
    assert_eq!(records[0].period, Period::OneOff(date(2026, 7, 3)));
}

/// Rows of other programmes in the same file are no letters.
#[test]
fn only_referrals_have_letters() {
    let mapping = RECEIVED
        .replace(
            "[programme]\nconstant = \"referral_received\"",
            "[programme.values]\n\"已签收\" = \"temporary\"\n\"已救助\" = \"referral_received\"",
        )
        .replace("period = ", "programme = \"办理结果\"\nperiod = ");
    let n = citizen("19800101", 1);
    let rows = [
        format!("{n},,,2026-07-03,已签收,,"),
        format!("{n},某检移〔2026〕1号,县人民法院,2026-07-03,已救助,,"),
    ];
    let (records, refused) = received(&mapping, &rows);
    assert!(refused.is_empty());
    assert!(records[0].referral.is_none());
    assert!(records[1].referral.is_some());

    // A word of the catalogue makes a row a referral; without [referral] there is no letter to it.
    let mapping = r#"
        [columns]
        number = "身份证号"
        kind = "resident"
        programme = "原因"
        period = "收函日期"
    "#;
    let row = format!("{n},某检移〔2026〕1号,,2026-07-03,,,收到移送函");
    let (records, refused) = received(mapping, &[row]);
    assert!(records.is_empty());
    assert_eq!(refused, [(2, "letter_missing".to_owned())]);
}
