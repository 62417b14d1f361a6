//! The texts of the pages, in both languages: `words/AREA.toml`, said as `area.key`. Codes of the node's own, such as
//! states and failures, have their words in the binary.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Lang;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    zh: String,
    en: String,
}

const AREAS: [(&str, &str); 5] = [
    ("shell", include_str!("../words/shell.toml")),
    ("it", include_str!("../words/it.toml")),
    ("case", include_str!("../words/case.toml")),
    ("compliance", include_str!("../words/compliance.toml")),
    ("office", include_str!("../words/office.toml")),
];

static TABLE: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    let mut table = BTreeMap::new();
    for (area, text) in AREAS {
        // Unwrap safety: the texts are part of the program, and a test reads them.
        #[allow(clippy::expect_used)]
        let entries: BTreeMap<String, Entry> = toml::from_str(text).expect("words are a table of entries");
        table.extend(
            entries
                .into_iter()
                .map(|(key, entry)| (format!("{area}.{key}"), entry)),
        );
    }
    table
});

/// The words under `area.key`; nothing where there are none.
pub(crate) fn find(lang: Lang, key: &str) -> Option<&'static str> {
    let entry = TABLE.get(key)?;
    Some(match lang {
        Lang::Zh => &entry.zh,
        Lang::En => &entry.en,
    })
}

/// The words under `area.key`, with the blanks `{0}`, `{1}` filled in once; the key itself where there are none.
pub(crate) fn say(lang: Lang, key: &str, blanks: &[&dyn Display]) -> String {
    let Some(mut rest) = find(lang, key) else {
        return key.to_owned();
    };
    let mut text = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let blank = after.split_once('}').and_then(|(number, after)| {
            let number: usize = number.parse().ok()?;
            Some((blanks.get(number)?, after))
        });
        match blank {
            Some((value, after)) => {
                text.push_str(&value.to_string());
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
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path, found);
            } else {
                found.push(path);
            }
        }
    }

    /// What stands in quotes behind the name of an area: whole keys, and beginnings that a code is put behind.
    fn named() -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        files(&root.join("src"), &mut found);
        files(&root.join("templates"), &mut found);
        let mut names = Vec::new();
        for file in found {
            let text = fs::read_to_string(file).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for (area, _) in AREAS {
                let start = format!("\"{area}.");
                let rests = text
                    .split(&start)
                    .skip(1)
                    .filter_map(|rest| rest.split('"').next());
                names.extend(rests.map(|rest| format!("{area}.{rest}")));
            }
        }
        names
    }

    fn blanks(text: &str) -> Vec<&str> {
        let mut found: Vec<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn both_languages_say_everything_with_the_same_blanks() {
        for (key, entry) in &*TABLE {
            assert!(
                !entry.zh.trim().is_empty() && !entry.en.trim().is_empty(),
                "{key}"
            );
            assert_eq!(blanks(&entry.zh), blanks(&entry.en), "{key}");
        }
    }

    #[test]
    fn every_name_has_words_and_no_words_are_idle() {
        let names = named();
        assert!(
            names.iter().any(|name| name == "shell.sign_in"),
            "the search is broken"
        );
        let is_beginning = |name: &str| name.ends_with('_');
        for name in &names {
            let known = match is_beginning(name) {
                true => TABLE.keys().any(|key| key.starts_with(name.as_str())),
                false => TABLE.contains_key(name) || name.ends_with(".html"),
            };
            assert!(known, "{name} has no words");
        }
        for key in TABLE.keys() {
            let used = names
                .iter()
                .any(|name| name == key || (is_beginning(name) && key.starts_with(name.as_str())));
            assert!(used, "no page says {key}");
        }
    }

    #[test]
    fn blanks_are_filled_once() {
        let said = say(Lang::En, "shell.signed_in_as", &[&"{0}", &"IT"]);
        assert!(said.contains("{0}") && said.contains("IT"), "{said}");
        assert_eq!(say(Lang::Zh, "shell.unheard_of", &[]), "shell.unheard_of");
    }
}
