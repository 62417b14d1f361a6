//! Every page that a role can reach by links, looked at as people get it: at each width, in both languages.

use std::collections::{BTreeSet, VecDeque};

use crate::chromium::{Loaded, Tab};
use crate::eye::{Eye, kind, strings};

/// Stands over everything that shows a finding.
const NOTICE: &str = "不得仅凭比对结果停发或追缴";

/// Links that lead to a file or to a paper without anything of the console around it.
const NO_PAGES: [&str; 9] = [
    ".csv",
    "/paper",
    "/file",
    "/book",
    "/ledger/sheet",
    "/slip",
    "/card",
    "/dossier",
    "/events",
];

const FAULTY: &str = "data:text/html,<html lang=en><title>t</title><p style='width:800px'>it.key {0}</p>\
                      <img src='http://127.0.0.1:1/'><input><script>console.error('x')</script><i hidden>";

/// Somebody who walks.
pub(crate) struct Walk<'a> {
    pub(crate) tab: &'a Tab,
    /// The node's address.
    pub(crate) base: &'a str,
    /// Whose pages, for the report.
    pub(crate) who: String,
    pub(crate) eye: &'a Eye,
    pub(crate) faults: &'a mut Vec<String>,
}

impl Walk<'_> {
    /// From the first page along every link, one page of each kind. Says which were seen.
    pub(crate) fn everywhere(mut self) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut pages = Vec::new();
        let mut open = VecDeque::from(["/".to_owned()]);
        while let Some(path) = open.pop_front() {
            if !seen.insert(kind(&path)) {
                continue;
            }
            if self.look("zh", &path) {
                open.extend(self.links());
                pages.push(path);
            }
        }
        for path in &pages {
            self.look("en", path);
        }
        pages
    }

    /// Whether there is a page, with what is wrong with it.
    fn look(&mut self, lang: &str, path: &str) -> bool {
        let between = if path.contains('?') { '&' } else { '?' };
        let loaded = self.tab.open(&format!("{}{path}{between}lang={lang}", self.base));
        let Some(status) = loaded.status else {
            // A file to be kept.
            return false;
        };
        let mut faults = Vec::new();
        if status != 200 {
            faults.push(format!("status {status}"));
        }
        faults.extend(self.of_load(&loaded));
        faults.extend(self.of_words(lang, path));
        faults.extend(self.eye.sees(self.tab, &loaded));
        let who = &self.who;
        self.faults.extend(
            faults
                .into_iter()
                .map(|fault| format!("{who} {lang} {path}: {fault}")),
        );
        true
    }

    fn of_load(&self, loaded: &Loaded) -> Vec<String> {
        let mut faults: Vec<_> = loaded
            .errors
            .iter()
            .map(|error| format!("console: {error}"))
            .collect();
        let outside = |asked: &&String| !asked.starts_with(self.base) && !asked.starts_with("data:");
        faults.extend(
            loaded
                .asked
                .iter()
                .filter(outside)
                .map(|asked| format!("asks {asked}")),
        );
        faults
    }

    /// Keys in the place of words, blanks that nothing filled, the other language, and a finding without its notice.
    fn of_words(&self, lang: &str, path: &str) -> Vec<String> {
        let mut faults = Vec::new();
        let tag = self.tab.js("document.documentElement.lang");
        if !tag.as_str().unwrap_or_default().starts_with(lang) {
            faults.push(format!("lang={tag}"));
        }
        let text = self.tab.text();
        let raw = |word: &&str| {
            let area = ["shell.", "it.", "case.", "compliance.", "office."]
                .iter()
                .find_map(|area| word.strip_prefix(area));
            area.is_some_and(|rest| rest.chars().next().is_some_and(|c| c.is_ascii_lowercase()))
                || ["{0}", "{1}"].iter().any(|blank| word.contains(blank))
        };
        faults.extend(
            text.split_whitespace()
                .filter(raw)
                .map(|word| format!("says {word}")),
        );
        if lang == "zh" && kind(path).contains("findings/") && !text.contains(NOTICE) {
            faults.push("without the notice".to_owned());
        }
        faults
    }

    fn links(&self) -> Vec<String> {
        let found = self.tab.js(
            "[...document.querySelectorAll('a[href]:not([download])')].map(it => it.getAttribute('href'))",
        );
        let pages = strings(&found).into_iter().filter(|link| {
            let path = link.split('?').next().unwrap_or_default();
            link.starts_with('/')
                && !link.contains("lang=")
                && !NO_PAGES.iter().any(|end| path.ends_with(end))
                && !path.contains("/parts/")
        });
        pages
            .map(|link| link.split('#').next().unwrap_or_default().to_owned())
            .collect()
    }
}

/// A page with one fault of each sort, on which each has to be found: of what sees nothing, a walk without faults says nothing.
pub(crate) fn sees_faults(tab: &Tab, eye: &Eye) {
    let mut faults = Vec::new();
    let mut walk = Walk {
        tab,
        base: FAULTY,
        who: String::new(),
        eye,
        faults: &mut faults,
    };
    assert!(walk.look("zh", ""));
    let found = faults.join("\n");
    let mut wanted = vec![
        "px too wide at 390",
        "asks http://127.0.0.1:1/",
        "console: ",
        "says it.key",
        "says {0}",
        "lang=\"en\"",
    ];
    if eye.has_axe() {
        wanted.extend(["axe image-alt", "axe label"]);
    }
    for fault in wanted {
        assert!(found.contains(fault), "{fault} is not seen: {found}");
    }
}
