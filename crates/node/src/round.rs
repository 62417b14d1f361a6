//! Rounds: as the receiver that asks and learns, and as the sender that answers a call.

use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use hefu_casework::{
    AidRecord, ElementSet, Finding, Hex, MonthRange, Outcome, Place, Purpose, elements, findings,
};
use hefu_link::{Card, Listener, Traffic, dial};
use hefu_psi::wire::Abort;
use hefu_psi::{Elements, Ristretto255, SignedReceipt};
use hefu_store::{DatasetId, Role, Round, RoundState};
use jiff::Timestamp;
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::agreement::{InForce, policy};
use crate::guard::{Calls, Strangers};
use crate::runner::Call;
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
    /// Frames and bytes.
    pub traffic: Traffic,
}

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
        let mut strangers = Strangers::default();
        let calls = Arc::new(Calls::default());
        let mut answering = JoinSet::new();
        loop {
            while answering.try_join_next().is_some() {}
            match listener.accept().await {
                Ok(connection) => {
                    let (node, calls) = (Arc::clone(&self), Arc::clone(&calls));
                    answering.spawn(async move {
                        let card = connection.peer().clone();
                        let answered = match calls.turn(card.node_key()) {
                            Some(_turn) => node.answer(connection).await,
                            None => {
                                let _ = connection.split().0.abort(&Abort::Policy).await;
                                Err(policy("peer_too_many_calls", Abort::Policy))
                            }
                        };
                        if let Err(error) = answered {
                            node.note_failure("call_failed", card.name(), &error);
                        }
                    });
                }
                Err(error) => {
                    if matches!(error, hefu_link::Error::Accept { .. }) {
                        // Out of file descriptors, or the listener is gone: without a pause this would spin.
                        sleep(Duration::from_millis(100)).await;
                    }
                    let error = error.into();
                    match strangers.one_more() {
                        Some(untold) => self.note_failure_with("call_refused", "", &error, untold),
                        None => tracing::warn!(node = self.name(), code = error.code(), "call refused"),
                    }
                }
            }
        }
    }

    /// Runs a round as its receiver, against the other party of the agreement.
    ///
    /// # Errors
    /// Whatever ended it; the round's record says so too, and no finding is kept.
    pub async fn run_round(self: &Arc<Self>, agreement: &[u8; 32]) -> Result<Learned> {
        let (in_force, card) = self.whom_to_ask(agreement).inspect_err(|error| {
            self.note_failure("round_failed", "", error);
        })?;
        let mut round = self.begin(&in_force, Role::Receiver)?;

        let learned = async {
            let (in_force, set) = self
                .enter(in_force, round.datasets.clone(), Role::Receiver)
                .await?;
            round.own_elements = Some(set.len() as u64);
            let packed = packed(&set)?;
            let limits = &self.surroundings.limits;
            let connection = dial(&self.keys, &card, limits, self.surroundings.tap.clone()).await?;
            let node = Arc::clone(self);
            let fresh = Arc::new(move |key: &[u8; 32]| Ok(node.store.remember_public_key(key)?));
            let received = self
                .runner()
                .receive::<Ristretto255>(
                    connection,
                    in_force.terms(in_force.me)?,
                    packed,
                    (self.surroundings.randomness)(),
                    fresh,
                )
                .await?;
            let outcome = findings(
                &in_force.agreement,
                in_force.me,
                &set,
                &received.matches.indices,
                &[],
            )?;
            Ok::<_, Error>((in_force, outcome, received))
        }
        .await;

        match learned {
            Ok((in_force, outcome, received)) => {
                round.peer_elements = Some(received.matches.sender_elements);
                round.matched = Some(received.matches.indices.len() as u64);
                self.end(&mut round, RoundState::Done, received.traffic, &outcome.findings)?;
                self.log_receipt(&round, &received.matches.receipt)?;
                Ok(Learned {
                    round: round.id,
                    agreement: in_force.agreement.number,
                    purpose: in_force.agreement.purpose,
                    peer: card.name().to_string(),
                    outcome,
                    own_elements: round.own_elements.unwrap_or_default(),
                    peer_elements: received.matches.sender_elements,
                    traffic: received.traffic,
                })
            }
            Err(error) => {
                self.end_badly(&mut round, &error)?;
                self.note_failure("round_failed", card.name(), &error);
                Err(error)
            }
        }
    }

    /// The agreement, if this node may learn under it, and the card of the party to ask.
    fn whom_to_ask(&self, agreement: &[u8; 32]) -> Result<(InForce, Card)> {
        let in_force = self.in_force(agreement)?;
        in_force.must_receive(in_force.me)?;
        let peer = in_force.agreement.party(in_force.peer)?;
        let card = self
            .book()
            .by_node_key(&peer.node_key.0)
            .ok_or_else(|| Error::Missing {
                what: "peer",
                name: peer.name.clone(),
            })?;
        in_force.must_be(&card)?;
        Ok((in_force, card))
    }

    /// What the node's own records break among themselves, without any peer.
    ///
    /// # Errors
    /// When records can't be read.
    pub fn local_findings(&self, place: &Place, months: MonthRange) -> Result<Vec<Finding>> {
        let aliases = self.aliases();
        self.with_records(&self.current_datasets()?, |records| {
            Ok(hefu_casework::local_findings(
                &self.rules,
                place,
                months,
                &aliases,
                records,
            )?)
        })
    }

    /// A peer calls: only the agreement that it names decides whether, and what, it gets.
    async fn answer(self: &Arc<Self>, connection: hefu_link::Connection) -> Result<()> {
        let caller = connection.peer().clone();
        let mut call = Call::take(connection).await?;
        let in_force = match self.admits(&call.open, &caller) {
            Ok(in_force) => in_force,
            Err(error) => {
                if let Some(reason) = error.abort() {
                    call.refuse(&reason).await;
                }
                return Err(error);
            }
        };
        // What a peer asks about is on record before a record is touched for it.
        let asked = json!({
            "peer": caller.name(), "agreement": Hex(in_force.digest), "announced": call.open.elements,
        });
        let begun = self
            .log("session_opened", &asked)
            .and_then(|()| self.begin(&in_force, Role::Sender));
        let mut round = match begun {
            Ok(round) => round,
            Err(error) => {
                call.refuse(&Abort::Internal).await;
                return Err(error);
            }
        };
        round.peer_elements = Some(call.open.elements);
        let entered = call
            .while_alive(self.enter(in_force, round.datasets.clone(), Role::Sender))
            .await;
        let sent = match entered.and_then(|(in_force, set)| {
            round.own_elements = Some(set.len() as u64);
            Ok((in_force.terms(in_force.peer)?, packed(&set)?))
        }) {
            Ok((terms, elements)) => {
                self.runner()
                    .send::<Ristretto255>(call, terms, elements, (self.surroundings.randomness)())
                    .await
            }
            Err(error) => {
                call.refuse(&error.abort().unwrap_or(Abort::Internal)).await;
                Err(error)
            }
        };
        match sent {
            Ok(sent) => {
                self.end(&mut round, RoundState::Done, sent.traffic, &[])?;
                self.log_receipt(&round, &sent.receipt)
            }
            Err(error) => {
                self.end_badly(&mut round, &error)?;
                Err(error)
            }
        }
    }

    fn begin(&self, in_force: &InForce, role: Role) -> Result<Round> {
        let mut id = [0u8; 32];
        crate::runner::system_randomness().fill_bytes(&mut id);
        let round = Round {
            id,
            agreement: in_force.digest,
            peer: in_force.agreement.party(in_force.peer)?.node_key.0,
            role,
            datasets: self.current_datasets()?,
            state: RoundState::Running,
            started_at: Timestamp::now(),
            ended_at: None,
            own_elements: None,
            peer_elements: None,
            matched: None,
            bytes_out: 0,
            bytes_in: 0,
            error: None,
        };
        self.store.put_round(&round)?;
        Ok(round)
    }

    fn end(
        &self,
        round: &mut Round,
        state: RoundState,
        traffic: Traffic,
        findings: &[Finding],
    ) -> Result<()> {
        round.state = state;
        round.ended_at = Some(Timestamp::now());
        round.bytes_out = traffic.bytes_sent;
        round.bytes_in = traffic.bytes_received;
        self.store.end_round(round, findings)?;
        Ok(())
    }

    fn end_badly(&self, round: &mut Round, error: &Error) -> Result<()> {
        round.error = Some(error.code().to_string());
        let state = if error.is_refusal() {
            RoundState::Refused
        } else {
            RoundState::Failed
        };
        let traffic = match error {
            Error::BrokenOff { traffic, .. } => *traffic,
            _ => Traffic::default(),
        };
        self.end(round, state, traffic, &[])
    }

    /// Makes the set that this node enters, on a thread of its own.
    async fn enter(
        self: &Arc<Self>,
        in_force: InForce,
        datasets: Vec<DatasetId>,
        role: Role,
    ) -> Result<(InForce, ElementSet)> {
        let node = Arc::clone(self);
        let work = move || {
            let receiver = if role == Role::Receiver {
                in_force.me
            } else {
                in_force.peer
            };
            let aliases = node.aliases();
            let set = node.with_records(&datasets, |records| {
                Ok(elements(
                    &in_force.agreement,
                    &node.rules,
                    in_force.me,
                    receiver,
                    &aliases,
                    records,
                )?)
            })?;
            Ok((in_force, set))
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or(Err(Error::Internal {
                what: "the entering thread",
            }))
    }

    /// Streams the records of datasets through a small channel: they are unsealed on another thread than `work` runs on.
    fn with_records<T>(
        &self,
        datasets: &[DatasetId],
        work: impl FnOnce(&mut dyn Iterator<Item = AidRecord>) -> Result<T>,
    ) -> Result<T> {
        const WAITING: usize = 1024;
        std::thread::scope(|scope| {
            let (sender, receiver) = mpsc::sync_channel(WAITING);
            let reading = scope.spawn(move || {
                for dataset in datasets {
                    self.store.records(*dataset, &mut |record| {
                        // A closed channel means that the work has failed; its error says more.
                        sender.send(record).map_err(|_| Error::Internal {
                            what: "reading records",
                        })
                    })?;
                }
                Ok::<_, Error>(())
            });
            let done = work(&mut receiver.into_iter());
            let read = reading.join().unwrap_or(Err(Error::Internal {
                what: "the reading thread",
            }));
            let done = done?;
            read?;
            Ok(done)
        })
    }

    fn log_receipt(&self, round: &Round, signed: &SignedReceipt) -> Result<()> {
        let receipt = &signed.receipt;
        tracing::info!(node = self.name(), role = round.role.code(), "round done");
        self.log(
            "round_done",
            &json!({
                "round": Hex(round.id),
                "role": round.role.code(),
                "agreement": Hex(round.agreement),
                "session": Hex(receipt.sid.0),
                "receiver_elements": receipt.receiver_elements,
                "sender_elements": receipt.sender_elements,
                "blinded": Hex(receipt.blinded),
                "evaluated": Hex(receipt.evaluated),
                "tags": Hex(receipt.tags),
                "by_receiver": Hex(signed.by_receiver),
                "by_sender": Hex(signed.by_sender),
            }),
        )
    }

    /// Both logs say why: the chained one, and the stream for the operators.
    fn note_failure(&self, kind: &'static str, peer: &str, error: &Error) {
        self.note_failure_with(kind, peer, error, 0);
    }

    fn note_failure_with(&self, kind: &'static str, peer: &str, error: &Error, untold: u64) {
        tracing::warn!(node = self.name(), peer, code = error.code(), "{kind}: {error}");
        let params: serde_json::Map<String, serde_json::Value> = error
            .params()
            .into_iter()
            .map(|(name, value)| (name.to_string(), value.into()))
            .collect();
        let body = json!({ "peer": peer, "code": error.code(), "params": params, "untold": untold });
        if let Err(failed) = self.log(kind, &body) {
            tracing::error!(
                node = self.name(),
                code = failed.code(),
                "the log can't be written"
            );
        }
    }
}

fn packed(set: &ElementSet) -> Result<Elements> {
    let mut bytes = set.bytes();
    Elements::new(set.width(), std::mem::take(&mut *bytes)).map_err(|_| Error::Internal {
        what: "packing elements",
    })
}
