//! What a finding rests on, by which the same is known again.

use hefu_casework::{
    Feedback, Finding, FindingKind, Hex, HouseholdNo, LetterNo, NameAgreement, Payee, ReferralState, RuleId,
    review::basis,
};

use crate::common::{With, agreement, code, learn, month, person, record};

const PERSON: Hex<16> = Hex([1; 16]);

fn found(rows: [u64; 2], who: u32, fen: i64) -> Finding {
    let agreement = agreement(&["minimum_living"], &["extreme_poverty"], &["X1"]);
    let [first, second] = rows;
    let own = [
        record(first, who, "minimum_living", "2026-07").fen(fen),
        record(second, who, "minimum_living", "2026-08").fen(50_000),
    ];
    let theirs = [record(9, who, "extreme_poverty", "2026-07..2026-09")];
    let mut outcome = learn(&agreement, 0, [&own, &theirs]);
    assert_eq!(outcome.findings.len(), 1);
    outcome.findings.remove(0)
}

#[test]
fn the_basis_is_what_was_found_and_not_where_it_stood() {
    let finding = found([1, 2], 1, 60_000);
    let plain = basis(&finding, &PERSON);
    // The next import lists the same payments elsewhere, and in another order.
    assert_eq!(basis(&found([12, 7], 1, 60_000), &PERSON), plain);
    let mut reordered = finding.clone();
    reordered.payments.reverse();
    assert_eq!(basis(&reordered, &PERSON), plain);
    assert_ne!(basis(&found([1, 2], 1, 60_001), &PERSON), plain);
    assert_ne!(basis(&finding, &Hex([2; 16])), plain);

    let differs = |change: fn(&mut Finding)| {
        let mut changed = finding.clone();
        change(&mut changed);
        assert_ne!(basis(&changed, &PERSON), plain);
    };
    differs(|finding| finding.kind = FindingKind::Local);
    differs(|finding| finding.rule = Some(RuleId::new("X3").unwrap()));
    differs(|finding| finding.peer = None);
    differs(|finding| finding.months.push(month("2026-09")));
    differs(|finding| finding.programmes.push(code("orphan")));
    differs(|finding| finding.case = hefu_casework::CaseNumber::new("1号"));
    differs(|finding| finding.name = Some(NameAgreement::Same));
    differs(|finding| finding.name = Some(NameAgreement::Differs));
    differs(|finding| finding.letter = LetterNo::new("1号"));
    differs(|finding| {
        finding.feedback = Some(Feedback {
            date: None,
            state: ReferralState::Accepted,
            reason: None,
        });
    });
    differs(|finding| finding.payments[0].payee = Payee::Household(HouseholdNo::new("H-1").unwrap()));
    differs(|finding| {
        finding.payments.pop();
    });
    // The number itself is no part of it: the keyed digest stands for the person.
    let mut renumbered = finding.clone();
    renumbered.person = person(2);
    assert_eq!(basis(&renumbered, &PERSON), plain);
}

/// The bytes behind a basis, written down by hand: SHA-256 over the prefix and the SHA-256 of the canonical JSON.
#[test]
fn the_basis_is_the_digest_of_its_written_form() {
    use ring::digest::{SHA256, digest};
    let json = r#"{"case":null,"feedback":null,"kind":"duplicate","letter":null,"months":["2026-07","2026-08"],"payments":[{"case":null,"fen":60000,"household":false,"programme":"minimum_living","when":"2026-07"},{"case":null,"fen":50000,"household":false,"programme":"minimum_living","when":"2026-08"}],"peer":"某县残联","person":"01010101010101010101010101010101","programmes":["minimum_living"],"rule":"X1"}"#;
    let inner = digest(&SHA256, json.as_bytes());
    let outer = digest(&SHA256, &[b"hefu/3 basis\0", inner.as_ref()].concat());
    let found = basis(&found([1, 2], 1, 60_000), &PERSON);
    assert_eq!(found.0, outer.as_ref());
}
