//! 受理查重 at the counter: one person, before a payment is made.

use hefu_fixtures::{Agency, Programme, SEED};

use super::agreement::{draft, number, signed_by_both};
use super::{NODE, PEER};
use crate::chromium::Browser;
use crate::county::{County, Lang};

/// Both agencies agree on checks; a case worker checks somebody whom the other one pays, looks at what it says, and has the
/// receipt, printed and signed.
pub(super) fn check(browser: &Browser, county: &County, lang: Lang) {
    let dir = tempfile::tempdir().unwrap();
    let exports = hefu_fixtures::generate(SEED, dir.path()).unwrap();
    let paid = exports
        .records
        .iter()
        .find(|record| {
            record.agency == Agency::DisabledFederation && record.claim.programme == Programme::DisabledLiving
        })
        .unwrap();
    let person = &exports.people[paid.claim.person].number;

    let desk = county.signed_in(browser, NODE, "case-1", lang);
    desk.open("/case/checks");
    let terms = draft("precheck", &number(lang, "查"), "checks_a_day = 20\n");
    let terms = terms.replace("max_own_elements = 100_000\n", "");
    signed_by_both(browser, county, lang, &county.drafted(NODE, &terms));

    let form = "form[action='/case/checks']";
    desk.open("/case/checks");
    let said = desk.refused(&format!("{form} button"));
    assert!(
        said.lines().count() > 2,
        "what is missing is said one by one: {said}"
    );
    let meant = [
        ("programme", "extreme_poverty"),
        ("from", "2026-07"),
        ("ground", "consent"),
        ("document", "授权书〔2026〕8号"),
        ("case_file", "民申〔2026〕8号"),
    ];
    desk.fill(form, &meant);
    desk.fill(form, &[("number", "290101199001011230")]);
    desk.refused(&format!("{form} button"));
    assert!(
        !desk.shown("#e-number").is_empty(),
        "a number that is none: {}",
        desk.text()
    );
    assert!(
        !desk
            .tab
            .js("document.documentElement.outerHTML")
            .as_str()
            .unwrap()
            .contains("290101199001011230")
    );
    desk.fill(form, &[("number", person)]);
    desk.press(&format!("{form} button"));
    // The page waits for the other agency by itself.
    if desk.count("[data-events]") == 1 {
        desk.anew();
    }
    desk.press("form[action$='/results'] button");
    // Once for each agreement under which it was asked.
    let found = desk.count("section[aria-labelledby^='person-'] tbody tr .badge.bad");
    assert!(found > 0, "{}", desk.text());
    assert!(!desk.text().contains(person.as_str()));
    let check = desk.here().split("/results").next().unwrap().to_owned();

    let signed = desk.sent("form:has([name=form][value=signed])", "", "");
    let receipt: serde_json::Value = serde_json::from_slice(&signed).expect("the signed receipt is JSON");
    assert!(receipt.is_object());
    desk.press("form[action$='/receipt']:not(:has([name=form])) button");
    assert!(desk.text().contains("民申〔2026〕8号"), "{}", desk.text());
    desk.print();
    desk.open("/case/checks");
    assert_eq!(desk.count(&format!("a[href='{check}']")), 1);

    // The other agency knows how often it was asked, and nobody's name.
    let there = county.signed_in(browser, PEER, "case-1", lang);
    there.open("/case/checks");
    assert!(!there.text().contains(person.as_str()) && there.count("main table tbody tr") > 0);
}
