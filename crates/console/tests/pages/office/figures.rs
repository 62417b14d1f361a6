//! Figures with what is withheld, publication of money, agenda, minutes, time limits, samples.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MARKUP, api, closed, desk_at, key, line, not_sent, open, page};
use crate::desk::Desk;

fn told(findings: u64, fen: i64) -> Value {
    json!({ "findings": findings, "fen": fen })
}

fn withheld() -> Value {
    json!({ "findings": null, "fen": null })
}

fn figures(published: bool, total: Value) -> Value {
    let pair = json!([format!("{MARKUP}县民政局"), "县残联"]);
    let row = |pair: Value, rule: Value, group: Value, figure: Value, total: Value| json!({ "pair": pair, "annex": key(4), "rule": rule, "key_group": group, "months": [figure], "total": total });
    json!({
        "round": 3, "published": published, "smallest": 5,
        "tables": [{
            "purpose": "duplicates", "months": ["2026-07"],
            "rows": [
                row(pair.clone(), Value::Null, Value::Null, told(1_234, 567_800), total.clone()),
                row(pair.clone(), "X3".into(), Value::Null, withheld(), withheld()),
                row(pair.clone(), "X3".into(), true.into(), withheld(), withheld()),
                row(Value::Null, Value::Null, Value::Null, told(1_234, 567_800), total),
            ],
        }],
        "progress": [{ "pair": pair, "annex": key(4), "verified": told(7, 100), "stopped": withheld(), "recovered": withheld(), "corrected": withheld() }],
    })
}

fn answers(desk: &Desk) {
    let standing = json!({ "conference": key(0xc0), "name": "n", "entries": 1, "framework": null, "round": 3, "stage": "closed", "to_do": [] });
    desk.fake.answer(&api("GET", "/standing"), 200, standing);
    let none = json!({ "error": { "code": "conference_figures_none", "params": {} } });
    desk.fake.answer(&api("GET", "/rounds/1/figures"), 404, none);
    desk.fake
        .answer(&api("GET", "/rounds/2/figures"), 200, figures(true, withheld()));
    desk.fake.answer(
        &api("GET", "/rounds/3/figures"),
        200,
        figures(true, told(1_234, 567_800)),
    );
    let funds = json!({ "round": 3, "by": format!("{MARKUP}县政法委"), "paid": false, "smallest": 5, "months": [], "rows": [{ "of": format!("{MARKUP}县民政局"), "fen": [123_456_780, null, 0] }] });
    desk.fake.answer(&api("GET", "/rounds/3/funds"), 200, funds);
    let drawn =
        json!({ "drawn": [{ "line": line(0x21, "settled", "2026-11-28"), "lot": "00ff00ff00ff00ff" }] });
    desk.fake.answer(&api("GET", "/rounds/3/sample"), 200, drawn);
    let agenda = json!({
        "on": "2026-11-30",
        "topics": [{ "line": line(0x21, "open", "2026-11-28"), "why": ["agenda_overdue", "agenda_reminded"], "days_late": 2 }],
        "legs": [{ "round": 3, "annex": key(4), "pair": [format!("{MARKUP}县民政局"), "县残联"], "state": "differs", "reason": "conference_other_size" }],
    });
    desk.fake.answer(&api("GET", "/agenda"), 200, agenda);
    desk.fake
        .answer(&api("GET", "/minutes"), 200, minutes(&["纪要1号"]));
    let monitor = json!({ "on": "2026-11-30", "kept": [{ "pair": [format!("{MARKUP}县民政局"), "县残联"], "step": "step_finding", "in_time": 9, "late": 1, "open": 2, "overdue": 3, "median_days": 12 }] });
    desk.fake.answer(&api("GET", "/monitor"), 200, monitor);
}

fn minutes(numbers: &[&str]) -> Value {
    let decision = |number: &&str| {
        json!({
            "item": "21".repeat(16), "kind": "finding", "pair": [format!("{MARKUP}县民政局"), "县残联"],
            "text": format!("{MARKUP}由残联核实"), "by": "县残联", "due": "2026-12-20", "minutes": format!("{MARKUP}{number}"),
        })
    };
    json!({
        "conference": format!("{MARKUP}联席会议"), "office": "县政法委", "attendees": [format!("{MARKUP}县民政局")],
        "decisions": numbers.iter().map(decision).collect::<Vec<_>>(),
    })
}

#[tokio::test]
async fn figures_show_what_is_withheld_as_such() {
    for role in ["it", "case_worker", "compliance", "office"] {
        let mut desk = desk_at(role, role == "office").await;
        answers(&desk);
        open(&mut desk, &["/figures", "/rounds/3/figures"]).await;
        let shown = desk.get(&page("/rounds/3/figures?lang=zh")).await.text;
        assert!(shown.contains("1,234") && shown.contains("5,678.00"), "{role}");
        assert!(
            shown.contains("＊ 表示少于 5 条") && shown.contains("<td class=\"num\">＊</td>"),
            "{role}"
        );
        assert!(shown.contains("<svg class=\"chart\"") && shown.contains("不得仅凭比对结果停发或追缴"));
        assert_eq!(shown.contains("exact=yes"), role == "office", "{role}");
    }
}

#[tokio::test]
async fn exact_figures_are_asked_for_by_the_office_alone() {
    for (role, is_office, wanted) in [
        ("office", true, "exact=true"),
        ("office", false, "exact=false"),
        ("compliance", true, "exact=false"),
    ] {
        let mut desk = desk_at(role, is_office).await;
        answers(&desk);
        desk.get(&page("/rounds/3/figures?exact=yes")).await;
        let asked = desk.fake.asked.lock().unwrap().clone();
        let path = &asked
            .iter()
            .rev()
            .find(|(_, path, _)| path.contains("/figures?"))
            .unwrap()
            .1;
        assert!(path.ends_with(wanted), "{role}: {path}");
    }
}

#[tokio::test]
async fn a_trend_has_its_table_and_breaks_where_it_is_withheld() {
    let mut desk = desk_at("compliance", false).await;
    answers(&desk);
    let trends = desk.get(&page("/figures?lang=zh")).await.text;
    // Round 2 is withheld: one point remains, and the table says both.
    assert_eq!(trends.matches("<circle").count(), 1, "{trends}");
    assert!(trends.contains("<td class=\"num\">＊</td>") && trends.contains("<td class=\"num\">1,234</td>"));
    assert!(
        trends.contains(&page("/rounds/1/figures")),
        "round 1 is not published"
    );
}

#[tokio::test]
async fn figures_are_published_once_by_the_office() {
    let mut desk = desk_at("office", true).await;
    answers(&desk);
    let publishes = format!("action=\"{}\"", page("/rounds/3/figures"));
    assert!(
        !desk
            .get(&page("/rounds/3/figures"))
            .await
            .text
            .contains(&publishes),
        "they are already"
    );
    desk.fake
        .answer(&api("GET", "/rounds/3/figures"), 200, figures(false, withheld()));
    assert!(
        desk.get(&page("/rounds/3/figures"))
            .await
            .text
            .contains(&publishes)
    );
    desk.fake
        .answer(&api("POST", "/rounds/3/figures"), 200, figures(true, withheld()));
    let published = desk.submit(&page("/rounds/3/figures"), &[]).await;
    assert_eq!(
        published.location(),
        format!("{}?done=office.done_published", page("/rounds/3/figures"))
    );
    not_sent(&["it", "case_worker", "compliance"], &["/rounds/3/figures"]).await;
}

#[tokio::test]
async fn the_offices_papers_open_for_those_who_bind_an_agency() {
    let pages = [
        "/rounds/3/funds",
        "/rounds/3/sample",
        "/agenda",
        "/minutes",
        "/monitor",
    ];
    for role in ["compliance", "office"] {
        let mut desk = desk_at(role, role == "office").await;
        answers(&desk);
        open(&mut desk, &pages).await;
        let funds = desk.get(&page("/rounds/3/funds?lang=zh")).await.text;
        assert!(funds.contains("1,234,567.80") && funds.contains("＊"));
        for paper in [
            "/rounds/3/figures/paper",
            "/rounds/3/figures/book",
            "/rounds/3/funds/paper",
            "/rounds/3/funds/file",
            "/minutes/paper",
            "/minutes/file",
        ] {
            assert_eq!(desk.get(&page(paper)).await.status, StatusCode::OK, "{paper}");
        }
    }
    closed(&["it", "case_worker"], &pages).await;
}

#[tokio::test]
async fn papers_are_of_one_consultation() {
    let mut desk = desk_at("office", true).await;
    answers(&desk);
    let one = desk.get(&page("/minutes?on=2026-11-30")).await.text;
    assert!(one.contains("/minutes/paper?on=2026-11-30"));
    desk.fake
        .answer(&api("GET", "/minutes"), 200, minutes(&["纪要1号", "纪要2号"]));
    let several = desk.get(&page("/minutes?on=2026-11-30")).await.text;
    assert!(!several.contains("/minutes/paper") && !several.contains(MARKUP));
    let wrong = desk.get(&page("/minutes?on=soon")).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_sample_is_of_a_share_that_can_be_read() {
    let mut desk = desk_at("compliance", false).await;
    answers(&desk);
    for (asked, wanted) in [
        ("", "percent=5"),
        ("?percent=12", "percent=12"),
        ("?percent=12&count=40", "count=40"),
    ] {
        desk.get(&page(&format!("/rounds/3/sample{asked}"))).await;
        let seen = desk.fake.asked.lock().unwrap().clone();
        let path = &seen
            .iter()
            .rev()
            .find(|(_, path, _)| path.contains("/sample?"))
            .unwrap()
            .1;
        assert!(path.ends_with(wanted), "{path}");
    }
    let wrong = desk.get(&page("/rounds/3/sample?percent=many")).await;
    assert!(wrong.text.contains("href=\"#f-percent\""));
}
