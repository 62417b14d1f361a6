//! Invented people, records and agreements, and a stand-in for the protocol: the intersection of two sets in clear.

use std::collections::HashSet;

use hefu_casework::{
    AgencyRole, Agreement, AidRecord, Amount, CaseNumber, Circumstances, ElementSet, Error, Fen, Hex,
    HouseholdNo, KeyKind, Known, LabelField, LabelTerms, LetterNo, Mode, Month, MonthRange, Outcome, Party,
    Per, Period, Place, ProgrammeCode, Protection, Purpose, ReasonCode, Referral, ReferralState, RowId,
    RuleId, RuleSet, Selection, Status, elements, findings,
};
use hefu_identity::{AliasTable, Kind, PersonKey, parse};
use jiff::civil::{Date, date};

/// The n-th invented person, n < 1000. Province 29 is unassigned.
pub(crate) fn person(n: u32) -> PersonKey {
    let body = format!("29010119800101{n:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = body
        .bytes()
        .zip(weights)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = "10X98765432".as_bytes()[(sum % 11) as usize] as char;
    parse(Kind::Resident, &format!("{body}{check}")).unwrap().key
}

pub(crate) fn month(text: &str) -> Month {
    text.parse().unwrap()
}

pub(crate) fn months(from: &str, to: &str) -> MonthRange {
    MonthRange {
        from: month(from),
        to: month(to),
    }
}

pub(crate) fn code(code: &str) -> ProgrammeCode {
    ProgrammeCode::new(code).unwrap()
}

/// The day on which everything is found.
pub(crate) const MATCHED: Date = date(2026, 10, 20);

/// A paid record; `when` is `2026-07` for a month, `2026-07..2026-09` for a half-open range, `2026-07-15` for a day.
pub(crate) fn record(row: u64, who: u32, programme: &str, when: &str) -> AidRecord {
    let period = match (when.split_once(".."), when.len()) {
        (Some((from, to)), _) => Period::Months(months(from, to)),
        (None, 7) => Period::Months(MonthRange::single(month(when))),
        _ => Period::OneOff(when.parse().unwrap()),
    };
    AidRecord {
        row: RowId {
            file: 1,
            sheet: 1,
            row,
        },
        person: person(who),
        name: None,
        programme: code(programme),
        period,
        amount: None,
        household: None,
        case: None,
        referral: None,
        circumstances: Circumstances::default(),
        protection: Protection::default(),
        disabled: Known::default(),
        status: Status::Paid,
    }
}

pub(crate) trait With: Sized {
    fn fen(self, fen: i64) -> Self;
    fn household(self, no: &str, fen: i64) -> Self;
    fn case(self, written: &str) -> Self;
    fn status(self, status: Status) -> Self;
}

impl With for AidRecord {
    fn fen(self, fen: i64) -> Self {
        AidRecord {
            amount: Some(Amount {
                fen: Fen(fen),
                per: Per::Person,
            }),
            ..self
        }
    }

    fn household(self, no: &str, fen: i64) -> Self {
        AidRecord {
            amount: Some(Amount {
                fen: Fen(fen),
                per: Per::Household,
            }),
            household: HouseholdNo::new(no),
            ..self
        }
    }

    fn case(self, written: &str) -> Self {
        AidRecord {
            case: CaseNumber::new(written),
            ..self
        }
    }

    fn status(self, status: Status) -> Self {
        AidRecord { status, ..self }
    }
}

/// Both parties receive; July to September 2026.
pub(crate) fn agreement(left: &[&str], right: &[&str], rules: &[&str]) -> Agreement {
    let party = |name: &str, role, key: u8, programmes: &[&str]| Party {
        name: name.into(),
        role,
        node_key: Hex([key; 32]),
        tls_key: Hex([key + 100; 32]),
        programmes: programmes.iter().map(|programme| code(programme)).collect(),
        case_scheme: None,
        max_elements: 100_000,
    };
    Agreement {
        version: Agreement::VERSION,
        number: "某协〔2026〕1号".into(),
        purpose: Purpose::Duplicates,
        legal_basis: vec!["《个人信息保护法》第十三条第一款第三项".into()],
        parties: vec![
            party("某县民政局", AgencyRole::CivilAffairs, 1, left),
            party("某县残联", AgencyRole::DisabledFederation, 2, right),
        ],
        receivers: vec![0, 1],
        selection: Selection {
            months: months("2026-07", "2026-10"),
        },
        place: Place::new("290101").unwrap(),
        key_kind: KeyKind::Rule,
        mode: Mode::Members,
        suite: "suite-1".into(),
        rules: rules.iter().map(|rule| RuleId::new(rule).unwrap()).collect(),
        rules_digest: Hex(RuleSet::national().digest()),
        label: None,
        rounds_a_month: 4,
        checks_a_day: None,
        resume_hours: 72,
        valid_from: date(2026, 10, 1),
        expires: date(2027, 9, 30),
        retention_days: 1095,
        under: None,
    }
}

/// Judicial aid at two agencies that write case numbers in one form, or in two, or one of them not at all.
pub(crate) fn judicial(schemes: [Option<&str>; 2]) -> Agreement {
    let mut agreement = agreement(&["judicial_procuratorate"], &["judicial_court"], &["X8"]);
    for (party, scheme) in agreement.parties.iter_mut().zip(schemes) {
        party.case_scheme = scheme.map(str::to_owned);
    }
    agreement
}

pub(crate) fn by_person(purpose: Purpose, left: &[&str], right: &[&str]) -> Agreement {
    Agreement {
        purpose,
        key_kind: KeyKind::Person,
        receivers: vec![0],
        ..agreement(left, right, &[])
    }
}

/// The procuratorate asks civil affairs after those whom it referred.
pub(crate) fn referrals() -> Agreement {
    let mut agreement = agreement(&["referral_sent"], &["referral_received"], &[]);
    let [referrer, receiver] = &mut agreement.parties[..] else {
        panic!("two parties")
    };
    (referrer.name, referrer.role) = ("某县人民检察院".into(), AgencyRole::Procuratorate);
    (receiver.name, receiver.role) = ("某县民政局".into(), AgencyRole::CivilAffairs);
    Agreement {
        purpose: Purpose::Referrals,
        key_kind: KeyKind::Referral,
        mode: Mode::Labels,
        receivers: vec![0],
        label: Some(LabelTerms {
            fields: vec![LabelField::State, LabelField::Date, LabelField::Reason],
            max_bytes: 32,
        }),
        ..agreement
    }
}

/// A letter sent in July.
pub(crate) fn sent(row: u64, who: u32, letter: &str) -> AidRecord {
    AidRecord {
        referral: Some(Referral {
            letter: LetterNo::new(letter).unwrap(),
            other: None,
            state: None,
            date: None,
            reason: None,
        }),
        ..record(row, who, "referral_sent", "2026-07-15")
    }
}

/// The same letter where it arrived, and what became of the person; the day is one of August 2026.
pub(crate) fn received(row: u64, who: u32, letter: &str, state: ReferralState, day: Option<i8>) -> AidRecord {
    let refused = state == ReferralState::Refused;
    AidRecord {
        referral: Some(Referral {
            letter: LetterNo::new(letter).unwrap(),
            other: None,
            state: Some(state),
            date: day.map(|day| date(2026, 8, day)),
            reason: refused.then_some(ReasonCode::Income),
        }),
        ..record(row, who, "referral_received", "2026-07-18")
    }
}

pub(crate) fn set(
    agreement: &Agreement,
    me: usize,
    receiver: usize,
    records: &[AidRecord],
) -> Result<ElementSet, Error> {
    let records = &mut records.iter().cloned();
    elements(
        agreement,
        &RuleSet::national(),
        me,
        receiver,
        &AliasTable::new(),
        records,
    )
}

/// The positions of `receiver` whose element `sender` has too.
pub(crate) fn matched(receiver: &ElementSet, sender: &ElementSet) -> Vec<u32> {
    let bytes = sender.bytes();
    let theirs: HashSet<_> = bytes.chunks(sender.width()).collect();
    let own = receiver.bytes();
    let positions = own.chunks(receiver.width()).zip(0..);
    positions
        .filter(|(element, _)| theirs.contains(element))
        .map(|(_, position)| position)
        .collect()
}

/// What the party at `receiver` learns.
pub(crate) fn learn(agreement: &Agreement, receiver: usize, records: [&[AidRecord]; 2]) -> Outcome {
    agreement.validate().unwrap();
    let sets = [0, 1].map(|me| set(agreement, me, receiver, records[me]).unwrap());
    let [own, other] = if receiver == 0 {
        [&sets[0], &sets[1]]
    } else {
        [&sets[1], &sets[0]]
    };
    findings(agreement, receiver, own, &matched(own, other), &[], MATCHED).unwrap()
}
