//! What every page has around it: whose it is, their menu, the language, what was just done, what is wrong.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use askama::Template;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::api::part;
use crate::assets;
use crate::fault::{Fault, Result};
use crate::form::Problem;
use crate::guard::{Seen, Visit, Who};
use crate::session::Role;
use crate::{Lang, Paper, Printed, case, compliance, it, office, show, words};

/// A line of a menu: where it leads, and the key of its words.
pub(crate) type Entry = (&'static str, &'static str);

/// The shell of one page. Templates know it as `p`.
pub(crate) struct Page {
    /// The language of the page.
    pub(crate) lang: Lang,
    title: String,
    /// Who is signed in; nobody on the sign-in page.
    pub(crate) who: Option<Arc<Seen>>,
    /// What every form bears.
    pub(crate) csrf: String,
    /// Whether findings are shown, over which the notice stands then.
    pub(crate) findings: bool,
    /// What is wrong in the form that was sent, to be listed above it.
    pub(crate) problems: Vec<Problem>,
    here: Arc<str>,
    done: Option<Arc<str>>,
    visit: Visit,
}

/// A page that answers with 200.
pub(crate) fn html(template: &impl Template) -> Result<Response> {
    with_status(StatusCode::OK, template)
}

/// A form that was refused, with what is wrong beside its fields.
pub(crate) fn refused(template: &impl Template) -> Result<Response> {
    with_status(StatusCode::UNPROCESSABLE_ENTITY, template)
}

/// A paper that the binary prints of what the interface gave: a page is shown, to be printed from there, anything else is
/// a file to be kept.
pub(crate) fn paper(who: &Who, paper: Paper, given: &[u8]) -> Result<Response> {
    let printed = who.visit.console.binary.print(who.visit.lang, paper, given);
    let printed = printed.map_err(|unprinted| {
        tracing::error!(code = unprinted.code, "a paper could not be printed");
        Fault::Broken { what: "paper" }
    })?;
    self::printed(printed)
}

/// The same of what was printed already.
pub(crate) fn printed(printed: Printed) -> Result<Response> {
    let how = if printed.media.starts_with("text/html") {
        "inline"
    } else {
        "attachment"
    };
    let named = format!("{how}; filename=\"{}\"", printed.name);
    // A paper is whole in itself, with its styles inside; it runs and loads nothing, and is nobody's origin.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'; \
                  form-action 'none'; sandbox allow-modals";
    let headers = [
        (CONTENT_TYPE, printed.media.to_owned()),
        (CONTENT_DISPOSITION, named),
        (CONTENT_SECURITY_POLICY, policy.to_owned()),
    ];
    Ok((headers, printed.bytes).into_response())
}

fn with_status(status: StatusCode, template: &impl Template) -> Result<Response> {
    let html = template
        .render()
        .map_err(|_| Fault::Broken { what: "template" })?;
    Ok((status, Html(html)).into_response())
}

impl Page {
    pub(crate) fn new(visit: Visit, who: Option<Arc<Seen>>, csrf: String, title: &'static str) -> Self {
        Self {
            lang: visit.lang,
            title: words::say(visit.lang, title, &[]),
            who,
            csrf,
            findings: false,
            problems: Vec::new(),
            here: Arc::clone(&visit.here),
            done: visit.done.clone(),
            visit,
        }
    }

    /// With the notice that stands over findings.
    pub(crate) fn with_findings(mut self) -> Self {
        self.findings = true;
        self
    }

    /// With another title, which is not of the words: a person's masked number, an agreement's.
    pub(crate) fn titled(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// As the page at another address, where what was sent to this one can't be asked for: for the menu and the switch of
    /// languages.
    pub(crate) fn at(mut self, here: &str) -> Self {
        self.here = here.into();
        self
    }

    /// With what is wrong in a form.
    pub(crate) fn wrong(mut self, problems: Vec<Problem>) -> Self {
        self.problems = problems;
        self
    }

    /// The heading.
    pub(crate) fn title(&self) -> &str {
        &self.title
    }

    /// Words of the pages.
    pub(crate) fn w(&self, key: &str) -> String {
        words::say(self.lang, key, &[])
    }

    /// Words of the pages with one blank, `{0}`.
    pub(crate) fn w1(&self, key: &str, a: impl Display) -> String {
        words::say(self.lang, key, &[&a])
    }

    /// Words of the pages with two blanks, `{0}` and `{1}`.
    pub(crate) fn w2(&self, key: &str, a: impl Display, b: impl Display) -> String {
        words::say(self.lang, key, &[&a, &b])
    }

    /// Words of the pages for a code behind the beginning of a key; the code itself where there are none.
    pub(crate) fn wx(&self, start: &str, code: &str) -> String {
        let found = words::find(self.lang, &format!("{start}{code}"));
        found.map_or_else(|| code.to_owned(), str::to_owned)
    }

    /// The words of a code of the node's, behind the prefix that its kind has in the project's table.
    pub(crate) fn said(&self, prefix: &str, code: &str) -> String {
        self.said_with(prefix, code, &BTreeMap::new())
    }

    /// The same with parameters.
    pub(crate) fn said_with(&self, prefix: &str, code: &str, params: &BTreeMap<String, String>) -> String {
        self.visit.said(&format!("{prefix}{code}"), params)
    }

    /// A moment as people here read it.
    pub(crate) fn time(&self, at: &Timestamp) -> String {
        show::time(*at)
    }

    /// Days left until a last day, in words: the class of its badge, and what it says.
    pub(crate) fn deadline(&self, until: &Date, today: &Date) -> (&'static str, String) {
        show::deadline(self.lang, *until, *today)
    }

    /// Money in yuan.
    pub(crate) fn yuan(&self, fen: &i64) -> String {
        show::yuan(*fen)
    }

    /// A count with its thousands set apart.
    pub(crate) fn count(&self, count: &u64) -> String {
        show::count(*count)
    }

    /// A size in a unit that fits.
    pub(crate) fn bytes(&self, bytes: &u64) -> String {
        show::bytes(*bytes)
    }

    /// The beginning of a digest or a key.
    pub(crate) fn short(&self, digest: impl Display) -> String {
        show::short(&digest.to_string())
    }

    /// A part of an address, with everything encoded that could lead elsewhere.
    pub(crate) fn part(&self, text: &str) -> String {
        part(text)
    }

    /// The address of an asset.
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The address of this page in the other language.
    pub(crate) fn switch(&self) -> String {
        self.lang.switch(&self.here)
    }

    /// What was just done, where the address says so.
    pub(crate) fn done(&self) -> Option<&'static str> {
        words::find(self.lang, self.done.as_deref()?)
    }

    /// Whether a case worker looks at a page that is not theirs alone.
    pub(crate) fn is_case_worker(&self) -> bool {
        let role = self.who.as_ref().map(|who| who.role);
        role == Some(Role::CaseWorker)
    }

    /// The menu of whoever is signed in: of their role, and with what every member sees of its conferences last.
    pub(crate) fn menu(&self) -> Vec<Entry> {
        let own = match self.who.as_ref().map(|who| who.role) {
            None => return Vec::new(),
            Some(Role::It) => it::MENU,
            Some(Role::CaseWorker) => case::MENU,
            Some(Role::Compliance) => compliance::MENU,
            Some(Role::Office) => office::MENU,
        };
        own.iter().chain(&[office::CONFERENCES]).copied().collect()
    }

    /// Whether a line of the menu is where one stands.
    pub(crate) fn is_here(&self, path: &str) -> bool {
        let here = self.here.split('?').next().unwrap_or_default();
        here == path || here.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
    }
}
