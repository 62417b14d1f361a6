//! Papers between two nodes, outside of any session: who they are and what time they have, the state of their
//! agreements, and that a round has ended.
//!
//! ```text
//! caller                                   answering node
//! greeting: version, time, agreements  -->
//!                                      <-- greeting
//! agreement                            -->            each that differs, or that the other side lacks
//!                                      <-- agreement  as it stands with both sides' signatures
//! wanted: digest                       -->            each that only the other side has
//!                                      <-- agreement
//! ended: session, reason               -->
//!                                      <-- ended      so noted
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{Dossier, DossierState, Hex, canonical};
use hefu_link::{Card, Receiver, Sender, dial};
use hefu_psi::wire::{Abort, Document, Kind, PROTOCOL_VERSION, decode_abort};
use hefu_store::Role;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use crate::digest::sha256;
use crate::runner::Visit;
use crate::{Error, Node, Result};

const GREETING: u8 = 1;
const AGREEMENT: u8 = 2;
const WANTED: u8 = 3;
const ENDED: u8 = 4;

/// A paper is awaited so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Agreements that one visit can carry, and that a peer may leave here unsigned.
const MANY: usize = 256;

/// What a node says of itself to a peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Greeting {
    /// The program's version.
    pub program: String,
    /// The protocol's version.
    pub protocol: u16,
    /// What time it has.
    pub at: Timestamp,
    /// The agreements between the two, by digest: the digest of the dossier.
    agreements: BTreeMap<Hex<32>, Hex<32>>,
}

impl Greeting {
    /// How far the peer's clock is ahead of this node's, in seconds, while the greeting was under way.
    #[must_use]
    pub fn ahead_seconds(&self, now: Timestamp) -> i64 {
        self.at.as_second() - now.as_second()
    }

    /// The digest of an agreement that stands otherwise on the other side, or not at all.
    pub(crate) fn differs(&self, own: &BTreeMap<[u8; 32], Dossier>) -> Option<String> {
        let state = |dossier: &Dossier| Hex(sha256(&dossier.to_bytes()));
        let mine = own
            .iter()
            .find(|(digest, dossier)| self.agreements.get(&Hex(**digest)) != Some(&state(dossier)));
        let theirs = self.agreements.keys().find(|digest| !own.contains_key(&digest.0));
        mine.map(|(digest, _)| Hex(*digest).to_string())
            .or_else(|| theirs.map(ToString::to_string))
    }
}

/// A line to a peer over which papers go.
pub(crate) struct Papers {
    writing: Sender,
    reading: Receiver,
}

impl Node {
    /// Brings the agreements between this node and a peer to the same state on both sides.
    ///
    /// # Errors
    /// When the peer can't be reached, or says what can't be.
    pub async fn exchange(self: &Arc<Self>, peer: &[u8; 32]) -> Result<Greeting> {
        let card = self.book().by_node_key(peer).ok_or_else(|| Error::Missing {
            what: "peer",
            name: Hex(*peer).to_string(),
        })?;
        let own = self.dossiers_with(&card)?;
        let mut papers = self.visit(&card).await?;
        papers.say(GREETING, &canonical::to_vec(&greeting(&own))).await?;
        let theirs: Greeting = parse(&papers.hear(GREETING).await?)?;
        self.note_clock(&card, &theirs);
        for (digest, dossier) in &own {
            let bytes = dossier.to_bytes();
            if theirs.agreements.get(&Hex(*digest)) != Some(&Hex(sha256(&bytes))) {
                papers.say(AGREEMENT, &bytes).await?;
                self.take_dossier(&papers.hear(AGREEMENT).await?, &card)?;
            }
        }
        let unknown = theirs
            .agreements
            .keys()
            .filter(|digest| !own.contains_key(&digest.0));
        for digest in unknown.take(MANY) {
            papers.say(WANTED, &digest.0).await?;
            self.take_dossier(&papers.hear(AGREEMENT).await?, &card)?;
        }
        papers.leave().await;
        Ok(theirs)
    }

    /// As [`Node::exchange`], with the other party of an agreement.
    pub(crate) async fn exchange_about(self: &Arc<Self>, agreement: &[u8; 32]) -> Result<Greeting> {
        let dossier = self.agreement(agreement)?;
        let peer = self.card_of_other(dossier.agreement())?;
        self.exchange(&peer.node_key()).await
    }

    /// Calls a peer in order to hand over papers.
    pub(crate) async fn visit(&self, card: &Card) -> Result<Papers> {
        let limits = &self.surroundings.limits;
        let connection = dial(&self.keys, card, limits, self.surroundings.tap.clone()).await?;
        let (writing, reading) = connection.split();
        Ok(Papers { writing, reading })
    }

    /// A peer hands over papers, one after another, until it leaves.
    pub(crate) async fn answer_visit(self: &Arc<Self>, visit: Visit, caller: &Card) -> Result<()> {
        let Visit {
            first: (mut kind, mut bytes),
            writing,
            reading,
        } = visit;
        let mut papers = Papers { writing, reading };
        for _ in 0..2 * MANY {
            match self.answer_paper(kind, &bytes, caller).await {
                Ok((kind, answer)) => papers.say(kind, &answer).await?,
                Err(error) => {
                    papers.refuse(&error).await;
                    return Err(error);
                }
            }
            match papers.hear_any().await {
                Ok(next) => (kind, bytes) = next,
                Err(Error::Link(hefu_link::Error::Closed { .. })) => break,
                Err(error) => return Err(error),
            }
        }
        papers.leave().await;
        Ok(())
    }

    async fn answer_paper(self: &Arc<Self>, kind: u8, bytes: &[u8], caller: &Card) -> Result<(u8, Vec<u8>)> {
        match kind {
            GREETING => {
                let theirs: Greeting = parse(bytes)?;
                self.note_clock(caller, &theirs);
                Ok((
                    GREETING,
                    canonical::to_vec(&greeting(&self.dossiers_with(caller)?)),
                ))
            }
            AGREEMENT => Ok((AGREEMENT, self.take_dossier(bytes, caller)?.to_bytes())),
            WANTED => {
                let digest: [u8; 32] = bytes.try_into().map_err(|_| malformed())?;
                let dossier = self
                    .dossiers_with(caller)?
                    .remove(&digest)
                    .ok_or_else(malformed)?;
                Ok((AGREEMENT, dossier.to_bytes()))
            }
            ENDED => {
                let (call, reason) = bytes.split_first_chunk::<32>().ok_or_else(malformed)?;
                let reason = decode_abort(reason).ok_or_else(malformed)?;
                self.hear_ended(call, &reason, caller).await?;
                Ok((ENDED, Vec::new()))
            }
            _ => Err(malformed()),
        }
    }

    /// A peer has given a session up. What this node does not know, or has ended itself, stays as it is.
    async fn hear_ended(self: &Arc<Self>, call: &[u8; 32], reason: &Abort, caller: &Card) -> Result<()> {
        for role in [Role::Sender, Role::Receiver] {
            let Some(session) = self.store.session_by_call(role, call)? else {
                continue;
            };
            let round = self.store.round(&session.round)?;
            if round.is_some_and(|round| round.peer == caller.node_key())
                && self.end_session_as(&session.round, reason, caller.name()).await?
            {
                self.store.mark_told(&session.round)?;
            }
        }
        Ok(())
    }

    /// Merges what a peer has of an agreement with what this node has.
    fn take_dossier(&self, bytes: &[u8], from: &Card) -> Result<Dossier> {
        let theirs = Dossier::parse(bytes)?;
        let unsigned = |dossier: &&Dossier| dossier.state() != DossierState::Signed;
        let unsigned = self.dossiers_with(from)?.values().filter(unsigned).count();
        self.receive_dossier_from(theirs, Some(from), unsigned < MANY)
    }

    /// A wrong clock is worth a warning and no more: a peer is its key.
    fn note_clock(&self, peer: &Card, greeting: &Greeting) {
        let ahead = greeting.ahead_seconds(Timestamp::now());
        if ahead.unsigned_abs() > crate::doctor::CLOCK_TOLERANCE_SECONDS {
            tracing::warn!(
                node = self.name(),
                peer = peer.name(),
                ahead_seconds = ahead,
                "clocks differ"
            );
        }
    }
}

impl Papers {
    /// Says that a session has ended, and waits until that is noted there.
    pub(crate) async fn say_ended(mut self, call: &[u8; 32], reason: &[u8]) -> Result<()> {
        self.say(ENDED, &[call.as_slice(), reason].concat()).await?;
        self.hear(ENDED).await?;
        self.leave().await;
        Ok(())
    }

    /// Greets and hears the greeting: that the peer is there, and speaks as we do.
    pub(crate) async fn greet(&mut self, own: &BTreeMap<[u8; 32], Dossier>) -> Result<Greeting> {
        self.say(GREETING, &canonical::to_vec(&greeting(own))).await?;
        parse(&self.hear(GREETING).await?)
    }

    async fn say(&mut self, kind: u8, bytes: &[u8]) -> Result<()> {
        let paper = Document { kind, bytes };
        self.writing
            .send_parts(Kind::Document as u8, &[&paper.header(), paper.bytes])
            .await?;
        Ok(self.writing.flush().await?)
    }

    async fn hear(&mut self, awaited: u8) -> Result<Vec<u8>> {
        let (kind, bytes) = self.hear_any().await?;
        if kind == awaited {
            Ok(bytes)
        } else {
            Err(malformed())
        }
    }

    async fn hear_any(&mut self) -> Result<(u8, Vec<u8>)> {
        let mut payload = Vec::new();
        let heard = timeout(PATIENCE, self.reading.recv(&mut payload)).await;
        let frame = heard.unwrap_or_else(|_| {
            Err(hefu_link::Error::Inactive {
                peer: self.reading.peer().name().to_owned(),
                seconds: PATIENCE.as_secs() as u32,
            })
        })?;
        if Kind::from_byte(frame.kind) != Some(Kind::Document) {
            return Err(malformed());
        }
        let paper = Document::decode(&payload).map_err(hefu_psi::Error::Refused)?;
        Ok((paper.kind, paper.bytes.to_vec()))
    }

    async fn refuse(self, error: &Error) {
        let reason = match error {
            // What is wrong with a paper is not this node's fault; the log here says what it was.
            Error::Casework(_) => malformed().abort(),
            Error::Missing { .. } => Some(Abort::AgreementMismatch),
            _ => error.abort(),
        };
        if let Some(reason) = reason {
            let _ = self.writing.abort(&reason).await;
        }
    }

    /// Whatever was said is said; how the line ends changes nothing.
    pub(crate) async fn leave(self) {
        let _ = self.writing.close().await;
    }
}

fn greeting(own: &BTreeMap<[u8; 32], Dossier>) -> Greeting {
    Greeting {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL_VERSION,
        at: Timestamp::now(),
        agreements: own
            .iter()
            .take(MANY)
            .map(|(digest, dossier)| (Hex(*digest), Hex(sha256(&dossier.to_bytes()))))
            .collect(),
    }
}

fn parse(bytes: &[u8]) -> Result<Greeting> {
    canonical::from_slice(bytes).map_err(|_| malformed())
}

fn malformed() -> Error {
    hefu_psi::Error::Refused(Abort::Malformed {
        step: Kind::Document.name().to_owned(),
    })
    .into()
}
