//! What a response with an unexpected status means, and when a retry is allowed:
//! <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::{HeaderMap, StatusCode};
use system_health_http::{Retry, header, retry_after};

use super::{
    cause::{Cause, ErrorBody},
    permission::{lacks_permission, needed_permission},
};

/// The wait that GitHub's documentation asks for if a rate limit comes without a time.
const SECONDARY_WAIT: Duration = Duration::from_mins(1);
/// The minimum wait, for a reset time that has already passed because the clocks differ.
const MIN_WAIT: Duration = Duration::from_secs(1);

/// The cause of a failed attempt, and whether to retry it.
pub(super) fn classify_response(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    with_token: bool,
    now: SystemTime,
) -> (Retry, Cause) {
    let body = ErrorBody::parse(body);
    match rate_limit_wait(status, headers, &body, now) {
        Some(wait) => {
            let until = now.checked_add(wait).unwrap_or(now);
            (Retry::After(wait), Cause::RateLimit { status, body, until })
        }
        None if with_token && lacks_permission(status, headers, &body) => (
            Retry::Never,
            Cause::NoPermission { status, body, needed: needed_permission(headers).map(Into::into) },
        ),
        None => (Retry::from_response(status, headers, now), Cause::Status { status, body, with_token }),
    }
}

/// The wait that a rate limit requires. `None` if the response is not about a rate limit.
fn rate_limit_wait(
    status: StatusCode,
    headers: &HeaderMap,
    body: &ErrorBody,
    now: SystemTime,
) -> Option<Duration> {
    if !matches!(status, StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS) {
        return None;
    }
    // GitHub may also refuse the last request of the quota for lack of a permission.
    let is_exhausted =
        header(headers, "x-ratelimit-remaining") == Some(0) && !lacks_permission(status, headers, body);
    let is_limit = retry_after(headers, now).is_some()
        || is_exhausted
        || body.is_rate_limit()
        || status == StatusCode::TOO_MANY_REQUESTS;
    is_limit.then(|| limit_wait(headers, now))
}

/// The wait that the headers of a response about a rate limit require.
pub(super) fn limit_wait(headers: &HeaderMap, now: SystemTime) -> Duration {
    if let Some(wait) = retry_after(headers, now) {
        return wait;
    }
    if header(headers, "x-ratelimit-remaining") != Some(0) {
        return SECONDARY_WAIT;
    }
    let reset = header(headers, "x-ratelimit-reset").map(Duration::from_secs);
    let reset = reset.and_then(|since| UNIX_EPOCH.checked_add(since));
    let wait = |reset: SystemTime| reset.duration_since(now).unwrap_or_default().max(MIN_WAIT);
    reset.map_or(SECONDARY_WAIT, wait)
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    const NOW: u64 = 1_700_000_000;

    fn classify(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> (Retry, String) {
        let headers = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let now = UNIX_EPOCH + Duration::from_secs(NOW);
        let status = StatusCode::from_u16(status).unwrap();
        let (retry, cause) = classify_response(status, &headers.collect(), body.as_bytes(), true, now);
        (retry, cause.to_string())
    }

    #[test]
    fn only_a_failure_that_may_be_temporary_is_retried() {
        let after = |seconds| Retry::After(Duration::from_secs(seconds));
        let secondary = r#"{"message": "You have exceeded a secondary rate limit."}"#;
        let no_permission = r#"{"message": "Resource not accessible by personal access token"}"#;
        let reset = ("x-ratelimit-reset", "1700000090");
        for (status, headers, body, expected) in [
            (500, &[][..], "", Retry::Backoff),
            (502, &[], "<html>", Retry::Backoff),
            (503, &[("retry-after", "7")], "", after(7)),
            (429, &[], "", after(60)),
            (429, &[("retry-after", "3")], "", after(3)),
            (429, &[("retry-after", "Tue, 14 Nov 2023 22:13:30 GMT")], "", after(10)),
            (429, &[("retry-after", "Tue, 14 Nov 2023 20:00:00 GMT")], "", after(0)),
            (429, &[("retry-after", "soon")], "", after(60)),
            (429, &[("x-ratelimit-remaining", "12"), reset], "", after(60)),
            (403, &[("retry-after", "30")], "", after(30)),
            (403, &[], secondary, after(60)),
            (403, &[], r#"{"message": "API rate limit exceeded for installation ID 1."}"#, after(60)),
            (403, &[("x-ratelimit-remaining", "0"), reset], "", after(90)),
            (429, &[("x-ratelimit-remaining", "0"), reset], "", after(90)),
            (403, &[("x-ratelimit-remaining", "0")], "", after(60)),
            (403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1600000000")], "", after(1)),
            (403, &[("x-ratelimit-remaining", "12"), reset], "", Retry::Never),
            (403, &[], no_permission, Retry::Never),
            (403, &[("x-ratelimit-remaining", "0"), reset], no_permission, Retry::Never),
            (
                403,
                &[
                    ("x-ratelimit-remaining", "0"),
                    reset,
                    ("x-accepted-oauth-scopes", "repo"),
                    ("x-oauth-scopes", "gist"),
                ],
                "",
                Retry::Never,
            ),
            (401, &[], "", Retry::Never),
            (404, &[("x-ratelimit-remaining", "0"), reset], "", Retry::Never),
            (202, &[], "", Retry::Never),
        ] {
            assert_eq!(classify(status, headers, body).0, expected, "{status} {headers:?} {body}");
        }
    }

    #[test]
    fn a_limit_says_when_it_ends() {
        let (_, cause) = classify(
            403,
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000090")],
            r#"{"message": "API rate limit exceeded for user ID 1.", "documentation_url": "https://docs.github.com/x"}"#,
        );
        assert_eq!(
            cause,
            "GitHub's rate limit is exhausted until 2023-11-14T22:14:50Z: 403 Forbidden: API rate limit exceeded for \
             user ID 1. (https://docs.github.com/x)"
        );
    }

    #[test]
    fn a_limit_that_ends_after_the_year_9999_is_shown_with_that_year() {
        let reset = ("x-ratelimit-reset", "1763700000000");
        let until = |headers: &[_]| classify(403, headers, "").1;
        let expected = "GitHub's rate limit is exhausted until 9999-12-31T23:59:59Z: 403 Forbidden";
        assert_eq!(until(&[("x-ratelimit-remaining", "0"), reset]), expected);
        assert_eq!(until(&[("retry-after", "260000000000")]), expected);
    }

    #[test]
    fn any_text_is_shown_as_one_bounded_line() {
        let body = format!(r#"{{"message": "\u001b[31mRED\u0007\n\nfake: ok{}"}}"#, "x".repeat(1_000));
        let shown = classify(500, &[], &body).1;
        assert!(
            shown.starts_with("GitHub answered 500 Internal Server Error: [31mRED fake: okxxx"),
            "{shown}"
        );
        assert!(shown.ends_with("x …"), "{shown}");
        assert!(shown.chars().count() < 400, "{shown}");
    }

    #[test]
    fn only_an_error_about_the_token_says_to_check_it() {
        let body = r#"{"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"}"#;
        assert_eq!(
            classify(401, &[], body).1,
            "GitHub answered 401 Unauthorized: Bad credentials (https://docs.github.com/rest); check the GitHub \
             token: it may be mistyped, expired or revoked"
        );
        assert_eq!(classify(500, &[], "<html>").1, "GitHub answered 500 Internal Server Error");
    }
}
