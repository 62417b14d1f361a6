//! The kernel's entries: each is compiled with the processor's features and takes everything it calls into itself.
#![allow(unsafe_code, reason = "functions with processor features")]

use super::fixed::{FixedTable, Multiples};
use super::map::Layout;
use super::multiply::{Table, Window};
use super::point::PointCells;
use super::ristretto::Encoding;
#[cfg(target_arch = "x86_64")]
use native::Native;

#[cfg(target_arch = "x86_64")]
mod native;

/// Where the processor has its lanes, for tests of what is below the entries.
#[cfg(all(test, target_arch = "x86_64"))]
pub(super) type NativeLanes = Native;

/// Proof that the processor has what the entries need.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Kernel(());

/// No processor of this architecture has what the entries need.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
pub(crate) enum Kernel {}

impl Kernel {
    /// The kernel, where this processor can run it.
    pub(crate) fn new() -> Option<Self> {
        #[cfg(target_arch = "x86_64")]
        return native::available().then_some(Self(()));
        #[cfg(not(target_arch = "x86_64"))]
        None
    }
}

/// The same entries over the model.
#[cfg(test)]
#[derive(Clone, Copy)]
pub(crate) struct ModelKernel;

macro_rules! entries {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $type:ty),*) $(-> $result:ty)? = $module:ident;)*) => {
        /// What a kernel does, a batch at a time.
        pub(crate) trait Entries: Copy {
            $($(#[$doc])* fn $name(self, $($argument: $type),*) $(-> $result)?;)*
        }

        #[cfg(not(target_arch = "x86_64"))]
        impl Entries for Kernel {
            $(
                fn $name(self, $($argument: $type),*) $(-> $result)? {
                    let _ = ($($argument),*);
                    match self {}
                }
            )*
        }

        #[cfg(target_arch = "x86_64")]
        impl Entries for Kernel {
            $(
                fn $name(self, $($argument: $type),*) $(-> $result)? {
                    #[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
                    #[inline(never)]
                    fn entry($($argument: $type),*) $(-> $result)? {
                        super::$module::$name::<Native>($($argument),*)
                    }
                    // SAFETY: a `Kernel` is made only where `available` has found these features.
                    unsafe { entry($($argument),*) }
                }
            )*
        }

        #[cfg(test)]
        impl Entries for ModelKernel {
            $(
                fn $name(self, $($argument: $type),*) $(-> $result)? {
                    super::$module::$name::<super::model::Model>($($argument),*)
                }
            )*
        }
    };
}

entries! {
    /// Decodes eight elements into each of `points`; lanes without an encoding get the identity. Stops at the first bad
    /// element, which is not canonical or the identity, and says its index.
    fn decode(encoded: &[u8], points: &mut [PointCells]) -> Result<(), usize> = ristretto;
    /// Encodes 2P for every point, with one inversion for all; `points` are used up, T is not read.
    fn encode_doubled(points: &mut [PointCells], scratch: &mut [Encoding], encoded: &mut [u8]) = ristretto;
    /// Hashes packed messages, eight into each of `points`; what lanes without a message get is not said.
    fn hash(layout: &Layout, messages: &[u8], points: &mut [PointCells]) = map;
    /// Multiplies every point by the scalar, in place and in constant time. The products have no T.
    fn multiply(points: &mut [PointCells], windows: &[Window], table: &mut Table) = multiply;
    /// The table of a public base, which stands in every lane.
    fn fixed_table(base: &PointCells) -> FixedTable = fixed;
    /// Adds to each point its scalar's multiple of the base, in place and in constant time. The sums have no T.
    fn add_multiples(points: &mut [PointCells], table: &[Multiples], scalars: &[[u8; 32]]) = fixed;
    /// The encoding of Σ wᵢ·Pᵢ over as many points as there are weights, in variable time; none where what came out is no
    /// point. Points are as decoded.
    fn weighted_sum(points: &[PointCells], weights: &[u128]) -> Option<[u8; 32]> = sum;
}
