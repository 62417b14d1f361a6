//! What each page of case workers asks for, with the worst in every text.

use serde_json::{Value, json};

use crate::desk::Desk;

pub(crate) const EVIL: &str = "<script>alert('x')</script>\"'&";

pub(crate) const ROUND: &str = "abababababababababababababababababababababababababababababababab";
pub(crate) const ITEM: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";
pub(crate) const AT: &str = "2026-11-30T16:00:00Z";
pub(crate) const NOTICE: &str = "不得仅凭比对结果停发或追缴";

pub(crate) fn care() -> Value {
    json!({ "protected": true, "minor": "yes", "disabled": "no", "key_group": "yes" })
}

pub(crate) fn review(stage: &str) -> Value {
    json!({
        "stage": stage, "owner": EVIL, "verdict": EVIL, "decision": EVIL, "hearing_until": "2026-12-05",
        "corrected_before": null,
        "there": there(),
    })
}

pub(crate) fn there() -> Value {
    json!({
        "item": ITEM, "outcome": EVIL, "document": EVIL, "on": "2026-11-02", "heard_at": AT, "contradiction": EVIL,
    })
}

pub(crate) fn finding(stage: &str) -> Value {
    json!({
        "seq": 3, "kind": EVIL, "rule": EVIL, "peer": EVIL, "person": EVIL,
        "rows": [{ "dataset": EVIL, "file": 1, "sheet": 1, "row": 2 }], "months": [EVIL, EVIL],
        "changeover": [EVIL], "programmes": [EVIL], "to_verify_fen": 6_505_000, "letter": EVIL,
        "feedback": { "state": EVIL, "date": "2026-11-01", "reason": EVIL }, "name": EVIL,
        "review": review(stage), "care": care(),
        "due": { "awaited": EVIL, "since": "2026-11-01", "days": 5, "until": "2026-11-08", "late": "yes" },
    })
}

pub(crate) fn clue() -> Value {
    let mut finding = finding("stage_open");
    finding["review"] = Value::Null;
    finding["due"] = Value::Null;
    finding
}

pub(crate) fn inquiry(stage: &str) -> Value {
    json!({
        "item": ITEM, "side": "asks", "stage": stage, "overdue": true, "due": "2026-11-20",
        "released_on": "2026-11-10", "peer": ROUND, "peer_name": EVIL, "agreement": ROUND,
        "agreement_number": EVIL, "document": EVIL, "rule": EVIL, "months": [EVIL], "person": EVIL,
        "key_group": "yes", "words_may_cross": true, "opened_at": AT, "owner": EVIL, "approved_by": [EVIL],
        "finding": { "round": ROUND, "seq": 3 }, "question": EVIL,
        "answer": { "answer": EVIL, "document": EVIL, "text": EVIL },
    })
}

pub(crate) fn acts() -> Value {
    let act = json!({ "decided": { "decision": { "recovered": { "fen": 100 } }, "authority": EVIL, "document": EVIL, "reason": EVIL } });
    json!([{ "number": 1, "at": AT, "by": EVIL, "on": "2026-11-02", "code": EVIL, "act": act }])
}

pub(crate) fn history(stage: &str) -> Value {
    json!({
        "notice": EVIL, "seq": 3, "review": review(stage), "withheld": true, "acts": acts(), "there": [there()],
        "to_recall": [{ "copy": 1, "at": AT, "by": EVIL }],
    })
}

pub(crate) fn detail(stage: &str) -> Value {
    json!({
        "notice": EVIL, "finding": finding(stage), "withheld": false, "case": EVIL,
        "payments": [{ "programme": EVIL, "when": EVIL, "to_household": true, "fen": 65050 }],
        "inquiries": [inquiry("inquiry_stage_sent")],
    })
}

/// Nobody knows of anything for which more care is needed: a case worker may ask for the number.
pub(crate) fn plain(stage: &str) -> Value {
    let mut detail = detail(stage);
    detail["finding"]["care"] =
        json!({ "protected": false, "minor": "no", "disabled": "no", "key_group": "no" });
    detail
}

pub(crate) fn unmasking(n: u64, state: &str, by: &str) -> Value {
    json!({
        "unmasking": n, "round": ROUND, "seq": 3, "asked_by": by, "asked_at": AT, "reason": EVIL, "state": state,
        "decided_by": EVIL, "decided_at": AT, "expires_at": AT, "looks": [AT],
    })
}

pub(crate) fn matter(stage: &str) -> Value {
    json!({
        "id": 7, "number": EVIL, "kind": "transfer", "received": false, "person": EVIL, "care": care(),
        "stage": stage, "on": "2026-11-02", "from": EVIL, "to": EVIL, "letter": EVIL, "owner": EVIL,
        "finding": { "round": ROUND, "seq": 3 }, "awaited": [{ "code": EVIL, "until": "2026-12-20" }],
    })
}

/// What was done in a transfer: as the node writes it, an act below the kind of the matter.
pub(crate) fn transfer_acts() -> Value {
    let due = json!({ "days": 5, "unit": "working", "until": "2026-12-08" });
    let acts = [
        json!({ "filed": { "paper": "case_facts", "document": EVIL } }),
        json!({ "answered": { "answer": { "refused": { "reason": "income" } }, "due": due } }),
    ];
    let acts = acts.map(|act| {
        json!({ "number": 1, "at": AT, "by": EVIL, "on": "2026-11-02", "code": EVIL, "act": { "transfer": act } })
    });
    acts.to_vec().into()
}

pub(crate) fn check(results: bool) -> Value {
    let result = json!({
        "number": 1, "person": EVIL, "programme": EVIL, "when": EVIL,
        "at": [{
            "peer": EVIL, "verdict": "would_break",
            "hits": [{ "verdict": "would_break", "rule": EVIL, "months": [EVIL] }],
            "cannot_find": [{ "rule": EVIL, "reason": EVIL }],
        }],
        "unanswered": [EVIL], "awaited": [EVIL], "not_asked": [EVIL],
    });
    json!({
        "check": ITEM, "notices": [EVIL], "begun_at": AT, "actor": EVIL, "people": 1, "waiting": false,
        "authority": { "consent": { "document": EVIL } }, "case_file": EVIL,
        "peers": [{
            "peer": EVIL, "number": EVIL, "agreement": ROUND, "round": ROUND, "by_files": false,
            "state": "precheck_answered", "ended_at": AT, "reason": EVIL,
        }],
        "not_asked": [{ "peer": EVIL, "number": EVIL, "agreement": ROUND, "reason": EVIL }],
        "results": if results { json!([result]) } else { json!([]) },
    })
}

pub(crate) fn list(findings: Value) -> Value {
    json!({
        "notice": EVIL, "findings": findings, "total": 250, "to_ask": 1, "late": 2, "rules": [EVIL, "X3"],
        "peers": [EVIL], "on": "2026-12-01", "next": 100,
    })
}

pub(crate) fn canned(desk: &Desk) {
    let one = format!("/api/v1/rounds/{ROUND}/findings/3");
    let answers = [
        (
            "/api/v1/node",
            json!({
                "name": EVIL, "role": EVIL, "address": EVIL, "node_key": ROUND, "fingerprint": EVIL, "version": EVIL,
                "config_digest": ROUND, "started_at": AT, "log": { "seq": 1, "hash": ROUND }, "peers": 1, "datasets": 1,
            }),
        ),
        (
            "/api/v1/findings",
            list(json!([
                { "round": ROUND, "finding": finding("stage_told") },
                { "round": ROUND, "finding": clue(), "clue": matter("clue_stage_taken") },
            ])),
        ),
        (&one, detail("stage_verified")),
        (&format!("{one}/history"), history("stage_verified")),
        (
            &format!("{one}/unmaskings"),
            json!({ "unmaskings": [unmasking(1, "unmasking_expired", EVIL)] }),
        ),
        (
            "/api/v1/findings/local",
            json!({
                "notice": EVIL, "findings": [clue()], "total": 1, "to_ask": 0, "corrected": 0,
                "cannot_find": [{ "rule": EVIL, "reason": EVIL, "rows": 3 }], "next": null,
            }),
        ),
        (
            "/api/v1/inquiries",
            json!({ "notice": EVIL, "inquiries": [inquiry("inquiry_stage_drafted"), inquiry("inquiry_stage_closed")] }),
        ),
        (
            &format!("/api/v1/inquiries/{ITEM}"),
            json!({
                "notice": EVIL, "inquiry": inquiry("reply_stage_taken"), "disclosure": 4, "refused_there": EVIL,
                "records": {
                    "cannot_find": false, "suggested": "paid_then",
                    "rows": [{
                        "row": { "dataset": EVIL, "file": 1, "sheet": 1, "row": 2 }, "programme": EVIL, "from": EVIL,
                        "until": EVIL, "status": EVIL, "fen": 100,
                    }],
                },
                "there": [there()], "acts": acts(),
            }),
        ),
        (
            "/api/v1/matters",
            json!({ "matters": [matter("transfer_stage_sent")], "total": 1, "next": 100 }),
        ),
        (
            "/api/v1/rounds",
            json!({ "rounds": [{
                "id": ROUND, "agreement": ROUND, "peer": ROUND, "peer_name": EVIL, "role": "receiver", "state": "done",
                "error": null, "reason": null, "reason_params": {}, "started_at": AT, "ended_at": AT, "datasets": [1],
                "own_elements": 7, "peer_elements": 8, "matched": 1, "bytes_out": 2048, "bytes_in": 10,
                "progress": null, "by_files": false, "waiting": null, "interrupted": null,
            }] }),
        ),
        (
            "/api/v1/matters/7",
            json!({ "matter": matter("transfer_stage_acknowledged"), "withheld": true, "acts": transfer_acts() }),
        ),
        (
            "/api/v1/prechecks",
            json!({
                "prechecks": [check(false)],
                "today": [{
                    "agreement": ROUND, "number": EVIL, "peer": EVIL, "asks": true, "batch": 20, "limit": 50, "used": 1,
                    "left": 49,
                }],
            }),
        ),
        (&format!("/api/v1/prechecks/{ITEM}"), check(false)),
        (
            "/api/v1/programmes",
            json!({ "programmes": [{ "code": "minimum_living", "name": EVIL }] }),
        ),
    ];
    for (path, answer) in answers {
        desk.fake.answer(&format!("GET {path}"), 200, answer);
    }
}

pub(crate) fn pages() -> Vec<String> {
    vec![
        "/case/home".to_owned(),
        "/case/findings".to_owned(),
        format!("/case/findings/{ROUND}/3"),
        format!("/case/findings/{ROUND}/3/inquiry"),
        "/case/inquiries".to_owned(),
        format!("/case/inquiries/{ITEM}"),
        "/case/matters".to_owned(),
        "/case/matters/7".to_owned(),
        "/case/matters/new".to_owned(),
        "/case/clues".to_owned(),
        format!("/case/clues/{ROUND}/3"),
        "/case/checks".to_owned(),
        format!("/case/checks/{ITEM}"),
        "/case/local?place=290105".to_owned(),
        format!("/case/letters/notice?round={ROUND}&seq=3"),
    ]
}
