//! What can be wrong with data, documents and rounds.

mod code;
mod wrong;

use jiff::civil::Date;

use crate::{Hex, ProgrammeCode, RowId, RuleId, letter::Mistake, precheck};

pub use wrong::{DataFile, Wrong};

/// Every failure of this crate. None carries a document number, a name or a case.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is not a month.
    #[error("not a month; write it as 2026-07")]
    Month,
    /// Text that is not a status code.
    #[error("not a status; use paid, suspended, stopped or cancelled")]
    Status,
    /// Text that is not a programme code.
    #[error(
        "not a programme code; use lower-case letters, digits and _, at most 40, beginning with a letter"
    )]
    ProgrammeCode,
    /// Text that is not a rule's id.
    #[error("not the id of a rule; use 1 to 16 letters, digits and -")]
    RuleId,
    /// Text that is not a place.
    #[error("not a region code; write six digits such as 290000, or 000000 for the nation")]
    Place,
    /// A catalogue or rule file that does not read.
    #[error("{file}, line {line}: {message}")]
    Data {
        /// Which file.
        file: DataFile,
        /// The line, from 1; 0 where the reader named none.
        line: usize,
        /// What the reader of TOML said.
        message: String,
    },
    /// A programme whose entry contradicts another.
    #[error("programme {programme}: {field} is empty or already stands for another programme")]
    Programme {
        /// Its code.
        programme: ProgrammeCode,
        /// The field of its entry.
        field: &'static str,
    },
    /// A rule that contradicts itself, or another.
    #[error("{file}, line {line}, rule {rule}: {field} {wrong}")]
    Rule {
        /// In which file.
        file: DataFile,
        /// The line of the field, or of the rule's heading where the field is not there; 0 where the file is not at
        /// hand.
        line: usize,
        /// Its id.
        rule: RuleId,
        /// The field of its entry.
        field: &'static str,
        /// In what way.
        wrong: Wrong,
    },
    /// A document longer than any real one.
    #[error("the document has {bytes} bytes, more than the {max} that are read")]
    DocumentTooLarge {
        /// Its length.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// Bytes that are not the document expected.
    #[error("not the document expected, at line {line}, column {column}; ask its sender for it again")]
    Document {
        /// The line, from 1; 0 where no place can be named.
        line: usize,
        /// The column, from 1; 0 where no place can be named.
        column: usize,
    },
    /// The document in another spelling, or with fields this version does not know.
    #[error(
        "the document is not in canonical form or has fields unknown to this version; it was changed after signing, or both sides must use the same version"
    )]
    NotCanonical,
    /// An agreement that contradicts itself or asks for what this version cannot do.
    #[error("agreement, {field}: {wrong}")]
    Agreement {
        /// The field.
        field: &'static str,
        /// In what way.
        wrong: Wrong,
    },
    /// The framework of a conference that contradicts itself or asks for what this version cannot do.
    #[error("framework, {field}: {wrong}")]
    Framework {
        /// The field.
        field: &'static str,
        /// In what way.
        wrong: Wrong,
    },
    /// An agreement used outside its days.
    #[error(
        "the agreement is valid from {valid_from} to {expires}, and today is {today}; agree on a new one"
    )]
    NotValidOn {
        /// The day of use.
        today: Date,
        /// The first day.
        valid_from: Date,
        /// The last day.
        expires: Date,
    },
    /// The two sides have different rules.
    #[error(
        "this node's rules are not those of the agreement; compare versions of the rules with the other party"
    )]
    RulesDiffer,
    /// A rule that could find nothing under this agreement.
    #[error("rule {rule} in the agreement: {}", wrong.of_a_rule())]
    RuleUnusable {
        /// Its id.
        rule: RuleId,
        /// In what way.
        wrong: Wrong,
    },
    /// An index or a key that is none of the agreement's parties.
    #[error("the agreement does not name this party; check which node's key signs")]
    NotAParty,
    /// Findings asked for by a party that may not learn any.
    #[error("{party} is not a receiver under the agreement and may learn nothing")]
    NotAReceiver {
        /// Its name.
        party: String,
    },
    /// A signature that is missing or false.
    #[error("the signature of {party} is missing or does not hold; have it sign this very document")]
    Signature {
        /// The party's name.
        party: String,
    },
    /// More signatures than parties.
    #[error("the agreement bears more signatures than it has parties")]
    SurplusSignature,
    /// An agreement that a party has refused.
    #[error("{party} has refused this agreement; draft another one")]
    AgreementRefused {
        /// The party's name.
        party: String,
    },
    /// A refusal after one's own signature.
    #[error(
        "this agreement is signed here already and can no longer be refused; let it expire or agree anew"
    )]
    AlreadySigned,
    /// Two dossiers of different texts.
    #[error("the other side's document is of another agreement; ask for the one with the same digest")]
    OtherAgreement,
    /// A referral without what it must have.
    #[error(
        "row {}: the referral has no {field}; fill it in and import the register again",
        place(row)
    )]
    ReferralIncomplete {
        /// The row.
        row: RowId,
        /// The field.
        field: &'static str,
    },
    /// Rows that say different things of one person in one letter, and neither is the later.
    #[error(
        "rows {}: say different things of one person in one letter on one day; correct the register",
        places(rows)
    )]
    ReferralContradiction {
        /// The rows, in order.
        rows: Vec<RowId>,
    },
    /// A label that nobody could have written under the agreement.
    #[error(
        "a label of the other side is not one that the agreement allows; both sides must use the same version"
    )]
    Label,
    /// Labels that do not belong to the matches.
    #[error("{bytes} bytes of labels came with {matches} matches; the round's result is not whole")]
    LabelCount {
        /// Bytes of labels.
        bytes: usize,
        /// Matches.
        matches: usize,
    },
    /// A set larger than was agreed.
    #[error(
        "the records make {elements} elements, and the agreement allows {max}; narrow the selection or agree anew"
    )]
    TooManyElements {
        /// How many there are, at least.
        elements: u64,
        /// The most that may be entered.
        max: u64,
    },
    /// A match at a position that the set does not have.
    #[error(
        "a match at position {position} of a set of {elements}; the round's result belongs to another set"
    )]
    NoSuchElement {
        /// The position, from 0.
        position: u32,
        /// The size of the set.
        elements: usize,
    },
    /// Amounts whose sum does not fit.
    #[error(
        "the amounts do not add up to a number of fen that can be held; look for a wrong amount in the export"
    )]
    AmountOverflow,
    /// Figures that are not of the months that they should be.
    #[error("row {row} of the figures has other months than there are")]
    Figures {
        /// Which row at the top, from 0.
        row: usize,
    },
    /// Counts of a member of a conference that can't be those of its round.
    #[error("the counts of {who} do not fit the round; ask it to report once more")]
    Counts {
        /// Whose, by node key.
        who: Hex<32>,
    },
    /// A text that cannot stand in a document.
    #[error("the text {wrong}; at most {max} characters")]
    Text {
        /// In what way.
        wrong: Wrong,
        /// The most characters that it may have.
        max: usize,
    },
    /// A year of the calendar that contradicts itself or leaves a gap.
    #[error("calendar of {year}: {field} does not fit; copy it again from the State Council's notice")]
    Holidays {
        /// The year.
        year: i16,
        /// The field of its entry.
        field: &'static str,
    },
    /// A day whose year has no known notice.
    #[error(
        "whether {day} is a working day is not known: the calendar is certain from {from} to {until}; add the State Council's notice of the next year"
    )]
    CalendarUnknown {
        /// The day asked after.
        day: Date,
        /// The first day known.
        from: Date,
        /// The last day known.
        until: Date,
    },
    /// A deadline that no calendar gives, or that is earlier than the known one gives.
    #[error(
        "no calendar gives this end to a period of 1 to {max_days} days; have the deadline reckoned again"
    )]
    Deadline {
        /// The longest period.
        max_days: u16,
    },
    /// An act that the path does not have at this point.
    #[error("{act} cannot be recorded at {stage}; take the steps in order")]
    OutOfTurn {
        /// What was to be recorded.
        act: &'static str,
        /// How far the matter is.
        stage: &'static str,
    },
    /// An act before what it follows, or after the day on which it is recorded.
    #[error(
        "{date} is not between {earliest}, the day of the step before, and {latest}, the day of recording"
    )]
    OutOfOrder {
        /// The day of the act.
        date: Date,
        /// The day of the match or of the act before.
        earliest: Date,
        /// The day of recording, in Beijing time.
        latest: Date,
    },
    /// Acts whose times of recording do not follow each other.
    #[error("the record of this matter is not in the order in which it was made; restore it from a backup")]
    RecordOrder,
    /// More acts than any matter has.
    #[error("more than {max} acts are recorded of this matter; close it and begin another")]
    TooManyActs {
        /// The limit.
        max: usize,
    },
    /// A step by somebody who is not in charge.
    #[error("only whoever is in charge may record this; have the matter handed over first")]
    NotInCharge,
    /// A second review or a correction by whoever decided.
    #[error(
        "whoever decided or changed a decision may not review it, nor whoever made the one that stands correct the finding; have another person do it"
    )]
    SamePerson,
    /// A change for the worse in answer to an objection.
    #[error(
        "what a person objects to is not changed for the worse in answer; send it back to verification, and tell and hear the person again"
    )]
    TakesMore,
    /// A decision against a person who was not heard.
    #[error(
        "nothing may be stopped or recovered before the person was told and heard, or a statutory exception is recorded"
    )]
    NotHeard,
    /// A decision against a person that verification does not bear out.
    #[error("nothing may be stopped or recovered where verification did not confirm the finding")]
    NotConfirmed,
    /// A decision against a person whom the other agency knows under another name.
    #[error(
        "the two agencies know this number under different names, so nothing may be stopped or recovered; have the police registry say who holds the number, put the record right and run the next round"
    )]
    NamesDiffer,
    /// A decision against a person after the other agency has withdrawn its own finding.
    #[error(
        "the other agency has corrected its finding on this matter; verify once more before anything is stopped or recovered"
    )]
    CorrectedThere,
    /// A recovery without an amount.
    #[error("a recovery is of more than nothing; write the amount that is to be paid back")]
    RecoveredNothing,
    /// The period for a statement is not over.
    #[error("the person may make a statement until {until}; record after that day that there was none")]
    HearingOpen {
        /// The last day of the period.
        until: Date,
    },
    /// A correction that rests on something else.
    #[error("the correction names another basis than that of this finding; take it from this finding")]
    OtherBasis,
    /// A question about no months, too many, or months that are not in order.
    #[error("a question is about 1 to {max} months, each once and in order")]
    Months {
        /// The most months.
        max: usize,
    },
    /// A transfer without its three documents, or with one twice.
    #[error("the documents of the transfer: {wrong}")]
    Papers {
        /// In what way.
        wrong: Wrong,
    },
    /// A transfer on a way that it may not take.
    #[error("the way of the transfer through the procuratorate of the place of application: {wrong}")]
    Route {
        /// In what way.
        wrong: Wrong,
    },
    /// One person for both of the two who release a number.
    #[error("two people release an inquiry; have another person approve it")]
    SameApprover,
    /// A refusal of one's own draft.
    #[error("whoever drafted an inquiry withdraws it; another person refuses it")]
    OwnDraft,
    /// An inquiry closed while an answer may come in time.
    #[error("an answer is in time until {until}; close the inquiry when it is there, or after that day")]
    AnswerAwaited {
        /// The last day.
        until: Date,
    },
    /// Words about a person who is protected, or may be.
    #[error("the person is protected or may be, so no words about them leave; leave out the text")]
    KeptBack,
    /// Feedback that does not say what came of an accepted application, or says so of another.
    #[error(
        "what came of it: {wrong}; say of an accepted application, and only of one, whether the person was helped"
    )]
    Came {
        /// In what way.
        wrong: Wrong,
    },
    /// A clue of one kind, dealt with as one of the other.
    #[error("a lead is handed over, and an omission is checked; this is the other of the two")]
    OtherClue,
    /// A clue that whoever rejected it takes up again.
    #[error("whoever rejected the clue may not reopen it; have another person do it")]
    SameRejecter,
    /// A file of facts or of wording, from which a letter was to be made.
    #[error(transparent)]
    Letter(#[from] Mistake),
    /// A request to check people before they are paid.
    #[error(transparent)]
    Precheck(#[from] precheck::Mistake),
}

impl Error {
    /// What the message is about, by name.
    pub fn params(&self) -> Vec<(&'static str, String)> {
        match self {
            Error::Month
            | Error::RuleId
            | Error::Place
            | Error::Status
            | Error::ProgrammeCode
            | Error::NotCanonical
            | Error::RulesDiffer
            | Error::NotAParty
            | Error::SurplusSignature
            | Error::AlreadySigned
            | Error::OtherAgreement
            | Error::Label
            | Error::AmountOverflow
            | Error::RecordOrder
            | Error::NotInCharge
            | Error::SamePerson
            | Error::TakesMore
            | Error::NotHeard
            | Error::NotConfirmed
            | Error::NamesDiffer
            | Error::CorrectedThere
            | Error::RecoveredNothing
            | Error::OtherBasis
            | Error::OtherClue
            | Error::SameRejecter
            | Error::SameApprover
            | Error::OwnDraft
            | Error::KeptBack => vec![],
            Error::Figures { row } => vec![("row", row.to_string())],
            Error::Counts { who } => vec![("who", who.to_string())],
            Error::Text { wrong, max } => vec![("wrong", wrong.code().to_owned()), ("max", max.to_string())],
            Error::Holidays { year, field } => {
                vec![("year", year.to_string()), ("field", (*field).to_owned())]
            }
            Error::CalendarUnknown { day, from, until } => vec![
                ("day", day.to_string()),
                ("from", from.to_string()),
                ("until", until.to_string()),
            ],
            Error::Deadline { max_days } => vec![("max_days", max_days.to_string())],
            Error::OutOfTurn { act, stage } => {
                vec![("act", (*act).to_owned()), ("stage", (*stage).to_owned())]
            }
            Error::OutOfOrder {
                date,
                earliest,
                latest,
            } => vec![
                ("date", date.to_string()),
                ("earliest", earliest.to_string()),
                ("latest", latest.to_string()),
            ],
            Error::TooManyActs { max } | Error::Months { max } => vec![("max", max.to_string())],
            Error::HearingOpen { until } | Error::AnswerAwaited { until } => {
                vec![("until", until.to_string())]
            }
            Error::Papers { wrong } | Error::Route { wrong } | Error::Came { wrong } => {
                vec![("wrong", wrong.code().to_owned())]
            }
            Error::Letter(mistake) => mistake.params(),
            Error::Precheck(mistake) => mistake.params(),
            Error::Data { file, line, message } => {
                vec![
                    ("file", file.to_string()),
                    ("line", line.to_string()),
                    ("message", message.clone()),
                ]
            }
            Error::Programme { programme, field } => {
                vec![
                    ("programme", programme.to_string()),
                    ("field", (*field).to_owned()),
                ]
            }
            Error::Rule {
                file,
                line,
                rule,
                field,
                wrong,
            } => vec![
                ("file", file.to_string()),
                ("line", line.to_string()),
                ("rule", rule.to_string()),
                ("field", (*field).to_owned()),
                ("wrong", wrong.code().to_owned()),
            ],
            Error::DocumentTooLarge { bytes, max } => {
                vec![("bytes", bytes.to_string()), ("max", max.to_string())]
            }
            Error::Document { line, column } => {
                vec![("line", line.to_string()), ("column", column.to_string())]
            }
            Error::Agreement { field, wrong } | Error::Framework { field, wrong } => {
                vec![("field", (*field).to_owned()), ("wrong", wrong.code().to_owned())]
            }
            Error::NotValidOn {
                today,
                valid_from,
                expires,
            } => vec![
                ("today", today.to_string()),
                ("valid_from", valid_from.to_string()),
                ("expires", expires.to_string()),
            ],
            Error::RuleUnusable { rule, wrong } => {
                vec![("rule", rule.to_string()), ("wrong", wrong.code().to_owned())]
            }
            Error::NotAReceiver { party }
            | Error::Signature { party }
            | Error::AgreementRefused { party } => vec![("party", party.clone())],
            Error::ReferralIncomplete { row, field } => {
                vec![("row", place(row)), ("field", (*field).to_owned())]
            }
            Error::ReferralContradiction { rows } => vec![("rows", places(rows))],
            Error::LabelCount { bytes, matches } => {
                vec![("bytes", bytes.to_string()), ("matches", matches.to_string())]
            }
            Error::TooManyElements { elements, max } => {
                vec![("elements", elements.to_string()), ("max", max.to_string())]
            }
            Error::NoSuchElement { position, elements } => {
                vec![
                    ("position", position.to_string()),
                    ("elements", elements.to_string()),
                ]
            }
        }
    }

    pub(crate) fn data(file: DataFile, text: &str, error: &toml::de::Error) -> Error {
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(0, |before| before.matches('\n').count() + 1);
        Error::Data {
            file,
            line,
            message: error.message().to_owned(),
        }
    }
}

/// File, sheet and row, each from 1.
fn place(row: &RowId) -> String {
    format!("{}/{}/{}", row.file, row.sheet, row.row)
}

fn places(rows: &[RowId]) -> String {
    rows.iter().map(place).collect::<Vec<_>>().join(", ")
}
