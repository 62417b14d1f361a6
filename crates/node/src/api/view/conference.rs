//! Conferences; each part of them in a file of its own.

mod record;
mod sheet;
mod text;

pub use record::{
    ConferenceHeadView, ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest,
    FoundConferenceRequest, RecordEntryView, RecordPage, RecordVerified, SaidView, SeatView,
};
pub use sheet::{LedgerSheet, LinesRequest, SheetSeat};
pub use text::{
    AnnexView, DraftFrameworkRequest, EditionDetail, EditionList, EditionParty, EditionView, StampRequest,
};
