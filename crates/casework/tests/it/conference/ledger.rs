//! The ledger and what else only some can read.

use std::collections::BTreeSet;

use hefu_casework::conference::{
    Cell, Counts, Decision, Escalation, Faulty, ItemKind, ItemOutcome, ItemState, Line, MeasureState, Plan,
    Settled,
};
use hefu_casework::{Fen, RuleId};

use super::*;

fn line(item: u8) -> Line {
    Line {
        item: Hex([item; 16]),
        kind: ItemKind::Referral,
        from: node(1),
        to: node(2),
        letter: Some(text("某民移〔2026〕3号")),
        round: None,
        opened: date(2026, 10, 20),
        due: Some(date(2026, 11, 20)),
        state: ItemState::Open,
        outcome: None,
        closed: None,
        escalation: Escalation::None,
        revisit: None,
        revision: 1,
    }
}

fn settled(line: &Line) -> Line {
    Line {
        state: ItemState::Settled,
        outcome: Some(ItemOutcome::Aided),
        closed: Some(date(2026, 11, 3)),
        revision: line.revision + 1,
        ..line.clone()
    }
}

impl Table {
    fn puts(&mut self, seed: u8, lines: &[Line]) -> Result<Hex<32>, Fault> {
        self.enclose(seed, Word::Items {}, &Private::Items(lines.to_vec()))
    }

    fn tries(&self, seed: u8, word: Word, private: &Private, to: &[Hex<32>]) -> Result<(), Fault> {
        let entry = self.enclosing(seed, word, private, to);
        let signed = entry.sign(&key(seed)).unwrap();
        self.state.check(&signed, Some(private))
    }
}

#[test]
fn whoever_opens_a_line_owns_it() {
    let mut table = Table::seated();
    let changed = |change: &dyn Fn(&mut Line)| {
        let mut line = line(1);
        change(&mut line);
        line
    };
    for (i, wrong) in [
        changed(&|l| (l.from, l.to) = (node(2), node(1))),
        changed(&|l| l.revision = 2),
        changed(&|l| l.escalation = Escalation::Decided),
        changed(&|l| l.escalation = Escalation::Reminded),
        changed(&|l| l.outcome = Some(ItemOutcome::Aided)),
        changed(&|l| l.closed = Some(date(2026, 11, 1))),
        changed(&|l| l.state = ItemState::Settled),
        changed(&|l| l.due = Some(date(2026, 10, 19))),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(table.puts(1, &[wrong]), Err(Fault::LineWrong), "{i}");
    }
    let of_round = changed(&|l| l.round = Some(1));
    assert_eq!(table.puts(1, &[of_round]), Err(Fault::RoundUnknown));
    let with_number = changed(&|l| l.letter = Some(text("关于290101199003074555的函")));
    assert_eq!(table.puts(1, &[with_number]), Err(Fault::BearsNumber));
    assert_eq!(table.puts(1, &[line(1), line(1)]), Err(Fault::LineWrong));
    let many: Vec<_> = (0..251_u16)
        .map(|n| Line {
            item: Hex(std::array::from_fn(|i| n.to_be_bytes()[i % 2])),
            ..line(1)
        })
        .collect();
    assert_eq!(table.puts(1, &many), Err(Fault::LineWrong));
    table.puts(1, &many[..250]).unwrap();
    assert_eq!(table.state.lines().count(), 250);
    // The office brings in what there was on paper.
    let escalated = |item| Line {
        escalation: Escalation::Consultation,
        ..line(item)
    };
    table.puts(OFFICE, &[line(77), escalated(78)]).unwrap();
    assert_eq!(table.puts(OFFICE, &[line(77)]), Err(Fault::LineWrong));
}

#[test]
fn each_changes_what_is_its_to_change() {
    type Change = fn(&mut Line);
    let letter: Change = |l| l.letter = None;
    let due: Change = |l| l.due = Some(date(2026, 12, 1));
    let at_work: Change = |l| l.state = ItemState::UnderWay;
    let answered: Change = |l| l.state = ItemState::Answered;
    let with_outcome: Change = |l| (l.state, l.outcome) = (ItemState::Answered, Some(ItemOutcome::Aided));
    let settles: Change = |l| {
        *l = Line {
            revision: l.revision,
            ..settled(l)
        };
    };
    let corrected: Change = |l| {
        (l.state, l.outcome) = (ItemState::Corrected, Some(ItemOutcome::DataError));
        l.closed = Some(date(2026, 11, 3));
    };
    let revisit: Change = |l| l.revisit = Some(date(2027, 1, 4));
    let reminded: Change = |l| l.escalation = Escalation::Reminded;
    let consultation: Change = |l| l.escalation = Escalation::Consultation;
    let decided: Change = |l| l.escalation = Escalation::Decided;
    let kind: Change = |l| l.kind = ItemKind::Lead;
    let swapped: Change = |l| (l.from, l.to) = (l.to, l.from);
    let opened: Change = |l| l.opened = date(2026, 10, 19);
    let ahead: Change = |l| l.revision = 3;
    let nothing: Change = |_| ();
    // Who may: the owner, the other agency, the office.
    let cases: [(&str, Change, [bool; 3]); 16] = [
        ("letter", letter, [true, false, false]),
        ("due", due, [true, false, false]),
        ("at work", at_work, [true, true, false]),
        ("answered", answered, [true, true, false]),
        ("with outcome", with_outcome, [true, true, false]),
        ("settled", settles, [true, false, false]),
        ("corrected", corrected, [true, false, false]),
        ("revisit", revisit, [true, false, false]),
        ("reminded", reminded, [false, false, true]),
        ("consultation", consultation, [false, false, true]),
        ("decided", decided, [false, false, false]),
        ("kind", kind, [false, false, false]),
        ("swapped", swapped, [false, false, false]),
        ("opened", opened, [false, false, false]),
        ("ahead", ahead, [false, false, false]),
        ("nothing", nothing, [true, false, true]),
    ];
    for (name, change, may) in cases {
        for (seed, may) in [1, 2, OFFICE].into_iter().zip(may) {
            let mut table = Table::seated();
            table.puts(1, &[line(1)]).unwrap();
            let mut to = Line {
                revision: 2,
                ..line(1)
            };
            change(&mut to);
            let expected = if may { Ok(()) } else { Err(Fault::LineWrong) };
            let done = table.puts(seed, std::slice::from_ref(&to)).map(|_| ());
            assert_eq!(done, expected, "{name} by {seed}");
            let expected = if may { &to } else { &line(1) };
            assert_eq!(
                table.state.line(&Hex([1; 16]), &node(1)),
                Some(expected),
                "{name} by {seed}"
            );
        }
    }
}

#[test]
fn what_is_settled_is_taken_up_again_by_its_owner_and_what_is_corrected_by_nobody() {
    let mut table = Table::seated();
    table.puts(1, &[line(1)]).unwrap();
    let done = settled(&line(1));
    table.now = at("2026-11-03T17:00:00Z");
    table.puts(1, std::slice::from_ref(&done)).unwrap();
    let next = |line: &Line, state| Line {
        state,
        outcome: None,
        closed: None,
        revision: line.revision + 1,
        ..line.clone()
    };
    assert_eq!(
        table.puts(2, &[next(&done, ItemState::Answered)]),
        Err(Fault::LineWrong)
    );
    assert_eq!(
        table.puts(1, &[next(&done, ItemState::Open)]),
        Err(Fault::LineWrong)
    );
    let again = next(&done, ItemState::UnderWay);
    table.puts(1, std::slice::from_ref(&again)).unwrap();
    let corrected = Line {
        state: ItemState::Corrected,
        outcome: Some(ItemOutcome::DataError),
        closed: Some(date(2026, 11, 4)),
        revision: 4,
        ..again
    };
    table.puts(1, std::slice::from_ref(&corrected)).unwrap();
    assert_eq!(
        table.puts(1, &[next(&corrected, ItemState::UnderWay)]),
        Err(Fault::LineWrong)
    );
    // 17:00 on the 3rd is the 4th in Beijing.
    let reached = table.state.reached(&Hex([1; 16]), &node(1)).unwrap();
    assert_eq!(reached[&ItemState::Open], date(2026, 10, 8));
    assert_eq!(reached[&ItemState::Settled], date(2026, 11, 4));
}

#[test]
fn a_line_is_for_its_two_agencies_and_the_office() {
    let table = Table::seated();
    let items = Private::Items(vec![line(1)]);
    let tries = |to: &[Hex<32>]| table.tries(1, Word::Items {}, &items, to);
    assert_eq!(tries(&nodes([1, 2, OFFICE])), Ok(()));
    let mut unordered = nodes([1, 2, OFFICE]);
    unordered.swap(0, 1);
    let twice = vec![node(1), node(1), node(OFFICE)];
    for wrong in [
        vec![],
        nodes([1, OFFICE]).to_vec(),
        nodes([1, 2]).to_vec(),
        nodes([2, OFFICE]).to_vec(),
        nodes([1, 2, 3]).to_vec(),
        // Another agency than the line's.
        nodes([1, 3, OFFICE]).to_vec(),
        nodes([1, 2, 3, OFFICE]).to_vec(),
        nodes([1, 4, OFFICE]).to_vec(),
        unordered,
        twice,
    ] {
        assert_eq!(tries(&wrong), Err(Fault::EnclosedWrong), "{wrong:?}");
    }
    let mut mixed = line(2);
    mixed.to = node(3);
    let two_pairs = Private::Items(vec![line(1), mixed]);
    assert_eq!(
        table.tries(1, Word::Items {}, &two_pairs, &nodes([1, 2, OFFICE])),
        Err(Fault::EnclosedWrong)
    );
    // What is said to all has nothing enclosed.
    let entry = table.enclosing(1, Word::Signed(framework().digest()), &items, &nodes([1, OFFICE]));
    let mut table = table.clone();
    table.refuses_entry(entry, 1, None, Fault::EnclosedWrong);
    let other_kind = Private::Decided(vec![]);
    assert_eq!(
        table.tries(1, Word::Items {}, &other_kind, &nodes([1, 2, OFFICE])),
        Err(Fault::EnclosedWrong)
    );
}

/// The office takes a line that its author may not change. Whoever can open it keeps what it had and says so; whoever
/// can't derives the same.
#[test]
fn a_faulty_enclosure_makes_nobody_derive_something_else() {
    let mut table = Table::seated();
    table.puts(1, &[line(1)]).unwrap();
    let wrong = Private::Items(vec![settled(&line(1))]);
    let readers = nodes([1, 2, OFFICE]);
    let entry = table.enclosing(2, Word::Items {}, &wrong, &readers);
    let placed = Placed {
        seq: table.state.head().seq + 1,
        signed: entry.sign(&key(2)).unwrap(),
    };
    assert_eq!(
        table.state.check(&placed.signed, Some(&wrong)),
        Err(Fault::LineWrong)
    );
    let (mut opens, mut does_not) = (table.state.clone(), table.state.clone());
    opens.apply(&placed, Some(&wrong)).unwrap();
    does_not.apply(&placed, None).unwrap();
    assert_eq!(opens.public_digest(), does_not.public_digest());
    assert_eq!(opens.line(&Hex([1; 16]), &node(1)), Some(&line(1)));
    let faulty = Faulty {
        entry: placed.signed.digest(),
        seq: placed.seq,
        fault: Fault::LineWrong,
    };
    assert_eq!(opens.faulty().collect::<Vec<_>>(), [&faulty]);
    assert_eq!(does_not.faulty().count(), 0);

    table.state = opens;
    let disputed = |entry| Word::Disputed {
        entry,
        fault: Fault::LineWrong,
    };
    table.refuses(1, disputed(Hex([1; 32])), Fault::EnclosedWrong);
    table.refuses(3, disputed(faulty.entry), Fault::EnclosedWrong);
    table.say(1, disputed(faulty.entry)).unwrap();
    table.refuses(1, disputed(faulty.entry), Fault::SaidBefore);
    let [dispute] = table.state.disputes() else {
        panic!("one dispute")
    };
    assert_eq!((dispute.entry, dispute.by), (faulty.entry, node(1)));
}

fn plan(seed: u8, measure: &str) -> Plan {
    Plan {
        item: Hex([1; 16]),
        from: node(1),
        to: node(2),
        agency: node(seed),
        role: seat(seed).role,
        measure: text(measure),
        on: date(2026, 11, 1),
        state: MeasureState::Planned,
    }
}

#[test]
fn a_plan_is_among_those_whom_the_referring_agency_brought_in() {
    let mut table = Table::seated();
    table.puts(1, &[line(1)]).unwrap();
    let tries = |table: &Table, seed, plan: Plan, to: &[Hex<32>]| {
        table.tries(seed, Word::Planned {}, &Private::Plan(plan), to)
    };
    let pair = nodes([1, 2]);
    for wrong in [
        nodes([1, 2, OFFICE]),
        nodes([1]),
        nodes([2, 3]),
        nodes([1, 3]),
        nodes([1, 4]),
    ] {
        assert_eq!(
            tries(&table, 1, plan(1, "临时救助"), &wrong),
            Err(Fault::EnclosedWrong),
            "{wrong:?}"
        );
    }
    assert_eq!(
        tries(&table, 2, plan(1, "临时救助"), &pair),
        Err(Fault::LineWrong)
    );
    let mut other_role = plan(1, "临时救助");
    other_role.role = AgencyRole::Court;
    assert_eq!(tries(&table, 1, other_role, &pair), Err(Fault::LineWrong));
    let numbered = plan(1, "为290101199003074555办理");
    assert_eq!(tries(&table, 1, numbered, &pair), Err(Fault::BearsNumber));
    // The other agency can't bring anybody in.
    assert_eq!(
        tries(&table, 2, plan(2, "康复训练"), &nodes([1, 2, 3])),
        Err(Fault::EnclosedWrong)
    );
    let told = |table: &mut Table, plan: Plan, seed, to: &[Hex<32>]| {
        let private = Private::Plan(plan);
        let entry = table.enclosing(seed, Word::Planned {}, &private, to);
        table.place(entry, seed, Some(&private)).unwrap();
    };
    told(&mut table, plan(1, "临时救助"), 1, &nodes([1, 2, 3]));
    assert_eq!(
        table.state.involved(&Hex([1; 16]), &node(1)),
        BTreeSet::from([1, 2, 3].map(node))
    );
    told(&mut table, plan(2, "康复训练"), 2, &nodes([1, 2, 3]));
    let done = Plan {
        state: MeasureState::Done,
        ..plan(1, "临时救助")
    };
    told(&mut table, done, 1, &nodes([1, 2, 3]));
    let states: Vec<_> = table
        .state
        .plans(&Hex([1; 16]), &node(1))
        .iter()
        .map(|measure| (measure.plan.agency, measure.plan.state))
        .collect();
    assert_eq!(
        states,
        [(node(1), MeasureState::Done), (node(2), MeasureState::Planned)]
    );
    // There are plans for people who were referred.
    let inquiry = Line {
        kind: ItemKind::Inquiry,
        ..line(2)
    };
    table.puts(1, &[inquiry]).unwrap();
    let of_inquiry = Plan {
        item: Hex([2; 16]),
        ..plan(1, "临时救助")
    };
    assert_eq!(tries(&table, 1, of_inquiry, &pair), Err(Fault::LineWrong));
}

#[test]
fn a_decision_is_for_the_two_agencies_and_moves_the_line() {
    let mut table = Table::seated();
    let other = Line {
        to: node(3),
        ..line(2)
    };
    table.puts(1, &[line(1)]).unwrap();
    table.puts(1, &[other]).unwrap();
    let decision = |item: u8, by| Decision {
        item: Hex([item; 16]),
        from: node(1),
        text: text("十一月底前办结"),
        by: node(by),
        due: Some(date(2026, 11, 30)),
    };
    let word = || Word::Decided {
        minutes: text("第1期"),
    };
    let tries = |decisions: &[Decision], to: &[Hex<32>]| {
        table.tries(OFFICE, word(), &Private::Decided(decisions.to_vec()), to)
    };
    let readers = nodes([1, 2, OFFICE]);
    assert_eq!(
        tries(&[decision(1, 2)], &nodes([1, 3, OFFICE])),
        Err(Fault::EnclosedWrong)
    );
    // What was decided between others is not theirs to read.
    assert_eq!(
        tries(&[decision(1, 2), decision(2, 1)], &readers),
        Err(Fault::EnclosedWrong)
    );
    assert_eq!(tries(&[], &readers), Err(Fault::LineWrong));
    assert_eq!(
        tries(&[decision(1, 2), decision(1, 2)], &readers),
        Err(Fault::LineWrong)
    );
    assert_eq!(tries(&[decision(3, 2)], &readers), Err(Fault::LineWrong));
    assert_eq!(tries(&[decision(1, 3)], &readers), Err(Fault::LineWrong));
    let private = Private::Decided(vec![decision(1, 2)]);
    let entry = table.enclose(OFFICE, word(), &private).unwrap();
    let decided = Line {
        escalation: Escalation::Decided,
        due: Some(date(2026, 11, 30)),
        revision: 2,
        ..line(1)
    };
    assert_eq!(table.state.line(&Hex([1; 16]), &node(1)), Some(&decided));
    let [kept] = table.state.decisions() else {
        panic!("one decision")
    };
    assert_eq!((kept.entry, &kept.decision), (entry, &decision(1, 2)));
    // What a consultation set, no agency moves.
    let moved = Line {
        due: Some(date(2026, 12, 31)),
        revision: 3,
        ..decided.clone()
    };
    assert_eq!(table.puts(1, &[moved]), Err(Fault::LineWrong));
    let answered = Line {
        state: ItemState::Answered,
        revision: 3,
        ..decided
    };
    table.puts(2, &[answered]).unwrap();
}

fn cell(of: &Framework, index: usize, other: u8) -> Cell {
    Cell {
        annex: annex(of, index),
        other: node(other),
        rule: Some(RuleId::new("X3").unwrap()),
        month: Some("2026-08".parse().unwrap()),
        key_group: false,
        withheld: false,
        findings: 3,
        to_verify: Fen(90_000),
        settled: Settled {
            verified: 2,
            verified_fen: Fen(60_000),
            ..Settled::default()
        },
    }
}

#[test]
fn counts_are_of_legs_that_were_done_and_for_the_office_alone() {
    let of = framework();
    let [to_first, to_second, to_third] = legs(&of);
    let mut table = Table::begun(&of);
    for seed in [1, 2] {
        table
            .tells(seed, to_first, LegNews::Done(receipt(1, 10, 20)))
            .unwrap();
    }
    // In the other direction the two differ.
    table
        .tells(1, to_second, LegNews::Done(receipt(2, 20, 10)))
        .unwrap();
    table
        .tells(2, to_second, LegNews::Done(receipt(3, 20, 10)))
        .unwrap();
    for seed in [2, 3] {
        let news = LegNews::Failed {
            code: "peer_cut".into(),
        };
        table.tells(seed, to_third, news).unwrap();
    }
    let tries = |seed, cells: Vec<Cell>, to: &[Hex<32>]| {
        let counts = Private::Counts(Counts { round: 1, cells });
        table.tries(seed, Word::Reported { round: 1 }, &counts, to)
    };
    let good = cell(&of, 0, 2);
    let own = nodes([1, OFFICE]);
    assert_eq!(tries(1, vec![good.clone()], &own), Ok(()));
    for wrong in [
        nodes([1, 2, OFFICE]).to_vec(),
        nodes([1, 2]).to_vec(),
        vec![node(OFFICE)],
        vec![],
    ] {
        assert_eq!(tries(1, vec![good.clone()], &wrong), Err(Fault::EnclosedWrong));
    }
    type Change = fn(&mut Cell);
    let wrong: [Change; 11] = [
        |c| c.annex = Hex([1; 32]),
        |c| c.other = node(3),
        |c| c.rule = Some(RuleId::new("X1").unwrap()),
        |c| c.month = Some("2026-10".parse().unwrap()),
        |c| c.findings = 0,
        |c| c.findings = 1,
        |c| c.to_verify = Fen(-1),
        |c| c.settled.recovered = 4,
        |c| c.settled.corrected_fen = Fen(-1),
        // Ten elements were entered, and no finding is of two.
        |c| c.findings = 11,
        |c| c.settled.verified_fen = Fen(1_000_000_000_001),
    ];
    for (i, change) in wrong.into_iter().enumerate() {
        let mut cell = good.clone();
        change(&mut cell);
        assert_eq!(tries(1, vec![cell], &own), Err(Fault::CountsWrong), "{i}");
    }
    assert_eq!(
        tries(1, vec![good.clone(), good.clone()], &own),
        Err(Fault::CountsWrong)
    );
    let with = |findings| Cell {
        findings,
        key_group: true,
        ..good.clone()
    };
    assert_eq!(tries(1, vec![good.clone(), with(7)], &own), Ok(()));
    assert_eq!(
        tries(1, vec![good.clone(), with(8)], &own),
        Err(Fault::CountsWrong)
    );
    // A leg that differs, one that failed, and one in which it does not learn.
    assert_eq!(
        tries(2, vec![cell(&of, 0, 1)], &nodes([2, OFFICE])),
        Err(Fault::CountsWrong)
    );
    assert_eq!(
        tries(3, vec![cell(&of, 1, 2)], &nodes([3, OFFICE])),
        Err(Fault::CountsWrong)
    );
    assert_eq!(
        tries(2, vec![cell(&of, 1, 3)], &nodes([2, OFFICE])),
        Err(Fault::CountsWrong)
    );
    let other_round = Private::Counts(Counts {
        round: 2,
        cells: vec![],
    });
    assert_eq!(
        table.tries(1, Word::Reported { round: 1 }, &other_round, &own),
        Err(Fault::CountsWrong)
    );
    for findings in [3, 2] {
        let mut cell = good.clone();
        cell.findings = findings;
        let counts = Private::Counts(Counts {
            round: 1,
            cells: vec![cell],
        });
        table.enclose(1, Word::Reported { round: 1 }, &counts).unwrap();
    }
    let counts: Vec<_> = table.state.counts(1).collect();
    let [(member, counts)] = counts[..] else {
        panic!("of one member")
    };
    assert_eq!((*member, counts.cells[0].findings), (node(1), 2));
}
