//! Stable names of what stands in a review.

use super::{Act, Decision, ReviewResult, Stage, Verdict};

impl Decision {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Decision::Lawful {} => "decision_lawful",
            Decision::DataError {} => "decision_data_error",
            Decision::Stopped {} => "decision_stopped",
            Decision::Recovered { .. } => "decision_recovered",
            Decision::Referred { .. } => "decision_referred",
        }
    }
}

impl Act {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Act::Taken {} => "review_taken",
            Act::HandedOver(_) => "review_handed_over",
            Act::Verified(_) => "review_verified",
            Act::Told(_) => "review_told",
            Act::Heard(_) => "review_heard",
            Act::Excepted(_) => "review_excepted",
            Act::Decided(_) => "review_decided",
            Act::Objected(_) => "review_objected",
            Act::Reviewed(_) => "review_reviewed",
            Act::Corrected(_) => "review_corrected",
        }
    }
}

impl Verdict {
    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Verdict::Confirmed => "verdict_confirmed",
            Verdict::Refuted => "verdict_refuted",
            Verdict::OtherPerson => "verdict_other_person",
            Verdict::Unclear => "verdict_unclear",
        }
    }
}

impl ReviewResult {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            ReviewResult::Upheld {} => "result_upheld",
            ReviewResult::Changed { .. } => "result_changed",
            ReviewResult::Returned {} => "result_returned",
        }
    }
}

impl Stage {
    /// Every one, in the order of the path.
    pub const ALL: &[Stage] = &[
        Stage::Open,
        Stage::Taken,
        Stage::Verified,
        Stage::Excepted,
        Stage::Told,
        Stage::Heard,
        Stage::Decided,
        Stage::Reviewed,
        Stage::Corrected,
    ];

    /// A stable name.
    pub fn code(self) -> &'static str {
        match self {
            Stage::Open => "stage_open",
            Stage::Taken => "stage_taken",
            Stage::Verified => "stage_verified",
            Stage::Excepted => "stage_excepted",
            Stage::Told => "stage_told",
            Stage::Heard => "stage_heard",
            Stage::Decided => "stage_decided",
            Stage::Reviewed => "stage_reviewed",
            Stage::Corrected => "stage_corrected",
        }
    }
}
