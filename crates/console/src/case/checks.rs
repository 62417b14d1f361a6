//! 受理查重: whether a payment that is meant would stand beside another, asked for a person at the counter before it is made.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use hefu_node::api::view::{
    AuthorityRequest, Hex16, PersonRequest, PrecheckList, PrecheckStarted, PrecheckView, StartPrecheck,
};
use serde_json::json;

use super::entry::Entry;
use super::matters::DOCUMENTS;
use crate::Paper;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::live::{self, Told};
use crate::page::{Page, html, paper, refused};
use crate::show::today;
use crate::table::{Asked, Part};

/// How often a check that is looked at is asked after.
const ASK_AGAIN: Duration = Duration::from_secs(1);

const CAUSES: [&str; 4] = ["accident", "illness", "living_costs", "other"];

type Options = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "case/checks.html")]
struct List {
    p: Page,
    f: Form,
    list: PrecheckList,
    part: Part,
    documents: Options,
    programmes: Options,
    causes: Options,
    grounds: Options,
}

impl List {
    async fn of(who: &Who, f: Form, asked: &Asked) -> Result<Self> {
        let p = who
            .page("case.checks")
            .with_findings()
            .at("/case/checks")
            .wrong(f.problems());
        let mut causes = vec![(String::new(), p.w("case.no_cause"))];
        causes.extend(CAUSES.map(|cause| (cause.to_owned(), p.said("cause_", cause))));
        let mut list: PrecheckList = who.api().get("/api/v1/prechecks").await?;
        let (page, part) = asked.page("/case/checks", list.prechecks, |check| text(&p, check));
        list.prechecks = page;
        Ok(Self {
            list,
            part,
            documents: DOCUMENTS
                .map(|kind| (kind.to_owned(), p.said("kind_", kind)))
                .into(),
            programmes: Catalogue::of(who).await?.all,
            causes,
            grounds: ["consent", "duty"]
                .map(|ground| (ground.to_owned(), p.wx("case.ground_", ground)))
                .into(),
            p,
            f,
        })
    }
}

/// What a row of the list says.
fn text(p: &Page, check: &PrecheckView) -> String {
    let file = check.case_file.as_deref().unwrap_or_default();
    let state = if check.waiting {
        "case.check_waiting"
    } else {
        "case.check_done"
    };
    [&p.time(&check.begun_at), file, &check.actor, &p.w(state)].join(" ")
}

pub(super) async fn list(who: Who, Query(asked): Query<Asked>) -> Result<Response> {
    let month = today().strftime("%Y-%m").to_string();
    let f = Form::new()
        .with("kind", "resident")
        .with("programme", "minimum_living")
        .with("from", month);
    html(&List::of(&who, f, &asked).await?)
}

/// Begins a check of one person. The number is never shown again, whatever comes of it.
pub(super) async fn begin(Sent { who, fields }: Sent) -> Result<Response> {
    let shown = [
        "kind",
        "programme",
        "from",
        "until",
        "day",
        "case",
        "cause",
        "ground",
        "law",
        "article",
        "document",
        "case_file",
    ];
    let mut entry = Entry::new(&who, &fields, &shown);
    let person = PersonRequest {
        kind: entry.maybe("kind"),
        number: entry.text("number"),
        programme: entry.text("programme"),
        from: entry.maybe("from"),
        until: entry.maybe("until"),
        day: entry.day("day"),
        case: entry.maybe("case"),
        cause: entry.maybe("cause"),
    };
    let document = entry.text("document");
    let authority = match fields.text("ground") {
        "consent" => AuthorityRequest::Consent { document },
        "duty" => AuthorityRequest::Duty {
            law: entry.text("law"),
            article: entry.text("article"),
            document,
        },
        _ => return Err(Fault::Form),
    };
    let request = StartPrecheck {
        people: vec![person],
        authority,
        case_file: entry.text("case_file"),
        agreements: Vec::new(),
    };
    let mut f = entry.f;
    if f.is_fine() {
        match who
            .api()
            .post::<PrecheckStarted>("/api/v1/prechecks", &request)
            .await
        {
            Ok(started) => {
                return Ok(Redirect::to(&format!("/case/checks/{}", started.check)).into_response());
            }
            Err(fault) => {
                let error = fault.of_the_form()?;
                let field = error.params.get("field").cloned().unwrap_or_default();
                let places = [(error.code.as_str(), place_of(&error.code, &field))];
                f.refused(&who.visit, &error, &places);
            }
        }
    }
    refused(&List::of(&who, f, &Asked::default()).await?)
}

/// Beside which field a refusal stands.
fn place_of(code: &str, field: &str) -> &'static str {
    match (code, field) {
        ("precheck_number", _) => "number",
        (_, "programme") => "programme",
        (_, "from") => "from",
        (_, "until") => "until",
        (_, "day") => "day",
        (_, "case") => "case",
        (_, "cause") => "cause",
        _ => "",
    }
}

#[derive(Template)]
#[template(path = "case/check.html")]
struct One {
    p: Page,
    check: PrecheckView,
    catalogue: Catalogue,
}

impl One {
    async fn of(who: &Who, check: PrecheckView) -> Result<Self> {
        Ok(Self {
            catalogue: Catalogue::of(who).await?,
            p: who
                .page("case.check")
                .with_findings()
                .at(&format!("/case/checks/{}", check.check)),
            check,
        })
    }

    /// What others have said is there, whatever one of them has not said yet.
    fn is_answered(&self) -> bool {
        self.check
            .peers
            .iter()
            .any(|peer| peer.state == "precheck_answered")
    }
}

pub(super) async fn show(Path(check): Path<String>, who: Who) -> Result<Response> {
    let view = who.api().get(&path(&check)?).await?;
    html(&One::of(&who, view).await?)
}

/// What the check says. That somebody looked is logged, so it is asked for by a button.
pub(super) async fn results(Path(check): Path<String>, Sent { who, .. }: Sent) -> Result<Response> {
    let view = who.api().act(&format!("{}/results", path(&check)?)).await?;
    html(&One::of(&who, view).await?)
}

/// The receipt: as a page to be printed, or the signed file, which anybody can verify.
pub(super) async fn receipt(Path(check): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let path = format!("{}/receipt", path(&check)?);
    let bytes = who.api().bytes(Method::POST, &path).await?;
    if fields.text("form") != "signed" {
        return paper(&who, Paper::Precheck, bytes).await;
    }
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"precheck.json\""),
    ];
    Ok((headers, bytes).into_response())
}

/// Tells when no answer is awaited any more.
pub(super) async fn events(Path(check): Path<String>, who: Who) -> Result<Response> {
    let path = path(&check)?;
    Ok(live::events(who, ASK_AGAIN, move |api| {
        let path = path.clone();
        async move {
            let check: PrecheckView = api.get(&path).await?;
            Ok(match check.waiting {
                true => Told::Progress(json!({ "done": 0, "total": 0 })),
                false => Told::End,
            })
        }
    }))
}

/// The class of the badge of a verdict: what would break a rule stands out, what could not be found is not "none".
fn class(verdict: &str) -> &'static str {
    match verdict {
        "would_break" => "bad",
        "no_record" => "good",
        _ => "warn",
    }
}

fn state_class(state: &str) -> &'static str {
    match state {
        "precheck_answered" => "good",
        "precheck_waiting" => "calm",
        _ => "warn",
    }
}

fn path(check: &str) -> Result<String> {
    let check = Hex16::parse(check).ok_or(Fault::NoPage)?;
    Ok(format!("/api/v1/prechecks/{check}"))
}
