//! The same dirty table gives the same reason for each row, whatever the form it comes in.

#![allow(clippy::unwrap_used, reason = "a helper of tests fails as they do")]

mod common;

use common::biff::{self, Value};
use common::*;
use hefu_ingest::{Format, ReadOptions};
use rust_xlsxwriter::{Format as Style, Workbook};

fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    let units = mark.encode_utf16().chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if little {
                unit.to_le_bytes()
            } else {
                unit.to_be_bytes()
            }
        })
        .collect()
}

#[test]
fn delimited_text_in_every_encoding() {
    let folder = tempfile::tempdir().unwrap();
    let rows = dirty_rows();
    for (delimiter, line_end) in [
        (',', "\r\n"),
        (',', "\n"),
        (';', "\r\n"),
        ('\t', "\n"),
        ('\t', "\r\n"),
    ] {
        let (text, starts) = delimited(&rows, delimiter, line_end);
        // A last line without an end is a line.
        let unended = text.trim_end_matches(['\r', '\n']).to_owned();
        let gbk = encoding_rs::GB18030.encode(&text).0.into_owned();
        for (encoding, bytes) in [
            ("utf-8", text.clone().into_bytes()),
            ("utf-8", unended.into_bytes()),
            ("utf-8", format!("\u{feff}{text}").into_bytes()),
            ("gb18030", gbk),
            ("utf-16le", utf16(&text, true, true)),
            ("utf-16be", utf16(&text, false, true)),
            ("utf-16le", utf16(&text, true, false)),
            ("utf-16be", utf16(&text, false, false)),
        ] {
            let form = format!("{encoding} {delimiter:?} {line_end:?}");
            // Many a system calls its tab-separated text ".xls".
            let file = write(&folder, "名册.xls", bytes);
            let (reading, reasons) = check(&file, &ReadOptions::default()).unwrap();
            assert_account(&reading, &form);
            assert_eq!(reasons, expected(&rows, &starts), "{form}");
            assert_eq!(reading.encoding(), Some(encoding), "{form}");
            assert_eq!(reading.files[0].delimiter, Some(delimiter), "{form}");
            assert_eq!(reading.files[0].format, Format::Text, "{form}");
        }
    }
}

#[test]
fn lines_ended_by_a_lone_return() {
    let folder = tempfile::tempdir().unwrap();
    let text = format!("姓名,身份证号\r某人,{}\r\r某人,12\r", citizen("19800101", 12));
    let file = write(&folder, "old.csv", text);
    let (reading, reasons) = check(&file, &ReadOptions::default()).unwrap();
    assert_eq!(
        (reading.reconciliation.accepted, reading.reconciliation.blank),
        (1, 1)
    );
    assert_eq!(
        reasons.into_iter().collect::<Vec<_>>(),
        [(4, "wrong_length".to_owned())]
    );
}

/// A title merged over the table, a note below it, then the headings in row 3.
fn xlsx(rows: &[DirtyRow], sheet: &str) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet().set_name(sheet).unwrap();
    page.merge_range(
        0,
        0,
        0,
        3,
        "某县2026年7月救助对象名册（含身份证号）",
        &Style::new(),
    )
    .unwrap();
    page.write(1, 0, "填报单位：某县民政局").unwrap();
    for (column, heading) in HEADINGS.iter().enumerate() {
        page.write(2, column as u16, *heading).unwrap();
    }
    for (index, row) in cells(rows).into_iter().enumerate() {
        for (column, cell) in row
            .iter()
            .flatten()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
        {
            page.write(3 + index as u32, column as u16, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_book_with_a_merged_title() {
    let folder = tempfile::tempdir().unwrap();
    let rows = dirty_rows();
    let starts: Vec<u64> = (0..rows.len() as u64).map(|index| index + 4).collect();
    let file = write(&folder, "名册.csv", xlsx(&rows, "七月"));
    for options in [
        ReadOptions::default(),
        ReadOptions {
            header_row: Some(3),
            sheet: Some("七*".to_owned()),
            ..ReadOptions::default()
        },
    ] {
        let (reading, reasons) = check(&file, &options).unwrap();
        assert_account(&reading, "xlsx");
        assert_eq!(reasons, expected(&rows, &starts));
        assert_eq!(reading.files[0].format, Format::Xlsx);
        assert_eq!(reading.encoding(), None);
    }
}

#[test]
fn a_book_of_excel_97() {
    let folder = tempfile::tempdir().unwrap();
    let rows = dirty_rows();
    let starts: Vec<u64> = (0..rows.len() as u64).map(|index| index + 3).collect();
    let text = |text: &str| (!text.is_empty()).then(|| Value::Text(text.to_owned()));
    let mut table = vec![vec![text("某县名册")], HEADINGS.map(text).into_iter().collect()];
    for row in cells(&rows) {
        table.push(row.iter().flatten().map(|cell| text(cell)).collect());
    }
    let file = write(
        &folder,
        "名册.xls",
        biff::book(&[("Sheet1", table), ("Sheet2", Vec::new())]),
    );
    let (reading, reasons) = check(&file, &ReadOptions::default()).unwrap();
    assert_account(&reading, "xls");
    assert_eq!(reasons, expected(&rows, &starts));
    assert_eq!(reading.files[0].format, Format::Xls);
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

#[test]
fn html_under_the_name_of_excel() {
    let folder = tempfile::tempdir().unwrap();
    let rows = dirty_rows();
    let starts: Vec<u64> = (0..rows.len() as u64).map(|index| index + 3).collect();
    let mut html = String::from(
        "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=gb2312>\
         <style><!-- td {mso-number-format:\"\\@\";} --></style></head><body>\n<table border=1>\n\
         <TR><TD colspan=4 align=center>某县名册 <5 户</TD></TR>\n<tr>",
    );
    for heading in HEADINGS {
        html.push_str(&format!("<th nowrap>\n  {heading}\n</th>"));
    }
    html.push_str("</tr>\n");
    for row in cells(&rows) {
        html.push_str("<tr>");
        // Cells that nobody closes, and spaces that do not break.
        for cell in row.unwrap_or_default() {
            let cell = if cell.is_empty() {
                "&nbsp;".to_owned()
            } else {
                escaped(&cell).replace('\n', "<br>")
            };
            html.push_str(&format!("<td style='mso-number-format:\"\\@\"'>{cell}"));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table></body></html>");
    let gbk = encoding_rs::GB18030.encode(&html).0.into_owned();
    for (encoding, bytes) in [("utf-8", html.into_bytes()), ("gb18030", gbk)] {
        let file = write(&folder, "名册.xls", bytes);
        let (reading, reasons) = check(&file, &ReadOptions::default()).unwrap();
        assert_account(&reading, "html");
        assert_eq!(reasons, expected(&rows, &starts));
        assert_eq!(reading.files[0].format, Format::Markup);
        assert_eq!(reading.encoding(), Some(encoding));
    }
}

#[test]
fn excel_xml_of_2003() {
    let folder = tempfile::tempdir().unwrap();
    let rows = dirty_rows();
    let starts: Vec<u64> = (0..rows.len() as u64).map(|index| index + 5).collect();
    let mut xml = String::from(
        "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns:ss=\"urn:x\">\
         <Worksheet ss:Name=\"说明\"><Table><Row><Cell><Data ss:Type=\"String\">见下页</Data></Cell></Row></Table></Worksheet>\
         <Worksheet ss:Name=\"七月\"><Table><Row ss:Index=\"4\">",
    );
    for heading in HEADINGS {
        xml.push_str(&format!("<Cell><Data ss:Type=\"String\">{heading}</Data></Cell>"));
    }
    xml.push_str("</Row>");
    for row in cells(&rows) {
        xml.push_str("<Row>");
        for (column, cell) in row
            .iter()
            .flatten()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
        {
            let data = format!("<Data ss:Type=\"String\">{}</Data>", escaped(cell));
            xml.push_str(&format!("<ss:Cell ss:Index=\"{}\">{data}</ss:Cell>", column + 1));
        }
        xml.push_str("</Row>");
    }
    xml.push_str("</Table></Worksheet></Workbook>");
    let file = write(&folder, "名册.xls", xml);
    let (reading, reasons) = check(&file, &ReadOptions::default()).unwrap();
    assert_account(&reading, "xml");
    assert_eq!(reasons, expected(&rows, &starts));
}
