//! The kernel under the model, which refuses what its bounds forbid, and under the processor's lanes where it has them,
//! against plain integers and dalek.
#![allow(clippy::indexing_slicing, reason = "tests")]

mod field;
mod integer;
mod points;

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::kernel::{Entries, Kernel, ModelKernel};
use super::lanes::Lanes;
use super::model::Model;
#[cfg(target_arch = "x86_64")]
use super::native::Native;

/// A test over any lanes.
trait Test {
    fn run<L: Lanes>(&self);
}

/// Runs a test over the model and, where the processor has them, its own lanes.
fn on_all_lanes(test: &impl Test) {
    test.run::<Model>();
    #[cfg(target_arch = "x86_64")]
    if Kernel::new().is_some() {
        test.run::<Native>();
        return;
    }
    println!("not run on the processor's lanes: it has no AVX-512 IFMA");
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
        None => println!("not run on the processor's kernel: it has no AVX-512 IFMA"),
    }
}

fn rng(seed: u64) -> StdRng {
    println!("seed {seed}");
    StdRng::seed_from_u64(seed)
}
