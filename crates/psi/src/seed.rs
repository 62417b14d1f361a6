//! The one secret from which everything secret of a side in a session derives.
//!
//! A session is resumed by being *replayed*: the same seed over the same set and the same messages of the other side
//! gives the same bytes again. Nothing that a replay draws comes from elsewhere but the nonces of the chunks' proofs,
//! which may differ each time.

use rand::CryptoRng;
use ring::hmac;
use zeroize::Zeroizing;

use crate::keys::array;

/// 32 secret bytes, drawn for one session and wiped with it. It has no `Debug` and no `serde`: it is only ever sealed.
pub struct SessionSeed(Zeroizing<[u8; 32]>);

impl SessionSeed {
    /// A fresh seed.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(seed.as_mut_slice());
        Self(seed)
    }

    /// A seed that was sealed, to replay its session.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed. Who reads them can open everything that this side sent in the session.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// HMAC-SHA-512(seed, label ‖ 0x00 ‖ parts): every use has its own label.
    pub(crate) fn derive(&self, label: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
        derive(&self.key(), label, parts)
    }

    /// The first 32 bytes of [`Self::derive`].
    pub(crate) fn derive_short(&self, label: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(array(self.derive(label, parts).as_slice()))
    }

    /// Numbers for the receiver's shuffle.
    pub(crate) fn draws(&self) -> Draws {
        Draws {
            key: self.key(),
            block: 0,
            words: Zeroizing::new([0; 8]),
            at: 8,
        }
    }

    /// Fills `out` with bytes for elements that stand for nobody: HMAC-SHA-512(seed, "hefu/3 filling" ‖ 0x00 ‖ block), block
    /// by block. A set that is filled so is the same whenever its session is repeated.
    pub fn filling(&self, out: &mut [u8]) {
        let key = self.key();
        for (block, number) in out.chunks_mut(64).zip(0u64..) {
            let drawn = derive(&key, "hefu/3 filling", &[&number.to_be_bytes()]);
            block.copy_from_slice(drawn.get(..block.len()).unwrap_or_default());
        }
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA512, self.0.as_slice())
    }
}

/// A stream of numbers: eight of 64 bits from each block of HMAC-SHA-512(seed, "hefu/3 receiver order" ‖ 0x00 ‖ block).
pub(crate) struct Draws {
    key: hmac::Key,
    block: u64,
    words: Zeroizing<[u64; 8]>,
    at: usize,
}

impl Draws {
    /// A uniform number below `bound`, which is not 0: what would favour the low ones is drawn again.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        let excess = (u64::MAX % bound + 1) % bound; // 2^64 mod bound
        loop {
            let word = self.word();
            if word <= u64::MAX - excess {
                return word % bound;
            }
        }
    }

    fn word(&mut self) -> u64 {
        if self.at == self.words.len() {
            let block = derive(&self.key, "hefu/3 receiver order", &[&self.block.to_be_bytes()]);
            for (word, bytes) in self.words.iter_mut().zip(block.as_chunks::<8>().0) {
                *word = u64::from_be_bytes(*bytes);
            }
            (self.block, self.at) = (self.block + 1, 0);
        }
        self.at += 1;
        self.words.get(self.at - 1).copied().unwrap_or_default()
    }
}

fn derive(key: &hmac::Key, label: &str, parts: &[&[u8]]) -> Zeroizing<[u8; 64]> {
    let mut context = hmac::Context::with_key(key);
    context.update(label.as_bytes());
    context.update(&[0]);
    for part in parts {
        context.update(part);
    }
    Zeroizing::new(array(context.sign().as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected bytes are of Python's hmac and hashlib.
    #[test]
    fn filling_is_the_same_each_time_for_one_seed_and_another_for_another() {
        let filled = |seed: u8, len: usize| {
            let mut bytes = vec![0; len];
            SessionSeed::from_bytes(Zeroizing::new([seed; 32])).filling(&mut bytes);
            bytes
        };
        let bytes = filled(7, 70);
        assert_eq!(
            bytes[..16],
            [
                0x0c, 0x89, 0x7d, 0xb6, 0xfa, 0xf7, 0x7f, 0xcf, 0x7d, 0xa5, 0x7e, 0xc0, 0x1d, 0xea, 0x77,
                0x36
            ]
        );
        assert_eq!(
            bytes[60..],
            [0xea, 0x13, 0x7e, 0xc4, 0x57, 0x2e, 0x02, 0x24, 0x12, 0x13]
        );
        assert_eq!(filled(7, 33), bytes[..33]);
        assert_ne!(filled(8, 33), bytes[..33]);
    }
}
