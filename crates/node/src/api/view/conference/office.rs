use hefu_casework::conference::{
    Came, Decided, Escalation, Exact, Kept, Leg, Line, OfPurpose, Part, Progress, paper::WITHHELD,
};
use hefu_casework::figures::{Published, PublishedRow, Shown};
use hefu_casework::{Fen, Hex, ProgrammeCode};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lines::Names;
use crate::api::view::{Hex16, Hex32, LineView};
use crate::conference::{Agenda, AgendaLeg, AgendaTopic, Drawn, Figures};

/// Figures of a round.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FiguresView {
    /// The round.
    pub round: u32,
    /// Whether they are on record, for all members.
    pub published: bool,
    /// The smallest count that is told.
    pub smallest: u64,
    /// Counts, by purpose.
    pub tables: Vec<FiguresTable>,
    /// How far findings have come, by leg.
    pub progress: Vec<ProgressRow>,
}

/// Findings of one purpose that have months, or that have none.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FiguresTable {
    /// For what was compared.
    pub purpose: String,
    /// The months; nothing for the column of what has none.
    pub months: Vec<Option<String>>,
    /// The rows: each before those whose sum it is, the whole last.
    pub rows: Vec<FiguresRow>,
}

/// One row.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FiguresRow {
    /// Who found, and with whose records; nothing in the row of the whole.
    pub pair: Option<[String; 2]>,
    /// The annex, by digest.
    #[schema(value_type = Option<String>)]
    pub annex: Option<Hex32>,
    /// The rule that would be broken, where the row is of one.
    pub rule: Option<String>,
    /// Whether it is of key groups, where the row is divided by that.
    pub key_group: Option<bool>,
    /// What is told of each month.
    pub months: Vec<FigureView>,
    /// What is told of their sum.
    pub total: FigureView,
}

/// A figure; nothing where it is withheld.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FigureView {
    /// How many findings.
    pub findings: Option<u64>,
    /// 待核实金额, in fen.
    pub fen: Option<i64>,
}

/// How far the findings of a leg have come.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProgressRow {
    /// Who found, and with whose records.
    pub pair: [String; 2],
    /// The annex, by digest.
    #[schema(value_type = String)]
    pub annex: Hex32,
    /// Verified; nothing where that is withheld.
    pub verified: FigureView,
    /// Stopped, with what is not paid any more a month.
    pub stopped: FigureView,
    /// Recovered.
    pub recovered: FigureView,
    /// Corrected.
    pub corrected: FigureView,
}

/// What is published of money.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FundsView {
    /// The round.
    pub round: u32,
    /// Who publishes.
    pub by: String,
    /// Whether it is what a member paid; otherwise what findings came to.
    pub paid: bool,
    /// The smallest number of which a sum is told.
    pub smallest: u64,
    /// The months, of what was paid; of findings, nothing.
    pub months: Vec<String>,
    /// By agency, or by programme.
    pub rows: Vec<FundsRow>,
}

/// Sums of an agency or a programme.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct FundsRow {
    /// Which.
    pub of: String,
    /// Verified, stopped and recovered; or each month and their sum. In fen; nothing where it is withheld.
    pub fen: Vec<Option<i64>>,
}

/// What was drawn to be looked at.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SampleView {
    /// In the order of their lots.
    pub drawn: Vec<DrawnView>,
}

/// A matter that was drawn.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DrawnView {
    /// Its line.
    pub line: LineView,
    /// Its lot, as 16 hexadecimal digits: a part of all from 0.
    pub lot: String,
}

/// What is to be spoken about.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct AgendaView {
    /// Of which day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// Matters, pair by pair, the most urgent first.
    pub topics: Vec<TopicView>,
    /// Legs whose findings do not count as they are.
    pub legs: Vec<TopicLegView>,
}

/// A matter to be spoken about.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TopicView {
    /// Its line.
    pub line: LineView,
    /// Why, codes of the table of words, the most urgent first.
    pub why: Vec<String>,
    /// For how many days it is late; 0 where it is not.
    pub days_late: u32,
}

/// A leg to be spoken about.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TopicLegView {
    /// The round.
    pub round: u32,
    /// The annex, by digest.
    #[schema(value_type = String)]
    pub annex: Hex32,
    /// Who learns, and with whose records.
    pub pair: [String; 2],
    /// What it has come to, a code.
    pub state: String,
    /// Why, where there is a code of it.
    pub reason: Option<String>,
}

/// What the office makes of a matter.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalationRequest {
    /// `reminded`, `consultation`, or `none` to take it back.
    #[schema(value_type = String)]
    pub escalation: Escalation,
}

/// What a consultation decided on a matter.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsultedRequest {
    /// What, in up to 300 characters and without a person.
    pub text: String,
    /// The agency that is to do it, by node key.
    #[schema(value_type = String)]
    pub by: Hex32,
    /// Until when.
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// The number of the minutes (文号).
    pub minutes: String,
}

/// What a consultation came to.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MinutesView {
    /// The conference.
    pub conference: String,
    /// The office.
    pub office: String,
    /// The agencies of which matters were decided, by name.
    pub attendees: Vec<String>,
    /// What was decided, in order.
    pub decisions: Vec<DecisionView>,
}

/// One decision.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DecisionView {
    /// The matter's number.
    #[schema(value_type = String)]
    pub item: Hex16,
    /// What it is about.
    pub kind: String,
    /// The two agencies.
    pub pair: [String; 2],
    /// What was decided.
    pub text: String,
    /// Who is to do it.
    pub by: String,
    /// Until when.
    #[schema(value_type = Option<String>, format = Date)]
    pub due: Option<Date>,
    /// The number of the minutes.
    pub minutes: String,
}

/// Whether time is kept.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MonitorView {
    /// As of which day.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
    /// By pair and step.
    pub kept: Vec<TimeKeptView>,
}

/// How two agencies keep the time of one step.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeKeptView {
    /// The agency that began, and the other.
    pub pair: [String; 2],
    /// Which step, a code of the table of words.
    pub step: String,
    /// Done in time.
    pub in_time: u64,
    /// Done late.
    pub late: u64,
    /// Not done, and not late.
    pub open: u64,
    /// Not done, and late.
    pub overdue: u64,
    /// Half of those that were done took no more days than these.
    pub median_days: Option<u32>,
}

impl FigureView {
    const WITHHELD: Self = Self {
        findings: None,
        fen: None,
    };

    fn of(shown: &Shown) -> Self {
        match shown {
            Shown::Told(sum) => Self {
                findings: Some(sum.findings),
                fen: Some(sum.fen.0),
            },
            Shown::Withheld {} => Self::WITHHELD,
        }
    }

    fn exact(exact: Option<Exact>) -> Self {
        exact.map_or(Self::WITHHELD, |exact| Self {
            findings: Some(exact.findings),
            fen: exact.fen.map(|Fen(fen)| fen),
        })
    }

    /// The count as people read it.
    #[must_use]
    pub fn count(&self) -> String {
        self.findings
            .map_or_else(|| WITHHELD.to_owned(), |count| count.to_string())
    }

    /// The sum as people read it, in yuan.
    #[must_use]
    pub fn yuan(&self) -> String {
        self.fen
            .map_or_else(|| WITHHELD.to_owned(), |fen| Fen(fen).to_string())
    }
}

impl FiguresView {
    /// Figures of a round, with what parties are called.
    #[must_use]
    pub fn of(round: u32, figures: &Figures, names: &Names) -> Self {
        let pair = |leg: &Leg| {
            let pair = figures.legs.get(leg).copied().unwrap_or([leg.annex; 2]);
            pair.each_ref().map(|key| names.of(key))
        };
        let tables = figures.figures.purposes.iter().flat_map(|of: &OfPurpose| {
            let table = |published| FiguresTable::of(of, published, &pair);
            [table(&of.dated), table(&of.undated)]
        });
        let progress = |progress: &Progress| {
            let came = |of: fn(&Came) -> Exact| FigureView::exact(progress.came.as_ref().map(of));
            ProgressRow {
                pair: pair(&progress.leg),
                annex: progress.leg.annex,
                verified: came(|came| came.verified),
                stopped: came(|came| came.stopped),
                recovered: came(|came| came.recovered),
                corrected: came(|came| came.corrected),
            }
        };
        Self {
            round,
            published: figures.published,
            smallest: figures.smallest,
            tables: tables.collect(),
            progress: figures.figures.progress.iter().map(progress).collect(),
        }
    }
}

impl FiguresTable {
    fn of(of: &OfPurpose, published: &Published<Part>, pair: &impl Fn(&Leg) -> [String; 2]) -> Self {
        let mut rows = Vec::new();
        for row in &published.rows {
            FiguresRow::enter(row, &FiguresRow::blank(), pair, &mut rows);
        }
        rows.push(FiguresRow {
            months: published.month_totals.iter().map(FigureView::of).collect(),
            total: FigureView::of(&published.total),
            ..FiguresRow::blank()
        });
        Self {
            purpose: of.purpose.code().to_owned(),
            months: published
                .months
                .iter()
                .map(|month| month.map(|month| month.to_string()))
                .collect(),
            rows,
        }
    }
}

impl FiguresRow {
    fn blank() -> Self {
        Self {
            pair: None,
            annex: None,
            rule: None,
            key_group: None,
            months: Vec::new(),
            total: FigureView::WITHHELD,
        }
    }

    fn enter(
        row: &PublishedRow<Part>,
        above: &Self,
        pair: &impl Fn(&Leg) -> [String; 2],
        rows: &mut Vec<Self>,
    ) {
        let mut view = Self {
            months: row.months.iter().map(FigureView::of).collect(),
            total: FigureView::of(&row.total),
            ..above.clone()
        };
        match &row.of {
            Part::Leg(leg) => (view.pair, view.annex) = (Some(pair(leg)), Some(leg.annex)),
            Part::Rule(rule) => view.rule = Some(rule.to_string()),
            Part::KeyGroup(is) => view.key_group = Some(*is),
        }
        rows.push(view.clone());
        for part in &row.parts {
            Self::enter(part, &view, pair, rows);
        }
    }
}

impl FundsRow {
    pub(crate) fn of_agency(funds: &hefu_casework::conference::Funds, names: &Names) -> Self {
        let sums = [funds.verified, funds.stopped, funds.recovered];
        Self {
            of: names.of(&funds.agency),
            fen: sums.map(|sum| sum.map(|Fen(fen)| fen)).into(),
        }
    }

    pub(crate) fn of_programme(row: &PublishedRow<ProgrammeCode>) -> Self {
        let figures = row.months.iter().chain([&row.total]);
        Self {
            of: row.of.to_string(),
            fen: figures.map(|shown| FigureView::of(shown).fen).collect(),
        }
    }
}

impl DrawnView {
    pub(crate) fn of(drawn: &Drawn, names: &Names, on: Date) -> Self {
        Self {
            line: LineView::of(&drawn.line, names, on),
            lot: format!("{:016x}", drawn.lot),
        }
    }
}

impl AgendaView {
    pub(crate) fn of(agenda: &Agenda, names: &Names, on: Date) -> Self {
        let topic = |topic: &AgendaTopic| TopicView {
            line: LineView::of(&topic.line, names, on),
            why: topic.why.iter().map(|why| why.code().to_owned()).collect(),
            days_late: topic.days_late,
        };
        let leg = |leg: &AgendaLeg| TopicLegView {
            round: leg.round,
            annex: leg.leg.annex,
            pair: leg.pair.each_ref().map(|key| names.of(key)),
            state: leg.state.to_owned(),
            reason: leg.reason.clone(),
        };
        Self {
            on,
            topics: agenda.topics.iter().map(topic).collect(),
            legs: agenda.legs.iter().map(leg).collect(),
        }
    }
}

impl DecisionView {
    pub(crate) fn of(decided: &Decided, line: &Line, names: &Names) -> Self {
        let name = |key: &Hex<32>| names.of(key);
        Self {
            item: line.item,
            kind: line.kind.code().to_owned(),
            pair: [&line.from, &line.to].map(name),
            text: decided.decision.text.as_str().to_owned(),
            by: name(&decided.decision.by),
            due: decided.decision.due,
            minutes: decided.minutes.as_str().to_owned(),
        }
    }
}

impl From<Kept<String>> for TimeKeptView {
    fn from(kept: Kept<String>) -> Self {
        Self {
            pair: kept.pair,
            step: kept.step.code().to_owned(),
            in_time: kept.in_time,
            late: kept.late,
            open: kept.open,
            overdue: kept.overdue,
            median_days: kept.median_days,
        }
    }
}
