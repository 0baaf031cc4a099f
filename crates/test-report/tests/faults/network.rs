//! Faults of a network or a server, for the tests of the services.

use system_health_test_support::wire::WireFault;

/// The fault lasts until the test ends it.
pub(crate) const ALWAYS: usize = usize::MAX;

/// A fault, and how often it happens.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) wire: WireFault,
    pub(crate) times: usize,
}

impl Fault {
    /// Whether the fault ends by itself, so that a retry succeeds.
    pub(crate) fn is_temporary(&self) -> bool {
        self.times != ALWAYS
    }
}

/// All faults. A fault that is named after a status has a body that the server might send.
pub(crate) fn faults() -> Vec<Fault> {
    const JSON: &str = "content-type: application/json\r\n";
    let always = |name, wire| Fault { name, wire, times: ALWAYS };
    let with_status = |status: u16, headers: &str| {
        // AWS names its errors in `__type`, by which its SDK recognises a rate limit.
        let error = if status == 429 { "ThrottlingException" } else { "AnyException" };
        let body = format!(r#"{{"__type": "{error}", "message": "no", "errors": ["no"]}}"#);
        WireFault::answer(status, &format!("{JSON}{headers}"), &body)
    };
    vec![
        always("connection refused", WireFault::Refused),
        always("black hole", WireFault::BlackHole),
        always("reset in mid-body", WireFault::Reset),
        always("one byte a second", WireFault::Drip),
        always("truncated JSON", WireFault::answer(200, JSON, "[{\"sha\": ")),
        always(
            "HTML instead of JSON",
            WireFault::answer(200, "content-type: text/html\r\n", "<html>Log in</html>"),
        ),
        always("redirect loop", WireFault::answer(302, "location: /\r\n", "")),
        always("401", with_status(401, "")),
        always("403", with_status(403, "")),
        always("404", with_status(404, "")),
        always("429 with Retry-After beyond the deadline", with_status(429, "retry-after: 3600\r\n")),
        always("429 without Retry-After", with_status(429, "")),
        Fault {
            name: "429 with Retry-After, then fine",
            wire: with_status(429, "retry-after: 1\r\n"),
            times: 1,
        },
        always("500", with_status(500, "")),
        Fault { name: "503, then fine", wire: with_status(503, ""), times: 1 },
        always(
            "content-length too long",
            WireFault::Raw(format!(
                "HTTP/1.1 200 OK\r\n{JSON}content-length: 1000\r\nconnection: close\r\n\r\n[]"
            )),
        ),
        always(
            "content-length too short",
            WireFault::Raw(format!(
                "HTTP/1.1 200 OK\r\n{JSON}content-length: 1\r\nconnection: close\r\n\r\n[]"
            )),
        ),
    ]
}
