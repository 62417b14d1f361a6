//! The wording of a letter: a file of texts with blanks.
//!
//! `{name}` is a fact; `{name|before|after}` stands with what surrounds it, and not at all where the fact is not filled
//! in. A text in which nothing is left is left out. A paragraph in brackets of its own, `["…"]`, must stand word for word in
//! any wording: around a sentence that need only occur somewhere, others can say the opposite.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::entry::{Entries, Value};
use super::{Attachment, Block, Facts, Field, Flaw, Letter, LetterKind, LocalWording, Mistake, Row};
use crate::{Error, Wrong, text};

/// The longest text of a wording, in characters.
const MAX_CHARS: usize = 2000;
/// The most texts in one part of a wording.
const MAX_TEXTS: usize = 60;

/// The parts of a wording, in the order of the letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Title,
    Number,
    To,
    Body,
    Rows,
    Closing,
    Attachments,
    Signature,
    Note,
}

/// Each part with its name in the file.
const PARTS: [(Part, &str); 9] = [
    (Part::Title, "title"),
    (Part::Number, "number"),
    (Part::To, "to"),
    (Part::Body, "body"),
    (Part::Rows, "rows"),
    (Part::Closing, "closing"),
    (Part::Attachments, "attachments"),
    (Part::Signature, "signature"),
    (Part::Note, "note"),
];

/// What a kind of letter says, whatever the facts.
pub(super) struct Wording {
    kind: LetterKind,
    parts: BTreeMap<Part, Texts>,
}

/// The texts of one part. Those of a table are label and value by turns.
struct Texts {
    /// The line of the part in its file.
    line: usize,
    phrases: Vec<Phrase>,
}

/// A text with blanks.
struct Phrase {
    pieces: Vec<Piece>,
    /// The text itself, where it must stand word for word.
    must: Option<String>,
}

#[derive(PartialEq, Eq)]
enum Piece {
    Fixed(String),
    Blank {
        name: &'static str,
        /// What goes with it; none where it stands alone.
        around: Option<[String; 2]>,
    },
}

impl Wording {
    pub(super) fn national(kind: LetterKind) -> Wording {
        let file = LocalWording {
            file: kind.code(),
            text: kind.wording(),
        };
        // Unwrap safety: the text is compiled in, and the test `the_national_wording_is_whole` reads each kind.
        #[allow(clippy::unwrap_used)]
        Wording::read(kind, file).unwrap()
    }

    /// The national wording with the parts of this file in place of its own.
    pub(super) fn local(kind: LetterKind, local: LocalWording<'_>) -> Result<Wording, Error> {
        let mut wording = Wording::national(kind);
        wording.parts.extend(Wording::read(kind, local)?.parts);
        wording.check(local)?;
        Ok(wording)
    }

    fn read(kind: LetterKind, file: LocalWording<'_>) -> Result<Wording, Mistake> {
        let mut entries = Entries::read(file.file, file.text)?;
        let mut parts = BTreeMap::new();
        for (part, key) in PARTS {
            let Some(entry) = entries.take(key) else { continue };
            let wrong = |line, flaw| entries.wrong(line, key, flaw);
            let mut written = Vec::new();
            part.collect(entry.line, &entry.value, &mut written)
                .map_err(|(line, flaw)| wrong(line, flaw))?;
            if written.len() > MAX_TEXTS {
                return Err(wrong(entry.line, Flaw::Text(Wrong::TooLong)));
            }
            let mut phrases = Vec::with_capacity(written.len());
            for Written { line, text, must } in written {
                let pieces = pieces(text, kind.fields(), part == Part::Rows);
                let pieces = pieces.map_err(|(name, flaw)| entries.wrong(line, name.unwrap_or(key), flaw))?;
                let must = must.then(|| text.to_owned());
                phrases.push(Phrase { pieces, must });
            }
            let line = entry.line;
            parts.insert(part, Texts { line, phrases });
        }
        entries.finish()?;
        Ok(Wording { kind, parts })
    }

    /// Whether every fact and every paragraph that must stand does. One that does not is looked for in the national
    /// wording: the part of this file that took its place is where it belongs.
    fn check(&self, local: LocalWording<'_>) -> Result<(), Mistake> {
        let national = Wording::national(self.kind);
        let unsaid = |field: &str, part: Option<Part>| {
            let lost = part.and_then(|part| self.parts.get(&part));
            Mistake {
                file: local.file.to_owned(),
                line: lost.map_or(0, |texts| texts.line),
                field: field.to_owned(),
                flaw: Flaw::Unsaid,
            }
        };
        for field in self.kind.fields() {
            let names = |phrase: &Phrase| phrase.names(field.name);
            if self.part_that(names).is_none() {
                return Err(unsaid(field.name, national.part_that(names)));
            }
        }
        for (part, texts) in &national.parts {
            for phrase in &texts.phrases {
                if let Some(text) = &phrase.must
                    && !self.has_paragraph(phrase)
                {
                    return Err(unsaid(text, Some(*part)));
                }
            }
        }
        Ok(())
    }

    fn has_paragraph(&self, wanted: &Phrase) -> bool {
        let parts = [Part::Body, Part::Closing].into_iter();
        parts
            .filter_map(|part| self.parts.get(&part))
            .flat_map(|texts| &texts.phrases)
            .any(|phrase| phrase.pieces == wanted.pieces)
    }

    fn part_that(&self, says: impl Fn(&Phrase) -> bool) -> Option<Part> {
        let found = self
            .parts
            .iter()
            .find(|(_, texts)| texts.phrases.iter().any(&says));
        found.map(|(part, _)| *part)
    }

    /// The letter that says these facts, which are of the wording's kind.
    pub(super) fn fill(&self, facts: &Facts) -> Letter {
        let mut title = Zeroizing::default();
        let mut blocks = Vec::new();
        for (part, texts) in &self.parts {
            let mut said = texts.phrases.iter().map(|phrase| phrase.fill(facts));
            if *part == Part::Rows {
                let mut rows = Vec::new();
                while let (Some(label), Some(value)) = (said.next(), said.next()) {
                    let [label, value] = [label, value].map(taken);
                    rows.push(Row { label, value });
                }
                blocks.push(Block::Table(rows));
                continue;
            }
            let said: Vec<_> = said.filter(|text| !text.trim().is_empty()).collect();
            match part {
                Part::Title => title = said.into_iter().next().unwrap_or_default(),
                Part::Number => blocks.extend(said.into_iter().map(taken).map(Block::Number)),
                Part::To => blocks.extend(said.into_iter().map(taken).map(Block::Addressee)),
                Part::Note => blocks.extend(said.into_iter().map(taken).map(Block::Note)),
                Part::Attachments if said.is_empty() => {}
                Part::Attachments => blocks.push(Block::Attachments(attachments(said))),
                Part::Signature => blocks.push(Block::Signature(said.into_iter().map(taken).collect())),
                Part::Body | Part::Closing | Part::Rows => {
                    blocks.extend(said.into_iter().map(taken).map(Block::Paragraph));
                }
            }
        }
        Letter {
            name: self.kind.name(),
            title,
            blocks,
        }
    }
}

/// Moves the text into a block, which wipes it.
fn taken(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut *text)
}

/// GB/T 9704-2012 §7.3.4: several are numbered.
fn attachments(names: Vec<Zeroizing<String>>) -> Vec<Attachment> {
    let several = names.len() > 1;
    let numbered = names.into_iter().zip(1..).map(|(name, number)| Attachment {
        lead: match (several, number) {
            (false, _) => "附件：".to_owned(),
            (true, 1) => "附件：1. ".to_owned(),
            (true, number) => format!("{number}. "),
        },
        name: taken(name),
    });
    numbered.collect()
}

/// A text of a file.
struct Written<'a> {
    line: usize,
    text: &'a str,
    /// Whether it stands in brackets of its own.
    must: bool,
}

impl Part {
    /// The texts that a part holds.
    fn collect<'a>(
        self,
        line: usize,
        value: &'a Value,
        texts: &mut Vec<Written<'a>>,
    ) -> Result<(), (usize, Flaw)> {
        let mut push = |line, text, must| texts.push(Written { line, text, must });
        match (self, value) {
            (Part::Title | Part::Number | Part::To | Part::Note, Value::Text(text)) => {
                push(line, text.as_str(), false);
            }
            (Part::Body | Part::Closing | Part::Attachments | Part::Signature, Value::List(items)) => {
                for (line, item) in items {
                    match (self, item) {
                        (_, Value::Text(text)) => push(*line, text.as_str(), false),
                        (Part::Body | Part::Closing, Value::List(marked)) => {
                            let [(_, Value::Text(text))] = marked.as_slice() else {
                                return Err((*line, Flaw::Shape));
                            };
                            push(*line, text.as_str(), true);
                        }
                        _ => return Err((*line, Flaw::Shape)),
                    }
                }
            }
            (Part::Rows, Value::List(rows)) => {
                for (line, row) in rows {
                    let Value::List(row) = row else {
                        return Err((*line, Flaw::Shape));
                    };
                    let [(_, Value::Text(label)), (_, Value::Text(value))] = row.as_slice() else {
                        return Err((*line, Flaw::Shape));
                    };
                    push(*line, label.as_str(), false);
                    push(*line, value.as_str(), false);
                }
            }
            _ => return Err((line, Flaw::Shape)),
        }
        Ok(())
    }
}

/// A text with its blanks. `in_a_table` an empty text, and a fact that is not filled in, leave room to write by hand.
///
/// The error names the fact where it is about one.
fn pieces<'a>(
    text: &'a str,
    fields: &'static [Field],
    in_a_table: bool,
) -> Result<Vec<Piece>, (Option<&'a str>, Flaw)> {
    if !(in_a_table && text.is_empty()) {
        text::check(text, MAX_CHARS).map_err(|wrong| (None, Flaw::Text(wrong)))?;
    }
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (fixed, after) = rest.split_once('{').unwrap_or((rest, ""));
        if fixed.contains('}') {
            return Err((None, Flaw::Brace));
        }
        if !fixed.is_empty() {
            pieces.push(Piece::Fixed(fixed.to_owned()));
        }
        if fixed.len() == rest.len() {
            break;
        }
        let (blank, after) = after.split_once('}').ok_or((None, Flaw::Brace))?;
        pieces.push(Piece::read(blank, fields, in_a_table)?);
        rest = after;
    }
    Ok(pieces)
}

impl Phrase {
    fn names(&self, fact: &str) -> bool {
        let names = |piece: &Piece| matches!(piece, Piece::Blank { name, .. } if *name == fact);
        self.pieces.iter().any(names)
    }

    fn fill(&self, facts: &Facts) -> Zeroizing<String> {
        let mut said = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => said.push(Zeroizing::new(text.clone())),
                Piece::Blank { name, around } => {
                    let fact = facts.say(name).unwrap_or_default();
                    match around {
                        Some(_) if fact.is_empty() => {}
                        Some([before, after]) => {
                            said.push(Zeroizing::new(before.clone()));
                            said.push(fact);
                            said.push(Zeroizing::new(after.clone()));
                        }
                        None => said.push(fact),
                    }
                }
            }
        }
        // Room for all of it at once: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(said.iter().map(|piece| piece.len()).sum()));
        for piece in said {
            text.push_str(&piece);
        }
        text
    }
}

impl Piece {
    fn read<'a>(
        blank: &'a str,
        fields: &'static [Field],
        in_a_table: bool,
    ) -> Result<Piece, (Option<&'a str>, Flaw)> {
        let mut parts = blank.split('|');
        let written = parts.next().unwrap_or_default();
        let around = match (parts.next(), parts.next(), parts.next()) {
            (None, ..) => None,
            (Some(before), Some(after), None) => Some([before, after].map(str::to_owned)),
            _ => return Err((Some(written), Flaw::Brace)),
        };
        let field = fields.iter().find(|field| field.name == written);
        let field = field.ok_or((Some(written), Flaw::Unknown))?;
        if around.is_none() && !field.needed && !in_a_table {
            return Err((Some(written), Flaw::Hole));
        }
        let name = field.name;
        Ok(Piece::Blank { name, around })
    }
}
