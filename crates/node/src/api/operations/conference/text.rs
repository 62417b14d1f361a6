//! The conference's text, and its ledger as a workbook has it.

use std::sync::Arc;

use axum::http::StatusCode;
use hefu_casework::Hex;
use hefu_casework::conference::{Edition, FrameworkDraft, Line, State};

use crate::api::error::{ApiError, Result};
use crate::api::operations::{Operations, blocking};
use crate::api::view::{
    DraftFrameworkRequest, EditionDetail, EditionList, EditionView, FrameworkPreview, Hex32, LedgerSheet,
    LinesRequest, SheetSeat, StampRequest,
};
use crate::node::today;

impl Operations {
    pub(in crate::api) async fn editions(self: Arc<Self>, conference: Hex32) -> Result<EditionList> {
        blocking(move || {
            let view = |state: &State| {
                let editions = state.editions();
                editions
                    .map(|edition| EditionView::of(state, edition, today()))
                    .collect()
            };
            Ok(EditionList {
                editions: self.node.with_conference_ahead(&conference, view)?,
            })
        })
        .await
    }

    pub(in crate::api) async fn edition(
        self: Arc<Self>,
        conference: Hex32,
        text: Hex32,
    ) -> Result<EditionDetail> {
        blocking(move || Ok(EditionDetail::of(&self.node, &conference, &text)?)).await
    }

    pub(in crate::api) async fn draft_framework(
        self: Arc<Self>,
        conference: Hex32,
        request: DraftFrameworkRequest,
        actor: Arc<str>,
    ) -> Result<EditionDetail> {
        let node = Arc::clone(&self.node);
        let text = blocking(move || {
            let draft = FrameworkDraft::parse(&request.draft).map_err(unreadable)?;
            Ok(node.draft_framework(&conference, draft, request.amends.as_ref(), &actor)?)
        })
        .await?;
        self.edition(conference, text).await
    }

    pub(in crate::api) async fn preview_framework(
        self: Arc<Self>,
        conference: Hex32,
        request: DraftFrameworkRequest,
    ) -> Result<FrameworkPreview> {
        blocking(move || {
            let draft = FrameworkDraft::parse(&request.draft).map_err(unreadable)?;
            let node = &self.node;
            let framework = node.preview_framework(&conference, draft, request.amends.as_ref())?;
            Ok(FrameworkPreview::of(node, &framework))
        })
        .await
    }

    pub(in crate::api) async fn sign_framework(
        self: Arc<Self>,
        conference: Hex32,
        text: Hex32,
        actor: Arc<str>,
    ) -> Result<EditionView> {
        blocking(move || {
            self.node.sign_framework(&conference, &text, &actor)?;
            self.edition_view(&conference, &text)
        })
        .await
    }

    pub(in crate::api) async fn refuse_framework(
        self: Arc<Self>,
        conference: Hex32,
        text: Hex32,
        reason: String,
        actor: Arc<str>,
    ) -> Result<EditionView> {
        blocking(move || {
            self.node.refuse_framework(&conference, &text, &reason, &actor)?;
            self.edition_view(&conference, &text)
        })
        .await
    }

    pub(in crate::api) async fn stamp_framework(
        self: Arc<Self>,
        conference: Hex32,
        text: Hex32,
        stamp: StampRequest,
        actor: Arc<str>,
    ) -> Result<EditionView> {
        blocking(move || {
            let StampRequest { document, scan } = stamp;
            self.node
                .stamp_framework(&conference, &text, &document, scan, &actor)?;
            self.edition_view(&conference, &text)
        })
        .await
    }

    fn edition_view(&self, conference: &Hex32, text: &Hex32) -> Result<EditionView> {
        let view = |state: &State, edition: &Edition| EditionView::of(state, edition, today());
        Ok(self.node.edition(conference, text, view)?)
    }

    pub(in crate::api) async fn ledger_sheet(self: Arc<Self>, conference: Hex32) -> Result<LedgerSheet> {
        blocking(move || {
            let office = self.node.conference(&conference)?.office;
            let node_key = Hex(self.node.node_key());
            Ok(self.node.with_conference(&conference, |state| LedgerSheet {
                conference,
                head: state.head().into(),
                node_key,
                office,
                seats: state
                    .seats()
                    .map(|(key, member)| SheetSeat {
                        node_key: *key,
                        name: member.seat.name.clone(),
                    })
                    .collect(),
                lines: serde_json::to_value(state.lines().collect::<Vec<_>>()).unwrap_or_default(),
            })?)
        })
        .await
    }

    pub(in crate::api) async fn put_lines(
        self: Arc<Self>,
        conference: Hex32,
        request: LinesRequest,
        actor: Arc<str>,
    ) -> Result<()> {
        blocking(move || {
            let mut lines: Vec<Line> = serde_json::from_value(request.lines).map_err(unreadable)?;
            if request.draw_items {
                for line in &mut lines {
                    line.item = Hex(crate::ferry::fresh_id());
                }
            }
            Ok(self.node.put_lines(&conference, lines, &actor)?)
        })
        .await
    }
}

fn unreadable(error: impl std::fmt::Display) -> ApiError {
    ApiError::Body {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        problem: error.to_string(),
    }
}
