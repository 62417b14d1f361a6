//! A hiding commitment to a set, made before the session's keys exist, so that neither side can choose its input
//! after it has seen the other's key. It is opened only in an audit.

use rand::CryptoRng;
use ring::digest;
use zeroize::Zeroizing;

use crate::keys::array;

/// What stands in the opening messages, and what opens it later.
#[derive(Clone)]
pub struct InputCommitment {
    /// The public value: SHA-256 over the salt and the elements in the order they were handed in.
    pub root: [u8; 32],
    /// How many elements it covers.
    pub elements: u64,
    salt: Zeroizing<[u8; 32]>,
}

impl InputCommitment {
    /// The secret salt. With it a small set could be found by trying all numbers: it is kept sealed.
    #[must_use]
    pub fn salt(&self) -> &[u8; 32] {
        &self.salt
    }
}

/// Builds a commitment chunk by chunk.
pub struct InputCommitter {
    context: digest::Context,
    salt: Zeroizing<[u8; 32]>,
    bytes: u64,
    width: usize,
}

impl InputCommitter {
    /// Begins with a fresh salt.
    pub fn new(width: usize, rng: &mut dyn CryptoRng) -> Self {
        let mut salt = Zeroizing::new([0u8; 32]);
        rng.fill_bytes(salt.as_mut_slice());
        Self::with_salt(width, salt)
    }

    /// Begins again, to check that elements handed in a second time are the same.
    pub(crate) fn with_salt(width: usize, salt: Zeroizing<[u8; 32]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"hefu/1 input\0");
        context.update(salt.as_slice());
        context.update(&(width as u64).to_be_bytes());
        Self {
            context,
            salt,
            bytes: 0,
            width,
        }
    }

    /// Adds packed elements.
    pub fn update(&mut self, packed: &[u8]) {
        self.context.update(packed);
        self.bytes += packed.len() as u64;
    }

    /// The commitment over all that was added.
    #[must_use]
    pub fn finish(self) -> InputCommitment {
        InputCommitment {
            root: array(self.context.finish().as_ref()),
            elements: self.bytes / self.width.max(1) as u64,
            salt: self.salt,
        }
    }
}
