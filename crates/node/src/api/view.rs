//! What the operators' interface takes and gives. The command line reads and writes the same types.
//!
//! No view that is given has a document number, a person's name or a household's number in it: people are shown masked,
//! and found by the row of the agency's own file. What officers wrote themselves is given to them as they wrote it.

mod account;
mod agreement;
mod audit;
mod care;
mod conference;
mod dataset;
mod explanation;
mod ferry;
mod finding;
mod inquiry;
mod ledger;
mod matter;
mod matter_act;
mod matter_request;
mod node;
mod people;
mod precheck;
mod preview;
mod programme;
mod review;
mod round;
mod unmasking;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Every kind of entry in the log.
pub use hefu_store::LOG_KINDS;

pub use account::{
    AddAccountRequest, Clear, OwnPasswordRequest, PasswordRequest, SessionBegun, SessionView,
    SignInAccountList, SignInAccountView, SignInRequest,
};
pub use agreement::{
    AgreementDetail, AgreementList, AgreementView, Carried, DraftRequest, Exchanged, Learns, PartyView,
    Received, Receivers, RefuseRequest,
};
pub use audit::{EntryPage, EntryView, HeadView, ReportVerifiedView, Verified, VerifyReportRequest};
pub use care::{BackupRequest, BackupView, CheckOutcome, CheckView, DoctorRequest, DoctorView};
pub use conference::{
    AgainView, AnnounceRequest, BoardLegView, BoardPartyView, BoardView, CloseRequest, ConferenceHeadView,
    ConferenceList, ConferenceStanding, ConferenceView, DirectoryView, EnrolRequest, FollowRequest,
    FoundConferenceRequest, FrameworkStanding, InviteRequest, LeaveRequest, LineDetail, LinePage, LineView,
    MeasureRequest, MeasureView, OwnLinePage, OwnLineView, PlaceView, PlanView, RecordEntryView, RecordPage,
    RecordVerified, RerunRequest, RevisitRequest, RevisitedRequest, RevisitedView, RoundReason, RoundSaid,
    SaidView, SeatView, ToDoView,
};
pub use conference::{
    AgendaView, AnnexView, ConsultedRequest, DecisionView, DraftFrameworkRequest, DrawnView, EditionDetail,
    EditionList, EditionParty, EditionView, EscalationRequest, FigureView, FiguresRow, FiguresTable,
    FiguresView, FrameworkPreview, FundsRow, FundsView, LedgerSheet, LinesRequest, MinutesView, MonitorView,
    Names, ProgressRow, SampleView, SheetSeat, StampRequest, TimeKeptView, TopicLegView, TopicView,
};
pub use dataset::{AccountView, DatasetList, DatasetView, ImportRequest, ImportView, UploadView};
pub use explanation::{Derived, ExplanationView, GroundView, Noted, Proof, ReceiptView, RuleView, SizesView};
pub use ferry::{
    CardWaitingView, CarrierRequest, CutRequest, DueView, FerryDrop, FerryOut, FerryView, FileForm,
    LetterInView, LetterOutView, PartView, PeerCarrier, RefusedView, SetInView, SetList, SetOutView,
    WaitingView, WorkedView,
};
pub use finding::{
    CannotFindView, FeedbackView, FindingDetail, FindingList, FindingPage, FindingView, ListedView, NOTICE,
    PaymentView, RowView,
};
pub(crate) use inquiry::acts as inquiry_acts;
pub use inquiry::{
    AnswerRequest, AnswerView, FoundRequest, InquiryDetail, InquiryList, InquiryRequest, InquiryView,
    ReasonRequest, RecordView, RecordsView,
};
pub use ledger::{
    BudgetList, BudgetView, DebitPage, DebitView, DisclosurePage, DisclosureView, UnlockRequest,
};
pub use matter::{
    CluePage, ClueView, ConfirmationView, ConfirmedView, LateList, LateView, MatterDueView, MatterHistory,
    MatterPage, MatterView, RegisteredView, UnfitView,
};
pub use matter_act::{
    ClueActRequest, LeadActRequest, MatterActRequest, MatterEventRequest, NoticeActRequest,
    TransferActRequest,
};
pub use matter_request::{
    ConfirmRequest, EndsRequest, InClear, OfficeRequest, OpenRequest, OpeningRequest, PeriodRequest,
    TakeRequest, WhoseRequest,
};
pub use node::{AddPeer, Health, NodeView, PeerList, PeerView};
pub(crate) use people::may_tell;
pub use people::{AwaitedView, CareView, OverdueList, OverdueView};
pub use precheck::{
    AuthorityRequest, PersonRequest, PrecheckBudgetView, PrecheckHitView, PrecheckList, PrecheckNotAskedView,
    PrecheckPeerView, PrecheckPersonView, PrecheckResultView, PrecheckStarted, PrecheckUnfoundView,
    PrecheckView, StartPrecheck,
};
pub use preview::{
    FileReadView, PreviewRequest, PreviewRowView, PreviewView, ProposalRequest, ProposalView, RefusedPage,
    RefusedRowView,
};
pub use programme::{ProgrammeList, ProgrammeView};
pub use review::{
    ActRequest, ActView, BeforeView, CopyView, DecisionRequest, EventRequest, HistoryView, ResultRequest,
    ReviewView, ThereView, UnitRequest, VerdictRequest,
};
pub use round::{ProgressView, RoundList, RoundView, StartRound, Started};
pub use unmasking::{UnmaskedView, UnmaskingList, UnmaskingRequest, UnmaskingView};

/// A key, a digest or an id: 64 lower-case hexadecimal digits.
pub type Hex32 = hefu_casework::Hex<32>;

/// The id of a set of files: 32 lower-case hexadecimal digits.
pub type Hex16 = hefu_casework::Hex<16>;

/// Parameters of words, as they go into views.
pub(crate) fn strings(params: Vec<(&'static str, String)>) -> BTreeMap<String, String> {
    params
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// How a request failed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// The failure.
    pub error: ErrorView,
}

/// A failure: a code of the table of words and what belongs to it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ErrorView {
    /// A stable name.
    pub code: String,
    /// What its words are filled with.
    pub params: BTreeMap<String, String>,
    /// In which step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// In which file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// In which row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// In which field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}
