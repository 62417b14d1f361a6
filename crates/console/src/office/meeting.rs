//! Consultations: what is to be spoken about, and the minutes of what was decided.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{AgendaView, DecisionView, MinutesView, TopicView};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use super::at::At;
use crate::Paper;
use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html, paper};
use crate::show::today;

/// Of which day; a form sends what was not chosen as nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OfDay {
    on: String,
}

impl OfDay {
    /// The day that was chosen, or today.
    pub(super) fn day(&self) -> Result<Date> {
        match self.on.as_str() {
            "" => Ok(today()),
            on => on.parse().map_err(|_| Fault::Form),
        }
    }
}

#[derive(Template)]
#[template(path = "office/agenda.html")]
struct Agenda {
    p: Page,
    f: Form,
    at: At,
    agenda: AgendaView,
}

pub(super) async fn agenda(Path(id): Path<String>, Query(of): Query<OfDay>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/agenda").await?;
    let on = of.day()?;
    let agenda: AgendaView = who.api().get(&at.api(&format!("/agenda?on={on}"))).await?;
    html(&Agenda {
        p: who.page("office.agenda").with_findings(),
        f: Form::new().with("on", on.to_string()),
        at,
        agenda,
    })
}

fn why(p: &Page, topic: &TopicView) -> String {
    let why: Vec<String> = topic.why.iter().map(|code| p.said("", code)).collect();
    why.join("、")
}

/// Of which consultation.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    on: String,
    number: String,
}

impl Asked {
    /// Without a number, of a day.
    fn query(&self) -> Result<String> {
        let on = OfDay { on: self.on.clone() }.day()?;
        Ok(match self.number.trim() {
            "" => format!("?on={on}"),
            number => format!("?on={on}&number={}", part(number)),
        })
    }

    fn day(&self) -> Result<Date> {
        OfDay { on: self.on.clone() }.day()
    }
}

#[derive(Template)]
#[template(path = "office/minutes.html")]
struct Minutes {
    p: Page,
    f: Form,
    at: At,
    minutes: MinutesView,
    query: String,
}

pub(super) async fn minutes(Path(id): Path<String>, Query(of): Query<Asked>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/minutes").await?;
    let query = of.query()?;
    let minutes: MinutesView = who.api().get(&at.api(&format!("/minutes{query}"))).await?;
    html(&Minutes {
        p: who.page("office.minutes").with_findings(),
        f: Form::new()
            .with("on", of.day()?.to_string())
            .with("number", of.number),
        at,
        minutes,
        query,
    })
}

impl Minutes {
    /// The numbers under which something was decided: papers are of one.
    fn numbers(&self) -> Vec<&str> {
        let mut numbers: Vec<&str> = self
            .minutes
            .decisions
            .iter()
            .map(|each| each.minutes.as_str())
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Whether a paper can be made of what is shown.
    fn is_of_one(&self) -> bool {
        self.numbers().len() == 1
    }

    fn of_number(&self, number: &str) -> String {
        let on = self.f.value("on");
        self.at.page(&format!("/minutes?on={on}&number={}", part(number)))
    }
}

pub(super) fn due(decision: &DecisionView) -> String {
    decision.due.map_or_else(|| "—".to_owned(), |due| due.to_string())
}

pub(super) async fn print_minutes(
    Path(id): Path<String>,
    Query(of): Query<Asked>,
    who: Who,
) -> Result<Response> {
    minutes_paper(&who, &id, &of, Paper::Minutes).await
}

pub(super) async fn file_minutes(
    Path(id): Path<String>,
    Query(of): Query<Asked>,
    who: Who,
) -> Result<Response> {
    minutes_paper(&who, &id, &of, Paper::MinutesFile).await
}

async fn minutes_paper(who: &Who, id: &str, of: &Asked, what: Paper) -> Result<Response> {
    let at = At::find(who, id, "/minutes").await?;
    let path = at.api(&format!("/minutes{}", of.query()?));
    let minutes: MinutesView = who.api().get(&path).await?;
    let given = json!({ "on": of.day()?, "minutes": minutes }).to_string();
    paper(who, what, given).await
}
