//! dalek's path under valgrind, with secrets that count as uninitialised: a branch or an address that depends on one is an
//! error of memcheck (Langley's ctgrind). Valgrind knows no AVX-512: dalek takes its backend avx2 there, or serial where
//! there is no AVX2 either, and its avx512 is not checked. Nor can the kernel of eight lanes be run; its machine code is
//! read by `constant_time`.
//!
//! One branch is allowed, which goes the same way whatever the secrets are: `poisoned.supp` says why.
//!
//! Each case is this test once more, in a process of its own under valgrind. It says something of a release build only
//! (`cargo test --release -p hefu-curve --test poisoned`): others check each addition for an overflow, and branch on that.
#![cfg(all(target_arch = "x86_64", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]
#![allow(clippy::print_stdout, reason = "a test says what it could not check")]

mod common;

use std::process::{Command, Output};

use common::{TestBlinds, random_bytes, rng};
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Backend, Blinds, Hasher, Point, Points, Pool, Scalar, Table};

/// Names the case that a process is to run.
const CASE: &str = "HEFU_CURVE_POISONED";

/// What memcheck ends a process with that has used what it must not.
const FOUND: i32 = 99;

/// Elements of a case: valgrind is fifty times slower.
const COUNT: usize = 5;
const WIDTH: usize = 32;

type Case = (&'static str, fn());

/// Whose secrets decide nothing.
const CLEAN: [Case; 5] = [
    ("hash and multiply", || {
        let (scalar, messages) = (secret_scalar(1), secret_bytes(2, COUNT * WIDTH));
        let mut out = [0; COUNT * 32];
        hash_multiply_encode(&pool(), &hasher(), &messages, WIDTH, &scalar, &mut out);
        told(&out);
        assert_ne!(out, [0; COUNT * 32]);
    }),
    ("hash and blind", || {
        let messages = secret_bytes(3, COUNT * WIDTH);
        let mut out = [0; COUNT * 32];
        hash_blind_encode(&pool(), &hasher(), &messages, WIDTH, &SecretBlinds, 7, &mut out);
        told(&out);
        assert_ne!(out, [0; COUNT * 32]);
    }),
    ("multiply", || {
        let (points, scalar) = (points(), secret_scalar(4));
        let mut out = [0; COUNT * 32];
        points.multiply_encode(&pool(), &scalar, &mut out);
        told(&out);
        assert_ne!(out, [0; COUNT * 32]);
    }),
    ("unblind", || {
        let (points, table) = (points(), Table::new(&Point::generator().doubled()));
        let mut out = [0; COUNT * 32];
        points.unblind_encode(&pool(), &table, &SecretBlinds, 7, &mut out);
        told(&out);
        assert_ne!(out, [0; COUNT * 32]);
    }),
    ("single scalars and points", || {
        let (a, b, c) = (secret_scalar(5), secret_scalar(6), secret_scalar(7));
        let scalar = a.respond(&b, &c).plus(&a.halved()).plus(&b.doubled());
        // As the kernel has it of each blind that it takes off.
        let scalar = scalar.plus(&c.negated());
        for point in [Point::base(&scalar), Point::generator().multiply(&a.inverted())] {
            let encoded = point.encode();
            told(&encoded);
            assert_ne!(encoded, [0; 32]);
        }
    }),
];

/// Whose time depends on what it works on, or the others could pass on anything.
const FOUND_OUT: [Case; 2] = [
    ("weights", || {
        let bytes = secret_bytes(8, COUNT * 16);
        let weights: Vec<u128> = bytes
            .as_chunks()
            .0
            .iter()
            .map(|bytes| u128::from_le_bytes(*bytes))
            .collect();
        let encoded = points().vartime_weighted_sum(&pool(), &weights).unwrap().encode();
        told(&encoded);
        assert_ne!(encoded, [0; 32]);
    }),
    ("decoding", || {
        let mut encoded = encoded();
        poison(&mut encoded);
        let mut points = Points::default();
        assert!(points.decode(&pool(), &encoded).is_ok());
    }),
];

#[test]
fn secrets_decide_nothing() {
    for (case, _) in CLEAN {
        let Some(output) = under_valgrind(case) else {
            return;
        };
        assert!(output.status.success(), "{case}: {}", said(&output));
    }
}

#[test]
fn what_depends_on_secrets_is_found() {
    for (case, _) in FOUND_OUT {
        let Some(output) = under_valgrind(case) else {
            return;
        };
        assert_eq!(output.status.code(), Some(FOUND), "{case}: {}", said(&output));
    }
}

#[test]
#[ignore = "the others run it under valgrind"]
fn case() {
    let named = std::env::var(CASE).expect("the others name a case");
    assert!(under_memcheck(), "poison does nothing here");
    let mut cases = CLEAN.into_iter().chain(FOUND_OUT);
    let (_, run) = cases.find(|(case, _)| *case == named).unwrap();
    run();
}

/// `None`, and says so, where nothing can be told.
fn under_valgrind(case: &str) -> Option<Output> {
    if cfg!(debug_assertions) {
        println!("not checked: this is no release build");
        return None;
    }
    let own = std::env::current_exe().unwrap();
    let output = Command::new("valgrind")
        .args([
            "--quiet",
            "--tool=memcheck",
            "--error-limit=no",
            "--num-callers=20",
        ])
        .arg(format!("--error-exitcode={FOUND}"))
        .arg(format!(
            "--suppressions={}/tests/poisoned.supp",
            env!("CARGO_MANIFEST_DIR")
        ))
        .arg(own)
        .args(["--exact", "case", "--ignored", "--test-threads=1"])
        .env(CASE, case)
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) => {
            println!("not checked: valgrind can't be run here ({error})");
            None
        }
    }
}

fn said(output: &Output) -> String {
    [&output.stdout, &output.stderr]
        .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
        .concat()
}

fn pool() -> Pool {
    Pool::with_backend(1, Backend::dalek()).unwrap()
}

fn hasher() -> Hasher {
    Hasher::new(b"poisoned", b"a session")
}

fn encoded() -> [u8; COUNT * 32] {
    let (messages, mut out) = (random_bytes(&mut rng(9), COUNT * WIDTH), [0; COUNT * 32]);
    hash_multiply_encode(
        &pool(),
        &hasher(),
        &messages,
        WIDTH,
        &Scalar::from_u128(1),
        &mut out,
    );
    out
}

fn points() -> Points {
    let mut points = Points::default();
    points.decode(&pool(), &encoded()).unwrap();
    points
}

fn secret_bytes(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = random_bytes(&mut rng(seed), length);
    poison(&mut bytes);
    bytes
}

fn secret_scalar(seed: u64) -> Scalar {
    Scalar::from_wide(&secret_bytes(seed, 64).try_into().unwrap())
}

struct SecretBlinds;

impl Blinds for SecretBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        TestBlinds(10).fill(position, wide);
        poison(wide);
    }
}

/// From here on memcheck takes these bytes, and all that is made of them, for uninitialised.
fn poison(bytes: &mut [u8]) {
    client_request([0x4d43_0001, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0]);
}

/// What has been computed is told to everybody, and may be looked at.
fn told(bytes: &[u8]) {
    client_request([0x4d43_0002, bytes.as_ptr() as u64, bytes.len() as u64, 0, 0, 0]);
}

fn under_memcheck() -> bool {
    client_request([0x1001, 0, 0, 0, 0, 0]) > 0
}

/// `VALGRIND_DO_CLIENT_REQUEST` of `valgrind.h` for amd64, `MAKE_MEM_UNDEFINED` and the like of `memcheck.h`.
#[allow(
    unsafe_code,
    reason = "valgrind is spoken to by instructions that do nothing elsewhere"
)]
fn client_request(request: [u64; 6]) -> u64 {
    let mut answer = 0;
    // SAFETY: the rotations add up to 128 and leave rdi as it was, and the exchange is one of a register with itself. Valgrind
    // reads `request`, and changes what it knows of the bytes named there, but not the bytes.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") &request,
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}
