//! `hefu ferry status`: one table of all that waits, and for what.

use hefu_node::api::view::{FerryView, SetInView, SetOutView};
use jiff::Timestamp;

use super::incoming::missing;
use super::{counted, fetch};
use crate::client::Client;
use crate::commands::{headings, json, local, short};
use crate::failure::Failure;
use crate::printer::{Printer, table};
use crate::words::Lang;

pub(super) async fn run(client: &Client, printer: &Printer) -> Result<(), Failure> {
    let view = fetch(client).await?;
    printer.result(&json(&view), |lang| text(&view, lang));
    Ok(())
}

/// Whether the peer's node has not said yet that all of it came.
pub(super) fn is_under_way(set: &SetOutView) -> bool {
    set.letters.iter().any(|letter| letter.state == "sent")
}

/// One line: what, whose, what it waits for, since when, until when, and what to do.
struct Line {
    what: String,
    peer: String,
    waits_for: String,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    next: String,
}

fn text(view: &FerryView, lang: Lang) -> String {
    let lines = lines(view, lang);
    if lines.is_empty() {
        return lang.word("ferry_all_quiet");
    }
    let codes = [
        "col_what",
        "col_peer",
        "col_waits_for",
        "col_since",
        "col_until",
        "col_next",
    ];
    let moment = |at: Option<Timestamp>| at.map_or_else(|| "—".to_owned(), |at| local(&at));
    let row = |line: Line| {
        vec![
            line.what,
            line.peer,
            line.waits_for,
            moment(line.since),
            moment(line.until),
            line.next,
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(lines.into_iter().map(row))
        .collect();
    table(&rows)
}

fn lines(view: &FerryView, lang: Lang) -> Vec<Line> {
    let due = view.due.iter().map(|due| Line {
        what: counted(due.matters.iter().map(String::as_str), lang),
        peer: due.peer_name.clone(),
        waits_for: lang.word("ferry_waits_out"),
        since: None,
        until: None,
        next: lang.word("ferry_next_out"),
    });
    let rounds = view.waiting.iter().map(|waiting| Line {
        what: lang.say("ferry_round", &[("id", short(&waiting.round))]),
        peer: waiting.peer_name.clone(),
        waits_for: lang.word(&format!("wait_{}", waiting.step)),
        since: Some(waiting.since),
        until: waiting.until,
        next: match waiting.remind {
            true => lang.word("ferry_next_remind"),
            false => String::new(),
        },
    });
    let out = view.out.iter().filter(|set| is_under_way(set)).map(|set| Line {
        what: lang.say("ferry_set", &[("number", set.number.clone())]),
        peer: set.peer_name.clone(),
        waits_for: lang.word("ferry_waits_acknowledged"),
        since: Some(set.made_at),
        until: None,
        next: String::new(),
    });
    let coming = view.coming.iter().filter_map(|set| coming(set, lang));
    let cards = view.cards.iter().map(|card| Line {
        what: lang.word("matter_card"),
        peer: card.name.clone(),
        waits_for: lang.word("ferry_waits_fingerprint"),
        since: Some(card.came_at),
        until: None,
        next: lang.word("ferry_next_card"),
    });
    let refused = view.refused.iter().map(|refused| {
        let params: Vec<(&str, String)> = refused
            .params
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()))
            .collect();
        Line {
            what: refused.file.clone(),
            peer: "—".to_owned(),
            waits_for: lang.say(&refused.code, &params),
            since: Some(refused.at),
            until: None,
            next: String::new(),
        }
    });
    due.chain(rounds)
        .chain(out)
        .chain(coming)
        .chain(cards)
        .chain(refused)
        .collect()
}

/// The refusal of a letter that crossed an end on its way: nobody has to do anything about it.
const OVER: &str = "session_ended";

/// A set that was opened waits for nothing more, unless a letter in it was refused.
fn coming(set: &SetInView, lang: Lang) -> Option<Line> {
    let mut refused = set.letters.iter().filter_map(|letter| letter.refused.as_ref());
    let letter = refused.find(|code| *code != OVER).cloned();
    let (waits_for, next) = match (set.refused.clone().or(letter), set.opened_at) {
        (Some(code), _) => (lang.word(&code), String::new()),
        (None, Some(_)) => return None,
        (None, None) if set.missing.is_empty() => (lang.word("ferry_waits_work"), String::new()),
        (None, None) => {
            let params = [
                ("missing", missing(&set.missing)),
                ("parts", set.parts.to_string()),
            ];
            (
                lang.say("ferry_waits_parts", &params),
                lang.word("ferry_next_parts"),
            )
        }
    };
    Some(Line {
        what: lang.say("ferry_set", &[("number", set.number.clone())]),
        peer: set.peer_name.clone(),
        waits_for,
        since: Some(set.first_at),
        until: None,
        next,
    })
}
