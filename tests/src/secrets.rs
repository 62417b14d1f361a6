//! What a session derives from its seed, computed here anew as the protocol's description has it: `hefu/3` labels under
//! HMAC-SHA-512. Tests look for these bytes wherever they must not be.

use hefu_curve::Scalar;
use hefu_psi::{Ristretto255, Suite};
use ring::hmac;

/// HMAC-SHA-512(seed, label ‖ 0x00 ‖ parts).
#[must_use]
pub fn derived(seed: &[u8], label: &str, parts: &[&[u8]]) -> [u8; 64] {
    let key = hmac::Key::new(hmac::HMAC_SHA512, seed);
    let message = [label.as_bytes(), &[0], &parts.concat()].concat();
    hmac::sign(&key, &message).as_ref().try_into().unwrap()
}

/// The sender's key, from its seed, the opening as it came, and the commitment to its input.
#[must_use]
pub fn sender_key(seed: &[u8], open: &[u8], input: &[u8; 32]) -> Scalar {
    Scalar::from_wide(&derived(seed, "hefu/3 sender key", &[open, input]))
}

/// The key's public half, as an acceptance shows it.
#[must_use]
pub fn public(key: &Scalar) -> Vec<u8> {
    Ristretto255::encode(&Ristretto255::multiply(&Ristretto255::generator(), key))
}

/// A sender's key in each form in which the protocol uses it.
#[must_use]
pub fn forms_of_key(key: &Scalar) -> Vec<Vec<u8>> {
    [key.halved(), key.doubled(), key.clone()]
        .map(|scalar| scalar.to_bytes().to_vec())
        .to_vec()
}

/// What a side derives from its seed and says to nobody: the key of its blinds, and the salts of its commitments.
#[must_use]
pub fn of_seed(seed: &[u8]) -> Vec<Vec<u8>> {
    let salts = ["hefu/3 receiver salt", "hefu/3 sender salt"];
    std::iter::once(derived(seed, "hefu/3 receiver blinds", &[]).to_vec())
        .chain(salts.map(|salt| derived(seed, salt, &[])[..32].to_vec()))
        .collect()
}
