//! `hefu demo`: five agencies of one county and the office of their conference, from exports to findings, and the papers
//! that come of them.

mod conference;
mod letters;
mod papers;
mod serve;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hefu::county::{self, Outcome};
use hefu_fixtures::Agency;
use hefu_link::ferry::{Cut, Form};
use hefu_node::Surroundings;
use hefu_node::api::view::CannotFindView;
use serde_json::json;

use super::serve::told_to_stop;
use super::wording;
use crate::args::DemoArgs;
use crate::arithmetic;
use crate::failure::{Exit, Failure};
use crate::printer::{Printer, grouped, table, yuan};
use crate::words::Lang;
use conference::Shown;

/// With pages afterwards, until it is told to stop.
pub(crate) async fn run_and_serve(args: DemoArgs, printer: &Printer) -> Result<(), Failure> {
    // First of all, so that a signal during the round leaves no temporary folder either.
    let stop = told_to_stop()?;
    tokio::pin!(stop);
    let temporary = temporary()?;
    let dir = args.dir.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    let begun = async {
        let (outcome, surroundings) = hold(&args, &dir, printer).await?;
        serve::begin(outcome, &dir, &surroundings, printer).await
    };
    let serving = tokio::select! {
        begun = begun => begun?,
        () = &mut stop => return Err(Failure::interrupted()),
    };
    stop.await;
    serving.end().await
}

pub(crate) async fn run(args: DemoArgs, printer: &Printer) -> Result<(), Failure> {
    let temporary = temporary()?;
    let dir = args.dir.clone().unwrap_or_else(|| temporary.path().to_path_buf());
    hold(&args, &dir, printer).await?;
    Ok(())
}

fn temporary() -> Result<tempfile::TempDir, Failure> {
    tempfile::tempdir().map_err(|error| Failure::internal("temporary folder", &error))
}

/// Everything from the exports to the papers, shown.
async fn hold(args: &DemoArgs, dir: &Path, printer: &Printer) -> Result<(Outcome, Surroundings), Failure> {
    refuse_used(dir)?;
    let lang = printer.lang();
    let surroundings = Surroundings::new(arithmetic::pool(0, printer)?);
    let wording = || wording(lang);
    let outcome = if args.by_files {
        let cut = Cut::new(Form::Text, None).map_err(hefu_node::Error::from)?;
        county::run_by_files(dir, &surroundings, &wording, cut).await
    } else {
        county::run(dir, &surroundings, &wording).await
    };
    let outcome = outcome.map_err(failed)?;
    let difference = outcome.difference().map_err(failed)?;
    let papers = papers::write(&outcome, &dir.join("papers"), lang)?;
    let held = outcome.conference.as_ref().map(Shown::of).transpose()?;
    show(
        &outcome,
        held.as_ref(),
        papers,
        difference.is_none(),
        args.dir.as_deref(),
        printer,
    );
    match difference {
        None => Ok((outcome, surroundings)),
        Some(place) => Err(Failure::new(Exit::Internal, "demo_differs", [("place", place)])),
    }
}

/// Two runs in one folder would mix their nodes.
fn refuse_used(dir: &Path) -> Result<(), Failure> {
    if dir.join("nodes").exists() {
        let params = [("folder", dir.display().to_string())];
        return Err(Failure::new(Exit::Input, "demo_folder_used", params));
    }
    Ok(())
}

fn failed(error: anyhow::Error) -> Failure {
    match error.downcast::<hefu_node::Error>() {
        Ok(error) => error.into(),
        Err(error) => Failure::internal("demo", &format!("{error:#}")),
    }
}

fn show(
    outcome: &Outcome,
    held: Option<&Shown>,
    papers: usize,
    as_expected: bool,
    kept: Option<&Path>,
    printer: &Printer,
) {
    let imports: Vec<_> = outcome
        .imports
        .iter()
        .map(|import| {
            let mut value = super::reading::to_json(&import.reading);
            value["agency"] = import.agency.code().into();
            value["dataset"] = import.dataset.into();
            value
        })
        .collect();
    let cannot_find: BTreeMap<_, Vec<_>> = outcome
        .cannot_find
        .iter()
        .map(|(round, unfound)| (round, unfound.iter().map(CannotFindView::from).collect()))
        .collect();
    let value = json!({
        "imports": imports,
        "rounds": outcome.rounds,
        "totals": outcome.totals,
        "cannot_find": cannot_find,
        "bytes_sent": outcome.bytes_sent,
        "import_seconds": outcome.import_time.as_secs_f64(),
        "round_seconds": outcome.round_time.as_secs_f64(),
        "conference": held.map(Shown::json),
        "as_expected": as_expected,
        "papers": papers,
        "dir": kept.map(Path::display).map(|dir| dir.to_string()),
    });
    printer.result(&value, |lang| {
        text(outcome, held, papers, as_expected, kept.map(PathBuf::from), lang)
    });
}

fn text(
    outcome: &Outcome,
    held: Option<&Shown>,
    papers: usize,
    as_expected: bool,
    kept: Option<PathBuf>,
    lang: Lang,
) -> String {
    let mut text = lang.word("demo_imports") + "\n";
    text.push_str(&table(&imports(outcome, lang)));
    text.push_str(&format!("\n{}\n", lang.word("demo_findings")));
    text.push_str(&table(&findings(outcome, lang)));
    for (round, unfound) in &outcome.cannot_find {
        for each in unfound {
            let params = [
                ("rule", each.rule.to_string()),
                ("reason", each.reason.code().to_owned()),
                ("rows", grouped(each.rows)),
            ];
            let said = lang.say("paper_cannot_find", &params);
            text.push_str(&format!("{}{said}\n", whose(round, lang)));
        }
    }
    if let Some(held) = held {
        text.push_str(&format!("\n{}\n", held.text(lang)));
    }
    text.push_str(&format!("\n{}\n", lang.word("demo_sent")));
    text.push_str(&table(&sent(&outcome.bytes_sent, lang)));
    let params = [
        ("import", format!("{:.1}", outcome.import_time.as_secs_f64())),
        ("rounds", format!("{:.1}", outcome.round_time.as_secs_f64())),
    ];
    text.push_str(&format!("\n{}\n", lang.say("demo_time", &params)));
    let (code, dir) = match &kept {
        Some(dir) => ("demo_kept", dir.display().to_string()),
        None => ("demo_not_kept", String::new()),
    };
    let params = [("dir", dir), ("papers", papers.to_string())];
    text.push_str(&format!("{}\n", lang.say(code, &params)));
    if as_expected {
        text.push_str(&format!("{}\n", lang.word("demo_as_expected")));
    }
    text + &lang.word("not_a_decision")
}

/// Who could not find, from the key of a round.
fn whose(round: &str, lang: Lang) -> String {
    let receiver = round.split([':', '<']).nth(1).unwrap_or_default();
    let sender = round.split("<-").nth(1).map(|sender| agency(lang, sender));
    let params = [
        ("receiver", agency(lang, receiver)),
        ("sender", sender.unwrap_or_default()),
    ];
    lang.say("demo_whose", &params)
}

fn imports(outcome: &Outcome, lang: Lang) -> Vec<Vec<String>> {
    let headings = [
        "demo_agency",
        "demo_register",
        "read_rows",
        "read_accepted",
        "read_rejected",
        "read_blank",
        "read_duplicates",
    ];
    let mut rows = vec![headings.map(|heading| lang.word(heading)).to_vec()];
    for import in &outcome.imports {
        let sum = &import.reading.reconciliation;
        let mut row = vec![
            agency(lang, import.agency.code()),
            lang.word(&format!("register_{}", import.dataset)),
        ];
        row.extend(
            [
                sum.rows_read,
                sum.accepted,
                sum.rejected_total(),
                sum.blank,
                sum.duplicates,
            ]
            .map(grouped),
        );
        rows.push(row);
    }
    rows
}

fn findings(outcome: &Outcome, lang: Lang) -> Vec<Vec<String>> {
    let headings = [
        "demo_agency",
        "demo_rule",
        "demo_what",
        "demo_count",
        "demo_to_verify",
    ];
    let mut rows = vec![headings.map(|heading| lang.word(heading)).to_vec()];
    for (agency_code, rules) in &outcome.totals {
        for (rule, total) in rules {
            // A kind stands under its own name where no rule is at stake.
            let (rule, what, amount) = match rule.as_str() {
                "lead" | "no_counterpart" | "referral" | "no_feedback" => {
                    ("—".to_string(), lang.word(rule), "—".to_string())
                }
                _ => (rule.clone(), lang.word(&format!("rule_{rule}")), yuan(total.fen)),
            };
            rows.push(vec![
                agency(lang, agency_code),
                rule,
                what,
                grouped(total.count),
                amount,
            ]);
        }
    }
    rows
}

fn sent(bytes: &BTreeMap<&'static str, u64>, lang: Lang) -> Vec<Vec<String>> {
    Agency::ALL
        .iter()
        .map(|a| {
            vec![
                agency(lang, a.code()),
                grouped(bytes.get(a.code()).copied().unwrap_or_default()),
            ]
        })
        .collect()
}

fn agency(lang: Lang, code: &str) -> String {
    lang.word(&format!("agency_{code}"))
}
