//! Files that are carried where there is no line: what is to go out, with its approval slips, and what came in.

use askama::Template;
use axum::extract::Path;
use axum::http::Method;
use axum::response::Response;
use hefu_node::api::view::{
    CutRequest, FerryDrop, FerryOut, FerryView, FileForm, Hex16, Hex32, PartView, SetList, SetOutView,
    WorkedView,
};

use crate::Paper;
use crate::fault::{Fault, Result};
use crate::form::{Form, Sent, done};
use crate::guard::Who;
use crate::page::{Page, html, paper, refused};
use crate::upload::{Piece, SentFiles, send_on};

#[derive(Template)]
#[template(path = "it/ferry.html")]
struct Ferry {
    p: Page,
    f: Form,
    ferry: FerryView,
    /// What came of files that were handed in, one by one.
    came: Vec<String>,
    forms: Vec<(&'static str, String)>,
}

impl Ferry {
    async fn of(who: &Who, f: Form, came: Vec<String>) -> Result<Self> {
        let p = who.page("it.ferry").at("/it/ferry").wrong(f.problems());
        let forms = ["binary", "text"].map(|form| (form, p.wx("it.form_", form)));
        Ok(Self {
            ferry: who.api().get("/api/v1/ferry").await?,
            forms: forms.into(),
            p,
            f,
            came,
        })
    }
}

/// Whether something of a set that was made here has not arrived as far as is known: its files are kept until then.
fn is_under_way(set: &SetOutView) -> bool {
    set.letters.iter().any(|letter| letter.state == "sent")
}

pub(super) async fn show(who: Who) -> Result<Response> {
    html(&Ferry::of(&who, Form::new(), Vec::new()).await?)
}

/// Makes sets of all that is due.
pub(super) async fn make(Sent { who, fields }: Sent) -> Result<Response> {
    let request = FerryOut {
        peer: None,
        cut: cut(fields.text("form"))?,
    };
    let mut f = Form::keeping(&fields, &["form"]);
    match who.api().post::<SetList>("/api/v1/ferry/sets", &request).await {
        Ok(made) if made.sets.is_empty() => Ok(done("/it/ferry", "it.done_no_set")),
        Ok(_) => Ok(done("/it/ferry", "it.done_sets")),
        Err(fault) => {
            f.refused(&who.visit, &*fault.of_the_form()?, &[]);
            refused(&Ferry::of(&who, f, Vec::new()).await?)
        }
    }
}

/// Takes files that were carried here, then works through what is whole.
pub(super) async fn take(mut sent: SentFiles) -> Result<Response> {
    let who = sent.who.clone();
    let p = who.page("it.ferry");
    let (mut f, mut came) = (Form::new(), Vec::new());
    while let Some(piece) = sent.next().await? {
        let Piece::File(_, file, content) = piece else {
            continue;
        };
        if file.is_empty() {
            continue;
        }
        match send_on::<PartView>(&who, "/api/v1/ferry/parts", content).await {
            Ok(part) => came.push(format!("{file}：{}", p.wx("it.part_", &part.news))),
            // One is damaged now and then; the others are as good as ever.
            Err(fault) => {
                let words = who.visit.words_of(&*fault.of_the_form()?);
                f.wrong("file", format!("{file}：{words}"));
            }
        }
    }
    if f.is_fine() && came.is_empty() {
        f.wrong("file", p.w("it.file_none"));
    }
    if !came.is_empty() {
        let _: WorkedView = who.api().act("/api/v1/ferry/work").await?;
    }
    match f.is_fine() {
        true => html(&Ferry::of(&who, f, came).await?),
        false => refused(&Ferry::of(&who, f, came).await?),
    }
}

pub(super) async fn work(Sent { who, .. }: Sent) -> Result<Response> {
    let _: WorkedView = who.api().act("/api/v1/ferry/work").await?;
    Ok(done("/it/ferry", "it.done_worked"))
}

/// Cuts a set anew.
pub(super) async fn again(Path(set): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let path = format!("{}/again", path_of(&set)?);
    let _: SetOutView = who.api().post(&path, &cut(fields.text("form"))?).await?;
    Ok(done("/it/ferry", "it.done_sets"))
}

/// Gives up a peer's set that is not whole.
pub(super) async fn give_up(Path(set): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let peer = Hex32::parse(fields.text("peer")).ok_or(Fault::Form)?;
    who.api()
        .order(&format!("{}/drop", path_of(&set)?), &FerryDrop { peer })
        .await?;
    Ok(done("/it/ferry", "it.done_set_dropped"))
}

/// One file of a set, under the name that the node gives it.
pub(super) async fn part(Path((set, part)): Path<(String, u32)>, who: Who) -> Result<Response> {
    who.api().file(&format!("{}/parts/{part}", path_of(&set)?)).await
}

/// The node's own card as a file to be carried.
pub(super) async fn card(who: Who) -> Result<Response> {
    who.api().file("/api/v1/ferry/card").await
}

/// The approval slip, to be printed and signed.
pub(super) async fn slip(Path(set): Path<String>, who: Who) -> Result<Response> {
    let facts = who
        .api()
        .bytes(Method::GET, &format!("{}/slip", path_of(&set)?))
        .await?;
    paper(&who, Paper::Slip, facts).await
}

fn cut(form: &str) -> Result<CutRequest> {
    let form = match form {
        "binary" | "" => FileForm::Binary,
        "text" => FileForm::Text,
        _ => return Err(Fault::Form),
    };
    Ok(CutRequest {
        form,
        max_file_bytes: None,
    })
}

fn path_of(set: &str) -> Result<String> {
    let set = Hex16::parse(set).ok_or(Fault::NoPage)?;
    Ok(format!("/api/v1/ferry/sets/{set}"))
}
