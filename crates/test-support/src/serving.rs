//! A program that serves HTTP until a signal ends it, as `report serve` does.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

/// Timeout of each step, long enough for a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What the program prints when it accepts connections.
const LISTENING: &str = "listening on http://";

/// A running program. It is killed on drop.
#[derive(Debug)]
pub struct ServerProcess {
    process: Child,
    address: String,
    lines: Receiver<String>,
    output: String,
}

/// The answer to a request.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// The body.
    pub body: String,
}

impl ServerProcess {
    /// Starts the program, and waits until it prints its address.
    ///
    /// # Panics
    /// If the program ends before it prints its address, or prints nothing for a minute.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("start");
        let stderr = process.stderr.take().expect("a pipe");
        let (sender, lines) = mpsc::channel();
        // Continues to read, so that the program never blocks on a full pipe.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut serving = Self { process, address: String::new(), lines, output: String::new() };
        let line = serving.wait_for_line(LISTENING);
        // The line may be JSON.
        let address = line.split_once(LISTENING).and_then(|(_, rest)| rest.split(['"', ',', ' ']).next());
        address.expect("an address").clone_into(&mut serving.address);
        serving
    }

    /// The address at which the program listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits for a line on the standard error that contains a text, and returns the line.
    ///
    /// # Panics
    /// If the program does not print such a line.
    pub fn wait_for_line(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv_timeout(TIMEOUT) else {
                panic!("the program does not print `{text}`, but:\n{}", self.output)
            };
            self.output.push_str(&line);
            self.output.push('\n');
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Requests a path. `headers` are further headers, each with its line ending.
    ///
    /// # Panics
    /// If there is no answer.
    #[must_use]
    pub fn get(&self, path: &str, headers: &str) -> Reply {
        let mut stream = TcpStream::connect(&self.address).expect("connect");
        stream.set_read_timeout(Some(TIMEOUT)).expect("set a time limit");
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n{headers}\r\n", self.address);
        stream.write_all(request.as_bytes()).expect("send");
        let mut reply = String::new();
        stream.read_to_string(&mut reply).expect("an answer");
        let (head, body) = reply.split_once("\r\n\r\n").expect("an answer with a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    /// Repeats a request until the answer has this status, and returns the answer.
    ///
    /// # Panics
    /// If no answer has this status within a minute.
    #[must_use]
    pub fn get_until(&self, path: &str, status: u16) -> Reply {
        let start = Instant::now();
        loop {
            let reply = self.get(path, "");
            if reply.status == status {
                return reply;
            }
            assert!(start.elapsed() < TIMEOUT, "{path}: {reply:?}");
            thread::yield_now();
        }
    }

    /// Sends a signal, such as `HUP`.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("run kill");
        assert!(sent.success(), "the program has ended");
    }

    /// Waits for the end of the program. Returns the exit status, and all that it wrote to its standard error.
    ///
    /// # Panics
    /// If the program does not end.
    #[must_use]
    pub fn wait(mut self) -> (Option<i32>, String) {
        let start = Instant::now();
        while let Ok(line) = self.lines.recv_timeout(TIMEOUT.saturating_sub(start.elapsed())) {
            self.output.push_str(&line);
            self.output.push('\n');
        }
        assert!(start.elapsed() < TIMEOUT, "the program does not end; its output:\n{}", self.output);
        let status = self.process.wait().expect("wait for its end");
        (status.code(), std::mem::take(&mut self.output))
    }
}

impl Reply {
    /// The body as JSON.
    ///
    /// # Panics
    /// If the body is not JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
