//! What the other agency told, as a report shows it.

use hefu_node::report::{Tables, There};

use crate::printer::grouped;
use crate::words::Lang;

/// How many findings are disputed, or withdrawn there; nothing of none.
pub(super) fn counted(tables: &Tables, lang: Lang) -> impl Iterator<Item = String> {
    let counts = [
        (tables.contradictory, "paper_contradictory"),
        (tables.corrected_there, "paper_corrected_there"),
    ];
    let told = move |(count, code): (Option<u64>, &'static str)| {
        let count = count.filter(|count| *count > 0)?;
        Some(lang.say(code, &[("count", grouped(count))]))
    };
    counts.into_iter().filter_map(told)
}

/// What stands there, with the number and the day of the paper.
pub(super) fn told(there: &There, lang: Lang) -> impl Iterator<Item = String> {
    let outcome = lang.say("there_outcome", &[("outcome", there.outcome.clone())]);
    let flagged = there
        .contradiction
        .as_ref()
        .map(|_| lang.word("there_contradicts"));
    [outcome, there.document.clone(), there.on.to_string()]
        .into_iter()
        .chain(flagged)
}
