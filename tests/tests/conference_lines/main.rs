//! 工作台账: lines follow from what agencies do, each once, and nobody but their owner can tell whose they are.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

mod answered;
mod carried;
mod crashed;
mod plans;
mod private;
mod refused;
mod revisited;

use std::collections::BTreeMap;

use hefu_casework::conference::{
    Absent, Annex, Framework, ItemKind, ItemState, Late, Leg, LegNews, LegReceipt, Line, Private, Schedule,
    Seat, Word,
};
use hefu_casework::note::Item;
use hefu_casework::review::{Act, Event};
use hefu_casework::{AgencyRole, Hex, Month, MonthRange, Purpose, Text};
use hefu_identity::{Kind, PersonKey};
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, days_from_today};
use hefu_tests::bureau::{Bureau, introduce, mapping, number, proposal, surroundings};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;

const CIVIL_AFFAIRS: &str = "县民政局";
const FEDERATION: &str = "县残联";
const PROCURATORATE: &str = "县人民检察院";

/// On civil affairs' register.
const POOR: std::ops::Range<u64> = 0..20;
/// On the federation's.
const DISABLED: std::ops::Range<u64> = 10..30;
/// On both: what each of the two finds.
const BOTH: std::ops::Range<u64> = 10..20;
/// Of those, whom both go on to pay in October.
const GOES_ON: std::ops::Range<u64> = 16..20;

/// An office, the two agencies that compare, and a third that refers. Nothing runs by itself: tests take each step.
struct Meeting {
    office: Bureau,
    poor: Bureau,
    disabled: Bureau,
    refers: Bureau,
    id: Hex<32>,
    framework: Hex<32>,
    annex: Hex<32>,
    dir: TempDir,
}

impl Meeting {
    async fn begin() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let start = |name: &'static str, role| Bureau::start(dir.path(), name, role, surroundings());
        let office = start("县联席办", AgencyRole::ConferenceOffice).await;
        let poor = start(CIVIL_AFFAIRS, AgencyRole::CivilAffairs).await;
        let disabled = start(FEDERATION, AgencyRole::DisabledFederation).await;
        let refers = start(PROCURATORATE, AgencyRole::Procuratorate).await;
        let all = [&office, &poor, &disabled, &refers];
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                introduce(one, other);
            }
        }
        poor.pays(EXTREME_POVERTY, POOR);
        disabled.pays(DISABLED_LIVING, DISABLED);

        let address = office.card.address().to_owned();
        let id = office
            .node
            .found_conference("县联席会议", &address, "主任")
            .unwrap();
        for member in &all[1..] {
            office.node.enrol(&id, &member.node.node_key(), "主任").unwrap();
            member.node.follow(&id, &office.node.node_key(), "主任").unwrap();
        }
        let parties = [poor.party(EXTREME_POVERTY), disabled.party(DISABLED_LIVING)];
        let mut agreement = proposal(Purpose::Duplicates, "附件1", parties);
        agreement.receivers = vec![0, 1];
        agreement.rounds_a_month = 4;
        agreement.selection.months.to = Month::new(2026, 11).unwrap();
        let annex = Hex(agreement.digest());
        let text = framework(&office, &all[1..], agreement);
        let framework = text.digest();
        let meeting = Self {
            office,
            poor,
            disabled,
            refers,
            id,
            framework,
            annex,
            dir,
        };
        meeting.sync().await;
        meeting.say(&meeting.office, Word::Drafted(Box::new(text)), None);
        meeting.sync().await;
        for member in meeting.members() {
            meeting.say(member, Word::Signed(framework), None);
        }
        meeting.sync().await;
        meeting
    }

    fn members(&self) -> [&Bureau; 3] {
        [&self.poor, &self.disabled, &self.refers]
    }

    fn say(&self, by: &Bureau, word: Word, private: Option<(Private, Vec<Hex<32>>)>) {
        tokio::task::block_in_place(|| by.node.say(&self.id, word, private, "主任")).unwrap();
    }

    /// Everybody has everything.
    async fn sync(&self) {
        for _ in 0..2 {
            for member in self.members() {
                member.node.sync_conference(&self.id).await.unwrap();
            }
        }
    }

    /// Lines follow at every member, until nobody has anything to say.
    async fn follow(&self) -> usize {
        let mut said = 0;
        loop {
            let now: usize = self
                .members()
                .into_iter()
                .map(|member| self.line_up(member))
                .sum();
            self.sync().await;
            said += now;
            if now == 0 {
                return said;
            }
        }
    }

    fn line_up(&self, member: &Bureau) -> usize {
        tokio::task::block_in_place(|| member.node.line_up(&self.id)).unwrap()
    }

    /// A round over these months, up to the ends of its two legs as their parties tell them. `told` changes what the
    /// federation tells.
    async fn round(&self, months: [i8; 2], told: impl Fn(LegReceipt) -> LegReceipt) -> [[u8; 32]; 2] {
        let month = |month| Month::new(2026, month).unwrap();
        let months = MonthRange {
            from: month(months[0]),
            to: month(months[1]),
        };
        let announced = self.office.node.with_conference(&self.id, |state| {
            state
                .announcement(&self.framework, months, Timestamp::now())
                .unwrap()
        });
        let announced = announced.unwrap();
        let round = announced.round;
        self.say(&self.office, Word::Announced(announced), None);
        self.sync().await;
        for member in [&self.poor, &self.disabled] {
            self.step(|| member.node.join_round(&self.id, round, "主任"));
        }
        self.sync().await;
        for member in [&self.poor, &self.disabled] {
            self.step(|| member.node.freeze_round(&self.id, round, "经办"));
        }
        self.sync().await;
        self.step(|| self.office.node.begin_conference_round(&self.id, round, "主任"));
        self.sync().await;
        let mut agreement = [0; 32];
        for member in [&self.poor, &self.disabled] {
            let signed = member
                .node
                .with_conference(&self.id, |state| state.signed_agreement(round, &self.annex));
            agreement = member.node.conclude(&signed.unwrap().unwrap()).unwrap();
        }
        let mut sessions = [[0; 32]; 2];
        for (receiver, learns) in (0..).zip([&self.poor, &self.disabled]) {
            let session = learns.node.run_round(&agreement).await.unwrap().round;
            sessions[usize::from(receiver)] = session;
            let standing = learns.node.leg_of_round(&session).unwrap().unwrap();
            let receipt = standing.receipt.unwrap();
            let leg = Leg {
                annex: self.annex,
                receiver,
            };
            for member in [&self.poor, &self.disabled] {
                let federation = member.card.name() == FEDERATION;
                let ended = if federation { told(receipt) } else { receipt };
                for news in [LegNews::Began {}, LegNews::Done(ended)] {
                    self.say(member, Word::Leg { round, leg, news }, None);
                }
            }
        }
        self.sync().await;
        sessions
    }

    fn step<T>(&self, step: impl FnOnce() -> hefu_node::Result<T>) -> T {
        tokio::task::block_in_place(step).unwrap()
    }

    /// The ledger as a party reads it.
    fn lines(&self, reader: &Bureau) -> BTreeMap<Item, Line> {
        let read = reader.node.with_conference(&self.id, |state| {
            state.lines().map(|line| (line.item, line.clone())).collect()
        });
        read.unwrap()
    }

    /// How many lines there are of each kind, pair and state.
    fn counts(&self) -> BTreeMap<(ItemKind, &str, &str, ItemState), usize> {
        let mut counts = BTreeMap::new();
        let all = self.members();
        let name = |key: &Hex<32>| {
            let of = all.iter().find(|member| Hex(member.node.node_key()) == *key);
            of.unwrap().card.name()
        };
        for line in self.lines(&self.office).into_values() {
            let key = (line.kind, name(&line.from), name(&line.to), line.state);
            *counts.entry(key).or_default() += 1;
        }
        counts
    }

    fn own(&self, of: &Bureau) -> Vec<hefu_node::conference::Own> {
        of.node.own_lines(&self.id).unwrap()
    }

    /// The own line of a person, the newest where there are several.
    fn line_of(&self, of: &Bureau, person: u64) -> Line {
        let key = key(person);
        let mut lines: Vec<_> = self
            .own(of)
            .into_iter()
            .filter(|own| own.person.as_ref() == Some(&key))
            .map(|own| own.line)
            .collect();
        lines.sort_by_key(|line| line.round);
        lines.pop().unwrap()
    }

    /// How far the record has come.
    fn head(&self) -> u64 {
        self.office
            .node
            .with_conference(&self.id, |state| state.head().seq)
            .unwrap()
    }

    /// Both registers once more, with October for those who go on.
    fn a_month_later(&self) {
        for (bureau, programme, people) in [
            (&self.poor, EXTREME_POVERTY, POOR),
            (&self.disabled, DISABLED_LIVING, DISABLED),
        ] {
            let rows = people.map(|person| {
                let until = if GOES_ON.contains(&person) {
                    "2026-10"
                } else {
                    "2026-09"
                };
                format!("{},2026-07,{until},100\n", number(person))
            });
            let register: String = std::iter::once("身份证号,起,止,金额\n".to_owned())
                .chain(rows)
                .collect();
            let until = mapping(programme).replace("until = \"2026-09\"", "until = \"2026-10\"");
            bureau.import(programme, &until, &register);
        }
    }
}

fn framework(office: &Bureau, members: &[&Bureau], agreement: hefu_casework::Agreement) -> Framework {
    let seat = |bureau: &Bureau| Seat {
        name: bureau.card.name().to_owned(),
        role: bureau.card.role(),
        node_key: Hex(bureau.node.node_key()),
    };
    Framework {
        version: 1,
        number: text("某联〔2026〕1号"),
        title: text("救助信息核对联席会议框架协议"),
        edition: 1,
        amends: None,
        office: seat(office),
        members: members.iter().map(|member| seat(member)).collect(),
        annexes: vec![Annex {
            code: text("附件1"),
            agreement,
        }],
        schedule: Schedule {
            day: 1,
            freeze_hours: 1,
            run_hours: 1,
            review_days: 0,
        },
        absent: Absent::WithoutThem,
        late: Late::Admitted,
        smallest: 5,
        valid_from: days_from_today(-30),
        expires: days_from_today(30),
    }
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

fn key(person: u64) -> PersonKey {
    hefu_identity::parse(Kind::Resident, &number(person)).unwrap().key
}

/// The number of a person's finding in a round, from 1.
fn seq_of(bureau: &Bureau, round: &[u8; 32], person: u64) -> u64 {
    let findings = bureau.node.store().findings(round).unwrap();
    let at = findings.iter().position(|finding| finding.person == key(person));
    at.unwrap() as u64 + 1
}

/// Records acts on a person's finding, today.
fn act(bureau: &Bureau, round: &[u8; 32], person: u64, acts: &[(&str, Value)]) {
    let seq = seq_of(bureau, round, person);
    for (by, act) in acts {
        let act: Act = serde_json::from_value(act.clone()).unwrap();
        let event = Event {
            at: Timestamp::now(),
            by: text(by),
            on: days_from_today(0),
            act,
        };
        bureau.node.record_review(round, seq, &event).unwrap();
    }
}

fn taken() -> (&'static str, Value) {
    ("甲", json!({ "taken": {} }))
}

fn paper(name: &str, value: &Value) -> Value {
    json!({ name: value, "authority": "某局", "document": "某决〔2026〕7号", "reason": "理由" })
}

/// From charge to a decision that takes nothing.
fn lawful() -> [(&'static str, Value); 3] {
    let verified = json!({ "verified": { "result": "refuted", "reason": "账目" } });
    let decided = json!({ "decided": paper("decision", &json!({ "lawful": {} })) });
    [taken(), ("甲", verified), ("甲", decided)]
}

/// The same, and then found by somebody else to have been no finding.
fn corrected(bureau: &Bureau, round: &[u8; 32], person: u64) -> Vec<(&'static str, Value)> {
    let seq = seq_of(bureau, round, person);
    let finding = &bureau.node.store().findings(round).unwrap()[seq as usize - 1];
    let basis = json!(bureau.node.basis(finding));
    let corrected = json!({ "corrected": paper("basis", &basis) });
    [&lawful()[..], &[("乙", corrected)]].concat()
}
