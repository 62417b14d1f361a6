//! What stands outside the acts on a finding and bears on what may be decided.

use jiff::Timestamp;

use crate::{Finding, NameAgreement};

/// As things stand when an act is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The two agencies know the number under different names: nothing may be decided against a person before it is
    /// known who that is.
    pub names_differ: bool,
    /// When rounds between the two found, whatever this finding says, that the names of the same person under the same
    /// rule differ, and when that they do not, in order: the newest that compared them holds, and one that could not
    /// compare them changes nothing.
    pub names_compared: Vec<(Timestamp, bool)>,
    /// Each time at which this node heard that the other agency has withdrawn its finding on the same matter, in order:
    /// nothing may be decided against the person before it is verified once more. All of them, so that acts from before
    /// the last one read as they did when they were recorded.
    pub corrected_there: Vec<Timestamp>,
}

impl Surroundings {
    /// What the finding itself says.
    pub fn of(finding: &Finding) -> Surroundings {
        Surroundings {
            names_differ: finding.name == Some(NameAgreement::Differs),
            ..Surroundings::default()
        }
    }

    /// Whether the names are known to differ when something is recorded at `at`.
    pub(super) fn names_differ_at(&self, at: Timestamp) -> bool {
        let before = self.names_compared.iter().rev();
        let newest = before.into_iter().find(|(compared, _)| *compared <= at);
        self.names_differ || newest.is_some_and(|(_, differ)| *differ)
    }

    /// Whether, when something is recorded at `at`, a correction of the other agency has come since `verified_at`.
    pub(super) fn corrected_since(&self, verified_at: Option<Timestamp>, at: Timestamp) -> bool {
        self.corrected_there
            .iter()
            .any(|there| *there <= at && verified_at.is_none_or(|verified| verified <= *there))
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;
    use crate::review::{Event, Review, Stage};
    use crate::{Error, Hex, Text};

    /// The n-th act, recorded in the n-th minute.
    fn event(minute: i64, by: &str, act: &Value) -> Event {
        Event {
            at: minute_of(minute),
            by: Text::new(by).unwrap(),
            on: date(2026, 3, 2),
            act: serde_json::from_value(act.clone()).unwrap(),
        }
    }

    fn minute_of(minute: i64) -> Timestamp {
        Timestamp::from_second("2026-03-02T02:00:00Z".parse::<Timestamp>().unwrap().as_second() + 60 * minute)
            .unwrap()
    }

    fn paper(name: &str, value: &Value) -> Value {
        json!({ name: value, "authority": "某局", "document": "1号", "reason": "理由" })
    }

    fn verified() -> Value {
        json!({ "verified": { "result": "confirmed", "reason": "账目" } })
    }

    fn excepted() -> Value {
        json!({ "excepted": { "legal_basis": "某法", "reason": "理由" } })
    }

    fn decided(decision: &str) -> Value {
        json!({ "decided": paper("decision", &json!({ decision: {} })) })
    }

    fn reviewed(result: &Value) -> Value {
        json!({ "reviewed": paper("result", result) })
    }

    /// Acts of one officer, a minute each, as somebody hears at `there` that the other agency was wrong.
    fn after(there: impl IntoIterator<Item = i64>, acts: &[Value]) -> Result<Review, Error> {
        let surroundings = Surroundings {
            corrected_there: there.into_iter().map(minute_of).collect(),
            ..Surroundings::default()
        };
        let events: Vec<_> = (1..)
            .zip(acts)
            .map(|(minute, act)| event(minute, "甲", act))
            .collect();
        Review::from_events(Hex([7; 32]), date(2026, 3, 2), surroundings, &events)
    }

    #[test]
    fn what_the_other_agency_withdrew_is_verified_once_more_before_anything_is_taken() {
        let taken = json!({ "taken": {} });
        let acts = [taken, verified(), excepted(), decided("stopped")];
        // Not heard of at all, or only after it was decided: what was recorded stands.
        for there in [None, Some(5)] {
            assert_eq!(after(there, &acts).unwrap().stage(), Stage::Decided);
        }
        // Before the verification, which therefore knew of it.
        assert_eq!(after(Some(1), &acts).unwrap().stage(), Stage::Decided);
        for there in [2, 3, 4] {
            let refused = after(Some(there), &acts);
            assert!(
                matches!(refused, Err(Error::CorrectedThere)),
                "{there}: {refused:?}"
            );
            // What takes nothing needs no more.
            let lawful = [&acts[..3], &[decided("lawful")]].concat();
            assert!(after(Some(there), &lawful).is_ok());
        }
        let once_more = [&acts[..3], &[verified()], &[excepted(), decided("stopped")]].concat();
        assert!(after(Some(3), &once_more).is_ok());
        // Nothing that was heard or excepted before counts for it.
        let unheard = [&acts[..3], &[verified(), decided("stopped")]].concat();
        assert!(matches!(after(Some(3), &unheard), Err(Error::NotHeard)));
        // That it is to be is told from the moment at which this node hears of it, until it is done.
        let again =
            |there, acts: &[Value], minute| after(there, acts).unwrap().must_verify_again(minute_of(minute));
        for known in 2..=3 {
            assert!(!again(Some(3), &acts[..known], 2), "not heard of yet");
            assert!(again(Some(3), &acts[..known], 3));
        }
        for (acts, minute) in [
            (&acts[..1], 9),
            (&once_more[..4], 9),
            (&once_more[..], 9),
            (&acts[..0], 9),
        ] {
            assert!(!again(Some(3), acts, minute), "{acts:?}");
        }
        assert!(!again(None, &acts[..3], 9));
        // Without such news nobody verifies twice.
        for there in [None, Some(1)] {
            assert!(matches!(after(there, &once_more), Err(Error::OutOfTurn { .. })));
        }
    }

    /// A later correction changes nothing of what was recorded between the two.
    #[test]
    fn corrections_are_replayed_as_they_came() {
        let taken = json!({ "taken": {} });
        let acts = [taken, verified(), verified(), excepted(), decided("stopped")];
        assert_eq!(after([2], &acts).unwrap().stage(), Stage::Decided);
        assert_eq!(after([2, 6], &acts).unwrap().stage(), Stage::Decided);
        assert_eq!(after([2, 4], &acts[..4]).unwrap().stage(), Stage::Excepted);
        assert!(matches!(after([2, 4], &acts), Err(Error::CorrectedThere)));
        let thrice = [&acts[..4], &[verified(), excepted(), decided("stopped")]].concat();
        assert_eq!(after([2, 4, 8], &thrice).unwrap().stage(), Stage::Decided);
        assert!(matches!(after([4], &thrice), Err(Error::OutOfTurn { .. })));
        assert!(matches!(after([2, 6], &thrice), Err(Error::OutOfTurn { .. })));
    }

    /// What other rounds found of the names holds from then on, and not for what was recorded before.
    #[test]
    fn names_that_differ_elsewhere_forbid_until_they_are_the_same() {
        let acts = [json!({ "taken": {} }), verified(), excepted(), decided("stopped")];
        let decided_after = |compared: &[(i64, bool)]| {
            let surroundings = Surroundings {
                names_compared: compared
                    .iter()
                    .map(|(at, differ)| (minute_of(*at), *differ))
                    .collect(),
                ..Surroundings::default()
            };
            let events: Vec<_> = (1..)
                .zip(&acts)
                .map(|(minute, act)| event(minute, "甲", act))
                .collect();
            Review::from_events(Hex([7; 32]), date(2026, 3, 1), surroundings, &events)
        };
        for allowed in [&[][..], &[(5, true)], &[(1, true), (3, false)], &[(0, false)]] {
            assert_eq!(
                decided_after(allowed).unwrap().stage(),
                Stage::Decided,
                "{allowed:?}"
            );
        }
        for refused in [
            &[(0, true)][..],
            &[(4, true)],
            &[(0, true), (5, false)],
            &[(0, false), (2, true)],
        ] {
            assert!(
                matches!(decided_after(refused), Err(Error::NamesDiffer)),
                "{refused:?}"
            );
        }
    }

    #[test]
    fn a_second_review_does_not_stay_with_what_the_other_agency_withdrew() {
        let acts = [json!({ "taken": {} }), verified(), excepted(), decided("stopped")];
        let mut review = after(Some(5), &acts).unwrap();
        for result in [
            json!({ "upheld": {} }),
            json!({ "changed": { "to": { "recovered": { "fen": 1 } } } }),
        ] {
            let refused = review.record(&event(6, "乙", &reviewed(&result)));
            assert!(matches!(refused, Err(Error::CorrectedThere)), "{refused:?}");
        }
        let mut changed = review.clone();
        let lawful = reviewed(&json!({ "changed": { "to": { "lawful": {} } } }));
        changed.record(&event(6, "乙", &lawful)).unwrap();
        review
            .record(&event(6, "乙", &reviewed(&json!({ "returned": {} }))))
            .unwrap();
        for (minute, act) in [(7, verified()), (8, excepted()), (9, decided("stopped"))] {
            review.record(&event(minute, "甲", &act)).unwrap();
        }
    }

    /// Both agencies know the same of it: what stands, and nothing that was written.
    #[test]
    fn the_other_agency_is_told_of_decisions_and_corrections_and_nothing_else() {
        let corrected = json!({ "corrected": paper("basis", &json!("07".repeat(32))) });
        let referred = json!({ "decided": paper("decision", &json!({ "referred": { "to": "某局" } })) });
        for (act, expected) in [
            (json!({ "taken": {} }), None),
            (json!({ "handed_over": { "to": "乙", "reason": "理由" } }), None),
            (verified(), None),
            (excepted(), None),
            (json!({ "heard": { "none_in_time": {} } }), None),
            (
                json!({ "objected": { "document": "异1号", "reason": "理由", "received": "2026-07-10" } }),
                None,
            ),
            (reviewed(&json!({ "upheld": {} })), None),
            (
                decided("stopped"),
                Some(
                    json!({ "outcome": { "decision": "stopped", "document": "1号", "at": "2026-03-02T02:01:00Z" } }),
                ),
            ),
            (
                referred,
                Some(
                    json!({ "outcome": { "decision": "referred", "document": "1号", "at": "2026-03-02T02:01:00Z" } }),
                ),
            ),
            (
                reviewed(&json!({ "changed": { "to": { "recovered": { "fen": 1 } } } })),
                Some(
                    json!({ "outcome": { "decision": "recovered", "document": "1号", "at": "2026-03-02T02:01:00Z" } }),
                ),
            ),
            (
                reviewed(&json!({ "returned": {} })),
                Some(
                    json!({ "outcome": { "decision": "reopened", "document": "1号", "at": "2026-03-02T02:01:00Z" } }),
                ),
            ),
            (
                corrected,
                Some(json!({ "correction": { "document": "1号", "at": "2026-03-02T02:01:00Z" } })),
            ),
        ] {
            let told = event(1, "甲", &act).act.told_there(minute_of(1));
            assert_eq!(
                told.map(|word| serde_json::to_value(word).unwrap()),
                expected,
                "{act}"
            );
        }
    }
}
