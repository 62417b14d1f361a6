//! Both forms say one text, both are well formed, and LibreOffice opens the one that is to be edited.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a failed expectation is the report"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Cursor, Read as _};
use std::process::Command;

use hefu_casework::Fen;
use hefu_casework::conference::ItemKind;
use hefu_casework::conference::paper::{Minutes, MinutesMatter, Publication};
use hefu_casework::letter::{Attachment, Block, Facts, Letter, LetterKind, Row};
use jiff::civil::date;
use quick_xml::events::Event;
use zip::ZipArchive;

use super::{docx, page};

fn sample(kind: LetterKind) -> Letter {
    Letter::compose(&Facts::read(kind, "sample", kind.sample()).unwrap(), None).unwrap()
}

/// A letter of each kind, and the papers of a conference.
fn papers() -> Vec<Letter> {
    let minutes = Minutes {
        conference: "某县救助联席会议".to_owned(),
        number: "某救联纪〔2026〕3号".to_owned(),
        office: "某县联席会议办公室".to_owned(),
        on: date(2026, 11, 30),
        attendees: vec!["某县民政局".to_owned(), "某县残联".to_owned()],
        matters: vec![MinutesMatter {
            item: "00112233445566778899aabbccddeeff".to_owned(),
            kind: ItemKind::Finding,
            pair: ["某县民政局".to_owned(), "某县残联".to_owned()],
            text: "由民政局复核后停发其中一项。".to_owned(),
            by: "某县民政局".to_owned(),
            due: Some(date(2026, 12, 15)),
        }],
    };
    let publication = Publication {
        by: "某县联席会议办公室".to_owned(),
        of: "第2轮比对".to_owned(),
        on: date(2026, 11, 30),
        smallest: 5,
        columns: ["单位", "经核实金额", "停发金额（每月）", "追回金额"]
            .map(str::to_owned)
            .into(),
        rows: vec![(
            "某县民政局".to_owned(),
            vec![Some(Fen(1_234_505)), None, Some(Fen(0))],
        )],
    };
    let kinds = LetterKind::ALL.iter().map(|kind| sample(*kind));
    kinds.chain([minutes.letter(), publication.letter()]).collect()
}

/// A letter of every kind of block, in which each text is this one.
fn of(text: &str) -> Letter {
    let text = || text.to_owned();
    Letter {
        name: "公函",
        title: text().into(),
        blocks: vec![
            Block::Number(text()),
            Block::Addressee(text()),
            Block::Paragraph(text()),
            Block::Table(vec![Row {
                label: text(),
                value: text(),
            }]),
            Block::Grid(vec![vec![text(), text(), text()], vec![text(), text(), text()]]),
            Block::Attachments(vec![Attachment {
                lead: text(),
                name: text(),
            }]),
            Block::Signature(vec![text(), text()]),
            Block::Note(text()),
        ],
    }
}

fn part(docx: &[u8], name: &str) -> String {
    let mut zip = ZipArchive::new(Cursor::new(docx)).unwrap();
    let mut text = String::new();
    zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

/// The text of the elements of these names, one line for each; checks on the way that every element ends.
fn lines(xml: &str, names: &[&str]) -> Vec<String> {
    let mut reader = quick_xml::Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let (mut lines, mut line, mut depth) = (Vec::new(), None::<String>, 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                depth += 1;
                if names.contains(&start.name().as_ref()) {
                    line = Some(String::new());
                }
            }
            Event::End(end) => {
                depth -= 1;
                if names.contains(&end.name().as_ref()) {
                    lines.extend(line.take());
                }
            }
            Event::Text(text) => {
                if let Some(line) = &mut line {
                    line.push_str(&text);
                }
            }
            Event::GeneralRef(name) => {
                let said = match &*name {
                    "amp" => "&",
                    "lt" => "<",
                    "gt" => ">",
                    "quot" => "\"",
                    "#39" => "'",
                    other => panic!("&{other};"),
                };
                if let Some(line) = &mut line {
                    line.push_str(said);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "an element does not end");
    lines
}

fn text_of_docx(letter: &Letter) -> Vec<String> {
    lines(&part(&docx(letter).unwrap(), "word/document.xml"), &["w:p"])
}

/// The body alone: its elements all end, as those of XML.
fn text_of_page(letter: &Letter) -> Vec<String> {
    let html = page(letter);
    let body = html
        .split_once("<body>")
        .unwrap()
        .1
        .split_once("</body>")
        .unwrap()
        .0;
    lines(&format!("<body>{body}</body>"), &["h1", "p", "th", "td"])
}

fn texts(letter: &Letter) -> Vec<String> {
    let mut texts = vec![letter.title.to_string()];
    for block in &letter.blocks {
        match block {
            Block::Number(text) | Block::Addressee(text) | Block::Paragraph(text) | Block::Note(text) => {
                texts.push(text.clone());
            }
            Block::Table(rows) => {
                texts.extend(rows.iter().flat_map(|row| [row.label.clone(), row.value.clone()]));
            }
            Block::Grid(rows) => texts.extend(rows.concat()),
            Block::Attachments(each) => {
                texts.extend(each.iter().map(|one| [one.lead.as_str(), &one.name].concat()));
            }
            Block::Signature(each) => texts.extend(each.iter().cloned()),
            Block::NewPage => {}
        }
    }
    texts
}

#[test]
fn both_forms_say_the_letter() {
    for letter in papers() {
        let expected = texts(&letter);
        assert!(expected.len() > 5, "{}", letter.name);
        assert_eq!(text_of_docx(&letter), expected, "{}", letter.name);
        assert_eq!(text_of_page(&letter), expected, "{}", letter.name);
    }
}

#[test]
fn every_text_is_said_as_it_is() {
    let long = "长".repeat(200_000);
    for text in [
        "甲 & 乙 < 丙 > 丁 \"戊\" '己'",
        "&amp; &lt;b&gt; ]]> <!-- --> <script>alert(1)</script>",
        "</w:t></w:r></w:p> {person_name}",
        "  前后有空  ",
        "𠮷野家 〔2026〕17号 ①",
        &long,
    ] {
        let letter = of(text);
        let expected = texts(&letter);
        assert_eq!(text_of_docx(&letter), expected);
        assert_eq!(text_of_page(&letter), expected);
        assert!(!page(&letter).contains("<script"));
    }
}

#[test]
fn the_package_is_whole() {
    let letter = sample(LetterKind::Transfer);
    let bytes = docx(&letter).unwrap();
    assert_eq!(*bytes, *docx(&letter).unwrap(), "one letter, one file");
    let mut zip = ZipArchive::new(Cursor::new(bytes.as_slice())).unwrap();
    let names: BTreeSet<String> = (0..zip.len())
        .map(|i| zip.by_index(i).unwrap().name().unwrap().into_owned())
        .collect();
    // ECMA-376 part 2 §10.1.2.2: the stream of content types is the first item that readers look for.
    assert_eq!(zip.by_index(0).unwrap().name().unwrap(), "[Content_Types].xml");
    for name in &names {
        lines(&part(&bytes, name), &[]);
    }
    // Each part is declared, and each declared part and each target of a relation is there.
    let types = part(&bytes, "[Content_Types].xml");
    for name in types
        .split("PartName=\"/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
    {
        assert!(names.contains(name), "{name} is not there");
    }
    for (relations, folder) in [("_rels/.rels", ""), ("word/_rels/document.xml.rels", "word/")] {
        let relations = part(&bytes, relations);
        for target in relations
            .split("Target=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            assert!(
                names.contains(&format!("{folder}{target}")),
                "{target} is not there"
            );
        }
    }
    let styles = part(&bytes, "word/styles.xml");
    for letter in papers() {
        let document = part(&docx(&letter).unwrap(), "word/document.xml");
        for style in document.split("<w:pStyle w:val=\"").skip(1) {
            let style = style.split('"').next().unwrap();
            assert!(
                styles.contains(&format!("w:styleId=\"{style}\"")),
                "no style {style}"
            );
        }
    }
}

#[test]
fn a_page_needs_nothing_from_outside_and_its_title_names_nobody() {
    for letter in papers() {
        let html = page(&letter);
        for from_outside in [
            "http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link",
        ] {
            assert!(!html.contains(from_outside), "{}: {from_outside}", letter.name);
        }
        assert!(html.contains(&format!("<title>{}</title>", letter.name)));
    }
}

#[test]
fn libreoffice_opens_each_kind() {
    let Ok(version) = Command::new("soffice").arg("--version").output() else {
        eprintln!("skipped: soffice is not installed, so no letter was converted to PDF");
        return;
    };
    assert!(version.status.success());
    let folder = tempfile::tempdir().unwrap();
    let papers = papers();
    let files: Vec<_> = (papers.iter().enumerate())
        .map(|(at, letter)| {
            let file = folder.path().join(format!("{at}.docx"));
            fs::write(&file, &*docx(letter).unwrap()).unwrap();
            file
        })
        .collect();
    // A profile of its own, so that an office that is open elsewhere does not answer instead.
    let profile = format!(
        "-env:UserInstallation=file://{}",
        folder.path().join("profile").display()
    );
    let run = Command::new("soffice")
        .args([&profile, "--headless", "--convert-to", "pdf", "--outdir"])
        .arg(folder.path())
        .args(&files)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let texts_too = Command::new("pdftotext").arg("-v").output().is_ok();
    for (letter, file) in papers.iter().zip(&files) {
        let pdf = file.with_extension("pdf");
        assert!(fs::read(&pdf).unwrap().starts_with(b"%PDF-"), "{}", letter.name);
        if texts_too {
            let text = Command::new("pdftotext").arg(&pdf).arg("-").output().unwrap();
            let squeezed = |text: &str| text.split_whitespace().collect::<String>();
            let text = squeezed(&String::from_utf8_lossy(&text.stdout));
            assert!(text.contains(&squeezed(&letter.title)), "{}: {text}", letter.name);
        }
    }
}
