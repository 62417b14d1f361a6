//! What a round found, and what is done about it.

use std::collections::BTreeSet;
use std::sync::Arc;

use hefu_casework::calendar::Calendar;
use hefu_casework::clue::ClueKind;
use hefu_casework::review::{Due, Stage};
use hefu_casework::{Finding, FindingKind, Known, Month, MonthRange, Place};
use jiff::civil::Date;

use super::{Operations, blocking};
use crate::Error;
use crate::api::error::Result;
use crate::api::routes::{AllAsked, FindingsAsked, Local, SortBy};
use crate::api::view::{
    AwaitedView, CopyView, EventRequest, FindingDetail, FindingList, FindingPage, FindingView, Hex32,
    HistoryView, ListedView, MatterView, NOTICE, OverdueList, OverdueView, ReviewView,
};
use crate::board::{By, Shown, Wanted};
use crate::due::{Order, Overdue};
use crate::node::today;
use crate::review::{Reviews, Standing};

impl Operations {
    /// Key groups first, then those that must be asked after; within, the earliest due.
    pub(in crate::api) async fn findings(
        self: Arc<Self>,
        id: Hex32,
        asked: FindingsAsked,
    ) -> Result<FindingPage> {
        self.round(&id)?;
        self.node.must_have_findings(&id.0)?;
        blocking(move || {
            let record = self.node.round_on_record(&id.0)?;
            let datasets = self.node.store().datasets()?;
            let all = self.node.findings(&id.0)?;
            let reviews = self.node.reviews(&id.0)?;
            let (calendar, on) = (Calendar::national(), today());
            let due = |seq, finding: &Finding| self.node.due_in(&record, &reviews, seq, finding, &calendar);
            let view = |(seq, finding, due): &(u64, &Finding, Option<Due>)| {
                let due = due.map(|due| AwaitedView::of(&due, due.late_on(on, &calendar)));
                // What says nothing against anybody is on no way to a decision.
                let of_review = ClueKind::of(finding.kind).is_none();
                let review = of_review.then(|| reviewed(&reviews, *seq));
                FindingView::of(*seq, finding, review, due, &datasets)
            };
            let mut listed: Vec<_> = (1_u64..)
                .zip(&all)
                .filter(|(_, finding)| is_asked_for(finding, asked.key_group))
                .map(|(seq, finding)| (seq, finding, due(seq, finding)))
                .collect();
            listed.sort_by_key(|(_, finding, due)| Order::of(&finding.care, due.as_ref()));
            let before = usize::try_from(asked.after).unwrap_or(usize::MAX);
            let findings: Vec<_> = listed.iter().skip(before).take(asked.limit()).map(view).collect();
            let last = before.saturating_add(findings.len());
            Ok(FindingPage {
                notice: NOTICE.to_owned(),
                next: (last < listed.len()).then_some(last as u64),
                findings,
                total: listed.len() as u64,
                to_ask: to_ask(listed.iter().map(|(_, finding, _)| *finding)),
                corrected: reviews.corrected(),
                cannot_find: Vec::new(),
            })
        })
        .await
    }

    /// Of all rounds, filtered and sorted.
    pub(in crate::api) async fn all_findings(self: Arc<Self>, asked: AllAsked) -> Result<FindingList> {
        let (after, limit) = (asked.after, asked.limit());
        let wanted = wanted(asked)?;
        blocking(move || {
            let (calendar, on) = (Calendar::national(), today());
            let before = usize::try_from(after).unwrap_or(usize::MAX);
            let listed = self.node.list(&wanted, before, limit, on)?;
            let last = after.saturating_add(listed.page.len() as u64);
            let datasets = self.node.store().datasets()?;
            let view = |shown: Shown| {
                let due = shown
                    .due
                    .map(|due| AwaitedView::of(&due, due.late_on(on, &calendar)));
                // What says nothing against anybody is on no way to a decision.
                let review = (!wanted.clues).then(|| (&shown.standing).into());
                let clue = self.node.clue_of(&shown.finding)?;
                Ok(ListedView {
                    round: shown.round,
                    finding: FindingView::of(shown.seq, &shown.finding, review, due, &datasets),
                    clue: clue.as_ref().map(MatterView::of),
                })
            };
            let shown = self.node.opened(&listed.page)?;
            let names = |names: &BTreeSet<Arc<str>>| names.iter().map(|name| name.to_string()).collect();
            Ok(FindingList {
                notice: NOTICE.to_owned(),
                findings: shown.into_iter().map(view).collect::<Result<_>>()?,
                total: listed.total,
                to_ask: listed.to_ask,
                late: listed.late,
                rules: names(&listed.rules),
                peers: names(&listed.peers),
                on,
                next: (last < listed.total).then_some(last),
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
            let outcome = self.node.local_findings(&place, months)?;
            let datasets = self.node.store().datasets()?;
            let mut listed: Vec<_> = (1..)
                .zip(&outcome.findings)
                .filter(|(_, finding)| is_asked_for(finding, within.key_group))
                .collect();
            listed.sort_by_key(|(_, finding)| Order::of(&finding.care, None));
            Ok(FindingPage {
                notice: NOTICE.to_owned(),
                findings: listed
                    .iter()
                    .map(|(seq, finding)| FindingView::of(*seq, finding, None, None, &datasets))
                    .collect(),
                total: listed.len() as u64,
                to_ask: to_ask(listed.iter().map(|(_, finding)| *finding)),
                corrected: 0,
                cannot_find: outcome.cannot_find.iter().map(Into::into).collect(),
                next: None,
            })
        })
        .await
    }

    /// What is late on a day; today where none is named.
    pub(in crate::api) async fn overdue(self: Arc<Self>, on: Option<Date>) -> Result<OverdueList> {
        blocking(move || {
            let on = on.unwrap_or_else(today);
            let datasets = self.node.store().datasets()?;
            let view = |late: Overdue| OverdueView {
                round: late.round,
                finding: FindingView::of(
                    late.seq,
                    &late.finding,
                    Some(match &late.review {
                        Some(review) => ReviewView::of(review, None, None),
                        None => ReviewView::open(None, None),
                    }),
                    Some(AwaitedView::of(&late.due, late.late)),
                    &datasets,
                ),
            };
            let late = self.node.overdue(on)?;
            Ok(OverdueList::of(on, late.into_iter().map(view).collect()))
        })
        .await
    }

    pub(in crate::api) async fn finding(
        self: Arc<Self>,
        id: Hex32,
        seq: u64,
        asks: Option<Arc<str>>,
    ) -> Result<FindingDetail> {
        blocking(move || {
            let (record, finding) = self.node.found(&id.0, seq)?;
            let standing = self.node.standing_of(&record, seq, &finding)?;
            let datasets = self.node.store().datasets()?;
            let due = self.awaited(&finding, &standing);
            let review = (&standing).into();
            let mut detail = FindingDetail::of(seq, &finding, review, due, &datasets, asks.as_deref());
            detail.inquiries = self.inquiries_of(&id, seq, asks.as_deref())?;
            Ok(detail)
        })
        .await
    }

    /// What a finding waits for today.
    pub(in crate::api) fn awaited(&self, finding: &Finding, standing: &Standing) -> Option<AwaitedView> {
        let calendar = Calendar::national();
        let waits = standing.corrected_before.is_none();
        let due = self.node.due_of(finding, &standing.review, waits, &calendar)?;
        Some(AwaitedView::of(&due, due.late_on(today(), &calendar)))
    }

    pub(in crate::api) async fn history(
        self: Arc<Self>,
        id: Hex32,
        seq: u64,
        asks: Option<Arc<str>>,
    ) -> Result<HistoryView> {
        blocking(move || {
            let (record, finding) = self.node.found(&id.0, seq)?;
            let standing = self.node.standing_of(&record, seq, &finding)?;
            let mut history = HistoryView::of(seq, &finding, &standing, asks.as_deref());
            history.to_recall = self.to_recall(&id, &standing)?;
            history.inquiries = self.inquiries_of(&id, seq, asks.as_deref())?;
            Ok(history)
        })
        .await
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
            let seen = request.after;
            let event = request.event(&actor, today(), self.node.basis(&finding))?;
            let standing = self.node.record_review_after(&id.0, seq, &event, seen)?;
            let mut history = HistoryView::of(seq, &finding, &standing, Some(&actor));
            history.to_recall = self.to_recall(&id, &standing)?;
            Ok(history)
        })
        .await
    }

    /// The copies of reports that say otherwise than a correction.
    fn to_recall(&self, id: &Hex32, standing: &Standing) -> Result<Vec<CopyView>> {
        let copies = self.node.copies_to_recall(&id.0, standing)?;
        Ok(copies.into_iter().map(CopyView::of).collect())
    }
}

fn wanted(asked: AllAsked) -> Result<Wanted> {
    let month = |text: Option<String>| text.map(|text| text.parse().map_err(Error::from)).transpose();
    let unknown = |what: &'static str, name: &str| Error::Missing {
        what,
        name: name.to_owned(),
    };
    let kind = |code: String| {
        let kind = FindingKind::ALL.iter().copied().find(|kind| kind.code() == code);
        kind.ok_or_else(|| unknown("finding_kind", &code))
    };
    let stage = |code: &str| {
        let stage = Stage::ALL.iter().copied().find(|stage| stage.code() == code);
        stage.ok_or_else(|| unknown("stage", code))
    };
    let stages = asked.stage.as_deref().unwrap_or_default();
    let stages = stages.split(',').filter(|code| !code.is_empty()).map(stage);
    Ok(Wanted {
        clues: asked.clues,
        round: asked.round.map(|round| round.0),
        kind: asked.kind.map(kind).transpose()?,
        rule: asked.rule,
        peer: asked.peer,
        stages: stages.collect::<Result<_, _>>()?,
        owner: asked.owner.map(Arc::from),
        from: month(asked.from)?,
        until: month(asked.until)?,
        min_fen: asked.min_fen,
        max_fen: asked.max_fen,
        key_group: asked.key_group,
        late: asked.late,
        objected: asked.objected,
        by: match asked.sort {
            SortBy::First => By::Order,
            SortBy::Due => By::Due,
            SortBy::Fen => By::Fen,
            SortBy::Month => By::Month,
            SortBy::Rule => By::Rule,
            SortBy::Peer => By::Peer,
            SortBy::Stage => By::Stage,
        },
        descending: asked.descending,
    })
}

fn reviewed(reviews: &Reviews, seq: u64) -> ReviewView {
    let before = reviews.corrected_before.get(&seq).copied();
    let told = reviews.told.get(&seq);
    match reviews.begun.get(&seq) {
        Some(review) => ReviewView::of(review, before, told),
        None => ReviewView::open(before, told),
    }
}

fn is_asked_for(finding: &Finding, key_group: Option<Known>) -> bool {
    key_group.is_none_or(|asked| finding.care.key_group() == asked)
}

fn to_ask<'a>(findings: impl Iterator<Item = &'a Finding>) -> u64 {
    let unknown = |finding: &&Finding| finding.care.key_group() == Known::Unknown;
    findings.filter(unknown).count() as u64
}
