//! Of what a workbook was written.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::super::{Head, Line};
use crate::{Hex, canonical, rule::sha256};

const VERSION: u32 = 1;
const LABEL: &[u8] = b"hefu ledger sheet v1\0";

/// Why a workbook can't be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// What it was written of is not in it, or was changed.
    #[error(
        "the workbook does not hold what it was written of, or that was changed; export the ledger once more and enter the changes there"
    )]
    Base,
    /// It is of another conference.
    #[error("the workbook is of another conference's ledger")]
    Elsewhere,
    /// It is of a record that has come further than this node's.
    #[error(
        "the workbook was written of entry {seq} of the record, and here are {here}; bring the record up to date first"
    )]
    Ahead {
        /// How far the record had come.
        seq: u64,
        /// How far it has come here.
        here: u64,
    },
}

impl Mistake {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Mistake::Base => "sheet_base",
            Mistake::Elsewhere => "sheet_elsewhere",
            Mistake::Ahead { .. } => "sheet_ahead",
        }
    }

    /// What the message names.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Mistake::Base | Mistake::Elsewhere => vec![],
            Mistake::Ahead { seq, here } => vec![("seq", seq.to_string()), ("here", here.to_string())],
        }
    }
}

/// The lines that stand in a workbook, as they were when it was written. It goes in a sheet that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    about: About,
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    version: u32,
    conference: Hex<32>,
    head: Head,
    lines: u64,
    /// SHA-256 over a label and the canonical JSON of the lines.
    digest: Hex<32>,
}

impl Exported {
    /// Lines of the ledger as it is at a place of the record.
    pub fn of(conference: Hex<32>, head: Head, lines: Vec<Line>) -> Exported {
        let about = About {
            version: VERSION,
            conference,
            head,
            lines: lines.len() as u64,
            digest: digest(&lines),
        };
        Exported { about, lines }
    }

    /// The lines, in the order of the sheet's rows.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What goes into the sheet that is not shown, a text a row.
    pub fn texts(&self) -> impl Iterator<Item = String> + '_ {
        let about = std::iter::once(text(&self.about));
        about.chain(self.lines.iter().map(text))
    }

    /// Reads what [`Exported::texts`] wrote.
    ///
    /// # Errors
    /// [`Mistake::Base`] where anything in it was changed.
    pub fn read<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Exported, Mistake> {
        let mut texts = texts.into_iter();
        let about: About = read(texts.next().unwrap_or_default())?;
        let lines = texts.map(read).collect::<Result<Vec<Line>, _>>()?;
        let items: BTreeSet<_> = lines.iter().map(|line| line.item).collect();
        let whole = about.version == VERSION
            && about.lines == lines.len() as u64
            && items.len() == lines.len()
            && about.digest == digest(&lines);
        whole.then_some(Exported { about, lines }).ok_or(Mistake::Base)
    }

    /// # Errors
    /// [`Mistake::Elsewhere`], [`Mistake::Ahead`].
    pub fn must_be_of(&self, conference: &Hex<32>, head: Head) -> Result<(), Mistake> {
        if self.about.conference != *conference {
            return Err(Mistake::Elsewhere);
        }
        match self.about.head.seq > head.seq {
            true => Err(Mistake::Ahead {
                seq: self.about.head.seq,
                here: head.seq,
            }),
            false => Ok(()),
        }
    }
}

fn text(document: &impl Serialize) -> String {
    String::from_utf8_lossy(&canonical::to_vec(document)).into_owned()
}

fn read<T: Serialize + serde::de::DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    canonical::from_slice(text.trim().as_bytes()).map_err(|_| Mistake::Base)
}

fn digest(lines: &[Line]) -> Hex<32> {
    let mut bytes = LABEL.to_vec();
    bytes.extend(canonical::to_vec(lines));
    Hex(sha256(&bytes))
}
