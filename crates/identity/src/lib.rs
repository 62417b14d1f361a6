//! Document numbers: what they say, what is wrong with them, and the key under which one person meets.
//!
//! A cell of an agency's file goes in, with the kind of document that the file's mapping declares; a
//! [`PersonKey`] comes out, or the one [`Refusal`] that tells a clerk what to correct. The old and the new form
//! of a citizen number and the disability certificate built on it give the same key. Spelling is normalised
//! (width, case, white space, invisible characters) and what was done is reported; digits are never repaired.
//!
//! This crate must never touch a file, a socket, a clock or a log, and never shows a whole number: keys have
//! no serialisation, their `Debug` is masked, and they are wiped when dropped.

mod alias;
mod citizen;
mod clean;
mod credit_code;
mod forms;
mod key;
mod kind;
mod mask;
mod tally;
mod verdict;
mod within;

pub use alias::AliasTable;
pub use key::PersonKey;
pub use kind::{Kind, KindClass, UnknownKind};
pub use mask::mask_raw;
pub use tally::many_digits_lost;
pub use verdict::{Cleaned, Cleaning, Parsed, Refusal, Warning, Warnings};
pub use within::bears_number;

/// Reads one cell as a document of the declared kind.
///
/// The kind decides what the number is; nothing is guessed from its looks. A number that is clean already is
/// read without allocation. Never panics, whatever the cell holds.
///
/// # Errors
/// The one [`Refusal`] that says best what a person should look at. The row is then left out, never repaired.
pub fn parse(kind: Kind, raw: &str) -> Result<Parsed, Refusal> {
    let bytes = raw.as_bytes();
    if clean::is_plain(bytes)
        && let Ok((key, warnings)) = forms::read(kind, bytes)
    {
        return Ok(Parsed {
            key,
            cleaned: Cleaned::EMPTY,
            warnings,
        });
    }
    let mut cell = clean::Cell::new(raw);
    let number = cell.single_number(kind)?;
    let (key, warnings) = forms::read(kind, number.as_bytes())?;
    Ok(Parsed {
        key,
        cleaned: cell.cleaned,
        warnings,
    })
}
