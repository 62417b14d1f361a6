//! Which code does the arithmetic: the kernel of eight lanes where the processor has AVX-512 IFMA, dalek elsewhere.

use std::sync::OnceLock;
use std::{env, thread};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

use crate::batch::{hash_blind_encode, hash_multiply_encode};
use crate::ifma::Kernel;
use crate::known::answers_are_known;
use crate::{Blinds, ELEMENT_BYTES, Hasher, Point, Points, Pool, PoolError, Scalar, Table};

/// The environment variable that forces a backend: `ifma` or `dalek`.
pub const BACKEND_VARIABLE: &str = "HEFU_CURVE_BACKEND";

/// What does the arithmetic of a [`Pool`].
#[derive(Clone, Copy)]
pub struct Backend(Option<Kernel>);

/// Why the process does not run on the backend that it was told to, or that its processor could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackendWarning {
    /// The variable names no backend; the choice is the processor's.
    #[error("{BACKEND_VARIABLE} names neither `ifma` nor `dalek`")]
    Unknown,
    /// The variable asks for a kernel that the processor can't run.
    #[error("{BACKEND_VARIABLE} asks for `ifma`, and this processor has no AVX-512 IFMA")]
    Unavailable,
    /// The kernel gave other results than dalek, and is not used.
    #[error("the AVX-512 IFMA kernel gave other results than dalek on this processor and is not used")]
    Differs,
    /// The kernel could not be tested, which says nothing of it, and is not used.
    #[error("no thread could be started to test the AVX-512 IFMA kernel, which is not used untested")]
    Untested,
}

impl BackendWarning {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unknown => "backend_unknown",
            Self::Unavailable => "backend_unavailable",
            Self::Differs => "backend_differs",
            Self::Untested => "backend_untested",
        }
    }
}

struct Choice {
    backend: Backend,
    warning: Option<BackendWarning>,
}

impl Backend {
    /// The backend of this process, chosen once: what [`BACKEND_VARIABLE`] says, or the fastest that the processor runs.
    #[must_use]
    pub fn chosen() -> Self {
        choice().backend
    }

    /// curve25519-dalek, which runs everywhere.
    #[must_use]
    pub fn dalek() -> Self {
        Self(None)
    }

    /// The kernel of eight lanes, where the processor can run it and it has passed its test.
    #[must_use]
    pub fn ifma() -> Option<Self> {
        tested().ok().flatten().map(|kernel| Self(Some(kernel)))
    }

    /// Every backend that this machine runs.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::ifma(), Some(Self::dalek())].into_iter().flatten()
    }

    /// `ifma`, or dalek's `avx512`, `avx2` or `serial`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Some(_) => "ifma",
            None => dalek_name(),
        }
    }

    pub(crate) fn kernel(self) -> Option<Kernel> {
        self.0
    }
}

/// The name of the backend that the process has chosen.
#[must_use]
pub fn backend() -> &'static str {
    Backend::chosen().name()
}

/// What an operator should know of the choice.
#[must_use]
pub fn backend_warning() -> Option<BackendWarning> {
    choice().warning
}

fn choice() -> &'static Choice {
    static CHOICE: OnceLock<Choice> = OnceLock::new();
    CHOICE.get_or_init(|| choose(env::var_os(BACKEND_VARIABLE).as_deref().map(|name| name.to_str())))
}

/// `named` is the variable, if it is set, and its text, if it is text.
fn choose(named: Option<Option<&str>>) -> Choice {
    let (dalek, warning) = match named {
        Some(Some("dalek")) => (true, None),
        Some(Some("ifma")) => (
            false,
            Kernel::new().is_none().then_some(BackendWarning::Unavailable),
        ),
        None => (false, None),
        Some(_) => (false, Some(BackendWarning::Unknown)),
    };
    if dalek {
        return Choice {
            backend: Backend::dalek(),
            warning,
        };
    }
    match tested() {
        Ok(kernel) => Choice {
            backend: Backend(kernel),
            warning,
        },
        Err(warning) => Choice {
            backend: Backend::dalek(),
            warning: Some(warning),
        },
    }
}

/// The kernel, tested once in a process; none where the processor can't run it.
fn tested() -> Result<Option<Kernel>, BackendWarning> {
    static TESTED: OnceLock<Result<Option<Kernel>, BackendWarning>> = OnceLock::new();
    *TESTED.get_or_init(|| match Kernel::new() {
        None => Ok(None),
        Some(kernel) => {
            test_apart(thread::Builder::new(), move || compare_with_dalek(kernel)).map(|()| Some(kernel))
        }
    })
}

/// Whether curve25519-dalek gives the known answers, tested once in a process. Nothing is computed where it does not:
/// single points are its work whatever the backend is.
pub(crate) fn dalek_is_right() -> Result<(), PoolError> {
    static RIGHT: OnceLock<bool> = OnceLock::new();
    // Only a verdict is kept: where no thread was left, a later pool may find one.
    let right = match RIGHT.get() {
        Some(right) => *right,
        None => {
            let verdict = test_apart(thread::Builder::new(), || ask(Backend::dalek()).map(drop));
            let right = verdict_on_dalek(verdict)?;
            *RIGHT.get_or_init(|| right)
        }
    };
    if right { Ok(()) } else { Err(PoolError::Wrong) }
}

/// No thread is an error of its own, and says nothing of dalek.
fn verdict_on_dalek(verdict: Result<(), BackendWarning>) -> Result<bool, PoolError> {
    match verdict {
        Ok(()) => Ok(true),
        Err(BackendWarning::Untested) => Err(PoolError::Threads(BackendWarning::Untested.to_string())),
        Err(_) => Ok(false),
    }
}

/// A pool of one thread whose backend has given the known answers.
fn ask(backend: Backend) -> Result<Pool, BackendWarning> {
    let pool = Pool::untested(1, backend).map_err(|_| BackendWarning::Untested)?;
    match answers_are_known(&pool) {
        true => Ok(pool),
        false => Err(BackendWarning::Differs),
    }
}

/// The test on a thread of its own: a worker of another pool that waited for the test's would take up its own pool's next
/// job meanwhile, and that job may ask for what is being made here. A test that panics has not passed.
fn test_apart(
    threads: thread::Builder,
    test: impl FnOnce() -> Result<(), BackendWarning> + Send + 'static,
) -> Result<(), BackendWarning> {
    let test = threads.spawn(test).map_err(|_| BackendWarning::Untested)?;
    test.join().unwrap_or(Err(BackendWarning::Differs))
}

/// Elements of the self-test: whole groups of lanes and a part of one.
const TEST_ELEMENTS: usize = 27;

/// What is hashed: a tag, a prefix and a width of messages. The first is a session's, with two blocks in each hash; the
/// messages of the second lie across two blocks, and the third has one block in each.
const TEST_SHAPES: [(&[u8], usize, usize); 3] = [
    (b"HEFU-SELF-TEST-ristretto255_XMD:SHA-512_R255MAP_", 32, 32),
    (b"HEFU-SELF-TEST-ristretto255_XMD:SHA-512_R255MAP_", 32, 100),
    (b"hefu self-test", 0, 9),
];

/// Runs every batch operation by both, on known, random and edge inputs.
fn compare_with_dalek(kernel: Kernel) -> Result<(), BackendWarning> {
    let mut system = [0; 8];
    // Without randomness of the system the test is the same every time, and still a test.
    let _ = SysRng.try_fill_bytes(&mut system);
    let seed = u64::from_le_bytes(system);
    let results = |backend| {
        let pool = ask(backend)?;
        test_results(&pool, &mut StdRng::seed_from_u64(seed)).ok_or(BackendWarning::Differs)
    };
    match results(Backend(Some(kernel)))? == results(Backend::dalek())? {
        true => Ok(()),
        false => Err(BackendWarning::Differs),
    }
}

/// What a backend makes of the inputs that a generator gives, operation by operation. `None` where it refuses what it has
/// encoded itself.
fn test_results(pool: &Pool, rng: &mut StdRng) -> Option<Vec<(&'static str, Vec<u8>)>> {
    let random = Scalar::random(rng);
    let blinds = TestBlinds(rng.next_u64());
    let mut out = vec![0; TEST_ELEMENTS * ELEMENT_BYTES];
    let mut results = Vec::new();

    for (tag, prefix, width) in TEST_SHAPES {
        let mut messages = vec![0; prefix + TEST_ELEMENTS * width];
        rng.fill_bytes(&mut messages);
        let (prefix, messages) = messages.split_at(prefix);
        let hasher = Hasher::new(tag, prefix);
        hash_blind_encode(pool, &hasher, messages, width, &blinds, 0, &mut out);
        results.push(("hash and blind", out.clone()));
        hash_multiply_encode(pool, &hasher, messages, width, &random, &mut out);
        results.push(("hash and multiply", out.clone()));
    }

    let good = out.clone();
    let mut points = Points::default();
    points.decode(pool, &good).ok()?;
    let one = Scalar::from_u128(1);
    let minus_one = Scalar::from_u128(0).respond(&one, &one);
    for (what, scalar) in [
        ("times a random scalar", &random),
        ("times 0", &Scalar::from_u128(0)),
        ("times 1", &one),
        ("times -1", &minus_one),
    ] {
        points.multiply_encode(pool, scalar, &mut out);
        results.push((what, out.clone()));
    }
    let table = Table::new(&Point::base(&random));
    points.unblind_encode(pool, &table, &blinds, u64::MAX / 2, &mut out);
    results.push(("unblind", out.clone()));
    // Few points, and so many that the sum takes its wide windows.
    for (what, many) in [("sum of few", good.clone()), ("sum of many", good.repeat(4))] {
        points.decode(pool, &many).ok()?;
        let mut weights = vec![0; points.len()];
        weights.fill_with(|| u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64()));
        (weights[0], weights[1]) = (u128::MAX, 0);
        let sum = points.vartime_weighted_sum(pool, &weights).ok()?;
        results.push((what, sum.encode().to_vec()));
    }

    // The identity, p − 1, p, p + 4, odd ones, ones with the highest bit, and what random bytes are.
    let mut edges = vec![[0; ELEMENT_BYTES], [0xff; ELEMENT_BYTES]];
    for first in [0xec, 0xed, 0xf1, 1, 2] {
        for (middle, last) in [(0xff, 0x7f), (0, 0), (0, 0x80)] {
            let mut bytes = [middle; ELEMENT_BYTES];
            (bytes[0], bytes[ELEMENT_BYTES - 1]) = (first, last);
            edges.push(bytes);
        }
    }
    for _ in 0..8 {
        let mut bytes = [0; ELEMENT_BYTES];
        rng.fill_bytes(&mut bytes);
        bytes[0] &= 0xfe;
        bytes[ELEMENT_BYTES - 1] &= 0x7f;
        edges.push(bytes);
    }
    let mut verdicts = Vec::new();
    for (place, edge) in edges.iter().enumerate() {
        let mut encoded = good.clone();
        let at = place % TEST_ELEMENTS * ELEMENT_BYTES;
        encoded[at..at + ELEMENT_BYTES].copy_from_slice(edge);
        let bad = points.decode(pool, &encoded).err().map(|bad| bad.index as u64);
        verdicts.extend_from_slice(&bad.unwrap_or(u64::MAX).to_le_bytes());
    }
    results.push(("decode", verdicts));
    Some(results)
}

struct TestBlinds(u64);

impl Blinds for TestBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        StdRng::seed_from_u64(self.0 ^ position).fill_bytes(wide);
    }
}

/// dalek chooses at run time by the same processor features, among those that it was built with; its choice is not public,
/// so it is repeated here.
fn dalek_name() -> &'static str {
    #[cfg(all(target_arch = "x86_64", curve25519_dalek_backend = "avx512"))]
    if std::is_x86_feature_detected!("avx512ifma") && std::is_x86_feature_detected!("avx512vl") {
        return "avx512";
    }
    #[cfg(all(target_arch = "x86_64", not(curve25519_dalek_backend = "serial")))]
    if std::is_x86_feature_detected!("avx2") {
        return "avx2";
    }
    "serial"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_forces_a_backend() {
        let (native, ifma) = (choose(None), Backend::ifma());
        assert_eq!(native.warning, None, "the kernel passes its test");
        assert_eq!(native.backend.name() == "ifma", ifma.is_some());
        let dalek = choose(Some(Some("dalek")));
        assert_eq!((dalek.backend.name(), dalek.warning), (dalek_name(), None));
        let forced = choose(Some(Some("ifma")));
        assert_eq!(forced.backend.name(), native.backend.name());
        assert_eq!(
            forced.warning,
            ifma.is_none().then_some(BackendWarning::Unavailable)
        );
        for wrong in [Some("IFMA"), Some(""), None] {
            let choice = choose(Some(wrong));
            assert_eq!(choice.backend.name(), native.backend.name());
            assert_eq!(choice.warning, Some(BackendWarning::Unknown));
        }
    }

    /// The self-test sees every operation, and the results of each are those of its inputs.
    #[test]
    fn other_inputs_give_other_results() {
        let pool = Pool::with_backend(1, Backend::dalek()).unwrap();
        let [a, b, again] =
            [1, 2, 1].map(|seed| test_results(&pool, &mut StdRng::seed_from_u64(seed)).unwrap());
        assert!(a == again);
        let operations: Vec<_> = a.iter().map(|(what, _)| *what).collect();
        let mut expected = ["hash and blind", "hash and multiply"].repeat(3);
        expected.extend(["times a random scalar", "times 0", "times 1", "times -1"]);
        expected.extend(["unblind", "sum of few", "sum of many", "decode"]);
        assert_eq!(operations, expected);
        for ((what, a), (_, b)) in a.iter().zip(&b) {
            match *what {
                "times 0" => {
                    assert!(a.len() == TEST_ELEMENTS * ELEMENT_BYTES && a.iter().all(|byte| *byte == 0))
                }
                _ => assert!(a != b, "{what}"),
            }
        }
        // No operation gives what another does.
        let results: std::collections::BTreeSet<_> = a.iter().map(|(_, result)| result).collect();
        assert_eq!(results.len(), a.len());
    }

    /// The first shape is that of every session: a tag of 48 bytes, an id and a person of 32.
    #[test]
    fn the_shapes_of_the_self_test() {
        let blocks = TEST_SHAPES.map(|(tag, prefix, width)| {
            // RFC 9380, section 5.3.1, without Z_pad; and the padding of SHA-512, 17 bytes or more.
            let prime = tag.len() + 1;
            let first = prefix + width + 3 + prime;
            [first, 64 + 1 + prime].map(|bytes| (bytes + 17).div_ceil(128))
        });
        assert_eq!(blocks, [[2, 2], [2, 2], [1, 1]]);
        assert_eq!(TEST_SHAPES[0], (TEST_SHAPES[0].0, 32, 32));
        assert_eq!(TEST_SHAPES[0].0.len(), 48);
        assert!(TEST_SHAPES[1].1 < 128 && TEST_SHAPES[1].1 + TEST_SHAPES[1].2 > 128);
    }

    /// A machine on which dalek is wrong computes nothing; one that could not ask has not shown it.
    #[test]
    fn only_a_wrong_answer_is_wrong() {
        assert!(matches!(verdict_on_dalek(Ok(())), Ok(true)));
        assert!(matches!(
            verdict_on_dalek(Err(BackendWarning::Differs)),
            Ok(false)
        ));
        let untested = verdict_on_dalek(Err(BackendWarning::Untested));
        assert!(matches!(untested, Err(PoolError::Threads(_))));
        assert!(dalek_is_right().is_ok());
        assert!(PoolError::Wrong.to_string().contains("RFC 9496"));
    }

    /// A machine that has no thread left has not shown that the kernel is wrong.
    #[test]
    fn a_test_that_could_not_run_is_no_difference() {
        // More stack than there are addresses: no thread can be had.
        let none = thread::Builder::new().stack_size(1 << 62);
        assert_eq!(test_apart(none, || Ok(())), Err(BackendWarning::Untested));
        let tests: [(fn() -> _, _); 3] = [
            (|| Ok(()), Ok(())),
            (|| Err(BackendWarning::Untested), Err(BackendWarning::Untested)),
            (|| panic!("in a test"), Err(BackendWarning::Differs)),
        ];
        for (test, expected) in tests {
            assert_eq!(test_apart(thread::Builder::new(), test), expected);
        }
        let texts = [BackendWarning::Untested, BackendWarning::Differs].map(|warning| warning.to_string());
        assert!(texts[0].contains("no thread") && !texts[0].contains("other results"));
        assert!(texts[1].contains("other results") && !texts[1].contains("no thread"));
    }
}
