//! An export of the agency's system into the node: files are uploaded, the mapping is written and tried, and what an
//! import came to is accounted for.

use askama::Template;
use axum::response::Response;
use hefu_node::api::view::{
    AccountView, DatasetList, ImportRequest, ImportView, PreviewRequest, PreviewView, ProposalRequest,
    ProposalView, UploadView,
};

use crate::fault::{Fault, Result};
use crate::form::{Form, Sent};
use crate::guard::Who;
use crate::page::{Page, html, refused};
use crate::upload::{Piece, SentFiles, name_part, send_on, text};

#[derive(Template)]
#[template(path = "it/imports.html")]
struct Begin {
    p: Page,
    f: Form,
    /// Names of registers that are there already.
    known: Vec<String>,
}

impl Begin {
    async fn of(who: &Who, f: Form) -> Result<Self> {
        let list: DatasetList = who.api().get("/api/v1/datasets").await?;
        let mut known: Vec<String> = list.datasets.into_iter().map(|dataset| dataset.name).collect();
        known.sort_unstable();
        known.dedup();
        Ok(Self {
            p: who.page("it.imports").wrong(f.problems()),
            f,
            known,
        })
    }
}

pub(super) async fn begin(who: Who) -> Result<Response> {
    html(&Begin::of(&who, Form::new()).await?)
}

/// Takes files, and proposes how their columns are read.
pub(super) async fn upload(mut sent: SentFiles) -> Result<Response> {
    let who = sent.who.clone();
    let (mut name, mut mapping, mut uploads) = (String::new(), String::new(), Vec::new());
    let mut f = Form::new();
    while let Some(piece) = sent.next().await? {
        match piece {
            Piece::Text(field, value) if field == "name" => name = value,
            Piece::File(field, file, mut content) if field == "mapping" && !file.is_empty() => {
                mapping = text(&mut content).await?;
            }
            Piece::File(field, file, content) if field == "file" && !file.is_empty() => {
                let path = format!("/api/v1/uploads?name={}", name_part(&file));
                match send_on::<UploadView>(&who, &path, content).await {
                    Ok(upload) => uploads.push(upload.id),
                    Err(fault) => {
                        f.refused(&who.visit, &*fault.of_the_form()?, &[]);
                        // The rest of what was sent is of no use any more.
                        break;
                    }
                }
            }
            Piece::Text(..) | Piece::File(..) => {}
        }
    }
    f = f.with("name", name);
    if f.is_fine() && uploads.is_empty() {
        f.wrong("file", who.page("it.imports").w("it.file_none"));
    }
    if !f.is_fine() {
        return refused(&Begin::of(&who, f).await?);
    }
    f = f.with("uploads", uploads.join(",")).with("mapping", mapping);
    let mut editor = Editor::of(&who, f);
    editor.propose(&who, &uploads).await?;
    html(&editor)
}

/// Without files there is nothing to be mapped.
pub(super) async fn edit(who: Who) -> Result<Response> {
    begin(who).await
}

#[derive(Template)]
#[template(path = "it/mapping.html")]
struct Editor {
    p: Page,
    f: Form,
    proposal: Option<ProposalView>,
    preview: Option<PreviewView>,
    account: Option<Account>,
}

/// A mapping that names no programme and no month could not be followed; these are to be filled in by a person.
const TO_BE_SAID: &str = "\n[programme]\nconstant = \"\"\n\n[period]\nconstant = \"\"\n";

impl Editor {
    fn of(who: &Who, f: Form) -> Self {
        Self {
            p: who.page("it.mapping").at("/it/imports").wrong(f.problems()),
            f,
            proposal: None,
            preview: None,
            account: None,
        }
    }

    /// With the columns that the files have, and with a mapping to begin with where none was given. That none can be
    /// proposed is no failure: the columns may have names of the agency's own.
    async fn propose(&mut self, who: &Who, uploads: &[String]) -> Result<()> {
        let request = ProposalRequest {
            uploads: uploads.to_vec(),
        };
        match who
            .api()
            .post::<ProposalView>("/api/v1/mappings/proposal", &request)
            .await
        {
            Ok(proposal) => {
                if self.f.value("mapping").trim().is_empty() {
                    let mapping = format!("{}{TO_BE_SAID}", proposal.mapping);
                    self.f = std::mem::take(&mut self.f).with("mapping", mapping);
                }
                self.proposal = Some(proposal);
            }
            // What is wrong was said already, most often for the same reason.
            Err(fault) => {
                let error = fault.of_the_form()?;
                if self.f.is_fine() {
                    self.f.refused(&who.visit, &error, &[]);
                    self.p.problems = self.f.problems();
                }
            }
        }
        Ok(())
    }
}

/// Tries the mapping, or imports by it.
pub(super) async fn act(Sent { who, fields }: Sent) -> Result<Response> {
    let uploads: Vec<String> = fields.text("uploads").split(',').map(str::to_owned).collect();
    let mapping = fields.raw("mapping").to_owned();
    let mut f = Form::keeping(&fields, &["uploads", "name", "mapping"]);
    let imports = match fields.text("act") {
        "preview" => false,
        "import" => true,
        _ => return Err(Fault::Form),
    };
    f.demand(
        &who.visit,
        &fields,
        if imports {
            &["name", "mapping"]
        } else {
            &["mapping"]
        },
    );
    if !f.is_fine() {
        return refused(&Editor::of(&who, f));
    }
    // An import wipes its files whatever comes of it. It is tried before, so that a slip in the mapping costs no upload.
    let request = PreviewRequest {
        uploads: uploads.clone(),
        mapping: mapping.clone(),
    };
    let tried = who
        .api()
        .post::<PreviewView>("/api/v1/mappings/preview", &request)
        .await;
    let preview = match tried {
        Ok(preview) => preview,
        Err(fault) => {
            f.refused(&who.visit, &*fault.of_the_form()?, &PLACES);
            let mut editor = Editor::of(&who, f);
            editor.propose(&who, &uploads).await?;
            return refused(&editor);
        }
    };
    if !imports {
        let mut editor = Editor::of(&who, f);
        editor.propose(&who, &uploads).await?;
        editor.account = Some(Account::of(&preview.account));
        editor.preview = Some(preview);
        return html(&editor);
    }
    let request = ImportRequest {
        name: fields.text("name").to_owned(),
        uploads,
        mapping,
    };
    match who.api().post::<ImportView>("/api/v1/imports", &request).await {
        Ok(view) => html(&Imported {
            p: who.page("it.imported").at("/it/imports"),
            account: Account::of(&view.account),
            dataset: view.dataset,
        }),
        Err(fault) => {
            // The files were wiped: they must be sent again, and the mapping is kept for that.
            f.refused(&who.visit, &*fault.of_the_form()?, &PLACES);
            f.wrong("", who.page("it.mapping").w("it.import_again"));
            refused(&Editor::of(&who, f))
        }
    }
}

/// Beside which field a refusal stands.
const PLACES: [(&str, &str); 2] = [("mapping_syntax", "mapping"), ("mapping_invalid", "mapping")];

#[derive(Template)]
#[template(path = "it/imported.html")]
struct Imported {
    p: Page,
    account: Account,
    dataset: i64,
}

/// The account of a reading, line by line: rows read = accepted + rejected + blank.
struct Account {
    /// Key of the words, and a count.
    sums: [(&'static str, u64); 5],
    rejected: u64,
    /// Heading, and codes with their counts.
    reasons: Vec<(&'static str, Vec<(String, u64)>)>,
}

impl Account {
    fn of(view: &AccountView) -> Self {
        let rejected = view.rejected.values().sum();
        let listed = [
            ("it.account_rejected", &view.rejected),
            ("it.account_warnings", &view.warnings),
            ("it.account_cleaned", &view.cleaned),
        ];
        Self {
            sums: [
                ("it.account_read", view.rows_read),
                ("it.account_accepted", view.accepted),
                ("it.account_rejected", rejected),
                ("it.account_blank", view.blank),
                ("it.account_duplicates", view.duplicates),
            ],
            rejected,
            reasons: listed
                .into_iter()
                .filter(|(_, counts)| !counts.is_empty())
                .map(|(key, counts)| {
                    (
                        key,
                        counts
                            .iter()
                            .map(|(code, count)| (code.clone(), *count))
                            .collect(),
                    )
                })
                .collect(),
        }
    }
}
