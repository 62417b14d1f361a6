//! The consoles of a county as people get them: in a browser, over the nodes that `hefu demo --serve` leaves running.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod chromium;
mod county;
mod desk;
mod eye;
mod jobs;
mod pictures;
mod walk;

use std::panic::{AssertUnwindSafe, catch_unwind};

use chromium::Browser;
use county::{County, Lang};
use eye::Eye;
use walk::Walk;

/// Whose pages are walked: each role of an agency, and of the office.
const WALKED: [(&str, &str); 6] = [
    ("civil_affairs", "it-1"),
    ("civil_affairs", "case-1"),
    ("civil_affairs", "compliance-1"),
    ("office", "it-1"),
    ("office", "compliance-1"),
    ("office", "office-1"),
];

/// One test, as all of it needs the same county, which takes its time to come about. What is found wrong is told at its end,
/// all of it.
#[test]
fn people_find_their_pages_and_do_their_work() {
    let Some(program) = chromium::installed() else {
        #[allow(
            clippy::print_stdout,
            reason = "whoever runs the tests is told what was left out"
        )]
        {
            println!("no Chromium is installed: nothing was looked at in a browser");
        }
        return;
    };
    let browser = Browser::start(&program);
    let eye = Eye::open();
    walk::sees_faults(&browser.tab(), &eye);
    let county = County::begin(eye);
    let mut faults = Vec::new();
    // Whoever writes a job does without the walk and the other jobs: with a part of its name here.
    let only = std::env::var("HEFU_BROWSER_JOB").ok();
    for (node, account) in WALKED.into_iter().filter(|_| only.is_none()) {
        assert!(county.accounts(node).contains(&account));
        let desk = county.signed_in(&browser, node, account, Lang::Zh);
        let walk = Walk {
            tab: &desk.tab,
            base: county.address(node),
            who: format!("{node} {account}"),
            eye: &county.eye,
            faults: &mut faults,
        };
        let pages = walk.everywhere();
        assert!(pages.len() > 3, "{node} {account}: only {pages:?}");
    }
    let jobs = Lang::ALL
        .into_iter()
        .flat_map(|lang| jobs::ALL.map(|(name, job)| (lang, name, job)));
    for (lang, name, job) in jobs.filter(|(_, name, _)| only.as_ref().is_none_or(|part| name.contains(part)))
    {
        let done = catch_unwind(AssertUnwindSafe(|| job(&browser, &county, lang)));
        if let Err(why) = done {
            let said = why.downcast_ref::<String>().cloned();
            let said = said.or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            faults.push(format!("job {name}, {lang:?}: {}", said.unwrap_or_default()));
        }
    }
    faults.extend(county.eye.faults.take());
    pictures::write(&browser, &county);
    drop(browser);
    assert_eq!(county.end(), 0);
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}
