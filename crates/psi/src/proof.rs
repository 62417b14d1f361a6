//! The two proofs of a session: that the sender knows its key, and that every evaluation of a chunk is under it.
//!
//! The chunk's proof is a DLEQ over one random combination, M = Σ wᵢCᵢ and Z = Σ wᵢDᵢ. Its weights come from a seed that
//! hashes the *whole* chunk. Weights that hash only their own (i, Cᵢ, Dᵢ), as RFC 9497's batching has them, can be
//! searched for one by one, and a batch of a thousand falls to a generalised-birthday search; `tests/forgery.rs` keeps
//! that attack.

use hefu_curve::{BadSum, Pool};
use rand::CryptoRng;
use ring::digest;
use zeroize::Zeroizing;

use crate::keys::array;
use crate::{Error, SessionId, SessionSeed, Suite};

/// Proof that the sender knows b with B = bG, bound to the session: a Schnorr proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possession {
    /// The challenge.
    pub challenge: Vec<u8>,
    /// The response.
    pub response: Vec<u8>,
}

impl Possession {
    /// Proves knowledge of `key`. The nonce is a function of the seed and the session's id, and the challenge of both
    /// again: a replay gives the same proof, and one nonce never meets two challenges.
    pub fn prove<S: Suite>(sid: &SessionId, key: &S::Scalar, public: &[u8], seed: &SessionSeed) -> Self {
        let nonce = S::reduce(&seed.derive("hefu/3 possession nonce", &[&sid.0]));
        let commitment = S::encode(&S::multiply(&S::generator(), &nonce));
        let challenge = challenge::<S>(b"hefu/3 possession", &[&sid.0, public, &commitment]);
        let response = S::respond(&nonce, &challenge, key);
        Self {
            challenge: S::encode_scalar(&challenge).to_vec(),
            response: S::encode_scalar(&response).to_vec(),
        }
    }

    /// Whether the proof holds for `public`, which must be a canonical element other than the identity.
    #[must_use]
    pub fn verify<S: Suite>(&self, sid: &SessionId, public: &[u8]) -> Option<S::Point> {
        let point = S::decode(public)?;
        let (c, s) = (
            S::decode_scalar(&self.challenge)?,
            S::decode_scalar(&self.response)?,
        );
        let commitment = S::encode(&S::vartime_sum(&s, &S::generator(), &c, &point));
        let expected = challenge::<S>(b"hefu/3 possession", &[&sid.0, public, &commitment]);
        (*S::encode_scalar(&expected) == self.challenge).then_some(point)
    }
}

/// What a chunk's proof is about, except the key.
#[derive(Clone, Copy)]
pub struct ChunkStatement<'a> {
    /// The session.
    pub sid: &'a SessionId,
    /// The chunk's number.
    pub chunk: u32,
    /// B, encoded.
    pub public: &'a [u8],
    /// All C, packed.
    pub blinded: &'a [u8],
    /// All D, packed.
    pub evaluated: &'a [u8],
}

/// Proof that every D of a chunk is b·C for the b of B.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkProof {
    /// The challenge.
    pub challenge: Vec<u8>,
    /// The response.
    pub response: Vec<u8>,
}

impl ChunkProof {
    /// Proves a chunk. `blinded` are the decoded C; Z is computed as b·M in constant time.
    ///
    /// # Errors
    /// When this machine adds the chunk up to what is no element, or to the identity.
    pub fn prove<S: Suite>(
        pool: &Pool,
        statement: &ChunkStatement<'_>,
        blinded: &S::Points,
        key: &S::Scalar,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, Error> {
        let seed = statement.seed::<S>();
        let m = combined::<S>(pool, blinded, &weights(&seed, statement.count::<S>()))?;
        let z = S::multiply(&m, key);
        let nonce = hedged_nonce::<S>(b"hefu/3 evaluation nonce", key, &seed, rng);
        let t2 = S::multiply(&S::generator(), &nonce);
        let t3 = S::multiply(&m, &nonce);
        let challenge = statement.challenge::<S>(&seed, &m, &z, &t2, &t3);
        let response = S::respond(&nonce, &challenge, key);
        Ok(Self {
            challenge: S::encode_scalar(&challenge).to_vec(),
            response: S::encode_scalar(&response).to_vec(),
        })
    }

    /// Whether the proof holds. `blinded` and `evaluated` are the decoded C and D of the statement, `key` is B.
    ///
    /// # Errors
    /// When this machine adds the chunk up to what is no element, or to the identity: that says nothing of the proof.
    pub fn verify<S: Suite>(
        &self,
        pool: &Pool,
        statement: &ChunkStatement<'_>,
        key: &S::Point,
        blinded: &S::Points,
        evaluated: &S::Points,
    ) -> Result<bool, Error> {
        let (Some(c), Some(s)) = (
            S::decode_scalar(&self.challenge),
            S::decode_scalar(&self.response),
        ) else {
            return Ok(false);
        };
        let seed = statement.seed::<S>();
        let weights = weights(&seed, statement.count::<S>());
        let m = combined::<S>(pool, blinded, &weights)?;
        let z = combined::<S>(pool, evaluated, &weights)?;
        let t2 = S::vartime_sum(&s, &S::generator(), &c, key);
        let t3 = S::vartime_sum(&s, &m, &c, &z);
        Ok(*S::encode_scalar(&statement.challenge::<S>(&seed, &m, &z, &t2, &t3)) == self.challenge)
    }

    /// The bytes on the wire: challenge, then response.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.challenge.as_slice(), self.response.as_slice()].concat()
    }

    /// Reads the bytes of the wire; whether they are canonical is checked by [`Self::verify`].
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let (challenge, response) = bytes.split_at(bytes.len() / 2);
        Self {
            challenge: challenge.to_vec(),
            response: response.to_vec(),
        }
    }
}

impl ChunkStatement<'_> {
    fn count<S: Suite>(&self) -> usize {
        self.blinded.len() / S::ELEMENT
    }

    /// The seed of all weights: it covers the whole chunk, so no element can be changed without changing every weight.
    fn seed<S: Suite>(&self) -> [u8; 64] {
        let mut context = digest::Context::new(&digest::SHA512);
        context.update(b"hefu/3 evaluation seed\0");
        context.update(&self.sid.0);
        context.update(b"step D\0");
        context.update(&self.chunk.to_be_bytes());
        context.update(&(self.count::<S>() as u64).to_be_bytes());
        context.update(self.public);
        context.update(self.blinded);
        context.update(self.evaluated);
        array(context.finish().as_ref())
    }

    fn challenge<S: Suite>(
        &self,
        seed: &[u8; 64],
        m: &S::Point,
        z: &S::Point,
        t2: &S::Point,
        t3: &S::Point,
    ) -> S::Scalar {
        let [m, z, t2, t3] = [m, z, t2, t3].map(S::encode);
        challenge::<S>(b"hefu/3 evaluation", &[seed, self.public, &m, &z, &t2, &t3])
    }
}

/// Σ wᵢ·Pᵢ over a chunk, which has an element or more and none that is the identity. The weights hash them all, so the sum
/// is the identity once in 2^128; and where M is the identity, so is b·M for any b, and the proof would hold for any key.
/// What comes out as the identity is therefore a fault of this machine.
fn combined<S: Suite>(pool: &Pool, points: &S::Points, weights: &[u128]) -> Result<S::Point, Error> {
    let sum = S::vartime_weighted_sum(pool, points, weights)?;
    match S::decode(&S::encode(&sum)) {
        Some(_) => Ok(sum),
        None => Err(BadSum.into()),
    }
}

/// 128 bits of an extendable output for each position: SHA-512 over a label, the seed and a counter, four at a time.
fn weights(seed: &[u8; 64], count: usize) -> Vec<u128> {
    let mut weights = Vec::with_capacity(count.next_multiple_of(4));
    for block in 0..count.div_ceil(4) as u64 {
        let mut context = digest::Context::new(&digest::SHA512);
        context.update(b"hefu/3 weights\0");
        context.update(seed);
        context.update(&block.to_be_bytes());
        let bytes = context.finish();
        let (four, _) = bytes.as_ref().as_chunks::<16>();
        weights.extend(four.iter().map(|w| u128::from_le_bytes(*w)));
    }
    weights.truncate(count);
    weights
}

/// Every part is fixed in length within a suite, so their concatenation is injective.
fn challenge<S: Suite>(label: &[u8], parts: &[&[u8]]) -> S::Scalar {
    let mut context = digest::Context::new(&digest::SHA512);
    context.update(label);
    context.update(&[0]);
    context.update(S::NAME.as_bytes());
    context.update(&[0]);
    for part in parts {
        context.update(part);
    }
    S::reduce(&array(context.finish().as_ref()))
}

/// A nonce from the key, fresh randomness and the statement: neither a weak generator nor a repeated one betrays the key.
/// A chunk that is evaluated again in a replay is proven with another.
fn hedged_nonce<S: Suite>(
    label: &[u8],
    key: &S::Scalar,
    statement: &[u8],
    rng: &mut dyn CryptoRng,
) -> S::Scalar {
    let mut fresh = Zeroizing::new([0u8; 32]);
    rng.fill_bytes(fresh.as_mut_slice());
    let mut context = digest::Context::new(&digest::SHA512);
    context.update(label);
    context.update(&[0]);
    context.update(&S::encode_scalar(key));
    context.update(fresh.as_slice());
    context.update(statement);
    let wide = Zeroizing::new(array(context.finish().as_ref()));
    S::reduce(&wide)
}
