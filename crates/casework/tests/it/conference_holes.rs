//! What the rules of a conference should hold against those who mean ill, and do not yet. Each test fails until its hole
//! is closed; the numbers are those of the review.

use std::collections::BTreeSet;

use hefu_casework::conference::{
    Escalation, ItemKind, ItemState, LegState, Line, MeasureState, PartyCode, Plan, RoundEnd, Stage,
};
use hefu_casework::figures::{self, Published, PublishedRow, Shown, Sum};
use hefu_casework::{Fen, Month};

use super::*;

fn month() -> Month {
    "2026-07".parse().unwrap()
}

fn told(findings: u64) -> Shown {
    Shown::Told(Sum {
        findings,
        fen: Fen(100),
    })
}

/// Figures of one month and one table; no count means that it is withheld.
fn published(total: u64, rows: &[(&str, Option<u64>)]) -> Published<String> {
    let shown = |count: Option<u64>| count.map_or(Shown::Withheld {}, told);
    Published {
        smallest: 5,
        months: vec![month()],
        month_totals: vec![told(total)],
        total: told(total),
        tables: vec![
            rows.iter()
                .map(|(of, count)| PublishedRow {
                    of: (*of).to_owned(),
                    months: vec![shown(*count)],
                    total: shown(*count),
                })
                .collect(),
        ],
    }
}

fn figures_of(round: u32, figures: Published<String>) -> Word {
    Word::Figures { round, figures }
}

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

fn plan(seed: u8, measure: &str) -> Plan {
    Plan {
        item: Hex([1; 16]),
        agency: node(seed),
        role: seat(seed).role,
        measure: text(measure),
        on: date(2026, 11, 1),
        state: MeasureState::Planned,
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

    fn plans(&mut self, seed: u8, plan: Plan, to: &[Hex<32>]) -> Result<Hex<32>, Fault> {
        let private = Private::Plan(plan);
        let entry = self.enclosing(seed, Word::Planned {}, &private, to);
        self.place(entry, seed, Some(&private))
    }

    fn gets_ready(&mut self, round: u32, seed: u8) {
        let joined = self.joined(round, seed);
        self.say(seed, joined).unwrap();
        let frozen = self.freezes(round, seed);
        self.say(seed, frozen).unwrap();
    }
}

/// H1. A session stands on the record as soon as one of its parties has its receipt. Two others, who have no part in it,
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

/// H2. `Framework::smallest`: a count below it follows from no figure. Twelve in all, nine of them in one of two rows.
#[test]
fn figures_from_which_a_small_count_follows_are_not_taken() {
    let mut table = done(&framework());
    let follows = published(12, &[("a", Some(9)), ("b", None)]);
    table.refuses(OFFICE, figures_of(1, follows), Fault::FiguresWrong);
}

/// H2. Nor figures that contradict themselves, by which rows say more than their total.
#[test]
fn figures_that_contradict_themselves_are_not_taken() {
    let mut table = done(&framework());
    let more = published(12, &[("a", Some(9)), ("b", Some(9))]);
    table.refuses(OFFICE, figures_of(1, more), Fault::FiguresWrong);
}

/// H3. Members read the figures, and each knows its own count. Where two rows are withheld, whoever has the one has the
/// other.
#[test]
fn a_member_that_knows_its_own_count_does_not_learn_anothers_small_one() {
    let row = |of, findings| {
        let fen = Fen(100);
        (of, vec![Sum { findings, fen }])
    };
    let table = figures::Table {
        rows: vec![row("1→2", 3), row("2→3", 3), row("3→1", 14), row("3→2", 15)],
    };
    let published = figures::publish(5, &[month()], &[table]).unwrap();
    let withheld = published.tables[0]
        .iter()
        .filter(|row| row.total == Shown::Withheld {})
        .count();
    assert!(
        withheld >= 3,
        "the owner of one row has the other: {withheld} withheld"
    );
}

/// H4. Two rounds about one month, 20 and then 21: the new one is a single person.
#[test]
fn figures_of_two_rounds_do_not_tell_a_single_person() {
    let of = framework();
    let mut table = done(&of);
    table
        .say(OFFICE, figures_of(1, published(20, &[("a", Some(20))])))
        .unwrap();
    table.now = at("2026-11-08T01:00:00Z");
    let announced = table.announcement(&of);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
    for seed in [1, 2, 3] {
        table.gets_ready(2, seed);
    }
    table.say(OFFICE, Table::begins(2, [1, 2, 3])).unwrap();
    run_all(&mut table, &of, 2, 11);
    let one_more = published(21, &[("a", Some(21))]);
    table.refuses(OFFICE, figures_of(2, one_more), Fault::FiguresWrong);
}

/// H5. The two agencies can have a number for the matter before there is a line. The one that was asked tells a measure
/// under it first, to a third; from then on the owner's own measures go to that third.
#[test]
fn who_is_involved_is_decided_by_the_owner_also_before_there_is_a_line() {
    let mut table = Table::seated();
    let _ = table.plans(2, plan(2, "康复训练"), &nodes([1, 2, 3]));
    let private = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &private).unwrap();
    let mine = Private::Plan(plan(1, "临时救助"));
    assert_eq!(table.state.readers(&node(1), &mine), Some(nodes([1, 2])));
}

/// H6. What was rejected on record is over: its author has said something else under that number since.
#[test]
fn what_was_rejected_is_not_taken_later() {
    let of = framework();
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    let signs = table.entry(1, Word::Signed(of.digest()));
    let rejected = Word::Rejected {
        author: node(1),
        entry: signs.digest(),
        fault: Fault::OutOfTime,
    };
    table.say(OFFICE, rejected).unwrap();
    let refuses = table.entry(
        1,
        Word::Refused {
            framework: of.digest(),
            reason: text("条款有误"),
        },
    );
    // The office has both, of one number, and chooses.
    assert!(
        table.place(signs, 1, None).is_err(),
        "taken after it was rejected"
    );
    table.place(refuses, 1, None).unwrap();
}

/// H7. An entry stands on record, and the office says on record that it was not taken.
#[test]
fn what_is_on_record_is_not_rejected() {
    let of = framework();
    let mut table = Table::seated();
    table.say(OFFICE, Word::Drafted(Box::new(of.clone()))).unwrap();
    let taken = table.say(1, Word::Signed(of.digest())).unwrap();
    let rejected = Word::Rejected {
        author: node(1),
        entry: taken,
        fault: Fault::BearsNumber,
    };
    assert!(table.say(OFFICE, rejected).is_err());
}

/// H7. The digest of nothing that the member ever wrote: after 64 of these all that it says may go without a word.
#[test]
fn the_office_does_not_reject_what_nobody_wrote() {
    let mut table = Table::seated();
    let invented = Word::Rejected {
        author: node(1),
        entry: Hex([77; 32]),
        fault: Fault::BearsNumber,
    };
    assert!(table.say(OFFICE, invented).is_err());
}

/// H8. When all have reported after `run_until`, a leg can be one-sided still. Section 3: when its legs have ended.
#[test]
fn figures_are_told_when_all_legs_have_ended() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, to_second, to_third] = legs(&of);
    for leg in [to_second, to_third] {
        table.tells(2, leg, failed()).unwrap();
    }
    table
        .tells(1, to_first, LegNews::Done(receipt(1, 10, 20)))
        .unwrap();
    table.now = at("2026-10-13T01:00:01Z");
    for seed in [1, 2, 3] {
        table.reports(seed).unwrap();
    }
    let figures = figures_of(1, published(20, &[("a", Some(20))]));
    assert_eq!(table.leg_code(&to_first), ("one_sided", None));
    table.refuses(OFFICE, figures, Fault::RoundElsewhere);
}

/// H8. Figures are told once; what they were of can't change afterwards.
#[test]
fn no_leg_runs_again_when_figures_are_out() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, to_second, to_third] = legs(&of);
    for leg in [to_first, to_second, to_third] {
        table.tells(2, leg, failed()).unwrap();
    }
    let figures = figures_of(1, published(20, &[("a", Some(20))]));
    table.say(OFFICE, figures).unwrap();
    assert!(table.say(OFFICE, rerun(to_first)).is_err());
}

/// H8. Section 3: figures of a round unless it was called off.
#[test]
fn a_round_with_figures_is_not_called_off() {
    let mut table = done(&framework());
    let figures = figures_of(1, published(20, &[("a", Some(20))]));
    table.say(OFFICE, figures).unwrap();
    assert!(table.say(OFFICE, closed(RoundEnd::CalledOff)).is_err());
}

/// H9. Section 4: no other round may be freezing or running in its time. By a re-run the first runs again.
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

/// H9. Nor does a forgotten round begin.
#[test]
fn a_round_does_not_begin_when_its_time_is_over_and_another_is_freezing() {
    let of = framework();
    let mut table = Table::frozen(&of);
    table.now = at("2026-11-08T01:00:00Z");
    let announced = table.announcement(&of);
    table.say(OFFICE, Word::Announced(announced)).unwrap();
    assert!(table.say(OFFICE, Table::begins(1, [1, 2, 3])).is_err());
}

/// H10. Rows of figures have labels, which all keep: they are no place for a person, nor for what is not seen.
#[test]
fn labels_of_figures_are_texts_without_numbers() {
    let mut table = done(&framework());
    let with_number = published(20, &[("290101199003074555", Some(20))]);
    table.refuses(OFFICE, figures_of(1, with_number), Fault::BearsNumber);
    let unseen = published(20, &[("\u{202e}\u{0}", Some(20))]);
    table.refuses(OFFICE, figures_of(1, unseen), Fault::FiguresWrong);
}

/// H11. Section 5: findings of a leg that is not done are in no count, figure or line.
#[test]
fn a_line_of_a_round_is_of_a_leg_that_is_done() {
    let of = framework();
    let mut table = Table::begun(&of);
    for leg in legs(&of) {
        table.tells(2, leg, failed()).unwrap();
    }
    let finding = Line {
        kind: ItemKind::Finding,
        round: Some(1),
        ..line(1)
    };
    assert!(
        table
            .enclose(1, Word::Items {}, &Private::Items(vec![finding]))
            .is_err()
    );
}

/// H12. `Annex::agreement`: its number of rounds is a bound for what a round may do. `Schedule`: one a month.
#[test]
fn there_are_no_more_rounds_in_a_month_than_an_annex_has() {
    let mut of = framework();
    for annex in &mut of.annexes {
        annex.agreement.rounds_a_month = 1;
    }
    let mut table = done(&of);
    table.now = at("2026-10-20T01:00:00Z");
    let announced = table.announcement(&of);
    table.refuses(OFFICE, Word::Announced(announced), Fault::AnnouncementWrong);
}

/// H13. The office dates an announcement back behind what it has said itself, and begins at once: nobody had the hours
/// that were agreed.
#[test]
fn the_offices_clock_does_not_go_back() {
    let of = framework();
    let mut table = Table::signed(&of);
    table.now = at("2026-10-05T01:00:00Z");
    let announced = table.announcement(&of);
    assert!(table.say(OFFICE, Word::Announced(announced)).is_err());
}

/// H14. A node whose key was stolen was removed. What is said of a person is sealed to it still.
#[test]
fn nothing_is_enclosed_for_whoever_has_left() {
    let mut table = Table::seated();
    let private = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &private).unwrap();
    table.plans(1, plan(1, "临时救助"), &nodes([1, 2, 3])).unwrap();
    let removed = Word::Left {
        member: node(3),
        reason: text("密钥失窃"),
    };
    table.say(OFFICE, removed).unwrap();
    let next = plan(1, "住院安排");
    let readers = table.state.readers(&node(1), &Private::Plan(next.clone()));
    assert_eq!(readers, Some(nodes([1, 2])));
    assert_eq!(table.plans(1, next, &nodes([1, 2, 3])), Err(Fault::EnclosedWrong));
}

/// H15. Next year's text is signed ahead. Until it is valid, this year's binds.
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

/// H16. Section 5: whoever was missing can join and freeze. It freezes, declines, waits for the sizes of the others, and
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

/// H17. Nobody fills the plan of a person for the others.
#[test]
fn one_agency_does_not_fill_the_plan_of_a_person() {
    let mut table = Table::seated();
    let private = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &private).unwrap();
    for n in 0..100 {
        let _ = table.plans(2, plan(2, &format!("措施{n}")), &nodes([1, 2]));
    }
    assert!(table.plans(1, plan(1, "临时救助"), &nodes([1, 2])).is_ok());
}

/// H18. A seat beside another's, whose name looks the same.
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

/// H19. What was called off, or is not held, is nothing to run under.
#[test]
fn there_is_no_agreement_of_a_round_that_was_called_off() {
    let of = framework();
    let mut table = Table::frozen(&of);
    table.say(OFFICE, closed(RoundEnd::CalledOff)).unwrap();
    assert_eq!(table.state.signed_agreement(1, &annex(&of, 0)), None);
}

/// H20. The state has it that a member left for a reason, in the office's words, as if it had said so itself.
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

/// H21. One that has reported by a clock that is ahead says nothing of legs that run still.
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
    assert_eq!(
        BTreeSet::from([table.round(1).stage().code()]),
        BTreeSet::from([Stage::Running.code()])
    );
}

/// H8. Section 5: findings of a leg that is not done are in no figure. No leg is done, and there are figures.
#[test]
fn there_are_no_figures_of_a_round_in_which_no_leg_is_done() {
    let of = framework();
    let mut table = Table::begun(&of);
    for leg in legs(&of) {
        table.tells(2, leg, failed()).unwrap();
    }
    let figures = figures_of(1, published(20, &[("a", Some(20))]));
    assert!(table.say(OFFICE, figures).is_err());
}

/// H13. The record has a word of the office from after `run_until`. Whoever was absent dates itself back, and the reports
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

/// H22. Ten elements were entered, and a number of findings is reported by which no sum is an exact one any more: figures
/// of the round can't be put on record then.
#[test]
fn there_are_no_more_findings_than_elements() {
    use hefu_casework::conference::{Cell, Counts, Settled};
    let of = framework();
    let mut table = done(&of);
    let counts = Private::Counts(Counts {
        round: 1,
        cells: vec![Cell {
            annex: annex(&of, 0),
            other: node(2),
            rule: None,
            month: Some(month()),
            key_group: false,
            withheld: false,
            findings: (1 << 53) - 1,
            to_verify: Fen(0),
            settled: Settled::default(),
        }],
    });
    let reported = table.enclose(1, Word::Reported { round: 1 }, &counts);
    assert_eq!(reported, Err(Fault::CountsWrong));
}

/// H23. The office brings in what there was on paper: that was of no round. It makes an agency the owner of a settled
/// matter of a round in which it had no part in anything.
#[test]
fn the_office_opens_no_line_of_a_round() {
    let mut table = done(&framework());
    let theirs = Line {
        kind: ItemKind::Finding,
        round: Some(1),
        state: ItemState::Settled,
        outcome: Some(hefu_casework::conference::ItemOutcome::Recovered),
        closed: Some(date(2026, 10, 21)),
        ..line(1)
    };
    let opened = table.enclose(OFFICE, Word::Items {}, &Private::Items(vec![theirs]));
    assert_eq!(opened, Err(Fault::LineWrong));
}

/// H24. Section 6: the owner may change the due date until a consultation has decided. The office alone sets the decided
/// line back, and it may again.
#[test]
fn what_a_consultation_has_decided_stays_decided() {
    use hefu_casework::conference::Decision;
    let mut table = Table::seated();
    let opened = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &opened).unwrap();
    let decision = Decision {
        item: Hex([1; 16]),
        text: text("十一月底前办结"),
        by: node(1),
        due: Some(date(2026, 11, 30)),
    };
    let minutes = Word::Decided {
        minutes: text("第1期"),
    };
    table
        .enclose(OFFICE, minutes, &Private::Decided(vec![decision]))
        .unwrap();
    let decided = table.state.line(&Hex([1; 16])).unwrap().clone();
    let back = Line {
        escalation: Escalation::None,
        revision: decided.revision + 1,
        ..decided
    };
    let set_back = table.enclose(OFFICE, Word::Items {}, &Private::Items(vec![back]));
    assert_eq!(set_back, Err(Fault::LineWrong));
}

/// H25. Section 1: whoever writes next has seen one of two records, and its entry stands on no other. A member that says
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

/// Not a hole: no clock and no number beyond what can be is a panic.
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

/// H5. As the third that was brought in sees it: it has no line to look at. The office, which knows every item's number,
/// has a second node with a seat tell a measure of that number to it, and reads what the third tells from then on.
#[test]
fn nobody_brings_itself_into_the_plan_of_a_person() {
    let mut table = Table::seated();
    table.say(OFFICE, enrolled(4)).unwrap();
    let lines = Private::Items(vec![line(1)]);
    let unopened = table.enclosing(1, Word::Items {}, &lines, &nodes([1, 2, OFFICE]));
    table.place(unopened, 1, None).unwrap();
    table.plans(1, plan(1, "临时救助"), &nodes([1, 2, 3])).unwrap();
    let _ = table.plans(4, plan(4, "助学"), &nodes([3, 4]));
    let mine = Private::Plan(plan(3, "法律援助"));
    assert_eq!(table.state.readers(&node(3), &mine), Some(nodes([1, 2, 3])));
}

/// H26. The neutral point of the curve: by it one signature holds for everything, and whoever has that seat can deny all
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

/// H27. Section 3: whoever left has no part in what it had part in. Enrolled again, it speaks of a leg of a round that it
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
