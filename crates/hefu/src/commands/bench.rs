//! `hefu bench`: what one core of this machine does, a step at a time, in microseconds an element; the two passes also by
//! dalek's backend, in turn, so that a drift of the machine meets both.

mod clock;

use std::time::{Duration, Instant};

use hefu_curve::{Backend, Blinds};
use hefu_psi::suite::Packed;
use hefu_psi::{CHUNK, CallId, ChunkProof, ChunkStatement, Ristretto255, SessionId, Suite, TagKeys};
use serde_json::json;

use clock::Clock;

use crate::args::BenchArgs;
use crate::arithmetic;
use crate::failure::Failure;
use crate::printer::{Printer, table};

type S = Ristretto255;

/// Bytes of a person's element.
const WIDTH: usize = 32;

/// Blinds that cost nothing: the session's own cost is measured with it as a step of its own.
struct FixedBlinds;

impl Blinds for FixedBlinds {
    fn fill(&self, position: u64, wide: &mut [u8; 64]) {
        wide.fill(0xa5);
        wide[..8].copy_from_slice(&position.to_le_bytes());
    }
}

pub(crate) fn run(args: &BenchArgs, printer: &Printer) -> Result<(), Failure> {
    let bench = Bench {
        clock: Clock::new(),
        a_step: Duration::from_secs(args.seconds.into()),
    };
    let pool = arithmetic::pool(1, printer)?;
    let mut random = hefu_node::runner::system_randomness();
    let key = S::random(&mut *random);
    let public = S::multiply(&S::generator(), &key);
    let table_2b = S::table_of_doubled(&public);
    let sid = SessionId([7; 32]);
    let hasher = S::hasher(&CallId([7; 32]).0);
    let elements: Vec<u8> = (0..CHUNK as u64)
        .flat_map(|i| {
            let mut e = [0; WIDTH];
            e[..8].copy_from_slice(&i.to_be_bytes());
            e
        })
        .collect();
    let packed = Packed {
        bytes: &elements,
        width: WIDTH,
    };
    let mut blinded = vec![0; CHUNK * S::ELEMENT];
    let mut evaluated = vec![0; CHUNK * S::ELEMENT];
    let mut tokens = vec![0; CHUNK * S::ELEMENT];
    let (mut c, mut d) = (<S as Suite>::Points::default(), <S as Suite>::Points::default());
    let halved = S::halved(&key);

    let blind = bench.measure(|| S::blind(&pool, &hasher, packed, &FixedBlinds, 0, &mut blinded));
    let dalek = arithmetic::dalek()?;
    let [pass_a, dalek_pass_a] = bench.measure_in_turn([&pool, &dalek], |pool| {
        S::hash_multiply(pool, &hasher, packed, &key, &mut tokens);
    });
    let [pass_b, dalek_pass_b] = bench.measure_in_turn([&pool, &dalek], |pool| {
        let _ = S::decode_batch(pool, &blinded, &mut c);
        S::multiply_batch(pool, &c, &halved, &mut evaluated);
    });
    // What follows is the process's own backend again.
    let _ = S::decode_batch(&pool, &blinded, &mut c);
    let encoded = S::encode(&public);
    let statement = ChunkStatement {
        sid: &sid,
        chunk: 0,
        public: &encoded,
        blinded: &blinded,
        evaluated: &evaluated,
    };
    let mut proof = None;
    let prove = bench.measure(|| {
        proof = ChunkProof::prove::<S>(&pool, &statement, &c, &key, &mut *random).ok();
    });
    // A receiver decodes C again for the proof; D it needs for the unblinding anyway.
    let mut holds = true;
    let _ = S::decode_batch(&pool, &evaluated, &mut d);
    let verify = bench.measure(|| {
        let _ = S::decode_batch(&pool, &blinded, &mut c);
        holds &= proof
            .as_ref()
            .and_then(|proof| proof.verify::<S>(&pool, &statement, &public, &c, &d).ok())
            .unwrap_or(false);
    });
    if !holds {
        return Err(Failure::internal(
            "bench",
            &"a proof of this machine's own making does not hold",
        ));
    }
    let unblind = bench.measure(|| {
        let _ = S::decode_batch(&pool, &evaluated, &mut d);
        S::unblind(&pool, &d, &table_2b, &FixedBlinds, 0, &mut tokens);
    });
    let keys = TagKeys::new(&sid);
    let tag = bench.measure(|| drop(keys.tags(&pool, packed, &tokens, S::ELEMENT)));

    let value = json!({
        "backend": hefu_curve::backend(),
        "clock": bench.clock.name(),
        "threads": std::thread::available_parallelism().map_or(1, usize::from),
        "pass_a_us": pass_a,
        "pass_b_us": pass_b,
        "dalek_backend": Backend::dalek().name(),
        "dalek_pass_a_us": dalek_pass_a,
        "dalek_pass_b_us": dalek_pass_b,
        "blind_us": blind,
        "unblind_us": unblind,
        "prove_us": prove,
        "verify_us": verify,
        "tag_us": tag,
    });
    printer.result(&value, |lang| {
        let us = |code: &str, value: f64| vec![lang.word(code), format!("{value:.2} µs")];
        let mut text = lang.say("bench_backend", &[("backend", hefu_curve::backend().to_string())]);
        text.push('\n');
        text.push_str(&table(&[
            us("bench_pass_a", pass_a),
            us("bench_pass_b", pass_b),
            us("bench_dalek_pass_a", dalek_pass_a),
            us("bench_dalek_pass_b", dalek_pass_b),
            us("bench_blind", blind),
            us("bench_unblind", unblind),
            us("bench_prove", prove),
            us("bench_verify", verify),
            us("bench_tag", tag),
        ]));
        text
    });
    Ok(())
}

/// How it is measured.
struct Bench {
    clock: Clock,
    /// How long each step is repeated.
    a_step: Duration,
}

impl Bench {
    /// The median microseconds an element of a step over one chunk.
    fn measure(&self, mut step: impl FnMut()) -> f64 {
        let [median] = self.measure_in_turn([()], |()| step());
        median
    }

    /// The same for a step in several ways, one after the other, again and again.
    fn measure_in_turn<W: Copy, const N: usize>(&self, ways: [W; N], mut step: impl FnMut(W)) -> [f64; N] {
        let mut times = [const { Vec::new() }; N];
        for way in ways {
            step(way);
        }
        let started = Instant::now();
        while started.elapsed() < self.a_step || times[0].len() < 3 {
            for (way, times) in ways.into_iter().zip(&mut times) {
                times.push(self.clock.measure(|| step(way)));
            }
        }
        times.map(|mut times| {
            times.sort_unstable_by(f64::total_cmp);
            times.get(times.len() / 2).copied().unwrap_or(0.0) * 1e6 / CHUNK as f64
        })
    }
}
