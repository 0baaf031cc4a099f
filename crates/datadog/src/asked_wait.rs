//! How long an answer asks us to wait: `Retry-After` is HTTP's way to say it, `X-RateLimit-Reset` is
//! Datadog's. <https://docs.datadoghq.com/api/latest/rate-limits/>

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header::RETRY_AFTER};

/// The longest wait that is told apart from others, so that adding it to a time cannot overflow.
const LONGEST: Duration = Duration::from_hours(365 * 24);

/// The wait that satisfies both headers; `None` without either.
pub(crate) fn asked_wait(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let seconds = |text: &str| text.parse().ok().map(Duration::from_secs);
    let date =
        |text: &str| Some(httpdate::parse_http_date(text).ok()?.duration_since(now).unwrap_or_default());
    let retry_after =
        text(headers, RETRY_AFTER.as_str()).and_then(|text| seconds(text).or_else(|| date(text)));
    let reset = text(headers, "x-ratelimit-reset").and_then(seconds);
    Some(retry_after.max(reset)?.min(LONGEST))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn both_headers_are_obeyed() {
        const AFTER: &str = "retry-after";
        const RESET: &str = "x-ratelimit-reset";
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (headers, seconds) in [
            (&[][..], None),
            (&[(AFTER, "7")], Some(7)),
            (&[(AFTER, " 0 ")], Some(0)),
            (&[(AFTER, "Tue, 14 Nov 2023 22:13:30 GMT")], Some(10)),
            (&[(AFTER, "Tue, 14 Nov 2023 20:00:00 GMT")], Some(0)),
            (&[(AFTER, "soon")], None),
            (&[(AFTER, "-1")], None),
            (&[(RESET, "42")], Some(42)),
            (&[(RESET, "1e9")], None),
            (&[(RESET, "42"), (AFTER, "7")], Some(42)),
            (&[(RESET, "4"), (AFTER, "7")], Some(7)),
            (&[(RESET, "never"), (AFTER, "7")], Some(7)),
            (&[(AFTER, "18446744073709551615")], Some(LONGEST.as_secs())),
            (&[(AFTER, "99999999999999999999")], None),
        ] {
            let pairs = headers
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
            let wait = asked_wait(&pairs.collect(), now);
            assert_eq!(wait, seconds.map(Duration::from_secs), "{headers:?}");
        }
    }
}
