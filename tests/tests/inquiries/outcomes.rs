//! What one agency decides is heard by the other, contradictions are flagged on both sides, and a correction is seen
//! there and in the counts.

use hefu_casework::note::{Outcome, OutcomeCode, Withdrawn};
use hefu_casework::review::{Act, Contradiction, Event};
use hefu_node::outcome::There;
use hefu_node::report::{Form, Results, Sections, Tables, verify};
use hefu_tests::ferry::{again, by_files, carry, logged};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

/// What an officer writes: nobody over there reads it.
const SECRET: &str = "户籍档案另有其人";

pub(super) fn act(value: Value) -> Act {
    serde_json::from_value(value).unwrap()
}

fn paper(name: &str, value: Value, document: &str) -> Value {
    json!({ name: value, "authority": "县局", "document": document, "reason": SECRET })
}

pub(super) fn verified() -> Act {
    act(json!({ "verified": { "result": "confirmed", "reason": SECRET } }))
}

pub(super) fn excepted() -> Act {
    act(json!({ "excepted": { "legal_basis": "某法", "reason": SECRET } }))
}

pub(super) fn decided(decision: &str, document: &str) -> Act {
    act(json!({ "decided": paper("decision", json!({ decision: {} }), document) }))
}

fn reviewed(result: Value, document: &str) -> Act {
    act(json!({ "reviewed": paper("result", result, document) }))
}

fn corrected(at: &Bureau, round: &[u8; 32], seq: u64, document: &str) -> Act {
    let basis = at
        .node
        .basis(&at.node.store().findings(round).unwrap()[seq as usize - 1]);
    act(json!({ "corrected": paper("basis", json!(basis), document) }))
}

pub(super) fn by(actor: &str, act: Act) -> Event {
    let at = Timestamp::now();
    Event {
        at,
        by: text(actor),
        on: jiff::tz::offset(8).to_datetime(at).date(),
        act,
    }
}

/// One side's finding on the person.
pub(super) struct Side<'a> {
    pub(super) at: &'a Bureau,
    pub(super) round: [u8; 32],
    pub(super) seq: u64,
}

impl Side<'_> {
    pub(super) fn record(&self, actor: &str, act: Act) -> hefu_node::Result<()> {
        let event = by(actor, act);
        self.at
            .node
            .record_review(&self.round, self.seq, &event)
            .map(drop)
    }

    /// From the beginning to a decision.
    pub(super) fn decide(&self, decision: &str, document: &str) {
        for act in [Act::Taken {}, verified(), excepted(), decided(decision, document)] {
            self.record("经办", act).unwrap();
        }
    }

    pub(super) fn told(&self) -> Vec<There> {
        let standing = self.at.node.standing(&self.round, self.seq).unwrap();
        standing.told.all().to_vec()
    }

    /// What stands at the other agency, by its code and document.
    pub(super) fn stands_there(&self) -> Option<(&'static str, String)> {
        let told = self.told();
        told.last().map(|there| (there.code(), there.document.clone()))
    }

    fn contradiction(&self) -> Option<Contradiction> {
        self.at.node.reviews(&self.round).unwrap().contradiction(self.seq)
    }

    fn report(&self, form: Form) -> Sections {
        let bytes = self.at.node.report(&self.round, form, "统计").unwrap();
        verify(&bytes, &[]).unwrap().report.sections
    }

    /// Of its internal report: contradictory, corrected there, corrected here.
    fn counts(&self) -> [Option<u64>; 3] {
        let tables = tables(self.report(Form::Internal));
        [tables.contradictory, tables.corrected_there, tables.corrected]
    }

    fn line(&self) -> hefu_node::report::Line {
        let lines = self.report(Form::Internal).findings.unwrap();
        lines.into_iter().find(|line| line.seq == self.seq).unwrap()
    }
}

fn tables(sections: Sections) -> Tables {
    match sections.results {
        Results::Learned(tables) => tables,
        other => panic!("{other:?}"),
    }
}

/// Both sides' findings on one person; the agency that is asked has run a round of its own.
pub(super) async fn both(two: &Two) -> [Side<'_>; 2] {
    let theirs = two.answers.node.run_round(&two.agreement).await.unwrap().round;
    two.asks
        .newest_round(|round| round.id != two.round && round.state == RoundState::Done)
        .await;
    [(&two.asks, two.round), (&two.answers, theirs)].map(|(at, round)| Side {
        at,
        round,
        seq: of_person(at, &round, PERSON),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn contradictory_outcomes_are_flagged_on_both_sides() {
    let two = Two::start().await;
    let [asks, answers] = both(&two).await;
    // Decided before the matter had a number: it is told once it has one.
    asks.decide("stopped", "民决1号");
    assert!(asks.at.node.store().peers_with_notes_due().unwrap().is_empty());
    let item = two.delivered().await;
    asks.at.node.send_outcomes().unwrap();
    deliver(asks.at, answers.at).await;
    assert_eq!(
        answers.stands_there(),
        Some(("decision_stopped", "民决1号".to_owned()))
    );
    assert_eq!(answers.told()[0].item, item);
    assert_eq!([asks.contradiction(), answers.contradiction()], [None, None]);

    answers.decide("lawful", "残决1号");
    deliver(answers.at, asks.at).await;
    assert_eq!(
        asks.stands_there(),
        Some(("decision_lawful", "残决1号".to_owned()))
    );
    let lawful = Some(Contradiction::OneSaysLawful);
    assert_eq!([asks.contradiction(), answers.contradiction()], [lawful, lawful]);
    for side in [&asks, &answers] {
        assert_eq!(side.counts(), [Some(1), Some(0), Some(0)]);
        // One person's is not told to whoever is reported to.
        let submitted = tables(side.report(Form::Submission));
        assert_eq!(
            [submitted.contradictory, submitted.corrected_there],
            [None, Some(0)]
        );
    }
    let there = asks.line().there.unwrap();
    assert_eq!(
        (&*there.outcome, &*there.document),
        ("decision_lawful", "残决1号")
    );
    assert_eq!(there.on, days_from_today(0));
    assert_eq!(there.contradiction.as_deref(), Some("contradiction_one_lawful"));

    // A second review changes one of them: now both take. Another makes the other void, and nothing contradicts it.
    let recovered = json!({ "changed": { "to": { "recovered": { "fen": 100 } } } });
    answers.record("复核", reviewed(recovered, "残复1号")).unwrap();
    deliver(answers.at, asks.at).await;
    let both = Some(Contradiction::BothTake);
    assert_eq!([asks.contradiction(), answers.contradiction()], [both, both]);
    asks.record("复核", reviewed(json!({ "returned": {} }), "民复1号"))
        .unwrap();
    deliver(asks.at, answers.at).await;
    assert_eq!([asks.contradiction(), answers.contradiction()], [None, None]);
    let codes: Vec<_> = answers.told().iter().map(There::code).collect();
    assert_eq!(codes, ["decision_stopped", "result_returned"]);
    assert_eq!([asks.counts()[0], answers.counts()[0]], [Some(0); 2]);

    // Nothing that was written crosses, and it is told once.
    let frames = two.frames.taken();
    let crossed = |secret: &str| {
        let secret = secret.as_bytes();
        frames
            .iter()
            .any(|(_, frame)| frame.windows(secret.len()).any(|at| at == secret))
    };
    assert!(crossed("民复1号") && !crossed(SECRET) && !crossed("县局"));
    let sent = logged(asks.at, "note_sent").len();
    asks.at.node.send_outcomes().unwrap();
    assert_eq!(logged(asks.at, "note_sent").len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_is_seen_at_the_other_agency_and_in_the_counts() {
    let two = Two::start().await;
    let [asks, answers] = both(&two).await;
    two.delivered().await;
    for act in [Act::Taken {}, verified(), excepted()] {
        answers.record("经办", act).unwrap();
    }
    assert_eq!(answers.counts(), [Some(0); 3]);
    asks.decide("data_error", "民决2号");
    // Two copies that have the finding, and one that does not concern it.
    asks.report(Form::Internal);
    asks.report(Form::Internal);
    asks.report(Form::Submission);
    let before = asks.at.node.standing(&asks.round, asks.seq).unwrap();
    assert!(
        asks.at
            .node
            .copies_to_recall(&asks.round, &before)
            .unwrap()
            .is_empty()
    );
    asks.record("更正", corrected(asks.at, &asks.round, asks.seq, "民更2号"))
        .unwrap();
    let after = asks.at.node.standing(&asks.round, asks.seq).unwrap();
    asks.report(Form::Internal);
    let copies = asks.at.node.copies_to_recall(&asks.round, &after).unwrap();
    let copies: Vec<_> = copies
        .iter()
        .map(|copy| (copy.copy, copy.actor.as_deref()))
        .collect();
    assert_eq!(copies, [(1, Some("统计")), (2, Some("统计"))]);

    // Not delivered yet: the other agency may go on.
    deliver(asks.at, answers.at).await;
    let codes: Vec<_> = answers.told().iter().map(There::code).collect();
    assert_eq!(codes, ["decision_data_error", "stage_corrected"]);
    assert_eq!(
        answers.stands_there(),
        Some(("stage_corrected", "民更2号".to_owned()))
    );
    assert_eq!(answers.counts(), [Some(0), Some(1), Some(0)]);
    assert_eq!(asks.counts(), [Some(0), Some(0), Some(1)]);
    let there = answers.line().there.unwrap();
    assert_eq!(
        (&*there.outcome, &*there.document),
        ("stage_corrected", "民更2号")
    );

    // Nothing is taken before the person's case is looked at once more.
    let refused = answers.record("经办", decided("stopped", "残决2号"));
    assert_eq!(code(refused), "corrected_there");
    answers.record("经办", verified()).unwrap();
    assert_eq!(
        code(answers.record("经办", decided("stopped", "残决2号"))),
        "not_heard"
    );
    answers.record("经办", excepted()).unwrap();
    answers.record("经办", decided("stopped", "残决2号")).unwrap();

    // What stands is read back after a restart, and what was decided then still holds.
    let (round, seq) = (answers.round, answers.seq);
    let reopened = again(two.answers).await;
    let standing = reopened.node.standing(&round, seq).unwrap();
    assert_eq!(standing.review.decision().unwrap().code(), "decision_stopped");
    assert_eq!(standing.told.all().len(), 2);
}

/// The act is on record and the process dies before the note is.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_without_its_note_is_told_at_the_next_turn() {
    let two = Two::start().await;
    two.delivered().await;
    let seq = of_person(&two.asks, &two.round, PERSON);
    let store = two.asks.node.store();
    for (after, act) in (0..).zip([Act::Taken {}, verified(), decided("lawful", "民决3号")]) {
        let body = json!({ "round": Hex(two.round), "finding": seq, "number": after + 1 });
        store
            .append_event(&hefu_store::NewEvent {
                round: &two.round,
                finding: seq - 1,
                after,
                withdrawals: 0,
                event: &by("经办", act).to_bytes(),
                corrects: None,
                entry: hefu_store::Entry {
                    actor: "经办",
                    kind: hefu_store::ACTED,
                    body: &body,
                },
            })
            .unwrap();
    }
    let asks = again(two.asks).await;
    introduce(&asks, &two.answers);
    asks.node.send_outcomes().unwrap();
    by_files(&asks, &two.answers);
    carry(&asks, &two.answers).await;
    let item = two.answers.node.inquiries(days_from_today(0)).unwrap()[0].item;
    let told = two.answers.node.told_of(&item).unwrap();
    assert_eq!(told.last().map(There::code), Some("decision_lawful"));
    // Where there is no finding of one's own, there is nothing to contradict.
    assert_eq!(told.contradiction(None), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_tells_of_matters_that_are_not_his() {
    let two = Two::start().await;
    let item = two.delivered().await;
    let (asks, answers) = (&two.asks.node, &two.answers.node);
    let card = |at: &Bureau| at.card.clone();
    let at = Timestamp::now();
    let outcome = |item: Item, agreement: [u8; 32], document: &str, at: Timestamp| Note {
        agreement: Hex(agreement),
        item,
        on: days_from_today(0),
        word: Word::Outcome(Outcome {
            decision: OutcomeCode::Lawful,
            document: text(document),
            at,
        }),
    };
    let told = outcome(item, two.agreement, "民决4号", at);
    let unknown = outcome(Hex([9; 16]), two.agreement, "民决4号", at);
    let elsewhere = outcome(item, [9; 32], "民决4号", at);
    for note in [&unknown, &elsewhere] {
        assert_eq!(
            code(answers.hear_note(&card(&two.asks), note)),
            "inquiry_not_asked"
        );
    }
    assert_eq!(
        code(answers.hear_note(&card(&two.answers), &told)),
        "inquiry_not_asked"
    );
    // The same once more is the same; another under its time is refused.
    answers.hear_note(&card(&two.asks), &told).unwrap();
    answers.hear_note(&card(&two.asks), &told).unwrap();
    let changed = outcome(item, two.agreement, "民决5号", at);
    assert_eq!(
        code(answers.hear_note(&card(&two.asks), &changed)),
        "outcome_changed"
    );
    assert_eq!(answers.told_of(&item).unwrap().all().len(), 1);

    // A question that was drafted and did not leave is nobody's business.
    let seq = (1..)
        .find(|seq| *seq != of_person(&two.asks, &two.round, PERSON))
        .unwrap();
    let drafted = asks.draft_inquiry(&two.round, seq, draft(), "甲").unwrap().item;
    let guessed = Note {
        word: Word::Correction(Withdrawn {
            document: text("残更4号"),
            at,
        }),
        ..outcome(drafted, two.agreement, "残决4号", at)
    };
    assert_eq!(
        code(asks.hear_note(&card(&two.answers), &guessed)),
        "inquiry_not_asked"
    );
}
