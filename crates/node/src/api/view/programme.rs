use hefu_casework::{Catalogue, Programme};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The programmes that mappings, rules and agreements may speak of.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProgrammeList {
    /// In the catalogue's order.
    pub programmes: Vec<ProgrammeView>,
}

/// One programme.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProgrammeView {
    /// Its code.
    pub code: String,
    /// Its short Chinese name.
    pub name: String,
}

impl ProgrammeList {
    pub(crate) fn national() -> Self {
        let catalogue = Catalogue::national();
        Self {
            programmes: catalogue.programmes().iter().map(ProgrammeView::from).collect(),
        }
    }
}

impl From<&Programme> for ProgrammeView {
    fn from(programme: &Programme) -> Self {
        Self {
            code: programme.code.to_string(),
            name: programme.name.clone(),
        }
    }
}
