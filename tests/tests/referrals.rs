//! The county's registers of letters, from the files to what the procuratorate learns: equal to the plain join's. The
//! protocol between the two sets is stood in for by their intersection in clear.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::HashMap;

use hefu::county;
use hefu_casework::{
    AgencyRole, Agreement, AidRecord, DraftRequest, ElementSet, Finding, Hex, MonthRange, Party, Place,
    ProgrammeCode, Purpose, RuleSet, Template, elements, findings,
};
use hefu_fixtures::{Agency, County, SEED, expected};
use hefu_identity::AliasTable;
use hefu_ingest::{Mapping, read_records};
use jiff::civil::date;

const ROUND: &str = "referrals:procuratorate<-civil_affairs";

#[test]
fn the_referrer_learns_what_the_plain_join_finds() {
    let folder = tempfile::tempdir().unwrap();
    let county = hefu_fixtures::generate(SEED, folder.path()).unwrap();
    let agreement = agreement();
    let set = |me: usize, records: Vec<AidRecord>| {
        let (rules, aliases) = (RuleSet::national(), AliasTable::new());
        elements(&agreement, &rules, me, 0, &aliases, &mut records.into_iter()).unwrap()
    };
    let own = set(0, records(&county, Agency::Procuratorate));
    let theirs = set(1, records(&county, Agency::CivilAffairs));
    let (matched, labels) = intersection(&own, &theirs);
    let outcome = findings(
        &agreement,
        0,
        &own,
        &matched,
        &labels,
        jiff::civil::date(2026, 10, 8),
    )
    .unwrap();

    let mut found: Vec<_> = outcome.findings.iter().map(shown).collect();
    found.sort();
    let expected = &county::expectation().unwrap().rounds[ROUND].findings;
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found, expected);
    }
}

/// All records of the agency, whatever register they stand in: which of them are letters is for the rules of the
/// agreement to say.
fn records(county: &County, agency: Agency) -> Vec<AidRecord> {
    let mut records = Vec::new();
    let imports = county.imports.iter().filter(|import| import.agency == agency);
    for import in
        imports.filter(|import| import.dataset.starts_with("referrals") || import.dataset == "victims")
    {
        let mapping = Mapping::parse(&std::fs::read_to_string(&import.mapping).unwrap()).unwrap();
        let mut sink = |record| {
            records.push(record);
            Ok(())
        };
        read_records(&import.files, &mapping, &mut sink, None).unwrap();
    }
    records
}

/// The positions of `own` that `theirs` has too, and the labels of these matches.
fn intersection(own: &ElementSet, theirs: &ElementSet) -> (Vec<u32>, Vec<u8>) {
    let (own_bytes, their_bytes, labels) = (own.bytes(), theirs.bytes(), theirs.labels());
    let width = labels.len() / theirs.len();
    let answers: HashMap<_, _> = their_bytes
        .chunks(theirs.width())
        .zip(labels.chunks(width))
        .collect();
    let met = own_bytes.chunks(own.width()).zip(0..);
    let met = met.filter_map(|(element, position)| Some((position, *answers.get(element)?)));
    let (matched, labels): (Vec<u32>, Vec<&[u8]>) = met.unzip();
    (matched, labels.concat())
}

fn shown(finding: &Finding) -> expected::Finding {
    let rows = finding.rows.iter().map(|row| expected::Row {
        dataset: "referrals".into(),
        file: row.file,
        sheet: row.sheet,
        row: row.row,
    });
    expected::Finding {
        rows: rows.collect(),
        rule: None,
        kind: finding.kind.code().into(),
        months: finding.months.iter().map(ToString::to_string).collect(),
        changeover: Vec::new(),
        to_verify_fen: finding.to_verify.map(|fen| fen.0),
        care: expected::Care {
            protected: finding.care.protected,
            minor: finding.care.minor.code().into(),
            disabled: finding.care.disabled.code().into(),
        },
        name: None,
        feedback: finding.feedback.map(|feedback| expected::Feedback {
            state: feedback.state.code().into(),
            date: feedback.date.map(|date| date.to_string()),
            reason: feedback.reason.map(|reason| reason.code().into()),
        }),
    }
}

fn agreement() -> Agreement {
    let party = |name: &str, role, key: u8, programme| Party {
        name: name.into(),
        role,
        node_key: Hex([key; 32]),
        tls_key: Hex([key + 1; 32]),
        programmes: vec![ProgrammeCode::new(programme).unwrap()],
        case_scheme: None,
        max_elements: 1_000,
    };
    let request = DraftRequest {
        number: "县联席协〔2026〕9号".into(),
        parties: vec![
            party("县人民检察院", AgencyRole::Procuratorate, 1, "referral_sent"),
            party("县民政局", AgencyRole::CivilAffairs, 3, "referral_received"),
        ],
        receivers: None,
        place: Place::new("290101").unwrap(),
        months: MonthRange {
            from: "2026-07".parse().unwrap(),
            to: "2026-10".parse().unwrap(),
        },
        suite: "ristretto255-sha512".into(),
        rules: None,
        name_label: None,
        legal_basis: None,
        key_kind: None,
        rounds_a_month: None,
        checks_a_day: None,
        resume_hours: None,
        valid_from: date(2026, 10, 1),
        expires: date(2027, 9, 30),
        retention_days: None,
    };
    let template = Template::for_purpose(Purpose::Referrals).unwrap();
    template.draft(request, &RuleSet::national()).unwrap()
}
