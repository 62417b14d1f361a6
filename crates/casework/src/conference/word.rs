//! What can be said on the record.

use hefu_identity::bears_number;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{Fault, Framework, RoundFigures, Seat};
use crate::{Hex, MonthRange, Text, codes::codes};

/// What an entry says to all. Who may say it stands beside each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Word {
    /// Office, first of all: there is a conference.
    Founded(Founded),
    /// Office: an agency has a seat, and this card.
    Enrolled(Enrolled),
    /// Office: a text to be signed.
    Drafted(Box<Framework>),
    /// Member: it signs the text of this digest.
    Signed(Hex<32>),
    /// Member: it does not.
    Refused {
        /// The text.
        framework: Hex<32>,
        /// Why.
        reason: Text<200>,
    },
    /// Member or office: its paper bears the seal (公章).
    Stamped {
        /// The text.
        framework: Hex<32>,
        /// 文号
        document: Text<100>,
        /// SHA-256 of the scan.
        scan: Hex<32>,
    },
    /// Member: it leaves. Office: it has to.
    Left {
        /// Who.
        member: Hex<32>,
        /// Why.
        reason: Text<200>,
    },
    /// Office: a round is to be.
    Announced(Announced),
    /// Member: it takes part.
    Joined(Joined),
    /// Member: it does not.
    Declined {
        /// The round.
        round: u32,
        /// Why.
        reason: Text<200>,
    },
    /// Member: what it enters is fixed.
    Frozen(Frozen),
    /// Office: pairs may run.
    Begun(Begun),
    /// Member: what became of a leg that it has part in.
    Leg {
        /// The round.
        round: u32,
        /// The leg.
        leg: Leg,
        /// What became of it.
        news: LegNews,
    },
    /// Office: a leg that failed, or whose two ends differ, may run once more.
    Rerun {
        /// The round.
        round: u32,
        /// The leg.
        leg: Leg,
        /// Why.
        reason: Text<200>,
    },
    /// Member: all its legs have ended, and its counts are enclosed, for the office alone.
    Reported {
        /// The round.
        round: u32,
    },
    /// Office: the round is over.
    Closed {
        /// The round.
        round: u32,
        /// How.
        end: RoundEnd,
    },
    /// Member or office: lines of the ledger, enclosed for the other agency and the office.
    Items {},
    /// Member: its measures for a referred person, enclosed for the agencies involved.
    Planned {},
    /// Office: what a consultation decided, enclosed for the agencies concerned.
    Decided {
        /// The number of the minutes.
        minutes: Text<100>,
    },
    /// Office: figures of a closed round, once.
    Figures {
        /// The round.
        round: u32,
        /// The figures, fit to be told.
        figures: Box<RoundFigures>,
    },
    /// Member or office: what an entry encloses for it does not open, or is against the rules.
    Disputed {
        /// The entry, by digest.
        entry: Hex<32>,
        /// In what way.
        fault: Fault,
    },
    /// Office: an entry that it does not take.
    Rejected {
        /// Whose.
        author: Hex<32>,
        /// SHA-256 of its canonical JSON.
        entry: Hex<32>,
        /// The author's signature under that: it was written.
        signature: Hex<64>,
        /// Why.
        fault: Fault,
    },
}

impl Word {
    /// Whether a text of it has in it what reads as the number of a person's document. Numbers of papers are their
    /// writers' business: they look alike.
    pub(super) fn bears_number(&self) -> bool {
        match self {
            Word::Refused { reason, .. }
            | Word::Left { reason, .. }
            | Word::Declined { reason, .. }
            | Word::Rerun { reason, .. } => bears_number(reason.as_str()),
            _ => false,
        }
    }
}

/// With what a conference begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founded {
    /// Its name.
    pub name: Text<60>,
    /// The office.
    pub office: Seat,
    /// The office's card: canonical JSON, at most 4 KiB.
    pub card: String,
    /// Random.
    pub nonce: Hex<16>,
}

/// A new seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrolled {
    /// Whose.
    pub seat: Seat,
    /// Its card: canonical JSON, at most 4 KiB. A later one takes the place of an earlier one of the same node key.
    pub card: String,
}

/// A round that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Announced {
    /// From 1 without gaps.
    pub round: u32,
    /// Under which edition.
    pub framework: Hex<32>,
    /// Records of which months are entered, at most.
    pub months: MonthRange,
    /// Which annexes run, by the digest of their agreements.
    pub annexes: Vec<Hex<32>>,
    /// Until when members freeze what they enter.
    pub freeze_by: Timestamp,
    /// Until when pairs may run.
    pub run_until: Timestamp,
    /// Until when findings are in review.
    pub review_until: Date,
}

/// That a member takes part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joined {
    /// The round.
    pub round: u32,
    /// Its signatures under the narrowed agreements of its pairs, one for each annex that it runs.
    pub consents: Vec<Consent>,
}

/// A member's signature under the agreement that an annex comes to in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The annex.
    pub annex: Hex<32>,
    /// As in a [`SignedAgreement`](crate::SignedAgreement).
    pub signature: Hex<64>,
}

/// That a member has fixed what it enters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    /// The round.
    pub round: u32,
    /// SHA-256 over a label, a nonce that stays with the member, and the digests of what it enters.
    pub snapshot: Hex<32>,
    /// How many elements that is in each leg it has part in.
    pub sets: Vec<SetSize>,
}

/// How much is entered in a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSize {
    /// The leg.
    pub leg: Leg,
    /// Elements.
    pub elements: u64,
}

/// One session of a round: in which one party of an annex learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leg {
    /// The annex, by the digest of its agreement.
    pub annex: Hex<32>,
    /// The index of the party that learns.
    pub receiver: u8,
}

/// That pairs may run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begun {
    /// The round.
    pub round: u32,
    /// Who has frozen, by node key in ascending order. Whoever else was to be there is absent.
    pub present: Vec<Hex<32>>,
}

/// What became of a leg, as one of its parties says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum LegNews {
    /// It has begun.
    Began {},
    /// It has ended with a receipt that both signed.
    Done(LegReceipt),
    /// It has failed, for the reason of this code.
    Failed {
        /// A stable code.
        code: String,
    },
}

/// What both parties of a leg must say alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LegReceipt {
    /// The session.
    pub session: Hex<32>,
    /// SHA-256 over what both signed of the exchange: session, sizes, and the digests of all that was exchanged.
    pub receipt: Hex<32>,
    /// What the receiver entered.
    pub receiver_elements: u64,
    /// What the sender entered.
    pub sender_elements: u64,
}

codes! {
    /// How a round ended.
    RoundEnd {
        /// It was run and reviewed.
        Completed = "completed",
        /// Somebody was absent, and the framework has it that there is none then.
        NotHeld = "not_held",
        /// The office called it off.
        CalledOff = "called_off",
    }
}
