//! The operators' port for browsers on other machines.

use std::convert::identity;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::body::Body;
use data_encoding::BASE64;
use hefu_node::api;
use hefu_node::config::Config;
use hefu_node::daemon::{Daemon, DaemonError};
use http_body_util::BodyExt as _;
use hyper::header::HOST;
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::running::{Running, new_node, surroundings, wordings};

fn write_pem(file: &Path, label: &str, der: &[u8]) {
    let text = format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        BASE64.encode(der)
    );
    fs::write(file, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

/// A node's folder whose operators' port speaks TLS.
fn with_certificate(folder: &Path) -> Config {
    let mut config = new_node(folder);
    write_certificate(folder);
    config.operators.certificate = Some("console.pem".into());
    config.operators.key = Some("console.key".into());
    config.operators.names = vec!["hefu.minzheng.example".to_owned()];
    config
}

fn write_certificate(folder: &Path) {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["hefu.minzheng.example".to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap();
    write_pem(&folder.join("console.pem"), "CERTIFICATE", certificate.der());
    write_pem(&folder.join("console.key"), "PRIVATE KEY", &key.serialize_der());
}

async fn get(line: Box<dyn api::Line>, host: &str) -> (StatusCode, Vec<u8>) {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(line))
        .await
        .unwrap();
    let driving = tokio::spawn(connection);
    let request = Request::get("/health")
        .header(HOST, host)
        .body(Body::empty())
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let bytes = response.into_body().collect().await.unwrap().to_bytes().to_vec();
    driving.abort();
    (status, bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_port_speaks_tls_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = with_certificate(folder.path());
    let node = Running::with(folder, config.clone()).await;
    config.operators.listen = node.address;
    for (host, status) in [
        ("hefu.minzheng.example:7601", StatusCode::OK),
        ("localhost", StatusCode::OK),
        ("other.example", StatusCode::FORBIDDEN),
    ] {
        let line = api::call(&config, node.folder.path()).await.unwrap();
        let (answered, bytes) = get(line, host).await;
        assert_eq!(answered, status, "{host}: {}", String::from_utf8_lossy(&bytes));
    }

    // In clear nothing is answered that could be read as HTTP.
    let mut plain = TcpStream::connect(node.address).await.unwrap();
    plain
        .write_all(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.windows(4).any(|part| part == b"HTTP"), "{answer:?}");

    // Whoever says nothing is not waited for.
    let mut silent = TcpStream::connect(node.address).await.unwrap();
    let begun = Instant::now();
    let ended = tokio::time::timeout(Duration::from_secs(9), silent.read(&mut [0; 1])).await;
    assert!(
        matches!(ended, Ok(Ok(0) | Err(_))),
        "still open after {:?}",
        begun.elapsed()
    );

    // The command line trusts the certificate in the node's folder, and no other.
    write_certificate(node.folder.path());
    let refused = api::call(&config, node.folder.path()).await.err().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::InvalidData);
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_can_not_be_used_is_named_before_the_node_opens() {
    let start = async |change: fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        let config = with_certificate(folder.path());
        change(folder.path());
        let started = Daemon::start(config, folder.path(), surroundings(), wordings(), identity).await;
        started.err().unwrap()
    };
    let broken = start(|folder| fs::write(folder.join("console.pem"), "no certificate").unwrap()).await;
    assert!(
        matches!(&broken, DaemonError::Certificate { file, .. } if file.ends_with("console.pem")),
        "{broken}"
    );
    let missing = start(|folder| fs::remove_file(folder.join("console.key")).unwrap()).await;
    assert!(missing.params()[0].1.ends_with("console.key"), "{missing}");
    let others_key = start(|folder| {
        let key = KeyPair::generate().unwrap();
        write_pem(&folder.join("console.key"), "PRIVATE KEY", &key.serialize_der());
    })
    .await;
    assert!(
        matches!(others_key, DaemonError::Certificate { .. }),
        "{others_key}"
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let exposed = start(|folder| {
            let key = folder.join("console.key");
            fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
        })
        .await;
        assert_eq!(exposed.code(), "config_secret_exposed");
    }
}
