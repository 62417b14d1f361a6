//! What each role does in a day, done in its pages.

mod book;
mod case;
mod compliance;
mod conference;
mod it;
mod office;

use crate::chromium::Browser;
use crate::county::{County, Lang};

type Job = fn(&Browser, &County, Lang);

/// In the order in which one needs what the other did. Each is done in both languages, on other findings the second time.
pub(crate) const ALL: [(&str, Job); 12] = [
    ("an import with errors", it::import),
    ("a finding from taking it to the decision", case::decide),
    ("a number that two people show", compliance::unmask),
    ("a decision that another person looks over", compliance::review),
    ("a report and the log, verified", compliance::verify),
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
