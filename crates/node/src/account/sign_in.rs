//! Signing in. An account that is not there fails like one that is, in the same time and after as many attempts.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use hefu_store::{Account, Attempt, Entry, PasswordHash};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Duration, Instant, sleep_until};
use zeroize::Zeroizing;

use super::password::check;
use super::{Accounts, Began, SignedIn, about};
use crate::digest::sha256;
use crate::{Error, Node, Result};

/// Wrong passwords in a row that lock an account.
const FAILURES: u32 = 5;
const FIRST_LOCK: SignedDuration = SignedDuration::from_mins(15);
const LONGEST_LOCK: SignedDuration = SignedDuration::from_hours(24);
/// Passwords that are looked at at the same time: each takes memory and a core.
const AT_ONCE: usize = 2;
/// Passwords that may wait for that; whoever comes then is to come again.
const WAITING: usize = 16;
/// How long a failure takes, from when the password is looked at: of an account that is there, more is written.
const FAILED: Duration = Duration::from_millis(500);
/// Names without an account that are counted at the same time.
const STRANGERS: usize = 1024;

static TURNS: Turns = Turns::new();

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// The account is not there, or its password is another one: which, nobody is told.
    #[error("account or password is wrong")]
    Wrong,
    /// Locked; no password was looked at. Until when, nobody is told: a name that is no account's would answer otherwise
    /// than an account that somebody has locked.
    #[error("the account is locked")]
    Locked,
    /// Too many wait for their passwords to be looked at.
    #[error("too many sign in at the moment")]
    Busy,
    /// The node failed.
    #[error(transparent)]
    Node(#[from] Error),
}

impl From<hefu_store::Error> for NotSignedIn {
    fn from(error: hefu_store::Error) -> Self {
        Self::Node(error.into())
    }
}

impl Node {
    /// Signs somebody in.
    ///
    /// # Errors
    /// [`NotSignedIn`].
    pub async fn sign_in(
        self: &Arc<Self>,
        account: String,
        password: Zeroizing<String>,
    ) -> Result<Began, NotSignedIn> {
        let node = Arc::clone(self);
        in_turn(move || node.signed_in_by(&account, &password)).await
    }

    /// Who shows this secret; that counts as use of the session.
    #[must_use]
    pub fn session(&self, secret: &[u8]) -> Option<SignedIn> {
        self.accounts.sessions.of(secret, Timestamp::now())
    }

    /// Who shows this secret, where nobody may be before the page that asks: that is no use of the session.
    #[must_use]
    pub fn watched_session(&self, secret: &[u8]) -> Option<SignedIn> {
        self.accounts.sessions.peek(secret, Timestamp::now())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// The store's, where the log can't be written: the session has ended all the same.
    pub fn sign_out(&self, who: &SignedIn) -> Result<()> {
        self.accounts.sessions.end(who);
        self.log_by(&who.person, "signed_out", &about(&who.account))
    }

    /// Gives the one who is signed in another password, who must know the one before; ends all sessions of the account.
    ///
    /// # Errors
    /// [`NotSignedIn::Wrong`], [`NotSignedIn::Locked`] and [`NotSignedIn::Busy`], as for signing in; [`Error::Account`]
    /// where the new one is unfit; [`hefu_store::Error::ActedMeanwhile`] where somebody else gave the account another one.
    pub async fn change_password(
        self: &Arc<Self>,
        who: SignedIn,
        old: Zeroizing<String>,
        new: Zeroizing<String>,
    ) -> Result<(), NotSignedIn> {
        let node = Arc::clone(self);
        in_turn(move || {
            check(&new, &[&who.account, &who.person]).map_err(Error::Account)?;
            let (_, against) = node.right(&who.account, &old, Timestamp::now())?;
            let body = about(&who.account);
            node.store.password_was_right(
                &who.account,
                &against,
                &Entry {
                    actor: &who.person,
                    kind: "account_password_confirmed",
                    body: &body,
                },
            )?;
            Ok(node.replace_password(&who, &against, &new)?)
        })
        .await
    }

    fn signed_in_by(&self, account: &str, password: &str) -> Result<Began, NotSignedIn> {
        let now = Timestamp::now();
        let (known, against) = self.right(account, password, now)?;
        let body = about(account);
        let entry = Entry {
            actor: &known.person,
            kind: "signed_in",
            body: &body,
        };
        let _alone = self.accounts.turn();
        match self.store.password_was_right(account, &against, &entry) {
            Ok(()) => Ok(self.accounts.sessions.begin(&known, now)?),
            Err(hefu_store::Error::ActedMeanwhile) => Err(NotSignedIn::Wrong),
            Err(error) => Err(error.into()),
        }
    }

    /// Holds a password against its account. That it was right is the caller's to put on record.
    fn right(
        &self,
        account: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<(Account, PasswordHash), NotSignedIn> {
        match self.store.attempt(account, now, lock_after)? {
            Attempt::Against(known, hash) => {
                if hash.is_of(password)? {
                    return Ok((known, hash));
                }
                self.tell_failure(Some(account), "wrong_password")?;
                if let Some(until) = known.locked_until {
                    let body = serde_json::json!({ "account": account, "until": until });
                    self.log("account_locked_by_failures", &body)?;
                }
                Err(NotSignedIn::Wrong)
            }
            Attempt::Locked { .. } => {
                self.tell_failure(Some(account), "locked")?;
                Err(NotSignedIn::Locked)
            }
            Attempt::Unknown => {
                let name = self.store.vault().lookup("stranger", account.as_bytes());
                if self.accounts.strangers.locked_until(name, now).is_some() {
                    return Err(NotSignedIn::Locked);
                }
                self.nobody()?.is_of(password)?;
                self.tell_failure(None, "unknown_account")?;
                Err(NotSignedIn::Wrong)
            }
        }
    }

    /// The name of no account is never on record: it may be a password that was typed in the wrong place.
    fn tell_failure(&self, account: Option<&str>, why: &'static str) -> Result<()> {
        let caller = account.map(|account| sha256(account.as_bytes()));
        match self.accounts.failures.one_more(caller, why) {
            Some(untold) => {
                let body = serde_json::json!({ "account": account, "why": why, "untold": untold });
                self.log("sign_in_failed", &body)
            }
            None => Ok(()),
        }
    }

    /// What the password of an account that is not there is held against.
    fn nobody(&self) -> Result<&PasswordHash> {
        if let Some(hash) = self.accounts.nobody.get() {
            return Ok(hash);
        }
        let hash = PasswordHash::new("", self.surroundings.password_costs)?;
        Ok(self.accounts.nobody.get_or_init(|| hash))
    }
}

/// Looks at a password where there is time to, and no more than a few at once.
async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, NotSignedIn> + Send + 'static,
) -> Result<T, NotSignedIn> {
    let internal = |what| NotSignedIn::Node(Error::Internal { what });
    let turn = TURNS.next().await?;
    let failed = Instant::now() + FAILED;
    // The turn goes along: whoever hangs up does not make room for another one.
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        work()
    })
    .await
    .unwrap_or_else(|_| Err(internal("an operation's thread")));
    if done.is_err() {
        sleep_until(failed).await;
    }
    done
}

/// Who is looked at, and who waits for it.
struct Turns {
    free: Semaphore,
    waiting: AtomicUsize,
}

impl Turns {
    const fn new() -> Self {
        Self {
            free: Semaphore::const_new(AT_ONCE),
            waiting: AtomicUsize::new(0),
        }
    }

    async fn next(&self) -> Result<SemaphorePermit<'_>, NotSignedIn> {
        let waiting = Waiting::among(&self.waiting);
        if waiting.before >= WAITING && self.free.available_permits() == 0 {
            return Err(NotSignedIn::Busy);
        }
        let turn = self.free.acquire().await;
        turn.map_err(|_| NotSignedIn::Node(Error::Internal { what: "a turn" }))
    }
}

/// One who waits, until the turn comes or whoever asked hangs up.
struct Waiting<'a> {
    all: &'a AtomicUsize,
    before: usize,
}

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        let before = all.fetch_add(1, Ordering::Relaxed);
        Self { all, before }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Five failures in a row lock for a quarter of an hour, the next five for twice as long, and so on, up to a day.
fn lock_after(failures: u32) -> Option<SignedDuration> {
    if failures == 0 || !failures.is_multiple_of(FAILURES) {
        return None;
    }
    let doubled = 1_i32.checked_shl(failures / FAILURES - 1).filter(|by| *by > 0);
    let time = doubled.and_then(|by| FIRST_LOCK.checked_mul(by));
    Some(time.unwrap_or(LONGEST_LOCK).min(LONGEST_LOCK))
}

impl Accounts {
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names without an account that somebody tried, by a keyed digest: an account that locks would else be known by that.
#[derive(Default)]
pub(super) struct Strangers(Mutex<HashMap<[u8; 16], Tried>>);

struct Tried {
    failures: u32,
    locked_until: Option<Timestamp>,
    last: Timestamp,
}

impl Tried {
    fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }
}

impl Strangers {
    /// Counts one more attempt; gives until when the name is locked, where it was already.
    fn locked_until(&self, name: [u8; 16], now: Timestamp) -> Option<Timestamp> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !all.contains_key(&name) && all.len() >= STRANGERS {
            // One that is locked is forgotten last: whoever tries many names would free it by that.
            let oldest = all
                .iter()
                .min_by_key(|(_, tried)| (tried.is_locked(now), tried.last))
                .map(|(name, _)| *name);
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        let tried = all.entry(name).or_insert(Tried {
            failures: 0,
            locked_until: None,
            last: now,
        });
        tried.last = now;
        if let Some(until) = tried.locked_until.filter(|until| now < *until) {
            return Some(until);
        }
        tried.failures = tried.failures.saturating_add(1);
        tried.locked_until = lock_after(tried.failures).and_then(|time| now.checked_add(time).ok());
        None
    }
}

/// What nobody's password is held against, made once.
pub(super) type Nobody = OnceLock<PasswordHash>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_double_up_to_a_day() {
        let minutes = |failures| lock_after(failures).map(|time| time.as_mins());
        for (failures, expected) in [
            (0, None),
            (4, None),
            (5, Some(15)),
            (6, None),
            (10, Some(30)),
            (15, Some(60)),
            (35, Some(960)),
            (40, Some(1440)),
            (500, Some(1440)),
            (u32::MAX, Some(1440)),
        ] {
            assert_eq!(minutes(failures), expected, "{failures}");
        }
    }

    #[test]
    fn a_name_without_an_account_locks_like_one_that_has_one() {
        let strangers = Strangers::default();
        let now: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
        for _ in 0..5 {
            assert_eq!(strangers.locked_until([1; 16], now), None);
        }
        let until = now + FIRST_LOCK;
        assert_eq!(strangers.locked_until([1; 16], now), Some(until));
        assert_eq!(strangers.locked_until([2; 16], now), None);
        let others = |at: Timestamp| {
            for name in 0_u32..2000 {
                let name: Vec<u8> = [name.to_be_bytes(); 4].concat();
                strangers.locked_until(name.try_into().unwrap(), at);
            }
        };
        others(now);
        assert_eq!(strangers.locked_until([1; 16], now), Some(until), "still locked");
        assert_eq!(strangers.locked_until([1; 16], until), None);
        others(until);
        assert!(strangers.0.lock().unwrap().len() <= STRANGERS);
    }

    #[tokio::test]
    async fn whoever_comes_while_many_wait_is_to_come_again() {
        let turns: &Turns = Box::leak(Box::new(Turns::new()));
        let looked_at = [turns.next().await.unwrap(), turns.next().await.unwrap()];
        let waiting: Vec<_> = (0..WAITING).map(|_| tokio::spawn(turns.next())).collect();
        while turns.waiting.load(Ordering::Relaxed) < WAITING {
            tokio::task::yield_now().await;
        }
        assert!(matches!(turns.next().await, Err(NotSignedIn::Busy)));
        // Who hangs up makes room.
        waiting[0].abort();
        while turns.waiting.load(Ordering::Relaxed) == WAITING {
            tokio::task::yield_now().await;
        }
        let one_more = tokio::spawn(turns.next());
        drop(looked_at);
        for (at, one) in waiting.into_iter().chain([one_more]).enumerate() {
            assert!(at == 0 || one.await.unwrap().is_ok());
        }
    }
}
