//! In which part of a report a byte stands, also where the file can't be read from there on.

/// The name of the section that the byte at `at` belongs to, or of the part of the file beside the sections.
pub(super) fn place(bytes: &[u8], at: usize) -> String {
    let mut scanner = Scanner::default();
    bytes.iter().take(at).for_each(|byte| scanner.take(*byte));
    match (scanner.part.as_slice(), scanner.section.as_slice()) {
        (b"sections", section) if !section.is_empty() => section,
        (part, _) => part,
    }
    .escape_ascii()
    .to_string()
}

/// Follows nesting and strings, and nothing else of JSON.
#[derive(Default)]
struct Scanner {
    depth: u32,
    in_string: bool,
    escaped: bool,
    /// Whether the next string is a name.
    name_next: bool,
    /// The string that is being read, if it is a name of the two outer levels.
    name: Option<Vec<u8>>,
    part: Vec<u8>,
    section: Vec<u8>,
}

impl Scanner {
    fn take(&mut self, byte: u8) {
        if self.in_string {
            return self.in_string(byte);
        }
        match byte {
            b'"' => {
                self.in_string = true;
                self.name = (self.name_next && self.depth <= 2).then(Vec::new);
                self.name_next = false;
            }
            b'{' => {
                self.depth += 1;
                self.name_next = true;
            }
            b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b',' => self.name_next = true,
            _ => {}
        }
    }

    fn in_string(&mut self, byte: u8) {
        if self.escaped {
            self.escaped = false;
        } else if byte == b'\\' {
            self.escaped = true;
        } else if byte == b'"' {
            self.in_string = false;
            match (self.name.take(), self.depth) {
                (Some(name), 1) => {
                    self.part = name;
                    self.section.clear();
                }
                (Some(name), 2) => self.section = name,
                _ => {}
            }
        } else if let Some(name) = &mut self.name {
            name.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn a_byte_stands_in_its_section() {
        let text =
            br#"{"head":{"x":1},"sections":{"about":{"by":"a\"},{b"},"round":[1,{"y":2}]},"signature":"00"}"#;
        let at = |needle: &str| {
            let found = text
                .windows(needle.len())
                .position(|window| window == needle.as_bytes());
            place(text, found.unwrap())
        };
        assert_eq!(at("1}"), "head");
        assert_eq!(at("a\\"), "about");
        assert_eq!(at("{b"), "about");
        assert_eq!(at("2}]"), "round");
        assert_eq!(at("00"), "signature");
        assert_eq!(place(text, 0), "");
    }
}
