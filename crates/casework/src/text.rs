//! Short texts that people write into documents.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Error, Wrong};

/// A text of 1 to `MAX` characters that looks like what it is: not blank, without control or direction characters.
/// What officers write may speak of a person: masked in `Debug`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    /// # Errors
    /// [`Error::Text`] where it is blank, too long, or holds characters that would not be seen.
    pub fn new(text: impl Into<String>) -> Result<Text<MAX>, Error> {
        let text = text.into();
        check(&text, MAX).map_err(|wrong| Error::Text { wrong, max: MAX })?;
        Ok(Text(text))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> fmt::Debug for Text<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(****)")
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for Text<MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Text<MAX>, D::Error> {
        Text::new(String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Control and direction characters would let a document look other than it is.
pub(crate) fn check(text: &str, max_chars: usize) -> Result<(), Wrong> {
    let unseen = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
    };
    if text.trim().is_empty() {
        Err(Wrong::Missing)
    } else if text.chars().any(unseen) {
        Err(Wrong::NotAllowed)
    } else if text.chars().count() > max_chars {
        Err(Wrong::TooLong)
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_seen_and_short() {
        // Characters are counted, not bytes.
        assert_eq!(Text::<4>::new("核实无误").unwrap().as_str(), "核实无误");
        for (text, expected) in [
            ("", Wrong::Missing),
            (" \u{3000}", Wrong::Missing),
            ("一二三四五", Wrong::TooLong),
            ("一\n二", Wrong::NotAllowed),
            ("\u{202E}一", Wrong::NotAllowed),
        ] {
            assert!(
                matches!(Text::<4>::new(text), Err(Error::Text { wrong, max: 4 }) if wrong == expected),
                "{text:?}"
            );
            assert!(serde_json::from_value::<Text<4>>(text.into()).is_err());
        }
        assert_eq!(format!("{:?}", Text::<4>::new("某人").unwrap()), "Text(****)");
    }
}
