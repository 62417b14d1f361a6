//! Forms: read with their token checked, and shown once more with what is wrong beside each field.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::{Form as UrlEncoded, FromRequest, FromRequestParts as _, Request};
use axum::response::{IntoResponse, Redirect, Response};
use hefu_node::api::view::ErrorView;
use jiff::civil::Date;
use tokio::time::timeout;
use zeroize::Zeroize as _;

use crate::Shared;
use crate::fault::{Fault, Result};
use crate::guard::{Visit, Who, from_our_page};
use crate::page::Page;

/// The hidden field of every form.
pub(crate) const TOKEN: &str = "csrf";

/// A form of which nothing comes for so long is given up.
const IDLE: Duration = Duration::from_secs(30);

/// Waits for what a browser sends, not for ever.
pub(crate) async fn in_time<T>(reading: impl Future<Output = T>) -> Result<T> {
    timeout(IDLE, reading).await.map_err(|_| Fault::Form)
}

/// What somebody who is signed in sent with a form of this console. There is no other way to read a form, so none is read
/// whose token was not checked.
pub(crate) struct Sent {
    pub(crate) who: Who,
    pub(crate) fields: Fields,
}

/// What somebody sent who is not signed in: only the sign-in has such a form.
pub(crate) struct SentOpen {
    pub(crate) visit: Visit,
    pub(crate) fields: Fields,
}

/// The fields of a form, in order. They may hold passwords and numbers of people, so they are wiped and never shown by
/// themselves.
pub(crate) struct Fields(Vec<(String, String)>);

impl FromRequest<Shared> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, console: &Shared) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        let who = Who::from_request_parts(&mut parts, console).await?;
        if !from_our_page(&parts.headers) {
            return Err(Fault::Forged);
        }
        let fields = Fields::read(Request::from_parts(parts, body)).await?;
        match who.gave(fields.text(TOKEN)) {
            true => Ok(Self { who, fields }),
            false => Err(Fault::Forged),
        }
    }
}

impl FromRequest<Shared> for SentOpen {
    type Rejection = Fault;

    async fn from_request(request: Request, console: &Shared) -> Result<Self> {
        let (mut parts, body) = request.into_parts();
        if !from_our_page(&parts.headers) {
            return Err(Fault::Forged);
        }
        let visit = Visit::of(console, &mut parts);
        let fields = Fields::read(Request::from_parts(parts, body)).await?;
        Ok(Self { visit, fields })
    }
}

impl Fields {
    async fn read(request: Request) -> Result<Self> {
        let read = in_time(UrlEncoded::from_request(request, &())).await?;
        // Why it can't be read would quote it.
        let UrlEncoded(fields) = read.map_err(|_| Fault::Form)?;
        Ok(Self(fields))
    }

    /// A field without white space around it; nothing where it was not sent.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.raw(name).trim()
    }

    /// A field as it was typed: a password, a text of several lines.
    pub(crate) fn raw(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(named, _)| named == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// A field that may be left empty.
    pub(crate) fn maybe(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// Every value under a name: of boxes to tick.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.0.iter().filter(move |(named, _)| named == name);
        named.map(|(_, value)| value.trim())
    }

    /// Whether a box was ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        for (_, value) in &mut self.0 {
            value.zeroize();
        }
    }
}

/// Something wrong in a form.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    /// Beside which field; empty for the form as a whole.
    pub(crate) field: String,
    /// What is wrong and what to do.
    pub(crate) words: String,
}

/// A form as it is shown: the values of the fields that may be shown again, and what is wrong. Templates know it as `f`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    values: BTreeMap<Cow<'static, str>, String>,
    problems: Vec<Problem>,
}

impl Form {
    /// An empty form.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// With the values that were sent in these fields. Passwords and numbers of people are not among them: what was
    /// refused is typed anew.
    pub(crate) fn keeping(fields: &Fields, shown: &[&'static str]) -> Self {
        let values = shown
            .iter()
            .map(|name| (Cow::Borrowed(*name), fields.raw(name).to_owned()));
        Self {
            values: values.collect(),
            problems: Vec::new(),
        }
    }

    /// With a value.
    pub(crate) fn with(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// A day that somebody asks for; where it is none, that is said beside its field.
    pub(crate) fn day(&mut self, p: &Page, field: &str, text: &str) -> Option<Date> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let day = text.parse();
        if day.is_err() {
            self.wrong(field, p.w("shell.no_day"));
        }
        day.ok()
    }

    /// Notes that something is wrong with a field.
    pub(crate) fn wrong(&mut self, field: &str, words: String) {
        self.problems.push(Problem {
            field: field.to_owned(),
            words,
        });
    }

    /// Notes that a field must be filled in, where it is empty.
    pub(crate) fn demand(&mut self, visit: &Visit, fields: &Fields, names: &[&'static str]) {
        for name in names {
            if fields.text(name).is_empty() {
                self.wrong(name, crate::words::say(visit.lang, "shell.form_empty", &[]));
            }
        }
    }

    /// Notes what the interface found wrong: beside the field that it names where `places` has it, as pairs of the
    /// interface's name or code and the field's.
    pub(crate) fn refused(&mut self, visit: &Visit, error: &ErrorView, places: &[(&str, &str)]) {
        let named = [error.field.as_deref(), Some(error.code.as_str())];
        let place = places.iter().find(|(name, _)| named.contains(&Some(name)));
        self.wrong(place.map_or("", |(_, field)| field), visit.words_of(error));
    }

    pub(crate) fn is_fine(&self) -> bool {
        self.problems.is_empty()
    }

    /// For the list above the form.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }

    /// The value of a field.
    pub(crate) fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// Whether a field has this value: of a list to choose from.
    pub(crate) fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// What is wrong with a field.
    pub(crate) fn problem(&self, name: &str) -> Option<&str> {
        let mut problems = self.problems.iter();
        problems
            .find(|problem| problem.field == name)
            .map(|problem| problem.words.as_str())
    }
}

/// Leads on after something was done, with a word of it: a key that begins with `done_`.
pub(crate) fn done(path: &str, key: &'static str) -> Response {
    let between = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{between}done={key}")).into_response()
}
