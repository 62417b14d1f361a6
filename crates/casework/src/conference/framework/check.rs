//! What a framework must hold to be signed.

use std::collections::HashSet;

use jiff::ToSpan;

use super::{Annex, Framework, MAX_ANNEXES, MAX_FRAMEWORK_BYTES, Schedule, Seat, narrow::MAX_NUMBER_CHARS};
use crate::{AgencyRole, Error, MAX_DOSSIER_BYTES, Purpose, Wrong, canonical, text};

const MEMBERS: std::ops::RangeInclusive<usize> = 2..=16;
const MAX_NAME_CHARS: usize = 256;
/// Below it, a count says who is meant to whoever knows the others.
const LEAST_SMALLEST: u64 = 3;
/// A year and a month: the next text has time to be signed.
const MAX_MONTHS: i32 = 13;
/// Thirty days.
const MAX_HOURS: u32 = 720;
const MAX_REVIEW_DAYS: u32 = 180;
/// What signatures, a refusal, and being narrowed can add to an annex's agreement, which travels as others do.
const ROOM_BYTES: usize = 5 << 10;

impl Framework {
    /// Whether it contradicts itself or asks for what this version cannot do.
    ///
    /// # Errors
    /// [`Error::Framework`] with the first field that is wrong and in what way; as
    /// [`Agreement::validate`](crate::Agreement::validate) for an annex.
    pub fn validate(&self) -> Result<(), Error> {
        ensure(self.version == Framework::VERSION, "version", Wrong::Unsupported)?;
        let first = self.amends.is_none();
        ensure(
            self.edition > 0 && first == (self.edition == 1),
            "edition",
            Wrong::OutOfRange,
        )?;
        self.validate_seats()?;
        let annexes = (1..=MAX_ANNEXES).contains(&self.annexes.len());
        ensure(annexes, "annexes", Wrong::OutOfRange)?;
        distinct(
            "annexes.code",
            self.annexes.iter().map(|annex| annex.code.as_str()),
        )?;
        distinct("annexes.agreement", self.annexes.iter().map(Annex::digest))?;
        self.annexes
            .iter()
            .try_for_each(|annex| self.validate_annex(annex))?;
        self.schedule.validate()?;
        ensure(self.smallest >= LEAST_SMALLEST, "smallest", Wrong::OutOfRange)?;
        let latest = self.valid_from.checked_add(MAX_MONTHS.months());
        let bounded = self.valid_from <= self.expires && latest.is_ok_and(|latest| self.expires <= latest);
        ensure(bounded, "expires", Wrong::OutOfRange)?;
        let bytes = canonical::exact(self).ok_or_else(|| wrong("smallest", Wrong::OutOfRange))?;
        ensure(bytes.len() <= MAX_FRAMEWORK_BYTES, "annexes", Wrong::TooLong)
    }

    fn validate_seats(&self) -> Result<(), Error> {
        let presides = self.office.role == AgencyRole::ConferenceOffice;
        ensure(presides, "office.role", Wrong::NotAllowed)?;
        name("office.name", &self.office)?;
        ensure(
            MEMBERS.contains(&self.members.len()),
            "members",
            Wrong::OutOfRange,
        )?;
        for seat in &self.members {
            let sits = seat.role != AgencyRole::ConferenceOffice;
            ensure(sits, "members.role", Wrong::NotAllowed)?;
            name("members.name", seat)?;
        }
        distinct("members.name", self.members.iter().map(|seat| &seat.name))?;
        // One organisation may hold both the office and a seat, with a node for each.
        let keys = self.members.iter().chain([&self.office]);
        distinct("members.node_key", keys.map(|seat| seat.node_key))
    }

    fn validate_annex(&self, annex: &Annex) -> Result<(), Error> {
        let agreement = &annex.agreement;
        agreement.validate()?;
        let whole = agreement.under.is_none();
        ensure(whole, "annexes.agreement.under", Wrong::NotAllowed)?;
        // A check is asked when somebody applies, not once a month.
        let monthly = agreement.purpose != Purpose::Precheck;
        ensure(monthly, "annexes.agreement.purpose", Wrong::NotAllowed)?;
        for party in &agreement.parties {
            let seated = self
                .member(&party.node_key)
                .is_some_and(|seat| seat.name == party.name && seat.role == party.role);
            ensure(seated, "annexes.agreement.parties", Wrong::Unknown)?;
        }
        let within = self.valid_from <= agreement.valid_from && agreement.expires <= self.expires;
        ensure(within, "annexes.agreement.expires", Wrong::OutOfRange)?;
        let numbered = agreement.number.chars().count() <= MAX_NUMBER_CHARS;
        ensure(numbered, "annexes.agreement.number", Wrong::TooLong)?;
        let bytes = agreement.canonical_bytes().len();
        ensure(
            bytes + ROOM_BYTES <= MAX_DOSSIER_BYTES,
            "annexes.agreement",
            Wrong::TooLong,
        )
    }
}

impl Schedule {
    fn validate(&self) -> Result<(), Error> {
        let of_every_month = (1..=28).contains(&self.day);
        ensure(of_every_month, "schedule.day", Wrong::OutOfRange)?;
        let hours = 1..=MAX_HOURS;
        ensure(
            hours.contains(&self.freeze_hours),
            "schedule.freeze_hours",
            Wrong::OutOfRange,
        )?;
        ensure(
            hours.contains(&self.run_hours),
            "schedule.run_hours",
            Wrong::OutOfRange,
        )?;
        let reviewed = self.review_days <= MAX_REVIEW_DAYS;
        ensure(reviewed, "schedule.review_days", Wrong::OutOfRange)
    }
}

fn name(field: &'static str, seat: &Seat) -> Result<(), Error> {
    text::check(&seat.name, MAX_NAME_CHARS).map_err(|way| wrong(field, way))
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

fn ensure(holds: bool, field: &'static str, way: Wrong) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(wrong(field, way)) }
}

fn wrong(field: &'static str, wrong: Wrong) -> Error {
    Error::Framework { field, wrong }
}
