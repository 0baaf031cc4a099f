//! Diagnoses the proxy and the certificate authorities, which all requests share.

use system_health_http::{Proxy, check_authorities, check_proxies};
use system_health_registry::{Finding, SharedError};

/// The proxies and the certificate authorities of the environment, and whether they can be used.
pub(crate) fn network() -> Vec<Finding> {
    const AUTHORITIES: &str = "certificate authorities";
    let mut findings = proxies();
    findings.push(match check_authorities() {
        Ok(None) => Finding::ok(AUTHORITIES, "those of the system"),
        Ok(Some((variable, path))) => {
            Finding::ok(AUTHORITIES, format!("{}, from {variable}", path.display()))
        }
        Err(error) => Finding::failed(AUTHORITIES, SharedError::new(error).to_string()),
    });
    findings
}

fn proxies() -> Vec<Finding> {
    if let Err(error) = check_proxies() {
        return vec![Finding::failed("proxy", error.to_string())];
    }
    let findings = ["https", "http"].into_iter().filter_map(|scheme| {
        let check = format!("proxy for {scheme}://");
        Some(Finding::ok(check, Proxy::for_scheme(scheme)?.to_string()))
    });
    let findings: Vec<_> = findings.collect();
    if findings.is_empty() { vec![Finding::ok("proxy", "none")] } else { findings }
}
