//! Rules from files: the nation's, and each place's own beside them.

use std::sync::LazyLock;

use serde::Deserialize;
use toml::Spanned;

use super::{Rule, RuleSet, check};
use crate::{Error, RuleId, Wrong, error::DataFile};

const NATIONAL: &str = include_str!("../../data/rules.toml");

/// A nation, its provinces, cities and counties do not make more for one node.
const MAX_RULES: usize = 10_000;

/// A rule and where it was read.
pub(super) struct Read {
    pub(super) rule: Rule,
    file: DataFile,
    /// What the file says of it, from its heading on; empty for what is known already.
    text: String,
    /// The line of its heading, from 1; 0 where it was not read from a file.
    line: usize,
}

impl Read {
    /// The rule's error in this field, with the line on which the field stands, or that of the rule's heading.
    pub(super) fn wrong(&self, field: &'static str, wrong: Wrong) -> Error {
        let says = |line: &str| {
            line.trim_start()
                .strip_prefix(field)
                .is_some_and(|rest| rest.trim_start().starts_with(['=', '.']))
        };
        let below = self.text.lines().position(says).unwrap_or(0);
        Error::Rule {
            file: self.file,
            line: self.line + below,
            rule: self.rule.id.clone(),
            field,
            wrong,
        }
    }
}

impl RuleSet {
    /// The national rules, as shipped, and those of places that are shipped with them.
    pub fn national() -> RuleSet {
        // Unwrap safety: the text is compiled in, and the test `the_national_rules_are_valid` parses it.
        #[allow(clippy::unwrap_used)]
        static SHIPPED: LazyLock<RuleSet> = LazyLock::new(|| RuleSet::parse(NATIONAL).unwrap());
        SHIPPED.clone()
    }

    /// Reads rules in the form of `data/rules.toml`.
    ///
    /// # Errors
    /// [`Error::Data`] where it is not such a file; [`Error::Rule`] with the line, the rule, the field and what is wrong
    /// with it: see `data/rules.toml` for what a rule of each kind must have.
    pub fn parse(toml: &str) -> Result<RuleSet, Error> {
        assemble(read(DataFile::Rules, toml)?)
    }

    /// These rules and those of a file of one's own place or places, in the same form. Nothing national stands there.
    /// A rule of a narrower place holds instead of those of wider places that it `replaces`, where and while it is in
    /// force; what contradicts a wider rule without replacing it is refused, and so is what
    /// replaces it for a part of its pairs of programmes only.
    ///
    /// # Errors
    /// As [`RuleSet::parse`].
    pub fn with_local(&self, toml: &str) -> Result<RuleSet, Error> {
        let mut all: Vec<_> = self
            .rules
            .iter()
            .map(|rule| Read {
                rule: rule.clone(),
                file: DataFile::Rules,
                text: String::new(),
                line: 0,
            })
            .collect();
        let local = read(DataFile::LocalRules, toml)?;
        local.iter().try_for_each(check::local)?;
        all.extend(local);
        assemble(all)
    }
}

fn read(file: DataFile, toml: &str) -> Result<Vec<Read>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        rule: Vec<Spanned<Rule>>,
    }
    let File { rule: rules } = toml::from_str(toml).map_err(|e| Error::data(file, toml, &e))?;
    let read = |rule: Spanned<Rule>| {
        let (before, text) = toml.split_at_checked(rule.span().start).unwrap_or((toml, ""));
        let end = text
            .match_indices("\n[[")
            .next()
            .map_or(text.len(), |(end, _)| end);
        Read {
            file,
            line: before.matches('\n').count() + 1,
            text: text.get(..end).unwrap_or_default().to_owned(),
            rule: rule.into_inner(),
        }
    };
    Ok(rules.into_iter().map(read).collect())
}

/// By id, each one right in itself and all of them together.
fn assemble(mut all: Vec<Read>) -> Result<RuleSet, Error> {
    if all.len() > MAX_RULES {
        return Err(Error::Data {
            file: all.last().map_or(DataFile::Rules, |last| last.file),
            line: 0,
            message: format!("more than {MAX_RULES} rules"),
        });
    }
    let by_id = |read: &Read| -> RuleId { read.rule.id.clone() };
    all.sort_by_key(by_id);
    all.iter().try_for_each(check::alone)?;
    check::together(&all)?;
    Ok(RuleSet {
        rules: all.into_iter().map(|read| read.rule).collect(),
    })
}
