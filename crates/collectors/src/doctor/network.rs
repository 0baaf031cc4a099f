//! What all requests have in common: the proxy and the certificate authorities.

use std::{env, path::Path};

use system_health_http::{Proxy, certificate_bundle, check_authorities, check_proxies};
use system_health_registry::SharedError;

use super::Finding;

/// Which proxies and certificate authorities the environment names, and whether they can be used.
#[must_use]
pub fn network() -> Vec<Finding> {
    const AUTHORITIES: &str = "certificate authorities";
    let mut findings = proxies();
    findings.push(match check_authorities() {
        Ok(None) => Finding::ok(AUTHORITIES, "those of the system"),
        Ok(Some((variable, path))) => {
            Finding::ok(AUTHORITIES, format!("{}, from {variable}", path.display()))
        }
        Err(error) => Finding::failed(AUTHORITIES, SharedError::new(error).to_string()),
    });
    if let Some(path) = env::var_os("AWS_CA_BUNDLE").filter(|path| !path.is_empty()) {
        const AWS: &str = "certificate authorities for AWS";
        findings.push(match certificate_bundle(Path::new(&path)) {
            Ok(_) => Finding::ok(AWS, format!("{}, from AWS_CA_BUNDLE", Path::new(&path).display())),
            Err(error) => Finding::failed(AWS, format!("AWS_CA_BUNDLE: {}", SharedError::new(error))),
        });
    }
    findings
}

fn proxies() -> Vec<Finding> {
    if let Err(error) = check_proxies() {
        return vec![Finding::failed("proxy", error.to_string())];
    }
    let found = ["https", "http"].into_iter().filter_map(|scheme| {
        let subject = format!("proxy for {scheme}://");
        Some(Finding::ok(subject, Proxy::for_scheme(scheme)?.to_string()))
    });
    let found: Vec<_> = found.collect();
    if found.is_empty() { vec![Finding::ok("proxy", "none")] } else { found }
}
