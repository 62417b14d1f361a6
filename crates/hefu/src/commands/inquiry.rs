//! `hefu inquiry`: 协查, on either side. A number leaves only by the second approval, and the screen says so.

use std::path::Path;

use hefu_casework::letter::LetterKind;
use hefu_node::api::view::{
    ActView, AnswerRequest, InquiryDetail, InquiryList, InquiryView, NodeView, ReasonRequest, RecordView,
};
use hyper::Method;

use super::{headings, json, rows_at, short, there, write_new};
use crate::args::InquiryCommand;
use crate::client::{Client, read};
use crate::failure::{Exit, Failure};
use crate::naming;
use crate::printer::{Printer, table, yuan};
use crate::words::Lang;

pub(crate) async fn run(command: InquiryCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let (named, step) = match command {
        InquiryCommand::List { open } => {
            let mut list: InquiryList = client.get("/api/v1/inquiries").await?;
            list.inquiries.retain(|inquiry| !open || is_open(inquiry));
            printer.result(&json(&list), |lang| list_text(&list, lang));
            return Ok(());
        }
        InquiryCommand::Draft(draft) => {
            let (finding, request) = draft.request();
            let round = naming::round(&finding.round, client).await?;
            let path = format!("/api/v1/rounds/{round}/findings/{}/inquiries", finding.seq);
            let detail: InquiryDetail = client.post(&path, &request).await?;
            printer.result(&json(&detail), |lang| text(&detail, lang));
            return Ok(());
        }
        InquiryCommand::Letter { of, out } => return letter(&of.item, &out, client, printer).await,
        InquiryCommand::Show { of } => (of.item, Step::Show),
        InquiryCommand::Approve { of } => (of.item, Step::Bare("approve")),
        InquiryCommand::Take { of } => (of.item, Step::Bare("take")),
        InquiryCommand::Refuse { of, why } => (of.item, Step::For("refuse", why.reason)),
        InquiryCommand::Withdraw { of, why } => (of.item, Step::For("withdraw", why.reason)),
        InquiryCommand::Close { of, why } => (of.item, Step::For("close", why.reason)),
        InquiryCommand::Answer {
            of,
            answer,
            document,
            text,
        } => {
            let answer = answer.request();
            let request = AnswerRequest {
                answer,
                document,
                text,
            };
            (of.item, Step::Answer(request))
        }
    };
    let item = naming::inquiry(&named, client).await?;
    let path = |step: &str| format!("/api/v1/inquiries/{item}{step}");
    let detail: InquiryDetail = match step {
        Step::Show => client.get(&path("")).await?,
        Step::Bare(step) => read(&client.command(Method::POST, &path(&format!("/{step}"))).await?)?,
        Step::For(step, reason) => {
            client
                .post(&path(&format!("/{step}")), &ReasonRequest { reason })
                .await?
        }
        Step::Answer(request) => client.post(&path("/answer"), &request).await?,
    };
    printer.result(&json(&detail), |lang| text(&detail, lang));
    Ok(())
}

enum Step {
    Show,
    Bare(&'static str),
    For(&'static str, String),
    Answer(AnswerRequest),
}

/// What was asked and answered about a finding, a line for each, and what follows for its verification.
pub(crate) fn about(inquiries: &[InquiryView], lang: Lang) -> String {
    let mut said = String::new();
    for inquiry in inquiries {
        said.push_str(&line(inquiry, lang));
        said.push('\n');
        let own = inquiry.side == "asks";
        let other = |answer: &hefu_node::api::view::AnswerView| answer.answer == "other_person";
        if own && inquiry.answer.as_ref().is_some_and(other) {
            said.push_str(&lang.word("inquiry_other_person"));
            said.push('\n');
        }
    }
    said
}

/// One inquiry in one line.
pub(crate) fn line(inquiry: &InquiryView, lang: Lang) -> String {
    let on = inquiry
        .released_on
        .map_or_else(String::new, |day| day.to_string());
    let params = [
        ("item", short(&inquiry.item)),
        ("peer", inquiry.peer_name.clone()),
        ("document", inquiry.document.clone()),
        ("on", on),
        ("stage", inquiry.stage.clone()),
        ("answer", answer(inquiry, lang)),
    ];
    lang.say(&format!("inquiry_line_{}", inquiry.side), &params)
}

fn answer(inquiry: &InquiryView, lang: Lang) -> String {
    match &inquiry.answer {
        Some(answer) => lang.word(&format!("answer_{}", answer.answer)),
        None => "—".to_owned(),
    }
}

fn is_open(inquiry: &InquiryView) -> bool {
    !matches!(
        inquiry.stage.as_str(),
        "inquiry_stage_closed" | "inquiry_stage_refused" | "inquiry_stage_withdrawn" | "reply_stage_sent"
    )
}

fn list_text(list: &InquiryList, lang: Lang) -> String {
    if list.inquiries.is_empty() {
        return lang.word("inquiry_none") + "\n" + &lang.word("not_a_decision");
    }
    let codes = [
        "col_item",
        "col_side",
        "col_peer",
        "col_person",
        "col_key_group",
        "col_document",
        "col_answer_due",
        "col_standing",
        "col_answer",
    ];
    let row = |inquiry: &InquiryView| {
        vec![
            short(&inquiry.item),
            lang.word(&format!("inquiry_side_{}", inquiry.side)),
            inquiry.peer_name.clone(),
            inquiry.person.clone(),
            lang.word(&format!("inquiry_key_{}", inquiry.key_group)),
            inquiry.document.clone(),
            due(inquiry, lang),
            lang.word(&inquiry.stage),
            answer(inquiry, lang),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(list.inquiries.iter().map(row))
        .collect();
    table(&rows) + &lang.word("not_a_decision")
}

fn due(inquiry: &InquiryView, lang: Lang) -> String {
    match inquiry.due {
        Some(day) if inquiry.overdue => lang.say("inquiry_overdue", &[("day", day.to_string())]),
        Some(day) => day.to_string(),
        None => "—".to_owned(),
    }
}

fn text(detail: &InquiryDetail, lang: Lang) -> String {
    let inquiry = &detail.inquiry;
    let joined = |items: &[String]| Some(items.join(" ")).filter(|text| !text.is_empty());
    let finding = inquiry
        .finding
        .as_ref()
        .map(|finding| format!("{} {}", short(&finding.round), finding.seq));
    let found = inquiry.answer.as_ref().map(|given| {
        let said = [
            Some(answer(inquiry, lang)),
            Some(given.document.clone()),
            given.text.clone(),
        ];
        said.into_iter().flatten().collect::<Vec<_>>().join(" / ")
    });
    let rows = [
        ("col_item", Some(inquiry.item.to_string())),
        (
            "col_side",
            Some(lang.word(&format!("inquiry_side_{}", inquiry.side))),
        ),
        ("col_peer", Some(inquiry.peer_name.clone())),
        ("col_agreement", Some(inquiry.agreement_number.clone())),
        ("col_document", Some(inquiry.document.clone())),
        ("col_rule", inquiry.rule.clone()),
        ("col_months", joined(&inquiry.months)),
        ("col_person", Some(inquiry.person.clone())),
        (
            "col_key_group",
            Some(lang.word(&format!("inquiry_key_{}", inquiry.key_group))),
        ),
        ("col_question", inquiry.question.clone()),
        ("col_answer_due", inquiry.due.map(|_| due(inquiry, lang))),
        ("col_standing", Some(lang.word(&inquiry.stage))),
        ("col_approved_by", joined(&inquiry.approved_by)),
        ("col_disclosure", detail.disclosure.map(|seq| seq.to_string())),
        ("col_own_finding", finding),
        ("col_answer", found),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter_map(|(code, value)| Some(vec![lang.word(code), value?]))
        .collect();
    let mut said = table(&rows);
    if !detail.acts.is_empty() {
        said.push('\n');
        said.push_str(&acts(&detail.acts, lang));
    }
    said.push_str(&records(detail, lang));
    said.push_str(&there::listed(&detail.there, lang));
    if let Some(code) = &detail.refused_there {
        said.push_str(&lang.say("inquiry_refused_there", &[("why", lang.word(code))]));
        said.push('\n');
    }
    if inquiry.side == "asks" {
        said.push_str(&about(std::slice::from_ref(inquiry), lang));
    }
    said.push_str(&lang.word(&format!("next_{}", inquiry.stage)));
    said.push('\n');
    said + &lang.word("not_a_decision")
}

fn acts(acts: &[ActView], lang: Lang) -> String {
    let codes = ["col_act_number", "col_act_on", "col_act", "col_act_by"];
    let row = |act: &ActView| {
        vec![
            act.number.to_string(),
            act.on.to_string(),
            lang.word(&act.code),
            act.by.clone(),
        ]
    };
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(acts.iter().map(row))
        .collect();
    table(&rows)
}

/// What this agency has of the person who is asked about, and what that suggests.
fn records(detail: &InquiryDetail, lang: Lang) -> String {
    let Some(records) = &detail.records else {
        return String::new();
    };
    let mut said = "\n".to_owned();
    if records.cannot_find {
        return said + &lang.word("inquiry_cannot_find") + "\n";
    }
    if !records.rows.is_empty() {
        let codes = [
            "col_rows_at",
            "col_programme",
            "col_when",
            "col_state",
            "col_amount",
        ];
        let row = |record: &RecordView| {
            vec![
                rows_at(std::slice::from_ref(&record.row)),
                record.programme.clone(),
                when(record),
                lang.word(&format!("record_{}", record.status)),
                record.fen.map_or_else(|| "—".to_owned(), yuan),
            ]
        };
        let rows: Vec<_> = std::iter::once(headings(lang, &codes))
            .chain(records.rows.iter().map(row))
            .collect();
        said.push_str(&table(&rows));
    }
    if let Some(suggested) = &records.suggested {
        let answer = lang.word(&format!("answer_{suggested}"));
        said.push_str(&lang.say("inquiry_suggested", &[("answer", answer)]));
        said.push('\n');
    }
    said
}

/// `2026-07..2026-09` is from July to August.
fn when(record: &RecordView) -> String {
    match &record.until {
        Some(until) => format!("{}..{until}", record.from),
        None => record.from.clone(),
    }
}

/// The number leaves by the letter as it does by the note, so there is none before the release.
async fn letter(named: &str, out: &Path, client: &Client, printer: &Printer) -> Result<(), Failure> {
    let item = naming::inquiry(named, client).await?;
    let detail: InquiryDetail = client.get(&format!("/api/v1/inquiries/{item}")).await?;
    let node: NodeView = client.get("/api/v1/node").await?;
    let inquiry = &detail.inquiry;
    let (Some(disclosure), Some(on), Some(due)) = (detail.disclosure, inquiry.released_on, inquiry.due)
    else {
        return Err(Failure::new(Exit::Policy, "inquiry_not_released", []));
    };
    // The letter is in Chinese, whatever the screen speaks.
    let rule = inquiry
        .rule
        .as_ref()
        .map(|rule| Lang::Zh.word(&format!("rule_{rule}")));
    let facts = [
        ("from", node.name),
        ("to", inquiry.peer_name.clone()),
        ("number", inquiry.document.clone()),
        ("item", item.to_string()),
        ("agreement", inquiry.agreement_number.clone()),
        (
            "approval",
            Lang::Zh.say("inquiry_approval", &[("seq", disclosure.to_string())]),
        ),
        ("rule", rule.unwrap_or_default()),
        ("due", due.to_string()),
        ("date", on.to_string()),
    ];
    write_new(out, LetterKind::Inquiry.prefilled(&facts).as_bytes())?;
    printer.done("inquiry_letter_written", &[("file", out.display().to_string())]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use hefu_casework::Hex;
    use hefu_casework::letter::Facts;
    use hefu_node::api::view::{AnswerView, NOTICE, RecordsView};
    use jiff::civil::date;

    use super::*;

    fn asked(answer: Option<&str>) -> InquiryView {
        InquiryView {
            item: Hex([0xab; 16]),
            side: "asks".to_owned(),
            stage: "inquiry_stage_answered".to_owned(),
            overdue: false,
            due: Some(date(2026, 11, 11)),
            released_on: Some(date(2026, 11, 4)),
            peer: Hex([1; 32]),
            peer_name: "县残联".to_owned(),
            agreement: Hex([2; 32]),
            agreement_number: "1号".to_owned(),
            document: "某民协查〔2026〕1号".to_owned(),
            rule: Some("X3".to_owned()),
            months: vec!["2026-07".to_owned()],
            person: "29**************2X".to_owned(),
            key_group: "unknown".to_owned(),
            words_may_cross: false,
            opened_at: "2026-11-02T04:00:00Z".parse().unwrap(),
            owner: Some("甲".to_owned()),
            approved_by: vec!["甲".to_owned(), "乙".to_owned()],
            finding: None,
            question: None,
            answer: answer.map(|code| AnswerView {
                answer: code.to_owned(),
                document: "某残复〔2026〕1号".to_owned(),
                text: None,
            }),
        }
    }

    fn detail(inquiry: InquiryView, records: Option<RecordsView>) -> InquiryDetail {
        InquiryDetail {
            notice: NOTICE.to_owned(),
            inquiry,
            disclosure: Some(3),
            refused_there: None,
            records,
            there: Vec::new(),
            acts: Vec::new(),
        }
    }

    #[test]
    fn another_person_is_said_to_follow_for_verification() {
        for lang in [Lang::Zh, Lang::En] {
            let follows = lang.word("inquiry_other_person");
            assert!(about(&[asked(Some("other_person"))], lang).contains(&follows));
            assert!(!about(&[asked(Some("paid_then"))], lang).contains(&follows));
            assert!(!about(&[asked(None)], lang).contains(&follows));
        }
        assert!(
            Lang::Zh
                .word("inquiry_other_person")
                .contains("hefu finding verify")
        );
    }

    #[test]
    fn what_cannot_be_told_is_not_said_to_be_nothing() {
        let gone = RecordsView {
            cannot_find: true,
            rows: Vec::new(),
            suggested: None,
        };
        let none = RecordsView {
            cannot_find: false,
            suggested: Some("no_record".to_owned()),
            ..gone.clone()
        };
        let no_record = Lang::Zh.word("answer_no_record");
        let of = |records| text(&detail(asked(None), Some(records)), Lang::Zh);
        assert!(!of(gone.clone()).contains(&no_record));
        assert!(of(gone).contains(&Lang::Zh.word("inquiry_cannot_find")));
        assert!(of(none).contains(&no_record));
    }

    #[test]
    fn lists_and_pages_end_with_the_notice() {
        for lang in [Lang::Zh, Lang::En] {
            let notice = lang.word("not_a_decision");
            let list = |inquiries| InquiryList {
                notice: NOTICE.to_owned(),
                inquiries,
            };
            for said in [
                list_text(&list(vec![]), lang),
                list_text(&list(vec![asked(None)]), lang),
                text(&detail(asked(None), None), lang),
            ] {
                assert!(said.ends_with(&notice), "{said}");
            }
        }
        let late = InquiryView {
            overdue: true,
            ..asked(None)
        };
        assert!(due(&late, Lang::Zh).contains("逾期"));
    }

    /// The rest is for the case worker to write, and then it is a letter.
    #[test]
    fn a_prefilled_file_of_facts_is_one_that_reads() {
        let filled = LetterKind::Inquiry.prefilled(&[("number", "某民协查〔2026〕\"1\"号".to_owned())]);
        let quoted = filled.lines().find(|line| line.starts_with("number = ")).unwrap();
        let read: toml::Table = quoted.parse().unwrap();
        assert_eq!(read["number"].as_str(), Some("某民协查〔2026〕\"1\"号"));
        assert!(Facts::read(LetterKind::Inquiry, "facts", &filled).is_err());
    }
}
