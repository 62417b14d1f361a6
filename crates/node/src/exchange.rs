//! Papers between two nodes, outside of any session: who they are and what time they have, the state of their
//! agreements, that a round has ended, notes, and the records of conferences.
//!
//! ```text
//! caller                                   answering node
//! greeting: version, time, agreements  -->
//!                                      <-- greeting
//! agreement                            -->            each that stands otherwise there
//!                                      <-- agreement  as it stands with both sides' signatures
//! wanted: digest                       -->            each that only the other side has, as far as there is room
//!                                      <-- agreement
//! agreement                            -->            each that the other side lacks: it may have no room
//!                                      <-- agreement
//! ended: session, signature, reason    -->
//!                                      <-- heard: session, signature, how it ended there
//! note: id, signature, what it says    -->
//!                                      <-- noted: id, signature, why it is not taken
//! record: how far it is read, entries  -->
//!                                      <-- recorded: entries that follow, the head signed
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{Dossier, Hex, canonical};
use hefu_link::{Card, Receiver, Sender, dial};
use hefu_psi::wire::{Abort, Document, Kind, MAX_DOCUMENT_BYTES, PROTOCOL_VERSION};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use zeroize::Zeroizing;

use crate::conference::{MAX_PAPER_BYTES, RECORD, RECORDED};
use crate::dossier::Known;
use crate::ended::Word;
use crate::notes::{NOTE, NOTED};
use crate::runner::Visit;
use crate::{Error, Node, Result};

const GREETING: u8 = 1;
pub(crate) const AGREEMENT: u8 = 2;
const WANTED: u8 = 3;
pub(crate) const ENDED: u8 = 4;
pub(crate) const HEARD: u8 = 5;

/// A paper is awaited so long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Agreements that one visit can carry.
const MANY: usize = 256;
/// The longest version of a program.
const MAX_PROGRAM_CHARS: usize = 32;

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
    /// The agreements between the two, by digest: how each stands.
    agreements: BTreeMap<Hex<32>, Hex<32>>,
}

impl Greeting {
    /// How far the peer's clock is ahead of this node's, in seconds, while the greeting was under way.
    #[must_use]
    pub fn ahead_seconds(&self, now: Timestamp) -> i64 {
        self.at.as_second() - now.as_second()
    }

    /// The digest of an agreement that stands otherwise on the other side, or not at all.
    pub(crate) fn differs(&self, own: &BTreeMap<[u8; 32], Known>) -> Option<String> {
        let mine = own
            .iter()
            .find(|(digest, known)| self.agreements.get(&Hex(**digest)) != Some(&Hex(known.standing)));
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
    /// Brings the agreements between this node and a peer to the same state on both sides. What a full side does not take
    /// comes last, so that it is in nothing else's way.
    ///
    /// # Errors
    /// When the peer can't be reached, is reached by files, or says what can't be.
    pub async fn exchange(self: &Arc<Self>, peer: &[u8; 32]) -> Result<Greeting> {
        let card = self.peer_card(peer)?;
        self.must_be_carried(&card, false)?;
        let own = self.known_with(&card);
        let mut papers = self.visit(&card).await?;
        let theirs = papers.greet(&own).await?;
        self.note_clock(&card, &theirs);
        let (mut differing, mut lacking) = (Vec::new(), Vec::new());
        for (digest, known) in &own {
            match theirs.agreements.get(&Hex(*digest)) {
                Some(standing) if standing.0 == known.standing => {}
                Some(_) => differing.push(*digest),
                None => lacking.push(*digest),
            }
        }
        let unknown: Vec<_> = theirs
            .agreements
            .keys()
            .filter(|digest| !own.contains_key(&digest.0))
            .collect();
        let room = self.dossiers.change().room_for(peer);
        if room < unknown.len() {
            tracing::warn!(
                node = self.name(),
                peer = card.name(),
                room,
                "a peer's drafts wait until some of those here are signed or refused"
            );
        }
        for digest in differing {
            self.carry(&mut papers, AGREEMENT, &self.written(&digest)?, &card)
                .await?;
        }
        for digest in unknown.into_iter().take(room) {
            self.carry(&mut papers, WANTED, &digest.0, &card).await?;
        }
        for digest in lacking {
            self.carry(&mut papers, AGREEMENT, &self.written(&digest)?, &card)
                .await?;
        }
        papers.leave().await;
        Ok(theirs)
    }

    /// Says one paper that is answered by an agreement, and takes that.
    async fn carry(self: &Arc<Self>, papers: &mut Papers, kind: u8, bytes: &[u8], peer: &Card) -> Result<()> {
        papers.say(kind, bytes).await?;
        let answer = papers.hear(AGREEMENT).await?;
        self.take_dossier(answer, peer).await.map(drop)
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
            match self.answer_paper(kind, bytes, caller).await {
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

    async fn answer_paper(
        self: &Arc<Self>,
        kind: u8,
        bytes: Vec<u8>,
        caller: &Card,
    ) -> Result<(u8, Vec<u8>)> {
        match kind {
            GREETING => {
                let theirs = parse(&bytes)?;
                self.note_clock(caller, &theirs);
                let own = greeting(&self.known_with(caller));
                Ok((GREETING, canonical::to_vec(&own)))
            }
            AGREEMENT => Ok((AGREEMENT, self.take_dossier(bytes, caller).await?)),
            WANTED => {
                let digest: [u8; 32] = bytes.try_into().map_err(|_| malformed())?;
                if !self.dossiers.is_with(&digest, &caller.node_key()) {
                    return Err(malformed());
                }
                Ok((AGREEMENT, self.written(&digest)?))
            }
            ENDED => Ok((HEARD, self.hear_ended(&bytes, caller).await?.1.encode())),
            RECORD => Ok((RECORDED, self.take_record_apart(bytes, caller).await?.to_vec())),
            NOTE => Ok((NOTED, self.take_note_apart(Zeroizing::new(bytes), caller).await?)),
            _ => Err(malformed()),
        }
    }

    /// Merges what a peer has of an agreement with what this node has, and gives that; on a thread of its own, because
    /// there are signatures to verify.
    pub(crate) async fn take_dossier(self: &Arc<Self>, bytes: Vec<u8>, from: &Card) -> Result<Vec<u8>> {
        let (node, from) = (Arc::clone(self), from.clone());
        let taken = tokio::task::spawn_blocking(move || {
            let theirs = Dossier::parse(&bytes)?;
            Ok(node.receive_dossier_from(theirs, Some(&from))?.to_bytes())
        });
        taken.await.unwrap_or(Err(Error::Internal {
            what: "an agreement's thread",
        }))
    }

    /// How the agreements between this node and a peer stand.
    pub(crate) fn known_with(&self, peer: &Card) -> BTreeMap<[u8; 32], Known> {
        self.dossiers.with(&peer.node_key(), MANY)
    }

    /// A dossier as it is stored, and was checked before it was.
    pub(crate) fn written(&self, digest: &[u8; 32]) -> Result<Vec<u8>> {
        let stored = self.store.agreement(digest)?;
        Ok(stored.ok_or_else(malformed)?.signed)
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
    /// Says that a session has ended, and gives what is said to that.
    pub(crate) async fn say_ended(mut self, word: &Word) -> Result<Vec<u8>> {
        self.say(ENDED, &word.encode()).await?;
        let heard = self.hear(HEARD).await?;
        self.leave().await;
        Ok(heard)
    }

    /// Brings a note, and gives what is said to that.
    pub(crate) async fn say_note(&mut self, note: &[u8]) -> Result<Vec<u8>> {
        self.say(NOTE, note).await?;
        self.hear(NOTED).await
    }

    /// Brings what a member says on the record, and gives what the office answers.
    pub(crate) async fn say_record(&mut self, record: &[u8]) -> Result<Vec<u8>> {
        self.say(RECORD, record).await?;
        self.hear(RECORDED).await
    }

    /// Greets and hears the greeting: that the peer is there, and speaks as we do.
    pub(crate) async fn greet(&mut self, own: &BTreeMap<[u8; 32], Known>) -> Result<Greeting> {
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
        // A note may have a document number in it.
        let mut payload = Zeroizing::new(Vec::new());
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
        let paper = Document::decode_within(&payload, most_bytes).map_err(hefu_psi::Error::Refused)?;
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

/// The longest paper of a kind.
pub(crate) fn most_bytes(kind: u8) -> usize {
    match kind {
        RECORD | RECORDED => MAX_PAPER_BYTES,
        _ => MAX_DOCUMENT_BYTES,
    }
}

fn greeting(own: &BTreeMap<[u8; 32], Known>) -> Greeting {
    Greeting {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        protocol: PROTOCOL_VERSION,
        at: Timestamp::now(),
        agreements: own
            .iter()
            .map(|(digest, known)| (Hex(*digest), Hex(known.standing)))
            .collect(),
    }
}

fn parse(bytes: &[u8]) -> Result<Greeting> {
    let greeting: Greeting = canonical::from_slice(bytes).map_err(|_| malformed())?;
    // It is shown on a terminal.
    let plain = greeting.program.bytes().all(|byte| byte.is_ascii_graphic());
    if plain && (1..=MAX_PROGRAM_CHARS).contains(&greeting.program.len()) {
        Ok(greeting)
    } else {
        Err(malformed())
    }
}

/// A paper is not what it should be.
pub(crate) fn malformed() -> Error {
    hefu_psi::Error::Refused(Abort::Malformed {
        step: Kind::Document.name().to_owned(),
    })
    .into()
}
