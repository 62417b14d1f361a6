//! What goes for good, and the record of it that stays.

use hefu_casework::Text;
use hefu_casework::review::{Act, Event, Stage};
use serde_json::json;

use super::*;

/// People with two numbers, a row that is refused, and a column that tells the second number.
fn register_with_aliases(people: std::ops::Range<u64>) -> (String, String) {
    let mapping =
        mapping(EXTREME_POVERTY).replace("kind = \"resident\"", "kind = \"resident\"\nalias = \"原号码\"");
    let rows = people.map(|person| {
        let (now, before) = (number(person), number(person + 10_000));
        format!("{now},{before},2026-07,2026-09,100\n")
    });
    let refused = std::iter::once("290121200107040030,,2026-07,2026-09,100\n".to_owned());
    let heading = std::iter::once("身份证号,原号码,起,止,金额\n".to_owned());
    (mapping, heading.chain(rows).chain(refused).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_dataset_leaves_a_signed_record_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let civil = Bureau::start(dir.path(), "县民政局", AgencyRole::CivilAffairs, surroundings()).await;
    let key = civil.node.node_key();
    let (mapping, register) = register_with_aliases(0..PEOPLE);
    let imported = civil.import("旧名册", &mapping, &register);
    let quarantine = imported.quarantine.unwrap();
    assert!(quarantine.starts_with(civil.folder()) && quarantine.exists());
    let (mapping, register) = register_with_aliases(100..100 + PEOPLE);
    let kept = civil.import("新名册", &mapping, &register);

    let closed = civil.close().await;
    let sealed = format!(
        "SELECT person, lookup FROM records WHERE dataset = {}",
        imported.dataset
    );
    let sealed = blobs(&closed.folder, &sealed);
    assert_eq!(sealed.len() as u64, 2 * PEOPLE);
    assert_ne!(found(&closed.folder, &sealed), 0, "the search works");
    assert_eq!(unsealed_numbers(&closed, 0..PEOPLE), 2 * PEOPLE as usize);
    let civil = closed.open(surroundings()).await;

    civil.node.delete_dataset(imported.dataset, "主任").unwrap();
    assert!(!quarantine.exists());
    assert!(kept.quarantine.unwrap().exists());
    let deletion = civil.node.store().deletions().unwrap().pop().unwrap();
    assert_eq!(deletion.of, Deleted::Dataset(imported.dataset));
    let record = verified(&deletion.record, "deletion", b"hefu/2 deletion\0", &key);
    assert_eq!(record["deleted"]["dataset"], imported.dataset.0);
    assert_eq!(record["deleted"]["quarantine_files"], 1);
    assert_eq!(record["by"], "主任");
    let covers = record["covers"].as_array().unwrap();
    for place in ["records", "aliases", "quarantine", "spool"] {
        assert!(covers.iter().any(|covered| covered == place), "{place}");
    }
    let entry = civil.log_after(0).pop().unwrap();
    assert_eq!((entry.kind.as_str(), entry.actor.as_str()), ("deleted", "主任"));
    civil.node.store().verify().unwrap();
    // Once more is told that it is gone.
    assert!(civil.node.delete_dataset(imported.dataset, "主任").is_err());

    // Not in the running node's files, and not in those of one that was closed.
    assert_eq!(found(civil.folder(), &sealed), 0);
    let closed = civil.close().await;
    assert_eq!(found(&closed.folder, &sealed), 0);
    assert_eq!(unsealed_numbers(&closed, 0..PEOPLE), 0);
    assert_eq!(unsealed_numbers(&closed, 100..100 + PEOPLE), 2 * PEOPLE as usize);
    let mut searcher = Searcher::default();
    for person in (0..PEOPLE).chain(10_000..10_000 + PEOPLE) {
        let forms = forms_of_number(&number(person)).into_iter();
        for (what, bytes) in forms.filter(|(_, bytes)| bytes.len() >= SHORTEST) {
            searcher.add(what, &bytes);
        }
    }
    for (path, bytes) in files(&closed.folder) {
        assert_eq!(searcher.find(&bytes), None, "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_still_needs_is_not_deleted() {
    let two = Two::start().await;
    let round = two.open_round().await;
    for bureau in [&two.receiver, &two.sender] {
        let dataset = bureau.node.store().datasets().unwrap()[0].id;
        let refused = bureau.node.delete_dataset(dataset, "主任").unwrap_err();
        assert_eq!(refused.code(), "node_missing");
        assert!(bureau.node.store().deletions().unwrap().is_empty());
    }
    let learned = two.receiver.node.go_on(&round).await.unwrap();
    assert_eq!(learned.outcome.findings.len() as u64, PEOPLE / 2);
    two.sender.ended_round().await;
    for bureau in [&two.receiver, &two.sender] {
        let dataset = bureau.node.store().datasets().unwrap()[0].id;
        bureau.node.delete_dataset(dataset, "主任").unwrap();
    }
    // Findings have a retention of their own, and what proves them needs no record.
    assert_eq!(two.receiver.node.prove_finding(&round, 0).unwrap(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn findings_go_when_their_retention_is_over() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let ended = two.receiver.ended_round().await.ended_at.unwrap();
    let days = node.agreement(&two.agreement).unwrap().agreement().retention_days;
    let over = ended.checked_add((24 * i64::from(days)).hours()).unwrap();
    let just_before = over.checked_sub(1.second()).unwrap();
    assert_eq!(node.delete_expired(just_before).unwrap(), 0);
    assert_eq!(node.store().findings(&round).unwrap().len() as u64, PEOPLE / 2);
    let report = node.report(&round, Form::Internal, "经办").unwrap();

    let key = node.node_key();
    let Two {
        receiver,
        sender,
        dir: _dir,
        ..
    } = two;
    let closed = receiver.close().await;
    let needles = [
        blobs(&closed.folder, "SELECT secrets FROM findings"),
        blobs(&closed.folder, "SELECT proof FROM evidence"),
    ]
    .concat();
    assert_eq!(needles.len() as u64, PEOPLE);
    assert_ne!(found(&closed.folder, &needles), 0, "the search works");
    let receiver = closed.open(surroundings()).await;
    let node = &receiver.node;
    assert_eq!(node.delete_expired(over).unwrap(), 1);
    assert_eq!(node.delete_expired(over).unwrap(), 0, "once");
    assert_eq!(found(receiver.folder(), &needles), 0);
    let deletion = node.store().deletions().unwrap().pop().unwrap();
    assert_eq!(deletion.of, Deleted::Findings(round));
    let record = verified(&deletion.record, "deletion", b"hefu/2 deletion\0", &key);
    assert_eq!(record["deleted"]["round"], Hex(round).to_string());
    assert_eq!(record["deleted"]["retention_days"], days);
    // What was deleted does not pass for nothing found.
    assert!(node.store().findings(&round).is_err());
    let after = node.report(&round, Form::Internal, "经办").unwrap();
    let after = hefu_node::report::verify(&after, &[]).unwrap().report.sections;
    assert_eq!((after.results, after.findings), (Results::Deleted {}, None));
    let record: Value = canonical::from_slice(&deletion.record).unwrap();
    assert_eq!(after.deleted.records.len(), 1);
    assert_eq!(after.deleted.records[0].deletion, record["deletion"]);
    assert!(node.explain(&round, 1, "经办").is_err());
    assert!(node.prove_finding(&round, 0).is_err());
    // The fact of the round stays, and so does whatever was given out.
    let kept = node.store().round(&round).unwrap().unwrap();
    assert_eq!(
        (kept.state, kept.matched),
        (RoundState::Done, Some(3 * PEOPLE / 2))
    );
    hefu_node::report::verify(&report, std::slice::from_ref(&receiver.card)).unwrap();
    // A sender has no findings to delete.
    assert_eq!(sender.node.delete_expired(Timestamp::MAX).unwrap(), 0);
}

/// The person was told that they may make a statement until a day that is still to come: finding and notice must not be
/// gone meanwhile, and the next round find the same as if nothing had been.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_is_being_heard_about_is_not_deleted_meanwhile() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let ended = two.receiver.ended_round().await.ended_at.unwrap();
    let days = node.agreement(&two.agreement).unwrap().agreement().retention_days;
    let after = |days: u32| ended.checked_add((24 * i64::from(days)).hours()).unwrap();
    let over = after(days);
    let china = jiff::tz::offset(8);
    let until = china.to_datetime(over).date().tomorrow().unwrap();
    let act_by = |by: &str, act: Value| {
        let event = Event {
            at: Timestamp::now(),
            by: Text::new(by).unwrap(),
            on: china.to_datetime(Timestamp::now()).date(),
            act: serde_json::from_value(act).unwrap(),
        };
        node.record_review(&round, 1, &event).unwrap();
    };
    let act = |act| act_by("王科长", act);
    let retention = || {
        let report = node.report(&round, Form::Internal, "经办").unwrap();
        hefu_node::report::verify(&report, &[])
            .unwrap()
            .report
            .sections
            .retention
    };
    assert_eq!(retention().put_off_until, None);
    act(json!({ "taken": {} }));
    act(json!({ "verified": { "result": "confirmed", "reason": "核实" } }));
    act(
        json!({ "told": { "document": "告1号", "hearing": { "days": 200, "unit": "natural", "until": until } } }),
    );
    let last = china
        .to_datetime(ended)
        .date()
        .checked_add((i64::from(days) + 180).days())
        .unwrap();
    assert_eq!(retention().put_off_until, Some(last));
    let just_before = after(days + 180).checked_sub(1.second()).unwrap();
    for at in [over, just_before] {
        assert_eq!(node.delete_expired(at).unwrap(), 0);
        assert_eq!(node.review(&round, 1).unwrap().stage(), Stage::Told);
    }
    // The others of the round are there as well, and go with it: when that is decided, or when the last day is over.
    assert_eq!(node.store().findings(&round).unwrap().len() as u64, PEOPLE / 2);
    act(json!({ "heard": { "given": { "document": "陈1号" } } }));
    assert_eq!(node.delete_expired(over).unwrap(), 0);
    let decided = json!({ "decision": { "lawful": {} }, "authority": "县民政局", "document": "决1号", "reason": "合规" });
    act(json!({ "decided": decided }));
    assert_eq!(retention().put_off_until, None);
    // Nor what the person objects to, until somebody else has answered.
    let received = china.to_datetime(Timestamp::now()).date();
    act(json!({ "objected": { "document": "异议书1号", "reason": "金额有误", "received": received } }));
    assert_eq!(retention().put_off_until, Some(last));
    assert_eq!(node.delete_expired(over).unwrap(), 0);
    let upheld =
        json!({ "result": { "upheld": {} }, "authority": "县民政局", "document": "核1号", "reason": "合规" });
    act_by("李主任", json!({ "reviewed": upheld }));
    assert_eq!(retention().put_off_until, None);
    assert_eq!(node.delete_expired(over).unwrap(), 1);
}

/// Nobody has to end a proceeding for the time to be over in the end.
#[tokio::test(flavor = "multi_thread")]
async fn no_proceeding_keeps_findings_for_ever() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let ended = two.receiver.ended_round().await.ended_at.unwrap();
    let days = node.agreement(&two.agreement).unwrap().agreement().retention_days;
    let event = Event {
        at: Timestamp::now(),
        by: Text::new("王科长").unwrap(),
        on: jiff::tz::offset(8).to_datetime(Timestamp::now()).date(),
        act: Act::Taken {},
    };
    node.record_review(&round, 1, &event).unwrap();
    let last = ended.checked_add((24 * (i64::from(days) + 180)).hours()).unwrap();
    assert_eq!(node.delete_expired(last).unwrap(), 1);
    assert!(node.review(&round, 1).is_err());
}
