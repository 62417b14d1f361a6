//! Conferences, where they stand, who has a seat, and the record.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MARKUP, api, closed, conference, desk_at, head, id, key, not_sent, open, page};
use crate::desk::Desk;

fn standing() -> Value {
    json!({
        "conference": id(), "name": "n", "entries": 42,
        "framework": {
            "digest": key(3), "number": format!("{MARKUP}1号"), "edition": 2, "in_force": true,
            "signed": ["县民政局"], "refused": [], "awaited": [format!("{MARKUP}县法院")],
        },
        "round": 3, "stage": "announced",
        "to_do": [
            { "code": "to_do_sign", "round": null, "until": null, "hindrance": null, "hindrance_params": {} },
            { "code": "to_do_freeze", "round": 3, "until": "2026-12-05T02:00:00Z",
              "hindrance": "no_dataset", "hindrance_params": { "name": MARKUP } },
        ],
    })
}

fn seats() -> Value {
    let seat = |of: u8, name: &str, seat: &str, pinned: &str| {
        json!({
            "node_key": key(of), "name": format!("{MARKUP}{name}"), "role": "civil_affairs", "seat": seat,
            "pinned": pinned, "address": "10.0.0.1:7600", "fingerprint": "1234 5678", "card": "{\"c\":1}",
            "read": 40, "read_at": "2026-11-30T00:00:00Z",
        })
    };
    json!({ "seats": [seat(15, "县政法委", "office", "own"), seat(1, "县民政局", "member", "none"), seat(2, "县工会", "left", "same")] })
}

fn record() -> Value {
    json!({
        "entries": [{
            "seq": 42, "author": key(1), "author_name": format!("{MARKUP}县民政局"), "number": 7, "word": "signed",
            "at": "2026-11-30T00:00:00Z", "entry": key(4), "hash": key(5), "readers": 2, "opened": true,
        }],
        "head": head(),
        "said": [{ "entry": key(6), "word": "items", "at": "2026-11-30T00:00:00Z", "refused": "conference_line_wrong" }],
    })
}

fn answers(desk: &Desk) {
    desk.fake.answer(&api("GET", "/standing"), 200, standing());
    desk.fake.answer(&api("GET", "/seats"), 200, seats());
    desk.fake.answer(&api("GET", "/record"), 200, record());
}

#[tokio::test]
async fn every_role_sees_where_the_conference_stands() {
    for role in ["it", "case_worker", "compliance", "office"] {
        let mut desk = desk_at(role, false).await;
        answers(&desk);
        let list = desk.get("/conferences").await;
        assert!(
            list.text.contains("县联席会议") && !list.text.contains(MARKUP),
            "{role}"
        );
        open(&mut desk, &["", "/seats", "/record"]).await;
        let overview = desk.get(&page("?lang=zh")).await.text;
        assert!(
            overview.contains(&page("/rounds/3")),
            "the way to what is to be done"
        );
        assert!(overview.contains("期限 2026-12-05 10:00"), "Beijing time");
    }
    let mut desk = desk_at("office", true).await;
    let none = desk.get(&format!("/conferences/{}", key(1))).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
    assert_eq!(desk.get("/conferences/x").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_office_founds_enrols_and_removes() {
    let mut desk = desk_at("office", true).await;
    answers(&desk);
    let empty = desk.submit("/conferences", &[("name", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(desk.fake.bodies("POST /api/v1/conferences").is_empty());
    desk.fake
        .answer("POST /api/v1/conferences", 201, conference(true));
    let founded = desk.submit("/conferences", &[("name", "县联席会议")]).await;
    assert_eq!(founded.location(), format!("{}?done=office.done_begun", page("")));

    let form = desk.get(&page("/seats")).await.text;
    assert!(
        form.contains(&format!("<option value=\"{}\"", key(9))),
        "who has no seat is offered"
    );
    desk.fake.answer(&api("POST", "/seats"), 201, seats());
    let enrolled = desk.submit(&page("/seats"), &[("peer", &key(9))]).await;
    assert_eq!(enrolled.status, StatusCode::SEE_OTHER);
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&api("POST", "/seats"))[0]).unwrap();
    assert_eq!(sent, json!({ "peer": key(9) }));

    let removal = page(&format!("/seats/{}/remove", key(1)));
    assert!(desk.get(&removal).await.text.contains("name=\"reason\""));
    let empty = desk.submit(&removal, &[("reason", "")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    desk.fake.answer(
        &api("POST", "/leave"),
        409,
        json!({ "error": { "code": "conference_bears_number", "params": {} } }),
    );
    let refused = desk.submit(&removal, &[("reason", "机构<b>撤并")]).await;
    assert!(
        refused.text.contains("机构&#60;b&#62;撤并"),
        "what was typed is kept"
    );
    assert!(refused.text.contains("href=\"#f-reason\""));
    desk.fake.answer(&api("POST", "/leave"), 200, standing());
    let removed = desk.submit(&removal, &[("reason", "机构撤并")]).await;
    assert_eq!(removed.status, StatusCode::SEE_OTHER);
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&api("POST", "/leave"))[0]).unwrap();
    assert_eq!(sent, json!({ "member": key(1), "reason": "机构撤并" }));
}

#[tokio::test]
async fn a_member_follows_and_visits_the_office() {
    let mut desk = desk_at("it", false).await;
    answers(&desk);
    let wrong = [("conference", "12"), ("office", &key(9) as &str)];
    let refused = desk.submit("/conferences/follow", &wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("href=\"#f-conference\"") && refused.text.contains("value=\"12\""));
    desk.fake
        .answer("POST /api/v1/conferences/followed", 200, conference(false));
    let whole = [("conference", &id() as &str), ("office", &key(9))];
    let followed = desk.submit("/conferences/follow", &whole).await;
    assert_eq!(followed.status, StatusCode::SEE_OTHER);
    desk.fake.answer(&api("POST", "/sync"), 200, conference(false));
    let synced = desk.submit(&page("/sync"), &[]).await;
    assert_eq!(synced.location(), format!("{}?done=office.done_synced", page("")));
}

#[tokio::test]
async fn the_record_is_verified_by_a_click() {
    let mut desk = desk_at("compliance", false).await;
    answers(&desk);
    let verified = json!({ "head": head(), "state": key(8) });
    desk.fake.answer(&api("POST", "/record/verify"), 200, verified);
    let page = desk.submit(&page("/record"), &[]).await;
    assert!(page.text.contains("核验通过") && page.text.contains(&key(8)));
}

#[tokio::test]
async fn what_is_the_offices_is_nobody_elses() {
    let remove = format!("/seats/{}/remove", key(1));
    closed(&["it", "case_worker", "compliance"], &[&remove]).await;
    closed(&["it", "case_worker"], &["/leave"]).await;
    not_sent(&["it", "case_worker", "compliance"], &["/seats", &remove]).await;
    not_sent(&["case_worker", "compliance"], &["/sync", "/resume"]).await;
    not_sent(&["it", "case_worker"], &["/leave"]).await;
}
