//! The operators' token: 32 random bytes in a file that only the node's own user can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const DIGITS: usize = 64;

/// What each request must bear.
pub struct Token(Zeroizing<String>);

impl Token {
    /// Reads the file, or makes it where there is none.
    ///
    /// # Errors
    /// The disk's; [`io::ErrorKind::PermissionDenied`] where others can read the file, [`io::ErrorKind::InvalidData`]
    /// where it holds something else.
    pub fn of_file(file: &Path) -> io::Result<Self> {
        match Self::read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(file),
            other => other,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// As [`Token::of_file`].
    pub fn read(file: &Path) -> io::Result<Self> {
        let text = Zeroizing::new(fs::read_to_string(file)?);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            if fs::metadata(file)?.permissions().mode() & 0o077 != 0 {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    "other users can read it; delete it, and the node makes another at its next start",
                ));
            }
        }
        let token = text.trim_end();
        let whole = token.len() == DIGITS && token.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !whole {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "no token; delete it, and the node makes another at its next start",
            ));
        }
        Ok(Self(Zeroizing::new(token.to_owned())))
    }

    fn make(file: &Path) -> io::Result<Self> {
        let mut bytes = Zeroizing::new([0_u8; DIGITS / 2]);
        SystemRandom::new()
            .fill(bytes.as_mut())
            .map_err(|_| io::Error::other("the system's random generator failed"))?;
        let mut token = Zeroizing::new(String::with_capacity(DIGITS));
        for byte in bytes.iter() {
            for digit in [byte >> 4, byte & 15] {
                token.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(file)?;
        out.write_all(token.as_bytes())?;
        out.sync_all()?;
        Ok(Self(token))
    }

    /// Whether this is it, compared in constant time.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// The digits, to be put into a request.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api.token");
        let made = Token::of_file(&file).unwrap();
        let read = Token::of_file(&file).unwrap();
        assert!(made.is(read.reveal().as_bytes()));
        assert!(!made.is(&read.reveal().as_bytes()[1..]));
        assert!(!made.is(b""));
        let other = Token::of_file(&folder.path().join("other")).unwrap();
        assert!(!made.is(other.reveal().as_bytes()));
    }

    #[cfg(unix)]
    #[test]
    fn one_that_others_can_read_is_none() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("api.token");
        Token::of_file(&file).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Token::of_file(&file).is_err());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "short").unwrap();
        assert!(Token::of_file(&file).is_err());
    }
}
