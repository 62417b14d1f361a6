//! Operations that give something out about a round: reports, explanations, records for the person concerned.

use std::sync::Arc;

use hefu_link::Card;

use super::error::{ApiError, Result};
use super::operations::{Operations, blocking};
use super::view::{ExplanationView, Hex32, ReportVerifiedView, VerifyReportRequest};
use crate::Error;
use crate::report::{Form, verify};

impl Operations {
    pub(super) async fn report(self: Arc<Self>, id: Hex32, form: String, actor: Arc<str>) -> Result<Vec<u8>> {
        let form = Form::from_code(&form).ok_or_else(|| ApiError::Parameter {
            problem: "form: internal | submission".to_owned(),
        })?;
        blocking(move || Ok(self.node.report(&id.0, form, &actor)?)).await
    }

    /// With the cards that were given; else with those of the book that the report has to do with, so that a report of a
    /// stranger's is told apart from one that does not hold.
    pub(super) async fn verify_report(
        self: Arc<Self>,
        request: VerifyReportRequest,
    ) -> Result<ReportVerifiedView> {
        let given = request
            .cards
            .iter()
            .map(|card| Card::parse(card.trim_end().as_bytes()));
        let given = given
            .collect::<std::result::Result<Vec<_>, _>>()
            .map_err(Error::from)?;
        let known = match given.is_empty() {
            true => [self.card()?].into_iter().chain(self.node.peers()).collect(),
            false => Vec::new(),
        };
        blocking(move || {
            let report = request.report.as_bytes();
            let verified = verify(report, &given);
            let verified = match verified {
                Ok(open)
                    if known
                        .iter()
                        .any(|card| card.node_key() == open.report.head.node_key.0) =>
                {
                    verify(report, &known)
                }
                other => other,
            };
            Ok(verified.map_err(ApiError::Report)?.into())
        })
        .await
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
