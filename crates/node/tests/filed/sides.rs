//! Two sides with invented sets, and their three turns by files.

use std::io::Write;
use std::sync::{Arc, LazyLock, Mutex};

use hefu_curve::Pool;
use hefu_link::Keys;
use hefu_node::runner::filed::{Next, next_frame, write_frame};
use hefu_node::runner::{Concluded, Own, Randomness, Runner};
use hefu_node::{Error, Result};
use hefu_psi::wire::{Kind, Open, ReceiptMessage};
use hefu_psi::{Elements, KeyKind, Mode, Receipt, Ristretto255, SessionSeed, SignedReceipt, Terms};
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;
use zeroize::Zeroizing;

use crate::disk::Disk;

static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::new(2).unwrap());

const WIDTH: u16 = 32;

/// A frame: its type and its payload.
pub(crate) type Frame = (u8, Vec<u8>);

/// The two sides of a session.
pub(crate) struct Sides {
    pub(crate) terms: Terms,
    pub(crate) x: std::ops::Range<u64>,
    pub(crate) y: std::ops::Range<u64>,
    pub(crate) receiver: Arc<Keys>,
    pub(crate) sender: Arc<Keys>,
    pub(crate) spool: TempDir,
}

/// A file in memory that its writer gives away.
#[derive(Clone, Default)]
pub(crate) struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Sides {
    pub(crate) fn new(mode: Mode, x: std::ops::Range<u64>, y: std::ops::Range<u64>) -> Self {
        let [receiver, sender] = [(); 2].map(|()| Arc::new(Keys::generate().unwrap()));
        Self {
            terms: Terms {
                agreement: [0xA6; 32],
                receiver: receiver.node_key(),
                sender: sender.node_key(),
                mode,
                key_kind: KeyKind::Person,
                width: WIDTH,
                label: if mode == Mode::Labels { 20 } else { 0 },
                receiver_cap: 20_000,
                sender_cap: 20_000,
            },
            x,
            y,
            receiver,
            sender,
            spool: tempfile::tempdir().unwrap(),
        }
    }

    /// One chunk, with some in common.
    pub(crate) fn small() -> Self {
        Self::new(Mode::Members, 0..12, 6..20)
    }

    /// Several chunks of elements and of tags, with labels.
    pub(crate) fn large() -> Self {
        Self::new(Mode::Labels, 0..4100, 4090..9000)
    }

    /// What a plain join finds, as indices into the receiver's set.
    pub(crate) fn common(&self) -> Vec<u32> {
        let both = self.x.clone().filter(|number| self.y.contains(number));
        both.map(|number| u32::try_from(number - self.x.start).unwrap())
            .collect()
    }

    pub(crate) fn disk(&self) -> Arc<Disk> {
        Disk::new(self.spool.path())
    }

    pub(crate) fn runner(&self, keys: &Arc<Keys>) -> Runner {
        Runner::new(POOL.clone(), self.spool.path().to_path_buf(), Arc::clone(keys))
    }

    pub(crate) fn entered(&self) -> Elements {
        elements(self.x.clone())
    }

    pub(crate) fn own(&self) -> Own {
        let label = usize::from(self.terms.label);
        let labels: Vec<u8> = self
            .y
            .clone()
            .flat_map(|number| number_as_label(number, label))
            .collect();
        Own {
            elements: elements(self.y.clone()),
            labels: Zeroizing::new(labels),
        }
    }

    /// The receiver's first turn.
    pub(crate) async fn ask(&self, disk: &Arc<Disk>) -> Result<Vec<u8>> {
        let out = Paper::default();
        let (runner, terms) = (self.runner(&self.receiver), self.terms.clone());
        runner
            .ask_by_file::<Ristretto255>(terms, self.entered(), seed(1), disk.clone(), out.clone(), ())
            .await?;
        Ok(out.bytes())
    }

    /// The sender's only turn.
    pub(crate) async fn answer(&self, disk: &Arc<Disk>, asked: &[u8]) -> Result<(Vec<u8>, Receipt, Vec<u8>)> {
        let mut rest = asked;
        let Next::Frame(kind, open) = next_frame(&mut rest)? else {
            panic!("no opening");
        };
        assert_eq!(kind, Kind::Open as u8);
        let open = Open::decode(&open).unwrap();
        let (out, rest) = (Paper::default(), std::io::Cursor::new(rest.to_vec()));
        let (receipt, own) = self
            .runner(&self.sender)
            .answer_by_file::<Ristretto255>(
                open,
                rest,
                self.terms.clone(),
                self.own(),
                seed(2),
                randomness(),
                disk.clone(),
                out.clone(),
                (),
            )
            .await?;
        Ok((out.bytes(), receipt, own))
    }

    /// The receiver's second turn.
    pub(crate) async fn hear(&self, disk: &Arc<Disk>, answer: Vec<u8>) -> Result<(Concluded, Vec<u8>)> {
        let (runner, terms) = (self.runner(&self.receiver), self.terms.clone());
        runner
            .hear_by_file::<Ristretto255>(
                terms,
                self.entered(),
                seed(1),
                disk.clone(),
                std::io::Cursor::new(answer),
                (),
            )
            .await
    }

    /// What the sender does with the receiver's receipt, with nothing but what it has kept.
    pub(crate) fn conclude(&self, receipt: &Receipt, own: &[u8], theirs: &[u8]) -> SignedReceipt {
        let receipt = Receipt::from_bytes(&receipt.to_bytes()).unwrap();
        let [own, theirs] = [own, theirs].map(|message| ReceiptMessage::decode(message).unwrap());
        receipt
            .conclude(&own, &theirs, &self.terms.receiver, &self.terms.sender)
            .unwrap()
    }

    /// Looks at the result: the right elements, and each with its label.
    pub(crate) fn check(&self, concluded: Concluded) {
        let matches = concluded.matches().unwrap();
        assert_eq!(matches.indices, self.common());
        let label = usize::from(self.terms.label);
        for (at, index) in matches.indices.iter().enumerate() {
            let expected = number_as_label(self.x.start + u64::from(*index), label);
            assert_eq!(matches.labels.get(at), expected);
        }
    }
}

fn elements(numbers: std::ops::Range<u64>) -> Elements {
    let packed = numbers.flat_map(|number| {
        let mut element = [0; WIDTH as usize];
        element[..9].copy_from_slice(&[&[8][..], &number.to_be_bytes()].concat());
        element
    });
    Elements::new(usize::from(WIDTH), packed.collect()).unwrap()
}

fn number_as_label(number: u64, label: usize) -> Vec<u8> {
    format!("{number:0>20}").into_bytes()[..label].to_vec()
}

pub(crate) fn seed(side: u8) -> SessionSeed {
    SessionSeed::from_bytes(Zeroizing::new([side; 32]))
}

pub(crate) fn randomness() -> Randomness {
    Box::new(StdRng::seed_from_u64(7))
}

pub(crate) fn frames(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    loop {
        match next_frame(&mut bytes).unwrap() {
            Next::Frame(kind, payload) => frames.push((kind, payload)),
            Next::End => return frames,
            Next::Broken => panic!("a broken frame"),
        }
    }
}

pub(crate) fn filed(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (kind, payload) in frames {
        write_frame(&mut bytes, *kind, &[payload]).unwrap();
    }
    bytes
}

pub(crate) fn kinds(frames: &[Frame]) -> Vec<&'static str> {
    let name = |(kind, _): &Frame| Kind::from_byte(*kind).unwrap().name();
    frames.iter().map(name).collect()
}

pub(crate) fn code<T>(result: Result<T>) -> &'static str {
    match result {
        Ok(_) => "none",
        Err(error) => {
            // What the sender has accepted is broken off, and not refused.
            match &error {
                Error::BrokenOff { cause, .. } => assert_eq!(cause.code(), error.code()),
                _ => assert!(!matches!(error, Error::InVain { .. })),
            }
            error.code()
        }
    }
}
