//! A letter as a page for print: A4, nothing from outside, margins and sizes of GB/T 9704-2012 §5.2.

use hefu_casework::letter::{Block, Letter};
use zeroize::Zeroizing;

use super::{escaped, with_room};

/// 3号 is 16 pt, 2号 is 22 pt; 22 lines of 28 characters in 156 mm by 225 mm.
const STYLE: &str = "\
@page { size: A4; margin: 37mm 26mm 35mm 28mm; }
@media screen { body { max-width: 156mm; margin: 2em auto; padding: 0 1em; } }
body { font: 16pt/28.95pt '仿宋_GB2312', FangSong, '仿宋', STFangsong, FangSong_GB2312, 'Noto Serif CJK SC', serif;
  color: #000; background: #fff; margin: 0; }
h1 { font: 22pt/1.5 '方正小标宋简体', '方正小标宋_GBK', FZXiaoBiaoSong-B05S, STZhongsong, SimSun, '宋体', 'Noto Serif CJK SC', serif;
  text-align: center; margin: 0 0 28.95pt; }
p { margin: 0; text-indent: 2em; text-align: justify; overflow-wrap: anywhere; }
p.number { text-indent: 0; text-align: center; margin-bottom: 28.95pt; }
p.to { text-indent: 0; }
p.attachment { padding-left: 6.5em; }
p.attachment.first { text-indent: -4.5em; margin-top: 28.95pt; }
p.attachment.only { text-indent: -3em; padding-left: 5em; }
p.attachment.next { text-indent: -1.5em; }
div.signature { margin: 28.95pt 2em 0 12em; break-inside: avoid; }
div.signature p { text-indent: 0; text-align: center; }
p.note { margin-top: 28.95pt; }
table { width: 100%; border-collapse: collapse; margin: 8pt 0; }
th, td { border: 0.75pt solid #000; padding: 4pt 6pt; text-align: left; vertical-align: middle; overflow-wrap: anywhere; }
th { width: 33%; font-weight: normal; text-align: center; }
table.grid { font-size: 12pt; line-height: 1.5; }
table.grid th { width: auto; }
tr { break-inside: avoid; }
div.page { break-before: page; }
";

/// The letter as a whole HTML document, UTF-8.
#[must_use]
pub fn page(letter: &Letter) -> Zeroizing<String> {
    let mut html = with_room(letter);
    html.push_str(
        "<!DOCTYPE html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n<title>",
    );
    // Windows, tabs and lists of recent pages show it: the kind, and never whom the letter is about.
    html.push_str(letter.name);
    html.push_str("</title>\n<style>\n");
    html.push_str(STYLE);
    html.push_str("</style>\n</head>\n<body>\n");
    element(&mut html, "h1", "", &[&letter.title]);
    for block in &letter.blocks {
        match block {
            Block::Number(text) => element(&mut html, "p", "number", &[text]),
            Block::Addressee(text) => element(&mut html, "p", "to", &[text]),
            Block::Paragraph(text) => element(&mut html, "p", "", &[text]),
            Block::Note(text) => element(&mut html, "p", "note", &[text]),
            Block::NewPage => html.push_str("<div class=\"page\"></div>\n"),
            Block::Table(rows) => {
                html.push_str("<table>\n");
                for row in rows {
                    html.push_str("<tr>\n");
                    element(&mut html, "th", "", &[&row.label]);
                    element(&mut html, "td", "", &[&row.value]);
                    html.push_str("</tr>\n");
                }
                html.push_str("</table>\n");
            }
            Block::Grid(rows) => {
                html.push_str("<table class=\"grid\">\n");
                for (at, row) in rows.iter().enumerate() {
                    html.push_str("<tr>\n");
                    for cell in row {
                        element(&mut html, if at == 0 { "th" } else { "td" }, "", &[cell]);
                    }
                    html.push_str("</tr>\n");
                }
                html.push_str("</table>\n");
            }
            Block::Attachments(each) => {
                for (i, one) in each.iter().enumerate() {
                    let class = match (i, each.len()) {
                        (0, 1) => "attachment first only",
                        (0, _) => "attachment first",
                        _ => "attachment next",
                    };
                    element(&mut html, "p", class, &[&one.lead, &one.name]);
                }
            }
            Block::Signature(each) => {
                html.push_str("<div class=\"signature\">\n");
                for text in each {
                    element(&mut html, "p", "", &[text]);
                }
                html.push_str("</div>\n");
            }
        }
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn element(html: &mut Zeroizing<String>, name: &str, class: &str, texts: &[&str]) {
    html.push('<');
    html.push_str(name);
    if !class.is_empty() {
        html.push_str(" class=\"");
        html.push_str(class);
        html.push('"');
    }
    html.push('>');
    for text in texts {
        escaped(text, html);
    }
    html.push_str("</");
    html.push_str(name);
    html.push_str(">\n");
}
