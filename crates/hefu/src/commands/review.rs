//! What is done about a finding, and what was done. Each act says what comes next.

use hefu_casework::review::{Act, Decision, ReviewResult, Statement};
use hefu_node::api::view::{ActView, EventRequest, FindingView, HistoryView, ReviewView};
use jiff::tz::offset;

use super::{headings, inquiry, json, short, there};
use crate::args::{FindingArgs, ReviewCommand};
use crate::client::Client;
use crate::failure::Failure;
use crate::naming;
use crate::printer::{Printer, table, yuan};
use crate::words::Lang;

pub(super) async fn act(command: ReviewCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let (at, act) = command.request();
    let round = naming::round(&at.finding.round, client).await?;
    let path = format!("/api/v1/rounds/{round}/findings/{}/events", at.finding.seq);
    let view: HistoryView = client
        .post(
            &path,
            &EventRequest {
                on: at.on,
                after: None,
                act,
            },
        )
        .await?;
    printer.result(&json(&view), |lang| recorded(&view, lang));
    Ok(())
}

pub(super) async fn history(of: FindingArgs, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let round = naming::round(&of.round, client).await?;
    let path = format!("/api/v1/rounds/{round}/findings/{}/history", of.seq);
    let view: HistoryView = client.get(&path).await?;
    printer.result(&json(&view), |lang| text(&view, lang));
    Ok(())
}

/// How far a finding is, in one cell.
pub(super) fn standing(finding: &FindingView, lang: Lang) -> String {
    let Some(review) = &finding.review else {
        return String::new();
    };
    if review.corrected_before.is_some() {
        return lang.word("stage_corrected_before");
    }
    let verdict = review.verdict.as_ref().map(|verdict| lang.word(verdict));
    let decision = review.decision.as_ref().map(|decision| lang.word(decision));
    let owner = review.owner.clone();
    let there = review.there.as_ref().map(|there| there::in_short(there, lang));
    let objected = review
        .objected_on
        .map(|on| lang.say("objected_on", &[("on", on.to_string())]));
    let said = [
        Some(lang.word(&review.stage)),
        verdict,
        decision,
        objected,
        owner,
        there,
    ];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What may be done now.
pub(super) fn next(review: &ReviewView, lang: Lang) -> String {
    if let Some(before) = &review.corrected_before {
        let params = [("round", short(&before.round)), ("seq", before.seq.to_string())];
        return lang.say("next_corrected_before", &params);
    }
    if review.verify_again {
        return lang.word("next_verify_again");
    }
    if let Some(on) = review.objected_on {
        return lang.say("next_objected", &[("on", on.to_string())]);
    }
    let until = review
        .hearing_until
        .map_or_else(String::new, |day| day.to_string());
    lang.say(&format!("next_{}", review.stage), &[("until", until)])
}

fn recorded(view: &HistoryView, lang: Lang) -> String {
    let Some(last) = view.acts.last() else {
        return text(view, lang);
    };
    let params = [
        ("seq", view.seq.to_string()),
        ("act", last.code.clone()),
        ("on", day(last, lang)),
        ("by", last.by.clone()),
    ];
    let recall = there::to_recall(&view.to_recall, lang);
    let said = [
        lang.say("act_recorded", &params),
        next(&view.review, lang),
        recall + &lang.word("not_a_decision"),
    ];
    said.join("\n")
}

fn text(view: &HistoryView, lang: Lang) -> String {
    let codes = [
        "col_act_number",
        "col_act_on",
        "col_act",
        "col_act_by",
        "col_act_details",
    ];
    let row = |act: &ActView| {
        vec![
            act.number.to_string(),
            day(act, lang),
            lang.word(&act.code),
            act.by.clone(),
            details(act, lang).join(" / "),
        ]
    };
    let mut said = String::new();
    if !view.acts.is_empty() {
        let rows: Vec<_> = std::iter::once(headings(lang, &codes))
            .chain(view.acts.iter().map(row))
            .collect();
        said.push_str(&table(&rows));
    }
    if view.withheld && !view.acts.is_empty() {
        said.push_str(&lang.word("reasons_withheld"));
        said.push('\n');
    }
    said.push_str(&inquiry::about(&view.inquiries, lang));
    said.push_str(&there::listed(&view.there, lang));
    said.push_str(&next(&view.review, lang));
    said.push('\n');
    said.push_str(&there::to_recall(&view.to_recall, lang));
    said + &lang.word("not_a_decision")
}

/// The day of an act, and the day on which it was recorded where that is another (both in China): whoever reads it sees
/// what was entered afterwards.
pub(crate) fn day(act: &ActView, lang: Lang) -> String {
    let recorded = offset(8).to_datetime(act.at).date();
    if recorded == act.on {
        return act.on.to_string();
    }
    let params = [("on", act.on.to_string()), ("recorded", recorded.to_string())];
    lang.say("act_recorded_later", &params)
}

/// What was recorded with an act, in words.
pub(crate) fn details(view: &ActView, lang: Lang) -> Vec<String> {
    let Ok(act) = serde_json::from_value::<Act>(view.act.clone()) else {
        return vec![view.act.to_string()];
    };
    let paper = |said: Vec<String>, authority: &str, document: &str, reason: &str| {
        let paper = [authority, document, reason].map(str::to_owned);
        said.into_iter().chain(paper).collect()
    };
    match act {
        Act::Taken {} => Vec::new(),
        Act::HandedOver(act) => vec![act.to.as_str().to_owned(), act.reason.as_str().to_owned()],
        Act::Verified(act) => vec![lang.word(act.result.code()), act.reason.as_str().to_owned()],
        Act::Told(act) => {
            let until = [("until", act.hearing.until().to_string())];
            vec![act.document.as_str().to_owned(), lang.say("act_until", &until)]
        }
        Act::Heard(Statement::Given { document }) => vec![document.as_str().to_owned()],
        Act::Heard(Statement::NoneInTime {}) => vec![lang.word("statement_none_in_time")],
        Act::Excepted(act) => vec![
            act.legal_basis.as_str().to_owned(),
            act.reason.as_str().to_owned(),
        ],
        Act::Decided(act) => paper(
            decision(&act.decision, lang),
            act.authority.as_str(),
            act.document.as_str(),
            act.reason.as_str(),
        ),
        Act::Objected(act) => vec![
            act.document.as_str().to_owned(),
            lang.say("act_received", &[("on", act.received.to_string())]),
            act.reason.as_str().to_owned(),
        ],
        Act::Reviewed(act) => {
            let mut said = vec![lang.word(act.result.code())];
            if let ReviewResult::Changed { to } = &act.result {
                said.extend(decision(to, lang));
            }
            paper(
                said,
                act.authority.as_str(),
                act.document.as_str(),
                act.reason.as_str(),
            )
        }
        Act::Corrected(act) => paper(
            Vec::new(),
            act.authority.as_str(),
            act.document.as_str(),
            act.reason.as_str(),
        ),
    }
}

fn decision(decision: &Decision, lang: Lang) -> Vec<String> {
    let mut said = vec![lang.word(decision.code())];
    match decision {
        Decision::Recovered { fen } => said.push(yuan(fen.0)),
        Decision::Referred { to } => said.push(to.as_str().to_owned()),
        Decision::Lawful {} | Decision::DataError {} | Decision::Stopped {} => {}
    }
    said
}

#[cfg(test)]
mod tests {
    use hefu_casework::Hex;
    use hefu_node::api::view::{BeforeView, NOTICE};
    use serde_json::{Value, json};

    use super::*;

    fn act(number: u64, code: &str, act: Value) -> ActView {
        ActView {
            number,
            at: "2026-03-02T02:00:00Z".parse().unwrap(),
            by: "王科长".to_owned(),
            on: jiff::civil::date(2026, 3, 2),
            code: code.to_owned(),
            act,
        }
    }

    fn history(stage: &str, acts: Vec<ActView>) -> HistoryView {
        HistoryView {
            notice: NOTICE.to_owned(),
            seq: 3,
            withheld: false,
            review: ReviewView {
                stage: stage.to_owned(),
                owner: Some("王科长".to_owned()),
                verdict: None,
                decision: None,
                hearing_until: (stage == "stage_told").then_some(jiff::civil::date(2026, 3, 9)),
                corrected_before: None,
                verify_again: false,
                objected_on: None,
                there: None,
            },
            acts,
            there: Vec::new(),
            to_recall: Vec::new(),
            inquiries: Vec::new(),
        }
    }

    #[test]
    fn each_act_is_told_with_what_was_recorded() {
        let paper = json!({ "authority": "县民政局", "document": "民决1号", "reason": "核实属实" });
        let with = |name: &str, value: Value| {
            let mut paper = paper.clone();
            paper[name] = value;
            paper
        };
        let recovered = json!({ "recovered": { "fen": 65_050 } });
        let acts = [
            ("review_taken", json!({ "taken": {} }), ""),
            (
                "review_verified",
                json!({ "verified": { "result": "confirmed", "reason": "账目" } }),
                "属实 / 账目",
            ),
            (
                "review_told",
                json!({ "told": { "document": "告1号", "hearing": { "days": 5, "unit": "natural", "until": "2026-03-09" } } }),
                "告1号 / 陈述申辩至 2026-03-09",
            ),
            (
                "review_heard",
                json!({ "heard": { "none_in_time": {} } }),
                "逾期未陈述",
            ),
            (
                "review_decided",
                json!({ "decided": with("decision", recovered.clone()) }),
                "追缴 / 650.50 / 县民政局 / 民决1号 / 核实属实",
            ),
            (
                "review_objected",
                json!({ "objected": { "document": "异1号", "reason": "八月未领取", "received": "2026-03-01" } }),
                "异1号 / 2026-03-01 收到 / 八月未领取",
            ),
            (
                "review_reviewed",
                json!({ "reviewed": with("result", json!({ "changed": { "to": { "stopped": {} } } })) }),
                "变更 / 停发 / 县民政局 / 民决1号 / 核实属实",
            ),
        ];
        for (code, recorded, expected) in acts {
            assert_eq!(
                details(&act(1, code, recorded), Lang::Zh).join(" / "),
                expected,
                "{code}"
            );
        }
    }

    #[test]
    fn what_comes_next_is_said_with_the_notice() {
        let told = json!({ "told": { "document": "告1号", "hearing": { "days": 5, "unit": "natural", "until": "2026-03-09" } } });
        let view = history("stage_told", vec![act(1, "review_told", told)]);
        for lang in [Lang::Zh, Lang::En] {
            for said in [text(&view, lang), recorded(&view, lang)] {
                assert!(said.ends_with(&lang.word("not_a_decision")), "{said}");
                assert!(
                    said.contains("2026-03-09") && said.contains("hefu finding hear"),
                    "{said}"
                );
            }
        }
        let mut again = history("stage_told", Vec::new());
        again.review.verify_again = true;
        let said = text(&again, Lang::Zh);
        assert!(
            said.contains("hefu finding verify") && !said.contains("hefu finding hear"),
            "{said}"
        );
        let mut objected = history("stage_decided", Vec::new());
        objected.review.objected_on = Some(jiff::civil::date(2026, 3, 12));
        let said = text(&objected, Lang::Zh);
        assert!(
            said.contains("异议") && said.contains("2026-03-12") && said.contains("hefu finding review"),
            "{said}"
        );
        let mut before = history("stage_open", Vec::new());
        before.review.corrected_before = Some(BeforeView {
            round: Hex([7; 32]),
            seq: 12,
        });
        let said = text(&before, Lang::Zh);
        assert!(said.contains("070707070707") && said.contains("12"), "{said}");
    }

    /// A notice that is said to have been served on the day of the match, and is recorded four weeks later, in the minute in
    /// which the person is said to have let the period pass.
    #[test]
    fn an_act_that_was_recorded_on_another_day_than_it_was_done_shows_both() {
        let told = json!({ "told": { "document": "告1号", "hearing": { "days": 1, "unit": "natural", "until": "2026-03-03" } } });
        let mut late = act(1, "review_told", told);
        late.at = "2026-03-30T02:00:00Z".parse().unwrap();
        for lang in [Lang::Zh, Lang::En] {
            let said = text(&history("stage_told", vec![late.clone()]), lang);
            assert!(
                said.contains("2026-03-02") && said.contains("2026-03-30"),
                "{said}"
            );
        }
    }
}
