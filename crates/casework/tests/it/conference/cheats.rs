//! What the rules of a conference hold against those who mean ill.

mod ledger;

use hefu_casework::conference::{
    Escalation, ItemKind, ItemState, LegState, Line, PartyCode, RoundEnd, Stage,
};

use super::*;

fn closed(end: RoundEnd) -> Word {
    Word::Closed { round: 1, end }
}

fn failed() -> LegNews {
    LegNews::Failed {
        code: "peer_cut".into(),
    }
}

fn no_counts() -> Private {
    Private::Counts(hefu_casework::conference::Counts {
        round: 1,
        cells: vec![],
    })
}

fn rerun(leg: Leg) -> Word {
    Word::Rerun {
        round: 1,
        leg,
        reason: text("网络已恢复"),
    }
}

fn line(item: u8) -> Line {
    Line {
        item: Hex([item; 16]),
        kind: ItemKind::Referral,
        from: node(1),
        to: node(2),
        letter: None,
        round: None,
        opened: date(2026, 10, 20),
        due: None,
        state: ItemState::Open,
        outcome: None,
        closed: None,
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    }
}

/// Every leg done, in sessions that begin with this one.
fn run_all(table: &mut Table, of: &Framework, round: u32, session: u8) {
    let [to_first, to_second, to_third] = legs(of);
    for (seeds, leg, receipt) in [
        ([1, 2], to_first, receipt(session, 10, 20)),
        ([1, 2], to_second, receipt(session + 1, 20, 10)),
        ([2, 3], to_third, receipt(session + 2, 30, 20)),
    ] {
        for seed in seeds {
            let news = LegNews::Done(receipt);
            table.say(seed, Word::Leg { round, leg, news }).unwrap();
        }
    }
}

fn done(of: &Framework) -> Table {
    let mut table = Table::begun(of);
    run_all(&mut table, of, 1, 1);
    table
}

impl Table {
    fn reports(&mut self, seed: u8) -> Result<Hex<32>, Fault> {
        self.enclose(seed, Word::Reported { round: 1 }, &no_counts())
    }

    fn gets_ready(&mut self, round: u32, seed: u8) {
        let joined = self.joined(round, seed);
        self.say(seed, joined).unwrap();
        let frozen = self.freezes(round, seed);
        self.say(seed, frozen).unwrap();
    }
}

/// A session stands on the record as soon as one of its parties has its receipt. Two others, who have no part in it,
/// say that theirs was that one, and the leg of the two honest ones differs for good.
#[test]
fn two_that_collude_do_not_take_the_session_of_two_others() {
    let mut of = framework();
    of.members.push(seat(4));
    of.annexes[1].agreement = pair(3, 4);
    let mut table = Table::seated();
    table.say(OFFICE, enrolled(4)).unwrap();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    for seed in [1, 2, 3, 4] {
        table.say(seed, Word::Signed(of.digest())).unwrap();
    }
    let announced = table.announcement(&of);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
    for seed in [1, 2, 3, 4] {
        table.gets_ready(1, seed);
    }
    table.say(OFFICE, Table::begins(1, [1, 2, 3, 4])).unwrap();
    let honest = Leg {
        annex: annex(&of, 0),
        receiver: 0,
    };
    let theirs = Leg {
        annex: annex(&of, 1),
        receiver: 0,
    };
    table.tells(1, honest, LegNews::Done(receipt(1, 10, 20))).unwrap();
    for seed in [3, 4] {
        table
            .tells(seed, theirs, LegNews::Done(receipt(1, 30, 40)))
            .unwrap();
    }
    table.tells(2, honest, LegNews::Done(receipt(1, 10, 20))).unwrap();
    assert_eq!(table.leg_code(&honest), ("done", None));
}

/// What was rejected on record is over: its author has said something else under that number since.
#[test]
fn what_was_rejected_is_not_taken_later() {
    let of = framework();
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    let signs = table.entry(1, Word::Signed(of.digest()));
    let rejection = rejected(1, signs.digest(), Fault::OutOfTime);
    table.say(OFFICE, rejection).unwrap();
    let refuses = table.entry(
        1,
        Word::Refused {
            framework: of.digest(),
            reason: text("条款有误"),
        },
    );
    // The office has both, of one number, and chooses.
    table.refuses_entry(signs, 1, None, Fault::SaidBefore);
    table.place(refuses, 1, None).unwrap();
}

/// An entry stands on record, and the office says on record that it was not taken.
#[test]
fn what_is_on_record_is_not_rejected() {
    let of = framework();
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    let taken = table.say(1, Word::Signed(of.digest())).unwrap();
    let rejection = rejected(1, taken, Fault::BearsNumber);
    table.refuses(OFFICE, rejection, Fault::SaidBefore);
}

/// The digest of nothing that the member ever wrote: after 64 of these all that it says may go without a word.
#[test]
fn the_office_does_not_reject_what_nobody_wrote() {
    let mut table = Table::seated();
    let Word::Rejected { signature, .. } = rejected(2, Hex([77; 32]), Fault::BearsNumber) else {
        unreachable!()
    };
    let invented = Word::Rejected {
        author: node(1),
        entry: Hex([77; 32]),
        signature,
        fault: Fault::BearsNumber,
    };
    table.refuses(OFFICE, invented, Fault::Unsigned);
}

/// Section 4: no other round may be freezing or running in its time. By a re-run the first runs again.
#[test]
fn no_leg_runs_again_when_another_round_is_freezing() {
    let of = framework();
    let mut table = Table::begun(&of);
    for leg in legs(&of) {
        table.tells(2, leg, failed()).unwrap();
    }
    let announced = table.announcement(&of);
    if table.say(OFFICE, Word::Announced(announced)).is_ok() {
        let _ = table.say(OFFICE, rerun(legs(&of)[0]));
        let at_work =
            |round: &&Round| matches!(round.stage(), Stage::Announced | Stage::Frozen | Stage::Running);
        assert_eq!(table.state.rounds().filter(at_work).count(), 1);
    }
}

/// Nor does a forgotten round begin.
#[test]
fn a_round_does_not_begin_when_its_time_is_over_and_another_is_freezing() {
    let of = framework();
    let mut table = Table::frozen(&of);
    table.now = at("2026-11-08T01:00:00Z");
    let announced = table.announcement(&of);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
    assert!(table.say(OFFICE, Table::begins(1, [1, 2, 3])).is_err());
}

/// An annex has a number of rounds a month, which is a bound. A second round in it can be had, as one that corrects the
/// first, where two were agreed.
#[test]
fn there_are_no_more_rounds_in_a_month_than_an_annex_has() {
    let mut of = framework();
    of.annexes[0].agreement.rounds_a_month = 1;
    of.annexes[1].agreement.rounds_a_month = 2;
    let mut table = done(&of);
    // In Beijing October ends at 16:00.
    table.now = at("2026-10-31T15:59:59Z");
    let second = table.announcement(&of);
    assert_eq!(second.annexes, [annex(&of, 1)]);
    let mut both = second.clone();
    both.annexes.push(annex(&of, 0));
    both.annexes.sort_unstable();
    table.refuses(OFFICE, Word::Announced(both), Fault::AnnouncementWrong);
    let mut later = table.clone();
    later.now = at("2026-10-31T16:00:00Z");
    assert_eq!(later.announcement(&of).annexes.len(), 2);
    table.say(OFFICE, Word::Announced(second)).unwrap();
    let off = Word::Closed {
        round: 2,
        end: RoundEnd::CalledOff,
    };
    table.say(OFFICE, off).unwrap();
    let third = table
        .state
        .announcement(&of.digest(), months("2026-07", "2026-10"), table.now);
    assert_eq!(third, Err(Fault::AnnouncementWrong));
}

/// The office dates an announcement back behind what it has said itself, and begins at once: nobody had the hours
/// that were agreed.
#[test]
fn the_offices_clock_does_not_go_back() {
    let of = framework();
    let mut table = Table::signed(&of);
    table.now = at("2026-10-05T01:00:00Z");
    let announced = table.announcement(&of);
    assert!(table.say(OFFICE, Word::Announced(announced)).is_err());
}

/// Next year's text is signed ahead. Until it is valid, this year's binds.
#[test]
fn an_amendment_that_is_not_valid_yet_unbinds_nobody() {
    let of = framework();
    let mut table = Table::signed(&of);
    let mut next = Framework {
        edition: 2,
        amends: Some(of.digest()),
        valid_from: date(2027, 9, 1),
        expires: date(2028, 9, 30),
        ..of.clone()
    };
    for annex in &mut next.annexes {
        (annex.agreement.valid_from, annex.agreement.expires) = (next.valid_from, next.expires);
    }
    table.say(OFFICE, Word::Drafted(Box::new(next.clone()))).unwrap();
    for seed in [1, 2, 3] {
        table.say(seed, Word::Signed(next.digest())).unwrap();
    }
    let announced = table
        .state
        .announcement(&of.digest(), months("2026-07", "2026-10"), table.now);
    assert!(announced.is_ok());
}

/// Section 5: whoever was missing can join and freeze. It freezes, declines, waits for the sizes of the others, and
/// joins when pairs run: it is there at once, and as if it had been in time.
#[test]
fn whoever_comes_back_when_pairs_run_is_late() {
    let of = framework();
    let mut table = Table::frozen(&of);
    let declined = Word::Declined {
        round: 1,
        reason: text("系统升级"),
    };
    table.say(3, declined).unwrap();
    table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    let joined = table.joined(1, 3);
    table.say(3, joined).unwrap();
    let party = &table.round(1).parties[&node(3)];
    assert!(
        party.frozen.is_none() || party.code() == PartyCode::Late,
        "{:?}",
        party.code()
    );
}

/// A seat beside another's, whose name looks the same.
#[test]
fn two_seats_do_not_have_names_that_look_alike() {
    let mut table = Table::seated();
    let alike = Seat {
        name: format!("{}\u{3000}", seat(1).name),
        node_key: node(4),
        ..seat(1)
    };
    let word = Word::Enrolled(Enrolled {
        card: card(&alike),
        seat: alike,
    });
    table.refuses(OFFICE, word, Fault::SeatWrong);
}

/// What was called off, or is not held, is nothing to run under.
#[test]
fn there_is_no_agreement_of_a_round_that_was_called_off() {
    let of = framework();
    let mut table = Table::frozen(&of);
    table.say(OFFICE, closed(RoundEnd::CalledOff)).unwrap();
    assert_eq!(table.state.signed_agreement(1, &annex(&of, 0)), None);
}

/// The state has it that a member left for a reason, in the office's words, as if it had said so itself.
#[test]
fn who_was_removed_has_not_left() {
    let table = Table::seated();
    let left = |by: u8| {
        let mut table = table.clone();
        let word = Word::Left {
            member: node(1),
            reason: text("自愿退出"),
        };
        table.say(by, word).unwrap();
        table.state.seat(&node(1)).cloned()
    };
    assert_ne!(left(1), left(OFFICE));
}

/// One that has reported by a clock that is ahead says nothing of legs that run still.
#[test]
fn nobody_reports_by_a_clock_that_is_ahead_of_the_record() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, ..] = legs(&of);
    table.tells(2, to_first, LegNews::Began {}).unwrap();
    for seed in [1, 2, 3] {
        let entry = Entry {
            at: at("2026-10-14T01:00:00Z"),
            ..table.enclosing(
                seed,
                Word::Reported { round: 1 },
                &no_counts(),
                &nodes([seed, OFFICE]),
            )
        };
        let _ = table.place(entry, seed, Some(&no_counts()));
    }
    assert_eq!(table.round(1).legs[&to_first].state, LegState::Running);
    // The office's clock has never shown a time after `run_until`.
    assert!(table.say(OFFICE, closed(RoundEnd::Completed)).is_err());
    assert_eq!(table.round(1).stage(), Stage::Running);
}

/// The record has a word of the office from after `run_until`. Whoever was absent dates itself back, and the reports
/// of the others are taken back by it.
#[test]
fn nobody_comes_late_by_a_clock_that_is_behind_the_record() {
    let of = framework();
    let mut table = Table::announced(&of);
    for seed in [1, 2] {
        table.gets_ready(1, seed);
    }
    table.now = at("2026-10-11T01:00:00Z");
    table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    for leg in &legs(&of)[..2] {
        table.tells(2, *leg, failed()).unwrap();
    }
    for seed in [1, 2] {
        table.reports(seed).unwrap();
    }
    table.now = at("2026-10-20T01:00:00Z");
    table.say(OFFICE, enrolled(4)).unwrap();
    table.now = at("2026-10-12T01:00:00Z");
    let joined = table.joined(1, 3);
    if table.say(3, joined).is_ok() {
        let frozen = table.freezes(1, 3);
        assert_eq!(table.say(3, frozen), Err(Fault::OutOfTime));
    }
}

/// Section 1: whoever writes next has seen one of two records, and its entry stands on no other. A member that says
/// that it has read less than it said before stands on both.
#[test]
fn nobody_has_read_less_than_before() {
    let of = framework();
    let mut table = Table::signed(&of);
    let unread = Entry {
        seen: Head::NONE,
        ..table.entry(
            1,
            Word::Left {
                member: node(1),
                reason: text("机构合并"),
            },
        )
    };
    table.refuses_entry(unread, 1, None, Fault::Forked);
}

/// No clock and no number beyond what can be is a panic.
#[test]
fn times_at_the_ends_of_the_calendar_are_refused_or_taken() {
    let of = framework();
    for now in [Timestamp::MIN, Timestamp::MAX] {
        for mut table in [
            Table::signed(&of),
            Table::announced(&of),
            Table::frozen(&of),
            done(&of),
        ] {
            table.now = now;
            let _ = table
                .state
                .announcement(&of.digest(), months("2026-07", "2026-10"), now);
            let _ = of.next_round(now);
            for (freeze_by, run_until) in [(Timestamp::MAX, Timestamp::MAX), (Timestamp::MIN, Timestamp::MAX)]
            {
                let announced = Announced {
                    round: 2,
                    framework: of.digest(),
                    months: months("2026-07", "2026-10"),
                    annexes: vec![annex(&of, 0)],
                    freeze_by,
                    run_until,
                    review_until: date(9999, 12, 31),
                };
                assert!(table.say(OFFICE, Word::Announced(announced)).is_err());
            }
            let _ = table.say(OFFICE, Table::begins(1, [1, 2, 3]));
            if table.state.round(1).is_some() {
                let _ = table.reports(1);
            }
            let _ = table.say(1, Word::Signed(of.digest()));
            let _ = table.say(OFFICE, closed(RoundEnd::Completed));
            let _ = table.state.public_digest();
        }
    }
}

/// The neutral point of the curve: by it one signature holds for everything, and whoever has that seat can deny all
/// that it says, or anybody can say it.
#[test]
fn a_key_by_which_anybody_signs_has_no_seat() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut signature = [0; 64];
    signature[0] = 1;
    let weak = Seat {
        node_key: Hex(neutral),
        ..seat(4)
    };
    let mut table = Table::seated();
    let word = Word::Enrolled(Enrolled {
        card: card(&weak),
        seat: weak,
    });
    if table.say(OFFICE, word).is_ok() {
        let entry = Entry {
            author: Hex(neutral),
            ..table.entry(
                4,
                Word::Left {
                    member: Hex(neutral),
                    reason: text("机构合并"),
                },
            )
        };
        let forged = SignedEntry {
            entry,
            signature: Hex(signature),
        };
        assert!(table.state.check(&forged, None).is_err());
    }
}

/// Section 3: whoever left has no part in what it had part in. Enrolled again, it speaks of a leg of a round that it
/// had left, and the leg comes to something else.
#[test]
fn whoever_left_a_round_has_no_word_in_it_any_more() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, ..] = legs(&of);
    table.tells(1, to_first, failed()).unwrap();
    let leaves = Word::Left {
        member: node(2),
        reason: text("机构合并"),
    };
    table.say(2, leaves).unwrap();
    table.say(OFFICE, enrolled(2)).unwrap();
    assert_eq!(table.leg_code(&to_first), ("failed", Some("peer_cut")));
    let _ = table.tells(2, to_first, LegNews::Done(receipt(1, 10, 20)));
    assert_eq!(table.leg_code(&to_first), ("failed", Some("peer_cut")));
}

/// The office rejects what it has not come to yet, and takes it when its author has written something else instead.
#[test]
fn what_was_rejected_ahead_of_its_number_is_not_taken_later() {
    let of = framework();
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    let first = table.entry(1, Word::Items {});
    let second = Entry {
        number: first.number + 1,
        ..table.entry(1, Word::Signed(of.digest()))
    };
    let rejection = rejected(1, second.digest(), Fault::Numbering);
    table.say(OFFICE, rejection).unwrap();
    let lines = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &lines).unwrap();
    assert_eq!(table.state.next_number(&node(1)), second.number);
    table.refuses_entry(second, 1, None, Fault::SaidBefore);
}

/// 2,000 entries of a member on a day, whatever it says the day is; what is rejected counts. The next day it goes on, and
/// so it does for a month where the office has said nothing since.
#[test]
fn a_member_puts_no_more_than_so_much_on_the_record_in_a_day() {
    let mut table = Table::seated();
    let private = Private::Items(vec![line(1)]);
    let readers = nodes([1, 2, OFFICE]);
    let say = |table: &mut Table, at: Timestamp| {
        let entry = Entry {
            at,
            ..table.enclosing(1, Word::Items {}, &private, &readers)
        };
        let placed = Placed {
            seq: table.state.head().seq + 1,
            signed: entry.sign(&key(1)).unwrap(),
        };
        table.state.apply(&placed, None)
    };
    let today = table.now;
    let later = |days: i64| today + jiff::SignedDuration::from_hours(24 * days);
    table
        .say(OFFICE, rejected(1, Hex([1; 32]), Fault::Malformed))
        .unwrap();
    for _ in 1..2_000 {
        say(&mut table, today).unwrap();
    }
    assert_eq!(say(&mut table, today), Err(Fault::TooMany));
    assert_eq!(say(&mut table, later(-1)), Err(Fault::TooMany));
    table.refuses(OFFICE, rejected(1, Hex([2; 32]), Fault::TooMany), Fault::TooMany);
    table
        .say(OFFICE, rejected(2, Hex([2; 32]), Fault::Malformed))
        .unwrap();
    say(&mut table, later(1)).unwrap();
    // That day has not been counted to its end, and the one before does not come back.
    say(&mut table, today).unwrap();
    for _ in 0..2_000 {
        say(&mut table, later(31)).unwrap();
    }
    assert_eq!(say(&mut table, later(400)), Err(Fault::TooMany));
    table.now = later(32);
    table
        .say(OFFICE, rejected(2, Hex([3; 32]), Fault::Malformed))
        .unwrap();
    say(&mut table, later(32)).unwrap();
}
