//! Limits of deliveries. Most are Datadog's: <https://docs.datadoghq.com/api/latest/metrics/#submit-metrics>.

use std::time::Duration;

/// Maximum size of a payload, in bytes of JSON: 5 MiB.
pub(crate) const MAX_JSON_SIZE: usize = 5 * 1024 * 1024;

/// Maximum size of a compressed payload, in bytes.
pub(crate) const MAX_COMPRESSED_SIZE: usize = 512_000;

/// Maximum number of values of a distribution. Datadog documents no limit. Each value is sent, so 10 million values are 200 MB
/// of JSON in 40 requests. Compression reduces them to a thousandth.
pub(crate) const MAX_VALUES: u64 = 10_000_000;

/// Maximum age of a point. Datadog accepts one hour; one minute is reserved for retries and clock skew.
pub(crate) const MAX_AGE: Duration = Duration::from_mins(59);

/// How far a point may be in the future. Datadog accepts ten minutes; one minute is reserved for clock skew.
pub(crate) const MAX_AHEAD: Duration = Duration::from_mins(9);

/// Maximum age of an event. Datadog accepts 18 hours; one minute is reserved for retries.
/// See <https://docs.datadoghq.com/api/latest/events/#post-an-event>.
pub(crate) const MAX_EVENT_AGE: Duration = Duration::from_mins(18 * 60 - 1);

/// Maximum length of an event's text, in characters.
pub(crate) const MAX_EVENT_TEXT_LENGTH: usize = 4000;

/// Maximum length of the key that groups events, in characters.
pub(crate) const MAX_AGGREGATION_KEY_LENGTH: usize = 100;
