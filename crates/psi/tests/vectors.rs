//! The session of protocol-docs/vectors, which a second implementation made from the documents alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

use std::convert::Infallible;

use hefu_curve::{Blinds, Pool};
use hefu_psi::suite::Packed;
use hefu_psi::wire::{
    Abort, Accept, Blinded, Commit, Evaluated, Open, ReceiptMessage, Tags, decode_abort, encode_abort,
};
use hefu_psi::{
    ChunkProof, ChunkStatement, Incoming, InputCommitter, KeyKind, Mode, Possession, Ristretto255, SessionId,
    Suite, TagKeys, Terms,
};
use rand::{TryCryptoRng, TryRng};
use ring::signature::Ed25519KeyPair;
use serde_json::Value;

type S = Ristretto255;

struct Vectors(Value);

impl Vectors {
    fn read() -> Self {
        Self(serde_json::from_str(include_str!("../../../protocol-docs/vectors/session.json")).unwrap())
    }

    fn number(&self, name: &str) -> u64 {
        self.0["session"][name].as_u64().unwrap()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        hex(&self.0["session"][name])
    }

    fn array<const N: usize>(&self, name: &str) -> [u8; N] {
        self.bytes(name).try_into().unwrap()
    }

    fn list(&self, name: &str) -> Vec<Vec<u8>> {
        self.0["session"][name]
            .as_array()
            .unwrap()
            .iter()
            .map(hex)
            .collect()
    }

    fn terms(&self) -> Terms {
        Terms {
            agreement: self.array("agreement"),
            receiver: self.array("receiver"),
            sender: self.array("sender"),
            mode: Mode::Members,
            key_kind: KeyKind::Person,
            width: u16::try_from(self.number("width")).unwrap(),
            receiver_cap: self.number("receiver_cap"),
            sender_cap: self.number("sender_cap"),
        }
    }
}

fn hex(value: &Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().as_bytes();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// Plays what the vectors say, then zeros.
struct Scripted(std::vec::IntoIter<u8>);

impl Scripted {
    fn new(parts: &[&[u8]]) -> Self {
        Self(parts.concat().into_iter())
    }
}

impl TryRng for Scripted {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.iter_mut().for_each(|byte| *byte = self.0.next().unwrap_or(0));
        Ok(())
    }
}

impl TryCryptoRng for Scripted {}

/// The receiver's blinds as the vectors have them.
struct Given(Vec<Vec<u8>>);

impl Blinds for Given {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        wide.copy_from_slice(&self.0[usize::try_from(position).unwrap()]);
    }
}

#[test]
fn the_sender_answers_as_the_second_implementation_does() {
    let v = Vectors::read();
    let pool = Pool::new(1).unwrap();
    let open = Open::decode(&v.bytes("open")).unwrap();
    assert_eq!(open.encode(), v.bytes("open"));

    let mut committer = InputCommitter::new(32, &mut Scripted::new(&[&v.bytes("salt_y")]));
    committer.update(&v.list("y").concat());
    let theirs = Accept::decode(&v.bytes("accept")).unwrap();
    assert_eq!(theirs.encode(), v.bytes("accept"));
    let mut script = Scripted::new(&[&v.bytes("b"), &[0; 32], &theirs.nonce]);
    let (mut collecting, mut tagging, accept) = Incoming::new::<S>(v.terms(), open)
        .unwrap()
        .accept::<S>(committer.finish(), &mut script)
        .unwrap();
    // The proof's own nonce differs, everything before it does not.
    let comparable = |accept: Accept| Accept {
        challenge: vec![],
        response: vec![],
        ..accept
    };
    assert_eq!(comparable(accept), comparable(theirs));
    assert_eq!(collecting.sid().0, v.array("sid"));

    let blinded = v.bytes("blinded");
    let blinded = Blinded::decode(&blinded).unwrap();
    collecting.blinded(&blinded).unwrap();
    let mut replying = collecting
        .commit(&Commit::decode(&v.bytes("commit")).unwrap())
        .unwrap();
    let mut evaluated = Vec::new();
    replying
        .evaluate(&pool, blinded.elements, &mut Scripted::new(&[]), &mut evaluated)
        .unwrap();
    let theirs = v.bytes("evaluated");
    assert_eq!(evaluated[..4], theirs[..4]);
    assert_eq!(evaluated[4 + S::proof_bytes()..], theirs[4 + S::proof_bytes()..]);

    tagging.tag(&pool, &v.list("y").concat());
    let tags = tagging.finish().unwrap();
    let chunks: Vec<Vec<u8>> = tags
        .chunks()
        .map(|chunk| [&chunk.header(), chunk.tags].concat())
        .collect();
    assert_eq!(chunks, [v.bytes("tags")]);

    let key = Ed25519KeyPair::from_seed_unchecked(&v.bytes("sender_seed")).unwrap();
    let receipt = ReceiptMessage::decode(&v.bytes("receipt_by_receiver")).unwrap();
    let (signed, answer) = replying.finish(&tags).unwrap().receipt(&receipt, &key).unwrap();
    assert_eq!(answer.encode(), v.bytes("receipt_by_sender"));
    assert_eq!(signed.receipt.digest(), v.array("receipt_digest"));
    assert_eq!(signed.receipt.blinded, v.array("root_blinded"));
    assert_eq!(signed.receipt.evaluated, v.array("root_evaluated"));
    assert_eq!(signed.receipt.tags, v.array("root_tags"));
}

#[test]
fn the_receiver_takes_what_the_second_implementation_sends() {
    let v = Vectors::read();
    let pool = Pool::new(1).unwrap();
    let sid = SessionId(v.array("sid"));
    let (x, blinds) = (v.list("x").concat(), Given(v.list("blinds")));
    let packed = Packed { bytes: &x, width: 32 };

    let accept = Accept::decode(&v.bytes("accept")).unwrap();
    let possession = Possession {
        challenge: accept.challenge,
        response: accept.response,
    };
    let key = possession
        .verify::<S>(&sid, &accept.public)
        .expect("the possession holds");

    let mut blinded = vec![0; 3 * S::ELEMENT];
    S::blind(&pool, &S::hasher(&sid.0), packed, &blinds, 0, &mut blinded);
    assert_eq!([&[0; 4], &*blinded].concat(), v.bytes("blinded"));

    let message = v.bytes("evaluated");
    let message = Evaluated::decode(&message, S::proof_bytes()).unwrap();
    let (mut c, mut d) = Default::default();
    S::decode_batch(&pool, &blinded, &mut c).unwrap();
    S::decode_batch(&pool, message.elements, &mut d).unwrap();
    let statement = ChunkStatement {
        sid: &sid,
        chunk: 0,
        public: &accept.public,
        blinded: &blinded,
        evaluated: message.elements,
    };
    assert!(ChunkProof::from_bytes(message.proof).verify::<S>(&pool, &statement, &key, &c, &d));

    let mut tokens = vec![0; 3 * S::ELEMENT];
    S::unblind(&pool, &d, &S::table_of_doubled(&key), &blinds, 0, &mut tokens);
    assert_eq!(tokens, v.list("tokens").concat());
    let own = TagKeys::new(&sid).tags(&pool, packed, &tokens, S::ELEMENT);
    assert_eq!(own.as_flattened(), v.list("receiver_tags").concat());

    let tags = v.bytes("tags");
    let tags = Tags::decode(&tags).unwrap();
    let matched: Vec<usize> = (0..own.len())
        .filter(|i| tags.tags.chunks(16).any(|theirs| theirs == own[*i]))
        .collect();
    assert_eq!(serde_json::json!(matched), v.0["session"]["matched"]);
}

#[test]
fn aborts_are_laid_out_as_documented() {
    let word = || "commit".to_string();
    let reasons = [
        Abort::Version { ours: 1, theirs: 2 },
        Abort::Suite,
        Abort::AgreementUnknown,
        Abort::AgreementNotInForce,
        Abort::AgreementMismatch,
        Abort::SetTooLarge {
            announced: 1000,
            cap: 500,
        },
        Abort::Policy,
        Abort::PublicKey,
        Abort::BadElement { chunk: 3, index: 4 },
        Abort::Chunk { expected: 3 },
        Abort::Count {
            announced: 1000,
            received: 500,
        },
        Abort::Root,
        Abort::Proof { chunk: 3 },
        Abort::TagOrder { chunk: 3 },
        Abort::Unexpected { awaited: word() },
        Abort::Malformed { step: word() },
        Abort::Inactive { seconds: 120 },
        Abort::Cancelled,
        Abort::Internal,
        Abort::OwnSetTooLarge { cap: 500 },
    ];
    let vectors = Vectors::read();
    let documented = vectors.0["aborts"].as_array().unwrap();
    assert_eq!(documented.len(), reasons.len());
    for (abort, documented) in reasons.iter().zip(documented) {
        assert_eq!(
            abort.code(),
            format!("abort_{}", documented["reason"].as_str().unwrap())
        );
        assert_eq!(encode_abort(abort), hex(&documented["bytes"]), "{}", abort.code());
        assert_eq!(decode_abort(&hex(&documented["bytes"])).as_ref(), Some(abort));
    }
}
