//! Tables: their pages, and as files that spreadsheets open rightly.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::api::part;

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
