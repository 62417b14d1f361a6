//! What compliance asks, does and is refused, over canned answers.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, REFRESH};
use serde_json::{Value, json};

use crate::compliance::{
    AT, EVIL, ITEM, KEY, ME, NOTICE, OTHER, agreement, canned, inquiry, list, unmasking,
};
use crate::desk::Desk;
use crate::it::multipart;

/// A number of the unassigned province 29.
const NUMBER: &str = "290105194912310028";

/// The last path that was asked for and begins so.
fn asked(desk: &Desk, start: &str) -> String {
    let asked = desk.fake.asked.lock().unwrap();
    let mut fitting = asked.iter().rev().filter(|(_, path, _)| path.starts_with(start));
    fitting.next().unwrap().1.clone()
}

#[tokio::test]
async fn findings_are_asked_for_as_the_form_says() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let query = format!(
        "rule=X3&peer=%E5%8E%BF&stage=stage_open&from=2026-07&until=2026-08&least=1%2C234.5&most=&key_group=yes\
         &late=yes&sort=fen&descending=true&round={KEY}&what=findings"
    );
    let page = desk.get(&format!("/compliance/findings?{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let path = asked(&desk, "/api/v1/findings?");
    for part in [
        "rule=X3",
        "peer=%E5%8E%BF",
        "stage=stage%5Fopen",
        "min_fen=123450",
        "key_group=yes",
        "late=true",
        "sort=fen",
        "descending=true",
        "from=2026-07",
        "until=2026-08",
        "clues=false",
        &format!("round={KEY}"),
        "limit=100",
    ] {
        let part = part.replace("%5F", "_");
        assert!(path.split(['?', '&']).any(|each| each == part), "{path}: {part}");
    }
    assert!(!path.contains("max_fen"));
    // What was chosen stays chosen, on the next page and in the file too.
    assert!(
        page.text.contains("aria-sort=\"descending\"")
            && page.text.contains("<option value=\"X3\" selected>")
    );
    assert!(page.text.contains("least=1%2C234%2E5&#38;") && page.text.contains("&#38;after=100"));
    assert!(page.text.contains("href=\"/compliance/findings.csv?") && page.text.contains("1,234.56"));
    for (wrong, field) in [("least=abc", "least"), ("until=2026", "until")] {
        let before = desk.fake.asked.lock().unwrap().len();
        let refused = desk.get(&format!("/compliance/findings?{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.text.contains(&format!("href=\"#f-{field}\"")), "{wrong}");
        let asked = desk.fake.asked.lock().unwrap();
        assert!(
            !asked[before..]
                .iter()
                .any(|(_, path, _)| path.starts_with("/api/v1/findings"))
        );
    }
}

#[tokio::test]
async fn findings_are_a_file_that_spreadsheets_open_rightly() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let mut all = list(2);
    all["next"] = Value::Null;
    all["findings"][0]["finding"]["peer"] = "=1+1".into();
    desk.fake.answer("GET /api/v1/findings", 200, all);
    let file = desk.get("/compliance/findings.csv?rule=X3").await;
    assert!(
        file.headers[CONTENT_TYPE]
            .to_str()
            .unwrap()
            .starts_with("text/csv")
    );
    assert!(file.text.starts_with('\u{feff}') && file.text.contains(NOTICE));
    assert_eq!(file.text.lines().count(), 4);
    assert!(file.text.contains("\"'=1+1\"") && file.text.contains("29**************28"));
    assert!(asked(&desk, "/api/v1/findings?").contains("rule=X3"));
    assert_eq!(
        desk.get("/compliance/findings.csv?most=x").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_page_of_a_hundred_findings_is_light() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    desk.fake.answer("GET /api/v1/findings", 200, list(100));
    let page = desk.get("/compliance/findings").await;
    assert!(page.text.len() < 300 << 10, "{}", page.text.len());
}

#[tokio::test]
async fn rounds_are_chosen_by_agency_state_and_day() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let row = format!("href=\"/compliance/reports/{KEY}\"");
    // In Beijing it was the first of December already.
    for (query, found) in [
        ("", true),
        ("state=done", true),
        ("state=failed", false),
        ("from=2026-12-01", true),
        ("until=2026-11-30", false),
        ("purpose=duplicates", true),
        ("purpose=leads", false),
        ("agency=nobody", false),
    ] {
        let page = desk.get(&format!("/compliance/reports?{query}")).await;
        assert_eq!(page.text.contains(&row), found, "{query}");
    }
    assert!(
        desk.get("/compliance/reports?from=x")
            .await
            .text
            .contains("href=\"#f-from\"")
    );
}

#[tokio::test]
async fn a_report_is_made_by_a_click_and_in_three_forms() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = format!("/compliance/reports/{KEY}");
    let ask = format!("POST /api/v1/rounds/{KEY}/report");
    desk.fake.answer(&ask, 200, json!({ "head": "signed" }));
    let file = desk
        .submit(&page, &[("form", "submission"), ("as", "json")])
        .await;
    assert_eq!(file.text, "{\"head\":\"signed\"}");
    assert!(
        file.headers[CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .starts_with("attachment")
    );
    assert!(asked(&desk, "/api/v1/rounds/").ends_with("?form=submission"));
    for printed in ["page", "xlsx"] {
        let paper = desk.submit(&page, &[("form", "internal"), ("as", printed)]).await;
        assert_eq!(paper.status, StatusCode::OK, "{printed}");
        assert!(paper.headers.contains_key(CONTENT_DISPOSITION));
    }
    for fields in [
        [("form", "x"), ("as", "json")],
        [("form", "internal"), ("as", "x")],
    ] {
        assert_eq!(desk.submit(&page, &fields).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(desk.fake.bodies(&ask).len(), 3);
}

#[tokio::test]
async fn a_second_review_is_recorded_or_says_what_it_lacks() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let act = format!("/compliance/findings/{KEY}/1/reviewed");
    let ask = format!("POST /api/v1/rounds/{KEY}/findings/1/events");
    let full = |result, decision, fen, to| {
        [
            ("result", result),
            ("decision", decision),
            ("fen", fen),
            ("to", to),
            ("authority", "县局"),
            ("document", "复1号"),
            ("reason", EVIL),
        ]
    };
    desk.fake.answer(&ask, 200, json!({}));
    let empty = desk.submit(&act, &[("result", "upheld")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["authority", "document", "reason"] {
        assert!(empty.text.contains(&format!("href=\"#f-{field}\"")), "{field}");
    }
    let no_amount = desk.submit(&act, &full("changed", "recovered", "", "")).await;
    assert!(no_amount.text.contains("href=\"#f-fen\"") && no_amount.text.contains("&#60;script&#62;alert"));
    let nowhere = desk.submit(&act, &full("changed", "referred", "", "")).await;
    assert!(nowhere.text.contains("href=\"#f-to\""));
    assert!(desk.fake.bodies(&ask).is_empty());
    for (fields, expected) in [
        (full("upheld", "lawful", "", ""), json!({ "upheld": {} })),
        (full("returned", "lawful", "", ""), json!({ "returned": {} })),
        (
            full("changed", "recovered", "650.5", ""),
            json!({ "changed": { "to": { "recovered": { "fen": 65050 } } } }),
        ),
        (
            full("changed", "referred", "", "纪委"),
            json!({ "changed": { "to": { "referred": { "to": "纪委" } } } }),
        ),
    ] {
        let done = desk.submit(&act, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
        let sent: Value = serde_json::from_slice(&desk.fake.bodies(&ask)[0]).unwrap();
        assert_eq!(sent["act"]["reviewed"]["result"], expected);
    }
    // Whoever decided can't review: the node says so, and what was typed stays.
    desk.fake.answer(
        &ask,
        422,
        json!({ "error": { "code": "review_same_person", "params": {} } }),
    );
    let same = desk.submit(&act, &full("upheld", "lawful", "", "")).await;
    assert_eq!(same.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(same.text.contains("review_same_person") && same.text.contains("value=\"复1号\""));
}

#[tokio::test]
async fn papers_are_pages_of_their_own() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    for (paper, of) in [("explanation", "explanation"), ("record", "record")] {
        desk.fake.answer(
            &format!("POST /api/v1/rounds/{KEY}/findings/1/{of}"),
            200,
            json!({ "by": "x" }),
        );
        let page = desk
            .submit(&format!("/compliance/findings/{KEY}/1/{paper}"), &[])
            .await;
        assert_eq!(
            (page.status, page.text.as_str()),
            (StatusCode::OK, "{\"by\":\"x\"}")
        );
    }
}

#[tokio::test]
async fn a_number_is_shown_on_the_page_that_answers_the_look_and_nowhere_else() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let list = desk.get("/compliance/unmaskings").await;
    // One's own can be looked at; others' can be decided on; nothing else.
    assert!(list.text.contains("action=\"/compliance/unmaskings/2/look\""));
    assert!(list.text.contains("action=\"/compliance/unmaskings/3/grant\""));
    assert!(
        !list.text.contains("/compliance/unmaskings/1/look") && !list.text.contains("unmaskings/2/grant")
    );
    let look = "/compliance/unmaskings/2/look";
    desk.fake.answer(
        "POST /api/v1/unmaskings/2/look",
        200,
        json!({ "number": NUMBER, "expires_at": AT }),
    );
    let page = desk.submit(look, &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.text.matches(NUMBER).count(), 1);
    assert_eq!(page.headers[CACHE_CONTROL], "no-store");
    assert!(page.text.contains(NOTICE) && !page.headers.contains_key("location"));
    // It goes by itself, also where the browser runs no script, and not back with the browser's way back.
    assert!(page.text.contains("data-once=\"/compliance/unmaskings\""));
    for (seconds, shown) in [(29 * 60, 50..=60), (20, 1..=20)] {
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
        let number = json!({ "number": NUMBER, "expires_at": until });
        desk.fake.answer("POST /api/v1/unmaskings/2/look", 200, number);
        let page = desk.submit(look, &[]).await;
        let refresh = page.headers[REFRESH].to_str().unwrap();
        let (after, to) = refresh.split_once("; ").unwrap();
        assert_eq!(to, "url=/compliance/unmaskings?again=1");
        assert!(shown.contains(&after.parse::<u64>().unwrap()), "{refresh}");
    }
    // No address shows it: neither that of the look, nor those of the language and the menu.
    assert_eq!(desk.get(look).await.status, StatusCode::NOT_FOUND);
    assert!(page.text.contains("href=\"/compliance/unmaskings?lang=en\""));
    assert!(!desk.get("/compliance/unmaskings").await.text.contains(NUMBER));
    let over = json!({ "error": { "code": "unmasking_over", "params": {} } });
    desk.fake.answer("POST /api/v1/unmaskings/2/look", 403, over);
    let refused = desk.submit(look, &[]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.text.contains("unmasking_over") && !refused.text.contains(NUMBER));
}

#[tokio::test]
async fn a_number_is_asked_for_with_a_reason_and_decided_on_by_another() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let act = format!("/compliance/findings/{KEY}/1/unmaskings");
    let ask = format!("POST /api/v1/rounds/{KEY}/findings/1/unmaskings");
    let empty = desk.submit(&act, &[("why", " ")]).await;
    assert!(empty.text.contains("href=\"#f-why\"") && desk.fake.bodies(&ask).is_empty());
    desk.fake.answer(
        &ask,
        422,
        json!({ "error": { "code": "unmasking_reason", "params": {} } }),
    );
    let short = desk.submit(&act, &[("why", "看看")]).await;
    assert!(short.text.contains("id=\"e-why\"") && short.text.contains(">看看</textarea>"));
    desk.fake.answer(&ask, 201, unmasking(4, "unmasking_asked", ME));
    let done = desk.submit(&act, &[("why", "当事人到窗口核对")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    assert!(!done.location().contains("当事人") && !done.location().contains('%'));
    for decision in ["grant", "refuse"] {
        let of = format!("unmaskings/3/{decision}");
        desk.fake.answer(&format!("POST /api/v1/{of}"), 200, json!({}));
        assert_eq!(
            desk.submit(&format!("/compliance/{of}"), &[]).await.status,
            StatusCode::SEE_OTHER
        );
    }
}

#[tokio::test]
async fn an_inquiry_is_released_by_two_who_did_not_draft_it() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = format!("/compliance/inquiries/{ITEM}");
    let approve = format!("action=\"{page}/approve\"");
    let detail = |inquiry: Value| {
        json!({
            "notice": NOTICE, "inquiry": inquiry, "disclosure": null, "refused_there": null, "records": null, "acts": [],
        })
    };
    for (stage, owner, approved, may) in [
        ("inquiry_stage_drafted", "李", vec![], true),
        ("inquiry_stage_approved", "李", vec!["赵"], true),
        ("inquiry_stage_drafted", ME, vec![], false),
        ("inquiry_stage_approved", "李", vec![ME], false),
        ("inquiry_stage_sent", "李", vec!["赵", "钱"], false),
    ] {
        let answer = detail(inquiry(stage, owner, &approved));
        desk.fake
            .answer(&format!("GET /api/v1/inquiries/{ITEM}"), 200, answer);
        assert_eq!(
            desk.get(&page).await.text.contains(&approve),
            may,
            "{stage} {owner} {approved:?}"
        );
    }
    desk.fake
        .answer(&format!("POST /api/v1/inquiries/{ITEM}/approve"), 200, json!({}));
    let done = desk.submit(&format!("{page}/approve"), &[]).await;
    assert_eq!(
        done.location(),
        format!("{page}?done=compliance.done_inquiry_approved")
    );
    let refusal = json!({ "error": { "code": "inquiry_too_late", "params": {} } });
    desk.fake
        .answer(&format!("POST /api/v1/inquiries/{ITEM}/approve"), 409, refusal);
    assert!(
        desk.submit(&format!("{page}/approve"), &[])
            .await
            .text
            .contains("inquiry_too_late")
    );
    let ask = format!("POST /api/v1/inquiries/{ITEM}/refuse");
    assert_eq!(
        desk.submit(&format!("{page}/refuse"), &[]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert!(desk.fake.bodies(&ask).is_empty());
    desk.fake.answer(&ask, 200, json!({}));
    assert_eq!(
        desk.submit(&format!("{page}/refuse"), &[("reason", "不必问")])
            .await
            .status,
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn an_agreement_is_signed_once_what_it_tells_was_read() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = format!("/compliance/agreements/{KEY}");
    let ask = format!("POST /api/v1/agreements/{KEY}/sign");
    desk.fake.answer(
        &ask,
        200,
        json!({ "agreement": KEY, "delivered": true, "by_files": false }),
    );
    let unread = desk.submit(&format!("{page}/sign"), &[]).await;
    assert!(unread.text.contains("href=\"#f-read\"") && desk.fake.bodies(&ask).is_empty());
    let signed = desk.submit(&format!("{page}/sign"), &[("read", "yes")]).await;
    assert_eq!(signed.location(), format!("{page}?done=compliance.done_signed"));
    let ask = format!("POST /api/v1/agreements/{KEY}/refuse");
    assert!(
        desk.submit(&format!("{page}/refuse"), &[])
            .await
            .text
            .contains("href=\"#f-reason\"")
    );
    desk.fake.answer(&ask, 200, json!({}));
    desk.submit(&format!("{page}/refuse"), &[("reason", "超出目的")])
        .await;
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&ask)[0]).unwrap();
    assert_eq!(sent["reason"], "超出目的");
    // What is signed offers neither.
    desk.fake.answer(
        &format!("GET /api/v1/agreements/{KEY}"),
        200,
        json!({
            "summary": agreement(true), "agreement": {}, "learns": [],
        }),
    );
    assert!(!desk.get(&page).await.text.contains("/sign\""));
    desk.fake.answer(
        &format!("GET /api/v1/agreements/{KEY}/dossier"),
        200,
        json!({ "a": 1 }),
    );
    let file = desk.get(&format!("{page}/dossier")).await;
    assert!(
        file.headers[CONTENT_DISPOSITION]
            .to_str()
            .unwrap()
            .contains("agreement-abababababab.json")
    );
}

#[tokio::test]
async fn an_agreement_is_drafted_as_it_is_typed() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = "/compliance/agreements/new";
    let ask = "POST /api/v1/agreements/drafts";
    let nothing = desk.submit(page, &[]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in [
        "number",
        "peer",
        "from",
        "place",
        "p0_programmes",
        "p1_programmes",
        "expires",
    ] {
        assert!(nothing.text.contains(&format!("href=\"#f-{field}\"")), "{field}");
    }
    let typed = [
        ("number", "县协〔2026〕1号"),
        ("purpose", "duplicates"),
        ("peer", KEY),
        ("receivers", "both"),
        ("p0_programmes", "minimum_living"),
        ("p0_programmes", "extreme_poverty"),
        ("p1_programmes", "disabled_care"),
        ("from", "2026-07"),
        ("until", "2026-09"),
        ("place", "290101"),
        ("valid_from", "2026-10-01"),
        ("expires", "2027-09-30"),
        ("p0_max", "100,000"),
        ("rules", "X3、X4"),
        ("compare_names", "false"),
    ];
    let wrong = [&typed[..], &[("p1_max", "许多")]].concat();
    let wrong = desk.submit(page, &wrong).await;
    assert!(wrong.text.contains("href=\"#f-p1_max\""));
    // What was typed stands there still.
    assert!(
        wrong.text.contains("value=\"minimum_living\" selected") && wrong.text.contains("县协〔2026〕1号")
    );
    assert!(desk.fake.bodies(ask).is_empty());

    let refusal = json!({ "error": {
        "code": "agreement", "field": "selection.months", "message": "",
        "params": { "field": "selection.months", "wrong": "out_of_range" },
    } });
    desk.fake.answer(ask, 422, refusal);
    let refused = desk.submit(page, &typed).await;
    assert!(refused.text.contains("href=\"#f-until\""), "{}", refused.text);
    let no_rule = json!({ "error": {
        "code": "agreement", "field": "rules", "message": "", "params": { "field": "rules", "wrong": "missing" },
    } });
    desk.fake.answer(ask, 422, no_rule);
    let typed_rules = |(name, _): &(&str, &str)| *name == "rules";
    let without: Vec<_> = typed
        .iter()
        .copied()
        .filter(|field| !typed_rules(field))
        .collect();
    let refused = desk.submit(page, &without).await;
    assert!(
        refused.text.contains("href=\"#f-p0_programmes\""),
        "{}",
        refused.text
    );
    desk.fake.answer(
        ask,
        201,
        json!({ "agreement": KEY, "delivered": true, "by_files": false }),
    );
    let drafted = desk.submit(page, &typed).await;
    let own = format!("/compliance/agreements/{KEY}?done=compliance.done_drafted");
    assert_eq!(drafted.location(), own);
    let sent: Value = serde_json::from_slice(desk.fake.bodies(ask).last().unwrap()).unwrap();
    assert_eq!(
        sent["own_programmes"],
        json!(["minimum_living", "extreme_poverty"])
    );
    assert_eq!(sent["max_own_elements"], 100_000);
    assert_eq!(sent["rules"], json!(["X3", "X4"]));
    assert_eq!(
        (&sent["compare_names"], &sent["receivers"]),
        (&json!(false), &json!("both"))
    );
    // What was left empty is for the purpose to say.
    assert!(
        ["legal_basis", "key_kind", "retention_days", "max_peer_elements"]
            .iter()
            .all(|term| sent[term].is_null())
    );
}

#[tokio::test]
async fn a_report_that_is_handed_in_holds_or_does_not() {
    let mut desk = Desk::of("compliance").await;
    let token = desk.get("/compliance/verify").await.token();
    let ask = "POST /api/v1/reports/verify";
    let send = |fields: Vec<(&'static str, Option<&'static str>, String)>| {
        let token = token.clone();
        let all: Vec<_> = std::iter::once(("csrf", None, token)).chain(fields).collect();
        let all: Vec<_> = all
            .iter()
            .map(|(name, file, content)| (*name, *file, content.as_str()))
            .collect();
        multipart("/compliance/verify", &all)
    };
    let none = send(vec![("report", Some(""), String::new())]);
    let none = desk.send(none.0, none.1).await;
    assert!(none.text.contains("href=\"#f-report\"") && desk.fake.bodies(ask).is_empty());

    let verified = json!({
        "digest": KEY, "form": "internal", "copy": 3, "made_at": AT, "round": KEY, "agreement": EVIL, "by": EVIL,
        "node_key": OTHER, "signer": null, "parties": [], "has_receipt": true,
    });
    desk.fake.answer(ask, 200, verified);
    let report = || ("report", Some("<b>.json"), "{\"报\":1}".to_owned());
    let card = |text: &str| ("cards", Some("a.card"), text.to_owned());
    let sent = send(vec![report(), card("一"), card("二")]);
    let holds = desk.send(sent.0, sent.1).await;
    assert_eq!(holds.status, StatusCode::OK, "{}", holds.text);
    assert!(holds.text.contains("&#60;b&#62;.json") && holds.text.contains("尚未核对"));
    assert!(!holds.text.contains("<script>alert"));
    let body: Value = serde_json::from_slice(&desk.fake.bodies(ask)[0]).unwrap();
    assert_eq!(body, json!({ "report": "{\"报\":1}", "cards": ["一", "二"] }));

    let fails = json!({ "error": { "code": "report_section", "params": { "section": EVIL } } });
    desk.fake.answer(ask, 422, fails);
    let sent = send(vec![report()]);
    let fails = desk.send(sent.0, sent.1).await;
    assert!(fails.text.contains("report_section") && fails.text.contains("核验不通过"));
    desk.fake.answer(
        ask,
        422,
        json!({ "error": { "code": "card_signature", "params": {} } }),
    );
    let sent = send(vec![report(), card("x")]);
    let card = desk.send(sent.0, sent.1).await;
    assert_eq!(card.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(card.text.contains("card_signature") && !card.text.contains("核验不通过"));
}

/// Larger than a form may be, and no larger than a report can be.
#[tokio::test]
async fn a_large_report_is_read_and_one_that_is_too_large_is_not() {
    let mut desk = Desk::of("compliance").await;
    let token = desk.get("/compliance/verify").await.token();
    let ask = "POST /api/v1/reports/verify";
    desk.fake.answer(
        ask,
        422,
        json!({ "error": { "code": "report_head", "params": {} } }),
    );
    for (mebibytes, read) in [(2, 1), (65, 1)] {
        let content = " ".repeat(mebibytes << 20);
        let fields = [
            ("csrf", None, token.as_str()),
            ("report", Some("r.json"), content.as_str()),
        ];
        let sent = multipart("/compliance/verify", &fields);
        let answer = desk.send(sent.0, sent.1).await;
        assert_eq!(desk.fake.bodies(ask).len(), read, "{mebibytes}");
        assert_eq!(answer.text.contains("href=\"#f-report\""), mebibytes > 64);
    }
}

#[tokio::test]
async fn the_log_is_narrowed_down_and_its_chain_followed() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = desk
        .get("/compliance/log?kind=report_made&actor=%E7%8E%8B&from=2026-11-01&before=200")
        .await;
    let path = asked(&desk, "/api/v1/audit/entries");
    for part in [
        "before=200",
        "kind=report_made",
        "actor=%E7%8E%8B",
        "from=2026-11-01",
    ] {
        assert!(path.split(['?', '&']).any(|each| each == part), "{path}: {part}");
    }
    assert!(
        page.text.contains("from=2026-11-01&#38;before=151"),
        "the way to earlier ones keeps what was asked"
    );
    let wrong = desk.get("/compliance/log?until=soon").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        desk.submit("/compliance/log", &[])
            .await
            .text
            .contains("日志完整")
    );
    let broken = json!({ "intact": false, "head": null, "bad_entry": 77 });
    desk.fake.answer("GET /api/v1/audit/verify", 200, broken);
    let said = desk.submit("/compliance/log", &[]).await;
    assert!(said.text.contains("第 77 条") && said.text.contains("role=\"alert\""));
}

#[tokio::test]
async fn the_ledger_sums_up_what_went_to_whom_and_is_unlocked_with_a_reason() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    let page = desk.get("/compliance/ledger").await;
    assert!(page.text.contains("4,321") && page.text.contains("<td class=\"num\">999"));
    let ask = "POST /api/v1/ledger/unlock";
    assert!(
        desk.submit("/compliance/ledger", &[])
            .await
            .text
            .contains("href=\"#f-reason\"")
    );
    desk.fake.answer(ask, 204, Value::Null);
    let done = desk.submit("/compliance/ledger", &[("reason", "已核对")]).await;
    assert_eq!(
        done.location(),
        "/compliance/ledger?done=compliance.done_unlocked"
    );
    let file = desk.get("/compliance/ledger/disclosures.csv").await;
    assert!(file.text.contains("29**************28") && file.text.lines().count() == 2);
}
