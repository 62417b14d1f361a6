//! Letters and papers: their facts are filled in here, set by the binary, and kept nowhere.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use hefu_node::api::view::{FindingDetail, MatterHistory, NodeView};
use serde::Deserialize;
use serde_json::json;

use super::entry::yuan;
use super::finding::id;
use crate::catalogue::Catalogue;
use crate::fault::{Fault, Result};
use crate::form::{Fields, Problem, Sent};
use crate::guard::Who;
use crate::page::{Page, html, printed, refused};
use crate::show::today;
use crate::{Binary, Paper};

/// The kinds of letters, as their templates are asked for.
const KINDS: [&str; 7] = [
    "transfer",
    "recommendation",
    "inquiry",
    "acknowledgement",
    "feedback",
    "notice",
    "visit",
];

/// A number of a person is never shown again.
const NUMBER: &str = "person_number";

/// One fact that is to be filled in.
struct Blank {
    name: String,
    /// What to write.
    hint: String,
    optional: bool,
    /// Among these, where it is not free.
    choices: Vec<String>,
    /// Several, one a line.
    is_list: bool,
    value: String,
}

/// The blanks of a template: a comment that says what to write, then the field with its usual value.
fn blanks(template: &str) -> Vec<Blank> {
    let mut hint = String::new();
    let mut blanks = Vec::new();
    for line in template.lines() {
        if let Some(comment) = line.strip_prefix("# ") {
            comment.clone_into(&mut hint);
            continue;
        }
        let Some((name, value)) = toml::from_str::<toml::Table>(line)
            .ok()
            .and_then(|one| one.into_iter().next())
        else {
            continue;
        };
        let (is_list, value) = match value {
            toml::Value::Array(items) => {
                let items: Vec<&str> = items.iter().filter_map(toml::Value::as_str).collect();
                (true, items.join("\n"))
            }
            toml::Value::String(text) => (false, text),
            _ => (false, String::new()),
        };
        let (said, choices) = match hint.split_once("，只能是：") {
            Some((said, choices)) => (said, choices.split('、').map(str::to_owned).collect()),
            None => (hint.as_str(), Vec::new()),
        };
        let optional = said.ends_with("（选填）");
        blanks.push(Blank {
            name,
            hint: said.trim_end_matches("（选填）").to_owned(),
            optional,
            choices,
            is_list,
            value,
        });
    }
    blanks
}

/// What was filled in, as the file of facts that a letter is composed from.
fn facts(blanks: &[Blank], fields: &Fields) -> String {
    let mut facts = toml::Table::new();
    for blank in blanks {
        let text = fields.text(&blank.name);
        let value = match blank.is_list {
            true => {
                let items = text.lines().map(str::trim).filter(|item| !item.is_empty());
                toml::Value::Array(items.map(toml::Value::from).collect())
            }
            // A letter sets its own lines.
            false => toml::Value::from(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        };
        facts.insert(blank.name.clone(), value);
    }
    facts.to_string()
}

#[derive(Template)]
#[template(path = "case/letter.html")]
struct Letter {
    p: Page,
    kind: &'static str,
    blanks: Vec<Blank>,
}

impl Letter {
    fn of(who: &Who, kind: &'static str, blanks: Vec<Blank>, problems: Vec<Problem>) -> Self {
        let p = who.page("case.letter").at(&format!("/case/letters/{kind}"));
        let title = p.wx("case.letter_", kind);
        Self {
            p: p.titled(title).with_findings().wrong(problems),
            kind,
            blanks,
        }
    }

    fn problem(&self, name: &str) -> Option<&str> {
        let problem = self.p.problems.iter().find(|problem| problem.field == name);
        problem.map(|problem| problem.words.as_str())
    }
}

/// What a letter is about.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct About {
    round: String,
    seq: String,
    matter: String,
}

pub(super) async fn show(Path(kind): Path<String>, Query(about): Query<About>, who: Who) -> Result<Response> {
    let kind = known(&kind)?;
    let mut blanks = template(&who, kind)?;
    let facts = about.facts(&who).await?;
    for blank in &mut blanks {
        if let Some(fact) = facts.get(blank.name.as_str()) {
            blank.value.clone_from(fact);
        }
    }
    html(&Letter::of(&who, kind, blanks, Vec::new()))
}

/// Sets the letter: as a page to be printed, or as a file to be edited.
pub(super) async fn set(Path(kind): Path<String>, Sent { who, fields }: Sent) -> Result<Response> {
    let kind = known(&kind)?;
    let mut blanks = template(&who, kind)?;
    let paper = match fields.text("form") {
        "file" => Paper::LetterFile,
        _ => Paper::Letter,
    };
    let given = json!({ "kind": kind, "facts": facts(&blanks, &fields) }).to_string();
    let visit = &who.visit;
    let lang = visit.lang;
    let printing = move |binary: &dyn Binary| binary.print(lang, paper, given.as_bytes());
    match visit.console.lent(printing).await? {
        Ok(letter) => printed(letter),
        Err(unprinted) => {
            let mut params: BTreeMap<String, String> = unprinted
                .params
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            // A form has fields by what they ask for, and no lines.
            params.remove("line");
            let field = params.get("field").cloned().unwrap_or_default();
            if let Some(blank) = blanks.iter().find(|blank| blank.name == field) {
                params.insert("field".to_owned(), blank.hint.clone());
            }
            let problem = Problem {
                field,
                words: visit.said(unprinted.code, &params),
            };
            for blank in &mut blanks {
                blank.value = match blank.name == NUMBER {
                    true => String::new(),
                    false => fields.raw(&blank.name).to_owned(),
                };
            }
            refused(&Letter::of(&who, kind, blanks, vec![problem]))
        }
    }
}

fn known(kind: &str) -> Result<&'static str> {
    KINDS
        .into_iter()
        .find(|known| *known == kind)
        .ok_or(Fault::NoPage)
}

fn template(who: &Who, kind: &str) -> Result<Vec<Blank>> {
    let template = who.visit.console.binary.letter_template(kind);
    template.map(|template| blanks(&template)).ok_or(Fault::NoPage)
}

impl About {
    /// What is known already, by the names of facts. The person's number and name are not: they are on the paper file.
    async fn facts(&self, who: &Who) -> Result<BTreeMap<&'static str, String>> {
        let own: NodeView = who.api().get("/api/v1/node").await?;
        let mut facts = BTreeMap::from([("from", own.name), ("date", today().to_string())]);
        let p = who.page("case.letter");
        if !self.round.is_empty() {
            let seq: u64 = self.seq.parse().map_err(|_| Fault::NoPage)?;
            let path = format!("/api/v1/rounds/{}/findings/{seq}", id(&self.round)?);
            let detail: FindingDetail = who.api().get(&path).await?;
            let finding = detail.finding;
            facts.insert("period", finding.months.join("、"));
            facts.insert("finding", p.said("", &finding.kind));
            let catalogue = Catalogue::of(who).await?;
            let programmes: Vec<&str> = finding
                .programmes
                .iter()
                .map(|code| catalogue.name(code))
                .collect();
            facts.insert("programme", programmes.join("、"));
            if let Some(rule) = &finding.rule {
                facts.insert("rule", format!("{rule} {}", p.said("rule_", rule)));
            }
            if let Some(fen) = finding.to_verify_fen {
                facts.insert("amount", yuan(fen));
            }
            if let Some(peer) = finding.peer {
                facts.insert("to", peer);
            }
        }
        if !self.matter.is_empty() {
            let number: u64 = self.matter.parse().map_err(|_| Fault::NoPage)?;
            let history: MatterHistory = who.api().get(&format!("/api/v1/matters/{number}")).await?;
            let matter = history.matter;
            let other = match matter.received {
                true => matter.from,
                false => matter.to,
            };
            facts.insert("ledger", matter.number.clone());
            facts.insert("item", matter.number);
            facts.insert("to", other.unwrap_or_default());
            facts.insert("letter", matter.letter.unwrap_or_default());
        }
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_becomes_a_form() {
        let template = "# 告知书要素表。\n# 填写后本文件含有个人信息。\n\n# 发文机关\nfrom = \"\"\n\n\
                        # 证件种类，只能是：居民身份证、护照\ndocument = \"居民身份证\"\n\n# 材料（选填）\npapers = [\"\"]\n";
        let blanks = blanks(template);
        let names: Vec<&str> = blanks.iter().map(|blank| blank.name.as_str()).collect();
        assert_eq!(names, ["from", "document", "papers"]);
        assert_eq!(blanks[1].choices, ["居民身份证", "护照"]);
        assert_eq!(
            (blanks[1].hint.as_str(), blanks[1].value.as_str()),
            ("证件种类", "居民身份证")
        );
        assert!(blanks[2].optional && blanks[2].is_list && !blanks[0].optional);
        assert_eq!(blanks[2].hint, "材料");
    }
}
