//! The findings of all rounds: by rule, agency, period, state, amount and key group, on screen or as a table to be kept.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{FindingList, FindingView};
use jiff::civil::Date;
use serde::Deserialize;

use super::said;
use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show;
use crate::table::{Csv, Pager};

/// Where the list is.
const HERE: &str = "/compliance/findings";

/// How many findings a page shows, and a question fetches for a file.
const SHOWN: u64 = 100;
const FETCHED: u64 = 1000;

const STAGES: [&str; 9] = [
    "stage_open",
    "stage_taken",
    "stage_verified",
    "stage_excepted",
    "stage_told",
    "stage_heard",
    "stage_decided",
    "stage_reviewed",
    "stage_corrected",
];

/// Columns that the list is sorted by, with the key of their heading; and whether figures stand in them.
const COLUMNS: [(&str, &str, bool); 7] = [
    ("first", "compliance.col_person", false),
    ("rule", "compliance.col_rule", false),
    ("peer", "compliance.col_agency", false),
    ("month", "compliance.col_months", false),
    ("fen", "compliance.col_to_verify", true),
    ("stage", "compliance.col_standing", false),
    ("due", "compliance.col_due", false),
];

/// What was asked for, as the address has it. What is not filled in is empty.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    what: String,
    round: String,
    rule: String,
    peer: String,
    stage: String,
    from: String,
    until: String,
    least: String,
    most: String,
    key_group: String,
    late: String,
    sort: String,
    descending: String,
    after: String,
}

impl Asked {
    /// All but the page, as this console's own address has it.
    fn own(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("what", &self.what),
            ("round", &self.round),
            ("rule", &self.rule),
            ("peer", &self.peer),
            ("stage", &self.stage),
            ("from", &self.from),
            ("until", &self.until),
            ("least", &self.least),
            ("most", &self.most),
            ("key_group", &self.key_group),
            ("late", &self.late),
            ("sort", &self.sort),
            ("descending", &self.descending),
        ];
        all.into_iter()
            .map(|(name, value)| (name, value.trim()))
            .collect()
    }

    /// The same list at another address: its beginning, sorted otherwise, as a file.
    fn address(&self, path: &str) -> String {
        let filled = self.own().into_iter().filter(|(_, value)| !value.is_empty());
        let query = joined(filled.map(|(name, value)| (name, value.to_owned())));
        match query.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{query}"),
        }
    }

    /// The address of the same list, sorted by this column; by what it is sorted already, the other way round.
    fn sorted_by(&self, column: &str) -> String {
        let turns = self.is_sorted_by(column) && self.descending.is_empty();
        let other = Self {
            sort: column.to_owned(),
            descending: if turns { "true".to_owned() } else { String::new() },
            ..self.clone()
        };
        other.address(HERE)
    }

    fn is_sorted_by(&self, column: &str) -> bool {
        self.sort == column || self.sort.is_empty() && column == "first"
    }

    /// Whether something is left out.
    fn is_narrowed(&self) -> bool {
        let order = ["what", "sort", "descending"];
        self.own()
            .iter()
            .any(|(name, value)| !value.is_empty() && !order.contains(name))
    }

    fn after(&self) -> u64 {
        self.after.parse().unwrap_or_default()
    }

    /// The fields of the form, and what is wrong with them.
    fn form(&self, p: &Page) -> Form {
        let own = self.own().into_iter();
        let mut f = own.fold(Form::new(), |f, (name, value)| f.with(name, value));
        for (name, amount) in [("least", &self.least), ("most", &self.most)] {
            if !amount.trim().is_empty() && said::fen(amount.trim()).is_none() {
                f.wrong(name, p.w("compliance.no_amount"));
            }
        }
        for (name, month) in [("from", &self.from), ("until", &self.until)] {
            if !month.trim().is_empty() && format!("{}-01", month.trim()).parse::<Date>().is_err() {
                f.wrong(name, p.w("compliance.no_month"));
            }
        }
        f
    }

    /// As the interface is asked.
    fn query(&self, after: u64, limit: u64) -> String {
        let fen = |amount: &str| said::fen(amount).map(|fen| fen.to_string());
        let filled = self.own().into_iter().filter(|(_, value)| !value.is_empty());
        let pairs = filled.filter_map(|(name, value)| match name {
            "what" => Some(("clues", (value == "clues").to_string())),
            "least" => Some(("min_fen", fen(value)?)),
            "most" => Some(("max_fen", fen(value)?)),
            "late" | "descending" => Some((name, "true".to_owned())),
            name => Some((name, value.to_owned())),
        });
        let page = [("after", after.to_string()), ("limit", limit.to_string())];
        joined(page.into_iter().chain(pairs))
    }

    async fn fetch(&self, who: &Who, after: u64, limit: u64) -> Result<FindingList> {
        let query = self.query(after, limit);
        who.api().get(&format!("/api/v1/findings?{query}")).await
    }
}

/// Pairs of a query, encoded.
pub(super) fn joined(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    let pairs = pairs.map(|(name, value)| format!("{name}={}", part(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

type Options = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "compliance/findings.html")]
struct List {
    p: Page,
    f: Form,
    asked: Asked,
    /// Nothing where what was asked for can't be read.
    list: Option<FindingList>,
    pager: Pager,
    whats: Options,
    rules: Options,
    peers: Options,
    stages: Options,
    groups: Options,
}

pub(super) async fn list(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let p = who.page("compliance.findings").with_findings();
    let mut f = asked.form(&p);
    let mut list = None;
    if f.is_fine() {
        match asked.fetch(&who, asked.after(), SHOWN).await {
            Ok(found) => list = Some(found),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    let with_all = |mut options: Options| {
        options.insert(0, (String::new(), p.w("compliance.all")));
        options
    };
    let named = |codes: &[&str], words: &dyn Fn(&str) -> String| -> Options {
        codes
            .iter()
            .map(|code| ((*code).to_owned(), words(code)))
            .collect()
    };
    // Where nothing could be listed, what was chosen can be chosen again.
    let chosen = |of: Option<&Vec<String>>, asked: &str| -> Vec<String> {
        let known = of.cloned().unwrap_or_default();
        let missing = !asked.is_empty() && !known.iter().any(|each| each == asked);
        missing
            .then(|| asked.to_owned())
            .into_iter()
            .chain(known)
            .collect()
    };
    let rules = chosen(list.as_ref().map(|list| &list.rules), &asked.rule);
    let rules = rules
        .into_iter()
        .map(|rule| (rule.clone(), said::rule(&p, &rule)));
    let peers = chosen(list.as_ref().map(|list| &list.peers), &asked.peer);
    let peers = peers.into_iter().map(|peer| (peer.clone(), peer));
    let page = List {
        rules: with_all(rules.collect()),
        peers: with_all(peers.collect()),
        stages: with_all(named(&STAGES, &|stage| p.said("", stage))),
        groups: with_all(named(&["yes", "unknown", "no"], &|group| {
            p.wx("compliance.key_group_", group)
        })),
        whats: named(&["findings", "clues"], &|what| p.wx("compliance.what_", what)),
        pager: Pager::new(
            &asked.address(HERE),
            asked.after(),
            list.as_ref().and_then(|list| list.next),
        ),
        p: p.wrong(f.problems()),
        f,
        asked,
        list,
    };
    match page.f.is_fine() {
        true => html(&page),
        false => refused(&page),
    }
}

impl List {
    fn columns(&self) -> [(&'static str, &'static str, bool); 7] {
        COLUMNS
    }

    fn sort_of(&self, column: &str) -> &'static str {
        match (self.asked.is_sorted_by(column), self.asked.descending.is_empty()) {
            (false, _) => "",
            (true, true) => "ascending",
            (true, false) => "descending",
        }
    }
}

/// What was asked for as a table that spreadsheets open. People are masked in it too.
pub(super) async fn file(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let p = who.page("compliance.findings");
    if !asked.form(&p).is_fine() {
        return Err(Fault::Form);
    }
    let mut csv = Csv::new();
    csv.row([p.w("shell.notice").as_str()]);
    let headings = [
        "compliance.col_round",
        "compliance.col_seq",
        "compliance.col_kind",
        "compliance.col_rule",
        "compliance.col_agency",
        "compliance.col_person",
        "compliance.col_months",
        "compliance.col_to_verify",
        "compliance.col_care",
        "compliance.col_due",
        "compliance.col_standing",
        "compliance.col_there",
    ];
    let headings = headings.map(|key| p.w(key));
    csv.row(headings.iter().map(String::as_str));
    let mut after = Some(0);
    while let Some(from) = after {
        let page = asked.fetch(&who, from, FETCHED).await?;
        for each in &page.findings {
            let cells = cells(&p, each.round.to_string(), &each.finding);
            csv.row(cells.iter().map(String::as_str));
        }
        after = page.next;
    }
    Ok(csv.into_file("findings.csv"))
}

fn cells(p: &Page, round: String, finding: &FindingView) -> [String; 12] {
    let words = |said: Vec<(&str, String)>| {
        let words = said.into_iter().map(|(_, words)| words);
        words.collect::<Vec<_>>().join(" ")
    };
    let review = finding.review.as_ref();
    let there = review.and_then(|review| review.there.as_ref());
    [
        round,
        finding.seq.to_string(),
        p.said("", &finding.kind),
        finding.rule.clone().unwrap_or_default(),
        finding.peer.clone().unwrap_or_default(),
        finding.person.clone(),
        finding.months.join(" "),
        finding.to_verify_fen.map(show::yuan).unwrap_or_default(),
        words(said::care(p, &finding.care)),
        words(finding.due.iter().map(|due| said::due(p, due)).collect()),
        words(said::standing(p, finding).into_iter().collect()),
        there.map(|there| p.said("", &there.outcome)).unwrap_or_default(),
    ]
}
