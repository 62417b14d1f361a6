//! What IT does where no line leads to another agency: files are made, approved, carried and taken in, back and forth.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::PEER_NAME;
use super::agreement::{number, signed};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// Who carries files, with what each is called.
const ENDS: [(&str, &str); 2] = [("court", "县人民法院"), ("police", "县公安局")];

/// Three letters each way and those by which sets are acknowledged; more would be a round that does not end.
const MOST_WAYS: usize = 12;

/// An agreement and a round under it, by files. One file is damaged on its way and comes again.
pub(super) fn by_files(browser: &Browser, county: &County, lang: Lang) {
    let desks = ENDS.map(|(node, _)| county.signed_in(browser, node, "it-1", lang));
    carrier(&desks, "files");
    let mut ferry = Ferry {
        county,
        lang,
        desks: &desks,
        carried: BTreeSet::new(),
    };
    let digest = county.drafted(ENDS[0].0, &draft(lang));
    signed(
        &county.signed_in(browser, ENDS[0].0, "compliance-1", lang),
        &digest,
    );
    ferry.damaged_first(0);
    signed(
        &county.signed_in(browser, ENDS[1].0, "compliance-1", lang),
        &digest,
    );
    ferry.carry(1);

    let own = &desks[0];
    own.open("/it/rounds");
    own.fill("form[action='/it/rounds']", &[("agreement", &digest)]);
    own.press("form[action='/it/rounds'] button");
    assert_eq!(own.count(".badge.good"), 0, "nothing has been carried");
    // Each end has a number of its own for it; the newest stands first.
    let is_done = |desk: &Desk| {
        desk.open("/it/rounds");
        desk.count("#rounds tbody tr:first-child .badge.good") == 1
    };
    let mut from = 0;
    for _ in 0..MOST_WAYS {
        ferry.carry(from);
        from = 1 - from;
        if from == 1 && is_done(&desks[0]) && is_done(&desks[1]) {
            break;
        }
    }
    for desk in &desks {
        assert!(is_done(desk), "{}", desk.text());
        desk.open("/it/ferry");
        assert_eq!(desk.count("#waiting"), 0, "{}", desk.text());
    }
    carrier(&desks, "line");
}

/// How the two meet from now on, chosen at both.
fn carrier(desks: &[Desk; 2], by: &str) {
    for (desk, (_, peer)) in desks.iter().zip([ENDS[1], ENDS[0]]) {
        desk.open("/it/peers");
        let action = desk.in_row(peer, "form[action$='/carrier']");
        let form = format!("form[action='{action}']");
        desk.fill(&form, &[("carrier", by)]);
        desk.done(&format!("{form} button"));
        let chosen = desk
            .tab
            .js(&format!("document.querySelector(\"{form} select\").value"));
        assert_eq!(chosen, by);
    }
}

struct Ferry<'a> {
    county: &'a County,
    lang: Lang,
    desks: &'a [Desk; 2],
    /// Files that have been carried: a set is shown until all of it is acknowledged.
    carried: BTreeSet<String>,
}

impl Ferry<'_> {
    /// From one end to the other, whatever there is.
    fn carry(&mut self, from: usize) {
        let files = self.made(from);
        if !files.is_empty() {
            taken_in(&self.desks[1 - from], &files);
        }
    }

    /// The same, and each file comes cut short before it comes whole.
    fn damaged_first(&mut self, from: usize) {
        let files = self.made(from);
        let to = &self.desks[1 - from];
        let damaged: Vec<_> = files
            .iter()
            .map(|file| {
                let content = fs::read(file).unwrap();
                let copy = file.with_extension("damaged");
                fs::write(&copy, &content[..content.len() / 2]).unwrap();
                copy
            })
            .collect();
        to.open("/it/ferry");
        to.choose("#f-file", &damaged);
        let said = to.refused("form[action='/it/ferry'] button");
        for file in &damaged {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(said.contains(name), "which file is wrong is not said: {said}");
        }
        taken_in(to, &files);
    }

    /// Makes sets of what is due, has the slip of each printed, and fetches their files.
    fn made(&mut self, from: usize) -> Vec<PathBuf> {
        let desk = &self.desks[from];
        let form = "form[action='/it/ferry/sets']";
        desk.open("/it/ferry");
        if desk.count(form) == 1 {
            // Once in each form: gateways let only one of them pass.
            let cut = if self.lang == Lang::Zh { "binary" } else { "text" };
            desk.fill(form, &[("form", cut)]);
            desk.done(&format!("{form} button"));
        }
        let stick = self.county.folder(&format!("stick-{}", self.lang.short()));
        let parts = desk
            .tab
            .js("[...document.querySelectorAll(\"a[href*='/parts/']\")].map(it => it.getAttribute('href'))");
        let mut files = Vec::new();
        for part in parts.as_array().unwrap().iter().filter_map(|part| part.as_str()) {
            if !self.carried.insert(part.to_owned()) {
                continue;
            }
            let (name, content) = desk.named_file(&format!("a[href='{part}']"));
            let file = stick.join(name);
            fs::write(&file, content).unwrap();
            files.push(file);
            if part.ends_with("/parts/1") {
                let slip = format!("a[href='{}']", part.replace("/parts/1", "/slip"));
                let set = desk.shown(&format!("tr:has({slip}) th"));
                desk.press(&slip);
                assert!(!set.is_empty() && desk.text().contains(&set), "{}", desk.text());
                desk.print();
                desk.open("/it/ferry");
            }
        }
        files
    }
}

/// Hands files in, and is told of each what came of it.
fn taken_in(desk: &Desk, files: &[PathBuf]) {
    desk.open("/it/ferry");
    desk.choose("#f-file", files);
    desk.done("form[action='/it/ferry'] button");
    assert_eq!(desk.count("p.done"), files.len() as u64, "{}", desk.text());
}

/// Both aid people who were harmed, and count by the same cases.
fn draft(lang: Lang) -> String {
    super::agreement::draft("duplicates", &number(lang, "法公"), "rounds_a_month = 4\n")
        .replace(PEER_NAME, ENDS[1].1)
        .replace(
            "[\"minimum_living\", \"extreme_poverty\"]",
            "[\"judicial_court\"]",
        )
        .replace(
            "[\"disabled_living\", \"disabled_care\"]",
            "[\"judicial_police\"]",
        )
        + "peer_case_scheme = \"judicial_aid\"\n"
}
