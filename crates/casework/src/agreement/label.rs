//! Labels: what the sender says of each match, at one width whatever is said.

use serde::{Deserialize, Serialize};

use crate::{
    Error, Feedback, NameCheck, ReasonCode, ReferralState,
    codes::codes,
    referral::{date_bytes, read_date},
};

/// The widest label that can be agreed.
pub const MAX_LABEL_BYTES: u16 = 256;

/// What stands in the label that comes with each match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelTerms {
    /// What is told: of somebody who was referred the state and perhaps more, and of anybody else the name alone.
    pub fields: Vec<LabelField>,
    /// To how many bytes a label is padded.
    pub max_bytes: u16,
}

codes! {
    /// What a label can tell.
    LabelField {
        /// What has become of the person.
        State = "state",
        /// Of which day that is.
        Date = "date",
        /// Why the agency does not help, where it does not.
        Reason = "reason",
        /// Whether the other agency knows the number under the same name, and never the name.
        Name = "name",
    }
}

impl LabelField {
    /// Each field has its place whether or not there is anything to say, so that the width tells nothing.
    fn bytes(self) -> usize {
        match self {
            LabelField::State | LabelField::Reason => 1,
            LabelField::Date => 4,
            LabelField::Name => NameCheck::BYTES,
        }
    }
}

impl LabelTerms {
    /// How many bytes the agreed fields take.
    pub(crate) fn used_bytes(&self) -> usize {
        self.in_order().map(LabelField::bytes).sum()
    }

    /// The order on the wire is that of [`LabelField::ALL`], in whichever order the fields were agreed.
    fn in_order(&self) -> impl Iterator<Item = LabelField> {
        LabelField::ALL
            .iter()
            .copied()
            .filter(|field| self.fields.contains(field))
    }
}

/// The label of one match: the agreed fields and no other, then zeros up to the agreed width.
pub fn label_bytes(terms: &LabelTerms, feedback: &Feedback) -> Vec<u8> {
    let mut label = Vec::with_capacity(usize::from(terms.max_bytes));
    for field in terms.in_order() {
        match field {
            LabelField::State => label.push(feedback.state.number()),
            LabelField::Date => label.extend(date_bytes(feedback.date)),
            LabelField::Reason => label.push(feedback.reason.map_or(0, ReasonCode::number)),
            // No agreement has it beside a state.
            LabelField::Name => label.extend(NameCheck::UNKNOWN.bytes()),
        }
    }
    label.resize(usize::from(terms.max_bytes), 0);
    label
}

/// The label of one match where names are compared: the check, then zeros up to the agreed width.
pub fn name_label_bytes(terms: &LabelTerms, name: NameCheck) -> Vec<u8> {
    let mut label = name.bytes().to_vec();
    label.resize(usize::from(terms.max_bytes), 0);
    label
}

/// What such a label says. Only what [`name_label_bytes`] can have written under the same terms is read.
///
/// # Errors
/// [`Error::Label`].
pub fn parse_name_label(terms: &LabelTerms, label: &[u8]) -> Result<NameCheck, Error> {
    let name = label.first_chunk().copied().map(NameCheck::from_bytes);
    name.filter(|name| name_label_bytes(terms, *name) == label)
        .ok_or(Error::Label)
}

/// What a label says. Only what [`label_bytes`] can have written under the same terms is read.
///
/// # Errors
/// [`Error::Label`].
pub fn parse_label(terms: &LabelTerms, label: &[u8]) -> Result<Feedback, Error> {
    read(terms, label)
        .filter(|feedback| label_bytes(terms, feedback) == label)
        .ok_or(Error::Label)
}

fn read(terms: &LabelTerms, mut label: &[u8]) -> Option<Feedback> {
    let (mut state, mut date, mut reason) = (None, None, None);
    for field in terms.in_order() {
        let (bytes, rest) = label.split_at_checked(field.bytes())?;
        match (field, bytes) {
            (LabelField::State, [number]) => state = Some(ReferralState::from_number(*number)?),
            (LabelField::Date, _) => date = read_date(bytes)?,
            (LabelField::Reason, [0]) => {}
            (LabelField::Reason, [number]) => reason = Some(ReasonCode::from_number(*number)?),
            _ => return None,
        }
        label = rest;
    }
    let feedback = Feedback {
        date,
        state: state?,
        reason,
    };
    // A refusal tells its reason where reasons are agreed, and nothing else has one.
    let refused = feedback.state == ReferralState::Refused && terms.fields.contains(&LabelField::Reason);
    (refused == reason.is_some()).then_some(feedback)
}
