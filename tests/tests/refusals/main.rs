//! What a node refuses, or survives: each time with a typed reason on both sides and in both logs, and without any
//! result.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod nodes;
mod rogues;

use std::sync::Arc;
use std::time::Duration;

use hefu_casework::{AgencyRole, Agreement};
use hefu_link::Limits;
use hefu_node::{Error, Node, Surroundings};
use hefu_psi::wire::Abort;
use hefu_tests::agency::{Agency, DISABLED_LIVING, EXTREME_POVERTY, conclude, draft};
use hefu_tests::ends::POOL;
use tempfile::TempDir;

const CIVIL_AFFAIRS: &str = "县民政局";
const FEDERATION: &str = "县残联";

/// Two agencies that know each other: the first receives.
struct Two {
    receiver: Agency,
    sender: Agency,
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        Self::with(surroundings(), surroundings()).await
    }

    async fn with(of_receiver: Surroundings, of_sender: Surroundings) -> Self {
        let two = Self::strangers(of_receiver, of_sender).await;
        two.receiver.knows(&two.sender.card);
        two.sender.knows(&two.receiver.card);
        two
    }

    async fn strangers(of_receiver: Surroundings, of_sender: Surroundings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let receiver = receiver(&dir, of_receiver).await;
        let role = AgencyRole::DisabledFederation;
        let sender = Agency::start(dir.path(), FEDERATION, role, DISABLED_LIVING, 5..15, of_sender).await;
        Self {
            receiver,
            sender,
            dir,
        }
    }

    fn draft(&self) -> Agreement {
        draft(self.receiver.party(), self.sender.party())
    }

    /// Both sign and both keep.
    fn conclude(&self, agreement: &Agreement) -> [u8; 32] {
        conclude(
            agreement,
            [&self.receiver, &self.sender],
            &[&self.receiver, &self.sender],
        )
    }
}

/// Ten people on the register.
async fn receiver(dir: &TempDir, surroundings: Surroundings) -> Agency {
    Agency::start(
        dir.path(),
        CIVIL_AFFAIRS,
        AgencyRole::CivilAffairs,
        EXTREME_POVERTY,
        0..10,
        surroundings,
    )
    .await
}

fn surroundings() -> Surroundings {
    limited(Limits {
        linger_seconds: 1,
        ..Limits::default()
    })
}

fn limited(limits: Limits) -> Surroundings {
    Surroundings {
        limits,
        ..Surroundings::new(POOL.clone())
    }
}

async fn refused(node: &Arc<Node>, agreement: &[u8; 32]) -> Error {
    let ended = tokio::time::timeout(Duration::from_secs(30), node.run_round(agreement)).await;
    match ended.expect("a round ends") {
        Ok(_) => panic!("the round went through"),
        Err(error) => error,
    }
}

/// The reason that the peer gave.
fn told(error: &Error) -> Option<&Abort> {
    match error {
        Error::Link(hefu_link::Error::PeerAborted { abort, .. }) => Some(abort),
        _ => None,
    }
}
