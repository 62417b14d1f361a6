//! Dossiers: whatever two nodes have seen and in whichever order they exchange it, they end with the same one.

use crate::agreement::{key, signable};
use hefu_casework::{Agreement, Dossier, DossierState, Error, MAX_DOSSIER_BYTES, Word, Wrong};
use jiff::Timestamp;
use proptest::prelude::*;

fn draft() -> Dossier {
    Dossier::draft(signable()).unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn signed_by(seeds: &[u8]) -> Dossier {
    let mut dossier = draft();
    for seed in seeds {
        dossier.sign(&key(*seed)).unwrap();
    }
    dossier
}

fn refused_by(seed: u8, reason: &str, second: i64) -> Dossier {
    let mut dossier = draft();
    dossier.refuse(&key(seed), reason, at(second)).unwrap();
    dossier
}

fn refused(by: usize, reason: &str) -> DossierState {
    let reason = reason.to_owned();
    DossierState::Refused { by, reason }
}

#[test]
fn it_is_signed_once_all_have_signed() {
    let draft = draft();
    let state = |signed: [bool; 2]| DossierState::Draft {
        signed: signed.into(),
    };
    assert_eq!(draft.state(), state([false, false]));
    assert_eq!(signed_by(&[1]).state(), state([true, false]));
    assert_eq!(signed_by(&[2]).state(), state([false, true]));
    assert!(signed_by(&[2]).signed().is_none());
    let both = signed_by(&[1]).merge(&signed_by(&[2])).unwrap();
    assert_eq!(both.state(), DossierState::Signed);
    assert_eq!(both, signed_by(&[2, 1, 1]));
    let signed = both.signed().unwrap();
    assert_eq!(signed.agreement(), &signable());
    assert!(matches!(signed_by(&[1]).sign(&key(3)), Err(Error::NotAParty)));
}

#[test]
fn a_refusal_ends_it_and_comes_before_ones_own_signature() {
    let mut dossier = refused_by(2, "项目范围过宽", 5);
    assert_eq!(dossier.state(), refused(1, "项目范围过宽"));
    for seed in [1, 2] {
        assert!(
            matches!(dossier.sign(&key(seed)), Err(Error::AgreementRefused { party }) if party == "某县残联")
        );
        assert!(matches!(
            dossier.refuse(&key(seed), "又及", at(6)),
            Err(Error::AgreementRefused { .. })
        ));
    }
    assert!(matches!(
        signed_by(&[1]).refuse(&key(1), "反悔", at(0)),
        Err(Error::AlreadySigned)
    ));
    let mut other = signed_by(&[1]);
    other.refuse(&key(2), "不同意", at(0)).unwrap();
    assert_eq!(other.state(), refused(1, "不同意"));
    assert_eq!(other.signatures(), [None, None], "what was signed counts no more");
    assert_eq!(other.words(), [Word::Nothing, Word::Refused]);
    assert!(matches!(
        draft().refuse(&key(3), "与我无关", at(0)),
        Err(Error::NotAParty)
    ));
}

#[test]
fn a_reason_is_short_and_looks_as_it_is() {
    let long = "因".repeat(201);
    for (reason, expected) in [
        ("", Wrong::Missing),
        (" \u{3000}", Wrong::Missing),
        (long.as_str(), Wrong::TooLong),
        ("甲\n乙", Wrong::NotAllowed),
        ("甲\u{202E}乙", Wrong::NotAllowed),
    ] {
        match draft().refuse(&key(1), reason, at(0)).unwrap_err() {
            Error::Agreement {
                field: "refusal.reason",
                wrong,
            } => assert_eq!(wrong, expected),
            other => panic!("{other}"),
        }
    }
    refused_by(1, &"因".repeat(200), 0);
}

/// Of two parties the refusal of the first stands, of one party what was heard first; a refusal stands whatever is signed.
#[test]
fn contradictions_end_alike_on_both_sides() {
    let merged = |a: &Dossier, b: &Dossier| {
        let (ab, ba) = (a.merge(b).unwrap(), b.merge(a).unwrap());
        assert_eq!(ab.standing(), ba.standing());
        ab
    };
    let (one, two) = (refused_by(1, "甲", 2), refused_by(2, "乙", 1));
    for dossier in [merged(&one, &two), merged(&two, &one)] {
        assert_eq!(dossier, one);
    }
    // One party said two things: each side keeps what it heard first, and neither has anything to tell the other.
    let (this, that) = (refused_by(1, "甲", 5), refused_by(1, "丙", 1));
    assert_eq!(merged(&this, &that), this);
    assert_eq!(merged(&that, &this), that);
    assert_eq!(this.standing(), that.standing());
    // It refused here and signed there.
    let unsure = merged(&signed_by(&[1]), &refused_by(1, "甲", 1));
    assert_eq!(unsure, refused_by(1, "甲", 1));
    for signed in [signed_by(&[2]), signed_by(&[1, 2])] {
        assert_eq!(merged(&signed, &unsure), unsure);
    }
}

#[test]
fn a_standing_is_what_was_said_and_nothing_else() {
    let other = Agreement {
        retention_days: 30,
        ..signable()
    };
    let all = [
        draft(),
        signed_by(&[1]),
        signed_by(&[2]),
        signed_by(&[1, 2]),
        refused_by(1, "甲", 0),
        refused_by(2, "甲", 0),
        Dossier::draft(other).unwrap(),
    ];
    for (i, one) in all.iter().enumerate() {
        for (j, other) in all.iter().enumerate() {
            assert_eq!(one.standing() == other.standing(), i == j, "{i} {j}");
        }
    }
    let mut spoken = [b"hefu/2 standing\0".as_slice(), &signable().digest(), &[0, 2]].concat();
    assert_eq!(refused_by(2, "甲", 0).standing(), sha256(&spoken));
    let end = spoken.len();
    spoken[end - 2..].copy_from_slice(&[1, 0]);
    assert_eq!(signed_by(&[1]).standing(), sha256(&spoken));
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().try_into().unwrap()
}

#[test]
fn only_dossiers_of_one_text_are_merged() {
    let other = Agreement {
        retention_days: 30,
        ..signable()
    };
    let other = Dossier::draft(other).unwrap();
    assert!(matches!(draft().merge(&other), Err(Error::OtherAgreement)));
}

#[test]
fn what_is_written_is_read_and_every_changed_byte_is_refused() {
    for dossier in [
        draft(),
        signed_by(&[1]),
        signed_by(&[1, 2]),
        refused_by(2, "“不”\\\"", 5),
    ] {
        let bytes = dossier.to_bytes();
        assert_eq!(Dossier::parse(&bytes).unwrap(), dossier);
        let said = dossier.signatures().iter().flatten().count() + usize::from(dossier.refusal().is_some());
        for i in 0..bytes.len() {
            for change in [1, 0x20, 0x80] {
                let mut changed = bytes.clone();
                changed[i] ^= change;
                match Dossier::parse(&changed) {
                    Err(_) => {}
                    // Nobody stands for a draft: another text is another draft.
                    Ok(other) => assert!(said == 0 && other.agreement() != dossier.agreement(), "byte {i}"),
                }
            }
        }
    }
    let text = String::from_utf8(signed_by(&[1]).to_bytes()).unwrap();
    assert!(text.contains("\"refusal\":null,\"signatures\":[\""), "{text}");
    for (from, to) in [
        (",null]}", "]}"),
        (",null]}", ",null,null]}"),
        ("\"refusal\":null,", ""),
        ("\"refusal\":null,", "\"refusal\":null,\"seen\":null,"),
    ] {
        assert!(
            Dossier::parse(text.replacen(from, to, 1).as_bytes()).is_err(),
            "{to}"
        );
    }
}

#[test]
fn nothing_stands_beside_a_refusal() {
    let refused = String::from_utf8(refused_by(1, "甲", 0).to_bytes()).unwrap();
    let refusal = refused
        .split("\"refusal\":")
        .nth(1)
        .unwrap()
        .split(",\"signatures\"")
        .next()
        .unwrap();
    for signers in [&[1_u8, 2] as &[u8], &[1], &[2]] {
        let signed = String::from_utf8(signed_by(signers).to_bytes()).unwrap();
        let both = signed.replacen("\"refusal\":null", &format!("\"refusal\":{refusal}"), 1);
        assert!(matches!(
            Dossier::parse(both.as_bytes()),
            Err(Error::Agreement {
                field: "refusal",
                wrong: Wrong::NotAllowed
            })
        ));
    }
    // The refusal as such is sound.
    let alone = signed_by(&[2]).merge(&refused_by(1, "甲", 0)).unwrap();
    assert_eq!(Dossier::parse(&alone.to_bytes()).unwrap(), alone);
}

#[test]
fn one_partys_words_do_not_serve_for_another() {
    let text = String::from_utf8(refused_by(1, "甲", 0).to_bytes()).unwrap();
    for (from, to) in [
        ("\"party\":0", "\"party\":1"),
        ("\"party\":0", "\"party\":2"),
        ("\"甲\"", "\"乙\""),
    ] {
        assert!(text.contains(from));
        let error = Dossier::parse(text.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert!(
            matches!(error, Error::Signature { .. } | Error::NotAParty),
            "{to}: {error}"
        );
    }
    // A refusal of one text is none of another.
    let other = Agreement {
        retention_days: 30,
        ..signable()
    };
    let other = String::from_utf8(Dossier::draft(other).unwrap().to_bytes()).unwrap();
    let refusal = text.split("\"refusal\":").nth(1).unwrap();
    let forged = format!(
        "{}\"refusal\":{refusal}",
        other.split("\"refusal\":").next().unwrap()
    );
    assert!(matches!(
        Dossier::parse(forged.as_bytes()),
        Err(Error::Signature { .. })
    ));
}

#[test]
fn its_size_is_bounded_before_anybody_signs() {
    let mut long = signable();
    long.legal_basis = (0..64).map(|i| format!("{i:02}{}", "条".repeat(254))).collect();
    long.validate().unwrap();
    // 64 articles of 254 characters fit; beyond what leaves room for signatures nothing is drafted.
    Dossier::draft(long.clone()).unwrap();
    long.legal_basis = (0..64).map(|i| format!("{i:02}{}", "𠀀".repeat(254))).collect();
    long.validate().unwrap();
    assert!(matches!(
        Dossier::draft(long),
        Err(Error::DocumentTooLarge { .. })
    ));
    let spaces = vec![b' '; MAX_DOSSIER_BYTES + 1];
    assert!(matches!(
        Dossier::parse(&spaces),
        Err(Error::DocumentTooLarge { .. })
    ));
}

#[derive(Clone, Debug)]
enum Act {
    Sign,
    Refuse(i64, char),
    /// Hands its dossier to the other, who may lose it.
    Send,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        1 => Just(Act::Sign),
        1 => (0i64..4, prop::char::range('甲', '甴')).prop_map(|(second, reason)| Act::Refuse(second, reason)),
        3 => Just(Act::Send),
    ]
}

/// A node that is alone with its dossier does as its officers say, where that is possible.
fn apply(dossier: &mut Dossier, seed: u8, act: &Act) {
    let _ = match act {
        Act::Sign => dossier.sign(&key(seed)),
        Act::Refuse(second, reason) => dossier.refuse(&key(seed), &reason.to_string(), at(*second)),
        Act::Send => return,
    };
}

/// Any dossier that the two parties' keys can make.
fn any_dossier() -> impl Strategy<Value = Dossier> {
    prop::collection::vec((1u8..=2, act()), 0..4).prop_map(|acts| {
        let mut dossier = draft();
        for (seed, act) in acts {
            // A copy each time, so that a party may have signed one and refused another.
            let mut other = draft();
            apply(&mut other, seed, &act);
            dossier = dossier.merge(&other).unwrap();
        }
        dossier
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn two_nodes_end_with_the_same(acts in prop::collection::vec((0usize..2, act()), 0..12)) {
        let mut nodes = [draft(), draft()];
        for (node, act) in acts {
            if matches!(act, Act::Send) {
                let letter = Dossier::parse(&nodes[node].to_bytes()).unwrap();
                nodes[1 - node] = nodes[1 - node].merge(&letter).unwrap();
            } else {
                apply(&mut nodes[node], node as u8 + 1, &act);
            }
        }
        let [a, b] = nodes;
        let (one, two) = (a.merge(&b).unwrap(), b.merge(&a).unwrap());
        prop_assert_eq!(one.standing(), two.standing());
        // Who says nothing twice is quoted in the same bytes everywhere.
        prop_assert_eq!(one.to_bytes(), two.to_bytes());
        prop_assert_eq!(&Dossier::parse(&one.to_bytes()).unwrap(), &one);
        let refused = |dossier: &Dossier| dossier.refusal().is_some();
        prop_assert_eq!(refused(&one), refused(&a) || refused(&b));
        // Each side's own word is in it, unless somebody has refused.
        for before in [&a, &b] {
            for (was, is) in before.words().iter().zip(one.words()) {
                prop_assert!(refused(&one) || *was == Word::Nothing || *was == is);
            }
        }
    }

    #[test]
    fn merging_knows_neither_order_nor_grouping(a in any_dossier(), b in any_dossier(), c in any_dossier()) {
        let merge = |a: &Dossier, b: &Dossier| a.merge(b).unwrap();
        prop_assert_eq!(merge(&a, &b).standing(), merge(&b, &a).standing());
        prop_assert_eq!(merge(&merge(&a, &b), &c), merge(&a, &merge(&b, &c)));
        prop_assert_eq!(merge(&a, &a), a.clone());
        prop_assert_eq!(merge(&merge(&a, &b), &a), merge(&a, &b));
        // What is heard again in other bytes changes none.
        if merge(&a, &b).standing() == a.standing() {
            prop_assert_eq!(merge(&a, &b), a.clone());
        }
        prop_assert_eq!(Dossier::parse(&merge(&a, &b).to_bytes()).unwrap(), merge(&a, &b));
    }
}
