//! What must hold for any cell, and for any number.

#![allow(clippy::unwrap_used)]

use hefu_identity::{Kind, PersonKey, Refusal, mask_raw, parse};
use proptest::prelude::*;
use proptest::sample::select;

/// GB 11643-1999's check written the other way round, as its formula has it: the weight of the place i,
/// counted from the right, is 2^(i-1) mod 11, and the weighted sum of all 18 is 1 mod 11.
fn with_check(digits: &str) -> String {
    let sum: u32 = digits
        .bytes()
        .rev()
        .zip(1..)
        .map(|(d, i)| u32::from(d - b'0') * (1 << i) % 11)
        .sum();
    let check = (12 - sum % 11) % 11;
    let check = if check == 10 {
        "X".to_owned()
    } else {
        check.to_string()
    };
    format!("{digits}{check}")
}

prop_compose! {
    /// Region, year, month, day, sequence of an invented person: unassigned province 29.
    fn person()(region in 0..10_000, year in 1921..2000, month in 1..=12, day in 1..=28, sequence in 1..996)
        -> (String, String, String) {
        (format!("29{region:04}"), format!("{year}{month:02}{day:02}"), format!("{sequence:03}"))
    }
}

fn canonical(kind: Kind, raw: &str) -> Result<Vec<u8>, Refusal> {
    parse(kind, raw).map(|parsed| parsed.key.canonical().to_vec())
}

/// Cells made of what real ones are made of, so that the depths are reached.
fn cell() -> impl Strategy<Value = String> {
    let pieces = select(vec![
        "11010519491231002X",
        "110105491231002",
        "440524188001010014",
        "H12345678",
        "12345678",
        "CAN",
        "43",
        "000",
        "E",
        "+17",
        "4.4",
        "x",
        "Х",
        "Ⅹ",
        "９",
        "Ｘ",
        "٣",
        " ",
        "\u{200b}",
        "\t",
        "'",
        "=\"",
        "\"",
        "(",
        ")",
        "、",
        "：",
        "身份证",
        "\0",
        ".",
        "-",
        "😀",
        "12440600MB2C07549J",
    ]);
    prop::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

fn check_any(raw: &str) {
    for kind in Kind::ALL {
        if let Ok(parsed) = parse(*kind, raw) {
            let again = PersonKey::from_stored(&parsed.key.stored());
            assert!(again.as_ref() == Some(&parsed.key));
            assert_eq!(
                again.map(|key| key.canonical().to_vec()),
                Some(parsed.key.canonical().to_vec())
            );
            let _ = (parsed.key.masked(), parsed.key.birth_date());
        }
    }
    let masked = mask_raw(raw);
    let shown = |c: char| c != '*';
    assert!(masked.chars().filter(|c| shown(*c)).count() <= 4);
    assert!(
        masked
            .chars()
            .skip(2)
            .collect::<Vec<_>>()
            .iter()
            .rev()
            .skip(2)
            .all(|c| !shown(*c))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_cell_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        check_any(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        check_any(&text);
    }

    #[test]
    fn no_likely_cell_makes_it_panic(text in cell()) {
        check_any(&text);
    }

    #[test]
    fn no_stored_bytes_make_a_key_that_would_not_be_stored_so(
        class in 0_u8..7, length in 0_u8..24, number in "[0-9HMX]{20}"
    ) {
        let stored = [&[class, length], number.as_bytes()].concat();
        if let Some(key) = PersonKey::from_stored(&stored) {
            prop_assert_eq!(key.stored().to_vec(), stored);
        }
    }

    #[test]
    fn old_form_new_form_and_certificate_meet((region, date, sequence) in person(), category in 1..=7, grade in 1..=4) {
        let new = with_check(&format!("{region}{date}{sequence}"));
        let old = format!("{region}{}{sequence}", &date[2..]);
        let key = parse(Kind::Resident, &new).unwrap().key;
        prop_assert_eq!(key.canonical(), new.as_bytes());
        prop_assert!(parse(Kind::Resident, &old).unwrap().key == key);
        let certificate = format!("{new}{category}{grade}");
        prop_assert!(parse(Kind::DisabilityCertificate, &certificate).unwrap().key == key);
    }

    #[test]
    fn one_wrong_digit_or_two_swapped_never_pass((region, date, sequence) in person(), place in 0_usize..17, by in 1_u8..10) {
        let good = with_check(&format!("{region}{date}{sequence}"));
        let mut mistyped = good.clone().into_bytes();
        mistyped[place] = b'0' + (mistyped[place] - b'0' + by) % 10;
        prop_assert!(canonical(Kind::Resident, str::from_utf8(&mistyped).unwrap()).is_err());
        let mut swapped = good.clone().into_bytes();
        swapped.swap(place, (place + 1) % 17);
        if swapped != good.as_bytes() {
            prop_assert!(canonical(Kind::Resident, str::from_utf8(&swapped).unwrap()).is_err());
        }
    }

    #[test]
    fn the_first_15_of_18_are_never_a_person((region, _, sequence) in person(), year in 1900..2030, month in 1..=12, day in 1..=28) {
        let new = with_check(&format!("{region}{year}{month:02}{day:02}{sequence}"));
        prop_assert_eq!(canonical(Kind::Resident, &new[..15]), Err(Refusal::Truncated));
    }

    #[test]
    fn spelling_changes_no_key((region, date, sequence) in person(), places in prop::collection::vec((0_usize..19, select(vec![' ', '\t', '\u{a0}', '\u{3000}', '\u{200b}', '\u{feff}'])), 0..5), wide in any::<u32>()) {
        let good = with_check(&format!("{region}{date}{sequence}"));
        let mut spelt: Vec<char> = good.to_lowercase().chars().enumerate().map(|(i, c)| {
            if wide >> i & 1 == 1 { char::from_u32(u32::from(c) + 0xfee0).unwrap() } else { c }
        }).collect();
        for (place, c) in places {
            spelt.insert(place, c);
        }
        let spelt: String = spelt.into_iter().collect();
        prop_assert_eq!(canonical(Kind::Resident, &spelt), Ok(good.into_bytes()));
    }

    #[test]
    fn two_people_in_a_cell_are_never_one(a in person(), b in person(), between in select(vec!["", " ", "、", ",", "/", "\n", "身份证:"])) {
        let [a, b] = [a, b].map(|(region, date, sequence)| with_check(&format!("{region}{date}{sequence}")));
        prop_assert_eq!(canonical(Kind::Resident, &format!("{a}{between}{b}")), Err(Refusal::SeveralNumbers));
    }
}
