use hefu_casework::Hex;
use hefu_casework::text::same_person;
use hefu_store::Unmasking;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::review::WITHHELD;
use super::{Clear, Hex32};
use crate::unmasking::{Unmasked, UnmaskingState, expires_at};

/// Why somebody must see a number.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnmaskingRequest {
    /// In 5 to 500 characters. What it says is for those who decide on it.
    pub reason: String,
}

/// Somebody asked to see a number in clear.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct UnmaskingView {
    /// Its number, from 1.
    pub unmasking: u64,
    /// The round.
    #[schema(value_type = String)]
    pub round: Hex32,
    /// The finding's number in it, from 1.
    pub seq: u64,
    /// Who asked.
    pub asked_by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Timestamp,
    /// Why; `*` for whoever neither asked nor decides.
    pub reason: String,
    /// How far it is: `unmasking_asked`, `unmasking_lapsed`, `unmasking_granted`, `unmasking_refused` or
    /// `unmasking_expired`.
    pub state: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// Until when the asker may look, where that was granted.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// When the asker looked, in order. Nobody else can.
    #[schema(value_type = Vec<String>)]
    pub looks: Vec<Timestamp>,
}

/// Those who asked.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct UnmaskingList {
    /// Of one finding in order; of all, the last one first.
    pub unmaskings: Vec<UnmaskingView>,
    /// Where more follow: the `before` of the next page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A number in clear.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct UnmaskedView {
    /// The number.
    #[schema(value_type = String)]
    pub number: Clear,
    /// Until when it may be looked at.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

impl UnmaskingView {
    /// As it is shown to `asks`, who may decide on it or not.
    pub(crate) fn of(unmasking: Unmasking, asks: &str, decides: bool, now: Timestamp) -> Self {
        let state = UnmaskingState::of(&unmasking, now).code().to_owned();
        let expires_at = expires_at(&unmasking);
        let may_read = decides || same_person(&unmasking.asked_by, asks);
        let (decided_by, decided_at) = unmasking
            .decision
            .map(|decision| (decision.by, decision.at))
            .unzip();
        Self {
            unmasking: unmasking.n,
            round: Hex(unmasking.round),
            seq: unmasking.finding + 1,
            asked_by: unmasking.asked_by,
            asked_at: unmasking.asked_at,
            reason: match may_read {
                true => unmasking.reason.to_string(),
                false => WITHHELD.to_owned(),
            },
            state,
            decided_by,
            decided_at,
            expires_at,
            looks: unmasking.looks,
        }
    }
}

impl From<Unmasked> for UnmaskedView {
    fn from(unmasked: Unmasked) -> Self {
        Self {
            number: Clear::of(unmasked.number),
            expires_at: unmasked.expires_at,
        }
    }
}
