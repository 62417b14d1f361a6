//! A hiding commitment to a set, made before the session's keys exist, so that neither side can choose its input
//! after it has seen the other's key. It is opened only in an audit.
//!
//! It covers the labels as well: whoever changes one gets another session with other keys, so that no key ever seals
//! two labels.

use ring::digest;
use zeroize::Zeroizing;

use crate::keys::array;
use crate::{SessionSeed, Terms};

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
    /// A sender's commitment again, from what its acceptance said: to resume with tags that were spooled.
    #[must_use]
    pub fn of_sender(root: [u8; 32], elements: u64, seed: &SessionSeed) -> Self {
        Self {
            root,
            elements,
            salt: sender_salt(seed),
        }
    }

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
    elements: u64,
    width: usize,
    label: usize,
}

impl InputCommitter {
    /// A sender's, over its elements and, in the mode labels, their labels.
    #[must_use]
    pub fn for_sender(terms: &Terms, seed: &SessionSeed) -> Self {
        Self::new(
            usize::from(terms.width),
            usize::from(terms.label),
            sender_salt(seed),
        )
    }

    /// A receiver's, over its elements.
    pub(crate) fn for_receiver(width: usize, seed: &SessionSeed) -> Self {
        Self::new(width, 0, seed.derive_short("hefu/3 receiver salt", &[]))
    }

    /// Begins again, to check that what is handed in a second time is the same.
    pub(crate) fn again(terms: &Terms, input: &InputCommitment) -> Self {
        Self::new(
            usize::from(terms.width),
            usize::from(terms.label),
            input.salt.clone(),
        )
    }

    fn new(width: usize, label: usize, salt: Zeroizing<[u8; 32]>) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(b"hefu/3 input\0");
        context.update(salt.as_slice());
        context.update(&(width as u64).to_be_bytes());
        context.update(&(label as u64).to_be_bytes());
        Self {
            context,
            salt,
            elements: 0,
            width: width.max(1),
            label,
        }
    }

    /// Adds packed elements with their packed labels, which are empty in the mode members.
    pub fn update(&mut self, packed: &[u8], labels: &[u8]) {
        self.elements += (packed.len() / self.width) as u64;
        if self.label == 0 {
            self.context.update(packed);
            return;
        }
        let mut labels = labels.chunks(self.label);
        for element in packed.chunks(self.width) {
            self.context.update(element);
            self.context.update(labels.next().unwrap_or_default());
        }
    }

    /// The commitment over all that was added.
    #[must_use]
    pub fn finish(self) -> InputCommitment {
        InputCommitment {
            root: array(self.context.finish().as_ref()),
            elements: self.elements,
            salt: self.salt,
        }
    }
}

fn sender_salt(seed: &SessionSeed) -> Zeroizing<[u8; 32]> {
    seed.derive_short("hefu/3 sender salt", &[])
}
