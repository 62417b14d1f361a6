//! Rounds by agency, purpose, period and state; and the report of each, to be read, printed or kept.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hefu_node::api::view::{
    AgreementDetail, AgreementList, AgreementView, FindingPage, Hex32, RoundList, RoundView,
};
use serde::Deserialize;

use crate::Paper;
use crate::api::joined;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::page::{Page, html, paper};
use crate::show;
use crate::table::{self, Pager};

#[derive(Template)]
#[template(path = "compliance/reports.html")]
struct Reports {
    p: Page,
    f: Form,
    rounds: Vec<Line>,
    /// How many fit, on all pages, and which of them are on this one.
    total: u64,
    range: String,
    pager: Pager,
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
    after: String,
}

impl RoundsAsked {
    /// Where the list of what is asked for begins.
    fn address(&self) -> String {
        let all = [
            ("agency", &self.agency),
            ("purpose", &self.purpose),
            ("state", &self.state),
            ("from", &self.from),
            ("until", &self.until),
        ];
        let filled = all.into_iter().filter(|(_, value)| !value.is_empty());
        let query = joined(filled.map(|(name, value)| (name, value.clone())));
        match query.is_empty() {
            true => "/compliance/reports".to_owned(),
            false => format!("/compliance/reports?{query}"),
        }
    }
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
    let from = f.day(&p, "from", &asked.from);
    let until = f.day(&p, "until", &asked.until);
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
    let (rounds, total, range, pager) = table::page(&asked.address(), rounds.collect(), &asked.after);
    html(&Reports {
        rounds,
        total,
        range,
        pager,
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

#[derive(Template)]
#[template(path = "compliance/report.html")]
struct Report {
    p: Page,
    round: RoundView,
    detail: AgreementDetail,
    /// How much was found, and what could not be looked for; nothing where the round has no findings, and `why` says why.
    found: Option<FindingPage>,
    why: Option<String>,
}

/// One round: what it rested on, how much it found, and its report.
pub(super) async fn show(Path(id): Path<String>, who: Who) -> Result<Response> {
    let id = Hex32::parse(&id).ok_or(Fault::NoPage)?;
    let round: RoundView = who.api().get(&format!("/api/v1/rounds/{id}")).await?;
    let detail = format!("/api/v1/agreements/{}", round.agreement);
    let detail: AgreementDetail = who.api().get(&detail).await?;
    // Its findings have a list of their own; here it is said how many there are.
    let found = who
        .api()
        .get(&format!("/api/v1/rounds/{id}/findings?limit=1"))
        .await;
    let (found, why) = match found {
        Ok(found) => (Some(found), None),
        Err(fault) => (None, Some(who.visit.words_of(&*fault.of_the_form()?))),
    };
    html(&Report {
        p: who.page("compliance.report").with_findings(),
        round,
        detail,
        found,
        why,
    })
}

impl Report {
    /// Whether what it found is taken up as clues, which have a list of their own.
    fn are_clues(&self) -> bool {
        matches!(self.detail.summary.purpose.as_str(), "leads" | "omissions")
    }
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
        Some(printed) => paper(&who, printed, report).await,
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
