//! The sessions that are being worked on in this process: how far each has come, and how one is stopped.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedMutexGuard};

use crate::runner::Progress;

#[derive(Default)]
pub(crate) struct Active {
    /// Each lives as long as somebody works on it or waits to: there are never two of one session.
    by_round: Mutex<HashMap<[u8; 32], Weak<Work>>>,
    begun: Notify,
    /// By agreement: one peer's slow session must not hold up the openings of others.
    admissions: Mutex<HashMap<[u8; 32], Arc<tokio::sync::Mutex<()>>>>,
    /// What ended the last attempt at a round that goes on.
    interrupted: Mutex<HashMap<[u8; 32], &'static str>>,
}

#[derive(Default)]
struct Work {
    /// Held by whoever runs the session, so that two lines never write into one record.
    place: Arc<tokio::sync::Mutex<()>>,
    stop: Notify,
    reached: Mutex<Reached>,
}

/// How far a session has come, and when it came there.
struct Reached {
    progress: Option<Progress>,
    at: Instant,
}

impl Default for Reached {
    fn default() -> Self {
        Reached {
            progress: None,
            at: Instant::now(),
        }
    }
}

/// The right to run a session.
pub(crate) struct Turn {
    work: Arc<Work>,
    place: OwnedMutexGuard<()>,
}

/// Goes to the thread that does the work: the session is free when that thread has ended, and not before.
pub(crate) struct Place {
    _held: OwnedMutexGuard<()>,
    _work: Arc<Work>,
}

impl Active {
    /// Stops whoever runs this session and takes its place: the peer has called anew, so the old line is dead.
    pub(crate) async fn take_over(&self, round: &[u8; 32]) -> Turn {
        let work = self.work(round);
        loop {
            match Arc::clone(&work.place).try_lock_owned() {
                Ok(place) => return Turn { work, place },
                Err(_) => {
                    work.stop.notify_waiters();
                    // The thread behind the line looks up when it next reads or writes.
                    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                }
            }
        }
    }

    /// The right to run this session, unless somebody does already.
    pub(crate) fn turn(&self, round: &[u8; 32]) -> Option<Turn> {
        let work = self.work(round);
        let place = Arc::clone(&work.place).try_lock_owned().ok()?;
        Some(Turn { work, place })
    }

    /// Held while an opening is looked up and put on record: a peer whose line was cut after its first message opens
    /// again at once, and both calls are of one session.
    pub(crate) async fn admission(&self, agreement: &[u8; 32]) -> OwnedMutexGuard<()> {
        let admission = {
            let mut admissions = self.admissions.lock().unwrap_or_else(PoisonError::into_inner);
            admissions.retain(|_, admission| Arc::strong_count(admission) > 1);
            Arc::clone(admissions.entry(*agreement).or_default())
        };
        admission.lock_owned().await
    }

    /// Says that there is a new round to work on.
    pub(crate) fn begin(&self) {
        self.begun.notify_one();
    }

    /// Waits for one.
    pub(crate) async fn begun(&self) {
        self.begun.notified().await;
    }

    /// How far a session that is being worked on has come.
    pub(crate) fn progress(&self, round: &[u8; 32]) -> Option<Progress> {
        let work = self.lock().get(round)?.upgrade()?;
        work.reached().progress
    }

    /// Whether somebody works on a session that has come no further for so long.
    pub(crate) fn is_stalled(&self, round: &[u8; 32], since: Duration) -> bool {
        let work = self.lock().get(round).and_then(Weak::upgrade);
        work.is_some_and(|work| work.reached().at.elapsed() > since)
    }

    pub(crate) fn note(&self, round: &[u8; 32], progress: Progress) {
        self.settled(round);
        if let Some(work) = self.lock().get(round).and_then(Weak::upgrade) {
            let mut reached = work.reached();
            if reached.progress != Some(progress) {
                *reached = Reached {
                    progress: Some(progress),
                    at: Instant::now(),
                };
            }
        }
    }

    /// An attempt came to nothing, and the round goes on.
    pub(crate) fn interrupt(&self, round: &[u8; 32], code: &'static str) {
        self.interruptions().insert(*round, code);
    }

    /// The round has come further, or to its end.
    pub(crate) fn settled(&self, round: &[u8; 32]) {
        self.interruptions().remove(round);
    }

    /// What ended the last attempt at a round, unless it has come further since.
    pub(crate) fn interruption(&self, round: &[u8; 32]) -> Option<&'static str> {
        self.interruptions().get(round).copied()
    }

    fn interruptions(&self) -> MutexGuard<'_, HashMap<[u8; 32], &'static str>> {
        self.interrupted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, round: &[u8; 32]) -> Arc<Work> {
        let mut by_round = self.lock();
        if let Some(work) = by_round.get(round).and_then(Weak::upgrade) {
            return work;
        }
        by_round.retain(|_, work| work.strong_count() > 0);
        let work = Arc::default();
        by_round.insert(*round, Arc::downgrade(&work));
        work
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Weak<Work>>> {
        self.by_round.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    fn reached(&self) -> MutexGuard<'_, Reached> {
        self.reached.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// The place for the working thread, and the work until somebody stops it; none when it was stopped.
    pub(crate) fn split(self) -> (Place, Stop) {
        let place = Place {
            _held: self.place,
            _work: Arc::clone(&self.work),
        };
        (place, Stop(self.work))
    }
}

/// Hears when its session is to stop.
pub(crate) struct Stop(Arc<Work>);

impl Stop {
    /// Runs `work` until it ends, or until it is to stop.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.0.stop.notified() => None,
        }
    }
}
