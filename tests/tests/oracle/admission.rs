//! A peer whose session will not end holds up nobody but itself.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hefu_casework::AgencyRole;
use hefu_node::Surroundings;
use hefu_node::runner::Step;
use hefu_psi::wire::{Kind, Open};
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude_with, draft, opening, party};
use hefu_tests::bureau::surroundings;
use hefu_tests::rogue::{Rogue, hear};
use tokio::time::timeout;

/// Stops the first session that comes here, until it is let go.
#[derive(Default)]
struct Barrier {
    somebody: AtomicBool,
    open: Mutex<bool>,
    opened: Condvar,
}

impl Barrier {
    fn pass(&self) {
        if self.somebody.swap(true, Ordering::SeqCst) {
            return;
        }
        let mut open = self.open.lock().unwrap();
        while !*open {
            open = self.opened.wait(open).unwrap();
        }
    }

    fn open(&self) {
        *self.open.lock().unwrap() = true;
        self.opened.notify_all();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_does_not_end_holds_up_no_other_agreement() {
    let dir = tempfile::tempdir().unwrap();
    let barrier = Arc::new(Barrier::default());
    let held = Arc::clone(&barrier);
    let surroundings = Surroundings {
        watcher: Arc::new(move |progress| {
            if progress.step == Step::Tag {
                held.pass();
            }
        }),
        ..surroundings()
    };
    let (role, programme) = (AgencyRole::DisabledFederation, DISABLED_LIVING);
    let sender = Agency::start(dir.path(), "县残联", role, programme, 0..9, surroundings).await;
    let slow = Rogue::start("县民政局", AgencyRole::CivilAffairs, &[]).await;
    let other = Rogue::start("县教育局", AgencyRole::Education, &[]).await;
    let openings = [&slow, &other].map(|rogue| {
        sender.knows(&rogue.card);
        let agreement = draft(party(&rogue.card, EXTREME_POVERTY), sender.party());
        conclude_with(&agreement, &sender, rogue);
        opening(&agreement)
    });
    let again = Open {
        nonce: [9; 32],
        ..openings[0].clone()
    };

    let (_first, mut reading) = slow.open(&sender.card, &openings[0]).await;
    hear(&mut reading, Kind::Accept).await;
    while !barrier.somebody.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // The second call of this peer waits until the first session has ended, which it does not.
    let (_second, mut waiting) = slow.open(&sender.card, &again).await;
    let silent = timeout(Duration::from_millis(500), hear(&mut waiting, Kind::Accept)).await;
    assert!(silent.is_err());

    let (_third, mut reading) = other.open(&sender.card, &openings[1]).await;
    let accepted = timeout(Duration::from_secs(5), hear(&mut reading, Kind::Accept)).await;
    barrier.open();
    accepted.expect("who has another agreement is answered at once");
    hear(&mut waiting, Kind::Accept).await;
}
