//! `hefu demo --serve`: the nodes of the demonstration run on, somebody signs in at each, and all end in order.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Killed with the test, however that ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

#[test]
fn people_sign_in_at_each_node_and_all_end_in_order() {
    let temporary = tempfile::tempdir().unwrap();
    let child = Command::new(env!("CARGO_BIN_EXE_hefu"))
        .args(["demo", "--serve", "--json"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut running = Running(child);
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let day: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(day["as_expected"], true, "{day}");
    let serving: Value = serde_json::from_str(&lines.next().expect("it does not run on").unwrap()).unwrap();
    let nodes = serving["serving"].as_array().unwrap();
    assert_eq!(nodes.len(), 6, "five agencies, and the office");
    for node in nodes {
        let accounts = node["accounts"].as_array().unwrap();
        let roles: Vec<_> = accounts
            .iter()
            .map(|account| account["role"].as_str().unwrap())
            .collect();
        let needed: &[&str] = match node["code"].as_str().unwrap() {
            "office" => &["it", "compliance", "office", "office"],
            _ => &["it", "case_worker", "compliance", "compliance"],
        };
        for role in needed {
            let have = roles.iter().filter(|has| *has == role).count();
            let need = needed.iter().filter(|has| *has == role).count();
            assert!(have >= need, "{node}");
        }
        for account in accounts {
            let asked = json!({ "account": account["account"], "password": serving["password"] });
            let (status, said) = asks(node, "POST", "/api/v1/session", &asked.to_string());
            assert_eq!(status, 201, "{account}: {said}");
            assert!(said.contains(account["name"].as_str().unwrap()), "{said}");
        }
        let (status, page) = asks(node, "GET", "/sign-in", "");
        assert_eq!(status, 200);
        assert!(page.contains("<form"), "{page}");
        let wrong = json!({ "account": accounts[0]["account"], "password": "not the sample's" });
        assert_eq!(asks(node, "POST", "/api/v1/session", &wrong.to_string()).0, 401);
    }
    let told = Command::new("kill")
        .args(["-TERM", &running.0.id().to_string()])
        .status();
    assert!(told.unwrap().success());
    assert_eq!(running.0.wait().unwrap().code(), Some(0));
    let left: Vec<_> = fs::read_dir(temporary.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The status and the body of what a node answers.
fn asks(node: &Value, method: &str, path: &str, body: &str) -> (u16, String) {
    let address = node["address"].as_str().unwrap();
    let host = address.trim_start_matches("http://").trim_end_matches('/');
    let mut line = TcpStream::connect(host).unwrap();
    write!(
        line,
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    line.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, body.to_owned())
}
