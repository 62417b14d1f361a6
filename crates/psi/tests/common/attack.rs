//! What an attacker does to a session, and how the session must end.

use hefu_psi::wire::Abort;
use hefu_psi::{Error, Suite};

use super::{End, Failure, Outcome, Session, Step, Transcript};

/// How a session ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Verdict {
    Refused(End, Abort),
    Local(End, &'static str),
    Receipt(End),
    WaitsInVain(End),
    Through,
}

/// What is done to the messages of one step.
pub(crate) type Attack = fn(&Session, &Transcript, &mut Vec<Vec<u8>>);

/// The same, as a closure.
pub(crate) type OneStep<'a> = dyn Fn(&Session, &Transcript, &mut Vec<Vec<u8>>) + 'a;

/// What is done to the messages of any step.
pub(crate) type AnyStep<'a> = dyn FnMut(&Session, &Transcript, Step, &mut Vec<Vec<u8>>) + 'a;

impl Session {
    /// Runs with an attack on the messages of one step.
    pub(crate) fn attacked<S: Suite>(&self, at: Step, attack: &OneStep<'_>) -> Verdict {
        self.attacked_by::<S>(&mut |session, seen, step, messages| {
            if step == at {
                attack(session, seen, messages);
            }
        })
    }

    /// Runs with an attack on any step.
    pub(crate) fn attacked_by<S: Suite>(&self, attack: &mut AnyStep<'_>) -> Verdict {
        verdict(self.run_with::<S>(&mut |seen, step, messages| attack(self, seen, step, messages)))
    }

    /// What crosses in another session between the same two over the same sets.
    pub(crate) fn another<S: Suite>(&self) -> Transcript {
        let mut other = self.clone();
        other.seed += 1000;
        other.run::<S>().unwrap().transcript
    }
}

pub(crate) fn verdict(result: Result<Outcome, Failure>) -> Verdict {
    match result {
        Ok(_) => Verdict::Through,
        Err(Failure { end, error, .. }) => match error {
            None => Verdict::WaitsInVain(end),
            Some(Error::Refused(abort)) => Verdict::Refused(end, abort),
            Some(Error::Local { what }) => Verdict::Local(end, what),
            Some(Error::Receipt) => Verdict::Receipt(end),
            Some(other) => panic!("a new kind of error: {other}"),
        },
    }
}

pub(crate) fn malformed(step: &str) -> Abort {
    Abort::Malformed { step: step.into() }
}
