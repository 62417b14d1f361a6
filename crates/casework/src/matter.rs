//! Whatever an agency keeps in its ledger (台账) of a person who is sent on or looked after, in one form: a transfer, a
//! notice, a lead or a clue. None of them names the person: whoever keeps them knows whose they are.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{
    Error, Text,
    clue::{Clue, ClueAct, ClueOpening},
    codes::codes,
    transfer::{
        self, Awaited, Awaiting, Lead, LeadAct, LeadOpening, Notice, NoticeAct, NoticeOpening, Transfer,
    },
};

/// One act in a matter.
pub type Event = crate::Event<Act>;

codes! {
    /// What a matter is.
    MatterKind {
        /// 移送
        Transfer = "transfer",
        /// 告知申请
        Notice = "notice",
        /// 移送线索
        Lead = "lead",
        /// 内部线索
        Clue = "clue",
    }
}

codes! {
    /// Whose word a matter is.
    Direction {
        /// This agency's own.
        Own = "own",
        /// Another agency's, whose paper came here.
        Received = "received",
    }
}

/// With what a matter begins. Its written form is canonical JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Opening {
    /// 移送
    Transfer(transfer::Opening),
    /// 告知申请
    Notice(NoticeOpening),
    /// 移送线索
    Lead(LeadOpening),
    /// 内部线索
    Clue(ClueOpening),
}

/// What can be done in a matter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// In a transfer.
    Transfer(transfer::Act),
    /// In a notice.
    Notice(NoticeAct),
    /// In a lead.
    Lead(LeadAct),
    /// In a clue.
    Clue(ClueAct),
}

/// A matter on its way.
#[derive(Clone, Debug)]
pub enum Matter {
    /// 移送
    Transfer(Transfer),
    /// 告知申请
    Notice(Notice),
    /// 移送线索
    Lead(Lead),
    /// 内部线索
    Clue(Clue),
}

impl Opening {
    /// Its number in the ledger.
    pub fn number(&self) -> &str {
        match self {
            Opening::Transfer(opening) => opening.number.as_str(),
            Opening::Notice(opening) => opening.number.as_str(),
            Opening::Lead(opening) => opening.number.as_str(),
            Opening::Clue(opening) => opening.number.as_str(),
        }
    }

    /// The day on which it began.
    pub fn on(&self) -> Date {
        match self {
            Opening::Transfer(opening) => opening.on,
            Opening::Notice(opening) => opening.on,
            Opening::Lead(opening) => opening.on,
            Opening::Clue(opening) => opening.on,
        }
    }

    /// What it is.
    pub fn kind(&self) -> MatterKind {
        match self {
            Opening::Transfer(_) => MatterKind::Transfer,
            Opening::Notice(_) => MatterKind::Notice,
            Opening::Lead(_) => MatterKind::Lead,
            Opening::Clue(_) => MatterKind::Clue,
        }
    }
}

impl Matter {
    /// # Errors
    /// Those of the matter's own beginning: [`Error::Route`], [`Error::Deadline`].
    pub fn new(opening: Opening) -> Result<Matter, Error> {
        Ok(match opening {
            Opening::Transfer(opening) => Matter::Transfer(Transfer::new(opening)?),
            Opening::Notice(opening) => Matter::Notice(Notice::new(opening)?),
            Opening::Lead(opening) => Matter::Lead(Lead::new(opening)?),
            Opening::Clue(opening) => Matter::Clue(Clue::new(opening)),
        })
    }

    /// How far a matter is after these acts.
    ///
    /// # Errors
    /// Those of [`Matter::new`], and of [`Matter::record`] for the first act that cannot be.
    pub fn from_events<'a>(
        opening: Opening,
        events: impl IntoIterator<Item = &'a Event>,
    ) -> Result<Matter, Error> {
        let mut matter = Matter::new(opening)?;
        for event in events {
            matter.record(event)?;
        }
        Ok(matter)
    }

    /// Takes one act more; one that is refused changes nothing.
    ///
    /// # Errors
    /// [`Error::OutOfTurn`] for an act of another kind of matter; those of the matter's own kind.
    pub fn record(&mut self, event: &Event) -> Result<(), Error> {
        match (self, &event.act) {
            (Matter::Transfer(matter), Act::Transfer(act)) => matter.record(&of(event, act)),
            (Matter::Notice(matter), Act::Notice(act)) => matter.record(&of(event, act)),
            (Matter::Lead(matter), Act::Lead(act)) => matter.record(&of(event, act)),
            (Matter::Clue(matter), Act::Clue(act)) => matter.record(&of(event, act)),
            (matter, act) => Err(Error::OutOfTurn {
                act: act.code(),
                stage: matter.stage(),
            }),
        }
    }

    /// The code of how far it is.
    pub fn stage(&self) -> &'static str {
        match self {
            Matter::Transfer(matter) => matter.stage().code(),
            Matter::Notice(matter) => matter.stage().code(),
            Matter::Lead(matter) => matter.stage().code(),
            Matter::Clue(matter) => matter.stage().code(),
        }
    }
}

impl Awaiting for Matter {
    fn number(&self) -> &str {
        match self {
            Matter::Transfer(matter) => matter.number(),
            Matter::Notice(matter) => matter.number(),
            Matter::Lead(matter) => matter.number(),
            Matter::Clue(matter) => matter.number(),
        }
    }

    fn awaited(&self) -> Vec<(Awaited, Date)> {
        match self {
            Matter::Transfer(matter) => matter.awaited(),
            Matter::Notice(matter) => matter.awaited(),
            Matter::Lead(matter) => matter.awaited(),
            Matter::Clue(matter) => matter.awaited(),
        }
    }
}

impl Act {
    /// The code of what was done.
    pub fn code(&self) -> &'static str {
        match self {
            Act::Transfer(act) => act.code(),
            Act::Notice(act) => act.code(),
            Act::Lead(act) => act.code(),
            Act::Clue(act) => act.code(),
        }
    }
}

/// In the place of what somebody wrote freely.
const WITHHELD: &str = "*";

impl Act {
    /// The act without what officers write freely, which may tell where a person lives: for whoever may not know it of
    /// a protected person. Numbers of papers, codes and days stay.
    pub fn without_free_text(&self) -> Act {
        let mut act = self.clone();
        let withhold = |text: &mut Text<500>| {
            // One character that is seen is a text.
            if let Ok(withheld) = Text::new(WITHHELD) {
                *text = withheld;
            }
        };
        match &mut act {
            Act::Transfer(
                transfer::Act::HelpedFirst { help: text, .. }
                | transfer::Act::FedBack { result: text, .. }
                | transfer::Act::Visited { result: text },
            )
            | Act::Notice(NoticeAct::NotApplied { reason: text })
            | Act::Lead(LeadAct::Rejected { reason: text, .. } | LeadAct::FedBack { result: text, .. })
            | Act::Clue(
                ClueAct::Rejected { text, .. }
                | ClueAct::Checked { text, .. }
                | ClueAct::Reopened { reason: text },
            ) => withhold(text),
            Act::Clue(ClueAct::Accepted { case }) => {
                if let Ok(withheld) = Text::new(WITHHELD) {
                    *case = withheld;
                }
            }
            Act::Transfer(
                transfer::Act::Filed { .. }
                | transfer::Act::PassedOn { .. }
                | transfer::Act::Sent { .. }
                | transfer::Act::Acknowledged { .. }
                | transfer::Act::Answered { .. },
            )
            | Act::Notice(NoticeAct::Applied { .. })
            | Act::Lead(LeadAct::Acknowledged { .. } | LeadAct::TakenUp { .. })
            | Act::Clue(ClueAct::Taken {} | ClueAct::HandedOver { .. }) => {}
        }
        act
    }
}

fn of<A: Clone>(event: &Event, act: &A) -> crate::Event<A> {
    crate::Event {
        at: event.at,
        by: event.by.clone(),
        on: event.on,
        act: act.clone(),
    }
}
