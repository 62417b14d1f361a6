//! `hefu letter`: a letter from a file of facts. It works without a node, and keeps and logs nothing.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use hefu_casework::letter::{Facts, Letter, LocalWording, MAX_FILE_BYTES};
use hefu_node::Error;
use hefu_node::letter::{docx, page};
use serde_json::json;
use zeroize::Zeroizing;

use super::write_new;
use crate::args::LetterArgs;
use crate::failure::{Exit, Failure};
use crate::printer::Printer;

pub(crate) fn run(args: LetterArgs, printer: &Printer) -> Result<(), Failure> {
    // The arguments come together or not at all.
    if let (Some(facts), Some(out)) = (&args.facts, &args.out) {
        return write(&args, facts, out, printer);
    }
    let text = if args.template {
        args.kind.template()
    } else {
        args.kind.wording().to_owned()
    };
    printer.result(&json!({ "template": text }), |_| text.clone());
    Ok(())
}

fn write(args: &LetterArgs, facts: &Path, out: &Path, printer: &Printer) -> Result<(), Failure> {
    let form = Form::of(out)?;
    let name = facts.display().to_string();
    let facts = Facts::read(args.kind, &name, &read(facts)?).map_err(Error::from)?;
    let wording = match &args.wording {
        None => None,
        Some(file) => Some((file.display().to_string(), read(file)?)),
    };
    let local = wording.as_ref().map(|(file, text)| LocalWording { file, text });
    let letter = Letter::compose(&facts, local).map_err(Error::from)?;
    form.write(&letter, out)?;
    printer.done("letter_written", &[("file", out.display().to_string())]);
    Ok(())
}

/// What a letter is written as.
pub(crate) enum Form {
    Docx,
    Page,
}

impl Form {
    /// By the name of the file to write.
    pub(crate) fn of(out: &Path) -> Result<Form, Failure> {
        let extension = out.extension().unwrap_or_default().to_ascii_lowercase();
        match extension.to_str() {
            Some("docx") => Ok(Form::Docx),
            Some("html") => Ok(Form::Page),
            _ => {
                let params = [("file", out.display().to_string())];
                Err(Failure::new(Exit::Usage, "letter_form", params))
            }
        }
    }

    pub(crate) fn write(&self, letter: &Letter, out: &Path) -> Result<(), Failure> {
        match self {
            Form::Docx => write_new(out, &docx(letter)?),
            Form::Page => write_new(out, page(letter).as_bytes()),
        }
    }
}

/// The text of a small file, which may name a person.
fn read(file: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error: std::io::Error| Failure::read(file, &error);
    // One byte more than is allowed, so that what is longer is refused as such and not cut off.
    let limit = MAX_FILE_BYTES + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(limit));
    let opened = File::open(file).map_err(failed)?;
    let mut bounded = opened.take(limit as u64);
    bounded.read_to_end(&mut bytes).map_err(failed)?;
    match str::from_utf8(&bytes) {
        // Editors on Windows put a mark in front.
        Ok(text) => Ok(Zeroizing::new(
            text.strip_prefix('\u{FEFF}').unwrap_or(text).to_owned(),
        )),
        Err(_) => {
            let params = [("file", file.display().to_string())];
            Err(Failure::new(Exit::Input, "letter_encoding", params))
        }
    }
}
