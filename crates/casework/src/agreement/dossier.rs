//! A dossier: the text of an agreement with what its parties have said of it so far.
//!
//! Nodes pass dossiers to and fro until both say the same. Whatever each has seen, and in whichever order, in the end
//! the same parties have signed, or the same one has refused. Bytes are not compared: a party can make any number of
//! signatures that hold, and refusals of any time, and none of them says more than its first.

use jiff::Timestamp;
use ring::signature::Ed25519KeyPair;
use serde::{Deserialize, Serialize};

use super::{
    Agreement, SignedAgreement,
    check::{ensure, short_text},
    signing::{self, holds, index_of, signature},
};
use crate::{Error, Hex, Wrong, canonical, rule::sha256};

/// The largest dossier that is read or written.
pub const MAX_DOSSIER_BYTES: usize = 64 << 10;
/// The longest reason for a refusal.
pub const MAX_REASON_CHARS: usize = 200;

/// What signatures and a refusal can add to a text.
const ROOM_BYTES: usize = 4 << 10;
const REFUSAL: &[u8] = b"hefu/2 refusal\0";
const STANDING: &[u8] = b"hefu/2 standing\0";

/// There is no such value whose signatures do not hold, or in which something stands beside a refusal: what one party
/// has refused is over, and no signature brings it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dossier {
    agreement: Agreement,
    /// One for each party, in order.
    signatures: Vec<Option<Hex<64>>>,
    refusal: Option<Refusal>,
}

/// One party's signed no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The index of the party.
    pub party: u8,
    /// Why, in its own words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Over the digest of the agreement and all of the above.
    pub signature: Hex<64>,
}

/// What a party has said of a text, as its byte in a [`Dossier::standing`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Nothing that still counts.
    Nothing = 0,
    /// Yes.
    Signed = 1,
    /// No.
    Refused = 2,
}

/// How far an agreement has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DossierState {
    /// Neither signed by all nor refused by any.
    Draft {
        /// Whether each party has signed, in order.
        signed: Vec<bool>,
    },
    /// All have signed.
    Signed,
    /// One party has refused.
    Refused {
        /// Its index.
        by: usize,
        /// Its words.
        reason: String,
    },
}

impl DossierState {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            DossierState::Draft { .. } => "dossier_draft",
            DossierState::Signed => "dossier_signed",
            DossierState::Refused { .. } => "dossier_refused",
        }
    }
}

impl From<&SignedAgreement> for Dossier {
    fn from(signed: &SignedAgreement) -> Dossier {
        Dossier {
            agreement: signed.agreement().clone(),
            signatures: signed.signatures().iter().copied().map(Some).collect(),
            refusal: None,
        }
    }
}

impl Dossier {
    /// A text on which nobody has said anything yet.
    ///
    /// # Errors
    /// As [`Agreement::validate`]; [`Error::DocumentTooLarge`] where signatures would find no room.
    pub fn draft(agreement: Agreement) -> Result<Dossier, Error> {
        agreement.validate()?;
        within(agreement.canonical_bytes().len(), MAX_DOSSIER_BYTES - ROOM_BYTES)?;
        Ok(Dossier {
            signatures: vec![None; agreement.parties.len()],
            agreement,
            refusal: None,
        })
    }

    /// Adds the signature of the party whose node has this key, and returns its index. To sign again changes nothing.
    ///
    /// # Errors
    /// [`Error::NotAParty`]; [`Error::AgreementRefused`] once a party has refused.
    pub fn sign(&mut self, key: &Ed25519KeyPair) -> Result<usize, Error> {
        self.must_be_open()?;
        let (index, signature) = signing::sign(&self.agreement, key)?;
        if let Some(place) = self.signatures.get_mut(index) {
            place.get_or_insert(signature);
        }
        Ok(index)
    }

    /// Adds the refusal of the party whose node has this key. Whatever was signed counts no more, and goes.
    ///
    /// # Errors
    /// [`Error::NotAParty`]; [`Error::AlreadySigned`] where that party has signed; [`Error::AgreementRefused`] once a
    /// party has refused; [`Error::Agreement`] where the reason is empty, too long, or looks other than it is.
    pub fn refuse(&mut self, key: &Ed25519KeyPair, reason: &str, at: Timestamp) -> Result<usize, Error> {
        self.must_be_open()?;
        short_text("refusal.reason", reason, MAX_REASON_CHARS)?;
        let index = index_of(&self.agreement, key)?;
        if self.signatures.get(index).is_some_and(Option::is_some) {
            return Err(Error::AlreadySigned);
        }
        let party = u8::try_from(index).map_err(|_| Error::NotAParty)?;
        let signature = signature(key, &refusal_message(&self.agreement, party, reason, at))?;
        self.signatures.fill(None);
        self.refusal = Some(Refusal {
            party,
            reason: reason.to_owned(),
            at,
            signature,
        });
        Ok(index)
    }

    /// What both dossiers say together: all signatures, or a refusal and none of them; of two refusals that of the first
    /// party. Merging is idempotent, and neither order nor grouping matters, to the [`standing`](Dossier::standing).
    /// Where both have the same word of a party, the bytes of this one stay, so that nothing is made of saying it anew.
    ///
    /// A refusal wins over any signatures, also of all parties. Whoever holds a text as signed by all must therefore not
    /// merge it any more, or a party could take its signature back.
    ///
    /// # Errors
    /// [`Error::OtherAgreement`] where the other is of another text.
    pub fn merge(&self, other: &Dossier) -> Result<Dossier, Error> {
        if self.agreement.digest() != other.agreement.digest() {
            return Err(Error::OtherAgreement);
        }
        let refusals = [&self.refusal, &other.refusal].into_iter().flatten();
        // The first of equals is this one's.
        let refusal = refusals.min_by_key(|refusal| refusal.party).cloned();
        let signatures = self.signatures.iter().zip(&other.signatures);
        let signatures = signatures.map(|(own, other)| own.or(*other).filter(|_| refusal.is_none()));
        Ok(Dossier {
            signatures: signatures.collect(),
            agreement: self.agreement.clone(),
            refusal,
        })
    }

    /// The text.
    pub fn agreement(&self) -> &Agreement {
        &self.agreement
    }

    /// One for each party, in order; none where it has not signed.
    pub fn signatures(&self) -> &[Option<Hex<64>>] {
        &self.signatures
    }

    /// The refusal that stands.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.refusal.as_ref()
    }

    /// What each party has said, in order.
    pub fn words(&self) -> Vec<Word> {
        let refused = self.refusal.as_ref().map(|refusal| usize::from(refusal.party));
        let word = |(index, signature): (usize, &Option<_>)| match signature {
            _ if refused == Some(index) => Word::Refused,
            Some(_) => Word::Signed,
            None => Word::Nothing,
        };
        self.signatures.iter().enumerate().map(word).collect()
    }

    /// SHA-256 over the text's digest and the words of its parties: equal wherever the same was said, in whichever bytes.
    pub fn standing(&self) -> [u8; 32] {
        let words: Vec<u8> = self.words().into_iter().map(|word| word as u8).collect();
        sha256(&[STANDING, &self.agreement.digest(), &words].concat())
    }

    /// How far it has come.
    pub fn state(&self) -> DossierState {
        if let Some(Refusal { party, reason, .. }) = &self.refusal {
            return DossierState::Refused {
                by: usize::from(*party),
                reason: reason.clone(),
            };
        }
        let signed: Vec<_> = self.signatures.iter().map(Option::is_some).collect();
        if signed.iter().all(|signed| *signed) {
            DossierState::Signed
        } else {
            DossierState::Draft { signed }
        }
    }

    /// The agreement with every party's signature, once all have signed.
    pub fn signed(&self) -> Option<SignedAgreement> {
        let signatures = self.signatures.iter().copied().collect::<Option<_>>()?;
        SignedAgreement::new(self.agreement.clone(), signatures).ok()
    }

    /// Reads what [`Dossier::to_bytes`] wrote, and checks whatever stands under it.
    ///
    /// # Errors
    /// [`Error::DocumentTooLarge`]; those of [`canonical::from_slice`] and [`Agreement::validate`];
    /// [`Error::Signature`] with the name of the first party whose signature or refusal does not hold;
    /// [`Error::Agreement`] where there are more or fewer places than parties, or a signature beside a refusal.
    pub fn parse(bytes: &[u8]) -> Result<Dossier, Error> {
        within(bytes.len(), MAX_DOSSIER_BYTES)?;
        let Unverified {
            agreement,
            signatures,
            refusal,
        } = canonical::from_slice(bytes)?;
        let dossier = Dossier {
            agreement,
            signatures,
            refusal,
        };
        dossier.verify()?;
        Ok(dossier)
    }

    /// Canonical JSON, `{"agreement":{…},"refusal":null,"signatures":["…",null]}`.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    fn must_be_open(&self) -> Result<(), Error> {
        match &self.refusal {
            None => Ok(()),
            Some(refusal) => Err(Error::AgreementRefused {
                party: self.agreement.party(usize::from(refusal.party))?.name.clone(),
            }),
        }
    }

    fn verify(&self) -> Result<(), Error> {
        let agreement = &self.agreement;
        agreement.validate()?;
        let places = self.signatures.len() == agreement.parties.len();
        ensure(places, "signatures", Wrong::OutOfRange)?;
        let message = signing::message(agreement);
        for (party, signature) in agreement.parties.iter().zip(&self.signatures) {
            if !signature.is_none_or(|signature| holds(party, &message, &signature)) {
                return Err(Error::Signature {
                    party: party.name.clone(),
                });
            }
        }
        let Some(refusal) = &self.refusal else {
            return Ok(());
        };
        let alone = self.signatures.iter().all(Option::is_none);
        ensure(alone, "refusal", Wrong::NotAllowed)?;
        short_text("refusal.reason", &refusal.reason, MAX_REASON_CHARS)?;
        let party = agreement.party(usize::from(refusal.party))?;
        let message = refusal_message(agreement, refusal.party, &refusal.reason, refusal.at);
        if holds(party, &message, &refusal.signature) {
            Ok(())
        } else {
            Err(Error::Signature {
                party: party.name.clone(),
            })
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unverified {
    agreement: Agreement,
    signatures: Vec<Option<Hex<64>>>,
    refusal: Option<Refusal>,
}

fn refusal_message(agreement: &Agreement, party: u8, reason: &str, at: Timestamp) -> Vec<u8> {
    #[derive(Serialize)]
    struct Said<'a> {
        agreement: Hex<32>,
        party: u8,
        reason: &'a str,
        at: Timestamp,
    }
    let said = canonical::to_vec(&Said {
        agreement: Hex(agreement.digest()),
        party,
        reason,
        at,
    });
    [REFUSAL, &sha256(&said)].concat()
}

fn within(bytes: usize, max: usize) -> Result<(), Error> {
    if bytes > max {
        return Err(Error::DocumentTooLarge { bytes, max });
    }
    Ok(())
}
