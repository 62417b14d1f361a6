//! Canonical JSON (RFC 8785), in the subset that signed documents need: objects, arrays, strings, integers,
//! booleans and null. What is signed is these bytes, so one document must have one spelling.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use zeroize::{Zeroize, Zeroizing};

use crate::{Error, note::MAX_NOTE_BYTES};

/// The largest document that is read. An agreement of twelve parties has some 10 KiB.
pub const MAX_BYTES: usize = 1 << 20;

/// RFC 8785 §3.2.2.3 writes numbers as IEEE 754 doubles, which hold integers exactly up to 2^53 − 1.
const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The canonical bytes of a document.
///
/// # Panics
/// Where the type of the document has fractions, or maps whose keys are not strings: a mistake in this program, which
/// no value from outside can cause.
pub fn to_vec<T: Serialize + ?Sized>(document: &T) -> Vec<u8> {
    // Unwrap safety: see above; `from_slice`, which meets values from outside, does not come here.
    #[allow(clippy::expect_used)]
    encode(document)
        .expect("documents hold integers, strings, arrays and objects only")
        .0
}

/// The canonical bytes of a document that its readers would take; none where it holds an integer beyond ±(2^53 − 1).
pub(crate) fn exact<T: Serialize + ?Sized>(document: &T) -> Option<Vec<u8>> {
    encode(document).and_then(|(bytes, exact)| exact.then_some(bytes))
}

/// Reads a document and accepts only the bytes that [`to_vec`] would write for it. That refuses white space, another
/// order, a field twice, fields this version does not know, and anything after the end.
///
/// # Errors
/// [`Error::DocumentTooLarge`]; [`Error::Document`] where the bytes are not such a document, or hold an integer
/// beyond ±(2^53 − 1); [`Error::NotCanonical`] where they are one in another spelling.
pub fn from_slice<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    from_slice_within(bytes, MAX_BYTES)
}

/// As [`from_slice`], of a document that may have up to `max` bytes.
///
/// # Errors
/// As [`from_slice`].
pub fn from_slice_within<T: Serialize + DeserializeOwned>(bytes: &[u8], max: usize) -> Result<T, Error> {
    if bytes.len() > max {
        return Err(Error::DocumentTooLarge {
            bytes: bytes.len(),
            max,
        });
    }
    let document: T = serde_json::from_slice(bytes).map_err(|error| Error::Document {
        line: error.line(),
        column: error.column(),
    })?;
    let encoded = encode(&document).map(|(bytes, exact)| (Zeroizing::new(bytes), exact));
    match encoded {
        Some((canonical, true)) if *canonical == bytes => Ok(document),
        Some((_, true)) => Err(Error::NotCanonical),
        _ => Err(Error::Document { line: 0, column: 0 }),
    }
}

/// The bytes, and whether a reader that holds numbers as doubles would read every integer exactly.
fn encode<T: Serialize + ?Sized>(document: &T) -> Option<(Vec<u8>, bool)> {
    let mut value = serde_json::to_value(document).ok()?;
    let mut writer = Writer {
        // What grows leaves copies behind, and a note has a document number in it.
        out: Vec::with_capacity(MAX_NOTE_BYTES),
        exact: true,
    };
    let written = writer.value(&value);
    wipe(&mut value);
    written.map(|()| (writer.out, writer.exact))
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

struct Writer {
    out: Vec<u8>,
    exact: bool,
}

impl Writer {
    fn value(&mut self, value: &Value) -> Option<()> {
        match value {
            Value::Null => self.out.extend_from_slice(b"null"),
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Number(number) => {
                let magnitude = number
                    .as_u64()
                    .or_else(|| number.as_i64().map(i64::unsigned_abs))?;
                self.exact &= magnitude <= MAX_INTEGER;
                self.out.extend_from_slice(number.to_string().as_bytes());
            }
            Value::String(text) => self.string(text)?,
            Value::Array(items) => {
                self.out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        self.out.push(b',');
                    }
                    self.value(item)?;
                }
                self.out.push(b']');
            }
            Value::Object(fields) => {
                // §3.2.3: names are ordered by their UTF-16 code units, which is not the order of their bytes.
                let mut fields: Vec<_> = fields.iter().collect();
                fields.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
                self.out.push(b'{');
                for (i, (name, item)) in fields.into_iter().enumerate() {
                    if i > 0 {
                        self.out.push(b',');
                    }
                    self.string(name)?;
                    self.out.push(b':');
                    self.value(item)?;
                }
                self.out.push(b'}');
            }
        }
        Some(())
    }

    /// serde_json escapes exactly what §3.2.2.2 asks for: the short forms, other control characters as lower-case
    /// `\u00xx`, and nothing else.
    fn string(&mut self, text: &str) -> Option<()> {
        serde_json::to_writer(&mut self.out, text).ok()
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    fn canonical(json: &str) -> String {
        String::from_utf8(to_vec(&serde_json::from_str::<Value>(json).unwrap())).unwrap()
    }

    /// The string and the literals of the example in RFC 8785 §3.2.2 (its numbers are fractions, outside our subset).
    #[test]
    fn strings_are_escaped_as_in_the_rfc() {
        let input = r#"{
          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
          "literals": [null, true, false]
        }"#;
        let expected = r#"{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(canonical(input), expected);
    }

    /// RFC 8785 §3.2.3: the example of sorting by UTF-16 code units.
    #[test]
    fn names_are_sorted_as_in_the_rfc() {
        let input = r#"{
          "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
          "1": "One", "\ud83d\ude00": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let sorted = canonical(input);
        let places: Vec<_> = [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small Letter O With Diaeresis",
            "Euro Sign",
            "Emoji: Grinning Face",
            "Hebrew Letter Dalet With Dagesh",
        ]
        .iter()
        .map(|value| sorted.find(value).unwrap())
        .collect();
        assert!(places.is_sorted(), "{sorted}");
    }

    #[test]
    fn integers_only_and_only_exact_ones() {
        assert_eq!(
            canonical("[ 0, -1, 9007199254740991, -9007199254740991 ]"),
            "[0,-1,9007199254740991,-9007199254740991]"
        );
        for number in [
            "1.5",
            "1e30",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            assert!(
                matches!(
                    from_slice::<Value>(number.as_bytes()),
                    Err(Error::Document { .. })
                ),
                "{number}"
            );
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Small {
        a: u8,
        b: String,
    }

    #[test]
    fn one_document_has_one_spelling() {
        let bytes = br#"{"a":1,"b":"x"}"#;
        assert_eq!(from_slice::<Small>(bytes).unwrap(), Small { a: 1, b: "x".into() });
        for other in [
            r#"{"a": 1,"b":"x"}"#,
            r#"{"b":"x","a":1}"#,
            r#"{"a":1,"b":"x","c":0}"#,
            r#"{"a":1,"b":"\u0078"}"#,
            "{\"a\":1,\"b\":\"x\"}\n",
        ] {
            assert!(
                matches!(from_slice::<Small>(other.as_bytes()), Err(Error::NotCanonical)),
                "{other}"
            );
        }
        for wrong in [
            r#"{"a":1}"#,
            r#"{"a":1,"a":1,"b":"x"}"#,
            r#"{"a":1,"b":"x"}{}"#,
            r#"{"a":256,"b":"x"}"#,
            "",
            "\u{FEFF}{}",
        ] {
            assert!(
                matches!(from_slice::<Small>(wrong.as_bytes()), Err(Error::Document { .. })),
                "{wrong}"
            );
        }
        let long = vec![b' '; MAX_BYTES + 1];
        assert!(matches!(
            from_slice::<Small>(&long),
            Err(Error::DocumentTooLarge { .. })
        ));
    }
}
