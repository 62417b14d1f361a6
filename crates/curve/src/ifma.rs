//! The blinding kernel: eight elements at a time with AVX-512 IFMA.
//!
//! It is written over an interface of eight lanes, [`lanes`], with two implementations: the processor's registers, and
//! plain integers that refuse whatever would wrap or be cut off, by which logic and bounds are tested on any machine.
//! [`field`] has the bounds; [`kernel`] is what the rest of the crate calls.
//!
//! # Secrets
//! What works on secrets (scalars, blinds, people's tokens and hashes) has no branch, address or variable-time
//! instruction that depends on them. The vector instructions used take the same time for all values; digits of a shared
//! scalar and of a lane's own one find their table entry by reading the whole table. Loops run over public lengths.
//!
//! Scalars, their digits, tables, hashes and intermediate points in memory are wiped by their owners. What is not are
//! registers, what the compiler spills of them to the stack, and arrays of lanes on the stack: the blocks and states of
//! the hash, what a chain of powers goes through, groups that are worked on side by side. The caller writes over the stack
//! below it when a block is done (`crate::stack`).
#![cfg_attr(
    not(any(test, target_arch = "x86_64")),
    allow(dead_code, reason = "no other processor runs the kernel")
)]

mod constants;
mod digits;
mod field;
mod fixed;
mod kernel;
mod lanes;
mod map;
#[cfg(test)]
mod model;
mod multiply;
mod point;
mod power;
mod ristretto;
mod sha512;
mod sum;
#[cfg(test)]
mod tests;

pub(crate) use digits::Odd;
pub(crate) use fixed::FixedTable;
#[cfg(test)]
pub(crate) use kernel::ModelKernel;
pub(crate) use kernel::{Entries, Kernel};
pub(crate) use lanes::LANES;
pub(crate) use map::Layout;
pub(crate) use multiply::{Table, Windows};
pub(crate) use point::PointCells;
pub(crate) use ristretto::Encoding;
