//! Cards and keys. The values of the fixed card were computed apart, in Python, from the keys of RFC 8032.

use hefu_casework::AgencyRole;
use hefu_link::{Card, Keys};
use zeroize::Zeroizing;

use crate::support::code;

/// A card of version 1, which had no seal key. `tests/ferry/vectors.rs` has one of version 2.
const CARD: &str = concat!(
    r#"{"card":{"address":"10.29.0.1:7443","name":"某县人民检察院","#,
    r#""node_key":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a","#,
    r#""role":"procuratorate","#,
    r#""tls_key":"deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170","version":1},"#,
    r#""signature":"2173146c870168b2cd4118728d41d0623b73b3513e69c177f0c80231966d9c8a"#,
    r#"8172eb9a502df2c162594007fc2d09822d9de5d8d28ae06662d7dbe359a4db07"}"#,
);
const FINGERPRINT: &str = "45339 31963 59067 54559 59425 31553 91673 42036";

#[test]
fn a_card_of_version_1_is_read_and_has_no_seal_key() {
    let card = Card::parse(CARD.as_bytes()).unwrap();
    assert_eq!(card.name(), "某县人民检察院");
    assert_eq!(card.fingerprint(), FINGERPRINT);
    assert_eq!(card.to_bytes(), CARD.as_bytes());
    assert_eq!(card.seal_key(), None);
}

/// A seal key may be left out or added only where the signature still holds, which is never; each of the two is refused
/// for its own reason first.
#[test]
fn a_version_has_its_fields() {
    let keys = Keys::generate().unwrap();
    let card = Card::new(&keys, "某县人民法院", AgencyRole::Court, "host:1").unwrap();
    assert_eq!(card.seal_key(), Some(keys.seal_key()));
    let text = String::from_utf8(card.to_bytes()).unwrap();
    let key: String = keys.seal_key().iter().map(|byte| format!("{byte:02x}")).collect();
    let field = format!(r#""seal_key":"{key}","#);
    let refused = |text: String| {
        let error = Card::parse(text.as_bytes()).unwrap_err();
        (error.code(), error.params().first().cloned())
    };
    let seal_key = ("card_field", Some(("field", "seal_key".to_owned())));
    assert_eq!(refused(text.replace(&field, "")), seal_key);
    assert_eq!(
        refused(text.replace(r#""version":2"#, r#""version":1"#)),
        seal_key
    );
    assert_eq!(
        refused(text.replace(&key, &"0".repeat(64))),
        seal_key,
        "small order"
    );
    assert_eq!(refused(text.replace(&key, &"2".repeat(64))).0, "card_signature");
}

#[test]
fn keys_come_back_from_their_parts() {
    let keys = Keys::generate().unwrap();
    let [node, tls, seal] = keys.to_parts();
    let again = Keys::from_parts(node, tls, seal).unwrap();
    assert_eq!(
        (again.node_key(), again.tls_key(), again.seal_key()),
        (keys.node_key(), keys.tls_key(), keys.seal_key())
    );
    assert_eq!(again.sign(b"test\0", b"digest"), keys.sign(b"test\0", b"digest"));
}

#[test]
fn what_is_no_key_is_refused_by_its_part() {
    let [node, tls, seal] = Keys::generate().unwrap().to_parts();
    let broken = Zeroizing::new(tls[1..].to_vec());
    let refused = |parts: [&Zeroizing<Vec<u8>>; 3]| {
        let [node, tls, seal] = parts.map(Clone::clone);
        Keys::from_parts(node, tls, seal).err().unwrap().params()
    };
    assert_eq!(refused([&broken, &tls, &seal]), [("part", "node".to_owned())]);
    assert_eq!(refused([&node, &broken, &seal]), [("part", "tls".to_owned())]);
    assert_eq!(refused([&node, &tls, &broken]), [("part", "seal".to_owned())]);
}

#[test]
fn no_changed_byte_passes() {
    for position in 0..CARD.len() {
        for change in [1, 2, 32, 128] {
            let mut bytes = CARD.as_bytes().to_vec();
            bytes[position] ^= change;
            assert!(Card::parse(&bytes).is_err(), "byte {position} ^ {change}");
        }
        assert!(
            Card::parse(&CARD.as_bytes()[..position]).is_err(),
            "cut at {position}"
        );
    }
}

#[test]
fn each_refusal_has_its_reason() {
    let parse = |text: String| code(Card::parse(text.as_bytes()));
    assert_eq!(parse(CARD.replace("10.29.0.1", "10.29.0.2")), "card_signature");
    assert_eq!(
        parse(CARD.replace("\"version\":1", "\"version\":3")),
        "card_version"
    );
    assert_eq!(
        parse(CARD.replace(r#""version":1}"#, r#""version":1,"weak":true}"#)),
        "card_malformed"
    );
    assert_eq!(
        parse(CARD.replace(r#""signature""#, r#""note":"","signature""#)),
        "card_malformed"
    );
    assert_eq!(parse(CARD.replace(r#","name""#, r#", "name""#)), "card_malformed");
    assert_eq!(parse(format!("{CARD}\n")), "card_malformed");
    assert_eq!(parse(CARD.replace("d75a98", "D75A98")), "card_malformed");
    assert_eq!(parse(CARD.replace("procuratorate", "ministry")), "card_malformed");
    assert_eq!(parse(CARD.replace("10.29.0.1:7443", "10.29.0.1")), "card_field");
    assert_eq!(parse("{".repeat(5000)), "card_malformed");
}

#[test]
fn names_and_addresses_are_held_to_their_bounds() {
    let keys = Keys::generate().unwrap();
    let new = |name: &str, address: &str| code(Card::new(&keys, name, AgencyRole::Court, address));
    for address in [
        "10.29.0.1:7443",
        "node.example:1",
        "[fd00::29]:7443",
        "node-2.example:65535",
    ] {
        assert_eq!(new("某县人民法院", address), "ok", "{address}");
    }
    for address in [
        "",
        ":7443",
        "host",
        "host:",
        "host:0",
        "host:+1",
        "host:65536",
        "fd00::29:7443",
        "a b:1",
        "http://host:1",
        "[::1]",
    ] {
        assert_eq!(new("某县人民法院", address), "card_field", "{address}");
    }
    assert_eq!(new(&"县".repeat(64), "host:1"), "ok");
    for name in [
        "",
        "  ",
        "a\nb",
        "\u{1b}[2Jcourt",
        "court\u{202e}",
        &"县".repeat(65),
    ] {
        assert_eq!(new(name, "host:1"), "card_field", "{name:?}");
    }
}
