//! One finding: what it is, what was done about it here and at the other agency, and the acts that need another person.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{
    ActRequest, ActView, DecisionRequest, EventRequest, FindingDetail, Hex32, HistoryView, ResultRequest,
    UnmaskingList,
};
use jiff::civil::Date;

use crate::Paper;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, Result};
use crate::findings::after;
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, paper, refused};
use crate::show;

/// Which finding of which round, as the path names it.
pub(super) type Named = Path<(String, u64)>;

#[derive(Template)]
#[template(path = "compliance/finding.html")]
pub(super) struct Finding {
    p: Page,
    f: Form,
    round: Hex32,
    detail: FindingDetail,
    history: HistoryView,
    unmaskings: UnmaskingList,
    results: Vec<(String, String)>,
    decisions: Vec<(String, String)>,
    catalogue: Catalogue,
    /// Whose page it is: nobody grants what they asked for, or reviews what they decided.
    me: String,
}

impl Finding {
    pub(super) async fn of(who: &Who, round: Hex32, seq: u64, f: Form) -> Result<Self> {
        let path = path_of(&round, seq);
        let p = who
            .page("compliance.finding")
            .at(&own_path(&round, seq))
            .wrong(f.problems())
            .with_findings();
        let title = p.w2("shell.finding_no", p.short(round), seq);
        let p = p.titled(title);
        let results = ["upheld", "changed", "returned"];
        let decisions = ["lawful", "data_error", "stopped", "recovered", "referred"];
        Ok(Self {
            results: results
                .map(|code| (code.to_owned(), p.said("result_", code)))
                .into(),
            decisions: decisions
                .map(|code| (code.to_owned(), p.said("decision_", code)))
                .into(),
            p,
            f,
            round,
            catalogue: Catalogue::of(who).await?,
            detail: who.api().get(&path).await?,
            history: who.api().get(&format!("{path}/history")).await?,
            unmaskings: who.api().get(&format!("{path}/unmaskings")).await?,
            me: who.seen.name.clone(),
        })
    }

    /// A second review can follow a decision that nobody has reviewed, and every objection.
    fn can_review(&self) -> bool {
        let review = &self.history.review;
        review.stage == "stage_decided" || review.objected_on.is_some()
    }

    /// What was decided can be objected to, and turn out to be wrong; what is corrected stays so.
    fn can_correct(&self) -> bool {
        matches!(
            self.history.review.stage.as_str(),
            "stage_decided" | "stage_reviewed"
        )
    }

    /// Whether who looks at the page made the decision that stands: it is another's to review and to correct. A second review
    /// that changes a decision makes one.
    fn decided_here(&self) -> bool {
        let last = self.history.acts.iter().rev().find(|act| decides(act));
        last.is_some_and(|act| act.by == self.me)
    }

    /// Whether who looks at the page has decided since the last verification, or changed a decision: another looks it over.
    fn has_decided(&self) -> bool {
        let acts = self.history.acts.iter().rev();
        let mut since = acts.take_while(|act| act.code != "review_verified");
        since.any(|act| decides(act) && act.by == self.me)
    }
}

fn decides(act: &ActView) -> bool {
    act.code == "review_decided" || !act.act["reviewed"]["result"]["changed"].is_null()
}

/// In the interface.
pub(super) fn path_of(round: &Hex32, seq: u64) -> String {
    format!("/api/v1/rounds/{round}/findings/{seq}")
}

/// In this console.
pub(super) fn own_path(round: &Hex32, seq: u64) -> String {
    format!("/compliance/findings/{round}/{seq}")
}

pub(super) fn round(text: &str) -> Result<Hex32> {
    Hex32::parse(text).ok_or(Fault::NoPage)
}

pub(super) async fn show(Path((id, seq)): Named, who: Who) -> Result<Response> {
    html(&Finding::of(&who, round(&id)?, seq, Form::new()).await?)
}

/// The finding derived once more, for whoever has to answer for it. That somebody looked is on record.
pub(super) async fn explanation(Path((id, seq)): Named, Sent { who, .. }: Sent) -> Result<Response> {
    let path = format!("{}/explanation", path_of(&round(&id)?, seq));
    let view = who.api().bytes(Method::POST, &path).await?;
    paper(&who, Paper::Explanation, view).await
}

/// 个人记录: what the person concerned is shown.
pub(super) async fn record(Path((id, seq)): Named, Sent { who, .. }: Sent) -> Result<Response> {
    let path = format!("{}/record", path_of(&round(&id)?, seq));
    let view = who.api().bytes(Method::POST, &path).await?;
    paper(&who, Paper::PersonRecord, view).await
}

/// 异议: what the person says against a decision, as it came. Its fields have names of their own, too.
pub(super) async fn objected(Path((id, seq)): Named, Sent { who, fields }: Sent) -> Result<Response> {
    let round = round(&id)?;
    let mut f = Form::keeping(&fields, &["object_document", "object_received", "object_reason"]);
    f.demand(&who.visit, &fields, &["object_document", "object_reason"]);
    let received = fields
        .maybe("object_received")
        .map(str::parse::<Date>)
        .transpose();
    if received.is_err() {
        f.wrong(
            "object_received",
            who.page("compliance.finding").w("shell.no_day"),
        );
    }
    if let Some(received) = received.ok().filter(|_| f.is_fine()) {
        let act = ActRequest::Objected {
            document: fields.text("object_document").to_owned(),
            reason: fields.text("object_reason").to_owned(),
            received,
        };
        match record_act(&who, &round, seq, &fields, act).await {
            Ok(()) => return Ok(done(&own_path(&round, seq), "compliance.done_objected")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Finding::of(&who, round, seq, f).await?)
}

/// 复核
pub(super) async fn reviewed(Path((id, seq)): Named, Sent { who, fields }: Sent) -> Result<Response> {
    let round = round(&id)?;
    let shown = [
        "result",
        "decision",
        "fen",
        "to",
        "authority",
        "document",
        "reason",
    ];
    let mut f = Form::keeping(&fields, &shown);
    f.demand(
        &who.visit,
        &fields,
        &["result", "authority", "document", "reason"],
    );
    let p = who.page("compliance.finding");
    let result = match fields.text("result") {
        "upheld" => Some(ResultRequest::Upheld {}),
        "returned" => Some(ResultRequest::Returned {}),
        "changed" => {
            let to = match fields.text("decision") {
                "lawful" => Some(DecisionRequest::Lawful {}),
                "data_error" => Some(DecisionRequest::DataError {}),
                "stopped" => Some(DecisionRequest::Stopped {}),
                "recovered" => show::fen(fields.text("fen")).map(|fen| DecisionRequest::Recovered { fen }),
                "referred" => fields
                    .maybe("to")
                    .map(|to| DecisionRequest::Referred { to: to.to_owned() }),
                _ => return Err(Fault::Form),
            };
            match (&to, fields.text("decision")) {
                (None, "recovered") => f.wrong("fen", p.w("shell.no_amount")),
                (None, _) => f.wrong("to", p.w("shell.form_empty")),
                (Some(_), _) => {}
            }
            to.map(|to| ResultRequest::Changed { to })
        }
        "" => None,
        _ => return Err(Fault::Form),
    };
    if let Some(result) = result.filter(|_| f.is_fine()) {
        let act = ActRequest::Reviewed {
            result,
            authority: fields.text("authority").to_owned(),
            document: fields.text("document").to_owned(),
            reason: fields.text("reason").to_owned(),
        };
        match record_act(&who, &round, seq, &fields, act).await {
            Ok(()) => return Ok(done(&own_path(&round, seq), "compliance.done_reviewed")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Finding::of(&who, round, seq, f).await?)
}

/// 更正. Its fields have names of their own: both forms stand on one page.
pub(super) async fn corrected(Path((id, seq)): Named, Sent { who, fields }: Sent) -> Result<Response> {
    let round = round(&id)?;
    let shown = ["correct_authority", "correct_document", "correct_reason"];
    let mut f = Form::keeping(&fields, &shown);
    f.demand(&who.visit, &fields, &shown);
    if f.is_fine() {
        let act = ActRequest::Corrected {
            authority: fields.text("correct_authority").to_owned(),
            document: fields.text("correct_document").to_owned(),
            reason: fields.text("correct_reason").to_owned(),
        };
        match record_act(&who, &round, seq, &fields, act).await {
            Ok(()) => return Ok(done(&own_path(&round, seq), "compliance.done_corrected")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&Finding::of(&who, round, seq, f).await?)
}

/// Records an act as one of today, by somebody who has seen what stands on the page.
async fn record_act(who: &Who, round: &Hex32, seq: u64, fields: &Fields, act: ActRequest) -> Result<()> {
    let path = format!("{}/events", path_of(round, seq));
    let event = EventRequest {
        on: None,
        after: after(fields)?,
        act,
    };
    who.api().order(&path, &event).await
}
