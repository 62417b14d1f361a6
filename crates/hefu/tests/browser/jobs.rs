//! What each role does in a day, done in its pages.

use std::fs;

use hefu_fixtures::{Agency, SEED};
use jiff::tz::offset;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use crate::chromium::{Browser, Tab};
use crate::county::County;

type Job = fn(&Browser, &County);

/// In the order in which one needs what the other did.
pub(crate) const ALL: [(&str, Job); 6] = [
    ("an import with errors", import),
    ("a finding from taking it to the decision", decide),
    ("a number that two people show", unmask),
    ("a decision that another person looks over", review),
    ("a report and the log, verified", verify),
    ("the conference's office", lead),
];

const NODE: &str = "civil_affairs";

/// An export with errors: tried, imported, and what was refused fetched as a file that spreadsheets open rightly.
fn import(browser: &Browser, county: &County) {
    let dir = tempfile::tempdir().unwrap();
    let exports = hefu_fixtures::generate(SEED, dir.path()).unwrap();
    let export = exports
        .imports
        .iter()
        .find(|import| import.agency == Agency::CivilAffairs && import.dataset == "minimum_living")
        .unwrap();
    let tab = county.signed_in(browser, NODE, "it-1");
    tab.open(&at(county, "/it/imports"));
    let form = "form[action='/it/imports']";
    tab.fill(form, "name", "minimum_living");
    tab.choose("#f-file", &export.files);
    tab.choose("#f-mapping", std::slice::from_ref(&export.mapping));
    tab.press("form[action='/it/imports'] button");

    tab.press("button[value=preview]");
    let masked = tab.js("[...document.querySelectorAll('table .masked')].map(it => it.innerText)");
    let masked = masked.as_array().unwrap();
    assert!(!masked.is_empty(), "{}", tab.text());
    assert!(
        masked.iter().all(|number| number.as_str().unwrap().contains('*')),
        "{masked:?}"
    );

    tab.press("button[value=import]");
    assert!(!shown(&tab, ".done").is_empty(), "{}", tab.text());
    tab.press("a[href$='/refused']");
    let refused = count(&tab, "#refused tbody tr");
    assert!(refused > 0);
    let file = bytes(&tab, "a[href$='/refused.csv']");
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

/// 核实 → 告知 → 陈述申辩 → decision, with the letter by which the person is told.
fn decide(browser: &Browser, county: &County) {
    let tab = county.signed_in(browser, NODE, "case-1");
    tab.open(&at(county, "/case/findings"));
    tab.press("main table a[href^='/case/findings/']");
    let finding = tab.here().split('?').next().unwrap().to_owned();

    // What the law asks for is asked for: without it nothing is recorded.
    act(&tab, "taken", &[]);
    let form = "form:has([value=verified])";
    tab.press(&format!("{form} button"));
    assert!(!shown(&tab, ".problems").is_empty(), "{}", tab.text());
    act(
        &tab,
        "verified",
        &[
            ("verified_result", "verdict_confirmed"),
            ("verified_reason", "已调阅两处发放台账，同期同项。"),
        ],
    );

    tab.open(&format!("{}/case/letters/notice?{}", county.address(NODE), {
        let parts: Vec<_> = finding.rsplit('/').take(2).collect();
        format!("round={}&seq={}", parts[1], parts[0])
    }));
    let blanks = tab.js(
        "[...document.querySelectorAll('form[action^=\"/case/letters\"] input[type=text]')] \
         .filter(it => !it.value).map(it => it.name)",
    );
    for blank in blanks.as_array().unwrap() {
        let name = blank.as_str().unwrap();
        tab.fill("form[action^='/case/letters']", name, &fact(name));
    }
    // A file, so that nothing of the page changes; what comes is a text for a word processor.
    let file = sent(&tab, "form[action^='/case/letters']", "form", "file");
    assert!(file.starts_with(b"PK"), "{}", String::from_utf8_lossy(&file));

    tab.open(&finding);
    act(&tab, "told", &[("told_document", "县民告〔2026〕7号")]);
    act(&tab, "heard", &[("heard_document", "陈述申辩笔录1份")]);
    act(
        &tab,
        "decided",
        &[
            ("decided_decision", "decision_stopped"),
            ("decided_authority", "县民政局"),
            ("decided_document", "县民决〔2026〕7号"),
            ("decided_reason", "经核实并听取陈述申辩，同期重复享受属实。"),
        ],
    );
    let acts = count(&tab, "section[aria-labelledby=history] tbody tr");
    assert!(acts >= 5, "{}", tab.text());
    let printed = tab.printed();
    assert!(printed.starts_with("JVBERi"), "what is printed is no PDF");

    // The paper for the person, to be printed.
    let paper = sent(&tab, "form[action$='/record']", "", "");
    assert!(String::from_utf8_lossy(&paper).contains("<html"));
}

/// One asks, another grants, the first looks; the number stands on that page and nowhere else.
fn unmask(browser: &Browser, county: &County) {
    let asks = county.signed_in(browser, NODE, "compliance-1");
    let grants = county.signed_in(browser, NODE, "compliance-2");
    asks.open(&at(county, "/compliance/findings"));
    asks.press("main table a[href^='/compliance/findings/']");
    let finding = asks.here();
    let form = "form[action$='/unmaskings']";
    asks.fill(form, "why", "对方来函只有姓名，需核对是否同一人。");
    asks.press("form[action$='/unmaskings'] button");
    assert!(
        shown(&asks, "form[action$='/grant']").is_empty(),
        "nobody grants what they ask for"
    );

    grants.open(&at(county, "/compliance/unmaskings"));
    grants.press("form[action$='/grant'] button");
    assert!(
        shown(&grants, "form[action$='/look']").is_empty(),
        "only who asked may look"
    );

    asks.open(&at(county, "/compliance/unmaskings"));
    let number = |tab: &Tab| {
        let text = tab.text();
        let whole = text
            .split(|c: char| !c.is_ascii_alphanumeric())
            .find(|word| word.len() == 18 && word.bytes().take(17).all(|byte| byte.is_ascii_digit()));
        whole.map(str::to_owned)
    };
    assert_eq!(number(&asks), None);
    asks.press("form[action$='/look'] button");
    let seen = number(&asks).expect("the number is shown");
    assert!(!asks.here().contains(&seen));
    for tab in [&asks, &grants] {
        tab.open(&finding);
        assert_eq!(number(tab), None);
    }
    // Who looked stands with the finding.
    assert!(asks.text().contains("合规员丁") && asks.text().contains("合规员戊"));
}

/// What a case worker decided is reviewed by somebody else.
fn review(browser: &Browser, county: &County) {
    let tab = county.signed_in(browser, NODE, "compliance-1");
    tab.open(&at(county, "/compliance/findings?stage=stage_decided"));
    tab.press("main table a[href^='/compliance/findings/']");
    let form = "form[action$='/reviewed']";
    tab.fill(form, "result", "upheld");
    tab.fill(form, "authority", "县民政局");
    tab.fill(form, "document", "县民核〔2026〕2号");
    tab.fill(form, "reason", "程序完备，认定有据。");
    tab.press("form[action$='/reviewed'] button");
    assert!(!shown(&tab, ".done").is_empty(), "{}", tab.text());
}

/// A report from its file and the cards of both; the same with one digit changed; and the chain of the log.
fn verify(browser: &Browser, county: &County) {
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

    let tab = county.signed_in(browser, NODE, "compliance-1");
    for (file, outcome) in [(report, ".done"), (changed, ".problems")] {
        tab.open(&at(county, "/compliance/verify"));
        tab.choose("#f-report", &[file]);
        tab.choose("#f-cards", &cards);
        tab.press("form[action='/compliance/verify'] button");
        assert!(!shown(&tab, outcome).is_empty(), "{outcome}: {}", tab.text());
    }
    tab.open(&at(county, "/compliance/log"));
    tab.press("form[action='/compliance/log'][method=post] button");
    assert!(!shown(&tab, ".done").is_empty(), "{}", tab.text());
}

/// The board, figures, the ledger and one of its matters, agenda and minutes, the workbook.
fn lead(browser: &Browser, county: &County) {
    let tab = county.signed_in(browser, "office", "office-1");
    tab.open(&format!("{}/conferences", county.address("office")));
    tab.press("main a[href^='/conferences/']");
    let conference = tab.here().split('?').next().unwrap().to_owned();
    assert!(conference.rsplit('/').next().unwrap().len() == 64, "{conference}");

    tab.open(&format!("{conference}/rounds/1"));
    assert_eq!(count(&tab, "table.matrix tbody tr"), 5);
    assert!(count(&tab, "#legs tbody tr") > 0);

    tab.open(&format!("{conference}/rounds/1/figures"));
    assert!(count(&tab, "table tbody tr") > 0);
    // Counts below the smallest that may be told are not, and are said not to be.
    assert!(tab.text().contains('＊'), "{}", tab.text());

    tab.open(&format!("{conference}/ledger"));
    tab.press("main .columns a[href*='/ledger/']");
    assert!(
        !shown(&tab, "form[action$='/escalation']").is_empty(),
        "{}",
        tab.text()
    );
    tab.open(&format!("{conference}/agenda"));
    assert!(!shown(&tab, "main").is_empty());
    tab.open(&format!("{conference}/minutes"));
    assert!(!shown(&tab, "main").is_empty());
    tab.open(&format!("{conference}/ledger"));
    let book = bytes(&tab, "a[href*='/ledger/sheet']");
    assert!(book.starts_with(b"PK"));
}

fn at(county: &County, path: &str) -> String {
    format!("{}{path}", county.address(NODE))
}

/// Records an act of a finding, and sees that it was.
fn act(tab: &Tab, name: &str, fields: &[(&str, &str)]) {
    let form = format!("form:has([name=act][value={name}])");
    for (field, value) in fields {
        tab.fill(&form, field, value);
    }
    tab.press(&format!("{form} button"));
    assert!(!shown(tab, ".done").is_empty(), "{name}: {}", tab.text());
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

fn shown(tab: &Tab, selector: &str) -> String {
    let text = tab.js(&format!("document.querySelector({selector:?})?.innerText ?? ''"));
    text.as_str().unwrap_or_default().to_owned()
}

fn count(tab: &Tab, selector: &str) -> u64 {
    let count = tab.js(&format!("document.querySelectorAll({selector:?}).length"));
    count.as_u64().unwrap_or_default()
}

/// The file behind a link.
fn bytes(tab: &Tab, selector: &str) -> Vec<u8> {
    let found = tab.js(&format!(
        "fetch(document.querySelector({selector:?}).href).then(it => it.bytes()).then(it => [...it])"
    ));
    numbers(&found)
}

/// What a form answers, sent with the button of a name and value, without leaving its page.
fn sent(tab: &Tab, form: &str, name: &str, value: &str) -> Vec<u8> {
    let button = match name {
        "" => String::new(),
        _ => format!("fields.append({}, {});", json!(name), json!(value)),
    };
    let found = tab.js(&format!(
        "(() => {{ const form = document.querySelector({form:?}); \
         const fields = new URLSearchParams(new FormData(form)); {button} \
         return fetch(form.action, {{ method: 'post', body: fields }}).then(it => it.bytes()).then(it => [...it]); }})()"
    ));
    numbers(&found)
}

fn numbers(found: &Value) -> Vec<u8> {
    let each = found.as_array().into_iter().flatten();
    each.map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()).unwrap())
        .collect()
}
