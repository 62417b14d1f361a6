use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::ConferenceHeadView;
use crate::api::view::Hex32;

/// The ledger as far as this node can read it, for a workbook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LedgerSheet {
    /// The conference.
    #[schema(value_type = String)]
    pub conference: Hex32,
    /// How far the record had come.
    pub head: ConferenceHeadView,
    /// This node's key.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// The office's node key.
    #[schema(value_type = String)]
    pub office: Hex32,
    /// Whoever has a seat or had one, without the office.
    pub seats: Vec<SheetSeat>,
    /// The lines, as they stand on the record, by item.
    #[schema(value_type = Vec<Object>)]
    pub lines: Value,
}

/// By what name a member goes in a workbook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SheetSeat {
    /// Its node key.
    #[schema(value_type = String)]
    pub node_key: Hex32,
    /// Its name.
    pub name: String,
}

/// Lines to be put on the ledger.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinesRequest {
    /// Each new, or the next revision of one that is there.
    #[schema(value_type = Vec<Object>)]
    pub lines: Value,
    /// Whether they are new and get numbers of their own here.
    #[serde(default)]
    pub draw_items: bool,
}
