//! The approval slip (审批单) of a set of files: one content, and two renderings of it that say the same.

mod html;
mod text;

use std::path::{Path, PathBuf};

use hefu_node::ferry::slip::{SlipAgreement, SlipFacts, SlipLetter, SlipPages, SlipParty};

use crate::commands::{short, write_whole};
use crate::failure::Failure;
use crate::printer::grouped;
use crate::words::Lang;

/// What a slip says, in words.
struct Page {
    lang: Lang,
    title: String,
    /// What the set is: a heading and its lines each.
    facts: Vec<(String, Vec<String>)>,
    /// What its contents tell and what they do not: a heading and its statements each.
    statements: Vec<(String, Vec<String>)>,
    notice: String,
    /// The set's number once more: what is signed may stand on a sheet of its own.
    signed: (String, String),
    /// Who signs, with room for a name and a date.
    signs: [String; 3],
    date: String,
}

/// The slip in one language.
pub(crate) fn pages(facts: &SlipFacts, lang: Lang) -> SlipPages {
    let page = Page::of(facts, lang);
    SlipPages {
        html: html::render(&page),
        text: text::render(&page),
    }
}

/// Writes both pages of a slip into a folder and gives their places. They follow from the set, so that writing them
/// again changes nothing.
pub(crate) fn write(facts: &SlipFacts, folder: &Path, lang: Lang) -> Result<[PathBuf; 2], Failure> {
    let SlipPages { html, text } = pages(facts, lang);
    let [html_file, text_file] = facts.page_names().map(|name| folder.join(name));
    write_whole(&html_file, html.as_bytes())?;
    write_whole(&text_file, text.as_bytes())?;
    Ok([html_file, text_file])
}

/// What is in a set, for a line of a list: each matter with its agreement's number.
pub(crate) fn contents(facts: &SlipFacts, lang: Lang) -> Vec<String> {
    let number = |letter: &SlipLetter| {
        let digest = letter.agreement?;
        let known = facts.agreements.iter().find(|each| each.digest == digest);
        Some(known.map_or_else(|| short(&digest), |agreement| agreement.number.clone()))
    };
    let mut counted: Vec<(&SlipLetter, usize)> = Vec::new();
    for letter in &facts.letters {
        match counted.iter_mut().find(|(known, _)| *known == letter) {
            Some((_, count)) => *count += 1,
            None => counted.push((letter, 1)),
        }
    }
    let line = |(letter, count): (&SlipLetter, usize)| {
        let params = [
            ("matter", letter.matter.clone()),
            ("number", number(letter).unwrap_or_default()),
            ("count", count.to_string()),
        ];
        lang.say("slip_letter", &params)
    };
    counted.into_iter().map(line).collect()
}

impl Page {
    fn of(facts: &SlipFacts, lang: Lang) -> Self {
        let word = |code: &str| lang.word(code);
        let said = |code: &str, lines: Vec<String>| (word(code), lines);
        Self {
            lang,
            title: word("slip_title"),
            facts: vec![
                said("slip_set", vec![facts.number()]),
                said("slip_contents", contents(facts, lang)),
                said("slip_from", vec![party(&facts.from, lang)]),
                said(
                    "slip_to",
                    vec![
                        facts
                            .to
                            .as_ref()
                            .map_or_else(|| word("slip_to_anyone"), |to| party(to, lang)),
                    ],
                ),
                said("slip_purpose", purposes(facts, lang)),
                said("slip_agreement", agreements(facts, lang)),
                said("slip_files", files(facts, lang)),
                said(
                    "slip_size",
                    vec![lang.say("slip_bytes", &[("bytes", grouped(facts.bytes))])],
                ),
                said("slip_digest", digest(facts)),
            ],
            statements: statements(facts, lang),
            notice: word("not_a_decision"),
            signed: (word("slip_set"), facts.number()),
            signs: ["slip_sign_approver", "slip_sign_carrier", "slip_sign_checker"].map(word),
            date: word("slip_sign_date"),
        }
    }
}

fn party(party: &SlipParty, lang: Lang) -> String {
    let params = [("name", party.name.clone()), ("node_key", short(&party.node_key))];
    lang.say("slip_party", &params)
}

/// Each purpose once; a set without an agreement has none.
fn purposes(facts: &SlipFacts, lang: Lang) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for agreement in &facts.agreements {
        let purpose = lang.word(&format!("purpose_{}", agreement.purpose));
        if !lines.contains(&purpose) {
            lines.push(purpose);
        }
    }
    or_none(lines, "slip_no_purpose", lang)
}

fn agreements(facts: &SlipFacts, lang: Lang) -> Vec<String> {
    let line = |agreement: &SlipAgreement| {
        let params = [
            ("number", agreement.number.clone()),
            ("digest", short(&agreement.digest)),
        ];
        lang.say("slip_agreement_number", &params)
    };
    or_none(
        facts.agreements.iter().map(line).collect(),
        "slip_no_agreement",
        lang,
    )
}

fn or_none(lines: Vec<String>, none: &str, lang: Lang) -> Vec<String> {
    match lines.is_empty() {
        true => vec![lang.word(none)],
        false => lines,
    }
}

/// How many, and the first name and the last: those between differ in their number alone.
fn files(facts: &SlipFacts, lang: Lang) -> Vec<String> {
    let count = [("count", facts.files.to_string())];
    let said = match facts.files {
        1 => lang.word("slip_count_one"),
        _ => lang.say("slip_count", &count),
    };
    std::iter::once(said).chain(facts.names.iter().cloned()).collect()
}

/// Sixty-four digits, in two lines of groups of eight.
fn digest(facts: &SlipFacts) -> Vec<String> {
    let digits: Vec<char> = facts.digest.to_string().chars().collect();
    let group = |group: &[char]| group.iter().collect::<String>();
    digits
        .chunks(32)
        .map(|line| line.chunks(8).map(group).collect::<Vec<_>>().join(" "))
        .collect()
}

fn statements(facts: &SlipFacts, lang: Lang) -> Vec<(String, Vec<String>)> {
    let mut matters: Vec<&str> = Vec::new();
    for letter in &facts.letters {
        if !matters.contains(&letter.matter.as_str()) {
            matters.push(&letter.matter);
        }
    }
    let each = |what: &str| {
        let line = |matter: &&str| lang.word(&format!("slip_{what}_{matter}"));
        matters.iter().map(line).collect::<Vec<_>>()
    };
    let sealed = match facts.to {
        Some(_) => "slip_sealed",
        None => "slip_not_sealed",
    };
    let mut statements = vec![
        (lang.word("slip_tells"), each("tells")),
        (lang.word("slip_hides"), each("hides")),
        (lang.word("slip_underway"), vec![lang.word(sealed)]),
    ];
    for agreement in facts.agreements.iter().filter(|each| !each.learns.is_empty()) {
        let learned = agreement.learns.iter().map(|learned| {
            let params: Vec<(&str, String)> = learned
                .params
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            lang.say(&learned.code, &params)
        });
        let heading = lang.say("slip_learns", &[("number", agreement.number.clone())]);
        statements.push((heading, learned.collect()));
    }
    statements
}

#[cfg(test)]
mod tests;
