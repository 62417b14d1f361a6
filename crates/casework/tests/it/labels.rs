//! Labels: one width, only what was agreed, one spelling.

use hefu_casework::{
    Error, Feedback, LabelField, LabelTerms, LetterNo, ReasonCode, Referral, ReferralState, label_bytes,
    parse_label,
};
use jiff::civil::{Date, date};
use proptest::prelude::*;

const ALL: [LabelField; 3] = [LabelField::State, LabelField::Date, LabelField::Reason];

fn terms(fields: &[LabelField], max_bytes: u16) -> LabelTerms {
    LabelTerms {
        fields: fields.to_vec(),
        max_bytes,
    }
}

/// By hand, from the table in protocol-docs/agreements.md: state 1, year, month, day, reason; 2026 is 0x07EA.
#[test]
fn labels_are_those_of_the_protocol() {
    let refused = Feedback {
        date: Some(date(2026, 9, 3)),
        state: ReferralState::Refused,
        reason: Some(ReasonCode::Property),
    };
    let helped = Feedback {
        date: None,
        state: ReferralState::Helped,
        reason: None,
    };
    for (feedback, fields, bytes) in [
        (refused, &ALL[..], [4, 0x07, 0xEA, 9, 3, 2, 0, 0]),
        (
            refused,
            &[LabelField::Reason, LabelField::State],
            [4, 2, 0, 0, 0, 0, 0, 0],
        ),
        (refused, &[LabelField::State], [4, 0, 0, 0, 0, 0, 0, 0]),
        (helped, &ALL, [3, 0, 0, 0, 0, 0, 0, 0]),
    ] {
        assert_eq!(label_bytes(&terms(fields, 8), &feedback), bytes);
    }
    assert_eq!(
        parse_label(&terms(&ALL, 8), &[4, 0x07, 0xEA, 9, 3, 2, 0, 0]).unwrap(),
        refused
    );
    let told = parse_label(&terms(&[LabelField::State], 2), &[4, 0]).unwrap();
    assert_eq!(
        told,
        Feedback {
            date: None,
            reason: None,
            ..refused
        }
    );
}

#[test]
fn what_could_not_have_been_written_is_refused() {
    for (why, label) in [
        ("no state", [0, 0, 0, 0, 0, 0, 0, 0]),
        ("an unknown state", [7, 0, 0, 0, 0, 0, 0, 0]),
        ("30 February", [3, 0x07, 0xEA, 2, 30, 0, 0, 0]),
        ("a month without a year", [3, 0, 0, 1, 0, 0, 0, 0]),
        ("an unknown reason", [4, 0, 0, 0, 0, 10, 0, 0]),
        ("refused without a reason", [4, 0, 0, 0, 0, 0, 0, 0]),
        ("a reason for help", [3, 0, 0, 0, 0, 1, 0, 0]),
        ("something in the padding", [3, 0, 0, 0, 0, 0, 0, 1]),
    ] {
        assert!(
            matches!(parse_label(&terms(&ALL, 8), &label), Err(Error::Label)),
            "{why}"
        );
    }
    let label = [3, 0, 0, 0, 0, 0, 0, 0];
    for width in [6, 7, 9] {
        assert!(parse_label(&terms(&ALL, width), &label).is_err(), "{width}");
    }
    // What was not agreed is not told.
    assert!(parse_label(&terms(&[LabelField::State], 8), &[3, 0x07, 0xEA, 9, 3, 0, 0, 0]).is_err());
}

fn feedback() -> impl Strategy<Value = Feedback> {
    let date =
        (1i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| Date::constant(year, month, day));
    let state = prop::sample::select(ReferralState::ALL);
    let reason = prop::sample::select(ReasonCode::ALL);
    (prop::option::of(date), state, reason).prop_map(|(date, state, reason)| Feedback {
        date,
        state,
        reason: (state == ReferralState::Refused).then_some(reason),
    })
}

fn any_terms() -> impl Strategy<Value = LabelTerms> {
    let order = Just(ALL.to_vec()).prop_shuffle();
    (order, any::<[bool; 2]>(), 6u16..=256).prop_map(|(order, [date, reason], max_bytes)| {
        let told = |field: &LabelField| match field {
            LabelField::State => true,
            LabelField::Date => date,
            LabelField::Reason => reason,
            LabelField::Name => false,
        };
        terms(&order.into_iter().filter(told).collect::<Vec<_>>(), max_bytes)
    })
}

proptest! {
    #[test]
    fn what_is_told_is_what_was_agreed(feedback in feedback(), terms in any_terms()) {
        let label = label_bytes(&terms, &feedback);
        prop_assert_eq!(label.len(), usize::from(terms.max_bytes));
        let told = |field| terms.fields.contains(&field);
        let expected = Feedback {
            date: feedback.date.filter(|_| told(LabelField::Date)),
            state: feedback.state,
            reason: feedback.reason.filter(|_| told(LabelField::Reason)),
        };
        prop_assert_eq!(parse_label(&terms, &label).unwrap(), expected);
    }

    #[test]
    fn any_bytes_are_refused_or_are_the_one_spelling(terms in any_terms(), start in prop::collection::vec(0u8..12, 0..8)) {
        let mut label = start;
        label.resize(usize::from(terms.max_bytes), 0);
        if let Ok(feedback) = parse_label(&terms, &label) {
            prop_assert_eq!(label_bytes(&terms, &feedback), label);
        }
    }

    #[test]
    fn what_is_kept_comes_back_at_one_length(feedback in feedback(), any in prop::collection::vec(any::<u8>(), 0..8)) {
        prop_assert_eq!(Feedback::from_stored(&feedback.stored()), Some(feedback));
        if let Some(read) = Feedback::from_stored(&any) {
            prop_assert_eq!(read.stored().to_vec(), any.clone());
        }
        let letter = LetterNo::new("某检救助移〔2026〕17号").unwrap();
        if let Some(read) = Referral::from_stored(letter, None, &any) {
            prop_assert_eq!(read.stored().to_vec(), any.clone());
        }
    }
}
