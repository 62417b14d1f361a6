//! Findings, proven and derived anew without the session.

use super::*;

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

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_is_derived_anew_when_the_session_is_gone() {
    let two = Two::start().await;
    let round = two.round().await;
    let closed = two.receiver.close().await;
    let receiver = closed.open(surroundings()).await;
    let node = &receiver.node;
    assert!(node.store().session_seed(&round).unwrap().is_none());
    for seq in 1..=PEOPLE / 2 {
        let explained = node.explain(&round, seq, "审计员").unwrap();
        assert_eq!(explained.proof, Proof::Proven { elements: 3 });
        assert_eq!(explained.derived, Derived::Same);
        assert!(explained.receipt.holds && explained.log_intact);
        assert_eq!(
            explained.finding,
            node.store().findings(&round).unwrap()[seq as usize - 1]
        );
        assert_eq!(explained.rule.unwrap().id.as_str(), "X3");
    }
    // Who looked is on record, of each finding by itself.
    node.explain_to_person(&round, 1, "窗口").unwrap();
    let looked = node.explain(&round, 1, "主任").unwrap().looked;
    let by: Vec<_> = looked
        .iter()
        .map(|noted| (noted.actor.as_str(), noted.kind.as_str()))
        .collect();
    let expected = [
        ("审计员", "finding_explained"),
        ("窗口", "finding_record_made"),
        ("主任", "finding_explained"),
    ];
    assert_eq!(by, expected);
    assert_eq!(node.explain(&round, 2, "主任").unwrap().looked.len(), 2);
    for none in [0, PEOPLE / 2 + 1] {
        assert_eq!(
            node.explain(&round, none, "主任").err().unwrap().code(),
            "node_missing"
        );
    }

    // The records go by a retention of their own: the match stays proven, and is not derived any more.
    let dataset = node.store().datasets().unwrap()[0].id;
    node.delete_dataset(dataset, "主任").unwrap();
    let explained = node.explain(&round, 1, "审计员").unwrap();
    assert_eq!(explained.proof, Proof::Proven { elements: 3 });
    assert_eq!(explained.derived, Derived::RowsDeleted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_since_is_not_explained_away() {
    let two = Two::start().await;
    let round = two.round().await;
    let id = Hex(round).to_string();
    let closed = two.receiver.close().await;
    // No evidence any more.
    let stolen = closed.moved_to(two.dir.path().join("no evidence"));
    copy(&closed.folder, &stolen.folder);
    let gone = "DELETE FROM evidence WHERE round = ?1 AND seq = ?2";
    intrude(&stolen.folder, "evidence", gone, rusqlite::params![round, 0]);
    let stolen = stolen.open(surroundings()).await;
    let explained = stolen.node.explain(&round, 1, "审计员").unwrap();
    assert_eq!(
        (explained.proof, explained.derived),
        (Proof::NothingMatched, Derived::NotProven)
    );
    assert_eq!(
        stolen.node.explain(&round, 2, "审计员").unwrap().derived,
        Derived::Same
    );

    // Another receipt in the log.
    let (seq, body) = logged(&closed.folder, "round_done", &id);
    let at = body.find("\"tags\":\"").unwrap() + 8;
    let other = if body.as_bytes()[at] == b'0' { "1" } else { "0" };
    let changed = [&body[..at], other, &body[at + 1..]].concat();
    let sql = "UPDATE log SET body = ?1 WHERE seq = ?2";
    intrude(&closed.folder, "log", sql, rusqlite::params![changed, seq]);
    let receiver = closed.open(surroundings()).await;
    let explained = receiver.node.explain(&round, 1, "审计员").unwrap();
    assert!(matches!(explained.proof, Proof::Fails { .. }));
    assert!(!explained.receipt.holds && !explained.log_intact);
    assert_eq!(explained.derived, Derived::NotProven);
}
