//! What a report says: one structure, from which the signed file and both of its renderings are made.

use std::collections::BTreeMap;

use hefu_casework::{
    Agreement, Fen, Hex, Learning, Month, NameAgreement, Place, ProgrammeCode, Rule, RuleId, Text,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::deleted::Deleted;

/// The name of the form, in every report.
pub const FORMAT: &str = "hefu-report";
/// The version of the form.
pub const VERSION: u32 = 1;

/// For whom a report is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// 内部使用: a line for each finding, numbers masked.
    Internal,
    /// 报送使用: aggregates only, small ones suppressed.
    Submission,
}

impl Form {
    /// Every form.
    pub const ALL: &[Form] = &[Form::Internal, Form::Submission];

    /// A stable name.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Form::Internal => "internal",
            Form::Submission => "submission",
        }
    }

    /// The form of this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Form> {
        Form::ALL.iter().copied().find(|form| form.code() == code)
    }
}

/// A report as it stands in its file: canonical JSON. `signature` is over the head, and the head has the digest of each
/// section, so that a change is located.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// What is signed.
    pub head: Head,
    /// What it says.
    pub sections: Sections,
    /// Ed25519 by the node key over `"hefu/3 report\0" ‖ SHA-256(head)`.
    pub signature: Hex<64>,
}

/// What is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// For whom it is.
    pub form: Form,
    /// The key of the node that signs.
    pub node_key: Hex<32>,
    /// SHA-256 of each section's canonical JSON, by its name.
    pub sections: BTreeMap<String, Hex<32>>,
}

/// The sections. Each stands for a duty to keep or show a record (个人信息保护法 arts. 13, 20, 55, 56;
/// 网络数据安全管理条例 art. 12).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sections {
    /// Whose report it is, and which copy.
    pub about: About,
    /// The round.
    pub round: RoundFacts,
    /// The agreement, whole, with its signatures: purpose, legal basis, parties, number, validity.
    pub agreement: AgreementFacts,
    /// The assessment before the processing, where one is configured.
    pub assessment: Option<Assessment>,
    /// The rules.
    pub rules: RuleFacts,
    /// What was entered.
    pub inputs: Inputs,
    /// How it was compared.
    pub protocol: Protocol,
    /// Who comes to know what.
    pub learns: Vec<Learns>,
    /// What came of it, in numbers.
    pub results: Results,
    /// What came of it, finding by finding; nothing in a report for submission.
    pub findings: Option<Vec<Line>>,
    /// What both sides signed at the end.
    pub receipt: Option<ReceiptFacts>,
    /// Earlier reports of this round.
    pub exports: Vec<Export>,
    /// What has been deleted since.
    pub deleted: Deleted,
    /// The end of this node's log when the report was made.
    pub log: LogEnd,
    /// Until when what is kept.
    pub retention: Retention,
}

/// Whose report it is, and which copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// [`crate::NOTICE`].
    pub notice: String,
    /// The agency, by its name in the agreement.
    pub by: String,
    /// When it was made.
    pub made_at: Timestamp,
    /// Which copy of this form of this round's report, from 1.
    pub copy: u64,
}

/// The round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundFacts {
    /// Its id on this node.
    pub id: Hex<32>,
    /// This node's part.
    pub role: String,
    /// How the session went: `line` or `files`; nothing where it came to none.
    pub carrier: Option<String>,
    /// How far it came.
    pub state: String,
    /// The code of the error it ended with.
    pub error: Option<String>,
    /// The name of the abort it ended with.
    pub reason: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Of a leg of a conference's round that is not done by this session on the record: how it stands there. What was found
    /// does not count then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsettled: Option<String>,
}

/// The agreement with the signature of every party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementFacts {
    /// SHA-256 of its canonical bytes.
    pub digest: Hex<32>,
    /// Its text.
    pub text: Agreement,
    /// One for each party, in order.
    pub signatures: Vec<Hex<64>>,
}

/// 个人信息保护影响评估 (个人信息保护法 arts. 55, 56).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// Its number in the agency's files.
    pub number: Text<100>,
    /// When it was made.
    pub date: Date,
}

/// The rules of the round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleFacts {
    /// The digest of the rule set that was agreed.
    pub digest: Hex<32>,
    /// Where they hold.
    pub place: Place,
    /// The agreed rules word for word; nothing where this node's rules are not those of the agreement any more.
    pub texts: Option<Vec<Rule>>,
}

/// What was entered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inputs {
    /// The snapshots that were entered here.
    pub snapshots: Vec<Snapshot>,
    /// Elements and commitment of this side.
    pub own: Input,
    /// Those of the other side.
    pub peer: Input,
}

/// One side's input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Elements, as far as the round came to know them.
    pub elements: Option<u64>,
    /// The commitment that was exchanged before anything was answered.
    pub commitment: Option<Hex<32>>,
}

/// The account of one snapshot: rows read = accepted + quarantined + blank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Its number on this node.
    pub id: i64,
    /// The register's name.
    pub name: String,
    /// When it was imported.
    pub imported_at: Timestamp,
    /// Rows below the headings.
    pub rows_read: u64,
    /// Rows that count.
    pub accepted: u64,
    /// Different people among them.
    pub persons: u64,
    /// Rows with nothing in them.
    pub blank: u64,
    /// Refused rows by the code of the reason.
    pub quarantined: BTreeMap<String, u64>,
}

/// How it was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// The suite: group and hash.
    pub suite: String,
    /// The version of the protocol, where a session came to be.
    pub version: Option<u16>,
    /// What the protocol reveals.
    pub mode: String,
    /// What an element is.
    pub key_kind: String,
    /// The opening as it was sent, in hexadecimal: the session's id and the receiver's commitment follow from it.
    pub open: Option<String>,
    /// The acceptance, likewise.
    pub accept: Option<String>,
}

/// One thing that a party comes to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Learns {
    /// The party's name.
    pub party: String,
    /// A code of the table of words.
    pub code: String,
    /// What its words are filled with.
    pub params: BTreeMap<String, String>,
}

/// What came of the round, in numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Results {
    /// This node learned these numbers.
    Learned(Tables),
    /// This node learns nothing of persons: it was the sender.
    NotReceiver {},
    /// The round came to no result.
    None {},
    /// The findings were deleted; `deleted` has the signed record.
    Deleted {},
}

/// The numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tables {
    /// Counts below this are not told; nothing where all are.
    pub smallest: Option<u64>,
    /// Own elements that matched; nothing in a report for submission.
    pub matched: Option<u64>,
    /// All findings that count.
    pub total: Cell,
    /// Findings that do not count, since they were corrected, here or when the same was found before; nothing where that is
    /// withheld.
    pub corrected: Option<u64>,
    /// Findings of which the decisions here and at the other agency do not go together; nothing where that is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contradictory: Option<u64>,
    /// Findings on whose matter the other agency has withdrawn its own; nothing where that is withheld.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected_there: Option<u64>,
    /// By kind and rule: each finding stands in one row.
    pub by_rule: Vec<Row>,
    /// By month in question: a finding stands in each of its months. Nothing where it is withheld; in a report for
    /// submission each finding stands in one row.
    pub by_month: Option<Vec<Row>>,
    /// By own programme and other party: a finding stands in each of its programmes. Nothing where it is withheld;
    /// in a report for submission each finding stands in one row.
    pub by_pair: Option<Vec<Row>>,
    /// Rules under which nothing could be found, or not all: never "none".
    pub cannot_find: Vec<CannotFind>,
}

/// One row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// What is counted.
    pub of: Group,
    /// How many, and how much.
    pub cell: Cell,
}

/// What a row counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Group {
    /// Findings of one kind under one rule.
    Rule {
        /// The kind.
        kind: String,
        /// The rule; none where none was asked.
        rule: Option<RuleId>,
    },
    /// Findings that have this month in question.
    Month(Month),
    /// Findings between this programme of the agency's own and that party.
    Pair {
        /// The agency's own programme.
        programme: ProgrammeCode,
        /// The other party.
        peer: Option<String>,
    },
}

/// A count of findings and 待核实金额.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cell {
    /// Told.
    Told {
        /// How many findings.
        findings: u64,
        /// 待核实金额, each payment once; nothing where the rows state no amount or nothing is in doubt.
        to_verify_fen: Option<Fen>,
    },
    /// At least one and fewer than the smallest count that is told.
    Small {},
    /// Not told, because a small count would follow from it.
    Withheld {},
}

/// A rule under which nothing could be found, or not all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CannotFind {
    /// The rule.
    pub rule: RuleId,
    /// Why, a code of the table of words.
    pub reason: String,
    /// How many of the agency's own rows it concerns, 0 where it is the agreement alone; nothing where that is withheld.
    pub rows: Option<u64>,
}

/// One finding. It names no person: `item` is what two officers call it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// A number that says nothing of the person, and is the same in every report of this node.
    pub item: Hex<8>,
    /// Its number in the round on this node, from 1.
    pub seq: u64,
    /// What it is.
    pub kind: String,
    /// The rule that would be broken.
    pub rule: Option<RuleId>,
    /// The agency's own programmes concerned.
    pub programmes: Vec<ProgrammeCode>,
    /// The other party.
    pub peer: Option<String>,
    /// The person's number, masked.
    pub person: String,
    /// The months in question.
    pub months: Vec<Month>,
    /// Those of them in which one aid ended and the other began: perhaps days only.
    pub changeover: Vec<Month>,
    /// 待核实金额.
    pub to_verify_fen: Option<Fen>,
    /// What the other agency says of a person who was referred.
    pub feedback: Option<Feedback>,
    /// Whether the other agency knows the number under the same name; not there where names are not compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<NameAgreement>,
    /// How far a person's review is; nothing where nobody has begun one.
    pub review: Option<Reviewed>,
    /// Whether the same was found before and corrected there.
    pub corrected_before: bool,
    /// What stands at the other agency, where it has told of the same matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub there: Option<There>,
    /// With how much care the person is to be dealt with; nothing in a report of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub care: Option<Cared>,
}

/// What the other agency told of a matter that both have part in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct There {
    /// What it decided, or that it has withdrawn its finding: a code of the table of words.
    pub outcome: String,
    /// The number of its paper.
    pub document: String,
    /// The day of that.
    pub on: Date,
    /// In what it does not go together with what stands here, a code of the table of words.
    pub contradiction: Option<String>,
}

/// With how much care a person is to be dealt with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cared {
    /// 受保护: unless every row says that the person is not.
    pub protected: bool,
    /// 重点人群: `yes`, `no` or `unknown`.
    pub key_group: String,
}

/// What has become of a referred person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// The state.
    pub state: String,
    /// Of which day.
    pub date: Option<Date>,
    /// Why the agency does not help.
    pub reason: Option<String>,
}

/// How far a finding's review is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reviewed {
    /// The stage, a code of the table of words.
    pub stage: String,
    /// The officer in charge.
    pub reviewer: Option<String>,
    /// 核实结果, a code of the table of words.
    pub verdict: Option<String>,
    /// The decision that stands, a code of the table of words.
    pub outcome: Option<String>,
}

/// What both sides signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptFacts {
    /// The session.
    pub session: Hex<32>,
    /// The agreement's digest.
    pub agreement: Hex<32>,
    /// |X|.
    pub receiver_elements: u64,
    /// |Y|.
    pub sender_elements: u64,
    /// Root over the blinded elements.
    pub blinded: Hex<32>,
    /// Root over the evaluations.
    pub evaluated: Hex<32>,
    /// Root over the tags.
    pub tags: Hex<32>,
    /// The receiver's log when it signed.
    pub receiver_head: LogEnd,
    /// The receiver's signature.
    pub by_receiver: Hex<64>,
    /// The sender's log when it signed.
    pub sender_head: LogEnd,
    /// The sender's signature.
    pub by_sender: Hex<64>,
}

/// The end of a chained log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogEnd {
    /// The number of the last entry.
    pub seq: u64,
    /// Its hash.
    pub hash: Hex<32>,
}

/// One earlier report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Export {
    /// When it was made.
    pub at: Timestamp,
    /// For whom.
    pub form: Form,
    /// Which copy.
    pub copy: u64,
    /// Who had it made; nothing in a report for submission.
    pub actor: Option<String>,
}

/// Until when what is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// The day after which findings are deleted; nothing while the round runs.
    pub findings_until: Option<Date>,
    /// The day until which that deletion waits at most, where a proceeding on one of the findings was open when the report
    /// was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off_until: Option<Date>,
    /// The day until which this report and the log are kept at least: three years (个人信息保护法 art. 56).
    pub record_until: Date,
}

impl Learns {
    pub(super) fn of(party: &str, learning: Learning) -> Self {
        Self {
            party: party.to_owned(),
            code: learning.code.to_owned(),
            params: crate::api::view::strings(learning.params),
        }
    }
}

impl CannotFind {
    pub(crate) fn of(unfound: &hefu_casework::CannotFind) -> Self {
        Self {
            rule: unfound.rule.clone(),
            reason: unfound.reason.code().to_owned(),
            rows: Some(unfound.rows),
        }
    }
}
