//! A side that crashes wherever it may, and takes its turn up again from its memory.

use std::io::{Cursor, Error as IoError, Read, Write};
use std::sync::Arc;

use hefu_psi::wire::Kind;
use hefu_psi::{CHUNK, Mode, Ristretto255, Suite};

use crate::disk::Disk;
use crate::sides::{Frame, Sides, code, frames, seed};

/// Runs a turn that crashes behind its first call to the journal, behind its second, and so on, every `step` calls until it
/// does not crash; and each time runs it once more as it should be.
async fn everywhere<T>(
    name: &str,
    step: usize,
    turn: impl AsyncFn(&Arc<Disk>) -> hefu_node::Result<T>,
    at: impl AsyncFn() -> Arc<Disk>,
) -> Vec<T> {
    let mut results = Vec::new();
    for call in (step..).step_by(step) {
        let disk = at().await;
        disk.crash_behind(call);
        let first = turn(&disk).await;
        let crashed = disk.kept().calls >= call;
        assert_eq!(crashed, code(first) == "node_spool", "{name}: {call}");
        disk.go_on();
        let again = turn(&disk).await;
        results.push(again.unwrap_or_else(|error| panic!("{name}: {call}: {error}")));
        if !crashed {
            break;
        }
    }
    assert!(results.len() * step > 5, "{name} calls its journal");
    results
}

#[tokio::test(flavor = "multi_thread")]
async fn each_turn_crashes_anywhere_and_ends_the_same() {
    crash(Sides::small(), 1).await;
    // One of two chunks is on record.
    crash(Sides::new(Mode::Members, 0..4100, 4090..4110), 4).await;
}

async fn crash(sides: Sides, step: usize) {
    let whole = sides.ask(&sides.disk()).await.unwrap();
    let asked = everywhere(
        "ask",
        step,
        async |disk| sides.ask(disk).await,
        async || sides.disk(),
    );
    for again in asked.await {
        assert!(again == whole, "the same question");
    }

    let (answer, receipt, _) = sides.answer(&sides.disk(), &whole).await.unwrap();
    let answered = everywhere(
        "answer",
        step,
        async |disk| sides.answer(disk, &whole).await,
        async || sides.disk(),
    );
    for (again, facts, own) in answered.await {
        assert_eq!(facts, receipt);
        assert!(but_proofs(&again) == but_proofs(&answer) || differs_in_the_head(&again, &answer, &own));
    }

    let heard = everywhere(
        "hear",
        step,
        async |disk| sides.hear(disk, answer.clone()).await,
        async || {
            let disk = sides.disk();
            sides.ask(&disk).await.unwrap();
            disk
        },
    );
    for (concluded, theirs) in heard.await {
        assert_eq!(concluded.signed.receipt, receipt);
        assert!(!theirs.is_empty());
        sides.check(concluded);
    }
}

/// A crash after the head was read, and before the receipt was noted, leaves the head of a later log to be signed: the only
/// difference there is.
fn differs_in_the_head(one: &[u8], other: &[u8], own: &[u8]) -> bool {
    let (mut one, mut other) = (but_proofs(one), but_proofs(other));
    let receipt = one.pop().unwrap().1;
    other.pop();
    one == other && receipt == own
}

/// The frames, without the proofs, which have another nonce each time.
fn but_proofs(bytes: &[u8]) -> Vec<Frame> {
    let mut frames = frames(bytes);
    for (kind, payload) in &mut frames {
        if *kind == Kind::Evaluated as u8 {
            payload.drain(4..4 + Ristretto255::proof_bytes());
        }
    }
    frames
}

/// What has been said once is said again, whatever the log has become meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_turn_taken_again_says_the_same() {
    let sides = Sides::small();
    let (receiver, sender) = (sides.disk(), sides.disk());
    let asked = sides.ask(&receiver).await.unwrap();
    assert_eq!(sides.ask(&receiver).await.unwrap(), asked);
    let (answer, receipt, own) = sides.answer(&sender, &asked).await.unwrap();
    let again = sides.answer(&sender, &asked).await.unwrap();
    assert_eq!((&again.1, &again.2), (&receipt, &own));
    assert_eq!(but_proofs(&again.0), but_proofs(&answer));
    let (first, theirs) = sides.hear(&receiver, answer).await.unwrap();
    // The other copy of the answer is as good: only its proofs are others.
    let (second, theirs_again) = sides.hear(&receiver, again.0).await.unwrap();
    assert_eq!(theirs_again, theirs);
    assert_eq!(first.signed, second.signed);
    assert_eq!(sides.conclude(&receipt, &own, &theirs), first.signed);
    assert_eq!(sides.ask(&receiver).await.unwrap(), asked, "also at the end");
    sides.check(first);
    sides.check(second);
}

/// A disk that is full, or goes, at some byte.
struct Failing<T>(T, usize);

impl<T: Write> Write for Failing<T> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let some = bytes.len().min(self.1);
        if some == 0 && !bytes.is_empty() {
            return Err(IoError::other("full"));
        }
        self.1 -= some;
        self.0.write(&bytes[..some])
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl<T: Read> Read for Failing<T> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        let some = bytes.len().min(self.1);
        if some == 0 && !bytes.is_empty() {
            return Err(IoError::other("gone"));
        }
        self.1 -= some;
        self.0.read(&mut bytes[..some])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_ends_no_session() {
    let sides = Sides::new(Mode::Members, 0..CHUNK as u64 + 4, 4090..4110);
    let (receiver, sender) = (sides.disk(), sides.disk());
    let asked = sides.ask(&receiver).await.unwrap();
    for at in [0, 3, 100, asked.len() / 2, asked.len() - 1] {
        let disk = sides.disk();
        let failed = sides
            .runner(&sides.receiver)
            .ask_by_file::<Ristretto255>(
                sides.terms.clone(),
                sides.entered(),
                seed(1),
                disk.clone(),
                Failing(Vec::new(), at),
                (),
            )
            .await;
        let error = failed.unwrap_err();
        assert!(error.can_go_on() && error.code() == "node_spool", "{at}");
        assert!(sides.ask(&disk).await.unwrap() == asked);
    }
    let (answer, ..) = sides.answer(&sender, &asked).await.unwrap();
    for at in [0, 3, 100, answer.len() / 2, answer.len() - 1] {
        let failed = sides
            .runner(&sides.receiver)
            .hear_by_file::<Ristretto255>(
                sides.terms.clone(),
                sides.entered(),
                seed(1),
                receiver.clone(),
                Failing(Cursor::new(answer.clone()), at),
                (),
            )
            .await;
        let error = failed.err().unwrap();
        assert!(error.can_go_on() && error.code() == "node_spool", "{at}");
    }
    let (concluded, _) = sides.hear(&receiver, answer).await.unwrap();
    sides.check(concluded);
}
