//! A short text that is sealed by itself: what it says stands on no disk in clear before its recipient reads it, also
//! where the set that brings it is opened into a file.

use rand::CryptoRng;
use zeroize::Zeroizing;

use super::suite::{ENC_BYTES, opener, sealer};
use crate::card::Card;
use crate::error::{Error, Result};
use crate::keys::Keys;

const LABEL: &[u8] = b"hefu/3 enclosure\0";

/// Seals a text to the seal key of `to`: `enc (32) || record`. `kind` and `id` say what it is; under others it does not
/// open.
///
/// `rng` is fresh for each call, as for [`seal`](super::seal).
///
/// # Errors
/// [`Error::FerryNoSealKey`] where the card is of version 1.
pub fn enclose(
    keys: &Keys,
    to: &Card,
    kind: u8,
    id: &[u8; 16],
    text: &[u8],
    rng: &mut dyn CryptoRng,
) -> Result<Vec<u8>> {
    let seal_key = to.seal_key().ok_or_else(|| Error::FerryNoSealKey {
        peer: to.name().to_owned(),
    })?;
    let sealing = |_| Error::Keys { part: "seal" };
    let info = info(&keys.node_key(), &to.node_key(), kind, id);
    let (enc, mut sealer) = sealer(&seal_key, &info, rng).map_err(sealing)?;
    let record = sealer.seal(text, &[]).map_err(sealing)?;
    Ok([enc.as_slice(), &record].concat())
}

/// The text that the node `from` sealed to this one as this kind and id; none where it did not.
#[must_use]
pub fn disclose(
    keys: &Keys,
    from: &[u8; 32],
    kind: u8,
    id: &[u8; 16],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let (enc, record) = sealed.split_first_chunk::<ENC_BYTES>()?;
    let info = info(from, &keys.node_key(), kind, id);
    let mut opener = opener(keys.seal(), enc, &info).ok()?;
    opener.open(record, &[]).ok().map(Zeroizing::new)
}

fn info(from: &[u8; 32], to: &[u8; 32], kind: u8, id: &[u8; 16]) -> Vec<u8> {
    [LABEL, from, to, &[kind], id].concat()
}
