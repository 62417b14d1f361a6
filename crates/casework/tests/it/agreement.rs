//! Agreements: one spelling, every party's signature, nothing that contradicts itself.

use crate::common::*;
use hefu_casework::{
    Agreement, CaseMatching, Error, Hex, KeyKind, LabelField, LabelTerms, Mode, ProgrammeCode, Purpose,
    RuleId, RuleSet, SignedAgreement, Wrong, sign,
};
use jiff::civil::date;
use ring::signature::{Ed25519KeyPair, KeyPair};

pub(crate) fn key(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

/// Between the holders of keys 1 and 2.
pub(crate) fn signable() -> Agreement {
    with_keys(agreement(&["extreme_poverty"], &["disabled_care"], &["X3"]))
}

fn with_keys(mut agreement: Agreement) -> Agreement {
    for (party, seed) in agreement.parties.iter_mut().zip(1..) {
        party.node_key = Hex(key(seed).public_key().as_ref().try_into().unwrap());
    }
    agreement
}

fn signed() -> SignedAgreement {
    let agreement = signable();
    let signatures = [1, 2].map(|seed| sign(&agreement, &key(seed)).unwrap().1);
    SignedAgreement::new(agreement, signatures.into()).unwrap()
}

#[test]
fn what_is_written_is_read_and_every_changed_byte_is_refused() {
    let bytes = signed().to_bytes();
    assert_eq!(SignedAgreement::parse(&bytes).unwrap(), signed());
    for i in 0..bytes.len() {
        for change in [1, 0x20, 0x80] {
            let mut changed = bytes.clone();
            changed[i] ^= change;
            assert!(SignedAgreement::parse(&changed).is_err(), "byte {i}");
        }
        let mut shorter = bytes.clone();
        shorter.remove(i);
        assert!(SignedAgreement::parse(&shorter).is_err(), "without byte {i}");
    }
}

#[test]
fn every_party_signs_the_same_document_and_nobody_else() {
    let agreement = signable();
    let [(first, a), (second, b)] = [1, 2].map(|seed| sign(&agreement, &key(seed)).unwrap());
    assert_eq!((first, second), (0, 1));
    assert!(matches!(sign(&agreement, &key(3)), Err(Error::NotAParty)));
    for (signatures, culprit) in [
        (vec![], "某县民政局"),
        (vec![a], "某县残联"),
        (vec![b, a], "某县民政局"),
        (vec![a, a], "某县残联"),
        (vec![a, Hex([0; 64])], "某县残联"),
    ] {
        match SignedAgreement::new(agreement.clone(), signatures).unwrap_err() {
            Error::Signature { party } => assert_eq!(party, culprit),
            other => panic!("{other}"),
        }
    }
    assert!(matches!(
        SignedAgreement::new(agreement.clone(), vec![a, b, a]),
        Err(Error::SurplusSignature)
    ));
    let other = Agreement {
        retention_days: 30,
        ..agreement
    };
    assert!(matches!(
        SignedAgreement::new(other, vec![a, b]),
        Err(Error::Signature { .. })
    ));
}

#[test]
fn a_signature_is_over_the_label_and_the_digest() {
    let agreement = signable();
    let digest = ring::digest::digest(&ring::digest::SHA256, &agreement.canonical_bytes());
    assert_eq!(agreement.digest(), digest.as_ref());
    let message = [b"hefu/2 agreement\0".as_slice(), digest.as_ref()].concat();
    let (_, signature) = sign(&agreement, &key(1)).unwrap();
    assert_eq!(signature.0, key(1).sign(&message).as_ref());
}

#[test]
fn unknown_fields_and_other_spellings_are_refused() {
    let text = String::from_utf8(signable().canonical_bytes()).unwrap();
    assert!(Agreement::parse(text.as_bytes()).is_ok());
    for (from, to) in [
        ("\"version\":2}", "\"version\":2,\"zone\":1}"),
        ("{\"expires\"", "{\"expired\":true,\"expires\""),
        (
            "\"months\":",
            "\"months\":{\"from\":\"2026-07\",\"to\":\"2026-08\"},\"months\":",
        ),
        ("\"mode\":\"members\"", "\"mode\":\"everything\""),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Agreement::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Document { .. }), "{to}: {error}");
    }
    for other in [
        text.replacen(',', ", ", 1),
        text.clone() + "\n",
        text.replacen("某协", "\\u67d0\\u534f", 1),
    ] {
        assert!(matches!(
            Agreement::parse(other.as_bytes()),
            Err(Error::NotCanonical)
        ));
    }
}

#[test]
fn what_contradicts_itself_says_the_field() {
    signable().validate().unwrap();
    let programmes = |codes: &[&str]| {
        codes
            .iter()
            .map(|c| ProgrammeCode::new(c).unwrap())
            .collect::<Vec<_>>()
    };
    let changes: &[(&str, Wrong, Change)] = &[
        ("version", Wrong::Unsupported, |a| a.version = 1),
        ("number", Wrong::Missing, |a| a.number = " ".into()),
        ("number", Wrong::NotAllowed, |a| a.number = "1\u{202E}2".into()),
        ("number", Wrong::TooLong, |a| a.number = "1".repeat(257)),
        ("purpose", Wrong::Unsupported, |a| a.purpose = Purpose::Statistics),
        ("legal_basis", Wrong::Missing, |a| a.legal_basis.clear()),
        ("parties", Wrong::Unsupported, |a| a.parties.truncate(1)),
        ("parties.name", Wrong::Repeated, |a| {
            a.parties[1].name = a.parties[0].name.clone()
        }),
        ("parties.node_key", Wrong::Repeated, |a| {
            a.parties[1].node_key = a.parties[0].node_key
        }),
        ("parties.tls_key", Wrong::Repeated, |a| {
            a.parties[1].tls_key = a.parties[0].tls_key
        }),
        ("parties.programmes", Wrong::Missing, |a| {
            a.parties[1].programmes.clear()
        }),
        ("parties.case_scheme", Wrong::Missing, |a| {
            a.parties[1].case_scheme = Some(String::new())
        }),
        ("parties.max_elements", Wrong::OutOfRange, |a| {
            a.parties[1].max_elements = 0
        }),
        ("parties.max_elements", Wrong::OutOfRange, |a| {
            a.parties[1].max_elements = 1 << 32
        }),
        ("receivers", Wrong::Missing, |a| a.receivers.clear()),
        ("receivers", Wrong::Repeated, |a| a.receivers = vec![0, 0]),
        ("receivers", Wrong::OutOfRange, |a| a.receivers = vec![2]),
        ("selection.months", Wrong::Missing, |a| {
            a.selection.months.to = a.selection.months.from
        }),
        ("mode", Wrong::Unsupported, |a| a.mode = Mode::Count),
        ("mode", Wrong::NotAllowed, |a| a.purpose = Purpose::Referrals),
        ("key_kind", Wrong::NotAllowed, |a| a.key_kind = KeyKind::Referral),
        ("key_kind", Wrong::NotAllowed, |a| a.purpose = Purpose::Omissions),
        ("label", Wrong::Missing, |a| a.mode = Mode::Labels),
        ("label", Wrong::NotAllowed, |a| {
            a.label = Some(LabelTerms {
                fields: vec![LabelField::State],
                max_bytes: 32,
            })
        }),
        ("rounds_a_month", Wrong::OutOfRange, |a| a.rounds_a_month = 0),
        ("resume_hours", Wrong::OutOfRange, |a| a.resume_hours = 0),
        ("resume_hours", Wrong::OutOfRange, |a| a.resume_hours = 721),
        ("retention_days", Wrong::OutOfRange, |a| a.retention_days = 0),
        ("rules", Wrong::Missing, |a| a.rules.clear()),
        ("rules", Wrong::NotAllowed, |a| a.key_kind = KeyKind::Person),
        ("expires", Wrong::OutOfRange, |a| a.expires = date(2026, 9, 30)),
    ];
    refused(signable(), changes);
    let mut agreement = signable();
    agreement.parties[0].programmes = programmes(&["orphan", "orphan"]);
    assert!(matches!(
        agreement.validate(),
        Err(Error::Agreement {
            wrong: Wrong::Repeated,
            ..
        })
    ));
}

type Change = fn(&mut Agreement);

/// Each change makes it wrong in the field named, and then nobody signs it.
fn refused(right: Agreement, changes: &[(&str, Wrong, Change)]) {
    right.validate().unwrap();
    for (field, wrong, change) in changes {
        let mut agreement = right.clone();
        change(&mut agreement);
        match agreement.validate().unwrap_err() {
            Error::Agreement { field: f, wrong: w } => assert_eq!((f, w), (*field, *wrong)),
            other => panic!("{other}"),
        }
        assert!(sign(&agreement, &key(1)).is_err(), "{field}: nobody signs it");
    }
}

#[test]
fn an_agreement_on_referrals_fits_together_in_every_part() {
    let changes: &[(&str, Wrong, Change)] = &[
        ("mode", Wrong::NotAllowed, |a| a.mode = Mode::Members),
        ("mode", Wrong::NotAllowed, |a| a.purpose = Purpose::Omissions),
        ("key_kind", Wrong::NotAllowed, |a| a.purpose = Purpose::Leads),
        ("mode", Wrong::Unsupported, |a| a.mode = Mode::Sum),
        ("key_kind", Wrong::NotAllowed, |a| a.key_kind = KeyKind::Person),
        ("key_kind", Wrong::NotAllowed, |a| a.key_kind = KeyKind::Rule),
        ("rules", Wrong::NotAllowed, |a| {
            a.rules = vec![RuleId::new("X3").unwrap()]
        }),
        ("receivers", Wrong::NotAllowed, |a| a.receivers = vec![0, 1]),
        // The one who received the letters does not ask.
        ("parties.programmes", Wrong::NotAllowed, |a| a.receivers = vec![1]),
        ("parties.programmes", Wrong::NotAllowed, |a| {
            a.parties[1].programmes = vec![code("minimum_living")]
        }),
        ("parties.programmes", Wrong::NotAllowed, |a| {
            a.parties[0].programmes.push(code("case_victim"))
        }),
        ("label", Wrong::Missing, |a| a.label = None),
        ("label.fields", Wrong::Missing, |a| fields(a).clear()),
        ("label.fields", Wrong::Missing, |a| {
            *fields(a) = vec![LabelField::Date, LabelField::Reason]
        }),
        ("label.fields", Wrong::Repeated, |a| {
            fields(a).push(LabelField::State)
        }),
        ("label.max_bytes", Wrong::OutOfRange, |a| label(a).max_bytes = 5),
        ("label.max_bytes", Wrong::OutOfRange, |a| label(a).max_bytes = 257),
    ];
    refused(with_keys(referrals()), changes);
    // Just wide enough; the order of the fields is free, and so is which of the two refers.
    let mut agreement = referrals();
    *label(&mut agreement) = LabelTerms {
        fields: vec![LabelField::Reason, LabelField::State],
        max_bytes: 2,
    };
    agreement.parties.reverse();
    agreement.receivers = vec![1];
    agreement.validate().unwrap();
    assert_eq!((agreement.element_width(), agreement.label_width()), (96, 2));
    assert_eq!(signable().label_width(), 0);
    agreement
        .check_against(&RuleSet::national(), agreement.valid_from)
        .unwrap();
}

fn label(agreement: &mut Agreement) -> &mut LabelTerms {
    agreement.label.as_mut().unwrap()
}

fn fields(agreement: &mut Agreement) -> &mut Vec<LabelField> {
    &mut label(agreement).fields
}

/// What a peer of the first form would send, and what one of a later form might.
#[test]
fn other_versions_of_the_form_are_not_read() {
    let text = String::from_utf8(with_keys(referrals()).canonical_bytes()).unwrap();
    Agreement::parse(text.as_bytes()).unwrap();
    for (from, to) in [
        ("\"resume_hours\":72,", ""),
        ("\"rounds_a_month\":4,", ""),
        ("\"max_bytes\":32", "\"max_bytes\":32,\"plain\":true"),
        ("[\"state\",", "[\"colour\",\"state\","),
        ("\"rounds_a_month\":4", "\"rounds_a_month\":-4"),
        ("\"resume_hours\":72", "\"resume_hours\":\"72\""),
    ] {
        assert!(text.contains(from), "{from}");
        let error = Agreement::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Document { .. }), "{to}: {error}");
    }
    for version in [0, 1, 3] {
        let other = text.replace("\"version\":2", &format!("\"version\":{version}"));
        assert!(matches!(
            Agreement::parse(other.as_bytes()),
            Err(Error::Agreement {
                field: "version",
                wrong: Wrong::Unsupported
            })
        ));
    }
    let null = text.replacen(
        "\"label\":{\"fields\":[\"state\",\"date\",\"reason\"],\"max_bytes\":32}",
        "\"label\":null",
        1,
    );
    assert!(matches!(
        Agreement::parse(null.as_bytes()),
        Err(Error::NotCanonical)
    ));
}

#[test]
fn it_is_used_in_its_days_and_under_its_rules_only() {
    let rules = RuleSet::national();
    let agreement = signable();
    for (day, valid) in [
        (date(2026, 9, 30), false),
        (date(2026, 10, 1), true),
        (date(2027, 9, 30), true),
        (date(2027, 10, 1), false),
    ] {
        assert_eq!(agreement.check_against(&rules, day).is_ok(), valid, "{day}");
    }
    let day = date(2026, 12, 1);
    let other = Agreement {
        rules_digest: Hex([0; 32]),
        ..agreement.clone()
    };
    assert!(matches!(
        other.check_against(&rules, day),
        Err(Error::RulesDiffer)
    ));
    let with = |id: &str| Agreement {
        rules: vec![RuleId::new(id).unwrap()],
        ..agreement.clone()
    };
    let unusable = |agreement: &Agreement| match agreement.check_against(&rules, day).unwrap_err() {
        Error::RuleUnusable { wrong, .. } => wrong,
        other => panic!("{other}"),
    };
    assert_eq!(unusable(&with("X99")), Wrong::Unknown);
    assert_eq!(unusable(&with("X5")), Wrong::NotAllowed);
    let mut before = agreement.clone();
    before.selection.months = months("2015-01", "2016-01");
    assert_eq!(unusable(&before), Wrong::OutOfRange);
}

#[test]
fn cases_are_matched_only_where_both_declare_the_same_form() {
    for (schemes, expected) in [
        ([Some("a"), Some("a")], CaseMatching::ByCase),
        ([Some("a"), Some("b")], CaseMatching::CannotFind),
        ([Some("a"), None], CaseMatching::LookOnly),
        ([None, Some("a")], CaseMatching::LookOnly),
        ([None, None], CaseMatching::LookOnly),
    ] {
        assert_eq!(judicial(schemes).case_matching(), expected);
    }
}
