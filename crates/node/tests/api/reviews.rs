//! From a finding to a decision, as officers ask for it: the path of the law, and every way to cut it short.

use axum::body::Body;
use hefu_casework::{Hex, NameAgreement};
use hefu_node::api::ACTOR_HEADER;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::findings::{ID, NUMBERS, put_named_round};
use crate::running::{Answer, Running, new_node};

pub(crate) const WANG: &str = "王科长";
pub(crate) const LI: &str = "李主任";

/// A node with a round of three findings.
async fn node() -> Running {
    named_node([None; 3]).await
}

async fn named_node(names: [Option<NameAgreement>; 3]) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    put_named_round(
        folder.path(),
        &config,
        dataset["dataset"].as_i64().unwrap(),
        names,
    );
    Running::with(folder, config).await
}

pub(crate) fn path(seq: u64, of: &str) -> String {
    format!("/api/v1/rounds/{}/findings/{seq}{of}", Hex(ID))
}

pub(crate) fn list() -> String {
    format!("/api/v1/rounds/{}/findings", Hex(ID))
}

pub(crate) async fn act(node: &Running, by: &str, seq: u64, on: &str, act: &Value) -> Answer {
    act_after(node, by, seq, on, act, None).await
}

/// By somebody who has seen so many acts.
async fn act_after(node: &Running, by: &str, seq: u64, on: &str, act: &Value, seen: Option<u64>) -> Answer {
    let mut request = node
        .request(Method::POST, &path(seq, "/events"))
        .header("content-type", "application/json");
    let named = by.as_bytes().try_into().unwrap();
    request.headers_mut().unwrap().insert(ACTOR_HEADER, named);
    let mut body = json!({ "on": on, "act": act });
    if let Some(seen) = seen {
        body["after"] = json!(seen);
    }
    let body = body.to_string();
    node.send(request.body(Body::from(body)).unwrap()).await
}

pub(crate) async fn done(node: &Running, by: &str, seq: u64, on: &str, what: &Value) -> Value {
    let answer = act(node, by, seq, on, what).await;
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(answer.status, StatusCode::OK, "{what}: {text}");
    answer.json()
}

async fn refused(node: &Running, by: &str, seq: u64, on: &str, what: &Value, code: &str) {
    let answer = act(node, by, seq, on, what).await;
    let expected = (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned());
    assert_eq!((answer.status, answer.code()), expected, "{what}");
}

pub(crate) fn taken() -> Value {
    json!({ "taken": {} })
}

pub(crate) fn verified(result: &str) -> Value {
    json!({ "verified": { "result": result, "reason": "查银行流水，秘语一" } })
}

fn told() -> Value {
    json!({ "told": { "document": "民告〔2026〕1号", "days": 5, "unit": "working" } })
}

fn heard(document: Option<&str>) -> Value {
    json!({ "heard": { "document": document } })
}

fn paper() -> Value {
    json!({ "authority": "县民政局", "document": "民决〔2026〕1号", "reason": "核实属实，秘语二" })
}

fn decided(decision: Value) -> Value {
    let mut paper = paper();
    paper["decision"] = decision;
    json!({ "decided": paper })
}

fn stopped() -> Value {
    decided(json!({ "stopped": {} }))
}

fn reviewed(result: Value) -> Value {
    let mut paper = paper();
    paper["result"] = result;
    json!({ "reviewed": paper })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_of_the_law_can_be_gone_and_not_cut_short() {
    let node = node().await;
    let node = &node;
    let none = node.get(&path(1, "/history")).await.json();
    assert_eq!(none["review"]["stage"], "stage_open");
    assert_eq!(none["acts"], json!([]));
    assert_eq!(none["notice"], "不得仅凭比对结果停发或追缴。");

    // Nobody is in charge: nothing but taking charge. And no day before the match.
    for what in [
        verified("confirmed"),
        told(),
        stopped(),
        json!({ "corrected": paper() }),
    ] {
        refused(node, WANG, 1, "2026-03-03", &what, "out_of_turn").await;
    }
    refused(node, WANG, 1, "2026-03-01", &taken(), "out_of_order").await;
    refused(node, WANG, 1, "9999-03-01", &taken(), "out_of_order").await;
    done(node, WANG, 1, "2026-03-02", &taken()).await;

    // A second owner: not by taking, and nobody else does the owner's steps; but it can be handed over.
    refused(node, LI, 1, "2026-03-03", &taken(), "out_of_turn").await;
    refused(node, LI, 1, "2026-03-03", &verified("confirmed"), "not_in_charge").await;
    refused(node, WANG, 1, "2026-03-03", &stopped(), "out_of_turn").await;
    done(node, WANG, 1, "2026-03-03", &verified("confirmed")).await;

    // Not told, then told and not heard, then within the period.
    refused(node, WANG, 1, "2026-03-04", &stopped(), "not_heard").await;
    let recovered = |fen: i64| decided(json!({ "recovered": { "fen": fen } }));
    refused(node, WANG, 1, "2026-03-04", &recovered(65_050), "not_heard").await;
    refused(
        node,
        WANG,
        1,
        "2026-03-04",
        &heard(Some("笔录1号")),
        "out_of_turn",
    )
    .await;
    let nothing = json!({ "told": { "document": "1号", "days": 0, "unit": "working" } });
    refused(node, WANG, 1, "2026-03-04", &nothing, "deadline").await;
    // A last day that is too early for five days is not taken from anybody.
    let stated = |until: &str| {
        let mut told = told();
        told["told"]["until"] = json!(until);
        told
    };
    refused(node, WANG, 1, "2026-03-04", &stated("2026-03-08"), "deadline").await;
    let view = done(node, WANG, 1, "2026-03-04", &told()).await;
    // Five working days from Wednesday the 4th: 5, 6, 9, 10, 11 March 2026.
    assert_eq!(view["review"]["hearing_until"], "2026-03-11");
    refused(node, WANG, 1, "2026-03-05", &stopped(), "not_heard").await;
    refused(node, WANG, 1, "2026-03-11", &heard(None), "hearing_open").await;
    done(node, WANG, 1, "2026-03-12", &heard(None)).await;
    refused(node, LI, 1, "2026-03-13", &stopped(), "not_in_charge").await;
    refused(node, WANG, 1, "2026-03-13", &recovered(0), "recovered_nothing").await;
    let view = done(node, WANG, 1, "2026-03-13", &recovered(65_050)).await;
    assert_eq!(view["review"]["decision"], "decision_recovered");

    // Who decided does not review, and nothing is decided twice.
    refused(
        node,
        WANG,
        1,
        "2026-03-14",
        &reviewed(json!({ "upheld": {} })),
        "same_person",
    )
    .await;
    refused(node, WANG, 1, "2026-03-14", &stopped(), "out_of_turn").await;
    let to = json!({ "changed": { "to": { "stopped": {} } } });
    let view = done(node, LI, 1, "2026-03-14", &reviewed(to)).await;
    assert_eq!(view["review"]["stage"], "stage_reviewed");
    assert_eq!(view["review"]["decision"], "decision_stopped");

    // All of it is on record, as it was said, by whom the header named.
    let acts = view["acts"].as_array().unwrap();
    let told: Vec<_> = acts
        .iter()
        .map(|act| (act["number"].as_u64().unwrap(), act["by"].as_str().unwrap()))
        .collect();
    let by = [WANG, WANG, WANG, WANG, WANG, LI];
    assert_eq!(told, (1..).zip(by).collect::<Vec<_>>());
    assert_eq!(acts[1]["act"]["verified"]["reason"], "查银行流水，秘语一");
    assert_eq!(node.get(&path(1, "/history")).await.json(), view);
    let listed = node.get(&list()).await.json();
    // What is decided waits for nothing, and comes last.
    assert_eq!(listed["findings"][2]["review"]["owner"], WANG);
    assert_eq!(listed["findings"][0]["review"]["stage"], "stage_open");
    assert_eq!(listed["corrected"], 0);
    let entries = node.get("/api/v1/audit/entries?limit=1000").await;
    let text = String::from_utf8_lossy(&entries.bytes).into_owned();
    for secret in ["秘语", "民告", "民决", "笔录"].iter().chain(&NUMBERS) {
        assert!(!text.contains(secret), "{secret} stands in the log");
    }
    let entries = entries.json();
    let acts: Vec<_> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == "finding_event")
        .collect();
    assert_eq!(acts.len(), 6);
    let body = json!({ "round": Hex(ID), "finding": 1, "number": 6, "act": "review_reviewed" });
    assert_eq!((&acts[5]["actor"], &acts[5]["body"]), (&json!(LI), &body));
}

/// A decision that was looked over is looked over again once the person objects, by somebody else than who made it.
#[tokio::test(flavor = "multi_thread")]
async fn an_objection_is_answered_by_another_person() {
    let node = node().await;
    let node = &node;
    let objected = json!({ "objected": { "document": "异议书1号", "reason": "本人八月未领取，秘语一" } });
    let upheld = || reviewed(json!({ "upheld": {} }));
    done(node, WANG, 1, "2026-03-02", &taken()).await;
    refused(node, WANG, 1, "2026-03-02", &objected, "out_of_turn").await;
    done(node, WANG, 1, "2026-03-03", &verified("refuted")).await;
    done(node, WANG, 1, "2026-03-04", &decided(json!({ "lawful": {} }))).await;
    done(node, LI, 1, "2026-03-05", &upheld()).await;
    refused(node, LI, 1, "2026-03-06", &upheld(), "out_of_turn").await;
    // Who is not in charge takes it in as well as who is.
    let view = done(node, LI, 1, "2026-03-06", &objected).await;
    assert_eq!(view["review"]["objected_on"], "2026-03-06");
    assert_eq!(view["review"]["stage"], "stage_reviewed");
    assert_eq!(view["acts"][4]["code"], "review_objected");
    assert_eq!(view["acts"][4]["act"]["objected"]["document"], "异议书1号");
    refused(node, WANG, 1, "2026-03-07", &upheld(), "same_person").await;
    let worse = reviewed(json!({ "changed": { "to": { "stopped": {} } } }));
    refused(node, LI, 1, "2026-03-07", &worse, "takes_more").await;
    // Whoever answers has seen what there is to be answered.
    let unseen = act_after(node, LI, 1, "2026-03-07", &upheld(), Some(4)).await;
    assert_eq!(unseen.code(), "acted_meanwhile");
    let seen = act_after(node, LI, 1, "2026-03-07", &upheld(), Some(5)).await;
    assert_eq!(seen.status, StatusCode::OK, "{}", seen.json());
    let view = seen.json();
    assert_eq!(view["review"]["objected_on"], Value::Null);
    let entries = node.get("/api/v1/audit/entries?limit=1000").await;
    let text = String::from_utf8_lossy(&entries.bytes).into_owned();
    assert!(text.contains("review_objected"));
    for written in ["秘语", "异议书"] {
        assert!(!text.contains(written), "{written} stands in the log");
    }
    let early = json!({ "objected": { "document": "异议书2号", "reason": "x", "received": "2026-03-03" } });
    refused(node, WANG, 1, "2026-03-08", &early, "out_of_order").await;
    let blank = json!({ "objected": { "document": "", "reason": "x" } });
    refused(node, WANG, 1, "2026-03-08", &blank, "text_unusable").await;
}

/// Two people with one number: whatever was verified and said, the payment goes on until the record is put right.
#[tokio::test(flavor = "multi_thread")]
async fn where_names_differ_nothing_is_taken_from_anybody() {
    let node = named_node([
        Some(NameAgreement::Differs),
        Some(NameAgreement::Same),
        Some(NameAgreement::Unknown),
    ])
    .await;
    let node = &node;
    let listed = node.get(&list()).await.json();
    let names = [0, 1, 2].map(|index| listed["findings"][index]["name"].clone());
    assert_eq!(names, ["differs", "same", "unknown"].map(|name| json!(name)));
    let recovered = decided(json!({ "recovered": { "fen": 65_050 } }));
    for seq in [1, 2, 3] {
        done(node, WANG, seq, "2026-03-02", &taken()).await;
        done(node, WANG, seq, "2026-03-03", &verified("confirmed")).await;
        done(node, WANG, seq, "2026-03-04", &told()).await;
        done(node, WANG, seq, "2026-03-05", &heard(Some("笔录1号"))).await;
    }
    refused(node, WANG, 1, "2026-03-06", &stopped(), "names_differ").await;
    refused(node, WANG, 1, "2026-03-06", &recovered, "names_differ").await;
    done(node, WANG, 1, "2026-03-06", &decided(json!({ "lawful": {} }))).await;
    let changed = reviewed(json!({ "changed": { "to": { "stopped": {} } } }));
    refused(node, LI, 1, "2026-03-07", &changed, "names_differ").await;
    done(node, WANG, 2, "2026-03-06", &stopped()).await;
    done(node, WANG, 3, "2026-03-06", &recovered).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_confirmed_or_excepted_goes_its_own_way() {
    let node = node().await;
    let node = &node;
    // Not so: nothing can be taken from the person, heard or not; and what was decided can be put right.
    done(node, WANG, 2, "2026-03-02", &taken()).await;
    let over = json!({ "handed_over": { "to": LI, "reason": "出差" } });
    let view = done(node, WANG, 2, "2026-03-02", &over).await;
    assert_eq!(view["review"]["owner"], LI);
    refused(node, WANG, 2, "2026-03-03", &verified("refuted"), "not_in_charge").await;
    done(node, LI, 2, "2026-03-03", &verified("other_person")).await;
    let mut stated = told();
    stated["told"]["until"] = json!("2026-03-12");
    let view = done(node, LI, 2, "2026-03-04", &stated).await;
    assert_eq!(view["review"]["hearing_until"], "2026-03-12");
    done(node, LI, 2, "2026-03-05", &heard(Some("笔录1号"))).await;
    refused(node, LI, 2, "2026-03-06", &stopped(), "not_confirmed").await;
    done(node, LI, 2, "2026-03-06", &decided(json!({ "data_error": {} }))).await;
    let correction = json!({ "corrected": paper() });
    refused(node, LI, 2, "2026-03-07", &correction, "same_person").await;
    let view = done(node, WANG, 2, "2026-03-07", &correction).await;
    assert_eq!(view["review"]["stage"], "stage_corrected");
    refused(node, LI, 2, "2026-03-08", &taken(), "out_of_turn").await;
    let listed = node.get(&list()).await.json();
    assert_eq!((&listed["total"], &listed["corrected"]), (&json!(3), &json!(1)));

    // The law excuses telling and hearing, never verification.
    let excepted = json!({ "excepted": { "legal_basis": "某法第一条", "reason": "公告无法送达" } });
    done(node, WANG, 3, "2026-03-02", &taken()).await;
    refused(node, WANG, 3, "2026-03-02", &excepted, "out_of_turn").await;
    done(node, WANG, 3, "2026-03-03", &verified("confirmed")).await;
    done(node, WANG, 3, "2026-03-04", &excepted).await;
    done(node, WANG, 3, "2026-03-05", &stopped()).await;

    // What can't be read, is no text, or is not there.
    let blank = json!({ "verified": { "result": "confirmed", "reason": " " } });
    refused(node, WANG, 1, "2026-03-05", &blank, "text_unusable").await;
    for unread in [json!({ "stopped": {} }), json!({ "taken": { "by": LI } })] {
        refused(node, WANG, 1, "2026-03-05", &unread, "api_body").await;
    }
    // Beyond the notices of the State Council nothing is reckoned.
    let late = act(node, WANG, 1, "2031-03-04", &told()).await;
    assert_eq!(late.code(), "calendar_unknown");
    for past in [0, 4] {
        let missing = act(node, WANG, past, "2026-03-05", &taken()).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
        assert_eq!(
            node.get(&path(past, "/history")).await.status,
            StatusCode::NOT_FOUND
        );
    }
    // Nobody is the node.
    let nobody = act(node, "node", 1, "2026-03-05", &taken()).await;
    assert_eq!(nobody.code(), "api_actor");
}

/// No period is cut short by stating its last day. The holidays of 2026 are known, and five working
/// days from Wednesday 4 March end on Wednesday the 11th; five days of which two are a weekend are not five working days, and
/// a period in days does not end on a Sunday (民法典 art. 203).
#[tokio::test(flavor = "multi_thread")]
async fn a_stated_last_day_is_not_earlier_than_the_known_holidays_give() {
    let node = node().await;
    let node = &node;
    let mut passed = Vec::new();
    for (seq, (unit, days, until)) in (1..).zip([
        ("working", 5, "2026-03-10"),
        ("working", 5, "2026-03-09"),
        ("natural", 4, "2026-03-08"),
    ]) {
        done(node, WANG, seq, "2026-03-02", &taken()).await;
        done(node, WANG, seq, "2026-03-03", &verified("confirmed")).await;
        let stated =
            json!({ "told": { "document": "民告〔2026〕1号", "days": days, "unit": unit, "until": until } });
        let answer = act(node, WANG, seq, "2026-03-04", &stated).await;
        if answer.status == StatusCode::OK {
            passed.push((unit, days, until));
        } else {
            assert_eq!(answer.code(), "deadline");
        }
    }
    assert!(passed.is_empty(), "{passed:?}");
}

/// Over the operators' port too, who decided does not review under the same name written otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_name_written_otherwise_does_not_review() {
    let node = node().await;
    let node = &node;
    done(node, WANG, 1, "2026-03-02", &taken()).await;
    done(node, WANG, 1, "2026-03-03", &verified("refuted")).await;
    done(node, WANG, 1, "2026-03-04", &decided(json!({ "lawful": {} }))).await;
    let again = reviewed(json!({ "upheld": {} }));
    refused(node, "王科长\u{3000}", 1, "2026-03-05", &again, "same_person").await;
}
