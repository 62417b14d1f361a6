//! What the office makes of rounds and ledger, and what a member sees of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use hefu_casework::Text;
use hefu_casework::conference::Decision;
use jiff::civil::Date;

use super::lines::names;
use crate::api::error::Result;
use crate::api::operations::{Operations, blocking};
use crate::api::view::{
    AgendaView, ConsultedRequest, DecisionView, DrawnView, EscalationRequest, FiguresView, FundsRow,
    FundsView, Hex16, Hex32, LineView, MinutesView, MonitorView, SampleView,
};
use crate::conference::{PublishedFunds, Share};
use crate::node::today;

impl Operations {
    pub(in crate::api) async fn round_figures(
        self: Arc<Self>,
        conference: Hex32,
        round: u32,
        exact: bool,
    ) -> Result<FiguresView> {
        blocking(move || self.figures_view(&conference, round, exact)).await
    }

    pub(in crate::api) async fn publish_figures(
        self: Arc<Self>,
        conference: Hex32,
        round: u32,
        actor: Arc<str>,
    ) -> Result<FiguresView> {
        blocking(move || {
            self.node.publish_figures(&conference, round, &actor)?;
            self.figures_view(&conference, round, false)
        })
        .await
    }

    pub(in crate::api) async fn round_funds(
        self: Arc<Self>,
        conference: Hex32,
        round: u32,
    ) -> Result<FundsView> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let (smallest, funds) = self.node.round_funds(&conference, round)?;
            let (paid, months, rows) = match &funds {
                PublishedFunds::Findings(funds) => {
                    let rows = funds.iter().map(|of| FundsRow::of_agency(of, &names));
                    (false, Vec::new(), rows.collect())
                }
                PublishedFunds::Paid(paid) => {
                    let months = paid.months.iter().flatten().map(ToString::to_string);
                    let rows = paid.rows.iter().map(FundsRow::of_programme);
                    (true, months.collect(), rows.collect())
                }
            };
            Ok(FundsView {
                round,
                by: self.node.name().to_owned(),
                paid,
                smallest,
                months,
                rows,
            })
        })
        .await
    }

    pub(in crate::api) async fn sample(
        self: Arc<Self>,
        conference: Hex32,
        round: u32,
        share: Share,
    ) -> Result<SampleView> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let drawn = self.node.draw_sample(&conference, round, share)?;
            let drawn = drawn.iter().map(|drawn| DrawnView::of(drawn, &names, today()));
            Ok(SampleView {
                drawn: drawn.collect(),
            })
        })
        .await
    }

    pub(in crate::api) async fn agenda(
        self: Arc<Self>,
        conference: Hex32,
        on: Option<Date>,
    ) -> Result<AgendaView> {
        blocking(move || {
            let on = on.unwrap_or_else(today);
            let agenda = self.node.agenda(&conference, on)?;
            Ok(AgendaView::of(&agenda, &names(&self.node, &conference)?, on))
        })
        .await
    }

    pub(in crate::api) async fn escalate(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
        request: EscalationRequest,
        actor: Arc<str>,
    ) -> Result<LineView> {
        blocking(move || {
            let line = self
                .node
                .escalate(&conference, &item, request.escalation, &actor)?;
            Ok(LineView::of(&line, &names(&self.node, &conference)?, today()))
        })
        .await
    }

    pub(in crate::api) async fn decide(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
        request: ConsultedRequest,
        actor: Arc<str>,
    ) -> Result<LineView> {
        blocking(move || {
            let decision = Decision {
                item,
                from: self.node.line_of(&conference, &item)?.from,
                text: Text::new(request.text).map_err(crate::Error::from)?,
                by: request.by,
                due: request.due,
            };
            let minutes = Text::new(request.minutes).map_err(crate::Error::from)?;
            let line = self.node.decide(&conference, minutes, decision, &actor)?;
            Ok(LineView::of(&line, &names(&self.node, &conference)?, today()))
        })
        .await
    }

    pub(in crate::api) async fn minutes(
        self: Arc<Self>,
        conference: Hex32,
        on: Option<Date>,
        number: Option<String>,
    ) -> Result<MinutesView> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let on = on.unwrap_or_else(today);
            let decided = self.node.decided(&conference, on, number.as_deref())?;
            let (title, office) = self.node.with_conference(&conference, |state| {
                let founded = state.founded();
                let title = founded.map(|founded| founded.name.as_str().to_owned());
                (title, founded.map(|founded| founded.office.name.clone()))
            })?;
            let decisions: Vec<_> = decided
                .iter()
                .map(|(decided, line)| DecisionView::of(decided, line, &names))
                .collect();
            let attendees: BTreeSet<String> = decisions.iter().flat_map(|each| each.pair.clone()).collect();
            Ok(MinutesView {
                conference: title.unwrap_or_default(),
                office: office.unwrap_or_default(),
                attendees: attendees.into_iter().collect(),
                decisions,
            })
        })
        .await
    }

    pub(in crate::api) async fn monitor(
        self: Arc<Self>,
        conference: Hex32,
        on: Option<Date>,
    ) -> Result<MonitorView> {
        blocking(move || {
            let on = on.unwrap_or_else(today);
            let kept = self.node.time_kept(&conference, on)?;
            Ok(MonitorView {
                on,
                kept: kept.into_iter().map(Into::into).collect(),
            })
        })
        .await
    }

    fn figures_view(&self, conference: &Hex32, round: u32, exact: bool) -> Result<FiguresView> {
        let figures = self.node.round_figures(conference, round, exact)?;
        Ok(FiguresView::of(round, &figures, &names(&self.node, conference)?))
    }
}
