//! The county of the fixtures as five real nodes in one process: exports in, agreements signed, rounds over mutual TLS
//! on loopback or by files, findings out. Over a line they hold a round of the conference, with an office beside them.

mod conference;
mod files;
mod precheck;
mod session;
mod summary;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use conference::Office;
use hefu_casework::{
    AgencyRole, Agreement, CannotFind, DraftRequest, Hex, Month, MonthRange, Party, Place, ProgrammeCode,
    Purpose, RuleId, RuleSet, SignedAgreement, Template,
};
use hefu_fixtures::conference::{Annex, Purpose as CountyPurpose};
use hefu_fixtures::expected::{self, Expected};
use hefu_fixtures::{Agency, County, EXPECTED_JSON, LOCAL_RULES, Person, SEED};
use hefu_ingest::{Mapping, Reading, Wording};
use hefu_node::config::ConferenceConfig;
use hefu_node::{Export, Node, Profile, Surroundings};
use hefu_psi::{Ristretto255, Suite};
use hefu_store::{Costs, Unlock, Vault};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use summary::{account, summarise};

/// The most elements that a party may enter.
const MAX_ELEMENTS: u64 = 200_000;

/// What the county's day came to.
pub struct Outcome {
    /// Each import, in order.
    pub imports: Vec<Import>,
    /// By the key of the expected file: `purpose:receiver<-sender`, or `local:agency`.
    pub rounds: BTreeMap<String, expected::Round>,
    /// Findings and amounts by agency and rule, or by kind where no rule is at stake.
    pub totals: BTreeMap<String, BTreeMap<String, expected::Total>>,
    /// What could not be found, by round: it is never shown as 0 found.
    pub cannot_find: BTreeMap<String, Vec<CannotFind>>,
    /// Bytes that each agency's node sent to its peers, frames included.
    pub bytes_sent: BTreeMap<&'static str, u64>,
    /// Reading and storing the exports.
    pub import_time: Duration,
    /// All rounds, one after another.
    pub round_time: Duration,
    /// Each session in which somebody learned, in order.
    pub sessions: Vec<Session>,
    /// The nodes, which do not listen any more.
    pub nodes: BTreeMap<Agency, Arc<Node>>,
    /// Where they listened, as it stands on their cards; empty where no line connected them.
    pub addresses: BTreeMap<Agency, String>,
    /// Everybody on any list.
    pub people: Vec<Person>,
    /// The round of the conference; none where the pairs met without one.
    pub conference: Option<Held>,
}

/// One export, read.
pub struct Import {
    /// Whose it is.
    pub agency: Agency,
    /// Which register.
    pub dataset: &'static str,
    /// How it was read, and the account.
    pub reading: Reading,
}

pub use conference::{Held, OFFICE, OFFICE_ROLE};
pub use files::{Boxes, run_by_files, set_up_by_files};
pub use precheck::Checked;
pub use session::Session;

/// The five nodes with their exports imported, within each other's reach.
pub struct Running {
    /// The exports as they were written, and what they truly say.
    pub county: County,
    /// By agency.
    pub nodes: BTreeMap<Agency, Arc<Node>>,
    imports: Vec<Import>,
    import_time: Duration,
    servers: Vec<tokio::task::JoinHandle<()>>,
    addresses: BTreeMap<Agency, String>,
    office: Option<Office>,
}

/// Everything: exports written, nodes made, rounds run.
///
/// # Errors
/// The first thing that fails, with where.
pub async fn run(dir: &Path, surroundings: &Surroundings, wording: &dyn Fn() -> Wording) -> Result<Outcome> {
    set_up(dir, surroundings, wording).await?.conference().await
}

/// The committed expectation, made by a plain join, as it must be found today.
///
/// # Errors
/// Never, unless the committed file is damaged.
pub fn expectation() -> Result<Expected> {
    let expected: Expected = serde_json::from_str(EXPECTED_JSON).context("expected.json")?;
    Ok(expected.on(&today_in_beijing().to_string()))
}

/// Writes the exports, makes the nodes and that of the office, imports, exchanges cards and listens.
///
/// # Errors
/// The first thing that fails, with where.
pub async fn set_up(
    dir: &Path,
    surroundings: &Surroundings,
    wording: &dyn Fn() -> Wording,
) -> Result<Running> {
    let mut running = import_all(dir, surroundings, wording)?;
    let profile = Profile {
        name: OFFICE.to_string(),
        role: conference::OFFICE_ROLE,
    };
    let office = Arc::new(new_node(
        &dir.join("nodes"),
        "office",
        profile,
        surroundings.clone(),
    )?);
    let address;
    (running.servers, running.addresses, address) = introduce(&running.nodes, &office).await?;
    running.office = Some(Office {
        node: office,
        address,
    });
    Ok(running)
}

/// Everything up to the nodes' first contact.
fn import_all(dir: &Path, surroundings: &Surroundings, wording: &dyn Fn() -> Wording) -> Result<Running> {
    let county = hefu_fixtures::generate(SEED, &dir.join("exports")).context("writing the exports")?;
    let started = Instant::now();
    let mut nodes = BTreeMap::new();
    for agency in Agency::ALL {
        let profile = Profile {
            name: name(agency).to_string(),
            role: role(agency),
        };
        let node = new_node(&dir.join("nodes"), agency.code(), profile, surroundings.clone())?;
        nodes.insert(agency, Arc::new(node));
    }
    let mut imports = Vec::new();
    for import in &county.imports {
        let mapping =
            std::fs::read_to_string(&import.mapping).with_context(|| import.mapping.display().to_string())?;
        let export = Export {
            name: import.dataset.to_string(),
            files: import.files.clone(),
            mapping: Mapping::parse(&mapping)?,
            wording: wording(),
        };
        let node = node(&nodes, import.agency)?;
        let imported = tokio::task::block_in_place(|| node.import(export))?;
        imports.push(Import {
            agency: import.agency,
            dataset: import.dataset,
            reading: imported.reading,
        });
    }
    let import_time = started.elapsed();
    Ok(Running {
        county,
        nodes,
        imports,
        import_time,
        servers: Vec::new(),
        addresses: BTreeMap::new(),
        office: None,
    })
}

/// The county's agencies, in their own words.
#[must_use]
pub fn name(agency: Agency) -> &'static str {
    match agency {
        Agency::Procuratorate => "县人民检察院",
        Agency::Court => "县人民法院",
        Agency::CivilAffairs => "县民政局",
        Agency::DisabledFederation => "县残疾人联合会",
        Agency::Police => "县公安局",
    }
}

/// What kind of agency each is.
#[must_use]
pub fn role(agency: Agency) -> AgencyRole {
    match agency {
        Agency::Procuratorate => AgencyRole::Procuratorate,
        Agency::Court => AgencyRole::Court,
        Agency::CivilAffairs => AgencyRole::CivilAffairs,
        Agency::DisabledFederation => AgencyRole::DisabledFederation,
        Agency::Police => AgencyRole::Police,
    }
}

fn purpose(of: CountyPurpose) -> Purpose {
    match of {
        CountyPurpose::Duplicates => Purpose::Duplicates,
        CountyPurpose::Omissions => Purpose::Omissions,
        CountyPurpose::Leads => Purpose::Leads,
        CountyPurpose::Referrals => Purpose::Referrals,
    }
}

fn new_node(dir: &Path, code: &str, profile: Profile, surroundings: Surroundings) -> Result<Node> {
    let folder = dir.join(code);
    std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // A key file, as for a node that starts without a person; it lies outside the node's folder, where backups go.
    let key_file = dir.join(format!("{code}.key"));
    Vault::create_key_file(&key_file)?;
    let surroundings = Surroundings {
        rules: RuleSet::national().with_local(LOCAL_RULES)?,
        conference: pace(),
        ..surroundings
    };
    Ok(Node::create(
        &folder,
        &Unlock::KeyFile(key_file),
        Costs::STANDARD,
        profile,
        surroundings,
    )?)
}

/// Nobody waits for what takes days elsewhere.
#[must_use]
pub fn pace() -> ConferenceConfig {
    ConferenceConfig {
        pace_seconds: 1,
        running_pace_seconds: 1,
        ..ConferenceConfig::default()
    }
}

/// Everybody listens, then everybody gets everybody's card. Says where the agencies and the office listen.
async fn introduce(
    nodes: &BTreeMap<Agency, Arc<Node>>,
    office: &Arc<Node>,
) -> Result<(Vec<tokio::task::JoinHandle<()>>, BTreeMap<Agency, String>, String)> {
    let (mut cards, mut servers) = (Vec::new(), Vec::new());
    let (mut addresses, mut of_office) = (BTreeMap::new(), String::new());
    let agencies = nodes.iter().map(|(agency, node)| (Some(*agency), node));
    for (agency, node) in agencies.chain([(None, office)]) {
        let listener = node.listen("127.0.0.1:0").await?;
        let address = listener.local_addr().to_string();
        cards.push(node.card(&address)?);
        servers.push(tokio::spawn(Arc::clone(node).serve(listener)));
        match agency {
            Some(agency) => _ = addresses.insert(agency, address),
            None => of_office = address,
        }
    }
    for node in nodes.values().chain([office]) {
        for card in cards.iter().filter(|card| card.node_key() != node.node_key()) {
            node.add_peer(card)?;
        }
    }
    Ok((servers, addresses, of_office))
}

impl Running {
    fn nothing_yet(&self) -> Outcome {
        Outcome {
            imports: Vec::new(),
            rounds: BTreeMap::new(),
            totals: BTreeMap::new(),
            cannot_find: BTreeMap::new(),
            bytes_sent: Agency::ALL.iter().map(|agency| (agency.code(), 0)).collect(),
            import_time: self.import_time,
            round_time: Duration::ZERO,
            sessions: Vec::new(),
            nodes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            people: Vec::new(),
            conference: None,
        }
    }

    /// What each agency finds by itself; then the nodes fall silent.
    fn close(self, mut outcome: Outcome, started: Instant) -> Result<Outcome> {
        for (agency, node) in &self.nodes {
            let found = tokio::task::block_in_place(|| {
                node.local_findings(&place()?, quarter()?)
                    .map_err(anyhow::Error::from)
            })?;
            let key = format!("local:{}", agency.code());
            outcome.note_cannot_find(&key, &found.cannot_find);
            outcome.add(key, *agency, summarise(node, &found.findings)?);
        }
        outcome.round_time = started.elapsed();
        outcome.imports = self.imports;
        outcome.people = self.county.people;
        outcome.nodes = self.nodes;
        outcome.addresses = self.addresses;
        for server in self.servers {
            server.abort();
        }
        Ok(outcome)
    }

    /// Both parties sign the same text, and each keeps it with both signatures.
    fn agree(&self, purpose: Purpose, annex: &Annex) -> Result<[u8; 32]> {
        let agreement = self.draft(purpose, annex)?;
        let parties = [
            node(&self.nodes, annex.receiver)?,
            node(&self.nodes, annex.sender)?,
        ];
        let signatures = parties
            .iter()
            .map(|node| node.sign(&agreement))
            .collect::<Result<Vec<_>, _>>()?;
        let signed = SignedAgreement::new(agreement, signatures)?;
        let mut digest = [0; 32];
        for node in parties {
            digest = node.conclude(&signed)?;
        }
        Ok(digest)
    }

    fn draft(&self, purpose: Purpose, annex: &Annex) -> Result<Agreement> {
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let template = Template::for_purpose(purpose)?;
        let mut parties = [annex.receiver, annex.sender]
            .into_iter()
            .zip(annex.programmes)
            .map(|(agency, programmes)| self.party(agency, programmes))
            .collect::<Result<Vec<_>>>()?;
        if let Some((batch, receiver)) = template.batch.zip(parties.first_mut()) {
            receiver.max_elements = batch;
        }
        let request = DraftRequest {
            number: format!("县联席协〔2026〕{}-{}", purpose.code(), annex.sender.code()),
            parties,
            receivers: Some(if annex.both { vec![0, 1] } else { vec![0] }),
            place: place()?,
            months: quarter()?,
            suite: Ristretto255::NAME.to_string(),
            rules: Some(
                annex
                    .rules
                    .iter()
                    .map(|id| RuleId::new(id))
                    .collect::<Result<_, _>>()?,
            ),
            name_label: None,
            legal_basis: None,
            key_kind: None,
            rounds_a_month: None,
            checks_a_day: None,
            resume_hours: None,
            // Clocks of the two may differ by a day; the demonstration must run on any day.
            valid_from: yesterday(today)?,
            expires: today.checked_add(1.year())?,
            retention_days: None,
        };
        let rules = node(&self.nodes, annex.receiver)?.rules();
        Ok(template.draft(request, rules)?)
    }

    fn party(&self, agency: Agency, programmes: &[&str]) -> Result<Party> {
        let node = node(&self.nodes, agency)?;
        let card = node.card("127.0.0.1:1")?;
        Ok(Party {
            name: name(agency).to_string(),
            role: role(agency),
            node_key: Hex(card.node_key()),
            tls_key: Hex(card.tls_key()),
            programmes: programmes
                .iter()
                .map(|code| ProgrammeCode::new(code))
                .collect::<Result<_, _>>()?,
            case_scheme: self.case_scheme(agency)?,
            max_elements: MAX_ELEMENTS,
        })
    }

    /// What the agency's own exports declare.
    fn case_scheme(&self, agency: Agency) -> Result<Option<String>> {
        let datasets = node(&self.nodes, agency)?.store().datasets()?.into_iter();
        Ok(datasets.into_iter().find_map(|dataset| dataset.info.case_scheme))
    }
}

impl Outcome {
    fn note_cannot_find(&mut self, key: &str, cannot: &[CannotFind]) {
        if !cannot.is_empty() {
            self.cannot_find.insert(key.to_owned(), cannot.to_vec());
        }
    }

    fn add(&mut self, key: String, agency: Agency, round: expected::Round) {
        let of_agency = self.totals.entry(agency.code().to_string()).or_default();
        for (rule, total) in &round.totals {
            let sum = of_agency.entry(rule.clone()).or_default();
            sum.count += total.count;
            sum.fen += total.fen;
        }
        self.rounds.insert(key, round);
    }

    /// The first difference to what a plain join expects; none when all is equal.
    ///
    /// # Errors
    /// When the committed expectation can't be read.
    pub fn difference(&self) -> Result<Option<String>> {
        let expected = expectation()?;
        for import in &expected.datasets {
            let found = self
                .imports
                .iter()
                .find(|i| i.agency.code() == import.agency && i.dataset == import.dataset)
                .map(|i| account(&i.reading));
            if found.as_ref() != Some(&import.account) {
                return Ok(Some(format!("{}/{}", import.agency, import.dataset)));
            }
        }
        let keys = expected.rounds.keys().chain(self.rounds.keys());
        let different = keys
            .into_iter()
            .find(|key| expected.rounds.get(*key) != self.rounds.get(*key));
        Ok(different
            .cloned()
            .or_else(|| (expected.totals != self.totals).then(|| "totals".to_string())))
    }
}

fn node(nodes: &BTreeMap<Agency, Arc<Node>>, agency: Agency) -> Result<&Arc<Node>> {
    nodes
        .get(&agency)
        .ok_or_else(|| anyhow!("no node for {}", agency.code()))
}

/// The quarter that the agreements select.
fn quarter() -> Result<MonthRange> {
    let month = |number| Month::new(2026, number).ok_or_else(|| anyhow!("month {number}"));
    Ok(MonthRange {
        from: month(7)?,
        to: month(10)?,
    })
}

/// A county in the unassigned province 29.
fn place() -> Result<Place> {
    Ok(Place::new("290101")?)
}

/// Of which day the findings are.
fn today_in_beijing() -> Date {
    jiff::tz::offset(8).to_datetime(Timestamp::now()).date()
}

fn yesterday(today: Date) -> Result<Date> {
    today.yesterday().context("no day before today")
}
