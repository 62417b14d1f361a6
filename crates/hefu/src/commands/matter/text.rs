//! The ledger in words.

use hefu_casework::calendar::Deadline;
use hefu_casework::clue::{Checked, ClueAct};
use hefu_casework::matter::Act;
use hefu_casework::transfer::{self, Answer, Came, LeadAct, NoticeAct, Paper};
use hefu_casework::{ReasonCode, Text};
use hefu_node::api::view::{
    ActView, CluePage, ConfirmationView, LateList, MatterDueView, MatterHistory, MatterPage, MatterView,
};

use crate::commands::{headings, rows_at, short};
use crate::printer::{grouped, table};
use crate::words::Lang;

pub(super) fn recorded(view: &MatterHistory, lang: Lang) -> String {
    let matter = &view.matter;
    let params = [
        ("number", matter.number.clone()),
        ("stage", matter.stage.clone()),
        ("person", matter.person.clone()),
    ];
    let mut said = lang.say("matter_recorded", &params);
    for awaited in &matter.awaited {
        said.push('\n');
        let params = [
            ("awaited", awaited.code.clone()),
            ("until", awaited.until.to_string()),
        ];
        said.push_str(&lang.say("matter_awaited", &params));
    }
    said
}

pub(super) fn list(page: &MatterPage, lang: Lang) -> String {
    if page.matters.is_empty() {
        return lang.word("matter_none_listed");
    }
    let codes = [
        "col_ledger_number",
        "col_stage",
        "col_person",
        "col_other_end",
        "col_letter",
        "col_due",
    ];
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(page.matters.iter().map(|matter| {
            vec![
                matter.number.clone(),
                lang.word(&matter.stage),
                person(matter, lang),
                other_end(matter),
                matter.letter.clone().unwrap_or_default(),
                due(&matter.awaited, lang),
            ]
        }))
        .collect();
    table(&rows) + &more(page.next, page.total, lang)
}

pub(super) fn overdue(late: &LateList, lang: Lang) -> String {
    let on = [("on", late.on.to_string())];
    if late.late.is_empty() {
        return lang.say("matter_none_late", &on);
    }
    let codes = [
        "col_ledger_number",
        "col_awaited",
        "col_until",
        "col_person",
        "col_other_end",
        "col_letter",
    ];
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(late.late.iter().map(|late| {
            vec![
                late.matter.number.clone(),
                lang.word(&late.awaited.code),
                late.awaited.until.to_string(),
                person(&late.matter, lang),
                other_end(&late.matter),
                late.matter.letter.clone().unwrap_or_default(),
            ]
        }))
        .collect();
    lang.say("matter_late", &on) + "\n" + &table(&rows)
}

pub(super) fn history(view: &MatterHistory, lang: Lang) -> String {
    let matter = &view.matter;
    let finding = matter
        .finding
        .as_ref()
        .map(|finding| format!("{} {}", short(&finding.round), finding.seq));
    let owner = matter.owner.clone();
    let rows = [
        ("col_ledger_number", Some(matter.number.clone())),
        ("col_kind", Some(lang.word(&format!("ledger_{}", matter.kind)))),
        ("col_stage", Some(lang.word(&matter.stage))),
        ("col_person", Some(person(matter, lang))),
        ("col_from", matter.from.clone()),
        ("col_to", matter.to.clone()),
        ("col_letter", matter.letter.clone()),
        ("col_owner", owner),
        ("col_finding", finding),
        (
            "col_due",
            Some(due(&matter.awaited, lang)).filter(|due| !due.is_empty()),
        ),
    ];
    let rows: Vec<_> = rows
        .into_iter()
        .filter_map(|(code, value)| Some(vec![lang.word(code), value?]))
        .collect();
    let mut said = table(&rows);
    if !view.acts.is_empty() {
        let codes = [
            "col_act_number",
            "col_act_on",
            "col_act",
            "col_act_by",
            "col_act_details",
        ];
        let acts = view.acts.iter().map(|act| {
            vec![
                act.number.to_string(),
                act.on.to_string(),
                lang.word(&act.code),
                act.by.clone(),
                details(act, lang).join(" / "),
            ]
        });
        let rows: Vec<_> = std::iter::once(headings(lang, &codes)).chain(acts).collect();
        said.push('\n');
        said.push_str(&table(&rows));
    }
    said
}

pub(super) fn confirmation(view: &ConfirmationView, lang: Lang) -> String {
    let mut said = String::new();
    if !view.recorded.is_empty() {
        let codes = ["col_seq", "col_ledger_number", "col_act", "col_stage"];
        let rows = view.recorded.iter().map(|recorded| {
            let acts: Vec<_> = recorded.acts.iter().map(|act| lang.word(act)).collect();
            vec![
                recorded.seq.to_string(),
                recorded.number.clone(),
                acts.join(" "),
                lang.word(&recorded.stage),
            ]
        });
        let rows: Vec<_> = std::iter::once(headings(lang, &codes)).chain(rows).collect();
        said.push_str(&table(&rows));
    }
    if !view.unfit.is_empty() {
        said.push_str(&lang.word("confirm_unfit"));
        said.push('\n');
        let codes = ["col_seq", "col_ledger_number", "col_letter", "col_why"];
        let rows = view.unfit.iter().map(|unfit| {
            let params: Vec<(&str, String)> = unfit
                .params
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            vec![
                unfit.seq.to_string(),
                unfit.number.clone().unwrap_or_default(),
                unfit.letter.clone().unwrap_or_default(),
                lang.say(&unfit.why, &params),
            ]
        });
        let rows: Vec<_> = std::iter::once(headings(lang, &codes)).chain(rows).collect();
        said.push_str(&table(&rows));
    }
    let params = [
        ("recorded", grouped(view.recorded.len() as u64)),
        ("unchanged", grouped(view.unchanged)),
        ("unfit", grouped(view.unfit.len() as u64)),
    ];
    said + &lang.say("confirm_sum", &params)
}

pub(super) fn clues(page: &CluePage, lang: Lang) -> String {
    if page.clues.is_empty() {
        return lang.word("clue_none_listed") + "\n" + &lang.word("not_a_decision");
    }
    let codes = [
        "col_seq",
        "col_kind",
        "col_person",
        "col_rows_at",
        "col_ledger_number",
        "col_stage",
        "col_owner",
    ];
    let rows: Vec<_> = std::iter::once(headings(lang, &codes))
        .chain(page.clues.iter().map(|each| {
            let clue = each.clue.as_ref();
            let stage = clue.map_or("clue_stage_found", |clue| &clue.stage);
            vec![
                each.finding.seq.to_string(),
                lang.word(&each.finding.kind),
                each.finding.person.clone(),
                rows_at(&each.finding.rows),
                clue.map(|clue| clue.number.clone()).unwrap_or_default(),
                lang.word(stage),
                clue.and_then(|clue| clue.owner.clone()).unwrap_or_default(),
            ]
        }))
        .collect();
    table(&rows) + &more(page.next, page.total, lang) + &lang.word("not_a_decision")
}

fn more(next: Option<u64>, total: u64, lang: Lang) -> String {
    next.map_or_else(String::new, |next| {
        let params = [("total", grouped(total)), ("next", next.to_string())];
        lang.say("finding_more", &params) + "\n"
    })
}

fn person(matter: &MatterView, lang: Lang) -> String {
    match matter.care.key_group.as_str() {
        "yes" => format!("{} {}", matter.person, lang.word("key_group")),
        _ => matter.person.clone(),
    }
}

fn other_end(matter: &MatterView) -> String {
    let end = if matter.received { &matter.from } else { &matter.to };
    end.clone().unwrap_or_default()
}

fn due(awaited: &[MatterDueView], lang: Lang) -> String {
    let each = awaited
        .iter()
        .map(|awaited| format!("{} {}", awaited.until, lang.word(&awaited.code)));
    each.collect::<Vec<_>>().join(", ")
}

/// What was recorded with an act, in words.
fn details(view: &ActView, lang: Lang) -> Vec<String> {
    match serde_json::from_value::<Act>(view.act.clone()) {
        Ok(Act::Transfer(act)) => of_transfer(act, lang),
        Ok(Act::Notice(NoticeAct::Applied { document })) => vec![text(&document)],
        Ok(Act::Notice(NoticeAct::NotApplied { reason })) => vec![text(&reason)],
        Ok(Act::Lead(act)) => of_lead(act, lang),
        Ok(Act::Clue(act)) => of_clue(act, lang),
        Err(_) => vec![view.act.to_string()],
    }
}

fn of_transfer(act: transfer::Act, lang: Lang) -> Vec<String> {
    use transfer::Act;
    match act {
        Act::Filed { paper, document } => {
            let paper = match paper {
                Paper::CaseFacts => "paper_of_case_facts",
                Paper::AidGiven => "paper_of_aid_given",
                Paper::Recommendation => "paper_of_recommendation",
            };
            vec![lang.word(paper), text(&document)]
        }
        Act::HelpedFirst { help, papers } => vec![text(&help), until(papers, lang)],
        Act::PassedOn { document, due } => vec![text(&document), until(due, lang)],
        Act::Sent { letter, due } => vec![text(&letter), until(due, lang)],
        Act::Acknowledged { due } => vec![until(due, lang)],
        Act::Answered { answer, due } => {
            let (stage, reason) = match answer {
                Answer::Accepted {} => ("transfer_stage_accepted", None),
                Answer::Refused { reason } => ("transfer_stage_refused", Some(reason)),
                Answer::AlreadyHelped {} => ("transfer_stage_already_helped", None),
                Answer::NotFound {} => ("transfer_stage_not_found", None),
            };
            let reason = reason.map(|reason| why(reason, lang));
            let said = [Some(lang.word(stage)), reason, Some(until(due, lang))];
            said.into_iter().flatten().collect()
        }
        Act::FedBack {
            document,
            came,
            result,
            due,
        } => {
            let came = came.map(|came| match came {
                Came::Helped {} => lang.word("feedback_helped"),
                Came::Refused { reason } => lang.word("feedback_refused") + " " + &why(reason, lang),
            });
            let said = [
                came,
                Some(text(&document)),
                Some(text(&result)),
                Some(until(due, lang)),
            ];
            said.into_iter().flatten().collect()
        }
        Act::Visited { result } => vec![text(&result)],
    }
}

fn of_lead(act: LeadAct, lang: Lang) -> Vec<String> {
    match act {
        LeadAct::Acknowledged { due } | LeadAct::TakenUp { due } => vec![until(due, lang)],
        LeadAct::Rejected { reason, due } => vec![text(&reason), until(due, lang)],
        LeadAct::FedBack { document, result } => vec![text(&document), text(&result)],
    }
}

fn of_clue(act: ClueAct, lang: Lang) -> Vec<String> {
    match act {
        ClueAct::Taken {} => Vec::new(),
        ClueAct::HandedOver { to, due } => vec![text(&to), until(due, lang)],
        ClueAct::Accepted { case } => vec![text(&case)],
        ClueAct::Rejected { reason, text: said } => {
            vec![lang.word(&format!("clue_reason_{}", reason.code())), text(&said)]
        }
        ClueAct::Checked { result, text: said } => {
            let number = match &result {
                Checked::Informed { notice } => Some(text(notice)),
                Checked::Referred { transfer } => Some(text(transfer)),
                Checked::NotEligible {} | Checked::HelpedElsewhere {} | Checked::Declined {} => None,
            };
            let all = [Some(lang.word(result.code())), number, Some(text(&said))];
            all.into_iter().flatten().collect()
        }
        ClueAct::Reopened { reason } => vec![text(&reason)],
    }
}

fn text<const MAX: usize>(text: &Text<MAX>) -> String {
    text.as_str().to_owned()
}

fn until(due: Deadline, lang: Lang) -> String {
    lang.say("matter_until", &[("until", due.until().to_string())])
}

fn why(reason: ReasonCode, lang: Lang) -> String {
    lang.word(&format!("feedback_reason_{}", reason.code()))
}
