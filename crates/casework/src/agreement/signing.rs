//! Signatures under an agreement: Ed25519 over a label and the digest of its canonical bytes.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::{Agreement, Party};
use crate::{Error, Hex, canonical};

const LABEL: &[u8] = b"hefu/2 agreement\0";

/// Signs for the party whose node has this key, and returns that party's index with the signature.
///
/// # Errors
/// As [`Agreement::validate`]; [`Error::NotAParty`] where the agreement does not name the key.
pub fn sign(agreement: &Agreement, key: &Ed25519KeyPair) -> Result<(usize, Hex<64>), Error> {
    agreement.validate()?;
    let index = index_of(agreement, key)?;
    Ok((index, signature(key, &message(agreement))?))
}

/// The party whose node has this key.
pub(super) fn index_of(agreement: &Agreement, key: &Ed25519KeyPair) -> Result<usize, Error> {
    let public = key.public_key().as_ref().try_into();
    public
        .ok()
        .and_then(|public| agreement.index_of(public))
        .ok_or(Error::NotAParty)
}

pub(super) fn signature(key: &Ed25519KeyPair, message: &[u8]) -> Result<Hex<64>, Error> {
    let signature = key.sign(message).as_ref().try_into();
    Ok(Hex(signature.map_err(|_| Error::NotAParty)?))
}

/// Whether the signature is this party's.
pub(super) fn holds(party: &Party, message: &[u8], signature: &Hex<64>) -> bool {
    UnparsedPublicKey::new(&ED25519, &party.node_key.0)
        .verify(message, &signature.0)
        .is_ok()
}

impl Agreement {
    /// Whether the signature is that of the party whose node has this key, under this very agreement.
    pub fn is_signed_by(&self, node_key: &Hex<32>, signature: &Hex<64>) -> bool {
        self.parties
            .iter()
            .find(|party| party.node_key == *node_key)
            .is_some_and(|party| holds(party, &message(self), signature))
    }
}

/// An agreement with the signature of every party. There is no such value whose signatures do not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignedAgreement {
    agreement: Agreement,
    signatures: Vec<Hex<64>>,
}

impl SignedAgreement {
    /// Puts an agreement and its signatures together, in the order of the parties.
    ///
    /// # Errors
    /// As [`Agreement::validate`]; [`Error::Signature`] with the name of the first party whose signature is missing or
    /// does not hold; [`Error::SurplusSignature`].
    pub fn new(agreement: Agreement, signatures: Vec<Hex<64>>) -> Result<SignedAgreement, Error> {
        let signed = SignedAgreement {
            agreement,
            signatures,
        };
        signed.verify_complete()?;
        Ok(signed)
    }

    /// Reads what [`SignedAgreement::to_bytes`] wrote.
    ///
    /// # Errors
    /// As [`canonical::from_slice`] and [`SignedAgreement::new`].
    pub fn parse(bytes: &[u8]) -> Result<SignedAgreement, Error> {
        let Unverified {
            agreement,
            signatures,
        } = canonical::from_slice(bytes)?;
        SignedAgreement::new(agreement, signatures)
    }

    /// Canonical JSON, `{"agreement":{…},"signatures":["…","…"]}`.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// What was signed.
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// One for each party, in order.
    pub fn signatures(&self) -> &[Hex<64>] {
        &self.signatures
    }

    fn verify_complete(&self) -> Result<(), Error> {
        self.agreement.validate()?;
        let message = message(&self.agreement);
        for (i, party) in self.agreement.parties.iter().enumerate() {
            let signature = self.signatures.get(i);
            if !signature.is_some_and(|signature| holds(party, &message, signature)) {
                return Err(Error::Signature {
                    party: party.name.clone(),
                });
            }
        }
        if self.signatures.len() > self.agreement.parties.len() {
            return Err(Error::SurplusSignature);
        }
        Ok(())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unverified {
    agreement: Agreement,
    signatures: Vec<Hex<64>>,
}

pub(super) fn message(agreement: &Agreement) -> Vec<u8> {
    [LABEL, &agreement.digest()].concat()
}
