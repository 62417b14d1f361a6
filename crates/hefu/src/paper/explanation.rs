//! One finding, explained to whoever has to answer for it; and what the person concerned is told.

use hefu_casework::Catalogue;
use hefu_node::api::view::{ActView, Derived, ExplanationView, Noted, Proof};

use super::{Block, Body, Cell, Paper, columns, facts, lines, programme};
use crate::commands::finding::name_agreement;
use crate::commands::inquiry::line as inquiry_line;
use crate::commands::review::day;
use crate::commands::{local, people, rows_at, short};
use crate::printer::{grouped, yuan};
use crate::words::Lang;

/// Step by step: what was compared, why this is a finding, how it is proven, who looked.
pub(crate) fn explanation(view: &ExplanationView, lang: Lang) -> Paper {
    let say = Say::new(view, lang);
    let mut blocks = vec![
        say.compared("paper_step_compared"),
        say.ground("paper_step_ground"),
        say.rule("paper_step_rule"),
        say.own("paper_step_own"),
    ];
    blocks.extend(say.payments());
    blocks.extend([
        say.proof(),
        say.derived(),
        say.log(),
        say.looked("paper_step_looked"),
        say.outcome("paper_step_outcome"),
    ]);
    Paper {
        lang,
        title: lang.word("paper_explanation_title"),
        marking: say.numbered(),
        notices: vec![lang.word("not_a_decision"), lang.word("paper_only_suspicion")],
        blocks,
        blanks: Vec::new(),
    }
}

/// The record for the person concerned (个人信息保护法 arts. 17, 44 to 48): without digests, proofs and row numbers.
pub(crate) fn person_record(view: &ExplanationView, lang: Lang) -> Paper {
    let say = Say::new(view, lang);
    let mut blocks = vec![
        say.compared("paper_person_compared"),
        say.ground("paper_person_ground"),
        say.rule("paper_person_rule"),
        say.concerned(),
    ];
    blocks.extend(say.payments());
    // Whoever finds the paper must not learn from it where the person is.
    if view.detail.finding.care.protected {
        let heading = lang.word("paper_person_protection");
        blocks.push(lines(heading, vec![lang.word("paper_person_protected")]));
    }
    blocks.extend([
        say.looked("paper_person_looked"),
        say.outcome("paper_person_outcome"),
        lines(
            lang.word("paper_person_rights"),
            [
                "paper_right_statement",
                "paper_right_correction",
                "paper_right_review",
            ]
            .map(|code| lang.word(code))
            .into(),
        ),
    ]);
    Paper {
        lang,
        title: lang.word("paper_person_title"),
        marking: say.numbered(),
        notices: vec![lang.word("not_a_decision"), lang.word("paper_only_suspicion")],
        blocks,
        blanks: ["paper_blank_contact", "paper_blank_officer", "paper_blank_person"]
            .map(|code| lang.word(code))
            .into(),
    }
}

struct Say<'a> {
    view: &'a ExplanationView,
    lang: Lang,
    catalogue: Catalogue,
}

impl<'a> Say<'a> {
    fn new(view: &'a ExplanationView, lang: Lang) -> Self {
        Self {
            view,
            lang,
            catalogue: Catalogue::national(),
        }
    }

    fn word(&self, code: &str) -> String {
        self.lang.word(code)
    }

    fn fact(&self, code: &str, text: impl Into<String>) -> (String, Vec<String>) {
        (self.word(code), vec![text.into()])
    }

    fn numbered(&self) -> String {
        let params = [("by", self.view.by.clone()), ("item", self.view.item.clone())];
        self.lang.say("paper_item_numbered", &params)
    }

    fn programmes(&self, codes: &[String]) -> String {
        let names = codes
            .iter()
            .map(|code| programme(code, &self.catalogue, self.lang));
        names.collect::<Vec<_>>().join("、")
    }

    fn compared(&self, heading: &str) -> Block {
        let (agreement, sizes) = (&self.view.agreement, &self.view.sizes);
        let months = [
            ("from", agreement.first_month.clone()),
            ("until", agreement.end_month.clone()),
        ];
        let mut rows = vec![
            self.fact(
                "paper_purpose",
                self.word(&format!("purpose_{}", agreement.purpose)),
            ),
            self.fact(
                "paper_own_side",
                format!("{}：{}", self.view.by, self.programmes(&agreement.own_programmes)),
            ),
            self.fact(
                "paper_peer_side",
                format!(
                    "{}：{}",
                    agreement.peer,
                    self.programmes(&agreement.peer_programmes)
                ),
            ),
            self.fact("paper_months", self.lang.say("paper_from_before", &months)),
            self.fact(
                "paper_key_kind",
                self.word(&format!("paper_key_kind_{}", agreement.key_kind)),
            ),
        ];
        if let (Some(own), Some(peer)) = (sizes.own, sizes.peer) {
            let params = [("own", grouped(own)), ("peer", grouped(peer))];
            rows.push(self.fact("paper_sizes", self.lang.say("paper_sizes_said", &params)));
        }
        if let Some(ended) = &self.view.ended_at {
            rows.push(self.fact("paper_ended", local(ended)));
        }
        facts(self.word(heading), rows)
    }

    fn ground(&self, heading: &str) -> Block {
        let agreement = &self.view.agreement;
        let validity = [
            ("from", agreement.valid_from.to_string()),
            ("until", agreement.expires.to_string()),
        ];
        let rows = vec![
            self.fact("paper_number", agreement.number.clone()),
            (self.word("paper_legal_basis"), agreement.legal_basis.clone()),
            self.fact("paper_validity", self.lang.say("paper_from_until", &validity)),
            self.fact("paper_agreement_signed", self.word("paper_all_signed")),
        ];
        facts(self.word(heading), rows)
    }

    fn rule(&self, heading: &str) -> Block {
        let finding = &self.view.detail.finding;
        let mut rows = vec![self.fact("col_kind", self.word(&finding.kind))];
        match &self.view.rule {
            Some(rule) => {
                let until = rule.until.map(|until| until.to_string()).unwrap_or_default();
                let force = [("from", rule.from.to_string()), ("until", until)];
                rows.push(self.fact("col_rule", format!("{} {}", rule.id, rule.name)));
                rows.push(self.fact("paper_rule_text", rule.text.clone()));
                rows.push(self.fact("paper_rule_source", rule.source.clone()));
                rows.push(self.fact("paper_rule_force", self.lang.say("paper_in_force", &force)));
            }
            None if finding.rule.is_some() => {
                rows.push(self.fact("col_rule", finding.rule.clone().unwrap_or_default()));
                rows.push(self.fact("paper_rule_text", self.word("paper_rules_changed")));
            }
            None => {}
        }
        rows.push(self.fact("paper_why", self.word(&format!("paper_why_{}", finding.kind))));
        facts(self.word(heading), rows)
    }

    /// What the agency's own rows say, for its officers.
    fn own(&self, heading: &str) -> Block {
        let mut block = self.concerned();
        block.heading = self.word(heading);
        if let Body::Facts(rows) = &mut block.body {
            let detail = &self.view.detail;
            rows.push(self.fact("col_rows_at", rows_at(&detail.finding.rows)));
            rows.push(self.fact("col_care", people::care(&detail.finding.care, self.lang)));
            let case = match detail.withheld {
                true => Some(self.word("case_withheld")),
                false => detail.case.clone(),
            };
            rows.extend(case.map(|case| self.fact("col_case", case)));
        }
        block
    }

    fn concerned(&self) -> Block {
        let finding = &self.view.detail.finding;
        let mut rows = vec![
            self.fact("col_person", finding.person.clone()),
            self.fact("col_programme", self.programmes(&finding.programmes)),
        ];
        if !finding.months.is_empty() {
            rows.push(self.fact("col_months", finding.months.join(" ")));
        }
        if !finding.changeover.is_empty() {
            let months = [("months", finding.changeover.join(" "))];
            rows.push(self.fact("col_changeover", self.lang.say("paper_changeover", &months)));
        }
        if let Some(letter) = &finding.letter {
            rows.push(self.fact("col_letter", letter.clone()));
        }
        if let Some(fen) = finding.to_verify_fen {
            rows.push(self.fact("col_to_verify", yuan(fen)));
        }
        rows.extend(name_agreement(finding, self.lang).map(|name| self.fact("col_name_agreement", name)));
        facts(self.word("paper_person_own"), rows)
    }

    fn payments(&self) -> Option<Block> {
        let payments = &self.view.detail.payments;
        if payments.is_empty() {
            return None;
        }
        let row = |payment: &hefu_node::api::view::PaymentView| {
            let household = if payment.to_household { "yes" } else { "no" };
            vec![
                Cell::Text(programme(&payment.programme, &self.catalogue, self.lang)),
                Cell::Text(payment.when.clone()),
                Cell::Text(self.word(household)),
                Cell::Money(payment.fen),
            ]
        };
        let codes = ["col_programme", "col_when", "col_to_household", "col_amount"];
        Some(Block {
            heading: self.word("paper_payments"),
            body: Body::Table(columns(self.lang, &codes), payments.iter().map(row).collect()),
        })
    }

    fn proof(&self) -> Block {
        let receipt = &self.view.receipt;
        let proof = match &self.view.proof {
            Proof::Proven { elements } => self
                .lang
                .say("paper_proof_proven", &[("elements", grouped(*elements))]),
            Proof::NothingMatched => self.word("paper_proof_nothing_matched"),
            Proof::NotKept => self.word("paper_proof_not_kept"),
            Proof::Fails { code } => self.lang.say("paper_proof_fails", &[("why", self.word(code))]),
        };
        let signatures = if receipt.holds {
            "paper_receipt_holds"
        } else {
            "paper_receipt_fails"
        };
        facts(
            self.word("paper_step_proof"),
            vec![
                self.fact("paper_proof", proof),
                self.fact("paper_session", receipt.session.to_string()),
                self.fact("paper_receipt_digest", receipt.digest.to_string()),
                self.fact("paper_receipt", self.word(signatures)),
            ],
        )
    }

    fn derived(&self) -> Block {
        let code = match self.view.derived {
            Derived::Same => "paper_derived_same",
            Derived::Differs => "paper_derived_differs",
            Derived::RowsDeleted => "paper_derived_rows_deleted",
            Derived::OtherRules => "paper_derived_other_rules",
            Derived::NotProven => "paper_derived_not_proven",
        };
        lines(self.word("paper_step_derived"), vec![self.word(code)])
    }

    fn log(&self) -> Block {
        let intact = if self.view.log_intact {
            "paper_log_intact"
        } else {
            "paper_log_broken"
        };
        let mut said = vec![self.word(intact)];
        said.extend(self.view.entries.iter().map(|entry| self.noted(entry)));
        lines(self.word("paper_step_log"), said)
    }

    fn looked(&self, heading: &str) -> Block {
        lines(
            self.word(heading),
            self.view.looked.iter().map(|entry| self.noted(entry)).collect(),
        )
    }

    fn noted(&self, entry: &Noted) -> String {
        let params = [
            ("seq", entry.seq.to_string()),
            ("at", local(&entry.at)),
            ("actor", entry.actor.clone()),
            ("kind", entry.kind.clone()),
        ];
        self.lang.say("paper_noted", &params)
    }

    /// What was done about it, act by act. Reasons that officers noted for each other stay with the agency.
    fn outcome(&self, heading: &str) -> Block {
        let review = self.view.detail.finding.review.as_ref();
        if let Some(before) = review.and_then(|review| review.corrected_before.as_ref()) {
            let params = [("round", short(&before.round)), ("seq", before.seq.to_string())];
            return lines(
                self.word(heading),
                vec![self.lang.say("paper_outcome_corrected_before", &params)],
            );
        }
        // What was asked of whom, and when: a question that was not released told nobody anything.
        let asked = self.view.detail.inquiries.iter();
        let asked = asked.filter(|inquiry| inquiry.released_on.is_some());
        let mut said: Vec<String> = asked.map(|inquiry| inquiry_line(inquiry, self.lang)).collect();
        if self.view.acts.is_empty() {
            said.push(self.word("paper_outcome_open"));
            return lines(self.word(heading), said);
        }
        let act = |act: &ActView| {
            let params = [
                ("on", day(act, self.lang)),
                ("act", act.code.clone()),
                ("by", act.by.clone()),
            ];
            self.lang.say("paper_act", &params)
        };
        said.extend(self.view.acts.iter().map(act));
        if let Some(review) = review {
            let decision = review.decision.as_ref();
            let decision = decision.map_or_else(String::new, |decision| self.word(decision));
            let params = [("stage", review.stage.clone()), ("decision", decision)];
            said.push(self.lang.say("paper_outcome", &params));
            if let Some(on) = review.objected_on {
                said.push(self.lang.say("objected_on", &[("on", on.to_string())]));
            }
        }
        lines(self.word(heading), said)
    }
}
