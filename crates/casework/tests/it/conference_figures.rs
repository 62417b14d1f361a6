//! Figures of a round: no small count can be found by whoever has all of them, counts of how far findings have come and
//! sums of money with them, neither by those who are told them and know their own.

mod funds;

use std::collections::{BTreeMap, BTreeSet};

use hefu_casework::conference::{Cell, Counts, DoneLeg, Leg, Part, RoundFigures, Settled, round_figures};
use hefu_casework::figures::{Published, PublishedRow, Shown};
use hefu_casework::{Agreement, Error, Fen, Hex, Month, Purpose, RuleId};
use proptest::prelude::*;

use crate::common::{agreement, months};
use crate::solver::Known;

const SMALLEST: u64 = 5;

fn key(agency: u8) -> Hex<32> {
    Hex([agency; 32])
}

fn annex(at: u8) -> Hex<32> {
    Hex([100 + at; 32])
}

/// One annex of these two, under these rules, and which of them learn.
fn between(parties: [u8; 2], purpose: Purpose, rules: &[&str], receivers: &[u8]) -> Agreement {
    let mut agreement = Agreement {
        purpose,
        receivers: receivers.to_vec(),
        ..agreement(&["minimum_living"], &["extreme_poverty"], rules)
    };
    for (party, agency) in agreement.parties.iter_mut().zip(parties) {
        party.node_key = key(agency);
    }
    agreement
}

fn legs(annexes: &[Agreement]) -> Vec<DoneLeg<'_>> {
    let of = |(at, agreement): (u8, &'_ Agreement)| -> Vec<Leg> {
        let leg = |receiver: &u8| Leg {
            annex: annex(at),
            receiver: *receiver,
        };
        agreement.receivers.iter().map(leg).collect()
    };
    (0..)
        .zip(annexes)
        .flat_map(|(at, agreement)| {
            of((at, agreement))
                .into_iter()
                .map(move |leg| DoneLeg { leg, agreement })
        })
        .collect()
}

/// One kind of finding, and how many there are in each of three months and without one.
struct Kind {
    leg: usize,
    rule: Option<RuleId>,
    key_group: bool,
}

fn kinds(legs: &[DoneLeg<'_>]) -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (leg, of) in legs.iter().enumerate() {
        let rules: Vec<Option<RuleId>> = match &of.agreement.rules[..] {
            [] => vec![None],
            rules => rules.iter().cloned().map(Some).collect(),
        };
        for rule in rules {
            kinds.extend([true, false].map(|key_group| Kind {
                leg,
                rule: rule.clone(),
                key_group,
            }));
        }
    }
    kinds
}

fn columns() -> [Option<Month>; 4] {
    let month = |month| Month::new(2026, month);
    [month(7), month(8), month(9), None]
}

fn counts(legs: &[DoneLeg<'_>], found: &[(u64, u64)]) -> BTreeMap<Hex<32>, Counts> {
    let mut counts = BTreeMap::new();
    let cells = kinds(legs)
        .into_iter()
        .flat_map(|kind| columns().map(|month| (kind.leg, kind.rule.clone(), kind.key_group, month)));
    let some = cells.zip(found).filter(|(_, (findings, _))| *findings > 0);
    for ((leg, rule, key_group, month), (findings, verified)) in some {
        let DoneLeg { leg, agreement } = legs[leg];
        let learned = agreement.parties[usize::from(leg.receiver)].node_key;
        let other = agreement.parties[usize::from(1 - leg.receiver)].node_key;
        let fen = |count: u64| Fen(100 * i64::try_from(count).unwrap());
        let entry = counts.entry(learned).or_insert_with(|| Counts {
            round: 1,
            cells: vec![],
        });
        entry.cells.push(Cell {
            annex: leg.annex,
            other,
            rule,
            month,
            key_group,
            withheld: false,
            findings: *findings,
            to_verify: fen(*findings),
            settled: Settled {
                verified: *verified,
                verified_fen: fen(*verified),
                stopped: verified / 2,
                stopped_fen: fen(verified / 2),
                recovered: verified / 3,
                recovered_fen: fen(verified / 3),
                corrected: verified / 6,
                corrected_fen: fen(verified / 6),
            },
        });
    }
    counts
}

/// The leg as which another is counted.
fn counted_as(legs: &[DoneLeg<'_>], of: Leg) -> Leg {
    let same = |other: &&DoneLeg<'_>| {
        other.leg.annex == of.annex && matches!(other.agreement.purpose, Purpose::Duplicates | Purpose::Leads)
    };
    legs.iter()
        .filter(same)
        .map(|other| other.leg)
        .min()
        .map_or(of, |first| first.min(of))
}

/// Everything that is told, as sums of the counts of each kind in each column: the variables of what somebody knows.
struct Told<'a> {
    legs: &'a [DoneLeg<'a>],
    kinds: Vec<Kind>,
    found: &'a [(u64, u64)],
    known: Known,
    /// Sums that are small, each with the legs that it is of.
    small: Vec<(Vec<usize>, BTreeSet<Leg>)>,
}

impl Told<'_> {
    /// The variables of what is counted.
    fn of(&self, legs: &BTreeSet<Leg>, is: impl Fn(&Kind) -> bool, months: &[Option<Month>]) -> Vec<usize> {
        let columns = columns();
        let of_kind = |(at, kind): (usize, &Kind)| {
            let counted = legs.contains(&self.legs[kind.leg].leg) && is(kind);
            let columns = columns
                .iter()
                .enumerate()
                .filter(move |(_, month)| counted && months.contains(month));
            columns
                .map(move |(column, _)| at * 4 + column)
                .collect::<Vec<_>>()
        };
        self.kinds.iter().enumerate().flat_map(of_kind).collect()
    }

    fn say(&mut self, shown: &Shown, of: Vec<usize>, legs: &BTreeSet<Leg>) {
        let count: u64 = of.iter().map(|at| self.found[*at].0).sum();
        match shown {
            Shown::Told(sum) => {
                assert_eq!(sum.findings, count);
                assert_eq!(sum.fen, Fen(100 * i64::try_from(count).unwrap()));
                assert!(count >= SMALLEST);
                self.known.sum_is(of, count);
            }
            Shown::Withheld {} if count < SMALLEST => self.small.push((of, legs.clone())),
            Shown::Withheld {} => {}
        }
    }

    fn row(
        &mut self,
        row: &PublishedRow<Part>,
        months: &[Option<Month>],
        leg: Option<Leg>,
        rule: Option<&RuleId>,
    ) {
        let leg = match row.of {
            Part::Leg(leg) => leg,
            _ => leg.unwrap(),
        };
        let rule = match &row.of {
            Part::Rule(rule) => Some(rule),
            _ => rule,
        };
        let legs = BTreeSet::from([leg]);
        let is = |kind: &Kind| {
            let of_rule = rule.is_none_or(|rule| kind.rule.as_ref() == Some(rule));
            of_rule && !matches!(row.of, Part::KeyGroup(key_group) if kind.key_group != key_group)
        };
        for (shown, month) in row.months.iter().zip(months) {
            let of = self.of(&legs, is, &[*month]);
            self.say(shown, of, &legs);
        }
        let of = self.of(&legs, is, months);
        self.say(&row.total, of, &legs);
        for part in &row.parts {
            self.row(part, months, Some(leg), rule);
        }
    }

    fn figures(&mut self, purpose: Purpose, figures: &Published<Part>) {
        let of_purpose = self.legs.iter().filter(|of| of.agreement.purpose == purpose);
        let counted: BTreeSet<Leg> = of_purpose.map(|of| counted_as(self.legs, of.leg)).collect();
        let rows: Vec<&Part> = figures.rows.iter().map(|row| &row.of).collect();
        assert!(
            rows.iter()
                .all(|part| matches!(part, Part::Leg(leg) if counted.contains(leg)))
        );
        assert_eq!(rows.len(), counted.len());
        for row in &figures.rows {
            self.row(row, &figures.months, None, None);
        }
        for (shown, month) in figures.month_totals.iter().zip(&figures.months) {
            let of = self.of(&counted, |_| true, &[*month]);
            self.say(shown, of, &counted);
        }
        let of = self.of(&counted, |_| true, &figures.months);
        self.say(&figures.total, of, &counted);
    }

    /// How far findings have come says that there are so many, and that it is told at all says that they are no few; also of
    /// the leg as which they are counted.
    fn progress(&mut self, figures: &RoundFigures) {
        for progress in &figures.progress {
            let own = self.of(&BTreeSet::from([progress.leg]), |_| true, &columns());
            let findings: u64 = own.iter().map(|at| self.found[*at].0).sum();
            let verified: u64 = own.iter().map(|at| self.found[*at].1).sum();
            let Some(came) = progress.came else { continue };
            assert!(findings >= SMALLEST);
            assert_eq!(came.verified.findings, verified);
            for (exact, rest) in [
                (came.verified, findings - verified),
                (came.corrected, verified - came.corrected.findings),
                (came.stopped, 0),
                (came.recovered, 0),
            ] {
                let few = |count: u64| (1..SMALLEST).contains(&count);
                assert!(
                    exact.fen.is_none() || !few(exact.findings) && !few(rest),
                    "{came:?}"
                );
            }
            let counted = BTreeSet::from([counted_as(self.legs, progress.leg)]);
            let of = self.of(&counted, |_| true, &columns());
            self.known.sum_is_at_least(of, verified.max(SMALLEST));
        }
    }

    /// With what one agency knows already: what it learned, and what another learned of it, that a line of the ledger tells
    /// it of each.
    fn open_to(&self, agency: Option<u8>) {
        let mut known = self.known.clone();
        let own = |of: &&DoneLeg<'_>| {
            let mut parties = of.agreement.parties.iter();
            parties.any(|party| agency.map(key) == Some(party.node_key))
        };
        let own: BTreeSet<Leg> = self
            .legs
            .iter()
            .filter(own)
            .map(|of| counted_as(self.legs, of.leg))
            .collect();
        for at in self.of(&own, |_| true, &columns()) {
            known.sum_is(vec![at], self.found[at].0);
        }
        for (of, legs) in &self.small {
            // An agency's own counts, and sums with own counts in them, are nothing new to it.
            if legs.is_disjoint(&own) {
                assert!(
                    known.leaves_open(of, SMALLEST),
                    "{of:?} lies between {:?} for {agency:?}",
                    known.bounds(of)
                );
            }
        }
    }
}

fn check(annexes: &[Agreement], found: &[(u64, u64)]) -> RoundFigures {
    let legs = legs(annexes);
    let counts = counts(&legs, found);
    let figures = round_figures(SMALLEST, months("2026-07", "2026-10"), &legs, &counts).unwrap();
    let mut told = Told {
        legs: &legs,
        kinds: kinds(&legs),
        found,
        known: Known::default(),
        small: vec![],
    };
    for _ in found {
        told.known.count();
    }
    for of in &figures.purposes {
        told.figures(of.purpose, &of.dated);
        told.figures(of.purpose, &of.undated);
    }
    told.progress(&figures);
    for agency in [None].into_iter().chain((1..=7).map(Some)) {
        told.open_to(agency);
    }
    figures
}

/// Duplicates that both learn of, and such that one does; omissions in both directions, which are not the same. A rule that
/// one pair alone has, as all know.
fn annexes() -> Vec<Agreement> {
    vec![
        between([1, 2], Purpose::Duplicates, &["X3", "X5"], &[0, 1]),
        between([3, 1], Purpose::Duplicates, &["X3"], &[0, 1]),
        between([3, 4], Purpose::Duplicates, &["X8"], &[1]),
        between([1, 2], Purpose::Omissions, &[], &[0, 1]),
        between([3, 4], Purpose::Omissions, &[], &[0]),
    ]
}

fn found() -> impl Strategy<Value = Vec<(u64, u64)>> {
    let count = prop_oneof![3 => Just(0_u64), 2 => 1..5_u64, 4 => 5..40_u64];
    let cell = (count, 0..=100_u64).prop_map(|(count, part)| (count, count * part / 100));
    // Two kinds for each rule of each leg, or one leg without, in four columns.
    prop::collection::vec(cell, (4 + 2 + 1 + 2 + 1) * 2 * 4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn no_small_count_can_be_found_in_all_that_is_told(found in found()) {
        check(&annexes(), &found);
    }
}

fn many(annexes: &[Agreement]) -> Vec<(u64, u64)> {
    vec![(20, 18); kinds(&legs(annexes)).len() * 4]
}

#[test]
fn where_nothing_is_small_all_is_told() {
    let annexes = annexes();
    let figures = check(&annexes, &many(&annexes));
    // By hand: X3 and X5 between 1 and 2, X3 between 3 and 1, X8 between 3 and 4, each once, for key groups and others, in
    // three months; of omissions three legs.
    let [duplicates, omissions] = &figures.purposes[..] else {
        panic!("two purposes")
    };
    let total = |published: &Published<Part>| match published.total {
        Shown::Told(sum) => Some(sum.findings),
        Shown::Withheld {} => None,
    };
    assert_eq!(total(&duplicates.dated), Some(4 * 2 * 3 * 20));
    assert_eq!(total(&duplicates.undated), Some(4 * 2 * 20));
    assert_eq!(total(&omissions.dated), Some(3 * 2 * 3 * 20));
    // Each leg tells how far it has come, also where another counts its findings.
    assert_eq!(figures.progress.len(), 8);
    let verified = |receiver| {
        let leg = Leg {
            annex: annex(0),
            receiver,
        };
        let of = figures.progress.iter().find(|of| of.leg == leg).unwrap();
        of.came.unwrap().verified.findings
    };
    assert_eq!([verified(0), verified(1)], [2 * 2 * 4 * 18; 2]);
}

/// Both find the same: what is withheld of the one is not to be had from the other.
#[test]
fn what_both_find_is_counted_once() {
    let annexes = [between([1, 2], Purpose::Duplicates, &["X3"], &[0, 1])];
    let figures = check(&annexes, &many(&annexes));
    let [of] = &figures.purposes[..] else {
        panic!("one purpose")
    };
    let first = Leg {
        annex: annex(0),
        receiver: 0,
    };
    assert!(matches!(&of.dated.rows[..], [row] if row.of == Part::Leg(first)));
    // Where the first was not done, it is the other's.
    let legs = legs(&annexes);
    let counts = counts(&legs, &many(&annexes));
    let figures = round_figures(SMALLEST, months("2026-07", "2026-10"), &legs[1..], &counts).unwrap();
    let second = Leg {
        annex: annex(0),
        receiver: 1,
    };
    assert!(matches!(&figures.purposes[0].dated.rows[..], [row] if row.of == Part::Leg(second)));
    assert_eq!(figures.progress.len(), 1);
}

/// Annexes of which one party alone learns, and so many findings in the first month, of which those are verified.
fn one_way(legs: &[([u8; 2], (u64, u64))]) -> (Vec<Agreement>, Vec<(u64, u64)>) {
    let annexes = legs
        .iter()
        .map(|(parties, _)| between(*parties, Purpose::Duplicates, &["X3"], &[0]));
    // Of key groups nothing, of others in the first of four columns.
    let mut found = vec![(0, 0); 8 * legs.len()];
    for (at, (_, count)) in legs.iter().enumerate() {
        found[8 * at + 4] = *count;
    }
    (annexes.collect(), found)
}

fn told_findings(shown: &Shown) -> Option<u64> {
    match shown {
        Shown::Told(sum) => Some(sum.findings),
        Shown::Withheld {} => None,
    }
}

/// What is told of the first month: of each leg, and of all.
fn first_month(figures: &RoundFigures) -> (Vec<Option<u64>>, Option<u64>) {
    let [of] = &figures.purposes[..] else {
        panic!("one purpose")
    };
    let rows = of.dated.rows.iter().map(|row| told_findings(&row.months[0]));
    (rows.collect(), told_findings(&of.dated.month_totals[0]))
}

/// By hand: of 25 findings 20 are told of the third leg, and 2 and 3 withheld of the others. The agency that brought the
/// first 2 has two lines of the ledger: 25 - 20 - 2 are the others. So the third is withheld too.
#[test]
fn who_brought_findings_knows_how_many_they_are() {
    let (annexes, found) = one_way(&[([1, 3], (2, 0)), ([1, 2], (3, 0)), ([4, 5], (20, 0))]);
    assert_eq!(first_month(&check(&annexes, &found)), (vec![None; 3], Some(25)));
}

/// By hand: of 10 findings the legs have 0, 5 and 5, and none is told. How far they have come is told of none either: told of
/// two, it would say that these have 5 each, and the first none.
#[test]
fn that_findings_have_come_nowhere_says_nothing_of_others() {
    let (annexes, found) = one_way(&[([1, 2], (0, 0)), ([3, 4], (5, 0)), ([5, 6], (5, 0))]);
    let figures = check(&annexes, &found);
    assert_eq!(first_month(&figures), (vec![None; 3], Some(10)));
    assert!(figures.progress.iter().all(|of| of.came.is_none()));
}

/// By hand: 20 and 30 findings are told of two legs, so it is told how far they have come; of 2, 6 and 7 in the others,
/// which are withheld, it isn't. Nor where of 20 and 2 more, that are withheld, 22 are verified: of 20 that can't be.
#[test]
fn how_far_findings_have_come_is_told_of_those_that_are_told() {
    let few = [([1, 2], (2, 1)), ([1, 3], (6, 6)), ([1, 4], (7, 0))];
    let many = [([5, 6], (20, 20)), ([5, 7], (30, 0))];
    let (annexes, mut found) = one_way(&[&few[..], &many].concat());
    let came = |found: &[(u64, u64)]| {
        let figures = check(&annexes, found);
        assert_eq!(first_month(&figures).0, [None, None, None, Some(20), Some(30)]);
        let came = figures.progress.iter().map(|of| of.came);
        came.map(|came| Some(came?.verified.findings)).collect::<Vec<_>>()
    };
    assert_eq!(came(&found), [None, None, None, Some(20), Some(0)]);
    // In the column of those without month.
    found[3 * 8 + 7] = (2, 2);
    assert_eq!(came(&found), [None, None, None, None, Some(0)]);
}

/// As the office reads them: by hand, of three legs with none, 2 and 20 findings, of which 1 and 20 are verified.
#[test]
fn where_every_count_may_be_told_none_is_withheld() {
    let few = [([1, 2], (0, 0)), ([1, 3], (2, 1)), ([1, 4], (20, 20))];
    let (annexes, found) = one_way(&few);
    let legs = legs(&annexes);
    let counts = counts(&legs, &found);
    let figures = round_figures(0, months("2026-07", "2026-10"), &legs, &counts).unwrap();
    assert_eq!(
        first_month(&figures),
        (vec![Some(0), Some(2), Some(20)], Some(22))
    );
    let came = figures.progress.iter().map(|of| of.came.unwrap().verified);
    let came: Vec<_> = came
        .map(|verified| (verified.findings, verified.fen.is_some()))
        .collect();
    assert_eq!(came, [(0, true), (1, true), (20, true)]);
}

#[test]
fn counts_of_what_a_leg_cannot_find_are_refused() {
    let annexes = [between([1, 2], Purpose::Duplicates, &["X3"], &[0])];
    let legs = legs(&annexes);
    let good = counts(&legs, &many(&annexes));
    let figures = |counts: &_| round_figures(SMALLEST, months("2026-07", "2026-10"), &legs, counts);
    assert!(figures(&good).is_ok());
    let wrong: [fn(&mut Cell); 7] = [
        |cell| cell.other = key(3),
        |cell| cell.rule = Some(RuleId::new("X8").unwrap()),
        |cell| cell.rule = None,
        |cell| cell.month = Month::new(2026, 10),
        |cell| cell.settled.verified = cell.findings + 1,
        |cell| cell.settled.corrected = cell.settled.verified + 1,
        |cell| cell.to_verify = Fen(-1),
    ];
    for change in wrong {
        let mut counts = good.clone();
        change(&mut counts.get_mut(&key(1)).unwrap().cells[0]);
        assert!(matches!(figures(&counts), Err(Error::Counts { who }) if who == key(1)));
    }
    // What is of another leg, as of one that is to run again, is left out.
    let mut counts = good.clone();
    counts.get_mut(&key(1)).unwrap().cells[0].annex = annex(9);
    assert_ne!(figures(&counts).unwrap(), figures(&good).unwrap());
}
