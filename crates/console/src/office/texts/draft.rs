//! A text that is drafted: a form that knows what each purpose makes of an annex, tried as often as one likes, and then
//! said to all.

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::MAX_ANNEXES;
use hefu_node::api::view::{
    AnnexView, DirectoryView, DraftFrameworkRequest, EditionDetail, ErrorView, FrameworkPreview, Hex32,
    ProgrammeList, ProgrammeView,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::annexes::{Annex, AnnexDraft, Party};
use super::{breach, learned, refusal};
use crate::fault::{Fault, Result};
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::office::at::At;
use crate::page::{Page, html, refused};
use crate::terms::whole;

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

    /// The parties that an annex can have: each by its name, which is what it is called too. Whom the amended text names
    /// is among them without a seat too: no other takes its place unseen.
    fn names<'a>(&'a self, now: &'a str) -> Vec<(&'a str, &'a str)> {
        let members = self.members.iter().map(|(name, _)| name.as_str());
        let gone = Some(now).filter(|now| !members.clone().any(|name| name == *now));
        members.chain(gone).map(|name| (name, name)).collect()
    }

    /// The programmes from which a party's are chosen, with those that it has and this node does not know.
    fn choices<'a>(&'a self, party: &'a Party) -> Vec<(&'a str, &'a str)> {
        let known = self.programmes.iter();
        let known = known.map(|programme| (programme.code.as_str(), programme.name.as_str()));
        let is_known = |code: &str| self.programmes.iter().any(|programme| programme.code == code);
        let other = party.programmes.iter().filter(|code| !is_known(code));
        known
            .chain(other.map(|code| (code.as_str(), code.as_str())))
            .collect()
    }

    fn options(&self, name: &str) -> Vec<(&'static str, String)> {
        let codes: &[&str] = match name {
            "absent" => &["without_them", "not_at_all"],
            "late" => &["admitted", "next_round"],
            "receivers" => &["", "both", "first", "second"],
            "key_kind" => &["", "rule", "person", "referral"],
            _ => &["", "yes", "no"],
        };
        let words = |code: &&'static str| match (name, *code) {
            (_, "") => ("", self.p.w("office.choice_usual")),
            ("key_kind", code) => (code, self.p.said("paper_key_kind_", code)),
            (_, code) => (code, self.p.wx("office.choice_", code)),
        };
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
    let number = &detail.summary.number;
    let annexes = list("annexes");
    let annexes = annexes
        .iter()
        .map(|annex| Annex::of_text(annex, number))
        .collect();
    let mut page = Drafting::of(&who, &id, of_text(&detail.text), is_member, annexes).await?;
    page.amends = Some(amends);
    html(&page)
}

/// A draft, as the interface reads it.
#[derive(Clone, Serialize)]
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

#[derive(Clone, Serialize)]
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
    if count > MAX_ANNEXES {
        return Err(Fault::Form);
    }
    let mut annexes: Vec<Annex> = (0..count)
        .filter(|at| !fields.ticked(&format!("a{at}_drop")))
        .map(|at| Annex::typed(&fields, at))
        .collect();
    let mut f = Form::keeping(&fields, &KEPT);
    let members: Vec<String> = fields.all("member").map(str::to_owned).collect();
    let chosen = |name: &str| members.iter().any(|member| member == name);
    if act == "add" {
        match annexes.len() < MAX_ANNEXES {
            true => annexes.push(Annex::new(annexes.len() + 1)),
            false => f.wrong(
                "annexes",
                who.page("office.draft").w1("office.annexes_many", MAX_ANNEXES),
            ),
        }
        let added = f.is_fine();
        let mut page = Drafting::of(&who, &id, f, chosen, annexes).await?;
        page.amends = amends;
        return if added { html(&page) } else { refused(&page) };
    }
    let at = At::find(&who, &id, "/texts").await?;
    let draft = written(&who, &fields, &mut f, &members, &annexes);
    let mut preview = None;
    if f.is_fine() {
        let request = draft.request(amends)?;
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
            let error = fault.of_the_form()?;
            let annex = match refusal::is_of_an_annex(&error) {
                true => annex_refused(&who, &at, &draft, &error).await?,
                false => None,
            };
            refusal::note(&who.page("office.draft"), &mut f, &error, annex);
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

/// The place of the first annex that is refused in this way by itself.
async fn annex_refused(who: &Who, at: &At, draft: &Draft, error: &ErrorView) -> Result<Option<usize>> {
    for (place, annex) in draft.annexes.iter().enumerate() {
        let alone = Draft {
            annexes: vec![annex.clone()],
            ..draft.clone()
        };
        let request = alone.request(None)?;
        let path = at.api("/texts/preview");
        if let Err(fault) = who.api().post::<FrameworkPreview>(&path, &request).await
            && fault.of_the_form()?.code == error.code
        {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

impl Draft {
    /// As the interface takes it.
    fn request(&self, amends: Option<Hex32>) -> Result<DraftFrameworkRequest> {
        let draft = toml::to_string(self).map_err(|_| Fault::Broken { what: "draft" })?;
        Ok(DraftFrameworkRequest { draft, amends })
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
    let mut count = |name: &str, least| whole(&p, f, name, fields.text(name), least);
    let (smallest, schedule) = (
        count("smallest", 1),
        Schedule {
            day: count("day", 1),
            freeze_hours: count("freeze_hours", 1),
            run_hours: count("run_hours", 1),
            // Findings may be left without a time for them.
            review_days: count("review_days", 0),
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
            .map(|(at, annex)| annex.draft(&p, f, at, members))
            .collect(),
    }
}
