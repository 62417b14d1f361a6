//! A node: its folder, its keys, its book of peers.
//!
//! ```text
//! vault.json                the key that seals everything else, wrapped
//! hefu.db                   records, agreements, rounds, findings, log
//! keys/{node,tls}.sealed    the keys by which peers know this node
//! aliases.sealed            people with two numbers; never leaves the node
//! spool/                    chunks that wait for their answer
//! ferry/                    letters and sets that go by files
//! quarantine/               refused rows of imports
//! ```
//!
//! `node.toml` stands beside them; what it says is given to the node as its [`Profile`] and [`Surroundings`], and so are the
//! rules of its place from `rules.toml`, where there is one.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use hefu_casework::review::Periods;
use hefu_casework::{AgencyRole, Hex, LocalPolicy, RuleSet};
use hefu_curve::Pool;
use hefu_link::{Card, Keys, Limits, PeerBook, Tap};
use hefu_store::{Costs, Peer, Store, Unlock, Vault};
use jiff::civil::Date;
use jiff::{Timestamp, tz};

use crate::account::Accounts;
use crate::aliases::Aliases;
use crate::board::Board;
use crate::conference::{Conferences, Lines};
use crate::config::ConferenceConfig;
use crate::dossier::Dossiers;
use crate::ferry::Ferry;
use crate::notes::Notes;
use crate::report::Assessment;
use crate::round::Active;
use crate::runner::{Randomness, Watcher, system_randomness};
use crate::{Error, Result};

/// Who a node speaks for.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The agency's name.
    pub name: String,
    /// What kind of agency it is.
    pub role: AgencyRole,
}

/// What a node is given from outside, so that tests can watch and repeat it.
#[derive(Clone)]
pub struct Surroundings {
    /// Compute threads; nodes of one process share them.
    pub pool: Pool,
    /// Limits of its connections.
    pub limits: Limits,
    /// Where each session's randomness comes from.
    pub randomness: Arc<dyn Fn() -> Randomness + Send + Sync>,
    /// Sees every frame before encryption.
    pub tap: Option<Arc<dyn Tap>>,
    /// Told how far sessions have come.
    pub watcher: Watcher,
    /// What this node agrees to, whatever it is asked.
    pub policy: LocalPolicy,
    /// The assessment on which its processing rests; reports name it.
    pub assessment: Option<Assessment>,
    /// Sealed bytes of one peer's sets that may wait to be whole.
    pub max_incoming_bytes: u64,
    /// The rules of the law, national and of its place.
    pub rules: RuleSet,
    /// How long each step of a review may take.
    pub deadlines: Periods,
    /// How it takes part in conferences.
    pub conference: ConferenceConfig,
    /// What one guess at the password of an account costs.
    pub password_costs: Costs,
}

/// One agency's node.
pub struct Node {
    pub(crate) folder: PathBuf,
    pub(crate) profile: Profile,
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keys>,
    pub(crate) rules: RuleSet,
    pub(crate) aliases: Mutex<Aliases>,
    pub(crate) surroundings: Surroundings,
    pub(crate) active: Active,
    pub(crate) dossiers: Dossiers,
    pub(crate) ferry: Ferry,
    pub(crate) notes: Notes,
    pub(crate) conferences: Conferences,
    pub(crate) lines: Lines,
    pub(crate) accounts: Accounts,
    pub(crate) board: Board,
    book: Arc<Book>,
}

const FOLDERS: [&str; 3] = ["keys", "spool", "quarantine"];
const NODE_KEY: &str = "keys/node.sealed";
const TLS_KEY: &str = "keys/tls.sealed";
const SEAL_KEY: &str = "keys/seal.sealed";

impl Surroundings {
    /// The system's randomness and nobody watching.
    #[must_use]
    pub fn new(pool: Pool) -> Self {
        Self {
            pool,
            limits: Limits::default(),
            randomness: Arc::new(system_randomness),
            tap: None,
            watcher: Arc::new(|_| ()),
            policy: LocalPolicy::default(),
            assessment: None,
            max_incoming_bytes: 1 << 30,
            rules: RuleSet::national(),
            deadlines: Periods::default(),
            conference: ConferenceConfig::default(),
            password_costs: Costs::OF_ACCOUNTS,
        }
    }
}

impl Node {
    /// Makes a new node in an empty folder.
    ///
    /// # Errors
    /// When the folder can't be written, or holds a node already.
    pub fn create(
        folder: &Path,
        unlock: &Unlock,
        costs: Costs,
        profile: Profile,
        surroundings: Surroundings,
    ) -> Result<Self> {
        for name in FOLDERS {
            private_folder(&folder.join(name)).map_err(|source| Error::folder(folder, source))?;
        }
        let store = Store::create_with(folder, unlock, costs)?;
        let keys = Keys::generate()?;
        let [node, tls, seal] = keys.to_parts();
        store
            .vault()
            .seal_file(&folder.join(NODE_KEY), "node key", &node)?;
        store.vault().seal_file(&folder.join(TLS_KEY), "tls key", &tls)?;
        store
            .vault()
            .seal_file(&folder.join(SEAL_KEY), "seal key", &seal)?;
        let node = Self::assemble(folder, store, keys, profile, surroundings)?;
        node.log(
            "node_created",
            &serde_json::json!({ "name": node.profile.name, "role": node.profile.role }),
        )?;
        Ok(node)
    }

    /// Opens a node that was made before.
    ///
    /// # Errors
    /// When it can't be unlocked, or something in the folder is damaged.
    pub fn open(
        folder: &Path,
        unlock: &Unlock,
        profile: Profile,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let store = Store::open(folder, unlock)?;
        let keys = unsealed_keys(store.vault(), folder)?.logged(&store)?;
        let node = Self::assemble(folder, store, keys, profile, surroundings)?;
        node.sweep_spool()?;
        node.sweep_ferry()?;
        Ok(node)
    }

    fn assemble(
        folder: &Path,
        store: Store,
        keys: Keys,
        profile: Profile,
        surroundings: Surroundings,
    ) -> Result<Self> {
        Self::prepare_ferry(folder)?;
        let book = Arc::new(Book::default());
        for peer in store.peers()? {
            book.add(Card::parse(&peer.card)?);
        }
        let aliases = Aliases::read(&store, folder)?;
        let conferences = Conferences::read(&store, &keys.node_key())?;
        Ok(Self {
            folder: folder.to_path_buf(),
            dossiers: Dossiers::read(&store, &keys.node_key())?,
            profile,
            store,
            keys: Arc::new(keys),
            rules: surroundings.rules.clone(),
            aliases: Mutex::new(aliases),
            surroundings,
            active: Active::default(),
            ferry: Ferry::default(),
            notes: Notes::default(),
            conferences,
            lines: Lines::default(),
            accounts: Accounts::default(),
            board: Board::default(),
            book,
        })
    }

    /// The agency's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.profile.name
    }

    /// The key by which agreements name this node.
    #[must_use]
    pub fn node_key(&self) -> [u8; 32] {
        self.keys.node_key()
    }

    /// The rules that this node knows.
    #[must_use]
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// The node's database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Makes a new TLS key for the node in this folder. It counts from the next start on, and peers need the new card;
    /// the node key, and with it every agreement, stays.
    ///
    /// # Errors
    /// When the folder can't be unlocked or written.
    pub fn renew_tls_key(folder: &Path, unlock: &Unlock, actor: &str) -> Result<()> {
        let store = Store::open(folder, unlock)?;
        let [_, tls, _] = Keys::generate()?.to_parts();
        store.vault().seal_file(&folder.join(TLS_KEY), "tls key", &tls)?;
        store.append(actor, "tls_key_renewed", &serde_json::json!({}))?;
        Ok(())
    }

    /// The card that peers are given, for a node that they reach at `address`.
    ///
    /// # Errors
    /// When name or address can't stand on a card.
    pub fn card(&self, address: &str) -> Result<Card> {
        Ok(Card::new(
            &self.keys,
            &self.profile.name,
            self.profile.role,
            address,
        )?)
    }

    /// Takes a peer's card into the book, after its fingerprint has been read aloud and compared.
    ///
    /// # Errors
    /// When it can't be stored, when it bears a key of this node's, or a TLS key that another card bears: a card does
    /// not prove that its agency holds that key, so whoever copied it could pass for the other, or shut it out.
    pub fn add_peer(&self, card: &Card) -> Result<()> {
        let own = card.node_key() == self.keys.node_key() || card.tls_key() == self.keys.tls_key();
        let other = self
            .book
            .by_tls_key(&card.tls_key())
            .filter(|known| known.node_key() != card.node_key());
        if own || other.is_some() {
            return Err(Error::KeyTaken {
                peer: card.name().to_string(),
                holder: other.map_or_else(|| self.profile.name.clone(), |known| known.name().to_string()),
            });
        }
        self.seal_anew(card)?;
        self.store.put_peer(&Peer {
            node_key: card.node_key(),
            name: card.name().to_string(),
            fingerprint: card.fingerprint(),
            card: card.to_bytes(),
            pinned: true,
            added_at: Timestamp::now(),
        })?;
        self.book.add(card.clone());
        self.log(
            "peer_added",
            &serde_json::json!({ "peer": card.name(), "fingerprint": card.fingerprint() }),
        )
    }

    /// Withdraws a peer's card: from now on it can't call, and is not called. Its rounds and agreements stay on record.
    ///
    /// # Errors
    /// When there is no such peer, or the store's.
    pub fn remove_peer(&self, node_key: &[u8; 32], actor: &str) -> Result<()> {
        let card = self.book.by_node_key(node_key).ok_or_else(|| Error::Missing {
            what: "peer",
            name: Hex(*node_key).to_string(),
        })?;
        self.store.remove_peer(node_key)?;
        self.book.remove(node_key);
        self.log_by(actor, "peer_removed", &serde_json::json!({ "peer": card.name() }))
    }

    /// The cards of all peers, by name.
    #[must_use]
    pub fn peers(&self) -> Vec<Card> {
        let mut cards = self.book.all();
        cards.sort_by(|a, b| a.name().cmp(b.name()));
        cards
    }

    pub(crate) fn book(&self) -> Arc<Book> {
        Arc::clone(&self.book)
    }

    /// One entry in the chained log about what the node did by itself. `body` never names a person.
    pub(crate) fn log(&self, kind: &str, body: &serde_json::Value) -> Result<()> {
        self.log_by("node", kind, body)
    }

    /// One entry about what somebody had it do.
    pub(crate) fn log_by(&self, actor: &str, kind: &str, body: &serde_json::Value) -> Result<()> {
        self.store.append(actor, kind, body)?;
        Ok(())
    }
}

/// The keys of the node in this folder. A node that was made before there were seal keys gets one.
pub(crate) fn unsealed_keys(vault: &Vault, folder: &Path) -> Result<Unsealed> {
    let node = vault.open_file(&folder.join(NODE_KEY), "node key")?;
    let tls = vault.open_file(&folder.join(TLS_KEY), "tls key")?;
    let path = folder.join(SEAL_KEY);
    let made_seal_key = !path.exists();
    if made_seal_key {
        let [_, _, seal] = Keys::generate()?.to_parts();
        vault.seal_file(&path, "seal key", &seal)?;
    }
    let seal = vault.open_file(&path, "seal key")?;
    Ok(Unsealed {
        keys: Keys::from_parts(node, tls, seal)?,
        made_seal_key,
    })
}

/// Keys, and whether one of them is new, which its log is to say.
pub(crate) struct Unsealed {
    keys: Keys,
    made_seal_key: bool,
}

impl Unsealed {
    pub(crate) fn logged(self, store: &Store) -> Result<Keys> {
        if self.made_seal_key {
            store.append("node", "seal_key_made", &serde_json::json!({}))?;
        }
        Ok(self.keys)
    }
}

/// Masked numbers and waiting chunks are nobody else's business on a shared machine either.
pub(crate) fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Today in China.
pub(crate) fn today() -> Date {
    day_of(Timestamp::now())
}

/// The day of a moment in China, which has one time zone without summer time.
pub(crate) fn day_of(at: Timestamp) -> Date {
    tz::offset(8).to_datetime(at).date()
}

/// The cards of all peers, in memory, because each handshake asks.
#[derive(Default)]
pub(crate) struct Book(Mutex<Vec<Card>>);

impl Book {
    fn add(&self, card: Card) {
        let mut cards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cards.retain(|known| known.node_key() != card.node_key());
        cards.push(card);
    }

    fn remove(&self, node_key: &[u8; 32]) {
        let mut cards = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        cards.retain(|known| known.node_key() != *node_key);
    }

    fn all(&self) -> Vec<Card> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The card of the node with this key.
    pub(crate) fn by_node_key(&self, key: &[u8; 32]) -> Option<Card> {
        self.find(|card| card.node_key() == *key)
    }

    fn find(&self, fits: impl Fn(&Card) -> bool) -> Option<Card> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .find(|card| fits(card))
            .cloned()
    }
}

impl PeerBook for Book {
    fn by_tls_key(&self, key: &[u8; 32]) -> Option<Card> {
        self.find(|card| card.tls_key() == *key)
    }
}
