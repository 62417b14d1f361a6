//! The ledger of people who are sent on, and of clues to people who may be left without help.

use super::{NODE, first_that, plain};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// A transfer from its opening to the visit, act by act; then a clue that a round found, taken and settled.
pub(super) fn keep(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, NODE, "case-1", lang);
    transfer(&desk, lang);
    let [one, other] = ["case-1", "case-2"].map(|account| county.signed_in(browser, CLUES_AT, account, lang));
    // Leads are handed on; other clues are looked into by whoever takes them.
    let links = ["/case/clues", "main td a.button[href^='/case/clues/']"];
    let lead = first_that(&one, county, CLUES_AT, links, |finding| finding["kind"] == "lead");
    clue(&one, &other, &lead, lang);
}

/// Who looks for people without help.
const CLUES_AT: &str = "procuratorate";

fn transfer(desk: &Desk, lang: Lang) {
    desk.open("/case/matters");
    desk.press("a[href='/case/matters/new']");
    let form = "form[action='/case/matters/new']";
    let said = desk.refused(&format!("{form} button"));
    assert!(
        said.lines().count() > 2,
        "what is missing is said one by one: {said}"
    );
    let ledger = format!("民移〔2026〕{}号", lang.short());
    desk.fill(
        form,
        &[
            ("kind", "transfer"),
            ("number", &ledger),
            ("id_number", "290105194912310021"),
            ("place", "290101"),
            ("other_name", "县残疾人联合会"),
            ("other_role", "disabled_federation"),
            ("other_place", "290101"),
            ("trigger", "not_eligible"),
        ],
    );
    desk.refused(&format!("{form} button"));
    assert!(!desk.shown("#e-id_number").is_empty(), "{}", desk.text());
    assert_eq!(
        desk.tab.js("document.querySelector('#f-id_number').value"),
        "",
        "a number is typed anew"
    );
    let at = if lang == Lang::Zh { 1 } else { 2 };
    let person = String::from_utf8(hefu_fixtures::number_at(11, at).to_vec()).unwrap();
    desk.fill(form, &[("id_number", &person)]);
    desk.done(&format!("{form} button"));
    assert!(!desk.text().contains(&person));
    let matter = desk.here().split('?').next().unwrap().to_owned();

    for paper in ["case_facts", "aid_given", "recommendation"] {
        act(
            desk,
            &matter,
            "filed",
            &[("paper", paper), ("document", "材料1份")],
        );
    }
    // Without the letter's number nothing is sent.
    desk.open(&format!("{matter}?act=sent"));
    desk.refused("form[action$='/acts'] button");
    act(
        desk,
        &matter,
        "sent",
        &[("letter", &format!("民移函〔2026〕{}号", lang.short()))],
    );
    act(desk, &matter, "acknowledged", &[]);
    act(desk, &matter, "answered", &[("answer", "accepted")]);
    act(
        desk,
        &matter,
        "fed_back",
        &[
            ("document", "残复〔2026〕3号"),
            ("came", "helped"),
            ("result", "已发放护理补贴"),
        ],
    );
    act(desk, &matter, "visited", &[("result", "回访正常")]);
    assert_eq!(
        desk.count("section[aria-labelledby=history] tbody tr"),
        8,
        "{}",
        desk.text()
    );
    plain(desk, "section[aria-labelledby=history] tbody");
    desk.open("/case/matters?kind=transfer");
    assert_eq!(desk.count(&format!("a[href='{matter}']")), 1);
}

fn clue(desk: &Desk, other: &Desk, lead: &str, lang: Lang) {
    desk.press(&format!("a[href='{lead}']"));
    let form = "form[action^='/case/clues/']";
    desk.refused(&format!("{form} button"));
    desk.fill(form, &[("number", &format!("检线〔2026〕{}号", lang.short()))]);
    desk.done(&format!("{form} button"));
    let matter = desk.here().split('?').next().unwrap().to_owned();
    act(desk, &matter, "handed_over", &[("to", "经办人丙")]);
    // Only who is in charge now goes on with it.
    desk.open(&format!("{matter}?act=accepted"));
    let case = ("case", "检救助受〔2026〕5号");
    desk.fill("form[action$='/acts']", &[case]);
    desk.refused("form[action$='/acts'] button");
    act(other, &matter, "accepted", &[case]);
    desk.open(&matter);
    desk.print();
}

/// Records an act of a matter, and sees that it was.
fn act(desk: &Desk, matter: &str, name: &str, fields: &[(&str, &str)]) {
    desk.open(&format!("{matter}?act={name}"));
    desk.fill("form[action$='/acts']", fields);
    desk.done("form[action$='/acts'] button");
}
