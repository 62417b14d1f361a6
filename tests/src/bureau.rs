//! An agency whose node can be closed and opened again, with other surroundings or another key, in a folder that tests
//! may look into.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::{
    AgencyRole, Agreement, DraftRequest, Hex, Month, MonthRange, Party, Place, Purpose, RuleSet,
    SignedAgreement, Template,
};
use hefu_fixtures::number_at;
use hefu_ingest::Mapping;
use hefu_link::{Card, Limits};
use hefu_node::{Export, Imported, Node, Profile, Surroundings};
use hefu_psi::wire::{Document, Kind};
use hefu_psi::{Ristretto255, Suite};
use hefu_store::{Costs, LogEntry, Round, RoundState, Unlock, Vault};

use crate::agency::{MAPPING, days_from_today, wording};
use crate::ends::POOL;

/// What a bureau is when its node runs.
pub struct Bureau {
    /// The node.
    pub node: Arc<Node>,
    /// Its card, with the address on which it listens.
    pub card: Card,
    closed: Closed,
    server: tokio::task::JoinHandle<()>,
}

/// What is left of a bureau when its node does not run.
#[derive(Clone)]
pub struct Closed {
    /// The node's folder.
    pub folder: PathBuf,
    /// What opens it.
    pub unlock: Unlock,
    profile: Profile,
}

/// Surroundings in which a closing side does not wait long.
#[must_use]
pub fn surroundings() -> Surroundings {
    Surroundings {
        limits: Limits {
            linger_seconds: 1,
            ..Limits::default()
        },
        ..Surroundings::new(POOL.clone())
    }
}

impl Bureau {
    /// Makes one in a folder of its own under `dir`; it listens, and has no records.
    pub async fn start(dir: &Path, name: &str, role: AgencyRole, surroundings: Surroundings) -> Self {
        let key_file = dir.join(format!("{name}.key"));
        Vault::create_key_file(&key_file).unwrap();
        let closed = Closed {
            folder: dir.join(name),
            unlock: Unlock::KeyFile(key_file),
            profile: Profile {
                name: name.to_owned(),
                role,
            },
        };
        std::fs::create_dir_all(&closed.folder).unwrap();
        let costs = Costs {
            memory_kib: 64,
            passes: 1,
            lanes: 1,
        };
        let (folder, unlock, profile) = (&closed.folder, &closed.unlock, closed.profile.clone());
        let node = Node::create(folder, unlock, costs, profile, surroundings).unwrap();
        closed.run(node).await
    }

    /// Imports a register of these invented people, each paid by this programme from July to September 2026. A later
    /// one replaces it.
    pub fn pays(&self, programme: &str, people: impl IntoIterator<Item = u64>) -> Imported {
        let rows = people
            .into_iter()
            .map(|person| format!("{},2026-07,2026-09,100\n", number(person)));
        let register: String = std::iter::once("身份证号,起,止,金额\n".to_owned())
            .chain(rows)
            .collect();
        self.import(programme, &mapping(programme), &register)
    }

    /// Imports a register.
    pub fn import(&self, name: &str, mapping: &str, register: &str) -> Imported {
        // Exports don't lie in the node's folder.
        let file = self.closed.folder.with_extension("csv");
        std::fs::write(&file, register).unwrap();
        let export = Export {
            name: name.to_owned(),
            files: vec![file],
            mapping: Mapping::parse(mapping).unwrap(),
            wording: wording(),
        };
        tokio::task::block_in_place(|| self.node.import(export)).unwrap()
    }

    /// Its node's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.closed.folder
    }

    /// As it stands in an agreement.
    #[must_use]
    pub fn party(&self, programme: &str) -> Party {
        crate::agency::party(&self.card, programme)
    }

    /// Its card, as if it listened on another address.
    #[must_use]
    pub fn card_at(&self, address: &str) -> Card {
        self.node.card(address).unwrap()
    }

    /// The log's entries after `seq`.
    #[must_use]
    pub fn log_after(&self, seq: u64) -> Vec<LogEntry> {
        self.node.store().entries(seq, 100_000).unwrap()
    }

    /// Its only round, or its newest, once it has ended.
    pub async fn ended_round(&self) -> Round {
        self.newest_round(|round| round.state != RoundState::Running)
            .await
    }

    /// Its newest round, once it is as it should be.
    pub async fn newest_round(&self, fits: impl Fn(&Round) -> bool) -> Round {
        let patience = Instant::now();
        loop {
            let newest = self.node.store().rounds().unwrap().into_iter().next();
            if let Some(round) = newest.filter(&fits) {
                return round;
            }
            assert!(patience.elapsed() < Duration::from_secs(20), "no such round");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Stops the node, once nobody works in it any more.
    pub async fn close(self) -> Closed {
        self.server.abort();
        let _ = self.server.await;
        let (mut node, patience) = (self.node, Instant::now());
        loop {
            match Arc::try_unwrap(node) {
                Ok(last) => {
                    drop(last);
                    return self.closed;
                }
                Err(shared) => node = shared,
            }
            assert!(
                patience.elapsed() < Duration::from_secs(20),
                "somebody keeps the node"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Closed {
    /// The same node, restored into another folder.
    #[must_use]
    pub fn moved_to(&self, folder: PathBuf) -> Self {
        Self {
            folder,
            ..self.clone()
        }
    }

    /// Opens the node again. It listens on a new port: peers need its new card.
    pub async fn open(self, surroundings: Surroundings) -> Bureau {
        let node = Node::open(&self.folder, &self.unlock, self.profile.clone(), surroundings).unwrap();
        self.run(node).await
    }

    async fn run(self, node: Node) -> Bureau {
        let node = Arc::new(node);
        let listener = node.listen("127.0.0.1:0").await.unwrap();
        let card = node.card(&listener.local_addr().to_string()).unwrap();
        let server = tokio::spawn(Arc::clone(&node).serve(listener));
        Bureau {
            node,
            card,
            closed: self,
            server,
        }
    }
}

/// Each takes the other's card.
pub fn introduce(one: &Bureau, other: &Bureau) {
    one.node.add_peer(&other.card).unwrap();
    other.node.add_peer(&one.card).unwrap();
}

/// An agreement as its purpose's template makes it, in force today; the first party learns.
#[must_use]
pub fn proposal(purpose: Purpose, number: &str, parties: [Party; 2]) -> Agreement {
    let month = |number| Month::new(2026, number).unwrap();
    let request = DraftRequest {
        number: number.to_owned(),
        parties: parties.to_vec(),
        receivers: Some(vec![0]),
        place: Place::new("290101").unwrap(),
        months: MonthRange {
            from: month(7),
            to: month(10),
        },
        suite: Ristretto255::NAME.to_owned(),
        rules: None,
        name_label: None,
        legal_basis: None,
        key_kind: None,
        rounds_a_month: None,
        checks_a_day: None,
        resume_hours: None,
        valid_from: days_from_today(-30),
        expires: days_from_today(30),
        retention_days: None,
    };
    let template = Template::for_purpose(purpose).unwrap();
    template.draft(request, &RuleSet::national()).unwrap()
}

/// Drafts at the first, signs at both, and carries what was signed by the first node's calls.
pub async fn agree(at: &Bureau, with: &Bureau, agreement: Agreement) -> [u8; 32] {
    let digest = at.node.draft(agreement, "经办").unwrap();
    at.node.sign_agreement(&digest, "主任").unwrap();
    at.node.exchange(&with.node.node_key()).await.unwrap();
    with.node.sign_agreement(&digest, "主任").unwrap();
    at.node.exchange(&with.node.node_key()).await.unwrap();
    digest
}

/// As [`agree`], with a party that has keys and no node; the bureau keeps what both have signed.
pub fn agree_with_rogue(at: &Bureau, with: &crate::rogue::Rogue, agreement: &Agreement) -> [u8; 32] {
    let mut signatures = vec![at.node.sign(agreement).unwrap()];
    let (index, signature) = hefu_casework::sign(agreement, with.keys.signing_key()).unwrap();
    signatures.insert(index, signature);
    let signed = SignedAgreement::new(agreement.clone(), signatures).unwrap();
    at.node.conclude(&signed).unwrap()
}

/// Sends one paper and hears the answer, as a node's own exchange does.
///
/// # Errors
/// What the other side says instead.
pub async fn hand_over(
    sender: &mut hefu_link::Sender,
    receiver: &mut hefu_link::Receiver,
    kind: u8,
    bytes: &[u8],
) -> hefu_link::Result<(u8, Vec<u8>)> {
    let paper = Document { kind, bytes };
    let parts: [&[u8]; 2] = [&paper.header(), bytes];
    sender.send_parts(Kind::Document as u8, &parts).await?;
    sender.flush().await?;
    let mut payload = Vec::new();
    receiver.recv(&mut payload).await?;
    let answer = Document::decode(&payload).unwrap();
    Ok((answer.kind, answer.bytes.to_vec()))
}

/// The number of the invented person with this index.
#[must_use]
pub fn number(person: u64) -> String {
    String::from_utf8(number_at(1, person).to_vec()).unwrap()
}

/// How [`Bureau::pays`] has its columns read.
#[must_use]
pub fn mapping(programme: &str) -> String {
    format!("{MAPPING}constant = \"{programme}\"\n")
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hex<32> {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    Hex(digest.as_ref().try_into().unwrap())
}

/// Every file under a folder with its bytes, by path.
#[must_use]
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            all.push((path, bytes));
        }
    }
    all.sort();
    all
}
