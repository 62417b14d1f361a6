//! Files of facts and of wording: TOML without tables, read with the line of each text, and wiped.
//!
//! The reader's own messages may repeat what a file holds, so none of them leaves this module.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use toml::Spanned;
use zeroize::Zeroizing;

use super::{Flaw, MAX_FILE_BYTES, Mistake};

/// A file whose entries are taken one by one.
pub(super) struct Entries<'a> {
    file: &'a str,
    entries: Vec<Entry>,
}

/// One entry.
pub(super) struct Entry {
    name: String,
    pub(super) line: usize,
    pub(super) value: Value,
}

/// What an entry holds.
pub(super) enum Value {
    Text(Zeroizing<String>),
    /// Each with its line.
    List(Vec<(usize, Value)>),
    /// Neither: a number without quotes, a table.
    Other,
}

impl<'a> Entries<'a> {
    pub(super) fn read(file: &'a str, text: &str) -> Result<Entries<'a>, Mistake> {
        let wrong = |line, flaw| Mistake {
            file: file.to_owned(),
            line,
            field: String::new(),
            flaw,
        };
        if text.len() > MAX_FILE_BYTES {
            return Err(wrong(0, Flaw::TooLong));
        }
        let raw: RawFile = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(0, |span| line_at(text, span.start));
            wrong(line, Flaw::Syntax)
        })?;
        let entries = raw.0.into_iter().map(|(name, value)| Entry {
            line: line_at(text, name.span().start),
            name: name.into_inner(),
            value: value.into_inner().with_lines(text),
        });
        Ok(Entries {
            file,
            entries: entries.collect(),
        })
    }

    /// The entry of this name, which is not there any more afterwards.
    pub(super) fn take(&mut self, name: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.name == name)?;
        Some(self.entries.swap_remove(at))
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), Mistake> {
        match self.entries.iter().min_by_key(|entry| entry.line) {
            None => Ok(()),
            // Where a name has slipped to the left of the equals sign, it is not shown.
            Some(entry) if looks_like_a_field(&entry.name) => {
                Err(self.wrong(entry.line, &entry.name, Flaw::Unknown))
            }
            Some(entry) => Err(self.wrong(entry.line, "", Flaw::Unknown)),
        }
    }

    pub(super) fn wrong(&self, line: usize, field: &str, flaw: Flaw) -> Mistake {
        Mistake {
            file: self.file.to_owned(),
            line,
            field: field.to_owned(),
            flaw,
        }
    }
}

fn looks_like_a_field(name: &str) -> bool {
    name.len() <= 40 && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

fn line_at(text: &str, at: usize) -> usize {
    text.get(..at)
        .map_or(0, |before| before.matches('\n').count() + 1)
}

struct RawFile(Vec<(Spanned<String>, Spanned<RawValue>)>);

enum RawValue {
    Text(Zeroizing<String>),
    List(Vec<Spanned<RawValue>>),
    Other,
}

impl RawValue {
    fn with_lines(self, text: &str) -> Value {
        match self {
            RawValue::Text(value) => Value::Text(value),
            RawValue::List(items) => {
                let items = items.into_iter().map(|item| {
                    let line = line_at(text, item.span().start);
                    (line, item.into_inner().with_lines(text))
                });
                Value::List(items.collect())
            }
            RawValue::Other => Value::Other,
        }
    }
}

impl<'de> Deserialize<'de> for RawFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawFile, D::Error> {
        struct File;
        impl<'de> Visitor<'de> for File {
            type Value = RawFile;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("entries")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFile, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawFile(entries))
            }
        }
        deserializer.deserialize_map(File)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawValue, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RawValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list")
            }

            fn visit_str<E>(self, text: &str) -> Result<RawValue, E> {
                Ok(RawValue::Text(Zeroizing::new(text.to_owned())))
            }

            fn visit_string<E>(self, text: String) -> Result<RawValue, E> {
                Ok(RawValue::Text(Zeroizing::new(text)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawValue, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(RawValue::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(RawValue::Other)
            }

            fn visit_bool<E>(self, _: bool) -> Result<RawValue, E> {
                Ok(RawValue::Other)
            }

            fn visit_i64<E>(self, _: i64) -> Result<RawValue, E> {
                Ok(RawValue::Other)
            }

            fn visit_u64<E>(self, _: u64) -> Result<RawValue, E> {
                Ok(RawValue::Other)
            }

            fn visit_i128<E>(self, _: i128) -> Result<RawValue, E> {
                Ok(RawValue::Other)
            }

            fn visit_u128<E>(self, _: u128) -> Result<RawValue, E> {
                Ok(RawValue::Other)
            }

            fn visit_f64<E>(self, _: f64) -> Result<RawValue, E> {
                Ok(RawValue::Other)
            }
        }
        deserializer.deserialize_any(Any)
    }
}
