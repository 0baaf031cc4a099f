//! What a response means. Pushgateways, servers that accept remote writes, and proxies in front of them use the same
//! statuses.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use system_health_http::{HttpResponse, Redactor, Retry, may_have_been_processed};

/// The meaning of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    Success,
    /// 400 or 422: the server blames the request.
    Refused,
    /// 413. A smaller request may be accepted.
    TooLarge,
    /// 401 or 403.
    Login,
    /// 408, 429 or 5xx: a temporary problem. Some 5xx statuses are final and do not belong here.
    Busy {
        retry: Retry,
        may_have_arrived: bool,
    },
    /// Anything else, such as a redirect, or a login page with the status 200.
    Unexpected,
}

impl Meaning {
    fn from_parts(status: StatusCode, headers: &HeaderMap) -> Self {
        let retry = Retry::from_response(status, headers, SystemTime::now());
        match status {
            // Neither a Pushgateway nor a server that accepts remote writes sends HTML pages to programs.
            _ if status.is_success() && is_html(headers) => Self::Unexpected,
            _ if status.is_success() => Self::Success,
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => Self::Refused,
            StatusCode::PAYLOAD_TOO_LARGE => Self::TooLarge,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Login,
            _ if retry != Retry::Never && !is_final(status) => {
                Self::Busy { retry, may_have_arrived: may_have_been_processed(status) }
            }
            _ => Self::Unexpected,
        }
    }
}

impl From<&HttpResponse> for Meaning {
    fn from(response: &HttpResponse) -> Self {
        Self::from_parts(response.status, &response.headers)
    }
}

/// Whether another attempt gets the same 5xx response. Either the server does not know the method or the HTTP version,
/// or the network requires a login.
fn is_final(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NOT_IMPLEMENTED
            | StatusCode::HTTP_VERSION_NOT_SUPPORTED
            | StatusCode::NETWORK_AUTHENTICATION_REQUIRED
    )
}

fn is_html(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"))
}

/// The status and the text of a response, for an error.
pub(crate) fn quote_response(response: &HttpResponse, redactor: &Redactor) -> String {
    let (text, status) = (String::from_utf8_lossy(&response.body), response.status.as_u16());
    match redactor.quote(html_title(&text).unwrap_or(&text)) {
        words if words.is_empty() => format!("HTTP {status}"),
        words => format!("HTTP {status}: {words}"),
    }
}

/// The title of an HTML page, which is used instead of the page. It is empty if the page has no title. `None` if the
/// text is not HTML.
fn html_title(text: &str) -> Option<&str> {
    let page = text.trim_start();
    let starts_with =
        |start: &str| page.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    if !starts_with("<!doctype html") && !starts_with("<html") {
        return None;
    }
    // Converting ASCII letters to lower case does not change the positions of characters.
    let lower = page.to_ascii_lowercase();
    let title = lower.find("<title>").map(|at| at + "<title>".len());
    let title = title.and_then(|start| page.get(start..start + lower.get(start..)?.find("</title>")?));
    Some(title.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_meaning_follows_from_the_status_and_the_content_type() {
        let meaning = |status: u16, content_type: Option<&'static str>| {
            let content_type = content_type.map(|text| (CONTENT_TYPE, HeaderValue::from_static(text)));
            let status = StatusCode::from_u16(status).unwrap();
            Meaning::from_parts(status, &HeaderMap::from_iter(content_type))
        };
        assert_eq!(meaning(204, None), Meaning::Success);
        assert_eq!(meaning(200, Some("text/plain; charset=utf-8")), Meaning::Success);
        assert_eq!(meaning(200, Some("Text/HTML; charset=utf-8")), Meaning::Unexpected);
        assert_eq!(meaning(302, None), Meaning::Unexpected);
        assert_eq!(meaning(511, None), Meaning::Unexpected);
        assert_eq!(meaning(422, None), Meaning::Refused);
        assert_eq!(meaning(504, None), Meaning::Busy { retry: Retry::Backoff, may_have_arrived: true });
    }
}
