//! What the binary around the console lends it: the words of codes, and papers.

use crate::Lang;

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paper {
    /// A signed report as a page for printing; from the report's own bytes.
    Report,
    /// The approval slip of a set of files; from its facts as JSON.
    Slip,
    /// The explanation of a finding; from its view as JSON.
    Explanation,
    /// The record for the person concerned; from its view as JSON.
    PersonRecord,
    /// The receipt of a check before payment; from the receipt's own bytes.
    Precheck,
    /// The table of a conference's ledger; from its view as JSON.
    LedgerSheet,
    /// What an edition of a conference's text says; from its view as JSON.
    Framework,
    /// Figures of a round of a conference; from their view as JSON.
    Figures,
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

/// Lends words and papers.
pub trait Binary: Send + Sync {
    /// The words of a code of the project's table, with its parameters filled in; the code itself where it has none.
    fn say(&self, lang: Lang, code: &str, params: &[(&str, String)]) -> String;

    /// Prints what the operators' interface gave.
    ///
    /// # Errors
    /// A code of the table of words, where `given` is not what that paper is made from.
    fn print(&self, lang: Lang, paper: Paper, given: &[u8]) -> Result<Printed, &'static str>;
}
