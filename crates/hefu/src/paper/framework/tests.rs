#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use hefu_casework::conference::{FrameworkDraft, Seated};
use hefu_casework::{AgencyRole, Hex, RuleSet, learns};
use hefu_node::api::view::{EditionParty, EditionView, Learns};
use hefu_node::letter::{docx, page};
use jiff::Timestamp;
use serde_json::Value;

use super::*;

const SAMPLE: &str = include_str!("../../../samples/framework.toml");
const SUITE: &str = "ristretto255-SHA512";

fn seat_of(name: &str, role: AgencyRole, byte: u8) -> Seat {
    Seat {
        name: name.to_owned(),
        role,
        node_key: Hex([byte; 32]),
    }
}

fn text_of(draft: &str) -> Framework {
    let members = [
        ("县人民检察院", AgencyRole::Procuratorate),
        ("县人民法院", AgencyRole::Court),
        ("县民政局", AgencyRole::CivilAffairs),
        ("县残疾人联合会", AgencyRole::DisabledFederation),
    ];
    let seated: Vec<_> = members
        .iter()
        .zip(1..)
        .map(|((name, role), byte)| Seated {
            seat: seat_of(name, *role, byte),
            tls_key: Hex([0xa0 + byte; 32]),
        })
        .collect();
    let office = seat_of("县联席会议办公室", AgencyRole::ConferenceOffice, 9);
    let draft = FrameworkDraft::parse(draft).unwrap();
    draft
        .text(office, &seated, None, SUITE, &RuleSet::national())
        .unwrap()
}

fn detail_of(framework: &Framework) -> EditionDetail {
    let rules = RuleSet::national();
    let party = |seat: &Seat| EditionParty {
        name: seat.name.clone(),
        node_key: seat.node_key,
        state: "open".to_owned(),
        signed_at: None,
        reason: None,
        document: (seat.name == "县民政局").then(|| "县民〔2026〕8号".to_owned()),
        scan: None,
    };
    let annexes = framework.annexes.iter().map(|annex| {
        let parties = annex.agreement.parties.iter().enumerate();
        let learned = parties.flat_map(|(index, party)| {
            learns(&annex.agreement, &rules, index)
                .into_iter()
                .map(|each| Learns {
                    party: party.name.clone(),
                    code: each.code.to_owned(),
                    params: each
                        .params
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                })
        });
        AnnexView {
            code: annex.code.as_str().to_owned(),
            annex: annex.digest(),
            purpose: annex.agreement.purpose.code().to_owned(),
            own: false,
            learns: learned.collect(),
            breach: None,
        }
    });
    EditionDetail {
        summary: EditionView {
            framework: framework.digest(),
            number: framework.number.as_str().to_owned(),
            title: framework.title.as_str().to_owned(),
            edition: framework.edition,
            amends: framework.amends,
            drafted_at: Timestamp::UNIX_EPOCH,
            valid_from: framework.valid_from,
            expires: framework.expires,
            in_force: false,
            parties: std::iter::once(&framework.office)
                .chain(&framework.members)
                .map(party)
                .collect(),
        },
        annexes: annexes.collect(),
        text: serde_json::to_value(framework).unwrap(),
    }
}

fn said(letter: &Letter) -> String {
    let mut said = letter.title.to_string();
    for block in &letter.blocks {
        match block {
            Block::Number(text) | Block::Paragraph(text) => said += text,
            Block::Table(rows) => rows
                .iter()
                .for_each(|row| said += &format!("{} {}\n", row.label, row.value)),
            Block::NewPage => {}
            _ => panic!("another block"),
        }
        said.push('\n');
    }
    said
}

/// What stands on paper for a leaf of the signed text.
fn shown(path: &str, leaf: &Value) -> String {
    let code = leaf.as_str().map_or_else(|| leaf.to_string(), str::to_owned);
    let last = path.rsplit('.').next().unwrap();
    match last {
        "role" => PAPER.word(&format!("role_{code}")),
        "purpose" => PAPER.word(&format!("purpose_{code}")),
        "key_kind" => PAPER.word(&format!("paper_key_kind_{code}")),
        "mode" => PAPER.word(&format!("paper_mode_{code}")),
        "programmes" => programme(&code, &Catalogue::national(), PAPER),
        "fields" => PAPER.word(&format!("label_field_{code}")),
        "absent" => PAPER.word(&format!("framework_absent_{code}")),
        "late" => PAPER.word(&format!("framework_late_{code}")),
        _ => code,
    }
}

fn leaves(path: &str, value: &Value, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| leaves(&format!("{path}.{name}"), value, found)),
        Value::Array(items) => items.iter().for_each(|item| leaves(path, item, found)),
        Value::Null => {}
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

/// The form's version, the widths that follow from what labels hold, and places in a list of two, which are told by words.
const NOT_IN_WORDS: [&str; 4] = ["version", "max_bytes", "receivers", "under"];

#[test]
fn every_value_of_the_text_stands_on_paper() {
    let framework = text_of(SAMPLE);
    let text = said(&super::framework(&detail_of(&framework)).unwrap());
    let mut all = Vec::new();
    leaves("", &serde_json::to_value(&framework).unwrap(), &mut all);
    assert!(all.len() > 80, "{}", all.len());
    for (path, leaf) in &all {
        if NOT_IN_WORDS.contains(&path.rsplit('.').next().unwrap()) {
            continue;
        }
        let shown = shown(path, leaf);
        assert!(text.contains(&shown), "{path}: no {shown} in\n{text}");
    }
    // Each annex's own digest, that of the whole on the first page and beside the seals, and room for each seal.
    let digest = framework.digest().to_string();
    assert_eq!(text.matches(&digest).count(), 2);
    for annex in &framework.annexes {
        assert!(text.contains(&annex.digest().to_string()));
    }
    assert_eq!(text.matches("公章").count(), 5);
    assert!(text.contains("文号 县民〔2026〕8号"));
    for must in [
        "少于 5 条",
        "72 小时",
        "96 小时",
        "30 日",
        "县民政局将知悉",
        "不得仅凭比对结果停发或追缴",
    ] {
        assert!(text.contains(must), "{must}");
    }
    // Both learn in the first annex, the procuratorate alone in the second.
    assert_eq!(text.matches("，知悉结果").count(), 3);
    assert_eq!(text.matches("，不知悉结果").count(), 1);
    // Nothing is left to fill in.
    assert!(!text.contains('{') && !text.contains("learn_"), "{text}");
}

#[test]
fn a_changed_digit_is_another_text() {
    let framework = text_of(SAMPLE);
    let changed = text_of(&SAMPLE.replace("max_elements = 50_000", "max_elements = 50_001"));
    assert_ne!(framework.digest(), changed.digest());
    let text = said(&super::framework(&detail_of(&changed)).unwrap());
    assert!(!text.contains(&framework.digest().to_string()) && text.contains(&changed.digest().to_string()));
    // And where it is left out what is so anyhow, it is the same.
    assert_eq!(
        text_of(&SAMPLE.replace("# rounds_a_month = 4", "rounds_a_month = 4")).digest(),
        framework.digest()
    );
}

#[test]
fn whatever_can_be_written_in_a_draft_is_understood() {
    let all: String = SAMPLE
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|line| line.contains(" = "))
                .unwrap_or(line)
                .to_owned()
                + "\n"
        })
        .collect();
    let framework = text_of(&all);
    let annex = &framework.annexes[0].agreement;
    assert_eq!((annex.rules.len(), annex.receivers.as_slice()), (1, &[0][..]));
    assert_eq!(annex.legal_basis, ["社会救助暂行办法第五十八条"]);
    assert!(FrameworkDraft::parse(&format!("{SAMPLE}colour = 1\n")).is_err());
    assert!(FrameworkDraft::parse(&SAMPLE.replace("smallest = 5", "")).is_err());
}

#[test]
fn an_office_suite_opens_the_paper() {
    let framework = text_of(SAMPLE);
    let letter = super::framework(&detail_of(&framework)).unwrap();
    let html = page(&letter);
    assert!(html.contains(&framework.digest().to_string()) && html.contains("<title>框架协议</title>"));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("text.docx");
    std::fs::write(&file, &*docx(&letter).unwrap()).unwrap();
    let Some(text) = crate::ledger::tests::converted(&file, "txt:Text (encoded):UTF8", "txt") else {
        return;
    };
    let squeezed = |text: &str| text.split_whitespace().collect::<String>();
    let opened = squeezed(&std::fs::read_to_string(text).unwrap());
    for must in [
        framework.title.as_str(),
        &framework.digest().to_string(),
        "签署页",
        "县残疾人联合会",
        "附件2",
    ] {
        assert!(opened.contains(&squeezed(must)), "no {must} in {opened}");
    }
}
