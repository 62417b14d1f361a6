//! Rounds: announced, joined, frozen, begun, reported, closed.

use hefu_casework::SignedAgreement;
use hefu_casework::conference::{LegState, PartyCode, RoundEnd, Stage};

use super::*;

fn declined(reason: &str) -> Word {
    Word::Declined {
        round: 1,
        reason: text(reason),
    }
}

fn reported() -> Word {
    Word::Reported { round: 1 }
}

pub(super) fn closed(end: RoundEnd) -> Word {
    Word::Closed { round: 1, end }
}

impl Table {
    fn code(&self, seed: u8) -> PartyCode {
        self.round(1).parties[&node(seed)].code()
    }

    /// A report without findings.
    pub(super) fn report(&mut self, seed: u8) -> Result<Hex<32>, Fault> {
        self.enclose(seed, reported(), &no_counts())
    }

    /// Every leg done, as it was frozen.
    pub(super) fn done(framework: &Framework) -> Table {
        let mut table = Table::begun(framework);
        let [to_first, to_second, to_third] = legs(framework);
        for (seeds, leg, receipt) in [
            ([1, 2], to_first, receipt(1, 10, 20)),
            ([1, 2], to_second, receipt(2, 20, 10)),
            ([2, 3], to_third, receipt(3, 30, 20)),
        ] {
            for seed in seeds {
                table.tells(seed, leg, LegNews::Done(receipt)).unwrap();
            }
        }
        table
    }
}

fn no_counts() -> Private {
    Private::Counts(hefu_casework::conference::Counts {
        round: 1,
        cells: vec![],
    })
}

/// By hand: of one rule, three months and none, key groups and others, public and withheld, 16 counts a leg: 560 of 35 legs.
#[test]
fn no_round_is_announced_of_which_a_member_could_not_report() {
    let one = framework().annexes.swap_remove(0);
    let annex = |at: u8| {
        let mut annex = one.clone();
        annex.code = text(&format!("附件{at}"));
        annex.agreement.number = format!("{}之{at}", annex.agreement.number);
        annex.agreement.receivers = vec![0];
        annex
    };
    let of = Framework {
        annexes: (1..=36).map(annex).collect(),
        ..framework()
    };
    let table = Table::signed(&of);
    let tries = |change: &dyn Fn(&mut Announced)| {
        let mut announced = table.announcement(&of);
        change(&mut announced);
        table.clone().say(OFFICE, Word::Announced(announced)).map(|_| ())
    };
    assert_eq!(tries(&|_| {}), Err(Fault::RoundTooLarge));
    assert_eq!(tries(&|a| a.annexes.truncate(35)), Ok(()));
    // Of two months and none these are 432.
    assert_eq!(tries(&|a| a.months = months("2026-08", "2026-10")), Ok(()));
}

#[test]
fn a_round_is_announced_within_what_was_signed() {
    let of = framework();
    let mut table = Table::signed(&of);
    // By the schedule: 72 and 48 hours from 01:00, and twenty days of review from the 13th.
    let good = Announced {
        round: 1,
        framework: of.digest(),
        months: months("2026-07", "2026-10"),
        annexes: {
            let mut annexes = vec![annex(&of, 0), annex(&of, 1)];
            annexes.sort_unstable();
            annexes
        },
        freeze_by: at("2026-10-11T01:00:00Z"),
        run_until: at("2026-10-13T01:00:00Z"),
        review_until: date(2026, 11, 2),
    };
    assert_eq!(table.announcement(&of), good);
    type Change = fn(&mut Announced);
    let wrong: [Change; 15] = [
        |a| a.round = 2,
        |a| a.months = months("2026-10", "2026-12"),
        |a| a.annexes.clear(),
        |a| a.annexes.reverse(),
        |a| a.annexes = vec![a.annexes[0], a.annexes[0]],
        |a| a.annexes = vec![Hex([1; 32])],
        // Members agreed to 72 and 48 hours; one may have gone by on the way.
        |a| a.freeze_by = at("2026-10-10T23:59:59Z"),
        |a| a.run_until = at("2026-10-12T23:59:59Z"),
        |a| a.freeze_by = at("2026-10-08T01:00:00Z"),
        |a| a.run_until = a.freeze_by,
        |a| a.review_until = date(2026, 11, 1),
        |a| a.review_until = date(2027, 10, 15),
        // 92 days and a second later.
        |a| a.run_until = at("2027-01-08T01:00:01Z"),
        |a| (a.run_until, a.review_until) = (at("2027-09-30T16:00:00Z"), date(2027, 12, 1)),
        |a| a.months.to = a.months.from,
    ];
    for (i, change) in wrong.into_iter().enumerate() {
        let mut announced = good.clone();
        change(&mut announced);
        let entry = table.entry(OFFICE, Word::Announced(announced));
        let placed = entry.sign(&key(OFFICE)).unwrap();
        assert_eq!(
            table.state.check(&placed, None),
            Err(Fault::AnnouncementWrong),
            "{i}"
        );
    }
    let unknown = Announced {
        framework: Hex([1; 32]),
        ..good.clone()
    };
    table.refuses(OFFICE, Word::Announced(unknown), Fault::FrameworkUnknown);
    table.say(OFFICE, Word::Announced(good)).unwrap();
    assert_eq!(table.round(1).stage(), Stage::Announced);
    assert!(table.round(1).parties.keys().copied().eq(nodes([1, 2, 3])));
    assert!(table.round(1).legs.keys().copied().eq({
        let mut legs = legs(&of);
        legs.sort_unstable();
        legs
    }));
}

#[test]
fn those_who_have_signed_can_start() {
    let of = framework();
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    table.say(1, Word::Signed(of.digest())).unwrap();
    let announcement = |table: &Table| {
        let months = months("2026-07", "2026-10");
        table.state.announcement(&of.digest(), months, table.now)
    };
    assert_eq!(announcement(&table), Err(Fault::AnnouncementWrong));
    table.say(2, Word::Signed(of.digest())).unwrap();
    let announced = announcement(&table).unwrap();
    assert_eq!(announced.annexes, [annex(&of, 0)]);
    let mut both = announced.clone();
    both.annexes.push(annex(&of, 1));
    both.annexes.sort_unstable();
    table.refuses(OFFICE, Word::Announced(both), Fault::AnnouncementWrong);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
    assert!(table.round(1).parties.keys().copied().eq(nodes([1, 2])));
    // Its pairs are announced without it.
    table.say(3, Word::Signed(of.digest())).unwrap();
    let uninvited = Word::Joined(Joined {
        round: 1,
        consents: vec![],
    });
    table.refuses(3, uninvited, Fault::RoundUnknown);
}

#[test]
fn one_round_freezes_and_runs_at_a_time() {
    let of = framework();
    let mut table = Table::announced(&of);
    let announced = table.announcement(&of);
    assert_eq!(announced.round, 2);
    table.refuses(OFFICE, Word::Announced(announced.clone()), Fault::RoundElsewhere);
    table.now = at("2026-11-08T01:00:00Z");
    // The first was forgotten: its time is over.
    let announced = table.announcement(&of);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
    let mut table = Table::done(&of);
    assert_eq!(table.round(1).stage(), Stage::InReview);
    let announced = table.announcement(&of);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
}

#[test]
fn a_member_joins_by_signing_what_its_annexes_come_to() {
    let of = framework();
    let mut table = Table::announced(&of);
    let Word::Joined(good) = table.joined(1, 2) else {
        unreachable!()
    };
    assert_eq!(good.consents.len(), 2);
    let consents = |change: &dyn Fn(&mut Vec<Consent>)| {
        let mut joined = good.clone();
        change(&mut joined.consents);
        Word::Joined(joined)
    };
    let [first, second] = good.consents[..] else {
        unreachable!()
    };
    for word in [
        consents(&|consents| consents.truncate(1)),
        consents(&|consents| consents.push(first)),
        consents(&|consents| consents.reverse()),
        consents(&|consents| consents[0].signature = second.signature),
    ] {
        table.refuses(2, word, Fault::ConsentWrong);
    }
    // Another's signature.
    let theirs = table.joined(1, 1);
    table.refuses(2, theirs, Fault::ConsentWrong);
    table.refuses(
        2,
        Word::Joined(Joined {
            round: 2,
            ..good.clone()
        }),
        Fault::RoundUnknown,
    );
    table.say(2, Word::Joined(good.clone())).unwrap();
    table.refuses(2, Word::Joined(good), Fault::SaidBefore);
    assert_eq!(table.code(2), PartyCode::Joined);
    assert_eq!(table.state.signed_agreement(1, &annex(&of, 0)), None);
    let joined = table.joined(1, 1);
    table.say(1, joined).unwrap();
    // There is none to run under before pairs may run.
    assert_eq!(table.state.signed_agreement(1, &annex(&of, 0)), None);
    for seed in [1, 2] {
        let frozen = table.freezes(1, seed);
        table.say(seed, frozen).unwrap();
    }
    table.say(3, declined("系统升级")).unwrap();
    table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    let signed = table.state.signed_agreement(1, &annex(&of, 0)).unwrap();
    let narrowed = table.state.narrowed(1, &annex(&of, 0)).unwrap();
    assert_eq!(signed.agreement(), &narrowed);
    assert_eq!(SignedAgreement::parse(&signed.to_bytes()).unwrap(), signed);
    // Both sides have the same bytes, whatever they have opened, and others derive them too.
    assert_eq!(replay(&table.log).narrowed(1, &annex(&of, 0)), Some(narrowed));
    assert_eq!(table.state.narrowed(1, &Hex([1; 32])), None);
    let leaves = Word::Left {
        member: node(1),
        reason: text("机构合并"),
    };
    table.say(1, leaves).unwrap();
    assert_eq!(table.state.signed_agreement(1, &annex(&of, 0)), None);
}

#[test]
fn a_member_can_change_its_mind_until_pairs_begin() {
    let of = framework();
    let mut table = Table::announced(&of);
    table.say(1, declined("系统升级")).unwrap();
    table.refuses(1, declined("系统升级"), Fault::SaidBefore);
    assert_eq!(table.code(1), PartyCode::Declined);
    let [to_first, _, to_third] = legs(&of);
    assert_eq!(table.leg_code(&to_first), ("not_run", Some("not_run_declined")));
    assert_eq!(table.leg_code(&to_third), ("waiting", None));
    let frozen = table.freezes(1, 1);
    table.refuses(1, frozen.clone(), Fault::RoundElsewhere);
    let joined = table.joined(1, 1);
    table.say(1, joined).unwrap();
    assert_eq!(table.leg_code(&to_first), ("waiting", None));
    table.say(1, frozen).unwrap();
    for seed in [2, 3] {
        let (joined, frozen) = (table.joined(1, seed), table.freezes(1, seed));
        table.say(seed, joined).unwrap();
        table.say(seed, frozen).unwrap();
    }
    assert_eq!(table.round(1).stage(), Stage::Frozen);
    table.say(OFFICE, Table::begins(1, [1, 2, 3])).unwrap();
    table.refuses(1, declined("系统升级"), Fault::RoundElsewhere);
}

#[test]
fn what_is_frozen_is_of_each_leg_and_within_the_agreed_size() {
    let of = framework();
    let mut table = Table::announced(&of);
    let Word::Frozen(good) = table.freezes(1, 2) else {
        unreachable!()
    };
    assert_eq!(good.sets.len(), 3);
    table.refuses(2, Word::Frozen(good.clone()), Fault::RoundElsewhere);
    let joined = table.joined(1, 2);
    table.say(2, joined).unwrap();
    let sets = |change: &dyn Fn(&mut Vec<SetSize>)| {
        let mut frozen = good.clone();
        change(&mut frozen.sets);
        Word::Frozen(frozen)
    };
    let others = legs(&of)[0];
    for word in [
        sets(&|sets| sets.truncate(2)),
        sets(&|sets| sets.reverse()),
        sets(&|sets| sets[0].leg.receiver = 7),
        sets(&|sets| {
            sets.push(SetSize {
                leg: others,
                elements: 1,
            });
        }),
    ] {
        table.refuses(2, word, Fault::LegUnknown);
    }
    // The agreement has 100,000.
    table.refuses(2, sets(&|sets| sets[1].elements = 100_001), Fault::TooMany);
    table.say(2, sets(&|sets| sets[1].elements = 100_000)).unwrap();
    table.refuses(2, Word::Frozen(good), Fault::SaidBefore);
    assert_eq!(table.code(2), PartyCode::Frozen);
}

#[test]
fn pairs_begin_when_all_have_answered_or_the_time_has_come() {
    let of = framework();
    let mut table = Table::announced(&of);
    for seed in [1, 2] {
        let (joined, frozen) = (table.joined(1, seed), table.freezes(1, seed));
        table.say(seed, joined).unwrap();
        table.say(seed, frozen).unwrap();
    }
    table.refuses(OFFICE, Table::begins(1, [1, 2]), Fault::OutOfTime);
    let mut answered = table.clone();
    answered.say(3, declined("本月无数据")).unwrap();
    answered.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    assert_eq!(answered.code(3), PartyCode::Declined);

    let joined = table.joined(1, 3);
    table.say(3, joined).unwrap();
    table.now = at("2026-10-11T00:59:59Z");
    table.refuses(OFFICE, Table::begins(1, [1, 2]), Fault::OutOfTime);
    table.now = at("2026-10-11T01:00:00Z");
    table.refuses(OFFICE, Table::begins(1, [1, 2, 3]), Fault::RoundElsewhere);
    table.refuses(OFFICE, Table::begins(1, [1]), Fault::RoundElsewhere);
    table.refuses(OFFICE, Table::begins(2, [1, 2]), Fault::RoundUnknown);
    table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    table.refuses(OFFICE, Table::begins(1, [1, 2]), Fault::RoundElsewhere);
    assert_eq!(table.code(3), PartyCode::Absent);
    let [to_first, _, to_third] = legs(&of);
    assert_eq!(table.leg_code(&to_first), ("waiting", None));
    assert_eq!(table.leg_code(&to_third), ("not_run", Some("not_run_not_frozen")));
}

#[test]
fn whoever_comes_late_runs_where_the_text_admits_it() {
    for (late, fault) in [(Late::Admitted, None), (Late::NextRound, Some(Fault::OutOfTime))] {
        let of = Framework { late, ..framework() };
        let mut table = Table::announced(&of);
        for seed in [1, 2] {
            let (joined, frozen) = (table.joined(1, seed), table.freezes(1, seed));
            table.say(seed, joined).unwrap();
            table.say(seed, frozen).unwrap();
        }
        table.now = at("2026-10-11T01:00:00Z");
        table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
        let leg = legs(&of)[2];
        assert_eq!(table.leg_code(&leg), ("not_run", Some("not_run_not_joined")));
        let (joined, frozen) = (table.joined(1, 3), table.freezes(1, 3));
        if let Some(fault) = fault {
            table.refuses(3, joined, fault);
            continue;
        }
        let mut too_late = table.clone();
        too_late.now = at("2026-10-13T01:00:01Z");
        too_late.refuses(3, joined.clone(), Fault::OutOfTime);
        table.say(3, joined).unwrap();
        let before = table.state.head();
        table.say(3, frozen).unwrap();
        assert_eq!(table.code(3), PartyCode::Late);
        assert_eq!(table.leg_code(&leg), ("waiting", None));
        // Whoever had not read that it has come speaks of something else.
        let early = Entry {
            seen: before,
            ..table.entry(
                2,
                Word::Leg {
                    round: 1,
                    leg,
                    news: LegNews::Began {},
                },
            )
        };
        table.refuses_entry(early, 2, None, Fault::OutOfTime);
        table.tells(2, leg, LegNews::Began {}).unwrap();
    }
}

#[test]
fn there_is_no_round_without_all_where_the_text_has_it_so() {
    let of = Framework {
        absent: Absent::NotAtAll,
        ..framework()
    };
    let mut table = Table::announced(&of);
    for seed in [1, 2] {
        let (joined, frozen) = (table.joined(1, seed), table.freezes(1, seed));
        table.say(seed, joined).unwrap();
        table.say(seed, frozen).unwrap();
    }
    table.now = at("2026-10-11T01:00:00Z");
    table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    let closing = table.round(1).closed.clone().unwrap();
    assert_eq!(
        (closing.end, closing.head),
        (RoundEnd::NotHeld, table.state.head())
    );
    for leg in legs(&of) {
        assert_eq!(table.leg_code(&leg), ("not_run", Some("not_run_not_held")));
    }
    table.refuses(1, reported(), Fault::EnclosedWrong);
    assert_eq!(table.report(1), Err(Fault::RoundElsewhere));
    assert_eq!(Table::begun(&of).round(1).stage(), Stage::Running);
}

#[test]
fn a_round_is_reported_and_closed() {
    let of = framework();
    let mut table = Table::begun(&of);
    assert_eq!(table.report(1), Err(Fault::OutOfTime));
    let mut table = Table::done(&of);
    assert_eq!(table.round(1).stage(), Stage::InReview);
    table.refuses(OFFICE, closed(RoundEnd::Completed), Fault::OutOfTime);
    for seed in [1, 2, 3] {
        table.report(seed).unwrap();
        assert_eq!(table.code(seed), PartyCode::Reported);
    }
    // It looks again at what it found, as long as the round is open.
    table.report(1).unwrap();
    assert_eq!(table.round(1).stage(), Stage::Reported);
    table.refuses(OFFICE, closed(RoundEnd::NotHeld), Fault::RoundElsewhere);
    table.say(OFFICE, closed(RoundEnd::Completed)).unwrap();
    table.refuses(OFFICE, closed(RoundEnd::Completed), Fault::SaidBefore);
    assert_eq!(table.round(1).stage(), Stage::Closed);
    assert_eq!(table.report(1), Err(Fault::RoundElsewhere));
}

#[test]
fn a_round_is_closed_when_its_review_is_over() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, to_second, to_third] = legs(&of);
    table.tells(1, to_first, LegNews::Began {}).unwrap();
    table
        .tells(2, to_second, LegNews::Done(receipt(2, 20, 10)))
        .unwrap();
    assert_eq!(table.round(1).stage(), Stage::Running);
    // When the time is over nobody waits for the others.
    table.now = at("2026-10-13T01:00:00Z");
    assert_eq!(table.report(1), Err(Fault::OutOfTime));
    table.now = at("2026-10-13T01:00:01Z");
    table.report(1).unwrap();
    table.now = at("2026-11-02T15:59:59Z");
    table.refuses(OFFICE, closed(RoundEnd::Completed), Fault::OutOfTime);
    table.now = at("2026-11-02T16:00:00Z");
    table.say(OFFICE, closed(RoundEnd::Completed)).unwrap();
    assert_eq!(table.leg_code(&to_first), ("not_run", Some("not_run_time_up")));
    assert_eq!(table.leg_code(&to_second), ("one_sided", None));
    assert_eq!(table.leg_code(&to_third), ("not_run", Some("not_run_time_up")));
    // And no result comes of it afterwards.
    assert_eq!(
        table.tells(1, to_second, LegNews::Done(receipt(2, 20, 10))),
        Err(Fault::RoundElsewhere)
    );
}

#[test]
fn the_office_calls_a_round_off_at_any_time() {
    let of = framework();
    for mut table in [Table::announced(&of), Table::frozen(&of), Table::begun(&of)] {
        table.say(OFFICE, closed(RoundEnd::CalledOff)).unwrap();
        assert_eq!(
            table.leg_code(&legs(&of)[0]),
            ("not_run", Some("not_run_called_off"))
        );
        let joined = table.joined(1, 1);
        table.refuses(1, joined, Fault::RoundElsewhere);
        table.refuses(OFFICE, Table::begins(1, [1, 2, 3]), Fault::RoundElsewhere);
    }
    let mut table = Table::announced(&of);
    table.refuses(OFFICE, closed(RoundEnd::Completed), Fault::RoundElsewhere);
}

#[test]
fn whoever_leaves_half_way_leaves_its_legs_without_result() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, to_second, to_third] = legs(&of);
    for seed in [1, 2] {
        table
            .tells(seed, to_first, LegNews::Done(receipt(1, 10, 20)))
            .unwrap();
    }
    table.tells(2, to_third, LegNews::Began {}).unwrap();
    table
        .tells(1, to_second, LegNews::Done(receipt(2, 20, 10)))
        .unwrap();
    let leaves = Word::Left {
        member: node(2),
        reason: text("机构合并"),
    };
    table.say(2, leaves).unwrap();
    assert_eq!(table.leg_code(&to_first), ("done", None));
    assert_eq!(table.leg_code(&to_second), ("not_run", Some("not_run_left")));
    assert_eq!(table.leg_code(&to_third), ("not_run", Some("not_run_left")));
    assert_eq!(table.code(2), PartyCode::Left);
    for seed in [1, 3] {
        table.report(seed).unwrap();
    }
    table.say(OFFICE, closed(RoundEnd::Completed)).unwrap();
}

#[test]
fn a_report_counts_until_one_of_its_legs_comes_to_something_else() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, to_second, to_third] = legs(&of);
    for leg in [to_first, to_second] {
        table
            .tells(
                1,
                leg,
                LegNews::Failed {
                    code: "peer_cut".into(),
                },
            )
            .unwrap();
    }
    let before = table.state.head();
    table
        .tells(
            2,
            to_third,
            LegNews::Failed {
                code: "peer_cut".into(),
            },
        )
        .unwrap();
    // The third had not read that yet; of the first no leg has changed since.
    let entry = |table: &Table, seed| Entry {
        seen: before,
        ..table.enclosing(seed, reported(), &no_counts(), &nodes([seed, OFFICE]))
    };
    let unread = entry(&table, 3);
    table.refuses_entry(unread, 3, Some(&no_counts()), Fault::OutOfTime);
    let read = entry(&table, 1);
    table.place(read, 1, Some(&no_counts())).unwrap();
    table.report(3).unwrap();
    let again = Word::Rerun {
        round: 1,
        leg: to_third,
        reason: text("网络已恢复"),
    };
    table.say(OFFICE, again).unwrap();
    let has_reported = |seed| table.round(1).parties[&node(seed)].reported;
    assert_eq!([1, 2, 3].map(has_reported), [true, false, false]);
    assert_eq!(table.round(1).stage(), Stage::Running);
    assert_eq!(table.round(1).legs[&to_third].state, LegState::Waiting);
}
