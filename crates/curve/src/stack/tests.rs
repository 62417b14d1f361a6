//! What is left on the stack is looked for in the memory of the process itself.

use std::fs::File;
use std::os::unix::fs::FileExt;

use curve25519_dalek::scalar::Scalar as Inner;

use super::*;
use crate::{Backend, Point, Points, Pool, Scalar};

/// The 60 KiB of the stack below the caller.
#[inline(never)]
fn below(memory: &File, found: &mut [u8]) {
    let here = 0u8;
    let top = std::ptr::from_ref(black_box(&here)).addr() - found.len();
    memory.read_exact_at(found, top as u64).unwrap();
}

/// Whether a job leaves something on the stack. What is looked for lies on the heap: what the caller has in a register,
/// the functions that look would push.
#[inline(never)]
fn leaves(what: &[u8], job: impl FnOnce()) -> bool {
    let memory = File::open("/proc/self/mem").unwrap();
    let mut found = vec![0; 60 * 1024];
    job();
    below(&memory, &mut found);
    found.windows(what.len()).any(|bytes| bytes == what)
}

#[test]
fn what_a_job_leaves_is_overwritten() {
    let seed = 0x5ec2_e75e_c2e7_5ec2_u64;
    let job = || {
        // Nobody outside knows it.
        let marks = [!black_box(seed); 1024];
        black_box(&marks);
    };
    let mark: Vec<u8> = seed.to_le_bytes().iter().map(|byte| !byte).collect();
    assert!(leaves(&mark, || apart(job)), "or nothing is looked at");
    assert!(!leaves(&mark, || cleared(job)));
}

/// dalek multiplies by digits from −8 to 8, which it has on the stack and does not wipe.
#[test]
fn digits_of_a_secret_scalar_are_overwritten() {
    let scalar = Scalar::from_wide(&std::array::from_fn(|i| (i * 37 + 11) as u8));
    let mut digits = Vec::new();
    let mut carry = 0;
    for byte in scalar.0.to_bytes() {
        for nibble in [byte & 15, byte >> 4] {
            let digit = nibble.cast_signed() + carry;
            carry = (digit + 8) >> 4;
            digits.push((digit - (carry << 4)).cast_unsigned());
        }
    }
    let some = &digits[8..24];
    let point = Point::generator().doubled();
    let product = || {
        black_box(black_box(point.0) * black_box(scalar.0));
    };
    assert!(leaves(some, product), "or nothing is looked at");
    let cleared = || {
        black_box(point.multiply(&scalar));
    };
    assert!(!leaves(some, cleared));

    // On a pool's thread, which then looks at its own stack.
    let pool = Pool::with_backend(1, Backend::dalek()).unwrap();
    let mut points = Points::default();
    points.decode(&pool, &[point.encode(); 3].concat()).unwrap();
    let mut out = [0; 96];
    let on_the_pool = || points.multiply_encode(&pool, &scalar, &mut out);
    assert!(!pool.run(|| leaves(some, on_the_pool)));
    assert_eq!(
        out[..32],
        (point.0 * (scalar.0 * Inner::from(2u8))).compress().to_bytes()
    );
}
