//! Two ends that keep on disk what a node must, and lose everything else whenever the line is cut: each connection
//! replays the session from seed, set and what was kept.

use std::collections::VecDeque;

use hefu_psi::wire::{Accept, Blinded, Commit, Evaluated, Have, Open, ReceiptMessage, Tags};
use hefu_psi::{
    Blinding, Error, Incoming, InputCommitment, InputCommitter, Matches, Replying, Root, SessionSeed,
    SignedReceipt, Suite, TagSet, element_root,
};
use zeroize::Zeroizing;

use super::{POOL, Session, elements, head, node_key};

/// A line that is cut after a number of messages; what was sent before arrives.
pub(crate) struct Line {
    left: usize,
    to_sender: VecDeque<Vec<u8>>,
    to_receiver: VecDeque<Vec<u8>>,
    /// Everything that was sent, in order.
    pub(crate) sent: Vec<Vec<u8>>,
}

/// Why an end stops: the line is cut, or it refuses.
#[derive(Debug)]
pub(crate) enum Stop {
    Cut,
    Refused(Error),
}

impl<E: Into<Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Stop::Refused(error.into())
    }
}

type Went<T> = Result<T, Stop>;

impl Line {
    pub(crate) fn cut_after(messages: usize) -> Self {
        Self {
            left: messages,
            to_sender: VecDeque::new(),
            to_receiver: VecDeque::new(),
            sent: Vec::new(),
        }
    }

    fn count(&mut self, message: &[u8]) -> Went<()> {
        self.left = self.left.checked_sub(1).ok_or(Stop::Cut)?;
        self.sent.push(message.to_vec());
        Ok(())
    }

    fn send_to_sender(&mut self, message: Vec<u8>) -> Went<()> {
        self.count(&message)?;
        self.to_sender.push_back(message);
        Ok(())
    }

    fn send_to_receiver(&mut self, message: Vec<u8>) -> Went<()> {
        self.count(&message)?;
        self.to_receiver.push_back(message);
        Ok(())
    }

    fn at_sender(&mut self) -> Went<Vec<u8>> {
        self.to_sender.pop_front().ok_or(Stop::Cut)
    }

    fn at_receiver(&mut self) -> Went<Vec<u8>> {
        self.to_receiver.pop_front().ok_or(Stop::Cut)
    }
}

/// What a receiver keeps.
#[derive(Clone)]
pub(crate) struct ReceiverDisk {
    pub(crate) seed: [u8; 32],
    pub(crate) set: Vec<Vec<u8>>,
    pub(crate) open: Option<Vec<u8>>,
    pub(crate) accept: Option<Vec<u8>>,
    pub(crate) blinded: Vec<Root>,
    pub(crate) evaluated: Vec<Vec<u8>>,
    pub(crate) tags: Vec<Vec<u8>>,
    /// Its own.
    pub(crate) receipt: Option<Vec<u8>>,
    /// What both have signed.
    pub(crate) signed: Option<SignedReceipt>,
}

/// What a sender keeps.
#[derive(Clone)]
pub(crate) struct SenderDisk {
    pub(crate) seed: [u8; 32],
    pub(crate) accept: Option<Vec<u8>>,
    pub(crate) blinded: Vec<Vec<u8>>,
    /// Kept apart from the chunks, which may be lost.
    pub(crate) roots: Vec<Root>,
    pub(crate) evaluated: Vec<Root>,
    pub(crate) tags: Option<(Vec<u8>, Root)>,
    pub(crate) receipt: Option<SignedReceipt>,
}

/// Both ends with their disks.
pub(crate) struct Ends<'a> {
    pub(crate) session: &'a Session,
    pub(crate) receiver: ReceiverDisk,
    pub(crate) sender: SenderDisk,
    /// Connections so far; proofs are made with other nonces in each.
    connections: u64,
}

impl<'a> Ends<'a> {
    pub(crate) fn new(session: &'a Session) -> Self {
        Self {
            session,
            receiver: ReceiverDisk {
                seed: *session.receiver_seed().as_bytes(),
                set: session.x.clone(),
                open: None,
                accept: None,
                blinded: Vec::new(),
                evaluated: Vec::new(),
                tags: Vec::new(),
                receipt: None,
                signed: None,
            },
            sender: SenderDisk {
                seed: *session.sender_seed().as_bytes(),
                accept: None,
                blinded: Vec::new(),
                roots: Vec::new(),
                evaluated: Vec::new(),
                tags: None,
                receipt: None,
            },
            connections: 0,
        }
    }

    /// One connection, from what lies on the disks to the result or the cut.
    pub(crate) fn connect<S: Suite>(&mut self, line: &mut Line) -> Went<Matches> {
        self.connections += 1;
        let (receiver_key, sender_key) = (node_key(1), node_key(2));
        let terms = || self.session.receiver_terms.clone();
        let (disk, theirs) = (&mut self.receiver, &mut self.sender);
        let seed = SessionSeed::from_bytes(Zeroizing::new(disk.seed));
        let their_seed = SessionSeed::from_bytes(Zeroizing::new(theirs.seed));

        let set = elements(terms().width, &disk.set);
        let (mut blinding, opening) = Blinding::<S>::open(terms(), set, &seed)?;
        let open = opening.message().encode();
        if disk.open.get_or_insert_with(|| open.clone()) != &open {
            return Err(local("opening"));
        }
        line.send_to_sender(open)?;

        let open = Open::decode(&line.at_sender()?)?;
        let input = match &theirs.accept {
            // Its set may have changed meanwhile; what it needs of it is kept.
            Some(accept) if theirs.tags.is_some() => {
                let accept = Accept::decode(accept)?;
                InputCommitment::of_sender(accept.input, accept.elements, &their_seed)
            }
            _ => {
                let mut committer = InputCommitter::for_sender(&self.session.sender_terms, &their_seed);
                self.session
                    .sender_chunks()
                    .for_each(|(chunk, labels)| committer.update(&chunk, &labels));
                committer.finish()
            }
        };
        let (mut collecting, mut tagging, accept) = Incoming::new::<S>(
            self.session.sender_terms.clone(),
            open,
        )?
        .accept::<S>(input, &their_seed, &sender_key)?;
        let accept = accept.encode();
        if theirs.accept.get_or_insert_with(|| accept.clone()) != &accept {
            return Err(local("acceptance"));
        }
        collecting.expect(theirs.roots.clone());
        for (chunk, elements) in (0..).zip(&theirs.blinded) {
            collecting.blinded(&Blinded { chunk, elements })?;
        }
        let tags = match &theirs.tags {
            Some((entries, root)) => TagSet::from_spooled(&self.session.sender_terms, entries.clone(), root)?,
            None => {
                for (chunk, labels) in self.session.sender_chunks() {
                    tagging.tag(&POOL, &chunk, &labels)?;
                }
                let tags = tagging.finish()?;
                theirs.tags = Some((tags.as_bytes().to_vec(), tags.root()));
                tags
            }
        };
        line.send_to_receiver(accept)?;
        let have = Have {
            chunks: theirs.blinded.len() as u32,
            tags: false,
        };
        line.send_to_receiver(have.encode())?;

        let accept = line.at_receiver()?;
        if disk.accept.get_or_insert_with(|| accept.clone()) != &accept {
            return Err(local("acceptance"));
        }
        let accepted = opening.accept::<S>(&Accept::decode(&accept)?)?;
        let held = blinding.held(&Have::decode(&line.at_receiver()?)?)?;
        let (mut spool, mut out) = (Vec::new(), Vec::new());
        while let Some(message) = blinding.next(&POOL, &mut out) {
            let number = message.chunk as usize;
            spool.push(message.elements.to_vec());
            let message_bytes = [&message.header(), message.elements].concat();
            let root = blinding.roots()[number];
            match disk.blinded.get(number) {
                Some(before) if *before != root => return Err(local("blinded chunk")),
                Some(_) => (),
                None => disk.blinded.push(root),
            }
            if number >= held as usize {
                line.send_to_sender(message_bytes)?;
                // It is taken as soon as it comes.
                let bytes = line.at_sender()?;
                let message = Blinded::decode(&bytes)?;
                collecting.blinded(&message)?;
                theirs.blinded.push(message.elements.to_vec());
                theirs.roots = collecting.roots().to_vec();
            }
        }
        let (committed, commit) = blinding.commit(&receiver_key)?;
        let mut evaluating = committed.evaluating(accepted)?;
        line.send_to_sender(commit.encode())?;
        let mut replying = collecting.commit(&Commit::decode(&line.at_sender()?)?)?;

        let have = Have {
            chunks: disk.evaluated.len() as u32,
            tags: disk.receipt.is_some(),
        };
        line.send_to_sender(have.encode())?;
        let have = Have::decode(&line.at_sender()?)?;
        let held = replying.held(&have, theirs.evaluated.len() as u32)?;

        let feed = |evaluating: &mut hefu_psi::Evaluating<S>, bytes: &[u8], at: usize| {
            let message = Evaluated::decode(bytes, S::proof_bytes())?;
            evaluating.evaluated(&POOL, &message, &spool[at])
        };
        for (at, bytes) in disk.evaluated.iter().enumerate() {
            feed(&mut evaluating, bytes, at)?;
        }
        let mut rng = self.session.rng(&format!("replies {}", self.connections));
        reply(&mut replying, theirs, held, &mut rng, &mut |message| {
            line.send_to_receiver(message)?;
            let bytes = line.at_receiver()?;
            feed(&mut evaluating, &bytes, disk.evaluated.len())?;
            disk.evaluated.push(bytes);
            Ok(())
        })?;
        let mut merging = evaluating.finish()?;
        if !have.tags {
            disk.tags.clear();
            for chunk in tags.chunks() {
                line.send_to_receiver([&chunk.header(), chunk.entries].concat())?;
                disk.tags.push(line.at_receiver()?);
            }
        }
        for bytes in &disk.tags {
            merging.tags(&Tags::decode(bytes)?)?;
        }
        let (waiting, receipt) = merging.finish(&receiver_key, head(1))?;
        let receipt = receipt.encode();
        if disk.receipt.get_or_insert_with(|| receipt.clone()) != &receipt {
            return Err(local("receipt"));
        }
        let due = replying.finish(&tags)?;
        line.send_to_sender(receipt)?;
        let message = ReceiptMessage::decode(&line.at_sender()?)?;
        let (signed, answer) = due.receipt(&message, &sender_key, head(2))?;
        theirs.receipt = Some(signed);
        line.send_to_receiver(answer.encode())?;
        let answer = ReceiptMessage::decode(&line.at_receiver()?)?;
        disk.signed = Some(waiting.signed(&answer)?);
        Ok(waiting.receipt(&answer)?)
    }
}

/// The sender's evaluations from the first that the receiver lacks.
fn reply<S: Suite>(
    replying: &mut Replying<S>,
    disk: &mut SenderDisk,
    held: u32,
    rng: &mut rand::rngs::StdRng,
    send: &mut dyn FnMut(Vec<u8>) -> Went<()>,
) -> Went<()> {
    for at in 0..disk.blinded.len() {
        if at < held as usize {
            replying.skip(disk.evaluated[at])?;
            continue;
        }
        let mut out = Vec::new();
        let root = replying.evaluate(&POOL, &disk.blinded[at], rng, &mut out)?;
        assert_eq!(root, element_root(&out[4 + S::proof_bytes()..], S::ELEMENT));
        match disk.evaluated.get(at) {
            Some(before) => assert_eq!(*before, root, "evaluated once more, the same"),
            None => disk.evaluated.push(root),
        }
        send(out)?;
    }
    Ok(())
}

fn local(what: &'static str) -> Stop {
    Stop::Refused(Error::Local { what })
}
