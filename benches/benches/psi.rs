//! The steps of a session around the kernels: proofs, tags, and a whole session in memory.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hefu_benches::{WIDTH, elements};
use hefu_curve::Pool;
use hefu_psi::suite::Packed;
use hefu_psi::wire::Evaluated;
use hefu_psi::{
    Blinding, CHUNK, ChunkProof, ChunkStatement, Elements, Incoming, InputCommitter, KeyKind, LogHead, Mode,
    Ristretto255, SessionId, SessionSeed, Suite, TagKeys, TagSet, Terms,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use ring::signature::{Ed25519KeyPair, KeyPair};

type S = Ristretto255;

fn steps(criterion: &mut Criterion) {
    let pool = Pool::new(1).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let key = S::random(&mut rng);
    let public = S::multiply(&S::generator(), &key);
    let encoded_public = S::encode(&public);
    let sid = SessionId([1; 32]);
    let set = elements(CHUNK as u64);
    let packed = Packed {
        bytes: &set,
        width: WIDTH,
    };
    let (mut blinded, mut evaluated) = (vec![0; CHUNK * S::ELEMENT], vec![0; CHUNK * S::ELEMENT]);
    S::hash_multiply(
        &pool,
        &S::hasher(&sid.0),
        packed,
        &S::random(&mut rng),
        &mut blinded,
    );
    let (mut c, mut d) = (<S as Suite>::Points::default(), <S as Suite>::Points::default());
    S::decode_batch(&pool, &blinded, &mut c).unwrap();
    S::multiply_batch(&pool, &c, &S::halved(&key), &mut evaluated);
    S::decode_batch(&pool, &evaluated, &mut d).unwrap();
    let statement = ChunkStatement {
        sid: &sid,
        chunk: 0,
        public: &encoded_public,
        blinded: &blinded,
        evaluated: &evaluated,
    };
    let proof = ChunkProof::prove::<S>(&pool, &statement, &c, &key, &mut rng).unwrap();

    let mut group = criterion.benchmark_group("psi");
    group
        .throughput(Throughput::Elements(CHUNK as u64))
        .sample_size(20);
    group.bench_function("prove a chunk", |b| {
        b.iter(|| ChunkProof::prove::<S>(&pool, &statement, &c, &key, &mut rng));
    });
    group.bench_function("verify a chunk", |b| {
        b.iter(|| assert!(proof.verify::<S>(&pool, &statement, &public, &c, &d).unwrap()));
    });
    let keys = TagKeys::new(&sid);
    group.bench_function("tags", |b| {
        b.iter(|| keys.tags(&pool, packed, &evaluated, S::ELEMENT))
    });
    group.finish();

    let mut group = criterion.benchmark_group("session in memory, one core");
    for (receiver, sender) in [(20u64, 30_000u64), (400, 50_000)] {
        group
            .throughput(Throughput::Elements(receiver + sender))
            .sample_size(10);
        group.bench_function(format!("{receiver} x {sender}"), |b| {
            b.iter(|| session(&pool, receiver, sender, &mut rng))
        });
    }
    group.finish();
}

/// Both sides, message by message, without a transport.
fn session(pool: &Pool, receiver: u64, sender: u64, rng: &mut StdRng) {
    let receiver_key = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
    let sender_key = Ed25519KeyPair::from_seed_unchecked(&[2; 32]).unwrap();
    let terms = Terms {
        agreement: [0; 32],
        receiver: receiver_key.public_key().as_ref().try_into().unwrap(),
        sender: sender_key.public_key().as_ref().try_into().unwrap(),
        mode: Mode::Members,
        key_kind: KeyKind::Person,
        width: WIDTH as u16,
        label: 0,
        receiver_cap: receiver,
        sender_cap: sender,
    };
    let theirs = elements(sender);
    let ours = Elements::new(WIDTH, elements(receiver)).unwrap();
    let [receiver_seed, sender_seed] = [(); 2].map(|()| SessionSeed::generate(rng));
    let (mut blinding, opening) = Blinding::<S>::open(terms.clone(), ours, &receiver_seed).unwrap();
    let mut committer = InputCommitter::for_sender(&terms, &sender_seed);
    committer.update(&theirs, &[]);
    let (mut collecting, mut tagging, accept) = Incoming::new::<S>(terms, opening.message().clone())
        .unwrap()
        .accept::<S>(committer.finish(), &sender_seed, &sender_key)
        .unwrap();
    let accepted = opening.accept::<S>(&accept).unwrap();
    let mut chunks = Vec::new();
    let mut buffer = Vec::new();
    while let Some(blinded) = blinding.next(pool, &mut buffer) {
        collecting.blinded(&blinded).unwrap();
        chunks.push(blinded.elements.to_vec());
    }
    let (committed, commit) = blinding.commit(&receiver_key).unwrap();
    let mut evaluating = committed.evaluating(accepted).unwrap();
    let mut replying = collecting.commit(&commit).unwrap();
    for chunk in &chunks {
        replying.evaluate(pool, chunk, rng, &mut buffer).unwrap();
        evaluating
            .evaluated(
                pool,
                &Evaluated::decode(&buffer, S::proof_bytes()).unwrap(),
                chunk,
            )
            .unwrap();
    }
    let mut merging = evaluating.finish().unwrap();
    for chunk in theirs.chunks(CHUNK * WIDTH) {
        tagging.tag(pool, chunk, &[]).unwrap();
    }
    let tags: TagSet = tagging.finish().unwrap();
    for chunk in tags.chunks() {
        merging.tags(&chunk).unwrap();
    }
    let (waiting, receipt) = merging.finish(&receiver_key, LogHead::default()).unwrap();
    let (_, answer) = replying
        .finish(&tags)
        .unwrap()
        .receipt(&receipt, &sender_key, LogHead::default())
        .unwrap();
    assert_eq!(
        waiting.receipt(&answer).unwrap().indices.len() as u64,
        receiver.min(sender)
    );
}

criterion_group!(benches, steps);
criterion_main!(benches);
