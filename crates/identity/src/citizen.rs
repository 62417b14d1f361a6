//! The citizen number's parts (GB 11643-1999): region, date of birth, sequence, check character.

use jiff::civil::Date;

use crate::verdict::Warning;

/// GB 11643-1999: weight of each of the first 17 digits, and the check character for their sum mod 11.
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK: [u8; 11] = *b"10X98765432";

/// The years that a living or remembered person can be born in. There is no clock here, so the future is only
/// refused by the century; 18xx is there for the oldest, whose numbers were converted.
const YEARS: std::ops::RangeInclusive<i16> = 1800..=2099;

/// The check character that belongs behind the first 17 digits of `number` (ISO 7064 MOD 11-2).
pub(crate) fn check_character(number: &[u8]) -> u8 {
    let sum: u32 = number
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit & 0x0f) * weight)
        .sum();
    CHECK[(sum % 11) as usize]
}

/// A real date from eight ASCII digits, YYYYMMDD.
pub(crate) fn birth_date(digits: &[u8]) -> Option<Date> {
    let (year, month_day) = digits.split_at_checked(4)?;
    let (month, day) = month_day.split_at_checked(2)?;
    let year = value(year)?;
    if !YEARS.contains(&year) {
        return None;
    }
    Date::new(
        year,
        i8::try_from(value(month)?).ok()?,
        i8::try_from(value(day)?).ok()?,
    )
    .ok()
}

/// The warning that the province code (GB/T 2260, first two digits) deserves. The table warns and never
/// refuses: regions are abolished and made, and nobody's number changes for it. 81 to 83 are the residence
/// permits of Hong Kong, Macao and Taiwan residents, which do not use GB/T 2260's 71.
pub(crate) fn province_warning(province: &[u8]) -> Option<Warning> {
    match value(province)? {
        11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83 => None,
        29 => Some(Warning::TestRegion),
        _ => Some(Warning::UnknownRegion),
    }
}

/// The number that up to four ASCII digits write.
fn value(digits: &[u8]) -> Option<i16> {
    digits.iter().try_fold(0_i16, |sum, digit| {
        let digit = digit.is_ascii_digit().then_some(i16::from(digit & 0x0f))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}
