//! Operations that give something out about a round: reports, explanations, records for the person concerned.

use std::sync::Arc;

use super::error::{ApiError, Result};
use super::operations::{Operations, blocking};
use super::view::{ExplanationView, Hex32};
use crate::report::Form;

impl Operations {
    pub(super) async fn report(self: Arc<Self>, id: Hex32, form: String, actor: Arc<str>) -> Result<Vec<u8>> {
        let form = Form::from_code(&form).ok_or_else(|| ApiError::Parameter {
            problem: "form: internal | submission".to_owned(),
        })?;
        blocking(move || Ok(self.node.report(&id.0, form, &actor)?)).await
    }

    pub(super) async fn explain(
        self: Arc<Self>,
        id: Hex32,
        seq: u64,
        actor: Arc<str>,
    ) -> Result<ExplanationView> {
        blocking(move || {
            let explanation = self.node.explain(&id.0, seq, &actor)?;
            let datasets = self.node.store().datasets()?;
            let due = self.awaited(&explanation.finding, &explanation.standing);
            let mut view = ExplanationView::of(self.node.name(), seq, explanation, due, &datasets, &actor);
            view.detail.inquiries = self.inquiries_of(&id, seq, Some(&actor))?;
            Ok(view)
        })
        .await
    }

    pub(super) async fn person_record(
        self: Arc<Self>,
        id: Hex32,
        seq: u64,
        actor: Arc<str>,
    ) -> Result<ExplanationView> {
        blocking(move || {
            let explanation = self.node.explain_to_person(&id.0, seq, &actor)?;
            let datasets = self.node.store().datasets()?;
            let due = self.awaited(&explanation.finding, &explanation.standing);
            let mut view = ExplanationView::of(self.node.name(), seq, explanation, due, &datasets, &actor);
            view.detail.inquiries = self.inquiries_of(&id, seq, Some(&actor))?;
            Ok(view)
        })
        .await
    }
}
