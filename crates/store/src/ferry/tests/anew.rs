//! What is acknowledged, wanted and said once more.

use super::*;

#[test]
fn what_came_last_is_acknowledged_also_where_it_had_come_before() {
    let (_dir, store) = fresh();
    let limits = IncomingLimits { sets: 9, bytes: 1000 };
    for (set, ids) in [
        ([1; 16], vec![[1; 16], [2; 16], [3; 16]]),
        ([2; 16], vec![[4; 16]]),
        ([3; 16], vec![[2; 16], [9; 16]]),
    ] {
        store.begin_set(&coming(&set, 40), limits).unwrap();
        for id in &ids {
            // Also a refused letter was taken; one that can't be read has no id to tell.
            let matter = (*id != [9; 16]).then_some(Matter::Agreement);
            let refused = (*id == [1; 16]).then(|| "abort_policy".to_owned());
            let letter = TakenLetter {
                refused,
                ..taken(*id, matter)
            };
            store.put_taken(&letter, None).unwrap();
        }
        store.end_set(&PEER, &set, &ids, None, &ENTRY).unwrap();
    }
    let latest = |limit| store.latest_taken(&PEER, limit).unwrap();
    assert_eq!(latest(9), [[2; 16], [4; 16], [1; 16], [3; 16]]);
    assert_eq!(latest(2), [[2; 16], [4; 16]]);
    assert_eq!(store.latest_taken(&[9; 32], 9).unwrap(), [[0; 16]; 0]);
}
