//! Agreements in the making: drafted here or received, checked against this node's policy, signed or refused.

use hefu_casework::{Agreement, Dossier, DossierState, Hex, SignedAgreement};
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_psi::{Ristretto255, Suite};
use hefu_store::AgreementState;
use jiff::Timestamp;
use serde_json::json;

use crate::agreement::policy;
use crate::{Error, Node, Result};

/// The code of why a peer's draft is not taken while too many of its drafts wait for a decision.
pub(crate) const NO_ROOM: &str = "agreements_too_many";
/// What was narrowed for a round of a conference is signed on the conference's record, and nowhere else.
const OF_A_CONFERENCE: &str = "agreement_of_a_conference";

mod known;

pub(crate) use known::{Changing, Dossiers, Known};

impl Node {
    /// Keeps a new agreement as a draft; nobody has signed it. One that is here already stays as it is, with whatever
    /// was said of it.
    ///
    /// # Errors
    /// When it contradicts itself, does not name this node and a pinned peer as their cards do, or this node's policy does
    /// not allow it; when it is of a round of a conference.
    pub fn draft(&self, agreement: Agreement, actor: &str) -> Result<[u8; 32]> {
        must_stand_alone(&agreement)?;
        self.may_sign(&agreement)?;
        self.must_go_both_ways(&self.card_of_other(&agreement)?)?;
        let digest = agreement.digest();
        let mut changing = self.dossiers.change();
        if self.store.agreement(&digest)?.is_some() {
            return Ok(digest);
        }
        self.put_dossier(&mut changing, &Dossier::draft(agreement)?)?;
        self.log_by(actor, "agreement_drafted", &json!({ "agreement": Hex(digest) }))?;
        Ok(digest)
    }

    /// Every agreement on this node, the newest first.
    ///
    /// # Errors
    /// The store's.
    pub fn agreements(&self) -> Result<Vec<([u8; 32], Dossier)>> {
        self.store
            .agreements()?
            .into_iter()
            .map(|stored| Ok((stored.digest, Dossier::parse(&stored.signed)?)))
            .collect()
    }

    /// The agreement with this digest.
    ///
    /// # Errors
    /// When there is none; the store's.
    pub fn agreement(&self, digest: &[u8; 32]) -> Result<Dossier> {
        let stored = self.store.agreement(digest)?.ok_or_else(|| Error::Missing {
            what: "agreement",
            name: Hex(*digest).to_string(),
        })?;
        Ok(Dossier::parse(&stored.signed)?)
    }

    /// Takes an agreement that came as a file, with the signatures it bears.
    ///
    /// # Errors
    /// When it is malformed, or is not between this node and a pinned peer, or names one otherwise than its card does.
    pub fn receive_dossier(&self, bytes: &[u8]) -> Result<[u8; 32]> {
        let theirs = Dossier::parse(bytes)?;
        let digest = theirs.agreement().digest();
        self.receive_dossier_from(theirs, None)?;
        Ok(digest)
    }

    /// Signs, after a person has read what each side will learn.
    ///
    /// # Errors
    /// When this node's policy does not allow it, it was refused, or it asks for what this node can't do.
    pub fn sign_agreement(&self, digest: &[u8; 32], actor: &str) -> Result<DossierState> {
        let mut changing = self.dossiers.change();
        let mut dossier = self.agreement(digest)?;
        must_stand_alone(dossier.agreement())?;
        self.may_sign(dossier.agreement())?;
        if let Ok(card) = self.card_of_other(dossier.agreement()) {
            self.must_go_both_ways(&card)?;
        }
        dossier.sign(self.keys.signing_key())?;
        self.put_dossier(&mut changing, &dossier)?;
        self.log_by(actor, "agreement_signed", &json!({ "agreement": Hex(*digest) }))?;
        Ok(dossier.state())
    }

    /// Refuses, for a reason that the other party is shown.
    ///
    /// # Errors
    /// When this node has signed it already, or the reason is empty or too long.
    pub fn refuse_agreement(&self, digest: &[u8; 32], reason: &str, actor: &str) -> Result<DossierState> {
        let mut changing = self.dossiers.change();
        let mut dossier = self.agreement(digest)?;
        must_stand_alone(dossier.agreement())?;
        dossier.refuse(self.keys.signing_key(), reason, Timestamp::now())?;
        self.put_dossier(&mut changing, &dossier)?;
        self.log_by(
            actor,
            "agreement_refused",
            &json!({ "agreement": Hex(*digest), "reason": reason }),
        )?;
        Ok(dossier.state())
    }

    /// Keeps an agreement that every party has signed; from now on it can be used.
    ///
    /// # Errors
    /// When it does not name this node, was refused, or can't be stored.
    pub fn conclude(&self, signed: &SignedAgreement) -> Result<[u8; 32]> {
        let digest = signed.agreement().digest();
        signed
            .agreement()
            .index_of(&self.node_key())
            .ok_or(hefu_casework::Error::NotAParty)?;
        self.put_dossier(&mut self.dossiers.change(), &Dossier::from(signed))?;
        self.log("agreement_concluded", &json!({ "agreement": Hex(digest) }))?;
        Ok(digest)
    }

    /// Merges a dossier with what is known of the agreement here. What is final here stays, and what says nothing new is
    /// not written: a peer can say the same in other bytes for ever.
    pub(crate) fn receive_dossier_from(&self, theirs: Dossier, from: Option<&Card>) -> Result<Dossier> {
        let agreement = theirs.agreement();
        let card = self.card_of_other(agreement)?;
        if from.is_some_and(|from| from.node_key() != card.node_key()) {
            return Err(policy("agreement_other_party", Abort::AgreementMismatch));
        }
        // A refusal of a text that both sign elsewhere would be there before both signatures are.
        if theirs.state() != DossierState::Signed {
            must_stand_alone(agreement)?;
        }
        let digest = agreement.digest();
        let mut changing = self.dossiers.change();
        let merged = match self.store.agreement(&digest)? {
            Some(stored) => {
                let own = Dossier::parse(&stored.signed)?;
                let merged = own.merge(&theirs)?;
                if stored.state == AgreementState::Signed || merged.standing() == own.standing() {
                    return Ok(own);
                }
                merged
            }
            None if from.is_some() && changing.room_for(&card.node_key()) == 0 => {
                return Err(policy(NO_ROOM, Abort::Policy));
            }
            None => {
                self.must_name_parties(agreement)?;
                theirs
            }
        };
        self.put_dossier(&mut changing, &merged)?;
        let state = merged.state().code();
        self.log(
            "agreement_received",
            &json!({ "agreement": Hex(digest), "from": from.map_or("file", Card::name), "state": state }),
        )?;
        Ok(merged)
    }

    /// What this node's own policy, rules and suites say, whatever the other side thinks.
    pub(crate) fn may_sign(&self, agreement: &Agreement) -> Result<()> {
        agreement.check_against(&self.rules, agreement.valid_from)?;
        if agreement.suite != Ristretto255::NAME {
            return Err(policy("suite_unknown", Abort::Suite));
        }
        self.must_name_parties(agreement)?;
        let me = agreement
            .index_of(&self.node_key())
            .ok_or(hefu_casework::Error::NotAParty)?;
        self.surroundings
            .policy
            .check(agreement, me)
            .map_err(Error::Breach)
    }

    /// Refuses an agreement that calls the other party otherwise than its card does, or this node otherwise than it calls
    /// itself: the policy, findings and papers go by that name, and letters by that kind of agency. Without a card there
    /// is nothing to compare, and no round either.
    pub(crate) fn must_name_parties(&self, agreement: &Agreement) -> Result<()> {
        let me = agreement
            .index_of(&self.node_key())
            .ok_or(hefu_casework::Error::NotAParty)?;
        let (own, other) = (agreement.party(me)?, agreement.party(1 - me.min(1))?);
        let card = self.book().by_node_key(&other.node_key.0);
        let own_is = own.name == self.profile.name && own.role == self.profile.role;
        let other_is = card.is_none_or(|card| other.name == card.name() && other.role == card.role());
        if own_is && other_is {
            return Ok(());
        }
        Err(policy("agreement_other_name", Abort::AgreementMismatch))
    }

    /// The card of the other party.
    pub(crate) fn card_of_other(&self, agreement: &Agreement) -> Result<Card> {
        let me = agreement
            .index_of(&self.node_key())
            .ok_or(hefu_casework::Error::NotAParty)?;
        let other = agreement.party(1 - me.min(1))?;
        self.book()
            .by_node_key(&other.node_key.0)
            .ok_or_else(|| Error::Missing {
                what: "peer",
                name: other.name.clone(),
            })
    }

    /// Keeps a round's agreement that both have signed on the record of the conference. One that is here already stays as
    /// it is. Says whether it was not.
    ///
    /// # Errors
    /// As [`Node::conclude`].
    pub(crate) fn conclude_once(&self, signed: &SignedAgreement) -> Result<bool> {
        let known = self.store.agreement(&signed.agreement().digest())?;
        if known.is_some_and(|known| known.state != AgreementState::Draft) {
            return Ok(false);
        }
        self.conclude(signed).map(|_| true)
    }

    fn put_dossier(&self, changing: &mut Changing<'_>, dossier: &Dossier) -> Result<()> {
        let state = match dossier.state() {
            DossierState::Draft { .. } => AgreementState::Draft,
            DossierState::Signed => AgreementState::Signed,
            DossierState::Refused { reason, .. } => AgreementState::Refused { reason },
        };
        let digest = dossier.agreement().digest();
        self.store.put_agreement(&digest, &dossier.to_bytes(), &state)?;
        changing.note(dossier, &self.node_key());
        self.ferry.notify();
        Ok(())
    }
}

fn must_stand_alone(agreement: &Agreement) -> Result<()> {
    match agreement.under {
        None => Ok(()),
        Some(_) => Err(policy(OF_A_CONFERENCE, Abort::AgreementMismatch)),
    }
}
