//! With rule keys, what two agencies lawfully pay to one person stays as hidden as what only one of them pays.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use hefu_casework::{
    AgencyRole, Agreement, AidRecord, Amount, Circumstances, Fen, Finding, Hex, KeyKind, Known, Month,
    MonthRange, Party, Per, Period, ProgrammeCode, Protection, Purpose, RowId, RuleId, RuleSet, Status,
    elements, findings,
};
use hefu_fixtures::number_at;
use hefu_identity::{AliasTable, Kind, PersonKey, parse};
use hefu_psi::{Elements, KeyKind as Keys};
use hefu_tests::agency::draft;
use hefu_tests::ends;
use hefu_tests::faulty::Line;

/// A row: the invented person, the programme, and the months of 2026, the first and the last.
type Row = (u64, &'static str, [i8; 2]);

const CIVIL_AFFAIRS: [Row; 8] = [
    (1, "extreme_poverty", [7, 9]),
    (2, "injury_care", [7, 8]),
    (3, "orphan", [7, 9]),
    (4, "orphan", [7, 9]),
    (5, "minimum_living", [7, 9]),
    (6, "extreme_poverty", [7, 7]),
    (7, "minimum_living", [7, 9]),
    (8, "extreme_poverty", [7, 9]),
];

/// Unlawful beside what civil affairs pays: extreme poverty (X3) and injury care (X4) with either subsidy, orphans (X5)
/// with the living subsidy, extreme poverty after the month in which a sentence began (X10).
const UNLAWFUL: [Row; 4] = [
    (1, "disabled_care", [8, 9]),
    (2, "disabled_living", [8, 8]),
    (3, "disabled_living", [9, 9]),
    (8, "in_custody", [7, 8]),
];

/// Lawful beside it: an orphan's care subsidy, either subsidy with 低保, a subsidy that begins when extreme poverty has
/// ended, 低保 under community correction, and a sentence that begins in the last month of support.
const LAWFUL: [Row; 6] = [
    (4, "disabled_care", [7, 9]),
    (5, "disabled_living", [7, 9]),
    (7, "disabled_care", [7, 9]),
    (6, "disabled_living", [8, 9]),
    (5, "community_correction", [7, 9]),
    (1, "in_custody", [9, 9]),
];

#[test]
fn lawful_overlaps_do_not_show() {
    let agreement = by_rules();
    let overlapping = View::new(&agreement, &[UNLAWFUL.as_slice(), &LAWFUL].concat());
    let strangers = View::new(
        &agreement,
        &[UNLAWFUL.as_slice(), &of_strangers(&LAWFUL)].concat(),
    );

    // By hand, from the rows above: row, rule, months in which both paid, and what civil affairs paid in them.
    let expected = [
        (2, "X3", vec![8, 9], 20_000),
        (3, "X4", vec![8], 10_000),
        (4, "X5", vec![9], 10_000),
        (9, "X10", vec![8], 10_000),
    ];
    assert_eq!(
        overlapping.shown(),
        expected.map(|(row, rule, months, fen)| (row, rule.to_string(), months, fen))
    );

    // Not a finding, not a position, not even a size tells one from the other.
    assert!(overlapping.findings == strangers.findings);
    assert_eq!(overlapping.matched, strangers.matched);
    assert_eq!(overlapping.sender_elements, strangers.sender_elements);
}

/// The same rows under person keys: there the overlap shows, which is why duplicates are not looked for so.
#[test]
fn with_person_keys_they_would_show() {
    let agreement = Agreement {
        purpose: Purpose::Leads,
        key_kind: KeyKind::Person,
        rules: Vec::new(),
        ..by_rules()
    };
    let overlapping = View::new(&agreement, &[UNLAWFUL.as_slice(), &LAWFUL].concat());
    let strangers = View::new(
        &agreement,
        &[UNLAWFUL.as_slice(), &of_strangers(&LAWFUL)].concat(),
    );
    assert_eq!((overlapping.matched.len(), strangers.matched.len()), (8, 4));
}

/// All that the receiver has in the end.
struct View {
    findings: Vec<Finding>,
    matched: Vec<u32>,
    sender_elements: u64,
}

impl View {
    fn new(agreement: &Agreement, of_sender: &[Row]) -> Self {
        let (rules, aliases) = (RuleSet::national(), AliasTable::new());
        let set = |me: usize, rows: &[Row]| {
            let mut records = (2..).zip(rows).map(|(row, it)| record(row, it));
            elements(agreement, &rules, me, 0, &aliases, &mut records).unwrap()
        };
        let (own, theirs) = (set(0, &CIVIL_AFFAIRS), set(1, of_sender));
        let width = agreement.element_width();
        let kind = match agreement.key_kind {
            KeyKind::Person => Keys::Person,
            KeyKind::Rule => Keys::Rule,
            KeyKind::Referral => panic!("no labels here"),
        };
        let packed = |bytes: &[u8]| Elements::new(width, bytes.to_vec()).unwrap();
        let terms = ends::terms(kind, width);
        let session = ends::run(
            &terms,
            packed(&own.bytes()),
            packed(&theirs.bytes()),
            1,
            &mut Line::sound(),
        );
        let matches = session.receiver.unwrap();
        Self {
            findings: findings(
                agreement,
                0,
                &own,
                &matches.indices,
                &[],
                jiff::civil::date(2026, 10, 8),
            )
            .unwrap()
            .findings,
            matched: matches.indices,
            sender_elements: matches.sender_elements,
        }
    }

    /// The first row, the rule, the months and the sum of each finding.
    fn shown(&self) -> Vec<(u64, String, Vec<i8>, i64)> {
        let mut shown: Vec<_> = self
            .findings
            .iter()
            .map(|finding| {
                (
                    finding.rows[0].row,
                    finding.rule.as_ref().unwrap().to_string(),
                    finding.months.iter().map(|month| month.month()).collect(),
                    finding.to_verify.unwrap().0,
                )
            })
            .collect();
        shown.sort();
        shown
    }
}

/// The same rows, of people whom civil affairs does not have.
fn of_strangers(rows: &[Row]) -> Vec<Row> {
    rows.iter()
        .map(|(who, programme, months)| (who + 1_000, *programme, *months))
        .collect()
}

fn by_rules() -> Agreement {
    let party = |name: &str, role, key: u8, programmes: &[&str]| Party {
        name: name.into(),
        role,
        node_key: Hex([key; 32]),
        tls_key: Hex([key + 1; 32]),
        programmes: programmes
            .iter()
            .map(|code| ProgrammeCode::new(code).unwrap())
            .collect(),
        case_scheme: None,
        max_elements: 1_000,
    };
    let agreement = draft(
        party(
            "县民政局",
            AgencyRole::CivilAffairs,
            1,
            &["minimum_living", "extreme_poverty", "orphan", "injury_care"],
        ),
        party(
            "县残联",
            AgencyRole::DisabledFederation,
            3,
            &[
                "disabled_living",
                "disabled_care",
                "in_custody",
                "community_correction",
            ],
        ),
    );
    Agreement {
        rules: ["X3", "X4", "X5", "X10"]
            .map(|id| RuleId::new(id).unwrap())
            .to_vec(),
        ..agreement
    }
}

/// A hundred yuan a month.
fn record(row: u64, (who, programme, [first, last]): &Row) -> AidRecord {
    let month = |number| Month::new(2026, number).unwrap();
    AidRecord {
        row: RowId {
            file: 1,
            sheet: 1,
            row,
        },
        person: person(*who),
        name: None,
        programme: ProgrammeCode::new(programme).unwrap(),
        period: Period::Months(MonthRange {
            from: month(*first),
            to: month(last + 1),
        }),
        amount: Some(Amount {
            fen: Fen(10_000),
            per: Per::Person,
        }),
        household: None,
        case: None,
        referral: None,
        circumstances: Circumstances::default(),
        status: Status::Paid,
        protection: Protection::default(),
        disabled: Known::default(),
    }
}

fn person(index: u64) -> PersonKey {
    let number = number_at(1, index);
    parse(Kind::Resident, std::str::from_utf8(&number).unwrap())
        .unwrap()
        .key
}
