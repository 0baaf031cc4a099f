//! How other programs find a running intake: by a file in the state folder, or at the default address.

use std::{
    fs,
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    private::{create_file, create_folder},
    server::Addresses,
};

/// How long a running intake may take to answer.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum length of an answer that is read, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;

/// The file that says where an intake listens. Dropping the value removes the file.
#[derive(Debug)]
pub struct AddressFile {
    path: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Content {
    url: String,
    dogstatsd: Option<String>,
    /// The process that wrote the file.
    pid: u32,
}

/// Why there is no intake to deliver to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocateError {
    /// No connection to the address is possible.
    #[error("no intake runs at {url}")]
    NotRunning {
        /// Where an intake would listen.
        url: String,
        /// Why it cannot be reached.
        source: io::Error,
    },
    /// A program listens, but does not answer in time.
    #[error("the intake at {url} does not answer")]
    NoAnswer {
        /// The address.
        url: String,
        /// How the wait for the answer ended.
        source: io::Error,
    },
    /// Another program listens, or the URL is invalid.
    #[error("{url} is not an intake")]
    NotAnIntake {
        /// The address.
        url: String,
    },
    /// There is no intake at the address in the state folder, and none at the default address.
    #[error("neither the address in {} ({recorded}) nor the default address works", AddressFile::FILE_NAME)]
    Neither {
        /// Why the address in the state folder does not work.
        recorded: Box<LocateError>,
        /// Why the default address does not work.
        source: Box<LocateError>,
    },
}

impl AddressFile {
    /// The name of the file in the state folder.
    pub const FILE_NAME: &str = "intake.json";
    /// The address on which an intake listens by default. An Agent receives traces at the same address.
    pub const DEFAULT_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8126);

    /// Writes the file into a state folder, which is created if necessary.
    pub fn write(folder: &Path, addresses: &Addresses) -> io::Result<Self> {
        let dogstatsd = addresses.dogstatsd.map(|address| reachable(address).to_string());
        let content = Content { url: url(addresses.http), dogstatsd, pid: std::process::id() };
        create_folder(folder)?;
        let path = folder.join(Self::FILE_NAME);
        create_file(&path)?;
        fs::write(&path, serde_json::to_vec(&content)?)?;
        Ok(Self { path })
    }
}

impl Drop for AddressFile {
    fn drop(&mut self) {
        // Another intake may have replaced the file since.
        if read(&self.path).is_some_and(|content| content.pid == std::process::id()) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// The URL of the intake that runs with this state folder, or at the default address.
pub fn locate(folder: &Path) -> Result<String, LocateError> {
    let recorded = read(&folder.join(AddressFile::FILE_NAME)).map(|content| content.url);
    choose(recorded, url(AddressFile::DEFAULT_ADDRESS))
}

/// Returns the recorded URL or else the default one, if an intake answers there. The default one is tried because an intake with
/// another state folder may listen there.
fn choose(recorded: Option<String>, default: String) -> Result<String, LocateError> {
    let probed = |url: String| probe(&url).map(|()| url);
    let Some(recorded) = recorded.filter(|url| *url != default) else { return probed(default) };
    let recorded = match probed(recorded) {
        Err(error) => Box::new(error),
        found => return found,
    };
    probed(default).map_err(|source| LocateError::Neither { recorded, source: Box::new(source) })
}

fn read(path: &Path) -> Option<Content> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

/// Checks that an intake answers.
fn probe(url: &str) -> Result<(), LocateError> {
    let not_an_intake = || LocateError::NotAnIntake { url: url.to_owned() };
    let address: SocketAddr =
        url.strip_prefix("http://").and_then(|address| address.parse().ok()).ok_or_else(not_an_intake)?;
    let failed = |source| LocateError::NotRunning { url: url.to_owned(), source };
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT).map_err(failed)?;
    let ask = |stream: &mut TcpStream| {
        stream.set_read_timeout(Some(TIMEOUT))?;
        stream.set_write_timeout(Some(TIMEOUT))?;
        write!(stream, "GET /api/v1/intake HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.take(MAX_ANSWER).read_to_end(&mut answer)?;
        io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = ask(&mut stream).map_err(|source| match source.kind() {
        // Different systems use different kinds for a timeout.
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            LocateError::NoAnswer { url: url.to_owned(), source }
        }
        _ => not_an_intake(),
    })?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or_else(not_an_intake)?;
    let body: Value = serde_json::from_str(body).map_err(|_| not_an_intake())?;
    if body["intake"] == "system-health" { Ok(()) } else { Err(not_an_intake()) }
}

fn url(address: SocketAddr) -> String {
    format!("http://{}", reachable(address))
}

/// An address that a client on this machine can connect to. Not every system allows connections to `0.0.0.0` and `[::]`. A
/// server at `[::]` may accept only IPv6.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    fn addresses(http: SocketAddr) -> Addresses {
        Addresses { http, dogstatsd: None }
    }

    #[test]
    fn the_file_is_removed_only_by_the_process_that_wrote_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(AddressFile::FILE_NAME);

        let file = AddressFile::write(folder.path(), &addresses("0.0.0.0:7".parse().unwrap())).unwrap();
        assert_eq!(read(&path).unwrap().url, "http://127.0.0.1:7");
        fs::write(&path, r#"{"url":"http://127.0.0.1:8","pid":0}"#).unwrap();
        drop(file);
        assert!(path.exists());

        drop(AddressFile::write(folder.path(), &addresses("127.0.0.1:7".parse().unwrap())).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn an_unspecified_address_becomes_loopback_of_the_same_family() {
        for (address, expected) in [
            ("0.0.0.0:7", "http://127.0.0.1:7"),
            ("[::]:7", "http://[::1]:7"),
            ("10.0.0.1:7", "http://10.0.0.1:7"),
        ] {
            assert_eq!(url(address.parse().unwrap()), expected);
        }
    }

    #[test]
    fn the_error_names_both_addresses_that_were_tried() {
        let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let [recorded, default] = listeners.map(|listener| url(listener.local_addr().unwrap()));

        let error = choose(Some(recorded.clone()), default.clone()).unwrap_err();

        let expected = format!(
            "neither the address in intake.json (no intake runs at {recorded}) nor the default address works"
        );
        assert_eq!(error.to_string(), expected);
        let source = std::error::Error::source(&error).unwrap().to_string();
        assert_eq!(source, format!("no intake runs at {default}"));
        let error = choose(Some(default.clone()), default.clone()).unwrap_err();
        assert_eq!(error.to_string(), format!("no intake runs at {default}"));
    }

    #[test]
    fn an_address_without_an_intake_is_an_error() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = url(listener.local_addr().unwrap());
        let other = std::thread::spawn(move || drop(listener.accept()));
        assert!(matches!(probe(&taken), Err(LocateError::NotAnIntake { .. })));
        other.join().unwrap();

        let error = probe(&taken).unwrap_err();
        assert_eq!(error.to_string(), format!("no intake runs at {taken}"));
    }
}
