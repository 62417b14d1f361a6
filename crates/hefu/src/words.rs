//! Every word that a person reads, in Chinese and English: one table, `words.toml`.

use std::collections::BTreeMap;
use std::env;
use std::sync::LazyLock;

use serde::Deserialize;

/// A language of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    zh: String,
    en: String,
}

static TABLE: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    // Unwrap safety: the table is part of the program, and a test reads it.
    #[allow(clippy::expect_used)]
    toml::from_str(include_str!("../words.toml")).expect("words.toml is a table of entries")
});

impl Lang {
    /// Chinese first: English only where the locale asks for it.
    pub(crate) fn of_locale() -> Self {
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| env::var(name).ok())
            .find(|value| !value.is_empty());
        match locale {
            Some(locale) if locale.to_ascii_lowercase().starts_with("en") => Lang::En,
            _ => Lang::Zh,
        }
    }

    /// The words under a code, with `{name}` filled in; the code itself where the table has none.
    pub(crate) fn say(self, code: &str, params: &[(&str, String)]) -> String {
        let Some(entry) = TABLE.get(code) else { return code.to_string() };
        let template = match self {
            Lang::Zh => &entry.zh,
            Lang::En => &entry.en,
        };
        fill(template, params)
    }

    /// Words without parameters.
    pub(crate) fn word(self, code: &str) -> String {
        self.say(code, &[])
    }
}

/// One pass, so that a parameter that looks like a placeholder stays as it is.
fn fill(template: &str, params: &[(&str, String)]) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}') {
            Some((name, after)) => {
                text.extend(params.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str()));
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(template: &str) -> Vec<&str> {
        let mut names: Vec<&str> =
            template.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn both_languages_say_everything_with_the_same_parameters() {
        for (code, entry) in &*TABLE {
            assert!(!entry.zh.trim().is_empty() && !entry.en.trim().is_empty(), "{code} is not said in both languages");
            assert_eq!(placeholders(&entry.zh), placeholders(&entry.en), "{code} has other parameters in one language");
        }
    }

    #[test]
    fn parameters_are_filled_in_once() {
        assert_eq!(fill("{a}，{b}。", &[("a", "{b}".into()), ("b", "2".into())]), "{b}，2。");
    }
}
