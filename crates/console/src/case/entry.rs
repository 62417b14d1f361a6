//! What people type into the forms of this area, read with what is wrong noted beside each field.

use std::str::FromStr;

use hefu_node::api::view::{PeriodRequest, UnitRequest};
use jiff::civil::Date;

use crate::fault::{Fault, Result};
use crate::form::{Fields, Form};
use crate::guard::Who;
use crate::show;
use crate::words::say;

/// A form on its way to a request. What can't be read is noted, and a value of no meaning takes its place: nothing is sent
/// of a form that has problems.
pub(super) struct Entry<'a> {
    who: &'a Who,
    fields: &'a Fields,
    pub(super) f: Form,
}

impl<'a> Entry<'a> {
    /// Reads `fields`, of which those in `shown` may be shown again.
    pub(super) fn new(who: &'a Who, fields: &'a Fields, shown: &[&'static str]) -> Self {
        Self {
            who,
            fields,
            f: Form::keeping(fields, shown),
        }
    }

    fn wrong(&mut self, name: &str, key: &str) {
        self.f.wrong(name, say(self.who.visit.lang, key, &[]));
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &'static str) -> String {
        self.f.demand(&self.who.visit, self.fields, &[name]);
        self.fields.text(name).to_owned()
    }

    /// A text that may be left out.
    pub(super) fn maybe(&self, name: &str) -> Option<String> {
        self.fields.maybe(name).map(str::to_owned)
    }

    /// A day that may be left out.
    pub(super) fn day(&mut self, name: &'static str) -> Option<Date> {
        let day = self.fields.maybe(name)?.parse().ok();
        if day.is_none() {
            self.wrong(name, "case.wrong_day");
        }
        day
    }

    /// A whole number that must be there.
    pub(super) fn number<T: FromStr + Default>(&mut self, name: &'static str) -> T {
        let text = self.text(name);
        let number = text.parse().ok();
        if number.is_none() && !text.is_empty() {
            self.wrong(name, "case.wrong_number");
        }
        number.unwrap_or_default()
    }

    /// An amount in yuan that must be there, in fen.
    pub(super) fn yuan(&mut self, name: &'static str) -> i64 {
        let text = self.text(name);
        let fen = show::fen(&text);
        if fen.is_none() && !text.is_empty() {
            self.wrong(name, "case.wrong_yuan");
        }
        fen.unwrap_or_default()
    }

    /// One of what the form offers; our own pages offer nothing else.
    pub(super) fn one_of<T: Copy>(&mut self, name: &'static str, offered: &[(&str, T)]) -> Result<T> {
        let (_, first) = offered.first().ok_or(Fault::Form)?;
        let chosen = self.text(name);
        if chosen.is_empty() {
            return Ok(*first);
        }
        let found = offered.iter().find(|(value, _)| *value == chosen);
        found.map(|(_, value)| *value).ok_or(Fault::Form)
    }

    /// A period: `days`, `unit` and perhaps `period_until`.
    pub(super) fn period(&mut self) -> Result<PeriodRequest> {
        Ok(PeriodRequest {
            days: self.number("days"),
            unit: self.unit()?,
            until: self.day("period_until"),
        })
    }

    pub(super) fn unit(&mut self) -> Result<UnitRequest> {
        self.one_of("unit", &UNITS)
    }
}

/// In which days a period is counted.
pub(super) const UNITS: [(&str, UnitRequest); 2] = [
    ("working", UnitRequest::Working),
    ("natural", UnitRequest::Natural),
];

/// The yuan of an amount as a field takes them back: without thousands set apart.
pub(super) fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yuan_of_a_field_are_read_back() {
        for fen in [0, 1, 65_050, 123_456_789] {
            assert_eq!(show::fen(&yuan(fen)), Some(fen));
        }
    }
}
