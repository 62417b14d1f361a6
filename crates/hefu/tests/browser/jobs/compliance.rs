//! What a compliance officer does.

use std::fs;

use super::NODE;
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// One asks, another grants, the first looks; the number stands on that page and nowhere else.
pub(super) fn unmask(browser: &Browser, county: &County, lang: Lang) {
    let asks = county.signed_in(browser, NODE, "compliance-1", lang);
    let grants = county.signed_in(browser, NODE, "compliance-2", lang);
    asks.open("/compliance/findings");
    asks.press("main table a[href^='/compliance/findings/']");
    let finding = asks.here();
    let form = "form[action$='/unmaskings']";
    asks.fill(form, &[("why", "对方来函只有姓名，需核对是否同一人。")]);
    asks.press("form[action$='/unmaskings'] button");
    assert!(
        asks.shown("form[action$='/grant']").is_empty(),
        "nobody grants what they ask for"
    );

    grants.open("/compliance/unmaskings");
    grants.press("form[action$='/grant'] button");
    assert!(
        grants.shown("form[action$='/look']").is_empty(),
        "only who asked may look"
    );

    asks.open("/compliance/unmaskings");
    let number = |desk: &Desk| {
        let text = desk.text();
        let whole = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| word.len() == 18 && word.bytes().take(17).all(|byte| byte.is_ascii_digit()));
        whole.map(str::to_owned)
    };
    assert_eq!(number(&asks), None);
    asks.press("form[action$='/look'] button");
    let seen = number(&asks).expect("the number is shown");
    assert!(!asks.here().contains(&seen));
    for desk in [&asks, &grants] {
        desk.open(&finding);
        assert_eq!(number(desk), None);
    }
    // Who looked stands with the finding.
    assert!(asks.text().contains("合规员丁") && asks.text().contains("合规员戊"));
}

/// What a case worker decided is reviewed by somebody else.
pub(super) fn review(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, NODE, "compliance-1", lang);
    desk.open("/compliance/findings?stage=stage_decided");
    desk.press("main table a[href^='/compliance/findings/']");
    let form = "form[action$='/reviewed']";
    desk.fill(
        form,
        &[
            ("result", "upheld"),
            ("authority", "县民政局"),
            ("document", "县民核〔2026〕2号"),
            ("reason", "程序完备，认定有据。"),
        ],
    );
    desk.done("form[action$='/reviewed'] button");
}

/// A report from its file and the cards of both; the same with one digit changed; and the chain of the log.
pub(super) fn verify(browser: &Browser, county: &County, lang: Lang) {
    let reports = fs::read_dir(county.paper("reports")).unwrap();
    let name = reports
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .find(|name| name.starts_with("duplicates-civil_affairs-"))
        .expect("a report of the agency");
    let report = county.paper(format!("reports/{name}/internal.json"));
    let sender = name.rsplit('-').next().unwrap();
    let cards = [NODE, sender].map(|code| county.paper(format!("cards/{code}.card")));
    let changed = county.paper("changed.json");
    let text = fs::read_to_string(&report).unwrap();
    fs::write(
        &changed,
        text.replacen("\"seq\":1", "\"seq\":2", 1)
            .replacen("2026-", "2025-", 1),
    )
    .unwrap();

    let desk = county.signed_in(browser, NODE, "compliance-1", lang);
    let button = "form[action='/compliance/verify'] button";
    for (file, genuine) in [(report, true), (changed, false)] {
        desk.open("/compliance/verify");
        desk.choose("#f-report", &[file]);
        desk.choose("#f-cards", &cards);
        match genuine {
            true => desk.done(button),
            false => desk.refused(button),
        };
    }
    desk.open("/compliance/log");
    desk.done("form[action='/compliance/log'][method=post] button");
}
