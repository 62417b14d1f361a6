//! What keeps one caller from taking everything: turns for each peer, and few words about strangers.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many calls of each peer are being answered, so that one of them can't take every place.
#[derive(Default)]
pub(crate) struct Calls(Mutex<HashMap<[u8; 32], usize>>);

/// One call's turn, given back when it is dropped.
pub(crate) struct Turn {
    calls: Arc<Calls>,
    peer: [u8; 32],
}

impl Calls {
    const OF_ONE_PEER: usize = 4;

    pub(crate) fn turn(self: &Arc<Self>, peer: [u8; 32]) -> Option<Turn> {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = calls.entry(peer).or_default();
        (*count < Self::OF_ONE_PEER).then(|| {
            *count += 1;
            Turn {
                calls: Arc::clone(self),
                peer,
            }
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut calls = self.calls.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = calls.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Callers without a card reach the log once a minute, with the number of those in between: the chained log only grows,
/// and a stranger must not be able to fill the disk with it.
#[derive(Default)]
pub(crate) struct Strangers {
    told: Option<Instant>,
    untold: u64,
}

impl Strangers {
    /// How many were passed over, when this one is to be told of.
    pub(crate) fn one_more(&mut self) -> Option<u64> {
        const SILENCE: Duration = Duration::from_secs(60);
        if self.told.is_some_and(|told| told.elapsed() < SILENCE) {
            self.untold += 1;
            return None;
        }
        self.told = Some(Instant::now());
        Some(std::mem::take(&mut self.untold))
    }
}
