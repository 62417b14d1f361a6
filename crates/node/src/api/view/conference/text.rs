use hefu_casework::conference::{Annex, Edition, Framework, State};
use hefu_casework::learns;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::api::error::ApiError;
use crate::api::view::{ErrorView, Hex32, Learns};
use crate::node::today;
use crate::{Node, Result};

/// The texts of a conference.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EditionList {
    /// In the order in which they were drafted.
    pub editions: Vec<EditionView>,
}

/// A text, and who has said what of it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EditionView {
    /// The digest of the text, which names it.
    #[schema(value_type = String)]
    pub framework: Hex32,
    /// Its number in the office's files.
    pub number: String,
    /// What stands above it.
    pub title: String,
    /// 1, and one more with each amendment.
    pub edition: u32,
    /// The text that it amends.
    #[schema(value_type = Option<String>)]
    pub amends: Option<Hex32>,
    /// When it was drafted.
    pub drafted_at: Timestamp,
    /// The first day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub valid_from: Date,
    /// The last day on which it may be used.
    #[schema(value_type = String, format = Date)]
    pub expires: Date,
    /// Whether rounds are held under it today.
    pub in_force: bool,
    /// The office first, then the members in the text's order.
    pub parties: Vec<EditionParty>,
}

/// What one party has said of a text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EditionParty {
    /// The agency.
    pub name: String,
    /// Its node key.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// How it stands to the text: `office`, `signed`, `refused`, `open`.
    pub state: String,
    /// When it signed.
    pub signed_at: Option<Timestamp>,
    /// Why it refused.
    pub reason: Option<String>,
    /// The number of its sealed paper (文号).
    pub document: Option<String>,
    /// SHA-256 of the scan of its sealed paper.
    #[schema(value_type = Option<String>)]
    pub scan: Option<Hex32>,
}

/// A text in full, with what each party learns by each annex.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct EditionDetail {
    /// In short.
    pub summary: EditionView,
    /// The text that is signed, as JSON.
    pub text: Value,
    /// Its annexes, in its order.
    pub annexes: Vec<AnnexView>,
}

/// What an annex comes to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AnnexView {
    /// By what it is spoken of.
    pub code: String,
    /// The digest of its agreement.
    #[schema(value_type = String)]
    pub annex: Hex32,
    /// What the result is for.
    pub purpose: String,
    /// Whether this node has a part in it.
    pub own: bool,
    /// What each party will learn, to be read before signing.
    pub learns: Vec<Learns>,
    /// Why this node may not agree to it; nothing where it may, or has no part in it.
    pub breach: Option<ErrorView>,
}

/// What a draft comes to, before it is said to anybody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FrameworkPreview {
    /// The text that would be signed, as JSON.
    pub text: Value,
    /// Its annexes, in its order.
    pub annexes: Vec<AnnexView>,
}

/// A text to be drafted.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftFrameworkRequest {
    /// The draft, in TOML.
    pub draft: String,
    /// The digest of the text that it amends.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub amends: Option<Hex32>,
}

/// What a sealed paper says.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StampRequest {
    /// Its number (文号).
    pub document: String,
    /// SHA-256 of its scan, which stays with the agency.
    #[schema(value_type = String)]
    pub scan: Hex32,
}

impl EditionDetail {
    /// A text as it stands at a node.
    ///
    /// # Errors
    /// When there is no such conference or text; the store's.
    pub fn of(node: &Node, conference: &Hex32, text: &Hex32) -> Result<Self> {
        let read = |state: &State, edition: &Edition| {
            (
                EditionView::of(state, edition, today()),
                edition.framework.clone(),
            )
        };
        let (summary, framework) = node.edition(conference, text, read)?;
        Ok(Self {
            summary,
            annexes: AnnexView::all(node, &framework),
            text: serde_json::to_value(&framework).unwrap_or_default(),
        })
    }
}

impl FrameworkPreview {
    pub(crate) fn of(node: &Node, framework: &Framework) -> Self {
        Self {
            text: serde_json::to_value(framework).unwrap_or_default(),
            annexes: AnnexView::all(node, framework),
        }
    }
}

impl AnnexView {
    fn all(node: &Node, framework: &Framework) -> Vec<Self> {
        let annexes = framework.annexes.iter();
        annexes.map(|annex| Self::of(node, annex)).collect()
    }

    fn of(node: &Node, annex: &Annex) -> Self {
        let agreement = &annex.agreement;
        let learns = agreement.parties.iter().enumerate().flat_map(|(index, party)| {
            let learned = learns(agreement, node.rules(), index).into_iter();
            learned.map(|learning| Learns::of(&party.name, learning))
        });
        Self {
            code: annex.code.as_str().to_owned(),
            annex: annex.digest(),
            purpose: agreement.purpose.code().to_owned(),
            own: agreement.index_of(&node.node_key()).is_some(),
            learns: learns.collect(),
            breach: node
                .annex_breach(agreement)
                .map(|breach| ApiError::Node(breach).into()),
        }
    }
}

impl EditionView {
    pub(crate) fn of(state: &State, edition: &Edition, today: Date) -> Self {
        let framework = &edition.framework;
        let party = |seat: &hefu_casework::conference::Seat| {
            let signed_at = edition.signed.get(&seat.node_key).copied();
            let reason = edition.refused.get(&seat.node_key);
            let stamp = edition.stamped.get(&seat.node_key);
            let standing = match (signed_at, reason) {
                _ if seat.node_key == framework.office.node_key => "office",
                (Some(_), _) => "signed",
                (None, Some(_)) => "refused",
                (None, None) => "open",
            };
            EditionParty {
                name: seat.name.clone(),
                node_key: seat.node_key,
                state: standing.to_owned(),
                signed_at,
                reason: reason.map(|reason| reason.as_str().to_owned()),
                document: stamp.map(|stamp| stamp.document.as_str().to_owned()),
                scan: stamp.map(|stamp| stamp.scan),
            }
        };
        let in_force = state.in_force(today);
        Self {
            framework: edition.digest,
            number: framework.number.as_str().to_owned(),
            title: framework.title.as_str().to_owned(),
            edition: framework.edition,
            amends: framework.amends,
            drafted_at: edition.drafted_at,
            valid_from: framework.valid_from,
            expires: framework.expires,
            in_force: in_force.is_some_and(|other| other.digest == edition.digest),
            parties: std::iter::once(&framework.office)
                .chain(&framework.members)
                .map(party)
                .collect(),
        }
    }
}
