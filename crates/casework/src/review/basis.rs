//! What a finding rests on, as a digest: equal where two rounds found the same.

use serde::Serialize;

use crate::{
    Fen, Finding, Hex, Month, NameAgreement, Payee, Payment, ProgrammeCode, RuleId, When, canonical,
    rule::sha256,
};

const BASIS: &[u8] = b"hefu/3 basis\0";
const SUBJECT: &[u8] = b"hefu/3 subject\0";

/// The digest of what a finding says: kind, rule, other party, person, months and which of them are a changeover, case or
/// letter and what was fed back, whether names agree, programmes, and each amount. A month that was corrected as a mere
/// changeover and is paid twice as a whole later is another finding. Where it stands in an export is no part of that: next
/// month's export has the same payment in another row.
///
/// `person` is the store's keyed digest of the number in [`Finding::person`]. It keeps two people apart, and without
/// the store's key nobody can try numbers or case numbers against the result.
pub fn basis(finding: &Finding, person: &Hex<16>) -> Hex<32> {
    let mut payments: Vec<_> = finding.payments.iter().map(Paid::of).collect();
    // Their order in a finding is that of the export.
    payments.sort_unstable();
    let feedback = finding.feedback.map(|feedback| Hex(feedback.stored()));
    let rests_on = RestsOn {
        kind: finding.kind.code(),
        rule: finding.rule.as_ref(),
        peer: finding.peer.as_deref(),
        person,
        months: &finding.months,
        changeover: &finding.changeover,
        case: finding.case.as_ref().map(|case| case.canonical()),
        letter: finding.letter.as_ref().map(|letter| letter.canonical()),
        feedback,
        // What is not known changes nothing.
        name: finding
            .name
            .filter(|name| *name != NameAgreement::Unknown)
            .map(NameAgreement::code),
        programmes: finding.programmes.iter().collect(),
        payments,
    };
    let digest = sha256(&canonical::to_vec(&rests_on));
    Hex(sha256(&[BASIS, &digest].concat()))
}

/// The digest of what two agencies can have a matter about, in whatever round it is found: agreement, rule and person.
///
/// `person` as in [`basis`].
pub fn subject(agreement: &Hex<32>, rule: Option<&RuleId>, person: &Hex<16>) -> Hex<32> {
    let subject = Subject {
        agreement,
        rule,
        person,
    };
    let digest = sha256(&canonical::to_vec(&subject));
    Hex(sha256(&[SUBJECT, &digest].concat()))
}

#[derive(Serialize)]
struct Subject<'a> {
    agreement: &'a Hex<32>,
    rule: Option<&'a RuleId>,
    person: &'a Hex<16>,
}

#[derive(Serialize)]
struct RestsOn<'a> {
    kind: &'static str,
    rule: Option<&'a RuleId>,
    peer: Option<&'a str>,
    person: &'a Hex<16>,
    months: &'a [Month],
    /// Left out where there is none, as it was before it was part of the digest.
    #[serde(skip_serializing_if = "<[Month]>::is_empty")]
    changeover: &'a [Month],
    case: Option<&'a str>,
    letter: Option<&'a str>,
    feedback: Option<Hex<6>>,
    /// Findings of before names were compared keep their digests.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    programmes: Vec<&'a ProgrammeCode>,
    payments: Vec<Paid<'a>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Paid<'a> {
    programme: &'a ProgrammeCode,
    when: String,
    household: bool,
    case: Option<&'a str>,
    fen: Fen,
}

impl Paid<'_> {
    fn of(payment: &Payment) -> Paid<'_> {
        Paid {
            programme: &payment.programme,
            when: match payment.when {
                When::Month(month) => month.to_string(),
                When::Day(day) => day.to_string(),
            },
            household: matches!(payment.payee, Payee::Household(_)),
            case: payment.case.as_ref().map(|case| case.canonical()),
            fen: payment.fen,
        }
    }
}
