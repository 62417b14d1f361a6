//! The pages of compliance over canned answers: what stands in them, and whose they are.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::desk::Desk;
use crate::it::multipart;

/// In every text that an agency, a peer or a person could have written.
pub(crate) const EVIL: &str = "<script>alert('x')</script>\"'&";

pub(crate) const KEY: &str = "abababababababababababababababababababababababababababababababab";
pub(crate) const OTHER: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
pub(crate) const ITEM: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
pub(crate) const AT: &str = "2026-11-30T16:00:00Z";
pub(crate) const NOTICE: &str = "不得仅凭比对结果停发或追缴";

/// By this name acts of whoever signs in are on record: the fake's sessions have it.
pub(crate) const ME: &str = "<script>王";

pub(crate) fn finding(stage: &str) -> Value {
    json!({
        "seq": 1, "kind": "duplicate", "rule": "X3", "peer": EVIL, "person": "29**************28",
        "rows": [{ "dataset": EVIL, "file": 1, "sheet": 1, "row": 2 }], "months": ["2026-07"], "changeover": [],
        "programmes": [EVIL], "to_verify_fen": 123456, "letter": EVIL,
        "feedback": { "state": EVIL, "date": "2026-08-03", "reason": EVIL }, "name": EVIL,
        "review": {
            "stage": stage, "owner": EVIL, "verdict": null, "decision": "decision_stopped", "hearing_until": null,
            "corrected_before": null, "there": there(),
        },
        "care": { "protected": true, "minor": "yes", "disabled": "no", "key_group": "unknown" },
        "due": { "awaited": EVIL, "since": "2026-11-01", "days": 20, "until": "2026-11-29", "late": "yes" },
    })
}

fn there() -> Value {
    json!({
        "item": ITEM, "outcome": EVIL, "document": EVIL, "on": "2026-11-01", "heard_at": AT, "contradiction": EVIL,
    })
}

fn act(code: &str, by: &str, act: Value) -> Value {
    json!({ "number": 1, "at": AT, "by": by, "on": "2026-11-01", "code": code, "act": act })
}

pub(crate) fn inquiry(stage: &str, owner: &str, approved_by: &[&str]) -> Value {
    json!({
        "item": ITEM, "side": "asks", "stage": stage, "overdue": false, "due": "2026-12-20", "released_on": null,
        "peer": KEY, "peer_name": EVIL, "agreement": KEY, "agreement_number": EVIL, "document": EVIL, "rule": "X3",
        "months": ["2026-07"], "person": "29**************28", "key_group": "yes", "words_may_cross": true,
        "opened_at": AT, "owner": owner, "approved_by": approved_by, "finding": { "round": KEY, "seq": 1 },
        "question": EVIL, "answer": { "answer": "unclear", "document": EVIL, "text": "*" },
    })
}

pub(crate) fn unmasking(n: u64, state: &str, by: &str) -> Value {
    json!({
        "unmasking": n, "round": KEY, "seq": 1, "asked_by": by, "asked_at": AT, "reason": EVIL, "state": state,
        "decided_by": EVIL, "decided_at": AT, "expires_at": AT, "looks": [AT],
    })
}

pub(crate) fn agreement(signed: bool) -> Value {
    json!({
        "digest": KEY, "number": EVIL, "purpose": "duplicates", "state": if signed { "signed" } else { "draft" },
        "reason": EVIL, "parties": [
            { "name": EVIL, "node_key": KEY, "receives": true, "signed": signed },
            { "name": EVIL, "node_key": OTHER, "receives": false, "signed": true },
        ],
        "valid_from": "2026-01-01", "expires": "2026-12-31", "changed_at": AT,
    })
}

pub(crate) fn list(findings: usize) -> Value {
    let each = json!({ "round": KEY, "finding": finding("stage_decided") });
    json!({
        "notice": NOTICE, "findings": vec![each; findings], "total": 1234, "to_ask": 3, "late": 2,
        "rules": ["X3"], "peers": [EVIL], "on": "2026-12-01", "next": 100,
    })
}

/// What each page asks for, with the worst in every text.
pub(crate) fn canned(desk: &Desk) {
    let node = json!({
        "name": EVIL, "role": EVIL, "address": EVIL, "node_key": KEY, "fingerprint": EVIL, "version": EVIL,
        "config_digest": KEY, "started_at": AT, "log": { "seq": 250, "hash": KEY }, "peers": 1, "datasets": 1,
    });
    let round = json!({
        "id": KEY, "agreement": KEY, "peer": OTHER, "peer_name": EVIL, "role": EVIL, "state": "done", "error": null,
        "reason": null, "reason_params": {}, "started_at": AT, "ended_at": AT, "datasets": [1],
        "own_elements": 7, "peer_elements": 8, "matched": 1, "bytes_out": 2048, "bytes_in": 10,
        "progress": null, "by_files": true, "waiting": null, "interrupted": null,
    });
    let one = format!("/api/v1/rounds/{KEY}/findings/1");
    let decided = json!({ "decided": {
        "decision": { "recovered": { "fen": 65050 } }, "authority": EVIL, "document": EVIL, "reason": "*",
    } });
    let answers = [
        ("/api/v1/node", node),
        (
            "/api/v1/programmes",
            json!({ "programmes": [{ "code": "minimum_living", "name": EVIL }] }),
        ),
        (
            "/api/v1/peers",
            json!({ "peers": [{
            "node_key": OTHER, "name": EVIL, "role": EVIL, "carrier": "line", "address": EVIL, "fingerprint": EVIL,
        }] }),
        ),
        ("/api/v1/rounds", json!({ "rounds": [round.clone()] })),
        (&format!("/api/v1/rounds/{KEY}"), round),
        (
            &format!("/api/v1/rounds/{KEY}/findings"),
            json!({
                "notice": NOTICE, "findings": [], "total": 7, "to_ask": 1, "corrected": 1,
                "cannot_find": [{ "rule": EVIL, "reason": EVIL, "rows": 3 }], "next": null,
            }),
        ),
        ("/api/v1/findings", list(1)),
        (
            &one,
            json!({
                "notice": NOTICE, "finding": finding("stage_decided"), "withheld": false, "case": EVIL,
                "payments": [{ "programme": EVIL, "when": "2026-07", "to_household": true, "fen": 65050 }],
                "inquiries": [],
            }),
        ),
        (
            &format!("{one}/history"),
            json!({
                "notice": NOTICE, "seq": 1, "review": finding("stage_decided")["review"], "withheld": true,
                "acts": [act("review_decided", EVIL, decided)], "inquiries": [inquiry(EVIL, EVIL, &[])],
                "there": [there()], "to_recall": [{ "copy": 2, "at": AT, "by": EVIL }],
            }),
        ),
        (
            &format!("{one}/unmaskings"),
            json!({ "unmaskings": [unmasking(1, "unmasking_asked", EVIL)] }),
        ),
        (
            "/api/v1/unmaskings",
            json!({ "unmaskings": [
            unmasking(3, "unmasking_asked", EVIL), unmasking(2, "unmasking_granted", ME),
            unmasking(1, "unmasking_granted", EVIL),
        ], "next": 1 }),
        ),
        (
            "/api/v1/inquiries",
            json!({
                "notice": NOTICE, "inquiries": [inquiry("inquiry_stage_drafted", EVIL, &[]), inquiry(EVIL, EVIL, &[EVIL])],
            }),
        ),
        (
            &format!("/api/v1/inquiries/{ITEM}"),
            json!({
                "notice": NOTICE, "inquiry": inquiry("inquiry_stage_approved", EVIL, &[EVIL]), "disclosure": 7,
                "refused_there": EVIL, "records": null, "there": [there()],
                "acts": [act(EVIL, EVIL, json!({ "refused": { "reason": EVIL } }))],
            }),
        ),
        (
            "/api/v1/agreements",
            json!({ "agreements": [agreement(false), agreement(true)] }),
        ),
        (
            &format!("/api/v1/agreements/{KEY}"),
            json!({
                "summary": agreement(false),
                "agreement": {
                    "legal_basis": [EVIL], "rules": ["X3"], "retention_days": 730, "rounds_a_month": 1,
                    "parties": [{ "programmes": [EVIL] }, { "programmes": [EVIL] }],
                },
                "learns": [{ "party": EVIL, "code": EVIL, "params": { "a": EVIL } }],
            }),
        ),
        (
            "/api/v1/ledger/budgets",
            json!({ "budgets": [{
            "peer": OTHER, "name": EVIL, "month": "2026-12", "limit": 1000, "spent": 1, "locked": true,
        }] }),
        ),
        (
            "/api/v1/ledger/debits",
            json!({ "debits": [{
            "seq": 1, "at": AT, "peer": OTHER, "agreement": KEY, "purpose": EVIL, "month": "2026-12", "elements": 4321,
        }], "next": null }),
        ),
        (
            "/api/v1/ledger/disclosures",
            json!({ "disclosures": [{
            "seq": 1, "at": AT, "item": ITEM, "peer": OTHER, "agreement": KEY, "purpose": EVIL, "fields": ["number"],
            "persons": 1, "approved_by": EVIL, "released_by": EVIL, "person": "29**************28",
        }], "next": null }),
        ),
        (
            "/api/v1/audit/entries",
            json!({ "entries": [{
            "seq": 250, "at": AT, "actor": EVIL, "kind": EVIL, "body": { EVIL: EVIL }, "previous": KEY, "hash": KEY,
        }], "next": 151 }),
        ),
        (
            "/api/v1/audit/verify",
            json!({ "intact": true, "head": { "seq": 250, "hash": KEY }, "bad_entry": null }),
        ),
    ];
    for (path, answer) in answers {
        desk.fake.answer(&format!("GET {path}"), 200, answer);
    }
}

/// Each page, and whether it shows findings.
fn pages() -> Vec<(String, bool)> {
    let plain = [
        ("/compliance/todo", true),
        ("/compliance/findings", true),
        ("/compliance/reports", false),
        ("/compliance/inquiries", true),
        ("/compliance/unmaskings", true),
        ("/compliance/agreements", false),
        ("/compliance/agreements/new", false),
        ("/compliance/ledger", false),
        ("/compliance/ledger/debits", false),
        ("/compliance/ledger/disclosures", true),
        ("/compliance/log", false),
        ("/compliance/verify", false),
    ];
    let mut pages = plain.map(|(page, findings)| (page.to_owned(), findings)).to_vec();
    pages.push((format!("/compliance/reports/{KEY}"), true));
    pages.push((format!("/compliance/findings/{KEY}/1"), true));
    pages.push((format!("/compliance/inquiries/{ITEM}"), true));
    pages.push((format!("/compliance/agreements/{KEY}"), false));
    pages
}

#[tokio::test]
async fn every_page_is_sound_in_both_languages() {
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    for (page, findings) in pages() {
        for (lang, notice) in [("zh", NOTICE), ("en", "Nothing may be stopped or recovered")] {
            let answer = desk.get(&format!("{page}?lang={lang}")).await;
            let text = &answer.text;
            assert_eq!(answer.status, StatusCode::OK, "{page}: {text}");
            assert!(!text.contains("<script>"), "{page}");
            // The one who is signed in stands in each page.
            let texts = text.matches("&#60;script&#62;alert").count();
            assert_eq!(texts > 0, page != "/compliance/verify", "{page}");
            assert!(text.len() < 300 << 10, "{page} is {} bytes", text.len());
            assert!(
                !text.contains(" style=") && !text.contains("javascript:"),
                "{page}"
            );
            assert_eq!(text.matches("<h1").count(), 1, "{page}");
            assert_eq!(text.matches("aria-current=\"page\"").count(), 1, "{page}");
            assert_eq!(text.contains(notice), findings, "{page}");
            for left in [">compliance.", ">shell.", "{0}", "{1}"] {
                assert!(!text.contains(left), "{page}: {left}");
            }
            for table in text.split("<table").skip(1) {
                let table = table.split("</table>").next().unwrap();
                assert!(
                    table.contains("<caption>") && table.contains("scope=\"col\""),
                    "{page}"
                );
                assert!(table.contains("scope=\"row\""), "{page}: {table}");
            }
            every_form_is_sound(&page, text);
        }
    }
}

/// What changes something has its token; what only asks has none, so that none gets into an address.
fn every_form_is_sound(page: &str, text: &str) {
    for form in text.split("<form ").skip(1) {
        let (head, rest) = form.split_once('>').unwrap();
        let form = rest.split("</form>").next().unwrap();
        let with_token = form
            .trim_start()
            .starts_with("<input type=\"hidden\" name=\"csrf\"");
        assert_eq!(with_token, head.contains("method=\"post\""), "{page}: {head}");
        assert_eq!(form.contains("name=\"csrf\""), with_token, "{page}: {head}");
        for kind in ["<input ", "<select ", "<textarea "] {
            for field in form.split(kind).skip(1) {
                let head = field.split('>').next().unwrap();
                if head.contains("type=\"hidden\"") {
                    continue;
                }
                let id = head.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
                let labelled = id.is_some_and(|id| form.contains(&format!("<label for=\"{id}\"")));
                assert!(labelled, "{page}: {head}");
            }
        }
    }
    let ids: Vec<&str> = text
        .split(" id=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    for id in &ids {
        assert_eq!(ids.iter().filter(|other| other == &id).count(), 1, "{page}: {id}");
    }
}

const ACTS: [&str; 12] = [
    "/compliance/log",
    "/compliance/ledger",
    "/compliance/unmaskings/1/grant",
    "/compliance/unmaskings/1/refuse",
    "/compliance/unmaskings/1/look",
    "/compliance/inquiries/cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd/approve",
    "/compliance/inquiries/cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd/refuse",
    "/compliance/findings/abababababababababababababababababababababababababababababababab/1/record",
    "/compliance/findings/abababababababababababababababababababababababababababababababab/1/reviewed",
    "/compliance/findings/abababababababababababababababababababababababababababababababab/1/unmaskings",
    "/compliance/agreements/abababababababababababababababababababababababababababababababab/sign",
    "/compliance/reports/abababababababababababababababababababababababababababababababab",
];

#[tokio::test]
async fn no_page_of_compliance_is_another_roles_and_nothing_is_done_without_a_token() {
    for role in ["case_worker", "it", "office"] {
        let mut desk = Desk::of(role).await;
        canned(&desk);
        for (page, _) in pages() {
            assert_eq!(
                desk.get(&page).await.status,
                StatusCode::FORBIDDEN,
                "{role} {page}"
            );
        }
        for act in ACTS {
            assert_eq!(
                desk.submit(act, &[]).await.status,
                StatusCode::FORBIDDEN,
                "{role} {act}"
            );
        }
    }
    let mut desk = Desk::of("compliance").await;
    canned(&desk);
    for act in ACTS {
        let forged = desk.post(act, &[("csrf", "no")]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "{act}");
    }
    let sent = multipart(
        "/compliance/verify",
        &[("csrf", None, "no"), ("report", Some("a.json"), "{}")],
    );
    assert_eq!(desk.send(sent.0, sent.1).await.status, StatusCode::FORBIDDEN);
    let asked = desk.fake.asked.lock().unwrap();
    let changed = asked
        .iter()
        .filter(|(method, path, _)| method != "GET" && path != "/api/v1/session");
    assert_eq!(changed.count(), 0);
}
