//! The next round, as its office announces it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use hefu_node::api::view::{
    AnnexView, AnnounceRequest, BoardView, ConferenceStanding, EditionDetail, EditionList, EditionView, Hex32,
};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::fault::Result;
use crate::form::{Fields, Form, Sent, done};
use crate::guard::Who;
use crate::office::at::At;
use crate::office::texts::months;
use crate::page::{Page, html, refused};
use crate::show;

#[derive(Template)]
#[template(path = "office/announce.html")]
struct Announce {
    p: Page,
    f: Form,
    at: At,
    /// The text under which it is; nothing where none is in force.
    text: Option<EditionView>,
    /// The least that the text gives: hours to freeze, hours to run, days of review.
    least: [String; 3],
    /// Its annexes, with the months that each allows, and whether it is ticked.
    annexes: Vec<Offered>,
    /// The last round, where it keeps another from being announced.
    at_work: Option<u32>,
}

/// An annex under which a round can be.
struct Offered {
    annex: AnnexView,
    from: String,
    until: String,
    ticked: bool,
}

impl Announce {
    async fn of(who: &Who, id: &str, f: Form, ticked: Option<&[Hex32]>) -> Result<Self> {
        let at = At::find(who, id, "/rounds").await?;
        let at_work = at_work(who, &at).await?;
        let texts: EditionList = who.api().get(&at.api("/texts")).await?;
        let text = texts.editions.into_iter().find(|text| text.in_force);
        let detail = match &text {
            Some(text) => {
                let path = at.api(&format!("/texts/{}", text.framework));
                Some(who.api().get::<EditionDetail>(&path).await?)
            }
            None => None,
        };
        let is_ticked = |annex: &AnnexView| ticked.is_none_or(|ticked| ticked.contains(&annex.annex));
        let (least, annexes) = detail.map_or_else(Default::default, |detail| {
            let schedule = ["freeze_hours", "run_hours", "review_days"];
            let least = schedule.map(|name| detail.text["schedule"][name].to_string());
            let annexes = detail.annexes.into_iter().enumerate().map(|(place, annex)| {
                let [from, until] = months(&detail.text["annexes"][place]);
                Offered {
                    ticked: is_ticked(&annex),
                    annex,
                    from,
                    until,
                }
            });
            (least, annexes.collect())
        });
        Ok(Self {
            p: who.page("office.announce").wrong(f.problems()),
            f,
            at,
            at_work,
            text,
            least,
            annexes,
        })
    }
}

/// One round at a time freezes and runs.
async fn at_work(who: &Who, at: &At) -> Result<Option<u32>> {
    let standing: ConferenceStanding = who.api().get(&at.api("/standing")).await?;
    let Some(number) = standing.round else {
        return Ok(None);
    };
    let board: BoardView = who.api().get(&at.api(&format!("/board?round={number}"))).await?;
    let is_at_work = ["announced", "frozen", "running"].contains(&board.stage.as_str());
    Ok((is_at_work && Timestamp::now() <= board.run_until).then_some(number))
}

pub(in crate::office) async fn announcement(Path(id): Path<String>, who: Who) -> Result<Response> {
    html(&Announce::of(&who, &id, Form::new(), None).await?)
}

pub(in crate::office) async fn announce(
    Path(id): Path<String>,
    Sent { who, fields }: Sent,
) -> Result<Response> {
    let mut f = Form::keeping(
        &fields,
        &["from", "until", "freeze_by", "run_until", "review_until"],
    );
    let p = who.page("office.announce");
    let ticked: Vec<Hex32> = fields.all("annex").filter_map(Hex32::parse).collect();
    let all: usize = fields.text("annexes").parse().unwrap_or_default();
    if all > 0 && ticked.is_empty() {
        f.wrong("annexes", p.w("office.annexes_none"));
    }
    if fields.maybe("from").is_some() != fields.maybe("until").is_some() {
        f.wrong("until", p.w("office.months_both"));
    }
    let request = AnnounceRequest {
        from: fields.maybe("from").map(str::to_owned),
        until: fields.maybe("until").map(str::to_owned),
        // All that the signatures allow, where none was taken out.
        annexes: (ticked.len() < all).then(|| ticked.clone()),
        freeze_by: moment(&p, &mut f, &fields, "freeze_by"),
        run_until: moment(&p, &mut f, &fields, "run_until"),
        review_until: day(&p, &mut f, &fields, "review_until"),
    };
    if f.is_fine() {
        let at = At::find(&who, &id, "/rounds").await?;
        match who.api().post::<BoardView>(&at.api("/rounds"), &request).await {
            Ok(board) => {
                let path = at.page(&format!("/rounds/{}", board.round));
                return Ok(done(&path, "office.done_announced"));
            }
            Err(fault) => f.refused(&who.visit, &*fault.of_the_form()?, &PLACES),
        }
    }
    let mut page = Announce::of(&who, &id, f, Some(&ticked)).await?;
    page.p = page.p.at(&page.at.page("/rounds/new"));
    refused(&page)
}

const PLACES: [(&str, &str); 5] = [
    ("from", "from"),
    ("until", "until"),
    ("freeze_by", "freeze_by"),
    ("run_until", "run_until"),
    ("review_until", "review_until"),
];

/// A moment as it was chosen, in Beijing.
fn moment(p: &Page, f: &mut Form, fields: &Fields, name: &'static str) -> Option<Timestamp> {
    let text = fields.maybe(name)?;
    let moment = text.parse::<DateTime>().ok().and_then(show::in_beijing);
    if moment.is_none() {
        f.wrong(name, p.w("office.moment_wrong"));
    }
    moment
}

/// A day as it was chosen.
pub(in crate::office) fn day(p: &Page, f: &mut Form, fields: &Fields, name: &'static str) -> Option<Date> {
    let day = fields.maybe(name)?.parse().ok();
    if day.is_none() {
        f.wrong(name, p.w("office.day_wrong"));
    }
    day
}
