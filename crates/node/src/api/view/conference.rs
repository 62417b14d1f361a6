//! Conferences; each part of them in a file of its own.

mod record;

pub use record::{
    ConferenceHeadView, ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest,
    FoundConferenceRequest, RecordEntryView, RecordPage, RecordVerified, SaidView, SeatView,
};
