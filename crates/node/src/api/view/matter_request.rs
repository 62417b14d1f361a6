use std::fmt;

use hefu_casework::calendar::{Calendar, Deadline};
use hefu_casework::matter::{Direction, Opening};
use hefu_casework::transfer::{self, LeadOpening, NoticeOpening, Office, Trigger};
use hefu_casework::{AgencyRole, Place, Text};
use hefu_identity::Kind;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Hex32, UnitRequest};
use crate::api::error::{ApiError, Result};
use crate::matter::Whose;
use crate::{Error, Profile};

/// A matter to be opened.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenRequest {
    /// Of whom it is.
    pub whose: WhoseRequest,
    /// With what it begins.
    pub opening: OpeningRequest,
}

/// Of whom a matter is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum WhoseRequest {
    /// The person of a finding.
    Finding {
        /// The round.
        #[schema(value_type = String)]
        round: Hex32,
        /// The finding's number in it, from 1.
        seq: u64,
    },
    /// The person in a row of the newest snapshot of a register.
    Row {
        /// The register's name.
        dataset: String,
        /// The file within the snapshot, from 1.
        file: u32,
        /// The sheet, from 1.
        sheet: u32,
        /// The row.
        row: u64,
    },
    /// The person of another matter.
    Matter {
        /// Its number in the ledger.
        number: String,
    },
    /// A document number, from a paper.
    Number {
        /// The kind of document, as in mappings.
        document: String,
        /// What stands on it. It is kept sealed, and never shown again but masked.
        #[schema(value_type = String)]
        number: InClear,
    },
}

/// A document number on its way from whoever has the paper to the node: wiped when dropped, and masked in `Debug`.
#[derive(Clone, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(transparent)]
pub struct InClear(String);

/// With what a matter begins. The day is today in Beijing where it is left out.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum OpeningRequest {
    /// 移送: a person is sent on to social assistance.
    Transfer {
        /// The number, the day and the two ends.
        ends: EndsRequest,
        /// `not_eligible` for judicial aid, or `still_poor` after it.
        #[schema(value_type = String)]
        trigger: Trigger,
        /// The procuratorate of the place of application, where that is of another region.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        via: Option<OfficeRequest>,
    },
    /// 告知申请: a person was told that they may apply for judicial aid.
    Notice {
        /// The number, the day and the two ends.
        ends: EndsRequest,
        /// Until when the agency is to ask whether the person applied.
        due: PeriodRequest,
    },
    /// 移送线索: a letter went to a procuratorate.
    Lead {
        /// The number, the day and the two ends.
        ends: EndsRequest,
        /// The letter.
        letter: String,
        /// Until when it is to be acknowledged.
        due: PeriodRequest,
    },
}

/// What every opening has.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndsRequest {
    /// The matter's number in the ledger.
    pub number: String,
    /// The day on which it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
    /// Whether it is the other agency's, whose paper came here. A notice never is.
    #[serde(default)]
    pub received: bool,
    /// The region of this agency, six digits.
    pub place: String,
    /// The agency at the other end.
    pub other: OfficeRequest,
}

/// An agency at one end of a matter.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfficeRequest {
    /// Its name.
    pub name: String,
    /// What kind of agency it is, as on cards.
    #[schema(value_type = String)]
    pub role: AgencyRole,
    /// Its region, six digits.
    pub place: String,
}

/// A period that begins with the day of the act.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeriodRequest {
    /// How long, from 1 to 366.
    pub days: u16,
    /// In which days that is counted.
    pub unit: UnitRequest,
    /// The last day, where somebody has reckoned it; otherwise the node does, as far as it knows the holidays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub until: Option<Date>,
}

/// A lead or an omission to be taken up.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeRequest {
    /// The clue's number in the ledger.
    pub number: String,
    /// The day; today in Beijing where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = Date)]
    pub on: Option<Date>,
}

/// How a round's answers are to be recorded.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmRequest {
    /// The agreed period for each next step, in working days, from 1 to 366.
    pub working_days: u16,
}

impl InClear {
    /// What stands on the paper.
    #[must_use]
    pub fn new(mut number: Zeroizing<String>) -> Self {
        Self(std::mem::take(&mut *number))
    }
}

impl fmt::Debug for InClear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InClear(****)")
    }
}

impl WhoseRequest {
    pub(crate) fn whose(self) -> Result<Whose> {
        Ok(match self {
            WhoseRequest::Finding { round, seq } => Whose::Finding { round: round.0, seq },
            WhoseRequest::Row {
                dataset,
                file,
                sheet,
                row,
            } => Whose::Row {
                dataset,
                file,
                sheet,
                row,
            },
            WhoseRequest::Matter { number } => Whose::Matter { number },
            WhoseRequest::Number { document, mut number } => Whose::Number {
                kind: document.parse::<Kind>().map_err(|unknown| ApiError::Parameter {
                    problem: unknown.to_string(),
                })?,
                number: Zeroizing::new(std::mem::take(&mut number.0)),
            },
        })
    }
}

impl OpeningRequest {
    /// Between the agency of this profile and the other one.
    pub(crate) fn opening(self, own: &Profile, today: Date) -> Result<(Direction, Opening)> {
        Ok(match self {
            OpeningRequest::Transfer { ends, trigger, via } => {
                let ends = ends.ends(own, today)?;
                let opening = transfer::Opening {
                    number: ends.number,
                    on: ends.on,
                    trigger,
                    from: ends.from,
                    to: ends.to,
                    via: via.map(OfficeRequest::office).transpose()?,
                };
                (ends.direction, Opening::Transfer(opening))
            }
            OpeningRequest::Notice { ends, due } => {
                let ends = ends.ends(own, today)?;
                let opening = NoticeOpening {
                    number: ends.number,
                    on: ends.on,
                    from: ends.from,
                    to: ends.to,
                    due: due.deadline(ends.on)?,
                };
                // Nothing of the person goes to the other agency, so nothing comes from one.
                (Direction::Own, Opening::Notice(opening))
            }
            OpeningRequest::Lead { ends, letter, due } => {
                let ends = ends.ends(own, today)?;
                let opening = LeadOpening {
                    number: ends.number,
                    on: ends.on,
                    from: ends.from,
                    to: ends.to,
                    letter: text(letter)?,
                    due: due.deadline(ends.on)?,
                };
                (ends.direction, Opening::Lead(opening))
            }
        })
    }
}

struct Ends {
    number: Text<100>,
    on: Date,
    direction: Direction,
    from: Office,
    to: Office,
}

impl EndsRequest {
    fn ends(self, own: &Profile, today: Date) -> Result<Ends> {
        let here = Office {
            name: text(&own.name)?,
            role: own.role,
            place: place(&self.place)?,
        };
        let there = self.other.office()?;
        let (direction, from, to) = match self.received {
            true => (Direction::Received, there, here),
            false => (Direction::Own, here, there),
        };
        Ok(Ends {
            number: text(self.number)?,
            on: self.on.unwrap_or(today),
            direction,
            from,
            to,
        })
    }
}

impl OfficeRequest {
    fn office(self) -> Result<Office> {
        Ok(Office {
            name: text(self.name)?,
            role: self.role,
            place: place(&self.place)?,
        })
    }
}

impl PeriodRequest {
    pub(super) fn deadline(self, on: Date) -> Result<Deadline> {
        let unit = self.unit.into();
        let calendar = Calendar::national();
        let deadline = match self.until {
            Some(until) => calendar.stated(on, self.days, unit, until),
            None => calendar.deadline(on, self.days, unit),
        };
        Ok(deadline.map_err(Error::from)?)
    }
}

fn place(code: &str) -> Result<Place> {
    Ok(Place::new(code).map_err(Error::from)?)
}

pub(super) fn text<const MAX: usize>(text: impl Into<String>) -> Result<Text<MAX>> {
    Ok(Text::new(text).map_err(Error::from)?)
}
