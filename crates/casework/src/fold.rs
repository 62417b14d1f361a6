//! One spelling of what agencies write in several.

/// Half width, upper case, one kind of bracket, nothing invisible.
pub(crate) fn fold(written: &str) -> String {
    let mut folded = String::with_capacity(written.len());
    for c in written.chars() {
        let c = match c {
            '〔' | '［' | '【' | '[' => '(',
            '〕' | '］' | '】' | ']' => ')',
            // Full-width ASCII stands at a fixed distance from ASCII.
            '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            _ => c,
        };
        let invisible = c.is_whitespace()
            || c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}');
        if !invisible {
            folded.extend(c.to_uppercase());
        }
    }
    folded
}
