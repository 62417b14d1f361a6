//! `hefu demo --serve`: the nodes of the day run on, each on its own ports and with its pages, for whoever wants to look
//! around in a browser.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu::county::{OFFICE, OFFICE_ROLE, Outcome, name, pace, role};
use hefu_casework::AgencyRole;
use hefu_fixtures::LOCAL_RULES;
use hefu_node::account::AccountRole;
use hefu_node::config::{self, Config, NodeConfig, UnlockConfig};
use hefu_node::daemon::DaemonError;
use hefu_node::{Node, Surroundings};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;

use crate::commands::serve::start;
use crate::commands::write_whole;
use crate::failure::Failure;
use crate::printer::{Printer, table};
use crate::words::Lang;

/// No secret: it opens invented registers, on this machine alone.
const PASSWORD: &str = "hefu-yanshi-2026";
const ACTOR: &str = "demo";
/// What the office's node goes by, as an agency's goes by its code.
const AT_OFFICE: &str = "office";

/// Who works at an agency: acts that need two people find two.
const OF_AGENCY: [Person; 5] = [
    Person("it-1", "信息员甲", AccountRole::It),
    Person("case-1", "经办人乙", AccountRole::CaseWorker),
    Person("case-2", "经办人丙", AccountRole::CaseWorker),
    Person("compliance-1", "合规员丁", AccountRole::Compliance),
    Person("compliance-2", "合规员戊", AccountRole::Compliance),
];

/// Who works at the office, which has no findings.
const OF_OFFICE: [Person; 4] = [
    Person("it-1", "信息员甲", AccountRole::It),
    Person("compliance-1", "合规员乙", AccountRole::Compliance),
    Person("office-1", "联络员丙", AccountRole::Office),
    Person("office-2", "联络员丁", AccountRole::Office),
];

/// How long the day's last connections may take to end.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// An account's name, its person's, and the role.
struct Person(&'static str, &'static str, AccountRole);

/// One node of the day, before it runs on.
struct Place {
    code: &'static str,
    name: &'static str,
    role: AgencyRole,
    /// Where its peers know it.
    peers: String,
    people: &'static [Person],
    node: Arc<Node>,
}

/// One that runs.
struct Open {
    code: &'static str,
    name: &'static str,
    operators: SocketAddr,
    people: &'static [Person],
}

/// All nodes, answering.
pub(super) struct Serving {
    stop: watch::Sender<()>,
    daemons: JoinSet<Result<(), DaemonError>>,
}

impl Serving {
    /// Ends each in order.
    pub(super) async fn end(mut self) -> Result<(), Failure> {
        drop(self.stop);
        let mut ended = Ok(());
        while let Some(daemon) = self.daemons.join_next().await {
            let daemon = daemon.map_err(|error| Failure::internal("demo", &error))?;
            ended = ended.and(daemon.map_err(Failure::from));
        }
        ended
    }
}

/// Opens every node of the day again, with people who may sign in, and prints where.
pub(super) async fn begin(
    outcome: Outcome,
    dir: &Path,
    surroundings: &Surroundings,
    printer: &Printer,
) -> Result<Serving, Failure> {
    let lang = printer.lang();
    let (stop, stopped) = watch::channel(());
    let (mut daemons, mut open) = (JoinSet::new(), Vec::new());
    let nodes = dir.join("nodes");
    for place in places(outcome) {
        block_in_place(|| add_people(&place))?;
        let (folder, config) = (nodes.join(place.code), settings(&place)?);
        write_whole(&folder.join(config::FILE_NAME), config.to_toml()?.as_bytes())?;
        write_whole(&folder.join("rules.toml"), LOCAL_RULES.as_bytes())?;
        let Place {
            code,
            name,
            people,
            node,
            ..
        } = place;
        closed(node).await?;
        let daemon = start(config, &folder, surroundings.clone(), lang).await?;
        open.push(Open {
            code,
            name,
            operators: daemon.operators_address()?,
            people,
        });
        let mut stopped = stopped.clone();
        daemons.spawn(daemon.serve(async move {
            // Nothing is ever sent: the sender goes, and that is the sign.
            _ = stopped.changed().await;
        }));
    }
    printer.result(&value(&open), |lang| text(&open, lang));
    Ok(Serving { stop, daemons })
}

/// The nodes, and nothing else that would hold them.
fn places(outcome: Outcome) -> Vec<Place> {
    let addresses = outcome.addresses;
    let agencies = outcome.nodes.into_iter().map(|(agency, node)| Place {
        code: agency.code(),
        name: name(agency),
        role: role(agency),
        peers: addresses.get(&agency).cloned().unwrap_or_default(),
        people: &OF_AGENCY,
        node,
    });
    let office = outcome.conference.map(|held| Place {
        code: AT_OFFICE,
        name: OFFICE,
        role: OFFICE_ROLE,
        peers: held.address,
        people: &OF_OFFICE,
        node: held.office,
    });
    agencies.chain(office).collect()
}

fn add_people(place: &Place) -> Result<(), Failure> {
    for Person(account, person, role) in place.people {
        place.node.add_account(account, person, *role, PASSWORD, ACTOR)?;
    }
    Ok(())
}

fn settings(place: &Place) -> Result<Config, Failure> {
    let node = NodeConfig {
        name: place.name.to_owned(),
        role: place.role,
        address: place.peers.clone(),
    };
    // Beside the folder, where the day has put it.
    let key = PathBuf::from(format!("../{}.key", place.code));
    let mut config = Config::new(node, UnlockConfig::KeyFile(key));
    let peers = place.peers.parse();
    config.peers.listen = peers.map_err(|error| Failure::internal("demo", &error))?;
    config.operators.listen = free().map_err(|error| Failure::internal("demo", &error))?;
    config.conference = pace();
    Ok(config)
}

/// A port that nobody has: it stands in the settings, so that the node can be served again from its folder.
fn free() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// A folder is opened once at a time; the day's last connections may still hold it.
async fn closed(node: Arc<Node>) -> Result<(), Failure> {
    let begun = Instant::now();
    while Arc::strong_count(&node) > 1 {
        if begun.elapsed() > PATIENCE {
            return Err(Failure::internal("demo", &"a node of the day does not end"));
        }
        sleep(LOOK).await;
    }
    Ok(())
}

fn value(open: &[Open]) -> Value {
    let nodes = open.iter().map(|node| {
        let people = node.people.iter().map(|Person(account, person, role)| {
            json!({ "account": account, "name": person, "role": role.code() })
        });
        json!({
            "code": node.code,
            "name": node.name,
            "address": address(node),
            "accounts": people.collect::<Vec<_>>(),
        })
    });
    json!({ "serving": nodes.collect::<Vec<_>>(), "password": PASSWORD })
}

fn text(open: &[Open], lang: Lang) -> String {
    let mut rows = vec![
        ["demo_agency", "demo_pages", "col_account", "col_account_role"]
            .map(|code| lang.word(code))
            .to_vec(),
    ];
    for node in open {
        for (at, Person(account, _, role)) in node.people.iter().enumerate() {
            let first = at == 0;
            rows.push(vec![
                if first {
                    node.name.to_owned()
                } else {
                    String::new()
                },
                if first { address(node) } else { String::new() },
                (*account).to_owned(),
                lang.word(&format!("account_role_{}", role.code())),
            ]);
        }
    }
    let mut text = table(&rows);
    let said = lang.say("demo_serving", &[("password", PASSWORD.to_owned())]);
    _ = write!(text, "\n{said}");
    text
}

fn address(node: &Open) -> String {
    format!("http://{}/", node.operators)
}
