//! What a peer may ask about in a month is debited before anything is said, and nothing brings it back.

use hefu_casework::{AgencyRole, Agreement, LocalPolicy, Purpose};
use hefu_node::Surroundings;
use hefu_psi::wire::{Abort, Kind};
use hefu_store::RoundState;
use hefu_tests::agency::{
    Agency, DISABLED_LIVING, EXTREME_POVERTY, Failure, Stopped, conclude, conclude_with, draft,
};
use hefu_tests::rogue::{hear, hear_abort};
use tempfile::TempDir;

use crate::resumed::{Receiving, surroundings};

fn with_budget(elements: u64) -> Surroundings {
    Surroundings {
        policy: LocalPolicy {
            max_elements_a_month_from_peer: elements,
            ..LocalPolicy::default()
        },
        ..surroundings()
    }
}

/// Small enough that no single agreement asks for more than the budget; two together can.
fn small(agreement: &mut Agreement) {
    agreement.rounds_a_month = 2;
    for party in &mut agreement.parties {
        party.max_elements = 40;
    }
}

/// Twelve people of three months each are 36 elements: two sets are within 80, three are not.
#[tokio::test(flavor = "multi_thread")]
async fn who_opens_anew_is_debited_anew() {
    let mut receiving = Receiving::under(with_budget(80), small).await;
    let node = receiving.sender.node.clone();
    let debited = || {
        let debits = node.store().debits(0, 100).unwrap();
        debits.iter().map(|debit| debit.elements).collect::<Vec<_>>()
    };
    // The same opening is the same session, however often the line is dropped.
    for _ in 0..3 {
        let (_writing, mut reading) = receiving.call(1).await;
        hear(&mut reading, Kind::Accept).await;
    }
    assert_eq!(debited(), [36]);
    let (_writing, mut reading) = receiving.call(2).await;
    hear(&mut reading, Kind::Accept).await;
    assert_eq!(debited(), [36, 36]);
    let (_writing, mut reading) = receiving.call(3).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::BudgetSpent { limit: 80 });

    // One that was given up is not had back by opening it once more.
    let (_writing, mut reading) = receiving.call(1).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::Cancelled);
    // Nor does another agreement bring more.
    receiving.agreement.number = "试协〔2026〕2号".into();
    conclude_with(&receiving.agreement, &receiving.sender, &receiving.rogue);
    let (_writing, mut reading) = receiving.call(3).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::BudgetSpent { limit: 80 });
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "budget_spent")
    );
    assert_eq!(debited(), [36, 36]);
}

/// Twelve people of three months each fill a check of 36 elements.
fn of_checks(agreement: &mut Agreement) {
    agreement.purpose = Purpose::Precheck;
    agreement.receivers = vec![0];
    (agreement.checks_a_day, agreement.rounds_a_month) = (Some(2), 62);
    agreement.parties[0].max_elements = 36;
}

/// Whoever asks does not count its own checks; who answers does.
#[tokio::test(flavor = "multi_thread")]
async fn a_third_check_of_the_day_is_refused_by_who_answers() {
    let receiving = Receiving::under(surroundings(), of_checks).await;
    for seed in [1, 1, 2] {
        let (_writing, mut reading) = receiving.call(seed).await;
        hear(&mut reading, Kind::Accept).await;
    }
    let (_writing, mut reading) = receiving.call(3).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::ChecksSpent { limit: 2 });
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "budget_checks_spent")
    );
    let debits = receiving.sender.node.store().debits(0, 100).unwrap();
    let debits: Vec<_> = debits
        .iter()
        .map(|debit| (debit.purpose.as_str(), debit.elements))
        .collect();
    assert_eq!(debits, [("precheck", 36), ("precheck", 36)]);
}

/// A check that is not filled up would tell of how many people it is, and let a small number be asked after cheaply.
#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_is_not_filled_up_is_refused() {
    let receiving = Receiving::under(surroundings(), |agreement| {
        of_checks(agreement);
        agreement.parties[0].max_elements = 37;
    })
    .await;
    let (_writing, mut reading) = receiving.call(1).await;
    assert_eq!(hear_abort(&mut reading).await, Abort::AgreementMismatch);
    assert_eq!(
        receiving.sender.failure().await,
        Failure::own("call_failed", "precheck_not_filled")
    );
    assert!(receiving.sender.node.store().debits(0, 100).unwrap().is_empty());
}

/// Two agencies of which the second lets the first ask about 80 elements a month; a round asks about 30.
struct Two {
    receiver: Agency,
    sender: Agency,
    agreements: [[u8; 32]; 2],
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (civil, federation) = (AgencyRole::CivilAffairs, AgencyRole::DisabledFederation);
        let start = |name, role, programme, people, surroundings| {
            Agency::start(dir.path(), name, role, programme, people, surroundings)
        };
        let receiver = start("县民政局", civil, EXTREME_POVERTY, 0..10, surroundings()).await;
        let sender = start("县残联", federation, DISABLED_LIVING, 5..15, with_budget(80)).await;
        receiver.knows(&sender.card);
        sender.knows(&receiver.card);
        let agreements = [1, 2].map(|number| {
            let mut text = draft(receiver.party(), sender.party());
            small(&mut text);
            text.number = format!("试协〔2026〕{number}号");
            conclude(&text, [&receiver, &sender], &[&receiver, &sender])
        });
        Self {
            receiver,
            sender,
            agreements,
            dir,
        }
    }

    async fn finds_five(&self, agreement: usize) {
        let agreement = &self.agreements[agreement];
        let learned = self.receiver.node.run_round(agreement).await.unwrap();
        assert_eq!(learned.outcome.findings.len(), 5);
    }

    /// All that the first agreement allows.
    async fn spends_60(&self) {
        self.finds_five(0).await;
        self.finds_five(0).await;
    }

    /// A round under the second agreement is refused, and both sides show why.
    async fn is_refused(&self, limit: u64, code: &str) {
        let agreement = &self.agreements[1];
        let error = self.receiver.node.run_round(agreement).await.err().unwrap();
        assert_eq!(error.code(), "peer_aborted");
        assert_eq!(error.abort(), None);
        let shown = error.params().into_iter().find(|(name, _)| *name == "limit");
        assert_eq!(shown, Some(("limit", limit.to_string())));
        let round = self.receiver.ended_rounds().await.remove(0);
        assert_eq!(round.state, RoundState::Refused);
        assert_eq!(round.reason.as_deref(), Some("abort_budget_spent"));
        assert_eq!(
            self.receiver.failure().await,
            Failure::told("round_failed", "abort_budget_spent")
        );
        assert_eq!(self.sender.failure().await, Failure::own("call_failed", code));
    }

    /// Makes a backup of the sender's node, then lets it disclose for 60 elements, then stops it.
    async fn spends_after_a_backup(self) -> (Agency, Stopped, [[u8; 32]; 2], TempDir) {
        self.sender
            .node
            .backup(&self.dir.path().join("backup"), "test")
            .unwrap();
        assert!(self.sender.node.store().debits(0, 10).unwrap().is_empty());
        self.spends_60().await;
        (self.receiver, self.sender.stop().await, self.agreements, self.dir)
    }

    async fn again(receiver: Agency, stopped: Stopped, agreements: [[u8; 32]; 2], dir: TempDir) -> Self {
        let sender = stopped.start().await;
        receiver.knows(&sender.card);
        Self {
            receiver,
            sender,
            agreements,
            dir,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_spent_budget_is_shown_on_both_sides() {
    let two = Two::start().await;
    two.spends_60().await;
    two.is_refused(80, "budget_spent").await;
}

/// The backup does not know of what was spent since, but the folder that it replaces does.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_node_counts_what_was_spent_since_the_backup() {
    let (receiver, stopped, agreements, dir) = Two::start().await.spends_after_a_backup().await;
    let restored = stopped.restore(&dir.path().join("backup"));
    assert!(restored.replaced.is_some() && !restored.budgets_locked);

    let two = Two::again(receiver, stopped, agreements, dir).await;
    let debits = two.sender.node.store().debits(0, 10).unwrap();
    assert_eq!(
        debits.iter().map(|debit| debit.elements).collect::<Vec<_>>(),
        [30, 30]
    );
    two.is_refused(80, "budget_spent").await;
    two.sender.node.store().verify().unwrap();
}

/// Where there is nothing that could tell, all is spent until a person says otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_restored_without_its_old_folder_gives_nothing() {
    let (receiver, stopped, agreements, dir) = Two::start().await.spends_after_a_backup().await;
    std::fs::remove_dir_all(stopped.folder()).unwrap();
    let restored = stopped.restore(&dir.path().join("backup"));
    assert!(restored.replaced.is_none() && restored.budgets_locked);

    let two = Two::again(receiver, stopped, agreements, dir).await;
    two.is_refused(0, "budget_locked").await;
    let store = two.sender.node.store();
    let lock = store.budget_locks().unwrap().remove(0);
    assert!(lock.locked);
    store
        .unlock_budgets(lock.month, "the ledger was compared")
        .unwrap();
    two.finds_five(1).await;
}
