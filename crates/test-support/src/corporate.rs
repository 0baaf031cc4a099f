//! A corporate network: servers are reached only through a proxy, and their certificates are from a private authority. Needs the
//! provisioned tools.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use serde::Deserialize;
use tempfile::TempDir;

use crate::tools;

/// A proxy that this project did not write, and HTTPS servers with names that only the proxy can resolve.
#[derive(Debug)]
pub struct CorporateNetwork {
    process: Child,
    folder: TempDir,
    ports: Ports,
}

#[derive(Debug, Deserialize)]
struct Ports {
    proxy: u16,
    servers: BTreeMap<String, u16>,
}

impl CorporateNetwork {
    /// The user and the password that the proxy requires.
    pub const LOGIN: &str = "reporter:hunter2";

    /// Starts the network. Each server has a name and passes everything on to a URL.
    ///
    /// # Panics
    /// If the tools are not provisioned or do not start.
    #[must_use]
    pub fn start(servers: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/corporate_network.py");
        let upstream = |url: &str| url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut process = tools::python()
            .arg(script)
            .arg(folder.path())
            .args(servers.iter().map(|(name, url)| format!("{name}={}", upstream(url))))
            .env("PROXY_LOGIN", Self::LOGIN)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start python");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("a pipe from python");
        BufReader::new(stdout).read_line(&mut line).expect("a line from python");
        let ports = serde_json::from_str(&line).expect("the ports; Python's error output is above");
        Self { process, folder, ports }
    }

    /// The proxy's URL, with its password.
    #[must_use]
    pub fn proxy(&self) -> String {
        format!("http://{}@127.0.0.1:{}", Self::LOGIN, self.ports.proxy)
    }

    /// The file with the authority's certificate.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The URL of a server.
    ///
    /// # Panics
    /// If there is no such server.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        format!("https://{name}:{}", self.ports.servers[name])
    }
}

impl Drop for CorporateNetwork {
    fn drop(&mut self) {
        // The script ends its child processes when its input is closed.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}
