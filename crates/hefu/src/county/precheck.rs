//! One check before a payment in the county: three applicants of one case file, of whom the disabled persons' federation
//! pays one.

use anyhow::{Context, Result};
use hefu_casework::precheck::{Authority, Intended, Request, When};
use hefu_casework::{AidRecord, MonthRange, Purpose, Status, Text};
use hefu_fixtures::Agency;
use hefu_fixtures::conference::{Annex, SUBSIDIES};
use hefu_node::Node;
use hefu_node::precheck::Precheck;
use hefu_store::Error as StoreError;

use super::{Running, node, quarter};

/// What came of it.
pub struct Checked {
    /// The results, masked.
    pub results: Precheck,
    /// The signed receipt for the case file.
    pub receipt: Vec<u8>,
}

impl Running {
    /// Both sign that civil affairs may check people at the federation before it pays them. Gives the agreement's digest.
    ///
    /// # Errors
    /// When the agreement does not hold.
    pub fn agree_on_checks(&self) -> Result<[u8; 32]> {
        let checks = Annex {
            both: false,
            ..SUBSIDIES
        };
        self.agree(Purpose::Precheck, &checks)
    }

    /// Civil affairs checks three people who are to be supported in extreme poverty.
    ///
    /// # Errors
    /// When the agreement, or the check, fails.
    pub async fn check_before_payment(&self) -> Result<Checked> {
        let agreement = self.agree_on_checks()?;
        let own = node(&self.nodes, Agency::CivilAffairs)?;
        let ours = paid(own, &["extreme_poverty"])?;
        let theirs = paid(
            node(&self.nodes, Agency::DisabledFederation)?,
            &["disabled_living", "disabled_care"],
        )?;
        let known = |record: &&AidRecord| theirs.iter().any(|other| other.person == record.person);
        let (both, alone): (Vec<_>, Vec<_>) = ours.iter().partition(known);
        let months = quarter()?;
        let last = months.iter().last().context("a quarter has months")?;
        let people = both.into_iter().take(1).chain(alone.into_iter().take(2));
        let meant = |record: &AidRecord| Intended {
            person: record.person.clone(),
            programme: record.programme.clone(),
            when: When::Months {
                from: months.from,
                until: last,
            },
            case: None,
            cause: None,
        };
        let authority = Authority::Consent {
            document: Text::new("授权书〔2026〕0731号")?,
        };
        let request = Request::new(
            people.map(meant).collect(),
            authority,
            Text::new("民申〔2026〕0731号")?,
        )?;
        let check = own.run_check(&[agreement], request, "受理窗口").await?;
        Ok(Checked {
            results: own.precheck_results(&check, "经办人")?,
            receipt: own.precheck_receipt(&check, "经办人")?,
        })
    }
}

/// What an agency paid under these programmes throughout the quarter.
fn paid(node: &Node, programmes: &[&str]) -> Result<Vec<AidRecord>> {
    let quarter = quarter()?;
    let throughout = |months: MonthRange| {
        let held = months.intersect(quarter);
        (held.from, held.to) == (quarter.from, quarter.to)
    };
    let mut records: Vec<AidRecord> = Vec::new();
    for dataset in node.store().datasets()? {
        node.store().records(dataset.id, &mut |record| {
            let fits = programmes.contains(&record.programme.as_str())
                && record.status == Status::Paid
                && throughout(record.period.months())
                && !records.iter().any(|known| known.person == record.person);
            if fits && records.len() < MANY {
                records.push(record);
            }
            Ok::<_, StoreError>(())
        })?;
    }
    Ok(records)
}

/// Enough to find somebody on both rolls.
const MANY: usize = 2_000;
