//! The findings of all rounds: by rule, agency, period, state, amount and key group, on screen or as a table to be kept.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{FindingList, FindingView};

use super::said;
use crate::fault::{Fault, Result};
use crate::findings::{Asked, STAGES, care, choices, due, standing};
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show;
use crate::table::{Csv, Pager};

/// Where the list is.
const HERE: &str = "/compliance/findings";

/// How many findings a question fetches for a file.
const FETCHED: u64 = 1000;

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
    let list = asked.list(&who, &mut f).await?;
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
    let rules = choices(&asked.rule, list.as_ref().map(|list| &list.rules));
    let rules = rules
        .into_iter()
        .map(|rule| (rule.clone(), said::rule(&p, &rule)));
    let peers = choices(&asked.peer, list.as_ref().map(|list| &list.peers));
    let peers = peers.into_iter().map(|peer| (peer.clone(), peer));
    let page = List {
        rules: with_all(rules.collect()),
        peers: with_all(peers.collect()),
        stages: with_all(named(&STAGES, &|stage| p.said("", stage))),
        groups: with_all(named(&["yes", "unknown", "no"], &|group| {
            p.wx("compliance.key_group_", group)
        })),
        whats: named(&["findings", "clues"], &|what| p.wx("compliance.what_", what)),
        pager: asked.pager(HERE, list.as_ref()),
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
        words(care(p, &finding.care)),
        words(finding.due.iter().map(|awaited| due(p, awaited)).collect()),
        words(standing(p, finding).into_iter().collect()),
        there.map(|there| p.said("", &there.outcome)).unwrap_or_default(),
    ]
}
