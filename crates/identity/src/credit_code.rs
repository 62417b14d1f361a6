//! Institutions' unified social credit codes (GB 32100-2015), recognised so that they can be refused.

/// Without I, O, S, V and Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Whether 18 upper-case characters are a credit code: weights 3^i mod 31, check (31 − sum mod 31) mod 31.
pub(crate) fn is_credit_code(number: &[u8]) -> bool {
    let Some((check, body)) = number.split_last().filter(|_| number.len() == 18) else {
        return false;
    };
    let mut weight = 1;
    let mut sum = 0;
    for character in body {
        let Some(value) = value(*character) else {
            return false;
        };
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    value(*check) == Some((31 - sum % 31) % 31)
}

fn value(character: u8) -> Option<usize> {
    ALPHABET.iter().position(|c| *c == character)
}

#[cfg(test)]
mod tests {
    use super::is_credit_code;

    #[test]
    fn standard_examples() {
        assert!(is_credit_code(b"12440600MB2C07549J"));
        assert!(is_credit_code(b"362322198709086409"));
        assert!(!is_credit_code(b"12440600MB2C07549K"));
        assert!(!is_credit_code(b"12440600MB2C07549"));
        assert!(!is_credit_code(b"12440600MB2C0754IJ"));
    }
}
