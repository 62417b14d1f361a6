//! Two agencies and the sets between them.

use std::io::Cursor;

use hefu_casework::AgencyRole;
use hefu_link::ferry::{Cut, Form, Matter, Part, SetHead, SetId, open, seal};
use hefu_link::{Card, Error, Keys};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

pub(crate) const CIVIL: &str = "某县民政局";
pub(crate) const COURT: &str = "某县人民法院";
/// Longer than any payload here.
pub(crate) const ANY: u64 = u64::MAX;

pub(crate) struct Agency {
    pub(crate) keys: Keys,
    pub(crate) card: Card,
}

impl Agency {
    pub(crate) fn new(name: &str) -> Agency {
        let keys = Keys::generate().unwrap();
        let card = Card::new(&keys, name, AgencyRole::CivilAffairs, "127.0.0.1:1").unwrap();
        Agency { keys, card }
    }

    pub(crate) fn seal(&self, to: &Agency, number: u8, content: &[u8]) -> Set {
        let mut sealed = Vec::new();
        let head = seal(
            &self.keys,
            &to.card,
            SetId::from([number; 16]),
            &[Matter::Answer, Matter::Receipt],
            &mut &*content,
            &mut sealed,
            &mut StdRng::seed_from_u64(u64::from(number)),
        )
        .unwrap();
        Set { head, sealed }
    }

    pub(crate) fn open(&self, head: &SetHead, sealed: &[u8]) -> Result<Vec<u8>, Error> {
        let mut content = Vec::new();
        open(&self.keys, head, &mut &*sealed, &mut content)?;
        Ok(content)
    }
}

#[derive(Clone)]
pub(crate) struct Set {
    pub(crate) head: SetHead,
    pub(crate) sealed: Vec<u8>,
}

impl Set {
    pub(crate) fn files(&self, from: &Agency, form: Form, max_file_bytes: u64) -> Vec<Vec<u8>> {
        let cutting = Cut::new(form, Some(max_file_bytes))
            .unwrap()
            .of(&self.head)
            .unwrap();
        (1..=cutting.parts())
            .map(|part| {
                let mut file = Vec::new();
                cutting
                    .write(&from.keys, part, &mut Cursor::new(&self.sealed), &mut file)
                    .unwrap();
                file
            })
            .collect()
    }
}

/// Bytes that compress to nothing shorter and repeat nowhere.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let mut content = vec![0; bytes];
    rand::Rng::fill_bytes(&mut StdRng::seed_from_u64(29), &mut content);
    content
}

/// The payload of a file, read to its end.
pub(crate) fn payload(file: &[u8]) -> Result<Vec<u8>, Error> {
    let mut payload = Vec::new();
    Part::read(file, ANY)?.payload_into(&mut payload)?;
    Ok(payload)
}

pub(crate) fn code<T>(result: Result<T, Error>) -> &'static str {
    result.err().map_or("ok", |error| error.code())
}
