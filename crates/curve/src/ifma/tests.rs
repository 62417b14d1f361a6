//! The kernel under the model, which refuses what its bounds forbid, and under the processor's lanes where it has them,
//! against plain integers and dalek.
#![allow(clippy::indexing_slicing, reason = "tests")]

mod field;
mod integer;
mod points;

use rand::SeedableRng;
use rand::rngs::StdRng;

#[cfg(target_arch = "x86_64")]
use super::kernel::NativeLanes;
use super::kernel::{Entries, Kernel, ModelKernel};
use super::lanes::Lanes;
use super::model::Model;

/// Says what was left out. With `HEFU_REQUIRE_IFMA=1` nothing may be.
fn left_out(what: &str) {
    let required = std::env::var_os("HEFU_REQUIRE_IFMA").is_some_and(|value| value == "1");
    assert!(!required, "{what}: this processor has no AVX-512 IFMA");
    println!("not checked: {what}, for this processor has no AVX-512 IFMA");
}

/// A test over any lanes.
trait Test {
    fn run<L: Lanes>(&self);
}

/// Runs a test over the model and, where the processor has them, its own lanes.
fn on_all_lanes(test: &impl Test) {
    test.run::<Model>();
    #[cfg(target_arch = "x86_64")]
    if Kernel::new().is_some() {
        test.run::<NativeLanes>();
        return;
    }
    left_out("the processor's lanes");
}

/// A test over any kernel.
trait KernelTest {
    fn run(&self, kernel: impl Entries);
}

/// Runs a test over the model's kernel and, where the processor can run it, over its own.
fn on_all_kernels(test: &impl KernelTest) {
    test.run(ModelKernel);
    match Kernel::new() {
        Some(kernel) => test.run(kernel),
        None => left_out("the processor's kernel"),
    }
}

fn rng(seed: u64) -> StdRng {
    println!("seed {seed}");
    StdRng::seed_from_u64(seed)
}
