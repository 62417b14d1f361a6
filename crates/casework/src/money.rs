//! Money is an integer number of fen; yuan exist only where people read them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// An amount in fen (1/100 yuan). Negative where money was recovered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fen(pub i64);

impl Fen {
    /// The sum, or `None` where it does not fit.
    pub fn checked_add(self, other: Fen) -> Option<Fen> {
        self.0.checked_add(other.0).map(Fen)
    }
}

/// Yuan with two decimals, without grouping: `-12.05`.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = self.0.unsigned_abs();
        write!(f, "{sign}{}.{:02}", fen / 100, fen % 100)
    }
}

/// Whom an amount is for. Minimum living allowance is reckoned by household and exported once for each member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// This person alone.
    Person,
    /// The whole household; it counts once, however many members' rows repeat it.
    Household,
}

/// What a record says was paid: by the month in monthly programmes, in all for one-off payments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// How much.
    pub fen: Fen,
    /// For whom.
    pub per: Per,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_are_shown_with_two_decimals() {
        for (fen, yuan) in [
            (0, "0.00"),
            (5, "0.05"),
            (-5, "-0.05"),
            (123_450, "1234.50"),
            (i64::MIN, "-92233720368547758.08"),
        ] {
            assert_eq!(Fen(fen).to_string(), yuan);
        }
    }
}
