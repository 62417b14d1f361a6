//! Who is signed in. In memory only, and of a session's secret only its digest.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hefu_casework::Hex;
use hefu_store::{Account, AccountRole};
use jiff::{SignedDuration, Timestamp};
use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::digest::sha256;
use crate::{Error, Result};

/// Whoever leaves a desk is signed out.
const IDLE: SignedDuration = SignedDuration::from_mins(30);
/// A working day, with what comes before and after it.
const LONGEST: SignedDuration = SignedDuration::from_hours(12);
/// Of one account; another one ends the one that was used least lately.
const OF_ONE_ACCOUNT: usize = 16;

/// 32 random bytes, as 64 hexadecimal digits. Whoever shows them is who signed in.
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    fn draw() -> Result<(Self, [u8; 32])> {
        let mut bytes = Zeroizing::new([0; 32]);
        SystemRandom::new()
            .fill(bytes.as_mut())
            .map_err(|_| Error::Internal { what: "randomness" })?;
        let digest = sha256(bytes.as_ref());
        Ok((Self(Zeroizing::new(Hex(*bytes).to_string())), digest))
    }

    /// The digits, for the one who signed in.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(****)")
    }
}

/// Who is signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The account.
    pub account: Arc<str>,
    /// Its person, who acts.
    pub person: Arc<str>,
    /// Its role.
    pub role: AccountRole,
    /// When it ends, unless it is used again before.
    pub expires_at: Timestamp,
    /// By which it is found again.
    digest: [u8; 32],
}

/// A session at its beginning.
#[derive(Debug)]
pub struct Began {
    /// For the one who signed in, and nobody else.
    pub(crate) secret: Secret,
    /// Who it is.
    pub signed_in: SignedIn,
}

/// Sessions by the digest of their secret.
#[derive(Default)]
pub(super) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

struct Session {
    account: Arc<str>,
    person: Arc<str>,
    role: AccountRole,
    began: Timestamp,
    used: Timestamp,
}

impl Session {
    fn expires_at(&self) -> Timestamp {
        let idle = self.used.checked_add(IDLE).unwrap_or(self.used);
        idle.min(self.began.checked_add(LONGEST).unwrap_or(self.began))
    }

    /// A clock that was set back ends it as well: nobody could say how old it is.
    fn holds(&self, now: Timestamp) -> bool {
        self.used <= now && now < self.expires_at()
    }
}

impl Sessions {
    pub(super) fn begin(&self, of: &Account, now: Timestamp) -> Result<Began> {
        let (secret, digest) = Secret::draw()?;
        let session = Session {
            account: of.account.as_str().into(),
            person: of.person.as_str().into(),
            role: of.role,
            began: now,
            used: now,
        };
        let signed_in = signed_in(&session, digest);
        let mut all = self.lock();
        all.retain(|_, session| session.holds(now));
        let own = |session: &Session| *session.account == *of.account;
        if all.values().filter(|session| own(session)).count() >= OF_ONE_ACCOUNT {
            let oldest = all
                .iter()
                .filter(|(_, session)| own(session))
                .min_by_key(|(_, session)| session.used)
                .map(|(digest, _)| *digest);
            oldest.and_then(|digest| all.remove(&digest));
        }
        all.insert(digest, session);
        Ok(Began { secret, signed_in })
    }

    /// Who shows this. It counts as use. The map is asked by a digest of what was shown, so that how long it takes says
    /// nothing of the secrets in it.
    pub(super) fn of(&self, shown: &[u8], now: Timestamp) -> Option<SignedIn> {
        self.find(shown, now, |session| session.used = now)
    }

    /// The same, which does not count as use: a page that asks by itself would keep the session of an empty chair.
    pub(super) fn peek(&self, shown: &[u8], now: Timestamp) -> Option<SignedIn> {
        self.find(shown, now, |_| {})
    }

    fn find(&self, shown: &[u8], now: Timestamp, found: impl FnOnce(&mut Session)) -> Option<SignedIn> {
        let shown = Zeroizing::new(Hex::<32>::parse(std::str::from_utf8(shown).ok()?)?.0);
        let digest = sha256(shown.as_ref());
        let mut all = self.lock();
        let session = all.get_mut(&digest)?;
        if !session.holds(now) {
            all.remove(&digest);
            return None;
        }
        found(session);
        Some(signed_in(session, digest))
    }

    pub(super) fn end(&self, who: &SignedIn) {
        self.lock().remove(&who.digest);
    }

    pub(super) fn end_all(&self, account: &str) {
        self.lock().retain(|_, session| *session.account != *account);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn signed_in(session: &Session, digest: [u8; 32]) -> SignedIn {
    SignedIn {
        account: Arc::clone(&session.account),
        person: Arc::clone(&session.person),
        role: session.role,
        expires_at: session.expires_at(),
        digest,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-02T00:00:00Z".parse().unwrap()
    }

    fn account(name: &str) -> Account {
        Account {
            account: name.to_owned(),
            person: format!("{name}科长"),
            role: AccountRole::Compliance,
            failures: 0,
            locked_until: None,
            locked: false,
            created_at: now(),
            changed_at: now(),
        }
    }

    fn shown(began: &Began) -> Vec<u8> {
        began.secret.reveal().as_bytes().to_vec()
    }

    #[test]
    fn whoever_shows_the_secret_is_signed_in_and_nobody_else() {
        let sessions = Sessions::default();
        let began = sessions.begin(&account("wang"), now()).unwrap();
        let secret = shown(&began);
        assert_eq!(secret.len(), 64);
        let who = sessions.of(&secret, now()).unwrap();
        assert_eq!(
            (&*who.account, &*who.person, who.role),
            ("wang", "wang科长", AccountRole::Compliance)
        );
        let mut forged = secret.clone();
        forged[63] = if forged[63] == b'0' { b'1' } else { b'0' };
        for wrong in [&forged[..], &secret[..63], b"", b"\xff", &sha256(&secret)] {
            assert!(sessions.of(wrong, now()).is_none());
        }
        assert!(!format!("{began:?}").contains(began.secret.reveal()));
        sessions.end(&who);
        assert!(sessions.of(&secret, now()).is_none());
    }

    #[test]
    fn it_ends_after_half_an_hour_unused_and_after_twelve_hours() {
        let sessions = Sessions::default();
        let minutes = |count: i64| now() + SignedDuration::from_mins(count);
        let idle = shown(&sessions.begin(&account("wang"), now()).unwrap());
        assert!(sessions.of(&idle, minutes(29)).is_some());
        assert!(sessions.of(&idle, minutes(58)).is_some(), "use counts");
        assert!(sessions.of(&idle, minutes(88)).is_none());
        let used = shown(&sessions.begin(&account("wang"), now()).unwrap());
        for minute in (0..720).step_by(20) {
            let who = sessions.of(&used, minutes(minute)).unwrap();
            assert!(who.expires_at <= minutes(720));
        }
        assert!(sessions.of(&used, minutes(720)).is_none());
        // It does not come back with the clock.
        assert!(sessions.of(&used, minutes(719)).is_none());
    }

    #[test]
    fn what_a_page_asks_by_itself_keeps_no_session() {
        let sessions = Sessions::default();
        let minutes = |count: i64| now() + SignedDuration::from_mins(count);
        let shown = shown(&sessions.begin(&account("wang"), now()).unwrap());
        for minute in 0..30 {
            let who = sessions.peek(&shown, minutes(minute)).unwrap();
            assert_eq!(who.expires_at, minutes(30));
        }
        assert!(sessions.peek(&shown, minutes(30)).is_none());
        assert!(sessions.of(&shown, minutes(29)).is_none(), "it has ended");
    }

    #[test]
    fn one_account_has_sixteen_at_most_and_others_are_left_alone() {
        let sessions = Sessions::default();
        let other = shown(&sessions.begin(&account("li"), now()).unwrap());
        let all: Vec<_> = (0..17)
            .map(|second| {
                let at = now() + SignedDuration::from_secs(second);
                shown(&sessions.begin(&account("wang"), at).unwrap())
            })
            .collect();
        let at = now() + SignedDuration::from_secs(20);
        assert!(sessions.of(&all[0], at).is_none());
        assert!(all[1..].iter().all(|secret| sessions.of(secret, at).is_some()));
        sessions.end_all("wang");
        assert!(all.iter().all(|secret| sessions.of(secret, at).is_none()));
        assert!(sessions.of(&other, at).is_some());
    }
}
