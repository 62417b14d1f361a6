//! A person's number in clear: one asks, another one grants, and every look is on record.

use hefu_casework::{Care, Finding, Hex};
use hefu_store::{Entry, NewUnmasking, Store, UnmaskingDecision};
use hyper::{Method, StatusCode};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::findings::{ID, NUMBERS, finding, put_findings};
use crate::reviews::path;
use crate::running::{Answer, PASSWORD, Running, new_node, settings};

const WHY: &str = "当事人到窗口核对身份";

/// A node with three findings, of which the second is of a protected person; and three officers, signed in.
async fn node() -> (Running, [String; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    let mut findings: Vec<Finding> = NUMBERS
        .iter()
        .zip(2..)
        .map(|(number, row)| finding(number, row))
        .collect();
    findings[1].care = Care {
        protected: true,
        ..findings[1].care
    };
    put_findings(
        folder.path(),
        &config,
        dataset["dataset"].as_i64().unwrap(),
        &findings,
    );
    let node = Running::with(folder, config).await;
    let wang = node.signed_in("wang", "王建国", "compliance").await;
    let li = node.signed_in("li.si", "李四", "compliance").await;
    let zhao = node.signed_in("zhao", "赵经办", "case_worker").await;
    (node, [wang, li, zhao])
}

async fn ask(node: &Running, session: &str, seq: u64, reason: &str) -> Answer {
    let body = json!({ "reason": reason });
    node.within(session, Method::POST, &path(seq, "/unmaskings"), Some(body))
        .await
}

async fn asked(node: &Running, session: &str, seq: u64) -> u64 {
    let answer = ask(node, session, seq, WHY).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json());
    answer.json()["unmasking"].as_u64().unwrap()
}

async fn post(node: &Running, session: &str, n: u64, what: &str) -> Answer {
    node.within(
        session,
        Method::POST,
        &format!("/api/v1/unmaskings/{n}/{what}"),
        None,
    )
    .await
}

async fn refused(node: &Running, session: &str, n: u64, what: &str, code: &str) {
    let answer = post(node, session, n, what).await;
    assert_eq!(answer.code(), code, "{what} {n}");
    assert!(answer.status.is_client_error());
    assert!(!String::from_utf8(answer.bytes).unwrap().contains(NUMBERS[0]));
}

async fn log(node: &Running) -> Vec<Value> {
    let entries = node.get("/api/v1/audit/entries?limit=1000").await.json();
    entries["entries"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_show_a_number_to_one_of_them() {
    let (node, [wang, li, zhao]) = node().await;
    let node = &node;
    let n = asked(node, &wang, 1).await;
    refused(node, &wang, n, "look", "unmasking_not_granted").await;
    refused(node, &wang, n, "grant", "unmasking_same_person").await;
    refused(node, &zhao, n, "grant", "api_role").await;
    let granted = post(node, &li, n, "grant").await;
    assert_eq!(granted.status, StatusCode::OK, "{}", granted.json());
    let granted = granted.json();
    assert_eq!(
        (&granted["state"], &granted["decided_by"], &granted["reason"]),
        (&json!("unmasking_granted"), &json!("李四"), &json!(WHY))
    );
    let time = |name: &str| granted[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    assert_eq!(
        time("expires_at").duration_since(time("decided_at")),
        SignedDuration::from_mins(30)
    );

    // Only to who asked: neither to who granted it, nor to anybody else.
    for other in [&li, &zhao] {
        refused(node, other, n, "look", "unmasking_not_asker").await;
    }
    for _ in 0..2 {
        let shown = post(node, &wang, n, "look").await;
        assert_eq!(
            (shown.status, &shown.json()["number"]),
            (StatusCode::OK, &json!(NUMBERS[0]))
        );
    }
    refused(node, &li, n, "refuse", "unmasking_decided").await;

    // The finding's page tells who looked. The reason is for who asked, and who decides.
    let told = |session: String| async move {
        let answer = node
            .within(&session, Method::GET, &path(1, "/unmaskings"), None)
            .await;
        answer.json()["unmaskings"].clone()
    };
    let all = told(li.clone()).await;
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["asked_by"], "王建国");
    assert_eq!(all[0]["looks"].as_array().unwrap().len(), 2);
    assert_eq!(
        (&all[0]["seq"], &all[0]["round"]),
        (&json!(1), &json!(Hex(ID).to_string()))
    );
    let masked = told(zhao.clone()).await;
    assert_eq!(
        (&masked[0]["reason"], &masked[0]["asked_by"]),
        (&json!("*"), &json!("王建国"))
    );

    // The log has each step with its person, and neither reason nor number.
    let log = log(node).await;
    let of = |kind: &str| -> Vec<&str> {
        let of = log.iter().filter(|entry| entry["kind"] == kind);
        of.map(|entry| entry["actor"].as_str().unwrap()).collect()
    };
    assert_eq!(of("unmasking_asked"), ["王建国"]);
    assert_eq!(of("unmasking_granted"), ["李四"]);
    assert_eq!(of("unmasking_looked"), ["王建国", "王建国"]);
    let text = serde_json::to_string(&log).unwrap();
    assert!(!text.contains(NUMBERS[0]) && !text.contains(WHY));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_not_yet_asked_shows_nothing() {
    let (node, [wang, li, zhao]) = node().await;
    for unfit in ["", "核对", "   核对   ", "核对\u{202e}身份证", &"核".repeat(501)] {
        let answer = ask(&node, &wang, 1, unfit).await;
        assert_eq!(
            (answer.status, answer.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "unmasking_reason".to_owned())
        );
    }
    assert_eq!(ask(&node, &wang, 9, WHY).await.code(), "node_missing");
    assert_eq!(post(&node, &wang, 1, "look").await.code(), "node_missing");
    let n = asked(&node, &wang, 1).await;
    let again = ask(&node, &wang, 1, WHY).await;
    assert_eq!(
        (again.status, again.code()),
        (StatusCode::CONFLICT, "unmasking_waits".to_owned())
    );
    let refusal = post(&node, &li, n, "refuse").await.json();
    assert_eq!(
        (&refusal["state"], &refusal["expires_at"]),
        (&json!("unmasking_refused"), &json!(null))
    );
    refused(&node, &wang, n, "look", "unmasking_not_granted").await;
    refused(&node, &li, n, "grant", "unmasking_decided").await;

    // Of whom more care is needed, compliance alone may ask; of another, who works on the matter may.
    let protected = ask(&node, &zhao, 2, WHY).await;
    assert_eq!(
        (protected.status, protected.code()),
        (StatusCode::FORBIDDEN, "unmasking_protected".to_owned())
    );
    let by_compliance = asked(&node, &li, 2).await;
    let by_zhao = asked(&node, &zhao, 3).await;
    let all = node
        .within(&wang, Method::GET, "/api/v1/unmaskings", None)
        .await
        .json();
    let numbers: Vec<_> = all["unmaskings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["unmasking"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [by_zhao, by_compliance, n]);
    let own = node
        .within(&zhao, Method::GET, "/api/v1/unmaskings", None)
        .await
        .json();
    assert_eq!(own["unmaskings"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &own["unmaskings"][0]["reason"],
            own["unmaskings"][0]["unmasking"].as_u64()
        ),
        (&json!(WHY), Some(by_zhao))
    );
    let page = node
        .within(&wang, Method::GET, "/api/v1/unmaskings?limit=2", None)
        .await
        .json();
    assert_eq!(page["next"], by_compliance);
    node.stop().await;
}

/// As it stands in the store an hour, and eight days, after it was asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_ends_and_so_does_a_question() {
    let (node, [_, _, _]) = node().await;
    let folder = node.stop().await;
    let config = settings(folder.path());
    let now = Timestamp::now();
    {
        let store = Store::open(folder.path(), &config.unlock.fetch(folder.path()).unwrap()).unwrap();
        let ask = |hours: i64| {
            let new = NewUnmasking {
                round: &ID,
                finding: 0,
                by: "王建国",
                reason: WHY,
                at: now - SignedDuration::from_hours(hours),
            };
            store.ask_unmasking(&new, |n| json!({ "unmasking": n })).unwrap()
        };
        let decision = UnmaskingDecision {
            granted: true,
            by: "李四".to_owned(),
            at: now - SignedDuration::from_mins(31),
        };
        let entry = Entry {
            actor: "李四",
            kind: "unmasking_granted",
            body: &json!({}),
        };
        store.decide_unmasking(ask(1), &decision, &entry).unwrap();
        ask(8 * 24);
    }
    let node = Running::with(folder, config).await;
    let session = async |account: &str| {
        let begun = node.sign_in(account, PASSWORD).await;
        begun.json()["session"].as_str().unwrap().to_owned()
    };
    refused(&node, &session("wang").await, 1, "look", "unmasking_over").await;
    refused(&node, &session("li.si").await, 2, "grant", "unmasking_too_old").await;
    // Both can be asked anew.
    asked(&node, &session("wang").await, 1).await;
    node.stop().await;
}
