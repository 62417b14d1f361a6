//! What the interface shows of people who are protected, or may be.

use std::convert::identity;
use std::sync::Arc;

use hefu_node::api::{Token, Wordings};
use hefu_node::config::{Config, NodeConfig, UnlockConfig};
use hefu_node::daemon::Daemon;
use hefu_node::ferry::slip::SlipPages;
use hefu_store::Unlock;
use hefu_tests::agency::wording;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

const WHERE: &str = "现住在某镇某村安置点";

/// As in a finding's history: what officers wrote of a person who may be protected is for whoever wrote it.
#[tokio::test(flavor = "multi_thread")]
async fn reasons_in_an_inquiry_about_a_protected_person_are_not_for_everybody() {
    let two = Two::start().await;
    let item = two.drafted();
    assert!(two.asks.node.inquiry(&item).unwrap().care().protected);
    two.asks.node.refuse_inquiry(&item, text(WHERE), "乙").unwrap();
    let closed = two.asks.close().await;
    let Unlock::KeyFile(key_file) = closed.unlock.clone() else {
        panic!("a key file")
    };
    let node = NodeConfig {
        name: "县民政局".to_owned(),
        role: AgencyRole::CivilAffairs,
        address: "127.0.0.1:7600".to_owned(),
    };
    let mut config = Config::new(node, UnlockConfig::KeyFile(key_file));
    config.peers.listen = "127.0.0.1:0".parse().unwrap();
    config.operators.listen = "127.0.0.1:0".parse().unwrap();
    let token_file = config.token_file(&closed.folder);
    let wordings = Wordings {
        quarantine: Arc::new(wording),
        slips: Arc::new(|facts| SlipPages {
            html: facts.number(),
            text: facts.number(),
        }),
    };
    let daemon = Daemon::start(config, &closed.folder, surroundings(), wordings, identity)
        .await
        .unwrap();
    let address = daemon.operators_address().unwrap();
    let token = Token::read(&token_file).unwrap().reveal().to_owned();
    let served = tokio::spawn(daemon.serve(std::future::pending()));
    let mut line = tokio::net::TcpStream::connect(address).await.unwrap();
    let asked = format!(
        "GET /api/v1/inquiries/{item} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nhefu-actor: 丁\r\nconnection: close\r\n\r\n"
    );
    line.write_all(asked.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    line.read_to_end(&mut answer).await.unwrap();
    served.abort();
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.contains("inquiry_refused"), "{answer}");
    assert!(!answer.contains(WHERE), "丁 reads what 乙 wrote");
}
