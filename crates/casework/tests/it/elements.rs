//! The layout of an element, byte by byte: another implementation must make the same.

use hefu_casework::{ElementSet, KeyKind, Purpose, number_in_element};

use crate::common::*;

/// A length, the content, zeros up to the width.
fn padded(content: &[&[u8]], width: usize) -> Vec<u8> {
    let content = content.concat();
    let mut element = vec![u8::try_from(content.len()).unwrap()];
    element.extend(content);
    assert!(element.len() <= width);
    element.resize(width, 0);
    element
}

fn all(set: &ElementSet) -> Vec<Vec<u8>> {
    set.bytes().chunks(set.width()).map(<[u8]>::to_vec).collect()
}

#[test]
fn a_person_element_is_the_person_as_stored() {
    let agreement = by_person(Purpose::Leads, &["judicial_procuratorate"], &["minimum_living"]);
    let set = set(&agreement, 1, 0, &[record(2, 1, "minimum_living", "2026-07")]).unwrap();
    assert_eq!(all(&set), [padded(&[&person(1).stored()], 32)]);
}

#[test]
fn a_rule_element_names_the_rule_the_party_on_its_left_the_person_and_the_month() {
    let agreement = agreement(&["disabled_care"], &["extreme_poverty"], &["X3"]);
    // 特困 is on the left of X3, and party 1 runs it: both sides name party 1.
    let july_2026 = [0x07, 0xEA, 7];
    let expected = padded(
        &[
            b"\x01\x02X3",
            &[2, 1, 1],
            &[3, 22],
            &person(1).stored(),
            &[4, 3],
            &july_2026,
        ],
        96,
    );
    for (me, programme) in [(0, "disabled_care"), (1, "extreme_poverty")] {
        let set = set(&agreement, me, 0, &[record(2, 1, programme, "2026-07")]).unwrap();
        assert_eq!(all(&set), [expected.as_slice()], "party {me}");
    }
}

#[test]
fn by_case_an_element_has_the_digest_of_the_case_in_its_canonical_spelling() {
    let agreement = judicial([Some("criminal_case"), Some("criminal_case")]);
    let case = ring::digest::digest(&ring::digest::SHA256, "(2026)某0101刑初1号A".as_bytes());
    let expected = padded(
        &[
            b"\x01\x02X8",
            &[2, 1, 0xFF],
            &[3, 22],
            &person(1).stored(),
            &[5, 32],
            case.as_ref(),
        ],
        96,
    );
    let own = [record(2, 1, "judicial_court", "2026-07-03").case("〔２０２６〕 某0101刑初1号a")];
    assert_eq!(all(&set(&agreement, 1, 0, &own).unwrap()), [expected]);
}

#[test]
fn where_no_case_number_is_declared_the_element_ends_with_the_person() {
    let agreement = judicial([None, None]);
    let expected = padded(&[b"\x01\x02X8", &[2, 1, 0xFF], &[3, 22], &person(1).stored()], 96);
    let own = [record(2, 1, "judicial_court", "2026-07-03").case("1")];
    assert_eq!(all(&set(&agreement, 1, 0, &own).unwrap()), [expected]);
}

#[test]
fn rows_fold_into_one_element() {
    let agreement = by_person(Purpose::Leads, &["judicial_procuratorate"], &["minimum_living"]);
    assert_eq!(agreement.key_kind, KeyKind::Person);
    let roll: Vec<_> = (2..102)
        .map(|row| record(row, (row % 2) as u32, "minimum_living", "2026-07"))
        .collect();
    let set = set(&agreement, 1, 0, &roll).unwrap();
    assert_eq!((set.len(), set.rows()), (2, 100));
}

/// From the layout above, and from nothing that these bytes could only be taken for.
#[test]
fn the_number_comes_out_of_an_element_again() {
    let (number, other) = (person(1).stored(), person(2).stored());
    let by_rule = |fields: &[&[u8]]| padded(fields, 96);
    let whole = by_rule(&[b"\x01\x02X8", &[2, 1, 0], &[3, 22], &number, &[5, 32], &[7; 32]]);
    assert!(number_in_element(&whole, KeyKind::Rule) == Some(person(1)));
    assert!(number_in_element(&padded(&[&number], 32), KeyKind::Person) == Some(person(1)));
    // A number within another field is none.
    let within = by_rule(&[&[1, 22], &other, &[3, 22], &number]);
    assert!(number_in_element(&within, KeyKind::Rule) == Some(person(1)));
    let mut unlike = vec![
        vec![],
        vec![0; 96],
        vec![0xFF; 96],
        padded(&[&number], 32),
        by_rule(&[b"\x01\x02X8", &[5, 22], &number]),
        by_rule(&[&[3, 22], &number, &[5]]),
        by_rule(&[&[3, 22], &number, &[5, 9, 1]]),
        by_rule(&[&[3, 21], &number[1..]]),
    ];
    let mut longer = whole;
    longer[95] = 1;
    unlike.push(longer);
    for element in unlike {
        assert!(
            number_in_element(&element, KeyKind::Rule).is_none(),
            "{}",
            element.len()
        );
    }
}
