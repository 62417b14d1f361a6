//! What people are told when an export is unfit: where and why, and never what stands in a row.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::error::Error as _;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use hefu_fixtures::{Agency, County, SEED, all_numbers};
use hefu_identity::Kind;
use hefu_ingest::{Mapping, ReadOptions, read_numbers, read_records};
use hefu_store::{Costs, Store, Unlock};
use hefu_tests::search::{SHORTEST, Searcher, forms_of_name, forms_of_number};

#[test]
fn no_error_shows_a_number_or_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let county = hefu_fixtures::generate(SEED, folder.path()).unwrap();
    let mut told = Told::default();
    misread_exports(&county, &mut told);
    for unfit in unfit_files(&county, folder.path()) {
        misread(&unfit, &mut told);
    }
    unlock_wrongly(&county, folder.path(), &mut told);
    assert!(
        told.codes.len() >= 12,
        "too few kinds of errors: {:?}",
        told.codes
    );

    let numbers = all_numbers(&county);
    let mut searcher = Searcher::default();
    let numbers = numbers.iter().flat_map(|number| forms_of_number(number));
    let names = county
        .people
        .iter()
        .flat_map(|person| forms_of_name(&person.name));
    for (what, bytes) in numbers.chain(names).filter(|(_, bytes)| bytes.len() >= SHORTEST) {
        searcher.add(what, &bytes);
    }
    for text in &told.texts {
        assert_eq!(searcher.find(text.as_bytes()), None, "{text}");
    }
    // The search must be able to fail.
    let planted = format!("{}{}", told.texts[0], county.people[0].number);
    assert!(searcher.find(planted.as_bytes()).is_some());
}

/// Everything that any layer could show of an error.
#[derive(Default)]
struct Told {
    texts: Vec<String>,
    codes: std::collections::BTreeSet<&'static str>,
}

impl Told {
    fn add(&mut self, error: hefu_node::Error) {
        let mut text = format!("{error}\n{error:?}\n{:?}\n", error.params());
        let mut source = error.source();
        while let Some(cause) = source {
            let _ = writeln!(text, "{cause} {cause:?}");
            source = cause.source();
        }
        self.codes.insert(error.code());
        self.texts.push(text);
    }
}

/// Every export under every mapping that is not its own.
fn misread_exports(county: &County, told: &mut Told) {
    for export in &county.imports {
        for other in county
            .imports
            .iter()
            .filter(|other| other.mapping != export.mapping)
        {
            let mapping = Mapping::parse(&std::fs::read_to_string(&other.mapping).unwrap()).unwrap();
            if let Err(error) = read_records(&export.files, &mapping, &mut |_| Ok(()), None) {
                told.add(error.into());
            }
        }
    }
}

/// Reads a file as a list of numbers in ways that do not fit it.
fn misread(file: &Path, told: &mut Told) {
    let plain = ReadOptions::default();
    let ways = [
        plain.clone(),
        ReadOptions {
            column: Some("号码".into()),
            ..plain.clone()
        },
        ReadOptions {
            kind: Some(Kind::Passport),
            ..plain.clone()
        },
        ReadOptions {
            sheet: Some("无".into()),
            ..plain.clone()
        },
        ReadOptions {
            encoding: Some("utf-16le".into()),
            ..plain.clone()
        },
        ReadOptions {
            encoding: Some("ebcdic".into()),
            ..plain.clone()
        },
        // A row of people where the headings should be.
        ReadOptions {
            header_row: Some(5),
            ..plain.clone()
        },
        ReadOptions {
            header_row: Some(5),
            column: Some("号码".into()),
            ..plain.clone()
        },
        ReadOptions {
            header_row: Some(1),
            column: Some("号码".into()),
            ..plain
        },
    ];
    for options in ways {
        if let Err(error) = read_numbers(&[file.to_path_buf()], &options, &mut |_, _| ()) {
            told.add(error.into());
        }
    }
}

/// Exports, damaged in the ways in which exports are damaged.
fn unfit_files(county: &County, folder: &Path) -> Vec<PathBuf> {
    let export = |agency: Agency, dataset: &str| {
        let import = county
            .imports
            .iter()
            .find(|import| import.agency == agency && import.dataset == dataset)
            .unwrap();
        import.files[0].clone()
    };
    let table = export(Agency::CivilAffairs, "minimum_living");
    let book = export(Agency::CivilAffairs, "extreme_poverty");
    let text = std::fs::read_to_string(&table).unwrap();
    let rows: Vec<&str> = text.lines().skip(1).take(2_000).collect();
    let one_row = rows[0];
    let one_number = &county.people[0].number;
    let book_bytes = std::fs::read(&book).unwrap();
    let half_a_book = &book_bytes[..book_bytes.len() / 2];

    let mut files = vec![
        table,
        book,
        export(Agency::Procuratorate, "victims"),
        export(Agency::DisabledFederation, "roll"),
        export(Agency::CivilAffairs, "orphan"),
    ];
    for (name, bytes) in [
        ("no-headings.csv", rows.join("\n").into_bytes()),
        ("one-row.csv", one_row.as_bytes().to_vec()),
        (
            "numbers-alone.txt",
            format!("{one_number}\n").repeat(50).into_bytes(),
        ),
        (
            "open-quotation.csv",
            format!("身份证号,姓名\n\"{}", format!("{one_row}\n").repeat(30_000)).into_bytes(),
        ),
        ("headings-alone.csv", "身份证号,姓名\n".as_bytes().to_vec()),
        (
            "two-columns.csv",
            format!("身份证号,证件号码\n{one_number},{one_number}\n").into_bytes(),
        ),
        ("half.xlsx", half_a_book.to_vec()),
        (
            "half-a-record.json",
            format!("{{\"id\":\"{one_number}\",\"row\":\"{one_row}\"").into_bytes(),
        ),
        ("empty.csv", Vec::new()),
        (
            "scientific.csv",
            "身份证号,姓名\n2.90121E+17,某某某\n".repeat(30).into_bytes(),
        ),
    ] {
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        files.push(path);
    }
    files
}

/// A store under another key, and under none.
fn unlock_wrongly(county: &County, folder: &Path, told: &mut Told) {
    let costs = Costs {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };
    let store = folder.join("store");
    let unlock = |words: &str| Unlock::Passphrase(words.to_string().into());
    // Even where somebody chooses a number for a passphrase.
    drop(Store::create_with(&store, &unlock(&county.people[0].number), costs).unwrap());
    for words in ["", "合符", &county.people[1].number] {
        told.add(Store::open(&store, &unlock(words)).err().unwrap().into());
    }
}
