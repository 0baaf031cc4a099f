//! Whether to ask again, and when, as GitHub wishes it:
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode, header::RETRY_AFTER};

use super::error::{Cause, Message};

/// How long GitHub wants clients to wait when it limits requests and does not say until when.
const SECONDARY_WAIT: Duration = Duration::from_mins(1);
/// A limit that should be over already: a clock is slow.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);

/// An attempt that failed, and whether to make another.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) retry: Retry,
    pub(super) cause: Cause,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    Never,
    /// After a wait of our own choice.
    Soon,
    /// After the wait that GitHub asked for.
    After(Duration),
}

impl Failed {
    /// A failure that another attempt would meet again.
    pub(super) fn permanently(cause: Cause) -> Self {
        Self { retry: Retry::Never, cause }
    }

    /// Judges an answer other than 200.
    pub(super) fn of(
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        with_token: bool,
        now: SystemTime,
    ) -> Self {
        let message = Message::of(body);
        if let Some(wait) = limit(status, headers, &message, now) {
            let cause = Cause::RateLimit { status, message, until: now.checked_add(wait).unwrap_or(now) };
            return Self { retry: Retry::After(wait), cause };
        }
        let retry = match status {
            _ if status.is_server_error() => retry_after(headers, now).map_or(Retry::Soon, Retry::After),
            _ => Retry::Never,
        };
        Self { retry, cause: Cause::Status { status, message, with_token } }
    }
}

/// The wait that a rate limit asks for; `None` when the answer is about something else.
fn limit(status: StatusCode, headers: &HeaderMap, message: &Message, now: SystemTime) -> Option<Duration> {
    if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    if let Some(wait) = retry_after(headers, now) {
        return Some(wait);
    }
    if text(headers, "x-ratelimit-remaining") == Some("0") {
        let reset = text(headers, "x-ratelimit-reset").and_then(|seconds| seconds.parse().ok());
        let reset = reset.and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        return Some(reset.map_or(SECONDARY_WAIT, |reset| until(reset, now)));
    }
    let is_secondary = message.contains("secondary rate limit") || message.contains("abuse detection");
    (is_secondary || status == StatusCode::TOO_MANY_REQUESTS).then_some(SECONDARY_WAIT)
}

/// Reads `Retry-After`, in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER.as_str())?;
    let date = || httpdate::parse_http_date(value).ok().map(|date| until(date, now));
    value.parse().ok().map(Duration::from_secs).or_else(date)
}

fn until(time: SystemTime, now: SystemTime) -> Duration {
    time.duration_since(now).unwrap_or_default().max(SHORTEST_WAIT)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn judge(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Failed {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        Failed::of(StatusCode::from_u16(status).unwrap(), &headers.collect(), body.as_bytes(), true, now)
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let after = |seconds| Retry::After(Duration::from_secs(seconds));
        let secondary = r#"{"message": "You have exceeded a secondary rate limit."}"#;
        let reset = ("x-ratelimit-reset", "1700000090");
        for (status, headers, body, expected) in [
            (500, &[][..], "", Retry::Soon),
            (502, &[], "<html>", Retry::Soon),
            (503, &[("retry-after", "7")], "", after(7)),
            (429, &[], "", after(60)),
            (429, &[("retry-after", "3")], "", after(3)),
            (429, &[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")], "", after(10)),
            (429, &[("retry-after", "Tue, 14 Nov 2023 20:00:00 GMT")], "", after(1)),
            (429, &[("retry-after", "soon")], "", after(60)),
            (429, &[("x-ratelimit-remaining", "12"), reset], "", after(60)),
            (403, &[("retry-after", "30")], "", after(30)),
            (403, &[], secondary, after(60)),
            (403, &[("x-ratelimit-remaining", "0"), reset], "", after(90)),
            (429, &[("x-ratelimit-remaining", "0"), reset], "", after(90)),
            (403, &[("x-ratelimit-remaining", "0")], "", after(60)),
            (403, &[("x-ratelimit-remaining", "12"), reset], "", Retry::Never),
            (403, &[], r#"{"message": "Resource not accessible by personal access token"}"#, Retry::Never),
            (401, &[], "", Retry::Never),
            (404, &[("x-ratelimit-remaining", "0"), reset], "", Retry::Never),
            (202, &[], "", Retry::Never),
        ] {
            assert_eq!(judge(status, headers, body).retry, expected, "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn a_limit_says_when_it_ends() {
        let failed = judge(
            403,
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000090")],
            r#"{"message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com/x"}"#,
        );
        assert_eq!(
            failed.cause.to_string(),
            "GitHub's rate limit is used up until 2023-11-14T22:14:50Z: 403 Forbidden: API rate limit exceeded for \
             user ID 1. (https://docs.github.com/x)"
        );
    }

    #[test]
    fn a_limit_without_an_end_is_an_error_like_others() {
        let reset = ("x-ratelimit-reset", "1763700000000");
        let until = |headers: &[_]| judge(403, headers, "").cause.to_string();
        let expected = "GitHub's rate limit is used up until 9999-12-31T23:59:59Z: 403 Forbidden";
        assert_eq!(until(&[("x-ratelimit-remaining", "0"), reset]), expected);
        assert_eq!(until(&[("retry-after", "260000000000")]), expected);
    }

    #[test]
    fn a_text_of_any_kind_is_one_bounded_line() {
        let body = format!(r#"{{"message": "\u001b[31mRED\u0007\n\nfake: ok{}"}}"#, "x".repeat(1_000));
        let shown = judge(500, &[], &body).cause.to_string();
        assert!(
            shown.starts_with("GitHub answered 500 Internal Server Error: [31mRED fake: okxxx"),
            "{shown}"
        );
        assert!(shown.ends_with("x …"), "{shown}");
        assert!(shown.chars().count() < 400, "{shown}");
    }

    #[test]
    fn a_status_says_what_to_check() {
        let body = r#"{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}"#;
        assert_eq!(
            judge(401, &[], body).cause.to_string(),
            "GitHub answered 401 Unauthorized: Bad credentials (https://docs.github.com/rest); check the GitHub \
             token: it may be mistyped, expired or revoked"
        );
        assert_eq!(judge(500, &[], "<html>").cause.to_string(), "GitHub answered 500 Internal Server Error");
    }
}
