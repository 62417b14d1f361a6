//! Numbers under which offices file what they write: of cases, and of letters.
//!
//! Two agencies write one number in two ways, so numbers are compared folded. Nothing is repaired: a digit that is
//! missing or a bracket that is left out makes another number.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::fold::fold;

macro_rules! filed {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Zeroize, ZeroizeOnDrop)]
        pub struct $name {
            written: String,
            canonical: String,
        }

        impl $name {
            /// `None` where nothing is written.
            pub fn new(written: &str) -> Option<$name> {
                let canonical = fold(written);
                (!canonical.is_empty()).then(|| $name {
                    written: written.trim().to_owned(),
                    canonical,
                })
            }

            /// As the agency writes it.
            pub fn as_str(&self) -> &str {
                &self.written
            }

            /// As it is compared.
            pub fn canonical(&self) -> &str {
                &self.canonical
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &$name) -> bool {
                self.canonical == other.canonical
            }
        }

        impl Eq for $name {}

        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.canonical.hash(state);
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(****)"))
            }
        }
    };
}

filed!(
    /// The number of a case. Two ways to write one number are equal: full and half width, any of the brackets
    /// `（〔［【`, white space and letter case make no difference. Masked in `Debug`, wiped when dropped.
    CaseNumber
);

filed!(
    /// The number of a letter that refers people, such as 某检救助移〔2026〕17号. Folded as a [`CaseNumber`] is, on both
    /// sides alike: the two agencies type one letter's number each in its own way. Masked in `Debug`, wiped when
    /// dropped.
    LetterNo
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_however_it_is_written() {
        let plain = CaseNumber::new("(2026)某0101司救1号").unwrap();
        for other in [
            "（2026）某0101司救1号",
            "〔2026〕某0101司救1号",
            "【２０２６】某０１０１ 司救 1号",
            "\u{FEFF}[2026]某0101司救1号\t",
            "［2026］某0101司救1号",
        ] {
            assert_eq!(CaseNumber::new(other).unwrap(), plain, "{other}");
        }
        assert_eq!(CaseNumber::new("a-1"), CaseNumber::new("Ａ－１"));
        for other in ["(2026)某0101司救11号", "(2025)某0101司救1号", "2026某0101司救1号"] {
            assert_ne!(CaseNumber::new(other).unwrap(), plain, "{other}");
        }
        assert!(CaseNumber::new(" \u{3000}\t").is_none());
    }

    /// The vectors of protocol-docs/agreements.md.
    #[test]
    fn letters_fold_to_what_the_protocol_says() {
        for (written, canonical) in [
            ("某检救助移〔2026〕17号", "某检救助移(2026)17号"),
            ("某检救助移［2026］17号", "某检救助移(2026)17号"),
            ("某检救助移[2026] 17 号", "某检救助移(2026)17号"),
            ("某检救助移（２０２６）１７号", "某检救助移(2026)17号"),
            ("\u{200B}某检救助移【2026】17号\u{A0}", "某检救助移(2026)17号"),
            ("Jz-2026-017a", "JZ-2026-017A"),
        ] {
            assert_eq!(
                LetterNo::new(written).unwrap().canonical(),
                canonical,
                "{written}"
            );
        }
        // Not repaired: brackets left out, another zero, a dash for brackets, a numeral in words.
        let plain = LetterNo::new("某检救助移〔2026〕17号").unwrap();
        for other in [
            "某检救助移2026 17号",
            "某检救助移〔2026〕017号",
            "某检救助移2026-17号",
            "某检救助移〔2026〕十七号",
            "某检救助移〔2026〕17",
            "某检救助移〔2026〕第17号",
        ] {
            assert_ne!(LetterNo::new(other).unwrap(), plain, "{other}");
        }
    }

    #[test]
    fn the_agency_sees_its_own_way_of_writing() {
        assert_eq!(CaseNumber::new(" 〔2026〕1号 ").unwrap().as_str(), "〔2026〕1号");
    }

    #[test]
    fn debug_says_nothing_of_case_or_letter() {
        let shown = format!("{:?} {:?}", CaseNumber::new("2026-77"), LetterNo::new("2026-77"));
        assert_eq!(shown, "Some(CaseNumber(****)) Some(LetterNo(****))");
    }
}
