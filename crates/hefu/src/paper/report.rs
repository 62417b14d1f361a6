//! A signed report in words.

mod kept;

use hefu_casework::Catalogue;
use hefu_node::report::{Cell as Count, Form, Group, Line, Report, Results, Row, Sections, Tables, Verified};

use super::{Block, Body, Cell, Paper, columns, facts, lines, programme, there};
use crate::commands::{local, people};
use crate::printer::grouped;
use crate::words::Lang;

/// The report, as it stands in the file that was verified.
pub(crate) fn report(verified: &Verified, lang: Lang) -> Paper {
    let Verified { report, digest, .. } = verified;
    let say = Say {
        lang,
        catalogue: Catalogue::national(),
    };
    let sections = &report.sections;
    let copy = [("copy", sections.about.copy.to_string())];
    let (marking, form_notice) = match report.head.form {
        Form::Internal => ("paper_internal", "paper_internal_notice"),
        Form::Submission => ("paper_submission", "paper_submission_notice"),
    };
    let mut blocks = vec![
        say.about(report, &digest.to_string()),
        say.agreement(sections),
        say.rules(sections),
    ];
    blocks.extend(say.rule_texts(sections));
    blocks.push(say.inputs(sections));
    blocks.push(say.snapshots(sections));
    blocks.extend(say.quarantined(sections));
    blocks.push(say.protocol(sections));
    blocks.push(say.learns(sections));
    blocks.extend(say.results(&sections.results));
    blocks.extend(sections.findings.as_deref().map(|lines| say.findings(lines)));
    blocks.push(say.receipt(sections.receipt.as_ref()));
    blocks.push(say.kept(sections));
    blocks.extend(say.exports(sections));
    blocks.push(lines(
        lang.word("paper_how_to_verify"),
        vec![lang.say("paper_verify_command", &[("digest", digest.to_string())])],
    ));
    let mut notices = vec![
        lang.word("not_a_decision"),
        lang.word("paper_only_suspicion"),
        lang.word(form_notice),
    ];
    if let Some(state) = &sections.round.unsettled {
        let state = lang.word(&format!("leg_{state}"));
        notices.insert(0, lang.say("paper_leg_unsettled", &[("state", state)]));
    }
    Paper {
        lang,
        title: lang.word("paper_report_title"),
        marking: lang.say(marking, &copy),
        notices,
        blocks,
        blanks: Vec::new(),
    }
}

struct Say {
    lang: Lang,
    catalogue: Catalogue,
}

impl Say {
    fn word(&self, code: &str) -> String {
        self.lang.word(code)
    }

    fn fact(&self, code: &str, text: impl Into<String>) -> (String, Vec<String>) {
        (self.word(code), vec![text.into()])
    }

    fn facts(&self, heading: &str, rows: Vec<(String, Vec<String>)>) -> Block {
        facts(self.word(heading), rows)
    }

    fn table(&self, heading: &str, codes: &[&str], rows: Vec<Vec<Cell>>) -> Block {
        Block {
            heading: self.word(heading),
            body: Body::Table(columns(self.lang, codes), rows),
        }
    }

    /// A fact that may not be there.
    fn or_none(&self, text: Option<String>) -> String {
        text.unwrap_or_else(|| self.word("paper_none"))
    }

    fn about(&self, report: &Report, digest: &str) -> Block {
        let Sections { about, round, .. } = &report.sections;
        let ended = match (&round.reason, &round.error) {
            (Some(code), _) | (None, Some(code)) => {
                let params = [
                    ("state", self.word(&format!("state_{}", round.state))),
                    ("why", self.word(code)),
                ];
                self.lang.say("paper_state_why", &params)
            }
            _ => self.word(&format!("state_{}", round.state)),
        };
        self.facts(
            "paper_about",
            vec![
                self.fact("paper_by", about.by.clone()),
                self.fact("paper_made_at", local(&about.made_at)),
                self.fact("paper_round", round.id.to_string()),
                self.fact("paper_role", self.word(&format!("as_{}", round.role))),
                self.fact("paper_carrier", self.carrier(round)),
                self.fact("paper_state", ended),
                self.fact("paper_started", local(&round.started_at)),
                self.fact("paper_ended", self.or_none(round.ended_at.as_ref().map(local))),
                self.fact("paper_file_digest", digest),
                self.fact("paper_node_key", report.head.node_key.to_string()),
            ],
        )
    }

    fn carrier(&self, round: &hefu_node::report::RoundFacts) -> String {
        self.or_none(
            round
                .carrier
                .as_ref()
                .map(|carrier| self.word(&format!("carrier_{carrier}"))),
        )
    }

    fn agreement(&self, sections: &Sections) -> Block {
        let agreement = &sections.agreement.text;
        let party = |(index, party): (usize, &hefu_casework::Party)| {
            let learns = agreement
                .receivers
                .iter()
                .any(|receiver| usize::from(*receiver) == index);
            let programmes: Vec<_> = party
                .programmes
                .iter()
                .map(|code| programme(code.as_str(), &self.catalogue, self.lang))
                .collect();
            let params = [
                ("name", party.name.clone()),
                ("role", party.role.code().to_owned()),
                ("programmes", programmes.join("、")),
                ("part", if learns { "receiver" } else { "sender" }.to_owned()),
            ];
            self.lang.say("paper_party", &params)
        };
        let validity = [
            ("from", agreement.valid_from.to_string()),
            ("until", agreement.expires.to_string()),
        ];
        let months = [
            ("from", agreement.selection.months.from.to_string()),
            ("until", agreement.selection.months.to.to_string()),
        ];
        let assessment = sections.assessment.as_ref().map(|assessment| {
            let params = [
                ("number", assessment.number.as_str().to_owned()),
                ("date", assessment.date.to_string()),
            ];
            self.lang.say("paper_assessment_given", &params)
        });
        let assessment = assessment.unwrap_or_else(|| self.word("paper_assessment_missing"));
        self.facts(
            "paper_agreement",
            vec![
                self.fact(
                    "paper_purpose",
                    self.word(&format!("purpose_{}", agreement.purpose.code())),
                ),
                (self.word("paper_legal_basis"), agreement.legal_basis.clone()),
                self.fact("paper_number", agreement.number.clone()),
                (
                    self.word("paper_parties"),
                    agreement.parties.iter().enumerate().map(party).collect(),
                ),
                self.fact("paper_validity", self.lang.say("paper_from_until", &validity)),
                self.fact("paper_months", self.lang.say("paper_from_before", &months)),
                self.fact("paper_agreement_digest", sections.agreement.digest.to_string()),
                self.fact("paper_agreement_signed", self.word("paper_all_signed")),
                self.fact("paper_assessment", assessment),
            ],
        )
    }

    fn rules(&self, sections: &Sections) -> Block {
        let rules = &sections.rules;
        let texts = match &rules.texts {
            None => self.word("paper_rules_changed"),
            Some(texts) if texts.is_empty() => self.word("paper_rules_none"),
            Some(texts) => texts
                .iter()
                .map(|rule| rule.id.to_string())
                .collect::<Vec<_>>()
                .join("、"),
        };
        self.facts(
            "paper_rules",
            vec![
                self.fact("paper_rules_digest", rules.digest.to_string()),
                self.fact("paper_place", rules.place.to_string()),
                self.fact("paper_rules_named", texts),
            ],
        )
    }

    fn rule_texts(&self, sections: &Sections) -> Option<Block> {
        let texts = sections.rules.texts.as_ref().filter(|texts| !texts.is_empty())?;
        let row = |rule: &hefu_casework::Rule| {
            let until = rule.until.map(|until| until.to_string());
            let force = [
                ("from", rule.from.to_string()),
                ("until", until.unwrap_or_default()),
            ];
            [
                rule.id.to_string(),
                rule.name.clone(),
                rule.text.clone(),
                [rule.source.as_str(), rule.article.as_deref().unwrap_or_default()]
                    .join(" ")
                    .trim_end()
                    .to_owned(),
                self.lang.say("paper_in_force", &force),
            ]
            .map(Cell::Text)
            .into()
        };
        let codes = [
            "col_rule",
            "paper_rule_name",
            "paper_rule_text",
            "paper_rule_source",
            "paper_rule_force",
        ];
        Some(self.table("paper_rule_texts", &codes, texts.iter().map(row).collect()))
    }

    fn inputs(&self, sections: &Sections) -> Block {
        let side = |input: &hefu_node::report::Input| {
            let params = [
                ("elements", self.or_none(input.elements.map(grouped))),
                (
                    "commitment",
                    self.or_none(input.commitment.map(|root| root.to_string())),
                ),
            ];
            self.lang.say("paper_input", &params)
        };
        self.facts(
            "paper_inputs",
            vec![
                self.fact("paper_input_own", side(&sections.inputs.own)),
                self.fact("paper_input_peer", side(&sections.inputs.peer)),
            ],
        )
    }

    fn snapshots(&self, sections: &Sections) -> Block {
        let row = |snapshot: &hefu_node::report::Snapshot| {
            vec![
                Cell::Text(format!("{} {}", snapshot.name, snapshot.id)),
                Cell::Text(local(&snapshot.imported_at)),
                Cell::Count(snapshot.rows_read),
                Cell::Count(snapshot.accepted),
                Cell::Count(snapshot.persons),
                Cell::Count(snapshot.quarantined.values().sum()),
                Cell::Count(snapshot.blank),
            ]
        };
        let codes = [
            "paper_register",
            "paper_imported_at",
            "read_rows",
            "read_accepted",
            "paper_persons",
            "read_rejected",
            "read_blank",
        ];
        self.table(
            "paper_snapshots",
            &codes,
            sections.inputs.snapshots.iter().map(row).collect(),
        )
    }

    fn quarantined(&self, sections: &Sections) -> Option<Block> {
        let of = |snapshot: &hefu_node::report::Snapshot| {
            let name = format!("{} {}", snapshot.name, snapshot.id);
            let reasons = snapshot.quarantined.iter();
            let row = |(reason, rows): (&String, &u64)| {
                vec![
                    Cell::Text(name.clone()),
                    Cell::Text(self.word(reason)),
                    Cell::Count(*rows),
                ]
            };
            reasons.map(row).collect::<Vec<_>>()
        };
        let rows: Vec<_> = sections.inputs.snapshots.iter().flat_map(of).collect();
        let codes = ["paper_register", "quarantine_reason", "read_rejected"];
        (!rows.is_empty()).then(|| self.table("paper_quarantined", &codes, rows))
    }

    fn protocol(&self, sections: &Sections) -> Block {
        let protocol = &sections.protocol;
        // A suite's name is its group and its hash.
        let (curve, hash) = protocol.suite.split_once('-').unwrap_or((&protocol.suite, ""));
        self.facts(
            "paper_protocol",
            vec![
                self.fact("paper_protocol_kind", self.word("paper_protocol_psi")),
                self.fact(
                    "paper_protocol_version",
                    self.or_none(protocol.version.map(|version| version.to_string())),
                ),
                self.fact("paper_curve", curve),
                self.fact("paper_hash", hash),
                self.fact("paper_mode", self.word(&format!("paper_mode_{}", protocol.mode))),
                self.fact(
                    "paper_key_kind",
                    self.word(&format!("paper_key_kind_{}", protocol.key_kind)),
                ),
            ],
        )
    }

    fn learns(&self, sections: &Sections) -> Block {
        let line = |learns: &hefu_node::report::Learns| {
            let params: Vec<(&str, String)> = learns
                .params
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            format!("{}：{}", learns.party, self.lang.say(&learns.code, &params))
        };
        lines(
            self.word("paper_learns"),
            sections.learns.iter().map(line).collect(),
        )
    }

    fn results(&self, results: &Results) -> Vec<Block> {
        let only = |code| vec![lines(self.word("paper_results"), vec![self.word(code)])];
        match results {
            Results::Learned(tables) => self.tables(tables),
            Results::NotReceiver {} => only("paper_not_receiver"),
            Results::None {} => only("paper_no_result"),
            Results::Deleted {} => only("paper_findings_deleted"),
        }
    }

    fn tables(&self, tables: &Tables) -> Vec<Block> {
        let mut said = Vec::new();
        let [count, money] = self.cells(&tables.total, tables).map(|cell| cell.shown());
        let params = [("count", count), ("money", money)];
        said.push(self.lang.say("paper_total", &params));
        if let Some(matched) = tables.matched {
            said.push(self.lang.say("paper_matched", &[("count", grouped(matched))]));
        }
        if let Some(corrected) = tables.corrected.filter(|count| *count > 0) {
            let params = [("count", grouped(corrected))];
            said.push(self.lang.say("finding_corrected", &params));
        }
        said.extend(there::counted(tables, self.lang));
        if let Some(smallest) = tables.smallest {
            let params = [("smallest", smallest.to_string())];
            said.push(self.lang.say("paper_suppressed", &params));
            said.push(self.word("paper_not_suppressed"));
        }
        for unfound in &tables.cannot_find {
            let params = [
                ("rule", unfound.rule.to_string()),
                ("reason", unfound.reason.clone()),
                (
                    "rows",
                    match unfound.rows {
                        Some(0) => String::new(),
                        Some(rows) => grouped(rows),
                        None => few(tables),
                    },
                ),
            ];
            said.push(self.lang.say("paper_cannot_find", &params));
        }
        let mut blocks = vec![lines(self.word("paper_results"), said)];
        let of: [(&str, &str, &[Row]); 3] = [
            ("paper_by_rule", "paper_group_rule", &tables.by_rule),
            (
                "paper_by_month",
                "paper_group_month",
                tables.by_month.as_deref().unwrap_or_default(),
            ),
            (
                "paper_by_pair",
                "paper_group_pair",
                tables.by_pair.as_deref().unwrap_or_default(),
            ),
        ];
        for (heading, group, rows) in of.into_iter().filter(|(.., rows)| !rows.is_empty()) {
            let row = |row: &Row| {
                let [count, money] = self.cells(&row.cell, tables);
                vec![Cell::Text(self.group(&row.of)), count, money]
            };
            let codes = [group, "paper_count", "col_to_verify"];
            blocks.push(self.table(heading, &codes, rows.iter().map(row).collect()));
        }
        blocks
    }

    fn cells(&self, count: &Count, tables: &Tables) -> [Cell; 2] {
        let none = || Cell::Text("—".to_owned());
        match count {
            Count::Told { findings: 0, .. } => [Cell::Text(self.word("paper_nothing_to_verify")), none()],
            Count::Told {
                findings,
                to_verify_fen,
            } => [
                Cell::Count(*findings),
                to_verify_fen.map_or_else(none, |fen| Cell::Money(fen.0)),
            ],
            Count::Small {} => [Cell::Text(few(tables)), none()],
            Count::Withheld {} => [Cell::Text(self.word("paper_withheld")), none()],
        }
    }

    fn group(&self, of: &Group) -> String {
        match of {
            Group::Rule { kind, rule } => {
                let rule = rule.as_ref().map(|rule| rule.to_string()).unwrap_or_default();
                format!("{rule} {}", self.word(kind)).trim_start().to_owned()
            }
            Group::Month(month) => month.to_string(),
            Group::Pair { programme: own, peer } => {
                let own = programme(own.as_str(), &self.catalogue, self.lang);
                format!("{own} — {}", peer.as_deref().unwrap_or("—"))
            }
        }
    }

    fn findings(&self, findings: &[Line]) -> Block {
        let row = |line: &Line| {
            let pair = line
                .programmes
                .iter()
                .map(|code| programme(code.as_str(), &self.catalogue, self.lang));
            let pair = pair.collect::<Vec<_>>().join("、");
            let months: Vec<_> = line.months.iter().map(ToString::to_string).collect();
            let changeover: Vec<_> = line.changeover.iter().map(ToString::to_string).collect();
            let mut said: Vec<String> = Vec::new();
            if let Some(feedback) = &line.feedback {
                said.push(self.word(&format!("feedback_{}", feedback.state)));
                said.extend(feedback.date.map(|date| date.to_string()));
                said.extend(
                    feedback
                        .reason
                        .as_ref()
                        .map(|reason| self.word(&format!("feedback_reason_{reason}"))),
                );
            }
            said.extend(
                line.name
                    .map(|name| self.word(&format!("name_agreement_{}", name.code()))),
            );
            match &line.review {
                None if line.corrected_before => said.push(self.word("stage_corrected_before")),
                None => said.push(self.word("stage_open")),
                Some(review) => {
                    said.push(self.word(&review.stage));
                    said.extend(review.reviewer.clone());
                    said.extend(review.verdict.as_ref().map(|verdict| self.word(verdict)));
                    said.extend(review.outcome.as_ref().map(|outcome| self.word(outcome)));
                }
            }
            said.extend(line.there.iter().flat_map(|there| there::told(there, self.lang)));
            vec![
                Cell::Text(line.item.to_string()),
                Cell::Count(line.seq),
                Cell::Text(self.group(&Group::Rule {
                    kind: line.kind.clone(),
                    rule: line.rule.clone(),
                })),
                Cell::Text(format!("{pair} — {}", line.peer.as_deref().unwrap_or("—"))),
                Cell::Text(line.person.clone()),
                Cell::Text(people::reported(line.care.as_ref(), self.lang)),
                Cell::Text(months.join(" ")),
                Cell::Text(changeover.join(" ")),
                line.to_verify_fen
                    .map_or_else(|| Cell::Text("—".to_owned()), |fen| Cell::Money(fen.0)),
                Cell::Text(said.join(" ")),
            ]
        };
        let codes = [
            "paper_item",
            "col_seq",
            "paper_group_rule",
            "paper_group_pair",
            "col_person",
            "col_care",
            "col_months",
            "col_changeover",
            "col_to_verify",
            "paper_review",
        ];
        self.table("paper_findings", &codes, findings.iter().map(row).collect())
    }
}

/// A count that is not told, since it is small.
fn few(tables: &Tables) -> String {
    format!("<{}", tables.smallest.unwrap_or_default())
}
