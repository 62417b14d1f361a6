//! Ed25519 public keys under which a signature means something.

use curve25519_dalek::edwards::CompressedEdwardsY;

/// Whether an Ed25519 public key is the canonical encoding of a point of the large prime order.
///
/// Verifiers accept keys of small order (RFC 8032 leaves it open), and under such a key one signature fits every
/// message: its holder could deny whatever was signed, or be made to have signed anything.
#[must_use]
pub fn is_sound_signature_key(key: &[u8; 32]) -> bool {
    CompressedEdwardsY(*key)
        .decompress()
        .is_some_and(|point| point.compress().0 == *key && !point.is_small_order() && point.is_torsion_free())
}

#[cfg(test)]
mod tests {
    use super::*;
    use curve25519_dalek::constants::{ED25519_BASEPOINT_COMPRESSED, EIGHT_TORSION};

    #[test]
    fn keys_of_small_order_are_refused() {
        assert!(is_sound_signature_key(ED25519_BASEPOINT_COMPRESSED.as_bytes()));
        for point in EIGHT_TORSION {
            assert!(!is_sound_signature_key(&point.compress().0));
        }
        let mut not_canonical = [0xff; 32]; // 2^255 - 1, the same as 18, and no encoding of it
        not_canonical[31] = 0x7f;
        assert!(!is_sound_signature_key(&not_canonical));
    }
}
