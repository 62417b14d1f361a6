//! Sessions by letters: the same sides of the same rounds as over a line, each in one turn.

use std::sync::Arc;

use hefu_casework::Hex;
use hefu_link::Card;
use hefu_psi::wire::{Abort, Kind, Open, ReceiptMessage, encode_abort};
use hefu_psi::{Receipt, Ristretto255};
use hefu_store::{Answered, Entry, Matter, NewLetter, Role, Round, RoundState, Session};
use serde_json::json;

use super::anew::fresh_id;
use super::content::{Piece, first_of, malformed, paper};
use super::folder::Half;
use super::view::LetterFacts;
use super::work::Coming;
use crate::digest::sha256;
use crate::error::passing;
use crate::exchange::ENDED;
use crate::round::{Kept, packed};
use crate::runner::Own;
use crate::runner::filed::refusal;
use crate::{Error, Node, Result};

impl Node {
    /// The receiver's first turn: the opening with all that it enters, as a letter. `false` where somebody else is at it.
    pub(super) async fn ask(self: &Arc<Self>, session: &Session, card: &Card) -> Result<bool> {
        let Some(turn) = self.active.turn(&session.round) else {
            return Ok(false);
        };
        let (place, _) = turn.split();
        let mut round = self.open_round(&session.round, Role::Receiver)?;
        let id = fresh_id();
        let asked = self.write_opening(&round, &id, Arc::new(place)).await;
        let bytes = match asked {
            Ok(bytes) => bytes,
            Err(error) => {
                self.after_attempt(&mut round, "round_failed", card, &error)?;
                return if error.can_go_on() { Err(error) } else { Ok(false) };
            }
        };
        round.bytes_out = bytes;
        self.store.put_round(&round)?;
        self.store.put_letter(
            &NewLetter {
                id: &id,
                peer: &card.node_key(),
                matter: Matter::Opening,
                about: Some(&session.call),
                agreement: Some(&round.agreement),
                detail: None,
                body: None,
            },
            None,
        )?;
        Ok(true)
    }

    async fn write_opening(
        self: &Arc<Self>,
        round: &Round,
        id: &[u8; 16],
        place: impl Clone + Send + 'static,
    ) -> Result<u64> {
        let in_force = self.signed(&round.agreement)?;
        let seed = self.seed(&round.id)?;
        let (in_force, set) = self.enter(in_force, round, place.clone()).await?;
        let journal = Arc::new(Kept::new(Arc::clone(self), round.id)?);
        let half = Half::begin(&self.letter_file(id))?;
        self.runner(&round.id)
            .ask_by_file::<Ristretto255>(
                in_force.terms(in_force.me)?,
                packed(&set)?,
                seed,
                journal,
                half.writer()?,
                place,
            )
            .await?;
        half.keep()
    }

    /// The sender's turn: an opening begins a session or names one on record, and is answered by a letter, with what was
    /// asked for or with the reason why not.
    pub(super) async fn take_opening(
        self: &Arc<Self>,
        coming: &Coming,
        piece: &Piece,
        letter: &LetterFacts,
    ) -> Result<()> {
        let mut frames = piece.frames(&coming.content)?;
        let open = first_of(&mut frames, Kind::Open)?;
        let open = Open::decode(&open).map_err(hefu_psi::Error::Refused)?;
        let call = sha256(&open.encode());
        if letter.about != Some(call) || letter.agreement != Some(open.agreement) {
            return Err(malformed(Kind::Open));
        }
        let card = &coming.card;
        let answered = match self.called(&open, card, true).await {
            Ok(id) => self.answer_letter(coming, piece, letter, open, frames, &id).await,
            Err(error) => {
                if !error.can_go_on()
                    && let Some(untold) = self.ferry.calls.one_more(Some(card.node_key()), error.code())
                {
                    self.note_failure_with("call_failed", card.name(), &error, untold);
                }
                Err(error)
            }
        };
        let Err(error) = answered else { return Ok(()) };
        if error.can_go_on() {
            return Err(error);
        }
        // Told as a caller on a line is told: also how a session has ended that is opened once more.
        let ended = self
            .with_peer(Role::Sender, &call, card)?
            .and_then(|session| session.end);
        let reason = match ended.filter(|end| !end.reason.is_empty()) {
            Some(end) => hefu_psi::wire::decode_abort(&end.reason),
            None => error.abort(),
        };
        let reason = reason.unwrap_or(Abort::Internal);
        let about = [Some(&call), letter.agreement.as_ref()];
        let told = encode_abort(&reason);
        self.put_reply(
            card,
            &letter.id,
            Matter::Answer,
            about,
            Some(&told),
            &refusal(&reason)?,
        )?;
        Err(error)
    }

    async fn answer_letter(
        self: &Arc<Self>,
        coming: &Coming,
        piece: &Piece,
        letter: &LetterFacts,
        open: Open,
        frames: impl std::io::Read + Send + 'static,
        id: &[u8; 32],
    ) -> Result<()> {
        let (place, _) = self.active.take_over(id).await.split();
        // What ran until now may have come to its end: only from here on does the record stand still.
        let (session, mut round) = self.recorded(id)?;
        match (&session.end, session.answered_at) {
            (Some(end), _) if end.reason.is_empty() => return Ok(()),
            (Some(_), _) => return Err(hefu_store::Error::SessionEnded.into()),
            // Its answer is made, and can be carried again.
            (None, Some(_)) => return Ok(()),
            (None, None) => {}
        }
        round.bytes_in = piece.bytes();
        let own = self.reply_id(&coming.card, &letter.id, Matter::Answer);
        let place = Arc::new(place);
        let answered = self
            .write_answer(&mut round, open, frames, &own, Arc::clone(&place))
            .await;
        let (receipt, message) = match answered {
            Ok(answered) => answered,
            Err(error) => {
                self.after_attempt(&mut round, "call_failed", &coming.card, &error)?;
                return Err(error);
            }
        };
        self.store.put_round(&round)?;
        let entry = json!({ "round": Hex(round.id), "session": Hex(receipt.sid.0) });
        self.store.answer_session(&Answered {
            round: &round.id,
            own_receipt: &message,
            due: &receipt.to_bytes(),
            letter: NewLetter {
                id: &own,
                peer: &coming.card.node_key(),
                matter: Matter::Answer,
                about: Some(&session.call),
                agreement: Some(&round.agreement),
                detail: None,
                body: None,
            },
            entry: Entry {
                actor: "node",
                kind: "session_answered",
                body: &entry,
            },
        })?;
        self.active.settled(&round.id);
        self.after_end(&round)
    }

    async fn write_answer(
        self: &Arc<Self>,
        round: &mut Round,
        open: Open,
        frames: impl std::io::Read + Send + 'static,
        id: &[u8; 16],
        place: impl Clone + Send + 'static,
    ) -> Result<(Receipt, Vec<u8>)> {
        let in_force = self.signed(&round.agreement)?;
        let seed = self.seed(&round.id)?;
        let (in_force, set) = self.enter(in_force, round, place.clone()).await?;
        let own = Own {
            elements: packed(&set)?,
            labels: set.labels(),
        };
        let journal = Arc::new(Kept::new(Arc::clone(self), round.id)?);
        let half = Half::begin(&self.letter_file(id))?;
        let answered = self
            .runner(&round.id)
            .answer_by_file::<Ristretto255>(
                open,
                frames,
                in_force.terms(in_force.peer)?,
                own,
                seed,
                (self.surroundings.randomness)(),
                journal,
                half.writer()?,
                place,
            )
            .await?;
        round.own_elements = Some(answered.0.sender_elements);
        round.bytes_out = half.keep()?;
        Ok(answered)
    }

    /// The receiver's second turn: the answer comes, is verified and signed for, and the receipt is due. What is in it is
    /// looked at later, and nothing that goes out waits for that.
    pub(super) async fn take_answer(
        self: &Arc<Self>,
        coming: &Coming,
        piece: &Piece,
        letter: &LetterFacts,
    ) -> Result<()> {
        let call = letter.about.ok_or_else(|| malformed(Kind::Accept))?;
        let card = &coming.card;
        let session = match self.letter_session(Role::Receiver, &call, card) {
            Err(error) if !error.can_go_on() => {
                // If this node was restored since it asked, the sender would wait for ever.
                if let Some(word) = self.void_unknown(&call, card)? {
                    let about = [Some(&call), letter.agreement.as_ref()];
                    let (voided, paper) = (encode_abort(&Abort::Voided), paper(ENDED, &word.encode())?);
                    self.put_reply(card, &letter.id, Matter::Ended, about, Some(&voided), &paper)?;
                }
                return Err(error);
            }
            session => session?,
        };
        if session.is_heard() {
            // It comes once more while its result is looked at, which is not waited for.
            return self.put_receipt(card, &session).map(drop);
        }
        let (place, _) = self.active.take_over(&session.round).await.split();
        let (session, mut round) = self.recorded(&session.round)?;
        if let Some(end) = session.end {
            // An answer that comes once more is no news.
            return match end.reason.is_empty() {
                true => Ok(()),
                false => Err(hefu_store::Error::SessionEnded.into()),
            };
        }
        let frames = piece.frames(&coming.content)?;
        match self.hear(&round, frames, Arc::new(place)).await {
            Ok(()) => self.put_receipt(card, &self.recorded(&round.id)?.0).map(drop),
            Err(Error::Link(hefu_link::Error::PeerAborted { abort, .. })) if passing(&abort) => {
                // Nobody can be called again: what ends nothing is no answer.
                let error = malformed(Kind::Accept);
                self.after_attempt(&mut round, "round_failed", card, &error)?;
                Err(error)
            }
            Err(error) => {
                self.after_attempt(&mut round, "round_failed", card, &error)?;
                match error {
                    // The refusal itself is well taken.
                    Error::Link(hefu_link::Error::PeerAborted { .. }) => Ok(()),
                    error => Err(error),
                }
            }
        }
    }

    /// The sender's end: the receipt comes, however late.
    pub(super) async fn take_receipt(
        self: &Arc<Self>,
        coming: &Coming,
        piece: &Piece,
        letter: &LetterFacts,
    ) -> Result<()> {
        let call = letter.about.ok_or_else(|| malformed(Kind::Receipt))?;
        let session = self.letter_session(Role::Sender, &call, &coming.card)?;
        let _turn = self.active.take_over(&session.round).await;
        let (session, mut round) = self.recorded(&session.round)?;
        let theirs = piece.only(&coming.content, Kind::Receipt)?;
        if let Some(end) = &session.end {
            return match end.reason.is_empty() && session.peer_receipt.as_deref() == Some(&theirs) {
                true => Ok(()),
                false => Err(hefu_store::Error::SessionEnded.into()),
            };
        }
        let (Some(due), Some(own)) = (&session.due, &session.receipt) else {
            // Who has not been answered has nothing to sign for.
            return Err(malformed(Kind::Receipt));
        };
        let (decode, refused) = (ReceiptMessage::decode, hefu_psi::Error::Refused);
        let signed = Receipt::from_bytes(due)?.conclude(
            &decode(own).map_err(refused)?,
            &decode(&theirs).map_err(refused)?,
            &round.peer,
            &self.node_key(),
        )?;
        round.bytes_in += piece.bytes();
        round.own_elements = Some(signed.receipt.sender_elements);
        round.peer_elements = Some(signed.receipt.receiver_elements);
        self.end_answering(&mut round, &signed, &theirs, own)
    }

    /// The session of a letter, if it is with this peer, and by files.
    fn letter_session(&self, role: Role, call: &[u8; 32], card: &Card) -> Result<Session> {
        self.with_peer(role, call, card)?
            .filter(|session| session.by_files)
            .ok_or_else(|| Error::Missing {
                what: "session",
                name: Hex(*call).to_string(),
            })
    }

    /// An attempt came to nothing: the session goes on, or has come to its end.
    fn after_attempt(&self, round: &mut Round, kind: &'static str, card: &Card, error: &Error) -> Result<()> {
        debug_assert_eq!(round.state, RoundState::Running);
        if error.can_go_on() {
            self.active.interrupt(&round.id, error.code());
            return Ok(());
        }
        self.note_failure(kind, card.name(), error);
        self.end_badly(round, error)
    }
}
