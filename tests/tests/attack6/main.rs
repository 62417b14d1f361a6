//! What an attacker with fresh eyes found in reports, reviews and what is kept of them: each test says what should hold,
//! and fails as long as it does not.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod kept;
mod signed;

use hefu_casework::{AgencyRole, Purpose};
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, agree, introduce, proposal, surroundings};
use tempfile::TempDir;

/// People of each side, of whom half are on both registers.
pub(crate) const PEOPLE: u64 = 40;

/// A receiver, a sender and an agreement.
pub(crate) struct Two {
    pub(crate) receiver: Bureau,
    sender: Bureau,
    agreement: [u8; 32],
    _dir: TempDir,
}

impl Two {
    pub(crate) async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = |name, role| Bureau::start(dir.path(), name, role, surroundings());
        let receiver = start("县民政局", AgencyRole::CivilAffairs).await;
        let sender = start("县残联", AgencyRole::DisabledFederation).await;
        receiver.pays(EXTREME_POVERTY, 0..PEOPLE);
        sender.pays(DISABLED_LIVING, PEOPLE / 2..PEOPLE / 2 + PEOPLE);
        introduce(&receiver, &sender);
        let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
        let text = proposal(Purpose::Duplicates, "1号", parties);
        let agreement = agree(&receiver, &sender, text).await;
        Self {
            receiver,
            sender,
            agreement,
            _dir: dir,
        }
    }

    /// A round that has come to its end on both sides.
    pub(crate) async fn round(&self) -> [u8; 32] {
        let learned = self.receiver.node.run_round(&self.agreement).await.unwrap();
        self.sender
            .newest_round(|round| round.state == RoundState::Done)
            .await;
        learned.round
    }
}
