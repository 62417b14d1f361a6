//! The one place that prints: results on stdout, everything else on stderr.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::words::Lang;

/// How results are shown.
pub(crate) struct Printer {
    lang: Lang,
    json: bool,
}

/// The parameters that `--json` shows under names of their own.
const PLACES: [&str; 4] = ["step", "file", "row", "field"];

impl Printer {
    pub(crate) fn new(lang: Lang, json: bool) -> Self {
        Self { lang, json }
    }

    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    pub(crate) fn json(&self) -> bool {
        self.json
    }

    /// A result: the JSON value or the text, as asked for.
    pub(crate) fn result(&self, value: &Value, text: impl FnOnce(Lang) -> String) {
        if self.json {
            println!("{}", shown(&value.to_string()));
        } else {
            println!("{}", shown(text(self.lang).trim_end()));
        }
    }

    /// A change that was made.
    pub(crate) fn done(&self, code: &str, params: &[(&'static str, String)]) {
        let value: Value = params
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        self.result(&json!({ "done": code, "params": value }), |lang| {
            lang.say(code, params)
        });
    }

    /// What a person should know beside the result, which may go into a file.
    pub(crate) fn note(&self, text: &str) {
        if !self.json {
            eprintln!("{}", shown(text));
        }
    }

    /// What a person should know of how the result came about, also where a program reads it.
    pub(crate) fn warning(&self, code: &str) {
        eprintln!("hefu: {}", shown(&self.lang.word(code)));
    }

    /// Text before a question; `--json` asks none.
    pub(crate) fn say(&self, text: &str) {
        println!("{}", shown(text));
    }

    /// A failure: where, what, and what to do.
    pub(crate) fn failure(&self, failure: &Failure) {
        let params: Vec<(&str, String)> = failure
            .params
            .iter()
            .map(|(name, value)| (name.as_ref(), value.clone()))
            .collect();
        let words = self.lang.say(&failure.code, &params);
        if self.json {
            let mut error = json!({ "code": failure.code, "hint": words });
            for place in PLACES {
                error[place] = failure.param(place).map_or(Value::Null, Value::from);
            }
            println!("{}", shown(&json!({ "error": error }).to_string()));
        }
        eprintln!("hefu: {}", shown(&words));
    }
}

/// What a terminal shows as it is. Names and texts come from files and peers: whatever a terminal obeys (C0 and C1 controls)
/// or writes in another direction (Unicode UAX 9) is written as JSON escapes it, but the line feeds and tabs of our own text.
fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => shown.push(c),
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.push_str(&escaped(c));
            }
            c if c.is_control() => shown.push_str(&escaped(c)),
            c => shown.push(c),
        }
    }
    shown
}

/// Each of these characters is one unit of UTF-16 (RFC 8259, section 7).
fn escaped(c: char) -> String {
    format!("\\u{:04x}", u32::from(c))
}

/// Columns of text, aligned for a terminal in which a Chinese character takes two cells.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|c| {
            rows.iter()
                .filter_map(|row| row.get(c))
                .map(|cell| width(cell))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let numbers: Vec<bool> = (0..columns)
        .map(|c| {
            rows.iter()
                .skip(1)
                .filter_map(|row| row.get(c))
                .all(|cell| is_number(cell))
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for ((cell, column), number) in row.iter().zip(&widths).zip(&numbers) {
            let room = " ".repeat(column - width(cell));
            if *number {
                line.push_str(&room);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&room);
            }
            line.push_str("  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Numbers stand to the right, so that they can be compared.
fn is_number(cell: &str) -> bool {
    cell.starts_with(|c: char| c.is_ascii_digit())
        && cell.chars().all(|c| c.is_ascii_digit() || ",.".contains(c))
}

/// Lines of at most `cells` cells: broken at spaces and beside Chinese characters, but before no mark that closes what
/// stands before it, and inside a word only where it is longer than a line.
pub(crate) fn wrapped(text: &str, cells: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for piece in pieces(text) {
        if width(&line) + width(piece.trim_end()) <= cells {
            line.push_str(piece);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        let word = piece.trim_end();
        for c in word.chars() {
            if width(&line) + width(c.encode_utf8(&mut [0; 4])) > cells {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
        line.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// What must not be torn apart.
fn pieces(text: &str) -> Vec<&str> {
    const CLOSING: &str = "，。、；：！？）】》〉”’…,.;:!?)";
    const OPENING: &str = "（【《〈“‘(";
    let mut pieces = Vec::new();
    let mut begins = 0;
    let mut before: Option<char> = None;
    for (at, c) in text.char_indices() {
        let wide = |c: char| width(c.encode_utf8(&mut [0; 4])) == 2;
        let breaks = before.is_some_and(|before| {
            let kept = CLOSING.contains(c) || OPENING.contains(before) || c == ' ';
            !kept && (before == ' ' || wide(c) || wide(before))
        });
        if breaks {
            pieces.extend(text.get(begins..at));
            begins = at;
        }
        before = Some(c);
    }
    pieces.extend(text.get(begins..));
    pieces
}

/// Cells a text takes: East Asian wide characters take two (Unicode UAX 11, the blocks that occur here).
pub(crate) fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
            '\u{f900}'..='\u{faff}'
            | '\u{fe30}'..='\u{fe6f}'
            | '\u{ff00}'..='\u{ff60}'
            | '\u{ffe0}'..='\u{ffe6}' => 2,
            _ => 1,
        })
        .sum()
}

/// 1234567 as 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Fen as yuan with two places.
pub(crate) fn yuan(fen: i64) -> String {
    let sign = if fen < 0 { "-" } else { "" };
    let fen = fen.unsigned_abs();
    format!("{sign}{}.{:02}", grouped(fen / 100), fen % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_a_file_says() {
        // Hidden text (ECMA-48 SGR 8), the same by one character (C1), a line written over, and the other direction.
        let by = "县民政局\u{1b}[8m\u{9b}8m\r\u{7f}\u{202e}甲\u{2066}";
        assert_eq!(shown(by), r"县民政局\u001b[8m\u009b8m\u000d\u007f\u202e甲\u2066");
        // The layout of our own text.
        assert_eq!(shown("一\n\t二 é"), "一\n\t二 é");
        // What is printed as JSON is the same JSON.
        let value = json!({ "by": by });
        let read: Value = serde_json::from_str(&shown(&value.to_string())).unwrap();
        assert_eq!(read, value);
    }
}
