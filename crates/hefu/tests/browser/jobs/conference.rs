//! What office and members do together: the text that all sign, and a round from its announcement to its figures.

use std::fs;
use std::time::{Duration, Instant};

use hefu_fixtures::Agency;

use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// The office's node.
pub(super) const OFFICE: &str = "office";
/// Nothing that all are told takes longer, nor does a round of this county.
const PATIENCE: Duration = Duration::from_secs(300);
const LOOK: Duration = Duration::from_millis(250);

/// The address of the conference, from the list of all.
pub(super) fn conference(desk: &Desk) -> String {
    desk.open("/conferences");
    desk.press("main a[href^='/conferences/']");
    let here = desk.here().split('?').next().unwrap().to_owned();
    assert_eq!(here.rsplit('/').next().unwrap().len(), 64, "{here}");
    here
}

/// Opens a page again until it has what a selector finds: what others say comes with the next visit to the office.
pub(super) fn until(desk: &Desk, path: &str, selector: &str) {
    let begun = Instant::now();
    loop {
        desk.open(path);
        if desk.count(selector) > 0 {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{path} never has {selector}: {}",
            desk.text()
        );
        std::thread::sleep(LOOK);
    }
}

/// The same, until it says something.
pub(super) fn until_said(desk: &Desk, path: &str, words: &str) {
    let begun = Instant::now();
    loop {
        desk.open(path);
        if desk.text().contains(words) {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{path} never says {words}: {}",
            desk.text()
        );
        std::thread::sleep(LOOK);
    }
}

/// The office drafts a text that one member refuses, and another that all sign; its paper is printed, and the sealed one
/// put on record.
pub(super) fn text(browser: &Browser, county: &County, lang: Lang) {
    let office = county.signed_in(browser, OFFICE, "office-1", lang);
    let at = conference(&office);
    let own_number = |number: u32| match lang {
        Lang::Zh => format!("县联席〔2026〕{number}号"),
        Lang::En => format!("县联席〔2026〕{}号", number + 10),
    };

    let refused = drafted(&office, &at, &own_number(2));
    let police = county.signed_in(browser, Agency::Police.code(), "compliance-1", lang);
    to_text(&police, &at, &refused);
    police.press("a[href$='/refuse']");
    police.refused("form[action$='/refuse'] button");
    let reason = "附件的地区代码须先与本单位核对。";
    police.fill("form[action$='/refuse']", &[("reason", reason)]);
    police.done("form[action$='/refuse'] button");
    assert_eq!(police.count("form[action$='/sign']"), 0, "a refusal is final");
    until(&office, &refused, ".badge.bad");
    assert!(office.text().contains(reason), "{}", office.text());

    let text = drafted(&office, &at, &own_number(3));
    for agency in Agency::ALL {
        let desk = county.signed_in(browser, agency.code(), "compliance-1", lang);
        to_text(&desk, &at, &text);
        let learned = desk.count("section[aria-labelledby^='annex-'] li");
        assert!(learned > 0, "what each learns stands before the signature");
        desk.refused("form[action$='/sign'] button");
        desk.fill("form[action$='/sign']", &[("read", "yes")]);
        desk.done("form[action$='/sign'] button");
        assert_eq!(desk.count("form[action$='/sign']"), 0);
    }
    let all = Agency::ALL.len();
    let signed = format!("tbody tr:nth-child({all}) ~ tr .badge.good");
    until(&office, &text, &signed);
    assert_eq!(office.count("tbody .badge.warn"), 0, "{}", office.text());
    assert_eq!(
        office.count("dl .badge.good"),
        1,
        "it is in force: {}",
        office.text()
    );

    let file = office.file("a[href$='/file']");
    assert!(file.starts_with(b"PK"));
    office.paper("a[href$='/paper']");
    let scan = county.paper("scan.pdf");
    fs::write(&scan, lang.short()).unwrap();
    let form = "form[action$='/stamp']";
    let button = "form[action$='/stamp'] button";
    office.fill(form, &[("document", &own_number(3))]);
    office.refused(button);
    office.choose("#f-scan", std::slice::from_ref(&scan));
    office.done(button);
    until(&office, &text, "tbody td code");
}

/// Amends the text that is in force, and gives the address of what comes of it.
fn drafted(office: &Desk, at: &str, number: &str) -> String {
    office.open(&format!("{at}/texts"));
    office.press("tr:has(.badge.good) a[href*='amends=']");
    assert_eq!(office.count("section[aria-labelledby=leak] dd"), 4);
    assert!(office.count("fieldset.card") > 0);
    let form = "form[action$='/texts/draft']";
    let look = "button[value=look]";
    office.fill(form, &[("number", number), ("title", "")]);
    let said = office.refused(look);
    assert_eq!(office.count("#f-title[aria-invalid]"), 1, "{said}");
    assert_eq!(
        office.count("button[value=draft]"),
        0,
        "it is seen before it is said"
    );
    office.fill(form, &[("title", "县司法救助与社会救助衔接联席会议框架协议")]);
    office.press(look);
    assert!(office.count("section[aria-labelledby=preview] li") > 0);
    office.done("button[value=draft]");
    office.here().split('?').next().unwrap().to_owned()
}

/// Comes to a text by what is to be done.
fn to_text(desk: &Desk, at: &str, text: &str) {
    until(desk, at, ".to-do a[href$='/texts']");
    until(desk, &format!("{at}/texts"), &format!("a[href='{text}']"));
    desk.press(&format!("a[href='{text}']"));
}

/// Does not take part in the round of each language.
fn declines(lang: Lang) -> Agency {
    match lang {
        Lang::Zh => Agency::Police,
        Lang::En => Agency::Court,
    }
}

/// A round: announced, joined and frozen by all but one, run, reported, closed, and its figures published.
pub(super) fn round(browser: &Browser, county: &County, lang: Lang) {
    let office = county.signed_in(browser, OFFICE, "office-1", lang);
    let at = conference(&office);
    let people = Agency::ALL.map(|agency| {
        let at = |account| county.signed_in(browser, agency.code(), account, lang);
        (agency, at("compliance-1"), at("it-1"))
    });
    let round = announced(&office, &at);
    office.open(&format!("{at}/rounds/new"));
    assert_eq!(office.count("form[action$='/rounds/new']"), 0, "one at a time");

    for (agency, binds, it) in &people {
        to_round(binds, &at, &round);
        if *agency == declines(lang) {
            binds.press("a[href$='/decline']");
            binds.refused("form[action$='/decline'] button");
            binds.fill(
                "form[action$='/decline']",
                &[("reason", "本单位系统升级，本轮不参加。")],
            );
            binds.done("form[action$='/decline'] button");
            continue;
        }
        binds.done("form[action$='/join'] button");
        to_round(it, &at, &round);
        it.done("form[action$='/freeze'] button");
        assert_eq!(it.count("form[action$='/freeze']"), 0);
    }

    // Once all have answered, the pairs begin by themselves.
    office.open(&round);
    goes_by_itself(&office);
    assert_eq!(office.count("#legs .badge.bad"), 0, "{}", office.text());
    assert!(office.count("#legs .badge.good") > 0);
    assert!(
        office.count("#legs .badge.warn") > 0,
        "who does not take part has no legs: {}",
        office.text()
    );
    // All that were there have reported, so that the office is told to close it.
    until(&office, &at, &format!(".to-do a[href='{round}']"));
    let (_, _, it) = &people[0];
    it.open(&round);
    it.done("form[action$='/report'] button");

    publishes(&office, &round);
    office.open(&round);
    office.fill("form[action$='/close']", &[("end", "completed")]);
    office.done("form[action$='/close'] button");
    assert_eq!(office.count("form[action$='/close']"), 0);
    assert_eq!(office.count("[data-live=stage].good"), 1);

    let number: u64 = round.rsplit('/').next().unwrap().parse().unwrap();
    let [(_, member, _), ..] = &people;
    until(
        member,
        &format!("{at}/figures"),
        &format!("a[href='{round}/figures']"),
    );
    let shown = member.count("main section:first-of-type tbody tr");
    assert_eq!(shown, number, "every round has its figures: {}", member.text());
}

/// Announces the next round; what is wrong with its months is said first.
fn announced(office: &Desk, at: &str) -> String {
    office.open(&format!("{at}/rounds"));
    office.press("a[href$='/rounds/new']");
    let form = "form[action$='/rounds/new']";
    let button = "form[action$='/rounds/new'] button";
    office.fill(form, &[("from", "2026-07")]);
    office.refused(button);
    office.fill(form, &[("until", "2026-09")]);
    office.done(button);
    let here = office.here();
    here.split('?').next().unwrap().to_owned()
}

/// Comes to a round by what is to be done.
fn to_round(desk: &Desk, at: &str, round: &str) {
    let to_do = format!(".to-do a[href='{round}']");
    until(desk, at, &to_do);
    desk.press(&to_do);
}

/// The board goes on by itself, without anybody who opens it again, until no leg is under way.
fn goes_by_itself(office: &Desk) {
    let begun = Instant::now();
    let over = "document.querySelectorAll('#legs tbody tr').length > 0 && !document.querySelector('#legs .badge.calm')";
    while office.tab.seen(over) != Some(true.into()) {
        assert!(begun.elapsed() < PATIENCE, "legs do not end: {}", office.text());
        std::thread::sleep(LOOK);
    }
    // Its own loading is over as well.
    std::thread::sleep(LOOK);
}

fn publishes(office: &Desk, round: &str) {
    office.open(round);
    office.press(&format!("a[href='{round}/figures']"));
    office.press("a[href$='exact=yes']");
    assert!(
        !office.text().contains('＊'),
        "nothing is withheld from the office: {}",
        office.text()
    );
    office.open(&format!("{round}/figures"));
    office.done("form[action$='/figures'] button");
    assert_eq!(office.count("form[action$='/figures']"), 0, "once is enough");
    assert!(office.file("a[href$='/figures/book']").starts_with(b"PK"));
    office.print();
    office.paper("a[href$='/figures/paper']");
}
