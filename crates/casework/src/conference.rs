//! 联席会议: rounds among many agencies, under one framework, by one record.
//!
//! The record is a list of entries. Each is signed by its author, the conference's office (联席会议办公室) or one of its
//! members; the office puts them in order, and everybody keeps all of them and derives the same state from them by the
//! same rules ([`State`]). What is for some only stands in an enclosure, sealed to each of them, of which the record has
//! the digests. No name, number or text about a person is ever in either.

mod agenda;
mod entry;
mod fault;
mod figures;
mod framework;
mod item;
mod monitor;
pub mod paper;
mod private;
mod round;
mod sample;
pub mod sheet;
mod standing;
mod state;
mod word;

pub use agenda::{OpenLeg, Topic, Why, agenda, open_legs};
pub use entry::{Enclosed, Entry, Head, MAX_ENTRY_BYTES, Placed, Recipient, SignedEntry, conference_id};
pub use fault::Fault;
pub use figures::{
    Came, DoneLeg, Exact, Funds, OfPurpose, Part, Progress, RoundFigures, funds, round_figures,
};
pub use framework::{
    Absent, Annex, AnnexDraft, Framework, FrameworkDraft, Late, MAX_ANNEXES, MAX_FRAMEWORK_BYTES, PartyDraft,
    Schedule, Seat, Seated, Times, Under, narrow,
};
pub use item::{Change, Escalation, ItemKind, ItemOutcome, ItemState, Line};
pub use monitor::{DECIDE_DAYS, EACH_WAY_DAYS, Kept, NOTIFY_DAYS, Timed, TimedStep, kept, steps_of};
pub use private::{
    Cell, Counts, Decision, MAX_CHANGES, MAX_PRIVATE_BYTES, MeasureState, Plan, Private, Settled,
};
pub use round::{Closing, Difference, LegRun, LegState, NotRun, PartyCode, PartyState, Round, Said, Stage};
pub use sample::{Draw, Lot};
pub use standing::{Answer, Parties, Standing, revised};
pub use state::{Decided, Dispute, Edition, Faulty, Gone, Measure, Member, Past, Rejection, Stamp, State};
pub use word::{
    Announced, Begun, Consent, Enrolled, Founded, Frozen, Joined, Leg, LegNews, LegReceipt, RoundEnd,
    SetSize, Word,
};
