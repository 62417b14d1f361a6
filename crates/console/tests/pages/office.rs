//! The pages of a conference: whose each is, what it says, what its forms ask of the interface.

mod amending;
pub(crate) mod at_a_node;
mod figures;
mod ledger;
mod rounds;
mod seats;
mod texts;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::desk::{Answer, Desk};
use crate::it::multipart;

/// The id of the conference that all these tests are of.
fn id() -> String {
    "c0".repeat(32)
}

/// A path of the interface for a part of it.
fn api(method: &str, rest: &str) -> String {
    format!("{method} /api/v1/conferences/{}{rest}", id())
}

/// The address of one of its pages.
fn page(rest: &str) -> String {
    format!("/conferences/{}{rest}", id())
}

/// What every free text of the answers begins with: it must never stand in a page as it is.
const MARKUP: &str = "<script>";

fn conference(is_office: bool) -> Value {
    json!({
        "conference": id(), "name": format!("{MARKUP}县联席会议"), "office": "0f".repeat(32),
        "office_name": format!("{MARKUP}县政法委"), "is_office": is_office, "head": head(),
        "waiting": 1, "refused": 0, "standing": "conference_in_step", "begun_at": "2026-07-01T00:00:00Z",
    })
}

fn head() -> Value {
    json!({ "seq": 42, "hash": "ab".repeat(32) })
}

fn key(of: u8) -> String {
    format!("{of:02x}").repeat(32)
}

/// Somebody at the office's own node, or at a member's.
async fn desk_at(role: &str, is_office: bool) -> Desk {
    let desk = Desk::of(role).await;
    let fake = &desk.fake;
    fake.answer(
        "GET /api/v1/conferences",
        200,
        json!({ "conferences": [conference(is_office)] }),
    );
    let peer = json!({
        "name": format!("{MARKUP}县残联"), "role": "disabled_federation", "node_key": key(9),
        "address": "10.0.0.9:7600", "fingerprint": "9999 9999", "card_digest": key(7),
        "added_at": "2026-07-01T00:00:00Z", "carrier": "line",
    });
    fake.answer("GET /api/v1/peers", 200, json!({ "peers": [peer] }));
    desk
}

/// Opens pages, and looks at what all pages must be.
async fn open(desk: &mut Desk, rests: &[&str]) {
    for rest in rests {
        for lang in ["zh", "en"] {
            let between = if rest.contains('?') { '&' } else { '?' };
            let answer = desk.get(&format!("{}{between}lang={lang}", page(rest))).await;
            assert_eq!(answer.status, StatusCode::OK, "{rest}: {}", answer.text);
            assert!(!answer.text.contains(MARKUP), "{rest} has markup of others in it");
            assert!(
                answer.text.len() < 300 << 10,
                "{rest}: {} bytes",
                answer.text.len()
            );
            assert!(!answer.text.contains(" style="), "{rest} has a style of its own");
            for key in ["office.", "shell."] {
                let raw = answer.text.split(key).nth(1).filter(|after| {
                    after.starts_with(|c: char| c.is_ascii_lowercase()) && !after.starts_with("done")
                });
                assert!(
                    raw.is_none(),
                    "{rest} says a key instead of its words: {key}{:.30}",
                    raw.unwrap()
                );
            }
        }
    }
}

/// Whoever has another role is told so, and nothing is asked for them.
async fn closed(roles: &[&str], rests: &[&str]) {
    for role in roles {
        let mut desk = desk_at(role, true).await;
        for rest in rests {
            let answer = desk.get(&page(rest)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {rest}");
        }
    }
}

/// A form that is refused to these roles.
async fn not_sent(roles: &[&str], rests: &[&str]) {
    for role in roles {
        let mut desk = desk_at(role, true).await;
        for rest in rests {
            let answer = desk.submit(&page(rest), &[("reason", "x")]).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role} {rest}");
            assert!(desk.fake.bodies(&api("POST", rest)).is_empty());
        }
    }
}

/// What was sent last under a path of the interface.
fn sent(desk: &Desk, rest: &str) -> Value {
    let bodies = desk.fake.bodies(&api("POST", rest));
    let body = bodies
        .first()
        .unwrap_or_else(|| panic!("nothing was sent to {rest}"));
    serde_json::from_slice(body).unwrap_or(Value::Null)
}

/// This node, as its interface shows it.
fn node(of: u8) -> Value {
    json!({
        "name": "县民政局", "role": "civil_affairs", "address": "10.0.0.1:7600", "node_key": key(of),
        "fingerprint": "1234 5678", "version": "0.1.0", "config_digest": key(7),
        "started_at": "2026-11-30T16:00:00Z", "log": { "seq": 7, "hash": key(6) }, "peers": 2, "datasets": 3,
    })
}

/// A seat of a member, or the office's.
fn seat(of: u8, name: &str, seat: &str) -> Value {
    json!({
        "node_key": key(of), "name": format!("{MARKUP}{name}"), "role": "civil_affairs", "seat": seat,
        "pinned": "same", "address": "10.0.0.1:7600", "fingerprint": "1234 5678", "card": "{}",
        "read": null, "read_at": null,
    })
}

/// A line of the ledger.
fn line(item: u8, state: &str, due: &str) -> Value {
    json!({
        "item": format!("{item:02x}").repeat(16), "kind": "finding", "from": format!("{MARKUP}县民政局"),
        "to": format!("{MARKUP}县残联"), "letter": format!("{MARKUP}函1号"), "round": 3, "opened": "2026-11-01",
        "due": due, "late": true, "state": state, "outcome": null, "closed": null, "escalation": "reminded",
        "revisit": "2027-01-05", "revision": 2,
    })
}

/// Sends a form with files: name, the file's name where it is one, content.
async fn send_files(desk: &mut Desk, rest: &str, fields: &[(&str, Option<&str>, &str)]) -> Answer {
    let token = desk.get("/password").await.token();
    let all: Vec<_> = [("csrf", None, token.as_str())]
        .into_iter()
        .chain(fields.iter().copied())
        .collect();
    let (request, body) = multipart(&page(rest), &all);
    desk.send(request, body).await
}
