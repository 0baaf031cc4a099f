//! The HTTP client for AWS's SDK, with the environment's proxies and certificates. The SDK's default client ignores
//! proxies.

use std::{env, net::IpAddr, path::PathBuf};

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use http::Uri;
use system_health_http::{CertificateError, Proxy, certificate_bundle, check_proxies, root_certificates};
use system_health_registry::{Finding, SharedError};

use super::session::AwsSessionError;
use crate::AwsMessage;

/// AWS's own variable for a file with certificate authorities.
/// See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html>.
const BUNDLE: &str = "AWS_CA_BUNDLE";

/// The file that `AWS_CA_BUNDLE` names.
fn bundle() -> Option<PathBuf> {
    env::var_os(BUNDLE).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// The client for all requests to AWS. `AWS_CA_BUNDLE` replaces the system's certificates.
pub(super) fn http_client() -> Result<SharedHttpClient, AwsSessionError> {
    check_proxies().map_err(|error| no_connection("", error))?;
    let roots = match bundle() {
        Some(path) => {
            let pem = certificate_bundle(&path).map_err(|error| no_connection("AWS_CA_BUNDLE: ", error))?;
            TrustStore::empty().with_pem_certificate(pem)
        }
        None => match root_certificates() {
            Ok(pem) => TrustStore::empty().with_pem_certificate(pem),
            // An endpoint without TLS needs no certificates.
            Err(CertificateError::Missing) => TrustStore::default(),
            Err(error) => return Err(no_connection("", error)),
        },
    };
    let tls = TlsContext::builder()
        .with_trust_store(roots)
        .build()
        .map_err(|error| AwsSessionError::NoConnection(AwsMessage::root_of(&error)))?;
    let provider = || Provider::rustls(CryptoMode::AwsLc);
    let direct = Builder::new().tls_provider(provider()).tls_context(tls.clone()).build_https();
    if ["http", "https"].into_iter().all(|scheme| Proxy::for_scheme(scheme).is_none()) {
        return Ok(direct);
    }
    let proxied = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
        if let Some(settings) = settings {
            connector = connector.connector_settings(settings.clone());
        }
        connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
        connector.tls_provider(provider()).tls_context(tls.clone()).build()
    });
    Ok(SharedHttpClient::new(Routes { direct, proxied }))
}

/// Whether the file that `AWS_CA_BUNDLE` names can be used. `None` if the variable is not set.
pub(super) fn diagnose_authorities() -> Option<Finding> {
    const CHECK: &str = "certificate authorities for AWS";
    let path = bundle()?;
    Some(match certificate_bundle(&path) {
        Ok(_) => Finding::ok(CHECK, format!("{}, from {BUNDLE}", path.display())),
        Err(error) => Finding::failed(CHECK, format!("{BUNDLE}: {}", SharedError::new(error))),
    })
}

fn no_connection(prefix: &str, error: impl std::error::Error + Send + Sync + 'static) -> AwsSessionError {
    AwsSessionError::NoConnection(AwsMessage::new(&format!("{prefix}{}", SharedError::new(error))))
}

/// A client with the proxy and one without.
#[derive(Debug)]
struct Routes {
    direct: SharedHttpClient,
    proxied: SharedHttpClient,
}

#[derive(Debug)]
struct Connectors {
    direct: SharedHttpConnector,
    proxied: SharedHttpConnector,
}

impl HttpClient for Routes {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Connectors {
            direct: self.direct.http_connector(settings, components),
            proxied: self.proxied.http_connector(settings, components),
        })
    }
}

impl HttpConnector for Connectors {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        if is_local(request.uri()) { self.direct.call(request) } else { self.proxied.call(request) }
    }
}

/// Whether a URL leads to this machine or to a metadata service. A proxy cannot reach these, and must not see the
/// credentials that a metadata service provides.
fn is_local(uri: &str) -> bool {
    let uri: Option<Uri> = uri.parse().ok();
    let Some(host) = uri.as_ref().and_then(Uri::host) else { return false };
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || matches!(address.segments(), [0xfd00, 0x0ec2, ..])
        }
        Err(_) => host == "localhost",
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::{Secret, StoredName};

    #[test]
    fn the_problem_comes_before_the_advice() {
        const TOKEN: Secret =
            Secret::new("pager token", &["PAGER_TOKEN"], StoredName::new("pager", "", "", |_| Ok(None)));
        let error = certificate_bundle(Path::new("/no/such/ca.pem")).unwrap_err();
        let error = no_connection("AWS_CA_BUNDLE: ", error).for_secret(&TOKEN);
        insta::assert_snapshot!(error, @"cannot get the pager token: no connection to AWS can be set up: AWS_CA_BUNDLE: cannot read the certificates in /no/such/ca.pem: No such file or directory (os error 2); correct this, or set PAGER_TOKEN, or write `aws = false` in [secrets]");
    }

    #[test]
    fn metadata_services_and_this_machine_are_local() {
        for (uri, expected) in [
            ("http://169.254.169.254/latest/meta-data/", true),
            ("http://[fd00:ec2::254]/latest/api/token", true),
            ("http://169.254.170.2/v2/credentials", true),
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://localhost:5000/", true),
            ("http://127.0.0.1:5000/", true),
            ("http://[::1]:5000/", true),
            ("https://secretsmanager.eu-west-1.amazonaws.com/", false),
            ("http://10.0.0.1/", false),
            ("http://[fd00:ec3::1]/", false),
        ] {
            assert_eq!(is_local(uri), expected, "{uri}");
        }
    }
}
