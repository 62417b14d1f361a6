//! The ledger of people who are sent on or looked after.

use std::sync::Arc;

use hefu_casework::Text;
use hefu_casework::clue::ClueKind;
use jiff::civil::Date;

use super::{Operations, blocking};
use crate::Error;
use crate::api::error::Result;
use crate::api::routes::Ledger;
use crate::api::view::{
    CluePage, ClueView, ConfirmRequest, ConfirmationView, FindingView, Hex32, LateList, MatterEventRequest,
    MatterHistory, MatterPage, MatterView, NOTICE, OpenRequest, RegisteredView, TakeRequest,
};
use crate::matter::Kept;
use crate::node::today;

impl Operations {
    pub(in crate::api) async fn matters(self: Arc<Self>, of: Ledger) -> Result<MatterPage> {
        blocking(move || {
            let numbered = match &of.number {
                Some(number) => vec![self.node.matter_numbered(number)?],
                None => self.node.matters()?,
            };
            let fits = |kept: &Kept| {
                of.kind.as_ref().is_none_or(|kind| kept.kind().code() == kind)
                    && (!of.due || kept.due().is_some())
            };
            let all: Vec<_> = numbered.into_iter().filter(fits).collect();
            let total = all.len() as u64;
            let after = usize::try_from(of.after).unwrap_or(usize::MAX);
            let page = all.iter().skip(after).take(of.limit());
            let matters: Vec<_> = page.map(MatterView::of).collect();
            let shown = of.after.saturating_add(matters.len() as u64);
            Ok(MatterPage {
                matters,
                total,
                next: (shown < total).then_some(shown),
            })
        })
        .await
    }

    pub(in crate::api) async fn matter(
        self: Arc<Self>,
        id: u64,
        asks: Option<Arc<str>>,
    ) -> Result<MatterHistory> {
        blocking(move || Ok(MatterHistory::of(&self.node.matter(id)?, asks.as_deref()))).await
    }

    pub(in crate::api) async fn overdue_matters(self: Arc<Self>, on: Option<Date>) -> Result<LateList> {
        blocking(move || {
            let on = on.unwrap_or_else(today);
            Ok(LateList::of(on, &self.node.overdue_matters(on)?))
        })
        .await
    }

    /// Whoever asks is the one who opens it.
    pub(in crate::api) async fn open_matter(
        self: Arc<Self>,
        request: OpenRequest,
        actor: Arc<str>,
    ) -> Result<MatterHistory> {
        blocking(move || {
            let (direction, opening) = request.opening.opening(&self.node.profile, today())?;
            let person = self.node.whose(&request.whose.whose()?)?;
            let kept = self
                .node
                .open_matter(&person, direction, opening, Vec::new(), &actor)?;
            Ok(MatterHistory::of(&kept, Some(&actor)))
        })
        .await
    }

    /// Whoever asks is the one who acts.
    pub(in crate::api) async fn act_in_matter(
        self: Arc<Self>,
        id: u64,
        request: MatterEventRequest,
        actor: Arc<str>,
    ) -> Result<MatterHistory> {
        blocking(move || {
            let event = request.event(&actor, today())?;
            let kept = self.node.record_matter(id, &event)?;
            Ok(MatterHistory::of(&kept, Some(&actor)))
        })
        .await
    }

    pub(in crate::api) async fn register_matters(self: Arc<Self>, actor: Arc<str>) -> Result<RegisteredView> {
        blocking(move || {
            let dataset = self.node.register_matters(&actor)?;
            Ok(RegisteredView {
                dataset: dataset.0,
                rows: self.node.store().dataset(dataset)?.counts.rows,
            })
        })
        .await
    }

    pub(in crate::api) async fn confirm(
        self: Arc<Self>,
        round: Hex32,
        request: ConfirmRequest,
        actor: Arc<str>,
    ) -> Result<ConfirmationView> {
        blocking(move || {
            let confirmation = self
                .node
                .confirm_referrals(&round.0, request.working_days, &actor)?;
            Ok(confirmation.into())
        })
        .await
    }

    pub(in crate::api) async fn take_clue(
        self: Arc<Self>,
        round: Hex32,
        seq: u64,
        request: TakeRequest,
        actor: Arc<str>,
    ) -> Result<MatterHistory> {
        blocking(move || {
            let number = Text::new(request.number).map_err(Error::from)?;
            let on = request.on.unwrap_or_else(today);
            let kept = self.node.take_clue(&round.0, seq, number, on, &actor)?;
            Ok(MatterHistory::of(&kept, Some(&actor)))
        })
        .await
    }

    /// Leads and omissions of a round after the given number, from 1.
    pub(in crate::api) async fn clues(
        self: Arc<Self>,
        round: Hex32,
        after: u64,
        limit: usize,
    ) -> Result<CluePage> {
        self.round(&round)?;
        blocking(move || {
            let datasets = self.node.store().datasets()?;
            let findings = self.node.store().findings(&round.0)?;
            let taken = self.node.clues_of(&findings)?;
            let all: Vec<_> = (1_u64..)
                .zip(&findings)
                .filter(|(_, finding)| ClueKind::of(finding.kind).is_some())
                .collect();
            let page = all.iter().filter(|(seq, _)| *seq > after).take(limit);
            let clues: Vec<_> = page
                .map(|(seq, finding)| ClueView {
                    finding: FindingView::of(*seq, finding, None, None, &datasets),
                    clue: taken.get(seq).map(MatterView::of),
                })
                .collect();
            let last = clues.last().map(|clue| clue.finding.seq);
            Ok(CluePage {
                notice: NOTICE.to_owned(),
                next: last.filter(|last| all.last().is_some_and(|(seq, _)| last < seq)),
                total: all.len() as u64,
                clues,
            })
        })
        .await
    }
}
