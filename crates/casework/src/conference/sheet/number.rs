//! Whether a text has the number of a document in it. The office must never hold one.

use hefu_identity::{Kind, Refusal, parse};
use unicode_normalization::UnicodeNormalization;

const LENGTH: usize = 18;
const OLD_LENGTH: usize = 15;

/// Whether a resident's document number stands in the text, alone or among words, however it is spaced; also one with a
/// digit mistyped.
pub fn has_number(text: &str) -> bool {
    let joined: String = text
        .nfkc()
        .filter(|c| {
            !c.is_whitespace()
                && !matches!(
                    c,
                    '-' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
                )
        })
        .collect();
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, 'x' | 'X');
    joined.split(|c| !is_part(c)).any(is_in_run)
}

fn is_in_run(run: &str) -> bool {
    let whole = match parse(Kind::Resident, run) {
        Ok(_) => true,
        Err(refusal) => matches!(refusal, Refusal::WrongCheckDigit | Refusal::DigitsLost),
    };
    if matches!(run.len(), OLD_LENGTH | LENGTH) && whole {
        return true;
    }
    // All are ASCII.
    (LENGTH + 1..=run.len())
        .filter_map(|end| run.get(end - LENGTH - 1..end - 1))
        .chain(run.len().checked_sub(LENGTH).and_then(|start| run.get(start..)))
        .any(|window| parse(Kind::Resident, window).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GB 11643-1999 is 11010519491231002X; here with the unassigned province 29 and its own check digit.
    #[test]
    fn a_number_is_found_wherever_it_stands() {
        let number = number();
        for text in [
            number.clone(),
            number.to_lowercase(),
            format!("关于{number}的函"),
            format!("{} {} {}", &number[..6], &number[6..14], &number[14..]),
            format!("{}-{}", &number[..6], &number[6..]),
            format!("00{number}"),
            format!("{number}1"),
            number
                .chars()
                .map(|c| match c {
                    '0'..='9' => char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c),
                    _ => c,
                })
                .collect(),
            // The form before 1999 leaves out the century and the check digit.
            format!("{}{}", &number[..6], &number[8..17]),
        ] {
            assert!(has_number(&text), "{text}");
        }
        let mut mistyped = number.clone().into_bytes();
        mistyped[16] = if mistyped[16] == b'9' {
            b'0'
        } else {
            mistyped[16] + 1
        };
        assert!(has_number(&String::from_utf8(mistyped).unwrap()));
    }

    #[test]
    fn a_letters_number_is_none() {
        for text in [
            "",
            "县联席函〔2026〕17号",
            "20260701",
            "2026-07-01 2026-08-01",
            "290101",
            "x",
            "12345678901234567890",
            "00ff1a2b3c4d5e6f00112233445566aa",
        ] {
            assert!(!has_number(text), "{text}");
        }
    }

    /// Weights and characters of GB 11643-1999.
    fn number() -> String {
        let body = "29010119491231002";
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
        let sum: u32 = body
            .bytes()
            .zip(weights)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        let check = char::from(b"10X98765432"[(sum % 11) as usize]);
        format!("{body}{check}")
    }
}
