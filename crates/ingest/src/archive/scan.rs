//! XML, looked through for what would cost whoever keeps it more memory than it is long.

/// The longest tag, text or comment, and the longest cell in all: 32,767 characters that are each written as an escape,
/// with room for how they are set.
const MAX_RUN_BYTES: usize = 4 << 20;

/// Shared strings. Each costs its reader some thirty bytes, even where it is empty and five bytes long.
const MAX_STRINGS: u64 = 10_000_000;

/// Everything else that is kept one by one: styles, sheets, names, relations. Excel itself has 64,000 styles at most.
const MAX_KEPT: u64 = 1_000_000;

/// As much of a tag as says what it is and, of the list of strings, how many there are.
const HEAD_BYTES: usize = 4 << 10;

/// No honest program writes this.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Monstrous;

/// Elements within elements; a book has some eight, what is drawn in it some thirty.
const MAX_DEPTH: usize = 256;

/// What a reader keeps of each part.
const KEPT: [&[u8]; 9] = [
    b"xf",
    b"font",
    b"fill",
    b"border",
    b"numFmt",
    b"sheet",
    b"definedName",
    b"pivotCache",
    b"Relationship",
];

/// Where in the text the reading stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Text,
    Tag,
    /// In a quoted value of a tag.
    Value(u8),
    /// In what ends with these bytes: a comment, an instruction, or text that is taken as it is.
    Until(&'static [u8]),
}

/// One part, as far as it was read.
pub(super) struct Scan {
    at: At,
    /// The first bytes of a tag.
    head: Vec<u8>,
    /// The last bytes that were read, the latest at the end.
    last: [u8; 3],
    /// Bytes since the tag or text began.
    run: usize,
    /// Names of the open elements, one behind the other, and where each begins.
    names: Vec<u8>,
    open: Vec<usize>,
    /// How deep the cell or string is that is open, and bytes since it began.
    cell: Option<(usize, usize)>,
    strings: u64,
    kept: u64,
}

impl Default for Scan {
    fn default() -> Self {
        Self {
            at: At::Text,
            head: Vec::with_capacity(HEAD_BYTES),
            last: [0; 3],
            run: 0,
            names: Vec::new(),
            open: Vec::new(),
            cell: None,
            strings: 0,
            kept: 0,
        }
    }
}

impl Scan {
    /// Looks at the next bytes.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Result<(), Monstrous> {
        while !bytes.is_empty() {
            let seen = match self.at {
                At::Text => up_to(bytes, |byte| byte == b'<' || byte == 0),
                At::Tag => self.of_tag(bytes),
                At::Value(quote) => up_to(bytes, |byte| byte == quote),
                // Its end is looked for byte by byte.
                At::Until(_) => bytes.get(..1).unwrap_or(bytes),
            };
            self.note(seen)?;
            self.turn()?;
            bytes = bytes.get(seen.len()..).unwrap_or_default();
        }
        Ok(())
    }

    /// What of these bytes is to be looked at: up to the first that may end the tag, and one by one until it is clear that
    /// it is a tag.
    fn of_tag<'a>(&self, bytes: &'a [u8]) -> &'a [u8] {
        match self.head.first() {
            Some(b'!') | None => bytes.get(..1).unwrap_or(bytes),
            Some(_) => up_to(bytes, |byte| matches!(byte, b'>' | b'"' | b'\'')),
        }
    }

    fn note(&mut self, seen: &[u8]) -> Result<(), Monstrous> {
        if matches!(self.at, At::Tag | At::Value(_)) {
            let room = HEAD_BYTES.saturating_sub(self.head.len()).min(seen.len());
            self.head.extend_from_slice(seen.get(..room).unwrap_or_default());
        }
        for byte in seen.get(seen.len().saturating_sub(3)..).unwrap_or_default() {
            let [_, b, c] = self.last;
            self.last = [b, c, *byte];
        }
        self.run += seen.len();
        if let Some((_, bytes)) = &mut self.cell {
            *bytes += seen.len();
        }
        let cell = self.cell.map_or(0, |(_, bytes)| bytes);
        match self.run.max(cell) > MAX_RUN_BYTES {
            true => Err(Monstrous),
            false => Ok(()),
        }
    }

    /// Whether something begins or ends with the last byte.
    fn turn(&mut self) -> Result<(), Monstrous> {
        let [_, before, byte] = self.last;
        match self.at {
            // Text of two bytes a character, which this would not see through.
            At::Text if byte == 0 => return Err(Monstrous),
            At::Text if byte == b'<' => self.begin(At::Tag),
            At::Tag => match self.head.as_slice() {
                b"!--" => self.begin(At::Until(b"-->")),
                CDATA => self.begin(At::Until(b"]]>")),
                b"?" => self.begin(At::Until(b"?>")),
                // No book has a declaration of types (ECMA-376-2, section 8.1.4).
                head if head.starts_with(b"!") && !b"!--".starts_with(head) && !CDATA.starts_with(head) => {
                    return Err(Monstrous);
                }
                _ if byte == b'>' => {
                    self.tag(before == b'/')?;
                    self.begin(At::Text);
                }
                // What ends an element has no values.
                [b'/', ..] => {}
                _ if byte == b'"' || byte == b'\'' => self.at = At::Value(byte),
                _ => {}
            },
            At::Value(quote) if byte == quote => self.at = At::Tag,
            // Readers do not agree where this ends.
            At::Until(b"?>") if self.run == 1 && byte == b'>' => return Err(Monstrous),
            At::Until(end) if self.run >= end.len() && self.last.ends_with(end) => self.begin(At::Text),
            At::Text | At::Value(_) | At::Until(_) => {}
        }
        Ok(())
    }

    fn begin(&mut self, at: At) {
        self.at = at;
        self.run = 0;
        self.head.clear();
    }

    /// A tag has ended.
    fn tag(&mut self, is_empty: bool) -> Result<(), Monstrous> {
        let head = std::mem::take(&mut self.head);
        let read = match head.strip_prefix(b"/") {
            Some(rest) => self.close(name(rest)),
            None => self.open(&head, is_empty),
        };
        self.head = head;
        read
    }

    fn open(&mut self, head: &[u8], is_empty: bool) -> Result<(), Monstrous> {
        let name = name(head);
        let local = name.rsplit(|byte| *byte == b':').next().unwrap_or(name);
        self.strings += u64::from(local == b"si");
        self.kept += u64::from(KEPT.contains(&local));
        let lies = local == b"sst" && (head.len() >= HEAD_BYTES || says_too_many(head));
        if lies || self.strings > MAX_STRINGS || self.kept > MAX_KEPT || self.open.len() >= MAX_DEPTH {
            return Err(Monstrous);
        }
        if !is_empty {
            self.open.push(self.names.len());
            self.names.extend_from_slice(name);
            if self.cell.is_none() && (local == b"c" || local == b"si") {
                self.cell = Some((self.open.len(), 0));
            }
        }
        Ok(())
    }

    /// What is open must be closed in its turn: a reader that does not look after that would go on in a cell that has
    /// ended here.
    fn close(&mut self, name: &[u8]) -> Result<(), Monstrous> {
        let start = self.open.pop().ok_or(Monstrous)?;
        if self.names.get(start..) != Some(name) {
            return Err(Monstrous);
        }
        self.names.truncate(start);
        self.cell = self.cell.filter(|(depth, _)| *depth <= self.open.len());
        Ok(())
    }
}

const CDATA: &[u8] = b"![CDATA[";

/// The bytes up to the first that ends this, with it.
fn up_to(bytes: &[u8], ends: impl Fn(u8) -> bool) -> &[u8] {
    let place = bytes.iter().position(|byte| ends(*byte));
    place.and_then(|place| bytes.get(..=place)).unwrap_or(bytes)
}

/// The name with which a tag begins.
fn name(tag: &[u8]) -> &[u8] {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    let end = tag.iter().position(ends).unwrap_or(tag.len());
    tag.get(..end).unwrap_or(tag)
}

/// Whether a list says of itself that it has more strings than any: readers make room for as many.
fn says_too_many(head: &[u8]) -> bool {
    const COUNT: &[u8] = b"uniqueCount";
    let said = (0..head.len()).filter_map(|at| head.get(at..)?.strip_prefix(COUNT));
    said.into_iter().any(|rest| {
        let digits = rest.iter().skip_while(|byte| !byte.is_ascii_digit());
        let digits = digits.take_while(|byte| byte.is_ascii_digit());
        let count = digits.fold(0u64, |count, digit| {
            count.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        });
        count > MAX_STRINGS
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of any length it comes to the same.
    fn scanned(text: &[u8]) -> Result<(), Monstrous> {
        let whole = Scan::default().take(text);
        if text.len() < 10_000 {
            for length in 1..7 {
                let mut scan = Scan::default();
                let read = text.chunks(length).try_for_each(|piece| scan.take(piece));
                assert_eq!(
                    read,
                    whole,
                    "in pieces of {length}: {}",
                    String::from_utf8_lossy(text)
                );
            }
        }
        whole
    }

    fn repeated(before: &str, text: &str, times: usize, after: &str) -> Vec<u8> {
        [before, &text.repeat(times), after].concat().into_bytes()
    }

    #[test]
    fn what_programs_write_is_read() {
        for text in [
            "<?xml version=\"1.0\" encoding='UTF-8'?>\r\n<sst count=\"99999999\" uniqueCount=\"2\"><si><t>a > b</t></si><si/></sst>",
            "<x:sst><x:si><x:r><x:t xml:space=\"preserve\"> &lt;</x:t></x:r></x:si></x:sst>",
            "<a><!-- <b> \" -- > --><![CDATA[<c>]]>]]]></a>",
            "<a b='\">' c=\"'/>\" /><d e=\"/\"></d >",
            "\u{feff}<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c/></row></sheetData></worksheet>",
        ] {
            assert_eq!(scanned(text.as_bytes()), Ok(()), "{text}");
        }
        let rows = repeated("<s>", "<c><v>1</v></c>", 1_000_000, "</s>");
        assert_eq!(scanned(&rows), Ok(()), "many cells are no long cell");
    }

    #[test]
    fn what_does_not_hold_together_is_refused() {
        for text in [
            "<a></b>",
            "</a>",
            "<c><is></c></is>",
            "<!DOCTYPE a []><a/>",
            "<!ENTITY a 'b'>",
            "<!-a-><a/>",
            "<?><a/>?>",
            "<sst uniqueCount=\"18446744073709551615\">",
            "<x:sst a='b' uniqueCount = '10000001'/>",
            "\u{0}<\u{0}a\u{0}>",
        ] {
            assert_eq!(scanned(text.as_bytes()), Err(Monstrous), "{text}");
        }
    }

    #[test]
    fn what_a_reader_would_keep_too_much_of_is_refused() {
        let long = MAX_RUN_BYTES + 1;
        for (what, text) in [
            ("text", repeated("<a>", "x", long, "</a>")),
            ("a value", repeated("<a b=\"", "<>", long, "\"/>")),
            ("a comment", repeated("<a><!--", "<b>", long, "--></a>")),
            ("taken as it is", repeated("<a><![CDATA[", "<b>", long, "]]></a>")),
            ("an instruction", repeated("<?a ", "<b>", long, "?><a/>")),
            (
                "a cell of many texts",
                repeated("<c><is>", "<t>x</t>", long, "</is></c>"),
            ),
            ("a string of many texts", repeated("<si>", "<r/>", long, "</si>")),
            ("elements in elements", repeated("", "<a>", 300, "")),
            ("styles", repeated("<cellXfs>", "<xf/>", 1_000_001, "</cellXfs>")),
        ] {
            assert_eq!(scanned(&text), Err(Monstrous), "{what}");
        }
        let strings = repeated("<sst>", "<si/>", 10_000_001, "</sst>");
        assert_eq!(scanned(&strings), Err(Monstrous));
    }

    /// The end of an element is its first `>`, whatever is quoted before it; what follows is seen as a reader sees it.
    #[test]
    fn quotation_marks_hide_nothing() {
        let hidden = repeated("<a></a \">", "<xf/>", 1_000_001, "\">");
        assert_eq!(scanned(&hidden), Err(Monstrous));
        let hidden = repeated("<a><?b \"?>", "<xf/>", 1_000_001, "\"></a>");
        assert_eq!(scanned(&hidden), Err(Monstrous));
    }
}
