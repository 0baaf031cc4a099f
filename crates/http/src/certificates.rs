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

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file or folder that a variable names.
    #[error("cannot use the certificates that {variable} names")]
    Named {
        /// The variable.
        variable: &'static str,
        /// Why.
        source: rustls_native_certs::Error,
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

fn roots() -> Result<RootCertStore, CertificateError> {
    let mut found = rustls_native_certs::load_native_certs();
    let named = ["SSL_CERT_FILE", "SSL_CERT_DIR"].into_iter().find(|name| env::var_os(name).is_some());
    if let (Some(variable), Some(source)) = (named, found.errors.pop()) {
        return Err(CertificateError::Named { variable, source });
    }
    let mut roots = RootCertStore::empty();
    let (usable, unusable) = roots.add_parsable_certificates(found.certs);
    tracing::debug!(usable, unusable, "root certificates");
    if usable == 0 { Err(CertificateError::Missing) } else { Ok(roots) }
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
