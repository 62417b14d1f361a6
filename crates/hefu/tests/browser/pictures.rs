//! The pictures of the README, made by the test itself so that they show what there is.

use std::fs;
use std::path::Path;

use data_encoding::BASE64;

use crate::chromium::Browser;
use crate::county::{County, Lang};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../screenshots");
const MOST_BYTES: usize = 200 * 1024;

/// Name, node, account, and the page; `~` is the conference's address.
const PICTURES: [(&str, &str, &str, &str); 8] = [
    ("case-home", "civil_affairs", "case-1", "/case/home"),
    (
        "case-finding",
        "civil_affairs",
        "case-1",
        "finding:/case/findings",
    ),
    ("it-health", "civil_affairs", "it-1", "/it/health"),
    ("it-datasets", "civil_affairs", "it-1", "/it/datasets"),
    (
        "compliance-findings",
        "civil_affairs",
        "compliance-1",
        "/compliance/findings",
    ),
    ("office-board", "office", "office-1", "~/rounds/1"),
    ("office-ledger", "office", "office-1", "~/ledger"),
    ("office-figures", "office", "office-1", "~/rounds/1/figures"),
];

/// Where `HEFU_WRITE_SCREENSHOTS` is set.
pub(crate) fn write(browser: &Browser, county: &County) {
    if std::env::var_os("HEFU_WRITE_SCREENSHOTS").is_none() {
        return;
    }
    fs::create_dir_all(FOLDER).unwrap();
    for (name, node, account, page) in PICTURES {
        let desk = county.signed_in(browser, node, account, Lang::Zh);
        if let Some(page) = page.strip_prefix('~') {
            desk.open("/conferences");
            desk.press("main a[href^='/conferences/']");
            let conference = desk.here();
            desk.open(&format!("{}{page}", conference.split('?').next().unwrap()));
        } else if let Some(list) = page.strip_prefix("finding:") {
            desk.open(list);
            desk.press(&format!("main table a[href^='{list}/']"));
        } else {
            desk.open(page);
        }
        let picture = BASE64.decode(desk.tab.picture().as_bytes()).unwrap();
        assert!(picture.len() <= MOST_BYTES, "{name}: {} bytes", picture.len());
        fs::write(Path::new(FOLDER).join(format!("{name}.png")), picture).unwrap();
    }
}
