//! Whether the node is well: what it is, what it holds, what its doctor finds; and its backup.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::{
    BackupRequest, BackupView, CheckOutcome, CheckView, DoctorRequest, DoctorView, Hex32, NodeView, PeerList,
};

use crate::fault::{Fault, Result};
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::page::{Page, html, refused};

#[derive(Template)]
#[template(path = "it/health.html")]
struct Health {
    p: Page,
    f: Form,
    node: NodeView,
    /// The choices of whom to call: node key and name, nobody first.
    peers: Vec<(String, String)>,
    checks: Option<Vec<CheckView>>,
}

impl Health {
    async fn of(who: &Who, f: Form, checks: Option<Vec<CheckView>>) -> Result<Self> {
        let p = who.page("it.health");
        let list: PeerList = who.api().get("/api/v1/peers").await?;
        let peers = list
            .peers
            .into_iter()
            .map(|peer| (peer.node_key.to_string(), peer.name));
        Ok(Self {
            peers: [(String::new(), p.w("it.doctor_nobody"))]
                .into_iter()
                .chain(peers)
                .collect(),
            node: who.api().get("/api/v1/node").await?,
            p,
            f,
            checks,
        })
    }
}

/// The class of the badge of what a check came to.
fn class(outcome: &CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Passed => "good",
        CheckOutcome::Warning => "warn",
        CheckOutcome::Failed => "bad",
        CheckOutcome::Skipped => "calm",
    }
}

/// The key of its words.
fn outcome(outcome: &CheckOutcome) -> &'static str {
    match outcome {
        CheckOutcome::Passed => "it.check_passed",
        CheckOutcome::Warning => "it.check_warning",
        CheckOutcome::Failed => "it.check_failed",
        CheckOutcome::Skipped => "it.check_skipped",
    }
}

pub(super) async fn show(who: Who) -> Result<Response> {
    html(&Health::of(&who, Form::new(), None).await?)
}

/// Has the doctor look.
pub(super) async fn examine(Sent { who, fields }: Sent) -> Result<Response> {
    let peer = match fields.maybe("peer") {
        Some(key) => Some(Hex32::parse(key).ok_or(Fault::Form)?),
        None => None,
    };
    let found: DoctorView = who.api().post("/api/v1/doctor", &DoctorRequest { peer }).await?;
    let f = Form::keeping(&fields, &["peer"]);
    html(&Health::of(&who, f, Some(found.checks)).await?)
}

#[derive(Template)]
#[template(path = "it/backup.html")]
struct Backup {
    p: Page,
    f: Form,
    made: Option<String>,
}

pub(super) async fn backup(who: Who) -> Result<Response> {
    html(&Backup {
        p: who.page("it.backup"),
        f: Form::new(),
        made: None,
    })
}

pub(super) async fn make_backup(Sent { who, fields }: Sent) -> Result<Response> {
    let mut f = Form::keeping(&fields, &["folder"]);
    f.demand(&who.visit, &fields, &["folder"]);
    if f.is_fine() {
        let request = BackupRequest {
            folder: fields.text("folder").to_owned(),
        };
        match who.api().post::<BackupView>("/api/v1/backup", &request).await {
            Ok(view) => {
                return html(&Backup {
                    p: who.page("it.backup"),
                    f: Form::new(),
                    made: Some(view.folder),
                });
            }
            Err(fault) => f.refused(
                &who.visit,
                &*fault.of_the_form()?,
                &[("api_backup_name", "folder")],
            ),
        }
    }
    let p = who.page("it.backup").wrong(f.problems());
    refused(&Backup { p, f, made: None })
}
