//! What compliance corrects on the page of a finding, and what the person objects to, over canned answers.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::compliance::{AT, EVIL, KEY, ME, NOTICE, canned, finding, list};
use crate::desk::Desk;

#[tokio::test]
async fn a_correction_is_recorded_or_refused() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let act = format!("/compliance/findings/{KEY}/1/corrected");
    let ask = format!("POST /api/v1/rounds/{KEY}/findings/1/events");
    let fields = [
        ("correct_authority", "县局"),
        ("correct_document", "更1号"),
        ("correct_reason", "同名"),
    ];
    assert_eq!(
        desk.submit(&act, &fields[..2]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    desk.fake.answer(
        &ask,
        409,
        json!({ "error": { "code": "acted_meanwhile", "params": {} } }),
    );
    assert!(desk.submit(&act, &fields).await.text.contains("acted_meanwhile"));
    desk.fake.answer(&ask, 200, json!({}));
    let done = desk.submit(&act, &fields).await;
    assert_eq!(
        done.location(),
        format!("/compliance/findings/{KEY}/1?done=compliance.done_corrected")
    );
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&ask)[0]).unwrap();
    assert_eq!(sent["act"]["corrected"]["reason"], "同名");
}

/// A correction takes back what was decided, by somebody else than whose decision stands; before that there is nothing to
/// take back, and what is corrected stays so.
#[tokio::test]
async fn a_correction_is_offered_where_it_can_be_recorded() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = format!("/compliance/findings/{KEY}/1");
    let form = format!("action=\"{page}/corrected\"");
    let act = |code: &str, by: &str, act: Value| json!({ "number": 1, "at": AT, "by": by, "on": "2026-11-01", "code": code, "act": act });
    let decided = |by| {
        let decision =
            json!({ "decision": { "stopped": {} }, "authority": "局", "document": "1号", "reason": "*" });
        act("review_decided", by, json!({ "decided": decision }))
    };
    let reviewed = |by, result: Value| {
        let paper = json!({ "result": result, "authority": "局", "document": "2号", "reason": "*" });
        act("review_reviewed", by, json!({ "reviewed": paper }))
    };
    let upheld = || json!({ "upheld": {} });
    let changed = || json!({ "changed": { "to": { "lawful": {} } } });
    let taken = || act("review_taken", EVIL, json!({ "taken": {} }));
    for (stage, acts, offered) in [
        ("stage_open", vec![], false),
        ("stage_taken", vec![taken()], false),
        ("stage_heard", vec![taken()], false),
        ("stage_decided", vec![taken(), decided(EVIL)], true),
        ("stage_decided", vec![taken(), decided(ME)], false),
        (
            "stage_reviewed",
            vec![decided(EVIL), reviewed(ME, upheld())],
            true,
        ),
        (
            "stage_reviewed",
            vec![decided(ME), reviewed(EVIL, upheld())],
            false,
        ),
        (
            "stage_reviewed",
            vec![decided(EVIL), reviewed(ME, changed())],
            false,
        ),
        (
            "stage_reviewed",
            vec![decided(ME), reviewed(EVIL, changed())],
            true,
        ),
        ("stage_corrected", vec![decided(EVIL)], false),
    ] {
        let told = format!("{acts:?}");
        let history = json!({
            "notice": NOTICE, "seq": 1, "review": finding(stage)["review"], "withheld": false, "acts": acts,
        });
        desk.fake.answer(
            &format!("GET /api/v1/rounds/{KEY}/findings/1/history"),
            200,
            history,
        );
        let text = desk.get(&page).await.text;
        assert_eq!(text.contains(&form), offered, "{stage}: {told}");
    }
}

/// What a person objects to is recorded with the day on which it came, waits in a list of its own, and is answered by who did
/// not decide.
#[tokio::test]
async fn an_objection_is_recorded_and_waits() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = format!("/compliance/findings/{KEY}/1");
    let to = format!("{page}/objected");
    let history = |stage: &str, on: Option<&str>| {
        let mut review = finding(stage)["review"].clone();
        review["objected_on"] = json!(on);
        json!({ "notice": NOTICE, "seq": 1, "review": review, "withheld": false, "acts": [] })
    };
    let path = format!("GET /api/v1/rounds/{KEY}/findings/1/history");
    for (stage, on, forms) in [
        ("stage_heard", None, [false, false]),
        ("stage_decided", None, [true, true]),
        ("stage_reviewed", None, [true, false]),
        ("stage_reviewed", Some("2026-11-03"), [true, true]),
        ("stage_corrected", None, [false, false]),
    ] {
        desk.fake.answer(&path, 200, history(stage, on));
        let text = desk.get(&page).await.text;
        let offered =
            ["objected", "reviewed"].map(|form| text.contains(&format!("action=\"{page}/{form}\"")));
        assert_eq!(offered, forms, "{stage}");
    }
    // Whoever decided before another changed that does not answer it either, until it was verified anew.
    let act = |code: &str, by: &str, act: Value| json!({ "number": 1, "at": AT, "by": by, "on": "2026-11-01", "code": code, "act": act });
    let decided = act("review_decided", ME, json!({ "decided": { "document": "1号" } }));
    let changed = json!({ "reviewed": { "result": { "changed": { "to": { "lawful": {} } } } } });
    let changed = act("review_reviewed", EVIL, changed);
    let verified = act("review_verified", EVIL, json!({ "verified": { "reason": "*" } }));
    for (acts, offered) in [
        (vec![decided.clone(), changed.clone()], false),
        (vec![decided, verified, changed], true),
    ] {
        let mut history = history("stage_reviewed", Some("2026-11-03"));
        history["acts"] = json!(acts);
        desk.fake.answer(&path, 200, history);
        let text = desk.get(&page).await.text;
        assert_eq!(text.contains(&format!("action=\"{page}/reviewed\"")), offered);
    }

    // What was recorded is told in words, where no form says the same.
    let mut told = history("stage_corrected", None);
    let objected = json!({ "document": "异议书1号", "reason": "八月未领取", "received": "2026-11-03" });
    told["acts"] = json!([act("review_objected", EVIL, json!({ "objected": objected }))]);
    desk.fake.answer(&path, 200, told);
    let text = desk.get(&page).await.text;
    for said in ["review_objected", "收到日期", "异议书1号", "八月未领取"] {
        assert!(text.contains(said), "{said}");
    }

    desk.fake.answer(&path, 200, history("stage_decided", None));
    let ask = format!("POST /api/v1/rounds/{KEY}/findings/1/events");
    desk.fake.answer(&ask, 200, json!({}));
    let fields = [
        ("object_document", "异议书1号"),
        ("object_reason", "八月未领取"),
        ("object_received", "2026-11-03"),
    ];
    for (fields, wrong) in [
        (&fields[..1], "object_reason"),
        (
            &[fields[0], fields[1], ("object_received", "3.11.")],
            "object_received",
        ),
    ] {
        let refused = desk.submit(&to, fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(&format!("href=\"#f-{wrong}\"")), "{wrong}");
    }
    let seen = [&fields[..], &[("after", "7")]].concat();
    let done = desk.submit(&to, &seen).await;
    assert_eq!(done.location(), format!("{page}?done=compliance.done_objected"));
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&ask)[0]).unwrap();
    let objected = json!({ "document": "异议书1号", "reason": "八月未领取", "received": "2026-11-03" });
    assert_eq!(sent, json!({ "after": 7, "act": { "objected": objected } }));

    let mut waiting = list(1);
    waiting["findings"][0]["finding"]["review"]["objected_on"] = "2026-11-03".into();
    desk.fake.answer("GET /api/v1/findings", 200, waiting);
    let text = desk.get("/compliance/todo").await.text;
    assert!(text.contains("2026-11-03 提出异议，待答复"), "{text}");
    let text = desk.get("/compliance/findings?objected=true").await.text;
    assert!(text.contains("2026-11-03 提出异议，待答复"), "{text}");
    let asked = desk.fake.asked.lock().unwrap();
    let lists = asked
        .iter()
        .filter(|(_, path, _)| path.starts_with("/api/v1/findings?"));
    let lists: Vec<&str> = lists.map(|(_, path, _)| path.as_str()).collect();
    assert!(
        lists.iter().filter(|path| path.contains("objected=true")).count() == 2,
        "{lists:?}"
    );
}
