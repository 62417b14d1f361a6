//! What waits for a compliance officer, in one place.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::{
    AgreementList, AgreementView, BudgetList, FindingList, InquiryList, InquiryView, NodeView, UnmaskingList,
    UnmaskingView,
};

use super::{agreements, inquiries};
use crate::fault::Result;
use crate::guard::Who;
use crate::page::{Page, html};

/// Of each list, how many are listed; how many there are is said.
const LISTED: usize = 50;

#[derive(Template)]
#[template(path = "compliance/todo.html")]
struct ToDo {
    p: Page,
    inquiries: Vec<InquiryView>,
    unmaskings: Vec<UnmaskingView>,
    agreements: Vec<AgreementView>,
    late: FindingList,
    objected: FindingList,
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
    // Of very many late ones only those shown are opened.
    let late = format!("/api/v1/findings?late=true&limit={LISTED}");
    let late = who.api().get(&late).await?;
    let objected = format!("/api/v1/findings?objected=true&limit={LISTED}");
    let objected = who.api().get(&objected).await?;
    let budgets: BudgetList = who.api().get("/api/v1/ledger/budgets").await?;
    html(&ToDo {
        p: who.page("compliance.todo").with_findings(),
        inquiries,
        unmaskings,
        agreements,
        late,
        objected,
        locked: budgets.budgets.iter().any(|budget| budget.locked),
    })
}

/// Those that are listed.
fn few<T>(all: &[T]) -> &[T] {
    all.get(..LISTED).unwrap_or(all)
}
