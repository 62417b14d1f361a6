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
        let Some(template) = self.template(code) else {
            return bare(code, params);
        };
        // Words inside words go one level deep: an entry can't name itself.
        let inner = |code: &str| self.template(code).map(|inner| fill(inner, params, &|_| None));
        fill(template, params, &inner)
    }

    /// Words without parameters.
    pub(crate) fn word(self, code: &str) -> String {
        self.say(code, &[])
    }

    fn template(self, code: &str) -> Option<&'static str> {
        let entry = TABLE.get(code)?;
        Some(match self {
            Lang::Zh => &entry.zh,
            Lang::En => &entry.en,
        })
    }
}

/// A code without words still says what it knows.
fn bare(code: &str, params: &[(&str, String)]) -> String {
    let params: Vec<String> = params
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    [code.to_string(), params.join(" ")]
        .join(" ")
        .trim_end()
        .to_string()
}

/// Fills in the placeholders, which the head of `words.toml` explains. One pass, so that a parameter that looks like a
/// placeholder stays as it is.
fn fill(template: &str, params: &[(&str, String)], word: &dyn Fn(&str) -> Option<String>) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match after.split_once('}') {
            Some((placeholder, after)) => {
                text.push_str(&fill_one(placeholder, params, word));
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

fn fill_one(placeholder: &str, params: &[(&str, String)], word: &dyn Fn(&str) -> Option<String>) -> String {
    let value = |name: &str| {
        params
            .iter()
            .find(|(key, _)| *key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    if let Some((name, prefix)) = placeholder.split_once('@') {
        let value = value(name);
        return word(&format!("{prefix}{value}")).unwrap_or_else(|| value.to_string());
    }
    match placeholder.split('|').collect::<Vec<_>>()[..] {
        [name, before, after] if !value(name).is_empty() => [before, value(name), after].concat(),
        [name, ..] => value(name).to_string(),
        [] => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(placeholder: &str) -> &str {
        placeholder.split(['@', '|']).next().unwrap_or_default()
    }

    fn placeholders(template: &str) -> Vec<&str> {
        let mut names: Vec<&str> = template
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| name_of(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn both_languages_say_everything_with_the_same_parameters() {
        for (code, entry) in &*TABLE {
            assert!(
                !entry.zh.trim().is_empty() && !entry.en.trim().is_empty(),
                "{code} is not said in both languages"
            );
            assert_eq!(
                placeholders(&entry.zh),
                placeholders(&entry.en),
                "{code} has other parameters in one language"
            );
        }
    }

    #[test]
    fn parameters_are_filled_in_once() {
        assert_eq!(
            fill("{a}，{b}。", &[("a", "{b}".into()), ("b", "2".into())], &|_| {
                None
            }),
            "{b}，2。"
        );
    }

    #[test]
    fn a_parameter_that_is_a_code_is_said_by_its_own_words() {
        let params = [
            ("peer", "县人民法院".into()),
            ("abort", "abort_proof".into()),
            ("chunk", "3".into()),
        ];
        let words = Lang::Zh.say("peer_aborted", &params);
        assert!(words.starts_with("县人民法院结束了本次比对。第 3 块"), "{words}");
        let unknown = Lang::En.say("node_empty_side", &[("side", "Kreis".into())]);
        assert!(unknown.starts_with("Kreis has nobody"), "{unknown}");
    }

    #[test]
    fn what_surrounds_an_empty_parameter_is_left_out() {
        let params = |sheet: &str| [("file", "a.csv".into()), ("sheet", sheet.into())];
        assert!(
            Lang::Zh
                .say("header_missing", &params(""))
                .starts_with("a.csv：没有")
        );
        assert!(
            Lang::Zh
                .say("header_missing", &params("七月"))
                .starts_with("a.csv，工作表“七月”：没有")
        );
    }
}
