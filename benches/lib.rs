//! What the benchmarks share.

use hefu_curve::Blinds;

/// Bytes of a person's element.
pub const WIDTH: usize = 32;

/// `count` different elements of [`WIDTH`] bytes.
#[must_use]
pub fn elements(count: u64) -> Vec<u8> {
    (0..count)
        .flat_map(|i| {
            let mut element = [0; WIDTH];
            element[..8].copy_from_slice(&i.to_be_bytes());
            element
        })
        .collect()
}

/// Blinds that cost nothing, so that a kernel is measured by itself.
pub struct FreeBlinds;

impl Blinds for FreeBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        wide.fill(0xa5);
        wide[..8].copy_from_slice(&position.to_le_bytes());
    }
}
