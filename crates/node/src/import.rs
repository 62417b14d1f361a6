//! Exports into the store: a snapshot, a reconciliation, a quarantine file.

use std::path::PathBuf;

use hefu_casework::{AidRecord, canonical};
use hefu_ingest::{
    Mapping, Proposal, Quarantine, ReadOptions, Reading, Refused, Stop, Wording, expand, propose,
    read_records, read_refused,
};
use hefu_store::{DatasetId, DatasetInfo};
use serde_json::json;

use crate::digest::sha256;
use crate::matter::OF_LEDGER;
use crate::{Error, Node, Result};

/// One export and how to read it.
pub struct Export {
    /// The name under which snapshots of this register follow each other.
    pub name: String,
    /// The files, or a folder of them.
    pub files: Vec<PathBuf>,
    /// How its columns are read, as confirmed by a person.
    pub mapping: Mapping,
    /// The words of the quarantine file.
    pub wording: Wording,
}

/// What became of an import.
pub struct Imported {
    /// The snapshot.
    pub dataset: DatasetId,
    /// The reconciliation, and how the files were understood.
    pub reading: Reading,
    /// Refused rows with their reasons; none where no row was refused.
    pub quarantine: Option<PathBuf>,
}

impl Node {
    /// Imports one export as a new snapshot. It is there as a whole or not at all.
    ///
    /// # Errors
    /// [`Error::ReservedName`] for a name under which only the ledger is; whatever makes the files unfit. Nothing of them is
    /// kept then.
    pub fn import(&self, export: Export) -> Result<Imported> {
        let Export {
            name,
            files,
            mapping,
            wording,
        } = export;
        // A round enters the newest snapshot of a name: an export would take the ledger's place.
        if name.starts_with(OF_LEDGER) {
            return Err(Error::ReservedName { name });
        }
        let files = expand(&files)?;
        let first_file = self.store.next_file()?;
        let mapping_bytes = canonical::to_vec(&mapping);
        let mut import = self.store.begin_dataset(&DatasetInfo {
            name: name.clone(),
            files: files.iter().map(|file| file.display().to_string()).collect(),
            first_file,
            mapping_digest: sha256(&mapping_bytes),
            kind: mapping.columns.kind,
            case_scheme: mapping.case.as_ref().map(|case| case.scheme.clone()),
        })?;
        let id = import.id();
        let path = self.quarantine_file(id, &name);
        let mut quarantine = Quarantine::create(&path, wording)?;
        let reading = read_records(
            &files,
            &mapping,
            &mut |mut record: AidRecord| {
                record.row.file += first_file - 1;
                import.add(record).map_err(|error| Stop(Box::new(error)))
            },
            Some(&mut quarantine),
        )?;
        let refused = quarantine.rows() > 0;
        let quarantine = if refused { Some(quarantine.finish()?) } else { None };
        let sum = &reading.reconciliation;
        let account = json!({
            "rows_read": sum.rows_read,
            "accepted": sum.accepted,
            "rejected": sum.rejected,
            "blank": sum.blank,
            "duplicates": sum.duplicates,
            "warnings": sum.warnings,
        });
        let dataset = import.finish(&account.to_string())?;
        self.learn_aliases(dataset, reading.aliases.clone())?;
        self.log(
            "imported",
            &json!({ "dataset": dataset.0, "name": name, "account": account }),
        )?;
        tracing::info!(
            node = self.name(),
            dataset = dataset.0,
            accepted = sum.accepted,
            "imported"
        );
        Ok(Imported {
            dataset,
            reading,
            quarantine,
        })
    }

    /// What an import of these files would come to, with the first `limit` records as they would be read. Nothing is kept.
    ///
    /// # Errors
    /// As [`Node::import`].
    pub(crate) fn try_import(
        files: &[PathBuf],
        mapping: &Mapping,
        limit: usize,
    ) -> Result<(Reading, Vec<AidRecord>)> {
        let mut first = Vec::new();
        let mut keep = |record| {
            if first.len() < limit {
                first.push(record);
            }
            Ok(())
        };
        let reading = read_records(&expand(files)?, mapping, &mut keep, None)?;
        Ok((reading, first))
    }

    /// What the headings of these files seem to mean.
    ///
    /// # Errors
    /// Whatever makes the files unfit.
    pub(crate) fn propose_mapping(files: &[PathBuf]) -> Result<Proposal> {
        Ok(propose(&expand(files)?, &ReadOptions::default())?)
    }

    /// Rows that were refused when a snapshot was imported: at most `limit`, after the first `after`. None where none were.
    ///
    /// # Errors
    /// [`Error::Missing`] where there is no such snapshot; the disk's.
    pub(crate) fn refused_rows(&self, id: DatasetId, after: u64, limit: usize) -> Result<Vec<Refused>> {
        let datasets = self.store.datasets()?;
        let dataset = datasets.into_iter().find(|dataset| dataset.id == id);
        let dataset = dataset.ok_or_else(|| Error::Missing {
            what: "dataset",
            name: id.0.to_string(),
        })?;
        let path = self.quarantine_file(id, &dataset.info.name);
        match path.exists() {
            true => Ok(read_refused(&path, after, limit)?),
            false => Ok(Vec::new()),
        }
    }

    fn quarantine_file(&self, id: DatasetId, name: &str) -> PathBuf {
        let name = format!("{}-{}.csv", id.0, file_name(name));
        self.folder.join("quarantine").join(name)
    }

    /// The newest snapshot of each register: what a round enters.
    pub(crate) fn current_datasets(&self) -> Result<Vec<DatasetId>> {
        let mut newest: std::collections::BTreeMap<String, DatasetId> = std::collections::BTreeMap::new();
        for dataset in self.store.datasets()? {
            let id = newest.entry(dataset.info.name).or_insert(dataset.id);
            *id = (*id).max(dataset.id);
        }
        let mut ids: Vec<DatasetId> = newest.into_values().collect();
        ids.sort_unstable();
        if ids.is_empty() {
            return Err(Error::Missing {
                what: "dataset",
                name: String::new(),
            });
        }
        Ok(ids)
    }
}

fn file_name(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .collect()
}
