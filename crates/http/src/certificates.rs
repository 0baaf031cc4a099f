//! The root certificates that servers are verified with.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_native_certs::{CertificateResult, ErrorKind};

/// The length of the lines in a PEM file.
const LINE_LENGTH: usize = 64;

/// Why the certificates cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file or folder that a variable names cannot be used.
    #[error("cannot use the certificates that {variable} names: {reason}")]
    Named {
        /// The variable.
        variable: &'static str,
        /// Why. The message contains it, so it is not the `source`, which would be printed a second time.
        reason: rustls_native_certs::Error,
    },
    /// A file or folder that a variable names contains no certificate, or one that is not valid.
    #[error(
        "{variable} names {}, which contains no certificate in PEM format, or one that is not valid",
        .path.display()
    )]
    NamedWithoutCertificates {
        /// The variable.
        variable: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// This machine has no root certificates.
    #[error("this machine has no root certificates; install them, or name a file of them in SSL_CERT_FILE")]
    Missing,
    /// A certificate file cannot be read.
    #[error("cannot read the certificates in {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate file contains no certificate, or one that is not valid.
    #[error("{} contains no certificate in PEM format, or one that is not valid", .0.display())]
    NoCertificates(PathBuf),
    /// TLS cannot be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

/// A TLS configuration with the system's root certificates, or those that `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name.
pub(crate) fn client_config() -> Result<ClientConfig, CertificateError> {
    // The provider is explicit, because there is no default in a program with two cryptography crates.
    let cryptography = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(Arc::clone(&shared_roots()?.store))
        .with_no_client_auth();
    // With HTTP/2, concurrent requests share one connection.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// Checks the certificate authorities. Returns the variable that names them and its value, or `None` if the system's
/// authorities are used.
pub fn check_authorities() -> Result<Option<(&'static str, PathBuf)>, CertificateError> {
    load_roots().map(|_| authorities_variable())
}

/// The variable that names certificates, and its value. `SSL_CERT_DIR` has no effect if it names no folder.
fn authorities_variable() -> Option<(&'static str, PathBuf)> {
    let names_folder =
        |value: &OsString| env::split_paths(value).any(|folder| !folder.as_os_str().is_empty());
    let folders = env::var_os("SSL_CERT_DIR").filter(names_folder).map(|value| ("SSL_CERT_DIR", value));
    let named = env::var_os("SSL_CERT_FILE").map(|value| ("SSL_CERT_FILE", value)).or(folders);
    named.map(|(variable, value)| (variable, value.into()))
}

/// The root certificates that all clients trust, in PEM format: for a client of another library.
pub fn root_certificates() -> Result<Vec<u8>, CertificateError> {
    let roots = shared_roots()?;
    Ok(roots.certificates.iter().flat_map(|certificate| pem(certificate).into_bytes()).collect())
}

/// Root certificates that are valid.
#[derive(Debug)]
struct Roots {
    store: Arc<RootCertStore>,
    certificates: Vec<CertificateDer<'static>>,
}

/// The root certificates, shared by all clients of the process. After the first success, they are not read again.
fn shared_roots() -> Result<Arc<Roots>, CertificateError> {
    static ROOTS: Mutex<Option<Arc<Roots>>> = Mutex::new(None);
    // The lock is held while the files are read, so that a second client waits instead of reading them too.
    let mut known = ROOTS.lock().unwrap_or_else(PoisonError::into_inner);
    let roots = match known.take() {
        Some(roots) => roots,
        None => Arc::new(load_roots()?),
    };
    *known = Some(Arc::clone(&roots));
    Ok(roots)
}

fn load_roots() -> Result<Roots, CertificateError> {
    let named = authorities_variable();
    let found = named.is_none().then(bundle_of_system).flatten();
    check(found.unwrap_or_else(rustls_native_certs::load_native_certs), named)
}

/// The certificates in the system's bundle, if there is one. The folder beside it has the same certificates again, in hundreds of
/// files, which take much longer to read.
#[cfg(all(unix, not(target_os = "macos")))]
fn bundle_of_system() -> Option<CertificateResult> {
    let found = rustls_native_certs::load_certs_from_paths(Some(&openssl_probe::probe().cert_file?), None);
    (!found.certs.is_empty()).then_some(found)
}

/// macOS and Windows have no bundle, but certificate stores of their own.
#[cfg(not(all(unix, not(target_os = "macos"))))]
fn bundle_of_system() -> Option<CertificateResult> {
    None
}

/// A certificate in PEM format: <https://www.rfc-editor.org/rfc/rfc7468#section-5>.
fn pem(certificate: &CertificateDer<'_>) -> String {
    let encoded = BASE64_STANDARD.encode(certificate);
    let mut text = String::with_capacity(encoded.len() + encoded.len() / LINE_LENGTH + 60);
    text.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, others) = rest.split_at(rest.len().min(LINE_LENGTH));
        text.push_str(line);
        text.push('\n');
        rest = others;
    }
    text.push_str("-----END CERTIFICATE-----\n");
    text
}

/// Checks the certificates that were loaded from the path in the variable, or from the system.
fn check(
    mut found: CertificateResult,
    named: Option<(&'static str, PathBuf)>,
) -> Result<Roots, CertificateError> {
    if let Some((variable, path)) = &named
        && let Some(reason) = found.errors.pop()
    {
        // The folders in `SSL_CERT_DIR` are read in addition to the file in `SSL_CERT_FILE`.
        let is_elsewhere = match &reason.kind {
            ErrorKind::Io { path: failed, .. } => failed != path,
            ErrorKind::Pem(_) => {
                rustls_native_certs::load_certs_from_paths(Some(path), None).errors.is_empty()
            }
            _ => false,
        };
        return Err(match reason.kind {
            _ if is_elsewhere => CertificateError::Named { variable: "SSL_CERT_DIR", reason },
            ErrorKind::Pem(_) => CertificateError::NamedWithoutCertificates { variable, path: path.clone() },
            _ => CertificateError::Named { variable, reason },
        });
    }
    let (mut store, all) = (RootCertStore::empty(), found.certs.len());
    found.certs.retain(|certificate| store.add(certificate.clone()).is_ok());
    let (certificates, usable) = (found.certs, store.len());
    tracing::debug!(usable, unusable = all - usable, "root certificates");
    match named {
        _ if usable > 0 => Ok(Roots { store: Arc::new(store), certificates }),
        Some((variable, path)) => Err(CertificateError::NamedWithoutCertificates { variable, path }),
        None => Err(CertificateError::Missing),
    }
}

/// Reads a certificate file and checks that all of its certificates are valid.
pub fn certificate_bundle(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let pem = fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })?;
    let unusable = || CertificateError::NoCertificates(path.to_owned());
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| unusable())?;
    let mut roots = RootCertStore::empty();
    let count = certificates.len();
    let (usable, _) = roots.add_parsable_certificates(certificates);
    if usable == 0 || usable < count { Err(unusable()) } else { Ok(pem) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_certificates_of_the_system_are_the_same_in_pem_format() {
        let roots = shared_roots().unwrap();
        let pem = root_certificates().unwrap();

        let read: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().unwrap();
        assert_eq!(read, roots.certificates);
        assert_eq!(read.len(), roots.store.len());
    }

    #[test]
    fn the_message_names_a_file_without_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let refused = || {
            let found = rustls_native_certs::load_certs_from_paths(Some(&file), None);
            check(found, Some(("SSL_CERT_FILE", file.clone()))).unwrap_err()
        };
        let key = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        for content in
            [&b""[..], key, b"\x30\x82\x01\xff", b"garbage", b"-----BEGIN CERTIFICATE-----\nMAA=\n"]
        {
            fs::write(&file, content).unwrap();
            let expected = format!(
                "SSL_CERT_FILE names {}, which contains no certificate in PEM format, or one that is not valid",
                file.display()
            );
            assert_eq!(refused().to_string(), expected);
        }
        fs::remove_file(&file).unwrap();
        let missing = refused();
        let message = system_health_registry::SharedError::new(missing).to_string();
        assert!(message.starts_with("cannot use the certificates that SSL_CERT_FILE names: "), "{message}");
        assert_eq!(message.matches("No such file").count(), 1, "{message}");
    }

    #[test]
    fn the_message_names_the_variable_even_if_other_certificates_can_be_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let refused = |content: &str, folder: Option<&Path>| {
            fs::write(&file, content).unwrap();
            let found = rustls_native_certs::load_certs_from_paths(Some(&file), folder);
            check(found, Some(("SSL_CERT_FILE", file.clone()))).unwrap_err().to_string()
        };
        let certificate = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

        let incomplete = refused(&format!("{certificate}-----BEGIN CERTIFICATE-----\nMAA=\n"), None);
        assert!(incomplete.ends_with(", or one that is not valid"), "{incomplete}");

        let missing = folder.path().join("none");
        let no_folder = refused(certificate, Some(missing.as_path()));
        assert!(
            no_folder.starts_with("cannot use the certificates that SSL_CERT_DIR names: "),
            "{no_folder}"
        );

        let certificates = folder.path().join("certificates");
        fs::create_dir(&certificates).unwrap();
        fs::write(certificates.join("00000000.0"), "-----BEGIN CERTIFICATE-----\nMAA=\n").unwrap();
        let invalid = refused(certificate, Some(certificates.as_path()));
        assert!(invalid.starts_with("cannot use the certificates that SSL_CERT_DIR names: "), "{invalid}");
    }

    #[test]
    fn a_bundle_without_certificates_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let refused = |content: &str| {
            fs::write(&file, content).unwrap();
            certificate_bundle(&file).unwrap_err().to_string()
        };
        let empty = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
        for content in ["", "no certificate", empty] {
            assert!(
                refused(content).ends_with("contains no certificate in PEM format, or one that is not valid")
            );
        }
        fs::remove_file(&file).unwrap();
        assert!(certificate_bundle(&file).unwrap_err().to_string().starts_with("cannot read"));
    }
}
