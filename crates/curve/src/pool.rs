//! The threads that do the arithmetic.

use std::sync::Arc;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::backend::{self, Backend};
use crate::ifma::Kernel;

/// An explicit pool of compute threads. Two parties in one process share one, so that they do not fight for cores.
#[derive(Clone)]
pub struct Pool {
    threads: Arc<ThreadPool>,
    backend: Backend,
}

/// Why nothing can be computed.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The operating system gave no threads.
    #[error("no compute threads could be started: {0}")]
    Threads(String),
    /// curve25519-dalek, which every backend needs, does not give the published answers.
    #[error(
        "this machine's arithmetic does not give the answers of RFC 9496 and 9497, and nothing can be computed on it"
    )]
    Wrong,
}

impl Pool {
    /// A pool of `threads` threads, with the process's backend; 0 stands for one a core.
    ///
    /// # Errors
    /// When the operating system refuses a thread, or this machine computes what is wrong.
    pub fn new(threads: usize) -> Result<Self, PoolError> {
        Self::with_backend(threads, Backend::chosen())
    }

    /// The same with a backend of the caller's choice.
    ///
    /// # Errors
    /// When the operating system refuses a thread, or this machine computes what is wrong.
    pub fn with_backend(threads: usize, backend: Backend) -> Result<Self, PoolError> {
        backend::dalek_is_right()?;
        Self::untested(threads, backend)
    }

    /// A pool for the tests of what backends compute.
    pub(crate) fn untested(threads: usize, backend: Backend) -> Result<Self, PoolError> {
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("hefu-curve-{i}"))
            .build()
            .map(|pool| Self {
                threads: Arc::new(pool),
                backend,
            })
            .map_err(|error| PoolError::Threads(error.to_string()))
    }

    /// How many threads it has.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.threads.current_num_threads()
    }

    /// What does its arithmetic.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Runs `work` over blocks of `items` in parallel; it is told the block's number.
    pub fn for_each_block<T: Send>(
        &self,
        items: &mut [T],
        block: usize,
        work: impl Fn(usize, &mut [T]) + Send + Sync,
    ) {
        self.run(|| {
            items
                .par_chunks_mut(block.max(1))
                .enumerate()
                .for_each(|(number, items)| work(number, items))
        });
    }

    pub(crate) fn kernel(&self) -> Option<Kernel> {
        self.backend.kernel()
    }

    pub(crate) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        self.threads.install(work)
    }
}
