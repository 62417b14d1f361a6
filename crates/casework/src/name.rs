//! Names, as far as two agencies compare them: whether both know a number under one name. Two people with one number
//! exist, and so do slips of the pen.
//!
//! ```text
//! digest    the first 16 bytes of SHA-256("hefu/3 name\0" ‖ folded name), of which an agency keeps nothing else
//! check     the first 2 bytes of SHA-256("hefu/3 name check\0" ‖ number as stored ‖ digest), 0001 where those are 0000;
//!           0000 says that the name is not known
//! ```
//!
//! A check belongs to one number, so equal names of two people do not show in it. The digest belongs to none, because a
//! person with several numbers is entered under each. A check is the same in every round and under every agreement:
//! checks that change would tell more of a name with each round.

use hefu_identity::PersonKey;
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{codes::codes, rule::sha256};

const NAME: &[u8] = b"hefu/3 name\0";
const CHECK: &[u8] = b"hefu/3 name check\0";

/// What exports write where a name is not known.
const NONE: [&str; 9] = [
    "无",
    "不详",
    "未知",
    "无名",
    "无名氏",
    "佚名",
    "NULL",
    "NONE",
    "N/A",
];

/// What stands for characters that were left out on purpose, or that a system could not write: such a name is not known.
const LEFT_OUT: [char; 6] = ['*', '某', '×', '?', '□', '\u{FFFD}'];

/// A name, reduced to what can be compared and to nothing that can be read. Names can be guessed and tried against it:
/// to be sealed by whoever keeps it, without `Debug`, wiped when dropped and compared in constant time.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct NameDigest([u8; NameDigest::STORED]);

impl NameDigest {
    /// How many bytes [`NameDigest::stored`] has.
    pub const STORED: usize = 16;

    /// The digest of a name; `None` where there is none, or not all of one: an empty cell, a word that says so, a name
    /// with characters left out.
    ///
    /// Spellings of one name are made alike by NFKC, upper case of ASCII, and leaving out white space, what is invisible,
    /// and the dots between the parts of a name. Nothing cleverer: a simplified and a traditional character are a
    /// difference, at which a person looks.
    pub fn of(written: &str) -> Option<NameDigest> {
        let folded = folded(written);
        let unknown = NONE.contains(&folded.as_str())
            || folded.contains(LEFT_OUT)
            || !folded.contains(char::is_alphabetic);
        if unknown {
            return None;
        }
        let named = Zeroizing::new([NAME, folded.as_bytes()].concat());
        let mut digest = sha256(&named);
        let kept = digest.first_chunk().copied();
        digest.zeroize();
        kept.map(NameDigest)
    }

    /// To be sealed by whoever keeps it.
    pub fn stored(&self) -> Zeroizing<[u8; NameDigest::STORED]> {
        Zeroizing::new(self.0)
    }

    /// Reads what [`NameDigest::stored`] gave; `None` for another length.
    pub fn from_stored(stored: &[u8]) -> Option<NameDigest> {
        stored.try_into().ok().map(NameDigest)
    }

    /// What is compared where the name stands beside this number.
    pub fn check(&self, number: &PersonKey) -> NameCheck {
        let stored = Zeroizing::new(number.stored());
        let said = Zeroizing::new([CHECK, &*stored, &self.0].concat());
        match sha256(&said) {
            [0, 0, ..] => NameCheck([0, 1]),
            [first, second, ..] => NameCheck([first, second]),
        }
    }
}

impl PartialEq for NameDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for NameDigest {}

/// 16 bits of a name beside a number: of 65,535 other names one passes for the same. Without `Debug`.
#[derive(Clone, Copy)]
pub struct NameCheck([u8; NameCheck::BYTES]);

impl NameCheck {
    /// How many bytes it has.
    pub const BYTES: usize = 2;
    /// That the name is not known.
    pub const UNKNOWN: NameCheck = NameCheck([0; NameCheck::BYTES]);

    /// As in labels.
    pub fn bytes(self) -> [u8; NameCheck::BYTES] {
        self.0
    }

    /// Reads what [`NameCheck::bytes`] gave.
    pub fn from_bytes(bytes: [u8; NameCheck::BYTES]) -> NameCheck {
        NameCheck(bytes)
    }

    /// Whether the two are of one name.
    pub fn agrees(self, other: NameCheck) -> NameAgreement {
        if !self.is_known() || !other.is_known() {
            NameAgreement::Unknown
        } else if self == other {
            NameAgreement::Same
        } else {
            NameAgreement::Differs
        }
    }

    /// What several rows say together: rows without a name say nothing, and of several names none can be told.
    pub(crate) fn together(checks: &[NameCheck]) -> NameCheck {
        let mut known = checks.iter().copied().filter(|check| check.is_known());
        match known.next() {
            Some(first) if known.all(|other| other == first) => first,
            _ => NameCheck::UNKNOWN,
        }
    }

    fn is_known(self) -> bool {
        self != NameCheck::UNKNOWN
    }
}

impl PartialEq for NameCheck {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for NameCheck {}

codes! {
    /// Whether the two agencies know a number under one name. The order is that in which one outweighs the others.
    NameAgreement {
        /// 无法比对: one of them has no name there, or several.
        Unknown = "unknown",
        /// 姓名一致
        Same = "same",
        /// 姓名不一致: two people may have one number, and nothing is decided against anybody before that is cleared up.
        Differs = "differs",
    }
}

/// Written at its full size, since growing would leave parts of the name behind.
fn folded(written: &str) -> Zeroizing<String> {
    let chars = || {
        written
            .nfkc()
            .filter(|c| !is_left_out(*c))
            .map(|c| c.to_ascii_uppercase())
    };
    let mut folded = Zeroizing::new(String::with_capacity(chars().map(char::len_utf8).sum()));
    folded.extend(chars());
    folded
}

/// White space, what has no width, and the dots between the parts of a name.
fn is_left_out(c: char) -> bool {
    let no_width = matches!(
        c,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{E0100}'..='\u{E01EF}'
    );
    c.is_whitespace() || c.is_control() || no_width || matches!(c, '·' | '•' | '・' | '‧' | '∙')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_none_or_not_whole_is_not_known() {
        for written in [
            "",
            "  ",
            "\u{3000}\t",
            "无",
            " 不 详 ",
            "未知",
            "null",
            "ＮＵＬＬ",
            "-",
            "——",
            "/",
            "n/a",
            "0",
            "123",
            "·",
            "张*三",
            "张＊",
            "李某",
            "张某某",
            "王×",
            "赵?",
            "赵？",
            "钱□",
            "孙\u{FFFD}",
        ] {
            assert!(NameDigest::of(written).is_none(), "{written}");
        }
        for written in ["张三", "无忌", "A", "Smith2"] {
            assert!(NameDigest::of(written).is_some(), "{written}");
        }
    }

    #[test]
    fn several_rows_tell_one_name_or_none() {
        let check = |first| NameCheck([first, 9]);
        let none = NameCheck::UNKNOWN;
        let together = |checks: &[NameCheck]| NameCheck::together(checks).bytes();
        assert_eq!(together(&[]), [0, 0]);
        assert_eq!(together(&[none, none]), [0, 0]);
        assert_eq!(together(&[none, check(1), none, check(1)]), [1, 9]);
        assert_eq!(together(&[check(1), check(2)]), [0, 0]);
    }
}
