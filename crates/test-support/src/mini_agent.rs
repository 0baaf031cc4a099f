//! Datadog's own small Agent, on loopback: it receives DogStatsD over UDP and logs what it could parse, and it forwards traces.
//! Each test that starts one needs provisioned tools.

use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, UdpSocket},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use crate::tools;

/// Timeout of the start and of [`MiniAgent::wait_for`], long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A running Agent; killed on drop.
#[derive(Debug)]
pub struct MiniAgent {
    process: Child,
    dogstatsd_port: u16,
    traces_port: u16,
    log: Receiver<String>,
}

/// The results of parsing the lines that the Agent received.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The number of valid metrics.
    pub valid: usize,
    /// What the Agent logged about lines that it could not parse.
    pub failures: Vec<String>,
}

impl MiniAgent {
    /// Starts an Agent.
    ///
    /// # Panics
    /// If the Agent does not start.
    #[must_use]
    pub fn start() -> Self {
        // No program listens on this port.
        Self::forwarding_traces_to("http://127.0.0.1:9")
    }

    /// Starts an Agent that forwards traces to the intake at a URL.
    ///
    /// # Panics
    /// If the Agent does not start.
    #[must_use]
    pub fn forwarding_traces_to(url: &str) -> Self {
        let (dogstatsd_port, traces_port) = (free_udp_port(), free_tcp_port());
        let mut process = Command::new(tools::file("mini-agent/datadog-serverless-compat"))
            .env_clear()
            // The Agent runs only in clouds that it knows. For this cloud, it needs no other variables.
            .envs([
                ("ASCSVCRT_SPRING__APPLICATION__NAME", "test"),
                ("DD_API_KEY", "none"),
                ("DD_SITE", "127.0.0.1"),
                ("DD_APM_DD_URL", url),
                ("DD_LOG_LEVEL", "debug"),
                ("DD_DOGSTATSD_PORT", &dogstatsd_port.to_string()),
                ("DD_APM_RECEIVER_PORT", &traces_port.to_string()),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start the mini Agent");
        let stdout = process.stdout.take().expect("a pipe from the mini Agent");
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let agent = Self { process, dogstatsd_port, traces_port, log };
        let deadline = Instant::now() + TIMEOUT;
        while !agent.next_log_line(deadline).contains("starting to listen on port") {}
        agent
    }

    /// The URL for DogStatsD, for `DD_DOGSTATSD_URL`.
    #[must_use]
    pub fn dogstatsd_url(&self) -> String {
        format!("udp://127.0.0.1:{}", self.dogstatsd_port)
    }

    /// The URL for traces, for `DD_TRACE_AGENT_URL`.
    #[must_use]
    pub fn traces_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.traces_port)
    }

    /// Waits until this many lines were parsed or refused.
    ///
    /// # Panics
    /// If that takes too long.
    #[must_use]
    pub fn wait_for(&self, lines: usize) -> Parsed {
        let mut parsed = Parsed::default();
        let deadline = Instant::now() + TIMEOUT;
        while parsed.valid + parsed.failures.len() < lines {
            let line = self.next_log_line(deadline);
            if let Some((_, parsed_metrics)) = line.split_once("Parsed ") {
                let number = parsed_metrics.split(' ').next().and_then(|number| number.parse::<usize>().ok());
                parsed.valid += number.expect("a number of metrics");
            } else if line.contains("Failed to parse") || line.contains("Unsupported metric") {
                parsed.failures.push(line);
            }
        }
        parsed
    }

    fn next_log_line(&self, deadline: Instant) -> String {
        let left = deadline.saturating_duration_since(Instant::now());
        self.log.recv_timeout(left).expect("a line of the mini Agent's log")
    }
}

impl Drop for MiniAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_udp_port() -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("its address").port()
}

fn free_tcp_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("its address").port()
}
