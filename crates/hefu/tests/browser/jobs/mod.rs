//! What each role does in a day, done in its pages.

mod agreement;
mod book;
mod case;
mod compliance;
mod conference;
mod counter;
mod ferry;
mod inquiry;
mod it;
mod matters;
mod office;

use serde_json::Value;

use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

type Job = fn(&Browser, &County, Lang);

/// In the order in which one needs what the other did. Each is done in both languages, on other findings the second time.
pub(crate) const ALL: [(&str, Job); 20] = [
    ("an import with errors", it::import),
    ("the machine and its accounts", it::run),
    ("a finding from taking it to the decision", case::decide),
    ("a number that two people show", compliance::unmask),
    ("a decision that another person looks over", compliance::review),
    ("a report and the log, verified", compliance::verify),
    ("a question to another agency", inquiry::ask_and_answer),
    ("a decision that turns out to be wrong", compliance::correct),
    ("people sent on, and clues", matters::keep),
    ("an agreement, and a round under it", agreement::sign_and_run),
    ("a check at the counter", counter::check),
    ("a round by files", ferry::by_files),
    ("lists as tables", compliance::export),
    ("the conference's office", office::lead),
    ("the conference's text", conference::text),
    ("the conference's round", conference::round),
    ("the conference's ledger", office::ledger),
    ("the conference's plan", office::plan),
    ("the conference's meeting", office::meeting),
    ("the conference's seats", office::seats),
];

/// The agency at which people work, where it does not matter which.
const NODE: &str = "civil_affairs";

/// Another, with which it shares findings.
const PEER: &str = "disabled_federation";
const PEER_NAME: &str = "县残疾人联合会";

/// Opens a list, and gives the first address of those that a selector finds there whose finding, as the node has it, fits.
fn first_that(
    desk: &Desk,
    county: &County,
    node: &str,
    [list, selector]: [&str; 2],
    fits: impl Fn(&Value) -> bool,
) -> String {
    desk.open(list);
    let links = desk.tab.js(&format!(
        "[...document.querySelectorAll({selector:?})].map(it => it.getAttribute('href'))"
    ));
    let links = links.as_array().unwrap().iter().filter_map(Value::as_str);
    let found = links.into_iter().find(|link| {
        let mut parts = link.rsplit('/');
        let (seq, round) = (parts.next().unwrap(), parts.next().unwrap());
        fits(&county.command(node, &["finding", "show", round, seq])["finding"])
    });
    let found = found.unwrap_or_else(|| panic!("{list} has no such finding: {}", desk.text()));
    found.to_owned()
}

/// No codes stand where people read words.
fn plain(desk: &Desk, selector: &str) {
    let text = desk.shown(selector);
    assert!(!text.is_empty(), "{selector}: {}", desk.text());
    let letters =
        |word: &&str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let words = text.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    let codes: Vec<_> = words
        .filter(letters)
        .filter(|word| desk.lang == Lang::Zh || word.contains('_'))
        .collect();
    assert!(codes.is_empty(), "{codes:?} in {text}");
}
