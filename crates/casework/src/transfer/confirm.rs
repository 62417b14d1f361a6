//! What a session's label says of a referred person, as acts in the transfer. The other agency's register is its word,
//! and a transfer has its own order: what does not fit is shown to a person and never forced.

use jiff::civil::Date;

use super::{Act, Answer, Came, Stage, Transfer};
use crate::{
    Error, Feedback, ReferralState, Text,
    calendar::{Calendar, DayUnit},
};

/// What a label means for a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// These acts follow, all on one day; none where the transfer says the same or more already.
    Acts(Vec<Act>),
    /// The transfer says something else.
    Contradicts,
    /// The other agency refuses, and why was not agreed to be told.
    NoReason,
}

/// What follows for a transfer from what the other agency says. The acts are of the day `on`, what is due after them is
/// due in so many working days, and `document` is where it was said: the number of a paper or of a round.
///
/// # Errors
/// [`Error::Deadline`]; [`Error::CalendarUnknown`].
pub fn confirm(
    transfer: &Transfer,
    feedback: &Feedback,
    on: Date,
    document: &Text<100>,
    working_days: u16,
    calendar: &Calendar,
) -> Result<Confirmed, Error> {
    let known = (
        transfer.answer.map(|(_, answer)| answer),
        transfer.came.map(|(_, came)| came),
    );
    let Some((answer, came)) = wanted(feedback, known.0) else {
        return Ok(Confirmed::NoReason);
    };
    // A register that is behind the transfer contradicts nothing.
    let other_answer = matches!((known.0, answer), (Some(known), Some(said)) if known != said);
    let other_came = matches!((known.1, came), (Some(known), Some((said, _))) if known != said);
    if transfer.stage() < Stage::Sent || other_answer || other_came {
        return Ok(Confirmed::Contradicts);
    }
    let due = || calendar.deadline(on, working_days, DayUnit::Working);
    let mut acts = Vec::new();
    if transfer.stage() == Stage::Sent {
        acts.push(Act::Acknowledged { due: due()? });
    }
    if let (None, Some(answer)) = (known.0, answer) {
        acts.push(Act::Answered { answer, due: due()? });
    }
    if let (None, Some((came, result))) = (known.1, came) {
        acts.push(Act::FedBack {
            document: document.clone(),
            came: Some(came),
            result: Text::new(result)?,
            due: due()?,
        });
    }
    Ok(Confirmed::Acts(acts))
}

type Wanted = (Option<Answer>, Option<(Came, &'static str)>);

/// The answer, and what came of it where one is `known` or told already. An application is accepted (受理) first, and only then
/// helped or refused.
fn wanted(feedback: &Feedback, known: Option<Answer>) -> Option<Wanted> {
    let accepted = Some(Answer::Accepted {});
    Some(match feedback.state {
        ReferralState::Acknowledged => (None, None),
        ReferralState::Accepted => (accepted, None),
        ReferralState::Helped => (accepted, Some((Came::Helped {}, "已救助"))),
        ReferralState::Refused => {
            let reason = feedback.reason?;
            match known {
                Some(Answer::Accepted {}) => (accepted, Some((Came::Refused { reason }, "不予救助"))),
                _ => (Some(Answer::Refused { reason }), None),
            }
        }
        ReferralState::AlreadyHelped => (Some(Answer::AlreadyHelped {}), None),
        ReferralState::NotFound => (Some(Answer::NotFound {}), None),
    })
}
