//! Rounds of a conference: an office and members, each a whole node, over real sockets. What is expected of a leg is a
//! plain join of the two lists.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

mod carried;
mod differing;
mod down;
mod guarded;
mod happy;
mod held;
mod killed;
mod refused;
mod slow;

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hefu_casework::conference::{
    Absent, Annex, Framework, Late, Leg, LegState, PartyState, Round, Schedule, Seat, Stage, Word,
};
use hefu_casework::{AgencyRole, Agreement, Finding, Hex, Month, MonthRange, Purpose, Text};
use hefu_identity::{Kind, PersonKey};
use hefu_node::Surroundings;
use hefu_node::conference::Announcement;
use hefu_node::config::{ByWhom, ConferenceConfig};
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, days_from_today};
use hefu_tests::bureau::{Bureau, Closed, number, proposal, surroundings};
use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinHandle;

const PATIENCE: Duration = Duration::from_secs(240);

/// A node that does by itself what a daemon has it do.
struct Kept {
    bureau: Bureau,
    keeper: JoinHandle<()>,
}

impl Kept {
    fn of(bureau: Bureau) -> Self {
        let keeper = tokio::spawn(Arc::clone(&bureau.node).keep());
        Self { bureau, keeper }
    }

    fn key(&self) -> Hex<32> {
        Hex(self.bureau.node.node_key())
    }

    async fn close(self) -> Closed {
        self.keeper.abort();
        let _ = self.keeper.await;
        self.bureau.close().await
    }

    /// The same node on a new port.
    async fn reopen(self, settings: ConferenceConfig) -> Self {
        Self::of(self.close().await.open(around(settings)).await)
    }
}

/// A conference: the office first, and its members.
struct Table {
    _dir: tempfile::TempDir,
    office: Kept,
    members: Vec<Kept>,
    id: Hex<32>,
    annexes: Vec<Hex<32>>,
}

/// How the table is laid.
struct Laid {
    absent: Absent,
    late: Late,
    /// For each member, who it is and whom it pays.
    lists: Vec<(&'static str, Range<u64>)>,
    /// The pairs, and who of them learns.
    pairs: Vec<(usize, usize, Vec<u8>)>,
    rounds_a_month: u32,
    settings: ConferenceConfig,
}

/// What a node of these tests does by itself: it looks often, and joins.
fn settings() -> ConferenceConfig {
    ConferenceConfig {
        pace_seconds: 1,
        running_pace_seconds: 1,
        join: ByWhom::Automatic,
        ..ConferenceConfig::default()
    }
}

fn around(settings: ConferenceConfig) -> Surroundings {
    Surroundings {
        conference: settings,
        ..surroundings()
    }
}

/// Two pairs among three: the first learns of both others, and the second of the first.
fn three() -> Laid {
    Laid {
        absent: Absent::WithoutThem,
        late: Late::Admitted,
        lists: vec![
            (EXTREME_POVERTY, 0..40),
            (DISABLED_LIVING, 20..60),
            (DISABLED_LIVING, 30..70),
        ],
        pairs: vec![(0, 1, vec![0, 1]), (0, 2, vec![0])],
        rounds_a_month: 4,
        settings: settings(),
    }
}

const NAMES: [&str; 4] = ["甲县民政局", "乙县残联", "丙县残联", "丁县民政局"];

impl Table {
    /// Everybody has everybody's card, the framework is signed by all, and each has imported its list.
    async fn laid(laid: Laid) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start =
            |name: &'static str, role| Bureau::start(dir.path(), name, role, around(laid.settings.clone()));
        let office = Kept::of(start("联席办", AgencyRole::ConferenceOffice).await);
        let mut members = Vec::new();
        for ((programme, list), name) in laid.lists.iter().zip(NAMES) {
            let role = match *programme {
                EXTREME_POVERTY => AgencyRole::CivilAffairs,
                _ => AgencyRole::DisabledFederation,
            };
            let bureau = start(name, role).await;
            bureau.pays(programme, list.clone());
            members.push(Kept::of(bureau));
        }
        let mut table = Self {
            _dir: dir,
            office,
            members,
            id: Hex([0; 32]),
            annexes: Vec::new(),
        };
        table.introduce();
        let address = table.office.bureau.card.address().to_owned();
        let office = Arc::clone(&table.office.bureau.node);
        table.id = office.found_conference("县联席会议", &address, "办公室").unwrap();
        for member in &table.members {
            office.enrol(&table.id, &member.key().0, "办公室").unwrap();
            member
                .bureau
                .node
                .follow(&table.id, &office.node_key(), "经办")
                .unwrap();
        }
        let framework = table.framework(&laid);
        table.annexes = framework.annexes.iter().map(Annex::digest).collect();
        let digest = framework.digest();
        let drafted = Word::Drafted(Box::new(framework));
        office.say(&table.id, drafted, None, "办公室").unwrap();
        for member in &table.members {
            let node = &member.bureau.node;
            let has = || node.with_conference(&table.id, |state| state.edition(&digest).is_some());
            until("the framework comes", || has().unwrap()).await;
            node.say(&table.id, Word::Signed(digest), None, "主任").unwrap();
        }
        let all = table.members.len();
        let signed = || {
            office.with_conference(&table.id, |state| {
                state.edition(&digest).map_or(0, |edition| edition.signed.len())
            })
        };
        until("all sign", || signed().unwrap() == all).await;
        table
    }

    fn everybody(&self) -> impl Iterator<Item = &Kept> {
        std::iter::once(&self.office).chain(&self.members)
    }

    fn introduce(&self) {
        for one in self.everybody() {
            for other in self.everybody().filter(|other| other.key() != one.key()) {
                one.bureau.node.add_peer(&other.bureau.card).unwrap();
            }
        }
    }

    fn framework(&self, laid: &Laid) -> Framework {
        let seat = |kept: &Kept| Seat {
            name: kept.bureau.card.name().to_owned(),
            role: kept.bureau.card.role(),
            node_key: kept.key(),
        };
        let annexes = (1..)
            .zip(&laid.pairs)
            .map(|(number, (one, other, receivers))| Annex {
                code: Text::new(format!("附件{number}")).unwrap(),
                agreement: Agreement {
                    receivers: receivers.clone(),
                    rounds_a_month: laid.rounds_a_month,
                    ..proposal(
                        Purpose::Duplicates,
                        &format!("联席附〔2026〕{number}号"),
                        [*one, *other].map(|at| self.members[at].bureau.party(laid.lists[at].0)),
                    )
                },
            });
        Framework {
            version: Framework::VERSION,
            number: Text::new("联席〔2026〕1号").unwrap(),
            title: Text::new("数据比对框架协议").unwrap(),
            edition: 1,
            amends: None,
            office: seat(&self.office),
            members: self.members.iter().map(seat).collect(),
            annexes: annexes.collect(),
            schedule: Schedule {
                day: 1,
                freeze_hours: 1,
                run_hours: 1,
                review_days: 0,
            },
            absent: laid.absent,
            late: laid.late,
            smallest: 3,
            valid_from: days_from_today(-30),
            expires: days_from_today(30),
        }
    }

    /// Announces a round over the quarter; members have so many seconds to freeze, and pairs so many more.
    fn announce(&self, freeze: i64, run: i64) -> u32 {
        self.announced(freeze, run).unwrap()
    }

    /// As the office's node answers it.
    fn announced(&self, freeze: i64, run: i64) -> hefu_node::Result<u32> {
        let month = |number| Month::new(2026, number).unwrap();
        let freeze_by = Timestamp::now() + SignedDuration::from_secs(freeze);
        let run_until = freeze_by + SignedDuration::from_secs(run);
        let wanted = Announcement {
            months: Some(MonthRange {
                from: month(7),
                to: month(10),
            }),
            freeze_by: Some(freeze_by),
            run_until: Some(run_until),
            review_until: Some(days_from_today(2)),
            ..Announcement::default()
        };
        let office = &self.office.bureau.node;
        office.announce_round(&self.id, wanted, "办公室")
    }

    /// A round as this node's record has it.
    fn round(&self, at: &Kept, number: u32) -> Option<Round> {
        let node = &at.bureau.node;
        node.with_conference(&self.id, |state| state.round(number).cloned())
            .unwrap()
    }

    fn leg(&self, at: &Kept, number: u32, leg: Leg) -> LegState {
        self.round(at, number).unwrap().legs[&leg].state.clone()
    }

    /// The leg of the annex at this place in which this party of it learns.
    fn leg_of(&self, annex: usize, receiver: u8) -> Leg {
        Leg {
            annex: self.annexes[annex],
            receiver,
        }
    }

    /// Waits until the record at each node has the round so.
    async fn everywhere(&self, number: u32, what: &str, fits: impl Fn(&Round) -> bool) {
        for at in self.everybody() {
            until(what, || self.round(at, number).is_some_and(|round| fits(&round))).await;
        }
    }

    /// Waits until the member has joined on its own record, and freezes.
    async fn freeze(&self, member: usize, number: u32) {
        let at = &self.members[member];
        let joined = |round: &Round| round.parties[&at.key()].joined.is_some();
        until("it joins", || {
            self.round(at, number).is_some_and(|round| joined(&round))
        })
        .await;
        tokio::task::block_in_place(|| at.bureau.node.freeze_round(&self.id, number, "经办")).unwrap();
    }

    async fn freeze_all(&self, number: u32) {
        for member in 0..self.members.len() {
            self.freeze(member, number).await;
        }
    }

    /// What a node found in a leg that counts, as people.
    fn found(&self, at: &Kept, number: u32, leg: Leg) -> Option<HashSet<PersonKey>> {
        let node = &at.bureau.node;
        let hold = node.legs_that_hold(&self.id, number).unwrap();
        let (_, round) = hold.into_iter().find(|(known, _)| *known == leg)?;
        let findings: Vec<Finding> = node.store().findings(&round).unwrap();
        Some(findings.into_iter().map(|finding| finding.person).collect())
    }

    /// The board at every node, once all have read the record as far: it must be one.
    async fn one_board(&self, number: u32) -> hefu_node::conference::Board {
        let heads = || -> BTreeSet<u64> {
            let head = |at: &Kept| at.bureau.node.with_conference(&self.id, |state| state.head().seq);
            self.everybody().map(|at| head(at).unwrap()).collect()
        };
        until("all read as far", || heads().len() == 1).await;
        let boards: Vec<_> = self
            .everybody()
            .map(|at| at.bureau.node.board(&self.id, Some(number)).unwrap())
            .collect();
        for board in &boards {
            assert_eq!(*board, boards[0]);
        }
        boards[0].clone()
    }

    async fn reopen(&mut self, member: usize, settings: ConferenceConfig) {
        let kept = self.members.remove(member).reopen(settings).await;
        self.members.insert(member, kept);
        // It listens on another port.
        self.introduce();
    }
}

/// Those of both ranges, by a plain join.
fn both(one: &Range<u64>, other: &Range<u64>) -> HashSet<PersonKey> {
    let joined = one.clone().filter(|person| other.contains(person));
    joined.map(person).collect()
}

fn person(index: u64) -> PersonKey {
    hefu_identity::parse(Kind::Resident, &number(index)).unwrap().key
}

fn is_done(round: &Round, leg: Leg) -> bool {
    matches!(round.legs[&leg].state, LegState::Done(_))
}

fn all_reported(round: &Round) -> bool {
    round.stage() == Stage::Reported
}

async fn until(what: &str, fits: impl Fn() -> bool) {
    let patience = Instant::now();
    while !fits() {
        assert!(patience.elapsed() < PATIENCE, "waited too long: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
