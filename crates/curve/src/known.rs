//! Known answers: what a backend must give on this machine before it computes anything.
//!
//! They are published, or computed without this crate and dalek (`tests/known_answer.py`). Two backends that differ do
//! not say which of them is wrong; these do.

use curve25519_dalek::ristretto::RistrettoPoint;
use sha2::{Digest, Sha512};

use crate::batch::{hash_blind_encode, hash_multiply_encode};
use crate::{Blinds, ELEMENT_BYTES, Hasher, Point, Points, Pool, Scalar, Table};

/// RFC 9496, appendix A.1: G, 2G … 15G.
const MULTIPLES: [&[u8; 64]; 15] = [
    b"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
    b"6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
    b"94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
    b"da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
    b"e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    b"f64746d3c92b13050ed8d80236a7f0007c3b3f962f5ba793d19a601ebb1df403",
    b"44f53520926ec81fbd5a387845beb7df85a96a24ece18738bdcfa6a7822a176d",
    b"903293d8f2287ebe10e2374dc1a53e0bc887e592699f02d077d5263cdd55601c",
    b"02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031",
    b"20706fd788b2720a1ed2a5dad4952b01f413bcf0e7564de8cdc816689e2db95f",
    b"bce83f8ba5dd2fa572864c24ba1810f9522bc6004afe95877ac73241cafdab42",
    b"e4549ee16b9aa03099ca208c67adafcafa4c3f3e4e5303de6026e3ca8ff84460",
    b"aa52e000df2e16f55fb1032fc33bc42742dad6bd5a8fc0be0167436c5948501f",
    b"46376b80f409b29dc2b5f6f0c52591990896e5716f41477cd30085ab7f10301e",
    b"e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e",
];

/// RFC 9496, appendix A.3: the one-way map of the SHA-512 of these lines.
const ONE_WAY: [(&[u8], &[u8; 64]); 7] = [
    (
        b"Ristretto is traditionally a short shot of espresso coffee",
        b"3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
    ),
    (
        b"made with the normal amount of ground coffee but extracted with",
        b"f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
    ),
    (
        b"about half the amount of water in the same amount of time",
        b"006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826",
    ),
    (
        b"by using a finer grind.",
        b"f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a",
    ),
    (
        b"This produces a concentrated shot of coffee per volume.",
        b"ae81e7dedf20a497e10c304a765c1767a42d6e06029758d2d7e8ef7cc4c41179",
    ),
    (
        b"Just pulling a normal shot short will produce a weaker shot",
        b"e2705652ff9f5e44d3e841bf1c251cf7dddb77d140870d1ab2ed64f1a9ce8628",
    ),
    (
        b"and is not a Ristretto as some believe.",
        b"80bd07262511cdde4863f8a7434cef696750681cb9510eea557088f76d9e5065",
    ),
];

/// RFC 9497, appendix A.1.1: a scalar, and that times the hash of the byte 0.
const BLIND: &[u8; 64] = b"64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
const BLINDED: &[u8; 64] = b"609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c";

/// In the shape of a session, the one that `tests/known_answer.py` prints: for each width the answers for a message of
/// zeros and for one of ones.
const SESSION: [(usize, [&[u8; 64]; 2]); 2] = [
    (
        32,
        [
            b"9e1b84865f0ba5d22cb634a9abf4f0795dc1acf3c46339fbb82201b1259b232f",
            b"940505b27c65970e617d46f430ce7b1e765594e6238985dc884d8aa0329ad750",
        ],
    ),
    (
        100,
        [
            b"8e0e714d98212d2af3c2700d515282ca496176db0e62134db8c29c581ea2de00",
            b"2af5bfa4e94ff0ffd1098cabb69a08e9c9d1becab0166c6f832c1f77d45ba844",
        ],
    ),
];

/// What was asked, what came out, and what should have.
type Answer = (&'static str, Vec<u8>, Vec<u8>);

/// Whether a pool's backend gives every known answer.
pub(crate) fn answers_are_known(pool: &Pool) -> bool {
    answers(pool).is_some_and(|answers| all_known(&answers))
}

fn all_known(answers: &[Answer]) -> bool {
    answers.iter().all(|(_, given, known)| given == known)
}

/// `None` where it refuses an element that is one.
fn answers(pool: &Pool) -> Option<Vec<Answer>> {
    let mut answers = Vec::new();
    let mut answer = |what, given: &[u8], known: &[&[u8; 64]]| {
        answers.push((what, given.to_vec(), bytes(known)));
    };
    let half = Scalar::from_u128(1).halved();

    // Single points, and the map, are dalek's whatever computes the batches.
    let singles: Vec<u8> = (1..=15)
        .flat_map(|k| Point::base(&Scalar::from_u128(k)).encode())
        .collect();
    answer("multiples of the generator", &singles, &MULTIPLES);
    let mapped = ONE_WAY.iter().flat_map(|(line, _)| {
        RistrettoPoint::from_uniform_bytes(&Sha512::digest(line).into())
            .compress()
            .to_bytes()
    });
    let mapped: Vec<u8> = mapped.collect();
    answer("the one-way map", &mapped, &ONE_WAY.map(|(_, known)| known));

    let mut points = Points::default();
    points.decode(pool, &bytes(&MULTIPLES)).ok()?;
    let mut out = vec![0; MULTIPLES.len() * ELEMENT_BYTES];
    points.multiply_encode(pool, &half, &mut out);
    answer("decoded and encoded", &out, &MULTIPLES);
    // kG − (k − 1)G, doubled.
    points.unblind_encode(pool, &Table::new(&Point::generator()), &Counted, 0, &mut out);
    answer("blinds taken off", &out, &[MULTIPLES[1]; 15]);
    let weights = [1, 1, 1, 0, 1]; // 1 + 2 + 3 + 5
    let sum = points.vartime_weighted_sum(pool, &weights).ok()?.encode();
    answer("a weighted sum", &sum, &[MULTIPLES[10]]);
    points.multiply_encode(pool, &Scalar::from_u128(7).halved(), &mut out);
    answer(
        "products",
        &out[..2 * ELEMENT_BYTES],
        &[MULTIPLES[6], MULTIPLES[13]],
    );

    let hasher = Hasher::new(b"HashToGroup-OPRFV1-\0-ristretto255-SHA512", b"");
    let blind = Scalar::from_canonical(&element(BLIND))?;
    let mut out = [0; ELEMENT_BYTES];
    hash_multiply_encode(pool, &hasher, &[0], 1, &blind.halved(), &mut out);
    answer("a blinded element of RFC 9497", &out, &[BLINDED]);

    let (tag, prefix) = (counting::<48>(), counting::<32>());
    let hasher = Hasher::new(&tag, &prefix);
    for (width, known) in SESSION {
        let messages = [vec![0; width], vec![0xff; width]].concat();
        let mut out = [0; 2 * ELEMENT_BYTES];
        let k = Scalar::from_u128(u128::from_le_bytes(counting()));
        hash_multiply_encode(pool, &hasher, &messages, width, &k, &mut out);
        answer("hashes in the shape of a session", &out, &known);
        // A session: C = 2H + 2ρG, then 2(C − ρ·2G) = 4H.
        hash_blind_encode(pool, &hasher, &messages, width, &Counted, 7, &mut out);
        points.decode(pool, &out).ok()?;
        points.unblind_encode(
            pool,
            &Table::new(&Point::generator().doubled()),
            &Counted,
            7,
            &mut out,
        );
        points.decode(pool, &out).ok()?;
        points.multiply_encode(pool, &k.halved().halved(), &mut out);
        answer("hashes blinded and taken out again", &out, &known);
    }
    Some(answers)
}

/// The blind of position j is j.
struct Counted;

impl Blinds for Counted {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        *wide = [0; 64];
        wide[..8].copy_from_slice(&position.to_le_bytes());
    }
}

/// 0, 1, 2 …
fn counting<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    for (byte, value) in bytes.iter_mut().zip(0..) {
        *byte = value;
    }
    bytes
}

fn bytes(elements: &[&[u8; 64]]) -> Vec<u8> {
    elements.iter().flat_map(|digits| element(digits)).collect()
}

/// The bytes that hexadecimal digits stand for.
fn element(digits: &[u8; 64]) -> [u8; ELEMENT_BYTES] {
    let value = |digit: u8| match digit {
        b'a'.. => digit - b'a' + 10,
        _ => digit - b'0',
    };
    let mut bytes = [0; ELEMENT_BYTES];
    for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
        *byte = value(*high) << 4 | value(*low);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Backend;

    /// What is asked covers every operation of a batch; and one wrong bit anywhere is seen.
    #[test]
    fn every_backend_gives_the_known_answers() {
        for backend in Backend::all() {
            let mut answers = answers(&Pool::with_backend(1, backend).unwrap()).unwrap();
            let asked: Vec<_> = answers.iter().map(|(what, ..)| *what).collect();
            let session = [
                "hashes in the shape of a session",
                "hashes blinded and taken out again",
            ];
            let mut expected = vec![
                "multiples of the generator",
                "the one-way map",
                "decoded and encoded",
                "blinds taken off",
                "a weighted sum",
                "products",
                "a blinded element of RFC 9497",
            ];
            expected.extend([session, session].as_flattened());
            assert_eq!(asked, expected);
            for (what, given, known) in &answers {
                assert!(given == known, "{what}");
            }
            assert!(all_known(&answers));
            for place in 0..answers.len() {
                answers[place].1[31] ^= 1;
                assert!(!all_known(&answers), "{}", answers[place].0);
                answers[place].1[31] ^= 1;
            }
        }
    }
}
