//! The list of findings: filtered, sorted, page by page.

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{FindingList, FindingView};
use serde::Deserialize;

use super::entry::fen;
use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::table::Pager;

/// Where the list is.
const HERE: &str = "/case/findings";

/// The stages in which something is still to be done.
pub(super) const UNDECIDED: &str =
    "stage_open,stage_taken,stage_verified,stage_excepted,stage_told,stage_heard";

/// What is chosen among, beside single stages.
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
    ("first", "case.col_person", false),
    ("rule", "case.col_rule", false),
    ("peer", "case.col_peer", false),
    ("month", "case.col_months", false),
    ("fen", "case.col_to_verify", true),
    ("stage", "case.col_stage", false),
    ("due", "case.col_due", false),
];

/// What was asked for, as the address has it. What is not filled in is empty.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    rule: String,
    peer: String,
    stage: String,
    whose: String,
    from: String,
    until: String,
    min: String,
    max: String,
    key_group: String,
    late: String,
    sort: String,
    descending: String,
    after: String,
}

impl Asked {
    fn fields(&self) -> [(&'static str, &str); 12] {
        [
            ("rule", &self.rule),
            ("peer", &self.peer),
            ("stage", &self.stage),
            ("whose", &self.whose),
            ("from", &self.from),
            ("until", &self.until),
            ("min", &self.min),
            ("max", &self.max),
            ("key_group", &self.key_group),
            ("late", &self.late),
            ("sort", &self.sort),
            ("descending", &self.descending),
        ]
    }

    /// The address of the same list, sorted by this column; by what it is sorted already, the other way round.
    fn sorted_by(&self, column: &str) -> String {
        let other = Self {
            sort: column.to_owned(),
            descending: match self.is_sorted_by(column) && self.descending.is_empty() {
                true => "true".to_owned(),
                false => String::new(),
            },
            ..self.clone()
        };
        other.address()
    }

    fn is_sorted_by(&self, column: &str) -> bool {
        self.sort == column || self.sort.is_empty() && column == "first"
    }

    fn address(&self) -> String {
        let pairs: Vec<String> = self
            .fields()
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}={}", part(value.trim())))
            .collect();
        match pairs.is_empty() {
            true => HERE.to_owned(),
            false => format!("{HERE}?{}", pairs.join("&")),
        }
    }

    /// What the interface is asked; amounts that can't be read are noted.
    fn query(&self, who: &Who, f: &mut Form) -> String {
        let mut query = vec![format!("limit=100&after={}", part(self.after.trim()))];
        if self.after.trim().is_empty() {
            query = vec!["limit=100".to_owned()];
        }
        let mut put = |name: &str, value: &str| {
            let value = value.trim();
            if !value.is_empty() {
                query.push(format!("{name}={}", part(value)));
            }
        };
        put("rule", &self.rule);
        put("peer", &self.peer);
        put(
            "stage",
            match self.stage.as_str() {
                "undecided" => UNDECIDED,
                stage => stage,
            },
        );
        if self.whose == "mine" {
            put("owner", &who.seen.name);
        }
        put("from", &self.from);
        put("until", &self.until);
        for (name, field, value) in [("min_fen", "min", &self.min), ("max_fen", "max", &self.max)] {
            match fen(value.trim()) {
                Some(fen) => put(name, &fen.to_string()),
                None if value.trim().is_empty() => {}
                None => f.wrong(field, crate::words::say(who.visit.lang, "case.wrong_yuan", &[])),
            }
        }
        put("key_group", &self.key_group);
        put("late", if self.late.is_empty() { "" } else { "true" });
        put("sort", &self.sort);
        put("descending", if self.descending.is_empty() { "" } else { "true" });
        query.join("&")
    }
}

type Options = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "case/findings.html")]
struct List {
    p: Page,
    f: Form,
    asked: Asked,
    list: FindingList,
    pager: Pager,
    rules: Options,
    peers: Options,
    stages: Options,
    groups: Options,
    whose: Options,
}

pub(super) async fn list(who: Who, asked: Query<Asked>) -> Result<Response> {
    let Query(asked) = asked;
    let mut f = Form::new();
    for (name, value) in asked.fields() {
        f = f.with(name, value);
    }
    let query = asked.query(&who, &mut f);
    let list = match who
        .api()
        .get::<FindingList>(&format!("/api/v1/findings?{query}"))
        .await
    {
        Ok(list) => list,
        // A month that is none: the whole list is shown, and what is wrong above it.
        Err(Fault::Refused { error, status }) if status.is_client_error() && error.code != "api_role" => {
            f.refused(&who.visit, &error, &[("month", "from")]);
            who.api().get("/api/v1/findings?limit=100").await?
        }
        Err(fault) => return Err(fault),
    };
    let p = who.page("case.findings").with_findings();
    let any = |key: &str| (String::new(), p.w(key));
    let choose = |key: &str, codes: &[String], prefix: &str| {
        let mut options = vec![any(key)];
        options.extend(codes.iter().map(|code| (code.clone(), named(&p, prefix, code))));
        options
    };
    let mut stages = vec![
        any("case.any_stage"),
        ("undecided".to_owned(), p.w("case.undecided")),
    ];
    stages.extend(STAGES.map(|code| (code.to_owned(), p.said("", code))));
    let after = asked.after.parse().unwrap_or_default();
    let page = List {
        pager: Pager::new(&asked.address(), after, list.next),
        rules: choose("case.any_rule", &list.rules, "rule_"),
        peers: list
            .peers
            .iter()
            .fold(vec![any("case.any_peer")], |mut all, peer| {
                all.push((peer.clone(), peer.clone()));
                all
            }),
        stages,
        groups: ["yes", "unknown", "no"]
            .iter()
            .fold(vec![any("case.any_person")], |mut all, code| {
                all.push(((*code).to_owned(), p.wx("case.group_", code)));
                all
            }),
        whose: vec![any("case.anybody"), ("mine".to_owned(), p.w("case.mine"))],
        p: p.wrong(f.problems()),
        f,
        asked,
        list,
    };
    match page.p.problems.is_empty() {
        true => html(&page),
        false => refused(&page),
    }
}

impl List {
    fn columns(&self) -> [(&'static str, &'static str, bool); 7] {
        COLUMNS
    }

    /// How a column is sorted, as `aria-sort` has it; empty where it is not.
    fn sort_of(&self, column: &str) -> &'static str {
        match (self.asked.is_sorted_by(column), self.asked.descending.is_empty()) {
            (false, _) => "",
            (true, true) => "ascending",
            (true, false) => "descending",
        }
    }

    fn is_filtered(&self) -> bool {
        self.asked
            .fields()
            .iter()
            .any(|(name, value)| !matches!(*name, "sort" | "descending") && !value.is_empty())
    }
}

fn named(p: &Page, prefix: &str, code: &str) -> String {
    format!("{code} {}", p.said(prefix, code))
}

/// The first and the last of the months in question.
pub(super) fn months(finding: &FindingView) -> String {
    match (finding.months.first(), finding.months.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} – {last}"),
        (Some(only), _) => only.clone(),
        _ => String::new(),
    }
}

/// The class of a stage's badge, and its words.
pub(super) fn stage(p: &Page, finding: &FindingView) -> (&'static str, String) {
    let Some(review) = &finding.review else {
        return ("calm", p.said("", &finding.kind));
    };
    if review.corrected_before.is_some() {
        return ("good", p.said("", "stage_corrected_before"));
    }
    let class = match review.stage.as_str() {
        "stage_open" => "warn",
        "stage_decided" | "stage_reviewed" | "stage_corrected" => "good",
        _ => "calm",
    };
    let decided = review
        .decision
        .as_ref()
        .map(|decision| format!(" · {}", p.said("", decision)));
    (class, p.said("", &review.stage) + &decided.unwrap_or_default())
}

/// What care the person asks for: badges' classes and words.
pub(super) fn care(p: &Page, finding: &FindingView) -> Vec<(&'static str, String)> {
    let care = &finding.care;
    let mut said = Vec::new();
    match care.key_group.as_str() {
        "yes" => {
            for (is, code) in [(&care.minor, "care_minor"), (&care.disabled, "care_disabled")] {
                if is == "yes" {
                    said.push(("bad", p.said("", code)));
                }
            }
        }
        "unknown" => said.push(("warn", p.said("", "care_ask_key_group"))),
        _ => {}
    }
    if care.protected {
        said.push(("warn", p.said("", "care_protected")));
    }
    said
}

/// What is waited for, the class of its badge and the words of its last day.
pub(super) fn due(p: &Page, finding: &FindingView) -> Option<(String, &'static str, String)> {
    let due = finding.due.as_ref()?;
    let what = p.said("", &due.awaited);
    Some(match due.until {
        Some(until) => {
            let (class, words) = p.deadline(&until, &crate::show::today());
            (what, class, format!("{until} {words}"))
        }
        None => (what, "warn", p.w("case.due_unknown")),
    })
}
