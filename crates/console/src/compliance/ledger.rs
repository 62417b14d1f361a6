//! 披露台账: what was ever disclosed to whom, by purpose; and what is left of this month's budgets.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::response::Response;
use hefu_node::api::view::{
    BudgetList, BudgetView, DebitPage, DebitView, DisclosurePage, DisclosureView, Hex32, PeerList,
    UnlockRequest,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::fault::Result;
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show;
use crate::table::{Csv, Pager};

const SHOWN: u64 = 100;
const FETCHED: u64 = 1000;

#[derive(Template)]
#[template(path = "compliance/ledger.html")]
struct Ledger {
    p: Page,
    f: Form,
    budgets: Vec<BudgetView>,
    sums: Vec<Sum>,
    locked: bool,
}

/// All that went to one peer for one purpose.
struct Sum {
    peer: String,
    purpose: String,
    elements: u64,
    sessions: u64,
    persons: u64,
    last: Timestamp,
}

impl Ledger {
    async fn of(who: &Who, f: Form) -> Result<Self> {
        let list: BudgetList = who.api().get("/api/v1/ledger/budgets").await?;
        let names = names(who).await?;
        let mut sums: BTreeMap<(String, String), Sum> = BTreeMap::new();
        let mut after = Some(0);
        while let Some(from) = after {
            let page: DebitPage = fetch(who, "debits", from, FETCHED).await?;
            for debit in page.debits {
                let sum = sum_of(&mut sums, &names, &debit.peer, &debit.purpose, debit.at);
                sum.elements = sum.elements.saturating_add(debit.elements);
                sum.sessions += 1;
            }
            after = page.next;
        }
        let mut after = Some(0);
        while let Some(from) = after {
            let page: DisclosurePage = fetch(who, "disclosures", from, FETCHED).await?;
            for line in page.disclosures {
                let sum = sum_of(&mut sums, &names, &line.peer, &line.purpose, line.at);
                sum.persons = sum.persons.saturating_add(line.persons);
            }
            after = page.next;
        }
        Ok(Self {
            p: who
                .page("compliance.ledger")
                .at("/compliance/ledger")
                .wrong(f.problems()),
            f,
            locked: list.budgets.iter().any(|budget| budget.locked),
            budgets: list.budgets,
            sums: sums.into_values().collect(),
        })
    }
}

fn sum_of<'a>(
    sums: &'a mut BTreeMap<(String, String), Sum>,
    names: &BTreeMap<Hex32, String>,
    peer: &Hex32,
    purpose: &str,
    at: Timestamp,
) -> &'a mut Sum {
    let sum = sums.entry((peer.to_string(), purpose.to_owned()));
    let sum = sum.or_insert_with(|| Sum {
        peer: name(names, peer),
        purpose: purpose.to_owned(),
        elements: 0,
        sessions: 0,
        persons: 0,
        last: at,
    });
    sum.last = sum.last.max(at);
    sum
}

/// The names of peers, by their keys; one that is in the book no more is known by its key.
async fn names(who: &Who) -> Result<BTreeMap<Hex32, String>> {
    let list: PeerList = who.api().get("/api/v1/peers").await?;
    let pair = |peer: hefu_node::api::view::PeerView| (peer.node_key, peer.name);
    Ok(list.peers.into_iter().map(pair).collect())
}

fn name(names: &BTreeMap<Hex32, String>, peer: &Hex32) -> String {
    let known = names.get(peer).cloned();
    known.unwrap_or_else(|| show::short(&peer.to_string()))
}

async fn fetch<T: DeserializeOwned>(who: &Who, what: &str, after: u64, limit: u64) -> Result<T> {
    let path = format!("/api/v1/ledger/{what}?after={after}&limit={limit}");
    who.api().get(&path).await
}

pub(super) async fn show(who: Who) -> Result<Response> {
    html(&Ledger::of(&who, Form::new()).await?)
}

/// After a restore somebody answers for what was spent since the backup.
pub(super) async fn unlock(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["reason"]);
    f.demand(&who.visit, &fields, &["reason"]);
    if f.is_fine() {
        let request = UnlockRequest {
            reason: fields.text("reason").to_owned(),
        };
        match who.api().order("/api/v1/ledger/unlock", &request).await {
            Ok(()) => return Ok(done("/compliance/ledger", "compliance.done_unlocked")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Ledger::of(&who, f).await?)
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    after: String,
}

impl Asked {
    fn after(&self) -> u64 {
        self.after.parse().unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "compliance/debits.html")]
struct Debits {
    p: Page,
    debits: Vec<(String, DebitView)>,
    pager: Pager,
}

pub(super) async fn debits(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let names = names(&who).await?;
    let page: DebitPage = fetch(&who, "debits", asked.after(), SHOWN).await?;
    html(&Debits {
        p: who.page("compliance.debits"),
        pager: Pager::new("/compliance/ledger/debits", asked.after(), page.next),
        debits: page
            .debits
            .into_iter()
            .map(|debit| (name(&names, &debit.peer), debit))
            .collect(),
    })
}

#[derive(Template)]
#[template(path = "compliance/disclosures.html")]
struct Disclosures {
    p: Page,
    lines: Vec<(String, DisclosureView)>,
    pager: Pager,
}

pub(super) async fn disclosures(Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let names = names(&who).await?;
    let page: DisclosurePage = fetch(&who, "disclosures", asked.after(), SHOWN).await?;
    html(&Disclosures {
        p: who.page("compliance.disclosures").with_findings(),
        pager: Pager::new("/compliance/ledger/disclosures", asked.after(), page.next),
        lines: page
            .disclosures
            .into_iter()
            .map(|line| (name(&names, &line.peer), line))
            .collect(),
    })
}

/// What was told of a person, in words.
fn told(p: &Page, line: &DisclosureView) -> String {
    let fields = line.fields.iter().map(|field| p.said("disclosed_", field));
    fields.collect::<Vec<_>>().join("、")
}

/// Every line, as a table that spreadsheets open.
pub(super) async fn file(who: Who) -> Result<Response> {
    let p = who.page("compliance.disclosures");
    let names = names(&who).await?;
    let mut csv = Csv::new();
    let headings = [
        "compliance.col_seq",
        "compliance.col_at",
        "compliance.col_agency",
        "compliance.col_purpose",
        "compliance.col_person",
        "compliance.col_fields",
        "compliance.col_approved",
        "compliance.col_released",
        "compliance.col_item",
    ];
    let headings = headings.map(|key| p.w(key));
    csv.row(headings.iter().map(String::as_str));
    let mut after = Some(0);
    while let Some(from) = after {
        let page: DisclosurePage = fetch(&who, "disclosures", from, FETCHED).await?;
        for line in &page.disclosures {
            let cells = [
                line.seq.to_string(),
                p.time(&line.at),
                name(&names, &line.peer),
                p.said("purpose_", &line.purpose),
                line.person.clone(),
                told(&p, line),
                line.approved_by.clone(),
                line.released_by.clone(),
                line.item.to_string(),
            ];
            csv.row(cells.iter().map(String::as_str));
        }
        after = page.next;
    }
    Ok(csv.into_file("disclosures.csv"))
}

/// What is left of a budget, as it is written.
fn left(budget: &BudgetView) -> String {
    show::count(budget.limit.saturating_sub(budget.spent))
}
