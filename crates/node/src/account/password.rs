//! Which passwords are fit. Length counts, and nothing forces signs or digits into one (NIST SP 800-63B, 5.1.1.2).

use super::AccountRefusal;

const FEWEST: usize = 12;
const MOST: usize = 256;
/// `111111111111` and `abababababab` are long, and among the first that anybody tries.
const FEWEST_DIFFERENT: usize = 5;

/// Those of twelve characters and more that stand near the top of lists of passwords that became known.
const USUAL: [&str; 20] = [
    "123456789012",
    "1234567890123",
    "123456789abc",
    "1234567890qwe",
    "0123456789ab",
    "abc123456789",
    "abcdefghijkl",
    "aa123456789a",
    "administrator",
    "admin123456789",
    "changeme1234",
    "iloveyou1314",
    "password1234",
    "password12345",
    "passwordpassword",
    "qwertyuiop12",
    "qwertyuiop123",
    "1qaz2wsx3edc",
    "1q2w3e4r5t6y",
    "woaini1314520",
];

/// Whether a password is fit for whoever bears these names.
pub(super) fn check(password: &str, names: &[&str]) -> Result<(), AccountRefusal> {
    let chars = password.chars().count();
    if chars < FEWEST {
        return Err(AccountRefusal::PasswordShort);
    }
    if chars > MOST {
        return Err(AccountRefusal::PasswordLong);
    }
    let lower = zeroize::Zeroizing::new(password.to_lowercase());
    if names.iter().any(|name| *lower == name.to_lowercase()) {
        return Err(AccountRefusal::PasswordName);
    }
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    let few = different.len() < FEWEST_DIFFERENT;
    zeroize::Zeroize::zeroize(&mut different);
    if few || USUAL.contains(&lower.as_str()) {
        return Err(AccountRefusal::PasswordUsual);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_unusual_is_enough() {
        for (password, expected) in [
            ("松下问童子言师采药去只", Err(AccountRefusal::PasswordShort)),
            ("松下问童子言师采药去只在", Ok(())),
            ("correct horse battery", Ok(())),
            ("111111111111", Err(AccountRefusal::PasswordUsual)),
            ("abababababab", Err(AccountRefusal::PasswordUsual)),
            ("Password1234", Err(AccountRefusal::PasswordUsual)),
            ("Wang.Jianguo", Err(AccountRefusal::PasswordName)),
        ] {
            assert_eq!(
                check(password, &["wang.jianguo", "王建国"]),
                expected,
                "{password}"
            );
        }
        let long = "0123456789abcdef".repeat(16);
        assert_eq!(check(&long, &[]), Ok(()));
        assert_eq!(check(&(long + "0"), &[]), Err(AccountRefusal::PasswordLong));
        assert!(USUAL.iter().all(|usual| usual.chars().count() >= FEWEST));
    }
}
