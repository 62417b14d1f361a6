//! What a compliance officer does.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use super::inquiry::{self, PATIENCE};
use super::{NODE, PEER, case};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// One asks, another grants, the first looks; the number stands on that page and nowhere else.
pub(super) fn unmask(browser: &Browser, county: &County, lang: Lang) {
    let asks = county.signed_in(browser, NODE, "compliance-1", lang);
    let grants = county.signed_in(browser, NODE, "compliance-2", lang);
    // From one end of the list and then from the other: nobody asks twice.
    asks.open(match lang {
        Lang::Zh => "/compliance/findings?sort=first",
        Lang::En => "/compliance/findings?sort=first&descending=true",
    });
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

/// What a case worker decided is reviewed by somebody else, and once more when the person objects.
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
    assert_eq!(desk.count(form), 0, "nobody looks it over again without a cause");
    let finding = desk.here().split('?').next().unwrap().to_owned();

    let objection = "form[action$='/objected']";
    desk.refused(&format!("{objection} button"));
    desk.fill(
        objection,
        &[
            ("object_document", "县民异〔2026〕1号"),
            ("object_reason", "本人八月未领取，请再次核对。"),
        ],
    );
    desk.done(&format!("{objection} button"));
    assert!(desk.text().contains("县民异〔2026〕1号"), "{}", desk.text());
    let waits = format!("#objected + ul a[href='{finding}']");
    desk.open("/compliance/todo");
    assert_eq!(desk.count(&waits), 1, "{}", desk.text());
    desk.press(&waits);
    desk.fill(
        form,
        &[
            ("result", "upheld"),
            ("authority", "县民政局"),
            ("document", "县民核〔2026〕3号"),
            ("reason", "已再次核对签收单，系本人签收。"),
        ],
    );
    desk.done("form[action$='/reviewed'] button");
    desk.open("/compliance/todo");
    assert_eq!(desk.count(&waits), 0, "it is answered");
}

/// What was decided turns out to be wrong: that is recorded, and the other agency, which was asked about the matter and so
/// knows it, hears of it.
pub(super) fn correct(browser: &Browser, county: &County, lang: Lang) {
    let worker = county.signed_in(browser, NODE, "case-1", lang);
    worker.open("/case/inquiries");
    let asked = worker.in_row(&inquiry::document(lang), "a");
    worker.open(&asked);
    worker.press("dd a[href^='/case/findings/']");
    let finding = worker.here().replace("/case/", "/compliance/");
    case::verified(&worker, "verdict_refuted");
    case::decided(&worker, "decision_lawful");

    let desk = county.signed_in(browser, NODE, "compliance-2", lang);
    desk.open(&finding);
    let form = "form[action$='/corrected']";
    desk.refused(&format!("{form} button"));
    for field in ["authority", "document", "reason"] {
        assert!(
            !desk.shown(&format!("#e-correct_{field}")).is_empty(),
            "{field}: {}",
            desk.text()
        );
    }
    let document = format!("县民正〔2026〕{}号", lang.short());
    desk.fill(
        form,
        &[
            ("correct_authority", "县民政局"),
            ("correct_document", &document),
            ("correct_reason", "对方台账有误，两笔并非同一人领取。"),
        ],
    );
    desk.done(&format!("{form} button"));
    assert_eq!(desk.count(form), 0, "what is corrected stays so");
    let history = desk.text();
    assert!(
        history.contains(&document) && history.contains("对方台账有误"),
        "{history}"
    );

    let there = county.signed_in(browser, PEER, "compliance-1", lang);
    let asked = asked.replace("/case/", "/compliance/");
    let begun = Instant::now();
    loop {
        there.open(&asked);
        if there.text().contains(&document) {
            break;
        }
        assert!(
            begun.elapsed() < PATIENCE,
            "{document} is not heard of: {}",
            there.text()
        );
        thread::sleep(Duration::from_millis(200));
    }
    // Why, in whose matter, stays where it was written.
    assert!(!there.text().contains("对方台账有误"));
}

/// Lists as tables: they open as text in UTF-8, with the same notice, and hold no whole number.
pub(super) fn export(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, NODE, "compliance-1", lang);
    for (page, link) in [
        ("/compliance/findings", "a[href^='/compliance/findings.csv']"),
        (
            "/compliance/ledger/disclosures",
            "a[href='/compliance/ledger/disclosures.csv']",
        ),
    ] {
        desk.open(page);
        let (name, file) = desk.named_file(link);
        assert!(name.ends_with(".csv"), "{name}");
        let text = file
            .strip_prefix(&[0xef, 0xbb, 0xbf])
            .expect("without a mark, a spreadsheet guesses the encoding");
        let text = std::str::from_utf8(text).unwrap();
        assert!(text.lines().count() > 1, "{page}: {text}");
        let numbers = text.split(|c: char| !c.is_ascii_alphanumeric());
        let whole = numbers
            .filter(|word| word.len() == 18 && word.bytes().take(17).all(|byte| byte.is_ascii_digit()));
        assert_eq!(whole.count(), 0, "{page} holds a whole number");
    }
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
        desk.press(button);
        let said = [".done", ".problems"].map(|verdict| !desk.shown(verdict).is_empty());
        assert_eq!(said, [genuine, !genuine], "{}", desk.text());
    }
    desk.open("/compliance/log");
    desk.done("form[action='/compliance/log'][method=post] button");
}
