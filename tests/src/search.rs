//! Looks for a great many byte strings at once.

use std::collections::HashMap;
use std::fmt::Write;

use sha2::Digest;

/// The shortest byte string that can be looked for: chance does not write eight bytes into some hundred megabytes.
pub const SHORTEST: usize = 8;

const SIEVE_BITS: u32 = 26;

/// Byte strings that must not be found, each with what it is.
pub struct Searcher {
    /// A bit for each hash of a beginning: most places of a haystack are ruled out here.
    sieve: Vec<u64>,
    by_beginning: HashMap<u64, Vec<u32>>,
    wanted: Vec<(&'static str, Box<[u8]>)>,
}

/// Where one was found.
#[derive(Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub what: &'static str,
    /// Its place in the haystack.
    pub at: usize,
}

impl Default for Searcher {
    fn default() -> Self {
        Self {
            sieve: vec![0; 1 << (SIEVE_BITS - 6)],
            by_beginning: HashMap::new(),
            wanted: Vec::new(),
        }
    }
}

impl Searcher {
    /// Looks for these bytes too. They are at least [`SHORTEST`].
    pub fn add(&mut self, what: &'static str, bytes: &[u8]) {
        let beginning = u64::from_le_bytes(
            *bytes
                .first_chunk()
                .expect("long enough not to be found by chance"),
        );
        let (word, bit) = place(beginning);
        self.sieve[word] |= bit;
        self.by_beginning
            .entry(beginning)
            .or_default()
            .push(u32::try_from(self.wanted.len()).unwrap());
        self.wanted.push((what, bytes.into()));
    }

    /// How many byte strings are looked for.
    #[must_use]
    pub fn len(&self) -> usize {
        self.wanted.len()
    }

    /// Whether nothing is looked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    /// The first place where one of them stands.
    #[must_use]
    pub fn find(&self, haystack: &[u8]) -> Option<Found> {
        for (at, window) in haystack.windows(SHORTEST).enumerate() {
            let Some(window) = window.first_chunk() else {
                continue;
            };
            let beginning = u64::from_le_bytes(*window);
            let (word, bit) = place(beginning);
            if self.sieve[word] & bit == 0 {
                continue;
            }
            let Some(candidates) = self.by_beginning.get(&beginning) else {
                continue;
            };
            let here = &haystack[at..];
            let found = candidates.iter().map(|index| &self.wanted[*index as usize]);
            if let Some((what, _)) = found.into_iter().find(|(_, bytes)| here.starts_with(bytes)) {
                return Some(Found { what, at });
            }
        }
        None
    }
}

fn place(beginning: u64) -> (usize, u64) {
    let hash = beginning.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - SIEVE_BITS);
    ((hash >> 6) as usize, 1 << (hash & 63))
}

/// A document number in every form in which it could be carried out: in clear, and under a digest without a key, which
/// is as good as clear because all numbers can be tried.
pub fn forms_of_number(number: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = in_clear("a number in UTF-8", "a number in UTF-16", number);
    for (raw, lower, upper, digest) in [
        (
            "a number's MD5",
            "a number's MD5 in hex",
            "a number's MD5 in HEX",
            md5::Md5::digest(number).to_vec(),
        ),
        (
            "a number's SHA-1",
            "a number's SHA-1 in hex",
            "a number's SHA-1 in HEX",
            sha1::Sha1::digest(number).to_vec(),
        ),
        (
            "a number's SHA-256",
            "a number's SHA-256 in hex",
            "a number's SHA-256 in HEX",
            sha2::Sha256::digest(number).to_vec(),
        ),
        (
            "a number's SM3",
            "a number's SM3 in hex",
            "a number's SM3 in HEX",
            sm3::Sm3::digest(number).to_vec(),
        ),
    ] {
        let hex = hex(&digest);
        forms.extend([
            (raw, digest),
            (upper, hex.to_uppercase().into_bytes()),
            (lower, hex.into_bytes()),
        ]);
    }
    forms
}

/// A name in clear. Names of two characters are short: see [`SHORTEST`].
pub fn forms_of_name(name: &str) -> Vec<(&'static str, Vec<u8>)> {
    in_clear("a name in UTF-8", "a name in UTF-16", name)
}

/// Secret bytes as they are and in hexadecimal.
pub fn forms_of_secret(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let reversed: Vec<u8> = secret.iter().rev().copied().collect();
    let mut forms = Vec::new();
    for bytes in [secret, &reversed] {
        let hex = hex(bytes);
        forms.extend([
            ("a secret", bytes.to_vec()),
            ("a secret in HEX", hex.to_uppercase().into_bytes()),
            ("a secret in hex", hex.into_bytes()),
            // As `Debug` prints bytes.
            ("a secret as a list", format!("{bytes:?}").into_bytes()),
        ]);
    }
    forms
}

fn in_clear(utf8: &'static str, utf16: &'static str, text: &str) -> Vec<(&'static str, Vec<u8>)> {
    let units: Vec<u16> = text.encode_utf16().collect();
    vec![
        (utf8, text.as_bytes().to_vec()),
        (utf16, units.iter().flat_map(|unit| unit.to_le_bytes()).collect()),
        (utf16, units.iter().flat_map(|unit| unit.to_be_bytes()).collect()),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
