//! The real Prometheus, Pushgateway, node exporter and promtool, on loopback. Each test that starts one needs
//! provisioned tools.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStderr, Command, Output, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::tools;

/// Maximum time without a line of output during a start, and timeout of readiness and of a scrape. Long enough for a busy
/// machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running server; killed on drop.
#[derive(Debug)]
struct Service {
    process: Child,
    address: String,
}

/// A running Pushgateway.
#[derive(Debug)]
pub struct Pushgateway(Service);

/// A running node exporter that only reads textfiles.
#[derive(Debug)]
pub struct NodeExporter(Service);

/// A running Prometheus that scrapes several times a second, or accepts remote writes.
#[derive(Debug)]
pub struct Prometheus {
    service: Service,
    _folder: TempDir,
}

/// The result of `promtool`.
#[derive(Debug, PartialEq, Eq)]
pub struct PromtoolOutput {
    /// The exit status: 0 if there is no problem, 3 if a convention is broken, and 1 if the input is not valid or a test fails.
    pub status: Option<i32>,
    /// What it wrote to its standard output and standard error.
    pub output: String,
}

/// The series that a query finds: labels, with the name as `__name__`, and the value.
pub type InstantVector = Vec<(BTreeMap<String, String>, f64)>;

impl Pushgateway {
    /// Starts a Pushgateway that keeps everything in memory.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts a Pushgateway that accepts requests only from this user. `password_hash` is the bcrypt hash of the password.
    ///
    /// # Panics
    /// If its configuration cannot be written.
    #[must_use]
    pub fn start_with_login(folder: &Path, user: &str, password_hash: &str) -> Self {
        let file = folder.join("web.yml");
        fs::write(&file, format!("basic_auth_users:\n  {user}: {password_hash}\n")).expect("write web.yml");
        Self::start_with(&[format!("--web.config.file={}", file.display())])
    }

    fn start_with(arguments: &[String]) -> Self {
        Self(Service::start(program("prometheus-pushgateway").arg("--persistence.file=").args(arguments)))
    }

    /// The URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.0.address)
    }

    /// The groups that the Pushgateway lists.
    ///
    /// # Panics
    /// If the list is not JSON.
    #[must_use]
    pub fn groups(&self) -> Vec<Value> {
        let answer: Value = serde_json::from_str(&self.0.get("/api/v1/metrics")).expect("a list of groups");
        answer["data"].as_array().expect("groups").clone()
    }

    /// The lines that Prometheus reads, without the metrics about the Pushgateway itself.
    #[must_use]
    pub fn pushed(&self) -> Vec<String> {
        let page = self.0.get("/metrics");
        page.lines().filter(|line| line.contains("job=\"")).map(str::to_owned).collect()
    }

    /// Pushes a page as other programs do.
    ///
    /// # Panics
    /// If the Pushgateway refuses the page.
    pub fn push(&self, path: &str, page: &str) {
        let (status, answer) = self.request("PUT", path, page);
        assert_eq!(status, 200, "{answer}");
    }

    /// The status and the body of the answer to any request.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, page: &str) -> (u16, String) {
        let head = format!("{method} {path} HTTP/1.0\r\nContent-Length: {}\r\n\r\n", page.len());
        let answer = self.0.exchange(&format!("{head}{page}"));
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer with a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        (status.expect("a status"), body.to_owned())
    }
}

impl NodeExporter {
    /// Starts a node exporter that reads the files of a folder.
    #[must_use]
    pub fn start(folder: &Path) -> Self {
        let mut command = program("prometheus-node-exporter");
        command.args(["--collector.disable-defaults", "--collector.textfile"]);
        Self(Service::start(command.arg(format!("--collector.textfile.directory={}", folder.display()))))
    }

    /// The page that Prometheus reads.
    #[must_use]
    pub fn page(&self) -> String {
        self.0.get("/metrics")
    }
}

impl Prometheus {
    /// Starts a Prometheus that scrapes a Pushgateway.
    #[must_use]
    pub fn scraping_gateway(gateway: &Pushgateway) -> Self {
        Self::scraping(&gateway.0.address, true)
    }

    /// Starts a Prometheus that scrapes a node exporter.
    #[must_use]
    pub fn scraping_node(exporter: &NodeExporter) -> Self {
        Self::scraping(&exporter.0.address, false)
    }

    /// Starts a Prometheus that accepts remote writes. It stores native histograms only if they are enabled.
    #[must_use]
    pub fn receiving(native_histograms: bool) -> Self {
        let mut arguments = vec!["--web.enable-remote-write-receiver"];
        if native_histograms {
            arguments.push("--enable-feature=native-histograms");
        }
        Self::start("", &arguments)
    }

    /// The URL for remote writes.
    #[must_use]
    pub fn remote_write_url(&self) -> String {
        format!("http://{}/api/v1/write", self.service.address)
    }

    /// Starts a Prometheus that scrapes an address.
    #[must_use]
    pub fn scraping(address: &str, honor_labels: bool) -> Self {
        let settings = format!(
            "global: {{scrape_interval: 200ms, scrape_timeout: 200ms}}\nscrape_configs:\n- job_name: target\n  \
             honor_labels: {honor_labels}\n  static_configs: [{{targets: ['{address}']}}]\n"
        );
        Self::start(&settings, &[])
    }

    fn start(settings: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, settings).expect("write prometheus.yml");
        let mut command = program("prometheus");
        command.arg(format!("--config.file={}", file.display())).args(arguments);
        command.arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()));
        let service = Service::start(&mut command);
        // Prometheus listens before it has read its storage, and answers queries only afterwards.
        let start = Instant::now();
        while !service.get("/-/ready").contains("Ready") {
            assert!(start.elapsed() < TIMEOUT, "Prometheus does not become ready");
            std::thread::yield_now();
        }
        Self { service, _folder: folder }
    }

    /// What a query finds now.
    ///
    /// # Panics
    /// If Prometheus does not understand the query.
    #[must_use]
    pub fn query(&self, query: &str) -> InstantVector {
        let encoded: Vec<String> = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let encoded = encoded.concat();
        let answer = self.service.get(&format!("/api/v1/query?query={encoded}"));
        let answer: Value = serde_json::from_str(&answer).expect("an answer in JSON");
        let found = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
        found.iter().map(series).collect()
    }

    /// Repeats a query until its result is the expected one, because a scrape takes time. Returns the result.
    ///
    /// # Panics
    /// If the result is not the expected one in time.
    pub fn query_until(&self, query: &str, is_expected: impl Fn(&InstantVector) -> bool) -> InstantVector {
        let start = Instant::now();
        loop {
            let found = self.query(query);
            if is_expected(&found) {
                return found;
            }
            assert!(start.elapsed() < TIMEOUT, "{query} still finds {found:?}");
            std::thread::yield_now();
        }
    }
}

/// Runs `promtool check metrics` on a page.
///
/// # Panics
/// If promtool cannot be run.
#[must_use]
pub fn check_metrics(page: &str) -> PromtoolOutput {
    let mut promtool = program("promtool");
    promtool.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = promtool.spawn().expect("start promtool");
    process.stdin.take().expect("a pipe to promtool").write_all(page.as_bytes()).expect("write to promtool");
    PromtoolOutput::from(process.wait_with_output().expect("wait for promtool"))
}

/// Runs `promtool check` on a file of rules or of settings: `kind` is `rules` or `config`.
///
/// # Panics
/// If promtool cannot be run.
#[must_use]
pub fn check_file(kind: &str, text: &str) -> PromtoolOutput {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checked.yml");
    fs::write(&file, text).expect("write a file for promtool");
    let output = program("promtool").args(["check", kind]).arg(&file).output();
    PromtoolOutput::from(output.expect("run promtool"))
}

/// Runs `promtool test rules` on a file of rules. `tests` is the content of promtool's file of tests, without
/// `rule_files`.
///
/// # Panics
/// If promtool cannot be run.
#[must_use]
pub fn test_rules(rules: &str, mut tests: Value) -> PromtoolOutput {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("rules.yml"), rules).expect("write rules for promtool");
    tests["rule_files"] = Value::from(vec!["rules.yml"]);
    // JSON is also YAML.
    let file = folder.path().join("tests.yml");
    fs::write(&file, tests.to_string()).expect("write tests for promtool");
    let output = program("promtool").args(["test", "rules"]).arg(&file).output();
    PromtoolOutput::from(output.expect("run promtool"))
}

impl From<Output> for PromtoolOutput {
    fn from(output: Output) -> Self {
        let streams = [output.stdout, output.stderr].concat();
        Self { status: output.status.code(), output: String::from_utf8_lossy(&streams).into_owned() }
    }
}

impl Service {
    /// Starts a program that chooses a free port and prints it on its standard error.
    fn start(command: &mut Command) -> Self {
        command.arg("--web.listen-address=127.0.0.1:0");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().expect("start a service");
        match address_in(process.stderr.take().expect("a pipe from the service")) {
            Ok(address) => Self { process, address },
            Err(output) => {
                let _ = process.kill();
                let _ = process.wait();
                panic!("{command:?} did not start; its output:\n{output}");
            }
        }
    }

    /// The body of the answer.
    fn get(&self, path: &str) -> String {
        let answer = self.exchange(&format!("GET {path} HTTP/1.0\r\n\r\n"));
        answer.split_once("\r\n\r\n").expect("an answer with a body").1.to_owned()
    }

    fn exchange(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("connect to a service");
        stream.write_all(request.as_bytes()).expect("send to a service");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("read a service's answer");
        answer
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn program(name: &str) -> Command {
    Command::new(tools::file(&format!("prometheus/usr/bin/{name}")))
}

/// The address that a service prints, or its whole output if it prints no address. A thread continues to read, so that the
/// service never blocks on a full pipe.
fn address_in(stderr: ChildStderr) -> Result<String, String> {
    let (sender, lines) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut output = String::new();
    while let Ok(line) = lines.recv_timeout(TIMEOUT) {
        let address = line.split_once("msg=\"Listening on\" address=").map(|(_, address)| address);
        if let Some(address) = address.and_then(|address| address.split_whitespace().next()) {
            return Ok(address.to_owned());
        }
        output.push_str(&line);
        output.push('\n');
    }
    Err(output)
}

fn series(found: &Value) -> (BTreeMap<String, String>, f64) {
    let labels = found["metric"].as_object().expect("labels").iter();
    let labels = labels.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
    let value = found["value"][1].as_str().and_then(|value| value.parse().ok());
    (labels.collect(), value.expect("a value"))
}
