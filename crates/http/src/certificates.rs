//! The certificates that servers are checked against.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_native_certs::{CertificateResult, ErrorKind};

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file or folder that a variable names.
    #[error("cannot use the certificates that {variable} names: {reason}")]
    Named {
        /// The variable.
        variable: &'static str,
        /// Why. No source: its text would repeat the reason.
        reason: rustls_native_certs::Error,
    },
    /// A file or folder that a variable names holds something else.
    #[error("{variable} names {}, which holds no certificate in PEM form", .path.display())]
    NamedWithoutCertificates {
        /// The variable.
        variable: &'static str,
        /// The file or folder.
        path: PathBuf,
    },
    /// This machine has none.
    #[error("this machine has no root certificates; install them, or name a file of them in SSL_CERT_FILE")]
    Missing,
    /// A bundle cannot be read.
    #[error("cannot read the certificates in {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A bundle holds something else.
    #[error("{} holds no certificates in PEM form that can be used", .0.display())]
    NoCertificates(PathBuf),
    /// The cryptography that is built in does not suffice.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

/// A TLS configuration with the system's root certificates, or those that `SSL_CERT_FILE` and
/// `SSL_CERT_DIR` name.
pub(crate) fn client_config() -> Result<ClientConfig, CertificateError> {
    // Named, because a program with two cryptography crates in it has no default one.
    let cryptography = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots()?)
        .with_no_client_auth();
    // Over HTTP/2, pages that are requested concurrently share one connection.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The variable that names the certificate authorities, and its value; `None` for those of the system, or why
/// there are none.
pub fn check_authorities() -> Result<Option<(&'static str, PathBuf)>, CertificateError> {
    roots().map(|_| named())
}

fn named() -> Option<(&'static str, PathBuf)> {
    ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find_map(|name| Some((name, env::var_os(name)?.into())))
}

fn roots() -> Result<RootCertStore, CertificateError> {
    checked(rustls_native_certs::load_native_certs(), named())
}

/// What was found where the variable says, or on this machine.
fn checked(
    mut found: CertificateResult,
    named: Option<(&'static str, PathBuf)>,
) -> Result<RootCertStore, CertificateError> {
    let mut roots = RootCertStore::empty();
    if let Some((variable, path)) = &named
        && let Some(reason) = found.errors.pop()
    {
        return Err(match reason.kind {
            ErrorKind::Pem(_) => CertificateError::NamedWithoutCertificates { variable, path: path.clone() },
            _ => CertificateError::Named { variable, reason },
        });
    }
    let (usable, unusable) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(usable, unusable, "root certificates");
    match named {
        _ if usable > 0 => Ok(roots),
        Some((variable, path)) => Err(CertificateError::NamedWithoutCertificates { variable, path }),
        None => Err(CertificateError::Missing),
    }
}

/// Reads a file of certificates and checks that each can be used.
pub fn certificate_bundle(path: &Path) -> Result<Vec<u8>, CertificateError> {
    let pem = fs::read(path).map_err(|source| CertificateError::Read { path: path.to_owned(), source })?;
    let unusable = || CertificateError::NoCertificates(path.to_owned());
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>().map_err(|_| unusable())?;
    let mut roots = RootCertStore::empty();
    let all = certificates.len();
    let (usable, _) = roots.add_parsable_certificates(certificates);
    if usable == 0 || usable < all { Err(unusable()) } else { Ok(pem) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_file_without_certificates_is_named_in_the_message() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let refused = || {
            let found = rustls_native_certs::load_certs_from_paths(Some(&file), None);
            checked(found, Some(("SSL_CERT_FILE", file.clone()))).unwrap_err()
        };
        let key = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
        for content in
            [&b""[..], key, b"\x30\x82\x01\xff", b"garbage", b"-----BEGIN CERTIFICATE-----\nMAA=\n"]
        {
            fs::write(&file, content).unwrap();
            let expected =
                format!("SSL_CERT_FILE names {}, which holds no certificate in PEM form", file.display());
            assert_eq!(refused().to_string(), expected);
        }
        fs::remove_file(&file).unwrap();
        let missing = refused();
        let said = system_health_registry::SharedError::new(missing).to_string();
        assert!(said.starts_with("cannot use the certificates that SSL_CERT_FILE names: "), "{said}");
        assert_eq!(said.matches("No such file").count(), 1, "{said}");
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
            assert!(refused(content).ends_with("holds no certificates in PEM form that can be used"));
        }
        fs::remove_file(&file).unwrap();
        assert!(certificate_bundle(&file).unwrap_err().to_string().starts_with("cannot read"));
    }
}
