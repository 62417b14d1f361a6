//! A letter for a word processor: Office Open XML (ISO/IEC 29500, WordprocessingML), with the styles of a 公文, so that
//! a whole letter is reset by changing a style.
//!
//! The package is written part by part: a letter needs five elements of a format whose libraries bring a second
//! archiver with them.

mod parts;

use std::io::{Cursor, Write as _};

use hefu_casework::letter::{Attachment, Block, Letter, Row};
use zeroize::Zeroizing;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::{escaped, with_room};
use crate::{Error, Result};

/// The letter as a DOCX file. The same letter gives the same bytes.
///
/// # Errors
/// [`Error::Internal`] where the archive can't be put together, which no letter brings about.
pub fn docx(letter: &Letter) -> Result<Zeroizing<Vec<u8>>> {
    package(letter).map_err(|_| Error::Internal { what: "docx" })
}

fn package(letter: &Letter) -> zip::result::ZipResult<Zeroizing<Vec<u8>>> {
    let document = document(letter);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let fixed = parts::FIXED.iter().copied();
    for (name, text) in fixed.chain([("word/document.xml", document.as_str())]) {
        zip.start_file(name, options)?;
        zip.write_all(text.as_bytes())?;
    }
    Ok(Zeroizing::new(zip.finish()?.into_inner()))
}

fn document(letter: &Letter) -> Zeroizing<String> {
    let mut xml = with_room(letter);
    xml.push_str(parts::DOCUMENT_BEGINS);
    paragraph(&mut xml, "Title", &[&letter.title]);
    for block in &letter.blocks {
        match block {
            Block::Number(text) => paragraph(&mut xml, "DocumentNumber", &[text]),
            Block::Addressee(text) => paragraph(&mut xml, "Addressee", &[text]),
            Block::Paragraph(text) => paragraph(&mut xml, "BodyText", &[text]),
            Block::Note(text) => paragraph(&mut xml, "Note", &[text]),
            Block::NewPage => xml.push_str("<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>"),
            Block::Table(rows) => table(&mut xml, rows),
            Block::Grid(rows) => grid(&mut xml, rows),
            Block::Attachments(each) => attachments(&mut xml, each),
            Block::Signature(each) => {
                for (i, text) in each.iter().enumerate() {
                    let style = if i == 0 { "Signature" } else { "SignatureNext" };
                    paragraph(&mut xml, style, &[text]);
                }
            }
        }
    }
    xml.push_str(parts::DOCUMENT_ENDS);
    xml
}

fn attachments(xml: &mut Zeroizing<String>, each: &[Attachment]) {
    for (i, one) in each.iter().enumerate() {
        let style = match (i, each.len()) {
            (0, 1) => "AttachmentOnly",
            (0, _) => "AttachmentFirst",
            _ => "AttachmentNext",
        };
        paragraph(xml, style, &[&one.lead, &one.name]);
    }
}

fn table(xml: &mut Zeroizing<String>, rows: &[Row]) {
    xml.push_str(parts::TABLE_BEGINS);
    xml.push_str(parts::TWO_COLUMNS);
    for row in rows {
        xml.push_str("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
        for (cell, style, text) in [
            (parts::LABEL_CELL, "TableLabel", &row.label),
            (parts::VALUE_CELL, "TableValue", &row.value),
        ] {
            xml.push_str("<w:tc>");
            xml.push_str(cell);
            paragraph(xml, style, &[text]);
            xml.push_str("</w:tc>");
        }
        xml.push_str("</w:tr>");
    }
    xml.push_str("</w:tbl>");
}

/// Columns of one width.
fn grid(xml: &mut Zeroizing<String>, rows: &[Vec<String>]) {
    let columns = rows.first().map_or(0, Vec::len);
    let Some(width) = parts::TABLE_WIDTH.checked_div(columns) else {
        return;
    };
    xml.push_str(parts::TABLE_BEGINS);
    xml.push_str("<w:tblGrid>");
    for _ in 0..columns {
        xml.push_str(&format!("<w:gridCol w:w=\"{width}\"/>"));
    }
    xml.push_str("</w:tblGrid>");
    for (at, row) in rows.iter().enumerate() {
        let head = if at == 0 { "<w:tblHeader/>" } else { "" };
        xml.push_str(&format!("<w:tr><w:trPr><w:cantSplit/>{head}</w:trPr>"));
        // A row has as many cells as there are columns, or no program opens it.
        for cell in row
            .iter()
            .map(String::as_str)
            .chain(std::iter::repeat(""))
            .take(columns)
        {
            xml.push_str(&format!(
                "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/><w:vAlign w:val=\"center\"/></w:tcPr>"
            ));
            paragraph(xml, if at == 0 { "TableLabel" } else { "TableValue" }, &[cell]);
            xml.push_str("</w:tc>");
        }
        xml.push_str("</w:tr>");
    }
    xml.push_str("</w:tbl>");
}

fn paragraph(xml: &mut Zeroizing<String>, style: &str, texts: &[&str]) {
    xml.push_str("<w:p><w:pPr><w:pStyle w:val=\"");
    xml.push_str(style);
    xml.push_str("\"/></w:pPr>");
    for text in texts.iter().filter(|text| !text.is_empty()) {
        xml.push_str("<w:r><w:t xml:space=\"preserve\">");
        escaped(text, xml);
        xml.push_str("</w:t></w:r>");
    }
    xml.push_str("</w:p>");
}
