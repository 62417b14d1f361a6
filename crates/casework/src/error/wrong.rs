//! What errors speak of.

use std::fmt;

/// The data files this crate reads the text of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataFile {
    /// The catalogue of programmes.
    Programmes,
    /// The rules.
    Rules,
    /// The holidays.
    Holidays,
    /// The rules of a place, beside the national ones.
    LocalRules,
}

impl fmt::Display for DataFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DataFile::Programmes => "programmes.toml",
            DataFile::Rules => "rules.toml",
            DataFile::Holidays => "holidays.toml",
            DataFile::LocalRules => "the local rules",
        })
    }
}

/// In what way a field is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Nothing is there.
    Missing,
    /// Longer than any real one.
    TooLong,
    /// The same is there twice.
    Repeated,
    /// Outside what the rest of the document allows.
    OutOfRange,
    /// Not allowed together with the rest of the document.
    NotAllowed,
    /// A part of what it has to be.
    Partial,
    /// Not known here.
    Unknown,
    /// Known, and not done by this version.
    Unsupported,
}

impl Wrong {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Wrong::Missing => "missing",
            Wrong::TooLong => "too_long",
            Wrong::Repeated => "repeated",
            Wrong::OutOfRange => "out_of_range",
            Wrong::NotAllowed => "not_allowed",
            Wrong::Partial => "partial",
            Wrong::Unknown => "unknown",
            Wrong::Unsupported => "unsupported",
        }
    }

    pub(super) fn of_a_rule(self) -> &'static str {
        match self {
            Wrong::OutOfRange => "does not hold at the agreement's place or in its months; leave it out",
            Wrong::NotAllowed => {
                "cannot be broken between the programmes that the two parties enter; leave it out"
            }
            Wrong::Unsupported => {
                "is not one that two agencies compare: it is recorded only, or found inside one agency; leave it out"
            }
            _ => "is not known to this node; bring its rules up to date",
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Wrong::Missing => "is missing or empty; fill it in",
            Wrong::TooLong => "is longer than allowed; shorten it",
            Wrong::Repeated => "holds the same twice; leave one out",
            Wrong::OutOfRange => "is out of range; correct it",
            Wrong::NotAllowed => "is not allowed here; take it out or change what it conflicts with",
            Wrong::Partial => "covers only a part; add the rest, or rules of the same place that cover it",
            Wrong::Unknown => "is not known; check its spelling",
            Wrong::Unsupported => "is not done by this version; choose another",
        })
    }
}
