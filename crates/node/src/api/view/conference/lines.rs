use std::collections::BTreeMap;

use hefu_casework::Hex;
use hefu_casework::conference::{Line, MeasureState, Plan, State};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::api::view::{CareView, DecisionView, Hex16, Hex32};
use crate::conference::{Own, Place, Revisited};

/// Lines of a conference's ledger, as far as this node may read it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LinePage {
    /// On which day it is seen what is late.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// The lines of this page: those that are due first.
    pub lines: Vec<LineView>,
    /// How many there are in all.
    pub total: u64,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// One line: a matter between two agencies, without a person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LineView {
    /// Its number.
    #[schema(value_type = String)]
    pub item: Hex16,
    /// `finding`, `referral`, `inquiry` or `lead`.
    pub kind: String,
    /// The agency that opened it.
    pub from: String,
    /// The other agency.
    pub to: String,
    /// The number of a letter (函号).
    pub letter: Option<String>,
    /// The round that it came of, where it did.
    pub round: Option<u32>,
    /// When it was opened.
    #[schema(value_type = String, format = Date)]
    pub opened: Date,
    /// Until when something is to be done.
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// Whether that day has passed, and the other agency has not answered.
    pub late: bool,
    /// `open`, `under_way`, `answered`, `settled` or `corrected`.
    pub state: String,
    /// What came of it.
    pub outcome: Option<String>,
    /// When it came to that.
    #[schema(value_type = Option<String>, format = Date)]
    pub closed: Option<Date>,
    /// `none`, `reminded`, `consultation` or `decided`.
    pub escalation: String,
    /// When somebody looks again (回访).
    #[schema(value_type = Option<String>, format = Date)]
    pub revisit: Option<Date>,
    /// 1, and one more with each change.
    pub revision: u32,
}

/// One line, with what consultations decided on it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct LineDetail {
    /// The line.
    #[serde(flatten)]
    pub line: LineView,
    /// What was decided, in order.
    pub decisions: Vec<DecisionView>,
}

/// The lines that are this agency's, joined here to what they are of.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnLinePage {
    /// On which day it is seen what is late.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// The lines of this page: those that are due first.
    pub lines: Vec<OwnLineView>,
    /// How many there are in all.
    pub total: u64,
    /// Give this as `after` for the next page; nothing where there is none.
    pub next: Option<u64>,
}

/// One line of this agency's, and what it is of.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct OwnLineView {
    /// The line.
    pub line: LineView,
    /// Whether the record has it so; else it is on its way.
    pub on_record: bool,
    /// The earlier line of the same person under the same rule.
    #[schema(value_type = Option<String>)]
    pub follows: Option<Hex16>,
    /// Where the matter stands here.
    pub places: Vec<PlaceView>,
    /// The person's number, masked; nothing where what told it is not kept any more.
    pub person: Option<String>,
    /// With how much care the person is to be dealt with.
    pub care: CareView,
    /// What somebody saw who looked again, in order.
    pub revisited: Vec<RevisitedView>,
    /// What rounds since the day of the revisit tell, where one is set.
    pub again: Option<AgainView>,
}

/// Where the matter of a line stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PlaceView {
    /// In a round.
    Finding {
        /// The round.
        #[schema(value_type = String)]
        round: Hex32,
        /// The finding's number in it, from 1.
        seq: u64,
    },
    /// In the ledger of people who are sent on or looked after.
    Matter {
        /// The matter's id.
        id: u64,
        /// Its number in that ledger.
        number: Option<String>,
    },
    /// Among the inquiries, under the line's own number.
    Inquiry {},
}

/// What somebody saw who looked again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct RevisitedView {
    /// On which day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// Whether the matter was still there.
    pub seen: bool,
    /// Who says so.
    pub by: String,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What the first round since the day of a revisit tells. A person looks, and says what there is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgainView {
    /// A code of the table of words.
    pub code: String,
    /// The round.
    #[schema(value_type = Option<String>)]
    pub round: Option<Hex32>,
}

/// 帮扶方案: what the agencies involved do for a referred person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// The line.
    #[schema(value_type = String)]
    pub item: Hex16,
    /// The agencies involved, by name.
    pub involved: Vec<String>,
    /// The measures, in order of their days.
    pub measures: Vec<MeasureView>,
}

/// One agency's measure.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MeasureView {
    /// The agency.
    pub agency: String,
    /// Of which kind it is.
    pub role: String,
    /// What it does.
    pub measure: String,
    /// When.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// `planned`, `under_way`, `done` or `refused`.
    pub state: String,
}

/// When somebody is to look again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevisitRequest {
    /// The day; none takes it back.
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
}

/// What somebody saw who looked again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RevisitedRequest {
    /// Whether the matter was still there.
    pub seen: bool,
    /// On which day; today in Beijing where it is left out.
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
}

/// A measure of this agency's.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasureRequest {
    /// What it does, in the terms of its trade and without the person; at most 60 characters.
    pub measure: String,
    /// When.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// How far it is.
    #[schema(value_type = String)]
    pub state: MeasureState,
}

/// Who is to be taken into a plan.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InviteRequest {
    /// The member's node key.
    #[schema(value_type = String)]
    pub agency: Hex32,
}

/// How the parties of a conference are called.
pub struct Names(BTreeMap<Hex<32>, String>);

impl Names {
    /// As their cards call them.
    #[must_use]
    pub fn of_seats(state: &State) -> Self {
        let office = state.founded().map(|founded| &founded.office);
        let members = state.seats().map(|(_, member)| &member.seat);
        let seats = office.into_iter().chain(members);
        Self(seats.map(|seat| (seat.node_key, seat.name.clone())).collect())
    }

    pub(in crate::api) fn of(&self, key: &Hex<32>) -> String {
        self.0.get(key).cloned().unwrap_or_else(|| key.to_string())
    }
}

impl LineView {
    /// A line, late or not on this day.
    #[must_use]
    pub fn of(line: &Line, names: &Names, on: Date) -> Self {
        Self {
            item: line.item,
            kind: line.kind.code().to_owned(),
            from: names.of(&line.from),
            to: names.of(&line.to),
            letter: line.letter.as_ref().map(|letter| letter.as_str().to_owned()),
            round: line.round,
            opened: line.opened,
            due: line.due,
            late: line.is_late(on),
            state: line.state.code().to_owned(),
            outcome: line.outcome.map(|outcome| outcome.code().to_owned()),
            closed: line.closed,
            escalation: line.escalation.code().to_owned(),
            revisit: line.revisit,
            revision: line.revision,
        }
    }
}

impl OwnLineView {
    pub(crate) fn of(own: &Own, names: &Names, on: Date) -> Self {
        let place = |place: &Place| match place {
            Place::Finding { round, seq } => PlaceView::Finding {
                round: *round,
                seq: *seq,
            },
            Place::Matter { id } => PlaceView::Matter {
                id: *id,
                number: own.number.clone(),
            },
            Place::Inquiry {} => PlaceView::Inquiry {},
        };
        Self {
            line: LineView::of(&own.line, names, on),
            on_record: own.on_record,
            follows: own.follows,
            places: own.places.iter().map(place).collect(),
            person: own.person.as_ref().map(|person| person.masked()),
            care: (&own.care).into(),
            revisited: own.revisited.iter().map(RevisitedView::of).collect(),
            again: own.again.map(|again| AgainView {
                code: again.code().to_owned(),
                round: again.round(),
            }),
        }
    }
}

impl RevisitedView {
    fn of(revisited: &Revisited) -> Self {
        Self {
            on: revisited.on,
            seen: revisited.seen,
            by: revisited.by.as_str().to_owned(),
            at: revisited.at,
        }
    }
}

impl PlanView {
    pub(crate) fn of(item: Hex16, plans: &[Plan], involved: &[Hex<32>], names: &Names) -> Self {
        let mut plans: Vec<&Plan> = plans.iter().collect();
        plans.sort_by_key(|plan| plan.on);
        let measure = |plan: &&Plan| MeasureView {
            agency: names.of(&plan.agency),
            role: plan.role.code().to_owned(),
            measure: plan.measure.as_str().to_owned(),
            on: plan.on,
            state: plan.state.code().to_owned(),
        };
        Self {
            item,
            involved: involved.iter().map(|key| names.of(key)).collect(),
            measures: plans.iter().map(measure).collect(),
        }
    }
}
