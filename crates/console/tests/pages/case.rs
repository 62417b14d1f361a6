//! The pages of case workers over canned answers: what stands in them, what they ask, what they refuse.

pub(crate) mod canned;
mod number;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::it::every_field_has_its_label;
use canned::{EVIL, ITEM, NOTICE, ROUND, canned, check, detail, history, inquiry, matter, pages};

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    for page in pages() {
        for lang in ["zh", "en"] {
            let between = if page.contains('?') { '&' } else { '?' };
            let answer = desk.get(&format!("{page}{between}lang={lang}")).await;
            let text = &answer.text;
            assert_eq!(answer.status, StatusCode::OK, "{page}: {text}");
            assert!(!text.contains("<script>"), "{page}");
            assert!(text.len() < 300 << 10, "{page} is {} bytes", text.len());
            assert!(!text.contains(" style=") && !text.contains(" onclick="), "{page}");
            assert_eq!(text.matches("<h1").count(), 1, "{page}");
            for left in [">case.", ">shell.", "{0}", "{1}"] {
                assert!(!text.contains(left), "{page}: {left}");
            }
            every_field_has_its_label(&page, text);
            ids_are_apart(&page, text);
            for form in text.split("<form ").skip(1) {
                let (head, rest) = form.split_once('>').unwrap();
                let has_token = rest
                    .trim_start()
                    .starts_with("<input type=\"hidden\" name=\"csrf\"");
                assert!(has_token || head.contains("method=\"get\""), "{page}: {head}");
            }
            for table in text.split("<table").skip(1) {
                let (head, _) = table.split_once("</thead>").unwrap();
                assert!(head.contains("<caption"), "{page}");
                assert_eq!(
                    head.matches("<th ").count(),
                    head.matches("scope=\"col\"").count(),
                    "{page}"
                );
            }
        }
        // Wherever a finding is, the notice is, and so with what a finding led to.
        let and = if page.contains('?') { '&' } else { '?' };
        let text = desk.get(&format!("{page}{and}lang=zh")).await.text;
        assert!(text.contains(NOTICE), "{page}");
    }
}

fn ids_are_apart(page: &str, text: &str) {
    let mut ids: Vec<&str> = text
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    ids.sort_unstable();
    for pair in ids.windows(2) {
        assert_ne!(pair[0], pair[1], "{page}");
    }
}

#[tokio::test]
async fn no_page_of_case_workers_is_another_roles() {
    for role in ["it", "compliance", "office"] {
        let mut desk = Desk::of(role).await;
        canned(&desk);
        for page in pages() {
            assert_eq!(
                desk.get(&page).await.status,
                StatusCode::FORBIDDEN,
                "{role} {page}"
            );
        }
        let act = format!("/case/findings/{ROUND}/3/acts");
        assert_eq!(
            desk.submit(&act, &[("act", "taken")]).await.status,
            StatusCode::FORBIDDEN
        );
    }
}

#[tokio::test]
async fn nothing_is_done_without_a_token() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let finding = format!("/case/findings/{ROUND}/3");
    for act in [
        format!("{finding}/acts"),
        format!("{finding}/explanation"),
        format!("{finding}/record"),
        format!("{finding}/inquiry"),
        format!("{finding}/unmaskings"),
        format!("{finding}/unmaskings/2/look"),
        format!("/case/inquiries/{ITEM}/acts"),
        "/case/matters/new".to_owned(),
        "/case/matters/7/acts".to_owned(),
        "/case/matters/register".to_owned(),
        "/case/matters/confirm".to_owned(),
        format!("/case/clues/{ROUND}/3"),
        "/case/checks".to_owned(),
        format!("/case/checks/{ITEM}/results"),
        format!("/case/checks/{ITEM}/receipt"),
        "/case/letters/notice".to_owned(),
    ] {
        assert_eq!(
            desk.post(&act, &[("csrf", "no")]).await.status,
            StatusCode::FORBIDDEN,
            "{act}"
        );
    }
    let asked = desk.fake.asked.lock().unwrap();
    let changed = asked
        .iter()
        .filter(|(method, path, _)| method != "GET" && path != "/api/v1/session");
    assert_eq!(changed.count(), 0);
}

/// What lists of findings were asked with, in turn.
fn findings_asked(desk: &Desk) -> Vec<String> {
    let asked = desk.fake.asked.lock().unwrap();
    asked
        .iter()
        .map(|(_, path, _)| path.clone())
        .filter(|path| path.starts_with("/api/v1/findings?"))
        .collect()
}

#[tokio::test]
async fn a_list_asks_for_what_the_filter_says_and_keeps_it() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let filter =
        "rule=X3&stage=undecided&whose=mine&from=2026-07&least=650.5&key_group=yes&late=yes&sort=fen";
    let page = desk.get(&format!("/case/findings?{filter}")).await;
    assert_eq!(page.status, StatusCode::OK);
    let asked = findings_asked(&desk).pop().unwrap();
    for part in [
        "rule=X3",
        "stage=stage_open%2Cstage_taken%2Cstage_verified%2Cstage_excepted%2Cstage_told%2Cstage_heard",
        "owner=%3Cscript%3E%E7%8E%8B",
        "from=2026-07",
        "min_fen=65050",
        "key_group=yes",
        "late=true",
        "sort=fen",
    ] {
        assert!(asked.contains(part), "{part}: {asked}");
    }
    // The next page, and the same column the other way round, keep the filter.
    assert!(
        page.text
            .contains("least=650%2E5&#38;key_group=yes&#38;late=yes&#38;sort=fen&#38;after=100")
    );
    assert!(page.text.contains("sort=fen&#38;descending=true"));
    assert!(page.text.contains("aria-sort=\"ascending\""));
    let before = findings_asked(&desk).len();
    let wrong = desk.get("/case/findings?least=ten").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("href=\"#f-least\"") && wrong.text.contains("value=\"ten\""));
    assert_eq!(
        findings_asked(&desk).len(),
        before,
        "what can't be read is not asked"
    );
}

#[tokio::test]
async fn an_act_is_recorded_or_said_to_be_refused() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let path = format!("/case/findings/{ROUND}/3/acts");
    let api = format!("POST /api/v1/rounds/{ROUND}/findings/3/events");
    desk.fake.answer(&api, 200, history("stage_told"));
    let told = [
        ("act", "told"),
        ("told_document", "民告〔2026〕1号"),
        ("told_on", "2026-11-02"),
        ("days", "5"),
        ("unit", "natural"),
        ("period_until", ""),
    ];
    let done = desk.submit(&path, &told).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    assert_eq!(
        done.location(),
        format!("/case/findings/{ROUND}/3?done=case.done_act")
    );
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&api)[0]).unwrap();
    let act = json!({ "told": { "document": "民告〔2026〕1号", "days": 5, "unit": "natural" } });
    assert_eq!(sent, json!({ "on": "2026-11-02", "act": act }));

    desk.fake.answer(
        &format!("GET /api/v1/rounds/{ROUND}/findings/3"),
        200,
        detail("stage_taken"),
    );
    // Nothing is sent of what is not filled in, and what was typed stays.
    let empty = desk
        .submit(
            &path,
            &[
                ("act", "verified"),
                ("verified_reason", ""),
                ("verified_on", "yesterday"),
            ],
        )
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    for place in ["#f-verified_reason", "#f-verified_on"] {
        assert!(empty.text.contains(&format!("href=\"{place}\"")), "{place}");
    }
    assert!(empty.text.contains("value=\"yesterday\""));
    assert_eq!(desk.fake.bodies(&api).len(), 1);

    desk.fake.answer(
        &format!("GET /api/v1/rounds/{ROUND}/findings/3"),
        200,
        detail("stage_heard"),
    );
    desk.fake.answer(
        &api,
        422,
        json!({ "error": { "code": "not_heard", "params": {} } }),
    );
    let decided = [
        ("act", "decided"),
        ("decided_decision", "decision_recovered"),
        ("decided_yuan", "650.50"),
        ("decided_authority", "县民政局"),
        ("decided_document", "民决〔2026〕1号"),
        ("decided_reason", "核实属实<b>"),
        ("decided_on", "2026-11-03"),
    ];
    let refused = desk.submit(&path, &decided).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("not_heard") && refused.text.contains("核实属实&#60;b&#62;"));
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&api)[0]).unwrap();
    assert_eq!(
        sent["act"]["decided"]["decision"],
        json!({ "recovered": { "fen": 65050 } })
    );
    assert_eq!(
        desk.submit(&path, &[("act", "forgotten")]).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_step_is_offered_where_the_law_has_it() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let page = format!("/case/findings/{ROUND}/3");
    for (stage, offered, not) in [
        ("stage_open", "taken", "decided"),
        ("stage_taken", "verified", "told"),
        ("stage_verified", "told", "heard"),
        ("stage_told", "heard", "told"),
        ("stage_heard", "decided", "told"),
        ("stage_decided", "reviewed", "decided"),
        ("stage_reviewed", "corrected", "reviewed"),
    ] {
        let path = format!("GET /api/v1/rounds/{ROUND}/findings/3");
        desk.fake.answer(&path, 200, detail(stage));
        let text = desk.get(&page).await.text;
        let form = |act: &str| text.contains(&format!("name=\"act\" value=\"{act}\""));
        assert!(form(offered) && !form(not), "{stage}");
    }
}

/// Whoever takes an objection in, it is for another to answer; what was reviewed is reviewed once more.
#[tokio::test]
async fn an_objection_is_recorded_and_then_answered() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let page = format!("/case/findings/{ROUND}/3");
    for stage in ["stage_decided", "stage_reviewed"] {
        for objected in [None, Some("2026-11-03")] {
            let mut detail = detail(stage);
            detail["finding"]["review"]["objected_on"] = json!(objected);
            let path = format!("GET /api/v1/rounds/{ROUND}/findings/3");
            desk.fake.answer(&path, 200, detail);
            let text = desk.get(&page).await.text;
            let acts = offered_acts(&text);
            assert!(acts.contains(&"objected"), "{stage}: {acts:?}");
            let reviewed = stage == "stage_decided" || objected.is_some();
            assert_eq!(acts.contains(&"reviewed"), reviewed, "{stage}: {acts:?}");
            assert_eq!(
                text.contains("2026-11-03 提出异议，待答复"),
                objected.is_some(),
                "{stage}"
            );
            assert_eq!(
                text.contains("当事人提出异议，尚未答复"),
                objected.is_some(),
                "{stage}"
            );
        }
    }
    let objected = json!({ "document": "异议书1号", "reason": "八月未领取", "received": "2026-11-03" });
    let mut told = history("stage_corrected");
    told["acts"] = json!([{
        "number": 1, "at": "2026-11-04T02:00:00Z", "by": "丁", "on": "2026-11-04", "code": "review_objected", "act": { "objected": objected },
    }]);
    let path = format!("GET /api/v1/rounds/{ROUND}/findings/3");
    desk.fake.answer(&path, 200, detail("stage_corrected"));
    desk.fake.answer(&format!("{path}/history"), 200, told);
    let text = desk.get(&page).await.text;
    for said in ["review_objected", "收到日期", "异议书1号", "八月未领取"] {
        assert!(text.contains(said), "{said}");
    }

    let api = format!("POST /api/v1/rounds/{ROUND}/findings/3/events");
    desk.fake.answer(&api, 200, history("stage_decided"));
    let fields = [
        ("act", "objected"),
        ("objected_document", "异议书1号"),
        ("objected_reason", "八月未领取"),
        ("objected_received", "2026-11-03"),
        ("objected_on", "2026-11-04"),
        ("after", "6"),
    ];
    let path = format!("{page}/acts");
    assert_eq!(desk.submit(&path, &fields).await.status, StatusCode::SEE_OTHER);
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&api)[0]).unwrap();
    let objected = json!({ "document": "异议书1号", "reason": "八月未领取", "received": "2026-11-03" });
    let expected = json!({ "on": "2026-11-04", "after": 6, "act": { "objected": objected } });
    assert_eq!(sent, expected);
    let wrong = [("act", "taken"), ("after", "many")];
    assert_eq!(desk.submit(&path, &wrong).await.status, StatusCode::BAD_REQUEST);
}

/// 个人信息保护法 art. 24 and what the other agency withdrew: an act is offered where it is not refused.
#[tokio::test]
async fn verification_is_offered_again_once_the_other_agency_has_withdrawn_its_finding() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let page = format!("/case/findings/{ROUND}/3");
    for stage in ["stage_verified", "stage_excepted", "stage_told", "stage_heard"] {
        for again in [false, true] {
            let mut detail = detail(stage);
            detail["finding"]["review"]["verify_again"] = json!(again);
            let path = format!("GET /api/v1/rounds/{ROUND}/findings/3");
            desk.fake.answer(&path, 200, detail);
            let text = desk.get(&page).await.text;
            let acts = offered_acts(&text);
            assert_eq!(acts.contains(&"verified"), again, "{stage}: {acts:?}");
            assert_eq!(acts[0] == "verified", again, "it is what comes next: {stage}");
            assert_eq!(text.contains("下一步：重新核实"), again, "{stage}");
            // What takes nothing from the person may be decided without.
            assert!(acts.contains(&"decided"), "{stage}: {acts:?}");
        }
    }
}

#[tokio::test]
async fn a_number_at_the_counter_is_never_shown_again() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let number = "290105194912310029";
    let fields = [
        ("kind", "resident"),
        ("number", number),
        ("programme", "minimum_living"),
        ("from", "2026-12"),
        ("ground", "consent"),
        ("document", "同意书1号"),
        ("case_file", "卷1号"),
    ];
    desk.fake.answer(
        "POST /api/v1/prechecks",
        422,
        json!({ "error": { "code": "precheck_number", "params": { "person": "1" } } }),
    );
    let refused = desk.submit("/case/checks", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("href=\"#f-number\"") && refused.text.contains("卷1号"));
    assert!(!refused.text.contains(number));
    desk.fake
        .answer("POST /api/v1/prechecks", 202, json!({ "check": ITEM }));
    let begun = desk.submit("/case/checks", &fields).await;
    assert_eq!(begun.location(), format!("/case/checks/{ITEM}"));
    let sent: Value = serde_json::from_slice(&desk.fake.bodies("POST /api/v1/prechecks")[0]).unwrap();
    assert_eq!(
        sent["authority"],
        json!({ "consent": { "document": "同意书1号" } })
    );
    assert_eq!(sent["people"][0]["number"], number);
    // What it says is asked for by a button, since looking is logged.
    desk.fake.answer(
        &format!("POST /api/v1/prechecks/{ITEM}/results"),
        200,
        check(true),
    );
    let said = desk.submit(&format!("/case/checks/{ITEM}/results"), &[]).await;
    assert!(
        said.text.contains("precheck_verdict_would_break"),
        "{}",
        said.text
    );
    assert!(!said.text.contains("<script>"));
    let opened = [
        ("kind", "notice"),
        ("number", "台账1号"),
        ("document_kind", "resident"),
        ("id_number", number),
    ];
    let refused = desk
        .submit(
            "/case/matters/new",
            &[&opened[..], &[("other_role", "court")]].concat(),
        )
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("台账1号") && !refused.text.contains(number));
}

#[tokio::test]
async fn a_matter_takes_the_acts_of_its_stage() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let api = "POST /api/v1/matters/7/events";
    desk.fake.answer(api, 200, json!({}));
    let page = desk.get("/case/matters/7").await;
    assert!(page.text.contains("name=\"act\" value=\"answered\""));
    // What was recorded stands there in the words of the form, the answer and its reason with them.
    for said in [
        "：案件情况",
        "：不予救助",
        "：feedback_reason_income",
        "：2026-12-08 截止（5 工作日）",
    ] {
        assert!(page.text.contains(said), "{said}: {}", page.text);
    }
    for code in ["case_facts", "：due", "：answer"] {
        assert!(!page.text.contains(code), "{code}: {}", page.text);
    }
    let fields = [
        ("act", "answered"),
        ("answer", "refused.income"),
        ("days", "5"),
        ("unit", "working"),
        ("on", "2026-11-03"),
    ];
    let done = desk.submit("/case/matters/7/acts", &fields).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(api)[0]).unwrap();
    let answered =
        json!({ "answer": { "refused": { "reason": "income" } }, "due": { "days": 5, "unit": "working" } });
    assert_eq!(
        sent,
        json!({ "on": "2026-11-03", "act": { "transfer": { "answered": answered } } })
    );
    // An act of another stage was offered by a page that is old.
    let old = desk.submit("/case/matters/7/acts", &[("act", "visited")]).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(desk.fake.bodies(api).len(), 1);
}

#[tokio::test]
async fn what_a_comparison_told_of_transfers_is_recorded() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let api = format!("POST /api/v1/rounds/{ROUND}/confirmation");
    let told = json!({
        "recorded": [{ "seq": 1, "number": EVIL, "stage": EVIL, "acts": [EVIL] }], "unchanged": 4,
        "unfit": [{ "seq": 2, "letter": EVIL, "number": null, "why": EVIL, "params": { "a": EVIL } }],
    });
    desk.fake.answer(&api, 200, told);
    let fields = [("round", ROUND), ("working_days", "7")];
    let said = desk.submit("/case/matters/confirm", &fields).await;
    assert_eq!(said.status, StatusCode::OK, "{}", said.text);
    assert!(said.text.contains("记入 1 项，4 项没有变化") && !said.text.contains("<script>"));
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&api)[0]).unwrap();
    assert_eq!(sent, json!({ "working_days": 7 }));
    desk.fake.answer(
        "POST /api/v1/matters/register",
        200,
        json!({ "dataset": 3, "rows": 9 }),
    );
    let taken = desk.submit("/case/matters/register", &[]).await;
    assert_eq!(taken.location(), "/case/matters?done=case.done_registered");
}

#[tokio::test]
async fn an_inquiry_is_drafted_approved_and_answered() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let draft = format!("POST /api/v1/rounds/{ROUND}/findings/3/inquiries");
    let item = json!({ "notice": EVIL, "inquiry": inquiry("inquiry_stage_drafted"), "disclosure": null, "refused_there": null, "records": null, "acts": [] });
    desk.fake.answer(&draft, 200, item);
    let fields = [
        ("document", "协1号"),
        ("question", ""),
        ("days", "7"),
        ("unit", "working"),
    ];
    let drafted = desk
        .submit(&format!("/case/findings/{ROUND}/3/inquiry"), &fields)
        .await;
    assert_eq!(
        drafted.location(),
        format!("/case/inquiries/{ITEM}?done=case.done_inquiry_drafted")
    );
    let sent: Value = serde_json::from_slice(&desk.fake.bodies(&draft)[0]).unwrap();
    assert_eq!(sent, json!({ "document": "协1号", "days": 7, "unit": "working" }));
    let acts = format!("/case/inquiries/{ITEM}/acts");
    for (fields, path) in [
        (vec![("act", "approve")], "approve"),
        (vec![("act", "close"), ("close_reason", "已阅")], "close"),
        (
            vec![
                ("act", "answer"),
                ("answer", "no_record"),
                ("answer_document", "复1号"),
            ],
            "answer",
        ),
    ] {
        desk.fake
            .answer(&format!("POST /api/v1/inquiries/{ITEM}/{path}"), 200, json!({}));
        let done = desk.submit(&acts, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{path}: {}", done.text);
    }
    let empty = desk.submit(&acts, &[("act", "refuse")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        desk.submit(&acts, &[("act", "../../x")]).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_clue_is_taken_into_the_ledger() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    let api = format!("POST /api/v1/rounds/{ROUND}/findings/3/clue");
    let taken = json!({ "matter": matter("clue_stage_taken"), "withheld": false, "acts": [] });
    desk.fake.answer(&api, 200, taken);
    let path = format!("/case/clues/{ROUND}/3");
    let done = desk.submit(&path, &[("number", "线1号"), ("on", "")]).await;
    assert_eq!(done.location(), "/case/matters/7?done=case.done_taken");
    desk.fake.answer(
        &api,
        409,
        json!({ "error": { "code": "matter_exists", "params": {} } }),
    );
    let refused = desk.submit(&path, &[("number", "线<1>号"), ("on", "")]).await;
    assert!(refused.text.contains("matter_exists") && refused.text.contains("线&#60;1&#62;号"));
}

#[tokio::test]
async fn a_letter_is_set_from_what_was_filled_in() {
    let mut desk = Desk::of("case_worker").await;
    canned(&desk);
    assert_eq!(desk.get("/case/letters/poem").await.status, StatusCode::NOT_FOUND);
    let page = desk
        .get(&format!("/case/letters/notice?round={ROUND}&seq=3"))
        .await;
    assert_eq!(page.status, StatusCode::OK);
    // What is known already stands in it.
    assert!(
        page.text
            .contains("name=\"from\" type=\"text\" autocomplete=\"off\" value=\"&#60;script")
    );
    let number = "290105194912310029";
    let fields = |from: &'static str| {
        [
            ("from", from),
            ("person_number", number),
            ("person_document", "护照"),
            ("papers", "移送函\r\n案件情况\r\n"),
            ("form", "page"),
        ]
    };
    let set = desk.submit("/case/letters/notice", &fields("县\"民政局")).await;
    assert_eq!(set.status, StatusCode::OK, "{}", set.text);
    let given: Value = serde_json::from_str(&set.text).unwrap();
    assert_eq!(given["kind"], "notice");
    let facts: toml::Table = toml::from_str(given["facts"].as_str().unwrap()).unwrap();
    assert_eq!(facts["from"].as_str(), Some("县\"民政局"));
    assert_eq!(facts["papers"].as_array().map(Vec::len), Some(2));
    let wrong = desk.submit("/case/letters/notice", &fields("WRONG!")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("href=\"#f-from\"") && wrong.text.contains("letter_empty"));
    assert!(wrong.text.contains("field=发文机关"), "{}", wrong.text);
    assert!(wrong.text.contains("<option selected>护照"));
    assert!(!wrong.text.contains(number));
    // Of what was filled in the node is told nothing.
    let asked = desk.fake.asked.lock().unwrap();
    assert!(
        asked
            .iter()
            .all(|(_, path, body)| !path.contains(number) && !String::from_utf8_lossy(body).contains(number))
    );
}

/// The acts that a page has forms for, in their order.
fn offered_acts(text: &str) -> Vec<&str> {
    let forms = text.split("name=\"act\" value=\"").skip(1);
    forms.filter_map(|rest| rest.split('"').next()).collect()
}
