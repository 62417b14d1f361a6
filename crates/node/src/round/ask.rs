//! A round as its receiver: this node asks, and learns.

use std::sync::Arc;

use hefu_casework::{ElementSet, Hex, Outcome, Purpose, findings};
use hefu_link::{Card, Traffic, dial};
use hefu_psi::wire::Abort;
use hefu_psi::{Blinding, Ristretto255, SessionSeed, SignedReceipt};
use hefu_store::{Entry, NewSession, Role, Round};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::active::{Place, Turn};
use super::journal::Kept;
use super::{Learning, evidence, packed};
use crate::agreement::{InForce, policy};
use crate::review::matched_on;
use crate::runner::Concluded;
use crate::{Error, Node, Result};

/// What the receiver of a round has learned.
pub struct Learned {
    /// The round's id on this node.
    pub round: [u8; 32],
    /// The agreement's number.
    pub agreement: String,
    /// What the round was for.
    pub purpose: Purpose,
    /// The sender's name.
    pub peer: String,
    /// Findings, and what could not be found.
    pub outcome: Outcome,
    /// Elements entered here.
    pub own_elements: u64,
    /// Elements the peer entered.
    pub peer_elements: u64,
    /// Frames and bytes of the last line.
    pub traffic: Traffic,
}

impl Node {
    /// Begins a round under an agreement and follows it until it ends, or the line does.
    ///
    /// # Errors
    /// Whatever ended it; the round's record says so too, and no finding is kept. Where [`Error::can_go_on`], the
    /// round is not over: [`Node::go_on`] takes it up where it stopped, and so does a serving node by itself.
    /// A peer that is reached by files is not asked while somebody waits: [`Node::begin_round`] begins such a round.
    pub async fn run_round(self: &Arc<Self>, agreement: &[u8; 32]) -> Result<Learned> {
        let in_force = self.may_ask(agreement).inspect_err(|error| {
            self.note_failure("round_failed", "", error);
        })?;
        self.must_be_carried(&self.card_of(&in_force)?, false)?;
        let (round, turn) = self.put_on_record(agreement, "node").await?;
        self.go_on_in(turn, &round).await
    }

    /// Begins a round: fixes what it enters and puts the session on record, before any peer is called.
    ///
    /// # Errors
    /// When the agreement, this node's policy or its records do not allow it.
    pub async fn begin_round(self: &Arc<Self>, agreement: &[u8; 32], actor: &str) -> Result<[u8; 32]> {
        let (round, turn) = self.put_on_record(agreement, actor).await?;
        drop(turn);
        self.active.begin();
        self.ferry.notify();
        Ok(round)
    }

    /// Begins a round, and has it before a serving node can take it up by itself.
    async fn put_on_record(self: &Arc<Self>, agreement: &[u8; 32], actor: &str) -> Result<([u8; 32], Turn)> {
        // Two that begin at once would each think that it is the only one.
        let _one_at_a_time = self.active.admission(agreement).await;
        let in_force = self
            .may_ask(agreement)
            .and_then(|in_force| match in_force.is_of_checks() {
                // Of whom, nobody has said.
                true => Err(policy("precheck_is_no_round", Abort::Policy)),
                false => Ok(in_force),
            });
        let in_force = in_force.inspect_err(|error| {
            self.note_failure("round_failed", "", error);
        })?;
        let by_files = self
            .store
            .carrier(&self.card_of(&in_force)?.node_key())?
            .by_files();
        let peer = in_force.agreement.party(in_force.peer)?.name.clone();
        let mut round = self.begin(&in_force, Role::Receiver)?;
        let turn = self.turn(&round.id)?;
        // On record together with its session, or as one that came to none: never as one that runs without.
        let opened = self.open_session(&mut round, in_force, by_files, actor).await;
        if let Err(error) = opened {
            self.end_badly(&mut round, &error)?;
            self.note_failure("round_failed", &peer, &error);
            return Err(error);
        }
        Ok((round.id, turn))
    }

    async fn open_session(
        self: &Arc<Self>,
        round: &mut Round,
        in_force: InForce,
        by_files: bool,
        actor: &str,
    ) -> Result<()> {
        let (in_force, set) = self.enter(in_force, round, ()).await?;
        round.own_elements = Some(set.len() as u64);
        let seed = SessionSeed::generate(&mut *(self.surroundings.randomness)());
        let terms = in_force.terms(in_force.me)?;
        let (_, opening) = Blinding::<Ristretto255>::open(terms, packed(&set)?, &seed)?;
        let entry = opened(round, &in_force)?;
        Ok(self.store.begin_session(&NewSession {
            round,
            open: &opening.message().encode(),
            seed: seed.as_bytes(),
            expires_at: in_force.expiry(),
            by_files,
            entered: None,
            debit: None,
            entry: Entry {
                actor,
                kind: "session_opened",
                body: &entry,
            },
        })?)
    }

    /// Takes a round up where it stopped, once: it ends, or the line does.
    ///
    /// # Errors
    /// As [`Node::run_round`]; also when somebody works on it already.
    pub async fn go_on(self: &Arc<Self>, round: &[u8; 32]) -> Result<Learned> {
        let turn = self.turn(round)?;
        self.go_on_in(turn, round).await
    }

    pub(crate) fn turn(&self, round: &[u8; 32]) -> Result<Turn> {
        let turn = self.active.turn(round);
        turn.ok_or_else(|| policy("round_under_way", Abort::Policy))
    }

    pub(crate) async fn go_on_in(self: &Arc<Self>, turn: Turn, round: &[u8; 32]) -> Result<Learned> {
        let (place, stop) = turn.split();
        let mut record = self.open_round(round, Role::Receiver)?;
        if self.store.session(round)?.is_some_and(|session| session.by_files) {
            return Err(Error::OtherCarrier {
                peer: self.peer_name(&record.peer),
                carrier: "files",
            });
        }
        let attempt = self.attempt(&mut record, place);
        let ended = match stop.or(attempt).await {
            Some(ended) => ended,
            None => return Err(Error::Stopped),
        };
        let Err(error) = &ended else { return ended };
        let peer = self.peer_name(&record.peer);
        if matches!(error, Error::InVain { .. }) {
            // It is on record, and nothing is told.
            tracing::warn!(
                node = self.name(),
                peer,
                code = error.code(),
                "the result can't be used"
            );
        } else if error.can_go_on() {
            self.active.interrupt(round, error.code());
            tracing::info!(node = self.name(), peer, code = error.code(), "round interrupted");
        } else {
            self.note_failure("round_failed", &peer, error);
            self.end_badly(&mut record, error)?;
        }
        ended
    }

    async fn attempt(self: &Arc<Self>, round: &mut Round, place: Place) -> Result<Learned> {
        // Held until all is on record, and by each thread for as long as it works.
        let place = Arc::new(place);
        let in_force = self.signed(&round.agreement)?;
        let card = self.card_of(&in_force)?;
        let seed = self.seed(&round.id)?;
        let (in_force, set) = self.enter(in_force, round, Arc::clone(&place)).await?;
        let elements = packed(&set)?;
        let limits = &self.surroundings.limits;
        let connection = dial(&self.keys, &card, limits, self.surroundings.tap.clone()).await?;
        let journal = Arc::new(Kept::new(Arc::clone(self), round.id)?);
        let terms = in_force.terms(in_force.me)?;
        let received = self
            .runner(&round.id)
            .receive::<Ristretto255>(connection, terms, elements, seed, journal.clone(), place.clone())
            .await?;
        add_traffic(round, received.traffic);
        self.conclude_asking(round, &in_force, &set, received.concluded, &journal)
            .map(|(outcome, peer_elements)| Learned {
                round: round.id,
                agreement: in_force.agreement.number,
                purpose: in_force.agreement.purpose,
                peer: card.name().to_string(),
                outcome,
                own_elements: round.own_elements.unwrap_or_default(),
                peer_elements,
                traffic: received.traffic,
            })
    }

    /// Looks at the result, once the line is closed. From here on the sender hears nothing, whatever comes of it, and the
    /// log grows by one entry, whose number the next receipt tells.
    pub(crate) fn conclude_asking(
        &self,
        round: &mut Round,
        in_force: &InForce,
        set: &ElementSet,
        concluded: Concluded,
        journal: &Kept,
    ) -> Result<(Outcome, u64)> {
        let signed = concluded.signed.clone();
        let peer_elements = signed.receipt.sender_elements;
        round.peer_elements = Some(peer_elements);
        // From here on it is of this day, also for whoever derives its findings once more.
        round.ended_at = Some(Timestamp::now());
        let on = matched_on(round);
        if in_force.is_of_checks() {
            let outcome = self.conclude_check(round, in_force, set, concluded)?;
            return Ok((outcome, peer_elements));
        }
        let result = concluded.matches().and_then(|matches| {
            let labels: Vec<u8> = (0..matches.indices.len())
                .flat_map(|index| matches.labels.get(index).iter().copied())
                .collect();
            let outcome = findings(
                &in_force.agreement,
                in_force.me,
                set,
                &matches.indices,
                &labels,
                on,
            )?;
            Ok((matches, outcome))
        });
        let (matches, outcome) = match result {
            Ok(result) => result,
            Err(error) => return Err(self.in_vain(round, &signed, error)?),
        };
        round.matched = Some(matches.indices.len() as u64);
        let (terms, seed) = (in_force.terms(in_force.me)?, self.seed(&round.id)?);
        let evidence = match evidence::of_findings(&terms, &seed, journal, &matches, set, &outcome) {
            // The findings stand without it, and both have signed; the entry says that it is not there.
            Err(Error::Psi(_) | Error::Spool { .. }) => None,
            made => Some(made?),
        };
        let learned = Learning {
            outcome: Some(&outcome),
            evidence,
            checked: None,
        };
        self.end_asking(round, &signed, &learned)?;
        Ok((outcome, peer_elements))
    }

    /// Ends a round whose result can't be used, and gives the error that says so.
    fn in_vain(&self, round: &mut Round, signed: &SignedReceipt, error: Error) -> Result<Error> {
        round.error = Some(error.code().to_owned());
        self.end_in_vain(round, signed)?;
        Ok(Error::InVain {
            cause: Box::new(error),
        })
    }

    /// As [`Node::conclude_asking`], of a check: what it says of each person is kept in place of findings, and how many
    /// matched is nobody's business.
    fn conclude_check(
        &self,
        round: &mut Round,
        in_force: &InForce,
        set: &ElementSet,
        concluded: Concluded,
    ) -> Result<Outcome> {
        let signed = concluded.signed.clone();
        let result = concluded
            .matches()
            .and_then(|matches| self.checked_people(&round.id, in_force, set, &matches.indices));
        let checked = match result {
            Ok(checked) => checked,
            Err(error) => return Err(self.in_vain(round, &signed, error)?),
        };
        let learned = Learning {
            checked: Some(&checked),
            ..Learning::default()
        };
        self.end_asking(round, &signed, &learned)?;
        Ok(Outcome {
            findings: Vec::new(),
            cannot_find: set.cannot_find().to_vec(),
        })
    }

    /// The agreement, if this node may learn under it now and asks under it nowhere else.
    pub(crate) fn may_ask(&self, agreement: &[u8; 32]) -> Result<InForce> {
        let in_force = self.in_force(agreement)?;
        in_force.must_receive(in_force.me)?;
        self.open_leg(&in_force, in_force.me)?;
        self.must_go_both_ways(&self.card_of(&in_force)?)?;
        let open = self.store.open_sessions()?;
        for session in open {
            let round = self.store.round(&session.round)?;
            if round.is_some_and(|round| round.agreement == *agreement && round.role == Role::Receiver) {
                return Err(policy("round_already_open", Abort::Policy));
            }
        }
        Ok(in_force)
    }

    /// The card of the other party, if it is still the one that the agreement names.
    pub(crate) fn card_of(&self, in_force: &InForce) -> Result<Card> {
        let peer = in_force.agreement.party(in_force.peer)?;
        let card = self
            .book()
            .by_node_key(&peer.node_key.0)
            .ok_or_else(|| Error::Missing {
                what: "peer",
                name: peer.name.clone(),
            })?;
        in_force.must_be(&card)?;
        Ok(card)
    }
}

/// What the log says of a session that is opened.
pub(crate) fn opened(round: &Round, in_force: &InForce) -> Result<Value> {
    let agreement = &in_force.agreement;
    Ok(json!({
        "round": Hex(round.id), "role": "receiver", "peer": agreement.party(in_force.peer)?.name,
        "agreement": Hex(in_force.digest), "purpose": agreement.purpose, "entered": round.own_elements,
    }))
}

pub(super) fn add_traffic(round: &mut Round, traffic: Traffic) {
    round.bytes_out += traffic.bytes_sent;
    round.bytes_in += traffic.bytes_received;
}
