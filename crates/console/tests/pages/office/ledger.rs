//! The ledger: by state and as a table, a line, what the office makes of it, plans, revisits, workbooks.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{MARKUP, api, closed, desk_at, key, line, node, not_sent, open, page, seat, send_files, sent};
use crate::desk::Desk;

fn item() -> String {
    "21".repeat(16)
}

fn own_line() -> Value {
    json!({
        "line": line(0x21, "open", "2026-11-28"), "on_record": false, "follows": "22".repeat(16),
        "places": [
            { "finding": { "round": key(5), "seq": 7 } },
            { "matter": { "id": 3, "number": format!("{MARKUP}司救1号") } },
            { "inquiry": {} },
        ],
        "person": "2901**********100X",
        "care": { "protected": true, "minor": "yes", "disabled": "no", "key_group": "yes" },
        "revisited": [], "again": { "code": "again_found", "round": key(5) },
    })
}

fn plan() -> Value {
    json!({
        "item": item(), "involved": ["县民政局", format!("{MARKUP}县残联")],
        "measures": [{ "agency": "县残联", "role": "disabled_federation", "measure": format!("{MARKUP}发放补贴"), "on": "2026-12-01", "state": "planned" }],
    })
}

fn answers(desk: &Desk) {
    let lines = json!({ "on": "2026-11-30", "lines": [line(0x21, "open", "2026-11-28")], "total": 1234, "next": 100 });
    desk.fake.answer(&api("GET", "/ledger"), 200, lines);
    let seats = json!({ "seats": [seat(15, "县政法委", "office"), seat(1, "县民政局", "member"), seat(2, "县残联", "member")] });
    desk.fake.answer(&api("GET", "/seats"), 200, seats);
    let mut one = line(0x21, "open", "2026-11-28");
    one["from"] = "县民政局".into();
    one["kind"] = "referral".into();
    one["decisions"] = json!([{
        "item": item(), "kind": "finding", "pair": ["县民政局", "县残联"], "text": format!("{MARKUP}书面反馈"),
        "by": format!("{MARKUP}县民政局"), "due": "2026-12-15", "minutes": format!("{MARKUP}纪要1号"),
    }]);
    desk.fake
        .answer(&api("GET", &format!("/ledger/{}", item())), 200, one);
    desk.fake
        .answer(&api("GET", &format!("/plans/{}", item())), 200, plan());
    desk.fake.answer("GET /api/v1/node", 200, node(1));
    let own = json!({ "on": "2026-11-30", "lines": [own_line()], "total": 1, "next": null });
    desk.fake.answer(&api("GET", "/own"), 200, own);
    desk.fake
        .answer(&api("GET", "/ledger/sheet"), 200, json!({ "lines": [] }));
}

const NOTICE: &str = "不得仅凭比对结果停发或追缴";

#[tokio::test]
async fn the_ledger_is_seen_by_state_and_as_a_table() {
    for role in ["case_worker", "compliance", "office"] {
        let mut desk = desk_at(role, role == "office").await;
        answers(&desk);
        let one = format!("/ledger/{}", item());
        open(
            &mut desk,
            &["/ledger", "/ledger?view=table&kind=finding&late=yes", &one],
        )
        .await;
        let board = desk.get(&page("/ledger?lang=zh")).await.text;
        assert_eq!(board.matches("class=\"column\"").count(), 5, "{role}");
        assert!(board.contains(NOTICE) && board.contains("已逾期 2 天"), "{role}");
        let table = desk
            .get(&page("/ledger?view=table&kind=finding&after=100"))
            .await
            .text;
        assert!(table.contains("1,234") && table.contains("after=100"), "{role}");
        assert!(table.contains("aria-sort=\"ascending\"") && table.contains("scope=\"col\""));
        let shown = desk.get(&page(&one)).await.text;
        assert!(shown.contains(NOTICE));
        // Whoever is to do what was decided can read it.
        assert!(
            shown.contains("书面反馈") && shown.contains("2026-12-15"),
            "{role}"
        );
    }
    closed(&["it"], &["/ledger", &format!("/ledger/{}", item())]).await;
}

#[tokio::test]
async fn filters_and_order_go_on_to_the_interface() {
    let mut desk = desk_at("office", true).await;
    answers(&desk);
    let asked = format!(
        "/ledger?view=table&kind=referral&state=&agency={}&due=&late=yes&sort=from&descending=yes",
        key(2)
    );
    let table = desk.get(&page(&asked)).await.text;
    let seen = desk.fake.asked.lock().unwrap().clone();
    let path = &seen
        .iter()
        .rev()
        .find(|(_, path, _)| path.contains("/ledger?"))
        .unwrap()
        .1;
    let wanted = format!(
        "/ledger?after=0&limit=100&kind=referral&agency={}&late=true&sort=from&descending=true",
        key(2)
    );
    assert!(path.ends_with(&wanted), "{path}");
    // Once more on the same column turns it round; what was chosen stays.
    assert!(
        table.contains(&format!("kind=referral&#38;agency={}", key(2)))
            || table.contains(&format!("kind=referral&amp;agency={}", key(2)))
    );
    assert!(table.contains("aria-sort=\"descending\""));
    let injected = desk.get(&page("/ledger?view=table&kind=%26exact%3D1")).await;
    assert_eq!(injected.status, StatusCode::OK);
    let seen = desk.fake.asked.lock().unwrap().clone();
    assert!(!seen.iter().any(|(_, path, _)| path.contains("&exact=1")));
}

#[tokio::test]
async fn the_office_escalates_and_records_decisions() {
    let mut desk = desk_at("office", true).await;
    answers(&desk);
    let one = format!("/ledger/{}", item());
    let at = format!("{one}/escalation");
    desk.fake
        .answer(&api("POST", &at), 200, line(0x21, "open", "2026-11-28"));
    let escalated = desk.submit(&page(&at), &[("escalation", "consultation")]).await;
    assert_eq!(
        escalated.location(),
        format!("{}?done=office.done_escalated", page(&one))
    );
    assert_eq!(sent(&desk, &at), json!({ "escalation": "consultation" }));
    let at = format!("{one}/decision");
    let empty = desk
        .submit(
            &page(&at),
            &[
                ("text", "由残联核实<b>"),
                ("by", &key(2)),
                ("minutes", ""),
                ("due", "soon"),
            ],
        )
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("href=\"#f-minutes\"") && empty.text.contains("href=\"#f-due\""));
    assert!(
        empty.text.contains("由残联核实&#60;b&#62;"),
        "what was typed is kept"
    );
    desk.fake
        .answer(&api("POST", &at), 200, line(0x21, "open", "2026-11-28"));
    let fields = [
        ("text", "由残联核实"),
        ("by", &key(2) as &str),
        ("minutes", "纪要1号"),
        ("due", "2026-12-20"),
    ];
    assert_eq!(
        desk.submit(&page(&at), &fields).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        sent(&desk, &at),
        json!({ "text": "由残联核实", "by": key(2), "minutes": "纪要1号", "due": "2026-12-20" })
    );
}

#[tokio::test]
async fn a_case_worker_plans_and_looks_again() {
    let mut desk = desk_at("case_worker", false).await;
    answers(&desk);
    open(&mut desk, &["/own"]).await;
    let own = desk.get(&page("/own?lang=zh")).await.text;
    assert!(own.contains("2901**********100X") && own.contains(NOTICE));
    assert!(own.contains(&format!("/case/findings/{}/7", key(5))) && own.contains("受保护"));
    let one = format!("/ledger/{}", item());
    let shown = desk.get(&page(&format!("{one}?lang=zh"))).await.text;
    assert!(
        shown.contains("帮扶方案") && shown.contains("name=\"revisit\"") && !shown.contains("/decision\"")
    );

    let of = |what: &str| format!("/own/{}/{what}", item());
    desk.fake.answer(
        &api("POST", &of("revisit")),
        200,
        line(0x21, "open", "2026-11-28"),
    );
    desk.submit(&page(&format!("{one}/revisit")), &[("revisit", "2027-03-01")])
        .await;
    assert_eq!(sent(&desk, &of("revisit")), json!({ "on": "2027-03-01" }));
    desk.submit(&page(&format!("{one}/revisit")), &[("revisit", "")])
        .await;
    assert_eq!(
        sent(&desk, &of("revisit")),
        json!({ "on": null }),
        "what is empty takes it back"
    );
    let unsaid = desk.submit(&page(&format!("{one}/revisited")), &[]).await;
    assert_eq!(
        unsaid.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "nobody is guessed to have been there"
    );
    desk.fake.answer(
        &api("POST", &of("revisited")),
        200,
        line(0x21, "open", "2026-11-28"),
    );
    desk.submit(&page(&format!("{one}/revisited")), &[("seen", "no")])
        .await;
    assert_eq!(
        sent(&desk, &of("revisited")),
        json!({ "seen": false, "on": null })
    );

    let plan_at = format!("/plans/{}", item());
    let refused = json!({ "error": { "code": "plan_bears_number", "params": {} } });
    desk.fake.answer(&api("POST", &plan_at), 422, refused);
    let fields = [
        ("measure", "发放补贴"),
        ("measure_on", "2026-12-01"),
        ("measure_state", "planned"),
    ];
    let refused = desk.submit(&page(&format!("{one}/plan")), &fields).await;
    assert!(refused.text.contains("href=\"#f-measure\""));
    assert_eq!(
        sent(&desk, &plan_at),
        json!({ "measure": "发放补贴", "on": "2026-12-01", "state": "planned" })
    );
    desk.fake
        .answer(&api("POST", &format!("{plan_at}/invited")), 200, plan());
    desk.submit(&page(&format!("{one}/plan")), &[("agency", &key(2))])
        .await;
    assert_eq!(
        sent(&desk, &format!("{plan_at}/invited")),
        json!({ "agency": key(2) })
    );
}

#[tokio::test]
async fn a_line_without_a_plan_for_this_agency_opens_all_the_same() {
    let mut desk = desk_at("case_worker", false).await;
    answers(&desk);
    let refused = json!({ "error": { "code": "plan_not_own", "params": {} } });
    desk.fake
        .answer(&api("GET", &format!("/plans/{}", item())), 403, refused);
    let shown = desk.get(&page(&format!("/ledger/{}", item()))).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(!shown.text.contains("id=\"plan\""));
}

#[tokio::test]
async fn a_workbook_is_compared_before_anything_is_written() {
    let mut desk = desk_at("office", true).await;
    answers(&desk);
    assert_eq!(desk.get(&page("/ledger/sheet")).await.status, StatusCode::OK);
    let none = send_files(&mut desk, "/ledger/sheet", &[("act", None, "compare")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    let other = [("book", Some("b.xlsx"), "other"), ("act", None, "compare")];
    let other = send_files(&mut desk, "/ledger/sheet", &other).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.text.contains("sheet_not_ours") && other.text.contains("href=\"#f-book\""));
    let compare = [("book", Some("b.xlsx"), "<script>1"), ("act", None, "compare")];
    let compared = send_files(&mut desk, "/ledger/sheet", &compare).await;
    assert_eq!(compared.status, StatusCode::OK);
    assert!(compared.text.contains("&#60;script&#62;1") && !compared.text.contains("<script>1"));
    // What stands against it, with the mark by which a spreadsheet knows the encoding.
    let file = "href=\"data:text/csv;charset=utf-8,%EF%BB%BF";
    assert!(compared.text.contains(file) && compared.text.contains("%3Cscript%3E1"));
    assert!(desk.fake.bodies(&api("POST", "/ledger/changes")).is_empty());
    desk.fake
        .answer(&api("POST", "/ledger/changes"), 204, Value::Null);
    let apply = [("book", Some("b.xlsx"), "1"), ("act", None, "apply")];
    let applied = send_files(&mut desk, "/ledger/sheet", &apply).await;
    assert!(applied.text.contains("已写入台账"));
    assert_eq!(
        sent(&desk, "/ledger/changes"),
        json!({ "lines": [{ "item": "1" }], "draw_items": false })
    );
}

#[tokio::test]
async fn lines_belong_to_their_roles() {
    let of = |what: &str| format!("/ledger/{}/{what}", item());
    not_sent(
        &["it", "case_worker", "compliance"],
        &[&of("escalation"), &of("decision")],
    )
    .await;
    not_sent(
        &["it", "compliance", "office"],
        &[&of("revisit"), &of("revisited"), &of("plan")],
    )
    .await;
    closed(&["it", "office"], &["/own"]).await;
    for role in ["it", "compliance"] {
        let mut desk = desk_at(role, true).await;
        let refused = send_files(&mut desk, "/ledger/sheet", &[("act", None, "apply")]).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{role}");
    }
}
