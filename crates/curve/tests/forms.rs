//! The algebra of a session: for one message and one key, every form gives the same token N = 4b·H(x).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::{TestBlinds, pools};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar as Inner;
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Hasher, Point, Points, Scalar, Table};
use proptest::prelude::*;

const DST: &[u8] = b"forms";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_form_gives_the_same_token(
        session in any::<[u8; 32]>(),
        messages in prop::collection::vec(any::<[u8; 24]>(), 1..12),
        (b, a) in (key(), key()),
        first in any::<u32>().prop_map(u64::from),
        blinds in any::<u64>(),
    ) {
        let (b, a, blinds) = (scalar(&b), scalar(&a), TestBlinds(blinds));
        for pool in pools() {
            let hasher = Hasher::new(DST, &session);
            let packed = messages.as_flattened();
            let bytes = messages.len() * 32;
            let mut points = Points::default();
            let mut evaluate = |c: &[u8]| {
                let mut d = vec![0; bytes];
                points.decode(&pool, c).unwrap();
                points.multiply_encode(&pool, &b.halved(), &mut d);
                d
            };

            // Additive: C = enc2(H + ρG), D = enc2((b/2)·C), N = enc2(D − ρ·2B).
            let mut c = vec![0; bytes];
            hash_blind_encode(&pool, &hasher, packed, 24, &blinds, first, &mut c);
            let d = evaluate(&c);
            let table = Table::new(&Point::base(&b).doubled());
            let mut additive = vec![0; bytes];
            let mut evaluated = Points::default();
            evaluated.decode(&pool, &d).unwrap();
            evaluated.unblind_encode(&pool, &table, &blinds, first, &mut additive);

            // Scalar: C = enc2((a/2)·H), D as before, N = enc2((2/a)·D).
            let mut scalar_c = vec![0; bytes];
            hash_multiply_encode(&pool, &hasher, packed, 24, &a.halved(), &mut scalar_c);
            let scalar_d = evaluate(&scalar_c);
            let mut multiplicative = vec![0; bytes];
            evaluated.decode(&pool, &scalar_d).unwrap();
            evaluated.multiply_encode(&pool, &a.inverted().doubled(), &mut multiplicative);

            // The sender's own: N = enc2(2b·H).
            let mut own = vec![0; bytes];
            hash_multiply_encode(&pool, &hasher, packed, 24, &b.doubled(), &mut own);

            prop_assert_eq!(&additive, &own);
            prop_assert_eq!(&multiplicative, &own);

            // And what the library says: N = 4b·H, D = b·C, C = 2H + 2ρG.
            let b = Inner::from_bytes_mod_order(*b.to_bytes());
            for (i, message) in messages.iter().enumerate() {
                let at = i * 32..(i + 1) * 32;
                let token = decompress(&hasher.hash(message).encode()) * b * Inner::from(4u8);
                prop_assert_eq!(&own[at.clone()], &token.compress().to_bytes()[..]);
                for (c, d) in [(&c, &d), (&scalar_c, &scalar_d)] {
                    let d_expected = decompress(&c[at.clone()]) * b;
                    prop_assert_eq!(&d[at.clone()], &d_expected.compress().to_bytes()[..]);
                }
            }
        }
    }

    /// Another session, message or key gives another token: nothing collapses.
    #[test]
    fn tokens_differ_where_anything_differs(
        sessions in any::<[[u8; 32]; 2]>(),
        messages in any::<[[u8; 24]; 2]>(),
        keys in (key(), key()),
    ) {
        prop_assume!(sessions[0] != sessions[1] && messages[0] != messages[1] && keys.0 != keys.1);
        let token = |session: &[u8], message: &[u8], key: &[u8; 32]| {
            Hasher::new(DST, session).hash(message).multiply(&scalar(key)).encode()
        };
        let reference = token(&sessions[0], &messages[0], &keys.0);
        prop_assert_ne!(reference, token(&sessions[1], &messages[0], &keys.0));
        prop_assert_ne!(reference, token(&sessions[0], &messages[1], &keys.0));
        prop_assert_ne!(reference, token(&sessions[0], &messages[0], &keys.1));
    }
}

/// The bytes of a key: `Scalar` has no `Debug`, so the values themselves can't be drawn.
///
/// Among them the smallest key and the largest, whose halves wrap around.
fn key() -> impl Strategy<Value = [u8; 32]> + Clone {
    prop_oneof![
        6 => any::<[u8; 32]>().prop_map(|bytes| Inner::from_bytes_mod_order(bytes).to_bytes()),
        1 => Just(Inner::ONE.to_bytes()),
        1 => Just((Inner::ZERO - Inner::ONE).to_bytes()),
    ]
}

fn scalar(bytes: &[u8; 32]) -> Scalar {
    Scalar::from_canonical(bytes).unwrap()
}

fn decompress(bytes: &[u8]) -> RistrettoPoint {
    CompressedRistretto::from_slice(bytes)
        .unwrap()
        .decompress()
        .unwrap()
}
