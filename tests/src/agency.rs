//! Small agencies with real nodes, and what they agree on.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{
    AgencyRole, Agreement, Hex, KeyKind, Mode, Month, MonthRange, Party, Place, ProgrammeCode, Purpose,
    RuleId, RuleSet, Selection, SignedAgreement,
};
use hefu_fixtures::number_at;
use hefu_ingest::{Mapping, Wording};
use hefu_link::{Card, Limits};
use hefu_node::{Export, Node, Profile, Restored, Surroundings};
use hefu_psi::wire::{Open, PROTOCOL_VERSION};
use hefu_psi::{Ristretto255, Suite};
use hefu_store::{Costs, LogEntry, Round, RoundState, Unlock, Vault};

pub use crate::rogue::Rogue;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

/// The programme that a receiver of these tests runs.
pub const EXTREME_POVERTY: &str = "extreme_poverty";
/// The programme that a sender of these tests runs; with the other it breaks rule X3.
pub const DISABLED_LIVING: &str = "disabled_living";

/// How a register of these tests is read; what is missing is which programme it is.
pub(crate) const MAPPING: &str = r#"
[columns]
number = "身份证号"
kind = "resident"
from = "起"
to = "止"
amount = "金额"

[period]
until = "2026-09"

[amount]
unit = "yuan"
per = "person"

[programme]
"#;

/// Short waits, so that a silent peer is not waited for long.
pub const SHORT: Limits = Limits {
    max_frame_bytes: 1 << 20,
    max_connections: 8,
    max_handshakes: 8,
    handshake_seconds: 2,
    inactivity_seconds: 1,
    busy_seconds: 2,
    linger_seconds: 1,
};

/// An agency whose node listens, with a register of its own.
pub struct Agency {
    /// The node.
    pub node: Arc<Node>,
    /// Its card, with the address on which it listens.
    pub card: Card,
    stopped: Stopped,
    server: tokio::task::JoinHandle<()>,
}

/// An agency whose node does not run: what it takes to start it again.
#[derive(Clone)]
pub struct Stopped {
    folder: PathBuf,
    key_file: PathBuf,
    profile: Profile,
    programme: &'static str,
    surroundings: Surroundings,
}

impl Agency {
    /// Starts one in a folder of its own under `dir`. On its register stand the invented people with these indices,
    /// each paid from July to September 2026.
    pub async fn start(
        dir: &Path,
        name: &str,
        role: AgencyRole,
        programme: &'static str,
        people: std::ops::Range<u64>,
        surroundings: Surroundings,
    ) -> Self {
        let stopped = Stopped {
            folder: dir.join(name),
            key_file: dir.join(format!("{name}.key")),
            profile: Profile {
                name: name.to_string(),
                role,
            },
            programme,
            surroundings,
        };
        std::fs::create_dir_all(&stopped.folder).unwrap();
        Vault::create_key_file(&stopped.key_file).unwrap();
        let costs = Costs {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        let node = Node::create(
            &stopped.folder,
            &stopped.unlock(),
            costs,
            stopped.profile.clone(),
            stopped.surroundings.clone(),
        )
        .unwrap();
        let file = dir.join(format!("{name}.csv"));
        std::fs::write(&file, register(people)).unwrap();
        let export = Export {
            name: programme.to_string(),
            files: vec![file],
            mapping: Mapping::parse(&format!("{MAPPING}constant = \"{programme}\"\n")).unwrap(),
            wording: wording(),
        };
        tokio::task::block_in_place(|| node.import(export)).unwrap();
        Self::serving(node, stopped).await
    }

    async fn serving(node: Node, stopped: Stopped) -> Self {
        let node = Arc::new(node);
        let listener = node.listen("127.0.0.1:0").await.unwrap();
        let card = node.card(&listener.local_addr().to_string()).unwrap();
        let server = tokio::spawn(Arc::clone(&node).serve(listener));
        Self {
            node,
            card,
            stopped,
            server,
        }
    }

    /// Stops the node, and returns when nothing of it runs any more.
    pub async fn stop(mut self) -> Stopped {
        self.server.abort();
        let _ = (&mut self.server).await;
        let patience = Instant::now();
        while Arc::strong_count(&self.node) > 1 {
            assert!(
                patience.elapsed() < Duration::from_secs(20),
                "a node does not stop"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.stopped.clone()
    }

    /// Takes the other's card.
    pub fn knows(&self, card: &Card) {
        self.node.add_peer(card).unwrap();
    }

    /// Its node's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.stopped.folder
    }

    /// As it stands in an agreement.
    #[must_use]
    pub fn party(&self) -> Party {
        party(&self.card, self.stopped.programme)
    }

    /// The last entry of the log that tells of a failure; waits for it, since a peer may log after its caller knows.
    pub async fn failure(&self) -> Failure {
        let patience = Instant::now();
        loop {
            let entries = self.node.store().entries(0, 10_000).unwrap();
            let failed = entries.iter().rev().find(|entry| {
                matches!(
                    entry.kind.as_str(),
                    "round_failed" | "call_failed" | "call_refused"
                )
            });
            match failed {
                Some(entry) => return Failure::of(entry),
                None if patience.elapsed() > Duration::from_secs(20) => panic!("no failure is on record"),
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Sessions whose chunks wait on its disk.
    #[must_use]
    pub fn waiting_files(&self) -> usize {
        std::fs::read_dir(self.folder().join("spool")).unwrap().count()
    }

    /// Nothing waits on its disk any more.
    pub async fn keeps_no_chunks(&self) {
        // The record ends first, and then its chunks go.
        let patience = Instant::now();
        while self.waiting_files() > 0 {
            assert!(patience.elapsed() < Duration::from_secs(20), "chunks stay behind");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Its only round, interrupted: it runs on, and nothing has come of it yet.
    pub async fn interrupted(&self) -> Round {
        let patience = Instant::now();
        loop {
            if let [round] = self.node.store().rounds().unwrap().as_slice() {
                assert_eq!(round.state, RoundState::Running);
                assert!(round.error.is_none() && round.matched.is_none() && round.ended_at.is_none());
                assert!(self.node.store().findings(&round.id).unwrap().is_empty());
                self.node.store().verify().unwrap();
                return round.clone();
            }
            assert!(patience.elapsed() < Duration::from_secs(20), "no round is begun");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Its rounds, once all of them have ended.
    pub async fn ended_rounds(&self) -> Vec<Round> {
        let patience = Instant::now();
        loop {
            let rounds = self.node.store().rounds().unwrap();
            if rounds.iter().all(|round| round.state != RoundState::Running) {
                return rounds;
            }
            assert!(
                patience.elapsed() < Duration::from_secs(20),
                "a round does not end"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Nothing has come of any round: no state but refused or failed, no finding, no waiting chunk.
    pub async fn has_nothing(&self) -> Vec<RoundState> {
        let rounds = self.ended_rounds().await;
        for round in &rounds {
            assert!(
                matches!(round.state, RoundState::Refused | RoundState::Failed),
                "{:?}",
                round.state
            );
            assert!(round.error.is_some() && round.matched.is_none());
            assert!(self.node.store().findings(&round.id).unwrap().is_empty());
        }
        self.keeps_no_chunks().await;
        self.node.store().verify().unwrap();
        rounds.iter().map(|round| round.state).collect()
    }
}

impl Stopped {
    /// Its node's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts the node again, at another address.
    pub async fn start(self) -> Agency {
        let node = Node::open(
            &self.folder,
            &self.unlock(),
            self.profile.clone(),
            self.surroundings.clone(),
        )
        .unwrap();
        Agency::serving(node, self).await
    }

    /// Restores a backup over the folder, or in its place where it is gone.
    #[must_use]
    pub fn restore(&self, backup: &Path) -> Restored {
        Node::restore(backup, &self.folder, &self.unlock(), "test").unwrap()
    }

    fn unlock(&self) -> Unlock {
        Unlock::KeyFile(self.key_file.clone())
    }
}

impl Drop for Agency {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A failure as the chained log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The entry's kind.
    pub kind: String,
    /// The error's code.
    pub code: String,
    /// The reason that the peer gave, where it gave one.
    pub abort: Option<String>,
}

impl Failure {
    fn of(entry: &LogEntry) -> Self {
        let text = |value: &str| {
            entry
                .body
                .pointer(value)
                .and_then(|value| value.as_str())
                .map(str::to_string)
        };
        Self {
            kind: entry.kind.clone(),
            code: text("/code").unwrap(),
            abort: text("/params/abort"),
        }
    }

    /// This code, without a reason of the peer's.
    #[must_use]
    pub fn own(kind: &str, code: &str) -> Self {
        Self {
            kind: kind.to_string(),
            code: code.to_string(),
            abort: None,
        }
    }

    /// The peer has ended the session for this reason.
    #[must_use]
    pub fn told(kind: &str, abort: &str) -> Self {
        Self {
            kind: kind.to_string(),
            code: "peer_aborted".to_string(),
            abort: Some(abort.to_string()),
        }
    }
}

/// Whoever has this card, as a party of an agreement.
#[must_use]
pub fn party(card: &Card, programme: &str) -> Party {
    Party {
        name: card.name().to_string(),
        role: card.role(),
        node_key: Hex(card.node_key()),
        tls_key: Hex(card.tls_key()),
        programmes: vec![ProgrammeCode::new(programme).unwrap()],
        case_scheme: None,
        max_elements: 1_000,
    }
}

/// An agreement on rule X3 in force today, under which only the first party learns.
#[must_use]
pub fn draft(receiver: Party, sender: Party) -> Agreement {
    let month = |number| Month::new(2026, number).unwrap();
    Agreement {
        version: Agreement::VERSION,
        number: "试协〔2026〕1号".into(),
        purpose: Purpose::Duplicates,
        legal_basis: vec!["社会救助暂行办法第五十八条".into()],
        parties: vec![receiver, sender],
        receivers: vec![0],
        selection: Selection {
            months: MonthRange {
                from: month(7),
                to: month(10),
            },
        },
        place: Place::new("290101").unwrap(),
        key_kind: KeyKind::Rule,
        mode: Mode::Members,
        suite: Ristretto255::NAME.to_string(),
        rules: vec![RuleId::new("X3").unwrap()],
        rules_digest: Hex(RuleSet::national().digest()),
        label: None,
        rounds_a_month: 4,
        checks_a_day: None,
        resume_hours: 72,
        valid_from: days_from_today(-30),
        expires: days_from_today(30),
        retention_days: 30,
        under: None,
    }
}

/// Both nodes sign; those who are to keep the agreement keep it.
pub fn conclude(agreement: &Agreement, parties: [&Agency; 2], keep: &[&Agency]) -> [u8; 32] {
    let signatures = parties
        .map(|agency| agency.node.sign(agreement).unwrap())
        .to_vec();
    let signed = SignedAgreement::new(agreement.clone(), signatures).unwrap();
    for agency in keep {
        agency.node.conclude(&signed).unwrap();
    }
    agreement.digest()
}

/// A node and a rogue sign, `rogue` standing at its own place in the agreement; the node keeps it.
pub fn conclude_with(agreement: &Agreement, agency: &Agency, rogue: &Rogue) -> [u8; 32] {
    let mut signatures = vec![Hex([0; 64]); 2];
    let me = agreement.index_of(&agency.node.node_key()).unwrap();
    signatures[me] = agency.node.sign(agreement).unwrap();
    let (index, signature) = hefu_casework::sign(agreement, rogue.keys.signing_key()).unwrap();
    signatures[index] = signature;
    agency
        .node
        .conclude(&SignedAgreement::new(agreement.clone(), signatures).unwrap())
        .unwrap();
    agreement.digest()
}

/// The opening that the receiver of this agreement would send.
#[must_use]
pub fn opening(agreement: &Agreement) -> Open {
    let [receiver, sender] = agreement.parties.as_slice() else {
        panic!("two parties")
    };
    Open {
        version: PROTOCOL_VERSION,
        suite: Ristretto255::NAME.to_string(),
        agreement: agreement.digest(),
        receiver: receiver.node_key.0,
        sender: sender.node_key.0,
        mode: hefu_psi::Mode::Members as u8,
        key_kind: hefu_psi::KeyKind::Rule as u8,
        width: u16::try_from(agreement.element_width()).unwrap(),
        label: 0,
        receiver_cap: receiver.max_elements,
        sender_cap: sender.max_elements,
        nonce: [7; 32],
        elements: 3,
        input: [8; 32],
    }
}

/// A day near today, as in China.
#[must_use]
pub fn days_from_today(days: i32) -> Date {
    let china = TimeZone::fixed(jiff::tz::offset(8));
    Timestamp::now()
        .to_zoned(china)
        .date()
        .checked_add(days.days())
        .unwrap()
}

/// Headings and reasons of a quarantine file, bare.
#[must_use]
pub fn wording() -> Wording {
    Wording {
        headings: ["file", "sheet", "row", "code", "reason", "number"].map(str::to_string),
        reason: Box::new(str::to_string),
    }
}

fn register(people: std::ops::Range<u64>) -> String {
    let rows = people.map(|person| {
        let number = String::from_utf8(number_at(1, person).to_vec()).unwrap();
        format!("{number},2026-07,2026-09,100\n")
    });
    std::iter::once("身份证号,起,止,金额\n".to_string())
        .chain(rows)
        .collect()
}
