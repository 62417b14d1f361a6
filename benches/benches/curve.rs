//! The batch kernels on one core, by every backend that the machine runs, beside dalek's one-at-a-time functions behind the same interface.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hefu_benches::{FreeBlinds, WIDTH, elements};
use hefu_curve::batch::{hash_blind_encode, hash_multiply_encode};
use hefu_curve::{Backend, ELEMENT_BYTES, Hasher, Point, Points, Pool, Scalar, Table};
use rand::SeedableRng;
use rand::rngs::StdRng;

const BATCH: usize = 1024;

fn kernels(criterion: &mut Criterion) {
    for backend in Backend::all() {
        kernels_of(backend, criterion);
    }
}

fn kernels_of(backend: Backend, criterion: &mut Criterion) {
    let pool = Pool::with_backend(1, backend).unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let key = Scalar::random(&mut rng);
    let hasher = Hasher::new(b"HEFU-BENCH", &[0; 32]);
    let set = elements(BATCH as u64);
    let mut encoded = vec![0; BATCH * ELEMENT_BYTES];
    hash_multiply_encode(&pool, &hasher, &set, WIDTH, &key, &mut encoded);
    let mut points = Points::default();
    points.decode(&pool, &encoded).unwrap();
    let table = Table::new(&Point::base(&key));
    let weights: Vec<u128> = (0..BATCH as u128)
        .map(|i| i.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
        .collect();
    let mut out = vec![0; BATCH * ELEMENT_BYTES];

    let mut group = criterion.benchmark_group(format!("curve/{}", backend.name()));
    group
        .throughput(Throughput::Elements(BATCH as u64))
        .sample_size(20);
    group.bench_function("hash_multiply_encode (pass A)", |b| {
        b.iter(|| hash_multiply_encode(&pool, &hasher, &set, WIDTH, &key, &mut out));
    });
    group.bench_function("decode + multiply_encode (pass B)", |b| {
        b.iter(|| {
            points.decode(&pool, &encoded).unwrap();
            points.multiply_encode(&pool, &key, &mut out);
        });
    });
    group.bench_function("hash_blind_encode", |b| {
        b.iter(|| hash_blind_encode(&pool, &hasher, &set, WIDTH, &FreeBlinds, 0, &mut out));
    });
    group.bench_function("unblind_encode", |b| {
        b.iter(|| points.unblind_encode(&pool, &table, &FreeBlinds, 0, &mut out));
    });
    group.bench_function("decode", |b| b.iter(|| points.decode(&pool, &encoded).unwrap()));
    group.bench_function("vartime_weighted_sum", |b| {
        b.iter(|| black_box(points.vartime_weighted_sum(&pool, &weights)))
    });
    group.bench_function("reference: one at a time", |b| {
        b.iter(|| {
            for (message, bytes) in set.chunks(WIDTH).zip(out.chunks_mut(ELEMENT_BYTES)) {
                bytes.copy_from_slice(&hasher.hash(message).multiply(&key).encode());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, kernels);
criterion_main!(benches);
