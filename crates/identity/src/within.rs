//! Whether a text that is to go where no number may be has one in it.

use zeroize::Zeroizing;

use crate::clean::Cell;
use crate::forms;
use crate::kind::Kind;
use crate::verdict::Refusal;

/// The lengths in which a number can hide among other digits: their shape alone tells them. Shorter ones do so only
/// where they stand alone.
const TELLING: [(Kind, usize); 5] = [
    (Kind::Resident, 18),
    (Kind::Resident, 15),
    (Kind::ForeignResident, 15),
    (Kind::HongKongMacaoPermit, 11),
    (Kind::HongKongMacaoPermit, 9),
];

/// Whether something in a text reads as the number of a document of any kind, also one that blanks or dashes take apart,
/// and one that is mistyped. It says so too often rather than too seldom: any six to nine letters and digits that
/// stand together can be a passport's.
pub fn bears_number(text: &str) -> bool {
    let cell = Cell::new(text);
    let folded = |c: &char| c.to_ascii_uppercase();
    let alone = cell
        .chars()
        .split(|c| !c.is_ascii_alphanumeric())
        .any(|run| Kind::ALL.iter().any(|kind| reads(*kind, run.iter().map(folded))));
    if alone {
        return true;
    }
    let joined: Zeroizing<Vec<char>> = Zeroizing::new(
        cell.chars()
            .iter()
            .filter(|c| !matches!(c, ' ' | '-' | '_' | '.' | '·' | '‐'..='―'))
            .map(folded)
            .collect(),
    );
    TELLING.iter().any(|(kind, length)| {
        joined
            .windows(*length)
            .any(|window| reads(*kind, window.iter().copied()))
    })
}

fn reads(kind: Kind, run: impl Iterator<Item = char>) -> bool {
    let number: Zeroizing<String> = Zeroizing::new(run.collect());
    matches!(
        forms::read(kind, number.as_bytes()),
        Ok(_) | Err(Refusal::WrongCheckDigit | Refusal::DigitsLost)
    )
}

#[cfg(test)]
mod tests {
    use super::bears_number;

    /// Made by the rule of GB 11643 for province 29, which no region has.
    const NUMBER: &str = "290101199003074555";

    #[test]
    fn numbers_are_seen_however_they_stand_in_a_text() {
        let wide: String = NUMBER
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        for text in [
            NUMBER.to_owned(),
            format!("津检移〔2026〕{NUMBER}号"),
            format!("身份证{} {} {}", &NUMBER[..6], &NUMBER[6..14], &NUMBER[14..]),
            format!("{}-{}", &NUMBER[..6], &NUMBER[6..]),
            format!("{}\u{200b}{}", &NUMBER[..6], &NUMBER[6..]),
            format!("12{NUMBER}34"),
            wide,
            // Its last digit is mistyped.
            "290101199003074558".to_owned(),
            // Of 15 digits, a disability certificate, and a foreigner's card of before 2017.
            "证件290101900307455".to_owned(),
            "29010119900307455543".to_owned(),
            "FRA310090030745".to_owned(),
            "港澳通行证H1234567801".to_owned(),
            "h 12345678".to_owned(),
            "台湾居民12345678".to_owned(),
            "护照 E12345678".to_owned(),
        ] {
            assert!(bears_number(&text), "{text}");
        }
    }

    #[test]
    fn numbers_of_letters_pass() {
        for text in [
            "",
            "津检移〔2026〕12号",
            "民函[2026]第0371号",
            "29检控申移〔2026〕1024-2号",
            "低保 1 人",
            "会议纪要第3期",
        ] {
            assert!(!bears_number(text), "{text}");
        }
    }
}
