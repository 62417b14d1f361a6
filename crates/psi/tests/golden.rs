//! Whole sessions byte for byte: two that a second implementation made, and one with more than a chunk, kept as it was
//! when version 3 of the protocol was fixed. A change here is a new version of the protocol.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]

mod common;

use std::fs;

use common::{POOL, Session, Step, Transcript, hex, join, naive, numbered};
use curve25519_dalek::RistrettoPoint;
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::scalar::Scalar;
use hefu_psi::wire::{
    Accept, Commit, Evaluated, Have, Open, ReceiptMessage, Tags, decode_abort, encode_abort,
};
use hefu_psi::{
    Blinding, CHUNK, Elements, Evidence, EvidenceBuilder, Incoming, InputCommitter, KeyKind, LogHead, Mode,
    Ristretto255, SessionSeed, Suite, Terms,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use ring::signature::Ed25519KeyPair;
use serde_json::{Value, json};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../protocol-docs/vectors");
const REGENERATE: &str = "HEFU_REGENERATE";

/// `reference.py` shares no code with this crate, not even a library. Both ends take part with its seeds: what they send
/// must be its bytes, except for the proof of the chunk, whose nonce is fresh; that is exchanged and must hold.
#[test]
fn a_second_implementation_agrees() {
    let file = read("session.json").expect("protocol-docs/vectors/session.json");
    let sessions = file["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "one of each mode");
    sessions.iter().for_each(agrees);
}

fn agrees(v: &Value) {
    println!("{}", v["name"]);
    let bytes = |name: &str| unhex(&v[name]);
    let array = |name: &str| -> [u8; 32] { bytes(name).try_into().unwrap() };
    let number = |name: &str| v[name].as_u64().unwrap();
    let list = |name: &str| -> Vec<u8> { v[name].as_array().unwrap().iter().flat_map(unhex).collect() };
    let (mode, key_kind) = match (number("mode"), number("key_kind")) {
        (1, 1) => (Mode::Members, KeyKind::Person),
        (2, 3) => (Mode::Labels, KeyKind::Referral),
        other => panic!("{other:?}"),
    };
    let terms = Terms {
        agreement: array("agreement"),
        receiver: array("receiver"),
        sender: array("sender"),
        mode,
        key_kind,
        width: number("width") as u16,
        label: number("label") as u16,
        receiver_cap: number("receiver_cap"),
        sender_cap: number("sender_cap"),
    };
    let receiver_key = Ed25519KeyPair::from_seed_unchecked(&bytes("receiver_seed")).unwrap();
    let sender_key = Ed25519KeyPair::from_seed_unchecked(&bytes("sender_seed")).unwrap();
    let [seed_x, seed_y] = ["seed_x", "seed_y"].map(|name| SessionSeed::from_bytes(array(name).into()));
    let theirs_accept = Accept::decode(&bytes("accept")).unwrap();

    let x = Elements::new(usize::from(terms.width), list("x")).unwrap();
    let (mut blinding, opening) = Blinding::<Ristretto255>::open(terms.clone(), x, &seed_x).unwrap();
    let open = opening.message();
    assert_eq!(hex(&opening.call().0), v["call"]);
    assert_eq!(hex(&open.encode()), v["open"]);

    let (y, labels) = (list("y"), list("labels"));
    let mut committer = InputCommitter::for_sender(&terms, &seed_y);
    committer.update(&y, &labels);
    let incoming = Incoming::new::<Ristretto255>(terms.clone(), open.clone()).unwrap();
    let (mut collecting, mut tagging, accept) = incoming
        .accept::<Ristretto255>(committer.finish(), &seed_y, &sender_key)
        .unwrap();
    assert_eq!(hex(&collecting.sid().0), v["sid"]);
    assert_eq!(hex(&accept.encode()), v["accept"]);
    let have = Have::decode(&bytes("have")).unwrap();
    assert_eq!(have, common::NOTHING_YET);

    let accepted = opening
        .accept::<Ristretto255>(&theirs_accept)
        .expect("their proof holds here");
    let mut chunk = Vec::new();
    let message = blinding.next(&POOL, &mut chunk).unwrap();
    assert_eq!(hex(&[&message.header(), message.elements].concat()), v["blinded"]);
    collecting.blinded(&message).unwrap();
    let (committed, commit) = blinding.commit(&receiver_key).unwrap();
    let mut evaluating = committed.evaluating(accepted).unwrap();
    assert_eq!(hex(&commit.encode()), v["commit"]);

    let mut replying = collecting
        .commit(&Commit::decode(&bytes("commit")).unwrap())
        .unwrap();
    let mut out = Vec::new();
    replying
        .evaluate(&POOL, &chunk, &mut StdRng::seed_from_u64(71), &mut out)
        .unwrap();
    let theirs = bytes("evaluated");
    assert_eq!(hex(&out[..4]), hex(&theirs[..4]));
    assert_eq!(hex(&out[68..]), hex(&theirs[68..]));
    let theirs = Evaluated::decode(&theirs, 64).unwrap();
    evaluating
        .evaluated(&POOL, &theirs, &chunk)
        .expect("their proof holds here");

    tagging.tag(&POOL, &y, &labels).unwrap();
    let tags = tagging.finish().unwrap();
    let ours: Vec<u8> = tags
        .chunks()
        .flat_map(|t| [&t.header(), t.entries].concat())
        .collect();
    assert_eq!(hex(&ours), v["tags"]);
    let mut merging = evaluating.finish().unwrap();
    let theirs_tags = bytes("tags");
    let theirs_tags = Tags::decode(&theirs_tags).unwrap();
    merging.tags(&theirs_tags).unwrap();

    let [by_receiver, by_sender] = ["receipt_by_receiver", "receipt_by_sender"]
        .map(|name| ReceiptMessage::decode(&bytes(name)).unwrap());
    let log = |message: &ReceiptMessage| LogHead {
        seq: message.head_seq,
        hash: message.head,
    };
    let (awaiting, receipt) = merging.finish(&receiver_key, log(&by_receiver)).unwrap();
    assert_eq!(hex(&receipt.encode()), v["receipt_by_receiver"]);
    let (signed, receipt) = replying
        .finish(&tags)
        .unwrap()
        .receipt(&by_receiver, &sender_key, log(&by_sender))
        .unwrap();
    assert_eq!(hex(&receipt.encode()), v["receipt_by_sender"]);
    for (name, value) in [
        ("root_blinded", signed.receipt.blinded),
        ("root_evaluated", signed.receipt.evaluated),
        ("root_tags", signed.receipt.tags),
        ("receipt_digest", signed.receipt.digest()),
    ] {
        assert_eq!(hex(&value), v[name], "{name}");
    }
    let matches = awaiting.receipt(&receipt).unwrap();
    assert_eq!(json!(matches.indices), v["matched"]);
    let labels: Vec<String> = (0..matches.indices.len())
        .map(|i| hex(matches.labels.get(i)))
        .filter(|label| !label.is_empty())
        .collect();
    assert_eq!(json!(labels), v["matched_labels"]);

    let mut builder =
        EvidenceBuilder::new::<Ristretto255>(&terms, &seed_x, matches.call, &signed.receipt, &matches.places);
    builder.blinded(&chunk);
    builder.evaluated(theirs.elements);
    builder.tags(theirs_tags.entries);
    let evidence: Vec<String> = builder
        .finish()
        .unwrap()
        .iter()
        .map(|e| hex(&e.to_bytes()))
        .collect();
    assert_eq!(json!(evidence), v["evidence"]);
    for (i, theirs) in v["evidence"].as_array().unwrap().iter().enumerate() {
        let x = unhex(&v["x"][matches.indices[i] as usize]);
        let label = Evidence::from_bytes(&unhex(theirs))
            .unwrap()
            .verify::<Ristretto255>(&POOL, &x, open, &theirs_accept, &signed)
            .expect("their evidence holds here");
        assert_eq!(hex(&label), hex(matches.labels.get(i)));
    }
}

#[test]
fn the_second_implementation_writes_the_same_aborts() {
    let file = read("session.json").expect("protocol-docs/vectors/session.json");
    let aborts = file["aborts"].as_array().unwrap();
    assert_eq!(aborts.len(), 28, "every reason stands in the vectors");
    for vector in aborts {
        let bytes = unhex(&vector["bytes"]);
        let abort = decode_abort(&bytes).unwrap();
        assert_eq!(
            abort.code(),
            format!("abort_{}", vector["reason"].as_str().unwrap())
        );
        assert_eq!(encode_abort(&abort), bytes);
    }
}

/// Two chunks of elements, two of tags. The digests are this crate's own output, so some positions are derived once
/// more by naive code; the file is written again only when `HEFU_REGENERATE=1` asks for it.
#[test]
fn a_session_of_several_chunks_is_as_it_was() {
    let session = Session::new(20_260_701, numbered(0..4100), numbered(2000..10_250));
    let outcome = session.run::<Ristretto255>().unwrap();
    let seen = &outcome.transcript;
    assert_eq!(outcome.matches.indices, join(&session.x, &session.y));
    let open = Open::decode(&seen.of(Step::Open)[0]).unwrap();
    assert_eq!(naive::session_id(&open, &seen.accept()), seen.sid());

    let small = |step: Step| hex(&seen.of(step)[0]);
    let bulk = |step: Step, header: usize, width: usize| -> Value {
        let messages = seen.of(step).iter();
        messages
            .map(|m| {
                json!({
                    "bytes": m.len(),
                    "sha256": hex(&naive::sha256(&[m])),
                    "header": hex(&m[..header]),
                    "first": hex(&m[header..header + width]),
                })
            })
            .collect()
    };
    let derivations = [0, CHUNK - 1, CHUNK, 4099].map(|position| derivation(&session, seen, position));
    assert!(
        derivations.iter().any(|d| d["matched"] == true) && derivations.iter().any(|d| d["matched"] == false)
    );
    let made = json!({
        "about": "A session of protocol version 3 with several chunks. Bytes are hexadecimal, all secrets are invented. \
            An element is 08, a number as 8 bytes in big-endian order, zeros up to 32 bytes; each set is handed in in \
            ascending order. The nonces of the proofs of chunks come from StdRng of rand 0.10. Node keys are Ed25519 \
            with the seed 01…01 (receiver) and 02…02 (sender).",
        "suite": Ristretto255::NAME,
        "receiver_seed": hex(session.receiver_seed().as_bytes()),
        "sender_seed": hex(session.sender_seed().as_bytes()),
        "receiver_numbers": [0, 4100],
        "sender_numbers": [2000, 10_250],
        "matched_numbers": [2000, 4100],
        "b": hex(&Ristretto255::encode_scalar(&session.key::<Ristretto255>(seen))),
        "blind_key": hex(&session.blind_key()),
        "call": hex(&seen.call().0),
        "sid": hex(&seen.sid().0),
        "open": small(Step::Open),
        "accept": small(Step::Accept),
        "blinded": bulk(Step::Blinded, 4, 32),
        "commit": small(Step::Commit),
        "evaluated": bulk(Step::Evaluated, 68, 32),
        "tags": bulk(Step::Tags, 4, 16),
        "receipt_by_receiver": small(Step::ReceiverReceipt),
        "receipt_by_sender": small(Step::SenderReceipt),
        "derivations": derivations,
    });
    if std::env::var(REGENERATE).is_ok_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&made).unwrap() + "\n";
        fs::write(format!("{VECTORS}/session-v3.json"), text).unwrap();
    }
    let kept =
        read("session-v3.json").unwrap_or_else(|| panic!("no session-v3.json: {REGENERATE}=1 writes it"));
    for (name, value) in made.as_object().unwrap() {
        assert_eq!(*value, kept[name], "{name}");
    }
    assert_eq!(made, kept, "nothing more stands in the file");
}

/// One position from the secrets to the tag, with dalek and ring directly, compared with what crossed.
fn derivation(session: &Session, seen: &Transcript, position: usize) -> Value {
    let b = Ristretto255::encode_scalar(&session.key::<Ristretto255>(seen));
    let b = Scalar::from_canonical_bytes(b.as_slice().try_into().unwrap()).unwrap();
    assert_eq!(
        RistrettoPoint::mul_base(&b).compress().to_bytes().to_vec(),
        seen.accept().public
    );
    let unit = |step: Step, header: usize| -> [u8; 32] {
        let message = &seen.of(step)[position / CHUNK][header..];
        message[position % CHUNK * 32..][..32].try_into().unwrap()
    };
    let (c, d) = (unit(Step::Blinded, 4), unit(Step::Evaluated, 68));

    let rho = naive::blind(&session.blind_key(), &seen.call(), position as u64);
    let doubled = CompressedRistretto(c).decompress().unwrap() - RistrettoPoint::mul_base(&(rho + rho));
    let (element, hashed) = session
        .x
        .iter()
        .map(|x| (x, naive::hash_to_group(&seen.call(), x)))
        .find(|(_, h)| h + h == doubled)
        .expect("C = 2H(x) + 2ρG for an element x of the receiver");
    let evaluated = (doubled + RistrettoPoint::mul_base(&(rho + rho))) * b;
    assert_eq!(evaluated.compress().to_bytes(), d, "D = b·C");
    let token = (hashed * (b * Scalar::from(4u8))).compress();
    let public = RistrettoPoint::mul_base(&b);
    let unblinded = evaluated - public * (rho + rho);
    assert_eq!(
        (unblinded + unblinded).compress(),
        token,
        "N = 2(D − ρ·2B) = 4b·H(x)"
    );
    let (prk, tag) = naive::prk_and_tag(&seen.sid(), element, token.as_bytes());
    let on_the_wire = seen
        .of(Step::Tags)
        .iter()
        .any(|m| m[4..].as_chunks().0.contains(&tag));
    assert_eq!(
        on_the_wire,
        session.y.contains(element),
        "a tag crosses for those in common only"
    );
    json!({
        "position": position,
        "element": hex(element),
        "hashed": hex(hashed.compress().as_bytes()),
        "rho": hex(rho.as_bytes()),
        "blinded": hex(&c),
        "evaluated": hex(&d),
        "token": hex(token.as_bytes()),
        "prk": hex(&prk),
        "tag": hex(&tag),
        "matched": on_the_wire,
    })
}

fn read(name: &str) -> Option<Value> {
    let text = fs::read_to_string(format!("{VECTORS}/{name}")).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn unhex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}
