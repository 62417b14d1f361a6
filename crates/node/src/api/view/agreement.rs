use hefu_casework::{Agreement, KeyKind, Learning, Purpose};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{Hex32, strings};

/// Agreements.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgreementList {
    /// The one that changed last first.
    pub agreements: Vec<AgreementView>,
}

/// An agreement in short.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgreementView {
    /// The digest of its text, which names it.
    #[schema(value_type = String)]
    pub digest: Hex32,
    /// Its number in the parties' files.
    pub number: String,
    /// What the result is for.
    pub purpose: String,
    /// How far it has come: `draft`, `signed`, `refused`.
    pub state: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// Who takes part.
    pub parties: Vec<PartyView>,
    /// The first day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// The last day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub expires: Date,
    /// When its state last changed here.
    pub changed_at: Timestamp,
}

/// One party of an agreement.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PartyView {
    /// The agency's name.
    pub name: String,
    /// Its node's key.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// Whether it may learn findings.
    pub receives: bool,
    /// Whether it has signed.
    pub signed: bool,
}

/// An agreement in full, and what each side learns by it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgreementDetail {
    /// In short.
    pub summary: AgreementView,
    /// The text that is signed, as JSON.
    pub agreement: Value,
    /// What each side will learn, to be read before signing.
    pub learns: Vec<Learns>,
}

/// One thing that one party learns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Learns {
    /// The party's name.
    pub party: String,
    /// A code of the table of words.
    pub code: String,
    /// What its words are filled with.
    pub params: std::collections::BTreeMap<String, String>,
}

/// The text of an agreement to be drafted between this node and one peer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftRequest {
    /// Its number in the parties' files.
    pub number: String,
    /// What the result is for.
    #[schema(value_type = String)]
    pub purpose: Purpose,
    /// The peer's node key.
    #[schema(value_type = String)]
    pub peer: Hex32,
    /// Who may learn findings.
    #[serde(default)]
    pub receivers: Receivers,
    /// The articles on which each party's processing rests; those of the purpose otherwise.
    #[serde(default)]
    pub legal_basis: Option<Vec<String>>,
    /// The programmes whose records this node enters.
    pub own_programmes: Vec<String>,
    /// The programmes whose records the peer enters.
    pub peer_programmes: Vec<String>,
    /// The first month, `2026-07`.
    pub from: String,
    /// The last month, included.
    pub until: String,
    /// The region, as six digits.
    pub place: String,
    /// The form of case number in the peer's records, where it declares one.
    #[serde(default)]
    pub peer_case_scheme: Option<String>,
    /// The rules by which elements are made; all that the programmes can break at the place otherwise.
    #[serde(default)]
    pub rules: Option<Vec<String>>,
    /// Whether the receiver learns if both know a number under one name; for duplicates it does otherwise, and for
    /// nothing else.
    #[serde(default)]
    pub compare_names: Option<bool>,
    /// What is compared; as usual for the purpose otherwise.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub key_kind: Option<KeyKind>,
    /// The most elements that this node may enter; only a party that checks before it pays has a usual size.
    #[serde(default)]
    pub max_own_elements: Option<u64>,
    /// The most elements that the peer may enter; as above.
    #[serde(default)]
    pub max_peer_elements: Option<u64>,
    /// The first day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// The last day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub expires: Date,
    /// How many rounds a month; as usual for the purpose otherwise.
    #[serde(default)]
    pub rounds_a_month: Option<u32>,
    /// How many checks a day, for the purpose that has them; as usual otherwise.
    #[serde(default)]
    pub checks_a_day: Option<u32>,
    /// How many hours a session that was cut off waits; as usual otherwise.
    #[serde(default)]
    pub resume_hours: Option<u32>,
    /// How many days findings may be kept; as usual for the purpose otherwise.
    #[serde(default)]
    pub retention_days: Option<u32>,
}

/// Who may learn findings under an agreement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Receivers {
    /// This node.
    #[default]
    Own,
    /// The peer.
    Peer,
    /// Both, each in sessions of its own.
    Both,
}

/// An agreement that was received.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Received {
    /// The digest of its text, which names it.
    #[schema(value_type = String)]
    pub agreement: Hex32,
}

/// An agreement that was drafted, signed or refused here, and carried to the other party.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Carried {
    /// The digest of its text, which names it.
    #[schema(value_type = String)]
    pub agreement: Hex32,
    /// Whether the other party has it so; otherwise it is told when the two next meet.
    pub delivered: bool,
    /// Whether files are carried to the other party: it is told by the next of them.
    pub by_files: bool,
}

/// A refusal of an agreement.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefuseRequest {
    /// Why; the peer is told.
    pub reason: String,
}

/// A peer with which agreements were brought to the same state.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Exchanged {
    /// Its program's version.
    pub program: String,
    /// Its protocol's version.
    pub protocol: u16,
    /// How far its clock is ahead of this node's, in seconds.
    pub ahead_seconds: i64,
}

impl Learns {
    pub(crate) fn of(party: &str, learning: Learning) -> Self {
        Self {
            party: party.to_owned(),
            code: learning.code.to_owned(),
            params: strings(learning.params),
        }
    }
}

impl AgreementView {
    pub(crate) fn of(
        agreement: &Agreement,
        signed: impl Fn(usize) -> bool,
        state: &str,
        reason: Option<String>,
        changed_at: Timestamp,
    ) -> Self {
        let parties = agreement
            .parties
            .iter()
            .enumerate()
            .map(|(index, party)| PartyView {
                name: party.name.clone(),
                node_key: party.node_key,
                receives: agreement.may_receive(index),
                signed: signed(index),
            });
        Self {
            digest: hefu_casework::Hex(agreement.digest()),
            number: agreement.number.clone(),
            purpose: agreement.purpose.code().to_owned(),
            state: state.to_owned(),
            reason,
            parties: parties.collect(),
            valid_from: agreement.valid_from,
            expires: agreement.expires,
            changed_at,
        }
    }
}
