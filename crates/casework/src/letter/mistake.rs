//! What can be wrong with a file of facts or of wording.

use hefu_identity::Refusal;

use crate::Wrong;

/// A mistake, and where it is. It shows nothing of what the file holds but names of fields.
#[derive(Debug, thiserror::Error)]
#[error("{file}, line {line}, {field}: {flaw}")]
pub struct Mistake {
    /// The file, as the caller names it.
    pub file: String,
    /// The line, from 1; 0 where something is nowhere in the file.
    pub line: usize,
    /// The field, or the paragraph that must stand; empty where none can be named.
    pub field: String,
    /// What is wrong.
    pub flaw: Flaw,
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// The file is longer than any real one.
    #[error("the file is longer than allowed; shorten it")]
    TooLong,
    /// Not TOML.
    #[error("cannot be read; write name = \"text\", each name once")]
    Syntax,
    /// No such field in this kind of letter.
    #[error("is no field of this kind of letter; compare with the empty file")]
    Unknown,
    /// A field that must be filled in.
    #[error("is missing or empty; fill it in")]
    Missing,
    /// Not text in quotes, or not in the shape that the field has.
    #[error("has another shape than this field; put text in quotes, and lists in square brackets")]
    Shape,
    /// A text that cannot stand in a letter.
    #[error("the text {0}")]
    Text(Wrong),
    /// Not a day.
    #[error("is not a day; write it as 2026-07-01")]
    Day,
    /// A day on which it would be too late.
    #[error("lies before another day that it must follow; correct one of them")]
    TooEarly,
    /// Not an amount.
    #[error("is not an amount in yuan; write it as 20000.00")]
    Yuan,
    /// None of the words that are offered.
    #[error("is none of the words that the empty file offers")]
    Choice,
    /// Not a number of such a document.
    #[error("is not a number of this kind of document")]
    Number(Refusal),
    /// A wording that leaves out a fact, or leaves out or changes a paragraph that must stand.
    #[error("must stand in the letter, a paragraph word for word, and this wording leaves it out")]
    Unsaid,
    /// A wording that shows a hole where an optional fact is not filled in.
    #[error("may be empty; write what surrounds it inside, as {{name|before|after}}")]
    Hole,
    /// A brace that opens or closes no blank.
    #[error("has a brace that belongs to no blank; write {{name}} or {{name|before|after}}")]
    Brace,
}

impl Mistake {
    /// A stable name of the kind of mistake.
    pub fn code(&self) -> &'static str {
        match self.flaw {
            Flaw::TooLong => "letter_too_long",
            Flaw::Syntax => "letter_syntax",
            Flaw::Unknown => "letter_unknown",
            Flaw::Missing | Flaw::Text(Wrong::Missing) => "letter_empty",
            Flaw::Shape => "letter_shape",
            Flaw::Text(Wrong::TooLong) => "letter_text_long",
            Flaw::Text(_) => "letter_text_unseen",
            Flaw::Day => "letter_day",
            Flaw::TooEarly => "letter_too_early",
            Flaw::Yuan => "letter_yuan",
            Flaw::Choice => "letter_choice",
            Flaw::Number(_) => "letter_number",
            Flaw::Unsaid => "letter_unsaid",
            Flaw::Hole => "letter_hole",
            Flaw::Brace => "letter_brace",
        }
    }

    /// What the message is about, by name.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        let line = match self.line {
            0 => String::new(),
            line => line.to_string(),
        };
        let mut params = vec![
            ("file", self.file.clone()),
            ("line", line),
            ("field", self.field.clone()),
        ];
        if let Flaw::Number(refusal) = self.flaw {
            params.push(("reason", refusal.code().to_owned()));
        }
        params
    }
}
