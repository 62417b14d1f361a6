//! The ledger (台账) of people who are sent on or looked after. What may be done, and in which order, is
//! [`hefu_casework::matter`]'s to say; here it is kept, found again by person, and brought together with what rounds
//! find.

mod clue;
mod confirm;
mod register;
mod whose;

use hefu_casework::Care;
use hefu_casework::clue::{Checked, ClueAct};
use hefu_casework::matter::{Act, Direction, Event, Matter, MatterKind, Opening};
use hefu_casework::text::same_person;
use hefu_casework::transfer::{Awaited, Awaiting};
use hefu_identity::PersonKey;
use hefu_store::{Events, MatterAct, MatterChange, NewMatter, StoredMatter};
use jiff::civil::Date;
use zeroize::Zeroizing;

use crate::{Error, Node, Result};

pub use confirm::{Confirmation, Recorded, Unfit};
pub(crate) use register::OF_LEDGER;
pub use register::REGISTER;
pub use whose::{Person, Whose};

/// A matter as it is kept.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its id, from 1.
    pub id: u64,
    /// Whose word it is.
    pub direction: Direction,
    /// Whose it is.
    pub person: PersonKey,
    /// With how much care the person is to be dealt with, as known when it was opened.
    pub care: Care,
    /// With what it began.
    pub opening: Opening,
    /// How far it is.
    pub matter: Matter,
    /// The acts, in order.
    pub events: Vec<Event>,
}

/// Something that is late.
#[derive(Clone, Debug)]
pub struct Late {
    /// The matter.
    pub kept: Kept,
    /// What did not come.
    pub awaited: Awaited,
    /// The last day on which it would have been in time.
    pub until: Date,
}

impl Kept {
    /// What it is.
    #[must_use]
    pub fn kind(&self) -> MatterKind {
        self.opening.kind()
    }

    /// Who may be shown what officers wrote freely: of a protected person, who is in charge or has acted.
    #[must_use]
    pub fn may_tell(&self, asks: Option<&str>) -> bool {
        let acted = |by: &str| self.events.iter().any(|event| same_person(event.by.as_str(), by));
        let owner = match &self.matter {
            Matter::Clue(clue) => clue.owner(),
            _ => None,
        };
        let in_charge = |by: &str| owner.is_some_and(|owner| same_person(owner, by));
        self.care.may_tell_place() || asks.is_some_and(|by| acted(by) || in_charge(by))
    }

    /// The earliest day by which something is due.
    #[must_use]
    pub fn due(&self) -> Option<Date> {
        self.matter.awaited().into_iter().map(|(_, until)| until).min()
    }

    fn read(stored: StoredMatter) -> Result<Kept> {
        let damaged = Error::Internal {
            what: "a matter's direction",
        };
        let opening = hefu_casework::canonical::from_slice::<Opening>(&stored.opening)?;
        let events = parsed(&stored.events)?;
        Ok(Kept {
            id: stored.id,
            direction: Direction::from_code(&stored.direction).ok_or(damaged)?,
            person: stored.person,
            care: stored.care,
            matter: Matter::from_events(opening.clone(), &events)?,
            opening,
            events,
        })
    }
}

impl Node {
    /// Opens a matter of this person with the acts that are done already. `actor` is on record for it.
    ///
    /// # Errors
    /// Those of [`Matter::from_events`] for what may not be; [`hefu_store::Error::MatterExists`] where the ledger has
    /// the number already.
    pub fn open_matter(
        &self,
        person: &Person,
        direction: Direction,
        opening: Opening,
        events: Vec<Event>,
        actor: &str,
    ) -> Result<Kept> {
        self.open_resting_on(person, direction, opening, events, None, actor)
    }

    fn open_resting_on(
        &self,
        Person { key, care }: &Person,
        direction: Direction,
        opening: Opening,
        events: Vec<Event>,
        basis: Option<&[u8; 32]>,
        actor: &str,
    ) -> Result<Kept> {
        let matter = Matter::from_events(opening.clone(), &events)?;
        let written = Zeroizing::new(hefu_casework::canonical::to_vec(&opening));
        let acts: Vec<_> = events
            .iter()
            .map(|event| (Zeroizing::new(event.to_bytes()), event.act.code()))
            .collect();
        let new = NewMatter {
            kind: opening.kind().code(),
            direction: direction.code(),
            number: opening.number(),
            person: key,
            care,
            opening: &written,
            basis,
            acts: &acts,
        };
        let ids = self.store.change_matters(&[MatterChange::Opened(new)], actor)?;
        Ok(Kept {
            id: ids.first().copied().unwrap_or_default(),
            direction,
            person: key.clone(),
            care: *care,
            opening,
            matter,
            events,
        })
    }

    /// Records one act more in a matter, where its way allows it here; the log says who did what. `event.by` is the
    /// person who acts. An omission that led on names a notice or a transfer of the same person.
    ///
    /// # Errors
    /// Those of [`Matter::record`] for what may not be done; [`Error::Missing`] for a notice or transfer that this
    /// person does not have; [`hefu_store::Error::ActedMeanwhile`] where somebody else was faster; as [`Node::matter`].
    pub fn record_matter(&self, id: u64, event: &Event) -> Result<Kept> {
        let kept = self.matter(id)?;
        if let Act::Clue(ClueAct::Checked { result, .. }) = &event.act {
            self.must_lead_on(&kept, result)?;
        }
        self.record_all(kept, std::slice::from_ref(event), event.by.as_str())
    }

    /// All or none of them.
    fn record_all(&self, mut kept: Kept, events: &[Event], actor: &str) -> Result<Kept> {
        let before = kept.events.len() as u64;
        for event in events {
            kept.matter.record(event)?;
        }
        let written: Vec<_> = events
            .iter()
            .map(|event| Zeroizing::new(event.to_bytes()))
            .collect();
        let changes: Vec<_> = (before..)
            .zip(&written)
            .zip(events)
            .map(|((after, bytes), event)| {
                MatterChange::Acted(MatterAct {
                    matter: kept.id,
                    after,
                    event: bytes,
                    code: event.act.code(),
                })
            })
            .collect();
        self.store.change_matters(&changes, actor)?;
        kept.events.extend_from_slice(events);
        Ok(kept)
    }

    /// One matter.
    ///
    /// # Errors
    /// [`hefu_store::Error::Unknown`]; the store's.
    pub fn matter(&self, id: u64) -> Result<Kept> {
        Kept::read(self.store.matter(id)?)
    }

    /// The matter with this number in the ledger, however it is written.
    ///
    /// # Errors
    /// [`Error::Missing`]; the store's.
    pub fn matter_numbered(&self, number: &str) -> Result<Kept> {
        let id = self.store.matter_numbered(number)?;
        self.matter(id.ok_or_else(|| missing(number))?)
    }

    /// Every matter, in the order in which it is to be looked at: key groups first, then those of whom it must be asked
    /// whether they are of one; within, what is due first.
    ///
    /// # Errors
    /// The store's.
    pub fn matters(&self) -> Result<Vec<Kept>> {
        let stored = self.store.matters()?;
        let mut all: Vec<Kept> = stored.into_iter().map(Kept::read).collect::<Result<_>>()?;
        all.sort_by_key(|kept| {
            let due = kept.due();
            (kept.care.rank(), due.is_none(), due, kept.id)
        });
        Ok(all)
    }

    /// What is late on the day `on`, in the same order. What is due on the day itself is not late.
    ///
    /// # Errors
    /// The store's.
    pub fn overdue_matters(&self, on: Date) -> Result<Vec<Late>> {
        let mut late = Vec::new();
        for stored in self.store.matters()? {
            let kept = Kept::read(stored)?;
            let awaited = kept.matter.awaited().into_iter();
            late.extend(
                awaited
                    .filter(|(_, until)| *until < on)
                    .map(|(awaited, until)| Late {
                        kept: kept.clone(),
                        awaited,
                        until,
                    }),
            );
        }
        late.sort_by_key(|each| (each.kept.care.rank(), each.until, each.kept.id, each.awaited));
        Ok(late)
    }

    /// Whoever was led on to a notice or a transfer has one in the ledger.
    fn must_lead_on(&self, clue: &Kept, result: &Checked) -> Result<()> {
        let (number, kind) = match result {
            Checked::Informed { notice } => (notice.as_str(), MatterKind::Notice),
            Checked::Referred { transfer } => (transfer.as_str(), MatterKind::Transfer),
            Checked::NotEligible {} | Checked::HelpedElsewhere {} | Checked::Declined {} => return Ok(()),
        };
        let other = self.matter_numbered(number)?;
        match other.kind() == kind && other.person == clue.person {
            true => Ok(()),
            false => Err(missing(number)),
        }
    }
}

fn missing(number: &str) -> Error {
    Error::Missing {
        what: "matter",
        name: number.to_owned(),
    }
}

fn parsed(events: &Events) -> Result<Vec<Event>> {
    let parse = |event: &Zeroizing<Vec<u8>>| Ok(Event::parse(event)?);
    events.iter().map(parse).collect()
}
