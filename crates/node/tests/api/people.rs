//! Key groups come first and are late sooner; of protected people, place and what officers write stay with whoever is in
//! charge.

use axum::body::Body;
use hefu_casework::{Care, CaseNumber, Finding, Known};
use hefu_node::api::ACTOR_HEADER;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use crate::findings::{NUMBERS, finding, put_findings};
use crate::reviews::{LI, WANG, done, list, path, taken, verified};
use crate::running::{Running, new_node};

const CASE: &str = "（2026）某检救助7号";

/// What is known of each of four people: an adult without a disability, one of whom it is not known, one who is disabled,
/// and a minor. Of all but the first it is not known that they need no protection.
fn cares() -> [Care; 4] {
    let of = |protected, minor, disabled| Care {
        protected,
        minor,
        disabled,
    };
    [
        of(false, Known::No, Known::No),
        of(true, Known::No, Known::Unknown),
        of(true, Known::No, Known::Yes),
        of(true, Known::Yes, Known::No),
    ]
}

/// The round ended on Monday 2 March 2026.
async fn node() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let dataset = crate::operations::import(&node, &format!("身份证号\n{}\n", NUMBERS[0])).await;
    let folder = node.stop().await;
    let numbers = NUMBERS.iter().chain(&NUMBERS[..1]);
    let findings: Vec<_> = numbers
        .zip(2..)
        .zip(cares())
        .map(|((number, row), care)| Finding {
            care,
            case: CaseNumber::new(CASE),
            ..finding(number, row)
        })
        .collect();
    put_findings(
        folder.path(),
        &config,
        dataset["dataset"].as_i64().unwrap(),
        &findings,
    );
    Running::with(folder, config).await
}

async fn get_as(node: &Running, by: &str, path: &str) -> Value {
    let mut request = node.request(Method::GET, path);
    let named = by.as_bytes().try_into().unwrap();
    request.headers_mut().unwrap().insert(ACTOR_HEADER, named);
    node.send(request.body(Body::empty()).unwrap()).await.json()
}

fn seqs(list: &Value) -> Vec<u64> {
    let findings = list["findings"].as_array().unwrap().iter();
    let finding = |each: &Value| each.get("finding").unwrap_or(each)["seq"].as_u64();
    findings.map(|each| finding(each).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn key_groups_come_first_and_whom_it_is_not_known_of_is_asked_after_and_not_left_out() {
    let node = node().await;
    done(&node, WANG, 4, "2026-03-02", &taken()).await;
    let all = node.get(&list()).await.json();
    // By the day: the third must be taken by 4 March, the fourth verified by the 16th, the others taken by the 9th.
    assert_eq!(seqs(&all), [3, 4, 2, 1]);
    let until = |index: usize| &all["findings"][index]["due"]["until"];
    assert_eq!(
        [0, 1, 2, 3].map(until),
        [
            &json!("2026-03-04"),
            &json!("2026-03-16"),
            &json!("2026-03-09"),
            &json!("2026-03-09")
        ]
    );
    assert_eq!((&all["total"], &all["to_ask"]), (&json!(4), &json!(1)));
    assert_eq!(
        all["findings"][2]["care"],
        json!({ "protected": true, "minor": "no", "disabled": "unknown", "key_group": "unknown" })
    );
    for (group, expected) in [("yes", vec![3, 4]), ("unknown", vec![2]), ("no", vec![1])] {
        let some = node.get(&format!("{}?key_group={group}", list())).await.json();
        assert_eq!(
            (seqs(&some), &some["total"]),
            (expected.clone(), &json!(expected.len()))
        );
    }
    let odd = node.get(&format!("{}?key_group=perhaps", list())).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    let page = node.get(&format!("{}?limit=3", list())).await.json();
    assert_eq!((seqs(&page), &page["next"]), (vec![3, 4, 2], &json!(3)));
    let page = node.get(&format!("{}?limit=3&after=3", list())).await.json();
    assert_eq!((seqs(&page), &page["next"]), (vec![1], &Value::Null));
    node.stop().await;
}

/// Working days from Monday 2 March: 3, 4 | 5, 6, 9 | 10, 11, 12, 13, 16.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_listed_key_groups_first() {
    let node = node().await;
    done(&node, WANG, 4, "2026-03-02", &taken()).await;
    for (on, expected) in [
        ("2026-03-04", vec![]),
        ("2026-03-05", vec![3]),
        ("2026-03-09", vec![3]),
        ("2026-03-10", vec![3, 2, 1]),
        ("2026-03-17", vec![3, 4, 2, 1]),
    ] {
        let late = node
            .get(&format!("/api/v1/findings/overdue?on={on}"))
            .await
            .json();
        assert_eq!((seqs(&late), &late["on"]), (expected, &json!(on)));
        for each in late["findings"].as_array().unwrap() {
            assert_eq!(each["finding"]["due"]["late"], "yes");
        }
    }
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_protected_person_only_who_is_in_charge_is_shown_case_and_reasons() {
    let node = node().await;
    // Nobody is in charge yet.
    let detail = get_as(&node, LI, &path(3, "")).await;
    assert_eq!(
        (&detail["case"], &detail["withheld"]),
        (&Value::Null, &json!(true))
    );
    // The first is known to need no protection.
    let open = get_as(&node, LI, &path(1, "")).await;
    assert_eq!((&open["case"], &open["withheld"]), (&json!(CASE), &json!(false)));

    done(&node, LI, 3, "2026-03-02", &taken()).await;
    done(&node, LI, 3, "2026-03-03", &verified("confirmed")).await;
    let told = verified("confirmed")["verified"]["reason"].clone();
    for (by, case, reason) in [(LI, json!(CASE), told), (WANG, Value::Null, json!("*"))] {
        let detail = get_as(&node, by, &path(3, "")).await;
        assert_eq!(detail["case"], case, "{by}");
        let history = get_as(&node, by, &path(3, "/history")).await;
        assert_eq!(history["acts"][1]["act"]["verified"]["reason"], reason, "{by}");
        assert_eq!(history["acts"][1]["act"]["verified"]["result"], "confirmed");
        assert_eq!(history["withheld"], by == WANG);
    }
    // Who hands it over is not in charge any more, and still knows what was written.
    let hand_over = json!({ "handed_over": { "to": WANG, "reason": "轮岗，住某村" } });
    let view = done(&node, LI, 3, "2026-03-04", &hand_over).await;
    assert_eq!(view["withheld"], true);
    assert_eq!(view["acts"][2]["act"]["handed_over"]["reason"], "轮岗，住某村");
    let stranger = get_as(&node, "赵六", &path(3, "/history")).await.to_string();
    assert!(
        !stranger.contains("某村") && !stranger.contains("秘语"),
        "{stranger}"
    );
    node.stop().await;
}
