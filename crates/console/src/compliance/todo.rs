//! What waits for a compliance officer, in one place.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::{
    AgreementList, AgreementView, BudgetList, InquiryList, InquiryView, NodeView, OverdueList, OverdueView,
    UnmaskingList, UnmaskingView,
};

use super::{agreements, inquiries};
use crate::fault::Result;
use crate::guard::Who;
use crate::page::{Page, html};

/// How many late findings are listed; how many there are is said.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "compliance/todo.html")]
struct ToDo {
    p: Page,
    inquiries: Vec<InquiryView>,
    unmaskings: Vec<UnmaskingView>,
    agreements: Vec<AgreementView>,
    late: Vec<OverdueView>,
    late_in_all: u64,
    locked: bool,
}

pub(super) async fn show(who: Who) -> Result<Response> {
    let me = &who.seen.name;
    let node: NodeView = who.api().get("/api/v1/node").await?;
    let all: AgreementList = who.api().get("/api/v1/agreements").await?;
    let waits = |agreement: &AgreementView| agreements::waits(agreement, &node.node_key);
    let agreements = all.agreements.into_iter().filter(waits).collect();
    let all: InquiryList = who.api().get("/api/v1/inquiries").await?;
    let for_me = |inquiry: &InquiryView| {
        inquiries::waits(inquiry) && inquiry.owner.as_ref() != Some(me) && !inquiry.approved_by.contains(me)
    };
    let inquiries = all.inquiries.into_iter().filter(for_me).collect();
    let all: UnmaskingList = who.api().get("/api/v1/unmaskings?limit=200").await?;
    let for_me = |asked: &UnmaskingView| asked.state == "unmasking_asked" && asked.asked_by != *me;
    let unmaskings = all.unmaskings.into_iter().filter(for_me).collect();
    let mut late: OverdueList = who.api().get("/api/v1/findings/overdue").await?;
    let late_in_all = late.findings.len() as u64;
    late.findings.truncate(LISTED);
    let budgets: BudgetList = who.api().get("/api/v1/ledger/budgets").await?;
    html(&ToDo {
        p: who.page("compliance.todo").with_findings(),
        inquiries,
        unmaskings,
        agreements,
        late: late.findings,
        late_in_all,
        locked: budgets.budgets.iter().any(|budget| budget.locked),
    })
}
