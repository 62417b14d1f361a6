//! What this node has agreed to, and the terms that a session takes from it.

use hefu_casework::{Agreement, Dossier, Hex, Purpose};
use hefu_link::Card;
use hefu_psi::wire::{Abort, Open};
use hefu_psi::{KeyKind, Mode, Ristretto255, Terms};
use hefu_store::AgreementState;

use crate::node::today;
use crate::{Error, Node, Result};
use jiff::{SignedDuration, Timestamp};

/// An agreement in force between this node and one peer.
pub(crate) struct InForce {
    pub(crate) agreement: Agreement,
    pub(crate) digest: [u8; 32],
    /// This node's index.
    pub(crate) me: usize,
    /// The peer's index.
    pub(crate) peer: usize,
}

impl Node {
    /// Signs an agreement whose other signatures are collected elsewhere.
    ///
    /// # Errors
    /// When it contradicts itself, asks for what this node can't do or does not allow, or does not name this node.
    pub fn sign(&self, agreement: &Agreement) -> Result<Hex<64>> {
        self.may_sign(agreement)?;
        let (_, signature) = hefu_casework::sign(agreement, self.keys.signing_key())?;
        Ok(signature)
    }

    /// The agreement with this digest, if it is signed by all, in force today, and its parties are still called so.
    pub(crate) fn in_force(&self, digest: &[u8; 32]) -> Result<InForce> {
        let signed = self.signed(digest)?;
        self.must_name_parties(&signed.agreement)?;
        match signed.agreement.check_against(&self.rules, today()) {
            Err(hefu_casework::Error::NotValidOn { .. }) => {
                Err(policy("agreement_not_in_force", Abort::AgreementNotInForce))
            }
            other => {
                other?;
                // The policy may have been tightened since a person signed. What is left of a budget, the ledger knows.
                let breach = self.surroundings.policy.check(&signed.agreement, signed.me).err();
                if let Some(breach) = breach.filter(|breach| breach.field != "max_elements_a_month_from_peer")
                {
                    return Err(Error::Breach(breach));
                }
                Ok(signed)
            }
        }
    }

    /// The agreement that a caller's opening names, if that caller may open it so. Everything that can be refused is
    /// refused here, before a record is touched. Who is not its other party is told what it would be told if there
    /// were none: agreements of others are not its business.
    pub(crate) fn admits(&self, open: &Open, caller: &Card) -> Result<InForce> {
        let signed = match self.signed(&open.agreement) {
            Ok(signed) => signed,
            Err(unknown) => {
                self.must_not_be_awaited(&open.agreement, caller)?;
                return Err(unknown);
            }
        };
        if signed.must_be(caller).is_err() {
            return Err(policy("agreement_other_party", Abort::AgreementUnknown));
        }
        let in_force = self.in_force(&open.agreement)?;
        in_force.must_receive(in_force.peer)?;
        in_force.must_be_filled(in_force.peer, open.elements)?;
        if let Some(leg) = self.open_leg(&in_force, in_force.peer)? {
            leg.must_be_of_size(open.elements)?;
        }
        in_force
            .terms(in_force.peer)?
            .check_open::<Ristretto255>(open)
            .map_err(hefu_psi::Error::Refused)?;
        Ok(in_force)
    }

    /// The agreement with this digest, if it is signed by all, whether or not it is in force.
    pub(crate) fn signed(&self, digest: &[u8; 32]) -> Result<InForce> {
        let unknown = || policy("agreement_unknown", Abort::AgreementUnknown);
        let stored = self.store.agreement(digest)?.ok_or_else(unknown)?;
        if stored.state != AgreementState::Signed {
            return Err(unknown());
        }
        let agreement = Dossier::parse(&stored.signed)?.agreement().clone();
        let me = agreement.index_of(&self.node_key()).ok_or_else(unknown)?;
        Ok(InForce {
            peer: 1 - me.min(1),
            digest: *digest,
            agreement,
            me,
        })
    }
}

impl InForce {
    /// The terms of a session in which the party at `receiver` learns.
    pub(crate) fn terms(&self, receiver: usize) -> Result<Terms> {
        let sender = 1 - receiver.min(1);
        let (to, from) = (self.agreement.party(receiver)?, self.agreement.party(sender)?);
        Ok(Terms {
            agreement: self.digest,
            receiver: to.node_key.0,
            sender: from.node_key.0,
            mode: match self.agreement.label {
                Some(_) => Mode::Labels,
                None => Mode::Members,
            },
            key_kind: match self.agreement.key_kind {
                hefu_casework::KeyKind::Person => KeyKind::Person,
                hefu_casework::KeyKind::Rule => KeyKind::Rule,
                hefu_casework::KeyKind::Referral => KeyKind::Referral,
            },
            label: self.agreement.label_width(),
            width: u16::try_from(self.agreement.element_width()).map_err(|_| Error::Internal {
                what: "element width",
            })?,
            receiver_cap: to.max_elements,
            sender_cap: from.max_elements,
        })
    }

    /// Whether what the party at `receiver` learns here comes of checks before a payment: it is the other one that enters
    /// a roll.
    pub(crate) fn checks(&self, receiver: usize) -> bool {
        receiver == self.me && self.is_of_checks()
    }

    pub(crate) fn is_of_checks(&self) -> bool {
        self.agreement.purpose == Purpose::Precheck
    }

    /// A check enters as many elements as agreed: a smaller set would tell of how many people it is.
    fn must_be_filled(&self, receiver: usize, announced: u64) -> Result<()> {
        if self.is_of_checks() && announced < self.agreement.party(receiver)?.max_elements {
            return Err(policy("precheck_not_filled", Abort::AgreementMismatch));
        }
        Ok(())
    }

    /// Until when a session that begins now waits to be gone on with.
    pub(crate) fn expiry(&self) -> Timestamp {
        let wait = SignedDuration::from_hours(self.agreement.resume_hours.into());
        let waits = Timestamp::now().saturating_add(wait).unwrap_or(Timestamp::MAX);
        match &self.agreement.under {
            Some(under) => waits.min(under.run_until),
            None => waits,
        }
    }

    /// Whether the peer's card is of the node that the agreement names. The card binds that node's present TLS key,
    /// which may have changed since the agreement was signed.
    pub(crate) fn must_be(&self, card: &Card) -> Result<()> {
        let party = self.agreement.party(self.peer)?;
        if party.node_key.0 == card.node_key() {
            return Ok(());
        }
        Err(policy("agreement_other_party", Abort::AgreementMismatch))
    }

    pub(crate) fn must_receive(&self, index: usize) -> Result<()> {
        if self.agreement.may_receive(index) {
            return Ok(());
        }
        Err(policy("agreement_not_receiver", Abort::AgreementMismatch))
    }
}

pub(crate) fn policy(reason: &'static str, abort: Abort) -> Error {
    Error::Policy { reason, abort }
}
