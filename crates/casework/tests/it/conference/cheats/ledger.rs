//! What they hold in the ledger and in plans.

use std::collections::BTreeSet;

use hefu_casework::conference::{Decision, ItemOutcome, MeasureState, Plan};

use super::*;

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

impl Table {
    fn plans(&mut self, seed: u8, plan: Plan, to: &[Hex<32>]) -> Result<Hex<32>, Fault> {
        let private = Private::Plan(plan);
        let entry = self.enclosing(seed, Word::Planned {}, &private, to);
        self.place(entry, seed, Some(&private))
    }
}

/// The two agencies can have a number for the matter before there is a line. The one that was asked tells a measure
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

/// Section 5: findings of a leg that is not done are in no count, figure or line.
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

/// A node whose key was stolen was removed. What is said of a person is sealed to it still.
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

/// Nobody fills the plan of a person for the others.
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

/// The office brings in what there was on paper: that was of no round. It makes an agency the owner of a settled
/// matter of a round in which it had no part in anything.
#[test]
fn the_office_opens_no_line_of_a_round() {
    let mut table = done(&framework());
    let theirs = Line {
        kind: ItemKind::Finding,
        round: Some(1),
        state: ItemState::Settled,
        outcome: Some(ItemOutcome::Recovered),
        closed: Some(date(2026, 10, 21)),
        ..line(1)
    };
    let opened = table.enclose(OFFICE, Word::Items {}, &Private::Items(vec![theirs]));
    assert_eq!(opened, Err(Fault::LineWrong));
}

/// Section 6: the owner may change the due date until a consultation has decided. The office alone sets the decided
/// line back, and it may again.
#[test]
fn what_a_consultation_has_decided_stays_decided() {
    let mut table = Table::seated();
    let opened = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &opened).unwrap();
    let decision = Decision {
        item: Hex([1; 16]),
        from: node(1),
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
    let decided = table.state.line(&Hex([1; 16]), &node(1)).unwrap().clone();
    let back = Line {
        escalation: Escalation::None,
        revision: decided.revision + 1,
        ..decided
    };
    let set_back = table.enclose(OFFICE, Word::Items {}, &Private::Items(vec![back]));
    assert_eq!(set_back, Err(Fault::LineWrong));
}

/// Whoever is asked knows the number of the question before its line comes. A line of its own under that number keeps nobody
/// from the ledger, and is another matter to all.
#[test]
fn a_number_that_another_has_taken_keeps_no_line_away() {
    let mut table = Table::seated();
    let squats = Line {
        from: node(2),
        to: node(3),
        ..line(1)
    };
    table
        .enclose(2, Word::Items {}, &Private::Items(vec![squats.clone()]))
        .unwrap();
    let item = Hex([1; 16]);
    // Of one alone there is no doubt.
    assert_eq!(table.state.owner(&item, &node(OFFICE)), Some(node(2)));
    table
        .enclose(1, Word::Items {}, &Private::Items(vec![line(1), line(2)]))
        .unwrap();
    assert_eq!(table.state.line(&item, &node(1)), Some(&line(1)));
    assert_eq!(table.state.line(&item, &node(2)), Some(&squats));
    let answered = Line {
        state: ItemState::Answered,
        revision: 2,
        ..line(1)
    };
    table
        .enclose(2, Word::Items {}, &Private::Items(vec![answered.clone()]))
        .unwrap();
    let decision = Decision {
        item,
        from: node(2),
        text: text("十一月底前办结"),
        by: node(2),
        due: None,
    };
    let minutes = Word::Decided {
        minutes: text("第1期"),
    };
    table
        .enclose(OFFICE, minutes, &Private::Decided(vec![decision]))
        .unwrap();
    assert_eq!(table.state.line(&item, &node(1)), Some(&answered));
    let theirs = table.state.line(&item, &node(2)).unwrap();
    assert_eq!(theirs.escalation, Escalation::Decided);
    // Where nobody is named, each means its own, and whoever reads both can't tell.
    let owner = |holder| table.state.owner(&item, &node(holder));
    assert_eq!([1, 2, OFFICE].map(owner), [Some(node(1)), Some(node(2)), None]);
}

/// As the third that was brought in sees it: it has no line to look at. The office, which knows every item's number,
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

/// One that left is told no more of a person, and is a party of its lines still: the other settles them.
#[test]
fn a_line_with_whoever_has_left_can_be_settled() {
    let mut table = Table::seated();
    let opened = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &opened).unwrap();
    let leaves = Word::Left {
        member: node(2),
        reason: text("机构合并"),
    };
    table.say(2, leaves).unwrap();
    let settled = Line {
        state: ItemState::Corrected,
        outcome: Some(ItemOutcome::DataError),
        closed: Some(date(2026, 10, 21)),
        revision: 2,
        ..line(1)
    };
    let settled = Private::Items(vec![settled]);
    table.enclose(1, Word::Items {}, &settled).unwrap();
    let opened = Private::Items(vec![line(2)]);
    assert_eq!(table.enclose(1, Word::Items {}, &opened), Err(Fault::NotSeated));
}

/// A plan that was told before the line, of another pair, is forgotten when the line comes.
#[test]
fn a_plan_that_contradicts_the_line_is_forgotten() {
    let mut table = Table::seated();
    let of_another = Plan {
        to: node(3),
        ..plan(1, "法律援助")
    };
    table.plans(1, of_another, &nodes([1, 3])).unwrap();
    let opened = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &opened).unwrap();
    assert!(table.state.plans(&Hex([1; 16]), &node(1)).is_empty());
    assert_eq!(
        table.state.involved(&Hex([1; 16]), &node(1)),
        BTreeSet::from([1, 2].map(node))
    );
    table.plans(1, plan(1, "临时救助"), &nodes([1, 2])).unwrap();
}

/// Those who were brought in stay it, so that all who are involved know of each other.
#[test]
fn the_agency_that_referred_leaves_nobody_out_of_what_it_tells() {
    let mut table = Table::seated();
    table.say(OFFICE, enrolled(4)).unwrap();
    let opened = Private::Items(vec![line(1)]);
    table.enclose(1, Word::Items {}, &opened).unwrap();
    table.plans(1, plan(1, "临时救助"), &nodes([1, 2, 3])).unwrap();
    let without = table.plans(1, plan(1, "住院安排"), &nodes([1, 2, 4]));
    assert_eq!(without, Err(Fault::EnclosedWrong));
    table.plans(1, plan(1, "住院安排"), &nodes([1, 2, 3, 4])).unwrap();
    // Written before the fourth was brought in.
    table.plans(2, plan(2, "康复训练"), &nodes([1, 2, 3])).unwrap();
}
