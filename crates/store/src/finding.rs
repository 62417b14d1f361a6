use hefu_casework::{
    Care, CaseNumber, Feedback, Fen, Finding, FindingKind, HouseholdNo, LetterNo, Month, NameAgreement,
    Payee, Payment, ProgrammeCode, RowId, RuleId, When,
};
use hefu_identity::PersonKey;
use jiff::civil::Date;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::deletion;
use crate::error::Error;
use crate::names;
use crate::round::{self, Round};
use crate::store::Store;
use crate::vault::Vault;

const SECRETS: &str = "findings.secrets";

impl Store {
    /// Brings a round to its end together with what it found: both are stored or neither. What is stored is never
    /// changed.
    ///
    /// # Errors
    /// [`Error::Immutable`] where the round has findings already; those of [`Store::put_round`].
    pub fn end_round(&self, round: &Round, findings: &[Finding]) -> Result<(), Error> {
        self.write(|connection| {
            round::put(connection, round)?;
            put(self.vault(), connection, &round.id, findings)
        })
    }

    /// What a round found, in the order it was put; nothing for a round that is unknown.
    ///
    /// # Errors
    /// [`Error::Deleted`]; [`Error::Sealed`] where a finding was changed, in whichever field; [`Error::Damaged`]; the
    /// database's.
    pub fn findings(&self, round: &[u8; 32]) -> Result<Vec<Finding>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let mut all =
                connection.prepare_cached("SELECT * FROM findings WHERE round = ?1 ORDER BY seq")?;
            all.query_and_then([round], |row| finding(self.vault(), row))?
                .collect()
        })
    }

    /// One finding of a round, from 0 in the order in which they were put; nothing where there is none. The others are not
    /// read.
    ///
    /// # Errors
    /// As [`Store::findings`].
    pub fn finding(&self, round: &[u8; 32], seq: u64) -> Result<Option<Finding>, Error> {
        self.read(|connection| {
            deletion::refuse_deleted_findings(connection, round)?;
            let sql = "SELECT * FROM findings WHERE round = ?1 AND seq = ?2";
            let mut one = connection.prepare_cached(sql)?;
            one.query_and_then(params![round, seq], |row| finding(self.vault(), row))?
                .next()
                .transpose()
        })
    }
}

pub(crate) fn put(
    vault: &Vault,
    connection: &Connection,
    round: &[u8; 32],
    findings: &[Finding],
) -> Result<(), Error> {
    refuse_second(connection, round)?;
    let insert = "INSERT INTO findings (round, seq, shown, secrets) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = connection.prepare_cached(insert)?;
    for (finding, seq) in findings.iter().zip(0_u64..) {
        let shown = serde_json::to_string(&Shown::of(finding)).map_err(|_| damaged(round, seq))?;
        let secrets = vault.seal(SECRETS, &place(round, seq, &shown), &secrets(finding))?;
        insert.execute(params![round, seq, shown, secrets])?;
    }
    names::put(vault, connection, round, findings)
}

fn refuse_second(connection: &Connection, round: &[u8; 32]) -> Result<(), Error> {
    let sql = "SELECT EXISTS (SELECT 1 FROM findings WHERE round = ?1)";
    if connection.query_row(sql, [round], |row| row.get(0))? {
        return Err(Error::immutable("the round has its findings already"));
    }
    Ok(())
}

fn finding(vault: &Vault, row: &Row<'_>) -> Result<Finding, Error> {
    let (round, seq): ([u8; 32], u64) = (row.get("round")?, row.get("seq")?);
    let (shown, sealed): (String, Vec<u8>) = (row.get("shown")?, row.get("secrets")?);
    let secrets = vault
        .unseal(SECRETS, &place(&round, seq, &shown), &sealed)
        .map_err(|_| Error::Sealed {
            what: format!("finding {seq}"),
        })?;
    serde_json::from_str::<Shown>(&shown)
        .ok()
        .and_then(|shown| shown.with(&mut Secrets(&secrets)))
        .ok_or_else(|| damaged(&round, seq))
}

fn damaged(round: &[u8; 32], seq: u64) -> Error {
    Error::damaged(
        "finding",
        format!("{seq} of round {}", hefu_casework::Hex(*round)),
    )
}

/// Where the secrets belong, and what is shown beside them: neither can be changed without the other.
fn place(round: &[u8; 32], seq: u64, shown: &str) -> Vec<u8> {
    [round.as_slice(), &seq.to_be_bytes(), shown.as_bytes()].concat()
}

/// What stands in clear: nothing that names a person, a household or a case.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    kind: String,
    rule: Option<RuleId>,
    peer: Option<String>,
    rows: Vec<RowId>,
    months: Vec<Month>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    changeover: Vec<Month>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<NameAgreement>,
    programmes: Vec<ProgrammeCode>,
    to_verify: Option<Fen>,
    payments: Vec<ShownPayment>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ShownPayment {
    programme: ProgrammeCode,
    when: ShownWhen,
    fen: Fen,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ShownWhen {
    Month(Month),
    Day(Date),
}

impl Shown {
    fn of(finding: &Finding) -> Self {
        Self {
            kind: finding.kind.code().to_owned(),
            rule: finding.rule.clone(),
            peer: finding.peer.clone(),
            rows: finding.rows.clone(),
            months: finding.months.clone(),
            changeover: finding.changeover.clone(),
            name: finding.name,
            programmes: finding.programmes.clone(),
            to_verify: finding.to_verify,
            payments: finding.payments.iter().map(ShownPayment::of).collect(),
        }
    }

    /// The finding again, its secrets taken in the order of [`secrets`].
    fn with(self, secrets: &mut Secrets<'_>) -> Option<Finding> {
        let mut finding = Finding {
            kind: *FindingKind::ALL.iter().find(|kind| kind.code() == self.kind)?,
            rule: self.rule,
            peer: self.peer,
            person: PersonKey::from_stored(secrets.next()?)?,
            rows: self.rows,
            months: self.months,
            changeover: self.changeover,
            case: secrets.text(CaseNumber::new)?,
            letter: None,
            feedback: None,
            name: self.name,
            programmes: self.programmes,
            to_verify: self.to_verify,
            payments: self
                .payments
                .into_iter()
                .map(|payment| payment.with(secrets))
                .collect::<Option<_>>()?,
            care: Care::default(),
        };
        // Nothing more stands in findings of before that are of no letter.
        if !secrets.0.is_empty() {
            finding.letter = secrets.text(LetterNo::new)?;
            finding.feedback = match secrets.next()? {
                [] => None,
                stored => Some(Feedback::from_stored(stored)?),
            };
        }
        // Nor of these, how much care they ask for.
        if !secrets.0.is_empty() {
            finding.care = Care::from_stored(secrets.next()?)?;
        }
        secrets.0.is_empty().then_some(finding)
    }
}

impl ShownPayment {
    fn of(payment: &Payment) -> Self {
        Self {
            programme: payment.programme.clone(),
            when: match payment.when {
                When::Month(month) => ShownWhen::Month(month),
                When::Day(day) => ShownWhen::Day(day),
            },
            fen: payment.fen,
        }
    }

    fn with(self, secrets: &mut Secrets<'_>) -> Option<Payment> {
        Some(Payment {
            programme: self.programme,
            when: match self.when {
                ShownWhen::Month(month) => When::Month(month),
                ShownWhen::Day(day) => When::Day(day),
            },
            payee: secrets
                .text(HouseholdNo::new)?
                .map_or(Payee::Person, Payee::Household),
            case: secrets.text(CaseNumber::new)?,
            fen: self.fen,
        })
    }
}

/// The person, the case, then household and case of each payment, the letter and the feedback, and how much care is asked
/// for, each behind its length (u32, big-endian). What may be missing is never empty where it is there, so an empty one is
/// missing.
fn secrets(finding: &Finding) -> Zeroizing<Vec<u8>> {
    let case = |case: &Option<CaseNumber>| case.as_ref().map_or("", CaseNumber::as_str).to_owned();
    let mut texts = vec![Zeroizing::new(case(&finding.case))];
    for payment in &finding.payments {
        let household = match &payment.payee {
            Payee::Person => String::new(),
            Payee::Household(number) => number.as_str().to_owned(),
        };
        texts.extend([household, case(&payment.case)].map(Zeroizing::new));
    }
    let person = Zeroizing::new(finding.person.stored());
    let feedback = Zeroizing::new(
        finding
            .feedback
            .map_or(vec![], |feedback| feedback.stored().to_vec()),
    );
    let letter = finding.letter.as_ref().map_or("", LetterNo::as_str).as_bytes();
    let care = Zeroizing::new(finding.care.stored());
    let parts = || {
        let texts = texts.iter().map(|text| text.as_bytes());
        std::iter::once(person.as_slice())
            .chain(texts)
            .chain([letter, feedback.as_slice(), care.as_slice()])
    };
    // At its full size from the start, since growing would leave copies behind.
    let mut secrets = Zeroizing::new(Vec::with_capacity(parts().map(|part| 4 + part.len()).sum()));
    for part in parts() {
        secrets.extend_from_slice(&(part.len() as u32).to_be_bytes());
        secrets.extend_from_slice(part);
    }
    secrets
}

/// What [`secrets`] wrote, from the front.
struct Secrets<'a>(&'a [u8]);

impl<'a> Secrets<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (part, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        self.0 = rest;
        Some(part)
    }

    /// `Some(None)` where it is missing.
    fn text<T>(&mut self, read: impl FnOnce(&str) -> Option<T>) -> Option<Option<T>> {
        match self.next()? {
            [] => Some(None),
            part => read(std::str::from_utf8(part).ok()?).map(Some),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::DatasetId;
    use crate::samples::{self, finding};
    use crate::store::tests::{fresh, passphrase};

    fn bare(n: u32, kind: FindingKind) -> Finding {
        Finding {
            kind,
            rule: None,
            peer: None,
            months: vec![],
            changeover: vec![],
            to_verify: None,
            payments: vec![],
            ..finding(n)
        }
    }

    pub(crate) fn ended<const N: usize>(
        store: &Store,
        datasets: [DatasetId; N],
        findings: &[Finding],
    ) -> Round {
        let round = samples::done(&samples::round(store, datasets));
        store.end_round(&round, findings).unwrap();
        round
    }

    #[test]
    fn findings_come_back_as_they_went_in() {
        let (dir, store) = fresh();
        let mut findings = vec![finding(1), finding(2)];
        findings.extend(FindingKind::ALL.iter().zip(3..).map(|(kind, n)| bare(n, *kind)));
        let round = ended(&store, [samples::dataset(&store, [])], &findings);
        drop(store);
        let store = Store::open(dir.path(), &passphrase("合符")).unwrap();
        assert!(store.findings(&round.id).unwrap() == findings);
        for (seq, finding) in (0..).zip(&findings) {
            assert!(store.finding(&round.id, seq).unwrap().as_ref() == Some(finding));
        }
        assert!(store.finding(&round.id, findings.len() as u64).unwrap().is_none());
        assert_eq!(store.round(&round.id).unwrap(), Some(round));
        assert!(store.findings(&[9; 32]).unwrap().is_empty());
    }

    #[test]
    fn findings_are_put_once_and_stand() {
        let (_dir, store) = fresh();
        let round = ended(&store, [samples::dataset(&store, [])], &[finding(1)]);
        let again = Round {
            bytes_in: 77,
            ..round.clone()
        };
        assert!(matches!(
            store.end_round(&again, &[finding(2)]),
            Err(Error::Immutable { .. })
        ));
        assert_eq!(
            store.round(&round.id).unwrap(),
            Some(round.clone()),
            "all or nothing"
        );
        for sql in [
            "UPDATE findings SET seq = 9",
            "DELETE FROM findings",
            "INSERT OR REPLACE INTO findings SELECT * FROM findings",
        ] {
            assert!(matches!(store.raw(sql), Err(Error::Immutable { .. })), "{sql}");
        }
        assert_eq!(store.findings(&round.id).unwrap().len(), 1);
    }

    #[test]
    fn a_finding_changed_past_the_schema_does_not_open() {
        for sql in [
            "UPDATE findings SET shown = replace(shown, '65050', '65051') WHERE seq = 0",
            "UPDATE findings SET shown = replace(shown, '2026-08', '2026-09') WHERE seq = 0",
            "UPDATE findings SET secrets = (SELECT secrets FROM findings WHERE seq = 1) WHERE seq = 0",
            "UPDATE findings SET secrets = zeroblob(80) WHERE seq = 1",
        ] {
            let (_dir, store) = fresh();
            let round = ended(&store, [samples::dataset(&store, [])], &[finding(1), finding(2)]);
            store.raw("DROP TRIGGER findings_stand").unwrap();
            store.raw(sql).unwrap();
            assert!(
                matches!(store.findings(&round.id), Err(Error::Sealed { .. })),
                "{sql}"
            );
            let alone = [0, 1].map(|seq| store.finding(&round.id, seq));
            assert!(
                alone.iter().any(|one| matches!(one, Err(Error::Sealed { .. }))),
                "{sql}"
            );
        }
    }
}
