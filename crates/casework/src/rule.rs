//! Rules as data: which programmes may not stand together, where, since when, and who says so.

use std::collections::HashSet;

use jiff::civil::Date;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

use crate::{Error, Month, MonthRange, Place, ProgrammeCode, RuleId, canonical, error::DataFile};

const NATIONAL: &str = include_str!("../data/rules.toml");

/// A nation, its provinces, cities and counties do not make more for one node.
const MAX_RULES: usize = 10_000;

/// One forbidden combination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its short name, unique in a set.
    pub id: RuleId,
    /// A title in Chinese.
    pub name: String,
    /// What it forbids, in plain Chinese.
    pub text: String,
    /// The programmes on one side.
    pub left: Vec<ProgrammeCode>,
    /// The programmes on the other side; for a symmetric rule the same.
    pub right: Vec<ProgrammeCode>,
    /// Whether one set of programmes stands on both sides, as where aid may be had once from any of several agencies.
    pub symmetric: bool,
    /// In what the two sides must coincide.
    pub basis: Basis,
    /// Who made it.
    pub level: Level,
    /// Where it holds.
    pub place: Place,
    /// The first day of its force.
    pub from: Date,
    /// The day on which it ceased, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The article of law.
    pub source: String,
    /// How well the source is known.
    pub evidence: Evidence,
}

/// In what two records must coincide to break a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// One person, one month.
    Month,
    /// One person, one case.
    Case,
}

/// Whose rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The nation's.
    National,
    /// A province's.
    Province,
    /// A city's.
    City,
    /// A county's.
    County,
}

/// How well a rule's source is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The law itself was read.
    FullText,
    /// Local texts or reprints that repeat it; to be checked against the original.
    Secondary,
}

impl Rule {
    /// The whole months in which it is in force: a month that it only partly covers does not count.
    pub fn in_force(&self) -> MonthRange {
        let first = Month::of(self.from);
        let from = if self.from.day() == 1 { first } else { first.next() };
        MonthRange {
            from,
            to: self.until.map_or(Month::LAST, Month::of),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let wrong = |field| {
            Err(Error::Rule {
                rule: self.id.clone(),
                field,
            })
        };
        let repeats = |side: &[ProgrammeCode]| side.iter().collect::<HashSet<_>>().len() != side.len();
        for (field, text) in [
            ("name", &self.name),
            ("text", &self.text),
            ("source", &self.source),
        ] {
            if text.trim().is_empty() {
                return wrong(field);
            }
        }
        if self.left.is_empty() || repeats(&self.left) {
            return wrong("left");
        }
        if self.right.is_empty() || repeats(&self.right) {
            return wrong("right");
        }
        let sides_fit = if self.symmetric {
            self.left == self.right
        } else {
            !self.left.iter().any(|code| self.right.contains(code))
        };
        if !sides_fit {
            return wrong("symmetric");
        }
        if self.until.is_some_and(|until| until <= self.from) {
            return wrong("until");
        }
        Ok(())
    }
}

/// The rules that a node knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    rules: Vec<Rule>,
}

impl RuleSet {
    /// The national rules, as shipped.
    pub fn national() -> RuleSet {
        // Unwrap safety: the text is compiled in, and the test `the_national_rules_are_valid` parses it.
        #[allow(clippy::unwrap_used)]
        RuleSet::parse(NATIONAL).unwrap()
    }

    /// Reads rules in the form of `data/rules.toml`.
    ///
    /// # Errors
    /// [`Error::Data`] where it is not such a file; [`Error::Rule`] with the rule and the field that is wrong: an `id`
    /// given twice, an empty text, a side that is empty or repeats itself, sides that do not fit `symmetric`, an
    /// `until` that is not after `from`.
    pub fn parse(toml: &str) -> Result<RuleSet, Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File {
            rule: Vec<Rule>,
        }
        let File { rule: mut rules } =
            toml::from_str(toml).map_err(|e| Error::data(DataFile::Rules, toml, &e))?;
        if rules.len() > MAX_RULES {
            let message = format!("more than {MAX_RULES} rules");
            return Err(Error::Data {
                file: DataFile::Rules,
                line: 0,
                message,
            });
        }
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        for rule in &rules {
            rule.check()?;
        }
        if let Some(twice) = rules.windows(2).find_map(|pair| match pair {
            [a, b] if a.id == b.id => Some(a.id.clone()),
            _ => None,
        }) {
            return Err(Error::Rule {
                rule: twice,
                field: "id",
            });
        }
        Ok(RuleSet { rules })
    }

    /// All of them, by id.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rule of this id.
    pub fn get(&self, id: &RuleId) -> Option<&Rule> {
        let found = self.rules.binary_search_by(|rule| rule.id.cmp(id)).ok()?;
        self.rules.get(found)
    }

    /// SHA-256 of the canonical JSON of the rules by id: equal on two nodes only where every word of every rule is.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&canonical::to_vec(&self.rules))
    }
}

pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    #[test]
    fn the_national_rules_are_valid() {
        let rules = RuleSet::parse(NATIONAL).unwrap();
        let catalogue = Catalogue::national();
        for rule in rules.rules() {
            for code in rule.left.iter().chain(&rule.right) {
                assert!(catalogue.get(code).is_some(), "{} names {code}", rule.id);
            }
        }
        let ids: Vec<_> = rules.rules().iter().map(|rule| rule.id.as_str()).collect();
        assert_eq!(ids, ["X1", "X3", "X4", "X5", "X8"]);
    }

    const RULE: &str = r#"
[[rule]]
id = "T1"
name = "名"
text = "文"
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

    #[test]
    fn a_rule_that_is_wrong_names_itself_and_the_field() {
        RuleSet::parse(RULE).unwrap();
        for (from, to, field) in [
            ("text = \"文\"", "text = \" \"", "text"),
            ("source = \"某县文件\"", "source = \"\"", "source"),
            ("left = [\"minimum_living\"]", "left = []", "left"),
            ("right = [\"extreme_poverty\"]", "right = [\"a\", \"a\"]", "right"),
            (
                "right = [\"extreme_poverty\"]",
                "right = [\"minimum_living\"]",
                "symmetric",
            ),
            ("symmetric = false", "symmetric = true", "symmetric"),
            ("source", "until = \"2026-02-02\"\nsource", "until"),
        ] {
            match RuleSet::parse(&RULE.replace(from, to)).unwrap_err() {
                Error::Rule { rule, field: found } => assert_eq!((rule.as_str(), found), ("T1", field)),
                other => panic!("{other}"),
            }
        }
        let twice = RULE.repeat(2);
        assert!(matches!(
            RuleSet::parse(&twice).unwrap_err(),
            Error::Rule { field: "id", .. }
        ));
        for (from, to) in [
            ("place = \"290123\"", "place = \"29\""),
            ("month", "week"),
            ("source", "sauce"),
            ("2026-02-02", "2026-02-30"),
        ] {
            let error = RuleSet::parse(&RULE.replace(from, to)).unwrap_err();
            assert!(
                matches!(
                    error,
                    Error::Data {
                        file: DataFile::Rules,
                        ..
                    }
                ),
                "{error}"
            );
        }
    }

    #[test]
    fn any_word_changes_the_digest_and_the_order_in_the_file_does_not() {
        let other = RULE.replace("T1", "T2");
        let digest = |text: &str| RuleSet::parse(text).unwrap().digest();
        assert_eq!(
            digest(&(RULE.to_owned() + &other)),
            digest(&(other.clone() + RULE))
        );
        for (from, to) in [
            ("文\"", "文。\""),
            ("2026-02-02", "2026-02-03"),
            ("full_text", "secondary"),
        ] {
            assert_ne!(digest(RULE), digest(&RULE.replacen(from, to, 1)), "{from}");
        }
    }

    #[test]
    fn only_whole_months_are_in_force() {
        let rule = |more: &str| RuleSet::parse(&(RULE.to_owned() + more)).unwrap().rules()[0].in_force();
        let month = |text: &str| text.parse::<Month>().unwrap();
        assert_eq!(
            rule(""),
            MonthRange {
                from: month("2026-03"),
                to: Month::LAST
            }
        );
        assert_eq!(rule("until = \"2026-09-15\"").to, month("2026-09"));
    }
}
