//! Cards and keys. The values of the fixed card were computed apart, in Python, from the keys of RFC 8032.

use hefu_casework::AgencyRole;
use hefu_link::{Card, Keys};
use zeroize::Zeroizing;

use crate::support::code;

/// RFC 8032 section 7.1, TEST 1 and TEST 2: secret and public key.
const NODE: (&str, &str) = (
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
);
const TLS: (&str, &str) = (
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
);
const CARD: &str = concat!(
    r#"{"card":{"address":"10.29.0.1:7443","name":"某县人民检察院","#,
    r#""node_key":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a","#,
    r#""role":"procuratorate","#,
    r#""tls_key":"deb2ded39dc26fce0e6085b6fc34bf6b5941913bbfe2ea614113cff9e004c170","version":1},"#,
    r#""signature":"2173146c870168b2cd4118728d41d0623b73b3513e69c177f0c80231966d9c8a"#,
    r#"8172eb9a502df2c162594007fc2d09822d9de5d8d28ae06662d7dbe359a4db07"}"#,
);
const FINGERPRINT: &str = "45339 31963 59067 54559 59425 31553 91673 42036";

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

/// PKCS #8 version 2 of an Ed25519 key, as RFC 8410 section 10.3 lays it out, without attributes.
fn pkcs8((secret, public): (&str, &str)) -> Zeroizing<Vec<u8>> {
    let bytes = ["3051020101300506032b657004220420", secret, "812100", public]
        .map(unhex)
        .concat();
    Zeroizing::new(bytes)
}

fn fixed_keys() -> Keys {
    Keys::from_parts(pkcs8(NODE), pkcs8(TLS)).unwrap()
}

#[test]
fn a_card_of_fixed_keys_is_what_was_computed_apart() {
    let keys = fixed_keys();
    assert_eq!(keys.node_key().as_slice(), unhex(NODE.1));
    let card = Card::new(
        &keys,
        "某县人民检察院",
        AgencyRole::Procuratorate,
        "10.29.0.1:7443",
    )
    .unwrap();
    assert_eq!(String::from_utf8(card.to_bytes()).unwrap(), CARD);
    assert_eq!(card.fingerprint(), FINGERPRINT);
    assert_eq!(Card::parse(CARD.as_bytes()).unwrap(), card);
}

#[test]
fn keys_come_back_from_their_parts() {
    let keys = Keys::generate().unwrap();
    let (node, tls) = keys.to_parts();
    let again = Keys::from_parts(node, tls).unwrap();
    assert_eq!(
        (again.node_key(), again.tls_key()),
        (keys.node_key(), keys.tls_key())
    );
    assert_eq!(again.sign(b"test\0", b"digest"), keys.sign(b"test\0", b"digest"));
}

#[test]
fn what_is_no_key_is_refused_by_its_part() {
    let (node, tls) = Keys::generate().unwrap().to_parts();
    let broken = Zeroizing::new(tls[1..].to_vec());
    let error = Keys::from_parts(node.clone(), broken.clone()).err().unwrap();
    assert_eq!(error.params(), [("part", "tls".to_owned())]);
    let error = Keys::from_parts(broken, tls).err().unwrap();
    assert_eq!(error.params(), [("part", "node".to_owned())]);
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
        parse(CARD.replace("\"version\":1", "\"version\":2")),
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
    let keys = fixed_keys();
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
