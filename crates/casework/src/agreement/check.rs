//! What an agreement must hold to be signed, and to be used.

use std::collections::HashSet;

use jiff::civil::Date;

use super::{Agreement, KeyKind, LabelField, MAX_LABEL_BYTES, Mode, Purpose};
use crate::{
    Error, ProgrammeCode, Rule, RuleSet, Wrong,
    referral::{REFERRAL_RECEIVED, REFERRAL_SENT},
    text,
};

const MAX_TEXT_CHARS: usize = 256;
const MAX_ITEMS: usize = 64;
/// What one session of the protocol can carry.
const MAX_ELEMENTS: u64 = 1 << 30;
/// Thirty days: whoever has not come back by then begins anew.
const MAX_RESUME_HOURS: u32 = 720;
const MAX_CHECKS_A_DAY: u32 = 1000;
/// A check is of a few people: one that could hold a roll would be a round without its bounds.
const MAX_BATCH: u64 = 4096;

impl Agreement {
    /// Whether it contradicts itself or asks for what this version cannot do.
    ///
    /// # Errors
    /// [`Error::Agreement`] with the first field that is wrong and in what way.
    pub fn validate(&self) -> Result<(), Error> {
        ensure(self.version == Self::VERSION, "version", Wrong::Unsupported)?;
        text("number", &self.number)?;
        let runs = self.purpose != Purpose::Statistics;
        ensure(runs, "purpose", Wrong::Unsupported)?;
        list("legal_basis", &self.legal_basis)?;
        self.legal_basis
            .iter()
            .try_for_each(|article| text("legal_basis", article))?;
        self.validate_parties()?;
        list("receivers", &self.receivers)?;
        let known = self
            .receivers
            .iter()
            .all(|receiver| usize::from(*receiver) < self.parties.len());
        ensure(known, "receivers", Wrong::OutOfRange)?;
        ensure(
            !self.selection.months.is_empty(),
            "selection.months",
            Wrong::Missing,
        )?;
        self.validate_mode()?;
        text("suite", &self.suite)?;
        self.validate_keys()?;
        self.validate_label()?;
        ensure(self.rounds_a_month > 0, "rounds_a_month", Wrong::OutOfRange)?;
        self.validate_checks()?;
        let waits = (1..=MAX_RESUME_HOURS).contains(&self.resume_hours);
        ensure(waits, "resume_hours", Wrong::OutOfRange)?;
        ensure(self.valid_from <= self.expires, "expires", Wrong::OutOfRange)?;
        ensure(self.retention_days > 0, "retention_days", Wrong::OutOfRange)
    }

    /// Referrals live by their labels. Where nothing is learned of who matched, there is nothing to label.
    fn validate_mode(&self) -> Result<(), Error> {
        let fits = match self.mode {
            Mode::Members => !self.of_referrals(),
            Mode::Labels => self.purpose != Purpose::Omissions,
            _ => return ensure(false, "mode", Wrong::Unsupported),
        };
        ensure(fits, "mode", Wrong::NotAllowed)
    }

    fn validate_keys(&self) -> Result<(), Error> {
        let fits = match self.key_kind {
            KeyKind::Rule => matches!(self.purpose, Purpose::Duplicates | Purpose::Precheck),
            KeyKind::Referral => self.of_referrals(),
            KeyKind::Person => !self.of_referrals(),
        };
        ensure(fits, "key_kind", Wrong::NotAllowed)?;
        match self.key_kind {
            KeyKind::Rule => list("rules", &self.rules)?,
            KeyKind::Person | KeyKind::Referral => {
                ensure(self.rules.is_empty(), "rules", Wrong::NotAllowed)?;
            }
        }
        if self.of_referrals() {
            self.validate_referral_parties()?;
        }
        Ok(())
    }

    /// One party asks after the people whom it referred; the other answers for those whom it received.
    fn validate_referral_parties(&self) -> Result<(), Error> {
        let [referrer] = self.receivers[..] else {
            return ensure(false, "receivers", Wrong::NotAllowed);
        };
        for (party, index) in self.parties.iter().zip(0..) {
            let programme = if index == referrer {
                REFERRAL_SENT
            } else {
                REFERRAL_RECEIVED
            };
            let fits = party.programmes.iter().all(|code| code.as_str() == programme);
            ensure(fits, "parties.programmes", Wrong::NotAllowed)?;
        }
        Ok(())
    }

    fn validate_label(&self) -> Result<(), Error> {
        let Some(label) = &self.label else {
            return ensure(self.mode != Mode::Labels, "label", Wrong::Missing);
        };
        ensure(self.mode == Mode::Labels, "label", Wrong::NotAllowed)?;
        list("label.fields", &label.fields)?;
        let names = label.fields.contains(&LabelField::Name);
        if self.of_referrals() {
            // The letter names the person, and who answers has read it.
            ensure(!names, "label.fields", Wrong::NotAllowed)?;
            let says = label.fields.contains(&LabelField::State);
            ensure(says, "label.fields", Wrong::Missing)?;
        } else {
            // Of who was not referred a label tells nothing but whether the names agree.
            ensure(
                names && label.fields.len() == 1,
                "label.fields",
                Wrong::NotAllowed,
            )?;
        }
        let holds =
            (label.used_bytes()..=usize::from(MAX_LABEL_BYTES)).contains(&usize::from(label.max_bytes));
        ensure(holds, "label.max_bytes", Wrong::OutOfRange)
    }

    /// One party checks, in sets of one size: as a sender it could not enter its roll in them.
    fn validate_checks(&self) -> Result<(), Error> {
        let of_checks = self.purpose == Purpose::Precheck;
        let Some(checks) = self.checks_a_day else {
            return ensure(!of_checks, "checks_a_day", Wrong::Missing);
        };
        ensure(of_checks, "checks_a_day", Wrong::NotAllowed)?;
        let bounded = (1..=MAX_CHECKS_A_DAY).contains(&checks);
        ensure(bounded, "checks_a_day", Wrong::OutOfRange)?;
        let [receiver] = self.receivers[..] else {
            return ensure(false, "receivers", Wrong::NotAllowed);
        };
        let batch = self.party(receiver.into())?.max_elements;
        ensure(batch <= MAX_BATCH, "parties.max_elements", Wrong::OutOfRange)
    }

    fn of_referrals(&self) -> bool {
        self.purpose == Purpose::Referrals
    }

    fn validate_parties(&self) -> Result<(), Error> {
        ensure(self.parties.len() == 2, "parties", Wrong::Unsupported)?;
        distinct("parties.name", self.parties.iter().map(|party| &party.name))?;
        distinct(
            "parties.node_key",
            self.parties.iter().map(|party| party.node_key),
        )?;
        distinct("parties.tls_key", self.parties.iter().map(|party| party.tls_key))?;
        for party in &self.parties {
            text("parties.name", &party.name)?;
            list("parties.programmes", &party.programmes)?;
            if let Some(scheme) = &party.case_scheme {
                text("parties.case_scheme", scheme)?;
            }
            let capped = (1..=MAX_ELEMENTS).contains(&party.max_elements);
            ensure(capped, "parties.max_elements", Wrong::OutOfRange)?;
        }
        Ok(())
    }

    /// Whether it may be used on this day by a node that has these rules. Nothing is agreed that could never meet: a
    /// round that finds nothing for such a reason would be read as "nothing there".
    ///
    /// # Errors
    /// [`Error::Agreement`], [`Error::NotValidOn`], [`Error::RulesDiffer`], and [`Error::RuleUnusable`] where a rule is
    /// not known, is none that two agencies compare, does not hold at the agreement's place or in its months, or
    /// cannot be broken between the programmes that the two parties enter.
    pub fn check_against(&self, rules: &RuleSet, today: Date) -> Result<(), Error> {
        self.validate()?;
        if today < self.valid_from || self.expires < today {
            return Err(Error::NotValidOn {
                today,
                valid_from: self.valid_from,
                expires: self.expires,
            });
        }
        if rules.digest() != self.rules_digest.0 {
            return Err(Error::RulesDiffer);
        }
        for id in &self.rules {
            let unusable = |wrong| {
                Err(Error::RuleUnusable {
                    rule: id.clone(),
                    wrong,
                })
            };
            let Some(rule) = rules.get(id) else {
                return unusable(Wrong::Unknown);
            };
            if !rule.in_rounds() {
                return unusable(Wrong::Unsupported);
            }
            if !self.holds_here(rules, rule) {
                return unusable(Wrong::OutOfRange);
            }
            if !self.can_break(rule) {
                return unusable(Wrong::NotAllowed);
            }
        }
        Ok(())
    }

    /// Whether the rule could find anything here: it is one that two agencies compare, it holds at the place and in some
    /// month, and the parties' programmes can break it.
    pub(super) fn fits(&self, rules: &RuleSet, rule: &Rule) -> bool {
        rule.in_rounds() && self.holds_here(rules, rule) && self.can_break(rule)
    }

    fn holds_here(&self, rules: &RuleSet, rule: &Rule) -> bool {
        let held = rules.months_at(rule, &self.place).into_iter();
        let selected = self.selection.months;
        held.map(|months| months.intersect(selected))
            .any(|months| !months.is_empty())
    }

    fn can_break(&self, rule: &Rule) -> bool {
        let stands = |index: usize, side: &[ProgrammeCode]| {
            self.parties
                .get(index)
                .is_some_and(|party| party.programmes.iter().any(|code| side.contains(code)))
        };
        let across = |a, b| stands(a, &rule.left) && stands(b, &rule.right);
        across(0, 1) || across(1, 0)
    }
}

pub(super) fn ensure(holds: bool, field: &'static str, wrong: Wrong) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(Error::Agreement { field, wrong })
    }
}

fn text(field: &'static str, written: &str) -> Result<(), Error> {
    short_text(field, written, MAX_TEXT_CHARS)
}

/// Something is written, it looks as it is, and it is not longer than allowed.
pub(super) fn short_text(field: &'static str, text: &str, max_chars: usize) -> Result<(), Error> {
    text::check(text, max_chars).map_err(|wrong| Error::Agreement { field, wrong })
}

fn list<T: Eq + std::hash::Hash>(field: &'static str, items: &[T]) -> Result<(), Error> {
    ensure(!items.is_empty(), field, Wrong::Missing)?;
    ensure(items.len() <= MAX_ITEMS, field, Wrong::TooLong)?;
    distinct(field, items.iter())
}

fn distinct<T: Eq + std::hash::Hash>(
    field: &'static str,
    items: impl Iterator<Item = T>,
) -> Result<(), Error> {
    let mut seen = HashSet::new();
    for item in items {
        ensure(seen.insert(item), field, Wrong::Repeated)?;
    }
    Ok(())
}
