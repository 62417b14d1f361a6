//! 协查: one agency asks the other about one person. The number leaves after two people, and nothing else does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed expectation is the report"
)]

mod asked;
mod corrections;
mod files;
mod kept;
mod line;
mod names;
mod outcomes;
mod protected;
mod relatives;
mod restored;
mod shown;

use std::sync::Arc;

use hefu_casework::calendar::{DayUnit, Deadline};
use hefu_casework::inquiry::Term;
use hefu_casework::note::{Answered, Asked, Found, Item, Note, Word};
use hefu_casework::review::{Act, Event};
use hefu_casework::{AgencyRole, Hex, Purpose, Text};
use hefu_identity::{Kind, PersonKey};
use hefu_node::Surroundings;
use hefu_node::inquiry::{Draft, Inquiry, Way};
use hefu_store::RoundState;
use hefu_tests::agency::{DISABLED_LIVING, EXTREME_POVERTY, days_from_today};
use hefu_tests::bureau::{Bureau, agree, introduce, number, proposal, surroundings};
use hefu_tests::search::{Searcher, forms_of_number};
use hefu_tests::watch::Frames;
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;

/// People of each side, of whom half are on both registers.
const PEOPLE: u64 = 20;
/// Somebody who is on both.
const PERSON: u64 = PEOPLE / 2 + 3;

/// Two agencies that both learn, with a round of each, and what they said to each other.
struct Two {
    asks: Bureau,
    answers: Bureau,
    agreement: [u8; 32],
    round: [u8; 32],
    frames: Arc<Frames>,
    _dir: TempDir,
}

impl Two {
    async fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let frames = Arc::new(Frames::default());
        let tapped = || Surroundings {
            tap: Some(Arc::clone(&frames) as _),
            ..surroundings()
        };
        let asks = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, tapped()).await;
        let answers = Bureau::start(dir.path(), "县残联", AgencyRole::DisabledFederation, tapped()).await;
        asks.pays(EXTREME_POVERTY, 0..PEOPLE);
        answers.pays(DISABLED_LIVING, PEOPLE / 2..PEOPLE / 2 + PEOPLE);
        introduce(&asks, &answers);
        let parties = [asks.party(EXTREME_POVERTY), answers.party(DISABLED_LIVING)];
        let mut text = proposal(Purpose::Duplicates, "1号", parties);
        text.receivers = vec![0, 1];
        let agreement = agree(&asks, &answers, text).await;
        let round = asks.node.run_round(&agreement).await.unwrap().round;
        answers
            .newest_round(|round| round.state == RoundState::Done)
            .await;
        Self {
            asks,
            answers,
            agreement,
            round,
            frames,
            _dir: dir,
        }
    }

    /// Drafted by 甲 about the person's finding.
    fn drafted(&self) -> Item {
        let seq = of_person(&self.asks, &self.round, PERSON);
        self.asks
            .node
            .draft_inquiry(&self.round, seq, draft(), "甲")
            .unwrap()
            .item
    }

    /// Approved by 甲 and 乙, and brought to the other agency.
    async fn delivered(&self) -> Item {
        let item = self.drafted();
        for by in ["甲", "乙"] {
            self.asks.node.approve_inquiry(&item, by).unwrap();
        }
        deliver(&self.asks, &self.answers).await;
        item
    }

    /// How often the person's number, in whatever form, stands in what went over the line.
    fn told(&self) -> usize {
        let searcher = searcher([PERSON]);
        let frames = self.frames.taken();
        frames
            .iter()
            .filter(|(_, payload)| searcher.find(payload).is_some())
            .count()
    }
}

fn draft() -> Draft {
    Draft {
        document: text("某民协查〔2026〕1号"),
        question: None,
        term: Term {
            days: 10,
            unit: DayUnit::Natural,
            until: Some(days_from_today(12)),
        },
    }
}

fn answered(answer: Found) -> Answered {
    Answered {
        answer,
        document: text("某残复〔2026〕1号"),
        text: None,
    }
}

fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

/// The finding that was asked about is found to be wrong, as the node itself writes it.
fn corrected(two: &Two) {
    corrected_in(two, &two.round);
}

fn corrected_in(two: &Two, round: &[u8; 32]) {
    let node = &two.asks.node;
    let seq = of_person(&two.asks, round, PERSON);
    let basis = node.basis(&node.store().findings(round).unwrap()[seq as usize - 1]);
    for (by, act) in [
        ("甲", json!({ "taken": {} })),
        (
            "甲",
            json!({ "verified": { "result": "refuted", "reason": "登记有误" } }),
        ),
        (
            "甲",
            json!({ "decided": { "decision": { "data_error": {} }, "authority": "县民政局", "document": "1号", "reason": "登记有误" } }),
        ),
        (
            "乙",
            json!({ "corrected": { "basis": basis, "authority": "县民政局", "document": "2号", "reason": "登记有误" } }),
        ),
    ] {
        let act: Act = serde_json::from_value(act).unwrap();
        let event = Event {
            at: Timestamp::now(),
            by: text(by),
            on: days_from_today(0),
            act,
        };
        node.record_review(round, seq, &event).unwrap();
    }
}

async fn deliver(from: &Bureau, to: &Bureau) {
    from.node.deliver_notes(&to.node.node_key()).await.unwrap();
}

fn stage(inquiry: &Inquiry) -> &'static str {
    match &inquiry.way {
        Way::Asks { inquiry, .. } => inquiry.stage().code(),
        Way::Answers { reply, .. } => reply.stage().code(),
    }
}

fn at(bureau: &Bureau, item: &Item) -> &'static str {
    stage(&bureau.node.inquiry(item).unwrap())
}

fn code<T>(result: hefu_node::Result<T>) -> &'static str {
    result.err().expect("refused").code()
}

fn key(person: u64) -> PersonKey {
    hefu_identity::parse(Kind::Resident, &number(person)).unwrap().key
}

/// Where this person stands among a round's findings, from 1.
fn of_person(bureau: &Bureau, round: &[u8; 32], person: u64) -> u64 {
    let all = bureau.node.store().findings(round).unwrap();
    let key = key(person);
    1 + all.iter().position(|finding| finding.person == key).unwrap() as u64
}

fn searcher(people: impl IntoIterator<Item = u64>) -> Searcher {
    let mut searcher = Searcher::default();
    for person in people {
        for (what, form) in forms_of_number(&number(person)) {
            searcher.add(what, &form);
        }
    }
    searcher
}

/// A question as the asking side would write it today.
fn question(two: &Two, person: u64) -> Note {
    let finding = two.asks.node.store().findings(&two.round).unwrap().swap_remove(0);
    Note {
        agreement: Hex(two.agreement),
        item: Hex([7; 16]),
        on: days_from_today(0),
        word: Word::Inquiry(Asked {
            rule: finding.rule,
            months: finding.months,
            person: key(person),
            document: text("某民协查〔2026〕2号"),
            question: None,
            due: Deadline::stated(10, DayUnit::Natural, days_from_today(12)),
        }),
    }
}
