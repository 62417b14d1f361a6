//! Conferences; each part of them in a file of its own.

mod record;
mod rounds;

pub use record::{
    ConferenceHeadView, ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest,
    FoundConferenceRequest, RecordEntryView, RecordPage, RecordVerified, SaidView, SeatView,
};
pub use rounds::{
    AnnounceRequest, BoardLegView, BoardPartyView, BoardView, CloseRequest, ConferenceStanding,
    FrameworkStanding, LeaveRequest, RerunRequest, RoundReason, RoundSaid, ToDoView,
};
