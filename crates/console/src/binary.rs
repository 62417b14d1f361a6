//! What the binary around the console lends it: the words of codes, and papers.

use crate::Lang;

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A signed report as a page for printing; from the report's own bytes.
    Report,
    /// A signed report as a workbook; from the report's own bytes.
    ReportBook,
    /// The approval slip of a set of files; from its facts as JSON.
    Slip,
    /// The explanation of a finding; from its view as JSON.
    Explanation,
    /// The record for the person concerned; from its view as JSON.
    PersonRecord,
    /// The receipt of a check before payment; from the receipt's own bytes.
    Precheck,
    /// What an edition of a conference's text says, as a file to be edited; from its view as JSON.
    Framework,
    /// The same as a page for printing.
    FrameworkPage,
    /// A conference's ledger as a workbook; from its sheet as JSON.
    LedgerBook,
    /// Minutes of a consultation as a page for printing; from their view as JSON, with the day as `on`.
    Minutes,
    /// The same as a file to be edited.
    MinutesFile,
    /// What is published of money, as a page for printing; from its view as JSON.
    Publication,
    /// The same as a file to be edited.
    PublicationFile,
    /// Figures of a round of a conference; from their view as JSON.
    Figures,
    /// The same as a workbook.
    FiguresBook,
    /// A letter as a page for printing; from JSON `{"kind", "facts"}`, with the facts as the text of their TOML file.
    Letter,
    /// The same as a file to be edited.
    LetterFile,
}

/// A file that was printed.
pub struct Printed {
    /// The name that it is offered under: plain ASCII, no folder.
    pub name: String,
    /// Its media type.
    pub media: &'static str,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// Why a paper was not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprinted {
    /// A code of the table of words.
    pub code: &'static str,
    /// What its words are filled with.
    pub params: Vec<(&'static str, String)>,
}

/// What a ledger's workbook comes to that came back.
#[derive(Clone, Debug, Default)]
pub struct SheetEdits {
    /// Lines to be put on the ledger, as the interface takes them: new, or the next revision of one that is there.
    pub lines: Vec<serde_json::Value>,
    /// The headings over what changes.
    pub change_headings: Vec<String>,
    /// What changes, a row each.
    pub changes: Vec<Vec<String>>,
    /// The headings over what stands against it.
    pub problem_headings: Vec<String>,
    /// Conflicts and refused rows, which are not among the lines.
    pub problems: Vec<Vec<String>>,
    /// How many rows did not change.
    pub unchanged: u64,
}

/// Lends words and papers.
pub trait Binary: Send + Sync {
    /// The words of a code of the project's table, with its parameters filled in; the code itself where it has none.
    fn say(&self, lang: Lang, code: &str, params: &[(&str, String)]) -> String;

    /// Prints what the operators' interface gave.
    ///
    /// # Errors
    /// [`Unprinted`] where `given` is not what that paper is made from; of a letter, what is wrong with its facts.
    fn print(&self, lang: Lang, paper: Paper, given: &[u8]) -> Result<Printed, Unprinted>;

    /// An empty file of facts for a letter of this kind, with what to write in each field; nothing where there is no such
    /// kind.
    fn letter_template(&self, kind: &str) -> Option<String>;

    /// What a workbook that [`Paper::LedgerBook`] wrote comes to now; `sheet` is the ledger's sheet as JSON.
    ///
    /// # Errors
    /// [`Unprinted`] where it is no such workbook, or not of this ledger.
    fn sheet_edits(&self, lang: Lang, sheet: &[u8], book: &[u8]) -> Result<SheetEdits, Unprinted>;
}
