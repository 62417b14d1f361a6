//! `hefu ferry in`: files that were carried here, and what came of them.

use std::collections::BTreeSet;
use std::path::Path;

use hefu_link::Card;
use hefu_link::ferry::{Part, SetHead, enclosed_card};
use hefu_node::api::view::{
    FerryDrop, FerryView, Hex16, Hex32, LetterInView, PartView, SetInView, WorkedView,
};
use hefu_node::ferry::slip::{SlipFacts, set_number};
use hyper::Method;
use serde::de::IgnoredAny;
use serde_json::json;

use super::files::{must_be_folder, named};
use super::{counted, fetch};
use crate::args::FerryInArgs;
use crate::client::{self, Client};
use crate::commands::json as to_json;
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::{Printer, table};
use crate::slip;
use crate::words::Lang;

/// A card is smaller than any set that is sealed.
const MAX_CARD_FILE_BYTES: u64 = 1 << 20;

/// The words of what became of a file: those of a failure, if it was refused.
type Outcome = Result<PartView, Failure>;

pub(super) async fn run(args: FerryInArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    must_be_folder(&args.slips)?;
    let files = named(&args.from)?;
    if files.is_empty() {
        return Err(Failure::new(Exit::Input, "ferry_nothing_in", []));
    }
    let mut outcomes: Vec<(String, Outcome)> = Vec::with_capacity(files.len());
    for file in &files {
        let outcome = match client.send_file("/api/v1/ferry/parts", file).await {
            // The node itself fails, or is not there: no other file would fare better.
            Err(failure) if failure.exit == Exit::Internal => return Err(failure),
            outcome => outcome,
        };
        outcomes.push((file.display().to_string(), outcome));
    }
    let report = match args.no_wait {
        true => None,
        false => {
            let path = "/api/v1/ferry/work?wait=true";
            let _: WorkedView = client::read(&client.command(Method::POST, path).await?)?;
            Some(Report::of(&outcomes, &args.slips, client, printer.lang()).await?)
        }
    };
    let value = json!({
        "files": outcomes.iter().map(|(file, outcome)| value(file, outcome)).collect::<Vec<_>>(),
        "sets": report.as_ref().map(|report| to_json(&report.sets)),
        "due": report.as_ref().map(|report| to_json(&report.view.due)),
    });
    printer.result(&value, |lang| {
        let report = report.as_ref().map(|report| report.text(lang));
        files_text(&outcomes, lang) + &report.unwrap_or_default()
    });
    match outcomes.iter().filter(|(_, outcome)| outcome.is_err()).count() {
        0 => Ok(()),
        count => {
            let params = [("count", count.to_string())];
            Err(Failure::new(Exit::Input, "ferry_files_refused", params))
        }
    }
}

/// Gives up a peer's set that is not whole.
pub(super) async fn give_up(
    set: &str,
    peer: &str,
    client: &Client,
    printer: &Printer,
) -> Result<(), Failure> {
    let peer = naming::peer(peer, client).await?;
    let set = naming::coming_set(set, &peer, client).await?;
    client
        .order(&format!("/api/v1/ferry/sets/{set}/drop"), &FerryDrop { peer })
        .await?;
    printer.result(&json!({ "set": set, "peer": peer, "dropped": true }), |lang| {
        lang.say("ferry_dropped", &[("number", set_number(&set))])
    });
    Ok(())
}

/// The card in a file that was carried, as its JSON; nothing where it is no such file.
pub(crate) fn card_of(bytes: &[u8]) -> Result<Option<String>, Failure> {
    // A carried file is never JSON as a whole, though it may begin so.
    if serde_json::from_slice::<IgnoredAny>(bytes).is_ok() {
        return Ok(None);
    }
    match Part::read(bytes, MAX_CARD_FILE_BYTES) {
        Err(hefu_link::Error::FerryForeign) => Ok(None),
        _ => {
            let (_, card) = enclosed(bytes)?;
            Ok(Some(String::from_utf8_lossy(&card.to_bytes()).into_owned()))
        }
    }
}

/// What is in a card's file, checked by itself alone.
pub(super) fn enclosed(bytes: &[u8]) -> Result<(SetHead, Card), Failure> {
    let unfit = |error: hefu_link::Error| Failure::new(Exit::Input, error.code(), error.params());
    let part = Part::read(bytes, MAX_CARD_FILE_BYTES).map_err(unfit)?;
    let head = part.head().clone();
    if head.to().is_some() {
        return Err(Failure::new(Exit::Input, "ferry_no_card", []));
    }
    let mut content = Vec::new();
    part.payload_into(&mut content).map_err(unfit)?;
    let card = enclosed_card(&head, &mut &content[..]).map_err(unfit)?;
    Ok((head, card))
}

/// File by file, but for those that were here already: a folder that is not emptied has more of them each time.
fn files_text(outcomes: &[(String, Outcome)], lang: Lang) -> String {
    let (known, fresh): (Vec<_>, Vec<_>) = outcomes.iter().partition(|(_, outcome)| !has_news(outcome));
    let rows: Vec<_> = fresh
        .into_iter()
        .map(|(file, outcome)| vec![file.clone(), said(outcome, lang)])
        .collect();
    let known = match known.len() {
        0 => String::new(),
        count => lang.say("ferry_known_files", &[("count", count.to_string())]) + "\n",
    };
    table(&rows) + &known
}

/// Whether a file was refused, or brought something.
fn has_news(outcome: &Outcome) -> bool {
    outcome.as_ref().map_or(true, |part| part.news != "already")
}

fn value(file: &str, outcome: &Outcome) -> serde_json::Value {
    match outcome {
        Ok(part) => json!({ "file": file, "taken": to_json(part) }),
        Err(failure) => json!({ "file": file, "refused": failure.code }),
    }
}

fn said(outcome: &Outcome, lang: Lang) -> String {
    match outcome {
        Ok(part) => {
            let params = [
                ("number", part.number.clone()),
                ("peer", part.from_name.clone()),
                ("part", part.part.to_string()),
                ("parts", part.parts.to_string()),
            ];
            lang.say(&format!("ferry_part_{}", part.news), &params)
        }
        Err(failure) => {
            let params: Vec<(&str, String)> = failure
                .params
                .iter()
                .map(|(name, value)| (name.as_ref(), value.clone()))
                .collect();
            let reason = lang.say(&failure.code, &params);
            lang.say("ferry_part_refused", &[("reason", reason)])
        }
    }
}

/// What came of the sets that the files belong to.
struct Report {
    view: FerryView,
    sets: Vec<SetInView>,
    /// Slips, set by set: two senders may give theirs one number.
    slips: Vec<(Hex32, Hex16, String)>,
}

impl Report {
    async fn of(
        outcomes: &[(String, Outcome)],
        folder: &Path,
        client: &Client,
        lang: Lang,
    ) -> Result<Self, Failure> {
        let of = |news: bool| -> BTreeSet<([u8; 32], [u8; 16])> {
            let some = outcomes.iter().filter(|(_, outcome)| !news || has_news(outcome));
            some.filter_map(|(_, outcome)| outcome.as_ref().ok())
                .map(|part| (part.from.0, part.set.0))
                .collect()
        };
        // Where nothing is new, somebody asks once more what came of it.
        let (fresh, all) = (of(true), of(false));
        let asked = if fresh.is_empty() { &all } else { &fresh };
        let view = fetch(client).await?;
        let told = |set: &&SetInView| {
            let key = (set.peer.0, set.set.0);
            asked.contains(&key) || (all.contains(&key) && set.opened_at.is_none())
        };
        let sets: Vec<SetInView> = view.coming.iter().filter(told).cloned().collect();
        let mut slips = Vec::new();
        for set in sets.iter().filter(|set| set.opened_at.is_some()) {
            let facts: SlipFacts = client
                .get(&format!("/api/v1/ferry/sets/{}/slip?from={}", set.set, set.peer))
                .await?;
            let [page, _] = slip::write(&facts, folder, lang)?;
            slips.push((set.peer, set.set, page.display().to_string()));
        }
        Ok(Self { view, sets, slips })
    }

    fn text(&self, lang: Lang) -> String {
        let mut lines = Vec::new();
        for set in &self.sets {
            lines.push(String::new());
            lines.extend(set_lines(set, lang));
            let slips = self.slips.iter();
            let slips = slips.filter(|(from, of, _)| (from, of) == (&set.peer, &set.set));
            lines.extend(slips.map(|(.., page)| lang.say("ferry_slip_here", &[("file", page.clone())])));
        }
        let next = next_steps(&self.view, lang);
        if !next.is_empty() {
            lines.push(String::new());
            lines.extend(next);
        }
        lines.join("\n")
    }
}

fn set_lines(set: &SetInView, lang: Lang) -> Vec<String> {
    let params = [
        ("number", set.number.clone()),
        ("peer", set.peer_name.clone()),
        ("parts", set.parts.to_string()),
        ("missing", missing(&set.missing)),
        ("reason", set.refused.clone().unwrap_or_default()),
    ];
    let heading = match (&set.refused, set.opened_at, set.missing.is_empty()) {
        (Some(_), ..) => "ferry_set_refused",
        (None, Some(_), _) => "ferry_set_opened",
        (None, None, false) => "ferry_set_lacks",
        (None, None, true) => "ferry_set_complete",
    };
    let letter = |letter: &LetterInView| {
        let matter = letter.matter.clone().unwrap_or_else(|| "unreadable".to_owned());
        match &letter.refused {
            Some(reason) => {
                let params = [("matter", matter), ("reason", reason.clone())];
                lang.say("ferry_letter_refused", &params)
            }
            None => lang.word(&format!("ferry_came_{matter}")),
        }
    };
    std::iter::once(lang.say(heading, &params))
        .chain(
            set.letters
                .iter()
                .filter(|letter| letter.taken_at >= set.first_at)
                .map(letter),
        )
        .collect()
}

/// The numbers of files, runs of them shortened: `2、5–7`.
pub(super) fn missing(numbers: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let run = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}–{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join("、")
}

/// What is to be done now: carry back what was made, compare the fingerprints of cards.
fn next_steps(view: &FerryView, lang: Lang) -> Vec<String> {
    let due = view.due.iter().map(|due| {
        let params = [
            ("peer", due.peer_name.clone()),
            ("contents", counted(due.matters.iter().map(String::as_str), lang)),
        ];
        lang.say("ferry_due_next", &params)
    });
    let cards = view
        .cards
        .iter()
        .map(|card| lang.say("ferry_card_came", &[("peer", card.name.clone())]));
    due.chain(cards).collect()
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn runs_of_missing_files_are_shortened() {
        assert_eq!(missing(&[]), "");
        assert_eq!(missing(&[2]), "2");
        assert_eq!(missing(&[1, 2, 3, 5, 7, 8]), "1–3、5、7–8");
        assert_eq!(missing(&[u32::MAX]), u32::MAX.to_string());
    }
}
