//! A round as its sender: a peer calls, and this node answers what the agreement allows.

use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{Hex, Month};
use hefu_link::{Card, Connection, Listener};
use hefu_psi::wire::{Abort, Open};
use hefu_psi::{Ristretto255, SessionSeed};
use hefu_store::{Debit, Entry, NewSession, Role, Round, RoundState, Session};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::active::Place;
use super::ask::add_traffic;
use super::journal::Kept;
use super::packed;
use crate::agreement::{InForce, policy};
use crate::digest::sha256;
use crate::guard::{Calls, Repeats};
use crate::runner::{Call, Own, Said};
use crate::{Error, Node, Result};

impl Node {
    /// Listens for peers on `address`.
    ///
    /// # Errors
    /// When the address can't be listened on.
    pub async fn listen(&self, address: &str) -> Result<Listener> {
        let Self {
            surroundings, keys, ..
        } = self;
        Ok(Listener::bind(
            address,
            keys,
            self.book(),
            surroundings.limits,
            surroundings.tap.clone(),
        )
        .await?)
    }

    /// Answers every caller at once, until it is dropped, and the calls with it. A failed call is logged and does not
    /// stop the others.
    pub async fn serve(self: Arc<Self>, listener: Listener) {
        let repeats = Arc::new(Repeats::default());
        let calls = Arc::new(Calls::default());
        let mut answering = JoinSet::new();
        loop {
            while answering.try_join_next().is_some() {}
            match listener.accept().await {
                Ok(connection) => {
                    let (node, calls, repeats) =
                        (Arc::clone(&self), Arc::clone(&calls), Arc::clone(&repeats));
                    answering.spawn(async move {
                        let card = connection.peer().clone();
                        let answered = match calls.turn(card.node_key()) {
                            Some(_turn) => node.answer(connection).await,
                            None => {
                                let _ = connection.split().0.abort(&Abort::Interrupted).await;
                                Err(policy("peer_too_many_calls", Abort::Interrupted))
                            }
                        };
                        match answered {
                            Err(error) if error.can_go_on() => {
                                tracing::info!(
                                    node = node.name(),
                                    peer = card.name(),
                                    code = error.code(),
                                    "call interrupted"
                                );
                            }
                            Err(error) => {
                                if let Some(untold) = repeats.one_more(Some(card.node_key()), error.code()) {
                                    node.note_failure_with("call_failed", card.name(), &error, untold);
                                }
                            }
                            Ok(()) => {}
                        }
                    });
                }
                Err(error) => {
                    if matches!(error, hefu_link::Error::Accept { .. }) {
                        // Out of file descriptors, or the listener is gone: without a pause this would spin.
                        sleep(Duration::from_millis(100)).await;
                    }
                    let error = error.into();
                    match repeats.one_more(None, "call_refused") {
                        Some(untold) => self.note_failure_with("call_refused", "", &error, untold),
                        None => tracing::warn!(node = self.name(), code = error.code(), "call refused"),
                    }
                }
            }
        }
    }

    /// What a caller says first decides what it is about.
    async fn answer(self: &Arc<Self>, connection: Connection) -> Result<()> {
        let caller = connection.peer().clone();
        match Call::take(connection).await? {
            Said::Open(call) => self.answer_open(call, &caller).await,
            Said::Document(visit) => self.answer_visit(visit, &caller).await,
        }
    }

    async fn answer_open(self: &Arc<Self>, call: Call, caller: &Card) -> Result<()> {
        match self.called(&call.open, caller, false).await {
            Ok(round) => self.resume(call, round).await,
            Err(error) => refuse(call, error).await,
        }
    }

    /// An opening either begins a session or names one that this node has on record.
    pub(crate) async fn called(
        self: &Arc<Self>,
        open: &Open,
        caller: &Card,
        by_files: bool,
    ) -> Result<[u8; 32]> {
        let _one_at_a_time = self.active.admission(&open.agreement).await;
        let call = sha256(&open.encode());
        match self.store.session_by_call(Role::Sender, &call)? {
            Some(session) if session.by_files == by_files => self.is_with(&session, caller),
            Some(session) => Err(Error::OtherCarrier {
                peer: caller.name().to_owned(),
                carrier: if session.by_files { "files" } else { "line" },
            }),
            None if self.store.is_given_up(&caller.node_key(), &call)? => {
                Err(hefu_psi::Error::Refused(Abort::Cancelled).into())
            }
            None => {
                self.must_be_carried(caller, by_files)?;
                self.must_go_both_ways(caller)?;
                self.admit(open, caller, by_files).await
            }
        }
    }

    /// A new session: everything that can be refused is refused, the announced size is debited and on record, and only
    /// then is a record touched.
    async fn admit(self: &Arc<Self>, open: &Open, caller: &Card, by_files: bool) -> Result<[u8; 32]> {
        let in_force = self.admits(open, caller)?;
        // Also where it is not answered then: of a leg, each run is one session.
        self.supersede(&in_force).await?;
        let mut round = self.begin(&in_force, Role::Sender)?;
        round.peer_elements = Some(open.elements);
        let seed = SessionSeed::generate(&mut *(self.surroundings.randomness)());
        let bytes = open.encode();
        let (agreement, limits) = (&in_force.agreement, &self.surroundings.policy);
        let kin = self.dossiers.of_lineage(&agreement.lineage());
        let today = crate::node::today();
        let entry = json!({
            "round": Hex(round.id), "role": "sender", "peer": caller.name(), "agreement": Hex(in_force.digest),
            "purpose": agreement.purpose, "announced": open.elements,
        });
        self.store.begin_session(&NewSession {
            round: &round,
            open: &bytes,
            seed: seed.as_bytes(),
            expires_at: in_force.expiry(),
            by_files,
            entered: None,
            debit: Some(Debit {
                month: Month::of(today),
                purpose: agreement.purpose.code(),
                elements: open.elements,
                limit: limits.max_elements_a_month_from_peer,
                rounds_limit: match agreement.checks_a_day {
                    Some(_) => agreement.rounds_a_month,
                    None => agreement.rounds_a_month.min(limits.max_rounds_a_month),
                },
                kin: &kin,
                checks: agreement
                    .checks_a_day
                    .map(|checks| (today, checks.min(limits.max_checks_a_day))),
            }),
            entry: Entry {
                actor: "node",
                kind: "session_opened",
                body: &entry,
            },
        })?;
        Ok(round.id)
    }

    /// A receiver runs one session under an agreement at a time, so a new one means that it has given up the old one, or
    /// that it is done with one that is answered by files, whose receipt may be on the way.
    async fn supersede(self: &Arc<Self>, in_force: &InForce) -> Result<()> {
        for session in self.store.open_sessions()? {
            let Some(round) = self.store.round(&session.round)? else {
                continue;
            };
            let over = session.answered_at.is_none();
            if over && round.role == Role::Sender && round.agreement == in_force.digest {
                self.end_session_as(&round.id, &Abort::Cancelled, "peer").await?;
            }
        }
        Ok(())
    }

    /// Runs the session from its beginning, or from where it stopped; of one that has ended, says how.
    async fn resume(self: &Arc<Self>, mut call: Call, round: [u8; 32]) -> Result<()> {
        // A receiver that calls again has lost its line, whatever this side still believes of it.
        let turn = call.while_alive(self.active.take_over(&round)).await;
        // What ran until now may have come to its end: only from here on does the record stand still.
        let (session, mut round) = match self.recorded(&round) {
            Ok(recorded) => recorded,
            Err(error) => return refuse(call, error).await,
        };
        if session.end.is_some() {
            drop(turn);
            return self.repeat(call, &session, &round).await;
        }
        let (place, stop) = turn.split();
        let Some(ended) = stop.or(self.attempt_to_answer(call, &mut round, place)).await else {
            return Err(Error::Stopped);
        };
        let Err(error) = ended else { return Ok(()) };
        if error.can_go_on() {
            self.active.interrupt(&round.id, error.code());
        } else {
            self.end_badly(&mut round, &error)?;
        }
        Err(error)
    }

    async fn attempt_to_answer(
        self: &Arc<Self>,
        mut call: Call,
        round: &mut Round,
        place: Place,
    ) -> Result<()> {
        let place = Arc::new(place);
        let prepared = async {
            let in_force = self.signed(&round.agreement)?;
            let seed = self.seed(&round.id)?;
            let (in_force, set) = self.enter(in_force, round, Arc::clone(&place)).await?;
            let own = Own {
                elements: packed(&set)?,
                labels: set.labels(),
            };
            let journal = Arc::new(Kept::new(Arc::clone(self), round.id)?);
            Ok::<_, Error>((in_force.terms(in_force.peer)?, own, seed, journal))
        };
        let (terms, own, seed, journal) = match call.while_alive(prepared).await {
            Ok(prepared) => prepared,
            Err(error) => return refuse(call, error).await,
        };
        let sent = self
            .runner(&round.id)
            .send::<Ristretto255>(
                call,
                terms,
                own,
                seed,
                (self.surroundings.randomness)(),
                journal,
                place,
            )
            .await?;
        if let Some(mut ended) = self.store.round(&round.id)? {
            add_traffic(&mut ended, sent.traffic);
            self.store.put_round(&ended)?;
        }
        Ok(())
    }

    /// The session has ended here: the receiver is told how, as often as it asks.
    async fn repeat(self: &Arc<Self>, call: Call, session: &Session, round: &Round) -> Result<()> {
        let done = (round.state == RoundState::Done).then_some((
            &session.accept,
            &session.peer_receipt,
            &session.receipt,
        ));
        if let Some((Some(accept), Some(theirs), Some(own))) = done {
            let chunks = crate::runner::chunks_of(call.open.elements);
            self.runner(&round.id)
                .repeat(call, accept.clone(), chunks, theirs.clone(), own.clone())
                .await
        } else {
            let reason = session
                .end
                .as_ref()
                .and_then(|end| hefu_psi::wire::decode_abort(&end.reason));
            call.refuse(&reason.unwrap_or(Abort::Internal)).await;
            Ok(())
        }
    }

    /// The round behind a session on record, if it is this caller's.
    fn is_with(&self, session: &Session, caller: &Card) -> Result<[u8; 32]> {
        self.store
            .round(&session.round)?
            .filter(|round| round.peer == caller.node_key())
            .map(|round| round.id)
            .ok_or_else(|| policy("agreement_unknown", Abort::AgreementUnknown))
    }

    pub(crate) fn recorded(&self, round: &[u8; 32]) -> Result<(Session, Round)> {
        let missing = || Error::Internal {
            what: "a session's record",
        };
        Ok((
            self.store.session(round)?.ok_or_else(missing)?,
            self.store.round(round)?.ok_or_else(missing)?,
        ))
    }
}

async fn refuse(call: Call, error: Error) -> Result<()> {
    if let Some(reason) = error.abort() {
        call.refuse(&reason).await;
    }
    Err(error)
}
