//! With how much care the person of a finding is to be dealt with, and until when something is due.

use hefu_node::api::view::{AwaitedView, CareView, OverdueList, OverdueView};
use hefu_node::report::Cared;

use super::{headings, review, short};
use crate::printer::table;
use crate::words::Lang;

/// Whether the person is of a key group and whether protected, in one cell. What is not known is a question.
pub(crate) fn care(care: &CareView, lang: Lang) -> String {
    let said = [
        (care.minor == "yes").then_some("care_minor"),
        (care.disabled == "yes").then_some("care_disabled"),
        (care.key_group == "unknown").then_some("care_ask_key_group"),
        care.protected.then_some("care_protected"),
    ];
    joined(said.into_iter().flatten(), lang)
}

/// The same as far as a report says it.
pub(crate) fn reported(care: Option<&Cared>, lang: Lang) -> String {
    let said = care.map(|care| {
        let group = match care.key_group.as_str() {
            "yes" => Some("care_key_group"),
            "unknown" => Some("care_ask_key_group"),
            _ => None,
        };
        [group, care.protected.then_some("care_protected")]
    });
    joined(said.into_iter().flatten().flatten(), lang)
}

fn joined<'a>(codes: impl Iterator<Item = &'a str>, lang: Lang) -> String {
    let said: Vec<_> = codes.map(|code| lang.word(code)).collect();
    if said.is_empty() {
        return "—".to_owned();
    }
    said.join(" ")
}

/// What it waits for, until when, and whether that day has passed.
pub(super) fn due(due: Option<&AwaitedView>, lang: Lang) -> String {
    let Some(due) = due else {
        return "—".to_owned();
    };
    let until = match due.until {
        Some(until) => until.to_string(),
        None => {
            let params = [("days", due.days.to_string()), ("since", due.since.to_string())];
            lang.say("due_cannot_tell", &params)
        }
    };
    let late = match due.late.as_str() {
        "yes" => Some(lang.word("due_late")),
        "cannot_tell" => Some(lang.word("due_late_cannot_tell")),
        _ => None,
    };
    let said = [Some(lang.word(&due.awaited)), Some(until), late];
    said.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

pub(super) fn overdue(list: &OverdueList, lang: Lang) -> String {
    let codes = [
        "col_id",
        "col_seq",
        "col_kind",
        "col_person",
        "col_care",
        "col_due",
        "col_standing",
    ];
    let row = |OverdueView { round, finding }: &OverdueView| {
        vec![
            short(round),
            finding.seq.to_string(),
            lang.word(&finding.kind),
            finding.person.clone(),
            care(&finding.care, lang),
            due(finding.due.as_ref(), lang),
            review::standing(finding, lang),
        ]
    };
    let on = [("on", list.on.to_string())];
    let said = match list.findings.is_empty() {
        true => lang.say("overdue_none", &on) + "\n",
        false => {
            let rows: Vec<_> = std::iter::once(headings(lang, &codes))
                .chain(list.findings.iter().map(row))
                .collect();
            format!("{}\n{}", lang.say("overdue_on", &on), table(&rows))
        }
    };
    said + &lang.word("not_a_decision")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn view(minor: &str, disabled: &str, key_group: &str, protected: bool) -> CareView {
        CareView {
            protected,
            minor: minor.to_owned(),
            disabled: disabled.to_owned(),
            key_group: key_group.to_owned(),
        }
    }

    #[test]
    fn what_is_not_known_is_asked() {
        for (given, said) in [
            (view("no", "no", "no", false), "—"),
            (view("yes", "yes", "yes", false), "未成年人 残疾人"),
            (view("no", "yes", "yes", true), "残疾人 受保护或未声明"),
            (
                view("no", "unknown", "unknown", true),
                "请核实是否重点人群 受保护或未声明",
            ),
        ] {
            assert_eq!(care(&given, Lang::Zh), said);
        }
    }

    #[test]
    fn a_report_says_the_same_and_nothing_where_it_is_of_before() {
        let cared = |protected, key_group: &str| Cared {
            protected,
            key_group: key_group.to_owned(),
        };
        for (given, said) in [
            (None, "—"),
            (Some(cared(false, "no")), "—"),
            (Some(cared(false, "yes")), "重点人群"),
            (Some(cared(true, "unknown")), "请核实是否重点人群 受保护或未声明"),
        ] {
            assert_eq!(reported(given.as_ref(), Lang::Zh), said);
        }
    }

    #[test]
    fn a_day_is_given_where_it_can_be_told() {
        let awaited = |until, late: &str| AwaitedView {
            awaited: "awaited_verification".to_owned(),
            since: date(2026, 12, 1),
            days: 20,
            until,
            late: late.to_owned(),
        };
        let known = Some(date(2026, 12, 18));
        for (given, said) in [
            (awaited(known, "no"), "核实 2026-12-18"),
            (awaited(known, "yes"), "核实 2026-12-18 已逾期"),
        ] {
            assert_eq!(due(Some(&given), Lang::Zh), said);
        }
        let unknown = due(Some(&awaited(None, "cannot_tell")), Lang::Zh);
        assert!(
            unknown.contains("2026-12-01") && unknown.contains("20"),
            "{unknown}"
        );
        assert!(unknown.contains("无法判断"), "{unknown}");
        assert_eq!(due(None, Lang::Zh), "—");
    }

    #[test]
    fn what_is_late_is_told_with_the_notice() {
        let list = OverdueList {
            notice: hefu_node::api::view::NOTICE.to_owned(),
            on: date(2026, 3, 5),
            findings: Vec::new(),
        };
        for lang in [Lang::Zh, Lang::En] {
            let said = overdue(&list, lang);
            assert!(said.contains("2026-03-05"), "{said}");
            assert!(said.ends_with(&lang.word("not_a_decision")), "{said}");
        }
    }
}
