//! The three keys of a node: one that signs what the agency agrees to, one that proves who is on the line, one to
//! which files for it are sealed.
//!
//! They are apart so that the TLS key, which faces the network, can be replaced by issuing a new card, while
//! agreements and receipts stay under the same node key.

use std::sync::Arc;

use hpke::{Deserializable as _, Kem as _, Serializable as _};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rustls::crypto::ring::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::ferry::suite::{Kem, SealPrivateKey};

/// An agency's node key (Ed25519), its TLS key with a self-signed certificate, and its seal key (X25519).
///
/// No `Debug`, no `Serialize`: the only way out for the secrets is [`Keys::to_parts`].
pub struct Keys {
    node_pkcs8: Zeroizing<Vec<u8>>,
    node: Ed25519KeyPair,
    tls_pkcs8: Zeroizing<Vec<u8>>,
    tls: Arc<SingleCertAndKey>,
    tls_key: [u8; 32],
    seal: SealPrivateKey,
}

impl Keys {
    /// Three fresh keys.
    pub fn generate() -> Result<Keys> {
        Keys::from_parts(new_pkcs8("node")?, new_pkcs8("tls")?, new_seal()?)
    }

    /// The keys again from what [`Keys::to_parts`] gave: node key and TLS key, each PKCS #8 version 2 (RFC 5958), and
    /// the seal key, 32 bytes (RFC 7748 section 5).
    pub fn from_parts(
        node: Zeroizing<Vec<u8>>,
        tls: Zeroizing<Vec<u8>>,
        seal: Zeroizing<Vec<u8>>,
    ) -> Result<Keys> {
        let node_pair = Ed25519KeyPair::from_pkcs8(&node).map_err(|_| Error::Keys { part: "node" })?;
        let tls_pair =
            CertificateSigner(Ed25519KeyPair::from_pkcs8(&tls).map_err(|_| Error::Keys { part: "tls" })?);
        let certificate = tls_pair.certificate().map_err(|_| Error::Keys { part: "tls" })?;
        let signer = any_eddsa_type(&PrivatePkcs8KeyDer::from(tls.as_slice()))
            .map_err(|_| Error::Keys { part: "tls" })?;
        Ok(Keys {
            node: node_pair,
            node_pkcs8: node,
            tls_key: sha256(&rcgen::PublicKeyData::subject_public_key_info(&tls_pair)),
            tls: Arc::new(SingleCertAndKey::from(CertifiedKey::new(
                vec![certificate],
                signer,
            ))),
            tls_pkcs8: tls,
            seal: SealPrivateKey::from_bytes(&seal).map_err(|_| Error::Keys { part: "seal" })?,
        })
    }

    /// The secrets in clear, node key, TLS key, seal key, for whoever seals them. The certificate is made anew from
    /// the key.
    #[must_use]
    pub fn to_parts(&self) -> [Zeroizing<Vec<u8>>; 3] {
        let mut seal = Zeroizing::new(vec![0; 32]);
        self.seal.write_exact(&mut seal);
        [self.node_pkcs8.clone(), self.tls_pkcs8.clone(), seal]
    }

    /// The public node key, as in RFC 8032.
    #[must_use]
    pub fn node_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.copy_from_slice(self.node.public_key().as_ref());
        key
    }

    /// What peers pin: SHA-256 of the TLS key's SubjectPublicKeyInfo (RFC 5280 section 4.1, DER).
    #[must_use]
    pub fn tls_key(&self) -> [u8; 32] {
        self.tls_key
    }

    /// The public seal key (RFC 7748), to which peers seal the files that they send.
    #[must_use]
    pub fn seal_key(&self) -> [u8; 32] {
        Kem::sk_to_pk(&self.seal).to_bytes().into()
    }

    /// Signs `label || digest` with the node key. A label ends with a zero byte, so that none begins another.
    #[must_use]
    pub fn sign(&self, label: &[u8], digest: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.node.sign(&[label, digest].concat()).as_ref());
        signature
    }

    /// The node key, for signatures that other crates lay out.
    #[must_use]
    pub fn signing_key(&self) -> &Ed25519KeyPair {
        &self.node
    }

    pub(crate) fn tls(&self) -> Arc<SingleCertAndKey> {
        self.tls.clone()
    }

    pub(crate) fn seal(&self) -> &SealPrivateKey {
        &self.seal
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn new_pkcs8(part: &'static str) -> Result<Zeroizing<Vec<u8>>> {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| Error::Keys { part })?;
    Ok(Zeroizing::new(document.as_ref().to_vec()))
}

fn new_seal() -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; 32]);
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::Keys { part: "seal" })?;
    Ok(bytes)
}

/// Lets rcgen sign with a key that ring holds, instead of keeping a copy of its own.
struct CertificateSigner(Ed25519KeyPair);

impl CertificateSigner {
    /// A certificate that says nothing: peers read its key and ignore the rest, dates included.
    fn certificate(&self) -> Result<CertificateDer<'static>, rcgen::Error> {
        let mut params = rcgen::CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "hefu");
        Ok(params.self_signed(self)?.der().clone())
    }
}

impl rcgen::PublicKeyData for CertificateSigner {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl rcgen::SigningKey for CertificateSigner {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}
