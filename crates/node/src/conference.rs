//! 联席会议: the record of a conference, as its office and each member keep it.
//!
//! A member's word goes into its outbox, checked against all that it knows, and from there to the office, which puts it on
//! record or says on record why not. Every answer of the office bears its signature under the head of the record: whoever
//! was ever told two records can prove it, and follows neither. The same papers go over a line and by files.

mod board;
mod consulting;
mod counts;
mod directory;
mod enclosing;
mod figures;
mod freeze;
mod joining;
mod keeper;
mod leading;
mod legs;
mod lines;
mod live;
mod record;
mod restoring;
mod sheet;
mod sync;
mod text;
mod turn;
mod whereabouts;
mod wire;

use hefu_casework::conference::{
    Enclosed, Enrolled, Entry as RecordEntry, Fault, Founded, Head, Private, Seat, SignedEntry, State, Word,
    conference_id,
};
use hefu_casework::{AgencyRole, Hex, Text};
use hefu_link::Card;
use hefu_psi::wire::Abort;
use hefu_store::{Conference as Stored, Entry, NewSaid, Said};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::agreement::policy;
use crate::exchange::malformed;
use crate::{Error, Node, Result};

pub use board::{Board, BoardLeg, BoardParty};
pub use consulting::{Agenda, AgendaLeg, AgendaTopic};
pub use directory::{Pinned, SeatAt, Sits};
pub use figures::{Drawn, Figures, PublishedFunds, Share};
pub use joining::Undecided;
pub(crate) use keeper::MANY_PAPERS;
pub use leading::Announcement;
pub use legs::LegStanding;
pub(crate) use legs::Weight;
pub(crate) use lines::Lines;
pub use lines::{Again, Own, Place, Revisited};
pub(crate) use live::Conferences;
use live::{Live, lock, missing};
pub use whereabouts::{FrameworkAt, Task, ToDo, Where};
use wire::Parcel;
pub(crate) use wire::{MAX_PAPER_BYTES, RECORD, RECORDED};

/// The most conferences that a node founds and follows.
const MANY_CONFERENCES: usize = 16;
/// The most entries of a node's own that may wait for the office.
const MANY_WAITING: u64 = 2_000;

/// The record is followed.
const CONFERENCE_IN_STEP: &str = "conference_in_step";
/// A member was told two records by the office, or one that goes against the rules.
const CONFERENCE_FORKED: &str = "conference_forked";
const CONFERENCE_UNSOUND: &str = "conference_unsound";
/// The node was restored from a backup, and its record is not whole again.
const CONFERENCE_RESTORED: &str = "conference_restored";

/// How a conference stands at this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    /// Its id.
    pub id: Hex<32>,
    /// Its name; none before the record has come.
    pub name: Option<String>,
    /// The office's node key.
    pub office: Hex<32>,
    /// Whether this node is the office.
    pub is_office: bool,
    /// How far the record goes here.
    pub head: Head,
    /// How many entries of this node's are on their way.
    pub waiting: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// How it stands: `conference_in_step`, or the code of why it is not, or not yet.
    pub standing: &'static str,
    /// Since when.
    pub begun_at: Timestamp,
}

impl Conference {
    /// Whether the record is followed, and whole.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.standing == CONFERENCE_IN_STEP
    }

    /// Whether the record is not followed any more: the office was found out, or what is stored is damaged.
    #[must_use]
    pub fn is_alarming(&self) -> bool {
        [CONFERENCE_FORKED, CONFERENCE_UNSOUND].contains(&self.standing)
    }

    /// Whether this node was restored from a backup, and may lack something of the record still.
    #[must_use]
    pub fn is_restored(&self) -> bool {
        self.standing == CONFERENCE_RESTORED
    }
}

impl Node {
    /// Founds a conference, of which this node is the office, reached at `address`.
    ///
    /// # Errors
    /// Where this node is not of that role, the name or the address can't stand there, or there are too many.
    pub fn found_conference(&self, name: &str, address: &str, actor: &str) -> Result<Hex<32>> {
        if self.profile.role != AgencyRole::ConferenceOffice {
            return Err(policy("conference_office_only", Abort::Policy));
        }
        self.must_have_room()?;
        let card = self.card(address)?;
        let office = Hex(self.node_key());
        let nonce = Hex(crate::ferry::fresh_id());
        let id = conference_id(&office, &nonce);
        let mut live = Live::empty(id, office);
        let word = Word::Founded(Founded {
            name: Text::new(name)?,
            office: seat(&card),
            card: written(&card)?,
            nonce,
        });
        let signed = self.signed_entry(id, Head::NONE, None, 1, word, None)?;
        live.state.check(&signed, None).map_err(Error::Conference)?;
        let enclosures = Vec::new();
        let first = live.apply(Parcel { signed, enclosures }, None);
        let first = first.map_err(Error::Conference)?;
        let body = json!({ "conference": id });
        let entry = Entry {
            actor,
            kind: "conference_founded",
            body: &body,
        };
        self.store
            .begin_conference(&id.0, &office.0, Some(&first), &entry)?;
        self.conferences.add(id, live);
        self.conferences.grew();
        Ok(id)
    }

    /// Gives a peer a seat at a conference of which this node is the office, and puts its card on record as it is pinned
    /// here.
    ///
    /// # Errors
    /// When there is no such peer, this node is not the office, or the seat can't be given.
    pub fn enrol(&self, conference: &Hex<32>, peer: &[u8; 32], actor: &str) -> Result<Hex<32>> {
        let card = self.peer_card(peer)?;
        let word = Word::Enrolled(Enrolled {
            seat: seat(&card),
            card: written(&card)?,
        });
        self.say(conference, word, None, actor)
    }

    /// Follows a conference from now on. Its office must be a peer of this node's, so that somebody has compared the
    /// fingerprint of its card.
    ///
    /// # Errors
    /// When there is no such peer, or there are too many conferences.
    pub fn follow(&self, conference: &Hex<32>, office: &[u8; 32], actor: &str) -> Result<()> {
        self.peer_card(office)?;
        match self.store.conference(&conference.0)? {
            Some(known) if known.office == *office => return Ok(()),
            Some(_) => return Err(Error::Conference(Fault::SeatWrong)),
            None => self.must_have_room()?,
        }
        let body = json!({ "conference": conference, "office": Hex(*office) });
        let entry = Entry {
            actor,
            kind: "conference_followed",
            body: &body,
        };
        self.store.begin_conference(&conference.0, office, None, &entry)?;
        self.conferences
            .add(*conference, Live::empty(*conference, Hex(self.node_key())));
        self.conferences.notify.notify_one();
        self.ferry.notify();
        Ok(())
    }

    /// The conferences that this node founded or follows, the oldest first.
    ///
    /// # Errors
    /// The store's.
    pub fn conferences(&self) -> Result<Vec<Conference>> {
        let stored = self.store.conferences()?;
        stored.iter().map(|each| self.conference_of(each)).collect()
    }

    /// One of them.
    ///
    /// # Errors
    /// When there is none of this id; the store's.
    pub fn conference(&self, id: &Hex<32>) -> Result<Conference> {
        self.conference_of(&self.known_conference(id)?)
    }

    fn conference_of(&self, stored: &Stored) -> Result<Conference> {
        let id = Hex(stored.id);
        let live = self.conferences.get(&id)?;
        let live = lock(&live);
        let (waiting, refused) = self.store.said_counts(&id.0)?;
        Ok(Conference {
            id,
            name: live
                .state
                .founded()
                .map(|founded| founded.name.as_str().to_owned()),
            office: Hex(stored.office),
            is_office: stored.founded,
            head: live.state.head(),
            waiting,
            refused,
            standing: standing(stored, &live).unwrap_or(CONFERENCE_IN_STEP),
            begun_at: stored.begun_at,
        })
    }

    /// Reads what the record comes to. It is locked meanwhile: nothing of this node's may be called from within.
    ///
    /// # Errors
    /// When there is no such conference.
    pub fn with_conference<T>(&self, id: &Hex<32>, read: impl FnOnce(&State) -> T) -> Result<T> {
        let live = self.conferences.get(id)?;
        let live = lock(&live);
        Ok(read(&live.state))
    }

    /// As [`Node::with_conference`], with what this node has said and is on its way to the office.
    ///
    /// # Errors
    /// When there is no such conference; the store's.
    pub fn with_conference_ahead<T>(&self, id: &Hex<32>, read: impl FnOnce(&State) -> T) -> Result<T> {
        let live = self.conferences.get(id)?;
        let mut live = lock(&live);
        live.ahead(&self.store, id)?;
        Ok(read(live.furthest()))
    }

    /// Changes whenever a record has grown here.
    #[must_use]
    pub fn record_grown(&self) -> watch::Receiver<u64> {
        self.conferences.grown()
    }

    /// Says something on the record, and to some of its parties more: those, by node key, and this node itself can open
    /// that. At the office it stands there at once; what a member says is durable, checked against all that it knows, and
    /// delivered as soon as the office can be reached. The digest is that by which [`Node::said`] knows it.
    ///
    /// # Errors
    /// Why it can't stand there; where the record is not followed any more, or not whole after a restore; where somebody
    /// is to open a part whose card is not in this node's book; the store's.
    pub fn say(
        &self,
        id: &Hex<32>,
        word: Word,
        private: Option<(Private, Vec<Hex<32>>)>,
        actor: &str,
    ) -> Result<Hex<32>> {
        let live = self.conferences.get(id)?;
        let mut live = lock(&live);
        let stored = self.known_conference(id)?;
        if let Some(code) = standing(&stored, &live) {
            return Err(policy(code, Abort::Policy));
        }
        let sealed = match &private {
            Some((private, to)) => Some(self.enclose_private(&live.state, private, to)?),
            None => None,
        };
        let private = private.map(|(private, _)| private);
        let (enclosed, opened, enclosures) = match sealed {
            Some(sealed) => (Some(sealed.enclosed), Some(sealed.bytes), sealed.enclosures),
            None => (None, None, Vec::new()),
        };
        let seen = live.state.head();
        let me = Hex(self.node_key());
        if stored.founded {
            let number = live.state.next_number(&me);
            let clock = live.state.clock();
            let signed = self.signed_entry(*id, seen, clock, number, word, enclosed)?;
            live.state
                .check(&signed, private.as_ref())
                .map_err(Error::Conference)?;
            let parcel = Parcel { signed, enclosures }.fitting()?;
            let digest = parcel.signed.digest();
            self.place(&mut live, id, parcel, opened, Placing { actor, refused: None })?;
            return Ok(digest);
        }
        if self.store.said_counts(&id.0)?.0 >= MANY_WAITING {
            return Err(policy("conference_too_many_wait", Abort::Policy));
        }
        let Some(ahead) = live.ahead(&self.store, id)? else {
            return Err(policy("conference_waits", Abort::Policy));
        };
        let signed = self.signed_entry(*id, seen, None, ahead.next_number(&me), word, enclosed)?;
        ahead
            .check(&signed, private.as_ref())
            .map_err(Error::Conference)?;
        let parcel = Parcel { signed, enclosures }.fitting()?;
        let digest = parcel.signed.digest();
        let entry = &parcel.signed.entry;
        let body = json!({
            "conference": id, "entry": digest, "number": entry.number, "word": name_of(&entry.word),
        });
        self.store.put_said(
            &id.0,
            &NewSaid {
                id: &digest.0,
                number: entry.number,
                bytes: &parcel.signed.to_bytes(),
                opened: opened.as_deref().map(Vec::as_slice),
                enclosures: &parcel.enclosures,
            },
            &Entry {
                actor,
                kind: "conference_said",
                body: &body,
            },
        )?;
        live.go_ahead(parcel.signed, private.as_ref());
        self.conferences.notify.notify_one();
        self.ferry.notify();
        Ok(digest)
    }

    /// What became of an entry that this node said.
    ///
    /// # Errors
    /// When there is no such conference, or this node said no such entry; the store's.
    pub fn said(&self, id: &Hex<32>, entry: &Hex<32>) -> Result<Said> {
        self.known_conference(id)?;
        if let Some(said) = self.store.said(&id.0, &entry.0)? {
            return Ok(said);
        }
        let placed = self.store.conference_place(&id.0, &entry.0)?;
        placed.map(Said::Placed).ok_or_else(|| Error::Missing {
            what: "conference_entry",
            name: entry.to_string(),
        })
    }

    /// Puts an entry that was checked on record, with the log's entry about it.
    fn place(
        &self,
        live: &mut Live,
        id: &Hex<32>,
        parcel: Parcel,
        opened: Option<Zeroizing<Vec<u8>>>,
        placing: Placing<'_>,
    ) -> Result<()> {
        let entry = &parcel.signed.entry;
        let mut body = json!({
            "conference": id, "seq": live.state.head().seq.saturating_add(1), "author": entry.author,
            "entry": parcel.signed.digest(), "word": name_of(&entry.word),
        });
        if let (Some(refused), Some(body)) = (placing.refused, body.as_object_mut()) {
            body.insert("refused".to_owned(), refused.into());
        }
        let placed = live.apply(parcel, opened).map_err(Error::Conference)?;
        let entry = Entry {
            actor: placing.actor,
            kind: "conference_entry_placed",
            body: &body,
        };
        let stored = self.store.place_entries(&id.0, &[placed], None, &[entry]);
        if stored.is_err() {
            live.reload(&self.store, id)?;
        }
        stored?;
        self.conferences.grew();
        self.ferry.notify();
        Ok(())
    }

    /// An entry that is not earlier than `clock`: that of the office may have been put back since it said something.
    fn signed_entry(
        &self,
        conference: Hex<32>,
        seen: Head,
        clock: Option<Timestamp>,
        number: u64,
        word: Word,
        enclosed: Option<Enclosed>,
    ) -> Result<SignedEntry> {
        let now = Timestamp::now();
        let entry = RecordEntry {
            version: RecordEntry::VERSION,
            conference,
            author: Hex(self.node_key()),
            number,
            seen,
            at: clock.map_or(now, |clock| clock.max(now)),
            word,
            enclosed,
        };
        Ok(entry.sign(self.keys.signing_key())?)
    }

    fn known_conference(&self, id: &Hex<32>) -> Result<Stored> {
        self.store.conference(&id.0)?.ok_or_else(|| missing(id))
    }

    fn must_have_room(&self) -> Result<()> {
        match self.store.conferences()?.len() < MANY_CONFERENCES {
            true => Ok(()),
            false => Err(policy("conference_too_many", Abort::Policy)),
        }
    }
}

/// Who has an entry placed; why another one was refused, where it says that.
struct Placing<'a> {
    actor: &'a str,
    refused: Option<&'static str>,
}

/// Why the record is not followed, or can't be said on; nothing where it is.
fn standing(stored: &Stored, live: &Live) -> Option<&'static str> {
    match (&stored.alarm, live.unsound, stored.restored) {
        (Some(code), ..) if code == CONFERENCE_FORKED => Some(CONFERENCE_FORKED),
        (Some(_), ..) | (None, Some(_), _) => Some(CONFERENCE_UNSOUND),
        (None, None, Some(_)) => Some(CONFERENCE_RESTORED),
        (None, None, None) => None,
    }
}

/// As its card has it.
fn seat(card: &Card) -> Seat {
    Seat {
        name: card.name().to_owned(),
        role: card.role(),
        node_key: Hex(card.node_key()),
    }
}

fn written(card: &Card) -> Result<String> {
    String::from_utf8(card.to_bytes()).map_err(|_| malformed())
}

/// The name under which a word stands in an entry.
pub(crate) fn name_of(word: &Word) -> String {
    let said = serde_json::to_value(word).unwrap_or_default();
    let name = said.as_object().and_then(|said| said.keys().next());
    name.cloned().unwrap_or_default()
}
