//! Looks for numbers of persons where none may stand.

use std::collections::{HashMap, HashSet};

/// The beginning by which a number is first looked for.
const BEGINNING: usize = 8;

/// Numbers that must not be found.
pub(crate) struct Numbers {
    by_beginning: HashMap<[u8; BEGINNING], Vec<Vec<u8>>>,
}

impl Numbers {
    /// What is too short to tell from chance is left out: forms that a spreadsheet cut.
    pub(crate) fn new<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut by_beginning: HashMap<_, Vec<Vec<u8>>> = HashMap::new();
        let distinct: HashSet<&str> = numbers.into_iter().filter(|number| number.len() >= 15).collect();
        for number in distinct {
            let number = number.as_bytes().to_vec();
            by_beginning
                .entry(*number.first_chunk().unwrap())
                .or_default()
                .push(number);
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
            let found = candidates.iter().any(|number| text[at..].starts_with(number));
            assert!(!found, "a number of a person stands in {what} at byte {at}");
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
