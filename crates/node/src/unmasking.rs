//! A person's number in clear, for whoever must see it: one asks and says why, another one grants it, and it holds for half
//! an hour. Each look is on record before anything is shown.
//!
//! The number is the agency's own: it stands in the rows that the finding is of.

use hefu_casework::text::{self, same_person};
use hefu_casework::{Care, Hex, Known};
use hefu_store::{Entry, NewUnmasking, Unmasking, UnmaskingDecision};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use zeroize::Zeroizing;

use crate::account::AccountRole;
use crate::{Error, Node, Result};

/// How long a grant holds.
const HOLDS: SignedDuration = SignedDuration::from_mins(30);
/// A question that nobody has decided on by then is to be asked anew.
const WAITS: SignedDuration = SignedDuration::from_hours(24 * 7);
const FEWEST_REASON_CHARS: usize = 5;
const MOST_REASON_CHARS: usize = 500;

/// Why a number is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmaskingRefusal {
    /// The reason has fewer than 5 or more than 500 characters, or such as are not seen.
    Reason,
    /// Of a protected person or one of a key group, who may be one as long as nobody has said otherwise: compliance
    /// alone may ask.
    Protected,
    /// The same person asks and waits already.
    Waits,
    /// Nobody grants what they asked for themselves.
    SamePerson,
    /// It was decided on.
    Decided,
    /// Nobody decided on it in seven days.
    TooOld,
    /// Only who asked may look.
    NotAsker,
    /// It is not granted.
    NotGranted,
    /// Its half hour is over.
    Expired,
}

impl UnmaskingRefusal {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Reason => "unmasking_reason",
            Self::Protected => "unmasking_protected",
            Self::Waits => "unmasking_waits",
            Self::SamePerson => "unmasking_same_person",
            Self::Decided => "unmasking_decided",
            Self::TooOld => "unmasking_too_old",
            Self::NotAsker => "unmasking_not_asker",
            Self::NotGranted => "unmasking_not_granted",
            Self::Expired => "unmasking_over",
        }
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnmaskingState {
    /// Nobody has decided on it.
    Asked,
    /// Nobody has decided on it in time.
    Lapsed,
    /// The asker may look.
    Granted,
    /// The asker may not look.
    Refused,
    /// The asker may look no more.
    Expired,
}

impl UnmaskingState {
    /// A stable name for the table of words.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Asked => "unmasking_asked",
            Self::Lapsed => "unmasking_lapsed",
            Self::Granted => "unmasking_granted",
            Self::Refused => "unmasking_refused",
            Self::Expired => "unmasking_expired",
        }
    }

    /// Of one at a time.
    #[must_use]
    pub fn of(unmasking: &Unmasking, now: Timestamp) -> Self {
        match &unmasking.decision {
            None if now < ends(unmasking.asked_at, WAITS) => Self::Asked,
            None => Self::Lapsed,
            Some(decision) if !decision.granted => Self::Refused,
            Some(decision) if now < ends(decision.at, HOLDS) => Self::Granted,
            Some(_) => Self::Expired,
        }
    }
}

/// Until when the asker may look, where that is granted.
#[must_use]
pub fn expires_at(unmasking: &Unmasking) -> Option<Timestamp> {
    let decision = unmasking.decision.as_ref().filter(|decision| decision.granted)?;
    Some(ends(decision.at, HOLDS))
}

/// A number in clear, until when it may be looked at.
pub struct Unmasked {
    /// The number.
    pub number: Zeroizing<String>,
    /// The end of the grant.
    pub expires_at: Timestamp,
}

impl Node {
    /// Asks to see the number of a finding's person; `role` is the asker's, where an account asks. Gives the number of the
    /// question.
    ///
    /// # Errors
    /// [`Error::Unmasking`]; when there is no such finding, or not any more; the store's.
    pub fn ask_unmasking(
        &self,
        round: &[u8; 32],
        seq: u64,
        reason: &str,
        by: &str,
        role: Option<AccountRole>,
    ) -> Result<Unmasking> {
        let seen = reason.chars().filter(|c| !c.is_whitespace()).count();
        if seen < FEWEST_REASON_CHARS || text::check(reason, MOST_REASON_CHARS).is_err() {
            return refused(UnmaskingRefusal::Reason);
        }
        let (_, finding) = self.found(round, seq)?;
        if role.is_some_and(|role| role != AccountRole::Compliance) && needs_care(&finding.care) {
            return refused(UnmaskingRefusal::Protected);
        }
        let (index, now) = (seq.saturating_sub(1), Timestamp::now());
        let waits = |each: &Unmasking| {
            same_person(&each.asked_by, by)
                && matches!(
                    UnmaskingState::of(each, now),
                    UnmaskingState::Asked | UnmaskingState::Granted
                )
        };
        if self.store.unmaskings_of(round, index)?.iter().any(waits) {
            return refused(UnmaskingRefusal::Waits);
        }
        let new = NewUnmasking {
            round,
            finding: index,
            by,
            reason,
            at: now,
        };
        let n = self.store.ask_unmasking(
            &new,
            |n| json!({ "unmasking": n, "round": Hex(*round), "finding": seq }),
        )?;
        self.unmasking(n)
    }

    /// The one with this number.
    ///
    /// # Errors
    /// [`Error::Missing`]; the store's.
    pub fn unmasking(&self, n: u64) -> Result<Unmasking> {
        self.store.unmasking(n)?.ok_or_else(|| Error::Missing {
            what: "unmasking",
            name: n.to_string(),
        })
    }

    /// Lets who asked look, or not: another person's to decide.
    ///
    /// # Errors
    /// [`Error::Unmasking`]; [`Error::Missing`]; the store's.
    pub fn decide_unmasking(&self, n: u64, granted: bool, by: &str) -> Result<Unmasking> {
        let asked = self.unmasking(n)?;
        let now = Timestamp::now();
        if same_person(&asked.asked_by, by) {
            return refused(UnmaskingRefusal::SamePerson);
        }
        match UnmaskingState::of(&asked, now) {
            UnmaskingState::Asked => {}
            UnmaskingState::Lapsed => return refused(UnmaskingRefusal::TooOld),
            _ => return refused(UnmaskingRefusal::Decided),
        }
        let decision = UnmaskingDecision {
            granted,
            by: by.to_owned(),
            at: now,
        };
        let body = about(&asked);
        let kind = match granted {
            true => "unmasking_granted",
            false => "unmasking_refused",
        };
        self.store.decide_unmasking(
            n,
            &decision,
            &Entry {
                actor: by,
                kind,
                body: &body,
            },
        )?;
        self.unmasking(n)
    }

    /// Shows the number to who asked.
    ///
    /// # Errors
    /// [`Error::Unmasking`]; [`Error::Missing`]; when the finding is not there any more; the store's.
    pub fn unmask(&self, n: u64, by: &str) -> Result<Unmasked> {
        let asked = self.unmasking(n)?;
        let now = Timestamp::now();
        if !same_person(&asked.asked_by, by) {
            return refused(UnmaskingRefusal::NotAsker);
        }
        match UnmaskingState::of(&asked, now) {
            UnmaskingState::Granted => {}
            UnmaskingState::Expired => return refused(UnmaskingRefusal::Expired),
            UnmaskingState::Asked | UnmaskingState::Lapsed | UnmaskingState::Refused => {
                return refused(UnmaskingRefusal::NotGranted);
            }
        }
        let (_, finding) = self.found(&asked.round, asked.finding + 1)?;
        let body = about(&asked);
        self.store.look(
            n,
            now,
            &Entry {
                actor: by,
                kind: "unmasking_looked",
                body: &body,
            },
        )?;
        let number = std::str::from_utf8(finding.person.canonical()).map_err(|_| Error::Internal {
            what: "a canonical number",
        })?;
        Ok(Unmasked {
            number: Zeroizing::new(number.to_owned()),
            expires_at: expires_at(&asked).unwrap_or(now),
        })
    }
}

fn refused<T>(why: UnmaskingRefusal) -> Result<T> {
    Err(Error::Unmasking(why))
}

/// Of the reason, the log has nothing.
fn about(asked: &Unmasking) -> serde_json::Value {
    json!({ "unmasking": asked.n, "round": Hex(asked.round), "finding": asked.finding + 1 })
}

/// What is not known protects.
fn needs_care(care: &Care) -> bool {
    care.protected || care.minor != Known::No || care.key_group() != Known::No
}

fn ends(from: Timestamp, time: SignedDuration) -> Timestamp {
    from.checked_add(time).unwrap_or(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_grant_holds_for_half_an_hour_and_a_question_for_a_week() {
        let mut asked = Unmasking {
            n: 1,
            round: [0; 32],
            finding: 0,
            asked_by: "王科长".to_owned(),
            asked_at: at("2026-11-02T08:00:00Z"),
            reason: Zeroizing::default(),
            decision: None,
            looks: Vec::new(),
        };
        let state = |asked: &Unmasking, now| UnmaskingState::of(asked, at(now));
        assert_eq!(state(&asked, "2026-11-09T07:59:59Z"), UnmaskingState::Asked);
        assert_eq!(state(&asked, "2026-11-09T08:00:00Z"), UnmaskingState::Lapsed);
        asked.decision = Some(UnmaskingDecision {
            granted: true,
            by: "李主任".to_owned(),
            at: at("2026-11-02T09:00:00Z"),
        });
        assert_eq!(expires_at(&asked), Some(at("2026-11-02T09:30:00Z")));
        assert_eq!(state(&asked, "2026-11-02T09:29:59Z"), UnmaskingState::Granted);
        assert_eq!(state(&asked, "2026-11-02T09:30:00Z"), UnmaskingState::Expired);
        asked.decision.as_mut().unwrap().granted = false;
        assert_eq!(expires_at(&asked), None);
        assert_eq!(state(&asked, "2026-11-02T09:00:01Z"), UnmaskingState::Refused);
    }

    #[test]
    fn only_of_whom_all_is_known_to_be_no_may_a_case_worker_ask() {
        let plain = Care {
            protected: false,
            minor: Known::No,
            disabled: Known::No,
        };
        assert!(!needs_care(&plain));
        assert!(needs_care(&Care::default()), "nothing is known");
        for care in [
            Care {
                protected: true,
                ..plain
            },
            Care {
                minor: Known::Yes,
                ..plain
            },
            Care {
                minor: Known::Unknown,
                ..plain
            },
            Care {
                disabled: Known::Yes,
                ..plain
            },
        ] {
            assert!(needs_care(&care), "{care:?}");
        }
    }
}
