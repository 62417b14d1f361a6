//! Reports that are signed and contradict themselves. Whoever has a node's key can sign anything; an auditor has the file
//! and the cards, and is not told that such a report holds.

use std::sync::LazyLock;

use hefu_casework::Fen;
use hefu_link::Card;
use hefu_node::report::{Cell, DeletionTold, Fault, Gone, Report, Tables, verify};
use ring::signature::Ed25519KeyPair;
use tokio::runtime::Runtime;

use super::*;

const LABEL: &[u8] = b"hefu/3 report\0";

/// Two reports as a node made them, its key and its card.
struct Signer {
    internal: Vec<u8>,
    submission: Vec<u8>,
    card: Card,
    key: Ed25519KeyPair,
}

static SIGNER: LazyLock<Signer> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let two = Two::start().await;
        let round = two.round().await;
        let made = |form| two.receiver.node.report(&round, form, "经办").unwrap();
        let (internal, submission) = (made(Form::Internal), made(Form::Submission));
        let card = two.receiver.card.clone();
        let Two {
            receiver, dir: _dir, ..
        } = two;
        let closed = receiver.close().await;
        let vault = Vault::open(&closed.folder.join("vault.json"), &closed.unlock).unwrap();
        let pkcs8 = vault
            .open_file(&closed.folder.join("keys/node.sealed"), "node key")
            .unwrap();
        Signer {
            internal,
            submission,
            card,
            key: Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap(),
        }
    })
});

/// What is said of the report that the node signs after a change.
fn of(bytes: &[u8], change: &dyn Fn(&mut Report)) -> Result<(), Fault> {
    let mut report = verify(bytes, &[]).unwrap().report;
    change(&mut report);
    let sections = serde_json::to_value(&report.sections).unwrap();
    report.head.sections = sections
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, section)| (name.clone(), sha256(&canonical::to_vec(section))))
        .collect();
    let message = [LABEL, &sha256(&canonical::to_vec(&report.head)).0].concat();
    report.signature = Hex(SIGNER.key.sign(&message).as_ref().try_into().unwrap());
    verify(&canonical::to_vec(&report), std::slice::from_ref(&SIGNER.card)).map(|_| ())
}

fn refused(change: &dyn Fn(&mut Report)) {
    assert_eq!(of(&SIGNER.internal, &|_| ()), Ok(()), "as it was made");
    let said = of(&SIGNER.internal, change);
    assert!(matches!(said, Err(Fault::Contradiction { .. })), "{said:?}");
}

fn tables(report: &mut Report) -> &mut Tables {
    match &mut report.sections.results {
        Results::Learned(tables) => tables,
        other => panic!("{other:?}"),
    }
}

/// Findings are hidden: deleted, it says, and there is no deletion.
#[test]
fn what_is_said_to_be_deleted_has_a_signed_deletion() {
    refused(&|report| {
        report.sections.results = Results::Deleted {};
        report.sections.findings = None;
    });
}

/// Numbers without what they are numbers of: an internal report has a line for each finding.
#[test]
fn numbers_in_an_internal_report_have_their_lines() {
    refused(&|report| {
        report.sections.findings = None;
        tables(report).total = Cell::Told {
            findings: 2,
            to_verify_fen: None,
        };
    });
}

/// Lines, and a result of which it says that there is none.
#[test]
fn a_report_with_lines_has_a_result() {
    refused(&|report| report.sections.results = Results::None {});
}

/// Lines, of one who says that it was the sender.
#[test]
fn a_report_with_lines_is_a_receivers() {
    refused(&|report| report.sections.results = Results::NotReceiver {});
}

/// A result of a round that is said to be done, and in which nobody signed anything.
#[test]
fn a_result_has_a_receipt() {
    refused(&|report| report.sections.receipt = None);
}

/// And of one of which nothing is there that was signed by the other party, but the agreement.
#[test]
fn a_result_has_a_session() {
    refused(&|report| {
        report.sections.receipt = None;
        report.sections.protocol.open = None;
        report.sections.protocol.accept = None;
        report.sections.inputs.peer.elements = Some(1_000_000);
    });
}

/// The money: a total beyond what all lines come to.
#[test]
fn the_total_is_no_more_than_the_lines_come_to() {
    refused(&|report| {
        let total = &mut tables(report).total;
        let Cell::Told { findings, .. } = *total else {
            panic!("told")
        };
        *total = Cell::Told {
            findings,
            to_verify_fen: Some(Fen(99_999_999_999)),
        };
    });
}

/// One group twice: the second row is the one that is checked, the first the one that is read.
#[test]
fn a_group_stands_in_one_row() {
    refused(&|report| {
        let rows = &mut tables(report).by_rule;
        let mut other = rows[0].clone();
        other.cell = Cell::Told {
            findings: 3,
            to_verify_fen: None,
        };
        rows.insert(0, other);
    });
}

/// The copy's number and the earlier copies.
#[test]
fn a_copy_is_the_next_of_those_that_were_made() {
    refused(&|report| report.sections.about.copy = 7);
}

/// A report in the name of another agency: the name that is printed is that of the party whose key signs.
#[test]
fn a_report_is_by_the_agency_whose_key_signs() {
    refused(&|report| report.sections.about.by = "市审计局".to_owned());
}

/// And nothing that a terminal obeys.
#[test]
fn the_name_on_a_report_has_no_control_characters() {
    refused(&|report| {
        report.sections.about.by = "县民政局（按所给名片）\u{1b}[8m\n".to_owned();
    });
}

/// The notice stands, whoever makes a page of it.
#[test]
fn the_notice_stands_in_a_report_that_holds() {
    refused(&|report| report.sections.about.notice = "可以直接停发。".to_owned());
}

/// A report for submission with a count of one, and its total, is none.
#[test]
fn a_report_for_submission_has_no_small_count() {
    let said = of(&SIGNER.submission, &|report| {
        let tables = tables(report);
        tables.smallest = None;
        tables.by_rule[0].cell = Cell::Told {
            findings: 1,
            to_verify_fen: None,
        };
    });
    assert!(matches!(said, Err(Fault::Contradiction { .. })), "{said:?}");
}

/// Nor a table in which findings stand in several rows: three months each.
#[test]
fn a_report_for_submission_has_no_overlapping_table() {
    let mut internal = verify(&SIGNER.internal, &[]).unwrap().report;
    let by_month = tables(&mut internal).by_month.clone();
    assert_eq!(by_month.as_ref().map(Vec::len), Some(3));
    let said = of(&SIGNER.submission, &|report| {
        tables(report).by_month = by_month.clone()
    });
    assert_eq!(said, Err(Fault::Contradiction { part: "counts" }));
}

/// The deletion of something that has nothing to do with the round.
#[test]
fn what_is_deleted_is_of_the_round() {
    let deletion = |deleted| DeletionTold {
        at: Timestamp::UNIX_EPOCH,
        deleted,
        digest: Hex([1; 32]),
    };
    for other in [
        Gone::Dataset { dataset: 99 },
        Gone::Findings { round: Hex([1; 32]) },
    ] {
        let said = of(&SIGNER.submission, &|report| {
            report.sections.deleted.told.push(deletion(other));
        });
        assert_eq!(said, Err(Fault::Contradiction { part: "deletion" }));
    }
}
