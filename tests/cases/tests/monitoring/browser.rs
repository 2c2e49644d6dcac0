//! A Chromium without a window, driven over a pipe as its developer tools do: it runs the page, presses keys and takes pictures.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use cached_redis_tests::{ScratchDir, eventually_blocking};
use serde_json::{Value, json};

/// Names the browser's binary. Default: the first that is in `PATH`.
const BINARY_ENV: &str = "CACHED_REDIS_CHROMIUM";
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Longer than any healthy answer takes on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(50);

/// What the page may not do: talk to anybody but the test.
const ARGUMENTS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-features=Translate,OptimizationHints,MediaRouter",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
];

/// A browser with one page, ended when this value is dropped.
#[derive(Debug)]
pub(crate) struct Browser {
    process: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    sent: u64,
    session: Option<String>,
    /// What went wrong in the page.
    pub(crate) complaints: Vec<String>,
    _dir: ScratchDir,
}

impl Browser {
    /// `None` where there is no browser, after a line that says so; `scripts/test.sh` installs one where it can.
    pub(crate) fn start() -> Option<Self> {
        let Some(binary) = binary() else {
            eprintln!(
                "SKIPPED: no Chromium is installed (none of {NAMES:?} in PATH, and no ${BINARY_ENV})"
            );
            return None;
        };
        let dir = ScratchDir::new("cr-browser");
        // The browser reads commands from its third descriptor and answers on its fourth.
        let mut process = Command::new("sh")
            .args([
                "-c",
                "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1",
            ])
            .arg(binary)
            .args(ARGUMENTS)
            .arg(format!("--user-data-dir={}", dir.path().display()))
            .env("HOME", dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("`sh` can be run");
        let commands = process.stdin.take().expect("a pipe");
        let answers = listen(process.stdout.take().expect("a pipe"));
        let mut browser = Self {
            process,
            commands,
            answers,
            sent: 0,
            session: None,
            complaints: Vec::new(),
            _dir: dir,
        };
        let target = browser.ask("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.ask("Target.attachToTarget", &attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in [
            "Page.enable",
            "Runtime.enable",
            "Log.enable",
            "Accessibility.enable",
        ] {
            browser.ask(domain, &json!({}));
        }
        Some(browser)
    }

    /// Goes there. Each picture is `width` wide.
    pub(crate) fn open(&mut self, url: &str, (width, height): (u32, u32)) {
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.ask("Emulation.setDeviceMetricsOverride", &size);
        self.ask("Page.navigate", &json!({ "url": url }));
    }

    /// Light or dark.
    pub(crate) fn prefer(&mut self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.ask(
            "Emulation.setEmulatedMedia",
            &json!({ "features": features }),
        );
    }

    /// What an expression is in the page.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let evaluate =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.ask("Runtime.evaluate", &evaluate);
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {answer}"
        );
        answer["result"]["value"].clone()
    }

    /// The text of what a selector finds.
    pub(crate) fn text(&mut self, selector: &str) -> String {
        let found = self.eval(&format!(
            "document.querySelector({selector:?})?.textContent"
        ));
        found.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows this there.
    #[track_caller]
    pub(crate) fn shows(&mut self, selector: &str, text: &str) {
        let mut found = String::new();
        let shown = eventually_blocking(PATIENCE, || {
            found = self.text(selector);
            found == text
        });
        assert!(shown, "`{selector}` shows `{found}`, not `{text}`");
    }

    /// Presses a key: `Tab`, `Enter` or `Space`.
    pub(crate) fn press(&mut self, key: &str) {
        let (name, number, text) = match key {
            "Tab" => ("Tab", 9, ""),
            "Enter" => ("Enter", 13, "\r"),
            "Space" => (" ", 32, " "),
            other => panic!("`{other}` is no key of these tests"),
        };
        let event = |kind| json!({"type": kind, "key": name, "code": key, "windowsVirtualKeyCode": number, "text": text});
        self.ask(
            "Input.dispatchKeyEvent",
            &event(if text.is_empty() {
                "rawKeyDown"
            } else {
                "keyDown"
            }),
        );
        let mut up = event("keyUp");
        up["text"] = json!("");
        self.ask("Input.dispatchKeyEvent", &up);
    }

    /// Roles and names as a screen reader gets them.
    pub(crate) fn spoken(&mut self) -> Vec<(String, String)> {
        let tree = self.ask("Accessibility.getFullAXTree", &json!({}));
        let nodes = tree["nodes"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        let nodes = nodes.iter().filter(|node| node["ignored"] != json!(true));
        nodes
            .map(|node| (text(&node["role"]), text(&node["name"])))
            .collect()
    }

    /// The page as a PNG.
    pub(crate) fn picture(&mut self) -> Vec<u8> {
        let taken = self.ask(
            "Page.captureScreenshot",
            &json!({"format": "png", "optimizeForSpeed": false}),
        );
        decode(taken["data"].as_str().expect("a picture"))
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.sent += 1;
        let mut command = json!({"id": self.sent, "method": method, "params": params});
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        write!(self.commands, "{command}\0").expect("the browser is there");
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let answer =
                answer.unwrap_or_else(|_| panic!("the browser does not answer to {method}"));
            match answer["method"].as_str() {
                Some("Runtime.exceptionThrown" | "Log.entryAdded") => {
                    self.complaints.push(answer["params"].to_string());
                }
                _ if answer["id"] == json!(self.sent) => {
                    assert!(answer["error"].is_null(), "{method}: {answer}");
                    return answer["result"].clone();
                }
                _ => {}
            }
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its other processes end when it does.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary() -> Option<String> {
    if let Ok(binary) = std::env::var(BINARY_ENV) {
        return Some(binary);
    }
    let path = std::env::var_os("PATH")?;
    let is_there = |name: &&str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    NAMES.into_iter().find(is_there).map(str::to_owned)
}

/// Each message ends with a zero.
fn listen(answers: ChildStdout) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for message in BufReader::new(answers).split(0) {
            let Ok(message) = message else { return };
            let message = serde_json::from_slice(&message).expect("JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

/// Base64, of which the tests need no more than this.
fn decode(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|one| *one == letter) else {
            continue;
        };
        bits = (bits << 6) | u32::try_from(value).unwrap_or_default();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xFF).unwrap_or_default());
        }
    }
    bytes
}
