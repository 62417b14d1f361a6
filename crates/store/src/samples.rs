//! Invented people and their records, for tests: province code 29 belongs to nobody.

use hefu_casework::{
    AgencyRole, AidRecord, Amount, Care, CaseNumber, CauseCode, Circumstances, Feedback, Fen, Finding,
    FindingKind, HouseholdNo, Known, LetterNo, MonthRange, Payee, Payment, Per, Period, Protection,
    ReasonCode, Referral, ReferralState, RowId, Status, When,
};
use hefu_identity::{Kind, PersonKey};
use jiff::civil::date;
use serde_json::Value;

use crate::{
    AgreementState, DatasetId, DatasetInfo, Entry, NewSession, Role, Round, RoundState, SessionEnd,
    SessionOutcome, Store,
};

/// The `n`-th number, with the check character of GB 11643-1999.
pub(crate) fn number(n: u32) -> String {
    let day = date(1950, 1, 1)
        .checked_add(jiff::Span::new().days(n / 10))
        .unwrap();
    let first = format!("290101{}{:03}", day.strftime("%Y%m%d"), 100 + n % 10);
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: u32 = first
        .chars()
        .zip(weights)
        .map(|(digit, weight)| digit.to_digit(10).unwrap() * weight)
        .sum();
    let check = "10X98765432".chars().nth(sum as usize % 11).unwrap();
    format!("{first}{check}")
}

pub(crate) fn person(n: u32) -> PersonKey {
    hefu_identity::parse(Kind::Resident, &number(n)).unwrap().key
}

pub(crate) fn household(n: u32) -> String {
    format!("HOUSEHOLD-{n:08}")
}

pub(crate) fn case(n: u32) -> String {
    format!("〔2026〕某检救助{n:08}号")
}

pub(crate) fn letter(n: u32) -> String {
    format!("某检救助移〔2026〕{n:08}号")
}

/// Somebody whom the `n`-th letter refers.
pub(crate) fn referral(n: u32) -> AidRecord {
    let referral = Referral {
        letter: LetterNo::new(&letter(n)).unwrap(),
        other: n.is_multiple_of(3).then_some(AgencyRole::Procuratorate),
        state: (!n.is_multiple_of(5)).then_some(ReferralState::Refused),
        date: (!n.is_multiple_of(7)).then_some(date(2026, 8, 20)),
        reason: (!n.is_multiple_of(5)).then_some(ReasonCode::Income),
    };
    AidRecord {
        programme: "referral_received".parse().unwrap(),
        case: None,
        referral: Some(referral),
        status: Status::Paid,
        ..record(2 * n + 1)
    }
}

/// All of them in turn, and the last, which is that nothing is known, for 0.
fn each<T: Copy>(all: &[T], n: u32) -> T {
    all[(n as usize + all.len() - 1) % all.len()]
}

/// A minimum-living record for even `n`, a one-off grant in a case for odd `n`.
pub(crate) fn record(n: u32) -> AidRecord {
    let row = RowId {
        file: 1,
        sheet: 2,
        row: u64::from(n) + 3,
    };
    let months = MonthRange {
        from: "2026-07".parse().unwrap(),
        to: "2026-10".parse().unwrap(),
    };
    if n.is_multiple_of(2) {
        AidRecord {
            row,
            person: person(n),
            programme: "minimum_living".parse().unwrap(),
            period: Period::Months(months),
            amount: Some(Amount {
                fen: Fen(65_050),
                per: Per::Household,
            }),
            household: HouseholdNo::new(&household(n)),
            case: None,
            referral: None,
            circumstances: Circumstances::default(),
            protection: each(Protection::ALL, n / 2),
            disabled: each(Known::ALL, n / 6),
            status: Status::Paid,
        }
    } else {
        AidRecord {
            row,
            person: person(n),
            programme: "judicial_procuratorate".parse().unwrap(),
            period: Period::OneOff(date(2026, 8, 17)),
            amount: None,
            household: None,
            case: CaseNumber::new(&case(n)),
            referral: None,
            circumstances: if n.is_multiple_of(3) {
                Circumstances {
                    cause: Some(CauseCode::Illness),
                    linked_with: Some(AgencyRole::Court),
                    victim: Some(person(n + 1)),
                }
            } else {
                Circumstances::default()
            },
            protection: each(Protection::ALL, n / 2),
            disabled: each(Known::ALL, n / 6),
            status: Status::Stopped,
        }
    }
}

/// Every field, so that two records compare whole.
pub(crate) fn shown(record: &AidRecord) -> String {
    let AidRecord {
        row,
        person,
        programme,
        period,
        amount,
        household,
        case,
        referral,
        circumstances,
        protection,
        disabled,
        status,
    } = record;
    let household = household.as_ref().map(HouseholdNo::as_str);
    let case = case.as_ref().map(CaseNumber::as_str);
    let letter = referral.as_ref().map(|referral| referral.letter.as_str());
    let (person, circumstances) = (person.stored(), circumstances.stored());
    format!(
        "{row:?} {person:?} {programme} {period:?} {amount:?} {household:?} {case:?} {letter:?} {referral:?} {circumstances:?} {protection:?} {disabled:?} {status:?}"
    )
}

/// Of a household's month for odd `n`, of two payments in a case for even `n`.
pub(crate) fn finding(n: u32) -> Finding {
    let months = if n.is_multiple_of(2) {
        vec![]
    } else {
        vec!["2026-08".parse().unwrap()]
    };
    let case = if n.is_multiple_of(2) {
        CaseNumber::new(&case(n))
    } else {
        None
    };
    let payment = Payment {
        programme: "minimum_living".parse().unwrap(),
        when: months
            .first()
            .map_or(When::Day(date(2026, 8, 17)), |month| When::Month(*month)),
        payee: match HouseholdNo::new(&household(n)) {
            Some(number) if case.is_none() => Payee::Household(number),
            _ => Payee::Person,
        },
        case: case.clone(),
        fen: Fen(65_050),
    };
    Finding {
        kind: FindingKind::Duplicate,
        rule: Some("X1".parse().unwrap()),
        peer: Some("县民政局".to_owned()),
        person: person(n),
        rows: vec![RowId {
            file: 1,
            sheet: 1,
            row: 3,
        }],
        changeover: months.clone(),
        months,
        payments: if case.is_none() {
            vec![payment]
        } else {
            vec![payment.clone(), payment]
        },
        case,
        letter: None,
        feedback: None,
        programmes: vec!["minimum_living".parse().unwrap()],
        to_verify: Some(Fen(65_050)),
        care: Care {
            protected: n.is_multiple_of(2),
            minor: each(Known::ALL, n),
            disabled: each(Known::ALL, n / 3),
        },
    }
}

/// Of the `n`-th letter, answered for odd `n`.
pub(crate) fn feedback(n: u32) -> Finding {
    let answer = Feedback {
        date: Some(date(2026, 8, 20)),
        state: ReferralState::Helped,
        reason: None,
    };
    let answered = !n.is_multiple_of(2);
    Finding {
        kind: if answered {
            FindingKind::Referral
        } else {
            FindingKind::NoFeedback
        },
        rule: None,
        months: vec![],
        changeover: vec![],
        case: None,
        letter: LetterNo::new(&letter(n)),
        feedback: answered.then_some(answer),
        programmes: vec!["referral_sent".parse().unwrap()],
        to_verify: None,
        payments: vec![],
        ..finding(n)
    }
}

pub(crate) fn info(first_file: u32) -> DatasetInfo {
    DatasetInfo {
        name: "低保 2026 年第三季度".to_owned(),
        files: ["低保 7 月.csv", "低保 \"8, 9\" 月.csv"]
            .map(str::to_owned)
            .to_vec(),
        first_file,
        mapping_digest: [9; 32],
        kind: Kind::Resident,
        case_scheme: Some("procuratorate".to_owned()),
    }
}

pub(crate) fn dataset(store: &Store, records: impl IntoIterator<Item = AidRecord>) -> DatasetId {
    let mut import = store.begin_dataset(&info(store.next_file().unwrap())).unwrap();
    for record in records {
        import.add(record).unwrap();
    }
    import.finish(r#"{"rows_read":1}"#).unwrap()
}

/// A round under way that uses `datasets`, its agreement stored.
pub(crate) fn round<const N: usize>(store: &Store, datasets: [DatasetId; N]) -> Round {
    let round = unput_round(store, datasets);
    store.put_round(&round).unwrap();
    round
}

/// As [`round`], not stored itself.
pub(crate) fn unput_round<const N: usize>(store: &Store, datasets: [DatasetId; N]) -> Round {
    store
        .put_agreement(&[3; 32], b"signed", &AgreementState::Signed)
        .unwrap();
    Round {
        id: [4; 32],
        agreement: [3; 32],
        peer: [5; 32],
        role: Role::Receiver,
        datasets: datasets.to_vec(),
        state: RoundState::Running,
        started_at: "2026-10-08T01:02:03.5Z".parse().unwrap(),
        ended_at: None,
        own_elements: None,
        peer_elements: None,
        matched: None,
        bytes_out: 0,
        bytes_in: 0,
        error: None,
        reason: None,
    }
}

/// `round` at its end.
pub(crate) fn done(round: &Round) -> Round {
    Round {
        state: RoundState::Done,
        ended_at: Some("2026-10-08T01:05:00Z".parse().unwrap()),
        own_elements: Some(20),
        peer_elements: Some(30_000),
        ..round.clone()
    }
}

pub(crate) const ENTRY: Entry<'static> = Entry {
    actor: "node",
    kind: "test",
    body: &Value::Null,
};

/// The session of `round`, which a call of its own opens.
pub(crate) fn session<'a>(round: &'a Round, open: &'a [u8], seed: &'a [u8; 32]) -> NewSession<'a> {
    NewSession {
        round,
        open,
        seed,
        expires_at: "2026-10-09T01:02:03Z".parse().unwrap(),
        by_files: false,
        debit: None,
        entry: ENTRY,
    }
}

/// How that session ends where all went well.
pub(crate) fn outcome(round: &Round) -> SessionOutcome<'_> {
    SessionOutcome {
        round,
        findings: &[],
        evidence: &[],
        end: SessionEnd {
            reason: Vec::new(),
            told: true,
        },
        own_receipt: Some(b"own receipt"),
        peer_receipt: Some(b"peer receipt"),
        peer_head: None,
        entry: ENTRY,
    }
}
