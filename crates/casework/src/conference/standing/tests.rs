use jiff::Timestamp;
use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::calendar::{DayUnit, Deadline};
use crate::matter::Opening;
use crate::review::Surroundings;

const DAY: Date = date(2026, 11, 2);

/// The n-th act, on the n-th day.
fn event<A: serde::de::DeserializeOwned>(n: i8, by: &str, act: &Value) -> crate::Event<A> {
    let on = date(2026, 11, 2 + n);
    let at: Timestamp = format!("{on}T02:00:00Z").parse().unwrap();
    crate::Event {
        at,
        by: Text::new(by).unwrap(),
        on,
        act: serde_json::from_value(act.clone()).unwrap(),
    }
}

/// A week that begins on the n-th day.
fn week(n: i8) -> Value {
    let until = date(2026, 11, 2 + n + 7);
    serde_json::to_value(Deadline::stated(7, DayUnit::Natural, until)).unwrap()
}

fn until(n: i8) -> Option<Date> {
    Some(date(2026, 11, 2 + n + 7))
}

fn says(
    standing: &Standing,
) -> (
    ItemState,
    Option<ItemOutcome>,
    Option<Date>,
    Option<Date>,
    Option<&str>,
) {
    let letter = standing.letter.as_ref().map(Text::as_str);
    (
        standing.state,
        standing.outcome,
        standing.closed,
        standing.due,
        letter,
    )
}

fn day(n: i8) -> Option<Date> {
    Some(date(2026, 11, 2 + n))
}

fn paper(name: &str, value: &Value) -> Value {
    json!({ name: value, "authority": "某局", "document": "津决〔2026〕7号", "reason": "理由" })
}

#[test]
fn a_finding_s_line_tells_its_stage_and_the_paper_that_decided() {
    let decided = |decision: Value| json!({ "decided": paper("decision", &decision) });
    let heard = [
        json!({ "taken": {} }),
        json!({ "verified": { "result": "confirmed", "reason": "账目" } }),
        json!({ "excepted": { "legal_basis": "某法", "reason": "理由" } }),
    ];
    let of = |acts: &[Value], by_last: &str| {
        let last = acts.len();
        let events: Vec<review::Event> = acts
            .iter()
            .zip(1..)
            .map(|(act, n)| event(n, if n as usize == last { by_last } else { "甲" }, act))
            .collect();
        let review = Review::from_events(Hex([7; 32]), DAY, Surroundings::default(), &events).unwrap();
        Standing::of_review(DAY, &review, &events, until(0))
    };
    let none = (None, None, until(0), None);
    let expect = |(outcome, closed, due, letter), state| (state, outcome, closed, due, letter);
    assert_eq!(says(&of(&[], "甲")), expect(none, ItemState::Open));
    for acts in 1..=3 {
        assert_eq!(says(&of(&heard[..acts], "甲")), expect(none, ItemState::UnderWay));
    }
    for (decision, outcome) in [
        (json!({ "lawful": {} }), ItemOutcome::Lawful),
        (json!({ "data_error": {} }), ItemOutcome::DataError),
        (json!({ "stopped": {} }), ItemOutcome::Stopped),
        (json!({ "recovered": { "fen": 100 } }), ItemOutcome::Recovered),
        (json!({ "referred": { "to": "某局" } }), ItemOutcome::Referred),
    ] {
        let acts = [&heard[..], &[decided(decision)]].concat();
        assert_eq!(
            says(&of(&acts, "甲")),
            (
                ItemState::Settled,
                Some(outcome),
                day(4),
                None,
                Some("津决〔2026〕7号")
            )
        );
    }
    let reviewed = |result: Value| {
        let acts = [
            &heard[..],
            &[
                decided(json!({ "stopped": {} })),
                json!({ "reviewed": paper("result", &result) }),
            ],
        ]
        .concat();
        of(&acts, "乙")
    };
    // What a second review leaves as it is was decided on the day on which it was decided.
    let upheld = reviewed(json!({ "upheld": {} }));
    assert_eq!((upheld.state, upheld.closed), (ItemState::Settled, day(4)));
    let changed = reviewed(json!({ "changed": { "to": { "lawful": {} } } }));
    assert_eq!(
        (changed.outcome, changed.closed),
        (Some(ItemOutcome::Lawful), day(5))
    );
    let returned = reviewed(json!({ "returned": {} }));
    assert_eq!((returned.state, returned.outcome), (ItemState::UnderWay, None));
    let corrected = json!({ "corrected": paper("basis", &json!("07".repeat(32))) });
    let acts = [&heard[..], &[decided(json!({ "stopped": {} })), corrected]].concat();
    assert_eq!(
        says(&of(&acts, "乙")),
        (
            ItemState::Corrected,
            Some(ItemOutcome::DataError),
            day(5),
            None,
            Some("津决〔2026〕7号")
        )
    );
}

fn office(name: &str, role: &str) -> Value {
    json!({ "name": name, "role": role, "place": "290101" })
}

fn matter(opening: &Value, acts: &[Value]) -> (Matter, Vec<Event>) {
    let opening: Opening = serde_json::from_value(opening.clone()).unwrap();
    let events: Vec<Event> = acts.iter().zip(1..).map(|(act, n)| event(n, "甲", act)).collect();
    (Matter::from_events(opening, &events).unwrap(), events)
}

fn transfer(acts: &[Value]) -> (Matter, Vec<Event>) {
    let opening = json!({ "transfer": {
        "number": "1", "on": "2026-11-02", "trigger": "still_poor", "via": null,
        "from": office("县检察院", "procuratorate"), "to": office("县民政局", "civil_affairs"),
    } });
    let filed = ["case_facts", "aid_given", "recommendation"]
        .map(|paper| json!({ "transfer": { "filed": { "paper": paper, "document": "1" } } }));
    matter(&opening, &[&filed[..], acts].concat())
}

fn sent() -> Value {
    json!({ "transfer": { "sent": { "letter": "检移〔2026〕3号", "due": week(4) } } })
}

fn acknowledged() -> Value {
    json!({ "transfer": { "acknowledged": { "due": week(5) } } })
}

fn answered(answer: Value) -> Value {
    json!({ "transfer": { "answered": { "answer": answer, "due": week(6) } } })
}

fn fed_back(came: Value) -> Value {
    json!({ "transfer": { "fed_back": { "document": "2", "came": came, "result": "低保", "due": week(7) } } })
}

#[test]
fn a_referral_s_line_begins_with_its_letter_and_ends_with_feedback() {
    let letter = Some("检移〔2026〕3号");
    let (drafted, events) = transfer(&[]);
    assert_eq!(Standing::of_matter(&drafted, &events), None);
    let refused = json!({ "refused": { "reason": "income" } });
    let accepted = json!({ "accepted": {} });
    for (acts, expected) in [
        (vec![sent()], (ItemState::Open, None, None, until(4), letter)),
        (
            vec![sent(), acknowledged()],
            (ItemState::UnderWay, None, None, until(5), letter),
        ),
        (
            vec![sent(), acknowledged(), answered(accepted.clone())],
            (ItemState::UnderWay, None, None, until(6), letter),
        ),
        (
            vec![sent(), acknowledged(), answered(json!({ "not_found": {} }))],
            (
                ItemState::Answered,
                Some(ItemOutcome::NotFound),
                None,
                until(6),
                letter,
            ),
        ),
        (
            vec![
                sent(),
                acknowledged(),
                answered(json!({ "already_helped": {} })),
                fed_back(Value::Null),
            ],
            (
                ItemState::Settled,
                Some(ItemOutcome::AlreadyAided),
                day(7),
                None,
                letter,
            ),
        ),
        (
            vec![
                sent(),
                acknowledged(),
                answered(accepted.clone()),
                fed_back(json!({ "helped": {} })),
            ],
            (ItemState::Settled, Some(ItemOutcome::Aided), day(7), None, letter),
        ),
        (
            vec![sent(), acknowledged(), answered(accepted), fed_back(refused)],
            (
                ItemState::Settled,
                Some(ItemOutcome::NotEligible),
                day(7),
                None,
                letter,
            ),
        ),
    ] {
        let (matter, events) = transfer(&acts);
        let standing = Standing::of_matter(&matter, &events).unwrap();
        assert_eq!(says(&standing), expected, "{acts:?}");
        assert_eq!(standing.opened, date(2026, 11, 6), "the day of the letter");
    }
}

/// What was written about the person is in no line, and no number of a document either.
#[test]
fn a_letter_that_bears_a_person_s_number_is_not_named() {
    let act = json!({ "transfer": { "sent": { "letter": "检移290101199003074555号", "due": week(4) } } });
    let (matter, events) = transfer(&[act]);
    let standing = Standing::of_matter(&matter, &events).unwrap();
    assert_eq!(standing.letter, None);
}

#[test]
fn a_lead_s_line_ends_with_feedback_and_a_clue_s_with_what_it_came_to() {
    let lead = |acts: &[Value]| {
        let opening = json!({ "lead": {
            "number": "1", "on": "2026-11-02", "letter": "民线〔2026〕3号", "due": week(0),
            "from": office("县民政局", "civil_affairs"), "to": office("县检察院", "procuratorate"),
        } });
        let (matter, events) = matter(&opening, acts);
        Standing::of_matter(&matter, &events).unwrap()
    };
    let letter = Some("民线〔2026〕3号");
    let took = json!({ "lead": { "acknowledged": { "due": week(1) } } });
    let taken_up = json!({ "lead": { "taken_up": { "due": week(2) } } });
    let rejected = json!({ "lead": { "rejected": { "reason": "理由", "due": week(2) } } });
    let back = json!({ "lead": { "fed_back": { "document": "1", "result": "救助" } } });
    assert_eq!(says(&lead(&[])), (ItemState::Open, None, None, until(0), letter));
    assert_eq!(
        says(&lead(std::slice::from_ref(&took))),
        (ItemState::UnderWay, None, None, until(1), letter)
    );
    assert_eq!(
        says(&lead(&[took.clone(), taken_up.clone()])),
        (
            ItemState::Answered,
            Some(ItemOutcome::Answered),
            None,
            until(2),
            letter
        )
    );
    assert_eq!(
        says(&lead(&[took, rejected, back])),
        (
            ItemState::Settled,
            Some(ItemOutcome::NotTaken),
            day(3),
            None,
            letter
        )
    );

    let clue = |kind: &str, acts: &[Value]| {
        let opening = json!({ "clue": {
            "number": "1", "on": "2026-11-02", "kind": kind, "round": "11".repeat(32), "finding": 1,
        } });
        let (matter, events) = matter(&opening, acts);
        let standing = Standing::of_matter(&matter, &events).unwrap();
        (standing.state, standing.outcome, standing.closed)
    };
    let took = json!({ "clue": { "taken": {} } });
    let checked = |result: Value| json!({ "clue": { "checked": { "result": result, "text": "查看" } } });
    let rejected = |reason: &str| json!({ "clue": { "rejected": { "reason": reason, "text": "查看" } } });
    assert_eq!(clue("lead", &[]), (ItemState::Open, None, None));
    assert_eq!(
        clue("lead", std::slice::from_ref(&took)),
        (ItemState::UnderWay, None, None)
    );
    for (act, outcome) in [
        (rejected("already_helped"), ItemOutcome::AlreadyAided),
        (rejected("no_hardship"), ItemOutcome::NotEligible),
        (rejected("gone"), ItemOutcome::NotTaken),
    ] {
        assert_eq!(
            clue("lead", &[took.clone(), act]),
            (ItemState::Settled, Some(outcome), day(2))
        );
    }
    for (result, outcome) in [
        (json!({ "not_eligible": {} }), ItemOutcome::NotEligible),
        (json!({ "informed": { "notice": "2" } }), ItemOutcome::Answered),
        (json!({ "referred": { "transfer": "3" } }), ItemOutcome::Referred),
        (json!({ "helped_elsewhere": {} }), ItemOutcome::AlreadyAided),
        (json!({ "declined": {} }), ItemOutcome::NotTaken),
    ] {
        let acts = [took.clone(), checked(result)];
        assert_eq!(
            clue("omission", &acts),
            (ItemState::Settled, Some(outcome), day(2))
        );
    }
}

#[test]
fn a_question_s_line_begins_with_its_release() {
    let opening: inquiry::Opening = serde_json::from_value(json!({
        "on": "2026-11-02", "by": "甲", "care": "010101", "rule": null, "months": ["2026-09"],
        "document": "民协〔2026〕5号", "question": null, "term": { "days": 7, "unit": "natural", "until": null },
    }))
    .unwrap();
    let of = |acts: &[Value]| {
        let by = ["乙", "丙", "丙", "丙", "丙"];
        let events: Vec<inquiry::Event> = acts
            .iter()
            .zip(1..)
            .zip(by)
            .map(|((act, n), by)| event(n, by, act))
            .collect();
        let inquiry = Inquiry::from_events(opening.clone(), &events).unwrap();
        Standing::of_inquiry(&inquiry, &events)
    };
    let went = [
        json!({ "approved": {} }),
        json!({ "released": { "due": week(2) } }),
        json!({ "sent": {} }),
    ];
    let answer = |answer: &str| json!({ "answered": { "answer": answer, "document": "1", "text": null } });
    let closed = json!({ "closed": { "reason": "已阅" } });
    let letter = Some("民协〔2026〕5号");
    assert_eq!(of(&[]), None);
    assert_eq!(of(&went[..1]), None);
    for acts in [&went[..2], &went[..3]] {
        let standing = of(acts).unwrap();
        assert_eq!(says(&standing), (ItemState::Open, None, None, until(2), letter));
        assert_eq!(standing.opened, date(2026, 11, 4));
    }
    for (found, outcome) in [
        ("paid_then", ItemOutcome::Answered),
        ("no_record", ItemOutcome::NotFound),
    ] {
        let acts = [&went[..], &[answer(found)]].concat();
        assert_eq!(
            says(&of(&acts).unwrap()),
            (ItemState::Answered, Some(outcome), None, until(2), letter)
        );
        let acts = [&acts[..], std::slice::from_ref(&closed)].concat();
        assert_eq!(
            says(&of(&acts).unwrap()),
            (ItemState::Settled, Some(outcome), day(5), None, letter)
        );
    }
}

#[test]
fn of_a_letter_in_no_ledger_a_round_s_word_counts() {
    let said = |state| Feedback {
        date: Some(date(2026, 10, 9)),
        state,
        reason: None,
    };
    let of = |state| {
        let standing = Standing::of_feedback(DAY, Some(&said(state)));
        (standing.state, standing.outcome, standing.closed)
    };
    let on = Some(date(2026, 10, 9));
    assert_eq!(Standing::of_feedback(DAY, None), Standing::open(DAY, None));
    assert_eq!(of(ReferralState::Acknowledged), (ItemState::UnderWay, None, None));
    assert_eq!(of(ReferralState::Accepted), (ItemState::UnderWay, None, None));
    assert_eq!(
        of(ReferralState::Helped),
        (ItemState::Settled, Some(ItemOutcome::Aided), on)
    );
    assert_eq!(
        of(ReferralState::Refused),
        (ItemState::Settled, Some(ItemOutcome::NotEligible), on)
    );
    assert_eq!(
        of(ReferralState::AlreadyHelped),
        (ItemState::Settled, Some(ItemOutcome::AlreadyAided), on)
    );
    assert_eq!(
        of(ReferralState::NotFound),
        (ItemState::Settled, Some(ItemOutcome::NotFound), on)
    );
    // Of two accounts the one that has come further counts, whichever it is.
    let open = Standing::open(DAY, until(0));
    let told = Standing::of_feedback(DAY, Some(&said(ReferralState::Helped)));
    assert_eq!(open.clone().further(told.clone()), told);
    assert_eq!(told.clone().further(open), told);
}

fn parties() -> Parties {
    Parties {
        kind: ItemKind::Finding,
        from: Hex([1; 32]),
        to: Hex([2; 32]),
        round: Some(1),
    }
}

#[test]
fn a_line_is_revised_where_its_matter_moved_and_only_then() {
    let open = Standing::open(DAY, until(0));
    let line = open.begin(Hex([3; 16]), &parties());
    assert_eq!(
        (line.revision, line.escalation, line.revisit),
        (1, Escalation::None, None)
    );
    assert_eq!(open.over(&line), None);

    let under_way = Standing {
        due: until(1),
        ..open.clone().at(ItemState::UnderWay)
    };
    let second = under_way.over(&line).unwrap();
    assert_eq!(
        second,
        Line {
            state: ItemState::UnderWay,
            due: until(1),
            revision: 2,
            ..line.clone()
        }
    );
    assert_eq!(under_way.over(&second), None);
    // Nobody has begun with what a later round found: that does not open it again.
    assert_eq!(open.over(&second), None);

    let settled = under_way.clone().ended(ItemOutcome::Lawful, DAY);
    let third = settled.over(&second).unwrap();
    assert_eq!(
        third,
        Line {
            state: ItemState::Settled,
            outcome: Some(ItemOutcome::Lawful),
            closed: Some(DAY),
            revision: 3,
            ..second.clone()
        },
        "whether it came in time is still to be seen"
    );
    assert_eq!(open.over(&third), None);
    let reopened = under_way.over(&third).unwrap();
    assert_eq!(
        (reopened.state, reopened.outcome, reopened.closed),
        (ItemState::UnderWay, None, None)
    );

    let corrected = open.clone().corrected(DAY).over(&third).unwrap();
    assert_eq!(corrected.state, ItemState::Corrected);
    for later in [&open, &under_way, &settled] {
        assert_eq!(later.over(&corrected), None);
    }
}

#[test]
fn what_others_have_set_on_a_line_stays() {
    let under_way = Standing::open(DAY, until(0)).at(ItemState::UnderWay);
    let line = Line {
        state: ItemState::Answered,
        outcome: Some(ItemOutcome::NotFound),
        escalation: Escalation::Reminded,
        revisit: until(9),
        letter: Some(Text::new("1号").unwrap()),
        revision: 4,
        ..under_way.begin(Hex([3; 16]), &parties())
    };
    assert_eq!(under_way.over(&line), None);
    let settled = under_way
        .clone()
        .ended(ItemOutcome::Lawful, DAY)
        .over(&line)
        .unwrap();
    assert_eq!(
        settled,
        Line {
            state: ItemState::Settled,
            outcome: Some(ItemOutcome::Lawful),
            closed: Some(DAY),
            revision: 5,
            ..line.clone()
        }
    );
    // A last day that a consultation has set is not reckoned anew.
    let decided = Line {
        escalation: Escalation::Decided,
        due: until(5),
        state: ItemState::UnderWay,
        outcome: None,
        ..line
    };
    assert_eq!(under_way.over(&decided), None);
}

#[test]
fn the_addressed_agency_moves_a_line_on_and_never_back() {
    let line = Standing::open(DAY, until(0)).begin(Hex([3; 16]), &parties());
    let begun = Answer::UNDER_WAY;
    let done = Answer {
        state: ItemState::Answered,
        outcome: Some(ItemOutcome::Aided),
    };
    let second = begun.over(&line).unwrap();
    assert_eq!((second.state, second.revision), (ItemState::UnderWay, 2));
    assert_eq!(begun.over(&second), None);
    let third = done.over(&second).unwrap();
    assert_eq!(
        third,
        Line {
            state: ItemState::Answered,
            outcome: Some(ItemOutcome::Aided),
            revision: 3,
            ..second
        }
    );
    assert_eq!(begun.over(&third), None);
    assert_eq!(done.over(&third), None);
    let settled = Line {
        state: ItemState::Settled,
        ..third
    };
    assert_eq!(done.over(&settled), None);

    // It says no more than that it has answered: whether the matter is over is not its to say.
    let helped = [
        sent(),
        acknowledged(),
        answered(json!({ "accepted": {} })),
        fed_back(json!({ "helped": {} })),
    ];
    for (acts, answer) in [(1, None), (2, Some(begun)), (3, Some(begun)), (4, Some(done))] {
        let (matter, events) = transfer(&helped[..acts]);
        assert_eq!(Answer::to_matter(&matter, &events), answer);
    }
}
