//! Snapshots of registers, and the rows that their imports refused.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{DatasetList, DatasetView, RefusedPage, RefusedRowView};
use serde::Deserialize;

use crate::fault::Result;
use crate::form::{Sent, done};
use crate::guard::Who;
use crate::page::{Page, html};
use crate::table::{self, Csv, Pager, Part};

/// How many rows a page shows, and a question fetches for a file.
const SHOWN: u64 = 100;
const FETCHED: u64 = 1000;

#[derive(Template)]
#[template(path = "it/datasets.html")]
struct Datasets {
    p: Page,
    datasets: Vec<DatasetView>,
    part: Part,
}

pub(super) async fn list(Query(asked): Query<table::Asked>, who: Who) -> Result<Response> {
    let list: DatasetList = who.api().get("/api/v1/datasets").await?;
    let p = who.page("it.datasets");
    let text = |dataset: &DatasetView| {
        [
            dataset.name.clone(),
            dataset.files.join(" "),
            p.said("kind_", &dataset.kind),
            p.time(&dataset.imported_at),
        ]
        .join(" ")
    };
    let (datasets, part) = asked.page("/it/datasets", list.datasets, text);
    html(&Datasets { p, datasets, part })
}

pub(super) async fn delete(Path(id): Path<i64>, Sent { who, .. }: Sent) -> Result<Response> {
    let path = format!("/api/v1/datasets/{id}");
    who.api().command(Method::DELETE, &path).await?;
    Ok(done("/it/datasets", "it.done_dataset_deleted"))
}

#[derive(Template)]
#[template(path = "it/refused.html")]
struct Refused {
    p: Page,
    id: i64,
    rows: Vec<RefusedRowView>,
    pager: Pager,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    after: u64,
}

pub(super) async fn refused(Path(id): Path<i64>, Query(asked): Query<Asked>, who: Who) -> Result<Response> {
    let page = fetch(&who, id, asked.after, SHOWN).await?;
    html(&Refused {
        p: who.page("it.refused_rows"),
        id,
        pager: Pager::new(&format!("/it/datasets/{id}/refused"), asked.after, page.next),
        rows: page.rows,
    })
}

/// All of them, for whoever corrects the export.
pub(super) async fn refused_file(Path(id): Path<i64>, who: Who) -> Result<Response> {
    let p = who.page("it.refused_rows");
    let mut csv = Csv::new();
    let headings = [
        "it.col_file",
        "it.col_sheet",
        "it.col_row",
        "it.col_reason",
        "it.col_number",
        "it.col_code",
    ];
    let headings = headings.map(|key| p.w(key));
    csv.row(headings.iter().map(String::as_str));
    let mut after = Some(0);
    while let Some(from) = after {
        let page = fetch(&who, id, from, FETCHED).await?;
        for row in &page.rows {
            let (number, reason) = (row.row.to_string(), p.said("", &row.code));
            csv.row([&row.file, &row.sheet, &number, &reason, &row.number, &row.code].map(String::as_str));
        }
        after = page.next;
    }
    Ok(csv.into_file(&format!("refused-{id}.csv")))
}

async fn fetch(who: &Who, id: i64, after: u64, limit: u64) -> Result<RefusedPage> {
    let path = format!("/api/v1/datasets/{id}/refused?after={after}&limit={limit}");
    who.api().get(&path).await
}
