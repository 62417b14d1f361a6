//! The lanes as AVX-512 registers, with the multiplier of IFMA.
//!
//! A trait's methods can't have processor features, so these are `inline(always)` and reach a function that has them
//! by inlining: every entry of [`super`] is one. They are safe functions that a processor without the features must not
//! run, so this module is the entries' own: nothing else can name [`Native`], but tests that have asked for a `Kernel`.
#![allow(unsafe_code, reason = "the processor's own instructions")]

use core::arch::x86_64::*;

use super::super::lanes::{Cell, LANES, Lanes, Mask};

/// A 512-bit register.
#[derive(Clone, Copy)]
pub(crate) struct Native(__m512i);

/// Whether the processor and the operating system have every feature that the entries of [`super`] enable.
pub(crate) fn available() -> bool {
    std::is_x86_feature_detected!("avx512f")
        && std::is_x86_feature_detected!("avx512dq")
        && std::is_x86_feature_detected!("avx512ifma")
}

impl Lanes for Native {
    #[inline(always)]
    fn load(cell: &Cell) -> Self {
        // SAFETY: a cell is 64 bytes, aligned to 64, and any bits are a value; the features are the caller's.
        Self(unsafe { _mm512_load_si512(cell.0.as_ptr().cast()) })
    }
    #[inline(always)]
    fn store(self, cell: &mut Cell) {
        // SAFETY: a cell is 64 bytes, aligned to 64, and lent to us alone; the features are the caller's.
        unsafe { _mm512_store_si512(cell.0.as_mut_ptr().cast(), self.0) }
    }
    #[inline(always)]
    fn splat(value: u64) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_set1_epi64(value.cast_signed()) })
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_sub_epi64(self.0, other.0) })
    }
    #[inline(always)]
    fn wrapping_add(self, other: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_add_epi64(self.0, other.0) })
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_mullo_epi64(self.0, other.0) })
    }
    #[inline(always)]
    fn madd_lo(self, a: Self, b: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_madd52lo_epu64(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn madd_hi(self, a: Self, b: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_madd52hi_epu64(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn and(self, other: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_and_si512(self.0, other.0) })
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }
    #[inline(always)]
    fn xor3(self, a: Self, b: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_ternarylogic_epi64::<0x96>(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn choose(self, yes: Self, no: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_ternarylogic_epi64::<0xca>(self.0, yes.0, no.0) })
    }
    #[inline(always)]
    fn majority(self, a: Self, b: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_ternarylogic_epi64::<0xe8>(self.0, a.0, b.0) })
    }
    #[inline(always)]
    fn shr<const BITS: u32>(self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_srli_epi64::<BITS>(self.0) })
    }
    #[inline(always)]
    fn shl<const BITS: u32>(self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_slli_epi64::<BITS>(self.0) })
    }
    #[inline(always)]
    fn rotate_right<const BITS: i32>(self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_ror_epi64::<BITS>(self.0) })
    }
    #[inline(always)]
    fn equal(self, other: Self) -> Mask {
        // SAFETY: the features are the caller's.
        unsafe { _mm512_cmpeq_epi64_mask(self.0, other.0) }
    }
    #[inline(always)]
    fn select(mask: Mask, yes: Self, no: Self) -> Self {
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_mask_blend_epi64(mask, no.0, yes.0) })
    }
    #[inline(always)]
    fn look_up(self, low: &Cell, high: &Cell) -> Self {
        let (low, high) = (Self::load(low), Self::load(high));
        // SAFETY: the features are the caller's.
        Self(unsafe { _mm512_permutex2var_epi64(low.0, self.0, high.0) })
    }
    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        let [r0, r1, r2, r3, r4, r5, r6, r7] = rows;
        // SAFETY: the features are the caller's.
        unsafe {
            let [j0, j2, j4, j6] = transpose_blocks(
                _mm512_unpacklo_epi64(r0.0, r1.0),
                _mm512_unpacklo_epi64(r2.0, r3.0),
                _mm512_unpacklo_epi64(r4.0, r5.0),
                _mm512_unpacklo_epi64(r6.0, r7.0),
            );
            let [j1, j3, j5, j7] = transpose_blocks(
                _mm512_unpackhi_epi64(r0.0, r1.0),
                _mm512_unpackhi_epi64(r2.0, r3.0),
                _mm512_unpackhi_epi64(r4.0, r5.0),
                _mm512_unpackhi_epi64(r6.0, r7.0),
            );
            [j0, j1, j2, j3, j4, j5, j6, j7]
        }
    }
}

/// Block j of row i, of 128 bits, becomes block i of row j.
///
/// # Safety
/// The processor has AVX-512F.
#[inline(always)]
unsafe fn transpose_blocks(a: __m512i, b: __m512i, c: __m512i, d: __m512i) -> [Native; 4] {
    // SAFETY: the feature is the caller's.
    unsafe {
        let (even_ab, odd_ab) = (
            _mm512_shuffle_i64x2::<0x88>(a, b),
            _mm512_shuffle_i64x2::<0xdd>(a, b),
        );
        let (even_cd, odd_cd) = (
            _mm512_shuffle_i64x2::<0x88>(c, d),
            _mm512_shuffle_i64x2::<0xdd>(c, d),
        );
        [
            Native(_mm512_shuffle_i64x2::<0x88>(even_ab, even_cd)),
            Native(_mm512_shuffle_i64x2::<0x88>(odd_ab, odd_cd)),
            Native(_mm512_shuffle_i64x2::<0xdd>(even_ab, even_cd)),
            Native(_mm512_shuffle_i64x2::<0xdd>(odd_ab, odd_cd)),
        ]
    }
}
