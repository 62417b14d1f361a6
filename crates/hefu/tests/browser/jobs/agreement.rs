//! What two agencies agree on: read and signed, or refused, by their compliance officers; and a round that runs under it.

use jiff::tz::offset;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use super::{NODE, PEER, PEER_NAME};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// Each agency's officer reads what is learned and signs; the peer's refuses another. Then IT runs a round, sees it go on
/// and end, and the officer has its report.
pub(super) fn sign_and_run(browser: &Browser, county: &County, lang: Lang) {
    let digest = drafted(
        &county.signed_in(browser, NODE, "compliance-1", lang),
        &number(lang, "1"),
    );
    signed_by_both(browser, county, lang, &digest);
    let unwanted = draft("duplicates", &number(lang, "2"), "rounds_a_month = 4\n");
    let unwanted = county.drafted(NODE, &unwanted);
    refused(browser, county, lang, &unwanted);

    let it = county.signed_in(browser, NODE, "it-1", lang);
    it.open("/it/rounds");
    let form = "form[action='/it/rounds']";
    let offered = it
        .tab
        .js("[...document.querySelectorAll('#f-agreement option')].map(it => it.value)");
    let offered: Vec<_> = offered
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(offered.contains(&digest.as_str()) && !offered.contains(&unwanted.as_str()));
    it.fill(form, &[("agreement", &digest)]);
    it.press(&format!("{form} button"));
    let round = it.here().rsplit('/').next().unwrap().to_owned();
    // It runs when its page comes; that it has ended, the page says without being asked again.
    assert!(
        it.count("[data-events]") == 1 && it.count("progress") == 1,
        "{}",
        it.text()
    );
    it.anew();
    assert!(it.here().contains(&round), "{}", it.here());
    assert_eq!(
        (it.count("[data-events]"), it.count(".badge.good")),
        (0, 1),
        "{}",
        it.text()
    );

    let officer = county.signed_in(browser, NODE, "compliance-1", lang);
    officer.open("/compliance/reports");
    officer.press(&format!("#reports a[href='/compliance/reports/{round}']"));
    exported(&officer, &round);
    officer.open(&format!("/compliance/reports/{round}"));
    officer.press("a.button.main[href^='/compliance/findings']");
    assert!(officer.count("main table a[href^='/compliance/findings/']") > 0);
}

/// An officer says what is to be agreed; what is missing is said first. Gives its digest.
fn drafted(officer: &Desk, number: &str) -> String {
    officer.open("/compliance/agreements");
    officer.press("main a[href='/compliance/agreements/new']");
    let form = "main form";
    officer.refused(&format!("{form} button.main"));
    let peer = officer.tab.js(&format!(
        "[...document.querySelectorAll('#f-peer option')].find(it => it.innerText === {PEER_NAME:?}).value"
    ));
    let today = offset(8).to_datetime(Timestamp::now()).date();
    let terms = [
        ("number", number),
        ("peer", peer.as_str().unwrap()),
        ("purpose", "duplicates"),
        ("from", "2026-07"),
        ("until", "2026-09"),
        ("place", "290101"),
        ("p0_programmes", "extreme_poverty"),
        ("p1_programmes", "disabled_care"),
        ("p0_max", "100,000"),
        ("p1_max", "50,000"),
        ("valid_from", &(today - 1.day()).to_string()),
        ("expires", &(today + 300.days()).to_string()),
        ("rounds_a_month", "4"),
    ];
    officer.fill(form, &terms);
    officer.done(&format!("{form} button.main"));
    let here = officer.here();
    let digest = here.split('?').next().and_then(|path| path.rsplit('/').next());
    digest.unwrap().to_owned()
}

/// Both officers read what each party learns and sign; who has not read may not.
pub(super) fn signed_by_both(browser: &Browser, county: &County, lang: Lang, digest: &str) {
    for node in [NODE, PEER] {
        signed(&county.signed_in(browser, node, "compliance-1", lang), digest);
    }
    let own = county.signed_in(browser, NODE, "compliance-1", lang);
    own.open(&page(digest));
    assert_eq!(own.count("main tbody .badge.good"), 2, "{}", own.text());
}

/// An officer signs what waits for them.
pub(super) fn signed(officer: &Desk, digest: &str) {
    officer.open("/compliance/todo");
    officer.press(&format!("a[href='{}']", page(digest)));
    let learned = officer
        .tab
        .js("[...document.querySelectorAll('#learns + .split li')].map(it => it.innerText)");
    let learned: Vec<_> = learned
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(officer.count("#learns + .split section"), 2);
    assert!(
        learned
            .iter()
            .all(|said| said.chars().count() > 4 && !said.contains('_')),
        "{learned:?}"
    );
    let form = "form[action$='/sign']";
    officer.refused(&format!("{form} button"));
    officer.fill(form, &[("read", "yes")]);
    officer.done(&format!("{form} button"));
    assert_eq!(officer.count(form), 0, "nobody signs twice");
}

/// The peer says why it does not want this one, and whoever drafted it reads that.
fn refused(browser: &Browser, county: &County, lang: Lang, digest: &str) {
    const WHY: &str = "人数上限过高，请改为五千人以下。";
    let peer = county.signed_in(browser, PEER, "compliance-1", lang);
    peer.open(&page(digest));
    let form = "form[action$='/refuse']";
    peer.refused(&format!("{form} button"));
    peer.fill(form, &[("reason", WHY)]);
    peer.done(&format!("{form} button"));
    let own = county.signed_in(browser, NODE, "compliance-1", lang);
    own.open(&page(digest));
    assert!(own.text().contains(WHY), "{}", own.text());
    assert_eq!(
        own.count("form[action$='/sign']"),
        0,
        "what was refused is signed by nobody"
    );
}

/// The report for the agency itself and the one to be handed in, as a file; the first as a workbook too, and printed.
fn exported(officer: &Desk, round: &str) {
    let form = "form[action^='/compliance/reports/']";
    for of in ["internal", "submission"] {
        officer.fill(form, &[("form", of), ("as", "json")]);
        let report = officer.sent(form, "", "");
        let report: Value = serde_json::from_slice(&report).expect("a report is JSON");
        assert!(report.to_string().contains(round), "{of}");
    }
    officer.fill(form, &[("form", "internal"), ("as", "xlsx")]);
    assert!(officer.sent(form, "", "").starts_with(b"PK"));
    officer.fill(form, &[("as", "page")]);
    officer.press(&format!("{form} button"));
    officer.print();
}

fn page(digest: &str) -> String {
    format!("/compliance/agreements/{digest}")
}

/// A number by which an agreement goes, another in each language.
pub(super) fn number(lang: Lang, n: &str) -> String {
    format!("县联席协〔2026〕{}-{n}号", lang.short())
}

/// What this agency proposes to its peer, who both pay people in the third quarter.
pub(super) fn draft(purpose: &str, number: &str, more: &str) -> String {
    let today = offset(8).to_datetime(Timestamp::now()).date();
    // Clocks may differ by a day; a test must run on any day.
    let (from, until) = (today - 1.day(), today + 300.days());
    format!(
        "number = \"{number}\"\npurpose = \"{purpose}\"\npeer = \"{PEER_NAME}\"\n\
         own_programmes = [\"minimum_living\", \"extreme_poverty\"]\n\
         peer_programmes = [\"disabled_living\", \"disabled_care\"]\n\
         from = \"2026-07\"\nuntil = \"2026-09\"\nplace = \"290101\"\nmax_own_elements = 100_000\nmax_peer_elements = 50_000\n\
         valid_from = \"{from}\"\nexpires = \"{until}\"\n{more}"
    )
}
