//! 对方的处理: what the other agency told of a matter that both have part in.

use hefu_node::api::view::{CopyView, ThereView};

use super::short;
use crate::printer::table;
use crate::words::Lang;

/// What stands there, in one cell: what it decided, whether that contradicts what stands here.
pub(super) fn in_short(there: &ThereView, lang: Lang) -> String {
    let said = lang.say("there_outcome", &[("outcome", there.outcome.clone())]);
    match &there.contradiction {
        Some(_) => format!("{said} {}", lang.word("there_contradicts")),
        None => said,
    }
}

/// The same with the number and the day of the paper.
pub(super) fn in_full(there: &ThereView, lang: Lang) -> String {
    let paper = [there.document.clone(), there.on.to_string()];
    let how = there.contradiction.as_ref().map(|how| lang.word(how));
    let said = std::iter::once(lang.word(&there.outcome)).chain(paper).chain(how);
    said.collect::<Vec<_>>().join(" / ")
}

/// All that was told, the oldest first, and what follows from it.
pub(super) fn listed(all: &[ThereView], lang: Lang) -> String {
    if all.is_empty() {
        return String::new();
    }
    let codes = ["col_act_on", "col_there", "col_there_document", "col_item"];
    let heading = codes.map(|code| lang.word(code)).to_vec();
    let row = |there: &ThereView| {
        vec![
            there.on.to_string(),
            lang.word(&there.outcome),
            there.document.clone(),
            short(&there.item),
        ]
    };
    let rows: Vec<_> = std::iter::once(heading).chain(all.iter().map(row)).collect();
    let mut said = table(&rows);
    if let Some(how) = all.last().and_then(|last| last.contradiction.as_ref()) {
        said.push_str(&lang.say("there_contradiction", &[("how", how.clone())]));
        said.push('\n');
    }
    said
}

/// Whose copies say otherwise than what was corrected.
pub(super) fn to_recall(copies: &[CopyView], lang: Lang) -> String {
    if copies.is_empty() {
        return String::new();
    }
    let mut said = lang.word("recall_copies") + "\n";
    for copy in copies {
        let params = [
            ("copy", copy.copy.to_string()),
            ("at", super::local(&copy.at)),
            ("by", copy.by.clone()),
        ];
        said.push_str(&lang.say("recall_copy", &params));
        said.push('\n');
    }
    said
}

#[cfg(test)]
mod tests {
    use hefu_casework::Hex;

    use super::*;

    fn there(outcome: &str, contradiction: Option<&str>) -> ThereView {
        ThereView {
            item: Hex([0xab; 16]),
            outcome: outcome.to_owned(),
            document: "县残决〔2026〕3号".to_owned(),
            on: jiff::civil::date(2026, 12, 1),
            heard_at: "2026-12-01T02:00:00Z".parse().unwrap(),
            contradiction: contradiction.map(str::to_owned),
        }
    }

    #[test]
    fn what_the_other_agency_decided_is_told_with_its_paper_and_what_contradicts_is_flagged() {
        let stopped = there("decision_stopped", Some("contradiction_both_take"));
        assert_eq!(
            in_short(&stopped, Lang::Zh),
            "对方：停发 （与本单位处理相互矛盾）"
        );
        assert_eq!(
            in_short(&there("stage_corrected", None), Lang::Zh),
            "对方：已更正"
        );
        for lang in [Lang::Zh, Lang::En] {
            for said in [
                in_full(&stopped, lang),
                listed(&[there("result_returned", None), stopped.clone()], lang),
            ] {
                for part in ["县残决〔2026〕3号", "2026-12-01"] {
                    assert!(said.contains(part), "{said}");
                }
                assert!(said.contains(&lang.word("contradiction_both_take")), "{said}");
            }
        }
        assert_eq!(listed(&[], Lang::Zh), "");
    }

    #[test]
    fn each_copy_that_is_wrong_is_named_with_its_holder() {
        let copy = CopyView {
            copy: 2,
            at: "2026-12-01T02:00:00Z".parse().unwrap(),
            by: "李主任".to_owned(),
        };
        for lang in [Lang::Zh, Lang::En] {
            let said = to_recall(std::slice::from_ref(&copy), lang);
            assert!(said.contains('2') && said.contains("李主任"), "{said}");
            assert_eq!(to_recall(&[], lang), "");
        }
    }
}
