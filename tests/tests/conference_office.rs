//! What an office makes of its ledger, and what its members see of that.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is the report"
)]

use hefu_casework::conference::{Decision, Escalation, Fault, Line, TimedStep, Why};
use hefu_casework::{Hex, Text};
use hefu_node::Error;
use hefu_node::conference::Share;
use hefu_tests::agency::days_from_today;
use hefu_tests::bureau::Bureau;
use hefu_tests::conference::{Table, line, say};

/// Made by the rule of GB 11643 for province 29, which no region has.
const NUMBER: &str = "290101199003074555";

fn decision(of: &Line, text: &str) -> Decision {
    Decision {
        item: of.item,
        from: of.from,
        text: Text::new(text).unwrap(),
        by: of.to,
        due: Some(days_from_today(10)),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_matter_is_spoken_about_and_decided() {
    let table = Table::start(3).await;
    let late = Line {
        opened: days_from_today(-20),
        due: Some(days_from_today(-5)),
        ..line(&table.members[0], &table.members[1], "函一")
    };
    let other = line(&table.members[1], &table.members[2], "函二");
    say(&table.members[0], &table.id, late.clone());
    say(&table.members[1], &table.id, other.clone());
    table.sync().await;
    table.sync().await;
    let office = &table.office().node;
    let today = days_from_today(0);

    // The office has both matters in view, each member its own.
    let topics = |at: &Bureau| {
        let agenda = at.node.agenda(&table.id, today).unwrap();
        let topic = |topic: &hefu_node::conference::AgendaTopic| {
            (topic.line.item, topic.why.clone(), topic.days_late)
        };
        agenda.topics.iter().map(topic).collect::<Vec<_>>()
    };
    let overdue = vec![(late.item, vec![Why::Overdue], 5)];
    assert_eq!(topics(table.office()), overdue);
    let escalated = office
        .escalate(&table.id, &other.item, Escalation::Consultation, "主任")
        .unwrap();
    assert_eq!(escalated.escalation, Escalation::Consultation);
    table.sync().await;
    assert_eq!(topics(table.office()).len(), 2);
    assert_eq!(topics(&table.members[0]), overdue);
    assert_eq!(topics(&table.members[2]), [(other.item, vec![Why::Submitted], 0)]);

    // Only the office does that.
    let refused = table.members[0]
        .node
        .escalate(&table.id, &late.item, Escalation::Reminded, "经办");
    assert_eq!(refused.unwrap_err().code(), "conference_office_only");

    // A number of a person is on no record.
    let minutes = || Text::new("某救联纪〔2026〕3号").unwrap();
    let refused = office.decide(
        &table.id,
        minutes(),
        decision(&late, &format!("由{NUMBER}本人说明")),
        "主任",
    );
    assert!(matches!(refused, Err(Error::Conference(Fault::BearsNumber))));
    let spaced = format!("{} {}", &NUMBER[..6], &NUMBER[6..]);
    let refused = office.decide(&table.id, minutes(), decision(&late, &spaced), "主任");
    assert!(matches!(refused, Err(Error::Conference(Fault::BearsNumber))));

    let decided = office
        .decide(&table.id, minutes(), decision(&late, "限期反馈办理结果"), "主任")
        .unwrap();
    assert_eq!(
        (decided.escalation, decided.due),
        (Escalation::Decided, Some(days_from_today(10)))
    );
    table.sync().await;
    let in_minutes = |at: &Bureau| {
        let by_day = at.node.decided(&table.id, today, None).unwrap();
        assert_eq!(
            by_day,
            at.node
                .decided(&table.id, days_from_today(-9), Some("某救联纪〔2026〕3号"))
                .unwrap()
        );
        by_day
            .iter()
            .map(|(decided, line)| (line.item, decided.decision.clone()))
            .collect::<Vec<_>>()
    };
    let expected = [(late.item, decision(&late, "限期反馈办理结果"))];
    for at in [table.office(), &table.members[0], &table.members[1]] {
        assert_eq!(in_minutes(at), expected);
    }
    assert!(in_minutes(&table.members[2]).is_empty(), "not of its concern");
    // It comes back when it is late again.
    assert!(!topics(table.office()).iter().any(|(item, ..)| *item == late.item));
    let again = office.agenda(&table.id, days_from_today(11)).unwrap();
    assert!(
        again
            .topics
            .iter()
            .any(|topic| topic.line.item == late.item && topic.days_late == 1)
    );
    table.is_one();
}

#[tokio::test(flavor = "multi_thread")]
async fn time_is_seen_as_far_as_the_ledger_is() {
    let table = Table::start(3).await;
    let late = Line {
        opened: days_from_today(-40),
        due: Some(days_from_today(-5)),
        ..line(&table.members[0], &table.members[1], "函一")
    };
    say(&table.members[0], &table.id, late);
    table.sync().await;
    let kept = |at: &Bureau| at.node.time_kept(&table.id, days_from_today(0)).unwrap();
    let of = kept(table.office());
    let steps: Vec<_> = of.iter().map(|kept| (kept.step, kept.overdue)).collect();
    // Forty days are more than five working days and the longest holiday.
    assert_eq!(steps, [(TimedStep::Acknowledgement, 1), (TimedStep::Feedback, 1)]);
    assert_eq!(of[0].pair, ["县法院", "县检察院"]);
    assert_eq!(kept(&table.members[1]), of);
    assert!(kept(&table.members[2]).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_and_samples_are_of_rounds_on_record() {
    let table = Table::start(2).await;
    for at in [table.office(), &table.members[0]] {
        let figures = at.node.round_figures(&table.id, 1, false);
        assert!(matches!(figures, Err(Error::Missing { what: "round", .. })));
        let sample = at.node.draw_sample(&table.id, 1, Share::Percent(5));
        assert!(matches!(sample, Err(Error::Missing { what: "round", .. })));
    }
    let unknown = Hex([9; 32]);
    assert!(table.office().node.round_figures(&unknown, 1, false).is_err());
}
