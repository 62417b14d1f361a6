//! Rounds by agency, period and state; what each found, narrowed down; and its report, on screen or to be kept.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hefu_node::api::view::{
    AgreementDetail, AgreementList, AgreementView, FindingPage, Hex32, RoundList, RoundView,
};
use jiff::civil::Date;
use serde::Deserialize;

use super::said;
use crate::Paper;
use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::page::{Page, html, paper, refused};
use crate::show;
use crate::table::{Csv, Pager};

/// How many findings a page shows, and a question fetches for a file.
const SHOWN: u64 = 100;
const FETCHED: u64 = 1000;

#[derive(Template)]
#[template(path = "compliance/reports.html")]
struct Reports {
    p: Page,
    f: Form,
    rounds: Vec<Line>,
    agencies: Vec<(String, String)>,
    purposes: Vec<(String, String)>,
    states: Vec<(String, String)>,
    /// Whether there is any round at all.
    any: bool,
}

/// A round with the agreement that it ran under.
struct Line {
    round: RoundView,
    agency: String,
    agreement: Option<AgreementView>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RoundsAsked {
    agency: String,
    purpose: String,
    state: String,
    from: String,
    until: String,
}

pub(super) async fn list(Query(asked): Query<RoundsAsked>, who: Who) -> Result<Response> {
    let all: RoundList = who.api().get("/api/v1/rounds").await?;
    let agreements: AgreementList = who.api().get("/api/v1/agreements").await?;
    let p = who.page("compliance.reports");
    let mut f = Form::new()
        .with("agency", asked.agency.as_str())
        .with("purpose", asked.purpose.as_str())
        .with("state", asked.state.as_str())
        .with("from", asked.from.as_str())
        .with("until", asked.until.as_str());
    let from = day(&p, &mut f, "from", &asked.from);
    let until = day(&p, &mut f, "until", &asked.until);
    let lines: Vec<Line> = all
        .rounds
        .into_iter()
        .map(|round| Line::of(round, &agreements))
        .collect();
    let choices = |values: &mut dyn Iterator<Item = (String, String)>| {
        let mut values: Vec<_> = values.collect();
        values.sort();
        values.dedup();
        values.insert(0, (String::new(), p.w("compliance.all")));
        values
    };
    let agencies = choices(
        &mut lines
            .iter()
            .map(|line| (line.agency.clone(), line.agency.clone())),
    );
    let of_purpose = |line: &Line| {
        let purpose = line.agreement.as_ref()?.purpose.clone();
        let words = p.said("purpose_", &purpose);
        Some((purpose, words))
    };
    let purposes = choices(&mut lines.iter().filter_map(of_purpose));
    let of_state = |line: &Line| (line.round.state.clone(), p.said("state_", &line.round.state));
    let states = choices(&mut lines.iter().map(of_state));
    let any = !lines.is_empty();
    let fits = |asked: &str, value: &str| asked.is_empty() || asked == value;
    let rounds = lines.into_iter().filter(|line| {
        let on = show::day(line.round.ended_at.unwrap_or(line.round.started_at));
        let purpose = line.agreement.as_ref().map_or("", |agreement| &agreement.purpose);
        fits(&asked.agency, &line.agency)
            && fits(&asked.purpose, purpose)
            && fits(&asked.state, &line.round.state)
            && from.is_none_or(|from| from <= on)
            && until.is_none_or(|until| on <= until)
    });
    html(&Reports {
        rounds: rounds.collect(),
        p: p.wrong(f.problems()),
        f,
        agencies,
        purposes,
        states,
        any,
    })
}

impl Line {
    fn of(round: RoundView, all: &AgreementList) -> Self {
        let agreement = all.agreements.iter().find(|each| each.digest == round.agreement);
        Self {
            agency: round
                .peer_name
                .clone()
                .unwrap_or_else(|| show::short(&round.peer.to_string())),
            agreement: agreement.cloned(),
            round,
        }
    }

    fn class(&self) -> &'static str {
        match self.round.state.as_str() {
            "done" => "good",
            "refused" | "failed" => "bad",
            _ => "calm",
        }
    }
}

/// A day that somebody asks for; where it is none, that is said beside its field.
pub(super) fn day(p: &Page, f: &mut Form, name: &str, text: &str) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let day = text.parse();
    if day.is_err() {
        f.wrong(name, p.w("compliance.no_day"));
    }
    day.ok()
}

#[derive(Template)]
#[template(path = "compliance/report.html")]
struct Report {
    p: Page,
    f: Form,
    round: RoundView,
    detail: AgreementDetail,
    /// Nothing where the round has no findings to list; `why` says why.
    page: Option<FindingPage>,
    why: Option<String>,
    pager: Pager,
    rules: Vec<(String, String)>,
    stages: Vec<(String, String)>,
    groups: Vec<(String, String)>,
    orders: Vec<(String, String)>,
    /// The query by which the same is asked for as a file.
    query: String,
    narrowed: bool,
    letters: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct FindingsAsked {
    rule: String,
    stage: String,
    key_group: String,
    from: String,
    until: String,
    least: String,
    most: String,
    sort: String,
    after: String,
}

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

impl FindingsAsked {
    /// The fields of the form, and what is wrong with them.
    fn form(&self, p: &Page) -> Form {
        let mut f = Form::new()
            .with("rule", self.rule.as_str())
            .with("stage", self.stage.as_str())
            .with("key_group", self.key_group.as_str())
            .with("from", self.from.as_str())
            .with("until", self.until.as_str())
            .with("least", self.least.as_str())
            .with("most", self.most.as_str())
            .with("sort", self.sort.as_str());
        for (name, amount) in [("least", &self.least), ("most", &self.most)] {
            if !amount.trim().is_empty() && said::fen(amount.trim()).is_none() {
                f.wrong(name, p.w("compliance.no_amount"));
            }
        }
        for (name, month) in [("from", &self.from), ("until", &self.until)] {
            if !month.is_empty() && format!("{month}-01").parse::<Date>().is_err() {
                f.wrong(name, p.w("compliance.no_month"));
            }
        }
        f
    }

    /// As this console's own pages are asked.
    fn own(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("rule", &self.rule),
            ("stage", &self.stage),
            ("key_group", &self.key_group),
            ("from", &self.from),
            ("until", &self.until),
            ("least", &self.least),
            ("most", &self.most),
            ("sort", &self.sort),
        ];
        all.into_iter()
            .map(|(name, value)| (name, value.trim()))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    fn own_query(&self) -> String {
        joined(
            self.own()
                .into_iter()
                .map(|(name, value)| (name, value.to_owned())),
        )
    }

    /// As the interface is asked.
    fn query(&self) -> String {
        let fen = |amount: &str| said::fen(amount).map(|fen| fen.to_string());
        joined(self.own().into_iter().filter_map(|(name, value)| match name {
            "least" => Some(("least_fen", fen(value)?)),
            "most" => Some(("most_fen", fen(value)?)),
            name => Some((name, value.to_owned())),
        }))
    }

    fn after(&self) -> u64 {
        self.after.parse().unwrap_or_default()
    }
}

/// Pairs of a query, encoded.
pub(super) fn joined(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    let pairs = pairs.map(|(name, value)| format!("{name}={}", part(&value)));
    pairs.collect::<Vec<_>>().join("&")
}

impl Report {
    async fn of(who: &Who, round: &str, asked: &FindingsAsked) -> Result<Self> {
        let (id, round) = round_of(who, round).await?;
        let detail: AgreementDetail = who
            .api()
            .get(&format!("/api/v1/agreements/{}", round.agreement))
            .await?;
        let p = who
            .page("compliance.report")
            .at(&format!("/compliance/reports/{id}"))
            .with_findings();
        let mut f = asked.form(&p);
        let (mut page, mut why) = (None, None);
        if f.is_fine() {
            match fetch(who, &id, asked, asked.after(), SHOWN).await {
                Ok(found) => page = Some(found),
                Err(fault) => match fault.of_the_form()? {
                    // What was asked for can't be read, though the form gave it a shape.
                    error if error.code == "api_parameter" => f.refused(&who.visit, &error, &[]),
                    error => why = Some(who.visit.words_of(&error)),
                },
            }
        }
        let every = |words: &mut dyn Iterator<Item = (String, String)>| {
            let all = (String::new(), p.w("compliance.all"));
            std::iter::once(all).chain(words).collect::<Vec<_>>()
        };
        let rules = detail.agreement["rules"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|rule| rule.as_str());
        let rules = every(&mut rules.map(|rule| (rule.to_owned(), said::rule(&p, rule))));
        let stages = every(
            &mut STAGES
                .iter()
                .map(|stage| ((*stage).to_owned(), p.said("", stage))),
        );
        let groups = every(
            &mut ["yes", "unknown", "no"]
                .iter()
                .map(|group| ((*group).to_owned(), p.wx("compliance.key_group_", group))),
        );
        let orders = ["due", "amount"].map(|order| (order.to_owned(), p.wx("compliance.sort_", order)));
        let query = asked.own_query();
        let path = match query.is_empty() {
            true => format!("/compliance/reports/{id}"),
            false => format!("/compliance/reports/{id}?{query}"),
        };
        let next = page.as_ref().and_then(|page| page.next);
        let letters = |page: &FindingPage| page.findings.iter().any(|finding| finding.letter.is_some());
        Ok(Self {
            letters: page.as_ref().is_some_and(letters),
            pager: Pager::new(&path, asked.after(), next),
            narrowed: asked.own().iter().any(|(name, _)| *name != "sort"),
            rules,
            stages,
            groups,
            orders: orders.into(),
            query,
            p: p.wrong(f.problems()),
            f,
            round,
            detail,
            page,
            why,
        })
    }
}

async fn round_of(who: &Who, round: &str) -> Result<(Hex32, RoundView)> {
    let id = Hex32::parse(round).ok_or(Fault::NoPage)?;
    let round = who.api().get(&format!("/api/v1/rounds/{id}")).await?;
    Ok((id, round))
}

async fn fetch(who: &Who, id: &Hex32, asked: &FindingsAsked, after: u64, limit: u64) -> Result<FindingPage> {
    let query = asked.query();
    let path = format!("/api/v1/rounds/{id}/findings?after={after}&limit={limit}&{query}");
    who.api().get(path.trim_end_matches('&')).await
}

pub(super) async fn show(
    Path(round): Path<String>,
    Query(asked): Query<FindingsAsked>,
    who: Who,
) -> Result<Response> {
    let report = Report::of(&who, &round, &asked).await?;
    match report.f.is_fine() {
        true => html(&report),
        false => refused(&report),
    }
}

/// What was asked for as a table that spreadsheets open.
pub(super) async fn file(
    Path(round): Path<String>,
    Query(asked): Query<FindingsAsked>,
    who: Who,
) -> Result<Response> {
    let (id, _) = round_of(&who, &round).await?;
    let p = who.page("compliance.report");
    if !asked.form(&p).is_fine() {
        return Err(Fault::Form);
    }
    let mut csv = Csv::new();
    csv.row([p.w("shell.notice").as_str()]);
    let headings = [
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
        let page = fetch(&who, &id, &asked, from, FETCHED).await?;
        for finding in &page.findings {
            let words = |said: Vec<(&str, String)>| {
                said.into_iter()
                    .map(|(_, words)| words)
                    .collect::<Vec<_>>()
                    .join(" ")
            };
            let review = finding.review.as_ref();
            let there = review.and_then(|review| review.there.as_ref());
            let cells = [
                finding.seq.to_string(),
                p.said("", &finding.kind),
                finding.rule.clone().unwrap_or_default(),
                finding.peer.clone().unwrap_or_default(),
                finding.person.clone(),
                finding.months.join(" "),
                finding.to_verify_fen.map(show::yuan).unwrap_or_default(),
                words(said::care(&p, &finding.care)),
                words(finding.due.iter().map(|due| said::due(&p, due)).collect()),
                words(said::standing(&p, finding).into_iter().collect()),
                there.map(|there| p.said("", &there.outcome)).unwrap_or_default(),
            ];
            csv.row(cells.iter().map(String::as_str));
        }
        after = page.next;
    }
    Ok(csv.into_file(&format!("findings-{}.csv", show::short(&id.to_string()))))
}

/// The signed report: as its file, or printed from it. Each is a copy with a number, and on record.
pub(super) async fn export(Path(round): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let id = Hex32::parse(&round).ok_or(Fault::NoPage)?;
    let form = match fields.text("form") {
        form @ ("internal" | "submission") => form,
        _ => return Err(Fault::Form),
    };
    let printed = match fields.text("as") {
        "json" => None,
        "page" => Some(Paper::Report),
        "xlsx" => Some(Paper::ReportBook),
        _ => return Err(Fault::Form),
    };
    let path = format!("/api/v1/rounds/{id}/report?form={form}");
    let report = who.api().bytes(Method::POST, &path).await?;
    match printed {
        Some(printed) => paper(&who, printed, &report),
        None => {
            let name = format!("report-{form}-{}.json", show::short(&id.to_string()));
            let named = format!("attachment; filename=\"{name}\"");
            let headers = [
                (CONTENT_TYPE, "application/json".to_owned()),
                (CONTENT_DISPOSITION, named),
            ];
            Ok((headers, report).into_response())
        }
    }
}
