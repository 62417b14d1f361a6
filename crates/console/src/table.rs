//! Tables: their pages, and as files that spreadsheets open rightly.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::api::{joined, part};

/// The ways from one page of a table to the next. Templates know it as an argument of the macro `pager`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pager {
    /// Where the beginning is; nothing on the first page.
    pub(crate) first: Option<String>,
    /// Where the next page is; nothing on the last.
    pub(crate) next: Option<String>,
}

impl Pager {
    /// Of a list at `path` (with or without a query) whose pages are asked for by `after`.
    pub(crate) fn new(path: &str, after: u64, next: Option<u64>) -> Self {
        let between = if path.contains('?') { '&' } else { '?' };
        Self {
            first: (after > 0).then(|| path.to_owned()),
            next: next.map(|next| format!("{path}{between}after={next}")),
        }
    }
}

/// How many rows a page shows of a list that the interface gives as a whole.
const ROWS: usize = 100;

/// What a list that the interface gives as a whole is asked for, as the address of its page has it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// What its rows say.
    q: String,
    /// How many rows are before the page.
    after: String,
}

/// Which part of a list a page shows.
pub(crate) struct Part {
    /// Where the list is.
    pub(crate) path: &'static str,
    /// What was looked for.
    pub(crate) q: String,
    /// Whether the page has not all of the list, so that it must be asked for what is looked for.
    pub(crate) is_large: bool,
    /// How many rows there are, on all pages.
    pub(crate) total: u64,
    /// The first and the last of those on the page, counted from 1.
    pub(crate) range: String,
    pub(crate) pager: Pager,
}

impl Asked {
    /// A page of a list at `path`, of those rows that say what is looked for. `text` is what a row says.
    pub(crate) fn page<T>(
        &self,
        path: &'static str,
        mut all: Vec<T>,
        text: impl Fn(&T) -> String,
    ) -> (Vec<T>, Part) {
        let q = self.q.trim();
        let is_large = all.len() > ROWS || !q.is_empty();
        let wanted = q.to_lowercase();
        if !wanted.is_empty() {
            all.retain(|row| text(row).to_lowercase().contains(&wanted));
        }
        let own = match q.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", joined([("q", q.to_owned())].into_iter())),
        };
        let (rows, total, range, pager) = page(&own, all, &self.after);
        let part = Part {
            path,
            q: q.to_owned(),
            is_large,
            total,
            range,
            pager,
        };
        (rows, part)
    }
}

/// The page of a list at `path` that begins after so many rows, how many rows there are, which of them these are, and the
/// ways to the others.
pub(crate) fn page<T>(path: &str, all: Vec<T>, after: &str) -> (Vec<T>, u64, String, Pager) {
    let total = all.len();
    let after = after.trim().parse().unwrap_or(0_usize).min(total);
    let rows: Vec<T> = all.into_iter().skip(after).take(ROWS).collect();
    let last = after.saturating_add(rows.len());
    let first = after.saturating_add(1).min(last);
    let next = (last < total).then_some(last as u64);
    let pager = Pager::new(path, after as u64, next);
    (rows, total as u64, format!("{first}–{last}"), pager)
}

/// A table as a file: UTF-8 with the mark by which spreadsheets in Chinese offices know it.
pub(crate) struct Csv(String);

impl Csv {
    pub(crate) fn new() -> Self {
        Self("\u{feff}".to_owned())
    }

    pub(crate) fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                self.0.push(',');
            }
            self.0.push('"');
            self.0.push_str(&guarded(cell).replace('"', "\"\""));
            self.0.push('"');
        }
        self.0.push_str("\r\n");
    }

    /// As the address of a link that holds the file itself: of what is computed once and kept nowhere.
    pub(crate) fn into_link(self) -> String {
        format!("data:text/csv;charset=utf-8,{}", part(&self.0))
    }

    /// As a file to be kept; `name` is plain ASCII.
    pub(crate) fn into_file(self, name: &str) -> Response {
        let headers = [
            (CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
            (CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        ];
        (headers, self.0).into_response()
    }
}

/// A spreadsheet runs what looks like a formula; with an apostrophe before it, it is a text.
fn guarded(cell: &str) -> String {
    let begins = cell.trim_start().chars().next();
    let formula =
        begins.is_some_and(|first| "=+-@＝＋－＠".contains(first)) || cell.starts_with(['\t', '\r', '\n']);
    match formula {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let mut csv = Csv::new();
        csv.row(["=1+1", " @x", "\t=2", "-3", "a,\"b\"", "2026-07"]);
        assert_eq!(
            csv.0,
            "\u{feff}\"'=1+1\",\"' @x\",\"'\t=2\",\"'-3\",\"a,\"\"b\"\"\",\"2026-07\"\r\n"
        );
    }

    #[test]
    fn a_pager_keeps_what_was_asked() {
        let pager = Pager::new("/a?x=1", 100, Some(200));
        assert_eq!(pager.first.as_deref(), Some("/a?x=1"));
        assert_eq!(pager.next.as_deref(), Some("/a?x=1&after=200"));
        assert!(Pager::new("/a", 0, None).first.is_none());
    }
}
