//! Conferences; each part of them in a file of its own.

mod lines;
mod office;
mod record;
mod rounds;
mod sheet;
mod text;

pub use lines::{
    AgainView, InviteRequest, LineDetail, LinePage, LineView, MeasureRequest, MeasureView, Names,
    OwnLinePage, OwnLineView, PlaceView, PlanView, RevisitRequest, RevisitedRequest, RevisitedView,
};
pub use office::{
    AgendaView, ConsultedRequest, DecisionView, DrawnView, EscalationRequest, FigureView, FiguresRow,
    FiguresTable, FiguresView, FundsRow, FundsView, MinutesView, MonitorView, ProgressRow, SampleView,
    TimeKeptView, TopicLegView, TopicView,
};
pub use record::{
    ConferenceHeadView, ConferenceList, ConferenceView, DirectoryView, EnrolRequest, FollowRequest,
    FoundConferenceRequest, RecordEntryView, RecordPage, RecordVerified, SaidView, SeatView,
};
pub use rounds::{
    AnnounceRequest, BoardLegView, BoardPartyView, BoardView, CloseRequest, ConferenceStanding,
    FrameworkStanding, LeaveRequest, RerunRequest, RoundReason, RoundSaid, ToDoView,
};
pub use sheet::{LedgerSheet, LinesRequest, SheetSeat};
pub use text::{
    AnnexView, DraftFrameworkRequest, EditionDetail, EditionList, EditionParty, EditionView,
    FrameworkPreview, StampRequest,
};
