//! What the agency's IT does.

use hefu_fixtures::{Agency, SEED};

use super::NODE;
use crate::chromium::Browser;
use crate::county::{County, Lang};

/// An export with errors: tried, imported, and what was refused fetched as a file that spreadsheets open rightly.
pub(super) fn import(browser: &Browser, county: &County, lang: Lang) {
    let dir = tempfile::tempdir().unwrap();
    let exports = hefu_fixtures::generate(SEED, dir.path()).unwrap();
    let export = exports
        .imports
        .iter()
        .find(|import| import.agency == Agency::CivilAffairs && import.dataset == "minimum_living")
        .unwrap();
    let desk = county.signed_in(browser, NODE, "it-1", lang);
    desk.open("/it/imports");
    let form = "form[action='/it/imports']";
    desk.fill(form, &[("name", "minimum_living")]);
    desk.choose("#f-file", &export.files);
    desk.choose("#f-mapping", std::slice::from_ref(&export.mapping));
    desk.press("form[action='/it/imports'] button");

    desk.press("button[value=preview]");
    let masked = desk
        .tab
        .js("[...document.querySelectorAll('table .masked')].map(it => it.innerText)");
    let masked = masked.as_array().unwrap();
    assert!(!masked.is_empty(), "{}", desk.text());
    assert!(
        masked.iter().all(|number| number.as_str().unwrap().contains('*')),
        "{masked:?}"
    );

    desk.done("button[value=import]");
    desk.press("a[href$='/refused']");
    let refused = desk.count("#refused tbody tr");
    assert!(refused > 0);
    let file = desk.file("a[href$='/refused.csv']");
    assert!(
        file.starts_with(&[0xef, 0xbb, 0xbf]),
        "without a mark, a spreadsheet guesses the encoding"
    );
    let lines = String::from_utf8(file).unwrap().lines().count();
    assert!(
        lines as u64 > refused,
        "{lines} lines for {refused} rows on the first page"
    );
}
