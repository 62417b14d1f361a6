//! The people of a check, as a case worker writes them down: a table with a heading over each column, or TOML.

use std::io::Read;
use std::path::Path;

use hefu_casework::Catalogue;
use hefu_node::api::view::PersonRequest;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::failure::{Exit, Failure};

/// Twenty people fit many times.
const MAX_BYTES: usize = 64 << 10;

/// What may stand over a column, in Chinese and as in TOML.
const COLUMNS: [(&str, &str); 8] = [
    ("证件种类", "kind"),
    ("证件号码", "number"),
    ("救助项目", "programme"),
    ("起始月份", "from"),
    ("截止月份", "until"),
    ("给付日期", "day"),
    ("案号", "case"),
    ("救助事由", "cause"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    people: Vec<PersonRequest>,
}

/// Reads a file, or standard input where it is called `-`. What is wrong is said by its line, never by what stands there.
pub(super) fn read(file: &Path) -> Result<Vec<PersonRequest>, Failure> {
    let name = file.display().to_string();
    let text = whole(file)?;
    let mut people = if text.trim_start().starts_with('[') {
        toml(&name, &text)?
    } else {
        csv(&name, &text)?
    };
    // A programme goes by its name or its code.
    let catalogue = Catalogue::national();
    for person in &mut people {
        if let Some(known) = catalogue.find(&person.programme) {
            person.programme = known.code.to_string();
        }
    }
    Ok(people)
}

fn whole(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| Failure::read(file, &error);
    // One byte more than is allowed, so that what is longer is refused as such and not cut off.
    let limit = MAX_BYTES + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    let from: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin().lock()),
        false => Box::new(std::fs::File::open(file).map_err(failed)?),
    };
    from.take(limit as u64).read_to_end(&mut bytes).map_err(failed)?;
    let params = [("file", file.display().to_string())];
    if bytes.len() > MAX_BYTES {
        return Err(Failure::new(Exit::Input, "precheck_file_long", params));
    }
    match str::from_utf8(&bytes) {
        // Editors on Windows put a mark in front.
        Ok(text) => Ok(Zeroizing::new(
            text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned(),
        )),
        Err(_) => Err(Failure::new(Exit::Input, "letter_encoding", params)),
    }
}

fn toml(file: &str, text: &str) -> Result<Vec<PersonRequest>, Failure> {
    let written: Written = toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start));
        unreadable(
            file,
            before.map_or(0, |before| before.matches('\n').count() as u64 + 1),
        )
    })?;
    Ok(written.people)
}

fn csv(file: &str, text: &str) -> Result<Vec<PersonRequest>, Failure> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let line = |error: &csv::Error| error.position().map_or(0, csv::Position::line);
    let headings = reader.headers().map_err(|error| unreadable(file, line(&error)))?;
    let mut fields = Vec::with_capacity(headings.len());
    for heading in headings {
        let known = COLUMNS
            .iter()
            .find(|(zh, code)| heading == *zh || heading == *code);
        let (_, field) = known.ok_or_else(|| {
            let columns: Vec<_> = COLUMNS.iter().map(|(zh, code)| format!("{zh} {code}")).collect();
            let params = [("file", file.to_owned()), ("columns", columns.join("、"))];
            Failure::new(Exit::Input, "precheck_column", params)
        })?;
        fields.push(*field);
    }
    let mut people = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(file, line(&error)))?;
        let at = record.position().map_or(0, csv::Position::line);
        let cell = |name: &str| {
            let mut cells = fields.iter().zip(&record);
            let found = cells.find(|(field, _)| **field == name);
            found
                .map(|(_, cell)| cell.to_owned())
                .filter(|cell| !cell.is_empty())
        };
        let day = cell("day").map(|day| day.parse().map_err(|_| unreadable(file, at)));
        people.push(PersonRequest {
            kind: cell("kind"),
            number: cell("number").unwrap_or_default(),
            programme: cell("programme").unwrap_or_default(),
            from: cell("from"),
            until: cell("until"),
            day: day.transpose()?,
            case: cell("case"),
            cause: cell("cause"),
        });
    }
    Ok(people)
}

fn unreadable(file: &str, line: u64) -> Failure {
    let params = [("file", file.to_owned()), ("line", line.to_string())];
    Failure::new(Exit::Input, "precheck_unreadable", params)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "290101195001010015";

    fn written(text: &str) -> Result<Vec<PersonRequest>, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path()).map_err(|failure| {
            let shown = format!("{} {:?}", failure.code, failure.params);
            assert!(!shown.contains(NUMBER), "{shown}");
            failure.code.to_string()
        })
    }

    #[test]
    fn a_table_and_toml_say_the_same() {
        let tables = [
            format!(
                "证件号码,救助项目,起始月份,截止月份,给付日期\n{NUMBER},特困供养,2026-07,2026-09,\n{NUMBER},临时救助,,,2026-07-15\n"
            ),
            format!(
                "\u{FEFF}number,programme,from,until,day\r\n {NUMBER} ,extreme_poverty,2026-07,2026-09,\r\n{NUMBER},temporary,,,2026-07-15\r\n"
            ),
            format!(
                "[[people]]\nnumber = \"{NUMBER}\"\nprogramme = \"extreme_poverty\"\nfrom = \"2026-07\"\nuntil = \"2026-09\"\n[[people]]\nnumber = \"{NUMBER}\"\nprogramme = \"temporary\"\nday = \"2026-07-15\"\n"
            ),
        ];
        for table in tables {
            let people = written(&table).unwrap();
            let said: Vec<_> = people
                .iter()
                .map(|person| {
                    let day = person.day.map(|day| day.to_string());
                    (
                        person.number.as_str(),
                        person.programme.as_str(),
                        person.from.clone(),
                        day,
                    )
                })
                .collect();
            assert_eq!(
                said,
                [
                    (NUMBER, "extreme_poverty", Some("2026-07".to_owned()), None),
                    (NUMBER, "temporary", None, Some("2026-07-15".to_owned())),
                ],
                "{table}"
            );
        }
    }

    #[test]
    fn the_sample_is_read() {
        let people = written(include_str!("../../../samples/people.csv")).unwrap();
        let said: Vec<_> = people
            .iter()
            .map(|person| {
                (
                    person.kind.as_deref(),
                    person.programme.as_str(),
                    person.cause.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (Some("resident"), "extreme_poverty", None),
                (None, "temporary", Some("illness"))
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_without_what_stands_there() {
        for (text, code) in [
            (format!("姓名,证件号码\n某某,{NUMBER}\n"), "precheck_column"),
            (
                format!("证件号码,救助项目\n{NUMBER},特困供养,x\n"),
                "precheck_unreadable",
            ),
            (
                format!("证件号码,给付日期\n{NUMBER},七月\n"),
                "precheck_unreadable",
            ),
            (
                format!("[[people]]\nnumber = {NUMBER}\nprogramme = \"orphan\"\n"),
                "precheck_unreadable",
            ),
            (
                format!("[[people]]\nname = \"{NUMBER}\"\n"),
                "precheck_unreadable",
            ),
            ("x".repeat(MAX_BYTES + 1), "precheck_file_long"),
        ] {
            assert_eq!(written(&text).err().as_deref(), Some(code), "{text:.40}");
        }
    }
}
