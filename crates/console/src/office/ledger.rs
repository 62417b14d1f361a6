//! The ledger 工作台账: by state and as a table, one line of it, as a workbook and back.

mod line;
mod sheet;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{DirectoryView, LinePage, LineView};
use serde::Deserialize;

pub(super) use line::{decide, escalate, plan, revisit, revisited, show};
pub(super) use sheet::{export, import};

use super::at::At;
use crate::api::part;
use crate::fault::Result;
use crate::form::Form;
use crate::guard::Who;
use crate::page::{Page, html};
use crate::table::Pager;

/// As many lines as a page of the table has, and as a column of the board.
const ROWS: u64 = 100;
const CARDS: u64 = 20;

pub(super) const KINDS: [&str; 4] = ["finding", "referral", "inquiry", "lead"];
pub(super) const STATES: [&str; 5] = ["open", "under_way", "answered", "settled", "corrected"];

/// Which lines. A form sends what was not chosen as nothing.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    view: String,
    kind: String,
    state: String,
    agency: String,
    due: String,
    late: String,
    sort: String,
    descending: String,
    after: u64,
}

impl Asked {
    /// As the interface is asked, without the state and the page.
    fn filter(&self) -> String {
        let given = [("kind", &self.kind), ("agency", &self.agency), ("due", &self.due)];
        let mut query: String = given
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| format!("&{name}={}", part(value)))
            .collect();
        if !self.late.is_empty() {
            query.push_str("&late=true");
        }
        query
    }

    fn order(&self) -> String {
        let sort = match self.sort.as_str() {
            "" => String::new(),
            sort => format!("&sort={}", part(sort)),
        };
        match self.descending.as_str() {
            "" => sort,
            _ => format!("{sort}&descending=true"),
        }
    }

    fn state(&self) -> String {
        match self.state.as_str() {
            "" => String::new(),
            state => format!("&state={}", part(state)),
        }
    }

    fn form(&self) -> Form {
        Form::new()
            .with("kind", &self.kind)
            .with("state", &self.state)
            .with("agency", &self.agency)
            .with("due", &self.due)
            .with("late", if self.late.is_empty() { "" } else { "yes" })
    }

    /// The address of the table, in another order: in its reverse where it is in that one.
    pub(super) fn sorted(&self, path: &str, by: &str) -> String {
        let again = self.sort == by || (self.sort.is_empty() && by == "due");
        let descending = if again && self.descending.is_empty() {
            "&descending=yes"
        } else {
            ""
        };
        let (filter, state) = (self.filter(), self.state());
        format!("{path}?view=table{filter}{state}&sort={by}{descending}")
    }

    /// How a column is in order, for `aria-sort`.
    pub(super) fn order_of(&self, by: &str) -> &'static str {
        let this = self.sort == by || (self.sort.is_empty() && by == "due");
        match (this, self.descending.is_empty()) {
            (false, _) => "none",
            (true, true) => "ascending",
            (true, false) => "descending",
        }
    }
}

/// A column of the board.
struct Column {
    state: &'static str,
    words: String,
    page: LinePage,
    more: String,
}

#[derive(Template)]
#[template(path = "office/ledger.html")]
struct Ledger {
    p: Page,
    f: Form,
    at: At,
    asked: Asked,
    columns: Vec<Column>,
    table: Option<LinePage>,
    pager: Pager,
    kinds: Vec<(&'static str, String)>,
    states: Vec<(&'static str, String)>,
    agencies: Vec<(String, String)>,
}

/// Choices of a filter, with the one of all first.
fn choices(p: &Page, prefix: &str, codes: &[&'static str]) -> Vec<(&'static str, String)> {
    let all = std::iter::once(("", p.w("office.all")));
    all.chain(codes.iter().map(|code| (*code, p.said(prefix, code))))
        .collect()
}

impl Ledger {
    async fn of(who: &Who, id: &str, asked: Asked) -> Result<Self> {
        let at = At::find(who, id, "/ledger").await?;
        let seats: DirectoryView = who.api().get(&at.api("/seats")).await?;
        let p = who.page("office.ledger").with_findings();
        let seats = seats.seats.into_iter().filter(|seat| seat.seat != "office");
        let agencies = std::iter::once((String::new(), p.w("office.all")))
            .chain(seats.map(|seat| (seat.node_key.to_string(), seat.name)));
        let agencies = agencies.collect();
        let mut page = Self {
            f: asked.form(),
            kinds: choices(&p, "line_kind_", &KINDS),
            states: choices(&p, "line_state_", &STATES),
            agencies,
            p,
            at,
            columns: Vec::new(),
            table: None,
            pager: Pager::default(),
            asked,
        };
        match page.asked.view.as_str() {
            "table" => page.fill_table(who).await?,
            _ => page.fill_board(who).await?,
        }
        Ok(page)
    }

    async fn fill_table(&mut self, who: &Who) -> Result<()> {
        let asked = &self.asked;
        let query = format!("{}{}{}", asked.filter(), asked.state(), asked.order());
        let after = asked.after;
        let path = self.at.api(&format!("/ledger?after={after}&limit={ROWS}{query}"));
        let table: LinePage = who.api().get(&path).await?;
        let here = self.at.page(&format!("/ledger?view=table{query}"));
        self.pager = Pager::new(&here, after, table.next);
        self.table = Some(table);
        Ok(())
    }

    async fn fill_board(&mut self, who: &Who) -> Result<()> {
        let filter = self.asked.filter();
        let wanted = |state: &&str| self.asked.state.is_empty() || self.asked.state == **state;
        for state in STATES.into_iter().filter(wanted) {
            let path = self
                .at
                .api(&format!("/ledger?limit={CARDS}{filter}&state={state}"));
            self.columns.push(Column {
                state,
                words: self.p.said("line_state_", state),
                page: who.api().get(&path).await?,
                more: self.at.page(&format!("/ledger?view=table{filter}&state={state}")),
            });
        }
        Ok(())
    }

    fn is_table(&self) -> bool {
        self.table.is_some()
    }

    fn sorted(&self, by: &str) -> String {
        self.asked.sorted(&self.at.page("/ledger"), by)
    }

    /// The same lines, seen the other way.
    fn other_view(&self) -> String {
        let view = if self.is_table() { "board" } else { "table" };
        let asked = &self.asked;
        self.at
            .page(&format!("/ledger?view={view}{}{}", asked.filter(), asked.state()))
    }
}

/// The class of the badge of how far a line has come.
pub(super) fn state_class(line: &LineView) -> &'static str {
    match line.state.as_str() {
        "settled" | "corrected" => "good",
        "answered" => "calm",
        _ if line.late => "bad",
        _ => "calm",
    }
}

/// How far it has come, and what came of it.
pub(super) fn stands(p: &Page, line: &LineView) -> String {
    let state = p.said("line_state_", &line.state);
    match &line.outcome {
        None => state,
        Some(outcome) => format!("{state} · {}", p.said("line_outcome_", outcome)),
    }
}

pub(super) async fn list(Path(id): Path<String>, Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    html(&Ledger::of(&who, &id, asked).await?)
}
