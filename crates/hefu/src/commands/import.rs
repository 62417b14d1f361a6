//! `hefu import`: an export of the agency's own into its node.

use hefu_node::api::view::{AccountView, ImportRequest, ImportView, UploadView};

use super::json;
use crate::args::ImportArgs;
use crate::client::{Client, escaped};
use crate::failure::Failure;
use crate::printer::{Printer, grouped, table};
use crate::words::Lang;

pub(crate) async fn run(args: ImportArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let mapping =
        std::fs::read_to_string(&args.mapping).map_err(|error| Failure::read(&args.mapping, &error))?;
    let mut uploads = Vec::with_capacity(args.files.len());
    for file in &args.files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let path = format!("/api/v1/uploads?name={}", escaped(&name));
        let upload: UploadView = client.send_file(&path, file).await?;
        uploads.push(upload.id);
    }
    let request = ImportRequest {
        name: args.name,
        uploads,
        mapping,
    };
    let imported: ImportView = client.post("/api/v1/imports", &request).await?;
    printer.result(&json(&imported), |lang| {
        let mut text = account(&imported.account, lang);
        let dataset = [("dataset", imported.dataset.to_string())];
        text.push_str(&lang.say("import_done", &dataset));
        if let Some(file) = &imported.quarantine {
            text.push('\n');
            text.push_str(&lang.say("import_quarantine", &[("file", file.clone())]));
        }
        text
    });
    Ok(())
}

/// The account: no row may vanish.
fn account(account: &AccountView, lang: Lang) -> String {
    let mut rows = Vec::new();
    let mut line = |code: &str, count: u64| rows.push(vec![lang.word(code), grouped(count)]);
    line("read_rows", account.rows_read);
    line("read_accepted", account.accepted);
    line("read_rejected", account.rejected.values().sum());
    line("read_blank", account.blank);
    line("read_duplicates", account.duplicates);
    for (heading, counts) in [
        ("read_rejected", &account.rejected),
        ("read_warnings", &account.warnings),
        ("read_cleaned", &account.cleaned),
    ] {
        if !counts.is_empty() {
            rows.push(vec![lang.word(heading)]);
        }
        let each = counts
            .iter()
            .map(|(code, count)| vec![format!("  {}", lang.word(code)), grouped(*count)]);
        rows.extend(each);
    }
    table(&rows)
}
