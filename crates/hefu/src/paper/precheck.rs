//! The receipt of a check before a payment, for the case file.

use hefu_casework::Catalogue;
use hefu_casework::precheck::Authority;
use hefu_node::api::view::{PrecheckPersonView, PrecheckResultView};
use hefu_node::precheck::{AtPeerFacts, Body as Facts, NotAsked, Outcome, Receipt};

use super::{Block, Body, Cell, Paper, columns, facts, lines, programme};
use crate::commands::local;
use crate::words::Lang;

/// The page of a receipt.
pub(crate) fn precheck(receipt: &Receipt, lang: Lang) -> Paper {
    let body = &receipt.precheck;
    let catalogue = Catalogue::national();
    Paper {
        lang,
        title: lang.word("paper_precheck_title"),
        marking: lang.say("paper_precheck_copy", &[("copy", body.copy.to_string())]),
        notices: vec![lang.word("not_a_decision"), lang.word("precheck_not_a_refusal")],
        blocks: vec![
            about(body, lang),
            results(body, &catalogue, lang),
            peers(body, lang),
            looked(body, lang),
        ],
        blanks: ["paper_blank_officer", "paper_precheck_decision"]
            .map(|code| lang.word(code))
            .into(),
    }
}

/// What was learned, a row for each person and agency.
pub(crate) fn precheck_rows(people: &[PrecheckPersonView], lang: Lang) -> Vec<Vec<String>> {
    let catalogue = Catalogue::national();
    let mut rows = Vec::new();
    for person in people {
        let row = |peer: &str, said: String| {
            vec![
                person.number.to_string(),
                person.person.clone(),
                programme(&person.programme, &catalogue, lang),
                person.when.clone(),
                peer.to_owned(),
                said,
            ]
        };
        rows.extend(person.at.iter().map(|at| row(&at.peer, seen(at, lang).join(" "))));
        for (peers, code) in [
            (&person.unanswered, "precheck_not_answered"),
            (&person.awaited, "precheck_waiting"),
            (&person.not_asked, "precheck_not_asked"),
        ] {
            rows.extend(peers.iter().map(|peer| row(peer, lang.word(code))));
        }
    }
    rows
}

fn about(body: &Facts, lang: Lang) -> Block {
    let fact = |code: &str, text: String| (lang.word(code), vec![text]);
    let authority = match &body.authority {
        Authority::Consent { document } => lang.say(
            "precheck_by_consent",
            &[("document", document.as_str().to_owned())],
        ),
        Authority::Duty {
            law,
            article,
            document,
        } => {
            let params = [
                ("law", law.as_str().to_owned()),
                ("article", article.as_str().to_owned()),
                ("document", document.as_str().to_owned()),
            ];
            lang.say("precheck_by_duty", &params)
        }
    };
    facts(
        lang.word("paper_precheck_about"),
        vec![
            fact("paper_precheck_case_file", body.case_file.clone()),
            fact("paper_precheck_authority", authority),
            fact("paper_precheck_by", body.by.clone()),
            fact("paper_precheck_asked_by", body.asked_by.clone()),
            fact("paper_precheck_asked_at", local(&body.asked_at)),
            fact("paper_precheck_id", body.check.to_string()),
            fact("paper_precheck_made_at", local(&body.made_at)),
            fact("paper_node_key", body.node_key.to_string()),
        ],
    )
}

fn results(body: &Facts, catalogue: &Catalogue, lang: Lang) -> Block {
    let mut rows = Vec::new();
    for person in &body.people {
        for (peer, at) in body.peers.iter().zip(&person.at) {
            rows.push(vec![
                Cell::Count(person.number),
                Cell::Text(person.person.clone()),
                Cell::Text(programme(person.programme.as_str(), catalogue, lang)),
                Cell::Text(person.when.to_string()),
                Cell::Text(peer.name.clone()),
                Cell::Text(said(at, lang).join(" ")),
            ]);
        }
    }
    let codes = [
        "col_order",
        "col_person",
        "col_programme",
        "col_meant_for",
        "col_peer",
        "col_result",
    ];
    Block {
        heading: lang.word("paper_precheck_results"),
        body: Body::Table(columns(lang, &codes), rows),
    }
}

fn peers(body: &Facts, lang: Lang) -> Block {
    let row = |peer: &AtPeerFacts| {
        let rules: Vec<_> = peer.rules.iter().map(ToString::to_string).collect();
        let compared = match rules.is_empty() {
            true => lang.word("precheck_by_person"),
            false => rules.join("、"),
        };
        let answer = match (peer.answered, &peer.reason) {
            (true, _) => lang.word("precheck_answered"),
            (false, Some(reason)) => format!("{} {}", lang.word("precheck_not_answered"), lang.word(reason)),
            (false, None) => lang.word("precheck_not_answered"),
        };
        let ended = peer.ended_at.as_ref().map(local).unwrap_or_default();
        let digest = peer.receipt_digest.map(|digest| digest.to_string());
        vec![
            Cell::Text(peer.name.clone()),
            Cell::Text(format!("{} {}", peer.agreement, peer.digest)),
            Cell::Text(compared),
            Cell::Text(format!("{answer} {ended}")),
            Cell::Text(digest.unwrap_or_else(|| "—".to_owned())),
        ]
    };
    let not_asked = |not: &NotAsked| {
        let none = || Cell::Text("—".to_owned());
        vec![
            Cell::Text(not.name.clone()),
            Cell::Text(format!("{} {}", not.agreement, not.digest)),
            none(),
            Cell::Text(format!(
                "{} {}",
                lang.word("precheck_not_asked"),
                lang.word(&not.reason)
            )),
            none(),
        ]
    };
    let codes = [
        "col_peer",
        "col_agreement",
        "col_compared",
        "col_state",
        "col_receipt",
    ];
    let asked = body.peers.iter().map(row);
    let rows = asked.chain(body.not_asked.iter().map(not_asked)).collect();
    Block {
        heading: lang.word("paper_precheck_peers"),
        body: Body::Table(columns(lang, &codes), rows),
    }
}

fn looked(body: &Facts, lang: Lang) -> Block {
    let mut all: Vec<_> = body
        .looked
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                local(&entry.at),
                entry.actor,
                lang.word(&format!("log_{}", entry.kind))
            )
        })
        .collect();
    if all.is_empty() {
        all.push(lang.word("paper_precheck_nobody"));
    }
    lines(lang.word("paper_precheck_looked"), all)
}

/// What is said of one person at one agency.
fn said(at: &Outcome, lang: Lang) -> Vec<String> {
    let Some(verdict) = at.verdict else {
        return vec![lang.word("precheck_not_answered")];
    };
    let hits = at.hits.iter().map(|hit| {
        let months = hit.months.iter().map(ToString::to_string).collect();
        (hit.rule.as_ref().map(ToString::to_string), months)
    });
    let unfound = at
        .cannot_find
        .iter()
        .map(|each| (each.rule.as_ref().map(ToString::to_string), each.reason.clone()));
    sentences(verdict.code(), hits, unfound, lang)
}

fn seen(at: &PrecheckResultView, lang: Lang) -> Vec<String> {
    let hits = at.hits.iter().map(|hit| (hit.rule.clone(), hit.months.clone()));
    let unfound = at
        .cannot_find
        .iter()
        .map(|each| (each.rule.clone(), each.reason.clone()));
    sentences(&at.verdict, hits, unfound, lang)
}

fn sentences(
    verdict: &str,
    hits: impl Iterator<Item = (Option<String>, Vec<String>)>,
    unfound: impl Iterator<Item = (Option<String>, String)>,
    lang: Lang,
) -> Vec<String> {
    let mut said = vec![lang.word(&format!("precheck_verdict_{verdict}"))];
    said.extend(hits.filter_map(|(rule, months)| {
        let params = [("rule", rule?), ("months", months.join("、"))];
        Some(lang.say("precheck_hit", &params))
    }));
    said.extend(unfound.map(|(rule, reason)| {
        let params = [("rule", rule.unwrap_or_default()), ("reason", reason)];
        lang.say("precheck_not_compared", &params)
    }));
    said
}
