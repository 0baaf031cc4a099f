//! The span of a request in the trace of a run. It contains no headers, no query and no body. The request is sent without
//! trace headers, because the servers and their traces belong to other people.

use std::error::Error;

use reqwest::Request;
use system_health_registry::{settings::may_be_secret, trace::TARGET};
use tracing::{Span, field::Empty, info_span};
use url::Url;

use crate::{HttpError, HttpResponse};

/// The span of a request to an API.
pub(crate) fn request_span(api: &'static str, request: &Request) -> Span {
    let span = info_span!(
        target: TARGET, "http.request",
        resource = Empty, span.kind = "client", system_health.api = api,
        http.request.method = Empty, url.template = Empty, server.address = Empty, server.port = Empty,
        http.response.status_code = Empty, http.response.body.size = Empty, error = Empty,
    );
    if !span.is_disabled() {
        let (method, url) = (request.method().as_str(), request.url());
        let path = path_template(url);
        span.record("resource", format_args!("{method} {path}").to_string());
        span.record("http.request.method", method);
        span.record("url.template", path);
        span.record("server.address", url.host_str());
        span.record("server.port", url.port_or_known_default());
    }
    span
}

/// Records the response, or why there is none.
pub(crate) fn record_response(span: &Span, result: &Result<HttpResponse, HttpError>) {
    if span.is_disabled() {
        return;
    }
    match result {
        Ok(response) => {
            span.record("http.response.status_code", response.status.as_u16());
            span.record("http.response.body.size", response.body.len());
            if response.status.is_client_error() || response.status.is_server_error() {
                span.record("error", format!("the status is {}", response.status));
            }
        }
        Err(error) => {
            span.record("error", error as &(dyn Error + 'static));
        }
    }
}

/// The path of a URL with placeholders, such as `/repos/acme/shop/issues/{number}`. They replace numbers,
/// percent-encoded segments, and segments that may be secret.
fn path_template(url: &Url) -> String {
    let Some(segments) = url.path_segments() else { return "/".to_owned() };
    let template = |segment: &str| {
        if !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit()) {
            "{number}".to_owned()
        } else if segment.contains('%') || may_be_secret(segment) {
            "{value}".to_owned()
        } else {
            segment.to_owned()
        }
    };
    segments.fold(String::new(), |path, segment| path + "/" + &template(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_template_has_no_numbers_and_no_secrets() {
        for (url, expected) in [
            ("https://api.github.com/repos/acme/shop/issues/17?token=a", "/repos/acme/shop/issues/{number}"),
            ("https://example.com/hooks/ghp_0123456789abcdef/send", "/hooks/{value}/send"),
            (
                "https://example.com/repos/a/b/commits/2fd4e1c67a2d28fced849ee1bb76e7391b93eb12",
                "/repos/a/b/commits/{value}",
            ),
            ("https://api.datadoghq.com/api/v2/series", "/api/v2/series"),
            ("https://example.com/a%20b", "/{value}"),
            ("https://u:p@example.com", "/"),
        ] {
            assert_eq!(path_template(&url.parse().unwrap()), expected, "{url}");
        }
    }
}
