//! The protocol once more, by its description, with ring and dalek alone and without a thought for speed: what the
//! crate computes is compared with this, and an attacker uses it to make the messages that an honest end never would.

use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use hefu_psi::wire::{Accept, Commit, Open};
use hefu_psi::{CallId, SessionId};
use ring::signature::Ed25519KeyPair;
use ring::{digest, hmac};

pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let digest = digest::digest(&digest::SHA256, &parts.concat());
    digest.as_ref().try_into().unwrap()
}

pub(crate) fn sha512(parts: &[&[u8]]) -> [u8; 64] {
    let digest = digest::digest(&digest::SHA512, &parts.concat());
    digest.as_ref().try_into().unwrap()
}

pub(crate) fn session_id(open: &Open, accept: &Accept) -> SessionId {
    SessionId(sha256(&[
        b"hefu/3 session\0",
        &open.version.to_be_bytes(),
        &(open.suite.len() as u64).to_be_bytes(),
        open.suite.as_bytes(),
        &open.agreement,
        &open.receiver,
        &open.sender,
        &[open.mode, open.key_kind],
        &open.width.to_be_bytes(),
        &open.label.to_be_bytes(),
        &open.receiver_cap.to_be_bytes(),
        &open.sender_cap.to_be_bytes(),
        &open.nonce,
        &open.elements.to_be_bytes(),
        &open.input,
        &accept.nonce,
        &(accept.public.len() as u64).to_be_bytes(),
        &accept.public,
        &accept.elements.to_be_bytes(),
        &accept.input,
    ]))
}

/// The id of an opening, by its bytes.
pub(crate) fn call(open: &[u8]) -> CallId {
    CallId(sha256(&[open]))
}

/// MTH of RFC 6962, section 2.1.
pub(crate) fn root(leaves: &[&[u8]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [leaf] => sha256(&[&[0], leaf]),
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

/// The signature of a receiver over blinded chunks, whatever they hold.
pub(crate) fn commit(call: &CallId, chunks: &[Vec<u8>], width: usize, key: &Ed25519KeyPair) -> Commit {
    let packed: Vec<u8> = chunks.iter().flat_map(|m| &m[4..]).copied().collect();
    let leaves: Vec<&[u8]> = packed.chunks(width).collect();
    let (root, elements) = (root(&leaves), leaves.len() as u64);
    let message = [b"hefu/3 blinded\0", &call.0[..], &root, &elements.to_be_bytes()].concat();
    Commit {
        root,
        elements,
        signature: key.sign(&message).as_ref().to_vec(),
    }
}

/// The signature of a sender over the session, whatever else its acceptance says.
pub(crate) fn sign_accept(sid: &SessionId, key: &Ed25519KeyPair) -> Vec<u8> {
    let message = [b"hefu/3 accept\0", &sid.0[..]].concat();
    key.sign(&message).as_ref().to_vec()
}

/// RFC 9380, section 5.3.1, for 64 bytes; then the one-way map of RFC 9496.
pub(crate) fn hash_to_group(call: &CallId, element: &[u8]) -> RistrettoPoint {
    let dst = b"HEFU-V3-H2G-ristretto255_XMD:SHA-512_R255MAP_RO_";
    let dst_prime = [&dst[..], &[u8::try_from(dst.len()).unwrap()]].concat();
    let b0 = sha512(&[&[0; 128], &call.0, element, &[0, 64], &[0], &dst_prime]);
    RistrettoPoint::from_uniform_bytes(&sha512(&[&b0, &[1], &dst_prime]))
}

/// What a side derives from its seed: HMAC-SHA-512(seed, label ‖ 0x00 ‖ parts).
pub(crate) fn derive(seed: &[u8; 32], label: &str, parts: &[&[u8]]) -> [u8; 64] {
    let key = hmac::Key::new(hmac::HMAC_SHA512, seed);
    let bits = hmac::sign(&key, &[label.as_bytes(), &[0], &parts.concat()].concat());
    bits.as_ref().try_into().unwrap()
}

/// ρ_j = HMAC-SHA-512(key, call ‖ step ‖ j), reduced.
pub(crate) fn blind(key: &[u8; 64], call: &CallId, position: u64) -> Scalar {
    let key = hmac::Key::new(hmac::HMAC_SHA512, key);
    let bits = hmac::sign(
        &key,
        &[&call.0[..], b"hefu/3 C", &position.to_be_bytes()].concat(),
    );
    Scalar::from_bytes_mod_order_wide(bits.as_ref().try_into().unwrap())
}

/// HKDF (RFC 5869) by its two steps: prk = HMAC(sid, x ‖ N), tag = the first 16 bytes of HMAC(prk, "hefu/3 tag" ‖ 1).
pub(crate) fn prk_and_tag(sid: &SessionId, element: &[u8], token: &[u8]) -> ([u8; 32], [u8; 16]) {
    let salt = hmac::Key::new(hmac::HMAC_SHA256, &sid.0);
    let prk = hmac::sign(&salt, &[element, token].concat());
    let okm = hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, prk.as_ref()),
        b"hefu/3 tag\x01",
    );
    (
        prk.as_ref().try_into().unwrap(),
        okm.as_ref()[..16].try_into().unwrap(),
    )
}

/// The seed of a chunk's weights: it hashes the whole chunk.
pub(crate) fn chunk_seed(
    sid: &SessionId,
    chunk: u32,
    public: &[u8],
    c: &[[u8; 32]],
    d: &[[u8; 32]],
) -> [u8; 64] {
    sha512(&[
        b"hefu/3 evaluation seed\0",
        &sid.0,
        b"step D\0",
        &chunk.to_be_bytes(),
        &(c.len() as u64).to_be_bytes(),
        public,
        c.as_flattened(),
        d.as_flattened(),
    ])
}

/// 128 bits for each position, four from one SHA-512.
pub(crate) fn weight(seed: &[u8; 64], position: usize) -> u128 {
    let block = sha512(&[b"hefu/3 weights\0", seed, &(position as u64 / 4).to_be_bytes()]);
    u128::from_le_bytes(block.as_chunks().0[position % 4])
}

/// The challenge of a proof in this suite.
pub(crate) fn challenge(label: &[u8], parts: &[&[u8]]) -> Scalar {
    let wide = sha512(&[label, b"\0ristretto255-sha512\0", &parts.concat()]);
    Scalar::from_bytes_mod_order_wide(&wide)
}
