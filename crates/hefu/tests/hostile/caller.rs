//! Somebody who speaks HTTP by hand, and so can also speak it badly.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::common::node::{Node, Serving};

const PASSWORD: &str = "床前明月光疑是地上霜举头";

/// What separates the fields of a form with files.
pub(crate) const BOUNDARY: &str = "----hostile";

/// A node that runs, with an account at it.
pub(crate) struct Target {
    pub(crate) node: Node,
    serving: Serving,
    pub(crate) address: String,
    token: String,
    /// The first page of whoever has the account.
    home: &'static str,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Answer {
    /// Out of all that came on a line.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let all = String::from_utf8_lossy(bytes);
        let (head, text) = all
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no answer: {all}"));
        Self {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            text: text.to_owned(),
        }
    }
}

impl Target {
    pub(crate) fn start(dir: &Path) -> Self {
        Self::start_with(dir, |_| {})
    }

    /// With other settings.
    pub(crate) fn start_with(dir: &Path, change: impl FnOnce(&mut toml::Table)) -> Self {
        let node = Node::made(dir, "civil", "县民政局", "civil_affairs");
        node.set(change);
        Self::serving(node, "it", "/it/imports")
    }

    /// A conference's office, with an account of its clerk's.
    pub(crate) fn office(dir: &Path) -> Self {
        let node = Node::made(dir, "office", "县联席会议办公室", "conference_office");
        Self::serving(node, "office", "/conferences")
    }

    fn serving(node: Node, role: &str, home: &'static str) -> Self {
        let serving = node.serve();
        let settings: toml::Table = fs::read_to_string(node.folder.join("node.toml"))
            .unwrap()
            .parse()
            .unwrap();
        let address = settings["operators"]["listen"].as_str().unwrap().to_owned();
        let token = fs::read_to_string(node.folder.join("api.token")).unwrap();
        let target = Self {
            node,
            serving,
            address,
            token: token.trim().to_owned(),
            home,
        };
        let account = json!({ "account": "wang", "name": "王建国", "role": role, "password": PASSWORD });
        let added = target.program(
            "POST",
            "/api/v1/accounts",
            "application/json",
            account.to_string().as_bytes(),
        );
        assert_eq!(added.status, 201, "{}", added.text);
        target
    }

    /// A line on which nothing was said yet.
    pub(crate) fn line(&self) -> TcpStream {
        let line = TcpStream::connect(&self.address).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        line.set_write_timeout(Some(Duration::from_secs(120))).unwrap();
        line
    }

    /// The head of a program's request, up to what it says of its body.
    pub(crate) fn program_head(&self, method: &str, path: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nhefu-actor: tester\r\nconnection: close\r\n",
            self.address, self.token
        )
    }

    pub(crate) fn program(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Answer {
        let head = self.program_head(method, path);
        self.ask(
            &format!(
                "{head}content-type: {kind}\r\ncontent-length: {}\r\n\r\n",
                body.len()
            ),
            body,
        )
    }

    /// Says all of it, and hears all that is answered.
    pub(crate) fn ask(&self, head: &str, body: &[u8]) -> Answer {
        let mut line = self.line();
        line.write_all(head.as_bytes()).unwrap();
        line.write_all(body).unwrap();
        let mut bytes = Vec::new();
        line.read_to_end(&mut bytes).unwrap();
        Answer::of(&bytes)
    }

    /// Whether it still answers, and how soon.
    pub(crate) fn still_answers(&self) {
        let begun = std::time::Instant::now();
        let answer = self.ask(
            &format!(
                "GET /health HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
                self.address
            ),
            b"",
        );
        assert_eq!(answer.status, 200, "{}", self.node.logged());
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    /// Signs in as a browser does: the cookie.
    pub(crate) fn signed_in(&self) -> Visitor<'_> {
        let body = format!("account=wang&password={PASSWORD}");
        let head = format!(
            "POST /sign-in HTTP/1.1\r\nhost: {}\r\nconnection: close\r\nsec-fetch-site: same-origin\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        let answer = self.ask(&head, body.as_bytes());
        assert_eq!(answer.status, 303, "{}", answer.text);
        let cookie = answer.head.split("hefu_session=").nth(1).unwrap();
        let mut visitor = Visitor {
            target: self,
            cookie: cookie.split(';').next().unwrap().to_owned(),
            csrf: String::new(),
        };
        let page = visitor.get(self.home);
        let token = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap();
        visitor.csrf = token.split('"').next().unwrap().to_owned();
        visitor
    }

    /// The most memory that it had since [`Target::forget_peak`], in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        self.memory("VmHWM:")
    }

    /// Begins to count anew, and gives what it has now, in MiB.
    pub(crate) fn forget_peak(&self) -> u64 {
        fs::write(format!("/proc/{}/clear_refs", self.serving.id()), "5").unwrap();
        self.memory("VmRSS:")
    }

    fn memory(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.serving.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() >> 10
    }

    /// What waits to be imported, by name.
    pub(crate) fn uploads(&self) -> usize {
        fs::read_dir(self.node.folder.join("spool/uploads"))
            .unwrap()
            .count()
    }
}

/// Somebody who has signed in at the pages.
pub(crate) struct Visitor<'a> {
    target: &'a Target,
    cookie: String,
    pub(crate) csrf: String,
}

impl Visitor<'_> {
    pub(crate) fn get(&self, path: &str) -> Answer {
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: hefu_session={}\r\n\r\n",
            self.target.address, self.cookie
        );
        self.target.ask(&head, b"")
    }

    /// The head of a form that is sent, up to what it says of its length.
    pub(crate) fn form_head(&self, path: &str, kind: &str) -> String {
        format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: hefu_session={}\r\n\
             sec-fetch-site: same-origin\r\ncontent-type: {kind}\r\n",
            self.target.address, self.cookie
        )
    }

    pub(crate) fn files_head(&self, path: &str) -> String {
        self.form_head(path, &format!("multipart/form-data; boundary={BOUNDARY}"))
    }

    /// A form with files as far as the first byte of its file.
    pub(crate) fn up_to_file(&self, field: &str, file: &str) -> String {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{}\r\n\
             --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{field}\"; filename=\"{file}\"\r\n\r\n",
            self.csrf
        )
    }

    /// Sends a file with a form.
    pub(crate) fn send_file(&self, path: &str, field: &str, file: &str, content: &[u8]) -> Answer {
        let end = format!("\r\n--{BOUNDARY}--\r\n");
        let body = [self.up_to_file(field, file).as_bytes(), content, end.as_bytes()].concat();
        let head = format!("{}content-length: {}\r\n\r\n", self.files_head(path), body.len());
        self.target.ask(&head, &body)
    }
}
