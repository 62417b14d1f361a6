//! A machine whose sums come out as no element proves nothing and believes nothing. Its own process: the fault is global.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;

use std::sync::atomic::{AtomicBool, Ordering};

use common::toy::{SUMS_ARE_BAD, SUMS_ARE_NOTHING, Toy};
use common::{End, Session, Step, numbered};
use hefu_psi::Error;
use hefu_psi::wire::Abort;

#[test]
fn each_end_says_that_it_is_its_own_machine() {
    let session = Session::new(61, numbered(0..9), numbered(5..20));
    session.run::<Toy>().expect("a sound machine");
    // What is no element, and what would let a proof hold for any key.
    for fault in [&SUMS_ARE_BAD, &SUMS_ARE_NOTHING] {
        ends_by(&session, fault);
    }
}

fn ends_by(session: &Session, fault: &AtomicBool) {
    fault.store(true, Ordering::Relaxed);
    let failure = session.run::<Toy>().err().expect("no proof is made");
    assert_eq!((failure.end, failure.step), (End::Sender, Step::SenderSpool));
    let error = failure.error.unwrap();
    assert!(matches!(error, Error::Arithmetic(_)), "{error}");
    assert_eq!(error.abort(), Some(Abort::Internal));

    // A proof that holds: that it can't be checked here must not be laid at the sender's door.
    fault.store(false, Ordering::Relaxed);
    let failure = session.run_with::<Toy>(&mut |_, step, _| {
        fault.store(
            step == Step::Evaluated || step == Step::ReceiverSpool,
            Ordering::Relaxed,
        );
    });
    fault.store(false, Ordering::Relaxed);
    let failure = failure.err().expect("no proof is believed");
    assert_eq!((failure.end, failure.step), (End::Receiver, Step::Evaluated));
    assert!(matches!(failure.error, Some(Error::Arithmetic(_))));
}
