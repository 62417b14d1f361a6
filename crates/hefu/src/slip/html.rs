//! A slip as a page for A4. Everything is in the file: it is opened and printed where there is no network.

use super::Page;
use crate::words::Lang;

/// Black on white, one sheet where the agreement is not long; a name and a date are written by hand.
const STYLE: &str = "\
@page{size:A4;margin:18mm 16mm}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:178mm;padding:4mm;color:#000;background:#fff;\
font:10pt/1.4 'Noto Serif CJK SC','Source Han Serif SC','SimSun','Songti SC',serif}\
h1{margin:0 0 4mm;text-align:center;font-size:18pt;font-weight:600;letter-spacing:.1em}\
table{width:100%;border-collapse:collapse}\
th,td{border:.3mm solid #000;padding:1mm 2mm;text-align:left;vertical-align:top}\
th{width:24mm;font-weight:600;white-space:nowrap}\
code{font:9.5pt/1.5 'Noto Sans Mono','DejaVu Sans Mono','Consolas',monospace}\
td p{margin:0}\
h2{margin:3mm 0 .5mm;font-size:10.5pt;break-after:avoid}\
ul{margin:0;padding-left:5mm}\
li{break-inside:avoid}\
.notice{margin:4mm 0;font-weight:600}\
.signs{break-inside:avoid}\
.signs td{height:12mm}\
.signs .set{height:auto}\
.signs th{vertical-align:middle}\
.signs th{width:34mm}\
.signs .date{width:16mm}\
@media print{body{padding:0;max-width:none}}";

pub(super) fn render(page: &Page) -> String {
    let language = match page.lang {
        Lang::Zh => "zh-CN",
        Lang::En => "en",
    };
    let title = escaped(&page.title);
    let mut html = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n<table>\n"
    );
    for (heading, lines) in &page.facts {
        let lines: String = lines
            .iter()
            .map(|line| format!("<p>{}</p>", fact(line)))
            .collect();
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{lines}</td></tr>\n",
            escaped(heading)
        ));
    }
    html.push_str("</table>\n");
    for (heading, statements) in &page.statements {
        html.push_str(&format!("<h2>{}</h2>\n<ul>\n", escaped(heading)));
        for statement in statements {
            html.push_str(&format!("<li>{}</li>\n", escaped(statement)));
        }
        html.push_str("</ul>\n");
    }
    html.push_str(&format!(
        "<p class=\"notice\">{}</p>\n<table class=\"signs\">\n",
        escaped(&page.notice)
    ));
    let (heading, number) = &page.signed;
    html.push_str(&format!(
        "<tr><th scope=\"row\">{}</th><td class=\"set\" colspan=\"3\">{}</td></tr>\n",
        escaped(heading),
        fact(number)
    ));
    for sign in &page.signs {
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td></td><th class=\"date\">{}</th><td></td></tr>\n",
            escaped(sign),
            escaped(&page.date)
        ));
    }
    html.push_str("</table>\n</body>\n</html>\n");
    html
}

/// What is compared digit by digit stands in letters of one width.
fn fact(line: &str) -> String {
    let text = escaped(line);
    match line.is_ascii() {
        true => format!("<code>{text}</code>"),
        false => text,
    }
}

fn escaped(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut text, c| {
            match c {
                '&' => text.push_str("&amp;"),
                '<' => text.push_str("&lt;"),
                '>' => text.push_str("&gt;"),
                '"' => text.push_str("&quot;"),
                '\'' => text.push_str("&#39;"),
                other => text.push(other),
            }
            text
        })
}
