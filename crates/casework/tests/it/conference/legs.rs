//! Legs: two parties say what became of one session.

use hefu_casework::conference::{LegState, NotRun};

use super::*;

fn failed(code: &str) -> LegNews {
    LegNews::Failed { code: code.into() }
}

fn rerun(leg: Leg) -> Word {
    Word::Rerun {
        round: 1,
        leg,
        reason: text("网络已恢复"),
    }
}

/// What each of the two says, and what that comes to, in words of the design: equal is done, different is flagged.
#[test]
fn two_ends_come_to_one_state() {
    let of = framework();
    let leg = legs(&of)[0];
    let good = receipt(1, 10, 20);
    let done = LegNews::Done(good);
    let other = |change: fn(&mut LegReceipt)| {
        let mut receipt = good;
        change(&mut receipt);
        LegNews::Done(receipt)
    };
    let began = || LegNews::Began {};
    let differs = |difference| ("differs", Some(difference));
    type Case<'a> = (Vec<LegNews>, Vec<LegNews>, (&'a str, Option<&'a str>));
    let cases: [Case; 14] = [
        (vec![], vec![], ("waiting", None)),
        (vec![began()], vec![], ("running", None)),
        (vec![], vec![began()], ("running", None)),
        (vec![began(), done.clone()], vec![began()], ("one_sided", None)),
        (vec![], vec![done.clone()], ("one_sided", None)),
        (vec![began(), done.clone()], vec![done.clone()], ("done", None)),
        (
            vec![done.clone()],
            vec![other(|r| r.session.0[0] ^= 1)],
            differs("differs_session"),
        ),
        (
            vec![done.clone()],
            vec![other(|r| r.receipt.0[0] ^= 1)],
            differs("differs_receipt"),
        ),
        (
            vec![done.clone()],
            vec![other(|r| r.sender_elements = 21)],
            differs("differs_sizes"),
        ),
        // Both say the same, and not what was frozen.
        (
            vec![other(|r| r.sender_elements = 21)],
            vec![other(|r| r.sender_elements = 21)],
            differs("differs_frozen"),
        ),
        (
            vec![other(|r| r.receiver_elements = 9)],
            vec![other(|r| r.receiver_elements = 9)],
            differs("differs_frozen"),
        ),
        (
            vec![done.clone()],
            vec![failed("peer_cut")],
            differs("differs_end"),
        ),
        (
            vec![failed("abort_proof")],
            vec![began()],
            ("failed", Some("abort_proof")),
        ),
        // The first reason stays.
        (
            vec![failed("abort_proof")],
            vec![failed("peer_cut")],
            ("failed", Some("abort_proof")),
        ),
    ];
    for (i, (receiver, sender, expected)) in cases.into_iter().enumerate() {
        let mut table = Table::begun(&of);
        for (seed, said) in [(1, receiver), (2, sender)] {
            for news in said {
                table.tells(seed, leg, news).unwrap();
            }
        }
        assert_eq!(table.leg_code(&leg), expected, "case {i}");
    }
}

#[test]
fn a_leg_is_told_of_by_its_parties_and_once() {
    let of = framework();
    let [to_first, _, to_third] = legs(&of);
    let mut frozen = Table::frozen(&of);
    assert_eq!(
        frozen.tells(1, to_first, LegNews::Began {}),
        Err(Fault::RoundElsewhere)
    );
    let mut table = Table::begun(&of);
    assert_eq!(
        table.tells(1, to_third, LegNews::Began {}),
        Err(Fault::LegUnknown)
    );
    let none = Leg {
        receiver: 0,
        ..to_third
    };
    assert_eq!(table.tells(2, none, LegNews::Began {}), Err(Fault::LegUnknown));
    for code in ["", "Peer cut", "某人", &"a".repeat(65)] {
        assert_eq!(
            table.tells(1, to_first, failed(code)),
            Err(Fault::Malformed),
            "{code}"
        );
    }
    table.tells(1, to_first, LegNews::Began {}).unwrap();
    assert_eq!(
        table.tells(1, to_first, LegNews::Began {}),
        Err(Fault::SaidBefore)
    );
    table
        .tells(1, to_first, LegNews::Done(receipt(1, 10, 20)))
        .unwrap();
    assert_eq!(
        table.tells(1, to_first, failed("peer_cut")),
        Err(Fault::SaidBefore)
    );
    assert_eq!(
        table.tells(1, to_first, LegNews::Began {}),
        Err(Fault::SaidBefore)
    );
    table.now = at("2026-10-13T01:00:01Z");
    assert_eq!(table.tells(2, to_first, LegNews::Began {}), Err(Fault::OutOfTime));
    // It ended in time and was told later.
    table
        .tells(2, to_first, LegNews::Done(receipt(1, 10, 20)))
        .unwrap();
    assert_eq!(table.leg_code(&to_first), ("done", None));
}

#[test]
fn one_session_is_one_leg_s() {
    let of = framework();
    let [to_first, to_second, _] = legs(&of);
    let mut table = Table::begun(&of);
    for seed in [1, 2] {
        table
            .tells(seed, to_first, LegNews::Done(receipt(1, 10, 20)))
            .unwrap();
    }
    for seed in [1, 2] {
        table
            .tells(seed, to_second, LegNews::Done(receipt(1, 20, 10)))
            .unwrap();
    }
    assert_eq!(table.leg_code(&to_first), ("done", None));
    assert_eq!(table.leg_code(&to_second), ("differs", Some("differs_session")));
}

#[test]
fn what_failed_or_differs_runs_again_three_times_at_most() {
    let of = framework();
    let [to_first, to_second, _] = legs(&of);
    let mut table = Table::begun(&of);
    table.refuses(OFFICE, rerun(to_first), Fault::RoundElsewhere);
    table.tells(1, to_first, LegNews::Began {}).unwrap();
    table.refuses(OFFICE, rerun(to_first), Fault::RoundElsewhere);
    for run in 2..=4 {
        let stale = table.state.head();
        table.tells(2, to_first, failed("peer_cut")).unwrap();
        table.say(OFFICE, rerun(to_first)).unwrap();
        assert_eq!(table.round(1).legs[&to_first].run, run);
        assert_eq!(table.leg_code(&to_first), ("waiting", None));
        // What was on its way of the run before says nothing of this one.
        let late = Entry {
            seen: stale,
            ..table.entry(
                1,
                Word::Leg {
                    round: 1,
                    leg: to_first,
                    news: LegNews::Done(receipt(1, 10, 20)),
                },
            )
        };
        table.refuses_entry(late, 1, None, Fault::OutOfTime);
    }
    table.tells(2, to_first, failed("peer_cut")).unwrap();
    table.refuses(OFFICE, rerun(to_first), Fault::TooMany);
    table
        .tells(1, to_second, LegNews::Done(receipt(2, 20, 10)))
        .unwrap();
    let mut over = table.clone();
    over.now = at("2026-10-13T01:00:01Z");
    over.refuses(OFFICE, rerun(to_second), Fault::OutOfTime);
    table.say(OFFICE, rerun(to_second)).unwrap();
    for seed in [1, 2] {
        table
            .tells(seed, to_second, LegNews::Done(receipt(3, 20, 10)))
            .unwrap();
    }
    table.refuses(OFFICE, rerun(to_second), Fault::RoundElsewhere);
    table.refuses(
        OFFICE,
        rerun(Leg {
            annex: Hex([1; 32]),
            receiver: 0,
        }),
        Fault::LegUnknown,
    );
}

#[test]
fn a_leg_of_who_left_does_not_run_again() {
    let of = framework();
    let [to_first, ..] = legs(&of);
    let mut table = Table::begun(&of);
    table.tells(1, to_first, failed("peer_cut")).unwrap();
    let leaves = Word::Left {
        member: node(2),
        reason: text("机构合并"),
    };
    table.say(OFFICE, leaves).unwrap();
    assert_eq!(table.leg_code(&to_first), ("failed", Some("peer_cut")));
    table.refuses(OFFICE, rerun(to_first), Fault::RoundElsewhere);
}

#[test]
fn states_have_stable_codes() {
    let states = [
        LegState::Waiting,
        LegState::Running,
        LegState::OneSided,
        LegState::Done(receipt(1, 2, 3)),
        LegState::Differs(hefu_casework::conference::Difference::End),
        LegState::Failed("peer_cut".into()),
        LegState::NotRun(NotRun::Left),
    ];
    assert_eq!(states.each_ref().map(LegState::code), LegState::CODES);
    assert_eq!(
        states.each_ref().map(LegState::has_ended),
        [false, false, false, true, true, true, true]
    );
}
