//! The text that all sign once a year, and what each pair may do under it.

mod check;
mod draft;
mod narrow;
mod schedule;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{AgencyRole, Agreement, Hex, Text, canonical, codes::codes, rule::sha256};

pub use draft::{AnnexDraft, FrameworkDraft, PartyDraft, Seated};
pub use narrow::narrow;
pub use schedule::Times;
pub(super) use schedule::beijing_day;

/// The largest framework, in bytes of its canonical JSON: with all that stands around it, it goes in one paper.
pub const MAX_FRAMEWORK_BYTES: usize = 512 << 10;
/// The most annexes of a framework: one for every two of sixteen members.
pub const MAX_ANNEXES: usize = 120;

/// 联席会议框架协议: what all agree to for a year. Its signed bytes are its canonical JSON; once somebody has signed, it
/// never changes: an amendment is another edition, and takes its place where it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framework {
    /// The version of this document's form: 1.
    pub version: u32,
    /// Its number in the office's files.
    pub number: Text<100>,
    /// What stands above it.
    pub title: Text<100>,
    /// 1, and one more with each amendment.
    pub edition: u32,
    /// The digest of the edition that it amends.
    pub amends: Option<Hex<32>>,
    /// 联席会议办公室
    pub office: Seat,
    /// 成员单位, 2 to 16, none twice.
    pub members: Vec<Seat>,
    /// 附件: what pairs of them may do; 1 to [`MAX_ANNEXES`].
    pub annexes: Vec<Annex>,
    /// When rounds are.
    pub schedule: Schedule,
    /// What becomes of a round in which somebody is absent.
    pub absent: Absent,
    /// What becomes of whoever comes late.
    pub late: Late,
    /// k, at least 3: a count of fewer findings is told to nobody but the two agencies that they are between and the office,
    /// and follows neither from the figures of a round nor from these and what any one member knows of its own legs. One
    /// person can have several findings. What has become of findings is exact, of legs that have as many and of which as
    /// many are told as are verified.
    pub smallest: u64,
    /// The first day on which it may be used.
    pub valid_from: Date,
    /// The last day on which it may be used; at most a year and a month after the first.
    pub expires: Date,
}

impl Framework {
    /// The only version of this document's form.
    pub const VERSION: u32 = 1;

    /// What is signed: canonical JSON.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        canonical::to_vec(self)
    }

    /// SHA-256 of [`Framework::canonical_bytes`].
    pub fn digest(&self) -> Hex<32> {
        Hex(sha256(&self.canonical_bytes()))
    }

    /// Reads canonical bytes and [validates](Framework::validate) what they say.
    ///
    /// # Errors
    /// As [`canonical::from_slice`] and [`Framework::validate`].
    pub fn parse(bytes: &[u8]) -> Result<Framework, crate::Error> {
        let framework: Framework = canonical::from_slice_within(bytes, MAX_FRAMEWORK_BYTES)?;
        framework.validate()?;
        Ok(framework)
    }

    /// The annex whose agreement has this digest.
    pub fn annex(&self, digest: &Hex<32>) -> Option<&Annex> {
        self.annexes.iter().find(|annex| annex.digest() == *digest)
    }

    /// The seat of the member whose node has this key.
    pub fn member(&self, node_key: &Hex<32>) -> Option<&Seat> {
        self.members.iter().find(|seat| seat.node_key == *node_key)
    }
}

impl Annex {
    /// By what it is known in rounds: the digest of its agreement.
    pub fn digest(&self) -> Hex<32> {
        Hex(self.agreement.digest())
    }
}

/// Who has a seat at the table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seat {
    /// The agency's name, as its card has it.
    pub name: String,
    /// What kind of agency it is.
    pub role: AgencyRole,
    /// Its node's Ed25519 public key.
    pub node_key: Hex<32>,
}

/// What two members may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annex {
    /// By what it is spoken of, such as `附件1`.
    pub code: Text<20>,
    /// The agreement, whose months, validity and number of rounds are bounds for what a round may do. It is never run
    /// itself: each round narrows it.
    pub agreement: Agreement,
}

/// When rounds are by default: one a month, in Beijing time. The record holds nobody to the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// The day of the month on which the round is announced, 1 to 28.
    pub day: u8,
    /// How long members have to freeze what they enter, in hours: 1 to 720.
    pub freeze_hours: u32,
    /// How long pairs then have, in hours: 1 to 720.
    pub run_hours: u32,
    /// How long findings are in review before the round is closed, in days: 0 to 180.
    pub review_days: u32,
}

codes! {
    /// What becomes of a round in which a member is absent.
    Absent {
        /// The others go on without it.
        WithoutThem = "without_them",
        /// There is no round.
        NotAtAll = "not_at_all",
    }
}

codes! {
    /// What becomes of a member that freezes when the round has begun.
    Late {
        /// Its pairs run as long as there is time.
        Admitted = "admitted",
        /// It waits for the next round.
        NextRound = "next_round",
    }
}

/// Which round of which conference an agreement was narrowed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Under {
    /// The framework, by digest.
    pub framework: Hex<32>,
    /// The annex, by the digest of its agreement.
    pub annex: Hex<32>,
    /// The round's number.
    pub round: u32,
    /// The entry that announced the round, by digest.
    pub announced: Hex<32>,
    /// Until when its sessions may run.
    pub run_until: Timestamp,
}
