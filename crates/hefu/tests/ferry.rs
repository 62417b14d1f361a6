//! Files, as whoever carries them meets them: what goes wrong, how a card may come, and a gateway that synchronises.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]
#![cfg(unix)]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use common::node::{Node, draft, two};
use common::{number, write};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn folder(dir: &Path, name: &str) -> PathBuf {
    let folder = dir.join(name);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Whole files, as a stick or a gateway would have them.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.retain(|file| !file.file_name().unwrap().to_str().unwrap().starts_with('.'));
    files.sort();
    files
}

fn fingerprint(node: &Node) -> String {
    node.json(&["peer", "card"])["fingerprint"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Both by files from now on.
fn by_files(one: &Node, other: &Node) {
    one.meet(other);
    other.meet(one);
    one.json(&["peer", "carrier", other.name, "files"]);
    other.json(&["peer", "carrier", one.name, "files"]);
}

#[test]
fn a_card_comes_in_any_of_four_ways() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = two(dir.path());
    let (_one, _other) = (one.serve(), other.serve());
    let (stick, slips) = (folder(dir.path(), "stick"), folder(dir.path(), "slips"));
    let heard = fingerprint(&other);
    let card = |form: &str| {
        let args = [
            "ferry",
            "card",
            "--to",
            text(&stick),
            "--slips",
            text(&slips),
            "--form",
            form,
        ];
        let written = other.json(&args);
        assert_eq!(written["fingerprint"], heard.as_str());
        PathBuf::from(written["files"][0].as_str().unwrap())
    };
    let (binary, text_form) = (card("binary"), card("text"));
    assert!(text_form.extension().unwrap() == "txt" && binary != text_form);
    // One set in two forms has one slip.
    assert_eq!((files(&stick).len(), files(&slips).len()), (2, 2));
    let json = dir.path().join("card.json");
    other.json(&["peer", "card", "--out", text(&json)]);
    one.json(&["ferry", "in", text(&stick), "--slips", text(&slips)]);
    for named in [text(&json), text(&binary), text(&text_form), other.name] {
        let wrong = one.run(&["peer", "add", named, "--fingerprint", "00000 00000", "--json"]);
        assert_eq!(wrong.failure(), (3, "api_fingerprint".to_owned()), "{named}");
        // What has come waits until it was compared, whichever way it is named.
        if named == other.name {
            one.json(&["peer", "add", named, "--fingerprint", &heard]);
            assert_eq!(
                one.json(&["ferry", "status"])["cards"].as_array().unwrap().len(),
                0
            );
        }
    }
    for named in [&json, &binary, &text_form] {
        one.json(&["peer", "add", text(named), "--fingerprint", &heard]);
    }
    let nobody = one.run(&["peer", "add", "县水利局", "--fingerprint", &heard, "--json"]);
    assert_eq!(nobody.failure(), (3, "read_failed".to_owned()));
}

#[test]
fn what_goes_wrong_with_files_is_said_and_harms_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = two(dir.path());
    let (_one, _other) = (one.serve(), other.serve());
    by_files(&one, &other);
    let (stick, slips) = (folder(dir.path(), "stick"), folder(dir.path(), "slips"));
    let slip = ["--slips", text(&slips)];
    let out =
        |node: &Node| node.run(&[&["ferry", "out", "--json", "--to", text(&stick)], &slip[..]].concat());
    assert_eq!(out(&one).json()["sets"].as_array().unwrap().len(), 0);

    let terms = write(&one.dir, "draft.toml", draft(4));
    one.json(&["agreement", "draft", text(&terms)]);
    // No stick: nothing is made, so that nothing is taken for sent.
    let nowhere = one.run(&["ferry", "out", "--json", "--to", text(&dir.path().join("gone"))]);
    assert_eq!(nowhere.failure(), (3, "ferry_no_folder".to_owned()));
    let made = out(&one).json();
    let set = &made["sets"][0];
    let file = PathBuf::from(set["files"][0].as_str().unwrap());
    let number = set["number"].as_str().unwrap();
    assert_eq!((files(&stick), files(&slips).len()), (vec![file.clone()], 2));

    // Another file of that name is left as it is; the same is no other.
    let whole = fs::read(&file).unwrap();
    let again = ["ferry", "out", "--json", "--to", text(&stick), "--again", number];
    let again = || one.run(&[&again[..], &slip[..]].concat());
    assert_eq!(again().code, 0);
    fs::write(&file, b"a report").unwrap();
    assert_eq!(again().failure(), (3, "ferry_other_file".to_owned()));
    assert_eq!(fs::read(&file).unwrap(), b"a report");

    // What is no file of ours, one that is half copied, one that was changed: each is named, and the others are taken.
    let half = folder(dir.path(), "half").join("a.hefu");
    fs::write(&half, &whole[..whole.len() - 1]).unwrap();
    let mut changed = whole.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(half.with_file_name("b.hefu"), changed).unwrap();
    let come = |folder: &Path| other.run(&[&["ferry", "in", "--json", text(folder)], &slip[..]].concat());
    let refused = come(half.parent().unwrap());
    let report: serde_json::Value = serde_json::from_str(refused.stdout.lines().next().unwrap()).unwrap();
    let codes: Vec<_> = report["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["refused"].clone())
        .collect();
    assert_eq!(
        (refused.code, codes),
        (3, vec!["ferry_truncated".into(), "ferry_payload".into()])
    );
    assert_eq!(come(&stick).code, 3);
    // For another node: by whom it was made, it is refused too.
    fs::write(&file, &whole).unwrap();
    assert_eq!(one.run(&["ferry", "in", text(&stick)]).code, 3);
    let taken = come(&stick);
    assert_eq!(taken.code, 0, "{}{}", taken.stdout, taken.stderr);
    assert_eq!(taken.json()["sets"][0]["letters"][0]["matter"], "agreement");
    let none = other.run(&["ferry", "in", "--json", text(&folder(dir.path(), "empty"))]);
    assert_eq!(none.failure(), (3, "ferry_nothing_in".to_owned()));
}

/// Parts that nobody finds again: what came of the set is given up, and it comes anew.
#[test]
fn a_set_that_lacks_files_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = two(dir.path());
    let (_one, _other) = (one.serve(), other.serve());
    by_files(&one, &other);
    let (stick, slips) = (folder(dir.path(), "stick"), folder(dir.path(), "slips"));
    for number in ["1号", "2号", "3号", "4号"] {
        let terms = write(&one.dir, number, draft(4).replace("1号", number));
        one.json(&["agreement", "draft", text(&terms)]);
    }
    let to = ["ferry", "out", "--to", text(&stick), "--slips", text(&slips)];
    let made = one.json(&[&to[..], &["--max-size", "4096"]].concat());
    let number = made["sets"][0]["number"].as_str().unwrap();
    let lost = files(&stick).pop().unwrap();
    let content = fs::read(&lost).unwrap();
    fs::remove_file(&lost).unwrap();
    let come = ["ferry", "in", text(&stick), "--slips", text(&slips)];
    let come = || other.json(&come)["sets"][0]["missing"].as_array().unwrap().len();
    assert_eq!(come(), 1);

    let drop = ["ferry", "drop", number, "--peer", one.name, "--json"];
    let stranger = other.run(&["ferry", "drop", number, "--peer", "县法院", "--json"]);
    assert_eq!(stranger.failure(), (2, "name_unknown".to_owned()));
    assert_eq!(other.run(&drop).json()["dropped"], true);
    assert_eq!(other.run(&drop).failure(), (2, "name_unknown".to_owned()));
    assert_eq!(other.json(&["ferry", "status"])["coming"], serde_json::json!([]));
    fs::write(&lost, content).unwrap();
    assert_eq!(come(), 0);
}

/// A path that leads one way only is refused before anything is made, and it is said what can be done.
#[test]
fn a_path_that_leads_one_way_is_refused_in_advance() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = two(dir.path());
    let (_one, _other) = (one.serve(), other.serve());
    by_files(&one, &other);
    let terms = write(&one.dir, "draft.toml", draft(4));
    for (direction, lacks) in [("out", "传入"), ("in", "传出")] {
        one.json(&["peer", "carrier", other.name, "files", "--direction", direction]);
        let refused = one.run(&["--lang", "zh", "agreement", "draft", text(&terms)]);
        assert_eq!(refused.code, 5, "{}", refused.stderr);
        for said in [lacks, "hefu check", "finding local"] {
            assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
        }
        assert_eq!(
            one.json(&["agreement", "list"])["agreements"]
                .as_array()
                .unwrap()
                .len(),
            0
        );
    }
}

/// What the page says of a gateway that lets only text of 1 MB pass.
#[test]
fn four_hundred_against_fifty_thousand_fit_in_as_many_files_as_the_page_says() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = two(dir.path());
    let (_one, _other) = (one.serve(), other.serve());
    by_files(&one, &other);
    one.import_people("extreme_poverty", (0..400).map(number));
    other.import_people("disabled_living", (200..50_200).map(number));
    let (stick, slips) = (folder(dir.path(), "stick"), folder(dir.path(), "slips"));
    let text_form = ["--to", text(&stick), "--slips", text(&slips), "--form", "text"];
    let out = |node: &Node| {
        let made = node.json(&[&["ferry", "out"], &text_form[..]].concat());
        let files = made["sets"][0]["files"].as_array().unwrap().clone();
        for file in &files {
            let bytes = fs::read(file.as_str().unwrap()).unwrap();
            assert!(bytes.len() <= 1_000_000 && is_plain_text(&bytes));
        }
        files.len()
    };
    let come = |node: &Node| node.run(&["ferry", "in", text(&stick), "--slips", text(&slips)]);
    let terms = write(&one.dir, "draft.toml", draft(4).replace("20_000", "60_000"));
    let agreement = one.json(&["agreement", "draft", text(&terms)])["agreement"]
        .as_str()
        .unwrap()
        .to_owned();
    one.json(&["agreement", "sign", "--yes", &agreement]);
    out(&one);
    come(&other);
    other.json(&["agreement", "sign", "--yes", &agreement]);
    out(&other);
    come(&one);
    let round = one.json(&["round", "run", &agreement])["round"]
        .as_str()
        .unwrap()
        .to_owned();
    let request = out(&one);
    come(&other);
    let answer = out(&other);
    come(&one);
    assert_eq!(one.findings(&round).len(), 200);
    let page = include_str!("../../../packaging/FERRY.md");
    let said = format!("400 人与 50,000 人的名册比对，请求 {request} 个文件，答复 {answer} 个文件");
    assert!(page.replace('\n', "").contains(&said), "{said}");
}

/// What such a gateway lets pass: printable ASCII in lines of at most 1,000 characters.
fn is_plain_text(bytes: &[u8]) -> bool {
    let printable = |byte: &u8| matches!(byte, b' '..=b'~');
    let mut lines = bytes.split(|byte| *byte == b'\n');
    lines.all(|line| line.len() <= 1_000 && line.iter().all(printable))
}

/// Two pairs of folders, and somebody who moves whole files between them: nobody types a command of the ferry's. The one
/// node's clock is nine hours wrong, which nobody notices.
#[test]
fn a_gateway_that_synchronises_folders_carries_a_round() {
    let dir = tempfile::tempdir().unwrap();
    let (one, other) = two(dir.path());
    let boxes = |node: &Node| ["out", "in", "slips"].map(|name| folder(&node.dir, name));
    let (ours, theirs) = (boxes(&one), boxes(&other));
    for (node, [outbox, inbox, slips]) in [(&one, &ours), (&other, &theirs)] {
        node.set(|settings| {
            let ferry = format!(
                "outbox = {outbox:?}\ninbox = {inbox:?}\nslips = {slips:?}\nform = \"text\"\nmax_file_bytes = 20000\n"
            );
            settings.insert("ferry".to_owned(), toml::Value::Table(ferry.parse().unwrap()));
        });
    }
    let (_one, _other) = (one.serve(), other.serve_with_clock("+9h"));
    by_files(&one, &other);
    one.import_people("extreme_poverty", (0..300).map(number));
    other.import_people("disabled_living", (150..450).map(number));
    let terms = write(&one.dir, "draft.toml", draft(4));
    let agreement = one.json(&["agreement", "draft", text(&terms)])["agreement"]
        .as_str()
        .unwrap()
        .to_owned();
    let carry = || {
        for (from, to) in [(&ours[0], &theirs[1]), (&theirs[0], &ours[1])] {
            for file in files(from) {
                let part = to.join(".part");
                fs::copy(&file, &part).unwrap();
                fs::rename(&part, to.join(file.file_name().unwrap())).unwrap();
                fs::remove_file(&file).unwrap();
            }
        }
    };
    let until = |what: &str, met: &dyn Fn() -> bool| {
        let begun = Instant::now();
        while !met() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{what}: {}{}",
                one.logged(),
                other.logged()
            );
            carry();
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    until("the draft", &|| {
        other.run(&["agreement", "show", &agreement]).code == 0
    });
    one.json(&["agreement", "sign", "--yes", &agreement]);
    other.json(&["agreement", "sign", "--yes", &agreement]);
    let state = |node: &Node| node.json(&["agreement", "list"])["agreements"][0]["state"].clone();
    until("the signatures", &|| {
        state(&one) == "signed" && state(&other) == "signed"
    });
    let round = one.json(&["round", "run", &agreement])["round"]
        .as_str()
        .unwrap()
        .to_owned();
    let ended = |node: &Node| node.json(&["round", "list"])["rounds"][0]["state"].clone();
    until("the round", &|| ended(&one) == "done" && ended(&other) == "done");
    assert_eq!(one.findings(&round).len(), 150);
    until("an empty inbox", &|| {
        files(&ours[1]).is_empty() && files(&theirs[1]).is_empty()
    });
    // The two sides print the same, of each set that crossed.
    let slips = |folder: &Path| -> Vec<_> {
        let page = |slip: PathBuf| (slip.file_name().unwrap().to_owned(), fs::read(&slip).unwrap());
        files(folder).into_iter().map(page).collect()
    };
    until("the slips", &|| {
        let ours = slips(&ours[2]);
        ours.len() >= 2 * 4 && ours == slips(&theirs[2])
    });
}
