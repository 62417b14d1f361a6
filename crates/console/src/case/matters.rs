//! The ledger 台账: transfers, notices, leads and clues, each with its acts.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{
    ConfirmRequest, ConfirmationView, MatterHistory, MatterPage, MatterView, NodeView, RoundList,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::asks::{Act, Ask, SHOWN, acts, details, options, read};
use super::entry::{Entry, UNITS};
use super::finding::{id, recorded};
use crate::api::part;
use crate::fault::{Fault, Result};
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::show::today;
use crate::table::Pager;

const KINDS: [&str; 4] = ["transfer", "notice", "lead", "clue"];

/// The first day on which something is due: the class of its badge, and what is due until when.
pub(super) fn until(p: &Page, matter: &MatterView) -> Option<(&'static str, String)> {
    let first = matter.awaited.iter().min_by_key(|awaited| awaited.until)?;
    let (class, words) = p.deadline(&first.until, &today());
    let what = p.said("", &first.code);
    Some((class, format!("{what} {} {words}", first.until)))
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    kind: String,
    due: String,
    number: String,
    after: u64,
}

#[derive(Template)]
#[template(path = "case/matters.html")]
struct List {
    p: Page,
    f: Form,
    matters: MatterPage,
    kinds: Vec<(String, String)>,
    /// Rounds in which this agency learned: their ids, and with whom and when.
    rounds: Vec<(String, String)>,
    pager: Pager,
}

pub(super) async fn list(who: Who, Query(asked): Query<Asked>) -> Result<Response> {
    let mut pairs = Vec::new();
    if KINDS.contains(&asked.kind.as_str()) {
        pairs.push(format!("kind={}", asked.kind));
    }
    if !asked.due.is_empty() {
        pairs.push("due=true".to_owned());
    }
    if !asked.number.trim().is_empty() {
        pairs.push(format!("number={}", part(asked.number.trim())));
    }
    let mut f = Form::new()
        .with("kind", asked.kind.clone())
        .with("due", if asked.due.is_empty() { "" } else { "yes" })
        .with("number", asked.number.clone())
        .with("working_days", "5");
    let query = pairs.join("&");
    let path = format!("/api/v1/matters?{query}&after={}", asked.after);
    let found = who.api().get::<MatterPage>(&path.replace("?&", "?")).await;
    let matters = match found {
        Ok(matters) => matters,
        Err(fault) => {
            f.refused(&who.visit, &*fault.of_the_form()?, &[("missing", "number")]);
            MatterPage {
                matters: Vec::new(),
                total: 0,
                next: None,
            }
        }
    };
    let p = who.page("case.matters").with_findings().wrong(f.problems());
    let mut kinds = vec![(String::new(), p.w("case.any_kind"))];
    kinds.extend(KINDS.map(|kind| (kind.to_owned(), p.wx("case.matter_", kind))));
    html(&List {
        pager: Pager::new(&format!("/case/matters?{query}"), asked.after, matters.next),
        rounds: learned(&who, &p).await?,
        kinds,
        matters,
        p,
        f,
    })
}

async fn learned(who: &Who, p: &Page) -> Result<Vec<(String, String)>> {
    let rounds: RoundList = who.api().get("/api/v1/rounds").await?;
    let learned = rounds
        .rounds
        .into_iter()
        .filter(|round| round.role == "receiver" && round.state == "done");
    let named = learned.map(|round| {
        let peer = round.peer_name.unwrap_or_default();
        let at = p.time(&round.ended_at.unwrap_or(round.started_at));
        (round.id.to_string(), format!("{peer} {at}"))
    });
    Ok(named.collect())
}

/// Takes a snapshot of the ledger's letters, which rounds over letters enter.
pub(super) async fn register(Sent { who, .. }: Sent) -> Result<Response> {
    who.api().order("/api/v1/matters/register", &json!({})).await?;
    Ok(done("/case/matters", "case.done_registered"))
}

#[derive(Template)]
#[template(path = "case/confirmed.html")]
struct Confirmed {
    p: Page,
    confirmed: ConfirmationView,
}

/// Records in the agency's own transfers what a round over letters told of them.
pub(super) async fn confirm(Sent { who, fields }: Sent) -> Result<Response> {
    let round = id(fields.text("round"))?;
    let working_days = fields.text("working_days").parse().map_err(|_| Fault::Form)?;
    let path = format!("/api/v1/rounds/{round}/confirmation");
    let confirmed = who.api().post(&path, &ConfirmRequest { working_days }).await?;
    html(&Confirmed {
        p: who.page("case.confirmed").with_findings().at("/case/matters"),
        confirmed,
    })
}

#[derive(Template)]
#[template(path = "case/matter.html")]
struct One {
    p: Page,
    f: Form,
    history: MatterHistory,
    acts: &'static [Act],
    /// The act whose form is shown.
    chosen: Option<Act>,
    units: Vec<(&'static str, String)>,
}

impl One {
    async fn of(who: &Who, number: u64, act: &str, f: Form) -> Result<Self> {
        let history: MatterHistory = who.api().get(&format!("/api/v1/matters/{number}")).await?;
        let p = who
            .page("case.matter")
            .with_findings()
            .at(&format!("/case/matters/{number}"))
            .wrong(f.problems());
        let acts = acts(&history.matter.stage);
        let chosen = acts.iter().find(|(name, _)| *name == act).or(acts.first());
        Ok(Self {
            units: UNITS.map(|(code, _)| (code, p.wx("case.unit_", code))).into(),
            chosen: chosen.copied(),
            history,
            acts,
            p,
            f,
        })
    }

    fn options(&self, ask: &Ask) -> Vec<(String, String)> {
        options(&self.p, ask)
    }

    fn about(&self) -> &MatterView {
        &self.history.matter
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    act: String,
}

fn usual() -> Form {
    Form::new()
        .with("on", today().to_string())
        .with("days", "5")
        .with("unit", "working")
}

pub(super) async fn show(
    Path(number): Path<u64>,
    Query(chosen): Query<Chosen>,
    who: Who,
) -> Result<Response> {
    html(&One::of(&who, number, &chosen.act, usual()).await?)
}

pub(super) async fn act(Path(number): Path<u64>, Sent { who, fields }: Sent) -> Result<Response> {
    let path = format!("/api/v1/matters/{number}");
    let history: MatterHistory = who.api().get(&path).await?;
    let matter = &history.matter;
    let name = fields.text("act");
    let Some((name, asks)) = acts(&matter.stage).iter().find(|(known, _)| *known == name) else {
        // Somebody else was faster: what may be done now is shown.
        let mut f = usual();
        f.wrong("", who.page("case.matter").w("case.acted_meanwhile"));
        return refused(&One::of(&who, number, "", f).await?);
    };
    let mut entry = Entry::new(&who, &fields, SHOWN);
    let inside = read(&mut entry, asks)?;
    let on = entry.day("on");
    let mut f = entry.f;
    if f.is_fine() {
        let request = json!({ "on": on, "act": { matter.kind.as_str(): { *name: inside } } });
        match who.api().order(&format!("{path}/events"), &request).await {
            Ok(()) => return Ok(done(&format!("/case/matters/{number}"), "case.done_act")),
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused(&One::of(&who, number, name, f).await?)
}

/// Kinds of agencies at the other end.
const ROLES: [&str; 12] = [
    "civil_affairs",
    "procuratorate",
    "court",
    "police",
    "justice",
    "disabled_federation",
    "trade_union",
    "medical_insurance",
    "education",
    "housing",
    "human_resources",
    "veterans",
];

const TRIGGERS: [&str; 2] = ["not_eligible", "still_poor"];

/// Kinds of identity documents.
pub(super) const DOCUMENTS: [&str; 6] = [
    "resident",
    "disability_certificate",
    "foreign_resident",
    "hong_kong_macao_permit",
    "taiwan_permit",
    "passport",
];

#[derive(Template)]
#[template(path = "case/matter_new.html")]
struct New {
    p: Page,
    f: Form,
    own: NodeView,
    kinds: Vec<(&'static str, String)>,
    roles: Vec<(&'static str, String)>,
    triggers: Vec<(&'static str, String)>,
    documents: Vec<(&'static str, String)>,
    units: Vec<(&'static str, String)>,
}

impl New {
    async fn of(who: &Who, f: Form) -> Result<Self> {
        let p = who
            .page("case.matter_new")
            .with_findings()
            .at("/case/matters/new")
            .wrong(f.problems());
        let said = |prefix: &str, code: &'static str| (code, p.said(prefix, code));
        Ok(Self {
            own: who.api().get("/api/v1/node").await?,
            kinds: ["transfer", "notice", "lead"]
                .map(|kind| (kind, p.wx("case.matter_", kind)))
                .into(),
            roles: ROLES.map(|role| said("role_", role)).into(),
            triggers: TRIGGERS.map(|code| (code, p.wx("case.trigger_", code))).into(),
            documents: DOCUMENTS.map(|kind| said("kind_", kind)).into(),
            units: UNITS.map(|(code, _)| (code, p.wx("case.unit_", code))).into(),
            p,
            f,
        })
    }
}

/// Of whom a matter is to be opened, where a page led here from a finding.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Of {
    round: String,
    seq: String,
    kind: String,
}

pub(super) async fn new(who: Who, Query(of): Query<Of>) -> Result<Response> {
    let f = usual()
        .with("round", of.round)
        .with("seq", of.seq)
        .with("kind", of.kind)
        .with("document_kind", "resident");
    html(&New::of(&who, f).await?)
}

/// Beside which field it stands, by its code, that no matter could be opened.
const OPENING_PLACES: [(&str, &str); 2] = [("node_number", "id_number"), ("matter_exists", "number")];

pub(super) async fn open(Sent { who, fields }: Sent) -> Result<Response> {
    // The number of a document is typed anew where it was refused.
    let shown = [
        "kind",
        "round",
        "seq",
        "same_as",
        "document_kind",
        "number",
        "on",
        "received",
        "place",
        "other_name",
        "other_role",
        "other_place",
        "trigger",
        "letter",
        "days",
        "unit",
        "period_until",
    ];
    let mut entry = Entry::new(&who, &fields, &shown);
    let whose = whose(&mut entry, &fields)?;
    let ends = json!({
        "number": entry.text("number"),
        "on": entry.day("on"),
        "received": fields.ticked("received"),
        "place": entry.text("place"),
        "other": {
            "name": entry.text("other_name"),
            "role": one_of(fields.text("other_role"), &ROLES)?,
            "place": entry.text("other_place"),
        },
    });
    let kind = fields.text("kind");
    let opening = match kind {
        "transfer" => json!({ "ends": ends, "trigger": one_of(fields.text("trigger"), &TRIGGERS)? }),
        "notice" => json!({ "ends": ends, "due": entry.period()? }),
        "lead" => json!({ "ends": ends, "letter": entry.text("letter"), "due": entry.period()? }),
        _ => return Err(Fault::Form),
    };
    let mut f = entry.f;
    if f.is_fine() {
        let request = json!({ "whose": whose, "opening": { kind: opening } });
        match who.api().post::<MatterHistory>("/api/v1/matters", &request).await {
            Ok(opened) => {
                let to = format!("/case/matters/{}", opened.matter.id);
                return Ok(done(&to, "case.done_opened"));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &OPENING_PLACES),
        }
    }
    refused(&New::of(&who, f).await?)
}

fn whose(entry: &mut Entry<'_>, fields: &Fields) -> Result<Value> {
    if !fields.text("round").is_empty() {
        let seq: u64 = fields.text("seq").parse().map_err(|_| Fault::Form)?;
        return Ok(json!({ "finding": { "round": id(fields.text("round"))?, "seq": seq } }));
    }
    if let Some(number) = entry.maybe("same_as") {
        return Ok(json!({ "matter": { "number": number } }));
    }
    let document = one_of(fields.text("document_kind"), &DOCUMENTS)?;
    Ok(json!({ "number": { "document": document, "number": entry.text("id_number") } }))
}

fn one_of(chosen: &str, offered: &[&'static str]) -> Result<&'static str> {
    offered
        .iter()
        .find(|offer| **offer == chosen)
        .copied()
        .ok_or(Fault::Form)
}
