//! From what a cell holds to one clean number, or the reason why there is none.

use zeroize::Zeroizing;

use crate::kind::Kind;
use crate::verdict::{Cleaned, Cleaning, Refusal};

/// No number is longer than a disability certificate's; a run this long has room for two old citizen numbers.
const SEVERAL: usize = 30;
/// A run of letters and digits with fewer digits than this is a word, not a number.
const FEWEST_DIGITS: usize = 4;

/// Whether the bytes need no cleaning: upper-case letters and digits only, no more than any number has.
pub(crate) fn is_plain(raw: &[u8]) -> bool {
    raw.len() <= crate::key::MAX_CANONICAL && raw.iter().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// A cell without what can be normalised. White space is kept as one mark each until numbers are told apart.
pub(crate) struct Cell {
    chars: Zeroizing<Vec<char>>,
    pub(crate) cleaned: Cleaned,
}

impl Cell {
    pub(crate) fn new(raw: &str) -> Self {
        let mut cleaned = Cleaned::EMPTY;
        // The capacity is final, so that no copy of the number is left behind by growing.
        let mut chars = Zeroizing::new(Vec::with_capacity(raw.len()));
        for c in raw.chars() {
            if is_zero_width(c) {
                cleaned.insert(Cleaning::ZeroWidth);
            } else if c.is_whitespace() {
                cleaned.insert(Cleaning::WhiteSpace);
                chars.push(' ');
            } else if let Some(half) = half_width(c) {
                cleaned.insert(Cleaning::FullWidth);
                chars.push(half);
            } else {
                chars.push(c);
            }
        }
        Self { chars, cleaned }
    }

    /// What is left, with one blank for each white space.
    pub(crate) fn chars(&self) -> &[char] {
        &self.chars
    }

    /// The one number in the cell, upper-case ASCII, if there is one and nothing else.
    pub(crate) fn single_number(&mut self, kind: Kind) -> Result<Zeroizing<String>, Refusal> {
        let content = unwrap_spreadsheet_guards(&self.chars, &mut self.cleaned);
        let mut compact = Zeroizing::new(Vec::with_capacity(content.len()));
        compact.extend(content.iter().copied().filter(|c| *c != ' '));
        let number = match kind {
            Kind::TaiwanPermit => without_office_code(&compact),
            _ => &compact,
        };

        if number.is_empty() {
            return Err(Refusal::Missing);
        }
        if is_scientific(number) {
            return Err(Refusal::ScientificNotation);
        }
        if is_rounded_decimal(number) {
            return Err(Refusal::DigitsLost);
        }
        let beside = count_numbers(kind, number);
        if beside > 1 || count_numbers(kind, content) > 1 {
            return Err(Refusal::SeveralNumbers);
        }
        if !number.iter().copied().all(is_number_character) {
            let is_note = beside == 1 && !number.iter().copied().any(char::is_control);
            return Err(if is_note {
                Refusal::NoteInCell
            } else {
                Refusal::IllegalCharacter
            });
        }
        if number.iter().copied().any(is_lookalike) {
            return Err(Refusal::LookalikeLetter);
        }
        if !number.iter().all(char::is_ascii) {
            return Err(Refusal::IllegalCharacter);
        }
        if number.len() >= SEVERAL {
            return Err(Refusal::SeveralNumbers);
        }
        if number.iter().any(char::is_ascii_lowercase) {
            self.cleaned.insert(Cleaning::LowerCase);
        }
        let mut text = Zeroizing::new(String::with_capacity(number.len()));
        text.extend(number.iter().map(char::to_ascii_uppercase));
        Ok(text)
    }
}

/// Takes off what keeps a spreadsheet from reading a number: a leading apostrophe, or `="…"`.
fn unwrap_spreadsheet_guards<'a>(chars: &'a [char], cleaned: &mut Cleaned) -> &'a [char] {
    let mut content = trim(chars);
    if let ['=', '"', inner @ .., '"'] = content {
        cleaned.insert(Cleaning::FormulaQuotes);
        content = trim(inner);
    }
    while let ['\'' | '‘' | '’' | '`', rest @ ..] = content {
        cleaned.insert(Cleaning::LeadingApostrophe);
        content = trim(rest);
    }
    content
}

fn trim(chars: &[char]) -> &[char] {
    let start = chars.iter().position(|c| *c != ' ').unwrap_or(chars.len());
    let end = chars
        .iter()
        .rposition(|c| *c != ' ')
        .map_or(start, |last| last + 1);
    chars.get(start..end).unwrap_or_default()
}

/// Permits before 2008 carry the issuing office in brackets behind the digits: one or two letters or digits.
fn without_office_code(number: &[char]) -> &[char] {
    match number {
        [digits @ .., '(', a, ')'] if a.is_ascii_alphanumeric() => digits,
        [digits @ .., '(', a, b, ')'] if a.is_ascii_alphanumeric() && b.is_ascii_alphanumeric() => digits,
        _ => number,
    }
}

/// How many runs could each be a number of this kind.
fn count_numbers(kind: Kind, content: &[char]) -> usize {
    let shortest = match kind {
        Kind::Resident | Kind::DisabilityCertificate | Kind::ForeignResident => 15,
        Kind::HongKongMacaoPermit => 9,
        Kind::TaiwanPermit => 8,
        Kind::Passport => 6,
    };
    let is_number = |run: &&[char]| {
        run.len() >= shortest && run.iter().filter(|c| c.is_numeric()).count() >= FEWEST_DIGITS
    };
    content
        .split(|c| !is_number_character(*c))
        .filter(is_number)
        .count()
}

/// Whether the character is part of a run, right or wrong, rather than between runs.
fn is_number_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c.is_numeric() || is_lookalike(c)
}

/// `4.40981E+17`, also with a decimal comma, without the sign, or without the fraction.
fn is_scientific(number: &[char]) -> bool {
    let Some(e) = number.iter().position(|c| matches!(c, 'E' | 'e')) else {
        return false;
    };
    let (mantissa, exponent) = (
        number.get(..e).unwrap_or_default(),
        number.get(e + 1..).unwrap_or_default(),
    );
    let (sign, exponent) = match exponent {
        ['+' | '-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let (whole, fraction) = match mantissa.iter().position(|c| matches!(c, '.' | ',')) {
        Some(point) => (
            mantissa.get(..point).unwrap_or_default(),
            mantissa.get(point + 1..),
        ),
        None => (mantissa, None),
    };
    let digits = |run: &[char]| run.iter().all(char::is_ascii_digit);
    // Without sign and fraction a long run of digits around an E could be a passport.
    let form = sign || fraction.is_some() || whole.len() == 1;
    form && !whole.is_empty()
        && digits(whole)
        && fraction.is_none_or(digits)
        && (1..=3).contains(&exponent.len())
        && digits(exponent)
}

/// `110105194912310016.0`: with a decimal point the number went through a float, which keeps about 16 digits.
fn is_rounded_decimal(number: &[char]) -> bool {
    let Some(point) = number.iter().position(|c| *c == '.') else {
        return false;
    };
    let (whole, zeros) = (
        number.get(..point).unwrap_or_default(),
        number.get(point + 1..).unwrap_or_default(),
    );
    whole.len() >= 16 && whole.iter().all(char::is_ascii_digit) && zeros.iter().all(|c| *c == '0')
}

fn half_width(c: char) -> Option<char> {
    let code = u32::from(c);
    (0xff01..=0xff5e)
        .contains(&code)
        .then(|| char::from_u32(code - 0xfee0))
        .flatten()
}

/// Invisible and without width: joiners, directional marks, soft hyphens, byte order marks, variation selectors.
fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{feff}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Greek, Cyrillic, Roman numerals, crosses and mathematical letters: what passes for X, H, M or E to the eye.
fn is_lookalike(c: char) -> bool {
    matches!(c, '×' | '╳' | '✕' | '✖' | '✗' | '✘' | '⨉' | '⨯'
        | '\u{370}'..='\u{52f}' | '\u{2160}'..='\u{2188}' | '\u{1d400}'..='\u{1d7cb}')
}
