//! What a step costs the processor: a machine that does other things besides makes it wait, and not cost more.

use std::time::{Duration, Instant};

/// Which clock a bench reads, for as long as it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clock {
    /// Processor time of all threads of this process.
    Processor,
    /// Time that passes, where the system does not tell the other.
    Wall,
}

/// After a step its threads look for work a little longer, and their time is counted when they have stopped.
const SETTLING: Duration = Duration::from_millis(1);

impl Clock {
    pub(super) fn new() -> Self {
        match processor_seconds() {
            Some(_) => Clock::Processor,
            None => Clock::Wall,
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Clock::Processor => "processor",
            Clock::Wall => "wall",
        }
    }

    /// The seconds that `step` takes.
    pub(super) fn measure(self, step: impl FnOnce()) -> f64 {
        if self == Clock::Processor
            && let Some(before) = processor_seconds()
        {
            step();
            std::thread::sleep(SETTLING);
            if let Some(after) = processor_seconds() {
                return after - before;
            }
            return 0.0;
        }
        let begun = Instant::now();
        step();
        begun.elapsed().as_secs_f64()
    }
}

/// The scheduler's count of the time that this process's threads have run, in nanoseconds (Linux, `schedstat`, first field).
fn processor_seconds() -> Option<f64> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    // Systems that do not count say 0.
    (nanoseconds > 0).then_some(nanoseconds as f64 * 1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of threads that are still there; the tests beside this one may only add to it.
    #[test]
    fn work_on_another_thread_is_counted() {
        let pause = Duration::from_millis(300);
        assert!(Clock::Wall.measure(|| std::thread::sleep(pause)) >= pause.as_secs_f64());
        if Clock::new() == Clock::Wall {
            println!("not checked: this system does not count the processor's time of a thread");
            return;
        }
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (done, worked) = std::sync::mpsc::channel();
        let worker = std::thread::spawn(move || {
            while asked.recv().is_ok() {
                let begun = Instant::now();
                while begun.elapsed() < pause {
                    std::hint::black_box((0..1000).sum::<u64>());
                }
                done.send(()).unwrap();
            }
        });
        let cost = Clock::Processor.measure(|| {
            ask.send(()).unwrap();
            worked.recv().unwrap();
        });
        drop(ask);
        worker.join().unwrap();
        // However little of the pause a loaded machine gave it.
        assert!(cost > 0.005, "{cost}");
    }
}
