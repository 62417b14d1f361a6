//! Figures of rounds, with what is withheld shown as such, how they went from round to round, and what is published of
//! money.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{
    ConferenceStanding, FigureView, FiguresRow, FiguresTable, FiguresView, FundsView, ProgressRow,
};
use serde::Deserialize;

use super::at::{self, At};
use crate::Paper;
use crate::chart::Series;
use crate::fault::{Fault, Result};
use crate::form::{Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, paper};

/// As many rounds as a trend shows: two years of them.
const ROUNDS: u32 = 24;
/// What is written for a figure that is withheld.
const WITHHELD: &str = "＊";

/// Whether the office asks for figures with nothing withheld.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    exact: String,
}

/// A purpose from round to round.
struct Trend {
    purpose: String,
    chart: String,
    /// By round.
    points: Vec<(u32, FigureView)>,
}

#[derive(Template)]
#[template(path = "office/trends.html")]
struct Trends {
    p: Page,
    at: At,
    trends: Vec<Trend>,
    /// Rounds whose figures are not on record yet.
    missing: Vec<u32>,
}

pub(super) async fn trends(Path(id): Path<String>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/figures").await?;
    let last = match &at.view.name {
        Some(_) => {
            let standing: ConferenceStanding = who.api().get(&at.api("/standing")).await?;
            standing.round.unwrap_or_default()
        }
        None => 0,
    };
    let (mut missing, mut by_purpose) = (Vec::new(), BTreeMap::<String, Vec<(u32, FigureView)>>::new());
    for round in last.saturating_sub(ROUNDS - 1).max(1)..=last {
        let path = at.api(&format!("/rounds/{round}/figures"));
        match who.api().get::<FiguresView>(&path).await {
            Ok(figures) if figures.published => {
                for (purpose, total) in totals(&figures) {
                    by_purpose.entry(purpose).or_default().push((round, total));
                }
            }
            Ok(_) => missing.push(round),
            Err(Fault::Refused { status, .. }) if status.is_client_error() => missing.push(round),
            Err(fault) => return Err(fault),
        }
    }
    let p = who.page("office.figures").with_findings();
    let trends = by_purpose.into_iter().map(|(purpose, points)| {
        let words = p.said("purpose_", &purpose);
        let series = Series {
            title: &p.w1("office.trend_of", &words),
            description: &p.w("office.trend_described"),
            points: points
                .iter()
                .map(|(round, of)| (p.w1("office.round_no", round), of.findings, count(&p, of)))
                .collect(),
        };
        Trend {
            chart: series.line(),
            purpose: words,
            points,
        }
    });
    html(&Trends {
        trends: trends.collect(),
        p,
        at,
        missing,
    })
}

/// What a round came to by purpose. A sum of which a part is withheld is withheld.
fn totals(figures: &FiguresView) -> BTreeMap<String, FigureView> {
    let mut totals = BTreeMap::new();
    for table in &figures.tables {
        let Some(whole) = whole(table) else { continue };
        let sum = totals.entry(table.purpose.clone()).or_insert(FigureView {
            findings: Some(0),
            fen: Some(0),
        });
        sum.findings = sum
            .findings
            .zip(whole.total.findings)
            .map(|(one, other)| one + other);
        sum.fen = sum.fen.zip(whole.total.fen).map(|(one, other)| one + other);
    }
    totals
}

/// The row of the whole.
fn whole(table: &FiguresTable) -> Option<&FiguresRow> {
    table.rows.iter().find(|row| row.pair.is_none())
}

/// The count of a figure, or that it is withheld.
fn count(p: &Page, figure: &FigureView) -> String {
    figure
        .findings
        .map_or_else(|| WITHHELD.to_owned(), |count| p.count(&count))
}

/// The sum of a figure in yuan, or that it is withheld.
fn yuan(p: &Page, fen: &Option<i64>) -> String {
    fen.map_or_else(|| WITHHELD.to_owned(), |fen| p.yuan(&fen))
}

#[derive(Template)]
#[template(path = "office/figures.html")]
struct Figures {
    p: Page,
    at: At,
    figures: FiguresView,
    exact: bool,
    /// Of each table, by pair; nothing where nothing can be drawn.
    charts: Vec<String>,
}

pub(super) async fn show(
    Path((id, round)): Path<(String, u32)>,
    Query(asked): Query<Asked>,
    who: Who,
) -> Result<Response> {
    let at = At::find(&who, &id, "/figures").await?;
    let exact = at.leads() && !asked.exact.is_empty();
    let path = at.api(&format!("/rounds/{round}/figures?exact={exact}"));
    let figures: FiguresView = who.api().get(&path).await?;
    let p = who.page("office.figures").with_findings();
    let p = p.titled(who.page("office.figures").w1("office.figures_no", round));
    let charts = figures.tables.iter().map(|table| chart(&p, table)).collect();
    html(&Figures {
        p,
        at,
        figures,
        exact,
        charts,
    })
}

/// Findings of a purpose by pair. Where each is withheld there is nothing to see, and no chart.
fn chart(p: &Page, table: &FiguresTable) -> String {
    let of_pair = |row: &&FiguresRow| row.pair.is_some() && row.rule.is_none() && row.key_group.is_none();
    let rows: Vec<_> = table.rows.iter().filter(of_pair).collect();
    if rows.iter().all(|row| row.total.findings.is_none()) {
        return String::new();
    }
    let points = rows
        .into_iter()
        .map(|row| (pair(row), row.total.findings, count(p, &row.total)));
    let series = Series {
        title: &p.w1("office.chart_pairs", p.said("purpose_", &table.purpose)),
        description: &p.w("office.chart_pairs_described"),
        points: points.collect(),
    };
    series.bars()
}

impl Figures {
    fn path(&self, rest: &str) -> String {
        self.at.page(&format!("/rounds/{}{rest}", self.figures.round))
    }

    /// Whether a table has anything in it.
    fn is_there(table: &FiguresTable) -> bool {
        table.rows.len() > 1
    }
}

fn pair(row: &FiguresRow) -> String {
    row.pair.as_ref().map(|pair| pair.join(" ← ")).unwrap_or_default()
}

/// What a row is of: its pair, or a part of what stands above it.
fn label(p: &Page, row: &FiguresRow) -> String {
    match (row.key_group, &row.rule, &row.pair) {
        (Some(true), _, _) => p.w("office.of_key_groups"),
        (Some(false), _, _) => p.w("office.of_others"),
        (None, Some(rule), _) => p.w1("office.of_rule", rule),
        (None, None, Some(_)) => pair(row),
        (None, None, None) => p.w("office.of_whole"),
    }
}

/// How deep it stands below its pair.
fn depth(row: &FiguresRow) -> &'static str {
    match (row.key_group.is_some(), row.rule.is_some()) {
        (true, _) => "depth-2",
        (false, true) => "depth-1",
        (false, false) => "",
    }
}

/// How far the findings of a leg have come, in the order of the columns.
fn came(row: &ProgressRow) -> [FigureView; 4] {
    [row.verified, row.stopped, row.recovered, row.corrected]
}

pub(super) async fn publish(
    Path((id, round)): Path<(String, u32)>,
    Sent { who, .. }: Sent,
) -> Result<Response> {
    let rest = format!("/rounds/{round}/figures");
    who.api().command(Method::POST, &at::api(&id, &rest)?).await?;
    Ok(done(&at::page(&id, &rest)?, "office.done_published"))
}

pub(super) async fn print(Path((id, round)): Path<(String, u32)>, who: Who) -> Result<Response> {
    printed(&who, &id, &format!("/rounds/{round}/figures"), Paper::Figures).await
}

pub(super) async fn book(Path((id, round)): Path<(String, u32)>, who: Who) -> Result<Response> {
    printed(&who, &id, &format!("/rounds/{round}/figures"), Paper::FiguresBook).await
}

#[derive(Template)]
#[template(path = "office/funds.html")]
struct Funds {
    p: Page,
    at: At,
    funds: FundsView,
}

pub(super) async fn funds(Path((id, round)): Path<(String, u32)>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/figures").await?;
    let funds: FundsView = who.api().get(&at.api(&format!("/rounds/{round}/funds"))).await?;
    let p = who.page("office.funds").with_findings();
    html(&Funds {
        p: p.titled(who.page("office.funds").w1("office.funds_no", round)),
        at,
        funds,
    })
}

pub(super) async fn print_funds(Path((id, round)): Path<(String, u32)>, who: Who) -> Result<Response> {
    printed(&who, &id, &format!("/rounds/{round}/funds"), Paper::Publication).await
}

pub(super) async fn file_funds(Path((id, round)): Path<(String, u32)>, who: Who) -> Result<Response> {
    printed(
        &who,
        &id,
        &format!("/rounds/{round}/funds"),
        Paper::PublicationFile,
    )
    .await
}

async fn printed(who: &Who, id: &str, rest: &str, what: Paper) -> Result<Response> {
    let given = who.api().bytes(Method::GET, &at::api(id, rest)?).await?;
    paper(who, what, given).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_with_a_part_that_is_withheld_is_withheld() {
        let table = |findings| FiguresTable {
            purpose: "duplicates".to_owned(),
            months: Vec::new(),
            rows: vec![FiguresRow {
                pair: None,
                annex: None,
                rule: None,
                key_group: None,
                months: Vec::new(),
                total: FigureView { findings, fen: None },
            }],
        };
        let of = |parts: &[Option<u64>]| {
            let figures = FiguresView {
                round: 1,
                published: true,
                smallest: 5,
                tables: parts.iter().map(|part| table(*part)).collect(),
                progress: Vec::new(),
            };
            totals(&figures)["duplicates"].findings
        };
        assert_eq!(of(&[Some(7), Some(12)]), Some(19));
        assert_eq!(of(&[Some(7), None]), None);
    }
}
