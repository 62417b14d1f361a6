//! Lists of a thousand rows: their pages are light, each leads to the next, and they are looked through as a whole.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::compliance::KEY;
use crate::desk::Desk;
use crate::many::{WEIGHT, assets};
use crate::{case, compliance, it};

const ROWS: usize = 1000;

/// A list: whose it is, where, what its rows are asked for at, their name in the answer, and the field that tells one from
/// another.
struct List(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const LISTS: [List; 7] = [
    List("it", "/it/rounds", "/api/v1/rounds", "rounds", "peer_name"),
    List(
        "it",
        "/it/agreements",
        "/api/v1/agreements",
        "agreements",
        "number",
    ),
    List("it", "/it/datasets", "/api/v1/datasets", "datasets", "name"),
    List(
        "compliance",
        "/compliance/agreements",
        "/api/v1/agreements",
        "agreements",
        "number",
    ),
    List(
        "compliance",
        "/compliance/inquiries",
        "/api/v1/inquiries",
        "inquiries",
        "document",
    ),
    List(
        "case_worker",
        "/case/inquiries",
        "/api/v1/inquiries",
        "inquiries",
        "document",
    ),
    List(
        "case_worker",
        "/case/checks",
        "/api/v1/prechecks",
        "prechecks",
        "case_file",
    ),
];

async fn desk(role: &str) -> Desk {
    let desk = Desk::of(role).await;
    match role {
        "it" => it::canned(&desk),
        "compliance" => compliance::canned(&desk),
        _ => case::canned::canned(&desk),
    }
    desk
}

/// Makes a thousand of the one row that the canned answer has.
fn multiply(desk: &Desk, ask: &str, rows: &str, each: impl Fn(usize, &mut Value)) {
    let ask = format!("GET {ask}");
    let mut answer = desk.fake.answers.lock().unwrap()[&ask].1.clone();
    let one = answer[rows][0].clone();
    let all = (0..ROWS).map(|n| {
        let mut row = one.clone();
        each(n, &mut row);
        row
    });
    answer[rows] = all.collect();
    desk.fake.answer(&ask, 200, answer);
}

fn mark(n: usize) -> String {
    format!("函第{n:04}号")
}

/// Which rows a page shows.
fn marks(page: &str) -> BTreeSet<usize> {
    let after = page.split("函第").skip(1);
    after
        .filter_map(|rest| rest.split_once('号')?.0.parse().ok())
        .collect()
}

fn next(page: &str) -> Option<String> {
    let before = page
        .split(" rel=\"next\"")
        .next()
        .filter(|rest| rest.len() < page.len())?;
    let address = before.rsplit_once("href=\"")?.1.trim_end_matches('"');
    Some(address.replace("&amp;", "&").replace("&#38;", "&"))
}

async fn light(desk: &mut Desk, path: &str) -> String {
    let page = desk.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
    let weight = page.text.len() + assets(desk, &page.text).await;
    assert!(weight < WEIGHT, "{path} weighs {weight} bytes");
    page.text
}

#[tokio::test]
async fn lists_of_a_thousand_rows_are_shown_page_by_page() {
    for List(role, path, ask, rows, field) in LISTS {
        let mut desk = desk(role).await;
        multiply(&desk, ask, rows, |n, row| row[field] = mark(n).into());
        let (mut seen, mut pages) = (BTreeSet::new(), 0);
        let mut at = Some(path.to_owned());
        while let Some(here) = at {
            let page = light(&mut desk, &here).await;
            assert!(page.contains("1,000"), "{here} does not say how many there are");
            let shown = marks(&page);
            assert!(
                shown.len() <= 100 && shown.is_disjoint(&seen),
                "{here}: {shown:?}"
            );
            seen.extend(shown);
            pages += 1;
            at = next(&page);
        }
        assert_eq!((seen.len(), pages), (ROWS, 10), "{path}");
    }
}

#[tokio::test]
async fn what_is_looked_for_is_looked_for_on_all_pages() {
    for List(role, path, ask, rows, field) in LISTS {
        let mut desk = desk(role).await;
        multiply(&desk, ask, rows, |n, row| row[field] = mark(n).into());
        // The 778th is on the eighth page.
        let page = light(&mut desk, &format!("{path}?q=0777")).await;
        assert_eq!(marks(&page), BTreeSet::from([777]), "{path}");
        assert_eq!(next(&page), None, "{path}");
        // All of the second hundred, and every tenth hundred's: 0100 to 0199, and none else that begins so.
        let page = light(&mut desk, &format!("{path}?q=%E7%AC%AC01")).await;
        assert_eq!(marks(&page), (100..200).collect(), "{path}");
        // What was looked for is still in its box, and goes on to the next page.
        assert!(page.contains("name=\"q\" value=\"第01\""), "{path}");
        let page = light(&mut desk, &format!("{path}?q=%E5%87%BD")).await;
        let second = next(&page).unwrap();
        let page = light(&mut desk, &second).await;
        assert_eq!(marks(&page).len(), 100, "{second}");
        let none = light(&mut desk, &format!("{path}?q=nothing-such")).await;
        assert!(marks(&none).is_empty() && none.contains("name=\"q\""), "{path}");
        if path != "/it/rounds" {
            continue;
        }
        for odd in [
            "?after=4000000000000",
            "?after=-1",
            "?after=x",
            "?after=18446744073709551615",
        ] {
            light(&mut desk, &format!("{path}{odd}")).await;
        }
    }
}

#[tokio::test]
async fn what_waits_for_a_signature_comes_before_what_is_newer() {
    let mut desk = desk("compliance").await;
    multiply(&desk, "/api/v1/agreements", "agreements", |n, row| {
        row["number"] = mark(n).into();
        row["state"] = if n == 3 { "draft" } else { "signed" }.into();
        row["parties"] = json!([{ "name": "县民政局", "node_key": KEY, "receives": true, "signed": n != 3 }]);
        row["changed_at"] = format!("2026-{:02}-{:02}T00:00:00Z", 1 + n / 100, 1 + n % 28).into();
    });
    let page = light(&mut desk, "/compliance/agreements").await;
    let shown = marks(&page);
    assert!(shown.contains(&3), "{shown:?}");
    assert!(shown.iter().filter(|n| **n >= 900).count() >= 99, "{shown:?}");
}

/// The list of rounds is narrowed down by fields of its own.
#[tokio::test]
async fn reports_of_a_thousand_rounds_are_shown_page_by_page() {
    let mut desk = desk("compliance").await;
    multiply(&desk, "/api/v1/rounds", "rounds", |n, row| {
        row["id"] = format!("{n:064x}").into();
        row["peer_name"] = ["县民政局", "县总工会"][n % 2].into();
        row["state"] = if n % 100 == 77 { "failed" } else { "done" }.into();
    });
    let shown = |page: &str| -> BTreeSet<u64> {
        let after = page.split("href=\"/compliance/reports/").skip(1);
        after
            .map(|rest| u64::from_str_radix(rest.split('"').next().unwrap(), 16).unwrap())
            .collect()
    };
    for (query, of) in [
        ("", 1000),
        ("?agency=%E5%8E%BF%E6%B0%91%E6%94%BF%E5%B1%80", 500),
        ("?state=failed", 10),
    ] {
        let mut seen = BTreeSet::new();
        let mut at = Some(format!("/compliance/reports{query}"));
        while let Some(here) = at {
            let page = light(&mut desk, &here).await;
            let rows = shown(&page);
            assert!(rows.len() <= 100 && rows.is_disjoint(&seen), "{here}");
            seen.extend(rows);
            at = next(&page);
        }
        assert_eq!(seen.len(), of, "{query}");
    }
}

/// Home pages show the first of what waits, and say how much it is.
#[tokio::test]
async fn home_pages_stay_light_however_much_waits() {
    let mut zhao = desk("compliance").await;
    multiply(&zhao, "/api/v1/inquiries", "inquiries", |n, row| {
        row["document"] = mark(n).into();
        row["stage"] = "inquiry_stage_drafted".into();
    });
    let page = light(&mut zhao, "/compliance/todo").await;
    assert!(marks(&page).len() == 50 && page.contains(">1000<"), "{page}");
    let mut liu = desk("case_worker").await;
    multiply(&liu, "/api/v1/inquiries", "inquiries", |n, row| {
        row["document"] = mark(n).into()
    });
    let page = light(&mut liu, "/case/home").await;
    assert_eq!(marks(&page).len(), 10, "{page}");
    assert!(
        page.contains("<a href=\"/case/inquiries\">查看全部 1000 条</a>"),
        "{page}"
    );
}
