//! Figures on the record: once, of what nothing more comes of, and such that no small count follows from them.

use std::collections::BTreeMap;

use hefu_casework::conference::{
    Came, Cell, Counts, DoneLeg, Exact, LegState, OfPurpose, Part, Progress, RoundEnd, RoundFigures, Settled,
    Stage, round_figures,
};
use hefu_casework::figures::{Published, PublishedRow, Shown, Sum};
use hefu_casework::{Fen, Month, Purpose, RuleId};
use proptest::prelude::*;

use super::rounds::closed;
use super::*;

type Row = PublishedRow<Part>;

fn told(findings: u64) -> Shown {
    Shown::Told(Sum {
        findings,
        fen: Fen(100 * i64::try_from(findings).unwrap()),
    })
}

fn withheld() -> Shown {
    Shown::Withheld {}
}

/// A leg of X3, with the same in each month: in all, and of key groups and others; nothing where it is withheld.
fn row(leg: Leg, months: usize, [whole, key, other]: [Option<u64>; 3]) -> Row {
    let row = |of, count: Option<u64>, parts| Row {
        of,
        months: vec![count.map_or(withheld(), told); months],
        total: count.map_or(withheld(), |count| told(count * months as u64)),
        parts,
    };
    let groups = vec![
        row(Part::KeyGroup(true), key, vec![]),
        row(Part::KeyGroup(false), other, vec![]),
    ];
    let rule = Part::Rule(RuleId::new("X3").unwrap());
    row(Part::Leg(leg), whole, vec![row(rule, whole, groups)])
}

/// The legs that are counted of [`framework`]: that of 1 and 2 for both, and the one of 3.
fn counted() -> [Leg; 2] {
    let [first, _, third] = legs(&framework());
    let mut counted = [first, third];
    counted.sort_unstable();
    counted
}

fn dated() -> Vec<Option<Month>> {
    months("2026-07", "2026-10").iter().map(Some).collect()
}

fn published(months: Vec<Option<Month>>, total: u64, rows: [[Option<u64>; 3]; 2]) -> Published<Part> {
    let columns = months.len();
    let rows = counted().into_iter().zip(rows);
    Published {
        smallest: 5,
        month_totals: vec![told(total); columns],
        total: told(total * columns as u64),
        rows: rows.map(|(leg, counts)| row(leg, columns, counts)).collect(),
        months,
    }
}

/// Of each month 12 in the one leg and 9 in the other; of these one can't tell who. Without month nothing is told.
fn good() -> RoundFigures {
    let dated = published(dated(), 21, [[Some(12), Some(6), Some(6)], [Some(9), None, None]]);
    let mut undated = published(vec![None], 0, [[None; 3]; 2]);
    (undated.month_totals, undated.total) = (vec![withheld()], withheld());
    let mut legs = legs(&framework());
    legs.sort_unstable();
    RoundFigures {
        purposes: vec![OfPurpose {
            purpose: Purpose::Duplicates,
            dated,
            undated,
        }],
        progress: legs.map(|leg| Progress { leg, came: None }).into(),
    }
}

fn says(figures: &RoundFigures) -> Word {
    Word::Figures {
        round: 1,
        figures: Box::new(figures.clone()),
    }
}

fn changed(change: &dyn Fn(&mut RoundFigures)) -> Word {
    let mut figures = good();
    change(&mut figures);
    says(&figures)
}

fn failed() -> LegNews {
    LegNews::Failed {
        code: "peer_cut".into(),
    }
}

#[test]
fn figures_are_told_once_and_tell_nothing_small() {
    let of = framework();
    let mut table = Table::done(&of);
    for (i, word) in [
        changed(&|f| f.purposes[0].dated.smallest = 4),
        changed(&|f| f.purposes[0].dated.total = told(4)),
        changed(&|f| f.purposes[0].dated.month_totals[0] = told(4)),
        changed(&|f| f.purposes[0].dated.rows[1].parts[0].parts[0].months[0] = told(4)),
        changed(&|f| f.purposes[0].undated.rows[0].parts[0].total = told(0)),
        changed(&|f| f.purposes[0].dated.months[0] = f.purposes[0].dated.months[1]),
        changed(&|f| f.purposes[0].dated.months[0] = None),
        changed(&|f| f.purposes[0].dated.months.push(Month::new(2026, 10))),
        changed(&|f| f.purposes[0].undated.months = vec![]),
        changed(&|f| f.purposes[0].dated.month_totals.push(told(9))),
        changed(&|f| f.purposes[0].dated.rows[0].parts[0].months.clear()),
        changed(&|f| f.purposes.push(f.purposes[0].clone())),
        changed(&|f| f.purposes.clear()),
        changed(&|f| f.progress.push(f.progress[0].clone())),
        changed(&|f| f.progress.truncate(2)),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(table.clone().say(OFFICE, word), Err(Fault::FiguresWrong), "{i}");
    }
    let mut running = Table::begun(&of);
    running.refuses(OFFICE, says(&good()), Fault::RoundElsewhere);
    let mut off = table.clone();
    off.say(OFFICE, closed(RoundEnd::CalledOff)).unwrap();
    off.refuses(OFFICE, says(&good()), Fault::RoundElsewhere);
    table.say(OFFICE, says(&good())).unwrap();
    assert_eq!(table.state.figures(1), Some(&good()));
    // Whoever reads its record again comes to the same, and does not ask again whether they can be told.
    let mut again = State::new(table.state.conference());
    for placed in &table.log {
        again.restore(placed, None).unwrap();
    }
    assert_eq!(again.public_digest(), table.state.public_digest());
    table.refuses(OFFICE, says(&good()), Fault::SaidBefore);
}

/// By hand, with k = 5: what is left of a sum beside what is told of it.
#[test]
fn figures_from_which_a_small_count_follows_are_not_taken() {
    let mut table = Table::done(&framework());
    let figures = |total, rows| {
        let mut figures = good();
        figures.purposes[0].dated = published(dated(), total, rows);
        says(&figures)
    };
    let none = [None; 3];
    for word in [
        // 12 − 9 = 3.
        figures(12, [[Some(9), None, None], none]),
        // Likewise among the parts of a row.
        figures(21, [[Some(12), Some(9), None], [Some(9), None, None]]),
        // 4 in all, of which nobody can be more.
        figures(16, [[Some(12), None, None], none]),
    ] {
        table.refuses(OFFICE, word, Fault::FiguresWrong);
    }
    table
        .say(OFFICE, figures(17, [[Some(12), None, None], none]))
        .unwrap();
}

/// By hand: of the second leg 9 are told in each of three months. That 27 are verified, or none, says nothing new of it; that
/// 28 are says that there are some without month. Where nothing is told of a leg, that none are verified says that it has
/// findings, and no few.
#[test]
fn how_far_findings_have_come_says_nothing_more_of_how_many_there_are() {
    let table = Table::done(&framework());
    let [_, second] = counted();
    let tells = |second_row, months: usize, verified| {
        let mut figures = good();
        figures.purposes[0].dated = published(dated(), 21, [[None; 3], second_row]);
        figures.purposes[0].undated = published(vec![None], 12, [[None; 3]; 2]);
        let dated = &mut figures.purposes[0].dated;
        for month in months..3 {
            // Then no sum over months is told either.
            dated.month_totals[month] = withheld();
            dated.total = withheld();
            for row in &mut dated.rows {
                (row.months[month], row.total) = (withheld(), withheld());
                row.parts[0].months[month] = withheld();
                row.parts[0].total = withheld();
            }
        }
        let of = figures.progress.iter_mut().find(|of| of.leg == second).unwrap();
        let exact = |findings| Exact { findings, fen: None };
        of.came = Some(Came {
            verified: exact(verified),
            stopped: exact(0),
            recovered: exact(0),
            corrected: exact(0),
        });
        table.clone().say(OFFICE, says(&figures)).map(|_| ())
    };
    let told = [Some(9), None, None];
    for (months, most) in [(3, 27), (2, 18)] {
        for verified in [0, most] {
            assert_eq!(
                tells(told, months, verified),
                Ok(()),
                "{verified} in {months} months"
            );
        }
        assert_eq!(tells(told, months, most + 1), Err(Fault::FiguresWrong));
        assert_eq!(tells([None; 3], months, 0), Err(Fault::FiguresWrong));
    }
}

#[test]
fn figures_that_contradict_themselves_are_not_taken() {
    let table = Table::done(&framework());
    for (i, word) in [
        // Rows and months that are more, or less, than their sums.
        changed(&|f| f.purposes[0].dated.rows[1] = row(counted()[1], 3, [Some(12), None, None])),
        changed(&|f| f.purposes[0].dated.rows[0].total = told(35)),
        changed(&|f| f.purposes[0].dated.rows[0].parts[0].parts[0].months[1] = told(5)),
        changed(&|f| f.purposes[0].dated.total = told(64)),
        changed(&|f| f.purposes[0].dated.month_totals[2] = told(22)),
        // Amounts.
        changed(&|f| {
            f.purposes[0].dated.total = Shown::Told(Sum {
                findings: 63,
                fen: Fen(6_299),
            });
        }),
        changed(&|f| {
            let below = Shown::Told(Sum {
                findings: 6,
                fen: Fen(-1),
            });
            f.purposes[0].dated.rows[0].parts[0].parts[0].months[0] = below;
        }),
        // A withheld row of which a part is told, and a month of which nothing is told but a row is.
        changed(&|f| f.purposes[0].dated.rows[1].months[0] = withheld()),
        changed(&|f| f.purposes[0].dated.month_totals[0] = withheld()),
        changed(&|f| f.purposes[0].undated.total = told(9)),
        changed(&|f| f.purposes[0].dated.total = withheld()),
        // Counts in which programs lose themselves.
        changed(&|f| {
            f.purposes[0].dated.total = Shown::Told(Sum {
                findings: u64::MAX >> 12,
                fen: Fen(6_300),
            })
        }),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(table.clone().say(OFFICE, word), Err(Fault::FiguresWrong), "{i}");
    }
}

/// They are of the legs that are done, each once and by all by which it is divided: labels are no place for anything else.
#[test]
fn figures_are_of_the_legs_that_are_done() {
    let table = Table::done(&framework());
    let [_, unseen, _] = legs(&framework());
    for (i, word) in [
        changed(&|f| f.purposes[0].dated.rows[0].of = Part::Leg(unseen)),
        changed(&|f| f.purposes[0].dated.rows[1].of = f.purposes[0].dated.rows[0].of.clone()),
        changed(&|f| f.purposes[0].dated.rows.swap(0, 1)),
        changed(&|f| f.purposes[0].undated.rows.truncate(1)),
        changed(&|f| f.purposes[0].dated.rows[0].parts[0].of = Part::Rule(RuleId::new("X8").unwrap())),
        changed(&|f| f.purposes[0].dated.rows[0].parts[0].parts[0].of = Part::KeyGroup(false)),
        changed(&|f| f.purposes[0].dated.rows[1].parts[0].parts.clear()),
        changed(&|f| f.purposes[0].purpose = Purpose::Omissions),
        changed(&|f| f.progress[1].leg = f.progress[0].leg),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(table.clone().say(OFFICE, word), Err(Fault::FiguresWrong), "{i}");
    }
}

#[test]
fn what_has_become_of_findings_is_told_where_it_can_be() {
    let table = Table::done(&framework());
    let exact = |findings, fen: Option<i64>| Exact {
        findings,
        fen: fen.map(Fen),
    };
    let of = |verified, stopped, recovered, corrected| {
        changed(&move |f: &mut RoundFigures| {
            f.progress[0].came = Some(Came {
                verified,
                stopped,
                recovered,
                corrected,
            });
        })
    };
    let many = exact(9, Some(100));
    let none = exact(0, Some(0));
    let tells = |word| table.clone().say(OFFICE, word).map(|_| ());
    assert_eq!(tells(of(many, none, exact(3, None), many)), Ok(()));
    for wrong in [
        of(many, exact(4, Some(40)), none, none),
        of(many, exact(5, None), exact(5, None), none),
        of(many, none, none, exact(10, None)),
        of(exact(9, Some(-1)), none, none, none),
        of(exact(1 << 52, None), exact(1 << 52, None), exact(1, None), none),
    ] {
        assert_eq!(tells(wrong), Err(Fault::FiguresWrong));
    }
}

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
        table.report(seed).unwrap();
    }
    // A leg of which one party alone has spoken has not ended, though all have reported.
    assert_eq!(table.round(1).stage(), Stage::Running);
    assert_eq!(table.leg_code(&to_first), ("one_sided", None));
    table.refuses(OFFICE, says(&of_one()), Fault::RoundElsewhere);
    table
        .tells(2, to_first, LegNews::Done(receipt(1, 10, 20)))
        .unwrap();
    table.say(OFFICE, says(&of_one())).unwrap();
}

/// Figures of the leg of the first member alone.
fn of_one() -> RoundFigures {
    let [first, ..] = legs(&framework());
    let mut figures = good();
    figures.progress.retain(|of| of.leg == first);
    let of = &mut figures.purposes[0];
    of.dated.rows = vec![row(first, 3, [Some(21), Some(7), Some(14)])];
    of.undated.rows = vec![row(first, 1, [None; 3])];
    figures
}

#[test]
fn nothing_changes_of_what_figures_were_told_of() {
    let of = framework();
    let mut table = Table::begun(&of);
    let [to_first, to_second, to_third] = legs(&of);
    for leg in [to_second, to_third] {
        table.tells(2, leg, failed()).unwrap();
    }
    for seed in [1, 2] {
        table
            .tells(seed, to_first, LegNews::Done(receipt(1, 10, 20)))
            .unwrap();
    }
    table.say(OFFICE, says(&of_one())).unwrap();
    let again = Word::Rerun {
        round: 1,
        leg: to_third,
        reason: text("网络已恢复"),
    };
    table.refuses(OFFICE, again, Fault::RoundElsewhere);
    table.refuses(OFFICE, closed(RoundEnd::CalledOff), Fault::RoundElsewhere);
    for seed in [1, 2, 3] {
        table.report(seed).unwrap();
    }
    table.say(OFFICE, closed(RoundEnd::Completed)).unwrap();
}

/// What is published of money is of the same counts as the figures, or the two would tell apart what came between them.
#[test]
fn figures_and_what_is_published_beside_them_are_of_the_same_counts() {
    let of = framework();
    let mut table = Table::done(&of);
    let reports = |table: &mut Table, seed: u8, findings| {
        let cell = Cell {
            annex: annex(&of, 0),
            other: node(3 - seed),
            rule: Some(RuleId::new("X3").unwrap()),
            month: Month::new(2026, 8),
            key_group: false,
            withheld: false,
            findings,
            to_verify: Fen(100),
            settled: Settled::default(),
        };
        let counts = Private::Counts(Counts {
            round: 1,
            cells: vec![cell],
        });
        table.enclose(seed, Word::Reported { round: 1 }, &counts).unwrap();
    };
    let findings = |table: &Table| {
        let counts = table.state.counts(1);
        counts
            .map(|(_, counts)| counts.cells[0].findings)
            .collect::<Vec<_>>()
    };
    reports(&mut table, 1, 5);
    reports(&mut table, 1, 6);
    assert_eq!(findings(&table), [6]);
    table.say(OFFICE, says(&good())).unwrap();
    reports(&mut table, 1, 7);
    assert_eq!(findings(&table), [6]);
    // Of whom there were none, these are the first.
    reports(&mut table, 2, 8);
    let mut all = findings(&table);
    all.sort_unstable();
    assert_eq!(all, [6, 8]);
}

/// The third was absent: its place is open, until figures are told.
#[test]
fn nobody_comes_late_to_what_figures_were_told_of() {
    let of = framework();
    let mut table = Table::announced(&of);
    for seed in [1, 2] {
        let joined = table.joined(1, seed);
        table.say(seed, joined).unwrap();
        let frozen = table.freezes(1, seed);
        table.say(seed, frozen).unwrap();
    }
    table.now = at("2026-10-11T01:00:00Z");
    table.say(OFFICE, Table::begins(1, [1, 2])).unwrap();
    let [to_first, to_second, _] = legs(&of);
    table.tells(2, to_second, failed()).unwrap();
    for seed in [1, 2] {
        table
            .tells(seed, to_first, LegNews::Done(receipt(1, 10, 20)))
            .unwrap();
    }
    let joined = table.joined(1, 3);
    table.clone().say(3, joined.clone()).unwrap();
    table.say(OFFICE, says(&of_one())).unwrap();
    table.refuses(3, joined, Fault::RoundElsewhere);
}

#[test]
fn there_are_no_figures_of_a_round_in_which_no_leg_is_done() {
    let of = framework();
    let mut table = Table::begun(&of);
    for leg in legs(&of) {
        table.tells(2, leg, failed()).unwrap();
    }
    let empty = RoundFigures {
        purposes: vec![],
        progress: vec![],
    };
    for figures in [empty, good()] {
        table.refuses(OFFICE, says(&figures), Fault::RoundElsewhere);
    }
}

/// Findings and how many of them are verified, by leg, key group, and three months and none.
fn found() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let count = prop_oneof![2 => Just(0_u64), 2 => 1..5_u64, 4 => 5..40_u64];
    let cell = (count, 0..=100_u64).prop_map(|(count, part)| (count, count * part / 100));
    prop::collection::vec(cell, 3 * 2 * 4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// What the office makes of counts, by the way that there is, the record takes.
    #[test]
    fn figures_that_are_made_of_counts_are_taken(found in found()) {
        let of = framework();
        let mut table = Table::done(&of);
        let round = table.round(1);
        let done = round.legs.iter().filter(|(_, run)| matches!(run.state, LegState::Done(_)));
        let done: Vec<_> = done
            .map(|(leg, run)| (*leg, run.clone(), table.state.narrowed(1, &leg.annex).unwrap()))
            .collect();
        prop_assert_eq!(done.len(), 3);
        let mut counts: BTreeMap<Hex<32>, Counts> = BTreeMap::new();
        let columns = || dated().into_iter().chain([None]);
        let kinds = done.iter().flat_map(|(leg, run, _)| {
            let groups = [true, false].into_iter();
            groups.flat_map(move |key_group| columns().map(move |month| (leg, run, key_group, month)))
        });
        for ((leg, run, key_group, month), (findings, verified)) in kinds.zip(found) {
            let of = counts.entry(run.receiver).or_insert_with(|| Counts { round: 1, cells: vec![] });
            of.cells.extend((findings > 0).then(|| Cell {
                annex: leg.annex,
                other: run.sender,
                rule: Some(RuleId::new("X3").unwrap()),
                month,
                key_group,
                withheld: false,
                findings,
                to_verify: Fen(100 * i64::try_from(findings).unwrap()),
                settled: Settled { verified, ..Settled::default() },
            }));
        }
        let done: Vec<_> = done.iter().map(|(leg, _, agreement)| DoneLeg { leg: *leg, agreement }).collect();
        let figures = round_figures(5, months("2026-07", "2026-10"), &done, &counts).unwrap();
        prop_assert!(table.say(OFFICE, says(&figures)).is_ok(), "{:?}", figures);
    }
}
