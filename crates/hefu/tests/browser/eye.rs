//! Whether everybody can use a page: at each width, in bytes, and for those who can't see it or use a mouse.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::chromium::{Loaded, Tab};

/// A clerk's screen, a large one, and a telephone.
const WIDTHS: [u32; 3] = [1280, 1920, 390];
const MOST_BYTES: u64 = 300 * 1024;
/// Where `npm pack` of axe-core was unpacked, if nothing else is said.
const AXE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../target/tools/axe/package/axe.min.js"
);

/// The same list in another order or further on, the same page in another language or once more.
const ORDERS: [&str; 6] = ["sort", "descending", "after", "before", "lang", "again"];

/// Looks at one page of each kind, as each role gets it in each language.
pub(crate) struct Eye {
    axe: Axe,
    seen: RefCell<BTreeSet<String>>,
    /// What was wrong with pages that people came to at work.
    pub(crate) faults: RefCell<Vec<String>>,
}

impl Eye {
    pub(crate) fn open() -> Self {
        Self {
            axe: Axe::found(),
            seen: RefCell::default(),
            faults: RefCell::default(),
        }
    }

    pub(crate) fn has_axe(&self) -> bool {
        self.axe.0.is_some()
    }

    /// What is wrong with the page that is shown; of one whose like was looked at, only its weight.
    pub(crate) fn sees(&self, tab: &Tab, loaded: &Loaded) -> Vec<String> {
        let mut faults = Vec::new();
        if loaded.bytes > MOST_BYTES {
            faults.push(format!("{} bytes", loaded.bytes));
        }
        if !self.seen.borrow_mut().insert(likeness(tab, loaded)) {
            return faults;
        }
        for width in WIDTHS {
            tab.wide(width);
            let over = tab.js("document.documentElement.scrollWidth - window.innerWidth");
            if over.as_i64().unwrap_or_default() > 0 {
                faults.push(format!("{over} px too wide at {width}: {}", widest(tab)));
            }
        }
        tab.wide(WIDTHS[0]);
        faults.extend(self.axe.faults(tab));
        faults
    }
}

/// Pages are alike, of whichever node, that differ in numbers and digests only: in their path, for whom they are, and in what
/// they are called.
fn likeness(tab: &Tab, loaded: &Loaded) -> String {
    let shown = tab.js(
        "[document.documentElement.lang, document.querySelector('.me')?.innerText.split(/[（(]/).pop() ?? '', \
         (document.querySelector('h1')?.innerText ?? '').replace(/[0-9a-f]{6,}|[0-9]+/g, '')].join(' ')",
    );
    let here = tab.here();
    let path = here.splitn(4, '/').nth(3).unwrap_or(&here);
    format!("{shown} {:?} {}", loaded.status, kind(path))
}

/// Which element sticks out.
fn widest(tab: &Tab) -> Value {
    tab.js(
        "(() => { for (const it of document.querySelectorAll('main *, header *, nav *')) { \
         if (it.getBoundingClientRect().right > window.innerWidth && !it.closest('.scroll')) \
         return it.outerHTML.slice(0, 160); } return ''; })()",
    )
}

/// What is wrong with a page for those who can't see it or use a mouse (axe-core), as `id: where`.
struct Axe(Option<String>);

impl Axe {
    /// As `HEFU_AXE` says, where it is set: then it has to be there.
    fn found() -> Self {
        let file = match std::env::var_os("HEFU_AXE") {
            Some(file) => PathBuf::from(file),
            None if PathBuf::from(AXE).exists() => AXE.into(),
            None => {
                #[allow(
                    clippy::print_stdout,
                    reason = "whoever runs the tests is told what was left out"
                )]
                {
                    println!("axe-core is not at {AXE}: whether everybody can use the pages is not checked");
                }
                return Self(None);
            }
        };
        Self(Some(fs::read_to_string(file).unwrap()))
    }

    fn faults(&self, tab: &Tab) -> Vec<String> {
        let Some(axe) = &self.0 else {
            return Vec::new();
        };
        tab.js(&format!("{axe};0"));
        let found = tab.js(
            "axe.run(document, { resultTypes: ['violations'] }).then(all => all.violations \
             .filter(one => ['serious', 'critical'].includes(one.impact)) \
             .map(one => `axe ${one.id}: ` + one.nodes.slice(0, 3) \
             .map(node => `${node.target.join(' ')} ${node.html.slice(0, 160)}`).join(' | ')))",
        );
        strings(&found)
    }
}

/// Pages of one kind differ in digests and numbers only, and in what a list is narrowed down to.
pub(crate) fn kind(path: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let hex = |part: &str| part.len() >= 32 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = path.split('/').map(|part| match part {
        part if hex(part) => "{id}",
        part if number(part) => "{n}",
        part => part,
    });
    let named = query.split('&').filter_map(|pair| pair.split('=').next());
    let fields: BTreeSet<_> = named.filter(|name| !ORDERS.contains(name)).collect();
    let fields: Vec<_> = fields.into_iter().collect();
    format!("{}?{}", parts.collect::<Vec<_>>().join("/"), fields.join("&"))
}

pub(crate) fn strings(value: &Value) -> Vec<String> {
    let each = value.as_array().into_iter().flatten();
    each.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}
