//! The intersection of two element sets is a plain join of the two tables, on random records.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::common::*;
use hefu_casework::{AidRecord, Month, Purpose, Status};
use proptest::prelude::*;

const PROGRAMMES: [&str; 7] = [
    "minimum_living",
    "extreme_poverty",
    "orphan",
    "injury_care",
    "disabled_living",
    "disabled_care",
    "temporary",
];

/// The forbidden pairs of X1, X3, X4, X5 and C1, written out.
const FORBIDDEN: [(&str, &str, &str); 7] = [
    ("X1", "minimum_living", "extreme_poverty"),
    ("X3", "extreme_poverty", "disabled_living"),
    ("X3", "extreme_poverty", "disabled_care"),
    ("X4", "injury_care", "disabled_living"),
    ("X4", "injury_care", "disabled_care"),
    ("X5", "orphan", "disabled_living"),
    ("C1", "extreme_poverty", "orphan"),
];

fn records() -> impl Strategy<Value = Vec<AidRecord>> {
    let one = (0..6u32, 0..PROGRAMMES.len(), 5..11u8, 0..4u8, 0..8u8);
    prop::collection::vec(one, 0..40).prop_map(|all| {
        let make = |((who, programme, from, span, status), row): ((u32, usize, u8, u8, u8), u64)| {
            let when = format!("2026-{from:02}..2026-{:02}", (from + span).min(12));
            let status = if status == 0 {
                Status::Stopped
            } else {
                Status::Paid
            };
            record(row, who, PROGRAMMES[programme], &when).status(status)
        };
        all.into_iter().zip(2..).map(make).collect()
    })
}

/// (programme, person) to the months of July to September 2026 paid, with the rows that pay each.
fn table(records: &[AidRecord]) -> HashMap<(String, Vec<u8>), BTreeMap<Month, BTreeSet<u64>>> {
    let mut table: HashMap<_, BTreeMap<_, BTreeSet<_>>> = HashMap::new();
    for record in records.iter().filter(|record| record.status == Status::Paid) {
        for month in ["2026-07", "2026-08", "2026-09"].map(month) {
            let range = record.period.months();
            if range.from <= month && month < range.to {
                let key = (record.programme.to_string(), record.person.stored().to_vec());
                table
                    .entry(key)
                    .or_default()
                    .entry(month)
                    .or_default()
                    .insert(record.row.row);
            }
        }
    }
    table
}

type Expected = BTreeMap<(String, Vec<u8>), (BTreeSet<Month>, BTreeSet<u64>)>;

/// By rule and person: the months in which `own` and `other` break it between them, and the own rows of those months.
fn join(own: &[AidRecord], other: &[AidRecord]) -> Expected {
    let (own, other) = (table(own), table(other));
    let mut expected = Expected::new();
    for ((programme, who), months) in &own {
        for (rule, left, right) in FORBIDDEN {
            for (mine, theirs) in [(left, right), (right, left)] {
                let Some(others) = other
                    .get(&(theirs.to_owned(), who.clone()))
                    .filter(|_| programme == mine)
                else {
                    continue;
                };
                for (month, rows) in months.iter().filter(|(month, _)| others.contains_key(month)) {
                    let (found_months, found_rows) =
                        expected.entry((rule.to_owned(), who.clone())).or_default();
                    found_months.insert(*month);
                    found_rows.extend(rows);
                }
            }
        }
    }
    expected
}

proptest! {
    #[test]
    fn rule_keys_meet_exactly_where_a_join_does(a in records(), b in records()) {
        let agreement = agreement(&PROGRAMMES, &PROGRAMMES, &["X1", "X3", "X4", "X5", "C1"]);
        for (receiver, expected) in [(0, join(&a, &b)), (1, join(&b, &a))] {
            let found = learn(&agreement, receiver, [&a, &b]).findings;
            let by_rule_and_person: Expected = found
                .iter()
                .map(|finding| {
                    let key = (finding.rule.as_ref().unwrap().to_string(), finding.person.stored().to_vec());
                    (key, (finding.months.iter().copied().collect(), finding.rows.iter().map(|row| row.row).collect()))
                })
                .collect();
            prop_assert_eq!(by_rule_and_person.len(), found.len(), "one finding a rule and person");
            prop_assert_eq!(by_rule_and_person, expected);
        }
    }

    #[test]
    fn person_keys_meet_exactly_where_a_join_does(a in records(), b in records()) {
        let people = |records: &[AidRecord]| -> BTreeSet<Vec<u8>> { table(records).into_keys().map(|(_, who)| who).collect() };
        let (own, other) = (people(&a), people(&b));
        for (purpose, expected) in [
            (Purpose::Leads, &own & &other),
            (Purpose::Omissions, &own - &other),
        ] {
            let agreement = by_person(purpose, &PROGRAMMES, &PROGRAMMES);
            let found = learn(&agreement, 0, [&a, &b]).findings;
            let who: BTreeSet<_> = found.iter().map(|finding| finding.person.stored().to_vec()).collect();
            prop_assert_eq!(who.len(), found.len());
            prop_assert_eq!(who, expected);
        }
    }

    #[test]
    fn elements_are_unique_of_one_width_and_the_same_by_any_chunk(a in records(), size in 1..20usize) {
        let agreement = agreement(&PROGRAMMES, &PROGRAMMES, &["X1", "X3", "X4", "X5", "C1"]);
        let set = set(&agreement, 0, 1, &a).unwrap();
        let whole = set.bytes();
        prop_assert_eq!(whole.len(), set.len() * set.width());
        let unique: BTreeSet<_> = whole.chunks(set.width()).collect();
        prop_assert_eq!(unique.len(), set.len());
        let chunks: Vec<u8> = (0..set.len()).step_by(size).flat_map(|from| set.chunk(from..from + size).to_vec()).collect();
        prop_assert_eq!(&chunks, &*whole);
        prop_assert!(set.chunk(set.len()..usize::MAX).is_empty());
    }
}
