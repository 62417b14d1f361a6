//! `protocol-docs/vectors/ferry.py` shares no code with this crate. What it makes from fixed keys is made here too.

use std::convert::Infallible;
use std::io::Cursor;

use hefu_casework::AgencyRole;
use hefu_link::ferry::{Cut, Form, Matter, Part, SetHead, SetId, enclose_card, open, seal};
use hefu_link::{Card, Keys};
use rand::rand_core::{TryCryptoRng, TryRng};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::support::{ANY, payload};

const VECTORS: &str = include_str!("../../../../protocol-docs/vectors/ferry.json");

/// The randomness of the vectors: 32 bytes, asked for once.
struct Fixed(Option<Vec<u8>>);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        panic!("32 bytes are asked for at once")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        panic!("32 bytes are asked for at once")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.0.take().unwrap());
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, bytes)
        .as_ref()
        .to_vec()
}

/// PKCS #8 version 2 of an Ed25519 key, as RFC 8410 section 10.3 lays it out, without attributes.
fn pkcs8(secret: &Value, public: &Value) -> Zeroizing<Vec<u8>> {
    let (before, between) = (
        Value::from("3051020101300506032b657004220420"),
        Value::from("812100"),
    );
    Zeroizing::new([&before, secret, &between, public].map(unhex).concat())
}

struct Vectors {
    all: Value,
    sender: Keys,
    recipient: Keys,
    to: Card,
}

impl Vectors {
    fn read() -> Vectors {
        let all: Value = serde_json::from_str(VECTORS).unwrap();
        let (s, r) = (&all["sender"], &all["recipient"]);
        let keys = |who: &Value| {
            let tls = pkcs8(&s["tls"], &s["tls_public"]);
            let seal = Zeroizing::new(unhex(&who["seal"]));
            Keys::from_parts(pkcs8(&who["node"], &who["node_key"]), tls, seal).unwrap()
        };
        let (sender, recipient) = (keys(s), keys(r));
        let to = Card::new(&recipient, "某县民政局", AgencyRole::CivilAffairs, "host:1").unwrap();
        Vectors {
            sender,
            recipient,
            to,
            all,
        }
    }

    fn set(&self) -> SetId {
        self.all["set"].as_str().unwrap().parse().unwrap()
    }

    fn seal(&self, content: &[u8]) -> (SetHead, Vec<u8>) {
        let mut sealed = Vec::new();
        let head = seal(
            &self.sender,
            &self.to,
            self.set(),
            &[Matter::Opening, Matter::Receipt],
            &mut &*content,
            &mut sealed,
            &mut Fixed(Some(unhex(&self.all["ikm_e"]))),
        )
        .unwrap();
        (head, sealed)
    }
}

/// SHA-256 of 0, 1, 2, …, as the script has it.
fn counted(length: usize) -> Vec<u8> {
    let blocks = (0_u32..).flat_map(|count| sha256(&count.to_be_bytes()));
    blocks.take(length).collect()
}

#[test]
fn the_card_of_version_2() {
    let vectors = Vectors::read();
    let s = &vectors.all["sender"];
    let text = s["card"].as_str().unwrap();
    assert_eq!(vectors.sender.seal_key().as_slice(), unhex(&s["seal_key"]));
    let card = Card::new(
        &vectors.sender,
        "某县人民检察院",
        AgencyRole::Procuratorate,
        "10.29.0.1:7443",
    )
    .unwrap();
    assert_eq!(String::from_utf8(card.to_bytes()).unwrap(), text);
    assert_eq!(card.fingerprint(), s["fingerprint"].as_str().unwrap());
    let parsed = Card::parse(text.as_bytes()).unwrap();
    assert_eq!(parsed, card);
    assert_eq!(parsed.seal_key().unwrap().as_slice(), unhex(&s["seal_key"]));
}

#[test]
fn sets_of_every_length() {
    let vectors = Vectors::read();
    let lengths = vectors.all["lengths"].as_array().unwrap();
    assert_eq!(lengths.len(), 7);
    for each in lengths {
        let length = usize::try_from(each["content_bytes"].as_u64().unwrap()).unwrap();
        let (head, sealed) = vectors.seal(&counted(length));
        assert_eq!(head.bytes(), each["bytes"].as_u64().unwrap());
        assert_eq!(sealed.len() as u64, head.bytes());
        assert_eq!(head.digest().as_slice(), unhex(&each["digest"]), "{length}");
        assert_eq!(sha256(&sealed), unhex(&each["digest"]), "{length}");
    }
}

#[test]
fn files_of_both_forms() {
    let vectors = Vectors::read();
    let v = &vectors.all;
    let (head, sealed) = vectors.seal(&counted(5000));
    assert_eq!(head.digest().as_slice(), unhex(&v["sealed_digest"]));
    for (form, name) in [(Form::Binary, "binary"), (Form::Text, "text")] {
        let cutting = Cut::new(form, v["max_file_bytes"].as_u64())
            .unwrap()
            .of(&head)
            .unwrap();
        let files: Vec<Vec<u8>> = (1..=cutting.parts())
            .map(|part| {
                let mut file = Vec::new();
                cutting
                    .write(&vectors.sender, part, &mut Cursor::new(&sealed), &mut file)
                    .unwrap();
                file
            })
            .collect();
        let digests: Vec<_> = files.iter().map(|file| sha256(file)).collect();
        let expected: Vec<_> = v[name]["file_digests"]
            .as_array()
            .unwrap()
            .iter()
            .map(unhex)
            .collect();
        assert_eq!(digests, expected, "{name}");
        if form == Form::Binary {
            assert_eq!(files[0], unhex(&v[name]["first"]));
        } else {
            assert_eq!(
                String::from_utf8(files[2].clone()).unwrap(),
                v[name]["last"].as_str().unwrap()
            );
        }
        // What the script made opens here.
        let gathered: Vec<u8> = files.iter().flat_map(|file| payload(file).unwrap()).collect();
        let read = Part::read(files[0].as_slice(), ANY).unwrap();
        let mut content = Vec::new();
        open(&vectors.recipient, read.head(), &mut &*gathered, &mut content).unwrap();
        assert!(content == counted(5000));
    }
}

#[test]
fn a_card_as_a_file() {
    let vectors = Vectors::read();
    let card = Card::parse(vectors.all["sender"]["card"].as_str().unwrap().as_bytes()).unwrap();
    let (head, bytes) = enclose_card(&vectors.sender, vectors.set(), &card).unwrap();
    let cutting = Cut::new(Form::Binary, None).unwrap().of(&head).unwrap();
    let mut file = Vec::new();
    cutting
        .write(&vectors.sender, 1, &mut Cursor::new(&bytes), &mut file)
        .unwrap();
    assert_eq!(
        String::from_utf8(file).unwrap(),
        vectors.all["card_part"].as_str().unwrap()
    );
}
