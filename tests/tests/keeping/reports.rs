//! Reports: what they say, and that a third person can check it with the file and cards alone.

use hefu_casework::Fen;
use hefu_link::{Card, Keys};
use hefu_node::report::{Cell, Fault, Gone, Group, Report, verify};
use hefu_psi::SignedReceipt;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::*;

const LABEL: &[u8] = b"hefu/3 report\0";

fn made(two: &Two, round: &[u8; 32], form: Form) -> Vec<u8> {
    two.receiver.node.report(round, form, "经办").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_can_be_verified_without_the_node() {
    let two = Two::start().await;
    let round = two.round().await;
    let bytes = made(&two, &round, Form::Internal);
    let cards = [two.receiver.card.clone(), two.sender.card.clone()];
    let verified = verify(&bytes, &cards).unwrap();
    assert_eq!(verified.signer.as_deref(), Some("县民政局"));
    assert_eq!(verified.parties, ["县民政局", "县残联"]);
    assert_eq!(verified.digest, sha256(&bytes));
    let Report { head, sections, .. } = verified.report;
    assert_eq!(head.node_key, Hex(two.receiver.node.node_key()));
    assert_eq!(sections.about.notice, hefu_node::NOTICE);
    assert_eq!(sections.round.id, Hex(round));
    assert_eq!(sections.agreement.digest, Hex(two.agreement));
    assert_eq!(sections.agreement.text.number, "1号");
    assert!(sections.assessment.is_none());
    let rules = sections.rules.texts.unwrap();
    assert_eq!(
        rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(),
        ["X3"]
    );
    // Forty people of three months each, half of them on both registers.
    assert_eq!(sections.inputs.own.elements, Some(3 * PEOPLE));
    assert_eq!(sections.inputs.peer.elements, Some(3 * PEOPLE));
    let snapshot = &sections.inputs.snapshots[0];
    assert_eq!(
        (snapshot.rows_read, snapshot.accepted, snapshot.persons),
        (PEOPLE, PEOPLE, PEOPLE)
    );
    assert!(sections.deleted.session_secrets && sections.deleted.records.is_empty());
    let Results::Learned(tables) = sections.results else {
        panic!("the receiver learns")
    };
    let told = |findings, fen| Cell::Told {
        findings,
        to_verify_fen: Some(Fen(fen)),
    };
    // A hundred yuan a month.
    let months = PEOPLE as i64 / 2 * 10_000;
    assert_eq!(tables.total, told(PEOPLE / 2, 3 * months));
    assert_eq!(tables.matched, Some(3 * PEOPLE / 2));
    assert_eq!(tables.by_rule.len(), 1);
    assert_eq!(tables.by_rule[0].cell, tables.total);
    let by_month: Vec<_> = tables
        .by_month
        .unwrap()
        .iter()
        .map(|row| (row.of.clone(), row.cell))
        .collect();
    let month = |number| {
        (
            Group::Month(Month::new(2026, number).unwrap()),
            told(PEOPLE / 2, months),
        )
    };
    assert_eq!(by_month, [month(7), month(8), month(9)]);
    let lines = sections.findings.unwrap();
    assert_eq!(lines.len() as u64, PEOPLE / 2);
    assert!(
        lines
            .iter()
            .all(|line| line.review.is_none() && line.months.len() == 3)
    );
    // It refers to the receipt that the sender has signed as well.
    let receipt = SignedReceipt::from(&sections.receipt.unwrap());
    let keys = cards.each_ref().map(|card| card.node_key());
    assert!(receipt.verify(&keys[0], &keys[1]));
    let log = two.sender.log_after(0);
    let done = log.iter().find(|entry| entry.kind == "round_done").unwrap();
    assert_eq!(done.body["by_sender"], Hex(receipt.by_sender).to_string());

    // Whose key it is, only a card says; a card of somebody else does not do.
    assert_eq!(verify(&bytes, &[]).unwrap().signer, None);
    let other = verify(&bytes, &cards[1..]).unwrap_err();
    assert_eq!(other.code(), "report_other_card");
    // The sender's own report of the same session says what it came to know.
    let answered = two.sender.ended_round().await;
    let bytes = two
        .sender
        .node
        .report(&answered.id, Form::Internal, "经办")
        .unwrap();
    let sections = verify(&bytes, &cards).unwrap().report.sections;
    assert_eq!(sections.results, Results::NotReceiver {});
    assert_eq!(sections.receipt.unwrap().by_receiver, Hex(receipt.by_receiver));
    // A party that stands there under another name than on its card is not taken for it.
    let Two {
        sender, dir: _dir, ..
    } = two;
    let closed = sender.close().await;
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let part = |name: &str| {
        let path = closed.folder.join(format!("keys/{name}.sealed"));
        vault.open_file(&path, &format!("{name} key")).unwrap()
    };
    let keys = Keys::from_parts(part("node"), part("tls"), part("seal")).unwrap();
    for (name, role) in [
        ("县教育局", AgencyRole::DisabledFederation),
        ("县残联", AgencyRole::Education),
    ] {
        let other = Card::new(&keys, name, role, cards[1].address()).unwrap();
        let fault = verify(&bytes, &[cards[0].clone(), other]).unwrap_err();
        assert_eq!(fault.code(), "report_other_name");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_number_stands_in_a_report_and_copies_are_counted() {
    let two = Two::start().await;
    let round = two.round().await;
    let mut searcher = Searcher::default();
    for person in 0..2 * PEOPLE {
        for (what, form) in forms_of_number(&number(person)) {
            searcher.add(what, &form);
        }
    }
    let internal = made(&two, &round, Form::Internal);
    let submission = made(&two, &round, Form::Submission);
    let second = made(&two, &round, Form::Internal);
    for bytes in [&internal, &submission, &second] {
        assert_eq!(searcher.find(bytes), None);
    }
    let read = |bytes: &[u8]| verify(bytes, &[]).unwrap().report.sections;
    let copies: Vec<_> = read(&second)
        .exports
        .into_iter()
        .map(|export| (export.form, export.copy, export.actor))
        .collect();
    let by = Some("经办".to_owned());
    assert_eq!(
        copies,
        [(Form::Internal, 1, by.clone()), (Form::Submission, 1, by)]
    );
    assert_eq!((read(&internal).about.copy, read(&second).about.copy), (1, 2));
    // A finding has one item number in all of them.
    let items = |bytes| {
        read(bytes)
            .findings
            .unwrap()
            .into_iter()
            .map(|line| line.item)
            .collect::<Vec<_>>()
    };
    assert_eq!(items(&internal), items(&second));
    let submission = read(&submission);
    assert_eq!(submission.findings, None);
    assert!(submission.exports.iter().all(|export| export.actor.is_none()));
    let log = two.receiver.log_after(0);
    let logged: Vec<_> = log.iter().filter(|entry| entry.kind == "report_made").collect();
    assert_eq!(logged.len(), 3);
    assert_eq!(logged[0].body["digest"], sha256(&internal).to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_that_is_changed_is_located() {
    let two = Two::start().await;
    let round = two.round().await;
    let bytes = made(&two, &round, Form::Submission);
    let value: Value = serde_json::from_slice(&bytes).unwrap();
    // Where each section stands: by its text, which occurs once.
    let text = std::str::from_utf8(&bytes).unwrap();
    let sections: Vec<_> = value["sections"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, section)| {
            let whole = [format!("\"{name}\":").into_bytes(), canonical::to_vec(section)].concat();
            let start = text.rfind(std::str::from_utf8(&whole).unwrap()).unwrap();
            (name.as_str(), start + name.len() + 3..start + whole.len())
        })
        .collect();
    let covered: usize = sections.iter().map(|(_, range)| range.len()).sum();
    assert!(covered > bytes.len() / 2);
    for at in 0..bytes.len() {
        for flip in [1, 0x20] {
            let mut changed = bytes.clone();
            changed[at] ^= flip;
            let fault = verify(&changed, &[]).unwrap_err();
            let Some((name, _)) = sections.iter().find(|(_, range)| range.contains(&at)) else {
                continue;
            };
            let located = match &fault {
                Fault::Section { section }
                | Fault::Unreadable { section, .. }
                | Fault::NotCanonical { section, .. } => section,
                other => panic!("byte {at} of {name}: {other}"),
            };
            assert_eq!(located, name, "byte {at}: {fault}");
        }
    }
    // Cut, lengthened, or something else altogether.
    for length in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(verify(&bytes[..length], &[]).is_err());
    }
    assert!(verify(&[bytes.as_slice(), b"\n"].concat(), &[]).is_err());
    assert_eq!(verify(b"PK\x03\x04", &[]).unwrap_err().code(), "report_rendering");
    assert_eq!(
        verify(b"<!DOCTYPE html>", &[]).unwrap_err().code(),
        "report_rendering"
    );
    let fraction = verify(br#"{"head":{"version":1.5}}"#, &[]).unwrap_err();
    let at_fraction = Fault::NotCanonical {
        at: 20,
        section: "head".to_owned(),
    };
    assert_eq!(fraction, at_fraction);
}

/// Whoever has the node's key can sign anything; what others have signed, and what must add up, shows it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_signed_and_does_not_go_together_is_refused() {
    let two = Two::start().await;
    let round = two.round().await;
    let bytes = made(&two, &round, Form::Internal);
    let mut other_text = made(&two, &two.round().await, Form::Internal);
    let other = verify(&other_text, &[]).unwrap().report;
    other_text.clear();
    let closed = two.receiver.close().await;
    let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
    let pkcs8 = vault
        .open_file(&closed.folder.join("keys/node.sealed"), "node key")
        .unwrap();
    let key = Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap();
    let signed = |change: &dyn Fn(&mut Report), key: &Ed25519KeyPair| {
        let mut report = verify(&bytes, &[]).unwrap().report;
        report.head.node_key = Hex(key.public_key().as_ref().try_into().unwrap());
        change(&mut report);
        let sections = serde_json::to_value(&report.sections).unwrap();
        let digests = sections.as_object().unwrap().iter();
        report.head.sections = digests
            .map(|(name, section)| (name.clone(), sha256(&canonical::to_vec(section))))
            .collect();
        let message = [LABEL, &sha256(&canonical::to_vec(&report.head)).0].concat();
        report.signature = Hex(key.sign(&message).as_ref().try_into().unwrap());
        verify(&canonical::to_vec(&report), &[]).map(|_| ())
    };
    let fault = |change: &dyn Fn(&mut Report)| match signed(change, &key) {
        Err(Fault::Contradiction { part }) => part,
        other => panic!("{other:?}"),
    };
    assert_eq!(signed(&|_| (), &key), Ok(()), "the key is the node's");
    assert_eq!(
        fault(&|report| report.sections.agreement.text.retention_days += 1),
        "agreement"
    );
    assert_eq!(
        fault(&|report| report.sections.agreement.digest = Hex([1; 32])),
        "agreement"
    );
    assert_eq!(
        fault(&|report| report.sections.agreement.signatures.swap(0, 1)),
        "agreement"
    );
    assert_eq!(
        fault(&|report| report.sections.inputs.own.elements = Some(1)),
        "receipt"
    );
    assert_eq!(
        fault(&|report| report.sections.inputs.peer.commitment = Some(Hex([1; 32]))),
        "receipt"
    );
    assert_eq!(fault(&|report| report.sections.protocol.open = None), "receipt");
    assert_eq!(
        fault(&|report| report.sections.receipt = other.sections.receipt.clone()),
        "receipt"
    );
    assert_eq!(
        fault(&|report| report.sections.receipt.as_mut().unwrap().by_sender = Hex([1; 64])),
        "receipt"
    );
    assert_eq!(
        fault(&|report| drop(report.sections.findings.as_mut().unwrap().pop())),
        "counts"
    );
    assert_eq!(
        fault(&|report| {
            report.head.form = Form::Submission;
        }),
        "counts"
    );
    assert_eq!(
        fault(&|report| {
            let record = hefu_node::report::DeletionRecord {
                deletion: Value::Null,
                signature: Hex([1; 64]),
            };
            report.sections.deleted.records.push(record);
        }),
        "deletion"
    );
    // Somebody who is no party.
    let document = Ed25519KeyPair::generate_pkcs8(&ring::rand::SystemRandom::new()).unwrap();
    let stranger = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    let refused = signed(&|_| (), &stranger);
    assert_eq!(refused, Err(Fault::Contradiction { part: "agreement" }));
}

/// A report for submission does not name the officer who deleted a register, as it does not name those who made reports.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_submission_names_no_officer() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let dataset = node.store().datasets().unwrap()[0].id;
    node.delete_dataset(dataset, "欧阳经办员").unwrap();
    let report = node.report(&round, Form::Submission, "欧阳经办员").unwrap();
    let report = String::from_utf8(report).unwrap();
    assert!(!report.contains("欧阳经办员"));
    // What was deleted it says, and of which signed record that is.
    let deleted = verify(report.as_bytes(), &[]).unwrap().report.sections.deleted;
    let record = node.store().deletions().unwrap().pop().unwrap().record;
    assert!(deleted.records.is_empty());
    let told: Vec<_> = deleted
        .told
        .iter()
        .map(|told| (told.deleted, told.digest))
        .collect();
    let of_dataset = Gone::Dataset { dataset: dataset.0 };
    assert_eq!(told, [(of_dataset, sha256(&record))]);
    let internal = verify(&made(&two, &round, Form::Internal), &[]).unwrap().report;
    let deleted = internal.sections.deleted;
    assert_eq!(canonical::to_vec(&deleted.records[0]), record);
    assert!(deleted.told.is_empty());
}

/// Whoever can write to the database, and has no key, lays the signed deletion of a register on a round. The node does not
/// say "deleted" of findings that are all there, and signs no report that says so.
#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_of_something_else_hides_no_finding() {
    let two = Two::start().await;
    let round = two.round().await;
    let node = &two.receiver.node;
    let dataset = node.store().datasets().unwrap()[0].id;
    node.delete_dataset(dataset, "主任").unwrap();
    let Two {
        receiver, dir: _dir, ..
    } = two;
    let closed = receiver.close().await;
    let lay = "INSERT INTO deletions (at, round, record) SELECT at, ?1, record FROM deletions";
    intrude(&closed.folder, "deletions", lay, [round]);
    let receiver = closed.open(surroundings()).await;
    let findings = receiver
        .node
        .store()
        .findings(&round)
        .map(|findings| findings.len());
    let report = receiver.node.report(&round, Form::Internal, "经办");
    let told = report.map(|report| {
        let report = verify(&report, &[]).map(|verified| verified.report);
        report.map(|report| report.sections.results)
    });
    assert!(
        !matches!(told, Ok(Ok(Results::Deleted {}))),
        "{findings:?}, and the report holds: {told:?}"
    );
    // What it says is that the record of a deletion is damaged, wherever the findings are asked for, and without being asked.
    let damaged = "store_damaged";
    let node = &receiver.node;
    assert_eq!(node.review(&round, 1).err().unwrap().code(), damaged);
    assert_eq!(node.delete_expired(Timestamp::now()).unwrap_err().code(), damaged);
    let checks = node.doctor(None).await;
    assert_eq!((checks[0].step, checks[0].code), ("log", damaged));
}
