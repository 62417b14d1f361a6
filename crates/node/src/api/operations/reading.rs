//! What an import would come to, and what an import refused.

use std::sync::Arc;

use hefu_ingest::Mapping;
use hefu_store::DatasetId;

use super::{Operations, blocking};
use crate::api::error::Result;
use crate::api::view::{PreviewRequest, PreviewView, ProposalRequest, ProposalView, RefusedPage};
use crate::{Error, Node};

/// Enough to see whether columns were understood.
const FIRST_ROWS: usize = 5;

impl Operations {
    pub(in crate::api) async fn propose_mapping(
        self: Arc<Self>,
        request: ProposalRequest,
    ) -> Result<ProposalView> {
        blocking(move || {
            let files = self.uploads.look(&request.uploads)?;
            Ok(ProposalView::of(&Node::propose_mapping(&files)?))
        })
        .await
    }

    pub(in crate::api) async fn preview_import(
        self: Arc<Self>,
        request: PreviewRequest,
    ) -> Result<PreviewView> {
        blocking(move || {
            let files = self.uploads.look(&request.uploads)?;
            let mapping = Mapping::parse(&request.mapping).map_err(Error::from)?;
            let (reading, first) = Node::try_import(&files, &mapping, FIRST_ROWS)?;
            Ok(PreviewView::of(&reading, &first))
        })
        .await
    }

    pub(in crate::api) async fn refused_rows(
        self: Arc<Self>,
        id: i64,
        after: u64,
        limit: usize,
    ) -> Result<RefusedPage> {
        blocking(move || {
            let rows = self.node.refused_rows(DatasetId(id), after, limit)?;
            Ok(RefusedPage::of(rows, after, limit))
        })
        .await
    }
}
