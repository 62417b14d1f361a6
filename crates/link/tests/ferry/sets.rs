//! Sealing and opening.

use hefu_link::ferry::{Matter, SetHead, SetId, disclose, enclose, enclose_card, enclosed_card, open, seal};
use hefu_link::{Card, Error};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::support::{Agency, CIVIL, COURT, Set, code, noise};

/// The page's `enc (32) || records of 64 KiB and a tag of 16 bytes each`.
const RECORD: usize = 65_536;

/// A head that says something else than its set's.
fn saying(head: &SetHead, field: &str, value: Value) -> Result<SetHead, serde_json::Error> {
    let mut fields = serde_json::to_value(head).unwrap();
    fields[field] = value;
    serde_json::from_value(fields)
}

fn sealed_bytes(content: usize) -> usize {
    32 + content + 16 * content.div_ceil(RECORD).max(1)
}

#[test]
fn content_of_every_length_comes_back() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    for length in [
        0,
        1,
        100,
        RECORD - 1,
        RECORD,
        RECORD + 1,
        2 * RECORD,
        3 * RECORD + 7,
    ] {
        let content = noise(length);
        let set = civil.seal(&court, 1, &content);
        assert_eq!(set.sealed.len(), sealed_bytes(length));
        assert_eq!(set.head.bytes(), sealed_bytes(length) as u64);
        assert_eq!(set.head.content_bytes(), length as u64);
        assert!(court.open(&set.head, &set.sealed).unwrap() == content, "{length}");
    }
}

/// A reader that gives less than it is asked for changes nothing.
#[test]
fn content_that_comes_in_drops_is_sealed_alike() {
    struct Drops<'a>(&'a [u8]);
    impl std::io::Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = buffer.len().min(1009);
            std::io::Read::read(&mut self.0, &mut buffer[..most])
        }
    }
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let content = noise(RECORD + 5);
    let whole = civil.seal(&court, 1, &content);
    let mut sealed = Vec::new();
    let head = seal(
        &civil.keys,
        &court.card,
        whole.head.set(),
        whole.head.matters(),
        &mut Drops(&content),
        &mut sealed,
        &mut StdRng::seed_from_u64(1),
    )
    .unwrap();
    assert!(sealed == whole.sealed);
    assert_eq!(head, whole.head);
    let mut opened = Vec::new();
    open(&court.keys, &head, &mut Drops(&sealed), &mut opened).unwrap();
    assert!(opened == content);
}

#[test]
fn what_is_not_the_announced_set_is_refused() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let Set { head, sealed } = civil.seal(&court, 1, &noise(2 * RECORD + 9));
    for length in [0, 1, 31, 32, 48, RECORD, 32 + RECORD + 16, sealed.len() - 1] {
        assert_eq!(
            code(court.open(&head, &sealed[..length])),
            "ferry_digest",
            "{length}"
        );
    }
    assert_eq!(
        code(court.open(&head, &[&sealed[..], &[0]].concat())),
        "ferry_digest"
    );
    for position in [0, 31, 32, RECORD, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[position] ^= 1;
        assert_eq!(code(court.open(&head, &changed)), "ferry_digest", "{position}");
    }
}

/// A sender can sign what it likes; what it signs opens only as it was sealed.
#[test]
fn what_was_sealed_otherwise_does_not_open() {
    let (civil, court, rogue) = (Agency::new(CIVIL), Agency::new(COURT), Agency::new("某县"));
    let set = civil.seal(&court, 1, &noise(2 * RECORD));
    let digest = |bytes: &[u8]| {
        let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
        json!(hefu_casework::Hex::<32>(digest.as_ref().try_into().unwrap()))
    };
    let record = RECORD + 16;
    let (enc, records) = set.sealed.split_at(32);
    let cut_after_a_record = [enc, &records[..record]].concat();
    let swapped = [enc, &records[record..], &records[..record]].concat();
    for sealed in [cut_after_a_record, swapped] {
        let head = saying(&set.head, "bytes", json!(sealed.len())).unwrap();
        let head = saying(&head, "digest", digest(&sealed)).unwrap();
        assert_eq!(code(court.open(&head, &sealed)), "ferry_unopened");
    }
    let from = json!(hefu_casework::Hex(rogue.keys.node_key()));
    for (field, value) in [("from", from), ("set", json!(SetId::from([2; 16])))] {
        let head = saying(&set.head, field, value).unwrap();
        assert_eq!(code(court.open(&head, &set.sealed)), "ferry_unopened", "{field}");
    }
    // The same node with another seal key.
    let [node, tls, _] = court.keys.to_parts();
    let [_, _, other] = rogue.keys.to_parts();
    let renewed = hefu_link::Keys::from_parts(node, tls, other).unwrap();
    let refused = open(&renewed, &set.head, &mut &*set.sealed, &mut Vec::new());
    assert_eq!(code(refused), "ferry_unopened");
}

#[test]
fn a_set_for_another_is_refused_by_both_keys() {
    let (civil, court, other) = (Agency::new(CIVIL), Agency::new(COURT), Agency::new("某县"));
    let set = civil.seal(&court, 1, b"content");
    let error = other.open(&set.head, &set.sealed).unwrap_err();
    let short = |agency: &Agency| hefu_casework::Hex(agency.keys.node_key()).to_string()[..8].to_owned();
    assert_eq!(error.code(), "ferry_recipient");
    assert_eq!(error.params(), [("to", short(&court)), ("own", short(&other))]);
}

#[test]
fn heads_that_no_set_has_are_refused() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let head = civil.seal(&court, 1, &noise(100)).head;
    assert_eq!(saying(&head, "bytes", json!(148)).unwrap(), head);
    let one_record = 32 + RECORD as u64 + 16;
    for (bytes, fits) in [
        (47, false),
        (48, true),
        (49, true),
        (one_record, true),
        (one_record + 16, false),
        (one_record + 17, true),
    ] {
        assert_eq!(saying(&head, "bytes", json!(bytes)).is_ok(), fits, "{bytes}");
    }
    for matters in [
        json!([]),
        json!(["receipt", "answer"]),
        json!(["answer", "answer"]),
        json!(["answer", "card"]),
        json!(["card"]),
        json!(["secret"]),
    ] {
        assert!(saying(&head, "matters", matters.clone()).is_err(), "{matters}");
    }
    assert!(saying(&head, "to", Value::Null).is_err());
    let identity = json!(format!("01{}", "00".repeat(31)));
    assert!(saying(&head, "from", identity).is_err());
    let refused = seal(
        &civil.keys,
        &court.card,
        head.set(),
        &[Matter::Receipt, Matter::Answer],
        &mut &b""[..],
        &mut Vec::new(),
        &mut StdRng::seed_from_u64(1),
    );
    assert_eq!(code(refused), "ferry_header");
}

/// The card of a node that was made before there were seal keys; its values were computed apart.
#[test]
fn nothing_is_sealed_to_a_card_of_before() {
    let card = concat!(
        r#"{"card":{"address":"10.29.0.1:7443","name":"某县人民检察院","#,
        r#""node_key":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a","#,
        r#""role":"procuratorate","#,
        r#""tls_key":"deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170","version":1},"#,
        r#""signature":"2173146c870168b2cd4118728d41d0623b73b3513e69c177f0c80231966d9c8a"#,
        r#"8172eb9a502df2c162594007fc2d09822d9de5d8d28ae06662d7dbe359a4db07"}"#,
    );
    let card = Card::parse(card.as_bytes()).unwrap();
    let mut out = Vec::new();
    let error = seal(
        &Agency::new(CIVIL).keys,
        &card,
        SetId::from([1; 16]),
        &[Matter::Answer],
        &mut &b"content"[..],
        &mut out,
        &mut StdRng::seed_from_u64(1),
    )
    .unwrap_err();
    assert!(
        matches!(&error, Error::FerryNoSealKey { peer } if peer == card.name()),
        "{error}"
    );
    assert!(out.is_empty());
}

#[test]
fn a_card_travels_open_and_only_as_its_own() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let (head, bytes) = enclose_card(&civil.keys, SetId::from([1; 16]), &civil.card).unwrap();
    assert_eq!(bytes, civil.card.to_bytes());
    assert_eq!((head.to(), head.matters()), (None, &[Matter::Card][..]));
    assert_eq!(head.content_bytes(), bytes.len() as u64);
    assert_eq!(enclosed_card(&head, &mut &*bytes).unwrap(), civil.card);
    assert_eq!(code(enclosed_card(&head, &mut &bytes[1..])), "ferry_digest");
    assert_eq!(code(court.open(&head, &bytes)), "ferry_recipient");

    let borrowed = enclose_card(&civil.keys, SetId::from([1; 16]), &court.card);
    assert_eq!(code(borrowed), "ferry_sender");
    let sealed = civil.seal(&court, 1, &bytes);
    assert_eq!(code(enclosed_card(&sealed.head, &mut &*bytes)), "ferry_header");
    let from = json!(hefu_casework::Hex(court.keys.node_key()));
    let passed_on = saying(&head, "from", from).unwrap();
    assert_eq!(code(enclosed_card(&passed_on, &mut &*bytes)), "ferry_sender");
}

#[test]
fn an_enclosure_opens_for_its_recipient_as_what_it_is_and_no_otherwise() {
    let (civil, court) = (Agency::new(CIVIL), Agency::new(COURT));
    let mut rng = StdRng::seed_from_u64(1);
    let (id, text) = ([7; 16], b"whose number it is");
    let sealed = enclose(&civil.keys, &court.card, 6, &id, text, &mut rng).unwrap();
    assert_eq!(sealed.len(), 32 + text.len() + 16);
    let from = civil.keys.node_key();
    assert_eq!(**disclose(&court.keys, &from, 6, &id, &sealed).unwrap(), *text);
    let own = court.keys.node_key();
    for (whose, from, kind, id) in [
        (&civil, from, 6, id),
        (&court, own, 6, id),
        (&court, from, 7, id),
        (&court, from, 6, [8; 16]),
    ] {
        assert!(disclose(&whose.keys, &from, kind, &id, &sealed).is_none());
    }
    for at in [0, 31, 32, sealed.len() - 1] {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(disclose(&court.keys, &from, 6, &id, &changed).is_none(), "{at}");
        assert!(
            disclose(&court.keys, &from, 6, &id, &sealed[..at]).is_none(),
            "{at}"
        );
    }
    let again = enclose(&civil.keys, &court.card, 6, &id, text, &mut rng).unwrap();
    assert_ne!(again, sealed);
}
