//! What keeps one caller from taking everything: turns for each peer, and few words about what is refused.

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

/// Failures of one kind by one caller reach the log once a minute, with the number of those in between: the chained log
/// only grows, and nobody must be able to fill the disk with it.
#[derive(Default)]
pub(crate) struct Repeats(Mutex<HashMap<Failure, Told>>);

/// Who failed, if that is known, and how.
type Failure = (Option<[u8; 32]>, &'static str);

struct Told {
    at: Instant,
    untold: u64,
}

impl Repeats {
    const SILENCE: Duration = Duration::from_secs(60);
    /// More kinds than there are, for as many peers as a node has.
    const MANY: usize = 4096;

    /// How many were passed over, when this one is to be told of. Strangers, who have no key, are one caller.
    pub(crate) fn one_more(&self, caller: Option<[u8; 32]>, code: &'static str) -> Option<u64> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() >= Self::MANY {
            told.retain(|_, told| told.at.elapsed() < Self::SILENCE);
        }
        match told.get_mut(&(caller, code)) {
            Some(last) if last.at.elapsed() < Self::SILENCE => {
                last.untold += 1;
                None
            }
            last => {
                let untold = last.map_or(0, |last| last.untold);
                let now = Told {
                    at: Instant::now(),
                    untold: 0,
                };
                told.insert((caller, code), now);
                Some(untold)
            }
        }
    }
}
