use super::*;
use crate::{Error, Wrong, error::DataFile};

#[test]
fn the_national_rules_are_valid() {
    let rules = RuleSet::national();
    let of = |kind: RuleKind| -> Vec<_> {
        let rules = rules.rules().iter().filter(|rule| rule.kind == kind);
        rules.map(|rule| rule.id.as_str()).collect()
    };
    assert_eq!(
        of(RuleKind::Exclusive),
        ["L1", "X1", "X2", "X3", "X4", "X5", "X6", "X7"]
    );
    assert_eq!(
        of(RuleKind::Choose),
        ["C1", "C2-care", "C2-gansu", "C2-living", "C3"]
    );
    assert_eq!(
        of(RuleKind::Limit),
        ["L2-benxi", "L2-longyan", "L3-shanghai", "L3-zhejiang", "X9"]
    );
    assert_eq!(of(RuleKind::Once), ["X8"]);
    assert_eq!(of(RuleKind::Ends), ["X10", "X11"]);
    assert_eq!(of(RuleKind::LookOnly), ["F1"]);
    assert_eq!(of(RuleKind::Lawful).len(), 12);
    for rule in rules.rules() {
        let numbered = rule.source.contains('第') && rule.source.contains('条');
        assert!(!numbered, "{}: articles stand in their own field", rule.id);
    }
}

const RULE: &str = r#"
[[rule]]
id = "T1"
name = "名"
text = "文"
kind = "exclusive"
left = ["minimum_living"]
right = ["extreme_poverty"]
symmetric = false
basis = "month"
level = "county"
place = "290123"
from = "2026-02-02"
source = "某县文件"
evidence = "full_text"
"#;

const LIMIT: &str = r#"
[[rule]]
id = "T2"
name = "名"
text = "文"
kind = "limit"
left = ["temporary"]
right = ["temporary"]
symmetric = true
basis = "month"
window = "calendar_year"
limit = { times = 1 }
level = "county"
place = "290123"
from = "2026-02-02"
source = "某县文件"
evidence = "full_text"
"#;

/// The field, what is wrong with it, and the line that was changed, counted from the heading.
fn wrong(text: &str) -> (&'static str, Wrong, usize) {
    match RuleSet::parse(text).unwrap_err() {
        Error::Rule {
            file: DataFile::Rules,
            line,
            field,
            wrong,
            ..
        } => (field, wrong, line),
        other => panic!("{other}"),
    }
}

#[test]
fn a_rule_that_is_wrong_names_itself_the_field_and_the_line() {
    RuleSet::parse(RULE).unwrap();
    RuleSet::parse(LIMIT).unwrap();
    for (text, from, to, field, why, line) in [
        (RULE, "name = \"名\"", "name = \"\"", "name", Wrong::Missing, 4),
        (RULE, "text = \"文\"", "text = \" \"", "text", Wrong::Missing, 5),
        (
            RULE,
            "source = \"某县文件\"",
            "source = \"\"",
            "source",
            Wrong::Missing,
            14,
        ),
        (
            RULE,
            "left = [\"minimum_living\"]",
            "left = []",
            "left",
            Wrong::Missing,
            7,
        ),
        (
            RULE,
            "[\"extreme_poverty\"]",
            "[\"orphan\", \"orphan\"]",
            "right",
            Wrong::Repeated,
            8,
        ),
        (
            RULE,
            "extreme_poverty",
            "extreme_povetry",
            "right",
            Wrong::Unknown,
            8,
        ),
        (
            RULE,
            "extreme_poverty",
            "minimum_living",
            "symmetric",
            Wrong::NotAllowed,
            9,
        ),
        (
            RULE,
            "symmetric = false",
            "symmetric = true",
            "symmetric",
            Wrong::NotAllowed,
            9,
        ),
        (
            RULE,
            "basis = \"month\"",
            "basis = \"case\"",
            "basis",
            Wrong::NotAllowed,
            10,
        ),
        (
            RULE,
            "source",
            "until = \"2026-02-02\"\nsource",
            "until",
            Wrong::OutOfRange,
            14,
        ),
        (
            RULE,
            "source",
            "limit = { times = 1 }\nsource",
            "limit",
            Wrong::NotAllowed,
            14,
        ),
        (
            RULE,
            "source",
            "same_cause = true\nsource",
            "same_cause",
            Wrong::NotAllowed,
            14,
        ),
        (
            RULE,
            "source",
            "grace_months = 1\nsource",
            "grace_months",
            Wrong::NotAllowed,
            14,
        ),
        (
            RULE,
            "source",
            "window = { months = 1 }\nsource",
            "window",
            Wrong::OutOfRange,
            14,
        ),
        (
            RULE,
            "source",
            "reach = \"local\"\nsource",
            "why_local",
            Wrong::Missing,
            2,
        ),
        (
            RULE,
            "source",
            "why_local = \"文\"\nsource",
            "why_local",
            Wrong::NotAllowed,
            14,
        ),
        (
            RULE,
            "source",
            "replaces = [\"T9\"]\nsource",
            "replaces",
            Wrong::Unknown,
            14,
        ),
        (
            RULE,
            "source",
            "replaces = [\"T1\"]\nsource",
            "replaces",
            Wrong::OutOfRange,
            14,
        ),
        (RULE, "\"county\"", "\"city\"", "level", Wrong::NotAllowed, 11),
        (RULE, "\"290123\"", "\"290000\"", "level", Wrong::NotAllowed, 11),
        (RULE, "exclusive", "once", "symmetric", Wrong::NotAllowed, 9),
        (RULE, "exclusive", "limit", "symmetric", Wrong::NotAllowed, 9),
        // The event does not end what is paid once.
        (
            RULE,
            "kind = \"exclusive\"\nleft = [\"minimum_living\"]",
            "kind = \"ends\"\nleft = [\"temporary\"]",
            "left",
            Wrong::NotAllowed,
            7,
        ),
        (LIMIT, "limit = { times = 1 }\n", "", "limit", Wrong::Missing, 2),
        (LIMIT, "{ times = 1 }", "{ }", "limit", Wrong::Missing, 12),
        (
            LIMIT,
            "{ times = 1 }",
            "{ times = 0 }",
            "limit",
            Wrong::OutOfRange,
            12,
        ),
        (
            LIMIT,
            "{ times = 1 }",
            "{ standard_fen = 1, times = 1 }",
            "limit",
            Wrong::NotAllowed,
            12,
        ),
        // Two sets cannot count to two, nor add up.
        (
            LIMIT,
            "{ times = 1 }",
            "{ times = 2 }",
            "reach",
            Wrong::NotAllowed,
            2,
        ),
        (
            LIMIT,
            "{ times = 1 }",
            "{ fen = 100 }",
            "reach",
            Wrong::NotAllowed,
            2,
        ),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        assert_eq!(wrong(&changed), (field, why, line), "{to}");
    }
    // In a second rule the lines go on.
    let second = RULE.to_owned() + &LIMIT.replace("文", "");
    assert_eq!(wrong(&second), ("text", Wrong::Missing, 16 + 4));
    let twice = RULE.repeat(2);
    assert_eq!(wrong(&twice), ("id", Wrong::Repeated, 16 + 2));
}

#[test]
fn what_is_no_rule_at_all_says_the_line() {
    for (from, to, line) in [
        ("place = \"290123\"", "place = \"29\"", 12),
        ("\"month\"", "\"week\"", 10),
        ("\"exclusive\"", "\"forbidden\"", 6),
        ("source", "sauce", 14),
        ("2026-02-02", "2026-02-30", 13),
    ] {
        match RuleSet::parse(&RULE.replace(from, to)).unwrap_err() {
            Error::Data {
                file: DataFile::Rules,
                line: found,
                ..
            } => assert_eq!(found, line, "{to}"),
            other => panic!("{other}"),
        }
    }
}

/// Of the same pair: another place, another verdict.
fn variant(id: &str, kind: &str, level: &str, place: &str, more: &str) -> String {
    RULE.replace("T1", id)
        .replace("exclusive", kind)
        .replace("county", level)
        .replace("290123", place)
        .replace("source", &format!("{more}\nsource"))
}

#[test]
fn two_verdicts_on_one_pair_stand_only_where_the_narrower_replaces_the_wider() {
    let province = variant("P", "exclusive", "province", "290000", "");
    for (other, expected) in [
        (
            variant("Q", "lawful", "county", "290123", ""),
            Some(("replaces", Wrong::Missing)),
        ),
        (
            variant("Q", "lawful", "county", "290123", "replaces = [\"P\"]"),
            None,
        ),
        // Before the other was in force, and in another province.
        (
            variant("Q", "lawful", "county", "290123", "until = \"2026-02-20\"")
                .replace("2026-02-02", "2020-01-01"),
            None,
        ),
        (variant("Q", "lawful", "county", "300123", ""), None),
        (
            variant("Q", "choose", "province", "290000", ""),
            Some(("place", Wrong::Repeated)),
        ),
        (
            variant("Q", "lawful", "county", "290123", "replaces = [\"P\"]")
                .replace("minimum_living", "orphan"),
            Some(("replaces", Wrong::NotAllowed)),
        ),
    ] {
        let all = format!("{province}{other}");
        match (RuleSet::parse(&all), expected) {
            (Ok(_), None) => {}
            (
                Err(Error::Rule {
                    rule, field, wrong, ..
                }),
                Some(expected),
            ) => {
                assert_eq!((rule.as_str(), field, wrong), ("Q", expected.0, expected.1));
            }
            (found, expected) => panic!("{found:?} {expected:?}"),
        }
    }
}

fn month(text: &str) -> Month {
    text.parse().unwrap()
}

fn range(from: &str, to: &str) -> MonthRange {
    MonthRange {
        from: month(from),
        to: month(to),
    }
}

/// DOMAIN: 高龄津贴 beside the two subsidies is lawful in Guangzhou, one of the two in Gansu; elsewhere nothing is known.
#[test]
fn places_that_contradict_each_other_each_have_their_own_rule() {
    let rules = RuleSet::national();
    for (place, expected) in [
        ("440104", vec![("A12-guangzhou", RuleKind::Lawful)]),
        ("620102", vec![("C2-gansu", RuleKind::Choose)]),
        ("290101", vec![]),
    ] {
        let place = Place::new(place).unwrap();
        let allowance = ProgrammeCode::new("elderly_allowance").unwrap();
        let held: Vec<_> = rules
            .rules()
            .iter()
            .filter(|rule| rule.left.contains(&allowance) && !rules.months_at(rule, &place).is_empty())
            .map(|rule| (rule.id.as_str(), rule.kind))
            .collect();
        assert_eq!(held, expected, "{place}");
    }
}

#[test]
fn a_local_rule_holds_instead_of_the_national_one_where_and_while_it_is_in_force() {
    let local = variant(
        "X1-local",
        "lawful",
        "county",
        "290123",
        "until = \"2026-09-01\"\nreplaces = [\"X1\"]",
    )
    .replace(
        "right = [\"extreme_poverty\"]",
        "right = [\"extreme_poverty\", \"extreme_poverty_institutional\"]",
    );
    let rules = RuleSet::national().with_local(&local).unwrap();
    let x1 = rules.get(&RuleId::new("X1").unwrap()).unwrap();
    let at = |place: &str| rules.months_at(x1, &Place::new(place).unwrap());
    assert_eq!(
        at("290123"),
        [
            range("2014-05", "2026-03"),
            MonthRange {
                from: month("2026-09"),
                to: Month::LAST
            }
        ]
    );
    assert_eq!(at("290124").len(), 1);
    assert_ne!(rules.digest(), RuleSet::national().digest());

    // Nothing national stands in a local file, and a contradiction names the local rule.
    for (text, field) in [
        (
            local
                .replace("\"county\"", "\"national\"")
                .replace("290123", "000000"),
            "level",
        ),
        (local.replace("replaces = [\"X1\"]\n", ""), "replaces"),
    ] {
        match RuleSet::national().with_local(&text).unwrap_err() {
            Error::Rule {
                file: DataFile::LocalRules,
                rule,
                field: found,
                ..
            } => assert_eq!((rule.as_str(), found), ("X1-local", field)),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn any_word_changes_the_digest_and_the_order_in_the_file_does_not() {
    let other = RULE.replace("T1", "T2").replace("minimum_living", "orphan");
    let digest = |text: &str| RuleSet::parse(text).unwrap().digest();
    assert_eq!(
        digest(&(RULE.to_owned() + &other)),
        digest(&(other.clone() + RULE))
    );
    for (from, to) in [
        ("文\"", "文。\""),
        ("2026-02-02", "2026-02-03"),
        ("full_text", "secondary"),
        ("exclusive", "choose"),
        ("source", "article = \"第三条\"\nsource"),
        ("source", "window = \"calendar_year\"\nsource"),
    ] {
        assert_ne!(digest(RULE), digest(&RULE.replacen(from, to, 1)), "{from}");
    }
}

#[test]
fn only_whole_months_are_in_force() {
    let rule = |more: &str| RuleSet::parse(&(RULE.to_owned() + more)).unwrap().rules()[0].in_force();
    assert_eq!(
        rule(""),
        MonthRange {
            from: month("2026-03"),
            to: Month::LAST
        }
    );
    assert_eq!(rule("until = \"2026-09-15\"").to, month("2026-09"));
}

#[test]
fn a_ceiling_is_the_lower_of_those_that_can_be_reckoned() {
    let limit = |fen, standards, standard_fen: Option<i64>| Limit {
        times: None,
        fen,
        standards,
        standard_fen: standard_fen.map(Fen),
    };
    assert_eq!(
        limit(None, Some(12), Some(100_000)).ceiling(),
        Some(Fen(1_200_000))
    );
    assert_eq!(
        limit(Some(Fen(300_000)), Some(12), Some(100_000)).ceiling(),
        Some(Fen(300_000))
    );
    assert_eq!(limit(None, Some(12), None).ceiling(), None);
}
