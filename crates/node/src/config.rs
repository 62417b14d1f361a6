//! What a node is told by its `node.toml`: who it is, how it is unlocked, where it listens, what it allows.
//!
//! Every table refuses a field that it does not know: a limit that is misspelt would otherwise be no limit. Secrets
//! never stand in the file itself, only where they lie. The samples in `samples/` are read by tests.

mod error;
mod unlock;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use hefu_casework::calendar::MAX_DAYS;
use hefu_casework::review::Periods;
use hefu_casework::{AgencyRole, LocalPolicy, canonical};
use hefu_link::Limits;
use hefu_link::ferry::{Cut, Form};
use serde::{Deserialize, Serialize};

pub use error::ConfigError;
pub use unlock::UnlockConfig;
pub(crate) use unlock::refuse_exposed;

use crate::Profile;
use crate::digest::sha256;
use crate::ferry::Folders;
use crate::report::Assessment;

/// The name of the file in a node's folder.
pub const FILE_NAME: &str = "node.toml";

/// All of a node's settings. Relative paths are taken from the node's folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who the node speaks for.
    pub node: NodeConfig,
    /// Where the key lies that opens the node.
    pub unlock: UnlockConfig,
    /// How peers reach it, and what it bears from them.
    #[serde(default)]
    pub peers: PeersConfig,
    /// How files are carried to peers that no line reaches.
    #[serde(default)]
    pub ferry: FerryConfig,
    /// How the agency's own people and programs reach it.
    #[serde(default)]
    pub operators: OperatorsConfig,
    /// What it computes with.
    #[serde(default)]
    pub compute: ComputeConfig,
    /// What it tells of itself on stderr.
    #[serde(default)]
    pub log: LogConfig,
    /// How long each step from a finding to a decision may take.
    #[serde(default)]
    pub deadlines: Periods,
    /// How the node takes part in conferences.
    #[serde(default)]
    pub conference: ConferenceConfig,
    /// What this agency never agrees to, whatever an agreement says.
    #[serde(default)]
    pub policy: LocalPolicy,
    /// The impact assessment that reports name: `number` and `date` (个人信息保护法 art. 55).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
}

/// `[node]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeConfig {
    /// The agency's name, as it stands on the card: 1 to 64 characters.
    pub name: String,
    /// What kind of agency it is: `court`, `civil_affairs`, ….
    pub role: AgencyRole,
    /// `host:port` where peers reach the node. It stands on the card, so a change needs the card to be handed out anew.
    pub address: String,
}

/// `[peers]`: the port on which other nodes call, by mutual TLS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeersConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The most connections at a time; one more caller is told that the node is busy.
    pub max_connections: usize,
    /// Seconds of silence after which a peer counts as gone.
    pub inactivity_seconds: u32,
    /// Seconds that a peer may compute, saying no more than that it is alive.
    pub busy_seconds: u32,
    /// Seconds for reaching a peer, and again for the handshake.
    pub handshake_seconds: u32,
}

/// `[ferry]`: files in the place of a line. Outbox and inbox are for a gateway that carries whatever lies in a folder;
/// without them, people fetch and bring files by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FerryConfig {
    /// Where files for peers are put. Together with `inbox`, or not at all.
    pub outbox: Option<PathBuf>,
    /// Where files of peers are taken from.
    pub inbox: Option<PathBuf>,
    /// Where approval slips are put, of what goes out and of what came.
    pub slips: PathBuf,
    /// `binary`, or `text` for gateways that pass only text.
    pub form: Form,
    /// The largest file; 100 MiB or, of text, 1,000,000 bytes where this is missing.
    pub max_file_bytes: Option<u64>,
    /// The most bytes of one peer's sets that may wait here to be whole.
    pub max_incoming_bytes: u64,
}

/// `[operators]`: the port of the REST interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OperatorsConfig {
    /// Where to listen. On this machine alone, unless it speaks TLS.
    pub listen: SocketAddr,
    /// The certificate by which browsers know the node, with those that signed it: a PEM file. With it and `key`, the
    /// port speaks TLS 1.3 and nothing else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// Its key: a PEM file that only the node's user can read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// Names by which the node is called, beside this machine's own and the address on which it listens.
    pub names: Vec<String>,
    /// The file with the token that each request bears. It is made at the first start, readable by its owner only.
    pub token_file: PathBuf,
    /// The largest export that may be uploaded.
    pub max_upload_bytes: u64,
    /// Whether `/metrics` is served.
    pub metrics: bool,
}

/// `[compute]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ComputeConfig {
    /// Threads for arithmetic; 0 takes one for each core.
    pub threads: usize,
}

/// `[log]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// One line of text or one JSON object for each event.
    pub format: LogFormat,
    /// What is told: `info`, `hefu_node=debug,warn`, ….
    pub filter: String,
}

/// `[conference]`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ConferenceConfig {
    /// How often a member visits the office, in seconds, while nothing is to be done.
    pub pace_seconds: u64,
    /// How often while a round is on.
    pub running_pace_seconds: u64,
    /// Who joins a round all of whose agreements are within `[policy]`: `by_hand` or `automatic`.
    pub join: ByWhom,
    /// Who declines a round of whose agreements one is not.
    pub decline: ByWhom,
    /// Who freezes what is entered: by itself the node does so ten minutes before it has to, with whatever was imported by
    /// then.
    pub freeze: ByWhom,
    /// How many of its own legs the node works on at the same time.
    pub at_once: usize,
}

/// Who does something that the node could do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ByWhom {
    /// Its people.
    ByHand,
    /// The node.
    Automatic,
}

/// The form of the log on stderr.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Default for PeersConfig {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            listen: SocketAddr::from((Ipv4Addr::UNSPECIFIED, 7600)),
            max_connections: limits.max_connections,
            inactivity_seconds: limits.inactivity_seconds,
            busy_seconds: limits.busy_seconds,
            handshake_seconds: limits.handshake_seconds,
        }
    }
}

impl Default for FerryConfig {
    fn default() -> Self {
        Self {
            outbox: None,
            inbox: None,
            slips: PathBuf::from("slips"),
            form: Form::Binary,
            max_file_bytes: None,
            max_incoming_bytes: 1 << 30,
        }
    }
}

impl FerryConfig {
    /// How sets are cut.
    ///
    /// # Errors
    /// When the largest file is too small for its header.
    pub fn cut(&self) -> Result<Cut, hefu_link::Error> {
        Cut::new(self.form, self.max_file_bytes)
    }

    /// The folders that are watched, for a node in `folder`; none where none are named.
    ///
    /// # Errors
    /// As [`FerryConfig::cut`].
    pub fn folders(&self, folder: &Path) -> Result<Option<Folders>, hefu_link::Error> {
        let (Some(outbox), Some(inbox)) = (&self.outbox, &self.inbox) else {
            return Ok(None);
        };
        Ok(Some(Folders {
            outbox: folder.join(outbox),
            inbox: folder.join(inbox),
            slips: folder.join(&self.slips),
            cut: self.cut()?,
        }))
    }
}

impl Default for OperatorsConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 7601)),
            certificate: None,
            key: None,
            names: Vec::new(),
            token_file: PathBuf::from("api.token"),
            max_upload_bytes: 1 << 30,
            metrics: true,
        }
    }
}

impl OperatorsConfig {
    /// Whether the port speaks TLS: then a browser may be trusted with a session on other machines too.
    #[must_use]
    pub fn speaks_tls(&self) -> bool {
        self.certificate.is_some() && self.key.is_some()
    }
}

/// As it stands in the header `host` (RFC 9110, section 7.2).
fn is_host(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    (1..=253).contains(&name.len()) && name.bytes().all(plain)
}

impl Default for ConferenceConfig {
    fn default() -> Self {
        Self {
            pace_seconds: 60,
            running_pace_seconds: 5,
            join: ByWhom::ByHand,
            decline: ByWhom::ByHand,
            freeze: ByWhom::ByHand,
            at_once: 2,
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            filter: "info".to_owned(),
        }
    }
}

impl Config {
    /// Settings with everything but these three left as it is by default.
    #[must_use]
    pub fn new(node: NodeConfig, unlock: UnlockConfig) -> Self {
        Self {
            node,
            unlock,
            peers: PeersConfig::default(),
            ferry: FerryConfig::default(),
            operators: OperatorsConfig::default(),
            compute: ComputeConfig::default(),
            log: LogConfig::default(),
            deadlines: Periods::default(),
            conference: ConferenceConfig::default(),
            policy: LocalPolicy::default(),
            assessment: None,
        }
    }

    /// Reads a `node.toml`.
    ///
    /// # Errors
    /// [`ConfigError::Read`], [`ConfigError::Syntax`] with line and field, [`ConfigError::NotLoopback`],
    /// [`ConfigError::HalfTls`], [`ConfigError::HalfFerry`].
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
            file: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads the text of one.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let document = toml::Deserializer::parse(text)
            .map_err(|error| ConfigError::syntax(text, String::new(), &error))?;
        let config: Self = serde_path_to_error::deserialize(document)
            .map_err(|error| ConfigError::syntax(text, error.path().to_string(), error.inner()))?;
        if config.operators.certificate.is_some() != config.operators.key.is_some() {
            return Err(ConfigError::HalfTls { file: PathBuf::new() });
        }
        if !config.operators.names.iter().all(|name| is_host(name)) {
            return Err(ConfigError::Syntax {
                file: PathBuf::new(),
                line: 0,
                field: "operators.names".to_owned(),
                problem: "names of hosts, without a port".to_owned(),
            });
        }
        if !config.operators.listen.ip().is_loopback() && !config.operators.speaks_tls() {
            return Err(ConfigError::NotLoopback {
                file: PathBuf::new(),
                listen: config.operators.listen,
            });
        }
        if config.ferry.outbox.is_some() != config.ferry.inbox.is_some() {
            return Err(ConfigError::HalfFerry { file: PathBuf::new() });
        }
        config.ferry.cut().map_err(|error| ConfigError::Syntax {
            file: PathBuf::new(),
            line: 0,
            field: "ferry.max_file_bytes".to_owned(),
            problem: error.to_string(),
        })?;
        if let Some(field) = config.deadlines.wrong() {
            return Err(ConfigError::Syntax {
                file: PathBuf::new(),
                line: 0,
                field: format!("deadlines.{field}"),
                problem: format!("1 to {MAX_DAYS} working days, and fewer for key groups than for others"),
            });
        }
        Ok(config)
    }

    /// The text that [`Config::parse`] reads.
    ///
    /// # Errors
    /// [`ConfigError::Unwritable`] where a path is not Unicode.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|_| ConfigError::Unwritable)
    }

    /// SHA-256 of the settings in force, defaults included, as canonical JSON: which settings a node ran under.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        sha256(&canonical::to_vec(self))
    }

    /// Who the node speaks for.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            name: self.node.name.clone(),
            role: self.node.role,
        }
    }

    /// The limits of connections.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            max_connections: self.peers.max_connections,
            inactivity_seconds: self.peers.inactivity_seconds,
            busy_seconds: self.peers.busy_seconds,
            handshake_seconds: self.peers.handshake_seconds,
            ..Limits::default()
        }
    }

    /// The file with the operators' token, for a node in `folder`.
    #[must_use]
    pub fn token_file(&self, folder: &Path) -> PathBuf {
        folder.join(&self.operators.token_file)
    }
}

#[cfg(test)]
mod tests;
