//! Letters between offices and to the person concerned: what a case worker writes, put into wording that is data.
//!
//! Facts ([`Facts`]) come from the case worker at the moment of writing, live in types that are wiped, and are neither
//! stored nor logged. The wording of each kind is a file of `data/letters`; an agency may put its own in place of any
//! part of it ([`LocalWording`]), and may neither leave out a fact nor change the paragraphs that the law or the procedure
//! needs: that nothing follows from a comparison alone, that the person may state their case, that what is told is
//! confidential. What comes of the two is a
//! [`Letter`]: blocks of text in their order, which a renderer sets. Their order is that of GB/T 9704-2012 (党政机关公文
//! 格式) §7.3: title, document number, addressee, text, attachments, signature and date, note.

mod entry;
mod fact;
mod mistake;
mod sheet;
mod wording;

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::Error;

pub use fact::{
    AnswerGiven, ChineseDay, Document, List, MaskedNumber, Private, VisitManner, WholeNumber, WhyTransferred,
    Yuan,
};
pub use mistake::{Flaw, Mistake};
pub use sheet::{
    Acknowledgement, Facts, FeedbackLetter, Field, Inquiry, LetterKind, NoticeLetter, Recommendation,
    TransferLetter, VisitRecord,
};

use wording::Wording;

/// The longest file of facts or wording that is read, in bytes.
pub const MAX_FILE_BYTES: usize = 256 << 10;

/// A letter, ready to be set. It may name a person: wiped when dropped, and without `Debug`.
pub struct Letter {
    /// What kind of paper it is, in Chinese: what may be shown where the paper itself may not.
    pub name: &'static str,
    /// What stands above it.
    pub title: Zeroizing<String>,
    /// What follows, in order.
    pub blocks: Vec<Block>,
}

/// A part of a letter. No text in it has control characters or line breaks.
#[derive(Zeroize, ZeroizeOnDrop)]
pub enum Block {
    /// 发文字号, centred under the title.
    Number(String),
    /// 主送机关, or the person: at the left edge.
    Addressee(String),
    /// A paragraph, its first line indented by two characters.
    Paragraph(String),
    /// A table of two columns; an empty value is room to write by hand.
    Table(Vec<Row>),
    /// A table of as many columns as its first row has, which is their headings.
    Grid(Vec<Vec<String>>),
    /// 附件说明, one line for each.
    Attachments(Vec<Attachment>),
    /// 发文机关署名 and 成文日期, to the right.
    Signature(Vec<String>),
    /// 附注, in brackets, indented by two characters.
    Note(String),
    /// What follows begins a page.
    NewPage,
}

/// A row of a table.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Row {
    /// What it is.
    pub label: String,
    /// What it says.
    pub value: String,
}

/// One attachment.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Attachment {
    /// What stands before its name: `附件：` for the only one, `附件：1. ` for the first of several, `2. ` and so on.
    pub lead: String,
    /// Its name, without a full stop (GB/T 9704-2012 §7.3.4).
    pub name: String,
}

/// A file of wording that an agency keeps for one kind of letter.
#[derive(Clone, Copy)]
pub struct LocalWording<'a> {
    /// Its name, for messages.
    pub file: &'a str,
    /// What it holds.
    pub text: &'a str,
}

impl Letter {
    /// Puts facts into the national wording of their kind, or into what `local` puts in its place.
    ///
    /// # Errors
    /// [`Error::Letter`] where the local wording has a part or a blank that is not known, leaves out a fact, or has not
    /// a paragraph that must stand word for word.
    pub fn compose(facts: &Facts, local: Option<LocalWording<'_>>) -> Result<Letter, Error> {
        let wording = match local {
            None => Wording::national(facts.kind()),
            Some(local) => Wording::local(facts.kind(), local)?,
        };
        Ok(wording.fill(facts))
    }
}

impl LetterKind {
    /// The national wording as a file, for an agency to change all but the paragraphs in brackets of their own.
    pub fn wording(self) -> &'static str {
        match self {
            LetterKind::Transfer => include_str!("../data/letters/transfer.toml"),
            LetterKind::Recommendation => include_str!("../data/letters/recommendation.toml"),
            LetterKind::Inquiry => include_str!("../data/letters/inquiry.toml"),
            LetterKind::Acknowledgement => include_str!("../data/letters/acknowledgement.toml"),
            LetterKind::Feedback => include_str!("../data/letters/feedback.toml"),
            LetterKind::Notice => include_str!("../data/letters/notice.toml"),
            LetterKind::Visit => include_str!("../data/letters/visit.toml"),
        }
    }

    /// A file of facts, filled in for an invented person.
    pub fn sample(self) -> &'static str {
        match self {
            LetterKind::Transfer => include_str!("../data/letters/samples/transfer.toml"),
            LetterKind::Recommendation => include_str!("../data/letters/samples/recommendation.toml"),
            LetterKind::Inquiry => include_str!("../data/letters/samples/inquiry.toml"),
            LetterKind::Acknowledgement => include_str!("../data/letters/samples/acknowledgement.toml"),
            LetterKind::Feedback => include_str!("../data/letters/samples/feedback.toml"),
            LetterKind::Notice => include_str!("../data/letters/samples/notice.toml"),
            LetterKind::Visit => include_str!("../data/letters/samples/visit.toml"),
        }
    }
}
