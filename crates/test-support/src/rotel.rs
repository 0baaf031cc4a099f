//! Rotel, a receiver of OTLP that this project did not write. It decodes what it receives, encodes it again and sends it to
//! another receiver. Each test that starts it needs provisioned tools.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::tools;

/// Timeout of the start, long enough for a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// A running Rotel; killed on drop.
#[derive(Debug)]
pub struct Rotel {
    process: Child,
    address: SocketAddr,
}

impl Rotel {
    /// Starts a Rotel that sends everything to the receiver at a URL.
    ///
    /// # Panics
    /// If Rotel does not start.
    #[must_use]
    pub fn forwarding_to(url: &str) -> Self {
        let (address, grpc) = (free_address(), free_address());
        let mut command = Command::new(tools::file("rotel/rotel/rotel-agent"));
        command.args([
            "start",
            "--exporter",
            "otlp",
            "--otlp-exporter-protocol",
            "http",
            "--disable-batching",
        ]);
        command.args(["--otlp-exporter-endpoint", url, "--otlp-http-endpoint", &address.to_string()]);
        command.args(["--otlp-grpc-endpoint", &grpc.to_string()]);
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let mut rotel = Self { process: process.expect("start Rotel"), address };
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = rotel.process.try_wait().expect("ask for the state of Rotel");
            assert!(ended.is_none() && start.elapsed() < START_TIMEOUT, "Rotel does not start: {ended:?}");
            std::thread::yield_now();
        }
        rotel
    }

    /// The URL for OTLP over HTTP, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A free address. Rotel cannot choose one itself.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("the address of a listener")
}
