//! One clean number, read as the kind that its column declares.

use crate::PersonKey;
use crate::citizen::{birth_date, check_character, province_warning};
use crate::credit_code::is_credit_code;
use crate::kind::{Kind, KindClass};
use crate::verdict::{Refusal, Warning, Warnings};

type Reading = Result<(PersonKey, Warnings), Refusal>;

/// Reads upper-case ASCII letters and digits; other bytes are refused.
pub(crate) fn read(kind: Kind, number: &[u8]) -> Reading {
    match kind {
        Kind::Resident => resident(number),
        Kind::DisabilityCertificate => disability_certificate(number),
        Kind::ForeignResident => foreign_resident(number),
        Kind::HongKongMacaoPermit => hong_kong_macao_permit(number),
        Kind::TaiwanPermit => taiwan_permit(number),
        Kind::Passport => passport(number),
    }
}

fn resident(number: &[u8]) -> Reading {
    match number.len() {
        18 => eighteen(number),
        15 => fifteen(number),
        _ => Err(Refusal::WrongLength),
    }
}

/// The first 18 are the holder's own number and make the key: category and grade change at a re-rating.
fn disability_certificate(number: &[u8]) -> Reading {
    let Some((holder, [category, grade])) = number.split_last_chunk().filter(|_| number.len() == 20) else {
        return Err(Refusal::WrongLength);
    };
    if number.iter().all(u8::is_ascii_digit) && number.ends_with(b"00000") {
        return Err(Refusal::DigitsLost);
    }
    let (key, warnings) = eighteen(holder)?;
    if key.class() != KindClass::Resident {
        return Err(Refusal::WrongForm);
    }
    match (category, grade) {
        (b'1'..=b'7', b'1'..=b'4') => Ok((key, warnings)),
        (b'1'..=b'7', _) => Err(Refusal::DisabilityGrade),
        _ => Err(Refusal::DisabilityCategory),
    }
}

fn foreign_resident(number: &[u8]) -> Reading {
    match number {
        [b'9', ..] if number.len() == 18 => eighteen(number),
        _ if number.len() == 18 && is_credit_code(number) => Err(Refusal::CreditCode),
        _ if number.len() == 18 => Err(Refusal::WrongForm),
        _ if number.len() == 15 => old_foreign_resident(number),
        _ => Err(Refusal::WrongLength),
    }
}

/// Three letters of the state and 12 digits, the birth date as YYMMDD in places 8 to 13. Its check digit's
/// rule is not published, so none is checked.
fn old_foreign_resident(number: &[u8]) -> Reading {
    let (state, digits) = number.split_at_checked(3).ok_or(Refusal::WrongLength)?;
    if number.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::WrongForm);
    }
    if !state.iter().all(u8::is_ascii_uppercase) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::IllegalCharacter);
    }
    let short_date = digits.get(4..10).ok_or(Refusal::WrongLength)?;
    if !is_date_in(b"19", short_date) && !is_date_in(b"20", short_date) {
        return Err(Refusal::ImpossibleDate);
    }
    Ok((
        PersonKey::new(KindClass::ForeignResident, number),
        Warnings::EMPTY,
    ))
}

/// H or M and 8 digits that stay for life; two more count the renewals (rule of 1999) and are left out.
fn hong_kong_macao_permit(number: &[u8]) -> Reading {
    let (b'H' | b'M', digits) = number.split_first().ok_or(Refusal::WrongLength)? else {
        return Err(if is_permit_length(number.len() - 1) {
            Refusal::WrongForm
        } else {
            Refusal::WrongLength
        });
    };
    if !is_permit_length(digits.len()) {
        return Err(Refusal::WrongLength);
    }
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::IllegalCharacter);
    }
    lifelong(KindClass::HongKongMacaoPermit, number, 9)
}

/// 8 digits that stay for life; in permits before September 2008 two more count the issues and are left out.
fn taiwan_permit(number: &[u8]) -> Reading {
    if !is_permit_length(number.len()) {
        return Err(Refusal::WrongLength);
    }
    if !number.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::IllegalCharacter);
    }
    lifelong(KindClass::TaiwanPermit, number, 8)
}

/// ICAO Doc 9303 gives a passport number nine places; what a state does with them is its own.
fn passport(number: &[u8]) -> Reading {
    if !(6..=9).contains(&number.len()) {
        return Err(Refusal::WrongLength);
    }
    if !number
        .iter()
        .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
    {
        return Err(Refusal::IllegalCharacter);
    }
    if !number.iter().any(u8::is_ascii_digit) {
        return Err(Refusal::WrongForm);
    }
    Ok((PersonKey::new(KindClass::Passport, number), Warnings::EMPTY))
}

/// The citizen format, and the new foreigners' card, which has its shape and check and alone begins with 9.
fn eighteen(number: &[u8]) -> Reading {
    let Some((check, digits)) = number.split_last().filter(|_| number.len() == 18) else {
        return Err(Refusal::WrongLength);
    };
    if !digits.iter().all(u8::is_ascii_digit) || !matches!(check, b'0'..=b'9' | b'X') {
        return Err(if is_credit_code(number) {
            Refusal::CreditCode
        } else {
            Refusal::IllegalCharacter
        });
    }
    // A spreadsheet keeps 15 significant digits and writes zeros for the rest.
    let ends_in_zeros = number.ends_with(b"000");
    if digits.get(6..14).and_then(birth_date).is_none() {
        return Err(if ends_in_zeros {
            Refusal::DigitsLost
        } else if is_credit_code(number) {
            Refusal::CreditCode
        } else {
            Refusal::ImpossibleDate
        });
    }
    // One mistyped number in 31 passes as a credit code too; with a possible birth date it stays a person's.
    if *check != check_character(digits) {
        return Err(if ends_in_zeros {
            Refusal::DigitsLost
        } else {
            Refusal::WrongCheckDigit
        });
    }
    let (class, province) = match digits {
        [b'9', ..] => (KindClass::ForeignResident, digits.get(1..3)),
        _ => (KindClass::Resident, digits.get(..2)),
    };
    let mut warnings = Warnings::EMPTY;
    if let Some(warning) = province.and_then(province_warning) {
        warnings.insert(warning);
    }
    if ends_in_zeros {
        warnings.insert(Warning::DigitsLostSuspected);
    }
    Ok((PersonKey::new(class, number), warnings))
}

/// The form before 1999, converted as GB 11643-1999 says: the century goes in behind the region (18 for the
/// sequences 996 to 999, which were kept for centenarians, 19 for all others) and the check character follows.
///
/// The first 15 of an 18-digit number can look the same. Where places 7 to 14 are a whole date of 19xx or
/// 20xx, the number is refused, even if the old reading is possible too (births in 1919 and 1920, against
/// births from 2001 to 2012): taking either would be a guess, and the wrong one makes a person who is nobody.
fn fifteen(number: &[u8]) -> Reading {
    let (Some(region), Some(rest), Some(long_date)) = (number.get(..6), number.get(6..), number.get(6..14))
    else {
        return Err(Refusal::WrongLength);
    };
    if !number.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::IllegalCharacter);
    }
    // Nobody's region begins with 9, and foreigners' cards never had 15 digits.
    if number.starts_with(b"9") {
        return Err(Refusal::WrongForm);
    }
    if !long_date.starts_with(b"18") && birth_date(long_date).is_some() {
        return Err(Refusal::Truncated);
    }
    let century = if matches!(rest, [.., b'9', b'9', b'6'..=b'9']) {
        b"18"
    } else {
        b"19"
    };
    let mut full = [0; 18];
    let parts = region.iter().chain(century).chain(rest);
    for (place, digit) in full.iter_mut().zip(parts) {
        *place = *digit;
    }
    full[17] = check_character(&full[..17]);
    let reading = eighteen(&full);
    zeroize::Zeroize::zeroize(&mut full);
    // What was typed ends in no check digit, so nothing about zeros can be said of it.
    match reading {
        Err(_) => Err(Refusal::ImpossibleDate),
        Ok((key, _)) => {
            let mut warnings = Warnings::EMPTY;
            if let Some(warning) = province_warning(&region[..2]) {
                warnings.insert(warning);
            }
            Ok((key, warnings))
        }
    }
}

fn lifelong(class: KindClass, number: &[u8], kept: usize) -> Reading {
    let canonical = number.get(..kept).ok_or(Refusal::WrongLength)?;
    Ok((PersonKey::new(class, canonical), Warnings::EMPTY))
}

fn is_permit_length(digits: usize) -> bool {
    digits == 8 || digits == 10
}

fn is_date_in(century: &[u8; 2], short_date: &[u8]) -> bool {
    let mut date = [0; 8];
    for (place, digit) in date.iter_mut().zip(century.iter().chain(short_date)) {
        *place = *digit;
    }
    birth_date(&date).is_some()
}
