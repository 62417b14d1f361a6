//! What reading a cell can say: the key with what was cleaned and what is doubtful, or why it is refused.

use std::fmt;

use thiserror::Error;

use crate::PersonKey;

/// A number that was read.
#[derive(Clone)]
pub struct Parsed {
    /// Under which the person meets.
    pub key: PersonKey,
    /// What was normalised on the way.
    pub cleaned: Cleaned,
    /// What a person should look at although the row counts.
    pub warnings: Warnings,
}

impl fmt::Debug for Parsed {
    /// The key's own `Debug` is masked.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            cleaned,
            warnings,
        } = self;
        write!(
            f,
            "Parsed {{ {key:?}, cleaned {cleaned:?}, warnings {warnings:?} }}"
        )
    }
}

/// Why a cell gives no key. One reason a cell, the one that helps most to correct it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Error)]
pub enum Refusal {
    /// Nothing but white space and invisible characters. The caller counts it as blank.
    #[error("the cell is blank")]
    Missing,
    /// More or fewer characters than the document has.
    #[error("wrong length: characters are missing, or there are too many; see the document")]
    WrongLength,
    /// A character that the document does not have in that place.
    #[error("a character that this document's number cannot have in that place; see the document")]
    IllegalCharacter,
    /// A Cyrillic or Greek letter, a Roman numeral or a sign that only looks like a Latin letter.
    #[error("a letter that only looks like a Latin one; type it again on a Latin keyboard")]
    LookalikeLetter,
    /// Length and characters fit, but it is another kind's number.
    #[error("not a number of the kind declared for this column; check the column's kind")]
    WrongForm,
    /// The check character does not fit the others: a digit is mistyped.
    #[error("the check digit does not fit: a digit is mistyped; see the document")]
    WrongCheckDigit,
    /// The date of birth is in no calendar.
    #[error("the date of birth inside the number is impossible; see the document")]
    ImpossibleDate,
    /// A spreadsheet's number such as 4.40981E+17.
    #[error("a spreadsheet turned the number into scientific notation; export again with the column as text")]
    ScientificNotation,
    /// The last digits are zero or behind a decimal point, and the number is wrong: a spreadsheet rounded it.
    #[error("a spreadsheet rounded the number's last digits away; export again with the column as text")]
    DigitsLost,
    /// 15 digits that read as the beginning of an 18-digit number.
    #[error("15 digits that read as the beginning of an 18-digit number; see the document")]
    Truncated,
    /// More than one number in the cell.
    #[error("several numbers in one cell; give each person a row")]
    SeveralNumbers,
    /// One number, with other words beside it.
    #[error("a note stands beside the number; move it to a column of its own")]
    NoteInCell,
    /// An institution's unified social credit code (GB 32100-2015).
    #[error("an institution's credit code, not a person's number")]
    CreditCode,
    /// The 19th digit of a disability certificate is not 1 to 7.
    #[error("the certificate's category of disability (19th digit) is not 1 to 7; see the certificate")]
    DisabilityCategory,
    /// The 20th digit of a disability certificate is not 1 to 4.
    #[error("the certificate's grade of disability (20th digit) is not 1 to 4; see the certificate")]
    DisabilityGrade,
}

impl Refusal {
    /// Every reason.
    pub const ALL: &[Self] = &[
        Self::Missing,
        Self::WrongLength,
        Self::IllegalCharacter,
        Self::LookalikeLetter,
        Self::WrongForm,
        Self::WrongCheckDigit,
        Self::ImpossibleDate,
        Self::ScientificNotation,
        Self::DigitsLost,
        Self::Truncated,
        Self::SeveralNumbers,
        Self::NoteInCell,
        Self::CreditCode,
        Self::DisabilityCategory,
        Self::DisabilityGrade,
    ];

    /// The stable name used in reconciliations, quarantine files and translations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::WrongLength => "wrong_length",
            Self::IllegalCharacter => "illegal_character",
            Self::LookalikeLetter => "lookalike_letter",
            Self::WrongForm => "wrong_form",
            Self::WrongCheckDigit => "wrong_check_digit",
            Self::ImpossibleDate => "impossible_date",
            Self::ScientificNotation => "scientific_notation",
            Self::DigitsLost => "digits_lost",
            Self::Truncated => "truncated",
            Self::SeveralNumbers => "several_numbers",
            Self::NoteInCell => "note_in_cell",
            Self::CreditCode => "credit_code",
            Self::DisabilityCategory => "disability_category",
            Self::DisabilityGrade => "disability_grade",
        }
    }

    /// What the message needs beside its code: nothing, for a refusal never repeats what the cell held.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// What is doubtful about a number that counts all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Warning {
    /// The first two digits are no province's (GB/T 2260). Codes are abolished and made; people keep theirs.
    UnknownRegion,
    /// Province code 29, which was never assigned: an invented number.
    TestRegion,
    /// The number ends in 000 and its check fits. One number in a thousand does so by nature; of those that a
    /// spreadsheet rounded, one in eleven. See [`many_digits_lost`](crate::many_digits_lost).
    DigitsLostSuspected,
}

impl Warning {
    /// Every warning.
    pub const ALL: &[Self] = &[Self::UnknownRegion, Self::TestRegion, Self::DigitsLostSuspected];

    /// The stable name used in reconciliations and translations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnknownRegion => "unknown_region",
            Self::TestRegion => "test_region",
            Self::DigitsLostSuspected => "digits_lost_suspected",
        }
    }
}

/// A change of spelling that leaves the number what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cleaning {
    /// Full-width letters, digits or signs (U+FF01 to U+FF5E) became ASCII.
    FullWidth,
    /// Lower-case letters became upper-case.
    LowerCase,
    /// Spaces of any kind, tabs and line ends were removed.
    WhiteSpace,
    /// Zero-width and directional characters and byte order marks were removed.
    ZeroWidth,
    /// An apostrophe that keeps a spreadsheet from reading a number was removed from the front.
    LeadingApostrophe,
    /// `="…"`, which does the same in a CSV, was taken off.
    FormulaQuotes,
}

impl Cleaning {
    /// Every kind of cleaning.
    pub const ALL: &[Self] = &[
        Self::FullWidth,
        Self::LowerCase,
        Self::WhiteSpace,
        Self::ZeroWidth,
        Self::LeadingApostrophe,
        Self::FormulaQuotes,
    ];

    /// The stable name used in reconciliations and translations.
    pub fn code(&self) -> &'static str {
        match self {
            Self::FullWidth => "full_width",
            Self::LowerCase => "lower_case",
            Self::WhiteSpace => "white_space",
            Self::ZeroWidth => "zero_width",
            Self::LeadingApostrophe => "leading_apostrophe",
            Self::FormulaQuotes => "formula_quotes",
        }
    }
}

macro_rules! small_set {
    ($(#[$doc:meta])* $set:ident of $item:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
        pub struct $set(u8);

        impl $set {
            /// The set with nothing in it.
            pub const EMPTY: Self = Self(0);

            /// Whether nothing is in it.
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Whether `item` is in it.
            pub fn contains(self, item: $item) -> bool {
                self.0 & (1 << item as u8) != 0
            }

            /// What is in it, in the order of declaration.
            pub fn iter(self) -> impl Iterator<Item = $item> {
                $item::ALL.iter().copied().filter(move |item| self.contains(*item))
            }

            pub(crate) fn insert(&mut self, item: $item) {
                self.0 |= 1 << item as u8;
            }
        }

        impl fmt::Debug for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.iter()).finish()
            }
        }
    };
}

small_set! {
    /// What was normalised in one cell.
    Cleaned of Cleaning
}

small_set! {
    /// What is doubtful about one number.
    Warnings of Warning
}
