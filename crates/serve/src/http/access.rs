//! Who may read. A web page that somebody has opened in a browser on this machine may send requests to a loopback address. It can
//! even read the responses if the page's own host name resolves to that address ("DNS rebinding"). The header `Host` of such a
//! request contains that name.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, Uri, header, uri::Authority},
    middleware::Next,
    response::Response,
};

use super::{app::App, problem::Problem};

/// If the server has a token, refuses a request without it.
pub(super) async fn require_token(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let served = app.latest().served();
    let is_allowed = served
        .token
        .as_ref()
        .is_none_or(|token| bearer(request.headers()).is_some_and(|given| token.matches(given)));
    if !is_allowed {
        let text = "send the token of this server as `Authorization: Bearer TOKEN`";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, text));
    }
    Ok(next.run(request).await)
}

/// If only this machine reaches the server, refuses a request for another host.
pub(super) async fn check_host(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if app.is_local() && !host(request.uri(), request.headers()).is_some_and(|host| is_local(&host)) {
        let text = "this server is for requests to localhost, 127.0.0.1 or [::1]";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, text));
    }
    Ok(next.run(request).await)
}

/// The bearer token (RFC 6750, section 2.1). The scheme is not case-sensitive.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The host that a request is for, without the port.
fn host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    if let Some(host) = uri.host() {
        return Some(host.to_owned());
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    let authority: Authority = hosts.next()?.to_str().ok()?.parse().ok()?;
    // With several `Host` headers, it would not be clear which host the request is for.
    hosts.next().is_none().then(|| authority.host().to_owned())
}

fn is_local(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let ip = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || ip.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    fn headers(name: &header::HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_names_of_this_machine_are_local() {
        let path = Uri::from_static("/metrics");
        for (hosts, expected) in [
            (&["localhost"][..], true),
            (&["LOCALHOST:8700"], true),
            (&["127.0.0.1:8700"], true),
            (&["127.1.2.3"], true),
            (&["[::1]:8700"], true),
            (&["evil.example"], false),
            (&["localhost.evil.example:8700"], false),
            (&["127.0.0.1.evil.example"], false),
            (&["10.0.0.1"], false),
            (&["user@localhost"], true),
            (&["localhost", "evil.example"], false),
            (&[""], false),
            (&[], false),
        ] {
            let headers = headers(&header::HOST, hosts);
            let found = host(&path, &headers).is_some_and(|host| is_local(&host));
            assert_eq!(found, expected, "{hosts:?}");
        }
        let absolute = Uri::from_static("http://evil.example/metrics");
        assert_eq!(host(&absolute, &headers(&header::HOST, &["localhost"])).as_deref(), Some("evil.example"));
    }

    #[test]
    fn a_bearer_token_is_read() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Basic abc", None),
            ("abc", None),
            ("Bearer", None),
        ] {
            assert_eq!(bearer(&headers(&header::AUTHORIZATION, &[value])), token, "{value}");
        }
    }
}
