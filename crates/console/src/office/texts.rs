//! The texts of a conference: what each says and what each party learns by it, who has signed, what bears the seal.

mod annexes;
mod draft;
mod refusal;

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use hefu_node::api::view::{
    AnnexView, EditionDetail, EditionList, EditionParty, EditionView, Hex32, NodeView, RefuseRequest,
    StampRequest,
};
use ring::digest::{Context, SHA256};

pub(super) use annexes::months;
pub(super) use draft::{draft, drafting};

use super::at::{self, At};
use super::reason::{self, Ask};
use crate::Paper;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done, in_time};
use crate::guard::Who;
use crate::page::{Page, html, paper, refused};
use crate::upload::{Piece, SentFiles};

#[derive(Template)]
#[template(path = "office/texts.html")]
struct Texts {
    p: Page,
    at: At,
    editions: Vec<EditionView>,
}

pub(super) async fn list(Path(id): Path<String>, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/texts").await?;
    let list: EditionList = who.api().get(&at.api("/texts")).await?;
    let mut editions = list.editions;
    editions.reverse();
    html(&Texts {
        p: who.page("office.texts"),
        at,
        editions,
    })
}

fn signed(edition: &EditionView) -> usize {
    let parties = edition.parties.iter();
    parties.filter(|party| party.state == "signed").count()
}

#[derive(Template)]
#[template(path = "office/text.html")]
struct Text {
    p: Page,
    f: Form,
    at: At,
    summary: EditionView,
    annexes: Vec<AnnexView>,
    /// This node's key.
    own: Hex32,
}

impl Text {
    async fn of(who: &Who, at: At, text: &Hex32, f: Form) -> Result<Self> {
        let detail: EditionDetail = who.api().get(&at.api(&format!("/texts/{text}"))).await?;
        let node: NodeView = who.api().get("/api/v1/node").await?;
        Ok(Self {
            p: who
                .page("office.texts")
                .titled(&detail.summary.title)
                .wrong(f.problems()),
            f,
            at,
            summary: detail.summary,
            annexes: detail.annexes,
            own: node.node_key,
        })
    }

    fn path(&self, rest: &str) -> String {
        self.at.page(&format!("/texts/{}{rest}", self.summary.framework))
    }

    fn own_is(&self, state: &str) -> bool {
        let mut parties = self.summary.parties.iter();
        parties.any(|party| party.node_key == self.own && party.state == state)
    }

    /// Whether whoever looks can sign or refuse it.
    fn is_open(&self) -> bool {
        self.at.binds() && self.own_is("open")
    }

    /// Whether whoever looks can say what its sealed paper says.
    fn may_stamp(&self) -> bool {
        self.at.binds() && (self.own_is("signed") || self.own_is("office"))
    }

    fn breaches(&self) -> bool {
        self.annexes.iter().any(|annex| annex.breach.is_some())
    }
}

/// What each party learns by an annex, party by party.
fn learned(p: &Page, annex: &AnnexView) -> Vec<(String, Vec<String>)> {
    let mut parties: Vec<(String, Vec<String>)> = Vec::new();
    for learns in &annex.learns {
        let words = p.said_with("", &learns.code, &learns.params);
        match parties.iter_mut().find(|(party, _)| *party == learns.party) {
            Some((_, said)) => said.push(words),
            None => parties.push((learns.party.clone(), vec![words])),
        }
    }
    parties
}

fn breach(p: &Page, annex: &AnnexView) -> Option<String> {
    let error = annex.breach.as_ref()?;
    Some(p.said_with("", &error.code, &error.params))
}

fn party_class(party: &EditionParty) -> &'static str {
    match party.state.as_str() {
        "refused" => "bad",
        "open" => "warn",
        _ => "good",
    }
}

type Of = Path<(String, String)>;

fn named(text: &str) -> Result<Hex32> {
    Hex32::parse(text).ok_or(Fault::NoPage)
}

pub(super) async fn show(Path((id, text)): Of, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/texts").await?;
    html(&Text::of(&who, at, &named(&text)?, Form::new()).await?)
}

/// Signs, after somebody has read what each party learns and ticked that they have.
pub(super) async fn sign(Path((id, text)): Of, Sent { who, fields }: Sent) -> Result<Response> {
    let at = At::find(&who, &id, "/texts").await?;
    let text = named(&text)?;
    let mut f = Form::keeping(&fields, &["read"]);
    if !fields.ticked("read") {
        f.wrong("read", who.page("office.texts").w("office.read_first"));
    }
    if f.is_fine() {
        let path = at.api(&format!("/texts/{text}/sign"));
        match who.api().command(Method::POST, &path).await {
            Ok(()) => {
                return Ok(done(
                    &at.page(&format!("/texts/{text}")),
                    "office.done_text_signed",
                ));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[]),
        }
    }
    refused_text(&who, at, &text, f).await
}

async fn refused_text(who: &Who, at: At, text: &Hex32, f: Form) -> Result<Response> {
    let here = at.page(&format!("/texts/{text}"));
    let mut page = Text::of(who, at, text, f).await?;
    page.p = page.p.at(&here);
    refused(&page)
}

pub(super) async fn refusing(Path((id, text)): Of, who: Who) -> Result<Response> {
    let at = At::find(&who, &id, "/texts").await?;
    let asked = asked_refusal(&who, &at, &named(&text)?);
    reason::ask(&who, at, asked)
}

pub(super) async fn refuse(Path((id, text)): Of, Sent { who, fields }: Sent) -> Result<Response> {
    let at = At::find(&who, &id, "/texts").await?;
    let text = named(&text)?;
    let asked = asked_refusal(&who, &at, &text);
    let path = at.api(&format!("/texts/{text}/refuse"));
    let of = |reason| RefuseRequest { reason };
    reason::give(&who, &fields, at, asked, &path, of, "office.done_text_refused").await
}

fn asked_refusal(who: &Who, at: &At, text: &Hex32) -> Ask {
    Ask {
        title: "office.refuse",
        about: who.page("office.texts").w("office.refuse_about"),
        action: at.page(&format!("/texts/{text}/refuse")),
        back: at.page(&format!("/texts/{text}")),
    }
}

/// Says what the sealed paper says. Its scan is read to its digest and kept nowhere.
pub(super) async fn stamp(Path((id, text)): Of, mut sent: SentFiles) -> Result<Response> {
    let who = sent.who.clone();
    let at = At::find(&who, &id, "/texts").await?;
    let text = named(&text)?;
    let (mut document, mut scan) = (String::new(), None);
    while let Some(piece) = sent.next().await? {
        match piece {
            Piece::Text(field, value) if field == "document" => document = value.trim().to_owned(),
            Piece::File(field, file, mut content) if field == "scan" && !file.is_empty() => {
                let mut digest = Context::new(&SHA256);
                while let Some(bytes) = in_time(content.chunk()).await?.map_err(|_| Fault::Form)? {
                    digest.update(&bytes);
                }
                scan = Hex32::parse(&hex(digest.finish().as_ref()));
            }
            Piece::Text(..) | Piece::File(..) => {}
        }
    }
    let mut f = Form::new().with("document", &document);
    let p = who.page("office.texts");
    if document.is_empty() {
        f.wrong("document", p.w("shell.form_empty"));
    }
    let Some(scan) = scan else {
        f.wrong("scan", p.w("office.scan_none"));
        return refused_text(&who, at, &text, f).await;
    };
    if f.is_fine() {
        let path = at.api(&format!("/texts/{text}/stamp"));
        match who.api().order(&path, &StampRequest { document, scan }).await {
            Ok(()) => {
                return Ok(done(
                    &at.page(&format!("/texts/{text}")),
                    "office.done_text_stamped",
                ));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &[("document", "document")]),
        }
    }
    refused_text(&who, at, &text, f).await
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text as a paper to be signed and sealed.
pub(super) async fn print(Path((id, text)): Of, who: Who) -> Result<Response> {
    printed(&who, &id, &text, Paper::FrameworkPage).await
}

/// The text as it is signed.
pub(super) async fn whole(Path((id, text)): Of, who: Who) -> Result<Response> {
    let path = at::api(&id, &format!("/texts/{}", named(&text)?))?;
    let detail: EditionDetail = who.api().get(&path).await?;
    let whole = serde_json::to_string_pretty(&detail.text).map_err(|_| Fault::Broken { what: "text" })?;
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CONTENT_DISPOSITION, "attachment; filename=\"framework.json\""),
    ];
    Ok((headers, whole).into_response())
}

/// The paper as a file.
pub(super) async fn file(Path((id, text)): Of, who: Who) -> Result<Response> {
    printed(&who, &id, &text, Paper::Framework).await
}

async fn printed(who: &Who, id: &str, text: &str, what: Paper) -> Result<Response> {
    let path = at::api(id, &format!("/texts/{}", named(text)?))?;
    let given = who.api().bytes(Method::GET, &path).await?;
    paper(who, what, given).await
}
