//! What is done about findings: it stands, it shows in reports, and what was found to be wrong does not come back.

use hefu_casework::Text;
use hefu_casework::review::{Act, Event, Stage};
use hefu_node::report::{Cell, Results, Sections, verify};
use serde_json::json;

use super::*;

/// What officers write: it may speak of a person.
const SECRETS: [&str; 4] = ["户籍档案另有其人", "县局决定文号", "移交缘由", "接手的人"];

fn event(by: &str, act: Act) -> Event {
    let at = Timestamp::now();
    Event {
        at,
        by: Text::new(by).unwrap(),
        on: jiff::tz::offset(8).to_datetime(at).date(),
        act,
    }
}

fn paper(more: &Value) -> Value {
    let mut paper = json!({ "authority": "县民政局", "document": SECRETS[1], "reason": SECRETS[0] });
    let more = more.as_object().unwrap().clone();
    paper.as_object_mut().unwrap().extend(more);
    paper
}

fn of(value: Value) -> Act {
    serde_json::from_value(value).unwrap()
}

fn verified() -> Act {
    of(json!({ "verified": { "result": "refuted", "reason": SECRETS[0] } }))
}

fn decided() -> Act {
    of(json!({ "decided": paper(&json!({ "decision": { "data_error": {} } })) }))
}

/// Takes a finding to a decision, and has it corrected by somebody else.
fn correct(node: &Node, round: &[u8; 32], seq: u64) {
    let basis = node.basis(&node.store().findings(round).unwrap()[seq as usize - 1]);
    let correction = of(json!({ "corrected": paper(&json!({ "basis": basis })) }));
    for act in [Act::Taken {}, verified(), decided()] {
        node.record_review(round, seq, &event("王科长", act)).unwrap();
    }
    node.record_review(round, seq, &event("李主任", correction))
        .unwrap();
}

fn report(node: &Node, round: &[u8; 32], form: Form) -> Sections {
    let bytes = node.report(round, form, "经办").unwrap();
    verify(&bytes, &[]).unwrap().report.sections
}

/// How many findings the report counts, and how many it does not.
fn counted(sections: &Sections) -> (u64, Option<u64>) {
    let Results::Learned(tables) = &sections.results else {
        panic!("the receiver learns")
    };
    match tables.total {
        Cell::Told { findings, .. } => (findings, tables.corrected),
        other => panic!("{other:?}"),
    }
}

/// Where this person stands among a round's findings, from 1.
fn of_person(node: &Node, round: &[u8; 32], person: u64) -> u64 {
    let all = node.store().findings(round).unwrap();
    let key = hefu_identity::parse(hefu_identity::Kind::Resident, &number(person))
        .unwrap()
        .key;
    1 + all.iter().position(|finding| finding.person == key).unwrap() as u64
}

/// Somebody who is on both registers.
const PERSON: u64 = PEOPLE / 2 + 3;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_corrected_does_not_come_back_unless_it_changes() {
    let two = Two::start().await;
    let node = &two.receiver.node;
    let first = two.round().await;
    let seq = of_person(node, &first, PERSON);
    let other = if seq == 1 { 2 } else { 1 };
    for act in [Act::Taken {}, verified(), decided()] {
        node.record_review(&first, other, &event("李主任", act)).unwrap();
    }
    assert_eq!(
        counted(&report(node, &first, Form::Internal)),
        (PEOPLE / 2, Some(0))
    );
    correct(node, &first, seq);

    let sections = report(node, &first, Form::Internal);
    assert_eq!(counted(&sections), (PEOPLE / 2 - 1, Some(1)));
    let lines = sections.findings.unwrap();
    let mut reviewed: Vec<_> = lines
        .iter()
        .filter_map(|line| Some((line.seq, line.review.clone()?)))
        .map(|(seq, review)| (seq, review.stage, review.reviewer, review.outcome))
        .collect();
    reviewed.sort();
    let line = |seq, stage: &str, by: &str, outcome: Option<&str>| {
        (
            seq,
            stage.to_owned(),
            Some(by.to_owned()),
            outcome.map(str::to_owned),
        )
    };
    let mut expected = [
        line(seq, "stage_corrected", "王科长", None),
        line(other, "stage_decided", "李主任", Some("decision_data_error")),
    ];
    expected.sort();
    assert_eq!(reviewed, expected);
    // Whoever reports upwards does not tell of the one person.
    let Results::Learned(tables) = report(node, &first, Form::Submission).results else {
        panic!("the receiver learns")
    };
    assert_eq!(tables.corrected, None);

    // The same registers once more: found again, and not to be looked at again.
    let second = two.round().await;
    let again = of_person(node, &second, PERSON);
    let before = node.standing(&second, again).unwrap().corrected_before.unwrap();
    assert_eq!((before.round, before.seq), (Hex(first), seq));
    let refused = node.record_review(&second, again, &event("王科长", Act::Taken {}));
    assert_eq!(refused.unwrap_err().code(), "node_corrected_before");
    let sections = report(node, &second, Form::Internal);
    assert_eq!(counted(&sections), (PEOPLE / 2 - 1, Some(1)));
    let marked: Vec<_> = sections
        .findings
        .unwrap()
        .into_iter()
        .filter(|line| line.corrected_before)
        .map(|line| line.seq)
        .collect();
    assert_eq!(marked, [again]);
    // What was only decided is found again, as before.
    let decided = node
        .store()
        .findings(&first)
        .unwrap()
        .swap_remove(other as usize - 1);
    let reviews = node.reviews(&second).unwrap();
    assert!(reviews.begun.is_empty() && reviews.corrected_before.len() == 1);
    assert!(node.store().findings(&second).unwrap().contains(&decided));

    // Another amount is another basis: it is to be looked at again.
    let row = |person| {
        let fen = if person == PERSON { 101 } else { 100 };
        format!("{},2026-07,2026-09,{fen}\n", number(person))
    };
    let register: String = std::iter::once("身份证号,起,止,金额\n".to_owned())
        .chain((0..PEOPLE).map(row))
        .collect();
    two.receiver
        .import(EXTREME_POVERTY, &mapping(EXTREME_POVERTY), &register);
    let third = two.round().await;
    let changed = of_person(node, &third, PERSON);
    assert_eq!(
        counted(&report(node, &third, Form::Internal)),
        (PEOPLE / 2, Some(0))
    );
    let standing = node
        .record_review(&third, changed, &event("王科长", Act::Taken {}))
        .unwrap();
    assert_eq!(standing.review.stage(), Stage::Taken);
    assert_eq!(node.review(&third, changed).unwrap().owner(), Some("王科长"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_officers_write_stands_in_the_log_or_in_clear() {
    let two = Two::start().await;
    let node = &two.receiver.node;
    let round = two.round().await;
    let before = node.store().head().unwrap().seq;
    let over = of(json!({ "handed_over": { "to": SECRETS[3], "reason": SECRETS[2] } }));
    node.record_review(&round, 1, &event("王科长", Act::Taken {}))
        .unwrap();
    node.record_review(&round, 1, &event("王科长", over)).unwrap();
    correct(node, &round, 2);

    let mut searcher = Searcher::default();
    for secret in SECRETS {
        searcher.add("what officers write", secret.as_bytes());
    }
    for person in 0..2 * PEOPLE {
        for (what, form) in forms_of_number(&number(person)) {
            searcher.add(what, &form);
        }
    }
    let acts: Vec<_> = two
        .receiver
        .log_after(before)
        .into_iter()
        .filter(|entry| entry.kind == "finding_event")
        .collect();
    let told: Vec<_> = acts
        .iter()
        .map(|entry| (entry.actor.as_str(), entry.body["act"].as_str().unwrap()))
        .collect();
    let by = |act| ("王科长", act);
    let expected = [
        by("review_taken"),
        by("review_handed_over"),
        by("review_taken"),
        by("review_verified"),
        by("review_decided"),
        ("李主任", "review_corrected"),
    ];
    assert_eq!(told, expected);
    for entry in &acts {
        assert_eq!(searcher.find(&canonical::to_vec(&entry.body)), None);
        assert_eq!(entry.body.as_object().unwrap().len(), 4);
    }
    // The search finds what is there: the same words in the history that officers ask for.
    let history = node.standing(&round, 2).unwrap().events;
    assert!(
        history
            .iter()
            .any(|event| searcher.find(&event.to_bytes()).is_some())
    );

    // What was done about a finding is told to whoever has it explained, and of no other.
    let explained = node.explain(&round, 1, "审计员").unwrap();
    assert_eq!(explained.standing.events.len(), 2);
    assert!(
        explained
            .entries
            .iter()
            .all(|entry| entry.kind != "finding_event")
    );

    let closed = two.receiver.close().await;
    for (path, bytes) in files(&closed.folder) {
        assert!(searcher.find(&bytes).is_none(), "{}", path.display());
    }
    // And the acts are there again, by the node's own key only.
    let receiver = closed.open(surroundings()).await;
    let review = receiver.node.review(&round, 2).unwrap();
    assert_eq!((review.stage(), review.counts()), (Stage::Corrected, false));
}

/// Whoever can write to the database, and has no key, takes off the record that verification did not confirm a finding. The
/// log has it still: the finding is not verified once more, on its way to a decision against the person.
#[tokio::test(flavor = "multi_thread")]
async fn acts_that_the_log_has_and_the_record_has_not_are_missed() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    for act in [Act::Taken {}, verified()] {
        node.record_review(&round, 1, &event("王科长", act)).unwrap();
    }
    let log = |checks: Vec<hefu_node::Check>| checks.into_iter().find(|check| check.step == "log").unwrap();
    assert_eq!(log(node.doctor(None).await).code, "");
    let closed = two.receiver.close().await;
    let gone = "DELETE FROM finding_events WHERE number = 2";
    intrude(&closed.folder, "finding_events", gone, []);
    let receiver = closed.open(surroundings()).await;
    let node = &receiver.node;
    let confirmed = of(json!({ "verified": { "result": "confirmed", "reason": SECRETS[0] } }));
    for missed in [
        node.standing(&round, 1).err(),
        node.reviews(&round).err(),
        node.record_review(&round, 1, &event("王科长", confirmed)).err(),
        node.report(&round, Form::Internal, "经办").err(),
    ] {
        assert_eq!(missed.unwrap().code(), "store_damaged");
    }
    assert_eq!(log(node.doctor(None).await).code, "store_damaged");
    // Of the others nothing is missing.
    assert_eq!(node.review(&round, 2).unwrap().stage(), Stage::Open);
}
