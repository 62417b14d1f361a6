//! Each role may ask what its table says, and nothing else.

use std::collections::BTreeSet;

use hefu_node::account::AccountRole;
use hefu_node::api::rights;
use hyper::{Method, StatusCode};

use crate::document::documented;
use crate::running::Running;

#[test]
fn every_operation_has_its_roles_and_no_entry_is_stale() {
    let documented: BTreeSet<_> = documented()
        .into_iter()
        .map(|each| (each.method.to_string(), each.template))
        .collect();
    let mut table = BTreeSet::new();
    for (method, path, roles) in rights::all() {
        assert!(!roles.is_empty(), "{method} {path}");
        assert!(
            table.insert((method.to_string(), path.to_owned())),
            "{method} {path} stands there twice"
        );
    }
    assert_eq!(table, documented);
}

/// What the roles are for, without the table: whoever runs the machine reads no findings and decides nothing, the office
/// never sees a record, and whoever works on matters opens no door for others.
#[test]
fn the_table_keeps_apart_what_the_roles_are_apart_for() {
    use AccountRole::{CaseWorker, Compliance, It, Office};
    for (method, path, roles) in rights::all() {
        let of = |role| roles.contains(&role);
        let about_people = [
            "/findings",
            "/clues",
            "/matters",
            "/prechecks",
            "/inquiries",
            "/own",
            "/plans",
            "/unmaskings",
        ]
        .iter()
        .any(|part| path.contains(part));
        if about_people {
            assert!(!of(It) && !of(Office), "{method} {path}");
        }
        if path.starts_with("/api/v1/accounts") || path.starts_with("/api/v1/ferry") {
            assert_eq!(roles, [It], "{method} {path}");
        }
        if path.starts_with("/api/v1/peers") && *method != Method::GET {
            assert_eq!(roles, [It], "{method} {path}");
        }
        if path.ends_with("/sign") || path.ends_with("/unlock") && path.contains("ledger") {
            assert!(of(Compliance) && !of(It) && !of(CaseWorker), "{method} {path}");
        }
    }
    assert!(rights::may(CaseWorker, &Method::HEAD, "/api/v1/matters"));
    assert!(!rights::may(It, &Method::HEAD, "/api/v1/matters"));
    assert!(!rights::may(It, &Method::GET, "/api/v1/nowhere"));
}

/// The gate asks the table, on every path.
#[tokio::test(flavor = "multi_thread")]
async fn another_roles_path_is_refused() {
    let node = Running::start().await;
    let (mut refused, mut let_through) = (0, 0);
    for (role, account) in AccountRole::ALL
        .into_iter()
        .zip(["wang", "li.si", "zhao", "qian"])
    {
        let session = node
            .signed_in(account, &format!("{account}科员"), role.code())
            .await;
        for each in documented() {
            if each.template == "/api/v1/session" {
                continue;
            }
            let answer = node.within(&session, each.method.clone(), &each.path, None).await;
            let role_refused = answer.status == StatusCode::FORBIDDEN && answer.code() == "api_role";
            let may = rights::may(role, &each.method, &each.template);
            assert_eq!(
                role_refused,
                !may,
                "{} {} {}",
                role.code(),
                each.method,
                each.path
            );
            match may {
                true => let_through += 1,
                false => refused += 1,
            }
        }
    }
    assert!(refused > 100 && let_through > 100, "{refused} {let_through}");
    let entries = node.get("/api/v1/audit/entries?limit=1000").await.json();
    let told = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["kind"] == "role_refused");
    // Once for each account: the log must not be filled by it.
    assert_eq!(told.count(), 4);
    node.stop().await;
}
