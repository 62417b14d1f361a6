//! The annexes of the county's conference over two months, from the files to what each receiver learns: equal to the plain
//! join's, and known again a month later where that knows it again. The protocol between two sets is stood in for by
//! their intersection in clear.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::collections::{HashMap, HashSet};

use hefu_casework::review::basis;
use hefu_casework::{
    Agreement, DraftRequest, ElementSet, Finding, Hex, Month, MonthRange, Party, Place, ProgrammeCode,
    Purpose, RuleId, RuleSet, Template, elements, findings,
};
use hefu_fixtures::conference::{self, ANNEXES, Annex, Leg, Sitting};
use hefu_fixtures::{Agency, County, LOCAL_RULES, SEED, expected, generate, generate_next};
use hefu_psi::{Ristretto255, Suite};
use hefu_tests::registers::{Register, registers, role};
use jiff::civil::date;
use sha2::{Digest, Sha256};

/// Whether they are minors is asked on this day.
const DAY: &str = "2026-11-05";

#[test]
fn each_leg_of_both_rounds_is_what_the_plain_join_finds() {
    let dir = tempfile::tempdir().unwrap();
    let counties = [
        generate(SEED, &dir.path().join("1")).unwrap(),
        generate_next(SEED, &dir.path().join("2")).unwrap(),
    ];
    let sittings = counties.each_ref().map(|county| Sitting { county, absent: &[] });
    let expected = conference::rounds(&sittings);
    let mut known: HashMap<String, HashSet<Hex<32>>> = HashMap::new();
    for (county, expected) in counties.iter().zip(&expected) {
        let registers = registers(county);
        for annex in &ANNEXES {
            let agreement = agreement(annex, county, &registers);
            for leg in annex.legs() {
                let found = found(&agreement, leg, &registers);
                let before = known.entry(leg.key()).or_default();
                let mut shown: Vec<_> = found
                    .iter()
                    .map(|finding| {
                        let new = !before.contains(&basis(finding, &person(finding)));
                        (summary(finding, &registers[&leg.receiver]), new)
                    })
                    .collect();
                shown.sort();
                let plain: Vec<_> = expected.legs[&leg.key()]
                    .iter()
                    .map(|item| {
                        let care = item.finding.care.clone().on(DAY);
                        let finding = item.finding.clone();
                        (expected::Finding { care, ..finding }, item.new)
                    })
                    .collect();
                assert_eq!(shown.len(), plain.len(), "{}", leg.key());
                for (shown, plain) in shown.iter().zip(&plain) {
                    assert_eq!(shown, plain, "{}", leg.key());
                }
                before.extend(found.iter().map(|finding| basis(finding, &person(finding))));
            }
        }
    }
}

fn found(agreement: &Agreement, leg: Leg, registers: &HashMap<Agency, Register>) -> Vec<Finding> {
    let side = |agency: Agency| {
        let is = |party: &Party| party.role == role(agency);
        agreement.parties.iter().position(is).unwrap()
    };
    let (me, rules) = (side(leg.receiver), rules());
    let set = |agency: Agency| {
        let register = &registers[&agency];
        let records = &mut register.records.iter().map(|(_, record)| record.clone());
        elements(agreement, &rules, side(agency), me, &register.aliases, records).unwrap()
    };
    let own = set(leg.receiver);
    let (matched, labels) = intersection(&own, &set(leg.sender));
    let outcome = findings(agreement, me, &own, &matched, &labels, date(2026, 11, 5));
    outcome.unwrap().findings
}

/// The positions of `own` that `theirs` has too, and the labels of these matches.
fn intersection(own: &ElementSet, theirs: &ElementSet) -> (Vec<u32>, Vec<u8>) {
    let (own_bytes, their_bytes, labels) = (own.bytes(), theirs.bytes(), theirs.labels());
    let width = labels.len() / theirs.len();
    let answers: HashMap<_, _> = their_bytes
        .chunks(theirs.width())
        .enumerate()
        .map(|(at, element)| (element, &labels[at * width..(at + 1) * width]))
        .collect();
    let met = own_bytes.chunks(own.width()).zip(0..);
    let met = met.filter_map(|(element, position)| Some((position, *answers.get(element)?)));
    let (matched, labels): (Vec<u32>, Vec<&[u8]>) = met.unzip();
    (matched, labels.concat())
}

/// As a store digests the number, which keeps two people apart.
fn person(finding: &Finding) -> Hex<16> {
    let digest = Sha256::digest(finding.person.canonical());
    Hex(digest[..16].try_into().unwrap())
}

fn summary(finding: &Finding, register: &Register) -> expected::Finding {
    let mut rows: Vec<_> = finding
        .rows
        .iter()
        .map(|row| {
            let (dataset, file) = register.place(row.file);
            expected::Row {
                dataset: dataset.to_owned(),
                file,
                sheet: row.sheet,
                row: row.row,
            }
        })
        .collect();
    rows.sort();
    expected::Finding {
        rows,
        rule: finding.rule.as_ref().map(ToString::to_string),
        kind: finding.kind.code().into(),
        months: finding.months.iter().map(ToString::to_string).collect(),
        changeover: finding.changeover.iter().map(ToString::to_string).collect(),
        to_verify_fen: finding.to_verify.map(|fen| fen.0),
        care: expected::Care {
            protected: finding.care.protected,
            minor: finding.care.minor.code().into(),
            disabled: finding.care.disabled.code().into(),
        },
        name: finding.name.map(|name| name.code().into()),
        feedback: finding.feedback.map(|feedback| expected::Feedback {
            state: feedback.state.code().into(),
            date: feedback.date.map(|date| date.to_string()),
            reason: feedback.reason.map(|reason| reason.code().into()),
        }),
    }
}

fn rules() -> RuleSet {
    RuleSet::national().with_local(LOCAL_RULES).unwrap()
}

fn agreement(annex: &Annex, county: &County, registers: &HashMap<Agency, Register>) -> Agreement {
    let party = |agency: Agency, key: u8| Party {
        name: agency.code().into(),
        role: role(agency),
        node_key: Hex([key; 32]),
        tls_key: Hex([key + 1; 32]),
        programmes: annex
            .programmes_of(agency)
            .iter()
            .map(|code| ProgrammeCode::new(code).unwrap())
            .collect(),
        case_scheme: registers[&agency].case_scheme.clone(),
        max_elements: 200_000,
    };
    let month = |number: usize| Month::new(2026, number.try_into().unwrap()).unwrap();
    let request = DraftRequest {
        number: "县联席协〔2026〕9号".into(),
        parties: vec![party(annex.receiver, 1), party(annex.sender, 3)],
        receivers: Some(if annex.both { vec![0, 1] } else { vec![0] }),
        place: Place::new("290101").unwrap(),
        months: MonthRange {
            from: month(7),
            to: month(7 + county.months.len()),
        },
        suite: Ristretto255::NAME.into(),
        rules: Some(annex.rules.iter().map(|id| RuleId::new(id).unwrap()).collect()),
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
    let purpose = Purpose::ALL
        .iter()
        .find(|purpose| purpose.code() == annex.purpose.code());
    let template = Template::for_purpose(*purpose.unwrap()).unwrap();
    template.draft(request, &rules()).unwrap()
}
