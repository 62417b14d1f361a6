//! What a report says of both signatures, of what is kept and until when, and of earlier copies.

use hefu_node::report::{DeletionRecord, DeletionTold, Form, ReceiptFacts, Sections};

use super::Say;
use crate::commands::local;
use crate::paper::{Block, Cell, lines};

impl Say {
    pub(super) fn receipt(&self, receipt: Option<&ReceiptFacts>) -> Block {
        let Some(receipt) = receipt else {
            return lines(self.word("paper_receipt"), vec![self.word("paper_receipt_none")]);
        };
        let head = |head: hefu_node::report::LogEnd| {
            let params = [("seq", head.seq.to_string()), ("hash", head.hash.to_string())];
            self.lang.say("paper_log_end", &params)
        };
        self.facts(
            "paper_receipt",
            vec![
                self.fact("paper_session", receipt.session.to_string()),
                self.fact("paper_root_blinded", receipt.blinded.to_string()),
                self.fact("paper_root_evaluated", receipt.evaluated.to_string()),
                self.fact("paper_root_tags", receipt.tags.to_string()),
                (
                    self.word("paper_by_receiver"),
                    vec![receipt.by_receiver.to_string(), head(receipt.receiver_head)],
                ),
                (
                    self.word("paper_by_sender"),
                    vec![receipt.by_sender.to_string(), head(receipt.sender_head)],
                ),
            ],
        )
    }

    pub(super) fn kept(&self, sections: &Sections) -> Block {
        let Sections {
            deleted,
            log,
            retention,
            ..
        } = sections;
        let deletion = |record: &DeletionRecord| {
            let field = |place| record.deletion.pointer(place).and_then(|value| value.as_str());
            let params = [
                ("what", field("/deleted/what").unwrap_or_default().to_owned()),
                ("at", field("/at").unwrap_or_default().to_owned()),
                ("signature", record.signature.to_string()),
            ];
            self.lang.say("paper_deletion", &params)
        };
        let told = |told: &DeletionTold| {
            let params = [
                ("what", told.deleted.code().to_owned()),
                ("at", told.at.to_string()),
                ("digest", told.digest.to_string()),
            ];
            self.lang.say("paper_deletion_told", &params)
        };
        let secrets = if deleted.session_secrets {
            "paper_secrets_gone"
        } else {
            "paper_secrets_kept"
        };
        let mut gone = vec![self.word(secrets)];
        gone.extend(deleted.records.iter().map(deletion));
        gone.extend(deleted.told.iter().map(told));
        let end = [("seq", log.seq.to_string()), ("hash", log.hash.to_string())];
        let mut findings = vec![self.or_none(retention.findings_until.map(|day| day.to_string()))];
        findings.extend(retention.put_off_until.map(|day| {
            self.lang
                .say("paper_put_off_until", &[("until", day.to_string())])
        }));
        self.facts(
            "paper_kept",
            vec![
                (self.word("paper_deleted"), gone),
                self.fact("paper_log", self.lang.say("paper_log_end", &end)),
                (self.word("paper_findings_until"), findings),
                self.fact("paper_record_until", retention.record_until.to_string()),
            ],
        )
    }

    pub(super) fn exports(&self, sections: &Sections) -> Option<Block> {
        let row = |export: &hefu_node::report::Export| {
            let marking = match export.form {
                Form::Internal => "paper_internal",
                Form::Submission => "paper_submission",
            };
            vec![
                Cell::Text(local(&export.at)),
                Cell::Text(self.lang.say(marking, &[("copy", export.copy.to_string())])),
                Cell::Text(export.actor.clone().unwrap_or_else(|| "—".to_owned())),
            ]
        };
        let codes = ["paper_made_at", "paper_copy", "paper_actor"];
        let rows: Vec<_> = sections.exports.iter().map(row).collect();
        (!rows.is_empty()).then(|| self.table("paper_exports", &codes, rows))
    }
}
