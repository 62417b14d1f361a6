//! Texts: what each says, drafting one, signatures, refusals and seals.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MARKUP, api, closed, desk_at, key, node, not_sent, open, page, seat, send_files, sent};
use crate::desk::Desk;

pub(super) fn edition(own: &str) -> Value {
    let party = |of: u8, name: &str, state: &str| {
        json!({
            "name": format!("{MARKUP}{name}"), "node_key": key(of), "state": state,
            "signed_at": "2026-11-01T00:00:00Z", "reason": format!("{MARKUP}依据不足"),
            "document": format!("{MARKUP}2026〕1号"), "scan": key(8),
        })
    };
    json!({
        "framework": key(3), "number": format!("{MARKUP}1号"), "title": format!("{MARKUP}框架协议"), "edition": 2,
        "amends": key(2), "drafted_at": "2026-11-01T00:00:00Z", "valid_from": "2026-10-01",
        "expires": "2027-09-30", "in_force": true,
        "parties": [party(15, "县政法委", "office"), party(1, "县民政局", own), party(2, "县残联", "refused")],
    })
}

fn annex() -> Value {
    json!({
        "code": format!("{MARKUP}附件1"), "annex": key(4), "purpose": "duplicates", "own": true,
        "learns": [
            { "party": format!("{MARKUP}县民政局"), "code": "learn_rule_breaches", "params": { "rules": MARKUP } },
            { "party": format!("{MARKUP}县残联"), "code": "learn_peer_size", "params": {} },
        ],
        "breach": { "code": "agreement_mode", "params": { "mode": MARKUP } },
    })
}

pub(super) fn detail(own: &str) -> Value {
    let party = |name: &str| json!({ "name": name, "programmes": ["minimum_living"], "max_elements": 5_000 });
    let agreement = json!({
        "purpose": "duplicates", "place": "290101", "receivers": [0, 1], "rules": ["X3"], "legal_basis": ["某法第一条"],
        "retention_days": 365, "selection": { "months": { "from": "2026-07", "to": "2027-07" } },
        "parties": [party(&format!("{MARKUP}县民政局")), party(&format!("{MARKUP}县残联"))],
    });
    json!({
        "summary": edition(own), "annexes": [annex()],
        "text": {
            "number": format!("{MARKUP}1号"), "title": "框架协议", "valid_from": "2026-10-01", "expires": "2027-09-30",
            "smallest": 5, "absent": "not_at_all", "late": "admitted",
            "schedule": { "day": 5, "freeze_hours": 72, "run_hours": 96, "review_days": 30 },
            "members": [{ "name": format!("{MARKUP}县民政局") }, { "name": format!("{MARKUP}县残联") }],
            "annexes": [{ "code": "附件1", "agreement": agreement }],
        },
    })
}

fn text() -> String {
    format!("/texts/{}", key(3))
}

fn answers(desk: &Desk, own: &str) {
    desk.fake
        .answer(&api("GET", "/texts"), 200, json!({ "editions": [edition(own)] }));
    desk.fake.answer(&api("GET", &text()), 200, detail(own));
    desk.fake.answer("GET /api/v1/node", 200, node(1));
    let seats = json!({ "seats": [seat(15, "县政法委", "office"), seat(1, "县民政局", "member"), seat(2, "县残联", "member")] });
    desk.fake.answer(&api("GET", "/seats"), 200, seats);
    let programmes = json!({ "programmes": [{ "code": "minimum_living", "name": "低保" }, { "code": "disabled_care", "name": "护理补贴" }] });
    desk.fake.answer("GET /api/v1/programmes", 200, programmes);
}

#[tokio::test]
async fn what_each_party_learns_stands_before_the_signature() {
    for role in ["it", "case_worker", "compliance", "office"] {
        let mut desk = desk_at(role, false).await;
        answers(&desk, "open");
        open(&mut desk, &["/texts", &text()]).await;
        let shown = desk.get(&page(&format!("{}?lang=zh", text()))).await.text;
        let binds = ["compliance", "office"].contains(&role);
        assert_eq!(
            shown.contains(&page(&format!("{}/sign", text()))),
            binds,
            "{role}"
        );
        if binds {
            let learned = shown.find("learn_rule_breaches").unwrap();
            assert!(learned < shown.find("name=\"read\"").unwrap());
        }
        let paper = desk.get(&page(&format!("{}/paper", text()))).await;
        assert_eq!(paper.status, StatusCode::OK, "{role}");
        let whole = desk.get(&page(&format!("{}/whole", text()))).await;
        let read: Value = serde_json::from_str(&whole.text).unwrap();
        assert_eq!(read, detail("open")["text"], "what is signed, as it is");
    }
}

#[tokio::test]
async fn nobody_signs_what_they_have_not_said_to_have_read() {
    let mut desk = desk_at("compliance", false).await;
    answers(&desk, "open");
    let sign = page(&format!("{}/sign", text()));
    let early = desk.submit(&sign, &[]).await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(early.text.contains("href=\"#f-read\""));
    let at = format!("{}/sign", text());
    assert!(desk.fake.bodies(&api("POST", &at)).is_empty());
    let breach = json!({ "error": { "code": "agreement_mode", "params": {} } });
    desk.fake.answer(&api("POST", &at), 422, breach);
    let refused = desk.submit(&sign, &[("read", "yes")]).await;
    assert!(refused.text.contains("agreement_mode"));
    desk.fake.answer(&api("POST", &at), 200, edition("signed"));
    let signed = desk.submit(&sign, &[("read", "yes")]).await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER);

    let refuse = page(&format!("{}/refuse", text()));
    let at = format!("{}/refuse", text());
    desk.fake.answer(&api("POST", &at), 200, edition("refused"));
    desk.submit(&refuse, &[("reason", "依据不足")]).await;
    assert_eq!(sent(&desk, &at), json!({ "reason": "依据不足" }));
}

#[tokio::test]
async fn of_a_scan_only_its_digest_goes_on() {
    let mut desk = desk_at("compliance", false).await;
    answers(&desk, "signed");
    let at = format!("{}/stamp", text());
    let without = send_files(&mut desk, &at, &[("document", None, "民发1号")]).await;
    assert_eq!(without.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(without.text.contains("href=\"#f-scan\"") && without.text.contains("value=\"民发1号\""));
    desk.fake.answer(&api("POST", &at), 200, edition("signed"));
    let stamped = send_files(
        &mut desk,
        &at,
        &[("document", None, "民发1号"), ("scan", Some("s.pdf"), "abc")],
    )
    .await;
    assert_eq!(stamped.status, StatusCode::SEE_OTHER, "{}", stamped.text);
    // FIPS 180-4: the digest of "abc".
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(sent(&desk, &at), json!({ "document": "民发1号", "scan": digest }));
}

fn typed() -> Vec<(&'static str, String)> {
    let of = |name: &'static str, value: &str| (name, value.to_owned());
    vec![
        of("number", "1号"),
        of("title", "框架\"协议"),
        of("valid_from", "2026-10-01"),
        of("expires", "2027-09-30"),
        of("smallest", "5"),
        of("absent", "without_them"),
        of("late", "admitted"),
        of("day", "5"),
        of("freeze_hours", "72"),
        of("run_hours", "96"),
        of("review_days", "30"),
        of("member", "县民政局"),
        of("member", "县残联"),
        of("annexes", "1"),
        of("a0_code", "附件1"),
        of("a0_purpose", "duplicates"),
        of("a0_place", "290101"),
        of("a0_from", "2026-07"),
        of("a0_until", "2027-06"),
        of("a0_receivers", "first"),
        of("a0_p0_name", "县民政局"),
        of("a0_p0_programmes", "minimum_living"),
        of("a0_p0_programmes", "extreme_poverty"),
        of("a0_p0_max", "100,000"),
        of("a0_p1_name", "县残联"),
        of("a0_p1_programmes", "disabled_care"),
        of("a0_p1_max", "5000"),
    ]
}

fn with<'a>(typed: &'a [(&'static str, String)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = typed
        .iter()
        .filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    let kept = kept.map(|(name, value)| (*name, value.as_str()));
    kept.chain(more.iter().copied()).collect()
}

#[tokio::test]
async fn a_draft_is_looked_at_before_all_are_asked_to_sign() {
    let mut desk = desk_at("office", true).await;
    answers(&desk, "open");
    open(
        &mut desk,
        &["/texts/draft", &format!("/texts/draft?amends={}", key(3))],
    )
    .await;
    let draft = page("/texts/draft");
    let typed = typed();
    let added = desk.submit(&draft, &with(&typed, &[("act", "add")])).await;
    assert_eq!(added.status, StatusCode::OK);
    assert!(added.text.contains("name=\"a1_code\"") && added.text.contains("value=\"100,000\""));
    assert!(
        !added.text.contains("value=\"draft\""),
        "it is seen before it is said"
    );

    desk.fake.answer(
        &api("POST", "/texts/preview"),
        200,
        json!({ "text": {}, "annexes": [annex()] }),
    );
    let seen = desk.submit(&draft, &with(&typed, &[("act", "look")])).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert!(seen.text.contains("learn_rule_breaches") && seen.text.contains("value=\"draft\""));
    let toml = sent(&desk, "/texts/preview")["draft"]
        .as_str()
        .unwrap()
        .to_owned();
    let read: toml::Value = toml::from_str(&toml).unwrap();
    assert_eq!(read["title"].as_str(), Some("框架\"协议"));
    assert_eq!(read["schedule"]["freeze_hours"].as_integer(), Some(72));
    let annex = &read["annexes"][0];
    assert_eq!(annex["receivers"].as_array().unwrap().len(), 1);
    assert_eq!(annex["parties"][0]["programmes"].as_array().unwrap().len(), 2);
    assert_eq!(annex["parties"][0]["max_elements"].as_integer(), Some(100_000));
    assert!(
        annex.get("rules").is_none(),
        "what is left empty follows from the purpose"
    );
    assert!(desk.fake.bodies(&api("POST", "/texts")).is_empty());

    desk.fake.answer(&api("POST", "/texts"), 201, detail("open"));
    let said = desk.submit(&draft, &with(&typed, &[("act", "draft")])).await;
    assert_eq!(
        said.location(),
        format!("{}?done=office.done_drafted", page(&text()))
    );
}

#[tokio::test]
async fn a_draft_says_beside_its_fields_what_is_wrong() {
    let mut desk = desk_at("office", true).await;
    answers(&desk, "open");
    let draft = page("/texts/draft");
    let typed = typed();
    for (field, value, place) in [
        ("title", "", "f-title"),
        ("a0_place", "", "f-a0_place"),
        ("a0_p1_name", "县民政局", "f-a0_p1_name"),
        ("a0_p0_max", "many", "f-a0_p0_max"),
        ("a0_place", "29", "f-a0_place"),
        ("a0_from", "July", "f-a0_from"),
        ("a0_resume_hours", "0", "f-a0_resume_hours"),
        ("day", "0", "f-day"),
        ("annexes", "0", "f-annexes"),
    ] {
        let refused = desk
            .submit(&draft, &with(&typed, &[("act", "look"), (field, value)]))
            .await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.text.contains(&format!("href=\"#{place}\"")), "{field}");
        assert!(
            refused.text.contains(&format!("id=\"{place}\"")),
            "{field} has a place to go to"
        );
    }
    assert!(desk.fake.bodies(&api("POST", "/texts/preview")).is_empty());
    let wrong = json!({ "error": { "code": "framework", "params": { "what": MARKUP } } });
    desk.fake.answer(&api("POST", "/texts/preview"), 422, wrong);
    let refused = desk.submit(&draft, &with(&typed, &[("act", "look")])).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("framework") && !refused.text.contains(MARKUP));

    // What the node finds wrong stands beside the field, which is called as the form calls it.
    for (code, field, place, label) in [
        ("framework", "smallest", "f-smallest", "疑点数下限"),
        (
            "agreement",
            "rounds_a_month",
            "f-a0_rounds_a_month",
            "每月比对次数上限",
        ),
        ("rule_unusable", "", "f-a0_rules", "rule_unusable"),
    ] {
        let params = json!({ "field": field, "wrong": "out_of_range" });
        let wrong = json!({ "error": { "code": code, "params": params, "field": field } });
        desk.fake.answer(&api("POST", "/texts/preview"), 422, wrong);
        let refused = desk.submit(&draft, &with(&typed, &[("act", "look")])).await;
        let beside = refused.text.split(&format!("href=\"#{place}\">")).nth(1);
        let beside = beside.unwrap_or_else(|| panic!("{code}: {}", refused.text));
        let said = beside.split('<').next().unwrap();
        assert!(
            said.contains(label) && (field.is_empty() || !said.contains(field)),
            "{said}"
        );
    }
}

#[tokio::test]
async fn texts_belong_to_their_roles() {
    let sign = format!("{}/sign", text());
    let refuse = format!("{}/refuse", text());
    not_sent(&["it", "case_worker"], &[&sign, &refuse]).await;
    not_sent(&["it", "case_worker", "compliance"], &["/texts/draft"]).await;
    closed(&["it", "case_worker", "compliance"], &["/texts/draft"]).await;
}
