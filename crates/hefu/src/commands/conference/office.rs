//! What the office makes of rounds and ledger, and what a member sees of it.

use std::path::Path;

use hefu_casework::Fen;
use hefu_casework::conference::paper::{Minutes, MinutesMatter, Publication};
use hefu_casework::conference::{Escalation, ItemKind};
use hefu_casework::letter::Letter;
use hefu_node::api::view::{
    AgendaView, ConsultedRequest, EscalationRequest, FiguresView, FundsView, LineView, MinutesView,
    MonitorView, SampleView,
};
use hefu_node::letter::{docx, page};
use hyper::Method;
use jiff::civil::Date;
use jiff::{Timestamp, tz};

use super::{path, rounds::step};
use crate::args::{OfficeCommand, OnDay};
use crate::client::{Client, escaped, read};
use crate::commands::{headings, json, short, write_new, write_whole};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::paper;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(crate) async fn run(command: OfficeCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        OfficeCommand::Figures {
            publish,
            exact,
            out,
            of,
        } => {
            let figures = step(&of, "figures", client).await?;
            let view: FiguresView = match publish {
                true => read(&client.command(Method::POST, &figures).await?)?,
                false => client.get(&format!("{figures}?exact={exact}")).await?,
            };
            let paper = paper::figures(&view, printer.lang());
            if let Some(out) = &out {
                match extension(out) {
                    "xlsx" => {
                        let book = paper.workbook().map_err(|error| Failure::write(out, &error))?;
                        write_whole(out, &book)?;
                    }
                    "html" => write_whole(out, paper.page().as_bytes())?,
                    _ => return Err(form(out)),
                }
            }
            printer.result(&json(&view), |_| paper.text());
        }
        OfficeCommand::Publication { out, of } => {
            let view: FundsView = client.get(&step(&of, "funds", client).await?).await?;
            let publication = publication(&view);
            if let Some(out) = &out {
                write(out, &publication.letter())?;
            }
            printer.result(&json(&view), |_| funds_text(&publication));
        }
        OfficeCommand::Agenda { of } => {
            let view: AgendaView = client.get(&on("agenda", &of, client).await?).await?;
            printer.result(&json(&view), |lang| agenda_text(&view, lang));
        }
        OfficeCommand::Escalate {
            item,
            remind,
            consultation,
            clear: _,
            which,
        } => {
            let escalation = match (remind, consultation) {
                (true, _) => Escalation::Reminded,
                (_, true) => Escalation::Consultation,
                _ => Escalation::None,
            };
            let conference = path(&which, client).await?;
            let item = naming::line(&item, &conference, client).await?;
            let request = EscalationRequest { escalation };
            let escalate = format!("{conference}/ledger/{item}/escalation");
            said(&client.post(&escalate, &request).await?, printer);
        }
        OfficeCommand::Decide {
            item,
            text,
            by,
            due,
            minutes,
            which,
        } => {
            let conference = path(&which, client).await?;
            let item = naming::line(&item, &conference, client).await?;
            let seats = client.get(&format!("{conference}/seats")).await?;
            let request = ConsultedRequest {
                text,
                by: naming::seat(&by, seats)?.node_key,
                due,
                minutes,
            };
            let decide = format!("{conference}/ledger/{item}/decision");
            said(&client.post(&decide, &request).await?, printer);
        }
        OfficeCommand::Minutes { number, out, of } => {
            let day = of.on.unwrap_or_else(today);
            let minutes = path(&of.which, client).await?;
            let number_asked = number
                .as_deref()
                .map(|number| format!("&number={}", escaped(number)));
            let minutes = format!("{minutes}/minutes?on={day}{}", number_asked.unwrap_or_default());
            let view: MinutesView = client.get(&minutes).await?;
            if let Some(out) = &out {
                write(out, &minutes_of(&view, day)?.letter())?;
            }
            printer.result(&json(&view), |lang| minutes_text(&view, lang));
        }
        OfficeCommand::Monitor { of } => {
            let view: MonitorView = client.get(&on("monitor", &of, client).await?).await?;
            printer.result(&json(&view), |lang| monitor_text(&view, lang));
        }
        OfficeCommand::Sample { share, count, of } => {
            let asked = match count {
                Some(count) => format!("count={count}"),
                None => format!("percent={share}"),
            };
            let sample = step(&of, "sample", client).await?;
            let view: SampleView = client.get(&format!("{sample}?{asked}")).await?;
            printer.result(&json(&view), |lang| sample_text(&view, lang));
        }
    }
    Ok(())
}

async fn on(name: &str, of: &OnDay, client: &Client) -> Result<String, Failure> {
    let on = of.on.map_or_else(String::new, |on| format!("?on={on}"));
    Ok(format!("{}/{name}{on}", path(&of.which, client).await?))
}

fn today() -> Date {
    tz::offset(8).to_datetime(Timestamp::now()).date()
}

fn extension(out: &Path) -> &str {
    out.extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}

fn form(out: &Path) -> Failure {
    let params = [("file", out.display().to_string())];
    Failure::new(Exit::Usage, "conference_paper_form", params)
}

fn write(out: &Path, letter: &Letter) -> Result<(), Failure> {
    match extension(out) {
        "docx" => write_new(out, &docx(letter)?),
        "html" => write_new(out, page(letter).as_bytes()),
        _ => Err(form(out)),
    }
}

fn said(line: &LineView, printer: &Printer) {
    let params = [
        ("item", line.item.to_string()),
        ("escalation", format!("line_escalation_{}", line.escalation)),
    ];
    printer.result(&json(line), |lang| lang.say("conference_escalated", &params));
}

/// A paper that goes out is in Chinese, whoever prints it.
pub(crate) fn publication(view: &FundsView) -> Publication {
    let catalogue = hefu_casework::Catalogue::national();
    let columns: Vec<String> = match view.paid {
        true => ["publication_programme"]
            .map(|code| Lang::Zh.word(code))
            .into_iter()
            .chain(view.months.iter().cloned())
            .chain([Lang::Zh.word("publication_sum")])
            .collect(),
        false => [
            "publication_agency",
            "publication_verified",
            "publication_stopped",
            "publication_recovered",
        ]
        .map(|code| Lang::Zh.word(code))
        .into(),
    };
    let name = |of: &str| match view.paid {
        true => paper::programme(of, &catalogue, Lang::Zh),
        false => of.to_owned(),
    };
    let of = [("round", view.round.to_string())];
    Publication {
        by: view.by.clone(),
        of: Lang::Zh.say(
            if view.paid {
                "publication_of_paid"
            } else {
                "publication_of_findings"
            },
            &of,
        ),
        on: today(),
        smallest: view.smallest,
        columns,
        rows: view
            .rows
            .iter()
            .map(|row| (name(&row.of), row.fen.iter().map(|fen| fen.map(Fen)).collect()))
            .collect(),
    }
}

fn funds_text(publication: &Publication) -> String {
    let sum = |fen: &Option<Fen>| {
        fen.map_or_else(
            || hefu_casework::conference::paper::WITHHELD.to_owned(),
            |fen| fen.to_string(),
        )
    };
    let row = |(of, sums): &(String, Vec<Option<Fen>>)| {
        std::iter::once(of.clone()).chain(sums.iter().map(sum)).collect()
    };
    let rows: Vec<Vec<String>> = std::iter::once(publication.columns.clone())
        .chain(publication.rows.iter().map(row))
        .collect();
    table(&rows)
}

pub(crate) fn minutes_of(view: &MinutesView, on: Date) -> Result<Minutes, Failure> {
    let Some(first) = view.decisions.first() else {
        return Err(Failure::new(Exit::Input, "conference_nothing_decided", []));
    };
    let matter = |decision: &hefu_node::api::view::DecisionView| MinutesMatter {
        item: decision.item.to_string(),
        kind: ItemKind::from_code(&decision.kind).unwrap_or(ItemKind::Finding),
        pair: decision.pair.clone(),
        text: decision.text.clone(),
        by: decision.by.clone(),
        due: decision.due,
    };
    if view
        .decisions
        .iter()
        .any(|decision| decision.minutes != first.minutes)
    {
        return Err(Failure::new(Exit::Input, "conference_several_minutes", []));
    }
    Ok(Minutes {
        conference: view.conference.clone(),
        number: first.minutes.clone(),
        office: view.office.clone(),
        on,
        attendees: view.attendees.clone(),
        matters: view.decisions.iter().map(matter).collect(),
    })
}

fn agenda_text(view: &AgendaView, lang: Lang) -> String {
    let codes = [
        "col_item",
        "col_kind",
        "col_pair",
        "col_why",
        "col_due",
        "col_days_late",
    ];
    let row = |topic: &hefu_node::api::view::TopicView| {
        let line = &topic.line;
        vec![
            short(&line.item),
            lang.word(&format!("line_kind_{}", line.kind)),
            format!("{} → {}", line.from, line.to),
            topic
                .why
                .iter()
                .map(|why| lang.word(why))
                .collect::<Vec<_>>()
                .join("、"),
            line.due.map_or_else(|| "—".to_owned(), |due| due.to_string()),
            topic.days_late.to_string(),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(view.topics.iter().map(row))
        .collect();
    let leg = |leg: &hefu_node::api::view::TopicLegView| {
        let params = [
            ("round", leg.round.to_string()),
            ("pair", leg.pair.join(" ← ")),
            ("state", leg.state.clone()),
        ];
        lang.say("agenda_leg", &params) + "\n"
    };
    if view.topics.is_empty() && view.legs.is_empty() {
        return lang.word("agenda_empty");
    }
    table(&rows) + &view.legs.iter().map(leg).collect::<String>()
}

fn minutes_text(view: &MinutesView, lang: Lang) -> String {
    let codes = [
        "col_item",
        "col_minutes",
        "col_pair",
        "col_decided",
        "col_by",
        "col_due",
    ];
    let row = |decision: &hefu_node::api::view::DecisionView| {
        vec![
            short(&decision.item),
            decision.minutes.clone(),
            decision.pair.join("、"),
            decision.text.clone(),
            decision.by.clone(),
            decision.due.map_or_else(|| "—".to_owned(), |due| due.to_string()),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(view.decisions.iter().map(row))
        .collect();
    table(&rows)
}

fn monitor_text(view: &MonitorView, lang: Lang) -> String {
    let codes = [
        "col_pair",
        "col_step",
        "col_in_time",
        "col_late",
        "col_open",
        "col_overdue",
        "col_median_days",
    ];
    let row = |kept: &hefu_node::api::view::TimeKeptView| {
        vec![
            kept.pair.join(" → "),
            lang.word(&kept.step),
            kept.in_time.to_string(),
            kept.late.to_string(),
            kept.open.to_string(),
            kept.overdue.to_string(),
            kept.median_days
                .map_or_else(|| "—".to_owned(), |days| days.to_string()),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(view.kept.iter().map(row))
        .collect();
    table(&rows)
}

fn sample_text(view: &SampleView, lang: Lang) -> String {
    let codes = ["col_item", "col_kind", "col_pair", "col_lot"];
    let row = |drawn: &hefu_node::api::view::DrawnView| {
        vec![
            drawn.line.item.to_string(),
            lang.word(&format!("line_kind_{}", drawn.line.kind)),
            format!("{} → {}", drawn.line.from, drawn.line.to),
            drawn.lot.clone(),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(view.drawn.iter().map(row))
        .collect();
    table(&rows)
}
