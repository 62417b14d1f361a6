//! A paper as a page for A4.

use super::{Block, Body, Cell, Paper};
use crate::words::Lang;

const STYLE: &str = "\
@page{size:A4;margin:16mm 14mm}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:182mm;padding:4mm;color:#000;background:#fff;\
font:10pt/1.45 'Noto Serif CJK SC','Source Han Serif SC','SimSun','Songti SC',serif}\
h1{margin:0 0 1mm;text-align:center;font-size:18pt;font-weight:600}\
h2{margin:5mm 0 1mm;font-size:11.5pt;break-after:avoid}\
p{margin:.5mm 0}\
.marking{text-align:center;font-weight:600}\
.notice{margin:2mm 0;padding:1mm 2mm;border:.4mm solid #000;font-weight:600}\
table{width:100%;border-collapse:collapse;font-size:9pt}\
thead{display:table-header-group}\
tr{break-inside:avoid}\
th,td{border:.2mm solid #000;padding:.7mm 1.5mm;text-align:left;vertical-align:top;overflow-wrap:anywhere}\
th{font-weight:600}\
.facts th{width:34mm}\
.number{text-align:right;white-space:nowrap}\
ul{margin:0;padding-left:5mm}\
.blank td{height:11mm}\
@media print{body{padding:0;max-width:none}}";

pub(super) fn render(paper: &Paper) -> String {
    let language = match paper.lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    };
    let title = escaped(&paper.title);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<p class=\"marking\">{}</p>\n",
        escaped(&paper.marking)
    );
    let notices: String = paper.notices.iter().map(|notice| paragraph(notice)).collect();
    let notices = format!("<div class=\"notice\">{notices}</div>\n");
    html.push_str(&notices);
    for block in &paper.blocks {
        html.push_str(&section(block));
    }
    if !paper.blanks.is_empty() {
        let rows = paper.blanks.iter();
        let rows: String = rows
            .map(|blank| format!("<tr><th scope=\"row\">{}</th><td></td></tr>\n", escaped(blank)))
            .collect();
        html.push_str(&format!("<table class=\"facts blank\">\n{rows}</table>\n"));
    }
    // On the last sheet too.
    html.push_str(&notices);
    html.push_str("</body>\n</html>\n");
    html
}

fn section(block: &Block) -> String {
    let heading = format!("<h2>{}</h2>\n", escaped(&block.heading));
    let body = match &block.body {
        Body::Facts(facts) => {
            let row = |(name, lines): &(String, Vec<String>)| {
                let lines: String = lines.iter().map(|line| paragraph(line)).collect();
                format!(
                    "<tr><th scope=\"row\">{}</th><td>{lines}</td></tr>\n",
                    escaped(name)
                )
            };
            let rows: String = facts.iter().map(row).collect();
            format!("<table class=\"facts\">\n{rows}</table>\n")
        }
        Body::Lines(lines) => {
            let items = lines.iter().map(|line| format!("<li>{}</li>\n", escaped(line)));
            format!("<ul>\n{}</ul>\n", items.collect::<String>())
        }
        Body::Table(columns, rows) => {
            let heads = columns
                .iter()
                .map(|head| format!("<th scope=\"col\">{}</th>", escaped(head)));
            let row = |cells: &Vec<Cell>| {
                let cells: String = cells.iter().map(cell).collect();
                format!("<tr>{cells}</tr>\n")
            };
            format!(
                "<table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{}</tbody>\n</table>\n",
                heads.collect::<String>(),
                rows.iter().map(row).collect::<String>()
            )
        }
    };
    heading + &body
}

fn cell(cell: &Cell) -> String {
    let class = match cell {
        Cell::Text(_) => "",
        Cell::Count(_) | Cell::Money(_) => " class=\"number\"",
    };
    format!("<td{class}>{}</td>", escaped(&cell.shown()))
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
