//! Watchers: every frame before encryption, every secret that a session draws, every line of the log stream.

use std::convert::Infallible;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use hefu_link::{Direction, Tap};
use hefu_node::runner::Randomness;
use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Keeps what a node sends. What it receives, its peer has sent.
#[derive(Default)]
pub struct Frames(Mutex<Vec<(u8, Vec<u8>)>>);

impl Frames {
    /// The frames so far, with their types.
    #[must_use]
    pub fn taken(&self) -> Vec<(u8, Vec<u8>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Tap for Frames {
    fn frame(&self, direction: Direction, _: &str, kind: u8, payload: &[u8]) {
        if direction == Direction::Sent {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push((kind, payload.to_vec()));
        }
    }
}

/// Bytes that many threads write, to be read in the end.
#[derive(Clone, Default)]
pub struct Text(Arc<Mutex<Vec<u8>>>);

impl Text {
    /// What was written so far.
    #[must_use]
    pub fn taken(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What one session has drawn so far.
type Drawn = Arc<Mutex<Vec<Vec<u8>>>>;

/// Seeded randomness, a generator of its own for each session; what each of them draws can be known afterwards.
pub struct Draws {
    seed: u64,
    /// By session: each draw of more than a machine word, as it was asked for.
    sessions: Mutex<Vec<Drawn>>,
}

impl Draws {
    /// Nothing drawn yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            sessions: Mutex::default(),
        }
    }

    /// The generator of the next session.
    pub fn next_session(&self) -> Randomness {
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        let draws = Arc::default();
        sessions.push(Arc::clone(&draws));
        Box::new(Recorder {
            rng: generator(self.seed, sessions.len() as u64 - 1),
            draws,
        })
    }

    /// What each session drew.
    #[must_use]
    pub fn taken(&self) -> Vec<Vec<Vec<u8>>> {
        let sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions
            .iter()
            .map(|draws| draws.lock().unwrap_or_else(PoisonError::into_inner).clone())
            .collect()
    }
}

fn generator(seed: u64, session: u64) -> StdRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    bytes[8..16].copy_from_slice(&session.to_be_bytes());
    StdRng::from_seed(bytes)
}

struct Recorder {
    rng: StdRng,
    draws: Drawn,
}

impl TryRng for Recorder {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.rng.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.rng.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.rng.fill_bytes(bytes);
        self.draws
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(bytes.to_vec());
        Ok(())
    }
}

impl TryCryptoRng for Recorder {}
