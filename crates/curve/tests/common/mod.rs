//! What the tests of this crate share.
#![allow(clippy::print_stdout, reason = "a failing test shows its seed")]
#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

use hefu_curve::{Backend, Blinds, Pool};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use sha2::{Digest, Sha512};

/// A pool for each backend that this machine runs, of two threads, so that blocks really are handed around. With
/// `HEFU_REQUIRE_IFMA=1` a machine that lacks one fails.
pub(crate) fn pools() -> impl Iterator<Item = Pool> {
    if Backend::ifma().is_none() {
        let required = std::env::var_os("HEFU_REQUIRE_IFMA").is_some_and(|value| value == "1");
        assert!(!required, "the kernel of eight lanes does not run here");
        println!("not checked: the kernel of eight lanes, which does not run here");
    }
    Backend::all().map(|backend| {
        println!("backend {}", backend.name());
        Pool::with_backend(2, backend).unwrap()
    })
}

pub(crate) fn rng(seed: u64) -> StdRng {
    println!("seed {seed}");
    StdRng::seed_from_u64(seed)
}

pub(crate) fn random_bytes(rng: &mut StdRng, length: usize) -> Vec<u8> {
    let mut bytes = vec![0u8; length];
    rng.fill_bytes(&mut bytes);
    bytes
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "an odd number of hex digits");
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

pub(crate) fn unhex_array<const N: usize>(text: &str) -> [u8; N] {
    unhex(text).try_into().unwrap()
}

/// A blind that depends on the position alone.
pub(crate) struct TestBlinds(pub(crate) u64);

impl Blinds for TestBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        let digest = Sha512::new()
            .chain_update(self.0.to_be_bytes())
            .chain_update(position.to_be_bytes())
            .finalize();
        wide.copy_from_slice(&digest);
    }
}
