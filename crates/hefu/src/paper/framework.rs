//! A conference's text as it is printed and sealed: every clause in words, made of what is signed, so that the paper says
//! what its digest stands for.

use hefu_casework::conference::{Annex, Framework, Seat};
use hefu_casework::letter::{Block, Letter, Row};
use hefu_casework::{Agreement, Catalogue, Party};
use hefu_node::api::view::{AnnexView, EditionDetail};

use super::programme;
use crate::words::Lang;

/// It is a paper of Chinese offices, whatever language the screen has.
const PAPER: Lang = Lang::Zh;

/// The paper.
///
/// # Errors
/// Where the node's answer is no such text.
pub(crate) fn framework(detail: &EditionDetail) -> Result<Letter, serde_json::Error> {
    let framework: Framework = serde_json::from_value(detail.text.clone())?;
    let digest = framework.digest().to_string();
    let mut blocks = vec![Block::Number(framework.number.as_str().to_owned())];
    blocks.extend(clauses(&framework, &digest).into_iter().map(Block::Paragraph));
    for (annex, view) in framework.annexes.iter().zip(&detail.annexes) {
        blocks.push(Block::NewPage);
        blocks.extend(annex_blocks(annex, view));
    }
    blocks.push(Block::NewPage);
    blocks.push(Block::Number(PAPER.word("framework_seals")));
    blocks.push(Block::Paragraph(say("framework_digest", &[("digest", &digest)])));
    let parties = detail.summary.parties.iter();
    blocks.extend(parties.map(|party| Block::Table(seal(&party.name, party.document.as_deref()))));
    Ok(Letter {
        name: "框架协议",
        title: framework.title.as_str().to_owned().into(),
        blocks,
    })
}

fn say(code: &str, params: &[(&str, &str)]) -> String {
    let params: Vec<_> = params
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect();
    PAPER.say(code, &params)
}

fn clauses(framework: &Framework, digest: &str) -> Vec<String> {
    let schedule = &framework.schedule;
    let number = |number: u64| number.to_string();
    let amends = framework
        .amends
        .map(|amends| amends.to_string())
        .unwrap_or_default();
    let mut said = vec![
        say(
            "framework_edition",
            &[("edition", &framework.edition.to_string()), ("amends", &amends)],
        ),
        say("framework_digest", &[("digest", digest)]),
        say("framework_office", &seat(&framework.office).each()),
        PAPER.word("framework_members"),
    ];
    said.extend(
        framework
            .members
            .iter()
            .map(|member| say("framework_member", &seat(member).each())),
    );
    let codes: Vec<_> = framework
        .annexes
        .iter()
        .map(|annex| annex.code.as_str())
        .collect();
    said.extend([
        say("framework_annexes", &[("annexes", &codes.join("、"))]),
        say(
            "framework_schedule",
            &[
                ("day", &number(schedule.day.into())),
                ("freeze", &number(schedule.freeze_hours.into())),
                ("run", &number(schedule.run_hours.into())),
                ("review", &number(schedule.review_days.into())),
            ],
        ),
        PAPER.word(&format!("framework_absent_{}", framework.absent.code())),
        PAPER.word(&format!("framework_late_{}", framework.late.code())),
        say("framework_smallest", &[("smallest", &number(framework.smallest))]),
        say(
            "framework_validity",
            &[
                ("from", &framework.valid_from.to_string()),
                ("until", &framework.expires.to_string()),
            ],
        ),
        PAPER.word("framework_no_person"),
        PAPER.word("not_a_decision"),
    ]);
    said
}

struct SeatWords {
    name: String,
    role: String,
    key: String,
}

impl SeatWords {
    fn each(&self) -> [(&str, &str); 3] {
        [("name", &self.name), ("role", &self.role), ("key", &self.key)]
    }
}

fn seat(seat: &Seat) -> SeatWords {
    SeatWords {
        name: seat.name.clone(),
        role: PAPER.word(&format!("role_{}", seat.role.code())),
        key: seat.node_key.to_string(),
    }
}

fn annex_blocks(annex: &Annex, view: &AnnexView) -> Vec<Block> {
    let agreement = &annex.agreement;
    let purpose = PAPER.word(&format!("purpose_{}", agreement.purpose.code()));
    let mut blocks = vec![
        Block::Number(format!("{}　{purpose}", annex.code.as_str())),
        Block::Table(terms(annex, agreement)),
    ];
    let mut party = "";
    for learns in &view.learns {
        if learns.party != party {
            party = &learns.party;
            blocks.push(Block::Paragraph(say("framework_learns", &[("party", party)])));
        }
        let params = learns.params.iter();
        let params: Vec<_> = params
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        blocks.push(Block::Paragraph(format!("· {}", say(&learns.code, &params))));
    }
    blocks
}

fn terms(annex: &Annex, agreement: &Agreement) -> Vec<Row> {
    let catalogue = Catalogue::national();
    let rules: Vec<_> = agreement.rules.iter().map(ToString::to_string).collect();
    let rules = match rules.is_empty() {
        true => PAPER.word("paper_none"),
        false => rules.join("、"),
    };
    let fields = agreement.label.iter().flat_map(|label| &label.fields);
    let fields: Vec<_> = fields
        .map(|field| PAPER.word(&format!("label_field_{}", field.code())))
        .collect();
    let label = match fields.is_empty() {
        true => PAPER.word("paper_none"),
        false => fields.join("、"),
    };
    let months = agreement.selection.months;
    let mut rows = vec![
        row("paper_number", agreement.number.clone()),
        row("paper_agreement_digest", annex.digest().to_string()),
        row("paper_legal_basis", agreement.legal_basis.join("；")),
    ];
    for (index, party) in agreement.parties.iter().enumerate() {
        rows.push(row(
            "paper_parties",
            party_text(party, agreement.may_receive(index), &catalogue),
        ));
    }
    rows.extend([
        row("paper_place", agreement.place.to_string()),
        row(
            "paper_months",
            say(
                "paper_from_before",
                &[
                    ("from", &months.from.to_string()),
                    ("until", &months.to.to_string()),
                ],
            ),
        ),
        row(
            "framework_key_kind",
            PAPER.word(&format!("paper_key_kind_{}", agreement.key_kind.code())),
        ),
        row(
            "framework_mode",
            PAPER.word(&format!("paper_mode_{}", agreement.mode.code())),
        ),
        row("framework_label", label),
        row("framework_suite", agreement.suite.clone()),
        row("paper_rules_named", rules),
        row("paper_rules_digest", agreement.rules_digest.to_string()),
        row("framework_rounds", agreement.rounds_a_month.to_string()),
        row("framework_resume", agreement.resume_hours.to_string()),
        row("framework_retention", agreement.retention_days.to_string()),
        row(
            "paper_validity",
            say(
                "paper_from_until",
                &[
                    ("from", &agreement.valid_from.to_string()),
                    ("until", &agreement.expires.to_string()),
                ],
            ),
        ),
    ]);
    rows
}

fn party_text(party: &Party, learns: bool, catalogue: &Catalogue) -> String {
    let programmes = party.programmes.iter();
    let programmes: Vec<_> = programmes
        .map(|code| programme(code.as_str(), catalogue, PAPER))
        .collect();
    let part = if learns {
        "framework_party_learns"
    } else {
        "framework_party_answers"
    };
    let params = [
        ("name", party.name.as_str()),
        ("programmes", &programmes.join("、")),
        ("max", &party.max_elements.to_string()),
        ("tls", &party.tls_key.to_string()),
        ("scheme", party.case_scheme.as_deref().unwrap_or_default()),
        ("part", &PAPER.word(part)),
    ];
    say("framework_party", &params)
}

/// Room for the seal, and for what is written by hand.
fn seal(name: &str, document: Option<&str>) -> Vec<Row> {
    vec![
        row("framework_seal_party", name.to_owned()),
        // As high as a seal.
        row("framework_seal", "　".to_owned()),
        row("framework_seal_document", document.unwrap_or_default().to_owned()),
        row("framework_seal_date", String::new()),
    ]
}

fn row(code: &str, value: String) -> Row {
    Row {
        label: PAPER.word(code),
        value,
    }
}

#[cfg(test)]
mod tests;
