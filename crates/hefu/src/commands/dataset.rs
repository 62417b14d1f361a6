//! `hefu dataset`: the snapshots of registers that a node holds.

use hefu_node::api::view::{DatasetList, DatasetView};
use hyper::Method;

use super::{headings, json, local};
use crate::args::DatasetCommand;
use crate::client::Client;
use crate::failure::Failure;
use crate::printer::{Printer, grouped, table};
use crate::words::Lang;

pub(crate) async fn run(command: DatasetCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        DatasetCommand::List => {
            let list: DatasetList = client.get("/api/v1/datasets").await?;
            printer.result(&json(&list), |lang| text(&list, lang));
        }
        DatasetCommand::Delete { id } => {
            client
                .command(Method::DELETE, &format!("/api/v1/datasets/{id}"))
                .await?;
            printer.done("dataset_deleted", &[("id", id.to_string())]);
        }
    }
    Ok(())
}

fn text(list: &DatasetList, lang: Lang) -> String {
    let codes = [
        "col_id",
        "col_register",
        "col_rows",
        "col_persons",
        "col_used",
        "col_imported_at",
    ];
    let row = |dataset: &DatasetView| {
        let used = if dataset.used { "yes" } else { "no" };
        vec![
            dataset.id.to_string(),
            dataset.name.clone(),
            grouped(dataset.rows),
            grouped(dataset.persons),
            lang.word(used),
            local(&dataset.imported_at),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.datasets.iter().map(row))
        .collect();
    table(&rows)
}
