//! From its start to its end.

use std::convert::identity;
use std::time::{Duration, Instant};

use axum::body::Body;
use hefu_node::daemon::{Daemon, DaemonError};
use hyper::header::HOST;
use hyper::{Method, StatusCode};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::running::{Running, new_node, surroundings, wordings};

#[tokio::test(flavor = "multi_thread")]
async fn a_node_says_when_it_starts_and_when_it_stops() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let status = node.get("/api/v1/node").await.json();
    assert_eq!(status["name"], "县民政局");
    let address = node.address;
    let folder = node.stop().await;
    assert!(
        TcpStream::connect(address).await.is_err(),
        "the port is still open"
    );

    // Once more in the same folder: nothing holds it any longer.
    config.operators.metrics = false;
    let node = Running::with(folder, config.clone()).await;
    let entries = node.get("/api/v1/audit/entries").await.json();
    let kinds: Vec<_> = entries["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["node_created", "started", "stopped", "started"]);
    let body = &entries["entries"][3]["body"];
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    let digest = hefu_casework::Hex(config.digest()).to_string();
    assert_eq!(body["configuration"], digest.as_str());
    assert_ne!(entries["entries"][1]["body"]["configuration"], digest.as_str());
    assert_eq!(node.get("/metrics").await.code(), "api_metrics_off");
    node.stop().await;
}

/// Neither an idle connection, nor half a request, nor a body that never comes: and nothing of them stays behind, or
/// the database could not be opened again.
#[tokio::test(flavor = "multi_thread")]
async fn callers_do_not_keep_it_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let config = new_node(folder.path());
    let node = Running::with(folder, config.clone()).await;
    let upload = format!(
        "POST /api/v1/uploads?name=a HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\nhefu-actor: a\r\ncontent-length: 9\r\n\r\nx",
        node.token
    );
    let mut lines = Vec::new();
    for said in ["", "GET /health HTTP/1.1\r\nhost: loc", &upload] {
        let mut line = TcpStream::connect(node.address).await.unwrap();
        line.write_all(said.as_bytes()).await.unwrap();
        lines.push(line);
    }
    let uploads = node.folder.path().join("spool/uploads");
    while std::fs::read_dir(&uploads).unwrap().count() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let begun = Instant::now();
    let folder = node.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(15));
    assert_eq!(std::fs::read_dir(&uploads).unwrap().count(), 0);
    Running::with(folder, config).await.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_is_named() {
    let node = Running::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = new_node(folder.path());
    config.operators.listen = node.address;
    let error = Daemon::start(config, folder.path(), surroundings(), wordings(), identity)
        .await
        .err()
        .unwrap();
    assert!(matches!(error, DaemonError::Operators { .. }), "{error}");
    assert_eq!(error.params()[0].1, node.address.to_string());
    node.stop().await;
}

/// DNS rebinding: a stranger's page whose name leads to this machine.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_host_is_refused() {
    let node = Running::start().await;
    for host in ["hefu.example", "127.0.0.1.example:7601", "10.0.0.1"] {
        for path in ["/health", "/api/v1/node", "/nowhere"] {
            let mut request = node.request(Method::GET, path);
            request.headers_mut().unwrap().insert(HOST, host.parse().unwrap());
            let answer = node.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(
                (answer.status, answer.code()),
                (StatusCode::FORBIDDEN, "api_host".to_owned())
            );
        }
    }
    let mut request = node.request(Method::GET, "/health");
    let name = format!("localhost:{}", node.address.port());
    request.headers_mut().unwrap().insert(HOST, name.parse().unwrap());
    let answer = node.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, StatusCode::OK);
    node.stop().await;
}
