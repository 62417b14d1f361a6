//! What a key says of its person, and what it never shows.

#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use hefu_identity::{AliasTable, Kind, KindClass, PersonKey, many_digits_lost, mask_raw, parse};
use jiff::civil::{Date, date};

fn key(kind: Kind, raw: &str) -> PersonKey {
    parse(kind, raw).unwrap().key
}

fn resident(raw: &str) -> PersonKey {
    key(Kind::Resident, raw)
}

#[test]
fn the_three_forms_of_one_number_meet() {
    let old = resident("110105491231002");
    let new = resident("11010519491231002X");
    let certificate = key(Kind::DisabilityCertificate, "11010519491231002X43");
    assert_eq!(old, new);
    assert_eq!(new, certificate);
    assert_eq!(HashSet::from([old, new, certificate]).len(), 1);
}

#[test]
fn classes_keep_equal_characters_apart() {
    let passport = key(Kind::Passport, "H12345678");
    let permit = key(Kind::HongKongMacaoPermit, "H1234567801");
    assert_eq!(passport.canonical(), permit.canonical());
    assert_ne!(passport, permit);
    assert_ne!(
        key(Kind::TaiwanPermit, "12345678"),
        key(Kind::Passport, "12345678")
    );
}

#[test]
fn stored_form_is_class_length_number_and_zeros() {
    let stored = key(Kind::HongKongMacaoPermit, "H1234567801").stored();
    assert_eq!(&stored, b"\x03\x09H12345678\0\0\0\0\0\0\0\0\0\0\0");
    assert_eq!(
        &resident("11010519491231002X").stored(),
        b"\x01\x1211010519491231002X\0\0"
    );
    assert_eq!(
        PersonKey::from_stored(&stored).unwrap().class(),
        KindClass::HongKongMacaoPermit
    );
}

#[test]
fn only_what_was_stored_is_read_back() {
    let good = *b"\x01\x1211010519491231002X\0\0";
    assert!(PersonKey::from_stored(&good).is_some());
    assert!(PersonKey::from_stored(&[]).is_none());
    assert!(PersonKey::from_stored(&good[..21]).is_none());
    assert!(PersonKey::from_stored(&[&good[..], b"\0"].concat()).is_none());
    let not_stored: [&[u8; 22]; 8] = [
        b"\x00\x1211010519491231002X\0\0",    // no class 0
        b"\x06\x1211010519491231002X\0\0",    // no class 6
        b"\x02\x1211010519491231002X\0\0",    // a citizen as a foreigner
        b"\x01\x1211010519491231002X\0\x01",  // padding that is not zero
        b"\x01\x12110105194912310021\0\0",    // wrong check digit
        b"\x01\x0f110105491231002\0\0\0\0\0", // not canonical
        b"\x01\xff11010519491231002X\0\0",    // longer than there is room
        b"\x01\x12911124198108030024\0\0",    // a foreigner as a citizen
    ];
    for stored in not_stored {
        assert!(PersonKey::from_stored(stored).is_none(), "{stored:?}");
    }
}

#[test]
fn birth_dates() {
    assert_eq!(resident("110105491231002").birth_date(), Some(date(1949, 12, 31)));
    assert_eq!(resident("110105491231996").birth_date(), Some(date(1849, 12, 31)));
    assert_eq!(
        key(Kind::ForeignResident, "911124198108030024").birth_date(),
        Some(date(1981, 8, 3))
    );
    assert_eq!(key(Kind::ForeignResident, "CAN110081010116").birth_date(), None);
    assert_eq!(key(Kind::TaiwanPermit, "12345678").birth_date(), None);
    assert_eq!(key(Kind::Passport, "E12345678").birth_date(), None);
}

#[test]
fn age_is_completed_years_and_minority_ends_at_eighteen() {
    let child = resident("290101200802290014");
    let born = date(2008, 2, 29);
    assert_eq!(child.birth_date(), Some(born));
    let ages: [(Date, Option<i16>, Option<bool>); 9] = [
        (date(2008, 2, 28), None, None),
        (born, Some(0), Some(true)),
        (date(2009, 2, 28), Some(0), Some(true)),
        (date(2009, 3, 1), Some(1), Some(true)),
        (date(2012, 2, 29), Some(3), Some(true)),
        (date(2012, 3, 1), Some(4), Some(true)),
        (date(2026, 2, 28), Some(17), Some(true)),
        (date(2026, 3, 1), Some(18), Some(false)),
        (date(2028, 2, 29), Some(19), Some(false)),
    ];
    for (day, age, minor) in ages {
        assert_eq!((child.age_on(day), child.is_minor_on(day)), (age, minor), "{day}");
    }
    // 民法典 arts. 201, 203, 法释〔2006〕1号 art. 2: eighteen from the day after the birthday.
    let of_may = resident("290101200805120037");
    assert_eq!(of_may.is_minor_on(date(2026, 5, 12)), Some(true));
    assert_eq!(of_may.is_minor_on(date(2026, 5, 13)), Some(false));
    // A certificate shows the holder's own number; a foreigner's card is not asked.
    let certified = key(Kind::DisabilityCertificate, "29010120080229001411");
    assert_eq!(certified.is_minor_on(date(2026, 2, 28)), Some(true));
    let foreign = key(Kind::ForeignResident, "911124198108030024");
    assert_eq!(foreign.is_minor_on(date(2026, 2, 28)), None);
    let permit = key(Kind::TaiwanPermit, "12345678");
    assert_eq!((permit.age_on(born), permit.is_minor_on(born)), (None, None));
}

#[test]
fn a_key_shows_four_digits_at_most() {
    let person = resident("11010519491231002X");
    assert_eq!(person.masked(), "11**************2X");
    assert_eq!(format!("{person:?}"), "PersonKey(resident 11**************2X)");
    assert_eq!(
        key(Kind::ForeignResident, "CAN110081010116").masked(),
        "*************16"
    );
    assert_eq!(key(Kind::HongKongMacaoPermit, "H12345678").masked(), "*********");
}

#[test]
fn masks_of_what_stood_in_a_refused_cell() {
    assert_eq!(mask_raw("110105194912310021"), "11**************21");
    assert_eq!(mask_raw(" 110105194912310021\t"), "11**************21");
    assert_eq!(mask_raw(""), "");
    assert_eq!(mask_raw("H1234567890"), "***********");
    assert_eq!(mask_raw("李明290101199001010012"), "******************12");
    assert_eq!(mask_raw("Alexander Smith"), "***************");
    assert_eq!(mask_raw("=1+1|' /C calc'!A0"), "*1***************0");
    assert!(mask_raw(&"1".repeat(32_767)).len() <= 64);
}

#[test]
fn aliases_are_one_person_whichever_number_is_asked() {
    let [a, b, c, d, stranger] = [
        "11010519491231002X",
        "440524188001010014",
        "110105184912319965",
        "362322198709086409",
        "290101200802290014",
    ]
    .map(resident);
    let mut aliases = AliasTable::new();
    assert!(aliases.is_empty());
    aliases.add(&a, &a);
    assert!(aliases.is_empty());
    aliases.add(&a, &b);
    aliases.add(&c, &d);
    assert_eq!(aliases.group(&b).collect::<Vec<_>>(), [&a, &b]);
    aliases.add(&d, &b);
    aliases.add(&a, &c);
    for number in [&a, &b, &c, &d] {
        assert_eq!(
            aliases.group(number).collect::<HashSet<_>>(),
            HashSet::from([&a, &b, &c, &d])
        );
        assert_eq!(aliases.group(number).count(), 4);
        assert_eq!(aliases.principal(number), &c);
    }
    assert_eq!(aliases.group(&stranger).collect::<Vec<_>>(), [&stranger]);
    assert_eq!(aliases.principal(&stranger), &stranger);
}

#[test]
fn a_rounded_file_is_told_from_rare_numbers() {
    // The natural rate is about 9 in 10,000.
    for (suspected, rows) in [
        (0, 0),
        (2, 2),
        (3, 16),
        (9, 100),
        (10, 501),
        (90, 100_000),
        (u64::MAX / 60, u64::MAX),
    ] {
        assert!(!many_digits_lost(suspected, rows), "{suspected} of {rows}");
    }
    for (suspected, rows) in [(3, 3), (3, 15), (10, 500), (2_000, 100_000), (u64::MAX, u64::MAX)] {
        assert!(many_digits_lost(suspected, rows), "{suspected} of {rows}");
    }
}
