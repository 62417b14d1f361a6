//! Looks for numbers and names of persons where none may stand.

use std::collections::{HashMap, HashSet};

/// Texts that must not be found, by the beginning by which they are first looked for.
pub(crate) struct Secret<const BEGINNING: usize> {
    by_beginning: HashMap<[u8; BEGINNING], Vec<Vec<u8>>>,
}

/// Numbers of persons.
pub(crate) type Numbers = Secret<8>;
/// Names of persons: two characters and more.
pub(crate) type Names = Secret<6>;

impl Numbers {
    /// What is too short to tell from chance is left out: forms that a spreadsheet cut.
    pub(crate) fn new<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Self {
        Self::of(numbers.into_iter().filter(|number| number.len() >= 15))
    }
}

impl<const BEGINNING: usize> Secret<BEGINNING> {
    /// None of them is shorter than the beginning.
    pub(crate) fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_beginning: HashMap<_, Vec<Vec<u8>>> = HashMap::new();
        let distinct: HashSet<&str> = texts.into_iter().collect();
        for text in distinct {
            let text = text.as_bytes().to_vec();
            by_beginning
                .entry(*text.first_chunk().unwrap())
                .or_default()
                .push(text);
        }
        assert!(!by_beginning.is_empty());
        Self { by_beginning }
    }

    /// None of them stands in `text`.
    pub(crate) fn are_not_in(&self, text: &[u8], what: &str) {
        for (at, beginning) in text.windows(BEGINNING).enumerate() {
            let Some(candidates) = beginning
                .first_chunk()
                .and_then(|beginning| self.by_beginning.get(beginning))
            else {
                continue;
            };
            let found = candidates.iter().any(|secret| text[at..].starts_with(secret));
            assert!(!found, "of a person something stands in {what} at byte {at}");
        }
    }
}

/// The search would find one: otherwise it proves nothing.
#[test]
fn a_number_would_be_found() {
    let numbers = Numbers::new(["29010119500101100X"]);
    numbers.are_not_in("29010119500101100 29010119500101100Y".as_bytes(), "others");
    let found = std::panic::catch_unwind(|| {
        numbers.are_not_in("县29010119500101100X局".as_bytes(), "a text");
    });
    assert!(found.is_err());
}
