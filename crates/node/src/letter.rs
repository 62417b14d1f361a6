//! Letters as files: for a word processor ([`docx`]) and for print ([`page`]). Both say the same text in the same order.
//!
//! What is set may name a person: it is handed back in memory that is wiped, and goes nowhere else. Copies that a
//! compressor made of it on its way are not wiped.

mod docx;
mod page;
#[cfg(test)]
mod tests;

use zeroize::Zeroizing;

pub use docx::docx;
pub use page::page;

/// A text with what is special to XML and HTML written out. Quotes too, so that it fits an attribute.
fn escaped(text: &str, into: &mut Zeroizing<String>) {
    for c in text.chars() {
        match c {
            '&' => into.push_str("&amp;"),
            '<' => into.push_str("&lt;"),
            '>' => into.push_str("&gt;"),
            '"' => into.push_str("&quot;"),
            '\'' => into.push_str("&#39;"),
            other => into.push(other),
        }
    }
}

/// Room for a whole letter at once: a text that grows leaves copies of itself behind.
fn with_room(letter: &hefu_casework::letter::Letter) -> Zeroizing<String> {
    use hefu_casework::letter::Block;
    const AROUND_A_TEXT: usize = 512;
    const LONGEST_ESCAPE: usize = 6;
    let texts = letter.blocks.iter().map(|block| match block {
        Block::Number(text) | Block::Addressee(text) | Block::Paragraph(text) | Block::Note(text) => {
            text.len() + AROUND_A_TEXT
        }
        Block::Table(rows) => rows
            .iter()
            .map(|row| row.label.len() + row.value.len() + 2 * AROUND_A_TEXT)
            .sum(),
        Block::Grid(rows) => rows.iter().flatten().map(|cell| cell.len() + AROUND_A_TEXT).sum(),
        Block::Attachments(each) => each
            .iter()
            .map(|one| one.lead.len() + one.name.len() + AROUND_A_TEXT)
            .sum(),
        Block::Signature(each) => each.iter().map(|text| text.len() + AROUND_A_TEXT).sum(),
        Block::NewPage => AROUND_A_TEXT,
    });
    let length: usize = texts.sum();
    Zeroizing::new(String::with_capacity(
        LONGEST_ESCAPE * (letter.title.len() + length) + 8 * AROUND_A_TEXT,
    ))
}
