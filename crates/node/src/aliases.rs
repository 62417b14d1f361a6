//! People with two numbers, as the agency's own exports tell of them: sealed beside the database, by the snapshot that
//! told, so that what one told goes with it.
//!
//! ```text
//! for each pair: i64 dataset in big-endian order, one stored number, another one of the same person
//! ```

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::PoisonError;

use hefu_identity::{AliasTable, PersonKey};
use hefu_store::{DatasetId, Store};
use zeroize::Zeroizing;

use crate::{Error, Node, Result};

const FILE: &str = "aliases.sealed";
const LABEL: &str = "aliases";
const KEY: usize = size_of::<PersonKey>();

/// By the snapshot that told of them.
#[derive(Default)]
pub(crate) struct Aliases(BTreeMap<DatasetId, AliasTable>);

impl Aliases {
    pub(crate) fn read(store: &Store, folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let bytes = store.vault().open_file(&path, LABEL)?;
        Self::parse(&bytes).ok_or_else(|| Error::Missing {
            what: "alias",
            name: FILE.to_string(),
        })
    }

    fn parse(mut bytes: &[u8]) -> Option<Self> {
        let mut aliases = Self::default();
        while !bytes.is_empty() {
            let (dataset, rest) = bytes.split_first_chunk::<8>()?;
            let (one, rest) = rest.split_at_checked(KEY)?;
            let (other, rest) = rest.split_at_checked(KEY)?;
            let table = aliases
                .0
                .entry(DatasetId(i64::from_be_bytes(*dataset)))
                .or_default();
            table.add(&PersonKey::from_stored(one)?, &PersonKey::from_stored(other)?);
            bytes = rest;
        }
        Some(aliases)
    }

    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut bytes = Zeroizing::new(Vec::new());
        for (dataset, table) in &self.0 {
            for (one, other) in pairs(table) {
                bytes.extend_from_slice(&dataset.0.to_be_bytes());
                bytes.extend_from_slice(&one.stored());
                bytes.extend_from_slice(&other.stored());
            }
        }
        bytes
    }
}

/// Each number of a person beside the person's first.
fn pairs(table: &AliasTable) -> impl Iterator<Item = (&PersonKey, &PersonKey)> {
    table
        .groups()
        .filter_map(|group| group.split_first())
        .flat_map(|(first, others)| others.iter().map(move |other| (first, other)))
}

impl Node {
    /// Keeps what a snapshot tells of people with two numbers.
    pub(crate) fn learn_aliases(&self, dataset: DatasetId, told: AliasTable) -> Result<()> {
        if told.is_empty() {
            return Ok(());
        }
        self.change_aliases(|aliases| {
            aliases.0.insert(dataset, told);
        })
    }

    /// Forgets what a snapshot told.
    pub(crate) fn forget_aliases(&self, dataset: DatasetId) -> Result<()> {
        self.change_aliases(|aliases| {
            aliases.0.remove(&dataset);
        })
    }

    /// What these snapshots tell together, and no later one: a round that goes on enters what it entered before.
    pub(crate) fn aliases(&self, datasets: &[DatasetId]) -> AliasTable {
        let aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        let mut together = AliasTable::new();
        let told = datasets.iter().filter_map(|dataset| aliases.0.get(dataset));
        for (one, other) in told.flat_map(pairs) {
            together.add(one, other);
        }
        together
    }

    fn change_aliases(&self, change: impl FnOnce(&mut Aliases)) -> Result<()> {
        let mut aliases = self.aliases.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut aliases);
        let path = self.folder.join(FILE);
        if !aliases.0.is_empty() || path.exists() {
            self.store.vault().seal_file(&path, LABEL, &aliases.to_bytes())?;
        }
        Ok(())
    }
}
