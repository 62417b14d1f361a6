//! The audit log as those see it who may: its newest entries first, and how each is said.

use hefu_node::api::view::{EntryPage, EntryView};
use serde_json::Value;

use crate::fault::Result;
use crate::guard::Who;
use crate::page::Page;
use crate::table::Pager;

/// How many entries a page shows.
const SHOWN: u64 = 100;

/// Entries before the one with the number `before`; the end of the log where it is none. `asked` is what narrows them down, as
/// the interface takes it, and `own` the same as the address of the page `path` has it.
pub(crate) async fn entries(
    who: &Who,
    asked: &str,
    path: &str,
    own: &str,
    before: &str,
) -> Result<(Vec<EntryView>, Pager)> {
    let before = before.trim().parse().unwrap_or(0_u64);
    let ask = format!("/api/v1/audit/entries?before={before}&limit={SHOWN}&{asked}");
    let page: EntryPage = who.api().get(ask.trim_end_matches('&')).await?;
    let own = match own.is_empty() {
        true => format!("{path}?"),
        false => format!("{path}?{own}&"),
    };
    let pager = Pager {
        first: (before > 0).then(|| own.trim_end_matches(['?', '&']).to_owned()),
        next: page.next.map(|next| format!("{own}before={next}")),
    };
    Ok((page.entries, pager))
}

/// What happened, in words where there are some; the name that the log has for it stands beside it.
pub(crate) fn kind(p: &Page, entry: &EntryView) -> Option<String> {
    let code = format!("log_{}", entry.kind);
    let said = p.said("", &code);
    (said != code).then_some(said)
}

/// What belongs to an entry, name by name.
pub(crate) fn body(entry: &EntryView) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = entry.body.as_object().into_iter().flatten();
    fields.map(|(name, value)| (name.clone(), text(value))).collect()
}
