//! What a round found, and what is done about it.

use std::sync::Arc;

use hefu_casework::clue::ClueKind;
use hefu_casework::{Month, MonthRange, Place};

use super::{Operations, blocking};
use crate::Error;
use crate::api::error::Result;
use crate::api::routes::Local;
use crate::api::view::{
    EventRequest, FindingDetail, FindingPage, FindingView, Hex32, HistoryView, NOTICE, ReviewView,
};
use crate::node::today;

impl Operations {
    /// Findings after the given number, from 1.
    pub(in crate::api) async fn findings(
        self: Arc<Self>,
        id: Hex32,
        after: u64,
        limit: usize,
    ) -> Result<FindingPage> {
        self.round(&id)?;
        blocking(move || {
            let datasets = self.node.store().datasets()?;
            let all = self.node.store().findings(&id.0)?;
            let reviews = self.node.reviews(&id.0)?;
            let review = |seq: u64| {
                let before = reviews.corrected_before.get(&seq).copied();
                match reviews.begun.get(&seq) {
                    Some(review) => ReviewView::of(review, before),
                    None => ReviewView::open(before),
                }
            };
            let numbered = (1_u64..)
                .zip(&all)
                .skip(usize::try_from(after).unwrap_or(usize::MAX));
            let findings: Vec<_> = numbered
                .take(limit)
                .map(|(seq, finding)| {
                    // What says nothing against anybody is on no way to a decision.
                    let review = ClueKind::of(finding.kind).is_none().then(|| review(seq));
                    FindingView::of(seq, finding, review, &datasets)
                })
                .collect();
            let last = findings.last().map(|finding| finding.seq);
            Ok(FindingPage {
                notice: NOTICE.to_owned(),
                findings,
                total: all.len() as u64,
                corrected: reviews.corrected(),
                next: last.filter(|last| *last < all.len() as u64),
            })
        })
        .await
    }

    pub(in crate::api) async fn local(self: Arc<Self>, within: Local) -> Result<FindingPage> {
        blocking(move || {
            let place = Place::new(&within.place).map_err(Error::from)?;
            let month = |text: &str| text.parse::<Month>().map_err(Error::from);
            let months = MonthRange {
                from: month(&within.from)?,
                to: month(&within.until)?.next(),
            };
            let all = self.node.local_findings(&place, months)?;
            let datasets = self.node.store().datasets()?;
            let findings = (1..)
                .zip(&all)
                .map(|(seq, finding)| FindingView::of(seq, finding, None, &datasets));
            Ok(FindingPage {
                notice: NOTICE.to_owned(),
                findings: findings.collect(),
                total: all.len() as u64,
                corrected: 0,
                next: None,
            })
        })
        .await
    }

    pub(in crate::api) async fn finding(self: Arc<Self>, id: Hex32, seq: u64) -> Result<FindingDetail> {
        blocking(move || {
            let (record, finding) = self.node.found(&id.0, seq)?;
            let standing = self.node.standing_of(&record, seq, &finding)?;
            let datasets = self.node.store().datasets()?;
            let review = ClueKind::of(finding.kind).is_none().then(|| (&standing).into());
            Ok(FindingDetail::of(seq, &finding, review, &datasets))
        })
        .await
    }

    pub(in crate::api) async fn history(self: Arc<Self>, id: Hex32, seq: u64) -> Result<HistoryView> {
        blocking(move || Ok(HistoryView::of(seq, &self.node.standing(&id.0, seq)?))).await
    }

    /// Whoever asks is the one who acts.
    pub(in crate::api) async fn act(
        self: Arc<Self>,
        id: Hex32,
        seq: u64,
        request: EventRequest,
        actor: Arc<str>,
    ) -> Result<HistoryView> {
        blocking(move || {
            let (_, finding) = self.node.found(&id.0, seq)?;
            let event = request.event(&actor, today(), self.node.basis(&finding))?;
            Ok(HistoryView::of(
                seq,
                &self.node.record_review(&id.0, seq, &event)?,
            ))
        })
        .await
    }
}
