//! An office's pages over a node as it is.

use axum::http::StatusCode;
use hefu_casework::AgencyRole;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::real::Real;

async fn office_with_members() -> (Real, String) {
    let accounts = [
        ("sun", "孙燕", "office"),
        ("wang", "王建国", "it"),
        ("zhao", "赵敏", "compliance"),
    ];
    let office = Real::of("县政法委", AgencyRole::ConferenceOffice, &accounts).await;
    let mut desk = office.desk("sun").await;
    let founded = desk.submit("/conferences", &[("name", "县联席会议")]).await;
    assert_eq!(founded.status, StatusCode::SEE_OTHER, "{}", founded.text);
    let at = founded.location().split('?').next().unwrap().to_owned();
    for (name, role) in [
        ("县民政局", AgencyRole::CivilAffairs),
        ("县残联", AgencyRole::DisabledFederation),
    ] {
        let member = Real::of(name, role, &[]).await;
        let (_, card) = member.ask("GET", "/api/v1/card", None).await;
        let (_, node) = member.ask("GET", "/api/v1/node", None).await;
        let node: Value = serde_json::from_slice(&node).unwrap();
        let peer = json!({ "card": String::from_utf8(card).unwrap(), "fingerprint": node["fingerprint"] });
        let (added, _) = office.ask("POST", "/api/v1/peers", Some(&peer)).await;
        assert_eq!(added, StatusCode::CREATED);
        let fields = [("peer", node["node_key"].as_str().unwrap())];
        let enrolled = desk.submit(&format!("{at}/seats"), &fields).await;
        assert_eq!(enrolled.status, StatusCode::SEE_OTHER, "{}", enrolled.text);
    }
    (office, at)
}

async fn drafted(desk: &mut Desk, at: &str, act: &str) -> crate::desk::Answer {
    let fields = [
        ("number", "县联席〔2026〕1号"),
        ("title", "框架协议"),
        ("valid_from", "2026-10-01"),
        ("expires", "2027-09-30"),
        ("smallest", "5"),
        ("absent", "without_them"),
        ("late", "admitted"),
        ("day", "5"),
        ("freeze_hours", "72"),
        ("run_hours", "96"),
        ("review_days", "30"),
        ("member", "县民政局"),
        ("member", "县残联"),
        ("annexes", "1"),
        ("a0_code", "附件1"),
        ("a0_purpose", "duplicates"),
        ("a0_place", "290101"),
        ("a0_from", "2026-07"),
        ("a0_until", "2027-06"),
        ("a0_receivers", "both"),
        ("a0_p0_name", "县民政局"),
        ("a0_p0_programmes", "minimum_living"),
        ("a0_p0_programmes", "extreme_poverty"),
        ("a0_p0_max", "100,000"),
        ("a0_p1_name", "县残联"),
        ("a0_p1_programmes", "disabled_living"),
        ("a0_p1_programmes", "disabled_care"),
        ("a0_p1_max", "50000"),
        ("act", act),
    ];
    desk.submit(&format!("{at}/texts/draft"), &fields).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_office_takes_members_in_and_asks_them_to_sign() {
    let (office, at) = office_with_members().await;
    let mut desk = office.desk("sun").await;
    for rest in [
        "",
        "/seats",
        "/record",
        "/texts",
        "/texts/draft",
        "/rounds",
        "/rounds/new",
        "/ledger",
        "/ledger?view=table&sort=from",
        "/figures",
        "/agenda",
        "/minutes",
        "/monitor",
    ] {
        let answer = desk.get(&format!("{at}{rest}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{rest}: {}", answer.text);
    }
    let seen = drafted(&mut desk, &at, "look").await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert!(
        seen.text.contains("learn_rule_breaches"),
        "what each learns stands beside the draft"
    );
    let drafted = drafted(&mut desk, &at, "draft").await;
    assert_eq!(drafted.status, StatusCode::SEE_OTHER, "{}", drafted.text);
    let text = drafted.location().split('?').next().unwrap().to_owned();
    let shown = desk.get(&text).await.text;
    assert!(shown.contains("县联席〔2026〕1号") && shown.contains("learn_rule_breaches"));
    let digest = text.rsplit('/').next().unwrap();
    let amended = desk.get(&format!("{at}/texts/draft?amends={digest}")).await;
    assert!(amended.text.contains("value=\"2027-06\"") && amended.text.contains("value=\"100000\""));
    let verified = desk.submit(&format!("{at}/record"), &[]).await;
    assert!(verified.text.contains("验证通过"), "{}", verified.text);
    let unsigned = desk
        .submit(&format!("{at}/rounds/new"), &[("annexes", "0")])
        .await;
    assert_eq!(
        unsigned.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nothing is in force"
    );
    for (account, closed) in [("wang", "/ledger"), ("wang", "/agenda"), ("zhao", "/texts/draft")] {
        let answer = office.desk(account).await.get(&format!("{at}{closed}")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{account} {closed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_matter_goes_from_the_ledger_to_the_minutes() {
    let (office, at) = office_with_members().await;
    let mut desk = office.desk("sun").await;
    let (_, seats) = office.ask("GET", &format!("/api/v1{at}/seats"), None).await;
    let seats: Value = serde_json::from_slice(&seats).unwrap();
    let key = |of: usize| seats["seats"][of]["node_key"].as_str().unwrap().to_owned();
    let line = json!({
        "item": "00".repeat(16), "kind": "inquiry", "from": key(1), "to": key(2), "letter": "函<b>1号", "round": null,
        "opened": "2026-09-01", "due": "2026-09-20", "state": "open", "outcome": null, "closed": null,
        "escalation": "none", "revisit": null, "revision": 1,
    });
    let request = json!({ "lines": [line], "draw_items": true });
    let changes = format!("/api/v1{at}/ledger/changes");
    let (put, _) = office.ask("POST", &changes, Some(&request)).await;
    assert_eq!(put, StatusCode::NO_CONTENT);
    let board = desk.get(&format!("{at}/ledger")).await.text;
    assert!(
        board.contains("函&#60;b&#62;1号") && board.contains("已逾期"),
        "{board}"
    );
    let of_one = format!("{at}/ledger/");
    let item = board.split(&of_one).find_map(|rest| {
        rest.get(..32)
            .filter(|item| item.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    let one = format!("{of_one}{}", item.unwrap());
    let reminded = desk
        .submit(&format!("{one}/escalation"), &[("escalation", "consultation")])
        .await;
    assert_eq!(reminded.status, StatusCode::SEE_OTHER, "{}", reminded.text);
    let agenda = desk.get(&format!("{at}/agenda")).await.text;
    assert!(agenda.contains(&one), "{agenda}");
    let by = key(2);
    let decision = [
        ("text", "由残联核实"),
        ("by", by.as_str()),
        ("due", ""),
        ("minutes", "纪要1号"),
    ];
    let decided = desk.submit(&format!("{one}/decision"), &decision).await;
    assert_eq!(decided.status, StatusCode::SEE_OTHER, "{}", decided.text);
    let shown = desk.get(&one).await.text;
    assert!(
        shown.contains("由残联核实") && shown.contains("纪要1号"),
        "{shown}"
    );
    let minutes = desk.get(&format!("{at}/minutes")).await.text;
    assert!(
        minutes.contains("由残联核实") && minutes.contains("/minutes/paper"),
        "{minutes}"
    );
    let monitor = desk.get(&format!("{at}/monitor")).await.text;
    assert!(monitor.contains("step_answer"), "{monitor}");
}
