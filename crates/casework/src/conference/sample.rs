//! 质量评查: matters of a round to be looked at closely, drawn so that nobody can choose them and all can check.
//!
//! When a round is closed its matters have their numbers. What is drawn follows from the head of the record at which it was
//! closed, and from the first entry after it whose author is a member that has read so far. The office can't sign that
//! entry, and the member can't order the record: neither alone can try until it likes what comes of it.

use super::Head;
use crate::{Hex, note::Item, rule::sha256};

const DRAW: &[u8] = b"hefu/3 conference sample\0";

/// What matters of one round are drawn by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draw {
    seed: [u8; 32],
}

/// A number by which a matter is drawn, evenly from 0: of 2^64.
pub type Lot = u64;

impl Draw {
    /// For the round that was closed with this head, where the first entry of a member that has read it has this digest.
    pub fn new(closed: &Head, next: &Hex<32>) -> Draw {
        let at = closed.seq.to_be_bytes();
        Draw {
            seed: sha256(&[DRAW, &at, &closed.hash.0, &next.0].concat()),
        }
    }

    /// The lot of a matter.
    pub fn lot(&self, item: &Item) -> Lot {
        let digest = sha256(&[DRAW, &self.seed, &item.0].concat());
        digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
    }

    /// Whether a matter is drawn where so many of a hundred are: each by itself, so that everybody can tell of its own.
    pub fn takes(&self, item: &Item, percent: u8) -> bool {
        u128::from(self.lot(item)) * 100 < u128::from(percent) << 64
    }

    /// So many of them: those with the lowest lots, in that order.
    pub fn lowest(&self, items: impl IntoIterator<Item = Item>, count: usize) -> Vec<Item> {
        let mut items: Vec<Item> = items.into_iter().collect();
        items.sort_by_key(|item| (self.lot(item), *item));
        items.dedup();
        items.truncate(count);
        items
    }
}
