//! A round that goes on enters what it entered before, whatever was imported meanwhile; and where it can't, it says
//! nothing.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use hefu_casework::{AgencyRole, Purpose};
use hefu_node::{Learned, Surroundings};
use hefu_psi::wire::Kind;
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY};
use hefu_tests::bureau::{Bureau, Closed, agree, introduce, mapping, number, proposal, surroundings};
use hefu_tests::proxy::Proxy;
use hefu_tests::watch::Frames;
use rusqlite::Connection;
use tempfile::TempDir;

/// On the receiver's register and on the sender's, in the snapshots with which a round begins.
const RECEIVER: Range<u64> = 0..12;
const SENDER: Range<u64> = 6..20;
/// A second number: of somebody on the receiver's register, standing on the sender's.
const SECOND: (u64, u64) = (2, 19);

/// Two bureaus whose line can be cut, and all that the receiver has sent.
struct Two {
    receiver: Bureau,
    sender: Bureau,
    proxy: Proxy,
    sent: Arc<Frames>,
    agreement: [u8; 32],
    dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sent = Arc::new(Frames::default());
        let start = |name, role, surroundings| Bureau::start(dir.path(), name, role, surroundings);
        let receiver = start("县民政局", AgencyRole::CivilAffairs, watched(&sent)).await;
        let sender = start("县残联", AgencyRole::DisabledFederation, surroundings()).await;
        receiver.pays(EXTREME_POVERTY, RECEIVER);
        sender.pays(DISABLED_LIVING, SENDER);
        introduce(&receiver, &sender);
        let parties = [receiver.party(EXTREME_POVERTY), sender.party(DISABLED_LIVING)];
        let text = proposal(Purpose::Duplicates, "1号", parties);
        let agreement = agree(&receiver, &sender, text).await;
        let proxy = Proxy::to(sender.card.address().to_owned()).await;
        let card = sender.card_at(&proxy.address.to_string());
        receiver.node.add_peer(&card).unwrap();
        Self {
            receiver,
            sender,
            proxy,
            sent,
            agreement,
            dir,
        }
    }

    /// The people found, by the row on which they stand.
    fn found(learned: &Learned) -> BTreeSet<u64> {
        let rows = learned.outcome.findings.iter().flat_map(|finding| &finding.rows);
        rows.map(|row| row.row - 2).collect()
    }

    /// Each opening that the receiver has sent.
    fn openings(&self) -> Vec<Vec<u8>> {
        let frames = self.sent.taken().into_iter();
        let openings = frames.filter(|(kind, _)| *kind == Kind::Open as u8);
        openings.map(|(_, payload)| payload).collect()
    }

    /// Stops the receiver's node.
    async fn close(self) -> (Closed, Bureau, Arc<Frames>, (Proxy, TempDir)) {
        let closed = self.receiver.close().await;
        (closed, self.sender, self.sent, (self.proxy, self.dir))
    }

    async fn begin(&self) -> [u8; 32] {
        self.receiver
            .node
            .begin_round(&self.agreement, "经办")
            .await
            .unwrap()
    }
}

fn watched(sent: &Arc<Frames>) -> Surroundings {
    Surroundings {
        tap: Some(sent.clone()),
        ..surroundings()
    }
}

/// Another snapshot of the register, and a further register that tells of second numbers.
fn import_more(bureau: &Bureau, programme: &str) {
    bureau.pays(programme, std::iter::once(SECOND.0).chain(100..140));
    import_second_number(bureau, "对照表", "medical_aid");
}

/// One person under two numbers.
fn import_second_number(bureau: &Bureau, name: &str, programme: &str) {
    let resident = "kind = \"resident\"";
    let mapping = mapping(programme).replace(resident, &format!("{resident}\nalias = \"原号码\""));
    let (one, other) = (number(SECOND.0), number(SECOND.1));
    let register = format!("身份证号,原号码,起,止,金额\n{one},{other},2026-07,2026-09,100\n");
    bureau.import(name, &mapping, &register);
}

/// People of both snapshots with which the round began: a plain join.
fn joined() -> BTreeSet<u64> {
    RECEIVER.filter(|person| SENDER.contains(person)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_since_a_round_began_is_not_entered_by_its_receiver() {
    let two = Two::start().await;
    let node = &two.receiver.node;
    two.proxy.tear();
    let round = two.begin().await;
    let opening = node.store().session(&round).unwrap().unwrap().open;
    assert!(node.go_on(&round).await.err().unwrap().can_go_on());
    import_more(&two.receiver, EXTREME_POVERTY);

    two.proxy.mend();
    let learned = node.go_on(&round).await.unwrap();
    assert_eq!(Two::found(&learned), joined());
    assert_eq!(two.openings(), [opening]);
    // The next one enters what is there now: on the first row stands somebody whom the sender has by the second number.
    let learned = node.run_round(&two.agreement).await.unwrap();
    assert_eq!(Two::found(&learned), BTreeSet::from([0]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_imported_since_a_round_began_is_not_entered_by_its_sender() {
    let two = Two::start().await;
    let node = &two.receiver.node;
    let before = two.proxy.passed();
    assert_eq!(
        Two::found(&node.run_round(&two.agreement).await.unwrap()),
        joined()
    );
    let length = two.proxy.passed() - before;

    two.proxy.cut_after(length * 3 / 4);
    let round = two.begin().await;
    assert!(node.go_on(&round).await.err().unwrap().can_go_on());
    two.sender
        .newest_round(|round| round.state == RoundState::Running)
        .await;
    import_more(&two.sender, DISABLED_LIVING);

    let learned = node.go_on(&round).await.unwrap();
    assert_eq!(Two::found(&learned), joined());
    let ended = two.sender.ended_round().await;
    assert_eq!((ended.state, ended.reason), (RoundState::Done, None));
}

/// The file of second numbers is not what it was, so that the set would be another one: it is not offered under the
/// blinds and the budget of the old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_set_that_can_no_longer_be_made_is_not_replaced_by_another() {
    let two = Two::start().await;
    import_second_number(&two.receiver, EXTREME_POVERTY, EXTREME_POVERTY);
    two.proxy.tear();
    let round = two.begin().await;
    assert!(two.receiver.node.go_on(&round).await.err().unwrap().can_go_on());
    two.proxy.mend();
    let (closed, sender, sent, _rest) = two.close().await;
    std::fs::remove_file(closed.folder.join("aliases.sealed")).unwrap();
    let receiver = closed.open(watched(&sent)).await;
    ends_alone(receiver, &sender, &sent, round, "psi_local_changed").await;
}

/// A record is gone from under the round.
#[tokio::test(flavor = "multi_thread")]
async fn records_that_are_not_what_they_were_are_not_entered() {
    let two = Two::start().await;
    two.proxy.tear();
    let round = two.begin().await;
    assert!(two.receiver.node.go_on(&round).await.err().unwrap().can_go_on());
    two.proxy.mend();
    let (closed, sender, sent, _rest) = two.close().await;
    let database = Connection::open(closed.folder.join("hefu.db")).unwrap();
    database
        .execute_batch("DROP TRIGGER records_used_stay; DELETE FROM records WHERE seq = 3")
        .unwrap();
    drop(database);
    let receiver = closed.open(watched(&sent)).await;
    ends_alone(receiver, &sender, &sent, round, "store_damaged").await;
}

/// The round ends on this side, for this reason, and the peer has never heard of it.
async fn ends_alone(receiver: Bureau, sender: &Bureau, sent: &Frames, round: [u8; 32], code: &str) {
    let error = receiver.node.go_on(&round).await.err().unwrap();
    assert_eq!(error.code(), code);
    assert!(!error.can_go_on());
    let ended = receiver.ended_round().await;
    assert_eq!(ended.state, RoundState::Failed);
    assert_eq!(ended.error.as_deref(), Some(code));
    assert!(receiver.node.store().findings(&round).unwrap().is_empty());
    let session = [Kind::Open, Kind::Blinded, Kind::Commit].map(|kind| kind as u8);
    let said = sent
        .taken()
        .into_iter()
        .filter(|(kind, _)| session.contains(kind));
    assert_eq!(said.count(), 0, "nothing of a session was sent");
    assert!(sender.node.store().rounds().unwrap().is_empty());
}
