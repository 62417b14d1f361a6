//! One line: where it stands, what the office makes of it, what the agencies do for the person, when somebody looks again.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use hefu_node::api::view::{
    DecisionView, DirectoryView, Hex16, Hex32, InviteRequest, LineDetail, LineView, NodeView, PlanView,
    RevisitRequest, RevisitedRequest,
};
use serde_json::json;

use super::{stands, state_class};
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::office::at::At;
use crate::office::meeting::due;
use crate::office::rounds::day;
use crate::page::{Page, html, refused};

const ESCALATIONS: [&str; 3] = ["reminded", "consultation", "none"];
const MEASURES: [&str; 4] = ["planned", "under_way", "done", "refused"];

#[derive(Template)]
#[template(path = "office/line.html")]
struct LineShown {
    p: Page,
    f: Form,
    at: At,
    line: LineView,
    /// What consultations decided on it.
    decisions: Vec<DecisionView>,
    /// What the agencies do for the person; only those involved see it.
    plan: Option<PlanView>,
    /// Whether this agency opened the line.
    own: bool,
    /// Members by node key and name.
    agencies: Vec<(String, String)>,
    /// Those whose matter it is: no other can be to do what was decided.
    concerned: Vec<(String, String)>,
    escalations: Vec<(&'static str, String)>,
    measures: Vec<(&'static str, String)>,
}

impl LineShown {
    async fn of(who: &Who, id: &str, item: Hex16, f: Form) -> Result<Self> {
        let at = At::find(who, id, "/ledger").await?;
        let LineDetail { line, decisions } = who.api().get(&at.api(&format!("/ledger/{item}"))).await?;
        let node: NodeView = who.api().get("/api/v1/node").await?;
        // What agencies do for a person is said of those whom one has referred to another.
        let plan = match at.works() && line.kind == "referral" {
            true => shown(who.api().get(&at.api(&format!("/plans/{item}"))).await)?,
            false => None,
        };
        let seats: DirectoryView = who.api().get(&at.api("/seats")).await?;
        let members = seats.seats.into_iter().filter(|seat| seat.seat == "member");
        let agencies: Vec<_> = members
            .map(|seat| (seat.node_key.to_string(), seat.name))
            .collect();
        let concerned = agencies
            .iter()
            .filter(|(_, name)| [&line.from, &line.to].contains(&name));
        let p = who.page("office.line").with_findings().wrong(f.problems());
        Ok(Self {
            own: line.from == node.name,
            concerned: concerned.cloned().collect(),
            plan,
            line,
            decisions,
            agencies,
            escalations: ESCALATIONS
                .map(|code| (code, p.wx("office.escalate_", code)))
                .into(),
            measures: MEASURES.map(|code| (code, p.said("measure_", code))).into(),
            p: p.at(&at.page(&format!("/ledger/{item}"))),
            f,
            at,
        })
    }

    fn path(&self, rest: &str) -> String {
        self.at.page(&format!("/ledger/{}{rest}", self.line.item))
    }
}

/// What the interface shows only to those involved: nothing for the others.
fn shown<T>(answer: Result<T>) -> Result<Option<T>> {
    match answer {
        Ok(view) => Ok(Some(view)),
        Err(Fault::Refused { status, .. }) if status.is_client_error() => Ok(None),
        Err(fault) => Err(fault),
    }
}

type Of = Path<(String, String)>;

fn named(item: &str) -> Result<Hex16> {
    Hex16::parse(item).ok_or(Fault::NoPage)
}

pub(in crate::office) async fn show(Path((id, item)): Of, who: Who) -> Result<Response> {
    html(&LineShown::of(&who, &id, named(&item)?, Form::new()).await?)
}

/// Has the agencies reminded, puts the matter on the agenda, or takes either back.
pub(in crate::office) async fn escalate(
    Path((id, item)): Of,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let f = Form::keeping(&fields, &["escalation"]);
    let request = json!({ "escalation": fields.text("escalation") });
    send(
        &who,
        &id,
        &item,
        f,
        "/escalation",
        &request,
        "office.done_escalated",
    )
    .await
}

/// Records what a consultation decided.
pub(in crate::office) async fn decide(Path((id, item)): Of, Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["text", "by", "due", "minutes"]);
    f.demand(&who.visit, &fields, &["text", "by", "minutes"]);
    let due = day(&who.page("office.line"), &mut f, &fields, "due");
    let request = json!({
        "text": fields.text("text"), "by": fields.text("by"), "due": due, "minutes": fields.text("minutes"),
    });
    send(&who, &id, &item, f, "/decision", &request, "office.done_decided").await
}

/// Asks the interface for something about a line of the ledger, and shows the line again where it is refused.
async fn send(
    who: &Who,
    id: &str,
    item: &str,
    f: Form,
    what: &str,
    request: &impl serde::Serialize,
    said: &'static str,
) -> Result<Response> {
    send_to(who, id, item, f, &format!("/ledger/{item}{what}"), request, said).await
}

async fn send_to(
    who: &Who,
    id: &str,
    item: &str,
    mut f: Form,
    path: &str,
    request: &impl serde::Serialize,
    said: &'static str,
) -> Result<Response> {
    let item = named(item)?;
    if f.is_fine() {
        let at = At::find(who, id, "/ledger").await?;
        match who.api().order(&at.api(path), request).await {
            Ok(()) => return Ok(done(&at.page(&format!("/ledger/{item}")), said)),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &PLACES),
        }
    }
    refused(&LineShown::of(who, id, item, f).await?)
}

const PLACES: [(&str, &str); 8] = [
    ("text", "text"),
    ("decision", "text"),
    ("minutes", "minutes"),
    ("due", "due"),
    ("measure", "measure"),
    ("plan_bears_number", "measure"),
    ("plan_empty", "measure"),
    ("conference_bears_number", "text"),
];

/// Sets the day on which somebody looks again, or takes it back.
pub(in crate::office) async fn revisit(Path((id, item)): Of, Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["revisit"]);
    let on = day(&who.page("office.line"), &mut f, &fields, "revisit");
    let path = format!("/own/{item}/revisit");
    let request = RevisitRequest { on };
    send_to(&who, &id, &item, f, &path, &request, "office.done_revisit").await
}

/// Records what somebody saw who looked again.
pub(in crate::office) async fn revisited(
    Path((id, item)): Of,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["seen", "seen_on"]);
    f.demand(&who.visit, &fields, &["seen"]);
    let request = RevisitedRequest {
        seen: fields.text("seen") == "yes",
        on: day(&who.page("office.line"), &mut f, &fields, "seen_on"),
    };
    let path = format!("/own/{item}/revisited");
    send_to(&who, &id, &item, f, &path, &request, "office.done_revisited").await
}

/// Says a measure to the agencies involved, or takes another member in.
pub(in crate::office) async fn plan(Path((id, item)): Of, Sent { who, fields }: Sent) -> Result<Response> {
    if let Some(agency) = fields.maybe("agency") {
        let f = Form::keeping(&fields, &["agency"]);
        let agency = Hex32::parse(agency).ok_or(Fault::Form)?;
        let path = format!("/plans/{item}/invited");
        let request = InviteRequest { agency };
        return send_to(&who, &id, &item, f, &path, &request, "office.done_invited").await;
    }
    let mut f = Form::keeping(&fields, &["measure", "measure_on", "measure_state"]);
    f.demand(&who.visit, &fields, &["measure", "measure_on"]);
    let on = day(&who.page("office.line"), &mut f, &fields, "measure_on");
    let request = json!({
        "measure": fields.text("measure"), "on": on, "state": fields.text("measure_state"),
    });
    let path = format!("/plans/{item}");
    send_to(&who, &id, &item, f, &path, &request, "office.done_measure").await
}
