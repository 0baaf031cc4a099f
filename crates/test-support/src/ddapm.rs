//! Datadog's test Agent, on loopback and on a Unix socket: it checks the traces that it gets. Each test that starts one needs
//! provisioned tools.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use serde_json::Value;
use tempfile::TempDir;

use crate::tools;

/// Maximum time without a line of output during the start, long enough for Python on a busy machine.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// The checks that the Agent makes of each request. It refuses a request that fails one of them.
const CHECKS: &str = "trace_count_header,meta_tracer_version_header,trace_content_length";

/// A running test Agent; killed on drop.
#[derive(Debug)]
pub struct TestAgent {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl TestAgent {
    /// Starts a test Agent.
    ///
    /// # Panics
    /// If the Agent does not start.
    #[must_use]
    pub fn start() -> Self {
        let program = tools::file("ddapm/ddapm_test_agent/agent.py");
        let packages = program.ancestors().nth(2).expect("the folder of the packages");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let listeners: Vec<TcpListener> =
            (0..3).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
        let port = |index: usize| listeners[index].local_addr().expect("its address").port();
        let (http, otlp_http, otlp_grpc) = (port(0), port(1), port(2));
        let mut command = tools::python();
        command.args(["-m", "ddapm_test_agent.agent", "--host", "127.0.0.1", "--port", &http.to_string()]);
        command.args([
            "--otlp-http-port",
            &otlp_http.to_string(),
            "--otlp-grpc-port",
            &otlp_grpc.to_string(),
        ]);
        command.arg("--trace-uds-socket").arg(folder.path().join("apm.socket"));
        command.args(["--snapshot-dir"]).arg(folder.path());
        drop(listeners);
        let process = command
            .env("PYTHONPATH", packages)
            .env("PYTHONUNBUFFERED", "1")
            .env("ENABLED_CHECKS", CHECKS)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start the test Agent");
        let mut agent = Self { process, port: http, folder };
        agent.wait_until_it_listens();
        agent
    }

    fn wait_until_it_listens(&mut self) {
        let stdout = self.process.stdout.take().expect("a pipe from the test Agent");
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Nobody reads after the start, but the pipe must not fill.
                let _ = sender.send(line);
            }
        });
        while !lines.recv_timeout(START_TIMEOUT).expect("the test Agent starts").contains("Press CTRL+C") {}
    }

    /// The URL at which the Agent listens, for `DD_TRACE_AGENT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The Unix socket at which the Agent also listens.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("apm.socket")
    }

    /// The spans of each trace that the Agent got.
    ///
    /// # Panics
    /// If the Agent does not answer, or answers with an error.
    #[must_use]
    pub fn traces(&self) -> Vec<Vec<Value>> {
        serde_json::from_str(&self.get("/test/traces")).expect("traces")
    }

    fn get(&self, path: &str) -> String {
        const GET: &str = "import sys, urllib.request\n\
            print(urllib.request.urlopen(sys.argv[1]).read().decode(), end='')";
        let output = tools::python().args(["-c", GET, &format!("{}{path}", self.url())]).output();
        let output = output.expect("run Python");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }
}

impl Drop for TestAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
