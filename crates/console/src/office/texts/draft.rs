//! A text that is drafted: a form that knows what each purpose makes of an annex, tried as often as one likes, and then
//! said to all.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{
    AnnexView, DirectoryView, DraftFrameworkRequest, EditionDetail, FrameworkPreview, Hex32, ProgrammeList,
    ProgrammeView,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annexes::{Annex, AnnexDraft, MOST, number};
use super::{breach, learned};
use crate::fault::{Fault, Result};
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::office::at::At;
use crate::page::{Page, html, refused};

/// What an agreement of two members can be for, but for what is agreed between themselves.
const PURPOSES: [&str; 4] = ["duplicates", "omissions", "leads", "referrals"];

const KEPT: [&str; 11] = [
    "number",
    "title",
    "valid_from",
    "expires",
    "smallest",
    "absent",
    "late",
    "day",
    "freeze_hours",
    "run_hours",
    "review_days",
];

#[derive(Template)]
#[template(path = "office/draft.html")]
struct Drafting {
    p: Page,
    f: Form,
    at: At,
    amends: Option<Hex32>,
    /// Members by name, and whether each is a party.
    members: Vec<(String, bool)>,
    annexes: Vec<Annex>,
    programmes: Vec<ProgrammeView>,
    purposes: [(&'static str, String); 4],
    preview: Option<Vec<AnnexView>>,
}

/// Which text is amended.
#[derive(Deserialize)]
pub(in crate::office) struct Asked {
    amends: Option<String>,
}

impl Drafting {
    async fn of(
        who: &Who,
        id: &str,
        f: Form,
        chosen: impl Fn(&str) -> bool,
        annexes: Vec<Annex>,
    ) -> Result<Self> {
        let at = At::find(who, id, "/texts").await?;
        let seats: DirectoryView = who.api().get(&at.api("/seats")).await?;
        let seated = seats.seats.into_iter().filter(|seat| seat.seat == "member");
        let members: Vec<(String, bool)> = seated
            .map(|seat| {
                let chosen = chosen(&seat.name);
                (seat.name, chosen)
            })
            .collect();
        let mut annexes = annexes;
        for annex in &mut annexes {
            annex.between(members.iter().map(|(name, _)| name.as_str()));
        }
        let programmes: ProgrammeList = who.api().get("/api/v1/programmes").await?;
        let p = who.page("office.draft").wrong(f.problems());
        Ok(Self {
            purposes: PURPOSES.map(|purpose| (purpose, p.said("purpose_", purpose))),
            p: p.at(&at.page("/texts/draft")),
            f: (0..).zip(&annexes).fold(f, |f, (at, annex)| annex.shown(f, at)),
            members,
            at,
            amends: None,
            annexes,
            programmes: programmes.programmes,
            preview: None,
        })
    }

    /// The parties that an annex can have: each by its name, which is what it is called too.
    fn names(&self) -> Vec<(&str, &str)> {
        let names = self.members.iter().map(|(name, _)| name.as_str());
        names.map(|name| (name, name)).collect()
    }

    fn options(&self, name: &str) -> Vec<(&'static str, String)> {
        let codes: &[&str] = match name {
            "absent" => &["without_them", "not_at_all"],
            "late" => &["admitted", "next_round"],
            _ => &["both", "first", "second"],
        };
        let words = |code: &&'static str| (*code, self.p.wx("office.choice_", code));
        codes.iter().map(words).collect()
    }
}

/// What is most often agreed, to begin with.
fn usual() -> Form {
    Form::new()
        .with("smallest", "5")
        .with("absent", "without_them")
        .with("late", "admitted")
        .with("day", "5")
        .with("freeze_hours", "72")
        .with("run_hours", "96")
        .with("review_days", "30")
}

/// As a text that is to be amended has it.
fn of_text(text: &Value) -> Form {
    let mut f = Form::new();
    for name in KEPT {
        let within = match name {
            "day" | "freeze_hours" | "run_hours" | "review_days" => &text["schedule"][name],
            name => &text[name],
        };
        let value = match within {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        f = f.with(name, value);
    }
    f
}

pub(in crate::office) async fn drafting(
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    who: Who,
) -> Result<Response> {
    let Some(amends) = asked.amends else {
        return html(&Drafting::of(&who, &id, usual(), |_| true, vec![Annex::new(1)]).await?);
    };
    let amends = Hex32::parse(&amends).ok_or(Fault::NoPage)?;
    let at = At::find(&who, &id, "/texts").await?;
    let detail: EditionDetail = who.api().get(&at.api(&format!("/texts/{amends}"))).await?;
    let list = |name: &str| detail.text[name].as_array().cloned().unwrap_or_default();
    let members = list("members");
    let is_member = |name: &str| members.iter().any(|member| member["name"] == name);
    let annexes = list("annexes").iter().map(Annex::of_text).collect();
    let mut page = Drafting::of(&who, &id, of_text(&detail.text), is_member, annexes).await?;
    page.amends = Some(amends);
    html(&page)
}

/// A draft, as the interface reads it.
#[derive(Serialize)]
struct Draft {
    number: String,
    title: String,
    members: Vec<String>,
    valid_from: String,
    expires: String,
    smallest: u64,
    absent: String,
    late: String,
    schedule: Schedule,
    annexes: Vec<AnnexDraft>,
}

#[derive(Serialize)]
struct Schedule {
    day: u64,
    freeze_hours: u64,
    run_hours: u64,
    review_days: u64,
}

/// Adds an annex, tries the draft, or says it to all.
pub(in crate::office) async fn draft(Path(id): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let act = fields.text("act");
    let amends = match fields.maybe("amends") {
        Some(digest) => Some(Hex32::parse(digest).ok_or(Fault::Form)?),
        None => None,
    };
    let count: usize = fields.text("annexes").parse().map_err(|_| Fault::Form)?;
    let mut annexes: Vec<Annex> = (0..count.min(MOST))
        .filter(|at| !fields.ticked(&format!("a{at}_drop")))
        .map(|at| Annex::typed(&fields, at))
        .collect();
    let mut f = Form::keeping(&fields, &KEPT);
    let members: Vec<String> = fields.all("member").map(str::to_owned).collect();
    let chosen = |name: &str| members.iter().any(|member| member == name);
    if act == "add" {
        annexes.push(Annex::new(annexes.len() + 1));
        let mut page = Drafting::of(&who, &id, f, chosen, annexes).await?;
        page.amends = amends;
        return html(&page);
    }
    let at = At::find(&who, &id, "/texts").await?;
    let draft = written(&who, &fields, &mut f, &members, &annexes);
    let mut preview = None;
    if f.is_fine() {
        let draft = toml::to_string(&draft).map_err(|_| Fault::Broken { what: "draft" })?;
        let request = DraftFrameworkRequest { draft, amends };
        let refusal = match act {
            "draft" => match who.api().post::<EditionDetail>(&at.api("/texts"), &request).await {
                Ok(drafted) => {
                    let path = at.page(&format!("/texts/{}", drafted.summary.framework));
                    return Ok(done(&path, "office.done_drafted"));
                }
                Err(fault) => Some(fault),
            },
            "look" => match who
                .api()
                .post::<FrameworkPreview>(&at.api("/texts/preview"), &request)
                .await
            {
                Ok(seen) => {
                    preview = Some(seen.annexes);
                    None
                }
                Err(fault) => Some(fault),
            },
            _ => return Err(Fault::Form),
        };
        if let Some(fault) = refusal {
            f.refused(&who.visit, &*fault.of_the_form()?, &[]);
        }
    }
    let fine = f.is_fine();
    let mut page = Drafting::of(&who, &id, f, chosen, annexes).await?;
    page.amends = amends;
    page.preview = preview;
    match fine {
        true => html(&page),
        false => refused(&page),
    }
}

fn written(who: &Who, fields: &Fields, f: &mut Form, members: &[String], annexes: &[Annex]) -> Draft {
    f.demand(&who.visit, fields, &["number", "title", "valid_from", "expires"]);
    let p = who.page("office.draft");
    if members.len() < 2 {
        f.wrong("members", p.w("office.members_few"));
    }
    if annexes.is_empty() {
        f.wrong("annexes", p.w("office.annexes_few"));
    }
    let text = |name: &str| fields.text(name).to_owned();
    let mut count = |name: &str| number(&p, f, name, fields.text(name));
    let (smallest, schedule) = (
        count("smallest"),
        Schedule {
            day: count("day"),
            freeze_hours: count("freeze_hours"),
            run_hours: count("run_hours"),
            review_days: count("review_days"),
        },
    );
    Draft {
        number: text("number"),
        title: text("title"),
        members: members.to_vec(),
        valid_from: text("valid_from"),
        expires: text("expires"),
        smallest,
        absent: text("absent"),
        late: text("late"),
        schedule,
        annexes: (0..)
            .zip(annexes)
            .map(|(at, annex)| annex.draft(&p, f, at))
            .collect(),
    }
}
