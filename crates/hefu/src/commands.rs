//! The commands, and what several of them show alike.

pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod match_lists;
mod reading;

use hefu_ingest::Wording;

use crate::words::Lang;

/// The words of a quarantine file.
fn wording(lang: Lang) -> Wording {
    Wording {
        headings: ["file", "sheet", "row", "code", "reason", "number"]
            .map(|name| lang.word(&format!("quarantine_{name}"))),
        reason: Box::new(move |code| lang.word(code)),
    }
}
