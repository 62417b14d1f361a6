//! A case worker asks to see a number in full, and looks once that is granted.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, REFRESH};
use serde_json::{Value, json};

use super::canned::{EVIL, ROUND, canned, plain, unmasking};
use crate::compliance::ME;
use crate::desk::Desk;

/// A number of the unassigned province 29.
const NUMBER: &str = "290105194912310028";

fn page() -> String {
    format!("/case/findings/{ROUND}/3")
}

async fn shown(desk: &mut Desk, finding: Value, unmaskings: &[Value]) -> String {
    let one = format!("GET /api/v1/rounds/{ROUND}/findings/3");
    desk.fake.answer(&one, 200, finding);
    let list = json!({ "unmaskings": unmaskings });
    desk.fake.answer(&format!("{one}/unmaskings"), 200, list);
    let page = desk.get(&page()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.text
}

#[tokio::test]
async fn a_number_is_asked_for_with_a_reason() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let (act, form) = (
        format!("{}/unmaskings", page()),
        format!("action=\"{}/unmaskings\"", page()),
    );
    assert!(shown(&mut desk, plain("stage_taken"), &[]).await.contains(&form));
    let ask = format!("POST /api/v1/rounds/{ROUND}/findings/3/unmaskings");
    let empty = desk.submit(&act, &[("why", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("href=\"#f-why\"") && desk.fake.bodies(&ask).is_empty());
    let short = json!({ "error": { "code": "unmasking_reason", "params": {} } });
    desk.fake.answer(&ask, 422, short);
    let refused = desk.submit(&act, &[("why", EVIL)]).await;
    assert!(refused.text.contains("unmasking_reason") && refused.text.contains("id=\"e-why\""));
    assert!(!refused.text.contains("<script>"));
    desk.fake.answer(&ask, 200, unmasking(2, "unmasking_asked", ME));
    let done = desk.submit(&act, &[("why", "核对是否同一人")]).await;
    assert_eq!(
        done.location(),
        format!("{}?done=case.done_unmasking_asked", page())
    );
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&ask)[0]).unwrap();
    assert_eq!(sent, json!({ "reason": "核对是否同一人" }));
}

/// Who waits need not ask again, and nobody looks at what another asked for; a case worker grants nothing.
#[tokio::test]
async fn how_far_it_is_stands_on_the_page_and_only_who_asked_looks() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let form = format!("action=\"{}/unmaskings\"", page());
    for (state, by, asks, looks) in [
        ("unmasking_asked", ME, false, false),
        ("unmasking_asked", EVIL, true, false),
        ("unmasking_granted", ME, false, true),
        ("unmasking_granted", EVIL, true, false),
        ("unmasking_refused", ME, true, false),
        ("unmasking_lapsed", ME, true, false),
        ("unmasking_expired", ME, true, false),
    ] {
        let text = shown(&mut desk, plain("stage_taken"), &[unmasking(2, state, by)]).await;
        assert!(text.contains(state), "{state}");
        assert_eq!(text.contains(&form), asks, "{state} {by}");
        assert_eq!(text.contains("/unmaskings/2/look\""), looks, "{state} {by}");
        assert!(!text.contains("/grant") && !text.contains("/refuse"), "{state}");
    }
}

/// Compliance alone asks for numbers of people for whom more care is needed, or may be.
#[tokio::test]
async fn of_whom_more_care_is_needed_no_case_worker_asks() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let form = format!("action=\"{}/unmaskings\"", page());
    for (field, value) in [
        ("protected", json!(true)),
        ("key_group", json!("yes")),
        ("key_group", json!("unknown")),
    ] {
        let mut finding = plain("stage_taken");
        finding["finding"]["care"][field] = value.clone();
        let text = shown(&mut desk, finding, &[]).await;
        assert!(!text.contains(&form), "{field} {value}");
        assert!(text.contains("只能由合规人员申请"), "{field} {value}");
    }
}

#[tokio::test]
async fn a_number_is_shown_once_and_goes_by_itself() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let look = format!("{}/unmaskings/2/look", page());
    let until = jiff::Timestamp::now() + jiff::SignedDuration::from_mins(29);
    let number = json!({ "number": NUMBER, "expires_at": until });
    let api = "POST /api/v1/unmaskings/2/look";
    desk.fake.answer(api, 200, number);
    let seen = desk.submit(&look, &[]).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.text);
    assert_eq!(seen.text.matches(NUMBER).count(), 1);
    assert_eq!(seen.headers[CACHE_CONTROL], "no-store");
    assert!(seen.text.contains(&format!("data-once=\"{}\"", page())));
    let refresh = seen.headers[REFRESH].to_str().unwrap();
    assert!(refresh.ends_with(&format!("url={}?again=1", page())), "{refresh}");
    // No address shows it again.
    assert_eq!(desk.get(&look).await.status, StatusCode::NOT_FOUND);
    assert!(!desk.get(&page()).await.text.contains(NUMBER));
    let over = json!({ "error": { "code": "unmasking_not_asker", "params": {} } });
    desk.fake.answer(api, 403, over);
    let refused = desk.submit(&look, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("unmasking_not_asker") && !refused.text.contains(NUMBER));
}
