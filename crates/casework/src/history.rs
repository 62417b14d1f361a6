//! What is done in a matter is written down act by act and never changed: who did it, when it was recorded, and on
//! which day it was done. From the acts follows how far the matter is.

use jiff::{Timestamp, civil::Date, tz};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Error, Text, canonical};

/// The most acts of one matter.
pub const MAX_ACTS: usize = 1_000;

/// One act. Its written form is canonical JSON:
/// `{"act":{…},"at":"2026-11-02T01:30:00Z","by":"…","on":"2026-11-02"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Event<A> {
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: Text<64>,
    /// On which day it was done; no later than the day of recording.
    pub on: Date,
    /// What was done.
    pub act: A,
}

impl<A: Serialize + DeserializeOwned> Event<A> {
    /// The canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// Reads what [`Event::to_bytes`] wrote.
    ///
    /// # Errors
    /// Those of [`canonical::from_slice`].
    pub fn parse(bytes: &[u8]) -> Result<Event<A>, Error> {
        canonical::from_slice(bytes)
    }
}

/// The order of the acts of one matter.
#[derive(Clone, Debug)]
pub(crate) struct Trail {
    /// The day before which nothing can have been done: that of the latest act, at first that of the matter.
    day: Date,
    recorded: Option<Timestamp>,
    acts: usize,
}

impl Trail {
    pub(crate) fn new(day: Date) -> Trail {
        Trail {
            day,
            recorded: None,
            acts: 0,
        }
    }

    /// The trail with one act more.
    pub(crate) fn follow<A>(&self, event: &Event<A>) -> Result<Trail, Error> {
        if self.acts >= MAX_ACTS {
            return Err(Error::TooManyActs { max: MAX_ACTS });
        }
        if self.recorded.is_some_and(|recorded| event.at < recorded) {
            return Err(Error::RecordOrder);
        }
        let latest = tz::offset(8).to_datetime(event.at).date();
        if event.on < self.day || latest < event.on {
            return Err(Error::OutOfOrder {
                date: event.on,
                earliest: self.day,
                latest,
            });
        }
        Ok(Trail {
            day: event.on,
            recorded: Some(event.at),
            acts: self.acts + 1,
        })
    }
}
