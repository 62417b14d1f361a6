//! `hefu finding`: 疑点 of a round. Each is to be verified before anything follows from it, and the screen says so.

use hefu_node::api::view::{ExplanationView, FindingDetail, FindingPage, FindingView, OverdueList};
use hyper::Method;

use super::{headings, inquiry, json, people, review, rows_at, there, write_whole};
use crate::args::{FindingCommand, KeyGroupArg};
use crate::client::{Client, read};
use crate::failure::Failure;
use crate::naming;
use crate::paper;
use crate::printer::{Printer, grouped, table, yuan};
use crate::words::Lang;

pub(crate) async fn run(command: FindingCommand, client: &Client, printer: &Printer) -> Result<(), Failure> {
    match command {
        FindingCommand::List {
            round,
            after,
            limit,
            key_group,
        } => {
            let round = naming::round(&round, client).await?;
            let only = only(key_group);
            let path = format!("/api/v1/rounds/{round}/findings?after={after}&limit={limit}{only}");
            let page: FindingPage = client.get(&path).await?;
            printer.result(&json(&page), |lang| list_text(&page, lang));
        }
        FindingCommand::Overdue { on } => {
            let on = on.map_or_else(String::new, |on| format!("?on={on}"));
            let list: OverdueList = client.get(&format!("/api/v1/findings/overdue{on}")).await?;
            printer.result(&json(&list), |lang| people::overdue(&list, lang));
        }
        FindingCommand::Local {
            place,
            from,
            until,
            key_group,
        } => {
            let only = only(key_group);
            let path = format!("/api/v1/findings/local?place={place}&from={from}&until={until}{only}");
            let page: FindingPage = client.get(&path).await?;
            printer.result(&json(&page), |lang| list_text(&page, lang));
        }
        FindingCommand::Show { round, seq } => {
            let round = naming::round(&round, client).await?;
            let detail: FindingDetail = client
                .get(&format!("/api/v1/rounds/{round}/findings/{seq}"))
                .await?;
            printer.result(&json(&detail), |lang| text(&detail, lang));
        }
        FindingCommand::Act(act) => review::act(act, client, printer).await?,
        FindingCommand::History(finding) => review::history(finding, client, printer).await?,
        FindingCommand::Record { round, seq, out } => {
            let round = naming::round(&round, client).await?;
            let path = format!("/api/v1/rounds/{round}/findings/{seq}/record");
            let view: ExplanationView = read(&client.command(Method::POST, &path).await?)?;
            let record = paper::person_record(&view, printer.lang());
            let written = match out.extension() {
                Some(extension) if extension == "txt" => record.text(),
                _ => record.page(),
            };
            write_whole(&out, written.as_bytes())?;
            printer.done("person_record_written", &[("file", out.display().to_string())]);
        }
    }
    Ok(())
}

fn only(key_group: Option<KeyGroupArg>) -> String {
    key_group.map_or_else(String::new, |group| format!("&key_group={}", group.code()))
}

fn list_text(page: &FindingPage, lang: Lang) -> String {
    let mut text = if page.findings.is_empty() {
        lang.word("finding_none_listed") + "\n"
    } else {
        // A round is of one purpose: its findings are all on letters, or none is.
        let rows = match page.findings.iter().any(|finding| finding.letter.is_some()) {
            true => referrals(page, lang),
            false => payments(page, lang),
        };
        table(&rows)
    };
    if page.to_ask > 0 {
        let params = [("count", grouped(page.to_ask))];
        text.push_str(&lang.say("finding_to_ask", &params));
        text.push('\n');
    }
    for unfound in &page.cannot_find {
        let params = [
            ("rule", unfound.rule.clone()),
            ("reason", unfound.reason.clone()),
            ("rows", grouped(unfound.rows)),
        ];
        text.push_str(&lang.say("paper_cannot_find", &params));
        text.push('\n');
    }
    if page.corrected > 0 {
        let params = [("count", grouped(page.corrected))];
        text.push_str(&lang.say("finding_corrected", &params));
        text.push('\n');
    }
    if let Some(next) = page.next {
        let params = [("total", grouped(page.total)), ("next", next.to_string())];
        text.push_str(&lang.say("finding_more", &params));
        text.push('\n');
    }
    text + &lang.word("not_a_decision")
}

fn payments(page: &FindingPage, lang: Lang) -> Vec<Vec<String>> {
    let compared = page.findings.iter().any(|finding| finding.name.is_some());
    let mut codes = vec![
        "col_seq",
        "col_kind",
        "col_rule",
        "col_person",
        "col_rows_at",
        "col_months",
        "col_to_verify",
        "col_care",
        "col_due",
    ];
    codes.extend(compared.then_some("col_name_agreement"));
    codes.push("col_standing");
    let row = |finding: &FindingView| {
        let mut row = vec![
            finding.seq.to_string(),
            lang.word(&finding.kind),
            finding.rule.clone().unwrap_or_else(|| "—".to_owned()),
            finding.person.clone(),
            rows_at(&finding.rows),
            finding.months.join(" "),
            finding.to_verify_fen.map_or_else(|| "—".to_owned(), yuan),
            people::care(&finding.care, lang),
            people::due(finding.due.as_ref(), lang),
        ];
        row.extend(compared.then(|| name_agreement(finding, lang).unwrap_or_else(|| "—".to_owned())));
        row.push(review::standing(finding, lang));
        row
    };
    std::iter::once(headings(lang, &codes))
        .chain(page.findings.iter().map(row))
        .collect()
}

fn referrals(page: &FindingPage, lang: Lang) -> Vec<Vec<String>> {
    let codes = [
        "col_seq",
        "col_letter",
        "col_person",
        "col_rows_at",
        "col_feedback",
        "col_care",
        "col_standing",
    ];
    let row = |finding: &FindingView| {
        vec![
            finding.seq.to_string(),
            finding.letter.clone().unwrap_or_default(),
            finding.person.clone(),
            rows_at(&finding.rows),
            feedback(finding, lang),
            people::care(&finding.care, lang),
            review::standing(finding, lang),
        ]
    };
    std::iter::once(headings(lang, &codes))
        .chain(page.findings.iter().map(row))
        .collect()
}

/// Whether both agencies know the number under one name; none where names are not compared.
pub(crate) fn name_agreement(finding: &FindingView, lang: Lang) -> Option<String> {
    let name = finding.name.as_ref()?;
    Some(lang.word(&format!("name_agreement_{name}")))
}

/// What the other agency says of a referred person, with the day and why; or that it has said nothing.
fn feedback(finding: &FindingView, lang: Lang) -> String {
    let Some(feedback) = &finding.feedback else {
        return lang.word(&finding.kind);
    };
    let date = feedback.date.map(|date| date.to_string());
    let reason = feedback
        .reason
        .as_ref()
        .map(|reason| lang.word(&format!("feedback_reason_{reason}")));
    [
        Some(lang.word(&format!("feedback_{}", feedback.state))),
        date,
        reason,
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(" ")
}

fn text(detail: &FindingDetail, lang: Lang) -> String {
    let finding = &detail.finding;
    let rule = finding
        .rule
        .as_ref()
        .map(|rule| format!("{rule} {}", lang.word(&format!("rule_{rule}"))));
    let rows = [
        ("col_seq", Some(finding.seq.to_string())),
        ("col_kind", Some(lang.word(&finding.kind))),
        ("col_rule", rule),
        ("col_peer", finding.peer.clone()),
        ("col_person", Some(finding.person.clone())),
        ("col_rows_at", Some(rows_at(&finding.rows))),
        (
            "col_months",
            Some(finding.months.join(" ")).filter(|months| !months.is_empty()),
        ),
        (
            "col_changeover",
            Some(finding.changeover.join(" ")).filter(|months| !months.is_empty()),
        ),
        (
            "col_case",
            match detail.withheld {
                true => Some(lang.word("case_withheld")),
                false => detail.case.clone(),
            },
        ),
        ("col_letter", finding.letter.clone()),
        (
            "col_feedback",
            finding.letter.as_ref().map(|_| feedback(finding, lang)),
        ),
        ("col_to_verify", finding.to_verify_fen.map(yuan)),
        ("col_care", Some(people::care(&finding.care, lang))),
        (
            "col_due",
            finding.due.as_ref().map(|due| people::due(Some(due), lang)),
        ),
        ("col_name_agreement", name_agreement(finding, lang)),
        (
            "col_standing",
            finding.review.as_ref().map(|_| review::standing(finding, lang)),
        ),
        (
            "col_there",
            finding
                .review
                .as_ref()
                .and_then(|review| review.there.as_ref())
                .map(|there| there::in_full(there, lang)),
        ),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter_map(|(code, value)| Some(vec![lang.word(code), value?]))
        .collect();
    let mut text = table(&rows);
    if !detail.payments.is_empty() {
        let codes = ["col_programme", "col_when", "col_to_household", "col_amount"];
        let payments = detail.payments.iter().map(|payment| {
            let household = if payment.to_household { "yes" } else { "no" };
            vec![
                payment.programme.clone(),
                payment.when.clone(),
                lang.word(household),
                yuan(payment.fen),
            ]
        });
        let rows: Vec<_> = std::iter::once(headings(lang, &codes)).chain(payments).collect();
        text.push('\n');
        text.push_str(&table(&rows));
    }
    text.push_str(&inquiry::about(&detail.inquiries, lang));
    let next = match &finding.review {
        Some(review) => Some(review::next(review, lang)),
        // Of what no round found nothing is to be done here.
        None => matches!(finding.kind.as_str(), "lead" | "no_counterpart").then(|| lang.word("next_clue")),
    };
    if let Some(next) = next {
        text.push_str(&next);
        text.push('\n');
    }
    text + &lang.word("not_a_decision")
}

#[cfg(test)]
mod tests {
    use hefu_node::api::view::{CannotFindView, CareView, FeedbackView, NOTICE, PaymentView, RowView};

    use super::*;

    fn finding() -> FindingView {
        FindingView {
            seq: 1,
            kind: "duplicate".to_owned(),
            rule: Some("X3".to_owned()),
            peer: Some("县法院".to_owned()),
            person: "29**************2X".to_owned(),
            rows: vec![RowView {
                dataset: "minimum_living".to_owned(),
                file: 1,
                sheet: 2,
                row: 17,
            }],
            months: vec!["2026-07".to_owned()],
            changeover: Vec::new(),
            programmes: vec!["minimum_living".to_owned()],
            to_verify_fen: Some(65_050),
            letter: None,
            feedback: None,
            name: None,
            review: None,
            care: CareView {
                protected: true,
                minor: "no".to_owned(),
                disabled: "unknown".to_owned(),
                key_group: "unknown".to_owned(),
            },
            due: None,
        }
    }

    #[test]
    fn of_a_referral_it_is_said_what_became_of_it() {
        let finding = FindingView {
            kind: "referral".to_owned(),
            rule: None,
            months: Vec::new(),
            to_verify_fen: None,
            letter: Some("县检移〔2026〕3号".to_owned()),
            feedback: Some(FeedbackView {
                state: "refused".to_owned(),
                date: Some(jiff::civil::date(2026, 8, 3)),
                reason: Some("income".to_owned()),
            }),
            ..finding()
        };
        let said = "不予救助 2026-08-03 家庭收入超过标准";
        assert_eq!(feedback(&finding, Lang::Zh), said);
        let silent = FindingView {
            kind: "no_feedback".to_owned(),
            feedback: None,
            ..finding.clone()
        };
        let page = FindingPage {
            notice: NOTICE.to_owned(),
            total: 2,
            to_ask: 2,
            corrected: 0,
            cannot_find: Vec::new(),
            findings: vec![finding.clone(), silent],
            next: None,
        };
        let listed = list_text(&page, Lang::Zh);
        for part in ["县检移〔2026〕3号", said, "对方未登记"] {
            assert!(listed.contains(part), "{listed}");
        }
        let detail = FindingDetail {
            notice: NOTICE.to_owned(),
            finding,
            withheld: true,
            case: None,
            payments: Vec::new(),
            inquiries: Vec::new(),
        };
        let shown = text(&detail, Lang::Zh);
        for part in [said, "请核实是否重点人群 受保护或未声明", "案号仅经办人可见"] {
            assert!(shown.contains(part), "{shown}");
        }
        assert!(listed.contains("2 条尚不知"), "{listed}");
    }

    #[test]
    fn nothing_is_shown_without_the_notice() {
        let page = |findings: Vec<FindingView>| FindingPage {
            notice: NOTICE.to_owned(),
            total: findings.len() as u64,
            to_ask: findings.len() as u64,
            corrected: 0,
            cannot_find: Vec::new(),
            findings,
            next: None,
        };
        let detail = FindingDetail {
            notice: NOTICE.to_owned(),
            finding: finding(),
            withheld: false,
            case: None,
            payments: vec![PaymentView {
                programme: "minimum_living".to_owned(),
                when: "2026-07".to_owned(),
                to_household: true,
                fen: 65_050,
            }],
            inquiries: Vec::new(),
        };
        for lang in [Lang::Zh, Lang::En] {
            let notice = lang.word("not_a_decision");
            let listed = list_text(&page(vec![finding()]), lang);
            let none = list_text(&page(vec![]), lang);
            for text in [&listed, &none, &text(&detail, lang)] {
                assert!(text.ends_with(&notice), "{text}");
            }
            assert!(
                listed.contains("minimum_living 1/2:17") && listed.contains("650.50"),
                "{listed}"
            );
            assert!(!none.contains('0'), "{none}");
            // What could not be looked for is said, and where nothing is listed as well.
            let unfound = FindingPage {
                cannot_find: vec![CannotFindView {
                    rule: "X9".to_owned(),
                    reason: "cause_missing".to_owned(),
                    rows: 3,
                }],
                ..page(vec![])
            };
            let said = list_text(&unfound, lang);
            assert!(
                said.contains("X9") && said.contains(&lang.word("cause_missing")),
                "{said}"
            );
            assert!(said.ends_with(&notice), "{said}");
        }
        assert_eq!(Lang::Zh.word("not_a_decision"), NOTICE);
    }
}
