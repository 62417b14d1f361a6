//! Two agencies that decide on one matter, each on its own payment: what one tells the other, and where they contradict
//! each other.

use jiff::Timestamp;

use super::{Act, ReviewResult};
use crate::Text;
use crate::note::{Outcome, OutcomeCode, Withdrawn, Word};

impl Act {
    /// What another agency that has part in the matter is told of it, as it was recorded at `at`; nothing of what
    /// changes nothing there.
    pub fn told_there(&self, at: Timestamp) -> Option<Word> {
        let outcome = |decision, document: &Text<100>| {
            Some(Word::Outcome(Outcome {
                decision,
                document: document.clone(),
                at,
            }))
        };
        match self {
            Act::Decided(act) => outcome(act.decision.outcome(), &act.document),
            Act::Reviewed(act) => match &act.result {
                ReviewResult::Upheld {} => None,
                ReviewResult::Changed { to } => outcome(to.outcome(), &act.document),
                ReviewResult::Returned {} => outcome(OutcomeCode::Reopened, &act.document),
            },
            Act::Corrected(act) => Some(Word::Correction(Withdrawn {
                document: act.document.clone(),
                at,
            })),
            Act::Taken {}
            | Act::HandedOver(_)
            | Act::Verified(_)
            | Act::Told(_)
            | Act::Heard(_)
            | Act::Excepted(_)
            | Act::Objected(_) => None,
        }
    }
}

/// In what the decisions of two agencies on one finding do not go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// To one agency nothing is wrong, and the other takes something from the person.
    OneSaysLawful,
    /// Both take something: of two payments that may not stand together, one may.
    BothTake,
}

impl Contradiction {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Contradiction::OneSaysLawful => "contradiction_one_lawful",
            Contradiction::BothTake => "contradiction_both_take",
        }
    }
}

/// Whether the decisions of two agencies on one finding contradict each other. Neither is void by it: the two agencies
/// are to speak to each other before anything more is done.
pub fn contradicts(a: OutcomeCode, b: OutcomeCode) -> Option<Contradiction> {
    let stands = |decision| matches!(decision, OutcomeCode::Lawful | OutcomeCode::DataError);
    match (a.is_adverse(), b.is_adverse()) {
        (true, true) => Some(Contradiction::BothTake),
        (true, false) => stands(b).then_some(Contradiction::OneSaysLawful),
        (false, true) => stands(a).then_some(Contradiction::OneSaysLawful),
        (false, false) => None,
    }
}
