//! Secret scalars as integers whose digits need no carry.

use std::hint::black_box;

use zeroize::Zeroizing;

/// The group's order ℓ = 2^252 + 27742317777372353535851937790883648493 in words of 64 bits.
const ORDER: [u64; 4] = [
    0x5812_631a_5cf5_d3ed,
    0x14de_f9de_a2f7_9cd6,
    0,
    0x1000_0000_0000_0000,
];

/// An odd integer below 2^254 that multiplies an element as a scalar does.
///
/// An odd s has exactly one form Σ 2^(w·i)·(2·b_i − (2^w − 1)) with n digits of w bits, s < 2^(w·n): b_i are the digits of
/// (s + 2^(w·n) − 1)/2 = ⌊s/2⌋ + 2^(w·n − 1). So the digits 2·b_i − (2^w − 1) are odd and never 0, and b_i are bits of s.
pub(crate) struct Odd(Zeroizing<[u64; 4]>);

impl Odd {
    /// The one of s and s + ℓ that is odd, for a canonical s, in constant time.
    ///
    /// ℓ times a point of ours is a point of the identity's coset, so both multiply an element alike. A function of its own, for
    /// the lint on the machine code.
    #[inline(never)]
    pub(crate) fn new(scalar: &[u8; 32]) -> Self {
        let mut words = Zeroizing::new([0; 4]);
        for (word, bytes) in words.iter_mut().zip(scalar.as_chunks::<8>().0) {
            *word = u64::from_le_bytes(*bytes);
        }
        // All ones if it is even. Unless the compiler does not know that, it branches on it.
        let even = black_box(words[0] & 1).wrapping_sub(1);
        let mut carry = 0;
        for (word, order) in words.iter_mut().zip(ORDER) {
            let sum = u128::from(*word) + u128::from(order & even) + u128::from(carry);
            (*word, carry) = (sum as u64, (sum >> 64) as u64);
        }
        Self(words)
    }

    /// Digit b_i of n digits of w bits, for w < 8. Which digit is public.
    #[inline(always)]
    pub(crate) fn digit(&self, i: usize, n: usize, w: usize) -> u8 {
        let bit = w * i + 1; // half of the integer
        let word = |i: usize| self.0.get(i).copied().unwrap_or(0);
        let low = word(bit / 64) >> (bit % 64);
        let high = word(bit / 64 + 1) << 1 << (63 - bit % 64);
        let digit = (low | high).to_le_bytes()[0] & ((1 << w) - 1);
        if i == n - 1 { digit + (1 << (w - 1)) } else { digit }
    }
}
