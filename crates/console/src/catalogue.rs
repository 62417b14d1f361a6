//! What programmes are called: records and findings name them by codes.

use std::collections::BTreeMap;

use hefu_node::api::view::ProgrammeList;

use crate::fault::Result;
use crate::guard::Who;

/// The names of programmes, in Chinese as the catalogue has them.
pub(crate) struct Catalogue {
    /// Codes and names, in the catalogue's order.
    pub(crate) all: Vec<(String, String)>,
    names: BTreeMap<String, String>,
}

impl Catalogue {
    pub(crate) async fn of(who: &Who) -> Result<Self> {
        let list: ProgrammeList = who.api().get("/api/v1/programmes").await?;
        let all: Vec<(String, String)> = list
            .programmes
            .into_iter()
            .map(|programme| (programme.code, programme.name))
            .collect();
        Ok(Self {
            names: all.iter().cloned().collect(),
            all,
        })
    }

    /// The name of a programme; its code where the catalogue does not have it.
    pub(crate) fn name<'a>(&'a self, code: &'a str) -> &'a str {
        self.names.get(code).map_or(code, String::as_str)
    }
}
