//! Rounds: the board, what each role can do in one, and how the next is announced.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::texts::{detail, edition};
use super::{MARKUP, api, closed, desk_at, head, key, node, not_sent, open, page, sent};
use crate::desk::Desk;

fn board(stage: &str, own: &str, end: Value) -> Value {
    let leg = |annex: &str, state: &str, reason: Value| {
        json!({
            "annex": format!("{MARKUP}{annex}"), "annex_digest": key(4), "receiver": 1, "to": "县民政局",
            "from": format!("{MARKUP}县残联"), "state": state, "reason": reason, "run": 2, "receiver_frozen": 25_000,
            "sender_frozen": null, "receipt": key(5),
        })
    };
    let party = |of: u8, name: &str, state: &str| json!({ "name": name, "node_key": key(of), "state": state, "reason": format!("{MARKUP}换系统"), "joined": !["asked", "absent"].contains(&state), "late": true });
    json!({
        "conference": key(0xc0), "entries": 42, "hash": key(6), "round": 3, "stage": stage, "end": end,
        "from": "2026-07", "until": "2026-09", "freeze_by": "2026-12-05T02:00:00Z",
        "run_until": "2026-12-09T02:00:00Z", "review_until": "2027-01-08",
        "parties": [party(1, "县民政局", own), party(2, &format!("{MARKUP}县残联"), "declined")],
        "legs": [leg("附件1", "done", Value::Null), leg("附件2", "failed", "link_timeout".into())],
    })
}

fn standing() -> Value {
    json!({ "conference": key(0xc0), "name": "n", "entries": 42, "framework": null, "round": 3, "stage": "running", "to_do": [] })
}

fn answers(desk: &Desk, stage: &str, own: &str, end: Value) {
    desk.fake.answer(&api("GET", "/standing"), 200, standing());
    desk.fake
        .answer(&api("GET", "/board"), 200, board(stage, own, end));
    desk.fake.answer("GET /api/v1/node", 200, node(1));
    said(desk, &[]);
}

/// What this node has said that is on its way.
fn said(desk: &Desk, words: &[&str]) {
    let said = words
        .iter()
        .map(|word| json!({ "entry": key(1), "word": word, "at": "2026-12-01T00:00:00Z", "refused": null }));
    let said: Vec<_> = said.collect();
    let record = json!({ "conference": key(0xc0), "head": head(), "entries": [], "said": said });
    desk.fake.answer(&api("GET", "/record"), 200, record);
}

/// A board none of whose times is up.
fn early(stage: &str) -> Value {
    let mut early = board(stage, "asked", Value::Null);
    for (time, at) in [
        ("freeze_by", "2999-01-01T00:00:00Z"),
        ("run_until", "2999-01-05T00:00:00Z"),
        ("review_until", "2999-02-05"),
    ] {
        early[time] = at.into();
    }
    early
}

#[tokio::test]
async fn the_board_shows_all_pairs_and_leads_to_the_last_round() {
    for role in ["it", "case_worker", "compliance", "office"] {
        let mut desk = desk_at(role, role == "office").await;
        answers(&desk, "running", "frozen", Value::Null);
        let last = desk.get(&page("/rounds")).await;
        assert_eq!(last.location(), page("/rounds/3"), "{role}");
        open(&mut desk, &["/rounds/3"]).await;
        let board = desk.get(&page("/rounds/3?lang=zh")).await.text;
        assert!(
            board.contains("25,000") && board.contains("data-events"),
            "{role}"
        );
        // A leg stands in the row of who learns; nobody compares with itself.
        assert_eq!(board.matches("class=\"leg\"").count(), 2);
        assert_eq!(board.matches("<td class=\"none\">").count(), 2);
        // Only the office has a leg run once more, and only one that is not done.
        let reruns = board.matches("/rerun\"").count();
        assert_eq!(reruns, if role == "office" { 1 } else { 0 }, "{role}");
        assert_eq!(
            board.contains(&page("/rounds/3/close")),
            role == "office",
            "{role}"
        );
    }
    let mut desk = desk_at("office", true).await;
    answers(&desk, "closed", "reported", "completed".into());
    let over = desk.get(&page("/rounds/3")).await.text;
    assert!(!over.contains("data-events") && !over.contains("/rerun\"") && !over.contains("/close\""));
}

#[tokio::test]
async fn what_a_member_can_do_follows_from_its_part() {
    let offered = async |role: &str, own: &str, stage: &str| {
        let mut desk = desk_at(role, false).await;
        answers(&desk, stage, own, Value::Null);
        let text = desk.get(&page("/rounds/3")).await.text;
        ["join", "decline", "freeze", "begin", "report"]
            .map(|step| text.contains(&page(&format!("/rounds/3/{step}\""))))
    };
    assert_eq!(
        offered("compliance", "asked", "announced").await,
        [true, true, false, false, false]
    );
    assert_eq!(offered("compliance", "frozen", "running").await, [false; 5]);
    assert_eq!(
        offered("it", "joined", "announced").await,
        [false, false, true, false, false]
    );
    assert_eq!(
        offered("it", "frozen", "running").await,
        [false, false, false, false, true]
    );
    // Who has frozen late is there, and who is absent can still come.
    assert_eq!(
        offered("it", "late", "running").await,
        [false, false, false, false, true]
    );
    assert_eq!(
        offered("compliance", "absent", "running").await,
        [true, false, false, false, false]
    );
    assert_eq!(offered("case_worker", "asked", "announced").await, [false; 5]);
}

/// The record has it when the office was visited, which can take a while.
#[tokio::test]
async fn what_is_on_its_way_is_said_and_not_offered_again() {
    let offered = async |role: &str, own: &str, words: &[&str]| {
        let mut desk = desk_at(role, false).await;
        answers(&desk, "announced", own, Value::Null);
        said(&desk, words);
        let text = desk.get(&page("/rounds/3")).await.text;
        for word in words {
            assert!(
                text.contains(&format!("conference_word_{word}")),
                "{word}: {text}"
            );
        }
        ["join", "decline", "freeze"].map(|step| text.contains(&page(&format!("/rounds/3/{step}\""))))
    };
    assert_eq!(
        offered("compliance", "asked", &["joined"]).await,
        [false, true, false]
    );
    assert_eq!(offered("compliance", "joined", &["declined"]).await, [false; 3]);
    // Who has joined can freeze: one goes after the other.
    assert_eq!(offered("it", "asked", &["joined"]).await, [false, false, true]);
    assert_eq!(offered("it", "asked", &["joined", "frozen"]).await, [false; 3]);
    assert_eq!(offered("it", "joined", &["frozen"]).await, [false; 3]);
    assert_eq!(offered("it", "absent", &["joined"]).await, [false, false, true]);
    assert_eq!(offered("it", "absent", &[]).await, [false; 3]);
}

#[tokio::test]
async fn the_office_is_offered_what_it_can_do_at_that_time() {
    let shown = async |board: Value, path: &str| {
        let mut desk = desk_at("office", true).await;
        answers(&desk, "closed", "reported", "completed".into());
        desk.fake.answer(&api("GET", "/board"), 200, board);
        desk.fake.answer(
            &api("GET", "/texts"),
            200,
            json!({ "editions": [edition("signed")] }),
        );
        desk.fake
            .answer(&api("GET", &format!("/texts/{}", key(3))), 200, detail("signed"));
        desk.get(&page(path)).await.text
    };
    let ends = |text: &str| {
        ["completed", "not_held", "called_off"].map(|end| text.contains(&format!("<option value=\"{end}\"")))
    };
    let begins = page("/rounds/3/begin");
    let running = shown(early("running"), "/rounds/3").await;
    assert_eq!(ends(&running), [false, false, true]);
    let reported = shown(early("reported"), "/rounds/3").await;
    assert_eq!(ends(&reported), [true, false, true]);
    assert!(!shown(early("announced"), "/rounds/3").await.contains(&begins));
    assert!(shown(early("frozen"), "/rounds/3").await.contains(&begins));
    // One round at a time freezes and runs.
    let form = "name=\"review_until\"";
    assert!(!shown(early("running"), "/rounds/new").await.contains(form));
    assert!(shown(early("in_review"), "/rounds/new").await.contains(form));
}

#[tokio::test]
async fn steps_are_sent_and_led_on() {
    let mut desk = desk_at("compliance", false).await;
    answers(&desk, "announced", "asked", Value::Null);
    let said = json!({ "round": 3, "entry": key(1), "place": null });
    desk.fake
        .answer(&api("POST", "/rounds/3/join"), 200, said.clone());
    let joined = desk.submit(&page("/rounds/3/join"), &[]).await;
    assert_eq!(
        joined.location(),
        format!("{}?done=office.done_joined", page("/rounds/3"))
    );
    assert!(
        desk.get(&page("/rounds/3/decline"))
            .await
            .text
            .contains("name=\"reason\"")
    );
    desk.fake
        .answer(&api("POST", "/rounds/3/decline"), 200, said.clone());
    desk.submit(&page("/rounds/3/decline"), &[("reason", "换系统")])
        .await;
    assert_eq!(sent(&desk, "/rounds/3/decline"), json!({ "reason": "换系统" }));

    let mut desk = desk_at("office", true).await;
    answers(&desk, "running", "frozen", Value::Null);
    desk.fake
        .answer(&api("POST", "/rounds/3/rerun"), 200, said.clone());
    let rerun = page("/rounds/3/legs/1/rerun");
    assert!(desk.get(&rerun).await.text.contains("附件2"));
    desk.submit(&rerun, &[("reason", "线路中断")]).await;
    assert_eq!(
        sent(&desk, "/rounds/3/rerun"),
        json!({ "annex": key(4), "receiver": 1, "reason": "线路中断" })
    );
    assert_eq!(
        desk.get(&page("/rounds/3/legs/9/rerun")).await.status,
        StatusCode::NOT_FOUND
    );
    desk.fake.answer(&api("POST", "/rounds/3/close"), 200, said);
    desk.submit(&page("/rounds/3/close"), &[("end", "completed")])
        .await;
    assert_eq!(sent(&desk, "/rounds/3/close"), json!({ "end": "completed" }));
}

#[tokio::test]
async fn a_round_is_announced_within_the_text_in_force() {
    let mut desk = desk_at("office", true).await;
    answers(&desk, "closed", "reported", "completed".into());
    desk.fake.answer(
        &api("GET", "/texts"),
        200,
        json!({ "editions": [edition("signed")] }),
    );
    desk.fake
        .answer(&api("GET", &format!("/texts/{}", key(3))), 200, detail("signed"));
    open(&mut desk, &["/rounds/new"]).await;
    let new = page("/rounds/new");
    // What the text allows stands beside what is chosen.
    let shown = desk.get(&format!("{new}?lang=en")).await.text;
    for bound in [
        "2026-07 to 2027-06",
        "At least 72 hours",
        "at least 96 to run",
        "least 30 days",
    ] {
        assert!(shown.contains(bound), "{bound}: {shown}");
    }
    let shown = desk.get(&format!("{new}?lang=zh")).await;
    assert_eq!(shown.status, StatusCode::OK);
    let half = [
        ("annexes", "1"),
        ("annex", &key(4) as &str),
        ("from", "2026-07"),
        ("freeze_by", "soon"),
    ];
    let refused = desk.submit(&new, &half).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("href=\"#f-until\"") && refused.text.contains("href=\"#f-freeze_by\""));
    let none = desk.submit(&new, &[("annexes", "1")]).await;
    assert!(none.text.contains("href=\"#f-annexes\""));
    assert!(desk.fake.bodies(&api("POST", "/rounds")).is_empty());
    desk.fake.answer(
        &api("POST", "/rounds"),
        200,
        board("announced", "asked", Value::Null),
    );
    let whole = [
        ("annexes", "1"),
        ("annex", &key(4) as &str),
        ("from", "2026-07"),
        ("until", "2026-09"),
        ("freeze_by", "2026-12-05T10:00"),
        ("review_until", "2027-01-08"),
    ];
    let announced = desk.submit(&new, &whole).await;
    assert_eq!(
        announced.location(),
        format!("{}?done=office.done_announced", page("/rounds/3"))
    );
    // A clock in Beijing is eight hours before UTC; what was left open follows from the schedule.
    assert_eq!(
        sent(&desk, "/rounds"),
        json!({
            "from": "2026-07", "until": "2026-09", "annexes": null, "freeze_by": "2026-12-05T02:00:00Z",
            "run_until": null, "review_until": "2027-01-08",
        })
    );
}

#[tokio::test]
async fn a_board_ends_its_events_when_something_was_said() {
    let mut desk = desk_at("case_worker", false).await;
    answers(&desk, "running", "frozen", Value::Null);
    let fake = std::sync::Arc::clone(&desk.fake);
    let said = tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let mut other = board("in_review", "reported", Value::Null);
        other["hash"] = key(9).into();
        fake.answer(&api("GET", "/board"), 200, other);
    });
    let events = desk.get(&page("/rounds/3/events")).await.text;
    said.await.unwrap();
    assert!(events.starts_with("event: progress\n"), "{events}");
    assert!(events.ends_with("event: end\ndata: {}\n\n"), "{events}");
}

#[tokio::test]
async fn steps_belong_to_their_roles() {
    let office = [
        "/rounds/3/begin",
        "/rounds/3/close",
        "/rounds/new",
        "/rounds/3/legs/1/rerun",
    ];
    not_sent(&["it", "case_worker", "compliance"], &office).await;
    closed(
        &["it", "case_worker", "compliance"],
        &["/rounds/new", "/rounds/3/legs/1/rerun"],
    )
    .await;
    not_sent(&["it", "case_worker"], &["/rounds/3/join", "/rounds/3/decline"]).await;
    not_sent(
        &["case_worker", "compliance"],
        &["/rounds/3/freeze", "/rounds/3/report"],
    )
    .await;
}
