//! A real Chromium without a window, controlled through its [debugging protocol]. Each test that starts Chromium needs
//! provisioned tools.
//!
//! Chromium resolves no host but 127.0.0.1, so a page that needs anything else fails visibly.
//!
//! [debugging protocol]: https://chromedevtools.github.io/devtools-protocol/

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tools;

/// Timeout of a response, long enough for a busy machine.
const RESPONSE_TIMEOUT: Duration = Duration::from_mins(1);

/// The protocol uses the descriptors 3 and 4. Only a shell can connect them without unsafe code.
const CONNECT: &str = r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>&2"#;

const ARGUMENTS: [&str; 15] = [
    "--remote-debugging-pipe",
    "--headless",
    // The tests may run as root, and without access to a GPU.
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
];

/// A running Chromium with one tab; killed on drop.
#[derive(Debug)]
pub struct Chromium {
    process: Child,
    requests: ChildStdin,
    messages: Receiver<Value>,
    last_id: u64,
    session: String,
    events: Vec<Value>,
    _profile: TempDir,
}

impl Chromium {
    /// Starts Chromium with a new profile.
    ///
    /// # Panics
    /// If Chromium does not start.
    #[must_use]
    pub fn start() -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut command = Command::new("sh");
        command.args(["-c", CONNECT]).arg(tools::file("chromium/chromium")).args(ARGUMENTS);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.env("LD_LIBRARY_PATH", tools::folder().join("chromium/lib")).env("HOME", profile.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("start Chromium");
        let requests = process.stdin.take().expect("a pipe to Chromium");
        let mut answers = BufReader::new(process.stdout.take().expect("a pipe from Chromium"));
        let (sender, messages) = channel();
        thread::spawn(move || {
            let mut message = Vec::new();
            // Each message ends with a zero byte.
            while answers.read_until(0, &mut message).is_ok_and(|length| length > 0) {
                message.pop();
                let Ok(parsed) = serde_json::from_slice(&message) else { return };
                if sender.send(parsed).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let (session, events) = (String::new(), Vec::new());
        let mut chromium =
            Self { process, requests, messages, last_id: 0, session, events, _profile: profile };
        let target = chromium.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let session = chromium.call("Target.attachToTarget", &attach);
        session["sessionId"].as_str().expect("a session").clone_into(&mut chromium.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            chromium.call(&format!("{domain}.enable"), &json!({}));
        }
        chromium
    }

    /// Calls a method of the protocol.
    ///
    /// # Panics
    /// If the method fails, or does not answer.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last_id += 1;
        let mut request = json!({ "id": self.last_id, "method": method, "params": parameters });
        if !self.session.is_empty() {
            request["sessionId"] = self.session.clone().into();
        }
        self.requests.write_all(format!("{request}\0").as_bytes()).expect("write to Chromium");
        loop {
            let message = self.messages.recv_timeout(RESPONSE_TIMEOUT);
            let message =
                message.unwrap_or_else(|error| panic!("Chromium does not answer {method}: {error}"));
            if message["id"] != self.last_id {
                self.events.push(message);
                continue;
            }
            assert!(message["error"].is_null(), "{method}: {}", message["error"]);
            return message["result"].clone();
        }
    }

    /// Opens an address. An empty page is opened first, so that an address that differs only in its fragment is loaded, too.
    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": "about:blank" }));
        self.events.clear();
        self.call("Page.navigate", &json!({ "url": url }));
    }

    /// The value of an expression of JavaScript. A promise is awaited.
    ///
    /// # Panics
    /// If the expression throws.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let result = self.call("Runtime.evaluate", &parameters);
        let thrown = &result["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {thrown:#}");
        result["result"]["value"].clone()
    }

    /// Waits until an expression is true. The page checks it before each frame. An exception counts as false.
    ///
    /// # Panics
    /// If the expression is not true within a minute.
    pub fn wait_for(&mut self, expression: &str) {
        let check = format!("(() => {{ try {{ return ({expression}); }} catch {{ return false; }} }})()");
        self.evaluate(&format!(
            "new Promise(resolve => {{ const check = () => {check} ? resolve() : requestAnimationFrame(check); check(); }})"
        ));
    }

    /// Sets the size of the window, in pixels, and whether the user prefers dark colors. A window narrower than 600 pixels is
    /// that of a phone.
    pub fn emulate(&mut self, width: u32, height: u32, is_dark: bool) {
        let is_phone = width < 600;
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": is_phone });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let scheme = if is_dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &media);
    }

    /// Presses a key, such as `Tab` or `ArrowLeft`.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "Enter" => 13,
            "ArrowLeft" => 37,
            "ArrowRight" => 39,
            _ => 0,
        };
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "text": text });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Types a text into the element with the focus.
    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// What a screen reader finds, in the order of the page: the role and the name of each element that has both, such as
    /// `heading Metrics`.
    pub fn accessibility_tree(&mut self) -> Vec<String> {
        let tree = self.call("Accessibility.getFullAXTree", &json!({}));
        let element = |node: &Value| {
            let (role, name) = (node["role"]["value"].as_str()?, node["name"]["value"].as_str()?);
            (!name.is_empty()).then(|| format!("{role} {name}"))
        };
        tree["nodes"].as_array().into_iter().flatten().filter_map(element).collect()
    }

    /// A picture of the window, as WebP, which is smaller than PNG.
    ///
    /// # Panics
    /// If Chromium returns no picture.
    pub fn screenshot(&mut self) -> Vec<u8> {
        let picture = self.call("Page.captureScreenshot", &json!({ "format": "webp", "quality": 90 }));
        STANDARD.decode(picture["data"].as_str().expect("a picture")).expect("a picture in base64")
    }

    /// The address of each request since the page was opened.
    #[must_use]
    pub fn requested_urls(&self) -> Vec<String> {
        let requests = self.events.iter().filter(|event| event["method"] == "Network.requestWillBeSent");
        requests.filter_map(|event| Some(event["params"]["request"]["url"].as_str()?.to_owned())).collect()
    }

    /// What went wrong since the page was opened: exceptions, breaches of the Content Security Policy, failed requests and
    /// whatever else is in the console.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let problem = |event: &Value| {
            let parameters = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => Some(parameters["exceptionDetails"].to_string()),
                "Runtime.consoleAPICalled" => Some(parameters["args"].to_string()),
                "Log.entryAdded" => {
                    Some(format!("{} {}", parameters["entry"]["text"], parameters["entry"]["url"]))
                }
                _ => None,
            }
        };
        self.events.iter().filter_map(problem).collect()
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
