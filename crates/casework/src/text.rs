//! Short texts that people write into documents, and see.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use unicode_normalization::UnicodeNormalization;

use crate::{Error, Wrong};

/// A text of 1 to `MAX` characters that looks like what it is: not blank, without characters that are not seen.
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

    /// Whether both name one person, as [`same_person`].
    pub fn is_same_person(&self, other: &Text<MAX>) -> bool {
        same_person(&self.0, &other.0)
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

/// Whether a text of at most `max_chars` characters looks like what it is. What one sees is all there is to it, and no
/// character turns the direction of what follows (UAX #9) or is one that no XML has.
///
/// # Errors
/// [`Wrong::Missing`] where nothing of it would be seen, [`Wrong::NotAllowed`] for a character that would not,
/// [`Wrong::TooLong`].
pub fn check(text: &str, max_chars: usize) -> Result<(), Wrong> {
    if text.chars().all(|c| is_blank(c) || is_unseen(c)) {
        Err(Wrong::Missing)
    } else if text.chars().any(is_unseen) {
        Err(Wrong::NotAllowed)
    } else if text.chars().count() > max_chars {
        Err(Wrong::TooLong)
    } else {
        Ok(())
    }
}

/// Whether two names, as people write them, are one person's: equal but for white space, width, case, and characters
/// that are only encoded twice (NFKC of UAX #15, where a CJK compatibility ideograph is the ideograph that it shows).
/// Who takes another name is not found out by it.
pub fn same_person(a: &str, b: &str) -> bool {
    folded(a) == folded(b)
}

fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| !is_blank(*c) && !is_unseen(*c))
        .nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

/// White space, and the Braille pattern without dots.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// Cc, Cf, Zl and Zp (UAX #44, section 5.7.1), Default_Ignorable_Code_Point (DerivedCoreProperties.txt of Unicode 16.0),
/// which has the Hangul fillers, and noncharacters (The Unicode Standard, section 23.7).
fn is_unseen(c: char) -> bool {
    c.is_control()
        || u32::from(c) & 0xfffe == 0xfffe
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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
            ("\u{3164}", Wrong::Missing),
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

    /// `DerivedGeneralCategory.txt` and `DerivedCoreProperties.txt`: the neighbours of what is not seen are.
    #[test]
    fn what_is_seen_is_allowed() {
        for c in
            "¬®\u{34e}؆؛۞ܐ\u{892}ᄀ\u{2010}\u{2027}ㅣㅥ\u{fdcf}\u{fdf0}﷿\u{fe10}ﾟﾡ\u{fffc}\u{fffd}㐀\u{e000}𠀀"
                .chars()
        {
            assert!(Text::<1>::new(c).is_ok(), "{c:?}");
        }
    }

    #[test]
    fn one_person_is_one_however_the_name_is_written() {
        for (a, b, same) in [
            ("王科长", "王 科长\u{3000}", true),
            ("李科长", "\u{f9e1}科长", true),
            ("\u{2f804}", "\u{4f60}", true),
            ("Wang1", "ＷＡＮＧ１", true),
            ("STRASSE", "straße", true),
            ("王科长", "王科员", false),
            ("王科长", "李科长", false),
            // Two characters that people write, though they look alike.
            ("己", "已", false),
        ] {
            assert_eq!(same_person(a, b), same, "{a} {b}");
        }
    }

    /// As the article of an exception, there would be none.
    #[test]
    fn a_text_that_nobody_sees_is_no_text() {
        // HANGUL FILLERs, BRAILLE PATTERN BLANK, SOFT HYPHEN: general categories Lo, So and Cf, and nothing is shown.
        let blanks = [
            "\u{3164}",
            "\u{115f}\u{1160}",
            "\u{ffa0}",
            "\u{2800}",
            "\u{ad}",
            "\u{ad} \u{ad}",
        ];
        let passed: Vec<_> = blanks
            .into_iter()
            .filter(|blank| Text::<200>::new(*blank).is_ok())
            .collect();
        assert!(passed.is_empty(), "{passed:?}");
    }

    /// UAX #9's ARABIC LETTER MARK, line and paragraph separators, deprecated format characters,
    /// tags, and two code points that XML 1.0 does not allow at all (a letter with one is a DOCX that no program opens).
    #[test]
    fn a_text_has_no_character_that_is_not_seen() {
        let unseen = [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{2028}',
            '\u{2029}',
            '\u{206a}',
            '\u{fff9}',
            '\u{fffe}',
            '\u{ffff}',
            '\u{e0041}',
        ];
        let passed: Vec<_> = unseen
            .into_iter()
            .filter(|unseen| Text::<200>::new(format!("甲{unseen}乙")).is_ok())
            .collect();
        assert!(passed.is_empty(), "{passed:?}");
    }
}
