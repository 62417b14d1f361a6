//! The two ends of a session, driven by the messages that come, over a [`Line`].

use std::sync::LazyLock;

use hefu_curve::Pool;
use hefu_psi::wire::{Abort, Accept, Blinded, Commit, Evaluated, Have, Kind, Open, ReceiptMessage, Tags};
use hefu_psi::{
    Accepted, AwaitReceipt, Blinding, CHUNK, Collecting, Elements, Error, Evaluating, Incoming,
    InputCommitter, KeyKind, LogHead, Matches, Merging, Mode, Opening, ReceiptDue, Replying, Ristretto255,
    SessionSeed, Suite, Tagging, Terms,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use ring::signature::{Ed25519KeyPair, KeyPair};

use crate::faulty::{End, Line, Message};

/// The compute threads of all tests.
pub static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::new(2).unwrap());

/// How an end came out of a session.
#[derive(Debug)]
pub enum Failure {
    /// It refused what came.
    Refused(Error),
    /// It was still waiting when nothing more came; a node's clock ends that.
    Silence,
}

/// What both ends have at the end.
pub struct Session {
    /// At the receiver.
    pub receiver: Result<Matches, Failure>,
    /// At the sender, the bytes of its evaluations and tags being no result.
    pub sender: Result<(), Failure>,
}

/// The terms of a session between two invented nodes.
#[must_use]
pub fn terms(key_kind: KeyKind, width: usize) -> Terms {
    Terms {
        agreement: [0xA6; 32],
        receiver: public(End::Receiver),
        sender: public(End::Sender),
        mode: Mode::Members,
        key_kind,
        width: u16::try_from(width).unwrap(),
        label: 0,
        receiver_cap: 50_000,
        sender_cap: 50_000,
    }
}

/// Runs a session between sets of one width; the ends draw from `seed`.
pub fn run(terms: &Terms, receiver: Elements, sender: Elements, seed: u64, line: &mut Line) -> Session {
    let (mut receiver, open) = Receiver::open(terms, receiver, seed);
    let mut sender = Sender::waiting(terms, sender, seed);
    line.send(End::Sender, open);
    while let Some((end, message)) = line.arrive() {
        let (to, answers) = match end {
            End::Receiver => (
                End::Sender,
                receiver.0.take(|state| receiver_step(state, &message)),
            ),
            End::Sender => (End::Receiver, sender.0.take(|state| sender_step(state, &message))),
        };
        for answer in answers {
            line.send(to, answer);
        }
    }
    Session {
        receiver: match receiver.0.state {
            Ok(Some(ReceiverState::Done(matches))) => Ok(matches),
            Ok(_) => Err(Failure::Silence),
            Err(error) => Err(Failure::Refused(error)),
        },
        sender: match sender.0.state {
            Ok(Some(SenderState::Done)) => Ok(()),
            Ok(_) => Err(Failure::Silence),
            Err(error) => Err(Failure::Refused(error)),
        },
    }
}

/// A state that is consumed by each step, or the error that ended it.
struct Machine<T> {
    state: Result<Option<T>, Error>,
}

type Stepped<T> = Result<(T, Vec<Message>), Error>;

impl<T> Machine<T> {
    /// A failed end says no more.
    fn take(&mut self, step: impl FnOnce(T) -> Stepped<T>) -> Vec<Message> {
        let Ok(Some(state)) = self.state.as_mut().map(Option::take) else {
            return Vec::new();
        };
        match step(state) {
            Ok((next, messages)) => {
                self.state = Ok(Some(next));
                messages
            }
            Err(error) => {
                self.state = Err(error);
                Vec::new()
            }
        }
    }
}

struct Receiver(Machine<ReceiverState>);

#[allow(clippy::large_enum_variant, reason = "there is one of it")]
enum ReceiverState {
    Opened(Blinding<Ristretto255>, Opening),
    Accepted(Blinding<Ristretto255>, Accepted<Ristretto255>),
    Evaluating {
        state: Evaluating<Ristretto255>,
        spool: Vec<Vec<u8>>,
        next: usize,
    },
    Merging(Merging),
    Waiting(AwaitReceipt),
    Done(Matches),
}

impl Receiver {
    fn open(terms: &Terms, elements: Elements, seed: u64) -> (Self, Message) {
        let seed = SessionSeed::generate(&mut StdRng::seed_from_u64(seed));
        let (state, opening) = Blinding::open(terms.clone(), elements, &seed).unwrap();
        let message = (Kind::Open as u8, opening.message().encode());
        (
            Self(Machine {
                state: Ok(Some(ReceiverState::Opened(state, opening))),
            }),
            message,
        )
    }
}

fn receiver_step(state: ReceiverState, (kind, payload): &Message) -> Stepped<ReceiverState> {
    match (state, Kind::from_byte(*kind)) {
        (ReceiverState::Opened(state, opening), Some(Kind::Accept)) => {
            let accepted = opening.accept(&Accept::decode(payload)?)?;
            Ok((ReceiverState::Accepted(state, accepted), Vec::new()))
        }
        (ReceiverState::Accepted(mut state, accepted), Some(Kind::Have)) => {
            state.held(&Have::decode(payload)?)?;
            let (mut messages, mut spool, mut out) = (Vec::new(), Vec::new(), Vec::new());
            while let Some(blinded) = state.next(&POOL, &mut out) {
                messages.push((
                    Kind::Blinded as u8,
                    [&blinded.header(), blinded.elements].concat(),
                ));
                spool.push(blinded.elements.to_vec());
            }
            let (state, commit) = state.commit(&key(End::Receiver))?;
            messages.push((Kind::Commit as u8, commit.encode()));
            messages.push(nothing_yet());
            let next = evaluated(state.evaluating(accepted)?, spool, 0, &mut messages)?;
            Ok((next, messages))
        }
        (
            ReceiverState::Evaluating {
                mut state,
                spool,
                next,
            },
            Some(Kind::Evaluated),
        ) => {
            let message = Evaluated::decode(payload, Ristretto255::proof_bytes())?;
            state.evaluated(&POOL, &message, spool.get(next).map_or(&[], Vec::as_slice))?;
            let mut messages = Vec::new();
            let next = evaluated(state, spool, next + 1, &mut messages)?;
            Ok((next, messages))
        }
        (ReceiverState::Merging(mut state), Some(Kind::Tags)) => {
            state.tags(&Tags::decode(payload)?)?;
            let mut messages = Vec::new();
            let next = merged(state, &mut messages)?;
            Ok((next, messages))
        }
        (ReceiverState::Waiting(state), Some(Kind::Receipt)) => {
            let matches = state.receipt(&ReceiptMessage::decode(payload)?)?;
            Ok((ReceiverState::Done(matches), Vec::new()))
        }
        // The session is over; the line is no longer listened to.
        (done @ ReceiverState::Done(_), _) => Ok((done, Vec::new())),
        _ => Err(unexpected()),
    }
}

fn evaluated(
    state: Evaluating<Ristretto255>,
    spool: Vec<Vec<u8>>,
    next: usize,
    messages: &mut Vec<Message>,
) -> Result<ReceiverState, Error> {
    if state.remaining() > 0 {
        return Ok(ReceiverState::Evaluating { state, spool, next });
    }
    merged(state.finish()?, messages)
}

fn merged(state: Merging, messages: &mut Vec<Message>) -> Result<ReceiverState, Error> {
    if state.remaining() > 0 {
        return Ok(ReceiverState::Merging(state));
    }
    let (state, receipt) = state.finish(&key(End::Receiver), LogHead::default())?;
    messages.push((Kind::Receipt as u8, receipt.encode()));
    Ok(ReceiverState::Waiting(state))
}

struct Sender(Machine<SenderState>);

#[allow(clippy::large_enum_variant, reason = "there is one of it")]
enum SenderState {
    Waiting {
        terms: Terms,
        elements: Elements,
        rng: StdRng,
    },
    Collecting {
        state: Collecting<Ristretto255>,
        tagging: Tagging<Ristretto255>,
        elements: Elements,
        spool: Vec<Vec<u8>>,
        rng: StdRng,
    },
    Replying {
        state: Replying<Ristretto255>,
        tagging: Tagging<Ristretto255>,
        elements: Elements,
        spool: Vec<Vec<u8>>,
        rng: StdRng,
    },
    Due(ReceiptDue),
    Done,
}

impl Sender {
    fn waiting(terms: &Terms, elements: Elements, seed: u64) -> Self {
        let rng = StdRng::seed_from_u64(!seed);
        Self(Machine {
            state: Ok(Some(SenderState::Waiting {
                terms: terms.clone(),
                elements,
                rng,
            })),
        })
    }
}

fn sender_step(state: SenderState, (kind, payload): &Message) -> Stepped<SenderState> {
    match (state, Kind::from_byte(*kind)) {
        (
            SenderState::Waiting {
                terms,
                elements,
                mut rng,
            },
            Some(Kind::Open),
        ) => {
            let seed = SessionSeed::generate(&mut rng);
            let mut committer = InputCommitter::for_sender(&terms, &seed);
            elements
                .chunks(CHUNK)
                .for_each(|chunk| committer.update(chunk, &[]));
            let incoming = Incoming::new::<Ristretto255>(terms, Open::decode(payload)?)?;
            let (state, tagging, accept) = incoming.accept(committer.finish(), &seed, &key(End::Sender))?;
            let next = SenderState::Collecting {
                state,
                tagging,
                elements,
                spool: Vec::new(),
                rng,
            };
            Ok((next, vec![(Kind::Accept as u8, accept.encode()), nothing_yet()]))
        }
        (
            SenderState::Collecting {
                mut state,
                tagging,
                elements,
                mut spool,
                rng,
            },
            Some(Kind::Blinded),
        ) => {
            let message = Blinded::decode(payload)?;
            state.blinded(&message)?;
            spool.push(message.elements.to_vec());
            Ok((
                SenderState::Collecting {
                    state,
                    tagging,
                    elements,
                    spool,
                    rng,
                },
                Vec::new(),
            ))
        }
        (
            SenderState::Collecting {
                state,
                tagging,
                elements,
                spool,
                rng,
            },
            Some(Kind::Commit),
        ) => {
            let next = SenderState::Replying {
                state: state.commit(&Commit::decode(payload)?)?,
                tagging,
                elements,
                spool,
                rng,
            };
            Ok((next, Vec::new()))
        }
        (
            SenderState::Replying {
                mut state,
                mut tagging,
                elements,
                spool,
                mut rng,
            },
            Some(Kind::Have),
        ) => {
            state.held(&Have::decode(payload)?, 0)?;
            let mut messages = Vec::new();
            for blinded in &spool {
                let mut out = Vec::new();
                state.evaluate(&POOL, blinded, &mut rng, &mut out)?;
                messages.push((Kind::Evaluated as u8, out));
            }
            for chunk in elements.chunks(CHUNK) {
                tagging.tag(&POOL, chunk, &[])?;
            }
            let tags = tagging.finish()?;
            messages.extend(
                tags.chunks()
                    .map(|chunk| (Kind::Tags as u8, [&chunk.header(), chunk.entries].concat())),
            );
            Ok((SenderState::Due(state.finish(&tags)?), messages))
        }
        (SenderState::Due(due), Some(Kind::Receipt)) => {
            let (_, answer) = due.receipt(
                &ReceiptMessage::decode(payload)?,
                &key(End::Sender),
                LogHead::default(),
            )?;
            Ok((SenderState::Done, vec![(Kind::Receipt as u8, answer.encode())]))
        }
        (SenderState::Done, _) => Ok((SenderState::Done, Vec::new())),
        _ => Err(unexpected()),
    }
}

/// These ends begin anew: neither holds anything of the other's.
fn nothing_yet() -> Message {
    let have = Have {
        chunks: 0,
        tags: false,
    };
    (Kind::Have as u8, have.encode())
}

fn unexpected() -> Error {
    Abort::Unexpected {
        awaited: String::new(),
    }
    .into()
}

fn key(end: End) -> Ed25519KeyPair {
    let seed = match end {
        End::Receiver => [1; 32],
        End::Sender => [2; 32],
    };
    Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()
}

fn public(end: End) -> [u8; 32] {
    key(end).public_key().as_ref().try_into().unwrap()
}
