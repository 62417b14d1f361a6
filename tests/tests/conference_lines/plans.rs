use hefu_casework::conference::MeasureState;
use hefu_node::Error;

use super::answered::referred;
use super::*;

fn add(meeting: &Meeting, by: &Bureau, item: &Item, measure: &str, state: MeasureState) -> Result<(), Error> {
    let on = days_from_today(3);
    tokio::task::block_in_place(|| {
        by.node
            .add_measure(&meeting.id, item, text(measure), on, state, "经办")
    })
}

/// What this agency reads of the plan: agency, measure, state.
fn plan(meeting: &Meeting, by: &Bureau, item: &Item) -> Option<Vec<(String, String, MeasureState)>> {
    let (plans, _) = by.node.plan(&meeting.id, item).ok()?;
    let name = |key: &Hex<32>| {
        let all = meeting.members();
        let of = all.iter().find(|member| Hex(member.node.node_key()) == *key);
        of.unwrap().card.name().to_owned()
    };
    let each = plans
        .iter()
        .map(|plan| (name(&plan.agency), plan.measure.as_str().to_owned(), plan.state));
    let mut all: Vec<_> = each.collect();
    all.sort();
    Some(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_seen_by_the_agencies_involved_and_by_nobody_else() {
    let meeting = Meeting::begin().await;
    referred(&meeting, 40);
    meeting.follow().await;
    let item = *meeting.lines(&meeting.office).first_key_value().unwrap().0;
    let (from, to, third) = (&meeting.refers, &meeting.poor, &meeting.disabled);

    assert!(
        tokio::task::block_in_place(|| {
            from.node
                .invite_to_plan(&meeting.id, &item, &Hex(third.node.node_key()), "经办")
        })
        .is_err()
    );
    add(&meeting, from, &item, "司法救助", MeasureState::Done).unwrap();
    add(&meeting, to, &item, "低保", MeasureState::Planned).unwrap();
    meeting.sync().await;
    let measure = |agency: &str, measure: &str, state| (agency.to_owned(), measure.to_owned(), state);
    let mut both = vec![
        measure(PROCURATORATE, "司法救助", MeasureState::Done),
        measure(CIVIL_AFFAIRS, "低保", MeasureState::Planned),
    ];
    both.sort();
    assert_eq!(plan(&meeting, from, &item).as_ref(), Some(&both));
    assert_eq!(plan(&meeting, to, &item).as_ref(), Some(&both));
    assert_eq!(plan(&meeting, third, &item), None);
    assert!(add(&meeting, third, &item, "康复", MeasureState::Planned).is_err());
    // The office sees that something was said, and not what.
    let planned = meeting.office.node.with_conference(&meeting.id, |state| {
        state.plans(&item, &Hex(from.node.node_key())).len()
    });
    assert_eq!(planned.unwrap(), 0);

    // The other agency can invite nobody; the one that referred can.
    let invite = |by: &Bureau| {
        let agency = Hex(third.node.node_key());
        tokio::task::block_in_place(|| by.node.invite_to_plan(&meeting.id, &item, &agency, "经办"))
    };
    assert!(invite(to).is_err());
    invite(from).unwrap();
    meeting.sync().await;
    assert_eq!(
        plan(&meeting, third, &item),
        Some(vec![measure(PROCURATORATE, "司法救助", MeasureState::Done)])
    );
    add(&meeting, third, &item, "康复", MeasureState::UnderWay).unwrap();
    meeting.sync().await;
    add(&meeting, to, &item, "低保", MeasureState::Done).unwrap();
    meeting.sync().await;
    let mut all = vec![
        measure(PROCURATORATE, "司法救助", MeasureState::Done),
        measure(CIVIL_AFFAIRS, "低保", MeasureState::Done),
        measure(FEDERATION, "康复", MeasureState::UnderWay),
    ];
    all.sort();
    for member in [from, to, third] {
        assert_eq!(plan(&meeting, member, &item).as_ref(), Some(&all));
    }
    assert!(meeting.lines(third).is_empty(), "who is invited has no line");

    let refused = add(
        &meeting,
        to,
        &item,
        &format!("低保{}", number(40)),
        MeasureState::Done,
    );
    assert_eq!(refused.unwrap_err().code(), "plan_bears_number");
}

/// Of a finding there is no plan.
#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_of_a_referral() {
    let meeting = Meeting::begin().await;
    meeting.round([7, 10], |receipt| receipt).await;
    meeting.follow().await;
    let item = meeting.line_of(&meeting.poor, 10).item;
    let refused = add(&meeting, &meeting.poor, &item, "低保", MeasureState::Planned);
    assert_eq!(refused.unwrap_err().code(), "conference_line_wrong");
}
