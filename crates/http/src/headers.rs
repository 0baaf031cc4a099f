//! Parses headers of responses.

use std::{
    str::FromStr,
    time::{Duration, SystemTime},
};

use http::{
    HeaderMap,
    header::{DATE, RETRY_AFTER},
};

/// The value of a header, if it is present and valid.
#[must_use]
pub fn header<T: FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The wait that `Retry-After` requires. The header contains seconds or a date
/// (<https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>). Adding the wait to a time may overflow.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let date = || Some(time(headers, RETRY_AFTER.as_str())?.duration_since(now).unwrap_or_default());
    header(headers, RETRY_AFTER.as_str()).map(Duration::from_secs).or_else(date)
}

/// The server's time, for a comparison of clocks.
#[must_use]
pub fn server_time(headers: &HeaderMap) -> Option<SystemTime> {
    time(headers, DATE.as_str())
}

fn time(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(&header::<String>(headers, name)?).ok()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for (value, seconds) in [
            ("7", Some(7)),
            (" 0 ", Some(0)),
            ("Tue, 14 Nov 2023 22:13:30 GMT", Some(10)),
            ("Tue, 14 Nov 2023 20:00:00 GMT", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("99999999999999999999", None),
            ("soon", None),
            ("-1", None),
            ("1e9", None),
        ] {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(value))]);
            assert_eq!(retry_after(&headers, now), seconds.map(Duration::from_secs), "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn a_date_is_the_servers_time() {
        for (value, seconds) in [("Tue, 14 Nov 2023 22:13:20 GMT", Some(1_700_000_000)), ("today", None)] {
            let headers = HeaderMap::from_iter([(DATE, HeaderValue::from_static(value))]);
            let time = seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds));
            assert_eq!(server_time(&headers), time, "{value}");
        }
    }
}
