//! The HTTP client under octocrab. octocrab's own would call itself `octocrab`, and it speaks HTTP/1 only,
//! in which pages that are asked for beside each other each need a connection of their own.

use std::{io, time::Duration};

use hyper_rustls::HttpsConnectorBuilder;
use hyper_timeout::TimeoutConnector;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use octocrab::{AuthState, Octocrab, OctocrabBuilder};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest silence in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// A client that adds no token by itself, follows no redirect and repeats no request.
pub(super) fn client() -> Result<Octocrab, io::Error> {
    // Named, because a program with two cryptography crates in it has no default one.
    let cryptography = rustls::crypto::aws_lc_rs::default_provider();
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_native_roots(cryptography)?
        .https_or_http()
        .enable_all_versions()
        .build();
    let mut connector = TimeoutConnector::new(https);
    connector.set_connect_timeout(Some(CONNECT_TIMEOUT));
    connector.set_read_timeout(Some(READ_TIMEOUT));
    let http = Client::builder(TokioExecutor::new()).build(connector);
    let Ok(client) = OctocrabBuilder::new_empty().with_service(http).with_auth(AuthState::None).build();
    Ok(client)
}
