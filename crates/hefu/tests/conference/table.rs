//! The county's conference as those who hold it have it: five agencies and an office, each a process of its own.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hefu::county;
use hefu_fixtures::conference::{ANNEXES, Annex, Leg, Purpose};
use hefu_fixtures::{Agency, County, LOCAL_RULES, expected};
use serde_json::Value;

use crate::common::found::finding;
use crate::common::node::{Node, Serving};
use crate::common::write;

const PATIENCE: Duration = Duration::from_secs(600);

/// These two are on no common network: a stick goes between them.
const BY_FILES: [Agency; 2] = [Agency::Procuratorate, Agency::Police];

pub(crate) struct Table {
    dir: PathBuf,
    pub(crate) office: Node,
    pub(crate) agencies: BTreeMap<Agency, Node>,
    running: BTreeMap<Agency, Serving>,
    of_office: Option<Serving>,
}

impl Table {
    /// Everybody runs and has everybody's card.
    pub(crate) fn laid(dir: &Path) -> Self {
        let made = |code: &str, name, role: &str| {
            let node = Node::made(dir, code, name, role);
            std::fs::write(node.folder.join("rules.toml"), LOCAL_RULES).unwrap();
            let often = "pace_seconds = 1\nrunning_pace_seconds = 1\njoin = \"automatic\"\n";
            node.set(|settings| {
                settings.insert("conference".to_owned(), table_of(often));
            });
            node
        };
        let office = made("office", "县联席会议办公室", "conference_office");
        let agencies: BTreeMap<_, _> = Agency::ALL
            .into_iter()
            .map(|agency| (agency, made(agency.code(), county::name(agency), agency.code())))
            .collect();
        for agency in BY_FILES {
            let node = &agencies[&agency];
            let [outbox, inbox, slips] = ["out", "in", "slips"].map(|name| node.dir.join(name));
            for folder in [&outbox, &inbox, &slips] {
                std::fs::create_dir(folder).unwrap();
            }
            let ferry = format!("outbox = {outbox:?}\ninbox = {inbox:?}\nslips = {slips:?}\n");
            node.set(|settings| {
                settings.insert("ferry".to_owned(), table_of(&ferry));
            });
        }
        let mut table = Self {
            dir: dir.to_owned(),
            of_office: Some(office.serve()),
            running: agencies
                .iter()
                .map(|(agency, node)| (*agency, node.serve()))
                .collect(),
            office,
            agencies,
        };
        table.introduce();
        table
    }

    fn introduce(&mut self) {
        for node in self.everybody() {
            for other in self.everybody().filter(|other| other.name != node.name) {
                node.meet(other);
            }
        }
        let [one, other] = BY_FILES.map(|agency| &self.agencies[&agency]);
        one.json(&["peer", "carrier", other.name, "files"]);
        other.json(&["peer", "carrier", one.name, "files"]);
    }

    pub(crate) fn everybody(&self) -> impl Iterator<Item = &Node> {
        std::iter::once(&self.office).chain(self.agencies.values())
    }

    /// Those whose processes run.
    fn there(&self) -> impl Iterator<Item = &Node> {
        let running = self.running.keys().map(|agency| &self.agencies[agency]);
        std::iter::once(&self.office).chain(running)
    }

    pub(crate) fn stops(&mut self, agency: Agency) {
        let serving = self.running.remove(&agency).unwrap();
        assert_eq!(serving.told("-TERM"), Some(0));
    }

    pub(crate) fn comes_back(&mut self, agency: Agency) {
        let serving = self.agencies[&agency].serve();
        assert!(self.running.insert(agency, serving).is_none());
    }

    /// Nobody runs any more.
    pub(crate) fn all_stop(&mut self) {
        let running = std::mem::take(&mut self.running);
        for serving in running.into_values().chain(self.of_office.take()) {
            assert_eq!(serving.told("-TERM"), Some(0));
        }
    }

    /// Waits, while the stick goes between the two that need one.
    pub(crate) fn until(&self, what: &str, met: impl Fn() -> bool) {
        let begun = Instant::now();
        while !met() {
            if begun.elapsed() > PATIENCE {
                let logs: String = self
                    .everybody()
                    .map(|node| format!("\n{}: {}", node.name, node.logged()))
                    .collect();
                let board = self.office.run(&["conference", "board", "--lang", "zh"]).stdout;
                panic!("waited too long: {what}\n{board}{logs}");
            }
            self.carry();
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    fn carry(&self) {
        let [one, other] = BY_FILES.map(|agency| &self.agencies[&agency].dir);
        for (from, to) in [(one, other), (other, one)] {
            for entry in std::fs::read_dir(from.join("out")).unwrap() {
                let file = entry.unwrap().path();
                let name = file.file_name().unwrap().to_str().unwrap();
                if !name.starts_with('.') {
                    let part = to.join("in/.part");
                    std::fs::copy(&file, &part).unwrap();
                    std::fs::rename(&part, to.join("in").join(name)).unwrap();
                    std::fs::remove_file(&file).unwrap();
                }
            }
        }
    }

    /// The office founds the conference and gives everybody a seat; all follow it.
    pub(crate) fn founded(&self) {
        let founded = self
            .office
            .json(&["conference", "found", "县司法救助与社会救助衔接联席会议"]);
        let id = founded["conference"].as_str().unwrap();
        for agency in self.agencies.values() {
            self.office.json(&["conference", "enrol", agency.name]);
            agency.json(&["conference", "follow", id, "--office", self.office.name]);
        }
    }

    /// The text of the year, which all sign; printed once, for the seals.
    pub(crate) fn agreed(&self) {
        let draft = write(&self.dir, "framework.toml", framework());
        self.office
            .json(&["conference", "draft", draft.to_str().unwrap()]);
        for agency in self.agencies.values() {
            let has = || agency.run(&["conference", "show", "--json"]).code == 0;
            self.until("the text", has);
            agency.shown(&["conference", "sign", "--yes"]);
        }
        let standing = || self.office.json(&["conference", "status"])["framework"].clone();
        self.until("the signatures", || {
            standing()["signed"].as_array().unwrap().len() == Agency::ALL.len()
        });
        assert_eq!(standing()["in_force"], true);
        let paper = self.dir.join("framework.docx");
        self.office
            .json(&["conference", "print", "--out", paper.to_str().unwrap()]);
        assert!(std::fs::read(&paper).unwrap().starts_with(b"PK"));
    }

    pub(crate) fn imported(&self, county: &County) {
        for import in &county.imports {
            self.agencies[&import.agency].import(import.dataset, &import.mapping, &import.files);
        }
    }

    /// The office announces a round; members have so many seconds to freeze.
    pub(crate) fn starts(&self, months: &str, seconds: i64) {
        let beijing = jiff::tz::offset(8);
        let at = |seconds: i64| {
            let at = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
            beijing.to_datetime(at).strftime("%Y-%m-%dT%H:%M:%S").to_string()
        };
        self.office.json(&[
            "conference",
            "start",
            "--months",
            months,
            "--freeze-by",
            &at(seconds),
            "--run-until",
            &at(seconds + 1_800),
        ]);
    }

    /// The agency freezes what it enters, as soon as it has joined, which it does by itself.
    pub(crate) fn freezes(&self, agency: Agency) {
        let node = &self.agencies[&agency];
        let number = self.office.json(&["conference", "board"])["round"].to_string();
        let freeze = ["conference", "freeze", "--round", &number, "--json"];
        self.until("it freezes", || node.run(&freeze).code == 0);
    }

    /// A member as somebody's board has it; null as long as there is none.
    pub(crate) fn party(&self, at: &Node, agency: Agency) -> Value {
        let run = at.run(&["conference", "board", "--json"]);
        if run.code != 0 {
            return Value::Null;
        }
        let board = run.json();
        let parties = board["parties"].as_array().unwrap();
        let its = parties.iter().find(|party| party["name"] == county::name(agency));
        its.unwrap().clone()
    }

    pub(crate) fn stage_is(&self, round: u32, stage: &str) -> bool {
        let board = self.office.json(&["conference", "board"]);
        board["round"] == round && board["stage"] == stage
    }

    /// The board as all show it who are there: once they have read the record equally far, it must be one.
    pub(crate) fn one_board(&self) -> Value {
        let boards = || -> Vec<Value> {
            let there = self.there();
            there.map(|node| node.json(&["conference", "board"])).collect()
        };
        let one = RefCell::new(Value::Null);
        self.until("all have read as far", || {
            let boards = boards();
            let as_far = boards
                .iter()
                .all(|board| board["entries"] == boards[0]["entries"]);
            if as_far {
                assert!(boards.iter().all(|board| *board == boards[0]), "{boards:#?}");
                one.replace(boards[0].clone());
            }
            as_far
        });
        // Lines may still be said meanwhile.
        self.until("all show the same", || {
            let mut shown = self.there().map(|node| node.shown(&["conference", "board"]));
            let first = shown.next().unwrap();
            shown.all(|board| board == first)
        });
        one.into_inner()
    }

    /// The receiver's number of the session of a leg in a round.
    pub(crate) fn session(&self, round: u32, leg: Leg) -> String {
        let node = &self.agencies[&leg.receiver];
        let rounds = node.json(&["round", "list"])["rounds"].clone();
        let is_its = |listed: &Value| {
            if listed["role"] != "receiver" || listed["peer_name"] != county::name(leg.sender) {
                return false;
            }
            let agreement = node.json(&["agreement", "show", listed["agreement"].as_str().unwrap()]);
            agreement["summary"]["purpose"] == leg.purpose.code()
                && agreement["agreement"]["under"]["round"] == round
        };
        let its: Vec<_> = rounds
            .as_array()
            .unwrap()
            .iter()
            .filter(|listed| is_its(listed))
            .collect();
        assert_eq!(its.len(), 1, "{}: {its:#?}", leg.key());
        assert_eq!(its[0]["state"], "done");
        its[0]["id"].as_str().unwrap().to_owned()
    }

    /// What a leg found, in the order of its numbers.
    pub(crate) fn found(&self, round: u32, leg: Leg) -> Vec<expected::Finding> {
        let session = self.session(round, leg);
        let mut findings = self.agencies[&leg.receiver].findings(&session);
        // A list has first what is first to be done.
        findings.sort_by_key(|finding| finding["seq"].as_u64());
        findings.iter().map(finding).collect()
    }

    /// The lines of the ledger, as this node can read it.
    pub(crate) fn lines(&self, at: &Node, own: bool) -> Vec<Value> {
        let what: &[&str] = if own { &["own"] } else { &["ledger", "list"] };
        let (mut after, mut all) = ("0".to_owned(), Vec::new());
        loop {
            let page = at.json(&[&["conference"], what, &["--limit", "500", "--after", &after]].concat());
            all.extend(page["lines"].as_array().unwrap().iter().cloned());
            match page["next"].as_u64() {
                Some(next) => after = next.to_string(),
                None => return all,
            }
        }
    }
}

fn table_of(text: &str) -> toml::Value {
    toml::Value::Table(text.parse().unwrap())
}

/// What the office writes down: the county's annexes, in the members' words.
fn framework() -> String {
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    // Clocks may differ by a day; the test must run on any day.
    let (from, until) = (
        today.yesterday().unwrap(),
        today.saturating_add(jiff::Span::new().days(300)),
    );
    let mut text = format!(
        "number = \"县联席〔2026〕1号\"\ntitle = \"县司法救助与社会救助衔接联席会议框架协议\"\nmembers = {}\n\
         valid_from = \"{from}\"\nexpires = \"{until}\"\nsmallest = 5\nabsent = \"without_them\"\nlate = \"admitted\"\n\
         [schedule]\nday = 5\nfreeze_hours = 1\nrun_hours = 1\nreview_days = 0\n",
        quoted(&Agency::ALL.map(county::name)),
    );
    for (number, annex) in (1..).zip(&ANNEXES) {
        annex_of(&mut text, number, annex);
    }
    text
}

fn annex_of(text: &mut String, number: u32, annex: &Annex) {
    let _ = write!(
        text,
        "[[annexes]]\ncode = \"附件{number}\"\npurpose = \"{}\"\nplace = \"290101\"\nfrom = \"2026-07\"\nuntil = \"2027-06\"\n",
        annex.purpose.code(),
    );
    if annex.purpose == Purpose::Duplicates {
        let receivers = annex.legs().map(|leg| county::name(leg.receiver));
        let _ = writeln!(
            text,
            "receivers = {}\nrules = {}",
            quoted(&receivers.collect::<Vec<_>>()),
            quoted(annex.rules)
        );
    }
    for agency in [annex.receiver, annex.sender] {
        let _ = write!(
            text,
            "[[annexes.parties]]\nname = \"{}\"\nprogrammes = {}\nmax_elements = 200_000\n",
            county::name(agency),
            quoted(annex.programmes_of(agency)),
        );
        if matches!(agency, Agency::Procuratorate | Agency::Court | Agency::Police) {
            let _ = writeln!(text, "case_scheme = \"criminal_case\"");
        }
    }
}

fn quoted(texts: &[&str]) -> String {
    let each: Vec<_> = texts.iter().map(|text| format!("\"{text}\"")).collect();
    format!("[{}]", each.join(", "))
}
