//! What each side of an agreement comes to know, before anybody signs it. The statements are those of
//! protocol-docs/leakage.md, chosen by what the agreement says; both sides are taken to keep to the protocol.

use super::{Agreement, CaseMatching, KeyKind, Party, Purpose};
use crate::{Basis, RuleId, RuleKind, RuleSet};

/// One thing that a party comes to know, or explicitly does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learning {
    /// One of [`Learning::CODES`].
    pub code: &'static str,
    /// What the statement is about, by name.
    pub params: Vec<(&'static str, String)>,
}

impl Learning {
    /// Every code, in the order in which statements are made.
    pub const CODES: &'static [&'static str] = &[
        // A receiver, by what it asks.
        "learn_rule_breaches",
        "learn_counterpart_span",
        "learn_look_only_rules",
        "learn_case_by_person",
        "learn_case_cannot_find",
        "learn_overlap",
        "learn_missing",
        "learn_listed",
        "learn_label_fields",
        "learn_not_registered",
        "learn_name_agreement",
        "learn_check_listed",
        // Any receiver.
        "learn_list_meaning",
        "learn_peer_size",
        "learn_nothing_of_others",
        "learn_by_probing",
        "learn_if_key_broken",
        // A party that does not receive in a round of the other's.
        "learn_receiver_size",
        "learn_check_size",
        "learn_nothing_of_persons",
        // Both.
        "learn_cadence",
        "learn_check_cadence",
        "learn_receipt",
    ];
}

/// What the party at `party` learns under the agreement; nothing for an index that is none. `rules` are those of the
/// agreement; one that they have not is taken to count by case, since more is said of those.
pub fn learns(agreement: &Agreement, rules: &RuleSet, party: usize) -> Vec<Learning> {
    let (Ok(_), Ok(peer)) = (agreement.party(party), agreement.party(Agreement::facing(party))) else {
        return vec![];
    };
    let mut learned = Vec::new();
    if agreement.may_receive(party) {
        as_receiver(agreement, rules, peer, &mut learned);
    }
    if agreement.may_receive(Agreement::facing(party)) {
        learned.push(match agreement.purpose {
            Purpose::Precheck => say("learn_check_size", [max(peer)]),
            _ => say("learn_receiver_size", [max(peer)]),
        });
        learned.push(say("learn_nothing_of_persons", []));
    }
    learned.push(match agreement.checks_a_day {
        Some(checks) => say("learn_check_cadence", [("checks", checks.to_string())]),
        None => say(
            "learn_cadence",
            [("rounds", agreement.rounds_a_month.to_string())],
        ),
    });
    learned.push(say("learn_receipt", []));
    learned
}

fn as_receiver(agreement: &Agreement, rules: &RuleSet, peer: &Party, learned: &mut Vec<Learning>) {
    match (agreement.key_kind, agreement.purpose) {
        (KeyKind::Rule, _) => by_rule(agreement, rules, learned),
        (KeyKind::Referral, _) | (_, Purpose::Referrals) => {
            let fields = agreement.label.iter().flat_map(|label| &label.fields);
            learned
                .extend(fields.map(|field| say("learn_label_fields", [("field", field.code().to_owned())])));
            learned.push(say("learn_not_registered", []));
        }
        (KeyKind::Person, Purpose::Omissions) => learned.push(say("learn_missing", [])),
        (KeyKind::Person, Purpose::Leads) => learned.push(say("learn_listed", [])),
        (KeyKind::Person, Purpose::Precheck) => learned.push(say("learn_check_listed", [])),
        (KeyKind::Person, _) => learned.push(say("learn_overlap", [])),
    }
    if agreement.key_kind == KeyKind::Person {
        let programmes: Vec<_> = peer.programmes.iter().map(ToString::to_string).collect();
        learned.push(say("learn_list_meaning", [("programmes", programmes.join(", "))]));
    }
    if agreement.compares_names() {
        learned.push(say("learn_name_agreement", []));
    }
    learned.push(say("learn_peer_size", [max(peer)]));
    learned.push(say("learn_nothing_of_others", []));
    let rounds = ("rounds", agreement.rounds_a_month.to_string());
    let own = agreement
        .parties
        .iter()
        .find(|party| party.node_key != peer.node_key);
    learned.push(say(
        "learn_by_probing",
        [own.map_or(("max", String::new()), max), rounds],
    ));
    learned.push(say("learn_if_key_broken", []));
}

fn by_rule(agreement: &Agreement, rules: &RuleSet, learned: &mut Vec<Learning>) {
    let ids: Vec<_> = agreement.rules.iter().map(ToString::to_string).collect();
    learned.push(say("learn_rule_breaches", [("rules", ids.join(", "))]));
    learned.push(say("learn_counterpart_span", []));
    let looks = |id: &&RuleId| rules.get(id).is_some_and(|rule| rule.kind == RuleKind::LookOnly);
    let look_only: Vec<_> = agreement
        .rules
        .iter()
        .filter(looks)
        .map(ToString::to_string)
        .collect();
    if !look_only.is_empty() {
        learned.push(say("learn_look_only_rules", [("rules", look_only.join(", "))]));
    }
    let by_case = |id| rules.get(id).is_none_or(|rule| rule.basis == Basis::Case);
    if !agreement.rules.iter().any(by_case) {
        return;
    }
    match agreement.case_matching() {
        CaseMatching::ByCase => {}
        CaseMatching::LookOnly => learned.push(say("learn_case_by_person", [])),
        CaseMatching::CannotFind => learned.push(say("learn_case_cannot_find", [])),
    }
}

fn max(party: &Party) -> (&'static str, String) {
    ("max", party.max_elements.to_string())
}

fn say<const N: usize>(code: &'static str, params: [(&'static str, String); N]) -> Learning {
    Learning {
        code,
        params: params.into(),
    }
}
