//! What waits, for what, and since when.

use hefu_link::Card;
use hefu_link::ferry::Assembly;
use hefu_store::{IncomingSet, Letter, Matter, OutgoingSet, Role, Session, TakenLetter};
use jiff::{SignedDuration, Timestamp};

use super::outgoing::{cutting_of, form_of, missing_set};
use super::view::{
    CardWaiting, Due, FerryStatus, LetterFacts, LetterIn, LetterOut, LetterState, SetFacts, SetIn, SetOut,
    WaitStep, Waiting,
};
use crate::{Node, Result};

/// A receipt that has not come for so long is asked after: it has no end of its own.
const LONG: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Node {
    /// All that goes by files.
    ///
    /// # Errors
    /// The store's; the disk's.
    pub fn ferry_status(&self) -> Result<FerryStatus> {
        let out = self.store.sets_out()?;
        let coming = self.store.sets_in()?;
        let cards = self.store.waiting_cards()?.into_iter().map(|waiting| {
            let card = Card::parse(&waiting.card)?;
            Ok(CardWaiting {
                node_key: waiting.node_key,
                name: card.name().to_owned(),
                fingerprint: card.fingerprint(),
                card: waiting.card,
                came_at: waiting.came_at,
            })
        });
        Ok(FerryStatus {
            out: out.iter().map(|set| self.set_out(set)).collect::<Result<_>>()?,
            due: self.ferry_due()?,
            coming: coming.iter().map(|set| self.set_in(set)).collect::<Result<_>>()?,
            refused: self
                .ferry
                .refused()
                .values()
                .map(|refusal| refusal.file.clone())
                .collect(),
            cards: cards.collect::<Result<_>>()?,
            waiting: self.ferry_waiting(Timestamp::now())?,
        })
    }

    /// What an approval slip says of a set that this node made, or of one of this sender's that came and was opened: two
    /// nodes may give their sets one number.
    ///
    /// # Errors
    /// When there is no such set; the store's.
    pub fn ferry_set(&self, set: &[u8; 16], from: Option<&[u8; 32]>) -> Result<SetFacts> {
        let facts = match from.filter(|from| **from != self.node_key()) {
            Some(from) => {
                let came = self.store.set_in(from, set)?;
                came.filter(|came| came.done_at.is_some())
                    .map(|came| self.facts_in(&came))
            }
            None => self.store.set_out(set)?.map(|made| self.facts_out(&made)),
        };
        facts.unwrap_or_else(|| Err(missing_set(set)))
    }

    pub(super) fn facts_out(&self, known: &OutgoingSet) -> Result<SetFacts> {
        let cutting = cutting_of(known)?;
        let letters = self.store.letters_in(&known.id)?;
        Ok(SetFacts {
            set: known.id,
            from: self.node_key(),
            to: Some(known.peer),
            bytes: known.bytes,
            digest: known.digest,
            parts: cutting.parts(),
            names: [cutting.file_name(1)?, cutting.file_name(cutting.parts())?],
            letters: letters.iter().map(facts_of).collect(),
            out: true,
        })
    }

    pub(super) fn facts_in(&self, known: &IncomingSet) -> Result<SetFacts> {
        let letters = self.store.taken_in(&known.peer, &known.id)?;
        Ok(SetFacts {
            set: known.id,
            from: known.peer,
            to: Some(self.node_key()),
            bytes: known.bytes,
            digest: known.digest,
            parts: known.parts,
            names: [1, known.parts].map(|part| self.name_of(known, part)),
            letters: letters.iter().filter_map(facts_taken).collect(),
            out: false,
        })
    }

    /// What a sender calls a file of its set; what it was called on its way nobody knows.
    fn name_of(&self, set: &IncomingSet, part: u32) -> String {
        let short = |bytes: &[u8]| {
            bytes
                .iter()
                .take(4)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        let [to, from, id] = [&self.node_key()[..], &set.peer[..], &set.id[..]].map(short);
        format!("hefu-{to}-{from}-{id}-p{part:05}of{:05}.hefu", set.parts)
    }

    /// There is something to do for whoever keeps the node.
    pub fn ferry_notify(&self) {
        self.ferry.notify();
    }

    pub(super) fn set_out(&self, set: &OutgoingSet) -> Result<SetOut> {
        let letters = self.store.letters_in(&set.id)?;
        let letters = letters.iter().map(|letter| {
            let state = match (letter.acknowledged_at, letter.overtaken_at) {
                (Some(_), _) => LetterState::Acknowledged,
                (None, Some(_)) => LetterState::Overtaken,
                (None, None) => LetterState::Sent,
            };
            LetterOut {
                letter: facts_of(letter),
                state,
            }
        });
        Ok(SetOut {
            set: set.id,
            peer: set.peer,
            peer_name: self.peer_name(&set.peer),
            made_at: set.made_at,
            bytes: set.bytes,
            digest: set.digest,
            form: form_of(set)?,
            max_file_bytes: set.max_file_bytes,
            parts: cutting_of(set)?.parts(),
            letters: letters.collect(),
        })
    }

    fn set_in(&self, set: &IncomingSet) -> Result<SetIn> {
        let _alone = self.ferry.parts();
        // It may have been worked through meanwhile, and its folder gone.
        let now = self.store.set_in(&set.peer, &set.id)?;
        let set = now.as_ref().unwrap_or(set);
        let (parts, missing) = match set.done_at {
            Some(_) => (set.parts, Vec::new()),
            None => {
                let assembly = Assembly::open(&self.coming_folder(&set.peer, &set.id))?;
                (assembly.parts(), assembly.missing())
            }
        };
        let letters = self.store.taken_in(&set.peer, &set.id)?;
        let letters = letters.into_iter().map(|letter| LetterIn {
            letter: facts_taken(&letter),
            refused: letter.refused,
            taken_at: letter.taken_at,
        });
        Ok(SetIn {
            set: set.id,
            peer: set.peer,
            peer_name: self.peer_name(&set.peer),
            first_at: set.first_at,
            bytes: set.bytes,
            parts,
            missing,
            opened_at: set.done_at,
            refused: set.refused.clone(),
            letters: letters.collect(),
        })
    }

    fn ferry_due(&self) -> Result<Vec<Due>> {
        let mut due: Vec<Due> = Vec::new();
        for letter in self.store.letters_due(None)? {
            if letter.sent_at.is_some() {
                continue;
            }
            let facts = facts_of(&letter);
            match due.iter_mut().find(|due| due.peer == letter.peer) {
                Some(due) => due.letters.push(facts),
                None => due.push(Due {
                    peer: letter.peer,
                    peer_name: self.peer_name(&letter.peer),
                    letters: vec![facts],
                }),
            }
        }
        Ok(due)
    }

    /// Sessions by files that wait for the other side, or for a carrier.
    pub(crate) fn ferry_waiting(&self, now: Timestamp) -> Result<Vec<Waiting>> {
        let mut waiting = Vec::new();
        for session in self
            .store
            .open_sessions()?
            .iter()
            .filter(|session| session.by_files)
        {
            let Some(round) = self.store.round(&session.round)? else {
                continue;
            };
            let Some((step, since, until)) = self.step_of(session, &round.peer, round.started_at)? else {
                continue;
            };
            let half = match until {
                Some(until) => until.duration_since(round.started_at) / 2,
                None => LONG,
            };
            let begun = if until.is_some() { round.started_at } else { since };
            waiting.push(Waiting {
                round: round.id,
                peer: round.peer,
                peer_name: self.peer_name(&round.peer),
                agreement: round.agreement,
                role: session.role,
                step,
                since,
                until,
                remind: now.duration_since(begun) >= half,
            });
        }
        Ok(waiting)
    }

    fn step_of(
        &self,
        session: &Session,
        peer: &[u8; 32],
        begun: Timestamp,
    ) -> Result<Option<(WaitStep, Timestamp, Option<Timestamp>)>> {
        Ok(match (session.role, session.answered_at) {
            (Role::Sender, Some(answered)) => Some((WaitStep::Receipt, answered, None)),
            // It is being answered.
            (Role::Sender, None) => None,
            (Role::Receiver, _) if session.is_heard() => {
                let receipt = self.store.newest_letter(peer, Matter::Receipt, &session.call)?;
                let since = receipt.map_or(begun, |receipt| receipt.made_at);
                Some((WaitStep::Concluding, since, None))
            }
            (Role::Receiver, _) => {
                let opening = self.store.newest_letter(peer, Matter::Opening, &session.call)?;
                let sent = opening.and_then(|opening| opening.sent_at);
                let step = if sent.is_some() {
                    WaitStep::Answer
                } else {
                    WaitStep::Carrying
                };
                Some((step, sent.unwrap_or(begun), Some(session.expires_at)))
            }
        })
    }
}

fn facts_of(letter: &Letter) -> LetterFacts {
    LetterFacts {
        id: letter.id,
        matter: letter.matter,
        agreement: letter.agreement,
        about: letter.about,
    }
}

fn facts_taken(letter: &TakenLetter) -> Option<LetterFacts> {
    Some(LetterFacts {
        id: letter.id,
        matter: letter.matter?,
        agreement: letter.agreement,
        about: letter.about,
    })
}
