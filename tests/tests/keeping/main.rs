//! What a node keeps and what it lets go: backups and their return, deletion, reports, and proofs of findings.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod backup;
mod contradictions;
mod deletion;
mod proof;
mod reports;
mod reviews;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hefu_casework::{AgencyRole, Hex, Month, Purpose, canonical};
use hefu_node::Node;
use hefu_node::explain::{Derived, Proof};
use hefu_node::report::{Form, Results};
use hefu_store::{Deleted, RoundState, Store, Vault};
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, days_from_today};
use hefu_tests::bureau::{
    Bureau, Closed, agree, files, introduce, mapping, number, proposal, sha256, surroundings,
};
use hefu_tests::proxy::Proxy;
use hefu_tests::search::{SHORTEST, Searcher, forms_of_number};
use jiff::{Timestamp, ToSpan};
use ring::signature::{ED25519, UnparsedPublicKey};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

/// People of each side, of whom half are on both registers.
const PEOPLE: u64 = 40;

/// A receiver, a sender whose line can be cut, and an agreement.
struct Two {
    receiver: Bureau,
    sender: Bureau,
    proxy: Proxy,
    agreement: [u8; 32],
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
        let receiver = start("县民政局", AgencyRole::CivilAffairs).await;
        let sender = start("县残联", AgencyRole::DisabledFederation).await;
        receiver.pays(EXTREME_POVERTY, 0..PEOPLE);
        sender.pays(DISABLED_LIVING, PEOPLE / 2..PEOPLE / 2 + PEOPLE);
        introduce(&receiver, &sender);
        let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
        let text = proposal(Purpose::Duplicates, "1号", parties);
        let agreement = agree(&receiver, &sender, text).await;
        let proxy = Proxy::to(sender.card.address().to_owned()).await;
        receiver
            .node
            .add_peer(&sender.card_at(&proxy.address.to_string()))
            .unwrap();
        Self {
            receiver,
            sender,
            proxy,
            agreement,
            dir,
        }
    }

    /// A round that has come to its end on both sides.
    async fn round(&self) -> [u8; 32] {
        let learned = self.receiver.node.run_round(&self.agreement).await.unwrap();
        assert_eq!(learned.outcome.findings.len() as u64, PEOPLE / 2);
        self.sender
            .newest_round(|round| round.state == RoundState::Done)
            .await;
        learned.round
    }

    /// A round whose line was cut in its middle: open on both sides.
    async fn open_round(&self) -> [u8; 32] {
        let before = self.proxy.passed();
        self.round().await;
        self.proxy.cut_after((self.proxy.passed() - before) / 2);
        let round = self
            .receiver
            .node
            .begin_round(&self.agreement, "经办")
            .await
            .unwrap();
        let interrupted = self.receiver.node.go_on(&round).await.err().unwrap();
        assert!(interrupted.can_go_on(), "{interrupted}");
        self.sender
            .newest_round(|round| round.state == RoundState::Running)
            .await;
        for bureau in [&self.receiver, &self.sender] {
            assert_eq!(bureau.node.store().open_sessions().unwrap().len(), 1);
        }
        round
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

fn this_month() -> Month {
    Month::of(days_from_today(0))
}

/// The number and the body of a round's log entry.
fn logged(folder: &Path, kind: &str, round: &str) -> (i64, String) {
    let connection = Connection::open(folder.join("hefu.db")).unwrap();
    let sql = "SELECT seq, body FROM log WHERE kind = ?1 AND body LIKE '%' || ?2 || '%'";
    let entry = connection.query_row(sql, [kind, round], |row| Ok((row.get(0)?, row.get(1)?)));
    entry.unwrap()
}

/// SQL past the node, with the triggers of the table gone.
fn intrude(folder: &Path, table: &str, sql: &str, params: impl rusqlite::Params) {
    let connection = Connection::open(folder.join("hefu.db")).unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1")
        .unwrap()
        .query_map([table], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for trigger in triggers {
        connection
            .execute_batch(&format!("DROP TRIGGER {trigger}"))
            .unwrap();
    }
    assert_eq!(connection.execute(sql, params).unwrap(), 1);
}

/// Every value of the query's columns.
fn blobs(folder: &Path, sql: &str) -> Vec<Vec<u8>> {
    let connection = Connection::open(folder.join("hefu.db")).unwrap();
    let mut query = connection.prepare(sql).unwrap();
    let columns = query.column_count();
    let mut rows = query.query([]).unwrap();
    let mut all = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        all.extend((0..columns).map(|column| row.get::<_, Vec<u8>>(column).unwrap()));
    }
    all
}

/// How many of the files have one of the byte strings, or of a longer one its beginning or its end.
fn found(folder: &Path, needles: &[Vec<u8>]) -> usize {
    let mut searcher = Searcher::default();
    for needle in needles {
        searcher.add("a beginning", &needle[..16]);
        searcher.add("an end", &needle[needle.len() - 16..]);
    }
    let files = files(folder);
    files
        .iter()
        .filter(|(_, bytes)| searcher.find(bytes).is_some())
        .count()
}

/// How many numbers of these people, present and former, stand in the sealed file of people with two numbers.
fn unsealed_numbers(closed: &Closed, people: std::ops::Range<u64>) -> usize {
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let bytes = vault
        .open_file(&closed.folder.join("aliases.sealed"), "aliases")
        .unwrap();
    let both = people.flat_map(|person| [number(person), number(person + 10_000)]);
    both.filter(|number| {
        bytes
            .windows(number.len())
            .any(|window| window == number.as_bytes())
    })
    .count()
}

/// What stands under `name`, if the node with this key has signed it: Ed25519 over the label and SHA-256 of the
/// canonical JSON.
fn verify(bytes: &[u8], name: &str, label: &[u8], key: &[u8; 32]) -> Option<Value> {
    let mut document: Value = canonical::from_slice(bytes).ok()?;
    let signature: Hex<64> = serde_json::from_value(document.get("signature")?.clone()).ok()?;
    let body = document.get_mut(name)?.take();
    let message = [label, &sha256(&canonical::to_vec(&body)).0].concat();
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(&message, &signature.0).ok().map(|()| body)
}

fn verified(bytes: &[u8], name: &str, label: &[u8], key: &[u8; 32]) -> Value {
    verify(bytes, name, label, key).expect("signed by the node")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
