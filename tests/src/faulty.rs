//! A line in memory that loses, repeats, reorders and damages messages, and breaks: the same seed does the same.

use std::collections::VecDeque;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// A message: the type of its frame, and its payload.
pub type Message = (u8, Vec<u8>);

/// Which end of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The receiver of the session.
    Receiver,
    /// The sender of the session.
    Sender,
}

/// What a line may do to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It never comes.
    Loss,
    /// It comes twice.
    Repeat,
    /// It overtakes one that was sent before it.
    Overtaking,
    /// A bit of it is another.
    Flip,
    /// Its end is missing.
    Truncation,
    /// Something stands behind it.
    Extension,
    /// Its frame says that it is another message.
    Relabelling,
    /// Nothing crosses any more, in either direction.
    Cut,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Fault; 8] = [
        Fault::Loss,
        Fault::Repeat,
        Fault::Overtaking,
        Fault::Flip,
        Fault::Truncation,
        Fault::Extension,
        Fault::Relabelling,
        Fault::Cut,
    ];
}

/// Two queues of messages under way.
pub struct Line {
    rng: StdRng,
    faults: Vec<Fault>,
    /// Messages in a hundred that meet a fault.
    percent: u32,
    to_receiver: VecDeque<Message>,
    to_sender: VecDeque<Message>,
    cut: bool,
    done: Vec<Fault>,
    /// What arrived, where that is watched.
    arrived: Option<Vec<(End, Message)>>,
}

impl Line {
    /// A line that does nothing to what it carries.
    #[must_use]
    pub fn sound() -> Self {
        Self::new(0, &[], 0)
    }

    /// As [`Line::sound`]; what it carries is kept.
    #[must_use]
    pub fn watched() -> Self {
        Self {
            arrived: Some(Vec::new()),
            ..Self::sound()
        }
    }

    /// What arrived at which end, in order, on a line that is watched.
    #[must_use]
    pub fn arrived(self) -> Vec<(End, Message)> {
        self.arrived.unwrap_or_default()
    }

    /// A line on which `percent` messages in a hundred meet one of `faults`.
    #[must_use]
    pub fn new(seed: u64, faults: &[Fault], percent: u32) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            faults: faults.to_vec(),
            percent,
            to_receiver: VecDeque::new(),
            to_sender: VecDeque::new(),
            cut: false,
            done: Vec::new(),
            arrived: None,
        }
    }

    /// The faults that have happened, in order.
    #[must_use]
    pub fn happened(&self) -> &[Fault] {
        &self.done
    }

    /// Takes a message for `to`.
    pub fn send(&mut self, to: End, mut message: Message) {
        if self.cut {
            return;
        }
        let fault = match self.faults.len() {
            n if n > 0 && self.rng.random_range(0..100) < self.percent => {
                Some(self.faults[self.rng.random_range(0..n)])
            }
            _ => None,
        };
        self.done.extend(fault);
        let waiting = match to {
            End::Receiver => &mut self.to_receiver,
            End::Sender => &mut self.to_sender,
        };
        let payload = &mut message.1;
        match fault {
            None => {}
            Some(Fault::Loss) => return,
            Some(Fault::Repeat) => waiting.push_back(message.clone()),
            Some(Fault::Overtaking) => {
                let place = self.rng.random_range(0..=waiting.len());
                waiting.insert(place, message);
                return;
            }
            Some(Fault::Flip) if payload.is_empty() => {}
            Some(Fault::Flip) => {
                let at = self.rng.random_range(0..payload.len());
                payload[at] ^= 1 << self.rng.random_range(0..8);
            }
            Some(Fault::Truncation) => payload.truncate(self.rng.random_range(0..=payload.len())),
            Some(Fault::Extension) => {
                let more = self.rng.random_range(1..40);
                payload.extend((0..more).map(|_| self.rng.random::<u8>()));
            }
            Some(Fault::Relabelling) => message.0 = self.rng.random_range(0..10),
            Some(Fault::Cut) => {
                self.cut = true;
                self.to_receiver.clear();
                self.to_sender.clear();
                return;
            }
        }
        waiting.push_back(message);
    }

    /// The next message to arrive at either end; which end is first is the seed's choice too.
    pub fn arrive(&mut self) -> Option<(End, Message)> {
        let receiver_first = self.rng.random();
        let ends = if receiver_first {
            [End::Receiver, End::Sender]
        } else {
            [End::Sender, End::Receiver]
        };
        let next = ends.into_iter().find_map(|end| {
            let waiting = match end {
                End::Receiver => &mut self.to_receiver,
                End::Sender => &mut self.to_sender,
            };
            waiting.pop_front().map(|message| (end, message))
        });
        if let Some(arrived) = &mut self.arrived {
            arrived.extend(next.clone());
        }
        next
    }
}
