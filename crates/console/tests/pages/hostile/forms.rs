//! Scripts in every field of every form that somebody can come to, at nodes as they are: whatever is shown of them, in the
//! same form, in a list or by another role, is text.

use std::collections::{BTreeSet, VecDeque};

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};

use super::table::{Kind, all};
use crate::case_real;
use crate::desk::{Answer, Desk};
use crate::it::multipart;
use crate::office::at_a_node::office_with_members;
use crate::real::Real;

const EVIL: [&str; 5] = [
    "\"><img src=x onerror=alert(1)>",
    "<script>alert(1)</script>{{7*7}}",
    "' onfocus='x' \" onfocus=\"x",
    "javascript:alert(1)//--></title>",
    "=cmd|'/c calc'!A1",
];

/// What none of these may become in a page.
const RUNS: [&str; 8] = [
    "<img src=x",
    "<script>",
    "</title><",
    "onfocus=\"",
    "onfocus='",
    "href=\"javascript:",
    "action=\"javascript:",
    "src=\"javascript:",
];

/// By which what is shown of them is counted.
const SHOWN: [&str; 4] = ["onerror=alert(1)", "alert(1)", "onfocus=", "=cmd|"];

/// What somebody does who goes on to work afterwards.
const LEFT_OUT: [&str; 4] = ["/sign-out", "/it/accounts/", "/delete", "/it/peers/"];

/// A form, as a page has it.
#[derive(Clone)]
struct Form {
    action: String,
    posts: bool,
    files: bool,
    fields: Vec<Field>,
    /// Name and value of each button, where it has one.
    buttons: Vec<Option<(String, String)>>,
}

#[derive(Clone)]
struct Field {
    name: String,
    kind: String,
    value: String,
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let rest = tag.split(&format!(" {name}=\"")).nth(1)?;
    let value = rest.split('"').next()?;
    let plain = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    Some(
        plain
            .iter()
            .fold(value.to_owned(), |text, (escaped, is)| text.replace(escaped, is)),
    )
}

fn forms(page: &str) -> Vec<Form> {
    let mut forms = Vec::new();
    for form in page.split("<form").skip(1) {
        let (head, rest) = form.split_once('>').unwrap();
        let form = rest.split("</form>").next().unwrap();
        let mut made = Form {
            action: attribute(head, "action").unwrap_or_default(),
            posts: attribute(head, "method").as_deref() == Some("post"),
            files: head.contains("multipart"),
            fields: Vec::new(),
            buttons: Vec::new(),
        };
        for tag in form.split('<').filter_map(|rest| rest.split('>').next()) {
            let kind = match tag.split_whitespace().next() {
                Some("input") => attribute(tag, "type").unwrap_or_default(),
                Some("textarea") => "textarea".to_owned(),
                Some("select") => "select".to_owned(),
                Some("option") => {
                    let last = made.fields.last_mut().unwrap();
                    let value = attribute(tag, "value").unwrap_or_default();
                    if !value.is_empty() && (last.value.is_empty() || tag.contains(" selected")) {
                        last.value = value;
                    }
                    continue;
                }
                Some("button") => {
                    made.buttons
                        .push(attribute(tag, "name").zip(attribute(tag, "value")));
                    continue;
                }
                _ => continue,
            };
            if let Some(name) = attribute(tag, "name") {
                let value = attribute(tag, "value").unwrap_or_default();
                made.fields.push(Field { name, kind, value });
            }
        }
        if made.buttons.is_empty() {
            made.buttons.push(None);
        }
        forms.push(made);
    }
    forms
}

impl Form {
    /// Filled in so that what is written freely is evil, or everything is.
    fn filled(&self, evil: &str, everything: bool) -> Vec<(String, String)> {
        let fields = self.fields.iter().filter(|field| field.kind != "file");
        let mut filled: Vec<_> = fields
            .map(|field| {
                let value = match field.kind.as_str() {
                    _ if field.name == "csrf" => field.value.clone(),
                    _ if everything => evil.to_owned(),
                    "text" | "search" | "textarea" | "password" => evil.to_owned(),
                    "date" => "2026-12-01".to_owned(),
                    "month" => "2026-07".to_owned(),
                    "number" => "1".to_owned(),
                    _ => field.value.clone(),
                };
                (field.name.clone(), value)
            })
            .collect();
        // The token stays the first.
        filled.sort_by_key(|(name, _)| name != "csrf");
        filled
    }
}

/// What came of it.
#[derive(Default)]
struct Seen {
    pages: BTreeSet<String>,
    /// Actions of forms that were sent, and how many of these were taken.
    sent: BTreeSet<String>,
    taken: usize,
    shown: usize,
}

impl Seen {
    fn look(&mut self, at: &str, answer: &Answer) {
        assert!(
            answer.status != StatusCode::INTERNAL_SERVER_ERROR,
            "{at}: {}",
            answer.text
        );
        let kind = answer
            .headers
            .get(CONTENT_TYPE)
            .map(|kind| kind.to_str().unwrap());
        match kind.map(|kind| kind.split(';').next().unwrap()) {
            // A paper is what this console's binary gives as it is: the facts, which are no page.
            Some("text/html") if !answer.text.starts_with("<!doctype") => {}
            Some("text/html") => {
                for runs in RUNS {
                    assert!(
                        !answer.text.to_lowercase().contains(runs),
                        "{at}: {runs}: {}",
                        answer.text
                    );
                }
                self.shown += SHOWN
                    .iter()
                    .map(|part| answer.text.matches(part).count())
                    .sum::<usize>();
            }
            Some("text/csv") => {
                for cell in ["\"=", "\"+", "\"-", "\"@", ",=", ",+", ",@"] {
                    assert!(!answer.text.contains(cell), "{at}: {}", answer.text);
                }
            }
            _ => {}
        }
        let location = answer
            .headers
            .get(LOCATION)
            .map(|location| location.to_str().unwrap());
        assert!(
            location.is_none_or(|to| to.starts_with('/') && !to.starts_with("//")),
            "{at}: {location:?}"
        );
    }

    /// Goes wherever links lead.
    async fn walk(&mut self, desk: &mut Desk, starts: &[&str]) -> Vec<Form> {
        let mut found = Vec::new();
        let mut known = BTreeSet::new();
        let mut to_go: VecDeque<String> = starts.iter().map(|start| (*start).to_owned()).collect();
        while let Some(path) = to_go.pop_front() {
            let answer = desk.get(&path).await;
            self.look(&path, &answer);
            self.pages.insert(path.split('?').next().unwrap().to_owned());
            found.extend(forms(&answer.text));
            for link in answer.text.split("href=\"").skip(1) {
                let link = link
                    .split(['"', '#'])
                    .next()
                    .unwrap()
                    .replace("&#38;", "&")
                    .replace("&amp;", "&");
                let ours = link.starts_with('/') && !link.starts_with("/assets") && !link.contains("lang=");
                if ours && !link.contains("sort=") && known.len() < 200 && known.insert(link.clone()) {
                    to_go.push_back(link);
                }
            }
        }
        found
    }

    async fn fill_in(&mut self, desk: &mut Desk, forms: Vec<Form>) {
        let mut done = BTreeSet::new();
        let mut to_do = VecDeque::from(forms);
        while let Some(form) = to_do.pop_front() {
            let names: Vec<_> = form.fields.iter().map(|field| field.name.clone()).collect();
            let is_new = done.insert((form.action.clone(), names));
            if !is_new || form.fields.len() < 2 || LEFT_OUT.iter().any(|out| form.action.contains(out)) {
                continue;
            }
            for (button, (evil, everything)) in form.buttons.iter().flat_map(|button| {
                EVIL.iter()
                    .flat_map(move |evil| [(button, (*evil, false)), (button, (*evil, true))])
            }) {
                let mut fields = form.filled(evil, everything);
                fields.extend(button.clone());
                let answer = send(desk, &form, &fields).await;
                self.look(&form.action, &answer);
                // What an answer leads on to is filled in as well.
                to_do.extend(self::forms(&answer.text));
                if form.posts {
                    self.sent.insert(form.action.clone());
                    self.taken += usize::from(answer.status == StatusCode::SEE_OTHER);
                    assert_ne!(
                        answer.status,
                        StatusCode::FORBIDDEN,
                        "{}: {}",
                        form.action,
                        answer.text
                    );
                }
            }
        }
    }
}

async fn send(desk: &mut Desk, form: &Form, fields: &[(String, String)]) -> Answer {
    let plain: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    if !form.posts {
        let pairs: Vec<_> = plain
            .iter()
            .map(|(name, value)| format!("{name}={}", crate::desk::encode(value)))
            .collect();
        return desk.get(&format!("{}?{}", form.action, pairs.join("&"))).await;
    }
    if !form.files {
        return desk.post(&form.action, &plain).await;
    }
    // A file whose name is evil, with something evil in it.
    let evil = "\"><img src=x>.csv".replace('"', "%22");
    let content = "身份证号,<img src=x>\n=cmd|x,<script>alert(1)</script>\n";
    let mut parts: Vec<(&str, Option<&str>, &str)> =
        plain.iter().map(|(name, value)| (*name, None, *value)).collect();
    for file in form.fields.iter().filter(|field| field.kind == "file") {
        parts.push((&file.name, Some(&evil), content));
    }
    let (request, body) = multipart(&form.action, &parts);
    desk.send(request, body).await
}

/// Everybody fills in what they come to; then everybody looks at all there is.
async fn haunted(real: &Real, people: &[&str]) -> Seen {
    let mut seen = Seen::default();
    let mut desks = Vec::new();
    for account in people {
        desks.push(real.desk(account).await);
    }
    for desk in &mut desks {
        let forms = seen.walk(desk, &["/", "/conferences", "/password"]).await;
        seen.fill_in(desk, forms).await;
    }
    seen.shown = 0;
    for desk in &mut desks {
        let home = desk.get("/").await;
        let home = home.location().to_owned();
        seen.walk(desk, &[&home, "/conferences"]).await;
    }
    seen
}

/// Which forms of the console these addresses are.
fn forms_of(sent: &BTreeSet<String>) -> BTreeSet<&'static str> {
    let fits = |address: &str, path: &str| {
        let (address, path): (Vec<_>, Vec<_>) = (address.split('/').collect(), path.split('/').collect());
        let mut parts = address.iter().zip(&path);
        address.len() == path.len() && parts.all(|(is, part)| is == part || part.starts_with('{'))
    };
    let posts = all()
        .filter(|(_, kind, _)| *kind != Kind::Page)
        .map(|(_, _, path)| path);
    posts
        .filter(|path| {
            sent.iter()
                .any(|address| fits(address.split('?').next().unwrap(), path))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_into_an_agencys_forms_is_text_wherever_it_is_shown() {
    // Without findings, with what is asked before there are any; and with some.
    let mut before = haunted(&case_real::imported().await, &["wang", "liu", "zhao"]).await;
    let seen = haunted(&case_real::node().await, &["liu", "chen", "zhao"]).await;
    before.sent.extend(seen.sent);
    let forms = forms_of(&before.sent);
    assert!(forms.len() >= 15, "{forms:?}");
    assert!(
        seen.pages.len() >= 30 && seen.taken >= 10,
        "{} {}",
        seen.pages.len(),
        seen.taken
    );
    assert!(seen.shown >= 20, "{}", seen.shown);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_into_an_offices_forms_is_text_wherever_it_is_shown() {
    let (real, _) = office_with_members().await;
    let seen = haunted(&real, &["sun", "zhao", "wang"]).await;
    let forms = forms_of(&seen.sent);
    assert!(forms.len() >= 10, "{forms:?}");
    assert!(
        seen.shown >= 10 && seen.taken >= 3,
        "{} {}",
        seen.shown,
        seen.taken
    );
}
