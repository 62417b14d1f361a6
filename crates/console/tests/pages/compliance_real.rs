//! A compliance officer's day over a node as it is: findings are looked through, a number is shown by two people, and the
//! log has all of it.

use axum::http::StatusCode;
use hefu_casework::Hex;

use crate::case_real::{NUMBERS, ROUND, node};
use crate::it::multipart;
use crate::real::{PASSWORD, Real};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_compliance_reads_what_a_new_node_says() {
    let real = Real::start().await;
    let mut zhao = real.desk("zhao").await;
    for page in [
        "/compliance/todo",
        "/compliance/findings",
        "/compliance/findings.csv",
        "/compliance/reports",
        "/compliance/inquiries",
        "/compliance/unmaskings",
        "/compliance/agreements",
        "/compliance/ledger",
        "/compliance/ledger/debits",
        "/compliance/ledger/disclosures",
        "/compliance/ledger/disclosures.csv",
        "/compliance/log",
        "/compliance/verify",
    ] {
        let answer = zhao.get(page).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.text);
    }
    let home = zhao.get("/").await;
    assert_eq!(home.location(), "/compliance/todo");
    // What is not there is a page that says so.
    let none = "00".repeat(32);
    for page in [
        format!("/compliance/reports/{none}"),
        format!("/compliance/findings/{none}/1"),
        format!("/compliance/agreements/{none}"),
        format!("/compliance/inquiries/{}", "00".repeat(16)),
        "/compliance/findings/x/1".to_owned(),
    ] {
        let answer = zhao.get(&page).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{page}: {}", answer.text);
        assert!(answer.text.contains("<h1>"), "{page}");
    }
    let unfit = zhao.get("/compliance/findings?round=x").await;
    assert_eq!(unfit.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unfit.text);

    let intact = zhao.submit("/compliance/log", &[]).await;
    assert!(intact.text.contains("日志完整"), "{}", intact.text);
    let signed_in = zhao
        .get("/compliance/log?kind=signed_in&actor=%E8%B5%B5%E6%95%8F")
        .await;
    assert!(
        signed_in.text.contains("<code>signed_in</code>"),
        "{}",
        signed_in.text
    );
    let nobody = zhao.get("/compliance/log?actor=nobody").await;
    assert!(nobody.text.contains("没有符合条件的条目"));

    let token = zhao.get("/compliance/verify").await.token();
    let fields = [
        ("csrf", None, token.as_str()),
        ("report", Some("report.json"), "{}"),
    ];
    let sent = multipart("/compliance/verify", &fields);
    let fails = zhao.send(sent.0, sent.1).await;
    assert!(fails.text.contains("report_head"), "{}", fails.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_shown_by_two_people_and_all_of_it_stands_on_the_page() {
    let real = node().await;
    let mut wang = real.desk("wang").await;
    let second = [
        ("account", "sun"),
        ("name", "孙立"),
        ("role", "compliance"),
        ("password", PASSWORD),
    ];
    let added = wang.submit("/it/accounts", &second).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let (mut zhao, mut sun) = (real.desk("zhao").await, real.desk("sun").await);

    let all = zhao.get("/compliance/findings").await;
    let page = format!("/compliance/findings/{}/1", Hex(ROUND));
    assert!(all.text.contains(&format!("href=\"{page}\"")), "{}", all.text);
    // The one of a key group stands first, whatever its number is.
    let first = all.text.find(&format!("{}/2\"", Hex(ROUND))).unwrap();
    assert!(first < all.text.find(&format!("{page}\"")).unwrap());
    let narrow = zhao
        .get("/compliance/findings?least=650.50&most=650.50&key_group=no")
        .await;
    assert!(narrow.text.contains(&page) && !narrow.text.contains(&format!("{}/2\"", Hex(ROUND))));
    let none = zhao.get("/compliance/findings?least=650.51").await;
    assert!(none.text.contains("没有符合条件的疑点"), "{}", none.text);
    let file = zhao.get("/compliance/findings.csv?rule=X3").await;
    assert_eq!(file.text.lines().count(), 4, "{}", file.text);

    let asked = zhao
        .submit(&format!("{page}/unmaskings"), &[("why", "当事人到窗口核对身份")])
        .await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let own = zhao.submit("/compliance/unmaskings/1/grant", &[]).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN);
    assert!(own.text.contains("unmasking_same_person"), "{}", own.text);
    let early = zhao.submit("/compliance/unmaskings/1/look", &[]).await;
    assert!(early.text.contains("unmasking_not_granted"), "{}", early.text);
    let granted = sun.submit("/compliance/unmaskings/1/grant", &[]).await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.text);
    let not_theirs = sun.submit("/compliance/unmaskings/1/look", &[]).await;
    assert!(
        not_theirs.text.contains("unmasking_not_asker"),
        "{}",
        not_theirs.text
    );
    let shown = zhao.submit("/compliance/unmaskings/1/look", &[]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    assert_eq!(shown.text.matches(NUMBERS[0]).count(), 1);
    // Who asked, who granted and that it was looked at stand on the finding's page; the number does not.
    let told = sun.get(&page).await;
    for part in ["赵敏", "孙立", "当事人到窗口核对身份"] {
        assert!(told.text.contains(part), "{part}: {}", told.text);
    }
    assert!(!told.text.contains("未查看") && !told.text.contains(NUMBERS[0]));
    let logged = sun.get("/compliance/log?kind=unmasking_looked").await;
    assert!(
        logged.text.contains("<code>unmasking_looked</code>"),
        "{}",
        logged.text
    );
    assert!(
        !logged.text.contains("当事人到窗口"),
        "the reason is not for the log"
    );
}

/// A case worker may ask as well, where no more care is needed; another's to grant, theirs alone to look.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_worker_sees_a_number_that_compliance_grants() {
    let real = node().await;
    let (mut liu, mut zhao) = (real.desk("liu").await, real.desk("zhao").await);
    let page = format!("/case/findings/{}/1", Hex(ROUND));
    let why = [("why", "当事人到窗口核对身份")];
    let asked = liu.submit(&format!("{page}/unmaskings"), &why).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{}", asked.text);
    let twice = liu.submit(&format!("{page}/unmaskings"), &why).await;
    assert!(twice.text.contains("unmasking_waits"), "{}", twice.text);
    let look = format!("{page}/unmaskings/1/look");
    let early = liu.submit(&look, &[]).await;
    assert!(early.text.contains("unmasking_not_granted"), "{}", early.text);
    let list = zhao.get("/compliance/unmaskings").await;
    for part in ["刘洋", "当事人到窗口核对身份", "/compliance/unmaskings/1/grant"] {
        assert!(list.text.contains(part), "{part}: {}", list.text);
    }
    let granted = zhao.submit("/compliance/unmaskings/1/grant", &[]).await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.text);
    let waits = liu.get(&page).await;
    assert!(waits.text.contains(&look) && !waits.text.contains(NUMBERS[0]));
    let shown = liu.submit(&look, &[]).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    assert_eq!(shown.text.matches(NUMBERS[0]).count(), 1);
    let logged = zhao.get("/compliance/log?kind=unmasking_looked").await;
    assert!(
        logged.text.contains("<code>unmasking_looked</code>"),
        "{}",
        logged.text
    );
    // Of a key group: compliance alone asks, whatever page is sent.
    let other = format!("/case/findings/{}/2", Hex(ROUND));
    let refused = liu.submit(&format!("{other}/unmaskings"), &why).await;
    assert!(refused.text.contains("unmasking_protected"), "{}", refused.text);
}
