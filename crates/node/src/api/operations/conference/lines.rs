//! The ledger of a conference, and what this agency has of it.

use std::cmp::Ordering;
use std::sync::Arc;

use hefu_casework::Text;
use hefu_casework::conference::Line;
use jiff::civil::Date;

use crate::api::error::Result;
use crate::api::operations::{Operations, blocking};
use crate::api::routes::{LineOrder, LinesAsked};
use crate::api::view::{
    DecisionView, Hex16, Hex32, InviteRequest, LineDetail, LinePage, LineView, MeasureRequest, Names,
    OwnLinePage, OwnLineView, PlanView, RevisitRequest, RevisitedRequest,
};
use crate::node::today;
use crate::{Error, Node};

impl Operations {
    pub(in crate::api) async fn ledger_lines(
        self: Arc<Self>,
        conference: Hex32,
        asked: LinesAsked,
    ) -> Result<LinePage> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let on = asked.on.unwrap_or_else(today);
            let mut lines: Vec<Line> = self
                .node
                .with_conference(&conference, |state| state.lines().cloned().collect())?;
            lines.retain(|line| asked.fits(line, on));
            lines.sort_by(by_due);
            asked.order(&mut lines, |line| line, &names);
            let total = lines.len() as u64;
            let lines: Vec<_> = asked
                .page(&lines)
                .map(|line| LineView::of(line, &names, on))
                .collect();
            Ok(LinePage {
                on,
                next: asked.next(lines.len(), total),
                lines,
                total,
            })
        })
        .await
    }

    pub(in crate::api) async fn ledger_line(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
    ) -> Result<LineDetail> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let line = self.node.line_of(&conference, &item)?;
            let decided = self.node.decided_of(&conference, &line)?;
            let decisions = decided
                .into_iter()
                .map(|each| DecisionView::of(&each, &line, &names));
            Ok(LineDetail {
                decisions: decisions.collect(),
                line: LineView::of(&line, &names, today()),
            })
        })
        .await
    }

    pub(in crate::api) async fn own_lines(
        self: Arc<Self>,
        conference: Hex32,
        asked: LinesAsked,
    ) -> Result<OwnLinePage> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let on = asked.on.unwrap_or_else(today);
            let mut lines = self.node.own_lines(&conference)?;
            lines.retain(|own| asked.fits(&own.line, on));
            asked.order(&mut lines, |own| &own.line, &names);
            let total = lines.len() as u64;
            let lines: Vec<_> = asked
                .page(&lines)
                .map(|own| OwnLineView::of(own, &names, on))
                .collect();
            Ok(OwnLinePage {
                on,
                next: asked.next(lines.len(), total),
                lines,
                total,
            })
        })
        .await
    }

    pub(in crate::api) async fn set_revisit(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
        request: RevisitRequest,
        actor: Arc<str>,
    ) -> Result<LineView> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let line = self.node.set_revisit(&conference, &item, request.on, &actor)?;
            Ok(LineView::of(&line, &names, today()))
        })
        .await
    }

    pub(in crate::api) async fn record_revisit(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
        request: RevisitedRequest,
        actor: Arc<str>,
    ) -> Result<LineView> {
        blocking(move || {
            let names = names(&self.node, &conference)?;
            let on = request.on.unwrap_or_else(today);
            let line = self
                .node
                .record_revisit(&conference, &item, request.seen, on, &actor)?;
            Ok(LineView::of(&line, &names, today()))
        })
        .await
    }

    pub(in crate::api) async fn plan(self: Arc<Self>, conference: Hex32, item: Hex16) -> Result<PlanView> {
        blocking(move || plan(&self.node, &conference, item)).await
    }

    pub(in crate::api) async fn add_measure(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
        request: MeasureRequest,
        actor: Arc<str>,
    ) -> Result<PlanView> {
        blocking(move || {
            let measure = Text::new(request.measure).map_err(Error::Casework)?;
            self.node
                .add_measure(&conference, &item, measure, request.on, request.state, &actor)?;
            plan(&self.node, &conference, item)
        })
        .await
    }

    pub(in crate::api) async fn invite_to_plan(
        self: Arc<Self>,
        conference: Hex32,
        item: Hex16,
        request: InviteRequest,
        actor: Arc<str>,
    ) -> Result<PlanView> {
        blocking(move || {
            self.node
                .invite_to_plan(&conference, &item, &request.agency, &actor)?;
            plan(&self.node, &conference, item)
        })
        .await
    }
}

impl LinesAsked {
    fn fits(&self, line: &Line, on: Date) -> bool {
        let is = |asked: &Option<String>, code: &str| asked.as_ref().is_none_or(|asked| asked == code);
        is(&self.kind, line.kind.code())
            && is(&self.state, line.state.code())
            && (!self.late || line.is_late(on))
            && self
                .agency
                .is_none_or(|agency| [line.from, line.to].contains(&agency))
            && self
                .due
                .is_none_or(|until| line.closed.is_none() && line.due.is_some_and(|due| due <= until))
    }

    /// Puts lines that stand by what is due in the order that is asked for.
    fn order<T>(&self, lines: &mut [T], line: impl Fn(&T) -> &Line, names: &Names) {
        // Sorting is stable: what is equal stays by what is due.
        match self.sort {
            LineOrder::Due => {}
            LineOrder::Opened => lines.sort_by_key(|each| line(each).opened),
            LineOrder::Kind => lines.sort_by_key(|each| line(each).kind),
            LineOrder::State => lines.sort_by_key(|each| line(each).state),
            LineOrder::From => lines.sort_by_cached_key(|each| names.of(&line(each).from)),
            LineOrder::To => lines.sort_by_cached_key(|each| names.of(&line(each).to)),
        }
        if self.descending {
            lines.reverse();
        }
    }

    fn page<'a, T>(&self, all: &'a [T]) -> impl Iterator<Item = &'a T> {
        let after = usize::try_from(self.after).unwrap_or(usize::MAX);
        all.iter().skip(after).take(self.limit())
    }

    fn next(&self, shown: usize, total: u64) -> Option<u64> {
        let shown = self.after.saturating_add(shown as u64);
        (shown < total).then_some(shown)
    }
}

/// What is due first, first; what is done last.
fn by_due(one: &Line, other: &Line) -> Ordering {
    let key = |line: &Line| {
        let done = line.closed.is_some();
        (done, line.due.is_none(), line.due, line.opened, line.item)
    };
    key(one).cmp(&key(other))
}

fn plan(node: &Node, conference: &Hex32, item: Hex16) -> Result<PlanView> {
    let (plans, involved) = node.plan(conference, &item)?;
    Ok(PlanView::of(item, &plans, &involved, &names(node, conference)?))
}

/// The parties of a conference, as their cards call them.
pub(super) fn names(node: &Node, conference: &Hex32) -> Result<Names> {
    Ok(node.with_conference(conference, Names::of_seats)?)
}
