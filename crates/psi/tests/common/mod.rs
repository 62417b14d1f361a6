//! Two ends of a session in memory. Every message crosses as bytes, through a hook that may do to it what an attacker,
//! a bad disk or a bad line would.
#![allow(clippy::print_stdout, reason = "a failing test shows its seed")]
#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

pub(crate) mod attack;
pub(crate) mod durable;
pub(crate) mod naive;
pub(crate) mod toy;

use std::cell::RefCell;
use std::collections::HashSet;
use std::process::Command;
use std::sync::LazyLock;

use hefu_curve::{BACKEND_VARIABLE, Pool};
use hefu_psi::wire::{Accept, Blinded, Commit, Evaluated, Have, Open, ReceiptMessage, Tags};
use hefu_psi::{
    Blinding, CHUNK, CallId, Elements, Error, Incoming, InputCommitter, KeyKind, LogHead, Matches, Mode,
    SessionId, SessionSeed, SignedReceipt, Suite, TagSet, Terms,
};
use rand::SeedableRng;
use rand::rngs::StdRng;
use ring::signature::{Ed25519KeyPair, KeyPair};

pub(crate) static POOL: LazyLock<Pool> = LazyLock::new(|| Pool::new(2).unwrap());

/// Every test of the file once more, in a process of its own, by dalek where the process has chosen the kernel: what is
/// expected is the same. A test of each file that has this module.
#[test]
fn without_the_kernel() {
    const OWN: &str = "common::without_the_kernel";
    if hefu_curve::backend() != "ifma" {
        println!("not run twice: the backend is {}", hefu_curve::backend());
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--skip", OWN])
        .env(BACKEND_VARIABLE, "dalek")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "by dalek: {said}");
    // The word of the harness for what has run.
    assert!(!said.contains(" 0 passed"), "{said}");
}

pub(crate) const WIDTH: usize = 32;

/// The messages in the order in which they cross, and the places where it lies on a disk in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Step {
    Open,
    Accept,
    SenderHave,
    Blinded,
    Commit,
    ReceiverHave,
    SenderSpool,
    TagSpool,
    Evaluated,
    ReceiverSpool,
    Tags,
    ReceiverReceipt,
    SenderReceipt,
}

/// What crosses the wire, in order.
pub(crate) const WIRE: [Step; 10] = [
    Step::Open,
    Step::Accept,
    Step::SenderHave,
    Step::Blinded,
    Step::Commit,
    Step::ReceiverHave,
    Step::Evaluated,
    Step::Tags,
    Step::ReceiverReceipt,
    Step::SenderReceipt,
];

/// Which end gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Receiver,
    Sender,
}

/// Who gave up and why. A message that never came has no error: the caller's clock ends the session.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) end: End,
    pub(crate) step: Step,
    pub(crate) error: Option<Error>,
}

/// What both ends have when a session is through.
pub(crate) struct Outcome {
    pub(crate) matches: Matches,
    pub(crate) at_sender: SignedReceipt,
    pub(crate) transcript: Transcript,
}

/// Everything that has crossed, and what an end knows from it.
#[derive(Default)]
pub(crate) struct Transcript {
    pub(crate) messages: Vec<(Step, Vec<Vec<u8>>)>,
    pub(crate) sid: Option<SessionId>,
}

impl Transcript {
    pub(crate) fn of(&self, step: Step) -> &[Vec<u8>] {
        self.messages
            .iter()
            .find(|(s, _)| *s == step)
            .map_or(&[], |(_, messages)| messages)
    }

    pub(crate) fn accept(&self) -> Accept {
        Accept::decode(&self.of(Step::Accept)[0]).unwrap()
    }

    pub(crate) fn call(&self) -> CallId {
        naive::call(&self.of(Step::Open)[0])
    }

    pub(crate) fn sid(&self) -> SessionId {
        self.sid.expect("the session has an id once it is accepted")
    }
}

pub(crate) type Hook<'a> = dyn FnMut(&Transcript, Step, &mut Vec<Vec<u8>>) + 'a;

/// Two ends, their sets and their seed.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) seed: u64,
    pub(crate) receiver_terms: Terms,
    pub(crate) sender_terms: Terms,
    pub(crate) x: Vec<Vec<u8>>,
    pub(crate) y: Vec<Vec<u8>>,
    /// In the mode labels, one for each of `y`.
    pub(crate) labels: Vec<Vec<u8>>,
}

impl Session {
    pub(crate) fn new(seed: u64, x: Vec<Vec<u8>>, y: Vec<Vec<u8>>) -> Self {
        println!("seed {seed}, {} against {} elements", x.len(), y.len());
        Self {
            seed,
            receiver_terms: terms(),
            sender_terms: terms(),
            x,
            y,
            labels: Vec::new(),
        }
    }

    /// The same in the mode labels, with one label for each of `y`.
    pub(crate) fn labelled(mut self, size: u16, labels: Vec<Vec<u8>>) -> Self {
        for terms in [&mut self.receiver_terms, &mut self.sender_terms] {
            (terms.mode, terms.label) = (Mode::Labels, size);
        }
        self.labels = labels;
        self
    }

    /// Both ends as they should be.
    pub(crate) fn run<S: Suite>(&self) -> Result<Outcome, Failure> {
        self.run_with::<S>(&mut |_, _, _| {})
    }

    /// The random bytes of one call, apart from all others, so that a test can know what an end drew.
    pub(crate) fn rng(&self, call: &str) -> StdRng {
        let mut seed = [0u8; 32];
        seed[..8].copy_from_slice(&self.seed.to_be_bytes());
        seed[8..8 + call.len()].copy_from_slice(call.as_bytes());
        StdRng::from_seed(seed)
    }

    /// The seed of one side.
    pub(crate) fn side(&self, side: &str) -> SessionSeed {
        SessionSeed::generate(&mut self.rng(side))
    }

    pub(crate) fn receiver_seed(&self) -> SessionSeed {
        self.side("receiver")
    }

    pub(crate) fn sender_seed(&self) -> SessionSeed {
        self.side("sender")
    }

    /// The sender's key in a session in which these were the opening and the acceptance.
    pub(crate) fn key<S: Suite>(&self, seen: &Transcript) -> S::Scalar {
        let input = seen.accept().input;
        let seed = self.sender_seed();
        S::reduce(&naive::derive(
            seed.as_bytes(),
            "hefu/3 sender key",
            &[&seen.of(Step::Open)[0], &input],
        ))
    }

    /// The receiver's key for its blinds.
    pub(crate) fn blind_key(&self) -> [u8; 64] {
        naive::derive(self.receiver_seed().as_bytes(), "hefu/3 receiver blinds", &[])
    }

    /// The packed elements of the sender with their packed labels, chunk by chunk.
    pub(crate) fn sender_chunks(&self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let mut labels = self.labels.chunks(CHUNK);
        self.y
            .chunks(CHUNK)
            .map(move |y| (y.concat(), labels.next().unwrap_or_default().concat()))
    }

    /// Runs a session whose messages and spooled chunks go through `hook`.
    pub(crate) fn run_with<S: Suite>(&self, hook: &mut Hook<'_>) -> Result<Outcome, Failure> {
        let wire = Wire(RefCell::new((Transcript::default(), hook)));
        let receiver_key = node_key(1);
        let sender_key = node_key(2);
        let at = |end, step| {
            move |error| Failure {
                end,
                step,
                error: Some(error),
            }
        };
        let receiver = |step| at(End::Receiver, step);
        let sender = |step| at(End::Sender, step);

        let x = elements(self.receiver_terms.width, &self.x);
        let (mut blinding, opening) =
            Blinding::<S>::open(self.receiver_terms.clone(), x, &self.receiver_seed())
                .map_err(receiver(Step::Open))?;

        let bytes = wire.one(End::Sender, Step::Open, opening.message().encode())?;
        let open = Open::decode(&bytes).map_err(|e| sender(Step::Open)(e.into()))?;
        let incoming = Incoming::new::<S>(self.sender_terms.clone(), open).map_err(sender(Step::Open))?;
        let seed = self.sender_seed();
        let mut committer = InputCommitter::for_sender(&self.sender_terms, &seed);
        self.sender_chunks()
            .for_each(|(chunk, labels)| committer.update(&chunk, &labels));
        let (mut collecting, mut tagging, accept) = incoming
            .accept::<S>(committer.finish(), &seed, &sender_key)
            .map_err(sender(Step::Accept))?;
        wire.0.borrow_mut().0.sid = Some(collecting.sid());

        let bytes = wire.one(End::Receiver, Step::Accept, accept.encode())?;
        let accept = Accept::decode(&bytes).map_err(|e| receiver(Step::Accept)(e.into()))?;
        let accepted = opening.accept::<S>(&accept).map_err(receiver(Step::Accept))?;
        let bytes = wire.one(End::Receiver, Step::SenderHave, NOTHING_YET.encode())?;
        let have = Have::decode(&bytes).map_err(|e| receiver(Step::SenderHave)(e.into()))?;
        let held = blinding.held(&have).map_err(receiver(Step::SenderHave))?;

        let (mut blinded, mut spool, mut out) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(message) = blinding.next(&POOL, &mut out) {
            if message.chunk >= held {
                blinded.push([&message.header(), message.elements].concat());
            }
            spool.push(message.elements.to_vec());
        }
        let (committed, commit) = blinding.commit(&receiver_key).map_err(receiver(Step::Commit))?;
        let mut evaluating = committed.evaluating(accepted).map_err(receiver(Step::Commit))?;

        let mut sender_spool = Vec::new();
        for bytes in wire.many(Step::Blinded, blinded) {
            let message = Blinded::decode(&bytes).map_err(|e| sender(Step::Blinded)(e.into()))?;
            collecting.blinded(&message).map_err(sender(Step::Blinded))?;
            sender_spool.push(message.elements.to_vec());
        }
        let bytes = wire.one(End::Sender, Step::Commit, commit.encode())?;
        let commit = Commit::decode(&bytes).map_err(|e| sender(Step::Commit)(e.into()))?;
        let mut replying = collecting.commit(&commit).map_err(sender(Step::Commit))?;

        let bytes = wire.one(End::Sender, Step::ReceiverHave, NOTHING_YET.encode())?;
        let have = Have::decode(&bytes).map_err(|e| sender(Step::ReceiverHave)(e.into()))?;
        replying.held(&have, 0).map_err(sender(Step::ReceiverHave))?;

        let mut rng = self.rng("sender replies");
        let mut evaluated = Vec::new();
        for chunk in wire.many(Step::SenderSpool, sender_spool) {
            let mut out = Vec::new();
            replying
                .evaluate(&POOL, &chunk, &mut rng, &mut out)
                .map_err(sender(Step::SenderSpool))?;
            evaluated.push(out);
        }

        let evaluated = wire.many(Step::Evaluated, evaluated);
        let spool = wire.many(Step::ReceiverSpool, spool);
        for (i, bytes) in evaluated.iter().enumerate() {
            let message = Evaluated::decode(bytes, S::proof_bytes())
                .map_err(|e| receiver(Step::Evaluated)(e.into()))?;
            evaluating
                .evaluated(&POOL, &message, spool.get(i).map_or(&[], Vec::as_slice))
                .map_err(receiver(Step::Evaluated))?;
        }
        let mut merging = evaluating.finish().map_err(receiver(Step::Evaluated))?;

        for (chunk, labels) in self.sender_chunks() {
            tagging.tag(&POOL, &chunk, &labels).map_err(sender(Step::Tags))?;
        }
        let tags: TagSet = tagging.finish().map_err(sender(Step::Tags))?;
        let tags = wire
            .tag_spool(&self.sender_terms, tags)
            .map_err(sender(Step::TagSpool))?;
        let receipt_due = replying.finish(&tags).map_err(sender(Step::Tags))?;
        let chunks = tags.chunks().map(|t| [&t.header(), t.entries].concat()).collect();
        for bytes in wire.many(Step::Tags, chunks) {
            let message = Tags::decode(&bytes).map_err(|e| receiver(Step::Tags)(e.into()))?;
            merging.tags(&message).map_err(receiver(Step::Tags))?;
        }
        let (awaiting, receipt) = merging
            .finish(&receiver_key, head(1))
            .map_err(receiver(Step::Tags))?;

        let bytes = wire.one(End::Sender, Step::ReceiverReceipt, receipt.encode())?;
        let receipt = ReceiptMessage::decode(&bytes).map_err(|e| sender(Step::ReceiverReceipt)(e.into()))?;
        let (at_sender, receipt) = receipt_due
            .receipt(&receipt, &sender_key, head(2))
            .map_err(sender(Step::ReceiverReceipt))?;

        let bytes = wire.one(End::Receiver, Step::SenderReceipt, receipt.encode())?;
        let receipt = ReceiptMessage::decode(&bytes).map_err(|e| receiver(Step::SenderReceipt)(e.into()))?;
        let matches = awaiting
            .receipt(&receipt)
            .map_err(receiver(Step::SenderReceipt))?;
        Ok(Outcome {
            matches,
            at_sender,
            transcript: wire.0.into_inner().0,
        })
    }
}

/// The line between the ends.
struct Wire<'a>(RefCell<(Transcript, &'a mut Hook<'a>)>);

impl Wire<'_> {
    fn many(&self, step: Step, mut messages: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let (transcript, hook) = &mut *self.0.borrow_mut();
        hook(transcript, step, &mut messages);
        transcript.messages.push((step, messages.clone()));
        messages
    }

    /// What the sender has kept of its tags, and sends. A hostile one signs for whatever it sends.
    fn tag_spool(&self, terms: &Terms, tags: TagSet) -> Result<TagSet, Error> {
        let kept = self.many(Step::TagSpool, vec![tags.as_bytes().to_vec()]).concat();
        let root = match kept == tags.as_bytes() {
            true => tags.root(),
            false => {
                let leaves: Vec<&[u8]> = kept.chunks(terms.entry_bytes()).collect();
                naive::root(&leaves)
            }
        };
        TagSet::from_spooled(terms, kept, &root)
    }

    /// A step of one message; when it does not come, `end` waits in vain.
    fn one(&self, end: End, step: Step, message: Vec<u8>) -> Result<Vec<u8>, Failure> {
        self.many(step, vec![message]).into_iter().next().ok_or(Failure {
            end,
            step,
            error: None,
        })
    }
}

/// An agreement between node 1, who receives, and node 2.
pub(crate) fn terms() -> Terms {
    Terms {
        agreement: [0xA6; 32],
        receiver: public(1),
        sender: public(2),
        mode: Mode::Members,
        key_kind: KeyKind::Person,
        width: WIDTH as u16,
        label: 0,
        receiver_cap: 20_000,
        sender_cap: 20_000,
    }
}

/// Neither end of a new session holds anything.
pub(crate) const NOTHING_YET: Have = Have {
    chunks: 0,
    tags: false,
};

/// The end of a node's log.
pub(crate) fn head(node: u8) -> LogHead {
    LogHead {
        seq: 100 + u64::from(node),
        hash: [node; 32],
    }
}

pub(crate) fn node_key(node: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[node; 32]).unwrap()
}

pub(crate) fn public(node: u8) -> [u8; 32] {
    node_key(node).public_key().as_ref().try_into().unwrap()
}

/// Elements with these numbers, each padded to the width.
pub(crate) fn numbered(numbers: impl IntoIterator<Item = u64>) -> Vec<Vec<u8>> {
    numbers
        .into_iter()
        .map(|n| {
            let mut element = vec![0; WIDTH];
            element[0] = 8;
            element[1..9].copy_from_slice(&n.to_be_bytes());
            element
        })
        .collect()
}

/// What a plain join finds: the indices of `x` whose element is in `y`.
pub(crate) fn join(x: &[Vec<u8>], y: &[Vec<u8>]) -> Vec<u32> {
    let y: HashSet<&[u8]> = y.iter().map(Vec::as_slice).collect();
    (0..)
        .zip(x)
        .filter(|(_, x)| y.contains(x.as_slice()))
        .map(|(i, _)| i)
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn elements(width: u16, list: &[Vec<u8>]) -> Elements {
    Elements::new(usize::from(width), list.concat()).unwrap()
}
