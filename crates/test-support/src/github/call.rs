//! A request to an endpoint.

use crate::server::Request;

/// A request to an endpoint.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) request: &'a Request,
    /// The path without the base path of an Enterprise server.
    pub(super) path: &'a str,
    parameters: Vec<(String, String)>,
}

impl<'a> Call<'a> {
    /// Parses a request. `None` if its path is outside the base path.
    pub(super) fn new(request: &'a Request, base_path: &str) -> Option<Self> {
        let path = documented_path(request.path(), base_path)?;
        Some(Self { request, path, parameters: request.parameters() })
    }

    /// The value of a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The token in `Authorization: Bearer X` or `Authorization: token X`. It is empty for any other scheme. `None` if the
    /// request has no such header.
    pub(super) fn token(&self) -> Option<&str> {
        let (scheme, token) = self.request.header("authorization")?.split_once(' ').unwrap_or_default();
        let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
        Some(if known { token } else { "" })
    }
}

/// The path as in GitHub's documentation. On an Enterprise server, the REST API is at `/api/v3` and the GraphQL API at
/// `/api/graphql`.
pub(super) fn documented_path<'a>(path: &'a str, base_path: &str) -> Option<&'a str> {
    match base_path.strip_suffix("/v3").and_then(|base| path.strip_prefix(base)) {
        Some(path @ "/graphql") => Some(path),
        _ => path.strip_prefix(base_path),
    }
}
