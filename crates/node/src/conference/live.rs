//! A record in memory: what it comes to, kept in step with what is stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hefu_casework::Hex;
use hefu_casework::conference::{Fault, Placed, Private, SignedEntry, State};
use hefu_store::{NewConferenceEntry, Store};
use tokio::sync::{Notify, watch};
use zeroize::Zeroizing;

use super::restoring::GivenBack;
use super::wire::Parcel;
use crate::guard::Repeats;
use crate::{Error, Result};

/// Entries that are read at once as a record is replayed.
const BATCH: usize = 512;

/// The conferences of a node, in memory.
pub(crate) struct Conferences {
    live: Mutex<BTreeMap<Hex<32>, Arc<Mutex<Live>>>>,
    grown: watch::Sender<u64>,
    /// There is something to deliver.
    pub(super) notify: Notify,
    /// Held by whoever fixes what is entered in a round until that is said: the keeper says what it finds unsaid.
    pub(super) freezing: Mutex<()>,
    /// Entries that were dropped, as far as the log tells of them.
    pub(super) dropped: Repeats,
}

/// One of them.
pub(super) struct Live {
    node: Hex<32>,
    pub(super) state: State,
    /// With what this node has said and is on its way; none where that is to be reckoned anew.
    ahead: Option<Ahead>,
    /// Why what is stored can't be replayed to its end.
    pub(super) unsound: Option<Fault>,
    /// What is enclosed for this node and does not open, by the entry's digest.
    pub(super) unopened: BTreeSet<Hex<32>>,
    /// At an office that was restored: the members that have given back what was lost.
    pub(super) heard: BTreeSet<Hex<32>>,
    /// At an office that was restored: what a member gives back, until it is whole.
    pub(super) given_back: BTreeMap<Hex<32>, GivenBack>,
}

impl Conferences {
    /// Replays every record that is stored.
    pub(crate) fn read(store: &Store, node: &[u8; 32]) -> Result<Self> {
        let mut live = BTreeMap::new();
        for conference in store.conferences()? {
            let id = Hex(conference.id);
            live.insert(id, Arc::new(Mutex::new(Live::read(store, &id, Hex(*node))?)));
        }
        Ok(Self {
            live: Mutex::new(live),
            grown: watch::Sender::new(0),
            notify: Notify::new(),
            freezing: Mutex::default(),
            dropped: Repeats::default(),
        })
    }

    pub(super) fn get(&self, id: &Hex<32>) -> Result<Arc<Mutex<Live>>> {
        let all = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).cloned().ok_or_else(|| missing(id))
    }

    pub(super) fn add(&self, id: Hex<32>, live: Live) {
        let mut all = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(id).or_insert_with(|| Arc::new(Mutex::new(live)));
    }

    pub(super) fn grew(&self) {
        self.grown.send_modify(|times| *times += 1);
    }

    pub(super) fn grown(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }
}

/// A thread that panicked here changed either nothing or what is read anew.
pub(super) fn lock(live: &Mutex<Live>) -> MutexGuard<'_, Live> {
    live.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn missing(id: &Hex<32>) -> Error {
    Error::Missing {
        what: "conference",
        name: id.to_string(),
    }
}

impl Live {
    pub(super) fn empty(id: Hex<32>, node: Hex<32>) -> Self {
        Self {
            node,
            state: State::new(id),
            ahead: None,
            unsound: None,
            unopened: BTreeSet::new(),
            heard: BTreeSet::new(),
            given_back: BTreeMap::new(),
        }
    }

    /// What is stored was verified when it came; its place in the chain is compared again.
    fn read(store: &Store, id: &Hex<32>, node: Hex<32>) -> Result<Self> {
        let mut live = Self::empty(*id, node);
        loop {
            let after = live.state.head().seq;
            let page = store.conference_entries(&id.0, after, BATCH)?;
            if page.is_empty() {
                return Ok(live);
            }
            for stored in page {
                let placed = Placed {
                    seq: stored.seq,
                    signed: SignedEntry::parse(&stored.bytes)?,
                };
                let private = stored.opened.as_deref().map(|opened| Private::parse(opened));
                let private = private.transpose()?;
                let applied = live.state.restore(&placed, private.as_ref());
                let applied = applied.and_then(|()| match live.state.head().hash.0 == stored.hash {
                    true => Ok(()),
                    false => Err(Fault::Forked),
                });
                if let Err(fault) = applied {
                    live.unsound = Some(fault);
                    return Ok(live);
                }
                live.note_unopened(&placed.signed, private.is_some());
            }
        }
    }

    /// Reads all anew where memory and store are not in step any more.
    pub(super) fn reload(&mut self, store: &Store, id: &Hex<32>) -> Result<()> {
        let anew = Self::read(store, id, self.node)?;
        (self.state, self.unsound, self.unopened) = (anew.state, anew.unsound, anew.unopened);
        self.ahead = None;
        Ok(())
    }

    fn note_unopened(&mut self, signed: &SignedEntry, is_opened: bool) {
        if !is_opened && is_for(signed, &self.node) {
            self.unopened.insert(signed.digest());
        }
    }

    /// The next entry, as far as it is checked and applied here; whoever calls this stores it, or reads all anew.
    pub(super) fn apply(
        &mut self,
        parcel: Parcel,
        opened: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<NewConferenceEntry, Fault> {
        let private = opened.as_deref().and_then(|opened| Private::parse(opened).ok());
        let placed = Placed {
            seq: self.state.head().seq.saturating_add(1),
            signed: parcel.signed,
        };
        self.state.apply(&placed, private.as_ref())?;
        self.ahead = None;
        self.note_unopened(&placed.signed, private.is_some());
        let head = self.state.head();
        let entry = &placed.signed.entry;
        Ok(NewConferenceEntry {
            seq: head.seq,
            author: entry.author.0,
            number: entry.number,
            digest: placed.signed.digest().0,
            hash: head.hash.0,
            bytes: placed.signed.to_bytes(),
            opened,
            enclosures: parcel.enclosures,
        })
    }

    /// The record as it will be once all that this node has said is on it; none where something of that does not fit any
    /// more, until the office has said what becomes of it.
    pub(super) fn ahead(&mut self, store: &Store, id: &Hex<32>) -> Result<Option<&mut State>> {
        if self.ahead.is_none() {
            let mut ahead = Ahead {
                state: self.state.clone(),
                is_whole: true,
            };
            for said in store.said_waiting(&id.0)? {
                let signed = SignedEntry::parse(&said.bytes)?;
                let private = said.opened.as_deref().map(|opened| Private::parse(opened));
                if go_on(&mut ahead.state, signed, private.transpose()?.as_ref()).is_err() {
                    ahead.is_whole = false;
                    break;
                }
            }
            self.ahead = Some(ahead);
        }
        let whole = self.ahead.as_mut().filter(|ahead| ahead.is_whole);
        Ok(whole.map(|ahead| &mut ahead.state))
    }

    /// As far as [`Live::ahead`] has come.
    pub(super) fn furthest(&self) -> &State {
        self.ahead.as_ref().map_or(&self.state, |ahead| &ahead.state)
    }

    /// This node has said something more.
    pub(super) fn go_ahead(&mut self, signed: SignedEntry, private: Option<&Private>) {
        let gone = self
            .ahead
            .as_mut()
            .map(|ahead| go_on(&mut ahead.state, signed, private));
        if gone.is_none_or(|gone| gone.is_err()) {
            self.ahead = None;
        }
    }

    /// What is on its way is another now.
    pub(super) fn forget_ahead(&mut self) {
        self.ahead = None;
    }
}

/// A record with what is on its way to it.
struct Ahead {
    state: State,
    is_whole: bool,
}

/// Checks and applies an entry as the next one.
pub(super) fn go_on(state: &mut State, signed: SignedEntry, private: Option<&Private>) -> Result<(), Fault> {
    state.check(&signed, private)?;
    let seq = state.head().seq.saturating_add(1);
    state.apply(&Placed { seq, signed }, private)
}

/// Whether a node is one of those who can open what is enclosed.
pub(super) fn is_for(signed: &SignedEntry, node: &Hex<32>) -> bool {
    let enclosed = signed.entry.enclosed.iter();
    enclosed
        .flat_map(|enclosed| &enclosed.to)
        .any(|to| to.node == *node)
}
