//! The ledger: what is on it, what of it is this agency's, assistance plans, and revisits.

use std::fmt::Write;

use hefu_node::api::view::{
    Hex16, InviteRequest, LineDetail, LinePage, LineView, MeasureRequest, OwnLinePage, OwnLineView,
    PlaceView, PlanView, RevisitRequest, RevisitedRequest,
};

use super::{path, sheet};
use crate::args::{ConferenceLedgerCommand, LineFilterArgs, LinesCommand, PlanCommand, WhichArgs};
use crate::client::Client;
use crate::commands::{headings, json, local, short};
use crate::failure::Failure;
use crate::naming;
use crate::printer::{Printer, grouped, table};
use crate::words::Lang;

pub(crate) async fn run(command: LinesCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        LinesCommand::Ledger(command) => ledger(command, client, printer).await?,
        LinesCommand::Own { of, which } => {
            let own = format!("{}/own?{}", path(&which, client).await?, of.query());
            let page: OwnLinePage = client.get(&own).await?;
            printer.result(&json(&page), |lang| own_text(&page, lang));
        }
        LinesCommand::Plan(command) => plan(command, client, printer).await?,
        LinesCommand::Revisit {
            of,
            due,
            clear: _,
            seen,
            not_seen,
            on,
            which,
        } => {
            let own = format!("{}/own", path(&which, client).await?);
            let item = item(&of.item, &which, client).await?;
            let line: LineView = match seen || not_seen {
                true => {
                    let request = RevisitedRequest { seen, on };
                    client.post(&format!("{own}/{item}/revisited"), &request).await?
                }
                // The day, or none where it is taken back.
                false => {
                    let request = RevisitRequest { on: due };
                    client.post(&format!("{own}/{item}/revisit"), &request).await?
                }
            };
            printer.result(&json(&line), |lang| line_text(&line, lang));
        }
    }
    Ok(())
}

async fn ledger(command: ConferenceLedgerCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        ConferenceLedgerCommand::List { of, which } => {
            let ledger = format!("{}/ledger?{}", path(&which, client).await?, of.query());
            let page: LinePage = client.get(&ledger).await?;
            printer.result(&json(&page), |lang| list_text(&page, lang));
        }
        ConferenceLedgerCommand::Show { of, which } => {
            let item = item(&of.item, &which, client).await?;
            let line = format!("{}/ledger/{item}", path(&which, client).await?);
            let line: LineDetail = client.get(&line).await?;
            printer.result(&json(&line), |lang| detail_text(&line, lang));
        }
        ConferenceLedgerCommand::Sheet(command) => sheet::run(command, client, printer).await?,
    }
    Ok(())
}

async fn plan(command: PlanCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let plan: PlanView = match command {
        PlanCommand::Add {
            of,
            measure,
            on,
            state,
            which,
        } => {
            let request = MeasureRequest { measure, on, state };
            client
                .post(&plan_path(&of.item, &which, client).await?, &request)
                .await?
        }
        PlanCommand::Show { of, which } => client.get(&plan_path(&of.item, &which, client).await?).await?,
        PlanCommand::Invite { of, agency, which } => {
            let seats = format!("{}/seats", path(&which, client).await?);
            let agency = naming::seat(&agency, client.get(&seats).await?)?.node_key;
            let invited = format!("{}/invited", plan_path(&of.item, &which, client).await?);
            client.post(&invited, &InviteRequest { agency }).await?
        }
    };
    printer.result(&json(&plan), |lang| plan_text(&plan, lang));
    Ok(())
}

async fn plan_path(named: &str, which: &WhichArgs, client: &Client) -> Result<String, Failure> {
    let item = item(named, which, client).await?;
    Ok(format!("{}/plans/{item}", path(which, client).await?))
}

/// The number of the line that is meant.
async fn item(named: &str, which: &WhichArgs, client: &Client) -> Result<Hex16, Failure> {
    naming::line(named, &path(which, client).await?, client).await
}

impl LineFilterArgs {
    fn query(&self) -> String {
        let mut query = format!("after={}&limit={}&late={}", self.after, self.limit, self.late);
        let mut more = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                let _ = write!(query, "&{name}={value}");
            }
        };
        more("kind", self.kind.map(|kind| kind.code().to_owned()));
        more("state", self.state.map(|state| state.code().to_owned()));
        more("due", self.due.map(|due| due.to_string()));
        more("on", self.on.map(|on| on.to_string()));
        query
    }
}

pub(crate) fn list_text(page: &LinePage, lang: Lang) -> String {
    if page.lines.is_empty() {
        return lang.word("line_none");
    }
    let codes = [
        "line_col_item",
        "line_col_kind",
        "line_col_from",
        "line_col_to",
        "line_col_letter",
        "line_col_opened",
        "line_col_due",
        "line_col_state",
        "line_col_escalation",
    ];
    let row = |line: &LineView| {
        vec![
            short(&line.item),
            lang.word(&format!("line_kind_{}", line.kind)),
            line.from.clone(),
            line.to.clone(),
            line.letter.clone().unwrap_or_default(),
            line.opened.to_string(),
            due(line, lang),
            stands(line, lang),
            lang.word(&format!("line_escalation_{}", line.escalation)),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(page.lines.iter().map(row))
        .collect();
    table(&rows) + &more(page.next, page.total, lang)
}

fn own_text(page: &OwnLinePage, lang: Lang) -> String {
    if page.lines.is_empty() {
        return lang.word("line_none");
    }
    let codes = [
        "line_col_item",
        "line_col_kind",
        "line_col_to",
        "line_col_due",
        "line_col_state",
        "col_person",
        "line_col_place",
        "line_col_revisit",
    ];
    let row = |own: &OwnLineView| {
        let line = &own.line;
        vec![
            short(&line.item),
            lang.word(&format!("line_kind_{}", line.kind)),
            line.to.clone(),
            due(line, lang),
            match own.on_record {
                true => stands(line, lang),
                false => lang.say("line_on_its_way", &[("state", stands(line, lang))]),
            },
            own.person.clone().unwrap_or_else(|| "—".to_owned()),
            places(own, lang),
            revisit(own, lang),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(page.lines.iter().map(row))
        .collect();
    table(&rows) + &more(page.next, page.total, lang)
}

fn detail_text(detail: &LineDetail, lang: Lang) -> String {
    let mut text = line_text(&detail.line, lang);
    for decision in &detail.decisions {
        let blanks = [
            ("minutes", decision.minutes.clone()),
            ("text", decision.text.clone()),
            ("by", decision.by.clone()),
            (
                "due",
                decision.due.map_or_else(|| "-".to_owned(), |due| due.to_string()),
            ),
        ];
        _ = write!(text, "\n{}", lang.say("line_decided", &blanks));
    }
    text
}

fn line_text(line: &LineView, lang: Lang) -> String {
    let field = |code: &str, value: String| vec![lang.word(code), value];
    let mut rows = vec![
        field("line_col_item", line.item.to_string()),
        field("line_col_kind", lang.word(&format!("line_kind_{}", line.kind))),
        field("line_col_from", line.from.clone()),
        field("line_col_to", line.to.clone()),
        field("line_col_opened", line.opened.to_string()),
        field("line_col_state", stands(line, lang)),
        field(
            "line_col_escalation",
            lang.word(&format!("line_escalation_{}", line.escalation)),
        ),
        field("line_col_revision", line.revision.to_string()),
    ];
    let known = [
        ("line_col_letter", line.letter.clone()),
        ("line_col_round", line.round.map(|round| round.to_string())),
        ("line_col_due", line.due.map(|_| due(line, lang))),
        ("line_col_closed", line.closed.map(|closed| closed.to_string())),
        (
            "line_col_revisit",
            line.revisit.map(|revisit| revisit.to_string()),
        ),
    ];
    rows.extend(
        known
            .into_iter()
            .filter_map(|(code, value)| Some(field(code, value?))),
    );
    table(&rows)
}

fn plan_text(plan: &PlanView, lang: Lang) -> String {
    let involved = [("involved", plan.involved.join("、"))];
    let mut text = lang.say("plan_involved", &involved);
    if plan.measures.is_empty() {
        return text;
    }
    let codes = [
        "plan_col_agency",
        "plan_col_measure",
        "plan_col_on",
        "plan_col_state",
    ];
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(plan.measures.iter().map(|measure| {
            vec![
                measure.agency.clone(),
                measure.measure.clone(),
                measure.on.to_string(),
                lang.word(&format!("measure_{}", measure.state)),
            ]
        }))
        .collect();
    text.push('\n');
    text + &table(&rows)
}

/// How far a line has come, and what came of it.
fn stands(line: &LineView, lang: Lang) -> String {
    let state = lang.word(&format!("line_state_{}", line.state));
    match &line.outcome {
        None => state,
        Some(outcome) => format!("{state} · {}", lang.word(&format!("line_outcome_{outcome}"))),
    }
}

fn due(line: &LineView, lang: Lang) -> String {
    let Some(due) = line.due else {
        return String::new();
    };
    match line.late {
        true => lang.say("line_late", &[("due", due.to_string())]),
        false => due.to_string(),
    }
}

/// Where its matter stands here: the newest finding, a matter's number, or that it is an inquiry.
fn places(own: &OwnLineView, lang: Lang) -> String {
    let place = |place: &PlaceView| match place {
        PlaceView::Finding { round, seq } => format!("{}/{seq}", short(round)),
        PlaceView::Matter { id, number } => number.clone().unwrap_or_else(|| id.to_string()),
        PlaceView::Inquiry {} => lang.word("line_kind_inquiry"),
    };
    let mut all: Vec<_> = own.places.iter().map(place).collect();
    if let Some(follows) = &own.follows {
        all.push(lang.say("line_follows", &[("item", short(follows))]));
    }
    all.join("、")
}

/// The day on which somebody looks again and what rounds tell since, or what was seen.
fn revisit(own: &OwnLineView, lang: Lang) -> String {
    if let Some(on) = own.line.revisit {
        let again = own.again.as_ref().map(|again| lang.word(&again.code));
        return format!("{on} {}", again.unwrap_or_default());
    }
    let Some(last) = own.revisited.last() else {
        return String::new();
    };
    let params = [
        ("on", last.on.to_string()),
        ("by", last.by.clone()),
        ("at", local(&last.at)),
    ];
    match last.seen {
        true => lang.say("line_seen", &params),
        false => lang.say("line_not_seen", &params),
    }
}

fn more(next: Option<u64>, total: u64, lang: Lang) -> String {
    let Some(next) = next else {
        return String::new();
    };
    let params = [("total", grouped(total)), ("next", next.to_string())];
    format!("\n{}", lang.say("finding_more", &params))
}
