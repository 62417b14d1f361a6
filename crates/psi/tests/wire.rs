//! Each message has one form, a longest form, and nothing behind it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use common::attack::malformed;
use hefu_psi::Error;
use hefu_psi::wire::{
    Abort, Accept, Commit, Document, Have, Kind, MAX_DOCUMENT_BYTES, MAX_MESSAGE_BYTES, Open, ReceiptMessage,
    decode_abort, encode_abort,
};

#[test]
fn what_a_side_holds() {
    let bytes = |chunks: u32, tags: u8| [&chunks.to_le_bytes()[..], &[tags]].concat();
    for (chunks, tags) in [(0, false), (1, true), (u32::MAX, true)] {
        let have = Have { chunks, tags };
        assert_eq!(have.encode(), bytes(chunks, u8::from(tags)));
        assert_eq!(Have::decode(&have.encode()), Ok(have));
    }
    for neither in [2, 0x80, 0xff] {
        assert_eq!(
            Have::decode(&bytes(1, neither)),
            Err(malformed("have")),
            "{neither}"
        );
    }
    for length in [0, 1, 4, 6] {
        let mut other = bytes(1, 1);
        other.resize(length, 0);
        assert_eq!(Have::decode(&other), Err(malformed("have")), "{length} bytes");
    }
}

#[test]
fn documents_have_a_longest_form() {
    let longest = vec![7; MAX_DOCUMENT_BYTES + 1];
    let document = Document::decode(&longest).unwrap();
    assert_eq!((document.kind, document.bytes.len()), (7, MAX_DOCUMENT_BYTES));
    assert_eq!([&document.header()[..], document.bytes].concat(), longest);
    let empty = Document::decode(&[1]).unwrap();
    assert_eq!((empty.kind, empty.bytes), (1, &[][..]));
    for bytes in [vec![], vec![7; MAX_DOCUMENT_BYTES + 2]] {
        assert_eq!(Document::decode(&bytes).err(), Some(malformed("document")));
    }
}

/// Lengths by protocol-docs, with the suite's sizes.
#[test]
fn messages_have_the_lengths_of_the_description() {
    let accept = Accept {
        nonce: [0; 32],
        public: vec![0; 32],
        elements: 0,
        input: [0; 32],
        challenge: vec![0; 32],
        response: vec![0; 32],
        signature: vec![0; 64],
    };
    let commit = Commit {
        root: [0; 32],
        elements: 0,
        signature: vec![0; 64],
    };
    let receipt = ReceiptMessage {
        digest: [0; 32],
        head_seq: u64::MAX,
        head: [0; 32],
        signature: vec![0; 64],
    };
    assert_eq!(open().encode().len(), 219);
    assert_eq!(accept.encode().len(), 264);
    assert_eq!(commit.encode().len(), 112);
    assert_eq!(receipt.encode().len(), 144);

    // What fills a message to the limit is read, and refused later; nothing longer is read at all.
    let mut long = accept.clone();
    long.signature = vec![0; MAX_MESSAGE_BYTES - 200];
    assert_eq!(long.encode().len(), MAX_MESSAGE_BYTES);
    assert!(Accept::decode(&long.encode()) == Ok(long.clone()));
    long.signature.push(0);
    assert_eq!(long.encode().len(), MAX_MESSAGE_BYTES + 1);
    assert!(Accept::decode(&long.encode()) == Err(malformed("accept")));

    // A length that promises more than there is, however much.
    for promised in [65, 4096, u64::from(u32::MAX), u64::MAX] {
        let mut bytes = receipt.encode();
        bytes[72..80].copy_from_slice(&promised.to_le_bytes());
        assert_eq!(
            ReceiptMessage::decode(&bytes),
            Err(malformed("receipt")),
            "{promised}"
        );
    }
}

#[test]
fn nothing_stands_behind_a_message() {
    let behind = |bytes: Vec<u8>| [bytes, vec![0]].concat();
    let have = Have {
        chunks: 1,
        tags: false,
    };
    assert_eq!(Open::decode(&behind(open().encode())), Err(malformed("open")));
    assert_eq!(Have::decode(&behind(have.encode())), Err(malformed("have")));
    for abort in aborts() {
        assert_eq!(
            decode_abort(&behind(encode_abort(&abort))),
            None,
            "{}",
            abort.code()
        );
    }
}

#[test]
fn every_reason_crosses_and_is_itself() {
    let all = aborts();
    for (number, abort) in (0u32..).zip(&all) {
        let bytes = encode_abort(abort);
        assert_eq!(bytes[..4], number.to_le_bytes(), "{}", abort.code());
        assert_eq!(decode_abort(&bytes).as_ref(), Some(abort));
    }
    let next = (all.len() as u32).to_le_bytes();
    assert_eq!(
        decode_abort(&next),
        None,
        "a reason that this version does not know"
    );
    let codes: std::collections::HashSet<_> = all.iter().map(Abort::code).collect();
    assert_eq!(codes.len(), all.len());
}

#[test]
fn reasons_say_what_they_are() {
    let refusals: Vec<&str> = aborts()
        .iter()
        .filter(|abort| abort.is_refusal())
        .map(Abort::code)
        .collect();
    for code in [
        "abort_budget_spent",
        "abort_rounds_spent",
        "abort_checks_spent",
        "abort_policy",
    ] {
        assert!(refusals.contains(&code), "{code}: nothing was exchanged");
    }
    for code in [
        "abort_expired",
        "abort_voided",
        "abort_cancelled",
        "abort_receipt",
    ] {
        assert!(!refusals.contains(&code), "{code}: a session was under way");
    }
    let params = |abort: Abort| abort.params();
    assert_eq!(
        params(Abort::BudgetSpent { limit: 9 }),
        [("limit", "9".to_string())]
    );
    assert_eq!(
        params(Abort::RoundsSpent { limit: 4 }),
        [("limit", "4".to_string())]
    );
    assert_eq!(
        params(Abort::ChecksSpent { limit: 20 }),
        [("limit", "20".to_string())]
    );
    assert_eq!(
        params(Abort::ChunkChanged { chunk: 3 }),
        [("chunk", "3".to_string())]
    );
    assert_eq!(Error::Receipt.abort(), Some(Abort::Receipt));
    assert_eq!(Error::Evidence.code(), "psi_evidence");
}

#[test]
fn kinds_have_a_byte_and_a_name() {
    for (byte, name) in [
        (1, "open"),
        (2, "accept"),
        (3, "blinded"),
        (4, "commit"),
        (5, "evaluated"),
        (6, "tags"),
        (7, "receipt"),
        (8, "have"),
        (9, "document"),
    ] {
        assert_eq!(Kind::from_byte(byte).map(Kind::name), Some(name));
    }
    assert_eq!(Kind::ALL.len(), 9);
    assert!([0, 10, 255].iter().all(|byte| Kind::from_byte(*byte).is_none()));
}

fn open() -> Open {
    Open {
        version: 3,
        suite: "ristretto255-sha512".into(),
        agreement: [1; 32],
        receiver: [2; 32],
        sender: [3; 32],
        mode: 1,
        key_kind: 1,
        width: 32,
        label: 0,
        receiver_cap: 1,
        sender_cap: 1,
        nonce: [4; 32],
        elements: 1,
        input: [5; 32],
    }
}

/// Every reason, in the order of their numbers.
fn aborts() -> Vec<Abort> {
    let step = || Kind::Commit.name().to_string();
    vec![
        Abort::Version { ours: 3, theirs: 1 },
        Abort::Suite,
        Abort::AgreementUnknown,
        Abort::AgreementNotInForce,
        Abort::AgreementMismatch,
        Abort::SetTooLarge { announced: 2, cap: 1 },
        Abort::Policy,
        Abort::PublicKey,
        Abort::BadElement { chunk: 1, index: 2 },
        Abort::Chunk { expected: 1 },
        Abort::Count {
            announced: 2,
            received: 1,
        },
        Abort::Root,
        Abort::Proof { chunk: 1 },
        Abort::TagOrder { chunk: 1 },
        Abort::Unexpected { awaited: step() },
        Abort::Malformed { step: step() },
        Abort::Inactive { seconds: 1 },
        Abort::Cancelled,
        Abort::Internal,
        Abort::OwnSetTooLarge { cap: 1 },
        Abort::Expired,
        Abort::BudgetSpent { limit: 1 },
        Abort::RoundsSpent { limit: 1 },
        Abort::ChunkChanged { chunk: 1 },
        Abort::Label,
        Abort::Receipt,
        Abort::Voided,
        Abort::Interrupted,
        Abort::ChecksSpent { limit: 1 },
    ]
}
