//! One spelling for what is said, and what is hashed and signed of it.

use hefu_casework::conference::{
    Cell, Counts, Enclosed, Entry, Fault, Head, MAX_ENTRY_BYTES, MAX_PRIVATE_BYTES, Placed, Private,
    Recipient, Settled, SignedEntry, Word, conference_id,
};
use hefu_casework::{Error, Fen, Hex, RuleId};
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

use super::*;

fn sha256(parts: &[&[u8]]) -> Hex<32> {
    Hex(digest(&SHA256, &parts.concat()).as_ref().try_into().unwrap())
}

fn reported() -> Entry {
    Entry {
        version: 1,
        conference: Hex([0xaa; 32]),
        author: node(1),
        number: 12,
        seen: Head {
            seq: 34,
            hash: Hex([0xbb; 32]),
        },
        at: at("2026-10-20T08:00:00Z"),
        word: Word::Reported { round: 3 },
        enclosed: Some(Enclosed {
            commitment: Hex([0xcc; 32]),
            to: vec![Recipient {
                node: Hex([0xdd; 32]),
                digest: Hex([0xee; 32]),
            }],
        }),
    }
}

/// Names in alphabetical order, no white space, bytes in hexadecimal: RFC 8785, written by hand.
fn spelled() -> String {
    let [aa, bb, cc, dd, ee] = ["aa", "bb", "cc", "dd", "ee"].map(|byte| byte.repeat(32));
    format!(
        r#"{{"at":"2026-10-20T08:00:00Z","author":"{}","conference":"{aa}","enclosed":{{"commitment":"{cc}","to":[{{"digest":"{ee}","node":"{dd}"}}]}},"number":12,"seen":{{"hash":"{bb}","seq":34}},"version":1,"word":{{"reported":{{"round":3}}}}}}"#,
        node(1)
    )
}

#[test]
fn an_entry_has_one_spelling_and_one_digest() {
    assert_eq!(
        String::from_utf8(reported().canonical_bytes()).unwrap(),
        spelled()
    );
    assert_eq!(reported().digest(), sha256(&[spelled().as_bytes()]));
    let signed = reported().sign(&key(1)).unwrap();
    assert_eq!(signed.digest(), reported().digest());
    let message = [b"hefu/3 conference entry\0".as_slice(), &reported().digest().0].concat();
    UnparsedPublicKey::new(&ED25519, node(1).0)
        .verify(&message, &signed.signature.0)
        .unwrap();
    assert!(signed.verify());
    assert!(matches!(reported().sign(&key(2)), Err(Error::NotAParty)));
}

#[test]
fn every_changed_byte_of_a_signed_entry_is_found_out() {
    let signed = reported().sign(&key(1)).unwrap();
    let bytes = signed.to_bytes();
    assert_eq!(SignedEntry::parse(&bytes).unwrap(), signed);
    for i in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[i] ^= 1;
        assert!(
            !SignedEntry::parse(&changed).is_ok_and(|read| read.verify()),
            "byte {i}"
        );
        let mut shorter = bytes.clone();
        shorter.remove(i);
        assert!(
            !SignedEntry::parse(&shorter).is_ok_and(|read| read.verify()),
            "without byte {i}"
        );
    }
    let same_time = String::from_utf8(bytes)
        .unwrap()
        .replace("08:00:00Z", "16:00:00+08:00");
    assert!(matches!(
        SignedEntry::parse(same_time.as_bytes()),
        Err(Error::NotCanonical)
    ));
}

#[test]
fn heads_are_chained_over_places_and_digests() {
    let (a, b) = (Hex([1; 32]), Hex([2; 32]));
    let label: &[u8] = b"hefu/3 conference head\0";
    let first = sha256(&[label, &[0; 32], &[0, 0, 0, 0, 0, 0, 0, 1], &a.0]);
    let second = sha256(&[label, &first.0, &[0, 0, 0, 0, 0, 0, 0, 2], &b.0]);
    let head = Head::NONE.next(&a).next(&b);
    assert_eq!((head.seq, head.hash), (2, second));
    assert_ne!(Head::NONE.next(&b).next(&a).hash, second);
}

#[test]
fn a_conference_is_known_by_its_office_and_a_nonce() {
    let expected = sha256(&[b"hefu/3 conference\0", &node(OFFICE).0, &[7; 16]]);
    assert_eq!(conference_id(&node(OFFICE), &NONCE), expected);
}

#[test]
fn a_private_part_is_a_nonce_and_a_document() {
    let private = Private::Counts(Counts {
        round: 1,
        cells: vec![],
    });
    let bytes = private.to_bytes(&[9; 16]);
    assert_eq!(
        bytes,
        [&[9; 16], br#"{"counts":{"cells":[],"round":1}}"#.as_slice()].concat()
    );
    assert_eq!(Private::parse(&bytes).unwrap(), private);
    let expected = sha256(&[b"hefu/3 conference enclosure\0", &bytes]);
    assert_eq!(Private::commitment(&bytes), expected);
    assert_ne!(Private::commitment(&private.to_bytes(&[8; 16])), expected);
    let mut longer = bytes.clone();
    longer.push(b' ');
    assert!(matches!(Private::parse(&longer), Err(Error::NotCanonical)));
    assert!(matches!(
        Private::parse(&bytes[..15]),
        Err(Error::Document { .. })
    ));
    assert!(matches!(
        Private::parse(&vec![0; MAX_PRIVATE_BYTES + 1]),
        Err(Error::DocumentTooLarge { .. })
    ));
}

#[test]
fn what_not_all_could_read_is_not_taken() {
    let mut table = Table::signed(&framework());
    let mut long = table.announcement(&framework());
    // 67 bytes each with quotation marks and comma.
    long.annexes = vec![Hex([0; 32]); MAX_ENTRY_BYTES / 67 + 1];
    table.refuses(OFFICE, Word::Announced(long), Fault::Malformed);
    let another = |change: &dyn Fn(&mut Entry)| {
        let mut entry = table.entry(1, Word::Signed(Hex([0; 32])));
        change(&mut entry);
        entry
    };
    let wrong = [
        another(&|entry| entry.version = 2),
        another(&|entry| entry.conference = Hex([1; 32])),
        // 2^53, which not every program holds exactly.
        another(&|entry| entry.number = 9_007_199_254_740_992),
    ];
    for entry in wrong {
        table.refuses_entry(entry, 1, None, Fault::Malformed);
    }
}

#[test]
fn only_the_author_signs_and_two_signatures_are_one_entry() {
    let mut table = Table::seated();
    let entry = table.entry(OFFICE, enrolled(4));
    let mut signed = entry.clone().sign(&key(OFFICE)).unwrap();
    signed.signature.0[0] ^= 1;
    let seq = table.state.head().seq + 1;
    let forged = Placed {
        seq,
        signed: signed.clone(),
    };
    assert_eq!(table.state.apply(&forged, None), Err(Fault::Unsigned));
    let skipped = Placed {
        seq: seq + 1,
        signed: entry.clone().sign(&key(OFFICE)).unwrap(),
    };
    assert_eq!(table.state.apply(&skipped, None), Err(Fault::Forked));
    table.place(entry, OFFICE, None).unwrap();
    let all: Vec<_> = table.log.iter().map(|placed| placed.signed.clone()).collect();
    assert_eq!(table.state.head(), head_of(&all));
}

/// The most counts that there can be go in an entry, also where each number is as long as it can be: 2^30 elements, and
/// 10,000,000,000 yuan.
#[test]
fn the_most_counts_fit() {
    let (many, fen) = (1 << 30, Fen(1_000_000_000_000));
    let cell = Cell {
        annex: Hex([1; 32]),
        other: Hex([2; 32]),
        rule: Some(RuleId::new("X234567890123456").unwrap()),
        month: Some("2026-08".parse().unwrap()),
        key_group: false,
        withheld: false,
        findings: many,
        to_verify: fen,
        settled: Settled {
            verified: many,
            verified_fen: fen,
            stopped: many,
            stopped_fen: fen,
            recovered: many,
            recovered_fen: fen,
            corrected: many,
            corrected_fen: fen,
        },
    };
    let counts = Private::Counts(Counts {
        round: u32::MAX,
        cells: vec![cell; 560],
    });
    let bytes = counts.to_bytes(&[9; 16]);
    assert_eq!(Private::parse(&bytes).unwrap(), counts);
}
