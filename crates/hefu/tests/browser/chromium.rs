//! Chromium without a screen, driven by its DevTools protocol over two pipes: no port, no driver, no further library.
//!
//! A browser started with `--remote-debugging-pipe` reads commands from descriptor 3 and writes answers and events to 4,
//! each a JSON object that ends with a zero byte.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

/// No page of a console takes longer, on whatever machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A started browser sends its standard streams elsewhere, and takes ours as its pipes.
const START: &str = r#"exec 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null; exec "$0" "$@""#;

const FLAGS: [&str; 15] = [
    "--headless",
    "--remote-debugging-pipe",
    // Where tests run as root, which the sandbox refuses.
    "--no-sandbox",
    "--disable-gpu",
    // Its crash handler would outlive it.
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    // Dates as the people who use the pages write them.
    "--lang=zh-CN",
];

/// Where distributions put it; first the one that never had a window, as the others draw theirs for each tab, unseen.
const PLACES: [&str; 4] = [
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
];

/// The browser of this machine; none where none is installed.
pub(crate) fn installed() -> Option<PathBuf> {
    PLACES.map(PathBuf::from).into_iter().find(|path| path.exists())
}

/// A browser with an empty profile. It ends with the value.
pub(crate) struct Browser {
    wire: Rc<RefCell<Wire>>,
    child: Child,
    _profile: TempDir,
}

impl Browser {
    pub(crate) fn start(program: &Path) -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", START])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let (told, from) = channel();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            let mut said = Vec::new();
            while answers.read_until(0, &mut said).is_ok_and(|read| read > 0) {
                said.pop();
                if told.send(serde_json::from_slice(&said).unwrap()).is_err() {
                    break;
                }
                said.clear();
            }
        });
        let wire = Wire {
            to: child.stdin.take().unwrap(),
            from,
            next: 0,
            events: VecDeque::new(),
        };
        Self {
            wire: Rc::new(RefCell::new(wire)),
            child,
            _profile: profile,
        }
    }

    /// An empty tab that shares no cookie with any other.
    pub(crate) fn tab(&self) -> Tab {
        let whole = |method: &str, params: Value| self.wire.borrow_mut().call(None, method, params).unwrap();
        let context = whole("Target.createBrowserContext", json!({}));
        let context = &context["browserContextId"];
        // A file that a page offers is looked at where it is asked for, and kept nowhere.
        whole(
            "Browser.setDownloadBehavior",
            json!({ "behavior": "deny", "browserContextId": context }),
        );
        let target = whole(
            "Target.createTarget",
            json!({ "url": "about:blank", "browserContextId": context }),
        );
        let attached = whole(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        let tab = Tab {
            wire: Rc::clone(&self.wire),
            context: context.clone(),
            session: attached["sessionId"].as_str().unwrap().to_owned(),
        };
        for domain in ["Page", "Runtime", "Network", "Log", "DOM"] {
            tab.call(&format!("{domain}.enable"), json!({}));
        }
        // So that each page weighs what it weighs at the first visit.
        tab.call("Network.setCacheDisabled", json!({ "cacheDisabled": true }));
        tab
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        _ = self.wire.borrow_mut().call(None, "Browser.close", json!({}));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(5) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(50));
        }
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What a page did while it was loaded.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The document's status; none where no document came, as of a file to be kept.
    pub(crate) status: Option<u64>,
    /// Addresses that were asked for.
    pub(crate) asked: Vec<String>,
    /// What stood on the console as an error, and exceptions.
    pub(crate) errors: Vec<String>,
    /// Bytes of all answers, as they came over the line.
    pub(crate) bytes: u64,
}

/// One tab. It is closed with the value: a page goes on asking for what it shows.
pub(crate) struct Tab {
    wire: Rc<RefCell<Wire>>,
    context: Value,
    session: String,
}

impl Tab {
    /// Opens an address, and waits until it is loaded.
    pub(crate) fn open(&self, address: &str) -> Loaded {
        self.forget();
        let answer = self.call("Page.navigate", json!({ "url": address }));
        if answer["errorText"].is_null() {
            self.until_loaded();
        }
        self.loaded()
    }

    /// Presses what a selector finds, and waits for the page to which that leads. Questions are answered with yes.
    pub(crate) fn press(&self, selector: &str) -> Loaded {
        self.forget();
        let found = self.js(&format!(
            "(() => {{ const it = document.querySelector({selector:?}); if (!it) return false; it.click(); return true; }})()"
        ));
        assert_eq!(found, true, "{selector} is not on {}", self.here());
        self.until_loaded();
        self.loaded()
    }

    /// Waits until the page, which was opened or pressed last, has loaded itself anew.
    pub(crate) fn anew(&self) -> Loaded {
        self.until_loads(2);
        self.loaded()
    }

    /// What an expression comes to; a promise is waited for.
    pub(crate) fn js(&self, expression: &str) -> Value {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut answer = self.call("Runtime.evaluate", params);
        let thrown = &answer["exceptionDetails"];
        assert!(thrown.is_null(), "{}: {thrown}", shortened(expression));
        answer["result"]["value"].take()
    }

    /// What an expression comes to, of a page that may be left at any moment; nothing where it is.
    pub(crate) fn seen(&self, expression: &str) -> Option<Value> {
        let params = json!({ "expression": expression, "returnByValue": true });
        let answer = self
            .wire
            .borrow_mut()
            .call(Some(&self.session), "Runtime.evaluate", params);
        let mut answer = answer.ok()?;
        Some(answer["result"]["value"].take())
    }

    /// The address that is shown.
    pub(crate) fn here(&self) -> String {
        self.js("location.href").as_str().unwrap_or_default().to_owned()
    }

    /// All that can be read on the page.
    pub(crate) fn text(&self) -> String {
        let text = self.js("document.body.innerText");
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Writes into a field, by its name, within the form that a selector finds.
    pub(crate) fn fill(&self, form: &str, name: &str, value: &str) {
        let field = format!("{form} [name={name:?}]");
        let filled = self.js(&format!(
            "(() => {{ const it = document.querySelector({field:?}); if (!it) return false; \
             if (it.type === 'checkbox') it.checked = true; else it.value = {value:?}; return true; }})()"
        ));
        assert_eq!(filled, true, "{field} is not on {}", self.here());
    }

    /// Chooses files for a field.
    pub(crate) fn choose(&self, selector: &str, files: &[PathBuf]) {
        let root = self.call("DOM.getDocument", json!({ "depth": 0 }));
        let found = self.call(
            "DOM.querySelector",
            json!({ "nodeId": root["root"]["nodeId"], "selector": selector }),
        );
        let params = json!({ "nodeId": found["nodeId"], "files": files });
        self.call("DOM.setFileInputFiles", params);
    }

    /// Makes the window so wide.
    pub(crate) fn wide(&self, width: u32) {
        let params = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", params);
    }

    /// What the window shows, as a PNG in base64.
    pub(crate) fn picture(&self) -> String {
        let picture = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        picture["data"].as_str().unwrap().to_owned()
    }

    /// The page as it would be printed, a PDF in base64.
    pub(crate) fn printed(&self) -> String {
        let printed = self.call("Page.printToPDF", json!({ "printBackground": false }));
        printed["data"].as_str().unwrap().to_owned()
    }

    fn call(&self, method: &str, params: Value) -> Value {
        let answer = self.wire.borrow_mut().call(Some(&self.session), method, params);
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn forget(&self) {
        let mut wire = self.wire.borrow_mut();
        let session = self.session.as_str();
        wire.events.retain(|event| event["sessionId"] != session);
    }

    fn until_loaded(&self) {
        self.until_loads(1);
    }

    /// Waits until so many pages have been loaded since the last was asked for.
    fn until_loads(&self, wanted: usize) {
        let is_load =
            |event: &&Value| event["sessionId"] == *self.session && event["method"] == "Page.loadEventFired";
        let begun = Instant::now();
        let mut wire = self.wire.borrow_mut();
        while wire.events.iter().filter(is_load).count() < wanted {
            assert!(begun.elapsed() < PATIENCE, "no page is loaded");
            if let Some(event) = wire.hear() {
                wire.events.push_back(event);
            }
        }
    }

    fn loaded(&self) -> Loaded {
        // What the page did last is told after its load; an answer here comes behind all of it. A paper has no timers.
        thread::sleep(Duration::from_millis(50));
        self.js("0");
        let mut loaded = Loaded::default();
        let wire = self.wire.borrow();
        for event in wire
            .events
            .iter()
            .filter(|event| event["sessionId"] == *self.session)
        {
            loaded.note(event);
        }
        loaded
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        let params = json!({ "browserContextId": self.context });
        _ = self
            .wire
            .borrow_mut()
            .call(None, "Target.disposeBrowserContext", params);
        self.forget();
    }
}

impl Loaded {
    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str().unwrap_or_default() {
            "Network.requestWillBeSent" => {
                let url = params["request"]["url"].as_str().unwrap_or_default();
                self.asked.push(url.to_owned());
            }
            "Network.responseReceived" if params["type"] == "Document" => {
                self.status = params["response"]["status"].as_u64();
            }
            "Network.loadingFinished" => {
                self.bytes += params["encodedDataLength"].as_f64().unwrap_or_default() as u64;
            }
            "Runtime.exceptionThrown" => self.errors.push(params["exceptionDetails"].to_string()),
            "Runtime.consoleAPICalled" if params["type"] == "error" => {
                self.errors.push(params["args"].to_string());
            }
            "Log.entryAdded" if params["entry"]["level"] == "error" => {
                self.errors.push(params["entry"].to_string());
            }
            _ => {}
        }
    }
}

/// The pipes, and the events that nobody has asked about yet.
struct Wire {
    to: ChildStdin,
    from: Receiver<Value>,
    next: u64,
    events: VecDeque<Value>,
}

impl Wire {
    fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        let id = self.send(session, method, params)?;
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let Some(mut said) = self.hear() else { continue };
            if said["id"] != id {
                self.events.push_back(said);
                continue;
            }
            return match said["error"].take() {
                Value::Null => Ok(said["result"].take()),
                error => Err(error.to_string()),
            };
        }
        Err("the browser does not answer".to_owned())
    }

    fn send(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<u64, String> {
        self.next += 1;
        let mut command = json!({ "id": self.next, "method": method, "params": params });
        if let Some(session) = session {
            command["sessionId"] = session.into();
        }
        let mut bytes = command.to_string().into_bytes();
        bytes.push(0);
        self.to.write_all(&bytes).map_err(|error| error.to_string())?;
        Ok(self.next)
    }

    /// The next thing that is said, if it comes soon.
    fn hear(&mut self) -> Option<Value> {
        let said = self.from.recv_timeout(Duration::from_millis(200)).ok()?;
        if said["method"] == "Page.javascriptDialogOpening" {
            let session = said["sessionId"].as_str().unwrap_or_default().to_owned();
            // Its answer is no one's: it lies with the events.
            _ = self.send(
                Some(&session),
                "Page.handleJavaScriptDialog",
                json!({ "accept": true }),
            );
        }
        Some(said)
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
