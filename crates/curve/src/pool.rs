//! The threads that do the arithmetic.

use std::sync::Arc;

use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::Backend;
use crate::ifma::Kernel;

/// An explicit pool of compute threads. Two parties in one process share one, so that they do not fight for cores.
#[derive(Clone)]
pub struct Pool {
    threads: Arc<ThreadPool>,
    backend: Backend,
}

/// The operating system gave no threads.
#[derive(Debug, thiserror::Error)]
#[error("no compute threads could be started: {0}")]
pub struct PoolError(String);

impl Pool {
    /// A pool of `threads` threads, with the process's backend; 0 stands for one a core.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn new(threads: usize) -> Result<Self, PoolError> {
        Self::with_backend(threads, Backend::chosen())
    }

    /// The same with a backend of the caller's choice.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn with_backend(threads: usize, backend: Backend) -> Result<Self, PoolError> {
        ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("hefu-curve-{i}"))
            .build()
            .map(|pool| Self {
                threads: Arc::new(pool),
                backend,
            })
            .map_err(|error| PoolError(error.to_string()))
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
