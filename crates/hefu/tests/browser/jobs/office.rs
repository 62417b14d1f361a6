//! What the conference's office does, and what comes of it at a member.

use std::slice::from_ref;

use hefu::county;
use hefu_fixtures::Agency;
use jiff::tz::offset;
use jiff::{Timestamp, ToSpan as _};

use super::NODE;
use super::book::saved_with;
use super::conference::{OFFICE, conference, until, until_said};
use crate::chromium::Browser;
use crate::county::{County, Lang};
use crate::desk::Desk;

/// The board, figures, the ledger and one of its matters, agenda and minutes, the workbook.
pub(super) fn lead(browser: &Browser, county: &County, lang: Lang) {
    let desk = county.signed_in(browser, OFFICE, "office-1", lang);
    let conference = conference(&desk);

    desk.open(&format!("{conference}/rounds/1"));
    assert_eq!(desk.count("table.matrix tbody tr"), 5);
    assert!(desk.count("#legs tbody tr") > 0);

    desk.open(&format!("{conference}/rounds/1/figures"));
    assert!(desk.count("table tbody tr") > 0);
    // Counts below the smallest that may be told are not, and are said not to be.
    assert!(desk.text().contains('＊'), "{}", desk.text());

    desk.open(&format!("{conference}/ledger"));
    assert_eq!(desk.count("main .columns .column"), 5);
    desk.press("main .columns a[href*='/ledger/']");
    assert!(
        !desk.shown("form[action$='/escalation']").is_empty(),
        "{}",
        desk.text()
    );
}

/// The number of the minutes of each language's consultation.
fn minutes(lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => "县联席纪〔2026〕2号",
        Lang::En => "县联席纪〔2026〕3号",
    }
}

/// A matter that is spoken about and decided, what its agency then does, and the same ledger as a workbook.
pub(super) fn ledger(browser: &Browser, county: &County, lang: Lang) {
    let office = county.signed_in(browser, OFFICE, "office-1", lang);
    let at = conference(&office);
    let [consulted, reminded, ..] = &open_lines(&office, &at)[..] else {
        panic!("too few matters: {}", office.text());
    };
    let exported = office.file("a[href$='/ledger/sheet']");
    let nobody = escalation(&office, reminded);

    consults(&office, &at, consulted, lang);
    works(browser, county, &office, &at, consulted);

    // What one has changed in the file and the other in the pages is told apart, and can be taken along.
    let file = county.paper(format!("ledger-{}.xlsx", lang.short()));
    let item = |line: &str| line.rsplit('/').next().unwrap().to_owned();
    let [conflict, change] = [consulted, reminded].map(|line| item(line));
    saved_with(
        &exported,
        "催办会商",
        &[(&conflict, "已催办"), (&change, "已催办")],
        &file,
    );
    office.open(&format!("{at}/ledger"));
    office.refused("button[value=compare]");
    office.choose("#f-book", from_ref(&file));
    office.press("button[value=compare]");
    let tables: Vec<_> = [1, 2]
        .map(|table| office.shown(&format!("main .scroll:nth-of-type({table}) tbody")))
        .into();
    assert!(tables[0].contains(&conflict[..12]), "{}", office.text());
    assert!(tables[1].contains(&change[..12]), "{}", office.text());
    let list = office
        .tab
        .js("decodeURIComponent(document.querySelector('a[download]').href.split(',')[1])");
    let list = list.as_str().unwrap();
    assert!(list.contains(&conflict) && !list.contains(&change), "{list}");
    office.choose("#f-book", from_ref(&file));
    office.press("button[value=apply]");
    let told = escalation(&office, reminded);
    assert_ne!(told, nobody, "the agencies are reminded");
    assert_ne!(escalation(&office, consulted), told, "what was decided stays");
}

/// Open findings of the agency that nobody has been reminded of, by a filter of the table.
fn open_lines(office: &Desk, at: &str) -> Vec<String> {
    office.open(&format!("{at}/ledger?view=table"));
    let own = county::name(Agency::CivilAffairs);
    let form = "form[role=search]";
    let key = option(office, "#f-agency", own);
    office.fill(form, &[("kind", "finding"), ("state", "open"), ("agency", &key)]);
    office.press("form[role=search] button");
    let others = office.tab.js(&format!(
        "[...document.querySelectorAll('tbody tr')].filter(it => ![it.cells[2], it.cells[3]] \
         .some(cell => cell.innerText === {own:?})).length"
    ));
    assert_eq!(others, 0, "{}", office.text());
    let lines = office.tab.js(&format!(
        "[...document.querySelectorAll('tbody tr')].filter(it => it.cells[2].innerText === {own:?} \
         && !it.cells[8].innerText).map(it => it.querySelector('a').getAttribute('href'))"
    ));
    let lines = lines.as_array().unwrap().iter();
    lines.map(|line| line.as_str().unwrap().to_owned()).collect()
}

/// How far a line has been escalated, as its page says it.
fn escalation(office: &Desk, line: &str) -> String {
    office.open(line);
    let said = office.shown("dl.facts div:nth-child(9) dd");
    assert!(!said.is_empty(), "{}", office.text());
    said
}

/// The office puts a matter on the agenda, and records what was decided.
fn consults(office: &Desk, at: &str, line: &str, lang: Lang) {
    office.open(line);
    office.fill("form[action$='/escalation']", &[("escalation", "consultation")]);
    office.done("form[action$='/escalation'] button");
    office.open(&format!("{at}/agenda"));
    assert_eq!(
        office.count(&format!("main a[href='{line}']")),
        1,
        "{}",
        office.text()
    );
    office.print();
    office.press(&format!("main a[href='{line}']"));

    let form = "form[action$='/decision']";
    let button = "form[action$='/decision'] button";
    office.refused(button);
    office.fill(
        form,
        &[
            ("text", "由29010119500101100X本人到场核实。"),
            ("minutes", minutes(lang)),
        ],
    );
    office.refused(button);
    assert_eq!(
        office.count("#decisions"),
        0,
        "nobody's number goes into a decision"
    );
    office.fill(form, &[("text", "由县民政局核实后书面反馈，并在一个月内回访。")]);
    let by = option(office, "#f-by", county::name(Agency::CivilAffairs));
    let due = today().saturating_add(14.days()).to_string();
    office.fill(form, &[("by", &by), ("due", &due)]);
    office.done(button);
    assert_eq!(office.count("#decisions tbody tr"), 1);
    office.open(&format!("{at}/agenda"));
    assert_eq!(
        office.count(&format!("main a[href='{line}']")),
        0,
        "it is decided"
    );
}

/// The agency reads what was decided and does it; the office sees when somebody looks again.
fn works(browser: &Browser, county: &County, office: &Desk, at: &str, line: &str) {
    let lang = office.lang;
    let case = county.signed_in(browser, NODE, "case-1", lang);
    until(&case, line, "#decisions tbody tr");
    assert_eq!(case.count("#plan"), 0, "a finding is no reason to help anybody");
    let again = today().saturating_add(28.days()).to_string();
    case.fill("form[action$='/revisit']", &[("revisit", &again)]);
    case.done("form[action$='/revisit'] button");
    until_said(office, line, &again);
    let seen = "form[action$='/revisited'] button";
    case.refused(seen);
    case.tab.js("document.querySelector('#seen-no').click()");
    case.done(seen);
    let compliance = county.signed_in(browser, NODE, "compliance-1", lang);
    compliance.open(&format!("{at}/own"));
    assert!(compliance.count("tbody tr") > 0);
    compliance.open(line);
    assert_eq!(compliance.count("#decisions tbody tr"), 1);
}

/// Somebody is sent on, and both agencies say what they do; the office sees the matter and nothing of that.
pub(super) fn plan(browser: &Browser, county: &County, lang: Lang) {
    let case = county.signed_in(browser, NODE, "case-2", lang);
    let at = conference(&case);
    let letter = sent_on(&case, lang);
    let other = county.signed_in(browser, Agency::DisabledFederation.code(), "case-1", lang);
    let line = format!("{at}/ledger?view=table&kind=referral");
    until_said(&other, &line, &letter);
    until_said(&case, &line, &letter);
    case.tab.js(&format!(
        "[...document.querySelectorAll('tbody tr')].find(it => it.innerText.includes({letter:?})) \
         .querySelector('a').id = 'this-one'"
    ));
    case.press("#this-one");
    let line = case.here();
    let invites = "form:has([name=agency])";
    case.refused(&format!("{invites} button"));
    says(&case, "核对家庭收入，按月发放低保金");
    let key = option(&case, "#f-agency", county::name(Agency::Procuratorate));
    case.fill(invites, &[("agency", &key)]);
    case.done(&format!("{invites} button"));
    until_said(&other, &line, "按月发放低保金");
    says(&other, "评定残疾等级");
    until_said(&case, &line, "评定残疾等级");
    let office = county.signed_in(browser, OFFICE, "office-1", lang);
    office.open(&line);
    assert_eq!(office.count("#plan"), 0);
    assert!(!office.text().contains("按月发放低保金"));
}

/// Sends a person on to another agency, and gives the number of the letter.
fn sent_on(case: &Desk, lang: Lang) -> String {
    case.open("/case/matters/new");
    let form = "form[action='/case/matters/new']";
    let at = if lang == Lang::Zh { 1 } else { 2 };
    let person = String::from_utf8(hefu_fixtures::number_at(12, at).to_vec()).unwrap();
    case.fill(
        form,
        &[
            ("kind", "transfer"),
            ("number", &format!("民移〔2026〕{}1号", at)),
            ("id_number", &person),
            ("place", "290101"),
            ("other_name", county::name(Agency::DisabledFederation)),
            ("other_role", Agency::DisabledFederation.code()),
            ("other_place", "290101"),
            ("trigger", "not_eligible"),
        ],
    );
    case.done(&format!("{form} button"));
    let matter = case.here().split('?').next().unwrap().to_owned();
    let letter = format!("民移函〔2026〕{at}1号");
    let acts = ["case_facts", "aid_given", "recommendation"]
        .map(|paper| ("filed", vec![("paper", paper), ("document", "材料1份")]));
    for (act, fields) in acts
        .into_iter()
        .chain([("sent", vec![("letter", letter.as_str())])])
    {
        case.open(&format!("{matter}?act={act}"));
        case.fill("form[action$='/acts']", &fields);
        case.done("form[action$='/acts'] button");
    }
    letter
}

/// Says a measure of this agency, in the plan that is shown.
fn says(case: &Desk, measure: &str) {
    let form = "form:has([name=measure])";
    case.refused(&format!("{form} button"));
    let day = today().to_string();
    let fields = [
        ("measure", measure),
        ("measure_on", &day),
        ("measure_state", "under_way"),
    ];
    case.fill(form, &fields);
    case.done(&format!("{form} button"));
    assert!(case.shown("[aria-labelledby=plan] tbody").contains(measure));
}

/// The value of an option, by its words.
fn option(desk: &Desk, select: &str, words: &str) -> String {
    let value = desk.tab.js(&format!(
        "[...document.querySelectorAll('{select} option')].find(it => it.innerText === {words:?}).value"
    ));
    value.as_str().unwrap().to_owned()
}

/// What a consultation is prepared with and what comes of it on paper, what is looked over, and what is published.
pub(super) fn meeting(browser: &Browser, county: &County, lang: Lang) {
    let office = county.signed_in(browser, OFFICE, "office-1", lang);
    let at = conference(&office);
    office.open(&format!("{at}/minutes"));
    // Those of the county's first round are of the same day.
    assert!(office.count("tbody tr") > 1, "{}", office.text());
    assert_eq!(office.count("a[href*='/minutes/paper']"), 0);
    office.fill("form[action$='/minutes']", &[("number", minutes(lang))]);
    office.press("form[action$='/minutes'] button");
    assert_eq!(office.count("tbody tr"), 1);
    assert!(office.file("a[href*='/minutes/file']").starts_with(b"PK"));
    office.paper("a[href*='/minutes/paper']");
    office.open(&format!("{at}/minutes?on=2026-01-01"));
    assert_eq!(office.count(".empty"), 1);

    office.open(&format!("{at}/monitor"));
    assert!(office.count("#kept tbody tr") > 0);
    office.print();
    office.open(&format!("{at}/rounds/1/figures"));
    office.press("a[href$='/sample']");
    let form = "form[action$='/sample']";
    office.fill(form, &[("count", "viele")]);
    office.press("form[action$='/sample'] button");
    assert!(!office.shown(".problems").is_empty());
    office.fill(form, &[("count", "2")]);
    office.press("form[action$='/sample'] button");
    assert_eq!(office.count("tbody tr"), 2, "{}", office.text());

    let member = county.signed_in(browser, NODE, "compliance-1", lang);
    for desk in [&office, &member] {
        desk.open(&format!("{at}/rounds/1/figures"));
        desk.press("a[href$='/funds']");
        assert!(desk.count("tbody tr") > 0);
        assert!(desk.file("a[href$='/funds/file']").starts_with(b"PK"));
        desk.paper("a[href$='/funds/paper']");
        desk.open(&format!("{at}/record"));
        desk.press("form[action$='/record'] button");
        assert_eq!(desk.count("[role=status] .badge.good"), 1, "{}", desk.text());
    }
}

/// A member is removed with a reason and given its seat again; another leaves by itself, and comes back too.
pub(super) fn seats(browser: &Browser, county: &County, lang: Lang) {
    let office = county.signed_in(browser, OFFICE, "office-1", lang);
    let at = conference(&office);
    let seats = format!("{at}/seats");
    let police = county::name(Agency::Police);
    let row = |name: &str| {
        let text = office.tab.js(&format!(
            "[...document.querySelectorAll('tbody tr')].find(it => it.cells[0].innerText === {name:?})?.cells[2].innerText"
        ));
        text.as_str().unwrap().to_owned()
    };
    office.open(&seats);
    let seated = row(police);
    let card = office.file("a[href$='/card']");
    assert!(card.starts_with(b"{"));
    office.tab.js(&format!(
        "[...document.querySelectorAll('tbody tr')].find(it => it.cells[0].innerText === {police:?}) \
         .querySelector(\"a[href$='/remove']\").id = 'this-one'"
    ));
    office.press("#this-one");
    office.refused("form[action$='/remove'] button");
    office.fill("form[action$='/remove']", &[("reason", "机构改革，职能划转。")]);
    office.done("form[action$='/remove'] button");
    assert_ne!(row(police), seated);
    gives_back(&office, police);
    assert_eq!(row(police), seated);

    let member = county.signed_in(browser, Agency::Court.code(), "compliance-1", lang);
    member.open(&seats);
    member.press("a[href$='/leave']");
    member.refused("form[action$='/leave'] button");
    member.fill("form[action$='/leave']", &[("reason", "本单位拟另行签署协议。")]);
    member.done("form[action$='/leave'] button");
    until(&office, &seats, "#f-peer option");
    gives_back(&office, county::name(Agency::Court));
}

fn gives_back(office: &Desk, name: &str) {
    let key = option(office, "#f-peer", name);
    office.fill("form[action$='/seats']", &[("peer", &key)]);
    office.done("form[action$='/seats'] button");
}

fn today() -> jiff::civil::Date {
    offset(8).to_datetime(Timestamp::now()).date()
}
