//! Hash to the group: `expand_message_xmd` with SHA-512 (RFC 9380, section 5.3.1) and the one-way map of RFC 9496,
//! section 4.3.4.

use zeroize::Zeroize;

use super::constants::{D, D_MINUS_ONE_SQ, ONE_MINUS_D_SQ, SQRT_AD_MINUS_ONE, SQRT_M1};
use super::field::{Fe, ONE};
use super::lanes::{Cell, LANES, Lanes};
use super::point::{Point, PointCells};
use super::power::sqrt_ratio;
use super::ristretto::{Words, from_words};
use super::sha512::{BLOCK, State, WORDS, compress, initial, load_block, same_block};

/// Bytes of a word of SHA-512.
const WORD: usize = 8;

/// Bytes of a digest.
const DIGEST: usize = 64;

/// The inputs of both hashes of `expand_message_xmd` for 64 bytes, around messages of one width.
pub(crate) struct Layout {
    /// `prefix ‖ message ‖ l_i_b_str ‖ 0 ‖ DST_prime` with its padding, with zeros for the message. `Z_pad`, a block of
    /// zeros, goes before it.
    first: Vec<[u64; WORDS]>,
    /// `b_0 ‖ 1 ‖ DST_prime` with its padding, with zeros for `b_0`.
    second: Vec<[u64; WORDS]>,
    /// Where the message begins in `first`, in bytes.
    start: usize,
    width: usize,
}

impl Layout {
    /// For messages of `width` bytes; `tail` is what follows them.
    pub(crate) fn new(prefix: &[u8], width: usize, tail: &[u8], dst_prime: &[u8]) -> Self {
        Self {
            first: padded(&[prefix, &vec![0; width], tail], BLOCK),
            second: padded(&[&[0; DIGEST], &[1], dst_prime], 0),
            start: prefix.len(),
            width,
        }
    }
}

/// The blocks of a message that `before` bytes went before (FIPS 180-4, section 5.1.2).
fn padded(parts: &[&[u8]], before: usize) -> Vec<[u64; WORDS]> {
    let mut bytes = parts.concat();
    let bits = 8 * (bytes.len() + before) as u128;
    bytes.push(0x80);
    let length = (bytes.len() + 16).next_multiple_of(BLOCK);
    bytes.resize(length - 16, 0);
    bytes.extend_from_slice(&bits.to_be_bytes());
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    blocks
        .iter()
        .map(|block| {
            let mut words = [0; WORDS];
            for (word, bytes) in words.iter_mut().zip(block.as_chunks::<WORD>().0) {
                *word = u64::from_be_bytes(*bytes);
            }
            words
        })
        .collect()
}

/// Hashes packed messages, eight into each of `points`; what lanes without a message get is not said.
#[inline(always)]
pub(crate) fn hash<L: Lanes>(layout: &Layout, messages: &[u8], points: &mut [PointCells]) {
    let mut start = initial::<L>();
    compress(&mut start, [L::splat(0); WORDS]);
    let mut words = [Cell::ZERO; WORDS];
    let mut digest = [[Cell::ZERO; 4]; 2];
    let mut rest = messages;
    for cells in points {
        let (messages, others) = rest.split_at(rest.len().min(LANES * layout.width));
        rest = others;
        uniform(layout, start, messages, &mut words, &mut digest);
        let [first, second] = map_groups::<L, 2>(&digest);
        first.add(second.cached()).point().store(cells);
    }
    words.zeroize();
    digest.zeroize();
}

/// The 64 bytes of each message, as little-endian words.
#[inline(always)]
fn uniform<L: Lanes>(
    layout: &Layout,
    mut state: State<L>,
    messages: &[u8],
    words: &mut [Cell; WORDS],
    digest: &mut [Words; 2],
) {
    for number in 0..layout.first.len() {
        fill(layout, number, messages, words);
        compress(&mut state, load_block(words));
    }
    let mut inner = initial::<L>();
    let mut rest = layout.second.iter();
    if let Some(block) = rest.next() {
        let mut first = same_block(block);
        first[..8].copy_from_slice(&state);
        compress(&mut inner, first);
    }
    for block in rest {
        compress(&mut inner, same_block(block));
    }
    for (cell, word) in digest.as_flattened_mut().iter_mut().zip(inner) {
        word.store(cell);
        for lane in &mut cell.0 {
            *lane = lane.swap_bytes();
        }
    }
}

/// A block of the first hash in each lane, with what of the lane's message belongs there. Counted in numbers, byte by byte: of
/// iterators the compiler keeps more in memory than the lint on the machine code can follow.
#[inline(always)]
fn fill(layout: &Layout, number: usize, messages: &[u8], words: &mut [Cell; WORDS]) {
    let block = &layout.first[number];
    for i in 0..WORDS {
        words[i].0 = [block[i]; LANES];
    }
    let (begins, width) = (number * BLOCK, layout.width);
    let from = layout.start.max(begins);
    let to = (layout.start + width).min(begins + BLOCK);
    for lane in 0..LANES {
        let Some(message) = messages.get(lane * width..(lane + 1) * width) else {
            break;
        };
        for at in from..to {
            let byte = u64::from(message[at - layout.start]) << (8 * (WORD - 1 - at % WORD));
            words[(at - begins) / WORD % WORDS].0[lane] |= byte;
        }
    }
}

/// `MAP` for groups side by side.
#[inline(always)]
fn map_groups<L: Lanes, const N: usize>(words: &[Words; N]) -> [Point<L>; N] {
    let one = Fe::<L>::constant(&ONE);
    let mut t = [one; N];
    let (mut r, mut u, mut v) = (t, t, t);
    for i in 0..N {
        t[i] = from_words(&words[i]);
        r[i] = Fe::constant(&SQRT_M1).times(t[i].squared());
        u[i] = r[i].plus(one).carry().times(Fe::constant(&ONE_MINUS_D_SQ));
        let minus = one.plus(r[i].times(Fe::constant(&D))).carry().negate().carry();
        v[i] = minus.times(r[i].plus(Fe::constant(&D)).carry());
    }
    let (square, root) = sqrt_ratio(u, v);
    let mut points = [Point::identity(); N];
    for i in 0..N {
        let other = root[i].times(t[i]).absolute().negate().carry();
        let s = Fe::select(square[i], root[i], other);
        let c = Fe::select(square[i], one.negate().carry(), r[i]);
        let n = c
            .times(r[i].minus(one).carry())
            .mul(Fe::constant(&D_MINUS_ONE_SQ));
        let n = n.minus::<8>(v[i].wide()).carry();
        let ss = s.squared();
        let w0 = s.plus(s).carry().times(v[i]);
        let w1 = n.times(Fe::constant(&SQRT_AD_MINUS_ONE));
        let (w2, w3) = (one.minus(ss).carry(), one.plus(ss).carry());
        points[i] = Point {
            x: w0.times(w3),
            y: w2.times(w1),
            z: w1.times(w3),
            t: w0.times(w2),
        };
    }
    points
}
