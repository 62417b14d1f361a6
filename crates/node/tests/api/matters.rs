//! The ledger of people who are sent on or looked after, as officers keep it.

use axum::body::Body;
use hefu_casework::{Finding, FindingKind, Hex};
use hefu_node::api::ACTOR_HEADER;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::findings::{ID, NUMBERS, finding, put_findings};
use crate::running::{Answer, Running, new_node};

const WANG: &str = "王科长";
const LI: &str = "李主任";
const COMPLAINTS: &str = "控申赵检察官";

/// What officers write: it may speak of a person.
const SECRETS: [&str; 3] = ["住在东街，秘语一", "走访所见，秘语二", "另有隐情，秘语三"];

/// A lead, an omission and a suspicion; of the second nobody says whether the person is protected.
fn found() -> Vec<Finding> {
    let quiet = |kind, number, row| Finding {
        kind,
        rule: None,
        to_verify: None,
        payments: vec![],
        ..finding(number, row)
    };
    let mut omission = quiet(FindingKind::NoCounterpart, NUMBERS[1], 3);
    omission.care.protected = true;
    vec![
        quiet(FindingKind::Lead, NUMBERS[0], 2),
        omission,
        finding(NUMBERS[2], 4),
    ]
}

/// A node with a round of these findings, and a register whose second row is a person.
async fn node() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    put_findings(
        folder.path(),
        &config,
        dataset["dataset"].as_i64().unwrap(),
        &found(),
    );
    Running::with(folder, config).await
}

async fn send(node: &Running, by: &str, method: Method, path: &str, body: &Value) -> Answer {
    let mut request = node
        .request(method, path)
        .header("content-type", "application/json");
    let named = by.as_bytes().try_into().unwrap();
    request.headers_mut().unwrap().insert(ACTOR_HEADER, named);
    node.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

async fn post(node: &Running, by: &str, path: &str, body: &Value) -> Answer {
    send(node, by, Method::POST, path, body).await
}

async fn done(node: &Running, by: &str, path: &str, body: &Value) -> Value {
    let answer = post(node, by, path, body).await;
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_eq!(answer.status, StatusCode::OK, "{body}: {text}");
    answer.json()
}

async fn refused(node: &Running, by: &str, path: &str, body: &Value, code: &str) {
    let answer = post(node, by, path, body).await;
    let expected = (StatusCode::UNPROCESSABLE_ENTITY, code.to_owned());
    assert_eq!((answer.status, answer.code()), expected, "{body}");
}

fn of_finding(seq: u64, of: &str) -> String {
    format!("/api/v1/rounds/{}/findings/{seq}/{of}", Hex(ID))
}

async fn act(node: &Running, by: &str, id: &Value, on: &str, act: Value) -> Value {
    let path = format!("/api/v1/matters/{id}/events");
    done(node, by, &path, &json!({ "on": on, "act": act })).await
}

async fn act_refused(node: &Running, by: &str, id: &Value, on: &str, act: Value, code: &str) {
    let path = format!("/api/v1/matters/{id}/events");
    refused(node, by, &path, &json!({ "on": on, "act": act }), code).await;
}

fn five() -> Value {
    json!({ "days": 5, "unit": "working" })
}

/// The two ends of a matter between this agency and the procuratorate.
fn ends(number: &str) -> Value {
    json!({
        "number": number,
        "on": "2026-03-03",
        "place": "290101",
        "other": { "name": "县人民检察院", "role": "procuratorate", "place": "290101" },
    })
}

fn notice(number: &str) -> Value {
    json!({ "notice": { "ends": ends(number), "due": five() } })
}

fn of(seq: u64) -> Value {
    json!({ "finding": { "round": Hex(ID), "seq": seq } })
}

async fn open(node: &Running, whose: Value, opening: Value) -> Answer {
    let body = json!({ "whose": whose, "opening": opening });
    post(node, WANG, "/api/v1/matters", &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lead_is_handed_over_and_takes_no_step_towards_a_decision() {
    let node = node().await;
    let node = &node;
    let taken = json!({ "on": "2026-03-02", "act": { "taken": {} } });
    for clue in [1, 2] {
        refused(node, WANG, &of_finding(clue, "events"), &taken, "node_is_clue").await;
    }
    let page = node
        .get(&format!("/api/v1/rounds/{}/findings", Hex(ID)))
        .await
        .json();
    let reviews: Vec<_> = page["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["seq"].as_u64().unwrap(), finding["review"].is_null()))
        .collect();
    for (seq, none) in reviews {
        assert_eq!(none, seq != 3, "{seq}");
    }
    let take = |number: &str, on: &str| json!({ "number": number, "on": on });
    let first = take("线〔2026〕1号", "2026-03-02");
    refused(node, WANG, &of_finding(3, "clue"), &first, "node_not_a_clue").await;
    // Not before the match.
    let early = take("线〔2026〕1号", "2026-03-01");
    refused(node, WANG, &of_finding(1, "clue"), &early, "out_of_order").await;

    let clue = done(node, WANG, &of_finding(1, "clue"), &first).await;
    let id = &clue["matter"]["id"];
    assert_eq!(clue["matter"]["person"], "29**************28");
    assert_eq!(
        (&clue["matter"]["stage"], &clue["matter"]["owner"]),
        (&json!("clue_stage_taken"), &json!(WANG))
    );
    // The finding once, and the number once, however it is written.
    for (seq, number) in [(1, "线〔2026〕2号"), (2, "线(2026) 1号")] {
        let again = post(node, LI, &of_finding(seq, "clue"), &take(number, "2026-03-03")).await;
        assert_eq!(
            (again.status, again.code()),
            (StatusCode::CONFLICT, "matter_exists".to_owned())
        );
    }

    let handed_over = json!({ "clue": { "handed_over": { "to": COMPLAINTS, "due": five() } } });
    act_refused(node, LI, id, "2026-03-03", handed_over.clone(), "not_in_charge").await;
    let checked = json!({ "clue": { "checked": { "result": { "declined": {} }, "text": SECRETS[0] } } });
    act_refused(node, WANG, id, "2026-03-03", checked, "other_clue").await;
    let view = act(node, WANG, id, "2026-03-04", handed_over).await;
    // Five working days from Wednesday the 4th: 5, 6, 9, 10, 11 March 2026.
    assert_eq!(
        view["matter"]["awaited"],
        json!([{ "code": "awaited_answer", "until": "2026-03-11" }])
    );
    for (on, late) in [("2026-03-11", 0), ("2026-03-12", 1)] {
        let list = node.get(&format!("/api/v1/matters/overdue?on={on}")).await.json();
        assert_eq!(list["late"].as_array().unwrap().len(), late, "{on}");
    }
    let rejected = json!({ "clue": { "rejected": { "reason": "no_hardship", "text": SECRETS[1] } } });
    act_refused(node, WANG, id, "2026-03-05", rejected.clone(), "not_in_charge").await;
    act(node, COMPLAINTS, id, "2026-03-05", rejected).await;
    let reopened = json!({ "clue": { "reopened": { "reason": SECRETS[2] } } });
    act_refused(
        node,
        COMPLAINTS,
        id,
        "2026-03-06",
        reopened.clone(),
        "same_rejecter",
    )
    .await;
    act(node, LI, id, "2026-03-06", reopened).await;
    let handed_over = json!({ "clue": { "handed_over": { "to": COMPLAINTS, "due": five() } } });
    act(node, LI, id, "2026-03-06", handed_over).await;
    let accepted = json!({ "clue": { "accepted": { "case": "合检司救〔2026〕9号" } } });
    act(node, COMPLAINTS, id, "2026-03-09", accepted).await;

    let clues = node
        .get(&format!("/api/v1/rounds/{}/clues", Hex(ID)))
        .await
        .json();
    let stages: Vec<_> = clues["clues"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| (each["finding"]["seq"].clone(), each["clue"]["stage"].clone()))
        .collect();
    assert_eq!(
        stages,
        [(json!(1), json!("clue_stage_accepted")), (json!(2), json!(null))]
    );
    assert_eq!(clues["notice"], "不得仅凭比对结果停发或追缴。");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_omission_leads_on_to_what_the_ledger_has_of_the_same_person() {
    let node = node().await;
    let node = &node;
    let take = json!({ "number": "核1", "on": "2026-03-02" });
    let clue = done(node, WANG, &of_finding(2, "clue"), &take).await;
    let id = &clue["matter"]["id"];
    let informed = |number: &str| json!({ "clue": { "checked": { "result": { "informed": { "notice": number } }, "text": SECRETS[0] } } });
    // No such notice, another person's, and a matter that is no notice.
    assert_eq!(open(node, of(1), notice("告1")).await.status, StatusCode::OK);
    for number in ["告9", "告1", "核1"] {
        let path = format!("/api/v1/matters/{id}/events");
        let body = json!({ "on": "2026-03-04", "act": informed(number) });
        let answer = post(node, WANG, &path, &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::NOT_FOUND, "node_missing".to_owned()),
            "{number}"
        );
    }
    let same = json!({ "matter": { "number": "核1" } });
    let own = open(node, same, notice("告2")).await;
    assert_eq!(own.json()["matter"]["person"], "29**************0X");
    let view = act(node, WANG, id, "2026-03-04", informed("告2")).await;
    assert_eq!(view["matter"]["stage"], "clue_stage_led_on");

    // Nobody says that this person is not protected: others are not shown what was written.
    let path = format!("/api/v1/matters/{id}");
    let shown = |answer: Answer| {
        let view = answer.json();
        let text = view["acts"][1]["act"]["clue"]["checked"]["text"].clone();
        (view["withheld"].clone(), text)
    };
    let asked = send(node, LI, Method::GET, &path, &json!(null)).await;
    assert_eq!(shown(asked), (json!(true), json!("*")));
    let asked = send(node, WANG, Method::GET, &path, &json!(null)).await;
    assert_eq!(shown(asked), (json!(false), json!(SECRETS[0])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_taken_from_a_paper_and_never_shown_again() {
    let node = node().await;
    let transfer = |number: &str, received: bool| {
        let mut ends = ends(number);
        ends["received"] = json!(received);
        json!({ "transfer": { "ends": ends, "trigger": "still_poor" } })
    };
    let written = |number: &str| json!({ "number": { "document": "resident", "number": number } });
    let mut answers = Vec::new();
    // A digit that is mistyped: the number is not shown with the reason either.
    let wrong = NUMBERS[2].replace("011018", "011028");
    let refused = open(&node, written(&wrong), transfer("移1", true)).await;
    assert_eq!(
        (refused.status, refused.code()),
        (StatusCode::UNPROCESSABLE_ENTITY, "node_number".to_owned())
    );
    answers.push(refused.bytes);
    let unknown = json!({ "number": { "document": "library_card", "number": NUMBERS[2] } });
    let refused = open(&node, unknown, transfer("移1", true)).await;
    assert_eq!(refused.code(), "api_parameter");
    answers.push(refused.bytes);
    // A row of the register, and a number from a letter, as people type it.
    let row = json!({ "row": { "dataset": "minimum_living", "file": 1, "sheet": 1, "row": 2 } });
    let opened = open(&node, row, transfer("移1", false)).await;
    assert_eq!(opened.json()["matter"]["person"], "29**************28");
    assert_eq!(opened.json()["matter"]["from"], "县民政局");
    answers.push(opened.bytes);
    let typed = format!(" {}\n", NUMBERS[2]);
    let opened = open(&node, written(&typed), transfer("移2", true)).await;
    let matter = opened.json()["matter"].clone();
    assert_eq!(
        (&matter["from"], &matter["to"], &matter["received"]),
        (&json!("县人民检察院"), &json!("县民政局"), &json!(true))
    );
    answers.push(opened.bytes);
    let id = &matter["id"];
    let papers = ["case_facts", "aid_given", "recommendation"];
    let sent = json!({ "transfer": { "sent": { "letter": "合检救助移〔2026〕7号", "due": five() } } });
    act_refused(&node, WANG, id, "2026-03-03", sent.clone(), "papers").await;
    for paper in papers {
        let filed = json!({ "transfer": { "filed": { "paper": paper, "document": "附件" } } });
        act(&node, WANG, id, "2026-03-03", filed).await;
    }
    act(&node, WANG, id, "2026-03-03", sent).await;
    let acknowledged = json!({ "transfer": { "acknowledged": { "due": five() } } });
    act(&node, WANG, id, "2026-03-04", acknowledged).await;
    let answered = json!({ "transfer": { "answered": { "answer": { "refused": { "reason": "income" } }, "due": five() } } });
    act(&node, WANG, id, "2026-03-05", answered).await;
    let path = format!("/api/v1/matters/{id}/events");
    let nonsense =
        json!({ "act": { "transfer": { "answered": { "answer": { "refused": {} }, "due": five() } } } });
    assert_eq!(post(&node, WANG, &path, &nonsense).await.code(), "api_body");

    // What was received and acknowledged can be told of; the own one is not sent yet.
    let snapshot = done(&node, WANG, "/api/v1/matters/register", &json!({})).await;
    assert_eq!(snapshot["rows"], 1);
    // The earliest due first; and found by its number, however that is written.
    let list = node.get("/api/v1/matters?kind=transfer").await;
    let numbers: Vec<_> = list.json()["matters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|matter| matter["number"].clone())
        .collect();
    assert_eq!(numbers, ["移2", "移1"]);
    let one = node
        .get("/api/v1/matters?number=%E7%A7%BB%EF%BC%92&due=true")
        .await;
    assert_eq!(one.json()["total"], 1);
    answers.extend([list.bytes, one.bytes]);
    answers.push(node.get("/api/v1/audit/entries?limit=1000").await.bytes);
    for answer in &answers {
        let text = String::from_utf8_lossy(answer);
        for number in [NUMBERS[0], NUMBERS[2], &wrong] {
            assert!(!text.contains(number), "{text}");
        }
    }
    let log = String::from_utf8_lossy(answers.last().unwrap()).into_owned();
    assert!(
        log.contains("matter_opened") && log.contains("transfer_answered"),
        "{log}"
    );
    for written in ["合检救助移", "移2", "附件"] {
        assert!(!log.contains(written), "{written}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_way_people_are_told_or_passed_on() {
    let node = node().await;
    let node = &node;
    let opened = open(node, of(1), notice("告1")).await;
    let id = &opened.json()["matter"]["id"];
    // Five working days from Tuesday 3 March 2026: 4, 5, 6, 9, 10.
    assert_eq!(
        opened.json()["matter"]["awaited"],
        json!([{ "code": "awaited_application", "until": "2026-03-10" }])
    );
    let declined = json!({ "notice": { "not_applied": { "reason": SECRETS[0] } } });
    let lead_act = json!({ "lead": { "acknowledged": { "due": five() } } });
    act_refused(node, WANG, id, "2026-03-05", lead_act.clone(), "out_of_turn").await;
    let view = act(node, WANG, id, "2026-03-05", declined).await;
    assert_eq!(view["matter"]["stage"], "notice_stage_not_applied");

    let lead = json!({ "lead": { "ends": ends("索1"), "letter": "合民线〔2026〕1号", "due": five() } });
    let opened = open(node, of(3), lead.clone()).await;
    let id = &opened.json()["matter"]["id"];
    act(node, WANG, id, "2026-03-05", lead_act).await;
    let rejected = json!({ "lead": { "rejected": { "reason": SECRETS[1], "due": five() } } });
    act(node, WANG, id, "2026-03-06", rejected).await;
    let fed_back =
        json!({ "lead": { "fed_back": { "document": "合检复〔2026〕1号", "result": SECRETS[2] } } });
    let view = act(node, WANG, id, "2026-03-09", fed_back).await;
    assert_eq!(
        (&view["matter"]["stage"], &view["matter"]["awaited"]),
        (&json!("lead_stage_fed_back"), &json!([]))
    );
    // Nothing of what was written stands in the log.
    let log = node.get("/api/v1/audit/entries?limit=1000").await;
    let log = String::from_utf8_lossy(&log.bytes).into_owned();
    for secret in SECRETS {
        assert!(!log.contains(secret));
    }
    // A field that nobody knows is refused rather than overlooked.
    let mut unknown = lead;
    unknown["lead"]["ends"]["via"] = json!("别处");
    assert_eq!(open(node, of(3), unknown).await.code(), "api_body");
}
