//! Whether agencies keep their time, and which matters are drawn to be looked at.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{MonitorView, SampleView, TimeKeptView};
use serde::Deserialize;

use super::at::At;
use super::ledger::{stands, state_class};
use super::meeting::OfDay;
use crate::chart::Series;
use crate::fault::Result;
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html};

#[derive(Template)]
#[template(path = "office/monitor.html")]
struct Monitor {
    p: Page,
    f: Form,
    at: At,
    monitor: MonitorView,
    /// What is overdue, by step.
    chart: String,
}

pub(super) async fn monitor(Path(id): Path<String>, Query(of): Query<OfDay>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/monitor").await?;
    let on = of.day()?;
    let monitor: MonitorView = who.api().get(&at.api(&format!("/monitor?on={on}"))).await?;
    let p = who.page("office.monitor").with_findings();
    let late = |kept: &&TimeKeptView| kept.overdue > 0;
    let points: Vec<_> = monitor
        .kept
        .iter()
        .filter(late)
        .map(|kept| {
            let label = format!("{} · {}", kept.pair.join(" → "), p.said("", &kept.step));
            (label, Some(kept.overdue), p.count(&kept.overdue))
        })
        .collect();
    let series = Series {
        title: &p.w("office.chart_overdue"),
        description: &p.w("office.chart_overdue_described"),
        points,
    };
    let chart = match series.points.is_empty() {
        true => String::new(),
        false => series.bars(),
    };
    html(&Monitor {
        f: Form::new().with("on", on.to_string()),
        p,
        at,
        monitor,
        chart,
    })
}

/// How many matters are drawn.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    percent: String,
    count: String,
}

#[derive(Template)]
#[template(path = "office/sample.html")]
struct Sample {
    p: Page,
    f: Form,
    at: At,
    round: u32,
    sample: Option<SampleView>,
}

pub(super) async fn sample(
    Path((id, round)): Path<(String, u32)>,
    Query(asked): Query<Asked>,
    who: Who,
) -> Result<Response> {
    let at = At::find(&who, &id, "/rounds").await?;
    let mut f = Form::new()
        .with("percent", &asked.percent)
        .with("count", &asked.count);
    let p = who.page("office.sample").with_findings();
    // A whole number only: what is typed goes into an address.
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let share = match (asked.count.trim(), asked.percent.trim()) {
        ("", "") => Some("percent=5".to_owned()),
        ("", percent) => number(percent)
            .filter(|percent| *percent <= 100)
            .map(|percent| format!("percent={percent}")),
        (count, _) => number(count).map(|count| format!("count={count}")),
    };
    let mut sample = None;
    match share {
        None => f.wrong("percent", p.w("office.share_wrong")),
        Some(share) => {
            let path = at.api(&format!("/rounds/{round}/sample?{share}"));
            match who.api().get::<SampleView>(&path).await {
                Ok(view) => sample = Some(view),
                Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
            }
        }
    }
    html(&Sample {
        p: p.wrong(f.problems()),
        f,
        at,
        round,
        sample,
    })
}
