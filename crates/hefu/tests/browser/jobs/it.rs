//! What the agency's IT does.

use hefu_fixtures::{Agency, SEED};

use super::NODE;
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

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

/// What is left of a day: the doctor, a backup, an old snapshot deleted, somebody's account, and all of it in the log.
pub(super) fn run(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, NODE, "it-1", lang);
    desk.open("/it/health");
    let peer = desk
        .tab
        .js("document.querySelector('#f-peer option:nth-child(2)').value");
    desk.fill("form[action='/it/health']", &[("peer", peer.as_str().unwrap())]);
    desk.press("form[action='/it/health'] button");
    assert!(desk.count("main table tbody tr") > 5, "{}", desk.text());
    assert_eq!(desk.count("main table .badge.bad"), 0, "{}", desk.text());

    backup(&desk, lang);
    desk.open("/it/datasets");
    let before = desk.count("#datasets tbody tr");
    desk.done("form[action$='/delete'] button");
    assert_eq!(desk.count("#datasets tbody tr"), before - 1);

    accounts(browser, county, &desk, lang);
    desk.open("/it/log");
    for kind in [
        "backed_up",
        "deleted",
        "account_added",
        "account_locked",
        "account_password_set",
    ] {
        assert!(desk.text().contains(kind), "{kind}: {}", desk.text());
    }
    desk.done("form[action='/it/log'][method=post] button");
}

fn backup(desk: &Desk, lang: Lang) {
    let form = "form[action='/it/backup']";
    desk.open("/it/backup");
    desk.refused(&format!("{form} button"));
    desk.fill(form, &[("folder", "../elsewhere")]);
    desk.refused(&format!("{form} button"));
    let name = format!("daily-{}", lang.short());
    desk.fill(form, &[("folder", &name)]);
    assert!(desk.done(&format!("{form} button")).contains(&name));
}

/// Somebody new gets an account with a password of IT's choice, chooses their own, is locked out, let in and given another.
fn accounts(browser: &Browser, county: &County, desk: &Desk, lang: Lang) {
    const FIRST: &str = "first-password-of-it";
    const OWN: &str = "a sentence of my own 2026";
    const ANOTHER: &str = "forgotten, so another";
    let account = format!("new-{}", lang.short());
    let person_name = if lang == Lang::Zh {
        "经办人己"
    } else {
        "经办人庚"
    };
    let form = "form[action='/it/accounts']";
    desk.open("/it/accounts");
    desk.refused(&format!("{form} button"));
    let given = [
        ("account", account.as_str()),
        ("name", person_name),
        ("role", "case_worker"),
    ];
    desk.fill(form, &given);
    desk.fill(form, &[("password", "short")]);
    desk.refused(&format!("{form} button"));
    assert!(!desk.shown("#e-password").is_empty(), "{}", desk.text());
    desk.fill(form, &[("password", FIRST)]);
    desk.done(&format!("{form} button"));

    let person = county.at_the_door(browser, NODE, lang);
    person.sign_in(&account, FIRST);
    person.press("a.me");
    let change = |old: &str| {
        person.fill(
            "form[action='/password']",
            &[("old", old), ("new", OWN), ("again", OWN)],
        );
    };
    change("not this one");
    person.refused("form[action='/password'] button");
    assert!(!person.shown("#e-old").is_empty(), "{}", person.text());
    change(FIRST);
    person.done("form[action='/password'] button");
    person.sign_in(&account, OWN);

    let of = |act: &str| format!("form[action='/it/accounts/{account}/{act}'] button");
    desk.open("/it/accounts");
    desk.done(&of("lock"));
    let locked = county.at_the_door(browser, NODE, lang);
    locked.not_let_in(&account, OWN);
    desk.done(&of("unlock"));
    locked.sign_in(&account, OWN);
    desk.press(&format!("a[href='/it/accounts/{account}/password']"));
    desk.fill("form[action$='/password']", &[("password", ANOTHER)]);
    desk.done("form[action$='/password'] button");
    let again = county.at_the_door(browser, NODE, lang);
    again.not_let_in(&account, OWN);
    again.sign_in(&account, ANOTHER);
    desk.done(&of("remove"));
    assert!(!desk.shown("main table").contains(&account));
}
