//! Reports and findings, proven without the node or without the session.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_report_can_be_verified_without_the_node() {
    let two = Two::start().await;
    let round = two.round().await;
    let key = two.receiver.node.node_key();
    let bytes = two.receiver.node.report(&round, "经办").unwrap();
    let report = verified(&bytes, "report", b"hefu/2 report\0", &key);
    assert_eq!(report["findings"].as_array().unwrap().len() as u64, PEOPLE / 2);
    assert_eq!(report["notice"], hefu_node::NOTICE);
    assert_eq!(report["node_key"], Hex(key).to_string());
    assert_eq!(report["agreement"]["digest"], Hex(two.agreement).to_string());
    // It refers to the receipt that the sender has signed as well.
    let log = two.sender.log_after(0);
    let done = log.iter().find(|entry| entry.kind == "round_done").unwrap();
    assert_eq!(report["receipt"]["by_sender"], done.body["by_sender"]);
    assert_eq!(report["receipt"]["session"], done.body["session"]);

    let mut searcher = Searcher::default();
    for person in 0..2 * PEOPLE {
        for (what, form) in forms_of_number(&number(person)) {
            searcher.add(what, &form);
        }
    }
    assert_eq!(searcher.find(&bytes), None, "numbers are masked");
    // Every byte of the beginning and of the end, and every so many between.
    let (few, length) = (400, bytes.len());
    for at in (0..few)
        .chain((few..length - few).step_by(17))
        .chain(length - few..length)
    {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        assert!(
            verify(&changed, "report", b"hefu/2 report\0", &key).is_none(),
            "byte {at}"
        );
    }
    let other = two.sender.node.node_key();
    assert!(verify(&bytes, "report", b"hefu/2 report\0", &other).is_none());
    assert!(verify(&bytes, "report", b"hefu/2 deletion\0", &key).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_can_be_proven_for_as_long_as_it_is_kept() {
    let two = Two::start().await;
    let round = two.round().await;
    let another = two.round().await;
    // Three months each.
    for finding in 0..PEOPLE / 2 {
        assert_eq!(two.receiver.node.prove_finding(&round, finding).unwrap(), 3);
    }
    assert_eq!(
        two.receiver.node.prove_finding(&round, PEOPLE).unwrap(),
        0,
        "there is no such finding"
    );
    let closed = two.receiver.close().await;
    let proven = |receiver: &Bureau, finding| receiver.node.prove_finding(&round, finding);
    let receiver = closed.open(surroundings()).await;
    assert_eq!(proven(&receiver, 0).unwrap(), 3);

    // Whoever has the file puts one finding's proof under another, in this round and from another.
    let swap = "UPDATE evidence SET proof = (SELECT proof FROM evidence WHERE round = ?3 AND seq = ?4)
         WHERE round = ?1 AND seq = ?2";
    let closed = receiver.close().await;
    for (seq, from, of) in [(0, round, 1), (2, another, 2)] {
        let params = rusqlite::params![round, seq, from, of];
        intrude(&closed.folder, "evidence", swap, params);
    }
    let receiver = closed.open(surroundings()).await;
    for finding in [0, 2] {
        assert_eq!(proven(&receiver, finding).unwrap_err().code(), "vault_sealed");
    }
    assert_eq!(proven(&receiver, 1).unwrap(), 3);

    // Or changes one digit of what both sides signed.
    let id = Hex(round).to_string();
    let digit = |body: &str, field: &str| {
        let at = body.find(&format!("\"{field}\":\"")).unwrap() + field.len() + 4;
        let other = if body.as_bytes()[at] == b'0' { "1" } else { "0" };
        [&body[..at], other, &body[at + 1..]].concat()
    };
    let closed = receiver.close().await;
    for (kind, field) in [
        ("round_done", "blinded"),
        ("round_done", "evaluated"),
        ("round_done", "tags"),
        ("round_done", "by_sender"),
        ("round_done", "by_receiver"),
        ("session_committed", "open"),
        ("session_committed", "accept"),
    ] {
        let stolen = closed.moved_to(two.dir.path().join(format!("{kind} {field}")));
        copy(&closed.folder, &stolen.folder);
        let (seq, body) = logged(&stolen.folder, kind, &id);
        let sql = "UPDATE log SET body = ?1 WHERE seq = ?2";
        intrude(
            &stolen.folder,
            "log",
            sql,
            rusqlite::params![digit(&body, field), seq],
        );
        let stolen = stolen.open(surroundings()).await;
        assert!(proven(&stolen, 1).is_err(), "{kind} {field}");
        assert!(stolen.node.store().verify().is_err());
    }
    let receiver = closed.open(surroundings()).await;
    assert_eq!(proven(&receiver, 1).unwrap(), 3);
}
