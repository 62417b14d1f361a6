//! What a case worker does.

use jiff::tz::offset;
use jiff::{Timestamp, ToSpan as _};

use super::{NODE, PEER_NAME, first_that, plain};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// 核实 → 告知 → 陈述申辩 → decision, with the letter by which the person is told.
pub(super) fn decide(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, NODE, "case-1", lang);
    let list = format!("/case/findings?stage=stage_open&peer={PEER_NAME}");
    // Of a person whom the two know under different names nothing may be decided yet.
    let links = "main table a[href^='/case/findings/']";
    let finding = first_that(&desk, county, NODE, [&list, links], |finding| {
        finding["name"] == "same"
    });
    desk.press(&format!("main table a[href='{finding}']"));

    // What the law asks for is asked for: without it nothing is recorded.
    act(&desk, "taken", &[]);
    let form = "form:has([value=verified])";
    desk.refused(&format!("{form} button"));
    verified(&desk, "verdict_confirmed");

    let parts: Vec<_> = finding.rsplit('/').take(2).collect();
    desk.open(&format!(
        "/case/letters/notice?round={}&seq={}",
        parts[1], parts[0]
    ));
    let letter = "form[action^='/case/letters']";
    let said = desk.refused(&format!("{letter} button[value=page]"));
    let lines = said.lines().map(str::trim);
    assert!(
        lines.clone().count() > 1 && lines.clone().all(|line| !line.starts_with(['，', ',', '、'])),
        "{said}"
    );
    let blanks = desk.tab.js(
        "[...document.querySelectorAll('form[action^=\"/case/letters\"] input[type=text]')] \
         .filter(it => !it.value).map(it => it.name)",
    );
    for blank in blanks.as_array().unwrap() {
        let name = blank.as_str().unwrap();
        desk.fill(letter, &[(name, &fact(name))]);
    }
    // A file, so that nothing of the page changes; what comes is a text for a word processor.
    let file = desk.sent(letter, "form", "file");
    assert!(file.starts_with(b"PK"), "{}", String::from_utf8_lossy(&file));

    desk.open(&finding);
    act(&desk, "told", &[("told_document", "县民告〔2026〕7号")]);
    act(&desk, "heard", &[("heard_document", "陈述申辩笔录1份")]);
    decided(&desk, "decision_stopped");
    let acts = desk.count("section[aria-labelledby=history] tbody tr");
    assert!(acts >= 5, "{}", desk.text());
    plain(&desk, "section[aria-labelledby=history] tbody");
    desk.print();

    // The paper for the person, to be printed.
    let paper = desk.sent("form[action$='/record']", "", "");
    assert!(String::from_utf8_lossy(&paper).contains("<html"));
}

/// 核实
pub(super) fn verified(desk: &Desk, verdict: &str) {
    let why = "已调阅两处发放台账，逐笔核对。";
    act(
        desk,
        "verified",
        &[("verified_result", verdict), ("verified_reason", why)],
    );
}

/// 认定
pub(super) fn decided(desk: &Desk, decision: &str) {
    act(
        desk,
        "decided",
        &[
            ("decided_decision", decision),
            ("decided_authority", "县民政局"),
            ("decided_document", "县民决〔2026〕7号"),
            ("decided_reason", "经核实，情况如台账所载。"),
        ],
    );
}

/// Records an act of a finding, and sees that it was.
fn act(desk: &Desk, name: &str, fields: &[(&str, &str)]) {
    let form = format!("form:has([name=act][value={name}])");
    desk.fill(&form, fields);
    desk.done(&format!("{form} button"));
}

/// What a letter is filled in with.
fn fact(name: &str) -> String {
    let today = offset(8).to_datetime(Timestamp::now()).date();
    match name {
        name if name.contains("number") && name.contains("person") => "290101199001011237".to_owned(),
        name if name.ends_with("_until") => (today + 20.days()).to_string(),
        name if name.ends_with("_on") || name.contains("date") || name == "on" => today.to_string(),
        name if name.contains("phone") => "0000-1234567".to_owned(),
        name if name.contains("yuan") || name.contains("days") => "5".to_owned(),
        _ => "县民政局".to_owned(),
    }
}
