//! What rounds found of the names of people who matched, beyond the findings.

use std::collections::BTreeMap;

use hefu_casework::{Finding, NameAgreement, RuleId};
use hefu_identity::PersonKey;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use crate::error::Error;
use crate::record;
use crate::store::Store;
use crate::vault::Vault;

impl Store {
    /// When rounds with this peer found that the names of this person differ under this rule, and when that they do not any
    /// more, in order.
    ///
    /// # Errors
    /// The database's.
    pub fn names_compared(
        &self,
        peer: &[u8; 32],
        rule: Option<&RuleId>,
        person: &PersonKey,
    ) -> Result<Vec<(Timestamp, bool)>, Error> {
        self.read(|connection| {
            let sql = "SELECT at, differ FROM names_compared
                WHERE peer = ?1 AND person = ?2 AND rule = ?3 ORDER BY seq";
            let mut compared = connection.prepare_cached(sql)?;
            let of = params![peer, record::lookup(self.vault(), person), code(rule)];
            let compared = compared.query_map(of, |row| Ok((row.get("at")?, row.get("differ")?)))?;
            Ok(compared.collect::<Result<_, _>>()?)
        })
    }
}

/// Keeps what is new about names in the findings of a round. One finding whose names differ weighs more than others of the
/// same person whose names do not.
pub(crate) fn put(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    findings: &[Finding],
) -> Result<(), Error> {
    let mut found: BTreeMap<(&str, [u8; 16]), bool> = BTreeMap::new();
    for finding in findings {
        let differ = match finding.name {
            Some(NameAgreement::Differs) => true,
            Some(NameAgreement::Same) => false,
            Some(NameAgreement::Unknown) | None => continue,
        };
        let person = record::lookup(vault, &finding.person);
        *found.entry((code(finding.rule.as_ref()), person)).or_default() |= differ;
    }
    if found.is_empty() {
        return Ok(());
    }
    let peer = "SELECT peer FROM rounds WHERE id = ?1";
    let peer: [u8; 32] = connection.query_row(peer, [round], |row| row.get(0))?;
    let newest = "SELECT differ FROM names_compared WHERE peer = ?1 AND person = ?2 AND rule = ?3
        ORDER BY seq DESC LIMIT 1";
    let mut newest = connection.prepare_cached(newest)?;
    let insert = "INSERT INTO names_compared (seq, peer, rule, person, at, differ)
        SELECT 1 + coalesce(max(seq), 0), ?1, ?2, ?3, ?4, ?5 FROM names_compared";
    let mut insert = connection.prepare_cached(insert)?;
    let now = Timestamp::now();
    for ((rule, person), differ) in found {
        let known = newest.query_row(params![peer, person, rule], |row| row.get(0));
        if known.optional()?.unwrap_or(false) != differ {
            insert.execute(params![peer, rule, person, now, differ])?;
        }
    }
    Ok(())
}

/// Takes over what rounds found since.
pub(crate) fn merge(connection: &Connection, other: &Connection) -> Result<(), Error> {
    let mut theirs = other.prepare("SELECT * FROM names_compared ORDER BY seq")?;
    let mut put = connection.prepare_cached(
        "INSERT INTO names_compared (seq, peer, rule, person, at, differ)
         SELECT (SELECT 1 + coalesce(max(seq), 0) FROM names_compared), ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS
         (SELECT 1 FROM names_compared WHERE peer = ?1 AND rule = ?2 AND person = ?3 AND at = ?4)",
    )?;
    let mut rows = theirs.query([])?;
    while let Some(row) = rows.next()? {
        put.execute(params![
            row.get::<_, [u8; 32]>("peer")?,
            row.get::<_, String>("rule")?,
            row.get::<_, [u8; 16]>("person")?,
            row.get::<_, String>("at")?,
            row.get::<_, bool>("differ")?,
        ])?;
    }
    Ok(())
}

fn code(rule: Option<&RuleId>) -> &str {
    rule.map_or("", |rule| rule.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::round::Round;
    use crate::samples::{self, ENTRY, finding, person};
    use crate::store::tests::fresh;

    #[test]
    fn what_names_are_is_known_beyond_the_findings() {
        let (_dir, store) = fresh();
        let found = |name| Finding { name, ..finding(1) };
        let begun = samples::round(&store, [samples::dataset(&store, [])]);
        let peer = begun.peer;
        let mut rounds = 0;
        let mut round = |names: &[Option<NameAgreement>]| {
            rounds += 1;
            let begun = Round {
                id: [rounds; 32],
                ..begun.clone()
            };
            store.put_round(&begun).unwrap();
            let findings: Vec<_> = names.iter().map(|name| found(*name)).collect();
            store.end_round(&samples::done(&begun), &findings).unwrap();
            begun.id
        };
        let (same, differs) = (Some(NameAgreement::Same), Some(NameAgreement::Differs));
        round(&[same]);
        let first = round(&[same, differs]);
        round(&[None, Some(NameAgreement::Unknown)]);
        round(&[differs]);
        store.delete_findings(&first, b"signed", &ENTRY).unwrap();
        round(&[same]);
        let rule = finding(1).rule;
        let told = |rule: Option<&RuleId>, number| {
            let told = store.names_compared(&peer, rule, &number).unwrap();
            told.iter().map(|(_, differ)| *differ).collect::<Vec<_>>()
        };
        assert_eq!(told(rule.as_ref(), finding(1).person), [true, false]);
        assert!(told(rule.as_ref(), person(77)).is_empty());
        let other = rule.is_none().then(|| RuleId::new("X9").unwrap());
        assert!(told(other.as_ref(), finding(1).person).is_empty());
        for sql in [
            "UPDATE names_compared SET differ = 0",
            "DELETE FROM names_compared",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
    }
}
