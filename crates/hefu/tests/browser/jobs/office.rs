//! What the conference's office does.

use crate::chromium::Browser;
use crate::county::{County, Lang};

/// The board, figures, the ledger and one of its matters, agenda and minutes, the workbook.
pub(super) fn lead(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, "office", "office-1", lang);
    desk.open("/conferences");
    desk.press("main a[href^='/conferences/']");
    let conference = desk.here().split('?').next().unwrap().to_owned();
    assert!(conference.rsplit('/').next().unwrap().len() == 64, "{conference}");

    desk.open(&format!("{conference}/rounds/1"));
    assert_eq!(desk.count("table.matrix tbody tr"), 5);
    assert!(desk.count("#legs tbody tr") > 0);

    desk.open(&format!("{conference}/rounds/1/figures"));
    assert!(desk.count("table tbody tr") > 0);
    // Counts below the smallest that may be told are not, and are said not to be.
    assert!(desk.text().contains('＊'), "{}", desk.text());

    desk.open(&format!("{conference}/ledger"));
    desk.press("main .columns a[href*='/ledger/']");
    assert!(
        !desk.shown("form[action$='/escalation']").is_empty(),
        "{}",
        desk.text()
    );
    desk.open(&format!("{conference}/agenda"));
    assert!(!desk.shown("main").is_empty());
    desk.open(&format!("{conference}/minutes"));
    assert!(!desk.shown("main").is_empty());
    desk.open(&format!("{conference}/ledger"));
    let book = desk.file("a[href*='/ledger/sheet']");
    assert!(book.starts_with(b"PK"));
}
