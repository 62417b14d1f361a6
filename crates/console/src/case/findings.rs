//! The list of findings: filtered, sorted, page by page.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::FindingList;

use crate::fault::Result;
use crate::findings::{Asked, STAGES, choices};
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::Pager;

/// Where the list is.
const HERE: &str = "/case/findings";

/// Columns that the list is sorted by, with the key of their heading; and whether figures stand in them.
const COLUMNS: [(&str, &str, bool); 7] = [
    ("first", "case.col_person", false),
    ("rule", "case.col_rule", false),
    ("peer", "case.col_peer", false),
    ("month", "case.col_months", false),
    ("fen", "case.col_to_verify", true),
    ("stage", "case.col_stage", false),
    ("due", "case.col_due", false),
];

type Options = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "case/findings.html")]
struct List {
    p: Page,
    f: Form,
    asked: Asked,
    /// Nothing where what was asked for can't be read.
    list: Option<FindingList>,
    pager: Pager,
    rules: Options,
    peers: Options,
    stages: Options,
    groups: Options,
    whose: Options,
}

pub(super) async fn list(who: Who, Query(asked): Query<Asked>) -> Result<Response> {
    let p = who.page("case.findings").with_findings();
    let mut f = asked.form(&p);
    let list = asked.list(&who, &mut f).await?;
    let any = |key: &str| (String::new(), p.w(key));
    let first = |first: Vec<(String, String)>, options: &mut dyn Iterator<Item = (String, String)>| {
        first.into_iter().chain(options).collect::<Options>()
    };
    let rules = choices(&asked.rule, list.as_ref().map(|list| &list.rules));
    let mut rules = rules
        .into_iter()
        .map(|rule| (rule.clone(), format!("{rule} {}", p.said("rule_", &rule))));
    let peers = choices(&asked.peer, list.as_ref().map(|list| &list.peers));
    let mut peers = peers.into_iter().map(|peer| (peer.clone(), peer));
    let mut stages = STAGES.into_iter().map(|code| (code.to_owned(), p.said("", code)));
    let undecided = ("undecided".to_owned(), p.w("case.undecided"));
    let mut groups = ["yes", "unknown", "no"]
        .into_iter()
        .map(|code| (code.to_owned(), p.wx("case.group_", code)));
    let page = List {
        pager: asked.pager(HERE, list.as_ref()),
        rules: first(vec![any("case.any_rule")], &mut rules),
        peers: first(vec![any("case.any_peer")], &mut peers),
        stages: first(vec![any("case.any_stage"), undecided], &mut stages),
        groups: first(vec![any("case.any_person")], &mut groups),
        whose: vec![any("case.anybody"), ("mine".to_owned(), p.w("case.mine"))],
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
