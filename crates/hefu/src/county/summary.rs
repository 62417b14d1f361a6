//! What came of a round and of an import, as the expected file writes it.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use hefu_casework::{Finding, total_to_verify};
use hefu_fixtures::expected;
use hefu_ingest::Reading;
use hefu_node::Node;

/// Findings as the expected file writes them: by rows, never by number.
pub(super) fn summarise(node: &Node, findings: &[Finding]) -> Result<expected::Round> {
    let datasets = node.store().datasets()?;
    let row = |row: &hefu_casework::RowId| {
        let dataset = datasets
            .iter()
            .filter(|dataset| dataset.info.first_file <= row.file)
            .max_by_key(|dataset| dataset.info.first_file)
            .ok_or_else(|| anyhow!("a finding on a row that no import has"))?;
        Ok(expected::Row {
            dataset: dataset.info.name.clone(),
            file: row.file - dataset.info.first_file + 1,
            sheet: row.sheet,
            row: row.row,
        })
    };
    let mut by_rule: BTreeMap<String, Vec<Finding>> = BTreeMap::new();
    let mut round = expected::Round::default();
    for finding in findings {
        let mut rows = finding.rows.iter().map(row).collect::<Result<Vec<_>>>()?;
        rows.sort();
        round.findings.push(expected::Finding {
            rows,
            rule: finding.rule.as_ref().map(ToString::to_string),
            kind: finding.kind.code().to_string(),
            months: finding.months.iter().map(ToString::to_string).collect(),
            changeover: finding.changeover.iter().map(ToString::to_string).collect(),
            to_verify_fen: finding.to_verify.map(|fen| fen.0),
            feedback: finding.feedback.map(|feedback| expected::Feedback {
                state: feedback.state.code().to_string(),
                date: feedback.date.map(|date| date.to_string()),
                reason: feedback.reason.map(|reason| reason.code().to_string()),
            }),
            care: expected::Care {
                protected: finding.care.protected,
                minor: finding.care.minor.code().to_string(),
                disabled: finding.care.disabled.code().to_string(),
            },
            name: finding.name.map(|name| name.code().to_string()),
        });
        let under = finding
            .rule
            .as_ref()
            .map_or_else(|| finding.kind.code().to_string(), ToString::to_string);
        by_rule.entry(under).or_default().push(finding.clone());
    }
    round.findings.sort();
    for (rule, findings) in by_rule {
        let total = expected::Total {
            count: findings.len() as u64,
            fen: total_to_verify(&findings)?.0,
        };
        round.totals.insert(rule, total);
    }
    Ok(round)
}

pub(super) fn account(reading: &Reading) -> expected::Account {
    let sum = &reading.reconciliation;
    expected::Account {
        rows_read: sum.rows_read,
        accepted: sum.accepted,
        rejected: sum
            .rejected
            .iter()
            .map(|(reason, count)| ((*reason).to_string(), *count))
            .collect(),
        blank: sum.blank,
        duplicates: sum.duplicates,
    }
}
