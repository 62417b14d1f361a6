//! 资金公示: no sum is one of few, also for whoever has the figures besides.

use hefu_casework::conference::{Funds, funds};

use super::*;

fn funds_of(legs: &[DoneLeg<'_>], counts: &BTreeMap<Hex<32>, Counts>) -> Vec<Funds> {
    let months = months("2026-07", "2026-10");
    let figures = round_figures(SMALLEST, months, legs, counts).unwrap();
    funds(SMALLEST, months, legs, counts, &figures).unwrap()
}

/// By hand: 20 findings of which 18 are verified, in each of 8 cells, and some of minors and victims beside.
#[test]
fn money_is_published_without_minors_and_victims() {
    let annexes = [between([1, 2], Purpose::Duplicates, &["X3"], &[0])];
    let legs = legs(&annexes);
    let good = counts(&legs, &many(&annexes));
    let funds = |counts: &BTreeMap<Hex<32>, Counts>| {
        let [of] = funds_of(&legs, counts)[..] else {
            panic!("one agency")
        };
        assert_eq!(of.agency, key(1));
        [of.verified, of.stopped, of.recovered]
    };
    // 18, 9 and 6 of each 8, at 100 fen.
    assert_eq!(funds(&good), [14_400, 7_200, 4_800].map(|fen| Some(Fen(fen))));
    let withheld = |verified: u64| {
        let mut counts = good.clone();
        let cells = &mut counts.get_mut(&key(1)).unwrap().cells;
        let mut cell = cells[0].clone();
        (cell.withheld, cell.settled) = (
            true,
            Settled {
                verified,
                verified_fen: Fen(7),
                ..Settled::default()
            },
        );
        cells.push(cell);
        funds(&counts)[0]
    };
    assert_eq!(withheld(5), Some(Fen(14_400)));
    // Who knows the whole sum would have that of few.
    assert_eq!(withheld(1), None);
    assert_eq!(withheld(4), None);
    // Of few, there is none.
    let few: Vec<(u64, u64)> = (0..8).map(|at| (20, u64::from(at < 4))).collect();
    assert_eq!(funds(&counts(&legs, &few)), [None; 3]);
}

/// By hand: of the first leg 10 are stopped, and the figures tell their sum; of the second so many that they don't. Who takes
/// the one from what is published has the other: that of one person, of four, of five.
#[test]
fn what_is_published_beside_figures_is_nothing_of_few() {
    let stopped = |second: &[u64]| {
        let mut of = vec![([1, 2], (20, 20))];
        of.extend(
            (3..)
                .zip(second)
                .map(|(other, count)| ([1, other], (20, 2 * count))),
        );
        let (annexes, found) = one_way(&of);
        let legs = legs(&annexes);
        let [of] = funds_of(&legs, &counts(&legs, &found))[..] else {
            panic!("one agency")
        };
        of.stopped
    };
    assert_eq!(stopped(&[]), Some(Fen(1_000)));
    assert_eq!(stopped(&[0]), Some(Fen(1_000)));
    assert_eq!(stopped(&[1]), None);
    assert_eq!(stopped(&[4]), None);
    assert_eq!(stopped(&[5]), Some(Fen(1_500)));
    // Of two legs together.
    assert_eq!(stopped(&[1, 4]), Some(Fen(1_500)));
    assert_eq!(stopped(&[1, 3]), None);
}

/// By hand: of 10 the figures tell the amount to be verified, and all are verified; so are some in a month of which nothing
/// is told: what is published, without the 10, is theirs.
#[test]
fn what_is_published_beside_rows_is_nothing_of_few() {
    let verified = |others: (u64, u64)| {
        let (annexes, mut found) = one_way(&[([1, 2], (10, 10))]);
        found[5] = others;
        let legs = legs(&annexes);
        let mut counts = counts(&legs, &found);
        for cell in &mut counts.get_mut(&key(1)).unwrap().cells {
            (cell.settled.corrected, cell.settled.corrected_fen) = (0, Fen(0));
        }
        funds_of(&legs, &counts)[0].verified
    };
    assert_eq!(verified((0, 0)), Some(Fen(1_000)));
    assert_eq!(verified((1, 1)), None);
    assert_eq!(verified((4, 4)), None);
    // These have a row.
    assert_eq!(verified((5, 5)), Some(Fen(1_500)));
}

/// By hand: 9 findings that are published and one of a minor are verified in the first leg, and the other way round in the
/// second. Of each leg the figures tell all 10; without those of the first, one of it and one of the second are left.
#[test]
fn what_is_published_without_some_is_nothing_of_few_either() {
    let (annexes, found) = one_way(&[([1, 2], (20, 20)), ([1, 3], (20, 20))]);
    let legs = legs(&annexes);
    let with = |public: [u64; 2]| {
        let mut counts = counts(&legs, &found);
        let cells = &mut counts.get_mut(&key(1)).unwrap().cells;
        for (at, public) in public.into_iter().enumerate() {
            let part = |withheld, count: u64| {
                let mut cell = cells[at].clone();
                (cell.withheld, cell.findings) = (withheld, 2 * count);
                cell.settled = Settled {
                    verified: count,
                    verified_fen: Fen(100),
                    stopped: count,
                    stopped_fen: Fen(100),
                    ..Settled::default()
                };
                cell
            };
            let (seen, left_out) = (part(false, public), part(true, 10 - public));
            cells[at] = seen;
            cells.push(left_out);
        }
        let funds = funds_of(&legs, &counts);
        [funds[0].verified, funds[0].stopped]
    };
    assert_eq!(with([9, 1]), [None; 2]);
    assert_eq!(with([8, 7]), [Some(Fen(200)); 2]);
    assert_eq!(with([5, 5]), [Some(Fen(200)); 2]);
}
