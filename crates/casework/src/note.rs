//! 公函: what one agency writes to the other about one match that both have part in. It goes from node to node, signed,
//! and says no more than its purpose needs: only a question (协查函) has the number of a document in it.

use std::fmt;

use hefu_identity::PersonKey;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroizing;

use crate::{Error, Hex, Month, RuleId, Text, calendar::Deadline, canonical, codes::codes};

/// The number of a matter, drawn at random by who asks first. It is the same on both sides, and how two officers speak
/// of it without naming anybody.
pub type Item = Hex<16>;

/// The longest note, in bytes.
pub const MAX_NOTE_BYTES: usize = 8192;

/// The most months that a question can be about.
pub const MAX_MONTHS: usize = 240;

/// One note. A document number may be in it: its `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Note {
    /// The agreement under which the two matched, by digest.
    pub agreement: Hex<32>,
    /// The matter.
    pub item: Item,
    /// The day of what it tells, in Beijing time.
    pub on: Date,
    /// What it tells.
    pub word: Word,
}

/// What a note tells.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Word {
    /// 协查
    Inquiry(Asked),
    /// 协查复函
    Answer(Answered),
    /// 处理结果: what the sender decided on its own payment.
    Outcome(Outcome),
    /// 更正: the sender's finding behind this matter was wrong.
    Correction(Withdrawn),
}

/// A question about one person, for one purpose.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The rule of the finding that gives reason to ask, where it has one.
    pub rule: Option<RuleId>,
    /// The months asked about, in order.
    pub months: Vec<Month>,
    /// Whose payments are asked about: the kind of document and its number in canonical form.
    #[serde(with = "person")]
    pub person: PersonKey,
    /// The number of the letter (文号).
    pub document: Text<100>,
    /// What is asked, in words; none where the person is protected.
    pub question: Option<Text<500>>,
    /// Until when an answer is asked for: a period that begins with the note's day.
    pub due: Deadline,
}

/// What the asked agency found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answered {
    /// The answer.
    pub answer: Found,
    /// The number of the letter.
    pub document: Text<100>,
    /// More of it, in words; none where the person is protected.
    pub text: Option<Text<500>>,
}

codes! {
    /// What an agency finds in its own files when it is asked.
    Found {
        /// 确有发放
        PaidThen = "paid_then",
        /// 当期未发放
        NotPaidThen = "not_paid_then",
        /// 并非同一人
        OtherPerson = "other_person",
        /// 未见对应记录
        NoRecord = "no_record",
        /// 无法查清
        Unclear = "unclear",
    }
}

/// What an agency decided on its own payment, without amounts and words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// The decision.
    pub decision: OutcomeCode,
    /// The number of the decision.
    pub document: Text<100>,
    /// When it was recorded: of two that are told of one matter, the later one stands.
    pub at: Timestamp,
}

codes! {
    /// A decision by its kind.
    OutcomeCode {
        /// 合规
        Lawful = "lawful",
        /// 数据有误
        DataError = "data_error",
        /// 停发
        Stopped = "stopped",
        /// 追缴
        Recovered = "recovered",
        /// 移送
        Referred = "referred",
        /// 重新核实: the decision that was told before is void.
        Reopened = "reopened",
    }
}

impl OutcomeCode {
    /// Whether it takes something from the person.
    pub fn is_adverse(self) -> bool {
        matches!(self, OutcomeCode::Stopped | OutcomeCode::Recovered)
    }
}

/// That a finding was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withdrawn {
    /// The number of the paper that corrects.
    pub document: Text<100>,
    /// As [`Outcome::at`].
    pub at: Timestamp,
}

impl Note {
    /// The canonical bytes, as they are signed.
    ///
    /// # Errors
    /// As [`Note::parse`], where the note is one that nobody would take.
    pub fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        self.check()?;
        let bytes = Zeroizing::new(canonical::to_vec(&Form {
            version: VERSION,
            agreement: self.agreement,
            item: self.item,
            on: self.on,
            word: self.word.clone(),
        }));
        within(bytes.len())?;
        Ok(bytes)
    }

    /// Reads what [`Note::to_bytes`] writes, and nothing else.
    ///
    /// # Errors
    /// [`Error::DocumentTooLarge`], [`Error::Document`], [`Error::NotCanonical`]; [`Error::Months`] where the months are
    /// none, too many, or not in order; [`Error::Deadline`] for a period that no calendar gives.
    pub fn parse(bytes: &[u8]) -> Result<Note, Error> {
        let form: Form = canonical::from_slice_within(bytes, MAX_NOTE_BYTES)?;
        if form.version != VERSION {
            return Err(Error::NotCanonical);
        }
        let note = Note {
            agreement: form.agreement,
            item: form.item,
            on: form.on,
            word: form.word,
        };
        note.check()?;
        Ok(note)
    }

    fn check(&self) -> Result<(), Error> {
        let Word::Inquiry(asked) = &self.word else {
            return Ok(());
        };
        let ordered = asked.months.is_sorted_by(|a, b| a < b);
        if !ordered || !(1..=MAX_MONTHS).contains(&asked.months.len()) {
            return Err(Error::Months { max: MAX_MONTHS });
        }
        asked.due.must_begin_on(self.on)
    }
}

impl fmt::Debug for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Note").finish_non_exhaustive()
    }
}

impl Word {
    /// A stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Word::Inquiry(_) => "note_inquiry",
            Word::Answer(_) => "note_answer",
            Word::Outcome(_) => "note_outcome",
            Word::Correction(_) => "note_correction",
        }
    }
}

const VERSION: u16 = 1;

/// A note as it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u16,
    agreement: Hex<32>,
    item: Item,
    on: Date,
    word: Word,
}

fn within(bytes: usize) -> Result<(), Error> {
    let max = MAX_NOTE_BYTES;
    if bytes > max {
        return Err(Error::DocumentTooLarge { bytes, max });
    }
    Ok(())
}

/// A number in a document that is meant for it. It is read without a copy that would not be wiped, and only in the form
/// that a key has.
mod person {
    use hefu_identity::Kind;

    use super::*;

    #[derive(Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Person {
        kind: String,
        number: Number,
    }

    struct Number(Zeroizing<String>);

    impl Serialize for Number {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_str(&self.0)
        }
    }

    impl<'de> Deserialize<'de> for Number {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
            struct Read;
            impl de::Visitor<'_> for Read {
                type Value = Number;

                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("a document number")
                }

                fn visit_str<E>(self, number: &str) -> Result<Number, E> {
                    Ok(Number(Zeroizing::new(number.to_owned())))
                }
            }
            deserializer.deserialize_str(Read)
        }
    }

    pub(super) fn serialize<S: Serializer>(key: &PersonKey, serializer: S) -> Result<S::Ok, S::Error> {
        let number = std::str::from_utf8(key.canonical()).map_err(serde::ser::Error::custom)?;
        let person = Person {
            kind: key.class().code().to_owned(),
            number: Number(Zeroizing::new(number.to_owned())),
        };
        person.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PersonKey, D::Error> {
        let wrong = || de::Error::custom("not a valid document number in canonical form");
        let person = Person::deserialize(deserializer)?;
        let kind: Kind = person.kind.parse().map_err(|_| wrong())?;
        // One spelling: what would be read as something else, or had to be cleaned, is not written back as it came.
        let read = hefu_identity::parse(kind, &person.number.0).map_err(|_| wrong())?;
        Ok(read.key)
    }
}

#[cfg(test)]
mod tests {
    use hefu_identity::Kind;
    use jiff::civil::date;

    use super::*;
    use crate::calendar::DayUnit;

    /// Made by the rule of GB 11643 for province 29, which no region has.
    const NUMBER: &str = "290101194912310022";

    const AT: Timestamp = Timestamp::constant(1_796_000_523, 0);

    fn note(word: Word) -> Note {
        Note {
            agreement: Hex([0xa1; 32]),
            item: Hex([0xb2; 16]),
            on: date(2026, 11, 30),
            word,
        }
    }

    fn asked() -> Asked {
        let months = [(2026, 3), (2026, 4)];
        Asked {
            rule: Some(RuleId::new("X1").unwrap()),
            months: months
                .map(|(year, month)| Month::new(year, month).unwrap())
                .to_vec(),
            person: hefu_identity::parse(Kind::Resident, NUMBER).unwrap().key,
            document: Text::new("某民协查〔2026〕1号").unwrap(),
            question: None,
            due: Deadline::stated(10, DayUnit::Working, date(2026, 12, 14)),
        }
    }

    fn question() -> String {
        let agreement = "a1".repeat(32);
        let item = "b2".repeat(16);
        format!(
            r#"{{"agreement":"{agreement}","item":"{item}","on":"2026-11-30","version":1,"word":{{"inquiry":{{"document":"某民协查〔2026〕1号","due":{{"days":10,"unit":"working","until":"2026-12-14"}},"months":["2026-03","2026-04"],"person":{{"kind":"resident","number":"{NUMBER}"}},"question":null,"rule":"X1"}}}}}}"#
        )
    }

    #[test]
    fn a_note_has_one_spelling() {
        let note = note(Word::Inquiry(asked()));
        let bytes = note.to_bytes().unwrap();
        assert_eq!(std::str::from_utf8(&bytes).unwrap(), question());
        assert!(Note::parse(&bytes).unwrap() == note);
        for (from, to) in [
            (r#""version":1"#, r#""version":2"#),
            (r#""version":1"#, r#""version":1,"x":0"#),
            (r#""version":1"#, r#""version": 1"#),
            (r#""question":null,"#, ""),
            (r#"["2026-03","2026-04"]"#, "[]"),
            (r#"["2026-03","2026-04"]"#, r#"["2026-04","2026-03"]"#),
            (r#"["2026-03","2026-04"]"#, r#"["2026-03","2026-03"]"#),
            // A period of ten days cannot be over after nine.
            ("2026-12-14", "2026-12-09"),
            // A check digit that does not hold, white space that would be cleaned, and another kind.
            (NUMBER, "290101194912310023"),
            (NUMBER, " 290101194912310022"),
            (r#""kind":"resident""#, r#""kind":"passport""#),
            (r#""kind":"resident""#, r#""kind":"disability_certificate""#),
            ("\"inquiry\"", "\"question\""),
        ] {
            let other = question().replacen(from, to, 1);
            assert_ne!(other, question(), "{from}");
            assert!(Note::parse(other.as_bytes()).is_err(), "{from} → {to}");
        }
    }

    #[test]
    fn every_word_is_read_back() {
        let document = || Text::new("某民〔2026〕2号").unwrap();
        for (word, code, written) in [
            (
                Word::Answer(Answered {
                    answer: Found::NotPaidThen,
                    document: document(),
                    text: Some(Text::new("当月已停发").unwrap()),
                }),
                "note_answer",
                r#"{"answer":{"answer":"not_paid_then","document":"某民〔2026〕2号","text":"当月已停发"}}"#,
            ),
            (
                Word::Outcome(Outcome {
                    decision: OutcomeCode::Recovered,
                    document: document(),
                    at: AT,
                }),
                "note_outcome",
                r#"{"outcome":{"at":"2026-11-30T01:02:03Z","decision":"recovered","document":"某民〔2026〕2号"}}"#,
            ),
            (
                Word::Correction(Withdrawn {
                    document: document(),
                    at: AT,
                }),
                "note_correction",
                r#"{"correction":{"at":"2026-11-30T01:02:03Z","document":"某民〔2026〕2号"}}"#,
            ),
        ] {
            assert_eq!(word.code(), code);
            let note = note(word);
            let bytes = note.to_bytes().unwrap();
            assert!(std::str::from_utf8(&bytes).unwrap().contains(written), "{code}");
            assert!(Note::parse(&bytes).unwrap() == note, "{code}");
        }
    }

    #[test]
    fn no_note_is_longer_than_is_read() {
        // The longest of everything, in characters that take the most bytes.
        let long = |chars| "\u{20000}".repeat(chars);
        let first = Month::new(2000, 1).unwrap();
        let longest = Asked {
            rule: Some(RuleId::new("ABCDEFGHIJKLMNOP").unwrap()),
            months: std::iter::successors(Some(first), |month| Some(month.next()))
                .take(MAX_MONTHS)
                .collect(),
            document: Text::new(long(100)).unwrap(),
            question: Some(Text::new(long(500)).unwrap()),
            ..asked()
        };
        let mut more = longest.clone();
        let bytes = note(Word::Inquiry(longest)).to_bytes().unwrap();
        assert!(Note::parse(&bytes).is_ok());
        more.months.push(Month::new(2100, 1).unwrap());
        assert!(matches!(
            note(Word::Inquiry(more)).to_bytes(),
            Err(Error::Months { max: MAX_MONTHS })
        ));
        assert!(matches!(
            Note::parse(&[b' '; MAX_NOTE_BYTES + 1]),
            Err(Error::DocumentTooLarge { .. })
        ));
    }

    #[test]
    fn debug_and_errors_tell_nothing() {
        let note = note(Word::Inquiry(asked()));
        assert!(!format!("{note:?}").contains("2901"), "{note:?}");
        let wrong = question().replacen(NUMBER, "290101194912310023", 1);
        let error = Note::parse(wrong.as_bytes()).unwrap_err();
        assert!(!format!("{error:?}{error}").contains("2901"), "{error:?}");
    }
}
