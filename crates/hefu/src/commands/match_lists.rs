//! `hefu match`: both parties in one process, the real protocol over the real transport.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use hefu_ingest::{ReadOptions, copy_rows};
use hefu_node::matching::{Matched, Matching, Side, match_files};
use serde_json::json;

use super::reading;
use crate::args::MatchArgs;
use crate::arithmetic;
use crate::failure::Failure;
use crate::printer::{Printer, grouped, table};
use crate::progress;

pub(crate) async fn run(args: MatchArgs, printer: &Printer) -> Result<(), Failure> {
    let spool = tempfile::tempdir().map_err(|error| Failure::internal("temporary folder", &error))?;
    let side = |path: &Path, column: Option<String>, kind| Side {
        files: vec![path.to_path_buf()],
        options: ReadOptions {
            column,
            kind,
            allow_empty: args.allow_empty,
            ..ReadOptions::default()
        },
    };
    let left = side(&args.left, args.left_column.clone(), args.left_kind);
    let right = side(&args.right, args.right_column.clone(), args.right_kind);
    let matching = Matching {
        pool: arithmetic::pool(0, printer)?,
        spool: spool.path().to_path_buf(),
        watcher: progress::watcher(printer.lang(), printer.json()),
        tap: None,
        randomness: Arc::new(hefu_node::runner::system_randomness),
    };
    let matched = match_files(left.clone(), right, &matching).await?;
    if let Some(out) = &args.out {
        write_rows(out, &left, &matched)?;
    }
    print(&matched, printer);
    Ok(())
}

/// Written beside its place and renamed, so that nothing half-written stays.
fn write_rows(out: &Path, left: &Side, matched: &Matched) -> Result<(), Failure> {
    let failed = |cause: &dyn std::fmt::Display| Failure::write(out, cause);
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
    let mut writer = std::io::BufWriter::new(&mut file);
    let mut keep = |row| matched.rows.binary_search(&row).is_ok();
    let written = copy_rows(&left.files, &left.options, &mut keep, &mut writer)?;
    writer.flush().map_err(|error| failed(&error))?;
    drop(writer);
    if written != matched.rows.len() as u64 {
        // Refused rows are copied by nobody, so a difference means that the file changed meanwhile.
        return Err(failed(&"the list changed while it was matched"));
    }
    file.persist(out).map_err(|error| failed(&error))?;
    Ok(())
}

fn print(matched: &Matched, printer: &Printer) {
    let side = |reading, elements: u64| {
        let mut value = reading::to_json(reading);
        value["elements"] = elements.into();
        value
    };
    let (sent, received) = (matched.traffic.bytes_sent, matched.traffic.bytes_received);
    let seconds = matched.elapsed.as_secs_f64();
    let value = json!({
        "left": side(&matched.left, matched.left_elements),
        "right": side(&matched.right, matched.right_elements),
        "matched": matched.matched,
        "matched_rows": matched.rows.len(),
        "bytes_left_to_right": sent,
        "bytes_right_to_left": received,
        "seconds": seconds,
        "peak_rss_bytes": peak_rss_bytes(),
    });
    printer.result(&value, |lang| {
        let mut text = format!(
            "{}\n{}\n",
            lang.word("match_left"),
            reading::to_text(&matched.left, lang)
        );
        text.push_str(&format!(
            "{}\n{}\n",
            lang.word("match_right"),
            reading::to_text(&matched.right, lang)
        ));
        text.push_str(&table(&[
            vec![lang.word("match_left_elements"), grouped(matched.left_elements)],
            vec![lang.word("match_right_elements"), grouped(matched.right_elements)],
            vec![lang.word("match_matched"), grouped(matched.matched)],
            vec![lang.word("match_rows"), grouped(matched.rows.len() as u64)],
            vec![lang.word("match_left_to_right"), grouped(sent)],
            vec![lang.word("match_right_to_left"), grouped(received)],
            vec![lang.word("match_seconds"), format!("{seconds:.2}")],
        ]));
        text.push_str(&lang.word("not_a_decision"));
        text
    });
}

/// The most memory this process ever had, where the system tells (Linux).
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}
