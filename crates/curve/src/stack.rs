//! What secret work leaves on the stack.

use std::hint::black_box;

/// Words that are written over: 64 KiB. The deepest work needs 20 KiB.
const WORDS: usize = 8 * 1024;

/// Does a job on secrets, and then writes zeros over the stack where it and all that it called had their frames, as far
/// as 64 KiB reach. Registers keep what they hold, and so does what the job put elsewhere: into the heap, or a result.
pub(crate) fn cleared<R>(job: impl FnOnce() -> R) -> R {
    let result = apart(job);
    overwrite();
    result
}

/// Frames of its own, below the caller's, so that they lie where [`overwrite`] has its zeros.
#[inline(never)]
fn apart<R>(job: impl FnOnce() -> R) -> R {
    job()
}

#[inline(never)]
fn overwrite() {
    let zeros = [0u64; WORDS];
    // The compiler must not know that nobody reads them.
    black_box(&zeros);
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
