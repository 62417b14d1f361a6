//! Somebody who has signed in and works: every page they come to is looked at for what no page may do.

use std::path::PathBuf;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::chromium::{Loaded, Tab};
use crate::county::Lang;
use crate::eye::Eye;

/// What a browser says of an answer that refuses a form; the form says why, and that is looked for.
const REFUSAL: &str = "Failed to load resource";

/// Whoever works, in one language.
pub(crate) struct Desk {
    pub(crate) tab: Tab,
    /// The node's address.
    pub(crate) base: String,
    pub(crate) lang: Lang,
    pub(crate) eye: Rc<Eye>,
}

impl Desk {
    /// Signs in, on the page that is shown.
    pub(crate) fn sign_in(&self, account: &str, password: &str) {
        let form = "form[action='/sign-in']";
        self.fill(form, &[("account", account), ("password", password)]);
        self.press("form[action='/sign-in'] button");
        assert!(!self.here().contains("sign-in"), "{account}: {}", self.text());
    }

    /// Tries to sign in, and is told that it can't be.
    pub(crate) fn not_let_in(&self, account: &str, password: &str) {
        let form = "form[action='/sign-in']";
        self.fill(form, &[("account", account), ("password", password)]);
        self.refused("form[action='/sign-in'] button");
    }

    /// Opens a page of the node.
    pub(crate) fn open(&self, path: &str) {
        let loaded = self.tab.open(&format!("{}{path}", self.base));
        self.look(&loaded, 200);
    }

    /// Presses what a selector finds, and comes to the page to which that leads.
    pub(crate) fn press(&self, selector: &str) {
        let loaded = self.tab.press(selector);
        self.look(&loaded, 200);
    }

    /// Waits until the page that is shown has loaded itself anew, as one does that says how something goes on.
    pub(crate) fn anew(&self) {
        let loaded = self.tab.anew();
        self.look(&loaded, 200);
    }

    /// Presses a button whose form is not complete or not right: what is said of it.
    pub(crate) fn refused(&self, selector: &str) -> String {
        let loaded = self.tab.press(selector);
        self.look(&loaded, 422);
        let said = self.shown(".problems");
        assert!(
            !said.is_empty(),
            "{selector} is refused without a word: {}",
            self.text()
        );
        said
    }

    /// Presses a button, and is told that it is done.
    pub(crate) fn done(&self, selector: &str) -> String {
        self.press(selector);
        let said = self.shown(".done");
        assert!(!said.is_empty(), "{selector}: {}", self.text());
        said
    }

    /// Chooses files for a field.
    pub(crate) fn choose(&self, selector: &str, files: &[PathBuf]) {
        self.tab.choose(selector, files);
    }

    /// Fills in a form's fields by their names.
    pub(crate) fn fill(&self, form: &str, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.tab.fill(form, name, value);
        }
    }

    /// Path and query of the page that is shown.
    pub(crate) fn here(&self) -> String {
        let here = self.tab.here();
        here.strip_prefix(&self.base).unwrap_or(&here).to_owned()
    }

    /// The text of the first element that a selector finds; nothing where there is none.
    pub(crate) fn shown(&self, selector: &str) -> String {
        let text = self
            .tab
            .js(&format!("document.querySelector({selector:?})?.innerText ?? ''"));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// All that can be read on the page.
    pub(crate) fn text(&self) -> String {
        self.tab.text()
    }

    /// How many elements a selector finds.
    pub(crate) fn count(&self, selector: &str) -> u64 {
        let count = self
            .tab
            .js(&format!("document.querySelectorAll({selector:?}).length"));
        count.as_u64().unwrap_or_default()
    }

    /// The page printed: a PDF.
    pub(crate) fn print(&self) {
        let printed = self.tab.printed();
        assert!(printed.starts_with("JVBERi"), "what is printed is no PDF");
    }

    /// A paper behind a link, for whoever prints it. It speaks Chinese in either language: offices file it.
    pub(crate) fn paper(&self, selector: &str) {
        let back = self.here();
        let address = self.tab.js(&format!("document.querySelector({selector:?}).href"));
        let address = address.as_str().unwrap();
        let loaded = self.tab.open(address);
        assert_eq!(loaded.status, Some(200), "{address}");
        assert!(loaded.errors.is_empty(), "{address}: {:?}", loaded.errors);
        self.print();
        self.open(&back);
    }

    /// The file behind a link.
    pub(crate) fn file(&self, selector: &str) -> Vec<u8> {
        let found = self.tab.js(&format!(
            "fetch(document.querySelector({selector:?}).href).then(it => it.bytes()).then(it => [...it])"
        ));
        numbers(&found)
    }

    /// The same with the name under which it would be kept.
    pub(crate) fn named_file(&self, selector: &str) -> (String, Vec<u8>) {
        let found = self.tab.js(&format!(
            "fetch(document.querySelector({selector:?}).href).then(it => it.bytes().then(bytes => \
             [it.headers.get('content-disposition'), [...bytes]]))"
        ));
        let named = found[0].as_str().unwrap_or_default();
        let name = named.split('"').nth(1).expect("the file has no name");
        (name.to_owned(), numbers(&found[1]))
    }

    /// The address behind the first link that a selector finds within the row of a table in which a text stands.
    pub(crate) fn in_row(&self, text: &str, selector: &str) -> String {
        let found = self.tab.js(&format!(
            "(() => {{ const row = [...document.querySelectorAll('main tr')].find(it => it.innerText.includes({text:?})); \
             const it = row?.querySelector({selector:?}); return it?.getAttribute('href') ?? it?.getAttribute('action') ?? ''; }})()"
        ));
        let found = found.as_str().unwrap_or_default().to_owned();
        assert!(
            !found.is_empty(),
            "no {selector} beside {text} on {}: {}",
            self.here(),
            self.text()
        );
        found
    }

    /// What a form answers, sent with the button of a name and value (none where the name is empty), without leaving its page.
    pub(crate) fn sent(&self, form: &str, name: &str, value: &str) -> Vec<u8> {
        let button = match name {
            "" => String::new(),
            _ => format!("fields.append({}, {});", json!(name), json!(value)),
        };
        let found = self.tab.js(&format!(
            "(() => {{ const form = document.querySelector({form:?}); \
             const fields = new URLSearchParams(new FormData(form)); {button} \
             return fetch(form.action, {{ method: 'post', body: fields }}).then(it => it.bytes()).then(it => [...it]); }})()"
        ));
        numbers(&found)
    }

    /// No error on the console, nothing asked of anybody else, in the language that was chosen.
    fn look(&self, loaded: &Loaded, status: u64) {
        let here = self.here();
        assert_eq!(loaded.status, Some(status), "{here}: {}", self.tab.text());
        let errors: Vec<_> = loaded
            .errors
            .iter()
            .filter(|error| status == 200 || !error.contains(REFUSAL))
            .collect();
        assert!(errors.is_empty(), "{here}: {errors:?}");
        let outside: Vec<_> = loaded
            .asked
            .iter()
            .filter(|asked| !asked.starts_with(&self.base) && !asked.starts_with("data:"))
            .collect();
        assert!(outside.is_empty(), "{here} asks {outside:?}");
        let lang = self.tab.js("document.documentElement.lang");
        assert!(
            lang.as_str()
                .is_some_and(|tag| tag.starts_with(self.lang.short())),
            "{here} is in {lang}"
        );
        // What loads itself anew would take the tools away in the midst of it; the walk looks at its like. A paper runs no
        // script, and is no page of the console.
        if self.count("[data-events]") == 0 && self.count("#main") == 1 {
            let seen = self.eye.sees(&self.tab, loaded).into_iter();
            let faults = &mut self.eye.faults.borrow_mut();
            faults.extend(seen.map(|fault| format!("{here}: {fault}")));
        }
    }
}

fn numbers(found: &Value) -> Vec<u8> {
    let each = found.as_array().into_iter().flatten();
    each.map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()).unwrap())
        .collect()
}
