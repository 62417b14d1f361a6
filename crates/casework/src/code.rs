//! Short names that stand in rules, mappings and agreements: programmes, rules, places.

use std::{borrow::Borrow, fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Error;

macro_rules! code {
    ($(#[$doc:meta])* $name:ident, $fits:expr, $error:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the form, not whether anything is called so.
            pub fn new(code: &str) -> Result<$name, Error> {
                let fits: fn(&str) -> bool = $fits;
                if fits(code) { Ok($name(code.into())) } else { Err($error) }
            }

            /// The code.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(code: &str) -> Result<$name, Error> {
                $name::new(code)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    };
}

code!(
    /// A programme, such as `minimum_living`: 1 to 40 lower-case letters, digits and `_`, beginning with a letter.
    ProgrammeCode,
    |code| code.len() <= 40
        && code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
    Error::ProgrammeCode
);

code!(
    /// A rule, such as `X1`: 1 to 16 ASCII letters, digits and `-`.
    RuleId,
    |id| (1..=RuleId::MAX_LEN).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
    Error::RuleId
);

code!(
    /// A region of GB/T 2260, six digits of three levels: `000000` the nation, `290000` a province, `290100` a city,
    /// `290123` a county.
    Place,
    |code| code.len() == 6
        && code.bytes().all(|b| b.is_ascii_digit())
        && !(code.starts_with("00") && code != "000000")
        && !(code.get(2..4) == Some("00") && code.get(4..) != Some("00")),
    Error::Place
);

impl RuleId {
    pub(crate) const MAX_LEN: usize = 16;
}

impl Place {
    /// Whether `other` is this place or lies in it.
    pub fn covers(&self, other: &Place) -> bool {
        let mut level = &*self.0;
        while let Some(upper) = level.strip_suffix("00") {
            level = upper;
        }
        other.0.starts_with(level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_a_form() {
        for code in ["minimum_living", "a", "x8"] {
            assert_eq!(ProgrammeCode::new(code).unwrap().as_str(), code);
        }
        for code in ["", "Low", "8x", "低保", "a-b", &"a".repeat(41)] {
            assert!(ProgrammeCode::new(code).is_err(), "{code}");
        }
        assert!(RuleId::new("X1").is_ok() && RuleId::new("29-L1").is_ok());
        assert!(
            RuleId::new("").is_err() && RuleId::new("X 1").is_err() && RuleId::new(&"X".repeat(17)).is_err()
        );
    }

    #[test]
    fn a_place_covers_what_lies_in_it() {
        let place = |code| Place::new(code).unwrap();
        for (wide, narrow, covers) in [
            ("000000", "290123", true),
            ("290000", "290123", true),
            ("290100", "290123", true),
            ("290123", "290123", true),
            ("290100", "290223", false),
            ("290123", "290100", false),
            ("290000", "000000", false),
        ] {
            assert_eq!(place(wide).covers(&place(narrow)), covers, "{wide} {narrow}");
        }
        for code in ["", "29", "29012x", "290023", "002900", "2901234"] {
            assert!(Place::new(code).is_err(), "{code}");
        }
    }
}
