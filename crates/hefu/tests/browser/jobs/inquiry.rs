//! 协查: a question about one finding, let out by two who did not draft it, answered by the other agency.

use std::time::{Duration, Instant};

use super::{NODE, PEER, PEER_NAME, plain};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// What crosses the line is there soon.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// A case worker drafts, two officers approve, the peer's case worker takes it and answers, and the answer is read here.
pub(super) fn ask_and_answer(browser: &Browser, county: &County, lang: Lang) {
    let own = county.signed_in(browser, NODE, "case-1", lang);
    own.open(&format!("/case/findings?stage=stage_open&peer={PEER_NAME}"));
    own.press("main table a[href^='/case/findings/']");
    own.done("form:has([name=act][value=taken]) button");
    let finding = own.here().split('?').next().unwrap().to_owned();
    own.press("a[href$='/inquiry']");
    let form = "form[action$='/inquiry']";
    own.refused(&format!("{form} button"));
    own.fill(form, &[("document", &document(lang))]);
    own.done(&format!("{form} button"));
    let item = own
        .here()
        .split('?')
        .next()
        .unwrap()
        .rsplit('/')
        .next()
        .unwrap()
        .to_owned();

    let officers =
        ["compliance-1", "compliance-2"].map(|officer| county.signed_in(browser, NODE, officer, lang));
    for officer in &officers {
        officer.open("/compliance/todo");
        officer.press(&format!("a[href='/compliance/inquiries/{item}']"));
        officer.done("form[action$='/approve'] button");
        assert_eq!(
            officer.count("form[action$='/approve']"),
            0,
            "nobody approves twice"
        );
    }

    let there = county.signed_in(browser, PEER, "case-1", lang);
    let asked = format!("/case/inquiries/{item}");
    until(&there, "/case/inquiries", &format!("a[href='{asked}']"));
    there.open(&asked);
    there.done("form:has([value=take]) button");
    let form = "form:has([name=act][value=answer])";
    there.refused(&format!("{form} button"));
    there.fill(
        form,
        &[("answer", "paid_then"), ("answer_document", "县残复〔2026〕1号")],
    );
    there.done(&format!("{form} button"));
    assert_eq!(there.count("form:has([name=act])"), 0, "{}", there.text());

    until(&own, &asked, "form:has([name=act][value=close])");
    assert!(own.text().contains("县残复〔2026〕1号"), "{}", own.text());
    plain(&own, "section[aria-labelledby=history] tbody");
    own.open(&finding);
    plain(&own, "section[aria-labelledby=history] tbody");
    assert_eq!(own.count(&format!("#inquiries ~ ul a[href='{asked}']")), 1);
    // Who was told what stands in the ledger of disclosures.
    officers[0].open("/compliance/ledger/disclosures");
    assert_eq!(
        officers[0].count(&format!("a[href='/compliance/inquiries/{item}']")),
        1
    );
}

/// By which number it goes.
pub(super) fn document(lang: Lang) -> String {
    format!("县民协查〔2026〕{}号", lang.short())
}

/// Looks again until a page has what a selector finds.
fn until(desk: &Desk, page: &str, selector: &str) {
    let begun = Instant::now();
    loop {
        desk.open(page);
        if desk.count(selector) > 0 {
            return;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{page} has no {selector}: {}",
            desk.text()
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}
